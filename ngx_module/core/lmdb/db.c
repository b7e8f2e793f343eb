
/*
 * The wrapper round LMDB.  Every put, get and delete of the core goes through
 * here; nothing else looks at LMDB's codes.
 */

#include <errno.h>

#include "lmdb/db.h"


static void fs_db_fail(fs_txn_t *txn, int error);
static int fs_db_got(fs_txn_t *txn, int rc, const MDB_val *found,
    fs_str_t *value);
static MDB_cursor *fs_db_cursor(fs_txn_t *txn, MDB_dbi dbi);
static int fs_db_first(fs_txn_t *txn, MDB_dbi dbi, const void *key,
    size_t key_len, MDB_cursor_op op, fs_str_t *found_key,
    fs_str_t *found_value);


fs_db_kind_t
fs_db_kind(int error)
{
    switch (error) {

    case 0:
        return FS_DB_FINE;

    case MDB_MAP_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return FS_DB_FULL;

    case EIO:
    case EROFS:
    case ENXIO:
    case ENODEV:
    case ESTALE:
        return FS_DB_DISK;

    case MDB_PANIC:
        return FS_DB_DOUBT;

    case MDB_READERS_FULL:
    case MDB_MAP_RESIZED:
    case MDB_BAD_RSLOT:
    case ENOMEM:
    case EAGAIN:
        return FS_DB_LATER;
    }

    /* what a damaged file cannot take now, its backup will */

    return fs_db_damaged(error) ? FS_DB_LATER : FS_DB_WRONG;
}


fs_outcome_t
fs_db_outcome(int error)
{
    static const fs_outcome_t  outcomes[] = {
        [FS_DB_FINE] = FS_OK,
        [FS_DB_FULL] = FS_STORE_FULL,
        [FS_DB_DISK] = FS_DISK_FAILED,
        [FS_DB_DOUBT] = FS_UNKNOWN,
        [FS_DB_LATER] = FS_NOT_READY,
        [FS_DB_WRONG] = FS_INTERNAL
    };

    return outcomes[fs_db_kind(error)];
}


const char *
fs_db_strerror(int error)
{
    const char  *words;

    if (error == FS_DB_LOST) {
        return "a damaged page was met in the middle of a change";
    }

    if (error == FS_DB_ROW) {
        return "a row is not what it should be";
    }

    words = mdb_strerror(error);

    return words ? words : "unknown error";
}


int
fs_db_damaged(int error)
{
    switch (error) {

    case FS_DB_LOST:
    case FS_DB_ROW:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_CURSOR_FULL:
    case MDB_PAGE_FULL:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
    case MDB_BAD_DBI:
        return 1;

    case MDB_BAD_TXN:

        /* the first error of ours, but not LMDB's: its cursors drop theirs */

        return 1;
    }

    return 0;
}


int
fs_db_broken(int error)
{
    return error == FS_DB_LOST || error == MDB_CORRUPTED
           || error == MDB_PAGE_NOTFOUND || error == MDB_CURSOR_FULL
           || error == MDB_PAGE_FULL;
}


int
fs_db_commit(fs_txn_t *txn)
{
    int  rc;

    rc = fs_guard_commit(txn->txn);
    txn->txn = NULL;

    if (rc == FS_DB_LOST) {
        fs_db_fail(txn, rc);
    }

    return rc;
}


void
fs_db_abort(fs_txn_t *txn)
{
    if (txn->txn && txn->error != FS_DB_LOST) {
        mdb_txn_abort(txn->txn);
    }

    txn->txn = NULL;
}


static void
fs_db_fail(fs_txn_t *txn, int error)
{
    if (txn->error == 0) {
        txn->error = error;
    }
}


void
fs_db_keep_cursors(fs_txn_t *txn, MDB_cursor **cursors)
{
    memset(cursors, 0, FS_DB_CURSORS * sizeof(*cursors));
    txn->cursors = cursors;
}


void
fs_db_probe(fs_txn_t *txn, fs_probe_t *probe)
{
    fs_probe_begin(probe);
    txn->probe = probe;
}


/* NULL: do without.  Not for duplicates: their cursors carry a second one. */

static MDB_cursor *
fs_db_cursor(fs_txn_t *txn, MDB_dbi dbi)
{
    unsigned  flags;

    if (txn->cursors == NULL || dbi >= FS_DB_CURSORS) {
        return NULL;
    }

    if (txn->cursors[dbi] == NULL) {

        if (mdb_dbi_flags(txn->txn, dbi, &flags) != 0
            || (flags & MDB_DUPSORT)
            || fs_guard_cursor_open(txn->txn, dbi, &txn->cursors[dbi]) != 0)
        {
            txn->cursors[dbi] = NULL;
        }
    }

    return txn->cursors[dbi];
}


int
fs_db_get(fs_txn_t *txn, MDB_dbi dbi, const void *key, size_t key_len,
    fs_str_t *value)
{
    int          rc;
    MDB_val      k, v;
    MDB_cursor  *cursor;

    if (txn->error) {
        return 0;
    }

    k.mv_size = key_len;
    k.mv_data = (void *) key;

    cursor = fs_db_cursor(txn, dbi);

    rc = cursor ? fs_guard_cursor_get(cursor, &k, &v, MDB_SET)
                : fs_guard_get(txn->txn, dbi, &k, &v);

    return fs_db_got(txn, rc, &v, value);
}


int
fs_db_get_long(fs_txn_t *txn, MDB_dbi dbi, const void *key, size_t key_len,
    fs_str_t *value)
{
    MDB_val  k, v;

    if (txn->error) {
        return 0;
    }

    k.mv_size = key_len;
    k.mv_data = (void *) key;

    return fs_db_got(txn, fs_guard_get_long(txn->txn, dbi, &k, &v), &v,
                     value);
}


static int
fs_db_got(fs_txn_t *txn, int rc, const MDB_val *found, fs_str_t *value)
{
    if (rc == 0) {
        value->len = found->mv_size;
        value->data = found->mv_data;
        return 1;
    }

    if (rc != MDB_NOTFOUND) {
        fs_db_fail(txn, rc);
    }

    return 0;
}


void
fs_db_put(fs_txn_t *txn, MDB_dbi dbi, const void *key, size_t key_len,
    const void *value, size_t value_len, unsigned flags)
{
    int          rc;
    MDB_val      k, v;
    MDB_cursor  *cursor;

    if (txn->error) {
        return;
    }

    k.mv_size = key_len;
    k.mv_data = (void *) key;
    v.mv_size = value_len;
    v.mv_data = (void *) value;

    cursor = fs_db_cursor(txn, dbi);

    rc = cursor ? fs_guard_cursor_put(txn->probe, cursor, &k, &v, flags)
                : fs_guard_put(txn->probe, txn->txn, dbi, &k, &v, flags);

    if (rc) {
        fs_db_fail(txn, rc);
        return;
    }

    txn->dirty = 1;
}


void *
fs_db_reserve(fs_txn_t *txn, MDB_dbi dbi, const void *key, size_t key_len,
    size_t value_len, unsigned flags)
{
    int          rc;
    MDB_val      k, v;
    MDB_cursor  *cursor;

    if (txn->error) {
        return NULL;
    }

    k.mv_size = key_len;
    k.mv_data = (void *) key;
    v.mv_size = value_len;
    v.mv_data = NULL;

    cursor = fs_db_cursor(txn, dbi);

    flags |= MDB_RESERVE;

    rc = cursor ? fs_guard_cursor_put(txn->probe, cursor, &k, &v, flags)
                : fs_guard_put(txn->probe, txn->txn, dbi, &k, &v, flags);

    if (rc) {
        fs_db_fail(txn, rc);
        return NULL;
    }

    txn->dirty = 1;

    return v.mv_data;
}


int
fs_db_delete(fs_txn_t *txn, MDB_dbi dbi, const void *key, size_t key_len,
    const void *value, size_t value_len)
{
    int      rc;
    MDB_val  k, v;

    if (txn->error) {
        return 0;
    }

    k.mv_size = key_len;
    k.mv_data = (void *) key;
    v.mv_size = value_len;
    v.mv_data = (void *) value;

    rc = fs_guard_del(txn->probe, txn->txn, dbi, &k, value ? &v : NULL);

    if (rc == 0) {
        txn->dirty = 1;
        return 1;
    }

    if (rc != MDB_NOTFOUND) {
        fs_db_fail(txn, rc);
    }

    return 0;
}


int
fs_db_walk(fs_db_walk_t *walk, fs_txn_t *txn, MDB_dbi dbi, const void *key,
    size_t key_len, MDB_cursor_op op)
{
    int  rc;

    walk->txn = txn;
    walk->cursor = NULL;
    walk->key.len = key_len;
    walk->key.data = key;
    walk->value.len = 0;
    walk->value.data = NULL;

    if (txn->error) {
        return 0;
    }

    rc = fs_guard_cursor_open(txn->txn, dbi, &walk->cursor);

    if (rc) {
        walk->cursor = NULL;
        fs_db_fail(txn, rc);
        return 0;
    }

    return fs_db_walk_on(walk, op);
}


int
fs_db_walk_on(fs_db_walk_t *walk, MDB_cursor_op op)
{
    int      rc;
    MDB_val  key, value;

    if (walk->cursor == NULL || walk->txn->error) {
        return 0;
    }

    key.mv_size = walk->key.len;
    key.mv_data = (void *) walk->key.data;
    value.mv_size = 0;
    value.mv_data = NULL;

    rc = fs_guard_cursor_get(walk->cursor, &key, &value, op);

    walk->key.len = key.mv_size;
    walk->key.data = key.mv_data;

    return fs_db_got(walk->txn, rc, &value, &walk->value);
}


void
fs_db_walk_end(fs_db_walk_t *walk)
{
    if (walk->cursor != NULL) {
        mdb_cursor_close(walk->cursor);
    }
}


static int
fs_db_first(fs_txn_t *txn, MDB_dbi dbi, const void *key, size_t key_len,
    MDB_cursor_op op, fs_str_t *found_key, fs_str_t *found_value)
{
    int           found;
    fs_db_walk_t  walk;

    found = fs_db_walk(&walk, txn, dbi, key, key_len, op);

    *found_key = walk.key;
    *found_value = walk.value;

    fs_db_walk_end(&walk);

    return found;
}


int
fs_db_seek(fs_txn_t *txn, MDB_dbi dbi, const void *key, size_t key_len,
    fs_str_t *found_key, fs_str_t *found_value)
{
    return fs_db_first(txn, dbi, key, key_len, MDB_SET_RANGE, found_key,
                       found_value);
}


int
fs_db_last(fs_txn_t *txn, MDB_dbi dbi, fs_str_t *found_key,
    fs_str_t *found_value)
{
    return fs_db_first(txn, dbi, NULL, 0, MDB_LAST, found_key, found_value);
}
