
/*
 * What becomes due: openings and closings, expiries, the decision on groups,
 * the orders of a failed group, the sweeping of keys.  A bounded number of
 * steps a pass; where a pass stopped is in the rows alone, so the next one,
 * of any process, goes on from there.
 *
 * A row that cannot be worked on is set aside, and the rest goes on.  What is
 * seen before anything was written is set aside at once.  Where the work
 * itself fails, state->suspect says on which row: the transaction is lost,
 * and the next one sets it aside (batch.c).
 */

#include "fold/aside.h"
#include "rules/expire.h"
#include "rules/hold.h"
#include "rules/timers.h"
#include "state/due.h"


/* Groups looked at for one step of a decision. */
#define FS_WALK_GROUPS  16


static unsigned fs_timers_until(fs_state_t *state, const fs_now_t *now,
    uint8_t clock, int64_t from, int64_t until, unsigned limit);
static void fs_timer_stray(fs_state_t *state, const fs_timer_t *timer);
static unsigned fs_timer_run(fs_state_t *state, const fs_now_t *now,
    const fs_timer_t *timer, unsigned limit);
static unsigned fs_timer_due(fs_state_t *state, const fs_now_t *now,
    uint32_t number, unsigned limit);
static unsigned fs_timer_sweep(fs_state_t *state, const fs_now_t *now,
    unsigned limit);
static unsigned fs_timer_decide(fs_state_t *state, const fs_now_t *now,
    uint32_t number, unsigned limit);
static unsigned fs_decide_groups(fs_state_t *state, const fs_now_t *now,
    fs_sale_t *sale, unsigned limit, int *bad);
static int fs_next_group(fs_state_t *state, uint32_t sale, uint32_t from,
    uint32_t *pickup, fs_group_t *group);
static void fs_walk_check(fs_state_t *state, const fs_sale_t *sale);
static void fs_emit_failed(fs_state_t *state, const fs_now_t *now,
    uint32_t sale, uint32_t pickup);
static const char *fs_return_entry(fs_state_t *state, uint32_t sale,
    fs_seq_t seq, fs_entry_t *entry);
static unsigned fs_timer_return(fs_state_t *state, const fs_now_t *now,
    uint32_t number, uint32_t pickup, unsigned limit);


unsigned
fs_decide_timers(fs_state_t *state, const fs_now_t *now, unsigned limit)
{
    unsigned  done;

    if (state->store->clock_behind) {

        if (now->wall < state->at - FS_CLOCK_BEHIND_MS) {
            return 0;
        }

        /* it was set right */

        state->store->clock_behind = 0;
    }

    /*
     * What is due at a time comes before what is only left to do, but may
     * take no more than three quarters of a pass while both wait.
     */

    done = fs_timers_until(state, now, 'w', INT64_MIN, now->opens, limit);
    done += fs_timers_until(state, now, 'm', 1, now->mono,
                            (limit - done) - (limit - done) / 4);
    done += fs_timers_until(state, now, 'm', 0, 0, limit - done);
    done += fs_timers_until(state, now, 'm', 1, now->mono, limit - done);

    return done;
}


/* Timers of one clock, at times from `from` to `until`. */

static unsigned
fs_timers_until(fs_state_t *state, const fs_now_t *now, uint8_t clock,
    int64_t from, int64_t until, unsigned limit)
{
    size_t      len;
    uint8_t     key[FS_TIMER_KEY_LEN + 1];
    unsigned    done, steps;
    fs_str_t    found, value;
    fs_timer_t  timer;

    memset(&timer, 0, sizeof(fs_timer_t));
    timer.clock = clock;
    timer.time = (from > 0) ? from : 0;
    fs_timer_key(key, &timer);
    len = FS_TIMER_KEY_LEN;

    done = 0;

    while (done < limit && !state->failed) {
        fs_state_flush_timers(state);

        if (!fs_db_seek(state->index,
                        state->store->index_dbi[FS_INDEX_TIMERS], key, len,
                        &found, &value))
        {
            break;
        }

        if (fs_aside_timer(&state->suspect, found) != 0) {
            fs_state_damaged(state);
            break;
        }

        if (fs_timer_key_decode(&timer, found) != 0) {
            fs_set_aside(state, &state->suspect, "its key cannot be read");
            done++;
            continue;
        }

        if (timer.clock != clock || timer.time > until) {
            state->suspect.kind = 0;
            break;
        }

        if (timer.kind == FS_TIMER_CLOSE && timer.time > now->due) {

            /* by a clock that is not believed yet: those behind it */

            memcpy(key, found.data, FS_TIMER_KEY_LEN);
            key[FS_TIMER_KEY_LEN] = 0;
            len = FS_TIMER_KEY_LEN + 1;
            continue;
        }

        steps = fs_timer_run(state, now, &timer, limit - done);

        if (steps == 0 && !state->failed) {
            fs_timer_stray(state, &timer);
            steps = 1;
        }

        done += steps;
    }

    if (!state->failed) {
        state->suspect.kind = 0;
    }

    return done;
}


/*
 * A timer without a cause: the rows of its sale say otherwise.  Those of
 * `due` are looked at once more, for a sale's earliest may be wrong.
 */

static void
fs_timer_stray(fs_state_t *state, const fs_timer_t *timer)
{
    fs_str_t         value;
    fs_sale_slot_t  *slot;

    if (timer->kind == FS_TIMER_DUE || timer->kind == FS_TIMER_SWEEP) {
        slot = fs_state_sale_slot(state, timer->sale);

        if (slot == NULL) {
            return;
        }

        slot->due_stale = 1;
        fs_state_touch(state, slot);
        fs_state_flush_timers(state);

        if (!fs_db_get(state->index,
                       state->store->index_dbi[FS_INDEX_TIMERS],
                       state->suspect.key, state->suspect.len, &value))
        {
            return;
        }
    }

    fs_set_aside(state, &state->suspect, "there is nothing to do by it");
}


/* Steps done, at most `limit`. */

static unsigned
fs_timer_run(fs_state_t *state, const fs_now_t *now, const fs_timer_t *timer,
    unsigned limit)
{
    fs_seq_t    seq;
    fs_sale_t  *sale;

    switch (timer->kind) {

    case FS_TIMER_OPEN:
    case FS_TIMER_CLOSE:
        sale = fs_state_sale(state, timer->sale);

        if (sale == NULL) {
            return 0;
        }

        seq = state->seq;
        fs_open_close(state, sale, now);

        return (state->seq != seq) ? 1 : 0;

    case FS_TIMER_DUE:
        return fs_timer_due(state, now, timer->sale, limit);

    case FS_TIMER_SWEEP:
        return fs_timer_sweep(state, now, limit);

    case FS_TIMER_DECIDE:
        return fs_timer_decide(state, now, timer->sale, limit);

    case FS_TIMER_RETURN:
        return fs_timer_return(state, now, timer->sale, timer->pickup, limit);
    }

    return 0;
}


/* The holds of a sale whose time is over, in the order of their times. */

static unsigned
fs_timer_due(fs_state_t *state, const fs_now_t *now, uint32_t number,
    unsigned limit)
{
    int64_t   due;
    unsigned  done;
    fs_seq_t  seq;

    if (fs_state_sale(state, number) == NULL) {
        return 0;
    }

    for (done = 0; done < limit && !state->failed; done++) {

        if (!fs_state_first_due(state, number, &due, &seq)
            || due > now->mono)
        {
            break;
        }

        fs_expire_row(state, number, due, seq, now);
    }

    return done;
}


/*
 * Keys that were kept long enough.  No entry says so: such a key counts as
 * absent already.
 */

static unsigned
fs_timer_sweep(fs_state_t *state, const fs_now_t *now, unsigned limit)
{
    int64_t     time;
    unsigned    done;
    fs_seq_t    seq;
    fs_aside_t  row;
    fs_entry_t  entry;

    for (done = 0; done < limit && !state->failed; done++) {

        if (!fs_state_first_due(state, 0, &time, &seq) || time > now->mono) {
            break;
        }

        if (fs_state_look_entry(state, seq, &entry) != 1) {
            fs_aside_due(&row, 0, time, seq);
            fs_set_aside(state, &row, "its entry cannot be read");
            continue;
        }

        fs_state_unbind(state, entry.id1, entry.key, seq);
        fs_due_swept(state, time, seq);
    }

    return done;
}


static unsigned
fs_timer_decide(fs_state_t *state, const fs_now_t *now, uint32_t number,
    unsigned limit)
{
    int                bad;
    unsigned           done;
    fs_sale_t         *sale;
    fs_entry_t         entry;
    const fs_group_t  *group;

    bad = 0;
    sale = fs_state_sale(state, number);

    if (sale == NULL || !sale->closed || sale->held != 0 || sale->decided
        || sale->goal == 0)
    {
        return 0;
    }

    done = 0;

    if (sale->goal_by == FS_GOAL_BY_SALE) {
        group = fs_state_group(state, number, 0, 0);

        if (group == NULL || group->state == FS_GROUP_OPEN) {
            fs_emit_failed(state, now, number, 0);
            done++;
        }

    } else {
        done = fs_decide_groups(state, now, sale, limit, &bad);
    }

    if (done >= limit) {
        return limit;
    }

    if (bad) {

        /* not decided: with an index in which that group can be read */

        fs_set_aside(state, &state->suspect, "a group of it was set aside");
        return done + 1;
    }

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.type = FS_ENTRY_DECIDED;
    entry.sale = number;
    fs_emit(state, &entry, now);

    return done + 1;
}


/*
 * Walk through the groups of a sale and fail those that are open.  Returns
 * `limit` when the walk has not come to its end; *bad: it has, but for groups
 * that were set aside.
 */

static unsigned
fs_decide_groups(fs_state_t *state, const fs_now_t *now, fs_sale_t *sale,
    unsigned limit, int *bad)
{
    int          found;
    uint32_t     pickup;
    unsigned     done, looked;
    fs_walk_t   *walk;
    fs_group_t   group;
    fs_aside_t   row, before;

    fs_walk_check(state, sale);
    fs_state_flush_groups(state);

    walk = &state->cache->walk;
    done = 0;
    looked = 0;
    before = state->suspect;

    for ( ;; ) {
        found = fs_next_group(state, sale->number, walk->pickup, &pickup,
                              &group);
        if (found == 0) {
            break;
        }

        if (done == limit || looked == limit * FS_WALK_GROUPS
            || state->failed)
        {
            walk->version = sale->version;
            walk->batch = state->cache->batch;
            return limit;
        }

        looked++;
        fs_aside_group(&row, sale->number, pickup);

        if (found == -1 || group.state == FS_GROUP_OPEN) {

            if (fs_is_aside(state, &row)) {
                walk->bad = 1;

            } else if (found == -1) {
                fs_set_aside(state, &row, "it cannot be read");
                walk->bad = 1;

            } else {
                state->suspect = row;
                fs_emit_failed(state, now, sale->number, pickup);
                done++;
            }
        }

        if (!state->failed) {
            state->suspect = before;
        }

        walk->pickup = pickup + 1;
    }

    *bad = (int) walk->bad;
    walk->sale = 0;

    return done;
}


/* 1: found; -1: it cannot be read; 0: no more. */

static int
fs_next_group(fs_state_t *state, uint32_t sale, uint32_t from,
    uint32_t *pickup, fs_group_t *group)
{
    uint8_t   key[FS_GROUP_KEY_LEN];
    fs_str_t  found, value;

    fs_group_key(key, sale, from);

    if (!fs_db_seek(state->index, state->store->index_dbi[FS_INDEX_GROUPS],
                    key, sizeof(key), &found, &value)
        || found.len != FS_GROUP_KEY_LEN
        || fs_get_be32(found.data) != sale)
    {
        return 0;
    }

    *pickup = fs_get_be32(found.data + 4);

    return (fs_group_row_decode(group, value) == 0) ? 1 : -1;
}


/* Is the walk that this thread remembers still true?  Else begin anew. */

static void
fs_walk_check(fs_state_t *state, const fs_sale_t *sale)
{
    fs_walk_t   *walk;
    fs_entry_t   entry;

    walk = &state->cache->walk;

    if (walk->sale == sale->number && walk->version == sale->version
        && walk->seq != 0
        && fs_state_entry(state, walk->seq, &entry)
        && memcmp(entry.hash, walk->hash, FS_HASH_LEN) == 0)
    {
        return;
    }

    memset(walk, 0, sizeof(fs_walk_t));
    walk->sale = sale->number;
}


static void
fs_emit_failed(fs_state_t *state, const fs_now_t *now, uint32_t sale,
    uint32_t pickup)
{
    fs_entry_t         entry;
    const fs_group_t  *group;

    group = fs_state_group(state, sale, pickup, 0);

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.type = FS_ENTRY_FAILED;
    entry.sale = sale;
    entry.pickup = pickup;
    entry.qty = (group != NULL) ? (int32_t) group->joined : 0;

    fs_emit(state, &entry, now);
}


/* Give back the orders of a failed group, behind its stored cursor. */

static unsigned
fs_timer_return(fs_state_t *state, const fs_now_t *now, uint32_t number,
    uint32_t pickup, unsigned limit)
{
    unsigned           done;
    fs_seq_t           seq;
    const char        *why;
    fs_aside_t         before;
    fs_entry_t         entry;
    const fs_group_t  *group;

    group = fs_state_group(state, number, pickup, 0);

    if (group == NULL || group->state != FS_GROUP_FAILED) {
        return 0;
    }

    before = state->suspect;

    for (done = 0; done < limit && !state->failed; done++) {
        seq = fs_state_next_member(state, number, pickup, group->refunded_to);

        if (seq == 0) {
            seq = fs_state_passed_over(state, number, pickup);
        }

        if (seq == 0) {
            break;
        }

        fs_aside_member(&state->suspect, number, pickup, seq);

        why = fs_return_entry(state, number, seq, &entry);

        if (why == NULL) {
            fs_emit(state, &entry, now);

        } else if (!state->failed) {
            fs_set_aside(state, &state->suspect, why);
        }

        if (!state->failed) {
            state->suspect = before;
        }
    }

    return done;
}


/* The entry that gives back an order's line.  NULL, or why there is none. */

static const char *
fs_return_entry(fs_state_t *state, uint32_t sale, fs_seq_t seq,
    fs_entry_t *entry)
{
    unsigned   i;
    fs_hold_t  hold;

    if (fs_state_look_hold(state, seq, &hold) != 1) {
        return "its hold cannot be read";
    }

    for (i = 0; i < hold.lines_n; i++) {
        if (hold.lines[i].sale == sale) {
            break;
        }
    }

    if (i == hold.lines_n) {
        return "its hold has no such line";
    }

    fs_entry_about_line(entry, &hold, i, FS_ENTRY_RETURNED);
    entry->reason = FS_REASON_GROUP_FAILED;
    entry->amount_fen = hold.lines[i].price_fen * hold.lines[i].qty;

    if (!fs_state_sold_for(state, seq, entry->id2)) {
        return "its payment is not there";
    }

    return NULL;
}
