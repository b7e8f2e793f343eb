
/*
 * What is short of a wave, and owed: beside what is owed already, is the
 * sale's again, or was handed over all the same.
 */

#include "wave_rows.h"


static const char *
waves_fact(fixture_t *fixture, fs_command_type_t type, fs_seq_t hold,
    unsigned nonce)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(command));
    command.type = type;
    command.hold = hold;
    memcpy(command.buyer, fs_keys_of_orders, FS_BUYER_LEN);
    fs_set_le32(command.key, nonce);

    return fixture_decide(fixture, &command, NULL);
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


/* Partly short, and the other units are for sale again: nothing is to come. */

static void
test_short_restocked(void **context)
{
    uint32_t       egg, pear;
    fs_seq_t       seq, hold;
    fixture_t     *fixture = *context;
    fs_command_t   command;

    egg = waves_sale(fixture, "egg", 0, FS_GOAL_BY_SALE);
    pear = waves_sale(fixture, "pear", 0, FS_GOAL_BY_SALE);
    fixture_cart(&command, 1, egg, pear, 0);
    command.lines[0].qty = 2;
    command.lines[1].qty = 1;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
    hold = fixture->result.hold.seq;
    assert_string_equal(fixture_confirm(fixture, hold, 1, 300), "ok");

    assert_string_equal(waves_put(fixture, "sat", "egg pear", fixture->wall,
                                  0), "created");
    assert_string_equal(waves_receive(fixture, "sat", NULL, "egg", 1, 1),
                        "ok");
    waves_goods(fixture, hold, "ready", 1);

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_REFUND;
    command.hold = hold;
    command.reason = FS_REASON_BAD;
    command.restock = 1;
    command.lines_n = 1;
    command.lines[0].sale = egg;
    command.lines[0].qty = 1;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "ok");
    assert_int_equal(fs_line_to_come(&goods_hold(fixture, hold).lines[0]), 0);
    goods_check(fixture);

    /* the pear is all that is to come */

    assert_string_equal(fixture_state(fixture, hold), "sold");
    assert_string_equal(waves_receive(fixture, "sat", NULL, "pear", 1, 0),
                        "ok");
    assert_string_equal(fixture_state(fixture, hold), "ready");

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_HAND_OVER;
    command.hold = hold;
    memcpy(command.buyer, fs_keys_of_orders, FS_BUYER_LEN);
    fs_set_le32(command.key, 7);
    command.lines_n = 1;
    command.lines[0].sale = pear;
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "handed_over");
    assert_string_equal(fixture_state(fixture, hold), "picked_up");
    goods_check(fixture);
    goods_fold_again(fixture);

    /* and nobody has it by time */

    seq = fixture_seq(fixture);
    fixture_pass(fixture, 2 * GOODS_GIVEN);
    fixture_timers(fixture, 100);
    assert_string_equal(fixture_entries(fixture, seq), "");
    goods_check(fixture);
}


/* Short, all of it, and then somebody hands it over: it has come after all.
 * It stays paid back, and is owed no more than once. */

static void
test_short_handed_over(void **context)
{
    uint32_t       egg;
    fs_seq_t       hold;
    fixture_t     *fixture = *context;
    fs_command_t   command;

    egg = waves_sale(fixture, "egg", 0, FS_GOAL_BY_SALE);
    hold = waves_buy(fixture, 1, egg, 2, NULL);
    assert_string_equal(waves_put(fixture, "sat", "egg", fixture->wall, 0),
                        "created");
    assert_string_equal(waves_receive(fixture, "sat", NULL, "egg", 0, 1),
                        "ok");
    waves_goods(fixture, hold, "short", 2);
    waves_owes(fixture, hold, 2, 200);

    assert_string_equal(waves_fact(fixture, FS_COMMAND_HAND_OVER, hold, 7),
                        "handed_over");
    assert_int_equal(fixture->result.paid_back, 1);
    waves_goods(fixture, hold, "handed_over", 0);
    assert_string_equal(fixture_state(fixture, hold), "picked_up");
    waves_owes(fixture, hold, 2, 200);
    goods_check(fixture);
    goods_fold_again(fixture);

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_CLAIM;
    command.hold = hold;
    fixture_buyer(command.buyer, 1);
    command.reason = FS_REASON_BAD;
    command.lines_n = 1;
    command.lines[0].sale = egg;
    command.lines[0].qty = 1;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "claimed");

    /* put back, it lies there for whoever comes */

    assert_string_equal(waves_fact(fixture, FS_COMMAND_PUT_BACK, hold, 7),
                        "ok");
    waves_goods(fixture, hold, "ready", 0);
    assert_string_equal(fixture_state(fixture, hold), "ready");
    goods_check(fixture);
    goods_fold_again(fixture);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_short_owed, waves_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_short_amount, waves_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_short_restocked, waves_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_short_handed_over, waves_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
