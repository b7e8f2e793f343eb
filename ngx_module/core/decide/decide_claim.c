
/*
 * CLAIM: a buyer says what was wrong with units that came; ANSWER_CLAIM: the
 * order service, or whoever works at the desk, says yes or no.
 */

#include "decide/decide.h"
#include "rules/rules.h"
#include "sheet/sheet_claims.h"


static int fs_claim_valid(const fs_command_t *command);


int
fs_claim_replay(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result)
{
    fs_entry_t       entry;
    fs_entry_type_t  type;

    switch (command->type) {

    case FS_COMMAND_CLAIM:
        type = FS_ENTRY_CLAIMED;
        break;

    case FS_COMMAND_ANSWER_CLAIM:
        type = command->accept ? FS_ENTRY_ACCEPTED : FS_ENTRY_DENIED;
        break;

    default:
        return 0;
    }

    if (!fs_key_replay(sheet, command, type, now, &entry, result)) {
        return 0;
    }

    if (result->outcome == FS_REPLAYED) {
        result->claim = (entry.type == FS_ENTRY_CLAIMED)
                        ? entry.seq : (fs_seq_t) entry.time1;
    }

    return 1;
}


void
fs_decide_claim(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result)
{
    int64_t       left, until;
    uint32_t      units;
    unsigned      line;
    fs_entry_t    entry;
    fs_outcome_t  outcome;

    if (!fs_claim_valid(command)) {
        result->outcome = FS_BAD_REQUEST;
        return;
    }

    for (line = 0; line < hold->lines_n; line++) {
        if (hold->lines[line].sale == command->lines[0].sale) {
            break;
        }
    }

    outcome = fs_check_claim(sheet, hold, line, now, &units, &until);

    if (outcome == FS_WRONG_STATE) {
        fs_wrong_state(sheet, hold, result);
        return;
    }

    if (outcome == FS_OK && command->lines[0].qty > units) {
        outcome = FS_CLAIMED;
    }

    if (outcome != FS_OK) {
        result->outcome = (uint16_t) outcome;
        return;
    }

    fs_entry_about_line(&entry, hold, line, FS_ENTRY_CLAIMED);
    entry.qty = (int32_t) command->lines[0].qty;
    entry.reason = command->reason;
    entry.amount_fen = fs_line_worth(&hold->lines[line],
                                     command->lines[0].qty);
    left = fs_line_left(&hold->lines[line]);

    if (entry.amount_fen > left) {
        entry.amount_fen = left;
    }

    entry.time1 = now->wall + sheet->store->conf.refund_ms;

    if (fs_claim_by_time(sheet, hold->buyer, entry.amount_fen, now)) {
        entry.flags |= FS_ENTRY_BY_TIME;
    }

    fs_entry_asked(&entry, command);
    fs_emit(sheet, &entry, now);

    result->claim = entry.seq;
    result->outcome = FS_CREATED;
}


static int
fs_claim_valid(const fs_command_t *command)
{
    switch (command->reason) {

    case FS_REASON_BAD:
    case FS_REASON_SHORT:
    case FS_REASON_DAMAGED:
    case FS_REASON_WRONG:
        return command->lines_n == 1 && command->lines[0].qty > 0
               && command->lines[0].qty <= FS_QTY_MAX;

    default:
        return 0;
    }
}


/*
 * From the moment that the line is ready until some time after it was handed
 * over; a unit once, and none that is owed back already.
 */

fs_outcome_t
fs_check_claim(fs_sheet_t *sheet, const fs_hold_t *hold, unsigned line,
    const fs_now_t *now, uint32_t *left, int64_t *until)
{
    uint32_t          gone, open;
    const fs_line_t  *of;

    if (!hold->paid || line == hold->lines_n) {
        return FS_WRONG_STATE;
    }

    of = &hold->lines[line];

    if (of->goods != FS_GOODS_READY && of->goods != FS_GOODS_HANDED_OVER) {
        return FS_WRONG_STATE;
    }

    /* what is ready counts as handed over from goods_at on */

    *until = (of->goods_at != 0)
             ? of->goods_at + sheet->store->conf.claim_ms : 0;

    if (of->goods == FS_GOODS_HANDED_OVER && now->wall > *until) {
        return FS_TOO_LATE;
    }

    open = fs_sheet_claimed_open(sheet, hold->seq, line);
    gone = of->owed_qty + open > of->claimed ? of->owed_qty + open
                                             : of->claimed;
    *left = gone < of->qty ? of->qty - gone : 0;

    return FS_OK;
}


void
fs_decide_answer_claim(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result)
{
    uint8_t     state;
    fs_claim_t  claim;

    if (command->claim == 0
        || !fs_sheet_claim(sheet, hold->seq, command->claim, &claim))
    {
        result->outcome = FS_NOT_FOUND;
        return;
    }

    state = command->accept ? FS_CLAIM_ACCEPTED : FS_CLAIM_DENIED;

    if (claim.state != FS_CLAIM_OPEN && claim.state != state) {
        fs_wrong_state(sheet, hold, result);
        return;
    }

    if (claim.state == FS_CLAIM_OPEN) {
        fs_emit_answer(sheet, hold, &claim, command->accept, command, now);
    }

    result->claim = claim.seq;
    result->outcome = FS_OK;
}
