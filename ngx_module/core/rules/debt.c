
/*
 * Debts: what a line still has to give back, and the entries that say so.
 *
 * Unit k of the q of a line that was sold for L is worth
 * floor(k L / q) - floor((k - 1) L / q): all of them together are worth L,
 * whatever is owed for which reason and in which order.
 */

#include "rules/rules.h"
#include "sheet/sheet_debts.h"


int64_t
fs_line_left(const fs_line_t *line)
{
    return fs_line_paid(line) - line->owed_fen;
}


/* Fits: a line is FS_PRICE_MAX * FS_QTY_MAX at most, times FS_QTY_MAX. */

int64_t
fs_line_worth(const fs_line_t *line, uint32_t qty)
{
    int64_t  paid;

    paid = fs_line_paid(line);

    return paid * (line->owed_qty + qty) / line->qty
           - paid * line->owed_qty / line->qty;
}


int
fs_emit_owed(fs_sheet_t *sheet, fs_hold_t *hold, unsigned line, uint32_t qty,
    int64_t amount_fen, fs_reason_t reason, const fs_command_t *command,
    const fs_now_t *now)
{
    fs_entry_t         entry;
    const fs_group_t  *group;

    fs_entry_about_line(&entry, hold, line, FS_ENTRY_OWED);

    if (!fs_sheet_sold_for(sheet, hold->seq, entry.id2)) {
        return 0;
    }

    entry.qty = (int32_t) qty;
    entry.amount_fen = amount_fen;
    entry.reason = (uint8_t) reason;
    entry.time1 = now->wall + sheet->store->conf.refund_ms;

    group = fs_line_group(sheet, hold, line);

    if (qty != 0 && group != NULL && group->state == FS_GROUP_OPEN
        && fs_sheet_member(sheet, group->sale, group->pickup, hold->seq) != 0)
    {
        entry.flags |= FS_ENTRY_LEFT;
    }

    if (command != NULL) {
        fs_entry_asked(&entry, command);
    }

    fs_emit(sheet, &entry, now);

    if (!fs_sheet_hold(sheet, hold->seq, hold)) {
        return 0;
    }

    fs_give_gift_back(sheet, hold, now);

    return 1;
}


void
fs_owe_units(fs_sheet_t *sheet, fs_hold_t *hold, unsigned line, uint32_t qty,
    fs_reason_t reason, const fs_now_t *now)
{
    int64_t           amount, left;
    uint32_t          most;
    const fs_line_t  *of;

    of = &hold->lines[line];
    most = of->qty - of->owed_qty;

    if (qty > most) {
        qty = most;
    }

    if (qty == 0) {
        return;
    }

    amount = fs_line_worth(of, qty);
    left = fs_line_left(of);

    (void) fs_emit_owed(sheet, hold, line, qty,
                        (amount < left) ? amount : left, reason, NULL, now);
}


void
fs_emit_restocked(fs_sheet_t *sheet, fs_hold_t *hold, unsigned line,
    uint32_t qty, const fs_now_t *now)
{
    fs_entry_t  entry;

    if (qty == 0) {
        return;
    }

    fs_entry_about_line(&entry, hold, line, FS_ENTRY_RESTOCKED);
    entry.qty = (int32_t) qty;

    fs_emit(sheet, &entry, now);
    fs_sheet_hold(sheet, hold->seq, hold);
}


void
fs_emit_payment_owed(fs_sheet_t *sheet, const fs_hold_t *hold,
    const fs_command_t *command, fs_reason_t reason, const fs_now_t *now)
{
    fs_entry_t  entry;

    fs_entry_about(&entry, hold, FS_ENTRY_OWED);
    entry.reason = (uint8_t) reason;
    entry.amount_fen = command->paid_fen;
    entry.time1 = now->wall + sheet->store->conf.refund_ms;
    memcpy(entry.id2, command->reference, FS_REFERENCE_LEN);

    fs_emit(sheet, &entry, now);
}


int
fs_return_line(fs_sheet_t *sheet, fs_hold_t *hold, unsigned line,
    fs_reason_t reason, const fs_command_t *command, const fs_now_t *now)
{
    uint32_t          qty;
    const fs_line_t  *of;

    of = &hold->lines[line];
    qty = of->qty - of->owed_qty;

    if (!fs_emit_owed(sheet, hold, line, qty, fs_line_left(of),
                      reason, command, now))
    {
        return 0;
    }

    if (of->goods != FS_GOODS_HANDED_OVER) {
        fs_emit_restocked(sheet, hold, line, qty, now);
    }

    return 1;
}


void
fs_return_failed(fs_sheet_t *sheet, fs_hold_t *hold, const fs_now_t *now)
{
    unsigned  i;

    for (i = 0; hold->paid && i < hold->lines_n && !sheet->failed; i++) {
        if (fs_line_failed(sheet, hold, i)) {
            (void) fs_return_line(sheet, hold, i, FS_REASON_GROUP_FAILED,
                                  NULL, now);
        }
    }
}


void
fs_return_called_off(fs_sheet_t *sheet, fs_hold_t *hold, const fs_now_t *now)
{
    unsigned  i;

    for (i = 0; i < hold->lines_n && !sheet->failed; i++) {
        if (fs_line_called_off(sheet, hold, i)) {
            (void) fs_return_line(sheet, hold, i, FS_REASON_SALE_CANCELLED,
                                  NULL, now);
        }
    }
}
