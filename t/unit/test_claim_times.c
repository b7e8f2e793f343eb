
/*
 * When claims may be made, which are accepted by time, and what is owed then.
 */

#include "goods_rows.h"
#include "read/view_claims.h"


#define CLAIM_MS  86400000


static int
setup(void **context)
{
    fixture_t  *fixture;

    if (index_setup(context) != 0) {
        return -1;
    }

    fixture = *context;
    fixture_close(fixture, 0);
    fixture->conf.claim_ms = CLAIM_MS;
    fixture->conf.auto_fen = 200;
    fixture->conf.auto_claims = 2;
    fixture->conf.auto_ms = 30 * 86400000LL;
    fixture_open(fixture);

    return 0;
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


static const char *
claim(fixture_t *fixture, unsigned buyer, fs_seq_t hold, uint32_t sale,
    uint32_t qty)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_CLAIM;
    command.hold = hold;
    command.reason = FS_REASON_BAD;
    command.lines_n = 1;
    command.lines[0].sale = sale;
    command.lines[0].qty = qty;
    fixture_buyer(command.buyer, buyer);

    return fixture_decide(fixture, &command, NULL);
}


static const char *
answer(fixture_t *fixture, fs_seq_t hold, fs_seq_t seq, int accept)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_ANSWER_CLAIM;
    memcpy(command.buyer, fs_keys_of_orders, FS_BUYER_LEN);
    command.hold = hold;
    command.claim = seq;
    command.accept = (uint8_t) accept;

    return fixture_decide(fixture, &command, NULL);
}


/* From ready on, until a day after the hand-over; each unit once. */

static void
test_when(void **context)
{
    fs_seq_t    hold, one;
    uint32_t    egg;
    fixture_t  *fixture = *context;

    egg = fixture_stocked(fixture, "egg", 20, 0);
    hold = buy(fixture, 1, egg, 3);
    assert_string_equal(claim(fixture, 1, hold, egg, 1), "wrong_state");
    fixture_order(fixture, FS_COMMAND_READY, hold, 0, 0);
    assert_string_equal(claim(fixture, 2, hold, egg, 1), "no_such_hold");
    assert_string_equal(claim(fixture, 1, hold, egg, 4), "claimed");
    assert_string_equal(claim(fixture, 1, hold, egg, 1), "created");
    one = fixture->result.claim;
    fixture_order(fixture, FS_COMMAND_PICK_UP, hold, 0, 0);
    fixture_pass(fixture, CLAIM_MS);
    assert_string_equal(claim(fixture, 1, hold, egg, 3), "claimed");
    assert_string_equal(claim(fixture, 1, hold, egg, 2), "created");
    fixture_pass(fixture, 1);
    assert_string_equal(claim(fixture, 1, hold, egg, 1), "too_late");
    assert_int_equal(fixture_sale(fixture, egg).claimed_units, 3);

    assert_string_equal(answer(fixture, hold, one, 0), "ok");
    assert_string_equal(answer(fixture, hold, one, 0), "ok");
    assert_string_equal(answer(fixture, hold, one, 1), "wrong_state");
    assert_string_equal(answer(fixture, hold, one + 1, 1), "not_found");
    assert_int_equal(fixture_sale(fixture, egg).claimed_units, 2);
    assert_int_equal(goods_hold(fixture, hold).owed_fen, 0);
    goods_fold_again(fixture);
}


/* Small ones, and not too many: when they are due. */

static void
test_by_time(void **context)
{
    fs_seq_t    small, large, third, seq;
    uint32_t    egg;
    fixture_t  *fixture = *context;

    egg = fixture_stocked(fixture, "egg", 20, 0);
    small = buy(fixture, 1, egg, 2);
    large = buy(fixture, 1, egg, 3);
    third = buy(fixture, 1, egg, 3);
    fixture_order(fixture, FS_COMMAND_READY, small, 0, 0);
    fixture_order(fixture, FS_COMMAND_READY, large, 0, 0);
    fixture_order(fixture, FS_COMMAND_READY, third, 0, 0);

    assert_string_equal(claim(fixture, 1, small, egg, 2), "created");
    assert_string_equal(claim(fixture, 1, large, egg, 3), "created");
    assert_string_equal(claim(fixture, 1, third, egg, 1), "created");
    assert_string_equal(claim(fixture, 1, third, egg, 1), "created");

    fixture_pass(fixture, FIXTURE_REFUND - 1);
    fixture_timers(fixture, 64);
    assert_int_equal(goods_hold(fixture, small).owed_fen, 0);

    fixture_pass(fixture, 1);
    seq = fixture_seq(fixture);
    fixture_timers(fixture, 64);
    assert_string_equal(fixture_entries(fixture, seq),
                        "accepted owed accepted owed");
    assert_int_equal(goods_hold(fixture, small).owed_fen, 200);
    assert_int_equal(goods_hold(fixture, large).owed_fen, 0);
    assert_int_equal(goods_hold(fixture, third).owed_fen, 100);
    goods_fold_again(fixture);
}


/* What is owed meanwhile for another reason is not owed twice. */

static void
test_meanwhile(void **context)
{
    fs_seq_t       hold, seq;
    uint32_t       egg;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    egg = fixture_stocked(fixture, "egg", 20, 0);
    hold = buy(fixture, 1, egg, 2);
    fixture_order(fixture, FS_COMMAND_READY, hold, 0, 0);
    assert_string_equal(claim(fixture, 1, hold, egg, 2), "created");

    memset(&op, 0, sizeof(op));
    op.slug = fixture_str("egg");
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_CALL_OFF, &op, 0),
                        "accepted");
    fixture_timers(fixture, 64);
    assert_int_equal(goods_hold(fixture, hold).owed_fen, 200);

    fixture_pass(fixture, FIXTURE_REFUND);
    seq = fixture_seq(fixture);
    fixture_timers(fixture, 64);
    assert_string_equal(fixture_entries(fixture, seq), "accepted");
    assert_int_equal(goods_hold(fixture, hold).owed_fen, 200);
    assert_string_equal(claim(fixture, 1, hold, egg, 1), "claimed");
    goods_fold_again(fixture);
}


/* With a hold as a command left it: its claims of then, not of now. */

static void
check_shown(fixture_t *fixture, const fs_hold_t *hold, size_t want,
    unsigned open)
{
    size_t        i, n;
    unsigned      seen;
    fs_view_t     view;
    fs_claim_t    claims[FS_CLAIMS_SHOWN];
    fs_reader_t  *reader;

    reader = fs_reader_create(fixture->store);
    assert_non_null(reader);
    assert_int_equal(fs_view_open(reader, &view), 0);
    n = fs_view_claims(&view, hold, claims);
    fs_view_close(&view);
    fs_reader_destroy(reader);

    seen = 0;

    for (i = 0; i < n; i++) {
        seen += claims[i].state == FS_CLAIM_OPEN;
    }

    assert_int_equal(n, want);
    assert_int_equal(seen, open);
}


static void
test_shown(void **context)
{
    fs_seq_t    hold, first;
    uint32_t    egg;
    fs_hold_t   one, two;
    fixture_t  *fixture = *context;

    egg = fixture_stocked(fixture, "egg", 20, 0);
    hold = buy(fixture, 1, egg, 3);
    fixture_order(fixture, FS_COMMAND_READY, hold, 0, 0);
    assert_string_equal(claim(fixture, 1, hold, egg, 1), "created");
    first = fixture->result.claim;
    one = fixture->result.hold;
    assert_string_equal(claim(fixture, 1, hold, egg, 1), "created");
    two = fixture->result.hold;
    assert_string_equal(answer(fixture, hold, first, 0), "ok");

    check_shown(fixture, &one, 1, 1);
    check_shown(fixture, &two, 2, 2);
    check_shown(fixture, &fixture->result.hold, 2, 1);
    two = goods_hold(fixture, hold);
    check_shown(fixture, &two, 2, 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_when, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_by_time, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_meanwhile, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_shown, setup, fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
