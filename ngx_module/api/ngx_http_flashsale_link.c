
/*
 * An order's private link: made and taken back by its buyer, or by who serves
 * orders; and whoever comes by it.
 */

#include "api/ngx_http_flashsale_api.h"
#include "core/log/life.h"
#include "core/read/view_link.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"
#include "http/ngx_http_flashsale_wait.h"
#include "worker/ngx_http_flashsale_worker.h"


static fs_outcome_t ngx_http_flashsale_link_of(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_http_flashsale_worker_t *worker,
    fs_view_t *view);
static void ngx_http_flashsale_link_decided(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);


/* POST and DELETE holds/ID/link, orders/ID/link */

fs_outcome_t
ngx_http_flashsale_link_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view)
{
    char                           doc[FS_LINK_DOC_LEN];
    uint8_t                        random[16];
    fs_store_conf_t               *conf;
    fs_operator_t                  op;
    fs_outcome_t                   outcome;
    ngx_http_flashsale_job_t      *job;
    ngx_http_flashsale_asked_t     asked;
    ngx_http_flashsale_worker_t   *worker;

    worker = ngx_http_flashsale_worker(r);

    if (ngx_http_flashsale_asked(ctx, body, &asked, &refusal->fault) != 0) {
        return refusal->fault.outcome;
    }

    outcome = ngx_http_flashsale_link_of(r, ctx, worker, view);
    if (outcome != FS_OK) {
        return outcome;
    }

    fs_view_close(view);
    view->store = NULL;

    ngx_memzero(&op, sizeof(fs_operator_t));
    op.kind = (fs_str_t) fs_str(FS_LINK_KIND);
    op.slug = ctx->names[0];

    if (ctx->endpoint->command == FS_COMMAND_DOCUMENT) {
        conf = &worker->store->conf;

        if (conf->random(conf->data, random, sizeof(random)) != 0) {
            return FS_INTERNAL;
        }

        fs_link_document(random, doc);
        op.doc.data = doc;
        op.doc.len = sizeof(doc);

        /* there is one: that one it is */

        op.condition.if_none_match = (fs_str_t) fs_str("*");
    }

    job = ngx_http_flashsale_admin_job(&op);
    if (job == NULL) {
        return FS_INTERNAL;
    }

    job->command.type = ctx->endpoint->command;

    return ngx_http_flashsale_wait_job(r, job,
                                       ngx_http_flashsale_link_decided,
                                       ngx_http_flashsale_wait_finish);
}


/* Whether the order that the path names is there, and the buyer's own. */

static fs_outcome_t
ngx_http_flashsale_link_of(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_http_flashsale_worker_t *worker,
    fs_view_t *view)
{
    fs_hold_t     hold;
    fs_outcome_t  outcome;

    if (ctx->endpoint->who != NGX_HTTP_FLASHSALE_BUYER) {
        outcome = fs_life_hold_parse(worker->store, worker->crypto,
                                     ctx->names[0], &ctx->seq, &ctx->epoch);
        if (outcome != FS_OK) {
            return outcome;
        }
    }

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX, view);
    if (outcome != FS_OK) {
        return outcome;
    }

    if (!fs_view_hold(view, ctx->seq, &hold)
        || (ctx->endpoint->who == NGX_HTTP_FLASHSALE_BUYER
            && ngx_memcmp(hold.buyer, ctx->buyer, FS_BUYER_LEN) != 0))
    {
        return ngx_http_flashsale_missing(view, FS_NO_SUCH_HOLD);
    }

    return FS_OK;
}


/* One that was there is as good as one that is made, and one that is gone as
 * good as one that is taken back. */

static void
ngx_http_flashsale_link_decided(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view)
{
    fs_result_t  done;

    done = *result;

    if (result->outcome == FS_PRECONDITION
        || result->outcome == FS_NOT_FOUND)
    {
        done.outcome = FS_OK;

    } else if (result->outcome == FS_OK
               && ngx_http_flashsale_get_ctx(r)->endpoint->command
                  == FS_COMMAND_DOCUMENT)
    {
        done.outcome = FS_CREATED;
    }

    ngx_http_flashsale_done(r, &done, view);
}


void
ngx_http_flashsale_link_done(ngx_http_request_t *r, const fs_result_t *result,
    fs_view_t *view)
{
    int                        n, rc;
    char                       path[FS_LINK_PATH_LEN];
    char                       text[FS_LINK_PATH_LEN + 16];
    char                       to[sizeof("/h/") + FS_HOLD_ID_LEN];
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_flashsale_get_ctx(r);
    rc = -1;

    if (view->store) {
        rc = fs_view_link(view, ngx_http_flashsale_worker(r)->crypto,
                          ctx->names[0], path);
    }

    if (rc == -1) {

        /* it is done, but cannot be told: the same again tells it */

        ngx_http_flashsale_answer_problem(r, FS_UNKNOWN, NULL, NULL, NULL);
        return;
    }

    n = (rc == 1)
        ? ngx_sprintf((u_char *) text, "{\"url\":\"%*s\"}", sizeof(path),
                      path) - (u_char *) text
        : ngx_sprintf((u_char *) text, "{\"url\":null}") - (u_char *) text;

    *ngx_sprintf((u_char *) to, "/h/%*s", (size_t) ctx->names[0].len,
                 ctx->names[0].data) = '\0';

    ngx_http_flashsale_answer_plain(r, result->outcome, text, n, to);
}


ngx_uint_t
ngx_http_flashsale_by_link(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_http_flashsale_worker_t *worker,
    fs_outcome_t *outcome)
{
    int        len, rc;
    char       tag[FS_LINK_TAG_LEN + 1];
    fs_str_t   str;
    fs_hold_t  hold;
    fs_view_t  view;

    len = fs_query_get(ngx_http_flashsale_args(r), "link", tag, sizeof(tag));

    if (len == -1) {
        return 0;
    }

    *outcome = fs_life_hold_parse(worker->store, worker->crypto,
                                  ctx->names[0], &ctx->seq, &ctx->epoch);
    if (*outcome != FS_OK) {
        return 1;
    }

    *outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX,
                                       &view);
    if (*outcome != FS_OK) {
        return 1;
    }

    str.data = tag;
    str.len = (len > 0) ? (size_t) len : 0;
    rc = fs_view_link_is(&view, worker->crypto, ctx->names[0], str);

    if (rc == 1 && fs_view_hold(&view, ctx->seq, &hold)) {
        ngx_memcpy(ctx->buyer, hold.buyer, FS_BUYER_LEN);

    } else {
        *outcome = ngx_http_flashsale_missing(&view, rc == -1 ? FS_NOT_READY
                                                     : FS_NO_SUCH_HOLD);
    }

    fs_view_close(&view);

    return 1;
}
