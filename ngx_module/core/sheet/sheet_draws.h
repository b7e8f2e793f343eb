
/* Draws as a sheet sees them: a row that cannot be read damages it. */

#ifndef FS_SHEET_DRAWS_H
#define FS_SHEET_DRAWS_H

#include "index/draws.h"
#include "sheet/sheet.h"

#pragma GCC visibility push(hidden)


/* 1: *draw is how far it is; 0: the giving is not closed, or
 * (sheet->failed) its row is damaged. */
int fs_sheet_draw(fs_sheet_t *sheet, uint32_t sale, fs_draw_t *draw);


#pragma GCC visibility pop

#endif /* FS_SHEET_DRAWS_H */
