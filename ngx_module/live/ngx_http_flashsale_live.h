
/*
 * The requests that last: streams of events, the feed, the audit.
 */

#ifndef NGX_HTTP_FLASHSALE_LIVE_H
#define NGX_HTTP_FLASHSALE_LIVE_H

#include "http/ngx_http_flashsale_ctx.h"

#pragma GCC visibility push(hidden)


/*
 * ngx_http_flashsale_events.c: GET events: the request of a stream, up to its
 * first text.  From there on it is a viewer.
 */

/* the store is open */
ngx_int_t ngx_http_flashsale_events(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);


/*
 * ngx_http_flashsale_ledger.c: the change feed: ledger entries in order, up
 * to the durable mark, as lines of JSON.  A request that finds nothing new
 * may wait for it (long poll).
 */

extern const ngx_http_flashsale_part_t  ngx_http_flashsale_ledger_part;

/* the signature is checked, the store open */
ngx_int_t ngx_http_flashsale_ledger(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);


/*
 * ngx_http_flashsale_audit.c: GET /admin/audit: the core's audit on a thread
 * of its own, one at a time in a worker.  Who asks while one is running waits
 * for the next, so that an answer never speaks of a time before its question.
 */

extern const ngx_http_flashsale_part_t  ngx_http_flashsale_audit_part;

/* the signature is checked, the store open */
ngx_int_t ngx_http_flashsale_audit(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_LIVE_H */
