
/*
 * What is owed back: of payments that sold nothing, and of the lines of
 * orders.  Of a line of q units that was sold for L, unit k is worth what k
 * units are worth, rounded down, less what k - 1 are.
 */

#include <stdlib.h>

#include "oracle_parts.h"
#include "ledger/rows_after.h"


int64_t
oracle_line_paid(const oracle_hold_t *hold, unsigned line)
{
    return hold->lines[line].price * hold->lines[line].qty
           - hold->lines[line].off;
}


int64_t
oracle_worth(const oracle_hold_t *hold, unsigned line, uint32_t qty)
{
    int64_t   worth, paid, before, after;
    uint32_t  k, q;

    worth = 0;
    q = hold->lines[line].qty;
    paid = oracle_line_paid(hold, line);

    for (k = hold->lines[line].owed_qty + 1;
         k <= hold->lines[line].owed_qty + qty; k++)
    {
        after = paid * k / q;
        before = paid * (k - 1) / q;
        worth += after - before;
    }

    return worth;
}


int64_t
oracle_owed(const oracle_hold_t *hold)
{
    int64_t   owed;
    unsigned  i;

    owed = 0;

    for (i = 0; i < hold->payments_n; i++) {
        owed += hold->payments[i].due ? hold->payments[i].amount : 0;
    }

    return owed;
}


int64_t
oracle_back(const oracle_hold_t *hold)
{
    int64_t   back;
    unsigned  i;

    back = 0;

    for (i = 0; i < hold->payments_n; i++) {
        if (!hold->payments[i].sold && !hold->payments[i].due) {
            back += hold->payments[i].amount;
        }
    }

    return back;
}


void
oracle_settle(oracle_hold_t *hold)
{
    int64_t   paid;
    unsigned  line, to_come, here, gone, settled;

    if (!hold->paid) {
        if (hold->state == FS_HOLD_REFUND_DUE
            || hold->state == FS_HOLD_REFUNDED)
        {
            hold->state = oracle_owed(hold) ? FS_HOLD_REFUND_DUE
                                            : FS_HOLD_REFUNDED;
        }

        return;
    }

    to_come = 0;
    here = 0;
    gone = 0;
    settled = 1;

    for (line = 0; line < hold->lines_n; line++) {

        if (oracle_comes(hold, line)) {
            switch (hold->lines[line].goods) {

            case FS_GOODS_AWAITED:
                to_come++;
                break;

            case FS_GOODS_READY:
                here++;
                break;

            case FS_GOODS_HANDED_OVER:
                gone++;
                break;
            }
        }

        paid = oracle_line_paid(hold, line);

        if (hold->lines[line].owed_qty != hold->lines[line].qty
            && (paid == 0 || hold->lines[line].owed != paid))
        {
            settled = 0;
        }
    }

    if (to_come == 0 && here == 0 && gone != 0) {
        hold->state = FS_HOLD_PICKED_UP;

    } else if (to_come == 0 && here != 0) {
        hold->state = FS_HOLD_READY;

    } else if (!settled) {
        hold->state = FS_HOLD_SOLD;

    } else {
        hold->state = oracle_owed(hold) ? FS_HOLD_REFUND_DUE
                                        : FS_HOLD_REFUNDED;
    }
}


void
oracle_owe(oracle_t *oracle, oracle_hold_t *hold, unsigned line, uint32_t qty,
    int64_t amount, int reason)
{
    unsigned           i;
    oracle_group_t    *group;
    oracle_payment_t  *debt;

    for (i = 0; i < hold->payments_n; i++) {
        if (hold->payments[i].sold) {
            break;
        }
    }

    debt = oracle_pay(oracle, hold, hold->payments[i].reference, amount);
    debt->line = (int) line;
    debt->qty = qty;
    debt->due = amount != 0;
    debt->reason = reason;

    hold->lines[line].owed += amount;
    hold->lines[line].owed_qty += qty;

    group = oracle_group(oracle, hold, line);

    if (hold->lines[line].member != 0 && group->state == FS_GROUP_OPEN) {
        group->joined -= qty;
        hold->lines[line].member -= qty;

    } else if (group->state == FS_GROUP_FAILED && qty != 0
               && hold->lines[line].owed_qty == hold->lines[line].qty)
    {
        /* nothing of it is left to return */

        hold->lines[line].member = 0;
    }

    oracle_settle(hold);
    oracle_gift_back(oracle, hold);
}


void
oracle_restock(oracle_t *oracle, oracle_hold_t *hold, unsigned line,
    uint32_t qty)
{
    oracle_sale_t  *sale;

    sale = &oracle->sales[hold->lines[line].sale];
    sale->sold -= qty;
    sale->taken[hold->buyer] -= qty;
    hold->lines[line].restocked += qty;

    oracle_settle(hold);
}


int
oracle_to_return(const oracle_t *oracle, const oracle_hold_t *hold,
    unsigned line)
{
    const oracle_sale_t  *sale;

    sale = &oracle->sales[hold->lines[line].sale];

    return hold->lines[line].member != 0
           && sale->groups[sale->by_pickup ? hold->pickup : 0].state
              == FS_GROUP_FAILED;
}


int
oracle_all_back(const oracle_hold_t *hold, unsigned line)
{
    return hold->lines[line].owed_qty == hold->lines[line].qty
           && hold->lines[line].owed == oracle_line_paid(hold, line);
}


void
oracle_owe_units(oracle_t *oracle, oracle_hold_t *hold, unsigned line,
    uint32_t units, int reason)
{
    if (units > hold->lines[line].qty - hold->lines[line].owed_qty) {
        units = hold->lines[line].qty - hold->lines[line].owed_qty;
    }

    if (units == 0) {
        return;
    }

    oracle_owe(oracle, hold, line, units,
               oracle_worth_left(hold, line, units), reason);
}


int64_t
oracle_worth_left(const oracle_hold_t *hold, unsigned line, uint32_t qty)
{
    int64_t  worth, left;

    worth = oracle_worth(hold, line, qty);
    left = oracle_line_paid(hold, line) - hold->lines[line].owed;

    return worth < left ? worth : left;
}


void
oracle_return_line(oracle_t *oracle, oracle_hold_t *hold, unsigned line,
    int reason)
{
    uint32_t  units;

    units = hold->lines[line].qty - hold->lines[line].owed_qty;

    if (reason == FS_REASON_GROUP_FAILED) {
        hold->lines[line].member = 0;
    }

    oracle_owe(oracle, hold, line, units, oracle_line_paid(hold, line)
                                          - hold->lines[line].owed, reason);

    if (hold->lines[line].goods != FS_GOODS_HANDED_OVER && units != 0) {
        oracle_restock(oracle, hold, line, units);
    }
}


static int
oracle_line(const oracle_hold_t *hold, uint32_t sale)
{
    unsigned  line;

    for (line = 0; line < hold->lines_n; line++) {
        if (hold->lines[line].sale == sale) {
            return (int) line;
        }
    }

    return -1;
}


int
oracle_refund_again(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer)
{
    oracle_key_t   *key;
    oracle_hold_t  *hold;

    if ((command->type != FS_COMMAND_REFUND
         && command->type != FS_COMMAND_ANSWER_CLAIM)
        || oracle_key(command) == 0)
    {
        return 0;
    }

    key = &oracle->order_keys[oracle_key(command)];

    if (!key->bound || !oracle_kept(oracle, key->at, key->old)) {
        return 0;
    }

    hold = &oracle->holds[key->hold];

    if (hold->seq != command->hold
        || key->fingerprint != fs_get_le64(command->fingerprint))
    {
        answer->outcome = FS_KEY_REUSED;
        return 1;
    }

    answer->outcome = FS_REPLAYED;
    answer->hold = (long) key->hold;

    return 1;
}


void
oracle_refund(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command, oracle_answer_t *answer)
{
    int            line;
    int64_t        left, amount;
    unsigned       i;
    uint32_t       qty;
    oracle_key_t  *key;

    if (!hold->paid) {
        answer->outcome = FS_WRONG_STATE;
        answer->state = oracle_state(oracle, hold);
        return;
    }

    for (i = 0; i < hold->lines_n; i++) {
        if (oracle_to_return(oracle, hold, i)) {
            oracle_return_line(oracle, hold, i, FS_REASON_GROUP_FAILED);
        }
    }

    for (i = 0; i < command->lines_n; i++) {
        line = oracle_line(hold, command->lines[i].sale);
        qty = command->lines[i].qty;
        left = 0;
        amount = 1;

        if (line != -1) {
            left = oracle_line_paid(hold, (unsigned) line)
                   - hold->lines[line].owed;
            amount = qty ? oracle_worth(hold, (unsigned) line, qty)
                         : command->lines[i].amount_fen;
        }

        if (amount > left
            || qty + hold->lines[line].owed_qty > hold->lines[line].qty)
        {
            answer->outcome = FS_REFUND_OVER;
            answer->sale = command->lines[i].sale;
            answer->amount = left;
            return;
        }
    }

    for (i = 0; i < command->lines_n; i++) {
        line = oracle_line(hold, command->lines[i].sale);
        qty = command->lines[i].qty;

        oracle_owe(oracle, hold, (unsigned) line, qty,
                   qty ? oracle_worth(hold, (unsigned) line, qty)
                       : command->lines[i].amount_fen, command->reason);

        if (qty && command->restock) {
            oracle_restock(oracle, hold, (unsigned) line, qty);
        }
    }

    if (oracle_key(command) != 0) {
        key = &oracle->order_keys[oracle_key(command)];
        key->bound = 1;
        key->old = 0;
        key->hold = (size_t) (hold - oracle->holds);
        key->at = oracle->now.wall;
        key->fingerprint = fs_get_le64(command->fingerprint);
    }
}


void
oracle_refunded(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command, oracle_answer_t *answer)
{
    int                any;
    size_t             r;
    unsigned           i;
    oracle_refund_t   *refund;
    oracle_payment_t  *debt, *oldest;

    static const uint8_t  zeros[FS_REFERENCE_LEN];

    answer->outcome = FS_OK;
    any = memcmp(command->payment, zeros, FS_REFERENCE_LEN) == 0;

    /* a refund's reference is good for one debt only */

    for (r = 0; r < oracle->refunds_n; r++) {
        refund = &oracle->refunds[r];

        if (memcmp(refund->reference, command->reference, FS_REFERENCE_LEN)
            != 0)
        {
            continue;
        }

        if (refund->hold != hold->seq
            || (!any && memcmp(refund->payment, command->payment,
                               FS_REFERENCE_LEN) != 0)
            || (command->owed != 0
                && command->owed != hold->payments[refund->debt].seq)
            || (command->paid_fen != 0
                && command->paid_fen
                   != hold->payments[refund->debt].amount))
        {
            answer->outcome = FS_REFUND_USED;
        }

        return;
    }

    oldest = NULL;

    for (i = 0; i < hold->payments_n; i++) {
        debt = &hold->payments[i];

        if (debt->due
            && (command->owed == 0 || command->owed == debt->seq)
            && (any || memcmp(debt->reference, command->payment,
                              FS_REFERENCE_LEN) == 0)
            && (oldest == NULL || debt->order < oldest->order))
        {
            oldest = debt;
        }
    }

    if (oldest == NULL) {
        answer->outcome = FS_NOTHING_DUE;
        return;
    }

    if (command->paid_fen != 0 && command->paid_fen != oldest->amount) {
        answer->outcome = FS_WRONG_AMOUNT;
        answer->amount = oldest->amount;
        return;
    }

    oldest->due = 0;

    oracle->refunds = realloc(oracle->refunds,
                              (oracle->refunds_n + 1)
                              * sizeof(oracle_refund_t));
    if (oracle->refunds == NULL) {
        abort();
    }

    refund = &oracle->refunds[oracle->refunds_n++];
    memcpy(refund->reference, command->reference, FS_REFERENCE_LEN);
    memcpy(refund->payment, oldest->reference, FS_REFERENCE_LEN);
    refund->hold = hold->seq;
    refund->debt = (unsigned) (oldest - hold->payments);

    oracle_settle(hold);
}


static int
oracle_named_debt(oracle_t *oracle, const fs_entry_t *entry)
{
    int                line;
    size_t             n;
    unsigned           i;
    oracle_hold_t     *hold;
    oracle_payment_t  *debt;

    hold = NULL;

    if (entry->flags & FS_ENTRY_OTHER_LIFE) {
        for (n = 0; n < oracle->others_n; n++) {
            if (oracle->others[n].other == (fs_seq_t) entry->time2
                && oracle->others[n].epoch == entry->number)
            {
                hold = &oracle->others[n];
            }
        }

    } else {
        for (n = oracle->holds_n; n-- > 0 && hold == NULL; ) {
            if (oracle->holds[n].seq == entry->hold) {
                hold = &oracle->holds[n];
            }
        }
    }

    if (hold == NULL || entry->time1 != entry->at + ORACLE_REFUND_MS) {
        return 0;
    }

    line = entry->sale ? oracle_line(hold, entry->sale) : -1;

    for (i = 0; i < hold->payments_n; i++) {
        debt = &hold->payments[i];

        if (debt->seq != 0 || debt->sold || debt->line != line
            || debt->qty != (uint32_t) entry->qty
            || debt->amount != entry->amount_fen
            || debt->reason != entry->reason
            || memcmp(debt->reference, entry->id2, FS_REFERENCE_LEN) != 0)
        {
            continue;
        }

        debt->seq = entry->seq;
        debt->order = entry->seq;
        debt->due_at = entry->time1;

        return 1;
    }

    return 0;
}


/* The first one of this kind that has no number yet. */

static int
oracle_named_task(oracle_t *oracle, const fs_entry_t *entry, int kind)
{
    size_t          i;
    oracle_task_t  *task;

    for (i = 0; i < oracle->tasks_n; i++) {
        task = &oracle->tasks[i];

        if (task->seq == 0 && task->kind == kind && task->sale == entry->sale
            && task->each == entry->amount_fen)
        {
            task->seq = entry->seq;
            return 1;
        }
    }

    return 0;
}


int
oracle_named(oracle_t *oracle, const fs_entry_t *entry)
{
    size_t  n;

    switch (entry->type) {

    case FS_ENTRY_OWED:
        return oracle_named_debt(oracle, entry);

    case FS_ENTRY_CLOSED:
        oracle_draw_closed(&oracle->sales[entry->sale], entry);
        return 1;

    case FS_ENTRY_REVEALED:
    case FS_ENTRY_DRAWN:
        return oracle_draw_told(oracle, entry);

    case FS_ENTRY_CALLED_OFF:
        oracle_draw_closed(&oracle->sales[entry->sale], entry);
        return oracle_named_task(oracle, entry, FS_TASK_CALL_OFF);

    case FS_ENTRY_COMPENSATED:
        return oracle_named_task(oracle, entry, FS_TASK_COMPENSATE);

    case FS_ENTRY_REFERRED:
    case FS_ENTRY_GRANTED:
        return oracle_named_referral(oracle, entry);

    case FS_ENTRY_SOLD:
    case FS_ENTRY_SOLD_LATE:

        for (n = oracle->holds_n; n-- > 0; ) {
            if (oracle->holds[n].seq == entry->hold) {
                if (oracle->holds[n].sold == 0) {
                    oracle->holds[n].sold = entry->seq;
                }

                return oracle->holds[n].paid;
            }
        }

        return 0;
    }

    return 1;
}
