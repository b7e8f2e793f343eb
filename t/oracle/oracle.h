
/*
 * The oracle: the business's rules once more, over plain arrays, written
 * without a look at the engine.  It shares only the words of the headers.
 */

#ifndef ORACLE_H
#define ORACLE_H

#include "decide/decide.h"
#include "read/refuse.h"
#include "rules/transitions.h"


#define ORACLE_BUYERS   24
#define ORACLE_SALES    1000
#define ORACLE_PICKUPS  8
#define ORACLE_KEYS     64              /* keys that one buyer uses */

typedef struct {
    uint8_t              reference[FS_REFERENCE_LEN];
    int                  sold;          /* else due back once */
    int                  reason;
    int                  due;
    int                  line;          /* returned line, or -1: the whole */
    int64_t              amount;
    uint64_t             order;
} oracle_payment_t;

typedef struct {
    fs_seq_t             seq;           /* the engine's, once it said so */
    fs_seq_t             other;         /* of another life: its seq there */
    uint32_t             epoch;         /* and that life's */
    unsigned             buyer;
    unsigned             lines_n;
    struct {
        uint32_t         sale;
        uint32_t         qty;
        int64_t          price;
        int              member;        /* counted to a group */
        int              returned;
    }                    lines[FS_LINES_MAX];
    uint32_t             pickup;
    uint32_t             asked_pickup;  /* when it was made */
    int                  state;
    int64_t              created_at;
    int64_t              expires_at;
    int64_t              due;
    int64_t              length;
    int64_t              ended;         /* mono */
    oracle_payment_t    *payments;
    unsigned             payments_n;
} oracle_hold_t;

/* a debt that was settled, and by what */
typedef struct {
    uint8_t              reference[FS_REFERENCE_LEN];
    uint8_t              payment[FS_REFERENCE_LEN];
    fs_seq_t             hold;
} oracle_refund_t;

typedef struct {
    int                  exists;
    int                  state;         /* fs_group_state_t */
    uint32_t             joined;
} oracle_group_t;

typedef struct {
    int                  exists;
    char                 slug[16];
    int64_t              price;
    int64_t              stock;
    uint32_t             limit;
    int64_t              opens_at;
    int64_t              closes_at;
    uint32_t             goal;
    int                  by_pickup;
    uint32_t             hold_ms;
    int64_t              held;
    int64_t              sold;
    int                  opened;
    int                  paused;
    int                  closed;
    int                  decided;
    oracle_group_t       groups[ORACLE_PICKUPS + 1];
    int                  lists;         /* pickup points, how many */
    int                  listed[ORACLE_PICKUPS + 1];
    uint32_t             taken[ORACLE_BUYERS];
    uint32_t             lapses[ORACLE_BUYERS];
    int64_t              lapsed_at[ORACLE_BUYERS];
} oracle_sale_t;

typedef struct {
    int                  bound;
    size_t               hold;          /* of a buyer's key */
    uint32_t             point;         /* it moved the hold there; 0: it
                                           made the hold */
    int64_t              at;            /* of an operator's key, or a move's */
    uint64_t             fingerprint;
    uint32_t             sale;
    size_t               life;          /* that it began, from 1; 0: none */
} oracle_key_t;

typedef struct {
    fs_seq_t             seq;           /* of its entry */
    uint32_t             epoch;
} oracle_life_t;

typedef struct {
    fs_now_t             now;
    int64_t              latest;        /* `mono` was this late once, before
                                           a boot's clock went back */
    int                  swept;         /* keys whose time was over then are
                                           gone; where the index was folded
                                           again since they are not */
    oracle_sale_t        sales[ORACLE_SALES + 1];
    uint32_t             sales_n;
    oracle_hold_t       *holds;
    size_t               holds_n;
    size_t               holds_size;
    size_t              *live;          /* holds held or paying, by age */
    size_t               live_n;
    oracle_key_t         keys[ORACLE_BUYERS][ORACLE_KEYS];
    oracle_key_t         admin_keys[ORACLE_KEYS];
    char                 pickups[ORACLE_PICKUPS + 1][FS_SLUG_MAX];
    uint32_t             pickups_n;
    int                  documents[ORACLE_PICKUPS + 1];
    uint64_t             payments;      /* counts them, for their order */
    oracle_hold_t       *others;        /* of other lives: what was paid */
    size_t               others_n;
    oracle_life_t       *lives;         /* but the first */
    size_t               lives_n;
    oracle_refund_t     *refunds;       /* of all holds */
    size_t               refunds_n;
} oracle_t;

typedef struct {
    int                  outcome;
    int                  reason;
    int                  state;
    uint32_t             sale;
    uint32_t             free;
    uint32_t             limit;
    uint32_t             held;
    uint32_t             sold;
    int64_t              at;
    long                 hold;          /* index, -1: none */
    long                 other;         /* the same, of another life's */
    size_t               life;          /* number of the life, 0: none */
} oracle_answer_t;


void oracle_free_holds(oracle_t *oracle);

/* The answer that a command must get, at oracle->now. */
void oracle_command(oracle_t *oracle, const fs_command_t *command,
    const fs_operator_t *op, oracle_answer_t *answer);

/* The epoch that a hold with this number has. */
uint32_t oracle_epoch(const oracle_t *oracle, fs_seq_t seq);

/* A life was begun by this entry, with this epoch.  1: which none had. */
int oracle_begin_life(oracle_t *oracle, fs_seq_t seq, uint32_t epoch);

/* All that is due at oracle->now. */
void oracle_timers(oracle_t *oracle);

/*
 * An entry of the ledger that a timer may have written, at oracle->now: what
 * it says is done, if it was not done yet.  1: it is lawful; 0: not.
 */
int oracle_follow(oracle_t *oracle, const fs_entry_t *entry);

/* 1: something is due at oracle->now. */
int oracle_due(const oracle_t *oracle);

/* The first open in a new boot. */
void oracle_boot(oracle_t *oracle);

/* The state of a hold as people read it. */
int oracle_state(const oracle_t *oracle, const oracle_hold_t *hold);


#endif /* ORACLE_H */
