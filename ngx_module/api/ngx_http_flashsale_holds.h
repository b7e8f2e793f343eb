
/*
 * The buyer's holds: asking for one, reading, changing, releasing.
 */

#ifndef NGX_HTTP_FLASHSALE_HOLDS_H
#define NGX_HTTP_FLASHSALE_HOLDS_H

#include "api/ngx_http_flashsale_endpoint.h"

#pragma GCC visibility push(hidden)


/* GET holds/ID, ctx->seq */
ngx_int_t ngx_http_flashsale_hold_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);

/* GET holds?before=ID&limit=N */
ngx_int_t ngx_http_flashsale_holds_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);

fs_outcome_t ngx_http_flashsale_hold_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view);

void ngx_http_flashsale_hold_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);

/*
 * Whether a hold that was asked for may wait for a commit, wherever it was
 * asked: the command has its buyer and key, and gets the rest.  As of an
 * ngx_http_flashsale_write_pt; OK: the view is closed.
 */
fs_outcome_t ngx_http_flashsale_admit(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t identity,
    const fs_hold_request_t *request, fs_command_t *command,
    fs_refusal_t *refusal, fs_view_t *view);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_HOLDS_H */
