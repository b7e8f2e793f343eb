
/*
 * What a batch works with: its sheet, and the memory in which the rows that
 * it has decoded lie.
 *
 * The memory belongs to one thread.  All that it holds is of one batch: a
 * batch that is aborted takes its names and rows with it.
 */

#ifndef FS_CACHE_H
#define FS_CACHE_H

#include "index/buyers.h"
#include "ledger/terms.h"
#include "pair/pair.h"

#pragma GCC visibility push(hidden)


#define FS_SLOTS_CHUNK    64
#define FS_BUCKETS        1024          /* a power of two */
#define FS_POINTS_CACHE   16            /* a power of two */
#define FS_PICKUP_CACHE   256           /* a power of two */
#define FS_TERMS_CACHE    16            /* a power of two */

/*
 * In `payments`, in place of a hold: which number a hold of another life has
 * here.  Its seq and epoch take the place of the reference, and the row is
 * that of the first payment for it, whose entry's seq is the number.
 */
#define FS_OTHER_HOLDS    UINT64_MAX

/* Rows set aside that are named one by one; of more in a transaction only
 * the number is said. */
#define FS_ASIDE_NAMED    16

#define FS_NO_TIMER       INT64_MIN

/* the timers that follow from a sale's row, by index in a slot */
#define FS_SLOT_TIMERS    5


/*
 * A sale decoded.  Number 0 is no sale: it stands for the keys to be swept,
 * whose earliest time is its `due`.
 */
typedef struct fs_sale_slot_s  fs_sale_slot_t;

struct fs_sale_slot_s {
    fs_sale_slot_t      *chain;         /* same bucket */
    fs_sale_slot_t      *pending;       /* next whose timers are to be
                                           looked at */
    fs_sale_t            sale;
    int64_t              timers[FS_SLOT_TIMERS];  /* as the index has them */
    unsigned             found:1;       /* there is such a sale */
    unsigned             dirty:1;       /* to be written at the end */
    unsigned             waiting:1;     /* in the list of pending */
    unsigned             due_stale:1;   /* sale.due is only a lower bound */
};

typedef struct fs_group_slot_s  fs_group_slot_t;

struct fs_group_slot_s {
    fs_group_slot_t     *chain;
    fs_group_t           group;
    unsigned             found:1;
    unsigned             dirty:1;       /* for the log */
    unsigned             unflushed:1;   /* for the index */
};

typedef struct {
    void               **chunks;
    size_t               chunks_n;
    size_t               used;          /* slots of this batch */
    size_t               size;          /* of one slot */
} fs_slots_t;

typedef struct {
    uint64_t             batch;         /* else the bucket is empty */
    void                *first;
} fs_bucket_t;

typedef enum {
    FS_PICKUP_UNKNOWN = 0,
    FS_PICKUP_THERE,
    FS_PICKUP_NOT_THERE
} fs_pickup_document_t;

typedef struct {
    uint64_t             batch;
    uint32_t             number;
    uint8_t              document;      /* fs_pickup_document_t: by_slug */
    fs_slug_t            slug;
} fs_pickup_name_t;

/* The rows of the buyer who was looked at last: read once, then written. */
typedef struct {
    uint8_t              buyer[FS_BUYER_LEN];
    fs_buyer_t           row;
    unsigned             set:1;
    unsigned             row_known:1;
    unsigned             row_found:1;
    unsigned             units_n;
    struct {
        uint32_t         sale;
        int              found;
        fs_units_t       row;
    }                    units[FS_LINES_MAX];
} fs_buyer_memo_t;

/*
 * How far a walk through the groups of a closed sale has come.  Only a
 * saving: it counts when the entry `seq` has this hash, and the sale's
 * version is still what the walk left.
 */
typedef struct {
    uint32_t             sale;          /* 0: none */
    uint32_t             pickup;        /* the next one */
    unsigned             bad;           /* one was set aside */
    fs_seq_t             version;
    uint64_t             batch;         /* in which it came so far */
    fs_seq_t             seq;           /* the last entry of that batch */
    uint8_t              hash[FS_HASH_LEN];
} fs_walk_t;

/*
 * How far the walk through the lines of a task has come, see settle.c.  `next`
 * counts within its batch; `sold` when the entry `seq` has this hash.
 */
typedef struct {
    uint32_t             sale;
    fs_seq_t             task;          /* 0: none */
    fs_seq_t             sold;
    fs_seq_t             next;
    uint64_t             batch;
    fs_seq_t             seq;
    uint8_t              hash[FS_HASH_LEN];
} fs_settling_t;

/*
 * Of which state of the store the rows are that are kept: as long as it is
 * still that one, they are what another snapshot would show.
 */
typedef struct {
    unsigned             set:1;
    fs_seq_t             seq;
    uint64_t             lives;         /* begun by then */
    uint32_t             map_n;         /* where the index lay */
} fs_kept_t;

/* a sale's pickup points, see points.c */
typedef struct {
    uint64_t             batch;         /* in which they were read */
    uint32_t             sale;
    unsigned             n;             /* 0: it lists none */
    uint32_t             numbers[FS_POINTS_MAX];
} fs_points_t;

/* what a sale gives, see sheet_terms.c */
typedef struct {
    uint64_t             batch;         /* in which it was read */
    uint32_t             sale;
    fs_terms_t           terms;
} fs_terms_slot_t;

typedef struct {
    uint64_t             batch;
    fs_slots_t           sale_slots;
    fs_slots_t           group_slots;
    fs_bucket_t          sales[FS_BUCKETS];
    fs_bucket_t          groups[FS_BUCKETS];
    fs_sale_slot_t      *pending;
    fs_buyers_t          buyers;
    fs_buyer_memo_t      memo;
    fs_kept_t            kept;          /* read only: sales and filters */
    fs_hold_t            hold;          /* the last one; seq 0: none */
    fs_seq_t             id_hold;       /* whose id is rendered below */
    char                 id[FS_HOLD_ID_LEN];
    fs_crypto_t         *crypto;        /* made when entries that are folded
                                           again need one; else NULL */
    fs_walk_t            walk;
    fs_settling_t        settling;
    uint8_t              nowhere[FS_BUYER_ROW_MAX];  /* see sheet_rows.c */
    fs_pickup_name_t     by_number[FS_PICKUP_CACHE];
    fs_pickup_name_t     by_slug[FS_PICKUP_CACHE];
    fs_points_t          points[FS_POINTS_CACHE];
    fs_terms_slot_t      terms[FS_TERMS_CACHE];
    const char          *broken;        /* what was said last not to hold, */
    int64_t              broken_at;     /* and when, CLOCK_BOOTTIME in ms */
} fs_sheet_cache_t;

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
    fs_pair_t          *write;         /* NULL: read only, or catching up */
    fs_crypto_t         *crypto;
    fs_names_t           names;         /* for rendering what is emitted */
    unsigned             catching_up:1; /* fold only; the log is not touched */
    unsigned             failed:1;      /* damaged row: end the transaction */
    unsigned             lives:1;       /* it began one: see life.h */
    uint32_t             epoch;         /* and the last one's */
    unsigned             damaged:1;     /* and it is one of the index */
    fs_aside_t           suspect;       /* the row that is worked on */
    unsigned             asides;        /* rows set aside */
    unsigned             accepted;      /* claims, by time */
    fs_seq_t             seq;           /* last entry */
    int64_t              at;            /* its at */
    uint8_t              hash[FS_HASH_LEN];
    unsigned             cut:1;         /* the command's room ends at a
                                           bound */
    fs_seq_t             begun;         /* the last entry at the beginning */
    fs_sheet_cache_t    *cache;         /* decoded rows of this batch; the
                                           memory is its owner's */
} fs_sheet_t;


/* Made once a thread.  NULL: no memory. */
fs_sheet_cache_t *fs_sheet_cache_create(void);
void fs_sheet_cache_destroy(fs_sheet_cache_t *cache);

/* The i-th slot of this batch; another one, of zeros, NULL: no memory.
 * Chunks never move: pointers to slots stay valid. */
void *fs_slots_at(const fs_slots_t *slots, size_t i);
void *fs_slots_add(fs_slots_t *slots);

/*
 * A row of the index is not what is written there: the transaction fails, and
 * who ends it has another index folded.  What is damaged in the log, or makes
 * no sense, only sets sheet->failed.
 */
void fs_sheet_damaged(fs_sheet_t *sheet);

/*
 * What must hold where units and positions change, in every build: 1 when it
 * does.  0: it does not, by a fault of ours or of the memory.  The log says
 * what, and the transaction fails: nothing of the batch is taken, and the
 * worker lives.
 */
#define fs_must(sheet, condition)                                            \
    (__builtin_expect(!!(condition), 1)                                      \
     || fs_sheet_broken(sheet, #condition, __func__))

int fs_sheet_broken(fs_sheet_t *sheet, const char *condition,
    const char *function);

/* There is no memory: not the fault of any row. */
void fs_sheet_no_memory(fs_sheet_t *sheet);

#pragma GCC visibility pop

#endif /* FS_CACHE_H */
