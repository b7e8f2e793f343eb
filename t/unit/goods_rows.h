
/*
 * Lists, tallies, counts and timers of goods, counted again from the holds.
 */

#ifndef GOODS_ROWS_H
#define GOODS_ROWS_H

#include "index_fixture.h"

#include "sheet/sheet_lines.h"
#include "ledger/rows_after.h"


#define GOODS_GIVEN  43200000           /* less than a key is kept */

#define GOODS_TALLIES  512
#define GOODS_TIMERS   4096

typedef struct {
    uint32_t             sale;
    uint32_t             pickup;
    uint16_t             wave;
    fs_tally_t           tally;
} goods_tally_t;

typedef struct {
    goods_tally_t        tallies[GOODS_TALLIES];
    unsigned             tallies_n;
    unsigned             lines;
    unsigned             given;         /* timers */
    uint32_t             handed_lines[64];
    uint32_t             handed_units[64];
} goods_t;


static inline fs_hold_t
goods_hold(fixture_t *fixture, fs_seq_t seq)
{
    fs_hold_t  hold;

    fixture_begin(fixture);
    assert_true(fs_sheet_hold(&fixture->sheet, seq, &hold));
    fixture_abort(fixture);

    return hold;
}


static inline fs_tally_t
goods_tally(fixture_t *fixture, uint32_t sale, uint32_t pickup,
    uint16_t wave)
{
    fs_tally_t  tally;

    fixture_begin(fixture);
    fs_sheet_tally(&fixture->sheet, sale, pickup, wave, &tally);
    fixture_abort(fixture);

    return tally;
}


static inline goods_tally_t *
goods_tally_of(goods_t *goods, uint32_t sale, uint32_t pickup, uint16_t wave)
{
    unsigned  i;

    for (i = 0; i < goods->tallies_n; i++) {
        if (goods->tallies[i].sale == sale
            && goods->tallies[i].pickup == pickup
            && goods->tallies[i].wave == wave)
        {
            return &goods->tallies[i];
        }
    }

    assert_true(goods->tallies_n < GOODS_TALLIES);
    goods->tallies[i].sale = sale;
    goods->tallies[i].pickup = pickup;
    goods->tallies[i].wave = wave;
    goods->tallies_n++;

    return &goods->tallies[i];
}


/* What the rows must say of one line. */

static inline void
goods_count_line(fixture_t *fixture, goods_t *goods, const fs_hold_t *hold,
    unsigned i)
{
    int               comes;
    size_t            len;
    uint8_t           key[FS_TIMER_KEY_MAX], row[FS_LISTED_ROW_SIZE];
    uint8_t           listed_key[FS_LISTED_KEY_LEN];
    uint32_t          units;
    fs_str_t          value;
    MDB_dbi          *dbi;
    fs_timer_t        timer;
    fs_listed_t       listed;
    goods_tally_t    *of;
    const fs_line_t  *line;

    dbi = fixture->store->index_dbi;
    line = &hold->lines[i];
    comes = line->restocked + line->short_qty < line->qty;
    units = line->qty - line->restocked;
    of = goods_tally_of(goods, line->sale, hold->pickup,
                        fs_line_wave(&fixture->sheet, hold, line));

    switch (line->goods) {

    case FS_GOODS_AWAITED:
        of->tally.awaited += units;
        break;

    case FS_GOODS_READY:
        of->tally.ready += units - line->short_qty;
        of->tally.shorts += line->short_qty;
        break;

    case FS_GOODS_HANDED_OVER:
        assert_true(line->goods_at > 0);
        of->tally.handed_over += units - line->short_qty;
        of->tally.shorts += line->short_qty;
        goods->handed_lines[line->sale]++;
        goods->handed_units[line->sale] += units - line->short_qty;
        break;

    default:
        of->tally.shorts += units;
    }

    assert_true(line->restocked + line->short_qty <= line->qty);

    if (comes || line->goods == FS_GOODS_HANDED_OVER
        || (line->goods == FS_GOODS_SHORT && units != 0))
    {
        goods->lines++;
        memset(&listed, 0, sizeof(listed));
        listed.pickup = hold->pickup;
        listed.goods = line->goods;
        listed.sale = line->sale;
        listed.wave = line->wave;
        listed.sold = fs_sheet_sold_by(&fixture->sheet, hold->seq);
        listed.hold = hold->seq;
        listed.qty = (uint16_t) units;
        listed.short_qty = line->short_qty;
        listed.line = (uint8_t) i;
        listed.paid_back = line->owed_qty != 0;
        fs_listed_key(listed_key, &listed);
        fs_listed_row_encode(&listed, row);
        assert_true(fs_db_get(fixture->sheet.index, dbi[FS_INDEX_LINES],
                              listed_key, sizeof(listed_key), &value));
        assert_int_equal(value.len, sizeof(row));
        assert_memory_equal(value.data, row, sizeof(row));
    }

    if (comes && line->goods == FS_GOODS_READY && line->goods_at != 0) {
        memset(&timer, 0, sizeof(timer));
        timer.clock = 'w';
        timer.kind = FS_TIMER_GIVEN;
        timer.time = line->goods_at;
        timer.pickup = i;
        timer.seq = hold->seq;
        len = fs_timer_key(key, &timer);
        assert_true(fs_db_get(fixture->sheet.index, dbi[FS_INDEX_TIMERS],
                              key, len, &value));
        goods->given++;
    }
}


/* A tally's row, and whether there is a timer for what has come. */

static inline void
goods_compare_tally(fixture_t *fixture, goods_t *goods, goods_tally_t *of,
    unsigned *timers)
{
    int                wants, found;
    size_t             len;
    uint8_t            key[FS_TIMER_KEY_MAX];
    int64_t            left;
    fs_str_t           value;
    fs_sale_t         *sale;
    fs_tally_t         tally;
    fs_timer_t         timer;
    fs_listed_t        first;

    (void) goods;

    fs_sheet_tally(&fixture->sheet, of->sale, of->pickup, of->wave, &tally);
    assert_int_equal(tally.awaited, of->tally.awaited);
    assert_int_equal(tally.ready, of->tally.ready);
    assert_int_equal(tally.handed_over, of->tally.handed_over);
    assert_int_equal(tally.shorts, of->tally.shorts);

    sale = fs_sheet_sale(&fixture->sheet, of->sale);
    assert_non_null(sale);

    if (of->wave >= sale->waves) {
        assert_int_equal(tally.ordered, tally.awaited + tally.ready
                                        + tally.handed_over + tally.shorts);
        assert_int_equal(tally.received, 0);
    }

    left = (int64_t) tally.received - tally.ready - tally.handed_over;
    found = fs_sheet_first_awaited(&fixture->sheet, of->sale, of->pickup,
                                   of->wave, &first);
    assert_int_equal(found, tally.awaited != 0);
    wants = found && (tally.final || (int64_t) first.qty <= left);

    memset(&timer, 0, sizeof(timer));
    timer.clock = 'm';
    timer.kind = FS_TIMER_RECEIVE;
    timer.sale = of->sale;
    timer.pickup = of->pickup;
    timer.seq = of->wave;
    len = fs_timer_key(key, &timer);
    found = fs_db_get(fixture->sheet.index,
                      fixture->store->index_dbi[FS_INDEX_TIMERS], key, len,
                      &value);
    assert_int_equal(found, wants);
    *timers += (unsigned) found;
}


static inline unsigned
goods_rows(fixture_t *fixture, fs_index_db_t db, unsigned kind)
{
    int           found;
    unsigned      n;
    fs_timer_t    timer;
    fs_db_walk_t  walk;

    n = 0;

    for (found = fs_db_walk(&walk, fixture->sheet.index,
                            fixture->store->index_dbi[db], NULL, 0,
                            MDB_FIRST);
         found;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        if (kind != 0) {
            assert_int_equal(fs_timer_key_decode(&timer, walk.key), 0);

            if (timer.kind != kind) {
                continue;
            }
        }

        n++;
    }

    fs_db_walk_end(&walk);

    return n;
}


/* All rows are those that follow from the holds, and no others. */

static inline void
goods_check(fixture_t *fixture)
{
    int           found;
    goods_t      *goods;
    unsigned      i, timers;
    uint64_t      seq;
    fs_str_t      value;
    fs_hold_t     hold;
    fs_sale_t    *sale;
    fs_tally_t    tally;
    fs_db_walk_t  walk;

    goods = calloc(1, sizeof(goods_t));
    assert_non_null(goods);

    fixture_begin(fixture);

    for (found = fs_db_walk(&walk, fixture->sheet.index,
                            fixture->store->index_dbi[FS_INDEX_HOLDS], NULL,
                            0, MDB_FIRST);
         found;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        memcpy(&seq, walk.key.data, sizeof(seq));
        assert_int_equal(fs_hold_row_decode(&hold, walk.value), 0);
        hold.seq = seq;

        for (i = 0; hold.paid && i < hold.lines_n; i++) {
            goods_count_line(fixture, goods, &hold, i);
        }
    }

    fs_db_walk_end(&walk);

    assert_int_equal(goods_rows(fixture, FS_INDEX_LINES, 0), goods->lines);
    assert_int_equal(goods_rows(fixture, FS_INDEX_TIMERS, FS_TIMER_GIVEN),
                     goods->given);

    timers = 0;

    for (i = 0; i < goods->tallies_n; i++) {
        goods_compare_tally(fixture, goods, &goods->tallies[i], &timers);
    }

    assert_int_equal(goods_rows(fixture, FS_INDEX_TIMERS, FS_TIMER_RECEIVE),
                     timers);

    /* and no tally of lines that there are not */

    for (found = fs_db_walk(&walk, fixture->sheet.index,
                            fixture->store->index_dbi[FS_INDEX_TALLIES],
                            NULL, 0, MDB_FIRST);
         found;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        value = walk.value;
        assert_int_equal(fs_tally_row_decode(&tally, value), 0);
        (void) goods_tally_of(goods, fs_get_be32(walk.key.data),
                              fs_get_be32(walk.key.data + 4),
                              (uint16_t) ((uint8_t) walk.key.data[8] << 8
                                          | (uint8_t) walk.key.data[9]));
    }

    fs_db_walk_end(&walk);

    for (i = 0; i < goods->tallies_n; i++) {
        goods_compare_tally(fixture, goods, &goods->tallies[i], &timers);
    }

    for (i = 1; i < 64; i++) {
        sale = fs_sheet_sale(&fixture->sheet, i);

        if (sale != NULL) {
            assert_int_equal(sale->handed_lines, goods->handed_lines[i]);
            assert_int_equal(sale->handed_units, goods->handed_units[i]);
        }
    }

    fixture_abort(fixture);
    free(goods);
}


/* An index folded again from the ledger is the same. */

static inline void
goods_fold_again(fixture_t *fixture)
{
    char      name[128];
    dump_t    dump;
    uint32_t  n;

    n = fixture->store->index_n;
    dump = index_dump(fixture);
    index_name(fixture, n, "data.mdb", name, sizeof(name));

    fixture_close(fixture, 1);
    assert_int_equal(unlink(name), 0);
    fixture_open(fixture);
    index_equals(fixture, n + 1, &dump);
}


#endif /* GOODS_ROWS_H */
