
/*
 * What is given: gifts, the holds that use them, and when they are free again.
 * Terms are compared as they were asked for.
 */

#include "oracle_parts.h"


int
oracle_is_gift(const oracle_hold_t *hold)
{
    return hold->state == FS_HOLD_GRANTED || hold->state == FS_HOLD_BOUND
           || hold->state == FS_HOLD_USED;
}


/* The index of a hold and 1; 0: there is none. */

size_t
oracle_find(const oracle_t *oracle, fs_seq_t seq, uint32_t epoch)
{
    size_t  i;

    for (i = oracle->holds_n; i > 0; i--) {
        if (oracle->holds[i - 1].seq == seq) {
            break;
        }
    }

    return seq != 0 && epoch == oracle_epoch(oracle, seq) ? i : 0;
}


int
oracle_refuses_giving(const oracle_sale_t *sale, const fs_command_t *command,
    unsigned line, oracle_answer_t *answer)
{
    if (sale->gives == FS_GIVES_NOTHING
        ? command->type == FS_COMMAND_GRANT
        : command->type == FS_COMMAND_ORDER || command->lines_n > 1
          || command->lines[line].qty > 1 || command->gift != 0)
    {
        answer->outcome = sale->gives != FS_GIVES_NOTHING && sale->by_desk
                          && command->type == FS_COMMAND_HOLD
                          ? FS_BY_DESK : FS_BAD_REQUEST;
        return 1;
    }

    if (sale->gives != FS_GIVES_NOTHING && sale->by_desk
        && command->type == FS_COMMAND_HOLD)
    {
        answer->outcome = FS_BY_DESK;
        return 1;
    }

    return 0;
}


static int
oracle_covers(const oracle_sale_t *giving, uint32_t sale)
{
    unsigned  i;

    for (i = 0; i < giving->good_for_n; i++) {
        if (giving->good_for[i] == sale) {
            return 1;
        }
    }

    return giving->good_for_n == 0;
}


/* How much of `off` comes to each line: as much as it is worth of the whole,
 * what is left fen by fen to who lost most by rounding. */

static int64_t
oracle_share(const oracle_sale_t *giving, int64_t worth, oracle_hold_t *hold)
{
    int64_t   cost, all, off, left, lost, most;
    unsigned  line, best, got[FS_LINES_MAX];

    cost = 0;
    all = 0;

    for (line = 0; line < hold->lines_n; line++) {
        got[line] = 0;
        hold->lines[line].off = 0;
        all += hold->lines[line].price * hold->lines[line].qty;

        if (oracle_covers(giving, hold->lines[line].sale)) {
            cost += hold->lines[line].price * hold->lines[line].qty;
        }
    }

    off = worth < cost ? worth : cost;

    if (off == all && off != 0) {
        off--;
    }

    left = off;

    for (line = 0; cost != 0 && line < hold->lines_n; line++) {
        if (oracle_covers(giving, hold->lines[line].sale)) {
            hold->lines[line].off = off * hold->lines[line].price
                                    * hold->lines[line].qty / cost;
            left -= hold->lines[line].off;
        }
    }

    while (left > 0) {
        best = FS_LINES_MAX;
        most = 0;

        for (line = 0; line < hold->lines_n; line++) {
            lost = oracle_covers(giving, hold->lines[line].sale)
                   ? off * hold->lines[line].price * hold->lines[line].qty
                     % cost : 0;

            if (!got[line] && lost > most) {
                most = lost;
                best = line;
            }
        }

        got[best] = 1;
        hold->lines[best].off++;
        left--;
    }

    return off;
}


/* 1: it cannot be used for these lines; the answer says why. */

int
oracle_refuses_gift(oracle_t *oracle, const fs_command_t *command,
    const oracle_hold_t *lines, oracle_answer_t *answer)
{
    int                   good;
    size_t                index;
    int64_t               cost;
    unsigned              line;
    const oracle_hold_t  *gift;
    const oracle_sale_t  *giving;

    index = oracle_find(oracle, command->gift, command->gift_epoch);
    gift = &oracle->holds[index - 1];

    if (index == 0 || !oracle_is_gift(gift)
        || gift->buyer != oracle_buyer(command->buyer))
    {
        answer->outcome = FS_NO_SUCH_HOLD;
        return 1;
    }

    giving = &oracle->sales[gift->lines[0].sale];
    good = 0;
    cost = 0;

    for (line = 0; line < lines->lines_n; line++) {
        if (oracle_covers(giving, lines->lines[line].sale)) {
            good = 1;
            cost += lines->lines[line].price * lines->lines[line].qty;
        }
    }

    answer->outcome = FS_GIFT_UNUSABLE;

    switch (gift->state) {

    case FS_HOLD_USED:
        answer->why = FS_WHY_USED;
        return 1;

    case FS_HOLD_BOUND:
        answer->why = FS_WHY_BOUND;
        return 1;
    }

    if (gift->valid_until != 0 && oracle->now.wall >= gift->valid_until) {
        answer->why = FS_WHY_OVER;

    } else if (!good || gift->worth == 0) {
        answer->why = FS_WHY_OTHER_SALE;

    } else if (cost < giving->from) {
        answer->why = FS_WHY_TOO_LITTLE;

    } else {
        answer->outcome = FS_OK;
        return 0;
    }

    return 1;
}


/* gift: its index and 1. */

void
oracle_bind(oracle_t *oracle, oracle_hold_t *hold, size_t gift)
{
    oracle_hold_t  *of;

    of = &oracle->holds[gift - 1];
    of->state = FS_HOLD_BOUND;
    of->uses = (size_t) (hold - oracle->holds) + 1;
    hold->uses = gift;
    (void) oracle_share(&oracle->sales[of->lines[0].sale], of->worth, hold);
}


static void
oracle_free_gift(oracle_hold_t *gift)
{
    gift->state = FS_HOLD_GRANTED;
    gift->uses = 0;
}


/* The hold's gift, while the hold is what it is bound or used by. */

static oracle_hold_t *
oracle_gift_of(oracle_t *oracle, const oracle_hold_t *hold)
{
    oracle_hold_t  *gift;

    if (hold->uses == 0 || oracle_is_gift(hold)) {
        return NULL;
    }

    gift = &oracle->holds[hold->uses - 1];

    return gift->uses == (size_t) (hold - oracle->holds) + 1 ? gift : NULL;
}


void
oracle_gift_ended(oracle_t *oracle, const oracle_hold_t *hold, int sold)
{
    oracle_hold_t  *gift;

    gift = oracle_gift_of(oracle, hold);

    if (gift == NULL) {
        return;
    }

    if (sold) {
        gift->state = FS_HOLD_USED;

    } else {
        oracle_free_gift(gift);
    }
}


int
oracle_gift_gone(oracle_t *oracle, oracle_hold_t *hold)
{
    if (hold->uses == 0) {
        return 0;
    }

    if (oracle->holds[hold->uses - 1].state != FS_HOLD_GRANTED) {
        return 1;
    }

    oracle_bind(oracle, hold, hold->uses);

    return 0;
}


void
oracle_gift_back(oracle_t *oracle, const oracle_hold_t *hold)
{
    unsigned        line;
    oracle_hold_t  *gift;

    gift = oracle_gift_of(oracle, hold);

    if (gift == NULL || !hold->paid || gift->state != FS_HOLD_USED) {
        return;
    }

    for (line = 0; line < hold->lines_n; line++) {
        if (hold->lines[line].goods == FS_GOODS_HANDED_OVER
            || (hold->lines[line].owed_qty != hold->lines[line].qty
                && (hold->lines[line].owed == 0
                    || hold->lines[line].owed
                       != oracle_line_paid(hold, line))))
        {
            return;
        }
    }

    oracle_free_gift(gift);

    if (gift->valid_until != 0
        && gift->valid_until < oracle->now.wall + 7 * 86400000LL)
    {
        gift->valid_until = oracle->now.wall + 7 * 86400000LL;
    }
}


void
oracle_grant(oracle_t *oracle, oracle_hold_t *hold)
{
    oracle_sale_t  *sale;

    sale = &oracle->sales[hold->lines[0].sale];
    sale->sold++;
    sale->taken[hold->buyer]++;

    hold->state = FS_HOLD_GRANTED;
    hold->number = (uint32_t) sale->sold;
    hold->worth = sale->off;
    hold->valid_until = sale->valid_ms != 0
                        && sale->gives != FS_GIVES_TICKET
                        ? oracle->now.wall + sale->valid_ms : 0;
    hold->ended = oracle->now.wall;
    oracle_new_gift(oracle, sale, hold);
}


void
oracle_gift(oracle_t *oracle, oracle_hold_t *hold,
    const fs_command_t *command, oracle_answer_t *answer)
{
    unsigned        line;
    size_t          gift;

    if (hold->state != FS_HOLD_HELD) {
        answer->outcome = FS_WRONG_STATE;
        answer->state = oracle_state(oracle, hold);
        return;
    }

    gift = oracle_find(oracle, command->gift, command->gift_epoch);

    if (command->gift != 0) {
        if (gift != 0 && gift == hold->uses) {
            return;
        }

        if (oracle_refuses_gift(oracle, command, hold, answer)) {
            return;
        }
    }

    oracle_gift_ended(oracle, hold, 0);
    hold->uses = 0;

    for (line = 0; line < hold->lines_n; line++) {
        hold->lines[line].off = 0;
    }

    if (command->gift != 0) {
        oracle_bind(oracle, hold, gift);
    }
}


/* 0: the definition keeps what was promised. */

int
oracle_breaks_terms(const oracle_t *oracle, const oracle_sale_t *sale,
    const fs_operator_t *op)
{
    unsigned  i;

    if ((sale->gives == FS_GIVES_NOTHING)
        != (op->gives.kind == FS_GIVES_NOTHING))
    {
        return 1;
    }

    if (sale->gives == FS_GIVES_NOTHING
        || (!sale->opened && sale->sold == 0
            && !(sale->draw.seeded && sale->closed)))
    {
        return 0;
    }

    for (i = 0; i < op->lines_n && i < sale->good_for_n; i++) {
        if (oracle_sale_named(oracle, op->lines[i].sale.data,
                              op->lines[i].sale.len)
            != sale->good_for[i])
        {
            return 1;
        }
    }

    return op->lines_n != sale->good_for_n || op->gives.kind != sale->gives
           || op->gives.by_desk != sale->by_desk
           || op->gives.off_fen != sale->off
           || op->gives.from_fen != sale->from
           || op->gives.valid_ms != sale->valid_ms
           || !oracle_same_chance(sale, op)
           || op->stock < sale->stock || op->limit < sale->limit
           || op->opens_at > oracle->now.wall
           || (op->closes_at != 0
               && (sale->closes_at == 0 || op->closes_at < sale->closes_at));
}


void
oracle_set_terms(oracle_t *oracle, oracle_sale_t *sale,
    const fs_operator_t *op)
{
    unsigned  i;

    oracle_set_chance(sale, op);
    sale->gives = op->gives.kind;
    sale->by_desk = op->gives.by_desk;
    sale->off = op->gives.off_fen;
    sale->from = op->gives.from_fen;
    sale->valid_ms = op->gives.valid_ms;
    sale->good_for_n = sale->gives != FS_GIVES_NOTHING ? op->lines_n : 0;

    for (i = 0; i < sale->good_for_n; i++) {
        sale->good_for[i] = oracle_sale_named(oracle, op->lines[i].sale.data,
                                              op->lines[i].sale.len);
    }
}


int
oracle_same_gift(const oracle_t *oracle, const fs_command_t *command,
    const oracle_hold_t *hold)
{
    if (oracle_is_gift(hold)) {
        return command->gift == 0
               && hold->why_print == fs_get_le64(command->fingerprint);
    }

    return command->type != FS_COMMAND_GRANT
           && (command->gift == 0
               ? hold->asked_gift == 0
               : hold->asked_gift != 0
                 && hold->asked_gift == oracle_find(oracle, command->gift,
                                                    command->gift_epoch));
}
