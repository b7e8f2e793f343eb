
/*
 * flashsale_pay: what has to be so before a checkout's own content.
 *
 * It runs after access control, and it changes the state only on POST: a hold
 * moves to `paying`, and when that is durable the location's proxy_pass goes
 * on.  The body is left for it.
 */

#ifndef NGX_HTTP_FLASHSALE_PAY_H
#define NGX_HTTP_FLASHSALE_PAY_H

#include "http/ngx_http_flashsale_ctx.h"

#pragma GCC visibility push(hidden)


char *ngx_http_flashsale_pay(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* PRECONTENT */
ngx_int_t ngx_http_flashsale_pay_handler(ngx_http_request_t *r);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_PAY_H */
