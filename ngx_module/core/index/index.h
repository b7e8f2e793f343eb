
/*
 * The index: which directory it is, whether it can be trusted, how it is
 * brought up to the ledger's end.
 *
 * All functions that take an fs_pair_t run under the log's write lock.
 */

#ifndef FS_INDEX_H
#define FS_INDEX_H

#include "index/index_dir.h"
#include "log/log_write.h"

#pragma GCC visibility push(hidden)


/* Whether it can be used. */
typedef enum {
    FS_INDEX_GOOD = 0,
    FS_INDEX_UNTRUSTED,                 /* another has to be made; the log
                                           says why */
    FS_INDEX_LATER                      /* not now; *outcome is what is told */
} fs_index_use_t;


/* What the log records of it.  1: *row; 0: nothing, and *row is zeros. */
int fs_index_row(fs_store_t *store, fs_txn_t *log, fs_index_row_t *row);

/* Open the index that the log records, unless it is open. */
fs_index_use_t fs_index_attach(fs_store_t *store, fs_txn_t *log,
    fs_outcome_t *outcome);

/* Close it, after its readers. */
void fs_index_detach(fs_store_t *store);

/*
 * Attach, and look whether its position belongs to this ledger, without the
 * write lock: what fs_store_open() can do.  1: it does; 0: the store's index
 * is NULL.
 */
int fs_index_check(fs_store_t *store, fs_txn_t *log);

/* Begin the index's write transaction.  GOOD: *position is where it is. */
fs_index_use_t fs_index_open_txn(fs_pair_t *write, fs_position_t *position,
    fs_outcome_t *outcome);

/* Make the next index, and record it in the log's transaction. */
fs_outcome_t fs_index_create(fs_pair_t *write);

/*
 * 1: this process cannot use the index as it is (none, damaged, or another
 * process made a new one): the commit thread calls fs_store_catch_up().
 * Costs three loads: looked at in every turn.
 */
int fs_store_index_wanted(fs_store_t *store);


#pragma GCC visibility pop

#endif /* FS_INDEX_H */
