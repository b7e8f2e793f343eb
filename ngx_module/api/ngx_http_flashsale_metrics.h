
/*
 * GET /metrics: Prometheus text.  Counters are summed over the rings' sets in
 * the shared zone; gauges come from the store at this instant.
 */

#ifndef NGX_HTTP_FLASHSALE_METRICS_H
#define NGX_HTTP_FLASHSALE_METRICS_H

#include "http/ngx_http_flashsale_ctx.h"

#pragma GCC visibility push(hidden)


/* worker may be NULL, and its store not open */
ngx_int_t ngx_http_flashsale_metrics(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_METRICS_H */
