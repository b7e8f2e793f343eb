
/*
 * Refusing without a write: a command that a view shows to be refused.
 */

#ifndef FS_REFUSE_H
#define FS_REFUSE_H

#include "base/command.h"
#include "read/view.h"

#pragma GCC visibility push(hidden)


/*
 * 1: this command is surely refused, and *result says how; nothing was
 * written.  0: it has to be decided.  Sure means: the view is fresh, the
 * command's key is not bound, and no hold of its sales is due.  Only HOLD.
 */
int fs_decide_refused(fs_sheet_t *sheet, const fs_view_t *view,
    const fs_command_t *command, const fs_now_t *now, fs_result_t *result);


#pragma GCC visibility pop

#endif /* FS_REFUSE_H */
