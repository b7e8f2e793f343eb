
/*
 * Payments and what becomes of them: sold once, and every other payment due
 * back exactly once.  The numbers are those of the list of pitfalls.
 */

#include "fixture.h"


static fs_seq_t
take(fixture_t *fixture, unsigned buyer, uint32_t sale, uint32_t qty)
{
    assert_string_equal(fixture_take(fixture, buyer, sale, qty, 0),
                        "created");

    return fixture->result.hold.seq;
}


/* A confirm that must make a payment due back, and its repeat. */

static void
assert_due(fixture_t *fixture, fs_seq_t hold, unsigned reference,
    int64_t paid_fen, const char *reason, const char *state)
{
    fs_seq_t  seq;

    assert_string_equal(fixture_confirm(fixture, hold, reference, paid_fen),
                        "refund_due");
    assert_string_equal(fs_reason_name(fixture->result.reason), reason);
    assert_string_equal(fs_hold_state_name(fixture->result.hold.state),
                        state);
    seq = fixture_seq(fixture);

    assert_string_equal(fixture_confirm(fixture, hold, reference, paid_fen),
                        "refund_due");
    assert_string_equal(fs_reason_name(fixture->result.reason), reason);
    assert_int_equal(fixture_seq(fixture), seq);
}


static void
test_confirm(void **context)
{
    fs_seq_t    hold, seq;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 5, 0);
    hold = take(fixture, 1, sale, 2);
    fixture_buyers(fixture, FS_COMMAND_PAY, 1, hold);

    assert_string_equal(fixture_confirm(fixture, hold + 99, 1, 200),
                        "no_such_hold");
    assert_string_equal(fixture_confirm(fixture, hold, 1, 200), "ok");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_SOLD);
    fixture_units(fixture, sale, 0, 2);
    seq = fixture_seq(fixture);

    /* 12: the same reference again */

    assert_string_equal(fixture_confirm(fixture, hold, 1, 200), "ok");
    assert_int_equal(fixture_seq(fixture), seq);
    fixture_units(fixture, sale, 0, 2);

    assert_due(fixture, hold, 2, 200, "second_payment", "sold");
    fixture_units(fixture, sale, 0, 2);

    /* sold is not on a clock any more */

    fixture_pass(fixture, 10 * FIXTURE_PAY);
    assert_int_equal(fixture_timers(fixture, 256), 0);
    assert_string_equal(fixture_state(fixture, hold), "sold");
}


/* 9: a wrong amount sells nothing, and leaves the hold to be paid. */

static void
test_wrong_amount(void **context)
{
    fs_seq_t    hold;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 5, 0);
    hold = take(fixture, 1, sale, 2);

    assert_due(fixture, hold, 1, 199, "wrong_amount", "held");
    assert_due(fixture, hold, 2, 201, "wrong_amount", "held");
    fixture_units(fixture, sale, 2, 0);
    assert_string_equal(fixture_confirm(fixture, hold, 3, 200), "ok");
    fixture_units(fixture, sale, 0, 2);

    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 8,
                                      2), "ok");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_SOLD);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 9,
                                      2), "nothing_due");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 9,
                                      1), "ok");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 10,
                                      0), "nothing_due");
}


static void
test_paid_too_late(void **context)
{
    fs_seq_t    released, cancelled, withdrawn;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 5, 0);
    released = take(fixture, 1, sale, 1);
    cancelled = take(fixture, 1, sale, 1);
    withdrawn = take(fixture, 1, sale, 1);

    fixture_buyers(fixture, FS_COMMAND_RELEASE, 1, released);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_CANCEL, cancelled,
                                      0, 0), "ok");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_CANCELLED);
    fixture_units(fixture, sale, 1, 0);

    fixture_pass(fixture, FIXTURE_TERM);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_CANCEL, withdrawn,
                                      0, 0), "ok");
    assert_string_equal(fixture_entries(fixture, fixture_seq(fixture) - 2),
                        "expired withdrawn");
    fixture_units(fixture, sale, 0, 0);

    assert_string_equal(fixture_order(fixture, FS_COMMAND_CANCEL, cancelled,
                                      0, 0), "ok");
    assert_int_equal(fixture->sheet.seq, fixture->sheet.begun);

    assert_due(fixture, released, 1, 100, "released", "refund_due");
    assert_due(fixture, cancelled, 1, 100, "cancelled", "refund_due");
    assert_due(fixture, withdrawn, 1, 77, "cancelled", "refund_due");
    assert_due(fixture, withdrawn, 2, 100, "second_payment", "refund_due");
    fixture_units(fixture, sale, 0, 0);

    assert_string_equal(fixture_order(fixture, FS_COMMAND_CANCEL, released, 0,
                                      0), "wrong_state");
}


/* 8: a payment after the hold expired. */

static void
test_late(void **context)
{
    fs_seq_t    hold, other;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 2, 2);
    hold = take(fixture, 1, sale, 2);

    /* nobody has noticed yet that it is over; its units are free */

    fixture_pass(fixture, FIXTURE_TERM);
    assert_string_equal(fixture_confirm(fixture, hold, 1, 200), "ok");
    assert_string_equal(fixture_entries(fixture, fixture_seq(fixture) - 2),
                        "expired sold_late");
    fixture_units(fixture, sale, 0, 2);
    assert_string_equal(fixture_confirm(fixture, hold, 1, 200), "ok");

    /* units gone meanwhile; held by one whose time is over: not gone */

    sale = fixture_stocked(fixture, "egg", 2, 0);
    hold = take(fixture, 1, sale, 2);
    fixture_pass(fixture, FIXTURE_TERM);
    other = take(fixture, 2, sale, 1);
    assert_due(fixture, hold, 1, 200, "late", "refund_due");

    hold = take(fixture, 3, sale, 1);
    fixture_pass(fixture, FIXTURE_TERM);
    fixture_timers(fixture, 1);
    assert_string_equal(fixture_state(fixture, other), "expired");
    fixture_take(fixture, 4, sale, 2, 0);
    fixture_pass(fixture, FIXTURE_TERM);
    assert_string_equal(fixture_confirm(fixture, hold, 1, 100), "ok");
    fixture_units(fixture, sale, 0, 1);

    /* another wrong amount is due back at once */

    assert_due(fixture, other, 1, 1, "wrong_amount", "refund_due");
}


static void
test_limit_used(void **context)
{
    fs_seq_t    hold, own;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 9, 2);
    hold = take(fixture, 1, sale, 2);
    fixture_pass(fixture, FIXTURE_TERM);
    fixture_timers(fixture, 256);
    own = take(fixture, 1, sale, 1);

    assert_due(fixture, hold, 1, 200, "limit_used", "refund_due");
    fixture_units(fixture, sale, 1, 0);

    /* what the buyer let expire does not count */

    hold = take(fixture, 1, sale, 1);
    fixture_pass(fixture, FIXTURE_TERM);
    assert_string_equal(fixture_confirm(fixture, hold, 1, 100), "ok");
    assert_string_equal(fixture_confirm(fixture, own, 1, 100), "ok");
    fixture_units(fixture, sale, 0, 2);
}


/* All lines of a late one are sold again, or none. */

static void
test_late_lines(void **context)
{
    fs_seq_t      hold, thief;
    uint32_t      grape, egg;
    fixture_t    *fixture = *context;
    fs_command_t  command;

    grape = fixture_stocked(fixture, "grape", 2, 0);
    egg = fixture_stocked(fixture, "egg", 1, 0);

    fixture_hold(&command, 1, grape, 2, 0);
    command.lines_n = 2;
    command.lines[1].sale = egg;
    command.lines[1].qty = 1;
    fixture_decide(fixture, &command, NULL);
    hold = fixture->result.hold.seq;

    fixture_pass(fixture, FIXTURE_TERM);
    thief = take(fixture, 2, egg, 1);
    fixture_units(fixture, grape, 0, 0);
    assert_due(fixture, hold, 1, 300, "late", "refund_due");
    fixture_units(fixture, grape, 0, 0);
    fixture_units(fixture, egg, 1, 0);

    fixture_buyers(fixture, FS_COMMAND_RELEASE, 2, thief);
    fixture_decide(fixture, &command, NULL);
    hold = fixture->result.hold.seq;
    fixture_pass(fixture, FIXTURE_TERM);
    assert_string_equal(fixture_confirm(fixture, hold, 1, 300), "ok");
    assert_string_equal(fixture_entries(fixture, fixture_seq(fixture) - 4),
                        "expired expired sold_late sold_late");
    fixture_units(fixture, grape, 0, 2);
    fixture_units(fixture, egg, 0, 1);
}


static void
test_refunded(void **context)
{
    fs_seq_t    hold, seq;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 5, 0);
    hold = take(fixture, 1, sale, 1);

    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 8,
                                      0), "nothing_due");
    fixture_buyers(fixture, FS_COMMAND_RELEASE, 1, hold);

    /* references in no order: the oldest due is the first paid */

    fixture_confirm(fixture, hold, 5, 100);
    fixture_confirm(fixture, hold, 2, 50);
    fixture_confirm(fixture, hold, 9, 70);

    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 21,
                                      0), "ok");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_REFUND_DUE);
    seq = fixture_seq(fixture);

    /* 12: the same refund again settles nothing more */

    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 21,
                                      0), "ok");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 21,
                                      5), "ok");

    /* and no other payment, be it owed or not there */

    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 21,
                                      9), "refund_used");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 21,
                                      77), "refund_used");
    assert_int_equal(fixture_seq(fixture), seq);

    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 22,
                                      5), "nothing_due");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 22,
                                      9), "ok");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_REFUND_DUE);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 23,
                                      0), "ok");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_REFUNDED);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 24,
                                      0), "nothing_due");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 23,
                                      0), "ok");

    /* and whoever pays once more gets it back once more */

    assert_due(fixture, hold, 11, 100, "second_payment", "refund_due");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 25,
                                      0), "ok");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_REFUNDED);
}


/* An index of before had no row for a refund but that of its hold. */

static void
forget_refund(fixture_t *fixture, unsigned number)
{
    size_t    key_len = strlen("identity");
    uint8_t   key[FS_PAYMENT_KEY_LEN], reference[FS_REFERENCE_LEN];
    fs_txn_t  txn;
    uint8_t   identity[8];

    memset(&txn, 0, sizeof(fs_txn_t));
    assert_int_equal(mdb_txn_begin(fixture->store->index, NULL, 0, &txn.txn),
                     0);

    fixture_reference(reference, number);
    fs_payment_key(key, FS_REFUND_ANY, reference, FS_REFUND_MARK);
    assert_int_equal(fs_db_delete(&txn, fixture->store->index_dbi[
                                  FS_INDEX_PAYMENTS], key, sizeof(key), NULL,
                                  0), 1);

    fs_set_le32(identity, fixture->store->index_n);
    fs_set_le32(identity + 4, fixture->store->generation);
    fs_db_put(&txn, fixture->store->index_dbi[FS_INDEX_META], "identity",
              key_len, identity, sizeof(identity), 0);

    assert_int_equal(txn.error, 0);
    assert_int_equal(mdb_txn_commit(txn.txn), 0);
}


/* The reference of a refund settles one debt of the whole store. */

static void
test_refund_used(void **context)
{
    fs_seq_t    hold, other;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 5, 0);
    hold = take(fixture, 1, sale, 1);
    other = take(fixture, 2, sale, 1);
    fixture_buyers(fixture, FS_COMMAND_RELEASE, 1, hold);
    fixture_buyers(fixture, FS_COMMAND_RELEASE, 2, other);
    fixture_confirm(fixture, hold, 1, 100);
    fixture_confirm(fixture, other, 1, 100);

    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 21,
                                      0), "ok");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, other,
                                      21, 0), "refund_used");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, other,
                                      21, 1), "refund_used");
    assert_string_equal(fixture_state(fixture, other), "refund_due");

    /* also when the index is folded again, and when it was of before */

    forget_refund(fixture, 21);
    fixture_close(fixture, 1);
    fixture_open(fixture);
    assert_int_equal(fixture->store->index_n, 2);

    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, other,
                                      21, 0), "refund_used");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 21,
                                      1), "ok");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, other,
                                      22, 0), "ok");
    assert_string_equal(fixture_state(fixture, other), "refunded");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, hold, 22,
                                      0), "refund_used");
}


static void
test_handover(void **context)
{
    fs_seq_t    hold;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 5, 0);
    hold = take(fixture, 1, sale, 1);

    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, hold, 0, 0),
                        "wrong_state");
    fixture_confirm(fixture, hold, 1, 100);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_PICK_UP, hold, 0,
                                      0), "wrong_state");
    assert_int_equal(fixture->result.state, FS_HOLD_SOLD);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, hold, 0, 0),
                        "ok");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_READY, hold, 0, 0),
                        "ok");
    assert_int_equal(fixture->sheet.seq, fixture->sheet.begun);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_PICK_UP, hold, 0,
                                      0), "ok");
    assert_string_equal(fixture_order(fixture, FS_COMMAND_PICK_UP, hold, 0,
                                      0), "ok");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_PICKED_UP);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_CANCEL, hold, 0, 0),
                        "wrong_state");
    assert_due(fixture, hold, 2, 100, "second_payment", "picked_up");
    fixture_units(fixture, sale, 0, 1);
}


#define test(name)                                                           \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(test_confirm),
        test(test_wrong_amount),
        test(test_paid_too_late),
        test(test_late),
        test(test_limit_used),
        test(test_late_lines),
        test(test_refunded),
        test(test_refund_used),
        test(test_handover),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
