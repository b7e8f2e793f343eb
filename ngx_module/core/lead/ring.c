
#include <errno.h>
#include <unistd.h>

#include "lead/ring.h"


static uint32_t fs_rings_capacity(uint32_t queue);
static int fs_rings_mutex_init(pthread_mutex_t *mutex);


/* A power of two, so that a position finds its slot by a mask. */

static uint32_t
fs_rings_capacity(uint32_t queue)
{
    uint32_t  capacity;

    for (capacity = 1; capacity < queue; capacity <<= 1) { /* void */ }

    return capacity;
}


size_t
fs_rings_size(uint32_t rings_n, uint32_t queue)
{
    return sizeof(fs_rings_t) + (size_t) rings_n * sizeof(fs_ring_t)
           + (size_t) rings_n * fs_rings_capacity(queue) * sizeof(fs_slot_t);
}


static int
fs_rings_mutex_init(pthread_mutex_t *mutex)
{
    int                  err;
    pthread_mutexattr_t  attr;

    err = pthread_mutexattr_init(&attr);

    if (err != 0) {
        errno = err;
        return -1;
    }

    err = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);

    if (err == 0) {
        err = pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    }

    if (err == 0) {
        err = pthread_mutex_init(mutex, &attr);
    }

    pthread_mutexattr_destroy(&attr);

    if (err != 0) {
        errno = err;
        return -1;
    }

    return 0;
}


int
fs_rings_init(void *block, uint32_t rings_n, uint32_t queue,
    const int *eventfds)
{
    uint32_t     i;
    fs_ring_t   *ring;
    fs_rings_t  *rings;

    if (rings_n == 0 || rings_n > FS_RINGS_MAX
        || queue == 0 || queue > FS_QUEUE_MAX
        || (uintptr_t) block % 64 != 0)
    {
        errno = EINVAL;
        return -1;
    }

    rings = block;

    rings->rings_n = rings_n;
    rings->capacity = fs_rings_capacity(queue);
    rings->queue = queue;

    if (fs_rings_mutex_init(&rings->leader) == -1) {
        return -1;
    }

    for (i = 0; i < rings_n; i++) {
        ring = fs_ring(rings, i);
        ring->eventfd = (eventfds != NULL) ? eventfds[i] : -1;

        if (fs_rings_mutex_init(&ring->owner) == -1) {
            return -1;
        }
    }

    return 0;
}


fs_ring_t *
fs_ring(fs_rings_t *rings, uint32_t i)
{
    return (fs_ring_t *) (rings + 1) + i;
}


fs_slot_t *
fs_ring_slot(fs_rings_t *rings, uint32_t i, uint64_t position)
{
    fs_slot_t  *slots;

    slots = (fs_slot_t *) ((fs_ring_t *) (rings + 1) + rings->rings_n);

    return slots + (size_t) i * rings->capacity
           + (position & (rings->capacity - 1));
}


int
fs_ring_claim(fs_rings_t *rings)
{
    int         err;
    uint32_t    i;
    fs_ring_t  *ring;

    for (i = 0; i < rings->rings_n; i++) {
        ring = fs_ring(rings, i);

        err = pthread_mutex_trylock(&ring->owner);

        if (err == EOWNERDEAD) {
            err = pthread_mutex_consistent(&ring->owner);
        }

        if (err == 0) {
            atomic_store(&ring->ready, 0);
            return (int) i;
        }
    }

    return -1;
}


void
fs_ring_release(fs_rings_t *rings, int i)
{
    fs_ring_t  *ring;

    ring = fs_ring(rings, i);

    atomic_store(&ring->ready, 0);
    pthread_mutex_unlock(&ring->owner);
}


uint32_t
fs_rings_count(fs_rings_t *rings)
{
    uint32_t    i;
    uint64_t    delivered, n;
    fs_ring_t  *ring;

    n = 0;

    for (i = 0; i < rings->rings_n; i++) {
        ring = fs_ring(rings, i);

        /* in this order head can only be too new: never below */
        delivered = atomic_load(&ring->delivered);
        n += atomic_load(&ring->head) - delivered;
    }

    return n > UINT32_MAX ? UINT32_MAX : (uint32_t) n;
}


fs_outcome_t
fs_ring_push(fs_rings_t *rings, int i, const fs_command_t *command,
    uint64_t token, int64_t enqueued)
{
    uint64_t    head;
    fs_ring_t  *ring;
    fs_slot_t  *slot;

    ring = fs_ring(rings, i);

    if (!atomic_load_explicit(&ring->ready, memory_order_acquire)) {
        return FS_NOT_READY;
    }

    head = atomic_load_explicit(&ring->head, memory_order_relaxed);

    if (head - atomic_load_explicit(&ring->taken, memory_order_relaxed)
        >= rings->capacity)
    {
        return FS_QUEUE_FULL;
    }

    /*
     * `waiting` is only ever added to here and set by leaders, so a producer
     * killed in between leaves it too high until the next pass: whoever is
     * about to be refused by it counts.
     */

    if (atomic_load_explicit(&rings->waiting, memory_order_relaxed)
        >= rings->queue
        && fs_rings_count(rings) >= rings->queue)
    {
        return FS_QUEUE_FULL;
    }

    atomic_fetch_add_explicit(&rings->waiting, 1, memory_order_relaxed);

    slot = fs_ring_slot(rings, i, head);
    slot->enqueued = enqueued;
    slot->token = token;
    slot->command = *command;

    atomic_store_explicit(&ring->head, head + 1, memory_order_release);

    return FS_OK;
}


uint64_t
fs_ring_results(fs_rings_t *rings, int i)
{
    fs_ring_t  *ring;

    ring = fs_ring(rings, i);

    return atomic_load_explicit(&ring->delivered, memory_order_acquire)
           - atomic_load_explicit(&ring->taken, memory_order_relaxed);
}


fs_slot_t *
fs_ring_pop(fs_rings_t *rings, int i)
{
    fs_ring_t  *ring;

    if (fs_ring_results(rings, i) == 0) {
        return NULL;
    }

    ring = fs_ring(rings, i);

    return fs_ring_slot(rings, i, atomic_load_explicit(&ring->taken,
                                                   memory_order_relaxed));
}


void
fs_ring_pop_done(fs_rings_t *rings, int i)
{
    atomic_fetch_add_explicit(&fs_ring(rings, i)->taken, 1,
                              memory_order_release);
}


void
fs_ring_wake(fs_rings_t *rings, int i)
{
    int        fd;
    ssize_t    n;
    uint64_t   one;

    fd = fs_ring(rings, i)->eventfd;

    if (fd == -1) {
        return;
    }

    one = 1;

    do {
        n = write(fd, &one, sizeof(one));

        /* EAGAIN: the counter is full, so it is readable as well */

    } while (n == -1 && errno == EINTR);
}


int
fs_rings_lead(fs_rings_t *rings)
{
    int  err;

    err = pthread_mutex_lock(&rings->leader);

    if (err == EOWNERDEAD) {

        /* before the mutex is whole again: killed here, the next one is
         * told the same */

        atomic_store(&rings->orphaned, 1);
        err = pthread_mutex_consistent(&rings->leader);
    }

    return err == 0 ? 0 : -1;
}


void
fs_rings_unlead(fs_rings_t *rings)
{
    pthread_mutex_unlock(&rings->leader);
}
