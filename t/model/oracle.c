
#include <stdio.h>
#include <stdlib.h>

#include "oracle.h"


static int64_t
oracle_free(const oracle_sale_t *sale)
{
    return sale->stock - sale->held - sale->sold;
}


static int
oracle_live(const oracle_hold_t *hold)
{
    return hold->state == FS_HOLD_HELD || hold->state == FS_HOLD_PAYING;
}


static oracle_group_t *
oracle_group(oracle_t *oracle, const oracle_hold_t *hold, unsigned line)
{
    oracle_sale_t  *sale;

    sale = &oracle->sales[hold->lines[line].sale];

    return &sale->groups[sale->by_pickup ? hold->pickup : 0];
}


static unsigned
oracle_buyer(const uint8_t *buyer)
{
    return fs_get_le32(buyer);
}


static unsigned
oracle_key(const fs_command_t *command)
{
    return fs_get_le32(command->key);
}


static void
oracle_opens_closes(oracle_t *oracle, oracle_sale_t *sale)
{
    if (sale->closed) {
        return;
    }

    if (sale->opens_at <= oracle->now.wall) {
        sale->opened = 1;
    }

    if (sale->closes_at != 0 && sale->closes_at <= oracle->now.wall) {
        sale->closed = 1;
    }
}


/* A live hold ends. */

static void
oracle_end(oracle_t *oracle, oracle_hold_t *hold, int state)
{
    size_t          i, n;
    unsigned        line;
    oracle_sale_t  *sale;

    for (line = 0; line < hold->lines_n; line++) {
        sale = &oracle->sales[hold->lines[line].sale];
        sale->held -= hold->lines[line].qty;

        if (state == FS_HOLD_SOLD) {
            sale->sold += hold->lines[line].qty;
            sale->lapses[hold->buyer] = 0;
            sale->lapsed_at[hold->buyer] = 0;
            continue;
        }

        sale->taken[hold->buyer] -= hold->lines[line].qty;

        if (state == FS_HOLD_EXPIRED) {
            sale->lapses[hold->buyer]++;

            if (hold->due > sale->lapsed_at[hold->buyer]) {
                sale->lapsed_at[hold->buyer] = hold->due;
            }
        }
    }

    hold->state = state;
    hold->ended = oracle->now.mono;

    n = 0;

    for (i = 0; i < oracle->live_n; i++) {
        if (&oracle->holds[oracle->live[i]] != hold) {
            oracle->live[n++] = oracle->live[i];
        }
    }

    oracle->live_n = n;
}


static int
oracle_is_over(const oracle_t *oracle, const oracle_hold_t *hold)
{
    return oracle_live(hold) && hold->due <= oracle->now.mono;
}


static void
oracle_expire(oracle_t *oracle, oracle_hold_t *hold)
{
    if (oracle_is_over(oracle, hold)) {
        oracle_end(oracle, hold, FS_HOLD_EXPIRED);
    }
}


static void
oracle_expire_own(oracle_t *oracle, unsigned buyer)
{
    size_t  i;

    for (i = oracle->live_n; i-- > 0; ) {
        if (oracle->holds[oracle->live[i]].buyer == buyer) {
            oracle_expire(oracle, &oracle->holds[oracle->live[i]]);
        }
    }
}


/* While units are missing: whose time was over first gives back first. */

static void
oracle_make_room(oracle_t *oracle, uint32_t number, int64_t need)
{
    size_t          i;
    unsigned        line;
    oracle_hold_t  *hold, *first;

    while (oracle_free(&oracle->sales[number]) < need) {
        first = NULL;

        for (i = 0; i < oracle->live_n; i++) {
            hold = &oracle->holds[oracle->live[i]];

            if (!oracle_is_over(oracle, hold)) {
                continue;
            }

            for (line = 0; line < hold->lines_n; line++) {
                if (hold->lines[line].sale == number
                    && (first == NULL || hold->due < first->due))
                {
                    first = hold;
                }
            }
        }

        if (first == NULL) {
            return;
        }

        oracle_expire(oracle, first);
    }
}


static int64_t
oracle_amount(const oracle_hold_t *hold)
{
    int64_t   amount;
    unsigned  line;

    amount = 0;

    for (line = 0; line < hold->lines_n; line++) {
        amount += hold->lines[line].price * hold->lines[line].qty;
    }

    return amount;
}


static uint32_t
oracle_pickup(const oracle_t *oracle, const fs_slug_t *slug)
{
    uint32_t  i;

    for (i = 1; i <= oracle->pickups_n; i++) {
        if (strlen(oracle->pickups[i]) == slug->len
            && memcmp(oracle->pickups[i], slug->data, slug->len) == 0)
        {
            return i;
        }
    }

    return 0;
}


static int
oracle_same(const oracle_t *oracle, const fs_command_t *command,
    const oracle_hold_t *hold)
{
    unsigned  i, j, same;

    if (command->pickup.len == 0 ? hold->pickup != 0
        : hold->pickup == 0
          || oracle_pickup(oracle, &command->pickup) != hold->pickup)
    {
        return 0;
    }

    same = 0;

    for (i = 0; i < command->lines_n; i++) {
        for (j = 0; j < hold->lines_n; j++) {
            if (command->lines[i].sale == hold->lines[j].sale
                && command->lines[i].qty == hold->lines[j].qty)
            {
                same++;
            }
        }
    }

    return same == command->lines_n && same == hold->lines_n;
}


/* 1: the key answers. */

static int
oracle_replay(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer)
{
    oracle_key_t   *key;
    oracle_hold_t  *hold;

    if (oracle_key(command) == 0) {
        return 0;
    }

    key = &oracle->keys[oracle_buyer(command->buyer)][oracle_key(command)];

    if (!key->bound) {
        return 0;
    }

    hold = &oracle->holds[key->hold];

    if (!oracle_live(hold)
        && oracle->now.mono - hold->ended >= FS_KEY_KEPT_MS)
    {
        return 0;
    }

    if (!oracle_same(oracle, command, hold)) {
        answer->outcome = FS_KEY_REUSED;
        return 1;
    }

    oracle_expire(oracle, hold);
    answer->outcome = FS_REPLAYED;
    answer->hold = (long) key->hold;

    return 1;
}


static int
oracle_refuses_sale(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer)
{
    unsigned        line, buyer;
    oracle_sale_t  *sale;

    buyer = oracle_buyer(command->buyer);

    for (line = 0; line < command->lines_n; line++) {
        answer->sale = command->lines[line].sale;
        sale = &oracle->sales[answer->sale];

        if (!sale->exists) {
            answer->outcome = FS_NO_SUCH_SALE;

        } else if (sale->closed) {
            answer->outcome = FS_CLOSED;

        } else if (!sale->opened) {
            answer->outcome = FS_NOT_OPEN;
            answer->at = sale->opens_at;

        } else if (sale->paused) {
            answer->outcome = FS_PAUSED;

        } else if (sale->limit != 0
                   && sale->taken[buyer] + command->lines[line].qty
                      > sale->limit)
        {
            answer->outcome = FS_OVER_LIMIT;
            answer->limit = sale->limit;

        } else {
            continue;
        }

        return 1;
    }

    return 0;
}


static int
oracle_refuses_buyer(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer)
{
    size_t          i;
    int64_t         until;
    unsigned        line, buyer, live;
    oracle_sale_t  *sale;

    /* the waits by the number of lapses, from the third on */
    static const int64_t  waits[] = { 30000, 60000, 120000, 240000, 480000 };

    buyer = oracle_buyer(command->buyer);

    for (line = 0; line < command->lines_n; line++) {
        sale = &oracle->sales[command->lines[line].sale];

        if (sale->lapses[buyer] < 3) {
            continue;
        }

        until = sale->lapsed_at[buyer]
                + (sale->lapses[buyer] < 8 ? waits[sale->lapses[buyer] - 3]
                                           : 600000);

        if (sale->lapsed_at[buyer] <= oracle->now.mono
            && oracle->now.mono < until)
        {
            answer->outcome = FS_WAIT;
            answer->sale = command->lines[line].sale;
            answer->at = oracle->now.wall + (until - oracle->now.mono);
            return 1;
        }
    }

    live = 0;

    for (i = 0; i < oracle->live_n; i++) {
        live += oracle->holds[oracle->live[i]].buyer == buyer;
    }

    if (command->live_holds != 0 && live >= command->live_holds) {
        answer->outcome = FS_TOO_MANY_HOLDS;
        answer->limit = command->live_holds;
        return 1;
    }

    return 0;
}


static oracle_hold_t *
oracle_new_hold(oracle_t *oracle)
{
    if (oracle->holds_n == oracle->holds_size) {
        oracle->holds_size = oracle->holds_size ? 2 * oracle->holds_size
                                                : 1024;
        oracle->holds = realloc(oracle->holds,
                                oracle->holds_size * sizeof(oracle_hold_t));
        oracle->live = realloc(oracle->live,
                               oracle->holds_size * sizeof(size_t));

        if (oracle->holds == NULL || oracle->live == NULL) {
            abort();
        }
    }

    memset(&oracle->holds[oracle->holds_n], 0, sizeof(oracle_hold_t));
    oracle->live[oracle->live_n++] = oracle->holds_n;

    return &oracle->holds[oracle->holds_n++];
}


static void
oracle_hold(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer)
{
    int64_t         term;
    unsigned        line, buyer;
    oracle_sale_t  *sale;
    oracle_hold_t  *hold;

    if (oracle_replay(oracle, command, answer)) {
        return;
    }

    buyer = oracle_buyer(command->buyer);

    for (line = 0; line < command->lines_n; line++) {
        sale = &oracle->sales[command->lines[line].sale];

        if (sale->exists) {
            oracle_opens_closes(oracle, sale);
        }
    }

    if (oracle_refuses_sale(oracle, command, answer)
        || oracle_refuses_buyer(oracle, command, answer))
    {
        if (answer->outcome != FS_OVER_LIMIT
            && answer->outcome != FS_TOO_MANY_HOLDS)
        {
            return;
        }

        oracle_expire_own(oracle, buyer);

        if (oracle_refuses_sale(oracle, command, answer)
            || oracle_refuses_buyer(oracle, command, answer))
        {
            return;
        }
    }

    for (line = 0; line < command->lines_n; line++) {
        oracle_make_room(oracle, command->lines[line].sale,
                         command->lines[line].qty);
    }

    term = 0;

    for (line = 0; line < command->lines_n; line++) {
        sale = &oracle->sales[command->lines[line].sale];

        if (oracle_free(sale) < command->lines[line].qty) {
            answer->outcome = FS_SOLD_OUT;
            answer->sale = command->lines[line].sale;
            answer->free = (uint32_t) oracle_free(sale);
            return;
        }

        if (sale->hold_ms != 0 && (term == 0 || sale->hold_ms < term)) {
            term = sale->hold_ms;
        }
    }

    if (term == 0) {
        term = command->term_ms;
    }

    hold = oracle_new_hold(oracle);
    hold->buyer = buyer;
    hold->state = FS_HOLD_HELD;
    hold->lines_n = command->lines_n;
    hold->created_at = oracle->now.wall;
    hold->expires_at = oracle->now.wall + term;
    hold->due = oracle->now.mono + term;
    hold->length = term;

    if (command->pickup.len != 0) {
        hold->pickup = oracle_pickup(oracle, &command->pickup);

        if (hold->pickup == 0) {
            hold->pickup = ++oracle->pickups_n;
            memcpy(oracle->pickups[hold->pickup], command->pickup.data,
                   command->pickup.len);
        }
    }

    for (line = 0; line < command->lines_n; line++) {
        sale = &oracle->sales[command->lines[line].sale];
        sale->held += command->lines[line].qty;
        sale->taken[buyer] += command->lines[line].qty;
        hold->lines[line].sale = command->lines[line].sale;
        hold->lines[line].qty = command->lines[line].qty;
        hold->lines[line].price = sale->price;
    }

    answer->outcome = FS_CREATED;
    answer->hold = (long) oracle->holds_n - 1;

    if (oracle_key(command) != 0) {
        oracle->keys[buyer][oracle_key(command)].bound = 1;
        oracle->keys[buyer][oracle_key(command)].hold = oracle->holds_n - 1;
    }
}


int
oracle_state(const oracle_t *oracle, const oracle_hold_t *hold)
{
    unsigned              line;
    const oracle_sale_t  *sale;

    if (hold->state != FS_HOLD_SOLD) {
        return hold->state;
    }

    for (line = 0; line < hold->lines_n; line++) {
        sale = &oracle->sales[hold->lines[line].sale];

        if (!hold->lines[line].member
            || sale->groups[sale->by_pickup ? hold->pickup : 0].state
               != FS_GROUP_FAILED)
        {
            return FS_HOLD_SOLD;
        }
    }

    return FS_HOLD_REFUND_DUE;
}


static void
oracle_wrong_state(oracle_t *oracle, const oracle_hold_t *hold,
    oracle_answer_t *answer)
{
    answer->outcome = FS_WRONG_STATE;
    answer->state = oracle_state(oracle, hold);
}


static oracle_payment_t *
oracle_pay(oracle_t *oracle, oracle_hold_t *hold, const uint8_t *reference,
    int64_t amount)
{
    uint8_t            copy[FS_REFERENCE_LEN];
    oracle_payment_t  *payment;

    /* it may be that of another payment of the hold, which moves now */
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
    payment->order = ++oracle->payments;

    return payment;
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
    }

    oracle_pay(oracle, hold, command->reference, command->paid_fen)->sold = 1;

    for (line = 0; line < hold->lines_n; line++) {
        sale = &oracle->sales[hold->lines[line].sale];

        if (sale->goal == 0) {
            continue;
        }

        group = oracle_group(oracle, hold, line);
        group->exists = 1;
        group->joined += hold->lines[line].qty;
        hold->lines[line].member = 1;

        if (group->state == FS_GROUP_OPEN && group->joined >= sale->goal) {
            group->state = FS_GROUP_FORMED;
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


/* Why a payment for an expired hold comes too late; NONE: it does not. */

static int
oracle_too_late(oracle_t *oracle, const oracle_hold_t *hold)
{
    unsigned         line;
    oracle_sale_t   *sale;
    oracle_group_t  *group;

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
            < hold->lines[line].qty)
        {
            return FS_REASON_LATE;
        }
    }

    return FS_REASON_NONE;
}


static void
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

    case FS_HOLD_HELD:
    case FS_HOLD_PAYING:
    case FS_HOLD_EXPIRED:
        reason = FS_REASON_NONE;

        if (command->paid_fen != oracle_amount(hold)) {
            reason = FS_REASON_WRONG_AMOUNT;

        } else if (hold->state == FS_HOLD_EXPIRED) {
            reason = oracle_too_late(oracle, hold);
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
    payment->due = 1;
    payment->reason = reason;

    if (hold->state == FS_HOLD_RELEASED || hold->state == FS_HOLD_CANCELLED
        || hold->state == FS_HOLD_EXPIRED || hold->state == FS_HOLD_REFUNDED)
    {
        hold->state = FS_HOLD_REFUND_DUE;
    }

    answer->outcome = FS_REFUND_DUE;
    answer->reason = reason;
}


static void
oracle_refunded(oracle_hold_t *hold, const fs_command_t *command,
    oracle_answer_t *answer)
{
    int                any;
    unsigned           i, due;
    oracle_payment_t  *payment, *oldest;

    static const uint8_t  zeros[FS_REFERENCE_LEN];

    answer->outcome = FS_OK;

    for (i = 0; i < hold->refunds_n; i++) {
        if (memcmp(hold->refunds[i], command->reference, FS_REFERENCE_LEN)
            == 0)
        {
            return;
        }
    }

    any = memcmp(command->payment, zeros, FS_REFERENCE_LEN) == 0;
    oldest = NULL;
    due = 0;

    for (i = 0; i < hold->payments_n; i++) {
        payment = &hold->payments[i];
        due += payment->due != 0;

        if (payment->due
            && (any || memcmp(payment->reference, command->payment,
                              FS_REFERENCE_LEN) == 0)
            && (oldest == NULL || payment->order < oldest->order))
        {
            oldest = payment;
        }
    }

    if (oldest == NULL) {
        answer->outcome = FS_NOTHING_DUE;
        return;
    }

    oldest->due = 0;

    hold->refunds = realloc(hold->refunds,
                            (hold->refunds_n + 1) * FS_REFERENCE_LEN);
    if (hold->refunds == NULL) {
        abort();
    }

    memcpy(hold->refunds[hold->refunds_n++], command->reference,
           FS_REFERENCE_LEN);

    if (due == 1 && hold->state == FS_HOLD_REFUND_DUE) {
        hold->state = FS_HOLD_REFUNDED;
    }
}


static int
oracle_can_be_ready(oracle_t *oracle, const oracle_hold_t *hold)
{
    unsigned               line, goods;
    const oracle_group_t  *group;

    goods = 0;

    for (line = 0; line < hold->lines_n; line++) {
        if (hold->lines[line].returned) {
            continue;
        }

        group = oracle_group(oracle, hold, line);

        if (hold->lines[line].member && group->state != FS_GROUP_FORMED) {
            return 0;
        }

        goods++;
    }

    return goods != 0;
}


static void
oracle_of_hold(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer)
{
    size_t          i;
    int64_t         term;
    oracle_hold_t  *hold;

    /* the newest are asked for most */

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

    if ((command->type == FS_COMMAND_RELEASE
         || command->type == FS_COMMAND_PAY)
        && hold->buyer != oracle_buyer(command->buyer))
    {
        answer->outcome = FS_NO_SUCH_HOLD;
        return;
    }

    oracle_expire(oracle, hold);
    answer->outcome = FS_OK;

    switch (command->type) {

    case FS_COMMAND_RELEASE:
        if (hold->state == FS_HOLD_HELD) {
            oracle_end(oracle, hold, FS_HOLD_RELEASED);

        } else if (hold->state != FS_HOLD_RELEASED) {
            oracle_wrong_state(oracle, hold, answer);
        }

        break;

    case FS_COMMAND_PAY:
        if (hold->state == FS_HOLD_HELD) {
            term = command->term_ms;
            hold->state = FS_HOLD_PAYING;
            hold->expires_at = oracle->now.wall + term;
            hold->due = oracle->now.mono + term;
            hold->length = term;

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

    case FS_COMMAND_REFUNDED:
        oracle_refunded(hold, command, answer);
        break;

    case FS_COMMAND_READY:
        if (hold->state == FS_HOLD_SOLD && oracle_can_be_ready(oracle, hold))
        {
            hold->state = FS_HOLD_READY;

        } else if (hold->state != FS_HOLD_READY) {
            oracle_wrong_state(oracle, hold, answer);
        }

        break;

    case FS_COMMAND_PICK_UP:
        if (hold->state == FS_HOLD_READY) {
            hold->state = FS_HOLD_PICKED_UP;

        } else if (hold->state != FS_HOLD_PICKED_UP) {
            oracle_wrong_state(oracle, hold, answer);
        }

        break;
    }

    answer->hold = (long) i;
}


static int
oracle_undecided(const oracle_sale_t *sale)
{
    unsigned  i;

    if (sale->decided) {
        return 0;
    }

    for (i = 0; i <= ORACLE_PICKUPS; i++) {
        if (sale->groups[i].exists) {
            return 0;
        }
    }

    return 1;
}


static int
oracle_failed_any(const oracle_sale_t *sale)
{
    unsigned  i;

    for (i = 0; i <= ORACLE_PICKUPS; i++) {
        if (sale->groups[i].state == FS_GROUP_FAILED) {
            return 1;
        }
    }

    return sale->decided;
}


/* 1: this changes the sale. */

static int
oracle_define(oracle_t *oracle, const fs_operator_t *op,
    oracle_answer_t *answer)
{
    int             by_pickup, reopens;
    oracle_sale_t  *sale, before;

    by_pickup = op->goal != 0 && op->goal_by == FS_GOAL_BY_PICKUP;

    if (answer->sale == 0) {
        answer->sale = ++oracle->sales_n;
        sale = &oracle->sales[answer->sale];
        sale->exists = 1;
        memcpy(sale->slug, op->slug.data, op->slug.len);
        answer->outcome = FS_CREATED;
        reopens = 0;

    } else {
        sale = &oracle->sales[answer->sale];
        oracle_opens_closes(oracle, sale);

        if ((op->goal != sale->goal || by_pickup != sale->by_pickup)
            && !oracle_undecided(sale))
        {
            answer->outcome = FS_DECIDED;
            return 0;
        }

        reopens = sale->closed && op->closes_at != sale->closes_at
                  && (op->closes_at == 0
                      || op->closes_at > oracle->now.wall);

        if (reopens && oracle_failed_any(sale)) {
            answer->outcome = FS_DECIDED;
            return 0;
        }

        if (op->stock < sale->stock) {
            oracle_make_room(oracle, answer->sale, sale->stock - op->stock);
        }

        if (op->stock < sale->held + sale->sold) {
            answer->outcome = FS_STOCK_TAKEN;
            answer->held = (uint32_t) sale->held;
            answer->sold = (uint32_t) sale->sold;
            return 0;
        }

        answer->outcome = FS_OK;
    }

    memcpy(&before, sale, sizeof(before));
    sale->price = op->price_fen;
    sale->stock = op->stock;
    sale->limit = op->limit;
    sale->opens_at = op->opens_at;
    sale->closes_at = op->closes_at;
    sale->goal = op->goal;
    sale->by_pickup = by_pickup;
    sale->hold_ms = op->hold_ms;

    if (answer->outcome == FS_OK && memcmp(&before, sale, sizeof(before)) == 0)
    {
        return 0;
    }

    if (reopens) {
        sale->closed = 0;
    }

    if (sale->opens_at > oracle->now.wall) {
        sale->opened = 0;
    }

    oracle_opens_closes(oracle, sale);

    return 1;
}


static void
oracle_operator(oracle_t *oracle, const fs_command_t *command,
    const fs_operator_t *op, oracle_answer_t *answer)
{
    int             changes;
    uint32_t        number;
    oracle_key_t   *key;
    oracle_sale_t  *sale;

    key = &oracle->admin_keys[oracle_key(command)];

    if (oracle_key(command) != 0 && key->bound
        && oracle->now.mono - key->at < FS_KEY_KEPT_MS)
    {
        if (key->fingerprint == fs_get_le64(op->fingerprint)) {
            answer->outcome = FS_REPLAYED;
            answer->sale = key->sale;

        } else {
            answer->outcome = FS_KEY_REUSED;
        }

        return;
    }

    for (number = oracle->sales_n; number > 0; number--) {
        if (strlen(oracle->sales[number].slug) == op->slug.len
            && memcmp(oracle->sales[number].slug, op->slug.data,
                      op->slug.len) == 0)
        {
            break;
        }
    }

    answer->sale = number;
    sale = &oracle->sales[number];
    changes = 0;

    if (command->type == FS_COMMAND_DEFINE) {
        changes = oracle_define(oracle, op, answer);

    } else if (number == 0) {
        answer->outcome = FS_NO_SUCH_SALE;

    } else {
        oracle_opens_closes(oracle, sale);
        answer->outcome = FS_OK;

        switch (command->type) {

        case FS_COMMAND_STOCK:
            if (sale->stock + op->add < 0) {
                answer->outcome = FS_BAD_REQUEST;
                break;
            }

            if (op->add < 0) {
                oracle_make_room(oracle, number, -op->add);
            }

            if (sale->stock + op->add < sale->held + sale->sold) {
                answer->outcome = FS_STOCK_TAKEN;
                answer->held = (uint32_t) sale->held;
                answer->sold = (uint32_t) sale->sold;
                break;
            }

            sale->stock += op->add;
            changes = op->add != 0;
            break;

        case FS_COMMAND_PAUSE:
            changes = !sale->paused;
            sale->paused = 1;
            break;

        case FS_COMMAND_RESUME:
            changes = sale->paused;
            sale->paused = 0;
            break;

        case FS_COMMAND_CLOSE:
            changes = !sale->closed;
            sale->closed = 1;
            break;
        }
    }

    if (changes && oracle_key(command) != 0) {
        key->bound = 1;
        key->at = oracle->now.wall;
        key->fingerprint = fs_get_le64(op->fingerprint);
        key->sale = answer->sale;
    }
}


void
oracle_command(oracle_t *oracle, const fs_command_t *command,
    const fs_operator_t *op, oracle_answer_t *answer)
{
    memset(answer, 0, sizeof(oracle_answer_t));
    answer->hold = -1;

    if (command->type == FS_COMMAND_HOLD) {
        oracle_hold(oracle, command, answer);

    } else if (op != NULL) {
        oracle_operator(oracle, command, op, answer);

    } else {
        oracle_of_hold(oracle, command, answer);
    }
}


/* The orders of a failed group go back to the sale. */

static void
oracle_return(oracle_t *oracle, uint32_t number, unsigned group)
{
    size_t             h;
    unsigned           i, line, left;
    oracle_hold_t     *hold;
    oracle_sale_t     *sale;
    oracle_payment_t  *payment;

    sale = &oracle->sales[number];

    for (h = 0; h < oracle->holds_n; h++) {
        hold = &oracle->holds[h];
        left = 0;
        payment = NULL;

        for (line = 0; line < hold->lines_n; line++) {
            if (hold->lines[line].sale == number && hold->lines[line].member
                && !hold->lines[line].returned
                && (sale->by_pickup ? hold->pickup : 0) == group)
            {
                hold->lines[line].returned = 1;
                sale->sold -= hold->lines[line].qty;
                sale->taken[hold->buyer] -= hold->lines[line].qty;

                for (i = 0; i < hold->payments_n; i++) {
                    if (hold->payments[i].sold) {
                        break;
                    }
                }

                payment = oracle_pay(oracle, hold,
                                     hold->payments[i].reference,
                                     hold->lines[line].price
                                     * hold->lines[line].qty);
                memcpy(payment->reference, hold->payments[i].reference,
                       FS_REFERENCE_LEN);
                payment->line = (int) line;
                payment->due = 1;
                payment->reason = FS_REASON_GROUP_FAILED;
            }

            left += !hold->lines[line].returned;
        }

        if (payment != NULL && left == 0 && hold->state == FS_HOLD_SOLD) {
            hold->state = FS_HOLD_REFUND_DUE;
        }
    }
}


static void
oracle_decide(oracle_t *oracle, uint32_t number)
{
    unsigned         i;
    oracle_sale_t   *sale;
    oracle_group_t  *group;

    sale = &oracle->sales[number];
    sale->decided = 1;

    if (!sale->by_pickup) {
        sale->groups[0].exists = 1;
    }

    for (i = 0; i <= ORACLE_PICKUPS; i++) {
        group = &sale->groups[i];

        if (group->exists && group->state == FS_GROUP_OPEN) {
            group->state = FS_GROUP_FAILED;

            if (group->joined != 0) {
                oracle_return(oracle, number, i);
            }
        }
    }
}


void
oracle_timers(oracle_t *oracle)
{
    size_t          i;
    uint32_t        number;
    oracle_sale_t  *sale;

    for (number = 1; number <= oracle->sales_n; number++) {
        oracle_opens_closes(oracle, &oracle->sales[number]);
    }

    for (i = oracle->live_n; i-- > 0; ) {
        oracle_expire(oracle, &oracle->holds[oracle->live[i]]);
    }

    for (number = 1; number <= oracle->sales_n; number++) {
        sale = &oracle->sales[number];

        if (sale->closed && sale->goal != 0 && !sale->decided
            && sale->held == 0)
        {
            oracle_decide(oracle, number);
        }
    }
}


void
oracle_boot(oracle_t *oracle)
{
    size_t          i;
    oracle_hold_t  *hold;

    for (i = 0; i < oracle->live_n; i++) {
        hold = &oracle->holds[oracle->live[i]];
        hold->due = oracle->now.wall + hold->length;

        if (hold->expires_at < hold->due) {
            hold->due = hold->expires_at;
        }
    }
}
