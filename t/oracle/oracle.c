
#include <stdlib.h>

#include "oracle_parts.h"


int64_t
oracle_free(const oracle_sale_t *sale)
{
    return sale->stock - sale->held - sale->sold;
}


int
oracle_live(const oracle_hold_t *hold)
{
    return hold->state == FS_HOLD_HELD || hold->state == FS_HOLD_PAYING;
}


/* It is live, or may still become so: what made it is not over. */

int
oracle_open(const oracle_hold_t *hold)
{
    return oracle_live(hold) || hold->state == FS_HOLD_QUEUED;
}


oracle_group_t *
oracle_group(oracle_t *oracle, const oracle_hold_t *hold, unsigned line)
{
    oracle_sale_t  *sale;

    sale = &oracle->sales[hold->lines[line].sale];

    return &sale->groups[sale->by_pickup ? hold->pickup : 0];
}


unsigned
oracle_buyer(const uint8_t *buyer)
{
    return fs_get_le32(buyer);
}


unsigned
oracle_key(const fs_command_t *command)
{
    return fs_get_le32(command->key);
}


void
oracle_opens_closes(oracle_t *oracle, oracle_sale_t *sale)
{
    if (sale->closed) {
        return;
    }

    if (sale->opens_at <= oracle->now.opens) {
        sale->opened = 1;
    }

    if (sale->closes_at != 0 && sale->closes_at <= oracle->now.due) {
        sale->closed = 1;
    }
}


void
oracle_end(oracle_t *oracle, oracle_hold_t *hold, int state)
{
    size_t          i, n;
    int64_t         at;
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

        if (hold->number != 0) {
            continue;
        }

        at = state == FS_HOLD_EXPIRED ? hold->due : oracle->now.mono;

        if (at >= sale->lapsed_at[hold->buyer] + 86400000) {
            sale->lapses[hold->buyer] = 0;
        }

        sale->lapses[hold->buyer]++;

        if (at > sale->lapsed_at[hold->buyer]) {
            sale->lapsed_at[hold->buyer] = at;
        }
    }

    oracle_gift_ended(oracle, hold, state == FS_HOLD_SOLD);
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


void
oracle_expire(oracle_t *oracle, oracle_hold_t *hold)
{
    oracle_sale_t  *sale;

    if (hold->state == FS_HOLD_QUEUED) {
        sale = &oracle->sales[hold->lines[0].sale];
        oracle_opens_closes(oracle, sale);

        if (sale->closed) {
            oracle_leaves(oracle, hold, FS_HOLD_EXPIRED);
        }
    }

    if (oracle_is_over(oracle, hold)) {
        oracle_end(oracle, hold, FS_HOLD_EXPIRED);
    }
}


void
oracle_expire_own(oracle_t *oracle, unsigned buyer)
{
    size_t  i;

    for (i = oracle->live_n; i-- > 0; ) {
        if (oracle->holds[oracle->live[i]].buyer == buyer) {
            oracle_expire(oracle, &oracle->holds[oracle->live[i]]);
        }
    }
}


void
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


int
oracle_state(const oracle_t *oracle, const oracle_hold_t *hold)
{
    unsigned  line;

    if (hold->state == FS_HOLD_QUEUED
        && oracle->sales[hold->lines[0].sale].closed)
    {
        return FS_HOLD_EXPIRED;
    }

    if (hold->state != FS_HOLD_SOLD) {
        return hold->state;
    }

    for (line = 0; line < hold->lines_n; line++) {
        if (hold->lines[line].owed_qty != hold->lines[line].qty
            && (hold->lines[line].owed == 0
                || hold->lines[line].owed != oracle_line_paid(hold, line))
            && !oracle_to_return(oracle, hold, line)
            && !oracle_called_off(oracle, hold, line))
        {
            return FS_HOLD_SOLD;
        }
    }

    return FS_HOLD_REFUND_DUE;
}


/* 1: a key that is kept for a day from then on is still known.  old: it was
 * too old before the clock went back. */

int
oracle_kept(const oracle_t *oracle, int64_t from, int old)
{
    return !(oracle->swept && old)
           && oracle->now.mono - from < FS_KEY_KEPT_MS;
}


static void
oracle_age_key(const oracle_t *oracle, oracle_key_t *key)
{
    int64_t               from;
    const oracle_hold_t  *hold;

    if (!key->bound) {
        return;
    }

    from = key->at;

    if (key->type == FS_COMMAND_HOLD) {
        hold = &oracle->holds[key->hold];

        if (oracle_open(hold)) {
            return;
        }

        from = hold->ended;
    }

    key->old |= oracle->latest - from >= FS_KEY_KEPT_MS;
}


/* A key that is bound after this is not old, however late it was before. */

void
oracle_rebooted(oracle_t *oracle, int64_t mono)
{
    size_t           n;
    unsigned         buyer;
    oracle_nonce_t  *nonce;

    if (mono > oracle->latest) {
        oracle->latest = mono;
    }

    for (n = 0; n < ORACLE_KEYS; n++) {
        oracle_age_key(oracle, &oracle->admin_keys[n]);
        oracle_age_key(oracle, &oracle->order_keys[n]);

        for (buyer = 0; buyer < ORACLE_PEOPLE; buyer++) {
            oracle_age_key(oracle, &oracle->keys[buyer][n]);
        }
    }

    for (n = 0; n < ORACLE_NONCES; n++) {
        nonce = &oracle->nonces[n];
        nonce->old |= nonce->bound
                      && oracle->latest - nonce->at >= FS_KEY_KEPT_MS;
    }
}


int
oracle_swept(const fs_command_t *command, const fs_result_t *result,
    int wrote)
{
    switch (result->outcome) {

    case FS_REPLAYED:
    case FS_KEY_REUSED:
        return 0;

    case FS_HANDED_OVER:
    case FS_DOUBLE:
        return wrote;                   /* else it is said again */
    }

    return command->type != FS_COMMAND_PUT_BACK
           || result->outcome == FS_WRONG_STATE;
}


uint32_t
oracle_epoch(const oracle_t *oracle, fs_seq_t seq)
{
    size_t    i;
    uint32_t  epoch;

    epoch = 0;

    for (i = 0; i < oracle->lives_n && oracle->lives[i].seq <= seq; i++) {
        epoch = oracle->lives[i].epoch;
    }

    return epoch;
}


int
oracle_begin_life(oracle_t *oracle, fs_seq_t seq, uint32_t epoch)
{
    size_t  i;

    for (i = 0; i < oracle->lives_n; i++) {
        if (oracle->lives[i].epoch == epoch) {
            return 0;
        }
    }

    oracle->lives = realloc(oracle->lives,
                            (oracle->lives_n + 1) * sizeof(oracle_life_t));
    if (oracle->lives == NULL) {
        abort();
    }

    oracle->lives[oracle->lives_n].seq = seq;
    oracle->lives[oracle->lives_n++].epoch = epoch;

    return epoch != 0;
}


void
oracle_command(oracle_t *oracle, const fs_command_t *command,
    const fs_operator_t *op, oracle_answer_t *answer)
{
    memset(answer, 0, sizeof(oracle_answer_t));
    answer->hold = -1;
    answer->other = -1;
    answer->claim = -1;

    if (command->type == FS_COMMAND_HOLD
        || command->type == FS_COMMAND_ORDER
        || command->type == FS_COMMAND_GRANT)
    {
        oracle_hold(oracle, command, answer);

    } else if (command->type == FS_COMMAND_POINT && !command->unmet) {
        oracle_point(oracle, command, answer);

    } else if (op != NULL) {
        oracle_operator(oracle, command, op, answer);

    } else {
        oracle_of_hold(oracle, command, answer);
    }
}
