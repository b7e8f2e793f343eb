
/*
 * Writing the log, in the thread that commits (or, while a store is opened,
 * the opener's).
 *
 * LMDB publishes the last transaction that is in the page cache when its
 * writer died before the sync of the meta page.  So what is visible is not
 * durable; the mark says what is, and whoever takes the lock and finds more
 * syncs first.
 *
 * LMDB's commit writes the data pages, syncs them, and writes the meta page
 * through a descriptor opened O_DSYNC.  When a data page or the first sync
 * fails, the transaction is aborted: pages are never overwritten, so nothing
 * was taken.  When the meta page's write fails nobody knows what is on disk;
 * LMDB then refuses everything (MDB_PANIC) until the environment is opened
 * again.  The other processes are not told by LMDB, nor is anybody when the
 * writer dies there; the mark tells them, and whoever takes the lock next
 * makes certain of it (fs_env_secure()) before pages are used again.
 */

#include "lmdb/env.h"
#include "log/life.h"
#include "log/log.h"
#include "store/file.h"
#include "store/store.h"


/* between two looks at the files of a store that is idle */
#define FS_LOOK_MS        500

/* and at a log that is damaged */
#define FS_LOOK_AGAIN_MS  1000

static int fs_log_may_write(fs_store_t *store);
static int fs_log_known(fs_pair_t *write);
static int fs_log_begin(fs_store_t *store, MDB_txn **txn);
static fs_outcome_t fs_log_locked(fs_pair_t *write);
static fs_outcome_t fs_log_lives(fs_pair_t *write);
static fs_outcome_t fs_log_sync(fs_pair_t *write);
static fs_outcome_t fs_log_lost(fs_store_t *store, int error,
    uint64_t commit);
static void fs_log_broken(fs_store_t *store, int error);


fs_outcome_t
fs_log_lock(fs_store_t *store, fs_pair_t *write)
{
    int           rc;
    fs_outcome_t  outcome;

    memset(write, 0, sizeof(*write));
    write->store = store;

    if (fs_store_forked(store) || !fs_log_may_write(store)) {
        return FS_NOT_READY;
    }

    rc = fs_log_begin(store, &write->log.txn);

    if (rc) {
        write->log.txn = NULL;
        fs_store_say(store, FS_SAY_ERROR, "log cannot be written: %s",
                     fs_db_strerror(rc));
        return rc == MDB_PANIC ? FS_DISK_FAILED : fs_db_outcome(rc);
    }

    fs_mark_hold(store->mark);
    fs_db_keep_cursors(&write->log, write->log_cursors);
    fs_db_probe(&write->log, &store->probe);

    outcome = fs_log_locked(write);

    if (outcome != FS_OK) {
        fs_log_abort(write);
    }

    return outcome;
}


/*
 * 1: the log may be written to.  One that was damaged, and changed since, is
 * looked at again, from time to time; but another file than the one that was
 * open is another life, with other names and ids than this process knows: new
 * workers open it.
 */

static int
fs_log_may_write(fs_store_t *store)
{
    int      there, whole;
    int64_t  wall, boot;

    if (atomic_load(&store->log_lost)) {
        return 0;
    }

    store->conf.clock(store->conf.data, &wall, &boot);

    if (store->log && !store->absent && !atomic_load(&store->mark->damaged)
        && boot - store->looked_at < FS_LOOK_MS && boot >= store->looked_at)
    {
        /* each commit looks, too */

        return 1;
    }

    store->looked_at = boot;
    there = fs_store_files_there(store);

    if (there == 1 && !atomic_load(&store->mark->damaged)) {
        return 1;
    }

    if (there != 0) {

        /* whoever opens it finds nobody in the old one's lock */

        fs_log_close(store);
    }

    if (there != 1 || boot - store->rechecked < FS_LOOK_AGAIN_MS) {
        return 0;
    }

    store->rechecked = boot;

    return fs_store_file_changed(store, &whole)
           && fs_log_open(store) == 0;
}


/* The last entry that was seen is there, be it readable or not: it is the
 * same ledger. */

static int
fs_log_known(fs_pair_t *write)
{
    int          rc;
    fs_store_t  *store;
    fs_entry_t   entry;

    store = write->store;

    if (store->known_seq == 0) {
        return 1;
    }

    if (store->known_seq == write->seq) {
        return memcmp(write->hash, store->known_hash, FS_HASH_LEN) == 0;
    }

    rc = fs_log_entry(store, &write->log, store->known_seq, &entry);

    return rc == -1
           || (rc == 1
               && memcmp(entry.hash, store->known_hash, FS_HASH_LEN) == 0);
}


static int
fs_log_begin(fs_store_t *store, MDB_txn **txn)
{
    int  rc, tries;

    rc = 0;

    for (tries = 0; tries < 3; tries++) {

        if (store->log == NULL) {
            rc = fs_log_open(store);

            if (rc) {
                return rc;
            }
        }

        rc = fs_guard_begin(store->log, 0, txn);

        if (rc == FS_DB_LOST) {
            fs_log_broken(store, rc);
            return rc;
        }

        if (rc == MDB_PANIC) {
            store->doubtful = 1;
            fs_log_close(store);

        } else if (rc == MDB_MAP_RESIZED) {
            rc = fs_store_follow_map(store, store->log);

            if (rc) {
                fs_log_close(store);

                if (rc == MDB_CORRUPTED) {
                    fs_store_damaged(store, "is damaged: its meta page is "
                                     "wrong");
                }

                return rc;
            }

        } else {
            break;
        }
    }

    return rc;
}


static fs_outcome_t
fs_log_locked(fs_pair_t *write)
{
    int            rc;
    uint32_t       schema;
    fs_store_t    *store;
    fs_entry_t     entry;
    fs_outcome_t   outcome;

    store = write->store;

    schema = 0;

    if (!fs_log_schema(store, &write->log, &schema)
        || schema < FS_SCHEMA_FIRST || schema > FS_SCHEMA)
    {
        if (write->log.error) {
            return fs_db_outcome(write->log.error);
        }

        fs_store_say(store, FS_SAY_ERROR, "its schema was changed to %u by "
                     "another program; this one knows %u to %u: restart "
                     "with that one", schema, FS_SCHEMA_FIRST, FS_SCHEMA);
        return FS_NOT_READY;
    }

    atomic_store(&store->schema, schema);

    rc = fs_log_last(store, &write->log, &entry);

    if (rc == -1) {
        fs_store_say(store, FS_SAY_ERROR, "the last entry of the ledger "
                     "cannot be read");
        return write->log.error ? fs_db_outcome(write->log.error)
                                : FS_INTERNAL;
    }

    if (rc == 1) {
        write->seq = entry.seq;
        write->at = entry.at;
        memcpy(write->hash, entry.hash, FS_HASH_LEN);
    }

    if (!fs_log_known(write)) {
        fs_store_say(store, FS_SAY_ERROR, "log/data.mdb has lost what was in "
                     "it, to entry %llu: nothing is taken; put the file back, "
                     "or reload nginx to go on with this one",
                     (unsigned long long) store->known_seq);
        return FS_NOT_READY;
    }

    fs_env_lengthen(store->log, &store->log_length);

    if (!store->life_looked) {
        outcome = fs_life_check(store, &write->log, write->seq);

        if (outcome != FS_OK) {
            return outcome;
        }

        fs_life_identify(store);
    }

    outcome = fs_log_sync(write);

    if (outcome != FS_OK) {
        return outcome;
    }

    store->known_seq = write->seq;
    memcpy(store->known_hash, write->hash, FS_HASH_LEN);

    return fs_log_lives(write);
}


/*
 * What is durable now is what a restored log has to have; and a life that
 * somebody began is seen by all.
 */

static fs_outcome_t
fs_log_lives(fs_pair_t *write)
{
    fs_lives_t  *lives;
    fs_store_t  *store;

    store = write->store;

    if (fs_life_load(store, &write->log) != 0) {
        fs_store_say(store, FS_SAY_ERROR, "the list of its lives cannot be "
                     "read");
        return write->log.error ? fs_db_outcome(write->log.error)
                                : FS_INTERNAL;
    }

    lives = atomic_load(&store->lives);
    atomic_store(&store->mark->lives, lives ? (uint32_t) lives->n : 0);

    if (fs_life_due(store) == 0) {
        fs_mark_entry(&store->mark->seen, write->seq, write->hash);
    }

    return FS_OK;
}


/*
 * The mark is made equal to the last transaction.  One that is beyond it, or
 * in doubt, is made certain.  A mark that is beyond the log is of another log,
 * put here in its place: then nothing that it says counts.
 */

static fs_outcome_t
fs_log_sync(fs_pair_t *write)
{
    int          rc, valid, doubtful;
    uint64_t     last, txn;
    fs_mark_t   *mark;
    fs_store_t  *store;

    store = write->store;
    mark = store->mark;
    last = mdb_txn_id(write->log.txn) - 1;
    txn = atomic_load(&mark->txn);
    valid = fs_mark_valid(mark, store->conf.boot_id);
    doubtful = store->doubtful || fs_mark_in_doubt(mark);

    if (valid && txn == last && !doubtful) {
        return FS_OK;
    }

    rc = fs_env_secure(store->log, last);

    if (rc) {
        fs_store_say(store, FS_SAY_ERROR, "log cannot be synced: %s",
                     fs_db_strerror(rc));
        return FS_DISK_FAILED;
    }

    if (doubtful && fs_log_check_last(store, &write->log) == -1) {
        fs_store_say(store, FS_SAY_ERROR, "after a failed write the last "
                     "entry of the ledger is not whole");
        return FS_DISK_FAILED;
    }

    if (store->doubtful) {
        store->doubtful = 0;

        fs_store_say(store, FS_SAY_WARN, "log opened again and synced, the "
                     "last entry is %llu", (unsigned long long) write->seq);
    }

    if (!valid || txn > last) {
        fs_mark_reset(mark, store->conf.boot_id, last, write->seq);

    } else {
        fs_mark_advance(mark, last, write->seq);
        fs_mark_certain(mark);
    }

    return FS_OK;
}


fs_outcome_t
fs_log_commit(fs_pair_t *write)
{
    int          rc;
    uint64_t     txn, commit;
    fs_store_t  *store;

    store = write->store;

    if (write->log.error) {
        return fs_db_outcome(write->log.error);
    }

    if (fs_store_closed(store) || fs_store_files_there(store) != 1) {

        /* who reads that it is done would look for it in vain */

        return FS_NOT_READY;
    }

    txn = mdb_txn_id(write->log.txn);
    commit = fs_mark_begin_commit(store->mark);
    fs_mark_entry(&store->mark->next, write->seq, write->hash);

    rc = fs_db_commit(&write->log);

    if (rc == FS_DB_LOST) {
        fs_log_broken(store, rc);
        return FS_UNKNOWN;
    }

    if (rc) {
        fs_mark_unhold(store->mark);
        return fs_log_lost(store, rc, commit);
    }

    fs_mark_advance(store->mark, txn, write->seq);
    fs_mark_end_commit(store->mark, commit);

    /* before the index shows what is of them */

    atomic_fetch_add(&store->mark->lives, write->lives);

    if (write->accepts) {

        /* being behind is this process's; the others see the entry's time */

        atomic_store(&store->clock_behind, 0);
        fs_store_believe(store, &write->accepted);
    }

    return FS_OK;
}


fs_outcome_t
fs_log_raise(fs_store_t *store)
{
    uint32_t      before;
    fs_pair_t     write;
    fs_outcome_t  outcome;

    outcome = fs_log_lock(store, &write);

    if (outcome != FS_OK) {
        return outcome;
    }

    before = atomic_load(&store->schema);

    if (before == FS_SCHEMA) {
        fs_log_abort(&write);
        return FS_OK;
    }

    fs_log_put_schema(store, &write.log);

    outcome = fs_log_commit(&write);

    if (outcome != FS_OK) {
        fs_log_abort(&write);
        return outcome;
    }

    atomic_store(&store->schema, FS_SCHEMA);
    fs_store_say(store, FS_SAY_INFO, "its schema is raised from %u to %u: "
                 "programs of before do not open it any more", before,
                 FS_SCHEMA);

    return FS_OK;
}


/*
 * The log's commit failed: before or in the write of the meta page?  LMDB
 * answers it with MDB_PANIC to whoever asks next.
 */

static fs_outcome_t
fs_log_lost(fs_store_t *store, int error, uint64_t commit)
{
    int       rc;
    MDB_txn  *txn;

    fs_store_say(store, FS_SAY_ERROR, "log cannot be committed: %s",
                 fs_db_strerror(error));

    if (fs_db_broken(error)) {
        fs_log_broken(store, error);
    }

    rc = fs_guard_begin(store->log, MDB_RDONLY, &txn);

    if (rc == 0) {
        mdb_txn_abort(txn);
        fs_mark_end_commit(store->mark, commit);

        if (error == MDB_MAP_FULL) {
            fs_log_map_full(store, store->log, "log");
        }

        return fs_db_outcome(error);
    }

    /*
     * MDB_PANIC; or nobody knows, which is the same.  Readers want the log
     * back at once; what is beyond the mark they are not shown.
     */

    store->doubtful = 1;
    fs_log_close(store);
    (void) fs_log_open(store);

    return FS_UNKNOWN;
}


void
fs_log_abort(fs_pair_t *write)
{
    fs_store_t  *store;

    store = write->store;

    if (write->log.txn) {
        fs_db_abort(&write->log);

        fs_mark_unhold(store->mark);

        if (write->log.error == MDB_MAP_FULL) {
            fs_log_map_full(store, store->log, "log");

        } else if (fs_db_broken(write->log.error)) {
            fs_log_broken(store, write->log.error);
        }
    }
}


/*
 * A damaged page of the log was met.  A change that was cut short keeps the
 * log's lock until its thread ends: see fs_store_closed().
 */

static void
fs_log_broken(fs_store_t *store, int error)
{
    if (error == FS_DB_LOST) {
        atomic_store(&store->log_lost, 1);
    }

    fs_store_damaged(store, "is damaged: a command met it");
}


void
fs_log_map_full(fs_store_t *store, MDB_env *env, const char *name)
{
    int  dead;

    dead = 0;
    (void) mdb_reader_check(env, &dead);

    if (fs_store_say_due(store)) {
        fs_store_say(store, FS_SAY_ERROR, "the map of %s is full (%zu bytes), "
                     "%d dead readers removed; a larger size and a restart "
                     "help",
                     name, store->conf.map_size, dead);
    }
}
