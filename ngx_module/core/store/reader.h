
/*
 * A pair of reset LMDB readers of one thread, and what it remembers from view
 * to view.
 */

#ifndef FS_READER_H
#define FS_READER_H

#include "ledger/names.h"
#include "store/store.h"

#pragma GCC visibility push(hidden)


struct fs_reader_s {
    fs_store_t          *store;
    fs_reader_t         *next;          /* of the store's */
    MDB_txn             *log;           /* reset, but within a view */
    MDB_txn             *index;
    uint32_t             index_n;       /* where the index was, and in which */
    uint64_t             index_txn;     /* transaction that was read */
    fs_seq_t             index_seq;
    fs_names_memory_t    sales;
    fs_names_memory_t    pickups;
    void                *view;          /* for fs_view_names() */
    fs_crypto_t         *crypto;
};


/* NULL: no memory.  The readers themselves are taken on first use. */
fs_reader_t *fs_reader_create(fs_store_t *store);
void fs_reader_destroy(fs_reader_t *reader);

/* Renew a reader; the first time it takes a slot of the reader table, and
 * frees those of dead processes when there is none.  0, or an LMDB error. */
int fs_reader_renew(MDB_env *env, MDB_txn **txn);

/* End all readers' transactions: an environment is about to be closed.  The
 * caller holds the guard for writing. */
void fs_readers_end(fs_store_t *store, int log);


#pragma GCC visibility pop

#endif /* FS_READER_H */
