
#include <stdlib.h>

#include "oracle_parts.h"


int64_t
oracle_amount(const oracle_hold_t *hold)
{
    int64_t   amount;
    unsigned  line;

    amount = 0;

    for (line = 0; line < hold->lines_n; line++) {
        amount += oracle_line_paid(hold, line);
    }

    return amount;
}


static void
oracle_wrong_state(oracle_t *oracle, const oracle_hold_t *hold,
    oracle_answer_t *answer)
{
    answer->outcome = FS_WRONG_STATE;
    answer->state = oracle_state(oracle, hold);
}


oracle_payment_t *
oracle_pay(oracle_t *oracle, oracle_hold_t *hold, const uint8_t *reference,
    int64_t amount)
{
    uint8_t            copy[FS_REFERENCE_LEN];
    oracle_payment_t  *payment;

    /* the reference may lie in hold->payments, which realloc() moves */
    memcpy(copy, reference, FS_REFERENCE_LEN);

    hold->payments = realloc(hold->payments, (hold->payments_n + 1)
                                             * sizeof(oracle_payment_t));
    if (hold->payments == NULL) {
        abort();
    }

    payment = &hold->payments[hold->payments_n++];
    memset(payment, 0, sizeof(oracle_payment_t));
    memcpy(payment->reference, copy, FS_REFERENCE_LEN);
    payment->amount = amount;
    payment->line = -1;
    payment->order = ((uint64_t) 1 << 63) + ++oracle->payments;

    return payment;
}


/* The last one of those who have paid. */

static void
oracle_ordered(const oracle_t *oracle, oracle_sale_t *sale,
    const oracle_hold_t *hold)
{
    if (sale->orders_n == sale->orders_size) {
        sale->orders_size = sale->orders_size ? 2 * sale->orders_size : 16;
        sale->orders = realloc(sale->orders,
                               sale->orders_size * sizeof(size_t));
        if (sale->orders == NULL) {
            abort();
        }
    }

    sale->orders[sale->orders_n++] = (size_t) (hold - oracle->holds);
}


static void
oracle_sell(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command)
{
    unsigned         line;
    oracle_sale_t   *sale;
    oracle_group_t  *group;

    if (oracle_live(hold)) {
        oracle_end(oracle, hold, FS_HOLD_SOLD);

    } else {
        for (line = 0; line < hold->lines_n; line++) {
            sale = &oracle->sales[hold->lines[line].sale];
            sale->sold += hold->lines[line].qty;
            sale->taken[hold->buyer] += hold->lines[line].qty;
            sale->lapses[hold->buyer] = 0;
            sale->lapsed_at[hold->buyer] = 0;
        }

        hold->state = FS_HOLD_SOLD;
        oracle_gift_ended(oracle, hold, 1);
    }

    hold->paid = 1;
    hold->sold_at = oracle->now.wall;
    oracle_pay(oracle, hold, command->reference, command->paid_fen)->sold = 1;

    for (line = 0; line < hold->lines_n; line++) {
        sale = &oracle->sales[hold->lines[line].sale];
        oracle_ordered(oracle, sale, hold);
        hold->lines[line].wave = sale->waves;

        if (sale->goal == 0) {
            continue;
        }

        group = oracle_group(oracle, hold, line);
        group->exists = 1;
        group->joined += hold->lines[line].qty;
        hold->lines[line].member = hold->lines[line].qty;

        if (sale->by_pickup && group->state == FS_GROUP_OPEN) {
            hold->lines[line].wave = FS_WAVE_OPEN;
        }

        if (group->state == FS_GROUP_OPEN && group->joined >= sale->goal
            && !sale->called_off)
        {
            group->state = FS_GROUP_FORMED;
            group->wave = sale->waves;
        }
    }

    /* what was cancelled meanwhile is paid back at once */

    for (line = 0; line < hold->lines_n; line++) {
        if (oracle->sales[hold->lines[line].sale].called_off) {
            oracle_return_line(oracle, hold, line, FS_REASON_SALE_CANCELLED);
        }
    }
}


static int
oracle_limit_used(oracle_t *oracle, const oracle_hold_t *hold)
{
    unsigned        line;
    oracle_sale_t  *sale;

    for (line = 0; line < hold->lines_n; line++) {
        sale = &oracle->sales[hold->lines[line].sale];

        if (sale->limit != 0
            && sale->taken[hold->buyer] + hold->lines[line].qty
               > sale->limit)
        {
            return 1;
        }
    }

    return 0;
}


/* Why a payment cannot revive an expired hold; NONE: it can. */

static int
oracle_too_late(oracle_t *oracle, const oracle_hold_t *hold)
{
    unsigned         line;
    oracle_sale_t   *sale;
    oracle_group_t  *group;

    for (line = 0; line < hold->lines_n; line++) {
        if (oracle->sales[hold->lines[line].sale].called_off) {
            return FS_REASON_SALE_CANCELLED;
        }
    }

    if (hold->expires_at == 0) {

        /* it was never held: it only waited */

        return FS_REASON_LATE;
    }

    for (line = 0; line < hold->lines_n; line++) {
        sale = &oracle->sales[hold->lines[line].sale];

        if (sale->goal == 0) {
            continue;
        }

        group = oracle_group(oracle, hold, line);

        if (group->state == FS_GROUP_FAILED
            || (sale->decided && !group->exists))
        {
            return FS_REASON_GROUP_FAILED;
        }
    }

    if (oracle_limit_used(oracle, hold)) {
        oracle_expire_own(oracle, hold->buyer);

        if (oracle_limit_used(oracle, hold)) {
            return FS_REASON_LIMIT_USED;
        }
    }

    for (line = 0; line < hold->lines_n; line++) {
        oracle_make_room(oracle, hold->lines[line].sale,
                         hold->lines[line].qty);
    }

    for (line = 0; line < hold->lines_n; line++) {
        if (oracle_free(&oracle->sales[hold->lines[line].sale])
            < hold->lines[line].qty
            || oracle_awaited(oracle, hold->lines[line].sale))
        {
            return FS_REASON_LATE;
        }
    }

    return FS_REASON_NONE;
}


void
oracle_confirm(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command, oracle_answer_t *answer)
{
    int                reason;
    unsigned           i;
    oracle_payment_t  *payment;

    for (i = 0; i < hold->payments_n; i++) {
        payment = &hold->payments[i];

        if (payment->line == -1
            && memcmp(payment->reference, command->reference,
                      FS_REFERENCE_LEN) == 0)
        {
            answer->outcome = payment->sold ? FS_OK : FS_REFUND_DUE;
            answer->reason = payment->reason;
            return;
        }
    }

    switch (hold->state) {

    case FS_HOLD_RELEASED:
        reason = FS_REASON_RELEASED;
        break;

    case FS_HOLD_CANCELLED:
        reason = FS_REASON_CANCELLED;
        break;

    case FS_HOLD_QUEUED:
    case FS_HOLD_GRANTED:
    case FS_HOLD_BOUND:
    case FS_HOLD_USED:
        reason = FS_REASON_WRONG_AMOUNT;
        break;

    case FS_HOLD_HELD:
    case FS_HOLD_PAYING:
    case FS_HOLD_EXPIRED:
        reason = FS_REASON_NONE;

        if (command->paid_fen != oracle_amount(hold)) {
            reason = FS_REASON_WRONG_AMOUNT;

        } else if (hold->state == FS_HOLD_EXPIRED) {
            reason = oracle_too_late(oracle, hold);

            if (reason == FS_REASON_NONE && oracle_gift_gone(oracle, hold)) {
                reason = FS_REASON_GIFT_GONE;
            }
        }

        break;

    default:
        reason = FS_REASON_SECOND_PAYMENT;
    }

    if (reason == FS_REASON_NONE) {
        oracle_sell(oracle, hold, command);
        answer->outcome = FS_OK;
        return;
    }

    payment = oracle_pay(oracle, hold, command->reference, command->paid_fen);
    payment->due = payment->amount != 0;
    payment->reason = reason;

    if (hold->state == FS_HOLD_RELEASED || hold->state == FS_HOLD_CANCELLED
        || hold->state == FS_HOLD_EXPIRED)
    {
        hold->state = FS_HOLD_REFUND_DUE;
    }

    oracle_settle(hold);

    answer->outcome = FS_REFUND_DUE;
    answer->reason = reason;
}


/* A hold that is not of this ledger: only money is written down for it. */

static void
oracle_of_other(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer)
{
    size_t             n;
    unsigned           i;
    oracle_hold_t     *hold;
    oracle_payment_t  *payment;

    for (n = 0; n < oracle->others_n; n++) {
        if (oracle->others[n].other == command->hold
            && oracle->others[n].epoch == command->epoch)
        {
            break;
        }
    }

    hold = (n < oracle->others_n) ? &oracle->others[n] : NULL;

    if (command->type == FS_COMMAND_REFUNDED) {

        if (hold == NULL) {
            answer->outcome = FS_NOTHING_DUE;
            return;
        }

        oracle_refunded(oracle, hold, command, answer);
        answer->other = answer->outcome == FS_OK ? (long) n : -1;
        return;
    }

    if (command->type != FS_COMMAND_CONFIRM) {
        answer->outcome = FS_OTHER_LIFE;
        return;
    }

    answer->outcome = FS_REFUND_DUE;
    answer->reason = FS_REASON_OTHER_LIFE;

    for (i = 0; hold != NULL && i < hold->payments_n; i++) {
        if (memcmp(hold->payments[i].reference, command->reference,
                   FS_REFERENCE_LEN) == 0)
        {
            return;
        }
    }

    if (hold == NULL) {
        oracle->others = realloc(oracle->others, (oracle->others_n + 1)
                                                 * sizeof(oracle_hold_t));
        if (oracle->others == NULL) {
            abort();
        }

        hold = &oracle->others[oracle->others_n++];
        memset(hold, 0, sizeof(oracle_hold_t));
        hold->other = command->hold;
        hold->epoch = command->epoch;
        hold->seq = UINT64_MAX - n;     /* a number that no hold has */
    }

    payment = oracle_pay(oracle, hold, command->reference,
                         command->paid_fen);
    payment->due = payment->amount != 0;
    payment->reason = FS_REASON_OTHER_LIFE;
    hold->state = FS_HOLD_REFUND_DUE;
    oracle_settle(hold);
}


void
oracle_of_hold(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer)
{
    size_t          i;
    int64_t         term;
    oracle_hold_t  *hold;

    if (command->hold != 0 && !command->unmet
        && (oracle_refund_again(oracle, command, answer)
            || oracle_handed_again(oracle, command, answer)
            || oracle_after_again(oracle, command, answer)))
    {
        return;
    }

    if (command->epoch != oracle_epoch(oracle, command->hold)) {

        if (command->unmet) {
            answer->outcome = command->type < FS_COMMAND_CONFIRM
                              ? FS_OTHER_LIFE : FS_PRECONDITION;
            return;
        }

        oracle_of_other(oracle, command, answer);
        return;
    }

    /* from the newest on: commands are mostly about those */

    for (i = oracle->holds_n; i-- > 0; ) {
        if (oracle->holds[i].seq == command->hold) {
            break;
        }
    }

    if (command->hold == 0 || i == (size_t) -1) {
        answer->outcome = FS_NO_SUCH_HOLD;
        return;
    }

    hold = &oracle->holds[i];

    if (command->type < FS_COMMAND_CONFIRM
        && hold->buyer != oracle_buyer(command->buyer))
    {
        answer->outcome = FS_NO_SUCH_HOLD;
        return;
    }

    if (command->unmet) {
        answer->outcome = FS_PRECONDITION;
        return;
    }

    oracle_expire(oracle, hold);
    answer->outcome = FS_OK;

    switch (command->type) {

    case FS_COMMAND_RELEASE:
        if (hold->state == FS_HOLD_HELD) {
            oracle_end(oracle, hold, FS_HOLD_RELEASED);

        } else if (hold->state == FS_HOLD_QUEUED) {
            oracle_leaves(oracle, hold, FS_HOLD_RELEASED);

        } else if (hold->state != FS_HOLD_RELEASED) {
            oracle_wrong_state(oracle, hold, answer);
        }

        break;

    case FS_COMMAND_PAY:
        if (hold->state == FS_HOLD_HELD) {
            term = command->term_ms;
            hold->state = FS_HOLD_PAYING;

            if (hold->due < oracle->now.mono + term) {
                hold->expires_at = oracle->now.wall + term;
                hold->due = oracle->now.mono + term;
                hold->length = term;
            }

        } else if (hold->state != FS_HOLD_PAYING) {
            oracle_wrong_state(oracle, hold, answer);
        }

        break;

    case FS_COMMAND_CANCEL:
        if (oracle_live(hold)) {
            oracle_end(oracle, hold, FS_HOLD_CANCELLED);

        } else if (hold->state == FS_HOLD_EXPIRED) {
            hold->state = FS_HOLD_CANCELLED;

        } else if (hold->state != FS_HOLD_CANCELLED
                   && hold->state != FS_HOLD_RELEASED)
        {
            oracle_wrong_state(oracle, hold, answer);
        }

        break;

    case FS_COMMAND_CONFIRM:
        oracle_confirm(oracle, hold, command, answer);
        break;

    case FS_COMMAND_REFUND:
        oracle_refund(oracle, hold, command, answer);
        break;

    case FS_COMMAND_REFUNDED:
        oracle_refunded(oracle, hold, command, answer);
        break;

    case FS_COMMAND_READY:
        if (hold->paid && hold->state != FS_HOLD_READY
            && hold->state != FS_HOLD_PICKED_UP
            && oracle_can_be_ready(oracle, hold))
        {
            oracle_put_all(oracle, hold, FS_GOODS_AWAITED, FS_GOODS_READY);

        } else if (hold->state != FS_HOLD_READY) {
            oracle_wrong_state(oracle, hold, answer);
        }

        break;

    case FS_COMMAND_PICK_UP:
        if (hold->state == FS_HOLD_READY) {
            oracle_put_all(oracle, hold, FS_GOODS_READY,
                           FS_GOODS_HANDED_OVER);
            oracle_referral_had(oracle, hold->buyer);

        } else if (hold->state != FS_HOLD_PICKED_UP) {
            oracle_wrong_state(oracle, hold, answer);
        }

        break;

    case FS_COMMAND_HAND_OVER:
        oracle_hand_over(oracle, hold, command, answer);
        break;

    case FS_COMMAND_PUT_BACK:
        oracle_put_back(oracle, hold, command, answer);
        break;

    case FS_COMMAND_CANCEL_ORDER:
        oracle_cancel_order(oracle, hold, command, answer);
        break;

    case FS_COMMAND_CLAIM:
        oracle_claim(oracle, hold, command, answer);
        break;

    case FS_COMMAND_GIFT:
        oracle_gift(oracle, hold, command, answer);
        break;

    case FS_COMMAND_ANSWER_CLAIM:
        oracle_answer_claim(oracle, hold, command, answer);
        break;
    }

    answer->hold = (long) i;
}
