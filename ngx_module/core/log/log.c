
/*
 * Reading the log.
 */

#include "log/log.h"

static int fs_log_decode(fs_entry_t *entry, fs_str_t key, fs_str_t value);


int
fs_log_last(fs_store_t *store, fs_txn_t *log, fs_entry_t *entry)
{
    fs_str_t  key, value;

    if (!fs_db_last(log, store->log_dbi[FS_LOG_LEDGER], &key, &value)) {
        return log->error ? -1 : 0;
    }

    return fs_log_decode(entry, key, value);
}


int
fs_log_entry(fs_store_t *store, fs_txn_t *log, fs_seq_t seq,
    fs_entry_t *entry)
{
    fs_str_t  key, value;

    if (!fs_db_get(log, store->log_dbi[FS_LOG_LEDGER], &seq, sizeof(seq),
                   &value))
    {
        return log->error ? -1 : 0;
    }

    key.len = sizeof(seq);
    key.data = (const char *) &seq;

    return fs_log_decode(entry, key, value);
}


static int
fs_log_decode(fs_entry_t *entry, fs_str_t key, fs_str_t value)
{
    fs_seq_t  seq;

    if (key.len != sizeof(seq)) {
        return -1;
    }

    memcpy(&seq, key.data, sizeof(seq));

    return fs_entry_decode(entry, seq, value.data, value.len) == 0 ? 1 : -1;
}
