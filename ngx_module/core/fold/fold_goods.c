
/*
 * Where the goods of an order's lines are.  Money is another matter: what is
 * owed moves no goods, and is moved by none.
 *
 * Each line that comes, or was handed over, is in one of the lists of its
 * pickup point, and its units are counted in one tally.  Both follow from the
 * line alone, before and after: fs_fold_line_moved().
 */

#include "fold/fold.h"
#include "fold/fold_task.h"
#include "ledger/schema.h"
#include "sheet/sheet_lines.h"

static void fs_fold_lines_moved(fs_sheet_t *sheet, const fs_hold_t *hold,
    unsigned i, const fs_line_t *was, fs_seq_t sold);
static void fs_fold_listed(fs_sheet_t *sheet, const fs_hold_t *hold,
    unsigned i, const fs_line_t *was, fs_seq_t sold);
static void fs_fold_given(fs_sheet_t *sheet, const fs_hold_t *hold,
    unsigned i, const fs_line_t *was);
static int fs_line_is_given(const fs_line_t *line);
static void fs_fold_tally(fs_sheet_t *sheet, const fs_hold_t *hold,
    unsigned i, const fs_line_t *was);
static int fs_tally_add(uint32_t *to, uint32_t was, uint32_t is);
static void fs_fold_line_goods(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_hold_t *hold);
static void fs_fold_ready(const fs_sheet_t *sheet, const fs_entry_t *entry,
    const fs_hold_t *hold, fs_line_t *line);


/*
 * All lines at once, with the entry of the last one: it is when the hold
 * becomes an order.
 */

void
fs_fold_goods_sold(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_hold_t *hold)
{
    fs_seq_t           sold;
    unsigned           i;
    fs_line_t         *line;
    fs_sale_t         *sale;
    const fs_group_t  *group;

    sold = (entry->line == 0) ? entry->seq
                              : fs_sheet_sold_by(sheet, hold->seq);

    for (i = 0; i < hold->lines_n; i++) {
        line = &hold->lines[i];
        sale = fs_sheet_sale(sheet, line->sale);

        if (sale == NULL) {
            sheet->failed = 1;
            return;
        }

        line->wave = sale->waves;

        if (sale->goal != 0 && sale->goal_by == FS_GOAL_BY_PICKUP) {
            group = fs_sheet_group(sheet, line->sale, hold->pickup, 0);

            if (group == NULL || group->state != FS_GROUP_FORMED) {
                line->wave = FS_WAVE_OPEN;
            }
        }

        fs_fold_lines_moved(sheet, hold, i, NULL, sold);
    }
}


void
fs_fold_line_moved(fs_sheet_t *sheet, const fs_hold_t *hold, unsigned i,
    const fs_line_t *was)
{
    fs_seq_t  sold;

    sold = fs_sheet_sold_by(sheet, hold->seq);

    if (fs_must(sheet, sold != 0)) {
        fs_fold_lines_moved(sheet, hold, i, was, sold);
    }
}


/* was NULL: it was no line of an order. */

static void
fs_fold_lines_moved(fs_sheet_t *sheet, const fs_hold_t *hold, unsigned i,
    const fs_line_t *was, fs_seq_t sold)
{
    fs_fold_listed(sheet, hold, i, was, sold);
    fs_fold_line_paid(sheet, hold, i, was, sold);
    fs_fold_given(sheet, hold, i, was);
    fs_fold_tally(sheet, hold, i, was);
}


static void
fs_fold_listed(fs_sheet_t *sheet, const fs_hold_t *hold, unsigned i,
    const fs_line_t *was, fs_seq_t sold)
{
    int          is_listed, was_listed;
    fs_listed_t  now, before;

    is_listed = fs_listed_of(hold, &hold->lines[i], i, sold, &now);
    was_listed = was != NULL && fs_listed_of(hold, was, i, sold, &before);

    if (was_listed
        && (!is_listed || now.goods != before.goods
            || now.wave != before.wave))
    {
        fs_sheet_delete_listed(sheet, &before);
    }

    if (is_listed) {
        fs_sheet_put_listed(sheet, &now);
    }
}


/* Who is not seen to take what is ready has it after a time. */

static void
fs_fold_given(fs_sheet_t *sheet, const fs_hold_t *hold, unsigned i,
    const fs_line_t *was)
{
    fs_timer_t        timer;
    const fs_line_t  *line;

    line = &hold->lines[i];

    memset(&timer, 0, sizeof(fs_timer_t));
    timer.clock = 'w';
    timer.kind = FS_TIMER_GIVEN;
    timer.pickup = i;
    timer.seq = hold->seq;

    if (was != NULL && fs_line_is_given(was)) {

        if (fs_line_is_given(line) && line->goods_at == was->goods_at) {
            return;
        }

        timer.time = was->goods_at;
        fs_sheet_set_timer(sheet, &timer, 0);
    }

    if (fs_line_is_given(line)) {
        timer.time = line->goods_at;
        fs_sheet_set_timer(sheet, &timer, 1);
    }
}


static int
fs_line_is_given(const fs_line_t *line)
{
    return line->goods == FS_GOODS_READY && line->goods_at > 0
           && fs_line_to_come(line) != 0;
}


/* `ordered` stays as it was when the wave was frozen. */

static void
fs_fold_tally(fs_sheet_t *sheet, const fs_hold_t *hold, unsigned i,
    const fs_line_t *was)
{
    int               open, handed_over;
    uint16_t          wave;
    fs_tally_t        tally, before, now;
    fs_sale_slot_t   *slot;
    const fs_line_t  *line;

    line = &hold->lines[i];
    slot = fs_sheet_sale_slot(sheet, line->sale);

    if (slot == NULL) {
        return;
    }

    fs_tally_line(line, &now);

    if (was != NULL) {
        fs_tally_line(was, &before);

    } else {
        memset(&before, 0, sizeof(fs_tally_t));
    }

    handed_over = (line->goods == FS_GOODS_HANDED_OVER)
                  - (was != NULL && was->goods == FS_GOODS_HANDED_OVER);

    if (handed_over == 0 && memcmp(&now, &before, sizeof(fs_tally_t)) == 0) {
        return;
    }

    wave = fs_line_wave(sheet, hold, line);
    open = wave >= slot->sale.waves;
    fs_sheet_tally(sheet, line->sale, hold->pickup, wave, &tally);

    if (!fs_must(sheet, (!open
                         || fs_tally_add(&tally.ordered, before.ordered,
                                         now.ordered))
                        && fs_tally_add(&tally.awaited, before.awaited,
                                        now.awaited)
                        && fs_tally_add(&tally.ready, before.ready, now.ready)
                        && fs_tally_add(&tally.handed_over,
                                        before.handed_over, now.handed_over)
                        && fs_tally_add(&tally.shorts, before.shorts,
                                        now.shorts))
        || !fs_must(sheet, handed_over != -1 || slot->sale.handed_lines > 0)
        || !fs_must(sheet, fs_tally_add(&slot->sale.handed_units,
                                        before.handed_over,
                                        now.handed_over)))
    {
        return;
    }

    if (handed_over != 0 || now.handed_over != before.handed_over) {
        slot->sale.handed_lines += (uint32_t) handed_over;
        fs_sheet_touch(sheet, slot);
    }

    fs_sheet_put_tally(sheet, line->sale, hold->pickup, wave, &tally);

    if (tally.received != 0 || tally.final) {
        fs_fold_receive_timer(sheet, line->sale, hold->pickup, wave, &tally);
    }
}


/* 0: it would be less than none. */

static int
fs_tally_add(uint32_t *to, uint32_t was, uint32_t is)
{
    if (*to < was) {
        return 0;
    }

    *to = *to - was + is;

    return 1;
}


void
fs_fold_goods(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    unsigned    i;
    uint8_t     from;
    fs_hold_t   hold;
    fs_line_t   was, *line;

    if (!fs_fold_hold(sheet, entry, &hold)) {
        return;
    }

    if (fs_hold_is_gift(&hold)) {
        fs_fold_gift_goods(sheet, entry, &hold);
        return;
    }

    if (!fs_must(sheet, hold.paid)) {
        return;
    }

    if (entry->type == FS_ENTRY_PICKED_UP) {
        fs_fold_invited_handed(sheet, hold.buyer);
    }

    if (entry->sale != 0) {
        fs_fold_line_goods(sheet, entry, &hold);

    } else {

        /* all lines of which something is to come */

        from = (entry->type == FS_ENTRY_READY) ? FS_GOODS_AWAITED
                                               : FS_GOODS_READY;

        for (i = 0; i < hold.lines_n; i++) {
            line = &hold.lines[i];

            if (fs_line_to_come(line) == 0 || line->goods != from) {
                continue;
            }

            was = *line;

            if (entry->type == FS_ENTRY_READY) {
                line->goods = FS_GOODS_READY;
                line->goods_at = entry->time1;
                fs_fold_ready(sheet, entry, &hold, line);

            } else {
                line->goods = FS_GOODS_HANDED_OVER;
                line->goods_at = entry->at;
            }

            fs_fold_line_moved(sheet, &hold, i, &was);
        }
    }

    fs_fold_order_state(&hold);
    fs_sheet_put_hold(sheet, &hold, 0);
}


/* Programs of before would take it for damage. */

static void
fs_fold_ready(const fs_sheet_t *sheet, const fs_entry_t *entry,
    const fs_hold_t *hold, fs_line_t *line)
{
    int64_t  seconds;

    if (!fs_schema_has_ready(atomic_load(&sheet->store->schema))) {
        return;
    }

    /* the clock may have been set; one is as good as none */

    seconds = (entry->at - hold->created_at) / 1000;
    line->ready_s = (seconds < 1) ? 1
                    : (seconds > UINT32_MAX) ? UINT32_MAX : (uint32_t) seconds;
}


static void
fs_fold_line_goods(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_hold_t *hold)
{
    fs_line_t   was, *line;

    line = &hold->lines[entry->line];
    was = *line;

    switch (entry->type) {

    case FS_ENTRY_READY:
        (void) fs_must(sheet, line->goods == FS_GOODS_AWAITED
                              && line->restocked + entry->number2
                                 <= line->qty);
        line->goods = FS_GOODS_READY;
        line->goods_at = entry->time1;
        line->short_qty = (uint16_t) entry->number2;
        fs_fold_ready(sheet, entry, hold, line);
        break;

    case FS_ENTRY_SHORT:
        (void) fs_must(sheet, line->goods == FS_GOODS_AWAITED);
        line->goods = FS_GOODS_SHORT;
        line->short_qty = (uint16_t) (line->qty - line->restocked);
        break;

    case FS_ENTRY_PICKED_UP:
        (void) fs_must(sheet, line->goods != FS_GOODS_HANDED_OVER);

        /* who hands over what was short says that it has come after all */

        if (fs_line_to_come(line) == 0) {
            line->short_qty = 0;
        }

        line->goods = FS_GOODS_HANDED_OVER;
        line->goods_at = entry->at;
        break;

    case FS_ENTRY_PUT_BACK:
        (void) fs_must(sheet, line->goods == FS_GOODS_HANDED_OVER);
        line->goods = FS_GOODS_READY;
        line->goods_at = entry->time1;
        break;

    default:                            /* `double` changes nothing */
        return;
    }

    fs_fold_line_moved(sheet, hold, entry->line, &was);
}
