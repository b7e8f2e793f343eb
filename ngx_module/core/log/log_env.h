
/*
 * The log's environment.
 */

#ifndef FS_LOG_ENV_H
#define FS_LOG_ENV_H

#include "store/store.h"

#pragma GCC visibility push(hidden)


/*
 * Open it, after a look at its file.  0 or an LMDB error; MDB_NOTFOUND: it is
 * open, but without databases: store->log is set, the handles are not.
 */
int fs_log_open(fs_store_t *store);

/* Close it, after its readers. */
void fs_log_close(fs_store_t *store);

/* Make its databases, the schema and the store's key, in a new log's first
 * transaction. */
fs_outcome_t fs_log_make(fs_store_t *store, fs_txn_t *log);


#pragma GCC visibility pop

#endif /* FS_LOG_ENV_H */
