
/*
 * A log by itself, to be read: see pair.h.  It has no index, and where no shop
 * follows it no mark but one in memory, which says that all is durable.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lmdb/env.h"
#include "log/life.h"
#include "log/log.h"
#include "pair/pair.h"


static fs_outcome_t fs_log_only_open(fs_store_t *store, fs_log_kind_t kind,
    char *message);
static fs_outcome_t fs_log_only_mark(fs_store_t *store, fs_log_kind_t kind,
    char *message);
static fs_outcome_t fs_log_only_read(fs_store_t *store, char *message);


fs_store_t *
fs_store_log_only(const fs_store_conf_t *conf, fs_log_kind_t kind,
    fs_outcome_t *outcome, char *message)
{
    fs_store_t   *store;
    struct stat   st;

    message[0] = '\0';
    *outcome = FS_NOT_READY;

    if (stat(conf->path, &st) == -1) {
        snprintf(message, FS_MESSAGE_MAX, "%.128s: %s", conf->path,
                 fs_db_strerror(errno));
        return NULL;
    }

    store = fs_store_claim(conf, &st, message);

    if (store == NULL) {
        return NULL;
    }

    *outcome = fs_log_only_mark(store, kind, message);

    if (*outcome == FS_OK) {
        *outcome = fs_log_only_open(store, kind, message);
    }

    if (*outcome == FS_OK) {
        *outcome = fs_log_only_read(store, message);
    }

    if (*outcome != FS_OK) {

        if (message[0] == '\0') {
            snprintf(message, FS_MESSAGE_MAX, "%.128s cannot be read: %s",
                     conf->path, fs_outcome_title(*outcome));
        }

        fs_store_destroy(store);
        return NULL;
    }

    return store;
}


int
fs_store_is_followed(const fs_store_t *store)
{
    return store->mark_fd != -1;
}


/* The shop's mark, while there is a shop: entries are told up to there. */

static fs_outcome_t
fs_log_only_mark(fs_store_t *store, fs_log_kind_t kind, char *message)
{
    char  name[PATH_MAX];
    void  *map;

    snprintf(name, sizeof(name), "%s/log", store->path);

    if (kind == FS_LOG_OF_STORE && !fs_env_unused(name)
        && fs_mark_look(store->path, &store->mark_fd, &store->mark) == 0)
    {
        if (fs_mark_valid(store->mark, store->conf.boot_id)
            && fs_life_due(store) == 0)
        {
            return FS_OK;
        }

        fs_mark_close(store->mark_fd, store->mark);
        store->mark_fd = -1;
        store->mark = NULL;
    }

    map = mmap(NULL, FS_MARK_SIZE, PROT_READ|PROT_WRITE,
               MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);

    if (map == MAP_FAILED) {
        snprintf(message, FS_MESSAGE_MAX, "no memory");
        return FS_NOT_READY;
    }

    store->mark = map;

    return FS_OK;
}


static fs_outcome_t
fs_log_only_open(fs_store_t *store, fs_log_kind_t kind, char *message)
{
    int       rc;
    char      name[PATH_MAX], why[FS_ENV_WHY_MAX];
    MDB_env  *env;

    snprintf(name, sizeof(name), "%s%s/data.mdb", store->path,
             kind == FS_LOG_OF_BACKUP ? "" : "/log");

    rc = fs_env_probe(name, why);

    if (rc != 1) {
        snprintf(message, FS_MESSAGE_MAX, "%.120s %.100s", name,
                 rc == 0 ? "is missing, or empty" : why);
        return FS_NOT_READY;
    }

    *strrchr(name, '/') = '\0';

    rc = fs_env_open(&env, name, store->conf.map_size, store->conf.readers,
                     MDB_RDONLY | (kind == FS_LOG_OF_STORE ? 0 : MDB_NOLOCK));

    if (rc == 0) {
        rc = fs_log_attach(store, env);
    }

    if (rc) {
        snprintf(message, FS_MESSAGE_MAX, "%.120s/data.mdb cannot be read: "
                 "%.80s", name, rc == MDB_NOTFOUND ? "nothing is in it"
                 : rc == MDB_INCOMPATIBLE ? "it is not the log of a store"
                 : fs_db_strerror(rc));
        return rc == MDB_NOTFOUND || rc == MDB_INCOMPATIBLE
               || fs_db_damaged(rc) ? FS_NOT_READY : fs_db_outcome(rc);
    }

    return FS_OK;
}


static fs_outcome_t
fs_log_only_read(fs_store_t *store, char *message)
{
    int           rc;
    uint32_t      schema;
    fs_txn_t      log;
    fs_entry_t    last;
    fs_outcome_t  outcome;

    memset(&log, 0, sizeof(log));
    last.seq = 0;

    rc = fs_guard_begin(store->log, MDB_RDONLY, &log.txn);

    if (rc) {
        return fs_db_outcome(rc);
    }

    outcome = fs_store_meta(store, &log, message);

    if (outcome != FS_OK && fs_log_schema(store, &log, &schema)
        && schema > FS_SCHEMA)
    {
        outcome = FS_OLD_SCHEMA;
    }

    if (outcome == FS_OK && fs_life_load(store, &log) != 0) {
        snprintf(message, FS_MESSAGE_MAX, "%.128s: the list of its lives "
                 "cannot be read", store->path);
        outcome = FS_NOT_READY;
    }

    if (outcome == FS_OK && !fs_store_is_followed(store)) {

        /* the last one that can be read, if any can */

        (void) fs_log_last(store, &log, &last);
        atomic_store(&store->mark->seq, last.seq);
        atomic_store(&store->mark->lives, (uint32_t) fs_life_count(store));
    }

    mdb_txn_abort(log.txn);

    return outcome;
}
