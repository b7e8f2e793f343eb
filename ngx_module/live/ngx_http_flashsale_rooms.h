
/*
 * Rooms: what the viewers of one session are told: what the host does, who is
 * there, who has bought, and its sales' events.  All of it is told together,
 * at most four times a second: a room has hundreds of sales' news a second
 * and thousands of viewers.  What is too much is left out, never kept.
 */

#ifndef NGX_HTTP_FLASHSALE_ROOMS_H
#define NGX_HTTP_FLASHSALE_ROOMS_H

#include "live/ngx_http_flashsale_attendance.h"
#include "live/ngx_http_flashsale_audience.h"
#include "worker/ngx_http_flashsale_worker.h"

#pragma GCC visibility push(hidden)


#define NGX_HTTP_FLASHSALE_ROOM_SALES  64       /* of a session, told of */

typedef struct ngx_http_flashsale_rooms_s  ngx_http_flashsale_rooms_t;

/* The rooms of a worker, none yet.  NULL: no memory. */
ngx_http_flashsale_rooms_t *ngx_http_flashsale_rooms_create(
    ngx_http_flashsale_worker_t *worker,
    ngx_http_flashsale_channels_t *channels);

/* The process ends: nobody is counted any more. */
void ngx_http_flashsale_rooms_close(ngx_http_flashsale_rooms_t *rooms);

/*
 * One viewer more of a session, and of n sales beside its own.  OK and
 * *audience; NOT_FOUND: there is no such session; or why it is not known.
 */
fs_outcome_t ngx_http_flashsale_rooms_join(ngx_http_flashsale_rooms_t *rooms,
    fs_view_t *view, fs_str_t session, const fs_sale_t *sales, size_t n,
    ngx_http_flashsale_audience_t **audience);

/* One viewer less; the last one takes audience and room along. */
void ngx_http_flashsale_rooms_leave(ngx_http_flashsale_rooms_t *rooms,
    ngx_http_flashsale_audience_t *audience);

/* Count a viewer by whose it is, once whatever the streams, until it is not
 * any more. */
void ngx_http_flashsale_rooms_count(ngx_http_flashsale_rooms_t *rooms,
    ngx_http_flashsale_audience_t *audience, const uint8_t *buyer,
    ngx_http_flashsale_counted_t *counted);
void ngx_http_flashsale_rooms_uncount(ngx_http_flashsale_rooms_t *rooms,
    ngx_http_flashsale_counted_t *counted);

/* How many follow a session now, in all processes. */
uint64_t ngx_http_flashsale_rooms_viewers(ngx_http_flashsale_rooms_t *rooms,
    fs_str_t session);

/*
 * Look at the store.  changed: a round has begun for the channels; returns 1
 * when there is one now: something is to be told.
 */
int ngx_http_flashsale_rooms_watch(ngx_http_flashsale_rooms_t *rooms,
    fs_view_t *view, int changed);

/*
 * Behind `head`, all there is to know as of the view, for one who comes; view
 * NULL: as of the last look.  NULL: no memory.
 */
ngx_http_flashsale_text_t *ngx_http_flashsale_rooms_first(
    ngx_http_flashsale_rooms_t *rooms,
    ngx_http_flashsale_audience_t *audience, fs_view_t *view,
    const u_char *head, size_t head_len);

/* As ngx_http_flashsale_channel_text(); who missed something gets a snapshot
 * as of the last look. */
ngx_http_flashsale_text_t *ngx_http_flashsale_rooms_text(
    ngx_http_flashsale_rooms_t *rooms,
    ngx_http_flashsale_audience_t *audience, uint64_t seen);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_ROOMS_H */
