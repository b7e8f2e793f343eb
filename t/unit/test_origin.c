
/* An Origin against the Host that was asked, and as a browser sends it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "text/text.h"


typedef struct {
    const char  *origin;
    const char  *host;
} pair_t;


/* In buffers of their exact lengths. */

static int
same(const char *origin, const char *host)
{
    int       rc;
    char     *o, *h;
    fs_str_t  origin_str, host_str;

    origin_str.len = strlen(origin);
    host_str.len = strlen(host);

    o = malloc(origin_str.len + 1);
    h = malloc(host_str.len + 1);
    assert_true(o && h);

    memcpy(o, origin, origin_str.len);
    memcpy(h, host, host_str.len);
    origin_str.data = o;
    host_str.data = h;

    rc = fs_origin_is_host(origin_str, host_str);

    free(o);
    free(h);

    return rc;
}


static void
test_same(void **context)
{
    size_t  i;

    static const pair_t  pairs[] = {
        { "https://shop.example", "shop.example" },
        { "http://shop.example", "shop.example" },
        { "https://shop.example", "shop.example:443" },
        { "https://shop.example:443", "shop.example" },
        { "http://shop.example", "shop.example:80" },
        { "http://shop.example:80", "shop.example" },
        { "https://shop.example:8443", "shop.example:8443" },
        { "http://127.0.0.1:8080", "127.0.0.1:8080" },
        { "HTTPS://Shop.Example", "sHOP.eXAMPLE:443" },
        { "https://shop.example.", "shop.example" },
        { "https://shop.example", "shop.example.:443" },
        { "https://shop.example", "shop.example:" },
        { "https://shop.example", "shop.example:0443" },
        { "http://[::1]", "[::1]" },
        { "http://[::1]:80", "[::1]" },
        { "http://[::1]:8080", "[::1]:8080" },
        { "https://[2001:db8::a]", "[2001:DB8:0:0:0:0:0:A]:443" },
    };

    (void) context;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (!same(pairs[i].origin, pairs[i].host)) {
            fail_msg("%s is %s", pairs[i].origin, pairs[i].host);
        }
    }
}


static void
test_another(void **context)
{
    size_t  i;

    static const pair_t  pairs[] = {
        { "", "" },
        { "", "shop.example" },
        { "null", "null" },
        { "null", "shop.example" },
        { "https://", "" },
        { "https://shop.example", "" },
        { "https://shop.example", ":443" },
        { "https://evil.example", "shop.example" },
        { "https://shop.example.evil.example", "shop.example" },
        { "https://evilshop.example", "shop.example" },
        { "https://shop.example:444", "shop.example" },
        { "https://shop.example:444", "shop.example:443" },
        { "http://shop.example", "shop.example:443" },
        { "https://shop.example", "shop.example:80" },
        { "https://shop.example@evil.example", "shop.example" },
        { "https://evil.example/shop.example", "shop.example" },
        { "https://shop.example/", "shop.example/" },
        { "https://shop.example/", "shop.example" },
        { "https://shop.example..", "shop.example" },
        { "https://.", "." "." },
        { "https://shop.example:443x", "shop.example" },
        { "https://shop.example:65979", "shop.example" },
        { "https://shop.example:4294967739", "shop.example" },
        { "https://shop.example:-1", "shop.example:-1" },
        { "ftp://shop.example", "shop.example" },
        { "shop.example", "shop.example" },
        { "https:shop.example", "shop.example" },
        { "http://[::1]", "[::2]" },
        { "http://[::1]:81", "[::1]" },
        { "http://[::1", "[::1" },
        { "http://[]", "[]" },
        { "http://[::1]x", "[::1]x" },
        { "http://::1", "[::1]" },
        { "http://[1.2.3.4]", "1.2.3.4" },
        { "http://[::1%25eth0]", "[::1]" },
        { "http://[0000:0000:0000:0000:0000:0000:0000:0000:0000:0001]",
          "[::1]" },
    };

    (void) context;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (same(pairs[i].origin, pairs[i].host)) {
            fail_msg("%s is not %s", pairs[i].origin, pairs[i].host);
        }
    }
}


static int
valid(const char *origin)
{
    int       rc;
    char     *o;
    fs_str_t  str;

    str.len = strlen(origin);

    o = malloc(str.len + 1);
    assert_non_null(o);

    memcpy(o, origin, str.len);
    str.data = o;

    rc = fs_origin_valid(str);

    free(o);

    return rc;
}


static void
test_valid(void **context)
{
    size_t  i;

    static const char  *right[] = {
        "https://m.example", "http://m.example", "http://127.0.0.1:8080",
        "https://m.example:80", "http://m.example:443", "http://localhost:1",
        "https://a-b.example:65535", "http://[::1]", "http://[::1]:8080",
        "https://xn--fiq228c.example"
    };

    static const char  *wrong[] = {
        "", "*", "null", "off", "m.example", "https://", "https:m.example",
        "https://*", "https://*.m.example", "https://m.example/",
        "https://m.example/shop", "https://m.example?a", "https://m.example#",
        "HTTPS://m.example", "https://M.example", "https://m.example:443",
        "http://m.example:80", "https://m.example:", "https://m.example:0",
        "https://m.example:0444", "https://m.example:65536",
        "https://m.example:x", "https://m.example:1:2", "https://m.example.",
        "https://m.example.:444", "https://.", "https://a@m.example",
        "https://m example", "https://m_example", "https://m.example\n",
        "http://[::1", "http://[::1]x", "http://[::1]:80", "http://[::G]",
        "http://::1", "http://a[b", "ftp://m.example",
        "https://a.example,https://b.example"
    };

    (void) context;

    for (i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        if (!valid(right[i])) {
            fail_msg("%s is one", right[i]);
        }
    }

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (valid(wrong[i])) {
            fail_msg("%s is none", wrong[i]);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_another),
        cmocka_unit_test(test_valid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
