
/*
 * How fast the store grows.
 */

#include "read/growth.h"


#define FS_GROWTH_WINDOW_MS  ((int64_t) (FS_GROWTH_SAMPLES - 1)              \
                              * FS_GROWTH_STEP_MS)
#define FS_GROWTH_FULL_MAX   (100LL * 365 * 86400)


static uint64_t fs_growth_room(uint64_t size, uint64_t used);
static double fs_growth_of(uint64_t now, uint64_t then, int64_t ms);
static void fs_growth_until(double rate, uint64_t room, double *full);


void
fs_growth_watch(fs_growth_t *growth, int64_t now_ms,
    const fs_store_stat_t *stat)
{
    int64_t              last;
    fs_growth_sample_t  *sample;

    last = atomic_load(&growth->sampled_at);

    if (now_ms <= 0 || (last && now_ms - last < FS_GROWTH_STEP_MS)) {
        return;
    }

    /* one process of all that come now */

    if (!atomic_compare_exchange_strong(&growth->sampled_at, &last, now_ms)) {
        return;
    }

    sample = &growth->samples[atomic_fetch_add(&growth->next, 1)
                              % FS_GROWTH_SAMPLES];

    atomic_store(&sample->at, 0);
    atomic_store(&sample->log, stat->log_used);
    atomic_store(&sample->index, stat->index_used);
    atomic_store(&sample->at, now_ms);
}


void
fs_growth_rate(fs_growth_t *growth, int64_t now_ms,
    const fs_store_stat_t *stat, fs_growth_rate_t *rate)
{
    double               log, index, full;
    int64_t              at, oldest;
    uint64_t             log_then, index_then, log_used, index_used;
    unsigned             i;
    fs_growth_sample_t  *sample;

    memset(rate, 0, sizeof(*rate));
    rate->full_s = -1;

    oldest = 0;
    log_then = 0;
    index_then = 0;

    for (i = 0; i < FS_GROWTH_SAMPLES; i++) {
        sample = &growth->samples[i];
        at = atomic_load(&sample->at);

        if (at == 0 || now_ms - at < FS_GROWTH_STEP_MS
            || now_ms - at > FS_GROWTH_WINDOW_MS
            || (oldest && at >= oldest))
        {
            continue;
        }

        log_used = atomic_load(&sample->log);
        index_used = atomic_load(&sample->index);

        /* unless it is written anew just now */

        if (atomic_load(&sample->at) == at) {
            oldest = at;
            log_then = log_used;
            index_then = index_used;
        }
    }

    if (oldest == 0) {
        return;
    }

    rate->seen_ms = now_ms - oldest;

    log = fs_growth_of(stat->log_used, log_then, rate->seen_ms);
    index = fs_growth_of(stat->index_used, index_then, rate->seen_ms);

    rate->log_rate = (uint64_t) (log * 1000);
    rate->index_rate = (uint64_t) (index * 1000);

    full = -1;

    fs_growth_until(log, fs_growth_room(stat->log_size, stat->log_used),
                    &full);
    fs_growth_until(index, fs_growth_room(stat->index_size, stat->index_used),
                    &full);
    fs_growth_until(log + index, stat->disk_free, &full);

    if (full >= 0 && full / 1000 < FS_GROWTH_FULL_MAX) {
        rate->full_s = (int64_t) (full / 1000);
    }
}


static uint64_t
fs_growth_room(uint64_t size, uint64_t used)
{
    return size > used ? size - used : 0;
}


/* Bytes a millisecond.  An index that was folded anew may be smaller. */

static double
fs_growth_of(uint64_t now, uint64_t then, int64_t ms)
{
    return now > then ? (double) (now - then) / (double) ms : 0;
}


/* *full: ms, the soonest; -1: never */

static void
fs_growth_until(double rate, uint64_t room, double *full)
{
    double  until;

    if (rate <= 0) {
        return;
    }

    until = (double) room / rate;

    if (*full < 0 || until < *full) {
        *full = until;
    }
}


int
fs_growth_warn(fs_growth_t *growth, int64_t now_ms,
    const fs_growth_rate_t *rate)
{
    int64_t  last;

    if (rate->full_s < 0
        || rate->full_s > rate->seen_ms / 1000 * FS_GROWTH_AHEAD)
    {
        return 0;
    }

    last = atomic_load(&growth->warned_at);

    if (last && now_ms - last < FS_GROWTH_WINDOW_MS) {
        return 0;
    }

    return atomic_compare_exchange_strong(&growth->warned_at, &last, now_ms);
}
