
#include <stdio.h>

#include "generate.h"


/* A sale among the last ones; now and then any, or one that is not there. */

static uint32_t
generate_sale(generate_t *g)
{
    uint32_t  n;

    n = g->oracle->sales_n;

    if (dice_one_in(g->dice, 50)) {
        return n + 1;
    }

    if (dice_one_in(g->dice, 20)) {
        return 1 + dice_below(g->dice, n);
    }

    return n - dice_below(g->dice, n < 8 ? n : 8);
}


static fs_seq_t
generate_some_hold(generate_t *g)
{
    size_t    n;
    fs_seq_t  last;

    n = g->oracle->holds_n;

    if (n == 0 || dice_one_in(g->dice, 100)) {

        /* any number, but none that is still to come: it may be that of a gift
         * which the oracle has not been told when it answers */

        last = (n != 0) ? g->oracle->holds[n - 1].seq : 1;

        return 1 + dice_below(g->dice, last < 1000 ? (unsigned) last : 1000);
    }

    if (dice_one_in(g->dice, 10)) {
        return g->oracle->holds[dice_below(g->dice, (unsigned) n)].seq;
    }

    n -= 1 + dice_below(g->dice, n < 60 ? (unsigned) n : 60);

    return g->oracle->holds[n].seq;
}


/*
 * A pickup point: mostly one where a sale is collected, now and then any, or
 * one that no operator has written.
 */

static void
generate_pickup(generate_t *g, uint32_t number, fs_slug_t *pickup)
{
    char                  name[16];
    uint32_t              i, n;
    fs_str_t              slug;
    const oracle_sale_t  *sale;

    sale = &g->oracle->sales[number <= g->oracle->sales_n ? number : 0];

    slug.data = name;
    slug.len = (size_t) sprintf(name, "p%u", dice_one_in(g->dice, 30)
                                ? 9 : dice_below(g->dice, ORACLE_PICKUPS));

    if (!dice_one_in(g->dice, 8)) {
        n = dice_below(g->dice, ORACLE_PICKUPS);

        for (i = 1; i <= g->oracle->pickups_n; i++) {
            if ((sale->lists != 0 ? sale->listed[i]
                                  : g->oracle->documents[i])
                && (n < i || slug.data == name))
            {
                slug.data = g->oracle->pickups[i];
                slug.len = strlen(slug.data);

                if (n < i) {
                    break;
                }
            }
        }
    }

    fs_slug_set(pickup, slug);
}


static void
generate_hold(generate_t *g, fs_command_t *command)
{
    unsigned  i, j, n;

    command->type = FS_COMMAND_HOLD;
    n = dice_one_in(g->dice, 3) ? 3 : ORACLE_BUYERS;
    fs_set_le32(command->buyer, dice_below(g->dice, n));
    generate_neighbour(g, command);
    n = dice_one_in(g->dice, 2) ? 1000 : 60000;
    command->term_ms = 1 + dice_below(g->dice, n);
    command->live_holds = dice_one_in(g->dice, 3) ? 0 : 3;

    if (dice_one_in(g->dice, 3)) {
        fs_set_le32(command->key, 1 + dice_below(g->dice, ORACLE_KEYS - 1));
    }

    n = dice_one_in(g->dice, 3) ? 1 + dice_below(g->dice, 4) : 1;

    for (i = 0; i < n; i++) {
        command->lines[i].sale = generate_sale(g);
        command->lines[i].qty = 1 + dice_below(g->dice, 3);

        for (j = 0; j < i; j++) {
            if (command->lines[j].sale == command->lines[i].sale) {
                break;
            }
        }

        if (j < i) {
            break;
        }
    }

    command->lines_n = (uint8_t) i;

    if (i == 1 && dice_one_in(g->dice, 3)) {
        command->queue = 1;
        command->queue_units = dice_one_in(g->dice, 4)
                               ? dice_below(g->dice, 12) : UINT32_MAX;
        command->queue_ms = 1 + dice_below(g->dice, 60000);
    }

    if (!dice_one_in(g->dice, 3)) {
        generate_pickup(g, command->lines[0].sale, &command->pickup);
    }
}


/* What was made as a buyer's own is asked for by somebody else; mostly paid in
 * cash, now and then of another amount. */

static void
generate_order_for(generate_t *g, generated_t *made)
{
    unsigned       i, who;
    fs_command_t  *command;

    command = &made->command;
    command->type = FS_COMMAND_ORDER;
    command->gift = 0;
    command->gift_epoch = 0;
    command->queue = 0;
    made->has_op = 1;

    if (dice_one_in(g->dice, 4)) {
        return;
    }

    who = dice_below(g->dice, 2);
    made->op.slug.len = (size_t) sprintf(made->slug, "taker%u", who);
    made->op.slug.data = made->slug;
    command->reference[3] = (uint8_t) (100 + who);

    for (i = 0; i < command->lines_n; i++) {
        if (command->lines[i].sale <= g->oracle->sales_n) {
            command->paid_fen += command->lines[i].qty
                                 * g->oracle->sales[command->lines[i].sale]
                                       .price;
        }
    }

    command->paid_fen += dice_one_in(g->dice, 10);
}


/* An order of which a group is open, or has failed and not returned all: what
 * is owed there changes what the group has, or still gives back. */

static fs_seq_t
generate_member(generate_t *g)
{
    size_t                 i;
    unsigned               line, skip;
    const oracle_hold_t   *hold;
    const oracle_sale_t   *sale;

    skip = dice_below(g->dice, 6);

    for (i = g->oracle->holds_n; i-- > 0 && i + 600 > g->oracle->holds_n; ) {
        hold = &g->oracle->holds[i];

        for (line = 0; line < hold->lines_n; line++) {
            sale = &g->oracle->sales[hold->lines[line].sale];

            if (hold->lines[line].member != 0
                && sale->groups[sale->by_pickup ? hold->pickup : 0].state
                   != FS_GROUP_FORMED
                && (oracle_to_return(g->oracle, hold, line) || skip-- == 0))
            {
                return hold->seq;
            }
        }
    }

    return generate_some_hold(g);
}


/* Of each line of the order, now and then of another sale: units, or an
 * amount, now and then more than is left. */

static void
generate_refund(generate_t *g, fs_command_t *command,
    const oracle_hold_t *hold)
{
    unsigned  i, line;

    static const uint8_t  reasons[] = {
        FS_REASON_BAD, FS_REASON_SHORT, FS_REASON_CANCELLED,
        FS_REASON_GOODWILL
    };

    memcpy(command->buyer, fs_keys_of_orders, FS_BUYER_LEN);
    command->reason = reasons[dice_below(g->dice, 4)];
    command->restock = (uint8_t) dice_below(g->dice, 2);
    command->fingerprint[0] = (uint8_t) dice_below(g->dice, 2);

    if (dice_one_in(g->dice, 3)) {
        fs_set_le32(command->key, 1 + dice_below(g->dice, ORACLE_KEYS - 1));
    }

    line = (hold != NULL) ? dice_below(g->dice, hold->lines_n) : 0;

    for (i = 0; i == 0 || (hold != NULL && i < hold->lines_n); i++) {

        if (hold == NULL || dice_one_in(g->dice, 30)) {
            command->lines[i].sale = g->oracle->sales_n + 1 + i;

        } else {
            command->lines[i].sale =
                                hold->lines[(line + i) % hold->lines_n].sale;
        }

        if (dice_one_in(g->dice, 3)) {
            command->lines[i].amount_fen = 1 + dice_below(g->dice, 250);

        } else {
            command->lines[i].qty = 1 + dice_below(g->dice, 3);
        }

        if (dice_one_in(g->dice, 2)) {
            i++;
            break;
        }
    }

    command->lines_n = (uint8_t) i;
}


/* Of a debt by its number, now and then by the number before it, or with
 * another amount.  The number after it may be that of a debt which the oracle
 * has not been told yet. */

static void
generate_debt(generate_t *g, fs_command_t *command,
    const oracle_hold_t *hold)
{
    const oracle_payment_t  *debt;

    if (hold->payments_n == 0 || dice_one_in(g->dice, 3)) {
        return;
    }

    debt = &hold->payments[dice_below(g->dice, hold->payments_n)];
    command->owed = debt->seq - (debt->seq != 0 && dice_one_in(g->dice, 20));
    command->paid_fen = dice_one_in(g->dice, 3) ? 0 : debt->amount;

    if (dice_one_in(g->dice, 20)) {
        command->paid_fen++;
    }
}


static void
generate_order(generate_t *g, fs_command_t *command)
{
    size_t         i;
    unsigned       line;
    oracle_hold_t *hold;

    static const uint8_t  types[] = {
        FS_COMMAND_RELEASE, FS_COMMAND_PAY, FS_COMMAND_PAY,
        FS_COMMAND_POINT, FS_COMMAND_POINT,
        FS_COMMAND_CONFIRM, FS_COMMAND_CONFIRM, FS_COMMAND_CONFIRM,
        FS_COMMAND_CONFIRM, FS_COMMAND_CONFIRM, FS_COMMAND_CANCEL,
        FS_COMMAND_REFUND, FS_COMMAND_REFUND, FS_COMMAND_REFUND,
        FS_COMMAND_REFUNDED, FS_COMMAND_REFUNDED, FS_COMMAND_REFUNDED,
        FS_COMMAND_READY, FS_COMMAND_PICK_UP
    };

    command->type = types[dice_below(g->dice, sizeof(types))];
    command->hold = (command->type == FS_COMMAND_REFUND
                     && !dice_one_in(g->dice, 3))
                    ? generate_member(g) : generate_some_hold(g);
    command->term_ms = 1 + dice_below(g->dice, 200000);
    command->reference[3] = (uint8_t) (1 + dice_below(g->dice, 3));
    command->epoch = oracle_epoch(g->oracle, command->hold);
    hold = NULL;

    if (dice_one_in(g->dice, 40)) {

        /* of another life: from so few that most come again */

        command->hold = 1 + dice_below(g->dice, 10);
        command->epoch = 1 + dice_below(g->dice, 5);
    }

    for (i = g->oracle->holds_n; i-- > 0; ) {
        if (g->oracle->holds[i].seq == command->hold) {
            hold = &g->oracle->holds[i];
            break;
        }
    }

    if (command->type == FS_COMMAND_REFUNDED) {

        if (dice_one_in(g->dice, 2)) {
            command->payment[3] = (uint8_t) (1 + dice_below(g->dice, 3));
        }

        /* mostly a reference of this hold alone; now and then one that other
         * holds use as well */

        if (!dice_one_in(g->dice, 8)) {
            fs_set_le64(command->reference + 8, command->hold);
        }
    }

    command->unmet = (uint8_t) dice_one_in(g->dice, 100);

    if (command->type == FS_COMMAND_POINT) {
        generate_pickup(g, hold != NULL ? hold->lines[0].sale : 0,
                        &command->pickup);

        if (dice_one_in(g->dice, 2)) {
            fs_set_le32(command->key,
                        1 + dice_below(g->dice, ORACLE_KEYS - 1));
        }
    }

    if (command->type == FS_COMMAND_REFUND) {
        generate_refund(g, command, hold);
        return;
    }

    if (hold == NULL) {
        return;
    }

    if (command->type == FS_COMMAND_REFUNDED) {
        generate_debt(g, command, hold);
        return;
    }

    fs_set_le32(command->buyer, dice_one_in(g->dice, 20)
                                ? dice_below(g->dice, ORACLE_BUYERS)
                                : hold->buyer);

    for (line = 0; line < hold->lines_n; line++) {
        command->paid_fen += hold->lines[line].price * hold->lines[line].qty;
    }

    if (dice_one_in(g->dice, 10)) {
        command->paid_fen += (int64_t) dice_below(g->dice, 3) - 1;

        if (command->paid_fen < 0) {
            command->paid_fen = 0;
        }
    }
}


static void
generate_definition(generate_t *g, generated_t *made)
{
    fs_operator_t  *op;

    op = &made->op;
    op->price_fen = dice_below(g->dice, 5) * 50;
    op->stock = dice_below(g->dice, dice_one_in(g->dice, 2) ? 20 : 200);
    op->limit = dice_one_in(g->dice, 3) ? 0 : 1 + dice_below(g->dice, 6);
    op->hold_ms = dice_one_in(g->dice, 3) ? 1 + dice_below(g->dice, 60000)
                                          : 0;

    if (dice_one_in(g->dice, 3)) {
        op->queue = dice_below(g->dice, 15);
    }

    if (dice_one_in(g->dice, 2)) {
        op->cancel_ms = 1 + dice_below(g->dice, 60000);
    }

    if (dice_one_in(g->dice, 3)) {
        op->opens_at = g->wall + (int64_t) dice_below(g->dice, 60000)
                       - 20000;
    }

    if (!dice_one_in(g->dice, 4)) {
        op->closes_at = g->wall - 5000
                        + (int64_t) dice_below(g->dice,
                                               dice_one_in(g->dice, 2)
                                               ? 60000 : 3000000);

        if (op->closes_at <= op->opens_at) {
            op->closes_at = op->opens_at + 1;
        }
    }

    if (!dice_one_in(g->dice, 3)) {
        op->goal = 1 + dice_below(g->dice, 12);
        op->goal_by = (uint8_t) dice_below(g->dice, 2);
    }
}


/* The document of a pickup point, a literal. */

static void
generate_document(generate_t *g, generated_t *made)
{
    made->command.type = dice_one_in(g->dice, 4) ? FS_COMMAND_DELETE
                                                 : FS_COMMAND_DOCUMENT;

    made->op.kind.data = "pickup";
    made->op.kind.len = 6;
    made->op.slug.len = (size_t) sprintf(made->slug, "p%u",
                                      dice_below(g->dice, ORACLE_PICKUPS));
    made->op.slug.data = made->slug;

    if (made->command.type == FS_COMMAND_DOCUMENT) {
        made->op.doc.data = "{}";
        made->op.doc.len = 2;
    }
}


static void
generate_listing(generate_t *g, fs_operator_t *op)
{
    static const char *const  docs[] = {
        "{}", "{\"pickups\":[]}", "{\"pickups\":[\"p1\"]}",
        "{\"pickups\":[\"p0\",\"p2\",\"p3\"],\"x\":[\"y\"]}",
        "{\"x\":null,\"pickups\":[\"p7\",\"p6\",\"p5\",\"p4\",\"p3\",\"p0\"]}"
    };

    if (dice_one_in(g->dice, 2)) {
        op->doc.data = docs[dice_below(g->dice, 5)];
        op->doc.len = strlen(op->doc.data);
    }
}


/* If-Match or If-None-Match, now and then. */

static void
generate_condition(generate_t *g, fs_condition_t *condition)
{
    fs_str_t  *header;

    if (!dice_one_in(g->dice, 8)) {
        return;
    }

    header = dice_one_in(g->dice, 2) ? &condition->if_match
                                     : &condition->if_none_match;
    header->data = dice_one_in(g->dice, 4) ? "\"no\"" : "*";
    header->len = strlen(header->data);
}


static void
generate_admin(generate_t *g, generated_t *made)
{
    uint32_t        sale;
    fs_operator_t  *op;

    static const uint8_t  types[] = {
        FS_COMMAND_STOCK, FS_COMMAND_STOCK, FS_COMMAND_STOCK,
        FS_COMMAND_PAUSE, FS_COMMAND_RESUME, FS_COMMAND_RESUME,
        FS_COMMAND_RESUME, FS_COMMAND_CLOSE
    };

    made->has_op = 1;
    op = &made->op;
    memcpy(made->command.buyer, fs_keys_of_operators, FS_BUYER_LEN);
    op->fingerprint[0] = (uint8_t) dice_below(g->dice, 2);

    if (dice_one_in(g->dice, 3)) {
        fs_set_le32(made->command.key,
                    1 + dice_below(g->dice, ORACLE_KEYS - 1));
    }

    generate_condition(g, &op->condition);

    if (g->oracle->sales_n >= 4 && generate_after_admin(g, made)) {
        op->fingerprint[1] = made->command.type;
        return;
    }

    if (g->oracle->sales_n >= 4 && dice_one_in(g->dice, 4)
        && generate_draw(g, made))
    {
        op->fingerprint[1] = made->command.type;
        return;
    }

    if (g->oracle->sales_n >= 4 && dice_one_in(g->dice, 4)) {
        generate_document(g, made);
        return;
    }

    if (g->oracle->sales_n >= 4 && dice_one_in(g->dice, 4)
        && generate_referral(g, made))
    {
        return;
    }

    sale = (g->oracle->sales_n == 0) ? 1 : generate_sale(g);
    made->command.type = types[dice_below(g->dice, sizeof(types))];

    if (g->oracle->sales_n < 4
        || (dice_one_in(g->dice, 3) && g->oracle->sales_n < ORACLE_SALES))
    {
        made->command.type = FS_COMMAND_DEFINE;

        if (g->oracle->sales_n < 4 || dice_one_in(g->dice, 3)) {
            sale = g->oracle->sales_n + 1;
        }
    }

    if (g->oracle->sales_n >= 4 && dice_one_in(g->dice, 30)) {
        made->command.type = FS_COMMAND_LIFE;
        made->command.epoch = dice_below(g->dice, 40);
    }

    op->slug.len = (size_t) sprintf(made->slug, "s%u", sale);
    op->slug.data = made->slug;
    op->add = (int64_t) dice_below(g->dice, 21) - 10;

    if (made->command.type == FS_COMMAND_DEFINE) {
        generate_definition(g, made);
        generate_listing(g, op);
        generate_gives(g, made, sale);

        if (sale <= g->oracle->sales_n
            && g->oracle->sales[sale].gives == FS_GIVES_NOTHING
            && dice_one_in(g->dice, 4))
        {

            /* the same once more, or nearly */

            op->price_fen = g->oracle->sales[sale].price;
            op->stock = (uint32_t) g->oracle->sales[sale].stock;
            op->limit = g->oracle->sales[sale].limit;
            op->opens_at = g->oracle->sales[sale].opens_at;
            op->goal = g->oracle->sales[sale].goal;
            op->goal_by = g->oracle->sales[sale].by_pickup
                          ? FS_GOAL_BY_PICKUP : FS_GOAL_BY_SALE;
            op->hold_ms = g->oracle->sales[sale].hold_ms;
            op->cancel_ms = g->oracle->sales[sale].cancel_ms;
            op->queue = (uint32_t) (g->oracle->sales[sale].queue + 1);

            if (dice_one_in(g->dice, 2) || op->closes_at <= op->opens_at) {
                op->closes_at = g->oracle->sales[sale].closes_at;
            }
        }
    }
}


void
generate_command(generate_t *g, generated_t *made)
{
    unsigned  n;

    memset(made, 0, sizeof(generated_t));
    n = dice_below(g->dice, 100);

    if (g->oracle->sales_n < 4 || n < 5) {
        generate_admin(g, made);

    } else if (n < 60) {
        generate_hold(g, &made->command);

        generate_giving(g, made);

        if (made->command.type == FS_COMMAND_HOLD
            && dice_one_in(g->dice, 10))
        {
            generate_order_for(g, made);
        }

        if (made->command.type == FS_COMMAND_HOLD
            && !(dice_one_in(g->dice, 30)
                 && generate_again(g, &made->command)))
        {
            generate_from(g, &made->command);
        }

    } else if (n < 68 && generate_gift(g, &made->command)) {

        /* made */

    } else if (n < 85 || !generate_after(g, &made->command)) {
        generate_order(g, &made->command);
    }

    /* a key's hash is another one for each who has it; operators share one */

    if ((!made->has_op || made->command.type == FS_COMMAND_ORDER
         || made->command.type == FS_COMMAND_GRANT)
        && fs_get_le32(made->command.key) != 0)
    {
        made->command.key[5] = (uint8_t) (1 + made->command.buyer[0]);
        made->command.key[6] = made->command.buyer[1];
    }
}


void
generate_moved(generated_t *made)
{
    made->op.slug.data = made->slug;

    if (made->doc[0] != '\0') {
        made->op.doc.data = made->doc;
    }
}
