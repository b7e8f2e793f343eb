
/*
 * The buyer's holds: asking for one, reading, releasing.
 */

#include "ngx_http_flashsale.h"
#include "core/state/state_rows.h"
#include "core/read/view_walk.h"


#define NGX_HTTP_FLASHSALE_PAGE      20
#define NGX_HTTP_FLASHSALE_PAGE_MAX  100


/* what follows the hold's id */
typedef struct {
    ngx_str_t     name;
    uint8_t       type;             /* of the command */
} ngx_http_flashsale_action_t;


static const ngx_http_flashsale_action_t
    ngx_http_flashsale_hold_actions[] =
{
    { ngx_string("/release"), FS_COMMAND_RELEASE },
    { ngx_string("/pickup"),  FS_COMMAND_POINT },
    { ngx_null_string,        FS_COMMAND_NONE }
};


static uint8_t ngx_http_flashsale_hold_action(fs_str_t *id);
static ngx_int_t ngx_http_flashsale_hold_write(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker, ngx_uint_t body,
    ngx_http_client_body_handler_pt handler);
static void ngx_http_flashsale_hold_body(ngx_http_request_t *r);
static fs_outcome_t ngx_http_flashsale_hold_post(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_fault_t *fault);
static fs_outcome_t ngx_http_flashsale_hold_decide(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_hold_request_t *request,
    fs_command_t *command, fs_fault_t *fault);
static ngx_uint_t ngx_http_flashsale_hold_range(fs_state_t *state,
    fs_command_t *command, fs_fault_t *fault);
static void ngx_http_flashsale_hold_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);
static ngx_int_t ngx_http_flashsale_hold_get(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker, fs_seq_t seq);
static ngx_int_t ngx_http_flashsale_hold_list(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker);
static void ngx_http_flashsale_change_body(ngx_http_request_t *r);
static fs_outcome_t ngx_http_flashsale_change(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_fault_t *fault);
static fs_outcome_t ngx_http_flashsale_hold_key(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, const fs_hold_request_t *request,
    uint8_t *hash, fs_fault_t *fault);
static void ngx_http_flashsale_hold_end(ngx_http_request_t *r,
    fs_outcome_t outcome, const fs_fault_t *fault);


/* What POST /ID/… does.  The command, or NONE; *id gets its end there. */

static uint8_t
ngx_http_flashsale_hold_action(fs_str_t *id)
{
    const ngx_http_flashsale_action_t  *action;

    for (action = ngx_http_flashsale_hold_actions; action->name.len;
         action++)
    {
        if (id->len > action->name.len
            && ngx_memcmp(id->data + id->len - action->name.len,
                          action->name.data, action->name.len)
               == 0)
        {
            id->len -= action->name.len;
            break;
        }
    }

    return action->type;
}


/* path is what follows `holds`: nothing, /ID, /ID/release, /ID/pickup */

ngx_int_t
ngx_http_flashsale_holds_handler(ngx_http_request_t *r, fs_str_t path)
{
    fs_str_t                      id;
    ngx_int_t                     rc;
    uint8_t                       action;
    fs_seq_t                      seq;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_ctx_t     *ctx;
    ngx_http_flashsale_need_t     need;
    ngx_http_flashsale_worker_t  *worker;

    id = path;
    action = FS_COMMAND_NONE;

    if (id.len) {
        id.data++;
        id.len--;
        action = ngx_http_flashsale_hold_action(&id);
    }

    need = NGX_HTTP_FLASHSALE_COMMAND;

    if (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)
        && action == FS_COMMAND_NONE)
    {
        need = NGX_HTTP_FLASHSALE_READ;

    } else if (path.len == 0) {
        if (r->method != NGX_HTTP_POST) {
            return ngx_http_flashsale_not_allowed(r, "GET, HEAD, POST");
        }

    } else if (action != FS_COMMAND_NONE) {
        if (r->method != NGX_HTTP_POST) {
            return ngx_http_flashsale_not_allowed(r, "POST");
        }

    } else if (r->method != NGX_HTTP_DELETE) {
        return ngx_http_flashsale_not_allowed(r, "GET, HEAD, DELETE");
    }

    ctx = ngx_http_flashsale_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* known first: whatever refuses a form is told on a page */

    ctx->form = (r->method == NGX_HTTP_POST
                 && ngx_http_flashsale_media(r, ctx) == 1);

    worker = ngx_http_flashsale_gate(r, ngx_http_flashsale_api_handler, need,
                                     &rc);
    if (worker == NULL) {
        return rc;
    }

    outcome = ngx_http_flashsale_buyer(r, ctx, worker);
    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    if (path.len == 0) {

        if (need == NGX_HTTP_FLASHSALE_READ) {
            return ngx_http_flashsale_hold_list(r, worker);
        }

        return ngx_http_flashsale_hold_write(r, worker, 1,
                                             ngx_http_flashsale_hold_body);
    }

    outcome = fs_life_hold_parse(worker->store, worker->crypto, id, &seq,
                                 &ctx->epoch);
    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    if (need == NGX_HTTP_FLASHSALE_READ) {
        return ngx_http_flashsale_hold_get(r, worker, seq);
    }

    ctx->seq = seq;
    ctx->type = (action == FS_COMMAND_NONE) ? FS_COMMAND_RELEASE : action;

    return ngx_http_flashsale_hold_write(r, worker,
                                         ctx->type != FS_COMMAND_RELEASE,
                                         ngx_http_flashsale_change_body);
}


/* What holds for every write of a buyer.  body: there has to be one. */

static ngx_int_t
ngx_http_flashsale_hold_write(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker, ngx_uint_t body,
    ngx_http_client_body_handler_pt handler)
{
    fs_outcome_t               outcome;
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_flashsale_module);

    outcome = ngx_http_flashsale_same_site(r, ctx);
    if (outcome != FS_OK) {

        /* another site's form is sent to none of our pages */

        ctx->form = 0;

        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    if (!ctx->form && ngx_http_flashsale_media(r, ctx) != 0
        && (body || r->headers_in.content_length_n > 0
            || r->headers_in.chunked))
    {
        return ngx_http_flashsale_problem(r, FS_BAD_MEDIA, NULL);
    }

    return ngx_http_flashsale_read_body(r, FS_BODY_MAX, handler);
}


static void
ngx_http_flashsale_hold_body(ngx_http_request_t *r)
{
    fs_fault_t                 fault;
    fs_outcome_t               outcome;
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_flashsale_module);

    fault.outcome = FS_OK;

    outcome = ngx_http_flashsale_hold_post(r, ctx, &fault);

    ngx_http_flashsale_hold_end(r, outcome, &fault);
}


/*
 * OK: the command is on its way.  REPLAYED: ctx->answer is built already.
 * Otherwise what to answer, with the fault when it has one.
 */

static fs_outcome_t
ngx_http_flashsale_hold_post(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_fault_t *fault)
{
    int                             rc;
    fs_str_t                        body;
    fs_result_t                     result;
    fs_command_t                    command;
    fs_outcome_t                    outcome;
    fs_hold_request_t               request;
    ngx_http_flashsale_loc_conf_t  *lcf;

    outcome = ngx_http_flashsale_body(r, FS_BODY_MAX, &body);
    if (outcome != FS_OK) {
        return outcome;
    }

    rc = ctx->form ? fs_request_hold_form(body, &request, fault)
                   : fs_request_hold(body, &request, fault);
    if (rc != 0) {
        return fault->outcome;
    }

    ngx_memzero(&command, sizeof(fs_command_t));

    outcome = ngx_http_flashsale_hold_key(r, ctx, &request, command.key,
                                          fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    /* of the list of holds, which is always there and has no tag */

    outcome = ngx_http_flashsale_unmet(r, &command.unmet, fault);

    if (outcome == FS_OK && command.unmet) {
        outcome = FS_PRECONDITION;
    }

    if (outcome != FS_OK) {
        return outcome;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_flashsale_module);

    command.type = FS_COMMAND_HOLD;
    command.pickup = request.pickup;
    command.term_ms = (uint32_t) lcf->hold_time;
    command.live_holds = (uint32_t) lcf->live_holds;
    ngx_memcpy(command.buyer, ctx->buyer, FS_BUYER_LEN);

    ctx->sale = request.lines[0].sale;

    outcome = ngx_http_flashsale_newcomer_check(r, ctx,
                                                ngx_http_flashsale_worker(r),
                                                ctx->identity, &result);

    if (outcome == FS_TOO_FAST) {
        ngx_http_flashsale_answer_problem(r, outcome, NULL, &result, NULL);
        return FS_REPLAYED;
    }

    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = ngx_http_flashsale_hold_decide(r, ctx, &request, &command,
                                             fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    return ngx_http_flashsale_wait_command(r, &command,
                                           ngx_http_flashsale_hold_done,
                                           ngx_http_flashsale_wait_finish);
}


/* The key of the header, or else of the form; zeros stay: none. */

static fs_outcome_t
ngx_http_flashsale_hold_key(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, const fs_hold_request_t *request,
    uint8_t *hash, fs_fault_t *fault)
{
    fs_str_t                       key;
    ngx_http_flashsale_headers_t  *headers;

    headers = ngx_http_flashsale_headers(r, ctx);

    key.data = (const char *) headers->key.data;
    key.len = headers->key.len;

    if (key.data == NULL && ctx->form && request->key_len) {
        key.data = request->key;
        key.len = request->key_len;
    }

    if (key.data == NULL) {
        return FS_OK;
    }

    return ngx_http_flashsale_key(ctx, ngx_http_flashsale_worker(r), key,
                                  ctx->buyer, hash, fault);
}


/* OK: to be pushed.  REPLAYED: ctx->answer is built already. */

static fs_outcome_t
ngx_http_flashsale_hold_decide(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_hold_request_t *request,
    fs_command_t *command, fs_fault_t *fault)
{
    fs_view_t                     view;
    fs_result_t                   result;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_worker(r);

    outcome = fs_view_open(worker->reader, &view);

    if (outcome != FS_OK) {
        if (outcome == FS_REBUILDING) {
            fs_view_close(&view);
        }

        return outcome;
    }

    outcome = ngx_http_flashsale_hold_prepare(worker, &view, request, command,
                                              fault, &result, &ctx->sale);

    if (outcome != FS_OK && result.outcome != FS_OK) {
        ngx_http_flashsale_answer_problem(r, outcome, NULL, &result, &view);
        outcome = FS_REPLAYED;
    }

    fs_view_close(&view);

    return outcome;
}


fs_outcome_t
ngx_http_flashsale_hold_prepare(ngx_http_flashsale_worker_t *worker,
    fs_view_t *view, const fs_hold_request_t *request, fs_command_t *command,
    fs_fault_t *fault, fs_result_t *result, fs_slug_t *sale)
{
    unsigned    i;
    fs_now_t    now;
    fs_str_t    slug;
    fs_state_t  state;

    ngx_memzero(result, sizeof(fs_result_t));
    result->outcome = FS_OK;

    for (i = 0; i < request->lines_n; i++) {
        slug.data = request->lines[i].sale.data;
        slug.len = request->lines[i].sale.len;

        if (!fs_view_sale_number(view, slug, &command->lines[i].sale)) {
            *sale = request->lines[i].sale;
            return ngx_http_flashsale_missing(view, FS_NO_SUCH_SALE);
        }

        command->lines[i].qty = request->lines[i].qty;
    }

    command->lines_n = (uint8_t) request->lines_n;

    fs_view_state(view, &state, worker->crypto, worker->cache);
    fs_store_now(worker->store, &now);

    if (ngx_http_flashsale_hold_range(&state, command, fault)) {
        return FS_BAD_REQUEST;
    }

    if (fs_decide_refused(&state, view, command, &now, result)) {
        ngx_http_flashsale_add(&worker->counters->refused, 1);
        return result->outcome;
    }

    result->outcome = FS_OK;

    return FS_OK;
}


/*
 * More than a buyer may ever have is no refusal but a wrong request; unless
 * it was granted once and is asked for again.
 */

static ngx_uint_t
ngx_http_flashsale_hold_range(fs_state_t *state, fs_command_t *command,
    fs_fault_t *fault)
{
    unsigned    i;
    fs_seq_t    seq;
    fs_sale_t  *sale;

    for (i = 0; i < command->lines_n; i++) {
        sale = fs_state_sale(state, command->lines[i].sale);

        if (sale == NULL || sale->limit == 0
            || command->lines[i].qty <= sale->limit)
        {
            continue;
        }

        if (fs_state_bound(state, command->buyer, command->key, &seq)) {
            return 0;
        }

        ngx_http_flashsale_fault(fault, "qty", "is a whole number from 1 to ");

        (void) ngx_sprintf((u_char *) fault->rule
                           + ngx_strlen(fault->rule),
                           "%uD%Z", sale->limit);
        return 1;
    }

    return 0;
}


/* After hold_post() and change(). */

static void
ngx_http_flashsale_hold_end(ngx_http_request_t *r, fs_outcome_t outcome,
    const fs_fault_t *fault)
{
    ngx_int_t  rc;

    switch (outcome) {

    case FS_OK:
        return;

    case FS_REPLAYED:
        rc = ngx_http_flashsale_send(r);
        break;

    default:
        rc = ngx_http_flashsale_problem(r, outcome,
                                        fault->outcome == FS_OK ? NULL
                                                                : fault);
    }

    ngx_http_finalize_request(r, rc);
}


static void
ngx_http_flashsale_hold_done(ngx_http_request_t *r, const fs_result_t *result,
    fs_view_t *view)
{
    fs_fault_t  fault;

    switch (result->outcome) {

    case FS_OK:
    case FS_CREATED:
    case FS_REPLAYED:
        ngx_http_flashsale_answer_hold(r, result->outcome, &result->hold,
                                       view);
        return;

    case FS_BAD_REQUEST:

        /* the one rule that only the store knows */

        fs_points_fault(result, &fault);
        ngx_http_flashsale_answer_problem(r, result->outcome, &fault, NULL,
                                          NULL);
        return;

    default:
        ngx_http_flashsale_answer_problem(r, result->outcome, NULL, result,
                                          view);
    }
}


/* GET holds/ID */

static ngx_int_t
ngx_http_flashsale_hold_get(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker, fs_seq_t seq)
{
    fs_hold_t                  hold;
    fs_view_t                  view;
    fs_outcome_t               outcome;
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_flashsale_module);

    outcome = fs_view_open(worker->reader, &view);

    if (outcome == FS_OK) {

        if (fs_view_hold(&view, seq, &hold)
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

    if (outcome == FS_REBUILDING) {
        fs_view_close(&view);
    }

    return ngx_http_flashsale_problem(r, outcome, NULL);
}


/* GET holds?before=ID&limit=N */

static ngx_int_t
ngx_http_flashsale_hold_list(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
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

    ctx = ngx_http_get_module_ctx(r, ngx_http_flashsale_module);
    args = ngx_http_flashsale_args(r);

    if (ngx_http_flashsale_limit(args, NGX_HTTP_FLASHSALE_PAGE,
                                 NGX_HTTP_FLASHSALE_PAGE_MAX, &limit, &fault)
        != FS_OK)
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
            ngx_http_flashsale_fault(&fault, "before", "is the id of a hold");
            return ngx_http_flashsale_problem(r, FS_BAD_REQUEST, &fault);
        }
    }

    size = limit * FS_HOLD_JSON_MAX + 256;

    holds = ngx_palloc(r->pool, limit * sizeof(fs_hold_t));
    b = ngx_create_temp_buf(r->pool, size);

    if (holds == NULL || b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    outcome = fs_view_open(worker->reader, &view);

    if (outcome != FS_OK) {
        if (outcome == FS_REBUILDING) {
            fs_view_close(&view);
        }

        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    n = fs_view_holds(&view, ctx->buyer, before, limit, holds, &more);

    outcome = ngx_http_flashsale_missing(&view, FS_OK);

    if (outcome != FS_OK) {
        fs_view_close(&view);
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    fs_view_names(&view, worker->crypto, &names);
    fs_store_now(worker->store, &now);

    len = fs_answer_holds((char *) b->pos, size, holds, n, more, &names,
                          now.wall);

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


/* DELETE holds/ID, POST holds/ID/release, POST holds/ID/pickup */

static void
ngx_http_flashsale_change_body(ngx_http_request_t *r)
{
    fs_fault_t                 fault;
    fs_outcome_t               outcome;
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_flashsale_module);

    fault.outcome = FS_OK;

    outcome = ngx_http_flashsale_change(r, ctx, &fault);

    ngx_http_flashsale_hold_end(r, outcome, &fault);
}


static fs_outcome_t
ngx_http_flashsale_change(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_fault_t *fault)
{
    int                rc;
    fs_str_t           body;
    fs_command_t       command;
    fs_outcome_t       outcome;
    fs_hold_request_t  request;

    outcome = ngx_http_flashsale_body(r, FS_BODY_MAX, &body);
    if (outcome != FS_OK) {
        return outcome;
    }

    ngx_memzero(&command, sizeof(fs_command_t));

    command.type = ctx->type;
    command.hold = ctx->seq;
    command.epoch = ctx->epoch;
    ngx_memcpy(command.buyer, ctx->buyer, FS_BUYER_LEN);

    if (ctx->type == FS_COMMAND_POINT) {
        rc = ctx->form ? fs_request_point_form(body, &request, fault)
                       : fs_request_point(body, &request, fault);

    } else {
        rc = ctx->form ? fs_request_plain_form(body, &request, fault)
                       : fs_request_empty(body, fault);
    }

    if (rc != 0) {
        return fault->outcome;
    }

    outcome = ngx_http_flashsale_unmet(r, &command.unmet, fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    /* releasing twice is releasing once: no key is needed */

    if (ctx->type == FS_COMMAND_POINT) {
        command.pickup = request.pickup;

        outcome = ngx_http_flashsale_hold_key(r, ctx, &request, command.key,
                                              fault);
        if (outcome != FS_OK) {
            return outcome;
        }
    }

    return ngx_http_flashsale_wait_command(r, &command,
                                           ngx_http_flashsale_hold_done,
                                           ngx_http_flashsale_wait_finish);
}
