
/*
 * What an operator decides about all orders of a sale: it is called off, and
 * all that was paid goes back; or whoever has got goods of it is owed the same
 * for each unit.  The debts follow in bounded steps, see rules/settle.c.
 */

#include "decide/decide.h"


static int fs_put_words(fs_sheet_t *sheet, const fs_operator_t *op,
    fs_str_t kind, fs_entry_t *entry);


void
fs_decide_whole_sale(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_sale_t *sale, const fs_now_t *now,
    fs_result_t *result)
{
    fs_str_t    kind, cancelled = fs_str("cancelled");
    fs_str_t    compensated = fs_str("compensated");
    fs_entry_t  entry;

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.sale = sale->number;

    if (op->words.data != NULL && op->words.len > FS_DOC_MAX) {
        result->outcome = FS_BAD_REQUEST;
        return;
    }

    if (command->type == FS_COMMAND_CALL_OFF) {

        if (sale->called_off) {

            /* for good: no key has to be kept of what changes nothing */

            result->outcome = FS_ACCEPTED;
            return;
        }

        kind = cancelled;
        entry.type = FS_ENTRY_CALLED_OFF;

    } else {

        if (op->fen_each < 1 || op->fen_each > FS_PRICE_MAX) {
            result->outcome = FS_BAD_REQUEST;
            return;
        }

        kind = compensated;
        entry.type = FS_ENTRY_COMPENSATED;
        entry.qty = (int32_t) sale->handed_lines;
        entry.amount_fen = op->fen_each;
        result->orders = sale->handed_lines;
    }

    if (fs_put_words(sheet, op, kind, &entry) != 0) {
        sheet->failed = 1;
        return;
    }

    fs_operator_emit(sheet, command, op, &entry, now);

    result->outcome = FS_ACCEPTED;
}


/* Words of people are a document, and no part of the ledger.  0 or -1. */

static int
fs_put_words(fs_sheet_t *sheet, const fs_operator_t *op, fs_str_t kind,
    fs_entry_t *entry)
{
    char      key[FS_DOCUMENT_KEY_MAX];
    fs_str_t  name;

    if (op->words.data == NULL || op->words.len == 0) {
        return 0;
    }

    name.len = fs_document_key(key, kind, op->slug);
    name.data = key;

    fs_db_put(sheet->log, sheet->store->log_dbi[FS_LOG_DOCUMENTS], name.data,
              name.len, op->words.data, op->words.len, 0);

    return fs_digest(entry, name, op->words);
}
