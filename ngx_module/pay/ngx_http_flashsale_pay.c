
#include "pay/ngx_http_flashsale_checkout.h"
#include "pay/ngx_http_flashsale_pay.h"
#include "core/log/life.h"
#include "core/read/admit.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_park.h"
#include "http/ngx_http_flashsale_request.h"
#include "http/ngx_http_flashsale_wait.h"
#include "worker/ngx_http_flashsale_worker.h"


static fs_outcome_t ngx_http_flashsale_pay_hold(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_http_flashsale_worker_t *worker);
static fs_outcome_t ngx_http_flashsale_pay_watch(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_http_flashsale_worker_t *worker,
    fs_result_t *result);
static fs_outcome_t ngx_http_flashsale_pay_move(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_fault_t *fault);
static void ngx_http_flashsale_pay_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);
static void ngx_http_flashsale_pay_finish(ngx_http_request_t *r);

char *
ngx_http_flashsale_pay(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_flashsale_loc_conf_t *lcf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (value[1].len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has an empty value: it names a hold, with "
                           "a variable", &cmd->name);
        return NGX_CONF_ERROR;
    }

    if (lcf->paying == NULL) {
        lcf->paying = ngx_http_flashsale_need(cf, -1);
        if (lcf->paying == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    return ngx_http_set_complex_value_slot(cf, cmd, conf);
}


ngx_int_t
ngx_http_flashsale_pay_handler(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    fs_outcome_t                  outcome;
    fs_refusal_t                  refusal;
    ngx_http_flashsale_ctx_t     *ctx;
    ngx_http_flashsale_worker_t  *worker;

    if (ngx_http_flashsale_loc_conf(r)->pay == NULL) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_flashsale_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->paid) {
        return NGX_DECLINED;
    }

    /* a phase handler finalizes what it answers itself */

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_POST))) {
        ngx_http_finalize_request(r,
                       ngx_http_flashsale_not_allowed(r, "GET, HEAD, POST"));
        return NGX_DONE;
    }

    worker = ngx_http_flashsale_gate_phase(r, &outcome, &rc);

    if (worker == NULL && rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    ctx->form = (ngx_http_flashsale_media(r, ctx) == 1);

    ngx_memzero(&refusal, sizeof(fs_refusal_t));

    if (worker) {
        outcome = ngx_http_flashsale_pay_hold(r, ctx, worker);

        if (outcome == FS_OK && r->method == NGX_HTTP_POST) {
            outcome = ngx_http_flashsale_pay_move(r, ctx, &refusal.fault);

            if (outcome == FS_OK) {
                return NGX_AGAIN;
            }

        } else if (outcome == FS_OK) {
            outcome = ngx_http_flashsale_pay_watch(r, ctx, worker,
                                                   &refusal.result);
            if (outcome == FS_OK) {
                return NGX_DECLINED;
            }
        }
    }

    ngx_http_flashsale_answer_problem(r, outcome, &refusal.fault,
                                      &refusal.result, NULL);
    ngx_http_finalize_request(r, ngx_http_flashsale_send(r));

    return NGX_DONE;
}


/* Who asks, and about which hold. */

static fs_outcome_t
ngx_http_flashsale_pay_hold(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_http_flashsale_worker_t *worker)
{
    fs_str_t                        id;
    ngx_str_t                       value;
    fs_outcome_t                    outcome;
    ngx_http_flashsale_loc_conf_t  *lcf;

    if (ngx_http_flashsale_checkout_create(r, ctx) != NGX_OK) {
        return FS_INTERNAL;
    }

    outcome = ngx_http_flashsale_buyer(r, ctx, worker);
    if (outcome != FS_OK) {
        return outcome;
    }

    lcf = ngx_http_flashsale_loc_conf(r);

    if (ngx_http_complex_value(r, lcf->pay, &value) != NGX_OK) {
        return FS_INTERNAL;
    }

    id = ngx_http_flashsale_str(&value);

    return fs_life_hold_parse(worker->store, worker->crypto, id, &ctx->seq,
                              &ctx->epoch);
}


/* GET: the hold has to be this buyer's and live.  WRONG_STATE: *result. */

static fs_outcome_t
ngx_http_flashsale_pay_watch(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_http_flashsale_worker_t *worker,
    fs_result_t *result)
{
    fs_now_t      now;
    fs_hold_t     hold;
    fs_view_t     view;
    fs_outcome_t  outcome;

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX, &view);
    if (outcome != FS_OK) {
        return outcome;
    }

    if (fs_view_hold(&view, ctx->seq, &hold)
        && ngx_memcmp(hold.buyer, ctx->buyer, FS_BUYER_LEN) == 0)
    {
        fs_store_now(worker->store, &now);

        ngx_http_flashsale_note_hold(ctx, worker, &hold, &view);

        outcome = fs_admit_paying(&hold, &now, result);

        if (outcome == FS_OK) {
            ctx->paid = 1;
            ngx_http_flashsale_checkout_note(ctx, &hold, &view);
            ngx_http_flashsale_outcome(r, ctx, FS_OK);
        }

    } else {
        outcome = ngx_http_flashsale_missing(&view, FS_NO_SUCH_HOLD);
    }

    fs_view_close(&view);

    return outcome;
}


/* POST.  OK: on its way. */

static fs_outcome_t
ngx_http_flashsale_pay_move(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_fault_t *fault)
{
    fs_command_t                    command;
    fs_outcome_t                    outcome;
    ngx_http_flashsale_loc_conf_t  *lcf;

    outcome = ngx_http_flashsale_same_site(r, ctx);
    if (outcome != FS_OK) {
        return outcome;
    }

    lcf = ngx_http_flashsale_loc_conf(r);

    ngx_memzero(&command, sizeof(fs_command_t));

    outcome = ngx_http_flashsale_unmet(r, &command.unmet, fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    /* it was judged; nginx would judge the upstream's answer once more */

    r->disable_not_modified = 1;

    command.type = FS_COMMAND_PAY;
    command.hold = ctx->seq;
    command.epoch = ctx->epoch;
    command.term_ms = (uint32_t) lcf->pay_time;
    ngx_memcpy(command.buyer, ctx->buyer, FS_BUYER_LEN);

    return ngx_http_flashsale_wait_command(r, &command,
                                           ngx_http_flashsale_pay_done,
                                           ngx_http_flashsale_pay_finish);
}


static void
ngx_http_flashsale_pay_done(ngx_http_request_t *r, const fs_result_t *result,
    fs_view_t *view)
{
    ngx_http_flashsale_ctx_t     *ctx;
    ngx_http_flashsale_worker_t  *worker;

    ctx = ngx_http_flashsale_get_ctx(r);

    if (result->outcome != FS_OK && result->outcome != FS_REPLAYED) {
        ngx_http_flashsale_answer_problem(r, result->outcome, NULL, result,
                                          view);
        return;
    }

    if (view->store == NULL) {

        /* an upstream must not be told of a hold without its id */

        ngx_http_flashsale_answer_problem(r, FS_UNKNOWN, NULL, NULL, NULL);
        return;
    }

    worker = ngx_http_flashsale_worker(r);

    ngx_http_flashsale_note_hold(ctx, worker, &result->hold, view);
    ngx_http_flashsale_checkout_note(ctx, &result->hold, view);
    ngx_http_flashsale_outcome(r, ctx, result->outcome);

    ctx->paid = 1;
}


static void
ngx_http_flashsale_pay_finish(ngx_http_request_t *r)
{
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_flashsale_get_ctx(r);

    if (!ctx->paid) {
        ngx_http_finalize_request(r, ngx_http_flashsale_send(r));
        return;
    }

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);
}
