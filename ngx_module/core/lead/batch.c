
#include "decide/decide.h"
#include "fold/aside.h"
#include "lead/batch.h"
#include "rules/timers.h"
#include "log/life.h"


static void fs_batch_again(fs_commit_t *commit, fs_pass_t *pass);
static void fs_batch_give_up(fs_commit_t *commit);
static void fs_batch_collect(fs_commit_t *commit, fs_pass_t *pass);
static void fs_batch_strange(fs_commit_t *commit, int i, uint32_t epoch);
static uint64_t fs_batch_applied(fs_commit_t *commit, fs_ring_t *ring);
static void fs_batch_decide(fs_commit_t *commit, fs_pass_t *pass);
static void fs_batch_check(fs_commit_t *commit, const fs_pass_t *pass);
static int fs_batch_valid(const fs_command_t *command);
static void fs_batch_positions(fs_commit_t *commit);


/*
 * What is damaged in the index is mended by another index.  What no index can
 * mend must not stop everybody's commands: the batch in which it is met is
 * decided again without the command that met it, and then that command alone
 * is refused.  A row that time had brought up (and not a command that is
 * about it) is set aside when it has failed twice, in a transaction of its
 * own, for the next one may fail at another row.  When nobody knows the row,
 * timers rest for a while.
 */

fs_outcome_t
fs_batch_work(fs_commit_t *commit, fs_pass_t *pass)
{
    int           suspect;
    int64_t       timings[2];
    fs_seq_t      seq;
    fs_outcome_t  outcome;

    seq = commit->write.seq;

    fs_state_begin(&commit->state, &commit->write, commit->crypto,
                   commit->cache);

    if (commit->failures == FS_SUSPECT_FAILURES) {
        pass->more = 1;
        return fs_batch_set_aside(commit);
    }

    if (commit->rings != NULL) {
        fs_batch_collect(commit, pass);
        fs_batch_decide(commit, pass);
        fs_commit_point(commit, FS_POINT_DECIDED);
        fs_batch_check(commit, pass);
    }

    if (fs_commit_failed(commit)) {
        outcome = fs_commit_outcome(commit);
        suspect = fs_batch_suspect(commit);
        fs_pair_abort(&commit->write);

        commit->limit = FS_BATCH_MAX;
        pass->more = 1;

        if (suspect) {
            fs_batch_again(commit, pass);
            return FS_OK;
        }

        if (outcome != FS_INTERNAL) {
            fs_batch_give_up(commit);

        } else if (pass->commands > 1) {
            commit->limit = pass->commands - 1;
            fs_batch_again(commit, pass);
            outcome = FS_OK;
        }

        return outcome;
    }

    commit->limit = FS_BATCH_MAX;

    if (commit->now.mono >= commit->timers_at) {
        pass->timers = fs_decide_timers(&commit->state, &commit->now,
                                        FS_TIMERS_PASS);

        if (fs_commit_failed(commit)) {
            outcome = fs_commit_outcome(commit);
            suspect = fs_batch_suspect(commit);
            fs_pair_abort(&commit->write);

            if (suspect) {
                fs_batch_again(commit, pass);
                return FS_OK;
            }

            if (outcome == FS_INTERNAL) {
                commit->timers_at = commit->now.mono + FS_TIMERS_OFF_MS;
                fs_batch_again(commit, pass);
                return FS_OK;
            }

            return outcome;
        }
    }

    pass->entries = (unsigned) (commit->state.seq - seq);
    pass->more = commit->live != 0;

    if (pass->entries == 0 && pass->timers == 0
        && commit->state.asides == 0)
    {

        /*
         * Refusals only.  No position is stored for them: if this process
         * dies before they are delivered they are decided again, and nobody
         * has been told what the first time said.
         */

        fs_commit_next_due(commit);
        fs_pair_abort(&commit->write);
        fs_commit_point(commit, FS_POINT_APPLIED);

        return FS_OK;
    }

    if (pass->timers == FS_TIMERS_PASS) {
        pass->more = 1;
    }

    /* with timers but no entries (old keys swept) the log stays as it is */

    if (commit->rings != NULL && pass->entries != 0) {
        fs_batch_positions(commit);
    }

    timings[0] = 0;
    timings[1] = 0;

    outcome = fs_commit_finish(commit, timings);

    pass->log_us = timings[0];
    pass->index_us = timings[1];

    return outcome;
}


fs_outcome_t
fs_batch_set_aside(fs_commit_t *commit)
{
    commit->failures++;

    fs_set_aside(&commit->state, &commit->suspect,
                 "what is to be done with it fails");

    return fs_commit_finish(commit, NULL);
}


int
fs_batch_suspect(fs_commit_t *commit)
{
    fs_aside_t  *suspect;

    suspect = &commit->state.suspect;

    if (!fs_aside_guilty(&commit->state)) {
        return 0;
    }

    if (commit->failures == 0 || commit->suspect.kind != suspect->kind
        || commit->suspect.len != suspect->len
        || memcmp(commit->suspect.key, suspect->key, suspect->len) != 0)
    {
        commit->suspect = *suspect;
        commit->failures = 0;

    } else if (commit->failures > FS_SUSPECT_FAILURES) {

        /* it was set aside, and fails all the same */

        return 0;
    }

    commit->failures++;

    /* so that nobody asks for another index, for the sake of one row */

    commit->write.index.error = 0;

    return 1;
}


/* Nothing was done by this pass; the next one, at once, knows better. */

static void
fs_batch_again(fs_commit_t *commit, fs_pass_t *pass)
{
    commit->cursors_n = 0;
    commit->next_wall = 0;
    commit->next_mono = 0;

    pass->commands = 0;
    pass->timers = 0;
    pass->more = 1;
}


/* What was not decided yet would be told the same: no pass for each. */

static void
fs_batch_give_up(fs_commit_t *commit)
{
    uint32_t  i;

    for (i = 0; i < commit->live; i++) {
        commit->cursors[i].next = commit->cursors[i].head;
    }

    commit->live = 0;
}


/*
 * Look at every ring: what a dead leader committed is delivered as it lies in
 * the slots; what nobody has applied is begun.
 */

static void
fs_batch_collect(fs_commit_t *commit, fs_pass_t *pass)
{
    uint32_t      i, epoch;
    uint64_t      applied, delivered, head;
    fs_ring_t    *ring;
    fs_rings_t   *rings;
    fs_cursor_t  *cursor;

    rings = commit->rings;
    epoch = fs_life_now(commit->store);

    for (i = 0; i < rings->rings_n; i++) {
        ring = fs_ring(rings, i);

        if (!fs_commit_ring_waits(commit, i, &delivered, &head)) {
            commit->state.failed = 0;
            continue;
        }

        if (head == delivered) {
            continue;
        }

        if (memcmp(ring->store, commit->store->identity, FS_IDENTITY_LEN) != 0
            || atomic_load(&ring->epoch) != epoch)
        {
            fs_batch_strange(commit, (int) i, epoch);
            continue;
        }

        applied = fs_batch_applied(commit, ring);

        if (!fs_must(&commit->state, applied <= head)) {
            commit->state.failed = 0;
            continue;
        }

        if (applied > delivered) {
            pass->delivered += (unsigned) (applied - delivered);
            atomic_store(&ring->delivered, applied);
            fs_ring_wake(rings, i);
            delivered = applied;
        }

        if (head == delivered) {
            continue;
        }

        cursor = &commit->cursors[commit->cursors_n++];
        cursor->ring = i;
        cursor->start = delivered;
        cursor->next = delivered;
        cursor->head = head;
        cursor->enqueued = fs_ring_slot(rings, i, delivered)->enqueued;
    }

    commit->live = commit->cursors_n;
}


/*
 * Commands of another store, or of this one as it was in another life.  The
 * producer of the latter is told, and what it adds now is of this life.
 */

static void
fs_batch_strange(fs_commit_t *commit, int i, uint32_t epoch)
{
    fs_ring_t  *ring;

    ring = fs_ring(commit->rings, (uint32_t) i);

    fs_commit_refuse_waiting(commit, i, FS_NOT_READY);

    if (memcmp(ring->store, commit->store->identity, FS_IDENTITY_LEN) == 0) {
        atomic_store(&ring->epoch, epoch);
    }
}


/* The position stored with the last commit for a ring's incarnation. */

static uint64_t
fs_batch_applied(fs_commit_t *commit, fs_ring_t *ring)
{
    fs_str_t  row;

    if (fs_db_get(&commit->write.log,
                  commit->store->log_dbi[FS_LOG_RINGS],
                  ring->incarnation, FS_INCARNATION_LEN, &row)
        && row.len == FS_RING_ROW_SIZE)
    {
        return fs_get_le64(row.data);
    }

    return 0;
}


/* Commands in the order in which they were added, over all rings. */

static void
fs_batch_decide(fs_commit_t *commit, fs_pass_t *pass)
{
    uint32_t      i;
    fs_slot_t    *slot;
    fs_cursor_t  *cursor, first;
    fs_command_t  command;

    while (commit->live != 0 && pass->commands < commit->limit
           && commit->state.seq - commit->write.seq < FS_BATCH_ENTRIES_MAX)
    {
        cursor = &commit->cursors[0];

        for (i = 1; i < commit->live; i++) {
            if (commit->cursors[i].enqueued < cursor->enqueued) {
                cursor = &commit->cursors[i];
            }
        }

        slot = fs_ring_slot(commit->rings, cursor->ring, cursor->next);

        /* a copy: what has been checked stays what is decided */

        command = slot->command;

        if (fs_batch_valid(&command)) {
            fs_decide(&commit->state, &command, NULL, &commit->now,
                      &slot->result);

        } else {
            memset(&slot->result, 0, sizeof(fs_result_t));
            slot->result.outcome = FS_INTERNAL;
        }

        cursor->next++;
        pass->commands++;

        if (fs_commit_failed(commit)) {
            return;
        }

        if (cursor->next < cursor->head) {
            slot = fs_ring_slot(commit->rings, cursor->ring, cursor->next);
            cursor->enqueued = slot->enqueued;
            continue;
        }

        /* finished: behind those that are not */

        commit->live--;
        first = *cursor;
        *cursor = commit->cursors[commit->live];
        commit->cursors[commit->live] = first;
    }
}


/* What is about to be answered is what was decided, by nobody else. */

static void
fs_batch_check(fs_commit_t *commit, const fs_pass_t *pass)
{
    uint32_t      i;
    uint64_t      decided;
    fs_ring_t    *ring;
    fs_cursor_t  *cursor;

    decided = 0;

    for (i = 0; i < commit->cursors_n; i++) {
        cursor = &commit->cursors[i];
        ring = fs_ring(commit->rings, cursor->ring);
        decided += cursor->next - cursor->start;

        (void) fs_must(&commit->state, atomic_load(&ring->delivered)
                                       == cursor->start);
        (void) fs_must(&commit->state, cursor->start <= cursor->next
                                       && cursor->next <= cursor->head);
    }

    (void) fs_must(&commit->state, decided == pass->commands);
}


/* An operator's command has a part that no slot holds. */

static int
fs_batch_valid(const fs_command_t *command)
{
    return command->type > FS_COMMAND_NONE
           && command->type < FS_COMMAND_DEFINE
           && command->lines_n <= FS_LINES_MAX
           && command->pickup.len <= FS_SLUG_MAX;
}


/* In the same transaction as what the commands did. */

static void
fs_batch_positions(fs_commit_t *commit)
{
    uint8_t       row[FS_RING_ROW_SIZE];
    uint32_t      i;
    fs_ring_t    *ring;
    fs_cursor_t  *cursor;

    for (i = 0; i < commit->cursors_n; i++) {
        cursor = &commit->cursors[i];

        if (cursor->next == cursor->start) {
            continue;
        }

        ring = fs_ring(commit->rings, cursor->ring);

        fs_put_le64(row, cursor->next);
        memcpy(row + 8, commit->store->conf.boot_id, FS_BOOT_LEN);
        fs_put_le64(row + 24, (uint64_t) commit->now.wall);

        fs_db_put(&commit->write.log, commit->store->log_dbi[FS_LOG_RINGS],
                  ring->incarnation, FS_INCARNATION_LEN, row, sizeof(row), 0);
    }
}
