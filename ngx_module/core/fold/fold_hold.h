
/*
 * The fold of what concerns a hold; fold.c has what concerns sales, groups,
 * keys and the boot.
 */

#ifndef FS_FOLD_HOLD_H
#define FS_FOLD_HOLD_H

#include "ledger/entry.h"
#include "sheet/sheet.h"

#pragma GCC visibility push(hidden)


/* slot: of the entry's sale */
void fs_fold_held(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
void fs_fold_paying(fs_sheet_t *sheet, const fs_entry_t *entry);
void fs_fold_point(fs_sheet_t *sheet, const fs_entry_t *entry);
void fs_fold_ended(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
void fs_fold_sold_late(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
void fs_fold_state(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_hold_state_t from, fs_hold_state_t next);
void fs_fold_refund_due(fs_sheet_t *sheet, const fs_entry_t *entry);
void fs_fold_refunded(fs_sheet_t *sheet, const fs_entry_t *entry);
void fs_fold_returned(fs_sheet_t *sheet, const fs_entry_t *entry);


#pragma GCC visibility pop

#endif /* FS_FOLD_HOLD_H */
