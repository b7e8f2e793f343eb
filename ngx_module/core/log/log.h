
/*
 * Entries of the log, through whatever transaction is at hand.
 */

#ifndef FS_LOG_H
#define FS_LOG_H

#include "store/store.h"

#pragma GCC visibility push(hidden)


/* rows of the log's `meta` */
#define FS_META_SCHEMA      "schema"    /* u32 */
#define FS_META_KEY         "key"       /* FS_STORE_KEY_LEN bytes */
#define FS_META_BOOT        "boot"      /* boot id, offset i64 */
#define FS_META_INDEX       "index"     /* N u32, zero u32, device u64,
                                           inode u64 */
#define FS_META_BOOT_SIZE   (FS_BOOT_LEN + 8)
#define FS_META_INDEX_SIZE  24

/*
 * The last entry.  1: *entry; 0: the ledger is empty; -1: failed, or the
 * record is no entry.
 */
int fs_log_last(fs_store_t *store, fs_txn_t *log, fs_entry_t *entry);

/* The entry at seq.  1, 0 or -1, as above. */
int fs_log_entry(fs_store_t *store, fs_txn_t *log, fs_seq_t seq,
    fs_entry_t *entry);


#pragma GCC visibility pop

#endif /* FS_LOG_H */
