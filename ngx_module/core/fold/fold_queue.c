
/*
 * The fold of waiting: a hold that waits has one line, counts to its buyer's
 * limit of the sale, and not to their live holds, until it has its units.
 */

#include "fold/fold.h"
#include "sheet/sheet_queue.h"

static int fs_fold_waits(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot, fs_hold_t *hold);


void
fs_fold_queued(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot)
{
    fs_hold_t   hold;
    fs_sale_t  *sale;
    fs_buyer_t  buyer;
    fs_units_t  units;

    sale = &slot->sale;

    if (!fs_must(sheet, entry->qty > 0 && entry->qty <= FS_QUEUED_QTY_MAX)
        || !fs_must(sheet, !sale->closed)
        || !fs_must(sheet, entry->number == sale->queue_last + 1)
        || !fs_must(sheet, sale->queued <= FS_STOCK_MAX))
    {
        return;
    }

    fs_sheet_buyer(sheet, entry->id1, &buyer);

    memset(&hold, 0, sizeof(fs_hold_t));
    hold.seq = entry->hold;
    hold.previous = buyer.newest;
    memcpy(hold.buyer, entry->id1, FS_BUYER_LEN);
    hold.state = FS_HOLD_QUEUED;
    hold.pickup = entry->pickup;
    hold.created_at = entry->at;
    hold.length_ms = entry->number2;
    hold.number = entry->number;
    hold.lines_n = 1;
    hold.lines[0].sale = entry->sale;
    hold.lines[0].qty = (uint32_t) entry->qty;

    /* as it is now; what it will cost is the price when it is served */

    hold.lines[0].price_fen = sale->price_fen;

    buyer.newest = hold.seq;
    fs_sheet_put_buyer(sheet, entry->id1, &buyer);

    if (!fs_all_zero(entry->key, FS_KEY_HASH_LEN)) {
        fs_sheet_bind(sheet, entry->id1, entry->key, hold.seq);
    }

    fs_sheet_put_hold(sheet, &hold, 1);
    fs_sheet_set_waiting(sheet, &hold, 1);

    fs_sheet_units(sheet, entry->id1, entry->sale, &units);
    units.taken += hold.lines[0].qty;
    (void) fs_must(sheet, units.taken >= hold.lines[0].qty);
    fs_sheet_put_units(sheet, entry->id1, entry->sale, &units);

    sale->queue_last = entry->number;
    sale->queued += hold.lines[0].qty;
    sale->waiting[hold.lines[0].qty - 1]++;
}


/* The hold of an entry that ends its waiting, taken out of the line.  1 or
 * 0. */

static int
fs_fold_waits(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot, fs_hold_t *hold)
{
    fs_sale_t  *sale;

    sale = &slot->sale;

    if (!fs_fold_hold(sheet, entry, hold)
        || !fs_must(sheet, hold->state == FS_HOLD_QUEUED)
        || !fs_must(sheet, entry->qty == (int32_t) hold->lines[0].qty
                           && hold->lines[0].qty <= FS_QUEUED_QTY_MAX)
        || !fs_must(sheet, sale->queued >= hold->lines[0].qty)
        || !fs_must(sheet, sale->waiting[hold->lines[0].qty - 1] > 0))
    {
        return 0;
    }

    fs_sheet_set_waiting(sheet, hold, 0);

    sale->queued -= hold->lines[0].qty;
    sale->waiting[hold->lines[0].qty - 1]--;

    return 1;
}


void
fs_fold_served(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot)
{
    fs_hold_t   hold;
    fs_buyer_t  buyer;

    if (!fs_fold_waits(sheet, entry, slot, &hold)
        || !fs_must(sheet, !slot->sale.closed))
    {
        return;
    }

    hold.state = FS_HOLD_HELD;
    hold.expires_at = entry->time1;
    hold.due = entry->time2;
    hold.length_ms = entry->number;
    hold.lines[0].price_fen = entry->amount_fen;
    fs_sheet_put_hold(sheet, &hold, 0);

    fs_sheet_buyer(sheet, hold.buyer, &buyer);
    buyer.live++;
    fs_sheet_put_buyer(sheet, hold.buyer, &buyer);

    slot->sale.served_seq = entry->seq;
    fs_due_add(sheet, slot, hold.due, hold.seq);
}


void
fs_fold_left_queue(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot)
{
    fs_hold_t   hold;
    fs_units_t  units;

    if (!fs_fold_waits(sheet, entry, slot, &hold)
        || !fs_must(sheet, entry->type != FS_ENTRY_ENDED
                           || slot->sale.closed))
    {
        return;
    }

    fs_sheet_units(sheet, hold.buyer, entry->sale, &units);

    if (!fs_must(sheet, units.taken >= hold.lines[0].qty)) {
        return;
    }

    units.taken -= hold.lines[0].qty;
    fs_sheet_put_units(sheet, hold.buyer, entry->sale, &units);

    hold.state = (entry->type == FS_ENTRY_ENDED) ? FS_HOLD_EXPIRED
                                                 : FS_HOLD_RELEASED;
    fs_fold_over(sheet, entry, &hold);
}
