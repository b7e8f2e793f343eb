
/*
 * What a buyer does with a hold of their own: RELEASE, PAY, POINT.
 */

#ifndef FS_DECIDE_BUYER_H
#define FS_DECIDE_BUYER_H

#include "base/command.h"
#include "fold/emit.h"

#pragma GCC visibility push(hidden)


void fs_decide_buyer(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result);


#pragma GCC visibility pop

#endif /* FS_DECIDE_BUYER_H */
