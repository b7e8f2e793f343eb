
/*
 * The deciding function: which part of it a command is for.
 *
 * Everything is checked before anything is emitted.  What is emitted while
 * checking (a sale opens or closes, a hold whose time is over expires) is
 * true whatever becomes of the command.
 */

#include "decide/decide.h"
#include "sheet/sheet.h"


static void fs_decide_unmet(fs_sheet_t *sheet, const fs_command_t *command,
    fs_result_t *result);


void
fs_decide(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result)
{
    memset(result, 0, sizeof(fs_result_t));
    sheet->cut = 0;

    if (sheet->store->clock_behind) {

        /* another process may have been told, or the clock was set right */

        if (now->wall >= sheet->at - FS_CLOCK_BEHIND_MS) {
            sheet->store->clock_behind = 0;

        } else if (command->type != FS_COMMAND_CLOCK) {
            result->outcome = FS_CLOCK;
            return;
        }
    }

    if (fs_schema_of_command(command, op)
        > atomic_load(&sheet->store->schema))
    {
        result->outcome = FS_OLD_SCHEMA;
        return;
    }

    switch (command->unmet ? FS_COMMANDS_N : command->type) {

    case FS_COMMANDS_N:
        fs_decide_unmet(sheet, command, result);
        break;

    case FS_COMMAND_HOLD:
    case FS_COMMAND_ORDER:
    case FS_COMMAND_GRANT:
        fs_decide_hold(sheet, command, op, now, result);
        break;

    case FS_COMMAND_RELEASE:
    case FS_COMMAND_PAY:
    case FS_COMMAND_POINT:
    case FS_COMMAND_CANCEL_ORDER:
    case FS_COMMAND_CLAIM:
    case FS_COMMAND_GIFT:
        fs_decide_buyer(sheet, command, now, result);
        break;

    case FS_COMMAND_CONFIRM:
    case FS_COMMAND_CANCEL:
    case FS_COMMAND_REFUND:
    case FS_COMMAND_REFUNDED:
    case FS_COMMAND_READY:
    case FS_COMMAND_PICK_UP:
    case FS_COMMAND_HAND_OVER:
    case FS_COMMAND_PUT_BACK:
    case FS_COMMAND_ANSWER_CLAIM:
        fs_decide_order(sheet, command, now, result);
        break;

    default:
        fs_decide_operator(sheet, command, op, now, result);
        break;
    }

    /* what comes later is not shown with it: see fs_view_debts() */

    result->hold.as_of = sheet->seq;

    if (sheet->cut && fs_outcome_status(result->outcome) == 409) {

        /* units are there, and not free yet: the same again in a moment */

        memset(result, 0, sizeof(fs_result_t));
        result->outcome = FS_QUEUE_FULL;
    }

    if (sheet->failed || sheet->index->error != 0 || sheet->log->error != 0) {
        result->outcome = FS_INTERNAL;
    }
}


/*
 * A hold has no entity tag, so what a request supposes of it is known before
 * it is looked for; but what is not there is not there first.
 */

static void
fs_decide_unmet(fs_sheet_t *sheet, const fs_command_t *command,
    fs_result_t *result)
{
    int        buyers;
    fs_hold_t  hold;

    buyers = command->type < FS_COMMAND_CONFIRM;

    if (command->epoch != fs_sheet_epoch(sheet, command->hold)) {
        result->outcome = buyers ? FS_OTHER_LIFE : FS_PRECONDITION;

    } else if (!fs_sheet_hold(sheet, command->hold, &hold)
               || (buyers && memcmp(hold.buyer, command->buyer,
                                    FS_BUYER_LEN) != 0))
    {
        result->outcome = FS_NO_SUCH_HOLD;

    } else {
        result->outcome = FS_PRECONDITION;
    }
}
