
/*
 * The fold of packets and draws: the tree of tickets grows with each of them;
 * when the giving closes its seed is to be revealed, and a draw to be made.
 * There is a timer exactly while something of this can be done without
 * anybody; see rules/reveal.c.
 */

#include "base/crypto.h"
#include "fold/fold.h"
#include "fold/fold_draw.h"
#include "sheet/sheet_draws.h"
#include "sheet/sheet_terms.h"


static int fs_fold_draw_row(fs_sheet_t *sheet, uint32_t sale,
    fs_draw_t *draw);
static void fs_fold_draw_timer(fs_sheet_t *sheet, uint32_t sale, int set);
static void fs_fold_won(fs_sheet_t *sheet, const fs_entry_t *entry,
    fs_draw_t *draw);


void
fs_fold_ticket(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    char          id[FS_HOLD_ID_LEN];
    uint8_t       leaf[FS_HASH_LEN];
    fs_tree_t     tree;
    fs_tickets_t  tickets;

    tickets.index = sheet->index;
    tickets.dbi = sheet->store->index_dbi[FS_INDEX_DRAWS];
    tickets.sale = entry->sale;
    tickets.hold = entry->hold;
    fs_draws_tree(&tickets, &tree);

    if (fs_sheet_hold_id(sheet, entry->hold, id) != 0
        || fs_tree_leaf(entry->number, id, leaf) != 0)
    {
        fs_sheet_no_memory(sheet);
        return;
    }

    if (fs_tree_add(&tree, entry->number - 1, leaf) != 0) {
        fs_sheet_damaged(sheet);
    }
}


void
fs_fold_draw_closed(fs_sheet_t *sheet, const fs_entry_t *entry,
    const fs_sale_t *sale)
{
    fs_draw_t  draw;

    if (!fs_gives_seeded(sale->gives)) {
        return;
    }

    memset(&draw, 0, sizeof(fs_draw_t));
    draw.sale = sale->number;
    draw.entries = sale->sold;
    draw.closed = entry->seq;

    fs_draws_put(sheet->index, sheet->store->index_dbi[FS_INDEX_DRAWS],
                 &draw);
    fs_fold_draw_timer(sheet, sale->number, 1);
}


/* What is to do then without anybody: a draw that needs no beacon. */

void
fs_fold_revealed(fs_sheet_t *sheet, const fs_entry_t *entry,
    const fs_sale_t *sale)
{
    fs_draw_t          draw;
    const fs_terms_t  *terms;

    if (!fs_fold_draw_row(sheet, entry->sale, &draw)
        || !fs_must(sheet, draw.revealed == 0))
    {
        return;
    }

    draw.revealed = entry->seq;
    fs_draws_put(sheet->index, sheet->store->index_dbi[FS_INDEX_DRAWS],
                 &draw);

    if (sale->gives == FS_GIVES_TICKET) {
        terms = fs_sheet_terms(sheet, entry->sale);

        if (!fs_must(sheet, terms != NULL)) {
            return;
        }

        if (terms->round == 0) {
            return;
        }
    }

    fs_fold_draw_timer(sheet, entry->sale, 0);
}


void
fs_fold_drawn(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    fs_draw_t          draw;
    const fs_terms_t  *terms;

    if (!fs_fold_draw_row(sheet, entry->sale, &draw)) {
        return;
    }

    if (entry->hold != 0) {
        fs_fold_won(sheet, entry, &draw);

    } else {
        terms = fs_sheet_terms(sheet, entry->sale);

        if (!fs_must(sheet, terms != NULL)
            || !fs_must(sheet, draw.revealed != 0 && draw.drawn == 0)
            || !fs_must(sheet, entry->number2 == draw.entries))
        {
            return;
        }

        draw.drawn = entry->seq;
        draw.winners = fs_terms_winners(terms, draw.entries);
    }

    fs_draws_put(sheet->index, sheet->store->index_dbi[FS_INDEX_DRAWS],
                 &draw);
    fs_fold_draw_timer(sheet, entry->sale, draw.won != draw.winners);
}


/* From here on the ticket is its prize. */

static void
fs_fold_won(fs_sheet_t *sheet, const fs_entry_t *entry, fs_draw_t *draw)
{
    fs_hold_t  hold;

    if (!fs_must(sheet, draw->won < draw->winners)
        || !fs_fold_hold(sheet, entry, &hold)
        || !fs_must(sheet, hold.number == entry->number && hold.prize == 0
                           && hold.lines[0].sale == entry->sale))
    {
        return;
    }

    hold.prize = (uint8_t) (entry->number2 + 1);
    hold.worth_fen = entry->amount_fen;
    hold.valid_until = entry->time1;
    fs_sheet_put_hold(sheet, &hold, 0);

    fs_draws_put_winner(sheet->index,
                        sheet->store->index_dbi[FS_INDEX_DRAWS], entry->sale,
                        draw->won, entry->number, entry->number2);
    draw->won++;
}


/* The row of a giving that is over.  0: it is not; damaged. */

static int
fs_fold_draw_row(fs_sheet_t *sheet, uint32_t sale, fs_draw_t *draw)
{
    return fs_must(sheet, fs_sheet_draw(sheet, sale, draw));
}


static void
fs_fold_draw_timer(fs_sheet_t *sheet, uint32_t sale, int set)
{
    fs_timer_t  timer;

    memset(&timer, 0, sizeof(fs_timer_t));
    timer.clock = 'm';
    timer.kind = FS_TIMER_DRAW;
    timer.sale = sale;

    fs_sheet_set_timer(sheet, &timer, set);
}
