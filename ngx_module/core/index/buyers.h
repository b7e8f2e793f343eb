
/*
 * Rows of the index that are found by buyer: what a buyer has, what of each
 * sale, and the keys bound.
 *
 * Buyers lie at random, and a row at a random key dirties a page of its own:
 * with ten million buyers in one tree a rush would dirty more pages than a
 * disk takes.  So rows are kept by generations.  What an entry writes goes to
 * the entry's generation, which is small, and the rows of earlier ones lie
 * still.  The newest row of a key counts.
 *
 *   database  key                                     value
 *   buyers    generation (1), buyer (16), the rest    the row
 *   filters   generation (1)                          its filter
 *
 * Where an entry belongs follows from its number alone, so an index that is
 * folded again has its rows in the same places.  The first sixteen generations
 * have conf.generation entries each, a later one a sixteenth of what is before
 * it: their number grows with the logarithm of the ledger's length.
 *
 * A filter tells which buyers have rows in a generation; it may say yes of
 * others, never no of these.  It is a Bloom filter of blocks of 64 bytes,
 * three bits in one of them for each buyer, at a byte an entry; each block
 * ends in a word that says that it is one.  Its value is made once, without
 * bits, and is a run of pages of its own, which LMDB does not move.  So bits
 * are set where they lie, in the map, before the rows are committed: a
 * transaction that is aborted leaves a few too many.  (What the index was
 * before a power cut is never trusted.)  Where the map is read only, since the
 * index was opened without MDB_WRITEMAP, they are written to the same place of
 * the file.
 */

#ifndef FS_BUYERS_H
#define FS_BUYERS_H

#include "ledger/rows.h"
#include "store/store.h"

#pragma GCC visibility push(hidden)


#define FS_GENERATION        (1U << 20) /* entries, unless the conf says */
#define FS_GENERATIONS_MAX   255        /* the last one has no end */

/* the longest key, without the generation */
#define FS_BUYERS_KEY_MAX    FS_BOUND_KEY_LEN

typedef struct {
    _Atomic uint64_t    *words;         /* in the map, or to be committed */
    uint64_t             blocks;
    unsigned             made:1;        /* by this transaction */
} fs_filter_t;

/* Of one thread.  All zeros at first. */
typedef struct {
    fs_store_t          *store;
    fs_txn_t            *txn;
    unsigned             snapshot:1;    /* txn is read only */
    unsigned             loaded:1;      /* the filters, as txn sees them */
    unsigned             asked:1;       /* `in` is about `buyer` */
    uint32_t             index_n;       /* the snapshot that was loaded */
    size_t               txn_id;        /* last, 0: none */
    unsigned             n;             /* generations that there are */
    fs_filter_t          filters[FS_GENERATIONS_MAX];

    uint8_t              buyer[FS_BUYER_LEN];
    unsigned             in_n;          /* where that buyer may have rows, */
    uint8_t              in[FS_GENERATIONS_MAX];  /* the newest first */

    unsigned             current;       /* generation of the last write, */
    fs_seq_t             from, to;      /* and its entries; `to` is outside */
} fs_buyers_t;


/*
 * Begin with another transaction of the index.  snapshot: it is read only, so
 * what was loaded for one of the same number is not loaded again.
 */
void fs_buyers_begin(fs_buyers_t *buyers, fs_store_t *store, fs_txn_t *txn,
    int snapshot);

/*
 * Begin without one: the filters are those that were loaded last, of an index
 * that is in the same state and place.  Rows cannot be read.
 */
void fs_buyers_recall(fs_buyers_t *buyers, fs_txn_t *none);

/*
 * A question about this buyer will come in a moment: the lines of the filters
 * that it will need, each somewhere in a large map, are fetched meanwhile.
 * Nothing is read, so the filters may be of another index by now, or gone.
 */
void fs_buyers_expect(const fs_buyers_t *buyers, const uint8_t *buyer);

/* 1: this buyer has surely no rows; 0: perhaps some. */
int fs_buyers_stranger(fs_buyers_t *buyers, const uint8_t *buyer);

/*
 * The row of a key that begins with a buyer, as fs_db_get().  A filter that is
 * none sets the transaction's error.
 */
int fs_buyers_get(fs_buyers_t *buyers, const uint8_t *key, size_t len,
    fs_str_t *value);

/* Room for what the entry `seq` writes at a key, as fs_db_reserve(). */
uint8_t *fs_buyers_reserve(fs_buyers_t *buyers, fs_seq_t seq,
    const uint8_t *key, size_t len, size_t size);

/*
 * Delete the row of a key that has this value, of whichever generation: what
 * was written over it later stays, and so would what was before.
 */
void fs_buyers_delete(fs_buyers_t *buyers, const uint8_t *key, size_t len,
    const uint8_t *value, size_t value_len);

/* Bytes of filters that so many entries after `seq` may make necessary. */
uint64_t fs_buyers_filters(const fs_store_t *store, fs_seq_t seq,
    uint64_t entries);


#pragma GCC visibility pop

#endif /* FS_BUYERS_H */
