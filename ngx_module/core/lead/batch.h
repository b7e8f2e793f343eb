
/*
 * Private to commit.c, batch.c and settle.c: what a commit thread has, and
 * the parts of a pass.  All of it runs in that thread, and all but create,
 * destroy and set_hook under the leader's mutex of the block (ring.h).
 */

#ifndef FS_BATCH_H
#define FS_BATCH_H

#include "lead/commit.h"

#pragma GCC visibility push(hidden)


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

#define FS_SUSPECT_FAILURES  2          /* of a row, then it is set aside */
#define FS_ONE_TRIES         64         /* for an operator's command */


/* A ring that has something to apply in the present pass. */
typedef struct {
    uint32_t             ring;
    uint64_t             start;         /* the first that is not applied */
    uint64_t             next;          /* decided up to here */
    uint64_t             head;
    int64_t              enqueued;      /* of `next` */
} fs_cursor_t;

struct fs_commit_s {
    fs_store_t          *store;
    fs_rings_t          *rings;
    fs_crypto_t         *crypto;
    fs_state_cache_t    *cache;
    fs_state_t           state;
    fs_write_t           write;
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
};


/* 1: a stop flag for who must not wait for a rebuild. */
extern const _Atomic int  fs_commit_at_once;

void fs_commit_point(fs_commit_t *commit, fs_point_t point);

/* The thread waits for locks from now on; it waits no more. */
void fs_commit_waits(fs_commit_t *commit);
void fs_commit_waited(fs_commit_t *commit);

/*
 * The log's write lock, with an index that can be used.  While the index has
 * to be rebuilt, what waits in the rings is refused between two chunks, so
 * that nobody waits for the whole rebuild.
 */
fs_outcome_t fs_commit_begin(fs_commit_t *commit, const _Atomic int *stop);

/* After the state has been changed: end it and commit.  Not OK: aborted, or
 * UNKNOWN.  timings as in fs_write_commit(). */
fs_outcome_t fs_commit_finish(fs_commit_t *commit, int64_t *timings);

/*
 * Refuse what waits in ring i, or in each ring (-1).  The leader's mutex is
 * held, so nobody is deciding it.
 */
void fs_commit_refuse_waiting(fs_commit_t *commit, int i,
    fs_outcome_t outcome);

/* 1: the transaction can only be aborted; and what its commands are told. */
unsigned fs_commit_failed(fs_commit_t *commit);
fs_outcome_t fs_commit_outcome(fs_commit_t *commit);

/* Read the hints for timers, as the present transaction leaves them. */
void fs_commit_next_due(fs_commit_t *commit);

/*
 * Before a transaction that failed is aborted: 1 when a row which had its
 * turn is guilty; it is remembered, and the transaction is to be begun again.
 * When the row has failed FS_SUSPECT_FAILURES times, the next one is to set
 * it aside and do nothing else.
 */
int fs_batch_suspect(fs_commit_t *commit);
fs_outcome_t fs_batch_set_aside(fs_commit_t *commit);

/*
 * The batch, from the write lock to the commit.  OK: results are final.
 * Otherwise nothing was taken, or, with UNKNOWN, perhaps.  Delivering is
 * left to the caller.
 */
fs_outcome_t fs_batch_work(fs_commit_t *commit, fs_pass_t *pass);


#pragma GCC visibility pop

#endif /* FS_BATCH_H */
