
/*
 * Numbers and slugs, as a batch sees them: what it has given a number itself
 * is there as well.
 */

#ifndef FS_SHEET_NAMES_H
#define FS_SHEET_NAMES_H

#include "sheet/cache.h"

#pragma GCC visibility push(hidden)


/*
 * Names, in the log: kind 's' (sales) or 'p' (pickup points).  The number,
 * or 0: unknown.
 */
uint32_t fs_sheet_number(fs_sheet_t *sheet, char kind, fs_str_t slug);
int fs_sheet_slug(fs_sheet_t *sheet, char kind, uint32_t number,
    fs_slug_t *slug);

/* What is remembered of a pickup point in this batch, or NULL. */
fs_pickup_name_t *fs_sheet_pickup_name(fs_sheet_t *sheet, fs_str_t slug);

/* The highest number given so far, 0: none. */
uint32_t fs_sheet_last_number(fs_sheet_t *sheet, char kind);

/* Give a slug, which has none, the next number. */
uint32_t fs_sheet_intern(fs_sheet_t *sheet, char kind, fs_str_t slug);

/* The epoch that a hold of this ledger has. */
uint32_t fs_sheet_epoch(fs_sheet_t *sheet, fs_seq_t hold);


#pragma GCC visibility pop

#endif /* FS_SHEET_NAMES_H */
