
/*
 * A claim that is open waits for an answer beside the debts that are due: in
 * `owed`, in the order of their times, with a value one byte longer.
 */

#include "sheet/sheet_claims.h"
#include "ledger/rows_after.h"


#define FS_MARKED_KEY_LEN  (FS_BUYER_LEN + 8)


static void fs_sheet_put_claim(fs_sheet_t *sheet, const fs_claim_t *claim);
static void fs_sheet_claim_waits(fs_sheet_t *sheet, const fs_claim_t *claim,
    int waits);


int
fs_sheet_claim(fs_sheet_t *sheet, fs_seq_t hold, fs_seq_t seq,
    fs_claim_t *claim)
{
    uint8_t   key[FS_DEBT_KEY_LEN];
    fs_str_t  value;

    fs_debt_key(key, hold, seq);

    if (!fs_db_get(sheet->index, sheet->store->index_dbi[FS_INDEX_CLAIMS],
                   key, sizeof(key), &value))
    {
        return 0;
    }

    if (fs_claim_row_decode(claim, value) != 0) {
        fs_sheet_damaged(sheet);
        return 0;
    }

    claim->hold = hold;
    claim->seq = seq;

    return 1;
}


uint32_t
fs_sheet_claimed_open(fs_sheet_t *sheet, fs_seq_t hold, unsigned line)
{
    int           found;
    uint8_t       key[FS_DEBT_KEY_LEN];
    uint32_t      units;
    fs_claim_t    claim;
    fs_db_walk_t  walk;

    units = 0;
    fs_debt_key(key, hold, 0);

    for (found = fs_db_walk(&walk, sheet->index,
                            sheet->store->index_dbi[FS_INDEX_CLAIMS], key,
                            sizeof(key), MDB_SET_RANGE);
         found && walk.key.len >= FS_DEBT_KEY_LEN
         && fs_get_be64(walk.key.data) == hold;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        if (walk.key.len != FS_DEBT_KEY_LEN) {

            /* of a buyer, whose pseudonym begins like that */

            continue;
        }

        if (fs_claim_row_decode(&claim, walk.value) != 0) {
            fs_sheet_damaged(sheet);
            break;
        }

        if (claim.line == line && claim.state == FS_CLAIM_OPEN) {
            units += claim.qty;
        }
    }

    fs_db_walk_end(&walk);

    return units;
}


void
fs_sheet_add_claim(fs_sheet_t *sheet, const fs_claim_t *claim,
    const uint8_t *buyer, int64_t at)
{
    uint8_t  key[FS_MARKED_KEY_LEN], value[8];

    fs_sheet_put_claim(sheet, claim);
    fs_sheet_claim_waits(sheet, claim, 1);

    if (claim->by_time) {
        memcpy(key, buyer, FS_BUYER_LEN);
        fs_set_be64(key + FS_BUYER_LEN, claim->seq);
        fs_set_le64(value, (uint64_t) at);
        fs_db_put(sheet->index, sheet->store->index_dbi[FS_INDEX_CLAIMS],
                  key, sizeof(key), value, sizeof(value), 0);
    }
}


void
fs_sheet_answer_claim(fs_sheet_t *sheet, const fs_claim_t *claim)
{
    fs_sheet_put_claim(sheet, claim);
    fs_sheet_claim_waits(sheet, claim, 0);
}


static void
fs_sheet_put_claim(fs_sheet_t *sheet, const fs_claim_t *claim)
{
    uint8_t  key[FS_DEBT_KEY_LEN], row[FS_CLAIM_ROW_SIZE];

    fs_debt_key(key, claim->hold, claim->seq);
    fs_claim_row_encode(claim, row);
    fs_db_put(sheet->index, sheet->store->index_dbi[FS_INDEX_CLAIMS], key,
              sizeof(key), row, sizeof(row), 0);
}


static void
fs_sheet_claim_waits(fs_sheet_t *sheet, const fs_claim_t *claim, int waits)
{
    uint8_t     key[FS_DEBT_KEY_LEN], value[FS_OWED_CLAIM_LEN];
    MDB_dbi     dbi;
    fs_timer_t  timer;

    dbi = sheet->store->index_dbi[FS_INDEX_OWED];
    fs_debt_key(key, (uint64_t) claim->due_at, claim->seq);

    if (waits) {
        fs_set_le64(value, claim->hold);
        value[8] = 1;
        fs_db_put(sheet->index, dbi, key, sizeof(key), value, sizeof(value),
                  0);

    } else {
        fs_db_delete(sheet->index, dbi, key, sizeof(key), NULL, 0);
    }

    if (claim->by_time) {
        memset(&timer, 0, sizeof(fs_timer_t));
        timer.clock = 'w';
        timer.kind = FS_TIMER_CLAIM;
        timer.time = claim->due_at;
        timer.seq = claim->seq;
        fs_sheet_set_timer(sheet, &timer, waits);
    }
}


uint32_t
fs_sheet_claims_by_time(fs_sheet_t *sheet, const uint8_t *buyer,
    int64_t since, uint32_t limit)
{
    int           found;
    uint8_t       key[FS_MARKED_KEY_LEN];
    uint32_t      n;
    fs_db_walk_t  walk;

    n = 0;
    memcpy(key, buyer, FS_BUYER_LEN);
    fs_set_be64(key + FS_BUYER_LEN, 0);

    for (found = fs_db_walk(&walk, sheet->index,
                            sheet->store->index_dbi[FS_INDEX_CLAIMS], key,
                            sizeof(key), MDB_SET_RANGE);
         found && n < limit && walk.key.len == FS_MARKED_KEY_LEN
         && memcmp(walk.key.data, buyer, FS_BUYER_LEN) == 0;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        if (walk.value.len != 8) {
            fs_sheet_damaged(sheet);
            break;
        }

        n += (int64_t) fs_get_le64(walk.value.data) > since;
    }

    fs_db_walk_end(&walk);

    return n;
}
