
#include "decide/decide.h"
#include "read/read.h"
#include "sheet/sheet.h"


static void fs_refuse_keep(fs_sheet_cache_t *cache, const fs_view_t *view);


int
fs_decide_refused(fs_sheet_t *sheet, const fs_view_t *view,
    const fs_command_t *command, const fs_now_t *now, fs_result_t *result)
{
    unsigned          i;
    fs_seq_t          seq;
    fs_outcome_t      outcome;
    const fs_sale_t  *sale;

    if (command->type != FS_COMMAND_HOLD || !view->fresh
        || !fs_view_enough(view, sheet, command)
        || sheet->store->clock_behind || !fs_lines_valid(command))
    {
        return 0;
    }

    memset(result, 0, sizeof(fs_result_t));

    outcome = fs_check_lines(sheet, command, now, result);

    if (outcome == FS_OK) {
        outcome = fs_check_free(sheet, command, result);
    }

    if (outcome == FS_OK
        || (outcome == FS_SOLD_OUT && fs_may_queue(sheet, command)))
    {
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

    /* the filters are looked at, for those who ask next */

    (void) fs_sheet_stranger(sheet, command->buyer);

    if (sheet->failed || sheet->index->error != 0) {
        return 0;
    }

    result->outcome = (uint16_t) outcome;

    if (!view->recalled) {
        fs_refuse_keep(sheet->cache, view);
    }

    return 1;
}


int
fs_view_enough(const fs_view_t *view, fs_sheet_t *sheet,
    const fs_command_t *command)
{
    unsigned  i;

    if (!view->recalled) {
        return view->index.txn != NULL;
    }

    for (i = 0; i < command->lines_n; i++) {
        if (!fs_sheet_has_sale(sheet, command->lines[i].sale)) {
            return 0;
        }
    }

    return fs_sheet_stranger(sheet, command->buyer);
}


/* Every row was read without a fault: the next may be refused by them. */

static void
fs_refuse_keep(fs_sheet_cache_t *cache, const fs_view_t *view)
{
    cache->kept.set = 1;
    cache->kept.seq = view->seq;
    cache->kept.lives = view->lives;
    cache->kept.map_n = view->store->index_map_n;
}
