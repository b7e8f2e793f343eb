
#include "read/audit_after.h"


/* A debt of nothing is none. */

int
fs_audit_money(fs_owed_t *owed, const fs_entry_t *entry)
{
    if (entry->amount_fen == 0) {
        return 1;
    }

    switch (entry->type) {

    case FS_ENTRY_REFUND_DUE:
    case FS_ENTRY_RETURNED:
    case FS_ENTRY_OWED:
        owed->fen += entry->amount_fen;
        owed->debts++;
        break;

    case FS_ENTRY_REFUNDED:

        if (owed->debts == 0 || owed->fen < entry->amount_fen) {
            return 0;
        }

        owed->fen -= entry->amount_fen;
        owed->debts--;
        break;
    }

    return 1;
}


const char *
fs_audit_after(fs_audit_after_t *after, const fs_entry_t *entry)
{
    switch (entry->type) {

    case FS_ENTRY_SOLD:
    case FS_ENTRY_SOLD_LATE:
        after->left_fen += entry->amount_fen;
        break;

    case FS_ENTRY_OWED:
    case FS_ENTRY_RETURNED:
        after->left_fen -= entry->amount_fen;

        if (after->left_fen < 0) {
            return "owes more than was paid for its sale";
        }

        break;

    case FS_ENTRY_QUEUED:

        if (entry->number != ++after->numbers) {
            return "has another number in the line than the next one";
        }

        after->waiting++;
        after->queued += entry->qty;
        break;

    case FS_ENTRY_SERVED:
    case FS_ENTRY_STEPPED:
    case FS_ENTRY_ENDED:

        if (after->waiting == 0 || after->queued < entry->qty) {
            return "ends the waiting of more than wait";
        }

        after->waiting--;
        after->queued -= entry->qty;
        break;

    case FS_ENTRY_CALLED_OFF:

        if (after->called_off != 0) {
            return "calls off what was called off";
        }

        after->called_off = entry->seq;
        after->settling = 1;
        after->tasks++;
        break;

    case FS_ENTRY_COMPENSATED:
        after->tasks++;
        break;

    case FS_ENTRY_GRANTED:

        if (entry->number != ++after->granted) {
            return "is not the next gift of its sale";
        }

        break;

    case FS_ENTRY_BOUND:

        if (after->bound++ == after->granted) {
            return "uses a gift that is used";
        }

        break;

    case FS_ENTRY_UNBOUND:

        if (after->bound-- == 0) {
            return "frees a gift that is not used";
        }

        break;

    case FS_ENTRY_CLAIMED:
        after->claims++;
        after->claimed += entry->qty;
        break;

    case FS_ENTRY_SETTLED:

        if (after->tasks == 0) {
            return "settles what was not begun";
        }

        after->tasks--;

        if ((fs_seq_t) entry->time1 == after->called_off) {
            after->settling = 0;
        }

        break;
    }

    return NULL;
}


const char *
fs_audit_after_row(const fs_audit_after_t *after, const fs_sale_t *row)
{
    if (row->called_off != (after->called_off != 0)
        || row->settling != after->settling)
    {
        return "was called off, or not, otherwise than the record says";
    }

    if ((int64_t) row->claimed_units != after->claimed) {
        return "has other units that are claimed than the record says";
    }

    if ((int64_t) row->queued != after->queued
        || row->queue_last != after->numbers)
    {
        return "has other units that are waited for than the record says";
    }

    if (row->gives != FS_GIVES_NOTHING ? row->sold != after->granted
                                       : after->granted != 0)
    {
        return "has given other units than the record says";
    }

    /* who pays later is owed in the same commit */

    if (after->called_off != 0 && !after->settling && after->left_fen != 0) {
        return "was called off and settled, and not all of it is owed";
    }

    return NULL;
}


int
fs_audit_answered(fs_audit_after_t *after, const fs_entry_t *claim,
    const fs_entry_t *entry)
{
    if (after->claims == 0) {
        return 0;
    }

    after->claims--;

    if (entry->type == FS_ENTRY_DENIED) {
        after->claimed -= claim->qty;
    }

    return 1;
}


const char *
fs_audit_after_rows(fs_view_t *view, const fs_audit_after_t *all,
    uint64_t debts)
{
    MDB_dbi   *dbi;
    MDB_stat   tasks, waits, queue;

    dbi = view->store->index_dbi;

    if (fs_guard_stat(view->index.txn, dbi[FS_INDEX_TASKS], &tasks) != 0
        || fs_guard_stat(view->index.txn, dbi[FS_INDEX_OWED], &waits) != 0
        || fs_guard_stat(view->index.txn, dbi[FS_INDEX_QUEUE], &queue) != 0)
    {
        return "what is to be owed cannot be read";
    }

    if (tasks.ms_entries != all->tasks) {
        return "debts of whole sales are to be written, and the index has"
               " others, or none";
    }

    if (queue.ms_entries != all->waiting) {
        return "holds wait for units, and the index has others";
    }

    if (waits.ms_entries != debts + all->claims) {
        return "debts are due and claims are open, and the index has others";
    }

    return NULL;
}
