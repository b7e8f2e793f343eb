
/* What is admitted to wait for a commit, and with what words it is not. */

#include "fixture.h"

#include "read/admit.h"


typedef struct {
    fixture_t           *fixture;
    fs_reader_t         *reader;
    fs_str_t             key;           /* not hashed yet; len 0: it is */
    fs_command_t         command;
    fs_refusal_t         refusal;
} admit_t;


static void
request_line(fs_hold_request_t *request, const char *slug, uint32_t qty)
{
    fs_slug_set(&request->lines[request->lines_n].sale, fixture_str(slug));
    request->lines[request->lines_n].qty = qty;
    request->lines_n++;
}


static void
request_one(fs_hold_request_t *request, const char *slug, uint32_t qty)
{
    memset(request, 0, sizeof(fs_hold_request_t));
    request_line(request, slug, qty);
}


static fs_outcome_t
admit(admit_t *admit, unsigned buyer, unsigned key,
    const fs_hold_request_t *request)
{
    fs_now_t      now;
    fs_view_t     view;
    fs_outcome_t  outcome;

    fixture_hold(&admit->command, buyer, 0, 0, key);
    admit->command.type = FS_COMMAND_NONE;
    memset(&admit->refusal, 0xff, sizeof(fs_refusal_t));

    assert_int_equal(fs_view_open(admit->reader, &view), FS_OK);
    fs_store_now(admit->fixture->store, &now);

    outcome = fs_admit(&view, admit->fixture->crypto, admit->fixture->cache,
                       request, admit->key, &now, &admit->command,
                       &admit->refusal);

    fs_view_close(&view);

    return outcome;
}


/* What a request says is in the command; what the caller set stays. */

static void
test_admitted(void **context)
{
    uint32_t           egg, grape;
    admit_t            a = { .fixture = *context };
    fs_hold_request_t  request;

    egg = fixture_stocked(a.fixture, "egg", 5, 0);
    grape = fixture_stocked(a.fixture, "grape", 5, 2);
    a.reader = fs_reader_create(a.fixture->store);

    request_one(&request, "grape", 2);
    request_line(&request, "egg", 5);
    fs_slug_set(&request.pickup, fixture_str("gate-1"));

    assert_int_equal(admit(&a, 1, 7, &request), FS_OK);
    assert_int_equal(a.command.type, FS_COMMAND_HOLD);
    assert_int_equal(a.command.lines_n, 2);
    assert_int_equal(a.command.lines[0].sale, grape);
    assert_int_equal(a.command.lines[0].qty, 2);
    assert_int_equal(a.command.lines[1].sale, egg);
    assert_int_equal(a.command.lines[1].qty, 5);
    assert_int_equal(a.command.pickup.len, 6);
    assert_memory_equal(a.command.pickup.data, "gate-1", 6);
    assert_int_equal(a.command.term_ms, FIXTURE_TERM);
    assert_int_equal(a.command.key[0], 7);

    fs_reader_destroy(a.reader);
}


static void
test_no_such_sale(void **context)
{
    admit_t            a = { .fixture = *context };
    fs_hold_request_t  request;

    (void) fixture_stocked(a.fixture, "egg", 5, 0);
    a.reader = fs_reader_create(a.fixture->store);

    request_one(&request, "egg", 1);
    request_line(&request, "fig", 1);

    assert_int_equal(admit(&a, 1, 0, &request), FS_NO_SUCH_SALE);
    assert_int_equal(a.refusal.sale.len, 3);
    assert_memory_equal(a.refusal.sale.data, "fig", 3);
    assert_int_equal(a.refusal.fault.rule[0], 0);
    assert_int_equal(a.refusal.result.sale, 0);
    assert_false(a.refusal.refused);

    fs_reader_destroy(a.reader);
}


/*
 * Lines that nobody has asked for yet: each is judged by itself, and what the
 * others cost is what their hold would.
 */

static void
test_lines(void **context)
{
    fs_now_t           now;
    fs_hold_t          hold;
    fs_stop_t          stops[FS_LINES_MAX];
    fs_view_t          view;
    admit_t            a = { .fixture = *context };
    fs_command_t       buyer;
    fs_hold_request_t  request;

    (void) fixture_stocked(a.fixture, "egg", 5, 3);
    (void) fixture_stocked(a.fixture, "fig", 2, 0);
    (void) fixture_stocked(a.fixture, "grape", 9, 0);
    a.reader = fs_reader_create(a.fixture->store);

    request_one(&request, "egg", 2);
    assert_int_equal(admit(&a, 1, 7, &request), FS_OK);
    fixture_decide(a.fixture, &a.command, NULL);
    assert_int_equal(a.fixture->result.outcome, FS_CREATED);

    request_one(&request, "egg", 1);
    request_line(&request, "fig", 3);
    request_line(&request, "grape", 2);
    request_line(&request, "none", 1);
    request_line(&request, "egg", 4);

    fixture_hold(&buyer, 1, 0, 0, 0);
    assert_int_equal(fs_view_open(a.reader, &view), FS_OK);
    fs_store_now(a.fixture->store, &now);
    fs_admit_lines(&view, a.fixture->crypto, a.fixture->cache, buyer.buyer,
                   &request, &now, stops, &hold);
    fs_view_close(&view);

    assert_int_equal(stops[0].outcome, FS_OK);
    assert_int_equal(stops[0].more, FS_OVER_LIMIT);
    assert_int_equal(stops[1].outcome, FS_SOLD_OUT);
    assert_int_equal(stops[1].more, FS_SOLD_OUT);
    assert_int_equal(stops[2].outcome, FS_OK);
    assert_int_equal(stops[2].more, FS_OK);
    assert_int_equal(stops[3].outcome, FS_NO_SUCH_SALE);
    assert_int_equal(stops[4].outcome, FS_OVER_LIMIT);

    assert_int_equal(hold.lines_n, 2);
    assert_int_equal(hold.lines[0].qty, 1);
    assert_int_equal(hold.lines[1].qty, 2);
    assert_int_equal(fs_hold_amount(&hold), 3 * hold.lines[0].price_fen);
    assert_true(hold.lines[0].price_fen > 0);

    fs_reader_destroy(a.reader);
}


/*
 * More than the limit is a wrong request, also when the sale is sold out; but
 * what was granted before the limit was lowered may be asked for again.
 */

static void
test_range(void **context)
{
    admit_t            a = { .fixture = *context };
    fs_operator_t      op;
    fs_hold_request_t  request;

    (void) fixture_stocked(a.fixture, "egg", 3, 3);
    (void) fixture_stocked(a.fixture, "grape", 9, 0);
    a.reader = fs_reader_create(a.fixture->store);

    request_one(&request, "egg", 3);
    assert_int_equal(admit(&a, 1, 7, &request), FS_OK);
    fixture_decide(a.fixture, &a.command, NULL);
    assert_int_equal(a.fixture->result.outcome, FS_CREATED);

    request_one(&request, "grape", 1);
    request_line(&request, "egg", 4);
    assert_int_equal(admit(&a, 2, 0, &request), FS_BAD_REQUEST);
    assert_string_equal(a.refusal.fault.field, "qty");
    assert_string_equal(a.refusal.fault.rule,
                        "is a whole number from 1 to 3");
    assert_int_equal(a.refusal.result.sale, 0);
    assert_int_equal(a.refusal.sale.len, 0);
    assert_false(a.refusal.refused);

    fixture_operator(&op, "egg");
    op.stock = 3;
    op.limit = 2;
    fixture_admin(a.fixture, FS_COMMAND_DEFINE, &op, 0);

    request_one(&request, "egg", 3);
    assert_int_equal(admit(&a, 1, 7, &request), FS_OK);
    fixture_decide(a.fixture, &a.command, NULL);
    assert_int_equal(a.fixture->result.outcome, FS_REPLAYED);
    assert_int_equal(admit(&a, 1, 8, &request), FS_BAD_REQUEST);
    assert_int_equal(admit(&a, 2, 7, &request), FS_BAD_REQUEST);

    fs_reader_destroy(a.reader);
}


/* What is surely refused has the decision's own words, and is said to be. */

static void
test_refused(void **context)
{
    uint32_t           egg;
    admit_t            a = { .fixture = *context };
    fs_hold_request_t  request;

    egg = fixture_stocked(a.fixture, "egg", 3, 0);
    a.reader = fs_reader_create(a.fixture->store);

    request_one(&request, "egg", 4);
    assert_int_equal(admit(&a, 1, 0, &request), FS_SOLD_OUT);
    assert_true(a.refusal.refused);
    assert_int_equal(a.refusal.result.outcome, FS_SOLD_OUT);
    assert_int_equal(a.refusal.result.sale, egg);
    assert_int_equal(a.refusal.result.free, 3);
    assert_int_equal(a.refusal.fault.rule[0], 0);
    assert_int_equal(a.refusal.sale.len, 0);

    fs_reader_destroy(a.reader);
}


static void
test_names(void **context)
{
    fs_str_t    good = fs_str("egg"), bad = fs_str("Egg"), none = fs_str("");
    fs_str_t    sale = fs_str("sale");
    fs_fault_t  fault;

    (void) context;

    assert_int_equal(fs_admit_names(FS_COMMAND_CLOCK, none, none, &fault),
                     FS_OK);
    assert_int_equal(fs_admit_names(FS_COMMAND_STOCK, none, good, &fault),
                     FS_OK);
    assert_int_equal(fs_admit_names(FS_COMMAND_STOCK, none, bad, &fault),
                     FS_NO_SUCH_SALE);
    assert_int_equal(fs_admit_names(FS_COMMAND_DEFINE, none, good, &fault),
                     FS_OK);
    assert_int_equal(fs_admit_names(FS_COMMAND_DEFINE, none, bad, &fault),
                     FS_BAD_REQUEST);
    assert_string_equal(fault.field, "id");
    assert_int_equal(fs_admit_names(FS_COMMAND_DOCUMENT, good, good, &fault),
                     FS_OK);
    assert_int_equal(fs_admit_names(FS_COMMAND_DELETE, good, none, &fault),
                     FS_BAD_REQUEST);
    assert_string_equal(fault.field, "id");
    assert_int_equal(fs_admit_names(FS_COMMAND_DELETE, bad, good, &fault),
                     FS_BAD_REQUEST);
    assert_string_equal(fault.field, "kind");
    assert_int_equal(fs_admit_names(FS_COMMAND_DOCUMENT, sale, good, &fault),
                     FS_BAD_REQUEST);
    assert_string_equal(fault.field, "kind");
}


/* To be paid while its time lasts; told by what it is, or would be. */

static void
test_paying(void **context)
{
    fs_now_t     now;
    fs_hold_t    hold;
    fs_result_t  result;

    (void) context;

    memset(&now, 0, sizeof(fs_now_t));
    memset(&hold, 0, sizeof(fs_hold_t));
    now.mono = 1000;
    hold.due = 1001;

    hold.state = FS_HOLD_HELD;
    assert_int_equal(fs_admit_paying(&hold, &now, &result), FS_OK);
    hold.state = FS_HOLD_PAYING;
    assert_int_equal(fs_admit_paying(&hold, &now, &result), FS_OK);
    hold.state = FS_HOLD_SOLD;
    assert_int_equal(fs_admit_paying(&hold, &now, &result), FS_WRONG_STATE);
    assert_int_equal(result.state, FS_HOLD_SOLD);

    hold.state = FS_HOLD_HELD;
    hold.due = 1000;
    assert_int_equal(fs_admit_paying(&hold, &now, &result), FS_WRONG_STATE);
    assert_int_equal(result.state, FS_HOLD_EXPIRED);
}


static void
test_decided(void **context)
{
    fs_fault_t   fault;
    fs_result_t  result;

    (void) context;

    memset(&result, 0, sizeof(fs_result_t));

    fs_decided_fault(FS_COMMAND_STOCK, &result, &fault);
    assert_string_equal(fault.field, "add");
    assert_string_equal(fault.rule, "makes a stock of at most 1000000000");

    fs_decided_fault(FS_COMMAND_HOLD, &result, &fault);
    assert_string_equal(fault.field, "pickup");

    fs_decided_fault(FS_COMMAND_CONFIRM, &result, &fault);
    assert_string_equal(fault.field, "");
    assert_string_equal(fault.rule, "");
}


/* A key is hashed when it may have been used before, and when it will be. */

static void
test_keys(void **context)
{
    uint32_t           egg;
    uint8_t            hash[FS_KEY_HASH_LEN];
    admit_t            a = { .fixture = *context };
    fs_command_t       command;
    fs_hold_request_t  request;

    egg = fixture_stocked(a.fixture, "egg", 2, 0);
    a.reader = fs_reader_create(a.fixture->store);
    a.key = fixture_str("key-1");
    request_one(&request, "egg", 1);

    assert_int_equal(admit(&a, 1, 0, &request), FS_OK);
    assert_int_equal(fs_crypto_key_hash(a.fixture->crypto, a.command.buyer,
                                        a.key, hash), 0);
    assert_memory_equal(a.command.key, hash, FS_KEY_HASH_LEN);

    /* that one was granted, and the rest went to another */

    command = a.command;
    assert_int_equal(command.lines[0].sale, egg);
    assert_string_equal(fixture_decide(a.fixture, &command, NULL), "created");
    assert_string_equal(fixture_take(a.fixture, 2, egg, 1, 9), "created");

    /* a stranger is refused without; who comes again has what he had */

    assert_int_equal(admit(&a, 3, 0, &request), FS_SOLD_OUT);
    assert_true(a.refusal.refused);
    assert_true(fs_all_zero(a.command.key, FS_KEY_HASH_LEN));

    assert_int_equal(admit(&a, 1, 0, &request), FS_OK);
    assert_memory_equal(a.command.key, hash, FS_KEY_HASH_LEN);

    /* and with another key he is refused */

    a.key = fixture_str("key-2");
    assert_int_equal(admit(&a, 1, 0, &request), FS_SOLD_OUT);
    assert_false(fs_all_zero(a.command.key, FS_KEY_HASH_LEN));

    fs_reader_destroy(a.reader);
}


#define test(name)                                                           \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(test_admitted),
        test(test_no_such_sale),
        test(test_lines),
        test(test_range),
        test(test_refused),
        test(test_keys),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_paying),
        cmocka_unit_test(test_decided),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
