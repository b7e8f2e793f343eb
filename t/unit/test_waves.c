
/*
 * Waves: what one takes when it is frozen, what comes of it, to whom in which
 * order; said twice, in several passes, and folded again.
 */

#include "wave_rows.h"


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
                                      0), "wrong_state");
    assert_int_equal(fixture->result.sale, berry);
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


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_define, waves_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_supposed, waves_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_taken, waves_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_receive, waves_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_moves, waves_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_many, waves_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_cart, waves_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
