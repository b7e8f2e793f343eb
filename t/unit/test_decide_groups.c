
/*
 * Goals: formed once and for good, decided after closing in bounded steps,
 * orders of a failed group due back, also after a restart in the middle.
 */

#include "fixture.h"


static uint32_t
define(fixture_t *fixture, const char *slug, uint32_t goal,
    fs_goal_by_t goal_by)
{
    fs_operator_t  op;

    fixture_operator(&op, slug);
    op.stock = 1000;
    op.goal = goal;
    op.goal_by = (uint8_t) goal_by;

    return fixture_define(fixture, &op);
}


static const char *
close_sale(fixture_t *fixture, const char *slug)
{
    fs_operator_t  op;

    fixture_operator(&op, slug);

    return fixture_admin(fixture, FS_COMMAND_CLOSE, &op, 0);
}


/* A paid order; pickup NULL: none. */

static fs_seq_t
buy(fixture_t *fixture, unsigned buyer, uint32_t sale, uint32_t qty,
    const char *pickup)
{
    fs_seq_t      hold;
    fs_command_t  command;

    fixture_hold(&command, buyer, sale, qty, 0);

    if (pickup != NULL) {
        if (!fixture_has_point(fixture, pickup)) {
            assert_string_equal(fixture_point(fixture, pickup), "ok");
        }

        fs_slug_set(&command.pickup, fixture_str(pickup));
    }

    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
    hold = fixture->result.hold.seq;
    assert_string_equal(fixture_confirm(fixture, hold, 1, qty * 100), "ok");

    return hold;
}


static void
assert_group(fixture_t *fixture, uint32_t sale, uint32_t pickup,
    uint32_t joined, fs_group_state_t state)
{
    const fs_group_t  *group;

    fixture_begin(fixture);
    group = fs_sheet_group(&fixture->sheet, sale, pickup, 0);
    assert_non_null(group);
    assert_int_equal(group->joined, joined);
    assert_int_equal(group->state, state);
    fixture_abort(fixture);
}


static void
test_formed(void **context)
{
    fs_seq_t    seq;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = define(fixture, "berry", 5, FS_GOAL_BY_SALE);
    buy(fixture, 1, sale, 4, NULL);
    assert_group(fixture, sale, 0, 4, FS_GROUP_OPEN);
    fixture_point(fixture, "xingfu");
    seq = fixture_seq(fixture);
    buy(fixture, 2, sale, 1, "xingfu");
    assert_string_equal(fixture_entries(fixture, seq), "held sold formed");
    assert_group(fixture, sale, 0, 5, FS_GROUP_FORMED);

    /* told once */

    seq = fixture_seq(fixture);
    buy(fixture, 3, sale, 1, NULL);
    assert_string_equal(fixture_entries(fixture, seq), "held sold");
    assert_int_equal(fixture_sale(fixture, sale).joined, 6);
    assert_int_equal(fixture_sale(fixture, sale).groups_formed, 1);

    close_sale(fixture, "berry");
    seq = fixture_seq(fixture);
    assert_true(fixture_timers(fixture, 256) > 0);
    assert_string_equal(fixture_entries(fixture, seq), "decided");
    assert_int_equal(fixture_timers(fixture, 256), 0);
}


/* Held units do not count; and the sale waits for the last live hold. */

static void
test_failed(void **context)
{
    fs_seq_t    seq, order, live;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = define(fixture, "berry", 5, FS_GOAL_BY_SALE);
    order = buy(fixture, 1, sale, 4, NULL);
    fixture_take(fixture, 2, sale, 3, 0);
    live = fixture->result.hold.seq;
    close_sale(fixture, "berry");
    assert_int_equal(fixture_timers(fixture, 256), 0);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, order, 0, 0),
                        "wrong_state");
    assert_int_equal(fixture->result.state, FS_HOLD_SOLD);

    seq = fixture_seq(fixture);
    fixture_pass(fixture, FIXTURE_TERM);
    fixture_timers(fixture, 256);
    assert_string_equal(fixture_entries(fixture, seq),
                        "expired failed decided owed restocked");
    assert_string_equal(fixture_state(fixture, order), "refund_due");
    assert_int_equal(fixture_sale(fixture, sale).sold, 0);
    assert_int_equal(fixture_sale(fixture, sale).decided, 1);
    assert_group(fixture, sale, 0, 4, FS_GROUP_FAILED);

    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, order, 9,
                                      0), "ok");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_REFUNDED);
    assert_string_equal(fixture_confirm(fixture, order, 1, 400), "ok");

    /* 8: the group is gone for whoever pays after the decision */

    assert_string_equal(fixture_confirm(fixture, live, 1, 300),
                        "refund_due");
    assert_int_equal(fixture->result.reason, FS_REASON_GROUP_FAILED);
}


/* A late payment may still form the group before it is decided. */

static void
test_late_forms(void **context)
{
    fs_seq_t    live, seq;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = define(fixture, "berry", 5, FS_GOAL_BY_SALE);
    buy(fixture, 1, sale, 4, NULL);
    fixture_take(fixture, 2, sale, 1, 0);
    live = fixture->result.hold.seq;
    close_sale(fixture, "berry");
    fixture_pass(fixture, FIXTURE_TERM);

    seq = fixture_seq(fixture);
    assert_string_equal(fixture_confirm(fixture, live, 1, 100), "ok");
    fixture_timers(fixture, 256);
    assert_string_equal(fixture_entries(fixture, seq),
                        "expired sold_late formed decided");
}


/* Nobody bought: it failed all the same. */

static void
test_nobody(void **context)
{
    fs_seq_t    seq;
    uint32_t    sale, other;
    fixture_t  *fixture = *context;

    sale = define(fixture, "berry", 5, FS_GOAL_BY_SALE);
    other = define(fixture, "plum", 5, FS_GOAL_BY_PICKUP);
    close_sale(fixture, "berry");
    close_sale(fixture, "plum");
    seq = fixture_seq(fixture);
    fixture_timers(fixture, 256);
    assert_string_equal(fixture_entries(fixture, seq),
                        "failed decided decided");
    assert_int_equal(fixture_sale(fixture, sale).groups_failed, 1);
    assert_int_equal(fixture_sale(fixture, other).groups_failed, 0);
    assert_int_equal(fixture_timers(fixture, 256), 0);
}


static void
test_by_pickup(void **context)
{
    fs_seq_t    formed, failed, none;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = define(fixture, "berry", 3, FS_GOAL_BY_PICKUP);
    failed = buy(fixture, 1, sale, 2, "east");
    formed = buy(fixture, 2, sale, 3, "west");
    none = buy(fixture, 3, sale, 1, NULL);
    assert_group(fixture, sale, 1, 2, FS_GROUP_OPEN);
    assert_group(fixture, sale, 2, 3, FS_GROUP_FORMED);
    assert_group(fixture, sale, 0, 1, FS_GROUP_OPEN);

    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, formed, 0,
                                      0), "ok");
    close_sale(fixture, "berry");
    fixture_timers(fixture, 256);
    assert_string_equal(fixture_state(fixture, formed), "ready");
    assert_string_equal(fixture_state(fixture, failed), "refund_due");
    assert_string_equal(fixture_state(fixture, none), "refund_due");
    assert_int_equal(fixture_sale(fixture, sale).sold, 3);
    assert_int_equal(fixture_sale(fixture, sale).groups_formed, 1);
    assert_int_equal(fixture_sale(fixture, sale).groups_failed, 2);
    assert_int_equal(fixture_sale(fixture, sale).joined, 6);
}


/*
 * One step a pass, and a restart after each: each group fails once and each
 * order comes back once.  In between the orders read as refund_due already.
 */

static void
test_steps(void **context)
{
    char        pickup[16];
    fs_seq_t    orders[6], seq;
    uint32_t    sale;
    unsigned    i, steps;
    fixture_t  *fixture = *context;

    sale = define(fixture, "berry", 9, FS_GOAL_BY_PICKUP);

    for (i = 0; i < 6; i++) {
        snprintf(pickup, sizeof(pickup), "p%u", i / 2);
        orders[i] = buy(fixture, i, sale, 1, pickup);
    }

    close_sale(fixture, "berry");
    seq = fixture_seq(fixture);

    for (i = 0; i < 20; i++) {
        fixture_begin(fixture);
        steps = fs_decide_timers(&fixture->sheet, &fixture->now, 1);
        fixture_commit(fixture);

        if (i == 3) {

            /* three failed, and all decided */

            assert_string_equal(fixture_entries(fixture, seq),
                                "failed failed failed decided");
            assert_string_equal(fixture_state(fixture, orders[5]), "sold");
            assert_string_equal(fixture_order(fixture, FS_COMMAND_READY,
                                              orders[5], 0, 0),
                                "wrong_state");
            assert_int_equal(fixture->result.state, FS_HOLD_REFUND_DUE);
            assert_string_equal(fixture_confirm(fixture, orders[5], 1, 100),
                                "ok");
            assert_int_equal(fixture->result.hold.state, FS_HOLD_REFUND_DUE);
        }

        if (steps == 0) {
            break;
        }

        fixture_close(fixture, i % 2);
        fixture_open(fixture);
    }

    assert_int_equal(i, 10);
    assert_string_equal(fixture_entries(fixture, seq),
                        "failed failed failed decided"
                        " owed restocked owed restocked owed restocked"
                        " owed restocked owed restocked owed restocked");

    for (i = 0; i < 6; i++) {
        assert_string_equal(fixture_state(fixture, orders[i]), "refund_due");
        assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED,
                                          orders[i], 20 + i, 0), "ok");
        assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED,
                                          orders[i], 10, 0), "nothing_due");
    }

    assert_int_equal(fixture_sale(fixture, sale).sold, 0);
}


/*
 * Many groups, and passes that are thrown away or meet late payments: the
 * walk that a thread remembers is only a saving.
 */

static void
test_walk(void **context)
{
    char        pickup[16];
    uint32_t    sale;
    unsigned    i, passes, steps;
    fs_seq_t    late;
    fixture_t  *fixture = *context;

    sale = define(fixture, "berry", 1000, FS_GOAL_BY_PICKUP);

    for (i = 0; i < 40; i++) {
        snprintf(pickup, sizeof(pickup), "p%u", i);
        buy(fixture, i, sale, 1, pickup);
    }

    fixture_take(fixture, 99, sale, 1, 0);
    late = fixture->result.hold.seq;
    fixture_pass(fixture, FIXTURE_TERM);
    fixture_timers(fixture, 256);
    close_sale(fixture, "berry");

    for (passes = 0; passes < 200; passes++) {
        fixture_begin(fixture);
        steps = fs_decide_timers(&fixture->sheet, &fixture->now, 3);

        if (passes == 3) {
            assert_int_equal(fs_sheet_end(&fixture->sheet), FS_OK);
            fixture_abort(fixture);
            continue;
        }

        fixture_commit(fixture);

        if (passes == 6) {

            /* behind the walk: the group of no pickup point */

            assert_string_equal(fixture_confirm(fixture, late, 1, 100),
                                "ok");
        }

        if (steps == 0) {
            break;
        }
    }

    assert_true(passes < 200);
    assert_int_equal(fixture_sale(fixture, sale).groups_failed, 41);
    assert_int_equal(fixture_sale(fixture, sale).decided, 1);
    assert_int_equal(fixture_sale(fixture, sale).sold, 0);
    assert_string_equal(fixture_state(fixture, late), "refund_due");
}


/*
 * A walk that was thrown away, and then an entry about the sale in the very
 * place of the one that it had written.
 */

static void
test_walk_thrown_away(void **context)
{
    fs_seq_t      late;
    uint32_t      sale;
    fixture_t    *fixture = *context;
    fs_command_t  command;

    sale = define(fixture, "berry", 1000, FS_GOAL_BY_PICKUP);
    buy(fixture, 1, sale, 1, "east");
    buy(fixture, 2, sale, 1, "west");

    fixture_hold(&command, 3, sale, 1, 0);
    fs_slug_set(&command.pickup, fixture_str("west"));
    fixture_decide(fixture, &command, NULL);
    late = fixture->result.hold.seq;
    fixture_pass(fixture, FIXTURE_TERM);
    fixture_timers(fixture, 256);
    close_sale(fixture, "berry");

    fixture_begin(fixture);
    assert_int_equal(fs_decide_timers(&fixture->sheet, &fixture->now, 1), 1);
    assert_int_equal(fs_sheet_end(&fixture->sheet), FS_OK);
    fixture_abort(fixture);

    assert_string_equal(fixture_confirm(fixture, late, 1, 100), "ok");
    fixture_timers(fixture, 256);
    assert_int_equal(fixture_sale(fixture, sale).groups_failed, 2);
    assert_int_equal(fixture_sale(fixture, sale).sold, 0);
}


/* A line that failed does not keep the others from their buyer. */

static void
test_mixed_order(void **context)
{
    fs_seq_t      hold;
    uint32_t      berry, egg;
    fixture_t    *fixture = *context;
    fs_command_t  command;

    berry = define(fixture, "berry", 5, FS_GOAL_BY_SALE);
    egg = define(fixture, "egg", 0, FS_GOAL_BY_SALE);

    fixture_hold(&command, 1, berry, 2, 0);
    command.lines_n = 2;
    command.lines[1].sale = egg;
    command.lines[1].qty = 3;
    fixture_decide(fixture, &command, NULL);
    hold = fixture->result.hold.seq;
    assert_string_equal(fixture_confirm(fixture, hold, 1, 500), "ok");

    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, hold, 0, 0),
                        "wrong_state");
    close_sale(fixture, "berry");
    fixture_timers(fixture, 256);

    assert_string_equal(fixture_state(fixture, hold), "sold");
    assert_int_equal(fixture_sale(fixture, berry).sold, 0);
    assert_int_equal(fixture_sale(fixture, egg).sold, 3);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 9,
                                      1), "ok");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_SOLD);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, hold, 0, 0),
                        "ok");
}


/* Two lines fail at different times: two obligations, two refunds. */

static void
test_two_failures(void **context)
{
    fs_seq_t      hold;
    uint32_t      berry, plum;
    fixture_t    *fixture = *context;
    fs_command_t  command;

    berry = define(fixture, "berry", 9, FS_GOAL_BY_SALE);
    plum = define(fixture, "plum", 9, FS_GOAL_BY_SALE);

    fixture_hold(&command, 1, berry, 2, 0);
    command.lines_n = 2;
    command.lines[1].sale = plum;
    command.lines[1].qty = 3;
    fixture_decide(fixture, &command, NULL);
    hold = fixture->result.hold.seq;
    fixture_confirm(fixture, hold, 1, 500);

    close_sale(fixture, "plum");
    fixture_timers(fixture, 256);
    assert_string_equal(fixture_state(fixture, hold), "sold");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 8,
                                      1), "ok");

    close_sale(fixture, "berry");
    fixture_timers(fixture, 256);
    assert_string_equal(fixture_state(fixture, hold), "refund_due");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 8,
                                      1), "ok");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_REFUND_DUE);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 9,
                                      1), "ok");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_REFUNDED);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 10,
                                      0), "nothing_due");
}


#define test(name)                                                           \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(test_formed),
        test(test_failed),
        test(test_late_forms),
        test(test_nobody),
        test(test_by_pickup),
        test(test_steps),
        test(test_walk),
        test(test_walk_thrown_away),
        test(test_mixed_order),
        test(test_two_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
