
#include "api/ngx_http_flashsale_await.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"


/* something is decided, and about to be told */
#define NGX_HTTP_FLASHSALE_AWAIT_AGAIN  100


static void ngx_http_flashsale_await_done(
    ngx_http_flashsale_writing_t *writing);
static void ngx_http_flashsale_await_timeout(ngx_event_t *ev);
static void ngx_http_flashsale_await_finish(
    ngx_http_flashsale_await_t *await, fs_outcome_t outcome);
static void ngx_http_flashsale_await_cleanup(void *data);


ngx_http_flashsale_await_t *
ngx_http_flashsale_await(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t          *cln;
    ngx_http_flashsale_await_t  *await;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_flashsale_await_t));
    if (cln == NULL) {
        return NULL;
    }

    await = cln->data;
    ngx_memzero(await, sizeof(ngx_http_flashsale_await_t));

    await->request = r;
    await->writing.done = ngx_http_flashsale_await_done;
    await->writing.data = await;

    ngx_http_flashsale_event(&await->timer, ngx_http_flashsale_await_timeout,
                             await, r->connection->log, 0);

    cln->handler = ngx_http_flashsale_await_cleanup;

    return await;
}


void
ngx_http_flashsale_await_begin(ngx_http_flashsale_await_t *await,
    ngx_msec_t msec)
{
    ngx_http_request_t  *r;

    r = await->request;

    r->read_event_handler = ngx_http_flashsale_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    ngx_add_timer(&await->timer, msec);
}


static void
ngx_http_flashsale_await_done(ngx_http_flashsale_writing_t *writing)
{
    ngx_http_flashsale_await_finish(writing->data, writing->outcome);
}


/* A slow disk, or another process that has the file's lock. */

static void
ngx_http_flashsale_await_timeout(ngx_event_t *ev)
{
    ngx_http_flashsale_await_t  *await = ev->data;

    if (!await->promises) {
        ngx_http_flashsale_await_finish(await, FS_UNKNOWN);

    } else if (ngx_http_flashsale_annex_promise(&await->writing)) {
        ngx_http_flashsale_await_finish(await, FS_ACCEPTED);

    } else {
        ngx_add_timer(ev, NGX_HTTP_FLASHSALE_AWAIT_AGAIN);
    }
}


static void
ngx_http_flashsale_await_finish(ngx_http_flashsale_await_t *await,
    fs_outcome_t outcome)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = await->request;
    c = r->connection;

    ngx_http_flashsale_await_cleanup(await);
    await->answer(r, await, outcome);

    ngx_http_finalize_request(r, ngx_http_flashsale_send(r));
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_flashsale_await_cleanup(void *data)
{
    ngx_http_flashsale_await_t *await = data;

    if (await->timer.timer_set) {
        ngx_del_timer(&await->timer);
    }

    ngx_http_flashsale_annex_drop(&await->writing);
}
