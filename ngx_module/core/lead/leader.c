
#include <stdlib.h>

#include "decide/decide.h"
#include "lead/lead.h"
#include "index/index.h"


#define FS_LOOK_MS    500               /* between two looks at timers */
#define FS_ONE_TRIES  64                /* for an operator's command */


static void fs_leader_live_on(fs_leader_t *leader);
static void fs_leader_deliver(fs_leader_t *leader, fs_outcome_t outcome);
static void fs_leader_end(fs_leader_t *leader, int healed);
static int fs_leader_needed(fs_leader_t *leader);


fs_leader_t *
fs_leader_create(fs_store_t *store, fs_rings_t *rings)
{
    fs_leader_t  *leader;

    leader = calloc(1, sizeof(fs_leader_t));

    if (leader == NULL) {
        return NULL;
    }

    leader->store = store;
    leader->rings = rings;
    leader->own = -1;
    leader->limit = FS_BATCH_MAX;
    leader->timers_at = INT64_MIN;

    leader->crypto = fs_crypto_create(store->store_key);
    leader->cache = fs_sheet_cache_create();

    /* what must hold of rings is looked at also where nothing is decided */

    leader->sheet.store = store;
    leader->sheet.cache = leader->cache;
    leader->sheet.log = &leader->write.log;
    leader->sheet.index = &leader->write.index;

    if (rings != NULL) {
        leader->cursors = calloc(rings->rings_n, sizeof(fs_cursor_t));
    }

    if (leader->crypto == NULL || leader->cache == NULL
        || (rings != NULL && leader->cursors == NULL))
    {
        fs_leader_destroy(leader);
        return NULL;
    }

    return leader;
}


void
fs_leader_destroy(fs_leader_t *leader)
{
    if (leader->crypto != NULL) {
        fs_crypto_destroy(leader->crypto);
    }

    if (leader->cache != NULL) {
        fs_sheet_cache_destroy(leader->cache);
    }

    free(leader->cursors);
    free(leader);
}


void
fs_leader_set_hook(fs_leader_t *leader,
    void (*hook)(void *data, fs_point_t point), void *data)
{
    leader->hook = hook;
    leader->hook_data = data;
}


void
fs_leader_set_waiting(fs_leader_t *leader, _Atomic int64_t *waiting)
{
    leader->waiting = waiting;
}


/*
 * End of a pass that had the write lock: make results count.  `delivered` is
 * stored for all rings before the first wake-up: a leader that dies in
 * between is found by the next one (see fs_leader_end()).
 */

static void
fs_leader_deliver(fs_leader_t *leader, fs_outcome_t outcome)
{
    uint32_t      i;
    fs_cursor_t  *cursor;

    for (i = 0; i < leader->cursors_n; i++) {
        cursor = &leader->cursors[i];

        if (outcome != FS_OK) {
            fs_leader_refuse(leader, cursor->ring, cursor->start,
                             cursor->next, outcome);
        }

        atomic_store(&fs_ring(leader->rings, cursor->ring)->delivered,
                     cursor->next);
    }
}


/*
 * The last step under the leader's mutex.  healed: this pass has read the
 * positions applied, so after a leader's death nothing is in doubt any more
 * but whom it has woken.
 */

static void
fs_leader_end(fs_leader_t *leader, int healed)
{
    int           orphaned;
    uint32_t      i;
    uint64_t      delivered;
    fs_ring_t    *ring;
    fs_rings_t   *rings;
    fs_cursor_t  *cursor;

    rings = leader->rings;
    orphaned = healed && atomic_load(&rings->orphaned);

    atomic_store(&rings->waiting, fs_rings_count(rings));

    for (i = 0; i < leader->cursors_n; i++) {
        cursor = &leader->cursors[i];

        if (cursor->next != cursor->start) {
            fs_ring_wake(rings, cursor->ring);

            if (cursor->ring == (uint32_t) leader->own) {
                leader->woken = cursor->next;
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

    if (leader->own != -1) {
        ring = fs_ring(rings, leader->own);
        delivered = atomic_load(&ring->delivered);

        if (delivered != leader->woken) {
            leader->woken = delivered;

            if (atomic_load(&ring->taken) != delivered) {
                fs_ring_wake(rings, leader->own);
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
fs_leader_needed(fs_leader_t *leader)
{
    int64_t      looked_at;
    fs_now_t     now;
    fs_rings_t  *rings;

    rings = leader->rings;

    /* after a failed write the log is opened again, synced and checked */

    if (fs_rings_count(rings) != 0 || atomic_load(&rings->orphaned)
        || leader->store->log == NULL || leader->store->doubtful
        || fs_store_index_wanted(leader->store))
    {
        return 1;
    }

    fs_store_now(leader->store, &now);
    looked_at = atomic_load(&rings->looked_at);

    return now.mono < looked_at || now.mono - looked_at >= FS_LOOK_MS
           || atomic_load(&rings->next_mono) <= now.mono
           || atomic_load(&rings->next_wall) <= now.due
           || now.due != now.wall;
}


void
fs_leader_pass(fs_leader_t *leader, const _Atomic int *stop, fs_pass_t *pass)
{
    int64_t  start;

    memset(pass, 0, sizeof(fs_pass_t));

    leader->cursors_n = 0;
    leader->live = 0;

    start = fs_leader_usec();

    if (fs_leader_lead(leader) == -1) {
        pass->outcome = FS_INTERNAL;
        return;
    }

    if (leader->rings != NULL && !fs_leader_needed(leader)) {
        fs_leader_waited(leader);
        fs_leader_end(leader, 0);
        fs_rings_unlead(leader->rings);
        pass->wait_us = fs_leader_usec() - start;
        return;
    }

    pass->outcome = fs_leader_begin(leader, stop);
    pass->wait_us = fs_leader_usec() - start;

    if (pass->outcome != FS_OK) {

        /*
         * This process cannot write; perhaps another can, so only its own
         * commands are refused.
         */

        if (leader->rings != NULL) {
            fs_leader_refuse_waiting(leader, leader->own, pass->outcome);
            fs_leader_end(leader, 0);
            fs_rings_unlead(leader->rings);
        }

        return;
    }

    fs_leader_point(leader, FS_POINT_LOCKED);

    fs_store_time(leader->store, &leader->now);

    pass->outcome = fs_batch_work(leader, pass);

    if (leader->rings == NULL) {
        return;
    }

    fs_leader_deliver(leader, pass->outcome);

    if (pass->outcome == FS_OK) {
        atomic_store(&leader->rings->next_wall, leader->next_wall);
        atomic_store(&leader->rings->next_mono, leader->next_mono);
        atomic_store(&leader->rings->looked_at, leader->now.mono);
    }

    fs_leader_point(leader, FS_POINT_DELIVERED);

    fs_leader_end(leader, 1);
    fs_rings_unlead(leader->rings);
}


/* What waits now is of the same history: it is decided in the new life. */

static void
fs_leader_live_on(fs_leader_t *leader)
{
    uint32_t    i;
    fs_ring_t  *ring;

    for (i = 0; i < leader->rings->rings_n; i++) {
        ring = fs_ring(leader->rings, i);

        if (memcmp(ring->store, leader->store->identity, FS_IDENTITY_LEN)
            == 0)
        {
            atomic_store(&ring->epoch, leader->sheet.epoch);
        }
    }
}


void
fs_leader_one(fs_leader_t *leader, const fs_command_t *command,
    const fs_operator_t *op, fs_result_t *result)
{
    int           alive;
    unsigned      tries;
    fs_outcome_t  outcome;

    memset(result, 0, sizeof(fs_result_t));

    leader->cursors_n = 0;

    if (fs_leader_lead(leader) == -1) {
        result->outcome = FS_INTERNAL;
        return;
    }

    for (tries = 0; /* void */ ; tries++) {
        outcome = fs_leader_begin(leader, &fs_leader_at_once);

        if (outcome != FS_OK) {
            goto done;
        }

        fs_store_time(leader->store, &leader->now);

        fs_sheet_begin(&leader->sheet, &leader->write, leader->crypto,
                       leader->cache);

        if (leader->failures == FS_SUSPECT_FAILURES) {
            outcome = fs_batch_set_aside(leader);

            if (outcome != FS_OK) {
                goto done;
            }

            continue;
        }

        fs_decide(&leader->sheet, command, op, &leader->now, result);

        alive = !fs_leader_failed(leader);

        if (alive || tries == FS_ONE_TRIES || !fs_batch_suspect(leader)) {
            break;
        }

        fs_pair_abort(&leader->write);
    }

    if (alive && leader->sheet.seq == leader->sheet.begun
        && leader->sheet.asides == 0)
    {
        fs_pair_abort(&leader->write);
        goto done;
    }

    if (alive) {
        outcome = fs_leader_finish(leader, NULL);

    } else {
        outcome = fs_leader_outcome(leader);
        fs_pair_abort(&leader->write);
    }

    if (outcome == FS_OK && leader->rings != NULL) {
        atomic_store(&leader->rings->next_wall, leader->next_wall);
        atomic_store(&leader->rings->next_mono, leader->next_mono);

        if (leader->sheet.lives) {
            fs_leader_live_on(leader);
        }
    }

done:

    if (outcome != FS_OK) {
        memset(result, 0, sizeof(fs_result_t));
        result->outcome = (uint16_t) outcome;
    }

    if (leader->rings != NULL) {
        fs_rings_unlead(leader->rings);
    }
}
