
/* Bodies that are nearly right: no limit is passed, whatever they are. */

#include "request_rows.h"


#define SEED       20260731u
#define MUTATIONS  100000


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
            "10000000000,\"stock\":1000000000,\"limit\":10000,\"opens_at\":"
            "1577836800000,\"closes_at\":4133980799999,\"goal\":1,"
            "\"goal_by\":\"pickup\",\"hold_ms\":1000,\"doc\":{"
            "\"a\":[{\"b\":-1.5e9,\"c\":null}]}}",
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

        exact = malloc(len + (len == 0));
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
        cmocka_unit_test(test_mutations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
