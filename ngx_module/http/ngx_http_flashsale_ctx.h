
/*
 * What a request has of ours.
 */

#ifndef NGX_HTTP_FLASHSALE_CTX_H
#define NGX_HTTP_FLASHSALE_CTX_H

#include "worker/ngx_http_flashsale_worker.h"
#include "core/base/command.h"

#pragma GCC visibility push(hidden)


typedef struct ngx_http_flashsale_ctx_s       ngx_http_flashsale_ctx_t;

/* of other rooms: here they are only kept */
typedef struct ngx_http_flashsale_endpoint_s  ngx_http_flashsale_endpoint_t;
typedef struct ngx_http_flashsale_checkout_s  ngx_http_flashsale_checkout_t;

/* Build the answer from a result; a view may be open or not (view->store
 * NULL). */
typedef void (*ngx_http_flashsale_done_pt)(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);

/* headers of a request that the module looks at, found in one walk */
typedef struct {
    ngx_str_t                        key;           /* Idempotency-Key */
    ngx_str_t                        signature;
    ngx_str_t                        sec_fetch_site;
    ngx_str_t                        origin;
    ngx_str_t                        last_event_id;
    ngx_str_t                        content_type;
    int                              media;         /* of
                                                       ..._flashsale_media() */
    unsigned                         cookie:1;
    unsigned                         repeated:1;    /* key or signature
                                                       given twice */
} ngx_http_flashsale_headers_t;

typedef struct {
    ngx_uint_t                       status;
    ngx_str_t                        type;          /* Content-Type */
    ngx_str_t                        location;      /* len 0: none */
    ngx_str_t                        etag;          /* len 0: none */
    const char                      *cache;         /* NULL: none */
    const char                      *allow;         /* NULL: none */
    ngx_buf_t                       *body;          /* NULL: none */
    const char                      *challenge;     /* NULL: none */
    ngx_uint_t                       retry;         /* Retry-After, seconds;
                                                       0: none */
    unsigned                         replayed:1;
} ngx_http_flashsale_answer_t;

struct ngx_http_flashsale_ctx_s {
    ngx_http_request_t              *request;
    ngx_http_flashsale_answer_t      answer;
    ngx_http_flashsale_headers_t     headers;
    unsigned                         headers_read:1;
    unsigned                         counted:1;     /* outcome is known */
    unsigned                         form:1;        /* answer 303 */
    unsigned                         has_hold:1;
    unsigned                         has_amount:1;
    unsigned                         waited:1;
    unsigned                         queued:1;      /* in a queue below */
    unsigned                         parked:1;      /* once at least */
    unsigned                         cleanup:1;     /* registered */
    unsigned                         paid:1;        /* flashsale_pay: went
                                                       through */
    unsigned                         answered:1;    /* by this module */
    unsigned                         refused:1;     /* nginx's page is to be
                                                       replaced */
    ngx_uint_t                       status;        /* of a problem document,
                                                       0: its outcome's */
    ngx_http_flashsale_checkout_t   *checkout;      /* flashsale_pay's */
    fs_outcome_t                     outcome;       /* $flashsale_code */
    fs_str_t                         identity;      /* of flashsale_user, in
                                                       the request's pool */
    uint8_t                          buyer[FS_BUYER_LEN];
    char                             hold[FS_HOLD_ID_LEN];
    fs_slug_t                        sale;
    int64_t                          amount;        /* fen */
    fs_seq_t                         seq;           /* of the hold asked
                                                       about */
    uint32_t                         epoch;         /* and its id's */
    int64_t                          wait_us;

    /* what was asked for: the names that its path has in it */
    const ngx_http_flashsale_endpoint_t  *endpoint;
    fs_str_t                         names[2];

    /* parked, its body on its way, or about to be answered */
    ngx_queue_t                      queue;
    ngx_uint_t                      *counter;       /* of such requests;
                                                       NULL: not counted */
    ngx_msec_t                       parked_at;
    void                           (*resume)(ngx_http_request_t *r);
    ngx_http_client_body_handler_pt  body;          /* when it is there */

    /* waiting for a commit */
    ngx_http_flashsale_ctx_t       **wait;          /* where it is known;
                                                       NULL: nowhere */
    ngx_http_flashsale_done_pt       done;
    void                           (*finish)(ngx_http_request_t *r);
    void                            *data;          /* the handler's own */
    const char                      *told;          /* an operator's; while
                                                       done() runs */
};


/* This request's context, or NULL. */
#define ngx_http_flashsale_get_ctx(r)                                        \
    ((ngx_http_flashsale_ctx_t *)                                            \
         ngx_http_get_module_ctx(r, (*ngx_http_flashsale_self)))

/* The same, made when it is not there.  NULL: no memory. */
ngx_http_flashsale_ctx_t *ngx_http_flashsale_ctx(ngx_http_request_t *r);

/* When the request goes it leaves its queue, its count and its wait.  Once a
 * request.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_flashsale_cleanup(ngx_http_flashsale_ctx_t *ctx);

/* It is one less of those that ctx->counter counts, if any. */
void ngx_http_flashsale_counted(ngx_http_flashsale_ctx_t *ctx);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_CTX_H */
