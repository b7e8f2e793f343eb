
#include "read/view_debts.h"
#include "sheet/sheet_debts.h"


size_t
fs_view_debts(fs_view_t *view, const fs_hold_t *hold, fs_debt_t *debts)
{
    int           found;
    size_t        n;
    uint8_t       key[FS_DEBT_KEY_LEN];
    fs_db_walk_t  walk;

    /* sums do not tell whether there are any: a payment may be of 0 fen */

    if (view->index.txn == NULL) {
        return 0;
    }

    n = 0;
    fs_debt_key(key, hold->seq, 0);

    for (found = fs_db_walk(&walk, &view->index,
                            view->store->index_dbi[FS_INDEX_DEBTS], key,
                            sizeof(key), MDB_SET_RANGE);
         found && n < FS_DEBTS_SHOWN && walk.key.len == FS_DEBT_KEY_LEN
         && fs_get_be64(walk.key.data) == hold->seq;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        if (fs_debt_row_decode(&debts[n], walk.value) != 0) {
            view->index.error = MDB_CORRUPTED;
            break;
        }

        debts[n].hold = hold->seq;
        debts[n].seq = fs_get_be64(walk.key.data + 8);

        if (hold->as_of != 0) {

            if (debts[n].seq > hold->as_of) {
                break;
            }

            if (debts[n].refunded > hold->as_of) {
                debts[n].refunded = 0;
                debts[n].refunded_at = 0;
            }
        }

        n++;
    }

    fs_db_walk_end(&walk);

    return n;
}


int
fs_view_owed(fs_view_t *view, int64_t now, fs_owed_t *owed,
    uint64_t *overdue)
{
    int           found;
    fs_str_t      row;
    fs_db_walk_t  walk;

    memset(owed, 0, sizeof(fs_owed_t));
    *overdue = 0;

    if (view->index.txn == NULL) {
        return 0;
    }

    if (!fs_db_get(&view->index, view->store->index_dbi[FS_INDEX_META],
                   FS_OWED_KEY, sizeof(FS_OWED_KEY) - 1, &row))
    {
        return view->index.error == 0;
    }

    if (fs_owed_row_decode(owed, row) != 0) {
        view->index.error = MDB_CORRUPTED;
        return 0;
    }

    for (found = fs_db_walk(&walk, &view->index,
                            view->store->index_dbi[FS_INDEX_OWED], NULL, 0,
                            MDB_FIRST);
         found && walk.key.len == FS_DEBT_KEY_LEN
         && (int64_t) fs_get_be64(walk.key.data) <= now
         && *overdue < FS_OVERDUE_SHOWN;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        (*overdue)++;
    }

    fs_db_walk_end(&walk);

    return view->index.error == 0;
}
