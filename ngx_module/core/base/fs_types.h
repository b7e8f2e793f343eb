
/*
 * Words, limits and small types that the whole core shares.
 *
 * The core is plain C11 and knows no server: it takes time and randomness
 * as arguments, so that a run can be repeated.  Everything in it is hidden
 * from other shared objects.
 */

#ifndef FS_TYPES_H
#define FS_TYPES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#pragma GCC visibility push(hidden)


#define FS_SLUG_MAX          64         /* bytes of a slug */
#define FS_LINES_MAX         8          /* lines of a hold */
#define FS_QTY_MAX           10000      /* units in one line */
#define FS_QUEUED_QTY_MAX    8          /* units that a hold waits for */
#define FS_STOCK_MAX         1000000000 /* units of a sale */
#define FS_PRICE_MAX         10000000000LL  /* fen: 100 million yuan */
#define FS_AMOUNT_MAX        (FS_PRICE_MAX * FS_QTY_MAX * FS_LINES_MAX)
#define FS_AT_MIN            1577836800000LL   /* epoch ms: a time that is
                                                  set begins with 2020 */
#define FS_AT_MAX            4133980799999LL   /* and ends with 2100 */
#define FS_TITLE_MAX         256        /* bytes */
#define FS_KEY_MAX           128        /* bytes of an idempotency key */
#define FS_REFERENCE_MAX     128        /* bytes of a payment reference */
#define FS_DOC_MAX           65536      /* bytes of a document */
#define FS_DEPTH_MAX         32         /* objects and lists in one another */
#define FS_PICKUPS_MAX       1000000    /* pickup points of a store */
#define FS_POINTS_MAX        256        /* of them that a sale lists */
#define FS_SALES_MAX         1000000    /* sales of a store */
#define FS_HOLD_MS_MIN       100        /* the shortest hold */
#define FS_HOLD_MS_MAX       86400000   /* the longest hold: a day */
#define FS_REFUND_MS_MAX     2592000000LL  /* 30 days: fits 32 bits */
#define FS_CANCEL_MS_MAX     2592000000LL
#define FS_PUT_BACK_MS       600000     /* a hand-over may be undone so long */
#define FS_WORDS_MAX         512        /* bytes of a reason's words */
#define FS_DEVICE_AT_MAX     (INT64_MAX / 2)  /* that a device says, either
                                           side of 0 */
#define FS_WAVES_MAX         65534      /* of one sale */
#define FS_WAVE_OPEN         0xffff     /* see fs_line_t */
#define FS_WAVE_SALES_MAX    64         /* sales of one wave */
#define FS_GIFT_SALES_MAX    64         /* sales that a gift is good for */
#define FS_PRIZES_MAX        16         /* kinds of prizes of a draw */
#define FS_PRIZE_TITLE_MAX   128        /* bytes */
#define FS_SOURCE_MAX        64         /* bytes of a beacon's name */
#define FS_ROUND_MAX         4503599627370495LL  /* of a beacon: 2^52 - 1 */
#define FS_BEACON            "drand quicknet"    /* the one that is known: */
#define FS_BEACON_FIRST_AT   1692803367000LL     /* its round 1, epoch ms */
#define FS_BEACON_MS         3000       /* and from one to the next */
#define FS_PACKETS_MAX       10000      /* units of a packet */
#define FS_VALID_MS_MAX      315360000000LL  /* of a gift: ten years */
#define FS_VALID_AGAIN_MS    604800000  /* of one that was given back, at
                                           least: seven days */
#define FS_SEED_LEN          32
#define FS_WINNERS_MAX       10000      /* of one draw */
#define FS_WAVE_NAMES_MAX    1000000    /* waves of a store */
#define FS_TAKERS_MAX        1000000    /* of cash, of a store */

#define FS_NAME_MAX          64         /* bytes of a name to call out */
#define FS_DIGITS_LEN        4          /* of a phone, the last ones */
#define FS_CODE_LEN          32         /* letters of a buyer's public code */

#define FS_COMMENT_CHARS     200        /* code points of a comment, */
#define FS_COMMENT_MAX       (4 * FS_COMMENT_CHARS)     /* and bytes */

#define FS_BUYER_LEN         16         /* a pseudonym */
#define FS_HASH_LEN          32         /* SHA-256 */
#define FS_KEY_HASH_LEN      8          /* of an idempotency key */
#define FS_REFERENCE_LEN     16         /* of a payment reference, hashed */
#define FS_HOLD_ID_LEN       32         /* hexadecimal digits */
#define FS_LINK_TAG_LEN      32         /* of an order's private link, too */
#define FS_BOOT_LEN          16
#define FS_INCARNATION_LEN   16
#define FS_STORE_KEY_LEN     32
#define FS_IDENTITY_LEN      16         /* of a store's log */

/* Ids have room for so many entries; the rest of their bits are checked. */
#define FS_SEQ_MAX           ((1ULL << 48) - 1)

/* Keys are kept this long after the hold has ended. */
#define FS_KEY_KEPT_MS       (24 * 3600 * 1000LL)

/*
 * A lapse is a hold of a sale that its buyer let expire, released, or did not
 * pay (it was cancelled).  After FS_LAPSES_FREE in a row the buyer waits for
 * FS_LAPSE_WAIT_MS, doubled with each further one up to the maximum.  A
 * purchase forgives them, and so does FS_LAPSES_KEPT_MS without one: else
 * whoever takes and gives back in a loop keeps the units from everybody.
 */
#define FS_LAPSES_FREE       3
#define FS_LAPSE_WAIT_MS     30000
#define FS_LAPSE_WAIT_MS_MAX 600000
#define FS_LAPSES_KEPT_MS    (24 * 3600 * 1000LL)

/* Timers and refunds worked on in one pass of a commit thread. */
#define FS_TIMERS_PASS       256

/* A wall clock this far behind the ledger at start: 503 `clock`. */
#define FS_CLOCK_BEHIND_MS   600000


typedef uint64_t  fs_seq_t;             /* position in the ledger, from 1 */

typedef struct {
    size_t               len;
    const char          *data;          /* not NUL-terminated */
} fs_str_t;

#define fs_str(literal)  { sizeof(literal) - 1, literal }
#define fs_null_str      { 0, NULL }

typedef struct {
    int64_t              wall;          /* epoch ms */
    int64_t              mono;          /* ms, the store's own scale */
    int64_t              due;           /* wall as far as it is believed, for
                                           what cannot be taken back: never
                                           after wall; see clock.c */
    int64_t              opens;         /* the same for openings, believed
                                           sooner: never before due */
} fs_now_t;

typedef struct {
    uint8_t              len;
    char                 data[FS_SLUG_MAX];
} fs_slug_t;


/* state, name in JSON */
#define FS_HOLD_STATES(X)                                                    \
    X(NONE,       "none")                                                    \
    X(HELD,       "held")                                                    \
    X(PAYING,     "paying")                                                  \
    X(SOLD,       "sold")                                                    \
    X(RELEASED,   "released")                                                \
    X(EXPIRED,    "expired")                                                 \
    X(CANCELLED,  "cancelled")                                               \
    X(REFUND_DUE, "refund_due")                                              \
    X(REFUNDED,   "refunded")                                                \
    X(READY,      "ready")                                                   \
    X(PICKED_UP,  "picked_up")                                               \
                                                                             \
    /* of a gift, which is a hold of a sale that gives */                    \
    X(GRANTED,    "granted")                                                 \
    X(BOUND,      "bound")              /* by a hold that uses it */         \
    X(USED,       "used")               /* sold with it; or handed over */   \
    X(OVER,       "over")               /* granted, and its time is over:    \
                                           how it is shown, never a row's */ \
                                                                             \
    X(QUEUED,     "queued")             /* it waits for units */

typedef enum {
#define X(name, string)  FS_HOLD_##name,
    FS_HOLD_STATES(X)
#undef X
    FS_HOLD_STATES_N
} fs_hold_state_t;


/* what a sale gives, name in JSON */
#define FS_GIVES(X)                                                          \
    X(NOTHING, "nothing")               /* it sells */                       \
    X(COUPON,  "coupon")                                                     \
    X(PACKET,  "packet")                /* of money, of many sizes */        \
    X(TICKET,  "ticket")                /* of a draw */                      \
    X(ITEM,    "item")                  /* that is handed over */

typedef enum {
#define X(name, string)  FS_GIVES_##name,
    FS_GIVES(X)
#undef X
    FS_GIVES_N
} fs_gives_kind_t;


/* why a gift cannot be used, name in JSON */
#define FS_WHYS(X)                                                           \
    X(NONE,       "none")                                                    \
    X(BOUND,      "bound")              /* another hold uses it */           \
    X(USED,       "used")                                                    \
    X(OVER,       "over")                                                    \
    X(TOO_LITTLE, "too_little")         /* the lines cost less */            \
    X(OTHER_SALE, "other_sale")         /* it is good for none of them */

typedef enum {
#define X(name, string)  FS_WHY_##name,
    FS_WHYS(X)
#undef X
    FS_WHYS_N
} fs_why_t;


/* state of a sale at a time, name in JSON */
#define FS_SALE_STATES(X)                                                    \
    X(SCHEDULED, "scheduled")                                                \
    X(OPEN,      "open")                                                     \
    X(SOLD_OUT,  "sold_out")                                                 \
    X(PAUSED,    "paused")                                                   \
    X(CLOSED,    "closed")

typedef enum {
#define X(name, string)  FS_SALE_##name,
    FS_SALE_STATES(X)
#undef X
    FS_SALE_STATES_N
} fs_sale_state_t;


/* why money is due back, or a gift is, or is given, name in JSON */
#define FS_REASONS(X)                                                        \
    X(NONE,             "none")                                              \
    X(LATE,             "late")             /* and units are gone */         \
    X(RELEASED,         "released")                                          \
    X(CANCELLED,        "cancelled")                                         \
    X(SECOND_PAYMENT,   "second_payment")                                    \
    X(WRONG_AMOUNT,     "wrong_amount")                                      \
    X(GROUP_FAILED,     "group_failed")                                      \
    X(LIMIT_USED,       "limit_used")                                        \
    X(OTHER_LIFE,       "other_life")       /* of a hold that is not here */ \
    X(BAD,              "bad")              /* what was handed over is */    \
    X(SHORT,            "short")            /* fewer came than were paid */  \
    X(GOODWILL,         "goodwill")                                          \
    X(DAMAGED,          "damaged")                                           \
    X(WRONG,            "wrong")            /* something else was */         \
    X(SALE_CANCELLED,   "sale_cancelled")                                    \
    X(COMPENSATION,     "compensation")     /* to each buyer of a sale */    \
    X(GIFT_GONE,        "gift_gone")        /* another hold has its gift */  \
                                                                             \
    /* why a gift is free again */                                           \
    X(ASKED,            "asked")            /* its buyer took it out */      \
    X(EXPIRED,          "expired")                                           \
    X(RETURNED,         "returned")         /* all is owed back */           \
                                                                             \
    /* why one is given */                                                   \
    X(NEWCOMER,         "newcomer")         /* who came by a neighbour's code */ \
    X(INVITER,          "inviter")          /* that neighbour */

typedef enum {
#define X(name, string)  FS_REASON_##name,
    FS_REASONS(X)
#undef X
    FS_REASONS_N
} fs_reason_t;


/* where the goods of a line of an order are, name in JSON */
#define FS_GOODS(X)                                                          \
    X(AWAITED,     "awaited")                                                \
    X(READY,       "ready")             /* at the pickup point */            \
    X(HANDED_OVER, "handed_over")                                            \
    X(SHORT,       "short")             /* they never come */

typedef enum {
#define X(name, string)  FS_GOODS_##name,
    FS_GOODS(X)
#undef X
    FS_GOODS_N
} fs_goods_t;


/* how a hand-over was noted, name in JSON */
#define FS_VIAS(X)                                                           \
    X(NONE, "none")                                                          \
    X(SCAN, "scan")                     /* of the code on a screen */        \
    X(CODE, "code")                     /* typed in */                       \
    X(LIST, "list")                     /* tapped in a list */

typedef enum {
#define X(name, string)  FS_VIA_##name,
    FS_VIAS(X)
#undef X
    FS_VIAS_N
} fs_via_t;


/* state of a claim, name in JSON */
#define FS_CLAIM_STATES(X)                                                   \
    X(OPEN,     "open")                                                      \
    X(ACCEPTED, "accepted")                                                  \
    X(DENIED,   "denied")

typedef enum {
#define X(name, string)  FS_CLAIM_##name,
    FS_CLAIM_STATES(X)
#undef X
    FS_CLAIM_STATES_N
} fs_claim_state_t;


typedef enum {
    FS_GOAL_BY_SALE = 0,
    FS_GOAL_BY_PICKUP
} fs_goal_by_t;


/*
 * What a request can end in: name, HTTP status, `code` in JSON, title.
 * The only list of outcomes; metrics, problem documents, $flashsale_code and
 * docs/api.md follow it.
 */
#define FS_OUTCOMES(X)                                                       \
    X(OK,             200, "ok",             "OK")                           \
    X(CREATED,        201, "created",        "Created")                      \
    X(REPLAYED,       200, "replayed",       "Answered before")              \
    X(ACCEPTED,       202, "accepted",       "Accepted")                     \
    X(QUEUED,         202, "queued",         "In the line for units")        \
    X(REFUND_DUE,     200, "refund_due",     "The payment is due back")      \
    X(HANDED_OVER,    200, "handed_over",    "Handed over")                  \
    X(DOUBLE,         200, "double",         "Handed over before")           \
    X(BAD_REQUEST,    400, "bad_request",    "The request breaks a rule")    \
    X(NO_BUYER,       401, "no_buyer",       "Nobody is logged in")          \
    X(BAD_SIGNATURE,  401, "bad_signature",  "The signature does not match") \
    X(CROSS_SITE,     403, "cross_site",     "The request came from another site") \
    X(FORBIDDEN,      403, "forbidden",      "It is not allowed from here")  \
    X(NOT_FOUND,      404, "not_found",      "There is nothing here")        \
    X(NO_SUCH_SALE,   404, "no_such_sale",   "There is no such sale")        \
    X(NO_SUCH_HOLD,   404, "no_such_hold",   "There is no such hold")        \
    X(OTHER_LIFE,     404, "other_life",     "The hold is not in the store's present history") \
    X(BAD_METHOD,     405, "method_not_allowed", "The method is not allowed") \
    X(SOLD_OUT,       409, "sold_out",       "Not enough units are free")    \
    X(OVER_LIMIT,     409, "over_limit",     "The limit per buyer is reached") \
    X(NOT_OPEN,       409, "not_open",       "The sale is not open yet")     \
    X(CLOSED,         409, "closed",         "The sale is closed")           \
    X(PAUSED,         409, "paused",         "The sale is paused")           \
    X(WRONG_STATE,    409, "wrong_state",    "The state does not allow this") \
    X(TOO_MANY_HOLDS, 409, "too_many_holds", "Too many holds are live")      \
    X(WAIT,           409, "wait",           "Too many holds were given back or ran out; wait a little") \
    X(STOCK_TAKEN,    409, "stock_taken",    "More units are held and sold") \
    X(DECIDED,        409, "decided",        "The groups of the sale are decided") \
    X(NOTHING_DUE,    409, "nothing_due",    "No payment of the order is due back") \
    X(REFUND_OVER,    409, "refund_over",    "More than is left of what was paid") \
    X(WRONG_AMOUNT,   409, "wrong_amount",   "Another amount is due back")   \
    X(REFUND_USED,    409, "refund_used",    "The refund has settled another payment") \
    X(TOO_MANY_NAMES, 409, "too_many_names", "The store has no room for more names") \
    X(FORMED,         409, "formed",         "The group has formed")         \
    X(TOO_LATE,       409, "too_late",       "The time for it is over")      \
    X(CLAIMED,        409, "claimed",        "The units are claimed or owed back already") \
    X(READY_ALREADY,  409, "ready_already",  "More units are ready already, or another count was the last") \
    X(FROZEN,         409, "frozen",         "The wave is frozen")           \
    X(GIVEN,          409, "given",          "What a sale gives changes only in the buyers' favour") \
    X(BY_DESK,        409, "by_desk",        "It is given by the desk only") \
    X(GIFT_UNUSABLE,  409, "gift_unusable",  "The gift cannot be used for it") \
    X(FORKED,         409, "forked",         "The ledger has another history") \
    X(MUTED,          409, "muted",          "The host has muted this buyer here") \
    X(PRECONDITION,   412, "precondition_failed", "It is not as the request supposes") \
    X(TOO_LARGE,      413, "too_large",      "The request is too large")     \
    X(BAD_MEDIA,      415, "unsupported_media_type", "The body is neither JSON nor a form") \
    X(KEY_REUSED,     422, "key_reused",     "The key was used for another request") \
    X(NOT_ALLOWED,    422, "not_allowed",    "The shop does not take these words") \
    X(TOO_FAST,       429, "too_fast",       "Too many requests in a short time") \
    X(INTERNAL,       500, "internal",       "Something is wrong on the server") \
    X(QUEUE_FULL,     503, "queue_full",     "Too many requests wait")       \
    X(STORE_FULL,     503, "store_full",     "The store is full")            \
    X(DISK_FAILED,    503, "disk_failed",    "The disk did not take it")     \
    X(UNKNOWN,        503, "outcome_unknown", "The outcome is unknown; retry with the same key") \
    X(REBUILDING,     503, "rebuilding",     "The index is being rebuilt")   \
    X(NOT_READY,      503, "not_ready",      "The store is not open")        \
    X(CLOCK,          503, "clock",          "The clock is behind the ledger") \
    X(OLD_SCHEMA,     503, "old_schema",     "The store is still of an older program")

typedef enum {
#define X(name, status, code, title)  FS_##name,
    FS_OUTCOMES(X)
#undef X
    FS_OUTCOMES_N
} fs_outcome_t;


/* One line of a hold or of a command. */
typedef struct {
    uint32_t             sale;          /* number, from 1 */
    uint32_t             qty;
    int64_t              price_fen;     /* of one unit, when it was held */
    int64_t              off_fen;       /* of all of them, by the hold's
                                           gift */

    /* of an order, see fold/fold_debt.c */
    int64_t              owed_fen;      /* owed back of it so far, whether it
                                           is back or not */
    uint16_t             owed_qty;      /* units that this was for */
    uint16_t             restocked;     /* units that are the sale's again */
    uint16_t             short_qty;     /* units that never come */
    uint16_t             claimed;       /* units of claims not denied */
    uint16_t             wave;          /* which freezing of its sale takes
                                           it, from 0; FS_WAVE_OPEN: its
                                           group knows */
    uint8_t              goods;         /* fs_goods_t */
    int64_t              goods_at;      /* wall.  READY: from then on it
                                           counts as handed over, 0: never;
                                           HANDED_OVER: since when */
    uint32_t             ready_s;       /* it has come so many seconds after
                                           its hold was made; 0: it has not,
                                           or nobody knows */
} fs_line_t;

typedef struct {
    fs_seq_t             seq;           /* of its first entry; its key */
    fs_seq_t             other;         /* its seq in another life, 0: it is
                                           of this ledger */
    uint32_t             epoch;         /* and that life's */
    fs_seq_t             previous;      /* the buyer's hold before, or 0 */
    fs_seq_t             as_of;         /* of a command's result: the log's
                                           last entry then; 0: of a view */
    uint8_t              buyer[FS_BUYER_LEN];
    uint8_t              state;         /* fs_hold_state_t */
    uint8_t              lines_n;
    uint8_t              paid;          /* 1: it is, or was, an order */
    uint32_t             pickup;        /* number, 0: none */
    int64_t              owed_fen;      /* due back, and not back yet */
    int64_t              refunded_fen;  /* back */
    int64_t              created_at;    /* wall */
    int64_t              expires_at;    /* wall */
    int64_t              due;           /* mono */
    uint32_t             length_ms;     /* of its present term; QUEUED: of
                                           the term that it will have */
    fs_seq_t             gift;          /* that it uses, or used: it stays
                                           when the hold ends, for a payment
                                           that is late; of a gift: the hold
                                           that uses it; 0: none */
    uint32_t             number;        /* of a gift: of its sale's, from 1;
                                           of one that waits, or waited: in
                                           the line of its sale, from 1; else
                                           0 */
    uint32_t             ahead;         /* QUEUED, where it is read: at most
                                           so many come before it */

    /* of a gift */
    int64_t              worth_fen;     /* what it takes off a price */
    uint8_t              prize;         /* that a ticket has won, its index
                                           and 1; 0: none */
    int64_t              valid_until;   /* wall, 0: no end */
    fs_line_t            lines[FS_LINES_MAX];
} fs_hold_t;

typedef struct {
    uint32_t             number;
    fs_slug_t            slug;
    uint16_t             title_len;
    char                 title[FS_TITLE_MAX];

    /* set by an operator */
    int64_t              price_fen;
    uint32_t             stock;
    uint32_t             limit;         /* per buyer, 0: none */
    int64_t              opens_at;      /* wall, 0: at once */
    int64_t              closes_at;     /* wall, 0: never */
    uint32_t             goal;          /* units, 0: none */
    uint8_t              goal_by;       /* fs_goal_by_t */
    uint32_t             hold_ms;       /* 0: the directive's */
    uint32_t             cancel_ms;     /* after it was sold a buyer may
                                           cancel so long, 0: never */
    uint8_t              gives;         /* fs_gives_kind_t; by its terms */
    uint8_t              by_desk;       /* and only the desk gives it */
    uint32_t             queue;         /* one more than the units that may
                                           wait, 0: the directive's */

    /* folded from the ledger; free = stock - held - sold */
    fs_seq_t             version;       /* of the last entry about it */
    uint32_t             held;
    uint32_t             sold;
    uint32_t             joined;        /* confirmed units of its groups */
    uint32_t             groups_formed;
    uint32_t             groups_failed;
    uint8_t              opened;
    uint8_t              paused;
    uint8_t              closed;
    uint8_t              decided;       /* each group formed or failed */
    uint8_t              called_off;    /* cancelled as a whole */
    uint8_t              settling;      /* and not all of it is owed yet */
    uint16_t             waves;         /* waves that took of it */
    fs_seq_t             wave_seq;      /* entry of the last one, 0: none */
    uint32_t             handed_lines;  /* lines and units handed over */
    uint32_t             handed_units;
    uint32_t             claimed_units; /* of claims not denied */
    uint32_t             waiting[FS_QUEUED_QTY_MAX];  /* holds that wait, by
                                           their units: for 1, for 2, … */
    uint32_t             queued;        /* and their units, all together */
    uint32_t             queue_last;    /* the last number that was given */
    fs_seq_t             served_seq;    /* the last `served` of it, 0: none */
    int64_t              due;           /* mono: its earliest hold, 0: none */
} fs_sale_t;

#define fs_sale_free(s)  ((s)->stock - (s)->held - (s)->sold)

typedef enum {
    FS_GROUP_OPEN = 0,
    FS_GROUP_FORMED,
    FS_GROUP_FAILED
} fs_group_state_t;

typedef struct {
    uint32_t             sale;
    uint32_t             pickup;        /* 0: the whole sale */
    uint32_t             joined;
    uint8_t              state;         /* fs_group_state_t */
    uint16_t             wave;          /* of its lines that have
                                           FS_WAVE_OPEN, once it has formed */
} fs_group_t;

/*
 * A debt: money that is owed back to a buyer for one reason.  Its id is the
 * seq of its entry.
 */
typedef struct {
    fs_seq_t             seq;
    fs_seq_t             hold;
    uint8_t              reason;        /* fs_reason_t */
    uint32_t             sale;          /* of a line of it, 0: of a payment
                                           that sold nothing */
    uint32_t             qty;           /* units of the line; 0: an amount */
    int64_t              amount_fen;
    int64_t              due_at;        /* wall; of the formats before, when
                                           it was written */
    fs_seq_t             refunded;      /* the entry that settled it; its own
                                           when nothing is owed, 0: due */
    int64_t              refunded_at;   /* wall, 0: due */
    uint8_t              payment[FS_REFERENCE_LEN];  /* that it is part of */
} fs_debt_t;


/* What a buyer says was wrong with units that they got.  Its id is the seq of
 * its entry. */
typedef struct {
    fs_seq_t             seq;
    fs_seq_t             hold;
    uint8_t              line;          /* of the hold, from 0 */
    uint8_t              reason;        /* fs_reason_t */
    uint8_t              state;         /* fs_claim_state_t */
    uint8_t              by_time;       /* accepted when it is due */
    uint32_t             qty;
    int64_t              amount_fen;    /* what they were worth when it was
                                           made */
    int64_t              due_at;        /* wall: to be answered by then */
    int64_t              answered_at;   /* wall, 0: open */
    fs_seq_t             answered;      /* the entry that did, 0: open */
} fs_claim_t;

/*
 * Units of a sale at a pickup point, of lines that one wave takes, by where
 * their goods are.
 */
typedef struct {
    uint32_t             ordered;       /* frozen with the wave */
    uint32_t             awaited;
    uint32_t             ready;
    uint32_t             handed_over;
    uint32_t             shorts;        /* that never come */
    uint32_t             received;      /* as last counted */
    uint8_t              final;         /* and no more will come */
} fs_tally_t;

typedef struct {
    uint32_t             number;
    int64_t              cut_at;        /* wall */
    uint32_t             day;           /* as 20261130, 0: none */
    fs_seq_t             frozen;        /* the entry, 0: not yet */
    uint16_t             sales_n;
    struct {
        uint32_t         sale;
        uint16_t         wave;          /* its ordinal there */
        uint8_t          taken;         /* 1: it was formed, or goalless */
    }                    sales[FS_WAVE_SALES_MAX];
} fs_wave_t;


/* what somebody agreed to, name in JSON; a bit each */
#define FS_CONSENTS(X)                                                       \
    X(LABELS,  "labels")                /* name and digits on a label */     \
    X(NOTICES, "notices")               /* to be told when there is news */

typedef enum {
#define X(name, string)  FS_CONSENT_##name,
    FS_CONSENTS(X)
#undef X
    FS_CONSENTS_N
} fs_consent_t;

/* Who is called out: of one buyer, and erasable.  Never in the log. */
typedef struct {
    uint8_t              consent;       /* a bit for each fs_consent_t */
    uint8_t              leaving;       /* goes once nothing is to be
                                           collected */
    int64_t              at;            /* wall: written, or last known to be
                                           in use */
    uint16_t             name_len;
    char                 name[FS_NAME_MAX];
    char                 digits[FS_DIGITS_LEN];
} fs_contact_t;


/* see ledger/terms.h */
typedef struct fs_terms_s  fs_terms_t;

/* How numbers become names for people.  Each returns 0, or -1: unknown. */
typedef struct {
    void                *data;
    /* kind: 's' (sales), 'p' (pickup points) or 'w' (waves) */
    int                (*slug)(void *data, char kind, uint32_t number,
                               fs_slug_t *slug);
    /* writes FS_HOLD_ID_LEN digits; epoch: of a hold of another life, else
     * NULL */
    int                (*hold_id)(void *data, fs_seq_t hold,
                                  const uint32_t *epoch, char *id);
    /* what a sale gives; NULL: it is not asked for */
    int                (*terms)(void *data, uint32_t sale,
                                fs_terms_t *terms);
} fs_names_t;


/* Names and statuses, by the lists above.  Never NULL. */
const char *fs_outcome_code(fs_outcome_t outcome);
const char *fs_outcome_title(fs_outcome_t outcome);
int fs_outcome_status(fs_outcome_t outcome);
const char *fs_hold_state_name(unsigned state);
const char *fs_sale_state_name(unsigned state);
const char *fs_reason_name(unsigned reason);
const char *fs_goods_name(unsigned goods);
const char *fs_via_name(unsigned via);
const char *fs_claim_state_name(unsigned state);
const char *fs_gives_name(unsigned kind);
const char *fs_why_name(unsigned why);

/* A day of a wave, 20261130: "2026-11-30" into buf.  The length. */
int fs_day_write(uint32_t day, char *buf);

/* 1 when it matches [a-z0-9-]{1,64}, else 0. */
int fs_slug_valid(fs_str_t slug);

/* Set a slug from a valid string. */
void fs_slug_set(fs_slug_t *slug, fs_str_t str);

static inline fs_str_t
fs_slug_str(const fs_slug_t *slug)
{
    fs_str_t  str = { slug->len, slug->data };

    return str;
}

static inline int
fs_hold_live(const fs_hold_t *hold)
{
    return hold->state == FS_HOLD_HELD || hold->state == FS_HOLD_PAYING;
}

/* 1: it may still become an order, so what made it is not over. */
static inline int
fs_hold_open(const fs_hold_t *hold)
{
    return fs_hold_live(hold) || hold->state == FS_HOLD_QUEUED;
}

/* What a line costs, or was sold for, in fen: less what a gift takes off. */
static inline int64_t
fs_line_paid(const fs_line_t *line)
{
    return line->price_fen * line->qty - line->off_fen;
}

/* When a round of the beacon is out, wall; INT64_MAX: long after FS_AT_MAX. */
static inline int64_t
fs_beacon_at(int64_t round)
{
    return round > FS_AT_MAX / FS_BEACON_MS
           ? INT64_MAX : FS_BEACON_FIRST_AT + (round - 1) * FS_BEACON_MS;
}

/* 1: what such a giving gives is left to chance, by a seed. */
static inline int
fs_gives_seeded(unsigned kind)
{
    return kind == FS_GIVES_PACKET || kind == FS_GIVES_TICKET;
}

/* 1: it is a gift. */
static inline int
fs_hold_is_gift(const fs_hold_t *hold)
{
    return hold->number != 0 && hold->lines_n == 1
           && hold->state >= FS_HOLD_GRANTED && hold->state <= FS_HOLD_USED;
}

/* Units of a line that have come, or may still: neither the sale's again, nor
 * short. */
static inline uint32_t
fs_line_to_come(const fs_line_t *line)
{
    uint32_t  gone;

    gone = (uint32_t) line->restocked + line->short_qty;

    return gone < line->qty ? line->qty - gone : 0;
}

/* 1: all that was paid for it is owed back, or is back. */
static inline int
fs_line_back(const fs_line_t *line)
{
    return line->owed_qty == line->qty
           || (line->owed_fen != 0 && line->owed_fen == fs_line_paid(line));
}

/* The state of what only debts are left of. */
static inline uint8_t
fs_hold_back_state(const fs_hold_t *hold)
{
    return hold->owed_fen != 0 ? FS_HOLD_REFUND_DUE : FS_HOLD_REFUNDED;
}

/* 1: it was good until now, or earlier.  Of a gift. */
static inline int
fs_hold_over(const fs_hold_t *gift, int64_t wall)
{
    return gift->state == FS_HOLD_GRANTED && gift->valid_until != 0
           && gift->valid_until <= wall;
}

/* What the lines cost, in fen, and what a gift takes off.  Fits: see
 * FS_AMOUNT_MAX. */
int64_t fs_hold_amount(const fs_hold_t *hold);
int64_t fs_hold_off(const fs_hold_t *hold);

/*
 * The state of a sale, by its records: `scheduled` until its `opened` entry
 * is written, so that state and version always belong together.
 */
fs_sale_state_t fs_sale_state(const fs_sale_t *sale);

/*
 * Whether somebody waits for units of a sale that would suffice for them: then
 * they are nobody else's.  After its closing nobody waits any more.
 */
int fs_sale_awaited(const fs_sale_t *sale);

/*
 * Whether there is something to do about those who wait: to give units, which
 * an open sale does; or to end their waiting, once it is closed.
 */
int fs_sale_serves(const fs_sale_t *sale);

/* `formed` in JSON: -1 undecided or without a goal, 0 no, 1 yes. */
int fs_sale_formed(const fs_sale_t *sale);


#pragma GCC visibility pop

#endif /* FS_TYPES_H */
