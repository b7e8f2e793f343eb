
#include "http/ngx_http_flashsale_ctx.h"


static void ngx_http_flashsale_cleanup_handler(void *data);


ngx_http_flashsale_ctx_t *
ngx_http_flashsale_ctx(ngx_http_request_t *r)
{
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_flashsale_get_ctx(r);

    if (ctx == NULL) {
        ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_flashsale_ctx_t));
        if (ctx == NULL) {
            return NULL;
        }

        ctx->request = r;
        ngx_http_set_ctx(r, ctx, (*ngx_http_flashsale_self));
    }

    return ctx;
}


ngx_int_t
ngx_http_flashsale_cleanup(ngx_http_flashsale_ctx_t *ctx)
{
    ngx_http_cleanup_t  *cln;

    if (ctx->cleanup) {
        return NGX_OK;
    }

    cln = ngx_http_cleanup_add(ctx->request, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_flashsale_cleanup_handler;
    cln->data = ctx;

    ctx->cleanup = 1;

    return NGX_OK;
}


void
ngx_http_flashsale_counted(ngx_http_flashsale_ctx_t *ctx)
{
    if (ctx->counter) {
        (*ctx->counter)--;
        ctx->counter = NULL;
    }
}


/* The request goes, the command goes on. */

static void
ngx_http_flashsale_cleanup_handler(void *data)
{
    ngx_http_flashsale_ctx_t *ctx = data;

    if (ngx_http_flashsale_worker(ctx->request) == NULL) {

        /* the process ends: there is nothing to leave */

        return;
    }

    if (ctx->queued) {
        ctx->queued = 0;
        ngx_queue_remove(&ctx->queue);
    }

    ngx_http_flashsale_counted(ctx);

    if (ctx->wait) {
        *ctx->wait = NULL;
        ctx->wait = NULL;
    }
}
