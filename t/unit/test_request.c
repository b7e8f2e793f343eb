
/* JSON bodies: what is taken, and the field and the rule of what is not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "request_limits.h"


#define SEED        20260731u
#define MUTATIONS   100000

#define SLUG        "is a slug: 1 to 64 of a-z, 0-9 and -"
#define QTY         "is a whole number from 1 to 10000"
#define QTY_SUM     QTY ", added up over the lines of a sale"
#define VISIBLE     "is 1 to 128 visible ASCII characters"
#define TITLE       "is 1 to 256 bytes of UTF-8 without control characters"
#define PRICE       "is a whole number from 0 to 10000000000"
#define STOCK       "is a whole number from 0 to 1000000000"
#define GOAL        "is a whole number from 1 to 1000000000"
#define AT          "is a whole number from 1 to 32503680000000"
#define HOLD_MS     "is a whole number from 1000 to 86400000"
#define PAID        "is a whole number from 0 to 800000000000000"
#define ADD         "is a whole number from -1000000000 to 1000000000"
#define GOAL_BY     "is \"sale\" or \"pickup\""
#define LINES       "is a list of 1 to 8 objects"
#define REQUIRED    "is required"
#define TWICE       "is there twice"
#define UNKNOWN     "is not known"
#define OBJECT      "is a JSON object"
#define JSON        "is JSON"
#define TRAILING    "is JSON, and nothing after it"
#define UTF8        "is UTF-8"
#define FITS        "is a number that fits 64 bits"

#define X16         "xxxxxxxxxxxxxxxx"
#define X64         X16 X16 X16 X16
#define X128        X64 X64
#define X256        X128 X128


typedef struct {
    const char          *body;
    const char          *field;         /* NULL: it is taken */
    const char          *rule;
} row_t;

typedef int (*reader_t)(fs_str_t body, fs_fault_t *fault);


static void
check_rows(reader_t reader, const row_t *rows, size_t n)
{
    int         rc;
    char       *copy;
    size_t      i;
    fs_str_t    body;
    fs_fault_t  fault;

    for (i = 0; i < n; i++) {

        /* exactly as long as it is, so that memory checkers see the end */
        body.len = strlen(rows[i].body);
        copy = malloc(body.len + 1);
        memcpy(copy, rows[i].body, body.len);
        body.data = copy;

        rc = reader(body, &fault);
        free(copy);

        if (rc != (rows[i].field == NULL ? 0 : -1)) {
            fail_msg("%s: returned %d, field \"%s\" %s", rows[i].body, rc,
                     fault.field, fault.rule);
        }

        if (rc == 0) {
            assert_int_equal(fault.outcome, FS_OK);
            continue;
        }

        if (fault.outcome != FS_BAD_REQUEST
            || strcmp(fault.field, rows[i].field) != 0
            || strcmp(fault.rule, rows[i].rule) != 0)
        {
            fail_msg("%s: \"%s\" %s", rows[i].body, fault.field, fault.rule);
        }
    }
}

#define CHECK(reader, rows)                                                  \
    check_rows(reader, rows, sizeof(rows) / sizeof(rows[0]))


static int
read_hold(fs_str_t body, fs_fault_t *fault)
{
    fs_hold_request_t  request;

    return fs_request_hold(body, &request, fault);
}


static int
read_sale(fs_str_t body, fs_fault_t *fault)
{
    fs_sale_request_t  request;

    return fs_request_sale(body, &request, fault);
}


static int
read_confirm(fs_str_t body, fs_fault_t *fault)
{
    fs_order_request_t  request;

    return fs_request_confirm(body, &request, fault);
}


static int
read_refunded(fs_str_t body, fs_fault_t *fault)
{
    fs_order_request_t  request;

    return fs_request_refunded(body, &request, fault);
}


static int
read_stock(fs_str_t body, fs_fault_t *fault)
{
    int64_t  add;

    return fs_request_stock(body, &add, fault);
}


static fs_str_t
text(const char *literal)
{
    fs_str_t  str = { strlen(literal), literal };

    return str;
}


static int
slug_is(const fs_slug_t *slug, const char *literal)
{
    return slug->len == strlen(literal)
           && memcmp(slug->data, literal, slug->len) == 0;
}


static void
test_hold(void **state)
{
    fs_fault_t         fault;
    fs_hold_request_t  request;

    static const row_t  rows[] = {
        { "{\"sale\":\"grape\",\"qty\":1}", NULL, NULL },
        { "{\"sale\":\"grape\",\"qty\":10000}", NULL, NULL },
        { " \t\r\n{ \"qty\" : 2 , \"sale\" : \"\\u0067-1\" } \n", NULL, NULL },
        { "{\"sale\":\"" X64 "\",\"qty\":1,\"pickup\":null}", NULL, NULL },
        { "{\"sale\":\"g\",\"qty\":1,\"lines\":null}", NULL, NULL },
        { "{\"sale\":null,\"lines\":[{\"sale\":\"g\",\"qty\":1}]}", NULL,
          NULL },

        { "{\"sale\":\"g\",\"qty\":0}", "qty", QTY },
        { "{\"sale\":\"g\",\"qty\":10001}", "qty", QTY },
        { "{\"sale\":\"g\",\"qty\":-1}", "qty", QTY },
        { "{\"sale\":\"g\",\"qty\":-0}", "qty", QTY },
        { "{\"sale\":\"g\",\"qty\":1.0}", "qty", QTY },
        { "{\"sale\":\"g\",\"qty\":1e3}", "qty", QTY },
        { "{\"sale\":\"g\",\"qty\":1E0}", "qty", QTY },
        { "{\"sale\":\"g\",\"qty\":4294967297}", "qty", QTY },
        { "{\"sale\":\"g\",\"qty\":18446744073709551617}", "qty", QTY },
        { "{\"sale\":\"g\",\"qty\":\"2\"}", "qty", QTY },
        { "{\"sale\":\"g\",\"qty\":true}", "qty", QTY },
        { "{\"sale\":\"g\",\"qty\":[2]}", "qty", QTY },
        { "{\"sale\":\"g\",\"qty\":{}}", "qty", QTY },
        { "{\"sale\":\"g\",\"qty\":null}", "qty", REQUIRED },
        { "{\"sale\":\"g\"}", "qty", REQUIRED },
        { "{\"qty\":1}", "sale", REQUIRED },
        { "{}", "sale", REQUIRED },
        { "{\"pickup\":\"p\"}", "sale", REQUIRED },

        { "{\"sale\":\"\",\"qty\":1}", "sale", SLUG },
        { "{\"sale\":\"" X64 "x\",\"qty\":1}", "sale", SLUG },
        { "{\"sale\":\"Grape\",\"qty\":1}", "sale", SLUG },
        { "{\"sale\":\"gra pe\",\"qty\":1}", "sale", SLUG },
        { "{\"sale\":\"g\\u0000\",\"qty\":1}", "sale", SLUG },
        { "{\"sale\":\"\xe8\x91\xa1\",\"qty\":1}", "sale", SLUG },
        { "{\"sale\":1,\"qty\":1}", "sale", SLUG },
        { "{\"sale\":[],\"qty\":1}", "sale", SLUG },
        { "{\"sale\":\"g\",\"qty\":1,\"pickup\":\"P\"}", "pickup", SLUG },
        { "{\"sale\":\"g\",\"qty\":1,\"pickup\":false}", "pickup", SLUG },

        { "{\"sale\":\"g\",\"qty\":1,\"sale\":\"g\"}", "sale", TWICE },
        { "{\"sale\":\"g\",\"qty\":1,\"\\u0071ty\":1}", "qty", TWICE },
        { "{\"pickup\":null,\"pickup\":null}", "pickup", TWICE },
        { "{\"sale\":\"g\",\"qty\":1,\"price_fen\":1}", "price_fen",
          UNKNOWN },
        { "{\"Sale\":\"g\",\"qty\":1}", "Sale", UNKNOWN },
        { "{\"\":1}", "", UNKNOWN },
        { "{\"a\\nb\\u0000c\":1}", "a?b?c", UNKNOWN },
        { "{\"" X64 "\":1}", "xxxxxxxxxxxxxxx" X16 X16 X16, UNKNOWN },
        { "{\"x" X16 X16 X16 "xxxxxxxxxxx\xe8\x91\xa1\xe8\x91\xa1\":1}",
          "x" X16 X16 X16 "xxxxxxxxxxx\xe8\x91\xa1", UNKNOWN },
    };

    (void) state;

    CHECK(read_hold, rows);

    assert_int_equal(
        fs_request_hold(text("{\"sale\":\"grape\",\"qty\":2,"
                             "\"pickup\":\"xingfu\"}"), &request, &fault), 0);
    assert_int_equal(request.lines_n, 1);
    assert_true(slug_is(&request.lines[0].sale, "grape"));
    assert_int_equal(request.lines[0].qty, 2);
    assert_true(slug_is(&request.pickup, "xingfu"));
    assert_int_equal(request.key_len, 0);
}


#define LINE(sale, qty)  "{\"sale\":\"" sale "\",\"qty\":" qty "}"

static void
test_lines(void **state)
{
    fs_fault_t         fault;
    fs_hold_request_t  request;

    static const row_t  rows[] = {
        { "{\"lines\":[" LINE("a", "1") "," LINE("b", "1") ","
          LINE("c", "1") "," LINE("d", "1") "," LINE("e", "1") ","
          LINE("f", "1") "," LINE("g", "1") "," LINE("h", "1") "]}",
          NULL, NULL },
        { "{\"lines\":[" LINE("a", "9999") "," LINE("a", "1") "]}",
          NULL, NULL },

        { "{\"lines\":[" LINE("a", "1") "," LINE("a", "1") ","
          LINE("a", "1") "," LINE("a", "1") "," LINE("a", "1") ","
          LINE("a", "1") "," LINE("a", "1") "," LINE("a", "1") ","
          LINE("a", "1") "]}", "lines", LINES },
        { "{\"lines\":[" LINE("a", "9999") "," LINE("b", "1") ","
          LINE("a", "2") "]}", "lines[2].qty", QTY_SUM },
        { "{\"lines\":[]}", "lines", LINES },
        { "{\"lines\":{}}", "lines", LINES },
        { "{\"lines\":\"a\"}", "lines", LINES },
        { "{\"lines\":1}", "lines", LINES },
        { "{\"lines\":null}", "sale", REQUIRED },
        { "{\"lines\":[1]}", "lines[0]", "is an object" },
        { "{\"lines\":[null]}", "lines[0]", "is an object" },
        { "{\"lines\":[true]}", "lines[0]", "is an object" },
        { "{\"lines\":[" LINE("a", "1") ",\"b\"]}", "lines[1]",
          "is an object" },
        { "{\"lines\":[[" LINE("a", "1") "]]}", "lines[0]", "is an object" },
        { "{\"lines\":[{}]}", "lines[0].sale", REQUIRED },
        { "{\"lines\":[{\"sale\":\"a\"}]}", "lines[0].qty", REQUIRED },
        { "{\"lines\":[" LINE("a", "1") "," LINE("b", "0") "]}",
          "lines[1].qty", QTY },
        { "{\"lines\":[" LINE("a", "1") "," LINE("b", "{}") "]}",
          "lines[1].qty", QTY },
        { "{\"lines\":[" LINE("a", "1") "," LINE("b", "[1]") "]}",
          "lines[1].qty", QTY },
        { "{\"lines\":[" LINE("A", "1") "]}", "lines[0].sale", SLUG },
        { "{\"lines\":[{\"sale\":\"a\",\"qty\":1,\"qty\":1}]}",
          "lines[0].qty", TWICE },
        { "{\"lines\":[{\"sale\":\"a\",\"qty\":1,\"lines\":[]}]}",
          "lines[0].lines", UNKNOWN },
        { "{\"lines\":[" LINE("a", "1") "],\"lines\":[]}", "lines", TWICE },
        { "{\"lines\":[" LINE("a", "1") "],\"qty\":1}", "lines",
          "takes the place of sale and qty" },
        { "{\"sale\":\"a\",\"lines\":[" LINE("a", "1") "]}", "lines",
          "takes the place of sale and qty" },
        { "{\"lines\":[{\"" X64 "\":1}]}",
          "lines[0].xxxxxx" X16 X16 X16, UNKNOWN },
    };

    (void) state;

    CHECK(read_hold, rows);

    assert_int_equal(
        fs_request_hold(text("{\"lines\":[" LINE("a", "1") ","
                             LINE("ab", "2") "," LINE("a", "3") ","
                             LINE("c", "4") "]}"), &request, &fault), 0);
    assert_int_equal(request.lines_n, 3);
    assert_true(slug_is(&request.lines[0].sale, "a"));
    assert_int_equal(request.lines[0].qty, 4);
    assert_true(slug_is(&request.lines[1].sale, "ab"));
    assert_int_equal(request.lines[1].qty, 2);
    assert_true(slug_is(&request.lines[2].sale, "c"));
    assert_int_equal(request.lines[2].qty, 4);
    assert_int_equal(request.pickup.len, 0);
}


static void
test_json(void **state)
{
    fs_str_t           body;
    fs_fault_t         fault;
    fs_hold_request_t  request;

    static const char   nul[] = "{\"sale\":\"g\",\"qty\":1}\0";

    static const row_t  rows[] = {
        { "", "", OBJECT },
        { " \n", "", OBJECT },
        { "[]", "", OBJECT },
        { "1", "", JSON },
        { "1 ", "", OBJECT },
        { "\"a\"", "", OBJECT },
        { "null", "", OBJECT },
        { "true", "", OBJECT },
        { "{", "", JSON },
        { "}", "", JSON },
        { "{\"sale\":\"g\",\"qty\":1", "", JSON },
        { "{\"sale\":\"g\",\"qty\":1,}", "", JSON },
        { "{\"sale\":\"g\",\"qty\":01}", "qty", QTY },
        { "{\"sale\":\"g\",\"qty\":+1}", "", JSON },
        { "{\"sale\":\"g\",\"qty\":.5}", "", JSON },
        { "{\"sale\":\"g\",\"qty\":1.}", "", JSON },
        { "{\"sale\":\"g\",\"qty\":NaN}", "", JSON },
        { "{'sale':'g','qty':1}", "", JSON },
        { "{sale:\"g\",\"qty\":1}", "", JSON },
        { "{1:\"g\",\"qty\":1}", "", JSON },
        { "{\"sale\" \"g\"}", "", JSON },
        { "{\"sale\":\"g\n\",\"qty\":1}", "", JSON },
        { "{\"sale\":\"\\x\",\"qty\":1}", "", JSON },
        { "{\"sale\":\"\\u12", "", JSON },
        { "{\"sale\":\"g\",/**/\"qty\":1}", "", JSON },
        { "{\"sale\":\"g\",\"qty\":1}//", "", TRAILING },
        { "{\"sale\":\"g\",\"qty\":1}}", "", TRAILING },
        { "{\"sale\":\"g\",\"qty\":1} {}", "", TRAILING },
        { "{\"sale\":\"g\",\"qty\":1} tru", "", TRAILING },
        { "{\"sale\":\"g\",\"qty\":1}\"", "", TRAILING },
        { "{\"sale\":\"g\",\"qty\":1}-", "", TRAILING },
        { "{\"lines\":[" LINE("a", "1") ",]}", "", JSON },
        { "{\"lines\":[" LINE("a", "1") "}]", "", JSON },
        { "sale=g&qty=1", "", JSON },
        { "\xef\xbb\xbf{\"sale\":\"g\",\"qty\":1}", "", JSON },

        { "{\"sale\":\"\xff\"}", "", UTF8 },
        { "{\"sale\":\"\xc0\xaf\"}", "", UTF8 },
        { "{\"sale\":\"\xe0\x80\xaf\"}", "", UTF8 },
        { "{\"sale\":\"\xed\xa0\x80\"}", "", UTF8 },
        { "{\"sale\":\"\xf4\x90\x80\x80\"}", "", UTF8 },
        { "{\"sale\":\"\xf0\x80\x80\xaf\"}", "", UTF8 },
        { "{\"sale\":\"\xe8\x91\"}", "", UTF8 },
        { "{\"sale\":\"\\ud800\"}", "", UTF8 },
        { "{\"sale\":\"\\udc00\"}", "", UTF8 },
        { "{\"sale\":\"\\ud83c\\u0041\"}", "", UTF8 },
        { "{\"sale\":\"\\ud83c\\ud83c\"}", "", UTF8 },
        { "{\"sale\":\"\\udf47\\udf47\"}", "", UTF8 },
        { "{\"sale\":\"\\uD83C\"}", "", UTF8 },
        { "{\"sale\":\"\\\\ud800\"}", "sale", SLUG },
    };

    (void) state;

    CHECK(read_hold, rows);

    body = (fs_str_t) fs_null_str;
    assert_int_equal(fs_request_hold(body, &request, &fault), -1);

    body.data = nul;
    body.len = sizeof(nul) - 1;
    assert_int_equal(fs_request_hold(body, &request, &fault), -1);
    assert_string_equal(fault.rule, TRAILING);
}


/* A body of `size` bytes, by blanks. */
static char *
padded(const char *json, size_t size)
{
    char  *body;

    body = malloc(size);
    assert_non_null(body);

    memset(body, ' ', size);
    memcpy(body, json, strlen(json));

    return body;
}


static void
test_size(void **state)
{
    char              *buf;
    int64_t            add;
    fs_str_t           body;
    fs_fault_t         fault;
    fs_hold_request_t  request;

    (void) state;

    buf = padded("{\"sale\":\"g\",\"qty\":1}", FS_BODY_MAX + 1);
    body.data = buf;
    body.len = FS_BODY_MAX;
    assert_int_equal(fs_request_hold(body, &request, &fault), 0);

    body.len = FS_BODY_MAX + 1;
    assert_int_equal(fs_request_hold(body, &request, &fault), -1);
    assert_int_equal(fault.outcome, FS_TOO_LARGE);
    assert_string_equal(fault.field, "");
    assert_string_equal(fault.rule, "is at most 16384 bytes");
    free(buf);

    buf = padded("{\"add\":1}", FS_BODY_ADMIN_MAX + 1);
    body.data = buf;
    body.len = FS_BODY_ADMIN_MAX;
    assert_int_equal(fs_request_stock(body, &add, &fault), 0);

    body.len = FS_BODY_ADMIN_MAX + 1;
    assert_int_equal(fs_request_stock(body, &add, &fault), -1);
    assert_int_equal(fault.outcome, FS_TOO_LARGE);
    free(buf);

    /* escapes make the parser's buffers larger than its arena */

    buf = malloc(FS_BODY_MAX);
    memset(buf, 'x', FS_BODY_MAX);
    memcpy(buf, "{\"sale\":\"\\u0067", 15);
    memcpy(buf + FS_BODY_MAX - 2, "\"}", 2);
    body.data = buf;
    body.len = FS_BODY_MAX;
    assert_int_equal(fs_request_hold(body, &request, &fault), -1);
    assert_string_equal(fault.field, "sale");
    assert_string_equal(fault.rule, SLUG);
    free(buf);
}


static void
test_order(void **state)
{
    fs_fault_t          fault;
    fs_order_request_t  request;

    static const row_t  confirm[] = {
        { "{\"payment\":\"p\",\"paid_fen\":0}", NULL, NULL },
        { "{\"payment\":\"" X128 "\",\"paid_fen\":800000000000000}", NULL,
          NULL },
        { "{\"payment\":\"" X128 "x\",\"paid_fen\":1}", "payment", VISIBLE },
        { "{\"payment\":\"\",\"paid_fen\":1}", "payment", VISIBLE },
        { "{\"payment\":\"a b\",\"paid_fen\":1}", "payment", VISIBLE },
        { "{\"payment\":\"a\\u007f\",\"paid_fen\":1}", "payment", VISIBLE },
        { "{\"payment\":\"\xe8\x91\xa1\",\"paid_fen\":1}", "payment",
          VISIBLE },
        { "{\"payment\":7,\"paid_fen\":1}", "payment", VISIBLE },
        { "{\"payment\":\"p\",\"paid_fen\":800000000000001}", "paid_fen",
          PAID },
        { "{\"payment\":\"p\",\"paid_fen\":-1}", "paid_fen", PAID },
        { "{\"payment\":\"p\",\"paid_fen\":79.6}", "paid_fen", PAID },
        { "{\"payment\":\"p\",\"paid_fen\":9223372036854775808}",
          "paid_fen", PAID },
        { "{\"payment\":\"p\"}", "paid_fen", REQUIRED },
        { "{\"paid_fen\":1}", "payment", REQUIRED },
        { "{\"payment\":\"p\",\"paid_fen\":1,\"refund\":\"r\"}", "refund",
          UNKNOWN },
        { "", "", OBJECT },
    };

    static const row_t  refunded[] = {
        { "{\"refund\":\"r\"}", NULL, NULL },
        { "{\"refund\":\"r\",\"payment\":null}", NULL, NULL },
        { "{\"refund\":\"r\",\"payment\":\"" X128 "\"}", NULL, NULL },
        { "{\"refund\":\"r\",\"payment\":\"" X128 "x\"}", "payment",
          VISIBLE },
        { "{\"refund\":\"\"}", "refund", VISIBLE },
        { "{\"payment\":\"p\"}", "refund", REQUIRED },
        { "{}", "refund", REQUIRED },
    };

    (void) state;

    CHECK(read_confirm, confirm);
    CHECK(read_refunded, refunded);

    assert_int_equal(
        fs_request_confirm(text("{\"payment\":\"wx-1\",\"paid_fen\":7960}"),
                           &request, &fault), 0);
    assert_int_equal(request.reference_len, 4);
    assert_memory_equal(request.reference, "wx-1", 4);
    assert_true(request.paid_fen == 7960);

    assert_int_equal(
        fs_request_refunded(text("{\"payment\":\"wx-1\",\"refund\":\"r\"}"),
                            &request, &fault), 0);
    assert_int_equal(request.reference_len, 1);
    assert_memory_equal(request.reference, "r", 1);
    assert_int_equal(request.payment_len, 4);
    assert_memory_equal(request.payment, "wx-1", 4);
}


static void
test_empty_and_stock(void **state)
{
    int64_t     add;
    fs_fault_t  fault;

    static const row_t  empty[] = {
        { "", NULL, NULL },
        { "{}", NULL, NULL },
        { " { } ", NULL, NULL },
        { " ", "", OBJECT },
        { "[]", "", OBJECT },
        { "null", "", OBJECT },
        { "{\"a\":1}", "a", UNKNOWN },
        { "{}{}", "", TRAILING },
    };

    static const row_t  stock[] = {
        { "{\"add\":1000000000}", NULL, NULL },
        { "{\"add\":-1000000000}", NULL, NULL },
        { "{\"add\":0}", NULL, NULL },
        { "{\"add\":1000000001}", "add", ADD },
        { "{\"add\":-1000000001}", "add", ADD },
        { "{\"add\":-9223372036854775809}", "add", ADD },
        { "{\"add\":-0}", "add", ADD },
        { "{\"add\":\"1\"}", "add", ADD },
        { "{\"add\":null}", "add", REQUIRED },
        { "{}", "add", REQUIRED },
        { "", "", OBJECT },
    };

    (void) state;

    CHECK(fs_request_empty, empty);
    CHECK(read_stock, stock);

    assert_int_equal(fs_request_stock(text("{\"add\":-50}"), &add, &fault),
                     0);
    assert_true(add == -50);
}


#define SALE(more)  "{\"price_fen\":1,\"stock\":2" more "}"

static void
test_sale(void **state)
{
    fs_str_t           body;
    fs_fault_t         fault;
    fs_sale_request_t  request;

    static const row_t  rows[] = {
        { SALE(""), NULL, NULL },
        { SALE(",\"title\":null,\"limit\":null,\"opens_at\":null,"
               "\"closes_at\":null,\"goal\":null,\"goal_by\":null,"
               "\"hold_ms\":null,\"doc\":null"), NULL, NULL },
        { "{\"price_fen\":0,\"stock\":0}", NULL, NULL },
        { "{\"price_fen\":10000000000,\"stock\":1000000000}", NULL, NULL },
        { SALE(",\"title\":\"" X256 "\""), NULL, NULL },
        { SALE(",\"limit\":1,\"goal\":1,\"hold_ms\":1000"), NULL, NULL },
        { SALE(",\"limit\":10000,\"goal\":1000000000,"
               "\"hold_ms\":86400000"), NULL, NULL },
        { SALE(",\"opens_at\":1,\"closes_at\":32503680000000"), NULL, NULL },
        { SALE(",\"opens_at\":32503680000000"), NULL, NULL },
        { SALE(",\"closes_at\":1"), NULL, NULL },
        { SALE(",\"goal_by\":\"pickup\",\"goal\":9"), NULL, NULL },
        { SALE(",\"doc\":{}"), NULL, NULL },

        { "{}", "price_fen", REQUIRED },
        { "{\"price_fen\":1}", "stock", REQUIRED },
        { "{\"price_fen\":null,\"stock\":1}", "price_fen", REQUIRED },
        { "{\"price_fen\":-1,\"stock\":1}", "price_fen", PRICE },
        { "{\"price_fen\":10000000001,\"stock\":1}", "price_fen", PRICE },
        { "{\"price_fen\":39.8,\"stock\":1}", "price_fen", PRICE },
        { "{\"price_fen\":1,\"stock\":-1}", "stock", STOCK },
        { "{\"price_fen\":1,\"stock\":1000000001}", "stock", STOCK },
        { "{\"price_fen\":1,\"stock\":4294967296}", "stock", STOCK },
        { SALE(",\"title\":\"\""), "title", TITLE },
        { SALE(",\"title\":\"" X256 "x\""), "title", TITLE },
        { SALE(",\"title\":\"a\\u0000b\""), "title", TITLE },
        { SALE(",\"title\":\"a\\nb\""), "title", TITLE },
        { SALE(",\"title\":\"a\\u007f\""), "title", TITLE },
        { SALE(",\"title\":\"a\x7f\""), "title", TITLE },
        { SALE(",\"title\":\"a\\u0085\""), "title", TITLE },
        { SALE(",\"title\":\"a\xc2\x9f\""), "title", TITLE },
        { SALE(",\"title\":\"a\xc2\xa0\""), NULL, NULL },
        { SALE(",\"title\":1"), "title", TITLE },
        { SALE(",\"limit\":0"), "limit", QTY },
        { SALE(",\"limit\":10001"), "limit", QTY },
        { SALE(",\"opens_at\":0"), "opens_at", AT },
        { SALE(",\"opens_at\":32503680000001"), "opens_at", AT },
        { SALE(",\"closes_at\":0"), "closes_at", AT },
        { SALE(",\"closes_at\":32503680000001"), "closes_at", AT },
        { SALE(",\"opens_at\":5,\"closes_at\":6"), NULL, NULL },
        { SALE(",\"opens_at\":5,\"closes_at\":5"), "closes_at",
          "is after opens_at" },
        { SALE(",\"closes_at\":5,\"opens_at\":6"), "closes_at",
          "is after opens_at" },
        { SALE(",\"goal\":0"), "goal", GOAL },
        { SALE(",\"goal\":1000000001"), "goal", GOAL },
        { SALE(",\"goal_by\":\"sale\""), "goal_by",
          "is only beside a goal" },
        { SALE(",\"goal\":1,\"goal_by\":\"buyer\""), "goal_by", GOAL_BY },
        { SALE(",\"goal\":1,\"goal_by\":1"), "goal_by", GOAL_BY },
        { SALE(",\"hold_ms\":999"), "hold_ms", HOLD_MS },
        { SALE(",\"hold_ms\":86400001"), "hold_ms", HOLD_MS },
        { SALE(",\"doc\":[]"), "doc", "is an object" },
        { SALE(",\"doc\":\"{}\""), "doc", "is an object" },
        { SALE(",\"doc\":{},\"doc\":{}"), "doc", TWICE },
        { SALE(",\"doc\":{\"a\":1,\"a\":1}"), "doc.a", TWICE },
        { SALE(",\"sold\":1"), "sold", UNKNOWN },
        { SALE(",\"virtual_members\":1"), "virtual_members", UNKNOWN },
    };

    (void) state;

    CHECK(read_sale, rows);

    body = text("{\"title\":\"\xe8\x91\xa1\\u8404 \\ud83c\\udf47\","
                "\"doc\": { \"a\" : [ 1, {} ] } ,\"price_fen\":3980,"
                "\"stock\":200,\"limit\":2,\"opens_at\":1790000000000,"
                "\"closes_at\":1790003600000,\"goal\":100,"
                "\"goal_by\":\"pickup\",\"hold_ms\":300000}");

    assert_int_equal(fs_request_sale(body, &request, &fault), 0);
    assert_int_equal(request.title_len, 11);
    assert_memory_equal(request.title,
                        "\xe8\x91\xa1\xe8\x90\x84 \xf0\x9f\x8d\x87", 11);
    assert_true(request.price_fen == 3980);
    assert_int_equal(request.stock, 200);
    assert_int_equal(request.limit, 2);
    assert_true(request.opens_at == 1790000000000);
    assert_true(request.closes_at == 1790003600000);
    assert_int_equal(request.goal, 100);
    assert_int_equal(request.goal_by, FS_GOAL_BY_PICKUP);
    assert_int_equal(request.hold_ms, 300000);
    assert_int_equal(request.doc.len, strlen("{ \"a\" : [ 1, {} ] }"));
    assert_memory_equal(request.doc.data, "{ \"a\" : [ 1, {} ] }",
                        request.doc.len);

    assert_int_equal(fs_request_sale(text(SALE("")), &request, &fault), 0);
    assert_null(request.doc.data);
    assert_int_equal(request.title_len, 0);

    /* with a goal, by sale unless it says otherwise */
    assert_int_equal(fs_request_sale(text(SALE(",\"goal\":3")), &request,
                                     &fault), 0);
    assert_int_equal(request.goal_by, FS_GOAL_BY_SALE);
}


static void
test_document(void **state)
{
    char        buf[16384];
    size_t      i, n;
    fs_str_t    body;
    fs_fault_t  fault;

    static const row_t  rows[] = {
        { "{}", NULL, NULL },
        { "{\"\":0}", NULL, NULL },
        { "{\"a\":{\"a\":{\"a\":[{\"a\":1},{\"a\":1}]}},\"b\":{\"a\":1}}",
          NULL, NULL },
        { "{\"n\":[0,-0,-0.0,1.5,-1e250,1E-250,1e+0005,"
          "9223372036854775807,-9223372036854775808]}", NULL, NULL },
        { "{\"s\":[\"\",\"\\u0000\",\"\\\"\",null,true,false,[],[[]]]}",
          NULL, NULL },

        { "", "", OBJECT },
        { "[]", "", OBJECT },
        { "{\"a\":1}x", "", TRAILING },
        { "{\"a\":1,\"b\":2,\"a\":3}", "a", TWICE },
        { "{\"\":1,\"\":2}", "", TWICE },
        { "{\"a\":{\"b\":[0,[],{\"c\":1,\"\\u0063\":1}]}}", "a.b[2].c",
          TWICE },
        { "{\"a\":[{}],\"b\":{\"c\":{}},\"b\":0}", "b", TWICE },
        { "{\"a\":[[1,2],[9223372036854775808]]}", "a[1][0]", FITS },
        { "{\"a\":-9223372036854775809}", "a", FITS },
        { "{\"a\":1e251}", "a", FITS },
        { "{\"a\":1e-251}", "a", FITS },
        { "{\"a\":1e99999999999999999999}", "a", FITS },
        { "{\"a\":1.0000000000000000000000000000000000001}", "a", FITS },
        { "{\"a\nb\":1}", "", JSON },
        { "{\"x\\ny\":1,\"x\\ny\":1}", "x?y", TWICE },
        { "{\"" X64 X64 "\":1,\"" X64 X64 "\":1}",
          "xxxxxxxxxxxxxxx" X16 X16 X16, TWICE },
    };

    (void) state;

    CHECK(fs_request_document, rows);

    /* 32 levels, and one more */

    for (n = 32; n <= 33; n++) {
        memcpy(buf, "{\"a\":", 5);
        memset(buf + 5, '[', n - 1);
        memset(buf + 5 + n - 1, ']', n - 1);
        buf[5 + 2 * (n - 1)] = '}';
        body.data = buf;
        body.len = 6 + 2 * (n - 1);

        assert_int_equal(fs_request_document(body, &fault),
                         n == 32 ? 0 : -1);
    }

    assert_string_equal(fault.rule, "is nested too deep");

    /* many names; then the first again */

    n = 0;

    for (i = 0; i < 1200; i++) {
        n += sprintf(buf + n, "%c\"k%zu\":%zu", i ? ',' : '{', i, i);
    }

    buf[n] = '}';
    body.data = buf;
    body.len = n + 1;
    assert_int_equal(fs_request_document(body, &fault), 0);

    n += sprintf(buf + n, ",\"k0\":0}");
    body.len = n;
    assert_int_equal(fs_request_document(body, &fault), -1);
    assert_string_equal(fault.field, "k0");
    assert_string_equal(fault.rule, TWICE);

    /* a name that outgrows the parser's first buffer, and is seen again */

    memset(buf, 'x', 8192);
    memcpy(buf, "{\"\\u0061", 8);
    memcpy(buf + 4092, "\":1,\"\\u0061", 11);
    memcpy(buf + 8187, "\":1}", 4);
    body.len = 8191;

    memcpy(buf + 4097, "\\u0062", 6);
    assert_int_equal(fs_request_document(body, &fault), 0);

    memcpy(buf + 4097, "\\u0061", 6);
    assert_int_equal(fs_request_document(body, &fault), -1);
    assert_int_equal(fault.field[0], 'a');
    assert_string_equal(fault.rule, TWICE);
}


static void
test_document_size(void **state)
{
    char              *buf;
    size_t             head;
    fs_str_t           body;
    fs_fault_t         fault;
    fs_sale_request_t  request;

    (void) state;

    buf = padded("{", FS_DOC_MAX + 1);
    body.data = buf;

    buf[FS_DOC_MAX - 1] = '}';
    body.len = FS_DOC_MAX;
    assert_int_equal(fs_request_document(body, &fault), 0);

    body.len = FS_DOC_MAX + 1;
    assert_int_equal(fs_request_document(body, &fault), -1);
    assert_int_equal(fault.outcome, FS_TOO_LARGE);
    free(buf);

    /* within a sale: as large, and one byte more */

    buf = padded("{\"price_fen\":1,\"stock\":1,\"doc\":{", FS_DOC_MAX + 64);
    head = strlen("{\"price_fen\":1,\"stock\":1,\"doc\":");
    body.data = buf;

    buf[head + FS_DOC_MAX - 1] = '}';
    buf[head + FS_DOC_MAX] = '}';
    body.len = head + FS_DOC_MAX + 1;
    assert_int_equal(fs_request_sale(body, &request, &fault), 0);
    assert_int_equal(request.doc.len, FS_DOC_MAX);

    buf[head + FS_DOC_MAX - 1] = ' ';
    buf[head + FS_DOC_MAX + 1] = '}';
    body.len++;
    assert_int_equal(fs_request_sale(body, &request, &fault), -1);
    assert_int_equal(fault.outcome, FS_TOO_LARGE);
    assert_string_equal(fault.field, "doc");
    assert_string_equal(fault.rule, "is at most 65536 bytes");
    free(buf);
}


static uint32_t  random_state;

static uint32_t
random_below(uint32_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;

    return random_state % n;
}


/* Bodies that are nearly right: bytes changed, cut, doubled, spliced. */
static void
test_mutations(void **state)
{
    char         buf[1024], *exact;
    size_t       n, at, len;
    unsigned     i, j;
    fs_str_t     body;
    const char  *seed, *broken;

    static const char *const  seeds[] = {
        "{\"sale\":\"grape\",\"qty\":2,\"pickup\":\"xingfu\"}",
        "{\"lines\":[" LINE("a", "9999") "," LINE("b", "1") ","
            LINE("a", "1") "]}",
        "{\"payment\":\"wx-1\",\"paid_fen\":800000000000000}",
        "{\"refund\":\"r\",\"payment\":\"p\"}",
        "{\"add\":-1000000000}",
        "{\"title\":\"\xe8\x91\xa1 \\ud83c\\udf47\",\"price_fen\":"
            "10000000000,\"stock\":1000000000,\"limit\":10000,\"opens_at\":1,"
            "\"closes_at\":32503680000000,\"goal\":1,\"goal_by\":\"pickup\","
            "\"hold_ms\":1000,\"doc\":{\"a\":[{\"b\":-1.5e9,\"c\":null}]}}",
    };

    static const char  bytes[] = "{}[]\",:\\u0019-+.eEntfa/ \n\x80\xed\xff";

    (void) state;

    random_state = SEED;
    print_message("# seed %u, %u mutations\n", SEED, MUTATIONS);

    for (i = 0; i < MUTATIONS; i++) {
        seed = seeds[random_below(sizeof(seeds) / sizeof(seeds[0]))];
        len = strlen(seed);
        memcpy(buf, seed, len);

        for (j = random_below(4); len > 0; j--) {
            at = random_below(len);

            switch (random_below(5)) {

            case 0:
                buf[at] = bytes[random_below(sizeof(bytes))];
                break;

            case 1:
                buf[at] ^= 1 << random_below(8);
                break;

            case 2:
                len = at;
                break;

            case 3:                     /* a piece again */
                n = random_below(len - at) + 1;
                n = n < sizeof(buf) - len ? n : sizeof(buf) - len;
                memmove(buf + at + n, buf + at, len - at);
                len += n;
                break;

            default:                    /* a piece less */
                n = random_below(len - at);
                memmove(buf + at, buf + at + n, len - at - n);
                len -= n;
                break;
            }

            if (j == 0) {
                break;
            }
        }

        exact = malloc(len + 1);
        memcpy(exact, buf, len);
        body.data = exact;
        body.len = len;

        broken = limits_body(body);

        if (broken != NULL) {
            fail_msg("mutation %u: %s: %.*s", i, broken, (int) len, exact);
        }

        free(exact);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_empty_and_stock),
        cmocka_unit_test(test_sale),
        cmocka_unit_test(test_document),
        cmocka_unit_test(test_document_size),
        cmocka_unit_test(test_mutations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
