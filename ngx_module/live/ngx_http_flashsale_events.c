
#include "live/ngx_http_flashsale_live.h"
#include "core/log/life.h"
#include "core/text/text.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"
#include "live/ngx_http_flashsale_viewers.h"
#include "live/ngx_http_flashsale_watched.h"
#include "worker/ngx_http_flashsale_worker.h"


#define NGX_HTTP_FLASHSALE_SALES_MAX    16      /* of one stream */
#define NGX_HTTP_FLASHSALE_SEND_BUFFER  32768   /* of a viewer's socket */
#define NGX_HTTP_FLASHSALE_RETRY_MSEC   500     /* and up to 4 times that */
#define NGX_HTTP_FLASHSALE_HELLO_MAX    64


static int ngx_http_flashsale_events_session(ngx_http_request_t *r,
    fs_slug_t *session, fs_fault_t *fault);
static fs_outcome_t ngx_http_flashsale_events_sales(ngx_http_request_t *r,
    fs_view_t *view, ngx_uint_t required, fs_sale_t *sales, size_t *n,
    fs_fault_t *fault);
static ngx_http_flashsale_text_t *ngx_http_flashsale_events_of_room(
    ngx_http_flashsale_rooms_t *rooms,
    ngx_http_flashsale_audience_t *audience, fs_view_t *view);
static size_t ngx_http_flashsale_events_hello(u_char *buf);
static ngx_http_flashsale_text_t *ngx_http_flashsale_events_first(
    ngx_http_request_t *r, fs_view_t *view, const fs_sale_t *sales, size_t n);
static int ngx_http_flashsale_events_id(fs_str_t str, uint32_t epoch,
    fs_seq_t last, int64_t *id);
static ngx_int_t ngx_http_flashsale_events_header(ngx_http_request_t *r);


ngx_int_t
ngx_http_flashsale_events(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    size_t                          n;
    ngx_int_t                       rc;
    fs_slug_t                       session;
    fs_view_t                       view;
    fs_fault_t                      fault;
    fs_outcome_t                    outcome;
    const uint8_t                  *buyer;
    ngx_http_flashsale_text_t      *text;
    ngx_http_flashsale_rooms_t     *rooms;
    ngx_http_flashsale_viewer_t    *viewer;
    ngx_http_flashsale_audience_t  *audience;
    fs_sale_t                       sales[NGX_HTTP_FLASHSALE_SALES_MAX];

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_flashsale_events_session(r, &session, &fault) != 0) {
        return ngx_http_flashsale_problem(r, FS_BAD_REQUEST, &fault);
    }

    /* whose it is: known before the view, for a variable may be anything */

    buyer = NULL;

    if (session.len
        && ngx_http_flashsale_buyer(r, ngx_http_flashsale_get_ctx(r), worker)
           == FS_OK)
    {
        buyer = ngx_http_flashsale_get_ctx(r)->buyer;
    }

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_LOG, &view);
    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    rooms = ngx_http_flashsale_viewers_rooms(worker->events);
    text = NULL;
    audience = NULL;

    outcome = ngx_http_flashsale_events_sales(r, &view, session.len == 0,
                                              sales, &n, &fault);

    if (outcome == FS_OK && session.len) {
        outcome = ngx_http_flashsale_rooms_join(rooms, &view,
                                                fs_slug_str(&session), sales,
                                                n, &audience);
    }

    viewer = NULL;

    if (outcome == FS_OK) {
        viewer = ngx_http_flashsale_viewer_join(worker->events, r, sales,
                                                audience ? 0 : n, audience,
                                                buyer);

        if (viewer == NULL && audience) {
            ngx_http_flashsale_rooms_leave(rooms, audience);
        }
    }

    /* who comes is counted in what is told */

    if (viewer) {
        text = audience
               ? ngx_http_flashsale_events_of_room(rooms, audience, &view)
               : ngx_http_flashsale_events_first(r, &view, sales, n);
    }

    fs_view_close(&view);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome,
                                  outcome == FS_BAD_REQUEST ? &fault : NULL);
    }

    if (viewer == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (text == NULL) {
        ngx_http_flashsale_viewer_leave(viewer);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_flashsale_outcome(r, ngx_http_flashsale_get_ctx(r), FS_OK);

    rc = ngx_http_flashsale_events_header(r);
    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        ngx_http_flashsale_text_release(text);
        ngx_http_flashsale_viewer_leave(viewer);
        return rc;
    }

    if (ngx_http_flashsale_viewer_start(viewer, text) != NGX_OK) {
        ngx_http_flashsale_viewer_leave(viewer);
        return NGX_ERROR;
    }

    ngx_http_flashsale_watched(r, worker, &session, sales, n);

    r->main->count++;

    return NGX_DONE;
}


/* Of which session, len 0: of none.  0, or -1 and the fault. */

static int
ngx_http_flashsale_events_session(ngx_http_request_t *r, fs_slug_t *session,
    fs_fault_t *fault)
{
    int       len;
    char      slug[FS_SLUG_MAX];
    fs_str_t  str;

    session->len = 0;

    len = fs_query_get(ngx_http_flashsale_args(r), "session", slug,
                       sizeof(slug));
    if (len == -1) {
        return 0;
    }

    str.len = (len < 0) ? 0 : len;
    str.data = slug;

    if (!fs_slug_valid(str)) {
        ngx_http_flashsale_fault(fault, "session",
                                 "is a slug: 1 to 64 of a-z, 0-9 and -");
        return -1;
    }

    fs_slug_set(session, str);

    return 0;
}


/* The sales that the arguments name, each once. */

static fs_outcome_t
ngx_http_flashsale_events_sales(ngx_http_request_t *r, fs_view_t *view,
    ngx_uint_t required, fs_sale_t *sales, size_t *n, fs_fault_t *fault)
{
    int       len;
    char      slug[FS_SLUG_MAX];
    size_t    pos, i;
    fs_str_t  args, str;
    uint32_t  number;

    args = ngx_http_flashsale_args(r);
    pos = 0;
    *n = 0;

    for ( ;; ) {
        len = fs_query_next(args, "sale", &pos, slug, sizeof(slug));

        if (len == -1) {
            break;
        }

        str.len = (len < 0) ? 0 : len;
        str.data = slug;

        if (!fs_slug_valid(str)) {
            ngx_http_flashsale_fault(fault, "sale",
                                     "is a slug: 1 to 64 of a-z, 0-9 and -");
            return FS_BAD_REQUEST;
        }

        if (!fs_view_sale_number(view, str, &number)) {
            return ngx_http_flashsale_missing(view, FS_NO_SUCH_SALE);
        }

        for (i = 0; i < *n; i++) {
            if (sales[i].number == number) {
                break;
            }
        }

        if (i < *n) {
            continue;
        }

        if (*n == NGX_HTTP_FLASHSALE_SALES_MAX) {
            ngx_http_flashsale_fault(fault, "sale",
                                     "is there at most 16 times");
            return FS_BAD_REQUEST;
        }

        if (!fs_view_sale(view, number, &sales[*n])) {
            return ngx_http_flashsale_missing(view, FS_NO_SUCH_SALE);
        }

        (*n)++;
    }

    if (*n == 0 && required) {
        ngx_http_flashsale_fault(fault, "sale", "is required");
        return FS_BAD_REQUEST;
    }

    return FS_OK;
}


/* A room keeps no id of what it has told: who comes back gets all of it. */

static ngx_http_flashsale_text_t *
ngx_http_flashsale_events_of_room(ngx_http_flashsale_rooms_t *rooms,
    ngx_http_flashsale_audience_t *audience, fs_view_t *view)
{
    size_t  len;
    u_char  hello[NGX_HTTP_FLASHSALE_HELLO_MAX];

    len = ngx_http_flashsale_events_hello(hello);

    return ngx_http_flashsale_rooms_first(rooms, audience, view, hello, len);
}


static size_t
ngx_http_flashsale_events_hello(u_char *buf)
{
    return ngx_sprintf(buf, "retry: %ui\n\n",
                       (ngx_uint_t) (NGX_HTTP_FLASHSALE_RETRY_MSEC
                       + ngx_random() % (3 * NGX_HTTP_FLASHSALE_RETRY_MSEC)))
           - buf;
}


/*
 * What a viewer gets first: how soon to come back, spread so that a reload
 * does not bring all back in one instant, and the snapshot, or for one who
 * resumes what has changed since.
 */

static ngx_http_flashsale_text_t *
ngx_http_flashsale_events_first(ngx_http_request_t *r, fs_view_t *view,
    const fs_sale_t *sales, size_t n)
{
    int                            len;
    size_t                         i, size;
    int64_t                        id;
    uint32_t                       epoch;
    fs_now_t                       now;
    fs_str_t                       str;
    const fs_sale_t               *next;
    ngx_http_flashsale_ctx_t      *ctx;
    ngx_http_flashsale_text_t     *text, *full;
    ngx_http_flashsale_headers_t  *headers;

    ctx = ngx_http_flashsale_ctx(r);
    headers = ngx_http_flashsale_headers(r, ctx);

    size = NGX_HTTP_FLASHSALE_HELLO_MAX + n * FS_SALE_JSON_MAX + FS_EVENT_MAX;

    text = ngx_http_flashsale_text_create(size);
    if (text == NULL) {
        return NULL;
    }

    text->len = ngx_http_flashsale_events_hello(text->data);

    epoch = fs_life_now(view->store);

    str.len = headers->last_event_id.len;
    str.data = (char *) headers->last_event_id.data;

    if (ngx_http_flashsale_events_id(str, epoch, view->seq, &id) == 0) {

        /* in the order of the changes: the ids go up */

        for ( ;; ) {
            next = NULL;

            for (i = 0; i < n; i++) {
                if (sales[i].version > (fs_seq_t) id
                    && (next == NULL || sales[i].version < next->version))
                {
                    next = &sales[i];
                }
            }

            if (next == NULL) {
                return text;
            }

            id = (int64_t) next->version;

            full = ngx_http_flashsale_channel_full(next, epoch);
            if (full == NULL) {
                ngx_http_flashsale_text_release(text);
                return NULL;
            }

            ngx_memcpy(text->data + text->len, full->data, full->len);
            text->len += full->len;
            ngx_http_flashsale_text_release(full);
        }
    }

    fs_store_now(view->store, &now);

    len = fs_answer_snapshot((char *) text->data + text->len,
                             size - text->len, view->seq, epoch, sales, n,
                             now.wall);
    if (len < 0) {
        ngx_http_flashsale_text_release(text);
        return NULL;
    }

    text->len += len;

    return text;
}


/*
 * An id that was seen last.  Of another life it tells nothing: what was seen
 * besides, of a change that the stream broke in, may not be true here.  0 or
 * -1.
 */

static int
ngx_http_flashsale_events_id(fs_str_t str, uint32_t epoch, fs_seq_t last,
    int64_t *id)
{
    size_t  len;
    u_char  life[sizeof("-00000000")];

    if (epoch != 0) {
        len = ngx_sprintf(life, "-%08xD", epoch) - life;

        if (str.len < len
            || ngx_memcmp(str.data + str.len - len, life, len) != 0)
        {
            return -1;
        }

        str.len -= len;
    }

    return fs_number_parse(str, 1, (int64_t) last, id);
}


static ngx_int_t
ngx_http_flashsale_events_header(ngx_http_request_t *r)
{
    int                size;
    ngx_str_t          type = ngx_string("text/event-stream");
    ngx_connection_t  *c;

    c = r->connection;

    ngx_http_flashsale_head(r, NGX_HTTP_OK, &type, -1);
    ngx_http_clear_accept_ranges(r);

    /* for a proxy: neither compress nor keep back what it gets */

    if (ngx_http_flashsale_header(r, "Cache-Control",
                                  "no-store, no-transform",
                                  sizeof("no-store, no-transform") - 1)
        != NGX_OK
        || ngx_http_flashsale_header(r, "X-Accel-Buffering", "no",
                                     sizeof("no") - 1)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    r->keepalive = 0;

    /* a compressor would hold events back until it has a block of them */
    r->gzip_tested = 1;
    r->gzip_ok = 0;

    /*
     * The kernel would buffer megabytes for a viewer who does not read.  A
     * connection of HTTP/2 carries other streams too, which this would slow.
     */

    if (ngx_http_flashsale_multiplexed(r)) {
        return ngx_http_send_header(r);
    }

    size = NGX_HTTP_FLASHSALE_SEND_BUFFER;

    if (setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(int)) == -1) {
        ngx_log_error(NGX_LOG_INFO, c->log, ngx_socket_errno,
                      "setsockopt(SO_SNDBUF) failed");
    }

    return ngx_http_send_header(r);
}
