
/*
 * What the engine does once packets or tickets are closed: it reveals the
 * seed, draws, and writes who won, some tickets a pass.  Everything follows
 * from entries that are written already (rules/draw.h), so a pass that another
 * process goes on with comes to the same winners.
 */

#include <stdlib.h>

#include "rules/draw.h"
#include "rules/rules.h"
#include "sheet/sheet_draws.h"
#include "sheet/sheet_terms.h"


static void fs_entry_drawn(fs_entry_t *entry, const fs_draw_t *draw);
static void fs_emit_revealed(fs_sheet_t *sheet, const fs_terms_t *terms,
    uint32_t sale, const fs_now_t *now);
static unsigned fs_emit_winners(fs_sheet_t *sheet, const fs_terms_t *terms,
    const fs_draw_t *draw, unsigned limit, const fs_now_t *now);
static int fs_draw_final(fs_sheet_t *sheet, const fs_draw_t *draw,
    uint8_t *final);
static int fs_emit_won(fs_sheet_t *sheet, const fs_terms_t *terms,
    const fs_draw_t *draw, uint32_t order, uint32_t number,
    const fs_now_t *now);


unsigned
fs_draw_due(fs_sheet_t *sheet, uint32_t sale, unsigned limit,
    const fs_now_t *now)
{
    fs_draw_t          draw;
    fs_entry_t         entry;
    const fs_sale_t   *giving;
    const fs_terms_t  *terms;

    giving = fs_sheet_sale(sheet, sale);
    terms = fs_sheet_terms(sheet, sale);

    if (giving == NULL || terms == NULL
        || !fs_sheet_draw(sheet, sale, &draw))
    {
        return 0;
    }

    if (draw.revealed == 0) {
        fs_emit_revealed(sheet, terms, sale, now);
        return 1;
    }

    if (giving->gives != FS_GIVES_TICKET) {
        return 0;
    }

    if (draw.drawn == 0) {

        if (terms->round != 0) {
            return 0;
        }

        fs_entry_drawn(&entry, &draw);
        fs_emit(sheet, &entry, now);

        return 1;
    }

    return fs_emit_winners(sheet, terms, &draw, limit, now);
}


void
fs_draw_now(fs_sheet_t *sheet, uint32_t sale, const fs_now_t *now)
{
    unsigned  done, steps;

    done = 0;

    do {
        steps = fs_draw_due(sheet, sale, FS_TIMERS_PASS - done, now);
        done += steps;

    } while (steps != 0 && done < FS_TIMERS_PASS && !sheet->failed);
}


/* Its seed is revealed first, when no timer has come to it yet. */

fs_outcome_t
fs_draw_with(fs_sheet_t *sheet, uint32_t sale, const uint8_t *beacon,
    fs_entry_t *entry, const fs_now_t *now)
{
    fs_draw_t          draw;
    const fs_terms_t  *terms;

    terms = fs_sheet_terms(sheet, sale);

    if (terms == NULL || terms->round == 0
        || !fs_sheet_draw(sheet, sale, &draw) || draw.drawn != 0)
    {
        return FS_WRONG_STATE;
    }

    if (draw.revealed == 0) {
        fs_emit_revealed(sheet, terms, sale, now);
    }

    fs_entry_drawn(entry, &draw);
    fs_entry_set_ids(entry, beacon);

    return FS_OK;
}


static void
fs_entry_drawn(fs_entry_t *entry, const fs_draw_t *draw)
{
    memset(entry, 0, sizeof(fs_entry_t));
    entry->type = FS_ENTRY_DRAWN;
    entry->sale = draw->sale;
    entry->number2 = draw->entries;
}


static void
fs_emit_revealed(fs_sheet_t *sheet, const fs_terms_t *terms, uint32_t sale,
    const fs_now_t *now)
{
    fs_entry_t  entry;

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.type = FS_ENTRY_REVEALED;
    entry.sale = sale;
    fs_entry_set_ids(&entry, terms->seed);

    fs_emit(sheet, &entry, now);
}


/* Those that have no entry yet.  Steps; 0: it cannot be. */

static unsigned
fs_emit_winners(fs_sheet_t *sheet, const fs_terms_t *terms,
    const fs_draw_t *draw, unsigned limit, const fs_now_t *now)
{
    uint8_t    final[FS_HASH_LEN];
    uint32_t   order;
    uint32_t  *numbers;
    unsigned   done;

    if (draw->won == draw->winners) {
        return 0;
    }

    numbers = malloc(draw->winners * sizeof(*numbers));

    if (numbers == NULL || fs_draw_final(sheet, draw, final) != 0
        || fs_draw_winners(final, draw->entries, draw->winners, numbers)
           != (int) draw->winners)
    {
        free(numbers);
        fs_sheet_no_memory(sheet);
        return 0;
    }

    done = 0;

    for (order = draw->won; order < draw->winners && done < limit; order++) {

        if (sheet->failed
            || fs_emit_won(sheet, terms, draw, order, numbers[order], now)
               != 0)
        {
            break;
        }

        done++;
    }

    free(numbers);

    return done;
}


/* 0; -1: libcrypto failed, or (sheet->failed) an entry cannot be read. */

static int
fs_draw_final(fs_sheet_t *sheet, const fs_draw_t *draw, uint8_t *final)
{
    uint8_t     seed[FS_SEED_LEN], beacon[FS_HASH_LEN];
    fs_entry_t  closed, revealed, drawn;

    if (!fs_sheet_entry(sheet, draw->closed, &closed)
        || !fs_sheet_entry(sheet, draw->revealed, &revealed)
        || !fs_sheet_entry(sheet, draw->drawn, &drawn))
    {
        return -1;
    }

    fs_entry_ids(&revealed, seed);
    fs_entry_ids(&drawn, beacon);

    return fs_draw_seed(seed, draw->entries, closed.hash,
                        fs_all_zero(beacon, sizeof(beacon)) ? NULL : beacon,
                        final);
}


static int
fs_emit_won(fs_sheet_t *sheet, const fs_terms_t *terms,
    const fs_draw_t *draw, uint32_t order, uint32_t number,
    const fs_now_t *now)
{
    unsigned    prize;
    fs_entry_t  entry;

    prize = fs_terms_prize(terms, order);

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.type = FS_ENTRY_DRAWN;
    entry.sale = draw->sale;
    entry.hold = fs_draws_ticket(sheet->index,
                                 sheet->store->index_dbi[FS_INDEX_DRAWS],
                                 draw->sale, number);
    entry.number = number;
    entry.number2 = prize;
    entry.amount_fen = terms->prizes[prize].off_fen;

    if (entry.hold == 0) {
        fs_sheet_damaged(sheet);
        return -1;
    }

    /* a thing is fetched, and has no end */

    if (entry.amount_fen != 0 && terms->valid_ms != 0) {
        entry.time1 = now->wall + terms->valid_ms;
    }

    fs_emit(sheet, &entry, now);

    return 0;
}
