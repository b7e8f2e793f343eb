
/*
 * Channels: what the viewers of one sale are told.  A channel renders a
 * change once, for all its viewers; the text is shared by reference.
 *
 * Time goes in rounds, one for each look at the store that found a change.
 * A viewer who has seen all rounds before a channel's last change gets the
 * `delta` (only the events that changed); another one, who was too slow for
 * some, gets `full` (each event, with the present numbers).
 */

#ifndef NGX_HTTP_FLASHSALE_CHANNELS_H
#define NGX_HTTP_FLASHSALE_CHANNELS_H

#include "conf/ngx_http_flashsale_conf.h"
#include "core/read/read.h"
#include "core/text/text.h"

#pragma GCC visibility push(hidden)


/* Counted by those who still have to send it; malloc()ed. */
typedef struct {
    ngx_uint_t                           refs;
    size_t                               len;
    u_char                               data[];
} ngx_http_flashsale_text_t;

/* kinds of events of a sale, in the order in which they are told */
#define NGX_HTTP_FLASHSALE_KINDS     3

typedef struct {
    ngx_rbtree_node_t                    node;     /* key: sale number */
    ngx_uint_t                           viewers;
    fs_sale_t                            sale;     /* as last told */
    fs_seq_t                             kinds[NGX_HTTP_FLASHSALE_KINDS];
                                                   /* its version when each
                                                      was told last, 0: never
                                                      since it is here */
    uint64_t                             changed;  /* round of the change */
    uint64_t                             before;   /* of the one before */
    ngx_http_flashsale_text_t           *delta;
    ngx_http_flashsale_text_t           *full;     /* made when needed */
} ngx_http_flashsale_channel_t;

typedef struct {
    ngx_rbtree_t                         tree;     /* of channels */
    ngx_rbtree_node_t                    sentinel;
    uint64_t                             round;    /* the present one */
    fs_seq_t                             seq;      /* the view's, last look */
    uint32_t                             epoch;    /* and its life's */
} ngx_http_flashsale_channels_t;


/* A text with room for `size` bytes and one reference.  NULL: no memory. */
ngx_http_flashsale_text_t *ngx_http_flashsale_text_create(size_t size);
void ngx_http_flashsale_text_release(ngx_http_flashsale_text_t *text);

void ngx_http_flashsale_channels_init(
    ngx_http_flashsale_channels_t *channels);

/* The sale's channel with one viewer more.  NULL: no memory. */
ngx_http_flashsale_channel_t *ngx_http_flashsale_channel_join(
    ngx_http_flashsale_channels_t *channels, const fs_sale_t *sale);

/* One viewer less; the last one takes the channel along. */
void ngx_http_flashsale_channel_leave(
    ngx_http_flashsale_channels_t *channels,
    ngx_http_flashsale_channel_t *channel);

/*
 * Look at the store.  1: something that viewers are shown has changed, and a
 * new round has begun; 0: nothing has.
 */
int ngx_http_flashsale_channels_watch(
    ngx_http_flashsale_channels_t *channels, fs_view_t *view);

/*
 * The text for a viewer whose last round is `seen`, with a reference for the
 * caller.  NULL: nothing new (or no memory).
 */
ngx_http_flashsale_text_t *ngx_http_flashsale_channel_text(
    ngx_http_flashsale_channels_t *channels,
    ngx_http_flashsale_channel_t *channel, uint64_t seen);

/* Most of one sale's events, in bytes. */
#define NGX_HTTP_FLASHSALE_NEWS_MAX  (NGX_HTTP_FLASHSALE_KINDS * FS_EVENT_MAX)

/*
 * For who keeps the version of the sale that was told: write the events of
 * what has changed since.  At most NEWS_MAX bytes; how many.
 */
size_t ngx_http_flashsale_channel_news(
    const ngx_http_flashsale_channel_t *channel, uint32_t epoch,
    fs_seq_t since, u_char *buf);

/* All events of a sale with its present numbers, as a resuming viewer gets
 * them.  NULL: no memory. */
ngx_http_flashsale_text_t *ngx_http_flashsale_channel_full(
    const fs_sale_t *sale, uint32_t epoch);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_CHANNELS_H */
