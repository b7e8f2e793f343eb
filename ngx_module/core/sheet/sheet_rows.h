
/*
 * Rows of the index, of buyers, holds, payments and groups' members, through
 * the transactions of a sheet.
 */

#ifndef FS_SHEET_ROWS_H
#define FS_SHEET_ROWS_H

#include "sheet/sheet.h"

#pragma GCC visibility push(hidden)


/* 1: found, into *row; 0: not. */
int fs_sheet_hold(fs_sheet_t *sheet, fs_seq_t seq, fs_hold_t *hold);
int fs_sheet_buyer(fs_sheet_t *sheet, const uint8_t *buyer, fs_buyer_t *row);
int fs_sheet_units(fs_sheet_t *sheet, const uint8_t *buyer, uint32_t sale,
    fs_units_t *row);
int fs_sheet_bound(fs_sheet_t *sheet, const uint8_t *buyer,
    const uint8_t *key, fs_seq_t *seq);
int fs_sheet_payment(fs_sheet_t *sheet, fs_seq_t hold,
    const uint8_t *reference, uint32_t sale, fs_payment_t *row);

void fs_sheet_put_hold(fs_sheet_t *sheet, const fs_hold_t *hold, int is_new);
void fs_sheet_put_buyer(fs_sheet_t *sheet, const uint8_t *buyer,
    const fs_buyer_t *row);
void fs_sheet_put_units(fs_sheet_t *sheet, const uint8_t *buyer,
    uint32_t sale, const fs_units_t *row);
void fs_sheet_bind(fs_sheet_t *sheet, const uint8_t *buyer,
    const uint8_t *key, fs_seq_t seq);

/* Unless the key was bound again since, by another entry than `seq`. */
void fs_sheet_unbind(fs_sheet_t *sheet, const uint8_t *buyer,
    const uint8_t *key, fs_seq_t seq);

void fs_sheet_put_payment(fs_sheet_t *sheet, fs_seq_t hold,
    const uint8_t *reference, uint32_t sale, const fs_payment_t *row);

/*
 * The payment of a hold that has been due for longest: of all (payment
 * NULL) or of one.  1: found, its reference, sale and row; 0: nothing is due.
 */
int fs_sheet_oldest_due(fs_sheet_t *sheet, fs_seq_t hold,
    const uint8_t *payment, uint8_t *reference, uint32_t *sale,
    fs_payment_t *row);

/* The reference that a hold was sold for.  1 or 0. */
int fs_sheet_sold_for(fs_sheet_t *sheet, fs_seq_t hold, uint8_t *reference);

/* An entry of the ledger.  1 or 0. */
int fs_sheet_entry(fs_sheet_t *sheet, fs_seq_t seq, fs_entry_t *entry);

/*
 * The same two without failing: 1 found, 0 not there, -1 it cannot be read.
 * For who goes on without it.
 */
int fs_sheet_look_entry(fs_sheet_t *sheet, fs_seq_t seq, fs_entry_t *entry);
int fs_sheet_look_hold(fs_sheet_t *sheet, fs_seq_t seq, fs_hold_t *hold);

/* Whether an order counts to the group of a sale. */
int fs_sheet_member(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    fs_seq_t hold);

/* The first order of a group after `after`; 0: none. */
fs_seq_t fs_sheet_next_member(fs_sheet_t *sheet, uint32_t sale,
    uint32_t pickup, fs_seq_t after);

/*
 * Orders of a failed group that were passed over: set aside in the index in
 * which those after them were returned, and still to be returned in this one.
 * over 1: it was; 0: it is so no longer.
 */
void fs_sheet_pass_over(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    fs_seq_t hold, int over);
fs_seq_t fs_sheet_passed_over(fs_sheet_t *sheet, uint32_t sale,
    uint32_t pickup);

/* The place of a hold of another life below FS_OTHER_HOLDS. */
void fs_other_reference(uint8_t *reference, fs_seq_t hold, uint32_t epoch);

/* Its number here; 0: no payment for it has come. */
fs_seq_t fs_sheet_other_hold(fs_sheet_t *sheet, fs_seq_t hold,
    uint32_t epoch);


#pragma GCC visibility pop

#endif /* FS_SHEET_ROWS_H */
