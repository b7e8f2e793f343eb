
#include "api/ngx_http_flashsale_api.h"
#include "core/log/life.h"
#include "core/text/text.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"
#include "http/ngx_http_flashsale_wait.h"


static fs_outcome_t ngx_http_flashsale_order_money(
    const fs_order_request_t *order, fs_command_t *command);
static fs_outcome_t ngx_http_flashsale_order_refund(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body,
    const fs_refund_request_t *request, fs_command_t *command,
    fs_refusal_t *refusal, fs_view_t *view);
static fs_outcome_t ngx_http_flashsale_order_goods(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, const fs_hand_over_request_t *request,
    fs_command_t *command, fs_refusal_t *refusal, fs_view_t *view);
static fs_outcome_t ngx_http_flashsale_order_claims(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body,
    const fs_claim_request_t *request, fs_command_t *command,
    fs_refusal_t *refusal, fs_view_t *view);
static fs_outcome_t ngx_http_flashsale_order_claim(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, uint8_t accept,
    fs_command_t *command, fs_refusal_t *refusal);
static fs_outcome_t ngx_http_flashsale_order_key(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_command_t *command,
    fs_refusal_t *refusal);
static int ngx_http_flashsale_order_reference(const char *data, size_t len,
    uint8_t *hash);
static void ngx_http_flashsale_order_told(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view,
    int (*answer)(char *buf, size_t size, const fs_result_t *result));


fs_outcome_t
ngx_http_flashsale_order_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view)
{
    fs_command_t                  command;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_asked_t    asked;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_worker(r);

    ngx_memzero(&command, sizeof(fs_command_t));
    command.type = ctx->endpoint->command;

    /* what is to be done about another life's is decided with the rest */

    outcome = fs_life_hold_parse(worker->store, worker->crypto, ctx->names[0],
                                 &command.hold, &command.epoch);

    if (outcome != FS_OK && outcome != FS_OTHER_LIFE) {
        return outcome;
    }

    ngx_memzero(&asked, sizeof(ngx_http_flashsale_asked_t));

    if (ctx->endpoint->parse(body, &asked, &refusal->fault) != 0) {
        return refusal->fault.outcome;
    }

    switch (command.type) {

    case FS_COMMAND_REFUND:
        outcome = ngx_http_flashsale_order_refund(r, ctx, body, &asked.refund,
                                                  &command, refusal, view);
        break;

    case FS_COMMAND_PICK_UP:
    case FS_COMMAND_PUT_BACK:
        outcome = ngx_http_flashsale_order_goods(r, ctx, &asked.handed,
                                                 &command, refusal, view);
        break;

    case FS_COMMAND_CLAIM:
        outcome = ngx_http_flashsale_order_claims(r, ctx, body, &asked.claim,
                                                  &command, refusal, view);
        break;

    case FS_COMMAND_ANSWER_CLAIM:
        outcome = ngx_http_flashsale_order_claim(r, ctx, body, asked.accept,
                                                 &command, refusal);
        break;

    default:
        outcome = ngx_http_flashsale_order_money(&asked.order, &command);
    }

    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = ngx_http_flashsale_unmet(r, &command.unmet, &refusal->fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    return ngx_http_flashsale_wait_command(r, &command,
                                           ngx_http_flashsale_done,
                                           ngx_http_flashsale_wait_finish);
}


/* What was paid, or paid back. */

static fs_outcome_t
ngx_http_flashsale_order_money(const fs_order_request_t *order,
    fs_command_t *command)
{
    command->paid_fen = order->paid_fen;
    command->owed = (fs_seq_t) order->owed;

    if (ngx_http_flashsale_order_reference(order->reference,
                                           order->reference_len,
                                           command->reference)
        != 0
        || ngx_http_flashsale_order_reference(order->payment,
                                              order->payment_len,
                                              command->payment)
           != 0)
    {
        return FS_INTERNAL;
    }

    return FS_OK;
}


/* What is to be paid back. */

static fs_outcome_t
ngx_http_flashsale_order_refund(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body,
    const fs_refund_request_t *request, fs_command_t *command,
    fs_refusal_t *refusal, fs_view_t *view)
{
    fs_outcome_t  outcome;

    outcome = ngx_http_flashsale_order_key(r, ctx, body, command, refusal);
    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = ngx_http_flashsale_view(ngx_http_flashsale_worker(r),
                                      NGX_HTTP_FLASHSALE_LOG, view);
    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = fs_admit_refund(view, request, command, refusal);

    if (outcome == FS_OK) {
        fs_view_close(view);
        view->store = NULL;

    } else if (refusal->sale.len) {
        ctx->sale = refusal->sale;
    }

    return outcome;
}


/*
 * What was handed over, or put back: a nonce is its key.  Without one it is
 * what version 1 said.
 */

static fs_outcome_t
ngx_http_flashsale_order_goods(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, const fs_hand_over_request_t *request,
    fs_command_t *command, fs_refusal_t *refusal, fs_view_t *view)
{
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    if (request->nonce_len == 0) {
        return FS_OK;
    }

    worker = ngx_http_flashsale_worker(r);

    if (fs_admit_nonce(worker->crypto, request, command) != 0) {
        return FS_INTERNAL;
    }

    if (command->type == FS_COMMAND_PUT_BACK) {
        return FS_OK;
    }

    command->type = FS_COMMAND_HAND_OVER;
    command->via = request->via;
    command->device_at = request->device_at;

    if (request->lines_n == 0) {
        return FS_OK;
    }

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX, view);
    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = fs_admit_handed(view, request, command, refusal);

    if (outcome == FS_OK) {
        fs_view_close(view);
        view->store = NULL;

    } else if (refusal->sale.len) {
        ctx->sale = refusal->sale;
    }

    return outcome;
}


/*
 * Somebody who serves orders says for a buyer what was wrong: it is the
 * buyer's own command, under a key of the order service.
 */

static fs_outcome_t
ngx_http_flashsale_order_claims(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body,
    const fs_claim_request_t *request, fs_command_t *command,
    fs_refusal_t *refusal, fs_view_t *view)
{
    fs_hold_t     hold;
    fs_outcome_t  outcome;

    outcome = ngx_http_flashsale_order_key(r, ctx, body, command, refusal);
    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = ngx_http_flashsale_view(ngx_http_flashsale_worker(r),
                                      NGX_HTTP_FLASHSALE_INDEX, view);
    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = fs_admit_claim(view, request, command, refusal);

    if (outcome != FS_OK) {
        if (refusal->sale.len) {
            ctx->sale = refusal->sale;
        }

        return outcome;
    }

    /* which is not there, or of another life, is for the decision to say */

    if (fs_view_hold(view, command->hold, &hold)) {
        ngx_memcpy(command->buyer, hold.buyer, FS_BUYER_LEN);

    } else {
        outcome = ngx_http_flashsale_missing(view, FS_OK);

        if (outcome != FS_OK) {
            return outcome;
        }
    }

    fs_view_close(view);
    view->store = NULL;

    return FS_OK;
}


/* What is said to a claim, which the path names; with a key or without. */

static fs_outcome_t
ngx_http_flashsale_order_claim(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, uint8_t accept,
    fs_command_t *command, fs_refusal_t *refusal)
{
    int64_t  claim;

    if (fs_number_parse(ctx->names[1], 1, FS_SEQ_MAX, &claim) != 0) {
        return FS_NOT_FOUND;
    }

    command->claim = (fs_seq_t) claim;
    command->accept = accept;

    if (ngx_http_flashsale_headers(r, ctx)->key.data == NULL) {
        return FS_OK;
    }

    return ngx_http_flashsale_order_key(r, ctx, body, command, refusal);
}


static fs_outcome_t
ngx_http_flashsale_order_key(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_command_t *command,
    fs_refusal_t *refusal)
{
    fs_str_t      key;
    fs_outcome_t  outcome;

    ngx_memcpy(command->buyer, fs_keys_of_orders, FS_BUYER_LEN);
    key = ngx_http_flashsale_str(&ngx_http_flashsale_headers(r, ctx)->key);

    outcome = ngx_http_flashsale_key(ctx, ngx_http_flashsale_worker(r), key,
                                     command->buyer, command->key,
                                     &refusal->fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    return ngx_http_flashsale_fingerprint(r, body, command->fingerprint);
}


/* None stays zeros. */

static int
ngx_http_flashsale_order_reference(const char *data, size_t len,
    uint8_t *hash)
{
    fs_str_t  reference = { len, data };

    return len ? fs_reference_hash(reference, hash) : 0;
}


void
ngx_http_flashsale_confirm_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view)
{
    /* money is told of also when names cannot be read just now */

    ngx_http_flashsale_order_told(r, result, view, fs_answer_confirm);
}


void
ngx_http_flashsale_handed_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view)
{
    if (result->outcome == FS_HANDED_OVER || result->outcome == FS_DOUBLE) {
        ngx_http_flashsale_order_told(r, result, view, fs_answer_handed);

    } else {
        ngx_http_flashsale_hold_done(r, result, view);
    }
}


/* What needs no name of anything. */

static void
ngx_http_flashsale_order_told(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view,
    int (*answer)(char *buf, size_t size, const fs_result_t *result))
{
    int         n;
    ngx_buf_t  *b;

    if (view->store) {
        ngx_http_flashsale_note_hold(ngx_http_flashsale_get_ctx(r),
                                     ngx_http_flashsale_worker(r),
                                     &result->hold, view);
    }

    b = ngx_create_temp_buf(r->pool, 256);

    if (b) {
        n = answer((char *) b->pos, 256, result);

        if (n < 0) {
            b = NULL;

        } else {
            b->last += n;
        }
    }

    ngx_http_flashsale_answer_json(r, result->outcome, b,
                                   "private, no-store");
}
