
/* Refusals by a view, without a write: only what is sure. */

#include "fixture.h"


static int
refused(fixture_t *fixture, fs_reader_t *reader, const fs_command_t *command,
    fs_result_t *result)
{
    int                sure;
    fs_now_t           now;
    fs_view_t          view;
    fs_sheet_t         sheet;

    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    fs_store_now(fixture->store, &now);
    fs_view_state(&view, &sheet, fixture->crypto, fixture->cache);
    sure = fs_decide_refused(&sheet, &view, command, &now, result);
    fs_view_close(&view);

    return sure;
}


/* 6: a view refuses only what the decision would refuse, with its words. */

static void
test_refused(void **context)
{
    uint32_t        sale, limited, later;
    fixture_t      *fixture = *context;
    fs_result_t     result;
    fs_reader_t    *reader;
    fs_command_t    command;
    fs_operator_t   op;

    sale = fixture_stocked(fixture, "grape", 2, 0);
    limited = fixture_stocked(fixture, "egg", 2, 1);
    fixture_operator(&op, "tea");
    op.opens_at = fixture->wall + 5000;
    later = fixture_define(fixture, &op);
    reader = fs_reader_create(fixture->store);

    fixture_hold(&command, 1, sale, 2, 7);
    assert_false(refused(fixture, reader, &command, &result));
    fixture_decide(fixture, &command, NULL);

    /* a bound key is never refused; a free one is */

    assert_false(refused(fixture, reader, &command, &result));
    fixture_hold(&command, 1, sale, 1, 8);
    assert_true(refused(fixture, reader, &command, &result));
    assert_int_equal(result.outcome, FS_SOLD_OUT);
    assert_int_equal(result.sale, sale);
    assert_int_equal(result.free, 0);

    fixture_hold(&command, 1, limited, 2, 0);
    assert_true(refused(fixture, reader, &command, &result));
    assert_int_equal(result.outcome, FS_OVER_LIMIT);
    assert_int_equal(result.limit, 1);

    fixture_hold(&command, 1, later, 1, 0);
    assert_true(refused(fixture, reader, &command, &result));
    assert_int_equal(result.outcome, FS_NOT_OPEN);
    assert_int_equal(result.at, op.opens_at);

    fixture_hold(&command, 1, later + 1, 1, 0);
    assert_true(refused(fixture, reader, &command, &result));
    assert_int_equal(result.outcome, FS_NO_SUCH_SALE);

    command.type = FS_COMMAND_RELEASE;
    assert_false(refused(fixture, reader, &command, &result));

    /* a hold is due: the decision would expire it */

    fixture_pass(fixture, FIXTURE_TERM - 1);
    fixture_hold(&command, 1, sale, 1, 0);
    assert_true(refused(fixture, reader, &command, &result));
    fixture_pass(fixture, 1);
    assert_false(refused(fixture, reader, &command, &result));
    fixture_hold(&command, 1, later, 1, 0);
    assert_false(refused(fixture, reader, &command, &result));

    op.slug = fixture_str("grape");
    fixture_admin(fixture, FS_COMMAND_PAUSE, &op, 0);
    fixture_timers(fixture, 256);
    fixture_hold(&command, 1, sale, 1, 0);
    assert_true(refused(fixture, reader, &command, &result));
    assert_int_equal(result.outcome, FS_PAUSED);

    fixture_admin(fixture, FS_COMMAND_CLOSE, &op, 0);
    assert_true(refused(fixture, reader, &command, &result));
    assert_int_equal(result.outcome, FS_CLOSED);

    fs_reader_destroy(reader);
}


/* By what a view left behind; -1: there is nothing to go by. */

static int
recalled(fixture_t *fixture, fs_reader_t *reader, const fs_command_t *command,
    fs_result_t *result)
{
    int         sure;
    fs_now_t    now;
    fs_view_t   view;
    fs_sheet_t  sheet;

    if (!fs_view_recall(reader, fixture->cache, &view)) {
        return -1;
    }

    assert_null(view.index.txn);
    assert_int_equal(view.seq, atomic_load(&fixture->store->mark->seq));

    fs_store_now(fixture->store, &now);
    fs_view_state(&view, &sheet, fixture->crypto, fixture->cache);
    sure = fs_decide_refused(&sheet, &view, command, &now, result);
    fs_view_close(&view);

    return sure;
}


/* As long as nothing happens, a stranger is refused without a snapshot. */

static void
test_recalled(void **context)
{
    uint32_t        grape, egg, tea;
    fs_seq_t        hold;
    fixture_t      *fixture = *context;
    fs_mark_t      *mark;
    fs_result_t     result;
    fs_reader_t    *reader;
    fs_command_t    command, other;
    fs_operator_t   op;

    grape = fixture_stocked(fixture, "grape", 2, 0);
    egg = fixture_stocked(fixture, "egg", 1, 1);
    fixture_operator(&op, "tea");
    op.closes_at = fixture->wall + 5000;
    tea = fixture_define(fixture, &op);
    reader = fs_reader_create(fixture->store);
    mark = fixture->store->mark;

    fixture_take(fixture, 1, grape, 2, 7);
    hold = fixture->result.hold.seq;
    fixture_take(fixture, 1, egg, 1, 8);
    fixture_take(fixture, 1, tea, op.stock, 9);

    fixture_hold(&command, 2, grape, 1, 1);
    assert_int_equal(recalled(fixture, reader, &command, &result), -1);
    assert_true(refused(fixture, reader, &command, &result));

    memset(&result, 0xff, sizeof(result));
    assert_int_equal(recalled(fixture, reader, &command, &result), 1);
    assert_int_equal(result.outcome, FS_SOLD_OUT);
    assert_int_equal(result.sale, grape);
    assert_int_equal(result.free, 0);

    /* a buyer who has something is looked up, with a new key, too */

    fixture_hold(&other, 1, grape, 1, 7);
    assert_int_equal(recalled(fixture, reader, &other, &result), 0);
    fixture_hold(&other, 1, grape, 1, 77);
    assert_int_equal(recalled(fixture, reader, &other, &result), 0);
    assert_true(refused(fixture, reader, &other, &result));

    /* a sale that was not looked at: it is there all the same, afterwards */

    fixture_hold(&other, 2, egg, 1, 1);
    assert_int_equal(recalled(fixture, reader, &other, &result), 0);
    assert_int_equal(recalled(fixture, reader, &other, &result), 0);
    assert_true(refused(fixture, reader, &other, &result));
    assert_int_equal(result.outcome, FS_SOLD_OUT);
    assert_int_equal(recalled(fixture, reader, &other, &result), 1);
    assert_int_equal(result.sale, egg);
    assert_int_equal(recalled(fixture, reader, &command, &result), 1);
    assert_int_equal(result.sale, grape);

    /* the clock is looked at: a sale closes, a hold is due */

    fixture_hold(&other, 2, tea, 1, 1);
    assert_true(refused(fixture, reader, &other, &result));
    assert_int_equal(recalled(fixture, reader, &other, &result), 1);
    assert_int_equal(result.outcome, FS_SOLD_OUT);
    fixture_pass(fixture, 5000);
    assert_int_equal(recalled(fixture, reader, &other, &result), 1);
    assert_int_equal(result.outcome, FS_CLOSED);
    fixture_pass(fixture, FIXTURE_TERM - 5000 - 1);
    assert_int_equal(recalled(fixture, reader, &command, &result), 1);
    fixture_pass(fixture, 1);
    assert_int_equal(recalled(fixture, reader, &command, &result), 0);
    fixture_pass(fixture, -FIXTURE_TERM);

    /* what is not this state, in this place, is not recalled */

    assert_int_equal(recalled(fixture, reader, &command, &result), 1);

    atomic_store(&mark->epoch_due, 5);
    assert_int_equal(recalled(fixture, reader, &command, &result), -1);
    atomic_store(&mark->epoch_due, 0);

    atomic_store(&mark->stale, 1);
    assert_int_equal(recalled(fixture, reader, &command, &result), -1);
    atomic_store(&mark->stale, 0);

    atomic_fetch_add(&mark->lives, 1);
    assert_int_equal(recalled(fixture, reader, &command, &result), -1);
    atomic_fetch_sub(&mark->lives, 1);

    assert_int_equal(fs_store_follow_map(fixture->store,
                                         fixture->store->index), 0);
    assert_int_equal(recalled(fixture, reader, &command, &result), -1);
    assert_true(refused(fixture, reader, &command, &result));
    assert_int_equal(recalled(fixture, reader, &command, &result), 1);

    /* another process has committed something */

    atomic_fetch_add(&mark->seq, 1);
    assert_int_equal(recalled(fixture, reader, &command, &result), -1);
    atomic_fetch_sub(&mark->seq, 1);

    /* a unit comes back */

    fixture_buyers(fixture, FS_COMMAND_RELEASE, 1, hold);
    assert_int_equal(recalled(fixture, reader, &command, &result), -1);
    assert_false(refused(fixture, reader, &command, &result));
    assert_int_equal(recalled(fixture, reader, &command, &result), -1);

    fs_reader_destroy(reader);
}


#define test(name)                                                           \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(test_refused),
        test(test_recalled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
