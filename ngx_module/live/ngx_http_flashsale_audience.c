
#include "live/ngx_http_flashsale_audience.h"
#include "core/log/life.h"


ngx_http_flashsale_audience_t *
ngx_http_flashsale_audience_create(fs_seq_t seq)
{
    ngx_http_flashsale_audience_t  *audience;

    audience = ngx_calloc(sizeof(ngx_http_flashsale_audience_t),
                          ngx_cycle->log);
    if (audience == NULL) {
        return NULL;
    }

    audience->viewers = 1;
    audience->told = seq;

    return audience;
}


void
ngx_http_flashsale_audience_free(ngx_http_flashsale_audience_t *audience,
    ngx_http_flashsale_channels_t *channels)
{
    while (audience->n) {
        audience->n--;
        ngx_http_flashsale_channel_leave(channels,
                                    audience->sales[audience->n].channel);
    }

    if (audience->delta) {
        ngx_http_flashsale_text_release(audience->delta);
    }

    ngx_free(audience);
}


ngx_int_t
ngx_http_flashsale_audience_add(ngx_http_flashsale_audience_t *audience,
    ngx_http_flashsale_channels_t *channels, const fs_sale_t *sale)
{
    ngx_uint_t                     i;
    ngx_http_flashsale_channel_t  *channel;

    for (i = 0; i < audience->n; i++) {
        if (audience->sales[i].channel->sale.number == sale->number) {
            return NGX_OK;
        }
    }

    if (audience->n == NGX_HTTP_FLASHSALE_AUDIENCE_SALES) {
        return NGX_OK;
    }

    channel = ngx_http_flashsale_channel_join(channels, sale);
    if (channel == NULL) {
        return NGX_ERROR;
    }

    audience->sales[audience->n].channel = channel;
    audience->sales[audience->n].version = channel->sale.version;
    audience->n++;

    /* what the channel tells next may be older than the view */

    if (channel->sale.version < sale->version
        && channel->sale.version < audience->told)
    {
        audience->told = channel->sale.version;
    }

    audience->anew = 1;

    return NGX_OK;
}


void
ngx_http_flashsale_audience_drop(ngx_http_flashsale_audience_t *audience,
    ngx_http_flashsale_channels_t *channels, uint32_t number)
{
    ngx_uint_t  i;

    if (audience->own) {
        return;
    }

    for (i = 0; i < audience->n; i++) {

        if (audience->sales[i].channel->sale.number == number) {
            ngx_http_flashsale_channel_leave(channels,
                                             audience->sales[i].channel);
            audience->sales[i] = audience->sales[--audience->n];
            audience->anew = 1;
            return;
        }
    }
}


int
ngx_http_flashsale_audience_tell(ngx_http_flashsale_audience_t *audience,
    ngx_http_flashsale_channels_t *channels, fs_store_t *store,
    const u_char *said, size_t len, fs_seq_t seq, int changed)
{
    size_t                         size;
    fs_seq_t                       version;
    ngx_uint_t                     i, j, n;
    ngx_http_flashsale_text_t     *text;
    ngx_http_flashsale_channel_t  *channel;
    ngx_uint_t                     due[NGX_HTTP_FLASHSALE_AUDIENCE_SALES];

    /* in the order of the changes: the ids go up */

    n = 0;

    for (i = 0; i < audience->n; i++) {
        version = audience->sales[i].channel->sale.version;

        if (version <= audience->sales[i].version) {
            continue;
        }

        for (j = n++;
             j && audience->sales[due[j - 1]].channel->sale.version > version;
             j--)
        {
            due[j] = due[j - 1];
        }

        due[j] = i;
    }

    if (n == 0 && len == 0 && !audience->anew) {
        audience->told = seq;
        return 0;
    }

    if (audience->anew) {
        audience->told = seq;
        text = ngx_http_flashsale_audience_snapshot(audience, store, NULL,
                                                    NULL, 0, len);

    } else {
        size = n * NGX_HTTP_FLASHSALE_NEWS_MAX + len;
        text = ngx_http_flashsale_text_create(size);
    }

    if (text == NULL) {

        /* what was said is lost, what has changed is told next time */

        return 0;
    }

    for (i = 0; i < n; i++) {
        channel = audience->sales[due[i]].channel;

        if (!audience->anew) {
            text->len += ngx_http_flashsale_channel_news(channel,
                                         channels->epoch,
                                         audience->sales[due[i]].version,
                                         text->data + text->len);
        }

        audience->sales[due[i]].version = channel->sale.version;
    }

    ngx_memcpy(text->data + text->len, said, len);
    text->len += len;

    audience->anew = 0;
    audience->told = seq;

    if (audience->delta) {
        ngx_http_flashsale_text_release(audience->delta);
    }

    if (!changed) {
        channels->round++;
    }

    audience->delta = text;
    audience->before = audience->changed;
    audience->changed = channels->round;

    return 1;
}


ngx_http_flashsale_text_t *
ngx_http_flashsale_audience_snapshot(
    const ngx_http_flashsale_audience_t *audience, fs_store_t *store,
    fs_view_t *view, const u_char *head, size_t head_len, size_t more)
{
    int                         len;
    size_t                      size;
    fs_now_t                    now;
    fs_sale_t                   sales[NGX_HTTP_FLASHSALE_AUDIENCE_SALES];
    ngx_uint_t                  i;
    ngx_http_flashsale_text_t  *text;

    for (i = 0; i < audience->n; i++) {
        sales[i] = audience->sales[i].channel->sale;

        if (view) {
            (void) fs_view_look_sale(view, sales[i].number, &sales[i]);
        }
    }

    size = head_len + audience->n * FS_SALE_JSON_MAX + FS_EVENT_MAX + more;

    text = ngx_http_flashsale_text_create(size);
    if (text == NULL) {
        return NULL;
    }

    text->len = head_len;

    if (head_len != 0) {                /* head is NULL when there is none */
        ngx_memcpy(text->data, head, head_len);
    }

    fs_store_now(store, &now);

    len = fs_answer_snapshot((char *) text->data + text->len,
                             size - more - text->len, audience->told,
                             fs_life_now(store), sales, audience->n,
                             now.wall);
    if (len < 0) {
        ngx_http_flashsale_text_release(text);
        return NULL;
    }

    text->len += (size_t) len;

    return text;
}
