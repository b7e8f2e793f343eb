
/*
 * Which wall clock is believed.
 *
 * What cannot be taken back (a sale that opens, one that closes, the groups
 * decided then, their refunds) does not go by a wall clock that has just
 * jumped ahead: within a boot the machine's running time has to agree with
 * it.  The mark keeps the offset between the two that is believed; another
 * one is believed when it has lasted, or when an operator says so.
 */

#ifndef FS_CLOCK_H
#define FS_CLOCK_H

#include "store/mark.h"

#pragma GCC visibility push(hidden)


/* A wall clock that is slewed differs by less from one look to the next. */
#define FS_CLOCK_SLACK_MS    1000

/* How long a step ahead has to last before sales open by it, and before
 * they close by it. */
#define FS_CLOCK_OPENS_MS    2500
#define FS_CLOCK_CONFIRM_MS  600000

/* Between two looks; after a longer pause it begins to last anew. */
#define FS_CLOCK_WATCH_MS     10000

/*
 * Look at both clocks: an offset that is new begins to last, one that has
 * lasted is believed.  Under the log's write lock.
 */
void fs_clock_watch(fs_mark_t *mark, int64_t wall, int64_t boot);

/* Believe the wall clock as it is.  Under the log's write lock. */
void fs_clock_believe(fs_mark_t *mark, int64_t wall, int64_t boot);

/* The boot's entry has this offset: believe it, unless another is known. */
void fs_clock_begin(fs_mark_t *mark, int64_t offset);

/* Fill due and opens of *now, whose wall is there.  Any thread. */
void fs_clock_read(const fs_mark_t *mark, int64_t boot, fs_now_t *now);


#pragma GCC visibility pop

#endif /* FS_CLOCK_H */
