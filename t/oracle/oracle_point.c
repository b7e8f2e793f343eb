
#include "oracle_parts.h"


uint32_t
oracle_pickup(const oracle_t *oracle, const char *name, size_t len)
{
    uint32_t  i;

    for (i = 1; len != 0 && i <= oracle->pickups_n; i++) {
        if (strlen(oracle->pickups[i]) == len
            && memcmp(oracle->pickups[i], name, len) == 0)
        {
            return i;
        }
    }

    return 0;
}


uint32_t
oracle_pickup_new(oracle_t *oracle, const char *name, size_t len)
{
    uint32_t  number;

    number = oracle_pickup(oracle, name, len);

    if (number == 0) {
        number = ++oracle->pickups_n;
        memcpy(oracle->pickups[number], name, len);
    }

    return number;
}


int
oracle_refuses_pickup(oracle_t *oracle, const uint32_t *sales, unsigned n,
    const fs_slug_t *slug, oracle_answer_t *answer)
{
    int             free;
    unsigned        i;
    uint32_t        pickup;
    oracle_sale_t  *sale;

    pickup = oracle_pickup(oracle, slug->data, slug->len);
    free = 0;

    for (i = 0; i < n; i++) {
        sale = &oracle->sales[sales[i]];

        if (sale->lists == 0) {
            free = 1;

        } else if (pickup == 0 || !sale->listed[pickup]) {
            answer->outcome = FS_BAD_REQUEST;
            answer->sale = sales[i];
            return 1;
        }
    }

    if (free && slug->len != 0
        && (pickup == 0 || !oracle->documents[pickup]))
    {
        answer->outcome = FS_BAD_REQUEST;
        answer->sale = 0;
        return 1;
    }

    return 0;
}


void
oracle_point(oracle_t *oracle, const fs_command_t *command,
    oracle_answer_t *answer)
{
    size_t          i;
    unsigned        line, buyer;
    uint32_t        pickup, sales[FS_LINES_MAX];
    oracle_key_t   *key;
    oracle_hold_t  *hold, *bound;

    buyer = oracle_buyer(command->buyer);
    key = &oracle->keys[buyer][oracle_key(command)];
    pickup = oracle_pickup(oracle, command->pickup.data,
                           command->pickup.len);

    if (oracle_key(command) != 0 && key->bound) {
        bound = &oracle->holds[key->hold];

        if (key->type == FS_COMMAND_HOLD) {
            if (oracle_open(bound)
                || oracle_kept(oracle, bound->ended, key->old))
            {
                answer->outcome = FS_KEY_REUSED;
                return;
            }

        } else if (oracle_kept(oracle, key->at, key->old)) {
            if (key->type != FS_COMMAND_POINT
                || bound->seq != command->hold || key->point != pickup
                || command->epoch != oracle_epoch(oracle, command->hold))
            {
                answer->outcome = FS_KEY_REUSED;
                return;
            }

            oracle_expire(oracle, bound);
            answer->outcome = FS_REPLAYED;
            answer->hold = (long) key->hold;
            return;
        }
    }

    if (command->epoch != oracle_epoch(oracle, command->hold)) {
        answer->outcome = FS_OTHER_LIFE;
        return;
    }

    for (i = oracle->holds_n; i-- > 0; ) {
        if (oracle->holds[i].seq == command->hold) {
            break;
        }
    }

    if (command->hold == 0 || i == (size_t) -1
        || oracle->holds[i].buyer != buyer)
    {
        answer->outcome = FS_NO_SUCH_HOLD;
        return;
    }

    hold = &oracle->holds[i];
    oracle_expire(oracle, hold);

    if (!oracle_live(hold)) {
        answer->outcome = FS_WRONG_STATE;
        answer->state = oracle_state(oracle, hold);
        answer->hold = (long) i;
        return;
    }

    for (line = 0; line < hold->lines_n; line++) {
        sales[line] = hold->lines[line].sale;
    }

    if (oracle_refuses_pickup(oracle, sales, hold->lines_n, &command->pickup,
                              answer))
    {
        return;
    }

    hold->pickup = pickup;
    answer->outcome = FS_OK;
    answer->hold = (long) i;

    if (oracle_key(command) != 0) {
        key->bound = 1;
        key->old = 0;
        key->type = FS_COMMAND_POINT;
        key->hold = i;
        key->point = pickup;
        key->at = oracle->now.wall;
    }
}
