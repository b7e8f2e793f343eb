
/*
 * Waves, and what is sold and received for them, as tests say it.
 */

#ifndef WAVE_ROWS_H
#define WAVE_ROWS_H

#include "goods_rows.h"

#include "sheet/sheet_debts.h"
#include "ledger/rows_after.h"


#define CUT  (FIXTURE_EPOCH + 3600000)


static inline int
waves_setup(void **context)
{
    fixture_t  *fixture;

    if (index_setup(context) != 0) {
        return -1;
    }

    fixture = *context;
    fixture_close(fixture, 1);
    fixture->conf.given_ms = GOODS_GIVEN;
    fixture_open(fixture);

    return 0;
}


static inline uint32_t
waves_sale(fixture_t *fixture, const char *slug, uint32_t goal,
    fs_goal_by_t by)
{
    fs_operator_t  op;

    fixture_operator(&op, slug);
    op.stock = 2000;
    op.goal = goal;
    op.goal_by = (uint8_t) by;

    return fixture_define(fixture, &op);
}


static inline uint32_t
waves_point(fixture_t *fixture, const char *slug)
{
    uint32_t  number;

    if (!fixture_has_point(fixture, slug)) {
        assert_string_equal(fixture_point(fixture, slug), "ok");
    }

    fixture_begin(fixture);
    number = fs_sheet_number(&fixture->sheet, 'p', fixture_str(slug));
    fixture_abort(fixture);

    return number;
}


static inline fs_seq_t
waves_buy(fixture_t *fixture, unsigned buyer, uint32_t sale, uint32_t qty,
    const char *pickup)
{
    fs_seq_t      hold;
    fs_command_t  command;

    fixture_hold(&command, buyer, sale, qty, 0);

    if (pickup != NULL) {
        (void) waves_point(fixture, pickup);
        fs_slug_set(&command.pickup, fixture_str(pickup));
    }

    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
    hold = fixture->result.hold.seq;
    assert_string_equal(fixture_confirm(fixture, hold, buyer,
                                        100 * (int64_t) qty), "ok");

    return hold;
}


/* sales: names with a space between. */

static inline void
waves_lines(fs_operator_t *op, const char *sales, uint32_t qty)
{
    const char  *end;

    while (*sales != '\0') {
        end = strchr(sales, ' ');
        end = (end != NULL) ? end : sales + strlen(sales);
        op->lines[op->lines_n].sale.data = sales;
        op->lines[op->lines_n].sale.len = (size_t) (end - sales);
        op->lines[op->lines_n].qty = qty;
        op->lines_n++;
        sales = end + (*end == ' ');
    }
}


static inline const char *
waves_put(fixture_t *fixture, const char *id, const char *sales,
    int64_t cut_at, unsigned key)
{
    fs_operator_t  op;

    memset(&op, 0, sizeof(op));
    op.slug = fixture_str(id);
    op.cut_at = cut_at;
    op.day = 20261130;
    fs_set_le64(op.fingerprint, (uint64_t) cut_at);
    waves_lines(&op, sales, 0);

    return fixture_admin(fixture, FS_COMMAND_WAVE, &op, key);
}


static inline const char *
waves_receive(fixture_t *fixture, const char *id, const char *pickup,
    const char *sales, uint32_t qty, int final)
{
    fs_operator_t  op;

    memset(&op, 0, sizeof(op));
    op.slug = fixture_str(id);
    op.final = (uint8_t) final;

    if (pickup != NULL) {
        op.pickup = fixture_str(pickup);
    }

    waves_lines(&op, sales, qty);

    return fixture_admin(fixture, FS_COMMAND_RECEIVE, &op, 0);
}


static inline fs_wave_t
waves_row(fixture_t *fixture, uint32_t number)
{
    fs_wave_t  wave;

    fixture_begin(fixture);
    assert_true(fs_sheet_wave(&fixture->sheet, number, &wave));
    fixture_abort(fixture);

    return wave;
}


static inline void
waves_goods(fixture_t *fixture, fs_seq_t hold, const char *goods,
    unsigned short_qty)
{
    fs_line_t  line;

    line = goods_hold(fixture, hold).lines[0];
    assert_string_equal(fs_goods_name(line.goods), goods);
    assert_int_equal(line.short_qty, short_qty);
}


/* The one debt of a hold: its units, its fen, its reason. */

static inline void
waves_owes(fixture_t *fixture, fs_seq_t hold, uint32_t qty, int64_t fen)
{
    fs_debt_t  debt;

    fixture_begin(fixture);
    assert_true(fs_sheet_next_debt(&fixture->sheet, hold, 0, &debt));
    assert_int_equal(debt.qty, qty);
    assert_int_equal(debt.amount_fen, fen);
    assert_int_equal(debt.reason, FS_REASON_SHORT);
    assert_int_equal(debt.due_at, fixture->wall + FIXTURE_REFUND);
    assert_false(fs_sheet_next_debt(&fixture->sheet, hold, debt.seq, &debt));
    fixture_abort(fixture);
}


#endif /* WAVE_ROWS_H */
