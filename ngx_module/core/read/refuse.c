
#include "decide/decide.h"
#include "read/read.h"
#include "sheet/sheet.h"


int
fs_decide_refused(fs_sheet_t *sheet, const fs_view_t *view,
    const fs_command_t *command, const fs_now_t *now, fs_result_t *result)
{
    unsigned          i;
    fs_seq_t          seq;
    fs_outcome_t      outcome;
    const fs_sale_t  *sale;

    if (command->type != FS_COMMAND_HOLD || !view->fresh
        || view->index.txn == NULL || sheet->store->clock_behind
        || !fs_lines_valid(command))
    {
        return 0;
    }

    memset(result, 0, sizeof(fs_result_t));

    outcome = fs_check_lines(sheet, command, now, result);

    if (outcome == FS_OK) {
        outcome = fs_check_free(sheet, command, result);
    }

    if (outcome == FS_OK) {
        return 0;
    }

    for (i = 0; i < command->lines_n; i++) {
        sale = fs_sheet_sale(sheet, command->lines[i].sale);

        if (sale != NULL && sale->due != 0 && sale->due <= now->mono) {
            return 0;
        }
    }

    if (!fs_all_zero(command->key, FS_KEY_HASH_LEN)
        && fs_sheet_bound(sheet, command->buyer, command->key, &seq))
    {
        return 0;
    }

    if (sheet->failed || sheet->index->error != 0) {
        return 0;
    }

    result->outcome = (uint16_t) outcome;

    return 1;
}
