
/*
 * A worker process's engine: its start and end, the eventfd that wakes its
 * main thread, timers, and the requests that came before the store was open.
 */

#include "ngx_http_flashsale.h"
#include "core/store/file.h"


#define NGX_HTTP_FLASHSALE_TICK_MSEC   1000
#define NGX_HTTP_FLASHSALE_STALL_MSEC  100
#define NGX_HTTP_FLASHSALE_TURN_USEC   2000    /* of parked requests */


static void ngx_http_flashsale_exit_at_once(void *data);
static ngx_int_t ngx_http_flashsale_connect(
    ngx_http_flashsale_worker_t *worker);
static void ngx_http_flashsale_timer(ngx_http_flashsale_worker_t *worker,
    ngx_event_t *ev, ngx_event_handler_pt handler, ngx_uint_t cancelable);
static void ngx_http_flashsale_wake_handler(ngx_event_t *rev);
static ngx_int_t ngx_http_flashsale_adopt(
    ngx_http_flashsale_worker_t *worker);
static void ngx_http_flashsale_tick_handler(ngx_event_t *ev);
static void ngx_http_flashsale_stall_handler(ngx_event_t *ev);
static void ngx_http_flashsale_parked_handler(ngx_event_t *ev);
static void ngx_http_flashsale_resume_handler(ngx_event_t *ev);
static fs_outcome_t ngx_http_flashsale_ready(
    ngx_http_flashsale_worker_t *worker, ngx_http_flashsale_need_t need,
    ngx_uint_t *later);
static fs_outcome_t ngx_http_flashsale_park(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker, ngx_http_flashsale_ctx_t *ctx);
static ngx_uint_t ngx_http_flashsale_resume(
    ngx_http_flashsale_worker_t *worker, ngx_uint_t n, ngx_uint_t expired);
static void ngx_http_flashsale_resume_content(ngx_http_request_t *r);
static void ngx_http_flashsale_resume_phase(ngx_http_request_t *r);


/* Nothing here may fail: it would end the process for good. */

ngx_int_t
ngx_http_flashsale_init_process(ngx_cycle_t *cycle)
{
    ngx_http_flashsale_worker_t     *worker;
    ngx_http_flashsale_main_conf_t  *mcf;

    /* the cache manager and the loader come here, too */

    if (ngx_process != NGX_PROCESS_WORKER
        && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    mcf = ngx_http_cycle_get_module_main_conf(cycle,
                                              ngx_http_flashsale_module);

    if (mcf == NULL || mcf->path == NULL) {
        return NGX_OK;
    }

    worker = ngx_calloc(sizeof(ngx_http_flashsale_worker_t), cycle->log);
    if (worker == NULL) {
        return NGX_OK;
    }

    worker->conf = mcf;
    worker->cycle = cycle;
    worker->log = cycle->log;
    worker->rings = ngx_http_flashsale_rings(mcf->shared);
    worker->ring = -1;
    worker->boot_phase = ngx_http_flashsale_boot_phase();
    worker->counters = ngx_http_flashsale_counters(mcf->shared, 0);

    ngx_queue_init(&worker->parked);

    (void) pthread_mutex_init(&worker->log_lock, NULL);

    worker->waits = ngx_http_flashsale_waits_create(worker);

    if (worker->waits == NULL
        || ngx_http_flashsale_events_init_worker(worker) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, 0,
                      "flashsale: no memory, this worker answers 503");
        return NGX_OK;
    }

    mcf->worker = worker;

    ngx_http_flashsale_timer(worker, &worker->tick,
                             ngx_http_flashsale_tick_handler, 1);
    ngx_http_flashsale_timer(worker, &worker->stall,
                             ngx_http_flashsale_stall_handler, 1);
    ngx_http_flashsale_timer(worker, &worker->parked_timer,
                             ngx_http_flashsale_parked_handler, 0);
    ngx_http_flashsale_timer(worker, &worker->resume,
                             ngx_http_flashsale_resume_handler, 0);
    ngx_http_flashsale_timer(worker, &worker->retire,
                             ngx_http_flashsale_retire_handler, 1);

    ngx_add_timer(&worker->tick, NGX_HTTP_FLASHSALE_TICK_MSEC);
    ngx_add_timer(&worker->stall, NGX_HTTP_FLASHSALE_STALL_MSEC);

    ngx_http_flashsale_start(worker);

    return NGX_OK;
}


void
ngx_http_flashsale_exit_process(ngx_cycle_t *cycle)
{
    ngx_pool_cleanup_t              *cln;
    ngx_http_flashsale_worker_t     *worker;
    ngx_http_flashsale_main_conf_t  *mcf;

    mcf = ngx_http_cycle_get_module_main_conf(cycle,
                                              ngx_http_flashsale_module);

    if (mcf == NULL || mcf->worker == NULL) {
        return;
    }

    worker = mcf->worker;
    mcf->worker = NULL;

    ngx_http_flashsale_audit_exit(worker);
    ngx_http_flashsale_disconnect(worker);
    ngx_http_flashsale_let_go(worker);
    ngx_http_flashsale_lua_exit(worker);

    if (worker->thread) {
        ngx_http_flashsale_thread_stop(worker->thread);

        if (ngx_http_flashsale_thread_wait(worker->thread) != NGX_OK) {

            /*
             * It waits for somebody else's commit.  The process ends with it:
             * what a killed worker leaves is settled by the next one.
             */

            pthread_mutex_lock(&worker->log_lock);
            worker->muted = 1;
            pthread_mutex_unlock(&worker->log_lock);

            ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                          "flashsale: the commit thread did not end in time");

            /* the newest cleanup is the first to run */

            cln = ngx_pool_cleanup_add(cycle->pool, 0);

            if (cln == NULL) {
                ngx_http_flashsale_exit_at_once(NULL);
            }

            cln->handler = ngx_http_flashsale_exit_at_once;
            return;
        }

        ngx_http_flashsale_thread_free(worker->thread);
    }

    if (worker->ring != -1) {
        fs_ring_release(worker->rings, worker->ring);
    }

    (void) pthread_mutex_destroy(&worker->log_lock);

    ngx_http_flashsale_waits_destroy(worker->waits);
    ngx_free(worker);
}


/*
 * A thread is left, and may get the lock at any moment: when another worker
 * that was before it dies, say.  The pool's cleanups would unload this module
 * and LMDB under it, and exit() would end libcrypto, so neither happens.  All
 * modules have had their exit_process.
 */

static void
ngx_http_flashsale_exit_at_once(void *data)
{
    (void) data;

    _exit(0);
}


/* Claim a ring and start the thread; tried again each second. */

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
        worker->thread = ngx_http_flashsale_thread_start(worker);
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


static void
ngx_http_flashsale_timer(ngx_http_flashsale_worker_t *worker, ngx_event_t *ev,
    ngx_event_handler_pt handler, ngx_uint_t cancelable)
{
    ev->handler = handler;
    ev->data = worker;
    ev->log = worker->log;
    ev->cancelable = cancelable;
}


ngx_http_flashsale_worker_t *
ngx_http_flashsale_worker(ngx_http_request_t *r)
{
    ngx_http_flashsale_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_http_flashsale_module);

    return mcf->worker;
}


void
ngx_http_flashsale_wake(ngx_http_flashsale_worker_t *worker)
{
    fs_ring_wake(worker->rings, worker->ring);
}


uint64_t
ngx_http_flashsale_usec(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


uint64_t
ngx_http_flashsale_cpu_usec(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


void
ngx_http_flashsale_turned(ngx_http_flashsale_worker_t *worker, uint64_t start)
{
    ngx_http_flashsale_observe(&worker->counters->turn,
                               ngx_http_flashsale_usec_bounds,
                               ngx_http_flashsale_cpu_usec() - start);
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
    int         more;
    uint64_t    start;
    ngx_uint_t  resume;

    if (worker->thread == NULL) {
        return;
    }

    if (worker->retiring) {
        ngx_http_flashsale_retired(worker);
        return;
    }

    start = ngx_http_flashsale_cpu_usec();
    resume = 0;

    if (worker->store == NULL
        && ngx_http_flashsale_thread_store(worker->thread)
        && ngx_http_flashsale_adopt(worker) == NGX_OK)
    {
        resume = 1;
    }

    if (!worker->ready && worker->store
        && ngx_http_flashsale_thread_ready(worker->thread))
    {
        worker->ready = 1;
        resume = 1;
    }

    if (resume) {
        worker->resume_n = worker->parked_n;

        if (!worker->resume.posted) {
            ngx_post_event(&worker->resume, &ngx_posted_events);
        }
    }

    more = ngx_http_flashsale_waits_deliver(worker);

    if (worker->store) {
        ngx_http_flashsale_events_changed(worker);
        ngx_http_flashsale_ledger_changed(worker);
        ngx_http_flashsale_audit_changed(worker);
    }

    if (more && worker->connection) {
        ngx_post_event(worker->connection->read, &ngx_posted_next_events);
    }

    ngx_http_flashsale_turned(worker, start);
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
        worker->cache = fs_state_cache_create();
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


/* Lost wake-ups and failed starts cost a second at most. */

static void
ngx_http_flashsale_tick_handler(ngx_event_t *ev)
{
    ngx_http_flashsale_worker_t  *worker;

    worker = ev->data;

    if (ngx_exiting) {

        /* without a ring there is no connection that says it */

        ngx_http_flashsale_leave(worker);
    }

    if (worker->thread) {
        ngx_http_flashsale_look(worker);

    } else if (!worker->retired) {
        ngx_http_flashsale_start(worker);
    }

    ngx_add_timer(ev, NGX_HTTP_FLASHSALE_TICK_MSEC);
}


/* How much too late a timer comes is how long the event loop was held, be it
 * by others' handlers or by other processes. */

static void
ngx_http_flashsale_stall_handler(ngx_event_t *ev)
{
    uint64_t                      now;
    ngx_http_flashsale_worker_t  *worker;

    worker = ev->data;
    now = ngx_http_flashsale_usec();

    if (worker->stall_at) {
        ngx_http_flashsale_observe(&worker->counters->stall,
                                   ngx_http_flashsale_usec_bounds,
                                   now > worker->stall_at
                                   ? now - worker->stall_at : 0);
    }

    worker->stall_at = now + NGX_HTTP_FLASHSALE_STALL_MSEC * 1000;

    if (worker->thread) {
        ngx_http_flashsale_stuck(worker, now);
    }

    ngx_add_timer(ev, NGX_HTTP_FLASHSALE_STALL_MSEC);
}


/* OK or a 503.  *later: it may be waited for. */

static fs_outcome_t
ngx_http_flashsale_ready(ngx_http_flashsale_worker_t *worker,
    ngx_http_flashsale_need_t need, ngx_uint_t *later)
{
    *later = 0;

    if (worker == NULL) {
        return FS_NOT_READY;
    }

    if (worker->store) {

        if (need == NGX_HTTP_FLASHSALE_READ) {
            return FS_OK;
        }

        if (fs_store_closed(worker->store)) {
            return FS_NOT_READY;
        }

        if (atomic_load_explicit(&worker->store->mark->rebuilding,
                                 memory_order_relaxed))
        {
            return FS_REBUILDING;
        }

        if (worker->ready) {
            return FS_OK;
        }
    }

    *later = 1;

    return FS_NOT_READY;
}


ngx_http_flashsale_worker_t *
ngx_http_flashsale_gate(ngx_http_request_t *r, ngx_http_handler_pt handler,
    ngx_http_flashsale_need_t need, ngx_int_t *rc)
{
    ngx_uint_t                    later;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_ctx_t     *ctx;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_worker(r);
    outcome = ngx_http_flashsale_ready(worker, need, &later);

    if (outcome == FS_OK) {
        return worker;
    }

    ctx = ngx_http_flashsale_ctx(r);
    if (ctx == NULL) {
        *rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
        return NULL;
    }

    if (later) {
        ngx_http_flashsale_revive(worker);

        ctx->handler = handler;
        ctx->resume = ngx_http_flashsale_resume_content;
        outcome = ngx_http_flashsale_park(r, worker, ctx);

        if (outcome == FS_OK) {
            r->main->count++;
            *rc = NGX_DONE;
            return NULL;
        }
    }

    *rc = ngx_http_flashsale_problem(r, outcome, NULL);

    return NULL;
}


ngx_http_flashsale_worker_t *
ngx_http_flashsale_gate_phase(ngx_http_request_t *r, fs_outcome_t *outcome,
    ngx_int_t *rc)
{
    ngx_uint_t                    later;
    ngx_http_flashsale_ctx_t     *ctx;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_worker(r);
    *outcome = ngx_http_flashsale_ready(worker, NGX_HTTP_FLASHSALE_COMMAND,
                                        &later);

    if (*outcome == FS_OK) {
        return worker;
    }

    if (later) {
        ngx_http_flashsale_revive(worker);

        ctx = ngx_http_flashsale_ctx(r);

        if (ctx == NULL) {
            *outcome = FS_INTERNAL;

        } else {
            ctx->resume = ngx_http_flashsale_resume_phase;
            *outcome = ngx_http_flashsale_park(r, worker, ctx);

            if (*outcome == FS_OK) {
                *rc = NGX_AGAIN;
                return NULL;
            }
        }
    }

    *rc = NGX_ERROR;

    return NULL;
}


static fs_outcome_t
ngx_http_flashsale_park(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker, ngx_http_flashsale_ctx_t *ctx)
{
    if (ctx->parked) {

        if (ngx_current_msec - ctx->parked_at
            >= NGX_HTTP_FLASHSALE_PARKED_MSEC)
        {
            return FS_NOT_READY;
        }

    } else {
        ctx->parked = 1;
        ctx->parked_at = ngx_current_msec;
        ngx_http_flashsale_add(&worker->counters->parked, 1);
    }

    if (worker->parked_n >= NGX_HTTP_FLASHSALE_PARKED_MAX
        || ngx_http_flashsale_wait_cleanup(r, ctx) != NGX_OK)
    {
        return FS_NOT_READY;
    }

    ngx_queue_insert_tail(&worker->parked, &ctx->queue);
    ctx->queued = 1;
    ctx->counter = &worker->parked_n;
    worker->parked_n++;

    r->read_event_handler = ngx_http_flashsale_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (!worker->parked_timer.timer_set) {
        ngx_add_timer(&worker->parked_timer, NGX_HTTP_FLASHSALE_PARKED_MSEC);
    }

    return FS_OK;
}


static void
ngx_http_flashsale_parked_handler(ngx_event_t *ev)
{
    ngx_http_flashsale_worker_t  *worker;

    worker = ev->data;

    (void) ngx_http_flashsale_resume(worker, worker->parked_n, 1);
}


/* There may be thousands: other connections get their turns in between. */

static void
ngx_http_flashsale_resume_handler(ngx_event_t *ev)
{
    ngx_http_flashsale_worker_t  *worker;

    worker = ev->data;

    worker->resume_n = ngx_http_flashsale_resume(worker, worker->resume_n, 0);

    if (worker->resume_n && !ev->posted) {
        ngx_post_event(ev, &ngx_posted_next_events);
    }
}


/*
 * Let n parked requests run again, or those of them whose time is over, which
 * then are answered with 503.  Returns how many of them are left to the next
 * turn.  Those that park again go to the end.
 */

static ngx_uint_t
ngx_http_flashsale_resume(ngx_http_flashsale_worker_t *worker, ngx_uint_t n,
    ngx_uint_t expired)
{
    uint64_t                   start;
    ngx_msec_t                 passed;
    ngx_queue_t               *q;
    ngx_connection_t          *c;
    ngx_http_request_t        *r;
    ngx_http_flashsale_ctx_t  *ctx;

    start = ngx_http_flashsale_usec();

    for ( /* void */ ; n && !ngx_queue_empty(&worker->parked); n--) {

        if (n % 8 == 0
            && ngx_http_flashsale_usec() - start
               > NGX_HTTP_FLASHSALE_TURN_USEC)
        {
            break;
        }

        q = ngx_queue_head(&worker->parked);
        ctx = ngx_queue_data(q, ngx_http_flashsale_ctx_t, queue);

        passed = ngx_current_msec - ctx->parked_at;

        if (expired && passed < NGX_HTTP_FLASHSALE_PARKED_MSEC) {
            break;
        }

        ngx_queue_remove(q);
        ctx->queued = 0;
        worker->parked_n--;

        r = ctx->request;
        c = r->connection;

        ctx->resume(r);

        ngx_http_run_posted_requests(c);
    }

    if (ngx_queue_empty(&worker->parked)) {

        if (worker->parked_timer.timer_set) {
            ngx_del_timer(&worker->parked_timer);
        }

        return 0;
    }

    if (!worker->parked_timer.timer_set) {
        q = ngx_queue_head(&worker->parked);
        ctx = ngx_queue_data(q, ngx_http_flashsale_ctx_t, queue);

        passed = ngx_current_msec - ctx->parked_at;

        ngx_add_timer(&worker->parked_timer,
                      passed < NGX_HTTP_FLASHSALE_PARKED_MSEC
                      ? NGX_HTTP_FLASHSALE_PARKED_MSEC - passed : 1);
    }

    return n;
}


static void
ngx_http_flashsale_resume_content(ngx_http_request_t *r)
{
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_flashsale_module);

    r->read_event_handler = ngx_http_block_reading;

    ngx_http_finalize_request(r, ctx->handler(r));
}


static void
ngx_http_flashsale_resume_phase(ngx_http_request_t *r)
{
    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);
}
