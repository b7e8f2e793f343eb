
#include <time.h>

#include "lead/pass.h"
#include "index/index.h"
#include "pair/begin.h"


#define FS_CATCH_UP_CHUNK  16384        /* entries between two looks at what
                                           waits */


static void fs_commit_log_committed(void *data);
static int64_t fs_commit_next_timer(fs_commit_t *commit, uint8_t clock);


const _Atomic int  fs_commit_at_once = 1;


int64_t
fs_commit_usec(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


void
fs_commit_point(fs_commit_t *commit, fs_point_t point)
{
    if (commit->hook != NULL) {
        commit->hook(commit->hook_data, point);
    }
}


int
fs_commit_lead(fs_commit_t *commit)
{
    if (commit->waiting != NULL) {
        atomic_store(commit->waiting, fs_commit_usec());
    }

    if (commit->rings != NULL && fs_rings_lead(commit->rings) == -1) {
        fs_commit_waited(commit);
        return -1;
    }

    return 0;
}


void
fs_commit_waited(fs_commit_t *commit)
{
    if (commit->waiting != NULL) {
        atomic_store(commit->waiting, 0);
    }
}


fs_outcome_t
fs_commit_begin(fs_commit_t *commit, const _Atomic int *stop)
{
    fs_outcome_t  outcome;

    while (fs_store_index_wanted(commit->store)) {
        outcome = fs_store_catch_up(commit->store, FS_CATCH_UP_CHUNK,
                                    &fs_commit_at_once);

        if (outcome == FS_OK) {
            break;
        }

        if (outcome != FS_REBUILDING || (stop != NULL && *stop)) {
            fs_commit_waited(commit);
            return outcome;
        }

        if (commit->rings != NULL) {
            fs_commit_refuse_waiting(commit, -1, outcome);
        }
    }

    outcome = fs_pair_begin(commit->store, &commit->write);

    fs_commit_waited(commit);

    if (outcome == FS_OK && commit->hook != NULL) {
        commit->write.committed = fs_commit_log_committed;
        commit->write.committed_data = commit;
    }

    return outcome;
}


static void
fs_commit_log_committed(void *data)
{
    fs_commit_point(data, FS_POINT_LOG_COMMITTED);
}


fs_outcome_t
fs_commit_finish(fs_commit_t *commit, int64_t *timings)
{
    fs_outcome_t  outcome;

    outcome = fs_state_end(&commit->state);

    if (outcome == FS_OK) {
        fs_commit_next_due(commit);
    }

    if (fs_commit_failed(commit)) {
        outcome = fs_commit_outcome(commit);
    }

    if (outcome != FS_OK) {
        fs_pair_abort(&commit->write);
        return outcome;
    }

    fs_commit_point(commit, FS_POINT_APPLIED);

    outcome = fs_pair_commit(&commit->write, timings);

    if (outcome == FS_OK) {
        fs_commit_point(commit, FS_POINT_INDEX_COMMITTED);
    }

    return outcome;
}


unsigned
fs_commit_failed(fs_commit_t *commit)
{
    return commit->state.failed
           || commit->write.log.error != 0
           || commit->write.index.error != 0;
}


fs_outcome_t
fs_commit_outcome(fs_commit_t *commit)
{
    if (commit->write.log.error != 0) {
        return fs_db_outcome(commit->write.log.error);
    }

    if (fs_db_damaged(commit->write.index.error)) {

        /* whoever begins next folds another */

        return FS_REBUILDING;
    }

    if (commit->write.index.error != 0) {
        return fs_db_outcome(commit->write.index.error);
    }

    return FS_INTERNAL;
}


void
fs_commit_next_due(fs_commit_t *commit)
{
    commit->next_wall = fs_commit_next_timer(commit, 'w');
    commit->next_mono = fs_commit_next_timer(commit, 'm');
}


static int64_t
fs_commit_next_timer(fs_commit_t *commit, uint8_t clock)
{
    fs_str_t    key, value;
    fs_timer_t  timer;

    if (!fs_db_seek(&commit->write.index,
                    commit->store->index_dbi[FS_INDEX_TIMERS],
                    &clock, 1, &key, &value)
        || key.len == 0 || (uint8_t) key.data[0] != clock)
    {
        return INT64_MAX;
    }

    /* a key that cannot be read is due at once: to be set aside */

    if (fs_timer_key_decode(&timer, key) != 0) {
        timer.time = 0;
    }

    if (commit->now.mono < commit->timers_at) {

        /* they rest: what is due must not call for passes meanwhile */

        return (clock == 'm') ? commit->timers_at
                              : commit->now.wall + FS_TIMERS_OFF_MS;
    }

    return timer.time;
}


/* Overwrite results with a refusal that is not about the command. */

void
fs_commit_refuse(fs_commit_t *commit, uint32_t i, uint64_t from, uint64_t to,
    fs_outcome_t outcome)
{
    fs_slot_t  *slot;

    for ( /* void */ ; from < to; from++) {
        slot = fs_ring_slot(commit->rings, i, from);
        memset(&slot->result, 0, sizeof(fs_result_t));
        slot->result.outcome = (uint16_t) outcome;
    }
}


int
fs_commit_ring_waits(fs_commit_t *commit, uint32_t i, uint64_t *delivered,
    uint64_t *head)
{
    fs_ring_t  *ring;

    ring = fs_ring(commit->rings, i);

    *delivered = atomic_load(&ring->delivered);
    *head = atomic_load_explicit(&ring->head, memory_order_acquire);

    return fs_must(&commit->state,
                   *head - *delivered <= commit->rings->capacity);
}


/*
 * Refuse what waits in ring i, or in each ring (-1), without the log's lock.
 * The leader's mutex is held, so nobody is deciding it.  After the death of a
 * leader some of it may have been committed, which only the log can tell.
 */

void
fs_commit_refuse_waiting(fs_commit_t *commit, int i, fs_outcome_t outcome)
{
    uint32_t     r;
    uint64_t     delivered, head;
    fs_ring_t   *ring;
    fs_rings_t  *rings;

    rings = commit->rings;

    if (atomic_load(&rings->orphaned)) {
        outcome = FS_UNKNOWN;
    }

    for (r = 0; r < rings->rings_n; r++) {

        if (i != -1 && r != (uint32_t) i) {
            continue;
        }

        ring = fs_ring(rings, r);

        if (fs_commit_ring_waits(commit, r, &delivered, &head)
            && head != delivered)
        {
            fs_commit_refuse(commit, r, delivered, head, outcome);
            atomic_store(&ring->delivered, head);
            fs_ring_wake(rings, r);
        }
    }

    atomic_store(&rings->waiting, fs_rings_count(rings));
}
