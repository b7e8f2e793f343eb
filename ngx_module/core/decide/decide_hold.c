
/*
 * HOLD: a buyer wants units.  ORDER: somebody wants them for a buyer, and may
 * have the money already: then they are sold by the same commit.  Who wants
 * units that are not free may wait for them.  All is checked before anything
 * is emitted.
 */

#include "decide/decide.h"
#include "rules/rules.h"
#include "sheet/sheet.h"


static int fs_decide_replay(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result);
static int fs_same_payload(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_hold_t *hold);
static fs_outcome_t fs_check_line(fs_sheet_t *sheet,
    const fs_command_t *command, unsigned i, const fs_now_t *now,
    fs_result_t *result);
static int fs_same_cash(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_hold_t *hold);
static fs_outcome_t fs_check_cash(fs_sheet_t *sheet,
    const fs_command_t *command, const fs_operator_t *op,
    fs_result_t *result);
static void fs_sell_for_cash(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result);
static fs_outcome_t fs_check_buyer(fs_sheet_t *sheet,
    const fs_command_t *command, const fs_now_t *now, fs_result_t *result);
static uint32_t fs_hold_term(fs_sheet_t *sheet, const fs_command_t *command);


void
fs_decide_hold(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result)
{
    int            full, queue, referred;
    unsigned       i;
    uint32_t       term, pickup, sales[FS_LINES_MAX];
    int64_t        off;
    fs_str_t       slug;
    fs_hold_t      hold, gift;
    fs_sale_t     *sale;
    fs_entry_t     entry;
    fs_outcome_t   outcome;
    fs_referral_t  referral;

    if (fs_decide_replay(sheet, command, now, result)) {
        return;
    }

    full = 0;
    queue = 0;
    slug = fs_slug_str(&command->pickup);

    if (!fs_lines_valid(command) || (slug.len != 0 && !fs_slug_valid(slug))) {
        result->outcome = FS_BAD_REQUEST;
        return;
    }

    for (i = 0; i < command->lines_n; i++) {
        sale = fs_sheet_sale(sheet, command->lines[i].sale);

        if (sale != NULL) {
            fs_open_close(sheet, sale, now);
        }
    }

    outcome = fs_check_lines(sheet, command, now, result);

    if (outcome == FS_OK) {
        outcome = fs_check_buyer(sheet, command, now, result);
    }

    if (result->limit != 0) {

        /* reached, perhaps by holds whose time is over */

        fs_expire_buyer(sheet, command->buyer, now);

        result->limit = 0;
        outcome = fs_check_lines(sheet, command, now, result);

        if (outcome == FS_OK) {
            outcome = fs_check_buyer(sheet, command, now, result);
        }
    }

    /* live holds do not count to who waits, and units that are free do not
     * wait */

    if (outcome == FS_TOO_MANY_HOLDS && command->queue) {
        full = 1;
        outcome = FS_OK;
        result->limit = 0;
    }

    if (outcome == FS_OK) {
        for (i = 0; i < command->lines_n; i++) {
            sale = fs_sheet_sale(sheet, command->lines[i].sale);
            fs_make_room(sheet, sale, command->lines[i].qty, now);
        }

        outcome = fs_check_free(sheet, command, result);
    }

    if (outcome == FS_SOLD_OUT && fs_may_queue(sheet, command)) {
        queue = 1;
        outcome = FS_OK;

    } else if (outcome == FS_OK && full) {
        result->sale = command->lines[0].sale;
        result->limit = command->live_holds;
        outcome = FS_TOO_MANY_HOLDS;
    }

    /* what is given needs no place to be collected at */

    pickup = 0;

    if (outcome == FS_OK
        && (slug.len != 0
            || fs_sheet_sale(sheet, command->lines[0].sale)->gives
               == FS_GIVES_NOTHING))
    {
        for (i = 0; i < command->lines_n; i++) {
            sales[i] = command->lines[i].sale;
        }

        outcome = fs_points_check(sheet, sales, command->lines_n, slug,
                                  &pickup, result);
    }

    if (outcome == FS_OK) {
        outcome = fs_check_cash(sheet, command, op, result);
    }

    if (outcome == FS_OK) {
        outcome = fs_check_hold_gift(sheet, command, now, &gift, &off,
                                     result);
    }

    if (outcome != FS_OK) {
        result->outcome = (uint16_t) outcome;
        return;
    }

    sale = fs_sheet_sale(sheet, command->lines[0].sale);

    if (sale->gives != FS_GIVES_NOTHING) {
        fs_emit_granted(sheet, command, op, sale, pickup, now, result);
        return;
    }

    referred = fs_may_refer(sheet, command, &referral);

    if (queue) {
        result->free = 0;
        result->outcome = (uint16_t) fs_queue_hold(sheet, command, pickup,
                                                   now, result);

        if (referred && result->outcome == FS_QUEUED) {
            fs_refer(sheet, command, &referral, result->hold.seq, now);
        }

        return;
    }

    term = fs_hold_term(sheet, command);

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.type = FS_ENTRY_HELD;
    entry.lines_n = command->lines_n;
    entry.pickup = pickup;
    entry.number = term;
    entry.time1 = now->wall + term;
    entry.time2 = now->mono + term;
    entry.number2 = command->queue;
    memcpy(entry.id1, command->buyer, FS_BUYER_LEN);
    memcpy(entry.id2, command->from, FS_BUYER_LEN);
    memcpy(entry.key, command->key, FS_KEY_HASH_LEN);

    for (i = 0; i < command->lines_n; i++) {
        sale = fs_sheet_sale(sheet, command->lines[i].sale);
        entry.line = (uint8_t) i;
        entry.sale = command->lines[i].sale;
        entry.qty = (int32_t) command->lines[i].qty;
        entry.amount_fen = sale->price_fen;

        fs_emit(sheet, &entry, now);

        memset(entry.id2, 0, FS_BUYER_LEN);
        memset(entry.key, 0, FS_KEY_HASH_LEN);
    }

    if (command->gift != 0 && fs_sheet_hold(sheet, entry.hold, &hold)) {
        fs_emit_bound(sheet, &hold, &gift, off, 1, now);
    }

    if (referred) {
        fs_refer(sheet, command, &referral, entry.hold, now);
    }

    if (fs_sheet_hold(sheet, entry.hold, &hold)) {
        result->outcome = FS_CREATED;
        result->hold = hold;
    }

    if (!fs_all_zero(command->reference, FS_REFERENCE_LEN)) {
        fs_sell_for_cash(sheet, command, op, now, result);
    }
}


/* Cash is counted before it is taken: nothing of it is ever owed back. */

static fs_outcome_t
fs_check_cash(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, fs_result_t *result)
{
    int64_t   price;
    unsigned  i;

    if (fs_all_zero(command->reference, FS_REFERENCE_LEN)) {
        return FS_OK;
    }

    price = 0;

    for (i = 0; i < command->lines_n; i++) {
        price += command->lines[i].qty
                 * fs_sheet_sale(sheet, command->lines[i].sale)->price_fen;
    }

    if (command->paid_fen != price) {
        result->amount_fen = price;
        return FS_WRONG_AMOUNT;
    }

    if (fs_sheet_number(sheet, 'c', op->slug) == 0
        && fs_sheet_last_number(sheet, 'c') >= FS_TAKERS_MAX)
    {
        return FS_TOO_MANY_NAMES;
    }

    return FS_OK;
}


/* result: of the hold that was just made. */

static void
fs_sell_for_cash(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result)
{
    fs_hold_t     hold;
    fs_command_t  paid;

    paid = *command;
    paid.taker = fs_sheet_number(sheet, 'c', op->slug);

    if (paid.taker == 0) {
        paid.taker = fs_sheet_intern(sheet, 'c', op->slug);
    }

    hold = result->hold;
    fs_decide_confirm(sheet, &paid, &hold, now, result);

    if (fs_sheet_hold(sheet, hold.seq, &hold) && result->outcome == FS_OK) {
        result->outcome = FS_CREATED;
        result->hold = hold;
    }
}


/*
 * The key comes before everything: a retry is answered the same when the sale
 * has sold out since.  1: answered; 0: the key is new, or kept long enough.
 */

static int
fs_decide_replay(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result)
{
    fs_seq_t    seq;
    fs_hold_t   hold;
    fs_entry_t  entry;

    if (fs_all_zero(command->key, FS_KEY_HASH_LEN)
        || !fs_sheet_bound(sheet, command->buyer, command->key, &seq))
    {
        return 0;
    }

    if (!fs_sheet_hold(sheet, seq, &hold)) {

        /* not a hold's but an operator's */

        if (!fs_sheet_entry(sheet, seq, &entry)
            || now->mono >= entry.at + FS_KEY_KEPT_MS)
        {
            return 0;
        }

        result->outcome = FS_KEY_REUSED;
        return 1;
    }

    if (!fs_hold_open(&hold) && now->mono >= hold.due + FS_KEY_KEPT_MS) {
        return 0;
    }

    if (!fs_same_payload(sheet, command, &hold)
        || !fs_same_cash(sheet, command, &hold))
    {
        result->outcome = FS_KEY_REUSED;
        return 1;
    }

    fs_expire_due(sheet, &hold, now);
    fs_result_hold(sheet, &hold, result);
    result->outcome = FS_REPLAYED;

    return 1;
}


static int
fs_same_payload(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_hold_t *hold)
{
    unsigned    i, j;
    uint32_t    pickup;
    fs_str_t    slug;
    fs_entry_t  first;

    if (command->lines_n != hold->lines_n) {
        return 0;
    }

    pickup = 0;

    if (command->pickup.len != 0) {
        slug = fs_slug_str(&command->pickup);
        pickup = fs_sheet_number(sheet, 'p', slug);

        if (pickup == 0) {
            return 0;
        }
    }

    /* what was asked for: the hold may have another by now */

    if (!fs_sheet_entry(sheet, hold->seq, &first)) {
        sheet->failed = 1;
        return 0;
    }

    if (pickup != first.pickup
        || (first.type != FS_ENTRY_GRANTED
            && memcmp(command->from, first.id2, FS_BUYER_LEN) != 0)
        || (first.type != FS_ENTRY_GRANTED
            && command->queue != (first.type == FS_ENTRY_QUEUED
                                  || first.number2 != 0))
        || !fs_same_gift(sheet, command, hold, &first))
    {
        return 0;
    }

    for (i = 0; i < command->lines_n; i++) {
        for (j = 0; j < hold->lines_n; j++) {
            if (command->lines[i].sale == hold->lines[j].sale
                && command->lines[i].qty == hold->lines[j].qty)
            {
                break;
            }
        }

        if (j == hold->lines_n) {
            return 0;
        }
    }

    return 1;
}


/* Taken by the same hands, or by nobody's: what was sold at once follows the
 * hold's own entries. */

static int
fs_same_cash(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_hold_t *hold)
{
    int         cash;
    fs_entry_t  sold;

    cash = fs_sheet_entry(sheet, hold->seq + hold->lines_n, &sold)
           && sold.type == FS_ENTRY_SOLD && sold.hold == hold->seq
           && sold.number != 0;

    if (fs_all_zero(command->reference, FS_REFERENCE_LEN)) {
        return !cash;
    }

    return cash && command->paid_fen == fs_hold_amount(hold)
           && memcmp(sold.id2, command->reference, FS_REFERENCE_LEN) == 0;
}


/* Whoever made the command added up lines of one sale. */

int
fs_lines_valid(const fs_command_t *command)
{
    unsigned  i, j;

    if (command->lines_n == 0 || command->lines_n > FS_LINES_MAX
        || (command->gift != 0 && command->type != FS_COMMAND_HOLD)
        || (command->queue
            && (command->queue != 1 || command->lines_n != 1
                || command->gift != 0
                || command->lines[0].qty > FS_QUEUED_QTY_MAX)))
    {
        return 0;
    }

    for (i = 0; i < command->lines_n; i++) {
        if (command->lines[i].qty == 0
            || command->lines[i].qty > FS_QTY_MAX)
        {
            return 0;
        }

        for (j = 0; j < i; j++) {
            if (command->lines[i].sale == command->lines[j].sale) {
                return 0;
            }
        }
    }

    return 1;
}


fs_outcome_t
fs_check_lines(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result)
{
    unsigned      i;
    fs_outcome_t  outcome;

    for (i = 0; i < command->lines_n; i++) {
        outcome = fs_check_line(sheet, command, i, now, result);

        if (outcome != FS_OK) {
            return outcome;
        }
    }

    return FS_OK;
}


/* The sale, and what the buyer has of it already. */

static fs_outcome_t
fs_check_line(fs_sheet_t *sheet, const fs_command_t *command, unsigned i,
    const fs_now_t *now, fs_result_t *result)
{
    fs_outcome_t      outcome;
    const fs_sale_t  *sale;

    result->sale = command->lines[i].sale;
    sale = fs_sheet_sale(sheet, result->sale);

    if (sale == NULL) {
        return FS_NO_SUCH_SALE;
    }

    if (sale->gives != FS_GIVES_NOTHING || command->type == FS_COMMAND_GRANT)
    {
        outcome = fs_check_giving(sale, command, i, result);

        if (outcome != FS_OK) {
            return outcome;
        }
    }

    return fs_check_sale(sheet, command->buyer, sale,
                         command->lines[i].qty, now, result);
}


/* What the buyer has of everything.  A gift is no live hold, and nobody gives
 * one back. */

static fs_outcome_t
fs_check_buyer(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result)
{
    int64_t     wait;
    unsigned    i, n;
    fs_buyer_t  buyer;
    fs_units_t  units;

    if (fs_sheet_sale(sheet, command->lines[0].sale)->gives
        != FS_GIVES_NOTHING)
    {
        return FS_OK;
    }

    for (i = 0; i < command->lines_n; i++) {
        fs_sheet_units(sheet, command->buyer, command->lines[i].sale, &units);

        if (units.lapses < FS_LAPSES_FREE) {
            continue;
        }

        wait = FS_LAPSE_WAIT_MS;

        for (n = units.lapses; n > FS_LAPSES_FREE; n--) {
            wait *= 2;

            if (wait >= FS_LAPSE_WAIT_MS_MAX) {
                wait = FS_LAPSE_WAIT_MS_MAX;
                break;
            }
        }

        /* a lapse that is to come was before the clock went back: forgiven */

        if (units.lapsed_at <= now->mono
            && now->mono < units.lapsed_at + wait)
        {
            result->sale = command->lines[i].sale;
            result->at = now->wall + (units.lapsed_at + wait - now->mono);
            return FS_WAIT;
        }
    }

    fs_sheet_buyer(sheet, command->buyer, &buyer);

    if (command->live_holds != 0 && buyer.live >= command->live_holds) {
        result->limit = command->live_holds;
        return FS_TOO_MANY_HOLDS;
    }

    return FS_OK;
}


fs_outcome_t
fs_check_free(fs_sheet_t *sheet, const fs_command_t *command,
    fs_result_t *result)
{
    unsigned          i;
    const fs_sale_t  *sale;

    for (i = 0; i < command->lines_n; i++) {
        sale = fs_sheet_sale(sheet, command->lines[i].sale);

        if (fs_sale_free(sale) < command->lines[i].qty
            || fs_sale_awaited(sale))
        {
            result->sale = sale->number;
            result->free = fs_sale_free(sale);
            return FS_SOLD_OUT;
        }
    }

    result->sale = command->lines[0].sale;

    return FS_OK;
}


int
fs_may_queue(fs_sheet_t *sheet, const fs_command_t *command)
{
    const fs_sale_t  *sale;

    if (!command->queue) {
        return 0;
    }

    sale = fs_sheet_sale(sheet, command->lines[0].sale);

    return sale != NULL && fs_queue_has_room(sale, command);
}


static uint32_t
fs_hold_term(fs_sheet_t *sheet, const fs_command_t *command)
{
    uint32_t          term;
    unsigned          i;
    const fs_sale_t  *sale;

    term = 0;

    for (i = 0; i < command->lines_n; i++) {
        sale = fs_sheet_sale(sheet, command->lines[i].sale);

        if (sale->hold_ms != 0 && (term == 0 || sale->hold_ms < term)) {
            term = sale->hold_ms;
        }
    }

    if (term == 0) {
        term = command->term_ms;
    }

    return (term < FS_HOLD_MS_MAX) ? term : FS_HOLD_MS_MAX;
}
