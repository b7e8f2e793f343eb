
/*
 * A neighbour brings another one.  What the shop gives for it is granted like
 * any other gift: when nothing is left of it, or it is not open, or its buyer
 * has had as many as there are for one, nothing is given, and what they do
 * goes on.
 */

#include "rules/rules.h"


static void fs_give_for(fs_sheet_t *sheet, uint32_t number,
    const uint8_t *buyer, fs_reason_t reason, fs_seq_t referred,
    const fs_now_t *now);


int
fs_may_refer(fs_sheet_t *sheet, const fs_command_t *command,
    fs_referral_t *referral)
{
    fs_buyer_t  buyer;

    if (!command->counts || fs_all_zero(command->from, FS_BUYER_LEN)
        || memcmp(command->from, command->buyer, FS_BUYER_LEN) == 0)
    {
        return 0;
    }

    fs_sheet_buyer(sheet, command->buyer, &buyer);

    /* whoever had a hold is none, whatever became of it */

    return buyer.newest == 0 && fs_sheet_referral(sheet, referral)
           && fs_sheet_invited_by(sheet, command->from)
              < referral->per_inviter;
}


void
fs_refer(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_referral_t *referral, fs_seq_t hold, const fs_now_t *now)
{
    fs_entry_t  entry;

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.type = FS_ENTRY_REFERRED;
    entry.hold = hold;
    memcpy(entry.id1, command->from, FS_BUYER_LEN);

    fs_emit(sheet, &entry, now);

    fs_give_for(sheet, referral->newcomer, command->buyer,
                FS_REASON_NEWCOMER, entry.seq, now);
}


int
fs_inviter_waits(fs_sheet_t *sheet, const fs_hold_t *hold,
    fs_invited_t *invited)
{
    return hold->paid && fs_sheet_invited(sheet, hold->buyer, invited)
           && !invited->handed;
}


void
fs_thank_inviter(fs_sheet_t *sheet, const fs_invited_t *invited,
    const fs_now_t *now)
{
    fs_referral_t  referral;

    if (fs_sheet_referral(sheet, &referral)) {
        fs_give_for(sheet, referral.inviter, invited->inviter,
                    FS_REASON_INVITER, invited->seq, now);
    }
}


static void
fs_give_for(fs_sheet_t *sheet, uint32_t number, const uint8_t *buyer,
    fs_reason_t reason, fs_seq_t referred, const fs_now_t *now)
{
    fs_sale_t    *sale;
    fs_entry_t    entry;
    fs_result_t   unused;

    sale = fs_sheet_sale(sheet, number);

    if (sale == NULL || sale->gives == FS_GIVES_NOTHING) {
        return;
    }

    fs_open_close(sheet, sale, now);

    if (fs_check_sale(sheet, buyer, sale, 1, now, &unused) != FS_OK
        || fs_sale_free(sale) == 0)
    {
        return;
    }

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.reason = (uint8_t) reason;
    memcpy(entry.id1, buyer, FS_BUYER_LEN);
    fs_entry_set_referred(&entry, referred);

    fs_emit_gift(sheet, sale, &entry, now);
}
