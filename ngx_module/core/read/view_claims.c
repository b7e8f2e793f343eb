
#include "read/view_claims.h"
#include "sheet/sheet_claims.h"
#include "ledger/rows_after.h"


int
fs_view_claim(fs_view_t *view, fs_seq_t hold, fs_seq_t seq,
    fs_claim_t *claim)
{
    uint8_t   key[FS_DEBT_KEY_LEN];
    fs_str_t  row;

    if (view->index.txn == NULL) {
        return 0;
    }

    fs_debt_key(key, hold, seq);

    if (!fs_db_get(&view->index, view->store->index_dbi[FS_INDEX_CLAIMS],
                   key, sizeof(key), &row))
    {
        return 0;
    }

    if (fs_claim_row_decode(claim, row) != 0) {
        view->index.error = MDB_CORRUPTED;
        return 0;
    }

    claim->hold = hold;
    claim->seq = seq;

    return 1;
}


size_t
fs_view_claims(fs_view_t *view, const fs_hold_t *hold, fs_claim_t *claims)
{
    int           found;
    size_t        n;
    uint8_t       key[FS_DEBT_KEY_LEN];
    fs_db_walk_t  walk;

    if (view->index.txn == NULL || !hold->paid) {
        return 0;
    }

    n = 0;
    fs_debt_key(key, hold->seq, 0);

    for (found = fs_db_walk(&walk, &view->index,
                            view->store->index_dbi[FS_INDEX_CLAIMS], key,
                            sizeof(key), MDB_SET_RANGE);
         found && n < FS_CLAIMS_SHOWN
         && walk.key.len >= FS_DEBT_KEY_LEN
         && fs_get_be64(walk.key.data) == hold->seq;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        if (walk.key.len != FS_DEBT_KEY_LEN) {

            /* of a buyer, whose pseudonym begins like that */

            continue;
        }

        if (fs_claim_row_decode(&claims[n], walk.value) != 0) {
            view->index.error = MDB_CORRUPTED;
            break;
        }

        claims[n].hold = hold->seq;
        claims[n].seq = fs_get_be64(walk.key.data + 8);

        if (hold->as_of != 0) {

            /* as it was then: see fs_view_debts() */

            if (claims[n].seq > hold->as_of) {
                break;
            }

            if (claims[n].answered > hold->as_of) {
                claims[n].state = FS_CLAIM_OPEN;
                claims[n].answered_at = 0;
            }
        }

        n++;
    }

    fs_db_walk_end(&walk);

    return n;
}


uint64_t
fs_view_claims_open(fs_view_t *view)
{
    int           found;
    uint64_t      n, looked;
    fs_db_walk_t  walk;

    if (view->index.txn == NULL) {
        return 0;
    }

    n = 0;
    looked = 0;

    for (found = fs_db_walk(&walk, &view->index,
                            view->store->index_dbi[FS_INDEX_OWED], NULL, 0,
                            MDB_FIRST);
         found && looked < FS_OVERDUE_SHOWN;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        looked++;
        n += walk.value.len == FS_OWED_CLAIM_LEN;
    }

    fs_db_walk_end(&walk);

    return n;
}


size_t
fs_view_after(fs_view_t *view, const fs_hold_t *hold, fs_view_after_t *after)
{
    after->shown.debts = after->debts;
    after->shown.debts_n = fs_view_debts(view, hold, after->debts);
    after->shown.claims = after->claims;
    after->shown.claims_n = fs_view_claims(view, hold, after->claims);

    return after->shown.debts_n * FS_DEBT_JSON_MAX
           + after->shown.claims_n * FS_CLAIM_JSON_MAX;
}
