
/*
 * JSON out: beside yajl's generator, byte for byte.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <yajl/yajl_gen.h>

#include "json/json_writer.h"


/* yajl's text of a string. */

static void
by_yajl(const char *text, size_t len, const unsigned char **json,
    size_t *json_len, yajl_gen *gen)
{
    *gen = yajl_gen_alloc(NULL);
    assert_non_null(*gen);
    assert_int_equal(yajl_gen_string(*gen, (const unsigned char *) text, len),
                     yajl_gen_status_ok);
    assert_int_equal(yajl_gen_get_buf(*gen, json, json_len),
                     yajl_gen_status_ok);
}


static void
check_string(const char *text, size_t len)
{
    int                   got;
    char                  buf[4096];
    size_t                json_len;
    yajl_gen              gen;
    fs_writer_t           writer;
    const unsigned char  *json;

    by_yajl(text, len, &json, &json_len, &gen);

    fs_writer_begin(&writer, buf, sizeof(buf));
    fs_write_string(&writer, text, len);
    got = fs_writer_end(&writer);

    assert_int_equal(got, json_len);
    assert_memory_equal(buf, json, json_len);

    /* and not a byte beyond its room */

    memset(buf, '#', sizeof(buf));
    fs_writer_begin(&writer, buf, json_len - 1);
    fs_write_string(&writer, text, len);
    assert_int_equal(fs_writer_end(&writer), -1);
    assert_int_equal(buf[json_len - 1], '#');

    yajl_gen_free(gen);
}


static void
test_each_byte(void **unused)
{
    int   c;
    char  text[3];

    (void) unused;

    for (c = 0; c < 256; c++) {
        text[0] = text[2] = 'x';
        text[1] = (char) c;
        check_string(text, 3);
        check_string(text + 1, 1);
        check_string(text + 1, 2);
        check_string(text, 2);
    }

    check_string("", 0);
}


/* Bytes of a generator that is the same each time. */

static void
test_any_string(void **unused)
{
    char      text[600];
    size_t    i, len;
    uint32_t  dice;
    unsigned  n;

    (void) unused;

    dice = 1;

    for (n = 0; n < 2000; n++) {
        dice = dice * 1664525 + 1013904223;
        len = (dice >> 8) % sizeof(text);

        for (i = 0; i < len; i++) {
            dice = dice * 1664525 + 1013904223;
            text[i] = (char) (dice >> (dice & 0x10000 ? 24 : 27));
        }

        check_string(text, len);
    }
}


static void
test_structure(void **unused)
{
    int          len;
    char         buf[256];
    size_t       size;
    fs_writer_t  writer;

    static const char  expected[] =
        "# {\"a\":[],\"b\":{},\"c\":[1,-9223372036854775808,{\"d\":null},"
        "[true,false],\"w\",\"\\n\"],\"e\":9223372036854775807}\n";

    (void) unused;

    for (size = 0; size <= sizeof(expected) - 1; size++) {
        memset(buf, '#', sizeof(buf));

        fs_writer_begin(&writer, buf, size);
        fs_write_raw(&writer, "# ", 2);
        fs_write_object(&writer);
        fs_write_key(&writer, "a");
        fs_write_list(&writer);
        fs_write_list_end(&writer);
        fs_write_key(&writer, "b");
        fs_write_object(&writer);
        fs_write_object_end(&writer);
        fs_write_key(&writer, "c");
        fs_write_list(&writer);
        fs_write_number(&writer, 1);
        fs_write_number(&writer, INT64_MIN);
        fs_write_object(&writer);
        fs_write_key(&writer, "d");
        fs_write_null(&writer);
        fs_write_object_end(&writer);
        fs_write_list(&writer);
        fs_write_boolean(&writer, 1);
        fs_write_boolean(&writer, 0);
        fs_write_list_end(&writer);
        fs_write_word(&writer, "w");
        fs_write_text(&writer, "\n");
        fs_write_list_end(&writer);
        fs_write_key(&writer, "e");
        fs_write_number(&writer, INT64_MAX);
        fs_write_object_end(&writer);
        fs_write_raw(&writer, "\n", 1);
        len = fs_writer_end(&writer);

        if (size < sizeof(expected) - 1) {
            assert_int_equal(len, -1);
            assert_int_equal(buf[size], '#');
            continue;
        }

        assert_int_equal(len, sizeof(expected) - 1);
        assert_memory_equal(buf, expected, sizeof(expected) - 1);
    }
}


static void
test_failure_sticks(void **unused)
{
    char         buf[64];
    fs_writer_t  writer;

    (void) unused;

    fs_writer_begin(&writer, buf, sizeof(buf));
    fs_write_object(&writer);
    fs_writer_fail(&writer);
    fs_write_object_end(&writer);
    assert_int_equal(fs_writer_end(&writer), -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_each_byte),
        cmocka_unit_test(test_any_string),
        cmocka_unit_test(test_structure),
        cmocka_unit_test(test_failure_sticks)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
