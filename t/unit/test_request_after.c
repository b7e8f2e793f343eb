
/* Requests about orders that are paid, about sales and waves as a whole. */

#include "request_rows.h"


#define COUNT       "is a whole number from 0 to 1000000000"
#define INTEGER     "is a whole number"
#define VIA         "is \"scan\", \"code\" or \"list\""
#define REASON      "is \"bad\", \"short\", \"damaged\" or \"wrong\""
#define WORDS       "is 1 to 512 bytes of UTF-8 without control characters"
#define EACH        "is a whole number from 1 to 10000000000"
#define SALES       "is a list of 1 to 64 slugs, each once"
#define SALE_LINES  "is a list of 1 to 64 objects"
#define DAY         "is a day from 2020 to 2100, as in 2026-11-30"
#define ONCE        "is in one line only"
#define FLAG        "is true or false"

#define X512        X256 X256

#define NINES       "9999999999999999999999999999999999999999"


static int
read_hand_over(fs_str_t body, fs_fault_t *fault)
{
    fs_hand_over_request_t  request;

    return fs_request_hand_over(body, &request, fault);
}


static int
read_put_back(fs_str_t body, fs_fault_t *fault)
{
    fs_hand_over_request_t  request;

    return fs_request_put_back(body, &request, fault);
}


static int
read_claim(fs_str_t body, fs_fault_t *fault)
{
    fs_claim_request_t  request;

    return fs_request_claim(body, &request, fault);
}


static int
read_claim_form(fs_str_t body, fs_fault_t *fault)
{
    fs_claim_request_t  request;

    return fs_request_claim_form(body, &request, fault);
}


static int
read_answer(fs_str_t body, fs_fault_t *fault)
{
    uint8_t  accept;

    return fs_request_answer(body, &accept, fault);
}


static int
read_call_off(fs_str_t body, fs_fault_t *fault)
{
    fs_reason_request_t  request;

    return fs_request_call_off(body, &request, fault);
}


static int
read_compensate(fs_str_t body, fs_fault_t *fault)
{
    fs_reason_request_t  request;

    return fs_request_compensate(body, &request, fault);
}


static int
read_wave(fs_str_t body, fs_fault_t *fault)
{
    fs_wave_request_t  request;

    return fs_request_wave(body, &request, fault);
}


static int
read_receive(fs_str_t body, fs_fault_t *fault)
{
    fs_receive_request_t  request;

    return fs_request_receive(body, &request, fault);
}


static void
test_hand_over(void **state)
{
    size_t                  i;
    char                    body[256];
    fs_fault_t              fault;
    fs_hand_over_request_t  request;

    static const row_t  rows[] = {
        { "", NULL, NULL },
        { "{}", NULL, NULL },
        { " { } ", NULL, NULL },
        { "{\"nonce\":\"n\"}", NULL, NULL },
        { "{\"nonce\":\"" X128 "\",\"via\":\"list\"}", NULL, NULL },
        { "{\"nonce\":\"n\",\"device_at\":0,\"via\":null}", NULL, NULL },
        { "{\"nonce\":\"n\",\"lines\":[{\"sale\":\"a\"},{\"sale\":\"b\","
          "\"qty\":3}]}", NULL, NULL },

        { " ", "", OBJECT },
        { "[]", "", OBJECT },
        { "{\"via\":\"scan\"}", "nonce", REQUIRED },
        { "{\"nonce\":null}", "nonce", REQUIRED },
        { "{\"nonce\":\"\"}", "nonce", VISIBLE },
        { "{\"nonce\":\"a b\"}", "nonce", VISIBLE },
        { "{\"nonce\":\"" X128 "x\"}", "nonce", VISIBLE },
        { "{\"nonce\":1}", "nonce", VISIBLE },
        { "{\"nonce\":\"n\",\"nonce\":\"n\"}", "nonce", TWICE },
        { "{\"nonce\":\"n\",\"via\":\"none\"}", "via", VIA },
        { "{\"nonce\":\"n\",\"via\":\"time\"}", "via", VIA },
        { "{\"nonce\":\"n\",\"via\":1}", "via", VIA },
        { "{\"nonce\":\"n\",\"device_at\":1.5}", "device_at", INTEGER },
        { "{\"nonce\":\"n\",\"device_at\":1e3}", "device_at", INTEGER },
        { "{\"nonce\":\"n\",\"device_at\":" NINES ".0}", "device_at",
          INTEGER },
        { "{\"nonce\":\"n\",\"device_at\":" NINES "e1}", "device_at",
          INTEGER },
        { "{\"nonce\":\"n\",\"device_at\":-0}", "device_at", INTEGER },
        { "{\"nonce\":\"n\",\"device_at\":\"1\"}", "device_at", INTEGER },
        { "{\"nonce\":\"n\",\"device_at\":true}", "device_at", INTEGER },
        { "{\"nonce\":\"n\",\"lines\":[]}", "lines", LINES },
        { "{\"nonce\":\"n\",\"lines\":[\"a\"]}", "lines[0]",
          "is an object" },
        { "{\"nonce\":\"n\",\"lines\":[{}]}", "lines[0].sale", REQUIRED },
        { "{\"nonce\":\"n\",\"lines\":[{\"sale\":\"a\",\"qty\":0}]}",
          "lines[0].qty", QTY },
        { "{\"nonce\":\"n\",\"lines\":[{\"sale\":\"a\"},{\"sale\":\"b\"},"
          "{\"sale\":\"a\"}]}", "lines[2].sale", ONCE },
        { "{\"nonce\":\"n\",\"by\":\"time\"}", "by", UNKNOWN },
    };

    static const struct {
        const char  *said;
        int64_t      taken;
    } times[] = {
        { "1790000000000", 1790000000000 },
        { "-1", -1 },
        { "0", 0 },
        { "4611686018427387903", FS_DEVICE_AT_MAX },
        { "4611686018427387904", FS_DEVICE_AT_MAX },
        { "9223372036854775807", FS_DEVICE_AT_MAX },
        { "9223372036854775808", FS_DEVICE_AT_MAX },
        { NINES, FS_DEVICE_AT_MAX },
        { "-4611686018427387904", -FS_DEVICE_AT_MAX },
        { "-9223372036854775808", -FS_DEVICE_AT_MAX },
        { "-9223372036854775809", -FS_DEVICE_AT_MAX },
        { "-" NINES, -FS_DEVICE_AT_MAX },
    };

    (void) state;

    CHECK(read_hand_over, rows);

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        snprintf(body, sizeof(body), "{\"nonce\":\"n\",\"device_at\":%s}",
                 times[i].said);
        assert_int_equal(fs_request_hand_over(text(body), &request, &fault),
                         0);
        assert_true(request.device_at == times[i].taken);
    }

    assert_int_equal(fs_request_hand_over(text(""), &request, &fault), 0);
    assert_int_equal(request.nonce_len, 0);

    assert_int_equal(fs_request_hand_over(text("{\"nonce\":\"n-1\"}"),
                                          &request, &fault), 0);
    assert_int_equal(request.nonce_len, 3);
    assert_memory_equal(request.nonce, "n-1", 3);
    assert_int_equal(request.via, FS_VIA_LIST);
    assert_int_equal(request.lines_n, 0);

    assert_int_equal(fs_request_hand_over(
                         text("{\"via\":\"code\",\"lines\":[{\"sale\":\"a\"},"
                              "{\"sale\":\"b\",\"qty\":2}],\"nonce\":\"n\"}"),
                         &request, &fault), 0);
    assert_int_equal(request.via, FS_VIA_CODE);
    assert_int_equal(request.lines_n, 2);
    assert_int_equal(request.lines[0].qty, 0);
    assert_int_equal(request.lines[1].qty, 2);
    assert_memory_equal(request.lines[1].sale.data, "b", 1);
}


static void
test_put_back(void **state)
{
    static const row_t  rows[] = {
        { "{\"nonce\":\"n\"}", NULL, NULL },
        { "", "", OBJECT },
        { "{}", "nonce", REQUIRED },
        { "{\"nonce\":\"\"}", "nonce", VISIBLE },
        { "{\"nonce\":\"n\",\"via\":\"scan\"}", "via", UNKNOWN },
    };

    (void) state;

    CHECK(read_put_back, rows);
}


static void
test_claim(void **state)
{
    fs_fault_t          fault;
    fs_claim_request_t  request;

    static const row_t  rows[] = {
        { "{\"sale\":\"g\",\"qty\":1,\"reason\":\"short\"}", NULL, NULL },
        { "", "", OBJECT },
        { "{\"qty\":1,\"reason\":\"bad\"}", "sale", REQUIRED },
        { "{\"sale\":\"g\",\"reason\":\"bad\"}", "qty", REQUIRED },
        { "{\"sale\":\"g\",\"qty\":1}", "reason", REQUIRED },
        { "{\"sale\":\"g\",\"qty\":0,\"reason\":\"bad\"}", "qty", QTY },
        { "{\"sale\":\"g\",\"qty\":10001,\"reason\":\"bad\"}", "qty", QTY },
        { "{\"sale\":\"G\",\"qty\":1,\"reason\":\"bad\"}", "sale", SLUG },
        { "{\"sale\":\"g\",\"qty\":1,\"reason\":\"goodwill\"}", "reason",
          REASON },
        { "{\"sale\":\"g\",\"qty\":1,\"reason\":\"bad\",\"amount_fen\":1}",
          "amount_fen", UNKNOWN },
        { "{\"sale\":\"g\",\"qty\":1,\"reason\":\"bad\","
          "\"idempotency_key\":\"k\"}", "idempotency_key", UNKNOWN },
    };

    static const row_t  forms[] = {
        { "sale=g&qty=1&reason=wrong", NULL, NULL },
        { "reason=bad&qty=2&sale=g&csrf=c&idempotency_key=", NULL, NULL },
        { "", "sale", REQUIRED },
        { "sale=&qty=1&reason=bad", "sale", REQUIRED },
        { "sale=g&reason=bad", "qty", REQUIRED },
        { "sale=g&qty=1", "reason", REQUIRED },
        { "sale=g&qty=1&reason=", "reason", REQUIRED },
        { "sale=g&qty=0&reason=bad", "qty", QTY },
        { "sale=g&qty=1&reason=other", "reason", REASON },
        { "sale=g&qty=1&reason=bad&sale=g", "sale", TWICE },
        { "sale=g&qty=1&reason=bad&more=1", "more", UNKNOWN },
    };

    (void) state;

    CHECK(read_claim, rows);
    CHECK(read_claim_form, forms);

    assert_int_equal(fs_request_claim(text("{\"sale\":\"grape\",\"qty\":2,"
                                           "\"reason\":\"damaged\"}"),
                                      &request, &fault), 0);
    assert_memory_equal(request.sale.data, "grape", 5);
    assert_int_equal(request.qty, 2);
    assert_int_equal(request.reason, FS_REASON_DAMAGED);
    assert_int_equal(request.key_len, 0);

    assert_int_equal(fs_request_claim_form(text("sale=tea&qty=3&reason=bad&"
                                                "idempotency_key=k1"),
                                           &request, &fault), 0);
    assert_memory_equal(request.sale.data, "tea", 3);
    assert_int_equal(request.qty, 3);
    assert_int_equal(request.reason, FS_REASON_BAD);
    assert_int_equal(request.key_len, 2);
}


static void
test_answer(void **state)
{
    uint8_t     accept;
    fs_fault_t  fault;

    static const row_t  rows[] = {
        { "{\"accept\":true}", NULL, NULL },
        { "", "", OBJECT },
        { "{}", "accept", REQUIRED },
        { "{\"accept\":null}", "accept", REQUIRED },
        { "{\"accept\":1}", "accept", FLAG },
        { "{\"accept\":\"true\"}", "accept", FLAG },
        { "{\"accept\":true,\"amount_fen\":1}", "amount_fen", UNKNOWN },
    };

    (void) state;

    CHECK(read_answer, rows);

    assert_int_equal(fs_request_answer(text("{\"accept\":true}"), &accept,
                                       &fault), 0);
    assert_int_equal(accept, 1);
    assert_int_equal(fs_request_answer(text("{\"accept\":false}"), &accept,
                                       &fault), 0);
    assert_int_equal(accept, 0);
}


static void
test_reason(void **state)
{
    int                  n;
    char                 buf[FS_WORDS_JSON_MAX];
    fs_str_t             doc;
    fs_fault_t           fault;
    fs_reason_request_t  request;

    static const row_t  call_offs[] = {
        { "{\"reason\":\"\xe9\x9c\x9c\xe5\x86\xbb\"}", NULL, NULL },
        { "{\"reason\":\"" X512 "\"}", NULL, NULL },
        { "", "", OBJECT },
        { "{}", "reason", REQUIRED },
        { "{\"reason\":\"\"}", "reason", WORDS },
        { "{\"reason\":\"" X512 "x\"}", "reason", WORDS },
        { "{\"reason\":\"a\\nb\"}", "reason", WORDS },
        { "{\"reason\":[]}", "reason", WORDS },
        { "{\"reason\":\"x\",\"fen_each\":1}", "fen_each", UNKNOWN },
    };

    static const row_t  compensations[] = {
        { "{\"fen_each\":300,\"reason\":\"x\"}", NULL, NULL },
        { "{\"reason\":\"x\"}", "fen_each", REQUIRED },
        { "{\"fen_each\":300}", "reason", REQUIRED },
        { "{\"fen_each\":0,\"reason\":\"x\"}", "fen_each", EACH },
        { "{\"fen_each\":-1,\"reason\":\"x\"}", "fen_each", EACH },
        { "{\"fen_each\":10000000001,\"reason\":\"x\"}", "fen_each", EACH },
        { "{\"fen_each\":1.5,\"reason\":\"x\"}", "fen_each", EACH },
        { "{\"fen_each\":1,\"reason\":\"x\",\"qty\":1}", "qty", UNKNOWN },
    };

    (void) state;

    CHECK(read_call_off, call_offs);
    CHECK(read_compensate, compensations);

    /* what is kept of it is a document, the longest one, too */

    assert_int_equal(fs_request_call_off(text("{\"reason\":\"so \\\"it\\\" "
                                              "is\"}"), &request, &fault),
                     0);
    n = fs_write_words(buf, sizeof(buf), &request);
    assert_int_equal(n, strlen("{\"reason\":\"so \\\"it\\\" is\"}"));
    assert_memory_equal(buf, "{\"reason\":\"so \\\"it\\\" is\"}", (size_t) n);

    memset(request.words, '"', FS_WORDS_MAX);
    request.words_len = FS_WORDS_MAX;
    request.fen_each = FS_PRICE_MAX;
    n = fs_write_words(buf, sizeof(buf), &request);
    assert_true(n > 0);
    doc.data = buf;
    doc.len = (size_t) n;
    assert_int_equal(fs_request_document(doc, &fault), 0);
}


static void
test_wave(void **state)
{
    size_t             i;
    char               sales[64 * 5 + 128];
    fs_fault_t         fault;
    fs_wave_request_t  request;

    static const struct {
        const char  *said;
        uint32_t     taken;
    } days[] = {
        { "2026-11-30", 20261130 },
        { "2020-01-01", 20200101 },
        { "2100-12-31", 21001231 },
        { "2024-02-29", 20240229 },
    };

    static const row_t  rows[] = {
        { "{\"sales\":[\"a\"],\"cut_at\":1790000000000}", NULL, NULL },
        { "{\"sales\":[\"a\",\"b\"],\"cut_at\":1790000000000,\"day\":null}",
          NULL, NULL },
        { "{\"cut_at\":1790000000000}", "sales", REQUIRED },
        { "{\"sales\":null,\"cut_at\":1790000000000}", "sales", REQUIRED },
        { "{\"sales\":[\"a\"]}", "cut_at", REQUIRED },
        { "{\"sales\":[],\"cut_at\":1790000000000}", "sales", SALES },
        { "{\"sales\":\"a\",\"cut_at\":1790000000000}", "sales", SALES },
        { "{\"sales\":[\"A\"],\"cut_at\":1790000000000}", "sales", SALES },
        { "{\"sales\":[\"a\",1],\"cut_at\":1790000000000}", "sales", SALES },
        { "{\"sales\":[null],\"cut_at\":1790000000000}", "sales", SALES },
        { "{\"sales\":[[\"a\"]],\"cut_at\":1790000000000}", "sales", SALES },
        { "{\"sales\":[{}],\"cut_at\":1790000000000}", "sales", SALES },
        { "{\"sales\":[\"a\",\"b\",\"a\"],\"cut_at\":1790000000000}",
          "sales", SALES },
        { "{\"sales\":[\"a\"],\"cut_at\":1}", "cut_at", AT },
        { "{\"sales\":[\"a\"],\"cut_at\":4133980800000}", "cut_at", AT },
        { "{\"sales\":[\"a\"],\"cut_at\":1790000000000,"
          "\"day\":\"2026-02-29\"}", "day", DAY },
        { "{\"sales\":[\"a\"],\"cut_at\":1790000000000,"
          "\"day\":\"2100-02-29\"}", "day", DAY },
        { "{\"sales\":[\"a\"],\"cut_at\":1790000000000,"
          "\"day\":\"2019-12-31\"}", "day", DAY },
        { "{\"sales\":[\"a\"],\"cut_at\":1790000000000,"
          "\"day\":\"2026-13-01\"}", "day", DAY },
        { "{\"sales\":[\"a\"],\"cut_at\":1790000000000,"
          "\"day\":\"2026-00-01\"}", "day", DAY },
        { "{\"sales\":[\"a\"],\"cut_at\":1790000000000,"
          "\"day\":\"2026-04-31\"}", "day", DAY },
        { "{\"sales\":[\"a\"],\"cut_at\":1790000000000,"
          "\"day\":\"2026-04-00\"}", "day", DAY },
        { "{\"sales\":[\"a\"],\"cut_at\":1790000000000,"
          "\"day\":\"2026/04/01\"}", "day", DAY },
        { "{\"sales\":[\"a\"],\"cut_at\":1790000000000,"
          "\"day\":\"2026-4-1\"}", "day", DAY },
        { "{\"sales\":[\"a\"],\"cut_at\":1790000000000,"
          "\"day\":20261130}", "day", DAY },
        { "{\"sales\":[\"a\"],\"cut_at\":1790000000000,\"pickup\":\"p\"}",
          "pickup", UNKNOWN },
    };

    (void) state;

    CHECK(read_wave, rows);

    for (i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        snprintf(sales, sizeof(sales), "{\"sales\":[\"a\",\"bc\"],"
                 "\"cut_at\":1790000000000,\"day\":\"%s\"}", days[i].said);
        assert_int_equal(fs_request_wave(text(sales), &request, &fault), 0);
        assert_int_equal(request.day, days[i].taken);
    }

    assert_int_equal(request.sales_n, 2);
    assert_int_equal(request.sales[1].len, 2);
    assert_memory_equal(request.sales[1].data, "bc", 2);
    assert_true(request.cut_at == 1790000000000);

    /* as many as there may be, and one more */

    for (i = 64; i <= 65; i++) {
        size_t  j, n;

        n = (size_t) sprintf(sales, "{\"sales\":[");

        for (j = 0; j < i; j++) {
            n += (size_t) sprintf(sales + n, "%s\"%02zu\"", j ? "," : "", j);
        }

        sprintf(sales + n, "],\"cut_at\":1790000000000}");

        assert_int_equal(fs_request_wave(text(sales), &request, &fault),
                         i == 64 ? 0 : -1);
    }

    assert_string_equal(fault.rule, SALES);
}


static void
test_receive(void **state)
{
    fs_fault_t            fault;
    fs_receive_request_t  request;

    static const row_t  rows[] = {
        { "{\"lines\":[" LINE("a", "0") "]}", NULL, NULL },
        { "{\"pickup\":null,\"lines\":[" LINE("a", "1000000000")
          "],\"final\":true}", NULL, NULL },
        { "{\"pickup\":\"p\"}", "lines", REQUIRED },
        { "{\"lines\":[]}", "lines", SALE_LINES },
        { "{\"lines\":[" LINE("a", "-1") "]}", "lines[0].qty", COUNT },
        { "{\"lines\":[" LINE("a", "1000000001") "]}", "lines[0].qty",
          COUNT },
        { "{\"lines\":[{\"sale\":\"a\"}]}", "lines[0].qty", REQUIRED },
        { "{\"lines\":[" LINE("a", "1") "," LINE("a", "1") "]}",
          "lines[1].sale", ONCE },
        { "{\"lines\":[" LINE("a", "1") "],\"final\":1}", "final", FLAG },
        { "{\"lines\":[" LINE("a", "1") "],\"pickup\":\"\"}", "pickup",
          SLUG },
        { "{\"lines\":[" LINE("a", "1") "],\"day\":1}", "day", UNKNOWN },
    };

    (void) state;

    CHECK(read_receive, rows);

    assert_int_equal(fs_request_receive(text("{\"pickup\":\"east\","
                         "\"lines\":[" LINE("a", "38") "," LINE("b", "0")
                         "],\"final\":true}"), &request, &fault), 0);
    assert_memory_equal(request.pickup.data, "east", 4);
    assert_int_equal(request.lines_n, 2);
    assert_int_equal(request.lines[0].qty, 38);
    assert_int_equal(request.lines[1].qty, 0);
    assert_int_equal(request.final, 1);

    assert_int_equal(fs_request_receive(text("{\"lines\":[" LINE("a", "1")
                         "],\"final\":false}"), &request, &fault), 0);
    assert_int_equal(request.pickup.len, 0);
    assert_int_equal(request.final, 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_hand_over),
        cmocka_unit_test(test_put_back),
        cmocka_unit_test(test_claim),
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_reason),
        cmocka_unit_test(test_wave),
        cmocka_unit_test(test_receive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
