
/*
 * Where the goods of an order's lines are: facts of a hand-over, and their
 * undoing; ready, by line; and the hour from which a line counts as handed
 * over.
 */

#include "oracle_parts.h"


uint32_t
oracle_coming(const oracle_hold_t *hold, unsigned line)
{
    uint32_t  gone;

    gone = hold->lines[line].restocked;

    if (hold->lines[line].goods != FS_GOODS_AWAITED) {
        gone += hold->lines[line].missing;
    }

    return gone < hold->lines[line].qty ? hold->lines[line].qty - gone : 0;
}


/* 1: its goods came, or may still come. */

int
oracle_comes(const oracle_hold_t *hold, unsigned line)
{
    if (hold->lines[line].goods == FS_GOODS_HANDED_OVER) {
        return 1;
    }

    return hold->lines[line].goods != FS_GOODS_SHORT
           && oracle_coming(hold, line) != 0;
}


/* The lines that a command names; all, if it names none. */

static unsigned
oracle_named_lines(const oracle_hold_t *hold, const fs_command_t *command)
{
    unsigned  i, line, lines;

    if (command->lines_n == 0) {
        return (1u << hold->lines_n) - 1;
    }

    lines = 0;

    for (i = 0; i < command->lines_n; i++) {
        for (line = 0; line < hold->lines_n; line++) {
            if (hold->lines[line].sale == command->lines[i].sale) {
                lines |= 1u << line;
            }
        }
    }

    return lines;
}


void
oracle_put(oracle_t *oracle, oracle_hold_t *hold, unsigned line, int goods)
{
    int64_t  seconds;

    /* put back, it came when it came */

    if (goods == FS_GOODS_READY
        && hold->lines[line].goods == FS_GOODS_AWAITED)
    {
        seconds = (oracle->now.wall - hold->created_at) / 1000;
        hold->lines[line].ready_s = seconds < 1 ? 1 : (uint32_t) seconds;
    }

    hold->lines[line].goods = goods;
    hold->lines[line].goods_at = 0;

    if (goods == FS_GOODS_HANDED_OVER) {
        hold->lines[line].goods_at = oracle->now.wall;

    } else if (goods == FS_GOODS_READY) {
        hold->lines[line].goods_at = oracle->now.wall + ORACLE_GIVEN_MS;
    }

    oracle_settle(hold);
}


static oracle_nonce_t *
oracle_nonce(oracle_t *oracle, const fs_command_t *command)
{
    oracle_nonce_t  *nonce;

    nonce = &oracle->nonces[oracle_key(command)];

    return nonce->bound && oracle_kept(oracle, nonce->at, nonce->old)
           ? nonce : NULL;
}


int
oracle_handed_again(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer)
{
    oracle_nonce_t  *nonce;

    if (command->type != FS_COMMAND_HAND_OVER) {
        return 0;
    }

    nonce = oracle_nonce(oracle, command);

    if (nonce == NULL) {
        return 0;
    }

    if (oracle->holds[nonce->hold].seq != command->hold) {
        answer->outcome = FS_KEY_REUSED;
        return 1;
    }

    answer->outcome = nonce->outcome;
    answer->at = nonce->answer_at;
    answer->paid_back = nonce->paid_back;
    answer->hold = (long) nonce->hold;

    return 1;
}


void
oracle_hand_over(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command, oracle_answer_t *answer)
{
    unsigned         line, lines;
    oracle_nonce_t  *nonce;

    if (!hold->paid && !oracle_is_thing(oracle, hold)) {
        answer->outcome = FS_WRONG_STATE;
        answer->state = oracle_state(oracle, hold);
        return;
    }

    lines = oracle_named_lines(hold, command);
    nonce = &oracle->nonces[oracle_key(command)];
    memset(nonce, 0, sizeof(oracle_nonce_t));
    nonce->outcome = FS_DOUBLE;

    for (line = 0; line < hold->lines_n; line++) {

        if (!(lines & (1u << line))) {
            continue;
        }

        if (hold->lines[line].goods == FS_GOODS_HANDED_OVER) {

            if (nonce->outcome == FS_DOUBLE
                && (nonce->answer_at == 0
                    || hold->lines[line].goods_at < nonce->answer_at))
            {
                nonce->answer_at = hold->lines[line].goods_at;
            }

            continue;
        }

        nonce->outcome = FS_HANDED_OVER;
        nonce->answer_at = oracle->now.wall;
        nonce->handed |= 1u << line;

        if (hold->lines[line].owed_qty != 0) {
            nonce->paid_back = 1;
        }

        if (hold->lines[line].restocked + hold->lines[line].missing
            == hold->lines[line].qty)
        {
            hold->lines[line].missing = 0;      /* found after all */
        }

        oracle_put(oracle, hold, line, FS_GOODS_HANDED_OVER);

        if (oracle_is_gift(hold)) {
            hold->state = FS_HOLD_USED;
        }
    }

    nonce->bound = 1;
    nonce->hold = (size_t) (hold - oracle->holds);
    nonce->at = oracle->now.wall;

    answer->outcome = nonce->outcome;
    answer->at = nonce->answer_at;
    answer->paid_back = nonce->paid_back;

    if (nonce->handed != 0 && hold->paid) {
        oracle_referral_had(oracle, hold->buyer);
    }
}


void
oracle_put_back(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command, oracle_answer_t *answer)
{
    unsigned         line;
    oracle_nonce_t  *nonce;

    nonce = oracle_nonce(oracle, command);

    if (nonce == NULL || &oracle->holds[nonce->hold] != hold
        || nonce->handed == 0)
    {
        answer->outcome = FS_WRONG_STATE;
        answer->state = oracle_state(oracle, hold);
        return;
    }

    if (nonce->undone) {
        return;
    }

    if (oracle->now.wall > nonce->at + FS_PUT_BACK_MS) {
        answer->outcome = FS_TOO_LATE;
        return;
    }

    for (line = 0; line < hold->lines_n; line++) {
        if (!(nonce->handed & (1u << line))) {
            continue;
        }

        if (oracle_is_gift(hold)) {
            oracle_put(oracle, hold, line, FS_GOODS_AWAITED);
            hold->state = FS_HOLD_GRANTED;

        } else {
            oracle_put(oracle, hold, line, FS_GOODS_READY);
        }
    }

    oracle_gift_back(oracle, hold);
    nonce->undone = 1;
}


/* Version 1: all lines at once, whose goods are to come and whose group is not
 * in the way. */

int
oracle_can_be_ready(oracle_t *oracle, const oracle_hold_t *hold)
{
    unsigned  line, goods;

    goods = 0;

    for (line = 0; line < hold->lines_n; line++) {
        if (hold->lines[line].goods != FS_GOODS_AWAITED
            || !oracle_comes(hold, line))
        {
            continue;
        }

        if (hold->lines[line].member
            && oracle_group(oracle, hold, line)->state != FS_GROUP_FORMED)
        {
            return 0;
        }

        goods++;
    }

    return goods != 0;
}


void
oracle_put_all(oracle_t *oracle, oracle_hold_t *hold, int from, int to)
{
    unsigned  line;

    for (line = 0; line < hold->lines_n; line++) {
        if (hold->lines[line].goods == from && oracle_comes(hold, line)) {
            oracle_put(oracle, hold, line, to);
        }
    }
}


/* 1: this line's time at the pickup point is over. */

int
oracle_given(const oracle_t *oracle, const oracle_hold_t *hold, unsigned line)
{
    return hold->lines[line].goods == FS_GOODS_READY
           && hold->lines[line].goods_at != 0
           && hold->lines[line].goods_at <= oracle->now.due
           && oracle_comes(hold, line);
}


int
oracle_follow_given(oracle_t *oracle, oracle_hold_t *hold,
    const fs_entry_t *entry)
{
    if (!(entry->flags & FS_ENTRY_BY_TIME)
        || !oracle_given(oracle, hold, entry->line)
        || entry->qty != (int32_t) hold->lines[entry->line].qty)
    {
        return 0;
    }

    oracle_put(oracle, hold, entry->line, FS_GOODS_HANDED_OVER);
    oracle_referral_had(oracle, hold->buyer);

    return 1;
}
