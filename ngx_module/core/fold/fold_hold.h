
/*
 * The fold of what concerns a hold; fold.c has what concerns sales, groups,
 * keys and the boot.
 */

#ifndef FS_FOLD_HOLD_H
#define FS_FOLD_HOLD_H

#include "ledger/entry.h"
#include "state/state.h"

#pragma GCC visibility push(hidden)


/* slot: of the entry's sale */
void fs_fold_held(fs_state_t *state, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
void fs_fold_paying(fs_state_t *state, const fs_entry_t *entry);
void fs_fold_point(fs_state_t *state, const fs_entry_t *entry);
void fs_fold_ended(fs_state_t *state, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
void fs_fold_sold_late(fs_state_t *state, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
void fs_fold_state(fs_state_t *state, const fs_entry_t *entry,
    fs_hold_state_t from, fs_hold_state_t next);
void fs_fold_refund_due(fs_state_t *state, const fs_entry_t *entry);
void fs_fold_refunded(fs_state_t *state, const fs_entry_t *entry);
void fs_fold_returned(fs_state_t *state, const fs_entry_t *entry);


#pragma GCC visibility pop

#endif /* FS_FOLD_HOLD_H */
