
/*
 * Debts: what is owed of an order's lines, in units and in amounts, together
 * with groups that are open or fail; and what settles them.
 */

#include "fixture.h"
#include "read/view_debts.h"
#include "sheet/sheet_debts.h"


/* A refund of one line: units, or an amount. */

static const char *
refund(fixture_t *fixture, fs_seq_t hold, uint32_t sale, uint32_t qty,
    int64_t amount_fen, int restock, unsigned key)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_REFUND;
    memcpy(command.buyer, fs_keys_of_orders, FS_BUYER_LEN);
    fs_set_le32(command.key, key);
    command.fingerprint[0] = (uint8_t) qty;
    command.hold = hold;
    command.reason = FS_REASON_BAD;
    command.restock = (uint8_t) restock;
    command.lines_n = 1;
    command.lines[0].sale = sale;
    command.lines[0].qty = qty;
    command.lines[0].amount_fen = amount_fen;

    return fixture_decide(fixture, &command, NULL);
}


static const char *
refunded(fixture_t *fixture, fs_seq_t hold, unsigned reference, fs_seq_t owed,
    int64_t amount_fen)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_REFUNDED;
    command.hold = hold;
    command.owed = owed;
    command.paid_fen = amount_fen;
    fixture_reference(command.reference, reference);

    return fixture_decide(fixture, &command, NULL);
}


static fs_hold_t
hold_of(fixture_t *fixture, fs_seq_t seq)
{
    fs_hold_t  hold;

    fixture_begin(fixture);
    assert_true(fs_sheet_hold(&fixture->sheet, seq, &hold));
    fixture_abort(fixture);

    return hold;
}


static fs_seq_t
bought(fixture_t *fixture, unsigned buyer, uint32_t sale, uint32_t qty)
{
    fs_seq_t  seq;

    assert_string_equal(fixture_take(fixture, buyer, sale, qty, 0),
                        "created");
    seq = fixture->result.hold.seq;
    assert_string_equal(fixture_confirm(fixture, seq, 1000 + buyer,
                                        100 * qty), "ok");

    return seq;
}


/* What the store owes at all, and how much of it is overdue, as readers see
 * it. */

static void
check_owed(fixture_t *fixture, int64_t fen, uint64_t debts, uint64_t overdue)
{
    int           there;
    uint64_t      late;
    fs_view_t     view;
    fs_owed_t     owed;
    fs_reader_t  *reader;

    reader = fs_reader_create(fixture->store);
    assert_non_null(reader);
    assert_int_equal(fs_view_open(reader, &view), 0);
    there = fs_view_owed(&view, fixture->wall, &owed, &late);
    fs_view_close(&view);
    fs_reader_destroy(reader);

    assert_true(there);
    assert_int_equal(owed.fen, fen);
    assert_int_equal(owed.debts, debts);
    assert_int_equal(late, overdue);
}


static void
test_units(void **context)
{
    fs_seq_t    hold, seq;
    uint32_t    sale;
    fs_hold_t   row;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 10, 5);
    hold = bought(fixture, 1, sale, 3);
    seq = fixture_seq(fixture);

    assert_string_equal(refund(fixture, hold, sale, 1, 0, 0, 0), "ok");
    assert_string_equal(fixture_entries(fixture, seq), "owed");
    assert_int_equal(fixture->result.hold.owed_fen, 100);
    assert_string_equal(fixture_state(fixture, hold), "sold");
    assert_int_equal(fixture_sale(fixture, sale).sold, 3);

    /* two are left, one of them goes back to the sale */

    assert_string_equal(refund(fixture, hold, sale, 3, 0, 1, 0),
                        "refund_over");
    assert_int_equal(fixture->result.amount_fen, 200);
    assert_int_equal(fixture->result.sale, sale);
    seq = fixture_seq(fixture);
    assert_string_equal(refund(fixture, hold, sale, 2, 0, 1, 0), "ok");
    assert_string_equal(fixture_entries(fixture, seq), "owed restocked");
    assert_int_equal(fixture_sale(fixture, sale).sold, 1);
    assert_string_equal(fixture_state(fixture, hold), "refund_due");
    row = hold_of(fixture, hold);
    assert_int_equal(row.owed_fen, 300);
    assert_int_equal(row.lines[0].owed_qty, 3);
    assert_int_equal(row.lines[0].restocked, 2);
    check_owed(fixture, 300, 2, 0);

    assert_string_equal(refund(fixture, hold, sale, 0, 1, 0, 0),
                        "refund_over");
    assert_int_equal(fixture->result.amount_fen, 0);

    /* who gave units back may buy as many again */

    assert_string_equal(fixture_take(fixture, 1, sale, 4, 0), "created");
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "over_limit");
}


/* An amount owes no unit; what is owed for units is cut to what is left. */

static void
test_amounts(void **context)
{
    fs_seq_t    hold;
    uint32_t    sale, other;
    fs_hold_t   row;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 10, 0);
    other = fixture_stocked(fixture, "tea", 10, 0);
    hold = bought(fixture, 1, sale, 2);

    assert_string_equal(refund(fixture, hold, sale, 0, 150, 1, 0), "ok");
    assert_int_equal(fixture_sale(fixture, sale).sold, 2);
    row = hold_of(fixture, hold);
    assert_int_equal(row.lines[0].owed_fen, 150);
    assert_int_equal(row.lines[0].owed_qty, 0);

    /* a unit would be worth 100 */

    assert_string_equal(refund(fixture, hold, sale, 1, 0, 0, 0),
                        "refund_over");
    assert_int_equal(fixture->result.amount_fen, 50);
    assert_string_equal(refund(fixture, hold, other, 1, 0, 0, 0),
                        "refund_over");
    assert_int_equal(fixture->result.amount_fen, 0);
    assert_string_equal(refund(fixture, hold, sale, 0, 51, 0, 0),
                        "refund_over");
    assert_string_equal(refund(fixture, hold, sale, 0, 50, 0, 0), "ok");
    assert_string_equal(fixture_state(fixture, hold), "refund_due");
}


static void
test_states(void **context)
{
    fs_seq_t    hold;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 10, 0);
    fixture_take(fixture, 1, sale, 1, 0);
    hold = fixture->result.hold.seq;
    assert_string_equal(refund(fixture, hold, sale, 1, 0, 0, 0),
                        "wrong_state");

    /* a payment is owed, and nothing was sold */

    fixture_confirm(fixture, hold, 1, 99);
    fixture_pass(fixture, FIXTURE_TERM);
    fixture_timers(fixture, 8);
    fixture_confirm(fixture, hold, 2, 98);
    assert_string_equal(fixture_state(fixture, hold), "refund_due");
    assert_string_equal(refund(fixture, hold, sale, 1, 0, 0, 0),
                        "wrong_state");
    assert_string_equal(refund(fixture, hold + 1000, sale, 1, 0, 0, 0),
                        "no_such_hold");

    /* goods and money are apart: paid back, and handed over */

    hold = bought(fixture, 2, sale, 1);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, hold, 0, 0),
                        "ok");
    assert_string_equal(refund(fixture, hold, sale, 1, 0, 0, 0), "ok");
    assert_string_equal(fixture_state(fixture, hold), "ready");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_PICK_UP, hold, 0,
                                      0), "ok");
    assert_string_equal(fixture_state(fixture, hold), "picked_up");
    assert_int_equal(hold_of(fixture, hold).lines[0].goods,
                     FS_GOODS_HANDED_OVER);
}


static void
test_key(void **context)
{
    fs_seq_t    hold, other, seq;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 10, 0);
    hold = bought(fixture, 1, sale, 3);
    other = bought(fixture, 2, sale, 3);
    assert_string_equal(refund(fixture, hold, sale, 1, 0, 1, 7), "ok");
    seq = fixture_seq(fixture);

    fixture_close(fixture, 0);
    fixture_open(fixture);

    assert_string_equal(refund(fixture, hold, sale, 1, 0, 1, 7), "replayed");
    assert_int_equal(fixture->result.hold.owed_fen, 100);
    assert_string_equal(refund(fixture, hold, sale, 2, 0, 1, 7),
                        "key_reused");
    assert_string_equal(refund(fixture, other, sale, 1, 0, 1, 7),
                        "key_reused");
    assert_int_equal(fixture_seq(fixture), seq);

    fixture_pass(fixture, FS_KEY_KEPT_MS);
    fixture_timers(fixture, 64);
    assert_string_equal(refund(fixture, other, sale, 1, 0, 1, 7), "ok");
}


/* Each debt is settled once, by its id and by its amount. */

static void
test_settled(void **context)
{
    fs_seq_t    hold, other, first, second;
    uint32_t    sale;
    fs_hold_t   row;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 10, 0);
    hold = bought(fixture, 1, sale, 2);
    other = bought(fixture, 2, sale, 2);
    refund(fixture, hold, sale, 0, 30, 0, 0);
    first = fixture_seq(fixture);
    refund(fixture, hold, sale, 1, 0, 0, 0);
    second = fixture_seq(fixture);
    fixture_pass(fixture, 1);
    check_owed(fixture, 130, 2, 0);

    assert_string_equal(refunded(fixture, hold, 1, second, 99),
                        "wrong_amount");
    assert_int_equal(fixture->result.amount_fen, 100);
    assert_string_equal(refunded(fixture, other, 1, second, 100),
                        "nothing_due");
    assert_string_equal(refunded(fixture, hold, 1, second + 1, 0),
                        "nothing_due");
    assert_string_equal(refunded(fixture, hold, 1, second, 100), "ok");
    assert_string_equal(refunded(fixture, hold, 1, second, 100), "ok");
    assert_string_equal(refunded(fixture, hold, 1, first, 30), "refund_used");
    assert_string_equal(refunded(fixture, hold, 2, second, 100),
                        "nothing_due");
    row = hold_of(fixture, hold);
    assert_int_equal(row.owed_fen, 30);
    assert_int_equal(row.refunded_fen, 100);
    check_owed(fixture, 30, 1, 0);

    /* without an id, the oldest */

    assert_string_equal(refunded(fixture, hold, 3, 0, 0), "ok");
    assert_string_equal(refunded(fixture, hold, 4, 0, 0), "nothing_due");
    check_owed(fixture, 0, 0, 0);

    /* the same after the index is folded again */

    fixture_begin(fixture);
    atomic_store(&fixture->store->mark->stale, 1);
    fixture_abort(fixture);
    fixture_close(fixture, 0);
    fixture_open(fixture);
    row = hold_of(fixture, hold);
    assert_int_equal(row.refunded_fen, 130);
    check_owed(fixture, 0, 0, 0);
}


static void
test_due(void **context)
{
    fs_seq_t    hold;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    fixture_close(fixture, 1);
    fixture->conf.refund_ms = 5000;
    fixture_open(fixture);

    sale = fixture_stocked(fixture, "grape", 10, 0);
    hold = bought(fixture, 1, sale, 2);
    refund(fixture, hold, sale, 1, 0, 0, 0);
    fixture_pass(fixture, 2000);
    refund(fixture, hold, sale, 1, 0, 0, 0);
    fixture_pass(fixture, 2999);
    check_owed(fixture, 200, 2, 0);
    fixture_pass(fixture, 1);
    check_owed(fixture, 200, 2, 1);
    fixture_pass(fixture, 2000);
    check_owed(fixture, 200, 2, 2);
    refunded(fixture, hold, 1, 0, 0);
    check_owed(fixture, 100, 1, 1);
}


/* Units given back no longer count: nobody forms a group with them. */

static void
test_open_group(void **context)
{
    fs_seq_t       one, two, seq;
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    fixture_operator(&op, "berry");
    op.stock = 20;
    op.goal = 5;
    sale = fixture_define(fixture, &op);
    one = bought(fixture, 1, sale, 4);
    assert_string_equal(refund(fixture, one, sale, 3, 0, 1, 0), "ok");
    assert_int_equal(fixture_sale(fixture, sale).joined, 1);
    two = bought(fixture, 2, sale, 3);
    assert_int_equal(fixture_sale(fixture, sale).joined, 4);
    assert_int_equal(fixture_sale(fixture, sale).groups_formed, 0);

    /* an amount is no unit */

    refund(fixture, two, sale, 0, 100, 0, 0);
    assert_int_equal(fixture_sale(fixture, sale).joined, 4);

    /* it fails: what is left is owed, and goes back */

    fixture_admin(fixture, FS_COMMAND_CLOSE, &op, 0);
    seq = fixture_seq(fixture);
    fixture_timers(fixture, 64);
    assert_string_equal(fixture_entries(fixture, seq),
                        "failed decided owed restocked owed restocked");
    assert_int_equal(hold_of(fixture, one).owed_fen, 400);
    assert_int_equal(hold_of(fixture, two).owed_fen, 300);
    assert_int_equal(fixture_sale(fixture, sale).sold, 0);
    assert_string_equal(fixture_state(fixture, one), "refund_due");
    check_owed(fixture, 700, 4, 0);
}


/* Formed is formed: units given back later leave nothing. */

static void
test_formed_group(void **context)
{
    fs_seq_t       one;
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    fixture_operator(&op, "berry");
    op.stock = 20;
    op.goal = 3;
    sale = fixture_define(fixture, &op);
    one = bought(fixture, 1, sale, 4);
    assert_int_equal(fixture_sale(fixture, sale).groups_formed, 1);
    assert_string_equal(refund(fixture, one, sale, 3, 0, 1, 0), "ok");
    assert_int_equal(fixture_sale(fixture, sale).joined, 4);
    fixture_admin(fixture, FS_COMMAND_CLOSE, &op, 0);
    fixture_timers(fixture, 64);
    assert_string_equal(fixture_state(fixture, one), "sold");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, one, 0, 0),
                        "ok");
}


/*
 * A group has failed and its orders are not returned yet: a refund finds
 * nothing left, and the walk that returns them finds the others.
 */

static void
test_failing(void **context)
{
    unsigned       i;
    fs_seq_t       holds[4], seq;
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    fixture_operator(&op, "berry");
    op.stock = 20;
    op.goal = 15;
    sale = fixture_define(fixture, &op);

    for (i = 0; i < 4; i++) {
        holds[i] = bought(fixture, 1 + i, sale, 2);
    }

    fixture_admin(fixture, FS_COMMAND_CLOSE, &op, 0);

    fixture_begin(fixture);
    assert_int_equal(fs_decide_timers(&fixture->sheet, &fixture->now, 2), 2);
    fixture_commit(fixture);

    seq = fixture_seq(fixture);
    assert_string_equal(refund(fixture, holds[2], sale, 1, 0, 1, 0),
                        "refund_over");
    assert_string_equal(fixture_entries(fixture, seq), "owed restocked");
    assert_int_equal(fixture->result.amount_fen, 0);

    fixture_timers(fixture, 3);

    for (i = 0; i < 4; i++) {
        assert_int_equal(hold_of(fixture, holds[i]).owed_fen, 200);
        assert_string_equal(fixture_state(fixture, holds[i]), "refund_due");
    }

    assert_int_equal(fixture_sale(fixture, sale).sold, 0);
    check_owed(fixture, 800, 4, 0);
}


/* What was given away is paid back with nothing. */

static void
test_given(void **context)
{
    fs_seq_t       hold;
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    fixture_operator(&op, "gift");
    op.stock = 5;
    op.price_fen = 0;
    sale = fixture_define(fixture, &op);
    fixture_take(fixture, 1, sale, 2, 0);
    hold = fixture->result.hold.seq;
    assert_string_equal(fixture_confirm(fixture, hold, 1, 0), "ok");
    assert_string_equal(refund(fixture, hold, sale, 2, 0, 1, 0), "ok");
    assert_string_equal(fixture_state(fixture, hold), "refunded");
    assert_int_equal(fixture_sale(fixture, sale).sold, 0);
    check_owed(fixture, 0, 0, 0);
    assert_string_equal(refunded(fixture, hold, 9, 0, 0), "nothing_due");
}


/*
 * Unit k of q is worth floor(kL/q) - floor((k-1)L/q): all of them together are
 * worth the line, also of the dearest.
 */

static void
test_worth(void **context)
{
    int64_t    sum;
    unsigned   i;
    fs_line_t  line;

    (void) context;

    memset(&line, 0, sizeof(fs_line_t));
    line.qty = FS_QTY_MAX;
    line.price_fen = FS_PRICE_MAX;
    assert_true(fs_line_worth(&line, FS_QTY_MAX) == FS_PRICE_MAX
                                                    * FS_QTY_MAX);
    sum = 0;

    for (i = 0; i < FS_QTY_MAX; i++) {
        sum += fs_line_worth(&line, 1);
        line.owed_qty++;
    }

    assert_true(sum == FS_PRICE_MAX * FS_QTY_MAX);
    assert_int_equal(fs_line_worth(&line, 0), 0);
}


/* What a command answers is of one moment, though it is read in a later. */

static void
check_shown(fixture_t *fixture, const fs_hold_t *hold, size_t debts_n,
    size_t settled)
{
    size_t        i, n;
    fs_view_t     view;
    fs_debt_t     debts[FS_DEBTS_SHOWN];
    fs_reader_t  *reader;

    reader = fs_reader_create(fixture->store);
    assert_non_null(reader);
    assert_int_equal(fs_view_open(reader, &view), 0);
    n = fs_view_debts(&view, hold, debts);
    fs_view_close(&view);
    fs_reader_destroy(reader);

    assert_int_equal(n, debts_n);

    for (i = 0; i < n; i++) {
        assert_int_equal(debts[i].refunded != 0, i < settled);
        assert_int_equal(debts[i].refunded_at != 0, i < settled);
    }
}


static void
test_shown(void **context)
{
    fs_seq_t    seq;
    uint32_t    sale;
    fs_hold_t   one, two;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 10, 5);
    seq = bought(fixture, 1, sale, 3);
    assert_string_equal(refund(fixture, seq, sale, 1, 0, 0, 0), "ok");
    one = fixture->result.hold;
    assert_string_equal(refund(fixture, seq, sale, 1, 0, 0, 0), "ok");
    two = fixture->result.hold;
    assert_string_equal(refunded(fixture, seq, 1, 0, 0), "ok");

    check_shown(fixture, &one, 1, 0);
    check_shown(fixture, &two, 2, 0);
    check_shown(fixture, &fixture->result.hold, 2, 1);
    two = hold_of(fixture, seq);
    check_shown(fixture, &two, 2, 1);
}


#define test(name)                                                           \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(test_units),
        test(test_amounts),
        test(test_states),
        test(test_key),
        test(test_settled),
        test(test_due),
        test(test_open_group),
        test(test_formed_group),
        test(test_failing),
        test(test_given),
        test(test_worth),
        test(test_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
