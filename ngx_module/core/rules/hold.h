
/*
 * What all commands have to do with a hold: the group of its lines, how it is
 * shown, what is written of it.
 */

#ifndef FS_HOLD_H
#define FS_HOLD_H

#include "base/command.h"
#include "fold/emit.h"

#pragma GCC visibility push(hidden)


/* The group that a line of a hold counts to.  NULL: none, or none yet. */
fs_group_t *fs_line_group(fs_sheet_t *sheet, const fs_hold_t *hold,
    unsigned line);

/* The answer's hold, as people read it. */
void fs_result_hold(fs_sheet_t *sheet, const fs_hold_t *hold,
    fs_result_t *result);

/* WRONG_STATE with the state as people read it. */
void fs_wrong_state(fs_sheet_t *sheet, const fs_hold_t *hold,
    fs_result_t *result);

/* One entry for each line; those that end a hold carry the time. */
void fs_emit_lines(fs_sheet_t *sheet, const fs_hold_t *hold,
    fs_entry_type_t type, const fs_now_t *now);

/* One entry for the whole hold, begun: the caller adds what it carries. */
void fs_entry_about(fs_entry_t *entry, const fs_hold_t *hold,
    fs_entry_type_t type);

/* One entry for a line of a hold. */
void fs_entry_about_line(fs_entry_t *entry, const fs_hold_t *hold,
    unsigned line, fs_entry_type_t type);


#pragma GCC visibility pop

#endif /* FS_HOLD_H */
