
/*
 * Requests: JSON (yajl) and forms into plain structures.  Limits on size,
 * depth, duplicate and unknown fields, number range and UTF-8 are checked
 * here and nowhere else.  Strings in the results lie in the request's own
 * `text`, so the body may go away.
 */

#ifndef FS_REQUEST_H
#define FS_REQUEST_H

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


#define FS_BODY_MAX        16384        /* buyer's and order service's */
#define FS_BODY_ADMIN_MAX  (FS_DOC_MAX + 8192)
#define FS_DEPTH_MAX       32           /* of a document; the other requests
                                           nest as their fields say */

/* What is wrong with a request: `field` and `rule` of the problem document. */
typedef struct {
    fs_outcome_t         outcome;       /* OK: nothing */
    char                 field[64];     /* may be empty: the whole body */
    char                 rule[128];     /* in words, e.g. "is a whole number
                                           from 1 to 10000" */
} fs_fault_t;

typedef struct {
    fs_slug_t            sale;
    uint32_t             qty;
} fs_request_line_t;

typedef struct {
    unsigned             lines_n;
    fs_request_line_t    lines[FS_LINES_MAX];  /* one sale twice: added up */
    fs_slug_t            pickup;        /* len 0: none */
    /* forms only */
    uint16_t             key_len;       /* idempotency_key */
    char                 key[FS_KEY_MAX];
    uint16_t             csrf_len;
    char                 csrf[FS_KEY_MAX];
} fs_hold_request_t;

typedef struct {
    uint16_t             reference_len;  /* payment or refund */
    char                 reference[FS_REFERENCE_MAX];
    uint16_t             payment_len;   /* refunded: which, optional */
    char                 payment[FS_REFERENCE_MAX];
    int64_t              paid_fen;
} fs_order_request_t;

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
    fs_str_t             doc;           /* points into the body: the value's
                                           own bytes; data NULL: absent */
} fs_sale_request_t;


/* Each: 0 and the request, or -1 and the fault. */

/* {"sale","qty","pickup"} or {"lines":[{"sale","qty"},…],"pickup"} */
int fs_request_hold(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault);

/* sale=…&qty=…&pickup=…&idempotency_key=…&csrf=…; more lines: sale and qty
 * repeated, in pairs */
int fs_request_hold_form(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault);

/* a form of a page that needs only idempotency_key and csrf, both optional */
int fs_request_plain_form(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault);

/* {"pickup"}: another pickup point; no lines */
int fs_request_point(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault);

/* pickup=…&idempotency_key=…&csrf=… */
int fs_request_point_form(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault);

/* {"payment","paid_fen"} */
int fs_request_confirm(fs_str_t body, fs_order_request_t *request,
    fs_fault_t *fault);

/* {"refund"} and optionally {"payment"} */
int fs_request_refunded(fs_str_t body, fs_order_request_t *request,
    fs_fault_t *fault);

/* nothing, or {} */
int fs_request_empty(fs_str_t body, fs_fault_t *fault);

/* PUT /admin/sales/ID; price_fen and stock must be there; null: as absent */
int fs_request_sale(fs_str_t body, fs_sale_request_t *request,
    fs_fault_t *fault);

/* {"add":50}; from -FS_STOCK_MAX to FS_STOCK_MAX */
int fs_request_stock(fs_str_t body, int64_t *add, fs_fault_t *fault);

/* Any JSON object within the limits: for documents. */
int fs_request_document(fs_str_t body, fs_fault_t *fault);

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

/* A whole decimal number within the range.  0 or -1. */
int fs_number_parse(fs_str_t str, int64_t min, int64_t max, int64_t *value);

/* 1-128 visible ASCII characters.  1 or 0. */
int fs_key_valid(fs_str_t key);


#pragma GCC visibility pop

#endif /* FS_REQUEST_H */
