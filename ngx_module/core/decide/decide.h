
/*
 * The one function that decides.  Stock, the buyer's limit, the idempotency
 * key, the hold, the timers and the ledger entries of a command are decided
 * here, under the log's write lock, and become durable by one commit.
 */

#ifndef FS_DECIDE_H
#define FS_DECIDE_H

#include "base/command.h"
#include "sheet/sheet.h"

#pragma GCC visibility push(hidden)


/*
 * Decide a command.  op: an operator's part, or NULL.  Expires due holds of
 * the command's sales first, as far as it needs their units, and opens or
 * closes a sale whose time has come.
 */
void fs_decide(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result);


#pragma GCC visibility pop

#endif /* FS_DECIDE_H */
