
/*
 * The order service's side, signed: what happens to a payment.
 */

#ifndef NGX_HTTP_FLASHSALE_ORDERS_H
#define NGX_HTTP_FLASHSALE_ORDERS_H

#include "api/ngx_http_flashsale_endpoint.h"

#pragma GCC visibility push(hidden)


fs_outcome_t ngx_http_flashsale_order_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view);

/* the answer to a confirmation; to others it is the hold */
void ngx_http_flashsale_confirm_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_ORDERS_H */
