
/*
 * Ledger entries: the record codec and the frozen renderer.
 *
 * On disk an entry is FS_ENTRY_SIZE bytes, little-endian, keyed by its
 * sequence number:
 *
 *   offset size  field
 *        0    1  version of the format: 1
 *        1    1  type (fs_entry_type_t)
 *        2    1  reason (fs_reason_t)
 *        3    1  line, from 0
 *        4    1  lines of the hold
 *        5    1  flags (FS_ENTRY_GOAL_BY_PICKUP, FS_ENTRY_OTHER_LIFE,
 *                FS_ENTRY_LEFT, FS_ENTRY_FINAL, FS_ENTRY_BY_TIME)
 *        6    2  zero
 *        8    8  at, wall ms
 *       16    4  sale number, 0: none
 *       20    4  pickup number, 0: none (`sale`: cancel_ms)
 *       24    8  hold: seq of its first entry, 0: none (of another life: of
 *                the first entry about it here)
 *       32    4  qty (units; `sale`: the stock; `stock`: added, signed;
 *                `received`: come so far; `compensated`: orders concerned;
 *                `drawn`: zero)
 *       36    4  number (`sale`: the limit; `held`, `paying`: length_ms;
 *                `life`: the epoch; of another life: its epoch; `wave`,
 *                `frozen`, `received`: the wave; `picked_up`, `double`:
 *                fs_via_t; `granted`, `queued`: which of the sale's, from 1;
 *                `drawn`: the ticket; `served`: length_ms)
 *       40    8  amount, fen (price of one unit; payments: what was paid or
 *                is due back; `compensated`: of each unit; `granted`,
 *                `bound`, `drawn`: what is taken off a price)
 *       48    8  time 1, ms (`held`, `paying`: expires_at; `sale`: opens_at;
 *                `clock`: the time before; `boot`: offset; `owed`,
 *                `claimed`: due_at; `ready`, `put_back`: from then on it
 *                counts as handed over, 0: never; `picked_up`, `double`: the
 *                device's own; `wave`: cut_at; `refunded`, `accepted`,
 *                `denied`, `settled`: the seq of the debt, the claim, the
 *                entry that it is about, 0: none is named; `granted`,
 *                `unbound`, `drawn`: until when the gift is good, 0: no end)
 *       56    8  time 2, ms (`held`, `paying`: due on mono; `sale`:
 *                closes_at; of another life: the hold's seq there; `bound`,
 *                `unbound`: the gift's)
 *       64   16  id 1 (`held`, `granted`, `queued`, `pickup`: buyer; `boot`:
 *                boot id; `refunded`: reference of the refund; `terms`,
 *                `revealed`, `drawn`: with id 2, 32 bytes: digest, seed,
 *                beacon; `referred`: the pseudonym of whoever invited; others
 *                with a key: buyer of the key)
 *       80   16  id 2 (`served`: 8 bytes, the sale's `served` before;
 *                payments: reference; `sale`: digest of title and doc;
 *                `document`, `deleted`, `called_off`, `compensated`: digest;
 *                `wave`: digest of its sales; `granted`: digest of why, zeros:
 *                nobody said; `held`, `queued`, of the first line: whose code
 *                was shown, zeros: none)
 *       96    8  key hash, zeros: none
 *      104    4  number 2 (`sale`: the goal; `ready`: units of the line that
 *                never come; `wave`: the day, as 20261130; `queued`: how long
 *                it will be held, ms; `served`: its number in the line;
 *                `held`: 1: it would have waited; `drawn`: how many tickets,
 *                of one that won the prize, from 0; `terms`: fs_gives_kind_t,
 *                and 256: the desk gives it; `granted` with a reason: with
 *                number 3, the seq of `referred`; entries about a hold that
 *                bind a key: with number 3, the fingerprint of the request)
 *      108    4  number 3 (`sale`: hold_ms)
 *      112   32  hash of the chain
 *
 * The hash is SHA-256 of the previous entry's hash as 64 hexadecimal digits
 * (64 zeros before the first) followed by the entry's JSON line up to, not
 * including, `,"hash"`.  What version 1 renders is frozen: golden tests hold
 * it, and a change of the format is a new version with its own renderer.
 */

#ifndef FS_ENTRY_H
#define FS_ENTRY_H

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


#define FS_ENTRY_VERSION         1
#define FS_ENTRY_SIZE            144
#define FS_ENTRY_HASH_OFFSET     112
#define FS_ENTRY_JSON_MAX        1024

#define FS_ENTRY_GOAL_BY_PICKUP  1
#define FS_ENTRY_OTHER_LIFE      2      /* `refund_due`, `owed`, `refunded` */
#define FS_ENTRY_LEFT            4      /* `owed`: its units no longer count
                                           to their group, which is open */
#define FS_ENTRY_FINAL           8      /* `received`: no more will come */
#define FS_ENTRY_BY_TIME         16     /* `claimed`: accepted when it is due;
                                           `accepted`, `picked_up`: nobody
                                           did it, its time had come */

/*
 * type, name in JSON, change of held and of sold by each unit of qty.
 * `expired` orders that are sold again, and the change of an entry whose
 * origin matters, are told apart by their own types, never by looking at a
 * hold: an auditor needs nothing but the entries.
 */
#define FS_ENTRY_TYPES(X)                                                    \
    X(NONE,       "none",        0,  0)                                      \
    X(STORE,      "store",       0,  0)  /* the store was made */            \
    X(BOOT,       "boot",        0,  0)  /* first open in a new boot */      \
    X(CLOCK,      "clock",       0,  0)  /* the wall clock went back */      \
    X(SALE,       "sale",        0,  0)  /* defined or changed */            \
    X(STOCK,      "stock",       0,  0)  /* stock changed by qty */          \
    X(OPENED,     "opened",      0,  0)                                      \
    X(PAUSED,     "paused",      0,  0)                                      \
    X(RESUMED,    "resumed",     0,  0)                                      \
    X(CLOSED,     "closed",      0,  0)                                      \
    X(HELD,       "held",        1,  0)                                      \
    X(PAYING,     "paying",      0,  0)                                      \
    X(RELEASED,   "released",   -1,  0)                                      \
    X(EXPIRED,    "expired",    -1,  0)                                      \
    X(CANCELLED,  "cancelled",  -1,  0)                                      \
    X(WITHDRAWN,  "withdrawn",   0,  0)  /* cancelled after it expired */    \
    X(SOLD,       "sold",       -1,  1)                                      \
    X(SOLD_LATE,  "sold_late",   0,  1)  /* paid after it expired */         \
    X(REFUND_DUE, "refund_due",  0,  0)  /* a payment that sold nothing */   \
    X(RETURNED,   "returned",    0, -1)  /* group failed: units back, and
                                            the payment is due back */       \
    X(REFUNDED,   "refunded",    0,  0)                                      \
    X(FORMED,     "formed",      0,  0)                                      \
    X(FAILED,     "failed",      0,  0)                                      \
    X(READY,      "ready",       0,  0)                                      \
    X(PICKED_UP,  "picked_up",   0,  0)                                      \
    X(DECIDED,    "decided",     0,  0)  /* each group formed or failed */   \
    X(DOCUMENT,   "document",    0,  0)  /* a document was written */        \
    X(LIFE,       "life",        0,  0)  /* a new life of the store */        \
    X(POINT,      "pickup",      0,  0)  /* another pickup point */          \
    X(DELETED,    "deleted",     0,  0)  /* a document is gone */            \
    X(OWED,       "owed",        0,  0)  /* a debt: `refund_due` and the     \
                                            money of `returned` before */    \
    X(RESTOCKED,  "restocked",   0, -1)  /* units of an order are free */    \
    X(SHORT,      "short",       0,  0)  /* a line whose units never come */ \
    X(PUT_BACK,   "put_back",    0,  0)  /* a hand-over that was none */     \
    X(DOUBLE,     "double",      0,  0)  /* handed over once more? */        \
    X(WAVE,       "wave",        0,  0)  /* defined or changed */            \
    X(FROZEN,     "frozen",      0,  0)  /* a wave: no line joins it more */ \
    X(RECEIVED,   "received",    0,  0)  /* so many units have come */       \
    X(CLAIMED,    "claimed",     0,  0)  /* a buyer says what was wrong */   \
    X(ACCEPTED,   "accepted",    0,  0)  /* a claim */                       \
    X(DENIED,     "denied",      0,  0)  /* a claim */                       \
    X(CALLED_OFF, "called_off",  0,  0)  /* a sale is cancelled */           \
    X(COMPENSATED, "compensated", 0, 0)  /* each buyer of it is owed money */ \
    X(SETTLED,    "settled",     0,  0)  /* all debts of those two are there */ \
    X(TERMS,      "terms",       0,  0)  /* what a sale gives */             \
    X(GRANTED,    "granted",     0,  1)  /* a unit of it: a gift */          \
    X(BOUND,      "bound",       0,  0)  /* a gift, by a hold that uses it */ \
    X(UNBOUND,    "unbound",     0,  0)  /* and it is free again */          \
    X(REVEALED,   "revealed",    0,  0)  /* the seed of a giving */          \
    X(DRAWN,      "drawn",       0,  0)  /* a draw; or a ticket that won */  \
    X(QUEUED,     "queued",      0,  0)  /* a hold waits for units */        \
    X(SERVED,     "served",      1,  0)  /* and has them: it is held */      \
    X(STEPPED,    "stepped_out", 0,  0)  /* its buyer waits no more */       \
    X(ENDED,      "ended",       0,  0)  /* nobody does: the sale closed */  \
    X(REFERRED,   "referred",    0,  0)  /* a newcomer, by whose code */

typedef enum {
#define X(name, string, held, sold)  FS_ENTRY_##name,
    FS_ENTRY_TYPES(X)
#undef X
    FS_ENTRY_TYPES_N
} fs_entry_type_t;

/* Decoded; the comment above says what each field is for each type. */
typedef struct {
    fs_seq_t             seq;           /* the key, not in the record */
    uint8_t              type;
    uint8_t              reason;
    uint8_t              line;
    uint8_t              lines_n;
    uint8_t              flags;
    int64_t              at;
    uint32_t             sale;
    uint32_t             pickup;
    fs_seq_t             hold;
    int32_t              qty;
    uint32_t             number;
    int64_t              amount_fen;
    int64_t              time1;
    int64_t              time2;
    uint8_t              id1[16];
    uint8_t              id2[16];
    uint8_t              key[FS_KEY_HASH_LEN];
    uint32_t             number2;
    uint32_t             number3;
    uint8_t              hash[FS_HASH_LEN];
} fs_entry_t;

typedef struct {
    int64_t              stock;         /* change of each, in units: any qty */
    int64_t              held;          /* of a damaged record fits */
    int64_t              sold;
    int64_t              joined;        /* of `sold`, `sold_late`: when the
                                           sale has a goal */
} fs_entry_effect_t;


/*
 * Which fields a line of the ledger has, by type: of a version of the format,
 * frozen as it is.
 */

/* Fields of the JSON line, in the order in which they are written. */
#define FS_SHOWN_HOLD         0x00000001
#define FS_SHOWN_BUYER        0x00000002
#define FS_SHOWN_SALE         0x00000004
#define FS_SHOWN_QTY          0x00000008
#define FS_SHOWN_STOCK        0x00000010
#define FS_SHOWN_PRICE        0x00000020
#define FS_SHOWN_PICKUP       0x00000040
#define FS_SHOWN_LINE         0x00000080
#define FS_SHOWN_EXPIRES      0x00000100
#define FS_SHOWN_PAYMENT      0x00000200
#define FS_SHOWN_REFUND       0x00000400
#define FS_SHOWN_AMOUNT       0x00000800
#define FS_SHOWN_REASON       0x00001000
#define FS_SHOWN_TERMS        0x00002000
#define FS_SHOWN_DIGEST       0x00004000
#define FS_SHOWN_BOOT         0x00008000
#define FS_SHOWN_OFFSET       0x00010000
#define FS_SHOWN_PREVIOUS     0x00020000
#define FS_SHOWN_KEY          0x00040000
#define FS_SHOWN_EPOCH        0x00080000
#define FS_SHOWN_DUE          0x00100000
#define FS_SHOWN_OWED         0x00200000
#define FS_SHOWN_SHORT        0x00400000
#define FS_SHOWN_VIA          0x00800000
#define FS_SHOWN_BY           0x01000000
#define FS_SHOWN_DEVICE       0x02000000
#define FS_SHOWN_CLAIM        0x04000000
#define FS_SHOWN_OF           0x08000000
#define FS_SHOWN_WAVE         0x10000000
#define FS_SHOWN_CUT          0x20000000
#define FS_SHOWN_DAY          0x40000000
#define FS_SHOWN_FINAL        0x80000000
#define FS_SHOWN_TAKER        0x100000000ULL
#define FS_SHOWN_NUMBER       0x200000000ULL
#define FS_SHOWN_GIFT         0x400000000ULL
#define FS_SHOWN_OFF          0x800000000ULL
#define FS_SHOWN_VALID        0x1000000000ULL
#define FS_SHOWN_ENTRIES      0x2000000000ULL
#define FS_SHOWN_PRIZE        0x4000000000ULL
#define FS_SHOWN_SHA          0x8000000000ULL   /* digest, of 32 bytes */
#define FS_SHOWN_SEED         0x10000000000ULL
#define FS_SHOWN_BEACON       0x20000000000ULL
#define FS_SHOWN_FROM         0x40000000000ULL
#define FS_SHOWN_REFERRED     0x80000000000ULL

/* what moves units of a line: these are always there */
#define FS_SHOW_MOVE                                                         \
    (FS_SHOWN_HOLD | FS_SHOWN_SALE | FS_SHOWN_QTY)

/* what may be there beside */
#define FS_SHOW_LINE                                                         \
    (FS_SHOWN_SALE | FS_SHOWN_QTY | FS_SHOWN_PICKUP | FS_SHOWN_LINE          \
     | FS_SHOWN_KEY)

#define FS_SHOW_PAID                                                         \
    (FS_SHOWN_PAYMENT | FS_SHOWN_AMOUNT)

#define FS_SHOW_HANDED                                                       \
    (FS_SHOW_LINE | FS_SHOWN_VIA | FS_SHOWN_BY | FS_SHOWN_DEVICE)


typedef struct {
    const char          *name;
    size_t               len;
    int                  held;          /* change by each unit */
    int                  sold;
} fs_entry_info_t;

typedef struct {
    uint64_t             required;      /* written even when zero */
    uint64_t             optional;      /* written when not zero */
} fs_entry_fields_t;


extern const fs_entry_info_t  fs_entry_infos[FS_ENTRY_TYPES_N];
extern const fs_entry_fields_t  fs_entry_fields[FS_ENTRY_TYPES_N];


const char *fs_entry_type_name(unsigned type);

/* Of `granted` with a reason: the seq of the entry `referred`. */
fs_seq_t fs_entry_referred(const fs_entry_t *entry);
void fs_entry_set_referred(fs_entry_t *entry, fs_seq_t seq);

/* The 32 bytes that lie in both ids: a digest, a seed, a beacon. */
void fs_entry_ids(const fs_entry_t *entry, uint8_t *bytes);
void fs_entry_set_ids(fs_entry_t *entry, const uint8_t *bytes);

/* Whose the key of an entry is, FS_BUYER_LEN bytes: in its first id, unless
 * there is no room for it. */
const uint8_t *fs_entry_keyed_by(const fs_entry_t *entry);

/*
 * What an entry does to the units of its sale.  The fold, the audit and the
 * tests all use it.  `sale` sets the stock instead: `stock` is 0 for it, and
 * qty is the new stock.
 */
void fs_entry_effect(const fs_entry_t *entry, fs_entry_effect_t *effect);

/* 1: an entry with which a hold begins; its key is kept as long as that. */
static inline int
fs_entry_begins(const fs_entry_t *entry)
{
    return entry->type == FS_ENTRY_HELD || entry->type == FS_ENTRY_QUEUED;
}

/* Write FS_ENTRY_SIZE bytes. */
void fs_entry_encode(const fs_entry_t *entry, uint8_t *record);

/*
 * Read a record.  0, or -1: unknown version or type, a wrong size, or not what
 * its type must be: no sale or hold where there is one, a line that no hold
 * has, a time out of all reason.
 * A type known to the list but used by no version is still refused by range.
 */
int fs_entry_decode(fs_entry_t *entry, fs_seq_t seq, const void *record,
    size_t size);


#pragma GCC visibility pop

#endif /* FS_ENTRY_H */
