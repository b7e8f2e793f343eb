
/*
 * The index.  It is cheap to lose: whatever is doubtful about it, another is
 * folded from the ledger in a new directory.
 *
 * Every function here runs in the thread that writes, under the log's write
 * lock (but fs_index_check(), which only reads).  The guard is taken for the
 * moments in which views must not look.
 */

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "index/buyers.h"
#include "index/index.h"
#include "lmdb/env.h"
#include "log/log.h"
#include "store/store.h"

static fs_index_use_t fs_index_open(fs_store_t *store,
    const fs_index_row_t *row, fs_outcome_t *outcome);
static fs_index_use_t fs_index_trust(fs_store_t *store, fs_txn_t *log,
    fs_txn_t *index, fs_seq_t last, fs_position_t *position,
    fs_outcome_t *outcome);
static fs_index_use_t fs_index_later(int error, fs_outcome_t *outcome);


int
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


fs_index_use_t
fs_index_attach(fs_store_t *store, fs_txn_t *log, fs_outcome_t *outcome)
{
    fs_index_row_t  row;

    if (!fs_index_row(store, log, &row)) {
        return log->error ? fs_index_later(log->error, outcome)
                          : FS_INDEX_UNTRUSTED;
    }

    if (store->index && store->index_n == row.n) {
        return FS_INDEX_GOOD;
    }

    fs_index_detach(store);

    return fs_index_open(store, &row, outcome);
}


static fs_index_use_t
fs_index_later(int error, fs_outcome_t *outcome)
{
    *outcome = fs_db_outcome(error);

    return FS_INDEX_LATER;
}


static fs_index_use_t
fs_index_open(fs_store_t *store, const fs_index_row_t *row,
    fs_outcome_t *outcome)
{
    int          rc;
    char         name[PATH_MAX], why[FS_ENV_WHY_MAX];
    MDB_env     *env;
    MDB_dbi      dbi[FS_INDEX_N];
    uint32_t     generation;
    struct stat  st;

    if (!fs_index_name(store, row->n, "data.mdb", name, sizeof(name))) {
        return fs_index_later(ENAMETOOLONG, outcome);
    }

    rc = fs_env_probe(name, why);

    if (rc != 1) {
        fs_store_say(store, FS_SAY_WARN, "index-%u/data.mdb %s", row->n,
                     rc == 0 ? "is missing" : why);
        return FS_INDEX_UNTRUSTED;
    }

    if (stat(name, &st) == -1) {
        return FS_INDEX_UNTRUSTED;
    }

    if (st.st_dev != row->device || st.st_ino != row->inode) {
        fs_store_say(store, FS_SAY_WARN,
                     "index-%u/data.mdb is another file than the one "
                     "recorded", row->n);
        return FS_INDEX_UNTRUSTED;
    }

    (void) fs_index_name(store, row->n, "", name, sizeof(name));

    generation = 0;

    rc = fs_env_open(&env, name, fs_index_map_size(store),
                     store->conf.readers,
                     store->conf.reads ? MDB_RDONLY : FS_INDEX_FLAGS);
    if (rc == 0) {
        rc = fs_index_handles(env, row->n, dbi, &generation,
                              &store->index_look);
    }

    if (rc) {
        fs_store_say(store, FS_SAY_WARN, "index-%u cannot be opened: %s",
                     row->n, rc == MDB_NOTFOUND
                             ? "it is another one, or of another layout"
                             : fs_db_strerror(rc));

        if (env) {
            mdb_env_close(env);
        }

        return rc == MDB_NOTFOUND || fs_db_damaged(rc)
               ? FS_INDEX_UNTRUSTED : fs_index_later(rc, outcome);
    }

    pthread_rwlock_wrlock(&store->guard);

    memcpy(store->index_dbi, dbi, sizeof(dbi));
    store->generation = generation;
    store->index_n = row->n;
    store->index_map_n++;
    store->index_room = 0;
    store->index_mapped = fs_env_mapped(env);
    store->index = env;

    pthread_rwlock_unlock(&store->guard);

    return FS_INDEX_GOOD;
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


int
fs_index_check(fs_store_t *store, fs_txn_t *log)
{
    int            rc, good;
    fs_txn_t       index;
    fs_entry_t     last;
    fs_outcome_t   outcome;
    fs_position_t  position;

    if (fs_index_attach(store, log, &outcome) != FS_INDEX_GOOD) {
        return 0;
    }

    memset(&index, 0, sizeof(index));

    rc = fs_guard_begin(store->index, MDB_RDONLY, &index.txn);

    if (rc) {
        fs_index_detach(store);
        return 0;
    }

    /*
     * Others may be writing: a ledger read later than the index is never
     * behind it.
     */

    mdb_txn_reset(log->txn);

    log->error = fs_guard_renew(log->txn);

    memset(&last, 0, sizeof(last));

    good = log->error == 0 && fs_log_last(store, log, &last) != -1
           && fs_index_trust(store, log, &index, last.seq, &position,
                             &outcome) == FS_INDEX_GOOD;

    mdb_txn_abort(index.txn);

    if (good) {
        store->index_seq = position.seq;

    } else {
        fs_index_detach(store);
    }

    return good;
}


static fs_index_use_t
fs_index_trust(fs_store_t *store, fs_txn_t *log, fs_txn_t *index,
    fs_seq_t last, fs_position_t *position, fs_outcome_t *outcome)
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
                return fs_index_later(log->error, outcome);
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

    return FS_INDEX_GOOD;

untrusted:

    fs_store_say(store, FS_SAY_WARN, "index-%u %s", store->index_n, why);

    return FS_INDEX_UNTRUSTED;
}


fs_index_use_t
fs_index_open_txn(fs_pair_t *write, fs_position_t *position,
    fs_outcome_t *outcome)
{
    int             rc, tries;
    fs_store_t     *store;
    fs_index_use_t  use;

    store = write->store;

    if (atomic_load(&store->mark->stale)) {
        fs_store_say(store, FS_SAY_WARN, "index-%u is damaged",
                     atomic_load(&store->mark->index_n));
        return FS_INDEX_UNTRUSTED;
    }

    for (tries = 0; /* void */ ; tries++) {
        use = fs_index_attach(store, &write->log, outcome);

        if (use != FS_INDEX_GOOD) {
            return use;
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
            return FS_INDEX_UNTRUSTED;
        }

        if (tries) {
            return fs_index_later(rc, outcome);
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
        fs_db_probe(&write->index, &store->index_look);
    }

    rc = fs_env_room(store->index, FS_INDEX_ENTRIES,
                     fs_buyers_filters(store, write->seq, FS_INDEX_ENTRIES),
                     &store->index_room);

    if (rc) {
        mdb_txn_abort(write->index.txn);
        write->index.txn = NULL;

        if (fs_store_say_due(store)) {
            fs_store_say(store, FS_SAY_ERROR, "no space for index-%u: %s",
                         store->index_n, fs_db_strerror(rc));
        }

        return fs_index_later(rc, outcome);
    }

    use = fs_index_trust(store, &write->log, &write->index, write->seq,
                         position, outcome);

    if (use != FS_INDEX_GOOD) {
        mdb_txn_abort(write->index.txn);
        write->index.txn = NULL;
    }

    return use;
}


fs_outcome_t
fs_index_create(fs_pair_t *write)
{
    int             rc;
    uint8_t         value[FS_META_INDEX_SIZE];
    fs_store_t     *store;
    fs_index_row_t  row;

    store = write->store;

    (void) fs_index_row(store, &write->log, &row);

    rc = fs_index_make(store, row.n + 1, &row);

    if (rc) {
        fs_store_say(store, FS_SAY_ERROR, "index-%u cannot be made: %s",
                     row.n, fs_db_strerror(rc));
        return fs_db_outcome(rc);
    }

    memset(value, 0, sizeof(value));
    fs_set_le32(value, row.n);
    fs_set_le64(value + 8, row.device);
    fs_set_le64(value + 16, row.inode);

    fs_db_put(&write->log, store->log_dbi[FS_LOG_META], FS_META_INDEX,
              sizeof(FS_META_INDEX) - 1, value, sizeof(value), 0);

    return fs_db_outcome(write->log.error);
}


int
fs_store_index_wanted(fs_store_t *store)
{
    fs_mark_t  *mark;

    mark = store->mark;

    return store->index == NULL
           || atomic_load_explicit(&mark->index_n, memory_order_relaxed)
              != store->index_n
           || atomic_load_explicit(&mark->stale, memory_order_relaxed)
           || atomic_load_explicit(&mark->rebuilding, memory_order_relaxed);
}
