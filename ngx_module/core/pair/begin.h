
/*
 * Beginning the pair: under the log's write lock, with an index that is where
 * the ledger is.
 */

#ifndef FS_BEGIN_H
#define FS_BEGIN_H

#include "pair/pair.h"

#pragma GCC visibility push(hidden)


/* Entries of an index transaction when nobody says otherwise. */
#define FS_INDEX_CHUNK  16384


/*
 * A pair of write transactions, log then index.  Blocks for the log's write
 * lock: commit threads only.  Before it returns, whatever is beyond the mark
 * is synced, a new index (another process rebuilt it) is opened, and an index
 * that is behind is caught up or, when it cannot be trusted, rebuilt: see
 * fs_store_catch_up().
 */
fs_outcome_t fs_pair_begin(fs_store_t *store, fs_pair_t *write);

/* Begin the index's write transaction of `write`, up to the ledger's end:
 * catches up in transactions of `chunk` entries.  See fs_store_catch_up().
 * The pair is ended after a failure, and when there is more. */
fs_outcome_t fs_pair_begin_index(fs_pair_t *write, unsigned chunk,
    const _Atomic int *stop, int *more);

/*
 * Bring the index up to the ledger's end, under the log's write lock: catch
 * up when it is behind, or make a new directory and fold the ledger from its
 * beginning, in index transactions of at most `chunk` entries, with progress
 * in the log.  stop is looked at between chunks: when it is not 0 there, *more
 * is 1, and the next call goes on where this one stopped.  Else *more is 0: OK
 * says that the index is where the ledger is.  Without `stop`, more is NULL.
 */
fs_outcome_t fs_store_catch_up(fs_store_t *store, unsigned chunk,
    const _Atomic int *stop, int *more);

/* Leave the marker of a clean exit, when the index is where the ledger is. */
void fs_pair_clean(fs_store_t *store);


#pragma GCC visibility pop

#endif /* FS_BEGIN_H */
