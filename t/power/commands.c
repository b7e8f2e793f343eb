
/*
 * Commands at random: of the operator, of buyers, and of the order service
 * about what buyers were told.  See commands.h.
 */

#include "commands.h"


static void run_hold_more(run_shared_t *shared, dice_t *dice,
    fs_command_t *command);
static const run_ack_t *run_gift(run_shared_t *shared, dice_t *dice);


void
run_define(run_t *run, fs_leader_t *leader)
{
    char            slug[16];
    uint32_t        n;
    fs_result_t     result;
    fs_command_t    command;
    fs_operator_t   op;

    n = run->shared->sales + 1;

    memset(&command, 0, sizeof(command));
    memset(&op, 0, sizeof(op));
    command.type = FS_COMMAND_DEFINE;

    op.slug.len = (size_t) snprintf(slug, sizeof(slug), "s%u", n);
    op.slug.data = slug;
    op.price_fen = 100 * n;
    op.stock = n == RUN_SCARCE ? 9 : 60 << n;
    op.limit = n % 3 == 0 ? 40 : 0;
    op.goal = n % 2 == 0 ? 10 : 0;
    op.cancel_ms = n % 3 != 1 ? 30000 : 0;
    op.goal_by = n % 4 == 0 ? FS_GOAL_BY_PICKUP : FS_GOAL_BY_SALE;

    fs_leader_one(leader, &command, &op, &result);

    if (fs_outcome_status(result.outcome) >= 500) {
        run_failed("define", fs_outcome_code(result.outcome));
    }

    run->shared->sales = n;
    run_point(run);

    /* and a pickup point */

    memset(&op, 0, sizeof(op));
    command.type = FS_COMMAND_DOCUMENT;
    op.kind.data = "pickup";
    op.kind.len = 6;
    op.slug.len = (size_t) snprintf(slug, sizeof(slug), "p%u", n % 5);
    op.slug.data = slug;
    op.doc.data = "{}";
    op.doc.len = 2;

    fs_leader_one(leader, &command, &op, &result);

    if (fs_outcome_status(result.outcome) >= 500) {
        run_failed("document", fs_outcome_code(result.outcome));
    }

    run_point(run);
}


void
run_give(run_t *run, fs_leader_t *leader)
{
    char            slug[16];
    uint32_t        n;
    fs_result_t     result;
    fs_command_t    command;
    fs_operator_t   op;

    static const char  both[] = "{\"inviter\":\"s8\",\"newcomer\":\"s7\","
                                "\"per_inviter\":3}";

    n = run->shared->sales + 1;

    memset(&command, 0, sizeof(command));
    memset(&op, 0, sizeof(op));
    command.type = FS_COMMAND_DEFINE;

    op.slug.len = (size_t) snprintf(slug, sizeof(slug), "s%u", n);
    op.slug.data = slug;
    op.stock = 60;
    op.limit = 3;
    op.gives.kind = FS_GIVES_COUPON;
    op.gives.off_fen = 10 * n;
    op.gives.by_desk = n != RUN_COUPON;

    fs_leader_one(leader, &command, &op, &result);

    if (fs_outcome_status(result.outcome) >= 300) {
        run_failed("give", fs_outcome_code(result.outcome));
    }

    run->shared->sales = n;
    run_point(run);

    if (n != RUN_ALL) {
        return;
    }

    /* and what it is given for */

    memset(&op, 0, sizeof(op));
    command.type = FS_COMMAND_DOCUMENT;
    op.kind.data = "shop";
    op.kind.len = 4;
    op.slug.data = "referral";
    op.slug.len = 8;
    op.doc.data = both;
    op.doc.len = sizeof(both) - 1;

    fs_leader_one(leader, &command, &op, &result);

    if (fs_outcome_status(result.outcome) >= 300) {
        run_failed("shop/referral", fs_outcome_code(result.outcome));
    }

    run_point(run);
}


void
run_operator(run_t *run, fs_leader_t *leader)
{
    char           *doc, slug[16], wave[16], point[16];
    size_t          len;
    fs_result_t     result;
    fs_command_t    command;
    fs_operator_t   op;

    static const uint8_t  types[] = {
        FS_COMMAND_STOCK, FS_COMMAND_PAUSE, FS_COMMAND_RESUME,
        FS_COMMAND_RESUME, FS_COMMAND_DOCUMENT, FS_COMMAND_DOCUMENT,
        FS_COMMAND_DELETE, FS_COMMAND_COMPENSATE, FS_COMMAND_WAVE,
        FS_COMMAND_RECEIVE, FS_COMMAND_RECEIVE
    };

    static const char  words[] = "{\"reason\":\"soft\"}";

    memset(&command, 0, sizeof(command));
    memset(&op, 0, sizeof(op));
    command.type = dice_one_in(&run->dice, 30)
                   ? FS_COMMAND_CALL_OFF
                   : types[dice_below(&run->dice, sizeof(types))];

    op.slug.len = (size_t) snprintf(slug, sizeof(slug), "s%u",
                                    1 + dice_below(&run->dice, RUN_SALES));
    op.slug.data = slug;
    op.add = (int64_t) dice_below(&run->dice, 40) - 10;
    op.fen_each = 1 + dice_below(&run->dice, 9);
    op.words.data = words;
    op.words.len = sizeof(words) - 1;
    doc = NULL;

    if (command.type == FS_COMMAND_WAVE
        || command.type == FS_COMMAND_RECEIVE)
    {
        /* of one sale; what has come goes up, for it is counted */

        op.lines[0].sale.len = op.slug.len;
        op.lines[0].sale.data = slug;
        op.lines[0].qty = 1 + dice_below(&run->dice, 60);
        op.lines_n = 1;
        op.cut_at = run->shared->world.wall
                    + 1000 * (int64_t) dice_below(&run->dice, 3);
        op.slug.len = (size_t) snprintf(wave, sizeof(wave), "w%u",
                                        dice_below(&run->dice, 6));
        op.slug.data = wave;
        op.pickup.len = (size_t) snprintf(point, sizeof(point), "p%u",
                                          dice_below(&run->dice, 5));
        op.pickup.data = point;
        op.final = (uint8_t) dice_one_in(&run->dice, 5);
    }

    if (command.type == FS_COMMAND_DOCUMENT
        || command.type == FS_COMMAND_DELETE)
    {
        op.kind.data = "page";
        op.kind.len = 4;
    }

    if (command.type == FS_COMMAND_DOCUMENT) {

        /* of some pages, which LMDB writes in one piece */

        len = 2 + dice_below(&run->dice, 20000);
        doc = malloc(len);
        assert_non_null(doc);
        memset(doc, 'a' + (int) dice_below(&run->dice, 26), len);
        doc[0] = '"';
        doc[len - 1] = '"';
        op.doc.data = doc;
        op.doc.len = len;
    }

    fs_leader_one(leader, &command, &op, &result);
    free(doc);

    if (fs_outcome_status(result.outcome) >= 500) {
        run_failed("operator", fs_outcome_code(result.outcome));
    }

    run_point(run);
}


void
run_hold(run_shared_t *shared, dice_t *dice, fs_command_t *command)
{
    char      name[16];
    unsigned  i, n;
    fs_str_t  slug;

    memset(command, 0, sizeof(fs_command_t));

    if (shared->acks_n && dice_one_in(dice, 12)) {

        /* the same once more */

        *command = shared->acks[dice_below(dice,
                                           (unsigned) shared->acks_n)].command;
        if (command->type == FS_COMMAND_HOLD) {
            return;
        }

        memset(command, 0, sizeof(fs_command_t));
    }

    command->type = FS_COMMAND_HOLD;
    command->term_ms = 20000 + dice_below(dice, 200000);
    fs_set_le32(command->buyer, 1 + dice_below(dice, 200));

    if (!dice_one_in(dice, 3)) {
        fs_set_le32(command->key, 1 + dice_below(dice, 1000000));
    }

    if (dice_one_in(dice, 2)) {
        slug.len = (size_t) snprintf(name, sizeof(name), "p%u",
                                     dice_below(dice, 5));
        slug.data = name;
        fs_slug_set(&command->pickup, slug);
    }

    n = dice_one_in(dice, 4) ? 1 + dice_below(dice, 3) : 1;

    for (i = 0; i < n; i++) {
        command->lines[i].sale = 1 + (dice_below(dice, RUN_SALES / 3)
                                      + i * (RUN_SALES / 3)) % RUN_SALES;
        command->lines[i].qty = 1 + dice_below(dice, 3);
    }

    command->lines_n = (uint8_t) n;

    run_hold_more(shared, dice, command);
}


/* Waits for what there is little of; asks for a gift, or uses one; comes by
 * somebody's code. */

static void
run_hold_more(run_shared_t *shared, dice_t *dice, fs_command_t *command)
{
    const run_ack_t  *ack;

    command->queue_units = 40;
    command->queue_ms = 20000;

    switch (dice_below(dice, 8)) {

    case 0:
    case 1:
        command->queue = 1;
        command->lines_n = 1;
        command->lines[0].sale = RUN_SCARCE;
        break;

    case 2:
        command->lines_n = 1;
        command->lines[0].sale = RUN_COUPON;
        command->lines[0].qty = 1;
        command->pickup.len = 0;
        break;

    case 3:
        fs_set_le32(command->from, 1 + dice_below(dice, 200));
        command->counts = 1;
        break;

    case 4:
        ack = run_gift(shared, dice);

        if (ack != NULL) {
            memcpy(command->buyer, ack->command.buyer, FS_BUYER_LEN);
            command->gift = ack->hold;
        }

        break;
    }
}


/* A gift that somebody was told of, or NULL. */

static const run_ack_t *
run_gift(run_shared_t *shared, dice_t *dice)
{
    size_t           i, from;
    const run_ack_t  *ack;

    from = shared->acks_n ? dice_below(dice, (unsigned) shared->acks_n) : 0;

    for (i = 0; i < shared->acks_n; i++) {
        ack = &shared->acks[(from + i) % shared->acks_n];

        if (ack->command.type == FS_COMMAND_HOLD
            && ack->command.lines[0].sale == RUN_COUPON)
        {
            return ack;
        }
    }

    return NULL;
}


void
run_order(run_t *run, fs_command_t *command)
{
    run_ack_t        *ack;
    run_shared_t     *shared;
    const run_ack_t  *gift;

    static const uint8_t  types[] = {
        FS_COMMAND_RELEASE, FS_COMMAND_PAY, FS_COMMAND_PAY, FS_COMMAND_POINT,
        FS_COMMAND_CONFIRM, FS_COMMAND_CONFIRM, FS_COMMAND_CONFIRM,
        FS_COMMAND_CANCEL, FS_COMMAND_REFUND, FS_COMMAND_REFUND,
        FS_COMMAND_REFUNDED, FS_COMMAND_READY, FS_COMMAND_PICK_UP,
        FS_COMMAND_CANCEL_ORDER, FS_COMMAND_HAND_OVER, FS_COMMAND_HAND_OVER,
        FS_COMMAND_PUT_BACK, FS_COMMAND_GIFT
    };

    shared = run->shared;
    ack = &shared->acks[dice_below(&run->dice, (unsigned) shared->acks_n)];

    memset(command, 0, sizeof(fs_command_t));
    command->type = types[dice_below(&run->dice, sizeof(types))];
    command->hold = ack->hold;
    command->term_ms = 20000 + dice_below(&run->dice, 200000);
    command->paid_fen = ack->amount_fen;
    memcpy(command->buyer, ack->command.buyer, FS_BUYER_LEN);

    if (command->type == FS_COMMAND_GIFT) {
        gift = run_gift(shared, &run->dice);
        command->gift = (gift != NULL && !dice_one_in(&run->dice, 4))
                        ? gift->hold : 0;
    }

    if (command->type == FS_COMMAND_POINT) {
        command->pickup.len = 2;
        command->pickup.data[0] = 'p';
        command->pickup.data[1] = (char) ('0' + dice_below(&run->dice, 5));
    }

    if (command->type == FS_COMMAND_HAND_OVER
        || command->type == FS_COMMAND_PUT_BACK)
    {
        memcpy(command->buyer, fs_keys_of_orders, FS_BUYER_LEN);
        fs_set_le32(command->key, (uint32_t) ack->hold);
        fs_set_le32(command->key + 4, 1 + dice_below(&run->dice, 2));
        command->via = FS_VIA_LIST;
    }

    if (command->type == FS_COMMAND_REFUND) {
        memcpy(command->buyer, fs_keys_of_orders, FS_BUYER_LEN);
        command->reason = FS_REASON_GOODWILL;
        command->restock = (uint8_t) dice_below(&run->dice, 2);
        command->lines_n = 1;
        command->lines[0].sale = (ack->command.lines_n != 0)
                                 ? ack->command.lines[0].sale : 1;

        if (dice_one_in(&run->dice, 2)) {
            command->lines[0].qty = 1;

        } else {
            command->lines[0].amount_fen = 1;
        }
    }

    if (command->type == FS_COMMAND_REFUNDED) {
        command->paid_fen = 0;          /* whatever is due */
    }

    if (command->type == FS_COMMAND_CONFIRM
        || command->type == FS_COMMAND_REFUNDED)
    {
        command->reference[3] = (uint8_t) (1 + dice_below(&run->dice, 3));
    }
}
