
/*
 * The viewers of one worker.
 *
 * A viewer has at most one write under way.  What changes meanwhile is not
 * queued: when the write is through, the viewer is told the present numbers.
 * So a slow viewer costs one text, and one who does not read for
 * NGX_HTTP_FLASHSALE_SLOW_MSEC is dropped.
 *
 * The viewers stand in a queue.  A round tells the head, moves it to the
 * tail, and is over when it meets a viewer that it has told already; it stops
 * after NGX_HTTP_FLASHSALE_TURN writes and goes on in the next turn of the
 * event loop.
 */

#include "live/ngx_http_flashsale_viewers.h"
#include "worker/ngx_http_flashsale_worker.h"


/* Short turns: a tap takes three or four of them (accepted, read, committed,
 * told), and waits for one each time. */

#define NGX_HTTP_FLASHSALE_TURN          64     /* writes in a turn */
#define NGX_HTTP_FLASHSALE_TOUCHES       8192   /* viewers in a turn */
#define NGX_HTTP_FLASHSALE_TURN_USEC     1500   /* of the CPU, for writes */
#define NGX_HTTP_FLASHSALE_TURN_LOOK     32     /* viewers between two looks
                                                   at that */
#define NGX_HTTP_FLASHSALE_ROUND_MSEC    100    /* between rounds */
#define NGX_HTTP_FLASHSALE_BEAT_MSEC     15000
#define NGX_HTTP_FLASHSALE_SLOW_MSEC     10000


struct ngx_http_flashsale_events_s {
    ngx_http_flashsale_worker_t      *worker;
    ngx_http_flashsale_channels_t     channels;
    ngx_http_flashsale_rooms_t       *rooms;
    ngx_queue_t                       viewers;
    ngx_queue_t                       beats;    /* by last write */
    ngx_queue_t                       slow;     /* by start of the write */
    ngx_event_t                       look;     /* timer, each round */
    ngx_event_t                       tell;     /* posted: a round goes on */
    ngx_event_t                       beat;     /* timer, each second */
    ngx_event_t                       close;    /* timer, at shutdown */
    ngx_msec_t                        told_at;  /* when the round began */
    ngx_http_flashsale_text_t        *beat_text;
};


typedef struct {
    ngx_http_flashsale_channel_t     *channel;
    ngx_http_flashsale_text_t        *text;     /* being sent */
    fs_seq_t                          change;   /* that it tells */
    fs_seq_t                          version;  /* what the first text said */
    ngx_buf_t                         buf;
    ngx_chain_t                       link;
} ngx_http_flashsale_seat_t;


struct ngx_http_flashsale_viewer_s {
    ngx_queue_t                       viewers;
    ngx_queue_t                       beats;
    ngx_queue_t                       slow;
    ngx_http_flashsale_events_t      *events;
    ngx_http_request_t               *request;
    uint64_t                          round;    /* last one that passed */
    uint64_t                          seen;     /* last one told */
    ngx_msec_t                        wrote_at;
    ngx_uint_t                        sending;  /* seats with a text */
    ngx_uint_t                        seats_n;
    ngx_http_flashsale_audience_t    *audience; /* NULL: of no room; else it
                                                   has one seat, for texts */
    ngx_http_flashsale_counted_t      counted;
    unsigned                          listed:1; /* in the queues */
    unsigned                          waiting:1;  /* in `slow` */
    ngx_http_flashsale_seat_t         seats[];
};


static void ngx_http_flashsale_events_exit(
    ngx_http_flashsale_worker_t *worker);
static void ngx_http_flashsale_events_leave(
    ngx_http_flashsale_worker_t *worker);
static ngx_int_t ngx_http_flashsale_viewer_send(
    ngx_http_flashsale_viewer_t *viewer, ngx_uint_t n);
static ngx_int_t ngx_http_flashsale_viewer_push(
    ngx_http_flashsale_viewer_t *viewer);
static ngx_uint_t ngx_http_flashsale_viewer_sent(
    ngx_http_flashsale_viewer_t *viewer);
static void ngx_http_flashsale_viewer_write_handler(ngx_http_request_t *r);
static void ngx_http_flashsale_viewer_end(
    ngx_http_flashsale_viewer_t *viewer, ngx_int_t rc);
static void ngx_http_flashsale_viewer_cleanup(void *data);
static void ngx_http_flashsale_viewers_watch(ngx_event_t *ev);
static void ngx_http_flashsale_viewers_push(ngx_event_t *ev);
static void ngx_http_flashsale_viewers_beat(ngx_event_t *ev);
static void ngx_http_flashsale_viewers_close(ngx_event_t *ev);


static ngx_int_t
ngx_http_flashsale_events_init(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_text_t    *text;
    ngx_http_flashsale_events_t  *events;

    events = ngx_pcalloc(worker->cycle->pool,
                         sizeof(ngx_http_flashsale_events_t));
    if (events == NULL) {
        return NGX_ERROR;
    }

    /* the worker's own reference is never released: it goes with the pool */

    text = ngx_palloc(worker->cycle->pool,
                      sizeof(ngx_http_flashsale_text_t)
                      + sizeof(":\n\n") - 1);
    if (text == NULL) {
        return NGX_ERROR;
    }

    text->refs = 1;
    text->len = sizeof(":\n\n") - 1;
    ngx_memcpy(text->data, ":\n\n", text->len);

    events->worker = worker;
    events->beat_text = text;

    ngx_http_flashsale_channels_init(&events->channels);

    events->rooms = ngx_http_flashsale_rooms_create(worker,
                                                    &events->channels);
    if (events->rooms == NULL) {
        return NGX_ERROR;
    }

    ngx_queue_init(&events->viewers);
    ngx_queue_init(&events->beats);
    ngx_queue_init(&events->slow);

    ngx_http_flashsale_event(&events->look, ngx_http_flashsale_viewers_watch,
                             events, worker->log, 1);

    ngx_http_flashsale_event(&events->tell, ngx_http_flashsale_viewers_push,
                             events, worker->log, 0);

    ngx_http_flashsale_event(&events->beat, ngx_http_flashsale_viewers_beat,
                             events, worker->log, 1);

    ngx_http_flashsale_event(&events->close, ngx_http_flashsale_viewers_close,
                             events, worker->log, 0);

    worker->events = events;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_flashsale_events_changed(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_events_t  *events;

    events = worker->events;

    /* within a round's time the timer looks soon enough */

    if (!ngx_queue_empty(&events->viewers)
        && ngx_current_msec - events->told_at >= NGX_HTTP_FLASHSALE_ROUND_MSEC)
    {
        ngx_http_flashsale_viewers_watch(&events->look);
    }

    return 0;
}


static ngx_uint_t
ngx_http_flashsale_events_idle(ngx_http_flashsale_worker_t *worker)
{
    return ngx_queue_empty(&worker->events->viewers);
}


static void
ngx_http_flashsale_events_exit(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_rooms_close(worker->events->rooms);
}


static void
ngx_http_flashsale_events_leave(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_events_t  *events;

    events = worker->events;

    if (ngx_queue_empty(&events->viewers) || events->close.timer_set) {
        return;
    }

    /* this timer is not cancelable: the worker stays until all have heard */

    ngx_add_timer(&events->close, 1);
}


ngx_http_flashsale_rooms_t *
ngx_http_flashsale_viewers_rooms(ngx_http_flashsale_events_t *events)
{
    return events->rooms;
}


ngx_http_flashsale_viewer_t *
ngx_http_flashsale_viewer_join(ngx_http_flashsale_events_t *events,
    ngx_http_request_t *r, const fs_sale_t *sales, size_t n,
    ngx_http_flashsale_audience_t *audience, const uint8_t *buyer)
{
    size_t                         i;
    ngx_pool_cleanup_t            *cln;
    ngx_http_flashsale_ctx_t      *ctx;
    ngx_http_flashsale_viewer_t   *viewer;
    ngx_http_flashsale_channel_t  *channel;

    ctx = ngx_http_flashsale_ctx(r);
    if (ctx == NULL) {
        return NULL;
    }

    viewer = ngx_pcalloc(r->pool, sizeof(ngx_http_flashsale_viewer_t)
                                  + ngx_max(n, 1)
                                    * sizeof(ngx_http_flashsale_seat_t));
    if (viewer == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    viewer->events = events;
    viewer->request = r;
    viewer->counted.at = -1;

    for (i = 0; i < n; i++) {
        channel = ngx_http_flashsale_channel_join(&events->channels,
                                                  &sales[i]);
        if (channel == NULL) {

            while (i--) {
                ngx_http_flashsale_channel_leave(&events->channels,
                                                 viewer->seats[i].channel);
            }

            return NULL;
        }

        viewer->seats[i].channel = channel;
        viewer->seats[i].version = sales[i].version;
    }

    /*
     * The first text is at least as new as the present round.  A channel may
     * have yet to look at what it says: the seat's version tells.
     */

    viewer->seats_n = n;
    viewer->round = events->channels.round;
    viewer->seen = events->channels.round;

    ngx_queue_insert_tail(&events->viewers, &viewer->viewers);
    ngx_queue_insert_tail(&events->beats, &viewer->beats);
    viewer->listed = 1;

    if (audience) {
        viewer->audience = audience;

        if (buyer) {
            ngx_http_flashsale_rooms_count(events->rooms, audience, buyer,
                                           &viewer->counted);
        }
    }

    cln->handler = ngx_http_flashsale_viewer_cleanup;
    cln->data = viewer;

    ctx->data = viewer;

    return viewer;
}


ngx_int_t
ngx_http_flashsale_viewer_start(ngx_http_flashsale_viewer_t *viewer,
    ngx_http_flashsale_text_t *text)
{
    ngx_http_request_t           *r;
    ngx_http_flashsale_events_t  *events;

    r = viewer->request;
    events = viewer->events;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_flashsale_viewer_write_handler;

    viewer->seats[0].text = text;

    if (ngx_http_flashsale_viewer_send(viewer, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!events->look.timer_set) {
        ngx_add_timer(&events->look, NGX_HTTP_FLASHSALE_ROUND_MSEC);
    }

    if (!events->beat.timer_set) {
        ngx_add_timer(&events->beat, 1000);
    }

    if (events->worker->exiting) {

        /* its head was still being read when the others were told */

        ngx_http_flashsale_events_leave(events->worker);
    }

    return NGX_OK;
}


void
ngx_http_flashsale_viewer_leave(ngx_http_flashsale_viewer_t *viewer)
{
    ngx_uint_t                    i;
    ngx_http_flashsale_events_t  *events;

    if (!viewer->listed) {
        return;
    }

    events = viewer->events;
    viewer->listed = 0;

    ngx_queue_remove(&viewer->viewers);
    ngx_queue_remove(&viewer->beats);

    if (viewer->waiting) {
        ngx_queue_remove(&viewer->slow);
    }

    for (i = 0; i < viewer->seats_n; i++) {
        ngx_http_flashsale_channel_leave(&events->channels,
                                         viewer->seats[i].channel);
    }

    if (viewer->audience) {
        ngx_http_flashsale_rooms_uncount(events->rooms, &viewer->counted);
        ngx_http_flashsale_rooms_leave(events->rooms, viewer->audience);
    }
}


/* Send the texts of the first n seats.  NGX_OK or NGX_ERROR. */

static ngx_int_t
ngx_http_flashsale_viewer_send(ngx_http_flashsale_viewer_t *viewer,
    ngx_uint_t n)
{
    ngx_buf_t                    *b;
    ngx_uint_t                    i;
    ngx_http_flashsale_seat_t    *seat;
    ngx_http_flashsale_events_t  *events;

    events = viewer->events;

    for (i = 0; i < n; i++) {
        seat = &viewer->seats[i];
        b = &seat->buf;

        ngx_memzero(b, sizeof(ngx_buf_t));

        b->pos = seat->text->data;
        b->last = b->pos + seat->text->len;
        b->start = b->pos;
        b->end = b->last;
        b->memory = 1;
        b->flush = (i == n - 1);
        b->tag = (ngx_buf_tag_t) ngx_http_flashsale_self;

        seat->link.buf = b;
        seat->link.next = (i == n - 1) ? NULL : &viewer->seats[i + 1].link;
    }

    viewer->sending = n;
    viewer->wrote_at = ngx_current_msec;

    ngx_queue_remove(&viewer->beats);
    ngx_queue_insert_tail(&events->beats, &viewer->beats);

    if (ngx_http_output_filter(viewer->request, &viewer->seats[0].link)
        == NGX_ERROR)
    {
        return NGX_ERROR;
    }

    if (!ngx_http_flashsale_viewer_sent(viewer)) {
        ngx_queue_insert_tail(&events->slow, &viewer->slow);
        viewer->waiting = 1;

        return ngx_handle_write_event(viewer->request->connection->write, 0);
    }

    return NGX_OK;
}


/* 1: nothing is under way (any more); the texts are given back. */

static ngx_uint_t
ngx_http_flashsale_viewer_sent(ngx_http_flashsale_viewer_t *viewer)
{
    ngx_uint_t                  i;
    ngx_http_flashsale_seat_t  *seat;

    for (i = 0; i < viewer->sending; i++) {
        seat = &viewer->seats[i];

        if (seat->buf.pos != seat->buf.last) {
            return 0;
        }
    }

    for (i = 0; i < viewer->sending; i++) {
        ngx_http_flashsale_text_release(viewer->seats[i].text);
        viewer->seats[i].text = NULL;
    }

    viewer->sending = 0;

    return 1;
}


/*
 * Tell a viewer with nothing under way what is new.  NGX_OK: a write;
 * NGX_DECLINED: nothing is new; NGX_ERROR: end it.
 */

static ngx_int_t
ngx_http_flashsale_viewer_push(ngx_http_flashsale_viewer_t *viewer)
{
    ngx_uint_t                     i, j, n;
    ngx_http_flashsale_text_t     *text;
    ngx_http_flashsale_channel_t  *channel;

    n = 0;

    if (viewer->audience) {
        text = ngx_http_flashsale_rooms_text(viewer->events->rooms,
                                             viewer->audience, viewer->seen);
        if (text) {
            viewer->seats[0].text = text;
            n = 1;
        }
    }

    /* in the order of the changes: the ids go up */

    for (i = 0; i < viewer->seats_n; i++) {
        channel = viewer->seats[i].channel;

        if (channel->sale.version <= viewer->seats[i].version) {
            continue;
        }

        text = ngx_http_flashsale_channel_text(&viewer->events->channels,
                                               channel, viewer->seen);
        if (text == NULL) {
            continue;
        }

        for (j = n++;
             j && viewer->seats[j - 1].change > channel->sale.version;
             j--)
        {
            viewer->seats[j].text = viewer->seats[j - 1].text;
            viewer->seats[j].change = viewer->seats[j - 1].change;
        }

        viewer->seats[j].text = text;
        viewer->seats[j].change = channel->sale.version;
    }

    viewer->seen = viewer->events->channels.round;

    if (n == 0) {
        return NGX_DECLINED;
    }

    return ngx_http_flashsale_viewer_send(viewer, n);
}


static void
ngx_http_flashsale_viewer_write_handler(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    ngx_http_flashsale_ctx_t     *ctx;
    ngx_http_flashsale_viewer_t  *viewer;

    ctx = ngx_http_flashsale_ctx(r);
    viewer = ctx->data;

    if (viewer->sending) {

        if (ngx_http_output_filter(r, NULL) == NGX_ERROR) {
            ngx_http_flashsale_viewer_end(viewer, NGX_ERROR);
            return;
        }

        if (!ngx_http_flashsale_viewer_sent(viewer)) {

            if (ngx_handle_write_event(r->connection->write, 0) != NGX_OK) {
                ngx_http_flashsale_viewer_end(viewer, NGX_ERROR);
            }

            return;
        }

        ngx_queue_remove(&viewer->slow);
        viewer->waiting = 0;

        rc = ngx_http_flashsale_viewer_push(viewer);

        if (rc == NGX_ERROR) {
            ngx_http_flashsale_viewer_end(viewer, NGX_ERROR);
            return;
        }
    }

    if (ngx_handle_write_event(r->connection->write, 0) != NGX_OK) {
        ngx_http_flashsale_viewer_end(viewer, NGX_ERROR);
    }
}


/* End a stream from any event: the request may be gone afterwards. */

static void
ngx_http_flashsale_viewer_end(ngx_http_flashsale_viewer_t *viewer,
    ngx_int_t rc)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = viewer->request;
    c = r->connection;

    ngx_http_flashsale_viewer_leave(viewer);

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


/* The request's pool goes: nothing of its output is under way any more. */

static void
ngx_http_flashsale_viewer_cleanup(void *data)
{
    ngx_http_flashsale_viewer_t  *viewer = data;

    ngx_uint_t  i;

    ngx_http_flashsale_viewer_leave(viewer);

    for (i = 0; i < viewer->sending; i++) {
        ngx_http_flashsale_text_release(viewer->seats[i].text);
    }

    viewer->sending = 0;
}


static void
ngx_http_flashsale_viewers_watch(ngx_event_t *ev)
{
    int                           changed;
    fs_view_t                     view;
    ngx_http_flashsale_events_t  *events;

    events = ev->data;

    if (ngx_queue_empty(&events->viewers)) {
        return;
    }

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    ngx_add_timer(ev, NGX_HTTP_FLASHSALE_ROUND_MSEC);

    if (ngx_http_flashsale_view(events->worker, NGX_HTTP_FLASHSALE_LOG, &view)
        != FS_OK)
    {
        return;
    }

    changed = ngx_http_flashsale_channels_watch(&events->channels, &view);
    changed = ngx_http_flashsale_rooms_watch(events->rooms, &view, changed);

    fs_view_close(&view);

    if (changed) {
        events->told_at = ngx_current_msec;

        if (!events->tell.posted) {
            ngx_post_event(&events->tell, &ngx_posted_events);
        }
    }
}


static void
ngx_http_flashsale_viewers_push(ngx_event_t *ev)
{
    uint64_t                      start;
    ngx_int_t                     rc;
    ngx_uint_t                    writes, touches;
    ngx_queue_t                  *q;
    ngx_http_flashsale_events_t  *events;
    ngx_http_flashsale_viewer_t  *viewer;

    events = ev->data;
    start = ngx_http_flashsale_cpu_usec();
    writes = 0;
    touches = 0;

    while (!ngx_queue_empty(&events->viewers)) {
        q = ngx_queue_head(&events->viewers);
        viewer = ngx_queue_data(q, ngx_http_flashsale_viewer_t, viewers);

        if (viewer->round == events->channels.round) {
            break;
        }

        if (writes == NGX_HTTP_FLASHSALE_TURN
            || touches == NGX_HTTP_FLASHSALE_TOUCHES
            || (touches % NGX_HTTP_FLASHSALE_TURN_LOOK
                == NGX_HTTP_FLASHSALE_TURN_LOOK - 1
                && ngx_http_flashsale_cpu_usec() - start
                   > NGX_HTTP_FLASHSALE_TURN_USEC))
        {
            ngx_post_event(ev, &ngx_posted_next_events);
            break;
        }

        viewer->round = events->channels.round;
        touches++;

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&events->viewers, q);

        if (viewer->sending) {
            /* told when its write is through */
            continue;
        }

        rc = ngx_http_flashsale_viewer_push(viewer);

        if (rc != NGX_DECLINED) {
            writes++;
        }

        if (rc == NGX_ERROR) {
            ngx_http_flashsale_viewer_end(viewer, NGX_ERROR);
        }
    }

    ngx_http_flashsale_turned(events->worker->counters, start);
}


static void
ngx_http_flashsale_viewers_beat(ngx_event_t *ev)
{
    ngx_uint_t                    writes;
    ngx_queue_t                  *q;
    ngx_http_flashsale_events_t  *events;
    ngx_http_flashsale_viewer_t  *viewer;

    events = ev->data;

    if (ngx_queue_empty(&events->viewers)) {
        return;
    }

    while (!ngx_queue_empty(&events->slow)) {
        q = ngx_queue_head(&events->slow);
        viewer = ngx_queue_data(q, ngx_http_flashsale_viewer_t, slow);

        if (ngx_current_msec - viewer->wrote_at
            < NGX_HTTP_FLASHSALE_SLOW_MSEC)
        {
            break;
        }

        ngx_log_error(NGX_LOG_INFO, viewer->request->connection->log, 0,
                      "flashsale: a viewer does not read, dropped");

        ngx_http_flashsale_viewer_end(viewer, NGX_ERROR);
    }

    for (writes = 0;
         writes < NGX_HTTP_FLASHSALE_TURN
         && !ngx_queue_empty(&events->beats);
         writes++)
    {
        q = ngx_queue_head(&events->beats);
        viewer = ngx_queue_data(q, ngx_http_flashsale_viewer_t, beats);

        if (ngx_current_msec - viewer->wrote_at
            < NGX_HTTP_FLASHSALE_BEAT_MSEC)
        {
            break;
        }

        if (viewer->sending) {
            /* it will be dropped, or hears of what is new */
            ngx_queue_remove(q);
            ngx_queue_insert_tail(&events->beats, q);
            continue;
        }

        events->beat_text->refs++;
        viewer->seats[0].text = events->beat_text;

        if (ngx_http_flashsale_viewer_send(viewer, 1) != NGX_OK) {
            ngx_http_flashsale_viewer_end(viewer, NGX_ERROR);
        }
    }

    /* the others' beats in a while; not at once, so that the loop turns */

    ngx_add_timer(ev, writes == NGX_HTTP_FLASHSALE_TURN ? 1 : 1000);
}


static void
ngx_http_flashsale_viewers_close(ngx_event_t *ev)
{
    ngx_uint_t                    n;
    ngx_queue_t                  *q;
    ngx_http_flashsale_events_t  *events;
    ngx_http_flashsale_viewer_t  *viewer;

    events = ev->data;

    for (n = 0; n < NGX_HTTP_FLASHSALE_TURN; n++) {

        if (ngx_queue_empty(&events->viewers)) {
            return;
        }

        q = ngx_queue_head(&events->viewers);
        viewer = ngx_queue_data(q, ngx_http_flashsale_viewer_t, viewers);

        /* an unsent rest goes out under nginx's own send_timeout */

        ngx_http_flashsale_viewer_end(viewer,
                      ngx_http_send_special(viewer->request, NGX_HTTP_LAST));
    }

    ngx_add_timer(ev, 1);
}


const ngx_http_flashsale_part_t  ngx_http_flashsale_events_part = {
    .init = ngx_http_flashsale_events_init,
    .changed = ngx_http_flashsale_events_changed,
    .leave = ngx_http_flashsale_events_leave,
    .idle = ngx_http_flashsale_events_idle,
    .exit = ngx_http_flashsale_events_exit
};
