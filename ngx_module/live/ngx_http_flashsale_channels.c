
#include "live/ngx_http_flashsale_channels.h"
#include "core/log/life.h"
#include "core/text/text.h"


/* told one by one of a change; whoever is not told reads it of the hold */
#define NGX_HTTP_FLASHSALE_SERVED_MAX  1024


/* a bit for each kind, in their order */
typedef enum {
    NGX_HTTP_FLASHSALE_EVENT_STOCK = 1,
    NGX_HTTP_FLASHSALE_EVENT_GOAL = 2,
    NGX_HTTP_FLASHSALE_EVENT_STATE = 4
} ngx_http_flashsale_event_t;

static unsigned ngx_http_flashsale_channel_compare(const fs_sale_t *old,
    const fs_sale_t *new);
static ngx_http_flashsale_text_t *ngx_http_flashsale_channel_render(
    const fs_sale_t *sale, uint32_t epoch, unsigned events,
    const uint32_t *served, size_t served_n);
static size_t ngx_http_flashsale_channel_write(const fs_sale_t *sale,
    uint32_t epoch, unsigned events, u_char *buf);
static void ngx_http_flashsale_channel_forget(
    ngx_http_flashsale_channel_t *channel);


ngx_http_flashsale_text_t *
ngx_http_flashsale_text_create(size_t size)
{
    ngx_http_flashsale_text_t  *text;

    text = ngx_alloc(sizeof(ngx_http_flashsale_text_t) + size,
                     ngx_cycle->log);
    if (text == NULL) {
        return NULL;
    }

    text->refs = 1;
    text->len = 0;

    return text;
}


void
ngx_http_flashsale_text_release(ngx_http_flashsale_text_t *text)
{
    if (--text->refs == 0) {
        ngx_free(text);
    }
}


void
ngx_http_flashsale_channels_init(ngx_http_flashsale_channels_t *channels)
{
    ngx_rbtree_init(&channels->tree, &channels->sentinel,
                    ngx_rbtree_insert_value);

    /* 0 is "has seen nothing" of a viewer */
    channels->round = 1;
    channels->seq = 0;
}


ngx_http_flashsale_channel_t *
ngx_http_flashsale_channel_join(ngx_http_flashsale_channels_t *channels,
    const fs_sale_t *sale)
{
    ngx_rbtree_node_t             *node;
    ngx_http_flashsale_channel_t  *channel;

    node = channels->tree.root;

    while (node != &channels->sentinel) {

        if (node->key == sale->number) {
            channel = ngx_rbtree_data(node, ngx_http_flashsale_channel_t,
                                      node);
            channel->viewers++;
            return channel;
        }

        node = (sale->number < node->key) ? node->left : node->right;
    }

    channel = ngx_calloc(sizeof(ngx_http_flashsale_channel_t),
                         ngx_cycle->log);
    if (channel == NULL) {
        return NULL;
    }

    channel->viewers = 1;
    channel->sale = *sale;
    channel->node.key = sale->number;

    ngx_rbtree_insert(&channels->tree, &channel->node);

    return channel;
}


void
ngx_http_flashsale_channel_leave(ngx_http_flashsale_channels_t *channels,
    ngx_http_flashsale_channel_t *channel)
{
    if (--channel->viewers) {
        return;
    }

    ngx_http_flashsale_channel_forget(channel);
    ngx_rbtree_delete(&channels->tree, &channel->node);
    ngx_free(channel);
}


int
ngx_http_flashsale_channels_watch(ngx_http_flashsale_channels_t *channels,
    fs_view_t *view)
{
    unsigned                       events;
    size_t                         n;
    uint32_t                       served[NGX_HTTP_FLASHSALE_SERVED_MAX];
    fs_sale_t                      sale;
    ngx_uint_t                     kind;
    ngx_rbtree_node_t             *node;
    ngx_http_flashsale_text_t     *delta;
    ngx_http_flashsale_channel_t  *channel;
    int                            changed;

    if (view->seq == channels->seq
        || channels->tree.root == &channels->sentinel)
    {
        return 0;
    }

    channels->seq = view->seq;
    channels->epoch = fs_life_now(view->store);
    changed = 0;

    for (node = ngx_rbtree_min(channels->tree.root, &channels->sentinel);
         node;
         node = ngx_rbtree_next(&channels->tree, node))
    {
        channel = ngx_rbtree_data(node, ngx_http_flashsale_channel_t, node);

        if (fs_view_look_sale(view, channel->sale.number, &sale) != 1
            || sale.version == channel->sale.version)
        {
            continue;
        }

        events = ngx_http_flashsale_channel_compare(&channel->sale, &sale);
        if (events == 0) {
            continue;
        }

        n = 0;

        if (sale.served_seq != channel->sale.served_seq) {
            n = fs_view_served(view, &sale, channel->sale.version,
                               NGX_HTTP_FLASHSALE_SERVED_MAX, served);
        }

        delta = ngx_http_flashsale_channel_render(&sale, channels->epoch,
                                                  events, served, n);
        if (delta == NULL) {
            /* no memory now: the next look finds it different again */
            channels->seq = 0;
            continue;
        }

        ngx_http_flashsale_channel_forget(channel);

        channel->delta = delta;
        channel->sale = sale;

        for (kind = 0; kind < NGX_HTTP_FLASHSALE_KINDS; kind++) {

            if (events & (1u << kind)) {
                channel->kinds[kind] = sale.version;
            }
        }

        channel->before = channel->changed;
        channel->changed = channels->round + 1;
        changed = 1;
    }

    if (changed) {
        channels->round++;
    }

    return changed;
}


ngx_http_flashsale_text_t *
ngx_http_flashsale_channel_text(ngx_http_flashsale_channels_t *channels,
    ngx_http_flashsale_channel_t *channel, uint64_t seen)
{
    ngx_http_flashsale_text_t  *text;

    if (seen >= channel->changed) {
        return NULL;
    }

    if (seen >= channel->before) {
        text = channel->delta;

    } else {
        if (channel->full == NULL) {
            channel->full = ngx_http_flashsale_channel_full(&channel->sale,
                                                           channels->epoch);
        }

        text = channel->full;
    }

    if (text) {
        text->refs++;
    }

    return text;
}


ngx_http_flashsale_text_t *
ngx_http_flashsale_channel_full(const fs_sale_t *sale, uint32_t epoch)
{
    unsigned  events;

    events = NGX_HTTP_FLASHSALE_EVENT_STOCK|NGX_HTTP_FLASHSALE_EVENT_STATE;

    if (sale->goal) {
        events |= NGX_HTTP_FLASHSALE_EVENT_GOAL;
    }

    return ngx_http_flashsale_channel_render(sale, epoch, events, NULL, 0);
}


static unsigned
ngx_http_flashsale_channel_compare(const fs_sale_t *old, const fs_sale_t *new)
{
    unsigned  events;

    events = 0;

    if (old->stock != new->stock || old->held != new->held
        || old->sold != new->sold || old->served_seq != new->served_seq)
    {
        events |= NGX_HTTP_FLASHSALE_EVENT_STOCK;
    }

    if (old->joined != new->joined || old->goal != new->goal
        || fs_sale_formed(old) != fs_sale_formed(new))
    {
        events |= NGX_HTTP_FLASHSALE_EVENT_GOAL;
    }

    /* a change of the offer itself: its version tells a page to read again */

    if (fs_sale_state(old) != fs_sale_state(new)
        || old->price_fen != new->price_fen || old->limit != new->limit
        || old->opens_at != new->opens_at
        || old->closes_at != new->closes_at
        || old->goal_by != new->goal_by || old->hold_ms != new->hold_ms
        || old->title_len != new->title_len
        || ngx_memcmp(old->title, new->title, new->title_len) != 0)
    {
        events |= NGX_HTTP_FLASHSALE_EVENT_STATE;
    }

    return events;
}


/*
 * A stream may break after any event, and the viewer comes back with that
 * one's id.  So only the last of them has the number of the change, and those
 * before it the number before.
 */

static ngx_http_flashsale_text_t *
ngx_http_flashsale_channel_render(const fs_sale_t *sale, uint32_t epoch,
    unsigned events, const uint32_t *served, size_t served_n)
{
    int                         n;
    size_t                      size;
    ngx_http_flashsale_text_t  *text;

    text = ngx_http_flashsale_text_create(NGX_HTTP_FLASHSALE_NEWS_MAX
                                          + served_n * FS_EVENT_SERVED_MAX);
    if (text == NULL) {
        return NULL;
    }

    /* who is served holds units: `stock` comes after them, with the id */

    while (served_n > 0) {
        n = fs_answer_served((char *) text->data + text->len,
                             FS_EVENT_SERVED_MAX, sale->version - 1, epoch,
                             sale, served[--served_n]);
        if (n > 0) {
            text->len += n;
        }
    }

    size = ngx_http_flashsale_channel_write(sale, epoch, events,
                                            text->data + text->len);
    if (size == 0) {
        ngx_http_flashsale_text_release(text);
        return NULL;
    }

    text->len += size;

    return text;
}


/* 0: they do not fit, which is said. */

static size_t
ngx_http_flashsale_channel_write(const fs_sale_t *sale, uint32_t epoch,
    unsigned events, u_char *buf)
{
    int         n;
    size_t      len;
    fs_seq_t    seq;
    ngx_uint_t  i;

    static const struct {
        unsigned  event;
        int     (*render)(char *buf, size_t size, fs_seq_t seq,
                          uint32_t epoch, const fs_sale_t *sale);
    } renders[NGX_HTTP_FLASHSALE_KINDS] = {
        { NGX_HTTP_FLASHSALE_EVENT_STOCK, fs_answer_stock },
        { NGX_HTTP_FLASHSALE_EVENT_GOAL, fs_answer_goal },
        { NGX_HTTP_FLASHSALE_EVENT_STATE, fs_answer_state }
    };

    len = 0;

    for (i = 0; i < NGX_HTTP_FLASHSALE_KINDS; i++) {

        if (!(events & renders[i].event)) {
            continue;
        }

        events &= ~(unsigned) renders[i].event;
        seq = events ? sale->version - 1 : sale->version;

        n = renders[i].render((char *) buf + len, FS_EVENT_MAX, seq, epoch,
                              sale);
        if (n < 0) {
            ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                          "flashsale: an event of sale %ui does not fit",
                          (ngx_uint_t) sale->number);
            return 0;
        }

        len += n;
    }

    return len;
}


size_t
ngx_http_flashsale_channel_news(const ngx_http_flashsale_channel_t *channel,
    uint32_t epoch, fs_seq_t since, u_char *buf)
{
    unsigned    events;
    ngx_uint_t  kind;

    events = 0;

    for (kind = 0; kind < NGX_HTTP_FLASHSALE_KINDS; kind++) {

        if (channel->kinds[kind] > since) {
            events |= 1u << kind;
        }
    }

    return events ? ngx_http_flashsale_channel_write(&channel->sale, epoch,
                                                     events, buf)
                  : 0;
}


static void
ngx_http_flashsale_channel_forget(ngx_http_flashsale_channel_t *channel)
{
    if (channel->delta) {
        ngx_http_flashsale_text_release(channel->delta);
        channel->delta = NULL;
    }

    if (channel->full) {
        ngx_http_flashsale_text_release(channel->full);
        channel->full = NULL;
    }
}
