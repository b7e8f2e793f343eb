
/*
 * Packets and tickets: what they are, how they end, and what is fetched of
 * what was won.
 */

#include "generate.h"


#define GENERATE_ROUND_1  1692803367000LL


/* Out a little after the giving has closed; now and then before. */

static int64_t
generate_round(generate_t *g, const fs_operator_t *op)
{
    int64_t  after;

    after = op->closes_at > g->wall ? op->closes_at : g->wall;

    return (after - GENERATE_ROUND_1) / 3000 + 2 + dice_below(g->dice, 30)
           - (dice_one_in(g->dice, 12) ? 30 : 0);
}


static void
generate_prizes(generate_t *g, fs_operator_t *op)
{
    unsigned  i;

    op->gives.prizes_n = 1 + dice_below(g->dice, 4);

    for (i = 0; i < op->gives.prizes_n; i++) {
        op->gives.prizes[i].count = 1 + dice_below(g->dice,
                                            dice_one_in(g->dice, 6) ? 50 : 4);

        if (dice_one_in(g->dice, 2)) {
            op->gives.prizes[i].off_fen = 1 + dice_below(g->dice, 300);
        }
    }
}


static void
generate_titles(fs_operator_t *op)
{
    unsigned  i;

    for (i = 0; i < op->gives.prizes_n; i++) {
        op->gives.prizes[i].title.data = "crate";
        op->gives.prizes[i].title.len = 5;
    }

    if (op->gives.round != 0) {
        op->gives.source.data = FS_BEACON;
        op->gives.source.len = sizeof(FS_BEACON) - 1;
    }
}


void
generate_chance(generate_t *g, fs_operator_t *op)
{
    int64_t  out_at;

    if (dice_one_in(g->dice, 2)) {
        op->gives.kind = FS_GIVES_PACKET;

        if (op->stock == 0 && !dice_one_in(g->dice, 10)) {
            op->stock = 1;
        }

        op->gives.total_fen = op->stock;

        if (!dice_one_in(g->dice, 6)) {
            op->gives.total_fen += dice_below(g->dice,
                                        dice_one_in(g->dice, 2) ? 5 : 9000);

        } else if (dice_one_in(g->dice, 3) && op->stock > 1) {
            op->gives.total_fen--;
        }

        return;
    }

    op->gives.kind = FS_GIVES_TICKET;
    generate_prizes(g, op);

    if (dice_one_in(g->dice, 3)) {
        op->gives.round = generate_round(g, op);
        out_at = GENERATE_ROUND_1 + (op->gives.round - 1) * 3000;

        if (dice_one_in(g->dice, 6) && out_at > op->opens_at + 1) {
            op->closes_at = out_at - (int64_t) dice_below(g->dice, 2);
        }
    }

    generate_titles(op);
}


void
generate_same_chance(const oracle_sale_t *old, fs_operator_t *op)
{
    unsigned  i;

    op->gives.total_fen = old->total;
    op->gives.round = old->round;
    op->gives.prizes_n = old->prizes_n;

    for (i = 0; i < old->prizes_n; i++) {
        op->gives.prizes[i].count = old->prizes[i].count;
        op->gives.prizes[i].off_fen = old->prizes[i].off;
    }

    generate_titles(op);
}


/* 1: it is closed and waits for its beacon; or it may be closed now, for there
 * are some tickets; now and then before it opens. */

static int
generate_is_far(generate_t *g, const oracle_sale_t *sale, int waiting)
{
    int  seeded;

    seeded = fs_gives_seeded((unsigned) sale->gives);

    if (waiting) {
        return seeded && sale->closed && sale->round != 0
               && !sale->draw.asked;
    }

    if (sale->gives == FS_GIVES_NOTHING || sale->closed) {
        return 0;
    }

    return sale->opened ? seeded && sale->sold >= 3
                        : dice_one_in(g->dice, 10);
}


/* Mostly the newest giving that is so far. */

static uint32_t
generate_drawable(generate_t *g, int waiting)
{
    uint32_t  number, found;

    found = 0;

    for (number = g->oracle->sales_n; number > 0; number--) {

        if (!generate_is_far(g, &g->oracle->sales[number], waiting)) {
            continue;
        }

        found = number;

        if (dice_one_in(g->dice, 2)) {
            break;
        }
    }

    return found;
}


/* 1: one is closed, or drawn with what is said to be its beacon; now and then
 * once more, or one that does not wait for it. */

int
generate_draw(generate_t *g, generated_t *made)
{
    unsigned        i;
    uint32_t        number;
    fs_operator_t  *op;

    op = &made->op;
    made->command.type = dice_one_in(g->dice, 3) ? FS_COMMAND_CLOSE
                                                 : FS_COMMAND_DRAW;
    number = generate_drawable(g, made->command.type == FS_COMMAND_DRAW
                                  && !dice_one_in(g->dice, 8));

    if (made->command.type == FS_COMMAND_DRAW && dice_one_in(g->dice, 12)) {
        number = g->oracle->sales_n - dice_below(g->dice, 4);
    }

    if (number == 0) {
        return 0;
    }

    if (made->command.type == FS_COMMAND_DRAW && !dice_one_in(g->dice, 20)) {
        for (i = 0; i < FS_HASH_LEN; i++) {
            op->beacon[i] = (uint8_t) dice_below(g->dice, 256);
        }
    }

    op->slug.len = strlen(g->oracle->sales[number].slug);
    memcpy(made->slug, g->oracle->sales[number].slug, op->slug.len);
    op->slug.data = made->slug;

    return 1;
}


/* A gift that is fetched, among the newest; now and then one that is not. */

const oracle_hold_t *
generate_thing(generate_t *g)
{
    size_t                i, looked;
    const oracle_hold_t  *hold;

    looked = 0;

    for (i = g->oracle->holds_n; i-- > 0 && looked < 3000; looked++) {
        hold = &g->oracle->holds[i];

        if ((oracle_is_thing(g->oracle, hold) && dice_one_in(g->dice, 3))
            || (hold->state == FS_HOLD_GRANTED
                && dice_one_in(g->dice, 1000)))
        {
            return hold;
        }
    }

    return NULL;
}
