
/*
 * To whom it would be short: what is shown before a last count is what the
 * last count then does, whatever the count.
 */

#include "goods_rows.h"

#include "read/view_waves.h"

#define ORDERS  7
#define COUNTS  16

/* units; those of the first three form the group of their point */
static const uint32_t  units[ORDERS] = { 2, 1, 2, 1, 3, 1, 2 };


static void
receive(fixture_t *fixture, const char *pickup, uint32_t qty, int final)
{
    fs_operator_t  op;

    memset(&op, 0, sizeof(op));
    op.slug = fixture_str("sat");
    op.pickup = fixture_str(pickup);
    op.final = (uint8_t) final;
    op.lines[0].sale = fixture_str("egg");
    op.lines[0].qty = qty;
    op.lines_n = 1;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_RECEIVE, &op, 0),
                        "ok");
}


static size_t
foreseen(fixture_t *fixture, fs_reader_t *reader, const char *pickup,
    uint32_t sale, uint32_t qty, size_t limit, fs_listed_t *lines, int *more)
{
    size_t     n;
    uint32_t   wave, point;
    fs_view_t  view;
    fs_wave_t  row;

    (void) fixture;
    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    assert_true(fs_view_wave_number(&view, fixture_str("sat"), &wave));
    assert_true(fs_view_wave(&view, wave, &row));
    assert_true(fs_view_pickup_number(&view, fixture_str(pickup), &point));
    n = fs_view_short(&view, &row, sale, point, qty, limit, lines, more);
    assert_int_equal(view.index.error, 0);
    fs_view_close(&view);

    return n;
}


static void
test_foreseen(void **context)
{
    int             more;
    char            point[16];
    size_t          n, k;
    uint32_t        egg;
    unsigned        i, count;
    fs_seq_t        hold[COUNTS][ORDERS];
    fs_line_t       line;
    fixture_t      *fixture = *context;
    fs_reader_t    *reader;
    fs_listed_t     lines[ORDERS];
    fs_command_t    command;
    fs_operator_t   op;

    fixture_operator(&op, "egg");
    op.stock = 2000;
    op.goal = 5;
    op.goal_by = FS_GOAL_BY_PICKUP;
    egg = fixture_define(fixture, &op);

    for (count = 0; count < COUNTS; count++) {
        snprintf(point, sizeof(point), "p%u", count);
        assert_string_equal(fixture_point(fixture, point), "ok");

        for (i = 0; i < ORDERS; i++) {
            fixture_hold(&command, count * ORDERS + i + 1, egg, units[i], 0);
            fs_slug_set(&command.pickup, fixture_str(point));
            assert_string_equal(fixture_decide(fixture, &command, NULL),
                                "created");
            hold[count][i] = fixture->result.hold.seq;
        }

        /* paid in another order than held */

        for (i = ORDERS; i-- > 0; ) {
            assert_string_equal(fixture_confirm(fixture, hold[count][i],
                                                count * ORDERS + i + 1,
                                                100 * (int64_t) units[i]),
                                "ok");
        }
    }

    memset(&op, 0, sizeof(op));
    op.slug = fixture_str("sat");
    op.cut_at = fixture->wall;
    op.lines[0].sale = fixture_str("egg");
    op.lines_n = 1;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_WAVE, &op, 0),
                        "created");

    reader = fs_reader_create(fixture->store);
    assert_non_null(reader);

    for (count = 0; count < COUNTS; count++) {
        snprintf(point, sizeof(point), "p%u", count);

        if (count % 3 == 1) {
            receive(fixture, point, count / 2, 0);
        }

        n = foreseen(fixture, reader, point, egg, count, ORDERS, lines,
                     &more);
        assert_int_equal(more, 0);
        receive(fixture, point, count, 1);

        k = 0;

        for (i = ORDERS; i-- > 0; ) {
            line = goods_hold(fixture, hold[count][i]).lines[0];

            if (line.short_qty != 0) {
                assert_true(k < n);
                assert_int_equal(lines[k].hold, hold[count][i]);
                assert_int_equal(lines[k].qty, units[i]);
                assert_int_equal(lines[k++].short_qty, line.short_qty);
            }
        }

        assert_int_equal(k, n);
        assert_int_equal(n != 0, count < 12);

        /* when it is done nothing more is foreseen */

        assert_int_equal(foreseen(fixture, reader, point, egg, count, ORDERS,
                                  lines, &more), 0);
    }

    fs_reader_destroy(reader);
}


static void
test_limits(void **context)
{
    int             more;
    uint32_t        egg;
    unsigned        i;
    fixture_t      *fixture = *context;
    fs_reader_t    *reader;
    fs_listed_t     lines[4];
    fs_command_t    command;
    fs_operator_t   op;

    fixture_operator(&op, "egg");
    op.stock = 2000;
    egg = fixture_define(fixture, &op);
    assert_string_equal(fixture_point(fixture, "east"), "ok");

    for (i = 1; i <= 3; i++) {
        fixture_hold(&command, i, egg, 2, 0);
        fs_slug_set(&command.pickup, fixture_str("east"));
        assert_string_equal(fixture_decide(fixture, &command, NULL),
                            "created");
        assert_string_equal(fixture_confirm(fixture,
                                            fixture->result.hold.seq, i,
                                            200), "ok");
    }

    memset(&op, 0, sizeof(op));
    op.slug = fixture_str("sat");
    op.cut_at = fixture->wall + 1000;
    op.lines[0].sale = fixture_str("egg");
    op.lines_n = 1;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_WAVE, &op, 0),
                        "created");

    reader = fs_reader_create(fixture->store);
    assert_non_null(reader);

    /* not frozen: nothing of it can come */

    assert_int_equal(foreseen(fixture, reader, "east", egg, 0, 4, lines,
                              &more), 0);
    fixture_pass(fixture, 1000);
    fixture_timers(fixture, 10);

    assert_int_equal(foreseen(fixture, reader, "east", egg, 0, 4, lines,
                              &more), 3);
    assert_int_equal(more, 0);
    assert_int_equal(foreseen(fixture, reader, "east", egg, 1, 2, lines,
                              &more), 2);
    assert_int_equal(more, 1);
    assert_int_equal(lines[0].short_qty, 1);
    assert_int_equal(lines[1].short_qty, 2);

    /* a sale that is not of the wave */

    assert_int_equal(foreseen(fixture, reader, "east", egg + 1, 0, 4, lines,
                              &more), 0);

    fs_reader_destroy(reader);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_foreseen, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_limits, index_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
