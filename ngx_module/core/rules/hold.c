
#include "rules/rules.h"
#include "sheet/sheet_queue.h"
#include "sheet/sheet_tasks.h"


fs_group_t *
fs_line_group(fs_sheet_t *sheet, const fs_hold_t *hold, unsigned line)
{
    uint32_t          pickup;
    const fs_sale_t  *sale;

    sale = fs_sheet_sale(sheet, hold->lines[line].sale);

    if (sale == NULL || sale->goal == 0) {
        return NULL;
    }

    pickup = (sale->goal_by == FS_GOAL_BY_PICKUP) ? hold->pickup : 0;

    return fs_sheet_group(sheet, sale->number, pickup, 0);
}


int
fs_line_failed(fs_sheet_t *sheet, const fs_hold_t *hold, unsigned line)
{
    const fs_group_t  *group;

    group = fs_line_group(sheet, hold, line);

    return group != NULL && group->state == FS_GROUP_FAILED
           && fs_sheet_member(sheet, group->sale, group->pickup, hold->seq)
              != 0;
}


int
fs_line_called_off(fs_sheet_t *sheet, const fs_hold_t *hold, unsigned line)
{
    const fs_sale_t  *sale;

    sale = fs_sheet_sale(sheet, hold->lines[line].sale);

    return hold->paid && sale != NULL && sale->called_off
           && fs_line_owes(&hold->lines[line]);
}


fs_outcome_t
fs_check_sale(fs_sheet_t *sheet, const uint8_t *buyer, const fs_sale_t *sale,
    uint32_t qty, const fs_now_t *now, fs_result_t *result)
{
    fs_units_t  units;

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
        fs_sheet_units(sheet, buyer, sale->number, &units);

        if ((uint64_t) units.taken + qty > sale->limit) {
            result->limit = sale->limit;
            return FS_OVER_LIMIT;
        }
    }

    return FS_OK;
}


/*
 * A sold hold reads as `refund_due` from the moment its groups failed, or its
 * sales were called off; the entries that say so line by line follow.
 */

void
fs_result_hold(fs_sheet_t *sheet, const fs_hold_t *hold, fs_result_t *result)
{
    unsigned          i;
    const fs_sale_t  *sale;

    result->hold = *hold;

    if (hold->state == FS_HOLD_QUEUED) {
        sale = fs_sheet_sale(sheet, hold->lines[0].sale);

        if (sale != NULL && sale->closed) {
            result->hold.state = FS_HOLD_EXPIRED;

        } else if (sale != NULL) {
            result->hold.ahead = fs_waiting_ahead(sheet->store, sheet->index,
                                                  sale, hold);
        }

        return;
    }

    if (hold->state != FS_HOLD_SOLD) {
        return;
    }

    for (i = 0; i < hold->lines_n; i++) {
        if (!fs_line_back(&hold->lines[i])
            && !fs_line_failed(sheet, hold, i)
            && !fs_line_called_off(sheet, hold, i))
        {
            return;
        }
    }

    result->hold.state = FS_HOLD_REFUND_DUE;
}


void
fs_wrong_state(fs_sheet_t *sheet, const fs_hold_t *hold, fs_result_t *result)
{
    fs_result_hold(sheet, hold, result);
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
fs_entry_asked(fs_entry_t *entry, const fs_command_t *command)
{
    memcpy(entry->id1, command->buyer, FS_BUYER_LEN);
    memcpy(entry->key, command->key, FS_KEY_HASH_LEN);
    entry->number2 = fs_get_le32(command->fingerprint);
    entry->number3 = fs_get_le32(command->fingerprint + 4);
}


int
fs_key_bound(fs_sheet_t *sheet, const fs_command_t *command,
    fs_entry_type_t type, const fs_now_t *now, fs_entry_t *entry)
{
    fs_seq_t   seq;
    fs_hold_t  hold;

    if (fs_all_zero(command->key, FS_KEY_HASH_LEN)
        || !fs_sheet_bound(sheet, command->buyer, command->key, &seq)
        || !fs_sheet_entry(sheet, seq, entry))
    {
        return 0;
    }

    if (fs_entry_begins(entry)) {

        /* a hold's: kept while it lives, and for a day after */

        return fs_sheet_hold(sheet, seq, &hold) && !fs_hold_open(&hold)
               && now->mono >= hold.due + FS_KEY_KEPT_MS ? 0 : -1;
    }

    if (now->mono >= entry->at + FS_KEY_KEPT_MS) {
        return 0;
    }

    return entry->type == type && entry->hold == command->hold
           && command->epoch == fs_sheet_epoch(sheet, entry->hold) ? 1 : -1;
}


int
fs_key_replay(fs_sheet_t *sheet, const fs_command_t *command,
    fs_entry_type_t type, const fs_now_t *now, fs_entry_t *entry,
    fs_result_t *result)
{
    int        bound;
    fs_hold_t  hold;

    bound = fs_key_bound(sheet, command, type, now, entry);

    if (bound == 0) {
        return 0;
    }

    if (bound == -1
        || entry->number2 != fs_get_le32(command->fingerprint)
        || entry->number3 != fs_get_le32(command->fingerprint + 4)
        || !fs_sheet_hold(sheet, entry->hold, &hold))
    {
        result->outcome = FS_KEY_REUSED;
        return 1;
    }

    fs_result_hold(sheet, &hold, result);
    result->outcome = FS_REPLAYED;

    return 1;
}
