
/*
 * HOLD, and what refuses one without a write.
 */

#ifndef FS_DECIDE_HOLD_H
#define FS_DECIDE_HOLD_H

#include "base/command.h"
#include "fold/emit.h"

#pragma GCC visibility push(hidden)


void fs_decide_hold(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result);

/* 1: as many lines as there may be, each of a sale of its own, with units. */
int fs_lines_valid(const fs_command_t *command);

/*
 * OK, or why the sales and what the buyer has of them already do not allow
 * it; and whether the units are free.  Nothing is written.
 */
fs_outcome_t fs_check_lines(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result);
fs_outcome_t fs_check_free(fs_sheet_t *sheet, const fs_command_t *command,
    fs_result_t *result);


#pragma GCC visibility pop

#endif /* FS_DECIDE_HOLD_H */
