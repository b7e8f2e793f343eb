
/*
 * The fold of what concerns givings: their terms, and gifts.
 */

#include "fold/fold.h"
#include "fold/fold_draw.h"
#include "sheet/sheet_terms.h"


/* The rest of the terms lies in the log, and is written before its entry. */

void
fs_fold_terms(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot)
{
    uint32_t  kind;

    kind = entry->number2 & ((1u << FS_TERMS_DESK_BIT) - 1);

    if (!fs_must(sheet, kind != FS_GIVES_NOTHING && kind < FS_GIVES_N)
        || !fs_must(sheet, slot->sale.price_fen == 0
                           && slot->sale.goal == 0))
    {
        return;
    }

    slot->sale.gives = (uint8_t) kind;
    slot->sale.by_desk = (entry->number2 >> FS_TERMS_DESK_BIT) & 1;
}


/* A gift is a hold of one unit, that is nobody's to pay for. */

void
fs_fold_granted(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot)
{
    fs_hold_t        gift;
    fs_buyer_t       buyer;
    fs_units_t       units;
    fs_sale_slot_t  *sweep;

    if (!fs_must(sheet, slot->sale.gives != FS_GIVES_NOTHING)
        || !fs_must(sheet, entry->number == slot->sale.sold)
        || !fs_must(sheet, entry->hold == entry->seq))
    {
        return;
    }

    fs_sheet_buyer(sheet, entry->id1, &buyer);

    memset(&gift, 0, sizeof(fs_hold_t));
    gift.seq = entry->hold;
    gift.previous = buyer.gift;
    memcpy(gift.buyer, entry->id1, FS_BUYER_LEN);
    gift.state = FS_HOLD_GRANTED;
    gift.pickup = entry->pickup;
    gift.created_at = entry->at;
    gift.due = entry->at;
    gift.number = entry->number;
    gift.worth_fen = entry->amount_fen;
    gift.valid_until = entry->time1;
    gift.lines_n = 1;
    gift.lines[0].sale = entry->sale;
    gift.lines[0].qty = 1;

    fs_sheet_put_hold(sheet, &gift, 1);

    buyer.gift = gift.seq;
    fs_sheet_put_buyer(sheet, entry->id1, &buyer);

    fs_sheet_units(sheet, entry->id1, entry->sale, &units);
    units.taken++;
    fs_sheet_put_units(sheet, entry->id1, entry->sale, &units);

    if (slot->sale.gives == FS_GIVES_TICKET) {
        fs_fold_ticket(sheet, entry);
    }

    if (entry->reason != 0) {
        fs_fold_invited_given(sheet, entry);
    }

    if (fs_all_zero(entry->key, FS_KEY_HASH_LEN)) {
        return;
    }

    fs_sheet_bind(sheet, entry->id1, entry->key, gift.seq);
    sweep = fs_sheet_sale_slot(sheet, 0);

    if (sweep != NULL) {
        fs_due_add(sheet, sweep, gift.due + FS_KEY_KEPT_MS, gift.seq);
    }
}


/* The hold and the gift of an entry.  0: they are not as it says. */

static int
fs_fold_gift(fs_sheet_t *sheet, const fs_entry_t *entry, fs_hold_t *hold,
    fs_hold_t *gift)
{
    if (!fs_sheet_hold(sheet, (fs_seq_t) entry->time2, gift)
        || !fs_sheet_hold(sheet, entry->hold, hold))
    {
        sheet->failed = 1;
        return 0;
    }

    return fs_must(sheet, fs_hold_is_gift(gift)
                          && gift->lines[0].sale == entry->sale
                          && memcmp(gift->buyer, hold->buyer, FS_BUYER_LEN)
                             == 0);
}


/*
 * What each line costs less follows from the hold and the terms, which do not
 * change once there is a gift.
 */

void
fs_fold_bound(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    int64_t            off;
    fs_hold_t          hold, gift;
    const fs_terms_t  *terms;

    if (!fs_fold_gift(sheet, entry, &hold, &gift)
        || !fs_must(sheet, gift.state == FS_HOLD_GRANTED)
        || !fs_must(sheet, hold.state == FS_HOLD_HELD
                           || hold.state == FS_HOLD_EXPIRED)
        || !fs_must(sheet, hold.gift == 0 || hold.gift == gift.seq))
    {
        return;
    }

    terms = fs_sheet_terms(sheet, entry->sale);

    if (terms == NULL) {
        sheet->failed = 1;
        return;
    }

    off = fs_terms_share(terms, gift.worth_fen, hold.lines, hold.lines_n);

    if (!fs_must(sheet, off == entry->amount_fen)) {
        return;
    }

    gift.state = FS_HOLD_BOUND;
    gift.gift = hold.seq;
    hold.gift = gift.seq;
    fs_sheet_put_hold(sheet, &gift, 0);
    fs_sheet_put_hold(sheet, &hold, 0);
}


/*
 * The hold keeps what it would have used, unless its buyer took it out: it may
 * be paid all the same, and what was paid for it less does not change.
 */

void
fs_fold_unbound(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    unsigned   i;
    fs_hold_t  hold, gift;

    if (!fs_fold_gift(sheet, entry, &hold, &gift)
        || !fs_must(sheet, gift.state == (entry->reason == FS_REASON_RETURNED
                                          ? FS_HOLD_USED : FS_HOLD_BOUND)
                           && gift.gift == hold.seq))
    {
        return;
    }

    gift.state = FS_HOLD_GRANTED;
    gift.gift = 0;

    if (entry->time1 != 0) {
        gift.valid_until = entry->time1;
    }

    fs_sheet_put_hold(sheet, &gift, 0);

    if (entry->reason != FS_REASON_ASKED) {
        return;
    }

    hold.gift = 0;

    for (i = 0; i < hold.lines_n; i++) {
        hold.lines[i].off_fen = 0;
    }

    fs_sheet_put_hold(sheet, &hold, 0);
}


void
fs_fold_gift_used(fs_sheet_t *sheet, const fs_hold_t *hold)
{
    fs_hold_t  gift;

    if (hold->gift == 0) {
        return;
    }

    if (!fs_sheet_hold(sheet, hold->gift, &gift)) {
        sheet->failed = 1;
        return;
    }

    if (fs_must(sheet, gift.state == FS_HOLD_BOUND
                       && gift.gift == hold->seq))
    {
        gift.state = FS_HOLD_USED;
        fs_sheet_put_hold(sheet, &gift, 0);
    }
}


void
fs_fold_gift_goods(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_hold_t *gift)
{
    fs_line_t  *line;

    line = &gift->lines[0];

    switch (entry->type) {

    case FS_ENTRY_PICKED_UP:
        (void) fs_must(sheet, gift->state == FS_HOLD_GRANTED);
        gift->state = FS_HOLD_USED;
        line->goods = FS_GOODS_HANDED_OVER;
        line->goods_at = entry->at;
        break;

    case FS_ENTRY_PUT_BACK:
        (void) fs_must(sheet, gift->state == FS_HOLD_USED
                              && line->goods == FS_GOODS_HANDED_OVER);
        gift->state = FS_HOLD_GRANTED;
        line->goods = FS_GOODS_AWAITED;
        line->goods_at = 0;
        break;

    case FS_ENTRY_DOUBLE:
        return;

    default:
        (void) fs_must(sheet, !fs_hold_is_gift(gift));
        return;
    }

    fs_sheet_put_hold(sheet, gift, 0);
}
