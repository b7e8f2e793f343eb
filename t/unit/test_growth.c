
/* How fast the store grows, and when it is full. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "read/growth.h"


#define HOUR   3600000LL
#define START  5000LL
#define MB     1048576ULL

static fs_growth_t      growth;
static fs_store_stat_t  stats;
static int64_t          now;


static int
begin(void **state)
{
    (void) state;

    memset(&growth, 0, sizeof(growth));
    memset(&stats, 0, sizeof(stats));

    stats.log_used = 10 * MB;
    stats.log_size = 1010 * MB;
    stats.index_used = 10 * MB;
    stats.index_size = 4010 * MB;
    stats.disk_free = 10000 * MB;
    now = START;

    return 0;
}


/* Time goes by, a second at once, and so many bytes with each of them. */

static void
pass(int64_t seconds, uint64_t log, uint64_t index)
{
    while (seconds--) {
        now += 1000;
        stats.log_used += log;
        stats.index_used += index;
        fs_growth_watch(&growth, now, &stats);
    }
}


static fs_growth_rate_t
rate(void)
{
    fs_growth_rate_t  found;

    fs_growth_rate(&growth, now, &stats, &found);

    return found;
}


static void
test_rate(void **state)
{
    fs_growth_rate_t  found;

    (void) state;

    found = rate();
    assert_int_equal(found.seen_ms, 0);
    assert_int_equal(found.full_s, -1);

    fs_growth_watch(&growth, now, &stats);
    pass(9, 1000, 10);
    assert_int_equal(rate().seen_ms, 0);

    pass(1, 1000, 10);
    found = rate();
    assert_int_equal(found.seen_ms, 10000);
    assert_int_equal(found.log_rate, 1000);
    assert_int_equal(found.index_rate, 10);
    assert_int_equal(found.full_s, (1000 * MB - 10000) / 1000);

    /* the hour before does not count */

    pass(3 * 3600, 0, 0);
    found = rate();
    assert_true(found.seen_ms > HOUR - 20000 && found.seen_ms <= HOUR);
    assert_int_equal(found.log_rate, 0);
    assert_int_equal(found.full_s, -1);

    /* an average over the hour: sixty seconds of it */

    pass(60, 60000, 0);
    assert_in_range(rate().log_rate, 999, 1006);
}


static void
test_full(void **state)
{
    (void) state;

    fs_growth_watch(&growth, now, &stats);
    pass(3600, 100, 0);
    assert_int_equal(rate().full_s, (1000 * MB - 360000) / 100);

    /* the index may be full before */

    pass(3600, 100, 1000);
    assert_int_equal(rate().full_s, (4000 * MB - 3600000) / 1000);

    /* or the disk */

    stats.disk_free = 1100 * 1000;
    assert_in_range(rate().full_s, 999, 1000);

    stats.disk_free = 0;
    assert_int_equal(rate().full_s, 0);

    /* an index folded anew is smaller; a map cut below what is used */

    stats.disk_free = 10000 * MB;
    stats.index_used = MB;
    assert_int_equal(rate().index_rate, 0);
    stats.log_size = MB;
    assert_int_equal(rate().full_s, 0);

    /* never, within reason */

    stats.log_size = UINT64_MAX;
    stats.disk_free = UINT64_MAX;
    assert_int_equal(rate().full_s, -1);
}


static void
test_warn(void **state)
{
    int               i, warned;
    fs_growth_rate_t  found;

    (void) state;

    found = rate();
    assert_int_equal(fs_growth_warn(&growth, now, &found), 0);

    /* a rush of a minute: at this rate it is full in a day */

    fs_growth_watch(&growth, now, &stats);
    pass(60, 12000, 0);
    found = rate();
    assert_in_range(found.full_s, 80000, 90000);
    assert_int_equal(fs_growth_warn(&growth, now, &found), 0);

    /* it goes on for an hour */

    warned = 0;

    for (i = 0; i < 12 * 3600; i++) {
        pass(1, 12000, 0);
        found = rate();
        warned += fs_growth_warn(&growth, now, &found);
    }

    assert_in_range(warned, 11, 12);

    /* slower: full in eight days, then in six */

    begin(NULL);
    fs_growth_watch(&growth, now, &stats);
    pass(2 * 3600, 1510, 0);
    found = rate();
    assert_int_equal(fs_growth_warn(&growth, now, &found), 0);
    pass(3600, 2010, 0);
    found = rate();
    assert_in_range(found.full_s, 5 * 86400, 7 * 86400);
    assert_int_equal(fs_growth_warn(&growth, now, &found), 1);
    assert_int_equal(fs_growth_warn(&growth, now, &found), 0);

    /* fast: tonight is too late to say it in an hour */

    begin(NULL);
    fs_growth_watch(&growth, now, &stats);
    pass(10, MB, 0);
    found = rate();
    assert_in_range(found.full_s, 900, 1000);
    assert_int_equal(fs_growth_warn(&growth, now, &found), 1);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_rate, begin),
        cmocka_unit_test_setup(test_full, begin),
        cmocka_unit_test_setup(test_warn, begin)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
