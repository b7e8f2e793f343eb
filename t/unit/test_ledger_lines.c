
/*
 * Lines of the ledger.  What version 1 renders and hashes is frozen in
 * golden/ledger-v1.ndjson: every published hash hangs on these bytes.
 *
 * When a line differs, the code is wrong, not the file.  A change of the
 * format is a new version of the record, with a renderer and a golden file
 * of its own.  `test_ledger_lines --print` prints what the code makes of the
 * story: only for the file of a new version.
 */

#include "story.h"
#include "ledger/entry_line.h"

#include <time.h>

#include <yajl/yajl_tree.h>


#define GOLDEN  "t/unit/golden/ledger-v1.ndjson"


static void
test_golden(void **state)
{
    int       len;
    char      line[LINE_MAX + 1], golden[LINE_MAX + 1];
    FILE     *file;
    size_t    i;
    uint8_t   hash[FS_HASH_LEN];

    (void) state;

    file = fopen(GOLDEN, "r");
    assert_non_null(file);

    memset(hash, 0, sizeof(hash));

    for (i = 0; i < ENTRIES_N; i++) {
        len = story_line(i, hash, line);
        assert_in_range(len, 1, LINE_MAX);
        line[len] = '\0';

        assert_non_null(fgets(golden, sizeof(golden), file));

        if (strcmp(line, golden) != 0) {
            fail_msg("version 1 is frozen, a change needs a new version\n"
                     "frozen:   %srendered: %s", golden, line);
        }
    }

    assert_null(fgets(golden, sizeof(golden), file));
    assert_int_equal(fclose(file), 0);
}


static void
test_golden_has_every_type(void **state)
{
    size_t    i;
    unsigned  type, seen[FS_ENTRY_TYPES_N];

    (void) state;

    memset(seen, 0, sizeof(seen));

    for (i = 0; i < ENTRIES_N; i++) {
        seen[entries[i].type]++;
    }

    for (type = FS_ENTRY_NONE + 1; type < FS_ENTRY_TYPES_N; type++) {
        if (seen[type] == 0) {
            fail_msg("no %s in the story", fs_entry_type_name(type));
        }
    }
}


/* Another's parser reads it, and finds the fields that move units. */

static void
test_lines_are_json(void **state)
{
    int                len;
    char               line[LINE_MAX + 1], error[256];
    size_t             i;
    uint8_t            hash[FS_HASH_LEN];
    yajl_val           root, value;
    fs_entry_effect_t  effect;
    const char        *seq[] = { "seq", NULL };
    const char        *sale[] = { "sale", NULL };
    const char        *qty[] = { "qty", NULL };
    const char        *type[] = { "type", NULL };

    (void) state;

    memset(hash, 0, sizeof(hash));

    for (i = 0; i < ENTRIES_N; i++) {
        len = story_line(i, hash, line);
        assert_true(len > 0);
        line[len] = '\0';

        root = yajl_tree_parse(line, error, sizeof(error));

        if (root == NULL) {
            fail_msg("%s%s", line, error);
        }

        value = yajl_tree_get(root, seq, yajl_t_number);
        assert_non_null(value);
        assert_int_equal(YAJL_GET_INTEGER(value), i + 1);

        value = yajl_tree_get(root, type, yajl_t_string);
        assert_non_null(value);
        assert_string_equal(YAJL_GET_STRING(value),
                            fs_entry_type_name(entries[i].type));

        fs_entry_effect(&entries[i], &effect);

        if (effect.stock != 0 || effect.held != 0 || effect.sold != 0) {
            assert_non_null(yajl_tree_get(root, sale, yajl_t_string));
            value = yajl_tree_get(root, qty, yajl_t_number);
            assert_non_null(value);
            assert_int_equal(YAJL_GET_INTEGER(value), entries[i].qty);
        }

        yajl_tree_free(root);
    }
}


static void
test_render_refuses(void **state)
{
    char        line[LINE_MAX];
    fs_entry_t  entry;
    fs_names_t  n;

    (void) state;

    n = names();

    entry = entries[9];
    entry.sale = 99;
    assert_int_equal(fs_entry_render(&entry, &n, line), -1);

    entry = entries[9];
    entry.sale = 0;
    assert_int_equal(fs_entry_render(&entry, &n, line), -1);

    entry = entries[9];
    entry.pickup = 99;
    assert_int_equal(fs_entry_render(&entry, &n, line), -1);

    entry = entries[9];
    entry.hold = 0;
    assert_int_equal(fs_entry_render(&entry, &n, line), -1);
    assert_int_equal(fs_entry_line(&entry, &n, line), -1);

    entry = entries[9];
    entry.type = FS_ENTRY_NONE;
    assert_int_equal(fs_entry_render(&entry, &n, line), -1);

    entry.type = FS_ENTRY_TYPES_N;
    assert_int_equal(fs_entry_render(&entry, &n, line), -1);
}


/* All fields of each type at their longest stay within the buffer. */

static void
test_longest_lines(void **state)
{
    int         len, longest;
    char        line[LINE_MAX];
    unsigned    type;
    fs_entry_t  entry;
    fs_names_t  n;

    (void) state;

    n = names();
    slug_len = FS_SLUG_MAX;
    longest = 0;

    for (type = FS_ENTRY_NONE + 1; type < FS_ENTRY_TYPES_N; type++) {
        memset(&entry, 0xff, sizeof(entry));
        entry.type = (uint8_t) type;
        entry.reason = FS_REASON_SECOND_PAYMENT;
        entry.flags = FS_ENTRY_GOAL_BY_PICKUP;
        entry.hold = FS_SEQ_MAX;
        entry.at = INT64_MIN;
        entry.qty = INT32_MIN;
        entry.amount_fen = INT64_MIN;
        entry.time1 = INT64_MIN;
        entry.time2 = (fs_entry_fields[type].required & FS_SHOWN_GIFT)
                      ? (int64_t) FS_SEQ_MAX : INT64_MIN;

        len = fs_entry_render(&entry, &n, line);
        assert_in_range(len, 1, FS_ENTRY_JSON_MAX);

        if (len > longest) {
            longest = len;
        }

        len = fs_entry_line(&entry, &n, line);
        assert_in_range(len, 1, FS_ENTRY_JSON_MAX + 128);
    }

    slug_len = 0;
    print_message("# the longest line has %d bytes\n", longest);
}


static double
elapsed_ns(const struct timespec *begin)
{
    struct timespec  end;

    clock_gettime(CLOCK_MONOTONIC, &end);

    return (end.tv_sec - begin->tv_sec) * 1e9 + (end.tv_nsec - begin->tv_nsec);
}


/*
 * Says what a line costs, the best of some rounds; the bound is for what is
 * absurd, such as a fetch by name for each hash.
 */

static void
test_cost(void **state)
{
    int              len;
    char             line[LINE_MAX];
    double           ns, render, chain;
    unsigned         round, i;
    fs_entry_t       entry;
    fs_names_t       n;
    struct timespec  begin;
    enum { ROUNDS = 20, LINES = 500 };

    (void) state;

    n = names();
    entry = entries[9];
    entry.seq = 12345678;
    len = 0;
    render = 1e9;
    chain = 1e9;

    for (round = 0; round < ROUNDS; round++) {
        clock_gettime(CLOCK_MONOTONIC, &begin);

        for (i = 0; i < LINES; i++) {
            len = fs_entry_render(&entry, &n, line);
        }

        ns = elapsed_ns(&begin) / LINES;
        render = ns < render ? ns : render;

        clock_gettime(CLOCK_MONOTONIC, &begin);

        for (i = 0; i < LINES; i++) {
            fs_entry_chain(&entry, entry.hash, line, (size_t) len);
        }

        ns = elapsed_ns(&begin) / LINES;
        chain = ns < chain ? ns : chain;
    }

    print_message("# a held line of %d bytes: rendered in %.0f ns, chained in "
                  "%.0f ns\n", len, render, chain);

    assert_true(render < 100000);
    assert_true(chain < 100000);
}


static int
print_story(void)
{
    int      len;
    char     line[LINE_MAX];
    size_t   i;
    uint8_t  hash[FS_HASH_LEN];

    if (story_setup(NULL) != 0) {
        return 1;
    }

    memset(hash, 0, sizeof(hash));

    for (i = 0; i < ENTRIES_N; i++) {
        len = story_line(i, hash, line);

        if (len < 0 || fwrite(line, 1, (size_t) len, stdout) != (size_t) len)
        {
            return 1;
        }
    }

    return story_teardown(NULL);
}


int
main(int argc, char **argv)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_golden_has_every_type),
        cmocka_unit_test(test_lines_are_json),
        cmocka_unit_test(test_render_refuses),
        cmocka_unit_test(test_longest_lines),
        cmocka_unit_test(test_cost),
    };

    if (argc == 2 && strcmp(argv[1], "--print") == 0) {
        return print_story();
    }

    return cmocka_run_group_tests(tests, story_setup, story_teardown);
}
