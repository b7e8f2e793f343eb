
/*
 * The hold's transitions, one table: state x command.  The table is in
 * transitions.c; docs/architecture.md shows it.
 */

#ifndef FS_TRANSITIONS_H
#define FS_TRANSITIONS_H

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


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

#endif /* FS_TRANSITIONS_H */
