
/*
 * The state of a batch: sales and groups decoded once and written back once,
 * the timers that follow from them, and the one way to change anything,
 * fs_state_emit().
 */

#include <errno.h>
#include <stdlib.h>

#include "state/aside.h"
#include "state/state_parts.h"
#include "store/write.h"


typedef struct {
    uint8_t              clock;
    uint8_t              kind;
} fs_slot_timer_t;


static void fs_state_reset(fs_state_t *state, fs_state_cache_t *cache);
static int fs_slots_init(fs_slots_t *slots, size_t size);
static void *fs_slots_add(fs_slots_t *slots);
static void fs_slots_free(fs_slots_t *slots);
static void fs_state_load_sale(fs_state_t *state, fs_sale_slot_t *slot);
static void fs_slot_timers(const fs_sale_slot_t *slot, int64_t *timers);
static void fs_state_flush_slot(fs_state_t *state, fs_sale_slot_t *slot);
static void fs_state_no_memory(fs_state_t *state);
static void fs_state_write_sale(fs_state_t *state, fs_sale_slot_t *slot);
static void fs_state_write_group(fs_state_t *state, fs_group_slot_t *slot);
static void fs_state_write_position(fs_state_t *state);


/* by index in a slot; the third is SWEEP in the slot of no sale */
static const fs_slot_timer_t  fs_slot_timer[FS_SLOT_TIMERS] = {
    { 'w', FS_TIMER_OPEN },
    { 'w', FS_TIMER_CLOSE },
    { 'm', FS_TIMER_DUE },
    { 'm', FS_TIMER_DECIDE },
};


fs_state_cache_t *
fs_state_cache_create(void)
{
    fs_state_cache_t  *cache;

    cache = calloc(1, sizeof(fs_state_cache_t));
    if (cache == NULL) {
        return NULL;
    }

    if (fs_slots_init(&cache->sale_slots, sizeof(fs_sale_slot_t)) != 0
        || fs_slots_init(&cache->group_slots, sizeof(fs_group_slot_t)) != 0)
    {
        fs_state_cache_destroy(cache);
        return NULL;
    }

    return cache;
}


void
fs_state_cache_destroy(fs_state_cache_t *cache)
{
    if (cache == NULL) {
        return;
    }

    fs_slots_free(&cache->sale_slots);
    fs_slots_free(&cache->group_slots);
    free(cache);
}


void
fs_state_begin(fs_state_t *state, fs_write_t *write, fs_crypto_t *crypto,
    fs_state_cache_t *cache)
{
    memset(state, 0, sizeof(fs_state_t));
    state->store = write->store;
    state->log = &write->log;
    state->index = &write->index;
    state->write = write;
    state->crypto = crypto;
    state->seq = write->seq;
    state->begun = write->seq;
    state->at = write->at;
    memcpy(state->hash, write->hash, FS_HASH_LEN);

    fs_state_reset(state, cache);
}


void
fs_state_view(fs_state_t *state, fs_view_t *view, fs_crypto_t *crypto,
    fs_state_cache_t *cache)
{
    memset(state, 0, sizeof(fs_state_t));
    state->store = view->store;
    state->log = &view->log;
    state->index = &view->index;
    state->crypto = crypto;
    state->seq = view->seq;
    state->begun = view->seq;

    fs_state_reset(state, cache);
}


void
fs_state_fold_begin(fs_state_t *state, fs_store_t *store, fs_txn_t *log,
    fs_txn_t *index, fs_seq_t seq, fs_state_cache_t *cache)
{
    memset(state, 0, sizeof(fs_state_t));
    state->store = store;
    state->log = log;
    state->index = index;
    state->catching_up = 1;
    state->seq = seq;
    state->begun = seq;

    fs_state_reset(state, cache);
}


/* Forgets the batch before; its memory stays. */

static void
fs_state_reset(fs_state_t *state, fs_state_cache_t *cache)
{
    cache->batch++;
    cache->sale_slots.used = 0;
    cache->group_slots.used = 0;
    cache->pending = NULL;
    cache->memo.set = 0;
    cache->hold.seq = 0;
    cache->id_hold = 0;

    fs_buyers_begin(&cache->buyers, state->store, state->index,
                    state->write == NULL && !state->catching_up);

    state->cache = cache;
    fs_state_names(state);
}


fs_outcome_t
fs_state_end(fs_state_t *state)
{
    size_t             i;
    fs_walk_t         *walk;
    fs_sale_slot_t    *sale;
    fs_group_slot_t   *group;
    fs_state_cache_t  *cache;

    cache = state->cache;

    fs_state_flush_timers(state);

    for (i = 0; i < cache->sale_slots.used; i++) {
        sale = fs_slots_at(&cache->sale_slots, i);
        if (sale->dirty) {
            fs_state_write_sale(state, sale);
        }
    }

    fs_state_flush_groups(state);

    for (i = 0; i < cache->group_slots.used; i++) {
        group = fs_slots_at(&cache->group_slots, i);
        if (group->dirty) {
            fs_state_write_group(state, group);
        }
    }

    if (state->seq != state->begun) {
        fs_state_write_position(state);
    }

    walk = &cache->walk;

    if (walk->sale != 0 && walk->batch == cache->batch) {
        walk->seq = state->seq;
        memcpy(walk->hash, state->hash, FS_HASH_LEN);
    }

    if (state->write != NULL) {
        state->write->seq = state->seq;
        state->write->at = state->at;
        memcpy(state->write->hash, state->hash, FS_HASH_LEN);
    }

    if (state->asides > FS_ASIDE_NAMED) {
        fs_store_report(state->store, FS_LOG_ERROR, "set aside: %u rows more",
                        state->asides - FS_ASIDE_NAMED);
    }

    if (state->log->error != 0) {
        return fs_db_outcome(state->log->error);
    }

    if (state->index->error != 0) {
        return fs_db_outcome(state->index->error);
    }

    return state->failed ? FS_INTERNAL : FS_OK;
}


void
fs_state_damaged(fs_state_t *state)
{
    state->failed = 1;

    if (state->index->error == 0) {
        state->index->error = MDB_CORRUPTED;
        state->damaged = 1;
    }
}


/* Not the fault of any row. */

static void
fs_state_no_memory(fs_state_t *state)
{
    state->failed = 1;

    if (state->index->error == 0) {
        state->index->error = ENOMEM;
    }
}


void
fs_state_emit(fs_state_t *state, fs_entry_t *entry, const fs_now_t *now)
{
    int         len;
    char        line[FS_ENTRY_JSON_MAX];
    uint64_t    key;
    uint8_t    *record;
    fs_entry_t  clock;

    if (state->failed) {
        return;
    }

    if (now->wall < state->at && entry->type != FS_ENTRY_CLOCK) {
        memset(&clock, 0, sizeof(fs_entry_t));
        clock.type = FS_ENTRY_CLOCK;
        clock.time1 = state->at;

        fs_state_emit(state, &clock, now);
    }

    entry->seq = state->seq + 1;
    entry->at = now->wall;

    if ((entry->type == FS_ENTRY_HELD && entry->line == 0)
        || ((entry->flags & FS_ENTRY_OTHER_LIFE) && entry->hold == 0))
    {
        entry->hold = entry->seq;
    }

    len = fs_entry_render(entry, &state->names, line);

    if (len < 0) {
        state->failed = 1;
        return;
    }

    if (fs_entry_chain(entry, state->hash, line, (size_t) len) != 0) {
        fs_state_no_memory(state);
        return;
    }

    key = entry->seq;
    record = fs_db_reserve(state->log, state->store->log_dbi[FS_LOG_LEDGER],
                           &key, sizeof(key), FS_ENTRY_SIZE, MDB_APPEND);
    if (record == NULL) {
        state->failed = 1;
        return;
    }

    fs_entry_encode(entry, record);

    fs_fold(state, entry);
}


fs_sale_t *
fs_state_sale(fs_state_t *state, uint32_t number)
{
    fs_sale_slot_t  *slot;

    if (number == 0) {
        return NULL;
    }

    slot = fs_state_sale_slot(state, number);

    return (slot != NULL && slot->found) ? &slot->sale : NULL;
}


fs_group_t *
fs_state_group(fs_state_t *state, uint32_t sale, uint32_t pickup, int make)
{
    fs_group_slot_t  *slot;

    slot = fs_state_group_slot(state, sale, pickup);
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
fs_state_sale_slot(fs_state_t *state, uint32_t number)
{
    fs_bucket_t       *bucket;
    fs_sale_slot_t    *slot;
    fs_state_cache_t  *cache;

    cache = state->cache;
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
        fs_state_no_memory(state);
        return NULL;
    }

    slot->sale.number = number;
    slot->chain = bucket->first;
    bucket->first = slot;

    fs_state_load_sale(state, slot);

    return slot;
}


static void
fs_state_load_sale(fs_state_t *state, fs_sale_slot_t *slot)
{
    uint8_t   key[4];
    uint32_t  number;
    fs_str_t  row;
    fs_seq_t  seq;

    number = slot->sale.number;

    if (number == 0) {
        if (!fs_state_first_due(state, 0, &slot->sale.due, &seq)) {
            slot->sale.due = 0;
        }

    } else {
        fs_put_be32(key, number);

        if (fs_db_get(state->index,
                      state->store->index_dbi[FS_INDEX_SALES], key,
                      sizeof(key), &row))
        {
            if (fs_sale_row_decode(&slot->sale, row) != 0) {
                fs_state_damaged(state);
                return;
            }

            slot->sale.number = number;
            slot->found = 1;
        }
    }

    fs_slot_timers(slot, slot->timers);
}


fs_group_slot_t *
fs_state_group_slot(fs_state_t *state, uint32_t sale, uint32_t pickup)
{
    uint8_t            key[FS_GROUP_KEY_LEN];
    fs_str_t           row;
    fs_bucket_t       *bucket;
    fs_group_slot_t   *slot;
    fs_state_cache_t  *cache;

    cache = state->cache;
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
        fs_state_no_memory(state);
        return NULL;
    }

    fs_group_key(key, sale, pickup);

    if (fs_db_get(state->index, state->store->index_dbi[FS_INDEX_GROUPS], key,
                  sizeof(key), &row))
    {
        if (fs_group_row_decode(&slot->group, row) != 0) {
            fs_state_damaged(state);
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
fs_state_touch(fs_state_t *state, fs_sale_slot_t *slot)
{
    slot->dirty = 1;

    if (!slot->waiting) {
        slot->waiting = 1;
        slot->pending = state->cache->pending;
        state->cache->pending = slot;
    }
}


void
fs_state_flush_timers(fs_state_t *state)
{
    fs_sale_slot_t    *slot;
    fs_state_cache_t  *cache;

    cache = state->cache;

    while (cache->pending != NULL) {
        slot = cache->pending;
        cache->pending = slot->pending;
        slot->waiting = 0;

        fs_state_flush_slot(state, slot);
    }
}


static void
fs_state_flush_slot(fs_state_t *state, fs_sale_slot_t *slot)
{
    unsigned    i;
    uint8_t     key[FS_TIMER_KEY_LEN];
    int64_t     timers[FS_SLOT_TIMERS];
    MDB_dbi     dbi;
    fs_seq_t    seq;
    fs_timer_t  timer;

    if (slot->due_stale) {
        slot->due_stale = 0;

        if (!fs_state_first_due(state, slot->sale.number, &slot->sale.due,
                                &seq))
        {
            slot->sale.due = 0;
        }
    }

    dbi = state->store->index_dbi[FS_INDEX_TIMERS];
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
            fs_db_delete(state->index, dbi, key, sizeof(key), NULL, 0);
        }

        if (timers[i] != FS_NO_TIMER) {
            timer.time = timers[i];
            fs_timer_key(key, &timer);
            fs_db_put(state->index, dbi, key, sizeof(key), NULL, 0, 0);
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

    if (!sale->closed) {
        if (!sale->opened) {
            timers[0] = sale->opens_at;
        }

        if (sale->closes_at != 0) {
            timers[1] = sale->closes_at;
        }

    } else if (sale->goal != 0 && sale->held == 0 && !sale->decided) {
        timers[3] = 0;
    }
}


void
fs_state_flush_groups(fs_state_t *state)
{
    size_t            i;
    uint8_t           key[FS_GROUP_KEY_LEN], row[FS_GROUP_ROW_SIZE];
    size_t            len;
    fs_slots_t       *slots;
    fs_group_slot_t  *slot;

    slots = &state->cache->group_slots;

    for (i = 0; i < slots->used; i++) {
        slot = fs_slots_at(slots, i);
        if (!slot->unflushed) {
            continue;
        }

        slot->unflushed = 0;
        fs_group_key(key, slot->group.sale, slot->group.pickup);
        len = fs_group_row_encode(&slot->group, row);
        fs_db_put(state->index, state->store->index_dbi[FS_INDEX_GROUPS],
                  key, sizeof(key), row, len, 0);
    }
}


static void
fs_state_write_sale(fs_state_t *state, fs_sale_slot_t *slot)
{
    size_t   len;
    uint8_t  key[4], row[FS_SALE_ROW_MAX];

    slot->dirty = 0;

    if (!slot->found) {
        return;
    }

    fs_put_be32(key, slot->sale.number);
    len = fs_sale_row_encode(&slot->sale, row);
    fs_db_put(state->index, state->store->index_dbi[FS_INDEX_SALES], key,
              sizeof(key), row, len, 0);

    if (!state->catching_up) {
        fs_db_put(state->log, state->store->log_dbi[FS_LOG_SALES], key,
                  sizeof(key), row, len, 0);
    }
}


static void
fs_state_write_group(fs_state_t *state, fs_group_slot_t *slot)
{
    size_t   len;
    uint8_t  key[FS_GROUP_KEY_LEN], row[FS_GROUP_ROW_SIZE];

    slot->dirty = 0;

    if (state->catching_up) {
        return;
    }

    fs_group_key(key, slot->group.sale, slot->group.pickup);
    len = fs_group_row_encode(&slot->group, row);
    fs_db_put(state->log, state->store->log_dbi[FS_LOG_GROUPS], key,
              sizeof(key), row, len, 0);
}


static void
fs_state_write_position(fs_state_t *state)
{
    uint8_t  row[FS_POSITION_ROW_SIZE];

    fs_put_le64(row, state->seq);
    memcpy(row + 8, state->hash, FS_HASH_LEN);
    memcpy(row + 8 + FS_HASH_LEN, state->store->conf.boot_id, FS_BOOT_LEN);

    fs_db_put(state->index, state->store->index_dbi[FS_INDEX_META],
              FS_POSITION_KEY, sizeof(FS_POSITION_KEY) - 1, row, sizeof(row),
              0);
}


static int
fs_slots_init(fs_slots_t *slots, size_t size)
{
    slots->size = size;
    slots->chunks = malloc(sizeof(void *));
    if (slots->chunks == NULL) {
        return -1;
    }

    slots->chunks[0] = malloc(size * FS_SLOTS_CHUNK);
    if (slots->chunks[0] == NULL) {
        return -1;
    }

    slots->chunks_n = 1;

    return 0;
}


void *
fs_slots_at(const fs_slots_t *slots, size_t i)
{
    return (char *) slots->chunks[i / FS_SLOTS_CHUNK]
           + slots->size * (i % FS_SLOTS_CHUNK);
}


/* A slot of zeros.  Chunks never move: pointers to slots stay valid. */

static void *
fs_slots_add(fs_slots_t *slots)
{
    void    *slot, *chunk;
    void   **chunks;

    if (slots->used == slots->chunks_n * FS_SLOTS_CHUNK) {
        chunk = malloc(slots->size * FS_SLOTS_CHUNK);
        if (chunk == NULL) {
            return NULL;
        }

        chunks = realloc(slots->chunks,
                         (slots->chunks_n + 1) * sizeof(void *));
        if (chunks == NULL) {
            free(chunk);
            return NULL;
        }

        slots->chunks = chunks;
        slots->chunks[slots->chunks_n++] = chunk;
    }

    slot = fs_slots_at(slots, slots->used);
    slots->used++;
    memset(slot, 0, slots->size);

    return slot;
}


static void
fs_slots_free(fs_slots_t *slots)
{
    size_t  i;

    for (i = 0; i < slots->chunks_n; i++) {
        free(slots->chunks[i]);
    }

    free(slots->chunks);
}
