
/*
 * The leader's pass: under the log's write lock, drain all rings in the order
 * of enqueueing, decide, commit once, deliver, wake.
 */

#ifndef FS_COMMIT_H
#define FS_COMMIT_H

#include "decide/decide.h"
#include "lead/ring.h"

#pragma GCC visibility push(hidden)


#define FS_BATCH_MAX          2048      /* commands of one pass */
#define FS_BATCH_ENTRIES_MAX  4096      /* entries: a hold has up to 8 */

/* Called at named points of a pass; tests stop or kill there.  May be NULL. */
typedef enum {
    FS_POINT_LOCKED = 0,                /* the write lock is held */
    FS_POINT_APPLIED,                   /* results in the slots */
    FS_POINT_LOG_COMMITTED,
    FS_POINT_INDEX_COMMITTED,
    FS_POINT_DELIVERED,                 /* before the wake-ups */
    FS_POINT_SETTLING,                  /* a claimed ring, before its commit */
    FS_POINTS_N
} fs_point_t;

typedef struct fs_commit_s  fs_commit_t;

typedef struct {
    unsigned             commands;      /* applied by this pass */
    unsigned             timers;        /* steps */
    unsigned             entries;       /* written */
    unsigned             delivered;     /* of a dead leader's pass */
    int64_t              log_us;        /* the log's commit with its sync */
    int64_t              index_us;
    int64_t              wait_us;       /* for the write lock */
    fs_outcome_t         outcome;
    int                  more;          /* bounds were reached: call again */
} fs_pass_t;

/* One for each commit thread.  rings may be NULL: only commands of its own. */
fs_commit_t *fs_commit_create(fs_store_t *store, fs_rings_t *rings);
void fs_commit_destroy(fs_commit_t *commit);
void fs_commit_set_hook(fs_commit_t *commit,
    void (*hook)(void *data, fs_point_t point), void *data);

/*
 * Where to say, for another thread to read, since when this one waits for the
 * locks of a commit: CLOCK_MONOTONIC in µs, 0: it does not.
 */
void fs_commit_set_waiting(fs_commit_t *commit, _Atomic int64_t *waiting);

/*
 * Settle a ring just claimed: finish what its dead owner left, give it a new
 * incarnation, make it ready.  OK or a 503.
 */
fs_outcome_t fs_commit_settle(fs_commit_t *commit, int ring);

/* Free what dead processes hold of the reader tables.  From time to time. */
void fs_commit_forget_readers(fs_commit_t *commit);

/*
 * One pass.  Blocks for the write lock.  When nothing waits and nothing is
 * due, ends without a commit; within half a second of the block's last pass
 * without the write lock, too.  A failed commit delivers its outcome to each
 * command of the batch.  stop: see fs_store_catch_up().
 */
void fs_commit_pass(fs_commit_t *commit, const _Atomic int *stop,
    fs_pass_t *pass);

/* One command of this process, with an operator's part, in its own
 * transaction. */
void fs_commit_one(fs_commit_t *commit, const fs_command_t *command,
    const fs_operator_t *op, fs_result_t *result);


#pragma GCC visibility pop

#endif /* FS_COMMIT_H */
