
/*
 * Requests: JSON (yajl) into plain structures; form.h has the forms.  Limits
 * on size, depth, duplicate and unknown fields, number range and UTF-8 are
 * checked in these two, by the rules of json/field.h, and nowhere else.
 */

#ifndef FS_REQUEST_H
#define FS_REQUEST_H

#include "json/field.h"

#pragma GCC visibility push(hidden)


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

/* {"pickup"}: another pickup point; no lines */
int fs_request_point(fs_str_t body, fs_hold_request_t *request,
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

/* Finish a hold request, of JSON or a form: lines that name one sale become
 * one. */
int fs_hold_merge(fs_hold_request_t *request, fs_fault_t *fault);


#pragma GCC visibility pop

#endif /* FS_REQUEST_H */
