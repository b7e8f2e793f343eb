
/*
 * Buyers of a sale are compensated: who has its goods, however they move
 * meanwhile, once, and at most what is left.
 */

#include "whole_sale.h"


/* For each unit that was handed over, and no more than is left. */

static void
test_compensate(void **context)
{
    unsigned    n;
    fs_seq_t    one, two, three, four, five, seq;
    uint32_t    egg;
    fixture_t  *fixture = *context;

    egg = fixture_stocked(fixture, "egg", 30, 0);
    one = buy(fixture, 1, egg, 3);
    two = buy(fixture, 2, egg, 2);
    three = buy(fixture, 3, egg, 2);
    four = buy(fixture, 4, egg, 1);
    assert_string_equal(refund(fixture, two, egg, 0, 190, 0), "ok");
    assert_string_equal(refund(fixture, three, egg, 1, 0, 1), "ok");
    hand_over(fixture, one);
    hand_over(fixture, two);
    hand_over(fixture, three);

    assert_string_equal(compensate(fixture, "egg", 0, 0), "bad_request");
    seq = fixture_seq(fixture);
    assert_string_equal(compensate(fixture, "egg", 20, 5), "accepted");
    assert_string_equal(fixture_entries(fixture, seq), "compensated");
    assert_int_equal(fixture->result.orders, 3);
    assert_string_equal(compensate(fixture, "egg", 20, 5), "replayed");
    assert_int_equal(fixture->result.orders, 3);
    assert_string_equal(compensate(fixture, "egg", 30, 5), "key_reused");

    /* another one, before the first is settled; who buys now has no part */

    assert_string_equal(compensate(fixture, "egg", 50, 6), "accepted");
    five = buy(fixture, 5, egg, 1);
    hand_over(fixture, five);
    check_rows(fixture, 2);

    while (pass(fixture, 1) != 0) {
        goods_check(fixture);
    }

    check_rows(fixture, 0);
    assert_int_equal(owed(fixture, one, FS_REASON_COMPENSATION, &n), 210);
    assert_int_equal(n, 2);
    assert_int_equal(owed(fixture, two, FS_REASON_COMPENSATION, &n), 10);
    assert_int_equal(n, 1);
    assert_int_equal(owed(fixture, three, FS_REASON_COMPENSATION, &n), 70);
    owed(fixture, four, FS_REASON_COMPENSATION, &n);
    assert_int_equal(n, 0);
    owed(fixture, five, FS_REASON_COMPENSATION, &n);
    assert_int_equal(n, 0);

    /* and called off after all: what is left of each */

    assert_string_equal(call_off(fixture, "egg", 0), "accepted");
    fixture_timers(fixture, 4);
    assert_int_equal(goods_hold(fixture, one).owed_fen, 300);
    assert_int_equal(goods_hold(fixture, two).owed_fen, 200);
    assert_int_equal(goods_hold(fixture, three).owed_fen, 200);
    assert_int_equal(goods_hold(fixture, four).owed_fen, 100);
    assert_int_equal(goods_hold(fixture, five).owed_fen, 100);
    check_rows(fixture, 0);

    /* nothing is left to be owed */

    seq = fixture_seq(fixture);
    assert_string_equal(compensate(fixture, "egg", 20, 0), "accepted");
    fixture_timers(fixture, 4);
    assert_string_equal(fixture_entries(fixture, seq),
                        "compensated settled");
    goods_fold_again(fixture);
}


/*
 * Put back and handed over again while the walk is under way: who was owed is
 * not owed again, wherever the walk is begun anew.
 */

static void
test_compensate_moves(void **context)
{
    unsigned    i, n;
    fs_seq_t    hold[4];
    uint32_t    egg;
    fixture_t  *fixture = *context;

    egg = fixture_stocked(fixture, "egg", 30, 0);

    for (i = 0; i < 4; i++) {
        hold[i] = buy(fixture, i + 1, egg, 1);
        hand_over(fixture, hold[i]);
    }

    assert_string_equal(compensate(fixture, "egg", 20, 0), "accepted");

    /* one behind the walk, one before it */

    assert_int_equal(pass(fixture, 2), 2);

    for (i = 1; i < 3; i++) {
        assert_string_equal(fact(fixture, FS_COMMAND_PUT_BACK, hold[i],
                                 hold[i]), "ok");
        assert_string_equal(fact(fixture, FS_COMMAND_HAND_OVER, hold[i],
                                 100 + i), "handed_over");
    }

    /* and one that is put back when the walk comes: that was none */

    assert_string_equal(fact(fixture, FS_COMMAND_PUT_BACK, hold[3], hold[3]),
                        "ok");
    memset(&fixture->cache->settling, 0, sizeof(fs_settling_t));

    while (pass(fixture, 1) != 0) {
        goods_check(fixture);
    }

    check_rows(fixture, 0);

    for (i = 0; i < 4; i++) {
        assert_int_equal(owed(fixture, hold[i], FS_REASON_COMPENSATION, &n),
                         i < 3 ? 20 : 0);
        assert_int_equal(n, i < 3);
    }

    /* handed over once it is settled: not before the compensation */

    assert_string_equal(fact(fixture, FS_COMMAND_HAND_OVER, hold[3], 200),
                        "handed_over");
    assert_int_equal(pass(fixture, 4), 0);
    (void) owed(fixture, hold[3], FS_REASON_COMPENSATION, &n);
    assert_int_equal(n, 0);
    goods_fold_again(fixture);
}


/*
 * Lines that are owed nothing need no entry: the walk goes on behind them, by
 * the memory of the thread, and by looking again where there is none.
 */

static void
test_skips(void **context)
{
    unsigned       i, n;
    fs_seq_t       seq, last;
    uint32_t       egg;
    fixture_t     *fixture = *context;
    fs_settling_t  kept;

    egg = fixture_stocked(fixture, "egg", MANY + 1, 0);
    buy_many(fixture, egg, MANY, 1);
    last = buy(fixture, 1, egg, 1);
    hand_over(fixture, last);
    assert_string_equal(compensate(fixture, "egg", 20, 0), "accepted");
    seq = fixture_seq(fixture);

    for (i = 0; i < 3; i++) {
        assert_int_equal(pass(fixture, 4), 4);
        assert_int_equal(fixture_seq(fixture), seq);
    }

    kept = fixture->cache->settling;
    assert_true(kept.sold != 0);

    /* what was looked at in a batch that is lost is looked at again */

    fixture_begin(fixture);
    assert_int_equal(fs_decide_timers(&fixture->sheet, &fixture->now, 4), 4);
    fixture_abort(fixture);
    assert_true(fixture->cache->settling.next > kept.sold);
    assert_int_equal(fixture->cache->settling.sold, kept.sold);
    assert_int_equal(pass(fixture, 4), 4);
    assert_true(fixture->cache->settling.sold > kept.sold);

    /* other entries of the sale between take nothing back */

    kept = fixture->cache->settling;
    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY,
                                      kept.next - 1, 0, 0), "ok");
    assert_int_equal(pass(fixture, 4), 4);
    assert_true(fixture->cache->settling.sold > kept.sold);

    /* the ledger is another one */

    memset(fixture->cache->settling.hash, 0, FS_HASH_LEN);
    kept = fixture->cache->settling;
    assert_int_equal(pass(fixture, 4), 4);
    assert_true(fixture->cache->settling.sold < kept.sold);

    fs_sheet_cache_destroy(fixture->cache);
    fixture->cache = fs_sheet_cache_create();
    fixture_timers(fixture, 4);

    assert_int_equal(owed(fixture, last, FS_REASON_COMPENSATION, &n), 20);
    assert_int_equal(n, 1);
    check_rows(fixture, 0);
    goods_fold_again(fixture);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_compensate, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_compensate_moves, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_skips, index_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
