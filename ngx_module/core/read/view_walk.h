
/*
 * What is read by walking.  Each walk is bounded by its caller.
 */

#ifndef FS_VIEW_WALK_H
#define FS_VIEW_WALK_H

#include "ledger/entry.h"
#include "read/view.h"

#pragma GCC visibility push(hidden)


/* of one buyer, newest first */
#define FS_VIEW_UNPAID_LOOKED  20


/* Sales in order of their slugs, after `after` (len 0: from the first).
 * Returns how many, at most `limit`; *more: there are others. */
size_t fs_view_sales(fs_view_t *view, fs_str_t after, size_t limit,
    fs_sale_t *sales, int *more);

/* A buyer's holds, newest first, before `before` (0: from the newest), as far
 * as they can be read. */
size_t fs_view_holds(fs_view_t *view, const uint8_t *buyer, fs_seq_t before,
    size_t limit, fs_hold_t *holds, int *more);

/*
 * A buyer's holds that are live, or whose time was over at or after `since`,
 * newest first.  It looks at FS_VIEW_UNPAID_LOOKED holds at most, and behind
 * the last live one no further than to the first whose time was before
 * `since`: who has bought for years costs no more than who is new.
 */
size_t fs_view_unpaid(fs_view_t *view, const uint8_t *buyer, int64_t since,
    size_t limit, fs_hold_t *holds);

/*
 * Ledger entries after `after`, at most `limit`, none beyond the mark.
 * Needs no index.  Returns how many.
 */
size_t fs_view_entries(fs_view_t *view, fs_seq_t after, size_t limit,
    fs_entry_t *entries);


#pragma GCC visibility pop

#endif /* FS_VIEW_WALK_H */
