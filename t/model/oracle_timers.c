
#include "oracle_parts.h"


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
