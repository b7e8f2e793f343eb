
/*
 * Lives of a store.
 *
 * A store that goes on from a restored backup gives sequence numbers again
 * that it had given before the backup was put back.  So each life has a
 * random epoch, which is in its ids: 0 in the first life, and then what the
 * entry `life` says that begins one.  An entry belongs to the life that was in
 * force when it was written.
 *
 * The log's row `lives` in `meta` lists them, in order:
 *
 *   offset size  field
 *        0    8  seq of the entry `life`
 *        8    4  its epoch
 *
 * for each.  A process keeps the list; the mark says how many there are, so
 * that it sees when another process has begun one.
 *
 * Whether the log is the one that the mark was written for is looked at
 * whenever the log is opened: by the file's device and inode, and by the last
 * durable entry, which has to be in it.  What is found out then stands in the
 * mark, as `epoch_due`, until the entry is written.
 */

#ifndef FS_LIFE_H
#define FS_LIFE_H

#include "log/log.h"

#pragma GCC visibility push(hidden)


#define FS_META_LIVES      "lives"
#define FS_META_LIFE_SIZE  12

/* Never changed once it is seen; a newer one takes its place. */
struct fs_lives_s {
    size_t               n;
    fs_lives_t          *older;         /* may still be read */
    struct {
        fs_seq_t         seq;
        uint32_t         epoch;
    }                    life[];
};

/* The epoch of an entry; of one still to come: of the present life. */
uint32_t fs_life_epoch(fs_store_t *store, fs_seq_t seq);

/* The present life's, which what is told of the store now carries. */
uint32_t fs_life_now(fs_store_t *store);

/* Ids of holds, with the epoch that their entries have.  0 or -1. */
int fs_life_hold_id(fs_store_t *store, fs_crypto_t *crypto, fs_seq_t hold,
    char *id);

/*
 * An id as people write it.  OK; OTHER_LIFE: this store gave it, in a life
 * that this ledger does not have; NO_SUCH_HOLD: it never did; NOT_READY: a
 * life was begun that cannot be read just now.  *hold and *epoch are set with
 * the first two.
 */
fs_outcome_t fs_life_hold_parse(fs_store_t *store, fs_crypto_t *crypto,
    fs_str_t id, fs_seq_t *hold, uint32_t *epoch);

/*
 * Read the list, when it is not the one that is kept.  0; -1: it is damaged,
 * or there is no memory.  Any thread.
 */
int fs_life_load(fs_store_t *store, fs_txn_t *log);

/* How many this process knows of. */
uint64_t fs_life_count(fs_store_t *store);

/* 1: a life was begun since: fs_life_load() is due.  Two loads. */
int fs_life_stale(fs_store_t *store);

/* The same, with a snapshot of the log of its own when it is due.  0; -1: not
 * now.  Any thread, without the guard. */
int fs_life_refresh(fs_store_t *store);

/* By the row itself, in a transaction that may have changed it. */
uint32_t fs_life_epoch_in(fs_store_t *store, fs_txn_t *log, fs_seq_t seq);

/* 1: the row lists this epoch, or it is 0. */
int fs_life_known(fs_store_t *store, fs_txn_t *log, uint32_t epoch);

/* Add a life to the row, in the transaction that has its entry. */
void fs_life_add(fs_store_t *store, fs_txn_t *log, fs_seq_t seq,
    uint32_t epoch);

/*
 * Is the log the one that the mark knows?  Without the write lock, the answer
 * 0 may be wrong: look again with it.
 */
int fs_life_same(fs_store_t *store, fs_txn_t *log, fs_seq_t last);

/*
 * The same under the write lock, once for each opening of the log; when it is
 * another, a new life is due.  Before the mark is made to fit the log.
 */
fs_outcome_t fs_life_check(fs_store_t *store, fs_txn_t *log, fs_seq_t last);

/* The mark is this log's from now on, durably.  0 or an errno. */
int fs_life_adopt(fs_store_t *store);

/* Set store->identity: of its key, and of the file that it has open. */
void fs_life_identify(fs_store_t *store);

/* The epoch of a life that is due and not written yet; 0: none. */
uint32_t fs_life_due(const fs_store_t *store);

/* Forget all lists; when the store is closed. */
void fs_life_free(fs_store_t *store);


#pragma GCC visibility pop

#endif /* FS_LIFE_H */
