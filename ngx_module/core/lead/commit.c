
#include <stdlib.h>

#include "decide/decide.h"
#include "lead/batch.h"
#include "lead/commit.h"
#include "index/index.h"


#define FS_LOOK_MS    500               /* between two looks at timers */
#define FS_ONE_TRIES  64                /* for an operator's command */


static void fs_commit_live_on(fs_commit_t *commit);
static void fs_commit_deliver(fs_commit_t *commit, fs_outcome_t outcome);
static void fs_commit_end(fs_commit_t *commit, int healed);
static int fs_commit_needed(fs_commit_t *commit);


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

    /* what must hold of rings is looked at also where nothing is decided */

    commit->state.store = store;
    commit->state.cache = commit->cache;
    commit->state.log = &commit->write.log;
    commit->state.index = &commit->write.index;

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

    if (fs_commit_lead(commit) == -1) {
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

    if (fs_commit_lead(commit) == -1) {
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

        fs_pair_abort(&commit->write);
    }

    if (alive && commit->state.seq == commit->state.begun
        && commit->state.asides == 0)
    {
        fs_pair_abort(&commit->write);
        goto done;
    }

    if (alive) {
        outcome = fs_commit_finish(commit, NULL);

    } else {
        outcome = fs_commit_outcome(commit);
        fs_pair_abort(&commit->write);
    }

    if (outcome == FS_OK && commit->rings != NULL) {
        atomic_store(&commit->rings->next_wall, commit->next_wall);
        atomic_store(&commit->rings->next_mono, commit->next_mono);

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
