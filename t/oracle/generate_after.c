
/*
 * Commands of what comes after an order: hand-overs and their undoing, claims,
 * waves, sales that are cancelled, buyers that are compensated.
 */

#include <stdio.h>

#include "generate.h"


/* An order among the newest ones, if there is any. */

static const oracle_hold_t *
generate_some_order(generate_t *g)
{
    size_t    n;
    unsigned  tries;

    for (tries = 0; g->oracle->holds_n != 0 && tries < 50; tries++) {
        n = g->oracle->holds_n;
        n -= 1 + dice_below(g->dice, n < 150 ? (unsigned) n : 150);

        if (g->oracle->holds[n].paid) {
            return &g->oracle->holds[n];
        }
    }

    return NULL;
}


static void
generate_of(generate_t *g, fs_command_t *command, const oracle_hold_t *hold)
{
    command->hold = hold->seq;
    command->epoch = oracle_epoch(g->oracle, hold->seq);
    fs_set_le32(command->buyer, hold->buyer);
}


static void
generate_key(generate_t *g, fs_command_t *command)
{
    fs_set_le32(command->key, 1 + dice_below(g->dice, ORACLE_KEYS - 1));
}


/* A nonce that was used for hand-overs not long ago, or one that was not. */

static unsigned
generate_nonce(generate_t *g, int used)
{
    unsigned  n, tries;

    n = 0;

    for (tries = 0; tries < 200; tries++) {
        n = 1 + dice_below(g->dice, ORACLE_NONCES - 1);

        if (used == (g->oracle->nonces[n].bound
                     && g->oracle->nonces[n].at > g->wall - 3600000))
        {
            break;
        }
    }

    return n;
}


static void
generate_hand_over(generate_t *g, fs_command_t *command,
    const oracle_hold_t *hold)
{
    unsigned              nonce, line;
    const oracle_hold_t  *thing;

    static const int64_t  times[] = { 0, -1, INT64_MIN, INT64_MAX, 1700 };

    command->type = FS_COMMAND_HAND_OVER;
    command->via = (uint8_t) (1 + dice_below(g->dice, FS_VIAS_N - 1));
    command->device_at = times[dice_below(g->dice, 5)];

    nonce = generate_nonce(g, dice_one_in(g->dice, 4));

    thing = dice_one_in(g->dice, 5) ? generate_thing(g) : NULL;

    if (thing != NULL) {
        hold = thing;
    }

    if (g->oracle->nonces[nonce].bound && !dice_one_in(g->dice, 8)) {

        /* said again; now and then at another's order */

        hold = &g->oracle->holds[g->oracle->nonces[nonce].hold];
    }

    generate_of(g, command, hold);
    memcpy(command->buyer, fs_keys_of_orders, FS_BUYER_LEN);
    fs_set_le32(command->key, nonce);
    command->key[4] = 1;

    for (line = 0; line < hold->lines_n && dice_one_in(g->dice, 2); line++) {
        command->lines[line].sale = hold->lines[line].sale;
        command->lines_n++;
    }
}


static void
generate_put_back(generate_t *g, fs_command_t *command,
    const oracle_hold_t *hold)
{
    unsigned  nonce;

    command->type = FS_COMMAND_PUT_BACK;
    nonce = generate_nonce(g, !dice_one_in(g->dice, 20));

    if (g->oracle->nonces[nonce].bound && !dice_one_in(g->dice, 20)) {
        hold = &g->oracle->holds[g->oracle->nonces[nonce].hold];
    }

    generate_of(g, command, hold);
    memcpy(command->buyer, fs_keys_of_orders, FS_BUYER_LEN);
    fs_set_le32(command->key, nonce);
    command->key[4] = 1;
}


static void
generate_claim(generate_t *g, fs_command_t *command,
    const oracle_hold_t *hold)
{
    unsigned  line;

    static const uint8_t  reasons[] = {
        FS_REASON_BAD, FS_REASON_SHORT, FS_REASON_DAMAGED, FS_REASON_WRONG
    };

    command->type = FS_COMMAND_CLAIM;
    generate_of(g, command, hold);
    line = dice_below(g->dice, hold->lines_n);
    command->lines_n = 1;
    command->lines[0].sale = hold->lines[line].sale;
    command->lines[0].qty = 1 + dice_below(g->dice, dice_one_in(g->dice, 4)
                                                    ? 4 : 2);
    command->reason = reasons[dice_below(g->dice, 4)];
    command->fingerprint[0] = (uint8_t) dice_below(g->dice, 2);
    command->fingerprint[1] = FS_COMMAND_CLAIM;

    if (!dice_one_in(g->dice, 4)) {
        generate_key(g, command);
    }
}


static void
generate_answer(generate_t *g, fs_command_t *command)
{
    size_t                 n;
    const oracle_claim_t  *claim;

    n = g->oracle->claims_n;
    n -= 1 + dice_below(g->dice, n < 12 ? (unsigned) n : 12);
    claim = &g->oracle->claims[n];

    command->type = FS_COMMAND_ANSWER_CLAIM;
    generate_of(g, command, &g->oracle->holds[claim->hold]);
    memcpy(command->buyer, fs_keys_of_orders, FS_BUYER_LEN);
    command->claim = claim->seq;
    command->accept = (uint8_t) dice_below(g->dice, 2);

    if (dice_one_in(g->dice, 30)) {
        command->claim--;
    }

    command->fingerprint[0] = command->accept;
    command->fingerprint[1] = FS_COMMAND_ANSWER_CLAIM;
    command->fingerprint[2] = (uint8_t) command->claim;

    if (dice_one_in(g->dice, 3)) {
        generate_key(g, command);
    }
}


int
generate_after(generate_t *g, fs_command_t *command)
{
    const oracle_hold_t  *hold;

    hold = generate_some_order(g);

    if (hold == NULL) {
        return 0;
    }

    switch (dice_below(g->dice, 10)) {

    case 0:
    case 1:
    case 2:
        generate_hand_over(g, command, hold);
        return 1;

    case 3:
        generate_put_back(g, command, hold);
        return 1;

    case 4:
    case 5:
        command->type = FS_COMMAND_CANCEL_ORDER;
        generate_of(g, command, hold);

        if (dice_one_in(g->dice, 2)) {
            generate_key(g, command);
        }

        return 1;

    case 6:
    case 7:
    case 8:
        generate_claim(g, command, hold);
        return 1;

    default:
        if (g->oracle->claims_n == 0) {
            return 0;
        }

        generate_answer(g, command);
        return 1;
    }
}


/* A sale among the newest ones, by its name. */

static uint32_t
generate_newer(generate_t *g, fs_str_t *slug)
{
    uint32_t  n, number;

    n = g->oracle->sales_n;
    number = n - dice_below(g->dice, n < 10 ? n : 10);

    slug->data = g->oracle->sales[number].slug;
    slug->len = strlen(slug->data);

    return number;
}


static void
generate_wave(generate_t *g, generated_t *made)
{
    unsigned        i, j, n;
    uint32_t        wave, sales[4];
    fs_operator_t  *op;

    op = &made->op;
    made->command.type = FS_COMMAND_WAVE;
    wave = g->oracle->waves_n + 1;

    if (wave > ORACLE_WAVES || (wave > 1 && dice_one_in(g->dice, 3))) {
        wave -= 1 + dice_below(g->dice, wave < 4 ? wave - 1 : 3);
    }

    op->slug.len = (size_t) sprintf(made->slug, "w%u", wave);
    op->slug.data = made->slug;
    op->cut_at = g->wall - 3000 + (int64_t) dice_below(g->dice, 40000);
    op->day = dice_one_in(g->dice, 2) ? 20261130 : 0;
    n = 1 + dice_below(g->dice, 4);

    for (i = 0; i < n; i++) {
        sales[i] = generate_newer(g, &op->lines[i].sale);

        for (j = 0; j < i && sales[j] != sales[i]; j++) {
            /* void */
        }

        if (j < i) {
            break;
        }
    }

    op->lines_n = i;

    if (dice_one_in(g->dice, 20)) {
        op->lines[0].sale.data = "nowhere";
        op->lines[0].sale.len = 7;
    }
}


/* So many units as some of a tally's lines want; now and then less than is
 * ready, or more than was ordered. */

static void
generate_received(generate_t *g, fs_operator_t *op,
    const oracle_wave_t *wave, unsigned s, uint32_t pickup)
{
    uint32_t       left;
    fs_tally_t     tally;

    oracle_tally(g->oracle, wave->sales[s].sale, pickup, wave->sales[s].wave,
                 &tally);

    left = tally.awaited + 1 + dice_one_in(g->dice, 8) * 3;
    op->lines[op->lines_n].sale.data =
                                g->oracle->sales[wave->sales[s].sale].slug;
    op->lines[op->lines_n].sale.len = strlen(op->lines[op->lines_n].sale.data);

    op->lines[op->lines_n].qty = tally.ready + tally.handed_over
                                 + dice_below(g->dice, left);

    if (tally.final && !dice_one_in(g->dice, 3)) {
        op->lines[op->lines_n].qty = tally.received;

    } else if (op->lines[op->lines_n].qty != 0 && dice_one_in(g->dice, 10)) {
        op->lines[op->lines_n].qty--;
    }

    op->lines_n++;
}


static int
generate_receive(generate_t *g, generated_t *made)
{
    uint32_t              n, number, pickup;
    unsigned              i;
    fs_operator_t        *op;
    const oracle_wave_t  *wave;
    const oracle_sale_t  *sale;

    n = g->oracle->waves_n;

    if (n == 0) {
        return 0;
    }

    number = n - dice_below(g->dice, n < 12 ? n : 12);
    wave = &g->oracle->waves[number];
    sale = &g->oracle->sales[wave->sales[0].sale];

    op = &made->op;
    made->command.type = FS_COMMAND_RECEIVE;
    op->slug.len = (size_t) sprintf(made->slug, "w%u", number);
    op->slug.data = made->slug;
    op->final = (uint8_t) dice_one_in(g->dice, 3);
    pickup = 0;

    if (sale->orders_n != 0) {
        n = dice_below(g->dice, (unsigned) sale->orders_n);
        pickup = g->oracle->holds[sale->orders[n]].pickup;
    }

    if (pickup != 0) {
        op->pickup.data = g->oracle->pickups[pickup];
        op->pickup.len = strlen(op->pickup.data);
    }

    for (i = 0; i < wave->sales_n; i++) {
        if (i == 0 || dice_one_in(g->dice, 2)) {
            generate_received(g, op, wave, i, pickup);
        }
    }

    if (dice_one_in(g->dice, 30)) {
        (void) generate_newer(g, &op->lines[0].sale);

        for (i = 1; i < op->lines_n; i++) {
            if (op->lines[i].sale.data == op->lines[0].sale.data) {
                op->lines_n = 1;
            }
        }
    }

    return 1;
}


int
generate_after_admin(generate_t *g, generated_t *made)
{
    fs_operator_t  *op;

    op = &made->op;

    switch (dice_below(g->dice, 30)) {

    case 0:
        made->command.type = FS_COMMAND_CALL_OFF;
        break;

    case 1:
    case 2:
        made->command.type = FS_COMMAND_COMPENSATE;
        op->fen_each = 1 + dice_below(g->dice, 60);
        break;

    case 3:
    case 4:
    case 5:
        generate_wave(g, made);
        return 1;

    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
    case 12:
    case 13:
        return generate_receive(g, made);

    default:
        return 0;
    }

    (void) generate_newer(g, &op->slug);
    memcpy(made->slug, op->slug.data, op->slug.len);
    op->slug.data = made->slug;
    op->words.data = "{\"reason\":\"rain\"}";
    op->words.len = strlen(op->words.data);

    return 1;
}
