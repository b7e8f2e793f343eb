
/*
 * Goods of an order: all lines are ready, or collected, as version 1 of the
 * interface has it; and facts of hand-overs, line by line.  A fact is not
 * refused for what became of the money: who has been paid back and has the
 * goods all the same is for people to see.
 *
 * A hand-over is known by its nonce, which is the key of its first entry; when
 * it is undone, that of the first `put_back`.
 */

#include "decide/decide.h"
#include "rules/rules.h"
#include "sheet/sheet_debts.h"

static int fs_is_ready(fs_sheet_t *sheet, const fs_hold_t *hold);
static void fs_decide_whole(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result);
static void fs_decide_hand_over(fs_sheet_t *sheet,
    const fs_command_t *command, fs_hold_t *hold, const fs_now_t *now,
    fs_result_t *result);
static int fs_named_lines(const fs_command_t *command, const fs_hold_t *hold,
    unsigned *lines, fs_result_t *result);
static void fs_emit_handed(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_hold_t *hold, unsigned line, fs_entry_type_t type,
    int64_t first_at, const uint8_t *key, const fs_now_t *now);
static int fs_hand_over_first(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_entry_t *first, int *undone);
static void fs_hand_over_answer(fs_sheet_t *sheet, const fs_entry_t *first,
    fs_result_t *result);
static int fs_handed_line(fs_sheet_t *sheet, const fs_entry_t *first,
    fs_seq_t seq, fs_entry_t *entry);
static int fs_owed_before(fs_sheet_t *sheet, const fs_entry_t *entry);
static void fs_decide_put_back(fs_sheet_t *sheet,
    const fs_command_t *command, const fs_hold_t *hold, const fs_now_t *now,
    fs_result_t *result);


void
fs_decide_goods(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result)
{
    switch (command->type) {

    case FS_COMMAND_HAND_OVER:
        fs_decide_hand_over(sheet, command, hold, now, result);
        return;

    case FS_COMMAND_PUT_BACK:
        fs_decide_put_back(sheet, command, hold, now, result);
        return;

    default:
        fs_decide_whole(sheet, command, hold, now, result);
        return;
    }
}


/* READY and PICK_UP. */

static void
fs_decide_whole(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result)
{
    int                     first;
    fs_entry_t              entry;
    fs_invited_t            invited;
    const fs_transition_t  *move;

    move = fs_transition(hold->state, (command->type == FS_COMMAND_READY)
                                      ? FS_MOVE_READY : FS_MOVE_PICK_UP);

    if (move->outcome != FS_OK
        || (move->entry == FS_ENTRY_READY && !fs_is_ready(sheet, hold)))
    {
        fs_wrong_state(sheet, hold, result);
        return;
    }

    if (move->entry != FS_ENTRY_NONE) {
        first = move->entry == FS_ENTRY_PICKED_UP
                && fs_inviter_waits(sheet, hold, &invited);

        fs_entry_about(&entry, hold, move->entry);

        if (move->entry == FS_ENTRY_READY) {
            entry.time1 = fs_given_at(sheet, now);
        }

        fs_emit(sheet, &entry, now);

        if (first) {
            fs_thank_inviter(sheet, &invited, now);
        }
    }

    result->outcome = FS_OK;
}


/*
 * Some line is awaited, and none of those waits for its group any more.
 */

static int
fs_is_ready(fs_sheet_t *sheet, const fs_hold_t *hold)
{
    unsigned           i, left;
    const fs_line_t   *line;
    const fs_group_t  *group;

    if (!hold->paid) {
        return 0;
    }

    left = 0;

    for (i = 0; i < hold->lines_n; i++) {
        line = &hold->lines[i];

        if (line->goods != FS_GOODS_AWAITED || fs_line_to_come(line) == 0) {
            continue;
        }

        group = fs_line_group(sheet, hold, i);

        if (group != NULL && group->state != FS_GROUP_FORMED
            && fs_sheet_member(sheet, group->sale, group->pickup, hold->seq))
        {
            return 0;
        }

        left++;
    }

    return left != 0;
}


static void
fs_decide_hand_over(fs_sheet_t *sheet, const fs_command_t *command,
    fs_hold_t *hold, const fs_now_t *now, fs_result_t *result)
{
    int             waits;
    int64_t         first_at;
    unsigned        i, named, handed;
    const uint8_t  *key;
    fs_entry_t      first;
    fs_invited_t    invited;

    if ((!hold->paid && !fs_gift_is_thing(sheet, hold))
        || fs_transition(hold->state, FS_MOVE_HAND_OVER)->outcome != FS_OK)
    {
        fs_wrong_state(sheet, hold, result);
        return;
    }

    if (!fs_named_lines(command, hold, &named, result)) {
        return;
    }

    handed = 0;
    first_at = 0;

    for (i = 0; i < hold->lines_n; i++) {
        if ((named & (1u << i))
            && hold->lines[i].goods == FS_GOODS_HANDED_OVER)
        {
            handed |= 1u << i;

            if (first_at == 0 || hold->lines[i].goods_at < first_at) {
                first_at = hold->lines[i].goods_at;
            }
        }
    }

    waits = (named & ~handed) != 0
            && fs_inviter_waits(sheet, hold, &invited);

    /* what is new comes first: it has the key, and gives the answer */

    key = command->key;
    first.seq = 0;

    for (i = 0; i < hold->lines_n; i++) {
        if (named & ~handed & (1u << i)) {
            fs_emit_handed(sheet, command, hold, i, FS_ENTRY_PICKED_UP, 0,
                           key, now);
            first.seq = (key != NULL) ? sheet->seq : first.seq;
            key = NULL;
        }
    }

    for (i = 0; i < hold->lines_n; i++) {
        if (handed & (1u << i)) {
            fs_emit_handed(sheet, command, hold, i, FS_ENTRY_DOUBLE,
                           first_at, key, now);
            first.seq = (key != NULL) ? sheet->seq : first.seq;
            key = NULL;
        }
    }

    if (waits) {
        fs_thank_inviter(sheet, &invited, now);
    }

    if (fs_sheet_entry(sheet, first.seq, &first)) {
        fs_hand_over_answer(sheet, &first, result);
    }
}


/* Bits; none is named: all.  0: one is not in the order. */

static int
fs_named_lines(const fs_command_t *command, const fs_hold_t *hold,
    unsigned *lines, fs_result_t *result)
{
    unsigned  i, n;

    *lines = (command->lines_n == 0) ? (1u << hold->lines_n) - 1 : 0;

    for (i = 0; i < command->lines_n; i++) {
        for (n = 0; n < hold->lines_n; n++) {
            if (hold->lines[n].sale == command->lines[i].sale) {
                break;
            }
        }

        if (n == hold->lines_n) {
            result->outcome = FS_NO_SUCH_SALE;
            result->sale = command->lines[i].sale;
            return 0;
        }

        *lines |= 1u << n;
    }

    return 1;
}


/* first_at: of a `double`, when it was handed over first.  key NULL: it is
 * not the first entry. */

static void
fs_emit_handed(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_hold_t *hold, unsigned line, fs_entry_type_t type,
    int64_t first_at, const uint8_t *key, const fs_now_t *now)
{
    fs_entry_t  entry;

    fs_entry_about_line(&entry, hold, line, type);
    entry.number = command->via;
    entry.time1 = (command->device_at > FS_DEVICE_AT_MAX) ? FS_DEVICE_AT_MAX
                  : (command->device_at < -FS_DEVICE_AT_MAX)
                  ? -FS_DEVICE_AT_MAX : command->device_at;
    entry.time2 = first_at;

    if (key != NULL) {
        memcpy(entry.id1, command->buyer, FS_BUYER_LEN);
        memcpy(entry.key, key, FS_KEY_HASH_LEN);
    }

    fs_emit(sheet, &entry, now);
}


int
fs_hand_over_replay(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_result_t *result)
{
    int         undone;
    fs_hold_t   hold;
    fs_entry_t  first;

    if (command->type != FS_COMMAND_HAND_OVER
        || !fs_hand_over_first(sheet, command, now, &first, &undone))
    {
        return 0;
    }

    if (first.hold != command->hold
        || command->epoch != fs_sheet_epoch(sheet, command->hold)
        || (first.type != FS_ENTRY_PICKED_UP
            && first.type != FS_ENTRY_DOUBLE)
        || !fs_sheet_hold(sheet, command->hold, &hold))
    {
        result->outcome = FS_KEY_REUSED;
        return 1;
    }

    fs_hand_over_answer(sheet, &first, result);
    fs_result_hold(sheet, &hold, result);

    return 1;
}


/*
 * The first entry of the hand-over that has the command's nonce; *undone: it
 * was put back.  0: there is none, or its key was kept long enough.
 */

static int
fs_hand_over_first(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_now_t *now, fs_entry_t *first, int *undone)
{
    fs_seq_t  seq;

    if (fs_all_zero(command->key, FS_KEY_HASH_LEN)
        || !fs_sheet_bound(sheet, command->buyer, command->key, &seq)
        || !fs_sheet_entry(sheet, seq, first))
    {
        return 0;
    }

    *undone = first->type == FS_ENTRY_PUT_BACK;

    if (*undone
        && !fs_sheet_entry(sheet, (fs_seq_t) first->time2, first))
    {
        return 0;
    }

    return now->mono < first->at + FS_KEY_KEPT_MS;
}


/* By the entries alone: a repetition is answered the same. */

static void
fs_hand_over_answer(fs_sheet_t *sheet, const fs_entry_t *first,
    fs_result_t *result)
{
    fs_seq_t    seq;
    fs_entry_t  entry;

    if (first->type == FS_ENTRY_DOUBLE) {
        result->outcome = FS_DOUBLE;
        result->at = first->time2;
        return;
    }

    result->outcome = FS_HANDED_OVER;
    result->at = first->at;

    for (seq = first->seq; fs_handed_line(sheet, first, seq, &entry); seq++) {
        result->paid_back |= (uint8_t) fs_owed_before(sheet, &entry);
    }
}


/* Whether the entry `seq` is of the hand-over that began with `first`. */

static int
fs_handed_line(fs_sheet_t *sheet, const fs_entry_t *first, fs_seq_t seq,
    fs_entry_t *entry)
{
    return fs_sheet_entry(sheet, seq, entry)
           && entry->type == FS_ENTRY_PICKED_UP && entry->hold == first->hold
           && entry->sale != 0 && !(entry->flags & FS_ENTRY_BY_TIME)
           && (seq == first->seq
               || fs_all_zero(entry->key, FS_KEY_HASH_LEN));
}


/* Units of its line were owed back when the entry was written. */

static int
fs_owed_before(fs_sheet_t *sheet, const fs_entry_t *entry)
{
    fs_debt_t  debt;

    debt.seq = 0;

    while (fs_sheet_next_debt(sheet, entry->hold, debt.seq, &debt)
           && debt.seq < entry->seq)
    {
        if (debt.sale == entry->sale && debt.qty != 0) {
            return 1;
        }
    }

    return 0;
}


static void
fs_decide_put_back(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_hold_t *hold, const fs_now_t *now, fs_result_t *result)
{
    int         undone;
    fs_seq_t    seq;
    unsigned    i, lines;
    fs_hold_t   after;
    fs_entry_t  first, entry;

    if (!fs_hand_over_first(sheet, command, now, &first, &undone)
        || first.hold != hold->seq || first.type != FS_ENTRY_PICKED_UP
        || (!undone
            && fs_transition(hold->state, FS_MOVE_PUT_BACK)->outcome
               != FS_OK))
    {
        fs_wrong_state(sheet, hold, result);
        return;
    }

    result->outcome = FS_OK;

    if (undone) {

        /* asked for again: by now a gift is what it was before */

        return;
    }

    if (now->wall - first.at > FS_PUT_BACK_MS) {
        result->outcome = FS_TOO_LATE;
        return;
    }

    lines = 0;

    for (seq = first.seq; fs_handed_line(sheet, &first, seq, &entry); seq++) {
        lines |= 1u << entry.line;
    }

    for (i = 0; i < hold->lines_n; i++) {

        if (!(lines & (1u << i))) {
            continue;
        }

        fs_entry_about_line(&entry, hold, i, FS_ENTRY_PUT_BACK);
        entry.time1 = fs_given_at(sheet, now);
        entry.time2 = (int64_t) first.seq;

        if ((lines & ((1u << i) - 1)) == 0) {
            memcpy(entry.id1, command->buyer, FS_BUYER_LEN);
            memcpy(entry.key, command->key, FS_KEY_HASH_LEN);
        }

        fs_emit(sheet, &entry, now);
    }

    if (fs_sheet_hold(sheet, first.hold, &after)) {
        fs_give_gift_back(sheet, &after, now);
    }
}
