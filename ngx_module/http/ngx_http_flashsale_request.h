
/*
 * Requests: headers, bodies, who asks, and whether they may.
 */

#ifndef NGX_HTTP_FLASHSALE_REQUEST_H
#define NGX_HTTP_FLASHSALE_REQUEST_H

#include "http/ngx_http_flashsale_ctx.h"
#include "core/text/text.h"

#pragma GCC visibility push(hidden)


/* of a list */
#define NGX_HTTP_FLASHSALE_PAGE      20
#define NGX_HTTP_FLASHSALE_PAGE_MAX  100


/* The path below the location's prefix. */
fs_str_t ngx_http_flashsale_below(ngx_http_request_t *r);

#define ngx_http_flashsale_args(r)  ngx_http_flashsale_str(&(r)->args)

ngx_http_flashsale_headers_t *ngx_http_flashsale_headers(
    ngx_http_request_t *r, ngx_http_flashsale_ctx_t *ctx);

/*
 * Read the body, at most `max` bytes, and then call handler, whose value is
 * finalized.  Returns what a content handler returns.
 */
ngx_int_t ngx_http_flashsale_read_body(ngx_http_request_t *r, off_t max,
    ngx_http_client_body_handler_pt handler);

/* The body in one piece.  OK, TOO_LARGE, INTERNAL. */
fs_outcome_t ngx_http_flashsale_body(ngx_http_request_t *r, off_t max,
    fs_str_t *body);

/*
 * A read_event_handler while a request waits: a client that is gone ends it,
 * one that has only closed its own side (all was sent) is still answered.
 */
void ngx_http_flashsale_reading(ngx_http_request_t *r);

/* Sets ctx->buyer.  OK or NO_BUYER, INTERNAL. */
fs_outcome_t ngx_http_flashsale_buyer(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_http_flashsale_worker_t *worker);

/* OK or CROSS_SITE: a write of a browser from another site, none of those that
 * "flashsale_origins" names. */
fs_outcome_t ngx_http_flashsale_same_site(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx);

/* 1: it is one of those that "flashsale_origins" names here. */
ngx_uint_t ngx_http_flashsale_origin_named(ngx_http_request_t *r,
    const ngx_str_t *origin);

/* JSON: 0, form: 1; else -1. */
int ngx_http_flashsale_media(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx);

/* For signed requests: OK, or BAD_MEDIA for a body said not to be JSON. */
fs_outcome_t ngx_http_flashsale_only_json(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body);

/*
 * What a write supposes: If-Match and If-None-Match, in the request's own
 * memory.  OK, or BAD_REQUEST and the fault.
 */
fs_outcome_t ngx_http_flashsale_condition(ngx_http_request_t *r,
    fs_condition_t *condition, fs_fault_t *fault);

/* The same of a hold, which has no entity tag: *unmet is 1 when it cannot be
 * as the request supposes. */
fs_outcome_t ngx_http_flashsale_unmet(ngx_http_request_t *r, uint8_t *unmet,
    fs_fault_t *fault);

/* A key as it has to be.  OK, or BAD_REQUEST and the fault. */
fs_outcome_t ngx_http_flashsale_key_valid(ngx_http_flashsale_ctx_t *ctx,
    fs_str_t key, fs_fault_t *fault);

/* Hash a key into the command.  OK, or BAD_REQUEST and the fault. */
fs_outcome_t ngx_http_flashsale_key(ngx_http_flashsale_ctx_t *ctx,
    ngx_http_flashsale_worker_t *worker, fs_str_t key, const uint8_t *buyer,
    uint8_t *hash, fs_fault_t *fault);

/* What tells a request from another with the same key: of its target and its
 * body, 8 bytes.  OK or INTERNAL. */
fs_outcome_t ngx_http_flashsale_fingerprint(ngx_http_request_t *r,
    fs_str_t body, uint8_t *fingerprint);

/* Set a BAD_REQUEST: texts within fs_fault_t's bounds. */
void ngx_http_flashsale_fault(fs_fault_t *fault, const char *field,
    const char *rule);

/* A number among the arguments: OK, *value stays when it is not there, or
 * BAD_REQUEST and the fault. */
fs_outcome_t ngx_http_flashsale_number(fs_str_t args, const char *name,
    int64_t min, int64_t max, int64_t *value, fs_fault_t *fault);

/* Which page of a list: `limit`, and, unless it is NULL, `after`, which has to
 * be what is said.  OK, or BAD_REQUEST and the fault. */
fs_outcome_t ngx_http_flashsale_page(fs_str_t args, const char *what,
    int64_t *limit, fs_slug_t *after, fs_fault_t *fault);

/* OK or BAD_SIGNATURE, by the role's secrets. */
fs_outcome_t ngx_http_flashsale_signed(ngx_http_request_t *r,
    ngx_http_flashsale_role_t role, fs_str_t body);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_REQUEST_H */
