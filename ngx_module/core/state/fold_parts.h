
/*
 * What the two files of the fold share: fold.c has what concerns sales,
 * groups, keys and the boot, fold_hold.c what concerns a hold.
 */

#ifndef FS_FOLD_PARTS_H
#define FS_FOLD_PARTS_H

#include "state/state_parts.h"

#pragma GCC visibility push(hidden)


/* fold_hold.c; slot: of the entry's sale */

void fs_fold_held(fs_state_t *state, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
void fs_fold_paying(fs_state_t *state, const fs_entry_t *entry);
void fs_fold_point(fs_state_t *state, const fs_entry_t *entry);
void fs_fold_ended(fs_state_t *state, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
void fs_fold_sold_late(fs_state_t *state, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
void fs_fold_state(fs_state_t *state, const fs_entry_t *entry,
    fs_hold_state_t next);
void fs_fold_refund_due(fs_state_t *state, const fs_entry_t *entry);
void fs_fold_refunded(fs_state_t *state, const fs_entry_t *entry);
void fs_fold_returned(fs_state_t *state, const fs_entry_t *entry);

/* fold.c: rows of `due`, and the sale's earliest */

void fs_due_add(fs_state_t *state, fs_sale_slot_t *slot, int64_t due,
    fs_seq_t seq);
void fs_due_remove(fs_state_t *state, fs_sale_slot_t *slot, int64_t due,
    fs_seq_t seq);

/* fold.c: whether orders of a failed group wait to be returned */
void fs_fold_return_timer(fs_state_t *state, uint32_t sale, uint32_t pickup,
    int set);

/* fold_hold.c: none of them waits: the timer goes */
void fs_fold_returns_left(fs_state_t *state, uint32_t sale,
    uint32_t pickup);


#pragma GCC visibility pop

#endif /* FS_FOLD_PARTS_H */
