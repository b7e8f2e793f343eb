
/*
 * What the entries of a batch call things by: slugs, and the ids of holds, by
 * the lives that there are.
 */

#include "store/life.h"
#include "state/state_parts.h"


static int fs_state_name_sale(void *data, uint32_t number, fs_slug_t *slug);
static int fs_state_name_pickup(void *data, uint32_t number,
    fs_slug_t *slug);
static int fs_state_name_hold(void *data, fs_seq_t hold, char *id);
static int fs_state_name_other(void *data, fs_seq_t hold, uint32_t epoch,
    char *id);


void
fs_state_names(fs_state_t *state)
{
    state->names.data = state;
    state->names.sale_slug = fs_state_name_sale;
    state->names.pickup_slug = fs_state_name_pickup;
    state->names.hold_id = fs_state_name_hold;
    state->names.other_id = fs_state_name_other;
}


void
fs_state_begin_life(fs_state_t *state, fs_entry_t *entry, uint32_t epoch,
    const fs_now_t *now)
{
    entry->type = FS_ENTRY_LIFE;
    entry->number = epoch;

    fs_state_emit(state, entry, now);

    if (state->failed) {
        return;
    }

    fs_life_add(state->store, state->log, state->seq, epoch);

    state->lives = 1;
    state->epoch = epoch;
    state->write->lives++;
}


uint32_t
fs_state_epoch(fs_state_t *state, fs_seq_t hold)
{
    return state->lives ? fs_life_epoch_in(state->store, state->log, hold)
                        : fs_life_epoch(state->store, hold);
}


static int
fs_state_name_sale(void *data, uint32_t number, fs_slug_t *slug)
{
    fs_sale_t   *sale;
    fs_state_t  *state = data;

    sale = fs_state_sale(state, number);

    if (sale != NULL) {
        slug->len = sale->slug.len;
        memcpy(slug->data, sale->slug.data, sale->slug.len);
        return 0;
    }

    /* the entry that makes the sale */

    return fs_state_slug(state, 's', number, slug) ? 0 : -1;
}


static int
fs_state_name_pickup(void *data, uint32_t number, fs_slug_t *slug)
{
    return fs_state_slug(data, 'p', number, slug) ? 0 : -1;
}


static int
fs_state_name_hold(void *data, fs_seq_t hold, char *id)
{
    fs_state_t        *state = data;
    fs_state_cache_t  *cache;

    cache = state->cache;

    if (cache->id_hold != hold) {
        cache->id_hold = 0;

        if (state->crypto == NULL
            || fs_crypto_hold_id(state->crypto, hold,
                                 fs_state_epoch(state, hold), cache->id)
               != 0)
        {
            return -1;
        }

        cache->id_hold = hold;
    }

    memcpy(id, cache->id, FS_HOLD_ID_LEN);

    return 0;
}


static int
fs_state_name_other(void *data, fs_seq_t hold, uint32_t epoch, char *id)
{
    fs_state_t  *state = data;

    return state->crypto != NULL
           ? fs_crypto_hold_id(state->crypto, hold, epoch, id) : -1;
}
