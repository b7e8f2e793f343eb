
/*
 * What a buyer gives of themself, asks for and has erased: the contact.
 */

#ifndef NGX_HTTP_FLASHSALE_ME_H
#define NGX_HTTP_FLASHSALE_ME_H

#include "api/ngx_http_flashsale_api.h"
#include "core/text/person.h"

#pragma GCC visibility push(hidden)


ngx_int_t ngx_http_flashsale_me_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);
fs_outcome_t ngx_http_flashsale_me_leave(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view);
fs_outcome_t ngx_http_flashsale_contact_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view);

/* PUT admin/contacts/PSEUDONYM: of somebody who has no phone */
fs_outcome_t ngx_http_flashsale_contact_put(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view);

/* The answer to GET me, of FS_PERSON_JSON_MAX bytes.  OK and *len; else why
 * it cannot be told. */
fs_outcome_t ngx_http_flashsale_me(ngx_http_flashsale_worker_t *worker,
    const uint8_t *buyer, char *text, int *len);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_ME_H */
