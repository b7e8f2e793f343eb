
/*
 * Debts lie in two databases: `debts`, all of a hold side by side, and
 * `owed`, those that are due in the order of their times.
 */

#include "sheet/sheet_debts.h"

static void fs_sheet_put_debt(fs_sheet_t *sheet, const fs_debt_t *debt);
static void fs_sheet_count_debt(fs_sheet_t *sheet, const fs_debt_t *debt,
    int due);


int
fs_sheet_debt(fs_sheet_t *sheet, fs_seq_t hold, fs_seq_t seq,
    fs_debt_t *debt)
{
    return fs_sheet_next_debt(sheet, hold, seq - 1, debt) && debt->seq == seq;
}


int
fs_sheet_next_debt(fs_sheet_t *sheet, fs_seq_t hold, fs_seq_t after,
    fs_debt_t *debt)
{
    uint8_t   key[FS_DEBT_KEY_LEN];
    fs_str_t  found, value;

    fs_debt_key(key, hold, after + 1);

    if (!fs_db_seek(sheet->index, sheet->store->index_dbi[FS_INDEX_DEBTS],
                    key, sizeof(key), &found, &value)
        || found.len != FS_DEBT_KEY_LEN || fs_get_be64(found.data) != hold)
    {
        return 0;
    }

    if (fs_debt_row_decode(debt, value) != 0) {
        fs_sheet_damaged(sheet);
        return 0;
    }

    debt->hold = hold;
    debt->seq = fs_get_be64(found.data + 8);

    return 1;
}


int
fs_sheet_oldest_due(fs_sheet_t *sheet, fs_seq_t hold, const uint8_t *payment,
    fs_debt_t *debt)
{
    fs_seq_t  after;

    for (after = 0; fs_sheet_next_debt(sheet, hold, after, debt);
         after = debt->seq)
    {
        if (debt->refunded == 0
            && (payment == NULL
                || memcmp(debt->payment, payment, FS_REFERENCE_LEN) == 0))
        {
            return 1;
        }
    }

    return 0;
}


void
fs_sheet_add_debt(fs_sheet_t *sheet, const fs_debt_t *debt)
{
    fs_sheet_put_debt(sheet, debt);

    if (debt->refunded == 0) {
        fs_sheet_count_debt(sheet, debt, 1);
    }
}


void
fs_sheet_settle_debt(fs_sheet_t *sheet, const fs_debt_t *debt)
{
    fs_sheet_put_debt(sheet, debt);
    fs_sheet_count_debt(sheet, debt, 0);
}


static void
fs_sheet_put_debt(fs_sheet_t *sheet, const fs_debt_t *debt)
{
    uint8_t  key[FS_DEBT_KEY_LEN], row[FS_DEBT_ROW_SIZE];

    fs_debt_key(key, debt->hold, debt->seq);
    fs_debt_row_encode(debt, row);
    fs_db_put(sheet->index, sheet->store->index_dbi[FS_INDEX_DEBTS], key,
              sizeof(key), row, sizeof(row), 0);
}


/* Among those that are due, and in the sum; or no longer. */

static void
fs_sheet_count_debt(fs_sheet_t *sheet, const fs_debt_t *debt, int due)
{
    uint8_t    key[FS_DEBT_KEY_LEN], value[8], row[FS_OWED_ROW_SIZE];
    MDB_dbi   *dbi;
    fs_str_t   found;
    fs_owed_t  owed;

    dbi = sheet->store->index_dbi;
    fs_debt_key(key, (uint64_t) debt->due_at, debt->seq);
    memset(&owed, 0, sizeof(fs_owed_t));

    if (fs_db_get(sheet->index, dbi[FS_INDEX_META], FS_OWED_KEY,
                  sizeof(FS_OWED_KEY) - 1, &found)
        && fs_owed_row_decode(&owed, found) != 0)
    {
        fs_sheet_damaged(sheet);
        return;
    }

    if (due) {
        fs_set_le64(value, debt->hold);
        fs_db_put(sheet->index, dbi[FS_INDEX_OWED], key, sizeof(key), value,
                  sizeof(value), 0);
        owed.fen += debt->amount_fen;
        owed.debts++;

    } else {
        if (!fs_must(sheet, owed.fen >= debt->amount_fen && owed.debts > 0)) {
            return;
        }

        fs_db_delete(sheet->index, dbi[FS_INDEX_OWED], key, sizeof(key),
                     NULL, 0);
        owed.fen -= debt->amount_fen;
        owed.debts--;
    }

    fs_owed_row_encode(&owed, row);
    fs_db_put(sheet->index, dbi[FS_INDEX_META], FS_OWED_KEY,
              sizeof(FS_OWED_KEY) - 1, row, sizeof(row), 0);
}
