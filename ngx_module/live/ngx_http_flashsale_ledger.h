
/*
 * The change feed: ledger entries in order, up to the durable mark, as lines
 * of JSON.  A request that finds nothing new may wait for it (long poll).
 */

#ifndef NGX_HTTP_FLASHSALE_LEDGER_H
#define NGX_HTTP_FLASHSALE_LEDGER_H

#include "http/ngx_http_flashsale_ctx.h"

#pragma GCC visibility push(hidden)


extern const ngx_http_flashsale_part_t  ngx_http_flashsale_ledger_part;

/* the signature is checked, the store open */
ngx_int_t ngx_http_flashsale_ledger(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_LEDGER_H */
