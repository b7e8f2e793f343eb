
/*
 * What is owed, as everybody reads it.
 */

#ifndef FS_VIEW_DEBTS_H
#define FS_VIEW_DEBTS_H

#include "ledger/rows_after.h"
#include "read/read.h"

#pragma GCC visibility push(hidden)


/* Debts that are shown of a hold, and that are counted as overdue. */
#define FS_DEBTS_SHOWN    64
#define FS_OVERDUE_SHOWN  10000

/*
 * A hold's debts, the oldest first, as far as they can be read.  Those of a
 * command's result are as they were then, though the view is a later one: its
 * sums and its debts belong together.
 * Returns how many, at most FS_DEBTS_SHOWN.
 */
size_t fs_view_debts(fs_view_t *view, const fs_hold_t *hold,
    fs_debt_t *debts);

/*
 * All that is due back and not back yet, and how many debts of it were due
 * before `now` (wall), at most FS_OVERDUE_SHOWN.  1; 0: it cannot be read.
 */
int fs_view_owed(fs_view_t *view, int64_t now, fs_owed_t *owed,
    uint64_t *overdue);


#pragma GCC visibility pop

#endif /* FS_VIEW_DEBTS_H */
