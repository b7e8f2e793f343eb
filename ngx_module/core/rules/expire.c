
/*
 * Holds that end unsold: those whose time is over expire, one that is looked
 * at, a buyer's own, and those of a sale whose units are wanted.
 */

#include "fold/aside.h"
#include "rules/rules.h"
#include "sheet/sheet.h"


/* Past holds looked through for a buyer's live ones.  A live hold further
 * back than that expires by its timer. */
#define FS_CHAIN_MAX  1000

/*
 * Entries of a transaction after which no hold is expired to make room: space
 * is taken for FS_INDEX_ENTRIES.  A command begins with less than
 * FS_BATCH_ENTRIES_MAX, so it may expire some 1500 holds; what is left over
 * is the timers', or the next try's.
 */
#define FS_ROOM_END   5600


static int fs_room_ends(fs_sheet_t *sheet);
static void fs_expire_own(fs_sheet_t *sheet, fs_hold_t *hold,
    const fs_now_t *now);


void
fs_emit_lines(fs_sheet_t *sheet, const fs_hold_t *hold, fs_entry_type_t type,
    const fs_now_t *now)
{
    unsigned    i;
    fs_entry_t  entry;

    for (i = 0; i < hold->lines_n; i++) {
        fs_entry_about_line(&entry, hold, i, type);
        entry.time2 = now->mono;
        fs_emit(sheet, &entry, now);
    }

    fs_let_gift_go(sheet, hold, type == FS_ENTRY_EXPIRED ? FS_REASON_EXPIRED
                                : type == FS_ENTRY_RELEASED
                                ? FS_REASON_RELEASED : FS_REASON_CANCELLED,
                   now);
}


void
fs_open_close(fs_sheet_t *sheet, fs_sale_t *sale, const fs_now_t *now)
{
    fs_entry_t  entry;

    if (sale->closed) {
        return;
    }

    if (!sale->opened && sale->opens_at <= now->opens) {
        memset(&entry, 0, sizeof(fs_entry_t));
        entry.type = FS_ENTRY_OPENED;
        entry.sale = sale->number;
        fs_emit(sheet, &entry, now);
    }

    if (sale->closes_at != 0 && sale->closes_at <= now->due) {
        memset(&entry, 0, sizeof(fs_entry_t));
        entry.type = FS_ENTRY_CLOSED;
        entry.sale = sale->number;
        fs_emit(sheet, &entry, now);
    }
}


void
fs_end_waiting(fs_sheet_t *sheet, fs_hold_t *hold, const fs_now_t *now)
{
    fs_seq_t  seq;

    seq = hold->seq;
    fs_emit_lines(sheet, hold,
                  fs_transition(hold->state, FS_MOVE_EXPIRE)->entry, now);
    fs_sheet_hold(sheet, seq, hold);
}


void
fs_expire_due(fs_sheet_t *sheet, fs_hold_t *hold, const fs_now_t *now)
{
    fs_seq_t    seq;
    fs_sale_t  *sale;

    if (hold->state == FS_HOLD_QUEUED) {
        sale = fs_sheet_sale(sheet, hold->lines[0].sale);

        if (sale != NULL) {
            fs_open_close(sheet, sale, now);

            if (sale->closed) {
                fs_end_waiting(sheet, hold, now);
            }
        }

        return;
    }

    if (!fs_hold_live(hold) || hold->due > now->mono) {
        return;
    }

    seq = hold->seq;
    fs_emit_lines(sheet, hold,
                  fs_transition(hold->state, FS_MOVE_EXPIRE)->entry, now);
    fs_sheet_hold(sheet, seq, hold);
}


void
fs_expire_buyer(fs_sheet_t *sheet, const uint8_t *buyer, const fs_now_t *now)
{
    uint32_t    live;
    unsigned    n;
    fs_seq_t    seq;
    fs_hold_t   hold;
    fs_buyer_t  row;

    fs_sheet_buyer(sheet, buyer, &row);

    seq = row.newest;
    live = row.live;

    for (n = 0; live > 0 && n < FS_CHAIN_MAX; n++) {

        /* behind one that cannot be read, they wait for their timers */

        if (fs_sheet_look_hold(sheet, seq, &hold) != 1) {
            return;
        }

        if (fs_hold_live(&hold)) {
            live--;

            if (hold.due <= now->mono && fs_room_ends(sheet)) {
                return;
            }

            fs_expire_own(sheet, &hold, now);
        }

        seq = hold.previous;
    }
}


/* Unless it was set aside: that would fail the buyer's command each time. */

static void
fs_expire_own(fs_sheet_t *sheet, fs_hold_t *hold, const fs_now_t *now)
{
    fs_aside_t  row;

    if (hold->due <= now->mono) {
        fs_aside_due(&row, hold->lines[0].sale, hold->due, hold->seq);

        if (!fs_is_aside(sheet, &row)) {
            fs_expire_row(sheet, hold->lines[0].sale, hold->due, hold->seq,
                          now);
        }
    }
}


void
fs_expire_row(fs_sheet_t *sheet, uint32_t sale, int64_t due, fs_seq_t seq,
    const fs_now_t *now)
{
    unsigned    i;
    fs_hold_t   hold;
    fs_aside_t  row, before;

    fs_aside_due(&row, sale, due, seq);

    if (fs_sheet_look_hold(sheet, seq, &hold) != 1) {
        fs_set_aside(sheet, &row, "its hold cannot be read");
        return;
    }

    for (i = 0; i < hold.lines_n; i++) {
        if (hold.lines[i].sale == sale) {
            break;
        }
    }

    if (i == hold.lines_n || !fs_hold_live(&hold) || hold.due != due) {
        fs_set_aside(sheet, &row, "its hold says otherwise");
        return;
    }

    before = sheet->suspect;
    sheet->suspect = row;

    fs_expire_due(sheet, &hold, now);

    if (!sheet->failed) {
        sheet->suspect = before;
    }
}


void
fs_make_room(fs_sheet_t *sheet, fs_sale_t *sale, uint32_t need,
    const fs_now_t *now)
{
    int64_t    due;
    fs_seq_t   seq;

    for ( ;; ) {

        if (fs_sale_free(sale) >= need || sale->due == 0
            || sale->due > now->mono || sheet->failed)
        {
            return;
        }

        /* the row's `due` is a lower bound until the batch ends */

        if (!fs_sheet_first_due(sheet, sale->number, &due, &seq)
            || due > now->mono)
        {
            return;
        }

        if (fs_room_ends(sheet)) {
            return;
        }

        fs_expire_row(sheet, sale->number, due, seq, now);
    }
}


static int
fs_room_ends(fs_sheet_t *sheet)
{
    if (sheet->seq - sheet->begun < FS_ROOM_END) {
        return 0;
    }

    sheet->cut = 1;

    return 1;
}
