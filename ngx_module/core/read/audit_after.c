
#include "read/audit_after.h"


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

    /* who pays later is owed in the same commit */

    if (after->called_off != 0 && !after->settling && after->left_fen != 0) {
        return "was called off and settled, and not all of it is owed";
    }

    return NULL;
}


int
fs_audit_tasks(fs_view_t *view, uint64_t *tasks)
{
    int           found;
    fs_db_walk_t  walk;

    *tasks = 0;

    for (found = fs_db_walk(&walk, &view->index,
                            view->store->index_dbi[FS_INDEX_TASKS], NULL, 0,
                            MDB_FIRST);
         found;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        (*tasks)++;
    }

    fs_db_walk_end(&walk);

    return view->index.error == 0;
}
