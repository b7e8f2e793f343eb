
/*
 * What is said in rooms: buyers' comments, what hosts do about them, and what
 * is noted of people's doings.
 */

#ifndef NGX_HTTP_FLASHSALE_COMMENTS_H
#define NGX_HTTP_FLASHSALE_COMMENTS_H

#include "api/ngx_http_flashsale_api.h"

#pragma GCC visibility push(hidden)


/* POST sessions/ID/comments, keyed */
fs_outcome_t ngx_http_flashsale_comment_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view);

/* POST admin/sessions/ID/mute, /remove, /answer, keyed */
fs_outcome_t ngx_http_flashsale_mute_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view);
fs_outcome_t ngx_http_flashsale_remove_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view);
fs_outcome_t ngx_http_flashsale_reply_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view);

/* GET sessions/ID/comments?after=&limit= */
ngx_int_t ngx_http_flashsale_comments_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);

/* GET activity?after=&limit= */
ngx_int_t ngx_http_flashsale_activity_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_COMMENTS_H */
