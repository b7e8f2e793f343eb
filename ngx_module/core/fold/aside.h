
/*
 * Rows set aside.  A row of the index that cannot be worked on must not keep
 * the others from being worked on, pass after pass.  It is taken out of the
 * database in which timers meet it, and remembered in `aside`:
 *
 *   key     kind u8, the key it had (a row of `due`: its value as well)
 *   value   when, wall ms, u64 little-endian
 *
 * That is a matter of this index alone; no entry says so, and what the row
 * stands for is as it was (a hold stays live, its units stay held).  Another
 * index, folded from the ledger, has the row again.  So it is named as an
 * error, for somebody to look, and counted for as long as it is aside.
 */

#ifndef FS_ASIDE_H
#define FS_ASIDE_H

#include "sheet/sheet.h"

#pragma GCC visibility push(hidden)


#define FS_ASIDE_DUE     'd'            /* of `due` */
#define FS_ASIDE_TIMER   't'            /* of `timers` */
#define FS_ASIDE_MEMBER  'm'            /* of `members` */
#define FS_ASIDE_PAID    'p'            /* of `paid` */
#define FS_ASIDE_GROUP   'g'            /* of `groups`; it stays there, and is
                                           passed over */

/* Which row.  fs_aside_timer() takes the key as it was found: 0, or -1 when
 * it is longer than any of ours. */
void fs_aside_due(fs_aside_t *row, uint32_t sale, int64_t due,
    fs_seq_t seq);
int fs_aside_timer(fs_aside_t *row, fs_str_t key);
void fs_aside_member(fs_aside_t *row, uint32_t sale, uint32_t pickup,
    fs_seq_t hold);
void fs_aside_group(fs_aside_t *row, uint32_t sale, uint32_t pickup);
void fs_aside_paid(fs_aside_t *row, uint32_t sale, fs_seq_t sold);

/* Set it aside, in the sheet's transaction; why: for people. */
void fs_set_aside(fs_sheet_t *sheet, const fs_aside_t *row, const char *why);

/* 1: it is. */
int fs_is_aside(fs_sheet_t *sheet, const fs_aside_t *row);

/* 1: some row of `paid` of this sale is. */
int fs_is_aside_paid(fs_sheet_t *sheet, uint32_t sale);

/*
 * After a failure: 1 when it is the fault of the row that had its turn
 * (sheet->suspect), and not the disk's or the map's.  The transaction can
 * only be aborted; the row is for the next one to set aside.
 */
int fs_aside_guilty(fs_sheet_t *sheet);


#pragma GCC visibility pop

#endif /* FS_ASIDE_H */
