
/*
 * Rings and readers of those who are dead.
 */

#ifndef FS_INHERIT_H
#define FS_INHERIT_H

#include "lead/pass.h"

#pragma GCC visibility push(hidden)


/*
 * Inherit a ring just claimed: finish what its dead owner left, give it a new
 * incarnation, make it ready.  OK or a 503.
 */
fs_outcome_t fs_leader_inherit(fs_leader_t *leader, int ring);

/* Free what dead processes hold of the reader tables.  From time to time. */
void fs_leader_forget_readers(fs_leader_t *leader);


#pragma GCC visibility pop

#endif /* FS_INHERIT_H */
