
/*
 * Packets and draws, as everybody may read them.
 */

#ifndef FS_VIEW_DRAW_H
#define FS_VIEW_DRAW_H

#include "base/tree.h"
#include "read/read.h"
#include "text/draws.h"

#pragma GCC visibility push(hidden)


/* Each: 1; 0: not now, or it cannot be read. */
int fs_view_seed(fs_view_t *view, const fs_sale_t *sale,
    fs_shown_seed_t *seed);
int fs_view_drawing(fs_view_t *view, const fs_sale_t *sale,
    fs_drawing_t *drawing);

/* Of a gift: 1; 0: it is no ticket; -1: not now. */
int fs_view_ticket(fs_view_t *view, const fs_hold_t *gift,
    fs_shown_ticket_t *ticket);

/* The first n winners of a draw that was made. */
int fs_view_winners(fs_view_t *view, uint32_t sale, fs_winner_t *winners,
    uint32_t n);


#pragma GCC visibility pop

#endif /* FS_VIEW_DRAW_H */
