
/*
 * Leading: what waits in the rings of all workers is decided and committed.
 */

#ifndef FS_LEAD_H
#define FS_LEAD_H

#include "base/command.h"
#include "fold/fold.h"
#include "lead/ring.h"
#include "store/store.h"

#pragma GCC visibility push(hidden)


/*
 * pass.c: what a commit thread has, and the steps of a pass: the leader's
 * mutex of the block (ring.h), the log's write lock, the commit, and
 * refusals.  All of it runs in that thread, under that mutex.
 */

#define FS_BATCH_MAX          2048      /* commands of one pass */
#define FS_BATCH_ENTRIES_MAX  4096      /* entries: a hold has up to 8 */

/* Called at named points of a pass; tests stop or kill there.  May be NULL. */
typedef enum {
    FS_POINT_LOCKED = 0,                /* the write lock is held */
    FS_POINT_DECIDED,                   /* the commands; timers come now */
    FS_POINT_APPLIED,                   /* results in the slots */
    FS_POINT_LOG_COMMITTED,
    FS_POINT_INDEX_COMMITTED,
    FS_POINT_DELIVERED,                 /* before the wake-ups */
    FS_POINT_INHERITING,                /* a claimed ring, before its commit */
    FS_POINTS_N
} fs_point_t;

typedef struct {
    unsigned             commands;      /* applied by this pass */
    unsigned             timers;        /* steps */
    unsigned             entries;       /* written */
    unsigned             accepted;      /* claims among them, by time */
    unsigned             delivered;     /* of a dead leader's pass */
    int64_t              log_us;        /* the log's commit with its sync */
    int64_t              index_us;
    int64_t              wait_us;       /* for the write lock */
    fs_outcome_t         outcome;
    int                  more;          /* bounds were reached: call again */
} fs_pass_t;


/*
 * A row of the log's database `rings`, FS_RING_ROW_SIZE bytes, keyed by the
 * ring's incarnation:
 *
 *   offset size  field
 *        0    8  applied: positions below it are in the ledger
 *        8   16  boot id of the boot in which it was written
 *       24    8  used_at, wall ms
 */

#define FS_RING_ROW_SIZE  32
#define FS_TIMERS_OFF_MS  10000         /* after they failed */


/* A ring that has something to apply in the present pass. */
typedef struct {
    uint32_t             ring;
    uint64_t             start;         /* the first that is not applied */
    uint64_t             next;          /* decided up to here */
    uint64_t             head;
    int64_t              enqueued;      /* of `next` */
} fs_cursor_t;

typedef struct {
    fs_store_t          *store;
    fs_rings_t          *rings;
    fs_crypto_t         *crypto;
    fs_sheet_cache_t    *cache;
    fs_sheet_t           sheet;
    fs_pair_t           write;
    fs_now_t             now;           /* of the present pass */

    fs_cursor_t         *cursors;       /* rings_n; the first `cursors_n` */
    uint32_t             cursors_n;     /* have been begun */
    uint32_t             live;          /* of them, with more to decide */

    int                  own;           /* the ring this thread serves, -1 */
    uint64_t             woken;         /* what its worker was told of */
    unsigned             limit;         /* commands of the next pass */
    int64_t              timers_at;     /* mono: no timers before */
    fs_aside_t           suspect;       /* the row at which passes fail, */
    unsigned             failures;      /* so often in a row */
    int64_t              next_wall;     /* for the hints */
    int64_t              next_mono;

    _Atomic int64_t     *waiting;       /* since when for the locks, µs; may
                                           be NULL */
    void               (*hook)(void *data, fs_point_t point);
    void                *hook_data;
} fs_leader_t;


/* 1: a stop flag for who must not wait for a rebuild. */
extern const _Atomic int  fs_leader_at_once;

void fs_leader_point(fs_leader_t *leader, fs_point_t point);

/* CLOCK_MONOTONIC in µs. */
int64_t fs_leader_usec(void);

/*
 * Become the block's leader.  From here on the thread says that it waits for
 * locks, until fs_leader_begin() or fs_leader_waited().  0; -1: INTERNAL.
 */
int fs_leader_lead(fs_leader_t *leader);
void fs_leader_waited(fs_leader_t *leader);

/*
 * The log's write lock, with an index that can be used.  While the index has
 * to be rebuilt, what waits in the rings is refused between two chunks, so
 * that nobody waits for the whole rebuild.
 */
fs_outcome_t fs_leader_begin(fs_leader_t *leader, const _Atomic int *stop);

/* After the sheet has been changed: end it and commit.  Not OK: aborted, or
 * UNKNOWN.  timings as in fs_pair_commit(). */
fs_outcome_t fs_leader_finish(fs_leader_t *leader, int64_t *timings);

/* Overwrite results of ring i with a refusal that is not about the
 * command. */
void fs_leader_refuse(fs_leader_t *leader, uint32_t i, uint64_t from,
    uint64_t to, fs_outcome_t outcome);

/*
 * What waits in a ring: positions from *delivered to before *head.  0: it
 * must not be so many.  Then the ring is left alone, for the others' sake.
 */
int fs_leader_ring_waits(fs_leader_t *leader, uint32_t i,
    uint64_t *delivered, uint64_t *head);

/*
 * Refuse what waits in ring i, or in each ring (-1).  The leader's mutex is
 * held, so nobody is deciding it.
 */
void fs_leader_refuse_waiting(fs_leader_t *leader, int i,
    fs_outcome_t outcome);

/* 1: the transaction can only be aborted; and what its commands are told. */
unsigned fs_leader_failed(fs_leader_t *leader);
fs_outcome_t fs_leader_outcome(fs_leader_t *leader);

/* Read the hints for timers, as the present transaction leaves them. */
void fs_leader_next_due(fs_leader_t *leader);


/*
 * batch.c: the batch: what waits in all rings is decided, in the order of
 * enqueueing, and what is due by time after it.
 */

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


/*
 * leader.c: the leader's pass: under the log's write lock, drain all rings in
 * the order of enqueueing, decide, commit once, deliver, wake.
 */

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


/* inherit.c: rings and readers of those who are dead. */

/*
 * Inherit a ring just claimed: finish what its dead owner left, give it a new
 * incarnation, make it ready.  OK or a 503.
 */
fs_outcome_t fs_leader_inherit(fs_leader_t *leader, int ring);

/* Free what dead processes hold of the reader tables.  From time to time. */
void fs_leader_forget_readers(fs_leader_t *leader);


#pragma GCC visibility pop

#endif /* FS_LEAD_H */
