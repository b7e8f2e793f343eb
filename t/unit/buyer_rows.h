
/*
 * What must be true of an index's rows by buyer: each is found by whoever asks
 * for its key, unless a later generation has another.
 */

#ifndef BUYER_ROWS_H
#define BUYER_ROWS_H

#include "index/buyers.h"


/* How many rows there are; -1: a filter denies one. */

static inline long
buyer_rows(fs_store_t *store)
{
    int             rc;
    long            n;
    unsigned        i;
    MDB_val         key, value;
    fs_str_t        row;
    fs_txn_t        txn;
    MDB_cursor     *cursor;
    fs_buyers_t     buyers;
    const uint8_t  *place;

    memset(&txn, 0, sizeof(txn));
    memset(&buyers, 0, sizeof(buyers));

    if (mdb_txn_begin(store->index, NULL, MDB_RDONLY, &txn.txn) != 0) {
        return -1;
    }

    if (mdb_cursor_open(txn.txn, store->index_dbi[FS_INDEX_BUYERS], &cursor)
        != 0)
    {
        mdb_txn_abort(txn.txn);
        return -1;
    }

    fs_buyers_begin(&buyers, store, &txn, 1);

    n = 0;

    for (rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
         rc == 0;
         rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
    {
        place = key.mv_data;

        if (!fs_buyers_get(&buyers, place + 1, key.mv_size - 1, &row)) {
            n = -1;
            break;
        }

        for (i = 0; i < buyers.in_n && buyers.in[i] != place[0]; i++) {
            /* void */
        }

        if (i == buyers.in_n) {
            n = -1;
            break;
        }

        n++;
    }

    mdb_cursor_close(cursor);
    mdb_txn_abort(txn.txn);

    return n;
}


#endif /* BUYER_ROWS_H */
