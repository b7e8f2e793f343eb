
/*
 * Neighbours who come by each other's codes, and what the shop says that it
 * gives for it.
 */

#include <stdio.h>

#include "generate.h"


/* Those who came last, and the one who comes next. */

void
generate_neighbour(generate_t *g, fs_command_t *command)
{
    unsigned  n;

    if (!dice_one_in(g->dice, 4)) {
        return;
    }

    n = g->oracle->people_n < ORACLE_BUYERS ? ORACLE_BUYERS
                                            : g->oracle->people_n;
    n -= dice_below(g->dice, 4);

    fs_set_le32(command->buyer, n < ORACLE_PEOPLE ? n : ORACLE_PEOPLE - 1);
}


/* Mostly the codes of so few that they come to their limit; now and then one's
 * own.  Who is new has one more often than not. */

void
generate_from(generate_t *g, fs_command_t *command)
{
    unsigned  n, buyer;

    n = g->oracle->people_n;
    buyer = fs_get_le32(command->buyer);

    if (n < 4 || dice_one_in(g->dice, 4)
        || (buyer < ORACLE_BUYERS && !dice_one_in(g->dice, 4)))
    {
        return;
    }

    command->counts = !dice_one_in(g->dice, 10);

    if (dice_one_in(g->dice, 10)) {
        n = buyer;

    } else if (dice_one_in(g->dice, 3)) {
        n = 1 + dice_below(g->dice, 3);

    } else {
        n -= 1 + dice_below(g->dice, 4);
    }

    fs_set_le32(command->from, n);
}


/* Mostly one that gives now, if there is any; 0: none has ever been. */

static uint32_t
generate_some_giving(generate_t *g)
{
    int                   any;
    uint32_t              number, found;
    const oracle_sale_t  *sale;

    any = dice_one_in(g->dice, 8);
    found = 0;

    for (number = g->oracle->sales_n; number > 0; number--) {
        sale = &g->oracle->sales[number];

        if (sale->gives == FS_GIVES_NOTHING) {
            continue;
        }

        if (any || (sale->opened && !sale->closed && !sale->paused
                    && sale->sold < sale->stock))
        {
            found = number;

            if (dice_one_in(g->dice, 2)) {
                break;
            }

        } else if (found == 0) {
            found = number;
        }
    }

    return found;
}


/* For this many of one inviter; now and then for more than there may be. */

static unsigned
generate_per_inviter(generate_t *g)
{
    switch (dice_below(g->dice, 12)) {

    case 0:
        return 990 + dice_below(g->dice, 14);

    case 1:
        return dice_below(g->dice, 2);

    default:
        return 1 + dice_below(g->dice, 4);
    }
}


int
generate_referral(generate_t *g, generated_t *made)
{
    uint32_t  inviter, newcomer;

    inviter = generate_some_giving(g);
    newcomer = generate_some_giving(g);

    if (inviter == 0 || newcomer == 0) {
        return 0;
    }

    made->command.type = FS_COMMAND_DOCUMENT;
    made->op.kind.data = "shop";
    made->op.kind.len = 4;
    made->op.slug.len = (size_t) sprintf(made->slug, "referral");
    made->op.slug.data = made->slug;

    if (dice_one_in(g->dice, 6)) {
        made->command.type = FS_COMMAND_DELETE;
        return 1;
    }

    /* any sale, or one that is not there */

    if (dice_one_in(g->dice, 12)) {
        inviter = 1 + dice_below(g->dice, g->oracle->sales_n + 1);
    }

    if (dice_one_in(g->dice, 12)) {
        newcomer = 1 + dice_below(g->dice, g->oracle->sales_n + 1);
    }

    if (dice_one_in(g->dice, 20)) {
        sprintf(made->doc, "{\"inviter\":\"s%u\",\"newcomer\":\"s%u\"%s}",
                inviter, newcomer,
                dice_one_in(g->dice, 2) ? "" : ",\"per_inviter\":1,\"x\":1");

    } else {
        sprintf(made->doc, "{\"inviter\":\"s%u\",\"newcomer\":\"s%u\","
                "\"per_inviter\":%u}", inviter, newcomer,
                generate_per_inviter(g));
    }

    made->op.doc.data = made->doc;
    made->op.doc.len = strlen(made->doc);

    return 1;
}


int
generate_again(generate_t *g, fs_command_t *command)
{
    unsigned              i, n, key;
    fs_str_t              pickup;
    const oracle_key_t   *keys;
    const oracle_hold_t  *hold;

    keys = g->oracle->keys[fs_get_le32(command->buyer)];
    n = dice_below(g->dice, ORACLE_KEYS);

    for (i = 0; i < ORACLE_KEYS; i++) {
        key = (n + i) % ORACLE_KEYS;

        if (keys[key].bound && keys[key].type == FS_COMMAND_HOLD) {
            break;
        }
    }

    if (i == ORACLE_KEYS) {
        return 0;
    }

    hold = &g->oracle->holds[keys[key].hold];

    command->gift = 0;
    command->gift_epoch = 0;
    command->pickup.len = 0;
    command->queue = (uint8_t) hold->asked_queue;
    command->lines_n = (uint8_t) hold->lines_n;
    fs_set_le32(command->key, key);
    fs_set_le32(command->from, hold->asked_from);

    for (i = 0; i < hold->lines_n; i++) {
        command->lines[i].sale = hold->lines[i].sale;
        command->lines[i].qty = hold->lines[i].qty;
    }

    if (hold->asked_gift != 0) {
        command->gift = g->oracle->holds[hold->asked_gift - 1].seq;
        command->gift_epoch = oracle_epoch(g->oracle, command->gift);
    }

    if (hold->asked_pickup != 0) {
        pickup.data = g->oracle->pickups[hold->asked_pickup];
        pickup.len = strlen(pickup.data);
        fs_slug_set(&command->pickup, pickup);
    }

    if (dice_one_in(g->dice, 2)) {
        generate_from(g, command);
    }

    return 1;
}
