
/*
 * What yajl is asked to do, whatever the body: docs/yajl.md says why three
 * known faults of it cannot be reached.  The calls of the core to yajl come
 * here first, so that it is seen what reaches the library, which may be one
 * whose faults are mended.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>

#include <yajl/yajl_parse.h>

#include "request_rows.h"


static struct {
    unsigned             parses;
    unsigned             pieces;        /* more than one for a parser */
    yajl_handle          last;
    size_t               len_max;
    size_t               memory_max;    /* asked for at once */
    yajl_alloc_funcs     funcs;         /* of the core */
} yajl;


static void *
seen_malloc(void *ctx, size_t size)
{
    if (size > yajl.memory_max) {
        yajl.memory_max = size;
    }

    return yajl.funcs.malloc(ctx, size);
}


static void *
seen_realloc(void *ctx, void *memory, size_t size)
{
    if (size > yajl.memory_max) {
        yajl.memory_max = size;
    }

    return yajl.funcs.realloc(ctx, memory, size);
}


yajl_handle
yajl_alloc(const yajl_callbacks *callbacks, yajl_alloc_funcs *funcs,
    void *ctx)
{
    yajl_handle       (*real)(const yajl_callbacks *, yajl_alloc_funcs *,
                              void *);
    yajl_alloc_funcs    seen;

    real = dlsym(RTLD_NEXT, "yajl_alloc");

    yajl.funcs = *funcs;
    yajl.last = NULL;

    seen = *funcs;
    seen.malloc = seen_malloc;
    seen.realloc = seen_realloc;

    return real(callbacks, &seen, ctx);
}


yajl_status
yajl_parse(yajl_handle handle, const unsigned char *text, size_t len)
{
    yajl_status  (*real)(yajl_handle, const unsigned char *, size_t);

    real = dlsym(RTLD_NEXT, "yajl_parse");

    yajl.parses++;
    yajl.pieces += handle == yajl.last;
    yajl.last = handle;

    if (len > yajl.len_max) {
        yajl.len_max = len;
    }

    return real(handle, text, len);
}


/* Each kind of body, with the most bytes that it may have. */

static const struct {
    reader_t             read;
    size_t               max;
    const char          *name;          /* of a text; NULL: there is none */
    const char          *document;      /* what a document begins with */
} kinds[] = {
    { read_hold, FS_BODY_MAX, "sale", NULL },
    { read_point, FS_BODY_MAX, "pickup", NULL },
    { read_confirm, FS_BODY_MAX, "payment", NULL },
    { read_refunded, FS_BODY_MAX, "refund", NULL },
    { fs_request_empty, FS_BODY_MAX, NULL, NULL },
    { read_sale, FS_BODY_ADMIN_MAX, "title",
      "{\"price_fen\":1,\"stock\":1,\"doc\":" },
    { read_stock, FS_BODY_ADMIN_MAX, NULL, NULL },
    { fs_request_document, FS_DOC_MAX, "a", "" }
};

#define KINDS  (sizeof(kinds) / sizeof(kinds[0]))


static int
given(unsigned kind, const char *text, size_t len, fs_fault_t *fault)
{
    int       rc;
    char     *copy;
    fs_str_t  body;

    /* its end is where ASan sees it */

    copy = malloc(len);
    memcpy(copy, text, len);

    body.data = copy;
    body.len = len;

    memset(&yajl, 0, sizeof(yajl));
    rc = kinds[kind].read(body, fault);

    free(copy);

    return rc;
}


/* CVE-2017-16516: half of a surrogate pair, and what is no other half. */

static void
test_half_pairs(void **state)
{
    int         rc, n;
    char        text[256];
    unsigned    kind, form;
    size_t      i;
    fs_fault_t  fault;

    static const char  *halves[] = {
        "\\uD800\\\\DC00", "\\uDBFF\\\\u ", "\\ud800\\\\\\\\a",
        "\\ud800\\\\\\\\u", "\\udb00\\\\\\\\0", "\\ud800\\\\u0", "\\uD800",
        "\\uDBFFa", "\\uD800\\n", "\\uD800\\u0041", "\\uD800\\uD800",
        "\\uDC00", "\\uDFFF\\uD800"
    };

    static const char  *forms[] = {
        "{\"%s\":\"%s\"}",              /* a text */
        "{\"%.0s%s\":1}",               /* a name */
        "{\"%s\":\"%s",                 /* cut off */
        "{\"x\":[{\"%s\":{\"y\":\"%s\"}}]}"
    };

    (void) state;

    for (kind = 0; kind < KINDS; kind++) {

        for (i = 0; i < sizeof(halves) / sizeof(halves[0]); i++) {

            for (form = 0; form < 4; form++) {
                n = snprintf(text, sizeof(text), forms[form],
                             kinds[kind].name ? kinds[kind].name : "a",
                             halves[i]);

                rc = given(kind, text, n, &fault);

                assert_int_equal(rc, -1);
                assert_string_equal(fault.rule, UTF8);
                assert_int_equal(yajl.parses, 0);
            }

            if (kinds[kind].document == NULL) {
                continue;
            }

            n = snprintf(text, sizeof(text), "%s{\"pickups\":[\"%s\"]}}",
                         kinds[kind].document, halves[i]);

            assert_int_equal(given(kind, text, n, &fault), -1);
            assert_string_equal(fault.rule, UTF8);
            assert_int_equal(yajl.parses, 0);
        }
    }

    /* a whole pair comes to yajl, and what is no hexadecimal digit to its
     * lexer, which refuses it */

    n = snprintf(text, sizeof(text), "{\"a\":\"\\uD83C\\uDF47\"}");

    assert_int_equal(given(KINDS - 1, text, n, &fault), 0);
    assert_int_equal(yajl.parses, 1);

    n = snprintf(text, sizeof(text), "{\"a\":\"\\uD83G\"}");

    assert_int_equal(given(KINDS - 1, text, n, &fault), -1);
    assert_string_equal(fault.rule, JSON);
    assert_int_equal(yajl.parses, 1);
}


/* CVE-2022-24795: a buffer doubled until its size is 0. */

static void
test_sizes(void **state)
{
    int         rc;
    char       *text;
    size_t      max, i;
    unsigned    kind, form;
    fs_fault_t  fault;

    static const char  *units[] = { "x", "\\n", "\\u00e9" };

    (void) state;

    text = malloc(FS_BODY_ADMIN_MAX + 1);

    for (kind = 0; kind < KINDS; kind++) {
        max = kinds[kind].max;

        /* one text, as long as it can be: a name, a value, one cut off */

        for (form = 0; form < 9; form++) {
            memset(text, ' ', max + 1);

            i = snprintf(text, max, form < 3 ? "{\"" : "{\"%s\":\"",
                         kinds[kind].name ? kinds[kind].name : "a");

            while (i + 10 < max) {
                memcpy(text + i, units[form % 3], strlen(units[form % 3]));
                i += strlen(units[form % 3]);
            }

            if (form < 3) {
                memcpy(text + i, "\":1}", 4);

            } else if (form < 6) {
                memcpy(text + i, "\"}", 2);
            }

            rc = given(kind, text, max, &fault);

            assert_int_equal(rc, kind == KINDS - 1 && form < 6 ? 0 : -1);
            assert_int_equal(yajl.parses, 1);
            assert_int_equal(yajl.pieces, 0);
            assert_int_equal(yajl.len_max, max);
            assert_true(yajl.memory_max <= 2 * FS_BODY_ADMIN_MAX);

            /* one byte more does not come so far */

            assert_int_equal(given(kind, text, max + 1, &fault), -1);
            assert_int_equal(fault.outcome, FS_TOO_LARGE);
            assert_int_equal(yajl.parses, 0);
        }
    }

    free(text);
}


/* CVE-2023-33460: what was read of a document that turns out to be none. */

static void
test_refused_gives_back(void **state)
{
    unsigned         kind, i, round;
    fs_fault_t       fault;
    struct mallinfo2 before, after;

    static const char  *bodies[] = {
        "{\"@\\\\\\\\\\n\\\\\\\\\\\\\\\\\"", "{\"key\" : \"value\n}",
        "{\"obj1\":{ \"key1\":1 \"key2\":2}}", "{\"a\":[[[{\"b\":",
        "{\"a\":{\"b\":[1,2,{\"c\":\"", "[[[[", "{\"a\":1}}"
    };

    (void) state;

    memset(&before, 0, sizeof(before));

    for (round = 0; round < 100; round++) {

        for (kind = 0; kind < KINDS; kind++) {

            for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
                assert_int_equal(given(kind, bodies[i], strlen(bodies[i]),
                                       &fault),
                                 -1);
            }
        }

        if (round == 0) {
            before = mallinfo2();
        }
    }

    after = mallinfo2();

    assert_int_equal(after.uordblks, before.uordblks);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_half_pairs),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_refused_gives_back)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
