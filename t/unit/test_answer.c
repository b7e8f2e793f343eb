
/* What people and services get, byte for byte; and that it is JSON. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "request_limits.h"

#include "read/audit_answer.h"
#include "text/text.h"


#define T0       1790000000000LL
#define ID7      "00000000000000000000000000000007"
#define X64      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"                          \
                 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

#define PROBLEM(title, status, code)                                         \
    "{\"type\":\"about:blank\",\"title\":\"" title "\",\"status\":" status   \
    ",\"code\":\"" code "\""

#define HOLD(more)                                                           \
    "{\"id\":\"" ID7 "\",\"state\":" more ",\"owed_fen\":0,"               \
    "\"refunded_fen\":0,\"created_at\":1790000000000,\"expires_at\":"


static int
sale_slug(void *data, uint32_t number, fs_slug_t *slug)
{
    fs_str_t  grape = fs_str("grape"), egg = fs_str("egg");
    fs_str_t  longest = fs_str(X64);

    (void) data;

    switch (number) {

    case 1:
        fs_slug_set(slug, grape);
        return 0;

    case 2:
        fs_slug_set(slug, egg);
        return 0;

    case 3:
        fs_slug_set(slug, longest);
        return 0;

    default:
        return -1;
    }
}


static int
pickup_slug(void *data, uint32_t number, fs_slug_t *slug)
{
    fs_str_t  xingfu = fs_str("xingfu"), longest = fs_str(X64);

    (void) data;

    fs_slug_set(slug, number == 3 ? longest : xingfu);

    return number <= 3 ? 0 : -1;
}


static int
any_slug(void *data, char kind, uint32_t number, fs_slug_t *slug)
{
    return kind == 's' ? sale_slug(data, number, slug)
                       : pickup_slug(data, number, slug);
}


static int
hold_id(void *data, fs_seq_t hold, const uint32_t *epoch, char *id)
{
    char  buf[FS_HOLD_ID_LEN + 1];

    (void) data;

    if (epoch != NULL) {
        snprintf(buf, sizeof(buf), "%024llx%08x", (unsigned long long) hold,
                 *epoch);

    } else {
        snprintf(buf, sizeof(buf), "%032llx", (unsigned long long) hold);
    }

    memcpy(id, buf, FS_HOLD_ID_LEN);

    return hold == 0 ? -1 : 0;
}


static const fs_names_t  names = {
    NULL, any_slug, hold_id, NULL
};


static fs_hold_t
a_hold(void)
{
    fs_hold_t  hold;

    memset(&hold, 0, sizeof(fs_hold_t));

    hold.seq = 7;
    hold.state = FS_HOLD_HELD;
    hold.lines_n = 2;
    hold.pickup = 1;
    hold.created_at = T0;
    hold.expires_at = T0 + 300000;
    hold.lines[0].sale = 1;
    hold.lines[0].qty = 2;
    hold.lines[0].price_fen = 3980;
    hold.lines[1].sale = 2;
    hold.lines[1].qty = 1;
    hold.lines[1].price_fen = 0;

    return hold;
}


static fs_sale_t
a_sale(void)
{
    fs_str_t   slug = fs_str("grape");
    fs_sale_t  sale;

    memset(&sale, 0, sizeof(fs_sale_t));

    sale.number = 1;
    fs_slug_set(&sale.slug, slug);
    sale.title_len = 6;
    memcpy(sale.title, "\xe8\x91\xa1\xe8\x90\x84", 6);
    sale.price_fen = 3980;
    sale.stock = 200;
    sale.held = 3;
    sale.sold = 5;
    sale.version = 42;
    sale.opened = 1;

    return sale;
}


/*
 * The text, and that no shorter buffer takes it: nothing is written beyond
 * one, and what does not fit is refused.
 */
#define CHECK(expected, call)                                                \
    do {                                                                     \
        char    buf[8192];                                                   \
        int     len;                                                         \
        size_t  size;                                                        \
                                                                             \
        size = sizeof(buf);                                                  \
        len = call;                                                          \
        assert_true(len >= 0);                                               \
        buf[len] = '\0';                                                     \
        assert_string_equal(buf, expected);                                  \
                                                                             \
        for (size = 0; size <= strlen(expected); size++) {                   \
            buf[size] = '\x01';                                              \
            len = call;                                                      \
            assert_int_equal(len, size < strlen(expected) ? -1 : (int) size); \
            assert_int_equal(buf[size], '\x01');                             \
        }                                                                    \
    } while (0)

#define CHECK_JSON(expected, call)                                           \
    do {                                                                     \
        CHECK(expected, call);                                               \
        assert_true(limits_json(expected, strlen(expected)));                \
    } while (0)


static void
test_hold(void **state)
{
    int         len, more;
    char        buf[FS_HOLD_JSON_MAX + FS_DEBT_JSON_MAX];
    unsigned    i;
    fs_debt_t   debts[2];
    fs_hold_t   hold, holds[2];
    fs_after_t  after;
    fs_claim_t  claims[1];

    (void) state;

    hold = a_hold();

#define TWO_LINES                                                            \
    "\"lines\":[{\"sale\":\"grape\",\"qty\":2,\"price_fen\":3980," \
    "\"off_fen\":0}," \
    "{\"sale\":\"egg\",\"qty\":1,\"price_fen\":0,\"off_fen\":0}],"

    CHECK_JSON(HOLD("\"held\"," TWO_LINES "\"pickup\":\"xingfu\","
                    "\"amount_fen\":7960")
               "1790000300000,\"now\":1790000000001,\"gift\":null,"
               "\"off_fen\":0,\"debts\":[],"
               "\"claims\":[]}",
               fs_answer_hold(buf, size, &hold, NULL, &names, T0 + 1));

    hold.pickup = 0;
    hold.state = FS_HOLD_PAYING;
    CHECK_JSON(HOLD("\"paying\"," TWO_LINES "\"pickup\":null,"
                    "\"amount_fen\":7960")
               "1790000300000,\"now\":1790000000001,\"gift\":null,"
               "\"off_fen\":0,\"debts\":[],"
               "\"claims\":[]}",
               fs_answer_hold(buf, size, &hold, NULL, &names, T0 + 1));

    CHECK_JSON("[{\"sale\":\"grape\",\"qty\":2,\"price_fen\":3980,"
    "\"off_fen\":0},"
               "{\"sale\":\"egg\",\"qty\":1,\"price_fen\":0,\"off_fen\":0}]",
               fs_answer_lines(buf, size, &hold, &names));

    /* an order, of which something is owed, and something is back */

    hold.state = FS_HOLD_SOLD;
    hold.paid = 1;
    hold.owed_fen = 3980;
    hold.refunded_fen = 100;
    hold.lines[1].goods = FS_GOODS_READY;
    memset(debts, 0, sizeof(debts));
    debts[0].seq = 12;
    debts[0].sale = 1;
    debts[0].qty = 1;
    debts[0].amount_fen = 3980;
    debts[0].reason = FS_REASON_BAD;
    debts[0].due_at = T0 + 7200000;
    debts[1].seq = 13;
    debts[1].amount_fen = 100;
    debts[1].reason = FS_REASON_SECOND_PAYMENT;
    debts[1].due_at = T0 + 7200001;
    debts[1].refunded = 14;
    debts[1].refunded_at = T0 + 5;
    memset(claims, 0, sizeof(claims));
    claims[0].seq = 15;
    claims[0].line = 1;
    claims[0].qty = 1;
    claims[0].reason = FS_REASON_DAMAGED;
    claims[0].due_at = T0 + 7200002;
    after.debts = debts;
    after.debts_n = 2;
    after.claims = claims;
    after.claims_n = 1;
    CHECK_JSON("{\"id\":\"" ID7 "\",\"state\":\"sold\","
               "\"lines\":[{\"sale\":\"grape\",\"qty\":2,"
               "\"price_fen\":3980,\"off_fen\":0,"
               "\"goods\":\"awaited\"},{\"sale\":\"egg\",\"qty\":1,"
               "\"price_fen\":0,\"off_fen\":0,\"goods\":\"ready\"}],"
               "\"pickup\":null,"
               "\"amount_fen\":7960,\"owed_fen\":3980,\"refunded_fen\":100,"
               "\"created_at\":1790000000000,\"expires_at\":null,"
               "\"now\":1790000000001,\"gift\":null,\"off_fen\":0,"
               "\"debts\":[{\"owed\":12,"
               "\"sale\":\"grape\",\"qty\":1,\"amount_fen\":3980,"
               "\"reason\":\"bad\",\"due_at\":1790007200000,"
               "\"refunded_at\":null},{\"owed\":13,\"sale\":null,"
               "\"qty\":null,\"amount_fen\":100,"
               "\"reason\":\"second_payment\",\"due_at\":1790007200001,"
               "\"refunded_at\":1790000000005}],\"claims\":[{\"id\":15,"
               "\"state\":\"open\",\"amount_fen\":0,"
               "\"due_at\":1790007200002,\"sale\":\"egg\",\"qty\":1,"
               "\"reason\":\"damaged\",\"answered_at\":null}]}",
               fs_answer_hold(buf, size, &hold, &after, &names, T0 + 1));

    CHECK_JSON("{\"id\":15,\"state\":\"open\",\"amount_fen\":0,"
               "\"due_at\":1790007200002}",
               fs_answer_claim(buf, size, &claims[0]));

    claims[0].line = 2;
    assert_int_equal(fs_answer_hold(buf, sizeof(buf) - 1, &hold, &after,
                                    &names, T0), -1);

    /* some of a line has not come, another one was handed over */

    hold.lines[0].goods = FS_GOODS_READY;
    hold.lines[0].goods_at = T0 + 9;
    hold.lines[0].short_qty = 1;
    hold.lines[1].goods = FS_GOODS_HANDED_OVER;
    hold.lines[1].goods_at = T0 + 7;
    CHECK_JSON("[{\"sale\":\"grape\",\"qty\":2,\"price_fen\":3980,"
    "\"off_fen\":0,"
               "\"goods\":\"ready\",\"short_qty\":1},"
               "{\"sale\":\"egg\",\"qty\":1,\"price_fen\":0,\"off_fen\":0,"
               "\"goods\":\"handed_over\","
               "\"handed_over_at\":1790000000007}]",
               fs_answer_lines(buf, size, &hold, &names));

    hold = a_hold();
    hold.pickup = 0;

    /* not live any more */

    for (i = FS_HOLD_SOLD; i < FS_HOLD_STATES_N; i++) {
        hold.state = i;
        len = fs_answer_hold(buf, sizeof(buf) - 1, &hold, NULL, &names, T0);
        assert_true(len > 0);
        assert_true(limits_json(buf, len));
        buf[len] = '\0';
        assert_non_null(strstr(buf, "\"expires_at\":null"));
        assert_non_null(strstr(buf, fs_hold_state_name(i)));
    }

    /* it waits: of the numbers from 5 on */

    hold.state = FS_HOLD_QUEUED;
    hold.number = 12;
    hold.ahead = 7;
    len = fs_answer_hold(buf, sizeof(buf) - 1, &hold, NULL, &names, T0);
    buf[len] = '\0';
    assert_non_null(strstr(buf, "\"state\":\"queued\""));
    assert_non_null(strstr(buf, "\"expires_at\":null,\"number\":12,"
                           "\"ahead\":7,\"now\":"));
    hold.number = 0;

    hold.state = FS_HOLD_RELEASED;
    holds[0] = a_hold();
    holds[0].seq = 8;
    holds[0].lines_n = 1;
    holds[1] = hold;
    holds[1].lines_n = 1;

#define ONE_LINE                                                             \
    "\"lines\":[{\"sale\":\"grape\",\"qty\":2,\"price_fen\":3980,"         \
    "\"off_fen\":0}],"

#define BOTH                                                                 \
    "{\"holds\":[{\"id\":\"00000000000000000000000000000008\","              \
    "\"state\":\"held\"," ONE_LINE "\"pickup\":\"xingfu\","                  \
    "\"amount_fen\":7960,\"owed_fen\":0,\"refunded_fen\":0,"                  \
    "\"created_at\":1790000000000,\"expires_at\":1790000300000,"             \
    "\"now\":1790000000000,\"gift\":null,\"off_fen\":0},"                    \
    HOLD("\"released\"," ONE_LINE "\"pickup\":null,\"amount_fen\":7960")     \
    "null,\"now\":1790000000000,\"gift\":null,\"off_fen\":0}],\"next\":"

    CHECK_JSON(BOTH "\"" ID7 "\"}",
               fs_answer_holds(buf, size, holds, 2, 1, 0, &names, T0));
    CHECK_JSON(BOTH "null}",
               fs_answer_holds(buf, size, holds, 2, 0, 0, &names, T0));
    CHECK_JSON("{\"holds\":[],\"next\":null}",
               fs_answer_holds(buf, size, holds, 0, 0, 0, &names, T0));

    /* the longest there is */

    hold = a_hold();
    hold.seq = UINT64_MAX;
    hold.lines_n = FS_LINES_MAX;
    hold.pickup = 3;
    hold.created_at = FS_AT_MAX;
    hold.expires_at = FS_AT_MAX + FS_HOLD_MS_MAX;

    for (i = 0; i < FS_LINES_MAX; i++) {
        hold.lines[i].sale = 3;
        hold.lines[i].qty = FS_QTY_MAX;
        hold.lines[i].price_fen = FS_PRICE_MAX;
    }

    hold.paid = 1;
    hold.owed_fen = FS_AMOUNT_MAX;
    hold.refunded_fen = FS_AMOUNT_MAX;

    for (i = 0; i < FS_LINES_MAX; i++) {
        hold.lines[i].goods = FS_GOODS_HANDED_OVER;
        hold.lines[i].goods_at = FS_AT_MAX;
        hold.lines[i].short_qty = FS_QTY_MAX;
    }

    len = fs_answer_hold(buf, FS_HOLD_JSON_MAX, &hold, NULL, &names,
                         FS_AT_MAX);
    assert_true(len > 0);
    assert_true(limits_json(buf, len));

    debts[0].seq = FS_SEQ_MAX;
    debts[0].sale = 3;
    debts[0].qty = FS_QTY_MAX;
    debts[0].amount_fen = FS_AMOUNT_MAX;
    debts[0].reason = FS_REASON_SECOND_PAYMENT;
    debts[0].due_at = FS_AT_MAX;
    debts[0].refunded_at = FS_AT_MAX;
    after.debts_n = 1;
    after.claims_n = 0;
    more = fs_answer_hold(buf, sizeof(buf), &hold, &after, &names,
                          FS_AT_MAX);
    assert_in_range(more - len, 1, FS_DEBT_JSON_MAX);

    claims[0].seq = FS_SEQ_MAX;
    claims[0].line = FS_LINES_MAX - 1;
    claims[0].qty = FS_QTY_MAX;
    claims[0].amount_fen = FS_AMOUNT_MAX;
    claims[0].reason = FS_REASON_DAMAGED;
    claims[0].state = FS_CLAIM_ACCEPTED;
    claims[0].due_at = FS_AT_MAX;
    claims[0].answered_at = FS_AT_MAX;
    after.debts_n = 0;
    after.claims_n = 1;
    more = fs_answer_hold(buf, sizeof(buf), &hold, &after, &names,
                          FS_AT_MAX);
    assert_in_range(more - len, 1, FS_CLAIM_JSON_MAX);

    len = fs_answer_lines(buf, FS_LINES_JSON_MAX, &hold, &names);
    assert_true(len > 0);
    assert_true(limits_json(buf, len));

    /* a name that is not known */

    hold.lines[7].sale = 4;
    assert_int_equal(fs_answer_hold(buf, sizeof(buf), &hold, NULL, &names,
                                    T0), -1);
    assert_int_equal(fs_answer_lines(buf, sizeof(buf), &hold, &names), -1);

    hold = a_hold();
    hold.pickup = 4;
    assert_int_equal(fs_answer_hold(buf, sizeof(buf), &hold, NULL, &names,
                                    T0), -1);

    hold = a_hold();
    hold.seq = 0;
    assert_int_equal(fs_answer_hold(buf, sizeof(buf), &hold, NULL, &names,
                                    T0), -1);
}


#define SALE(state, limit, opens, closes, goal, by, joined, formed)          \
    "{\"id\":\"grape\",\"title\":\"\xe8\x91\xa1\xe8\x90\x84\",\"state\":\""  \
    state "\",\"price_fen\":3980,\"stock\":200,\"free\":192,\"held\":3,"     \
    "\"sold\":5,\"limit\":" limit ",\"opens_at\":" opens ",\"closes_at\":"   \
    closes ",\"goal\":" goal ",\"goal_by\":" by ",\"joined\":" joined        \
    ",\"formed\":" formed ",\"queued\":0,\"version\":42}"

#define PLAIN                                                                \
    SALE("open", "null", "null", "null", "null", "null", "0", "null")

static void
test_sale(void **state)
{
    char       buf[FS_SALE_JSON_MAX];
    int        len;
    unsigned   i;
    fs_sale_t  sale, sales[2];

    (void) state;

    sale = a_sale();
    CHECK_JSON(PLAIN, fs_answer_sale(buf, size, &sale));

    sale.limit = 2;
    sale.opens_at = T0;
    sale.closes_at = T0 + 1;
    sale.goal = 100;
    sale.joined = 5;
    CHECK_JSON(SALE("open", "2", "1790000000000", "1790000000001", "100",
                    "\"sale\"", "5", "null"),
               fs_answer_sale(buf, size, &sale));

    sale.goal_by = FS_GOAL_BY_PICKUP;
    sale.closed = 1;
    sale.decided = 1;
    sale.groups_formed = 1;
    CHECK_JSON(SALE("closed", "2", "1790000000000", "1790000000001", "100",
                    "\"pickup\"", "5", "true"),
               fs_answer_sale(buf, size, &sale));

    sale.groups_formed = 0;
    CHECK_JSON(SALE("closed", "2", "1790000000000", "1790000000001", "100",
                    "\"pickup\"", "5", "false"),
               fs_answer_sale(buf, size, &sale));

    /* only of a sale that has them */

    sale = a_sale();
    sale.cancel_ms = 600000;
    sale.called_off = 1;
    len = fs_answer_sale(buf, sizeof(buf) - 1, &sale);
    assert_true(len > 0);
    buf[len] = '\0';
    assert_non_null(strstr(buf, "\"queued\":0,\"cancel_ms\":600000,"
                                "\"cancelled\":true,\"version\":"));

    sales[0] = a_sale();
    sales[1] = a_sale();
    CHECK_JSON("{\"sales\":[" PLAIN "," PLAIN "],\"next\":\"grape\"}",
               fs_answer_sales(buf, size, sales, 2, 1, 0));
    CHECK_JSON("{\"sales\":[" PLAIN "],\"next\":null}",
               fs_answer_sales(buf, size, sales, 1, 0, 0));
    CHECK_JSON("{\"sales\":[],\"next\":null}",
               fs_answer_sales(buf, size, sales, 0, 0, 0));

    /* for an operator: one is a bad lot when more than its share is claimed */

    for (i = 4; i <= 6; i++) {
        sales[0] = a_sale();
        sales[0].handed_units = 25;
        sales[0].claimed_units = i;
        len = fs_answer_sales(buf, sizeof(buf) - 1, sales, 1, 0, 20);
        assert_true(len > 0);
        buf[len] = '\0';
        assert_true(limits_json(buf, (size_t) len));
        assert_non_null(strstr(buf, "\"handed_over\":25,\"claimed\":"));
        assert_int_equal(strstr(buf, ",\"lot\":true}]") != NULL, i == 6);
    }

    sales[0].claimed_units = 0;
    len = fs_answer_sales(buf, sizeof(buf) - 1, sales, 1, 0, 20);
    buf[len] = '\0';
    assert_null(strstr(buf, "handed_over"));
    sales[0].handed_units = 0;
    sales[0].claimed_units = 1;
    len = fs_answer_sales(buf, sizeof(buf) - 1, sales, 1, 0, 20);
    buf[len] = '\0';
    assert_null(strstr(buf, "\"lot\""));
    len = fs_answer_sales(buf, sizeof(buf) - 1, sales, 1, 0, 0);
    buf[len] = '\0';
    assert_null(strstr(buf, "claimed"));

    /* nor is it anybody else's how long units are held */

    sales[0] = a_sale();
    sales[0].hold_ms = 60000;
    len = fs_answer_sales(buf, sizeof(buf) - 1, sales, 1, 0, 20);
    buf[len] = '\0';
    assert_non_null(strstr(buf, ",\"hold_ms\":60000}]"));
    CHECK_JSON("{\"sales\":[" PLAIN "],\"next\":null}",
               fs_answer_sales(buf, size, sales, 1, 0, 0));

    /* the longest there is */

    sale = a_sale();
    sale_slug(NULL, 3, &sale.slug);
    sale.title_len = FS_TITLE_MAX;
    memset(sale.title, '"', FS_TITLE_MAX);
    sale.price_fen = FS_PRICE_MAX;
    sale.stock = FS_STOCK_MAX;
    sale.held = 0;
    sale.sold = FS_STOCK_MAX;
    sale.limit = FS_QTY_MAX;
    sale.opens_at = FS_AT_MAX;
    sale.closes_at = FS_AT_MAX;
    sale.goal = FS_STOCK_MAX;
    sale.goal_by = FS_GOAL_BY_PICKUP;
    sale.joined = FS_STOCK_MAX;
    sale.cancel_ms = FS_CANCEL_MS_MAX;
    sale.called_off = 1;
    sale.version = INT64_MAX;

    len = fs_answer_sale(buf, sizeof(buf), &sale);
    assert_true(len > 0);
    assert_true(limits_json(buf, len));
}


static void
test_problem(void **state)
{
    char         buf[FS_PROBLEM_JSON_MAX];
    int          len;
    unsigned     i;
    fs_fault_t   fault;
    fs_result_t  result;

    (void) state;

    memset(&result, 0, sizeof(fs_result_t));
    result.sale = 1;
    result.free = 1;
    result.limit = 2;
    result.held = 3;
    result.sold = 4;
    result.at = T0;
    result.state = FS_HOLD_SOLD;

#define CHECK_PROBLEM(outcome, expected)                                     \
    CHECK_JSON(expected,                                                     \
               fs_answer_problem(buf, size, outcome, NULL, &result, &names))

    CHECK_PROBLEM(FS_SOLD_OUT,
                  PROBLEM("Not enough units are free", "409", "sold_out")
                  ",\"sale\":\"grape\",\"free\":1}");
    CHECK_PROBLEM(FS_OVER_LIMIT,
                  PROBLEM("The limit per buyer is reached", "409",
                          "over_limit") ",\"sale\":\"grape\",\"limit\":2}");
    CHECK_PROBLEM(FS_NOT_OPEN,
                  PROBLEM("The sale is not open yet", "409", "not_open")
                  ",\"sale\":\"grape\",\"opens_at\":1790000000000}");
    CHECK_PROBLEM(FS_CLOSED,
                  PROBLEM("The sale is closed", "409", "closed")
                  ",\"sale\":\"grape\"}");
    CHECK_PROBLEM(FS_PAUSED,
                  PROBLEM("The sale is paused", "409", "paused")
                  ",\"sale\":\"grape\"}");
    CHECK_PROBLEM(FS_WRONG_STATE,
                  PROBLEM("The state does not allow this", "409",
                          "wrong_state") ",\"state\":\"sold\"}");
    CHECK_PROBLEM(FS_TOO_MANY_HOLDS,
                  PROBLEM("Too many holds are live", "409",
                          "too_many_holds") ",\"limit\":2}");
    CHECK_PROBLEM(FS_WAIT,
                  PROBLEM("Too many holds were given back or ran out; wait "
                          "a little", "409",
                          "wait") ",\"retry_at\":1790000000000}");
    CHECK_PROBLEM(FS_STOCK_TAKEN,
                  PROBLEM("More units are held and sold", "409",
                          "stock_taken") ",\"held\":3,\"sold\":4}");
    CHECK_PROBLEM(FS_QUEUE_FULL,
                  PROBLEM("Too many requests wait", "503", "queue_full")
                  "}");

    CHECK_JSON(PROBLEM("Nobody is logged in", "401", "no_buyer") "}",
               fs_answer_problem(buf, size, FS_NO_BUYER, NULL, NULL, NULL));

    memset(&fault, 0, sizeof(fs_fault_t));
    fault.outcome = FS_BAD_REQUEST;
    strcpy(fault.field, "a\"\\\n\xe8\x91\xa1");
    strcpy(fault.rule, "is \"sale\" or \"pickup\"");

    CHECK_JSON(PROBLEM("The request breaks a rule", "400", "bad_request")
               ",\"field\":\"a\\\"\\\\\\n\xe8\x91\xa1\","
               "\"rule\":\"is \\\"sale\\\" or \\\"pickup\\\"\"}",
               fs_answer_problem(buf, size, FS_BAD_REQUEST, &fault, NULL,
                                 NULL));

    /* each outcome has one, the longest names too */

    result.sale = 3;
    memset(fault.field, '"', sizeof(fault.field) - 1);
    memset(fault.rule, '\\', sizeof(fault.rule) - 1);
    fault.field[sizeof(fault.field) - 1] = '\0';
    fault.rule[sizeof(fault.rule) - 1] = '\0';

    for (i = 0; i < FS_OUTCOMES_N; i++) {
        len = fs_answer_problem(buf, sizeof(buf), i, &fault, &result,
                                &names);
        assert_true(len > 0);
        assert_true(limits_json(buf, len));
    }

    result.sale = 4;
    assert_int_equal(fs_answer_problem(buf, sizeof(buf), FS_SOLD_OUT, NULL,
                                       &result, &names), -1);
}


static void
test_confirm(void **state)
{
    char         buf[128];
    unsigned     i;
    fs_result_t  result;

    (void) state;

    memset(&result, 0, sizeof(fs_result_t));
    result.outcome = FS_OK;
    CHECK_JSON("{\"outcome\":\"sold\"}",
               fs_answer_confirm(buf, size, &result));

    result.outcome = FS_REFUND_DUE;
    result.reason = FS_REASON_LATE;
    CHECK_JSON("{\"outcome\":\"refund_due\",\"reason\":\"late\"}",
               fs_answer_confirm(buf, size, &result));

    for (i = FS_REASON_LATE; i < FS_REASONS_N; i++) {
        result.reason = i;
        assert_true(fs_answer_confirm(buf, sizeof(buf), &result) > 0);
    }

    result.outcome = FS_NO_SUCH_HOLD;
    assert_int_equal(fs_answer_confirm(buf, sizeof(buf), &result), -1);
}


static void
test_audit(void **state)
{
    size_t           i;
    fs_audit_t       audit;
    fs_audit_sale_t  sales[2];

    (void) state;

    memset(&audit, 0, sizeof(fs_audit_t));
    memset(sales, 0, sizeof(sales));

    sale_slug(NULL, 1, &sales[0].slug);
    sales[0].stock = 200;
    sales[0].held = 3;
    sales[0].sold = 5;
    sales[0].ok = 1;
    sale_slug(NULL, 2, &sales[1].slug);
    sales[1].stock = 1;
    sales[1].sold = 2;

    audit.ok = 1;
    audit.last_seq = 99;
    audit.owed.fen = 3980;
    audit.owed.debts = 2;
    audit.overdue = 1;
    audit.sales = sales;
    audit.sales_n = 1;

    for (i = 0; i < FS_HASH_LEN; i++) {
        audit.hash[i] = (uint8_t) (i * 8 + 7);
    }

#define LEDGER                                                               \
    "\"owed\":{\"fen\":3980,\"debts\":2,\"overdue\":1},"                     \
    "\"ledger\":{\"last_seq\":99,\"hash\":\"070f171f272f373f474f575f676f"    \
    "777f878f979fa7afb7bfc7cfd7dfe7eff7ff\"}"

#define GRAPE                                                                \
    "{\"id\":\"grape\",\"stock\":200,\"free\":192,\"held\":3,\"sold\":5,"    \
    "\"ok\":true}"

    CHECK_JSON("{\"ok\":true,\"sales\":[" GRAPE "]," LEDGER "}",
               fs_answer_audit(buf, size, &audit));

    audit.ok = 0;
    audit.sales_n = 2;
    strcpy(audit.problem, "egg: sold 2 of \"1\"");

    CHECK_JSON("{\"ok\":false,\"sales\":[" GRAPE ",{\"id\":\"egg\","
               "\"stock\":1,\"free\":-1,\"held\":0,\"sold\":2,"
               "\"ok\":false}]," LEDGER ",\"problem\":"
               "\"egg: sold 2 of \\\"1\\\"\"}",
               fs_answer_audit(buf, size, &audit));
}


static void
test_events(void **state)
{
    char       buf[FS_SALE_JSON_MAX], *data;
    int        len;
    fs_sale_t  sale, sales[2];

    (void) state;

    sale = a_sale();
    CHECK("id: 44\nevent: stock\ndata: {\"sale\":\"grape\",\"free\":192,"
          "\"held\":3,\"sold\":5,\"version\":42}\n\n",
          fs_answer_stock(buf, size, 44, 0, &sale));
    CHECK("id: 44\nevent: state\ndata: {\"sale\":\"grape\","
          "\"state\":\"open\",\"version\":42}\n\n",
          fs_answer_state(buf, size, 44, 0, &sale));

    sale.goal = 10;
    sale.joined = 9;
    CHECK("id: 44\nevent: goal\ndata: {\"sale\":\"grape\",\"joined\":9,"
          "\"formed\":null,\"version\":42}\n\n",
          fs_answer_goal(buf, size, 44, 0, &sale));

    sale.groups_formed = 1;
    sale.decided = 1;
    CHECK("id: 44\nevent: goal\ndata: {\"sale\":\"grape\",\"joined\":9,"
          "\"formed\":true,\"version\":42}\n\n",
          fs_answer_goal(buf, size, 44, 0, &sale));

    sales[0] = a_sale();
    sales[1] = a_sale();
    CHECK("id: 7\nevent: snapshot\ndata: {\"sales\":[" PLAIN "," PLAIN "],"
          "\"now\":1790000000000}\n\n",
          fs_answer_snapshot(buf, size, 7, 0, sales, 2, T0));
    CHECK("id: 0\nevent: snapshot\ndata: {\"sales\":[],\"now\":1}\n\n",
          fs_answer_snapshot(buf, size, 0, 0, sales, 0, 1));

    /* the longest; a title that would break a line; both are JSON */

    sale = a_sale();
    sale_slug(NULL, 3, &sale.slug);
    sale.version = INT64_MAX;
    sale.held = 0;
    sale.sold = sale.stock = UINT32_MAX;
    sale.joined = UINT32_MAX;
    assert_true(fs_answer_stock(buf, FS_EVENT_MAX, UINT64_MAX, 0, &sale) > 0);
    assert_true(fs_answer_goal(buf, FS_EVENT_MAX, UINT64_MAX, 0, &sale) > 0);
    assert_true(fs_answer_state(buf, FS_EVENT_MAX, UINT64_MAX, 0, &sale) > 0);

    sales[0].title_len = 8;
    memcpy(sales[0].title, "a\r\nb\"\\\0c", 8);

    len = fs_answer_snapshot(buf, sizeof(buf) - 1, 7, 0, sales, 1, T0);
    assert_true(len > 0);
    buf[len] = '\0';

    data = strstr(buf, "data: ");
    assert_non_null(data);
    data += 6;

    assert_ptr_equal(memchr(data, '\n', buf + len - data), buf + len - 2);
    assert_null(memchr(buf, '\r', len));
    assert_true(limits_json(data, buf + len - 2 - data));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_sale),
        cmocka_unit_test(test_problem),
        cmocka_unit_test(test_confirm),
        cmocka_unit_test(test_audit),
        cmocka_unit_test(test_events),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
