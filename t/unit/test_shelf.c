
/*
 * The shelf: sales that stand and sales that have ended, without a walk
 * through all that ever were.
 */

#include "fixture.h"
#include "read/read.h"


/* The slugs of the sales that stand, in pages of `limit`; index: there is
 * one. */

static const char *
current(fixture_t *fixture, size_t limit, int index)
{
    int           more;
    size_t        i, n;
    uint32_t      after;
    fs_view_t     view;
    fs_sale_t     sales[8];
    fs_reader_t  *reader;
    static char   text[512];

    reader = fs_reader_create(fixture->store);
    text[0] = '\0';
    after = 0;

    do {
        assert_int_equal(fs_view_open_log(reader, &view), FS_OK);
        assert_int_equal(view.index.txn != NULL, index);
        n = fs_view_current(&view, after, limit, sales, &more);
        assert_int_equal(fs_view_outcome(&view), FS_OK);
        fs_view_close(&view);

        assert_true(n <= limit);

        for (i = 0; i < n; i++) {
            assert_true(sales[i].number > after);
            assert_false(sales[i].closed);
            after = sales[i].number;
            strncat(text, sales[i].slug.data, sales[i].slug.len);
            strcat(text, " ");
        }
    } while (more);

    fs_reader_destroy(reader);

    return text;
}


/* The slugs of those that have ended, and when, less `from`. */

static const char *
ended(fixture_t *fixture, size_t limit, int64_t from)
{
    int           more;
    size_t        i, n, len;
    fs_seq_t      before;
    fs_view_t     view;
    fs_ended_t    list[8];
    fs_reader_t  *reader;
    static char   text[512];

    reader = fs_reader_create(fixture->store);
    text[0] = '\0';
    before = 0;

    do {
        assert_int_equal(fs_view_open(reader, &view), FS_OK);
        n = fs_view_ended(&view, before, limit, list, &more);
        assert_int_equal(fs_view_outcome(&view), FS_OK);
        fs_view_close(&view);

        assert_true(n <= limit);

        for (i = 0; i < n; i++) {
            assert_true(before == 0 || list[i].seq < before);
            assert_true(list[i].sale.closed);
            before = list[i].seq;
            len = strlen(text);
            snprintf(text + len, sizeof(text) - len, "%.*s@%lld ",
                     (int) list[i].sale.slug.len, list[i].sale.slug.data,
                     (long long) (list[i].at - from));
        }
    } while (more);

    fs_reader_destroy(reader);

    return text;
}


static void
close_sale(fixture_t *fixture, const char *slug)
{
    fs_operator_t  op;

    fixture_operator(&op, slug);
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_CLOSE, &op, 0),
                        "ok");
}


static void
test_shelf(void **context)
{
    int64_t         from;
    fs_operator_t   op;
    fixture_t      *fixture = *context;

    assert_string_equal(current(fixture, 8, 1), "");
    assert_string_equal(ended(fixture, 8, 0), "");

    fixture_stocked(fixture, "plum", 10, 0);
    fixture_stocked(fixture, "apple", 10, 0);
    fixture_stocked(fixture, "fig", 10, 0);

    /* in the order of their definition, however large a page is */

    assert_string_equal(current(fixture, 8, 1), "plum apple fig ");
    assert_string_equal(current(fixture, 1, 1), "plum apple fig ");
    assert_string_equal(current(fixture, 3, 1), "plum apple fig ");

    /* another definition is no other sale */

    fixture_operator(&op, "plum");
    op.price_fen = 200;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "ok");
    assert_string_equal(current(fixture, 8, 1), "plum apple fig ");

    from = fixture->wall;
    fixture->wall += 1000;
    close_sale(fixture, "apple");
    fixture->wall += 1000;
    close_sale(fixture, "plum");

    assert_string_equal(current(fixture, 8, 1), "fig ");
    assert_string_equal(ended(fixture, 8, from), "plum@2000 apple@1000 ");
    assert_string_equal(ended(fixture, 1, from), "plum@2000 apple@1000 ");

    /* closed once more: it ended before */

    fixture->wall += 1000;
    close_sale(fixture, "apple");
    assert_string_equal(ended(fixture, 8, from), "plum@2000 apple@1000 ");

    /* opened again, it stands where it stood; then it ends anew */

    fixture_operator(&op, "plum");
    op.closes_at = fixture->wall + 5000;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "ok");
    assert_string_equal(current(fixture, 8, 1), "plum fig ");
    assert_string_equal(ended(fixture, 8, from), "apple@1000 ");

    fixture_pass(fixture, 5000);
    fixture_timers(fixture, 16);
    assert_string_equal(current(fixture, 8, 1), "fig ");
    assert_string_equal(ended(fixture, 8, from), "plum@8000 apple@1000 ");
}


/* While there is no index the log tells what stands. */

static void
test_rebuilding(void **context)
{
    fixture_t  *fixture = *context;

    fixture_stocked(fixture, "plum", 10, 0);
    fixture_stocked(fixture, "apple", 10, 0);
    fixture_stocked(fixture, "fig", 10, 0);
    close_sale(fixture, "apple");

    atomic_store(&fixture->store->mark->rebuilding, 1);
    assert_string_equal(current(fixture, 8, 0), "plum fig ");
    assert_string_equal(current(fixture, 1, 0), "plum fig ");
    atomic_store(&fixture->store->mark->rebuilding, 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_shelf, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_rebuilding, fixture_setup,
                                        fixture_teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
