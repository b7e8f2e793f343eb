
#include <stdlib.h>
#include <time.h>

#include "lead/batch.h"


#define FS_CATCH_UP_CHUNK  16384        /* entries between two looks at what
                                           waits */
#define FS_LOOK_MS         500          /* between two looks at timers */


static int64_t fs_commit_usec(void);
static void fs_commit_log_committed(void *data);
static int64_t fs_commit_next_timer(fs_commit_t *commit, uint8_t clock);
static void fs_commit_refuse(fs_commit_t *commit, uint32_t i, uint64_t from,
    uint64_t to, fs_outcome_t outcome);
static void fs_commit_live_on(fs_commit_t *commit);
static void fs_commit_deliver(fs_commit_t *commit, fs_outcome_t outcome);
static void fs_commit_end(fs_commit_t *commit, int healed);
static int fs_commit_needed(fs_commit_t *commit);


const _Atomic int  fs_commit_at_once = 1;


fs_commit_t *
fs_commit_create(fs_store_t *store, fs_rings_t *rings)
{
    fs_commit_t  *commit;

    commit = calloc(1, sizeof(fs_commit_t));

    if (commit == NULL) {
        return NULL;
    }

    commit->store = store;
    commit->rings = rings;
    commit->own = -1;
    commit->limit = FS_BATCH_MAX;
    commit->timers_at = INT64_MIN;

    commit->crypto = fs_crypto_create(store->store_key);
    commit->cache = fs_state_cache_create();

    if (rings != NULL) {
        commit->cursors = calloc(rings->rings_n, sizeof(fs_cursor_t));
    }

    if (commit->crypto == NULL || commit->cache == NULL
        || (rings != NULL && commit->cursors == NULL))
    {
        fs_commit_destroy(commit);
        return NULL;
    }

    return commit;
}


void
fs_commit_destroy(fs_commit_t *commit)
{
    if (commit->crypto != NULL) {
        fs_crypto_destroy(commit->crypto);
    }

    if (commit->cache != NULL) {
        fs_state_cache_destroy(commit->cache);
    }

    free(commit->cursors);
    free(commit);
}


void
fs_commit_set_hook(fs_commit_t *commit,
    void (*hook)(void *data, fs_point_t point), void *data)
{
    commit->hook = hook;
    commit->hook_data = data;
}


void
fs_commit_set_waiting(fs_commit_t *commit, _Atomic int64_t *waiting)
{
    commit->waiting = waiting;
}


void
fs_commit_waits(fs_commit_t *commit)
{
    if (commit->waiting != NULL) {
        atomic_store(commit->waiting, fs_commit_usec());
    }
}


void
fs_commit_waited(fs_commit_t *commit)
{
    if (commit->waiting != NULL) {
        atomic_store(commit->waiting, 0);
    }
}


static int64_t
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


static void
fs_commit_log_committed(void *data)
{
    fs_commit_point(data, FS_POINT_LOG_COMMITTED);
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

    outcome = fs_write_begin(commit->store, &commit->write);

    fs_commit_waited(commit);

    if (outcome == FS_OK && commit->hook != NULL) {
        commit->write.committed = fs_commit_log_committed;
        commit->write.committed_data = commit;
    }

    return outcome;
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
        fs_write_abort(&commit->write);
        return outcome;
    }

    fs_commit_point(commit, FS_POINT_APPLIED);

    outcome = fs_write_commit(&commit->write, timings);

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

static void
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

        delivered = atomic_load(&ring->delivered);
        head = atomic_load_explicit(&ring->head, memory_order_acquire);

        if (head != delivered) {
            fs_commit_refuse(commit, r, delivered, head, outcome);
            atomic_store(&ring->delivered, head);
            fs_ring_wake(rings, r);
        }
    }

    atomic_store(&rings->waiting, fs_rings_count(rings));
}


/*
 * End of a pass that had the write lock: make results count.  `delivered` is
 * stored for all rings before the first wake-up: a leader that dies in
 * between is found by the next one (see fs_commit_end()).
 */

static void
fs_commit_deliver(fs_commit_t *commit, fs_outcome_t outcome)
{
    uint32_t      i;
    fs_cursor_t  *cursor;

    for (i = 0; i < commit->cursors_n; i++) {
        cursor = &commit->cursors[i];

        if (outcome != FS_OK) {
            fs_commit_refuse(commit, cursor->ring, cursor->start,
                             cursor->next, outcome);
        }

        atomic_store(&fs_ring(commit->rings, cursor->ring)->delivered,
                     cursor->next);
    }
}


/*
 * The last step under the leader's mutex.  healed: this pass has read the
 * positions applied, so after a leader's death nothing is in doubt any more
 * but whom it has woken.
 */

static void
fs_commit_end(fs_commit_t *commit, int healed)
{
    int           orphaned;
    uint32_t      i;
    uint64_t      delivered;
    fs_ring_t    *ring;
    fs_rings_t   *rings;
    fs_cursor_t  *cursor;

    rings = commit->rings;
    orphaned = healed && atomic_load(&rings->orphaned);

    atomic_store(&rings->waiting, fs_rings_count(rings));

    for (i = 0; i < commit->cursors_n; i++) {
        cursor = &commit->cursors[i];

        if (cursor->next != cursor->start) {
            fs_ring_wake(rings, cursor->ring);

            if (cursor->ring == (uint32_t) commit->own) {
                commit->woken = cursor->next;
            }
        }
    }

    if (orphaned) {
        for (i = 0; i < rings->rings_n; i++) {
            ring = fs_ring(rings, i);

            if (atomic_load(&ring->taken) != atomic_load(&ring->delivered)) {
                fs_ring_wake(rings, i);
            }
        }

        atomic_store(&rings->orphaned, 0);
    }

    if (commit->own != -1) {
        ring = fs_ring(rings, commit->own);
        delivered = atomic_load(&ring->delivered);

        if (delivered != commit->woken) {
            commit->woken = delivered;

            if (atomic_load(&ring->taken) != delivered) {
                fs_ring_wake(rings, commit->own);
            }
        }
    }
}


/*
 * A thread that waited while another led often finds that its commands are
 * answered: then the log is left alone.  But timers of another instance are
 * not in this block's hints, so a look is due from time to time.
 */

static int
fs_commit_needed(fs_commit_t *commit)
{
    int64_t      looked_at;
    fs_now_t     now;
    fs_rings_t  *rings;

    rings = commit->rings;

    /* after a failed write the log is opened again, synced and checked */

    if (fs_rings_count(rings) != 0 || atomic_load(&rings->orphaned)
        || commit->store->log == NULL || commit->store->doubtful
        || fs_store_index_wanted(commit->store))
    {
        return 1;
    }

    fs_store_now(commit->store, &now);
    looked_at = atomic_load(&rings->looked_at);

    return now.mono < looked_at || now.mono - looked_at >= FS_LOOK_MS
           || atomic_load(&rings->next_mono) <= now.mono
           || atomic_load(&rings->next_wall) <= now.due
           || now.due != now.wall;
}


void
fs_commit_pass(fs_commit_t *commit, const _Atomic int *stop, fs_pass_t *pass)
{
    int64_t  start;

    memset(pass, 0, sizeof(fs_pass_t));

    commit->cursors_n = 0;
    commit->live = 0;

    start = fs_commit_usec();

    fs_commit_waits(commit);

    if (commit->rings != NULL && fs_rings_lead(commit->rings) == -1) {
        fs_commit_waited(commit);
        pass->outcome = FS_INTERNAL;
        return;
    }

    if (commit->rings != NULL && !fs_commit_needed(commit)) {
        fs_commit_waited(commit);
        fs_commit_end(commit, 0);
        fs_rings_unlead(commit->rings);
        pass->wait_us = fs_commit_usec() - start;
        return;
    }

    pass->outcome = fs_commit_begin(commit, stop);
    pass->wait_us = fs_commit_usec() - start;

    if (pass->outcome != FS_OK) {

        /*
         * This process cannot write; perhaps another can, so only its own
         * commands are refused.
         */

        if (commit->rings != NULL) {
            fs_commit_refuse_waiting(commit, commit->own, pass->outcome);
            fs_commit_end(commit, 0);
            fs_rings_unlead(commit->rings);
        }

        return;
    }

    fs_commit_point(commit, FS_POINT_LOCKED);

    fs_store_time(commit->store, &commit->now);

    pass->outcome = fs_batch_work(commit, pass);

    if (commit->rings == NULL) {
        return;
    }

    fs_commit_deliver(commit, pass->outcome);

    if (pass->outcome == FS_OK) {
        atomic_store(&commit->rings->next_wall, commit->next_wall);
        atomic_store(&commit->rings->next_mono, commit->next_mono);
        atomic_store(&commit->rings->looked_at, commit->now.mono);

        if (pass->entries != 0) {
            atomic_fetch_add(&commit->rings->pulse, 1);
        }
    }

    fs_commit_point(commit, FS_POINT_DELIVERED);

    fs_commit_end(commit, 1);
    fs_rings_unlead(commit->rings);
}


/* What waits now is of the same history: it is decided in the new life. */

static void
fs_commit_live_on(fs_commit_t *commit)
{
    uint32_t    i;
    fs_ring_t  *ring;

    for (i = 0; i < commit->rings->rings_n; i++) {
        ring = fs_ring(commit->rings, i);

        if (memcmp(ring->store, commit->store->identity, FS_IDENTITY_LEN)
            == 0)
        {
            atomic_store(&ring->epoch, commit->state.epoch);
        }
    }
}


void
fs_commit_one(fs_commit_t *commit, const fs_command_t *command,
    const fs_operator_t *op, fs_result_t *result)
{
    int           alive;
    unsigned      tries;
    fs_outcome_t  outcome;

    memset(result, 0, sizeof(fs_result_t));

    commit->cursors_n = 0;

    fs_commit_waits(commit);

    if (commit->rings != NULL && fs_rings_lead(commit->rings) == -1) {
        fs_commit_waited(commit);
        result->outcome = FS_INTERNAL;
        return;
    }

    for (tries = 0; /* void */ ; tries++) {
        outcome = fs_commit_begin(commit, &fs_commit_at_once);

        if (outcome != FS_OK) {
            goto done;
        }

        fs_store_time(commit->store, &commit->now);

        fs_state_begin(&commit->state, &commit->write, commit->crypto,
                       commit->cache);

        if (commit->failures == FS_SUSPECT_FAILURES) {
            outcome = fs_batch_set_aside(commit);

            if (outcome != FS_OK) {
                goto done;
            }

            continue;
        }

        fs_decide(&commit->state, command, op, &commit->now, result);

        alive = !fs_commit_failed(commit);

        if (alive || tries == FS_ONE_TRIES || !fs_batch_suspect(commit)) {
            break;
        }

        fs_write_abort(&commit->write);
    }

    if (alive && commit->state.seq == commit->state.begun
        && commit->state.asides == 0)
    {
        fs_write_abort(&commit->write);
        goto done;
    }

    if (alive) {
        outcome = fs_commit_finish(commit, NULL);

    } else {
        outcome = fs_commit_outcome(commit);
        fs_write_abort(&commit->write);
    }

    if (outcome == FS_OK && commit->rings != NULL) {
        atomic_store(&commit->rings->next_wall, commit->next_wall);
        atomic_store(&commit->rings->next_mono, commit->next_mono);
        atomic_fetch_add(&commit->rings->pulse, 1);

        if (commit->state.lives) {
            fs_commit_live_on(commit);
        }
    }

done:

    if (outcome != FS_OK) {
        memset(result, 0, sizeof(fs_result_t));
        result->outcome = (uint16_t) outcome;
    }

    if (commit->rings != NULL) {
        fs_rings_unlead(commit->rings);
    }
}
