
#include "log/log.h"
#include "read/view_waves.h"


/* One sale of a wave, and the next point that has lines of it. */
typedef struct {
    uint16_t             ordinal;
    uint8_t              found;
    fs_wave_line_t       line;
} fs_wave_sale_t;

/* lists that the lines of one sale, wave and point lie in */
#define FS_WAVE_RANGES  (2 * FS_GOODS_N)


static int fs_view_named_wave(fs_view_t *view, uint32_t number, void *row);
static int fs_view_takes(const fs_wave_t *wave, unsigned i,
    const fs_sale_t *sale, uint16_t *ordinal);
static unsigned fs_view_wave_sales(fs_view_t *view, const fs_wave_t *wave,
    fs_wave_sale_t *sales);
static void fs_view_wave_point(fs_view_t *view, fs_wave_sale_t *at,
    uint32_t pickup);
static int fs_view_next_tally(fs_view_t *view, uint32_t sale,
    uint32_t pickup, uint16_t wave, fs_str_t *key, fs_str_t *value);
static int fs_view_range(fs_view_t *view, fs_db_walk_t *walk,
    const fs_listed_t *from, fs_listed_t *first);
static int fs_view_range_at(fs_view_t *view, const fs_db_walk_t *walk,
    int found, const fs_listed_t *from, fs_listed_t *at);
static size_t fs_view_listed(fs_view_t *view, const uint8_t *from,
    size_t same, int behind, size_t limit, fs_listed_t *lines, int *more);
static size_t fs_view_listed_walk(fs_view_t *view, fs_db_walk_t *walk,
    int found, MDB_cursor_op on, const uint8_t *from, size_t same,
    size_t limit, fs_listed_t *lines, int *more);


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


static int
fs_view_named_wave(fs_view_t *view, uint32_t number, void *row)
{
    return fs_view_wave(view, number, row);
}


size_t
fs_view_waves(fs_view_t *view, fs_str_t after, size_t limit,
    fs_wave_t *waves, int *more)
{
    fs_wave_t  extra;

    return fs_view_named(view, 'w', after, limit, waves, sizeof(fs_wave_t),
                         &extra, fs_view_named_wave, more);
}


fs_outcome_t
fs_view_wave_page(fs_view_t *view, fs_str_t id, fs_str_t after,
    fs_wave_page_t *page)
{
    uint32_t  number, pickup;

    if (!fs_slug_valid(id) || !fs_view_wave_number(view, id, &number)
        || !fs_view_wave(view, number, &page->wave))
    {
        return FS_NOT_FOUND;
    }

    pickup = 0;

    if (after.len != 0) {
        if (!fs_slug_valid(after)
            || !fs_view_pickup_number(view, after, &pickup))
        {
            return FS_BAD_REQUEST;
        }

        pickup++;
    }

    fs_view_wave_lines(view, pickup, FS_WAVE_LINES_SHOWN, page);

    return FS_OK;
}


/* Each sale stands at its next point; the lowest of these points is next. */

void
fs_view_wave_lines(fs_view_t *view, uint32_t pickup, size_t max,
    fs_wave_page_t *page)
{
    unsigned        i, n, here;
    fs_wave_sale_t  sales[FS_WAVE_SALES_MAX];

    page->n = 0;
    page->more = 0;

    n = fs_view_wave_sales(view, &page->wave, sales);

    for (i = 0; i < n; i++) {
        fs_view_wave_point(view, &sales[i], pickup);
    }

    for ( ;; ) {
        here = 0;

        for (i = 0; i < n; i++) {

            if (!sales[i].found) {
                continue;
            }

            if (here == 0 || sales[i].line.pickup < pickup) {
                pickup = sales[i].line.pickup;
                here = 0;
            }

            here += (sales[i].line.pickup == pickup);
        }

        if (here == 0) {
            return;
        }

        if (page->n + here > max) {
            page->more = 1;
            return;
        }

        for (i = 0; i < n; i++) {
            if (sales[i].found && sales[i].line.pickup == pickup) {
                page->lines[page->n++] = sales[i].line;
                sales[i].found = 0;

                if (pickup != UINT32_MAX) {
                    fs_view_wave_point(view, &sales[i], pickup + 1);
                }
            }
        }
    }
}


/* Those that it takes, by their numbers.  How many. */

static unsigned
fs_view_wave_sales(fs_view_t *view, const fs_wave_t *wave,
    fs_wave_sale_t *sales)
{
    uint16_t   ordinal;
    unsigned   i, j, n;
    fs_sale_t  sale;

    n = 0;

    for (i = 0; i < wave->sales_n; i++) {

        if (!fs_view_sale(view, wave->sales[i].sale, &sale)
            || !fs_view_takes(wave, i, &sale, &ordinal))
        {
            continue;
        }

        for (j = n++; j > 0 && sales[j - 1].line.sale > sale.number; j--) {
            sales[j] = sales[j - 1];
        }

        memset(&sales[j], 0, sizeof(fs_wave_sale_t));
        sales[j].ordinal = ordinal;
        sales[j].line.sale = sale.number;
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


/* The first point with a row of the wave, from this one on. */

static void
fs_view_wave_point(fs_view_t *view, fs_wave_sale_t *at, uint32_t pickup)
{
    uint16_t        wave;
    uint32_t        found;
    fs_str_t        key, value;
    const uint8_t  *p;

    at->found = 0;

    while (fs_view_next_tally(view, at->line.sale, pickup, at->ordinal, &key,
                              &value))
    {
        p = (const uint8_t *) key.data;
        found = fs_get_be32(p + 4);
        wave = (uint16_t) (p[8] << 8 | p[9]);

        if (wave == at->ordinal) {

            if (fs_tally_row_decode(&at->line.tally, value) != 0) {
                view->index.error = MDB_CORRUPTED;
                return;
            }

            at->line.pickup = found;
            at->found = 1;
            return;
        }

        if (found != pickup && wave < at->ordinal) {

            /* that point's first row; the wave's may be behind it */

            pickup = found;

        } else if (found != UINT32_MAX) {
            pickup = found + 1;

        } else {
            return;
        }
    }
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
fs_view_newest_lines(fs_view_t *view, uint32_t pickup, unsigned goods,
    const fs_listed_t *before, size_t limit, fs_listed_t *lines, int *more)
{
    int           found;
    size_t        n;
    uint8_t       key[FS_LISTED_KEY_LEN];
    fs_listed_t   from;
    fs_db_walk_t  walk;

    *more = 0;

    if (view->index.txn == NULL) {
        return 0;
    }

    memset(&from, 0, sizeof(fs_listed_t));

    if (before != NULL) {
        from = *before;
    }

    from.pickup = pickup;
    from.goods = (uint8_t) goods;
    fs_listed_key(key, &from);

    if (before == NULL) {
        memset(key + 5, 0xff, FS_LISTED_KEY_LEN - 5);
    }

    /* the first row that is not wanted, then backwards */

    found = fs_db_walk(&walk, &view->index,
                       view->store->index_dbi[FS_INDEX_LINES], key,
                       sizeof(key), MDB_SET_RANGE);
    found = fs_db_walk_on(&walk, found ? MDB_PREV : MDB_LAST);

    n = fs_view_listed_walk(view, &walk, found, MDB_PREV, key, 5, limit,
                            lines, more);

    fs_db_walk_end(&walk);

    return n;
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


/*
 * A list for each kind of goods, and for those that waited for their group;
 * each is in order of `sold`, which is a line's own, so they are merged.
 */

fs_outcome_t
fs_view_wave_paid(fs_view_t *view, fs_str_t id, fs_str_t sale,
    fs_str_t pickup, fs_seq_t after, size_t limit, fs_listed_t *lines,
    int *n, int *more)
{
    int           found[FS_WAVE_RANGES];
    unsigned      i, first;
    uint16_t      ordinal;
    uint32_t      number;
    fs_wave_t     wave;
    fs_sale_t     of;
    fs_group_t    group;
    fs_listed_t   from, at[FS_WAVE_RANGES];
    fs_db_walk_t  walks[FS_WAVE_RANGES];

    *n = 0;
    *more = 0;
    memset(&from, 0, sizeof(fs_listed_t));

    if (!fs_slug_valid(id) || !fs_slug_valid(sale)
        || !fs_view_wave_number(view, id, &number)
        || !fs_view_wave(view, number, &wave)
        || !fs_view_sale_number(view, sale, &from.sale)
        || (pickup.len != 0
            && (!fs_slug_valid(pickup)
                || !fs_view_pickup_number(view, pickup, &from.pickup))))
    {
        return FS_NOT_FOUND;
    }

    for (i = 0; i < wave.sales_n && wave.sales[i].sale != from.sale; i++) {
        /* void */
    }

    if (i == wave.sales_n || !fs_view_sale(view, from.sale, &of)) {
        return FS_NOT_FOUND;
    }

    if (!fs_view_takes(&wave, i, &of, &ordinal)) {
        return FS_OK;
    }

    from.sold = after + 1;

    for (i = 0; i < FS_WAVE_RANGES; i++) {
        from.goods = (uint8_t) (i % FS_GOODS_N);
        from.wave = (i < FS_GOODS_N) ? ordinal : FS_WAVE_OPEN;
        found[i] = 0;
        memset(&walks[i], 0, sizeof(fs_db_walk_t));

        if (i < FS_GOODS_N
            || (fs_view_group(view, from.sale, from.pickup, &group)
                && group.state == FS_GROUP_FORMED && group.wave == ordinal))
        {
            found[i] = fs_view_range(view, &walks[i], &from, &at[i]);
        }
    }

    for ( ;; ) {
        first = FS_WAVE_RANGES;

        for (i = 0; i < FS_WAVE_RANGES; i++) {
            if (found[i] && (first == FS_WAVE_RANGES
                             || at[i].sold < at[first].sold))
            {
                first = i;
            }
        }

        if (first == FS_WAVE_RANGES) {
            break;
        }

        if ((size_t) *n == limit) {
            *more = 1;
            break;
        }

        lines[*n] = at[first];
        found[first] = fs_view_range_at(view, &walks[first],
                                fs_db_walk_on(&walks[first], MDB_NEXT),
                                &lines[*n], &at[first]);
        (*n)++;
    }

    for (i = 0; i < FS_WAVE_RANGES; i++) {
        fs_db_walk_end(&walks[i]);
    }

    return FS_OK;
}


/* 1: *first is the list's first line from `sold` on; 0: there is none. */

static int
fs_view_range(fs_view_t *view, fs_db_walk_t *walk, const fs_listed_t *from,
    fs_listed_t *first)
{
    int      found;
    uint8_t  key[FS_LISTED_KEY_LEN];

    fs_listed_key(key, from);

    found = fs_db_walk(walk, &view->index,
                       view->store->index_dbi[FS_INDEX_LINES], key,
                       sizeof(key), MDB_SET_RANGE);

    return fs_view_range_at(view, walk, found, from, first);
}


static int
fs_view_range_at(fs_view_t *view, const fs_db_walk_t *walk, int found,
    const fs_listed_t *from, fs_listed_t *at)
{
    uint8_t  key[FS_LISTED_KEY_LEN];

    fs_listed_key(key, from);

    if (!found || walk->key.len != FS_LISTED_KEY_LEN
        || memcmp(walk->key.data, key, FS_LISTED_KEY_LEN - 8) != 0)
    {
        return 0;
    }

    if (fs_listed_key_decode(at, walk->key) != 0
        || fs_listed_row_decode(at, walk->value) != 0)
    {
        view->index.error = MDB_CORRUPTED;
        return 0;
    }

    return 1;
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

    n = fs_view_listed_walk(view, &walk, found, MDB_NEXT, from, same, limit,
                            lines, more);

    fs_db_walk_end(&walk);

    return n;
}


static size_t
fs_view_listed_walk(fs_view_t *view, fs_db_walk_t *walk, int found,
    MDB_cursor_op on, const uint8_t *from, size_t same, size_t limit,
    fs_listed_t *lines, int *more)
{
    size_t  n;

    n = 0;

    for ( /* void */ ;
         found && walk->key.len == FS_LISTED_KEY_LEN
         && memcmp(walk->key.data, from, same) == 0;
         found = fs_db_walk_on(walk, on))
    {
        if (n == limit) {
            *more = 1;
            break;
        }

        if (fs_listed_key_decode(&lines[n], walk->key) != 0
            || fs_listed_row_decode(&lines[n], walk->value) != 0)
        {
            view->index.error = MDB_CORRUPTED;
            break;
        }

        n++;
    }

    return n;
}


/* Those of a group that has formed stand under FS_WAVE_OPEN: as
 * fs_sheet_first_awaited() has it. */

size_t
fs_view_short(fs_view_t *view, const fs_wave_t *wave, uint32_t sale,
    uint32_t pickup, uint32_t qty, size_t limit, fs_listed_t *lines,
    int *more)
{
    int            found[2];
    size_t         n;
    int64_t        left, come;
    unsigned       i, looked;
    uint16_t       ordinal;
    fs_group_t     group;
    fs_tally_t     tally;
    fs_listed_t    at[2], from, now;
    fs_db_walk_t   walks[2];

    *more = 0;

    for (i = 0; i < wave->sales_n; i++) {
        if (wave->sales[i].sale == sale && wave->sales[i].taken) {
            break;
        }
    }

    if (wave->frozen == 0 || i == wave->sales_n) {
        return 0;
    }

    ordinal = wave->sales[i].wave;
    (void) fs_view_tally(view, sale, pickup, ordinal, &tally);
    left = (int64_t) qty - tally.ready - tally.handed_over;

    memset(walks, 0, sizeof(walks));
    memset(&from, 0, sizeof(fs_listed_t));
    from.pickup = pickup;
    from.goods = FS_GOODS_AWAITED;
    from.sale = sale;
    from.wave = ordinal;
    found[0] = fs_view_range(view, &walks[0], &from, &at[0]);
    found[1] = 0;

    if (fs_view_group(view, sale, pickup, &group)
        && group.state == FS_GROUP_FORMED && group.wave == ordinal)
    {
        from.wave = FS_WAVE_OPEN;
        found[1] = fs_view_range(view, &walks[1], &from, &at[1]);
    }

    n = 0;
    looked = 0;

    while (found[0] || found[1]) {
        i = found[1] && (!found[0] || at[1].sold < at[0].sold);
        now = at[i];
        come = fs_listed_comes(&now, left, 1);

        if (n == limit || looked++ == FS_SHORT_LOOKED) {
            *more = 1;
            break;
        }

        if (come < now.qty) {
            lines[n] = now;
            lines[n++].short_qty = (uint16_t) (now.qty - come);
        }

        left -= come;
        found[i] = fs_view_range_at(view, &walks[i],
                                    fs_db_walk_on(&walks[i], MDB_NEXT), &now,
                                    &at[i]);
    }

    fs_db_walk_end(&walks[0]);
    fs_db_walk_end(&walks[1]);

    return n;
}
