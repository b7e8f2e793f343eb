
/*
 * GET /admin/audit: the core's audit on a thread of its own, one at a time
 * in a worker.  Who asks while one is running waits for the next, so that an
 * answer never speaks of a time before its question.
 */

#ifndef NGX_HTTP_FLASHSALE_AUDIT_H
#define NGX_HTTP_FLASHSALE_AUDIT_H

#include "http/ngx_http_flashsale_ctx.h"

#pragma GCC visibility push(hidden)


extern const ngx_http_flashsale_part_t  ngx_http_flashsale_audit_part;

/* the signature is checked, the store open */
ngx_int_t ngx_http_flashsale_audit(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_AUDIT_H */
