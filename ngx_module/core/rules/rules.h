
/*
 * What decisions are made of.
 */

#ifndef FS_RULES_H
#define FS_RULES_H

#include "base/command.h"
#include "fold/fold.h"
#include "sheet/sheet_referral.h"

#pragma GCC visibility push(hidden)


/*
 * hold.c: what all commands have to do with a hold: the group of its lines,
 * how it is shown, what is written of it.
 */

/* The group that a line of a hold counts to.  NULL: none, or none yet. */
fs_group_t *fs_line_group(fs_sheet_t *sheet, const fs_hold_t *hold,
    unsigned line);

/* Whether a line of an order waits to be returned: its group failed. */
int fs_line_failed(fs_sheet_t *sheet, const fs_hold_t *hold, unsigned line);

/* Whether what was paid for a line goes back, for its sale was called off. */
int fs_line_called_off(fs_sheet_t *sheet, const fs_hold_t *hold,
    unsigned line);

/*
 * Whether so many units of a sale may be had now, but for whether they are
 * free: OK; CLOSED, NOT_OPEN, PAUSED, OVER_LIMIT, with what is told of it.
 */
fs_outcome_t fs_check_sale(fs_sheet_t *sheet, const uint8_t *buyer,
    const fs_sale_t *sale, uint32_t qty, const fs_now_t *now,
    fs_result_t *result);

/* The answer's hold, as people read it. */
void fs_result_hold(fs_sheet_t *sheet, const fs_hold_t *hold,
    fs_result_t *result);

/* WRONG_STATE with the state as people read it. */
void fs_wrong_state(fs_sheet_t *sheet, const fs_hold_t *hold,
    fs_result_t *result);

/* One entry for the whole hold, begun: the caller adds what it carries. */
void fs_entry_about(fs_entry_t *entry, const fs_hold_t *hold,
    fs_entry_type_t type);

/* One entry for a line of a hold. */
void fs_entry_about_line(fs_entry_t *entry, const fs_hold_t *hold,
    unsigned line, fs_entry_type_t type);

/* The command's key, whose it is, and the fingerprint of the request. */
void fs_entry_asked(fs_entry_t *entry, const fs_command_t *command);

/*
 * What the key of a command is bound to.  1: an entry of this type about the
 * command's hold, into *entry; -1: something else; 0: nothing, or it was kept
 * long enough.
 */
int fs_key_bound(fs_sheet_t *sheet, const fs_command_t *command,
    fs_entry_type_t type, const fs_now_t *now, fs_entry_t *entry);

/*
 * 1: the key of a command is bound, and it is answered: REPLAYED with the
 * hold as it is now, when the same request asked for *entry; else KEY_REUSED.
 * 0: it has to be decided.
 */
int fs_key_replay(fs_sheet_t *sheet, const fs_command_t *command,
    fs_entry_type_t type, const fs_now_t *now, fs_entry_t *entry,
    fs_result_t *result);


/*
 * transitions.c: the hold's transitions, one table: state x command;
 * docs/architecture.md shows it.
 */

typedef enum {
    FS_MOVE_PAY = 0,
    FS_MOVE_RELEASE,
    FS_MOVE_POINT,                      /* another pickup point */
    FS_MOVE_EXPIRE,
    FS_MOVE_CONFIRM,                    /* the right amount, first payment */
    FS_MOVE_CANCEL,
    FS_MOVE_OWE,                        /* part of it, for whatever reason */
    FS_MOVE_REFUND,                     /* the last payment due is back */
    FS_MOVE_READY,
    FS_MOVE_PICK_UP,
    FS_MOVE_HAND_OVER,                  /* a line of it, or all */
    FS_MOVE_PUT_BACK,
    FS_MOVE_GIVE_BACK,                  /* by its buyer */
    FS_MOVE_GIFT,                       /* use a gift, or none */
    FS_MOVES_N
} fs_move_t;

typedef struct {
    uint8_t              outcome;       /* OK, or the refusal */
    uint8_t              state;         /* the next, when OK */
    uint8_t              entry;         /* to write; NONE: no effect */
    uint8_t              reason;        /* of a refund due */
} fs_transition_t;

const fs_transition_t *fs_transition(unsigned state, fs_move_t move);


/*
 * debt.c: what is owed back, and of which line.  Those that take a hold write
 * entries, and *hold is as it is then.
 */

/* What was paid for the line and is not owed back yet, in fen. */
int64_t fs_line_left(const fs_line_t *line);

/* What the next `qty` units of it are worth that are not owed back yet. */
int64_t fs_line_worth(const fs_line_t *line, uint32_t qty);

/*
 * `owed` for a line of an order: an amount, for so many units or for none.
 * command: its key is bound to the entry; NULL: a timer's.  1; 0: the order
 * has no payment, nothing is written.
 */
int fs_emit_owed(fs_sheet_t *sheet, fs_hold_t *hold, unsigned line,
    uint32_t qty, int64_t amount_fen, fs_reason_t reason,
    const fs_command_t *command, const fs_now_t *now);

/* So many units of a line are owed, at most those that are not yet, for what
 * they are worth, at most what is left; none: nothing is written. */
void fs_owe_units(fs_sheet_t *sheet, fs_hold_t *hold, unsigned line,
    uint32_t qty, fs_reason_t reason, const fs_now_t *now);

/* Units of a line go back to their sale; 0: nothing is written. */
void fs_emit_restocked(fs_sheet_t *sheet, fs_hold_t *hold, unsigned line,
    uint32_t qty, const fs_now_t *now);

/* `owed` for the payment of a confirm that sells nothing. */
void fs_emit_payment_owed(fs_sheet_t *sheet, const fs_hold_t *hold,
    const fs_command_t *command, fs_reason_t reason, const fs_now_t *now);

/*
 * All of a line: what is left of its money is owed, what is left of its units
 * goes back, unless they were handed over.  command: as above.  1; 0: as
 * above.
 */
int fs_return_line(fs_sheet_t *sheet, fs_hold_t *hold, unsigned line,
    fs_reason_t reason, const fs_command_t *command, const fs_now_t *now);

/* All lines of an order whose sales were called off before it was paid. */
void fs_return_called_off(fs_sheet_t *sheet, fs_hold_t *hold,
    const fs_now_t *now);

/* All lines of a hold whose groups failed, before something else is decided
 * about it. */
void fs_return_failed(fs_sheet_t *sheet, fs_hold_t *hold,
    const fs_now_t *now);


/*
 * gift.c: gifts, and the holds that use them.
 */

/*
 * Whether the command's gift can be used for these lines, by their sales,
 * units and prices: OK, with what it takes off, in all and in each line's
 * off_fen; NO_SUCH_HOLD: it is no gift of the command's buyer's;
 * GIFT_UNUSABLE and result->why.
 */
fs_outcome_t fs_check_gift(fs_sheet_t *sheet, const fs_command_t *command,
    fs_line_t *lines, unsigned n, const fs_now_t *now, fs_hold_t *gift,
    int64_t *off, fs_result_t *result);

/* asked: with the hold itself. */
void fs_emit_bound(fs_sheet_t *sheet, const fs_hold_t *hold,
    const fs_hold_t *gift, int64_t off_fen, int asked, const fs_now_t *now);

/* The hold uses its gift no more, if it does: it has ended without a sale, or
 * its buyer says so. */
void fs_let_gift_go(fs_sheet_t *sheet, const fs_hold_t *hold,
    fs_reason_t reason, const fs_now_t *now);

/* A hold that has expired is paid: it uses its gift again, if it had one.
 * 0: another hold has it. */
int fs_bind_again(fs_sheet_t *sheet, const fs_hold_t *hold,
    const fs_now_t *now);

/* The gift of an order of which all is owed back and nothing was handed over
 * can be used again, for some days at least. */
void fs_give_gift_back(fs_sheet_t *sheet, const fs_hold_t *hold,
    const fs_now_t *now);

/* 1: it is a gift that is handed over. */
int fs_gift_is_thing(fs_sheet_t *sheet, const fs_hold_t *gift);

/* What the gift with this number of a sale takes off; of a packet it is what
 * is in it. */
int64_t fs_gift_worth(fs_sheet_t *sheet, const fs_sale_t *sale,
    uint32_t number);

/* Until when it is good, 0: it has no end. */
int64_t fs_gift_until(const fs_terms_t *terms, const fs_now_t *now);

/*
 * A unit of a sale that gives is granted; *entry, begun by the caller, has
 * whose it is, and what else is said of it.  Whether it may be is checked
 * before.
 */
void fs_emit_gift(fs_sheet_t *sheet, const fs_sale_t *sale,
    fs_entry_t *entry, const fs_now_t *now);


/*
 * referral.c: a neighbour brings another one.
 */

/*
 * Before a hold is made: whether its buyer, as a newcomer, comes by the code
 * that the command shows.  1: what the shop gives for it, into *referral.
 */
int fs_may_refer(fs_sheet_t *sheet, const fs_command_t *command,
    fs_referral_t *referral);

/* And once it is made: `referred`, and something for the newcomer, when there
 * is something left. */
void fs_refer(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_referral_t *referral, fs_seq_t hold, const fs_now_t *now);

/* Before goods of a hold are handed over: 1: it is the first time that
 * something was handed over to a newcomer, into *invited. */
int fs_inviter_waits(fs_sheet_t *sheet, const fs_hold_t *hold,
    fs_invited_t *invited);

/* And once they are: something for the inviter, when there is something
 * left. */
void fs_thank_inviter(fs_sheet_t *sheet, const fs_invited_t *invited,
    const fs_now_t *now);


/*
 * goods.c: from when on what becomes ready now counts as handed over (0:
 * never), and what a timer does about lines.  Each returns its steps; 0: there
 * is nothing to do.
 */

int64_t fs_given_at(const fs_sheet_t *sheet, const fs_now_t *now);

/* A line that nobody was seen to take is handed over, by time. */
unsigned fs_hand_over_given(fs_sheet_t *sheet, const fs_timer_t *timer,
    const fs_now_t *now);

/* A wave's time has come. */
unsigned fs_freeze_due(fs_sheet_t *sheet, uint32_t wave,
    const fs_now_t *now);
void fs_emit_frozen(fs_sheet_t *sheet, uint32_t wave, const fs_now_t *now);

/*
 * Units that have come with a wave become those of lines, in the order in
 * which was paid, as long as whole lines fit; when no more come, the next one
 * has what is left, and the rest is short.
 */
unsigned fs_receive_lines(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    uint16_t wave, unsigned limit, const fs_now_t *now);


/*
 * settle.c: what is owed of a whole sale, that was called off or whose buyers
 * are compensated: the next lines of it.  Steps; 0: there is nothing to do.
 */
unsigned fs_settle_sale(fs_sheet_t *sheet, uint32_t sale, unsigned limit,
    const fs_now_t *now);


/*
 * reveal.c: packets or tickets are closed.
 */

/* The seed is revealed, a draw is made, the next winners are written.  Steps;
 * 0: there is nothing to do. */
unsigned fs_draw_due(fs_sheet_t *sheet, uint32_t sale, unsigned limit,
    const fs_now_t *now);

/* The same at once, some steps of it, where somebody waits for the answer. */
void fs_draw_now(fs_sheet_t *sheet, uint32_t sale, const fs_now_t *now);

/* The draw of a giving with a beacon, 32 bytes.  OK; WRONG_STATE: it needs
 * none, is not closed, or was drawn. */
fs_outcome_t fs_draw_with(fs_sheet_t *sheet, uint32_t sale,
    const uint8_t *beacon, fs_entry_t *entry, const fs_now_t *now);


/*
 * claim.c: claims of buyers.
 */

/* Whether a claim of so much is accepted when it is due: it is small, and this
 * buyer has not had too many such. */
int fs_claim_by_time(fs_sheet_t *sheet, const uint8_t *buyer,
    int64_t amount_fen, const fs_now_t *now);

/* An open claim is accepted, and owed, or denied.  command NULL: its time has
 * come. */
void fs_emit_answer(fs_sheet_t *sheet, fs_hold_t *hold,
    const fs_claim_t *claim, int accept, const fs_command_t *command,
    const fs_now_t *now);

/* The timer of a claim.  1: a step; 0: there is nothing to do. */
unsigned fs_claim_due(fs_sheet_t *sheet, const fs_timer_t *timer,
    const fs_now_t *now);


/*
 * expire.c: what time has brought before a command is decided: a sale opens
 * or closes, a hold expires.  All of it is true whatever becomes of the
 * command.
 */

/* One entry for each line of a hold that ends unsold, with the time; its gift
 * is free again. */
void fs_emit_lines(fs_sheet_t *sheet, const fs_hold_t *hold,
    fs_entry_type_t type, const fs_now_t *now);

/* Open and close a sale whose time has come. */
void fs_open_close(fs_sheet_t *sheet, fs_sale_t *sale, const fs_now_t *now);

/* Its sale is closed: a hold waits no more; *hold is as it is then. */
void fs_end_waiting(fs_sheet_t *sheet, fs_hold_t *hold, const fs_now_t *now);

/* Expire a live hold whose time is over, or one that waits for a sale that is
 * closed; *hold is as it is then. */
void fs_expire_due(fs_sheet_t *sheet, fs_hold_t *hold, const fs_now_t *now);

/*
 * Work on a row of `due` that is due: its hold expires.  A row without such a
 * hold is set aside.
 */
void fs_expire_row(fs_sheet_t *sheet, uint32_t sale, int64_t due,
    fs_seq_t seq, const fs_now_t *now);

/* Expire a buyer's own due holds. */
void fs_expire_buyer(fs_sheet_t *sheet, const uint8_t *buyer,
    const fs_now_t *now);

/* Expire due holds of a sale until `need` units are free, or none is due. */
void fs_make_room(fs_sheet_t *sheet, fs_sale_t *sale, uint32_t need,
    const fs_now_t *now);


/*
 * queue.c: those who wait for units.
 */

/*
 * QUEUED: the hold that a command asks for, which was refused for want of
 * units alone, waits for them; SOLD_OUT: as many wait as may.  pickup: its
 * number.  Writes the entry.
 */
fs_outcome_t fs_queue_hold(fs_sheet_t *sheet, const fs_command_t *command,
    uint32_t pickup, const fs_now_t *now, fs_result_t *result);

/* 1: so many units more may wait for this sale. */
int fs_queue_has_room(const fs_sale_t *sale, const fs_command_t *command);

/*
 * Units of a sale go to those who wait, in order, to the first whom they
 * suffice for; once it is closed all of them wait no more.  Steps, at most
 * `limit`; 0: there is nothing to do.
 */
unsigned fs_serve_queue(fs_sheet_t *sheet, uint32_t sale, unsigned limit,
    const fs_now_t *now);


/* timers.c: what becomes due, whether or not somebody asks for it. */

/*
 * Work on what is due: expiries, openings, closings, decisions on groups,
 * returns of a failed group, sweeping of keys; at most `limit` steps.
 * Returns the steps done; equal to limit: there may be more.
 */
unsigned fs_decide_timers(fs_sheet_t *sheet, const fs_now_t *now,
    unsigned limit);


#pragma GCC visibility pop

#endif /* FS_RULES_H */
