
/*
 * Those who wait for units of a sale: by number, each for so many.
 */

#include "oracle_parts.h"


static int
oracle_waits_for(const oracle_hold_t *hold, uint32_t number)
{
    return hold->state == FS_HOLD_QUEUED && hold->lines[0].sale == number;
}


/* The one with the lowest number whom `free` units suffice for. */

static oracle_hold_t *
oracle_first(const oracle_t *oracle, uint32_t number, int64_t free)
{
    size_t          i;
    oracle_hold_t  *hold, *first;

    first = NULL;

    for (i = 0; i < oracle->waiting_n; i++) {
        hold = &oracle->holds[oracle->waiting[i]];

        if (oracle_waits_for(hold, number) && hold->lines[0].qty <= free
            && (first == NULL || hold->number < first->number))
        {
            first = hold;
        }
    }

    return first;
}


int
oracle_awaited(const oracle_t *oracle, uint32_t number)
{
    const oracle_sale_t  *sale;

    sale = &oracle->sales[number];

    return !sale->closed
           && oracle_first(oracle, number, oracle_free(sale)) != NULL;
}


/* The next one to be served, or told that the sale is closed. */

static oracle_hold_t *
oracle_next(const oracle_t *oracle, uint32_t number)
{
    const oracle_sale_t  *sale;

    sale = &oracle->sales[number];

    if (sale->closed) {
        return oracle_first(oracle, number, INT64_MAX);
    }

    return sale->opened && !sale->paused
           ? oracle_first(oracle, number, oracle_free(sale)) : NULL;
}


int
oracle_serves(const oracle_t *oracle, uint32_t number)
{
    return oracle_next(oracle, number) != NULL;
}


uint32_t
oracle_ahead(const oracle_t *oracle, const oracle_hold_t *hold)
{
    const oracle_hold_t  *first;

    first = oracle_first(oracle, hold->lines[0].sale, INT64_MAX);

    return first == NULL ? 0 : hold->number - first->number;
}


int
oracle_queue_room(const oracle_t *oracle, const fs_command_t *command)
{
    size_t                i;
    int64_t               units, most;
    uint32_t              number;
    const oracle_sale_t  *sale;

    number = command->lines[0].sale;
    sale = &oracle->sales[number];

    if (sale->gives != FS_GIVES_NOTHING) {
        return 0;
    }
    units = command->lines[0].qty;

    for (i = 0; i < oracle->waiting_n; i++) {
        if (oracle_waits_for(&oracle->holds[oracle->waiting[i]], number)) {
            units += oracle->holds[oracle->waiting[i]].lines[0].qty;
        }
    }

    most = sale->queue >= 0 ? sale->queue
           : command->queue_units == UINT32_MAX ? sale->stock
           : command->queue_units;

    return units <= most;
}


void
oracle_waits(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command)
{
    oracle_sale_t  *sale;

    sale = &oracle->sales[command->lines[0].sale];
    hold->state = FS_HOLD_QUEUED;
    hold->number = ++sale->numbers;
    hold->length = command->queue_ms;
    sale->taken[hold->buyer] += command->lines[0].qty;
    oracle->waiting[oracle->waiting_n++] = (size_t) (hold - oracle->holds);
}


static void
oracle_unlist(oracle_t *oracle, const oracle_hold_t *hold)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < oracle->waiting_n; i++) {
        if (&oracle->holds[oracle->waiting[i]] != hold) {
            oracle->waiting[n++] = oracle->waiting[i];
        }
    }

    oracle->waiting_n = n;
}


void
oracle_leaves(oracle_t *oracle, oracle_hold_t *hold, int state)
{
    oracle->sales[hold->lines[0].sale].taken[hold->buyer]
        -= hold->lines[0].qty;
    hold->state = state;
    hold->ended = oracle->now.mono;
    oracle_unlist(oracle, hold);
}


void
oracle_end_queue(oracle_t *oracle, uint32_t number)
{
    oracle_hold_t  *hold;

    while ((hold = oracle_first(oracle, number, INT64_MAX)) != NULL) {
        oracle_leaves(oracle, hold, FS_HOLD_EXPIRED);
    }
}


static void
oracle_serve(oracle_t *oracle, oracle_hold_t *hold)
{
    oracle_sale_t  *sale;

    sale = &oracle->sales[hold->lines[0].sale];
    sale->held += hold->lines[0].qty;
    hold->state = FS_HOLD_HELD;
    hold->lines[0].price = sale->price;
    hold->expires_at = oracle->now.wall + hold->length;
    hold->due = oracle->now.mono + hold->length;
    oracle_unlist(oracle, hold);
    oracle->live[oracle->live_n++] = (size_t) (hold - oracle->holds);
}


int
oracle_follow_queue(oracle_t *oracle, const fs_entry_t *entry)
{
    oracle_hold_t  *hold;

    hold = oracle_next(oracle, entry->sale);

    if (hold == NULL || hold->seq != entry->hold
        || oracle->sales[entry->sale].closed
           != (entry->type == FS_ENTRY_ENDED))
    {
        return 0;
    }

    if (entry->type == FS_ENTRY_ENDED) {
        oracle_leaves(oracle, hold, FS_HOLD_EXPIRED);
        return 1;
    }

    oracle_serve(oracle, hold);

    return entry->amount_fen == hold->lines[0].price
           && entry->time1 == hold->expires_at;
}


void
oracle_serve_all(oracle_t *oracle, uint32_t number)
{
    oracle_hold_t  *hold;

    while ((hold = oracle_next(oracle, number)) != NULL) {
        if (oracle->sales[number].closed) {
            oracle_leaves(oracle, hold, FS_HOLD_EXPIRED);

        } else {
            oracle_serve(oracle, hold);
        }
    }
}
