
/*
 * The state that commands are decided on: rows of the index, read through
 * one transaction.  Sale and group rows are kept decoded for the length of a
 * batch and written back once, at its end.
 *
 * fs_state_emit() is the only way to change it: it appends an entry to the
 * ledger and folds it.  fs_fold() is what it shares with catching up.
 */

#ifndef FS_STATE_H
#define FS_STATE_H

#include "ledger/rows.h"
#include "store/store.h"
#include "read/view.h"

#pragma GCC visibility push(hidden)


/*
 * The index's position row: database FS_INDEX_META, key "position".
 *
 *   offset size  field
 *        0    8  seq of the last entry folded, little-endian
 *        8   32  its hash
 *       40   16  id of the boot in which it was written
 */
#define FS_POSITION_KEY       "position"
#define FS_POSITION_ROW_SIZE  56


/* A state's memory, made once a thread and used for batch after batch. */
typedef struct fs_state_cache_s  fs_state_cache_t;

/* A row that was, or is to be, set aside; see aside.h. */
typedef struct {
    uint8_t              kind;          /* 0: none */
    uint8_t              len;
    uint8_t              key[FS_ASIDE_KEY_MAX];
} fs_aside_t;

typedef struct {
    fs_store_t          *store;
    fs_txn_t            *log;           /* writing: ledger, names, sales */
    fs_txn_t            *index;
    fs_write_t          *write;         /* NULL: read only, or catching up */
    fs_crypto_t         *crypto;
    fs_names_t           names;         /* for rendering what is emitted */
    unsigned             catching_up:1; /* fold only; the log is not touched */
    unsigned             failed:1;      /* damaged row: end the transaction */
    unsigned             lives:1;       /* it began one: see life.h */
    uint32_t             epoch;         /* and the last one's */
    unsigned             damaged:1;     /* and it is one of the index */
    fs_aside_t           suspect;       /* the row that is worked on */
    unsigned             asides;        /* rows set aside */
    fs_seq_t             seq;           /* last entry */
    int64_t              at;            /* its at */
    uint8_t              hash[FS_HASH_LEN];
    unsigned             cut:1;         /* the command's room ends at a
                                           bound */
    fs_seq_t             begun;         /* the last entry at the beginning */
    fs_state_cache_t    *cache;         /* decoded rows of this batch; the
                                           memory is its owner's */
} fs_state_t;

fs_state_cache_t *fs_state_cache_create(void);
void fs_state_cache_destroy(fs_state_cache_t *cache);

/* Begin a batch on a pair of write transactions. */
void fs_state_begin(fs_state_t *state, fs_write_t *write,
    fs_crypto_t *crypto, fs_state_cache_t *cache);

/* Read only, on a view: for refusals. */
void fs_state_view(fs_state_t *state, fs_view_t *view,
    fs_crypto_t *crypto, fs_state_cache_t *cache);

/* Catching up: fold existing entries into an index transaction. */
void fs_state_fold_begin(fs_state_t *state, fs_store_t *store, fs_txn_t *log,
    fs_txn_t *index, fs_seq_t seq, fs_state_cache_t *cache);

/*
 * Write the cached sale and group rows to the index (and, in a batch, to the
 * log), the index's position row, and set write->seq, ->hash, ->at.
 * OK, or STORE_FULL, DISK_FAILED, INTERNAL (the caller aborts).
 */
fs_outcome_t fs_state_end(fs_state_t *state);

/*
 * Savepoint for one command: a command whose emits fail half way (it cannot
 * by its checks) ends the batch.  Commands check everything first, then emit.
 *
 * Append an entry (seq, at, hash are set here; `at` earlier than the last
 * entry's is preceded by a `clock` entry) and fold it.
 */
void fs_state_emit(fs_state_t *state, fs_entry_t *entry,
    const fs_now_t *now);

/* The same for `life`, with what the entry has besides: from here on ids are
 * of this epoch, which no life before has. */
void fs_state_begin_life(fs_state_t *state, fs_entry_t *entry,
    uint32_t epoch, const fs_now_t *now);

/* The epoch that a hold of this ledger has. */
uint32_t fs_state_epoch(fs_state_t *state, fs_seq_t hold);

/* What an entry does to the rows.  fold.c */
void fs_fold(fs_state_t *state, const fs_entry_t *entry);

/* Rows.  1: found (into *row or, for sales and groups, a pointer that stays
 * valid until fs_state_end()); 0 or NULL: not. */
fs_sale_t *fs_state_sale(fs_state_t *state, uint32_t number);
fs_group_t *fs_state_group(fs_state_t *state, uint32_t sale, uint32_t pickup,
    int make);
int fs_state_hold(fs_state_t *state, fs_seq_t seq, fs_hold_t *hold);
int fs_state_buyer(fs_state_t *state, const uint8_t *buyer, fs_buyer_t *row);
int fs_state_units(fs_state_t *state, const uint8_t *buyer, uint32_t sale,
    fs_units_t *row);
int fs_state_bound(fs_state_t *state, const uint8_t *buyer,
    const uint8_t *key, fs_seq_t *seq);
int fs_state_payment(fs_state_t *state, fs_seq_t hold,
    const uint8_t *reference, uint32_t sale, fs_payment_t *row);


#pragma GCC visibility pop

#endif /* FS_STATE_H */
