
/*
 * Waves: what one takes when it is frozen, what comes of it, to whom in which
 * order, what is short and owed; said twice, in several passes, and folded
 * again.
 */

#include "goods_rows.h"

#include "read/view_waves.h"
#include "sheet/sheet_debts.h"
#include "ledger/rows_after.h"


#define CUT  (FIXTURE_EPOCH + 3600000)


static int
setup(void **context)
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


static uint32_t
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


static uint32_t
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


static fs_seq_t
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

static void
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


static const char *
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


static const char *
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


static fs_wave_t
waves_row(fixture_t *fixture, uint32_t number)
{
    fs_wave_t  wave;

    fixture_begin(fixture);
    assert_true(fs_sheet_wave(&fixture->sheet, number, &wave));
    fixture_abort(fixture);

    return wave;
}


static void
waves_goods(fixture_t *fixture, fs_seq_t hold, const char *goods,
    unsigned short_qty)
{
    fs_line_t  line;

    line = goods_hold(fixture, hold).lines[0];
    assert_string_equal(fs_goods_name(line.goods), goods);
    assert_int_equal(line.short_qty, short_qty);
}


/* The one debt of a hold: its units, its fen, its reason. */

static void
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


static void
test_define(void **context)
{
    fs_seq_t    seq;
    fs_wave_t   wave;
    fixture_t  *fixture = *context;

    waves_sale(fixture, "grape", 0, FS_GOAL_BY_SALE);
    waves_sale(fixture, "egg", 0, FS_GOAL_BY_SALE);

    seq = fixture_seq(fixture);
    assert_string_equal(waves_put(fixture, "sat", "grape plum", CUT, 0),
                        "no_such_sale");
    assert_string_equal(waves_put(fixture, "sat", "grape grape", CUT, 0),
                        "bad_request");
    assert_string_equal(waves_put(fixture, "sat", "", CUT, 0), "bad_request");
    assert_string_equal(waves_put(fixture, "sat", "grape", 1, 0),
                        "bad_request");
    assert_string_equal(waves_put(fixture, "sat", "grape", FS_AT_MAX + 1, 0),
                        "bad_request");
    assert_string_equal(fixture_entries(fixture, seq), "");
    assert_string_equal(waves_receive(fixture, "sat", NULL, "grape", 1, 0),
                        "not_found");

    assert_string_equal(waves_put(fixture, "sat", "grape", CUT + 5, 1),
                        "created");
    assert_string_equal(waves_put(fixture, "sat", "grape", CUT + 5, 1),
                        "replayed");
    assert_string_equal(waves_put(fixture, "sat", "grape", CUT + 6, 1),
                        "key_reused");
    assert_string_equal(waves_put(fixture, "sat", "egg grape", CUT, 2), "ok");
    assert_string_equal(fixture_entries(fixture, seq), "wave wave");
    goods_fold_again(fixture);

    wave = waves_row(fixture, 1);
    assert_int_equal(wave.cut_at, CUT);
    assert_int_equal(wave.day, 20261130);
    assert_int_equal(wave.sales_n, 2);
    assert_int_equal(wave.sales[0].sale, 2);
    assert_int_equal(wave.frozen, 0);

    assert_string_equal(waves_receive(fixture, "sat", NULL, "grape", 1, 0),
                        "wrong_state");

    /* its time comes, once: not the one that it had before */

    fixture_pass(fixture, 3599999);
    fixture_timers(fixture, 10);
    assert_int_equal(waves_row(fixture, 1).frozen, 0);
    fixture_pass(fixture, 1);
    fixture_timers(fixture, 10);
    fixture_pass(fixture, 10);
    fixture_timers(fixture, 10);
    assert_string_equal(fixture_entries(fixture, seq), "wave wave frozen");
    assert_int_equal(waves_row(fixture, 1).frozen, seq + 3);
    assert_int_equal(waves_row(fixture, 1).sales[0].taken, 1);
    assert_int_equal(fixture_sale(fixture, 1).waves, 1);
    assert_int_equal(fixture_sale(fixture, 1).wave_seq, seq + 3);

    assert_string_equal(waves_put(fixture, "sat", "grape", CUT, 3),
                        "frozen");
    assert_string_equal(waves_put(fixture, "sat", "egg grape", CUT, 2),
                        "replayed");

    /* one that is past is frozen at once */

    seq = fixture_seq(fixture);
    assert_string_equal(waves_put(fixture, "sun", "grape", CUT, 0),
                        "created");
    assert_string_equal(fixture_entries(fixture, seq), "wave frozen");
    assert_int_equal(waves_row(fixture, 2).sales[0].wave, 1);
    goods_fold_again(fixture);
}


/* A wave that somebody supposes to be new, or there. */

static void
test_supposed(void **context)
{
    fixture_t      *fixture = *context;
    fs_operator_t   op;

    waves_sale(fixture, "grape", 0, FS_GOAL_BY_SALE);

    memset(&op, 0, sizeof(op));
    op.slug = fixture_str("sat");
    op.cut_at = CUT;
    waves_lines(&op, "grape", 0);
    op.condition.if_match = fixture_str("*");
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_WAVE, &op, 0),
                        "precondition_failed");
    op.condition.if_match.data = NULL;
    op.condition.if_none_match = fixture_str("*");
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_WAVE, &op, 0),
                        "created");
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_WAVE, &op, 0),
                        "precondition_failed");
}


/*
 * Goalless and formed sales are taken; others wait for a later wave. Where
 * groups are by point, lines of an open one wait.
 */

static void
test_taken(void **context)
{
    uint32_t    egg, berry, plum, xingfu, yangguang;
    fs_seq_t    early, open, formed, late, waits;
    fs_wave_t   wave;
    fixture_t  *fixture = *context;

    egg = waves_sale(fixture, "egg", 0, FS_GOAL_BY_SALE);
    berry = waves_sale(fixture, "berry", 5, FS_GOAL_BY_SALE);
    plum = waves_sale(fixture, "plum", 3, FS_GOAL_BY_PICKUP);
    xingfu = waves_point(fixture, "xingfu");
    yangguang = waves_point(fixture, "yangguang");

    early = waves_buy(fixture, 1, egg, 2, "xingfu");
    waits = waves_buy(fixture, 2, berry, 2, "xingfu");
    open = waves_buy(fixture, 3, plum, 2, "xingfu");
    formed = waves_buy(fixture, 4, plum, 2, "yangguang");
    goods_check(fixture);
    assert_int_equal(goods_tally(fixture, plum, yangguang,
                                 FS_WAVE_OPEN).ordered, 2);
    waves_buy(fixture, 5, plum, 1, "yangguang");
    goods_check(fixture);
    assert_int_equal(goods_hold(fixture, formed).lines[0].wave, FS_WAVE_OPEN);
    assert_int_equal(goods_tally(fixture, plum, yangguang, 0).ordered, 3);
    assert_int_equal(goods_tally(fixture, plum, yangguang,
                                 FS_WAVE_OPEN).ordered, 0);

    /* of the same wave, but paid after the group has formed: it comes later */

    waves_buy(fixture, 30, plum, 1, "yangguang");
    assert_string_equal(waves_put(fixture, "sat", "egg berry plum",
                                  fixture->wall, 0), "created");
    wave = waves_row(fixture, 1);
    assert_int_equal(wave.sales[0].taken, 1);
    assert_int_equal(wave.sales[1].taken, 0);
    assert_int_equal(wave.sales[2].taken, 1);
    assert_int_equal(fixture_sale(fixture, berry).waves, 0);
    goods_check(fixture);

    /* the next one's */

    late = waves_buy(fixture, 6, egg, 1, "xingfu");
    assert_int_equal(goods_hold(fixture, late).lines[0].wave, 1);
    late = waves_buy(fixture, 7, plum, 1, "yangguang");
    assert_int_equal(goods_hold(fixture, late).lines[0].wave, 1);
    waves_buy(fixture, 8, plum, 1, "xingfu");
    assert_int_equal(goods_tally(fixture, plum, xingfu, 1).ordered, 3);
    waves_buy(fixture, 9, berry, 3, "xingfu");
    goods_check(fixture);

    assert_string_equal(waves_receive(fixture, "sat", "xingfu", "berry", 1,
                                      0), "no_such_sale");
    assert_string_equal(waves_receive(fixture, "sat", "xingfu", "plum", 1, 1),
                        "ok");
    waves_goods(fixture, open, "awaited", 0);
    goods_check(fixture);

    assert_string_equal(waves_put(fixture, "sun", "egg berry plum",
                                  fixture->wall, 0), "created");
    wave = waves_row(fixture, 2);
    assert_int_equal(wave.sales[0].wave, 1);
    assert_int_equal(wave.sales[1].taken, 1);
    assert_int_equal(wave.sales[1].wave, 0);
    assert_int_equal(wave.sales[2].wave, 1);

    assert_string_equal(waves_receive(fixture, "sun", "xingfu",
                                      "berry plum", 2, 0), "ok");
    waves_goods(fixture, waits, "ready", 0);
    waves_goods(fixture, open, "ready", 0);
    waves_goods(fixture, early, "awaited", 0);
    assert_string_equal(waves_receive(fixture, "sun", "yangguang", "plum", 2,
                                      0), "ok");
    waves_goods(fixture, late, "ready", 0);
    waves_goods(fixture, formed, "awaited", 0);
    assert_string_equal(waves_receive(fixture, "sat", "yangguang", "plum", 2,
                                      0), "ok");
    waves_goods(fixture, formed, "ready", 0);
    goods_check(fixture);
    goods_fold_again(fixture);
    goods_check(fixture);
}


/* Whole lines, in the order in which was paid; the count is no sum. */

static void
test_receive(void **context)
{
    uint32_t    egg, xingfu;
    unsigned    i;
    fs_seq_t    seq, hold[5];
    fs_tally_t  tally;
    fixture_t  *fixture = *context;

    egg = waves_sale(fixture, "egg", 0, FS_GOAL_BY_SALE);
    xingfu = waves_point(fixture, "xingfu");

    for (i = 0; i < 5; i++) {
        hold[i] = waves_buy(fixture, i + 1, egg, i == 1 ? 5 : 2, "xingfu");
    }

    waves_buy(fixture, 9, egg, 7, NULL);
    assert_string_equal(waves_put(fixture, "sat", "egg", fixture->wall, 0),
                        "created");

    assert_string_equal(waves_receive(fixture, "sat", "nowhere", "egg", 1,
                                      0), "bad_request");
    assert_string_equal(waves_receive(fixture, "sat", "xingfu", "egg", 3, 0),
                        "ok");
    waves_goods(fixture, hold[0], "ready", 0);
    assert_int_equal(goods_hold(fixture, hold[0]).lines[0].goods_at,
                     fixture->wall + GOODS_GIVEN);
    assert_string_equal(fixture_state(fixture, hold[0]), "ready");

    /* the second one wants five: nobody overtakes it */

    waves_goods(fixture, hold[1], "awaited", 0);
    waves_goods(fixture, hold[2], "awaited", 0);
    goods_check(fixture);

    seq = fixture_seq(fixture);
    assert_string_equal(waves_receive(fixture, "sat", "xingfu", "egg", 3, 0),
                        "ok");
    assert_string_equal(fixture_entries(fixture, seq), "received");
    assert_string_equal(waves_receive(fixture, "sat", "xingfu", "egg", 1, 0),
                        "ready_already");
    assert_int_equal(fixture->result.sale, egg);
    assert_string_equal(waves_receive(fixture, "sat", "xingfu", "egg", 2, 0),
                        "ok");
    seq = fixture_seq(fixture);
    assert_string_equal(waves_receive(fixture, "sat", "xingfu", "egg", 9, 0),
                        "ok");
    assert_string_equal(fixture_entries(fixture, seq),
                        "received ready ready");
    waves_goods(fixture, hold[2], "ready", 0);
    goods_check(fixture);

    /* no more comes: the next one has what is left, the last one nothing */

    assert_string_equal(waves_receive(fixture, "sat", "xingfu", "egg", 10, 1),
                        "ok");
    assert_string_equal(fixture_entries(fixture, seq),
                        "received ready ready received ready owed short owed");
    waves_goods(fixture, hold[3], "ready", 1);
    waves_owes(fixture, hold[3], 1, 100);
    waves_goods(fixture, hold[4], "short", 2);
    waves_owes(fixture, hold[4], 2, 200);
    assert_string_equal(fixture_state(fixture, hold[4]), "refund_due");
    assert_string_equal(fixture_state(fixture, hold[3]), "ready");
    goods_check(fixture);

    tally = goods_tally(fixture, egg, xingfu, 0);
    assert_int_equal(tally.ordered, 13);
    assert_int_equal(tally.ready, 10);
    assert_int_equal(tally.shorts, 3);
    assert_int_equal(tally.received, 10);
    assert_int_equal(tally.final, 1);

    /* for good; the other phone says the same */

    seq = fixture_seq(fixture);
    assert_string_equal(waves_receive(fixture, "sat", "xingfu", "egg", 11, 0),
                        "ready_already");
    assert_string_equal(waves_receive(fixture, "sat", "xingfu", "egg", 10, 0),
                        "ok");
    assert_string_equal(fixture_entries(fixture, seq), "received");
    assert_int_equal(goods_tally(fixture, egg, xingfu, 0).final, 1);

    /* who has no point has lines of their own */

    assert_int_equal(goods_tally(fixture, egg, 0, 0).awaited, 7);
    assert_string_equal(waves_receive(fixture, "sat", NULL, "egg", 7, 1),
                        "ok");
    goods_check(fixture);
    goods_fold_again(fixture);
    goods_check(fixture);
}


/* What is owed already is not owed again; nothing is left: only short. */

static void
test_short_owed(void **context)
{
    uint32_t       egg;
    fs_seq_t       seq, part, whole;
    fs_hold_t      hold;
    fixture_t     *fixture = *context;
    fs_command_t   command;

    egg = waves_sale(fixture, "egg", 0, FS_GOAL_BY_SALE);
    part = waves_buy(fixture, 1, egg, 3, NULL);
    whole = waves_buy(fixture, 2, egg, 2, NULL);

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_REFUND;
    command.hold = part;
    command.reason = FS_REASON_GOODWILL;
    command.lines_n = 1;
    command.lines[0].sale = egg;
    command.lines[0].qty = 2;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "ok");
    command.hold = whole;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "ok");

    assert_string_equal(waves_put(fixture, "sat", "egg", fixture->wall, 0),
                        "created");
    seq = fixture_seq(fixture);
    assert_string_equal(waves_receive(fixture, "sat", NULL, "egg", 0, 1),
                        "ok");
    assert_string_equal(fixture_entries(fixture, seq),
                        "received short owed short");
    hold = goods_hold(fixture, part);
    assert_int_equal(hold.lines[0].owed_qty, 3);
    assert_int_equal(hold.lines[0].owed_fen, 300);
    hold = goods_hold(fixture, whole);
    assert_int_equal(hold.lines[0].owed_fen, 200);
    goods_check(fixture);
    goods_fold_again(fixture);
}


/* An amount is owed already: only what is left is. */

static void
test_short_amount(void **context)
{
    uint32_t       egg;
    fs_seq_t       hold;
    fixture_t     *fixture = *context;
    fs_command_t   command;

    egg = waves_sale(fixture, "egg", 0, FS_GOAL_BY_SALE);
    hold = waves_buy(fixture, 1, egg, 2, NULL);

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_REFUND;
    command.hold = hold;
    command.reason = FS_REASON_GOODWILL;
    command.lines_n = 1;
    command.lines[0].sale = egg;
    command.lines[0].amount_fen = 150;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "ok");

    assert_string_equal(waves_put(fixture, "sat", "egg", fixture->wall, 0),
                        "created");
    assert_string_equal(waves_receive(fixture, "sat", NULL, "egg", 1, 1),
                        "ok");
    assert_int_equal(goods_hold(fixture, hold).lines[0].owed_fen, 200);
    assert_int_equal(goods_hold(fixture, hold).lines[0].owed_qty, 1);
    waves_goods(fixture, hold, "ready", 1);
    goods_check(fixture);
}


/* Facts, what is put back, and what goes back to its sale: units that have
 * come go to those who wait, as soon as they are there for them. */

static void
test_moves(void **context)
{
    uint32_t       egg;
    unsigned       i;
    fs_seq_t       seq, hold[4];
    fixture_t     *fixture = *context;
    fs_command_t   command;

    egg = waves_sale(fixture, "egg", 0, FS_GOAL_BY_SALE);

    for (i = 0; i < 4; i++) {
        hold[i] = waves_buy(fixture, i + 1, egg, 2, NULL);
    }

    assert_string_equal(waves_put(fixture, "sat", "egg", fixture->wall, 0),
                        "created");
    assert_string_equal(waves_receive(fixture, "sat", NULL, "egg", 4, 0),
                        "ok");
    waves_goods(fixture, hold[1], "ready", 0);

    /* one that waits was handed over: it counts as come */

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_HAND_OVER;
    command.hold = hold[3];
    memcpy(command.buyer, fs_keys_of_orders, FS_BUYER_LEN);
    fs_set_le32(command.key, 7);
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "handed_over");
    goods_check(fixture);
    assert_string_equal(waves_receive(fixture, "sat", NULL, "egg", 5, 0),
                        "ready_already");
    command.type = FS_COMMAND_PUT_BACK;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "ok");
    goods_check(fixture);

    /* a ready one goes back to its sale: another has its units */

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_REFUND;
    command.hold = hold[3];
    command.reason = FS_REASON_BAD;
    command.restock = 1;
    command.lines_n = 1;
    command.lines[0].sale = egg;
    command.lines[0].qty = 2;
    seq = fixture_seq(fixture);
    assert_string_equal(fixture_decide(fixture, &command, NULL), "ok");
    assert_string_equal(fixture_entries(fixture, seq), "owed restocked");
    goods_check(fixture);
    command.hold = hold[0];
    assert_string_equal(fixture_decide(fixture, &command, NULL), "ok");
    goods_check(fixture);
    fixture_timers(fixture, 10);
    assert_string_equal(fixture_entries(fixture, seq),
                        "owed restocked owed restocked ready");
    waves_goods(fixture, hold[2], "ready", 0);
    goods_check(fixture);

    /* what was ordered is what it was when it was frozen */

    assert_int_equal(goods_tally(fixture, egg, 0, 0).ordered, 8);
    assert_int_equal(goods_tally(fixture, egg, 0, 0).ready, 4);
    goods_fold_again(fixture);
    goods_check(fixture);
}


/* More than a command does: the timer's, in bounded passes, through a
 * restart in the middle. */

static void
test_many(void **context)
{
    uint32_t    egg;
    unsigned    i, passes;
    fs_seq_t    seq;
    fs_tally_t  tally;
    fixture_t  *fixture = *context;

    egg = waves_sale(fixture, "egg", 0, FS_GOAL_BY_SALE);

    for (i = 0; i < 700; i++) {
        waves_buy(fixture, i + 1, egg, 1 + i % 2, NULL);
    }

    assert_string_equal(waves_put(fixture, "sat", "egg", fixture->wall, 0),
                        "created");
    seq = fixture_seq(fixture);
    assert_string_equal(waves_receive(fixture, "sat", NULL, "egg", 1000, 1),
                        "ok");
    assert_int_equal(fixture_seq(fixture), seq + 1 + FS_TIMERS_PASS);
    goods_check(fixture);
    fixture_close(fixture, 0);
    fixture_open(fixture);

    for (passes = 0; passes < 100; passes++) {
        seq = fixture_seq(fixture);
        fixture_begin(fixture);
        i = fs_decide_timers(&fixture->sheet, &fixture->now, 64);
        fixture_commit(fixture);
        assert_true(fixture_seq(fixture) - seq <= 64 + 1);

        if (i < 64) {
            break;
        }
    }

    assert_in_range(passes, 6, 20);
    tally = goods_tally(fixture, egg, 0, 0);
    assert_int_equal(tally.ordered, 1050);
    assert_int_equal(tally.ready, 1000);
    assert_int_equal(tally.shorts, 50);
    assert_int_equal(tally.awaited, 0);
    goods_check(fixture);
    fixture_timers(fixture, 64);
    goods_fold_again(fixture);
    goods_check(fixture);
}


/* A cart whose lines come in different waves. */

static void
test_cart(void **context)
{
    uint32_t       egg, grape;
    fs_seq_t       hold;
    fixture_t     *fixture = *context;
    fs_command_t   command;

    egg = waves_sale(fixture, "egg", 0, FS_GOAL_BY_SALE);
    grape = waves_sale(fixture, "grape", 0, FS_GOAL_BY_SALE);
    fixture_cart(&command, 1, egg, grape, 2);
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
    hold = fixture->result.hold.seq;
    assert_string_equal(fixture_confirm(fixture, hold, 1, 300), "ok");

    assert_string_equal(waves_put(fixture, "fri", "egg", fixture->wall, 0),
                        "created");
    assert_string_equal(waves_put(fixture, "sat", "grape", fixture->wall, 0),
                        "created");
    assert_string_equal(waves_receive(fixture, "fri", NULL, "egg", 1, 1),
                        "ok");
    assert_string_equal(fixture_state(fixture, hold), "sold");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_PICK_UP, hold, 0,
                                      0), "wrong_state");
    goods_check(fixture);
    assert_string_equal(waves_receive(fixture, "sat", NULL, "grape", 0, 1),
                        "ok");
    assert_string_equal(fixture_state(fixture, hold), "ready");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_PICK_UP, hold, 0,
                                      0), "ok");
    assert_string_equal(fixture_state(fixture, hold), "picked_up");
    assert_int_equal(goods_hold(fixture, hold).lines[1].goods,
                     FS_GOODS_SHORT);
    goods_check(fixture);
    goods_fold_again(fixture);
}


/* As it is read: a wave, a list of waves, pages of lines. */

static void
test_views(void **context)
{
    int             len, more;
    char            json[16384], cursor[FS_LISTED_CURSOR_LEN], wanted[1024];
    size_t          n, i, seen;
    uint32_t        egg, plum, xingfu, yangguang, number;
    fs_seq_t        first;
    fs_str_t        none = fs_str(""), text;
    fs_wave_t       wave, waves[4];
    fs_view_t       view;
    fs_names_t      names;
    fs_tally_t      tally;
    fixture_t      *fixture = *context;
    fs_listed_t     lines[8], after;
    fs_reader_t    *reader;
    fs_wave_line_t  of[16];

    egg = waves_sale(fixture, "egg", 0, FS_GOAL_BY_SALE);
    waves_sale(fixture, "berry", 9, FS_GOAL_BY_SALE);
    plum = waves_sale(fixture, "plum", 0, FS_GOAL_BY_SALE);
    xingfu = waves_point(fixture, "xingfu");
    yangguang = waves_point(fixture, "yangguang");

    assert_string_equal(waves_put(fixture, "a", "egg", fixture->wall, 0),
                        "created");
    first = waves_buy(fixture, 1, egg, 2, "yangguang");

    for (i = 0; i < 5; i++) {
        waves_buy(fixture, (unsigned) i + 2, egg, 1, "xingfu");
        waves_buy(fixture, (unsigned) i + 2, plum, 3, "xingfu");
    }

    waves_buy(fixture, 9, egg, 4, NULL);
    waves_buy(fixture, 9, 2, 1, "xingfu");
    assert_string_equal(waves_put(fixture, "b", "plum berry egg",
                                  fixture->wall + 1000, 0), "created");
    assert_string_equal(waves_put(fixture, "c", "egg", CUT, 0), "created");

    reader = fs_reader_create(fixture->store);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    assert_true(fs_view_wave_number(&view, fixture_str("b"), &number));
    assert_true(fs_view_wave(&view, number, &wave));

    /* not frozen: as if it were now */

    n = fs_view_wave_lines(&view, &wave, 16, of, &more);
    assert_int_equal(n, 4);
    assert_false(more);
    fs_view_close(&view);

    fixture_pass(fixture, 1000);
    fixture_timers(fixture, 10);
    waves_buy(fixture, 20, egg, 1, "xingfu");
    assert_string_equal(waves_receive(fixture, "b", "xingfu", "egg", 3, 0),
                        "ok");

    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    fs_view_names(&view, fixture->crypto, &names);
    assert_true(fs_view_wave(&view, number, &wave));
    n = fs_view_wave_lines(&view, &wave, 16, of, &more);
    assert_int_equal(n, 4);
    assert_false(more);
    assert_int_equal(of[0].pickup, 0);
    assert_int_equal(of[1].pickup, xingfu);
    assert_int_equal(of[1].sale, egg);
    assert_int_equal(of[2].sale, plum);
    assert_int_equal(of[3].pickup, yangguang);

    len = fs_answer_wave(json, sizeof(json), &wave, of, n, 0, &names);
    snprintf(wanted, sizeof(wanted),
             "{\"id\":\"b\",\"seq\":%llu,\"cut_at\":%lld,"
             "\"day\":\"2026-11-30\",\"sales\":[\"plum\",\"berry\",\"egg\"],"
             "\"points\":[{\"pickup\":null,\"lines\":[{\"sale\":\"egg\","
             "\"ordered\":4,\"received\":0,\"awaited\":4,\"ready\":0,"
             "\"handed_over\":0,\"short\":0,\"final\":false}]},"
             "{\"pickup\":\"xingfu\",\"lines\":[{\"sale\":\"egg\","
             "\"ordered\":5,\"received\":3,\"awaited\":2,\"ready\":3,",
             (unsigned long long) wave.frozen, (long long) wave.cut_at);
    assert_true(len > 0 && (size_t) len < FS_WAVE_JSON_MAX
                                          + 4 * FS_WAVE_LINE_JSON_MAX);
    assert_memory_equal(json, wanted, strlen(wanted));
    assert_memory_equal(json + len - 5, "}]}]}", 5);
    assert_int_equal(fs_answer_wave(json, 100, &wave, of, n, 0, &names), -1);

    n = fs_view_wave_lines(&view, &wave, 2, of, &more);
    assert_int_equal(n, 2);
    assert_true(more);

    /* one row */

    assert_true(fs_view_tally(&view, egg, xingfu, 1, &tally));
    assert_int_equal(tally.ordered, 5);
    assert_false(fs_view_tally(&view, egg, xingfu, 9, &tally));
    assert_int_equal(tally.ordered, 0);

    /* waves by name */

    assert_int_equal(fs_view_waves(&view, none, 2, waves, &more), 2);
    assert_true(more);
    len = fs_answer_waves(json, sizeof(json), waves, 2, more, &names);
    assert_true(len > 0);
    json[len] = '\0';
    assert_non_null(strstr(json, "\"next\":\"b\"}"));
    assert_int_equal(fs_view_waves(&view, fixture_str("b"), 2, waves, &more),
                     1);
    assert_false(more);
    len = fs_answer_waves(json, sizeof(json), waves, 1, more, &names);
    json[len] = '\0';
    assert_non_null(strstr(json, "{\"waves\":[{\"id\":\"c\",\"seq\":null,"));
    assert_non_null(strstr(json, "\"next\":null}"));

    /* pages of three: each line once, in order */

    seen = 0;
    more = 1;
    memset(&after, 0, sizeof(after));

    for (i = 0; more; i++) {
        n = fs_view_lines(&view, xingfu, FS_GOODS_AWAITED,
                          i == 0 ? NULL : &after, 3, lines, &more);
        assert_true(n == 3 || !more);
        seen += n;
        fs_listed_cursor_write(&lines[n - 1], cursor);
        text.len = sizeof(cursor);
        text.data = cursor;
        assert_int_equal(fs_listed_cursor_read(text, &after), 0);
        assert_int_equal(after.sold, lines[n - 1].sold);
        assert_true(i < 10);
    }

    assert_int_equal(seen, 2 + 1 + 5 + 1);
    assert_int_equal(fs_view_wave_listed(&view, xingfu, FS_GOODS_AWAITED, egg,
                                         1, 0, 8, lines, &more), 2);
    assert_int_equal(fs_view_wave_listed(&view, xingfu, FS_GOODS_AWAITED, egg,
                                         1, lines[0].sold, 8, lines, &more),
                     1);
    assert_int_equal(fs_view_wave_listed(&view, xingfu, FS_GOODS_READY, egg,
                                         1, 0, 2, lines, &more), 2);
    assert_true(more);

    n = fs_view_lines(&view, yangguang, FS_GOODS_AWAITED, NULL, 8, lines,
                      &more);
    assert_int_equal(n, 1);
    assert_int_equal(lines[0].hold, first);
    len = fs_answer_listed(json, sizeof(json), yangguang, FS_GOODS_AWAITED,
                           lines, n, 1, &names);
    assert_true(len > 0);
    json[len] = '\0';
    assert_non_null(strstr(json, "{\"pickup\":\"yangguang\",\"goods\":"
                                 "\"awaited\",\"lines\":[{\"hold\":\""));
    assert_non_null(strstr(json, "\",\"sale\":\"egg\",\"qty\":2,"
                                 "\"short_qty\":0}],\"next\":\"00000001"));

    text = fixture_str("00000001000100000000000000gg");
    assert_int_equal(fs_listed_cursor_read(text, &after), -1);
    text.len--;
    assert_int_equal(fs_listed_cursor_read(text, &after), -1);

    fs_view_close(&view);
    fs_reader_destroy(reader);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_define, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_supposed, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_taken, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_receive, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_short_owed, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_short_amount, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_moves, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_cart, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_views, setup, fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
