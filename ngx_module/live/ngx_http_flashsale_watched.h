
/*
 * Who looks at what, and how long, as far as it is known who it is: a stream
 * that is opened is a view, and one of a session that ends says for how long
 * it was watched.
 */

#ifndef NGX_HTTP_FLASHSALE_WATCHED_H
#define NGX_HTTP_FLASHSALE_WATCHED_H

#include "http/ngx_http_flashsale_ctx.h"

#pragma GCC visibility push(hidden)


/*
 * A stream has begun, of a session, or (len 0) of n sales: one alone is what
 * is looked at.
 */
void ngx_http_flashsale_watched(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker, const fs_slug_t *session,
    const fs_sale_t *sales, size_t n);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_WATCHED_H */
