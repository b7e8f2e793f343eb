
#include "live/ngx_http_flashsale_live.h"
#include "core/read/read.h"
#include "core/text/text.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"
#include "worker/ngx_http_flashsale_worker.h"
#include "core/ledger/entry_line.h"


#define NGX_HTTP_FLASHSALE_FEED_LIMIT      100
#define NGX_HTTP_FLASHSALE_FEED_LIMIT_MAX  1000
#define NGX_HTTP_FLASHSALE_FEED_WAIT_MAX   30000
#define NGX_HTTP_FLASHSALE_FEED_STEP       64       /* entries read at once */
#define NGX_HTTP_FLASHSALE_FEED_BUFFER     65536
#define NGX_HTTP_FLASHSALE_FEED_LINE_MAX   (FS_ENTRY_JSON_MAX + 128)
#define NGX_HTTP_FLASHSALE_FEED_LOOK_MSEC  100      /* for a lost wake-up */


struct ngx_http_flashsale_ledger_s {
    ngx_http_flashsale_worker_t  *worker;
    ngx_queue_t                   waiters;
    ngx_event_t                   look;
};


typedef struct {
    ngx_queue_t                   queue;
    ngx_http_request_t           *request;
    ngx_http_flashsale_ledger_t  *ledger;       /* NULL: does not wait */
    ngx_event_t                   timeout;
    fs_seq_t                      after;
    uint8_t                       hash[FS_HASH_LEN];  /* of that entry */
    unsigned                      hashed:1;     /* it is to be that */
    fs_seq_t                      last;         /* FORKED: the ledger's */
    size_t                        limit;
    ngx_msec_t                    wait;
} ngx_http_flashsale_feed_t;


static ngx_uint_t ngx_http_flashsale_ledger_changed(
    ngx_http_flashsale_worker_t *worker);
static fs_outcome_t ngx_http_flashsale_feed_args(ngx_http_request_t *r,
    ngx_http_flashsale_feed_t *feed, fs_fault_t *fault);
static int ngx_http_flashsale_feed_hash(fs_str_t args,
    ngx_http_flashsale_feed_t *feed, fs_fault_t *fault);
static int ngx_http_flashsale_feed_forked(ngx_http_flashsale_feed_t *feed,
    fs_view_t *view);
static ngx_int_t ngx_http_flashsale_feed_problem(ngx_http_request_t *r,
    ngx_http_flashsale_feed_t *feed, fs_outcome_t outcome);
static ngx_chain_t *ngx_http_flashsale_feed_render(ngx_http_request_t *r,
    ngx_http_flashsale_feed_t *feed, ngx_http_flashsale_worker_t *worker,
    fs_outcome_t *outcome);
static ngx_int_t ngx_http_flashsale_feed_wait(ngx_http_request_t *r,
    ngx_http_flashsale_feed_t *feed, ngx_http_flashsale_worker_t *worker);
static void ngx_http_flashsale_feed_answer(ngx_http_flashsale_feed_t *feed,
    ngx_uint_t empty);
static void ngx_http_flashsale_feed_timeout(ngx_event_t *ev);
static void ngx_http_flashsale_feed_watch(ngx_event_t *ev);
static void ngx_http_flashsale_feed_cleanup(void *data);


ngx_int_t
ngx_http_flashsale_ledger(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    ngx_int_t                   rc;
    fs_fault_t                  fault;
    ngx_chain_t                *out;
    fs_outcome_t                outcome;
    ngx_http_flashsale_feed_t  *feed;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    feed = ngx_pcalloc(r->pool, sizeof(ngx_http_flashsale_feed_t));
    if (feed == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    feed->request = r;

    outcome = ngx_http_flashsale_feed_args(r, feed, &fault);
    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, &fault);
    }

    out = ngx_http_flashsale_feed_render(r, feed, worker, &outcome);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_feed_problem(r, feed, outcome);
    }

    if (out == NULL && feed->wait && !worker->exiting) {
        return ngx_http_flashsale_feed_wait(r, feed, worker);
    }

    return ngx_http_flashsale_send_text(r, "application/x-ndjson",
                                        "private, no-store", out);
}


static ngx_int_t
ngx_http_flashsale_ledger_init(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_ledger_t  *ledger;

    ledger = ngx_pcalloc(worker->cycle->pool,
                         sizeof(ngx_http_flashsale_ledger_t));
    if (ledger == NULL) {
        return NGX_ERROR;
    }

    ledger->worker = worker;
    ngx_queue_init(&ledger->waiters);
    ngx_http_flashsale_event(&ledger->look, ngx_http_flashsale_feed_watch,
                             ledger, worker->log, 1);

    worker->ledger = ledger;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_flashsale_ledger_changed(ngx_http_flashsale_worker_t *worker)
{
    fs_seq_t                      seq;
    ngx_queue_t                  *q, *next;
    ngx_http_flashsale_feed_t    *feed;
    ngx_http_flashsale_ledger_t  *ledger;

    ledger = worker->ledger;

    if (ngx_queue_empty(&ledger->waiters) || worker->store == NULL) {
        return 0;
    }

    seq = atomic_load(&worker->store->mark->seq);

    for (q = ngx_queue_head(&ledger->waiters);
         q != ngx_queue_sentinel(&ledger->waiters);
         q = next)
    {
        next = ngx_queue_next(q);
        feed = ngx_queue_data(q, ngx_http_flashsale_feed_t, queue);

        if (seq > feed->after) {
            ngx_http_flashsale_feed_answer(feed, 0);
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_flashsale_ledger_idle(ngx_http_flashsale_worker_t *worker)
{
    return ngx_queue_empty(&worker->ledger->waiters);
}


/* An answer of nothing is an answer. */

static void
ngx_http_flashsale_ledger_leave(ngx_http_flashsale_worker_t *worker)
{
    ngx_queue_t                  *q;
    ngx_http_flashsale_ledger_t  *ledger;

    ledger = worker->ledger;

    while (!ngx_queue_empty(&ledger->waiters)) {
        q = ngx_queue_head(&ledger->waiters);

        ngx_http_flashsale_feed_answer(
                  ngx_queue_data(q, ngx_http_flashsale_feed_t, queue), 1);
    }
}


static fs_outcome_t
ngx_http_flashsale_feed_args(ngx_http_request_t *r,
    ngx_http_flashsale_feed_t *feed, fs_fault_t *fault)
{
    int64_t   after, limit, wait;
    fs_str_t  args;

    ngx_memzero(fault, sizeof(fs_fault_t));

    args = ngx_http_flashsale_args(r);

    after = 0;
    limit = NGX_HTTP_FLASHSALE_FEED_LIMIT;
    wait = 0;

    if (ngx_http_flashsale_number(args, "after", 0, INT64_MAX, &after, fault)
        != FS_OK
        || ngx_http_flashsale_number(args, "limit", 1,
                                     NGX_HTTP_FLASHSALE_FEED_LIMIT_MAX,
                                     &limit, fault)
           != FS_OK
        || ngx_http_flashsale_number(args, "wait_ms", 0,
                                     NGX_HTTP_FLASHSALE_FEED_WAIT_MAX, &wait,
                                     fault)
           != FS_OK
        || ngx_http_flashsale_feed_hash(args, feed, fault) != 0)
    {
        return FS_BAD_REQUEST;
    }

    feed->after = after;
    feed->limit = limit;
    feed->wait = wait;

    return FS_OK;
}


/* 64 digits; may be absent.  0, or -1 and the fault. */

static int
ngx_http_flashsale_feed_hash(fs_str_t args, ngx_http_flashsale_feed_t *feed,
    fs_fault_t *fault)
{
    int         len;
    char        buf[2 * FS_HASH_LEN];
    ngx_int_t   value;
    ngx_uint_t  i;

    len = fs_query_get(args, "hash", buf, sizeof(buf));

    if (len == -1) {
        return 0;
    }

    for (i = 0; i < FS_HASH_LEN && len == (int) sizeof(buf); i++) {

        value = ngx_hextoi((u_char *) buf + 2 * i, 2);
        if (value == NGX_ERROR) {
            break;
        }

        feed->hash[i] = (uint8_t) value;
    }

    if (i == FS_HASH_LEN) {
        feed->hashed = 1;
        return 0;
    }

    ngx_http_flashsale_fault(fault, "hash", "is 64 hexadecimal digits");

    return -1;
}


/*
 * Does the one who asks have another history?  1: yes, and feed->last; 0: no,
 * or it was not asked.  Before the first entry the hash is zeros.
 */

static int
ngx_http_flashsale_feed_forked(ngx_http_flashsale_feed_t *feed,
    fs_view_t *view)
{
    int  known;

    if (!feed->hashed) {
        return 0;
    }

    known = fs_view_knows(view, feed->after, feed->hash);

    if (known == -1) {

        /* damaged since it was told: that is no other history */

        view->log.error = 0;
    }

    if (known != 0) {
        return 0;
    }

    feed->last = atomic_load(&view->store->mark->seq);

    return 1;
}


static ngx_int_t
ngx_http_flashsale_feed_problem(ngx_http_request_t *r,
    ngx_http_flashsale_feed_t *feed, fs_outcome_t outcome)
{
    fs_result_t  result;

    ngx_memzero(&result, sizeof(fs_result_t));
    result.outcome = (uint16_t) outcome;
    result.last_seq = feed->last;

    ngx_http_flashsale_answer_problem(r, outcome, NULL, &result, NULL);

    return ngx_http_flashsale_send(r);
}


/* The lines after feed->after.  NULL and OK: there are none. */

static ngx_chain_t *
ngx_http_flashsale_feed_render(ngx_http_request_t *r,
    ngx_http_flashsale_feed_t *feed, ngx_http_flashsale_worker_t *worker,
    fs_outcome_t *outcome)
{
    int           len, bad;
    size_t        i, n, left;
    fs_seq_t      after;
    fs_view_t     view;
    ngx_buf_t    *b;
    fs_names_t    names;
    ngx_chain_t  *out, **last, *cl;
    fs_entry_t    entries[NGX_HTTP_FLASHSALE_FEED_STEP];

    *outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_LOG, &view);
    if (*outcome != FS_OK) {
        return NULL;
    }

    if (ngx_http_flashsale_feed_forked(feed, &view)) {
        *outcome = ngx_http_flashsale_missing(&view, FS_FORKED);
        fs_view_close(&view);
        return NULL;
    }

    fs_view_names(&view, worker->crypto, &names);

    out = NULL;
    last = &out;
    b = NULL;
    bad = 0;
    after = feed->after;

    for (left = feed->limit; left; left -= n) {

        n = fs_view_entries(&view, after,
                            ngx_min(left, NGX_HTTP_FLASHSALE_FEED_STEP),
                            entries);
        if (n == 0) {
            break;
        }

        for (i = 0; i < n; i++) {

            if (b == NULL
                || b->end - b->last < NGX_HTTP_FLASHSALE_FEED_LINE_MAX)
            {
                b = ngx_create_temp_buf(r->pool, left == 1
                                        ? NGX_HTTP_FLASHSALE_FEED_LINE_MAX
                                        : NGX_HTTP_FLASHSALE_FEED_BUFFER);
                cl = ngx_alloc_chain_link(r->pool);

                if (b == NULL || cl == NULL) {
                    goto failed;
                }

                cl->buf = b;
                cl->next = NULL;
                *last = cl;
                last = &cl->next;
            }

            len = fs_entry_line(&entries[i], &names, (char *) b->last);
            if (len < 0) {
                fs_view_unreadable(&view, "entry", entries[i].seq);
                bad = 1;
                break;
            }

            b->last += len;
            after = entries[i].seq;
        }

        if (bad) {
            break;
        }
    }

    /*
     * A page ends before a line that cannot be written.  A page that begins
     * with it says so: it does not mend itself, and is not to be passed over
     * unseen.  Those behind it are asked for by its number.
     */

    if (after == feed->after) {
        out = NULL;

        if (view.log.error == FS_DB_ROW) {
            *outcome = FS_INTERNAL;

        } else {
            *outcome = ngx_http_flashsale_missing(&view, bad ? FS_INTERNAL
                                                             : FS_OK);
        }
    }

    fs_view_close(&view);

    return out;

failed:

    *outcome = ngx_http_flashsale_missing(&view, FS_INTERNAL);

    fs_view_close(&view);

    return NULL;
}


static ngx_int_t
ngx_http_flashsale_feed_wait(ngx_http_request_t *r,
    ngx_http_flashsale_feed_t *feed, ngx_http_flashsale_worker_t *worker)
{
    ngx_pool_cleanup_t           *cln;
    ngx_http_flashsale_ledger_t  *ledger;

    ledger = worker->ledger;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_flashsale_feed_cleanup;
    cln->data = feed;

    feed->ledger = ledger;
    ngx_http_flashsale_event(&feed->timeout, ngx_http_flashsale_feed_timeout,
                             feed, r->connection->log, 0);

    ngx_queue_insert_tail(&ledger->waiters, &feed->queue);
    ngx_add_timer(&feed->timeout, feed->wait);

    if (!ledger->look.timer_set) {
        ngx_add_timer(&ledger->look, NGX_HTTP_FLASHSALE_FEED_LOOK_MSEC);
    }

    r->read_event_handler = ngx_http_flashsale_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    r->main->count++;

    return NGX_DONE;
}


/* Answer one that waits; empty: whatever there is.  It may be gone then. */

static void
ngx_http_flashsale_feed_answer(ngx_http_flashsale_feed_t *feed,
    ngx_uint_t empty)
{
    ngx_int_t            rc;
    ngx_chain_t         *out;
    fs_outcome_t         outcome;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = feed->request;
    c = r->connection;

    out = ngx_http_flashsale_feed_render(r, feed, feed->ledger->worker,
                                         &outcome);

    if (out == NULL && outcome == FS_OK && !empty) {
        return;
    }

    ngx_http_flashsale_feed_cleanup(feed);

    if (outcome != FS_OK) {
        rc = ngx_http_flashsale_feed_problem(r, feed, outcome);

    } else {
        rc = ngx_http_flashsale_send_text(r, "application/x-ndjson",
                                          "private, no-store", out);
    }

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_flashsale_feed_timeout(ngx_event_t *ev)
{
    ngx_http_flashsale_feed_answer(ev->data, 1);
}


static void
ngx_http_flashsale_feed_watch(ngx_event_t *ev)
{
    ngx_http_flashsale_ledger_t  *ledger;

    ledger = ev->data;

    if (ngx_queue_empty(&ledger->waiters)) {
        return;
    }

    ngx_add_timer(ev, NGX_HTTP_FLASHSALE_FEED_LOOK_MSEC);

    (void) ngx_http_flashsale_ledger_changed(ledger->worker);
}


/* It waits no longer. */

static void
ngx_http_flashsale_feed_cleanup(void *data)
{
    ngx_http_flashsale_feed_t  *feed = data;

    if (feed->ledger == NULL) {
        return;
    }

    feed->ledger = NULL;

    ngx_queue_remove(&feed->queue);

    if (feed->timeout.timer_set) {
        ngx_del_timer(&feed->timeout);
    }
}


const ngx_http_flashsale_part_t  ngx_http_flashsale_ledger_part = {
    .init = ngx_http_flashsale_ledger_init,
    .changed = ngx_http_flashsale_ledger_changed,
    .leave = ngx_http_flashsale_ledger_leave,
    .idle = ngx_http_flashsale_ledger_idle
};
