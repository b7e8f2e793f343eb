
/*
 * What is owed back.  A debt is of a payment that sold nothing, or of a line
 * of an order; a line counts what it owes, so that it never owes more than
 * was paid for it, nor one unit twice.  Goods are another matter: a debt
 * moves none, and `restocked` moves units only.
 *
 * A debt of nothing (of what was given away) is settled as it is written.
 */

#include "fold/fold.h"
#include "fold/fold_task.h"
#include "sheet/sheet_debts.h"

static int fs_fold_debtor(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_hold_t *hold);
static void fs_fold_debt(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_hold_t *hold, int64_t due_at);
static void fs_fold_payment_owed(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_hold_t *hold);
static fs_line_t *fs_fold_line(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_hold_t *hold, fs_line_t *was);
static int fs_fold_line_owed(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_line_t *line);
static int fs_fold_line_restocked(fs_sheet_t *sheet,
    const fs_entry_t *entry, const fs_hold_t *hold, fs_line_t *line);
static void fs_fold_left(fs_sheet_t *sheet, const fs_entry_t *entry,
    const fs_hold_t *hold, const fs_line_t *line, fs_sale_slot_t *slot);
static void fs_fold_debtor_state(fs_hold_t *hold);


void
fs_fold_owed(fs_sheet_t *sheet, const fs_entry_t *entry, fs_sale_slot_t *slot)
{
    fs_hold_t   hold;
    fs_line_t   was, *line;

    if (!fs_fold_debtor(sheet, entry, &hold)) {
        return;
    }

    if (slot == NULL) {
        fs_fold_payment_owed(sheet, entry, &hold);

    } else {
        line = fs_fold_line(sheet, entry, &hold, &was);

        if (line == NULL || !fs_fold_line_owed(sheet, entry, line)) {
            return;
        }

        fs_fold_line_moved(sheet, &hold, entry->line, &was);
        fs_fold_left(sheet, entry, &hold, line, slot);
        fs_fold_task_owed(sheet, entry);
    }

    fs_fold_debt(sheet, entry, &hold, entry->time1);
}


void
fs_fold_refund_due(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    fs_hold_t  hold;

    if (fs_fold_debtor(sheet, entry, &hold)) {
        fs_fold_payment_owed(sheet, entry, &hold);
        fs_fold_debt(sheet, entry, &hold, entry->at);
    }
}


/* A line of an order whose group failed: its money and its units. */

void
fs_fold_returned(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot)
{
    fs_hold_t   hold;
    fs_line_t   was, *line;

    if (!fs_fold_hold(sheet, entry, &hold)) {
        return;
    }

    line = fs_fold_line(sheet, entry, &hold, &was);

    if (line == NULL || !fs_fold_line_owed(sheet, entry, line)
        || !fs_fold_line_restocked(sheet, entry, &hold, line))
    {
        return;
    }

    fs_fold_line_moved(sheet, &hold, entry->line, &was);
    fs_fold_left(sheet, entry, &hold, line, slot);
    fs_fold_debt(sheet, entry, &hold, entry->at);
}


void
fs_fold_restocked(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    fs_hold_t   hold;
    fs_line_t   was, *line;

    if (!fs_fold_debtor(sheet, entry, &hold)) {
        return;
    }

    line = fs_fold_line(sheet, entry, &hold, &was);

    if (line == NULL || !fs_fold_line_restocked(sheet, entry, &hold, line)) {
        return;
    }

    fs_fold_line_moved(sheet, &hold, entry->line, &was);
    fs_fold_order_state(&hold);
    fs_sheet_put_hold(sheet, &hold, 0);
}


/* A debt is back with its buyer. */

void
fs_fold_refunded(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    int           found;
    fs_debt_t     debt;
    fs_hold_t     hold;
    fs_payment_t  row;

    if (!fs_fold_debtor(sheet, entry, &hold)) {
        return;
    }

    if (entry->time1 != 0) {
        found = fs_sheet_debt(sheet, hold.seq, (fs_seq_t) entry->time1,
                              &debt);

    } else {

        /* by payment and sale, as it was before debts had ids */

        for (found = fs_sheet_next_debt(sheet, hold.seq, 0, &debt);
             found
             && (debt.sale != entry->sale
                 || memcmp(debt.payment, entry->id2, FS_REFERENCE_LEN) != 0
                 || (debt.refunded != 0 && debt.amount_fen != 0));
             found = fs_sheet_next_debt(sheet, hold.seq, debt.seq, &debt))
        {
            /* void */
        }
    }

    if (!fs_must(sheet, found)
        || !fs_must(sheet, debt.amount_fen == entry->amount_fen))
    {
        return;
    }

    if (debt.amount_fen != 0) {

        if (!fs_must(sheet, debt.refunded == 0)) {
            return;
        }

        debt.refunded = entry->seq;
        debt.refunded_at = entry->at;
        fs_sheet_settle_debt(sheet, &debt);
    }

    /* the refund's own reference, so that it settles one debt of the store */

    memset(&row, 0, sizeof(fs_payment_t));
    row.outcome = FS_ENTRY_REFUNDED;
    row.amount_fen = entry->amount_fen;
    row.seq = entry->seq;
    fs_sheet_put_payment(sheet, hold.seq, entry->id1, FS_REFUND_MARK, &row);
    fs_sheet_put_payment(sheet, FS_REFUND_ANY, entry->id1, FS_REFUND_MARK,
                         &row);

    if (entry->flags & FS_ENTRY_OTHER_LIFE) {
        return;
    }

    if (!fs_must(sheet, hold.owed_fen >= debt.amount_fen)) {
        return;
    }

    hold.owed_fen -= debt.amount_fen;
    hold.refunded_fen += debt.amount_fen;
    fs_fold_debtor_state(&hold);
    fs_sheet_put_hold(sheet, &hold, 0);
}


/* Of another life only the number is known. */

static int
fs_fold_debtor(fs_sheet_t *sheet, const fs_entry_t *entry, fs_hold_t *hold)
{
    if (entry->flags & FS_ENTRY_OTHER_LIFE) {
        memset(hold, 0, sizeof(fs_hold_t));
        hold->seq = entry->hold;
        return 1;
    }

    if (!fs_sheet_hold(sheet, entry->hold, hold)) {
        sheet->failed = 1;
        return 0;
    }

    return 1;
}


static void
fs_fold_debt(fs_sheet_t *sheet, const fs_entry_t *entry, fs_hold_t *hold,
    int64_t due_at)
{
    fs_debt_t  debt;

    memset(&debt, 0, sizeof(fs_debt_t));
    debt.seq = entry->seq;
    debt.hold = hold->seq;
    debt.reason = entry->reason;
    debt.sale = entry->sale;
    debt.qty = (uint32_t) entry->qty;
    debt.amount_fen = entry->amount_fen;
    debt.due_at = due_at;
    memcpy(debt.payment, entry->id2, FS_REFERENCE_LEN);

    if (debt.amount_fen == 0) {
        debt.refunded = entry->seq;
        debt.refunded_at = entry->at;
    }

    fs_sheet_add_debt(sheet, &debt);

    if (entry->flags & FS_ENTRY_OTHER_LIFE) {
        return;
    }

    hold->owed_fen += debt.amount_fen;
    fs_fold_debtor_state(hold);
    fs_sheet_put_hold(sheet, hold, 0);
}


/*
 * A payment that sold nothing.  What is live or sold stays so: the payment
 * had the wrong amount, or was the second one.
 */

static void
fs_fold_payment_owed(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_hold_t *hold)
{
    uint8_t       reference[FS_REFERENCE_LEN];
    fs_payment_t  row;

    memset(&row, 0, sizeof(fs_payment_t));
    row.outcome = FS_ENTRY_OWED;
    row.reason = entry->reason;
    row.amount_fen = entry->amount_fen;
    row.seq = entry->seq;

    fs_sheet_put_payment(sheet, hold->seq, entry->id2, 0, &row);

    if (entry->seq == entry->hold) {

        /* the first one of its hold, which has this number from now on */

        fs_other_reference(reference, (fs_seq_t) entry->time2, entry->number);
        fs_sheet_put_payment(sheet, FS_OTHER_HOLDS, reference, 0, &row);
    }

    switch (hold->state) {

    case FS_HOLD_RELEASED:
    case FS_HOLD_EXPIRED:
    case FS_HOLD_CANCELLED:
        hold->state = FS_HOLD_REFUND_DUE;
        break;
    }
}


/* The line that the entry is about, and as it is before; NULL: it is none of
 * an order. */

static fs_line_t *
fs_fold_line(fs_sheet_t *sheet, const fs_entry_t *entry, fs_hold_t *hold,
    fs_line_t *was)
{
    fs_line_t  *line;

    if (!fs_must(sheet, hold->paid)
        || !fs_must(sheet, entry->line < hold->lines_n))
    {
        return NULL;
    }

    line = &hold->lines[entry->line];
    *was = *line;

    return fs_must(sheet, line->sale == entry->sale) ? line : NULL;
}


static int
fs_fold_line_owed(fs_sheet_t *sheet, const fs_entry_t *entry, fs_line_t *line)
{
    if (!fs_must(sheet, entry->amount_fen >= 0)
        || !fs_must(sheet, line->owed_fen + entry->amount_fen
                           <= fs_line_paid(line))
        || !fs_must(sheet, line->owed_qty + (uint32_t) entry->qty
                           <= line->qty))
    {
        return 0;
    }

    line->owed_fen += entry->amount_fen;
    line->owed_qty = (uint16_t) (line->owed_qty + entry->qty);

    return 1;
}


/* Units go back to the sale: fs_fold_units() has moved them there. */

static int
fs_fold_line_restocked(fs_sheet_t *sheet, const fs_entry_t *entry,
    const fs_hold_t *hold, fs_line_t *line)
{
    fs_units_t  units;

    fs_sheet_units(sheet, hold->buyer, entry->sale, &units);

    if (!fs_must(sheet, line->restocked + (uint32_t) entry->qty <= line->qty)
        || !fs_must(sheet, units.taken >= (uint32_t) entry->qty))
    {
        return 0;
    }

    line->restocked = (uint16_t) (line->restocked + entry->qty);
    units.taken -= (uint32_t) entry->qty;
    fs_sheet_put_units(sheet, hold->buyer, entry->sale, &units);

    return 1;
}


/*
 * Units that are owed back no longer count to their group, if it is open;
 * and an order of which all is owed no longer waits for the return of a
 * group that failed.
 */

static void
fs_fold_left(fs_sheet_t *sheet, const fs_entry_t *entry,
    const fs_hold_t *hold, const fs_line_t *line, fs_sale_slot_t *slot)
{
    uint32_t     pickup, units;
    fs_group_t  *group;

    pickup = (slot->sale.goal_by == FS_GOAL_BY_PICKUP) ? hold->pickup : 0;
    units = fs_sheet_member(sheet, entry->sale, pickup, hold->seq);

    if (units == 0 || entry->qty == 0) {
        return;
    }

    group = fs_sheet_group(sheet, entry->sale, pickup, 1);
    if (group == NULL) {
        return;
    }

    if (entry->flags & FS_ENTRY_LEFT) {

        if (!fs_must(sheet, group->state == FS_GROUP_OPEN)
            || !fs_must(sheet, units >= (uint32_t) entry->qty
                               && group->joined >= (uint32_t) entry->qty
                               && slot->sale.joined >= (uint32_t) entry->qty))
        {
            return;
        }

        group->joined -= (uint32_t) entry->qty;
        slot->sale.joined -= (uint32_t) entry->qty;
        fs_sheet_put_member(sheet, entry->sale, pickup, hold->seq,
                            units - (uint32_t) entry->qty);
        return;
    }

    if (group->state == FS_GROUP_FAILED && line->owed_qty == line->qty) {
        fs_sheet_put_member(sheet, entry->sale, pickup, hold->seq, 0);
        fs_due_returns_left(sheet, entry->sale, pickup);
    }
}


static void
fs_fold_debtor_state(fs_hold_t *hold)
{
    if (hold->paid) {
        fs_fold_order_state(hold);

    } else if (hold->state == FS_HOLD_REFUND_DUE
               || hold->state == FS_HOLD_REFUNDED)
    {
        hold->state = fs_hold_back_state(hold);
    }
}
