
/*
 * Debts of a whole sale: it was called off, or its buyers are compensated.  A
 * bounded number of lines a pass, in the order in which was paid; the task's
 * row says how far that is, and for lines that need no entry the memory of the
 * thread, which only saves looking at them again.
 */

#include "fold/aside.h"
#include "rules/rules.h"
#include "sheet/sheet_lines.h"
#include "sheet/sheet_tasks.h"


/* Lines looked at for one step. */
#define FS_SETTLE_LOOKS  8


static unsigned fs_settle_task(fs_sheet_t *sheet, const fs_task_t *task,
    unsigned limit, const fs_now_t *now);
static const char *fs_settle_line(fs_sheet_t *sheet, const fs_task_t *task,
    const fs_paid_t *paid, const fs_now_t *now);
static int fs_compensate_line(fs_sheet_t *sheet, const fs_task_t *task,
    fs_hold_t *hold, unsigned line, const fs_now_t *now);
static fs_seq_t fs_settle_from(fs_sheet_t *sheet, const fs_task_t *task);
static void fs_settle_keep(fs_sheet_t *sheet, fs_seq_t sold);


unsigned
fs_settle_sale(fs_sheet_t *sheet, uint32_t sale, unsigned limit,
    const fs_now_t *now)
{
    unsigned   done;
    fs_seq_t   last;
    fs_task_t  task;

    done = 0;
    last = 0;

    while (done < limit && !sheet->failed
           && fs_sheet_next_task(sheet, sale, 0, &task) && task.seq != last)
    {
        last = task.seq;
        done += fs_settle_task(sheet, &task, limit - done, now);
    }

    return done;
}


static unsigned
fs_settle_task(fs_sheet_t *sheet, const fs_task_t *task, unsigned limit,
    const fs_now_t *now)
{
    int          found;
    unsigned     looked, done;
    fs_seq_t     from, before;
    fs_paid_t    paid;
    fs_entry_t   entry;
    fs_aside_t   suspect;
    const char  *why;

    from = fs_settle_from(sheet, task);
    suspect = sheet->suspect;
    done = 0;

    for (looked = 0; !sheet->failed; looked++) {
        found = fs_sheet_next_paid(sheet, task->sale, from, &paid);

        if (found == 0 || paid.sold > task->seq) {
            break;
        }

        if (done >= limit || looked == limit * FS_SETTLE_LOOKS) {
            fs_settle_keep(sheet, from);
            return limit;
        }

        before = sheet->seq;
        fs_aside_paid(&sheet->suspect, task->sale, paid.sold);

        why = (found == 1) ? fs_settle_line(sheet, task, &paid, now)
                           : "it cannot be read";

        if (why != NULL && !sheet->failed) {
            fs_set_aside(sheet, &sheet->suspect, why);
            done++;
        }

        done += (unsigned) (sheet->seq - before);
        from = paid.sold;

        if (!sheet->failed) {
            sheet->suspect = suspect;
        }
    }

    if (sheet->failed || done >= limit) {
        fs_settle_keep(sheet, from);
        return limit;
    }

    if (fs_is_aside_paid(sheet, task->sale)) {

        /* not settled: with an index in which that line can be read */

        fs_set_aside(sheet, &sheet->suspect, "a line of it was set aside");
        return done + 1;
    }

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.type = FS_ENTRY_SETTLED;
    entry.sale = task->sale;
    entry.time1 = (int64_t) task->seq;
    fs_emit(sheet, &entry, now);

    return done + 1;
}


/* NULL: it is done; or why it cannot be. */

static const char *
fs_settle_line(fs_sheet_t *sheet, const fs_task_t *task,
    const fs_paid_t *paid, const fs_now_t *now)
{
    int        written;
    fs_hold_t  hold;

    if (fs_sheet_look_hold(sheet, paid->hold, &hold) != 1) {
        return "its hold cannot be read";
    }

    if (!hold.paid || paid->line >= hold.lines_n
        || hold.lines[paid->line].sale != paid->sale)
    {
        return "its hold has no such line";
    }

    if (!fs_line_owes(&hold.lines[paid->line])) {
        return "all of it is owed";
    }

    written = (task->kind == FS_TASK_CALL_OFF)
              ? fs_return_line(sheet, &hold, paid->line,
                               FS_REASON_SALE_CANCELLED, NULL, now)
              : fs_compensate_line(sheet, task, &hold, paid->line, now);

    return written ? NULL : "its payment is not there";
}


/* For each unit that was handed over, as far as something is left.  0: as
 * fs_emit_owed(). */

static int
fs_compensate_line(fs_sheet_t *sheet, const fs_task_t *task, fs_hold_t *hold,
    unsigned line, const fs_now_t *now)
{
    int64_t     amount, left;
    fs_tally_t  units;

    fs_tally_line(&hold->lines[line], &units);

    left = fs_line_left(&hold->lines[line]);
    amount = task->fen_each * units.handed_over;

    if (amount > left) {
        amount = left;
    }

    return amount == 0
           || fs_emit_owed(sheet, hold, line, 0, amount,
                           FS_REASON_COMPENSATION, NULL, now);
}


/*
 * The line after which to go on: the last one that is owed, or a later one
 * that this thread looked at in vain, if the ledger is still that one.
 */

static fs_seq_t
fs_settle_from(fs_sheet_t *sheet, const fs_task_t *task)
{
    fs_entry_t      entry;
    fs_settling_t  *place;

    place = &sheet->cache->settling;

    if (place->sale == task->sale && place->task == task->seq) {

        if (place->batch != sheet->cache->batch
            && (place->seq == 0 || !fs_sheet_entry(sheet, place->seq, &entry)
                || memcmp(entry.hash, place->hash, FS_HASH_LEN) != 0))
        {
            place->sold = 0;
        }

        if (place->batch != sheet->cache->batch) {
            place->next = place->sold;
        }

    } else {
        memset(place, 0, sizeof(fs_settling_t));
        place->sale = task->sale;
        place->task = task->seq;
    }

    return place->next > task->sold ? place->next : task->sold;
}


/* Not before the batch is whole: see fs_sheet_end(). */

static void
fs_settle_keep(fs_sheet_t *sheet, fs_seq_t sold)
{
    sheet->cache->settling.next = sold;
    sheet->cache->settling.batch = sheet->cache->batch;
}
