
/*
 * The index: where it is, whether it can be trusted, how it is brought up to
 * the ledger's end.
 */

#ifndef FS_INDEX_H
#define FS_INDEX_H

#include "log/log.h"
#include "store/store.h"

#pragma GCC visibility push(hidden)


/*
 * index_dir.c: the directories of the index: what is in them, and making,
 * marking and removing them.  Which one counts is index.c's to know.
 *
 *   path/index-N/data.mdb   LMDB, not synced
 *   path/index-N/clean      marker of a clean exit: seq u64, hash 32; synced
 */

/*
 * The index is written through its map, which saves a copy and a system call
 * a page: its file can be lost, so it may lie open to a wild pointer.  Space
 * is taken before it is used, for the entries of a batch and of its timers
 * (FS_BATCH_ENTRIES_MAX, FS_TIMERS_PASS) or of a chunk that is folded.  On a
 * file system that does not keep it there is no such map, see fs_env_open().
 *
 * The file is sparse and as long as the map, which is some times the log's:
 * it is address space, and the index must never be full before the log.
 */
#define FS_INDEX_FLAGS    (MDB_NOSYNC|MDB_WRITEMAP)
#define FS_INDEX_MAPS     4
#define FS_INDEX_MORE     (16ULL << 20) /* bytes; the first filters */
#define FS_INDEX_ENTRIES  8192          /* of one transaction, at most */

/*
 * How far the index is: database FS_INDEX_META, key FS_POSITION_KEY.
 *
 *   offset size  field
 *        0    8  seq of the last entry folded, little-endian
 *        8   32  its hash
 *       40   16  id of the boot in which it was written
 */
#define FS_POSITION_KEY       "position"
#define FS_POSITION_ROW_SIZE  56

typedef struct {
    fs_seq_t             seq;
    uint8_t              hash[FS_HASH_LEN];
    uint8_t              boot[FS_BOOT_LEN];
} fs_position_t;

/* what the log records of it */
typedef struct {
    uint32_t             n;
    uint64_t             device;
    uint64_t             inode;
} fs_index_row_t;

/* How far it is.  1: there; 0: not, or not well-formed. */
int fs_index_position(fs_store_t *store, fs_txn_t *index,
    fs_position_t *position);

/* Say how far it is, in the transaction that brings it there. */
void fs_index_position_put(fs_store_t *store, fs_txn_t *index, fs_seq_t seq,
    const uint8_t *hash);

/* Path of a file in index-N, or of N itself (file "").  1, or 0: too long. */
int fs_index_name(fs_store_t *store, uint32_t n, const char *file,
    char *name, size_t size);

/* Make index-N with nothing folded yet; *row says which file it is. */
int fs_index_make(fs_store_t *store, uint32_t n, fs_index_row_t *row);

/* Bytes of its map. */
size_t fs_index_map_size(fs_store_t *store);

/*
 * Handles of its databases, and its first generations' length.  MDB_NOTFOUND:
 * it is not an index, or not N.  look: told of them.
 */
int fs_index_handles(MDB_env *env, uint32_t n, MDB_dbi *dbi,
    uint32_t *generation, fs_probe_t *look);

/* Remove all directories but N, which the log records: under its write lock,
 * or a newer one might go. */
void fs_index_remove_others(fs_store_t *store, uint32_t n);

/* 1: the marker of a clean exit says exactly this position. */
int fs_index_marked(fs_store_t *store, const fs_position_t *position);

/* The marker of a clean exit goes before the next commit of the index.  0 or
 * an errno. */
int fs_index_unclean(fs_store_t *store);

/* Make the marker, durably.  The caller has synced the index. */
void fs_index_mark(fs_store_t *store, const fs_position_t *position);


/*
 * index.c: the index: which directory it is, whether it can be trusted, how
 * it is brought up to the ledger's end.
 *
 * All functions that take an fs_pair_t run under the log's write lock.
 */

/* Whether it can be used. */
typedef enum {
    FS_INDEX_GOOD = 0,
    FS_INDEX_UNTRUSTED,                 /* another has to be made; the log
                                           says why */
    FS_INDEX_LATER                      /* not now; *outcome is what is told */
} fs_index_use_t;


/* What the log records of it.  1: *row; 0: nothing, and *row is zeros. */
int fs_index_row(fs_store_t *store, fs_txn_t *log, fs_index_row_t *row);

/* Open the index that the log records, unless it is open. */
fs_index_use_t fs_index_attach(fs_store_t *store, fs_txn_t *log,
    fs_outcome_t *outcome);

/* Close it, after its readers. */
void fs_index_detach(fs_store_t *store);

/*
 * Attach, and look whether its position belongs to this ledger, without the
 * write lock: what fs_store_open() can do.  1: it does; 0: the store's index
 * is NULL.
 */
int fs_index_check(fs_store_t *store, fs_txn_t *log);

/* Begin the index's write transaction.  GOOD: *position is where it is. */
fs_index_use_t fs_index_open_txn(fs_pair_t *write, fs_position_t *position,
    fs_outcome_t *outcome);

/* Make the next index, and record it in the log's transaction. */
fs_outcome_t fs_index_create(fs_pair_t *write);

/*
 * 1: this process cannot use the index as it is (none, damaged, or another
 * process made a new one): the commit thread calls fs_store_catch_up().
 * Costs three loads: looked at in every turn.
 */
int fs_store_index_wanted(fs_store_t *store);


#pragma GCC visibility pop

#endif /* FS_INDEX_H */
