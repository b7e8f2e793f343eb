
/*
 * Waves: which lines one takes, and what has come of it.
 */

#include "sheet/sheet_lines.h"
#include "fold/fold.h"

static void fs_fold_freeze_timer(fs_sheet_t *sheet, const fs_wave_t *wave,
    int set);


/* What the fold looks at of a wave that is not frozen are its sales as they
 * are defined last: an index folded again comes to the same. */

void
fs_fold_wave(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    fs_wave_t  wave;

    memset(&wave, 0, sizeof(fs_wave_t));

    if (fs_sheet_wave(sheet, entry->number, &wave)) {

        if (!fs_must(sheet, wave.frozen == 0)) {
            return;
        }

        fs_fold_freeze_timer(sheet, &wave, 0);
    }

    wave.number = entry->number;
    wave.cut_at = entry->time1;
    wave.day = entry->number2;

    if (!fs_sheet_wave_sales(sheet, &wave)) {
        sheet->failed = 1;
        return;
    }

    fs_sheet_put_wave(sheet, &wave);
    fs_fold_freeze_timer(sheet, &wave, 1);
}


/*
 * Of each sale that has no goal, or whose group has formed, the wave takes
 * what was sold since the one before.  Where groups are by pickup point, each
 * line knows: those of open groups are for a later one.
 */

void
fs_fold_frozen(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    unsigned           i;
    fs_wave_t          wave;
    fs_sale_t         *sale;
    fs_sale_slot_t    *slot;
    const fs_group_t  *group;

    if (!fs_sheet_wave(sheet, entry->number, &wave)
        || !fs_must(sheet, wave.frozen == 0))
    {
        sheet->failed = 1;
        return;
    }

    fs_fold_freeze_timer(sheet, &wave, 0);

    for (i = 0; i < wave.sales_n; i++) {
        slot = fs_sheet_sale_slot(sheet, wave.sales[i].sale);

        if (slot == NULL || !slot->found) {
            sheet->failed = 1;
            return;
        }

        sale = &slot->sale;

        if (sale->called_off || sale->waves == FS_WAVES_MAX) {
            continue;
        }

        if (sale->goal != 0 && sale->goal_by == FS_GOAL_BY_SALE) {
            group = fs_sheet_group(sheet, sale->number, 0, 0);

            if (group == NULL || group->state != FS_GROUP_FORMED) {
                continue;
            }
        }

        wave.sales[i].taken = 1;
        wave.sales[i].wave = sale->waves;
        sale->waves++;
        sale->wave_seq = entry->seq;
        fs_sheet_touch(sheet, slot);
    }

    wave.frozen = entry->seq;
    fs_sheet_put_wave(sheet, &wave);
}


static void
fs_fold_freeze_timer(fs_sheet_t *sheet, const fs_wave_t *wave, int set)
{
    fs_timer_t  timer;

    memset(&timer, 0, sizeof(fs_timer_t));
    timer.clock = 'w';
    timer.kind = FS_TIMER_FREEZE;
    timer.time = wave->cut_at;
    timer.sale = wave->number;

    fs_sheet_set_timer(sheet, &timer, set);
}


void
fs_fold_received(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    unsigned    i;
    uint16_t    ordinal;
    fs_wave_t   wave;
    fs_tally_t  tally;

    if (!fs_sheet_wave(sheet, entry->number, &wave)) {
        sheet->failed = 1;
        return;
    }

    for (i = 0; i < wave.sales_n; i++) {
        if (wave.sales[i].sale == entry->sale) {
            break;
        }
    }

    if (!fs_must(sheet, i < wave.sales_n && wave.sales[i].taken)) {
        return;
    }

    ordinal = wave.sales[i].wave;
    fs_sheet_tally(sheet, entry->sale, entry->pickup, ordinal, &tally);

    if (!fs_must(sheet, (uint64_t) tally.ready + tally.handed_over
                        <= (uint32_t) entry->qty))
    {
        return;
    }

    tally.received = (uint32_t) entry->qty;
    tally.final = (entry->flags & FS_ENTRY_FINAL) != 0;
    fs_sheet_put_tally(sheet, entry->sale, entry->pickup, ordinal, &tally);
    fs_fold_receive_timer(sheet, entry->sale, entry->pickup, ordinal, &tally);
}


int
fs_receive_next(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    uint16_t wave, const fs_tally_t *tally, fs_listed_t *listed,
    int64_t *left)
{
    *left = (int64_t) tally->received - tally->ready - tally->handed_over;

    if (tally->awaited == 0 || (*left <= 0 && !tally->final)) {
        return 0;
    }

    if (!fs_must(sheet, fs_sheet_first_awaited(sheet, sale, pickup, wave,
                                               listed)))
    {
        return 0;
    }

    return fs_listed_comes(listed, *left, tally->final) != -1;
}


void
fs_fold_receive_timer(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    uint16_t wave, const fs_tally_t *tally)
{
    int          set;
    int64_t      left;
    fs_timer_t   timer;
    fs_listed_t  listed;

    set = fs_receive_next(sheet, sale, pickup, wave, tally, &listed, &left);

    memset(&timer, 0, sizeof(fs_timer_t));
    timer.clock = 'm';
    timer.kind = FS_TIMER_RECEIVE;
    timer.sale = sale;
    timer.pickup = pickup;
    timer.seq = wave;

    fs_sheet_set_timer(sheet, &timer, set);
}


void
fs_fold_goods_formed(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot, fs_group_t *group)
{
    fs_tally_t  of, tally, none;

    group->wave = slot->sale.waves;

    if (!fs_sheet_tally(sheet, entry->sale, entry->pickup, FS_WAVE_OPEN,
                        &tally))
    {
        return;
    }

    fs_sheet_tally(sheet, entry->sale, entry->pickup, group->wave, &of);

    of.ordered += tally.ordered;
    of.awaited += tally.awaited;
    of.ready += tally.ready;
    of.handed_over += tally.handed_over;
    of.shorts += tally.shorts;

    memset(&none, 0, sizeof(fs_tally_t));
    fs_sheet_put_tally(sheet, entry->sale, entry->pickup, FS_WAVE_OPEN,
                       &none);
    fs_sheet_put_tally(sheet, entry->sale, entry->pickup, group->wave, &of);
}
