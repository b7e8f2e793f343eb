
#include "decide/decide.h"
#include "fold/aside.h"
#include "lead/lead.h"
#include "rules/rules.h"
#include "log/life.h"


/* Whose fault it is that a pass can only be aborted. */
typedef enum {
    FS_CULPRIT_STORE = 0,               /* the disk's, or a file's */
    FS_CULPRIT_PASS,                    /* of what was decided: less may do */
    FS_CULPRIT_ROW                      /* of one row, which is remembered */
} fs_culprit_t;


static fs_culprit_t fs_batch_fail(fs_leader_t *leader, fs_outcome_t *outcome);
static void fs_batch_again(fs_leader_t *leader, fs_pass_t *pass);
static void fs_batch_give_up(fs_leader_t *leader);
static void fs_batch_collect(fs_leader_t *leader, fs_pass_t *pass);
static void fs_batch_strange(fs_leader_t *leader, int i, uint32_t epoch);
static uint64_t fs_batch_applied(fs_leader_t *leader, fs_ring_t *ring);
static void fs_batch_decide(fs_leader_t *leader, fs_pass_t *pass);
static void fs_batch_check(fs_leader_t *leader, const fs_pass_t *pass);
static int fs_batch_valid(const fs_command_t *command);
static void fs_batch_positions(fs_leader_t *leader);


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
fs_batch_work(fs_leader_t *leader, fs_pass_t *pass)
{
    int64_t       timings[2];
    fs_seq_t      seq;
    fs_culprit_t  culprit;
    fs_outcome_t  outcome;

    seq = leader->write.seq;

    fs_sheet_begin(&leader->sheet, &leader->write, leader->crypto,
                   leader->cache);

    if (leader->failures == FS_SUSPECT_FAILURES) {
        pass->more = 1;
        return fs_batch_set_aside(leader);
    }

    if (leader->rings != NULL) {
        fs_batch_collect(leader, pass);
        fs_batch_decide(leader, pass);
        fs_leader_point(leader, FS_POINT_DECIDED);
        fs_batch_check(leader, pass);
    }

    if (fs_leader_failed(leader)) {
        culprit = fs_batch_fail(leader, &outcome);

        leader->limit = FS_BATCH_MAX;
        pass->more = 1;

        if (culprit == FS_CULPRIT_STORE) {
            fs_batch_give_up(leader);
            return outcome;
        }

        if (culprit == FS_CULPRIT_PASS) {

            if (pass->commands <= 1) {
                return outcome;
            }

            leader->limit = pass->commands - 1;
        }

        fs_batch_again(leader, pass);
        return FS_OK;
    }

    leader->limit = FS_BATCH_MAX;

    if (leader->now.mono >= leader->timers_at) {
        pass->timers = fs_decide_timers(&leader->sheet, &leader->now,
                                        FS_TIMERS_PASS);

        if (fs_leader_failed(leader)) {
            culprit = fs_batch_fail(leader, &outcome);

            if (culprit == FS_CULPRIT_STORE) {
                return outcome;
            }

            if (culprit == FS_CULPRIT_PASS) {
                leader->timers_at = leader->now.mono + FS_TIMERS_OFF_MS;
            }

            fs_batch_again(leader, pass);
            return FS_OK;
        }
    }

    pass->entries = (unsigned) (leader->sheet.seq - seq);
    pass->accepted = leader->sheet.accepted;
    pass->more = leader->live != 0;

    if (pass->entries == 0 && pass->timers == 0
        && leader->sheet.asides == 0)
    {

        /*
         * Refusals only.  No position is stored for them: if this process
         * dies before they are delivered they are decided again, and nobody
         * has been told what the first time said.
         */

        fs_leader_next_due(leader);
        fs_pair_abort(&leader->write);
        fs_leader_point(leader, FS_POINT_APPLIED);

        return FS_OK;
    }

    if (pass->timers == FS_TIMERS_PASS) {
        pass->more = 1;
    }

    /* with timers but no entries (old keys swept) the log stays as it is */

    if (leader->rings != NULL && pass->entries != 0) {
        fs_batch_positions(leader);
    }

    timings[0] = 0;
    timings[1] = 0;

    outcome = fs_leader_finish(leader, timings);

    pass->log_us = timings[0];
    pass->index_us = timings[1];

    return outcome;
}


/* Abort what failed; *outcome: what its commands are told. */

static fs_culprit_t
fs_batch_fail(fs_leader_t *leader, fs_outcome_t *outcome)
{
    int           error;
    fs_culprit_t  culprit;

    *outcome = fs_leader_outcome(leader);

    error = leader->write.log.error;
    culprit = FS_CULPRIT_STORE;

    if (error == 0) {
        error = leader->write.index.error;
    }

    if (error == 0 || fs_db_kind(error) == FS_DB_WRONG) {
        culprit = FS_CULPRIT_PASS;
    }

    if (fs_batch_suspect(leader)) {
        culprit = FS_CULPRIT_ROW;
    }

    fs_pair_abort(&leader->write);

    return culprit;
}


fs_outcome_t
fs_batch_set_aside(fs_leader_t *leader)
{
    leader->failures++;

    fs_set_aside(&leader->sheet, &leader->suspect,
                 "what is to be done with it fails");

    return fs_leader_finish(leader, NULL);
}


int
fs_batch_suspect(fs_leader_t *leader)
{
    fs_aside_t  *suspect;

    suspect = &leader->sheet.suspect;

    if (!fs_aside_guilty(&leader->sheet)) {
        return 0;
    }

    if (leader->failures == 0 || leader->suspect.kind != suspect->kind
        || leader->suspect.len != suspect->len
        || memcmp(leader->suspect.key, suspect->key, suspect->len) != 0)
    {
        leader->suspect = *suspect;
        leader->failures = 0;

    } else if (leader->failures > FS_SUSPECT_FAILURES) {

        /* it was set aside, and fails all the same */

        return 0;
    }

    leader->failures++;

    /* so that nobody asks for another index, for the sake of one row */

    leader->write.index.error = 0;

    return 1;
}


/* Nothing was done by this pass; the next one, at once, knows better. */

static void
fs_batch_again(fs_leader_t *leader, fs_pass_t *pass)
{
    leader->cursors_n = 0;
    leader->next_wall = 0;
    leader->next_mono = 0;

    pass->commands = 0;
    pass->timers = 0;
    pass->more = 1;
}


/* What was not decided yet would be told the same: no pass for each. */

static void
fs_batch_give_up(fs_leader_t *leader)
{
    uint32_t  i;

    for (i = 0; i < leader->live; i++) {
        leader->cursors[i].next = leader->cursors[i].head;
    }

    leader->live = 0;
}


/*
 * Look at every ring: what a dead leader committed is delivered as it lies in
 * the slots; what nobody has applied is begun.
 */

static void
fs_batch_collect(fs_leader_t *leader, fs_pass_t *pass)
{
    uint32_t      i, epoch;
    uint64_t      applied, delivered, head;
    fs_ring_t    *ring;
    fs_rings_t   *rings;
    fs_cursor_t  *cursor;

    rings = leader->rings;
    epoch = fs_life_now(leader->store);

    for (i = 0; i < rings->rings_n; i++) {
        ring = fs_ring(rings, i);

        if (!fs_leader_ring_waits(leader, i, &delivered, &head)) {
            leader->sheet.failed = 0;
            continue;
        }

        if (head == delivered) {
            continue;
        }

        if (memcmp(ring->store, leader->store->identity, FS_IDENTITY_LEN) != 0
            || atomic_load(&ring->epoch) != epoch)
        {
            fs_batch_strange(leader, (int) i, epoch);
            continue;
        }

        applied = fs_batch_applied(leader, ring);

        if (!fs_must(&leader->sheet, applied <= head)) {
            leader->sheet.failed = 0;
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

        cursor = &leader->cursors[leader->cursors_n++];
        cursor->ring = i;
        cursor->start = delivered;
        cursor->next = delivered;
        cursor->head = head;
        cursor->enqueued = fs_ring_slot(rings, i, delivered)->enqueued;
    }

    leader->live = leader->cursors_n;
}


/*
 * Commands of another store, or of this one as it was in another life.  The
 * producer of the latter is told, and what it adds now is of this life.
 */

static void
fs_batch_strange(fs_leader_t *leader, int i, uint32_t epoch)
{
    fs_ring_t  *ring;

    ring = fs_ring(leader->rings, (uint32_t) i);

    fs_leader_refuse_waiting(leader, i, FS_NOT_READY);

    if (memcmp(ring->store, leader->store->identity, FS_IDENTITY_LEN) == 0) {
        atomic_store(&ring->epoch, epoch);
    }
}


/* The position stored with the last commit for a ring's incarnation. */

static uint64_t
fs_batch_applied(fs_leader_t *leader, fs_ring_t *ring)
{
    fs_str_t  row;

    if (fs_db_get(&leader->write.log,
                  leader->store->log_dbi[FS_LOG_RINGS],
                  ring->incarnation, FS_INCARNATION_LEN, &row)
        && row.len == FS_RING_ROW_SIZE)
    {
        return fs_get_le64(row.data);
    }

    return 0;
}


/* Commands in the order in which they were added, over all rings. */

static void
fs_batch_decide(fs_leader_t *leader, fs_pass_t *pass)
{
    uint32_t      i;
    fs_slot_t    *slot;
    fs_cursor_t  *cursor, first;
    fs_command_t  command;

    while (leader->live != 0 && pass->commands < leader->limit
           && leader->sheet.seq - leader->write.seq < FS_BATCH_ENTRIES_MAX)
    {
        cursor = &leader->cursors[0];

        for (i = 1; i < leader->live; i++) {
            if (leader->cursors[i].enqueued < cursor->enqueued) {
                cursor = &leader->cursors[i];
            }
        }

        slot = fs_ring_slot(leader->rings, cursor->ring, cursor->next);

        /* a copy: what has been checked stays what is decided */

        command = slot->command;

        if (fs_batch_valid(&command)) {
            fs_decide(&leader->sheet, &command, NULL, &leader->now,
                      &slot->result);

        } else {
            memset(&slot->result, 0, sizeof(fs_result_t));
            slot->result.outcome = FS_INTERNAL;
        }

        cursor->next++;
        pass->commands++;

        if (fs_leader_failed(leader)) {
            return;
        }

        if (cursor->next < cursor->head) {
            slot = fs_ring_slot(leader->rings, cursor->ring, cursor->next);
            cursor->enqueued = slot->enqueued;
            continue;
        }

        /* finished: behind those that are not */

        leader->live--;
        first = *cursor;
        *cursor = leader->cursors[leader->live];
        leader->cursors[leader->live] = first;
    }
}


/* What is about to be answered is what was decided, by nobody else. */

static void
fs_batch_check(fs_leader_t *leader, const fs_pass_t *pass)
{
    uint32_t      i;
    uint64_t      decided;
    fs_ring_t    *ring;
    fs_cursor_t  *cursor;

    decided = 0;

    for (i = 0; i < leader->cursors_n; i++) {
        cursor = &leader->cursors[i];
        ring = fs_ring(leader->rings, cursor->ring);
        decided += cursor->next - cursor->start;

        (void) fs_must(&leader->sheet, atomic_load(&ring->delivered)
                                       == cursor->start);
        (void) fs_must(&leader->sheet, cursor->start <= cursor->next
                                       && cursor->next <= cursor->head);
    }

    (void) fs_must(&leader->sheet, decided == pass->commands);
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
fs_batch_positions(fs_leader_t *leader)
{
    uint8_t       row[FS_RING_ROW_SIZE];
    uint32_t      i;
    fs_ring_t    *ring;
    fs_cursor_t  *cursor;

    for (i = 0; i < leader->cursors_n; i++) {
        cursor = &leader->cursors[i];

        if (cursor->next == cursor->start) {
            continue;
        }

        ring = fs_ring(leader->rings, cursor->ring);

        fs_set_le64(row, cursor->next);
        memcpy(row + 8, leader->store->conf.boot_id, FS_BOOT_LEN);
        fs_set_le64(row + 24, (uint64_t) leader->now.wall);

        fs_db_put(&leader->write.log, leader->store->log_dbi[FS_LOG_RINGS],
                  ring->incarnation, FS_INCARNATION_LEN, row, sizeof(row), 0);
    }
}
