
/*
 * An audience: those who follow the same sales of a room.  What they are told
 * is made once for all of them, at a rhythm that is the room's: so an
 * audience knows for each sale which version it has told.
 */

#ifndef NGX_HTTP_FLASHSALE_AUDIENCE_H
#define NGX_HTTP_FLASHSALE_AUDIENCE_H

#include "live/ngx_http_flashsale_channels.h"

#pragma GCC visibility push(hidden)


#define NGX_HTTP_FLASHSALE_AUDIENCE_SALES  80

typedef struct ngx_http_flashsale_room_s  ngx_http_flashsale_room_t;

typedef struct {
    ngx_queue_t                      queue;     /* the room's */
    ngx_http_flashsale_room_t       *room;
    ngx_uint_t                       viewers;
    unsigned                         own:1;     /* has sales of its own */
    unsigned                         anew:1;    /* other sales than before: a
                                                   snapshot is due */
    uint64_t                         changed;   /* round of the last text */
    uint64_t                         before;    /* of the one before */
    fs_seq_t                         told;      /* the view's, then: ids are
                                                   at most this */
    ngx_http_flashsale_text_t       *delta;
    ngx_uint_t                       n;
    struct {
        ngx_http_flashsale_channel_t  *channel;
        fs_seq_t                       version;
    }                                sales[NGX_HTTP_FLASHSALE_AUDIENCE_SALES];
} ngx_http_flashsale_audience_t;


/* One viewer, no sales yet.  NULL: no memory. */
ngx_http_flashsale_audience_t *ngx_http_flashsale_audience_create(
    fs_seq_t seq);
void ngx_http_flashsale_audience_free(
    ngx_http_flashsale_audience_t *audience,
    ngx_http_flashsale_channels_t *channels);

/* One sale more, unless it is there or there are too many; one less, unless
 * it may be one that was asked for by name.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_flashsale_audience_add(
    ngx_http_flashsale_audience_t *audience,
    ngx_http_flashsale_channels_t *channels, const fs_sale_t *sale);
void ngx_http_flashsale_audience_drop(
    ngx_http_flashsale_audience_t *audience,
    ngx_http_flashsale_channels_t *channels, uint32_t number);

/*
 * Make the text of what has changed, and what the room has to say besides.
 * changed: a round has begun already.  1: there is a text, of a round that
 * has begun now at the latest; 0: nothing is new.  seq: of the view.
 */
int ngx_http_flashsale_audience_tell(ngx_http_flashsale_audience_t *audience,
    ngx_http_flashsale_channels_t *channels, fs_store_t *store,
    const u_char *said, size_t len, fs_seq_t seq, int changed);

/*
 * A text of `head` and all sales, as the view shows them; view NULL: as of
 * the last look.  `more` bytes are left behind it.  NULL: no memory.
 */
ngx_http_flashsale_text_t *ngx_http_flashsale_audience_snapshot(
    const ngx_http_flashsale_audience_t *audience, fs_store_t *store,
    fs_view_t *view, const u_char *head, size_t head_len, size_t more);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_AUDIENCE_H */
