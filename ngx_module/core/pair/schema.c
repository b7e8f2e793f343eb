
/*
 * The schema of a store, from outside: for tools.
 */

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "pair/pair.h"


static fs_outcome_t fs_schema_look(fs_store_t *store, char *message);
static fs_outcome_t fs_schema_raise(fs_store_t *store, char *message);
static fs_outcome_t fs_schema_begin(fs_store_t *store, int raise,
    char *message);
static fs_outcome_t fs_schema_read(fs_store_t *store, int raise,
    char *message);


fs_outcome_t
fs_store_schema(const fs_store_conf_t *conf, int raise,
    fs_store_schema_t *schema, char *message)
{
    char          name[PATH_MAX];
    fs_store_t   *store;
    fs_outcome_t  outcome;
    struct stat   st;

    if ((size_t) snprintf(name, sizeof(name), "%s/log/data.mdb", conf->path)
            >= sizeof(name)
        || stat(name, &st) == -1)
    {
        snprintf(message, FS_MESSAGE_MAX, "there is no store in %.128s",
                 conf->path);
        return FS_NOT_READY;
    }

    store = fs_store_enter(conf, raise ? fs_schema_raise : fs_schema_look,
                           &outcome, message);

    if (store == NULL) {
        return outcome;
    }

    schema->store = atomic_load(&store->schema);
    schema->program = FS_SCHEMA;
    schema->alone = store->alone;

    fs_store_destroy(store);

    return FS_OK;
}


static fs_outcome_t
fs_schema_look(fs_store_t *store, char *message)
{
    return fs_schema_begin(store, 0, message);
}


static fs_outcome_t
fs_schema_raise(fs_store_t *store, char *message)
{
    return fs_schema_begin(store, 1, message);
}


/*
 * Only the log is opened, and closed again under the lock of opening: nobody
 * who opens the store finds us there.
 */

static fs_outcome_t
fs_schema_begin(fs_store_t *store, int raise, char *message)
{
    int           fresh;
    fs_outcome_t  outcome;

    outcome = fs_store_log_file(store, &fresh, message);

    if (outcome != FS_OK) {
        return outcome;
    }

    if (fresh) {
        snprintf(message, FS_MESSAGE_MAX, "there is no store yet in %.128s",
                 store->path);
        outcome = FS_NOT_READY;

    } else {
        outcome = fs_schema_read(store, raise, message);
    }

    if (outcome == FS_OK && raise
        && atomic_load(&store->schema) != FS_SCHEMA)
    {
        if (!store->alone) {
            snprintf(message, FS_MESSAGE_MAX,
                     "somebody has the store %.128s open: stop each nginx "
                     "that serves it", store->path);
            outcome = FS_OLD_SCHEMA;

        } else {
            outcome = fs_log_raise(store);
        }
    }

    fs_log_close(store);

    return outcome;
}


/* A number that this program does not know is told, and not raised. */

static fs_outcome_t
fs_schema_read(fs_store_t *store, int raise, char *message)
{
    int           rc;
    uint32_t      schema;
    fs_txn_t      log;
    fs_outcome_t  outcome;

    memset(&log, 0, sizeof(log));
    rc = fs_guard_begin(store->log, MDB_RDONLY, &log.txn);

    if (rc) {
        return fs_db_outcome(rc);
    }

    if (!raise && fs_log_schema(store, &log, &schema)) {
        atomic_store(&store->schema, schema);
        outcome = FS_OK;

    } else {
        outcome = fs_store_known_schema(store, &log, message);
    }

    mdb_txn_abort(log.txn);

    return outcome;
}
