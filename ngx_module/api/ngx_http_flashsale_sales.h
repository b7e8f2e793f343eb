
/*
 * Reading sales, for buyers and for operators.
 */

#ifndef NGX_HTTP_FLASHSALE_SALES_H
#define NGX_HTTP_FLASHSALE_SALES_H

#include "http/ngx_http_flashsale_ctx.h"

#pragma GCC visibility push(hidden)


/* GET sales?after=ID&limit=N */
ngx_int_t ngx_http_flashsale_sales(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);

/* GET sales/ID */
ngx_int_t ngx_http_flashsale_sale(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_SALES_H */
