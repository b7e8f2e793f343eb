
/*
 * What a store is known by: its schema and key, whether the mark is of its log
 * and of this boot.  For who opens it, and for who only looks.
 */

#include <stdio.h>

#include "log/life.h"
#include "log/log.h"
#include "pair/pair.h"
#include "store/store.h"


fs_outcome_t
fs_store_meta(fs_store_t *store, fs_txn_t *log, char *message)
{
    fs_str_t      value;
    fs_outcome_t  outcome;

    outcome = fs_store_known_schema(store, log, message);

    if (outcome != FS_OK) {
        return outcome;
    }

    if (!fs_db_get(log, store->log_dbi[FS_LOG_META], FS_META_KEY,
                   sizeof(FS_META_KEY) - 1, &value)
        || value.len != FS_STORE_KEY_LEN)
    {
        snprintf(message, FS_MESSAGE_MAX,
                 "%.128s/log has lost the store's key: put a backup in its "
                 "place", store->path);
        return FS_NOT_READY;
    }

    memcpy(store->store_key, value.data, FS_STORE_KEY_LEN);

    return FS_OK;
}


fs_outcome_t
fs_store_known_schema(fs_store_t *store, fs_txn_t *log, char *message)
{
    uint32_t  schema;

    if (!fs_log_schema(store, log, &schema)) {
        snprintf(message, FS_MESSAGE_MAX,
                 "%.128s/log is not the log of a store", store->path);
        return FS_NOT_READY;
    }

    if (schema < FS_SCHEMA_FIRST || schema > FS_SCHEMA) {
        snprintf(message, FS_MESSAGE_MAX,
                 "the store %.100s has schema %u, this program knows %u to "
                 "%u: run a program that knows it, or put a backup in its "
                 "place", store->path, schema, FS_SCHEMA_FIRST, FS_SCHEMA);
        return FS_NOT_READY;
    }

    atomic_store(&store->schema, schema);

    return FS_OK;
}


/* 1: the mark is this log's, and its lives are known. */

int
fs_store_same(fs_store_t *store, fs_txn_t *log)
{
    fs_entry_t  last;

    last.seq = 0;

    if (fs_log_last(store, log, &last) == -1
        || !fs_life_same(store, log, last.seq)
        || fs_life_load(store, log) != 0 || fs_life_stale(store))
    {
        return 0;
    }

    store->life_looked = 1;

    return 1;
}


/* 1: the mark is of this boot and this log, and the boot has its entry. */

int
fs_store_of_boot(fs_store_t *store, fs_txn_t *log, uint64_t mark)
{
    fs_str_t  row;

    if (!fs_mark_valid(store->mark, store->conf.boot_id)
        || mark > mdb_txn_id(log->txn))
    {
        return 0;
    }

    if (!fs_db_get(log, store->log_dbi[FS_LOG_META], FS_META_BOOT,
                   sizeof(FS_META_BOOT) - 1, &row)
        || row.len != FS_META_BOOT_SIZE
        || memcmp(row.data, store->conf.boot_id, FS_BOOT_LEN) != 0)
    {
        return 0;
    }

    if (store->conf.reads) {
        return 1;
    }

    atomic_store(&store->mark->mono_offset,
                 (int64_t) fs_get_le64(row.data + FS_BOOT_LEN));
    fs_clock_begin(store->mark,
                   (int64_t) fs_get_le64(row.data + FS_BOOT_LEN));
    store->booted = 1;

    return 1;
}
