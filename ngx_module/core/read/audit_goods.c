
#include "read/audit_goods.h"
#include "sheet/sheet_lines.h"
#include "ledger/rows_after.h"


int
fs_audit_listed(fs_view_t *view, const fs_entry_t *first)
{
    uint8_t      key[FS_LISTED_KEY_LEN], row[FS_LISTED_ROW_SIZE];
    unsigned     i;
    fs_str_t     value;
    fs_hold_t    hold;
    fs_listed_t  listed;

    if (fs_view_look_hold(view, first->hold, &hold) != 1 || !hold.paid) {
        return 0;
    }

    for (i = 0; i < hold.lines_n; i++) {
        if (!fs_listed_of(&hold, &hold.lines[i], i, first->seq, &listed)) {
            continue;
        }

        fs_listed_key(key, &listed);
        fs_listed_row_encode(&listed, row);

        if (!fs_db_get(&view->index, view->store->index_dbi[FS_INDEX_LINES],
                       key, sizeof(key), &value)
            || value.len != sizeof(row)
            || memcmp(value.data, row, sizeof(row)) != 0)
        {
            return 0;
        }
    }

    return 1;
}


int
fs_audit_tallies(fs_view_t *view, fs_audit_goods_t *sales, size_t n)
{
    int           found, rc;
    uint32_t      sale;
    fs_tally_t    tally;
    fs_db_walk_t  walk;

    rc = 0;

    for (found = fs_db_walk(&walk, &view->index,
                            view->store->index_dbi[FS_INDEX_TALLIES], NULL, 0,
                            MDB_FIRST);
         found;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        sale = (walk.key.len == FS_TALLY_KEY_LEN)
               ? fs_get_be32(walk.key.data) : UINT32_MAX;

        if (sale >= n || fs_tally_row_decode(&tally, walk.value) != 0) {
            rc = -1;
            break;
        }

        sales[sale].units += (int64_t) tally.awaited + tally.ready
                             + tally.handed_over + tally.shorts;
        sales[sale].handed_over += tally.handed_over;
    }

    fs_db_walk_end(&walk);

    return rc;
}
