
#include "worker/ngx_http_flashsale_worker.h"
#include "core/store/file.h"


#define NGX_HTTP_FLASHSALE_RETIRE_MSEC  100
#define NGX_HTTP_FLASHSALE_QUIET        2       /* such times, then it may */


static ngx_int_t ngx_http_flashsale_connect(
    ngx_http_flashsale_worker_t *worker);
static void ngx_http_flashsale_wake_handler(ngx_event_t *rev);
static ngx_int_t ngx_http_flashsale_adopt(
    ngx_http_flashsale_worker_t *worker);
static ngx_uint_t ngx_http_flashsale_idle(
    ngx_http_flashsale_worker_t *worker);
static void ngx_http_flashsale_retire(ngx_http_flashsale_worker_t *worker);


void
ngx_http_flashsale_start(ngx_http_flashsale_worker_t *worker)
{
    if (worker->ring == -1) {
        worker->ring = fs_ring_claim(worker->rings);

        if (worker->ring == -1) {
            if (!worker->complained) {
                ngx_log_error(NGX_LOG_ERR, worker->log, 0,
                              "flashsale: all %uD rings are taken; waiting "
                              "for a worker to leave",
                              worker->rings->rings_n);
                worker->complained = 1;
            }

            return;
        }

        worker->complained = 0;
        worker->counters = ngx_http_flashsale_counters(worker->conf->shared,
                                                       worker->ring);
    }

    if (worker->connection == NULL
        && ngx_http_flashsale_connect(worker) != NGX_OK)
    {
        return;
    }

    if (worker->thread == NULL) {
        worker->thread = ngx_http_flashsale_thread_start(worker->conf,
                                                         worker->ring,
                                                         worker->log);
    }
}


/*
 * A connection of nginx's for the ring's eventfd.  It is an idle one, so that
 * nginx tells it when the worker has to leave.
 */

static ngx_int_t
ngx_http_flashsale_connect(ngx_http_flashsale_worker_t *worker)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(fs_ring(worker->rings, worker->ring)->eventfd,
                           worker->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    c->data = worker;
    c->log = worker->log;
    c->idle = 1;

    c->read->handler = ngx_http_flashsale_wake_handler;
    c->read->log = worker->log;
    c->write->log = worker->log;

    if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_free_connection(c);
        c->fd = (ngx_socket_t) -1;
        return NGX_ERROR;
    }

    worker->connection = c;

    return NGX_OK;
}


void
ngx_http_flashsale_wake(ngx_http_flashsale_worker_t *worker)
{
    fs_ring_wake(worker->rings, worker->ring);
}


static void
ngx_http_flashsale_wake_handler(ngx_event_t *rev)
{
    uint64_t                      n;
    ngx_connection_t             *c;
    ngx_http_flashsale_worker_t  *worker;

    c = rev->data;
    worker = c->data;

    if (c->close) {

        c->close = 0;
        c->idle = 0;

        ngx_http_flashsale_leave(worker);
    }

    (void) !read(c->fd, &n, sizeof(n));

    ngx_http_flashsale_look(worker);
}


void
ngx_http_flashsale_look(ngx_http_flashsale_worker_t *worker)
{
    uint64_t                                 start;
    ngx_uint_t                               opened, more;
    const ngx_http_flashsale_part_t *const  *part;

    if (worker->thread == NULL) {
        return;
    }

    if (worker->retiring) {

        if (ngx_http_flashsale_thread_ended(worker->thread)) {
            ngx_http_flashsale_retire(worker);
        }

        return;
    }

    if (ngx_http_flashsale_thread_lost(worker->thread)) {
        ngx_http_flashsale_let_go(worker);
        ngx_http_flashsale_thread_give_back(worker->thread);
        return;
    }

    start = ngx_http_flashsale_cpu_usec();
    opened = 0;
    more = 0;

    if (worker->store == NULL
        && ngx_http_flashsale_thread_store(worker->thread)
        && ngx_http_flashsale_adopt(worker) == NGX_OK)
    {
        opened = 1;
    }

    if (!worker->ready && worker->store
        && ngx_http_flashsale_thread_ready(worker->thread))
    {
        worker->ready = 1;
        opened = 1;
    }

    for (part = worker->parts; worker->store && *part; part++) {

        if (opened && (*part)->opened) {
            (*part)->opened(worker);
        }

        if ((*part)->changed) {
            more |= (*part)->changed(worker);
        }
    }

    if (more && worker->connection) {
        ngx_post_event(worker->connection->read, &ngx_posted_next_events);
    }

    ngx_http_flashsale_turned(worker->counters, start);
}


/* The thread has opened the store: make what the main thread reads with. */

static ngx_int_t
ngx_http_flashsale_adopt(ngx_http_flashsale_worker_t *worker)
{
    fs_store_t  *store;

    store = ngx_http_flashsale_thread_store(worker->thread);

    if (worker->reader == NULL) {
        worker->reader = fs_reader_create(store);
    }

    if (worker->crypto == NULL) {
        worker->crypto = fs_crypto_create(store->store_key);
    }

    if (worker->cache == NULL) {
        worker->cache = fs_sheet_cache_create();
    }

    if (worker->reader == NULL || worker->crypto == NULL
        || worker->cache == NULL)
    {
        ngx_log_error(NGX_LOG_ALERT, worker->log, 0,
                      "flashsale: no memory for reading the store");
        return NGX_ERROR;
    }

    worker->store = store;

    return NGX_OK;
}


void
ngx_http_flashsale_disconnect(ngx_http_flashsale_worker_t *worker)
{
    ngx_connection_t  *c;

    c = worker->connection;

    if (c == NULL) {
        return;
    }

    worker->connection = NULL;

    if (ngx_del_conn) {
        (void) ngx_del_conn(c, 0);

    } else if (c->read->active || c->read->disabled) {
        (void) ngx_del_event(c->read, NGX_READ_EVENT, 0);
    }

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    /* the descriptor is the zone's */

    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;
}


void
ngx_http_flashsale_leave(ngx_http_flashsale_worker_t *worker)
{
    const ngx_http_flashsale_part_t *const  *part;

    if (worker->exiting) {
        return;
    }

    worker->exiting = 1;

    for (part = worker->parts; *part; part++) {
        if ((*part)->leave) {
            (*part)->leave(worker);
        }
    }

    ngx_add_timer(&worker->retire, NGX_HTTP_FLASHSALE_RETIRE_MSEC);
}


/* A moment of silence comes first: a reload leaves requests behind that are
 * still on their way here. */

void
ngx_http_flashsale_retire_handler(ngx_event_t *ev)
{
    ngx_http_flashsale_worker_t  *worker;

    worker = ev->data;

    ngx_add_timer(ev, NGX_HTTP_FLASHSALE_RETIRE_MSEC);

    if (worker->retired) {
        return;
    }

    if (worker->retiring) {
        ngx_http_flashsale_look(worker);
        return;
    }

    worker->quiet = ngx_http_flashsale_idle(worker) ? worker->quiet + 1 : 0;

    if (worker->quiet < NGX_HTTP_FLASHSALE_QUIET) {
        return;
    }

    ngx_http_flashsale_let_go(worker);

    if (worker->thread) {
        worker->retiring = 1;
        ngx_http_flashsale_thread_stop(worker->thread);
        return;
    }

    ngx_http_flashsale_retire(worker);
}


/* 1: nothing of this module waits, or will go on with what it has found. */

static ngx_uint_t
ngx_http_flashsale_idle(ngx_http_flashsale_worker_t *worker)
{
    const ngx_http_flashsale_part_t *const  *part;

    for (part = worker->parts; *part; part++) {
        if ((*part)->idle && !(*part)->idle(worker)) {
            return 0;
        }
    }

    return worker->reading_n == 0;
}


void
ngx_http_flashsale_let_go(ngx_http_flashsale_worker_t *worker)
{
    worker->ready = 0;
    worker->store = NULL;
    worker->sold_out.sale = 0;

    if (worker->reader) {
        fs_reader_destroy(worker->reader);
        worker->reader = NULL;
    }

    if (worker->cache) {
        fs_sheet_cache_destroy(worker->cache);
        worker->cache = NULL;
    }

    if (worker->crypto) {
        fs_crypto_destroy(worker->crypto);
        worker->crypto = NULL;
    }
}


/* The thread has ended, and the store is closed. */

static void
ngx_http_flashsale_retire(ngx_http_flashsale_worker_t *worker)
{
    if (worker->thread) {
        ngx_http_flashsale_thread_free(worker->thread);
        worker->thread = NULL;
    }

    ngx_http_flashsale_disconnect(worker);

    if (worker->ring != -1) {
        fs_ring_release(worker->rings, worker->ring);

        worker->ring = -1;
        worker->counters = ngx_http_flashsale_counters(worker->conf->shared,
                                                       0);

        ngx_log_error(NGX_LOG_INFO, worker->log, 0,
                      "flashsale: this worker leaves, its ring is free");
    }

    worker->retiring = 0;
    worker->retired = 1;

    if (!ngx_http_flashsale_idle(worker)) {

        /* somebody has come meanwhile */

        ngx_http_flashsale_revive(worker);
    }
}


void
ngx_http_flashsale_revive(ngx_http_flashsale_worker_t *worker)
{
    if (!worker->retired) {
        return;
    }

    worker->retired = 0;
    worker->quiet = 0;

    ngx_http_flashsale_start(worker);
}


void
ngx_http_flashsale_event(ngx_event_t *ev, ngx_event_handler_pt handler,
    void *data, ngx_log_t *log, ngx_uint_t cancelable)
{
    ev->handler = handler;
    ev->data = data;
    ev->log = log;
    ev->cancelable = cancelable;
}
