
/*
 * The line of a sale: who asks for units that are not free may wait for them.
 * Units that come back, by whatever way, are those of the first in the line
 * whom they suffice for, and while there is one nobody else gets them: see
 * fs_sale_awaited().
 */

#include "rules/rules.h"
#include "sheet/sheet_queue.h"


static void fs_serve(fs_sheet_t *sheet, const fs_sale_t *sale,
    const fs_hold_t *hold, const fs_now_t *now);
static int fs_waiting_hold(fs_sheet_t *sheet, const fs_sale_t *sale,
    fs_hold_t *hold);


int
fs_queue_has_room(const fs_sale_t *sale, const fs_command_t *command)
{
    uint64_t  most;

    if (sale->gives != FS_GIVES_NOTHING) {

        /* nothing of it comes back */

        return 0;
    }

    if (sale->queue != 0) {
        most = sale->queue - 1;

    } else if (command->queue_units != UINT32_MAX) {
        most = command->queue_units;

    } else {
        most = sale->stock;
    }

    return (uint64_t) sale->queued + command->lines[0].qty <= most;
}


fs_outcome_t
fs_queue_hold(fs_sheet_t *sheet, const fs_command_t *command,
    uint32_t pickup, const fs_now_t *now, fs_result_t *result)
{
    fs_hold_t         hold;
    fs_entry_t        entry;
    const fs_sale_t  *sale;

    sale = fs_sheet_sale(sheet, command->lines[0].sale);

    if (sale == NULL || !fs_queue_has_room(sale, command)
        || sale->queue_last == UINT32_MAX)
    {
        return FS_SOLD_OUT;
    }

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.type = FS_ENTRY_QUEUED;
    entry.lines_n = 1;
    entry.sale = sale->number;
    entry.qty = (int32_t) command->lines[0].qty;
    entry.pickup = pickup;
    entry.number = sale->queue_last + 1;
    entry.number2 = (command->queue_ms < FS_HOLD_MS_MAX) ? command->queue_ms
                                                         : FS_HOLD_MS_MAX;
    memcpy(entry.id1, command->buyer, FS_BUYER_LEN);
    memcpy(entry.id2, command->from, FS_BUYER_LEN);
    memcpy(entry.key, command->key, FS_KEY_HASH_LEN);

    fs_emit(sheet, &entry, now);

    if (fs_sheet_hold(sheet, entry.hold, &hold)) {
        fs_result_hold(sheet, &hold, result);
    }

    return FS_QUEUED;
}


unsigned
fs_serve_queue(fs_sheet_t *sheet, uint32_t number, unsigned limit,
    const fs_now_t *now)
{
    unsigned    done;
    fs_hold_t   hold;
    fs_sale_t  *sale;

    sale = fs_sheet_sale(sheet, number);

    if (sale == NULL) {
        return 0;
    }

    /* nobody is served by a sale whose time is over */

    fs_open_close(sheet, sale, now);

    for (done = 0; done < limit && !sheet->failed; done++) {

        if (!fs_sale_serves(sale) || !fs_waiting_hold(sheet, sale, &hold)) {
            break;
        }

        if (sale->closed) {
            fs_end_waiting(sheet, &hold, now);

        } else {
            fs_serve(sheet, sale, &hold, now);
        }
    }

    return done;
}


/* The next hold to do something about.  1; 0: the rows are damaged. */

static int
fs_waiting_hold(fs_sheet_t *sheet, const fs_sale_t *sale, fs_hold_t *hold)
{
    fs_waiting_t  first;

    if (fs_waiting_first(sheet->store, sheet->index, sale,
                         sale->closed ? FS_QUEUED_QTY_MAX
                                      : fs_sale_free(sale), &first) != 1
        || !fs_sheet_hold(sheet, first.hold, hold)
        || hold->state != FS_HOLD_QUEUED
        || hold->lines[0].sale != sale->number
        || hold->lines[0].qty != first.qty || hold->number != first.number)
    {
        fs_sheet_damaged(sheet);
        return 0;
    }

    return 1;
}


/* What it costs is the price now.  The `served` before is named, so that
 * those of one sale can be found without a look at the whole ledger. */

static void
fs_serve(fs_sheet_t *sheet, const fs_sale_t *sale, const fs_hold_t *hold,
    const fs_now_t *now)
{
    fs_entry_t  entry;

    fs_entry_about_line(&entry, hold, 0, FS_ENTRY_SERVED);
    entry.amount_fen = sale->price_fen;
    entry.number = hold->length_ms;
    entry.number2 = hold->number;
    entry.time1 = now->wall + hold->length_ms;
    entry.time2 = now->mono + hold->length_ms;
    fs_set_le64(entry.id2, sale->served_seq);

    fs_emit(sheet, &entry, now);
}
