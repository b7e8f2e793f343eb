
/*
 * The hold's transitions: state x command -> what comes of it.
 *
 * What depends on more than the state is decided before: whether the amount
 * is right, whether units are free for a late payment, whether the groups
 * are formed.  A move that the row allows may then still end otherwise; a
 * move that it refuses is refused always.
 *
 * What is owed of an order is a matter of its lines, and so is where its
 * goods are: its state follows from them when the entry is folded, see
 * fs_fold_order_state().  That something was handed over is a fact, whatever
 * became of the money.
 */

#include "ledger/entry.h"
#include "rules/rules.h"


/* outcome, next state, entry, reason */
#define TO(state, entry)                                                     \
    { FS_OK, FS_HOLD_##state, FS_ENTRY_##entry, FS_REASON_NONE }
#define STAYS(state)                                                         \
    { FS_OK, FS_HOLD_##state, FS_ENTRY_NONE, FS_REASON_NONE }
#define WRONG(state)                                                         \
    { FS_WRONG_STATE, FS_HOLD_##state, FS_ENTRY_NONE, FS_REASON_NONE }
#define BACK(state, reason)                                                  \
    { FS_REFUND_DUE, FS_HOLD_##state, FS_ENTRY_OWED,                         \
      FS_REASON_##reason }


static const fs_transition_t  fs_transitions[FS_HOLD_STATES_N][FS_MOVES_N] = {

    [FS_HOLD_NONE] = {
        [FS_MOVE_PAY]       = WRONG(NONE),
        [FS_MOVE_RELEASE]   = WRONG(NONE),
        [FS_MOVE_POINT]     = WRONG(NONE),
        [FS_MOVE_EXPIRE]    = WRONG(NONE),
        [FS_MOVE_CONFIRM]   = WRONG(NONE),
        [FS_MOVE_CANCEL]    = WRONG(NONE),
        [FS_MOVE_OWE]       = WRONG(NONE),
        [FS_MOVE_REFUND]    = WRONG(NONE),
        [FS_MOVE_READY]     = WRONG(NONE),
        [FS_MOVE_PICK_UP]   = WRONG(NONE),
        [FS_MOVE_HAND_OVER] = WRONG(NONE),
        [FS_MOVE_PUT_BACK]  = WRONG(NONE),
        [FS_MOVE_GIVE_BACK] = WRONG(NONE),
        [FS_MOVE_GIFT]      = WRONG(NONE),
    },

    [FS_HOLD_HELD] = {
        [FS_MOVE_PAY]       = TO(PAYING, PAYING),
        [FS_MOVE_RELEASE]   = TO(RELEASED, RELEASED),
        [FS_MOVE_POINT]     = TO(HELD, POINT),
        [FS_MOVE_EXPIRE]    = TO(EXPIRED, EXPIRED),
        [FS_MOVE_CONFIRM]   = TO(SOLD, SOLD),
        [FS_MOVE_CANCEL]    = TO(CANCELLED, CANCELLED),
        [FS_MOVE_OWE]       = WRONG(HELD),
        [FS_MOVE_REFUND]    = TO(HELD, REFUNDED),     /* a wrong amount's */
        [FS_MOVE_READY]     = WRONG(HELD),
        [FS_MOVE_PICK_UP]   = WRONG(HELD),
        [FS_MOVE_HAND_OVER] = WRONG(HELD),
        [FS_MOVE_PUT_BACK]  = WRONG(HELD),
        [FS_MOVE_GIVE_BACK] = WRONG(HELD),
        [FS_MOVE_GIFT]      = TO(HELD, BOUND),
    },

    [FS_HOLD_PAYING] = {
        [FS_MOVE_PAY]       = STAYS(PAYING),      /* it has its time once */
        [FS_MOVE_RELEASE]   = WRONG(PAYING),
        [FS_MOVE_POINT]     = TO(PAYING, POINT),
        [FS_MOVE_EXPIRE]    = TO(EXPIRED, EXPIRED),
        [FS_MOVE_CONFIRM]   = TO(SOLD, SOLD),
        [FS_MOVE_CANCEL]    = TO(CANCELLED, CANCELLED),
        [FS_MOVE_OWE]       = WRONG(PAYING),
        [FS_MOVE_REFUND]    = TO(PAYING, REFUNDED),
        [FS_MOVE_READY]     = WRONG(PAYING),
        [FS_MOVE_PICK_UP]   = WRONG(PAYING),
        [FS_MOVE_HAND_OVER] = WRONG(PAYING),
        [FS_MOVE_PUT_BACK]  = WRONG(PAYING),
        [FS_MOVE_GIVE_BACK] = WRONG(PAYING),
        [FS_MOVE_GIFT]      = WRONG(PAYING),
    },

    [FS_HOLD_SOLD] = {
        [FS_MOVE_PAY]       = WRONG(SOLD),
        [FS_MOVE_RELEASE]   = WRONG(SOLD),
        [FS_MOVE_POINT]     = WRONG(SOLD),
        [FS_MOVE_EXPIRE]    = WRONG(SOLD),
        [FS_MOVE_CONFIRM]   = BACK(SOLD, SECOND_PAYMENT),
        [FS_MOVE_CANCEL]    = WRONG(SOLD),
        [FS_MOVE_OWE]       = TO(SOLD, OWED),
        [FS_MOVE_REFUND]    = TO(SOLD, REFUNDED),     /* a second payment's */
        [FS_MOVE_READY]     = TO(READY, READY),
        [FS_MOVE_PICK_UP]   = WRONG(SOLD),
        [FS_MOVE_HAND_OVER] = TO(PICKED_UP, PICKED_UP),
        [FS_MOVE_PUT_BACK]  = TO(READY, PUT_BACK),
        [FS_MOVE_GIVE_BACK] = TO(REFUND_DUE, OWED),
        [FS_MOVE_GIFT]      = WRONG(SOLD),
    },

    [FS_HOLD_RELEASED] = {
        [FS_MOVE_PAY]       = WRONG(RELEASED),
        [FS_MOVE_RELEASE]   = STAYS(RELEASED),
        [FS_MOVE_POINT]     = WRONG(RELEASED),
        [FS_MOVE_EXPIRE]    = WRONG(RELEASED),
        [FS_MOVE_CONFIRM]   = BACK(REFUND_DUE, RELEASED),
        [FS_MOVE_CANCEL]    = STAYS(RELEASED),
        [FS_MOVE_OWE]       = WRONG(RELEASED),
        [FS_MOVE_REFUND]    = TO(RELEASED, REFUNDED),
        [FS_MOVE_READY]     = WRONG(RELEASED),
        [FS_MOVE_PICK_UP]   = WRONG(RELEASED),
        [FS_MOVE_HAND_OVER] = WRONG(RELEASED),
        [FS_MOVE_PUT_BACK]  = WRONG(RELEASED),
        [FS_MOVE_GIVE_BACK] = WRONG(RELEASED),
        [FS_MOVE_GIFT]      = WRONG(RELEASED),
    },

    [FS_HOLD_EXPIRED] = {
        [FS_MOVE_PAY]       = WRONG(EXPIRED),
        [FS_MOVE_RELEASE]   = WRONG(EXPIRED),
        [FS_MOVE_POINT]     = WRONG(EXPIRED),
        [FS_MOVE_EXPIRE]    = STAYS(EXPIRED),
        [FS_MOVE_CONFIRM]   = TO(SOLD, SOLD_LATE),    /* when it still can */
        [FS_MOVE_CANCEL]    = TO(CANCELLED, WITHDRAWN),
        [FS_MOVE_OWE]       = WRONG(EXPIRED),
        [FS_MOVE_REFUND]    = TO(EXPIRED, REFUNDED),
        [FS_MOVE_READY]     = WRONG(EXPIRED),
        [FS_MOVE_PICK_UP]   = WRONG(EXPIRED),
        [FS_MOVE_HAND_OVER] = WRONG(EXPIRED),
        [FS_MOVE_PUT_BACK]  = WRONG(EXPIRED),
        [FS_MOVE_GIVE_BACK] = WRONG(EXPIRED),
        [FS_MOVE_GIFT]      = WRONG(EXPIRED),
    },

    [FS_HOLD_CANCELLED] = {
        [FS_MOVE_PAY]       = WRONG(CANCELLED),
        [FS_MOVE_RELEASE]   = WRONG(CANCELLED),
        [FS_MOVE_POINT]     = WRONG(CANCELLED),
        [FS_MOVE_EXPIRE]    = WRONG(CANCELLED),
        [FS_MOVE_CONFIRM]   = BACK(REFUND_DUE, CANCELLED),
        [FS_MOVE_CANCEL]    = STAYS(CANCELLED),
        [FS_MOVE_OWE]       = WRONG(CANCELLED),
        [FS_MOVE_REFUND]    = TO(CANCELLED, REFUNDED),
        [FS_MOVE_READY]     = WRONG(CANCELLED),
        [FS_MOVE_PICK_UP]   = WRONG(CANCELLED),
        [FS_MOVE_HAND_OVER] = WRONG(CANCELLED),
        [FS_MOVE_PUT_BACK]  = WRONG(CANCELLED),
        [FS_MOVE_GIVE_BACK] = WRONG(CANCELLED),
        [FS_MOVE_GIFT]      = WRONG(CANCELLED),
    },

    [FS_HOLD_REFUND_DUE] = {
        [FS_MOVE_PAY]       = WRONG(REFUND_DUE),
        [FS_MOVE_RELEASE]   = WRONG(REFUND_DUE),
        [FS_MOVE_POINT]     = WRONG(REFUND_DUE),
        [FS_MOVE_EXPIRE]    = WRONG(REFUND_DUE),
        [FS_MOVE_CONFIRM]   = BACK(REFUND_DUE, SECOND_PAYMENT),
        [FS_MOVE_CANCEL]    = WRONG(REFUND_DUE),
        [FS_MOVE_OWE]       = TO(REFUND_DUE, OWED),
        [FS_MOVE_REFUND]    = TO(REFUNDED, REFUNDED),
        [FS_MOVE_READY]     = TO(READY, READY),
        [FS_MOVE_PICK_UP]   = WRONG(REFUND_DUE),
        [FS_MOVE_HAND_OVER] = TO(PICKED_UP, PICKED_UP),
        [FS_MOVE_PUT_BACK]  = TO(READY, PUT_BACK),
        [FS_MOVE_GIVE_BACK] = WRONG(REFUND_DUE),
        [FS_MOVE_GIFT]      = WRONG(REFUND_DUE),
    },

    [FS_HOLD_REFUNDED] = {
        [FS_MOVE_PAY]       = WRONG(REFUNDED),
        [FS_MOVE_RELEASE]   = WRONG(REFUNDED),
        [FS_MOVE_POINT]     = WRONG(REFUNDED),
        [FS_MOVE_EXPIRE]    = WRONG(REFUNDED),
        [FS_MOVE_CONFIRM]   = BACK(REFUND_DUE, SECOND_PAYMENT),
        [FS_MOVE_CANCEL]    = WRONG(REFUNDED),
        [FS_MOVE_OWE]       = TO(REFUNDED, OWED),
        [FS_MOVE_REFUND]    = WRONG(REFUNDED),
        [FS_MOVE_READY]     = TO(READY, READY),
        [FS_MOVE_PICK_UP]   = WRONG(REFUNDED),
        [FS_MOVE_HAND_OVER] = TO(PICKED_UP, PICKED_UP),
        [FS_MOVE_PUT_BACK]  = TO(READY, PUT_BACK),
        [FS_MOVE_GIVE_BACK] = WRONG(REFUNDED),
        [FS_MOVE_GIFT]      = WRONG(REFUNDED),
    },

    [FS_HOLD_READY] = {
        [FS_MOVE_PAY]       = WRONG(READY),
        [FS_MOVE_RELEASE]   = WRONG(READY),
        [FS_MOVE_POINT]     = WRONG(READY),
        [FS_MOVE_EXPIRE]    = WRONG(READY),
        [FS_MOVE_CONFIRM]   = BACK(READY, SECOND_PAYMENT),
        [FS_MOVE_CANCEL]    = WRONG(READY),
        [FS_MOVE_OWE]       = TO(READY, OWED),
        [FS_MOVE_REFUND]    = TO(READY, REFUNDED),
        [FS_MOVE_READY]     = STAYS(READY),
        [FS_MOVE_PICK_UP]   = TO(PICKED_UP, PICKED_UP),
        [FS_MOVE_HAND_OVER] = TO(PICKED_UP, PICKED_UP),
        [FS_MOVE_PUT_BACK]  = TO(READY, PUT_BACK),
        [FS_MOVE_GIVE_BACK] = WRONG(READY),
        [FS_MOVE_GIFT]      = WRONG(READY),
    },

    [FS_HOLD_QUEUED] = {
        [FS_MOVE_PAY]       = WRONG(QUEUED),
        [FS_MOVE_RELEASE]   = TO(RELEASED, STEPPED),
        [FS_MOVE_POINT]     = WRONG(QUEUED),
        [FS_MOVE_EXPIRE]    = TO(EXPIRED, ENDED),     /* its sale is closed */
        [FS_MOVE_CONFIRM]   = BACK(QUEUED, WRONG_AMOUNT),  /* it costs nothing
                                                              yet */
        [FS_MOVE_CANCEL]    = WRONG(QUEUED),
        [FS_MOVE_OWE]       = WRONG(QUEUED),
        [FS_MOVE_REFUND]    = TO(QUEUED, REFUNDED),
        [FS_MOVE_READY]     = WRONG(QUEUED),
        [FS_MOVE_PICK_UP]   = WRONG(QUEUED),
        [FS_MOVE_HAND_OVER] = WRONG(QUEUED),
        [FS_MOVE_PUT_BACK]  = WRONG(QUEUED),
        [FS_MOVE_GIVE_BACK] = WRONG(QUEUED),
        [FS_MOVE_GIFT]      = WRONG(QUEUED),
    },

    [FS_HOLD_PICKED_UP] = {
        [FS_MOVE_PAY]       = WRONG(PICKED_UP),
        [FS_MOVE_RELEASE]   = WRONG(PICKED_UP),
        [FS_MOVE_POINT]     = WRONG(PICKED_UP),
        [FS_MOVE_EXPIRE]    = WRONG(PICKED_UP),
        [FS_MOVE_CONFIRM]   = BACK(PICKED_UP, SECOND_PAYMENT),
        [FS_MOVE_CANCEL]    = WRONG(PICKED_UP),
        [FS_MOVE_OWE]       = TO(PICKED_UP, OWED),
        [FS_MOVE_REFUND]    = TO(PICKED_UP, REFUNDED),
        [FS_MOVE_READY]     = WRONG(PICKED_UP),
        [FS_MOVE_PICK_UP]   = STAYS(PICKED_UP),
        [FS_MOVE_HAND_OVER] = TO(PICKED_UP, PICKED_UP),
        [FS_MOVE_PUT_BACK]  = TO(READY, PUT_BACK),
        [FS_MOVE_GIVE_BACK] = WRONG(PICKED_UP),
        [FS_MOVE_GIFT]      = WRONG(PICKED_UP),
    },

    /* gifts: only things are handed over, and one never owes its price */

    [FS_HOLD_GRANTED] = {
        [FS_MOVE_PAY]       = WRONG(GRANTED),
        [FS_MOVE_RELEASE]   = WRONG(GRANTED),
        [FS_MOVE_POINT]     = WRONG(GRANTED),
        [FS_MOVE_EXPIRE]    = WRONG(GRANTED),
        [FS_MOVE_CONFIRM]   = BACK(GRANTED, WRONG_AMOUNT),
        [FS_MOVE_CANCEL]    = WRONG(GRANTED),
        [FS_MOVE_OWE]       = WRONG(GRANTED),
        [FS_MOVE_REFUND]    = TO(GRANTED, REFUNDED),
        [FS_MOVE_READY]     = WRONG(GRANTED),
        [FS_MOVE_PICK_UP]   = WRONG(GRANTED),
        [FS_MOVE_HAND_OVER] = TO(USED, PICKED_UP),
        [FS_MOVE_PUT_BACK]  = WRONG(GRANTED),
        [FS_MOVE_GIVE_BACK] = WRONG(GRANTED),
        [FS_MOVE_GIFT]      = WRONG(GRANTED),
    },

    [FS_HOLD_BOUND] = {
        [FS_MOVE_PAY]       = WRONG(BOUND),
        [FS_MOVE_RELEASE]   = WRONG(BOUND),
        [FS_MOVE_POINT]     = WRONG(BOUND),
        [FS_MOVE_EXPIRE]    = WRONG(BOUND),
        [FS_MOVE_CONFIRM]   = BACK(BOUND, WRONG_AMOUNT),
        [FS_MOVE_CANCEL]    = WRONG(BOUND),
        [FS_MOVE_OWE]       = WRONG(BOUND),
        [FS_MOVE_REFUND]    = TO(BOUND, REFUNDED),
        [FS_MOVE_READY]     = WRONG(BOUND),
        [FS_MOVE_PICK_UP]   = WRONG(BOUND),
        [FS_MOVE_HAND_OVER] = WRONG(BOUND),
        [FS_MOVE_PUT_BACK]  = WRONG(BOUND),
        [FS_MOVE_GIVE_BACK] = WRONG(BOUND),
        [FS_MOVE_GIFT]      = WRONG(BOUND),
    },

    [FS_HOLD_USED] = {
        [FS_MOVE_PAY]       = WRONG(USED),
        [FS_MOVE_RELEASE]   = WRONG(USED),
        [FS_MOVE_POINT]     = WRONG(USED),
        [FS_MOVE_EXPIRE]    = WRONG(USED),
        [FS_MOVE_CONFIRM]   = BACK(USED, WRONG_AMOUNT),
        [FS_MOVE_CANCEL]    = WRONG(USED),
        [FS_MOVE_OWE]       = WRONG(USED),
        [FS_MOVE_REFUND]    = TO(USED, REFUNDED),
        [FS_MOVE_READY]     = WRONG(USED),
        [FS_MOVE_PICK_UP]   = WRONG(USED),
        [FS_MOVE_HAND_OVER] = TO(USED, PICKED_UP),
        [FS_MOVE_PUT_BACK]  = TO(GRANTED, PUT_BACK),
        [FS_MOVE_GIVE_BACK] = WRONG(USED),
        [FS_MOVE_GIFT]      = WRONG(USED),
    },

    [FS_HOLD_OVER] = {
        [FS_MOVE_PAY]       = WRONG(OVER),
        [FS_MOVE_RELEASE]   = WRONG(OVER),
        [FS_MOVE_POINT]     = WRONG(OVER),
        [FS_MOVE_EXPIRE]    = WRONG(OVER),
        [FS_MOVE_CONFIRM]   = BACK(OVER, WRONG_AMOUNT),
        [FS_MOVE_CANCEL]    = WRONG(OVER),
        [FS_MOVE_OWE]       = WRONG(OVER),
        [FS_MOVE_REFUND]    = TO(OVER, REFUNDED),
        [FS_MOVE_READY]     = WRONG(OVER),
        [FS_MOVE_PICK_UP]   = WRONG(OVER),
        [FS_MOVE_HAND_OVER] = WRONG(OVER),
        [FS_MOVE_PUT_BACK]  = WRONG(OVER),
        [FS_MOVE_GIVE_BACK] = WRONG(OVER),
        [FS_MOVE_GIFT]      = WRONG(OVER),
    },
};


const fs_transition_t *
fs_transition(unsigned state, fs_move_t move)
{
    if (state >= FS_HOLD_STATES_N || move >= FS_MOVES_N) {
        return &fs_transitions[FS_HOLD_NONE][FS_MOVE_PAY];
    }

    return &fs_transitions[state][move];
}
