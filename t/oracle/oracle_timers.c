
#include "oracle_parts.h"
#include "ledger/rows_after.h"


/* Also what groups that failed earlier have left: the engine may return the
 * orders of one in several passes. */

static void
oracle_return(oracle_t *oracle)
{
    size_t          h;
    unsigned        line;
    oracle_hold_t  *hold;

    for (h = 0; h < oracle->holds_n; h++) {
        hold = &oracle->holds[h];

        for (line = 0; line < hold->lines_n; line++) {
            if (oracle_to_return(oracle, hold, line)) {
                oracle_return_line(oracle, hold, line,
                                   FS_REASON_GROUP_FAILED);
            }
        }
    }
}


/* 1: the sale is closed and none of its holds is live, so that its groups can
 * only form or fail now. */

static int
oracle_ripe(const oracle_t *oracle, uint32_t number)
{
    const oracle_sale_t  *sale;

    sale = &oracle->sales[number];

    return sale->closed && sale->goal != 0 && !sale->decided
           && sale->held == 0
           && !(sale->called_off
                && oracle_task_open(oracle, number, FS_TASK_CALL_OFF));
}


/* One group, or one a pickup point; there may be empty ones of before, for
 * all their units were given back. */

static unsigned
oracle_groups(const oracle_sale_t *sale)
{
    return sale->by_pickup ? ORACLE_PICKUPS + 1 : 1;
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

    for (i = 0; i < oracle_groups(sale); i++) {
        group = &sale->groups[i];

        if (group->exists && group->state == FS_GROUP_OPEN) {
            group->state = FS_GROUP_FAILED;
        }
    }
}


/* The first one first: which lapses are a day apart depends on it. */

static void
oracle_expire_all(oracle_t *oracle)
{
    size_t          i;
    oracle_hold_t  *hold, *first;

    do {
        first = NULL;

        for (i = 0; i < oracle->live_n; i++) {
            hold = &oracle->holds[oracle->live[i]];

            if (hold->due <= oracle->now.mono
                && (first == NULL || hold->due < first->due))
            {
                first = hold;
            }
        }

        if (first != NULL) {
            oracle_expire(oracle, first);
        }
    } while (first != NULL);
}


void
oracle_timers(oracle_t *oracle)
{
    uint32_t  number;

    for (number = 1; number <= oracle->sales_n; number++) {
        oracle_opens_closes(oracle, &oracle->sales[number]);
    }

    oracle_expire_all(oracle);

    for (number = 1; number <= oracle->sales_n; number++) {

        if (oracle_ripe(oracle, number)) {
            oracle_decide(oracle, number);
        }
    }

    oracle_return(oracle);

    for (number = 1; number <= oracle->sales_n; number++) {
        oracle_serve_all(oracle, number);
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


int
oracle_after_due(const oracle_t *oracle)
{
    size_t                i;
    unsigned              line;
    uint32_t              number;
    const oracle_hold_t  *hold;

    for (i = 0; i < oracle->holds_n; i++) {
        hold = &oracle->holds[i];

        for (line = 0; hold->paid && line < hold->lines_n; line++) {
            if (oracle_given(oracle, hold, line)) {
                return 1;
            }
        }
    }

    for (i = 0; i < oracle->claims_n; i++) {
        if (oracle_claim_due(oracle, &oracle->claims[i])) {
            return 1;
        }
    }

    for (i = 0; i < oracle->tasks_n; i++) {
        if (!oracle->tasks[i].done) {
            return 1;
        }
    }

    for (number = 1; number <= oracle->waves_n; number++) {
        if (oracle_freezes(oracle, &oracle->waves[number])) {
            return 1;
        }
    }

    return oracle_receipts_due(oracle);
}


int
oracle_due(const oracle_t *oracle)
{
    size_t                i;
    unsigned              line;
    uint32_t              number;
    const oracle_hold_t  *hold;
    const oracle_sale_t  *sale;

    if (oracle_after_due(oracle)) {
        return 1;
    }

    for (i = 0; i < oracle->live_n; i++) {
        if (oracle->holds[oracle->live[i]].due <= oracle->now.mono) {
            return 1;
        }
    }

    for (i = 0; i < oracle->holds_n; i++) {
        hold = &oracle->holds[i];

        for (line = 0; line < hold->lines_n; line++) {
            if (oracle_to_return(oracle, hold, line)) {
                return 1;
            }
        }
    }

    for (number = 1; number <= oracle->sales_n; number++) {
        sale = &oracle->sales[number];

        if (oracle_ripe(oracle, number) || oracle_serves(oracle, number)
            || oracle_draw_due(sale)
            || (!sale->closed
                && ((!sale->opened && sale->opens_at <= oracle->now.opens)
                    || (sale->closes_at != 0
                        && sale->closes_at <= oracle->now.due))))
        {
            return 1;
        }
    }

    return 0;
}


static int
oracle_follow_hold(oracle_t *oracle, const fs_entry_t *entry)
{
    size_t          i;
    oracle_hold_t  *hold;

    for (i = oracle->holds_n; i-- > 0; ) {
        if (oracle->holds[i].seq == entry->hold) {
            break;
        }
    }

    if (i == (size_t) -1) {
        return 0;
    }

    hold = &oracle->holds[i];

    if (entry->type == FS_ENTRY_EXPIRED) {
        oracle_expire(oracle, hold);
        return !oracle_live(hold);
    }

    if (entry->line >= hold->lines_n
        || hold->lines[entry->line].sale != entry->sale)
    {
        return 0;
    }

    if (entry->type == FS_ENTRY_RESTOCKED) {

        /* done with the debt that came before it */

        return hold->lines[entry->line].restocked >= (uint32_t) entry->qty;
    }

    switch (entry->type) {

    case FS_ENTRY_PICKED_UP:
        return oracle_follow_given(oracle, hold, entry);

    case FS_ENTRY_READY:
    case FS_ENTRY_SHORT:
        return oracle_follow_received(oracle, hold, entry);
    }

    switch (entry->reason) {

    case FS_REASON_GROUP_FAILED:
        if (!oracle_to_return(oracle, hold, entry->line)) {
            return 0;
        }

        oracle_return_line(oracle, hold, entry->line,
                           FS_REASON_GROUP_FAILED);
        return 1;

    case FS_REASON_SALE_CANCELLED:
    case FS_REASON_COMPENSATION:
        return oracle_follow_task(oracle, hold, entry);
    }

    return oracle_follow_claim_owed(oracle, hold, entry)
           || (entry->reason == FS_REASON_SHORT
               && oracle_follow_missing(oracle, hold, entry));
}


int
oracle_follow(oracle_t *oracle, const fs_entry_t *entry)
{
    unsigned         i;
    oracle_sale_t   *sale;
    oracle_group_t  *group;

    sale = &oracle->sales[entry->sale];

    switch (entry->type) {

    case FS_ENTRY_EXPIRED:
    case FS_ENTRY_OWED:
    case FS_ENTRY_RESTOCKED:
    case FS_ENTRY_PICKED_UP:
    case FS_ENTRY_READY:
    case FS_ENTRY_SHORT:
        return oracle_follow_hold(oracle, entry);

    case FS_ENTRY_SERVED:
    case FS_ENTRY_ENDED:
        return oracle_follow_queue(oracle, entry);

    case FS_ENTRY_ACCEPTED:
        return oracle_follow_accepted(oracle, entry);

    case FS_ENTRY_SETTLED:
        return oracle_follow_settled(oracle, entry);

    case FS_ENTRY_FROZEN:
        return oracle_follow_frozen(oracle, entry);

    case FS_ENTRY_OPENED:
        oracle_opens_closes(oracle, sale);
        return sale->opened;

    case FS_ENTRY_CLOSED:
        oracle_opens_closes(oracle, sale);
        return sale->closed;

    case FS_ENTRY_FAILED:
        group = &sale->groups[entry->pickup];

        if (!oracle_ripe(oracle, entry->sale)
            || group->state != FS_GROUP_OPEN)
        {
            return 0;
        }

        group->exists = 1;
        group->state = FS_GROUP_FAILED;

        return 1;

    case FS_ENTRY_DECIDED:
        if (!oracle_ripe(oracle, entry->sale)) {
            return 0;
        }

        for (i = 0; i < oracle_groups(sale); i++) {
            if (sale->groups[i].exists
                && sale->groups[i].state == FS_GROUP_OPEN)
            {
                return 0;
            }
        }

        sale->decided = 1;

        return 1;
    }

    return 1;
}
