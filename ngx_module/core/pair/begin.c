
/*
 * Beginning the pair, and bringing the index up to the ledger's end.
 */

#include "index/buyers.h"
#include "index/index.h"
#include "lmdb/env.h"
#include "log/life.h"
#include "pair/pair.h"


#define FS_PROGRESS_MS    1000

/* new directories made in one go */
#define FS_INDEX_NEW_MAX  2

static fs_outcome_t fs_pair_replace_index(fs_pair_t *write);
static fs_outcome_t fs_pair_fold(fs_pair_t *write, fs_position_t *position,
    unsigned chunk);
static void fs_pair_progress(fs_pair_t *write, fs_seq_t seq,
    int64_t *told_at);
static int fs_pair_sync_index(fs_store_t *store);


fs_outcome_t
fs_pair_begin(fs_store_t *store, fs_pair_t *write)
{
    int           again;
    int64_t       wall, boot;
    fs_outcome_t  outcome;

    for ( ;; ) {
        outcome = fs_log_lock(store, write);

        if (outcome != FS_OK) {
            return outcome;
        }

        outcome = fs_pair_begin_index(write, FS_INDEX_CHUNK, NULL, NULL);

        if (outcome != FS_OK) {
            return outcome;
        }

        if (atomic_load(&store->clock_behind)) {
            store->conf.clock(store->conf.data, &wall, &boot);

            if (wall >= write->at - FS_CLOCK_BEHIND_MS) {
                atomic_store(&store->clock_behind, 0);
            }
        }

        if (store->booted && fs_life_due(store) == 0) {
            return FS_OK;
        }

        again = 0;
        outcome = store->conf.replay->boot(write, &again);

        if (outcome != FS_OK || !again) {
            return outcome;
        }
    }
}


fs_outcome_t
fs_pair_begin_index(fs_pair_t *write, unsigned chunk, const _Atomic int *stop,
    int *more)
{
    unsigned       made;
    int64_t        wall, told_at;
    fs_store_t    *store;
    fs_outcome_t   outcome;
    fs_position_t  position;
    fs_index_use_t use;

    store = write->store;
    made = 0;

    store->conf.clock(store->conf.data, &wall, &told_at);

    for ( ;; ) {
        use = fs_index_open_txn(write, &position, &outcome);

        if (use == FS_INDEX_UNTRUSTED) {

            if (made == FS_INDEX_NEW_MAX) {
                fs_store_say(store, FS_SAY_ERROR,
                             "a new index is damaged as well");
                outcome = FS_INTERNAL;
                break;
            }

            made++;

            outcome = fs_pair_replace_index(write);

            if (outcome == FS_OK) {
                continue;
            }
        }

        if (use != FS_INDEX_GOOD) {
            break;
        }

        if (position.seq == write->seq) {

            if (atomic_load(&store->mark->rebuilding)) {
                atomic_store(&store->mark->rebuilding, 0);
                fs_store_say(store, FS_SAY_INFO,
                             "index-%u is complete, to entry %llu",
                             store->index_n,
                             (unsigned long long) position.seq);
            }

            return FS_OK;
        }

        if (write->seq - position.seq > chunk) {
            atomic_store(&store->mark->rebuilding, 1);
        }

        outcome = fs_pair_fold(write, &position, chunk);

        if (outcome != FS_OK) {
            break;
        }

        fs_pair_progress(write, position.seq, &told_at);

        if (stop && position.seq < write->seq
            && atomic_load_explicit(stop, memory_order_relaxed))
        {
            *more = 1;
            break;
        }
    }

    fs_pair_abort(write);

    return outcome;
}


/*
 * Make the next index and record it in a commit of its own.  The write lock
 * is let go for a moment: whoever gets it sees the new directory, and that it
 * is behind.
 */

static fs_outcome_t
fs_pair_replace_index(fs_pair_t *write)
{
    uint32_t       n;
    fs_mark_t     *mark;
    fs_store_t    *store;
    fs_outcome_t   outcome;
    fs_index_row_t row;

    store = write->store;
    mark = store->mark;

    fs_index_detach(store);

    outcome = fs_index_create(write);

    if (outcome != FS_OK) {
        return outcome;
    }

    (void) fs_index_row(store, &write->log, &row);
    n = row.n;

    outcome = fs_log_commit(write);

    if (outcome != FS_OK) {
        return outcome;
    }

    fs_store_say(store, FS_SAY_WARN,
                 "folding %llu entries into index-%u",
                 (unsigned long long) write->seq, n);

    /* the lock is free: another one may have been made by now */

    if (atomic_load(&mark->index_n) < n) {
        atomic_store(&mark->rebuilding, 1);
        atomic_store(&mark->clean, 0);
        atomic_store(&mark->index_n, n);
        atomic_store(&mark->stale, 0);
    }

    outcome = fs_log_lock(store, write);

    if (outcome == FS_OK && fs_index_row(store, &write->log, &row)) {
        fs_index_remove_others(store, row.n);
    }

    return outcome;
}


/* Fold at most `chunk` entries and commit the index. */

static fs_outcome_t
fs_pair_fold(fs_pair_t *write, fs_position_t *position, unsigned chunk)
{
    int            rc, unfit;
    fs_seq_t       seq;
    fs_store_t    *store;
    fs_outcome_t   outcome;

    store = write->store;

    if (chunk > write->seq - position->seq) {
        chunk = (unsigned) (write->seq - position->seq);
    }

    rc = fs_env_room(store->index, chunk,
                     fs_buyers_filters(store, position->seq, chunk),
                     &store->index_room);

    if (rc == 0) {
        rc = fs_index_unclean(store);
    }

    if (rc) {
        return fs_db_outcome(rc);
    }

    seq = position->seq;
    outcome = store->conf.replay->fold(write, &seq, chunk, &unfit);

    rc = write->index.error;

    if (outcome == FS_OK) {
        rc = fs_db_commit(&write->index);
        outcome = fs_db_outcome(rc);
        unfit = fs_db_kind(rc) == FS_DB_WRONG;

    } else {
        fs_db_abort(&write->index);
    }

    store->index_lost |= rc == FS_DB_LOST;

    if (outcome == FS_OK) {
        position->seq = seq;
        return FS_OK;
    }

    if (fs_store_say_due(store)) {
        fs_store_say(store, FS_SAY_ERROR, "entry %llu or one after it cannot "
                     "be folded into index-%u: %s",
                     (unsigned long long) position->seq + 1, store->index_n,
                     rc ? fs_db_strerror(rc) : fs_outcome_title(outcome));
    }

    if ((unfit || fs_db_damaged(rc)) && write->log.error == 0) {

        /* by another index, then; when that fails too it is given up */

        atomic_store(&store->mark->stale, 1);
        return FS_OK;
    }

    return outcome;
}


static void
fs_pair_progress(fs_pair_t *write, fs_seq_t seq, int64_t *told_at)
{
    int64_t      wall, boot;
    fs_store_t  *store;

    store = write->store;

    if (!atomic_load(&store->mark->rebuilding)) {
        return;
    }

    store->conf.clock(store->conf.data, &wall, &boot);

    if (boot - *told_at < FS_PROGRESS_MS) {
        return;
    }

    *told_at = boot;

    fs_store_say(store, FS_SAY_INFO, "index-%u: %llu of %llu entries",
                 store->index_n, (unsigned long long) seq,
                 (unsigned long long) write->seq);
}


fs_outcome_t
fs_store_catch_up(fs_store_t *store, unsigned chunk, const _Atomic int *stop,
    int *more)
{
    int            again;
    fs_pair_t     write;
    fs_outcome_t   outcome;

    if (more != NULL) {
        *more = 0;
    }

    outcome = fs_log_lock(store, &write);

    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = fs_pair_begin_index(&write, chunk, stop, more);

    if (outcome != FS_OK || (more != NULL && *more)) {
        return outcome;
    }

    if (!store->booted || fs_life_due(store)) {
        outcome = store->conf.replay->boot(&write, &again);
    }

    fs_pair_abort(&write);

    return outcome;
}


/*
 * Leave the marker.  Most of the index is written before the lock is taken,
 * so that an old worker that exits does not hold up the new one's commits.
 */

void
fs_pair_clean(fs_store_t *store)
{
    fs_pair_t      write;
    fs_outcome_t   outcome;
    fs_position_t  position;

    if (store->index == NULL || fs_store_index_wanted(store)
        || atomic_load(&store->mark->clean)
        || !fs_pair_sync_index(store)
        || fs_log_lock(store, &write) != FS_OK)
    {
        return;
    }

    if (atomic_load(&store->mark->clean)
        || fs_index_open_txn(&write, &position, &outcome) != FS_INDEX_GOOD)
    {
        fs_pair_abort(&write);
        return;
    }

    if (position.seq != write.seq
        || memcmp(position.boot, store->conf.boot_id, FS_BOOT_LEN) != 0
        || !fs_pair_sync_index(store))
    {
        fs_pair_abort(&write);
        return;
    }

    fs_index_mark(store, &position);

    fs_pair_abort(&write);
}


/*
 * 1: it is on disk.  After a sync that failed the kernel takes pages for
 * clean that are not, so the next would prove nothing: another index is due.
 */

static int
fs_pair_sync_index(fs_store_t *store)
{
    int  rc;

    rc = mdb_env_sync(store->index, 1);

    if (rc) {
        fs_store_say(store, FS_SAY_ERROR, "index-%u cannot be synced: %s",
                     store->index_n, fs_db_strerror(rc));
        atomic_store(&store->mark->stale, 1);
    }

    return rc == 0;
}
