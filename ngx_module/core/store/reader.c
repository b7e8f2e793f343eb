
/*
 * Readers.
 */

#include <stdlib.h>

#include "store/store.h"


fs_reader_t *
fs_reader_create(fs_store_t *store)
{
    fs_reader_t  *reader;

    reader = calloc(1, sizeof(*reader));

    if (reader == NULL) {
        return NULL;
    }

    reader->store = store;

    pthread_mutex_lock(&store->readers_lock);

    reader->next = store->readers;
    store->readers = reader;

    pthread_mutex_unlock(&store->readers_lock);

    return reader;
}


void
fs_reader_destroy(fs_reader_t *reader)
{
    fs_store_t    *store;
    fs_reader_t  **link;

    store = reader->store;

    /* after a fork the parent's transactions are not this process's */

    if (!fs_store_forked(store)) {
        pthread_mutex_lock(&store->readers_lock);

        for (link = &store->readers; *link; link = &(*link)->next) {
            if (*link == reader) {
                *link = reader->next;
                break;
            }
        }

        mdb_txn_abort(reader->index);
        mdb_txn_abort(reader->log);

        pthread_mutex_unlock(&store->readers_lock);
    }

    fs_names_free(&reader->sales);
    fs_names_free(&reader->pickups);
    fs_names_free(&reader->waves);
    fs_names_free(&reader->takers);
    free(reader);
}


void
fs_readers_end(fs_store_t *store, int log)
{
    fs_reader_t  *reader;

    pthread_mutex_lock(&store->readers_lock);

    for (reader = store->readers; reader; reader = reader->next) {
        if (log) {
            mdb_txn_abort(reader->log);
            reader->log = NULL;

        } else {
            mdb_txn_abort(reader->index);
            reader->index = NULL;
        }
    }

    pthread_mutex_unlock(&store->readers_lock);
}


int
fs_reader_renew(MDB_env *env, MDB_txn **txn)
{
    int  rc;

    if (*txn) {
        return fs_guard_renew(*txn);
    }

    rc = fs_guard_begin(env, MDB_RDONLY, txn);

    if (rc == MDB_READERS_FULL) {
        (void) mdb_reader_check(env, NULL);

        rc = fs_guard_begin(env, MDB_RDONLY, txn);
    }

    if (rc) {
        *txn = NULL;
    }

    return rc;
}
