
/*
 * Requests and answers, as text.
 */

#ifndef FS_TEXT_H
#define FS_TEXT_H

#include "base/command.h"
#include "base/fs_types.h"
#include "json/field.h"
#include "json/json_writer.h"
#include "text/draws.h"
#include "text/gives.h"

#pragma GCC visibility push(hidden)


/*
 * request.c, request_after.c: requests: JSON (yajl) into plain structures;
 * form.c has the forms.  Limits on size, depth, duplicate and unknown fields,
 * number range and UTF-8 are checked in these, by the rules of json/field.h,
 * and nowhere else.
 */

#define FS_BODY_MAX        16384        /* buyer's and order service's */
#define FS_BODY_ADMIN_MAX  (FS_DOC_MAX + 8192)

typedef struct {
    fs_slug_t            sale;
    uint32_t             qty;
} fs_request_line_t;

typedef struct {
    unsigned             lines_n;
    fs_request_line_t    lines[FS_LINES_MAX];  /* one sale twice: added up */
    fs_slug_t            pickup;        /* len 0: none */
    uint8_t              queue;         /* 1: it waits for units */
    uint16_t             gift_len;      /* the id of a gift, 0: none */
    char                 gift[FS_HOLD_ID_LEN];
    uint16_t             from_len;      /* somebody's code, 0: none */
    char                 from[FS_CODE_LEN];
    /* forms only */
    uint16_t             key_len;       /* idempotency_key */
    char                 key[FS_KEY_MAX];
    uint16_t             csrf_len;
    char                 csrf[FS_KEY_MAX];
} fs_hold_request_t;

/* For somebody else, who may have paid already. */
typedef struct {
    fs_hold_request_t    hold;
    uint16_t             pseudonym_len;
    char                 pseudonym[2 * FS_BUYER_LEN];
    uint8_t              buyer[FS_BUYER_LEN];  /* read from it */
    uint8_t              paid;          /* 1: in cash */
    int64_t              cash_fen;
    fs_slug_t            by;            /* whose hands took it */
} fs_order_for_request_t;

typedef struct {
    uint16_t             pseudonym_len;
    char                 pseudonym[2 * FS_BUYER_LEN];
    uint8_t              buyer[FS_BUYER_LEN];  /* read from it */
    uint16_t             words_len;     /* why */
    char                 words[FS_WORDS_MAX];
} fs_grant_request_t;

typedef struct {
    uint16_t             reference_len;  /* payment or refund */
    char                 reference[FS_REFERENCE_MAX];
    uint16_t             payment_len;   /* refunded: which, optional */
    char                 payment[FS_REFERENCE_MAX];
    int64_t              paid_fen;      /* refunded: amount_fen, 0: absent */
    int64_t              owed;          /* refunded: which debt, 0: absent */
} fs_order_request_t;

/* A line has qty or amount_fen, the other is 0. */
typedef struct {
    fs_slug_t            sale;
    uint32_t             qty;
    int64_t              amount_fen;
} fs_refund_line_t;

typedef struct {
    unsigned             lines_n;
    fs_refund_line_t     lines[FS_LINES_MAX];  /* each sale once */
    uint8_t              reason;        /* fs_reason_t */
    uint8_t              restock;
} fs_refund_request_t;

typedef struct {
    uint16_t             nonce_len;     /* 0: an empty body, version 1 */
    char                 nonce[FS_KEY_MAX];
    uint8_t              via;           /* fs_via_t */
    int64_t              device_at;
    unsigned             lines_n;       /* 0: all */
    fs_request_line_t    lines[FS_LINES_MAX];  /* each sale once; qty 0:
                                           not told */
} fs_hand_over_request_t;

typedef struct {
    fs_slug_t            sale;
    uint32_t             qty;
    uint8_t              reason;        /* fs_reason_t */
    /* forms only */
    uint16_t             key_len;       /* idempotency_key */
    char                 key[FS_KEY_MAX];
    uint16_t             csrf_len;
    char                 csrf[FS_KEY_MAX];
} fs_claim_request_t;

/* An operator's reason in words: of a cancelled sale, of a compensation. */
typedef struct {
    uint16_t             words_len;
    char                 words[FS_WORDS_MAX];
    int64_t              fen_each;      /* of a compensation */
} fs_reason_request_t;

typedef struct {
    unsigned             sales_n;
    fs_slug_t            sales[FS_WAVE_SALES_MAX];  /* each once */
    int64_t              cut_at;
    uint32_t             day;           /* as 20261130, 0: none */
} fs_wave_request_t;

typedef struct {
    fs_slug_t            pickup;        /* len 0: lines without one */
    unsigned             lines_n;
    fs_request_line_t    lines[FS_WAVE_SALES_MAX];  /* each sale once */
    uint8_t              final;
} fs_receive_request_t;

typedef struct {
    fs_contact_t         contact;       /* at and leaving: zeros */
    /* forms only */
    uint16_t             key_len;       /* idempotency_key: it is of no use */
    char                 key[FS_KEY_MAX];
    uint16_t             csrf_len;
    char                 csrf[FS_KEY_MAX];
} fs_contact_request_t;

/* What is said in a room; by a host about a comment. */
typedef struct {
    int64_t              comment;       /* a host's: which one */
    uint16_t             text_len;
    char                 text[FS_COMMENT_MAX];
    /* forms only */
    uint16_t             key_len;       /* idempotency_key */
    char                 key[FS_KEY_MAX];
    uint16_t             csrf_len;
    char                 csrf[FS_KEY_MAX];
} fs_comment_request_t;

typedef struct {
    uint16_t             title_len;
    char                 title[FS_TITLE_MAX];
    int64_t              price_fen;
    uint32_t             stock;
    uint32_t             limit;
    int64_t              opens_at;
    int64_t              closes_at;
    uint32_t             goal;
    uint8_t              goal_by;
    uint32_t             hold_ms;
    uint32_t             cancel_ms;
    uint32_t             queue;         /* and whether it says so: */
    uint8_t              queues;
    fs_str_t             doc;           /* points into the body: the value's
                                           own bytes; data NULL: absent */
    fs_str_t             giving;        /* the same; what it says: */
    fs_gives_request_t   gives;
} fs_sale_request_t;


/* Each: 0 and the request, or -1 and the fault. */

/* {"sale","qty","pickup","gift","from"} or {"lines":[{"sale","qty"},…],
 * "pickup","gift","from"}, maybe "queue":true of one line */
int fs_request_hold(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault);

/*
 * The same for many: in a rush thousands send the same few bodies, each of
 * which is read once.  Of one thread; all zeros at first.  *request is valid
 * until the next call.
 */
#define FS_RECENT_BODY     176          /* longer ones are not kept */
#define FS_RECENT_N        16           /* a power of two */

typedef struct {
    size_t               len;           /* 0: none */
    char                 body[FS_RECENT_BODY];
    fs_hold_request_t    request;
} fs_recent_t;

typedef struct {
    fs_recent_t          recent[FS_RECENT_N];  /* by the body's hash */
    fs_hold_request_t    request;
} fs_recents_t;

int fs_request_hold_again(fs_recents_t *recents, fs_str_t body,
    const fs_hold_request_t **request, fs_fault_t *fault);

/* The same with "buyer", maybe "paid":{"cash_fen","by"} */
int fs_request_order_for(fs_str_t body, fs_order_for_request_t *request,
    fs_fault_t *fault);

/* {"pickup"}: another pickup point; no lines */
int fs_request_point(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault);

/* {"gift"}, null: none; no lines */
int fs_request_gift(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault);

/* {"buyer","reason"}: of what is given, for somebody */
int fs_request_grant(fs_str_t body, fs_grant_request_t *request,
    fs_fault_t *fault);

/* {"payment","paid_fen"} */
int fs_request_confirm(fs_str_t body, fs_order_request_t *request,
    fs_fault_t *fault);

/* {"lines":[{"sale","qty" or "amount_fen"},…],"reason"}, maybe "restock" */
int fs_request_refund(fs_str_t body, fs_refund_request_t *request,
    fs_fault_t *fault);

/* {"refund"} and optionally {"owed","amount_fen","payment"} */
int fs_request_refunded(fs_str_t body, fs_order_request_t *request,
    fs_fault_t *fault);

/* {"nonce","via","device_at","lines":[{"sale"},…]}, only the nonce has to be
 * there; or nothing, or {} */
int fs_request_hand_over(fs_str_t body, fs_hand_over_request_t *request,
    fs_fault_t *fault);

/* {"nonce"} */
int fs_request_put_back(fs_str_t body, fs_hand_over_request_t *request,
    fs_fault_t *fault);

/* {"sale","qty","reason":"bad"|"short"|"damaged"|"wrong"} */
int fs_request_claim(fs_str_t body, fs_claim_request_t *request,
    fs_fault_t *fault);

/* {"accept":true|false} */
int fs_request_answer(fs_str_t body, uint8_t *accept, fs_fault_t *fault);

/* {"reason"}: of a sale that is cancelled, in words */
/* {"sale"}: which one is pinned in a room; null, len 0: none */
int fs_request_pin(fs_str_t body, fs_slug_t *sale, fs_fault_t *fault);

int fs_request_call_off(fs_str_t body, fs_reason_request_t *request,
    fs_fault_t *fault);

/* {"fen_each","reason"} */
int fs_request_compensate(fs_str_t body, fs_reason_request_t *request,
    fs_fault_t *fault);

/* {"sales":[…],"cut_at"}, maybe "day":"2026-11-30" */
int fs_request_wave(fs_str_t body, fs_wave_request_t *request,
    fs_fault_t *fault);

/* {"lines":[{"sale","qty"},…]}, maybe "pickup" and "final" */
int fs_request_receive(fs_str_t body, fs_receive_request_t *request,
    fs_fault_t *fault);

/* {"name","digits","consent":["labels","notices"]}; consent absent: to
 * nothing.  The name is without blanks at its ends. */
int fs_request_contact(fs_str_t body, fs_contact_request_t *request,
    fs_fault_t *fault);

/* nothing, or {} */
int fs_request_empty(fs_str_t body, fs_fault_t *fault);

/* PUT /admin/sales/ID; price_fen (or gives, in its place) and stock must be
 * there; null: as absent */
int fs_request_sale(fs_str_t body, fs_sale_request_t *request,
    fs_fault_t *fault);

/* {"add":50}; from -FS_STOCK_MAX to FS_STOCK_MAX */
int fs_request_stock(fs_str_t body, int64_t *add, fs_fault_t *fault);

/* Any JSON object within the limits: for documents. */
int fs_request_document(fs_str_t body, fs_fault_t *fault);

/* Words of `consent`, FS_CONSENTS_N of them. */
extern const fs_str_t  fs_consent_words[];

/* {"text"}, without blanks at its ends; of a host {"comment"}, and
 * {"comment","text"} */
int fs_request_comment(fs_str_t body, fs_comment_request_t *request,
    fs_fault_t *fault);
int fs_request_about(fs_str_t body, fs_comment_request_t *request,
    fs_fault_t *fault);
int fs_request_reply(fs_str_t body, fs_comment_request_t *request,
    fs_fault_t *fault);

/* Finish a comment, of JSON or a form: it has so many characters. */
int fs_comment_finish(fs_comment_request_t *request, fs_fault_t *fault);

/* A text without blanks at its ends, those of Chinese texts among them. */
fs_str_t fs_text_trim(fs_str_t text);

/* Finish a contact, of JSON or a form: the name has something to be seen. */
int fs_contact_finish(fs_contact_t *contact, fs_fault_t *fault);

/* A claim's reasons: words, and what they are. */
#define FS_CLAIM_REASONS  4
extern const fs_str_t  fs_claim_words[];
extern const uint8_t  fs_claim_reasons[];

/* Lines of `width` bytes that begin with a sale's slug: 0, or -1 and the
 * fault: a sale is in two of them. */
int fs_lines_once(const fs_slug_t *first, size_t width, unsigned n,
    fs_fault_t *fault);

/* The document that keeps a reason's words, FS_WORDS_JSON_MAX bytes at most:
 * {"reason"}, maybe "fen_each".  Its length. */
#define FS_WORDS_JSON_MAX  (6 * FS_WORDS_MAX + 64)
int fs_write_words(char *buf, size_t size,
    const fs_reason_request_t *request);

/* Finish a hold request, of JSON or a form: lines that name one sale become
 * one. */
int fs_hold_merge(fs_hold_request_t *request, fs_fault_t *fault);


/*
 * form.c: forms into the structures of request.c, and arguments of query
 * strings: application/x-www-form-urlencoded.
 */

/* Each: 0 and the request, or -1 and the fault. */

/* sale=…&qty=…&pickup=…&gift=…&from=…&idempotency_key=…&csrf=…; more lines:
 * sale and qty repeated, in pairs */
int fs_request_hold_form(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault);

/* a form of a page that needs only idempotency_key and csrf, both optional */
int fs_request_plain_form(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault);

/* gift=…&idempotency_key=…&csrf=… */
int fs_request_gift_form(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault);

/* pickup=…&idempotency_key=…&csrf=… */
int fs_request_point_form(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault);

/* sale=…&qty=…&reason=…&idempotency_key=…&csrf=… */
int fs_request_claim_form(fs_str_t body, fs_claim_request_t *request,
    fs_fault_t *fault);

/* text=…&idempotency_key=…&csrf=… */
int fs_request_comment_form(fs_str_t body, fs_comment_request_t *request,
    fs_fault_t *fault);

/* name=…&digits=…&consent=…&consent=…&idempotency_key=…&csrf=… */
int fs_request_contact_form(fs_str_t body, fs_contact_request_t *request,
    fs_fault_t *fault);

/*
 * One argument of a query string or form, percent-decoded into buf.
 * Its length; -1: absent; -2: malformed, too long or there twice.
 */
int fs_query_get(fs_str_t query, const char *name, char *buf, size_t size);

/*
 * Walk all arguments of a name (events?sale=a&sale=b).  *pos starts at 0.
 * As above; -1 ends the walk.
 */
int fs_query_next(fs_str_t query, const char *name, size_t *pos, char *buf,
    size_t size);


/*
 * answer.c: answers: the JSON that people and services get.  Each writes at
 * most `size` bytes into buf and returns the length, or -1: it did not fit or
 * a name is unknown.
 */

#define FS_HOLD_JSON_MAX     3200
#define FS_GIFT_JSON_MAX     4608       /* more, of one that is a gift */
#define FS_DEBT_JSON_MAX     320
#define FS_CLAIM_JSON_MAX    320
#define FS_LINES_JSON_MAX    2048
#define FS_SALE_JSON_MAX     2560       /* a title may need escaping */
#define FS_PROBLEM_JSON_MAX  2048

/* what came of an order, as far as it is shown */
typedef struct {
    const fs_debt_t     *debts;
    size_t               debts_n;
    const fs_claim_t    *claims;
    size_t               claims_n;
    const fs_shown_ticket_t  *ticket;   /* NULL: it is none */
} fs_after_t;

/* {"id","state","lines":[…],"pickup","amount_fen","owed_fen","refunded_fen",
 * "created_at","expires_at","now","gift","off_fen","debts":[…],"claims":[…]};
 * gift, the id of the one that it uses, and pickup null when
 * there is none; expires_at null once it is not live; a line {"sale","qty",
 * "price_fen","off_fen"}, of an order with "goods", and where it applies
 * "short_qty", "handed_over_at"; of one that waits "number", "ahead"; a debt
 * {"owed","sale","qty","amount_fen","reason",
 * "due_at","refunded_at"}; a claim as fs_answer_claim() has it, and "sale",
 * "qty", "reason", "answered_at".  after NULL: nothing yet.  One that is a
 * gift has {"kind","off_fen","from_fen","sales","valid_until_at","number"} as
 * its "gift", by names->terms, and may be `over`; FS_GIFT_JSON_MAX more.  A
 * ticket has what fs_write_ticket() says, when `after` does. */
int fs_answer_hold(char *buf, size_t size, const fs_hold_t *hold,
    const fs_after_t *after, const fs_names_t *names, int64_t now);

/* {"id","state","amount_fen","due_at"} */
int fs_answer_claim(char *buf, size_t size, const fs_claim_t *claim);

/* A claim that waits for an answer, and of what it is. */
typedef struct {
    fs_claim_t           claim;
    uint32_t             sale;
    uint32_t             pickup;        /* 0: none */
    uint8_t              buyer[FS_BUYER_LEN];
} fs_open_claim_t;

/* {"claims":[{"hold","pickup", and as a hold's}],"more":true or false} */
int fs_answer_open_claims(char *buf, size_t size,
    const fs_open_claim_t *claims, size_t n, int more,
    const fs_names_t *names);

/* its lines alone: [{"sale","qty","price_fen","off_fen"},…] */
int fs_answer_lines(char *buf, size_t size, const fs_hold_t *hold,
    const fs_names_t *names);

/* {"holds":[…],"next":id or null}, without debts; gifts: {"gifts",…} */
int fs_answer_holds(char *buf, size_t size, const fs_hold_t *holds, size_t n,
    int more, int gifts, const fs_names_t *names, int64_t now);

/* {"id","title","state","price_fen","stock","free","held","sold","limit",
 * "opens_at","closes_at","goal","goal_by","joined","formed","queued",
 * "version"};
 * 0 for none becomes null; one that gives has no price, and "gives":{"by",
 * "kind"} */
int fs_answer_sale(char *buf, size_t size, const fs_sale_t *sale);

/*
 * As an operator sees it: one with a hold time of its own has "hold_ms", one
 * that says how many units may wait "queue"; one
 * of which something is claimed has "handed_over" and "claimed", which are
 * units, and "lot":true when these are more than `lot` per cent of those.
 * lot 0: as everybody sees it.  terms: the document of what it gives, which
 * takes the place of its `gives`; len 0: none.  seed: what is beside, NULL:
 * nothing.  FS_TERMS_JSON_MAX and FS_SEED_JSON_MAX bytes more.
 */
int fs_answer_operators_sale(char *buf, size_t size, const fs_sale_t *sale,
    fs_str_t terms, const fs_shown_seed_t *seed, unsigned lot);

/* {"sales":[…],"next":slug or null}, each as an operator sees it. */
int fs_answer_sales(char *buf, size_t size, const fs_sale_t *sales, size_t n,
    int more, unsigned lot);

/*
 * RFC 9457: {"type":"about:blank","title","status","code", and what helps:
 * "field","rule"; "sale","free","limit","opens_at","retry_at","state","held",
 * "sold", "last_seq"}.  fault and result may be NULL.
 */
int fs_answer_problem(char *buf, size_t size, fs_outcome_t outcome,
    const fs_fault_t *fault, const fs_result_t *result,
    const fs_names_t *names);

/* A problem document without a result, under another status than the
 * outcome's own.  fault may be NULL. */
int fs_answer_refusal(char *buf, size_t size, fs_outcome_t outcome,
    int status, const fs_fault_t *fault);


/* {"outcome":"sold"} or {"outcome":"refund_due","reason":…} */
int fs_answer_confirm(char *buf, size_t size, const fs_result_t *result);

/* {"outcome":"handed_over"|"double","at"}, maybe "paid_back":true */
int fs_answer_handed(char *buf, size_t size, const fs_result_t *result);

/* its parts: a sale, as everybody sees it; "sales":[…]; and its `formed` */
void fs_write_sale(fs_writer_t *writer, const fs_sale_t *sale);
void fs_write_sales(fs_writer_t *writer, const fs_sale_t *sales, size_t n);
void fs_write_formed(fs_writer_t *writer, const fs_sale_t *sale);


/*
 * events.c: the texts of event streams.  Each writes at most `size` bytes
 * into buf and returns the length, or -1: it did not fit.
 */

#define FS_EVENT_MAX         512        /* one event but the snapshot */
#define FS_EVENT_SERVED_MAX  192

/*
 * Server-sent events, whole, with their empty line; the id is the seq, and in
 * a life after the first one "-" and the epoch's 8 hexadecimal digits:
 *   id: <id>\nevent: snapshot\ndata: {"sales":[…],"now":…}\n\n
 *   id: <id>\nevent: stock\ndata: {"sale","free","held","sold","version"}\n\n
 *   id: <id>\nevent: goal\ndata: {"sale","joined","formed","version"}\n\n
 *   id: <id>\nevent: state\ndata: {"sale","state","version"}\n\n
 *   id: <id>\nevent: served\ndata: {"sale","number"}\n\n
 */
int fs_answer_snapshot(char *buf, size_t size, fs_seq_t seq, uint32_t epoch,
    const fs_sale_t *sales, size_t n, int64_t now);
int fs_answer_stock(char *buf, size_t size, fs_seq_t seq, uint32_t epoch,
    const fs_sale_t *sale);
int fs_answer_goal(char *buf, size_t size, fs_seq_t seq, uint32_t epoch,
    const fs_sale_t *sale);
int fs_answer_state(char *buf, size_t size, fs_seq_t seq, uint32_t epoch,
    const fs_sale_t *sale);
int fs_answer_served(char *buf, size_t size, fs_seq_t seq, uint32_t epoch,
    const fs_sale_t *sale, uint32_t number);

/*
 * Of a room; they are of no entry, so they have no id:
 *   event: room\ndata: {"state","pin","viewers"}\n\n
 *   event: bought\ndata: {"name","sale","qty"}\n\n
 * pin of len 0: null.  name: as others see them, len 0: a neighbour.
 */
int fs_answer_room(char *buf, size_t size, const char *state,
    const fs_slug_t *pin, uint64_t viewers);
int fs_answer_bought(char *buf, size_t size, fs_str_t name,
    const fs_slug_t *sale, uint32_t qty);


/* origin.c: where a request says that it comes from, against whom it asks. */

/*
 * Is it an origin as browsers send it, of http or https?  1 or 0.  Letters are
 * small, a port is there unless it is the scheme's own, a name ends in no dot.
 */
int fs_origin_valid(fs_str_t origin);

/*
 * Is an Origin's host, with its port, that of the Host header?  1 or 0.  One
 * may say the port that its scheme has anyway, and the other not; letters may
 * be large, a name may end in a dot, and an address of IPv6 may be written in
 * several ways.  What TLS is ended by somebody else has its scheme in the
 * Origin alone, so that is what tells the port of both.
 */
int fs_origin_is_host(fs_str_t origin, fs_str_t host);


/*
 * pickups.c: the pickup points that a sale's document lists, and how a
 * request is told that it names none of them.  What is kept of them:
 * sheet/points.c.
 */

/* the points of a sale, as its document has them */
typedef struct {
    unsigned             n;
    fs_slug_t            slugs[FS_POINTS_MAX];
} fs_points_list_t;


/*
 * The `pickups` of a sale's document, each once, without what is no slug.
 * 0, or -1: more than FS_POINTS_MAX.
 */
int fs_points_read(fs_str_t doc, fs_points_list_t *list);

/* Say what BAD_REQUEST means when a pickup point was refused. */
void fs_points_fault(const fs_result_t *result, fs_fault_t *fault);


/* session.c: the `session` of a sale's document.  0, or -1: it has none. */
int fs_document_session(fs_str_t doc, fs_slug_t *session);


#pragma GCC visibility pop

#endif /* FS_TEXT_H */
