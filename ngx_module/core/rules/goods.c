
/*
 * What time, and what a delivery brings, do about the lines of orders.
 */

#include "fold/aside.h"
#include "ledger/schema.h"
#include "rules/rules.h"
#include "sheet/sheet_lines.h"

static void fs_receive_line(fs_sheet_t *sheet, const fs_listed_t *listed,
    uint32_t come, const fs_now_t *now);


int64_t
fs_given_at(const fs_sheet_t *sheet, const fs_now_t *now)
{
    const fs_store_t  *store;

    store = sheet->store;

    return (store->conf.given_ms != 0
            && atomic_load(&store->schema) != FS_SCHEMA_FIRST)
           ? now->wall + store->conf.given_ms : 0;
}


unsigned
fs_hand_over_given(fs_sheet_t *sheet, const fs_timer_t *timer,
    const fs_now_t *now)
{
    int               waits;
    unsigned          i;
    fs_hold_t         hold;
    fs_entry_t        entry;
    fs_invited_t      invited;
    const fs_line_t  *line;

    i = timer->pickup;

    if (fs_sheet_look_hold(sheet, timer->seq, &hold) != 1
        || !hold.paid || i >= hold.lines_n)
    {
        return 0;
    }

    line = &hold.lines[i];

    if (line->goods != FS_GOODS_READY || line->goods_at != timer->time
        || fs_line_to_come(line) == 0)
    {
        return 0;
    }

    waits = fs_inviter_waits(sheet, &hold, &invited);

    fs_entry_about_line(&entry, &hold, i, FS_ENTRY_PICKED_UP);
    entry.flags = FS_ENTRY_BY_TIME;
    fs_emit(sheet, &entry, now);

    if (waits) {
        fs_thank_inviter(sheet, &invited, now);
    }

    return 1;
}


unsigned
fs_freeze_due(fs_sheet_t *sheet, uint32_t number, const fs_now_t *now)
{
    fs_wave_t  wave;

    if (!fs_sheet_wave(sheet, number, &wave) || wave.frozen != 0) {
        return 0;
    }

    fs_emit_frozen(sheet, number, now);

    return 1;
}


void
fs_emit_frozen(fs_sheet_t *sheet, uint32_t wave, const fs_now_t *now)
{
    fs_entry_t  entry;

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.type = FS_ENTRY_FROZEN;
    entry.number = wave;
    fs_emit(sheet, &entry, now);
}


unsigned
fs_receive_lines(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    uint16_t wave, unsigned limit, const fs_now_t *now)
{
    int64_t      left;
    fs_seq_t     begun;
    fs_tally_t   tally;
    fs_listed_t  listed;

    begun = sheet->seq;

    while (sheet->seq - begun < limit && !sheet->failed) {
        fs_sheet_tally(sheet, sale, pickup, wave, &tally);

        if (!fs_receive_next(sheet, sale, pickup, wave, &tally, &listed,
                             &left))
        {
            break;
        }

        fs_receive_line(sheet, &listed,
                        (uint32_t) fs_listed_comes(&listed, left,
                                                   tally.final),
                        now);
    }

    return (sheet->seq - begun < limit) ? (unsigned) (sheet->seq - begun)
                                        : limit;
}


/* So many of its units have come, and no more will: what is missing is
 * owed. */

static void
fs_receive_line(fs_sheet_t *sheet, const fs_listed_t *listed, uint32_t come,
    const fs_now_t *now)
{
    uint32_t     missing;
    fs_hold_t    hold;
    fs_entry_t   entry;

    if (!fs_sheet_hold(sheet, listed->hold, &hold)
        || listed->line >= hold.lines_n)
    {
        fs_sheet_damaged(sheet);
        return;
    }

    missing = listed->qty - come;

    if (come == 0) {
        fs_entry_about_line(&entry, &hold, listed->line, FS_ENTRY_SHORT);

    } else {
        fs_entry_about_line(&entry, &hold, listed->line, FS_ENTRY_READY);
        entry.number2 = missing;
        entry.time1 = fs_given_at(sheet, now);
    }

    fs_emit(sheet, &entry, now);

    if (!sheet->failed && fs_sheet_hold(sheet, listed->hold, &hold)) {
        fs_owe_units(sheet, &hold, listed->line, missing, FS_REASON_SHORT,
                     now);
    }
}
