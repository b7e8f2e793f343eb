
/*
 * The one function that decides.  Stock, the buyer's limit, the idempotency
 * key, the hold, the timers and the ledger entries of a command are decided
 * here, under the log's write lock, and become durable by one commit.
 */

#ifndef FS_DECIDE_H
#define FS_DECIDE_H

#include "base/command.h"
#include "fold/fold.h"
#include "sheet/sheet.h"
#include "text/gives.h"
#include "text/referral.h"

#pragma GCC visibility push(hidden)


/*
 * Decide a command.  op: an operator's part, or NULL.  Expires due holds of
 * the command's sales first, as far as it needs their units, and opens or
 * closes a sale whose time has come.
 */
void fs_decide(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result);


/*
 * decide_hold.c: HOLD and ORDER, and what refuses one without a write.  op:
 * of an ORDER.
 */

void fs_decide_hold(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result);

/* 1: as many lines as there may be, each of a sale of its own, with units. */
int fs_lines_valid(const fs_command_t *command);

/*
 * OK, or why the sales and what the buyer has of them already do not allow
 * it; and whether the units are free.  Nothing is written.
 */
fs_outcome_t fs_check_lines(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result);
fs_outcome_t fs_check_free(fs_sheet_t *sheet, const fs_command_t *command,
    fs_result_t *result);

/* 1: it asks to wait for units that are not free, and there is room. */
int fs_may_queue(fs_sheet_t *sheet, const fs_command_t *command);


/*
 * decide_gift.c: GIFT of a hold, and what HOLD and GRANT have to do with
 * gifts.
 */

void fs_decide_gift(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result);

/* Of what is given a buyer gets one unit at a time, by itself, unless only the
 * desk gives it; else it is not a line of a hold.  OK, BY_DESK, BAD_REQUEST
 * with result->giving. */
fs_outcome_t fs_check_giving(const fs_sale_t *sale,
    const fs_command_t *command, unsigned i, fs_result_t *result);

/* The command's one line, of a sale that gives, is granted.  op: why; NULL:
 * nobody says. */
void fs_emit_granted(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_sale_t *sale, uint32_t pickup,
    const fs_now_t *now, fs_result_t *result);

/* The gift that a hold is to use from the beginning, if any: as
 * fs_check_gift(). */
fs_outcome_t fs_check_hold_gift(fs_sheet_t *sheet,
    const fs_command_t *command, const fs_now_t *now, fs_hold_t *gift,
    int64_t *off, fs_result_t *result);

/* 1: the command asks for the same gift, or the same reason, as the one that
 * made the hold, whose first entry is given. */
int fs_same_gift(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_hold_t *hold, const fs_entry_t *first);


/*
 * decide_claim.c: CLAIM and ANSWER_CLAIM of a hold; *hold is as it was before.
 * fs_claim_replay(): 1: it was said before, and is answered as then.
 */

int fs_claim_replay(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result);
void fs_decide_claim(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result);
void fs_decide_answer_claim(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result);

/*
 * How many units of a line of an order can be claimed now, and until when
 * (wall; 0: no time is set for it yet).  OK, WRONG_STATE, TOO_LATE.  Writes
 * nothing.
 */
fs_outcome_t fs_check_claim(fs_sheet_t *sheet, const fs_hold_t *hold,
    unsigned line, const fs_now_t *now, uint32_t *left, int64_t *until);


/*
 * decide_buyer.c: what a buyer does with a hold of their own: RELEASE, PAY,
 * POINT, CANCEL_ORDER, and of decide_claim.c.
 */

void fs_decide_buyer(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result);

/*
 * Whether a buyer may cancel an order now, and until when (wall) it may be by
 * the time alone: the earliest of its lines.  OK, WRONG_STATE, TOO_LATE,
 * FORMED.  Writes nothing.
 */
fs_outcome_t fs_check_give_back(fs_sheet_t *sheet, const fs_hold_t *hold,
    const fs_now_t *now, int64_t *until);


/*
 * decide_order.c: the order service's commands: CONFIRM, CANCEL, REFUND,
 * REFUNDED, and of decide_goods.c.
 */

void fs_decide_order(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result);

/* A payment for a hold of this life; *hold is as it was before. */
void fs_decide_confirm(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result);


/*
 * decide_goods.c: READY, PICK_UP, HAND_OVER, PUT_BACK of a hold.  The nonce of
 * a hand-over is the key of both of the last, for it names the same fact.
 * fs_hand_over_replay(): 1: it was said before, and is answered as then.
 */

void fs_decide_goods(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result);
int fs_hand_over_replay(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result);


/*
 * decide_operator.c: the operator's commands.  op: their part that no ring
 * carries, or NULL, which is refused.
 */

void fs_decide_operator(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result);


/* decide_room.c: ROOM. */

void fs_decide_room(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result);

/* op->told is the room as it is. */
void fs_room_told(fs_sheet_t *sheet, const fs_operator_t *op);


/* operator_entry.c: what the operator's commands have in common. */

/* The entry of an operator's command, to which its key is bound. */
void fs_operator_emit(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, fs_entry_t *entry, const fs_now_t *now);

/* The fingerprint of the request that such an entry was written for. */
uint64_t fs_operator_asked(const fs_entry_t *entry);

/* A document's key in the log: "sale/" or another kind, and an id.  The
 * length. */
#define FS_DOCUMENT_KEY_MAX  (2 * FS_SLUG_MAX + 1)

size_t fs_document_key(char *key, fs_str_t kind, fs_str_t id);

/* The digest of two texts, one after the other.  0, or -1: libcrypto
 * failed. */
int fs_digest(fs_entry_t *entry, fs_str_t first, fs_str_t second);


/*
 * decide_terms.c: what a sale gives, for its definition.
 */

typedef struct {
    fs_terms_t           terms;
    size_t               len;           /* of the document */
    char                 json[FS_TERMS_JSON_MAX];
} fs_new_terms_t;

/*
 * Make the terms that the definition asks for, if it gives something; sale:
 * as it is, NULL: there is none.  OK; or GIVEN, CLOSED, NO_SUCH_SALE,
 * BAD_REQUEST: then nothing may be written.
 */
fs_outcome_t fs_terms_begin(fs_sheet_t *sheet, const fs_operator_t *op,
    const fs_sale_t *sale, const fs_now_t *now, fs_new_terms_t *new,
    fs_result_t *result);

/* The document and the row; the entry that says so, after that of the sale. */
void fs_terms_write(fs_sheet_t *sheet, const fs_operator_t *op,
    uint32_t sale, const fs_new_terms_t *new);
void fs_terms_emit(fs_sheet_t *sheet, uint32_t sale,
    const fs_new_terms_t *new, const fs_now_t *now);

/* Whether so many units may be added by the stock command.  OK or GIVEN. */
fs_outcome_t fs_terms_stock(const fs_sale_t *sale, int64_t add);


/* DRAW: tickets that wait for a beacon; for fs_decide_operator(). */
void fs_decide_draw(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_sale_t *sale, const fs_now_t *now,
    fs_result_t *result);


/* decide_sale.c: CALL_OFF, COMPENSATE; for fs_decide_operator(). */

void fs_decide_whole_sale(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_sale_t *sale, const fs_now_t *now,
    fs_result_t *result);


/* decide_wave.c: WAVE, RECEIVE; for fs_decide_operator(). */

void fs_decide_wave(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result);
void fs_decide_receive(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result);


#pragma GCC visibility pop

#endif /* FS_DECIDE_H */
