
#include "oracle_parts.h"


static int
oracle_undecided(const oracle_sale_t *sale)
{
    unsigned  i;

    if (sale->decided) {
        return 0;
    }

    for (i = 0; i <= ORACLE_PICKUPS; i++) {
        if (sale->groups[i].joined != 0
            || sale->groups[i].state != FS_GROUP_OPEN)
        {
            return 0;
        }
    }

    return 1;
}


static int
oracle_failed_any(const oracle_sale_t *sale)
{
    unsigned  i;

    for (i = 0; i <= ORACLE_PICKUPS; i++) {
        if (sale->groups[i].state == FS_GROUP_FAILED) {
            return 1;
        }
    }

    return sale->decided;
}


/* Only `*` is asked for, or a tag that nothing has. */

int
oracle_supposed(const fs_operator_t *op, int exists)
{
    const fs_str_t  *match, *none;

    match = &op->condition.if_match;
    none = &op->condition.if_none_match;

    if (match->data != NULL && !(exists && match->data[0] == '*')) {
        return 0;
    }

    return none->data == NULL || !(exists && none->data[0] == '*');
}


/* The points of a document are p0 to p7, in the order in which they stand. */

static void
oracle_lists(oracle_t *oracle, oracle_sale_t *sale, const fs_operator_t *op)
{
    size_t    i;
    uint32_t  number;

    if (op->doc.data == NULL) {
        return;
    }

    sale->lists = 0;
    memset(sale->listed, 0, sizeof(sale->listed));

    for (i = 0; i + 3 < op->doc.len; i++) {
        if (op->doc.data[i] == '"' && op->doc.data[i + 3] == '"'
            && op->doc.data[i + 1] == 'p')
        {
            number = oracle_pickup_new(oracle, op->doc.data + i + 1, 2);
            sale->lists++;
            sale->listed[number] = 1;
        }
    }
}


static void
oracle_document(oracle_t *oracle, const fs_command_t *command,
    const fs_operator_t *op, oracle_answer_t *answer)
{
    uint32_t  number;

    number = oracle_pickup(oracle, op->slug.data, op->slug.len);
    answer->outcome = FS_OK;

    if (command->type == FS_COMMAND_DELETE
        && !(number != 0 && oracle->documents[number]))
    {
        answer->outcome = FS_NOT_FOUND;

    } else if (!oracle_supposed(op, number != 0
                                    && oracle->documents[number]))
    {
        answer->outcome = FS_PRECONDITION;

    } else {
        number = oracle_pickup_new(oracle, op->slug.data, op->slug.len);
        oracle->documents[number] = command->type == FS_COMMAND_DOCUMENT;
    }
}


static void
oracle_define(oracle_t *oracle, const fs_operator_t *op,
    oracle_answer_t *answer)
{
    int             by_pickup, reopens;
    oracle_sale_t  *sale;

    by_pickup = op->goal != 0 && op->goal_by == FS_GOAL_BY_PICKUP;

    if (!oracle_supposed(op, answer->sale != 0)) {
        answer->outcome = FS_PRECONDITION;
        return;
    }

    if (answer->sale != 0) {
        oracle_opens_closes(oracle, &oracle->sales[answer->sale]);
    }

    if (oracle_bad_terms(oracle, op, answer)) {
        return;
    }

    if (answer->sale == 0) {
        answer->sale = ++oracle->sales_n;
        sale = &oracle->sales[answer->sale];
        sale->exists = 1;
        memcpy(sale->slug, op->slug.data, op->slug.len);
        answer->outcome = FS_CREATED;
        reopens = 0;

    } else {
        sale = &oracle->sales[answer->sale];
        reopens = sale->closed && op->closes_at != sale->closes_at
                  && (op->closes_at == 0
                      || op->closes_at > oracle->now.wall);

        if (oracle_draw_over(sale, op, reopens)) {
            answer->outcome = FS_CLOSED;
            return;
        }

        if (oracle_breaks_terms(oracle, sale, op)) {
            answer->outcome = FS_GIVEN;
            return;
        }

        if ((op->goal != sale->goal || by_pickup != sale->by_pickup)
            && !oracle_undecided(sale))
        {
            answer->outcome = FS_DECIDED;
            return;
        }

        if (reopens && sale->called_off) {
            answer->outcome = FS_CLOSED;
            return;
        }

        if (reopens && oracle_failed_any(sale)) {
            answer->outcome = FS_DECIDED;
            return;
        }

        if (op->stock < sale->stock) {
            oracle_make_room(oracle, answer->sale, sale->stock - op->stock);
        }

        if (op->stock < sale->held + sale->sold) {
            answer->outcome = FS_STOCK_TAKEN;
            answer->held = (uint32_t) sale->held;
            answer->sold = (uint32_t) sale->sold;
            return;
        }

        answer->outcome = FS_OK;
    }

    if (reopens) {
        oracle_end_queue(oracle, answer->sale);
    }

    oracle_lists(oracle, sale, op);
    oracle_set_terms(oracle, sale, op);
    sale->queue = (int64_t) op->queue - 1;
    sale->price = op->price_fen;
    sale->stock = op->stock;
    sale->limit = op->limit;
    sale->opens_at = op->opens_at;
    sale->closes_at = op->closes_at;
    sale->goal = op->goal;
    sale->by_pickup = by_pickup;
    sale->hold_ms = op->hold_ms;
    sale->cancel_ms = op->cancel_ms;

    if (reopens) {
        sale->closed = 0;
    }

    if (sale->opens_at > oracle->now.wall) {
        sale->opened = 0;
    }

    oracle_opens_closes(oracle, sale);
}


uint32_t
oracle_sale_named(const oracle_t *oracle, const char *name, size_t len)
{
    uint32_t  number;

    for (number = oracle->sales_n; number > 0; number--) {
        if (strlen(oracle->sales[number].slug) == len
            && memcmp(oracle->sales[number].slug, name, len) == 0)
        {
            break;
        }
    }

    return number;
}


void
oracle_operator(oracle_t *oracle, const fs_command_t *command,
    const fs_operator_t *op, oracle_answer_t *answer)
{
    uint32_t        number;
    oracle_key_t   *key;
    oracle_sale_t  *sale;

    key = &oracle->admin_keys[oracle_key(command)];

    if (oracle_key(command) != 0 && key->bound
        && oracle_kept(oracle, key->at, key->old))
    {
        if (key->fingerprint == fs_get_le64(op->fingerprint)) {
            answer->outcome = FS_REPLAYED;
            answer->sale = key->sale;
            answer->life = key->life;
            answer->orders = key->orders;

        } else {
            answer->outcome = FS_KEY_REUSED;
        }

        return;
    }

    number = oracle_sale_named(oracle, op->slug.data, op->slug.len);
    answer->sale = number;
    sale = &oracle->sales[number];

    if (command->type == FS_COMMAND_LIFE && !oracle_supposed(op, 0)) {
        answer->sale = 0;
        answer->outcome = FS_PRECONDITION;

    } else if (command->type == FS_COMMAND_LIFE) {
        answer->sale = 0;
        answer->outcome = FS_OK;
        answer->life = oracle->lives_n + 1;

    } else if (command->type == FS_COMMAND_DOCUMENT
        || command->type == FS_COMMAND_DELETE)
    {
        answer->sale = 0;

        if (op->kind.len == 4) {        /* "shop", not "pickup" */
            oracle_referral_document(oracle, command, op, answer);

        } else {
            oracle_document(oracle, command, op, answer);
        }

    } else if (command->type == FS_COMMAND_DEFINE) {
        oracle_define(oracle, op, answer);

    } else if (command->type == FS_COMMAND_WAVE) {
        answer->sale = 0;
        oracle_define_wave(oracle, op, answer);

    } else if (command->type == FS_COMMAND_RECEIVE) {
        answer->sale = 0;
        oracle_receive(oracle, op, answer);

    } else if (number == 0) {
        answer->outcome = FS_NO_SUCH_SALE;

    } else if (!oracle_supposed(op, 1)) {
        answer->outcome = FS_PRECONDITION;

    } else {
        oracle_opens_closes(oracle, sale);
        answer->outcome = FS_OK;

        switch (command->type) {

        case FS_COMMAND_STOCK:
            if (sale->gives == FS_GIVES_PACKET
                || (sale->gives != FS_GIVES_NOTHING && op->add < 0
                    && (sale->opened || sale->sold != 0)))
            {
                answer->outcome = FS_GIVEN;
                break;
            }

            if (op->add < 0) {
                oracle_make_room(oracle, number, -op->add);
            }

            if (sale->stock + op->add < sale->held + sale->sold) {
                answer->outcome = FS_STOCK_TAKEN;
                answer->held = (uint32_t) sale->held;
                answer->sold = (uint32_t) sale->sold;
                break;
            }

            sale->stock += op->add;
            break;

        case FS_COMMAND_PAUSE:
            sale->paused = 1;
            break;

        case FS_COMMAND_RESUME:
            if (sale->closed) {
                answer->outcome = FS_CLOSED;
                break;
            }

            sale->paused = 0;
            break;

        case FS_COMMAND_CLOSE:
            sale->closed = 1;
            break;

        case FS_COMMAND_DRAW:
            oracle_draw(sale, op, answer);
            break;

        case FS_COMMAND_CALL_OFF:

            if (sale->called_off) {

                /* for good: nothing is written, and no key is kept */

                answer->outcome = FS_ACCEPTED;
                return;
            }

            oracle_call_off(oracle, op, answer);
            break;

        case FS_COMMAND_COMPENSATE:
            oracle_compensate(oracle, op, answer);
            break;
        }
    }

    if ((answer->outcome == FS_OK || answer->outcome == FS_CREATED
         || answer->outcome == FS_ACCEPTED)
        && oracle_key(command) != 0)
    {
        key->bound = 1;
        key->old = 0;
        key->at = oracle->now.wall;
        key->fingerprint = fs_get_le64(op->fingerprint);
        key->sale = answer->sale;
        key->life = answer->life;
        key->orders = answer->orders;
    }
}
