
/*
 * Records of the ledger: their bytes, their numbers, what they do to units,
 * and what is no record.  Their lines are in test_ledger_lines.c.
 */

#include "story.h"


static void
test_effects(void **state)
{
    size_t             i;
    fs_entry_t         entry;
    fs_entry_effect_t  effect;
    static const struct {
        fs_entry_type_t    type;
        fs_entry_effect_t  effect;
    }  expected[] = {
        { FS_ENTRY_SALE, { 0, 0, 0, 0 } },
        { FS_ENTRY_STOCK, { 7, 0, 0, 0 } },
        { FS_ENTRY_HELD, { 0, 7, 0, 0 } },
        { FS_ENTRY_PAYING, { 0, 0, 0, 0 } },
        { FS_ENTRY_RELEASED, { 0, -7, 0, 0 } },
        { FS_ENTRY_EXPIRED, { 0, -7, 0, 0 } },
        { FS_ENTRY_CANCELLED, { 0, -7, 0, 0 } },
        { FS_ENTRY_WITHDRAWN, { 0, 0, 0, 0 } },
        { FS_ENTRY_SOLD, { 0, -7, 7, 7 } },
        { FS_ENTRY_SOLD_LATE, { 0, 0, 7, 7 } },
        { FS_ENTRY_REFUND_DUE, { 0, 0, 0, 0 } },
        { FS_ENTRY_RETURNED, { 0, 0, -7, 0 } },
        { FS_ENTRY_FORMED, { 0, 0, 0, 0 } },
        { FS_ENTRY_FAILED, { 0, 0, 0, 0 } },
        { FS_ENTRY_OWED, { 0, 0, 0, 0 } },
        { FS_ENTRY_RESTOCKED, { 0, 0, -7, 0 } }
    };

    (void) state;

    for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        memset(&entry, 0, sizeof(entry));
        entry.type = (uint8_t) expected[i].type;
        entry.qty = 7;

        fs_entry_effect(&entry, &effect);

        assert_int_equal(effect.stock, expected[i].effect.stock);
        assert_int_equal(effect.held, expected[i].effect.held);
        assert_int_equal(effect.sold, expected[i].effect.sold);
        assert_int_equal(effect.joined, expected[i].effect.joined);
    }

    entry.type = FS_ENTRY_OWED;
    entry.flags = FS_ENTRY_LEFT;
    fs_entry_effect(&entry, &effect);
    assert_int_equal(effect.joined, -7);

    entry.type = FS_ENTRY_STOCK;
    entry.qty = -7;
    fs_entry_effect(&entry, &effect);
    assert_int_equal(effect.stock, -7);

    /* of a damaged record */

    entry.type = FS_ENTRY_RELEASED;
    entry.qty = INT32_MIN;
    fs_entry_effect(&entry, &effect);
    assert_true(effect.held == 2147483648);
}


/* Each field at its place on disk. */

static void
test_record_layout(void **state)
{
    size_t      i;
    uint8_t     record[FS_ENTRY_SIZE];
    fs_entry_t  entry, back;

    (void) state;

    memset(&entry, 0, sizeof(entry));
    entry.seq = 77;
    entry.type = FS_ENTRY_REFUND_DUE;
    entry.reason = FS_REASON_LATE;
    entry.line = 3;
    entry.lines_n = 8;
    entry.flags = FS_ENTRY_GOAL_BY_PICKUP;
    entry.at = 0x0807060504030201;
    entry.sale = 0x14131211;
    entry.pickup = 0x24232221;
    entry.hold = 0x3837363534333231;
    entry.qty = -2;
    entry.number = 0x54535251;
    entry.amount_fen = -3;
    entry.time1 = 0x3867666564636261;
    entry.time2 = -4;
    memset(entry.id1, 0xa1, sizeof(entry.id1));
    memset(entry.id2, 0xa2, sizeof(entry.id2));
    memset(entry.key, 0xa3, sizeof(entry.key));
    entry.number2 = 0x74737271;
    entry.number3 = 0x84838281;
    memset(entry.hash, 0xa4, sizeof(entry.hash));

    fs_entry_encode(&entry, record);

    static const uint8_t  expected[FS_ENTRY_HASH_OFFSET] = {
        1, FS_ENTRY_REFUND_DUE, FS_REASON_LATE, 3, 8, 1, 0, 0,
        0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
        0x11, 0x12, 0x13, 0x14, 0x21, 0x22, 0x23, 0x24,
        0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38,
        0xfe, 0xff, 0xff, 0xff, 0x51, 0x52, 0x53, 0x54,
        0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x38,
        0xfc, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1,
        0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1,
        0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xa2,
        0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xa2, 0xa2,
        0xa3, 0xa3, 0xa3, 0xa3, 0xa3, 0xa3, 0xa3, 0xa3,
        0x71, 0x72, 0x73, 0x74, 0x81, 0x82, 0x83, 0x84
    };

    assert_memory_equal(record, expected, sizeof(expected));

    for (i = FS_ENTRY_HASH_OFFSET; i < FS_ENTRY_SIZE; i++) {
        assert_int_equal(record[i], 0xa4);
    }

    memset(&back, 0, sizeof(back));
    assert_int_equal(fs_entry_decode(&back, 77, record, sizeof(record)), 0);
    assert_memory_equal(&back, &entry, sizeof(entry));
}


/* Numbers of the types and reasons are on disk: they never change. */

static void
test_numbers_are_frozen(void **state)
{
    (void) state;

    assert_int_equal(FS_ENTRY_STORE, 1);
    assert_int_equal(FS_ENTRY_BOOT, 2);
    assert_int_equal(FS_ENTRY_CLOCK, 3);
    assert_int_equal(FS_ENTRY_SALE, 4);
    assert_int_equal(FS_ENTRY_STOCK, 5);
    assert_int_equal(FS_ENTRY_OPENED, 6);
    assert_int_equal(FS_ENTRY_PAUSED, 7);
    assert_int_equal(FS_ENTRY_RESUMED, 8);
    assert_int_equal(FS_ENTRY_CLOSED, 9);
    assert_int_equal(FS_ENTRY_HELD, 10);
    assert_int_equal(FS_ENTRY_PAYING, 11);
    assert_int_equal(FS_ENTRY_RELEASED, 12);
    assert_int_equal(FS_ENTRY_EXPIRED, 13);
    assert_int_equal(FS_ENTRY_CANCELLED, 14);
    assert_int_equal(FS_ENTRY_WITHDRAWN, 15);
    assert_int_equal(FS_ENTRY_SOLD, 16);
    assert_int_equal(FS_ENTRY_SOLD_LATE, 17);
    assert_int_equal(FS_ENTRY_REFUND_DUE, 18);
    assert_int_equal(FS_ENTRY_RETURNED, 19);
    assert_int_equal(FS_ENTRY_REFUNDED, 20);
    assert_int_equal(FS_ENTRY_FORMED, 21);
    assert_int_equal(FS_ENTRY_FAILED, 22);
    assert_int_equal(FS_ENTRY_READY, 23);
    assert_int_equal(FS_ENTRY_PICKED_UP, 24);
    assert_int_equal(FS_ENTRY_DECIDED, 25);
    assert_int_equal(FS_ENTRY_DOCUMENT, 26);
    assert_int_equal(FS_ENTRY_LIFE, 27);
    assert_int_equal(FS_ENTRY_POINT, 28);
    assert_int_equal(FS_ENTRY_DELETED, 29);
    assert_int_equal(FS_ENTRY_OWED, 30);
    assert_int_equal(FS_ENTRY_RESTOCKED, 31);
    assert_int_equal(FS_ENTRY_SHORT, 32);
    assert_int_equal(FS_ENTRY_PUT_BACK, 33);
    assert_int_equal(FS_ENTRY_DOUBLE, 34);
    assert_int_equal(FS_ENTRY_WAVE, 35);
    assert_int_equal(FS_ENTRY_FROZEN, 36);
    assert_int_equal(FS_ENTRY_RECEIVED, 37);
    assert_int_equal(FS_ENTRY_CLAIMED, 38);
    assert_int_equal(FS_ENTRY_ACCEPTED, 39);
    assert_int_equal(FS_ENTRY_DENIED, 40);
    assert_int_equal(FS_ENTRY_CALLED_OFF, 41);
    assert_int_equal(FS_ENTRY_COMPENSATED, 42);
    assert_int_equal(FS_ENTRY_SETTLED, 43);
    assert_int_equal(FS_ENTRY_TERMS, 44);
    assert_int_equal(FS_ENTRY_GRANTED, 45);
    assert_int_equal(FS_ENTRY_BOUND, 46);
    assert_int_equal(FS_ENTRY_UNBOUND, 47);
    assert_int_equal(FS_ENTRY_REVEALED, 48);
    assert_int_equal(FS_ENTRY_DRAWN, 49);
    assert_int_equal(FS_ENTRY_QUEUED, 50);
    assert_int_equal(FS_ENTRY_SERVED, 51);
    assert_int_equal(FS_ENTRY_STEPPED, 52);
    assert_int_equal(FS_ENTRY_ENDED, 53);
    assert_int_equal(FS_ENTRY_REFERRED, 54);
    assert_int_equal(FS_ENTRY_TYPES_N, 55);

    assert_int_equal(FS_REASON_LATE, 1);
    assert_int_equal(FS_REASON_RELEASED, 2);
    assert_int_equal(FS_REASON_CANCELLED, 3);
    assert_int_equal(FS_REASON_SECOND_PAYMENT, 4);
    assert_int_equal(FS_REASON_WRONG_AMOUNT, 5);
    assert_int_equal(FS_REASON_GROUP_FAILED, 6);
    assert_int_equal(FS_REASON_LIMIT_USED, 7);
    assert_int_equal(FS_REASON_OTHER_LIFE, 8);
    assert_int_equal(FS_REASON_BAD, 9);
    assert_int_equal(FS_REASON_SHORT, 10);
    assert_int_equal(FS_REASON_GOODWILL, 11);
    assert_int_equal(FS_REASON_DAMAGED, 12);
    assert_int_equal(FS_REASON_WRONG, 13);
    assert_int_equal(FS_REASON_SALE_CANCELLED, 14);
    assert_int_equal(FS_REASON_COMPENSATION, 15);
    assert_int_equal(FS_REASON_GIFT_GONE, 16);
    assert_int_equal(FS_REASON_ASKED, 17);
    assert_int_equal(FS_REASON_EXPIRED, 18);
    assert_int_equal(FS_REASON_RETURNED, 19);
    assert_int_equal(FS_REASON_NEWCOMER, 20);
    assert_int_equal(FS_REASON_INVITER, 21);
    assert_int_equal(FS_REASONS_N, 22);

    assert_int_equal(FS_VIA_SCAN, 1);
    assert_int_equal(FS_VIA_CODE, 2);
    assert_int_equal(FS_VIA_LIST, 3);
    assert_int_equal(FS_VIAS_N, 4);
}


/* The story has two reasons: the names of all are frozen with the lines. */

static void
test_reasons_are_frozen(void **state)
{
    unsigned  reason;

    static const char *const  reasons[FS_REASONS_N] = {
        "none", "late", "released", "cancelled", "second_payment",
        "wrong_amount", "group_failed", "limit_used", "other_life",
        "bad", "short", "goodwill", "damaged", "wrong", "sale_cancelled",
        "compensation", "gift_gone", "asked", "expired", "returned",
        "newcomer", "inviter"
    };

    (void) state;

    for (reason = 0; reason < FS_REASONS_N; reason++) {
        assert_string_equal(fs_reason_name(reason), reasons[reason]);
    }
}


static void
test_decode_refuses(void **state)
{
    uint8_t     record[FS_ENTRY_SIZE + 1];
    fs_entry_t  entry;

    (void) state;

    memset(record, 0, sizeof(record));
    entry = entries[9];
    fs_entry_encode(&entry, record);
    assert_int_equal(fs_entry_decode(&entry, 1, record, FS_ENTRY_SIZE), 0);

    assert_int_equal(fs_entry_decode(&entry, 1, record, FS_ENTRY_SIZE - 1),
                     -1);
    assert_int_equal(fs_entry_decode(&entry, 1, record, FS_ENTRY_SIZE + 1),
                     -1);
    assert_int_equal(fs_entry_decode(&entry, 1, record, 0), -1);

    record[0] = 2;
    assert_int_equal(fs_entry_decode(&entry, 1, record, FS_ENTRY_SIZE), -1);
    record[0] = 0;
    assert_int_equal(fs_entry_decode(&entry, 1, record, FS_ENTRY_SIZE), -1);
    record[0] = 1;

    record[1] = FS_ENTRY_NONE;
    assert_int_equal(fs_entry_decode(&entry, 1, record, FS_ENTRY_SIZE), -1);
    record[1] = FS_ENTRY_TYPES_N;
    assert_int_equal(fs_entry_decode(&entry, 1, record, FS_ENTRY_SIZE), -1);
    record[1] = FS_ENTRY_HELD;

    record[2] = FS_REASONS_N;
    assert_int_equal(fs_entry_decode(&entry, 1, record, FS_ENTRY_SIZE), -1);
    record[2] = 0;

    record[7] = 1;
    assert_int_equal(fs_entry_decode(&entry, 1, record, FS_ENTRY_SIZE), -1);
    record[7] = 0;

    assert_int_equal(fs_entry_decode(&entry, 1, record, FS_ENTRY_SIZE), 0);
}


/* A record that would lead the fold or the audit astray is no entry. */

static void
refuses(const fs_entry_t *entry)
{
    uint8_t     record[FS_ENTRY_SIZE];
    fs_entry_t  back;

    fs_entry_encode(entry, record);
    assert_int_equal(fs_entry_decode(&back, 1, record, sizeof(record)), -1);
}


static void
test_decode_refuses_nonsense(void **state)
{
    size_t      i;
    uint8_t     record[FS_ENTRY_SIZE];
    fs_entry_t  entry;

    (void) state;

    for (i = 0; i < ENTRIES_N; i++) {
        fs_entry_encode(&entries[i], record);
        assert_int_equal(fs_entry_decode(&entry, 1, record, sizeof(record)),
                         0);

        if (entries[i].sale != 0 && entries[i].type != FS_ENTRY_PAYING
            && entries[i].type != FS_ENTRY_WITHDRAWN
            && entries[i].type != FS_ENTRY_REFUNDED)
        {
            entry = entries[i];
            entry.sale = 0;
            refuses(&entry);
        }

        if (entries[i].hold != 0) {
            entry = entries[i];
            entry.hold = 0;
            refuses(&entry);
        }

        if (entries[i].type == FS_ENTRY_WAVE
            || entries[i].type == FS_ENTRY_FROZEN
            || entries[i].type == FS_ENTRY_RECEIVED)
        {
            entry = entries[i];
            entry.number = 0;
            refuses(&entry);
        }

        if (entries[i].type == FS_ENTRY_ACCEPTED
            || entries[i].type == FS_ENTRY_DENIED
            || entries[i].type == FS_ENTRY_SETTLED)
        {
            entry = entries[i];
            entry.time1 = 0;
            refuses(&entry);
        }

        if (entries[i].type >= FS_ENTRY_SHORT && entries[i].qty != 0) {
            entry = entries[i];
            entry.qty = -1;
            refuses(&entry);
            entry = entries[i];
            entry.amount_fen = -1;
            refuses(&entry);
        }

        if (entries[i].type == FS_ENTRY_READY && entries[i].sale != 0) {
            entry = entries[i];
            entry.number2 = (uint32_t) entry.qty;
            refuses(&entry);
        }

        if (entries[i].type == FS_ENTRY_DOUBLE) {
            entry = entries[i];
            entry.number = FS_VIAS_N;
            refuses(&entry);
        }
    }

    entry = entries[9];
    entry.line = FS_LINES_MAX;
    refuses(&entry);

    entry = entries[9];
    entry.qty = 0;
    refuses(&entry);
    entry.qty = -1;
    refuses(&entry);
    entry.qty = FS_QTY_MAX + 1;
    refuses(&entry);

    entry = entries[9];
    entry.amount_fen = -1;
    refuses(&entry);
    entry.amount_fen = FS_PRICE_MAX + 1;
    refuses(&entry);

    entry = entries[9];
    entry.at = INT64_MAX;
    refuses(&entry);
    entry.at = INT64_MIN;
    refuses(&entry);

    entry = entries[9];
    entry.time1 = INT64_MAX;
    refuses(&entry);

    entry = entries[9];
    entry.time2 = INT64_MAX;
    refuses(&entry);

    /* a life has an epoch; another life's hold, a number there, and no line */

    entry = entries[52];
    entry.number = 0;
    refuses(&entry);

    entry = entries[53];
    entry.time2 = 0;
    refuses(&entry);
    entry.time2 = (int64_t) FS_SEQ_MAX + 1;
    refuses(&entry);

    entry = entries[53];
    entry.type = FS_ENTRY_SOLD;
    entry.sale = GRAPE;
    refuses(&entry);

    entry = entries[53];
    entry.sale = GRAPE;
    refuses(&entry);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_effects),
        cmocka_unit_test(test_record_layout),
        cmocka_unit_test(test_numbers_are_frozen),
        cmocka_unit_test(test_reasons_are_frozen),
        cmocka_unit_test(test_decode_refuses),
        cmocka_unit_test(test_decode_refuses_nonsense),
    };

    return cmocka_run_group_tests(tests, story_setup, story_teardown);
}
