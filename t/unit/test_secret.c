
/* Files of secrets. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/secret.h"


#define A  "a-secret-of-16-b"
#define B  "another secret, with blanks, \xe8\x91\xa1"


static char  why[128];


/* What is left of a text, or NULL; in a buffer of its exact size. */

static const char *
reduced(const char *text, size_t len)
{
    int          left;
    char        *buf;

    static char  result[256];

    why[0] = '\0';

    buf = malloc(len + 1);
    assert_non_null(buf);
    memcpy(buf, text, len);

    left = fs_secrets_reduce(buf, len, why);

    if (left > 0) {
        assert_true((size_t) left <= len + 1);
        memcpy(result, buf, left);
        result[left] = '\0';
    }

    free(buf);

    return left > 0 ? result : NULL;
}

#define REDUCED(text)  reduced(text, sizeof(text) - 1)


static void
test_taken(void **context)
{
    (void) context;

    assert_string_equal(REDUCED(A), A "\n");
    assert_string_equal(REDUCED(A "\n"), A "\n");
    assert_string_equal(REDUCED(A "\r\n" B "\r\n"), A "\n" B "\n");
    assert_string_equal(REDUCED("\n \t" A " \t\r\n\n\r\n  \n" B "  "),
                        A "\n" B "\n");
    assert_string_equal(REDUCED("\n" A), A "\n");
}


static void
test_refused(void **context)
{
    size_t  i;

    static const struct {
        const char  *text;
        size_t       len;
        const char  *why;
    } cases[] = {
#define CASE(text, why)  { text, sizeof(text) - 1, why }
        CASE("", "no secret"),
        CASE("\n \r\n\t\n", "no secret"),
        CASE("x", "line 1 is too short"),
        CASE("                    ", "no secret"),
        CASE("123456789012345", "line 1 is too short"),
        CASE("123456789012345 ", "line 1 is too short"),
        CASE(A "\nx\n", "line 2 is too short"),
        CASE("\xef\xbb\xbf" A "\n", "byte order mark"),
        CASE("\xff\xfe" "a\0b\0", "byte order mark"),
        CASE("\xfe\xff" "\0a\0b", "byte order mark"),
        CASE("# the secret of the orders\n", "line 1 is a comment"),
        CASE(A "\n\n  # the old one was " B "\n", "line 3 is a comment"),
        CASE("a-secret-with-a\x7f-character", "line 1 has a control"),
        CASE("a-secret-with-a\0-character", "line 1 has a control"),
        CASE("a-secret-with\tin-the-middle", "line 1 has a control"),
        CASE(A "\r" B "\n", "line 1 has a control"),
#undef CASE
    };

    (void) context;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_null(reduced(cases[i].text, cases[i].len));

        if (strstr(why, cases[i].why) == NULL) {
            fail_msg("%zu: \"%s\" is not \"%s\"", i, why, cases[i].why);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_taken),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
