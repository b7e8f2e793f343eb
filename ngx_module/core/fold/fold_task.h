
/*
 * fold_task.c: the fold of what is owed of a whole sale.  slot: of the entry's
 * sale.
 */

#ifndef FS_FOLD_TASK_H
#define FS_FOLD_TASK_H

#include "ledger/entry.h"
#include "sheet/sheet.h"

#pragma GCC visibility push(hidden)


/* Line i of an order first sold by `sold` is another one than it was; NULL: it
 * was none of an order. */
void fs_fold_line_paid(fs_sheet_t *sheet, const fs_hold_t *hold, unsigned i,
    const fs_line_t *was, fs_seq_t sold);

void fs_fold_called_off(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
void fs_fold_compensated(fs_sheet_t *sheet, const fs_entry_t *entry);
void fs_fold_settled(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);

/* `owed` of a line: the task that wanted it has come as far as that. */
void fs_fold_task_owed(fs_sheet_t *sheet, const fs_entry_t *entry);


#pragma GCC visibility pop

#endif /* FS_FOLD_TASK_H */
