
/*
 * The deciding function: the buyer's commands, and what all commands share.
 *
 * Everything is checked before anything is emitted.  What is emitted while
 * checking (a sale opens or closes, a hold whose time is over expires) is
 * true whatever becomes of the command.
 */

#include "rules/decide_parts.h"


static void fs_decide_unmet(fs_state_t *state, const fs_command_t *command,
    fs_result_t *result);
static void fs_decide_hold(fs_state_t *state, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result);
static int fs_decide_replay(fs_state_t *state, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result);
static int fs_same_payload(fs_state_t *state, const fs_command_t *command,
    const fs_hold_t *hold);
static int fs_lines_valid(const fs_command_t *command);
static fs_outcome_t fs_check_lines(fs_state_t *state,
    const fs_command_t *command, const fs_now_t *now, fs_result_t *result);
static fs_outcome_t fs_check_line(fs_state_t *state,
    const fs_command_t *command, unsigned i, const fs_now_t *now,
    fs_result_t *result);
static fs_outcome_t fs_check_buyer(fs_state_t *state,
    const fs_command_t *command, const fs_now_t *now, fs_result_t *result);
static fs_outcome_t fs_check_free(fs_state_t *state,
    const fs_command_t *command, fs_result_t *result);
static uint32_t fs_hold_term(fs_state_t *state, const fs_command_t *command);


void
fs_decide(fs_state_t *state, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result)
{
    fs_seq_t  seq;

    memset(result, 0, sizeof(fs_result_t));
    state->cut = 0;
    seq = state->seq;

    if (state->store->clock_behind) {

        /* another process may have been told, or the clock was set right */

        if (now->wall >= state->at - FS_CLOCK_BEHIND_MS) {
            state->store->clock_behind = 0;

        } else if (command->type != FS_COMMAND_CLOCK) {
            result->outcome = FS_CLOCK;
            return;
        }
    }

    if (command->unmet) {
        fs_decide_unmet(state, command, result);
        return;
    }

    switch (command->type) {

    case FS_COMMAND_HOLD:
        fs_decide_hold(state, command, now, result);
        break;

    case FS_COMMAND_RELEASE:
    case FS_COMMAND_PAY:
        fs_decide_buyer(state, command, now, result);
        break;

    case FS_COMMAND_POINT:
        fs_decide_point(state, command, now, result);
        break;

    case FS_COMMAND_CONFIRM:
    case FS_COMMAND_CANCEL:
    case FS_COMMAND_REFUNDED:
    case FS_COMMAND_READY:
    case FS_COMMAND_PICK_UP:
        fs_decide_order(state, command, now, result);
        break;

    default:
        fs_decide_operator(state, command, op, now, result);
        break;
    }

    if (state->cut && fs_outcome_status(result->outcome) == 409) {

        /* units are there, and not free yet: the same again in a moment */

        memset(result, 0, sizeof(fs_result_t));
        result->outcome = FS_QUEUE_FULL;
    }

    if (state->seq != seq) {
        result->seq = state->seq;
    }

    if (state->failed || state->index->error != 0 || state->log->error != 0) {
        result->outcome = FS_INTERNAL;
    }
}


/*
 * A hold has no entity tag, so what a request supposes of it is known before
 * it is looked for; but what is not there is not there first.
 */

static void
fs_decide_unmet(fs_state_t *state, const fs_command_t *command,
    fs_result_t *result)
{
    int        buyers;
    fs_hold_t  hold;

    buyers = command->type <= FS_COMMAND_POINT;

    if (command->epoch != fs_state_epoch(state, command->hold)) {
        result->outcome = buyers ? FS_OTHER_LIFE : FS_PRECONDITION;

    } else if (!fs_state_hold(state, command->hold, &hold)
               || (buyers && memcmp(hold.buyer, command->buyer,
                                    FS_BUYER_LEN) != 0))
    {
        result->outcome = FS_NO_SUCH_HOLD;

    } else {
        result->outcome = FS_PRECONDITION;
    }

    if (state->failed || state->index->error != 0 || state->log->error != 0) {
        result->outcome = FS_INTERNAL;
    }
}


static void
fs_decide_hold(fs_state_t *state, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result)
{
    unsigned      i;
    uint32_t      term, pickup, sales[FS_LINES_MAX];
    fs_str_t      slug;
    fs_hold_t     hold;
    fs_sale_t    *sale;
    fs_entry_t    entry;
    fs_outcome_t  outcome;

    if (fs_decide_replay(state, command, now, result)) {
        return;
    }

    slug.len = command->pickup.len;
    slug.data = command->pickup.data;

    if (!fs_lines_valid(command) || (slug.len != 0 && !fs_slug_valid(slug))) {
        result->outcome = FS_BAD_REQUEST;
        return;
    }

    for (i = 0; i < command->lines_n; i++) {
        sale = fs_state_sale(state, command->lines[i].sale);

        if (sale != NULL) {
            fs_open_close(state, sale, now);
        }
    }

    outcome = fs_check_lines(state, command, now, result);

    if (outcome == FS_OK) {
        outcome = fs_check_buyer(state, command, now, result);
    }

    if (outcome == FS_OVER_LIMIT || outcome == FS_TOO_MANY_HOLDS) {
        fs_expire_buyer(state, command->buyer, now);

        result->limit = 0;
        outcome = fs_check_lines(state, command, now, result);

        if (outcome == FS_OK) {
            outcome = fs_check_buyer(state, command, now, result);
        }
    }

    if (outcome == FS_OK) {
        for (i = 0; i < command->lines_n; i++) {
            sale = fs_state_sale(state, command->lines[i].sale);
            fs_make_room(state, sale, command->lines[i].qty, now);
        }

        outcome = fs_check_free(state, command, result);
    }

    if (outcome == FS_OK) {
        for (i = 0; i < command->lines_n; i++) {
            sales[i] = command->lines[i].sale;
        }

        outcome = fs_points_check(state, sales, command->lines_n, slug,
                                  &pickup, result);
    }

    if (outcome != FS_OK) {
        result->outcome = (uint16_t) outcome;
        return;
    }

    term = fs_hold_term(state, command);

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.type = FS_ENTRY_HELD;
    entry.lines_n = command->lines_n;
    entry.pickup = pickup;
    entry.number = term;
    entry.time1 = now->wall + term;
    entry.time2 = now->mono + term;
    memcpy(entry.id1, command->buyer, FS_BUYER_LEN);
    memcpy(entry.key, command->key, FS_KEY_HASH_LEN);

    for (i = 0; i < command->lines_n; i++) {
        sale = fs_state_sale(state, command->lines[i].sale);
        entry.line = (uint8_t) i;
        entry.sale = command->lines[i].sale;
        entry.qty = (int32_t) command->lines[i].qty;
        entry.amount_fen = sale->price_fen;

        fs_emit(state, &entry, now);

        memset(entry.key, 0, FS_KEY_HASH_LEN);
    }

    if (fs_state_hold(state, entry.hold, &hold)) {
        result->outcome = FS_CREATED;
        result->hold = hold;
    }
}


/*
 * The key comes before everything: a retry is answered the same when the sale
 * has sold out since.  1: answered; 0: the key is new, or kept long enough.
 */

static int
fs_decide_replay(fs_state_t *state, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result)
{
    fs_seq_t    seq;
    fs_hold_t   hold;
    fs_entry_t  entry;

    if (fs_all_zero(command->key, FS_KEY_HASH_LEN)
        || !fs_state_bound(state, command->buyer, command->key, &seq))
    {
        return 0;
    }

    if (!fs_state_hold(state, seq, &hold)) {

        /* not a hold's but an operator's */

        if (!fs_state_entry(state, seq, &entry)
            || now->mono >= entry.at + FS_KEY_KEPT_MS)
        {
            return 0;
        }

        result->outcome = FS_KEY_REUSED;
        return 1;
    }

    if (!fs_hold_live(&hold) && now->mono >= hold.due + FS_KEY_KEPT_MS) {
        return 0;
    }

    if (!fs_same_payload(state, command, &hold)) {
        result->outcome = FS_KEY_REUSED;
        return 1;
    }

    fs_expire_due(state, &hold, now);
    fs_answer_with(state, &hold, result);
    result->outcome = FS_REPLAYED;

    return 1;
}


static int
fs_same_payload(fs_state_t *state, const fs_command_t *command,
    const fs_hold_t *hold)
{
    unsigned    i, j;
    uint32_t    pickup;
    fs_str_t    slug;
    fs_entry_t  first;

    if (command->lines_n != hold->lines_n) {
        return 0;
    }

    pickup = 0;

    if (command->pickup.len != 0) {
        slug.len = command->pickup.len;
        slug.data = command->pickup.data;
        pickup = fs_state_number(state, 'p', slug);

        if (pickup == 0) {
            return 0;
        }
    }

    /* what was asked for: the hold may have another by now */

    if (!fs_state_entry(state, hold->seq, &first)) {
        state->failed = 1;
        return 0;
    }

    if (pickup != first.pickup) {
        return 0;
    }

    for (i = 0; i < command->lines_n; i++) {
        for (j = 0; j < hold->lines_n; j++) {
            if (command->lines[i].sale == hold->lines[j].sale
                && command->lines[i].qty == hold->lines[j].qty)
            {
                break;
            }
        }

        if (j == hold->lines_n) {
            return 0;
        }
    }

    return 1;
}


/* Whoever made the command added up lines of one sale. */

static int
fs_lines_valid(const fs_command_t *command)
{
    unsigned  i, j;

    if (command->lines_n == 0 || command->lines_n > FS_LINES_MAX) {
        return 0;
    }

    for (i = 0; i < command->lines_n; i++) {
        if (command->lines[i].qty == 0
            || command->lines[i].qty > FS_QTY_MAX)
        {
            return 0;
        }

        for (j = 0; j < i; j++) {
            if (command->lines[i].sale == command->lines[j].sale) {
                return 0;
            }
        }
    }

    return 1;
}


static fs_outcome_t
fs_check_lines(fs_state_t *state, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result)
{
    unsigned      i;
    fs_outcome_t  outcome;

    for (i = 0; i < command->lines_n; i++) {
        outcome = fs_check_line(state, command, i, now, result);

        if (outcome != FS_OK) {
            return outcome;
        }
    }

    return FS_OK;
}


/* The sale, and what the buyer has of it already. */

static fs_outcome_t
fs_check_line(fs_state_t *state, const fs_command_t *command, unsigned i,
    const fs_now_t *now, fs_result_t *result)
{
    uint32_t          qty;
    fs_units_t        units;
    const fs_sale_t  *sale;

    qty = command->lines[i].qty;
    result->sale = command->lines[i].sale;
    sale = fs_state_sale(state, result->sale);

    if (sale == NULL) {
        return FS_NO_SUCH_SALE;
    }

    if (sale->closed
        || (sale->closes_at != 0 && sale->closes_at <= now->due))
    {
        return FS_CLOSED;
    }

    if (!sale->opened && sale->opens_at > now->opens) {
        result->at = sale->opens_at;
        return FS_NOT_OPEN;
    }

    if (sale->paused) {
        return FS_PAUSED;
    }

    if (sale->limit != 0) {
        fs_state_units(state, command->buyer, sale->number, &units);

        if ((uint64_t) units.taken + qty > sale->limit) {
            result->limit = sale->limit;
            return FS_OVER_LIMIT;
        }
    }

    return FS_OK;
}


/* What the buyer has of everything. */

static fs_outcome_t
fs_check_buyer(fs_state_t *state, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result)
{
    int64_t     wait;
    unsigned    i, n;
    fs_buyer_t  buyer;
    fs_units_t  units;

    for (i = 0; i < command->lines_n; i++) {
        fs_state_units(state, command->buyer, command->lines[i].sale, &units);

        if (units.lapses < FS_LAPSES_FREE) {
            continue;
        }

        wait = FS_LAPSE_WAIT_MS;

        for (n = units.lapses; n > FS_LAPSES_FREE; n--) {
            wait *= 2;

            if (wait >= FS_LAPSE_WAIT_MS_MAX) {
                wait = FS_LAPSE_WAIT_MS_MAX;
                break;
            }
        }

        /* a lapse that is to come was before the clock went back: forgiven */

        if (units.lapsed_at <= now->mono
            && now->mono < units.lapsed_at + wait)
        {
            result->sale = command->lines[i].sale;
            result->at = now->wall + (units.lapsed_at + wait - now->mono);
            return FS_WAIT;
        }
    }

    fs_state_buyer(state, command->buyer, &buyer);

    if (command->live_holds != 0 && buyer.live >= command->live_holds) {
        result->limit = command->live_holds;
        return FS_TOO_MANY_HOLDS;
    }

    return FS_OK;
}


static fs_outcome_t
fs_check_free(fs_state_t *state, const fs_command_t *command,
    fs_result_t *result)
{
    unsigned          i;
    const fs_sale_t  *sale;

    for (i = 0; i < command->lines_n; i++) {
        sale = fs_state_sale(state, command->lines[i].sale);

        if (fs_sale_free(sale) < command->lines[i].qty) {
            result->sale = sale->number;
            result->free = fs_sale_free(sale);
            return FS_SOLD_OUT;
        }
    }

    result->sale = command->lines[0].sale;

    return FS_OK;
}


static uint32_t
fs_hold_term(fs_state_t *state, const fs_command_t *command)
{
    uint32_t          term;
    unsigned          i;
    const fs_sale_t  *sale;

    term = 0;

    for (i = 0; i < command->lines_n; i++) {
        sale = fs_state_sale(state, command->lines[i].sale);

        if (sale->hold_ms != 0 && (term == 0 || sale->hold_ms < term)) {
            term = sale->hold_ms;
        }
    }

    if (term == 0) {
        term = command->term_ms;
    }

    return (term < FS_HOLD_MS_MAX) ? term : FS_HOLD_MS_MAX;
}


int
fs_decide_refused(fs_state_t *state, const fs_view_t *view,
    const fs_command_t *command, const fs_now_t *now, fs_result_t *result)
{
    unsigned          i;
    fs_seq_t          seq;
    fs_outcome_t      outcome;
    const fs_sale_t  *sale;

    if (command->type != FS_COMMAND_HOLD || !view->fresh
        || view->index.txn == NULL || state->store->clock_behind
        || !fs_lines_valid(command))
    {
        return 0;
    }

    memset(result, 0, sizeof(fs_result_t));

    outcome = fs_check_lines(state, command, now, result);

    if (outcome == FS_OK) {
        outcome = fs_check_free(state, command, result);
    }

    if (outcome == FS_OK) {
        return 0;
    }

    for (i = 0; i < command->lines_n; i++) {
        sale = fs_state_sale(state, command->lines[i].sale);

        if (sale != NULL && sale->due != 0 && sale->due <= now->mono) {
            return 0;
        }
    }

    if (!fs_all_zero(command->key, FS_KEY_HASH_LEN)
        && fs_state_bound(state, command->buyer, command->key, &seq))
    {
        return 0;
    }

    if (state->failed || state->index->error != 0) {
        return 0;
    }

    result->outcome = (uint16_t) outcome;

    return 1;
}


/*
 * A sold hold reads as `refund_due` from the moment its groups failed; the
 * entries that say so line by line follow.
 */

void
fs_answer_with(fs_state_t *state, const fs_hold_t *hold, fs_result_t *result)
{
    unsigned  i;

    result->hold = *hold;

    if (hold->state != FS_HOLD_SOLD) {
        return;
    }

    for (i = 0; i < hold->lines_n; i++) {
        if (!fs_line_failed(state, hold, i)) {
            return;
        }
    }

    result->hold.state = FS_HOLD_REFUND_DUE;
}


void
fs_wrong_state(fs_state_t *state, const fs_hold_t *hold, fs_result_t *result)
{
    fs_answer_with(state, hold, result);
    result->outcome = FS_WRONG_STATE;
    result->state = result->hold.state;
}


void
fs_entry_about(fs_entry_t *entry, const fs_hold_t *hold, fs_entry_type_t type)
{
    memset(entry, 0, sizeof(fs_entry_t));
    entry->type = (uint8_t) type;
    entry->hold = hold->seq;
    entry->pickup = hold->pickup;

    if (hold->other != 0) {
        entry->flags = FS_ENTRY_OTHER_LIFE;
        entry->number = hold->epoch;
        entry->time2 = (int64_t) hold->other;
    }

    memcpy(entry->id1, hold->buyer, FS_BUYER_LEN);
}


void
fs_entry_about_line(fs_entry_t *entry, const fs_hold_t *hold, unsigned line,
    fs_entry_type_t type)
{
    fs_entry_about(entry, hold, type);
    entry->line = (uint8_t) line;
    entry->lines_n = hold->lines_n;
    entry->sale = hold->lines[line].sale;
    entry->qty = (int32_t) hold->lines[line].qty;
}


void
fs_emit_lines(fs_state_t *state, const fs_hold_t *hold, fs_entry_type_t type,
    const fs_now_t *now)
{
    unsigned    i;
    fs_entry_t  entry;

    for (i = 0; i < hold->lines_n; i++) {
        fs_entry_about_line(&entry, hold, i, type);
        entry.time2 = now->mono;
        fs_emit(state, &entry, now);
    }
}


void
fs_open_close(fs_state_t *state, fs_sale_t *sale, const fs_now_t *now)
{
    fs_entry_t  entry;

    if (sale->closed) {
        return;
    }

    if (!sale->opened && sale->opens_at <= now->opens) {
        memset(&entry, 0, sizeof(fs_entry_t));
        entry.type = FS_ENTRY_OPENED;
        entry.sale = sale->number;
        fs_emit(state, &entry, now);
    }

    if (sale->closes_at != 0 && sale->closes_at <= now->due) {
        memset(&entry, 0, sizeof(fs_entry_t));
        entry.type = FS_ENTRY_CLOSED;
        entry.sale = sale->number;
        fs_emit(state, &entry, now);
    }
}


fs_group_t *
fs_line_group(fs_state_t *state, const fs_hold_t *hold, unsigned line)
{
    uint32_t          pickup;
    const fs_sale_t  *sale;

    sale = fs_state_sale(state, hold->lines[line].sale);

    if (sale == NULL || sale->goal == 0) {
        return NULL;
    }

    pickup = (sale->goal_by == FS_GOAL_BY_PICKUP) ? hold->pickup : 0;

    return fs_state_group(state, sale->number, pickup, 0);
}


int
fs_line_failed(fs_state_t *state, const fs_hold_t *hold, unsigned line)
{
    const fs_group_t  *group;

    group = fs_line_group(state, hold, line);

    return group != NULL && group->state == FS_GROUP_FAILED
           && fs_state_member(state, group->sale, group->pickup, hold->seq);
}
