
/*
 * flashsale_newcomer: whoever got an identity a moment ago waits for the first
 * reservation.  Asked on each way in, by HTTP and from Lua; the rule itself is
 * the core's.
 */

#ifndef NGX_HTTP_FLASHSALE_NEWCOMER_H
#define NGX_HTTP_FLASHSALE_NEWCOMER_H

#include "http/ngx_http_flashsale_ctx.h"

#pragma GCC visibility push(hidden)


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


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_NEWCOMER_H */
