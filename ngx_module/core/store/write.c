
/*
 * Writing: begin and commit of the pair of transactions, in the thread that
 * commits (or, while a store is opened, the opener's).
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
 * makes certain of it (fs_env_settle()) before pages are used again.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "store/clock.h"
#include "lmdb/env.h"
#include "index/index.h"
#include "store/life.h"
#include "store/log.h"
#include "store/mark.h"
#include "read/view.h"
#include "store/write.h"


/* words about what goes on failing, at most so often */
#define FS_TELL_MS      10000

/* and a warning or an error of one kind: a disk may fail with each commit */
#define FS_SAY_MS       1000

/* between two looks at the files of a store that is idle */
#define FS_LOOK_MS      500

#define FS_MESSAGE_MAX  512

static void fs_store_log(fs_store_t *store, fs_log_level_t level,
    const char *format, va_list args);
static int fs_store_said(fs_store_t *store, const char *format);
static fs_outcome_t fs_write_locked(fs_write_t *write);
static int fs_write_open(fs_store_t *store);
static int fs_write_known(fs_write_t *write);
static void fs_write_broken(fs_store_t *store, int error);
static int fs_write_lock_log(fs_store_t *store, MDB_txn **txn);
static fs_outcome_t fs_write_sync(fs_write_t *write);
static fs_outcome_t fs_write_lives(fs_write_t *write);
static fs_outcome_t fs_write_lost(fs_store_t *store, int error,
    uint64_t commit);
static void fs_write_map_full(fs_store_t *store, MDB_env *env,
    const char *name);
static void fs_write_commit_index(fs_write_t *write);
static int64_t fs_write_elapsed(const struct timespec *from);


void
fs_store_say(fs_store_t *store, fs_log_level_t level, const char *format, ...)
{
    va_list  args;

    if (store->conf.log == NULL
        || (level != FS_LOG_INFO && fs_store_said(store, format)))
    {
        return;
    }

    va_start(args, format);
    fs_store_log(store, level, format, args);
    va_end(args);
}


void
fs_store_report(fs_store_t *store, fs_log_level_t level, const char *format,
    ...)
{
    va_list  args;

    if (store->conf.log == NULL) {
        return;
    }

    va_start(args, format);
    fs_store_log(store, level, format, args);
    va_end(args);
}


static void
fs_store_log(fs_store_t *store, fs_log_level_t level, const char *format,
    va_list args)
{
    int   len;
    char  message[FS_MESSAGE_MAX];

    len = snprintf(message, sizeof(message), "store %s: ", store->path);

    if (len < 0 || (size_t) len >= sizeof(message)) {
        len = 0;
    }

    (void) vsnprintf(message + len, sizeof(message) - (size_t) len, format,
                     args);

    store->conf.log(store->conf.data, level, message);
}


/* 1: a moment ago.  A kind is known by its words' address. */

static int
fs_store_said(fs_store_t *store, const char *format)
{
    int64_t   wall, boot;
    unsigned  i;

    store->conf.clock(store->conf.data, &wall, &boot);

    for (i = 0; i < FS_STORE_SAID - 1; i++) {
        if (store->said[i].format == NULL || store->said[i].format == format) {
            break;
        }
    }

    if (store->said[i].format == format
        && boot - store->said[i].at < FS_SAY_MS)
    {
        return 1;
    }

    store->said[i].format = format;
    store->said[i].at = boot;

    return 0;
}


int
fs_store_follow_map(fs_store_t *store, MDB_env *env)
{
    int  rc;

    /* with the guard no transaction of this process is open */

    pthread_rwlock_wrlock(&store->guard);
    rc = fs_env_follow(env);
    pthread_rwlock_unlock(&store->guard);

    return rc;
}


fs_outcome_t
fs_write_lock(fs_store_t *store, fs_write_t *write)
{
    int           rc;
    fs_outcome_t  outcome;

    memset(write, 0, sizeof(*write));
    write->store = store;

    if (fs_store_forked(store) || !fs_write_open(store)) {
        return FS_NOT_READY;
    }

    rc = fs_write_lock_log(store, &write->log.txn);

    if (rc) {
        write->log.txn = NULL;
        fs_store_say(store, FS_LOG_ERROR, "log cannot be written: %s",
                     fs_db_strerror(rc));
        return rc == MDB_PANIC ? FS_DISK_FAILED : fs_db_outcome(rc);
    }

    fs_mark_hold(store->mark);
    fs_db_keep_cursors(&write->log, write->log_cursors);
    fs_db_look(&write->log, &store->look);

    outcome = fs_write_locked(write);

    if (outcome != FS_OK) {
        fs_write_abort(write);
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
fs_write_open(fs_store_t *store)
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

        fs_store_close_log(store);
    }

    if (there != 1 || boot - store->rechecked < FS_SAY_MS) {
        return 0;
    }

    store->rechecked = boot;

    return fs_store_file_changed(store, &whole)
           && fs_store_open_log(store) == 0;
}


/* The last entry that was seen is there, be it readable or not: it is the
 * same ledger. */

static int
fs_write_known(fs_write_t *write)
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
fs_write_lock_log(fs_store_t *store, MDB_txn **txn)
{
    int  rc, tries;

    rc = 0;

    for (tries = 0; tries < 3; tries++) {

        if (store->log == NULL) {
            rc = fs_store_open_log(store);

            if (rc) {
                return rc;
            }
        }

        rc = fs_guard_begin(store->log, 0, txn);

        if (rc == FS_DB_LOST) {
            fs_write_broken(store, rc);
            return rc;
        }

        if (rc == MDB_PANIC) {
            store->doubtful = 1;
            fs_store_close_log(store);

        } else if (rc == MDB_MAP_RESIZED) {
            rc = fs_store_follow_map(store, store->log);

            if (rc) {
                fs_store_close_log(store);

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
fs_write_locked(fs_write_t *write)
{
    int            rc;
    fs_str_t       value;
    fs_store_t    *store;
    fs_entry_t     entry;
    fs_outcome_t   outcome;

    store = write->store;

    if (!fs_db_get(&write->log, store->log_dbi[FS_LOG_META], FS_META_SCHEMA,
                   sizeof(FS_META_SCHEMA) - 1, &value)
        || value.len != 4 || fs_get_le32(value.data) != FS_SCHEMA)
    {
        if (write->log.error) {
            return fs_db_outcome(write->log.error);
        }

        fs_store_say(store, FS_LOG_ERROR, "the schema was changed by another "
                     "version of this program, restart with that one");
        return FS_NOT_READY;
    }

    rc = fs_log_last(store, &write->log, &entry);

    if (rc == -1) {
        fs_store_say(store, FS_LOG_ERROR, "the last entry of the ledger "
                     "cannot be read");
        return write->log.error ? fs_db_outcome(write->log.error)
                                : FS_INTERNAL;
    }

    if (rc == 1) {
        write->seq = entry.seq;
        write->at = entry.at;
        memcpy(write->hash, entry.hash, FS_HASH_LEN);
    }

    if (!fs_write_known(write)) {
        fs_store_say(store, FS_LOG_ERROR, "log/data.mdb has lost what was in "
                     "it, to entry %llu: nothing is taken; put the file back, "
                     "or reload nginx to go on with this one",
                     (unsigned long long) store->known_seq);
        return FS_NOT_READY;
    }

    fs_env_lengthen(store->log, &store->log_length);

    if (!store->life_looked) {
        outcome = fs_life_look(write);

        if (outcome != FS_OK) {
            return outcome;
        }

        fs_life_identify(store);
    }

    outcome = fs_write_sync(write);

    if (outcome != FS_OK) {
        return outcome;
    }

    store->known_seq = write->seq;
    memcpy(store->known_hash, write->hash, FS_HASH_LEN);

    return fs_write_lives(write);
}


/*
 * What is durable now is what a restored log has to have; and a life that
 * somebody began is seen by all.
 */

static fs_outcome_t
fs_write_lives(fs_write_t *write)
{
    fs_lives_t  *lives;
    fs_store_t  *store;

    store = write->store;

    if (fs_life_load(store, &write->log) != 0) {
        fs_store_say(store, FS_LOG_ERROR, "the list of its lives cannot be "
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
 * in doubt, is settled.  A mark that is beyond the log is of another log, put
 * here in its place: then nothing that it says counts.
 */

static fs_outcome_t
fs_write_sync(fs_write_t *write)
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

    rc = fs_env_settle(store->log, last);

    if (rc) {
        fs_store_say(store, FS_LOG_ERROR, "log cannot be synced: %s",
                     fs_db_strerror(rc));
        return FS_DISK_FAILED;
    }

    if (doubtful && fs_log_check_last(store, &write->log) == -1) {
        fs_store_say(store, FS_LOG_ERROR, "after a failed write the last "
                     "entry of the ledger is not whole");
        return FS_DISK_FAILED;
    }

    if (store->doubtful) {
        store->doubtful = 0;

        fs_store_say(store, FS_LOG_WARN, "log opened again and synced, the "
                     "last entry is %llu", (unsigned long long) write->seq);
    }

    if (!valid || txn > last) {
        fs_mark_reset(mark, store->conf.boot_id, last, write->seq);

    } else {
        fs_mark_advance(mark, last, write->seq);
        fs_mark_settle(mark);
    }

    return FS_OK;
}


fs_outcome_t
fs_write_begin(fs_store_t *store, fs_write_t *write)
{
    int           again;
    int64_t       wall, boot;
    fs_outcome_t  outcome;

    for ( ;; ) {
        outcome = fs_write_lock(store, write);

        if (outcome != FS_OK) {
            return outcome;
        }

        outcome = fs_index_begin(write, FS_INDEX_CHUNK, NULL);

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
        outcome = fs_write_boot(write, &again);

        if (outcome != FS_OK || !again) {
            return outcome;
        }
    }
}


fs_outcome_t
fs_write_commit(fs_write_t *write, int64_t timings[2])
{
    int               rc;
    fs_store_t       *store;
    fs_outcome_t      outcome;
    struct timespec   from;

    store = write->store;

    if (write->log.error || write->index.error) {
        outcome = fs_db_outcome(write->log.error ? write->log.error
                                                 : write->index.error);
        fs_write_abort(write);
        return outcome;
    }

    if (!write->log.dirty) {

        /*
         * LMDB would not write it, and its number would be another's.  The
         * index alone may have changed: keys were swept.  That is committed
         * under the log's lock, and it is no harm if it fails.
         */

        if (write->index.dirty && fs_index_unclean(store) == 0) {
            fs_write_commit_index(write);
        }

        fs_write_abort(write);
        return FS_OK;
    }

    if (write->index.dirty) {

        /* after this only the commit of the index can fail */

        rc = fs_index_unclean(store);

        if (rc) {
            fs_write_abort(write);
            return fs_db_outcome(rc);
        }
    }

    clock_gettime(CLOCK_MONOTONIC, &from);

    outcome = fs_write_commit_log(write);

    if (timings) {
        timings[0] = fs_write_elapsed(&from);
    }

    if (outcome != FS_OK) {
        fs_write_abort(write);
        return outcome;
    }

    if (write->committed) {
        write->committed(write->committed_data);
    }

    clock_gettime(CLOCK_MONOTONIC, &from);

    fs_write_commit_index(write);
    fs_mark_unhold(store->mark);

    if (timings) {
        timings[1] = fs_write_elapsed(&from);
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
fs_write_commit_index(fs_write_t *write)
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

    fs_store_say(store, FS_LOG_ERROR, "index-%u: %s", store->index_n,
                 fs_db_strerror(rc));

    atomic_store(&store->mark->rebuilding, 1);

    whole = fs_db_outcome(rc) == FS_STORE_FULL;

    if (rc == EIO && fs_guard_begin(store->index, MDB_RDONLY, &txn) == 0) {
        mdb_txn_abort(txn);
        whole = 1;
    }

    if (!whole) {
        atomic_store(&store->mark->stale, 1);
    }
}


fs_outcome_t
fs_write_commit_log(fs_write_t *write)
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
        fs_write_broken(store, rc);
        return FS_UNKNOWN;
    }

    if (rc) {
        fs_mark_unhold(store->mark);
        return fs_write_lost(store, rc, commit);
    }

    fs_mark_advance(store->mark, txn, write->seq);
    fs_mark_end_commit(store->mark, commit);

    /* before the index shows what is of them */

    atomic_fetch_add(&store->mark->lives, write->lives);

    return FS_OK;
}


/*
 * The log's commit failed: before or in the write of the meta page?  LMDB
 * answers it with MDB_PANIC to whoever asks next.
 */

static fs_outcome_t
fs_write_lost(fs_store_t *store, int error, uint64_t commit)
{
    int       rc;
    MDB_txn  *txn;

    fs_store_say(store, FS_LOG_ERROR, "log cannot be committed: %s",
                 fs_db_strerror(error));

    if (fs_db_broken(error)) {
        fs_write_broken(store, error);
    }

    rc = fs_guard_begin(store->log, MDB_RDONLY, &txn);

    if (rc == 0) {
        mdb_txn_abort(txn);
        fs_mark_end_commit(store->mark, commit);

        if (error == MDB_MAP_FULL) {
            fs_write_map_full(store, store->log, "log");
        }

        return fs_db_outcome(error);
    }

    /*
     * MDB_PANIC; or nobody knows, which is the same.  Readers want the log
     * back at once; what is beyond the mark they are not shown.
     */

    store->doubtful = 1;
    fs_store_close_log(store);
    (void) fs_store_open_log(store);

    return FS_UNKNOWN;
}


void
fs_write_abort(fs_write_t *write)
{
    fs_store_t  *store;

    store = write->store;

    if (write->index.txn) {
        fs_db_abort(&write->index);
        store->index_lost |= write->index.error == FS_DB_LOST;

        if (write->index.error == MDB_MAP_FULL) {
            fs_write_map_full(store, store->index, "index");

        } else if (fs_db_damaged(write->index.error)) {
            fs_store_say(store, FS_LOG_ERROR, "index-%u: %s", store->index_n,
                         fs_db_strerror(write->index.error));
            atomic_store(&store->mark->stale, 1);
        }
    }

    if (write->log.txn) {
        fs_db_abort(&write->log);

        fs_mark_unhold(store->mark);

        if (write->log.error == MDB_MAP_FULL) {
            fs_write_map_full(store, store->log, "log");

        } else if (fs_db_broken(write->log.error)) {
            fs_write_broken(store, write->log.error);
        }
    }
}


/*
 * A damaged page of the log was met.  A change that was cut short keeps the
 * log's lock until its thread ends: see fs_store_closed().
 */

static void
fs_write_broken(fs_store_t *store, int error)
{
    if (error == FS_DB_LOST) {
        atomic_store(&store->log_lost, 1);
    }

    fs_store_damaged(store, "is damaged: a command met it");
}


/* A reader that died, or was stopped, may keep pages from being used again. */

static void
fs_write_map_full(fs_store_t *store, MDB_env *env, const char *name)
{
    int  dead;

    dead = 0;
    (void) mdb_reader_check(env, &dead);

    if (fs_store_tell(store)) {
        fs_store_say(store, FS_LOG_ERROR, "the map of %s is full (%zu bytes), "
                     "%d dead readers removed; a larger size and a restart "
                     "help",
                     name, store->conf.map_size, dead);
    }
}


int
fs_store_tell(fs_store_t *store)
{
    int64_t  wall, boot;

    store->conf.clock(store->conf.data, &wall, &boot);

    if (store->told_at && boot - store->told_at < FS_TELL_MS) {
        return 0;
    }

    store->told_at = boot;

    return 1;
}


static int64_t
fs_write_elapsed(const struct timespec *from)
{
    struct timespec  to;

    clock_gettime(CLOCK_MONOTONIC, &to);

    return (int64_t) (to.tv_sec - from->tv_sec) * 1000000
           + (to.tv_nsec - from->tv_nsec) / 1000;
}
