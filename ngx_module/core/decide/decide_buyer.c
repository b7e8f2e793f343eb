
/*
 * What a buyer does with a hold of their own: release it, go to pay, choose
 * another pickup point, give it back.
 */

#include "decide/decide.h"
#include "rules/rules.h"
#include "sheet/sheet_debts.h"


static void fs_decide_term(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result);
static void fs_decide_point(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result);
static int fs_point_replay(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result);
static int fs_give_back_replay(fs_sheet_t *sheet,
    const fs_command_t *command, const fs_now_t *now, fs_result_t *result);
static void fs_decide_give_back(fs_sheet_t *sheet,
    const fs_command_t *command, fs_hold_t *hold, const fs_now_t *now,
    fs_result_t *result);
static int fs_given_back(fs_sheet_t *sheet, const fs_hold_t *hold);


void
fs_decide_buyer(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result)
{
    fs_hold_t  hold;

    if (fs_point_replay(sheet, command, now, result)
        || fs_claim_replay(sheet, command, now, result)
        || fs_give_back_replay(sheet, command, now, result))
    {
        return;
    }

    if (command->epoch != fs_sheet_epoch(sheet, command->hold)) {
        result->outcome = FS_OTHER_LIFE;
        return;
    }

    if (!fs_sheet_hold(sheet, command->hold, &hold)
        || memcmp(hold.buyer, command->buyer, FS_BUYER_LEN) != 0)
    {
        result->outcome = FS_NO_SUCH_HOLD;
        return;
    }

    fs_expire_due(sheet, &hold, now);

    switch (command->type) {

    case FS_COMMAND_POINT:
        fs_decide_point(sheet, command, &hold, now, result);
        break;

    case FS_COMMAND_CLAIM:
        fs_decide_claim(sheet, command, &hold, now, result);
        break;

    case FS_COMMAND_GIFT:
        fs_decide_gift(sheet, command, &hold, now, result);
        break;

    case FS_COMMAND_CANCEL_ORDER:
        fs_decide_give_back(sheet, command, &hold, now, result);
        break;

    default:
        fs_decide_term(sheet, command, &hold, now, result);
        break;
    }

    if (result->outcome == FS_OK || result->outcome == FS_CREATED) {
        fs_sheet_hold(sheet, command->hold, &hold);
        fs_result_hold(sheet, &hold, result);
    }
}


/* RELEASE and PAY. */

static void
fs_decide_term(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result)
{
    uint32_t                term;
    fs_entry_t              entry;
    const fs_transition_t  *move;

    move = fs_transition(hold->state, (command->type == FS_COMMAND_PAY)
                                     ? FS_MOVE_PAY : FS_MOVE_RELEASE);

    if (move->outcome != FS_OK) {
        fs_wrong_state(sheet, hold, result);
        return;
    }

    if (move->entry == FS_ENTRY_RELEASED || move->entry == FS_ENTRY_STEPPED) {
        fs_emit_lines(sheet, hold, move->entry, now);

    } else if (move->entry == FS_ENTRY_PAYING) {
        term = (command->term_ms < FS_HOLD_MS_MAX) ? command->term_ms
                                                   : FS_HOLD_MS_MAX;

        fs_entry_about(&entry, hold, FS_ENTRY_PAYING);

        if (now->mono + term > hold->due) {
            entry.number = term;
            entry.time1 = now->wall + term;
            entry.time2 = now->mono + term;

        } else {

            /* whoever goes to pay must not have less time than before */

            entry.number = hold->length_ms;
            entry.time1 = hold->expires_at;
            entry.time2 = hold->due;
        }

        fs_emit(sheet, &entry, now);
    }

    result->outcome = FS_OK;
}


/*
 * POINT: a live hold gets another pickup point.  Nothing else changes; it is
 * counted to its group when it is sold.
 */

static void
fs_decide_point(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result)
{
    unsigned                i;
    uint32_t                pickup, sales[FS_LINES_MAX];
    fs_str_t                slug;
    fs_entry_t              entry;
    fs_outcome_t            outcome;
    const fs_transition_t  *move;

    move = fs_transition(hold->state, FS_MOVE_POINT);

    if (move->outcome != FS_OK) {
        fs_wrong_state(sheet, hold, result);
        return;
    }

    slug = fs_slug_str(&command->pickup);

    if (slug.len == 0 || !fs_slug_valid(slug)) {
        result->outcome = FS_BAD_REQUEST;
        return;
    }

    for (i = 0; i < hold->lines_n; i++) {
        sales[i] = hold->lines[i].sale;
    }

    outcome = fs_points_check(sheet, sales, hold->lines_n, slug, &pickup,
                              result);
    if (outcome != FS_OK) {
        result->outcome = (uint16_t) outcome;
        return;
    }

    /* a key is bound by an entry, also where nothing changes */

    if (pickup != hold->pickup
        || !fs_all_zero(command->key, FS_KEY_HASH_LEN))
    {
        fs_entry_about(&entry, hold, move->entry);
        entry.pickup = pickup;
        memcpy(entry.key, command->key, FS_KEY_HASH_LEN);

        fs_emit(sheet, &entry, now);
    }

    result->outcome = FS_OK;
}


/* 1: answered, by what the key is bound to. */

static int
fs_point_replay(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result)
{
    int         bound;
    fs_str_t    slug;
    fs_hold_t   hold;
    fs_entry_t  entry;

    if (command->type != FS_COMMAND_POINT) {
        return 0;
    }

    bound = fs_key_bound(sheet, command, FS_ENTRY_POINT, now, &entry);

    if (bound == 0) {
        return 0;
    }

    slug = fs_slug_str(&command->pickup);

    if (bound == -1
        || fs_sheet_number(sheet, 'p', slug) != entry.pickup
        || !fs_sheet_hold(sheet, entry.hold, &hold))
    {
        result->outcome = FS_KEY_REUSED;
        return 1;
    }

    fs_expire_due(sheet, &hold, now);
    fs_result_hold(sheet, &hold, result);
    result->outcome = FS_REPLAYED;

    return 1;
}


/* 1: answered, by what the key is bound to. */

static int
fs_give_back_replay(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result)
{
    int         bound;
    fs_hold_t   hold;
    fs_entry_t  entry;

    if (command->type != FS_COMMAND_CANCEL_ORDER) {
        return 0;
    }

    bound = fs_key_bound(sheet, command, FS_ENTRY_OWED, now, &entry);

    if (bound == 0) {
        return 0;
    }

    if (bound == -1 || !fs_sheet_hold(sheet, entry.hold, &hold)) {
        result->outcome = FS_KEY_REUSED;
        return 1;
    }

    fs_result_hold(sheet, &hold, result);
    result->outcome = FS_REPLAYED;

    return 1;
}


/*
 * CANCEL_ORDER: all that is left of the order is owed, and its units are free
 * again.  Nobody has begun to do anything for it yet: no group of it has
 * formed, and its goods have not come.
 */

static void
fs_decide_give_back(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result)
{
    int64_t       until;
    unsigned      i;
    fs_command_t  keyed;
    fs_outcome_t  outcome;

    if (fs_given_back(sheet, hold)) {
        result->outcome = FS_OK;
        return;
    }

    outcome = fs_check_give_back(sheet, hold, now, &until);

    if (outcome == FS_WRONG_STATE) {
        fs_wrong_state(sheet, hold, result);
        return;
    }

    result->outcome = (uint16_t) outcome;

    if (outcome != FS_OK) {
        return;
    }

    keyed = *command;

    for (i = 0; i < hold->lines_n && !sheet->failed; i++) {
        if (hold->lines[i].owed_qty == hold->lines[i].qty) {
            continue;
        }

        (void) fs_return_line(sheet, hold, i, FS_REASON_CANCELLED, &keyed,
                              now);

        /* a key is bound to the first entry */

        memset(keyed.key, 0, FS_KEY_HASH_LEN);
    }
}


fs_outcome_t
fs_check_give_back(fs_sheet_t *sheet, const fs_hold_t *hold,
    const fs_now_t *now, int64_t *until)
{
    int64_t            end;
    unsigned           i, formed;
    fs_entry_t         sold;
    fs_result_t        shown;
    const fs_sale_t   *sale;
    const fs_group_t  *group;

    fs_result_hold(sheet, hold, &shown);

    if (fs_transition(shown.hold.state, FS_MOVE_GIVE_BACK)->outcome
        != FS_OK)
    {
        return FS_WRONG_STATE;
    }

    if (!fs_sheet_entry(sheet, fs_sheet_sold_by(sheet, hold->seq), &sold)) {
        sheet->failed = 1;
        return FS_WRONG_STATE;
    }

    for (i = 0; i < hold->lines_n; i++) {
        if (hold->lines[i].goods != FS_GOODS_AWAITED) {
            return FS_WRONG_STATE;
        }
    }

    formed = 0;
    *until = INT64_MAX;

    for (i = 0; i < hold->lines_n; i++) {
        sale = fs_sheet_sale(sheet, hold->lines[i].sale);
        end = (sale != NULL && sale->cancel_ms != 0)
              ? sold.at + sale->cancel_ms : 0;

        if (now->wall > end) {
            return FS_TOO_LATE;
        }

        *until = end < *until ? end : *until;

        group = fs_line_group(sheet, hold, i);
        formed += group != NULL && group->state == FS_GROUP_FORMED;
    }

    return formed != 0 ? FS_FORMED : FS_OK;
}


/* Its buyer has cancelled it: an order service's debts are of no buyer. */

static int
fs_given_back(fs_sheet_t *sheet, const fs_hold_t *hold)
{
    fs_debt_t   debt;
    fs_entry_t  entry;

    debt.seq = 0;

    while (hold->paid
           && fs_sheet_next_debt(sheet, hold->seq, debt.seq, &debt))
    {
        if (debt.reason == FS_REASON_CANCELLED && debt.sale != 0
            && fs_sheet_entry(sheet, debt.seq, &entry)
            && memcmp(entry.id1, hold->buyer, FS_BUYER_LEN) == 0)
        {
            return 1;
        }
    }

    return 0;
}
