
/*
 * The one wrapper round LMDB, and the one place that maps its errors.
 *
 * A transaction carries a sticky error: after the first failure every call
 * does nothing and says "not found", so a good path reads straight and the
 * error is looked at once, at the end.
 */

#ifndef FS_DB_H
#define FS_DB_H

#include <lmdb.h>

#include "base/bytes.h"
#include "base/fs_types.h"
#include "lmdb/guard.h"

#pragma GCC visibility push(hidden)


#define FS_DB_CURSORS  16               /* handles with a cursor kept */

/*
 * In a write transaction each database may keep a cursor (LMDB frees it with
 * the transaction): keys that lie near each other, as those of a buyer do,
 * are then found without a walk from the root.
 */
typedef struct {
    MDB_txn             *txn;
    int                  error;         /* the first, LMDB's or errno; 0 */
    unsigned             dirty:1;       /* something was put or deleted */
    MDB_cursor         **cursors;       /* by handle; NULL: none are kept */
    fs_probe_t          *probe;         /* before a change; NULL: of nothing */
} fs_txn_t;


/* A walk through a database. */
typedef struct {
    fs_txn_t            *txn;
    MDB_cursor          *cursor;        /* NULL: it could not begin */
    fs_str_t             key;
    fs_str_t             value;
} fs_db_walk_t;


/* What an LMDB or system error says; and what a client is told of it. */
typedef enum {
    FS_DB_FINE = 0,                     /* 0: none */
    FS_DB_FULL,
    FS_DB_DISK,                         /* it did not take it */
    FS_DB_DOUBT,                        /* nobody knows whether it took it */
    FS_DB_LATER,                        /* not now */
    FS_DB_WRONG                         /* what was asked of it */
} fs_db_kind_t;

/* beside LMDB's numbers and guard.h's: a row was found, and is not what a row
 * of its kind is; whoever decodes it says so */
#define FS_DB_ROW  (-30701)

fs_db_kind_t fs_db_kind(int error);
fs_outcome_t fs_db_outcome(int error);

/* Its words, for a log.  Never NULL. */
const char *fs_db_strerror(int error);

/* 1: the error says that the file itself is damaged. */
int fs_db_damaged(int error);

/* 1: nothing else than a damaged page makes it: of the log, which cannot be
 * folded again. */
int fs_db_broken(int error);

/*
 * End a transaction; afterwards txn->txn is NULL.  One that is lost is left
 * as it is, see guard.h.
 */
int fs_db_commit(fs_txn_t *txn);
void fs_db_abort(fs_txn_t *txn);

/*
 * 1: found; *value points into the map, valid until the transaction ends or,
 * in a write transaction, until its next write.  0: not found or failed.
 */
int fs_db_get(fs_txn_t *txn, MDB_dbi dbi, const void *key, size_t key_len,
    fs_str_t *value);

/* The same, of a value of many pages; read within fs_guard_call(). */
int fs_db_get_long(fs_txn_t *txn, MDB_dbi dbi, const void *key,
    size_t key_len, fs_str_t *value);

/* flags: MDB_APPEND, MDB_NODUPDATA, ….  Nothing is returned: see error. */
void fs_db_put(fs_txn_t *txn, MDB_dbi dbi, const void *key, size_t key_len,
    const void *value, size_t value_len, unsigned flags);

/* Room for a value in the page itself, to be filled at once.  NULL: failed. */
void *fs_db_reserve(fs_txn_t *txn, MDB_dbi dbi, const void *key,
    size_t key_len, size_t value_len, unsigned flags);

/* 1: deleted; 0: was not there or failed.  value NULL: all of the key. */
int fs_db_delete(fs_txn_t *txn, MDB_dbi dbi, const void *key, size_t key_len,
    const void *value, size_t value_len);

/*
 * The first pair whose key is >= key (dup databases: whose (key, value) is
 * >= (key, value) within that key when value_len > 0).  1: found and copied
 * to *found_key, *found_value (pointers as in fs_db_get); 0: none or failed.
 * Opens and closes a cursor: not for long walks.
 */
int fs_db_seek(fs_txn_t *txn, MDB_dbi dbi, const void *key, size_t key_len,
    fs_str_t *found_key, fs_str_t *found_value);

/* The last pair of a database.  1 or 0. */
int fs_db_last(fs_txn_t *txn, MDB_dbi dbi, fs_str_t *found_key,
    fs_str_t *found_value);


/*
 * Begin a walk at a key (MDB_SET, MDB_SET_RANGE) or at an end (MDB_FIRST,
 * MDB_LAST), and go on (MDB_NEXT, MDB_PREV).  1: a pair, pointers as in
 * fs_db_get(); 0: there is none, or it failed.  End it in any case.
 */
int fs_db_walk(fs_db_walk_t *walk, fs_txn_t *txn, MDB_dbi dbi,
    const void *key, size_t key_len, MDB_cursor_op op);
int fs_db_walk_on(fs_db_walk_t *walk, MDB_cursor_op op);
void fs_db_walk_end(fs_db_walk_t *walk);


/* Keep cursors, in the memory given, FS_DB_CURSORS of them. */
void fs_db_keep_cursors(fs_txn_t *txn, MDB_cursor **cursors);


/* From here on, look at what is changed: see probe.h. */
void fs_db_probe(fs_txn_t *txn, fs_probe_t *probe);


#pragma GCC visibility pop

#endif /* FS_DB_H */
