
/*
 * What a sale gives: what may be asked for, the terms that are made of it, and
 * how they may change once it was open.
 */

#include "fixture.h"
#include "request_rows.h"

#include "base/crypto.h"
#include "ledger/entry_line.h"
#include "sheet/sheet_terms.h"


#define GIVES(stock, what)  "{\"stock\":" stock ",\"gives\":{" what "}}"

static void
test_request(void **context)
{
    fs_fault_t         fault;
    fs_sale_request_t  request;

    static const row_t  rows[] = {
        { GIVES("200", "\"kind\":\"coupon\",\"off_fen\":500"), NULL, NULL },
        { GIVES("200", "\"kind\":\"coupon\",\"off_fen\":500,\"from_fen\":2000"
                ",\"sales\":[\"grape\"],\"valid_ms\":604800000,"
                "\"by\":\"desk\""), NULL, NULL },
        { GIVES("100", "\"kind\":\"packet\",\"total_fen\":10000,"
                "\"valid_ms\":86400000"), NULL, NULL },
        { GIVES("9", "\"kind\":\"ticket\",\"prizes\":[{\"title\":\"box\","
                "\"count\":1},{\"title\":\"5\",\"count\":10,\"off_fen\":500}"
                "],\"beacon\":{\"source\":\"drand quicknet\",\"round\":123}"),
          NULL, NULL },
        { GIVES("300", "\"kind\":\"item\",\"title\":\"two eggs\""), NULL,
          NULL },
        { GIVES("3", "\"kind\":\"packet\",\"total_fen\":3"), NULL, NULL },

        { GIVES("1", "\"off_fen\":5"), "gives.kind", REQUIRED },
        { GIVES("1", "\"kind\":\"gold\""), "gives.kind",
          "is \"coupon\", \"packet\", \"ticket\" or \"item\"" },
        { GIVES("1", "\"kind\":\"coupon\""), "gives.off_fen", REQUIRED },
        { GIVES("1", "\"kind\":\"packet\""), "gives.total_fen", REQUIRED },
        { GIVES("1", "\"kind\":\"ticket\""), "gives.prizes", REQUIRED },
        { GIVES("1", "\"kind\":\"item\""), "gives.title", REQUIRED },
        { GIVES("1", "\"kind\":\"item\",\"title\":\"x\",\"off_fen\":5"),
          "gives.off_fen", "is not of an item" },
        { GIVES("1", "\"kind\":\"coupon\",\"off_fen\":5,\"total_fen\":5"),
          "gives.total_fen", "is not of a coupon" },
        { GIVES("1", "\"kind\":\"coupon\",\"off_fen\":0"), "gives.off_fen",
          "is a whole number from 1 to 10000000000" },
        { GIVES("1", "\"kind\":\"coupon\",\"off_fen\":1,\"x\":1"), "gives.x",
          UNKNOWN },
        { GIVES("1", "\"kind\":\"coupon\",\"off_fen\":1,\"off_fen\":1"),
          "gives.off_fen", TWICE },
        { GIVES("1", "\"kind\":\"coupon\",\"off_fen\":1,\"by\":\"me\""),
          "gives.by", "is \"open\" or \"desk\"" },
        { GIVES("1", "\"kind\":\"coupon\",\"off_fen\":1,\"sales\":[]"),
          "gives.sales", "is a list of 1 to 64 slugs, each once" },
        { GIVES("1", "\"kind\":\"ticket\",\"prizes\":[{\"title\":\"x\"}]"),
          "gives.prizes[0].count", REQUIRED },
        { GIVES("1", "\"kind\":\"ticket\",\"prizes\":[{\"title\":\"x\","
                "\"count\":1}],\"beacon\":{\"round\":1}"),
          "gives.beacon.source", REQUIRED },
        { GIVES("0", "\"kind\":\"packet\",\"total_fen\":3"), "stock",
          "is from 1 to 10000 packets" },
        { GIVES("10001", "\"kind\":\"packet\",\"total_fen\":30000"), "stock",
          "is from 1 to 10000 packets" },
        { GIVES("4", "\"kind\":\"packet\",\"total_fen\":3"),
          "gives.total_fen", "is at least the stock" },
        { GIVES("4", "\"kind\":\"ticket\",\"prizes\":[{\"title\":\"x\","
                "\"count\":10000},{\"title\":\"y\",\"count\":1}]"),
          "gives.prizes", "has at most 10000 prizes in all" },
        { "{\"stock\":1,\"gives\":[]}", "gives", "is an object" },
        { "{\"stock\":1,\"price_fen\":0,\"gives\":{\"kind\":\"coupon\","
          "\"off_fen\":1}}", "price_fen", "is not beside gives" },
        { "{\"stock\":1,\"goal\":1,\"gives\":{\"kind\":\"coupon\","
          "\"off_fen\":1}}", "goal", "is not beside gives" },
        { "{\"gives\":{\"kind\":\"coupon\",\"off_fen\":1}}", "stock",
          REQUIRED },
    };

    (void) context;

    CHECK(read_sale, rows);

    assert_int_equal(
        fs_request_sale(text(GIVES("200", "\"kind\":\"ticket\",\"sales\":"
                                   "[\"pear\",\"grape\"],\"prizes\":"
                                   "[{\"title\":\"a\",\"count\":2},"
                                   "{\"title\":\"b\",\"count\":3,"
                                   "\"off_fen\":4}]")), &request, &fault),
        0);
    assert_int_equal(request.limit, 1);
    assert_int_equal(request.gives.kind, FS_GIVES_TICKET);
    assert_int_equal(request.gives.sales_n, 2);
    assert_memory_equal(request.gives.sales[0].data, "grape", 5);
    assert_int_equal(request.gives.prizes[1].count, 3);
    assert_int_equal(request.gives.prizes[1].off_fen, 4);
    assert_int_equal(request.gives.prizes[0].off_fen, 0);
}


static void
coupon(fs_operator_t *op)
{
    fixture_operator(op, "rain");
    op->price_fen = 0;
    op->stock = 5;
    op->limit = 1;
    op->gives.kind = FS_GIVES_COUPON;
    op->gives.off_fen = 500;
}


static const char *
define(fixture_t *fixture, const fs_operator_t *op)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_DEFINE;

    return fixture_decide(fixture, &command, op);
}


static void
assert_str_is(fs_str_t str, const char *text)
{
    assert_int_equal(str.len, strlen(text));
    assert_memory_equal(str.data, text, str.len);
}


/* The terms: their document, its digest in the ledger, their row. */

static void
test_terms(void **context)
{
    char               line[FS_ENTRY_JSON_MAX], hex[64], key[64];
    int                len;
    uint8_t            hash[FS_HASH_LEN];
    uint32_t           sale, grape;
    fs_str_t           doc, none = fs_str("");
    fixture_t         *fixture = *context;
    fs_entry_t         entry;
    fs_sale_t         *row;
    fs_operator_t      op;
    const fs_terms_t  *terms;

    fixture_operator(&op, "grape");
    grape = fixture_define(fixture, &op);

    coupon(&op);
    op.gives.from_fen = 2000;
    op.gives.by_desk = 1;
    op.gives.valid_ms = 604800000;
    op.lines_n = 1;
    op.lines[0].sale = fixture_str("grape");
    sale = fixture_define(fixture, &op);

    fixture_begin(fixture);

    len = (int) fs_document_key(key, fixture_str("terms"),
                                fixture_str("rain"));
    assert_true(fs_db_get(fixture->sheet.log,
                          fixture->store->log_dbi[FS_LOG_DOCUMENTS], key,
                          (size_t) len, &doc));
    assert_str_is(doc, "{\"by\":\"desk\",\"from_fen\":2000,"
                     "\"kind\":\"coupon\",\"off_fen\":500,"
                     "\"sales\":[\"grape\"],\"valid_ms\":604800000}");

    assert_true(fs_sheet_entry(&fixture->sheet, fixture->sheet.seq - 1,
                               &entry));
    assert_int_equal(entry.type, FS_ENTRY_TERMS);
    len = fs_entry_render(&entry, &fixture->sheet.names, line);
    line[len] = '\0';
    assert_int_equal(fs_sha256(doc, none, hash), 0);
    fs_hex(hash, sizeof(hash), hex);
    assert_non_null(strstr(line, "\"type\":\"terms\",\"sale\":\"rain\","));
    assert_memory_equal(strstr(line, "\"digest\":\"") + 10, hex, 64);

    terms = fs_sheet_terms(&fixture->sheet, sale);
    assert_non_null(terms);
    assert_int_equal(terms->kind, FS_GIVES_COUPON);
    assert_int_equal(terms->from_fen, 2000);
    assert_int_equal(terms->sales_n, 1);
    assert_int_equal(terms->sales[0], grape);
    assert_true(fs_terms_cover(terms, grape));
    assert_false(fs_terms_cover(terms, sale));
    assert_true(fs_all_zero(terms->seed, FS_SEED_LEN));
    assert_null(fs_sheet_terms(&fixture->sheet, grape));

    row = fs_sheet_sale(&fixture->sheet, sale);
    assert_int_equal(row->gives, FS_GIVES_COUPON);
    assert_int_equal(row->by_desk, 1);

    fixture_abort(fixture);
}


/* The seed is made once, and stays. */

static void
test_seed(void **context)
{
    uint8_t            seed[FS_SEED_LEN];
    uint32_t           sale;
    fixture_t         *fixture = *context;
    fs_operator_t      op;

    coupon(&op);
    op.gives.kind = FS_GIVES_PACKET;
    op.gives.off_fen = 0;
    op.gives.total_fen = 100;
    op.opens_at = fixture->wall + 60000;
    sale = fixture_define(fixture, &op);

    fixture_begin(fixture);
    memcpy(seed, fs_sheet_terms(&fixture->sheet, sale)->seed, FS_SEED_LEN);
    assert_false(fs_all_zero(seed, FS_SEED_LEN));
    fixture_abort(fixture);

    op.gives.total_fen = 200;
    assert_string_equal(define(fixture, &op), "ok");

    fixture_begin(fixture);
    assert_int_equal(fs_sheet_terms(&fixture->sheet, sale)->total_fen, 200);
    assert_memory_equal(fs_sheet_terms(&fixture->sheet, sale)->seed, seed,
                        FS_SEED_LEN);
    fixture_abort(fixture);
}


/* Once it was open, only more of it, and longer. */

static void
test_given(void **context)
{
    fixture_t      *fixture = *context;
    fs_command_t    command;
    fs_operator_t   op, next;

    coupon(&op);
    op.opens_at = fixture->wall + 60000;
    op.closes_at = fixture->wall + 120000;
    (void) fixture_define(fixture, &op);

    op.gives.off_fen = 400;
    assert_string_equal(define(fixture, &op), "ok");

    fixture_pass(fixture, 60000);

    next = op;
    next.gives.off_fen = 500;
    assert_string_equal(define(fixture, &next), "given");

    next = op;
    next.gives.from_fen = 1;
    assert_string_equal(define(fixture, &next), "given");

    next = op;
    next.stock = 4;
    assert_string_equal(define(fixture, &next), "given");

    next = op;
    next.closes_at--;
    assert_string_equal(define(fixture, &next), "given");

    next = op;
    next.opens_at = fixture->wall + 1000;
    assert_string_equal(define(fixture, &next), "given");

    next = op;
    next.gives.kind = FS_GIVES_NOTHING;
    assert_string_equal(define(fixture, &next), "given");

    next = op;
    next.stock = 6;
    next.limit = 2;
    next.closes_at = 0;
    assert_string_equal(define(fixture, &next), "ok");
    assert_string_equal(define(fixture, &op), "given");

    /* nor by the stock command */

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_STOCK;
    next.add = -1;
    assert_string_equal(fixture_decide(fixture, &command, &next), "given");
    next.add = 1;
    assert_string_equal(fixture_decide(fixture, &command, &next), "ok");
}


/* A packet's stock never changes, once it was open; what sells goes on
 * selling. */

static void
test_packet_given(void **context)
{
    fixture_t      *fixture = *context;
    fs_command_t    command;
    fs_operator_t   op;

    coupon(&op);
    op.gives.kind = FS_GIVES_PACKET;
    op.gives.off_fen = 0;
    op.gives.total_fen = 100;
    (void) fixture_define(fixture, &op);

    op.stock++;
    assert_string_equal(define(fixture, &op), "given");
    op.stock--;
    op.gives.total_fen++;
    assert_string_equal(define(fixture, &op), "given");
    op.gives.total_fen--;
    assert_string_equal(define(fixture, &op), "ok");

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_STOCK;
    op.add = 1;
    assert_string_equal(fixture_decide(fixture, &command, &op), "given");

    fixture_operator(&op, "grape");
    (void) fixture_define(fixture, &op);
    op.price_fen = 0;
    op.limit = 1;
    op.gives.kind = FS_GIVES_ITEM;
    op.gives.title = fixture_str("eggs");
    assert_string_equal(define(fixture, &op), "given");

    coupon(&op);
    op.slug = fixture_str("snow");
    op.lines_n = 1;
    op.lines[0].sale = fixture_str("nowhere");
    assert_string_equal(define(fixture, &op), "no_such_sale");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_request),
        cmocka_unit_test_setup_teardown(test_terms, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_seed, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_given, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_packet_given, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
