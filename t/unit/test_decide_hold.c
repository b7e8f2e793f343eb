
/*
 * Reserving: all or nothing, limits, time, releases.  Keys are in
 * test_decide_keys.c, refusals without a write in test_decide_refused.c.  The
 * numbers are those of the bugs that others shipped, at the end of the list
 * of pitfalls.
 */

#include "fixture.h"
#include "sheet/sheet.h"


static void
test_hold(void **context)
{
    fs_hold_t  *hold;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 10, 0);

    assert_string_equal(fixture_take(fixture, 1, sale, 3, 0), "created");

    hold = &fixture->result.hold;
    assert_int_equal(hold->state, FS_HOLD_HELD);
    assert_int_equal(hold->lines_n, 1);
    assert_int_equal(hold->lines[0].sale, sale);
    assert_int_equal(hold->lines[0].qty, 3);
    assert_int_equal(hold->lines[0].price_fen, 100);
    assert_int_equal(hold->created_at, fixture->wall);
    assert_int_equal(hold->expires_at, fixture->wall + FIXTURE_TERM);
    assert_int_equal(hold->seq, fixture_seq(fixture));

    fixture_units(fixture, sale, 3, 0);
    assert_int_equal(fixture_sale(fixture, sale).version, hold->seq);
    assert_int_equal(fixture_sale(fixture, sale).due,
                     fixture->now.mono + FIXTURE_TERM);
}


/* 3: not one too many.  2: what is refused leaves no trace. */

static void
test_last_unit(void **context)
{
    fs_seq_t    seq;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 5, 0);

    assert_string_equal(fixture_take(fixture, 1, sale, 6, 0), "sold_out");
    assert_int_equal(fixture->result.free, 5);
    assert_string_equal(fixture_take(fixture, 1, sale, 4, 0), "created");
    seq = fixture_seq(fixture);
    assert_string_equal(fixture_take(fixture, 2, sale, 2, 0), "sold_out");
    assert_int_equal(fixture->result.free, 1);
    assert_int_equal(fixture->result.sale, sale);
    assert_int_equal(fixture_seq(fixture), seq);
    assert_string_equal(fixture_take(fixture, 2, sale, 1, 0), "created");
    assert_string_equal(fixture_take(fixture, 3, sale, 1, 0), "sold_out");
    assert_int_equal(fixture->result.free, 0);
    fixture_units(fixture, sale, 5, 0);
}


/* 1: the limit comes before the stock, and a refusal takes nothing. */

static void
test_limit(void **context)
{
    fs_seq_t    first;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 10, 2);

    assert_string_equal(fixture_take(fixture, 1, sale, 3, 0), "over_limit");
    assert_int_equal(fixture->result.limit, 2);
    fixture_units(fixture, sale, 0, 0);

    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "created");
    first = fixture->result.hold.seq;
    assert_string_equal(fixture_take(fixture, 1, sale, 2, 0), "over_limit");
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "created");
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "over_limit");
    assert_string_equal(fixture_take(fixture, 2, sale, 2, 0), "created");
    fixture_units(fixture, sale, 4, 0);

    /* sold units count, released ones do not */

    assert_string_equal(fixture_confirm(fixture, first, 1, 100), "ok");
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "over_limit");
    fixture_units(fixture, sale, 3, 1);
}


/* 5: one sale twice is not two checks; whoever sends it is refused. */

static void
test_lines_invalid(void **context)
{
    uint32_t      sale;
    fixture_t    *fixture = *context;
    fs_command_t  command;

    sale = fixture_stocked(fixture, "grape", 3, 0);

    fixture_hold(&command, 1, sale, 2, 0);
    command.lines_n = 2;
    command.lines[1] = command.lines[0];
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "bad_request");

    fixture_hold(&command, 1, sale, 0, 0);
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "bad_request");

    fixture_hold(&command, 1, sale, FS_QTY_MAX + 1, 0);
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "bad_request");

    fixture_hold(&command, 1, sale, 1, 0);
    command.lines_n = 0;
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "bad_request");

    command.lines_n = FS_LINES_MAX + 1;
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "bad_request");

    fixture_hold(&command, 1, sale, 1, 0);
    fs_slug_set(&command.pickup, fixture_str("No Slug"));
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "bad_request");

    fixture_units(fixture, sale, 0, 0);
}


/* All or nothing, and each refusal says which sale. */

static void
test_lines(void **context)
{
    uint32_t      grape, egg, none;
    fixture_t    *fixture = *context;
    fs_entry_t    entry;
    fs_command_t  command;

    grape = fixture_stocked(fixture, "grape", 5, 0);
    egg = fixture_stocked(fixture, "egg", 2, 0);
    none = egg + 1;

    fixture_cart(&command, 1, grape, egg, 3);
    assert_string_equal(fixture_decide(fixture, &command, NULL), "sold_out");
    assert_int_equal(fixture->result.sale, egg);
    assert_int_equal(fixture->result.free, 2);
    fixture_units(fixture, grape, 0, 0);

    fixture_cart(&command, 1, grape, none, 1);
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "no_such_sale");
    assert_int_equal(fixture->result.sale, none);
    fixture_units(fixture, grape, 0, 0);

    fixture_cart(&command, 1, grape, egg, 2);
    fs_set_le32(command.key, 7);
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
    assert_int_equal(fixture->result.hold.lines_n, 2);
    assert_int_equal(fs_hold_amount(&fixture->result.hold), 300);
    fixture_units(fixture, grape, 1, 0);
    fixture_units(fixture, egg, 2, 0);
    assert_string_equal(fixture_entries(fixture,
                                        fixture->result.hold.seq - 1),
                        "held held");

    /* the key is the hold's, told with its first line */

    fixture_begin(fixture);
    assert_true(fs_sheet_entry(&fixture->sheet, fixture->result.hold.seq,
                               &entry));
    assert_int_equal(fs_get_le32(entry.key), 7);
    assert_true(fs_sheet_entry(&fixture->sheet, fixture->sheet.seq, &entry));
    assert_int_equal(entry.line, 1);
    assert_int_equal(fs_get_le32(entry.key), 0);
    fixture_abort(fixture);

    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_RELEASE, 1,
                                       fixture->result.hold.seq), "ok");
    fixture_units(fixture, grape, 0, 0);
    fixture_units(fixture, egg, 0, 0);
}


/*
 * 16: two carts with the same sales in opposite order, in one batch.
 * 7: what the first takes, the second does not find.
 */

static void
test_opposite_carts(void **context)
{
    uint32_t      grape, egg;
    fixture_t    *fixture = *context;
    fs_result_t   results[2];
    fs_command_t  carts[2];

    grape = fixture_stocked(fixture, "grape", 1, 0);
    egg = fixture_stocked(fixture, "egg", 1, 0);

    fixture_cart(&carts[0], 1, grape, egg, 1);
    fixture_cart(&carts[1], 2, egg, grape, 1);

    fixture_begin(fixture);
    fs_decide(&fixture->sheet, &carts[0], NULL, &fixture->now, &results[0]);
    fs_decide(&fixture->sheet, &carts[1], NULL, &fixture->now, &results[1]);
    fixture_commit(fixture);

    assert_int_equal(results[0].outcome, FS_CREATED);
    assert_int_equal(results[1].outcome, FS_SOLD_OUT);
    fixture_units(fixture, grape, 1, 0);
    fixture_units(fixture, egg, 1, 0);
}


/* 10: releasing twice frees once; of somebody else's it frees nothing. */

static void
test_release(void **context)
{
    fs_seq_t    hold, seq;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 5, 0);
    fixture_take(fixture, 1, sale, 2, 0);
    hold = fixture->result.hold.seq;
    fixture_take(fixture, 2, sale, 2, 0);

    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_RELEASE, 2, hold),
                        "no_such_hold");
    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_RELEASE, 1,
                                       hold + 1000), "no_such_hold");
    fixture_units(fixture, sale, 4, 0);

    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_RELEASE, 1, hold),
                        "ok");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_RELEASED);
    fixture_units(fixture, sale, 2, 0);
    seq = fixture_seq(fixture);

    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_RELEASE, 1, hold),
                        "ok");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_RELEASED);
    assert_int_equal(fixture->sheet.seq, fixture->sheet.begun);
    fixture_units(fixture, sale, 2, 0);
    assert_int_equal(fixture_seq(fixture), seq);
}


/* 9: not released under a buyer who pays; and then it has its time once. */

static void
test_pay(void **context)
{
    fs_seq_t    hold;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 5, 0);
    fixture_take(fixture, 1, sale, 2, 0);
    hold = fixture->result.hold.seq;

    fixture_pass(fixture, 1000);
    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_PAY, 2, hold),
                        "no_such_hold");
    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_PAY, 1, hold),
                        "ok");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_PAYING);
    assert_int_equal(fixture->result.hold.expires_at,
                     fixture->wall + FIXTURE_PAY);
    assert_int_equal(fixture_sale(fixture, sale).due,
                     fixture->now.mono + FIXTURE_PAY);

    fixture_pass(fixture, 1000);
    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_PAY, 1, hold),
                        "ok");
    assert_int_equal(fixture->result.hold.expires_at,
                     fixture->wall - 1000 + FIXTURE_PAY);

    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_RELEASE, 1, hold),
                        "wrong_state");
    assert_int_equal(fixture->result.state, FS_HOLD_PAYING);

    /* longer than it was held for at first, and over at its own time */

    fixture_pass(fixture, FIXTURE_PAY - 1001);
    assert_int_equal(fixture_timers(fixture, 256), 0);
    fixture_pass(fixture, 1);
    assert_int_equal(fixture_timers(fixture, 256), 1);
    assert_string_equal(fixture_state(fixture, hold), "expired");
    fixture_units(fixture, sale, 0, 0);
    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_PAY, 1, hold),
                        "wrong_state");
}


static void
test_times(void **context)
{
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    fixture_operator(&op, "grape");
    op.opens_at = fixture->wall + 1000;
    op.closes_at = fixture->wall + 2000;
    sale = fixture_define(fixture, &op);

    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "not_open");
    assert_int_equal(fixture->result.at, op.opens_at);

    fixture_pass(fixture, 999);
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "not_open");

    /* to the millisecond, with no timer in between */

    fixture_pass(fixture, 1);
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "created");
    assert_string_equal(fixture_entries(fixture, fixture_seq(fixture) - 2),
                        "opened held");

    fixture_pass(fixture, 999);
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "created");
    fixture_pass(fixture, 1);
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "closed");
    assert_true(fixture_sale(fixture, sale).closed);
}


/* 11: a hold whose time is over never keeps a unit from the next buyer. */

static void
test_room(void **context)
{
    fs_seq_t    first, second, third;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 6, 0);
    fixture_take(fixture, 1, sale, 2, 0);
    first = fixture->result.hold.seq;
    fixture_pass(fixture, 1);
    fixture_take(fixture, 2, sale, 2, 0);
    second = fixture->result.hold.seq;
    fixture_pass(fixture, 1);
    fixture_take(fixture, 3, sale, 2, 0);
    third = fixture->result.hold.seq;

    fixture_pass(fixture, FIXTURE_TERM - 3);
    assert_string_equal(fixture_take(fixture, 4, sale, 1, 0), "sold_out");

    /* no more than are needed, the earliest first */

    fixture_pass(fixture, 2);
    assert_string_equal(fixture_take(fixture, 4, sale, 1, 0), "created");
    assert_string_equal(fixture_state(fixture, first), "expired");
    assert_string_equal(fixture_state(fixture, second), "held");

    assert_string_equal(fixture_take(fixture, 5, sale, 3, 0), "created");
    assert_string_equal(fixture_state(fixture, second), "expired");
    assert_string_equal(fixture_state(fixture, third), "held");
    fixture_units(fixture, sale, 6, 0);
}


static void
test_live_holds(void **context)
{
    uint32_t      sale, other;
    fixture_t    *fixture = *context;
    fs_command_t  command;

    sale = fixture_stocked(fixture, "grape", 9, 2);
    other = fixture_stocked(fixture, "egg", 9, 0);

    fixture_hold(&command, 1, sale, 1, 0);
    command.live_holds = 2;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
    fixture_pass(fixture, 10);
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");

    fixture_hold(&command, 1, other, 1, 0);
    command.live_holds = 2;
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "too_many_holds");
    assert_int_equal(fixture->result.limit, 2);

    /* one's own that are over do not count, for either limit */

    fixture_pass(fixture, FIXTURE_TERM - 10);
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "created");
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "over_limit");
    fixture_pass(fixture, 10);
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "created");
}


/* Who lets holds expire again and again waits, longer each time. */

static void
test_lapses(void **context)
{
    uint32_t    sale;
    unsigned    i;
    fixture_t  *fixture = *context;

    static const int64_t  waits[] = {
        30000, 60000, 120000, 240000, 480000, 600000, 600000
    };

    sale = fixture_stocked(fixture, "grape", 9, 0);

    for (i = 0; i < FS_LAPSES_FREE; i++) {
        assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "created");
        fixture_pass(fixture, FIXTURE_TERM);
        fixture_timers(fixture, 256);
    }

    for (i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "wait");
        assert_int_equal(fixture->result.at, fixture->wall + waits[i]);
        assert_string_equal(fixture_take(fixture, 2, sale, 1, 0), "created");
        fixture_buyers(fixture, FS_COMMAND_RELEASE, 2,
                       fixture->result.hold.seq);

        fixture_pass(fixture, waits[i] - 1);
        assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "wait");
        fixture_pass(fixture, 1);
        assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "created");

        if (i + 1 < sizeof(waits) / sizeof(waits[0])) {
            fixture_pass(fixture, FIXTURE_TERM);
            fixture_timers(fixture, 256);
        }
    }

    /* whoever buys begins anew */

    assert_string_equal(fixture_confirm(fixture, fixture->result.hold.seq, 1,
                                        100), "ok");
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "created");
}


/* A hold that its buyer gives back, or does not pay, is a lapse as well. */

static void
test_lapses_given_back(void **context)
{
    uint32_t    sale, other;
    unsigned    i;
    fs_seq_t    hold;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 9, 0);
    other = fixture_stocked(fixture, "tea", 9, 0);

    for (i = 0; i < 3; i++) {
        assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "created");
        hold = fixture->result.hold.seq;

        switch (i) {

        case 0:
            fixture_buyers(fixture, FS_COMMAND_RELEASE, 1, hold);
            fixture_buyers(fixture, FS_COMMAND_RELEASE, 1, hold);
            break;

        case 1:
            fixture_buyers(fixture, FS_COMMAND_PAY, 1, hold);
            fixture_order(fixture, FS_COMMAND_CANCEL, hold, 0, 0);
            fixture_order(fixture, FS_COMMAND_CANCEL, hold, 0, 0);
            break;

        default:
            fixture_pass(fixture, FIXTURE_TERM);
            fixture_timers(fixture, 256);

            /* what has expired is not a second lapse when it is cancelled */

            fixture_order(fixture, FS_COMMAND_CANCEL, hold, 0, 0);
        }
    }

    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "wait");
    assert_int_equal(fixture->result.sale, sale);
    assert_int_equal(fixture->result.at, fixture->wall + 30000);
    assert_string_equal(fixture_take(fixture, 1, other, 1, 0), "created");
    assert_string_equal(fixture_take(fixture, 2, sale, 1, 0), "created");

    /* doubled by one more */

    fixture_pass(fixture, 30000);
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "created");
    fixture_buyers(fixture, FS_COMMAND_RELEASE, 1,
                   fixture->result.hold.seq);
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "wait");
    assert_int_equal(fixture->result.at, fixture->wall + 60000);

    /* forgiven by a purchase */

    fixture_pass(fixture, 60000);
    fixture_take(fixture, 1, sale, 1, 0);
    fixture_confirm(fixture, fixture->result.hold.seq, 1, 100);

    for (i = 0; i < 2; i++) {
        assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "created");
        fixture_buyers(fixture, FS_COMMAND_RELEASE, 1,
                       fixture->result.hold.seq);
    }

    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "created");
}


/* A day without a lapse forgives those before; a millisecond less does not. */

static void
test_lapses_forgiven(void **context)
{
    uint32_t    sale;
    unsigned    i, day;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 9, 0);

    for (day = 0; day < 3; day++) {

        for (i = 0; i < 3; i++) {
            assert_string_equal(fixture_take(fixture, 1, sale, 1, 0),
                                "created");
            fixture_buyers(fixture, FS_COMMAND_RELEASE, 1,
                           fixture->result.hold.seq);

            if (day == 2) {

                /* not forgiven: this was the fourth of the day before */

                assert_string_equal(fixture_take(fixture, 1, sale, 1, 0),
                                    "wait");
                assert_int_equal(fixture->result.at, fixture->wall + 60000);
                return;
            }
        }

        assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "wait");
        assert_int_equal(fixture->result.at, fixture->wall + 30000);

        fixture_pass(fixture, 24 * 3600 * 1000 - (day == 1));
    }
}


/*
 * Three units, a buyer who takes and gives them back as fast as can be, and
 * others who come now and then: they get them all.
 */

static void
test_loop_keeps_nothing(void **context)
{
    uint32_t       sale;
    unsigned       i, taken, got;
    fs_seq_t       hold;
    fixture_t     *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 3, 3);
    taken = 0;
    got = 0;

    for (i = 0; i < 100; i++) {
        if (strcmp(fixture_take(fixture, 1, sale, 3, 0), "created") == 0) {
            hold = fixture->result.hold.seq;
            taken++;
            fixture_pass(fixture, 10);
            assert_string_equal(fixture_take(fixture, 2 + i, sale, 1, 0),
                                "sold_out");
            fixture_buyers(fixture, FS_COMMAND_RELEASE, 1, hold);

        } else if (strcmp(fixture_take(fixture, 2 + i, sale, 1, 0),
                          "created") == 0)
        {
            got++;
        }
    }

    assert_int_equal(taken, 3);
    assert_int_equal(got, 3);
}


/* Going to the checkout leaves the later of both times. */

static void
test_pay_shortens_nothing(void **context)
{
    int64_t        due, until;
    uint32_t       sale;
    fs_seq_t       hold;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    fixture_operator(&op, "grape");
    op.hold_ms = 3600000;
    sale = fixture_define(fixture, &op);

    fixture_take(fixture, 1, sale, 1, 0);
    hold = fixture->result.hold.seq;
    until = fixture->result.hold.expires_at;
    due = fixture->result.hold.due;

    fixture_pass(fixture, 1000);
    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_PAY, 1, hold),
                        "ok");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_PAYING);
    assert_int_equal(fixture->result.hold.expires_at, until);
    assert_int_equal(fixture->result.hold.due, due);
    assert_int_equal(fixture_sale(fixture, sale).due, due);

    /* nor does a start of the machine just then */

    fixture_reboot(fixture, 1);
    assert_int_equal(fixture_sale(fixture, sale).due, due);

    fixture_pass(fixture, 3600000 - 1001);
    assert_int_equal(fixture_timers(fixture, 256), 0);
    assert_string_equal(fixture_state(fixture, hold), "paying");
    fixture_pass(fixture, 1);
    assert_int_equal(fixture_timers(fixture, 256), 1);
    assert_string_equal(fixture_state(fixture, hold), "expired");

    /* with less left than the time for paying, that time */

    fixture_take(fixture, 1, sale, 1, 0);
    hold = fixture->result.hold.seq;
    fixture_pass(fixture, 3600000 - FIXTURE_PAY + 1);
    fixture_buyers(fixture, FS_COMMAND_PAY, 1, hold);
    assert_int_equal(fixture->result.hold.expires_at,
                     fixture->wall + FIXTURE_PAY);
}


static void
test_term(void **context)
{
    uint32_t       sale, other;
    fixture_t     *fixture = *context;
    fs_command_t   command;
    fs_operator_t  op;

    fixture_operator(&op, "grape");
    op.hold_ms = 70000;
    sale = fixture_define(fixture, &op);
    fixture_operator(&op, "egg");
    op.hold_ms = 60000;
    other = fixture_define(fixture, &op);

    fixture_cart(&command, 1, sale, other, 1);
    fixture_decide(fixture, &command, NULL);
    assert_int_equal(fixture->result.hold.expires_at, fixture->wall + 60000);

    fixture_take(fixture, 1, sale, 1, 0);
    assert_int_equal(fixture->result.hold.expires_at, fixture->wall + 70000);

    fixture_hold(&command, 1, fixture_stocked(fixture, "tea", 9, 0), 1, 0);
    command.term_ms = UINT32_MAX;
    fixture_decide(fixture, &command, NULL);
    assert_int_equal(fixture->result.hold.expires_at,
                     fixture->wall + FS_HOLD_MS_MAX);
}


/* 4: what was not committed was not, names and numbers included. */

static void
test_aborted(void **context)
{
    fs_seq_t      seq;
    uint32_t      sale;
    fixture_t    *fixture = *context;
    fs_command_t  command;

    sale = fixture_stocked(fixture, "grape", 2, 0);
    fixture_point(fixture, "there");
    seq = fixture_seq(fixture);

    fixture_hold(&command, 1, sale, 2, 7);
    fs_slug_set(&command.pickup, fixture_str("there"));

    fixture_begin(fixture);
    fs_decide(&fixture->sheet, &command, NULL, &fixture->now,
              &fixture->result);
    assert_int_equal(fixture->result.outcome, FS_CREATED);
    assert_int_equal(fs_sheet_end(&fixture->sheet), FS_OK);
    fixture_abort(fixture);

    assert_int_equal(fixture_seq(fixture), seq);
    fixture_units(fixture, sale, 0, 0);

    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
    assert_int_equal(fixture->result.hold.pickup, 1);
    fixture_units(fixture, sale, 2, 0);

    /* nor is a hold remembered as the batch would have left it */

    seq = fixture->result.hold.seq;
    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_CANCEL;
    command.hold = seq;

    fixture_begin(fixture);
    fs_decide(&fixture->sheet, &command, NULL, &fixture->now,
              &fixture->result);
    assert_int_equal(fixture->result.hold.state, FS_HOLD_CANCELLED);
    fixture_abort(fixture);

    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_RELEASE, 1, seq),
                        "ok");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_RELEASED);
    fixture_units(fixture, sale, 0, 0);
}


#define test(name)                                                           \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(test_hold),
        test(test_last_unit),
        test(test_limit),
        test(test_lines_invalid),
        test(test_lines),
        test(test_opposite_carts),
        test(test_release),
        test(test_pay),
        test(test_times),
        test(test_room),
        test(test_live_holds),
        test(test_lapses),
        test(test_lapses_given_back),
        test(test_lapses_forgiven),
        test(test_loop_keeps_nothing),
        test(test_pay_shortens_nothing),
        test(test_term),
        test(test_aborted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
