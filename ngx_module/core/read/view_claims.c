
#include "read/view_claims.h"
#include "read/view_draw.h"
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
fs_view_open_claims(fs_view_t *view, size_t limit, fs_open_claim_t *claims,
    int *more)
{
    int               found;
    size_t            n;
    fs_seq_t          seq, of;
    fs_hold_t         hold;
    unsigned          looked;
    fs_db_walk_t      walk;
    fs_open_claim_t  *open;

    *more = 0;

    if (view->index.txn == NULL) {
        return 0;
    }

    n = 0;
    looked = 0;

    for (found = fs_db_walk(&walk, &view->index,
                            view->store->index_dbi[FS_INDEX_OWED], NULL, 0,
                            MDB_FIRST);
         found;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        if (looked++ == FS_CLAIMS_LOOKED) {
            *more = 1;
            break;
        }

        if (walk.value.len != FS_OWED_CLAIM_LEN
            || walk.key.len != FS_DEBT_KEY_LEN)
        {
            continue;
        }

        if (n == limit) {
            *more = 1;
            break;
        }

        of = fs_get_le64(walk.value.data);
        seq = fs_get_be64(walk.key.data + 8);
        open = &claims[n];

        if (!fs_view_claim(view, of, seq, &open->claim)
            || fs_view_look_hold(view, of, &hold) != 1
            || open->claim.line >= hold.lines_n)
        {
            view->index.error = MDB_CORRUPTED;
            break;
        }

        open->sale = hold.lines[open->claim.line].sale;
        open->pickup = hold.pickup;
        memcpy(open->buyer, hold.buyer, FS_BUYER_LEN);
        n++;
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

    after->shown.ticket = fs_hold_is_gift(hold)
                          && fs_view_ticket(view, hold, &after->ticket) == 1
                          ? &after->ticket : NULL;

    return after->shown.debts_n * FS_DEBT_JSON_MAX
           + after->shown.claims_n * FS_CLAIM_JSON_MAX
           + (after->shown.ticket != NULL ? FS_TICKET_JSON_MAX : 0);
}
