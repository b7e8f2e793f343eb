
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


/* 1: found; 0: not. */
int fs_view_wave(fs_view_t *view, uint32_t number, fs_wave_t *wave);

/* Waves in order of their slugs, after `after` (len 0: from the first).
 * Returns how many, at most `limit`; *more: there are others. */
size_t fs_view_waves(fs_view_t *view, fs_str_t after, size_t limit,
    fs_wave_t *waves, int *more);

/*
 * The wave `id`, and what has come of it, and is to come, at the points after
 * `after` (a slug; len 0: from the first); of one that is not frozen, as if it
 * were now.  OK; NOT_FOUND: no such wave; BAD_REQUEST: no such point; or what
 * is wrong with the view.
 */
fs_outcome_t fs_view_wave_page(fs_view_t *view, fs_str_t id, fs_str_t after,
    fs_wave_page_t *page);

/* Its lines alone, from the point of that number on; `max` is at least as many
 * as the wave has sales, and at most FS_WAVE_LINES_SHOWN. */
void fs_view_wave_lines(fs_view_t *view, uint32_t pickup, size_t max,
    fs_wave_page_t *page);

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

/* The same from the last one back, before *before (NULL: from the last): what
 * was sold lately comes first. */
size_t fs_view_newest_lines(fs_view_t *view, uint32_t pickup, unsigned goods,
    const fs_listed_t *before, size_t limit, fs_listed_t *lines, int *more);

/* The same of one sale and wave alone, as its index has it: FS_WAVE_OPEN are
 * those that were paid before their group formed. */
size_t fs_view_wave_listed(fs_view_t *view, uint32_t pickup, unsigned goods,
    uint32_t sale, uint16_t wave, fs_seq_t after, size_t limit,
    fs_listed_t *lines, int *more);

/*
 * All lines of one sale of a wave at a pickup point (len 0: of none), wherever
 * their goods are, in the order in which was paid, behind that `sold` (0: from
 * the first): *n of them, at most `limit`; *more: there are others.  Those
 * that go while this is read page by page hide no other.  Of a wave that is
 * not frozen, as if it were now.  OK; NOT_FOUND: no such wave, or point, or
 * the sale is not of the wave.
 */
fs_outcome_t fs_view_wave_paid(fs_view_t *view, fs_str_t id, fs_str_t sale,
    fs_str_t pickup, fs_seq_t after, size_t limit, fs_listed_t *lines,
    int *n, int *more);

/*
 * What a last count of a sale at a pickup point would leave short: awaited
 * lines of a frozen wave in the order in which was paid, those alone of which
 * units would be missing, which are their short_qty.  Nothing is decided by
 * it.  Returns how many, at most `limit`; *more: there are others, or there
 * were more than FS_SHORT_LOOKED lines to look at.
 */
#define FS_SHORT_LOOKED  20000

size_t fs_view_short(fs_view_t *view, const fs_wave_t *wave, uint32_t sale,
    uint32_t pickup, uint32_t qty, size_t limit, fs_listed_t *lines,
    int *more);


#pragma GCC visibility pop

#endif /* FS_VIEW_WAVES_H */
