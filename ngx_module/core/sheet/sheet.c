
/*
 * The sheet of a batch: sales and groups decoded once and written back once,
 * and the timers that follow from them.
 */

#include "sheet/sheet_terms.h"
#include "index/index.h"


typedef struct {
    uint8_t              clock;
    uint8_t              kind;
} fs_slot_timer_t;

static void fs_sheet_reset(fs_sheet_t *sheet, fs_sheet_cache_t *cache);
static void fs_sheet_load_sale(fs_sheet_t *sheet, fs_sale_slot_t *slot);
static void fs_sheet_flush_slot(fs_sheet_t *sheet, fs_sale_slot_t *slot);
static void fs_slot_timers(const fs_sale_slot_t *slot, int64_t *timers);
static void fs_sheet_write_sale(fs_sheet_t *sheet, fs_sale_slot_t *slot);
static void fs_sheet_write_group(fs_sheet_t *sheet, fs_group_slot_t *slot);
static void fs_sheet_names(fs_sheet_t *sheet);
static int fs_sheet_name(void *data, char kind, uint32_t number,
    fs_slug_t *slug);
static int fs_sheet_name_hold(void *data, fs_seq_t hold,
    const uint32_t *epoch, char *id);

static int fs_sheet_name_terms(void *data, uint32_t sale,
    fs_terms_t *terms);

/* by index in a slot; the third is SWEEP in the slot of no sale */
static const fs_slot_timer_t  fs_slot_timer[FS_SLOT_TIMERS] = {
    { 'o', FS_TIMER_OPEN },
    { 'w', FS_TIMER_CLOSE },
    { 'm', FS_TIMER_DUE },
    { 'm', FS_TIMER_DECIDE },
    { 'm', FS_TIMER_QUEUE },
};


void
fs_sheet_begin(fs_sheet_t *sheet, fs_pair_t *write, fs_crypto_t *crypto,
    fs_sheet_cache_t *cache)
{
    memset(sheet, 0, sizeof(fs_sheet_t));
    sheet->store = write->store;
    sheet->log = &write->log;
    sheet->index = &write->index;
    sheet->write = write;
    sheet->crypto = crypto;
    sheet->seq = write->seq;
    sheet->begun = write->seq;
    sheet->at = write->at;
    memcpy(sheet->hash, write->hash, FS_HASH_LEN);

    fs_sheet_reset(sheet, cache);
}


void
fs_sheet_read(fs_sheet_t *sheet, fs_store_t *store, fs_txn_t *log,
    fs_txn_t *index, fs_seq_t seq, int kept, fs_crypto_t *crypto,
    fs_sheet_cache_t *cache)
{
    memset(sheet, 0, sizeof(fs_sheet_t));
    sheet->store = store;
    sheet->log = log;
    sheet->index = index;
    sheet->crypto = crypto;
    sheet->seq = seq;
    sheet->begun = seq;

    if (!kept) {
        fs_sheet_reset(sheet, cache);
        return;
    }

    cache->memo.set = 0;

    if (index->txn != NULL) {
        fs_buyers_begin(&cache->buyers, store, index, 1);

    } else {
        fs_buyers_recall(&cache->buyers, index);
    }

    sheet->cache = cache;
    fs_sheet_names(sheet);
}


void
fs_sheet_fold_begin(fs_sheet_t *sheet, fs_store_t *store, fs_txn_t *log,
    fs_txn_t *index, fs_seq_t seq, fs_sheet_cache_t *cache)
{
    memset(sheet, 0, sizeof(fs_sheet_t));
    sheet->store = store;
    sheet->log = log;
    sheet->index = index;
    sheet->catching_up = 1;
    sheet->seq = seq;
    sheet->begun = seq;

    fs_sheet_reset(sheet, cache);
}


/* Forgets the batch before; its memory stays. */

static void
fs_sheet_reset(fs_sheet_t *sheet, fs_sheet_cache_t *cache)
{
    cache->batch++;
    cache->sale_slots.used = 0;
    cache->group_slots.used = 0;
    cache->pending = NULL;
    cache->memo.set = 0;
    cache->kept.set = 0;
    cache->hold.seq = 0;
    cache->id_hold = 0;

    fs_buyers_begin(&cache->buyers, sheet->store, sheet->index,
                    sheet->write == NULL && !sheet->catching_up);

    sheet->cache = cache;
    fs_sheet_names(sheet);
}


fs_outcome_t
fs_sheet_end(fs_sheet_t *sheet)
{
    size_t             i;
    fs_walk_t         *walk;
    fs_settling_t     *settling;
    fs_sale_slot_t    *sale;
    fs_group_slot_t   *group;
    fs_sheet_cache_t  *cache;

    cache = sheet->cache;

    fs_sheet_flush_timers(sheet);

    for (i = 0; i < cache->sale_slots.used; i++) {
        sale = fs_slots_at(&cache->sale_slots, i);
        if (sale->dirty) {
            fs_sheet_write_sale(sheet, sale);
        }
    }

    fs_sheet_flush_groups(sheet);

    for (i = 0; i < cache->group_slots.used; i++) {
        group = fs_slots_at(&cache->group_slots, i);
        if (group->dirty) {
            fs_sheet_write_group(sheet, group);
        }
    }

    if (sheet->seq != sheet->begun) {
        fs_index_position_put(sheet->store, sheet->index, sheet->seq,
                              sheet->hash);
    }

    walk = &cache->walk;

    if (walk->sale != 0 && walk->batch == cache->batch) {
        walk->seq = sheet->seq;
        memcpy(walk->hash, sheet->hash, FS_HASH_LEN);
    }

    settling = &cache->settling;

    if (settling->task != 0 && settling->batch == cache->batch) {
        settling->sold = settling->next;
        settling->seq = sheet->seq;
        memcpy(settling->hash, sheet->hash, FS_HASH_LEN);
    }

    if (sheet->write != NULL) {
        (void) fs_must(sheet, sheet->write->seq == sheet->begun
                              && sheet->seq >= sheet->begun);

        sheet->write->seq = sheet->seq;
        sheet->write->at = sheet->at;
        memcpy(sheet->write->hash, sheet->hash, FS_HASH_LEN);
    }

    if (sheet->asides > FS_ASIDE_NAMED) {
        fs_store_say_now(sheet->store, FS_SAY_ERROR, "set aside: %u rows more",
                         sheet->asides - FS_ASIDE_NAMED);
    }

    if (sheet->log->error != 0) {
        return fs_db_outcome(sheet->log->error);
    }

    if (sheet->index->error != 0) {
        return fs_db_outcome(sheet->index->error);
    }

    return sheet->failed ? FS_INTERNAL : FS_OK;
}


int
fs_sheet_has_sale(const fs_sheet_t *sheet, uint32_t number)
{
    const fs_bucket_t     *bucket;
    const fs_sale_slot_t  *slot;

    bucket = &sheet->cache->sales[number & (FS_BUCKETS - 1)];

    if (bucket->batch != sheet->cache->batch) {
        return 0;
    }

    for (slot = bucket->first; slot != NULL; slot = slot->chain) {
        if (slot->sale.number == number) {
            return 1;
        }
    }

    return 0;
}


fs_sale_t *
fs_sheet_sale(fs_sheet_t *sheet, uint32_t number)
{
    fs_sale_slot_t  *slot;

    if (number == 0) {
        return NULL;
    }

    slot = fs_sheet_sale_slot(sheet, number);

    return (slot != NULL && slot->found) ? &slot->sale : NULL;
}


fs_group_t *
fs_sheet_group(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup, int make)
{
    fs_group_slot_t  *slot;

    slot = fs_sheet_group_slot(sheet, sale, pickup);
    if (slot == NULL) {
        return NULL;
    }

    if (!slot->found) {
        if (!make) {
            return NULL;
        }

        slot->found = 1;
    }

    if (make) {
        slot->dirty = 1;
        slot->unflushed = 1;
    }

    return &slot->group;
}


fs_sale_slot_t *
fs_sheet_sale_slot(fs_sheet_t *sheet, uint32_t number)
{
    fs_bucket_t       *bucket;
    fs_sale_slot_t    *slot;
    fs_sheet_cache_t  *cache;

    cache = sheet->cache;
    bucket = &cache->sales[number & (FS_BUCKETS - 1)];

    if (bucket->batch != cache->batch) {
        bucket->batch = cache->batch;
        bucket->first = NULL;
    }

    for (slot = bucket->first; slot != NULL; slot = slot->chain) {
        if (slot->sale.number == number) {
            return slot;
        }
    }

    slot = fs_slots_add(&cache->sale_slots);
    if (slot == NULL) {
        fs_sheet_no_memory(sheet);
        return NULL;
    }

    slot->sale.number = number;
    slot->chain = bucket->first;
    bucket->first = slot;

    fs_sheet_load_sale(sheet, slot);

    return slot;
}


static void
fs_sheet_load_sale(fs_sheet_t *sheet, fs_sale_slot_t *slot)
{
    uint8_t   key[4];
    uint32_t  number;
    fs_str_t  row;
    fs_seq_t  seq;

    number = slot->sale.number;

    if (number == 0) {
        if (!fs_sheet_first_due(sheet, 0, &slot->sale.due, &seq)) {
            slot->sale.due = 0;
        }

    } else {
        fs_set_be32(key, number);

        if (fs_db_get(sheet->index,
                      sheet->store->index_dbi[FS_INDEX_SALES], key,
                      sizeof(key), &row))
        {
            if (fs_sale_row_decode(&slot->sale, row) != 0) {
                fs_sheet_damaged(sheet);
                return;
            }

            slot->sale.number = number;
            slot->found = 1;
        }
    }

    fs_slot_timers(slot, slot->timers);
}


int
fs_sheet_first_due(fs_sheet_t *sheet, uint32_t sale, int64_t *due,
    fs_seq_t *seq)
{
    uint8_t   key[4];
    fs_str_t  value;

    fs_set_be32(key, sale);

    if (!fs_db_get(sheet->index, sheet->store->index_dbi[FS_INDEX_DUE], key,
                   sizeof(key), &value))
    {
        return 0;
    }

    if (value.len != FS_DUE_LEN) {
        fs_sheet_damaged(sheet);
        return 0;
    }

    *due = (int64_t) fs_get_be64(value.data);
    *seq = fs_get_be64(value.data + 8);

    return 1;
}


fs_group_slot_t *
fs_sheet_group_slot(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup)
{
    uint8_t            key[FS_GROUP_KEY_LEN];
    fs_str_t           row;
    fs_bucket_t       *bucket;
    fs_group_slot_t   *slot;
    fs_sheet_cache_t  *cache;

    cache = sheet->cache;
    bucket = &cache->groups[(sale * 31 + pickup) & (FS_BUCKETS - 1)];

    if (bucket->batch != cache->batch) {
        bucket->batch = cache->batch;
        bucket->first = NULL;
    }

    for (slot = bucket->first; slot != NULL; slot = slot->chain) {
        if (slot->group.sale == sale && slot->group.pickup == pickup) {
            return slot;
        }
    }

    slot = fs_slots_add(&cache->group_slots);
    if (slot == NULL) {
        fs_sheet_no_memory(sheet);
        return NULL;
    }

    fs_group_key(key, sale, pickup);

    if (fs_db_get(sheet->index, sheet->store->index_dbi[FS_INDEX_GROUPS], key,
                  sizeof(key), &row))
    {
        if (fs_group_row_decode(&slot->group, row) != 0) {
            fs_sheet_damaged(sheet);
        }

        slot->found = 1;
    }

    slot->group.sale = sale;
    slot->group.pickup = pickup;
    slot->chain = bucket->first;
    bucket->first = slot;

    return slot;
}


void
fs_sheet_touch(fs_sheet_t *sheet, fs_sale_slot_t *slot)
{
    slot->dirty = 1;

    if (!slot->waiting) {
        slot->waiting = 1;
        slot->pending = sheet->cache->pending;
        sheet->cache->pending = slot;
    }
}


void
fs_sheet_flush_timers(fs_sheet_t *sheet)
{
    fs_sale_slot_t    *slot;
    fs_sheet_cache_t  *cache;

    cache = sheet->cache;

    while (cache->pending != NULL) {
        slot = cache->pending;
        cache->pending = slot->pending;
        slot->waiting = 0;

        fs_sheet_flush_slot(sheet, slot);
    }
}


static void
fs_sheet_flush_slot(fs_sheet_t *sheet, fs_sale_slot_t *slot)
{
    unsigned    i;
    uint8_t     key[FS_TIMER_KEY_LEN];
    int64_t     timers[FS_SLOT_TIMERS];
    MDB_dbi     dbi;
    fs_seq_t    seq;
    fs_timer_t  timer;

    if (slot->due_stale) {
        slot->due_stale = 0;

        if (!fs_sheet_first_due(sheet, slot->sale.number, &slot->sale.due,
                                &seq))
        {
            slot->sale.due = 0;
        }
    }

    dbi = sheet->store->index_dbi[FS_INDEX_TIMERS];
    fs_slot_timers(slot, timers);

    for (i = 0; i < FS_SLOT_TIMERS; i++) {
        if (timers[i] == slot->timers[i]) {
            continue;
        }

        timer.clock = fs_slot_timer[i].clock;
        timer.kind = (slot->sale.number == 0) ? FS_TIMER_SWEEP
                                              : fs_slot_timer[i].kind;
        timer.sale = slot->sale.number;
        timer.pickup = 0;

        if (slot->timers[i] != FS_NO_TIMER) {
            timer.time = slot->timers[i];
            fs_timer_key(key, &timer);
            fs_db_delete(sheet->index, dbi, key, sizeof(key), NULL, 0);
        }

        if (timers[i] != FS_NO_TIMER) {
            timer.time = timers[i];
            fs_timer_key(key, &timer);
            fs_db_put(sheet->index, dbi, key, sizeof(key), NULL, 0, 0);
        }

        slot->timers[i] = timers[i];
    }
}


/* What a sale waits for, by its row alone. */

static void
fs_slot_timers(const fs_sale_slot_t *slot, int64_t *timers)
{
    unsigned          i;
    const fs_sale_t  *sale;

    for (i = 0; i < FS_SLOT_TIMERS; i++) {
        timers[i] = FS_NO_TIMER;
    }

    sale = &slot->sale;

    if (sale->due != 0) {
        timers[2] = sale->due;
    }

    if (!slot->found) {
        return;
    }

    if (fs_sale_serves(sale)) {
        timers[4] = 0;
    }

    if (!sale->closed) {
        if (!sale->opened) {
            timers[0] = sale->opens_at;
        }

        if (sale->closes_at != 0) {
            timers[1] = sale->closes_at;
        }

    } else if (sale->goal != 0 && sale->held == 0 && !sale->decided
               && !sale->settling)
    {
        timers[3] = 0;
    }
}


void
fs_sheet_flush_groups(fs_sheet_t *sheet)
{
    size_t            i;
    uint8_t           key[FS_GROUP_KEY_LEN], row[FS_GROUP_ROW_SIZE];
    size_t            len;
    fs_slots_t       *slots;
    fs_group_slot_t  *slot;

    slots = &sheet->cache->group_slots;

    for (i = 0; i < slots->used; i++) {
        slot = fs_slots_at(slots, i);
        if (!slot->unflushed) {
            continue;
        }

        slot->unflushed = 0;
        fs_group_key(key, slot->group.sale, slot->group.pickup);
        len = fs_group_row_encode(&slot->group, row);
        fs_db_put(sheet->index, sheet->store->index_dbi[FS_INDEX_GROUPS],
                  key, sizeof(key), row, len, 0);
    }
}


static void
fs_sheet_write_sale(fs_sheet_t *sheet, fs_sale_slot_t *slot)
{
    size_t   len;
    uint8_t  key[4], row[FS_SALE_ROW_MAX];

    slot->dirty = 0;

    if (!slot->found) {
        return;
    }

    fs_set_be32(key, slot->sale.number);
    len = fs_sale_row_encode(&slot->sale, row);
    fs_db_put(sheet->index, sheet->store->index_dbi[FS_INDEX_SALES], key,
              sizeof(key), row, len, 0);

    if (!sheet->catching_up) {
        len = fs_schema_sale_row(atomic_load(&sheet->store->schema),
                                 &slot->sale, row);
        fs_db_put(sheet->log, sheet->store->log_dbi[FS_LOG_SALES], key,
                  sizeof(key), row, len, 0);
    }
}


static void
fs_sheet_write_group(fs_sheet_t *sheet, fs_group_slot_t *slot)
{
    size_t   len;
    uint8_t  key[FS_GROUP_KEY_LEN], row[FS_GROUP_ROW_SIZE];

    slot->dirty = 0;

    if (sheet->catching_up) {
        return;
    }

    fs_group_key(key, slot->group.sale, slot->group.pickup);
    len = fs_group_row_encode(&slot->group, row);
    fs_db_put(sheet->log, sheet->store->log_dbi[FS_LOG_GROUPS], key,
              sizeof(key), row, len, 0);
}


static void
fs_sheet_names(fs_sheet_t *sheet)
{
    sheet->names.data = sheet;
    sheet->names.slug = fs_sheet_name;
    sheet->names.hold_id = fs_sheet_name_hold;
    sheet->names.terms = fs_sheet_name_terms;
}


static int
fs_sheet_name(void *data, char kind, uint32_t number, fs_slug_t *slug)
{
    fs_sale_t   *sale;
    fs_sheet_t  *sheet = data;

    sale = (kind == 's') ? fs_sheet_sale(sheet, number) : NULL;

    if (sale != NULL) {
        slug->len = sale->slug.len;
        memcpy(slug->data, sale->slug.data, sale->slug.len);
        return 0;
    }

    /* a sale: the entry that makes it */

    return fs_sheet_slug(sheet, kind, number, slug) ? 0 : -1;
}


static int
fs_sheet_name_hold(void *data, fs_seq_t hold, const uint32_t *epoch,
    char *id)
{
    fs_sheet_t        *sheet = data;
    fs_sheet_cache_t  *cache;

    cache = sheet->cache;

    if (epoch != NULL) {
        return sheet->crypto != NULL
               ? fs_crypto_hold_id(sheet->crypto, hold, *epoch, id) : -1;
    }

    if (cache->id_hold != hold) {
        cache->id_hold = 0;

        if (sheet->crypto == NULL
            || fs_crypto_hold_id(sheet->crypto, hold,
                                 fs_sheet_epoch(sheet, hold), cache->id)
               != 0)
        {
            return -1;
        }

        cache->id_hold = hold;
    }

    memcpy(id, cache->id, FS_HOLD_ID_LEN);

    return 0;
}


int
fs_sheet_hold_id(fs_sheet_t *sheet, fs_seq_t hold, char *id)
{
    fs_sheet_cache_t  *cache;

    cache = sheet->cache;

    if (sheet->crypto == NULL) {

        if (cache->crypto == NULL) {
            cache->crypto = fs_crypto_create(sheet->store->store_key);
        }

        sheet->crypto = cache->crypto;
    }

    return fs_sheet_name_hold(sheet, hold, NULL, id);
}


static int
fs_sheet_name_terms(void *data, uint32_t sale, fs_terms_t *terms)
{
    const fs_terms_t  *found;

    found = fs_sheet_terms(data, sale);

    if (found == NULL) {
        return -1;
    }

    *terms = *found;

    return 0;
}
