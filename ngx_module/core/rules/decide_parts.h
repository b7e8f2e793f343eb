
/*
 * What the files of the deciding function share.  All of them run under the
 * log's write lock, but fs_decide_refused(), which only reads.
 */

#ifndef FS_DECIDE_PARTS_H
#define FS_DECIDE_PARTS_H

#include "rules/decide.h"
#include "fold/emit.h"
#include "state/due.h"
#include "state/points.h"
#include "state/state_names.h"

#pragma GCC visibility push(hidden)


/* Past holds looked through for a buyer's live ones.  A live hold further
 * back than that expires by its timer. */
#define FS_CHAIN_MAX  1000

/*
 * Entries of a transaction after which no hold is expired to make room: space
 * is taken for FS_INDEX_ENTRIES.  A command begins with less than
 * FS_BATCH_ENTRIES_MAX, so it may expire some 1500 holds; what is left over
 * is the timers', or the next try's.
 */
#define FS_ROOM_END   5600


/* decide.c */

/* The answer's hold, as people read it. */
void fs_answer_with(fs_state_t *state, const fs_hold_t *hold,
    fs_result_t *result);

/* WRONG_STATE with the state as people read it. */
void fs_wrong_state(fs_state_t *state, const fs_hold_t *hold,
    fs_result_t *result);

/* One entry for each line; those that end a hold carry the time. */
void fs_emit_lines(fs_state_t *state, const fs_hold_t *hold,
    fs_entry_type_t type, const fs_now_t *now);

/* One entry for the whole hold, begun: the caller adds what it carries. */
void fs_entry_about(fs_entry_t *entry, const fs_hold_t *hold,
    fs_entry_type_t type);

/* One entry for a line of a hold. */
void fs_entry_about_line(fs_entry_t *entry, const fs_hold_t *hold,
    unsigned line, fs_entry_type_t type);

/* Open and close a sale whose time has come. */
void fs_open_close(fs_state_t *state, fs_sale_t *sale, const fs_now_t *now);

/* The group that a line of a hold counts to.  NULL: none, or none yet. */
fs_group_t *fs_line_group(fs_state_t *state, const fs_hold_t *hold,
    unsigned line);

/* Whether a line of a sold hold counts to a group that failed. */
int fs_line_failed(fs_state_t *state, const fs_hold_t *hold, unsigned line);

static inline int
fs_hold_live(const fs_hold_t *hold)
{
    return hold->state == FS_HOLD_HELD || hold->state == FS_HOLD_PAYING;
}


/* decide_expire.c */

/* Expire a live hold whose time is over; *hold is as it is then. */
void fs_expire_due(fs_state_t *state, fs_hold_t *hold, const fs_now_t *now);

/*
 * Work on a row of `due` that is due: its hold expires.  A row without such a
 * hold is set aside.
 */
void fs_expire_row(fs_state_t *state, uint32_t sale, int64_t due,
    fs_seq_t seq, const fs_now_t *now);

/* Expire a buyer's own due holds. */
void fs_expire_buyer(fs_state_t *state, const uint8_t *buyer,
    const fs_now_t *now);

/* Expire due holds of a sale until `need` units are free, or none is due. */
void fs_make_room(fs_state_t *state, fs_sale_t *sale, uint32_t need,
    const fs_now_t *now);


/* decide_buyer.c, decide_order.c, decide_operator.c: commands by their
 * type */

void fs_decide_buyer(fs_state_t *state, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result);
void fs_decide_point(fs_state_t *state, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result);

void fs_decide_order(fs_state_t *state, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result);
void fs_decide_operator(fs_state_t *state, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result);


#pragma GCC visibility pop

#endif /* FS_DECIDE_PARTS_H */
