
/*
 * Views: what is read by walking.  Each walk is bounded by its caller.
 */

#include "index/buyers.h"
#include "log/log.h"
#include "read/read.h"


static int fs_view_named_sale(fs_view_t *view, uint32_t number, void *row);
static int fs_view_buyer(fs_view_t *view, const uint8_t *buyer,
    fs_buyer_t *own);


size_t
fs_view_named(fs_view_t *view, char kind, fs_str_t after, size_t limit,
    void *rows, size_t size, void *extra, fs_view_row_pt look, int *more)
{
    int           found;
    char          first[1 + FS_SLUG_MAX];
    size_t        n;
    fs_txn_t     *log;
    fs_db_walk_t  walk;

    n = 0;
    *more = 0;
    log = fs_view_log(view);

    if (log == NULL || after.len > FS_SLUG_MAX) {
        return 0;
    }

    first[0] = kind;

    if (after.len) {
        memcpy(first + 1, after.data, after.len);
    }

    for (found = fs_db_walk(&walk, log, view->store->log_dbi[FS_LOG_NAMES],
                            first, 1 + after.len, MDB_SET_RANGE);
         found && walk.key.data[0] == kind && walk.value.len == 4;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        if (after.len && walk.key.len == 1 + after.len
            && memcmp(walk.key.data, first, walk.key.len) == 0)
        {
            continue;
        }

        /* a name may be there before its row */

        if (!look(view, fs_get_le32(walk.value.data),
                  n == limit ? extra : (uint8_t *) rows + n * size))
        {
            continue;
        }

        if (n == limit) {
            *more = 1;
            break;
        }

        n++;
    }

    fs_db_walk_end(&walk);

    return n;
}


static int
fs_view_named_sale(fs_view_t *view, uint32_t number, void *row)
{
    return fs_view_look_sale(view, number, row) == 1;
}


size_t
fs_view_sales(fs_view_t *view, fs_str_t after, size_t limit,
    fs_sale_t *sales, int *more)
{
    fs_sale_t  extra;

    return fs_view_named(view, 's', after, limit, sales, sizeof(fs_sale_t),
                         &extra, fs_view_named_sale, more);
}


size_t
fs_view_holds(fs_view_t *view, const uint8_t *buyer, int gifts,
    fs_seq_t before, size_t limit, fs_hold_t *holds, int *more)
{
    int         found;
    size_t      n;
    fs_seq_t    seq;
    fs_hold_t   hold;
    fs_buyer_t  own;

    n = 0;
    *more = 0;

    if (view->index.txn == NULL) {
        return 0;
    }

    if (before) {

        if (!fs_view_hold(view, before, &hold)
            || fs_hold_is_gift(&hold) != gifts
            || memcmp(hold.buyer, buyer, FS_BUYER_LEN) != 0)
        {
            return 0;
        }

        seq = hold.previous;

    } else if (fs_view_buyer(view, buyer, &own)) {
        seq = gifts ? own.gift : own.newest;

    } else {
        return 0;
    }

    while (seq && n < limit) {
        found = fs_view_look_hold(view, seq, &holds[n]);

        if (found != 1) {

            /*
             * What it says of the one before is not to be believed.  With
             * nothing at all to show, another index is worth the wait.
             */

            if (n == 0) {
                view->index.error = MDB_CORRUPTED;
            }

            return n;
        }

        seq = holds[n].previous;
        n++;
    }

    *more = seq != 0;

    return n;
}


static int
fs_view_buyer(fs_view_t *view, const uint8_t *buyer, fs_buyer_t *own)
{
    fs_str_t     row;
    fs_buyers_t  buyers;

    memset(&buyers, 0, sizeof(buyers));
    fs_buyers_begin(&buyers, view->store, &view->index, 1);

    if (!fs_buyers_get(&buyers, buyer, FS_BUYER_LEN, &row)) {
        return 0;
    }

    if (fs_buyer_row_decode(own, row) == -1) {
        view->index.error = MDB_CORRUPTED;
        return 0;
    }

    return 1;
}


size_t
fs_view_unpaid(fs_view_t *view, const uint8_t *buyer, int64_t since,
    size_t limit, fs_hold_t *holds)
{
    size_t      n, live, looked;
    fs_seq_t    seq;
    fs_hold_t  *hold;
    fs_buyer_t  own;

    if (view->index.txn == NULL || !fs_view_buyer(view, buyer, &own)) {
        return 0;
    }

    n = 0;
    live = 0;
    seq = own.newest;

    for (looked = 0; seq && n < limit && looked < FS_VIEW_UNPAID_LOOKED;
         looked++)
    {
        hold = &holds[n];

        if (fs_view_look_hold(view, seq, hold) != 1) {
            return n;
        }

        if (live == own.live && hold->state != FS_HOLD_QUEUED
            && hold->expires_at < since)
        {
            return n;
        }

        seq = hold->previous;

        if (hold->state == FS_HOLD_HELD || hold->state == FS_HOLD_PAYING) {
            live++;
            n++;

        } else if (hold->state == FS_HOLD_EXPIRED
                   && hold->expires_at >= since)
        {
            n++;
        }
    }

    return n;
}


size_t
fs_view_entries(fs_view_t *view, fs_seq_t after, size_t limit,
    fs_entry_t *entries)
{
    int           found;
    size_t        n;
    fs_seq_t      seq, last;
    fs_txn_t     *log;
    fs_db_walk_t  walk;

    log = fs_view_log(view);
    last = atomic_load(&view->store->mark->seq);

    if (log == NULL || limit == 0 || after >= last) {
        return 0;
    }

    n = 0;
    seq = after + 1;

    for (found = fs_db_walk(&walk, log, view->store->log_dbi[FS_LOG_LEDGER],
                            &seq, sizeof(seq), MDB_SET);
         found && n < limit;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        memcpy(&seq, walk.key.data, sizeof(seq));

        if (seq > last) {
            break;
        }

        if (seq != after + 1 + n
            || fs_entry_decode(&entries[n], seq, walk.value.data,
                               walk.value.len)
               == -1)
        {
            if (n == 0) {
                fs_view_unreadable(view, "entry", after + 1);
                log->error = FS_DB_ROW;         /* it, not its page */
            }

            break;
        }

        n++;
    }

    fs_db_walk_end(&walk);

    if (n != 0) {

        /* what failed is for the next call: names are still looked up */

        log->error = 0;
    }

    return n;
}


/* Each `served` names the one of its sale before it. */

size_t
fs_view_served(fs_view_t *view, const fs_sale_t *sale, fs_seq_t after,
    size_t limit, uint32_t *numbers)
{
    size_t      n;
    fs_seq_t    seq;
    fs_entry_t  entry;

    seq = sale->served_seq;

    for (n = 0; n < limit && seq > after; n++) {

        if (fs_view_entries(view, seq - 1, 1, &entry) != 1
            || entry.type != FS_ENTRY_SERVED || entry.sale != sale->number
            || fs_get_le64(entry.id2) >= seq)
        {
            break;
        }

        numbers[n] = entry.number2;
        seq = fs_get_le64(entry.id2);
    }

    return n;
}


int
fs_view_knows(fs_view_t *view, fs_seq_t after, const uint8_t *hash)
{
    fs_entry_t              entry;
    static const uint8_t    zeros[FS_HASH_LEN];

    if (after == 0) {
        return memcmp(hash, zeros, FS_HASH_LEN) == 0;
    }

    if (fs_view_entries(view, after - 1, 1, &entry) == 1
        && entry.seq == after)
    {
        return memcmp(hash, entry.hash, FS_HASH_LEN) == 0;
    }

    return fs_db_damaged(view->log.error) ? -1 : 0;
}
