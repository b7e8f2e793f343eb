
#include "ledger/schema.h"
#include "base/bytes.h"


/* The commands of the schemas before; one that is not here is of the present
 * one, so that none can be forgotten. */

static const uint8_t  fs_schema_commands[FS_COMMANDS_N] = {
    [FS_COMMAND_HOLD] = FS_SCHEMA_FIRST,
    [FS_COMMAND_RELEASE] = FS_SCHEMA_FIRST,
    [FS_COMMAND_PAY] = FS_SCHEMA_FIRST,
    [FS_COMMAND_POINT] = FS_SCHEMA_FIRST,
    [FS_COMMAND_CONFIRM] = FS_SCHEMA_FIRST,
    [FS_COMMAND_CANCEL] = FS_SCHEMA_FIRST,
    [FS_COMMAND_REFUND] = FS_SCHEMA_FIRST,
    [FS_COMMAND_REFUNDED] = FS_SCHEMA_FIRST,
    [FS_COMMAND_READY] = FS_SCHEMA_FIRST,
    [FS_COMMAND_PICK_UP] = FS_SCHEMA_FIRST,
    [FS_COMMAND_DEFINE] = FS_SCHEMA_FIRST,
    [FS_COMMAND_STOCK] = FS_SCHEMA_FIRST,
    [FS_COMMAND_PAUSE] = FS_SCHEMA_FIRST,
    [FS_COMMAND_RESUME] = FS_SCHEMA_FIRST,
    [FS_COMMAND_CLOSE] = FS_SCHEMA_FIRST,
    [FS_COMMAND_CLOCK] = FS_SCHEMA_FIRST,
    [FS_COMMAND_DOCUMENT] = FS_SCHEMA_FIRST,
    [FS_COMMAND_LIFE] = FS_SCHEMA_FIRST,
    [FS_COMMAND_DELETE] = FS_SCHEMA_FIRST,
    [FS_COMMAND_ROOM] = FS_SCHEMA_FIRST,

    [FS_COMMAND_CANCEL_ORDER] = FS_SCHEMA_WAVES,
    [FS_COMMAND_CLAIM] = FS_SCHEMA_WAVES,
    [FS_COMMAND_HAND_OVER] = FS_SCHEMA_WAVES,
    [FS_COMMAND_PUT_BACK] = FS_SCHEMA_WAVES,
    [FS_COMMAND_ANSWER_CLAIM] = FS_SCHEMA_WAVES,
    [FS_COMMAND_WAVE] = FS_SCHEMA_WAVES,
    [FS_COMMAND_RECEIVE] = FS_SCHEMA_WAVES,
    [FS_COMMAND_CALL_OFF] = FS_SCHEMA_WAVES,
    [FS_COMMAND_COMPENSATE] = FS_SCHEMA_WAVES,
    [FS_COMMAND_ORDER] = FS_SCHEMA_WAVES
};


uint32_t
fs_schema_of_entry(const fs_entry_t *entry)
{
    if (entry->type > FS_ENTRY_SETTLED
        || entry->reason > FS_REASON_COMPENSATION)
    {
        return FS_SCHEMA;
    }

    if (entry->type > FS_ENTRY_RESTOCKED
        || entry->reason > FS_REASON_GOODWILL)
    {
        return FS_SCHEMA_WAVES;
    }

    switch (entry->type) {

    case FS_ENTRY_READY:
    case FS_ENTRY_PICKED_UP:

        /* of one line; short_qty, due_at; via, device_at */

        return entry->sale != 0 || entry->number != 0 || entry->number2 != 0
               || entry->time1 != 0 ? FS_SCHEMA_WAVES : FS_SCHEMA_FIRST;

    case FS_ENTRY_SOLD:

        /* by whom the cash was taken */

        return entry->number != 0 ? FS_SCHEMA_WAVES : FS_SCHEMA_FIRST;

    case FS_ENTRY_SALE:

        /* cancel_ms */

        return entry->pickup != 0 ? FS_SCHEMA_WAVES : FS_SCHEMA_FIRST;

    default:
        return FS_SCHEMA_FIRST;
    }
}


uint32_t
fs_schema_of_command(const fs_command_t *command, const fs_operator_t *op)
{
    uint32_t  schema;

    if (command->type >= FS_COMMANDS_N
        || fs_schema_commands[command->type] == 0)
    {
        return FS_SCHEMA;
    }

    if (command->queue
        || (command->type == FS_COMMAND_DEFINE && op != NULL
            && (op->queue != 0 || op->gives.kind != FS_GIVES_NOTHING)))
    {
        return FS_SCHEMA;
    }

    if (command->gift != 0 || !fs_all_zero(command->from, FS_BUYER_LEN)) {
        return FS_SCHEMA;
    }

    schema = fs_schema_commands[command->type];

    return schema < FS_SCHEMA_WAVES
           && (command->reason > FS_REASON_GOODWILL
               || (command->type == FS_COMMAND_DEFINE && op != NULL
                   && op->cancel_ms != 0))
           ? FS_SCHEMA_WAVES : schema;
}


/* What the short row does not have is in the index's, and is written here
 * with the first change after the store was raised. */

int
fs_schema_has_ready(uint32_t schema)
{
    return schema >= FS_SCHEMA;
}


size_t
fs_schema_sale_row(uint32_t schema, const fs_sale_t *sale, uint8_t *row)
{
    fs_sale_t  first;

    if (schema != FS_SCHEMA_FIRST) {
        return fs_sale_row_encode(sale, row);
    }

    first = *sale;
    first.cancel_ms = 0;
    first.waves = 0;
    first.called_off = 0;
    first.settling = 0;
    first.wave_seq = 0;
    first.handed_lines = 0;
    first.handed_units = 0;
    first.claimed_units = 0;
    first.gives = FS_GIVES_NOTHING;
    first.by_desk = 0;

    return fs_sale_row_encode(&first, row);
}
