
/*
 * Rows: the codecs of all values in the log and the index but the ledger's
 * entries, and the keys that need building.  docs/architecture.md has the
 * list of databases; each row's layout is the table above its functions in
 * rows.c.  A decoder returns 0, or -1 when the size or version is not its
 * own (the store is damaged: the caller ends its transaction).
 */

#ifndef FS_ROWS_H
#define FS_ROWS_H

#include "ledger/rows_sale.h"

#pragma GCC visibility push(hidden)


#define FS_HOLD_ROW_MAX      (124 + FS_LINES_MAX * 56)
#define FS_GROUP_ROW_SIZE    16
#define FS_BUYER_ROW_SIZE    12
#define FS_BUYER_ROW_MAX     20         /* with gifts */
#define FS_UNITS_ROW_SIZE    16
#define FS_PAYMENT_ROW_SIZE  24

/* keys */
#define FS_UNITS_KEY_LEN     (FS_BUYER_LEN + 4)
#define FS_BOUND_KEY_LEN     (FS_BUYER_LEN + FS_KEY_HASH_LEN)
#define FS_GROUP_KEY_LEN     8
#define FS_MEMBER_KEY_LEN    16
#define FS_WAITING_KEY_LEN   9
#define FS_PAYMENT_KEY_LEN   (8 + FS_REFERENCE_LEN + 4)
#define FS_TIMER_KEY_LEN     18
#define FS_TIMER_KEY_MAX     26         /* of the kinds with a seq */
#define FS_DUE_LEN           16         /* a value of `due` */
#define FS_ASIDE_KEY_MAX     48         /* of a row that was set aside */

/*
 * A refund's reference has two rows in `payments`, with this mark in place of
 * a sale: one of its hold, and one of no hold, by which it is found whatever
 * it settled.
 */
#define FS_REFUND_MARK       UINT32_MAX
#define FS_REFUND_ANY        0

/* what a buyer has */
typedef struct {
    uint32_t             live;          /* holds held or paying */
    fs_seq_t             newest;        /* hold */
    fs_seq_t             gift;          /* newest gift, 0: none */
} fs_buyer_t;

/* what a buyer has of one sale */
typedef struct {
    uint32_t             taken;         /* units held or sold */
    uint32_t             lapses;        /* in a row, see fs_types.h */
    int64_t              lapsed_at;     /* mono, the last one */
} fs_units_t;

typedef struct {
    uint8_t              outcome;       /* of the confirm: FS_ENTRY_SOLD,
                                           SOLD_LATE or OWED; of a refund:
                                           FS_ENTRY_REFUNDED */
    uint8_t              reason;        /* OWED: why */
    int64_t              amount_fen;
    fs_seq_t             seq;           /* entry that made it so */
} fs_payment_t;

typedef enum {
    FS_TIMER_OPEN = 1,                  /* wall: opens_at */
    FS_TIMER_CLOSE,                     /* wall: closes_at */
    FS_TIMER_DUE,                       /* mono: the sale's earliest hold */
    FS_TIMER_DECIDE,                    /* at once: closed, nothing live */
    FS_TIMER_RETURN,                    /* at once: orders of a failed group */
    FS_TIMER_SWEEP,                     /* mono: a key kept long enough;
                                           sale 0 */
    FS_TIMER_SETTLE,                    /* at once: debts of a whole sale */
    FS_TIMER_FREEZE,                    /* wall: cut_at; sale: of the wave */
    FS_TIMER_DRAW,                      /* at once: packets or tickets are
                                           closed */
    FS_TIMER_QUEUE,                     /* at once: units for who waits, or
                                           the end of waiting */

    /* with a seq */
    FS_TIMER_RECEIVE,                   /* at once: units that have come, for
                                           lines of sale, pickup and wave
                                           (seq) */
    FS_TIMER_GIVEN,                     /* wall: a line counts as handed over;
                                           pickup: the line, seq: the hold */
    FS_TIMER_CLAIM                      /* wall: accepted; seq: the claim,
                                           sale: 0 */
} fs_timer_kind_t;

typedef struct {
    uint8_t              clock;         /* 'm'; 'w', and 'o' for OPEN: the
                                           wall clock is believed sooner when
                                           something is to open */
    uint8_t              kind;          /* fs_timer_kind_t */
    int64_t              time;          /* ms on that clock */
    uint32_t             sale;
    uint32_t             pickup;
    fs_seq_t             seq;           /* kinds from RECEIVE on */
} fs_timer_t;


/* Each returns the length written. */
size_t fs_hold_row_encode(const fs_hold_t *hold, uint8_t *row);
size_t fs_group_row_encode(const fs_group_t *group, uint8_t *row);
size_t fs_buyer_row_encode(const fs_buyer_t *buyer, uint8_t *row);
size_t fs_units_row_encode(const fs_units_t *units, uint8_t *row);
size_t fs_payment_row_encode(const fs_payment_t *payment, uint8_t *row);

/* What it will be: room is taken first. */
static inline size_t
fs_buyer_row_size(const fs_buyer_t *buyer)
{
    return buyer->gift == 0 ? FS_BUYER_ROW_SIZE : FS_BUYER_ROW_MAX;
}

/* The key's part of a row (number, seq, …) is set by the caller. */
int fs_hold_row_decode(fs_hold_t *hold, fs_str_t row);
int fs_group_row_decode(fs_group_t *group, fs_str_t row);
int fs_buyer_row_decode(fs_buyer_t *buyer, fs_str_t row);
int fs_units_row_decode(fs_units_t *units, fs_str_t row);
int fs_payment_row_decode(fs_payment_t *payment, fs_str_t row);

void fs_units_key(uint8_t *key, const uint8_t *buyer, uint32_t sale);
void fs_bound_key(uint8_t *key, const uint8_t *buyer, const uint8_t *hash);
void fs_group_key(uint8_t *key, uint32_t sale, uint32_t pickup);
void fs_member_key(uint8_t *key, uint32_t sale, uint32_t pickup,
    fs_seq_t hold);
void fs_waiting_key(uint8_t *key, uint32_t sale, uint32_t qty,
    uint32_t number);
void fs_payment_key(uint8_t *key, fs_seq_t hold, const uint8_t *reference,
    uint32_t sale);

/* At most FS_TIMER_KEY_MAX bytes; the length. */
size_t fs_timer_key(uint8_t *key, const fs_timer_t *timer);
int fs_timer_key_decode(fs_timer_t *timer, fs_str_t key);
void fs_due_value(uint8_t *value, int64_t due, fs_seq_t seq);


#pragma GCC visibility pop

#endif /* FS_ROWS_H */
