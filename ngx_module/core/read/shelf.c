
/*
 * Walks along the shelf.
 */

#include "read/shelf.h"
#include "state/shelf_rows.h"

static size_t fs_view_current_log(fs_view_t *view, uint32_t after,
    size_t limit, fs_sale_t *sales, int *more);


size_t
fs_view_current(fs_view_t *view, uint32_t after, size_t limit,
    fs_sale_t *sales, int *more)
{
    int          rc;
    size_t       n;
    uint8_t      from[FS_SHELF_SALE_KEY];
    MDB_val      key, value;
    MDB_cursor  *cursor;

    n = 0;
    *more = 0;

    if (after == UINT32_MAX) {
        return 0;
    }

    if (view->index.txn == NULL) {
        return fs_view_current_log(view, after, limit, sales, more);
    }

    rc = fs_guard_cursor_open(view->index.txn,
                         view->store->index_dbi[FS_INDEX_SHELF], &cursor);
    if (rc) {
        view->index.error = rc;
        return 0;
    }

    fs_shelf_sale_key(from, FS_SHELF_CURRENT, after + 1);
    key.mv_size = sizeof(from);
    key.mv_data = from;

    for (rc = fs_guard_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
         rc == 0 && key.mv_size == FS_SHELF_SALE_KEY
         && *(char *) key.mv_data == FS_SHELF_CURRENT;
         rc = fs_guard_cursor_get(cursor, &key, &value, MDB_NEXT))
    {
        if (n == limit) {
            *more = 1;
            break;
        }

        if (fs_view_look_sale(view,
                              fs_get_be32((uint8_t *) key.mv_data + 1),
                              &sales[n])
            == 1)
        {
            n++;
        }
    }

    mdb_cursor_close(cursor);

    if (rc && rc != MDB_NOTFOUND && view->index.error == 0) {
        view->index.error = rc;
    }

    return n;
}


/* Without an index: the log has no shelf, but all sales in the same order. */

static size_t
fs_view_current_log(fs_view_t *view, uint32_t after, size_t limit,
    fs_sale_t *sales, int *more)
{
    int          rc;
    size_t       n, looks;
    uint8_t      from[4];
    MDB_val      key, value;
    fs_str_t     row;
    fs_txn_t    *log;
    fs_sale_t    sale;
    MDB_cursor  *cursor;

    n = 0;
    log = fs_view_log(view);

    if (log == NULL) {
        return 0;
    }

    rc = fs_guard_cursor_open(log->txn, view->store->log_dbi[FS_LOG_SALES],
                         &cursor);
    if (rc) {
        log->error = rc;
        return 0;
    }

    fs_put_be32(from, after + 1);
    key.mv_size = sizeof(from);
    key.mv_data = from;
    looks = 0;

    for (rc = fs_guard_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
         rc == 0;
         rc = fs_guard_cursor_get(cursor, &key, &value, MDB_NEXT))
    {
        if (n == limit) {
            *more = 1;
            break;
        }

        if (looks++ == FS_SHELF_LOOKS) {
            break;
        }

        row.len = value.mv_size;
        row.data = value.mv_data;

        if (key.mv_size != 4 || fs_sale_row_decode(&sale, row) == -1) {
            fs_view_unreadable(view, "sale", (key.mv_size == 4)
                                             ? fs_get_be32(key.mv_data) : 0);
            continue;
        }

        if (!sale.closed) {
            sale.number = fs_get_be32(key.mv_data);
            sales[n++] = sale;
        }
    }

    mdb_cursor_close(cursor);

    if (rc && rc != MDB_NOTFOUND) {
        log->error = rc;
    }

    return n;
}


size_t
fs_view_ended(fs_view_t *view, fs_seq_t before, size_t limit,
    fs_ended_t *ended, int *more)
{
    int          rc;
    size_t       n;
    uint8_t      from[FS_SHELF_SEQ_KEY];
    MDB_val      key, value;
    MDB_cursor  *cursor;

    n = 0;
    *more = 0;

    if (view->index.txn == NULL) {
        return 0;
    }

    rc = fs_guard_cursor_open(view->index.txn,
                         view->store->index_dbi[FS_INDEX_SHELF], &cursor);
    if (rc) {
        view->index.error = rc;
        return 0;
    }

    /* the first row that is not wanted any more, then backwards */

    fs_shelf_seq_key(from, before ? before : UINT64_MAX);
    key.mv_size = sizeof(from);
    key.mv_data = from;

    rc = fs_guard_cursor_get(cursor, &key, &value, MDB_SET_RANGE);

    rc = fs_guard_cursor_get(cursor, &key, &value,
                        rc == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);

    for ( ;
         rc == 0 && key.mv_size == FS_SHELF_SEQ_KEY
         && *(char *) key.mv_data == FS_SHELF_ENDED;
         rc = fs_guard_cursor_get(cursor, &key, &value, MDB_PREV))
    {
        if (n == limit) {
            *more = 1;
            break;
        }

        if (value.mv_size != FS_SHELF_ENDED_ROW
            || fs_view_look_sale(view, fs_get_le32(value.mv_data),
                                 &ended[n].sale)
               != 1)
        {
            continue;
        }

        ended[n].seq = fs_get_be64((uint8_t *) key.mv_data + 1);
        ended[n].at = (int64_t) fs_get_le64((uint8_t *) value.mv_data + 4);
        n++;
    }

    mdb_cursor_close(cursor);

    if (rc && rc != MDB_NOTFOUND && view->index.error == 0) {
        view->index.error = rc;
    }

    return n;
}
