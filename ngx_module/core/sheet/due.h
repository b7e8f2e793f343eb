
/*
 * What waits for its time: rows of `due` (holds that expire, and, of sale 0,
 * keys to be swept), and the timer of a failed group's returns.
 */

#ifndef FS_DUE_H
#define FS_DUE_H

#include "sheet/sheet_rows.h"

#pragma GCC visibility push(hidden)


typedef struct {
    uint32_t             sale;
    int64_t              due;
    fs_seq_t             hold;
} fs_due_row_t;


/* Rows of `due`, and the sale's earliest. */
void fs_due_add(fs_sheet_t *sheet, fs_sale_slot_t *slot, int64_t due,
    fs_seq_t seq);
void fs_due_remove(fs_sheet_t *sheet, fs_sale_slot_t *slot, int64_t due,
    fs_seq_t seq);

/* All rows of holds, for they move while they are walked; the caller frees
 * them.  0; -1: no memory, or a row is damaged. */
int fs_due_collect(fs_sheet_t *sheet, fs_due_row_t **rows, size_t *n);

/* A key was swept; its row goes. */
void fs_due_swept(fs_sheet_t *sheet, int64_t time, fs_seq_t seq);

/* Whether orders of a failed group wait to be returned. */
void fs_due_returns(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    int set);

/* None of them waits any more: the timer goes. */
void fs_due_returns_left(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup);


#pragma GCC visibility pop

#endif /* FS_DUE_H */
