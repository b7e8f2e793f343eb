
/*
 * Orders for somebody else: a neighbour without a phone, who pays whoever
 * stands before them.
 */

#include "api/ngx_http_flashsale_api.h"
#include "core/base/crypto.h"
#include "core/text/text.h"
#include "http/ngx_http_flashsale_request.h"
#include "http/ngx_http_flashsale_wait.h"
#include "worker/ngx_http_flashsale_worker.h"


static fs_outcome_t ngx_http_flashsale_for_buyer(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_command_t *command, fs_fault_t *fault);
static fs_outcome_t ngx_http_flashsale_cash(
    const fs_order_for_request_t *request, fs_command_t *command);


fs_outcome_t
ngx_http_flashsale_order_for_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view)
{
    fs_str_t                           none = fs_null_str;
    fs_now_t                           now;
    fs_command_t                       command;
    fs_outcome_t                       outcome;
    fs_operator_t                      op;
    fs_order_for_request_t            *request;
    ngx_http_flashsale_job_t          *job;
    ngx_http_flashsale_asked_t         asked;
    ngx_http_flashsale_worker_t       *worker;
    ngx_http_flashsale_loc_conf_t     *lcf;

    worker = ngx_http_flashsale_worker(r);
    lcf = ngx_http_flashsale_loc_conf(r);
    request = &asked.order_for;

    if (ngx_http_flashsale_asked(ctx, body, &asked, &refusal->fault) != 0) {
        return refusal->fault.outcome;
    }

    ngx_memzero(&command, sizeof(fs_command_t));

    ngx_memcpy(command.buyer, request->buyer, FS_BUYER_LEN);
    command.term_ms = (uint32_t) lcf->hold_time;
    command.live_holds = (uint32_t) lcf->live_holds;

    outcome = ngx_http_flashsale_for_buyer(r, ctx, &command, &refusal->fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX, view);
    if (outcome != FS_OK) {
        return outcome;
    }

    fs_store_now(worker->store, &now);

    outcome = fs_admit(view, worker->crypto, worker->cache, &request->hold,
                       none, &now, &command, refusal);
    if (outcome != FS_OK) {
        return outcome;
    }

    fs_view_close(view);
    view->store = NULL;

    ngx_memzero(&op, sizeof(fs_operator_t));

    if (request->paid) {
        op.slug = fs_slug_str(&request->by);

        if (ngx_http_flashsale_cash(request, &command) != FS_OK) {
            return FS_INTERNAL;
        }
    }

    job = ngx_http_flashsale_admin_job(&op);
    if (job == NULL) {
        return FS_INTERNAL;
    }

    job->command = command;
    job->command.type = FS_COMMAND_ORDER;

    return ngx_http_flashsale_wait_job(r, job, ngx_http_flashsale_done,
                                       ngx_http_flashsale_wait_finish);
}


/* The key and the conditions, as of a request of command->buyer's own. */

static fs_outcome_t
ngx_http_flashsale_for_buyer(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_command_t *command, fs_fault_t *fault)
{
    fs_outcome_t                   outcome;
    ngx_http_flashsale_headers_t  *headers;

    headers = ngx_http_flashsale_headers(r, ctx);

    outcome = ngx_http_flashsale_key(ctx, ngx_http_flashsale_worker(r),
                                     ngx_http_flashsale_str(&headers->key),
                                     command->buyer, command->key, fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = ngx_http_flashsale_unmet(r, &command->unmet, fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    return command->unmet ? FS_PRECONDITION : FS_OK;
}


/* The payment is known by who took it.  A blank is in no order service's
 * reference. */

static fs_outcome_t
ngx_http_flashsale_cash(const fs_order_for_request_t *request,
    fs_command_t *command)
{
    char      said[sizeof("cash ") + FS_SLUG_MAX];
    fs_str_t  reference;

    reference.data = said;
    reference.len = ngx_sprintf((u_char *) said, "cash %*s",
                                (size_t) request->by.len, request->by.data)
                    - (u_char *) said;

    command->paid_fen = request->cash_fen;

    return (fs_reference_hash(reference, command->reference) == 0)
           ? FS_OK : FS_INTERNAL;
}


fs_outcome_t
ngx_http_flashsale_grant_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view)
{
    char                           words[FS_WORDS_JSON_MAX];
    uint8_t                        hash[FS_HASH_LEN];
    fs_str_t                       none = fs_str("");
    fs_command_t                   command;
    fs_outcome_t                   outcome;
    fs_operator_t                  op;
    fs_grant_request_t            *request;
    fs_reason_request_t            reason;
    ngx_http_flashsale_job_t      *job;
    ngx_http_flashsale_asked_t     asked;
    ngx_http_flashsale_worker_t   *worker;

    worker = ngx_http_flashsale_worker(r);
    request = &asked.grant;

    if (ngx_http_flashsale_asked(ctx, body, &asked, &refusal->fault) != 0) {
        return refusal->fault.outcome;
    }

    ngx_memzero(&command, sizeof(fs_command_t));
    ngx_memcpy(command.buyer, request->buyer, FS_BUYER_LEN);

    outcome = ngx_http_flashsale_for_buyer(r, ctx, &command, &refusal->fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_LOG, view);
    if (outcome != FS_OK) {
        return outcome;
    }

    if (!fs_slug_valid(ctx->names[0])
        || !fs_view_sale_number(view, ctx->names[0],
                                &command.lines[0].sale))
    {
        return ngx_http_flashsale_missing(view, FS_NO_SUCH_SALE);
    }

    fs_view_close(view);
    view->store = NULL;

    ngx_memzero(&reason, sizeof(fs_reason_request_t));
    reason.words_len = request->words_len;
    ngx_memcpy(reason.words, request->words, request->words_len);

    ngx_memzero(&op, sizeof(fs_operator_t));
    op.words.data = words;
    op.words.len = (size_t) fs_write_words(words, sizeof(words), &reason);

    if (fs_sha256(op.words, none, hash) != 0) {
        return FS_INTERNAL;
    }

    job = ngx_http_flashsale_admin_job(&op);
    if (job == NULL) {
        return FS_INTERNAL;
    }

    ngx_memcpy(command.fingerprint, hash, sizeof(command.fingerprint));
    command.type = FS_COMMAND_GRANT;
    command.lines_n = 1;
    command.lines[0].qty = 1;
    job->command = command;

    return ngx_http_flashsale_wait_job(r, job, ngx_http_flashsale_done,
                                       ngx_http_flashsale_wait_finish);
}
