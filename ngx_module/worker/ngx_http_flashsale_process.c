
#include "worker/ngx_http_flashsale_worker.h"


#define NGX_HTTP_FLASHSALE_TICK_MSEC   1000
#define NGX_HTTP_FLASHSALE_STALL_MSEC  100
#define NGX_HTTP_FLASHSALE_STUCK_USEC  1000000
#define NGX_HTTP_FLASHSALE_STUCK_OPEN_USEC  5000000


static void ngx_http_flashsale_exit_at_once(void *data);
static void ngx_http_flashsale_tick_handler(ngx_event_t *ev);
static void ngx_http_flashsale_stall_handler(ngx_event_t *ev);
static void ngx_http_flashsale_stuck(ngx_http_flashsale_worker_t *worker,
    uint64_t now);


/* Nothing here may fail: it would end the process for good. */

ngx_int_t
ngx_http_flashsale_process_init(ngx_cycle_t *cycle,
    const ngx_http_flashsale_part_t *const *parts)
{
    ngx_http_flashsale_worker_t     *worker;
    ngx_http_flashsale_main_conf_t  *mcf;

    /* the cache manager and the loader come here, too */

    if (ngx_process != NGX_PROCESS_WORKER
        && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    mcf = ngx_http_flashsale_cycle_conf(cycle);

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
    worker->counters = ngx_http_flashsale_counters(mcf->shared, 0);

    for (worker->parts = parts; *parts; parts++) {

        if ((*parts)->init && (*parts)->init(worker) != NGX_OK) {
            ngx_log_error(NGX_LOG_ALERT, cycle->log, 0,
                          "flashsale: no memory, this worker answers 503");
            return NGX_OK;
        }
    }

    mcf->worker = worker;

    ngx_http_flashsale_event(&worker->tick, ngx_http_flashsale_tick_handler,
                             worker, worker->log, 1);
    ngx_http_flashsale_event(&worker->stall, ngx_http_flashsale_stall_handler,
                             worker, worker->log, 1);
    ngx_http_flashsale_event(&worker->retire,
                             ngx_http_flashsale_retire_handler, worker,
                             worker->log, 1);

    ngx_add_timer(&worker->tick, NGX_HTTP_FLASHSALE_TICK_MSEC);
    ngx_add_timer(&worker->stall, NGX_HTTP_FLASHSALE_STALL_MSEC);

    ngx_http_flashsale_start(worker);

    return NGX_OK;
}


void
ngx_http_flashsale_process_exit(ngx_cycle_t *cycle)
{
    ngx_http_flashsale_worker_t             *worker;
    ngx_http_flashsale_main_conf_t          *mcf;
    const ngx_http_flashsale_part_t *const  *part;

    mcf = ngx_http_flashsale_cycle_conf(cycle);

    if (mcf == NULL || mcf->worker == NULL) {
        return;
    }

    worker = mcf->worker;
    mcf->worker = NULL;

    for (part = worker->parts; *part; part++) {
        if ((*part)->exit) {
            (*part)->exit(worker);
        }
    }

    ngx_http_flashsale_disconnect(worker);
    ngx_http_flashsale_let_go(worker);

    if (worker->thread) {
        ngx_http_flashsale_thread_stop(worker->thread);

        if (ngx_http_flashsale_thread_wait(worker->thread) != NGX_OK) {

            /*
             * It waits for somebody else's commit.  The process ends with it:
             * what a killed worker leaves is inherited by the next one.
             */

            ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                          "flashsale: the commit thread did not end in time");

            ngx_http_flashsale_process_leaves_thread(cycle);
            return;
        }

        ngx_http_flashsale_thread_free(worker->thread);
    }

    if (worker->ring != -1) {
        fs_ring_release(worker->rings, worker->ring);
    }

    ngx_free(worker);
}


void
ngx_http_flashsale_process_leaves_thread(ngx_cycle_t *cycle)
{
    ngx_pool_cleanup_t  *cln;

    /* the newest cleanup is the first to run */

    cln = ngx_pool_cleanup_add(cycle->pool, 0);

    if (cln == NULL) {
        ngx_http_flashsale_exit_at_once(NULL);
    }

    cln->handler = ngx_http_flashsale_exit_at_once;
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


/*
 * A thread that waits for the locks longer than a second waits for a process
 * that is stopped, or whose disk is stuck.  It is said once, by one worker;
 * whoever has the lock next says that it is over, and the others' second
 * begins anew: they wait for him.  Seen twice the same: this worker itself was
 * not stopped meanwhile.
 */

static void
ngx_http_flashsale_stuck(ngx_http_flashsale_worker_t *worker, uint64_t now)
{
    int32_t     pid;
    int64_t     since;
    uint64_t    limit;
    ngx_uint_t  opening, stuck;

    since = ngx_http_flashsale_thread_waiting(worker->thread);

    if (since != worker->stuck_since) {
        worker->stuck_since = since;
        return;
    }

    ngx_http_flashsale_thread_nudge(worker->thread);

    stuck = atomic_load_explicit(&worker->conf->shared->stuck,
                                 memory_order_relaxed);

    if (worker->stuck && !stuck) {
        worker->stuck_over = now;
    }

    worker->stuck = stuck;

    opening = (worker->store == NULL && !worker->retiring);
    limit = opening ? NGX_HTTP_FLASHSALE_STUCK_OPEN_USEC
                    : NGX_HTTP_FLASHSALE_STUCK_USEC;

    if (since == 0
        || now < ngx_max((uint64_t) since, worker->stuck_over) + limit
        || atomic_exchange(&worker->conf->shared->stuck, 1))
    {
        return;
    }

    pid = worker->store ? atomic_load(&worker->store->mark->writer) : 0;

    if (opening) {
        ngx_log_error(NGX_LOG_ERR, worker->log, 0,
                      "flashsale: opening the store waits, for %uL ms so far: "
                      "for another process that has its lock, or the disk",
                      (now - since) / 1000);

    } else if (pid && pid != (int32_t) ngx_pid) {
        ngx_log_error(NGX_LOG_ERR, worker->log, 0,
                      "flashsale: commits wait for the log's lock, for %uL ms "
                      "so far; process %D has it: is it stopped, or its disk "
                      "stuck?", (now - since) / 1000, pid);

    } else {
        ngx_log_error(NGX_LOG_ERR, worker->log, 0,
                      "flashsale: commits wait for the log's lock, for %uL ms "
                      "so far; another process has it: is one stopped, or the "
                      "disk stuck?", (now - since) / 1000);
    }
}
