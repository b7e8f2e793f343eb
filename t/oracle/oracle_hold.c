
#include <stdlib.h>

#include "oracle_parts.h"


static int
oracle_is_cash(const fs_command_t *command)
{
    static const uint8_t  zeros[FS_REFERENCE_LEN];

    return memcmp(command->reference, zeros, FS_REFERENCE_LEN) != 0;
}


static int
oracle_same(const oracle_t *oracle, const fs_command_t *command,
    const oracle_hold_t *hold)
{
    unsigned  i, j, same;

    if (command->pickup.len == 0 ? hold->asked_pickup != 0
        : hold->asked_pickup == 0
          || oracle_pickup(oracle, command->pickup.data, command->pickup.len)
             != hold->asked_pickup)
    {
        return 0;
    }

    if ((!oracle_is_gift(hold)
         && (command->queue != hold->asked_queue
             || oracle_buyer(command->from) != hold->asked_from))
        || !oracle_same_gift(oracle, command, hold))
    {
        return 0;
    }

    if (memcmp(command->reference, hold->cash, FS_REFERENCE_LEN) != 0
        || (command->type == FS_COMMAND_ORDER
            && oracle_is_cash(command)
            && command->paid_fen != oracle_amount(hold)))
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


/* 1: the key was used before, and the answer is that of then. */

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

    if (key->type != FS_COMMAND_HOLD) {
        if (!oracle_kept(oracle, key->at, key->old)) {
            return 0;
        }

        answer->outcome = FS_KEY_REUSED;
        return 1;
    }

    hold = &oracle->holds[key->hold];

    if (!oracle_open(hold)
        && !oracle_kept(oracle, hold->ended, key->old))
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

        } else if (oracle_refuses_giving(sale, command, line, answer)) {

            /* it says why */

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

    if (oracle->sales[command->lines[0].sale].gives != FS_GIVES_NOTHING) {
        return 0;                       /* no hold that could be live */
    }

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


oracle_hold_t *
oracle_new_hold(oracle_t *oracle)
{
    if (oracle->holds_n == oracle->holds_size) {
        oracle->holds_size = oracle->holds_size ? 2 * oracle->holds_size
                                                : 1024;
        oracle->holds = realloc(oracle->holds,
                                oracle->holds_size * sizeof(oracle_hold_t));
        oracle->live = realloc(oracle->live,
                               oracle->holds_size * sizeof(size_t));
        oracle->waiting = realloc(oracle->waiting,
                                  oracle->holds_size * sizeof(size_t));

        if (oracle->holds == NULL || oracle->live == NULL
            || oracle->waiting == NULL)
        {
            abort();
        }
    }

    memset(&oracle->holds[oracle->holds_n], 0, sizeof(oracle_hold_t));

    return &oracle->holds[oracle->holds_n++];
}


void
oracle_free_holds(oracle_t *oracle)
{
    size_t  i;

    for (i = 0; i < oracle->holds_n; i++) {
        free(oracle->holds[i].payments);
    }

    for (i = 0; i < oracle->others_n; i++) {
        free(oracle->others[i].payments);
    }

    free(oracle->others);
    free(oracle->lives);
    for (i = 0; i < oracle->tasks_n; i++) {
        free(oracle->tasks[i].promised);
    }

    for (i = 0; i <= ORACLE_SALES; i++) {
        free(oracle->sales[i].orders);
        free(oracle->sales[i].ordered);
        oracle_free_draw(&oracle->sales[i]);
    }

    free(oracle->tasks);
    free(oracle->claims);
    free(oracle->receipts);
    free(oracle->refunds);
    free(oracle->holds);
    free(oracle->live);
    free(oracle->waiting);
}


void
oracle_hold(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer)
{
    int             full, queued, giving;
    int64_t         term, price;
    uint32_t        sales[FS_LINES_MAX];
    unsigned        line, buyer;
    oracle_sale_t  *sale;
    oracle_hold_t  *hold, asked;

    if (oracle_replay(oracle, command, answer)) {
        return;
    }

    buyer = oracle_buyer(command->buyer);
    full = 0;
    queued = 0;

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

        /* who has too many holds may wait for what is not free */

        if (oracle_refuses_sale(oracle, command, answer)
            || (oracle_refuses_buyer(oracle, command, answer)
                && !(answer->outcome == FS_TOO_MANY_HOLDS && command->queue)))
        {
            return;
        }

        full = answer->outcome == FS_TOO_MANY_HOLDS
               && oracle_refuses_buyer(oracle, command, answer);
    }

    for (line = 0; line < command->lines_n; line++) {
        oracle_make_room(oracle, command->lines[line].sale,
                         command->lines[line].qty);
    }

    term = 0;

    for (line = 0; line < command->lines_n; line++) {
        sale = &oracle->sales[command->lines[line].sale];

        if (oracle_free(sale) < command->lines[line].qty
            || oracle_awaited(oracle, command->lines[line].sale))
        {
            if (command->queue && oracle_queue_room(oracle, command)) {
                queued = 1;
                break;
            }

            answer->outcome = FS_SOLD_OUT;
            answer->sale = command->lines[line].sale;
            answer->free = (uint32_t) oracle_free(sale);
            return;
        }

        if (sale->hold_ms != 0 && (term == 0 || sale->hold_ms < term)) {
            term = sale->hold_ms;
        }
    }

    if (full && !queued) {
        answer->outcome = FS_TOO_MANY_HOLDS;
        answer->limit = command->live_holds;
        return;
    }

    if (term == 0) {
        term = command->term_ms;
    }

    for (line = 0; line < command->lines_n; line++) {
        sales[line] = command->lines[line].sale;
    }

    giving = oracle->sales[sales[0]].gives != FS_GIVES_NOTHING;

    if (!(giving && command->pickup.len == 0)
        && oracle_refuses_pickup(oracle, sales, command->lines_n,
                                 &command->pickup, answer))
    {
        return;
    }

    price = 0;

    for (line = 0; line < command->lines_n; line++) {
        price += oracle->sales[command->lines[line].sale].price
                 * command->lines[line].qty;
    }

    if (oracle_is_cash(command) && command->paid_fen != price) {
        answer->outcome = FS_WRONG_AMOUNT;
        answer->amount = price;
        return;
    }

    memset(&asked, 0, sizeof(asked));
    asked.lines_n = command->lines_n;

    for (line = 0; line < command->lines_n; line++) {
        asked.lines[line].sale = sales[line];
        asked.lines[line].qty = command->lines[line].qty;
        asked.lines[line].price = oracle->sales[sales[line]].price;
    }

    if (command->gift != 0
        && oracle_refuses_gift(oracle, command, &asked, answer))
    {
        return;
    }

    hold = oracle_new_hold(oracle);
    hold->buyer = buyer;
    hold->lines_n = command->lines_n;
    hold->created_at = oracle->now.wall;
    hold->asked_queue = command->queue;
    hold->asked_from = oracle_buyer(command->from);

    hold->pickup = oracle_pickup(oracle, command->pickup.data,
                                 command->pickup.len);
    hold->asked_pickup = hold->pickup;

    for (line = 0; line < command->lines_n; line++) {
        sale = &oracle->sales[command->lines[line].sale];
        hold->lines[line].sale = command->lines[line].sale;
        hold->lines[line].qty = command->lines[line].qty;
        hold->lines[line].price = sale->price;
    }

    if (giving) {
        oracle_grant(oracle, hold);
        hold->why_print = fs_get_le64(command->fingerprint);

    } else if (queued) {
        oracle_waits(oracle, hold, command);

    } else {
        hold->state = FS_HOLD_HELD;
        hold->expires_at = oracle->now.wall + term;
        hold->due = oracle->now.mono + term;
        hold->length = term;
        oracle->live[oracle->live_n++] = oracle->holds_n - 1;

        for (line = 0; line < command->lines_n; line++) {
            sale = &oracle->sales[command->lines[line].sale];
            sale->held += command->lines[line].qty;
            sale->taken[buyer] += command->lines[line].qty;
        }
    }

    if (command->gift != 0) {
        hold->asked_gift = oracle_find(oracle, command->gift,
                                       command->gift_epoch);
        oracle_bind(oracle, hold, hold->asked_gift);
    }

    if (oracle_is_cash(command)) {
        memcpy(hold->cash, command->reference, FS_REFERENCE_LEN);
        oracle_confirm(oracle, hold, command, answer);
    }

    answer->outcome = queued ? FS_QUEUED : FS_CREATED;
    answer->hold = (long) oracle->holds_n - 1;

    if (oracle_key(command) != 0) {
        oracle->keys[buyer][oracle_key(command)].bound = 1;
        oracle->keys[buyer][oracle_key(command)].old = 0;
        oracle->keys[buyer][oracle_key(command)].type = FS_COMMAND_HOLD;
        oracle->keys[buyer][oracle_key(command)].hold = oracle->holds_n - 1;
    }

    if (!giving) {
        oracle_referral_came(oracle, command);
    }
}
