
/*
 * What becomes of a giving when it is over: its seed is revealed, and a draw
 * is made.  Of fold.c and fold_gift.c.
 */

#ifndef FS_FOLD_DRAW_H
#define FS_FOLD_DRAW_H

#include "ledger/entry.h"
#include "sheet/sheet.h"

#pragma GCC visibility push(hidden)


/* `granted`, a ticket: it has its place in the tree. */
void fs_fold_ticket(fs_sheet_t *sheet, const fs_entry_t *entry);

/* The entry by which a sale is closed, for the first time. */
void fs_fold_draw_closed(fs_sheet_t *sheet, const fs_entry_t *entry,
    const fs_sale_t *sale);

void fs_fold_revealed(fs_sheet_t *sheet, const fs_entry_t *entry,
    const fs_sale_t *sale);

/* The draw itself, or a ticket that won. */
void fs_fold_drawn(fs_sheet_t *sheet, const fs_entry_t *entry);


#pragma GCC visibility pop

#endif /* FS_FOLD_DRAW_H */
