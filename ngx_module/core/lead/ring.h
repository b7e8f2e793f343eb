
/*
 * Rings: commands on their way from event loops to whichever commit thread
 * leads, and results on their way back.
 *
 * All of it lies in one block of memory shared by the processes of one
 * instance, and holds no pointers.  A ring has one producer: the process
 * whose main thread holds the ring's robust mutex, for life.  When it dies,
 * the kernel marks the mutex, and the next claimer takes the ring over.
 *
 *   head       next position to be written; written by the producer
 *   delivered  results up to here are final; written by a leader
 *   taken      results up to here were read; written by the producer
 *
 * A position's slot is `position % capacity`; positions never start again, not
 * for a new incarnation either.  A leader writes results into slots before its
 * commit; they count only once `delivered` has passed them, which is after the
 * commit that stores, in the same transaction, the position applied for the
 * ring's incarnation.
 *
 * A ring's commands are for its producer's store, in the life in which the
 * producer saw it.  A leader of another store, or life, refuses them: 503.
 *
 * Leaders of one block take turns by its robust mutex `leader`, taken before
 * the log's write lock and kept until the results are delivered.  Who leads is
 * still decided by the log's lock, which other instances share; this mutex
 * only keeps a leader that has to deliver a failure, and no longer has the
 * log's lock, from writing into slots that the next leader is deciding.
 *
 * Who waits for `leader` has to be nudged by another thread of its process,
 * from time to time: see fs_guard_nudge().
 */

#ifndef FS_RING_H
#define FS_RING_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/command.h"

#pragma GCC visibility push(hidden)


typedef struct {
    int64_t              enqueued;      /* CLOCK_MONOTONIC, ns: the order */
    uint64_t             token;         /* the producer's, never a pointer */
    fs_command_t         command;
    fs_result_t          result;
} fs_slot_t;

typedef struct {
    pthread_mutex_t      owner;         /* robust, process-shared */
    int32_t              eventfd;       /* made once, before the first fork */
    uint8_t              incarnation[FS_INCARNATION_LEN];
    uint8_t              store[FS_IDENTITY_LEN];  /* its producer's: see */
    _Atomic uint32_t     epoch;         /* store.h and life.h */
    _Alignas(64) _Atomic uint64_t  head;
    _Alignas(64) _Atomic uint64_t  delivered;
    _Atomic int32_t      ready;         /* inherited: commands may be added */
    _Alignas(64) _Atomic uint64_t  taken;
} fs_ring_t;

typedef struct {
    uint32_t             rings_n;
    uint32_t             capacity;      /* slots of each ring */
    uint32_t             queue;         /* commands that may wait over all */
    pthread_mutex_t      leader;        /* robust, process-shared */
    _Atomic uint32_t     orphaned;      /* a leader died; until a pass has
                                           read the positions applied */
    _Alignas(64) _Atomic uint32_t  waiting;  /* that wait now, about: exact
                                           after each pass */
    _Alignas(64) _Atomic int64_t   next_wall;  /* hints for timers: the next
                                           due time on each clock */
    _Atomic int64_t      next_mono;
    _Atomic int64_t      looked_at;     /* mono: the timers were read then */
    /* rings_n times fs_ring_t, then rings_n times capacity fs_slot_t */
} fs_rings_t;


#define FS_RINGS_MAX  1024
#define FS_QUEUE_MAX  1048576


/*
 * Bytes that a block for so many rings and slots takes.  Each ring has room
 * for the whole queue; pages of slots never used are never touched.
 * rings_n: 1 to FS_RINGS_MAX; queue: 1 to FS_QUEUE_MAX.
 */
size_t fs_rings_size(uint32_t rings_n, uint32_t queue);

/*
 * Set up a fresh block of zeroed memory, aligned to 64 bytes.  eventfds:
 * rings_n descriptors (or NULL: -1 each).  0, or -1 and errno.
 */
int fs_rings_init(void *block, uint32_t rings_n, uint32_t queue,
    const int *eventfds);

fs_ring_t *fs_ring(fs_rings_t *rings, uint32_t i);
fs_slot_t *fs_ring_slot(fs_rings_t *rings, uint32_t i, uint64_t position);

/*
 * Claim a free ring for the calling thread's life.  Returns its number, or
 * -1: all are taken.  The ring is not ready: fs_leader_inherit() makes it so.
 */
int fs_ring_claim(fs_rings_t *rings);

/* Give it back; by the thread that claimed it. */
void fs_ring_release(fs_rings_t *rings, int i);

/*
 * Add a command; by the producer.  OK, QUEUE_FULL (over all rings, or this
 * ring is full), NOT_READY.
 */
fs_outcome_t fs_ring_push(fs_rings_t *rings, int i,
    const fs_command_t *command, uint64_t token, int64_t enqueued);

/* Delivered slots that can be taken now; by the producer. */
uint64_t fs_ring_results(fs_rings_t *rings, int i);

/*
 * Take the next delivered slot; by the producer.  NULL: none.  The slot is
 * the caller's until fs_ring_pop_done().
 */
fs_slot_t *fs_ring_pop(fs_rings_t *rings, int i);
void fs_ring_pop_done(fs_rings_t *rings, int i);

/* Make a ring's producer look at it: writes its eventfd. */
void fs_ring_wake(fs_rings_t *rings, int i);

/* Commands pushed and not yet delivered, counted over all rings. */
uint32_t fs_rings_count(fs_rings_t *rings);

/*
 * Become this block's leader, and stop being it; by a commit thread.  After
 * the death of a leader `orphaned` is set.  0, or -1: the mutex is beyond
 * recovery, which only a bug can cause.
 */
int fs_rings_lead(fs_rings_t *rings);
void fs_rings_unlead(fs_rings_t *rings);


#pragma GCC visibility pop

#endif /* FS_RING_H */
