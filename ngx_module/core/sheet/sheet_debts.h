
/*
 * Rows of debts: what was owed back of a hold, what of it is due, and the sum
 * over all.
 */

#ifndef FS_SHEET_DEBTS_H
#define FS_SHEET_DEBTS_H

#include "ledger/rows_after.h"
#include "sheet/sheet.h"

#pragma GCC visibility push(hidden)


/* In the index's FS_INDEX_META: an fs_owed_t. */
#define FS_OWED_KEY  "owed"

/* A debt of a hold by its id.  1: found, into *debt; 0: not. */
int fs_sheet_debt(fs_sheet_t *sheet, fs_seq_t hold, fs_seq_t seq,
    fs_debt_t *debt);

/* The next one after `after`, by id; 0: the first.  1 or 0. */
int fs_sheet_next_debt(fs_sheet_t *sheet, fs_seq_t hold, fs_seq_t after,
    fs_debt_t *debt);

/*
 * The debt of a hold that has been due for longest: of all (payment NULL) or
 * of one payment.  1: found; 0: nothing is due.
 */
int fs_sheet_oldest_due(fs_sheet_t *sheet, fs_seq_t hold,
    const uint8_t *payment, fs_debt_t *debt);

/* Another one; it is due unless it says that it was refunded. */
void fs_sheet_add_debt(fs_sheet_t *sheet, const fs_debt_t *debt);

/* It was due, and is refunded now, as it says. */
void fs_sheet_settle_debt(fs_sheet_t *sheet, const fs_debt_t *debt);


#pragma GCC visibility pop

#endif /* FS_SHEET_DEBTS_H */
