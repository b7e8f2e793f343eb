
/*
 * The oracle: the business's rules once more, over plain arrays, written
 * without a look at the engine.  It shares only the words of the headers.
 */

#ifndef ORACLE_H
#define ORACLE_H

#include "decide/decide.h"
#include "read/read.h"
#include "rules/rules.h"

#include "oracle_chance.h"


#define ORACLE_BUYERS   24              /* who buy again and again */
#define ORACLE_PEOPLE   1024            /* with those who come once they do */
#define ORACLE_SALES    1000
#define ORACLE_PICKUPS  8
#define ORACLE_KEYS     64              /* keys that one buyer uses */

/* How long after it arose a debt is due. */
#define ORACLE_REFUND_MS  3600000

/* The store's other times and bounds for what comes after an order: a line
 * that is ready counts as handed over so long after; a claim may be made so
 * long after that; so many claims, up to so much each, are accepted of one
 * buyer without anybody in that time. */
#define ORACLE_GIVEN_MS     600000
#define ORACLE_CLAIM_MS     120000
#define ORACLE_AUTO_FEN     200
#define ORACLE_AUTO_CLAIMS  3
#define ORACLE_AUTO_MS      7200000

#define ORACLE_WAVES        600
#define ORACLE_NONCES       1024        /* of hand-overs */

/* A payment that came, or a part of one that is to be given back. */
typedef struct {
    uint8_t              reference[FS_REFERENCE_LEN];
    int                  sold;          /* it sold the hold; 0: it is, or
                                           was, to be given back: a debt */
    int                  reason;        /* of giving back, FS_REASON_* */
    int                  due;           /* not given back yet */
    int                  line;          /* of which it is; -1: the whole
                                           payment */
    uint32_t             qty;           /* units of the line; 0: an amount */
    int64_t              amount;
    fs_seq_t             seq;           /* of its entry, which the engine has
                                           chosen and told; 0: not yet */
    int64_t              due_at;        /* of its entry */
    uint64_t             order;         /* the oldest is given back first: its
                                           number, or above all numbers */
} oracle_payment_t;

typedef struct {
    fs_seq_t             seq;           /* its number, which the engine has
                                           chosen and told */
    fs_seq_t             other;         /* in `others`: its number in the
                                           life that it comes from */
    uint32_t             epoch;         /* and the epoch of that life */
    unsigned             buyer;
    unsigned             lines_n;
    struct {
        uint32_t         sale;
        uint32_t         qty;
        int64_t          price;
        int64_t          off;           /* by the hold's gift */
        uint32_t         member;        /* units that count for its group's
                                           goal; of a group that failed: until
                                           it is returned */
        int64_t          owed;          /* of what was paid for it, ever */
        uint32_t         owed_qty;      /* units that this was for */
        uint32_t         restocked;     /* units that are the sale's again */
        int              goods;         /* fs_goods_t */
        int64_t          goods_at;      /* ready: counts as handed over from
                                           then on; handed over: when */
        uint32_t         ready_s;       /* it came so many seconds after its
                                           hold was made, at least one */
        uint32_t         missing;       /* units that never come */
        uint32_t         claimed;       /* units of claims not denied */
        uint32_t         wave;          /* ordinal; FS_WAVE_OPEN */
    }                    lines[FS_LINES_MAX];
    int                  paid;          /* it is, or was, an order */
    fs_seq_t             sold;          /* its first `sold`, as the engine has
                                           told */
    int64_t              sold_at;
    int                  given_back;    /* its buyer has cancelled it */
    uint8_t              cash[FS_REFERENCE_LEN];    /* by which it was sold as
                                           it was made; zeros: it was not */
    uint32_t             pickup;
    uint32_t             asked_pickup;  /* of the request that made it: a
                                           replay must ask for the same */
    int                  state;
    int64_t              created_at;
    int64_t              expires_at;    /* wall clock, as people are told */
    int64_t              due;           /* now.mono at which it expires */
    int64_t              length;        /* of its term, ms */
    uint32_t             number;        /* in the line; 0: it never waited */
    int                  asked_queue;   /* its buyer would have waited */
    size_t               uses;          /* index of the gift that it uses, or
                                           would, and 1; of a gift: of the
                                           hold that uses it; 0: none */
    size_t               asked_gift;    /* of the request that made it */
    unsigned             asked_from;    /* and by whose code; 0: nobody's */
    int                  given_for;     /* of a gift: FS_REASON_NEWCOMER,
                                           FS_REASON_INVITER; 0: it was asked
                                           for */
    unsigned             given_newcomer;    /* and who it was that came */
    int64_t              worth;         /* of a gift */
    unsigned             prize;         /* that it has won, from 1; 0: none */
    int64_t              valid_until;   /* 0: for ever */
    uint64_t             why_print;     /* of the request that granted it */
    int64_t              ended;         /* now.mono at its end: its key is
                                           kept for a day from then */
    oracle_payment_t    *payments;
    unsigned             payments_n;
} oracle_hold_t;

/* Money that was given back: it must not be said of another payment. */
typedef struct {
    uint8_t              reference[FS_REFERENCE_LEN];   /* of the refund */
    uint8_t              payment[FS_REFERENCE_LEN];     /* given back by it */
    fs_seq_t             hold;
    unsigned             debt;          /* of its payments */
} oracle_refund_t;

typedef struct {
    int                  exists;
    int                  state;         /* fs_group_state_t */
    uint32_t             joined;
    uint32_t             wave;          /* ordinal, once it has formed */
} oracle_group_t;

/* What is left to chance in a giving: packets, or a draw of tickets. */
typedef struct {
    int                  seeded;        /* the engine has chosen a seed, and
                                           told */
    uint8_t              seed[ORACLE_HASH];
    int64_t             *amounts;       /* of packets, by number */
    size_t              *gifts;         /* indexes of holds, by number */
    size_t               gifts_n;
    size_t               gifts_size;
    fs_seq_t             closed;        /* entries, as the engine has told */
    fs_seq_t             revealed;
    fs_seq_t             drawn;
    int64_t              closed_at;
    uint8_t              chain[ORACLE_HASH];
    int                  asked;         /* the beacon was said */
    uint8_t              beacon[ORACLE_HASH];
    uint32_t            *winners;       /* numbers, in order, once drawn */
    unsigned             winners_n;
    unsigned             won;           /* that have their entry */
} oracle_draw_t;

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
    uint32_t             cancel_ms;
    int                  gives;         /* fs_gives_kind_t */
    int                  by_desk;
    int64_t              off;
    int64_t              from;
    int64_t              valid_ms;
    unsigned             good_for_n;
    uint32_t             good_for[FS_GIFT_SALES_MAX];
    int64_t              total;         /* of all packets */
    int64_t              round;         /* of a draw's beacon, 0: none */
    unsigned             prizes_n;
    struct {
        uint32_t         count;
        int64_t          off;
    }                    prizes[FS_PRIZES_MAX];
    oracle_draw_t        draw;
    int                  called_off;
    uint32_t             waves;         /* that have taken of it */
    uint32_t           (*ordered)[ORACLE_PICKUPS + 1];  /* of each of those,
                                           by pickup point */
    size_t              *orders;        /* holds that were sold, of which a
                                           line is of this sale, by payment */
    size_t               orders_n;
    size_t               orders_size;
    int64_t              queue;         /* units that may wait, -1: as the
                                           command says */
    uint32_t             numbers;       /* given to those who wait */
    int64_t              held;
    int64_t              sold;
    int                  opened;
    int                  paused;
    int                  closed;
    int                  decided;       /* closed, all groups formed or
                                           failed */
    oracle_group_t       groups[ORACLE_PICKUPS + 1];    /* 0: the sale's */
    int                  lists;         /* how many pickup points its `doc`
                                           lists; 0: all are allowed */
    int                  listed[ORACLE_PICKUPS + 1];    /* which */
    uint32_t             taken[ORACLE_PEOPLE];      /* units held or sold,
                                                       for the limit */
    uint32_t             lapses[ORACLE_PEOPLE];     /* in a row */
    int64_t              lapsed_at[ORACLE_PEOPLE];  /* the last one's, mono */
} oracle_sale_t;

/* An idempotency key, a buyer's or an operator's, and what it did. */
typedef struct {
    int                  bound;         /* it was used */
    int                  type;          /* buyer: of the command */
    size_t               claim;         /* buyer: that it made */
    size_t               hold;          /* buyer: index of the hold that it
                                           made, or moved */
    uint32_t             point;         /* buyer: the pickup point to which it
                                           moved the hold; 0: it made it */
    int64_t              at;            /* when, mono; not where it made a
                                           hold, whose end counts */
    int                  old;           /* it was too old already when the
                                           clock went back */
    uint64_t             fingerprint;   /* operator: of the request */
    uint32_t             sale;          /* operator: that it was about */
    size_t               life;          /* operator: which life it began: the
                                           first of `lives` is 1; 0: none */
    uint32_t             orders;        /* operator: that are compensated */
} oracle_key_t;

typedef struct {
    fs_seq_t             seq;           /* of its entry */
    uint32_t             epoch;
} oracle_life_t;

/* Somebody who buys, as a neighbour of others. */
typedef struct {
    int                  known;         /* has had a hold that was no gift */
    int                  invited;       /* and came by a code with it */
    unsigned             by;            /* whose it was */
    fs_seq_t             seq;           /* of its entry, as the engine has
                                           told */
    int                  welcomed;      /* was given something for coming */
    int                  handed;        /* has had goods of an order */
    int                  thanked;       /* whoever invited was given something
                                           for it */
    uint32_t             brought;       /* how many came by the code of this
                                           one */
} oracle_person_t;

/* What the shop gives for it. */
typedef struct {
    int                  stands;
    uint32_t             inviter;       /* sales that give */
    uint32_t             newcomer;
    uint32_t             per_inviter;
} oracle_referral_t;

/* A hand-over's nonce, and what was answered. */
typedef struct {
    int                  bound;
    size_t               hold;
    int64_t              at;            /* when it was bound, wall */
    int                  outcome;
    int64_t              answer_at;
    int                  paid_back;
    unsigned             handed;        /* lines that it handed over: bits */
    int                  undone;
    int                  old;           /* as oracle_key_t */
} oracle_nonce_t;

typedef struct {
    fs_seq_t             seq;           /* as the engine has told */
    size_t               hold;
    unsigned             line;
    uint32_t             qty;
    int64_t              amount;
    int                  reason;
    int                  state;         /* fs_claim_state_t */
    int                  by_time;       /* accepted when it is due */
    int64_t              at;
    int64_t              due_at;
    int64_t              answered_at;
    int                  debt_due;      /* its acceptance is written, what is
                                           owed for it is not yet */
} oracle_claim_t;

/* A sale that was cancelled, or whose buyers are compensated: the debts of its
 * orders are written in several steps. */
typedef struct {
    fs_seq_t             seq;           /* as the engine has told, 0: not
                                           yet */
    uint32_t             sale;
    int                  kind;          /* fs_task_kind_t */
    int64_t              each;          /* fen for each unit */
    size_t               orders;        /* how many the sale had then */
    size_t               next;          /* those before this one are done */
    uint8_t             *promised;      /* COMPENSATE: of those, which were
                                           handed over then */
    int                  done;          /* settled */
} oracle_task_t;

typedef struct {
    char                 slug[16];
    int64_t              cut_at;
    uint32_t             day;
    int                  frozen;
    unsigned             sales_n;
    struct {
        uint32_t         sale;
        uint32_t         wave;          /* ordinal */
        int              taken;
    }                    sales[FS_WAVE_SALES_MAX];
} oracle_wave_t;

/* So many units of a sale have come for a pickup point with a wave. */
typedef struct {
    uint32_t             sale;
    uint32_t             pickup;
    uint32_t             wave;          /* ordinal */
    uint32_t             received;
    int                  final;
} oracle_receipt_t;

typedef struct {
    fs_now_t             now;
    int64_t              latest;        /* the highest now.mono of the boots
                                           before: it may go back with one */
    int                  swept;         /* the engine deletes old keys as time
                                           goes on: those that are `old` are
                                           gone, although they are not too old
                                           at `now`.  0: the index was
                                           made anew since, from the log,
                                           which has them */
    oracle_sale_t        sales[ORACLE_SALES + 1];
    uint32_t             sales_n;
    oracle_hold_t       *holds;
    size_t               holds_n;
    size_t               holds_size;
    size_t              *live;          /* holds held or paying, by age */
    size_t               live_n;
    size_t              *waiting;       /* holds queued, by age */
    size_t               waiting_n;
    oracle_key_t         keys[ORACLE_PEOPLE][ORACLE_KEYS];
    oracle_key_t         admin_keys[ORACLE_KEYS];
    oracle_key_t         order_keys[ORACLE_KEYS];
    char                 pickups[ORACLE_PICKUPS + 1][FS_SLUG_MAX];
    uint32_t             pickups_n;
    int                  documents[ORACLE_PICKUPS + 1];
    oracle_person_t      people[ORACLE_PEOPLE];
    unsigned             people_n;      /* those from here on never came */
    oracle_referral_t    referral;
    uint64_t             payments;      /* made so far, of all holds */
    oracle_hold_t       *others;        /* holds of other lives, of which only
                                           the payments are known */
    size_t               others_n;
    oracle_life_t       *lives;         /* from the second one on: the first
                                           has no entry, and epoch 0 */
    size_t               lives_n;
    oracle_refund_t     *refunds;       /* of all holds */
    size_t               refunds_n;
    oracle_nonce_t       nonces[ORACLE_NONCES];
    oracle_claim_t      *claims;
    size_t               claims_n;
    oracle_task_t       *tasks;
    size_t               tasks_n;
    oracle_wave_t        waves[ORACLE_WAVES + 1];
    uint32_t             waves_n;
    oracle_receipt_t    *receipts;
    size_t               receipts_n;
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
    int64_t              amount;        /* that is left, or due */
    long                 hold;          /* index in holds, -1: none */
    long                 other;         /* index in others, -1: none */
    size_t               life;          /* that it began, as oracle_key_t */
    int                  paid_back;
    long                 claim;         /* index in claims, -1: none */
    int                  why;           /* fs_why_t */
    int                  giving;        /* which sale of a document gives
                                           nothing, FS_REFERRAL_* */
    uint32_t             orders;        /* that are compensated */
} oracle_answer_t;


void oracle_free_holds(oracle_t *oracle);

/* The answer that a command must get, at oracle->now. */
void oracle_command(oracle_t *oracle, const fs_command_t *command,
    const fs_operator_t *op, oracle_answer_t *answer);

/* The epoch of the life in which a hold with this number was made. */
uint32_t oracle_epoch(const oracle_t *oracle, fs_seq_t seq);

/* This entry begins a life.  0: its epoch was that of another before. */
int oracle_begin_life(oracle_t *oracle, fs_seq_t seq, uint32_t epoch);

/* All that is due at oracle->now. */
void oracle_timers(oracle_t *oracle);

/*
 * The engine's ledger has an entry without a command, at oracle->now: a timer
 * may write it.  1: the rules allow it at this time, and it is done here as
 * well, if it was not yet; 0: they do not.
 */
int oracle_follow(oracle_t *oracle, const fs_entry_t *entry);

/*
 * The engine's ledger has this entry, and it was done here: what it has a
 * number for (a debt, a task, an order's place in the row of those who paid,
 * a newcomer, a gift that came with something else) gets it here.  1: there
 * is such a thing, that has none yet, the same in all that the entry says; or
 * the entry makes none; 0: not.
 */
int oracle_named(oracle_t *oracle, const fs_entry_t *entry);

/*
 * The entry `terms` of a sale, whose seed the engine keeps for itself, is in
 * the log: this is it.  1: it is as it was, or a new one where there was none;
 * 0: not.
 */
int oracle_seeded(oracle_t *oracle, uint32_t sale, const uint8_t *seed);

/* 1: something of a draw is left that needs nobody. */
int oracle_draw_due(const oracle_sale_t *sale);

/* After a command that closes a sale, or draws, and its entries: 1: its first
 * pass has left something that it could have done. */
int oracle_draw_slow(const oracle_t *oracle, const fs_command_t *command,
    const oracle_answer_t *answer);

/* Which prize the winner `order`, from 0, has, from 0. */
unsigned oracle_prize(const oracle_sale_t *sale, unsigned order);

/* A gift that is handed over. */
int oracle_is_thing(const oracle_t *oracle, const oracle_hold_t *hold);

/* Units of a line that come, or came: neither the sale's again, nor missing;
 * and what its wave is, if its group has one. */
uint32_t oracle_coming(const oracle_hold_t *hold, unsigned line);
uint32_t oracle_wave(const oracle_t *oracle, const oracle_hold_t *hold,
    unsigned line);

/* Units of a tally, by where their goods are, and those that never come. */
void oracle_tally(const oracle_t *oracle, uint32_t sale, uint32_t pickup,
    uint32_t wave, fs_tally_t *tally);

/* 1: nothing of a line is left to owe. */
int oracle_all_back(const oracle_hold_t *hold, unsigned line);

/* 1: a key that was bound at this time is still known.  old: that of the
 * key. */
int oracle_kept(const oracle_t *oracle, int64_t from, int old);

/* A boot ends, at this now.mono: the next one's clock may be behind it. */
void oracle_rebooted(oracle_t *oracle, int64_t mono);

/* What becomes `swept` for a command of which the engine said this.  wrote: it
 * is a hand-over, and has its entries: it was said for the first time.  0: the
 * engine had its key still, if it is an old one. */
int oracle_swept(const fs_command_t *command, const fs_result_t *result,
    int wrote);

/* 1: a timer of what comes after an order would write something. */
int oracle_after_due(const oracle_t *oracle);

/* 1: this line of an order waits for the return of its failed group. */
int oracle_to_return(const oracle_t *oracle, const oracle_hold_t *hold,
    unsigned line);

/* What is due back of a hold and not back yet; and what is back. */
int64_t oracle_owed(const oracle_hold_t *hold);
int64_t oracle_back(const oracle_hold_t *hold);

/* 1: something is due at oracle->now. */
int oracle_due(const oracle_t *oracle);

/* The machine was booted, and the store is opened for the first time. */
void oracle_boot(oracle_t *oracle);

/* How many come before a hold that waits, at most; whether one more may wait
 * by this command. */
uint32_t oracle_ahead(const oracle_t *oracle, const oracle_hold_t *hold);
int oracle_queue_room(const oracle_t *oracle, const fs_command_t *command);

/* Somebody waits for units of it that would suffice. */
int oracle_awaited(const oracle_t *oracle, uint32_t number);

/* The state of a hold as people read it. */
int oracle_state(const oracle_t *oracle, const oracle_hold_t *hold);


#endif /* ORACLE_H */
