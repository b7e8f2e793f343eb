
/*
 * Orders for somebody else: a hold that is sold as it is made when its price
 * was paid in cash, with who took it; and keys, which are the buyer's.
 */

#include "fixture.h"

#include "ledger/entry_line.h"
#include "sheet/sheet.h"


/* Two of it for buyer 7; by NULL: not paid. */

static const char *
order_for(fixture_t *fixture, uint32_t sale, const char *by, int64_t cash_fen,
    unsigned key)
{
    fs_command_t   command;
    fs_operator_t  op;

    memset(&op, 0, sizeof(fs_operator_t));
    fixture_hold(&command, 7, sale, 2, key);
    command.type = FS_COMMAND_ORDER;

    if (by != NULL) {
        op.slug = fixture_str(by);
        command.paid_fen = cash_fen;
        fixture_reference(command.reference, (unsigned) strlen(by));
    }

    return fixture_decide(fixture, &command, &op);
}


/* Entry `back` before the last one, and its line. */

static void
entry_of(fixture_t *fixture, unsigned back, fs_entry_t *entry, char *line)
{
    int  len;

    fixture_begin(fixture);
    assert_true(fs_sheet_entry(&fixture->sheet, fixture->sheet.seq - back,
                               entry));
    len = fs_entry_render(entry, &fixture->sheet.names, line);
    assert_true(len > 0);
    line[len] = '\0';
    fixture_abort(fixture);
}


static uint32_t
sale_of_grapes(fixture_t *fixture, fs_operator_t *op)
{
    fixture_operator(op, "grape");
    op->stock = 5;

    return fixture_define(fixture, op);
}


static void
test_cash(void **context)
{
    char           line[FS_ENTRY_JSON_MAX];
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_entry_t     entry;
    fs_operator_t  op;

    sale = sale_of_grapes(fixture, &op);

    assert_string_equal(order_for(fixture, sale, "li", 2 * op.price_fen, 0),
                        "created");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_SOLD);
    assert_int_equal(fixture->result.hold.lines[0].qty, 2);

    entry_of(fixture, 0, &entry, line);
    assert_int_equal(entry.type, FS_ENTRY_SOLD);
    assert_int_equal(fs_schema_of_entry(&entry), FS_SCHEMA_WAVES);
    assert_non_null(strstr(line, "\"taken_by\":\"li\""));

    entry_of(fixture, 1, &entry, line);
    assert_int_equal(entry.type, FS_ENTRY_HELD);
    assert_null(strstr(line, "taken_by"));

    /* the same person once more has the same number */

    assert_string_equal(order_for(fixture, sale, "li", 2 * op.price_fen, 0),
                        "created");
    entry_of(fixture, 0, &entry, line);
    assert_int_equal(entry.number, 1);

    /* one is left */

    assert_string_equal(order_for(fixture, sale, "li", 2 * op.price_fen, 0),
                        "sold_out");
}


/* Nothing is written, so nothing is owed. */

static void
test_other_amount(void **context)
{
    uint32_t       sale;
    fs_seq_t       seq;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    sale = sale_of_grapes(fixture, &op);
    fixture_begin(fixture);
    seq = fixture->sheet.seq;
    fixture_abort(fixture);

    assert_string_equal(order_for(fixture, sale, "li", 1, 0), "wrong_amount");
    assert_int_equal(fixture->result.amount_fen, 2 * op.price_fen);
    assert_int_equal(fixture->result.hold.seq, 0);

    fixture_begin(fixture);
    assert_int_equal(fixture->sheet.seq, seq);
    assert_int_equal(fs_sheet_number(&fixture->sheet, 'c',
                                     fixture_str("li")), 0);
    fixture_abort(fixture);
}


static void
test_unpaid(void **context)
{
    char           line[FS_ENTRY_JSON_MAX];
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_entry_t     entry;
    fs_operator_t  op;

    sale = sale_of_grapes(fixture, &op);

    assert_string_equal(order_for(fixture, sale, NULL, 0, 0), "created");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_HELD);

    fixture_confirm(fixture, fixture->result.hold.seq, 1, 2 * op.price_fen);
    entry_of(fixture, 0, &entry, line);
    assert_int_equal(entry.type, FS_ENTRY_SOLD);
    assert_int_equal(fs_schema_of_entry(&entry), FS_SCHEMA_FIRST);
    assert_null(strstr(line, "taken_by"));
}


/* All numbers of who takes cash are given: only those that have one take it.
 * What fs_sheet_last_number() looks at is put there, not a million names. */

static void
test_takers(void **context)
{
    uint8_t        key[5];
    uint32_t       sale, low;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    sale = sale_of_grapes(fixture, &op);

    assert_string_equal(order_for(fixture, sale, "li", 2 * op.price_fen, 0),
                        "created");

    fixture_begin(fixture);
    key[0] = 'C';

    for (low = 0; FS_TAKERS_MAX + 1 - low > 1; /* void */) {
        low += (FS_TAKERS_MAX + 1 - low) / 2;
        fs_set_be32(key + 1, low);
        fs_db_put(fixture->sheet.log,
                  fixture->store->log_dbi[FS_LOG_NAMES], key, sizeof(key),
                  "x", 1, 0);
    }

    fixture_commit(fixture);

    assert_string_equal(order_for(fixture, sale, "wang", 2 * op.price_fen, 0),
                        "too_many_names");
    assert_string_equal(order_for(fixture, sale, "li", 2 * op.price_fen, 0),
                        "created");
}


/* The same request is answered with its order; another one is another. */

static void
test_keys(void **context)
{
    uint32_t       sale;
    int64_t        cash;
    fs_seq_t       hold;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    sale = sale_of_grapes(fixture, &op);
    cash = 2 * op.price_fen;

    assert_string_equal(order_for(fixture, sale, "li", cash, 3), "created");
    hold = fixture->result.hold.seq;
    assert_string_equal(order_for(fixture, sale, "li", cash, 3), "replayed");
    assert_int_equal(fixture->result.hold.seq, hold);
    assert_int_equal(fixture->result.hold.state, FS_HOLD_SOLD);

    assert_string_equal(order_for(fixture, sale, "wang", cash, 3),
                        "key_reused");
    assert_string_equal(order_for(fixture, sale, "li", 1, 3), "key_reused");
    assert_string_equal(order_for(fixture, sale, NULL, 0, 3), "key_reused");
    assert_string_equal(fixture_take(fixture, 7, sale, 2, 3), "key_reused");

    assert_string_equal(order_for(fixture, sale, NULL, 0, 4), "created");
    assert_string_equal(order_for(fixture, sale, "li", cash, 4),
                        "key_reused");
    assert_string_equal(order_for(fixture, sale, NULL, 0, 4), "replayed");

    /* and a payment of that one does not make it another */

    fixture_confirm(fixture, fixture->result.hold.seq, 1, cash);
    assert_string_equal(order_for(fixture, sale, NULL, 0, 4), "replayed");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_SOLD);
}


/* Whoever buys for somebody has that buyer's limit. */

static void
test_limit(void **context)
{
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    fixture_operator(&op, "grape");
    op.stock = 50;
    op.limit = 3;
    sale = fixture_define(fixture, &op);

    assert_string_equal(order_for(fixture, sale, "li", 2 * op.price_fen, 0),
                        "created");
    assert_string_equal(order_for(fixture, sale, "li", 2 * op.price_fen, 0),
                        "over_limit");
    assert_string_equal(fixture_take(fixture, 8, sale, 2, 0), "created");
}


/* A group may form by it. */

static void
test_group(void **context)
{
    char           line[FS_ENTRY_JSON_MAX];
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_entry_t     entry;
    fs_operator_t  op;

    fixture_operator(&op, "grape");
    op.stock = 50;
    op.goal = 2;
    sale = fixture_define(fixture, &op);

    assert_string_equal(order_for(fixture, sale, "li", 2 * op.price_fen, 0),
                        "created");
    entry_of(fixture, 0, &entry, line);
    assert_int_equal(entry.type, FS_ENTRY_FORMED);
}


#define test(f)  cmocka_unit_test_setup_teardown(f, fixture_setup,           \
                                                 fixture_teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(test_cash),
        test(test_other_amount),
        test(test_unpaid),
        test(test_takers),
        test(test_keys),
        test(test_limit),
        test(test_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
