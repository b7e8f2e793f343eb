
/*
 * The write lock of the log: what is written under it, and its commit.  Only
 * the thread that commits, or the opener before there is one, calls these.
 */

#ifndef FS_LOG_WRITE_H
#define FS_LOG_WRITE_H

#include "store/store.h"

#pragma GCC visibility push(hidden)


/* A pair of write transactions, log then index.  Here is what concerns the
 * log; pair/ has what concerns both. */
struct fs_pair_s {
    fs_store_t          *store;
    fs_txn_t             log;
    fs_txn_t             index;
    fs_seq_t             seq;           /* last entry at begin */
    uint8_t              hash[FS_HASH_LEN];  /* its hash */
    int64_t              at;            /* its at */

    /* called between the log's commit and the index's; NULL: not.  Tests
     * kill there.  Set after fs_pair_begin(). */
    void               (*committed)(void *data);
    void                *committed_data;

    /* of the two transactions, see db.h */
    MDB_cursor          *log_cursors[FS_DB_CURSORS];
    MDB_cursor          *index_cursors[FS_DB_CURSORS];

    unsigned             lives;         /* that it begins */
    unsigned             accepts:1;     /* the wall clock, as it was at: */
    fs_now_t             accepted;
};


/*
 * Take the log's write lock: begin its transaction, check the schema, read
 * the last entry, sync when something lies beyond the mark.
 */
fs_outcome_t fs_log_lock(fs_store_t *store, fs_pair_t *write);

/* Commit the log alone and raise the mark.  The index's stays as it is. */
fs_outcome_t fs_log_commit(fs_pair_t *write);

/* End it without a commit.  The index's transaction has ended before. */
void fs_log_abort(fs_pair_t *write);

/* A map is full: a reader that died, or was stopped, may keep pages from being
 * used again.  Frees what dead ones keep, and says so. */
void fs_log_map_full(fs_store_t *store, MDB_env *env, const char *name);


#pragma GCC visibility pop

#endif /* FS_LOG_WRITE_H */
