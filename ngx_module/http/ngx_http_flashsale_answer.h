
/*
 * Answers: JSON, problem documents, 303 for forms.  What is said is the
 * core's; here it gets its headers.
 */

#ifndef NGX_HTTP_FLASHSALE_ANSWER_H
#define NGX_HTTP_FLASHSALE_ANSWER_H

#include "http/ngx_http_flashsale_ctx.h"

#pragma GCC visibility push(hidden)


/* Count the outcome and set $flashsale_code; once a request. */
void ngx_http_flashsale_outcome(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_outcome_t outcome);

/*
 * Each builds ctx->answer, to be sent when no view is open.  fault, result
 * and view may be NULL.
 */
void ngx_http_flashsale_answer_problem(ngx_http_request_t *r,
    fs_outcome_t outcome, const fs_fault_t *fault, const fs_result_t *result,
    fs_view_t *view);
void ngx_http_flashsale_answer_hold(ngx_http_request_t *r,
    fs_outcome_t outcome, const fs_hold_t *hold, fs_view_t *view);
/* terms, seed, lot: as of fs_answer_operators_sale(). */
void ngx_http_flashsale_answer_sale(ngx_http_request_t *r,
    fs_outcome_t outcome, const fs_sale_t *sale, fs_str_t terms,
    const fs_shown_seed_t *seed, ngx_uint_t public, unsigned lot);
/* A text of the core's, len -1: it could not be made.  To a form: a 303, to
 * where flashsale_redirect says or else `to`, below the API's location. */
void ngx_http_flashsale_answer_plain(ngx_http_request_t *r,
    fs_outcome_t outcome, const char *text, int len, const char *to);
void ngx_http_flashsale_answer_etag(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, const fs_etag_t *etag);
void ngx_http_flashsale_answer_json(ngx_http_request_t *r,
    fs_outcome_t outcome, ngx_buf_t *body, const char *cache);

/* Put ctx->answer's status and headers into the response. */
ngx_int_t ngx_http_flashsale_answer_headers(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx);

/* Send ctx->answer.  Returns what is to be finalized. */
ngx_int_t ngx_http_flashsale_send(ngx_http_request_t *r);

/* The same of a text in pieces, 200; out NULL: it is empty.  cache may be
 * NULL. */
ngx_int_t ngx_http_flashsale_send_text(ngx_http_request_t *r,
    const char *type, const char *cache, ngx_chain_t *out);

/* What every answer begins with.  size -1: it is not known. */
void ngx_http_flashsale_head(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, off_t size);

/* Build and send a problem: for handlers, no view open. */
ngx_int_t ngx_http_flashsale_problem(ngx_http_request_t *r,
    fs_outcome_t outcome, const fs_fault_t *fault);

/* As above, 405 with Allow: the methods, as in "GET, HEAD". */
ngx_int_t ngx_http_flashsale_not_allowed(ngx_http_request_t *r,
    const char *allow);

/* One header of the answer.  name and value must last.  NGX_OK or ERROR. */
ngx_int_t ngx_http_flashsale_add_header(ngx_http_request_t *r,
    const char *name, size_t name_len, const char *value, size_t value_len);

#define ngx_http_flashsale_header(r, name, value, len)                       \
    ngx_http_flashsale_add_header(r, name, sizeof(name) - 1, value, len)

/* Remember what a hold says for the variables. */
void ngx_http_flashsale_note_hold(ngx_http_flashsale_ctx_t *ctx,
    ngx_http_flashsale_worker_t *worker, const fs_hold_t *hold,
    fs_view_t *view);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_ANSWER_H */
