
#include "api/ngx_http_flashsale_api.h"
#include "annex/ngx_http_flashsale_talk.h"
#include "core/log/life.h"
#include "core/read/view_claims.h"
#include "core/text/text.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"
#include "http/ngx_http_flashsale_wait.h"
#include "worker/ngx_http_flashsale_worker.h"


static ngx_int_t ngx_http_flashsale_holds_list(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker, ngx_uint_t gifts);


fs_outcome_t
ngx_http_flashsale_hold_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view)
{
    fs_str_t                              key;
    fs_command_t                          command;
    fs_outcome_t                          outcome;
    const fs_hold_request_t              *hold;
    ngx_http_flashsale_asked_t            asked;
    const ngx_http_flashsale_endpoint_t  *endpoint;

    endpoint = ctx->endpoint;
    hold = &asked.hold;

    if ((endpoint->command == FS_COMMAND_HOLD && !ctx->form)
        ? fs_request_hold_again(&ngx_http_flashsale_worker(r)->recents, body,
                                &hold, &refusal->fault)
          != 0
        : ngx_http_flashsale_asked(ctx, body, &asked, &refusal->fault) != 0)
    {
        return refusal->fault.outcome;
    }

    ngx_memzero(&command, sizeof(fs_command_t));

    command.type = endpoint->command;
    command.hold = ctx->seq;
    command.epoch = ctx->epoch;
    ngx_memcpy(command.buyer, ctx->buyer, FS_BUYER_LEN);

    /* releasing twice is releasing once: no key is needed */

    if (endpoint->keyed == NGX_HTTP_FLASHSALE_KEYED) {
        command.pickup = hold->pickup;
    }

    key.data = NULL;
    key.len = 0;

    if (endpoint->keyed != NGX_HTTP_FLASHSALE_UNKEYED) {
        key = ngx_http_flashsale_hold_key(r, ctx, hold->key, hold->key_len);
    }

    if (key.data != NULL) {

        /* a reservation's is hashed only when it may matter */

        outcome = (command.type == FS_COMMAND_HOLD)
                  ? ngx_http_flashsale_key_valid(ctx, key, &refusal->fault)
                  : ngx_http_flashsale_key(ctx, ngx_http_flashsale_worker(r),
                                           key, ctx->buyer, command.key,
                                           &refusal->fault);
        if (outcome != FS_OK) {
            return outcome;
        }
    }

    outcome = ngx_http_flashsale_unmet(r, &command.unmet, &refusal->fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    if (command.type == FS_COMMAND_HOLD) {

        if (command.unmet) {

            /* of the list of holds, which is always there and has no tag */

            return FS_PRECONDITION;
        }

        outcome = ngx_http_flashsale_admit(r, ctx, ctx->identity, key,
                                           hold, &command, refusal, view);
        if (outcome != FS_OK) {
            return outcome;
        }
    }

    return ngx_http_flashsale_wait_command(r, &command,
                                           ngx_http_flashsale_done,
                                           ngx_http_flashsale_wait_finish);
}


fs_str_t
ngx_http_flashsale_hold_key(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, const char *form_key, size_t form_key_len)
{
    fs_str_t                       key;
    ngx_http_flashsale_headers_t  *headers;

    headers = ngx_http_flashsale_headers(r, ctx);

    key = ngx_http_flashsale_str(&headers->key);

    if (key.data == NULL && ctx->form && form_key_len) {
        key.data = form_key;
        key.len = form_key_len;
    }

    return key;
}


/* The same gift twice is the same once. */

fs_outcome_t
ngx_http_flashsale_gift_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view)
{
    fs_command_t                  command;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_asked_t    asked;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_worker(r);

    if (ngx_http_flashsale_asked(ctx, body, &asked, &refusal->fault) != 0) {
        return refusal->fault.outcome;
    }

    ngx_memzero(&command, sizeof(fs_command_t));

    command.type = FS_COMMAND_GIFT;
    command.hold = ctx->seq;
    command.epoch = ctx->epoch;
    ngx_memcpy(command.buyer, ctx->buyer, FS_BUYER_LEN);

    outcome = ngx_http_flashsale_unmet(r, &command.unmet, &refusal->fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_LOG, view);
    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = fs_admit_gift(view, worker->crypto, &asked.hold, &command);
    if (outcome != FS_OK) {
        return outcome;
    }

    fs_view_close(view);
    view->store = NULL;

    return ngx_http_flashsale_wait_command(r, &command,
                                           ngx_http_flashsale_done,
                                           ngx_http_flashsale_wait_finish);
}


/*
 * What was wrong with what was bought.  The key stands for what is said, and
 * not for how: a form that is sent again may have other hidden fields.
 */

fs_outcome_t
ngx_http_flashsale_claim_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view)
{
    fs_str_t                      key;
    fs_command_t                  command;
    fs_outcome_t                  outcome;
    fs_claim_request_t           *claim;
    ngx_http_flashsale_asked_t    asked;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_worker(r);
    claim = &asked.claim;

    if (ngx_http_flashsale_asked(ctx, body, &asked, &refusal->fault) != 0) {
        return refusal->fault.outcome;
    }

    ngx_memzero(&command, sizeof(fs_command_t));

    command.type = FS_COMMAND_CLAIM;
    command.hold = ctx->seq;
    command.epoch = ctx->epoch;
    ngx_memcpy(command.buyer, ctx->buyer, FS_BUYER_LEN);

    key = ngx_http_flashsale_hold_key(r, ctx, claim->key, claim->key_len);

    outcome = ngx_http_flashsale_key(ctx, worker, key, ctx->buyer,
                                     command.key, &refusal->fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = ngx_http_flashsale_unmet(r, &command.unmet, &refusal->fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_LOG, view);
    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = fs_admit_claim(view, claim, &command, refusal);

    if (outcome != FS_OK) {
        if (refusal->sale.len) {
            ctx->sale = refusal->sale;
        }

        return outcome;
    }

    fs_view_close(view);
    view->store = NULL;

    return ngx_http_flashsale_wait_command(r, &command,
                                           ngx_http_flashsale_done,
                                           ngx_http_flashsale_wait_finish);
}


fs_outcome_t
ngx_http_flashsale_admit(ngx_http_request_t *r, ngx_http_flashsale_ctx_t *ctx,
    fs_str_t identity, fs_str_t key, const fs_hold_request_t *request,
    fs_command_t *command, fs_refusal_t *refusal, fs_view_t *view)
{
    fs_now_t                        now;
    fs_outcome_t                    outcome;
    ngx_http_flashsale_worker_t    *worker;
    ngx_http_flashsale_loc_conf_t  *lcf;

    worker = ngx_http_flashsale_worker(r);
    lcf = ngx_http_flashsale_loc_conf(r);

    command->term_ms = (uint32_t) lcf->hold_time;
    command->live_holds = (uint32_t) lcf->live_holds;
    command->queue_units = (uint32_t) lcf->queued;
    command->queue_ms = (uint32_t) lcf->queue_time;

    ctx->sale = request->lines[0].sale;

    outcome = ngx_http_flashsale_newcomer_check(r, ctx, worker, identity,
                                                &refusal->result);
    if (outcome != FS_OK) {
        return outcome;
    }

    if (worker == NULL || worker->store == NULL) {
        return FS_NOT_READY;
    }

    refusal->refused = 0;

    /* in a rush the state is the same for thousands */

    if (fs_view_recall(worker->reader, worker->cache, view)) {
        fs_store_now(worker->store, &now);

        outcome = fs_admit(view, worker->crypto, worker->cache, request, key,
                           &now, command, refusal);

        if (!refusal->refused) {
            fs_view_close(view);
        }
    }

    if (!refusal->refused) {
        outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX,
                                          view);
        if (outcome != FS_OK) {
            return outcome;
        }

        fs_store_now(worker->store, &now);

        outcome = fs_admit(view, worker->crypto, worker->cache, request, key,
                           &now, command, refusal);
    }

    if (outcome == FS_OK) {
        ngx_http_flashsale_referral_check(r, worker, view, command);
        fs_view_close(view);
        view->store = NULL;
        return FS_OK;
    }

    if (refusal->refused) {
        ngx_http_flashsale_add(&worker->counters->refused, 1);
        ngx_http_flashsale_talk_refused(worker, command->buyer,
                                        refusal->sale.len ? &refusal->sale
                                                          : &ctx->sale,
                                        outcome);
    }

    if (refusal->sale.len) {
        ctx->sale = refusal->sale;
    }

    return outcome;
}


void
ngx_http_flashsale_hold_done(ngx_http_request_t *r, const fs_result_t *result,
    fs_view_t *view)
{
    ngx_http_flashsale_answer_hold(r, result->outcome, &result->hold, view);
}


/* The claim as it is now, also when this was a replay. */

void
ngx_http_flashsale_claim_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view)
{
    int                        n;
    char                       text[FS_CLAIM_JSON_MAX];
    fs_claim_t                 claim;
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_flashsale_get_ctx(r);

    if (ctx->form || view->store == NULL) {
        ngx_http_flashsale_answer_hold(r, result->outcome, &result->hold,
                                       view);
        return;
    }

    ngx_http_flashsale_note_hold(ctx, ngx_http_flashsale_worker(r),
                                 &result->hold, view);

    if (!fs_view_claim(view, result->hold.seq, result->claim, &claim)) {

        /* it is made, but cannot be told: a retry with the key tells it */

        ngx_http_flashsale_answer_problem(r, FS_UNKNOWN, NULL, NULL, NULL);
        return;
    }

    n = fs_answer_claim(text, sizeof(text), &claim);

    ngx_http_flashsale_answer_plain(r, result->outcome, text, n, "");
}


ngx_int_t
ngx_http_flashsale_hold_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    fs_hold_t                  hold;
    fs_view_t                  view;
    fs_outcome_t               outcome;
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_flashsale_get_ctx(r);

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX, &view);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    if (fs_view_hold(&view, ctx->seq, &hold)
        && ngx_memcmp(hold.buyer, ctx->buyer, FS_BUYER_LEN) == 0)
    {
        ngx_http_flashsale_answer_hold(r, FS_OK, &hold, &view);

    } else {
        outcome = ngx_http_flashsale_missing(&view, FS_NO_SUCH_HOLD);
        ngx_http_flashsale_answer_problem(r, outcome, NULL, NULL, NULL);
    }

    fs_view_close(&view);

    return ngx_http_flashsale_send(r);
}


ngx_int_t
ngx_http_flashsale_holds_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    return ngx_http_flashsale_holds_list(r, worker, 0);
}


ngx_int_t
ngx_http_flashsale_gifts_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    return ngx_http_flashsale_holds_list(r, worker, 1);
}


static ngx_int_t
ngx_http_flashsale_holds_list(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker, ngx_uint_t gifts)
{
    int                        more, len;
    char                       id[FS_HOLD_ID_LEN];
    size_t                     n, size;
    int64_t                    limit;
    fs_now_t                   now;
    fs_seq_t                   before;
    fs_str_t                   args, str;
    fs_view_t                  view;
    fs_hold_t                 *holds;
    ngx_buf_t                 *b;
    fs_fault_t                 fault;
    fs_names_t                 names;
    fs_outcome_t               outcome;
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_flashsale_get_ctx(r);
    args = ngx_http_flashsale_args(r);

    if (ngx_http_flashsale_page(args, NULL, &limit, NULL, &fault) != FS_OK)
    {
        return ngx_http_flashsale_problem(r, FS_BAD_REQUEST, &fault);
    }

    before = 0;
    len = fs_query_get(args, "before", id, sizeof(id));

    if (len != -1) {
        str.data = id;
        str.len = (len > 0) ? len : 0;

        outcome = fs_life_hold_parse(worker->store, worker->crypto, str,
                                     &before, &ctx->epoch);

        if (outcome != FS_OK && outcome != FS_NO_SUCH_HOLD) {
            return ngx_http_flashsale_problem(r, outcome, NULL);
        }

        if (outcome != FS_OK) {
            ngx_http_flashsale_fault(&fault, "before",
                                     gifts ? "is the id of a gift"
                                           : "is the id of a hold");
            return ngx_http_flashsale_problem(r, FS_BAD_REQUEST, &fault);
        }
    }

    size = limit * (FS_HOLD_JSON_MAX + (gifts ? FS_GIFT_JSON_MAX : 0)) + 256;

    holds = ngx_palloc(r->pool, limit * sizeof(fs_hold_t));
    b = ngx_create_temp_buf(r->pool, size);

    if (holds == NULL || b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX, &view);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    n = fs_view_holds(&view, ctx->buyer, gifts, before, limit, holds, &more);

    outcome = ngx_http_flashsale_missing(&view, FS_OK);

    if (outcome != FS_OK) {
        fs_view_close(&view);
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    fs_view_names(&view, worker->crypto, &names);
    fs_store_now(worker->store, &now);

    len = fs_answer_holds((char *) b->pos, size, holds, n, more, gifts,
                          &names, now.wall);

    if (len < 0) {
        outcome = ngx_http_flashsale_missing(&view, FS_INTERNAL);
    }

    fs_view_close(&view);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    b->last += len;

    ngx_http_flashsale_answer_json(r, FS_OK, b, "private, no-store");

    return ngx_http_flashsale_send(r);
}
