
/*
 * Views.  In a rush most requests are refused from one, so opening one costs
 * a shared lock that is only tried, a renewed LMDB reader, and a look at the
 * mark; the log's snapshot is taken when something in it is asked for.  What
 * the index can tell is told also while there is no log: it is closed for a
 * moment after a write of its meta page has failed.
 */

#include <errno.h>

#include "index/index.h"
#include "log/life.h"
#include "log/log.h"
#include "read/read.h"
#include "sheet/sheet_queue.h"
#include "store/file.h"
#include "store/store.h"


/* words about rows that cannot be read, at most so often */
#define FS_UNREADABLE_MS  1000

static fs_outcome_t fs_view_begin(fs_view_t *view);
static int fs_view_kept(const fs_view_t *view, const fs_sheet_cache_t *cache);
static int fs_view_lives(fs_view_t *view);
static int fs_view_begin_index(fs_view_t *view);
static void fs_view_damaged(fs_view_t *view);
static int fs_view_number(fs_view_t *view, fs_names_memory_t *memory,
    char kind, fs_str_t slug, uint32_t *number);
static int fs_view_slug(fs_view_t *view, fs_names_memory_t *memory,
    char kind, uint32_t number, fs_slug_t *slug);
static int fs_view_row(fs_view_t *view, fs_index_db_t index_db,
    fs_log_db_t log_db, const void *key, size_t len, fs_str_t *row);
static int fs_view_look_group(fs_view_t *view, uint32_t sale,
    uint32_t pickup, fs_group_t *group);
static int fs_view_read_hold(fs_view_t *view, fs_seq_t seq, fs_hold_t *hold,
    int *failed);
static int fs_view_failed(fs_view_t *view, const fs_hold_t *hold);
static int fs_view_waiting(fs_view_t *view, fs_hold_t *hold);


fs_outcome_t
fs_view_open(fs_reader_t *reader, fs_view_t *view)
{
    fs_outcome_t  outcome;

    outcome = fs_view_open_log(reader, view);

    if (outcome == FS_OK && view->index.txn == NULL) {
        fs_view_close(view);
        return FS_REBUILDING;
    }

    return outcome;
}


fs_outcome_t
fs_view_open_log(fs_reader_t *reader, fs_view_t *view)
{
    fs_store_t    *store;
    fs_outcome_t   outcome;

    store = reader->store;

    memset(view, 0, sizeof(*view));
    view->store = store;
    view->reader = reader;

    if (fs_store_forked(store)
        || pthread_rwlock_tryrdlock(&store->guard) != 0)
    {
        return FS_NOT_READY;
    }

    outcome = fs_view_begin(view);

    if (outcome != FS_OK) {
        fs_view_close(view);
    }

    return outcome;
}


/* 1: what the cache keeps is of the view's state. */

static int
fs_view_kept(const fs_view_t *view, const fs_sheet_cache_t *cache)
{
    const fs_kept_t  *kept;

    kept = &cache->kept;

    return kept->seq == view->seq && kept->lives == view->lives
           && kept->map_n == view->store->index_map_n;
}


int
fs_view_recall(fs_reader_t *reader, const fs_sheet_cache_t *cache,
    fs_view_t *view)
{
    fs_store_t  *store;

    store = reader->store;

    if (!cache->kept.set || !cache->buyers.loaded || fs_store_forked(store)
        || pthread_rwlock_tryrdlock(&store->guard) != 0)
    {
        return 0;
    }

    memset(view, 0, sizeof(*view));
    view->store = store;
    view->reader = reader;
    view->recalled = 1;

    /* as in fs_view_begin(); a life before this one may have had such a seq */

    if (fs_life_due(store) == 0) {
        view->lives = fs_life_count(store);
        view->seq = atomic_load(&store->mark->seq);
        view->fresh = 1;

        if (!fs_life_stale(store) && !fs_store_index_wanted(store)
            && fs_view_kept(view, cache))
        {
            return 1;
        }
    }

    fs_view_close(view);

    return 0;
}


static fs_outcome_t
fs_view_begin(fs_view_t *view)
{
    fs_store_t   *store;
    fs_reader_t  *reader;

    store = view->store;
    reader = view->reader;
    view->lives = fs_life_count(store);

    /*
     * Before any snapshot: one that is taken later has the entry that begins
     * the life.  Without it the state of the life before would be shown as if
     * nothing had happened.
     */

    if (fs_life_due(store) != 0) {
        return FS_NOT_READY;
    }

    if (store->log && reader->log == NULL) {

        /* a slot now, so that no later question fails for want of one */

        (void) fs_view_log(view);
    }

    if (!fs_store_index_wanted(store) && fs_view_begin_index(view)) {
        return fs_view_lives(view) ? FS_OK : FS_NOT_READY;
    }

    /* entries are cut at the mark one by one */

    if (fs_view_log(view) == NULL || !fs_view_lives(view)
        || (store->conf.reads != FS_READS_LEDGER
            && mdb_txn_id(view->log.txn) > atomic_load(&store->mark->txn)))
    {
        return FS_NOT_READY;
    }

    return FS_OK;
}


/* 1: what the snapshot shows is of lives that this process knows of. */

static int
fs_view_lives(fs_view_t *view)
{
    fs_txn_t  *log;

    if (!fs_life_stale(view->store)) {
        return 1;
    }

    log = fs_view_log(view);

    return log != NULL && fs_life_load(view->store, log) == 0;
}


/* 1: view->index is a snapshot; 0: there is none that can be used. */

static int
fs_view_begin_index(fs_view_t *view)
{
    uint64_t        txn;
    fs_store_t     *store;
    fs_reader_t    *reader;
    fs_position_t   position;

    store = view->store;
    reader = view->reader;

    if (fs_reader_renew(store->index, &reader->index) != 0) {
        return 0;
    }

    view->index.txn = reader->index;

    txn = mdb_txn_id(reader->index);

    if (txn != reader->index_txn || store->index_n != reader->index_n) {

        if (!fs_index_position(store, &view->index, &position)) {
            fs_view_damaged(view);
            mdb_txn_reset(reader->index);
            view->index.txn = NULL;
            return 0;
        }

        reader->index_txn = txn;
        reader->index_n = store->index_n;
        reader->index_seq = position.seq;
    }

    view->seq = reader->index_seq;

    /* after the snapshot: nothing acknowledged before this is missing */

    view->fresh = view->seq >= atomic_load(&store->mark->seq);

    return 1;
}


void
fs_view_close(fs_view_t *view)
{
    if (view->index.txn) {

        if (fs_db_damaged(view->index.error)) {
            fs_view_damaged(view);
        }

        mdb_txn_reset(view->index.txn);
        view->index.txn = NULL;
    }

    if (view->log.txn) {

        if (fs_db_broken(view->log.error)) {
            fs_store_damaged(view->store, "is damaged: a reader met it");
        }

        mdb_txn_reset(view->log.txn);
        view->log.txn = NULL;
    }

    pthread_rwlock_unlock(&view->store->guard);
}


/* The commit thread makes another index, unless somebody has. */

static void
fs_view_damaged(fs_view_t *view)
{
    fs_mark_t  *mark;

    mark = view->store->mark;

    if (!view->store->conf.reads
        && atomic_load(&mark->index_n) == view->store->index_n)
    {
        atomic_store(&mark->stale, 1);
    }
}


fs_txn_t *
fs_view_log(fs_view_t *view)
{
    int  rc;

    if (view->log.txn) {
        return &view->log;
    }

    if (view->log.error) {
        return NULL;
    }

    rc = view->store->log ? fs_reader_renew(view->store->log,
                                            &view->reader->log)
                          : EAGAIN;
    if (rc) {
        view->log.error = rc;
        return NULL;
    }

    view->log.txn = view->reader->log;

    return &view->log;
}


fs_outcome_t
fs_view_outcome(fs_view_t *view)
{
    int  error;

    error = view->index.error ? view->index.error : view->log.error;

    return error == MDB_PANIC ? FS_NOT_READY : fs_db_outcome(error);
}


int
fs_view_sale_number(fs_view_t *view, fs_str_t slug, uint32_t *number)
{
    return fs_view_number(view, &view->reader->sales, 's', slug, number);
}


int
fs_view_sale_slug(fs_view_t *view, uint32_t number, fs_slug_t *slug)
{
    return fs_view_slug(view, &view->reader->sales, 's', number, slug);
}


int
fs_view_pickup_number(fs_view_t *view, fs_str_t slug, uint32_t *number)
{
    return fs_view_number(view, &view->reader->pickups, 'p', slug, number);
}


int
fs_view_pickup_slug(fs_view_t *view, uint32_t number, fs_slug_t *slug)
{
    return fs_view_slug(view, &view->reader->pickups, 'p', number, slug);
}


int
fs_view_wave_number(fs_view_t *view, fs_str_t slug, uint32_t *number)
{
    return fs_view_number(view, &view->reader->waves, 'w', slug, number);
}


int
fs_view_wave_slug(fs_view_t *view, uint32_t number, fs_slug_t *slug)
{
    return fs_view_slug(view, &view->reader->waves, 'w', number, slug);
}


int
fs_view_taker_slug(fs_view_t *view, uint32_t number, fs_slug_t *slug)
{
    return fs_view_slug(view, &view->reader->takers, 'c', number, slug);
}


static int
fs_view_number(fs_view_t *view, fs_names_memory_t *memory, char kind,
    fs_str_t slug, uint32_t *number)
{
    fs_txn_t  *log;

    if (fs_names_number(memory, slug, number)) {
        return 1;
    }

    log = fs_view_log(view);

    if (log == NULL
        || fs_log_number(view->store, log, kind, slug, number) != 1)
    {
        return 0;
    }

    fs_names_keep(memory, *number, slug);

    return 1;
}


static int
fs_view_slug(fs_view_t *view, fs_names_memory_t *memory, char kind,
    uint32_t number, fs_slug_t *slug)
{
    fs_str_t          name;
    fs_txn_t         *log;
    const fs_slug_t  *known;

    known = fs_names_slug(memory, number);

    if (known) {
        *slug = *known;
        return 1;
    }

    log = fs_view_log(view);

    if (log == NULL
        || fs_log_slug(view->store, log, kind, number, slug) != 1)
    {
        return 0;
    }

    name.len = slug->len;
    name.data = slug->data;

    fs_names_keep(memory, number, name);

    return 1;
}


/* A row that the index has and, at its own position, the log as well. */

static int
fs_view_row(fs_view_t *view, fs_index_db_t index_db, fs_log_db_t log_db,
    const void *key, size_t len, fs_str_t *row)
{
    fs_txn_t  *log;

    if (view->index.txn) {
        return fs_db_get(&view->index, view->store->index_dbi[index_db], key,
                         len, row);
    }

    log = fs_view_log(view);

    return log && fs_db_get(log, view->store->log_dbi[log_db], key, len, row);
}


int
fs_view_sale(fs_view_t *view, uint32_t number, fs_sale_t *sale)
{
    int  found;

    found = fs_view_look_sale(view, number, sale);

    if (found == -1) {
        view->index.error = MDB_CORRUPTED;
    }

    return found == 1;
}


/*
 * The log has the same row.  It stands in for one of the index that cannot be
 * read, when all that the log shows is durable.
 */

int
fs_view_look_sale(fs_view_t *view, uint32_t number, fs_sale_t *sale)
{
    uint8_t    key[4];
    fs_str_t   row;
    fs_txn_t  *log;

    fs_set_be32(key, number);

    if (!fs_view_row(view, FS_INDEX_SALES, FS_LOG_SALES, key, sizeof(key),
                     &row))
    {
        return 0;
    }

    if (fs_sale_row_decode(sale, row) == -1) {
        fs_view_unreadable(view, "sale", number);

        log = (view->index.txn != NULL) ? fs_view_log(view) : NULL;

        if (log == NULL
            || mdb_txn_id(log->txn) > atomic_load(&view->store->mark->txn)
            || !fs_db_get(log, view->store->log_dbi[FS_LOG_SALES], key,
                          sizeof(key), &row)
            || fs_sale_row_decode(sale, row) == -1)
        {
            return -1;
        }
    }

    sale->number = number;

    return 1;
}


void
fs_view_unreadable(fs_view_t *view, const char *what, uint64_t number)
{
    int64_t      wall, boot, told_at;
    fs_store_t  *store;

    store = view->store;

    if (!store->conf.reads) {
        atomic_fetch_add(&store->mark->unreadable, 1);
    }

    store->conf.clock(store->conf.data, &wall, &boot);
    told_at = atomic_load(&store->unreadable_at);

    if ((told_at == 0 || boot - told_at >= FS_UNREADABLE_MS)
        && atomic_compare_exchange_strong(&store->unreadable_at, &told_at,
                                          boot))
    {
        fs_store_say_now(store, FS_SAY_ERROR, "the row of %s %llu cannot be "
                         "read", what, (unsigned long long) number);
    }
}


int
fs_view_group(fs_view_t *view, uint32_t sale, uint32_t pickup,
    fs_group_t *group)
{
    int  found;

    found = fs_view_look_group(view, sale, pickup, group);

    if (found == -1) {
        view->index.error = MDB_CORRUPTED;
    }

    return found == 1;
}


int
fs_view_group_at(fs_view_t *view, const fs_sale_t *sale, fs_str_t pickup,
    fs_group_t *group)
{
    uint32_t  number;

    number = 0;

    if (sale->goal == 0
        || (sale->goal_by == FS_GOAL_BY_PICKUP && !fs_slug_valid(pickup)))
    {
        return -1;
    }

    if ((sale->goal_by == FS_GOAL_BY_SALE
         || fs_view_pickup_number(view, pickup, &number))
        && fs_view_group(view, sale->number, number, group))
    {
        return 1;
    }

    memset(group, 0, sizeof(fs_group_t));
    group->sale = sale->number;
    group->pickup = number;
    group->state = sale->decided ? FS_GROUP_FAILED : FS_GROUP_OPEN;

    return 0;
}


/* As fs_view_look_sale(). */

static int
fs_view_look_group(fs_view_t *view, uint32_t sale, uint32_t pickup,
    fs_group_t *group)
{
    uint8_t   key[FS_GROUP_KEY_LEN];
    fs_str_t  row;

    fs_group_key(key, sale, pickup);

    if (!fs_view_row(view, FS_INDEX_GROUPS, FS_LOG_GROUPS, key, sizeof(key),
                     &row))
    {
        return 0;
    }

    if (fs_group_row_decode(group, row) == -1) {
        fs_view_unreadable(view, "a group of sale", sale);
        return -1;
    }

    group->sale = sale;
    group->pickup = pickup;

    return 1;
}


int
fs_view_hold(fs_view_t *view, fs_seq_t seq, fs_hold_t *hold)
{
    int  found, failed;

    found = fs_view_read_hold(view, seq, hold, &failed);

    if (found == -1 || (found == 1 && failed == -1)) {
        view->index.error = MDB_CORRUPTED;
        return 0;
    }

    return found;
}


int
fs_view_look_hold(fs_view_t *view, fs_seq_t seq, fs_hold_t *hold)
{
    int  failed;

    return fs_view_read_hold(view, seq, hold, &failed);
}


/* *failed: of a sold one, as fs_view_failed() says. */

static int
fs_view_read_hold(fs_view_t *view, fs_seq_t seq, fs_hold_t *hold,
    int *failed)
{
    fs_str_t  row;

    *failed = 0;

    if (view->index.txn == NULL
        || !fs_db_get(&view->index, view->store->index_dbi[FS_INDEX_HOLDS],
                      &seq, sizeof(seq), &row))
    {
        return 0;
    }

    if (fs_hold_row_decode(hold, row) == -1) {
        fs_view_unreadable(view, "hold", seq);
        return -1;
    }

    hold->seq = seq;

    if (hold->state == FS_HOLD_QUEUED) {
        return fs_view_waiting(view, hold);
    }

    if (hold->state == FS_HOLD_SOLD) {
        *failed = fs_view_failed(view, hold);

        if (*failed == 1) {
            hold->state = FS_HOLD_REFUND_DUE;
        }
    }

    return 1;
}


/* Once its sale is closed nobody waits, though the entries may be still to
 * come.  1; -1: the sale's row cannot be read. */

static int
fs_view_waiting(fs_view_t *view, fs_hold_t *hold)
{
    fs_sale_t  sale;

    if (fs_view_look_sale(view, hold->lines[0].sale, &sale) != 1) {
        return -1;
    }

    if (sale.closed) {
        hold->state = FS_HOLD_EXPIRED;

    } else {
        hold->ahead = fs_waiting_ahead(view->store, &view->index, &sale,
                                       hold);
    }

    return 1;
}


int
fs_view_refund(fs_view_t *view, fs_seq_t hold, const uint8_t *reference,
    fs_payment_t *row)
{
    uint8_t   key[FS_PAYMENT_KEY_LEN];
    fs_str_t  value;

    fs_payment_key(key, hold, reference, FS_REFUND_MARK);

    if (view->index.txn == NULL
        || !fs_db_get(&view->index,
                      view->store->index_dbi[FS_INDEX_PAYMENTS], key,
                      sizeof(key), &value))
    {
        return 0;
    }

    if (fs_payment_row_decode(row, value) == -1) {
        view->index.error = MDB_CORRUPTED;
        return 0;
    }

    return 1;
}


/*
 * 1: all its lines count to groups that failed, or are back, or their sales
 * were called off; the entries may be still to come.  Units sold before the
 * sale had a goal count to none.
 * -1: a row of theirs cannot be read.
 */

static int
fs_view_failed(fs_view_t *view, const fs_hold_t *hold)
{
    uint8_t     key[FS_MEMBER_KEY_LEN];
    int         found;
    unsigned    i;
    uint32_t    pickup;
    fs_str_t    value;
    fs_sale_t   sale;
    fs_group_t  group;

    for (i = 0; i < hold->lines_n; i++) {

        if (fs_line_back(&hold->lines[i])) {
            continue;
        }

        found = fs_view_look_sale(view, hold->lines[i].sale, &sale);

        if (found != 1) {
            return found;
        }

        if (sale.called_off) {
            continue;
        }

        if (sale.goal == 0 || sale.groups_failed == 0) {
            return 0;
        }

        pickup = sale.goal_by == FS_GOAL_BY_PICKUP ? hold->pickup : 0;

        found = fs_view_look_group(view, sale.number, pickup, &group);

        if (found != 1) {
            return found;
        }

        if (group.state != FS_GROUP_FAILED) {
            return 0;
        }

        fs_member_key(key, sale.number, pickup, hold->seq);

        if (!fs_db_get(&view->index,
                       view->store->index_dbi[FS_INDEX_MEMBERS], key,
                       sizeof(key), &value))
        {
            return 0;
        }
    }

    return hold->lines_n != 0;
}


void
fs_view_state(fs_view_t *view, fs_sheet_t *sheet, fs_crypto_t *crypto,
    fs_sheet_cache_t *cache)
{
    int  kept;

    kept = view->recalled
           || (cache->kept.set && fs_view_kept(view, cache)
               && cache->sale_slots.used < FS_SLOTS_CHUNK);

    if (!view->recalled) {

        /* whoever reads it without a fault says so: fs_decide_refused() */

        cache->kept.set = 0;
    }

    fs_sheet_read(sheet, view->store, &view->log, &view->index, view->seq,
                  kept, crypto, cache);
}
