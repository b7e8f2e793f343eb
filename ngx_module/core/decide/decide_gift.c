
/*
 * Gifts: one is granted; a hold uses one, or uses it no more.
 */

#include "decide/decide.h"
#include "rules/rules.h"
#include "sheet/sheet_terms.h"


fs_outcome_t
fs_check_giving(const fs_sale_t *sale, const fs_command_t *command,
    unsigned i, fs_result_t *result)
{
    if (sale->gives == FS_GIVES_NOTHING) {
        if (command->type != FS_COMMAND_GRANT) {
            return FS_OK;
        }

    } else if (sale->by_desk && command->type == FS_COMMAND_HOLD) {
        return FS_BY_DESK;

    } else if (command->lines_n == 1 && command->lines[i].qty == 1
               && command->gift == 0 && command->type != FS_COMMAND_ORDER)
    {
        return FS_OK;
    }

    result->giving = 1;

    return FS_BAD_REQUEST;
}


void
fs_emit_granted(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_sale_t *sale, uint32_t pickup,
    const fs_now_t *now, fs_result_t *result)
{
    char        id[FS_HOLD_ID_LEN], key[FS_DOCUMENT_KEY_MAX];
    size_t      len;
    fs_str_t    slug, none = fs_str(""), kind = fs_str("granted");
    fs_entry_t  entry;

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.pickup = pickup;
    fs_entry_asked(&entry, command);

    /* why it was given to somebody is a document, and no part of the ledger */

    if (op != NULL && op->words.len != 0
        && fs_digest(&entry, op->words, none) != 0)
    {
        sheet->failed = 1;
        return;
    }

    fs_emit_gift(sheet, sale, &entry, now);

    if (sheet->failed || !fs_sheet_hold(sheet, entry.hold, &result->hold)) {
        return;
    }

    result->outcome = FS_CREATED;

    if (op != NULL && op->words.len != 0
        && sheet->names.hold_id(sheet->names.data, entry.hold, NULL, id) == 0)
    {
        slug.data = id;
        slug.len = sizeof(id);
        len = fs_document_key(key, kind, slug);
        fs_db_put(sheet->log, sheet->store->log_dbi[FS_LOG_DOCUMENTS], key,
                  len, op->words.data, op->words.len, 0);
    }
}


fs_outcome_t
fs_check_hold_gift(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_hold_t *gift, int64_t *off, fs_result_t *result)
{
    unsigned          i;
    fs_line_t         lines[FS_LINES_MAX];
    const fs_sale_t  *sale;

    if (command->gift == 0) {
        return FS_OK;
    }

    memset(lines, 0, sizeof(lines));

    for (i = 0; i < command->lines_n; i++) {
        sale = fs_sheet_sale(sheet, command->lines[i].sale);
        lines[i].sale = sale->number;
        lines[i].qty = command->lines[i].qty;
        lines[i].price_fen = sale->price_fen;
    }

    return fs_check_gift(sheet, command, lines, command->lines_n, now, gift,
                         off, result);
}


int
fs_same_gift(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_hold_t *hold, const fs_entry_t *first)
{
    int         asked;
    fs_entry_t  bound;

    if (first->type == FS_ENTRY_GRANTED) {
        return command->gift == 0
               && first->number2 == fs_get_le32(command->fingerprint)
               && first->number3 == fs_get_le32(command->fingerprint + 4);
    }

    /* what was asked for with the hold follows its own entries */

    asked = fs_sheet_entry(sheet, hold->seq + hold->lines_n, &bound)
            && bound.type == FS_ENTRY_BOUND && bound.hold == hold->seq
            && bound.number != 0;

    if (command->gift == 0) {
        return !asked && command->type != FS_COMMAND_GRANT;
    }

    return asked && (fs_seq_t) bound.time2 == command->gift
           && command->gift_epoch == fs_sheet_epoch(sheet, command->gift);
}


/* GIFT: all is checked before the one before is let go. */

void
fs_decide_gift(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result)
{
    int64_t        off;
    fs_hold_t      gift, next;
    fs_outcome_t   outcome;

    if (fs_transition(hold->state, FS_MOVE_GIFT)->outcome != FS_OK) {
        fs_wrong_state(sheet, hold, result);
        return;
    }

    result->outcome = FS_OK;

    if (command->gift == 0) {
        fs_let_gift_go(sheet, hold, FS_REASON_ASKED, now);
        return;
    }

    if (command->gift == hold->gift
        && command->gift_epoch == fs_sheet_epoch(sheet, command->gift))
    {
        return;
    }

    next = *hold;
    outcome = fs_check_gift(sheet, command, next.lines, next.lines_n, now,
                            &gift, &off, result);

    if (outcome != FS_OK) {
        result->outcome = (uint16_t) outcome;
        return;
    }

    fs_let_gift_go(sheet, hold, FS_REASON_ASKED, now);
    fs_emit_bound(sheet, hold, &gift, off, 0, now);
}
