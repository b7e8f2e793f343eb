
/*
 * The fold of who came by whose code.  An entry that does not fit what was
 * before it is none of ours.
 */

#include "fold/fold.h"
#include "sheet/sheet_referral.h"


/* Of the first hold of its buyer, which nothing but its gift came after. */

void
fs_fold_referred(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    fs_hold_t     hold;
    fs_buyer_t    buyer;
    fs_invited_t  invited;

    if (!fs_fold_hold(sheet, entry, &hold)
        || !fs_must(sheet, memcmp(hold.buyer, entry->id1, FS_BUYER_LEN) != 0
                           && hold.previous == 0)
        || !fs_must(sheet, !fs_sheet_invited(sheet, hold.buyer, &invited)))
    {
        return;
    }

    fs_sheet_buyer(sheet, hold.buyer, &buyer);

    if (!fs_must(sheet, buyer.newest == hold.seq)) {
        return;
    }

    memset(&invited, 0, sizeof(fs_invited_t));
    invited.seq = entry->seq;
    memcpy(invited.inviter, entry->id1, FS_BUYER_LEN);

    fs_sheet_add_invited(sheet, hold.buyer, &invited);
}


void
fs_fold_invited_given(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    fs_hold_t       hold;
    fs_entry_t      referred;
    fs_invited_t    invited;
    const uint8_t  *given;

    /* which newcomer it was is the hold's to say that `referred` names */

    if (!fs_sheet_entry(sheet, fs_entry_referred(entry), &referred)
        || !fs_must(sheet, referred.type == FS_ENTRY_REFERRED)
        || !fs_sheet_hold(sheet, referred.hold, &hold)
        || !fs_must(sheet, fs_sheet_invited(sheet, hold.buyer, &invited)))
    {
        sheet->failed = 1;
        return;
    }

    given = entry->reason == FS_REASON_NEWCOMER ? hold.buyer
                                                : invited.inviter;

    if (!fs_must(sheet, entry->reason == FS_REASON_NEWCOMER
                        || entry->reason == FS_REASON_INVITER)
        || !fs_must(sheet, memcmp(given, entry->id1, FS_BUYER_LEN) == 0)
        || !fs_must(sheet, (invited.given & fs_invited_bit(entry->reason))
                           == 0)
        || !fs_must(sheet, entry->reason == FS_REASON_NEWCOMER
                           || invited.handed))
    {
        return;
    }

    invited.given |= fs_invited_bit(entry->reason);
    fs_sheet_put_invited(sheet, hold.buyer, &invited);
}


void
fs_fold_invited_handed(fs_sheet_t *sheet, const uint8_t *buyer)
{
    fs_invited_t  invited;

    if (fs_sheet_invited(sheet, buyer, &invited) && !invited.handed) {
        invited.handed = 1;
        fs_sheet_put_invited(sheet, buyer, &invited);
    }
}
