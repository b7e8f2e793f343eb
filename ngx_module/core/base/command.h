
/*
 * Commands, as they wait in a ring, and results, as they come back.  Both are
 * plain bytes without pointers: they cross processes.
 */

#ifndef FS_COMMAND_H
#define FS_COMMAND_H

#include "base/condition.h"

#pragma GCC visibility push(hidden)


typedef enum {
    FS_COMMAND_NONE = 0,

    /* the buyer's */
    FS_COMMAND_HOLD,
    FS_COMMAND_RELEASE,
    FS_COMMAND_PAY,
    FS_COMMAND_POINT,                   /* another pickup point */
    FS_COMMAND_CANCEL_ORDER,            /* give an order back */
    FS_COMMAND_CLAIM,                   /* say what was wrong with it */
    FS_COMMAND_GIFT,                    /* use a gift, or use it no more */

    /* the order service's */
    FS_COMMAND_CONFIRM,
    FS_COMMAND_CANCEL,
    FS_COMMAND_REFUND,                  /* owe money back */
    FS_COMMAND_REFUNDED,                /* what was owed is back */
    FS_COMMAND_READY,
    FS_COMMAND_PICK_UP,
    FS_COMMAND_HAND_OVER,               /* a fact, with a nonce */
    FS_COMMAND_PUT_BACK,                /* it was none */
    FS_COMMAND_ANSWER_CLAIM,

    /* the operator's, with an fs_operator_t */
    FS_COMMAND_DEFINE,                  /* a sale */
    FS_COMMAND_STOCK,
    FS_COMMAND_PAUSE,
    FS_COMMAND_RESUME,
    FS_COMMAND_CLOSE,
    FS_COMMAND_CLOCK,                   /* accept a clock that went back */
    FS_COMMAND_DOCUMENT,
    FS_COMMAND_LIFE,                    /* begin a new life, see life.h */
    FS_COMMAND_DELETE,                  /* a document */
    FS_COMMAND_WAVE,
    FS_COMMAND_RECEIVE,
    FS_COMMAND_CALL_OFF,                /* cancel a sale */
    FS_COMMAND_COMPENSATE,              /* its buyers */
    FS_COMMAND_DRAW,                    /* its tickets, with a beacon */
    FS_COMMAND_ORDER,                   /* HOLD for somebody else, maybe paid
                                           in cash; the key is the buyer's */
    FS_COMMAND_GRANT,                   /* HOLD of what is given, for somebody
                                           else; the key is the buyer's */
    FS_COMMAND_ROOM,                    /* what a host does in one */

    FS_COMMANDS_N
} fs_command_type_t;

typedef struct {
    uint8_t              type;          /* fs_command_type_t */
    uint8_t              lines_n;
    uint8_t              unmet;         /* 1: the request supposes what no
                                           hold can be: 412 if it is there */
    uint8_t              buyer[FS_BUYER_LEN];
    uint8_t              key[FS_KEY_HASH_LEN];  /* zeros: none; HAND_OVER,
                                                   PUT_BACK: of the nonce,
                                                   the same for both, and
                                                   another for another hold */
    uint8_t              reference[FS_REFERENCE_LEN];  /* of a payment or
                                           a refund; ORDER: zeros: not paid */
    uint8_t              payment[FS_REFERENCE_LEN];    /* REFUNDED: which
                                           payment; zeros: the oldest due */
    fs_seq_t             owed;          /* REFUNDED: which debt, 0: by the
                                           payment */
    fs_slug_t            pickup;        /* HOLD, POINT; len 0: none */
    uint32_t             term_ms;       /* HOLD: hold time; PAY: pay time */
    uint32_t             live_holds;    /* HOLD: most at once, 0: any */
    uint8_t              queue;         /* HOLD: 1: it waits for units that
                                           are not free */
    uint32_t             queue_units;   /* units that may wait where the sale
                                           does not say; UINT32_MAX: its
                                           stock */
    uint32_t             queue_ms;      /* hold time of who has waited */
    fs_seq_t             hold;
    uint32_t             epoch;         /* of the hold's id; LIFE: proposed */
    int64_t              paid_fen;      /* CONFIRM, ORDER; REFUNDED: 0: not
                                           told */
    uint32_t             taker;         /* ORDER: number of who took the cash,
                                           given when it is decided */
    uint8_t              reason;        /* REFUND, CLAIM: fs_reason_t */
    uint8_t              via;           /* HAND_OVER: fs_via_t */
    uint8_t              accept;        /* ANSWER_CLAIM: 1 or 0 */
    int64_t              device_at;     /* HAND_OVER: as the device says */
    fs_seq_t             claim;         /* ANSWER_CLAIM */
    fs_seq_t             gift;          /* HOLD, GIFT: to be used, 0: none */
    uint32_t             gift_epoch;    /* of its id */
    uint8_t              from[FS_BUYER_LEN];  /* HOLD: by whose code its buyer
                                           came; zeros: nobody's */
    uint8_t              counts;        /* HOLD: 1: `from` may count, as far
                                           as who asks is known */
    uint8_t              restock;       /* REFUND: the units can be sold */
    uint8_t              fingerprint[8];  /* REFUND, CLAIM, ANSWER_CLAIM,
                                           GRANT: of the request */
    struct {
        uint32_t         sale;
        uint32_t         qty;
        int64_t          amount_fen;    /* REFUND: in place of qty */
    }                    lines[FS_LINES_MAX];  /* each sale once */
} fs_command_t;

/*
 * Keys are a buyer's; those of operators and of order services are nobody's
 * and theirs: no identity has these pseudonyms.
 */
extern const uint8_t  fs_keys_of_operators[FS_BUYER_LEN];
extern const uint8_t  fs_keys_of_orders[FS_BUYER_LEN];


/* What a sale gives, as it is asked for; its sales are an operator's lines. */
typedef struct {
    uint8_t              kind;          /* fs_gives_kind_t; NOTHING: it is no
                                           giving, the rest is empty */
    uint8_t              by_desk;
    int64_t              off_fen;       /* of a coupon */
    int64_t              from_fen;      /* 0: none */
    int64_t              valid_ms;      /* 0: for ever */
    int64_t              total_fen;     /* of all packets */
    fs_str_t             title;         /* of an item */
    fs_str_t             source;        /* of a draw's beacon, len 0: none */
    int64_t              round;         /* of the beacon */
    unsigned             prizes_n;
    struct {
        fs_str_t         title;
        uint32_t         count;
        int64_t          off_fen;       /* 0: it is a thing */
    }                    prizes[FS_PRIZES_MAX];
} fs_gives_t;

/*
 * What an operator's command carries beside.  Too large for a slot: it stays
 * in the process that took the request.
 */
typedef struct {
    fs_str_t             slug;          /* of the sale; a document's id;
                                           ORDER: of who took the cash */
    fs_str_t             kind;          /* DOCUMENT, DELETE: a slug */
    fs_condition_t       condition;     /* as the request has it */
    uint8_t              fingerprint[8];  /* of target and body: same key,
                                           other fingerprint: 422 */
    int64_t              add;           /* STOCK */
    uint8_t              beacon[FS_HASH_LEN];  /* DRAW */

    /* DEFINE: the sale as it shall be */
    fs_str_t             title;         /* len 0: the slug */
    int64_t              price_fen;
    uint32_t             stock;
    uint32_t             limit;
    int64_t              opens_at;
    int64_t              closes_at;
    uint32_t             goal;
    uint8_t              goal_by;
    uint32_t             hold_ms;
    uint32_t             cancel_ms;
    uint32_t             queue;         /* one more than the units that may
                                           wait, 0: the directive's */
    fs_str_t             doc;           /* JSON; data NULL: leave as it is */
    fs_gives_t           gives;

    /* WAVE: slug is its id */
    int64_t              cut_at;
    uint32_t             day;           /* as 20261130, 0: none */

    /* RECEIVE: slug is the wave's */
    fs_str_t             pickup;        /* len 0: lines without one */
    uint8_t              final;

    /* ROOM: slug is the session's */
    uint8_t              act;           /* fs_room_act_t */
    fs_slug_t            pin;           /* len 0: nothing any more */
    char                *told;          /* FS_ROOM_JSON_MAX bytes: the room as
                                           it is then, a string; empty when
                                           it is none of OK, REPLAYED */

    /* CALL_OFF, COMPENSATE, GRANT */
    fs_str_t             words;         /* the reason's, a JSON document */
    int64_t              fen_each;

    unsigned             lines_n;       /* WAVE, RECEIVE; DEFINE: the sales
                                           that a gift is good for, 0: all */
    struct {
        fs_str_t         sale;
        uint32_t         qty;           /* RECEIVE: come so far */
    }                    lines[FS_WAVE_SALES_MAX];
} fs_operator_t;

typedef struct {
    uint16_t             outcome;       /* fs_outcome_t */
    uint8_t              state;         /* WRONG_STATE: of the hold; NONE: it
                                           is about no hold */
    uint8_t              reason;        /* REFUND_DUE: fs_reason_t */
    uint32_t             sale;          /* the sale that refused or changed */
    uint32_t             free;          /* SOLD_OUT */
    uint32_t             limit;         /* OVER_LIMIT, TOO_MANY_HOLDS */
    uint32_t             held;          /* STOCK_TAKEN */
    uint32_t             sold;
    int64_t              at;            /* NOT_OPEN: opens_at, wall;
                                           WAIT: retry_at, wall; HANDED_OVER,
                                           DOUBLE: when; BAD_REQUEST of a
                                           beacon: when it is out */
    uint8_t              paid_back;     /* HANDED_OVER: some of the units */
    uint32_t             received;      /* READY_ALREADY: as counted last */
    uint32_t             ready;         /* of these ready or handed over */
    uint8_t              final;         /* no other count comes after it */
    uint32_t             orders;        /* COMPENSATE: concerned */
    fs_seq_t             claim;         /* CLAIM: its id; its amount and due
                                           time are the hold's to tell */
    uint8_t              why;           /* GIFT_UNUSABLE: fs_why_t */
    uint8_t              giving;        /* BAD_REQUEST: of what is given one
                                           unit is asked for, by itself;
                                           DOCUMENT: which of its sales gives
                                           nothing, see text/referral.h */
    uint32_t             epoch;         /* LIFE: which it is */
    fs_seq_t             last_seq;      /* FORKED: of the ledger */
    int64_t              amount_fen;    /* REFUND_OVER: what is left of the
                                           line; WRONG_AMOUNT: what is due, or
                                           an ORDER's price */
    fs_hold_t            hold;          /* as it is now; seq 0: none */
} fs_result_t;


#pragma GCC visibility pop

#endif /* FS_COMMAND_H */
