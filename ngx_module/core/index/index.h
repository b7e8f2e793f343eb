
/*
 * The index: which directory it is, whether it can be trusted, how it is
 * brought up to the ledger's end.
 *
 * All functions that take an fs_write_t run under the log's write lock.
 */

#ifndef FS_INDEX_H
#define FS_INDEX_H

#include "store/store.h"

#pragma GCC visibility push(hidden)


/*
 * How far the index is: database FS_INDEX_META, key FS_POSITION_KEY.
 *
 *   offset size  field
 *        0    8  seq of the last entry folded, little-endian
 *        8   32  its hash
 *       40   16  id of the boot in which it was written
 */
#define FS_POSITION_KEY       "position"
#define FS_POSITION_ROW_SIZE  56

typedef struct {
    fs_seq_t             seq;
    uint8_t              hash[FS_HASH_LEN];
    uint8_t              boot[FS_BOOT_LEN];
} fs_position_t;

/* Read it.  1: there; 0: not, or not well-formed. */
int fs_index_position(fs_store_t *store, fs_txn_t *index,
    fs_position_t *position);

/*
 * Open the index that the log records, unless it is open.  OK; REBUILDING: it
 * cannot be trusted (the log says why); other: try again later.
 */
fs_outcome_t fs_index_attach(fs_store_t *store, fs_txn_t *log);

/* Close it, after its readers. */
void fs_index_detach(fs_store_t *store);

/*
 * Attach, and look whether its position belongs to this ledger, without the
 * write lock: what fs_store_open() can do.  The store's index is NULL after
 * anything but OK.
 */
fs_outcome_t fs_index_look(fs_store_t *store, fs_txn_t *log);

/* Begin the index's write transaction of `write`, up to the ledger's end:
 * catches up in transactions of `chunk` entries.  See fs_store_catch_up(). */
fs_outcome_t fs_index_begin(fs_write_t *write, unsigned chunk,
    const _Atomic int *stop);

/* The first index of a new store, before the log's first commit. */
fs_outcome_t fs_index_create(fs_write_t *write);

/* The clean-exit marker: gone before the next index commit, made at the end */
int fs_index_unclean(fs_store_t *store);
void fs_index_clean(fs_store_t *store);


#pragma GCC visibility pop

#endif /* FS_INDEX_H */
