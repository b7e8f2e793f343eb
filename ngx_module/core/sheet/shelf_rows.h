
/*
 * The shelf: which sales stand, and which have ended, newest first.  It is
 * what a home page and the metrics walk through (read/shelf.h), whose cost
 * must not grow with all the sales that ever were.
 *
 * Database `shelf` of the index, folded like its other rows:
 *
 *   key                          value
 *   'c', sale number be          nothing: not closed
 *   'e', seq of `closed` be      sale number u32, at i64: closed then
 *   'w', sale number be          that seq u64
 */

#ifndef FS_SHELF_ROWS_H
#define FS_SHELF_ROWS_H

#include "sheet/sheet.h"

#pragma GCC visibility push(hidden)


#define FS_SHELF_CURRENT   'c'
#define FS_SHELF_ENDED     'e'
#define FS_SHELF_WHERE     'w'

#define FS_SHELF_SALE_KEY  5            /* kind, sale be */
#define FS_SHELF_SEQ_KEY   9            /* kind, seq be */
#define FS_SHELF_ENDED_ROW 12           /* sale u32, at i64 */


void fs_shelf_sale_key(uint8_t *key, char kind, uint32_t sale);
void fs_shelf_seq_key(uint8_t *key, fs_seq_t seq);

/* The fold's: a sale is defined; it is closed by the entry `seq` at `at`;
 * it is opened again.  What fails is in sheet->index->error. */
void fs_shelf_add(fs_sheet_t *sheet, uint32_t sale);
void fs_shelf_end(fs_sheet_t *sheet, uint32_t sale, fs_seq_t seq,
    int64_t at);
void fs_shelf_return(fs_sheet_t *sheet, uint32_t sale);


#pragma GCC visibility pop

#endif /* FS_SHELF_ROWS_H */
