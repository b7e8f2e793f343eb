
/*
 * What state.c, state_rows.c and fold.c share, and what decide*.c need of
 * the rows beyond state.h.
 *
 * The cache belongs to one thread.  All that it holds is of one batch: a
 * batch that is aborted takes its names and rows with it.
 */

#ifndef FS_STATE_PARTS_H
#define FS_STATE_PARTS_H

#include "index/buyers.h"
#include "state/points.h"
#include "state/state.h"

#pragma GCC visibility push(hidden)


#define FS_SLOTS_CHUNK    64
#define FS_BUCKETS        1024          /* a power of two */
#define FS_PICKUP_CACHE   256           /* a power of two */

/*
 * In `payments`, in place of a hold: which number a hold of another life has
 * here.  Its seq and epoch take the place of the reference, and the row is
 * that of the first payment for it, whose entry's seq is the number.
 */
#define FS_OTHER_HOLDS    UINT64_MAX

#define FS_NO_TIMER       INT64_MIN

/* the timers that follow from a sale's row, by index in a slot */
#define FS_SLOT_TIMERS    4


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

struct fs_state_cache_s {
    uint64_t             batch;
    fs_slots_t           sale_slots;
    fs_slots_t           group_slots;
    fs_bucket_t          sales[FS_BUCKETS];
    fs_bucket_t          groups[FS_BUCKETS];
    fs_sale_slot_t      *pending;
    fs_buyers_t          buyers;
    fs_buyer_memo_t      memo;
    fs_hold_t            hold;          /* the last one; seq 0: none */
    fs_seq_t             id_hold;       /* whose id is rendered below */
    char                 id[FS_HOLD_ID_LEN];
    fs_walk_t            walk;
    uint8_t              nowhere[FS_UNITS_ROW_SIZE];  /* see state_rows.c */
    fs_pickup_name_t     by_number[FS_PICKUP_CACHE];
    fs_pickup_name_t     by_slug[FS_PICKUP_CACHE];
    fs_points_t          points[FS_POINTS_CACHE];
};


/* state.c */

/* The i-th slot of this batch. */
void *fs_slots_at(const fs_slots_t *slots, size_t i);

/* Never NULL but when memory is gone (state->failed is set then); `found`
 * says whether there is such a sale. */
fs_sale_slot_t *fs_state_sale_slot(fs_state_t *state, uint32_t number);
fs_group_slot_t *fs_state_group_slot(fs_state_t *state, uint32_t sale,
    uint32_t pickup);

/*
 * A row of the index is not what is written there: the transaction fails, and
 * who ends it has another index folded.  What is damaged in the log, or makes
 * no sense, only sets state->failed.
 */
void fs_state_damaged(fs_state_t *state);

/* The row in the slot was changed. */
void fs_state_touch(fs_state_t *state, fs_sale_slot_t *slot);

/* Bring the timers in the index up to the slots. */
void fs_state_flush_timers(fs_state_t *state);

/* Bring the groups in the index up to the slots. */
void fs_state_flush_groups(fs_state_t *state);


/*
 * Whether a closed sale opens again when it gets this time of closing at
 * `at`: another one than it had, and to come.
 */
static inline int
fs_sale_reopens(const fs_sale_t *sale, int64_t closes_at, int64_t at)
{
    return sale->closed && closes_at != sale->closes_at
           && (closes_at == 0 || closes_at > at);
}


/* state_names.c: set state->names. */
void fs_state_names(fs_state_t *state);


/* state_rows.c */

void fs_state_put_hold(fs_state_t *state, const fs_hold_t *hold, int is_new);
void fs_state_put_buyer(fs_state_t *state, const uint8_t *buyer,
    const fs_buyer_t *row);
void fs_state_put_units(fs_state_t *state, const uint8_t *buyer,
    uint32_t sale, const fs_units_t *row);
void fs_state_bind(fs_state_t *state, const uint8_t *buyer,
    const uint8_t *key, fs_seq_t seq);

/* Unless the key was bound again since, by another entry than `seq`. */
void fs_state_unbind(fs_state_t *state, const uint8_t *buyer,
    const uint8_t *key, fs_seq_t seq);

void fs_state_put_payment(fs_state_t *state, fs_seq_t hold,
    const uint8_t *reference, uint32_t sale, const fs_payment_t *row);

/*
 * The payment of a hold that has been due for longest: of all (payment
 * NULL) or of one.  1: found, its reference, sale and row; 0: nothing is due.
 */
int fs_state_oldest_due(fs_state_t *state, fs_seq_t hold,
    const uint8_t *payment, uint8_t *reference, uint32_t *sale,
    fs_payment_t *row);

/* The reference that a hold was sold for.  1 or 0. */
int fs_state_sold_for(fs_state_t *state, fs_seq_t hold, uint8_t *reference);

/* An entry of the ledger.  1 or 0. */
int fs_state_entry(fs_state_t *state, fs_seq_t seq, fs_entry_t *entry);

/*
 * The same two without failing: 1 found, 0 not there, -1 it cannot be read.
 * For who goes on without it.
 */
int fs_state_look_entry(fs_state_t *state, fs_seq_t seq, fs_entry_t *entry);
int fs_state_look_hold(fs_state_t *state, fs_seq_t seq, fs_hold_t *hold);

/* The earliest row of `due` of a sale (0: keys to sweep).  1 or 0. */
int fs_state_first_due(fs_state_t *state, uint32_t sale, int64_t *due,
    fs_seq_t *seq);

/* Whether an order counts to the group of a sale. */
int fs_state_member(fs_state_t *state, uint32_t sale, uint32_t pickup,
    fs_seq_t hold);

/* The first order of a group after `after`; 0: none. */
fs_seq_t fs_state_next_member(fs_state_t *state, uint32_t sale,
    uint32_t pickup, fs_seq_t after);

/*
 * Orders of a failed group that were passed over: set aside in the index in
 * which those after them were returned, and still to be returned in this one.
 * over 1: it was; 0: it is so no longer.
 */
void fs_state_pass_over(fs_state_t *state, uint32_t sale, uint32_t pickup,
    fs_seq_t hold, int over);
fs_seq_t fs_state_passed_over(fs_state_t *state, uint32_t sale,
    uint32_t pickup);

/*
 * Names, in the log: kind 's' (sales) or 'p' (pickup points).  The number,
 * or 0: unknown.
 */
uint32_t fs_state_number(fs_state_t *state, char kind, fs_str_t slug);
int fs_state_slug(fs_state_t *state, char kind, uint32_t number,
    fs_slug_t *slug);

/* What is remembered of a pickup point in this batch, or NULL. */
fs_pickup_name_t *fs_state_pickup_name(fs_state_t *state, fs_str_t slug);

/* The highest number given so far, 0: none. */
uint32_t fs_state_last_number(fs_state_t *state, char kind);

/* Give a slug, which has none, the next number. */
uint32_t fs_state_intern(fs_state_t *state, char kind, fs_str_t slug);


static inline int
fs_all_zero(const uint8_t *bytes, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return 0;
        }
    }

    return 1;
}

/* The place of a hold of another life below FS_OTHER_HOLDS. */
void fs_other_reference(uint8_t *reference, fs_seq_t hold, uint32_t epoch);

/* Its number here; 0: no payment for it has come. */
fs_seq_t fs_state_other_hold(fs_state_t *state, fs_seq_t hold,
    uint32_t epoch);

/* fold.c: a key was swept; its row in `due` goes. */
void fs_state_swept(fs_state_t *state, int64_t time, fs_seq_t seq);


#pragma GCC visibility pop

#endif /* FS_STATE_PARTS_H */
