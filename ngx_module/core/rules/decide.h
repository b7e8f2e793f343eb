
/*
 * The one function that decides.  Stock, the buyer's limit, the idempotency
 * key, the hold, the timers and the ledger entries of a command are decided
 * here, under the log's write lock, and become durable by one commit.
 */

#ifndef FS_DECIDE_H
#define FS_DECIDE_H

#include "base/command.h"
#include "read/view.h"
#include "state/state.h"

#pragma GCC visibility push(hidden)


/*
 * Decide a command.  op: an operator's part, or NULL.  Expires due holds of
 * the command's sales first, as far as it needs their units, and opens or
 * closes a sale whose time has come.
 */
void fs_decide(fs_state_t *state, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result);

/*
 * 1: this command is surely refused, and *result says how; nothing was
 * written.  0: it has to be decided.  Sure means: the view is fresh, the
 * command's key is not bound, and no hold of its sales is due.  Only HOLD.
 */
int fs_decide_refused(fs_state_t *state, const fs_view_t *view,
    const fs_command_t *command, const fs_now_t *now, fs_result_t *result);

/*
 * Work on what is due: expiries, openings, closings, decisions on groups,
 * returns of a failed group, sweeping of keys; at most `limit` steps.
 * Returns the steps done; equal to limit: there may be more.
 */
unsigned fs_decide_timers(fs_state_t *state, const fs_now_t *now,
    unsigned limit);

/*
 * The hold's transitions, one table: state x command.  The table is in
 * transitions.c; docs/architecture.md shows it.
 */
typedef enum {
    FS_MOVE_PAY = 0,
    FS_MOVE_RELEASE,
    FS_MOVE_POINT,                      /* another pickup point */
    FS_MOVE_EXPIRE,
    FS_MOVE_CONFIRM,                    /* the right amount, first payment */
    FS_MOVE_CANCEL,
    FS_MOVE_RETURN,                     /* its group failed */
    FS_MOVE_REFUND,                     /* the last payment due is back */
    FS_MOVE_READY,
    FS_MOVE_PICK_UP,
    FS_MOVES_N
} fs_move_t;

typedef struct {
    uint8_t              outcome;       /* OK, or the refusal */
    uint8_t              state;         /* the next, when OK */
    uint8_t              entry;         /* to write; NONE: no effect */
    uint8_t              reason;        /* of a refund due */
} fs_transition_t;

const fs_transition_t *fs_transition(unsigned state, fs_move_t move);


#pragma GCC visibility pop

#endif /* FS_DECIDE_H */
