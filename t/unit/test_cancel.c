
/*
 * A buyer gives an order back: within the sale's time, before its group has
 * formed, and before anything of it has come.
 */

#include "goods_rows.h"


#define CANCEL_MS  600000


static uint32_t
define(fixture_t *fixture, const char *slug, uint32_t goal,
    uint32_t cancel_ms)
{
    fs_operator_t  op;

    fixture_operator(&op, slug);
    op.goal = goal;
    op.cancel_ms = cancel_ms;

    return fixture_define(fixture, &op);
}


static fs_seq_t
buy(fixture_t *fixture, unsigned buyer, uint32_t sale, uint32_t qty)
{
    fs_seq_t  seq;

    assert_string_equal(fixture_take(fixture, buyer, sale, qty, 0),
                        "created");
    seq = fixture->result.hold.seq;
    assert_string_equal(fixture_confirm(fixture, seq, 1000 + (unsigned) seq,
                                        100 * qty), "ok");

    return seq;
}


static fs_seq_t
buy_cart(fixture_t *fixture, unsigned buyer, uint32_t a, uint32_t b)
{
    fs_seq_t      seq;
    fs_command_t  command;

    fixture_cart(&command, buyer, a, b, 2);
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
    seq = fixture->result.hold.seq;
    assert_string_equal(fixture_confirm(fixture, seq, 1000 + (unsigned) seq,
                                        300), "ok");

    return seq;
}


static const char *
cancel(fixture_t *fixture, unsigned buyer, fs_seq_t hold, unsigned key)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_CANCEL_ORDER;
    command.hold = hold;
    fixture_buyer(command.buyer, buyer);
    fs_set_le32(command.key, key);

    return fixture_decide(fixture, &command, NULL);
}


static const char *
refund(fixture_t *fixture, fs_seq_t hold, uint32_t sale, uint32_t qty,
    fs_reason_t reason)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_REFUND;
    memcpy(command.buyer, fs_keys_of_orders, FS_BUYER_LEN);
    command.hold = hold;
    command.reason = (uint8_t) reason;
    command.lines_n = 1;
    command.lines[0].sale = sale;
    command.lines[0].qty = qty;

    return fixture_decide(fixture, &command, NULL);
}


static void
hand_over(fixture_t *fixture, fs_seq_t hold, uint32_t sale)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_HAND_OVER;
    command.hold = hold;
    command.via = FS_VIA_SCAN;
    memcpy(command.buyer, fs_keys_of_orders, FS_BUYER_LEN);
    fs_set_le64(command.key, hold);
    command.lines_n = 1;
    command.lines[0].sale = sale;

    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "handed_over");
}


static void
test_whole(void **context)
{
    fs_seq_t    hold, seq;
    uint32_t    egg, pear;
    fs_hold_t   row;
    fixture_t  *fixture = *context;

    egg = define(fixture, "egg", 0, CANCEL_MS);
    pear = define(fixture, "pear", 0, 2 * CANCEL_MS);
    assert_int_equal(fixture_sale(fixture, egg).cancel_ms, CANCEL_MS);
    hold = buy_cart(fixture, 1, egg, pear);

    /* nobody else's; and not one that is not paid */

    assert_string_equal(cancel(fixture, 2, hold, 0), "no_such_hold");

    assert_string_equal(fixture_take(fixture, 1, egg, 1, 0), "created");
    assert_string_equal(cancel(fixture, 1, fixture->result.hold.seq, 0),
                        "wrong_state");
    assert_string_equal(fs_hold_state_name(fixture->result.state), "held");

    /* to the last millisecond; money and units of each line */

    fixture_pass(fixture, CANCEL_MS);
    seq = fixture_seq(fixture);
    assert_string_equal(cancel(fixture, 1, hold, 0), "ok");
    assert_string_equal(fixture_entries(fixture, seq),
                        "owed restocked owed restocked");
    row = goods_hold(fixture, hold);
    assert_int_equal(row.owed_fen, 300);
    assert_int_equal(row.state, FS_HOLD_REFUND_DUE);
    assert_int_equal(fixture_sale(fixture, egg).sold, 0);
    assert_int_equal(fixture_sale(fixture, pear).sold, 0);
    goods_check(fixture);

    /* once more, also when all of it is back */

    seq = fixture_seq(fixture);
    assert_string_equal(cancel(fixture, 1, hold, 0), "ok");
    fixture_pass(fixture, 10 * CANCEL_MS);
    assert_string_equal(cancel(fixture, 1, hold, 0), "ok");
    assert_int_equal(fixture_seq(fixture), seq);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 7,
                                      0), "ok");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 8,
                                      0), "ok");
    assert_string_equal(fixture_state(fixture, hold), "refunded");
    assert_string_equal(cancel(fixture, 1, hold, 0), "ok");

    goods_fold_again(fixture);
}


static void
test_too_late(void **context)
{
    fs_seq_t       hold, seq;
    uint32_t       egg, pear, fig;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    egg = define(fixture, "egg", 0, CANCEL_MS);
    pear = define(fixture, "pear", 0, 0);
    fig = define(fixture, "fig", 0, FS_CANCEL_MS_MAX);

    /* one line that never may is enough; and the shortest time counts */

    hold = buy_cart(fixture, 1, egg, pear);
    seq = fixture_seq(fixture);
    assert_string_equal(cancel(fixture, 1, hold, 0), "too_late");
    hold = buy_cart(fixture, 1, fig, egg);
    fixture_pass(fixture, CANCEL_MS + 1);
    assert_string_equal(cancel(fixture, 1, hold, 0), "too_late");
    assert_string_equal(fixture_state(fixture, hold), "sold");

    /* the operator may give more time afterwards */

    fixture_operator(&op, "egg");
    op.cancel_ms = 2 * CANCEL_MS;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "ok");
    assert_string_equal(cancel(fixture, 1, hold, 0), "ok");
    (void) seq;

    op.cancel_ms = FS_CANCEL_MS_MAX + 1;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "bad_request");
    goods_fold_again(fixture);
}


/* Whoever cancels leaves the group; nobody does once it has formed. */

static void
test_groups(void **context)
{
    fs_seq_t       one, two, three;
    uint32_t       egg;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    egg = define(fixture, "egg", 5, CANCEL_MS);

    one = buy(fixture, 1, egg, 4);
    assert_int_equal(fixture_sale(fixture, egg).joined, 4);
    assert_string_equal(cancel(fixture, 1, one, 0), "ok");
    assert_int_equal(fixture_sale(fixture, egg).joined, 0);

    two = buy(fixture, 2, egg, 4);
    assert_int_equal(fixture_sale(fixture, egg).groups_formed, 0);
    three = buy(fixture, 3, egg, 1);
    assert_int_equal(fixture_sale(fixture, egg).groups_formed, 1);

    assert_string_equal(cancel(fixture, 2, two, 0), "formed");
    fixture_pass(fixture, CANCEL_MS + 1);
    assert_string_equal(cancel(fixture, 3, three, 0), "too_late");
    assert_int_equal(fixture_sale(fixture, egg).sold, 5);

    /* a group that failed: what is read then is that it is due back */

    egg = define(fixture, "fig", 5, CANCEL_MS);
    one = buy(fixture, 1, egg, 2);
    fixture_operator(&op, "fig");
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_CLOSE, &op, 0),
                        "ok");
    fixture_begin(fixture);
    assert_int_equal(fs_decide_timers(&fixture->sheet, &fixture->now, 2), 2);
    fixture_commit(fixture);
    assert_string_equal(cancel(fixture, 1, one, 0), "wrong_state");
    assert_string_equal(fs_hold_state_name(fixture->result.state),
                        "refund_due");
    fixture_timers(fixture, 64);
    goods_fold_again(fixture);
}


/* What has come, or is owed already, is another matter. */

static void
test_states(void **context)
{
    fs_seq_t    hold, seq;
    uint32_t    egg;
    fixture_t  *fixture = *context;

    egg = define(fixture, "egg", 0, CANCEL_MS);

    hold = buy(fixture, 1, egg, 1);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, hold, 0, 0),
                        "ok");
    assert_string_equal(cancel(fixture, 1, hold, 0), "wrong_state");
    assert_string_equal(fs_hold_state_name(fixture->result.state), "ready");

    /* one line of it is with its buyer */

    hold = buy_cart(fixture, 1, egg, define(fixture, "pear", 0, CANCEL_MS));
    hand_over(fixture, hold, egg);
    assert_string_equal(fixture_state(fixture, hold), "sold");
    assert_string_equal(cancel(fixture, 1, hold, 0), "wrong_state");
    assert_string_equal(fs_hold_state_name(fixture->result.state), "sold");

    /* a part that the shop gave back, for the same reason: what is left */

    hold = buy(fixture, 2, egg, 3);
    assert_string_equal(refund(fixture, hold, egg, 1, FS_REASON_CANCELLED),
                        "ok");
    assert_string_equal(cancel(fixture, 2, hold, 0), "ok");
    assert_int_equal(goods_hold(fixture, hold).owed_fen, 300);
    assert_int_equal(goods_hold(fixture, hold).lines[0].restocked, 2);
    seq = fixture_seq(fixture);
    assert_string_equal(cancel(fixture, 2, hold, 0), "ok");
    assert_int_equal(fixture_seq(fixture), seq);

    /* all of it, by the shop: that was not its buyer */

    hold = buy(fixture, 3, egg, 1);
    assert_string_equal(refund(fixture, hold, egg, 1, FS_REASON_CANCELLED),
                        "ok");
    assert_string_equal(cancel(fixture, 3, hold, 0), "wrong_state");
    assert_string_equal(fs_hold_state_name(fixture->result.state),
                        "refund_due");
    goods_fold_again(fixture);
}


static void
test_keys(void **context)
{
    fs_seq_t    one, two, seq;
    uint32_t    egg;
    fixture_t  *fixture = *context;

    egg = define(fixture, "egg", 0, CANCEL_MS);
    one = buy(fixture, 1, egg, 1);
    two = buy(fixture, 1, egg, 1);

    assert_string_equal(cancel(fixture, 1, one, 5), "ok");
    seq = fixture_seq(fixture);
    assert_string_equal(cancel(fixture, 1, one, 5), "replayed");
    assert_int_equal(fixture->result.hold.seq, one);
    assert_string_equal(cancel(fixture, 1, two, 5), "key_reused");
    assert_string_equal(fixture_take(fixture, 1, egg, 1, 5), "key_reused");
    assert_int_equal(fixture_seq(fixture), seq);

    /* a key that made a hold */

    assert_string_equal(fixture_take(fixture, 1, egg, 1, 6), "created");
    assert_string_equal(cancel(fixture, 1, two, 6), "key_reused");

    /* kept for a day */

    fixture_pass(fixture, FS_KEY_KEPT_MS - 1);
    assert_string_equal(cancel(fixture, 1, two, 5), "key_reused");
    fixture_pass(fixture, 1);
    assert_string_equal(cancel(fixture, 1, two, 5), "too_late");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_whole, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_too_late, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_groups, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_states, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_keys, index_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
