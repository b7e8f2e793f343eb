
/*
 * The index.  It is cheap to lose: whatever is doubtful about it, another is
 * folded from the ledger in a new directory.
 *
 * Every function here runs in the thread that writes, under the log's write
 * lock (but fs_index_look(), which only reads).  The guard is taken for the
 * moments in which views must not look.
 */

#include <limits.h>
#include <sys/stat.h>

#include "index/buyers.h"
#include "lmdb/env.h"
#include "index/index.h"
#include "index/index_dir.h"
#include "store/log.h"
#include "fold/fold.h"
#include "read/view.h"
#include "store/write.h"


#define FS_PROGRESS_MS    1000

/* new directories made in one go */
#define FS_INDEX_NEW_MAX  2

static int fs_index_row(fs_store_t *store, fs_txn_t *log,
    fs_index_row_t *row);
static fs_outcome_t fs_index_open(fs_store_t *store,
    const fs_index_row_t *row);
static fs_outcome_t fs_index_trust(fs_store_t *store, fs_txn_t *log,
    fs_txn_t *index, fs_seq_t last, fs_position_t *position);
static fs_outcome_t fs_index_open_txn(fs_write_t *write,
    fs_position_t *position);
static fs_outcome_t fs_index_replace(fs_write_t *write);
static fs_outcome_t fs_index_fold(fs_write_t *write, fs_position_t *position,
    unsigned chunk);
static void fs_index_fold_range(fs_write_t *write, fs_state_t *state,
    unsigned chunk);
static void fs_index_progress(fs_write_t *write, fs_seq_t seq,
    int64_t *told_at);
static int fs_index_sync(fs_store_t *store);


int
fs_index_position(fs_store_t *store, fs_txn_t *index,
    fs_position_t *position)
{
    fs_str_t  row;

    if (!fs_db_get(index, store->index_dbi[FS_INDEX_META], FS_POSITION_KEY,
                   sizeof(FS_POSITION_KEY) - 1, &row)
        || row.len != FS_POSITION_ROW_SIZE)
    {
        return 0;
    }

    position->seq = fs_get_le64(row.data);
    memcpy(position->hash, row.data + 8, FS_HASH_LEN);
    memcpy(position->boot, row.data + 40, FS_BOOT_LEN);

    return 1;
}


static int
fs_index_row(fs_store_t *store, fs_txn_t *log, fs_index_row_t *row)
{
    fs_str_t  value;

    if (!fs_db_get(log, store->log_dbi[FS_LOG_META], FS_META_INDEX,
                   sizeof(FS_META_INDEX) - 1, &value)
        || value.len != FS_META_INDEX_SIZE)
    {
        memset(row, 0, sizeof(*row));
        return 0;
    }

    row->n = fs_get_le32(value.data);
    row->device = fs_get_le64(value.data + 8);
    row->inode = fs_get_le64(value.data + 16);

    return 1;
}


fs_outcome_t
fs_index_attach(fs_store_t *store, fs_txn_t *log)
{
    fs_index_row_t  row;

    if (!fs_index_row(store, log, &row)) {
        return log->error ? fs_db_outcome(log->error) : FS_REBUILDING;
    }

    if (store->index && store->index_n == row.n) {
        return FS_OK;
    }

    fs_index_detach(store);

    return fs_index_open(store, &row);
}


static fs_outcome_t
fs_index_open(fs_store_t *store, const fs_index_row_t *row)
{
    int          rc;
    char         name[PATH_MAX], why[FS_ENV_WHY_MAX];
    MDB_env     *env;
    MDB_dbi      dbi[FS_INDEX_N];
    uint32_t     generation;
    struct stat  st;

    if (!fs_index_name(store, row->n, "data.mdb", name, sizeof(name))) {
        return FS_INTERNAL;
    }

    rc = fs_env_look(name, why);

    if (rc != 1) {
        fs_store_say(store, FS_LOG_WARN, "index-%u/data.mdb %s", row->n,
                     rc == 0 ? "is missing" : why);
        return FS_REBUILDING;
    }

    if (stat(name, &st) == -1) {
        return FS_REBUILDING;
    }

    if (st.st_dev != row->device || st.st_ino != row->inode) {
        fs_store_say(store, FS_LOG_WARN,
                     "index-%u/data.mdb is another file than the one "
                     "recorded", row->n);
        return FS_REBUILDING;
    }

    (void) fs_index_name(store, row->n, "", name, sizeof(name));

    generation = 0;

    rc = fs_env_open(&env, name, fs_index_map_size(store),
                     store->conf.readers, FS_INDEX_FLAGS);
    if (rc == 0) {
        rc = fs_index_handles(env, row->n, dbi, &generation,
                              &store->index_look);
    }

    if (rc) {
        fs_store_say(store, FS_LOG_WARN, "index-%u cannot be opened: %s",
                     row->n, rc == MDB_NOTFOUND
                             ? "it is another one, or of another layout"
                             : fs_db_strerror(rc));

        if (env) {
            mdb_env_close(env);
        }

        return rc == MDB_NOTFOUND || fs_db_damaged(rc) ? FS_REBUILDING
                                                       : fs_db_outcome(rc);
    }

    pthread_rwlock_wrlock(&store->guard);

    memcpy(store->index_dbi, dbi, sizeof(dbi));
    store->generation = generation;
    store->index_n = row->n;
    store->index_room = 0;
    store->index_mapped = fs_env_mapped(env);
    store->index = env;

    pthread_rwlock_unlock(&store->guard);

    return FS_OK;
}


void
fs_index_detach(fs_store_t *store)
{
    MDB_env  *env;

    pthread_rwlock_wrlock(&store->guard);

    env = store->index;
    store->index = NULL;
    store->index_n = 0;

    fs_readers_end(store, 0);

    pthread_rwlock_unlock(&store->guard);

    if (env && !store->index_lost) {
        mdb_env_close(env);
    }

    store->index_lost = 0;
}


fs_outcome_t
fs_index_look(fs_store_t *store, fs_txn_t *log)
{
    int            rc;
    fs_txn_t       index;
    fs_entry_t     last;
    fs_outcome_t   outcome;
    fs_position_t  position;

    outcome = fs_index_attach(store, log);

    if (outcome != FS_OK) {
        return outcome;
    }

    memset(&index, 0, sizeof(index));

    rc = fs_guard_begin(store->index, MDB_RDONLY, &index.txn);

    if (rc) {
        fs_index_detach(store);
        return fs_db_outcome(rc);
    }

    /*
     * Others may be writing: a ledger read later than the index is never
     * behind it.
     */

    mdb_txn_reset(log->txn);

    rc = fs_guard_renew(log->txn);

    if (rc) {
        log->error = rc;
        outcome = fs_db_outcome(rc);

    } else {
        memset(&last, 0, sizeof(last));

        outcome = FS_REBUILDING;

        if (fs_log_last(store, log, &last) != -1) {
            outcome = fs_index_trust(store, log, &index, last.seq, &position);
        }
    }

    mdb_txn_abort(index.txn);

    if (outcome != FS_OK) {
        fs_index_detach(store);
        return outcome;
    }

    store->index_seq = position.seq;

    return FS_OK;
}


static fs_outcome_t
fs_index_trust(fs_store_t *store, fs_txn_t *log, fs_txn_t *index,
    fs_seq_t last, fs_position_t *position)
{
    const char     *why;
    fs_entry_t      entry;
    const uint8_t  *hash;
    static const uint8_t  zeros[FS_HASH_LEN];

    if (!fs_index_position(store, index, position)) {
        why = "does not say how far it is";
        goto untrusted;
    }

    if (position->seq > last) {
        why = "is ahead of the ledger";
        goto untrusted;
    }

    hash = zeros;

    if (position->seq) {
        if (fs_log_entry(store, log, position->seq, &entry) != 1) {
            if (log->error) {
                return fs_db_outcome(log->error);
            }

            why = "ends at an entry that cannot be read";
            goto untrusted;
        }

        hash = entry.hash;
    }

    if (memcmp(position->hash, hash, FS_HASH_LEN) != 0) {
        why = "is of another ledger";
        goto untrusted;
    }

    if (memcmp(position->boot, store->conf.boot_id, FS_BOOT_LEN) != 0
        && !fs_index_marked(store, position))
    {
        why = "was not closed before the machine went down";
        goto untrusted;
    }

    return FS_OK;

untrusted:

    fs_store_say(store, FS_LOG_WARN, "index-%u %s", store->index_n, why);

    return FS_REBUILDING;
}


fs_outcome_t
fs_index_begin(fs_write_t *write, unsigned chunk, const _Atomic int *stop)
{
    unsigned       made;
    int64_t        wall, told_at;
    fs_store_t    *store;
    fs_outcome_t   outcome;
    fs_position_t  position;

    store = write->store;
    made = 0;

    store->conf.clock(store->conf.data, &wall, &told_at);

    for ( ;; ) {
        outcome = fs_index_open_txn(write, &position);

        if (outcome == FS_REBUILDING) {

            if (made == FS_INDEX_NEW_MAX) {
                fs_store_say(store, FS_LOG_ERROR,
                             "a new index is damaged as well");
                outcome = FS_INTERNAL;
                break;
            }

            made++;

            outcome = fs_index_replace(write);

            if (outcome == FS_OK) {
                continue;
            }
        }

        if (outcome != FS_OK) {
            break;
        }

        if (position.seq == write->seq) {

            if (atomic_load(&store->mark->rebuilding)) {
                atomic_store(&store->mark->rebuilding, 0);
                fs_store_say(store, FS_LOG_INFO,
                             "index-%u is complete, to entry %llu",
                             store->index_n,
                             (unsigned long long) position.seq);
            }

            return FS_OK;
        }

        if (write->seq - position.seq > chunk) {
            atomic_store(&store->mark->rebuilding, 1);
        }

        outcome = fs_index_fold(write, &position, chunk);

        if (outcome != FS_OK) {
            break;
        }

        fs_index_progress(write, position.seq, &told_at);

        if (stop && position.seq < write->seq
            && atomic_load_explicit(stop, memory_order_relaxed))
        {
            outcome = FS_REBUILDING;
            break;
        }
    }

    fs_write_abort(write);

    return outcome;
}


/* OK: the index's transaction is open, and its position is the ledger's. */

static fs_outcome_t
fs_index_open_txn(fs_write_t *write, fs_position_t *position)
{
    int            rc, tries;
    fs_store_t    *store;
    fs_outcome_t   outcome;

    store = write->store;

    if (atomic_load(&store->mark->stale)) {
        fs_store_say(store, FS_LOG_WARN, "index-%u is damaged",
                     atomic_load(&store->mark->index_n));
        return FS_REBUILDING;
    }

    for (tries = 0; /* void */ ; tries++) {
        outcome = fs_index_attach(store, &write->log);

        if (outcome != FS_OK) {
            return outcome;
        }

        write->index.error = 0;
        write->index.dirty = 0;

        rc = fs_guard_begin(store->index, 0, &write->index.txn);

        if (rc == 0) {
            break;
        }

        write->index.txn = NULL;

        if (rc == FS_DB_LOST) {

            /* its lock is ours until this thread ends: never again this one */

            store->index_lost = 1;
            atomic_store(&store->mark->stale, 1);
            return FS_REBUILDING;
        }

        if (tries) {
            return fs_db_outcome(rc);
        }

        if (rc == MDB_MAP_RESIZED) {
            rc = fs_store_follow_map(store, store->index);

            if (rc) {
                fs_index_detach(store);
            }

        } else {

            /* MDB_PANIC after a write that failed: a fresh look helps */

            fs_index_detach(store);
        }
    }

    if (atomic_load(&store->mark->index_n) != store->index_n) {

        /* the log's row is right, the mark was begun again */

        atomic_store(&store->mark->index_n, store->index_n);
    }

    fs_db_keep_cursors(&write->index, write->index_cursors);

    if (!fs_env_mapped(store->index)) {
        fs_db_look(&write->index, &store->index_look);
    }

    rc = fs_env_room(store->index, FS_INDEX_ENTRIES,
                     fs_buyers_filters(store, write->seq, FS_INDEX_ENTRIES),
                     &store->index_room);

    if (rc) {
        mdb_txn_abort(write->index.txn);
        write->index.txn = NULL;

        if (fs_store_tell(store)) {
            fs_store_say(store, FS_LOG_ERROR, "no space for index-%u: %s",
                         store->index_n, fs_db_strerror(rc));
        }

        return fs_db_outcome(rc);
    }

    outcome = fs_index_trust(store, &write->log, &write->index, write->seq,
                             position);

    if (outcome != FS_OK) {
        mdb_txn_abort(write->index.txn);
        write->index.txn = NULL;
    }

    return outcome;
}


/*
 * Make the next index and record it in a commit of its own.  The write lock
 * is let go for a moment: whoever gets it sees the new directory, and that it
 * is behind.
 */

static fs_outcome_t
fs_index_replace(fs_write_t *write)
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

    outcome = fs_write_commit_log(write);

    if (outcome != FS_OK) {
        return outcome;
    }

    fs_store_say(store, FS_LOG_WARN,
                 "folding %llu entries into index-%u",
                 (unsigned long long) write->seq, n);

    /* the lock is free: another one may have been made by now */

    if (atomic_load(&mark->index_n) < n) {
        atomic_store(&mark->rebuilding, 1);
        atomic_store(&mark->clean, 0);
        atomic_store(&mark->index_n, n);
        atomic_store(&mark->stale, 0);
    }

    outcome = fs_write_lock(store, write);

    if (outcome == FS_OK && fs_index_row(store, &write->log, &row)) {
        fs_index_remove_others(store, row.n);
    }

    return outcome;
}


fs_outcome_t
fs_index_create(fs_write_t *write)
{
    int             rc;
    uint8_t         value[FS_META_INDEX_SIZE];
    fs_store_t     *store;
    fs_index_row_t  row;

    store = write->store;

    (void) fs_index_row(store, &write->log, &row);

    rc = fs_index_make(store, row.n + 1, &row);

    if (rc) {
        fs_store_say(store, FS_LOG_ERROR, "index-%u cannot be made: %s",
                     row.n, fs_db_strerror(rc));
        return fs_db_outcome(rc);
    }

    memset(value, 0, sizeof(value));
    fs_put_le32(value, row.n);
    fs_put_le64(value + 8, row.device);
    fs_put_le64(value + 16, row.inode);

    fs_db_put(&write->log, store->log_dbi[FS_LOG_META], FS_META_INDEX,
              sizeof(FS_META_INDEX) - 1, value, sizeof(value), 0);

    return fs_db_outcome(write->log.error);
}


/* Fold at most `chunk` entries and commit the index. */

static fs_outcome_t
fs_index_fold(fs_write_t *write, fs_position_t *position, unsigned chunk)
{
    int            rc;
    fs_state_t     state;
    fs_store_t    *store;
    fs_outcome_t   outcome;

    store = write->store;

    if (store->fold == NULL) {
        store->fold = fs_state_cache_create();

        if (store->fold == NULL) {
            return FS_NOT_READY;
        }
    }

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

    fs_state_fold_begin(&state, store, &write->log, &write->index,
                        position->seq, store->fold);

    fs_index_fold_range(write, &state, chunk);

    outcome = FS_INTERNAL;

    if (write->log.error) {
        outcome = fs_db_outcome(write->log.error);

    } else if (!state.failed && write->index.error == 0) {
        outcome = fs_state_end(&state);
    }

    rc = write->index.error;

    if (outcome == FS_OK) {
        rc = fs_db_commit(&write->index);
        outcome = fs_db_outcome(rc);

    } else {
        fs_db_abort(&write->index);
    }

    store->index_lost |= rc == FS_DB_LOST;

    if (outcome == FS_OK) {
        position->seq = state.seq;
        return FS_OK;
    }

    if (fs_store_tell(store)) {
        fs_store_say(store, FS_LOG_ERROR, "entry %llu or one after it cannot "
                     "be folded into index-%u: %s",
                     (unsigned long long) position->seq + 1, store->index_n,
                     rc ? fs_db_strerror(rc) : fs_outcome_title(outcome));
    }

    if ((outcome == FS_INTERNAL || fs_db_damaged(rc))
        && write->log.error == 0)
    {

        /* by another index, then; when that fails too it is given up */

        atomic_store(&store->mark->stale, 1);
        return FS_OK;
    }

    return outcome;
}


/* By the log's write transaction: nobody can write, so no page is kept. */

static void
fs_index_fold_range(fs_write_t *write, fs_state_t *state, unsigned chunk)
{
    int           rc;
    MDB_val       key, value;
    fs_seq_t      seq;
    fs_entry_t    entry;
    MDB_cursor   *cursor;

    rc = fs_guard_cursor_open(write->log.txn,
                         write->store->log_dbi[FS_LOG_LEDGER], &cursor);
    if (rc) {
        write->log.error = rc;
        return;
    }

    seq = state->seq + 1;
    key.mv_size = sizeof(seq);
    key.mv_data = &seq;

    rc = fs_guard_cursor_get(cursor, &key, &value, MDB_SET);

    while (rc == 0 && !state->failed && write->index.error == 0) {

        memcpy(&seq, key.mv_data, sizeof(seq));

        if (seq != state->seq + 1
            || fs_entry_decode(&entry, seq, value.mv_data, value.mv_size)
               == -1)
        {
            rc = MDB_CORRUPTED;
            break;
        }

        fs_fold(state, &entry);

        state->seq = seq;
        state->at = entry.at;
        memcpy(state->hash, entry.hash, FS_HASH_LEN);

        if (--chunk == 0 || seq == write->seq) {
            break;
        }

        rc = fs_guard_cursor_get(cursor, &key, &value, MDB_NEXT);
    }

    mdb_cursor_close(cursor);

    if (rc) {
        write->log.error = rc == MDB_NOTFOUND ? MDB_CORRUPTED : rc;
    }
}


static void
fs_index_progress(fs_write_t *write, fs_seq_t seq, int64_t *told_at)
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

    fs_store_say(store, FS_LOG_INFO, "index-%u: %llu of %llu entries",
                 store->index_n, (unsigned long long) seq,
                 (unsigned long long) write->seq);
}


/*
 * Leave the marker.  Most of the index is written before the lock is taken,
 * so that an old worker that exits does not hold up the new one's commits.
 */

void
fs_index_clean(fs_store_t *store)
{
    fs_write_t     write;
    fs_position_t  position;

    if (store->index == NULL || fs_store_index_wanted(store)
        || atomic_load(&store->mark->clean)
        || !fs_index_sync(store)
        || fs_write_lock(store, &write) != FS_OK)
    {
        return;
    }

    if (atomic_load(&store->mark->clean)
        || fs_index_open_txn(&write, &position) != FS_OK)
    {
        fs_write_abort(&write);
        return;
    }

    if (position.seq != write.seq
        || memcmp(position.boot, store->conf.boot_id, FS_BOOT_LEN) != 0
        || !fs_index_sync(store))
    {
        fs_write_abort(&write);
        return;
    }

    fs_index_mark(store, &position);

    fs_write_abort(&write);
}


/*
 * 1: it is on disk.  After a sync that failed the kernel takes pages for
 * clean that are not, so the next would prove nothing: another index is due.
 */

static int
fs_index_sync(fs_store_t *store)
{
    int  rc;

    rc = mdb_env_sync(store->index, 1);

    if (rc) {
        fs_store_say(store, FS_LOG_ERROR, "index-%u cannot be synced: %s",
                     store->index_n, fs_db_strerror(rc));
        atomic_store(&store->mark->stale, 1);
    }

    return rc == 0;
}
