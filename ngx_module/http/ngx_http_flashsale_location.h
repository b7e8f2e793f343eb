
/*
 * Addresses to which a form is sent on.  What no address has in it is escaped;
 * all are in the request's pool.
 */

#ifndef NGX_HTTP_FLASHSALE_LOCATION_H
#define NGX_HTTP_FLASHSALE_LOCATION_H

#include "http/ngx_http_flashsale_ctx.h"

#pragma GCC visibility push(hidden)


/* Where flashsale_redirect says.  NGX_DECLINED: nowhere. */
ngx_int_t ngx_http_flashsale_redirect(ngx_http_request_t *r,
    ngx_str_t *location);

/* Below the location of the API; and that of the context's hold. */
ngx_int_t ngx_http_flashsale_location(ngx_http_request_t *r,
    const char *path, const char *id, size_t id_len, ngx_str_t *location);
ngx_int_t ngx_http_flashsale_hold_location(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_str_t *location);

/* ?name=word or &name=word, before a fragment; without memory it stays. */
void ngx_http_flashsale_add_word(ngx_http_request_t *r, ngx_str_t *location,
    const char *name, const char *word);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_LOCATION_H */
