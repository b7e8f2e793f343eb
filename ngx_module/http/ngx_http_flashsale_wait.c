
#include "http/ngx_http_flashsale_wait.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"
#include "worker/ngx_http_flashsale_worker.h"


#define NGX_HTTP_FLASHSALE_BLOCK       256     /* waits of an allocation */
#define NGX_HTTP_FLASHSALE_TURN        64      /* results of a turn */
#define NGX_HTTP_FLASHSALE_TURN_USEC   2000
#define NGX_HTTP_FLASHSALE_KEEP_MSEC   1000
#define NGX_HTTP_FLASHSALE_WAIT_USEC   30000000


typedef struct {
    ngx_queue_t                      queue;     /* by start, or free */
    ngx_http_flashsale_ctx_t        *ctx;       /* NULL: the client left */
    ngx_http_flashsale_call_pt       call;      /* or: no request waits */
    void                            *data;
    uint64_t                         started;
    uint32_t                         index;
    uint32_t                         generation;
    unsigned                         busy:1;
    unsigned                         expired:1;
} ngx_http_flashsale_wait_t;


struct ngx_http_flashsale_waits_s {
    ngx_http_flashsale_worker_t     *worker;
    ngx_http_flashsale_wait_t      **blocks;
    ngx_uint_t                       blocks_n;
    ngx_queue_t                      free;
    ngx_queue_t                      active;
    ngx_uint_t                       active_n;
    ngx_uint_t                       busy_n;    /* with those that expired */
    ngx_event_t                      keep;
};


static ngx_http_flashsale_wait_t *ngx_http_flashsale_wait_get(
    ngx_http_flashsale_worker_t *worker, fs_outcome_t *outcome);
static void ngx_http_flashsale_wait_free(ngx_http_flashsale_waits_t *waits,
    ngx_http_flashsale_wait_t *wait);
static ngx_http_flashsale_wait_t *ngx_http_flashsale_wait_find(
    ngx_http_flashsale_waits_t *waits, uint64_t token);
static uint64_t ngx_http_flashsale_wait_token(
    ngx_http_flashsale_wait_t *wait);
static ngx_http_flashsale_wait_t *ngx_http_flashsale_wait_begin(
    ngx_http_request_t *r, ngx_http_flashsale_worker_t *worker,
    fs_outcome_t *outcome);
static fs_outcome_t ngx_http_flashsale_wait_push(
    ngx_http_flashsale_worker_t *worker, ngx_http_flashsale_wait_t *wait,
    const fs_command_t *command);
static void ngx_http_flashsale_wait_start(ngx_http_request_t *r,
    ngx_http_flashsale_wait_t *wait, ngx_http_flashsale_done_pt done,
    void (*finish)(ngx_http_request_t *r));
static void ngx_http_flashsale_wait_add(ngx_http_flashsale_waits_t *waits,
    ngx_http_flashsale_wait_t *wait);
static void ngx_http_flashsale_wait_result(ngx_http_flashsale_waits_t *waits,
    uint64_t token, const fs_result_t *result, const char *told,
    fs_view_t *view, ngx_queue_t *ready);
static void ngx_http_flashsale_wait_tell(ngx_http_flashsale_wait_t *wait,
    const fs_result_t *result, const char *told, int64_t wait_us,
    fs_view_t *view, ngx_queue_t *ready);
static void ngx_http_flashsale_wait_run(ngx_queue_t *ready);
static void ngx_http_flashsale_waits_expire(
    ngx_http_flashsale_worker_t *worker);
static void ngx_http_flashsale_keep_handler(ngx_event_t *ev);


static ngx_int_t
ngx_http_flashsale_waits_init(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_waits_t  *waits;

    waits = ngx_calloc(sizeof(ngx_http_flashsale_waits_t), worker->log);
    if (waits == NULL) {
        return NGX_ERROR;
    }

    waits->worker = worker;
    worker->waits = waits;

    ngx_queue_init(&waits->free);
    ngx_queue_init(&waits->active);

    /* while somebody waits, the worker must not leave */

    ngx_http_flashsale_event(&waits->keep, ngx_http_flashsale_keep_handler,
                             worker, worker->log, 0);

    return NGX_OK;
}


static void
ngx_http_flashsale_waits_exit(ngx_http_flashsale_worker_t *worker)
{
    ngx_uint_t                   i;
    ngx_http_flashsale_waits_t  *waits;

    waits = worker->waits;

    if (waits->keep.timer_set) {
        ngx_del_timer(&waits->keep);
    }

    for (i = 0; i < waits->blocks_n; i++) {
        ngx_free(waits->blocks[i]);
    }

    ngx_free(waits->blocks);
    ngx_free(waits);
}


/* NULL: *outcome is why. */

static ngx_http_flashsale_wait_t *
ngx_http_flashsale_wait_get(ngx_http_flashsale_worker_t *worker,
    fs_outcome_t *outcome)
{
    ngx_uint_t                    i;
    ngx_queue_t                  *q;
    ngx_http_flashsale_wait_t    *wait, **blocks;
    ngx_http_flashsale_waits_t   *waits;

    if (worker == NULL || !worker->ready) {
        *outcome = FS_NOT_READY;
        return NULL;
    }

    waits = worker->waits;
    *outcome = FS_QUEUE_FULL;

    if (waits->active_n >= worker->rings->queue) {
        return NULL;
    }

    if (ngx_queue_empty(&waits->free)) {

        wait = ngx_calloc(NGX_HTTP_FLASHSALE_BLOCK
                          * sizeof(ngx_http_flashsale_wait_t),
                          worker->log);
        if (wait == NULL) {
            return NULL;
        }

        blocks = realloc(waits->blocks, (waits->blocks_n + 1)
                                        * sizeof(*blocks));
        if (blocks == NULL) {
            ngx_free(wait);
            return NULL;
        }

        waits->blocks = blocks;
        blocks[waits->blocks_n] = wait;

        for (i = 0; i < NGX_HTTP_FLASHSALE_BLOCK; i++) {
            wait[i].index = waits->blocks_n * NGX_HTTP_FLASHSALE_BLOCK + i;

            /* not what the ring's owner before may have used */
            wait[i].generation = (uint32_t) ngx_random();

            ngx_queue_insert_tail(&waits->free, &wait[i].queue);
        }

        waits->blocks_n++;
    }

    q = ngx_queue_head(&waits->free);
    ngx_queue_remove(q);

    wait = ngx_queue_data(q, ngx_http_flashsale_wait_t, queue);
    wait->generation++;
    wait->busy = 1;
    waits->busy_n++;
    wait->expired = 0;

    *outcome = FS_OK;

    return wait;
}


static void
ngx_http_flashsale_wait_free(ngx_http_flashsale_waits_t *waits,
    ngx_http_flashsale_wait_t *wait)
{
    wait->busy = 0;
    wait->ctx = NULL;
    wait->call = NULL;
    waits->busy_n--;

    ngx_queue_insert_head(&waits->free, &wait->queue);
}


static uint64_t
ngx_http_flashsale_wait_token(ngx_http_flashsale_wait_t *wait)
{
    return ((uint64_t) wait->generation << 32) + wait->index + 1;
}


static ngx_http_flashsale_wait_t *
ngx_http_flashsale_wait_find(ngx_http_flashsale_waits_t *waits,
    uint64_t token)
{
    uint64_t                    index;
    ngx_http_flashsale_wait_t  *wait;

    index = (token & 0xffffffff) - 1;

    if (index / NGX_HTTP_FLASHSALE_BLOCK >= waits->blocks_n) {
        return NULL;
    }

    wait = &waits->blocks[index / NGX_HTTP_FLASHSALE_BLOCK]
                         [index % NGX_HTTP_FLASHSALE_BLOCK];

    if (!wait->busy || ngx_http_flashsale_wait_token(wait) != token) {
        return NULL;
    }

    return wait;
}


fs_outcome_t
ngx_http_flashsale_wait_command(ngx_http_request_t *r,
    const fs_command_t *command, ngx_http_flashsale_done_pt done,
    void (*finish)(ngx_http_request_t *r))
{
    fs_outcome_t                  outcome;
    ngx_http_flashsale_wait_t    *wait;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_worker(r);

    wait = ngx_http_flashsale_wait_begin(r, worker, &outcome);

    if (wait) {
        outcome = ngx_http_flashsale_wait_push(worker, wait, command);
    }

    if (outcome == FS_OK) {
        ngx_http_flashsale_wait_start(r, wait, done, finish);
    }

    return outcome;
}


fs_outcome_t
ngx_http_flashsale_wait_call(ngx_http_flashsale_worker_t *worker,
    const fs_command_t *command, ngx_http_flashsale_call_pt call, void *data)
{
    fs_outcome_t                outcome;
    ngx_http_flashsale_wait_t  *wait;

    wait = ngx_http_flashsale_wait_get(worker, &outcome);

    if (wait) {
        wait->call = call;
        wait->data = data;

        outcome = ngx_http_flashsale_wait_push(worker, wait, command);
    }

    return outcome;
}


/* Into the ring.  Refused: the wait is free again. */

static fs_outcome_t
ngx_http_flashsale_wait_push(ngx_http_flashsale_worker_t *worker,
    ngx_http_flashsale_wait_t *wait, const fs_command_t *command)
{
    fs_outcome_t     outcome;
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    outcome = fs_ring_push(worker->rings, worker->ring, command,
                           ngx_http_flashsale_wait_token(wait),
                           (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec);

    if (outcome != FS_OK) {
        ngx_http_flashsale_wait_free(worker->waits, wait);
        return outcome;
    }

    wait->started = (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;

    ngx_http_flashsale_wait_add(worker->waits, wait);
    ngx_http_flashsale_thread_kick(worker->thread);

    return FS_OK;
}


fs_outcome_t
ngx_http_flashsale_wait_job(ngx_http_request_t *r,
    ngx_http_flashsale_job_t *job, ngx_http_flashsale_done_pt done,
    void (*finish)(ngx_http_request_t *r))
{
    fs_outcome_t                  outcome;
    ngx_http_flashsale_wait_t    *wait;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_worker(r);

    wait = ngx_http_flashsale_wait_begin(r, worker, &outcome);
    if (wait == NULL) {
        free(job);
        return outcome;
    }

    job->token = ngx_http_flashsale_wait_token(wait);
    wait->started = ngx_http_flashsale_usec();

    ngx_http_flashsale_wait_add(worker->waits, wait);
    ngx_http_flashsale_thread_add(worker->thread, job);
    ngx_http_flashsale_wait_start(r, wait, done, finish);

    return FS_OK;
}


/* Everything that can fail, before the command is on its way. */

static ngx_http_flashsale_wait_t *
ngx_http_flashsale_wait_begin(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker, fs_outcome_t *outcome)
{
    ngx_http_flashsale_ctx_t   *ctx;
    ngx_http_flashsale_wait_t  *wait;

    ctx = ngx_http_flashsale_ctx(r);

    if (ctx == NULL || ngx_http_flashsale_cleanup(ctx) != NGX_OK) {
        *outcome = FS_QUEUE_FULL;
        return NULL;
    }

    wait = ngx_http_flashsale_wait_get(worker, outcome);
    if (wait) {
        wait->ctx = ctx;
    }

    return wait;
}


/* No result is delivered before the next turn of the event loop. */

static void
ngx_http_flashsale_wait_start(ngx_http_request_t *r,
    ngx_http_flashsale_wait_t *wait, ngx_http_flashsale_done_pt done,
    void (*finish)(ngx_http_request_t *r))
{
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = wait->ctx;
    ctx->wait = &wait->ctx;
    ctx->done = done;
    ctx->finish = finish;

    r->read_event_handler = ngx_http_flashsale_reading;
    r->write_event_handler = ngx_http_request_empty_handler;
}


static void
ngx_http_flashsale_wait_add(ngx_http_flashsale_waits_t *waits,
    ngx_http_flashsale_wait_t *wait)
{
    ngx_queue_insert_tail(&waits->active, &wait->queue);
    waits->active_n++;

    if (!waits->keep.timer_set) {
        ngx_add_timer(&waits->keep, NGX_HTTP_FLASHSALE_KEEP_MSEC);
    }
}


static ngx_uint_t
ngx_http_flashsale_waits_deliver(ngx_http_flashsale_worker_t *worker)
{
    uint64_t                     start, results, n;
    fs_slot_t                   *slot;
    fs_view_t                    view;
    ngx_uint_t                   more;
    ngx_queue_t                  ready;
    ngx_http_flashsale_job_t    *job;
    ngx_http_flashsale_list_t    jobs;
    ngx_http_flashsale_waits_t  *waits;

    waits = worker->waits;

    if (!worker->ready) {

        /* until it is inherited, the ring is the commit thread's */

        return 0;
    }

    /*
     * What has come is counted before the view is opened: so the view has
     * the names and the numbers of all of it.  What comes meanwhile may be
     * newer than the view, and is for the next turn.
     */

    results = fs_ring_results(worker->rings, worker->ring);
    more = 0;

    if (results > NGX_HTTP_FLASHSALE_TURN) {
        results = NGX_HTTP_FLASHSALE_TURN;
        more = 1;
    }

    ngx_http_flashsale_list_init(&jobs);

    for (n = 0; n < NGX_HTTP_FLASHSALE_TURN; n++) {
        job = ngx_http_flashsale_thread_done(worker->thread);

        if (job == NULL) {
            break;
        }

        ngx_http_flashsale_list_put(&jobs, job);
    }

    if (n == NGX_HTTP_FLASHSALE_TURN) {
        more = 1;
    }

    if (results == 0 && jobs.first == NULL) {
        return 0;
    }

    ngx_queue_init(&ready);

    start = ngx_http_flashsale_usec();

    (void) ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_LOG, &view);

    /*
     * Answers are built first, in one view, and sent afterwards: sending may
     * run the next request of a connection, which takes a view of its own.
     */

    while ((job = ngx_http_flashsale_list_get(&jobs))) {
        ngx_http_flashsale_wait_result(waits, job->token, &job->result,
                                       job->op.told, &view, &ready);
        free(job);
    }

    for (n = 0; n < results; n++) {

        if (n % 16 == 15
            && ngx_http_flashsale_usec() - start
               > NGX_HTTP_FLASHSALE_TURN_USEC / 2)
        {
            more = 1;
            break;
        }

        slot = fs_ring_pop(worker->rings, worker->ring);

        ngx_http_flashsale_wait_result(waits, slot->token, &slot->result,
                                       NULL, &view, &ready);
        fs_ring_pop_done(worker->rings, worker->ring);
    }

    if (view.store) {
        fs_view_close(&view);
    }

    ngx_http_flashsale_wait_run(&ready);

    if (worker->exiting && waits->active_n == 0 && waits->keep.timer_set) {
        ngx_del_timer(&waits->keep);
    }

    return more;
}


static void
ngx_http_flashsale_wait_result(ngx_http_flashsale_waits_t *waits,
    uint64_t token, const fs_result_t *result, const char *told,
    fs_view_t *view, ngx_queue_t *ready)
{
    int64_t                     wait_us;
    ngx_http_flashsale_wait_t  *wait;

    wait = ngx_http_flashsale_wait_find(waits, token);
    if (wait == NULL) {
        return;
    }

    if (!wait->expired) {
        ngx_queue_remove(&wait->queue);
        waits->active_n--;
    }

    if (wait->call || wait->ctx) {
        wait_us = ngx_http_flashsale_usec() - wait->started;

        ngx_http_flashsale_observe_usec(&waits->worker->counters->wait,
                                        wait_us);

        ngx_http_flashsale_wait_tell(wait, result, told, wait_us, view,
                                     ready);
    }

    ngx_http_flashsale_wait_free(waits, wait);
}


/* Whoever waits, once; an answer that was built goes to *ready. */

static void
ngx_http_flashsale_wait_tell(ngx_http_flashsale_wait_t *wait,
    const fs_result_t *result, const char *told, int64_t wait_us,
    fs_view_t *view, ngx_queue_t *ready)
{
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = wait->ctx;
    wait->ctx = NULL;

    if (wait->call) {
        wait->call(wait->data, result, wait_us);
        wait->call = NULL;
    }

    if (ctx) {
        ctx->wait = NULL;
        ctx->waited = 1;
        ctx->wait_us = wait_us;
        ctx->told = told;

        ctx->done(ctx->request, result, view);

        ngx_queue_insert_tail(ready, &ctx->queue);
        ctx->queued = 1;
    }
}


/* Finishing one request may end others: they leave the queue by themselves. */

static void
ngx_http_flashsale_wait_run(ngx_queue_t *ready)
{
    ngx_queue_t               *q;
    ngx_connection_t          *c;
    ngx_http_request_t        *r;
    ngx_http_flashsale_ctx_t  *ctx;

    while (!ngx_queue_empty(ready)) {
        q = ngx_queue_head(ready);
        ngx_queue_remove(q);

        ctx = ngx_queue_data(q, ngx_http_flashsale_ctx_t, queue);
        ctx->queued = 0;

        r = ctx->request;
        c = r->connection;

        ctx->finish(r);

        ngx_http_run_posted_requests(c);
    }
}


static ngx_uint_t
ngx_http_flashsale_waits_idle(ngx_http_flashsale_worker_t *worker)
{
    return worker->waits->busy_n == 0;
}


/* Answer those that have waited too long. */

static void
ngx_http_flashsale_waits_expire(ngx_http_flashsale_worker_t *worker)
{
    uint64_t                     now;
    fs_view_t                    view;
    ngx_queue_t                 *q, ready;
    fs_result_t                  result;
    ngx_http_flashsale_wait_t   *wait;
    ngx_http_flashsale_waits_t  *waits;

    waits = worker->waits;
    now = ngx_http_flashsale_usec();

    ngx_memzero(&result, sizeof(fs_result_t));
    result.outcome = FS_UNKNOWN;
    view.store = NULL;

    ngx_queue_init(&ready);

    while (!ngx_queue_empty(&waits->active)) {
        q = ngx_queue_head(&waits->active);
        wait = ngx_queue_data(q, ngx_http_flashsale_wait_t, queue);

        if (now - wait->started < NGX_HTTP_FLASHSALE_WAIT_USEC) {
            break;
        }

        /* the result may come yet: the wait stays, without a request */

        ngx_queue_remove(q);
        waits->active_n--;
        wait->expired = 1;

        ngx_http_flashsale_wait_tell(wait, &result, NULL,
                                     now - wait->started, &view, &ready);
    }

    ngx_http_flashsale_wait_run(&ready);
}


static void
ngx_http_flashsale_keep_handler(ngx_event_t *ev)
{
    ngx_http_flashsale_worker_t  *worker;

    worker = ev->data;

    ngx_http_flashsale_waits_expire(worker);

    if (worker->waits->active_n) {
        ngx_add_timer(ev, NGX_HTTP_FLASHSALE_KEEP_MSEC);
    }
}


void
ngx_http_flashsale_wait_finish(ngx_http_request_t *r)
{
    ngx_http_finalize_request(r, ngx_http_flashsale_send(r));
}


const ngx_http_flashsale_part_t  ngx_http_flashsale_waits_part = {
    .init = ngx_http_flashsale_waits_init,
    .changed = ngx_http_flashsale_waits_deliver,
    .idle = ngx_http_flashsale_waits_idle,
    .exit = ngx_http_flashsale_waits_exit
};
