
/*
 * Viewers: requests that follow sales by server-sent events.
 */

#ifndef NGX_HTTP_FLASHSALE_VIEWERS_H
#define NGX_HTTP_FLASHSALE_VIEWERS_H

#include "http/ngx_http_flashsale_ctx.h"
#include "live/ngx_http_flashsale_rooms.h"

#pragma GCC visibility push(hidden)


typedef struct ngx_http_flashsale_viewer_s  ngx_http_flashsale_viewer_t;

extern const ngx_http_flashsale_part_t  ngx_http_flashsale_events_part;


/* The rooms of these viewers. */
ngx_http_flashsale_rooms_t *ngx_http_flashsale_viewers_rooms(
    ngx_http_flashsale_events_t *events);

/*
 * Make the request a viewer of n sales, as they were in the view that its
 * first text was made from; or of an audience, and no sales, that it has
 * joined, which leaves with the viewer; buyer NULL: nobody to count.  It lives
 * in the request's pool.  NULL: no memory.
 */
ngx_http_flashsale_viewer_t *ngx_http_flashsale_viewer_join(
    ngx_http_flashsale_events_t *events, ngx_http_request_t *r,
    const fs_sale_t *sales, size_t n,
    ngx_http_flashsale_audience_t *audience, const uint8_t *buyer);

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
