
/*
 * The leader's pass: under the log's write lock, drain all rings in the order
 * of enqueueing, decide, commit once, deliver, wake.
 */

#ifndef FS_LEADER_H
#define FS_LEADER_H

#include "base/command.h"
#include "lead/pass.h"

#pragma GCC visibility push(hidden)


/* One for each commit thread.  rings may be NULL: only commands of its own. */
fs_leader_t *fs_leader_create(fs_store_t *store, fs_rings_t *rings);
void fs_leader_destroy(fs_leader_t *leader);
void fs_leader_set_hook(fs_leader_t *leader,
    void (*hook)(void *data, fs_point_t point), void *data);

/*
 * Where to say, for another thread to read, since when this one waits for the
 * locks of a commit: CLOCK_MONOTONIC in µs, 0: it does not.
 */
void fs_leader_set_waiting(fs_leader_t *leader, _Atomic int64_t *waiting);

/*
 * One pass.  Blocks for the write lock.  When nothing waits and nothing is
 * due, ends without a commit; within half a second of the block's last pass
 * without the write lock, too.  A failed commit delivers its outcome to each
 * command of the batch.  stop: see fs_store_catch_up().
 */
void fs_leader_pass(fs_leader_t *leader, const _Atomic int *stop,
    fs_pass_t *pass);

/* One command of this process, with an operator's part, in its own
 * transaction. */
void fs_leader_one(fs_leader_t *leader, const fs_command_t *command,
    const fs_operator_t *op, fs_result_t *result);


#pragma GCC visibility pop

#endif /* FS_LEADER_H */
