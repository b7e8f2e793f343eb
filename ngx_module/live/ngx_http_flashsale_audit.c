
#include "live/ngx_http_flashsale_live.h"
#include "core/lmdb/guard.h"
#include "core/read/audit_answer.h"
#include "core/text/text.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"

#include <pthread.h>
#include <signal.h>


#define NGX_HTTP_FLASHSALE_AUDIT_RANGE      4096    /* entries a snapshot */
#define NGX_HTTP_FLASHSALE_AUDIT_SALE_JSON  256
#define NGX_HTTP_FLASHSALE_AUDIT_KEEP_MSEC  1000


struct ngx_http_flashsale_audit_s {
    ngx_http_flashsale_worker_t  *worker;
    ngx_queue_t                   asked;        /* for the one running */
    ngx_queue_t                   next;         /* for the one after */
    pthread_t                     tid;
    fs_audit_t                    result;       /* the thread's until done */
    _Atomic int                   stop;
    _Atomic int                   done;
    ngx_uint_t                    running;
    ngx_event_t                   keep;         /* a worker does not leave
                                                   while one is running */
};


typedef struct {
    ngx_queue_t                   queue;
    ngx_http_request_t           *request;
    ngx_uint_t                    listed;
} ngx_http_flashsale_question_t;


static ngx_uint_t ngx_http_flashsale_audit_changed(
    ngx_http_flashsale_worker_t *worker);
static ngx_int_t ngx_http_flashsale_audit_start(
    ngx_http_flashsale_audit_t *audit);
static void *ngx_http_flashsale_audit_thread(void *data);
static void ngx_http_flashsale_audit_keep_handler(ngx_event_t *ev);
static void ngx_http_flashsale_audit_finish(ngx_queue_t *queue,
    fs_audit_t *result);
static void ngx_http_flashsale_audit_answer(fs_audit_t *result,
    ngx_http_request_t *r);
static void ngx_http_flashsale_audit_cleanup(void *data);


static ngx_int_t
ngx_http_flashsale_audit_init(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_audit_t  *audit;

    audit = ngx_pcalloc(worker->cycle->pool,
                        sizeof(ngx_http_flashsale_audit_t));
    if (audit == NULL) {
        return NGX_ERROR;
    }

    audit->worker = worker;
    ngx_queue_init(&audit->asked);
    ngx_queue_init(&audit->next);
    ngx_http_flashsale_event(&audit->keep,
                             ngx_http_flashsale_audit_keep_handler,
                             audit, worker->log, 0);

    worker->audit = audit;

    return NGX_OK;
}


ngx_int_t
ngx_http_flashsale_audit(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    ngx_pool_cleanup_t             *cln;
    ngx_http_flashsale_audit_t     *audit;
    ngx_http_flashsale_question_t  *question;

    audit = worker->audit;

    cln = ngx_pool_cleanup_add(r->pool,
                               sizeof(ngx_http_flashsale_question_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    question = cln->data;
    question->request = r;
    question->listed = 1;

    ngx_queue_insert_tail(&audit->next, &question->queue);

    cln->handler = ngx_http_flashsale_audit_cleanup;

    if (!audit->running
        && ngx_http_flashsale_audit_start(audit) != NGX_OK)
    {
        ngx_http_flashsale_audit_cleanup(question);
        return ngx_http_flashsale_problem(r, FS_INTERNAL, NULL);
    }

    r->read_event_handler = ngx_http_flashsale_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    r->main->count++;

    return NGX_DONE;
}


static ngx_uint_t
ngx_http_flashsale_audit_changed(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_audit_t  *audit;

    audit = worker->audit;

    if (!audit->running || !atomic_load(&audit->done)) {
        return 0;
    }

    (void) pthread_join(audit->tid, NULL);
    audit->running = 0;

    if (audit->keep.timer_set) {
        ngx_del_timer(&audit->keep);
    }

    if (!audit->result.ok && audit->result.outcome == FS_OK) {
        ngx_log_error(NGX_LOG_ALERT, worker->log, 0,
                      "flashsale: the audit found: %s",
                      audit->result.problem);
    }

    ngx_http_flashsale_audit_finish(&audit->asked, &audit->result);

    fs_audit_free(&audit->result);

    if (!ngx_queue_empty(&audit->next)
        && ngx_http_flashsale_audit_start(audit) != NGX_OK)
    {
        ngx_http_flashsale_audit_finish(&audit->next, NULL);
    }

    return 0;
}


/* Answer all that wait in the queue.  result NULL: there is none. */

static void
ngx_http_flashsale_audit_finish(ngx_queue_t *queue, fs_audit_t *result)
{
    ngx_queue_t                    *q;
    ngx_connection_t               *c;
    ngx_http_request_t             *r;
    ngx_http_flashsale_question_t  *question;

    while (!ngx_queue_empty(queue)) {
        q = ngx_queue_head(queue);
        question = ngx_queue_data(q, ngx_http_flashsale_question_t, queue);

        r = question->request;
        c = r->connection;

        ngx_http_flashsale_audit_cleanup(question);
        ngx_http_flashsale_audit_answer(result, r);

        ngx_http_finalize_request(r, ngx_http_flashsale_send(r));
        ngx_http_run_posted_requests(c);
    }
}


static ngx_uint_t
ngx_http_flashsale_audit_idle(ngx_http_flashsale_worker_t *worker)
{
    return !worker->audit->running;
}


static void
ngx_http_flashsale_audit_exit(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_audit_t  *audit;

    audit = worker->audit;

    if (!audit->running) {
        return;
    }

    atomic_store(&audit->stop, 1);

    (void) pthread_join(audit->tid, NULL);
    audit->running = 0;

    fs_audit_free(&audit->result);
}


/* Run one for all that wait. */

static ngx_int_t
ngx_http_flashsale_audit_start(ngx_http_flashsale_audit_t *audit)
{
    int       err;
    sigset_t  old;

    atomic_store(&audit->done, 0);

    /* signals are the main thread's */

    fs_guard_block(&old);

    err = pthread_create(&audit->tid, NULL, ngx_http_flashsale_audit_thread,
                         audit);

    (void) pthread_sigmask(SIG_SETMASK, &old, NULL);

    if (err) {
        ngx_log_error(NGX_LOG_ALERT, audit->worker->log, err,
                      "pthread_create() of an audit failed");
        return NGX_ERROR;
    }

    audit->running = 1;

    /* not cancelable: who asked is answered also when the worker leaves */

    if (!audit->keep.timer_set) {
        ngx_add_timer(&audit->keep, NGX_HTTP_FLASHSALE_AUDIT_KEEP_MSEC);
    }

    ngx_queue_add(&audit->asked, &audit->next);
    ngx_queue_init(&audit->next);

    return NGX_OK;
}


/* thread */

static void *
ngx_http_flashsale_audit_thread(void *data)
{
    ngx_http_flashsale_audit_t  *audit = data;

    fs_audit_run(audit->worker->store, NGX_HTTP_FLASHSALE_AUDIT_RANGE,
                 &audit->stop, &audit->result);

    atomic_store(&audit->done, 1);

    ngx_http_flashsale_wake(audit->worker);

    return NULL;
}


static void
ngx_http_flashsale_audit_answer(fs_audit_t *result, ngx_http_request_t *r)
{
    int            len;
    size_t         size;
    ngx_buf_t     *b;
    fs_outcome_t   outcome;

    outcome = result ? result->outcome : FS_INTERNAL;

    if (outcome == FS_OK) {
        size = 1024 + result->sales_n * NGX_HTTP_FLASHSALE_AUDIT_SALE_JSON;

        b = ngx_create_temp_buf(r->pool, size);
        len = b ? fs_answer_audit((char *) b->pos, size, result) : -1;

        if (len >= 0) {
            b->last += len;
            ngx_http_flashsale_answer_json(r, FS_OK, b, "private, no-store");
            return;
        }

        outcome = FS_INTERNAL;
    }

    ngx_http_flashsale_answer_problem(r, outcome, NULL, NULL, NULL);
}


static void
ngx_http_flashsale_audit_keep_handler(ngx_event_t *ev)
{
    ngx_http_flashsale_audit_t  *audit;

    audit = ev->data;

    if (ngx_queue_empty(&audit->asked) && ngx_queue_empty(&audit->next)) {
        return;
    }

    ngx_add_timer(ev, NGX_HTTP_FLASHSALE_AUDIT_KEEP_MSEC);

    (void) ngx_http_flashsale_audit_changed(audit->worker);
}


/* A question does not wait any more: answered, or its request went. */

static void
ngx_http_flashsale_audit_cleanup(void *data)
{
    ngx_http_flashsale_question_t  *question = data;

    if (question->listed) {
        question->listed = 0;
        ngx_queue_remove(&question->queue);
    }
}


const ngx_http_flashsale_part_t  ngx_http_flashsale_audit_part = {
    .init = ngx_http_flashsale_audit_init,
    .changed = ngx_http_flashsale_audit_changed,
    .idle = ngx_http_flashsale_audit_idle,
    .exit = ngx_http_flashsale_audit_exit
};
