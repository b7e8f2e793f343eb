
/*
 * The fold: what an entry does to the rows.
 */

#ifndef FS_FOLD_H
#define FS_FOLD_H

#include "ledger/entry.h"
#include "ledger/rows_after.h"
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
/* A hold that has another state than before is over: it is written, and its
 * key is kept from now on. */
void fs_fold_over(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_hold_t *hold);

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
 * fold_queue.c: the fold of waiting for units: `queued`, `served`, and
 * `stepped_out` and `ended`, which leave the line.  slot: of the entry's sale.
 */

void fs_fold_queued(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
void fs_fold_served(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
void fs_fold_left_queue(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);


/*
 * fold_debt.c: what is owed back: debts, units that go back to their sale,
 * what was settled.  slot: of the entry's sale, NULL: it names none.
 */

void fs_fold_owed(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
void fs_fold_restocked(fs_sheet_t *sheet, const fs_entry_t *entry);
void fs_fold_refunded(fs_sheet_t *sheet, const fs_entry_t *entry);

/* fold_gift.c: what a sale gives, and gifts. */
void fs_fold_terms(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
void fs_fold_granted(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
void fs_fold_bound(fs_sheet_t *sheet, const fs_entry_t *entry);
void fs_fold_unbound(fs_sheet_t *sheet, const fs_entry_t *entry);

/* The hold was sold: what it uses is used. */
void fs_fold_gift_used(fs_sheet_t *sheet, const fs_hold_t *hold);

/* A thing that is given: `picked_up`, `put_back`, `double`. */
void fs_fold_gift_goods(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_hold_t *gift);

/*
 * fold_referral.c: who came by whose code: `referred`; that one of the two was
 * given something for it, by a `granted` with a reason; that goods of an order
 * of this buyer's are handed over.
 */
void fs_fold_referred(fs_sheet_t *sheet, const fs_entry_t *entry);
void fs_fold_invited_given(fs_sheet_t *sheet, const fs_entry_t *entry);
void fs_fold_invited_handed(fs_sheet_t *sheet, const uint8_t *buyer);

/* fold_claim.c: claims and how they were answered. */
void fs_fold_claimed(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
void fs_fold_claim_answered(fs_sheet_t *sheet, const fs_entry_t *entry);

/* As it was written before there was `owed`. */
void fs_fold_refund_due(fs_sheet_t *sheet, const fs_entry_t *entry);
void fs_fold_returned(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);


/*
 * fold_goods.c, fold_wave.c: the fold of where goods are.  slot: of the
 * entry's sale.
 */

/* An order's lines are awaited from now on; `entry` is the last `sold` or
 * `sold_late` of them.  *hold is for the caller to write. */
void fs_fold_goods_sold(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_hold_t *hold);

/*
 * Line i of an order is another one than it was: in the lists, in its tally,
 * in the counts of its sale, among the timers.  All that moves goods, or units
 * of a line, or says that something of it is owed, comes here.
 */
void fs_fold_line_moved(fs_sheet_t *sheet, const fs_hold_t *hold, unsigned i,
    const fs_line_t *was);

/* `ready`, `picked_up`, `short`, `put_back`, `double`. */
void fs_fold_goods(fs_sheet_t *sheet, const fs_entry_t *entry);

/* Lines that waited for a group that forms have its wave, the next one. */
void fs_fold_goods_formed(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot, fs_group_t *group);

/* `wave`, `frozen`, `received`. */
void fs_fold_wave(fs_sheet_t *sheet, const fs_entry_t *entry);
void fs_fold_frozen(fs_sheet_t *sheet, const fs_entry_t *entry);
void fs_fold_received(fs_sheet_t *sheet, const fs_entry_t *entry);

/*
 * Units that have come, for the first line that awaits them: 1, with that
 * line and what is left for it; 0: there is nothing to do.  There is a timer
 * exactly while there is; fs_fold_receive_timer() sees to that.
 */
int fs_receive_next(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    uint16_t wave, const fs_tally_t *tally, fs_listed_t *listed,
    int64_t *left);
void fs_fold_receive_timer(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    uint16_t wave, const fs_tally_t *tally);


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
