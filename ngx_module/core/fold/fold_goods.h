
/*
 * fold_goods.c, fold_wave.c: the fold of where goods are.  slot: of the
 * entry's sale.
 */

#ifndef FS_FOLD_GOODS_H
#define FS_FOLD_GOODS_H

#include "ledger/rows.h"
#include "ledger/entry.h"
#include "sheet/sheet.h"

#pragma GCC visibility push(hidden)


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


#pragma GCC visibility pop

#endif /* FS_FOLD_GOODS_H */
