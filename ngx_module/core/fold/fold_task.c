
/*
 * What is owed of a whole sale: it was called off, or its buyers are
 * compensated.  The debts follow line by line, in the order in which was paid;
 * a task says how far they are, by the entries of the debts alone.
 */

#include "fold/fold.h"
#include "fold/fold_draw.h"
#include "fold/fold_task.h"
#include "sheet/sheet_lines.h"
#include "sheet/sheet_tasks.h"

static void fs_fold_task(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_task_kind_t kind);
static void fs_fold_settle_timer(fs_sheet_t *sheet, uint32_t sale, int set);


void
fs_fold_line_paid(fs_sheet_t *sheet, const fs_hold_t *hold, unsigned i,
    const fs_line_t *was, fs_seq_t sold)
{
    int        owes;
    fs_paid_t  paid;

    owes = fs_line_owes(&hold->lines[i]);

    if (owes == (was != NULL && fs_line_owes(was))) {
        return;
    }

    paid.sale = hold->lines[i].sale;
    paid.sold = sold;
    paid.hold = hold->seq;
    paid.line = (uint8_t) i;

    fs_sheet_set_paid(sheet, &paid, owes);
}


/* Closed for good, also when it was not open yet. */

void
fs_fold_called_off(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot)
{
    if (!fs_must(sheet, !slot->sale.called_off)) {
        return;
    }

    slot->sale.called_off = 1;
    slot->sale.settling = 1;

    if (!slot->sale.closed) {
        slot->sale.closed = 1;
        fs_shelf_end(sheet, entry->sale, entry->seq, entry->at);
        fs_fold_draw_closed(sheet, entry, &slot->sale);
    }

    fs_fold_task(sheet, entry, FS_TASK_CALL_OFF);
}


void
fs_fold_compensated(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    fs_fold_task(sheet, entry, FS_TASK_COMPENSATE);
}


static void
fs_fold_task(fs_sheet_t *sheet, const fs_entry_t *entry, fs_task_kind_t kind)
{
    fs_task_t  task;

    task.sale = entry->sale;
    task.seq = entry->seq;
    task.kind = (uint8_t) kind;
    task.fen_each = entry->amount_fen;
    task.sold = 0;

    fs_sheet_put_task(sheet, &task);
    fs_fold_settle_timer(sheet, entry->sale, 1);
}


void
fs_fold_settled(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot)
{
    fs_seq_t   of;
    fs_task_t  task;

    of = (fs_seq_t) entry->time1;

    if (!fs_must(sheet, fs_sheet_next_task(sheet, entry->sale, of - 1, &task)
                        && task.seq == of))
    {
        return;
    }

    fs_sheet_delete_task(sheet, &task);

    if (task.kind == FS_TASK_CALL_OFF) {
        slot->sale.settling = 0;
    }

    if (!fs_sheet_next_task(sheet, entry->sale, 0, &task)) {
        fs_fold_settle_timer(sheet, entry->sale, 0);
    }
}


/*
 * The first task of this kind that has not come so far: they are worked on one
 * after the other.  Who paid after a sale was called off is owed at once, and
 * is none of its.
 */

void
fs_fold_task_owed(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    uint8_t    kind;
    fs_seq_t   sold;
    fs_task_t  task;

    switch (entry->reason) {

    case FS_REASON_SALE_CANCELLED:
        kind = FS_TASK_CALL_OFF;
        break;

    case FS_REASON_COMPENSATION:
        kind = FS_TASK_COMPENSATE;
        break;

    default:
        return;
    }

    sold = fs_sheet_sold_by(sheet, entry->hold);
    task.seq = 0;

    while (fs_sheet_next_task(sheet, entry->sale, task.seq, &task)) {

        if (task.kind == kind) {
            if (sold > task.sold && sold < task.seq) {
                task.sold = sold;
                fs_sheet_put_task(sheet, &task);
            }

            return;
        }
    }
}


static void
fs_fold_settle_timer(fs_sheet_t *sheet, uint32_t sale, int set)
{
    fs_timer_t  timer;

    memset(&timer, 0, sizeof(fs_timer_t));
    timer.clock = 'm';
    timer.kind = FS_TIMER_SETTLE;
    timer.sale = sale;

    fs_sheet_set_timer(sheet, &timer, set);
}
