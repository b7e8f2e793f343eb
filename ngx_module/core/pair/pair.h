
/*
 * The pair of write transactions, log then index: its commit and its end.
 */

#ifndef FS_PAIR_H
#define FS_PAIR_H

#include "log/log_write.h"

#pragma GCC visibility push(hidden)


/*
 * Commit: the log (synced), the mark, the index.  `seq` and `hash` in *write
 * say what the last entry is now; the index's position row and the log's
 * last entry must agree with them.
 *
 * OK: durable.  STORE_FULL, DISK_FAILED: nothing was taken.  UNKNOWN: the
 * meta page's write failed, the environment was closed and will be reopened,
 * synced and checked by the next fs_pair_begin().  An index that fails after
 * the log's commit is marked stale (rebuilt by the next begin); the outcome is
 * still OK.
 *
 * timings, in microseconds, may be NULL: [0] the log's commit with its sync,
 * [1] the index's.
 */
fs_outcome_t fs_pair_commit(fs_pair_t *write, int64_t timings[2]);
void fs_pair_abort(fs_pair_t *write);


#pragma GCC visibility pop

#endif /* FS_PAIR_H */
