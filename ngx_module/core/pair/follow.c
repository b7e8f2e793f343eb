
/*
 * A store that is only read: see pair.h.  Another process makes it and what
 * is in it; here it is looked at, again and again, until it can be read, and
 * from then on for what has become of it.
 *
 * LMDB takes a lock of its own when an environment is opened, and one when a
 * reader takes its slot, each for some microseconds: environments are opened
 * once, and slots are kept.
 */

#include <limits.h>
#include <stdio.h>

#include "index/index.h"
#include "lmdb/env.h"
#include "log/life.h"
#include "log/log.h"
#include "pair/pair.h"
#include "store/file.h"
#include "store/store.h"


/* a snapshot and the mark are of two moments */
#define FS_LOOKS  5

static fs_outcome_t fs_follow_check(fs_store_t *store, fs_txn_t *log,
    char *message);
static int fs_follow_renew(fs_store_t *store, MDB_env *env, MDB_txn **txn);


fs_outcome_t
fs_store_look(fs_store_t *store, char *message)
{
    int           rc;
    char          name[PATH_MAX], why[FS_ENV_WHY_MAX];
    fs_txn_t      log;
    struct stat   st;
    fs_outcome_t  outcome;

    snprintf(name, sizeof(name), "%s/log/data.mdb", store->path);

    rc = fs_env_probe(name, why);

    if (rc != 1 || !fs_mark_valid(store->mark, store->conf.boot_id)) {
        snprintf(message, FS_MESSAGE_MAX, "%.100s %.100s: it is waited for",
                 store->path, rc == 0 ? "has no log yet"
                              : rc < 0 ? why
                              : "was not opened by a shop since the machine "
                                "was started");
        return FS_NOT_READY;
    }

    if (fs_store_file_stat(store, 1, &st) == -1) {

        /* LMDB would make one, which need not be the shop's to write */

        snprintf(message, FS_MESSAGE_MAX, "%.128s/log/lock.mdb is missing: "
                 "it is waited for", store->path);
        return FS_NOT_READY;
    }

    rc = fs_log_open(store);

    if (rc) {
        snprintf(message, FS_MESSAGE_MAX, "%.128s/log cannot be opened: %s",
                 store->path, rc == MDB_NOTFOUND ? "nothing is in it yet"
                                                 : fs_db_strerror(rc));
        return FS_NOT_READY;
    }

    memset(&log, 0, sizeof(log));

    rc = fs_guard_begin(store->log, MDB_RDONLY, &log.txn);

    if (rc) {
        return fs_db_outcome(rc);
    }

    outcome = fs_follow_check(store, &log, message);

    if (outcome == FS_OK) {

        if (store->conf.reads != FS_READS_LEDGER) {
            (void) fs_index_check(store, &log);
        }

        fs_life_identify(store);
    }

    mdb_txn_abort(log.txn);

    return outcome;
}


static fs_outcome_t
fs_follow_check(fs_store_t *store, fs_txn_t *log, char *message)
{
    int           rc;
    unsigned      looks;
    uint32_t      schema;
    fs_outcome_t  outcome;

    for (looks = 0; looks < FS_LOOKS; looks++) {

        if (looks) {
            mdb_txn_reset(log->txn);
            log->error = 0;

            rc = fs_guard_renew(log->txn);

            if (rc) {
                log->error = rc;
                break;
            }
        }

        outcome = fs_store_meta(store, log, message);

        if (outcome != FS_OK) {
            return fs_log_schema(store, log, &schema)
                   && (schema < FS_SCHEMA_FIRST || schema > FS_SCHEMA)
                   ? FS_OLD_SCHEMA : outcome;
        }

        if (fs_life_due(store) == 0 && fs_store_same(store, log)
            && fs_store_of_boot(store, log, 0))
        {
            return FS_OK;
        }
    }

    snprintf(message, FS_MESSAGE_MAX, "%.128s has no entry of this boot, or "
             "life, yet: it is waited for", store->path);

    return FS_NOT_READY;
}


fs_outcome_t
fs_store_follow(fs_store_t *store, fs_reader_t *reader)
{
    fs_txn_t    log;
    fs_mark_t  *mark;

    mark = store->mark;

    if (store->log == NULL || fs_store_files_there(store) == -1
        || !fs_mark_valid(mark, store->conf.boot_id))
    {
        return FS_NOT_READY;
    }

    memset(&log, 0, sizeof(log));

    if (fs_follow_renew(store, store->log, &reader->log) != 0) {
        return store->log ? FS_OK : FS_NOT_READY;
    }

    if (store->conf.reads != FS_READS_LEDGER
        && fs_store_index_wanted(store) && !atomic_load(&mark->stale)
        && !atomic_load(&mark->rebuilding))
    {
        log.txn = reader->log;
        (void) fs_index_check(store, &log);
    }

    mdb_txn_reset(reader->log);

    if (store->index
        && fs_follow_renew(store, store->index, &reader->index) == 0)
    {
        reader->index_txn = mdb_txn_id(reader->index);
        mdb_txn_reset(reader->index);
    }

    return FS_OK;
}


/* Renew; when the map was made larger, by that.  A map that is lost on the way
 * closes its environment.  0, or an LMDB error. */

static int
fs_follow_renew(fs_store_t *store, MDB_env *env, MDB_txn **txn)
{
    int  rc;

    rc = fs_reader_renew(env, txn);

    if (rc != MDB_MAP_RESIZED) {
        return rc;
    }

    rc = fs_store_follow_map(store, env);

    if (rc == 0) {
        return fs_reader_renew(env, txn);
    }

    if (rc != MDB_CORRUPTED) {
        if (env == store->index) {
            fs_index_detach(store);

        } else {
            fs_log_close(store);
        }
    }

    return rc;
}
