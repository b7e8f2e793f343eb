
/*
 * Who waits for units of a sale, in the index:
 *
 *   key     sale be, units u8, number be
 *   value   hold u64
 *
 * The sale's row counts the holds by the units that they wait for, so the
 * first one that some units suffice for is the first of at most
 * FS_QUEUED_QTY_MAX rows, however many wait.
 */

#ifndef FS_SHEET_QUEUE_H
#define FS_SHEET_QUEUE_H

#include "sheet/sheet.h"

#pragma GCC visibility push(hidden)


typedef struct {
    uint32_t             number;        /* 0: nobody waits */
    uint32_t             qty;
    fs_seq_t             hold;
} fs_waiting_t;


/* Begin or end the waiting of a hold with one line, in the index alone. */
void fs_sheet_set_waiting(fs_sheet_t *sheet, const fs_hold_t *hold, int set);

/*
 * The first in the line of those whom `free` units suffice for, by the sale's
 * row of the same transaction.  1: *first; 0: nobody; -1: the rows say
 * otherwise than the sale's.
 */
int fs_waiting_first(fs_store_t *store, fs_txn_t *index,
    const fs_sale_t *sale, uint32_t free, fs_waiting_t *first);

/*
 * At most so many come before a hold that waits: an upper bound, for numbers
 * are not given again, that never rises.  0 when that cannot be read.
 */
uint32_t fs_waiting_ahead(fs_store_t *store, fs_txn_t *index,
    const fs_sale_t *sale, const fs_hold_t *hold);


#pragma GCC visibility pop

#endif /* FS_SHEET_QUEUE_H */
