
/*
 * Opening and closing the log.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "lmdb/check.h"
#include "lmdb/env.h"
#include "log/log.h"
#include "store/file.h"
#include "store/store.h"


static const fs_env_db_t  fs_log_dbs[FS_LOG_N] = {
    [FS_LOG_LEDGER] = { "ledger", MDB_INTEGERKEY },
    [FS_LOG_SALES] = { "sales", 0 },
    [FS_LOG_GROUPS] = { "groups", 0 },
    [FS_LOG_NAMES] = { "names", 0 },
    [FS_LOG_DOCUMENTS] = { "documents", 0 },
    [FS_LOG_RINGS] = { "rings", 0 },
    [FS_LOG_META] = { "meta", 0 }
};


int
fs_log_open(fs_store_t *store)
{
    int       rc, whole;
    char      name[PATH_MAX], why[FS_ENV_WHY_MAX];
    MDB_env  *env;

    snprintf(name, sizeof(name), "%s/log/data.mdb", store->path);

    if (!fs_store_file_changed(store, &whole)) {
        return MDB_CORRUPTED;
    }

    if (fs_env_probe(name, why) < 0) {
        fs_store_say(store, FS_SAY_ERROR, "log/data.mdb %s", why);
        return MDB_INVALID;
    }

    snprintf(name, sizeof(name), "%s/log", store->path);

    rc = fs_env_open(&env, name, store->conf.map_size, store->conf.readers,
                     store->conf.reads ? MDB_RDONLY
                     : store->conf.sync ? 0 : MDB_NOSYNC);
    if (rc) {
        return rc;
    }

    rc = fs_check_env(env, whole, why);

    if (rc) {
        mdb_env_close(env);

        if (rc == -1) {
            fs_store_damaged(store, why);
            rc = MDB_CORRUPTED;

        } else if (rc == EAGAIN) {
            fs_store_say(store, FS_SAY_WARN, "log/lock.mdb is of another "
                         "data.mdb, which somebody still has open");
        }

        return rc;
    }

    rc = fs_log_attach(store, env);

    if (rc != 0 && rc != MDB_NOTFOUND) {
        return rc;
    }

    if (whole && !store->conf.reads) {
        atomic_store(&store->mark->damaged, 0);
        fs_store_say(store, FS_SAY_WARN, "log/data.mdb is whole");
    }

    return rc;
}


int
fs_log_attach(fs_store_t *store, MDB_env *env)
{
    int       rc;
    MDB_txn  *txn;
    MDB_dbi   dbi[FS_LOG_N];
    MDB_stat  stat;

    rc = fs_guard_begin(env, MDB_RDONLY, &txn);

    if (rc) {
        mdb_env_close(env);
        return rc;
    }

    rc = fs_env_handles(txn, fs_log_dbs, FS_LOG_N, 0, dbi,
                        &store->probe);

    if (rc == MDB_NOTFOUND
        && mdb_env_stat(env, &stat) == 0 && stat.ms_entries == 0)
    {
        mdb_txn_abort(txn);

    } else if (rc) {

        /* a database is there, but not all: it is somebody else's */

        mdb_txn_abort(txn);
        mdb_env_close(env);
        return MDB_INCOMPATIBLE;

    } else {
        rc = mdb_txn_commit(txn);

        if (rc) {
            mdb_env_close(env);
            return rc;
        }
    }

    pthread_rwlock_wrlock(&store->guard);

    if (rc == 0) {
        memcpy(store->log_dbi, dbi, sizeof(dbi));
    }

    store->log_length = 0;
    store->life_looked = 0;
    store->log = env;
    fs_store_files_note(store);

    pthread_rwlock_unlock(&store->guard);

    return rc;
}


void
fs_log_close(fs_store_t *store)
{
    MDB_env  *env;

    pthread_rwlock_wrlock(&store->guard);

    env = store->log;
    store->log = NULL;

    fs_readers_end(store, 1);

    pthread_rwlock_unlock(&store->guard);

    if (env && !atomic_load(&store->log_lost)) {
        mdb_env_close(env);
    }
}


fs_outcome_t
fs_log_make(fs_store_t *store, fs_txn_t *log)
{
    int  rc;

    rc = fs_env_handles(log->txn, fs_log_dbs, FS_LOG_N, 1, store->log_dbi,
                        &store->probe);

    if (rc) {
        return fs_db_outcome(rc);
    }

    if (store->conf.random(store->conf.data, store->store_key,
                           FS_STORE_KEY_LEN)
        == -1)
    {
        return FS_NOT_READY;
    }

    fs_log_put_schema(store, log);
    atomic_store(&store->schema, FS_SCHEMA);

    fs_db_put(log, store->log_dbi[FS_LOG_META], FS_META_KEY,
              sizeof(FS_META_KEY) - 1, store->store_key, FS_STORE_KEY_LEN, 0);

    return fs_db_outcome(log->error);
}


void
fs_log_put_schema(fs_store_t *store, fs_txn_t *log)
{
    uint8_t  schema[4];

    fs_set_le32(schema, FS_SCHEMA);

    fs_db_put(log, store->log_dbi[FS_LOG_META], FS_META_SCHEMA,
              sizeof(FS_META_SCHEMA) - 1, schema, sizeof(schema), 0);
}


int
fs_log_schema(fs_store_t *store, fs_txn_t *log, uint32_t *schema)
{
    fs_str_t  value;

    if (!fs_db_get(log, store->log_dbi[FS_LOG_META], FS_META_SCHEMA,
                   sizeof(FS_META_SCHEMA) - 1, &value)
        || value.len != 4)
    {
        return 0;
    }

    *schema = fs_get_le32(value.data);

    return 1;
}
