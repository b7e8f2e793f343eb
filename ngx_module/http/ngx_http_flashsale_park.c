
#include "http/ngx_http_flashsale_park.h"
#include "core/store/file.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"
#include "annex/ngx_http_flashsale_people.h"
#include "annex/ngx_http_flashsale_talk.h"


#define NGX_HTTP_FLASHSALE_PARKED_MAX   4096   /* requests at start */
#define NGX_HTTP_FLASHSALE_PARKED_MSEC  2000
#define NGX_HTTP_FLASHSALE_TURN_USEC    2000


struct ngx_http_flashsale_parked_s {
    ngx_queue_t                      queue;         /* ctx->queue */
    ngx_uint_t                       n;
    ngx_event_t                      timer;
    ngx_event_t                      resume;        /* posted: parked ones
                                                       may go on, */
    ngx_uint_t                       resume_n;      /* so many of them */
    unsigned                         annexes:1;     /* are known */
};


static fs_outcome_t ngx_http_flashsale_ready(
    ngx_http_flashsale_worker_t *worker, ngx_http_flashsale_need_t need,
    ngx_uint_t *later);
static fs_outcome_t ngx_http_flashsale_park(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker,
    void (*resume)(ngx_http_request_t *r));
static void ngx_http_flashsale_parked_handler(ngx_event_t *ev);
static void ngx_http_flashsale_resume_handler(ngx_event_t *ev);
static ngx_uint_t ngx_http_flashsale_resume(
    ngx_http_flashsale_worker_t *worker, ngx_uint_t n, ngx_uint_t expired);
static void ngx_http_flashsale_resume_content(ngx_http_request_t *r);
static void ngx_http_flashsale_resume_phase(ngx_http_request_t *r);


static ngx_int_t
ngx_http_flashsale_parked_init(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_parked_t  *parked;

    parked = ngx_pcalloc(worker->cycle->pool,
                         sizeof(ngx_http_flashsale_parked_t));
    if (parked == NULL) {
        return NGX_ERROR;
    }

    ngx_queue_init(&parked->queue);

    ngx_http_flashsale_event(&parked->timer, ngx_http_flashsale_parked_handler,
                             worker, worker->log, 0);
    ngx_http_flashsale_event(&parked->resume,
                             ngx_http_flashsale_resume_handler, worker,
                             worker->log, 0);

    worker->parked = parked;

    return NGX_OK;
}


static void
ngx_http_flashsale_parked_opened(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_parked_t  *parked;

    parked = worker->parked;
    parked->resume_n = parked->n;

    if (!parked->resume.posted) {
        ngx_post_event(&parked->resume, &ngx_posted_events);
    }
}


static ngx_uint_t
ngx_http_flashsale_parked_known(ngx_http_flashsale_worker_t *worker)
{
    return ngx_http_flashsale_people_known(worker) == NGX_OK
           && ngx_http_flashsale_talk_known(worker) == NGX_OK;
}


/* The annexes are known now: who waits for them may go on. */

static ngx_uint_t
ngx_http_flashsale_parked_changed(ngx_http_flashsale_worker_t *worker)
{
    if (worker->parked->n && !worker->parked->annexes
        && ngx_http_flashsale_parked_known(worker))
    {
        worker->parked->annexes = 1;
        ngx_http_flashsale_parked_opened(worker);
    }

    return 0;
}


static ngx_uint_t
ngx_http_flashsale_parked_idle(ngx_http_flashsale_worker_t *worker)
{
    return worker->parked->n == 0;
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

        if (need == NGX_HTTP_FLASHSALE_READ
            || (need == NGX_HTTP_FLASHSALE_ANNEXES
                && ngx_http_flashsale_parked_known(worker)))
        {
            return FS_OK;
        }

        if (need == NGX_HTTP_FLASHSALE_ANNEXES) {
            *later = 1;
            return FS_NOT_READY;
        }

        if (fs_store_closed(worker->store) || !worker->conf->lead) {
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
ngx_http_flashsale_gate(ngx_http_request_t *r,
    ngx_http_flashsale_need_t need, ngx_int_t *rc)
{
    ngx_uint_t                    later;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_worker(r);
    outcome = ngx_http_flashsale_ready(worker, need, &later);

    if (outcome == FS_OK) {
        return worker;
    }

    if (later) {
        outcome = ngx_http_flashsale_park(r, worker,
                                          ngx_http_flashsale_resume_content);

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
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_worker(r);
    *outcome = ngx_http_flashsale_ready(worker, NGX_HTTP_FLASHSALE_COMMAND,
                                        &later);

    if (*outcome == FS_OK) {
        return worker;
    }

    *rc = NGX_ERROR;

    if (later) {
        *outcome = ngx_http_flashsale_park(r, worker,
                                           ngx_http_flashsale_resume_phase);

        if (*outcome == FS_OK) {
            *rc = NGX_AGAIN;
        }
    }

    return NULL;
}


static fs_outcome_t
ngx_http_flashsale_park(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker,
    void (*resume)(ngx_http_request_t *r))
{
    ngx_http_flashsale_ctx_t     *ctx;
    ngx_http_flashsale_parked_t  *parked;

    ngx_http_flashsale_revive(worker);

    parked = worker->parked;

    ctx = ngx_http_flashsale_ctx(r);
    if (ctx == NULL) {
        return FS_INTERNAL;
    }

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

    if (parked->n >= NGX_HTTP_FLASHSALE_PARKED_MAX
        || ngx_http_flashsale_cleanup(ctx) != NGX_OK)
    {
        return FS_NOT_READY;
    }

    ctx->resume = resume;

    ngx_queue_insert_tail(&parked->queue, &ctx->queue);
    ctx->queued = 1;
    ctx->counter = &parked->n;
    parked->n++;

    r->read_event_handler = ngx_http_flashsale_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    if (!parked->timer.timer_set) {
        ngx_add_timer(&parked->timer, NGX_HTTP_FLASHSALE_PARKED_MSEC);
    }

    return FS_OK;
}


static void
ngx_http_flashsale_parked_handler(ngx_event_t *ev)
{
    ngx_http_flashsale_worker_t  *worker;

    worker = ev->data;

    (void) ngx_http_flashsale_resume(worker, worker->parked->n, 1);
}


/* There may be thousands: other connections get their turns in between. */

static void
ngx_http_flashsale_resume_handler(ngx_event_t *ev)
{
    ngx_http_flashsale_parked_t  *parked;
    ngx_http_flashsale_worker_t  *worker;

    worker = ev->data;
    parked = worker->parked;

    parked->resume_n = ngx_http_flashsale_resume(worker, parked->resume_n, 0);

    if (parked->resume_n && !ev->posted) {
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
    uint64_t                      start;
    ngx_msec_t                    passed;
    ngx_queue_t                  *q;
    ngx_connection_t             *c;
    ngx_http_request_t           *r;
    ngx_http_flashsale_ctx_t     *ctx;
    ngx_http_flashsale_parked_t  *parked;

    parked = worker->parked;
    start = ngx_http_flashsale_usec();

    for ( /* void */ ; n && !ngx_queue_empty(&parked->queue); n--) {

        if (n % 8 == 0
            && ngx_http_flashsale_usec() - start
               > NGX_HTTP_FLASHSALE_TURN_USEC)
        {
            break;
        }

        q = ngx_queue_head(&parked->queue);
        ctx = ngx_queue_data(q, ngx_http_flashsale_ctx_t, queue);

        passed = ngx_current_msec - ctx->parked_at;

        if (expired && passed < NGX_HTTP_FLASHSALE_PARKED_MSEC) {
            break;
        }

        ngx_queue_remove(q);
        ctx->queued = 0;
        ngx_http_flashsale_counted(ctx);

        r = ctx->request;
        c = r->connection;

        ctx->resume(r);

        ngx_http_run_posted_requests(c);
    }

    if (ngx_queue_empty(&parked->queue)) {

        if (parked->timer.timer_set) {
            ngx_del_timer(&parked->timer);
        }

        return 0;
    }

    if (!parked->timer.timer_set) {
        q = ngx_queue_head(&parked->queue);
        ctx = ngx_queue_data(q, ngx_http_flashsale_ctx_t, queue);

        passed = ngx_current_msec - ctx->parked_at;

        ngx_add_timer(&parked->timer,
                      passed < NGX_HTTP_FLASHSALE_PARKED_MSEC
                      ? NGX_HTTP_FLASHSALE_PARKED_MSEC - passed : 1);
    }

    return n;
}


static void
ngx_http_flashsale_resume_content(ngx_http_request_t *r)
{
    r->read_event_handler = ngx_http_block_reading;

    ngx_http_finalize_request(r, ngx_http_flashsale_loc_conf(r)->handler(r));
}


static void
ngx_http_flashsale_resume_phase(ngx_http_request_t *r)
{
    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);
}


const ngx_http_flashsale_part_t  ngx_http_flashsale_parked_part = {
    .init = ngx_http_flashsale_parked_init,
    .opened = ngx_http_flashsale_parked_opened,
    .changed = ngx_http_flashsale_parked_changed,
    .idle = ngx_http_flashsale_parked_idle
};
