
#include "store/store.h"


/* what the mark has of it */
typedef struct {
    int                  known;
    int64_t              offset;
    int64_t              other;
    int64_t              since;
    int64_t              seen;
} fs_clock_t;

static void fs_clock_judge(const fs_mark_t *mark, int64_t wall, int64_t boot,
    fs_clock_t *clock);
static int fs_clock_near(int64_t one, int64_t other);


/* What a look at both clocks makes of what the mark has. */

static void
fs_clock_judge(const fs_mark_t *mark, int64_t wall, int64_t boot,
    fs_clock_t *clock)
{
    int64_t  offset;

    offset = wall - boot;

    clock->known = atomic_load_explicit(&mark->clock_known,
                                        memory_order_relaxed);
    clock->offset = atomic_load_explicit(&mark->clock_offset,
                                         memory_order_relaxed);

    if (!clock->known || fs_clock_near(offset, clock->offset)) {

        /* the usual case; a slewed clock is followed */

        goto believe;
    }

    clock->other = atomic_load_explicit(&mark->clock_other,
                                        memory_order_relaxed);
    clock->since = atomic_load_explicit(&mark->clock_since,
                                        memory_order_relaxed);
    clock->seen = atomic_load_explicit(&mark->clock_seen,
                                       memory_order_relaxed);

    if (clock->since == 0 || !fs_clock_near(offset, clock->other)
        || boot < clock->seen || boot - clock->seen > FS_CLOCK_WATCH_MS)
    {
        clock->since = boot;
    }

    clock->other = offset;
    clock->seen = boot;

    if (boot - clock->since < FS_CLOCK_CONFIRM_MS) {
        return;
    }

believe:

    clock->known = 1;
    clock->offset = offset;
    clock->other = 0;
    clock->since = 0;
    clock->seen = 0;
}


void
fs_clock_watch(fs_mark_t *mark, int64_t wall, int64_t boot)
{
    fs_clock_t  clock;

    fs_clock_judge(mark, wall, boot, &clock);

    atomic_store(&mark->clock_other, clock.other);
    atomic_store(&mark->clock_since, clock.since);
    atomic_store(&mark->clock_seen, clock.seen);
    atomic_store(&mark->clock_offset, clock.offset);
    atomic_store(&mark->clock_known, 1);
}


void
fs_clock_believe(fs_mark_t *mark, int64_t wall, int64_t boot)
{
    atomic_store(&mark->clock_offset, wall - boot);
    atomic_store(&mark->clock_since, 0);
    atomic_store(&mark->clock_known, 1);
}


void
fs_clock_begin(fs_mark_t *mark, int64_t offset)
{
    if (!atomic_load(&mark->clock_known)) {
        fs_clock_believe(mark, offset, 0);
    }
}


/*
 * A clock that went back is taken as it is: what waits for it waits longer,
 * and nothing happens too soon.
 */

void
fs_clock_read(const fs_mark_t *mark, int64_t boot, fs_now_t *now)
{
    fs_clock_t  clock;

    fs_clock_judge(mark, now->wall, boot, &clock);

    now->due = now->wall;
    now->opens = now->wall;

    if (now->wall > boot + clock.offset + FS_CLOCK_SLACK_MS) {
        now->due = boot + clock.offset;

        if (boot - clock.since < FS_CLOCK_OPENS_MS) {
            now->opens = now->due;
        }
    }
}


static int
fs_clock_near(int64_t one, int64_t other)
{
    return one - other <= FS_CLOCK_SLACK_MS
           && other - one <= FS_CLOCK_SLACK_MS;
}
