
/*
 * How fast the store grows, from samples of the last hour, and when it is full
 * at that rate.
 *
 * The samples are in memory that all processes share, zeroed at first; any of
 * them may add one, and any may read.
 */

#ifndef FS_GROWTH_H
#define FS_GROWTH_H

#include <stdatomic.h>

#include "pair/pair.h"

#pragma GCC visibility push(hidden)


#define FS_GROWTH_STEP_MS    10000
#define FS_GROWTH_SAMPLES    361        /* an hour, both ends */

/*
 * How far a rate is believed: what was seen for an hour is good for a week,
 * what was seen for a minute for three hours.  So an evening's rush of some
 * minutes is no alarm, and what would fill the store tonight is one at once.
 */
#define FS_GROWTH_AHEAD      168

typedef struct {
    _Atomic int64_t      at;            /* ms, since the machine runs; 0: none,
                                           or being written */
    _Atomic uint64_t     log;           /* bytes used */
    _Atomic uint64_t     index;
} fs_growth_sample_t;

typedef struct {
    _Atomic int64_t      sampled_at;    /* the last, whoever took it */
    _Atomic int64_t      warned_at;
    _Atomic uint32_t     next;
    fs_growth_sample_t   samples[FS_GROWTH_SAMPLES];
} fs_growth_t;

typedef struct {
    int64_t              seen_ms;       /* for so long; 0: not yet, all of the
                                           rest is nothing */
    uint64_t             log_rate;      /* bytes a second */
    uint64_t             index_rate;
    int64_t              full_s;        /* until a map or the disk is full; -1:
                                           not at this rate */
} fs_growth_rate_t;

/* Add a sample, when the last one is a step ago; now_ms > 0. */
void fs_growth_watch(fs_growth_t *growth, int64_t now_ms,
    const fs_store_stat_t *stat);

/* The rate up to now, from the oldest sample within the hour. */
void fs_growth_rate(fs_growth_t *growth, int64_t now_ms,
    const fs_store_stat_t *stat, fs_growth_rate_t *rate);

/*
 * 1: it is time to warn, and this caller is the one who does, once an hour
 * among all processes.
 */
int fs_growth_warn(fs_growth_t *growth, int64_t now_ms,
    const fs_growth_rate_t *rate);


#pragma GCC visibility pop

#endif /* FS_GROWTH_H */
