
/* Requests: the fields that each takes, and the rule of what is refused. */

#include "request_rows.h"


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
test_point(void **state)
{
    fs_fault_t         fault;
    fs_hold_request_t  request;

    static const row_t  rows[] = {
        { "{\"pickup\":\"xingfu\"}", NULL, NULL },
        { "{}", "pickup", REQUIRED },
        { "{\"pickup\":null}", "pickup", REQUIRED },
        { "{\"pickup\":\"\"}", "pickup", SLUG },
        { "{\"pickup\":\"Xingfu\"}", "pickup", SLUG },
        { "{\"pickup\":[\"xingfu\"]}", "pickup", SLUG },
        { "{\"pickup\":\"a\",\"qty\":1}", "qty", UNKNOWN },
        { "{\"pickup\":\"a\",\"pickup\":\"a\"}", "pickup", TWICE },
        { "", "", OBJECT },
    };

    (void) state;

    CHECK(read_point, rows);

    assert_int_equal(fs_request_point(text("{\"pickup\":\"xingfu\"}"),
                                      &request, &fault), 0);
    assert_int_equal(request.pickup.len, 6);

    assert_int_equal(fs_request_point_form(text("pickup=xingfu"
                                                "&idempotency_key=k&csrf=c"),
                                           &request, &fault), 0);
    assert_int_equal(request.pickup.len, 6);
    assert_int_equal(request.key_len, 1);
    assert_int_equal(request.lines_n, 0);
    assert_int_equal(fs_request_point_form(text("pickup=&csrf=c"), &request,
                                           &fault), -1);
    assert_string_equal(fault.field, "pickup");
    assert_int_equal(fs_request_point_form(text("pickup=a&qty=1"), &request,
                                           &fault), -1);
    assert_string_equal(fault.field, "qty");
}


static void
test_points_listed(void **state)
{
    char               body[8192];
    int                i, n;
    size_t             len;
    fs_fault_t         fault;
    fs_sale_request_t  request;

    (void) state;

    for (n = 256; n <= 257; n++) {
        len = (size_t) sprintf(body, "{\"price_fen\":1,\"stock\":1,"
                               "\"doc\":{\"pickups\":[");

        for (i = 0; i < n; i++) {
            len += (size_t) sprintf(body + len, "%s\"p%d\"", i ? "," : "",
                                    i);
        }

        strcpy(body + len, "]}}");

        assert_int_equal(fs_request_sale(text(body), &request, &fault),
                         n == 256 ? 0 : -1);
    }

    assert_string_equal(fault.field, "doc.pickups");
    assert_string_equal(fault.rule, "has at most 256 pickup points");
}


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
        { "{\"price_fen\":1,\"stock\":1000000000,\"limit\":10000,"
          "\"goal\":1000000000,\"hold_ms\":86400000}", NULL, NULL },
        { SALE(",\"opens_at\":1577836800000,\"closes_at\":4133980799999"),
          NULL, NULL },
        { SALE(",\"opens_at\":4133980799999"), NULL, NULL },
        { SALE(",\"closes_at\":1577836800000"), NULL, NULL },
        { SALE(",\"goal_by\":\"pickup\",\"goal\":2"), NULL, NULL },
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
        { SALE(",\"opens_at\":4133980800000"), "opens_at", AT },
        { SALE(",\"closes_at\":0"), "closes_at", AT },
        { SALE(",\"closes_at\":4133980800000"), "closes_at", AT },
        { SALE(",\"opens_at\":1577836799999"), "opens_at", AT },
        { SALE(",\"opens_at\":1790000000"), "opens_at", AT },
        { SALE(",\"closes_at\":1790003600"), "closes_at", AT },
        { SALE(",\"closes_at\":\"1790003600000\""), "closes_at", AT },
        { SALE(",\"opens_at\":1790000000005,\"closes_at\":1790000000006"),
          NULL, NULL },
        { SALE(",\"opens_at\":1790000000005,\"closes_at\":1790000000005"),
          "closes_at", "is after opens_at" },
        { SALE(",\"closes_at\":1790000000005,\"opens_at\":1790000000006"),
          "closes_at", "is after opens_at" },
        { SALE(",\"goal\":3"), "goal", "is at most the stock" },
        { "{\"price_fen\":1,\"goal\":1,\"goal_by\":\"pickup\","
          "\"stock\":0}", "goal", "is at most the stock" },
        { SALE(",\"goal\":0"), "goal", GOAL },
        { SALE(",\"goal\":1000000001"), "goal", GOAL },
        { SALE(",\"goal_by\":\"sale\""), "goal_by",
          "is only beside a goal" },
        { SALE(",\"goal\":1,\"goal_by\":\"buyer\""), "goal_by", GOAL_BY },
        { SALE(",\"goal\":1,\"goal_by\":1"), "goal_by", GOAL_BY },
        { SALE(",\"hold_ms\":100"), NULL, NULL },
        { SALE(",\"hold_ms\":99"), "hold_ms", HOLD_MS },
        { SALE(",\"hold_ms\":86400001"), "hold_ms", HOLD_MS },
        { SALE(",\"cancel_ms\":0"), NULL, NULL },
        { SALE(",\"cancel_ms\":2592000000"), NULL, NULL },
        { SALE(",\"cancel_ms\":-1"), "cancel_ms", CANCEL_MS },
        { SALE(",\"cancel_ms\":2592000001"), "cancel_ms", CANCEL_MS },
        { SALE(",\"cancel_ms\":\"1\""), "cancel_ms", CANCEL_MS },
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
                "\"goal_by\":\"pickup\",\"hold_ms\":300000,"
                "\"cancel_ms\":600000}");

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
    assert_int_equal(request.cancel_ms, 600000);
    assert_int_equal(request.doc.len, strlen("{ \"a\" : [ 1, {} ] }"));
    assert_memory_equal(request.doc.data, "{ \"a\" : [ 1, {} ] }",
                        request.doc.len);

    assert_int_equal(fs_request_sale(text(SALE("")), &request, &fault), 0);
    assert_null(request.doc.data);
    assert_int_equal(request.title_len, 0);

    /* with a goal, by sale unless it says otherwise */
    assert_int_equal(fs_request_sale(text(SALE(",\"goal\":2")), &request,
                                     &fault), 0);
    assert_int_equal(request.goal_by, FS_GOAL_BY_SALE);
}


/* A body that was read before says the same; others are read, whatever the
 * place is that they share. */

static void
test_hold_again(void **state)
{
    char                      body[FS_RECENT_BODY + 64], long_slug[80];
    unsigned                  i, round;
    fs_str_t                  str;
    fs_fault_t                fault;
    fs_recents_t             *recents;
    fs_hold_request_t         request;
    const fs_hold_request_t  *again;

    (void) state;

    recents = calloc(1, sizeof(fs_recents_t));
    assert_non_null(recents);

    for (round = 0; round < 3; round++) {
        for (i = 1; i <= 10 * FS_RECENT_N; i++) {
            snprintf(body, sizeof(body), "{\"sale\":\"s-%u\",\"qty\":%u}", i,
                     1 + i % 7);
            str = text(body);

            assert_int_equal(fs_request_hold(str, &request, &fault), 0);

            /* read, and then remembered */

            assert_int_equal(fs_request_hold_again(recents, str, &again,
                                                   &fault), 0);
            assert_memory_equal(again, &request, sizeof(request));
            assert_int_equal(fs_request_hold_again(recents, str, &again,
                                                   &fault), 0);
            assert_memory_equal(again, &request, sizeof(request));
        }
    }

    /* what is wrong is wrong each time, and leaves nothing behind */

    for (round = 0; round < 3; round++) {
        str = text("{\"sale\":\"grape\",\"qty\":0}");
        memset(&fault, 0, sizeof(fault));
        assert_int_equal(fs_request_hold_again(recents, str, &again, &fault),
                         -1);
        assert_string_equal(fault.field, "qty");

        str = text("");
        assert_int_equal(fs_request_hold_again(recents, str, &again, &fault),
                         -1);
    }

    /* as long as is kept, and longer */

    memset(long_slug, 'x', sizeof(long_slug));
    long_slug[64] = '\0';

    for (i = 0; i < 64; i++) {
        snprintf(body, sizeof(body), "{\"sale\":\"%s\",\"qty\":3%*s}",
                 long_slug, (int) (FS_RECENT_BODY - 84 - 32 + i), "");
        str = text(body);
        assert_int_equal(fs_request_hold_again(recents, str, &again, &fault),
                         0);
        assert_int_equal(again->lines[0].qty, 3);
        assert_true(slug_is(&again->lines[0].sale, long_slug));
    }

    assert_true(str.len > FS_RECENT_BODY);

    free(recents);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_hold_again),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_empty_and_stock),
        cmocka_unit_test(test_point),
        cmocka_unit_test(test_points_listed),
        cmocka_unit_test(test_sale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
