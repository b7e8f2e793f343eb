
#include "common/check.h"
#include "compare.h"


void
compare_units(units_t *units, const fs_entry_t *entry)
{
    int64_t           *stock, *held, *sold;
    fs_entry_effect_t  effect;

    if (entry->sale == 0) {
        return;
    }

    stock = &units->stock[entry->sale];
    held = &units->held[entry->sale];
    sold = &units->sold[entry->sale];

    fs_entry_effect(entry, &effect);

    if (entry->type == FS_ENTRY_SALE) {
        *stock = entry->qty;
    }

    *stock += effect.stock;
    *held += effect.held;
    *sold += effect.sold;

    check(*held >= 0 && *sold >= 0 && *held + *sold <= *stock,
          "entry %llu, sale %u: %lld held, %lld sold of %lld",
          (unsigned long long) entry->seq, entry->sale, (long long) *held,
          (long long) *sold, (long long) *stock);
}


void
compare_sale(const fs_sale_t *sale, const oracle_sale_t *want,
    const units_t *units)
{
    uint32_t  n;

    n = sale->number;

    check(sale->stock == want->stock && sale->held == want->held
          && sale->sold == want->sold,
          "sale %u: %u = %u + %u, not %lld = %lld + %lld", n, sale->stock,
          sale->held, sale->sold, (long long) want->stock,
          (long long) want->held, (long long) want->sold);
    check(units->stock[n] == want->stock && units->held[n] == want->held
          && units->sold[n] == want->sold, "sale %u by the ledger", n);
    check(sale->opened == want->opened && sale->paused == want->paused
          && sale->closed == want->closed && sale->decided == want->decided,
          "sale %u: opened %u, paused %u, closed %u, decided %u", n,
          sale->opened, sale->paused, sale->closed, sale->decided);
    check(sale->price_fen == want->price && sale->limit == want->limit
          && sale->opens_at == want->opens_at
          && sale->closes_at == want->closes_at && sale->goal == want->goal
          && sale->hold_ms == want->hold_ms,
          "sale %u: its definition", n);
    check(sale->cancel_ms == want->cancel_ms, "sale %u: cancel_ms", n);
    check(sale->gives == want->gives && sale->by_desk == want->by_desk,
          "sale %u gives %u", n, sale->gives);
    check(sale->called_off == want->called_off, "sale %u: called off", n);
    check(sale->queue == want->queue + 1
          && sale->queue_last == want->numbers,
          "sale %u: %u may wait, the last number is %u, not %lld, %u", n,
          sale->queue, sale->queue_last, (long long) want->queue,
          want->numbers);
    check(sale->waves == want->waves, "sale %u: %u waves, not %u", n,
          sale->waves, want->waves);
}


void
compare_group(const fs_group_t *group, const oracle_group_t *want)
{
    check((group != NULL) == want->exists, "a group");

    if (group != NULL) {
        check(group->state == want->state && group->joined == want->joined,
              "group %u of sale %u: state %u, joined %u, not %d, %u",
              group->pickup, group->sale, group->state, group->joined,
              want->state, want->joined);
    }
}


/* Where the goods of a line are, and since when; and what is said of it. */

static void
compare_goods(const fs_hold_t *hold, const oracle_hold_t *want, unsigned i)
{
    const fs_line_t  *line;

    line = &hold->lines[i];

    check(line->short_qty == want->lines[i].missing
          && line->wave == want->lines[i].wave
          && line->goods_at == want->lines[i].goods_at,
          "line %u of hold %llu: %s at %lld, %u short, wave %u; not %lld, "
          "%u, %u", i, (unsigned long long) hold->seq,
          fs_goods_name(line->goods), (long long) line->goods_at,
          line->short_qty, line->wave,
          (long long) want->lines[i].goods_at, want->lines[i].missing,
          want->lines[i].wave);

    check(line->ready_s == want->lines[i].ready_s,
          "line %u of hold %llu: came after %u s, not %u", i,
          (unsigned long long) hold->seq, line->ready_s,
          want->lines[i].ready_s);

    check(line->claimed == want->lines[i].claimed,
          "line %u of hold %llu: %u claimed, not %u", i,
          (unsigned long long) hold->seq, line->claimed,
          want->lines[i].claimed);
}


void
compare_hold(const fs_hold_t *hold, const oracle_hold_t *want, int state)
{
    unsigned  i;

    check(hold->seq == want->seq, "hold %llu, not %llu",
          (unsigned long long) hold->seq, (unsigned long long) want->seq);
    check(hold->state == state, "hold %llu is %s, not %s",
          (unsigned long long) hold->seq, fs_hold_state_name(hold->state),
          fs_hold_state_name((unsigned) state));
    check(hold->lines_n == want->lines_n, "lines");
    check(hold->pickup == want->pickup, "%u, not %u", hold->pickup,
          want->pickup);
    check(hold->created_at == want->created_at, "created");
    check(hold->expires_at == want->expires_at, "expires");
    check(fs_get_le32(hold->buyer) == want->buyer, "buyer");
    check(hold->number == want->number, "hold %llu has number %u, not %u",
          (unsigned long long) hold->seq, hold->number, want->number);

    if (state == FS_HOLD_HELD || state == FS_HOLD_PAYING) {
        check(hold->due == want->due, "hold %llu due %lld, not %lld",
              (unsigned long long) hold->seq, (long long) hold->due,
              (long long) want->due);
    }

    for (i = 0; i < hold->lines_n; i++) {
        check(hold->lines[i].sale == want->lines[i].sale
              && hold->lines[i].qty == want->lines[i].qty
              && hold->lines[i].price_fen == want->lines[i].price
              && hold->lines[i].off_fen == want->lines[i].off,
              "line %u of hold %llu", i, (unsigned long long) hold->seq);
        check(hold->lines[i].owed_fen == want->lines[i].owed
              && hold->lines[i].owed_qty == want->lines[i].owed_qty
              && hold->lines[i].restocked == want->lines[i].restocked
              && hold->lines[i].goods == want->lines[i].goods,
              "line %u of hold %llu: %lld fen, %u units owed, %u restocked, "
              "goods %u; not %lld, %u, %u, %d", i,
              (unsigned long long) hold->seq,
              (long long) hold->lines[i].owed_fen, hold->lines[i].owed_qty,
              hold->lines[i].restocked, hold->lines[i].goods,
              (long long) want->lines[i].owed, want->lines[i].owed_qty,
              want->lines[i].restocked, want->lines[i].goods);

        compare_goods(hold, want, i);

        /* whatever the oracle says */

        check(hold->lines[i].owed_fen <= fs_line_paid(&hold->lines[i])
              && hold->lines[i].owed_qty <= hold->lines[i].qty,
              "line %u of hold %llu owes more than was paid", i,
              (unsigned long long) hold->seq);
    }

    check(hold->owed_fen == oracle_owed(want)
          && hold->refunded_fen == oracle_back(want)
          && hold->paid == want->paid,
          "hold %llu: %lld fen owed, %lld back, not %lld, %lld",
          (unsigned long long) hold->seq, (long long) hold->owed_fen,
          (long long) hold->refunded_fen, (long long) oracle_owed(want),
          (long long) oracle_back(want));
}


void
compare_ahead(const oracle_t *oracle, const fs_hold_t *hold,
    const oracle_hold_t *want)
{
    uint32_t  ahead;

    ahead = hold->state == FS_HOLD_QUEUED ? oracle_ahead(oracle, want) : 0;

    check(hold->ahead == ahead, "%u come before hold %llu, not %u",
          hold->ahead, (unsigned long long) hold->seq, ahead);
}


const oracle_payment_t *
compare_debt(const fs_debt_t *debt, const oracle_hold_t *want)
{
    unsigned                 i;
    const oracle_payment_t  *payment;

    for (i = 0; i < want->payments_n; i++) {
        if (want->payments[i].seq == debt->seq) {
            break;
        }
    }

    check(debt->seq != 0 && i < want->payments_n, "debt %llu of hold %llu",
          (unsigned long long) debt->seq, (unsigned long long) debt->hold);

    payment = &want->payments[i];

    check(debt->amount_fen == payment->amount && debt->qty == payment->qty
          && debt->sale == (payment->line == -1
                            ? 0 : want->lines[payment->line].sale),
          "debt %llu: %lld fen for %u of sale %u, not %lld for %u",
          (unsigned long long) debt->seq, (long long) debt->amount_fen,
          debt->qty, debt->sale, (long long) payment->amount, payment->qty);
    check(debt->reason == payment->reason && debt->due_at == payment->due_at
          && memcmp(debt->payment, payment->reference, FS_REFERENCE_LEN) == 0,
          "debt %llu: %s, due at %lld, not %s, %lld",
          (unsigned long long) debt->seq, fs_reason_name(debt->reason),
          (long long) debt->due_at,
          fs_reason_name((unsigned) payment->reason),
          (long long) payment->due_at);
    check((debt->refunded == 0) == payment->due
          && (debt->refunded == 0) == (debt->refunded_at == 0)
          && (debt->refunded == 0 || debt->refunded > debt->seq
              || (debt->refunded == debt->seq && debt->amount_fen == 0)),
          "debt %llu: refunded by %llu at %lld",
          (unsigned long long) debt->seq, (unsigned long long) debt->refunded,
          (long long) debt->refunded_at);

    return payment;
}


void
compare_debts(const fs_hold_t *hold, const fs_debt_t *debts, size_t n)
{
    size_t            d;
    int64_t           owed, back, fen;
    unsigned          i, amounts;
    uint32_t          qty;
    const fs_line_t  *line;

    owed = 0;
    back = 0;

    for (d = 0; d < n; d++) {
        if (debts[d].refunded == 0) {
            owed += debts[d].amount_fen;

        } else {
            back += debts[d].amount_fen;
        }
    }

    check(hold->owed_fen == owed && hold->refunded_fen == back,
          "hold %llu: the debts of it are %lld and %lld fen",
          (unsigned long long) hold->seq, (long long) owed,
          (long long) back);

    for (i = 0; i < hold->lines_n; i++) {
        line = &hold->lines[i];
        fen = 0;
        qty = 0;
        amounts = 0;

        for (d = 0; d < n; d++) {
            if (debts[d].sale == line->sale) {
                fen += debts[d].amount_fen;
                qty += debts[d].qty;
                amounts += debts[d].qty == 0;
            }
        }

        check(line->owed_fen == fen && line->owed_qty == qty
              && fen <= fs_line_paid(line) && qty <= line->qty,
              "line %u of hold %llu: the debts of it are %lld fen, %u units",
              i, (unsigned long long) hold->seq, (long long) fen, qty);

        /* unit by unit, no fen is left over */

        check(qty != line->qty || amounts != 0
              || fen == fs_line_paid(line),
              "line %u of hold %llu: %lld fen for all its units", i,
              (unsigned long long) hold->seq, (long long) fen);
    }
}


/* The engine draws the epoch of a life: any will do that no other life had. */

static void
compare_life(oracle_t *oracle, fs_seq_t seq, const fs_result_t *got,
    const oracle_answer_t *want)
{
    if (want->outcome == FS_OK) {
        check(oracle_begin_life(oracle, seq, got->epoch),
              "epoch %08x is an old one", got->epoch);
    }

    check(got->epoch == oracle->lives[want->life - 1].epoch, "epoch %08x",
          got->epoch);
}


void
compare_answer(oracle_t *oracle, const generated_t *made, fs_seq_t seq,
    const fs_result_t *got, const oracle_answer_t *want)
{
    int             type;
    oracle_hold_t  *hold;

    type = made->command.type;

    check(got->outcome == want->outcome, "command type %d: %s, not %s",
          type, fs_outcome_code(got->outcome),
          fs_outcome_code((unsigned) want->outcome));

    switch (want->outcome) {

    case FS_REFUND_DUE:
        check(got->reason == want->reason, "%s, not %s",
              fs_reason_name(got->reason),
              fs_reason_name((unsigned) want->reason));
        break;

    case FS_WRONG_STATE:
        check(got->state == want->state, "%s, not %s",
              fs_hold_state_name(got->state),
              fs_hold_state_name((unsigned) want->state));
        check(type != FS_COMMAND_RECEIVE || got->sale == want->sale,
              "sale %u, not %u", got->sale, want->sale);
        break;

    case FS_READY_ALREADY:
        check(got->sale == want->sale, "sale %u, not %u", got->sale,
              want->sale);
        break;

    case FS_BAD_REQUEST:
        check(got->sale == want->sale, "a pickup point: sale %u, not %u",
              got->sale, want->sale);
        check(type != FS_COMMAND_DOCUMENT || got->giving == want->giving,
              "gives nothing: %u, not %d", got->giving, want->giving);
        check(type != FS_COMMAND_DEFINE || got->at == want->at,
              "a beacon is out at %lld, not %lld", (long long) got->at,
              (long long) want->at);
        break;

    case FS_GIFT_UNUSABLE:
        check(got->why == want->why, "%s, not %s", fs_why_name(got->why),
              fs_why_name((unsigned) want->why));
        break;

    case FS_SOLD_OUT:
        check(got->sale == want->sale && got->free == want->free,
              "sale %u, %u free, not %u, %u", got->sale, got->free,
              want->sale, want->free);
        break;

    case FS_OVER_LIMIT:
        check(got->sale == want->sale && got->limit == want->limit,
              "sale %u", got->sale);
        break;

    case FS_TOO_MANY_HOLDS:
        check(got->limit == want->limit, "limit %u", got->limit);
        break;

    case FS_NOT_OPEN:
    case FS_WAIT:
        check(got->sale == want->sale && got->at == want->at,
              "sale %u, %lld, not %u, %lld", got->sale, (long long) got->at,
              want->sale, (long long) want->at);
        break;

    case FS_CLOSED:
    case FS_PAUSED:
    case FS_NO_SUCH_SALE:
        check(made->has_op || got->sale == want->sale, "sale %u", got->sale);
        break;

    case FS_REFUND_OVER:
        check(got->sale == want->sale && got->amount_fen == want->amount,
              "sale %u, %lld fen left, not %u, %lld", got->sale,
              (long long) got->amount_fen, want->sale,
              (long long) want->amount);
        break;

    case FS_WRONG_AMOUNT:
        check(got->amount_fen == want->amount, "%lld fen, not %lld",
              (long long) got->amount_fen, (long long) want->amount);
        break;

    case FS_HANDED_OVER:
    case FS_DOUBLE:
        check(got->at == want->at && got->paid_back == want->paid_back,
              "handed over at %lld, paid back %u, not %lld, %d",
              (long long) got->at, got->paid_back, (long long) want->at,
              want->paid_back);
        break;

    case FS_STOCK_TAKEN:
        check(got->held == want->held && got->sold == want->sold,
              "%u held, %u sold", got->held, got->sold);
        break;

    default:
        if (made->has_op && want->outcome != FS_KEY_REUSED
            && type != FS_COMMAND_RECEIVE && type != FS_COMMAND_ORDER
            && type != FS_COMMAND_GRANT)
        {
            check(got->sale == want->sale, "sale %u, not %u", got->sale,
                  want->sale);
        }
    }

    if (want->life != 0) {
        compare_life(oracle, seq, got, want);
    }

    if (want->other != -1) {
        hold = &oracle->others[want->other];
        check(got->hold.other == hold->other && got->hold.epoch == hold->epoch
              && got->hold.state == hold->state
              && got->hold.owed_fen == oracle_owed(hold)
              && got->hold.refunded_fen == oracle_back(hold),
              "hold %llu of life %08x",
              (unsigned long long) got->hold.other, got->hold.epoch);
        return;
    }

    if (want->outcome == FS_ACCEPTED
        && made->command.type == FS_COMMAND_COMPENSATE)
    {
        check(got->orders == want->orders, "%u orders, not %u", got->orders,
              want->orders);
    }

    if (want->outcome == FS_FORMED || want->outcome == FS_TOO_LATE
        || want->outcome == FS_CLAIMED || want->outcome == FS_NOT_FOUND
        || want->outcome == FS_GIFT_UNUSABLE
        || want->outcome == FS_NO_SUCH_HOLD)
    {
        return;
    }

    if (want->hold == -1) {
        check(got->hold.seq == 0, "a hold in the answer");
        return;
    }

    hold = &oracle->holds[want->hold];

    if (want->claim != -1) {
        check(got->claim != 0 && (want->outcome != FS_CREATED
                                  || got->claim <= seq)
              && (want->outcome == FS_CREATED
                  || got->claim == oracle->claims[want->claim].seq),
              "claim %llu", (unsigned long long) got->claim);
        oracle->claims[want->claim].seq = got->claim;

    } else if (want->outcome == FS_CREATED || want->outcome == FS_QUEUED) {
        hold->seq = got->hold.seq;
    }

    compare_hold(&got->hold, hold, oracle_state(oracle, hold));
    compare_gift(oracle, &got->hold, hold);
    compare_ahead(oracle, &got->hold, hold);
}


void
compare_gift(const oracle_t *oracle, const fs_hold_t *hold,
    const oracle_hold_t *want)
{
    fs_seq_t  seq;

    seq = want->uses != 0 ? oracle->holds[want->uses - 1].seq : 0;

    check(hold->gift == seq, "hold %llu has gift %llu, not %llu",
          (unsigned long long) hold->seq, (unsigned long long) hold->gift,
          (unsigned long long) seq);

    if (fs_hold_is_gift(hold)) {
        check(hold->number == want->number && hold->worth_fen == want->worth
              && hold->valid_until == want->valid_until,
              "gift %llu is number %u, worth %lld, until %lld; not %u, %lld, "
              "%lld", (unsigned long long) hold->seq, hold->number,
              (long long) hold->worth_fen, (long long) hold->valid_until,
              want->number, (long long) want->worth,
              (long long) want->valid_until);
        check(hold->prize == want->prize, "gift %llu has prize %u, not %u",
              (unsigned long long) hold->seq, hold->prize, want->prize);
    }
}


void
compare_refused(const fs_result_t *view, const fs_result_t *got)
{
    switch (got->outcome) {

    case FS_CREATED:
    case FS_QUEUED:
    case FS_REPLAYED:
    case FS_KEY_REUSED:
        check(0, "a view refused with %s what is answered %s",
              fs_outcome_code(view->outcome), fs_outcome_code(got->outcome));
        break;

    case FS_WAIT:
    case FS_TOO_MANY_HOLDS:
        break;

    default:
        check(view->outcome == got->outcome && view->sale == got->sale
              && view->free == got->free && view->at == got->at
              && view->limit == got->limit,
              "a view: %s, the decision: %s", fs_outcome_code(view->outcome),
              fs_outcome_code(got->outcome));
    }
}
