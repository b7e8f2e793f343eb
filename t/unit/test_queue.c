
/*
 * Waiting for units: who asks for more than is free, and says so, has a
 * number, and gets what comes back before anybody new.
 */

#include "index_fixture.h"
#include "read/audit.h"
#include "work.h"


#define QUEUE_MS  1800000


static void
queue_command(fs_command_t *command, unsigned buyer, uint32_t sale,
    uint32_t qty, unsigned key)
{
    fixture_hold(command, buyer, sale, qty, key);
    command->live_holds = 2;
    command->queue = 1;
    command->queue_units = 1000;
    command->queue_ms = QUEUE_MS;
}


static const char *
wait_for(fixture_t *fixture, unsigned buyer, uint32_t sale, uint32_t qty,
    unsigned key)
{
    fs_command_t  command;

    queue_command(&command, buyer, sale, qty, key);

    return fixture_decide(fixture, &command, NULL);
}


/* The hold that waits from now on. */

static fs_seq_t
waits(fixture_t *fixture, unsigned buyer, uint32_t sale, uint32_t qty)
{
    assert_string_equal(wait_for(fixture, buyer, sale, qty, 0), "queued");

    return fixture->result.hold.seq;
}


static void
add_stock(fixture_t *fixture, const char *slug, int64_t add)
{
    fs_operator_t  op;

    fixture_operator(&op, slug);
    op.add = add;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_STOCK, &op, 0),
                        "ok");
}


static void
switched(fixture_t *fixture, fs_command_type_t type, const char *slug)
{
    fs_operator_t  op;

    fixture_operator(&op, slug);
    assert_string_equal(fixture_admin(fixture, type, &op, 0), "ok");
}


static fs_hold_t
hold_of(fixture_t *fixture, fs_seq_t seq)
{
    fs_hold_t     hold;
    fs_view_t     view;
    fs_reader_t  *reader;

    reader = fs_reader_create(fixture->store);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    assert_true(fs_view_hold(&view, seq, &hold));
    fs_view_close(&view);
    fs_reader_destroy(reader);

    return hold;
}


static void
audited(fixture_t *fixture)
{
    fs_audit_t  audit;

    fs_audit_run(fixture->store, 64, NULL, &audit);

    if (!audit.ok) {
        fail_msg("audit: %s", audit.problem);
    }

    fs_audit_free(&audit);
}


/* The same rows when the ledger is folded again. */

static void
folded_again(fixture_t *fixture)
{
    char      name[128];
    dump_t    dump;
    uint32_t  n;

    n = fixture->store->index_n;
    dump = index_dump(fixture);
    fixture_close(fixture, 1);
    index_name(fixture, n, "data.mdb", name, sizeof(name));
    assert_int_equal(unlink(name), 0);
    fixture_open(fixture);
    index_equals(fixture, n + 1, &dump);
}


static void
test_waits(void **context)
{
    uint32_t      sale;
    fs_seq_t      seq, first;
    fixture_t    *fixture = *context;
    fs_hold_t     hold;
    fs_sale_t     row;

    sale = fixture_stocked(fixture, "grape", 2, 5);

    /* free units do not wait */

    assert_string_equal(wait_for(fixture, 1, sale, 2, 1), "created");
    seq = fixture_seq(fixture);
    assert_string_equal(wait_for(fixture, 2, sale, 2, 2), "queued");
    assert_string_equal(fixture_entries(fixture, seq), "queued");
    first = fixture->result.hold.seq;
    hold = fixture->result.hold;
    assert_int_equal(hold.state, FS_HOLD_QUEUED);
    assert_int_equal(hold.number, 1);
    assert_int_equal(hold.ahead, 0);
    assert_int_equal(hold.expires_at, 0);

    assert_string_equal(wait_for(fixture, 3, sale, 3, 0), "queued");
    assert_int_equal(fixture->result.hold.number, 2);
    assert_int_equal(fixture->result.hold.ahead, 1);

    row = fixture_sale(fixture, sale);
    assert_int_equal(row.queued, 5);
    assert_int_equal(row.held, 2);

    /* without saying so nobody waits */

    assert_string_equal(fixture_take(fixture, 4, sale, 1, 0), "sold_out");
    assert_int_equal(fixture->result.hold.seq, 0);

    /* the same answer to the same request; another one is another */

    assert_string_equal(wait_for(fixture, 2, sale, 2, 2), "replayed");
    assert_int_equal(fixture->result.hold.seq, first);
    assert_int_equal(fixture->result.hold.number, 1);
    assert_string_equal(fixture_take(fixture, 2, sale, 2, 2), "key_reused");
    assert_string_equal(wait_for(fixture, 2, sale, 1, 2), "key_reused");
    assert_string_equal(wait_for(fixture, 1, sale, 2, 1), "replayed");
    assert_string_equal(fixture_take(fixture, 1, sale, 2, 1), "key_reused");
    fixture_pass(fixture, 3 * FS_KEY_KEPT_MS);
    assert_string_equal(wait_for(fixture, 2, sale, 2, 2), "replayed");

    audited(fixture);
    folded_again(fixture);
}


/* One line, at most eight units. */

static void
test_asks(void **context)
{
    uint32_t      sale, other;
    fixture_t    *fixture = *context;
    fs_command_t  command;

    sale = fixture_stocked(fixture, "grape", 100, 0);
    other = fixture_stocked(fixture, "egg", 100, 0);

    queue_command(&command, 1, sale, 9, 0);
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "bad_request");
    queue_command(&command, 1, sale, 1, 0);
    command.lines_n = 2;
    command.lines[1].sale = other;
    command.lines[1].qty = 1;
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "bad_request");
    queue_command(&command, 1, sale, 8, 0);
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
}


/* Those who wait count to the limit and not to the live holds, which do not
 * keep from waiting. */

static void
test_limits(void **context)
{
    uint32_t    sale, other;
    fs_seq_t    hold;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 10, 3);
    other = fixture_stocked(fixture, "egg", 2, 0);
    assert_string_equal(fixture_take(fixture, 9, sale, 3, 0), "created");
    add_stock(fixture, "grape", -7);

    hold = waits(fixture, 1, sale, 2);
    assert_string_equal(wait_for(fixture, 1, sale, 2, 0), "over_limit");
    assert_int_equal(fixture->result.limit, 3);
    (void) waits(fixture, 1, sale, 1);

    /* two live holds are the most: with free units, or what is waited for */

    assert_string_equal(wait_for(fixture, 1, other, 1, 0), "created");
    assert_string_equal(wait_for(fixture, 1, other, 1, 0), "created");
    assert_string_equal(wait_for(fixture, 2, sale, 1, 0), "queued");
    add_stock(fixture, "egg", 1);
    assert_string_equal(wait_for(fixture, 1, other, 1, 0), "too_many_holds");
    assert_int_equal(fixture->result.limit, 2);
    assert_string_equal(wait_for(fixture, 1, other, 2, 0), "queued");

    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_RELEASE, 1, hold),
                        "ok");
    assert_string_equal(fixture_state(fixture, hold), "released");
    assert_string_equal(wait_for(fixture, 1, sale, 2, 0), "queued");
    audited(fixture);
}


/* As many units wait as the sale says, or the directive, or the stock. */

static void
test_full(void **context)
{
    uint32_t        sale;
    fixture_t      *fixture = *context;
    fs_view_t       view;
    fs_now_t        now;
    fs_sheet_t      sheet;
    fs_result_t     result;
    fs_reader_t    *reader;
    fs_command_t    command;
    fs_operator_t   op;

    sale = fixture_stocked(fixture, "grape", 4, 0);
    assert_string_equal(fixture_take(fixture, 9, sale, 4, 0), "created");
    queue_command(&command, 1, sale, 3, 0);
    command.queue_units = UINT32_MAX;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "queued");
    command.lines[0].qty = 2;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "sold_out");
    assert_int_equal(fixture->result.hold.seq, 0);
    command.lines[0].qty = 1;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "queued");

    queue_command(&command, 3, sale, 2, 0);
    command.queue_units = 5;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "sold_out");
    command.queue_units = 6;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "queued");

    /* what the sale says comes before it, also that nobody may */

    fixture_operator(&op, "grape");
    op.stock = 4;
    op.queue = 9;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "ok");
    assert_int_equal(fixture_sale(fixture, sale).queue, 9);
    assert_string_equal(wait_for(fixture, 4, sale, 3, 0), "sold_out");
    assert_string_equal(wait_for(fixture, 4, sale, 2, 0), "queued");

    op.queue = 1;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "ok");
    assert_string_equal(wait_for(fixture, 5, sale, 1, 0), "sold_out");

    /* the same from a snapshot, which knows when there is room */

    reader = fs_reader_create(fixture->store);
    queue_command(&command, 6, sale, 1, 0);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    fs_store_now(fixture->store, &now);
    fs_view_state(&view, &sheet, fixture->crypto, fixture->cache);
    assert_true(fs_decide_refused(&sheet, &view, &command, &now, &result));
    assert_int_equal(result.outcome, FS_SOLD_OUT);
    fs_view_close(&view);

    op.queue = 0;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "ok");
    command.queue_units = 100;
    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    fs_view_state(&view, &sheet, fixture->crypto, fixture->cache);
    assert_false(fs_decide_refused(&sheet, &view, &command, &now, &result));
    fs_view_close(&view);
    fs_reader_destroy(reader);
    assert_string_equal(fixture_decide(fixture, &command, NULL), "queued");
    audited(fixture);
    folded_again(fixture);
}


/* Units that come back go to the first whom they suffice for, and are nobody
 * else's until then. */

static void
test_order(void **context)
{
    uint32_t        sale;
    fs_seq_t        seq, three, two, one;
    fixture_t      *fixture = *context;
    fs_view_t       view;
    fs_now_t        now;
    fs_sheet_t      sheet;
    fs_result_t     result;
    fs_reader_t    *reader;
    fs_command_t    command;

    sale = fixture_stocked(fixture, "grape", 10, 0);
    assert_string_equal(fixture_take(fixture, 9, sale, 10, 0), "created");
    three = waits(fixture, 1, sale, 3);
    two = waits(fixture, 2, sale, 2);
    one = waits(fixture, 3, sale, 1);

    add_stock(fixture, "grape", 2);

    /* two of them could have what is free now */

    assert_string_equal(fixture_take(fixture, 4, sale, 1, 0), "sold_out");
    assert_int_equal(fixture->result.free, 2);
    reader = fs_reader_create(fixture->store);
    fixture_hold(&command, 4, sale, 1, 0);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    fs_store_now(fixture->store, &now);
    fs_view_state(&view, &sheet, fixture->crypto, fixture->cache);
    assert_true(fs_decide_refused(&sheet, &view, &command, &now, &result));
    assert_int_equal(result.outcome, FS_SOLD_OUT);
    assert_int_equal(result.free, 2);
    fs_view_close(&view);
    fs_reader_destroy(reader);

    seq = fixture_seq(fixture);
    assert_int_equal(fixture_timers(fixture, FS_TIMERS_PASS), 1);
    assert_string_equal(fixture_entries(fixture, seq), "served");
    assert_string_equal(fixture_state(fixture, two), "held");
    fixture_units(fixture, sale, 12, 0);

    /* who is behind may have what is too little for who is before */

    add_stock(fixture, "grape", 1);
    fixture_timers(fixture, FS_TIMERS_PASS);
    assert_string_equal(fixture_state(fixture, one), "held");
    assert_string_equal(fixture_state(fixture, three), "queued");
    assert_int_equal(hold_of(fixture, three).ahead, 0);

    /* and somebody new what nobody who waits could have */

    add_stock(fixture, "grape", 2);
    fixture_timers(fixture, FS_TIMERS_PASS);
    assert_string_equal(fixture_take(fixture, 4, sale, 1, 0), "created");
    assert_string_equal(wait_for(fixture, 5, sale, 2, 0), "queued");
    add_stock(fixture, "grape", 2);
    fixture_timers(fixture, FS_TIMERS_PASS);
    assert_string_equal(fixture_state(fixture, three), "held");
    audited(fixture);
    folded_again(fixture);
}


/* The first units that come back by whatever way are served in the same
 * pass. */

static void
test_ways(void **context)
{
    unsigned        i;
    uint32_t        sale;
    fs_seq_t        holds[5], late;
    fixture_t      *fixture = *context;
    fs_command_t    command;
    fs_operator_t   op;

    fixture_operator(&op, "grape");
    op.stock = 5;
    op.goal = 3;
    op.cancel_ms = 60000;
    sale = fixture_define(fixture, &op);

    for (i = 0; i < 5; i++) {
        assert_string_equal(fixture_take(fixture, 10 + i, sale, 1, 0),
                            "created");
        holds[i] = fixture->result.hold.seq;
    }

    for (i = 0; i < 5; i++) {
        (void) waits(fixture, 20 + i, sale, 1);
    }

    assert_string_equal(fixture_confirm(fixture, holds[0], 1, 100), "ok");
    assert_string_equal(fixture_confirm(fixture, holds[1], 2, 100), "ok");

    /* released; cancelled by the order service; given back */

    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_RELEASE, 12,
                                       holds[2]), "ok");
    fixture_timers(fixture, FS_TIMERS_PASS);
    assert_int_equal(fixture_sale(fixture, sale).queued, 4);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_CANCEL, holds[3], 0,
                                      0), "ok");
    fixture_timers(fixture, FS_TIMERS_PASS);
    assert_int_equal(fixture_sale(fixture, sale).queued, 3);

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_CANCEL_ORDER;
    command.hold = holds[0];
    fixture_buyer(command.buyer, 10);
    assert_string_equal(fixture_decide(fixture, &command, NULL), "ok");
    fixture_timers(fixture, FS_TIMERS_PASS);
    assert_int_equal(fixture_sale(fixture, sale).queued, 2);

    /* owed and for sale again */

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_REFUND;
    memcpy(command.buyer, fs_keys_of_orders, FS_BUYER_LEN);
    command.hold = holds[1];
    command.reason = FS_REASON_BAD;
    command.restock = 1;
    command.lines_n = 1;
    command.lines[0].sale = sale;
    command.lines[0].qty = 1;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "ok");
    fixture_timers(fixture, FS_TIMERS_PASS);
    assert_int_equal(fixture_sale(fixture, sale).queued, 1);

    /* expired, by a pass; a payment that comes too late for it gets no unit
     * that somebody waits for */

    late = holds[4];
    (void) waits(fixture, 30, sale, 1);
    fixture_pass(fixture, FIXTURE_TERM);
    assert_string_equal(fixture_confirm(fixture, late, 9, 100), "refund_due");
    assert_int_equal(fixture->result.reason, FS_REASON_LATE);
    assert_string_equal(fixture_state(fixture, late), "refund_due");
    fixture_timers(fixture, FS_TIMERS_PASS);
    assert_int_equal(fixture_sale(fixture, sale).queued, 1);
    audited(fixture);
    folded_again(fixture);
}


/* It is held so long; that it expires, or is given back, is no lapse. */

static void
test_held(void **context)
{
    unsigned     i;
    uint32_t     sale;
    fs_seq_t     hold;
    fixture_t   *fixture = *context;
    uint8_t      buyer[FS_BUYER_LEN];
    fs_hold_t    row;
    fs_units_t   units;
    fs_operator_t  op;

    fixture_operator(&op, "grape");
    op.stock = 1;
    op.hold_ms = 1000;
    sale = fixture_define(fixture, &op);

    for (i = 0; i < 5; i++) {
        assert_string_equal(fixture_take(fixture, 100 + i, sale, 1, 0),
                            "created");
        hold = waits(fixture, 1, sale, 1);
        op.price_fen = 200 + i;
        assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op,
                                          0), "ok");
        fixture_pass(fixture, 1000);
        fixture_timers(fixture, FS_TIMERS_PASS);

        row = hold_of(fixture, hold);
        assert_int_equal(row.state, FS_HOLD_HELD);
        assert_int_equal(row.expires_at, fixture->wall + QUEUE_MS);
        assert_int_equal(row.lines[0].price_fen, 200 + i);
        assert_int_equal(row.number, i + 1);

        if (i == 4) {
            break;
        }

        if (i % 2) {
            fixture_pass(fixture, QUEUE_MS - 1);
            fixture_timers(fixture, FS_TIMERS_PASS);
            assert_string_equal(fixture_state(fixture, hold), "held");
            fixture_pass(fixture, 1);
            fixture_timers(fixture, FS_TIMERS_PASS);
            assert_string_equal(fixture_state(fixture, hold), "expired");

        } else {
            assert_string_equal(fixture_buyers(fixture, FS_COMMAND_RELEASE, 1,
                                               hold), "ok");
        }
    }

    fixture_begin(fixture);
    fixture_buyer(buyer, 1);
    fs_sheet_units(&fixture->sheet, buyer, sale, &units);
    fixture_abort(fixture);
    assert_int_equal(units.lapses, 0);
    assert_int_equal(units.taken, 1);

    /* and it is bought like any other */

    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_PAY, 1, hold),
                        "ok");
    assert_string_equal(fixture_confirm(fixture, hold, 1, 204), "ok");
    audited(fixture);
    folded_again(fixture);
}


/* What can be done with a hold that waits. */

static void
test_commands(void **context)
{
    uint32_t    sale;
    fs_seq_t    hold;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 1, 0);
    fixture_point(fixture, "east");
    assert_string_equal(fixture_take(fixture, 9, sale, 1, 0), "created");
    hold = waits(fixture, 1, sale, 1);

    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_PAY, 1, hold),
                        "wrong_state");
    assert_int_equal(fixture->result.state, FS_HOLD_QUEUED);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_CANCEL, hold, 0, 0),
                        "wrong_state");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, hold, 0, 0),
                        "wrong_state");

    /* money for it is owed back, and it waits on */

    assert_string_equal(fixture_confirm(fixture, hold, 1, 100), "refund_due");
    assert_int_equal(fixture->result.reason, FS_REASON_WRONG_AMOUNT);
    assert_string_equal(fixture_state(fixture, hold), "queued");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 2,
                                      0), "ok");
    assert_string_equal(fixture_state(fixture, hold), "queued");

    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_RELEASE, 2, hold),
                        "no_such_hold");
    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_RELEASE, 1, hold),
                        "ok");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_RELEASED);
    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_RELEASE, 1, hold),
                        "ok");
    assert_int_equal(fixture_sale(fixture, sale).queued, 0);
    audited(fixture);
    folded_again(fixture);
}


/* Closing ends the waiting, in steps; from then on it reads so. */

static void
test_closed(void **context)
{
    unsigned        i;
    uint32_t        sale;
    fs_seq_t        holds[5], seq;
    fixture_t      *fixture = *context;
    fs_operator_t   op;

    fixture_operator(&op, "grape");
    op.stock = 10;
    op.closes_at = fixture->wall + 60000;
    sale = fixture_define(fixture, &op);
    assert_string_equal(fixture_take(fixture, 9, sale, 10, 0), "created");

    for (i = 0; i < 5; i++) {
        holds[i] = waits(fixture, 1 + i, sale, 2);
    }

    /* by the clock, which whoever asks looks at */

    fixture_pass(fixture, 60000);
    seq = fixture_seq(fixture);
    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_RELEASE, 1,
                                       holds[0]), "wrong_state");
    assert_int_equal(fixture->result.state, FS_HOLD_EXPIRED);
    assert_string_equal(fixture_entries(fixture, seq), "closed ended");
    assert_string_equal(fixture_state(fixture, holds[1]), "queued");
    assert_int_equal(hold_of(fixture, holds[1]).state, FS_HOLD_EXPIRED);

    /* it opens again when the last one has been told */

    op.closes_at = fixture->wall + 120000;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "ok");
    assert_int_equal(fixture_sale(fixture, sale).queued, 0);
    assert_string_equal(fixture_state(fixture, holds[1]), "expired");
    (void) waits(fixture, 1, sale, 2);
    assert_int_equal(fixture->result.hold.number, 6);
    assert_int_equal(fixture->result.hold.ahead, 0);

    /* money for what was waited for in vain buys nothing */

    add_stock(fixture, "grape", 20);
    fixture_timers(fixture, FS_TIMERS_PASS);
    assert_string_equal(fixture_confirm(fixture, holds[1], 7, 200),
                        "refund_due");
    assert_int_equal(fixture->result.reason, FS_REASON_LATE);
    audited(fixture);
    folded_again(fixture);
}


/* While a sale is paused nobody gets anything of it. */

static void
test_paused(void **context)
{
    uint32_t    sale;
    fs_seq_t    hold;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 1, 0);
    assert_string_equal(fixture_take(fixture, 9, sale, 1, 0), "created");
    hold = waits(fixture, 1, sale, 1);
    switched(fixture, FS_COMMAND_PAUSE, "grape");
    add_stock(fixture, "grape", 5);
    fixture_timers(fixture, FS_TIMERS_PASS);
    assert_string_equal(fixture_state(fixture, hold), "queued");
    assert_string_equal(wait_for(fixture, 2, sale, 1, 0), "paused");
    switched(fixture, FS_COMMAND_RESUME, "grape");
    fixture_timers(fixture, FS_TIMERS_PASS);
    assert_string_equal(fixture_state(fixture, hold), "held");
    switched(fixture, FS_COMMAND_CLOSE, "grape");
    assert_string_equal(wait_for(fixture, 2, sale, 1, 0), "closed");
}


/* At most so many are served by a pass, and the next goes on; through a
 * restart as well. */

static void
test_steps(void **context)
{
    unsigned    i;
    uint32_t    sale;
    fs_seq_t    last;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 400, 0);
    assert_string_equal(fixture_take(fixture, 9999, sale, 400, 0),
                        "created");
    last = 0;

    for (i = 0; i < 300; i++) {
        last = waits(fixture, 1 + i, sale, 1);
    }

    add_stock(fixture, "grape", 300);
    fixture_begin(fixture);
    assert_int_equal(fs_decide_timers(&fixture->sheet, &fixture->now,
                                      FS_TIMERS_PASS), FS_TIMERS_PASS);
    fixture_commit(fixture);
    assert_int_equal(fixture_sale(fixture, sale).queued, 44);
    assert_int_equal(hold_of(fixture, last).ahead, 43);

    fixture_reboot(fixture, 0);
    assert_int_equal(fixture_timers(fixture, FS_TIMERS_PASS), 44);
    assert_string_equal(fixture_state(fixture, last), "held");
    audited(fixture);
}


/* `ahead` never rises, and is never less than who still comes before. */

static void
test_ahead(void **context)
{
    unsigned    i, k, before, round;
    uint32_t    sale, ahead[40];
    fs_seq_t    holds[40];
    fixture_t  *fixture = *context;
    fs_hold_t   hold;

    sale = fixture_stocked(fixture, "grape", 100, 0);
    assert_string_equal(fixture_take(fixture, 9999, sale, 100, 0),
                        "created");

    for (i = 0; i < 40; i++) {
        holds[i] = waits(fixture, 1 + i, sale, 1 + i % 4);
        ahead[i] = fixture->result.hold.ahead;
    }

    for (round = 0; round < 30; round++) {

        if (round % 3 == 0) {
            (void) fixture_buyers(fixture, FS_COMMAND_RELEASE,
                                  1 + (round * 7) % 40,
                                  holds[(round * 7) % 40]);

        } else {
            add_stock(fixture, "grape", 1 + round % 2);
            fixture_timers(fixture, FS_TIMERS_PASS);
        }

        before = 0;

        for (k = 0; k < 40; k++) {
            hold = hold_of(fixture, holds[k]);

            if (hold.state != FS_HOLD_QUEUED) {
                continue;
            }

            assert_in_range(hold.ahead, before, ahead[k]);
            ahead[k] = hold.ahead;
            before++;
        }
    }
}


/* What one command and one step of a pass cost where so many wait. */

typedef struct {
    uint64_t  refusal;
    uint64_t  join;
    uint64_t  read;
    uint64_t  step;
    uint64_t  leave;
} cost_t;

static cost_t
cost_of(fixture_t *fixture, const char *slug, unsigned waiting)
{
    cost_t        cost;
    unsigned      i;
    uint32_t      sale;
    uint64_t      before;
    fs_seq_t      hold, some;
    fs_command_t  command;

    sale = fixture_stocked(fixture, slug, 100000, 0);
    assert_string_equal(fixture_take(fixture, 99999, sale, 10000, 0),
                        "created");
    add_stock(fixture, slug, -90000);
    fixture_begin(fixture);
    some = 0;

    for (i = 0; i < waiting; i++) {
        queue_command(&command, 1 + i, sale, 1 + i % 8, 0);
        command.queue_units = FS_STOCK_MAX;
        fs_decide(&fixture->sheet, &command, NULL, &fixture->now,
                  &fixture->result);
        assert_int_equal(fixture->result.outcome, FS_QUEUED);

        if (i == waiting / 2) {
            some = fixture->result.hold.seq;
        }

        if (i % 1000 == 999) {
            fixture_commit(fixture);
            fixture_begin(fixture);
        }
    }

    fixture_commit(fixture);

    before = work_done;
    assert_string_equal(fixture_take(fixture, 99998, sale, 1, 0),
                        "sold_out");
    cost.refusal = work_done - before;

    before = work_done;
    queue_command(&command, 99997, sale, 1, 0);
    command.queue_units = FS_STOCK_MAX;
    assert_string_equal(fixture_decide(fixture, &command, NULL), "queued");
    hold = fixture->result.hold.seq;
    cost.join = work_done - before;

    before = work_done;
    assert_true(hold_of(fixture, hold).ahead != 0);
    cost.read = work_done - before;

    add_stock(fixture, slug, 3);
    before = work_done;
    assert_int_equal(fixture_timers(fixture, FS_TIMERS_PASS), 2);
    cost.step = work_done - before;

    before = work_done;
    assert_string_equal(fixture_buyers(fixture, FS_COMMAND_RELEASE,
                                       1 + waiting / 2, some), "ok");
    cost.leave = work_done - before;

    return cost;
}


static void
test_cost(void **context)
{
    cost_t      few, many;
    fixture_t  *fixture = *context;

    few = cost_of(fixture, "few", 10);
    many = cost_of(fixture, "many", 10000);

    assert_true(few.refusal > 0 && few.join > 0 && few.read > 0
                && few.step > 0 && few.leave > 0);

    /* calls of LMDB: the same, but where a buyer's rows are looked for in one
     * generation more */

    assert_in_range(many.refusal, 1, few.refusal + 4);
    assert_in_range(many.join, 1, few.join + 8);
    assert_in_range(many.read, 1, few.read + 8);
    assert_in_range(many.step, 1, few.step + 16);
    assert_in_range(many.leave, 1, few.leave + 16);
}


static int
large_setup(void **context)
{
    fixture_t  *fixture;

    if (fixture_setup(context) != 0) {
        return -1;
    }

    fixture = *context;
    fixture_close(fixture, 0);
    files_remove(fixture->path);
    assert_int_equal(mkdir(fixture->path, 0700), 0);
    fixture->conf.generation = 1 << 20;
    fixture_open(fixture);

    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
#define TEST(name)                                                           \
        cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(test_waits),
        TEST(test_asks),
        TEST(test_limits),
        TEST(test_full),
        TEST(test_order),
        TEST(test_ways),
        TEST(test_held),
        TEST(test_commands),
        TEST(test_closed),
        TEST(test_paused),
        TEST(test_steps),
        TEST(test_ahead),
#undef TEST
        cmocka_unit_test_setup_teardown(test_cost, large_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
