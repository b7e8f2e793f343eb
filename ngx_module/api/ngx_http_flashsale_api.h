
/*
 * What the module answers: its endpoints, and what each of them is.
 */

#ifndef NGX_HTTP_FLASHSALE_API_H
#define NGX_HTTP_FLASHSALE_API_H

#include "conf/ngx_http_flashsale_conf.h"
#include "core/read/admit.h"
#include "core/text/draws.h"
#include "core/text/text.h"
#include "http/ngx_http_flashsale_ctx.h"
#include "http/ngx_http_flashsale_park.h"

#pragma GCC visibility push(hidden)


/*
 * ngx_http_flashsale_endpoint.c: what an endpoint is: a method on a path, who
 * may use it, and what becomes of it.  The one table of them is in
 * ngx_http_flashsale_endpoints.c.
 */

/* a body, parsed */
typedef union {
    fs_hold_request_t    hold;
    fs_order_for_request_t  order_for;
    fs_grant_request_t   grant;
    fs_order_request_t   order;
    fs_contact_request_t contact;
    fs_comment_request_t comment;
    fs_refund_request_t  refund;
    fs_claim_request_t   claim;
    fs_hand_over_request_t  handed;
    uint8_t              accept;
    struct {                            /* an operator's */
        fs_sale_request_t    sale;
        int64_t              add;
    };
    uint8_t              beacon[FS_HASH_LEN];
    fs_reason_request_t  reason;
    fs_wave_request_t    wave;
    fs_receive_request_t receive;
    fs_slug_t            pin;
} ngx_http_flashsale_asked_t;

/* whether a write takes an Idempotency-Key */
typedef enum {
    NGX_HTTP_FLASHSALE_UNKEYED = 0,     /* the same twice is the same once */
    NGX_HTTP_FLASHSALE_KEYED,           /* it counts once, and has a body */
    NGX_HTTP_FLASHSALE_KEYABLE          /* it may have one, and no body */
} ngx_http_flashsale_keyed_t;

/* 0, or -1 and the fault. */
typedef int (*ngx_http_flashsale_parse_pt)(fs_str_t body,
    ngx_http_flashsale_asked_t *asked, fs_fault_t *fault);

/* The store is open.  What a content handler returns. */
typedef ngx_int_t (*ngx_http_flashsale_read_pt)(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);

/*
 * A write whose body is there, asked for by one who may.  OK: its command is
 * on its way.  Otherwise what to answer, with *refusal, zeroed before, and
 * the view when it was opened: the caller closes it.
 */
typedef fs_outcome_t (*ngx_http_flashsale_write_pt)(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view);

struct ngx_http_flashsale_endpoint_s {
    ngx_http_flashsale_place_t   place;
    const char                  *path;  /* below the location's: "*" is a
                                           name up to the next slash, "+" the
                                           same and not empty, ">" all but
                                           what follows in the path */
    ngx_uint_t                   method;
    ngx_http_flashsale_role_t    who;
    ngx_http_flashsale_need_t    need;

    ngx_http_flashsale_read_pt   read;  /* NULL: a write, which has */

    fs_command_type_t            command;
    ngx_http_flashsale_keyed_t   keyed;
    ngx_http_flashsale_parse_pt  parse;
    ngx_http_flashsale_parse_pt  form;  /* NULL: it is no form */
    ngx_http_flashsale_done_pt   done;  /* build the answer when it is */
    ngx_http_flashsale_write_pt  write; /* NULL: as who writes does */
};


/* Read a body as the endpoint does, or its form.  0; -1 and *fault. */
int ngx_http_flashsale_asked(ngx_http_flashsale_ctx_t *ctx, fs_str_t body,
    ngx_http_flashsale_asked_t *asked, fs_fault_t *fault);

/* For waits: the answer to an endpoint's command, its `done` or a problem. */
void ngx_http_flashsale_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);


/*
 * ngx_http_flashsale_endpoints.c: the one way in: what each location of this
 * module answers.
 */

/* the content handler of all places but "flashsale_problem" */
ngx_int_t ngx_http_flashsale_endpoints(ngx_http_request_t *r);


/*
 * ngx_http_flashsale_holds.c: the buyer's holds: asking for one, reading,
 * changing, releasing.
 */

/* GET holds/ID, ctx->seq */
ngx_int_t ngx_http_flashsale_hold_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);

/* GET holds?before=ID&limit=N */
ngx_int_t ngx_http_flashsale_holds_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);

/* The key of the header, or else of the form; data NULL: none. */
fs_str_t ngx_http_flashsale_hold_key(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, const char *form_key, size_t form_key_len);

/* GET gifts?before=ID&limit=N */
ngx_int_t ngx_http_flashsale_gifts_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);

fs_outcome_t ngx_http_flashsale_hold_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view);

/* POST holds/ID/gift */
fs_outcome_t ngx_http_flashsale_gift_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view);

void ngx_http_flashsale_hold_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);

/* POST holds/ID/claims, keyed, and what is told of the claim */
fs_outcome_t ngx_http_flashsale_claim_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view);
void ngx_http_flashsale_claim_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);

/*
 * Whether a hold that was asked for may wait for a commit, wherever it was
 * asked: the command has its buyer, and gets the rest; the key, len 0: none,
 * is valid.  As of an ngx_http_flashsale_write_pt; OK: the view is closed.
 */
fs_outcome_t ngx_http_flashsale_admit(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t identity, fs_str_t key,
    const fs_hold_request_t *request, fs_command_t *command,
    fs_refusal_t *refusal, fs_view_t *view);


/*
 * ngx_http_flashsale_link.c: an order's private link, see
 * core/read/view_link.h.
 */

fs_outcome_t ngx_http_flashsale_link_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view);
void ngx_http_flashsale_link_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);

/*
 * Whether who asks has a link, `link=TAG` behind the path.  1: *outcome: OK:
 * they are as the order's buyer, in ctx->buyer; else what to answer.
 */
ngx_uint_t ngx_http_flashsale_by_link(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_http_flashsale_worker_t *worker,
    fs_outcome_t *outcome);


/*
 * ngx_http_flashsale_order_for.c: POST admin/holds: somebody who serves orders
 * asks for a hold of somebody else, who may have paid in cash.
 */

fs_outcome_t ngx_http_flashsale_order_for_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view);


/* POST admin/sales/ID/grant: the same of what is given. */
fs_outcome_t ngx_http_flashsale_grant_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view);


/*
 * ngx_http_flashsale_newcomer.c: flashsale_newcomer: whoever got an identity
 * a moment ago waits for the first reservation.  Asked on each way in, by
 * HTTP and from Lua; the rule itself is the core's.
 */

/* the variables $flashsale_newcomer_wait, $flashsale_newcomer_work */
#define NGX_HTTP_FLASHSALE_NEWCOMER_WAIT  0
#define NGX_HTTP_FLASHSALE_NEWCOMER_WORK  1

ngx_int_t ngx_http_flashsale_newcomer_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);

char *ngx_http_flashsale_newcomer(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * May this identity reserve here?  OK, or TOO_FAST with result->at, which is
 * when, and Retry-After in ctx->answer; or INTERNAL.
 */
fs_outcome_t ngx_http_flashsale_newcomer_check(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_http_flashsale_worker_t *worker,
    fs_str_t identity, fs_result_t *result);


/*
 * ngx_http_flashsale_referral.c: flashsale_referral: of whom it may count that
 * they came by a neighbour's code.
 */

char *ngx_http_flashsale_referral(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Whether it may, into command->counts.  What cannot be known does not
 * count: it stops nobody from buying. */
void ngx_http_flashsale_referral_check(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker, fs_view_t *view,
    fs_command_t *command);


/*
 * ngx_http_flashsale_orders.c: the order service's side, signed: what happens
 * to a payment.
 */

fs_outcome_t ngx_http_flashsale_order_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view);

/* the answers to a confirmation and to a hand-over; to others it is the hold,
 * as it is to a hand-over of version 1 */
void ngx_http_flashsale_confirm_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);
void ngx_http_flashsale_handed_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);


/*
 * ngx_http_flashsale_admin.c: the operator's side, signed.  Its commands may
 * be large, so they do not go through the ring: this worker's own commit
 * thread applies them.
 */

/* An operator's command and all its texts in one piece, for another thread.
 * NULL: no memory. */
ngx_http_flashsale_job_t *ngx_http_flashsale_admin_job(
    const fs_operator_t *op);

/* GET documents/KIND?after=ID&limit=N */
ngx_int_t ngx_http_flashsale_documents_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);

/* GET documents/KIND/ID */
ngx_int_t ngx_http_flashsale_document_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);

fs_outcome_t ngx_http_flashsale_admin_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view);

/* each: what is told when it is done */
void ngx_http_flashsale_sale_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);
void ngx_http_flashsale_document_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);
void ngx_http_flashsale_orders_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);
void ngx_http_flashsale_life_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);
void ngx_http_flashsale_nothing_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);


/*
 * ngx_http_flashsale_waves.c: what is to come to pickup points: waves, and
 * lines by where their goods are.
 */

/* GET waves/ID, and what is told of a wave that was changed */
ngx_int_t ngx_http_flashsale_wave_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);
void ngx_http_flashsale_wave_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);

/* GET waves?after=ID&limit=N */
ngx_int_t ngx_http_flashsale_waves_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);

/* GET pickups/ID/lines?goods=…&after=…&limit=N */
ngx_int_t ngx_http_flashsale_lines_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);


/*
 * ngx_http_flashsale_room.c: POST sessions/ID/start, /pin, /end, and what is
 * told of the room.
 */

void ngx_http_flashsale_room_op(ngx_http_flashsale_ctx_t *ctx,
    const ngx_http_flashsale_asked_t *asked, fs_operator_t *op);
void ngx_http_flashsale_room_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);


/* ngx_http_flashsale_sales.c: reading sales, for buyers and for operators. */

/* GET sales?after=ID&limit=N */
ngx_int_t ngx_http_flashsale_sales(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);

/* GET sales/ID */
ngx_int_t ngx_http_flashsale_sale(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);


/* ngx_http_flashsale_draws.c: draws of tickets, and how they are told. */

/* GET sales/ID/draw */
ngx_int_t ngx_http_flashsale_draw(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);
void ngx_http_flashsale_draw_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);


/*
 * ngx_http_flashsale_metrics.c: GET /metrics: Prometheus text.  Counters are
 * summed over the rings' sets in the shared zone; gauges come from the store
 * at this instant.
 */

/* worker may be NULL, and its store not open */
ngx_int_t ngx_http_flashsale_metrics(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_API_H */
