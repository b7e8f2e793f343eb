
/*
 * The fold of claims.  A claim moves nothing: what is owed for it is a debt,
 * in an entry of its own.  Units of claims that were not denied are counted at
 * the line, so that one is claimed once, and at the sale.
 */

#include "fold/fold.h"
#include "sheet/sheet_claims.h"


static fs_line_t *fs_fold_claim_line(fs_sheet_t *sheet, fs_hold_t *hold,
    unsigned line, uint32_t sale);


void
fs_fold_claimed(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot)
{
    fs_hold_t    hold;
    fs_line_t   *line;
    fs_claim_t   claim;

    if (!fs_sheet_hold(sheet, entry->hold, &hold)) {
        sheet->failed = 1;
        return;
    }

    line = fs_fold_claim_line(sheet, &hold, entry->line, entry->sale);

    if (line == NULL
        || !fs_must(sheet, line->claimed + (uint32_t) entry->qty
                           <= line->qty))
    {
        return;
    }

    memset(&claim, 0, sizeof(fs_claim_t));
    claim.seq = entry->seq;
    claim.hold = hold.seq;
    claim.line = entry->line;
    claim.reason = entry->reason;
    claim.by_time = (entry->flags & FS_ENTRY_BY_TIME) != 0;
    claim.qty = (uint32_t) entry->qty;
    claim.amount_fen = entry->amount_fen;
    claim.due_at = entry->time1;

    fs_sheet_add_claim(sheet, &claim, hold.buyer, entry->at);

    line->claimed = (uint16_t) (line->claimed + claim.qty);
    fs_sheet_put_hold(sheet, &hold, 0);

    slot->sale.claimed_units += claim.qty;
}


/* `accepted`, `denied`: units of a claim that was denied are not claimed. */

void
fs_fold_claim_answered(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    fs_hold_t        hold;
    fs_line_t       *line;
    fs_claim_t       claim;
    fs_sale_slot_t  *slot;

    if (!fs_sheet_hold(sheet, entry->hold, &hold)
        || !fs_sheet_claim(sheet, hold.seq, (fs_seq_t) entry->time1, &claim))
    {
        sheet->failed = 1;
        return;
    }

    if (!fs_must(sheet, claim.state == FS_CLAIM_OPEN)) {
        return;
    }

    claim.state = (entry->type == FS_ENTRY_ACCEPTED) ? FS_CLAIM_ACCEPTED
                                                     : FS_CLAIM_DENIED;
    claim.answered_at = entry->at;
    claim.answered = entry->seq;
    fs_sheet_answer_claim(sheet, &claim);

    if (claim.state == FS_CLAIM_ACCEPTED) {
        return;
    }

    line = fs_fold_claim_line(sheet, &hold, claim.line, 0);

    if (line == NULL) {
        return;
    }

    slot = fs_sheet_sale_slot(sheet, line->sale);

    if (slot == NULL || !fs_must(sheet, line->claimed >= claim.qty)
        || !fs_must(sheet, slot->sale.claimed_units >= claim.qty))
    {
        sheet->failed = 1;
        return;
    }

    line->claimed = (uint16_t) (line->claimed - claim.qty);
    fs_sheet_put_hold(sheet, &hold, 0);

    slot->sale.claimed_units -= claim.qty;
    fs_sheet_touch(sheet, slot);
}


/* A line of an order; sale 0: of any.  NULL: it is none. */

static fs_line_t *
fs_fold_claim_line(fs_sheet_t *sheet, fs_hold_t *hold, unsigned line,
    uint32_t sale)
{
    if (!fs_must(sheet, hold->paid) || !fs_must(sheet, line < hold->lines_n)
        || !fs_must(sheet, sale == 0 || hold->lines[line].sale == sale))
    {
        return NULL;
    }

    return &hold->lines[line];
}
