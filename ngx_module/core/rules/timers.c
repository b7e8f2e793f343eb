
/*
 * What becomes due: openings and closings, expiries, the decision on groups,
 * the orders of a failed group, the sweeping of keys.  A bounded number of
 * steps a pass; where a pass stopped is in the rows alone, so the next one,
 * of any process, goes on from there.
 *
 * A row that cannot be worked on is set aside, and the rest goes on.  What is
 * seen before anything was written is set aside at once.  Where the work
 * itself fails, sheet->suspect says on which row: the transaction is lost,
 * and the next one sets it aside (batch.c).
 */

#include "fold/aside.h"
#include "rules/rules.h"
#include "sheet/sheet.h"


/* Groups looked at for one step of a decision. */
#define FS_WALK_GROUPS  16


static unsigned fs_timers_until(fs_sheet_t *sheet, const fs_now_t *now,
    uint8_t clock, int64_t from, int64_t until, unsigned limit);
static void fs_timer_stray(fs_sheet_t *sheet, const fs_timer_t *timer);
static unsigned fs_timer_run(fs_sheet_t *sheet, const fs_now_t *now,
    const fs_timer_t *timer, unsigned limit);
static unsigned fs_timer_due(fs_sheet_t *sheet, const fs_now_t *now,
    uint32_t number, unsigned limit);
static unsigned fs_timer_sweep(fs_sheet_t *sheet, const fs_now_t *now,
    unsigned limit);
static unsigned fs_timer_decide(fs_sheet_t *sheet, const fs_now_t *now,
    uint32_t number, unsigned limit);
static unsigned fs_decide_groups(fs_sheet_t *sheet, const fs_now_t *now,
    fs_sale_t *sale, unsigned limit, int *bad);
static int fs_next_group(fs_sheet_t *sheet, uint32_t sale, uint32_t from,
    uint32_t *pickup, fs_group_t *group);
static void fs_walk_check(fs_sheet_t *sheet, const fs_sale_t *sale);
static void fs_emit_failed(fs_sheet_t *sheet, const fs_now_t *now,
    uint32_t sale, uint32_t pickup);
static const char *fs_return_order(fs_sheet_t *sheet, uint32_t sale,
    fs_seq_t seq, const fs_now_t *now);
static unsigned fs_timer_return(fs_sheet_t *sheet, const fs_now_t *now,
    uint32_t number, uint32_t pickup, unsigned limit);


unsigned
fs_decide_timers(fs_sheet_t *sheet, const fs_now_t *now, unsigned limit)
{
    unsigned  done, before;

    if (sheet->store->clock_behind) {

        if (now->wall < sheet->at - FS_CLOCK_BEHIND_MS) {
            return 0;
        }

        /* it was set right */

        sheet->store->clock_behind = 0;
    }

    /*
     * What is due at a time comes before what is only left to do, but takes
     * no more than three quarters of what is left of a pass while both wait;
     * what is due by the wall clock (a day's deliveries may count as handed
     * over at once) no more than half of it.  Openings have a clock of their
     * own, for it is believed sooner: nothing else is walked by to find them.
     * Each makes work for the others (a sale's last live hold expires, and its
     * groups can be decided): again, until none has any.
     */

    done = 0;

    do {
        before = done;
        done += fs_timers_until(sheet, now, 'o', 0, now->opens,
                                (limit - done) - (limit - done) / 2);
        done += fs_timers_until(sheet, now, 'w', 0, now->due,
                                (limit - done) - (limit - done) / 2);
        done += fs_timers_until(sheet, now, 'm', 1, now->mono,
                                (limit - done) - (limit - done) / 4);
        done += fs_timers_until(sheet, now, 'm', 0, 0, limit - done);

    } while (done != before && done < limit && !sheet->failed);

    return done;
}


/* Timers of one clock, at times from `from` to `until`. */

static unsigned
fs_timers_until(fs_sheet_t *sheet, const fs_now_t *now, uint8_t clock,
    int64_t from, int64_t until, unsigned limit)
{
    size_t      len;
    uint8_t     key[FS_TIMER_KEY_MAX];
    unsigned    done, steps;
    fs_str_t    found, value;
    fs_timer_t  timer;

    memset(&timer, 0, sizeof(fs_timer_t));
    timer.clock = clock;
    timer.time = from;
    len = fs_timer_key(key, &timer);

    done = 0;

    while (done < limit && !sheet->failed) {
        fs_sheet_flush_timers(sheet);

        if (!fs_db_seek(sheet->index,
                        sheet->store->index_dbi[FS_INDEX_TIMERS], key, len,
                        &found, &value))
        {
            break;
        }

        if (fs_aside_timer(&sheet->suspect, found) != 0) {
            fs_sheet_damaged(sheet);
            break;
        }

        if (fs_timer_key_decode(&timer, found) != 0) {
            fs_set_aside(sheet, &sheet->suspect, "its key cannot be read");
            done++;
            continue;
        }

        if (timer.clock != clock || timer.time > until) {
            sheet->suspect.kind = 0;
            break;
        }

        steps = fs_timer_run(sheet, now, &timer, limit - done);

        if (steps == 0 && !sheet->failed) {
            fs_timer_stray(sheet, &timer);
            steps = 1;
        }

        done += steps;
    }

    if (!sheet->failed) {
        sheet->suspect.kind = 0;
    }

    return done;
}


/*
 * A timer without a cause: the rows of its sale say otherwise.  Those of
 * `due` are looked at once more, for a sale's earliest may be wrong.
 */

static void
fs_timer_stray(fs_sheet_t *sheet, const fs_timer_t *timer)
{
    fs_str_t         value;
    fs_sale_slot_t  *slot;

    if (timer->kind == FS_TIMER_DUE || timer->kind == FS_TIMER_SWEEP) {
        slot = fs_sheet_sale_slot(sheet, timer->sale);

        if (slot == NULL) {
            return;
        }

        slot->due_stale = 1;
        fs_sheet_touch(sheet, slot);
        fs_sheet_flush_timers(sheet);

        if (!fs_db_get(sheet->index,
                       sheet->store->index_dbi[FS_INDEX_TIMERS],
                       sheet->suspect.key, sheet->suspect.len, &value))
        {
            return;
        }
    }

    fs_set_aside(sheet, &sheet->suspect, "there is nothing to do by it");
}


/* Steps done, at most `limit`. */

static unsigned
fs_timer_run(fs_sheet_t *sheet, const fs_now_t *now, const fs_timer_t *timer,
    unsigned limit)
{
    fs_seq_t    seq;
    fs_sale_t  *sale;

    switch (timer->kind) {

    case FS_TIMER_OPEN:
    case FS_TIMER_CLOSE:
        sale = fs_sheet_sale(sheet, timer->sale);

        if (sale == NULL) {
            return 0;
        }

        seq = sheet->seq;
        fs_open_close(sheet, sale, now);

        return (sheet->seq != seq) ? 1 : 0;

    case FS_TIMER_DUE:
        return fs_timer_due(sheet, now, timer->sale, limit);

    case FS_TIMER_SWEEP:
        return fs_timer_sweep(sheet, now, limit);

    case FS_TIMER_DECIDE:
        return fs_timer_decide(sheet, now, timer->sale, limit);

    case FS_TIMER_RETURN:
        return fs_timer_return(sheet, now, timer->sale, timer->pickup, limit);

    case FS_TIMER_QUEUE:
        return fs_serve_queue(sheet, timer->sale, limit, now);

    case FS_TIMER_FREEZE:
        return fs_freeze_due(sheet, timer->sale, now);

    case FS_TIMER_SETTLE:
        return fs_settle_sale(sheet, timer->sale, limit, now);

    case FS_TIMER_DRAW:
        return fs_draw_due(sheet, timer->sale, limit, now);

    case FS_TIMER_CLAIM:
        return fs_claim_due(sheet, timer, now);

    case FS_TIMER_GIVEN:
        return fs_hand_over_given(sheet, timer, now);

    case FS_TIMER_RECEIVE:
        return fs_receive_lines(sheet, timer->sale, timer->pickup,
                                (uint16_t) timer->seq, limit, now);
    }

    return 0;
}


/* The holds of a sale whose time is over, in the order of their times. */

static unsigned
fs_timer_due(fs_sheet_t *sheet, const fs_now_t *now, uint32_t number,
    unsigned limit)
{
    int64_t   due;
    unsigned  done;
    fs_seq_t  seq;

    if (fs_sheet_sale(sheet, number) == NULL) {
        return 0;
    }

    for (done = 0; done < limit && !sheet->failed; done++) {

        if (!fs_sheet_first_due(sheet, number, &due, &seq)
            || due > now->mono)
        {
            break;
        }

        fs_expire_row(sheet, number, due, seq, now);
    }

    return done;
}


/*
 * Keys that were kept long enough.  No entry says so: such a key counts as
 * absent already.
 */

static unsigned
fs_timer_sweep(fs_sheet_t *sheet, const fs_now_t *now, unsigned limit)
{
    int64_t     time;
    unsigned    done;
    fs_seq_t    seq;
    fs_aside_t  row;
    fs_entry_t  entry;

    for (done = 0; done < limit && !sheet->failed; done++) {

        if (!fs_sheet_first_due(sheet, 0, &time, &seq) || time > now->mono) {
            break;
        }

        if (fs_sheet_look_entry(sheet, seq, &entry) != 1) {
            fs_aside_due(&row, 0, time, seq);
            fs_set_aside(sheet, &row, "its entry cannot be read");
            continue;
        }

        fs_sheet_unbind(sheet, fs_entry_keyed_by(&entry), entry.key, seq);
        fs_due_swept(sheet, time, seq);
    }

    return done;
}


static unsigned
fs_timer_decide(fs_sheet_t *sheet, const fs_now_t *now, uint32_t number,
    unsigned limit)
{
    int                bad;
    unsigned           done;
    fs_sale_t         *sale;
    fs_entry_t         entry;
    const fs_group_t  *group;

    bad = 0;
    sale = fs_sheet_sale(sheet, number);

    if (sale == NULL || !sale->closed || sale->held != 0 || sale->decided
        || sale->goal == 0 || sale->settling)
    {
        return 0;
    }

    done = 0;

    if (sale->goal_by == FS_GOAL_BY_SALE) {
        group = fs_sheet_group(sheet, number, 0, 0);

        if (group == NULL || group->state == FS_GROUP_OPEN) {
            fs_emit_failed(sheet, now, number, 0);
            done++;
        }

    } else {
        done = fs_decide_groups(sheet, now, sale, limit, &bad);
    }

    if (done >= limit) {
        return limit;
    }

    if (bad) {

        /* not decided: with an index in which that group can be read */

        fs_set_aside(sheet, &sheet->suspect, "a group of it was set aside");
        return done + 1;
    }

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.type = FS_ENTRY_DECIDED;
    entry.sale = number;
    fs_emit(sheet, &entry, now);

    return done + 1;
}


/*
 * Walk through the groups of a sale and fail those that are open.  Returns
 * `limit` when the walk has not come to its end; *bad: it has, but for groups
 * that were set aside.
 */

static unsigned
fs_decide_groups(fs_sheet_t *sheet, const fs_now_t *now, fs_sale_t *sale,
    unsigned limit, int *bad)
{
    int          found;
    uint32_t     pickup;
    unsigned     done, looked;
    fs_walk_t   *walk;
    fs_group_t   group;
    fs_aside_t   row, before;

    fs_walk_check(sheet, sale);
    fs_sheet_flush_groups(sheet);

    walk = &sheet->cache->walk;
    done = 0;
    looked = 0;
    before = sheet->suspect;

    for ( ;; ) {
        found = fs_next_group(sheet, sale->number, walk->pickup, &pickup,
                              &group);
        if (found == 0) {
            break;
        }

        if (done == limit || looked == limit * FS_WALK_GROUPS
            || sheet->failed)
        {
            walk->version = sale->version;
            walk->batch = sheet->cache->batch;
            return limit;
        }

        looked++;
        fs_aside_group(&row, sale->number, pickup);

        if (found == -1 || group.state == FS_GROUP_OPEN) {

            if (fs_is_aside(sheet, &row)) {
                walk->bad = 1;

            } else if (found == -1) {
                fs_set_aside(sheet, &row, "it cannot be read");
                walk->bad = 1;

            } else {
                sheet->suspect = row;
                fs_emit_failed(sheet, now, sale->number, pickup);
                done++;
            }
        }

        if (!sheet->failed) {
            sheet->suspect = before;
        }

        walk->pickup = pickup + 1;
    }

    *bad = (int) walk->bad;
    walk->sale = 0;

    return done;
}


/* 1: found; -1: it cannot be read; 0: no more. */

static int
fs_next_group(fs_sheet_t *sheet, uint32_t sale, uint32_t from,
    uint32_t *pickup, fs_group_t *group)
{
    uint8_t   key[FS_GROUP_KEY_LEN];
    fs_str_t  found, value;

    fs_group_key(key, sale, from);

    if (!fs_db_seek(sheet->index, sheet->store->index_dbi[FS_INDEX_GROUPS],
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
fs_walk_check(fs_sheet_t *sheet, const fs_sale_t *sale)
{
    fs_walk_t   *walk;
    fs_entry_t   entry;

    walk = &sheet->cache->walk;

    if (walk->sale == sale->number && walk->version == sale->version
        && walk->seq != 0
        && fs_sheet_entry(sheet, walk->seq, &entry)
        && memcmp(entry.hash, walk->hash, FS_HASH_LEN) == 0)
    {
        return;
    }

    memset(walk, 0, sizeof(fs_walk_t));
    walk->sale = sale->number;
}


static void
fs_emit_failed(fs_sheet_t *sheet, const fs_now_t *now, uint32_t sale,
    uint32_t pickup)
{
    fs_entry_t         entry;
    const fs_group_t  *group;

    group = fs_sheet_group(sheet, sale, pickup, 0);

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.type = FS_ENTRY_FAILED;
    entry.sale = sale;
    entry.pickup = pickup;
    entry.qty = (group != NULL) ? (int32_t) group->joined : 0;

    fs_emit(sheet, &entry, now);
}


/* Return the orders of a failed group that are left. */

static unsigned
fs_timer_return(fs_sheet_t *sheet, const fs_now_t *now, uint32_t number,
    uint32_t pickup, unsigned limit)
{
    unsigned           done;
    fs_seq_t           seq, before;
    const char        *why;
    fs_aside_t         suspect;
    const fs_group_t  *group;

    group = fs_sheet_group(sheet, number, pickup, 0);

    if (group == NULL || group->state != FS_GROUP_FAILED) {
        return 0;
    }

    suspect = sheet->suspect;
    done = 0;

    while (done < limit && !sheet->failed) {
        seq = fs_sheet_first_member(sheet, number, pickup);

        if (seq == 0) {
            break;
        }

        fs_aside_member(&sheet->suspect, number, pickup, seq);

        before = sheet->seq;
        why = fs_return_order(sheet, number, seq, now);

        if (why != NULL && !sheet->failed) {
            fs_set_aside(sheet, &sheet->suspect, why);
        }

        done += (why != NULL) ? 1 : (unsigned) (sheet->seq - before);

        if (!sheet->failed) {
            sheet->suspect = suspect;
        }
    }

    return (done < limit) ? done : limit;
}


/* Return an order's line.  NULL, or why it cannot be. */

static const char *
fs_return_order(fs_sheet_t *sheet, uint32_t sale, fs_seq_t seq,
    const fs_now_t *now)
{
    unsigned   i;
    fs_hold_t  hold;

    if (fs_sheet_look_hold(sheet, seq, &hold) != 1) {
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

    if (hold.lines[i].owed_qty == hold.lines[i].qty) {
        return "all of it was returned";
    }

    if (!fs_return_line(sheet, &hold, i, FS_REASON_GROUP_FAILED, NULL, now)) {
        return "its payment is not there";
    }

    return NULL;
}
