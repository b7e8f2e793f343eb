
/*
 * What a buyer does after an order: gives it back while it can be, and says
 * what was wrong with units that came; and how that is answered.
 */

#include <stdlib.h>

#include "oracle_parts.h"


void
oracle_cancel_order(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command, oracle_answer_t *answer)
{
    int             formed;
    unsigned        line;
    oracle_key_t   *key;
    oracle_sale_t  *sale;

    if (hold->given_back) {
        return;
    }

    if (oracle_state(oracle, hold) != FS_HOLD_SOLD) {
        answer->outcome = FS_WRONG_STATE;
        answer->state = oracle_state(oracle, hold);
        return;
    }

    for (line = 0; line < hold->lines_n; line++) {
        if (hold->lines[line].goods != FS_GOODS_AWAITED) {
            answer->outcome = FS_WRONG_STATE;
            answer->state = oracle_state(oracle, hold);
            return;
        }
    }

    formed = 0;

    for (line = 0; line < hold->lines_n; line++) {
        sale = &oracle->sales[hold->lines[line].sale];

        if (sale->cancel_ms == 0
            || oracle->now.wall > hold->sold_at + sale->cancel_ms)
        {
            answer->outcome = FS_TOO_LATE;
            return;
        }

        formed += sale->goal != 0
                  && oracle_group(oracle, hold, line)->state
                     == FS_GROUP_FORMED;
    }

    if (formed) {
        answer->outcome = FS_FORMED;
        return;
    }

    for (line = 0; line < hold->lines_n; line++) {
        if (!oracle_all_back(hold, line)) {
            oracle_return_line(oracle, hold, line, FS_REASON_CANCELLED);
        }
    }

    hold->given_back = 1;

    if (oracle_key(command) != 0) {
        key = &oracle->keys[hold->buyer][oracle_key(command)];
        memset(key, 0, sizeof(oracle_key_t));
        key->bound = 1;
        key->type = FS_COMMAND_CANCEL_ORDER;
        key->hold = (size_t) (hold - oracle->holds);
        key->at = oracle->now.wall;
    }
}


/* Units of claims that wait for an answer. */

static uint32_t
oracle_open_units(const oracle_t *oracle, size_t hold, unsigned line)
{
    size_t    i;
    uint32_t  units;

    units = 0;

    for (i = 0; i < oracle->claims_n; i++) {
        if (oracle->claims[i].hold == hold && oracle->claims[i].line == line
            && oracle->claims[i].state == FS_CLAIM_OPEN)
        {
            units += oracle->claims[i].qty;
        }
    }

    return units;
}


/* 1: this one may be accepted by time: it is small, and this buyer has not had
 * too many such. */

static int
oracle_by_time(const oracle_t *oracle, unsigned buyer, int64_t amount)
{
    size_t    i;
    unsigned  n;

    n = 0;

    for (i = 0; i < oracle->claims_n; i++) {
        n += oracle->claims[i].by_time
             && oracle->holds[oracle->claims[i].hold].buyer == buyer
             && oracle->claims[i].at > oracle->now.wall - ORACLE_AUTO_MS;
    }

    return amount <= ORACLE_AUTO_FEN && n < ORACLE_AUTO_CLAIMS;
}


void
oracle_claim(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command, oracle_answer_t *answer)
{
    size_t           index;
    uint32_t         qty;
    unsigned         line;
    oracle_key_t    *key;
    oracle_claim_t  *claim;

    index = (size_t) (hold - oracle->holds);
    qty = command->lines[0].qty;

    for (line = 0; line < hold->lines_n; line++) {
        if (hold->lines[line].sale == command->lines[0].sale) {
            break;
        }
    }

    if (!hold->paid || line == hold->lines_n
        || (hold->lines[line].goods != FS_GOODS_READY
            && hold->lines[line].goods != FS_GOODS_HANDED_OVER))
    {
        answer->outcome = FS_WRONG_STATE;
        answer->state = oracle_state(oracle, hold);
        return;
    }

    if (hold->lines[line].goods == FS_GOODS_HANDED_OVER
        && oracle->now.wall > hold->lines[line].goods_at + ORACLE_CLAIM_MS)
    {
        answer->outcome = FS_TOO_LATE;
        return;
    }

    if (hold->lines[line].claimed + qty > hold->lines[line].qty
        || hold->lines[line].owed_qty + qty
           + oracle_open_units(oracle, index, line) > hold->lines[line].qty)
    {
        answer->outcome = FS_CLAIMED;
        return;
    }

    oracle->claims = realloc(oracle->claims, (oracle->claims_n + 1)
                                             * sizeof(oracle_claim_t));
    if (oracle->claims == NULL) {
        abort();
    }

    claim = &oracle->claims[oracle->claims_n];
    memset(claim, 0, sizeof(oracle_claim_t));
    claim->hold = index;
    claim->line = line;
    claim->qty = qty;
    claim->amount = oracle_worth_left(hold, line, qty);
    claim->reason = command->reason;
    claim->by_time = oracle_by_time(oracle, hold->buyer, claim->amount);
    claim->at = oracle->now.wall;
    claim->due_at = oracle->now.wall + ORACLE_REFUND_MS;

    hold->lines[line].claimed += qty;
    answer->outcome = FS_CREATED;
    answer->claim = (long) oracle->claims_n++;

    if (oracle_key(command) != 0) {
        key = &oracle->keys[hold->buyer][oracle_key(command)];
        memset(key, 0, sizeof(oracle_key_t));
        key->bound = 1;
        key->type = FS_COMMAND_CLAIM;
        key->hold = index;
        key->claim = oracle->claims_n - 1;
        key->at = oracle->now.wall;
        key->fingerprint = fs_get_le64(command->fingerprint);
    }
}


static void
oracle_accept(oracle_t *oracle, oracle_claim_t *claim, int accept)
{
    oracle_hold_t  *hold;

    hold = &oracle->holds[claim->hold];
    claim->answered_at = oracle->now.wall;

    if (accept) {
        claim->state = FS_CLAIM_ACCEPTED;

    } else {
        claim->state = FS_CLAIM_DENIED;
        hold->lines[claim->line].claimed -= claim->qty;
    }
}


void
oracle_answer_claim(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command, oracle_answer_t *answer)
{
    int              state;
    size_t           i;
    oracle_key_t    *key;
    oracle_claim_t  *claim;

    for (i = 0; i < oracle->claims_n; i++) {
        if (oracle->claims[i].seq == command->claim
            && &oracle->holds[oracle->claims[i].hold] == hold)
        {
            break;
        }
    }

    if (command->claim == 0 || i == oracle->claims_n) {
        answer->outcome = FS_NOT_FOUND;
        return;
    }

    claim = &oracle->claims[i];
    state = command->accept ? FS_CLAIM_ACCEPTED : FS_CLAIM_DENIED;

    if (claim->state != FS_CLAIM_OPEN) {
        if (claim->state != state) {
            answer->outcome = FS_WRONG_STATE;
            answer->state = oracle_state(oracle, hold);
        }

        return;
    }

    oracle_accept(oracle, claim, command->accept);

    if (command->accept) {
        oracle_owe_units(oracle, hold, claim->line, claim->qty,
                         claim->reason);
    }

    if (oracle_key(command) != 0) {
        key = &oracle->order_keys[oracle_key(command)];
        key->bound = 1;
        key->old = 0;
        key->hold = claim->hold;
        key->at = oracle->now.wall;
        key->fingerprint = fs_get_le64(command->fingerprint);
    }
}


int
oracle_after_again(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer)
{
    oracle_key_t   *key;
    oracle_hold_t  *hold;

    if (oracle_key(command) == 0
        || (command->type != FS_COMMAND_CANCEL_ORDER
            && command->type != FS_COMMAND_CLAIM))
    {
        return 0;
    }

    key = &oracle->keys[oracle_buyer(command->buyer)][oracle_key(command)];

    if (!key->bound) {
        return 0;
    }

    hold = &oracle->holds[key->hold];

    if (key->type == FS_COMMAND_HOLD
        ? !oracle_open(hold) && !oracle_kept(oracle, hold->ended, key->old)
        : !oracle_kept(oracle, key->at, key->old))
    {
        return 0;
    }

    if (key->type != command->type || hold->seq != command->hold
        || (key->type == FS_COMMAND_CLAIM
            && key->fingerprint != fs_get_le64(command->fingerprint)))
    {
        answer->outcome = FS_KEY_REUSED;
        return 1;
    }

    answer->outcome = FS_REPLAYED;
    answer->hold = (long) key->hold;

    if (key->type == FS_COMMAND_CLAIM) {
        answer->claim = (long) key->claim;
    }

    return 1;
}


int
oracle_claim_due(const oracle_t *oracle, const oracle_claim_t *claim)
{
    return claim->debt_due
           || (claim->state == FS_CLAIM_OPEN && claim->by_time
               && claim->due_at <= oracle->now.due);
}


/* `accepted` by time; what is owed for it is the next entry, if anything. */

int
oracle_follow_accepted(oracle_t *oracle, const fs_entry_t *entry)
{
    size_t           i;
    oracle_hold_t   *hold;
    oracle_claim_t  *claim;

    for (i = 0; i < oracle->claims_n; i++) {
        claim = &oracle->claims[i];

        if (claim->seq == (fs_seq_t) entry->time1
            && oracle->holds[claim->hold].seq == entry->hold)
        {
            if (!oracle_claim_due(oracle, claim)
                || !(entry->flags & FS_ENTRY_BY_TIME))
            {
                return 0;
            }

            hold = &oracle->holds[claim->hold];
            oracle_accept(oracle, claim, 1);
            claim->debt_due = hold->lines[claim->line].owed_qty
                              != hold->lines[claim->line].qty;
            return 1;
        }
    }

    return 0;
}


int
oracle_follow_claim_owed(oracle_t *oracle, oracle_hold_t *hold,
    const fs_entry_t *entry)
{
    size_t           i;
    oracle_claim_t  *claim;

    for (i = 0; i < oracle->claims_n; i++) {
        claim = &oracle->claims[i];

        if (claim->debt_due && &oracle->holds[claim->hold] == hold
            && claim->line == entry->line && claim->reason == entry->reason)
        {
            claim->debt_due = 0;
            oracle_owe_units(oracle, hold, claim->line, claim->qty,
                             claim->reason);
            return 1;
        }
    }

    return 0;
}
