
/*
 * What is given: definitions, grants, and holds that use gifts.
 */

#include "generate.h"


/* 1: something is given now. */

static int
generate_gives_now(const generate_t *g)
{
    uint32_t              number;
    const oracle_sale_t  *sale;

    for (number = g->oracle->sales_n; number > 0; number--) {
        sale = &g->oracle->sales[number];

        if (sale->gives != FS_GIVES_NOTHING && sale->opened && !sale->closed
            && !sale->paused && sale->sold < sale->stock)
        {
            return 1;
        }
    }

    return 0;
}


/* Now and then a sale that gives, in place of one that sells; more often when
 * there is nothing for a neighbour who comes. */

void
generate_gives(generate_t *g, generated_t *made, uint32_t sale)
{
    unsigned              i;
    fs_operator_t        *op;
    const oracle_sale_t  *old;

    op = &made->op;
    old = &g->oracle->sales[sale];

    if (old->exists ? old->gives == FS_GIVES_NOTHING
                      || dice_one_in(g->dice, 20)
                    : !dice_one_in(g->dice, generate_gives_now(g) ? 3 : 2))
    {
        return;
    }

    op->price_fen = 0;
    op->goal = 0;
    op->goal_by = 0;
    op->hold_ms = 0;
    op->cancel_ms = 0;
    op->queue = 0;

    if (op->limit == 0) {
        op->limit = 1;
    }

    if (!old->exists && dice_one_in(g->dice, 2)) {
        op->closes_at = 0;
    }

    if (old->exists && !dice_one_in(g->dice, 5)) {
        op->gives.kind = (uint8_t) old->gives;
        op->gives.by_desk = (uint8_t) old->by_desk;
        op->gives.off_fen = old->off;
        op->gives.from_fen = old->from;
        op->gives.valid_ms = old->valid_ms;
        generate_same_chance(old, op);
        op->lines_n = old->good_for_n;

        for (i = 0; i < op->lines_n; i++) {
            op->lines[i].sale.data = g->oracle->sales[old->good_for[i]].slug;
            op->lines[i].sale.len = strlen(op->lines[i].sale.data);
        }

        if (dice_one_in(g->dice, 2)) {
            op->stock = (uint32_t) old->stock
                        + (old->gives != FS_GIVES_PACKET
                           || dice_one_in(g->dice, 8)
                           ? dice_below(g->dice, 3) : 0);
            op->limit = old->limit + dice_below(g->dice, 2);
            op->opens_at = 0;
            op->closes_at = old->closes_at != 0
                            ? old->closes_at + dice_below(g->dice, 9999) : 0;
        }

    } else if (dice_one_in(g->dice, 5)) {
        op->gives.kind = FS_GIVES_ITEM;

    } else {
        if (!dice_one_in(g->dice, 4)) {
            generate_chance(g, op);

        } else {
            op->gives.kind = FS_GIVES_COUPON;
            op->gives.off_fen = 1 + dice_below(g->dice, 300);
        }

        if (dice_one_in(g->dice, 2)) {
            op->gives.from_fen = 1 + dice_below(g->dice, 500);
        }

        if (g->oracle->sales_n > 8 && dice_one_in(g->dice, 3)) {
            op->lines_n = 1 + dice_below(g->dice, 6);

            for (i = 0; i < op->lines_n; i++) {
                op->lines[i].sale.data =
                            g->oracle->sales[g->oracle->sales_n - i].slug;
                op->lines[i].sale.len = strlen(op->lines[i].sale.data);
            }
        }
    }

    if (op->gives.kind == FS_GIVES_ITEM) {
        op->gives.title.data = "eggs";
        op->gives.title.len = 4;
    }

    if (op->gives.valid_ms == 0 && dice_one_in(g->dice, 2)) {
        op->gives.valid_ms = 1 + dice_below(g->dice, 200000);
    }

    /* the same end does not open it again */

    if (old->closed && dice_one_in(g->dice, 3)
        && (old->closes_at == 0 || old->closes_at > op->opens_at))
    {
        op->closes_at = old->closes_at;
    }

    if (!old->exists) {
        op->gives.by_desk = (uint8_t) dice_one_in(g->dice, 5);
    }
}


static const oracle_hold_t *
generate_some_gift(generate_t *g, unsigned buyer)
{
    size_t                i, looked;
    const oracle_hold_t  *hold, *found;

    found = NULL;
    looked = 0;

    for (i = g->oracle->holds_n; i-- > 0 && looked < 2000; looked++) {
        hold = &g->oracle->holds[i];

        if ((hold->state == FS_HOLD_GRANTED || hold->state == FS_HOLD_BOUND
             || hold->state == FS_HOLD_USED)
            && (hold->buyer == buyer || dice_one_in(g->dice, 500)))
        {
            found = hold;

            if (dice_one_in(g->dice, 3)) {
                break;
            }
        }
    }

    return found;
}


static void
generate_name_gift(generate_t *g, fs_command_t *command, unsigned buyer)
{
    const oracle_hold_t  *gift;

    gift = generate_some_gift(g, buyer);

    if (gift != NULL) {
        command->gift = gift->seq;
        command->gift_epoch = oracle_epoch(g->oracle, gift->seq);

        if (dice_one_in(g->dice, 50)) {
            command->gift_epoch++;
        }
    }
}


void
generate_giving(generate_t *g, generated_t *made)
{
    unsigned       i, n;
    fs_command_t  *command;

    command = &made->command;

    /* mostly by itself, or without */

    for (i = 0, n = 0; i < command->lines_n; i++) {
        if (i == 0 || command->lines[i].sale > g->oracle->sales_n
            || g->oracle->sales[command->lines[i].sale].gives
               == FS_GIVES_NOTHING
            || dice_one_in(g->dice, 20))
        {
            command->lines[n++] = command->lines[i];
        }
    }

    command->lines_n = (uint8_t) n;

    if (command->lines[0].sale > g->oracle->sales_n
        || g->oracle->sales[command->lines[0].sale].gives
           == FS_GIVES_NOTHING)
    {
        if (!command->queue && dice_one_in(g->dice, 4)) {
            generate_name_gift(g, command, fs_get_le32(command->buyer));
        }

        return;
    }

    if (!dice_one_in(g->dice, 15)) {
        command->lines_n = 1;
        command->lines[0].qty = 1;
        command->queue = 0;
    }

    if (dice_one_in(g->dice, 4)) {
        command->type = FS_COMMAND_GRANT;
        command->queue = 0;
        command->pickup.len = 0;
        command->fingerprint[0] = (uint8_t) (1 + dice_below(g->dice, 2));
        made->has_op = 1;
        made->op.words.data = "{\"reason\":\"invited\"}";
        made->op.words.len = strlen(made->op.words.data);
    }
}


int
generate_gift(generate_t *g, fs_command_t *command)
{
    size_t                i, looked;
    const oracle_hold_t  *hold;

    looked = 0;

    for (i = g->oracle->holds_n; i-- > 0 && looked < 60; looked++) {
        hold = &g->oracle->holds[i];

        if (hold->state == FS_HOLD_HELD && dice_one_in(g->dice, 3)) {
            break;
        }
    }

    if (i == (size_t) -1 || looked == 60) {
        return 0;
    }

    command->type = FS_COMMAND_GIFT;
    command->hold = hold->seq;
    command->epoch = oracle_epoch(g->oracle, hold->seq);
    fs_set_le32(command->buyer, dice_one_in(g->dice, 30)
                                ? dice_below(g->dice, ORACLE_BUYERS)
                                : hold->buyer);

    if (!dice_one_in(g->dice, 5)) {
        generate_name_gift(g, command, fs_get_le32(command->buyer));
    }

    return 1;
}
