
/*
 * What the folds of holds, of goods and of debts share: the hold of an entry,
 * and the state of an order, which follows from its lines.
 */

#include "fold/fold.h"
#include "sheet/sheet.h"


int
fs_fold_hold(fs_sheet_t *sheet, const fs_entry_t *entry, fs_hold_t *hold)
{
    const fs_line_t  *line;

    if (!fs_sheet_hold(sheet, entry->hold, hold)) {
        sheet->failed = 1;
        return 0;
    }

    if (entry->qty == 0) {
        return 1;
    }

    if (!fs_must(sheet, entry->line < hold->lines_n)) {
        return 0;
    }

    line = &hold->lines[entry->line];

    return fs_must(sheet, line->sale == entry->sale
                          && line->qty == (uint32_t) entry->qty);
}


void
fs_fold_order_state(fs_hold_t *hold)
{
    unsigned          i, come, ready, handed_over, back;
    const fs_line_t  *line;

    come = 0;
    ready = 0;
    handed_over = 0;
    back = 0;

    for (i = 0; i < hold->lines_n; i++) {
        line = &hold->lines[i];

        if (line->goods == FS_GOODS_HANDED_OVER) {
            come++;
            ready++;
            handed_over++;

        } else if (fs_line_to_come(line) != 0) {
            come++;
            ready += line->goods == FS_GOODS_READY;
        }

        back += (unsigned) fs_line_back(line);
    }

    if (come != 0 && handed_over == come) {
        hold->state = FS_HOLD_PICKED_UP;

    } else if (come != 0 && ready == come) {
        hold->state = FS_HOLD_READY;

    } else if (back == hold->lines_n) {
        hold->state = fs_hold_back_state(hold);

    } else {
        hold->state = FS_HOLD_SOLD;
    }
}
