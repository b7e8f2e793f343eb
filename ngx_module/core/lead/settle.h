
/*
 * Rings and readers of those who are dead.
 */

#ifndef FS_SETTLE_H
#define FS_SETTLE_H

#include "lead/pass.h"

#pragma GCC visibility push(hidden)


/*
 * Settle a ring just claimed: finish what its dead owner left, give it a new
 * incarnation, make it ready.  OK or a 503.
 */
fs_outcome_t fs_commit_settle(fs_commit_t *commit, int ring);

/* Free what dead processes hold of the reader tables.  From time to time. */
void fs_commit_forget_readers(fs_commit_t *commit);


#pragma GCC visibility pop

#endif /* FS_SETTLE_H */
