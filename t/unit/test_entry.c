
/*
 * Ledger entries.  What version 1 renders and hashes is frozen in
 * golden/ledger-v1.ndjson: every published hash hangs on these bytes.
 *
 * When a line differs, the code is wrong, not the file.  A change of the
 * format is a new version of the record, with a renderer and a golden file
 * of its own.  `test_entry --print` prints what the code makes of the entries
 * below: only for the file of a new version.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>
#include <yajl/yajl_tree.h>

#include "crypto.h"
#include "entry.h"


#define GOLDEN    "t/unit/golden/ledger-v1.ndjson"
#define LINE_MAX  (FS_ENTRY_JSON_MAX + 128)
#define T0        1790000000000LL

#define GRAPE     1
#define BERRY     2
#define EGG       3
#define RICE      4
#define XINGFU    1
#define DONGMEN   2

#define LI        "neighbour li 001"
#define WANG      "neighbour wang 1"
#define ZHAO      "neighbour zhao 1"
#define KEY       { 0xde, 0xad, 0xbe, 0xef, 0, 1, 2, 3 }


/*
 * A story in which each type occurs, with and without what is optional.  It
 * is a valid ledger too: t/010-check-ledger.t adds it up.  seq is the place.
 */

static const fs_entry_t  entries[] = {
    /* 1 */
    { .type = FS_ENTRY_STORE, .at = T0 },
    { .type = FS_ENTRY_BOOT, .at = T0 + 1, .time1 = 1789999990000LL,
      .id1 = "boot number one." },
    { .type = FS_ENTRY_SALE, .at = T0 + 2, .sale = GRAPE, .qty = 200,
      .amount_fen = 3980, .number = 2, .time1 = T0 + 10, .time2 = T0 + 9000,
      .number3 = 300000, .id1 = "operator's pseud", .id2 = "digest of grapes",
      .key = KEY },
    { .type = FS_ENTRY_SALE, .at = T0 + 3, .sale = BERRY, .qty = 500,
      .amount_fen = 1990, .number2 = 5, .id2 = "digest of berry." },
    { .type = FS_ENTRY_SALE, .at = T0 + 4, .sale = EGG, .qty = 30,
      .amount_fen = 1500, .number2 = 4, .flags = FS_ENTRY_GOAL_BY_PICKUP },
    { .type = FS_ENTRY_SALE, .at = T0 + 5, .sale = RICE, .qty = 0,
      .amount_fen = 0 },
    { .type = FS_ENTRY_OPENED, .at = T0 + 10, .sale = GRAPE },
    { .type = FS_ENTRY_OPENED, .at = T0 + 10, .sale = BERRY },
    { .type = FS_ENTRY_OPENED, .at = T0 + 10, .sale = EGG },

    /* 10: one line with everything, sold, handed over */
    { .type = FS_ENTRY_HELD, .at = T0 + 11, .hold = 10, .sale = GRAPE,
      .qty = 2, .amount_fen = 3980, .pickup = XINGFU, .lines_n = 1,
      .number = 300000, .time1 = T0 + 300011, .time2 = 300021, .id1 = LI,
      .key = KEY },
    { .type = FS_ENTRY_PAYING, .at = T0 + 12, .hold = 10, .sale = GRAPE,
      .qty = 2, .pickup = XINGFU, .lines_n = 1, .number = 900000,
      .time1 = T0 + 900012, .time2 = 900022 },
    { .type = FS_ENTRY_SOLD, .at = T0 + 13, .hold = 10, .sale = GRAPE,
      .qty = 2, .pickup = XINGFU, .lines_n = 1, .amount_fen = 7960,
      .id2 = "payment number 1" },
    { .type = FS_ENTRY_REFUND_DUE, .at = T0 + 14, .hold = 10,
      .amount_fen = 7960, .reason = FS_REASON_SECOND_PAYMENT,
      .id2 = "payment number 2" },
    { .type = FS_ENTRY_REFUNDED, .at = T0 + 15, .hold = 10,
      .amount_fen = 7960, .id1 = "refund number 1.",
      .id2 = "payment number 2" },

    /* 15: three lines, no key, no pickup point */
    { .type = FS_ENTRY_HELD, .at = T0 + 16, .hold = 15, .sale = GRAPE,
      .qty = 1, .amount_fen = 3980, .line = 0, .lines_n = 3,
      .time1 = T0 + 300016, .id1 = WANG },
    { .type = FS_ENTRY_HELD, .at = T0 + 16, .hold = 15, .sale = BERRY,
      .qty = 3, .amount_fen = 1990, .line = 1, .lines_n = 3,
      .time1 = T0 + 300016, .id1 = WANG },
    { .type = FS_ENTRY_HELD, .at = T0 + 16, .hold = 15, .sale = EGG,
      .qty = 1, .amount_fen = 1500, .line = 2, .lines_n = 3,
      .time1 = T0 + 300016, .id1 = WANG },
    { .type = FS_ENTRY_RELEASED, .at = T0 + 17, .hold = 15, .sale = GRAPE,
      .qty = 1, .line = 0, .lines_n = 3 },
    { .type = FS_ENTRY_RELEASED, .at = T0 + 17, .hold = 15, .sale = BERRY,
      .qty = 3, .line = 1, .lines_n = 3 },
    { .type = FS_ENTRY_RELEASED, .at = T0 + 17, .hold = 15, .sale = EGG,
      .qty = 1, .line = 2, .lines_n = 3 },

    /* 21: what an operator does */
    { .type = FS_ENTRY_STOCK, .at = T0 + 18, .sale = GRAPE, .qty = 50,
      .id1 = "operator's pseud", .key = KEY },
    { .type = FS_ENTRY_STOCK, .at = T0 + 19, .sale = GRAPE, .qty = -10 },
    { .type = FS_ENTRY_PAUSED, .at = T0 + 20, .sale = GRAPE, .key = KEY },
    { .type = FS_ENTRY_RESUMED, .at = T0 + 21, .sale = GRAPE },
    { .type = FS_ENTRY_DOCUMENT, .at = T0 + 22, .id2 = "digest of a page",
      .key = KEY },

    /* 26: the clock goes back; expired, then paid late */
    { .type = FS_ENTRY_CLOCK, .at = T0 + 15, .time1 = T0 + 22 },
    { .type = FS_ENTRY_HELD, .at = T0 + 16, .hold = 27, .sale = BERRY,
      .qty = 3, .amount_fen = 1990, .lines_n = 1, .time1 = T0 + 1016,
      .id1 = ZHAO },
    { .type = FS_ENTRY_EXPIRED, .at = T0 + 1016, .hold = 27, .sale = BERRY,
      .qty = 3, .lines_n = 1 },
    { .type = FS_ENTRY_SOLD_LATE, .at = T0 + 1020, .hold = 27, .sale = BERRY,
      .qty = 3, .lines_n = 1, .amount_fen = 5970,
      .id2 = "payment number 3" },

    /* 30: cancelled; expired and withdrawn, paid all the same */
    { .type = FS_ENTRY_HELD, .at = T0 + 1030, .hold = 30, .sale = BERRY,
      .qty = 1, .amount_fen = 1990, .lines_n = 1, .time1 = T0 + 2030,
      .id1 = ZHAO },
    { .type = FS_ENTRY_PAYING, .at = T0 + 1031, .hold = 30,
      .time1 = T0 + 3031 },
    { .type = FS_ENTRY_CANCELLED, .at = T0 + 1032, .hold = 30, .sale = BERRY,
      .qty = 1, .lines_n = 1 },
    { .type = FS_ENTRY_HELD, .at = T0 + 1040, .hold = 33, .sale = EGG,
      .qty = 2, .amount_fen = 1500, .pickup = DONGMEN, .lines_n = 1,
      .time1 = T0 + 2040, .id1 = ZHAO },
    { .type = FS_ENTRY_EXPIRED, .at = T0 + 2040, .hold = 33, .sale = EGG,
      .qty = 2, .pickup = DONGMEN, .lines_n = 1 },
    { .type = FS_ENTRY_WITHDRAWN, .at = T0 + 2041, .hold = 33, .sale = EGG,
      .qty = 2, .pickup = DONGMEN, .lines_n = 1 },
    { .type = FS_ENTRY_REFUND_DUE, .at = T0 + 2042, .hold = 33,
      .amount_fen = 3000, .reason = FS_REASON_CANCELLED,
      .id2 = "payment number 4" },

    /* 37: a group that forms, one that does not */
    { .type = FS_ENTRY_HELD, .at = T0 + 2050, .hold = 37, .sale = EGG,
      .qty = 4, .amount_fen = 1500, .pickup = XINGFU, .lines_n = 1,
      .time1 = T0 + 4050, .id1 = LI },
    { .type = FS_ENTRY_SOLD, .at = T0 + 2051, .hold = 37, .sale = EGG,
      .qty = 4, .pickup = XINGFU, .lines_n = 1, .amount_fen = 6000,
      .id2 = "payment number 5" },
    { .type = FS_ENTRY_FORMED, .at = T0 + 2051, .sale = EGG,
      .pickup = XINGFU, .qty = 4 },
    { .type = FS_ENTRY_HELD, .at = T0 + 2060, .hold = 40, .sale = EGG,
      .qty = 1, .amount_fen = 1500, .pickup = DONGMEN, .lines_n = 1,
      .time1 = T0 + 4060, .id1 = WANG },
    { .type = FS_ENTRY_SOLD, .at = T0 + 2061, .hold = 40, .sale = EGG,
      .qty = 1, .pickup = DONGMEN, .lines_n = 1, .amount_fen = 1500,
      .id2 = "payment number 6" },
    { .type = FS_ENTRY_CLOSED, .at = T0 + 9000, .sale = GRAPE },
    { .type = FS_ENTRY_CLOSED, .at = T0 + 9000, .sale = EGG, .key = KEY },
    { .type = FS_ENTRY_FAILED, .at = T0 + 9001, .sale = EGG,
      .pickup = DONGMEN, .qty = 1 },
    { .type = FS_ENTRY_DECIDED, .at = T0 + 9001, .sale = EGG },
    { .type = FS_ENTRY_RETURNED, .at = T0 + 9002, .hold = 40, .sale = EGG,
      .qty = 1, .pickup = DONGMEN, .lines_n = 1, .amount_fen = 1500,
      .reason = FS_REASON_GROUP_FAILED, .id2 = "payment number 6" },
    { .type = FS_ENTRY_REFUNDED, .at = T0 + 9003, .hold = 40, .sale = EGG,
      .amount_fen = 1500, .id1 = "refund number 2.",
      .id2 = "payment number 6" },
    { .type = FS_ENTRY_CLOSED, .at = T0 + 9004, .sale = BERRY },
    { .type = FS_ENTRY_FAILED, .at = T0 + 9004, .sale = BERRY, .qty = 3 },
    { .type = FS_ENTRY_READY, .at = T0 + 9005, .hold = 10,
      .pickup = XINGFU },
    { .type = FS_ENTRY_PICKED_UP, .at = T0 + 9006, .hold = 10,
      .pickup = XINGFU },
    { .type = FS_ENTRY_BOOT, .at = T0 + 9007, .time1 = -5,
      .id1 = "boot number two." }
};

#define ENTRIES_N  (sizeof(entries) / sizeof(entries[0]))


static fs_crypto_t  *crypto;
static size_t        slug_len = 0;      /* 0: the names of the story */


static int
sale_slug(void *data, uint32_t number, fs_slug_t *slug)
{
    static const char *const  slugs[] = { "grape", "strawberry", "egg",
                                          "selenium-rice-5kg" };

    (void) data;

    if (slug_len != 0) {
        slug->len = (uint8_t) slug_len;
        memset(slug->data, 'z', slug_len);
        return 0;
    }

    if (number < 1 || number > 4) {
        return -1;
    }

    slug->len = (uint8_t) strlen(slugs[number - 1]);
    memcpy(slug->data, slugs[number - 1], slug->len);

    return 0;
}


static int
pickup_slug(void *data, uint32_t number, fs_slug_t *slug)
{
    static const char *const  slugs[] = { "xingfu", "dongmen" };

    (void) data;

    if (slug_len != 0) {
        return sale_slug(data, number, slug);
    }

    if (number < 1 || number > 2) {
        return -1;
    }

    slug->len = (uint8_t) strlen(slugs[number - 1]);
    memcpy(slug->data, slugs[number - 1], slug->len);

    return 0;
}


static int
hold_id(void *data, fs_seq_t hold, char *id)
{
    return fs_crypto_hold_id(data, hold, id);
}


static fs_names_t
names(void)
{
    fs_names_t  n;

    n.data = crypto;
    n.sale_slug = sale_slug;
    n.pickup_slug = pickup_slug;
    n.hold_id = hold_id;

    return n;
}


/* The published line of the story's i-th entry; hash goes from one to next. */

static int
story_line(size_t i, uint8_t *hash, char *line)
{
    int         len;
    fs_entry_t  entry;
    fs_names_t  n;

    n = names();
    entry = entries[i];
    entry.seq = i + 1;

    len = fs_entry_render(&entry, &n, line);

    if (len < 0 || fs_entry_chain(&entry, hash, line, (size_t) len) != 0) {
        return -1;
    }

    memcpy(hash, entry.hash, FS_HASH_LEN);

    return fs_entry_line(&entry, &n, line);
}


static void
test_golden(void **state)
{
    int       len;
    char      line[LINE_MAX + 1], golden[LINE_MAX + 1];
    FILE     *file;
    size_t    i;
    uint8_t   hash[FS_HASH_LEN];

    (void) state;

    file = fopen(GOLDEN, "r");
    assert_non_null(file);

    memset(hash, 0, sizeof(hash));

    for (i = 0; i < ENTRIES_N; i++) {
        len = story_line(i, hash, line);
        assert_in_range(len, 1, LINE_MAX);
        line[len] = '\0';

        assert_non_null(fgets(golden, sizeof(golden), file));

        if (strcmp(line, golden) != 0) {
            fail_msg("version 1 is frozen, a change needs a new version\n"
                     "frozen:   %srendered: %s", golden, line);
        }
    }

    assert_null(fgets(golden, sizeof(golden), file));
    assert_int_equal(fclose(file), 0);
}


static void
test_golden_has_every_type(void **state)
{
    size_t    i;
    unsigned  type, seen[FS_ENTRY_TYPES_N];

    (void) state;

    memset(seen, 0, sizeof(seen));

    for (i = 0; i < ENTRIES_N; i++) {
        seen[entries[i].type]++;
    }

    for (type = FS_ENTRY_NONE + 1; type < FS_ENTRY_TYPES_N; type++) {
        if (seen[type] == 0) {
            fail_msg("no %s in the story", fs_entry_type_name(type));
        }
    }
}


/* Another's parser reads it, and finds the fields that move units. */

static void
test_lines_are_json(void **state)
{
    int                len;
    char               line[LINE_MAX + 1], error[256];
    size_t             i;
    uint8_t            hash[FS_HASH_LEN];
    yajl_val           root, value;
    fs_entry_effect_t  effect;
    const char        *seq[] = { "seq", NULL };
    const char        *sale[] = { "sale", NULL };
    const char        *qty[] = { "qty", NULL };
    const char        *type[] = { "type", NULL };

    (void) state;

    memset(hash, 0, sizeof(hash));

    for (i = 0; i < ENTRIES_N; i++) {
        len = story_line(i, hash, line);
        assert_true(len > 0);
        line[len] = '\0';

        root = yajl_tree_parse(line, error, sizeof(error));

        if (root == NULL) {
            fail_msg("%s%s", line, error);
        }

        value = yajl_tree_get(root, seq, yajl_t_number);
        assert_non_null(value);
        assert_int_equal(YAJL_GET_INTEGER(value), i + 1);

        value = yajl_tree_get(root, type, yajl_t_string);
        assert_non_null(value);
        assert_string_equal(YAJL_GET_STRING(value),
                            fs_entry_type_name(entries[i].type));

        fs_entry_effect(&entries[i], &effect);

        if (effect.stock != 0 || effect.held != 0 || effect.sold != 0) {
            assert_non_null(yajl_tree_get(root, sale, yajl_t_string));
            value = yajl_tree_get(root, qty, yajl_t_number);
            assert_non_null(value);
            assert_int_equal(YAJL_GET_INTEGER(value), entries[i].qty);
        }

        yajl_tree_free(root);
    }
}


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
        { FS_ENTRY_SALE, { 0, 0, 0 } },
        { FS_ENTRY_STOCK, { 7, 0, 0 } },
        { FS_ENTRY_HELD, { 0, 7, 0 } },
        { FS_ENTRY_PAYING, { 0, 0, 0 } },
        { FS_ENTRY_RELEASED, { 0, -7, 0 } },
        { FS_ENTRY_EXPIRED, { 0, -7, 0 } },
        { FS_ENTRY_CANCELLED, { 0, -7, 0 } },
        { FS_ENTRY_WITHDRAWN, { 0, 0, 0 } },
        { FS_ENTRY_SOLD, { 0, -7, 7 } },
        { FS_ENTRY_SOLD_LATE, { 0, 0, 7 } },
        { FS_ENTRY_REFUND_DUE, { 0, 0, 0 } },
        { FS_ENTRY_RETURNED, { 0, 0, -7 } },
        { FS_ENTRY_FORMED, { 0, 0, 0 } },
        { FS_ENTRY_FAILED, { 0, 0, 0 } }
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
    }

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
    assert_int_equal(FS_ENTRY_TYPES_N, 27);

    assert_int_equal(FS_REASON_LATE, 1);
    assert_int_equal(FS_REASON_RELEASED, 2);
    assert_int_equal(FS_REASON_CANCELLED, 3);
    assert_int_equal(FS_REASON_SECOND_PAYMENT, 4);
    assert_int_equal(FS_REASON_WRONG_AMOUNT, 5);
    assert_int_equal(FS_REASON_GROUP_FAILED, 6);
    assert_int_equal(FS_REASON_LIMIT_USED, 7);
    assert_int_equal(FS_REASONS_N, 8);
}


/* The story has two reasons: the names of all are frozen with the lines. */

static void
test_reasons_are_frozen(void **state)
{
    unsigned  reason;

    static const char *const  reasons[FS_REASONS_N] = {
        "none", "late", "released", "cancelled", "second_payment",
        "wrong_amount", "group_failed", "limit_used"
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
}


static void
test_render_refuses(void **state)
{
    char        line[LINE_MAX];
    fs_entry_t  entry;
    fs_names_t  n;

    (void) state;

    n = names();

    entry = entries[9];
    entry.sale = 99;
    assert_int_equal(fs_entry_render(&entry, &n, line), -1);

    entry = entries[9];
    entry.sale = 0;
    assert_int_equal(fs_entry_render(&entry, &n, line), -1);

    entry = entries[9];
    entry.pickup = 99;
    assert_int_equal(fs_entry_render(&entry, &n, line), -1);

    entry = entries[9];
    entry.hold = 0;
    assert_int_equal(fs_entry_render(&entry, &n, line), -1);
    assert_int_equal(fs_entry_line(&entry, &n, line), -1);

    entry = entries[9];
    entry.type = FS_ENTRY_NONE;
    assert_int_equal(fs_entry_render(&entry, &n, line), -1);

    entry.type = FS_ENTRY_TYPES_N;
    assert_int_equal(fs_entry_render(&entry, &n, line), -1);
}


/* All fields of each type at their longest stay within the buffer. */

static void
test_longest_lines(void **state)
{
    int         len, longest;
    char        line[LINE_MAX];
    unsigned    type;
    fs_entry_t  entry;
    fs_names_t  n;

    (void) state;

    n = names();
    slug_len = FS_SLUG_MAX;
    longest = 0;

    for (type = FS_ENTRY_NONE + 1; type < FS_ENTRY_TYPES_N; type++) {
        memset(&entry, 0xff, sizeof(entry));
        entry.type = (uint8_t) type;
        entry.reason = FS_REASON_SECOND_PAYMENT;
        entry.at = INT64_MIN;
        entry.qty = INT32_MIN;
        entry.amount_fen = INT64_MIN;
        entry.time1 = INT64_MIN;
        entry.time2 = INT64_MIN;

        len = fs_entry_render(&entry, &n, line);
        assert_in_range(len, 1, FS_ENTRY_JSON_MAX);

        if (len > longest) {
            longest = len;
        }

        len = fs_entry_line(&entry, &n, line);
        assert_in_range(len, 1, FS_ENTRY_JSON_MAX + 128);
    }

    slug_len = 0;
    print_message("# the longest line has %d bytes\n", longest);
}


static double
elapsed_ns(const struct timespec *begin)
{
    struct timespec  end;

    clock_gettime(CLOCK_MONOTONIC, &end);

    return (end.tv_sec - begin->tv_sec) * 1e9 + (end.tv_nsec - begin->tv_nsec);
}


/*
 * Says what a line costs, the best of some rounds; the bound is for what is
 * absurd, such as a fetch by name for each hash.
 */

static void
test_cost(void **state)
{
    int              len;
    char             line[LINE_MAX];
    double           ns, render, chain;
    unsigned         round, i;
    fs_entry_t       entry;
    fs_names_t       n;
    struct timespec  begin;
    enum { ROUNDS = 20, LINES = 500 };

    (void) state;

    n = names();
    entry = entries[9];
    entry.seq = 12345678;
    len = 0;
    render = 1e9;
    chain = 1e9;

    for (round = 0; round < ROUNDS; round++) {
        clock_gettime(CLOCK_MONOTONIC, &begin);

        for (i = 0; i < LINES; i++) {
            len = fs_entry_render(&entry, &n, line);
        }

        ns = elapsed_ns(&begin) / LINES;
        render = ns < render ? ns : render;

        clock_gettime(CLOCK_MONOTONIC, &begin);

        for (i = 0; i < LINES; i++) {
            fs_entry_chain(&entry, entry.hash, line, (size_t) len);
        }

        ns = elapsed_ns(&begin) / LINES;
        chain = ns < chain ? ns : chain;
    }

    print_message("# a held line of %d bytes: rendered in %.0f ns, chained in "
                  "%.0f ns\n", len, render, chain);

    assert_true(render < 100000);
    assert_true(chain < 100000);
}


static int
setup(void **state)
{
    size_t   i;
    uint8_t  key[FS_STORE_KEY_LEN];

    (void) state;

    for (i = 0; i < sizeof(key); i++) {
        key[i] = (uint8_t) i;
    }

    crypto = fs_crypto_create(key);

    return crypto != NULL ? 0 : -1;
}


static int
teardown(void **state)
{
    (void) state;

    fs_crypto_destroy(crypto);

    return 0;
}


static int
print_story(void)
{
    int      len;
    char     line[LINE_MAX];
    size_t   i;
    uint8_t  hash[FS_HASH_LEN];

    if (setup(NULL) != 0) {
        return 1;
    }

    memset(hash, 0, sizeof(hash));

    for (i = 0; i < ENTRIES_N; i++) {
        len = story_line(i, hash, line);

        if (len < 0 || fwrite(line, 1, (size_t) len, stdout) != (size_t) len)
        {
            return 1;
        }
    }

    return teardown(NULL);
}


int
main(int argc, char **argv)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_golden_has_every_type),
        cmocka_unit_test(test_lines_are_json),
        cmocka_unit_test(test_effects),
        cmocka_unit_test(test_record_layout),
        cmocka_unit_test(test_numbers_are_frozen),
        cmocka_unit_test(test_reasons_are_frozen),
        cmocka_unit_test(test_decode_refuses),
        cmocka_unit_test(test_decode_refuses_nonsense),
        cmocka_unit_test(test_render_refuses),
        cmocka_unit_test(test_longest_lines),
        cmocka_unit_test(test_cost)
    };

    if (argc == 2 && strcmp(argv[1], "--print") == 0) {
        return print_story();
    }

    return cmocka_run_group_tests(tests, setup, teardown);
}
