
#include <time.h>

#include "lead/lead.h"
#include "index/index.h"
#include "pair/pair.h"


#define FS_CATCH_UP_CHUNK  16384        /* entries between two looks at what
                                           waits */


static void fs_leader_log_committed(void *data);
static int64_t fs_leader_next_timer(fs_leader_t *leader, uint8_t clock);


const _Atomic int  fs_leader_at_once = 1;


int64_t
fs_leader_usec(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


void
fs_leader_point(fs_leader_t *leader, fs_point_t point)
{
    if (leader->hook != NULL) {
        leader->hook(leader->hook_data, point);
    }
}


int
fs_leader_lead(fs_leader_t *leader)
{
    if (leader->waiting != NULL) {
        atomic_store(leader->waiting, fs_leader_usec());
    }

    if (leader->rings != NULL && fs_rings_lead(leader->rings) == -1) {
        fs_leader_waited(leader);
        return -1;
    }

    return 0;
}


void
fs_leader_waited(fs_leader_t *leader)
{
    if (leader->waiting != NULL) {
        atomic_store(leader->waiting, 0);
    }
}


fs_outcome_t
fs_leader_begin(fs_leader_t *leader, const _Atomic int *stop)
{
    int           more;
    fs_outcome_t  outcome;

    while (fs_store_index_wanted(leader->store)) {
        outcome = fs_store_catch_up(leader->store, FS_CATCH_UP_CHUNK,
                                    &fs_leader_at_once, &more);

        if (outcome == FS_OK && more && stop != NULL && *stop) {
            outcome = FS_REBUILDING;
        }

        if (outcome != FS_OK) {
            fs_leader_waited(leader);
            return outcome;
        }

        if (!more) {
            break;
        }

        if (leader->rings != NULL) {
            fs_leader_refuse_waiting(leader, -1, FS_REBUILDING);
        }
    }

    outcome = fs_pair_begin(leader->store, &leader->write);

    fs_leader_waited(leader);

    if (outcome == FS_OK && leader->hook != NULL) {
        leader->write.committed = fs_leader_log_committed;
        leader->write.committed_data = leader;
    }

    return outcome;
}


static void
fs_leader_log_committed(void *data)
{
    fs_leader_point(data, FS_POINT_LOG_COMMITTED);
}


fs_outcome_t
fs_leader_finish(fs_leader_t *leader, int64_t *timings)
{
    fs_outcome_t  outcome;

    outcome = fs_sheet_end(&leader->sheet);

    if (outcome == FS_OK) {
        fs_leader_next_due(leader);
    }

    if (fs_leader_failed(leader)) {
        outcome = fs_leader_outcome(leader);
    }

    if (outcome != FS_OK) {
        fs_pair_abort(&leader->write);
        return outcome;
    }

    fs_leader_point(leader, FS_POINT_APPLIED);

    outcome = fs_pair_commit(&leader->write, timings);

    if (outcome == FS_OK) {
        fs_leader_point(leader, FS_POINT_INDEX_COMMITTED);
    }

    return outcome;
}


unsigned
fs_leader_failed(fs_leader_t *leader)
{
    return leader->sheet.failed
           || leader->write.log.error != 0
           || leader->write.index.error != 0;
}


fs_outcome_t
fs_leader_outcome(fs_leader_t *leader)
{
    if (leader->write.log.error != 0) {
        return fs_db_outcome(leader->write.log.error);
    }

    if (fs_db_damaged(leader->write.index.error)) {

        /* whoever begins next folds another */

        return FS_REBUILDING;
    }

    if (leader->write.index.error != 0) {
        return fs_db_outcome(leader->write.index.error);
    }

    return FS_INTERNAL;
}


void
fs_leader_next_due(fs_leader_t *leader)
{
    int64_t  opens;

    opens = fs_leader_next_timer(leader, 'o');
    leader->next_wall = fs_leader_next_timer(leader, 'w');

    if (opens < leader->next_wall) {
        leader->next_wall = opens;
    }

    leader->next_mono = fs_leader_next_timer(leader, 'm');
}


static int64_t
fs_leader_next_timer(fs_leader_t *leader, uint8_t clock)
{
    fs_str_t    key, value;
    fs_timer_t  timer;

    if (!fs_db_seek(&leader->write.index,
                    leader->store->index_dbi[FS_INDEX_TIMERS],
                    &clock, 1, &key, &value)
        || key.len == 0 || (uint8_t) key.data[0] != clock)
    {
        return INT64_MAX;
    }

    /* a key that cannot be read is due at once: to be set aside */

    if (fs_timer_key_decode(&timer, key) != 0) {
        timer.time = 0;
    }

    if (leader->now.mono < leader->timers_at) {

        /* they rest: what is due must not call for passes meanwhile */

        return (clock == 'm') ? leader->timers_at
                              : leader->now.wall + FS_TIMERS_OFF_MS;
    }

    return timer.time;
}


/* Overwrite results with a refusal that is not about the command. */

void
fs_leader_refuse(fs_leader_t *leader, uint32_t i, uint64_t from, uint64_t to,
    fs_outcome_t outcome)
{
    fs_slot_t  *slot;

    for ( /* void */ ; from < to; from++) {
        slot = fs_ring_slot(leader->rings, i, from);
        memset(&slot->result, 0, sizeof(fs_result_t));
        slot->result.outcome = (uint16_t) outcome;
    }
}


int
fs_leader_ring_waits(fs_leader_t *leader, uint32_t i, uint64_t *delivered,
    uint64_t *head)
{
    fs_ring_t  *ring;

    ring = fs_ring(leader->rings, i);

    *delivered = atomic_load(&ring->delivered);
    *head = atomic_load_explicit(&ring->head, memory_order_acquire);

    return fs_must(&leader->sheet,
                   *head - *delivered <= leader->rings->capacity);
}


/*
 * Refuse what waits in ring i, or in each ring (-1), without the log's lock.
 * The leader's mutex is held, so nobody is deciding it.  After the death of a
 * leader some of it may have been committed, which only the log can tell.
 */

void
fs_leader_refuse_waiting(fs_leader_t *leader, int i, fs_outcome_t outcome)
{
    uint32_t     r;
    uint64_t     delivered, head;
    fs_ring_t   *ring;
    fs_rings_t  *rings;

    rings = leader->rings;

    if (atomic_load(&rings->orphaned)) {
        outcome = FS_UNKNOWN;
    }

    for (r = 0; r < rings->rings_n; r++) {

        if (i != -1 && r != (uint32_t) i) {
            continue;
        }

        ring = fs_ring(rings, r);

        if (fs_leader_ring_waits(leader, r, &delivered, &head)
            && head != delivered)
        {
            fs_leader_refuse(leader, r, delivered, head, outcome);
            atomic_store(&ring->delivered, head);
            fs_ring_wake(rings, r);
        }
    }

    atomic_store(&rings->waiting, fs_rings_count(rings));
}
