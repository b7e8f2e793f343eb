
/*
 * Waves: which lines of an order come together; and what has come of them.
 */

#include <stdlib.h>

#include "oracle_parts.h"


/* What a line of a tally is to get next. */
typedef struct {
    oracle_hold_t       *hold;
    unsigned             line;
    int                  goods;         /* READY or SHORT */
    uint32_t             missing;
} oracle_step_t;


uint32_t
oracle_wave(const oracle_t *oracle, const oracle_hold_t *hold, unsigned line)
{
    const oracle_group_t  *group;

    if (hold->lines[line].wave != FS_WAVE_OPEN) {
        return hold->lines[line].wave;
    }

    /* its group was by pickup point, whatever the sale has now */

    group = &oracle->sales[hold->lines[line].sale].groups[hold->pickup];

    return group->state == FS_GROUP_FORMED ? group->wave : FS_WAVE_OPEN;
}


uint32_t
oracle_wave_named(const oracle_t *oracle, const char *name, size_t len)
{
    uint32_t  number;

    for (number = oracle->waves_n; number > 0; number--) {
        if (strlen(oracle->waves[number].slug) == len
            && memcmp(oracle->waves[number].slug, name, len) == 0)
        {
            break;
        }
    }

    return number;
}


int
oracle_freezes(const oracle_t *oracle, const oracle_wave_t *wave)
{
    return !wave->frozen && wave->cut_at <= oracle->now.due;
}


/* What was ordered of a sale with the wave that is frozen now. */

static void
oracle_ordered_now(oracle_t *oracle, uint32_t number)
{
    uint32_t        pickup;
    fs_tally_t      tally;
    oracle_sale_t  *sale;

    sale = &oracle->sales[number];
    sale->ordered = realloc(sale->ordered,
                            (sale->waves + 1) * sizeof(*sale->ordered));
    if (sale->ordered == NULL) {
        abort();
    }

    for (pickup = 0; pickup <= ORACLE_PICKUPS; pickup++) {
        oracle_tally(oracle, number, pickup, sale->waves, &tally);
        sale->ordered[sale->waves][pickup] = tally.ordered;
    }
}


static void
oracle_freeze(oracle_t *oracle, oracle_wave_t *wave)
{
    unsigned        i;
    oracle_sale_t  *sale;

    wave->frozen = 1;

    for (i = 0; i < wave->sales_n; i++) {
        sale = &oracle->sales[wave->sales[i].sale];

        if (sale->called_off
            || (sale->goal != 0 && !sale->by_pickup
                && sale->groups[0].state != FS_GROUP_FORMED))
        {
            continue;
        }

        oracle_ordered_now(oracle, wave->sales[i].sale);
        wave->sales[i].taken = 1;
        wave->sales[i].wave = sale->waves++;
    }
}


void
oracle_define_wave(oracle_t *oracle, const fs_operator_t *op,
    oracle_answer_t *answer)
{
    unsigned        i;
    uint32_t        number, sales[FS_WAVE_SALES_MAX];
    oracle_wave_t  *wave;

    number = oracle_wave_named(oracle, op->slug.data, op->slug.len);
    answer->outcome = FS_OK;

    if (!oracle_supposed(op, number != 0)) {
        answer->outcome = FS_PRECONDITION;
        return;
    }

    if (number != 0 && oracle->waves[number].frozen) {
        answer->outcome = FS_FROZEN;
        return;
    }

    for (i = 0; i < op->lines_n; i++) {
        sales[i] = oracle_sale_named(oracle, op->lines[i].sale.data,
                                     op->lines[i].sale.len);
        if (sales[i] == 0) {
            answer->outcome = FS_NO_SUCH_SALE;
            return;
        }
    }

    if (number == 0) {
        number = ++oracle->waves_n;
        answer->outcome = FS_CREATED;
    }

    wave = &oracle->waves[number];
    memset(wave, 0, sizeof(oracle_wave_t));
    memcpy(wave->slug, op->slug.data, op->slug.len);
    wave->cut_at = op->cut_at;
    wave->day = op->day;
    wave->sales_n = op->lines_n;

    for (i = 0; i < op->lines_n; i++) {
        wave->sales[i].sale = sales[i];
    }

    if (oracle_freezes(oracle, wave)) {
        oracle_freeze(oracle, wave);
    }
}


int
oracle_follow_frozen(oracle_t *oracle, const fs_entry_t *entry)
{
    if (entry->number > oracle->waves_n
        || !oracle_freezes(oracle, &oracle->waves[entry->number]))
    {
        return 0;
    }

    oracle_freeze(oracle, &oracle->waves[entry->number]);

    return 1;
}


void
oracle_tally(const oracle_t *oracle, uint32_t number, uint32_t pickup,
    uint32_t wave, fs_tally_t *tally)
{
    size_t                i;
    unsigned              line;
    const oracle_hold_t  *hold;
    const oracle_sale_t  *sale;

    memset(tally, 0, sizeof(fs_tally_t));
    sale = &oracle->sales[number];

    for (i = 0; i < sale->orders_n; i++) {
        hold = &oracle->holds[sale->orders[i]];

        for (line = 0; line < hold->lines_n; line++) {
            if (hold->lines[line].sale != number || hold->pickup != pickup
                || oracle_wave(oracle, hold, line) != wave)
            {
                continue;
            }

            switch (hold->lines[line].goods) {

            case FS_GOODS_AWAITED:
                tally->awaited += oracle_coming(hold, line);
                break;

            case FS_GOODS_READY:
                tally->ready += oracle_coming(hold, line);
                break;

            case FS_GOODS_HANDED_OVER:
                tally->handed_over += oracle_coming(hold, line);
                break;
            }

            tally->shorts += hold->lines[line].missing;
            tally->ordered += hold->lines[line].qty
                              - hold->lines[line].restocked;
        }
    }

    if (wave < sale->waves) {
        tally->ordered = sale->ordered[wave][pickup];
    }

    for (i = 0; i < oracle->receipts_n; i++) {
        if (oracle->receipts[i].sale == number
            && oracle->receipts[i].pickup == pickup
            && oracle->receipts[i].wave == wave)
        {
            tally->received = oracle->receipts[i].received;
            tally->final = (uint8_t) oracle->receipts[i].final;
        }
    }
}


/* Units of a tally that are ready, and that were handed over. */

static uint32_t
oracle_given_out(const oracle_t *oracle, uint32_t number, uint32_t pickup,
    uint32_t wave)
{
    fs_tally_t  tally;

    oracle_tally(oracle, number, pickup, wave, &tally);

    return tally.ready + tally.handed_over;
}


/* The first line that waits, in the order in which was paid: it gets all of
 * its units, if so many are there; the last units go to the next one, if no
 * more will come, and nothing to those after it.  0: nothing is to be done. */

static int
oracle_next(oracle_t *oracle, const oracle_receipt_t *receipt,
    oracle_step_t *step)
{
    size_t          i;
    int64_t         there;
    uint32_t        need;
    unsigned        line;
    oracle_hold_t  *hold;
    oracle_sale_t  *sale;

    sale = &oracle->sales[receipt->sale];
    there = (int64_t) receipt->received
            - oracle_given_out(oracle, receipt->sale, receipt->pickup,
                               receipt->wave);

    for (i = 0; i < sale->orders_n; i++) {
        hold = &oracle->holds[sale->orders[i]];

        for (line = 0; line < hold->lines_n; line++) {
            if (hold->lines[line].sale != receipt->sale
                || hold->pickup != receipt->pickup
                || hold->lines[line].goods != FS_GOODS_AWAITED
                || !oracle_comes(hold, line)
                || oracle_wave(oracle, hold, line) != receipt->wave)
            {
                continue;
            }

            need = oracle_coming(hold, line);
            step->hold = hold;
            step->line = line;
            step->goods = FS_GOODS_READY;
            step->missing = 0;

            if (need <= there) {
                return 1;
            }

            if (!receipt->final) {
                return 0;
            }

            if (there > 0) {
                step->missing = need - (uint32_t) there;

            } else {
                step->goods = FS_GOODS_SHORT;
                step->missing = need;
            }

            return 1;
        }
    }

    return 0;
}


static void
oracle_step(oracle_t *oracle, const oracle_step_t *step)
{
    step->hold->lines[step->line].missing = step->missing;
    oracle_put(oracle, step->hold, step->line, step->goods);
    oracle_owe_units(oracle, step->hold, step->line, step->missing,
                     FS_REASON_SHORT);
}


static oracle_receipt_t *
oracle_receipt(oracle_t *oracle, uint32_t sale, uint32_t pickup,
    uint32_t wave)
{
    size_t             i;
    oracle_receipt_t  *receipt;

    for (i = 0; i < oracle->receipts_n; i++) {
        receipt = &oracle->receipts[i];

        if (receipt->sale == sale && receipt->pickup == pickup
            && receipt->wave == wave)
        {
            return receipt;
        }
    }

    return NULL;
}


static oracle_receipt_t *
oracle_new_receipt(oracle_t *oracle, uint32_t sale, uint32_t pickup,
    uint32_t wave)
{
    oracle_receipt_t  *receipt;

    oracle->receipts = realloc(oracle->receipts,
                               (oracle->receipts_n + 1)
                               * sizeof(oracle_receipt_t));
    if (oracle->receipts == NULL) {
        abort();
    }

    receipt = &oracle->receipts[oracle->receipts_n++];
    memset(receipt, 0, sizeof(oracle_receipt_t));
    receipt->sale = sale;
    receipt->pickup = pickup;
    receipt->wave = wave;

    return receipt;
}


void
oracle_receive(oracle_t *oracle, const fs_operator_t *op,
    oracle_answer_t *answer)
{
    unsigned           i, j;
    uint32_t           number, pickup;
    oracle_step_t      step;
    oracle_wave_t     *wave;
    oracle_receipt_t  *receipt;
    struct {
        uint32_t       sale;
        uint32_t       wave;
    }                  lines[FS_WAVE_SALES_MAX];

    number = oracle_wave_named(oracle, op->slug.data, op->slug.len);
    pickup = oracle_pickup(oracle, op->pickup.data, op->pickup.len);

    if (number == 0) {
        answer->outcome = FS_NOT_FOUND;
        return;
    }

    if (!oracle_supposed(op, 1)) {
        answer->outcome = FS_PRECONDITION;
        return;
    }

    wave = &oracle->waves[number];

    if (!wave->frozen) {
        answer->outcome = FS_WRONG_STATE;
        return;
    }

    if (pickup == 0 && op->pickup.len != 0) {
        answer->outcome = FS_BAD_REQUEST;
        return;
    }

    for (i = 0; i < op->lines_n; i++) {
        lines[i].sale = oracle_sale_named(oracle, op->lines[i].sale.data,
                                          op->lines[i].sale.len);

        for (j = 0; j < wave->sales_n; j++) {
            if (wave->sales[j].sale == lines[i].sale) {
                break;
            }
        }

        if (lines[i].sale == 0 || j == wave->sales_n) {
            answer->outcome = FS_NO_SUCH_SALE;
            return;
        }

        if (!wave->sales[j].taken) {
            answer->outcome = FS_WRONG_STATE;
            answer->sale = lines[i].sale;
            return;
        }

        lines[i].wave = wave->sales[j].wave;
        receipt = oracle_receipt(oracle, lines[i].sale, pickup,
                                 lines[i].wave);

        if (op->lines[i].qty < oracle_given_out(oracle, lines[i].sale, pickup,
                                                lines[i].wave)
            || (receipt != NULL && receipt->final
                && receipt->received != op->lines[i].qty))
        {
            answer->outcome = FS_READY_ALREADY;
            answer->sale = lines[i].sale;
            return;
        }
    }

    answer->outcome = FS_OK;

    for (i = 0; i < op->lines_n; i++) {
        receipt = oracle_receipt(oracle, lines[i].sale, pickup,
                                 lines[i].wave);

        if (receipt == NULL) {
            receipt = oracle_new_receipt(oracle, lines[i].sale, pickup,
                                         lines[i].wave);
        }

        receipt->received = op->lines[i].qty;

        if (op->final) {
            receipt->final = 1;
        }

        while (oracle_next(oracle, receipt, &step)) {
            oracle_step(oracle, &step);
        }
    }
}


int
oracle_receipts_due(const oracle_t *oracle)
{
    size_t         i;
    oracle_step_t  step;

    for (i = 0; i < oracle->receipts_n; i++) {

        /* a look at what is to be done changes nothing */

        if (oracle->receipts[i].sale + 30 >= oracle->sales_n
            && oracle_next((oracle_t *) oracle, &oracle->receipts[i], &step))
        {
            return 1;
        }
    }

    return 0;
}


/* `ready` with a sale, or `short`: what the line gets whose turn it is. */

int
oracle_follow_received(oracle_t *oracle, oracle_hold_t *hold,
    const fs_entry_t *entry)
{
    oracle_step_t      step;
    oracle_receipt_t  *receipt;

    receipt = oracle_receipt(oracle, entry->sale, hold->pickup,
                             oracle_wave(oracle, hold, entry->line));

    if (receipt == NULL || !oracle_next(oracle, receipt, &step)
        || step.hold != hold || step.line != entry->line
        || step.goods != (entry->type == FS_ENTRY_READY ? FS_GOODS_READY
                                                        : FS_GOODS_SHORT)
        || (entry->type == FS_ENTRY_READY && entry->number2 != step.missing))
    {
        return 0;
    }

    oracle_step(oracle, &step);

    return 1;
}


/* `owed` for what is missing: done with the line's goods, which come first. */

int
oracle_follow_missing(oracle_t *oracle, oracle_hold_t *hold,
    const fs_entry_t *entry)
{
    unsigned                 i;
    const oracle_payment_t  *debt;

    (void) oracle;

    for (i = 0; i < hold->payments_n; i++) {
        debt = &hold->payments[i];

        if (debt->seq == 0 && debt->line == entry->line
            && debt->reason == FS_REASON_SHORT
            && debt->qty == (uint32_t) entry->qty)
        {
            return 1;
        }
    }

    return 0;
}
