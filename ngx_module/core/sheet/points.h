
/*
 * The pickup points of sales: which ones a sale's document lists, and which
 * have a document of their own.  A buyer may name no others, for each name is
 * given a number for good.
 *
 * What a document lists is read when it is written, into the database `names`
 * of the log: key 'L' and the sale's number, big-endian; value the numbers of
 * the points, 4 bytes each, little-endian; empty: none are listed.  A sale of
 * a store from before has no such row until the first hold asks for it.
 */

#ifndef FS_POINTS_H
#define FS_POINTS_H

#include "base/command.h"
#include "text/pickups.h"
#include "sheet/sheet.h"

#pragma GCC visibility push(hidden)


/* Whether there is room for the names of a list.  1 or 0. */
int fs_points_fit(fs_sheet_t *sheet, const fs_points_list_t *list);

/* Keep what a sale lists; its points get their numbers. */
void fs_points_write(fs_sheet_t *sheet, uint32_t sale,
    const fs_points_list_t *list);

/* The document of a pickup point was written, or is gone. */
void fs_points_documented(fs_sheet_t *sheet, fs_str_t slug);

/*
 * Whether somebody may collect all of these sales at a pickup point (len 0:
 * nowhere), and its number.  OK; BAD_REQUEST, with result->sale that does not
 * list it, or 0: there is no such point; TOO_MANY_NAMES.
 */
fs_outcome_t fs_points_check(fs_sheet_t *sheet, const uint32_t *sales,
    unsigned n, fs_str_t slug, uint32_t *number, fs_result_t *result);


#pragma GCC visibility pop

#endif /* FS_POINTS_H */
