
/*
 * Idempotency keys: one key is one hold, for a day after its end.  12 is the
 * number of the bug in the list of pitfalls.
 */

#include "fixture.h"


/* 12: a key is one hold, also sold out since, also twice in one batch. */

static void
test_key(void **context)
{
    fs_seq_t      hold;
    uint32_t      sale;
    fixture_t    *fixture = *context;
    fs_result_t   results[2];
    fs_command_t  command;

    sale = fixture_stocked(fixture, "grape", 2, 0);

    fixture_hold(&command, 1, sale, 2, 7);

    fixture_begin(fixture);
    fs_decide(&fixture->sheet, &command, NULL, &fixture->now, &results[0]);
    fs_decide(&fixture->sheet, &command, NULL, &fixture->now, &results[1]);
    fixture_commit(fixture);

    assert_int_equal(results[0].outcome, FS_CREATED);
    assert_int_equal(results[1].outcome, FS_REPLAYED);
    assert_int_equal(results[1].hold.seq, results[0].hold.seq);
    hold = results[0].hold.seq;
    fixture_units(fixture, sale, 2, 0);

    assert_string_equal(fixture_take(fixture, 1, sale, 1, 7), "key_reused");
    assert_string_equal(fixture_take(fixture, 1, sale, 2, 8), "sold_out");

    /* keys belong to a buyer, and a refusal binds none */

    assert_string_equal(fixture_take(fixture, 2, sale, 2, 7), "sold_out");
    fixture_buyers(fixture, FS_COMMAND_RELEASE, 1, hold);
    assert_string_equal(fixture_take(fixture, 2, sale, 1, 7), "created");

    /* the hold as it is now */

    assert_string_equal(fixture_take(fixture, 1, sale, 2, 7), "replayed");
    assert_int_equal(fixture->result.hold.seq, hold);
    assert_int_equal(fixture->result.hold.state, FS_HOLD_RELEASED);
}


static void
test_key_payload(void **context)
{
    uint32_t      grape, egg;
    fixture_t    *fixture = *context;
    fs_command_t  command, other;

    grape = fixture_stocked(fixture, "grape", 9, 0);
    egg = fixture_stocked(fixture, "egg", 9, 0);

    fixture_point(fixture, "xingfu");

    fixture_cart(&command, 1, grape, egg, 2);
    fs_set_le32(command.key, 7);
    fs_slug_set(&command.pickup, fixture_str("xingfu"));
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");
    assert_int_equal(fixture->result.hold.pickup, 1);

    /* the order of the lines is not the payload; the pickup point is */

    other = command;
    other.lines[0] = command.lines[1];
    other.lines[1] = command.lines[0];
    assert_string_equal(fixture_decide(fixture, &other, NULL), "replayed");

    other.lines[0].qty = 3;
    assert_string_equal(fixture_decide(fixture, &other, NULL), "key_reused");

    other = command;
    other.lines_n = 1;
    assert_string_equal(fixture_decide(fixture, &other, NULL), "key_reused");

    other = command;
    other.pickup.len = 0;
    assert_string_equal(fixture_decide(fixture, &other, NULL), "key_reused");

    fs_slug_set(&other.pickup, fixture_str("elsewhere"));
    assert_string_equal(fixture_decide(fixture, &other, NULL), "key_reused");
}


/* A key is kept for a day after its hold has ended, then swept. */

static void
test_key_kept(void **context)
{
    fs_seq_t    hold;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 9, 0);
    fixture_take(fixture, 1, sale, 1, 7);
    hold = fixture->result.hold.seq;
    fixture_pass(fixture, FIXTURE_TERM);
    assert_int_equal(fixture_timers(fixture, 256), 1);

    fixture_pass(fixture, FS_KEY_KEPT_MS - 1);
    assert_int_equal(fixture_timers(fixture, 256), 0);
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 7), "replayed");
    assert_int_equal(fixture->result.hold.seq, hold);

    /* not swept yet, and as absent; then the old one's sweep leaves it */

    fixture_pass(fixture, 1);
    assert_string_equal(fixture_take(fixture, 1, sale, 2, 7), "created");
    assert_true(fixture->result.hold.seq > hold);
    hold = fixture->result.hold.seq;
    assert_int_equal(fixture_timers(fixture, 256), 1);
    assert_string_equal(fixture_take(fixture, 1, sale, 2, 7), "replayed");
    assert_int_equal(fixture->result.hold.seq, hold);

    fixture_buyers(fixture, FS_COMMAND_RELEASE, 1, hold);
    fixture_pass(fixture, FS_KEY_KEPT_MS);
    assert_int_equal(fixture_timers(fixture, 256), 1);
    assert_int_equal(fixture_timers(fixture, 256), 0);
    assert_string_equal(fixture_take(fixture, 1, sale, 3, 7), "created");

    /* what nobody has ended yet has not ended */

    fixture_pass(fixture, FIXTURE_TERM + FS_KEY_KEPT_MS);
    assert_string_equal(fixture_take(fixture, 1, sale, 3, 7), "replayed");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_EXPIRED);
}


#define test(name)                                                           \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(test_key),
        test(test_key_payload),
        test(test_key_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
