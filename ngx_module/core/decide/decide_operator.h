
/*
 * The operator's commands.  op: their part that no ring carries, or NULL,
 * which is refused.
 */

#ifndef FS_DECIDE_OPERATOR_H
#define FS_DECIDE_OPERATOR_H

#include "base/command.h"
#include "fold/emit.h"

#pragma GCC visibility push(hidden)


void fs_decide_operator(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result);


#pragma GCC visibility pop

#endif /* FS_DECIDE_OPERATOR_H */
