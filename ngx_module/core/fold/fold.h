
/*
 * The fold: what an entry does to the rows.
 */

#ifndef FS_FOLD_H
#define FS_FOLD_H

#include "ledger/entry.h"
#include "sheet/sheet.h"
#include "store/store.h"

#pragma GCC visibility push(hidden)


/*
 * Fold the entry that comes after sheet->seq.  What fails is in sheet->failed
 * and in the transactions' errors.
 */
void fs_fold(fs_sheet_t *sheet, const fs_entry_t *entry);


/*
 * fold_hold.c: the fold of what concerns a hold; fold.c has what concerns
 * sales, groups, keys and the boot.  slot: of the entry's sale.
 */

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

/*
 * The state of an order, by its lines: where the goods are that come, and
 * when not all of them are there, whether all that was paid is owed, or back.
 */
void fs_fold_order_state(fs_hold_t *hold);

/* The hold of an entry.  0: it is not as the entry says; damaged. */
int fs_fold_hold(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_hold_t *hold);


/*
 * fold_debt.c: what is owed back: debts, units that go back to their sale,
 * what was settled.  slot: of the entry's sale, NULL: it names none.
 */

void fs_fold_owed(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
void fs_fold_restocked(fs_sheet_t *sheet, const fs_entry_t *entry);
void fs_fold_refunded(fs_sheet_t *sheet, const fs_entry_t *entry);

/* fold_claim.c: claims and how they were answered. */
void fs_fold_claimed(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
void fs_fold_claim_answered(fs_sheet_t *sheet, const fs_entry_t *entry);

/* As it was written before there was `owed`. */
void fs_fold_refund_due(fs_sheet_t *sheet, const fs_entry_t *entry);
void fs_fold_returned(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);


/*
 * emit.c: the one way to change anything: an entry is appended to the ledger
 * and folded.
 *
 * Savepoint for one command: a command whose emits fail half way (it cannot
 * by its checks) ends the batch.  Commands check everything first, then emit.
 *
 * Append an entry (seq, at, hash are set here; `at` earlier than the last
 * entry's is preceded by a `clock` entry) and fold it.
 */
void fs_emit(fs_sheet_t *sheet, fs_entry_t *entry, const fs_now_t *now);

/* The same for `life`, with what the entry has besides: from here on ids are
 * of this epoch, which no life before has. */
void fs_emit_life(fs_sheet_t *sheet, fs_entry_t *entry, uint32_t epoch,
    const fs_now_t *now);


/* replay.c: what fs_store_conf_t.replay is to be. */
extern const fs_replay_t  fs_replay;


#pragma GCC visibility pop

#endif /* FS_FOLD_H */
