
/*
 * GET events: the request of a stream, up to its first text.  From there on
 * it is a viewer.
 */

#ifndef NGX_HTTP_FLASHSALE_EVENTS_H
#define NGX_HTTP_FLASHSALE_EVENTS_H

#include "http/ngx_http_flashsale_ctx.h"

#pragma GCC visibility push(hidden)


/* the store is open */
ngx_int_t ngx_http_flashsale_events(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_EVENTS_H */
