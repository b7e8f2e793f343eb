
/*
 * HOLD: a buyer wants units.  All is checked before anything is emitted.
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
static fs_outcome_t fs_check_buyer(fs_sheet_t *sheet,
    const fs_command_t *command, const fs_now_t *now, fs_result_t *result);
static uint32_t fs_hold_term(fs_sheet_t *sheet, const fs_command_t *command);


void
fs_decide_hold(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result)
{
    unsigned      i;
    uint32_t      term, pickup, sales[FS_LINES_MAX];
    fs_str_t      slug;
    fs_hold_t     hold;
    fs_sale_t    *sale;
    fs_entry_t    entry;
    fs_outcome_t  outcome;

    if (fs_decide_replay(sheet, command, now, result)) {
        return;
    }

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

    if (outcome == FS_OK) {
        for (i = 0; i < command->lines_n; i++) {
            sale = fs_sheet_sale(sheet, command->lines[i].sale);
            fs_make_room(sheet, sale, command->lines[i].qty, now);
        }

        outcome = fs_check_free(sheet, command, result);
    }

    if (outcome == FS_OK) {
        for (i = 0; i < command->lines_n; i++) {
            sales[i] = command->lines[i].sale;
        }

        outcome = fs_points_check(sheet, sales, command->lines_n, slug,
                                  &pickup, result);
    }

    if (outcome != FS_OK) {
        result->outcome = (uint16_t) outcome;
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
    memcpy(entry.id1, command->buyer, FS_BUYER_LEN);
    memcpy(entry.key, command->key, FS_KEY_HASH_LEN);

    for (i = 0; i < command->lines_n; i++) {
        sale = fs_sheet_sale(sheet, command->lines[i].sale);
        entry.line = (uint8_t) i;
        entry.sale = command->lines[i].sale;
        entry.qty = (int32_t) command->lines[i].qty;
        entry.amount_fen = sale->price_fen;

        fs_emit(sheet, &entry, now);

        memset(entry.key, 0, FS_KEY_HASH_LEN);
    }

    if (fs_sheet_hold(sheet, entry.hold, &hold)) {
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

    if (!fs_hold_live(&hold) && now->mono >= hold.due + FS_KEY_KEPT_MS) {
        return 0;
    }

    if (!fs_same_payload(sheet, command, &hold)) {
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

    if (pickup != first.pickup) {
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


/* Whoever made the command added up lines of one sale. */

int
fs_lines_valid(const fs_command_t *command)
{
    unsigned  i, j;

    if (command->lines_n == 0 || command->lines_n > FS_LINES_MAX) {
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
    uint32_t          qty;
    fs_units_t        units;
    const fs_sale_t  *sale;

    qty = command->lines[i].qty;
    result->sale = command->lines[i].sale;
    sale = fs_sheet_sale(sheet, result->sale);

    if (sale == NULL) {
        return FS_NO_SUCH_SALE;
    }

    if (sale->closed
        || (sale->closes_at != 0 && sale->closes_at <= now->due))
    {
        return FS_CLOSED;
    }

    if (!sale->opened && sale->opens_at > now->opens) {
        result->at = sale->opens_at;
        return FS_NOT_OPEN;
    }

    if (sale->paused) {
        return FS_PAUSED;
    }

    if (sale->limit != 0) {
        fs_sheet_units(sheet, command->buyer, sale->number, &units);

        if ((uint64_t) units.taken + qty > sale->limit) {
            result->limit = sale->limit;
            return FS_OVER_LIMIT;
        }
    }

    return FS_OK;
}


/* What the buyer has of everything. */

static fs_outcome_t
fs_check_buyer(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result)
{
    int64_t     wait;
    unsigned    i, n;
    fs_buyer_t  buyer;
    fs_units_t  units;

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

        if (fs_sale_free(sale) < command->lines[i].qty) {
            result->sale = sale->number;
            result->free = fs_sale_free(sale);
            return FS_SOLD_OUT;
        }
    }

    result->sale = command->lines[0].sale;

    return FS_OK;
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
