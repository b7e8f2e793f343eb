
/*
 * Waves, and lines by where their goods are, as they are read.  What cannot
 * be read ends a walk, and asks for another index.
 */

#ifndef FS_VIEW_WAVES_H
#define FS_VIEW_WAVES_H

#include "read/read.h"
#include "text/goods.h"
#include "ledger/rows_after.h"

#pragma GCC visibility push(hidden)


#define FS_WAVE_LINES_SHOWN  4096       /* tallies of one wave */


/* 1: found; 0: not. */
int fs_view_wave(fs_view_t *view, uint32_t number, fs_wave_t *wave);

/* Waves in order of their slugs, after `after` (len 0: from the first).
 * Returns how many, at most `limit`; *more: there are others. */
size_t fs_view_waves(fs_view_t *view, fs_str_t after, size_t limit,
    fs_wave_t *waves, int *more);

/*
 * What has come of a wave, and is to come, by pickup point; of one that is
 * not frozen, as if it were now.  Returns how many, at most `max`; *more:
 * there are others.
 */
size_t fs_view_wave_lines(fs_view_t *view, const fs_wave_t *wave, size_t max,
    fs_wave_line_t *lines, int *more);

/* One row.  1: found; 0: none, *tally is zeros. */
int fs_view_tally(fs_view_t *view, uint32_t sale, uint32_t pickup,
    uint16_t wave, fs_tally_t *tally);

/*
 * Lines of a pickup point (0: of none) whose goods are there, by sale and
 * wave in the order in which was paid, behind *after (its sale, wave and sold
 * count; NULL: from the first).  Returns how many, at most `limit`; *more:
 * there are others.
 */
size_t fs_view_lines(fs_view_t *view, uint32_t pickup, unsigned goods,
    const fs_listed_t *after, size_t limit, fs_listed_t *lines, int *more);

/* The same of one sale and wave alone, as its index has it: FS_WAVE_OPEN are
 * those that were paid before their group formed. */
size_t fs_view_wave_listed(fs_view_t *view, uint32_t pickup, unsigned goods,
    uint32_t sale, uint16_t wave, fs_seq_t after, size_t limit,
    fs_listed_t *lines, int *more);


#pragma GCC visibility pop

#endif /* FS_VIEW_WAVES_H */
