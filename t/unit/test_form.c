
/* Forms, query strings, numbers and keys. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "request_limits.h"


#define SEED        20260801u
#define MUTATIONS   100000

#define SLUG        "is a slug: 1 to 64 of a-z, 0-9 and -"
#define QTY         "is a whole number from 1 to 10000"
#define QTY_SUM     QTY ", added up over the lines of a sale"
#define VISIBLE     "is 1 to 128 visible ASCII characters"
#define LINES       "is a list of 1 to 8 objects"
#define REQUIRED    "is required"
#define TWICE       "is there twice"
#define UNKNOWN     "is not known"

#define X16         "xxxxxxxxxxxxxxxx"
#define X64         X16 X16 X16 X16
#define X128        X64 X64


static fs_str_t
text(const char *literal)
{
    fs_str_t  str = { strlen(literal), literal };

    return str;
}


static void
test_hold_form(void **state)
{
    int                rc;
    size_t             i;
    fs_fault_t         fault;
    fs_hold_request_t  request;

    static const struct {
        const char  *body, *field, *rule;
    } rows[] = {
        { "sale=g&qty=1", NULL, NULL },
        { "qty=10000&sale=" X64, NULL, NULL },
        { "&sale=g&&qty=%31&pickup=&csrf=&idempotency_key=&", NULL, NULL },
        { "s%61le=g&qty=1", NULL, NULL },
        { "sale=a&qty=9999&sale=a&qty=1", NULL, NULL },
        { "sale=a&sale=b&sale=c&sale=d&sale=e&sale=f&sale=g&sale=h"
          "&qty=1&qty=1&qty=1&qty=1&qty=1&qty=1&qty=1&qty=1", NULL, NULL },
        { "sale=g&qty=1&csrf=" X128 "&idempotency_key=" X128, NULL, NULL },

        { "", "sale", REQUIRED },
        { "qty=1", "sale", REQUIRED },
        { "sale=g", "qty", REQUIRED },
        { "pickup=p", "sale", REQUIRED },
        { "sale=g&qty=1&sale=h", "lines[1].qty", REQUIRED },
        { "sale=g&qty=1&qty=1", "lines[1].sale", REQUIRED },
        { "sale=&qty=1", "sale", SLUG },
        { "sale&qty=1", "sale", SLUG },
        { "sale=" X64 "x&qty=1", "sale", SLUG },
        { "sale=G&qty=1", "sale", SLUG },
        { "sale=a+b&qty=1", "sale", SLUG },
        { "sale=a%00&qty=1", "sale", SLUG },
        { "sale=%&qty=1", "sale", SLUG },
        { "sale=%6&qty=1", "sale", SLUG },
        { "sale=%6g&qty=1", "sale", SLUG },
        { "sale=g=&qty=1", "sale", SLUG },
        { "sale=g&qty=0", "qty", QTY },
        { "sale=g&qty=", "qty", QTY },
        { "sale=g&qty=10001", "qty", QTY },
        { "sale=g&qty=01", "qty", QTY },
        { "sale=g&qty=+1", "qty", QTY },
        { "sale=g&qty=%2B1", "qty", QTY },
        { "sale=g&qty=-1", "qty", QTY },
        { "sale=g&qty=1.0", "qty", QTY },
        { "sale=g&qty=0x1", "qty", QTY },
        { "sale=g&qty=1&sale=h&qty=0", "lines[1].qty", QTY },
        { "sale=g&qty=1&sale=H&qty=1", "lines[1].sale", SLUG },
        { "sale=g&qty=9999&sale=h&qty=1&sale=g&qty=2", "lines[2].qty",
          QTY_SUM },
        { "sale=a&sale=b&sale=c&sale=d&sale=e&sale=f&sale=g&sale=h&sale=i",
          "lines", LINES },
        { "sale=g&qty=1&pickup=P", "pickup", SLUG },
        { "sale=g&qty=1&pickup=p&pickup=p", "pickup", TWICE },
        { "sale=g&qty=1&pickup=&pickup=p", "pickup", TWICE },
        { "sale=g&qty=1&idempotency_key=a+b", "idempotency_key", VISIBLE },
        { "sale=g&qty=1&idempotency_key=" X128 "x", "idempotency_key",
          VISIBLE },
        { "sale=g&qty=1&csrf=%7f", "csrf", VISIBLE },
        { "sale=g&qty=1&price=1", "price", UNKNOWN },
        { "sale=g&qty=1&=1", "", UNKNOWN },
        { "sale=g&qty=1&%zz=1", "%zz", UNKNOWN },
        { "sale=g&qty=1&a%0ab%c3%28=1", "a?b?(", UNKNOWN },
        { "{\"sale\":\"g\",\"qty\":1}", "{\"sale\":\"g\",\"qty\":1}",
          UNKNOWN },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {

        rc = fs_request_hold_form(text(rows[i].body), &request, &fault);

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

    assert_int_equal(
        fs_request_hold_form(text("sale=grape&sale=egg&qty=2&qty=1"
                                  "&sale=grape&qty=3&pickup=xingfu"
                                  "&idempotency_key=a%2Bb&csrf=t"),
                             &request, &fault), 0);
    assert_int_equal(request.lines_n, 2);
    assert_memory_equal(request.lines[0].sale.data, "grape", 5);
    assert_int_equal(request.lines[0].qty, 5);
    assert_memory_equal(request.lines[1].sale.data, "egg", 3);
    assert_int_equal(request.lines[1].qty, 1);
    assert_int_equal(request.pickup.len, 6);
    assert_int_equal(request.key_len, 3);
    assert_memory_equal(request.key, "a+b", 3);
    assert_int_equal(request.csrf_len, 1);
}


static void
test_plain_form(void **state)
{
    char               *buf;
    fs_str_t            body;
    fs_fault_t          fault;
    fs_hold_request_t   request;

    (void) state;

    assert_int_equal(fs_request_plain_form((fs_str_t) fs_null_str, &request,
                                           &fault), 0);
    assert_int_equal(request.key_len, 0);

    assert_int_equal(fs_request_plain_form(text("csrf=t&idempotency_key=k"),
                                           &request, &fault), 0);
    assert_int_equal(request.key_len, 1);
    assert_int_equal(request.csrf_len, 1);

    assert_int_equal(fs_request_plain_form(text("sale=g"), &request, &fault),
                     -1);
    assert_string_equal(fault.field, "sale");
    assert_string_equal(fault.rule, UNKNOWN);

    buf = malloc(FS_BODY_MAX + 1);
    memset(buf, '&', FS_BODY_MAX + 1);
    body.data = buf;

    body.len = FS_BODY_MAX;
    assert_int_equal(fs_request_plain_form(body, &request, &fault), 0);

    body.len = FS_BODY_MAX + 1;
    assert_int_equal(fs_request_plain_form(body, &request, &fault), -1);
    assert_int_equal(fault.outcome, FS_TOO_LARGE);
    free(buf);
}


static void
test_query_get(void **state)
{
    int     len;
    char    buf[8];
    size_t  i;

    static const struct {
        const char  *query, *value;
        int          len;
    } rows[] = {
        { "limit=20", "20", 2 },
        { "a=1&limit=20&b=2", "20", 2 },
        { "limit=", "", 0 },
        { "limit", "", 0 },
        { "l%69mit=%32+", "2 ", 2 },
        { "limit=a=b", "a=b", 3 },
        { "limit=12345678", "12345678", 8 },
        { "limits=1&xlimit=1&limit=1", "1", 1 },
        { "%zz=1&" X128 X128 "x=2&limit=1", "1", 1 },
        { "limit=%e8%91%a1", "\xe8\x91\xa1", 3 },

        { "", NULL, -1 },
        { "&&", NULL, -1 },
        { "LIMIT=1", NULL, -1 },
        { "a=limit", NULL, -1 },
        { "limit=123456789", NULL, -2 },
        { "limit=1&limit=1", NULL, -2 },
        { "limit=1&limit", NULL, -2 },
        { "limit=1&limit=%zz", NULL, -2 },
        { "limit=%zz", NULL, -2 },
        { "limit=1%", NULL, -2 },
        { "limit=1%3", NULL, -2 },
        { "limit=%00", NULL, -2 },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        len = fs_query_get(text(rows[i].query), "limit", buf, sizeof(buf));

        if (len != rows[i].len
            || (len > 0 && memcmp(buf, rows[i].value, len) != 0))
        {
            fail_msg("%s: %d", rows[i].query, len);
        }
    }

    assert_int_equal(fs_query_get((fs_str_t) fs_null_str, "limit", buf,
                                  sizeof(buf)), -1);
}


static void
test_query_next(void **state)
{
    char      buf[8];
    size_t    pos;
    fs_str_t  query;

    (void) state;

    query = text("sale=a&x=1&sale=bc&sale=%zz&sale=&sale=d&");
    pos = 0;

    assert_int_equal(fs_query_next(query, "sale", &pos, buf, 8), 1);
    assert_memory_equal(buf, "a", 1);
    assert_int_equal(fs_query_next(query, "sale", &pos, buf, 8), 2);
    assert_memory_equal(buf, "bc", 2);
    assert_int_equal(fs_query_next(query, "sale", &pos, buf, 8), -2);
    assert_int_equal(fs_query_next(query, "sale", &pos, buf, 8), 0);
    assert_int_equal(fs_query_next(query, "sale", &pos, buf, 8), 1);
    assert_memory_equal(buf, "d", 1);
    assert_int_equal(fs_query_next(query, "sale", &pos, buf, 8), -1);
    assert_int_equal(fs_query_next(query, "sale", &pos, buf, 8), -1);
}


static void
test_number(void **state)
{
    size_t   i;
    int64_t  value;

    static const struct {
        const char  *text;
        int64_t      min, max;
        int          ok;
        int64_t      value;
    } rows[] = {
        { "0", 0, 9, 1, 0 },
        { "9", 0, 9, 1, 9 },
        { "10", 0, 9, 0, 0 },
        { "-1", 0, 9, 0, 0 },
        { "-1", -1, 9, 1, -1 },
        { "9223372036854775807", INT64_MIN, INT64_MAX, 1, INT64_MAX },
        { "9223372036854775808", INT64_MIN, INT64_MAX, 0, 0 },
        { "-9223372036854775808", INT64_MIN, INT64_MAX, 1, INT64_MIN },
        { "-9223372036854775809", INT64_MIN, INT64_MAX, 0, 0 },
        { "18446744073709551616", INT64_MIN, INT64_MAX, 0, 0 },
        { "92233720368547758070", INT64_MIN, INT64_MAX, 0, 0 },
        { "", INT64_MIN, INT64_MAX, 0, 0 },
        { "-", INT64_MIN, INT64_MAX, 0, 0 },
        { "-0", INT64_MIN, INT64_MAX, 0, 0 },
        { "00", INT64_MIN, INT64_MAX, 0, 0 },
        { "01", INT64_MIN, INT64_MAX, 0, 0 },
        { "-01", INT64_MIN, INT64_MAX, 0, 0 },
        { "+1", INT64_MIN, INT64_MAX, 0, 0 },
        { "--1", INT64_MIN, INT64_MAX, 0, 0 },
        { " 1", INT64_MIN, INT64_MAX, 0, 0 },
        { "1 ", INT64_MIN, INT64_MAX, 0, 0 },
        { "1.0", INT64_MIN, INT64_MAX, 0, 0 },
        { "1e3", INT64_MIN, INT64_MAX, 0, 0 },
        { "0x1", INT64_MIN, INT64_MAX, 0, 0 },
        { "1/", INT64_MIN, INT64_MAX, 0, 0 },
        { "1:", INT64_MIN, INT64_MAX, 0, 0 },
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        value = 77;

        if (fs_number_parse(text(rows[i].text), rows[i].min, rows[i].max,
                            &value)
            != (rows[i].ok ? 0 : -1)
            || value != (rows[i].ok ? rows[i].value : 77))
        {
            fail_msg("%s: %lld", rows[i].text, (long long) value);
        }
    }
}


static void
test_key(void **state)
{
    (void) state;

    assert_true(fs_key_valid(text("!~")));
    assert_true(fs_key_valid(text(X128)));

    assert_false(fs_key_valid((fs_str_t) fs_null_str));
    assert_false(fs_key_valid(text(X128 "x")));
    assert_false(fs_key_valid(text("a b")));
    assert_false(fs_key_valid(text("a\t")));
    assert_false(fs_key_valid(text("\x7f")));
    assert_false(fs_key_valid(text("\xe8\x91\xa1")));
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


static void
test_mutations(void **state)
{
    char         buf[512], *exact;
    size_t       at, len;
    unsigned     i, j;
    fs_str_t     body;
    const char  *seed, *broken;

    static const char *const  seeds[] = {
        "sale=grape&qty=2&pickup=xingfu&idempotency_key=k&csrf=t",
        "sale=a&qty=9999&sale=b&qty=1&sale=a&qty=1",
        "sale=a&sale=b&sale=c&sale=d&qty=1&qty=1&qty=1&qty=1",
        "idempotency_key=a%2bb&csrf=%7e",
    };

    static const char  bytes[] = "=&%+019afg-\x80\xff";

    (void) state;

    random_state = SEED;
    print_message("# seed %u, %u mutations\n", SEED, MUTATIONS);

    for (i = 0; i < MUTATIONS; i++) {
        seed = seeds[random_below(sizeof(seeds) / sizeof(seeds[0]))];
        len = strlen(seed);
        memcpy(buf, seed, len);

        for (j = random_below(4); j > 0 && len > 0; j--) {
            at = random_below(len);

            switch (random_below(4)) {

            case 0:
                buf[at] = bytes[random_below(sizeof(bytes))];
                break;

            case 1:
                buf[at] ^= 1 << random_below(8);
                break;

            case 2:
                len = at;
                break;

            default:                    /* what follows, twice */
                if (len + len - at <= sizeof(buf)) {
                    memcpy(buf + len, buf + at, len - at);
                    len += len - at;
                }

                break;
            }
        }

        exact = malloc(len + 1);
        memcpy(exact, buf, len);
        body.data = exact;
        body.len = len;

        broken = limits_form(body);

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
        cmocka_unit_test(test_hold_form),
        cmocka_unit_test(test_plain_form),
        cmocka_unit_test(test_query_get),
        cmocka_unit_test(test_query_next),
        cmocka_unit_test(test_number),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_mutations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
