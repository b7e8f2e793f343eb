
/*
 * Timers, the idle server's, after a restart with a backlog, when clocks
 * step, over a reboot: bug 11 of the list of pitfalls.
 */

#include "fixture.h"
#include "store/store.h"


/* The first timer of a clock, INT64_MAX: there is none. */

static int64_t
next_timer(fixture_t *fixture, fs_view_t *view, char clock)
{
    fs_str_t    key, value;
    fs_timer_t  timer;

    if (!fs_db_seek(&view->index,
                    fixture->store->index_dbi[FS_INDEX_TIMERS], &clock, 1,
                    &key, &value)
        || key.data[0] != clock)
    {
        return INT64_MAX;
    }

    assert_int_equal(fs_timer_key_decode(&timer, key), 0);

    return timer.time;
}


static void
next_due(fixture_t *fixture, int64_t *wall, int64_t *mono)
{
    int64_t       opens;
    fs_view_t     view;
    fs_reader_t  *reader;

    reader = fs_reader_create(fixture->store);
    assert_non_null(reader);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    *wall = next_timer(fixture, &view, 'w');
    opens = next_timer(fixture, &view, 'o');
    *wall = (opens < *wall) ? opens : *wall;
    *mono = next_timer(fixture, &view, 'm');
    fs_view_close(&view);
    fs_reader_destroy(reader);
}


/* Openings are believed before the rest: nothing that waits for the clock to
 * be believed is walked by to find them, or a key that cannot be read would be
 * seen, and set aside. */

static void
test_not_believed(void **context)
{
    uint8_t        key[FS_TIMER_KEY_MAX];
    uint32_t       grape, plum;
    MDB_dbi        dbi;
    fs_str_t       value;
    fs_timer_t     timer;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    dbi = fixture->store->index_dbi[FS_INDEX_TIMERS];
    fixture_operator(&op, "grape");
    op.closes_at = fixture->wall + 1000;
    grape = fixture_define(fixture, &op);
    fixture_operator(&op, "plum");
    op.opens_at = fixture->wall + 3000;
    op.closes_at = 0;
    plum = fixture_define(fixture, &op);

    memset(&timer, 0, sizeof(fs_timer_t));
    timer.clock = 'w';
    timer.kind = FS_TIMER_CLOSE;
    timer.time = fixture->wall + 2000;
    fs_timer_key(key, &timer);
    key[13] = 0;

    fixture_begin(fixture);
    fs_db_put(fixture->sheet.index, dbi, key, FS_TIMER_KEY_LEN, NULL, 0, 0);
    fixture->now.opens = fixture->wall + 3000;
    assert_int_equal(fs_decide_timers(&fixture->sheet, &fixture->now, 256),
                     1);
    assert_true(fs_db_get(fixture->sheet.index, dbi, key, FS_TIMER_KEY_LEN,
                          &value));
    fs_db_delete(fixture->sheet.index, dbi, key, FS_TIMER_KEY_LEN, NULL, 0);
    fixture_commit(fixture);

    assert_int_equal(fixture_sale(fixture, plum).opened, 1);
    assert_int_equal(fixture_sale(fixture, grape).closed, 0);
}


/* Exact, and nothing else need happen. */

static void
test_idle(void **context)
{
    int64_t        wall, mono, start;
    fs_seq_t       hold;
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    start = fixture->wall;
    fixture_operator(&op, "grape");
    op.opens_at = start + 1000;
    op.closes_at = start + 9000;
    op.hold_ms = 2000;
    sale = fixture_define(fixture, &op);

    next_due(fixture, &wall, &mono);
    assert_int_equal(wall, start + 1000);
    assert_int_equal(mono, INT64_MAX);
    assert_int_equal(fixture_timers(fixture, 256), 0);

    fixture_pass(fixture, 1000);
    assert_int_equal(fixture_timers(fixture, 256), 1);
    assert_int_equal(fixture_timers(fixture, 256), 0);
    assert_int_equal(fixture_sale(fixture, sale).opened, 1);

    fixture_take(fixture, 1, sale, 1, 0);
    hold = fixture->result.hold.seq;
    next_due(fixture, &wall, &mono);
    assert_int_equal(wall, start + 9000);
    assert_int_equal(mono, fixture->now.mono + 2000);

    fixture_pass(fixture, 1999);
    assert_int_equal(fixture_timers(fixture, 256), 0);
    fixture_pass(fixture, 1);
    assert_int_equal(fixture_timers(fixture, 256), 1);
    assert_string_equal(fixture_state(fixture, hold), "expired");
    next_due(fixture, &wall, &mono);
    assert_int_equal(mono, INT64_MAX);

    fixture_pass(fixture, 6000);
    assert_int_equal(fixture_timers(fixture, 256), 1);
    assert_int_equal(fixture_sale(fixture, sale).closed, 1);
    next_due(fixture, &wall, &mono);
    assert_int_equal(wall, INT64_MAX);
}


/* A week away: all that was due, in bounded passes, in its order. */

static void
test_backlog(void **context)
{
    unsigned       i, steps, passes;
    fs_seq_t       holds[50];
    uint32_t       sale, other;
    fixture_t     *fixture = *context;
    fs_command_t   command;
    fs_operator_t  op;

    sale = fixture_stocked(fixture, "grape", 1000, 0);
    fixture_operator(&op, "tea");
    op.opens_at = fixture->wall + 3600000;
    op.closes_at = fixture->wall + 7200000;
    other = fixture_define(fixture, &op);

    for (i = 0; i < 50; i++) {
        fixture_hold(&command, i, sale, 1, 0);
        command.term_ms = 100000 - i * 1000;
        fixture_decide(fixture, &command, NULL);
        holds[i] = fixture->result.hold.seq;
    }

    fixture_close(fixture, 1);
    fixture_pass(fixture, 7 * 86400000LL);
    fixture_open(fixture);

    for (passes = 0; passes < 20; passes++) {
        fixture_begin(fixture);
        steps = fs_decide_timers(&fixture->sheet, &fixture->now, 8);
        assert_true(steps <= 8);
        fixture_commit(fixture);

        if (passes == 2) {

            /* the last ones were due first */

            assert_string_equal(fixture_state(fixture, holds[49]),
                                "expired");
            assert_string_equal(fixture_state(fixture, holds[40]),
                                "expired");
            assert_string_equal(fixture_state(fixture, holds[0]), "held");
        }

        if (steps < 8) {
            break;
        }
    }

    assert_true(passes < 20);
    assert_int_equal(fixture_sale(fixture, sale).held, 0);
    assert_int_equal(fixture_sale(fixture, other).closed, 1);
    assert_int_equal(fixture_sale(fixture, other).opened, 1);
}


/* A wall clock that steps moves no hold's end. */

static void
test_wall_steps(void **context)
{
    fs_seq_t    hold;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 1000, 0);
    fixture_take(fixture, 1, sale, 1, 0);
    hold = fixture->result.hold.seq;

    fixture->wall += 10 * FIXTURE_TERM;
    assert_int_equal(fixture_timers(fixture, 256), 0);
    fixture->wall -= 20 * FIXTURE_TERM;
    fixture_pass(fixture, FIXTURE_TERM - 1);
    assert_int_equal(fixture_timers(fixture, 256), 0);
    assert_string_equal(fixture_state(fixture, hold), "held");
    fixture_pass(fixture, 1);
    assert_int_equal(fixture_timers(fixture, 256), 1);
    assert_string_equal(fixture_state(fixture, hold), "expired");
}


/* For so long, looked at each quarter of a second. */

static void
clock_lasts(fixture_t *fixture, int64_t ms)
{
    for ( /* void */ ; ms > 0; ms -= 250) {
        fixture_pass(fixture, ms < 250 ? ms : 250);
        fixture_timers(fixture, 256);
    }
}


/*
 * A wall clock that jumps ahead: no sale closes or opens, no group fails, no
 * order is given back, until it has lasted or an operator has accepted it.
 */

static void
test_wall_ahead(void **context)
{
    int64_t         hour = 3600000;
    uint32_t        sale, open, later;
    fs_seq_t        hold;
    fixture_t      *fixture = *context;
    fs_operator_t   op;
    fs_command_t    command;

    fixture_operator(&op, "grape");
    op.closes_at = fixture->wall + hour / 2;
    op.goal = 100;
    sale = fixture_define(fixture, &op);
    fixture_operator(&op, "later");
    op.opens_at = fixture->wall + hour / 4;
    op.closes_at = fixture->wall + 4 * hour;
    later = fixture_define(fixture, &op);
    fixture_operator(&op, "tea");
    op.closes_at = fixture->wall + 3 * hour;
    open = fixture_define(fixture, &op);

    fixture_take(fixture, 1, sale, 1, 0);
    hold = fixture->result.hold.seq;
    assert_string_equal(fixture_confirm(fixture, hold, 1, 100), "ok");

    /* for two seconds */

    fixture->wall += hour;
    clock_lasts(fixture, 2000);
    assert_int_equal(fixture_sale(fixture, sale).closed, 0);
    assert_int_equal(fixture_sale(fixture, later).opened, 0);
    assert_string_equal(fixture_state(fixture, hold), "sold");
    fixture_hold(&command, 2, later, 1, 0);
    assert_string_equal(fixture_decide(fixture, &command, NULL), "not_open");
    assert_string_equal(fixture_take(fixture, 2, sale, 1, 0),
                        "created");
    fixture->wall -= hour;
    clock_lasts(fixture, 2000);

    /* again and again: what was before does not count */

    fixture->wall += hour;
    clock_lasts(fixture, 2000);
    assert_int_equal(fixture_sale(fixture, later).opened, 0);

    /* it lasts: it opens, and does not close */

    clock_lasts(fixture, 1000);
    assert_int_equal(fixture_sale(fixture, later).opened, 1);
    assert_int_equal(fixture_sale(fixture, sale).closed, 0);

    /* a step within what lasts begins anew */

    clock_lasts(fixture, FS_CLOCK_CONFIRM_MS - 10000);
    fixture->wall += hour;
    clock_lasts(fixture, 20000);
    assert_int_equal(fixture_sale(fixture, sale).closed, 0);
    fixture->wall -= hour;

    /* the sale's own end comes by the clock that is believed */

    fixture->wall -= hour;
    clock_lasts(fixture, 1000);
    fixture_pass(fixture, hour / 2 - FS_CLOCK_CONFIRM_MS - 100000);
    fixture_timers(fixture, 256);
    fixture->wall += hour;
    clock_lasts(fixture, 50000);
    assert_int_equal(fixture_sale(fixture, sale).closed, 0);
    clock_lasts(fixture, 100000);
    assert_int_equal(fixture_sale(fixture, sale).closed, 1);
    assert_string_equal(fixture_state(fixture, hold), "refund_due");

    /* an operator's word */

    fixture->wall += hour;
    clock_lasts(fixture, 2000);
    assert_int_equal(fixture_sale(fixture, open).closed, 0);
    fixture_operator(&op, "");
    fixture_admin(fixture, FS_COMMAND_CLOCK, &op, 7);
    fixture->wall += hour;
    clock_lasts(fixture, 2000);

    /* which counts when it is durable */

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_CLOCK;
    fixture_begin(fixture);
    fs_decide(&fixture->sheet, &command, &op, &fixture->now,
              &fixture->result);
    assert_int_equal(fixture->result.outcome, FS_OK);
    fixture_abort(fixture);
    fixture_timers(fixture, 256);
    assert_int_equal(fixture_sale(fixture, open).closed, 0);

    fixture_admin(fixture, FS_COMMAND_CLOCK, &op, 8);
    fixture_timers(fixture, 256);
    assert_int_equal(fixture_sale(fixture, open).closed, 1);

    /* ten minutes: as good as somebody's word */

    assert_int_equal(fixture_sale(fixture, later).closed, 0);
    fixture->wall += 4 * hour;
    clock_lasts(fixture, FS_CLOCK_CONFIRM_MS - 1000);
    assert_int_equal(fixture_sale(fixture, later).closed, 0);
    clock_lasts(fixture, 2000);
    assert_int_equal(fixture_sale(fixture, later).closed, 1);
}


/* A command expires so many holds as there is space for, and says so. */

static void
test_room_bounded(void **context)
{
    unsigned     i;
    uint32_t     sale;
    fs_seq_t     seq;
    fixture_t   *fixture = *context;
    const char  *code;

    sale = fixture_stocked(fixture, "grape", 9000, 0);

    for (i = 0; i < 9000; i += 3000) {
        unsigned       n;
        fs_command_t   command;

        fixture_begin(fixture);

        for (n = 0; n < 3000; n++) {
            fixture_hold(&command, 10 + i + n, sale, 1, 0);
            fs_decide(&fixture->sheet, &command, NULL, &fixture->now,
                      &fixture->result);
            assert_int_equal(fixture->result.outcome, FS_CREATED);
        }

        fixture_commit(fixture);
    }

    fixture_pass(fixture, FIXTURE_TERM + 1);
    seq = fixture_seq(fixture);
    code = fixture_take(fixture, 1, sale, 9000, 0);
    assert_string_equal(code, "queue_full");
    assert_in_range(fixture_seq(fixture) - seq, 1000, 8192 - 2048);

    seq = fixture_seq(fixture);
    code = fixture_take(fixture, 1, sale, 9000, 0);
    assert_string_equal(code, "created");
    assert_in_range(fixture_seq(fixture) - seq, 1000, 8192 - 2048);
}


/* A clock that is slewed is followed, and one that is right is exact. */

static void
test_wall_slewed(void **context)
{
    unsigned       i;
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    fixture_operator(&op, "grape");
    op.closes_at = fixture->wall + 100 * 1500;
    sale = fixture_define(fixture, &op);

    for (i = 0; i < 100; i++) {
        assert_int_equal(fixture_sale(fixture, sale).closed, 0);
        fixture_pass(fixture, 1000);
        fixture->wall += 500;
        fixture_timers(fixture, 256);
    }

    assert_int_equal(fixture_sale(fixture, sale).closed, 1);
}


/* After a reboot the wall clock counts; no rest is longer than the term. */

static void
test_reboot(void **context)
{
    fs_seq_t    hold, paying;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 1000, 0);
    fixture_take(fixture, 1, sale, 1, 0);
    hold = fixture->result.hold.seq;
    fixture_take(fixture, 2, sale, 1, 0);
    paying = fixture->result.hold.seq;
    fixture_buyers(fixture, FS_COMMAND_PAY, 2, paying);

    /* down for a while: that while has passed */

    fixture_pass(fixture, 1000);
    fixture->wall += 99000;
    fixture_reboot(fixture, 1);
    assert_int_equal(fixture_sale(fixture, sale).due,
                     FIXTURE_EPOCH + FIXTURE_TERM);

    fixture_pass(fixture, FIXTURE_TERM - 100000 - 1);
    assert_int_equal(fixture_timers(fixture, 256), 0);
    fixture_pass(fixture, 1);
    assert_int_equal(fixture_timers(fixture, 256), 1);
    assert_string_equal(fixture_state(fixture, hold), "expired");

    /* back with a clock that is behind: at most the term again */

    fixture->wall -= FIXTURE_TERM;
    fixture->wall -= 1000;
    fixture_reboot(fixture, 0);
    assert_string_equal(fixture_state(fixture, paying), "paying");
    assert_int_equal(fixture_sale(fixture, sale).due,
                     fixture->wall + FIXTURE_PAY);
    fixture_pass(fixture, FIXTURE_PAY);
    assert_int_equal(fixture_timers(fixture, 256), 1);
    assert_string_equal(fixture_state(fixture, paying), "expired");
}


/* Several lines: one expiry ends the hold in all its sales. */

static void
test_lines(void **context)
{
    fs_seq_t      hold;
    uint32_t      grape, egg;
    fixture_t    *fixture = *context;
    fs_command_t  command;

    grape = fixture_stocked(fixture, "grape", 1000, 0);
    egg = fixture_stocked(fixture, "egg", 1000, 0);
    fixture_hold(&command, 1, grape, 2, 0);
    command.lines_n = 2;
    command.lines[1].sale = egg;
    command.lines[1].qty = 3;
    fixture_decide(fixture, &command, NULL);
    hold = fixture->result.hold.seq;

    fixture_pass(fixture, 1000);
    fixture_buyers(fixture, FS_COMMAND_PAY, 1, hold);
    assert_int_equal(fixture_sale(fixture, grape).due,
                     fixture->now.mono + FIXTURE_PAY);
    assert_int_equal(fixture_sale(fixture, egg).due,
                     fixture->now.mono + FIXTURE_PAY);

    fixture_pass(fixture, FIXTURE_PAY);
    assert_int_equal(fixture_timers(fixture, 256), 1);
    assert_string_equal(fixture_entries(fixture, fixture_seq(fixture) - 2),
                        "expired expired");
    assert_int_equal(fixture_sale(fixture, grape).held, 0);
    assert_int_equal(fixture_sale(fixture, egg).held, 0);
    assert_int_equal(fixture_sale(fixture, grape).due, 0);
    assert_int_equal(fixture_sale(fixture, egg).due, 0);
}


/* The earliest end that remains is the sale's, whichever goes first. */

static void
test_earliest(void **context)
{
    unsigned      i;
    fs_seq_t      holds[3];
    uint32_t      sale;
    fixture_t    *fixture = *context;
    fs_command_t  command;

    static const uint32_t  terms[] = { 30000, 10000, 20000 };

    sale = fixture_stocked(fixture, "grape", 1000, 0);

    for (i = 0; i < 3; i++) {
        fixture_hold(&command, i, sale, 1, 0);
        command.term_ms = terms[i];
        fixture_decide(fixture, &command, NULL);
        holds[i] = fixture->result.hold.seq;
    }

    assert_int_equal(fixture_sale(fixture, sale).due,
                     fixture->now.mono + 10000);
    fixture_buyers(fixture, FS_COMMAND_RELEASE, 1, holds[1]);
    assert_int_equal(fixture_sale(fixture, sale).due,
                     fixture->now.mono + 20000);
    fixture_confirm(fixture, holds[2], 1, 100);
    assert_int_equal(fixture_sale(fixture, sale).due,
                     fixture->now.mono + 30000);
    fixture_order(fixture, FS_COMMAND_CANCEL, holds[0], 0, 0);
    assert_int_equal(fixture_sale(fixture, sale).due, 0);
}


/* Much that is only left to do does not keep what is due waiting. */

static void
test_fair(void **context)
{
    unsigned       i;
    fs_seq_t       hold;
    uint32_t       berry, grape;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    fixture_operator(&op, "berry");
    op.stock = 1000;
    op.goal = 500;
    berry = fixture_define(fixture, &op);
    grape = fixture_stocked(fixture, "grape", 1000, 0);

    for (i = 0; i < 40; i++) {
        fixture_take(fixture, i, berry, 1, 0);
        fixture_confirm(fixture, fixture->result.hold.seq, 1, 100);
    }

    fixture_take(fixture, 1, grape, 1, 0);
    hold = fixture->result.hold.seq;
    fixture_admin(fixture, FS_COMMAND_CLOSE, &op, 0);
    fixture_pass(fixture, FIXTURE_TERM);

    fixture_begin(fixture);
    assert_int_equal(fs_decide_timers(&fixture->sheet, &fixture->now, 8), 8);
    fixture_commit(fixture);
    assert_string_equal(fixture_state(fixture, hold), "expired");
    assert_true(fixture_sale(fixture, berry).sold > 30);
    assert_true(fixture_sale(fixture, berry).sold < 40);
    fixture_timers(fixture, 8);
    assert_int_equal(fixture_sale(fixture, berry).sold, 0);
}


/* What an expiry leaves to do is done in the same pass, if it has steps. */

static void
test_whole(void **context)
{
    unsigned       i;
    uint32_t       berry, grape;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    grape = fixture_stocked(fixture, "grape", 1000, 0);

    for (i = 0; i < 12; i++) {
        fixture_take(fixture, i, grape, 1, 0);
    }

    fixture_pass(fixture, 1);
    fixture_operator(&op, "berry");
    op.stock = 10;
    op.goal = 5;
    berry = fixture_define(fixture, &op);
    fixture_take(fixture, 20, berry, 1, 0);
    fixture_admin(fixture, FS_COMMAND_CLOSE, &op, 0);
    fixture_pass(fixture, FIXTURE_TERM);

    /* 13 expiries, the group's failure, the decision */

    assert_int_equal(fixture_timers(fixture, 16), 15);
    assert_int_equal(fixture_sale(fixture, berry).decided, 1);
}


#define test(name)                                                           \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(test_not_believed),
        test(test_idle),
        test(test_backlog),
        test(test_wall_steps),
        test(test_wall_ahead),
        test(test_wall_slewed),
        test(test_room_bounded),
        test(test_reboot),
        test(test_lines),
        test(test_earliest),
        test(test_fair),
        test(test_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
