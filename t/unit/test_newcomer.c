
/* A newcomer's wait, and a token of work instead of it. */

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rules/newcomer.h"


#define NOW  1790000000000LL


static fs_str_t
text(const char *literal)
{
    fs_str_t  str = { strlen(literal), literal };

    return str;
}


static void
test_rest(void **state)
{
    size_t         i;
    int64_t        rest;
    fs_newcomer_t  newcomer;

    static const struct {
        const char  *since;
        int64_t      rest;
    } rows[] = {
        { "", 0 },                      /* not new: a login, an old cookie */
        { "1790000000000", 10000 },
        { "1789999999999", 9999 },
        { "1789999990001", 1 },
        { "1789999990000", 0 },
        { "1700000000000", 0 },
        { "0", 0 },
        { "1790000000001", 10000 },     /* the clock was set back */
        { "1890000000000", 10000 },
        { "4611686018427387903", 10000 },
        { "9223372036854775807", -1 },
        { "99999999999999999999", -1 },
        { "-1", -1 },
        { "1790000000000 ", -1 },
        { "yesterday", -1 },
        { "1e12", -1 }
    };

    (void) state;

    memset(&newcomer, 0, sizeof(newcomer));
    newcomer.identity = text("abc");
    newcomer.wait_ms = 10000;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        newcomer.since = text(rows[i].since);
        rest = fs_newcomer_rest(&newcomer, NOW);

        if (rest != rows[i].rest) {
            fail_msg("since \"%s\": %lld", rows[i].since, (long long) rest);
        }
    }
}


/*
 * By Python's hashlib: the first n from 0 on with which the SHA-256 of "abc:n"
 * begins with at least 8, 12 and 16 zero bits.
 */

static void
test_work(void **state)
{
    size_t         i;
    fs_newcomer_t  newcomer;

    static const struct {
        const char  *identity, *token;
        unsigned     bits;              /* the most that it shows */
    } rows[] = {
        { "abc", "181", 10 },
        { "abc", "4959", 13 },
        { "abc", "22421", 18 }
    };

    static const char  *const none[] = {
        "", " ", "a b", "a:b", "\x7f", "\x80",
        "012345678901234567890123456789012"
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(fs_work_shown(text(rows[i].identity),
                                       text(rows[i].token), rows[i].bits), 1);
        assert_int_equal(fs_work_shown(text(rows[i].identity),
                                       text(rows[i].token),
                                       rows[i].bits + 1), 0);

        /* nobody else's */

        assert_int_equal(fs_work_shown(text("abd"), text(rows[i].token),
                                       rows[i].bits), 0);
    }

    /* even where no bit is asked for, a token is one */

    for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(fs_work_shown(text("abc"), text(none[i]), 0), 0);
    }

    assert_int_equal(fs_work_shown(text("abc"), text("x"), 0), 1);

    /* instead of the wait, where it counts */

    memset(&newcomer, 0, sizeof(newcomer));
    newcomer.identity = text(rows[0].identity);
    newcomer.since = text("1790000000000");
    newcomer.work = text(rows[0].token);
    newcomer.wait_ms = 10000;
    newcomer.bits = rows[0].bits;

    assert_int_equal(fs_newcomer_rest(&newcomer, NOW), 0);

    newcomer.bits++;
    assert_int_equal(fs_newcomer_rest(&newcomer, NOW), 10000);

    newcomer.bits = 0;
    assert_int_equal(fs_newcomer_rest(&newcomer, NOW), 10000);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rest),
        cmocka_unit_test(test_work)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
