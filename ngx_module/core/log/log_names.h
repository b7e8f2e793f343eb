
/*
 * Names, in the log: of sales and pickup points, and of holds, by the lives
 * that it has.
 */

#ifndef FS_LOG_NAMES_H
#define FS_LOG_NAMES_H

#include "log/log.h"

#pragma GCC visibility push(hidden)


/* Names.  kind: 's' or 'p'.  1: found; 0: not; -1: the row is no name. */
int fs_log_number(fs_store_t *store, fs_txn_t *log, char kind, fs_str_t slug,
    uint32_t *number);
int fs_log_slug(fs_store_t *store, fs_txn_t *log, char kind, uint32_t number,
    fs_slug_t *slug);

/*
 * 0: the last entry hashes to what it says, over its predecessor's hash;
 * -1: not.
 */
int fs_log_check_last(fs_store_t *store, fs_txn_t *log);


#pragma GCC visibility pop

#endif /* FS_LOG_NAMES_H */
