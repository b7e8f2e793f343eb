
/*
 * What an endpoint is: a method on a path, who may use it, and what becomes
 * of it.  The one table of them is in ngx_http_flashsale_endpoints.c.
 */

#ifndef NGX_HTTP_FLASHSALE_ENDPOINT_H
#define NGX_HTTP_FLASHSALE_ENDPOINT_H

#include "http/ngx_http_flashsale_park.h"
#include "core/read/admit.h"
#include "core/text/request.h"

#pragma GCC visibility push(hidden)


/* a body, parsed */
typedef union {
    fs_hold_request_t    hold;
    fs_order_request_t   order;
    struct {                            /* an operator's */
        fs_sale_request_t    sale;
        int64_t              add;
    };
} ngx_http_flashsale_asked_t;

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
    ngx_uint_t                   keyed; /* it counts once, and has a body */
    ngx_http_flashsale_parse_pt  parse;
    ngx_http_flashsale_parse_pt  form;  /* NULL: it is no form */
    ngx_http_flashsale_done_pt   done;  /* build the answer when it is */
};


/* For waits: the answer to an endpoint's command, its `done` or a problem. */
void ngx_http_flashsale_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_ENDPOINT_H */
