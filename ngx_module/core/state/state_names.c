
/*
 * Numbers and slugs of sales and pickup points, in the log, as a batch sees
 * them; and the lives that its holds are of.
 */

#include "ledger/names.h"
#include "state/state_names.h"
#include "log/life.h"
#include "log/log.h"
#include "log/log_names.h"

static void fs_state_remember(fs_state_t *state, uint32_t number,
    fs_str_t slug);


uint32_t
fs_state_number(fs_state_t *state, char kind, fs_str_t slug)
{
    int                rc;
    uint32_t           number;
    fs_pickup_name_t  *name;

    if (kind == 'p') {
        name = fs_state_pickup_name(state, slug);

        if (name != NULL) {
            return name->number;
        }
    }

    rc = fs_log_number(state->store, state->log, kind, slug, &number);

    if (rc != 1) {
        state->failed |= rc == -1;
        return 0;
    }

    if (kind == 'p') {
        fs_state_remember(state, number, slug);
    }

    return number;
}


fs_pickup_name_t *
fs_state_pickup_name(fs_state_t *state, fs_str_t slug)
{
    fs_pickup_name_t  *name;

    name = &state->cache->by_slug[fs_name_hash(slug)
                                  & (FS_PICKUP_CACHE - 1)];

    return (name->batch == state->cache->batch
            && name->slug.len == slug.len
            && memcmp(name->slug.data, slug.data, slug.len) == 0)
           ? name : NULL;
}


int
fs_state_slug(fs_state_t *state, char kind, uint32_t number, fs_slug_t *slug)
{
    int                rc;
    fs_str_t           name_of;
    fs_pickup_name_t  *name;

    if (kind == 'p') {
        name = &state->cache->by_number[number & (FS_PICKUP_CACHE - 1)];

        if (name->batch == state->cache->batch && name->number == number) {
            *slug = name->slug;
            return 1;
        }
    }

    rc = fs_log_slug(state->store, state->log, kind, number, slug);

    if (rc != 1) {
        state->failed |= rc == -1;
        return 0;
    }

    if (kind == 'p') {
        name_of.len = slug->len;
        name_of.data = slug->data;
        fs_state_remember(state, number, name_of);
    }

    return 1;
}


static void
fs_state_remember(fs_state_t *state, uint32_t number, fs_str_t slug)
{
    fs_pickup_name_t  *name;

    name = &state->cache->by_slug[fs_name_hash(slug)
                                  & (FS_PICKUP_CACHE - 1)];
    name->batch = state->cache->batch;
    name->number = number;
    name->document = FS_PICKUP_UNKNOWN;
    fs_slug_set(&name->slug, slug);

    state->cache->by_number[number & (FS_PICKUP_CACHE - 1)] = *name;
}


/*
 * Numbers are given without gaps, so the highest is found by halving; only
 * a new name asks for it.
 */

uint32_t
fs_state_last_number(fs_state_t *state, char kind)
{
    uint8_t   key[5];
    uint32_t  low, high, middle;
    fs_str_t  value;

    key[0] = (kind == 'p') ? 'P' : 'S';
    low = 0;
    high = FS_PICKUPS_MAX + 1;

    while (high - low > 1) {
        middle = low + (high - low) / 2;
        fs_put_be32(key + 1, middle);

        if (fs_db_get(state->log, state->store->log_dbi[FS_LOG_NAMES], key,
                      sizeof(key), &value))
        {
            low = middle;

        } else {
            high = middle;
        }
    }

    return low;
}


uint32_t
fs_state_intern(fs_state_t *state, char kind, fs_str_t slug)
{
    char      name[1 + FS_SLUG_MAX];
    uint8_t   key[5], value[4];
    uint32_t  number;
    MDB_dbi   dbi;

    number = fs_state_last_number(state, kind) + 1;
    dbi = state->store->log_dbi[FS_LOG_NAMES];

    name[0] = kind;
    memcpy(name + 1, slug.data, slug.len);
    fs_put_le32(value, number);
    fs_db_put(state->log, dbi, name, 1 + slug.len, value, sizeof(value), 0);

    key[0] = (kind == 'p') ? 'P' : 'S';
    fs_put_be32(key + 1, number);
    fs_db_put(state->log, dbi, key, sizeof(key), slug.data, slug.len, 0);

    return number;
}


uint32_t
fs_state_epoch(fs_state_t *state, fs_seq_t hold)
{
    return state->lives ? fs_life_epoch_in(state->store, state->log, hold)
                        : fs_life_epoch(state->store, hold);
}
