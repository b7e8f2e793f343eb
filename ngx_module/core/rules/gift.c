
/*
 * Gifts: whether one can be used for lines, and what is written of its use.
 */

#include "rules/rules.h"
#include "sheet/sheet_terms.h"


static void fs_emit_unbound(fs_sheet_t *sheet, const fs_hold_t *hold,
    const fs_hold_t *gift, fs_reason_t reason, int64_t valid_until,
    const fs_now_t *now);


fs_outcome_t
fs_check_gift(fs_sheet_t *sheet, const fs_command_t *command,
    fs_line_t *lines, unsigned n, const fs_now_t *now, fs_hold_t *gift,
    int64_t *off, fs_result_t *result)
{
    int64_t            cost;
    const fs_terms_t  *terms;

    if (command->gift_epoch != fs_sheet_epoch(sheet, command->gift)
        || !fs_sheet_hold(sheet, command->gift, gift)
        || !fs_hold_is_gift(gift)
        || memcmp(gift->buyer, command->buyer, FS_BUYER_LEN) != 0)
    {
        return FS_NO_SUCH_HOLD;
    }

    terms = fs_sheet_terms(sheet, gift->lines[0].sale);

    if (terms == NULL) {
        sheet->failed = 1;
        return FS_INTERNAL;
    }

    cost = fs_terms_cost(terms, lines, n);

    if (gift->state == FS_HOLD_USED) {
        result->why = FS_WHY_USED;

    } else if (gift->state == FS_HOLD_BOUND) {
        result->why = FS_WHY_BOUND;

    } else if (fs_hold_over(gift, now->wall)) {
        result->why = FS_WHY_OVER;

    } else if (gift->worth_fen == 0 || cost == -1) {

        /* a thing, or a ticket that has won nothing, is good for no sale */

        result->why = FS_WHY_OTHER_SALE;

    } else if (cost < terms->from_fen) {
        result->why = FS_WHY_TOO_LITTLE;

    } else {
        *off = fs_terms_share(terms, gift->worth_fen, lines, n);
        return FS_OK;
    }

    return FS_GIFT_UNUSABLE;
}


void
fs_emit_bound(fs_sheet_t *sheet, const fs_hold_t *hold,
    const fs_hold_t *gift, int64_t off_fen, int asked, const fs_now_t *now)
{
    fs_entry_t  entry;

    fs_entry_about(&entry, hold, FS_ENTRY_BOUND);
    entry.pickup = 0;
    entry.sale = gift->lines[0].sale;
    entry.time2 = (int64_t) gift->seq;
    entry.amount_fen = off_fen;
    entry.number = (uint32_t) asked;

    fs_emit(sheet, &entry, now);
}


static void
fs_emit_unbound(fs_sheet_t *sheet, const fs_hold_t *hold,
    const fs_hold_t *gift, fs_reason_t reason, int64_t valid_until,
    const fs_now_t *now)
{
    fs_entry_t  entry;

    fs_entry_about(&entry, hold, FS_ENTRY_UNBOUND);
    entry.pickup = 0;
    entry.sale = gift->lines[0].sale;
    entry.time1 = valid_until;
    entry.time2 = (int64_t) gift->seq;
    entry.reason = (uint8_t) reason;

    fs_emit(sheet, &entry, now);
}


void
fs_let_gift_go(fs_sheet_t *sheet, const fs_hold_t *hold, fs_reason_t reason,
    const fs_now_t *now)
{
    fs_hold_t  gift;

    if (hold->gift == 0 || fs_hold_is_gift(hold)) {
        return;
    }

    if (!fs_sheet_hold(sheet, hold->gift, &gift)) {
        sheet->failed = 1;
        return;
    }

    if (gift.state == FS_HOLD_BOUND && gift.gift == hold->seq) {
        fs_emit_unbound(sheet, hold, &gift, reason, 0, now);
    }
}


int
fs_bind_again(fs_sheet_t *sheet, const fs_hold_t *hold, const fs_now_t *now)
{
    fs_hold_t  gift;

    if (hold->gift == 0) {
        return 1;
    }

    if (!fs_sheet_hold(sheet, hold->gift, &gift)) {
        sheet->failed = 1;
        return 1;
    }

    if (gift.state != FS_HOLD_GRANTED) {
        return 0;
    }

    fs_emit_bound(sheet, hold, &gift, fs_hold_off(hold), 0, now);

    return 1;
}


void
fs_give_gift_back(fs_sheet_t *sheet, const fs_hold_t *hold,
    const fs_now_t *now)
{
    int64_t    valid_until;
    unsigned   i;
    fs_hold_t  gift;

    if (hold->gift == 0 || !hold->paid || sheet->failed) {
        return;
    }

    for (i = 0; i < hold->lines_n; i++) {
        if (!fs_line_back(&hold->lines[i])
            || hold->lines[i].goods == FS_GOODS_HANDED_OVER)
        {
            return;
        }
    }

    if (!fs_sheet_hold(sheet, hold->gift, &gift)) {
        sheet->failed = 1;
        return;
    }

    if (gift.state != FS_HOLD_USED || gift.gift != hold->seq) {
        return;
    }

    valid_until = 0;

    if (gift.valid_until != 0
        && gift.valid_until < now->wall + FS_VALID_AGAIN_MS)
    {
        valid_until = now->wall + FS_VALID_AGAIN_MS;
    }

    fs_emit_unbound(sheet, hold, &gift, FS_REASON_RETURNED, valid_until, now);
}


int
fs_gift_is_thing(fs_sheet_t *sheet, const fs_hold_t *gift)
{
    const fs_sale_t  *sale;

    if (!fs_hold_is_gift(gift)) {
        return 0;
    }

    sale = fs_sheet_sale(sheet, gift->lines[0].sale);

    /* a prize that takes nothing off is one */

    return sale != NULL
           && (sale->gives == FS_GIVES_ITEM
               || (gift->prize != 0 && gift->worth_fen == 0));
}


/* A ticket is good for nothing before the draw. */

int64_t
fs_gift_until(const fs_terms_t *terms, const fs_now_t *now)
{
    return terms->valid_ms != 0 && terms->kind != FS_GIVES_TICKET
           ? now->wall + terms->valid_ms : 0;
}


int64_t
fs_gift_worth(fs_sheet_t *sheet, const fs_sale_t *sale, uint32_t number)
{
    int64_t            amount;
    const fs_terms_t  *terms;

    if (sale->gives == FS_GIVES_PACKET) {
        amount = fs_sheet_amount(sheet, sale->number, number);
        sheet->failed |= amount == 0;
        return amount;
    }

    terms = fs_sheet_terms(sheet, sale->number);

    return terms != NULL ? terms->off_fen : 0;
}


void
fs_emit_gift(fs_sheet_t *sheet, const fs_sale_t *sale, fs_entry_t *entry,
    const fs_now_t *now)
{
    const fs_terms_t  *terms;

    terms = fs_sheet_terms(sheet, sale->number);

    if (terms == NULL) {
        sheet->failed = 1;
        return;
    }

    entry->type = FS_ENTRY_GRANTED;
    entry->lines_n = 1;
    entry->sale = sale->number;
    entry->qty = 1;
    entry->number = sale->sold + 1;
    entry->amount_fen = fs_gift_worth(sheet, sale, entry->number);
    entry->time1 = fs_gift_until(terms, now);

    fs_emit(sheet, entry, now);
}
