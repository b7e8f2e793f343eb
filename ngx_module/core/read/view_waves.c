
#include <stdlib.h>

#include "log/log.h"
#include "read/view_waves.h"

static int fs_view_takes(const fs_wave_t *wave, unsigned i,
    const fs_sale_t *sale, uint16_t *ordinal);
static size_t fs_view_sale_lines(fs_view_t *view, uint32_t sale,
    uint16_t wave, size_t max, fs_wave_line_t *lines, int *more);
static int fs_view_next_tally(fs_view_t *view, uint32_t sale,
    uint32_t pickup, uint16_t wave, fs_str_t *key, fs_str_t *value);
static int fs_wave_line_order(const void *one, const void *two);
static size_t fs_view_listed(fs_view_t *view, const uint8_t *from,
    size_t same, int behind, size_t limit, fs_listed_t *lines, int *more);


int
fs_view_wave(fs_view_t *view, uint32_t number, fs_wave_t *wave)
{
    uint8_t   key[4];
    fs_str_t  row;

    fs_set_be32(key, number);

    if (view->index.txn == NULL
        || !fs_db_get(&view->index, view->store->index_dbi[FS_INDEX_WAVES],
                      key, sizeof(key), &row))
    {
        return 0;
    }

    if (fs_wave_row_decode(wave, row) != 0) {
        view->index.error = MDB_CORRUPTED;
        return 0;
    }

    wave->number = number;

    return 1;
}


size_t
fs_view_waves(fs_view_t *view, fs_str_t after, size_t limit,
    fs_wave_t *waves, int *more)
{
    int           found;
    char          first[1 + FS_SLUG_MAX];
    size_t        n;
    fs_txn_t     *log;
    fs_wave_t     extra;
    fs_db_walk_t  walk;

    n = 0;
    *more = 0;
    log = fs_view_log(view);

    if (log == NULL || after.len > FS_SLUG_MAX) {
        return 0;
    }

    first[0] = 'w';

    if (after.len) {
        memcpy(first + 1, after.data, after.len);
    }

    for (found = fs_db_walk(&walk, log, view->store->log_dbi[FS_LOG_NAMES],
                            first, 1 + after.len, MDB_SET_RANGE);
         found && walk.key.data[0] == 'w' && walk.value.len == 4;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        if (after.len && walk.key.len == 1 + after.len
            && memcmp(walk.key.data, first, walk.key.len) == 0)
        {
            continue;
        }

        /* its name may be there before its row */

        if (!fs_view_wave(view, fs_get_le32(walk.value.data),
                          n == limit ? &extra : &waves[n]))
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


size_t
fs_view_wave_lines(fs_view_t *view, const fs_wave_t *wave, size_t max,
    fs_wave_line_t *lines, int *more)
{
    size_t     n;
    uint16_t   ordinal;
    unsigned   i;
    fs_sale_t  sale;

    n = 0;
    *more = 0;

    for (i = 0; i < wave->sales_n && !*more; i++) {
        if (fs_view_sale(view, wave->sales[i].sale, &sale)
            && fs_view_takes(wave, i, &sale, &ordinal))
        {
            n += fs_view_sale_lines(view, sale.number, ordinal, max - n,
                                    lines + n, more);
        }
    }

    if (n > 1) {
        qsort(lines, n, sizeof(fs_wave_line_t), fs_wave_line_order);
    }

    return n;
}


/* As fs_fold_frozen() does. */

static int
fs_view_takes(const fs_wave_t *wave, unsigned i, const fs_sale_t *sale,
    uint16_t *ordinal)
{
    if (wave->frozen != 0) {
        *ordinal = wave->sales[i].wave;
        return wave->sales[i].taken;
    }

    *ordinal = sale->waves;

    return !sale->called_off
           && (sale->goal == 0 || sale->goal_by == FS_GOAL_BY_PICKUP
               || sale->groups_formed != 0);
}


/* From point to point, past the rows of other waves. */

static size_t
fs_view_sale_lines(fs_view_t *view, uint32_t sale, uint16_t wave, size_t max,
    fs_wave_line_t *lines, int *more)
{
    size_t          n;
    uint16_t        found;
    uint32_t        pickup;
    fs_str_t        key, value;
    const uint8_t  *p;

    n = 0;
    pickup = 0;

    while (fs_view_next_tally(view, sale, pickup, wave, &key, &value)) {
        p = (const uint8_t *) key.data;
        found = (uint16_t) (p[8] << 8 | p[9]);

        if (fs_get_be32(p + 4) == pickup && found != wave) {

            /* it has only later ones: the next point */

            if (pickup == UINT32_MAX) {
                break;
            }

            pickup++;

            if (!fs_view_next_tally(view, sale, pickup, 0, &key, &value)) {
                break;
            }

            pickup = fs_get_be32(key.data + 4);
            continue;
        }

        if (fs_get_be32(p + 4) != pickup) {
            pickup = fs_get_be32(p + 4);
            continue;
        }

        if (n == max) {
            *more = 1;
            break;
        }

        if (fs_tally_row_decode(&lines[n].tally, value) != 0) {
            view->index.error = MDB_CORRUPTED;
            break;
        }

        lines[n].sale = sale;
        lines[n].pickup = pickup;
        n++;

        if (pickup == UINT32_MAX) {
            break;
        }

        pickup++;
    }

    return n;
}


/* The first row of the sale at this point and wave, or behind. */

static int
fs_view_next_tally(fs_view_t *view, uint32_t sale, uint32_t pickup,
    uint16_t wave, fs_str_t *key, fs_str_t *value)
{
    uint8_t  from[FS_TALLY_KEY_LEN];

    fs_tally_key(from, sale, pickup, wave);

    return fs_db_seek(&view->index,
                      view->store->index_dbi[FS_INDEX_TALLIES], from,
                      sizeof(from), key, value)
           && key->len == FS_TALLY_KEY_LEN
           && fs_get_be32(key->data) == sale;
}


static int
fs_wave_line_order(const void *one, const void *two)
{
    const fs_wave_line_t  *a, *b;

    a = one;
    b = two;

    if (a->pickup != b->pickup) {
        return a->pickup < b->pickup ? -1 : 1;
    }

    return a->sale < b->sale ? -1 : a->sale > b->sale;
}


int
fs_view_tally(fs_view_t *view, uint32_t sale, uint32_t pickup, uint16_t wave,
    fs_tally_t *tally)
{
    uint8_t   key[FS_TALLY_KEY_LEN];
    fs_str_t  row;

    memset(tally, 0, sizeof(fs_tally_t));
    fs_tally_key(key, sale, pickup, wave);

    if (view->index.txn == NULL
        || !fs_db_get(&view->index,
                      view->store->index_dbi[FS_INDEX_TALLIES], key,
                      sizeof(key), &row))
    {
        return 0;
    }

    if (fs_tally_row_decode(tally, row) != 0) {
        view->index.error = MDB_CORRUPTED;
        return 0;
    }

    return 1;
}


size_t
fs_view_lines(fs_view_t *view, uint32_t pickup, unsigned goods,
    const fs_listed_t *after, size_t limit, fs_listed_t *lines, int *more)
{
    uint8_t      key[FS_LISTED_KEY_LEN];
    fs_listed_t  from;

    memset(&from, 0, sizeof(fs_listed_t));

    if (after != NULL) {
        from = *after;
    }

    from.pickup = pickup;
    from.goods = (uint8_t) goods;
    fs_listed_key(key, &from);

    return fs_view_listed(view, key, 5, after != NULL, limit, lines, more);
}


size_t
fs_view_wave_listed(fs_view_t *view, uint32_t pickup, unsigned goods,
    uint32_t sale, uint16_t wave, fs_seq_t after, size_t limit,
    fs_listed_t *lines, int *more)
{
    uint8_t      key[FS_LISTED_KEY_LEN];
    fs_listed_t  from;

    memset(&from, 0, sizeof(fs_listed_t));
    from.pickup = pickup;
    from.goods = (uint8_t) goods;
    from.sale = sale;
    from.wave = wave;
    from.sold = after;
    fs_listed_key(key, &from);

    return fs_view_listed(view, key, FS_LISTED_KEY_LEN - 8, after != 0,
                          limit, lines, more);
}


/* Rows whose keys have so many bytes in common with `from`; behind: not the
 * row of that key itself. */

static size_t
fs_view_listed(fs_view_t *view, const uint8_t *from, size_t same, int behind,
    size_t limit, fs_listed_t *lines, int *more)
{
    int           found;
    size_t        n;
    fs_db_walk_t  walk;

    n = 0;
    *more = 0;

    if (view->index.txn == NULL) {
        return 0;
    }

    found = fs_db_walk(&walk, &view->index,
                       view->store->index_dbi[FS_INDEX_LINES], from,
                       FS_LISTED_KEY_LEN, MDB_SET_RANGE);

    if (found && behind && walk.key.len == FS_LISTED_KEY_LEN
        && memcmp(walk.key.data, from, FS_LISTED_KEY_LEN) == 0)
    {
        found = fs_db_walk_on(&walk, MDB_NEXT);
    }

    for ( /* void */ ;
         found && walk.key.len == FS_LISTED_KEY_LEN
         && memcmp(walk.key.data, from, same) == 0;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        if (n == limit) {
            *more = 1;
            break;
        }

        if (fs_listed_key_decode(&lines[n], walk.key) != 0
            || fs_listed_row_decode(&lines[n], walk.value) != 0)
        {
            view->index.error = MDB_CORRUPTED;
            break;
        }

        n++;
    }

    fs_db_walk_end(&walk);

    return n;
}
