
/*
 * The order service's commands: payments and what becomes of them.
 *
 * An obligation is keyed by (hold, payment reference).  The same reference
 * repeats its answer; every other authentic payment that cannot sell is
 * written down as due back, exactly once.
 */

#include "decide/decide.h"
#include "rules/rules.h"
#include "sheet/sheet_debts.h"


static void fs_decide_other(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result);
static void fs_other_confirm(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_hold_t *hold, const fs_now_t *now, fs_result_t *result);
static void fs_answer_payment(fs_result_t *result,
    const fs_payment_t *payment);
static fs_reason_t fs_check_late(fs_sheet_t *sheet, const fs_hold_t *hold,
    const fs_now_t *now);
static fs_reason_t fs_check_late_line(fs_sheet_t *sheet,
    const fs_hold_t *hold, unsigned line);
static int fs_over_limit(fs_sheet_t *sheet, const fs_hold_t *hold);
static void fs_emit_sold(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_hold_t *hold, fs_entry_type_t type, const fs_now_t *now);
static void fs_emit_formed(fs_sheet_t *sheet, const fs_hold_t *hold,
    const fs_now_t *now);
static void fs_decide_cancel(fs_sheet_t *sheet, fs_hold_t *hold,
    const fs_now_t *now, fs_result_t *result);
static void fs_decide_refunded(fs_sheet_t *sheet,
    const fs_command_t *command, fs_hold_t *hold, const fs_now_t *now,
    fs_result_t *result);
static int fs_refund_of(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_hold_t *hold, fs_seq_t seq);
static void fs_decide_refund(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result);
static const fs_line_t *fs_refund_line(const fs_hold_t *hold,
    const fs_command_t *command, unsigned i);
static int64_t fs_refund_amount(const fs_line_t *line,
    const fs_command_t *command, unsigned i);
static int fs_refund_fits(const fs_hold_t *hold, const fs_command_t *command,
    unsigned i, fs_result_t *result);
static int fs_refund_replay(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result);


void
fs_decide_order(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result)
{
    fs_hold_t  hold;

    /* no hold of any life: nothing could be written about it */

    if (command->hold == 0) {
        result->outcome = FS_NO_SUCH_HOLD;
        return;
    }

    if (fs_refund_replay(sheet, command, now, result)
        || fs_hand_over_replay(sheet, command, now, result)
        || fs_claim_replay(sheet, command, now, result))
    {
        return;
    }

    if (command->epoch != fs_sheet_epoch(sheet, command->hold)) {
        fs_decide_other(sheet, command, now, result);
        return;
    }

    if (!fs_sheet_hold(sheet, command->hold, &hold)) {
        result->outcome = FS_NO_SUCH_HOLD;
        return;
    }

    fs_expire_due(sheet, &hold, now);

    switch (command->type) {

    case FS_COMMAND_CONFIRM:
        fs_decide_confirm(sheet, command, &hold, now, result);
        break;

    case FS_COMMAND_CANCEL:
        fs_decide_cancel(sheet, &hold, now, result);
        break;

    case FS_COMMAND_REFUND:
        fs_decide_refund(sheet, command, &hold, now, result);
        break;

    case FS_COMMAND_REFUNDED:
        fs_decide_refunded(sheet, command, &hold, now, result);
        break;

    case FS_COMMAND_ANSWER_CLAIM:
        fs_decide_answer_claim(sheet, command, &hold, now, result);
        break;

    default:
        fs_decide_goods(sheet, command, &hold, now, result);
        break;
    }

    fs_sheet_hold(sheet, command->hold, &hold);
    fs_result_hold(sheet, &hold, result);
}


/*
 * A hold of another life: nothing is known of it here but what was paid for
 * it, which is owed back.  It has the number of the first entry about it.
 */

static void
fs_decide_other(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result)
{
    fs_debt_t   debt;
    fs_hold_t   hold;
    fs_entry_t  first;

    memset(&hold, 0, sizeof(fs_hold_t));
    hold.seq = fs_sheet_other_hold(sheet, command->hold, command->epoch);
    hold.other = command->hold;
    hold.epoch = command->epoch;

    switch (command->type) {

    case FS_COMMAND_CONFIRM:
        fs_other_confirm(sheet, command, &hold, now, result);
        return;

    case FS_COMMAND_REFUNDED:

        if (hold.seq == 0) {
            result->outcome = FS_NOTHING_DUE;
            return;
        }

        fs_decide_refunded(sheet, command, &hold, now, result);
        break;

    default:
        result->outcome = FS_OTHER_LIFE;
        return;
    }

    if (result->outcome != FS_OK) {
        return;
    }

    debt.seq = 0;

    while (fs_sheet_next_debt(sheet, hold.seq, debt.seq, &debt)) {
        if (debt.refunded == 0) {
            hold.owed_fen += debt.amount_fen;

        } else {
            hold.refunded_fen += debt.amount_fen;
        }
    }

    hold.state = fs_hold_back_state(&hold);

    if (fs_sheet_entry(sheet, hold.seq, &first)) {
        hold.created_at = first.at;
    }

    result->hold = hold;
}


static void
fs_other_confirm(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_hold_t *hold, const fs_now_t *now, fs_result_t *result)
{
    fs_payment_t  payment;

    if (hold->seq != 0
        && fs_sheet_payment(sheet, hold->seq, command->reference, 0,
                            &payment))
    {
        fs_answer_payment(result, &payment);
        return;
    }

    fs_emit_payment_owed(sheet, hold, command, FS_REASON_OTHER_LIFE, now);

    result->outcome = FS_REFUND_DUE;
    result->reason = FS_REASON_OTHER_LIFE;
}


void
fs_decide_confirm(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result)
{
    fs_reason_t             reason;
    fs_payment_t            payment;
    const fs_transition_t  *move;

    if (fs_sheet_payment(sheet, hold->seq, command->reference, 0, &payment)) {
        fs_answer_payment(result, &payment);
        return;
    }

    move = fs_transition(hold->state, FS_MOVE_CONFIRM);
    reason = move->reason;

    if (move->outcome == FS_OK) {
        if (command->paid_fen != fs_hold_amount(hold)) {
            reason = FS_REASON_WRONG_AMOUNT;

        } else if (move->entry == FS_ENTRY_SOLD_LATE) {
            reason = fs_check_late(sheet, hold, now);

            if (reason != FS_REASON_NONE && sheet->cut) {

                /* nothing is owed for want of room that there is */

                result->outcome = FS_QUEUE_FULL;
                return;
            }

            if (reason == FS_REASON_NONE
                && !fs_bind_again(sheet, hold, now))
            {
                reason = FS_REASON_GIFT_GONE;
            }
        }

        if (reason == FS_REASON_NONE) {
            fs_emit_sold(sheet, command, hold, move->entry, now);
            fs_sheet_hold(sheet, hold->seq, hold);
            fs_return_called_off(sheet, hold, now);
            result->outcome = FS_OK;
            return;
        }

    } else if (reason == FS_REASON_NONE) {
        fs_wrong_state(sheet, hold, result);
        return;
    }

    fs_emit_payment_owed(sheet, hold, command, reason, now);

    result->outcome = FS_REFUND_DUE;
    result->reason = (uint8_t) reason;
}


/* The first answer again. */

static void
fs_answer_payment(fs_result_t *result, const fs_payment_t *payment)
{
    if (payment->outcome == FS_ENTRY_OWED) {
        result->outcome = FS_REFUND_DUE;
        result->reason = payment->reason;

    } else {
        result->outcome = FS_OK;
    }
}


/*
 * A payment for a hold that has expired: all its lines are sold again, or
 * none.  NONE: they can be.
 */

static fs_reason_t
fs_check_late(fs_sheet_t *sheet, const fs_hold_t *hold, const fs_now_t *now)
{
    unsigned      i;
    fs_sale_t    *sale;
    fs_reason_t   reason;

    for (i = 0; i < hold->lines_n; i++) {
        sale = fs_sheet_sale(sheet, hold->lines[i].sale);

        if (sale != NULL && sale->called_off) {
            return FS_REASON_SALE_CANCELLED;
        }
    }

    if (hold->expires_at == 0) {

        /* it has waited in vain: no unit was ever its own */

        return FS_REASON_LATE;
    }

    for (i = 0; i < hold->lines_n; i++) {
        reason = fs_check_late_line(sheet, hold, i);

        if (reason != FS_REASON_NONE) {
            return reason;
        }
    }

    if (fs_over_limit(sheet, hold)) {
        fs_expire_buyer(sheet, hold->buyer, now);

        if (fs_over_limit(sheet, hold)) {
            return FS_REASON_LIMIT_USED;
        }
    }

    for (i = 0; i < hold->lines_n; i++) {
        sale = fs_sheet_sale(sheet, hold->lines[i].sale);
        fs_make_room(sheet, sale, hold->lines[i].qty, now);
    }

    for (i = 0; i < hold->lines_n; i++) {
        sale = fs_sheet_sale(sheet, hold->lines[i].sale);

        if (fs_sale_free(sale) < hold->lines[i].qty
            || fs_sale_awaited(sale))
        {
            return FS_REASON_LATE;
        }
    }

    return FS_REASON_NONE;
}


/* Who comes after the decision joins only a group that has formed. */

static fs_reason_t
fs_check_late_line(fs_sheet_t *sheet, const fs_hold_t *hold, unsigned line)
{
    const fs_sale_t   *sale;
    const fs_group_t  *group;

    sale = fs_sheet_sale(sheet, hold->lines[line].sale);

    if (sale == NULL || sale->goal == 0) {
        return FS_REASON_NONE;
    }

    group = fs_line_group(sheet, hold, line);

    if (group == NULL) {
        return sale->decided ? FS_REASON_GROUP_FAILED : FS_REASON_NONE;
    }

    return (group->state == FS_GROUP_FAILED) ? FS_REASON_GROUP_FAILED
                                             : FS_REASON_NONE;
}


static int
fs_over_limit(fs_sheet_t *sheet, const fs_hold_t *hold)
{
    unsigned          i;
    fs_units_t        units;
    const fs_sale_t  *sale;

    for (i = 0; i < hold->lines_n; i++) {
        sale = fs_sheet_sale(sheet, hold->lines[i].sale);

        if (sale == NULL || sale->limit == 0) {
            continue;
        }

        fs_sheet_units(sheet, hold->buyer, sale->number, &units);

        if ((uint64_t) units.taken + hold->lines[i].qty > sale->limit) {
            return 1;
        }
    }

    return 0;
}


static void
fs_emit_sold(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_hold_t *hold, fs_entry_type_t type, const fs_now_t *now)
{
    unsigned    i;
    fs_entry_t  entry;

    for (i = 0; i < hold->lines_n; i++) {
        fs_entry_about_line(&entry, hold, i, type);
        entry.amount_fen = fs_line_paid(&hold->lines[i]);
        entry.time2 = now->mono;
        entry.number = command->taker;
        memcpy(entry.id2, command->reference, FS_REFERENCE_LEN);

        fs_emit(sheet, &entry, now);
    }

    fs_emit_formed(sheet, hold, now);
}


/* Formed is formed for good, and told once; nothing forms of what was called
 * off. */

static void
fs_emit_formed(fs_sheet_t *sheet, const fs_hold_t *hold, const fs_now_t *now)
{
    unsigned           i;
    fs_entry_t         entry;
    const fs_sale_t   *sale;
    const fs_group_t  *group;

    for (i = 0; i < hold->lines_n; i++) {
        group = fs_line_group(sheet, hold, i);

        if (group == NULL || group->state != FS_GROUP_OPEN) {
            continue;
        }

        sale = fs_sheet_sale(sheet, group->sale);

        if (group->joined < sale->goal || sale->called_off) {
            continue;
        }

        memset(&entry, 0, sizeof(fs_entry_t));
        entry.type = FS_ENTRY_FORMED;
        entry.sale = group->sale;
        entry.pickup = group->pickup;
        entry.qty = (int32_t) group->joined;

        fs_emit(sheet, &entry, now);
    }
}


static void
fs_decide_cancel(fs_sheet_t *sheet, fs_hold_t *hold, const fs_now_t *now,
    fs_result_t *result)
{
    fs_entry_t              entry;
    const fs_transition_t  *move;

    move = fs_transition(hold->state, FS_MOVE_CANCEL);

    if (move->outcome != FS_OK) {
        fs_wrong_state(sheet, hold, result);
        return;
    }

    if (move->entry == FS_ENTRY_CANCELLED) {
        fs_emit_lines(sheet, hold, FS_ENTRY_CANCELLED, now);

    } else if (move->entry == FS_ENTRY_WITHDRAWN) {
        fs_entry_about(&entry, hold, FS_ENTRY_WITHDRAWN);
        fs_emit(sheet, &entry, now);
    }

    result->outcome = FS_OK;
}


/*
 * Money goes back to a buyer: of each line so many units, or an amount.  More
 * than is left of one is refused, and then nothing of it is done.
 */

static void
fs_decide_refund(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result)
{
    unsigned          i;
    fs_command_t      keyed;
    const fs_line_t  *line;

    if (!hold->paid
        || fs_transition(hold->state, FS_MOVE_OWE)->outcome != FS_OK)
    {
        fs_wrong_state(sheet, hold, result);
        return;
    }

    fs_return_failed(sheet, hold, now);

    for (i = 0; i < command->lines_n; i++) {
        if (!fs_refund_fits(hold, command, i, result)) {
            return;
        }
    }

    keyed = *command;

    for (i = 0; i < command->lines_n; i++) {
        line = fs_refund_line(hold, command, i);

        (void) fs_emit_owed(sheet, hold, (unsigned) (line - hold->lines),
                            command->lines[i].qty,
                            fs_refund_amount(line, command, i),
                            command->reason, &keyed, now);

        if (command->restock) {
            fs_emit_restocked(sheet, hold, (unsigned) (line - hold->lines),
                              command->lines[i].qty, now);
        }

        /* a key is bound to the first entry */

        memset(keyed.key, 0, FS_KEY_HASH_LEN);
    }

    result->outcome = FS_OK;
}


/* The line of the order that a line of the command is about, or NULL. */

static const fs_line_t *
fs_refund_line(const fs_hold_t *hold, const fs_command_t *command, unsigned i)
{
    unsigned  n;

    for (n = 0; n < hold->lines_n; n++) {
        if (hold->lines[n].sale == command->lines[i].sale) {
            return &hold->lines[n];
        }
    }

    return NULL;
}


static int64_t
fs_refund_amount(const fs_line_t *line, const fs_command_t *command,
    unsigned i)
{
    return command->lines[i].qty != 0
           ? fs_line_worth(line, command->lines[i].qty)
           : command->lines[i].amount_fen;
}


static int
fs_refund_fits(const fs_hold_t *hold, const fs_command_t *command, unsigned i,
    fs_result_t *result)
{
    uint32_t          qty;
    int64_t           left;
    const fs_line_t  *line;

    line = fs_refund_line(hold, command, i);
    qty = command->lines[i].qty;
    left = 0;                           /* of what is not in the order */

    if (line != NULL) {
        left = fs_line_left(line);

        if (qty <= (uint32_t) (line->qty - line->owed_qty)
            && fs_refund_amount(line, command, i) <= left)
        {
            return 1;
        }
    }

    result->outcome = FS_REFUND_OVER;
    result->sale = command->lines[i].sale;
    result->amount_fen = left;

    return 0;
}


/* 1: answered, by what the key is bound to. */

static int
fs_refund_replay(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result)
{
    fs_entry_t  entry;

    return command->type == FS_COMMAND_REFUND
           && fs_key_replay(sheet, command, FS_ENTRY_OWED, now, &entry,
                            result);
}


/*
 * A refund settles one debt.  Its reference settles no other of the store:
 * the money of one transfer went back once.  Were it to settle all that is
 * due at this moment, a line that fell due after the refund was made would be
 * lost.
 */

static void
fs_decide_refunded(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result)
{
    int             found;
    fs_debt_t       debt;
    fs_entry_t      entry;
    const uint8_t  *payment;
    fs_payment_t    row;

    payment = fs_all_zero(command->payment, FS_REFERENCE_LEN)
              ? NULL : command->payment;

    /* of a ledger of before, two holds may have one in common */

    if (fs_sheet_payment(sheet, hold->seq, command->reference,
                         FS_REFUND_MARK, &row))
    {
        result->outcome = fs_refund_of(sheet, command, hold, row.seq)
                          ? FS_OK : FS_REFUND_USED;
        return;
    }

    if (fs_sheet_payment(sheet, FS_REFUND_ANY, command->reference,
                         FS_REFUND_MARK, &row))
    {
        result->outcome = FS_REFUND_USED;
        return;
    }

    if (command->owed != 0) {
        found = fs_sheet_debt(sheet, hold->seq, command->owed, &debt)
                && debt.refunded == 0
                && (payment == NULL
                    || memcmp(debt.payment, payment, FS_REFERENCE_LEN) == 0);

    } else {
        found = fs_sheet_oldest_due(sheet, hold->seq, payment, &debt);
    }

    if (!found) {
        result->outcome = FS_NOTHING_DUE;
        return;
    }

    if (command->paid_fen != 0 && command->paid_fen != debt.amount_fen) {
        result->amount_fen = debt.amount_fen;
        result->outcome = FS_WRONG_AMOUNT;
        return;
    }

    fs_entry_about(&entry, hold, FS_ENTRY_REFUNDED);
    entry.sale = debt.sale;
    entry.amount_fen = debt.amount_fen;
    entry.time1 = (int64_t) debt.seq;
    memcpy(entry.id1, command->reference, FS_REFERENCE_LEN);
    memcpy(entry.id2, debt.payment, FS_REFERENCE_LEN);

    fs_emit(sheet, &entry, now);

    result->outcome = FS_OK;
}


/* Whether the refund of entry `seq` settled what the command says. */

static int
fs_refund_of(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_hold_t *hold, fs_seq_t seq)
{
    fs_debt_t   debt;
    fs_entry_t  entry;

    if (command->owed != 0
        && (!fs_sheet_debt(sheet, hold->seq, command->owed, &debt)
            || debt.refunded != seq))
    {
        return 0;
    }

    return fs_sheet_entry(sheet, seq, &entry)
           && (fs_all_zero(command->payment, FS_REFERENCE_LEN)
               || memcmp(entry.id2, command->payment, FS_REFERENCE_LEN) == 0)
           && (command->paid_fen == 0
               || command->paid_fen == entry.amount_fen);
}
