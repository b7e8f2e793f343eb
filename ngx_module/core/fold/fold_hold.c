
/*
 * The fold of what concerns a hold: its lines, its payments, its buyer's
 * units and the group that it counts to.  See fold.c.
 */

#include "fold/fold.h"
#include "sheet/sheet.h"

static void fs_fold_lapse(fs_units_t *units, int64_t at);
static void fs_fold_joined(fs_sheet_t *sheet, const fs_entry_t *entry, const
    fs_hold_t *hold, fs_sale_slot_t *slot);
static void fs_fold_paid(fs_sheet_t *sheet, const fs_entry_t *entry, const
    fs_hold_t *hold);


void
fs_fold_held(fs_sheet_t *sheet, const fs_entry_t *entry, fs_sale_slot_t *slot)
{
    fs_hold_t   hold;
    fs_line_t  *line;
    fs_buyer_t  buyer;
    fs_units_t  units;

    if (!fs_must(sheet, entry->line < FS_LINES_MAX)
        || !fs_must(sheet, entry->qty > 0 && entry->qty <= FS_QTY_MAX))
    {
        return;
    }

    if (entry->line == 0) {
        fs_sheet_buyer(sheet, entry->id1, &buyer);

        memset(&hold, 0, sizeof(fs_hold_t));
        hold.seq = entry->hold;
        hold.previous = buyer.newest;
        memcpy(hold.buyer, entry->id1, FS_BUYER_LEN);
        hold.state = FS_HOLD_HELD;
        hold.pickup = entry->pickup;
        hold.created_at = entry->at;
        hold.expires_at = entry->time1;
        hold.due = entry->time2;
        hold.length_ms = entry->number;

        buyer.live++;
        buyer.newest = hold.seq;
        fs_sheet_put_buyer(sheet, entry->id1, &buyer);

        if (!fs_all_zero(entry->key, FS_KEY_HASH_LEN)) {
            fs_sheet_bind(sheet, entry->id1, entry->key, hold.seq);
        }

    } else if (!fs_sheet_hold(sheet, entry->hold, &hold)) {
        sheet->failed = 1;
        return;
    }

    if (!fs_must(sheet, hold.state == FS_HOLD_HELD)
        || !fs_must(sheet, hold.lines_n == entry->line))
    {
        return;
    }

    line = &hold.lines[entry->line];
    line->sale = entry->sale;
    line->qty = (uint32_t) entry->qty;
    line->price_fen = entry->amount_fen;
    hold.lines_n = entry->line + 1;

    fs_sheet_put_hold(sheet, &hold, entry->line == 0);

    fs_sheet_units(sheet, entry->id1, entry->sale, &units);
    units.taken += line->qty;
    (void) fs_must(sheet, units.taken >= line->qty);
    fs_sheet_put_units(sheet, entry->id1, entry->sale, &units);

    fs_due_add(sheet, slot, hold.due, hold.seq);
}


/* A new term: the due rows of all lines move. */

void
fs_fold_paying(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    unsigned         i;
    fs_hold_t        hold;
    fs_sale_slot_t  *slot;

    if (!fs_fold_hold(sheet, entry, &hold)
        || !fs_must(sheet, hold.state == FS_HOLD_HELD))
    {
        return;
    }

    for (i = 0; i < hold.lines_n; i++) {
        slot = fs_sheet_sale_slot(sheet, hold.lines[i].sale);
        if (slot == NULL) {
            return;
        }

        fs_due_remove(sheet, slot, hold.due, hold.seq);
        fs_due_add(sheet, slot, entry->time2, hold.seq);
    }

    hold.state = FS_HOLD_PAYING;
    hold.expires_at = entry->time1;
    hold.due = entry->time2;
    hold.length_ms = entry->number;

    fs_sheet_put_hold(sheet, &hold, 0);
}


/* Nobody has counted the hold to a point yet: it is not sold. */

void
fs_fold_point(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    fs_hold_t  hold;

    if (!fs_fold_hold(sheet, entry, &hold)
        || !fs_must(sheet, fs_hold_live(&hold)))
    {
        return;
    }

    hold.pickup = entry->pickup;
    fs_sheet_put_hold(sheet, &hold, 0);
}


/* A line of a live hold: released, expired, cancelled, sold. */

void
fs_fold_ended(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot)
{
    fs_hold_t        hold;
    fs_buyer_t       buyer;
    fs_units_t       units;

    if (!fs_fold_hold(sheet, entry, &hold)
        || !fs_must(sheet, fs_hold_live(&hold))
        || !fs_must(sheet, entry->type != FS_ENTRY_RELEASED
                           || hold.state == FS_HOLD_HELD))
    {
        return;
    }

    fs_due_remove(sheet, slot, hold.due, hold.seq);

    fs_sheet_units(sheet, hold.buyer, entry->sale, &units);

    if (entry->type == FS_ENTRY_SOLD) {
        fs_fold_joined(sheet, entry, &hold, slot);

        if (units.lapses != 0) {
            units.lapses = 0;
            units.lapsed_at = 0;
            fs_sheet_put_units(sheet, hold.buyer, entry->sale, &units);
        }

    } else {
        if (!fs_must(sheet, units.taken >= (uint32_t) entry->qty)) {
            return;
        }

        units.taken -= (uint32_t) entry->qty;

        /* whoever has waited may have gone away meanwhile */

        if (hold.number == 0) {
            fs_fold_lapse(&units, (entry->type == FS_ENTRY_EXPIRED)
                                  ? hold.due : entry->time2);
        }

        fs_sheet_put_units(sheet, hold.buyer, entry->sale, &units);
    }

    if (entry->line + 1 != hold.lines_n) {
        return;
    }

    switch (entry->type) {

    case FS_ENTRY_RELEASED:
        hold.state = FS_HOLD_RELEASED;
        break;

    case FS_ENTRY_EXPIRED:
        hold.state = FS_HOLD_EXPIRED;
        break;

    case FS_ENTRY_CANCELLED:
        hold.state = FS_HOLD_CANCELLED;
        break;

    default:
        hold.state = FS_HOLD_SOLD;
        hold.paid = 1;
        fs_fold_gift_used(sheet, &hold);
        fs_fold_goods_sold(sheet, entry, &hold);
        break;
    }

    fs_sheet_buyer(sheet, hold.buyer, &buyer);

    if (!fs_must(sheet, buyer.live > 0)) {
        return;
    }

    buyer.live--;
    fs_sheet_put_buyer(sheet, hold.buyer, &buyer);

    fs_fold_over(sheet, entry, &hold);
}


void
fs_fold_over(fs_sheet_t *sheet, const fs_entry_t *entry, fs_hold_t *hold)
{
    fs_entry_t       first;
    fs_sale_slot_t  *sweep;

    hold->due = entry->time2;
    fs_sheet_put_hold(sheet, hold, 0);

    if (!fs_sheet_entry(sheet, hold->seq, &first)) {
        sheet->failed = 1;
        return;
    }

    if (!fs_all_zero(first.key, FS_KEY_HASH_LEN)) {
        sweep = fs_sheet_sale_slot(sheet, 0);

        if (sweep != NULL) {
            fs_due_add(sheet, sweep, hold->due + FS_KEY_KEPT_MS, hold->seq);
        }
    }
}


/*
 * Units came back unsold, at this time: the hold expired, was released, or
 * was cancelled before it was paid.
 */

static void
fs_fold_lapse(fs_units_t *units, int64_t at)
{
    if (at - units->lapsed_at >= FS_LAPSES_KEPT_MS) {
        units->lapses = 0;
    }

    units->lapses++;

    if (at > units->lapsed_at) {
        units->lapsed_at = at;
    }
}


/* A line of a hold that had expired: its units are taken once more. */

void
fs_fold_sold_late(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot)
{
    fs_hold_t   hold;
    fs_units_t  units;

    if (!fs_fold_hold(sheet, entry, &hold)
        || !fs_must(sheet, hold.state == FS_HOLD_EXPIRED))
    {
        return;
    }

    fs_fold_joined(sheet, entry, &hold, slot);

    fs_sheet_units(sheet, hold.buyer, entry->sale, &units);
    units.taken += (uint32_t) entry->qty;
    (void) fs_must(sheet, units.taken >= (uint32_t) entry->qty);
    units.lapses = 0;
    units.lapsed_at = 0;
    fs_sheet_put_units(sheet, hold.buyer, entry->sale, &units);

    if (entry->line + 1 == hold.lines_n) {
        hold.state = FS_HOLD_SOLD;
        hold.paid = 1;
        fs_fold_gift_used(sheet, &hold);
        fs_fold_goods_sold(sheet, entry, &hold);
        fs_sheet_put_hold(sheet, &hold, 0);
    }
}


/* What `sold` and `sold_late` share: the payment, and the group. */

static void
fs_fold_joined(fs_sheet_t *sheet, const fs_entry_t *entry,
    const fs_hold_t *hold, fs_sale_slot_t *slot)
{
    uint32_t     pickup;
    fs_sale_t   *sale;
    fs_group_t  *group;

    if (entry->line == 0) {
        fs_fold_paid(sheet, entry, hold);
    }

    sale = &slot->sale;

    if (sale->goal == 0) {
        return;
    }

    pickup = (sale->goal_by == FS_GOAL_BY_PICKUP) ? hold->pickup : 0;
    group = fs_sheet_group(sheet, entry->sale, pickup, 1);
    if (group == NULL) {
        return;
    }

    group->joined += (uint32_t) entry->qty;
    sale->joined += (uint32_t) entry->qty;
    (void) fs_must(sheet, group->joined >= (uint32_t) entry->qty
                          && group->joined <= sale->joined);

    fs_sheet_put_member(sheet, entry->sale, pickup, hold->seq,
                        (uint32_t) entry->qty);
}


static void
fs_fold_paid(fs_sheet_t *sheet, const fs_entry_t *entry,
    const fs_hold_t *hold)
{
    fs_payment_t  row;

    memset(&row, 0, sizeof(fs_payment_t));
    row.outcome = entry->type;
    row.amount_fen = fs_hold_amount(hold);
    row.seq = entry->seq;

    fs_sheet_put_payment(sheet, hold->seq, entry->id2, 0, &row);
}


/* Only the state changes. */

void
fs_fold_state(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_hold_state_t from, fs_hold_state_t next)
{
    fs_hold_t  hold;

    if (!fs_fold_hold(sheet, entry, &hold)
        || !fs_must(sheet, hold.state == from))
    {
        return;
    }

    hold.state = (uint8_t) next;
    fs_sheet_put_hold(sheet, &hold, 0);
}
