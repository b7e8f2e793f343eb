
/*
 * What the order service is told at the checkout, as variables, and that all
 * of it comes from here: docs/checkout.md is the contract.
 *
 * flashsale_pay notes the hold; the values are made when the first of them is
 * asked for, all at once, and stay the same for the request, because one of
 * them signs the others.
 */

#ifndef NGX_HTTP_FLASHSALE_CHECKOUT_H
#define NGX_HTTP_FLASHSALE_CHECKOUT_H

#include "http/ngx_http_flashsale_ctx.h"

#pragma GCC visibility push(hidden)


/* what the order service is told, in the order in which it is signed */
typedef enum {
    NGX_HTTP_FLASHSALE_CHECKOUT_HOLD = 0,
    NGX_HTTP_FLASHSALE_CHECKOUT_LINES,
    NGX_HTTP_FLASHSALE_CHECKOUT_AMOUNT,
    NGX_HTTP_FLASHSALE_CHECKOUT_BUYER,
    NGX_HTTP_FLASHSALE_CHECKOUT_RETURN,
    NGX_HTTP_FLASHSALE_CHECKOUT_EXPIRES,
    NGX_HTTP_FLASHSALE_CHECKOUT_SIGNED_N,

    NGX_HTTP_FLASHSALE_CHECKOUT_SIGNATURE =
                                         NGX_HTTP_FLASHSALE_CHECKOUT_SIGNED_N,
    NGX_HTTP_FLASHSALE_CHECKOUT_N
} ngx_http_flashsale_checkout_e;

/*
 * Room for what follows, before anything is moved: noting cannot fail.
 * NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_flashsale_checkout_create(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx);

/* Remember the hold with the names of its sales; the view is open. */
void ngx_http_flashsale_checkout_note(ngx_http_flashsale_ctx_t *ctx,
    const fs_hold_t *hold, fs_view_t *view);

/* a variable's get handler; data is one of the above */
ngx_int_t ngx_http_flashsale_checkout_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);

char *ngx_http_flashsale_checkout_return(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_flashsale_checkout_buyer(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* When all is read: a signature that is used has to have its secret. */
ngx_int_t ngx_http_flashsale_checkout_check(ngx_conf_t *cf);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_CHECKOUT_H */
