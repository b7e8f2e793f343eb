
/*
 * Walks along the shelf.
 */

#include "read/read.h"
#include "sheet/sheet.h"

static size_t fs_view_current_log(fs_view_t *view, uint32_t after,
    size_t limit, fs_sale_t *sales, int *more);


size_t
fs_view_current(fs_view_t *view, uint32_t after, size_t limit,
    fs_sale_t *sales, int *more)
{
    int           found;
    size_t        n;
    uint8_t       from[FS_SHELF_SALE_KEY];
    fs_db_walk_t  walk;

    n = 0;
    *more = 0;

    if (after == UINT32_MAX) {
        return 0;
    }

    if (view->index.txn == NULL) {
        return fs_view_current_log(view, after, limit, sales, more);
    }

    fs_shelf_sale_key(from, FS_SHELF_CURRENT, after + 1);

    for (found = fs_db_walk(&walk, &view->index,
                            view->store->index_dbi[FS_INDEX_SHELF], from,
                            sizeof(from), MDB_SET_RANGE);
         found && walk.key.len == FS_SHELF_SALE_KEY
         && walk.key.data[0] == FS_SHELF_CURRENT;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        if (n == limit) {
            *more = 1;
            break;
        }

        if (fs_view_look_sale(view, fs_get_be32(walk.key.data + 1),
                              &sales[n])
            == 1)
        {
            n++;
        }
    }

    fs_db_walk_end(&walk);

    return n;
}


/* Without an index: the log has no shelf, but all sales in the same order. */

static size_t
fs_view_current_log(fs_view_t *view, uint32_t after, size_t limit,
    fs_sale_t *sales, int *more)
{
    int           found;
    size_t        n, looks;
    uint8_t       from[4];
    fs_txn_t     *log;
    fs_sale_t     sale;
    fs_db_walk_t  walk;

    n = 0;
    looks = 0;
    log = fs_view_log(view);

    if (log == NULL) {
        return 0;
    }

    fs_set_be32(from, after + 1);

    for (found = fs_db_walk(&walk, log, view->store->log_dbi[FS_LOG_SALES],
                            from, sizeof(from), MDB_SET_RANGE);
         found;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        if (n == limit) {
            *more = 1;
            break;
        }

        if (looks++ == FS_SHELF_LOOKS) {
            break;
        }

        if (walk.key.len != 4
            || fs_sale_row_decode(&sale, walk.value) == -1)
        {
            fs_view_unreadable(view, "sale", (walk.key.len == 4)
                                             ? fs_get_be32(walk.key.data)
                                             : 0);
            continue;
        }

        if (!sale.closed) {
            sale.number = fs_get_be32(walk.key.data);
            sales[n++] = sale;
        }
    }

    fs_db_walk_end(&walk);

    return n;
}


uint64_t
fs_view_sales_n(fs_view_t *view)
{
    MDB_stat   stat;
    fs_txn_t  *log;

    log = fs_view_log(view);

    if (log == NULL
        || fs_guard_stat(log->txn, view->store->log_dbi[FS_LOG_SALES], &stat)
           != 0)
    {
        return 0;
    }

    return stat.ms_entries;
}


size_t
fs_view_ended(fs_view_t *view, fs_seq_t before, size_t limit,
    fs_ended_t *ended, int *more)
{
    int           found;
    size_t        n;
    uint8_t       from[FS_SHELF_SEQ_KEY];
    fs_db_walk_t  walk;

    n = 0;
    *more = 0;

    if (view->index.txn == NULL) {
        return 0;
    }

    /* the first row that is not wanted any more, then backwards */

    fs_shelf_seq_key(from, before ? before : UINT64_MAX);

    found = fs_db_walk(&walk, &view->index,
                       view->store->index_dbi[FS_INDEX_SHELF], from,
                       sizeof(from), MDB_SET_RANGE);

    for (found = fs_db_walk_on(&walk, found ? MDB_PREV : MDB_LAST);
         found && walk.key.len == FS_SHELF_SEQ_KEY
         && walk.key.data[0] == FS_SHELF_ENDED;
         found = fs_db_walk_on(&walk, MDB_PREV))
    {
        if (n == limit) {
            *more = 1;
            break;
        }

        if (walk.value.len != FS_SHELF_ENDED_ROW
            || fs_view_look_sale(view, fs_get_le32(walk.value.data),
                                 &ended[n].sale)
               != 1)
        {
            continue;
        }

        ended[n].seq = fs_get_be64(walk.key.data + 1);
        ended[n].at = (int64_t) fs_get_le64(walk.value.data + 4);
        n++;
    }

    fs_db_walk_end(&walk);

    return n;
}
