
/*
 * What becomes due, whether or not somebody asks for it.
 */

#ifndef FS_TIMERS_H
#define FS_TIMERS_H

#include "fold/emit.h"

#pragma GCC visibility push(hidden)


/*
 * Work on what is due: expiries, openings, closings, decisions on groups,
 * returns of a failed group, sweeping of keys; at most `limit` steps.
 * Returns the steps done; equal to limit: there may be more.
 */
unsigned fs_decide_timers(fs_sheet_t *sheet, const fs_now_t *now,
    unsigned limit);


#pragma GCC visibility pop

#endif /* FS_TIMERS_H */
