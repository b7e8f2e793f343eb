
/*
 * A worker that leaves, and locks that others have.
 *
 * While a worker leaves, connections of other modules may keep it for days.
 * Its ring would be missing for the workers to come, so it gives up ring,
 * thread and store as soon as nothing of this module waits.  Who comes later
 * waits for them to be there again, as at a worker's start.
 */

#include "ngx_http_flashsale.h"


#define NGX_HTTP_FLASHSALE_RETIRE_MSEC  100
#define NGX_HTTP_FLASHSALE_QUIET        2       /* such times, then it may */
#define NGX_HTTP_FLASHSALE_STUCK_USEC   1000000
#define NGX_HTTP_FLASHSALE_STUCK_OPEN_USEC  5000000


static ngx_uint_t ngx_http_flashsale_idle(
    ngx_http_flashsale_worker_t *worker);
static void ngx_http_flashsale_retire(ngx_http_flashsale_worker_t *worker);


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
    if (worker->exiting) {
        return;
    }

    worker->exiting = 1;

    ngx_http_flashsale_events_shutdown(worker);
    ngx_http_flashsale_ledger_shutdown(worker);

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
    return worker->parked_n == 0
           && worker->reading_n == 0
           && ngx_http_flashsale_waits_idle(worker)
           && ngx_http_flashsale_events_idle(worker)
           && ngx_http_flashsale_ledger_idle(worker)
           && ngx_http_flashsale_audit_idle(worker);
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
        fs_state_cache_destroy(worker->cache);
        worker->cache = NULL;
    }

    if (worker->crypto) {
        fs_crypto_destroy(worker->crypto);
        worker->crypto = NULL;
    }
}


void
ngx_http_flashsale_retired(ngx_http_flashsale_worker_t *worker)
{
    if (ngx_http_flashsale_thread_ended(worker->thread)) {
        ngx_http_flashsale_retire(worker);
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

    if (worker->parked_n) {
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


/* Twice the same: this worker itself was not stopped meanwhile. */

void
ngx_http_flashsale_stuck(ngx_http_flashsale_worker_t *worker, uint64_t now)
{
    int32_t     pid;
    int64_t     since;
    uint64_t    limit;
    ngx_uint_t  opening;

    since = ngx_http_flashsale_thread_waiting(worker->thread);

    if (since != worker->stuck_since) {
        worker->stuck_since = since;
        return;
    }

    opening = (worker->store == NULL && !worker->retiring);
    limit = opening ? NGX_HTTP_FLASHSALE_STUCK_OPEN_USEC
                    : NGX_HTTP_FLASHSALE_STUCK_USEC;

    if (since == 0
        || now < (uint64_t) since + limit
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
