
/*
 * Committing the pair.
 */

#include <errno.h>
#include <time.h>

#include "index/index.h"
#include "pair/pair.h"

static void fs_pair_commit_index(fs_pair_t *write);
static int64_t fs_pair_elapsed(const struct timespec *from);


fs_outcome_t
fs_pair_commit(fs_pair_t *write, int64_t timings[2])
{
    int               rc;
    fs_store_t       *store;
    fs_outcome_t      outcome;
    struct timespec   from;

    store = write->store;

    if (write->log.error || write->index.error) {
        outcome = fs_db_outcome(write->log.error ? write->log.error
                                                 : write->index.error);
        fs_pair_abort(write);
        return outcome;
    }

    if (!write->log.dirty) {

        /*
         * LMDB would not write it, and its number would be another's.  The
         * index alone may have changed: keys were swept.  That is committed
         * under the log's lock, and it is no harm if it fails.
         */

        if (write->index.dirty && fs_index_unclean(store) == 0) {
            fs_pair_commit_index(write);
        }

        fs_pair_abort(write);
        return FS_OK;
    }

    if (write->index.dirty) {

        /* after this only the commit of the index can fail */

        rc = fs_index_unclean(store);

        if (rc) {
            fs_pair_abort(write);
            return fs_db_outcome(rc);
        }
    }

    clock_gettime(CLOCK_MONOTONIC, &from);

    outcome = fs_log_commit(write);

    if (timings) {
        timings[0] = fs_pair_elapsed(&from);
    }

    if (outcome != FS_OK) {
        fs_pair_abort(write);
        return outcome;
    }

    if (write->committed) {
        write->committed(write->committed_data);
    }

    clock_gettime(CLOCK_MONOTONIC, &from);

    fs_pair_commit_index(write);
    fs_mark_unhold(store->mark);

    if (timings) {
        timings[1] = fs_pair_elapsed(&from);
    }

    return FS_OK;
}


/*
 * What the log has is durable and is answered so, whatever becomes of the
 * index.  One that found no room is whole, only behind, and is caught up by
 * the next begin; after any other failure it is not believed.  Until then
 * nobody reads it: it would not know what was acknowledged.
 *
 * A full disk may write a part, which LMDB calls EIO.  When that was no meta
 * page (or it would be MDB_PANIC) nothing refers to what was written.
 */

static void
fs_pair_commit_index(fs_pair_t *write)
{
    int          rc, whole;
    MDB_txn     *txn;
    fs_store_t  *store;

    store = write->store;

    rc = fs_db_commit(&write->index);

    if (rc == 0) {
        return;
    }

    store->index_lost |= rc == FS_DB_LOST;

    fs_store_say(store, FS_SAY_ERROR, "index-%u: %s", store->index_n,
                 fs_db_strerror(rc));

    atomic_store(&store->mark->rebuilding, 1);

    whole = fs_db_kind(rc) == FS_DB_FULL;

    if (rc == EIO && fs_guard_begin(store->index, MDB_RDONLY, &txn) == 0) {
        mdb_txn_abort(txn);
        whole = 1;
    }

    if (!whole) {
        atomic_store(&store->mark->stale, 1);
    }
}


void
fs_pair_abort(fs_pair_t *write)
{
    fs_store_t  *store;

    store = write->store;

    if (write->index.txn) {
        fs_db_abort(&write->index);
        store->index_lost |= write->index.error == FS_DB_LOST;

        if (write->index.error == MDB_MAP_FULL) {
            fs_log_map_full(store, store->index, "index");

        } else if (fs_db_damaged(write->index.error)) {
            fs_store_say(store, FS_SAY_ERROR, "index-%u: %s", store->index_n,
                         fs_db_strerror(write->index.error));
            atomic_store(&store->mark->stale, 1);
        }
    }

    fs_log_abort(write);
}


static int64_t
fs_pair_elapsed(const struct timespec *from)
{
    struct timespec  to;

    clock_gettime(CLOCK_MONOTONIC, &to);

    return (int64_t) (to.tv_sec - from->tv_sec) * 1000000
           + (to.tv_nsec - from->tv_nsec) / 1000;
}
