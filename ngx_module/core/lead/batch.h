
/*
 * The batch: what waits in all rings is decided, in the order of enqueueing,
 * and what is due by time after it.
 */

#ifndef FS_BATCH_H
#define FS_BATCH_H

#include "lead/pass.h"

#pragma GCC visibility push(hidden)


#define FS_SUSPECT_FAILURES  2          /* of a row, then it is set aside */

/*
 * Before a transaction that failed is aborted: 1 when a row which had its
 * turn is guilty; it is remembered, and the transaction is to be begun again.
 * When the row has failed FS_SUSPECT_FAILURES times, the next one is to set
 * it aside and do nothing else.
 */
int fs_batch_suspect(fs_leader_t *leader);
fs_outcome_t fs_batch_set_aside(fs_leader_t *leader);

/*
 * The batch, from the write lock to the commit.  OK: results are final.
 * Otherwise nothing was taken, or, with UNKNOWN, perhaps.  Delivering is
 * left to the caller.
 */
fs_outcome_t fs_batch_work(fs_leader_t *leader, fs_pass_t *pass);


#pragma GCC visibility pop

#endif /* FS_BATCH_H */
