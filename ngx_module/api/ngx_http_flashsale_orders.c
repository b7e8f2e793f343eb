
/*
 * The order service's side, signed: what happens to a payment.
 */

#include "ngx_http_flashsale.h"


/* what follows the hold's id */
typedef struct {
    ngx_str_t     name;
    uint8_t       type;             /* of the command */
} ngx_http_flashsale_action_t;


static const ngx_http_flashsale_action_t  ngx_http_flashsale_actions[] = {
    { ngx_string("confirm"),   FS_COMMAND_CONFIRM },
    { ngx_string("cancel"),    FS_COMMAND_CANCEL },
    { ngx_string("refunded"),  FS_COMMAND_REFUNDED },
    { ngx_string("ready"),     FS_COMMAND_READY },
    { ngx_string("picked-up"), FS_COMMAND_PICK_UP },
    { ngx_null_string,         FS_COMMAND_NONE }
};


static uint8_t ngx_http_flashsale_action(fs_str_t path, fs_str_t *id);
static void ngx_http_flashsale_order_body(ngx_http_request_t *r);
static fs_outcome_t ngx_http_flashsale_order(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_fault_t *fault);
static int ngx_http_flashsale_order_parse(fs_str_t body,
    fs_command_t *command, fs_fault_t *fault);
static void ngx_http_flashsale_order_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);


ngx_int_t
ngx_http_flashsale_orders_handler(ngx_http_request_t *r)
{
    uint8_t                       type;
    fs_str_t                      id;
    ngx_int_t                     rc;
    ngx_http_flashsale_ctx_t     *ctx;
    ngx_http_flashsale_worker_t  *worker;

    type = ngx_http_flashsale_action(ngx_http_flashsale_below(r), &id);

    if (type == FS_COMMAND_NONE) {
        return ngx_http_flashsale_problem(r, FS_NOT_FOUND, NULL);
    }

    if (r->method != NGX_HTTP_POST) {
        return ngx_http_flashsale_not_allowed(r, "POST");
    }

    worker = ngx_http_flashsale_gate(r, ngx_http_flashsale_orders_handler,
                                     NGX_HTTP_FLASHSALE_COMMAND, &rc);
    if (worker == NULL) {
        return rc;
    }

    ctx = ngx_http_flashsale_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->type = type;

    return ngx_http_flashsale_read_body(r, FS_BODY_MAX,
                                        ngx_http_flashsale_order_body);
}


/* ID/action */

static uint8_t
ngx_http_flashsale_action(fs_str_t path, fs_str_t *id)
{
    const char                         *slash;
    size_t                              len;
    const ngx_http_flashsale_action_t  *action;

    slash = path.len ? memchr(path.data, '/', path.len) : NULL;

    if (slash == NULL) {
        return FS_COMMAND_NONE;
    }

    id->data = path.data;
    id->len = slash - path.data;

    len = path.len - id->len - 1;

    for (action = ngx_http_flashsale_actions; action->name.len; action++) {
        if (len == action->name.len
            && ngx_memcmp(slash + 1, action->name.data, len) == 0)
        {
            break;
        }
    }

    return action->type;
}


static void
ngx_http_flashsale_order_body(ngx_http_request_t *r)
{
    fs_fault_t                 fault;
    fs_outcome_t               outcome;
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_flashsale_module);

    fault.outcome = FS_OK;

    outcome = ngx_http_flashsale_order(r, ctx, &fault);

    if (outcome != FS_OK) {
        ngx_http_finalize_request(r, ngx_http_flashsale_problem(r, outcome,
                                  fault.outcome == FS_OK ? NULL : &fault));
    }
}


/* OK: the command is on its way.  Nothing is told before the signature. */

static fs_outcome_t
ngx_http_flashsale_order(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_fault_t *fault)
{
    fs_str_t                      body, id;
    fs_command_t                  command;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_worker(r);

    outcome = ngx_http_flashsale_body(r, FS_BODY_MAX, &body);

    if (outcome == FS_OK) {
        outcome = ngx_http_flashsale_signed(r, NGX_HTTP_FLASHSALE_ORDERS,
                                            body);
    }

    if (outcome == FS_OK) {
        outcome = ngx_http_flashsale_only_json(r, ctx, body);
    }

    if (outcome != FS_OK) {
        return outcome;
    }

    ngx_memzero(&command, sizeof(fs_command_t));
    command.type = ctx->type;

    (void) ngx_http_flashsale_action(ngx_http_flashsale_below(r), &id);

    /* what is to be done about another life's is decided with the rest */

    outcome = fs_life_hold_parse(worker->store, worker->crypto, id,
                                 &command.hold, &command.epoch);

    if (outcome != FS_OK && outcome != FS_OTHER_LIFE) {
        return outcome;
    }

    if (ngx_http_flashsale_order_parse(body, &command, fault) != 0) {
        return fault->outcome;
    }

    outcome = ngx_http_flashsale_unmet(r, &command.unmet, fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    return ngx_http_flashsale_wait_command(r, &command,
                                           ngx_http_flashsale_order_done,
                                           ngx_http_flashsale_wait_finish);
}


static int
ngx_http_flashsale_order_parse(fs_str_t body, fs_command_t *command,
    fs_fault_t *fault)
{
    int                 rc;
    fs_str_t            reference, payment;
    fs_order_request_t  request;

    switch (command->type) {

    case FS_COMMAND_CONFIRM:
        rc = fs_request_confirm(body, &request, fault);
        break;

    case FS_COMMAND_REFUNDED:
        rc = fs_request_refunded(body, &request, fault);
        break;

    default:
        return fs_request_empty(body, fault);
    }

    if (rc != 0) {
        return -1;
    }

    reference.data = request.reference;
    reference.len = request.reference_len;

    rc = fs_reference_hash(reference, command->reference);

    if (rc == 0 && command->type == FS_COMMAND_CONFIRM) {
        command->paid_fen = request.paid_fen;

    } else if (rc == 0 && request.payment_len) {
        payment.data = request.payment;
        payment.len = request.payment_len;

        rc = fs_reference_hash(payment, command->payment);
    }

    if (rc != 0) {
        fault->outcome = FS_INTERNAL;
    }

    return rc;
}


static void
ngx_http_flashsale_order_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view)
{
    int                           n;
    ngx_buf_t                    *b;
    ngx_http_flashsale_ctx_t     *ctx;
    ngx_http_flashsale_worker_t  *worker;

    ctx = ngx_http_get_module_ctx(r, ngx_http_flashsale_module);

    switch (result->outcome) {

    case FS_OK:
    case FS_REPLAYED:
    case FS_REFUND_DUE:
        break;

    default:
        ngx_http_flashsale_answer_problem(r, result->outcome, NULL, result,
                                          view);
        return;
    }

    if (ctx->type != FS_COMMAND_CONFIRM) {
        ngx_http_flashsale_answer_hold(r, result->outcome, &result->hold,
                                       view);
        return;
    }

    /* money is told of also when names cannot be read just now */

    if (view->store) {
        worker = ngx_http_flashsale_worker(r);
        ngx_http_flashsale_note_hold(ctx, worker, &result->hold, view);
    }

    b = ngx_create_temp_buf(r->pool, 256);

    if (b) {
        n = fs_answer_confirm((char *) b->pos, 256, result);

        if (n < 0) {
            b = NULL;

        } else {
            b->last += n;
        }
    }

    ngx_http_flashsale_answer_json(r, result->outcome, b,
                                   "private, no-store");
}
