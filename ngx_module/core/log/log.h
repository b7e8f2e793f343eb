
/*
 * Entries of the log, through whatever transaction is at hand.
 */

#ifndef FS_LOG_H
#define FS_LOG_H

#include "store/store.h"

#pragma GCC visibility push(hidden)


/* rows of the log's `meta` */
#define FS_META_SCHEMA      "schema"    /* u32 */
#define FS_META_KEY         "key"       /* FS_STORE_KEY_LEN bytes */
#define FS_META_BOOT        "boot"      /* boot id, offset i64 */
#define FS_META_INDEX       "index"     /* N u32, zero u32, device u64,
                                           inode u64 */
#define FS_META_BOOT_SIZE   (FS_BOOT_LEN + 8)
#define FS_META_INDEX_SIZE  24

/*
 * The last entry.  1: *entry; 0: the ledger is empty; -1: failed, or the
 * record is no entry.
 */
int fs_log_last(fs_store_t *store, fs_txn_t *log, fs_entry_t *entry);

/* The entry at seq.  1, 0 or -1, as above. */
int fs_log_entry(fs_store_t *store, fs_txn_t *log, fs_seq_t seq,
    fs_entry_t *entry);


/* log_env.c: the log's environment. */

/*
 * Open it, after a look at its file.  0 or an LMDB error; MDB_NOTFOUND: it is
 * open, but without databases: store->log is set, the handles are not.
 */
int fs_log_open(fs_store_t *store);

/* The end of it: the store's log is this environment.  Closed, unless it is 0
 * or MDB_NOTFOUND. */
int fs_log_attach(fs_store_t *store, MDB_env *env);

/* Close it, after its readers. */
void fs_log_close(fs_store_t *store);

/* Make its databases, the schema and the store's key, in a new log's first
 * transaction. */
fs_outcome_t fs_log_make(fs_store_t *store, fs_txn_t *log);

/*
 * The schema's number in its meta.  1: *schema; 0: there is none, it is no
 * store's log, or it could not be read.
 */
int fs_log_schema(fs_store_t *store, fs_txn_t *log, uint32_t *schema);

/* Write that of this program. */
void fs_log_put_schema(fs_store_t *store, fs_txn_t *log);


/*
 * log_names.c: names, in the log: of sales and pickup points, and of holds,
 * by the lives that it has.
 */

/* Names.  kind: 's' or 'p'.  1: found; 0: not; -1: the row is no name. */
int fs_log_number(fs_store_t *store, fs_txn_t *log, char kind, fs_str_t slug,
    uint32_t *number);
int fs_log_slug(fs_store_t *store, fs_txn_t *log, char kind, uint32_t number,
    fs_slug_t *slug);

/*
 * 0: the last entry hashes to what it says, over its predecessor's hash;
 * -1: not.
 */
int fs_log_check_last(fs_store_t *store, fs_txn_t *log);


/*
 * log_write.c: the write lock of the log: what is written under it, and its
 * commit.  Only the thread that commits, or the opener before there is one,
 * calls these.
 */

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

/*
 * Raise the schema to this program's, in a commit of its own.  Programs of
 * before write nothing from then on and do not open the store any more, so
 * nobody else has it open (store->alone), and nobody opens it meanwhile (the
 * lock of opening).  OK: it is raised, or was.
 */
fs_outcome_t fs_log_raise(fs_store_t *store);

/* End it without a commit.  The index's transaction has ended before. */
void fs_log_abort(fs_pair_t *write);

/* A map is full: a reader that died, or was stopped, may keep pages from being
 * used again.  Frees what dead ones keep, and says so. */
void fs_log_map_full(fs_store_t *store, MDB_env *env, const char *name);


#pragma GCC visibility pop

#endif /* FS_LOG_H */
