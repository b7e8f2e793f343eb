
/*
 * Viewers: requests that follow sales by server-sent events.
 */

#ifndef NGX_HTTP_FLASHSALE_VIEWERS_H
#define NGX_HTTP_FLASHSALE_VIEWERS_H

#include "http/ngx_http_flashsale_ctx.h"
#include "live/ngx_http_flashsale_channels.h"

#pragma GCC visibility push(hidden)


typedef struct ngx_http_flashsale_viewer_s  ngx_http_flashsale_viewer_t;

extern const ngx_http_flashsale_part_t  ngx_http_flashsale_events_part;


/*
 * Make the request a viewer of n sales, as they were in the view that its
 * first text was made from.  It lives in the request's pool.  NULL: no memory.
 */
ngx_http_flashsale_viewer_t *ngx_http_flashsale_viewer_join(
    ngx_http_flashsale_events_t *events, ngx_http_request_t *r,
    const fs_sale_t *sales, size_t n);

/*
 * Send the first text, after the header.  Takes the reference over.  NGX_OK,
 * or NGX_ERROR: the caller lets it leave and finalizes.
 */
ngx_int_t ngx_http_flashsale_viewer_start(
    ngx_http_flashsale_viewer_t *viewer, ngx_http_flashsale_text_t *text);

/* No round tells it any more.  What is under way belongs to the request. */
void ngx_http_flashsale_viewer_leave(ngx_http_flashsale_viewer_t *viewer);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_VIEWERS_H */
