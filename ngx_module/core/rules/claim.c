
/*
 * Claims: which are accepted when they are due, and what is owed then.
 */

#include "rules/rules.h"
#include "sheet/sheet_claims.h"


int
fs_claim_by_time(fs_sheet_t *sheet, const uint8_t *buyer, int64_t amount_fen,
    const fs_now_t *now)
{
    const fs_store_conf_t  *conf;

    conf = &sheet->store->conf;

    return amount_fen <= conf->auto_fen
           && fs_sheet_claims_by_time(sheet, buyer,
                                      now->wall - conf->auto_ms,
                                      conf->auto_claims)
              < conf->auto_claims;
}


void
fs_emit_answer(fs_sheet_t *sheet, fs_hold_t *hold, const fs_claim_t *claim,
    int accept, const fs_command_t *command, const fs_now_t *now)
{
    fs_entry_t  entry;

    fs_entry_about(&entry, hold, accept ? FS_ENTRY_ACCEPTED
                                        : FS_ENTRY_DENIED);
    entry.time1 = (int64_t) claim->seq;

    if (command != NULL) {
        fs_entry_asked(&entry, command);

    } else {
        entry.flags |= FS_ENTRY_BY_TIME;
    }

    fs_emit(sheet, &entry, now);

    if (accept && !sheet->failed) {
        fs_owe_units(sheet, hold, claim->line, claim->qty, claim->reason,
                     now);
    }
}


unsigned
fs_claim_due(fs_sheet_t *sheet, const fs_timer_t *timer, const fs_now_t *now)
{
    fs_hold_t   hold;
    fs_claim_t  claim;
    fs_entry_t  entry;

    if (fs_sheet_look_entry(sheet, timer->seq, &entry) != 1
        || entry.type != FS_ENTRY_CLAIMED
        || fs_sheet_look_hold(sheet, entry.hold, &hold) != 1
        || !fs_sheet_claim(sheet, entry.hold, timer->seq, &claim)
        || claim.state != FS_CLAIM_OPEN || claim.due_at != timer->time)
    {
        return 0;
    }

    fs_emit_answer(sheet, &hold, &claim, 1, NULL, now);

    return 1;
}
