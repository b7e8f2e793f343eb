
/*
 * The operator's side, signed.  Its commands may be large, so they do not go
 * through the ring: this worker's own commit thread applies them.
 */

#ifndef NGX_HTTP_FLASHSALE_ADMIN_H
#define NGX_HTTP_FLASHSALE_ADMIN_H

#include "api/ngx_http_flashsale_endpoint.h"

#pragma GCC visibility push(hidden)


/* GET documents/KIND?after=ID&limit=N */
ngx_int_t ngx_http_flashsale_documents_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);

/* GET documents/KIND/ID */
ngx_int_t ngx_http_flashsale_document_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);

fs_outcome_t ngx_http_flashsale_admin_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view);

/* each: what is told when it is done */
void ngx_http_flashsale_sale_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);
void ngx_http_flashsale_document_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);
void ngx_http_flashsale_life_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);
void ngx_http_flashsale_nothing_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_ADMIN_H */
