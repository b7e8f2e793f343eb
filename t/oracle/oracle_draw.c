
/*
 * Givings that are left to chance: what may be given so, what is in a packet,
 * when a seed is revealed, and who wins.  The engine chooses seeds, and says
 * when it has written what was due; all else follows from docs/draws.md.
 */

#include <stdlib.h>

#include "oracle_parts.h"


#define ORACLE_PACKETS   10000          /* in one giving, and prizes */


static int
oracle_chance(int gives)
{
    return gives == FS_GIVES_PACKET || gives == FS_GIVES_TICKET;
}


int
oracle_bad_terms(const oracle_t *oracle, const fs_operator_t *op,
    oracle_answer_t *answer)
{
    int64_t  out_at;

    answer->outcome = FS_BAD_REQUEST;

    if (op->gives.kind == FS_GIVES_PACKET
        && (op->stock < 1 || op->stock > ORACLE_PACKETS
            || op->gives.total_fen < op->stock))
    {
        return 1;
    }

    if (op->gives.round != 0) {

        out_at = (1692803367 + 3 * (op->gives.round - 1)) * 1000;

        if (out_at <= oracle->now.wall || out_at <= op->closes_at) {
            answer->at = out_at;
            return 1;
        }
    }

    answer->outcome = FS_OK;

    return 0;
}


/* What was drawn stays so; what is closed already would never be. */

int
oracle_draw_over(const oracle_sale_t *sale, const fs_operator_t *op,
    int reopens)
{
    if (op->gives.kind == FS_GIVES_NOTHING) {
        return 0;
    }

    return oracle_chance(sale->gives)
           ? reopens
           : sale->gives != FS_GIVES_NOTHING && oracle_chance(op->gives.kind)
             && !sale->opened && sale->sold == 0 && sale->closed && !reopens;
}


int
oracle_same_chance(const oracle_sale_t *sale, const fs_operator_t *op)
{
    unsigned  i;

    for (i = 0; i < op->gives.prizes_n && i < sale->prizes_n; i++) {
        if (op->gives.prizes[i].count != sale->prizes[i].count
            || op->gives.prizes[i].off_fen != sale->prizes[i].off)
        {
            return 0;
        }
    }

    return op->gives.prizes_n == sale->prizes_n
           && op->gives.round == sale->round
           && op->gives.total_fen == sale->total
           && (sale->gives != FS_GIVES_PACKET || op->stock == sale->stock);
}


void
oracle_set_chance(oracle_sale_t *sale, const fs_operator_t *op)
{
    unsigned  i;

    sale->total = op->gives.total_fen;
    sale->round = op->gives.round;
    sale->prizes_n = op->gives.prizes_n;

    for (i = 0; i < sale->prizes_n; i++) {
        sale->prizes[i].count = op->gives.prizes[i].count;
        sale->prizes[i].off = op->gives.prizes[i].off_fen;
    }

    if (!oracle_chance(op->gives.kind)) {
        sale->draw.seeded = 0;          /* another one, if it is again */
    }
}


int
oracle_seeded(oracle_t *oracle, uint32_t sale, const uint8_t *seed)
{
    uint32_t        number;
    oracle_draw_t  *draw;
    oracle_sale_t  *giving;

    giving = &oracle->sales[sale];
    draw = &giving->draw;

    if (!oracle_chance(giving->gives)) {
        return 1;
    }

    if (draw->seeded) {
        if (memcmp(draw->seed, seed, ORACLE_HASH) != 0) {
            return 0;
        }

    } else {
        for (number = 1; number <= oracle->sales_n; number++) {
            if (oracle->sales[number].draw.seeded
                && memcmp(oracle->sales[number].draw.seed, seed, ORACLE_HASH)
                   == 0)
            {
                return 0;
            }
        }

        draw->seeded = 1;
        memcpy(draw->seed, seed, ORACLE_HASH);
    }

    free(draw->amounts);
    draw->amounts = NULL;

    if (giving->gives == FS_GIVES_PACKET) {
        draw->amounts = malloc((size_t) giving->stock * sizeof(int64_t));

        if (draw->amounts == NULL) {
            abort();
        }

        oracle_packets(seed, (unsigned) giving->stock, giving->total,
                       draw->amounts);
    }

    return 1;
}


void
oracle_new_gift(oracle_t *oracle, oracle_sale_t *sale, oracle_hold_t *hold)
{
    oracle_draw_t  *draw;

    draw = &sale->draw;

    if (draw->gifts_n == draw->gifts_size) {
        draw->gifts_size = draw->gifts_size ? 2 * draw->gifts_size : 16;
        draw->gifts = realloc(draw->gifts, draw->gifts_size * sizeof(size_t));

        if (draw->gifts == NULL) {
            abort();
        }
    }

    draw->gifts[draw->gifts_n++] = (size_t) (hold - oracle->holds);

    if (sale->gives == FS_GIVES_PACKET && draw->amounts != NULL) {
        hold->worth = draw->amounts[hold->number - 1];
    }
}


int
oracle_is_thing(const oracle_t *oracle, const oracle_hold_t *hold)
{
    const oracle_sale_t  *sale;

    if (!oracle_is_gift(hold)) {
        return 0;
    }

    sale = &oracle->sales[hold->lines[0].sale];

    return sale->gives == FS_GIVES_ITEM
           || (hold->prize != 0 && sale->prizes[hold->prize - 1].off == 0);
}


/* DRAW: once, of what waits for it. */

void
oracle_draw(oracle_sale_t *sale, const fs_operator_t *op,
    oracle_answer_t *answer)
{
    static const uint8_t  zeros[ORACLE_HASH];

    if (memcmp(op->beacon, zeros, ORACLE_HASH) == 0) {
        answer->outcome = FS_BAD_REQUEST;

    } else if (sale->gives != FS_GIVES_TICKET || sale->round == 0
               || !sale->closed || sale->draw.asked)
    {
        answer->outcome = FS_WRONG_STATE;

    } else {
        sale->draw.asked = 1;
        memcpy(sale->draw.beacon, op->beacon, ORACLE_HASH);
    }
}


/* The first one counts. */

void
oracle_draw_closed(oracle_sale_t *sale, const fs_entry_t *entry)
{
    if (sale->draw.closed == 0 && oracle_chance(sale->gives)) {
        sale->draw.closed = entry->seq;
        sale->draw.closed_at = entry->at;
        memcpy(sale->draw.chain, entry->hash, ORACLE_HASH);
    }
}


unsigned
oracle_prize(const oracle_sale_t *sale, unsigned order)
{
    unsigned  prize;

    for (prize = 0; order >= sale->prizes[prize].count; prize++) {
        order -= sale->prizes[prize].count;
    }

    return prize;
}


static int
oracle_told_revealed(oracle_sale_t *sale, const fs_entry_t *entry)
{
    oracle_draw_t  *draw;

    draw = &sale->draw;

    if (!oracle_chance(sale->gives) || draw->closed == 0
        || draw->revealed != 0
        || memcmp(entry->id1, draw->seed, 16) != 0
        || memcmp(entry->id2, draw->seed + 16, 16) != 0)
    {
        return 0;
    }

    draw->revealed = entry->seq;

    return 1;
}


static int
oracle_told_drawn(oracle_sale_t *sale, const fs_entry_t *entry)
{
    unsigned        i, prizes;
    oracle_draw_t  *draw;

    draw = &sale->draw;

    if (sale->gives != FS_GIVES_TICKET || draw->revealed == 0
        || draw->drawn != 0 || (sale->round != 0) != draw->asked
        || entry->number2 != (uint32_t) draw->gifts_n
        || memcmp(entry->id1, draw->beacon, 16) != 0
        || memcmp(entry->id2, draw->beacon + 16, 16) != 0)
    {
        return 0;
    }

    prizes = 0;

    for (i = 0; i < sale->prizes_n; i++) {
        prizes += sale->prizes[i].count;
    }

    draw->winners = malloc((prizes + 1) * sizeof(uint32_t));

    if (draw->winners == NULL) {
        abort();
    }

    draw->winners_n = oracle_winners(draw->seed, draw->gifts_n, draw->chain,
                                     draw->asked ? draw->beacon : NULL,
                                     prizes, draw->winners);
    draw->drawn = entry->seq;

    return 1;
}


static int
oracle_told_won(oracle_t *oracle, oracle_sale_t *sale,
    const fs_entry_t *entry)
{
    int64_t         off, until;
    uint32_t        number;
    unsigned        prize;
    oracle_draw_t  *draw;
    oracle_hold_t  *hold;

    draw = &sale->draw;

    if (draw->won == draw->winners_n) {
        return 0;
    }

    number = draw->winners[draw->won];
    prize = oracle_prize(sale, draw->won);
    hold = &oracle->holds[draw->gifts[number - 1]];
    off = sale->prizes[prize].off;
    until = off != 0 && sale->valid_ms != 0
            ? oracle->now.wall + sale->valid_ms : 0;

    if (entry->hold != hold->seq || entry->number != number
        || entry->number2 != prize || entry->amount_fen != off
        || entry->time1 != until)
    {
        return 0;
    }

    hold->prize = prize + 1;
    hold->worth = off;
    hold->valid_until = until;
    draw->won++;

    return 1;
}


int
oracle_draw_told(oracle_t *oracle, const fs_entry_t *entry)
{
    oracle_sale_t  *sale;

    sale = &oracle->sales[entry->sale];

    if (entry->type == FS_ENTRY_REVEALED) {
        return oracle_told_revealed(sale, entry);
    }

    return entry->hold == 0 ? oracle_told_drawn(sale, entry)
                            : oracle_told_won(oracle, sale, entry);
}


int
oracle_draw_due(const oracle_sale_t *sale)
{
    const oracle_draw_t  *draw;

    draw = &sale->draw;

    if (!sale->closed || !oracle_chance(sale->gives)) {
        return 0;
    }

    if (draw->revealed == 0) {
        return 1;
    }

    if (sale->gives == FS_GIVES_PACKET) {
        return 0;
    }

    return draw->drawn != 0 ? draw->won != draw->winners_n
                            : sale->round == 0 || draw->asked;
}


int
oracle_draw_slow(const oracle_t *oracle, const fs_command_t *command,
    const oracle_answer_t *answer)
{
    const oracle_sale_t  *sale;

    sale = &oracle->sales[answer->sale];

    switch (command->type) {

    case FS_COMMAND_CLOSE:
    case FS_COMMAND_CALL_OFF:
        if (answer->outcome == FS_OK || answer->outcome == FS_ACCEPTED) {
            break;
        }

        return 0;

    case FS_COMMAND_DRAW:
        if (answer->outcome == FS_OK) {
            break;
        }

        return 0;

    default:
        return 0;
    }

    return oracle_draw_due(sale) && sale->draw.won + 2 < FS_TIMERS_PASS;
}


void
oracle_free_draw(oracle_sale_t *sale)
{
    free(sale->draw.amounts);
    free(sale->draw.gifts);
    free(sale->draw.winners);
}
