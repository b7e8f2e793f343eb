
/*
 * The fold: what an entry does to the rows.  Nothing else changes them, and
 * nothing is looked at but the entry and the rows, so an index that is folded
 * again from the ledger equals the old one.  (Only keys that were kept long
 * enough go without an entry, see timers.c: they count as absent
 * before they are swept.)
 *
 * An entry concerns one line of a hold when it moves units, else the whole
 * hold.  A hold changes its state with the entry of its last line; the lines
 * before have moved their units by then, and a catching up may end between
 * two of them.
 *
 * The `due` of a hold that is over is the time at which it ended, for its key
 * is kept from then on.
 */

#include <stdlib.h>

#include "fold/aside.h"
#include "fold/fold.h"
#include "fold/fold_draw.h"
#include "fold/fold_task.h"
#include "index/index.h"
#include "lmdb/env.h"
#include "sheet/sheet.h"

static void fs_fold_entry(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
static int fs_fold_units(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
static void fs_fold_sale(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
static void fs_fold_closed(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
static void fs_fold_group(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot);
static int fs_fold_room(fs_sheet_t *sheet, size_t rows);
static void fs_fold_boot(fs_sheet_t *sheet, const fs_entry_t *entry);
static void fs_fold_key(fs_sheet_t *sheet, const fs_entry_t *entry);


void
fs_fold(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    fs_sale_slot_t  *slot;

    if (sheet->failed) {
        return;
    }

    if (!fs_must(sheet, entry->seq == sheet->seq + 1)) {
        return;
    }

    slot = NULL;

    if (entry->sale != 0) {
        slot = fs_sheet_sale_slot(sheet, entry->sale);

        if (slot == NULL
            || (!slot->found && entry->type != FS_ENTRY_SALE)
            || !fs_fold_units(sheet, entry, slot))
        {
            sheet->failed = 1;
            return;
        }
    }

    fs_fold_entry(sheet, entry, slot);

    sheet->seq = entry->seq;
    sheet->at = entry->at;
    memcpy(sheet->hash, entry->hash, FS_HASH_LEN);
}


static void
fs_fold_entry(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot)
{
    switch (entry->type) {

    case FS_ENTRY_HELD:
        fs_fold_held(sheet, entry, slot);
        break;

    case FS_ENTRY_QUEUED:
        fs_fold_queued(sheet, entry, slot);
        break;

    case FS_ENTRY_SERVED:
        fs_fold_served(sheet, entry, slot);
        break;

    case FS_ENTRY_STEPPED:
    case FS_ENTRY_ENDED:
        fs_fold_left_queue(sheet, entry, slot);
        break;

    case FS_ENTRY_PAYING:
        fs_fold_paying(sheet, entry);
        break;

    case FS_ENTRY_POINT:
        fs_fold_point(sheet, entry);
        fs_fold_key(sheet, entry);
        break;

    case FS_ENTRY_RELEASED:
    case FS_ENTRY_EXPIRED:
    case FS_ENTRY_CANCELLED:
    case FS_ENTRY_SOLD:
        fs_fold_ended(sheet, entry, slot);
        break;

    case FS_ENTRY_SOLD_LATE:
        fs_fold_sold_late(sheet, entry, slot);
        break;

    case FS_ENTRY_WITHDRAWN:
        fs_fold_state(sheet, entry, FS_HOLD_EXPIRED, FS_HOLD_CANCELLED);
        break;

    case FS_ENTRY_READY:
    case FS_ENTRY_SHORT:
    case FS_ENTRY_PICKED_UP:
    case FS_ENTRY_PUT_BACK:
    case FS_ENTRY_DOUBLE:
        fs_fold_goods(sheet, entry);
        fs_fold_key(sheet, entry);
        break;

    case FS_ENTRY_WAVE:
        fs_fold_wave(sheet, entry);
        fs_fold_key(sheet, entry);
        break;

    case FS_ENTRY_FROZEN:
        fs_fold_frozen(sheet, entry);
        break;

    case FS_ENTRY_RECEIVED:
        fs_fold_received(sheet, entry);
        fs_fold_key(sheet, entry);
        break;

    case FS_ENTRY_REFUND_DUE:
        fs_fold_refund_due(sheet, entry);
        break;

    case FS_ENTRY_REFUNDED:
        fs_fold_refunded(sheet, entry);
        break;

    case FS_ENTRY_RETURNED:
        fs_fold_returned(sheet, entry, slot);
        break;

    case FS_ENTRY_OWED:
        fs_fold_owed(sheet, entry, slot);
        fs_fold_key(sheet, entry);
        break;

    case FS_ENTRY_RESTOCKED:
        fs_fold_restocked(sheet, entry);
        break;

    case FS_ENTRY_CLAIMED:
        fs_fold_claimed(sheet, entry, slot);
        fs_fold_key(sheet, entry);
        break;

    case FS_ENTRY_ACCEPTED:
    case FS_ENTRY_DENIED:
        fs_fold_claim_answered(sheet, entry);
        fs_fold_key(sheet, entry);
        break;

    case FS_ENTRY_FORMED:
    case FS_ENTRY_FAILED:
        fs_fold_group(sheet, entry, slot);
        break;

    case FS_ENTRY_SALE:
        fs_fold_sale(sheet, entry, slot);
        fs_fold_key(sheet, entry);
        break;

    case FS_ENTRY_GRANTED:
        fs_fold_granted(sheet, entry, slot);
        break;

    case FS_ENTRY_BOUND:
        fs_fold_bound(sheet, entry);
        break;

    case FS_ENTRY_UNBOUND:
        fs_fold_unbound(sheet, entry);
        break;

    case FS_ENTRY_TERMS:
        fs_fold_terms(sheet, entry, slot);
        break;

    case FS_ENTRY_REVEALED:
        fs_fold_revealed(sheet, entry, &slot->sale);
        break;

    case FS_ENTRY_REFERRED:
        fs_fold_referred(sheet, entry);
        break;

    case FS_ENTRY_DRAWN:
        fs_fold_drawn(sheet, entry);
        fs_fold_key(sheet, entry);
        break;

    case FS_ENTRY_OPENED:
        slot->sale.opened = 1;
        break;

    case FS_ENTRY_PAUSED:
        slot->sale.paused = 1;
        fs_fold_key(sheet, entry);
        break;

    case FS_ENTRY_RESUMED:
        slot->sale.paused = 0;
        fs_fold_key(sheet, entry);
        break;

    case FS_ENTRY_CLOSED:
        fs_fold_closed(sheet, entry, slot);
        fs_fold_key(sheet, entry);
        break;

    case FS_ENTRY_DECIDED:
        (void) fs_must(sheet, slot->sale.closed && slot->sale.held == 0);
        slot->sale.decided = 1;
        break;

    case FS_ENTRY_CALLED_OFF:
        fs_fold_called_off(sheet, entry, slot);
        fs_fold_key(sheet, entry);
        break;

    case FS_ENTRY_COMPENSATED:
        fs_fold_compensated(sheet, entry);
        fs_fold_key(sheet, entry);
        break;

    case FS_ENTRY_SETTLED:
        fs_fold_settled(sheet, entry, slot);
        break;

    case FS_ENTRY_STOCK:
    case FS_ENTRY_CLOCK:
    case FS_ENTRY_DOCUMENT:
    case FS_ENTRY_LIFE:
    case FS_ENTRY_DELETED:
        fs_fold_key(sheet, entry);
        break;

    case FS_ENTRY_BOOT:
        fs_fold_boot(sheet, entry);
        break;
    }
}


/*
 * stock = free + held + sold, none of them negative, before and after every
 * entry.  1; 0: it would be broken.
 */

static int
fs_fold_units(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot)
{
    int64_t            stock, held, sold;
    fs_sale_t         *sale;
    fs_entry_effect_t  effect;

    sale = &slot->sale;
    fs_entry_effect(entry, &effect);

    stock = (entry->type == FS_ENTRY_SALE) ? entry->qty
                                           : (int64_t) sale->stock
                                             + effect.stock;
    held = (int64_t) sale->held + effect.held;
    sold = (int64_t) sale->sold + effect.sold;

    if (!fs_must(sheet, (uint64_t) sale->held + sale->sold <= sale->stock)
        || !fs_must(sheet, held >= 0)
        || !fs_must(sheet, sold >= 0)
        || !fs_must(sheet, held + sold <= stock)
        || !fs_must(sheet, stock <= FS_STOCK_MAX))
    {
        return 0;
    }

    sale->stock = (uint32_t) stock;
    sale->held = (uint32_t) held;
    sale->sold = (uint32_t) sold;
    sale->version = entry->seq;

    fs_sheet_touch(sheet, slot);

    return 1;
}


/*
 * Slug, title and the length of the line are not in the entry: they lie in
 * the log's own row, where the definition is written before its entry.
 */

static void
fs_fold_sale(fs_sheet_t *sheet, const fs_entry_t *entry, fs_sale_slot_t *slot)
{
    uint8_t     key[4];
    fs_str_t    row;
    fs_sale_t  *sale, defined;

    sale = &slot->sale;
    fs_set_be32(key, entry->sale);

    if (!fs_db_get(sheet->log, sheet->store->log_dbi[FS_LOG_SALES], key,
                   sizeof(key), &row)
        || fs_sale_row_decode(&defined, row) != 0)
    {
        sheet->failed = 1;
        return;
    }

    if (!slot->found) {
        fs_shelf_add(sheet, entry->sale);
    }

    slot->found = 1;
    sale->slug = defined.slug;
    sale->title_len = defined.title_len;
    memcpy(sale->title, defined.title, defined.title_len);
    sale->queue = defined.queue;

    if (fs_sale_reopens(sale, entry->time2, entry->at)) {
        (void) fs_must(sheet, !sale->called_off && sale->queued == 0);
        sale->closed = 0;
        fs_shelf_return(sheet, entry->sale);
    }

    if (entry->time1 > entry->at) {
        sale->opened = 0;
    }

    sale->price_fen = entry->amount_fen;
    sale->limit = entry->number;
    sale->opens_at = entry->time1;
    sale->closes_at = entry->time2;
    sale->goal = entry->number2;
    sale->goal_by = (entry->flags & FS_ENTRY_GOAL_BY_PICKUP)
                    ? FS_GOAL_BY_PICKUP : FS_GOAL_BY_SALE;
    sale->hold_ms = entry->number3;
    sale->cancel_ms = entry->pickup;
}


/* Closed again by an operator: it has ended when it was closed first. */

static void
fs_fold_closed(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot)
{
    if (slot->sale.closed) {
        return;
    }

    slot->sale.closed = 1;
    fs_shelf_end(sheet, entry->sale, entry->seq, entry->at);
    fs_fold_draw_closed(sheet, entry, &slot->sale);
}


static void
fs_fold_group(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_sale_slot_t *slot)
{
    fs_group_t  *group;

    group = fs_sheet_group(sheet, entry->sale, entry->pickup, 1);
    if (group == NULL) {
        return;
    }

    if (!fs_must(sheet, group->state == FS_GROUP_OPEN)) {
        return;
    }

    if (entry->type == FS_ENTRY_FORMED) {
        (void) fs_must(sheet, group->joined >= slot->sale.goal);
        group->state = FS_GROUP_FORMED;
        slot->sale.groups_formed++;
        fs_fold_goods_formed(sheet, entry, slot, group);
        return;
    }

    (void) fs_must(sheet, slot->sale.closed && slot->sale.held == 0);
    group->state = FS_GROUP_FAILED;
    slot->sale.groups_failed++;

    if (group->joined != 0) {
        fs_due_returns(sheet, entry->sale, entry->pickup, 1);
    }
}


/*
 * Room for moving so many rows beside what a batch has: one entry may change
 * more than a batch of them.  -1: no space, the transaction fails.
 */

static int
fs_fold_room(fs_sheet_t *sheet, size_t rows)
{
    int          rc;
    fs_store_t  *store;

    store = sheet->store;

    rc = fs_env_room(store->index, FS_INDEX_ENTRIES + rows,
                     fs_buyers_filters(store, sheet->seq, FS_INDEX_ENTRIES),
                     &store->index_room);

    if (rc) {
        sheet->index->error = rc;
        return -1;
    }

    return 0;
}


/*
 * The first open in a new boot.  At this moment the store's scale is the wall
 * clock (entry->at), and no rest of a term may be longer than the term.
 */

static void
fs_fold_boot(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    int              room;
    size_t           i, n;
    int64_t          due;
    fs_hold_t        hold;
    fs_aside_t       bad;
    fs_due_row_t    *rows;
    fs_sale_slot_t  *slot;

    if (fs_due_collect(sheet, &rows, &n) != 0) {
        sheet->failed = 1;
        return;
    }

    room = 0;

    for (i = 0; i < n; i++) {
        slot = fs_sheet_sale_slot(sheet, rows[i].sale);

        if (slot == NULL) {
            sheet->failed = 1;
            break;
        }

        if (fs_sheet_look_hold(sheet, rows[i].hold, &hold) != 1) {

            /* one that cannot be read must not keep the store shut */

            fs_aside_due(&bad, rows[i].sale, rows[i].due, rows[i].hold);
            fs_set_aside(sheet, &bad, "its hold cannot be read");
            continue;
        }

        due = entry->at + hold.length_ms;

        if (hold.expires_at < due) {
            due = hold.expires_at;
        }

        if (due < 1) {
            due = 1;
        }

        if (rows[i].due == due && hold.due == due) {

            /* the clock was not stepped in the boot before: the usual case */

            continue;
        }

        if (!room && fs_fold_room(sheet, n) != 0) {
            break;
        }

        room = 1;

        fs_due_remove(sheet, slot, rows[i].due, rows[i].hold);
        fs_due_add(sheet, slot, due, rows[i].hold);

        if (hold.due != due) {
            hold.due = due;
            fs_sheet_put_hold(sheet, &hold, 0);
        }
    }

    free(rows);
}


/* The key of an entry that begins no hold. */

static void
fs_fold_key(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    fs_sale_slot_t  *sweep;

    if (fs_all_zero(entry->key, FS_KEY_HASH_LEN)) {
        return;
    }

    fs_sheet_bind(sheet, fs_entry_keyed_by(entry), entry->key, entry->seq);

    sweep = fs_sheet_sale_slot(sheet, 0);

    if (sweep != NULL) {
        fs_due_add(sheet, sweep,
                   fs_sheet_kept_from(sheet, entry) + FS_KEY_KEPT_MS,
                   entry->seq);
    }
}
