
/*
 * Rows of what is to be owed of a whole sale: lines of its orders of which
 * something is left, in the order in which was paid (`paid`), and what is
 * being written of them (`tasks`).
 */

#ifndef FS_SHEET_TASKS_H
#define FS_SHEET_TASKS_H

#include "ledger/rows_after.h"
#include "sheet/sheet.h"

#pragma GCC visibility push(hidden)


/*
 * Key: sale be32, sold be64; value: hold u64, line u8, zeros.  There is one
 * while money of the line, or a unit, is not owed back.
 */
typedef struct {
    uint32_t             sale;
    fs_seq_t             sold;          /* the first `sold` of its hold */
    fs_seq_t             hold;
    uint8_t              line;          /* of the hold, from 0 */
} fs_paid_t;


/* 1: something of the line can still be owed. */
static inline int
fs_line_owes(const fs_line_t *line)
{
    return line->owed_qty < line->qty || line->owed_fen < fs_line_paid(line);
}

/* It is there, or not. */
void fs_sheet_set_paid(fs_sheet_t *sheet, const fs_paid_t *paid, int set);

/*
 * The next one of a sale after `after`; 0: the first.  1: found; 0: none; -1:
 * the row cannot be read, its key is in *paid.
 */
int fs_sheet_next_paid(fs_sheet_t *sheet, uint32_t sale, fs_seq_t after,
    fs_paid_t *paid);

/* The next task of a sale after `after`, by its entry; 0: the first.  1 or
 * 0. */
int fs_sheet_next_task(fs_sheet_t *sheet, uint32_t sale, fs_seq_t after,
    fs_task_t *task);
void fs_sheet_put_task(fs_sheet_t *sheet, const fs_task_t *task);
void fs_sheet_delete_task(fs_sheet_t *sheet, const fs_task_t *task);


#pragma GCC visibility pop

#endif /* FS_SHEET_TASKS_H */
