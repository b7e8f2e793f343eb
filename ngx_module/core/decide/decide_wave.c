
/*
 * Waves: WAVE defines one, or changes it until it is frozen; RECEIVE says how
 * many units have come of it to a pickup point, so far: two phones that say
 * the same mean the same.
 */

#include "decide/decide.h"
#include "rules/rules.h"
#include "sheet/sheet_lines.h"

/* the slugs of its sales, each with a line feed */
#define FS_WAVE_TEXT_MAX  (FS_WAVE_SALES_MAX * (FS_SLUG_MAX + 1))


static int fs_wave_valid(const fs_command_t *command,
    const fs_operator_t *op);
static int fs_wave_supposed(const fs_operator_t *op, int found);
static fs_outcome_t fs_wave_sale(fs_sheet_t *sheet, const fs_wave_t *wave,
    fs_str_t slug, uint16_t *ordinal, fs_result_t *result);
static fs_outcome_t fs_check_received(fs_sheet_t *sheet,
    const fs_operator_t *op, const fs_wave_t *wave, uint32_t pickup,
    fs_result_t *result);
static int fs_wave_digest(fs_entry_t *entry, const fs_operator_t *op);


void
fs_decide_wave(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result)
{
    int               found;
    unsigned          i;
    uint32_t          number;
    fs_wave_t         wave;
    fs_entry_t        entry;
    const fs_sale_t  *sale;

    if (!fs_wave_valid(command, op)) {
        result->outcome = FS_BAD_REQUEST;
        return;
    }

    memset(&wave, 0, sizeof(fs_wave_t));
    number = fs_sheet_number(sheet, 'w', op->slug);
    found = fs_sheet_wave(sheet, number, &wave);

    if (!fs_wave_supposed(op, found)) {
        result->outcome = FS_PRECONDITION;
        return;
    }

    if (found && wave.frozen != 0) {
        result->outcome = FS_FROZEN;
        return;
    }

    memset(&wave, 0, sizeof(fs_wave_t));
    wave.sales_n = (uint16_t) op->lines_n;

    for (i = 0; i < op->lines_n; i++) {
        sale = fs_sheet_sale(sheet, fs_sheet_number(sheet, 's',
                                                    op->lines[i].sale));
        if (sale == NULL) {
            result->outcome = FS_NO_SUCH_SALE;
            return;
        }

        wave.sales[i].sale = sale->number;
    }

    if (number == 0) {

        if (fs_sheet_last_number(sheet, 'w') >= FS_WAVE_NAMES_MAX) {
            result->outcome = FS_TOO_MANY_NAMES;
            return;
        }

        number = fs_sheet_intern(sheet, 'w', op->slug);
    }

    wave.number = number;
    fs_sheet_put_wave_sales(sheet, &wave);

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.type = FS_ENTRY_WAVE;
    entry.number = number;
    entry.number2 = op->day;
    entry.time1 = op->cut_at;

    if (fs_wave_digest(&entry, op) != 0) {
        sheet->failed = 1;
        return;
    }

    fs_operator_emit(sheet, command, op, &entry, now);

    if (op->cut_at <= now->due) {
        fs_emit_frozen(sheet, number, now);
    }

    result->outcome = found ? FS_OK : FS_CREATED;
}


static int
fs_wave_valid(const fs_command_t *command, const fs_operator_t *op)
{
    unsigned  i, j;

    if (!fs_slug_valid(op->slug) || op->lines_n == 0
        || op->lines_n > FS_WAVE_SALES_MAX
        || (command->type == FS_COMMAND_WAVE
            && (op->cut_at < FS_AT_MIN || op->cut_at > FS_AT_MAX)))
    {
        return 0;
    }

    for (i = 0; i < op->lines_n; i++) {
        if (op->lines[i].qty > FS_STOCK_MAX) {
            return 0;
        }

        for (j = 0; j < i; j++) {
            if (op->lines[i].sale.len == op->lines[j].sale.len
                && memcmp(op->lines[i].sale.data, op->lines[j].sale.data,
                          op->lines[i].sale.len) == 0)
            {
                return 0;
            }
        }
    }

    return 1;
}


/* A wave has no entity tag: it can be supposed to be there, or not. */

static int
fs_wave_supposed(const fs_operator_t *op, int found)
{
    fs_etag_t  none;

    none.len = 0;

    return fs_condition_met(&op->condition, found ? &none : NULL);
}


static int
fs_wave_digest(fs_entry_t *entry, const fs_operator_t *op)
{
    char      text[FS_WAVE_TEXT_MAX], *p;
    fs_str_t  all, rest = fs_str("");
    unsigned  i;

    p = text;

    for (i = 0; i < op->lines_n; i++) {
        memcpy(p, op->lines[i].sale.data, op->lines[i].sale.len);
        p += op->lines[i].sale.len;
        *p++ = '\n';
    }

    all.len = (size_t) (p - text);
    all.data = text;

    return fs_digest(entry, all, rest);
}


void
fs_decide_receive(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result)
{
    uint16_t      ordinal;
    uint32_t      pickup;
    unsigned      i, steps;
    fs_wave_t     wave;
    fs_entry_t    entry;
    fs_tally_t    tally;
    fs_outcome_t  outcome;

    if (!fs_wave_valid(command, op)) {
        result->outcome = FS_BAD_REQUEST;
        return;
    }

    if (!fs_sheet_wave(sheet, fs_sheet_number(sheet, 'w', op->slug), &wave)) {
        result->outcome = FS_NOT_FOUND;
        return;
    }

    if (!fs_wave_supposed(op, 1)) {
        result->outcome = FS_PRECONDITION;
        return;
    }

    if (wave.frozen == 0) {
        result->outcome = FS_WRONG_STATE;
        return;
    }

    pickup = (op->pickup.len != 0) ? fs_sheet_number(sheet, 'p', op->pickup)
                                   : 0;

    if (pickup == 0 && op->pickup.len != 0) {
        result->outcome = FS_BAD_REQUEST;
        return;
    }

    outcome = fs_check_received(sheet, op, &wave, pickup, result);

    if (outcome != FS_OK) {
        result->outcome = (uint16_t) outcome;
        return;
    }

    steps = 0;

    for (i = 0; i < op->lines_n; i++) {
        (void) fs_wave_sale(sheet, &wave, op->lines[i].sale, &ordinal,
                            result);
        fs_sheet_tally(sheet, result->sale, pickup, ordinal, &tally);

        memset(&entry, 0, sizeof(fs_entry_t));
        entry.type = FS_ENTRY_RECEIVED;
        entry.sale = result->sale;
        entry.pickup = pickup;
        entry.number = wave.number;
        entry.qty = (int32_t) op->lines[i].qty;
        entry.flags = (op->final || tally.final) ? FS_ENTRY_FINAL : 0;

        if (i == 0) {
            fs_operator_emit(sheet, command, op, &entry, now);

        } else {
            fs_emit(sheet, &entry, now);
        }
    }

    /* what is more than this is the timers' */

    for (i = 0; i < op->lines_n && steps < FS_TIMERS_PASS; i++) {
        (void) fs_wave_sale(sheet, &wave, op->lines[i].sale, &ordinal,
                            result);
        steps += fs_receive_lines(sheet, result->sale, pickup, ordinal,
                                  FS_TIMERS_PASS - steps, now);
    }

    result->sale = 0;
    result->outcome = FS_OK;
}


/* Which of a wave's sales has this name: its number is in the result, and its
 * ordinal.  WRONG_STATE: the wave took none of it, for its group had not
 * formed or it was called off; NO_SUCH_SALE: it is not of the wave. */

static fs_outcome_t
fs_wave_sale(fs_sheet_t *sheet, const fs_wave_t *wave, fs_str_t slug,
    uint16_t *ordinal, fs_result_t *result)
{
    unsigned  i;

    *ordinal = 0;
    result->sale = fs_sheet_number(sheet, 's', slug);

    for (i = 0; i < wave->sales_n; i++) {
        if (wave->sales[i].sale == result->sale) {
            *ordinal = wave->sales[i].wave;
            return wave->sales[i].taken ? FS_OK : FS_WRONG_STATE;
        }
    }

    result->sale = 0;

    return FS_NO_SUCH_SALE;
}


static fs_outcome_t
fs_check_received(fs_sheet_t *sheet, const fs_operator_t *op,
    const fs_wave_t *wave, uint32_t pickup, fs_result_t *result)
{
    uint16_t      ordinal;
    unsigned      i;
    fs_tally_t    tally;
    fs_outcome_t  outcome;

    for (i = 0; i < op->lines_n; i++) {

        outcome = fs_wave_sale(sheet, wave, op->lines[i].sale, &ordinal,
                               result);

        if (outcome != FS_OK) {
            return outcome;
        }

        fs_sheet_tally(sheet, result->sale, pickup, ordinal, &tally);

        if (op->lines[i].qty < tally.ready + tally.handed_over
            || (tally.final && op->lines[i].qty != tally.received))
        {
            result->received = tally.received;
            result->ready = tally.ready + tally.handed_over;
            result->final = tally.final;

            return FS_READY_ALREADY;
        }
    }

    return FS_OK;
}
