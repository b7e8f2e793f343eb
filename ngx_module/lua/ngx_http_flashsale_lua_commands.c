
#include "lua/ngx_http_flashsale_lua_commands.h"
#include "api/ngx_http_flashsale_api.h"
#include "core/log/life.h"
#include "core/read/admit.h"
#include "core/text/text.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"
#include "http/ngx_http_flashsale_wait.h"
#include "worker/ngx_http_flashsale_worker.h"


struct ngx_http_flashsale_op_s {
    ngx_http_flashsale_op_t         *next;      /* of the free ones */
    ngx_http_flashsale_lua_t        *lua;
    ngx_uint_t                       slot;
    ngx_http_cleanup_t              *cleanup;   /* the request's; NULL: nobody
                                                   waits */
    ngx_http_flashsale_ffi_post_pt   post;
    void                            *sem;
    fs_result_t                      result;
    int64_t                          wait_us;
    unsigned                         done:1;
};


static fs_outcome_t ngx_http_flashsale_lua_reserve(ngx_http_request_t *r,
    fs_str_t identity, fs_str_t body, fs_str_t key, fs_command_t *command,
    fs_refusal_t *refusal, fs_view_t *view);
static fs_outcome_t ngx_http_flashsale_lua_push(ngx_http_request_t *r,
    const fs_command_t *command, ngx_http_flashsale_ffi_post_pt post,
    void *sem);
static void ngx_http_flashsale_lua_done(void *data,
    const fs_result_t *result, int64_t wait_us);
static void ngx_http_flashsale_lua_cleanup(void *data);
static void ngx_http_flashsale_lua_free(ngx_http_flashsale_op_t *op);
static int ngx_http_flashsale_lua_problem(ngx_http_request_t *r,
    fs_outcome_t outcome, const fs_fault_t *fault, const fs_result_t *result,
    fs_view_t *view, char *buf, size_t size);


static void
ngx_http_flashsale_lua_exit(ngx_http_flashsale_worker_t *worker)
{
    ngx_uint_t                 i;
    ngx_http_flashsale_lua_t  *lua;

    lua = worker->lua;

    if (lua == NULL) {
        return;
    }

    for (i = 0; i < lua->ops_n; i++) {
        ngx_free(lua->ops[i]);
    }

    ngx_free(lua->ops);
    ngx_free(lua);

    worker->lua = NULL;
}


int
ngx_http_flashsale_ffi_slot(void)
{
    ngx_http_flashsale_op_t      *op, **ops;
    ngx_http_flashsale_lua_t     *lua;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();

    if (worker == NULL) {
        return -1;
    }

    lua = ngx_http_flashsale_lua(worker);

    if (lua == NULL) {
        return -1;
    }

    if (lua->free) {
        return (int) lua->free->slot;
    }

    op = ngx_calloc(sizeof(ngx_http_flashsale_op_t), worker->log);
    if (op == NULL) {
        return -1;
    }

    ops = realloc(lua->ops, (lua->ops_n + 1) * sizeof(*ops));
    if (ops == NULL) {
        ngx_free(op);
        return -1;
    }

    op->lua = lua;
    op->slot = lua->ops_n;

    lua->ops = ops;
    lua->ops[lua->ops_n++] = op;
    lua->free = op;

    return (int) op->slot;
}


int
ngx_http_flashsale_ffi_reserve(ngx_http_request_t *r,
    ngx_http_flashsale_ffi_post_pt post, void *sem, const char *body,
    size_t body_len, const char *identity, size_t identity_len,
    const char *key, size_t key_len, char *buf, size_t size)
{
    int            len;
    fs_view_t      view;
    fs_command_t   command;
    fs_outcome_t   outcome;
    fs_refusal_t   refusal;

    ngx_memzero(&command, sizeof(fs_command_t));
    ngx_memzero(&refusal, sizeof(fs_refusal_t));
    view.store = NULL;

    outcome = ngx_http_flashsale_lua_reserve(r,
                         ngx_http_flashsale_lua_str(identity, identity_len),
                         ngx_http_flashsale_lua_str(body, body_len),
                         ngx_http_flashsale_lua_str(key, key_len),
                         &command, &refusal, &view);

    if (outcome == FS_OK) {
        outcome = ngx_http_flashsale_lua_push(r, &command, post, sem);
    }

    if (outcome == FS_OK) {
        return 0;
    }

    len = ngx_http_flashsale_lua_problem(r, outcome, &refusal.fault,
                                         &refusal.result, &view, buf, size);

    if (view.store) {
        fs_view_close(&view);
    }

    return len;
}


/* What POST holds does, from the body on. */

static fs_outcome_t
ngx_http_flashsale_lua_reserve(ngx_http_request_t *r, fs_str_t identity,
    fs_str_t body, fs_str_t key, fs_command_t *command, fs_refusal_t *refusal,
    fs_view_t *view)
{
    fs_outcome_t                  outcome;
    fs_hold_request_t             request;
    ngx_http_flashsale_ctx_t     *ctx;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();
    ctx = ngx_http_flashsale_ctx(r);

    if (ctx == NULL) {
        return FS_INTERNAL;
    }

    outcome = ngx_http_flashsale_lua_buyer(worker, identity, command->buyer);
    if (outcome != FS_OK) {
        return outcome;
    }

    if (body.len > FS_BODY_MAX) {
        return FS_TOO_LARGE;
    }

    if (fs_request_hold(body, &request, &refusal->fault) != 0) {
        return refusal->fault.outcome;
    }

    if (key.data) {
        outcome = ngx_http_flashsale_key_valid(ctx, key, &refusal->fault);
        if (outcome != FS_OK) {
            return outcome;
        }
    }

    return ngx_http_flashsale_admit(r, ctx, identity, key, &request, command,
                                    refusal, view);
}


int
ngx_http_flashsale_ffi_stops(const char *body, size_t body_len,
    const char *identity, size_t identity_len,
    ngx_http_flashsale_ffi_stop_t *stops, double *amount_fen)
{
    unsigned                      i;
    uint8_t                       buyer[FS_BUYER_LEN];
    fs_now_t                      now;
    fs_hold_t                     hold;
    fs_view_t                     view;
    fs_fault_t                    fault;
    fs_stop_t                     found[FS_LINES_MAX];
    fs_outcome_t                  outcome;
    fs_hold_request_t             request;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();
    ngx_memzero(buyer, FS_BUYER_LEN);

    if (fs_request_hold(ngx_http_flashsale_lua_str(body, body_len), &request,
                        &fault)
        != 0)
    {
        return -(int) fault.outcome;
    }

    outcome = (identity_len == 0)
              ? FS_OK
              : ngx_http_flashsale_lua_buyer(worker,
                         ngx_http_flashsale_lua_str(identity, identity_len),
                         buyer);

    if (outcome == FS_OK) {
        outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX,
                                          &view);
    }

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    fs_store_now(worker->store, &now);

    fs_admit_lines(&view, worker->crypto, worker->cache, buyer, &request,
                   &now, found, &hold);

    outcome = ngx_http_flashsale_missing(&view, FS_OK);

    fs_view_close(&view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    for (i = 0; i < request.lines_n; i++) {
        stops[i].outcome = found[i].outcome;
        stops[i].more = found[i].more;
    }

    *amount_fen = (double) fs_hold_amount(&hold);

    return (int) request.lines_n;
}


int
ngx_http_flashsale_ffi_release(ngx_http_request_t *r,
    ngx_http_flashsale_ffi_post_pt post, void *sem, const char *id,
    size_t id_len, const char *identity, size_t identity_len, char *buf,
    size_t size)
{
    fs_command_t                  command;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    ngx_memzero(&command, sizeof(fs_command_t));
    command.type = FS_COMMAND_RELEASE;

    worker = ngx_http_flashsale_lua_worker();

    outcome = ngx_http_flashsale_lua_buyer(worker,
                         ngx_http_flashsale_lua_str(identity, identity_len),
                         command.buyer);

    if (outcome == FS_OK) {
        outcome = fs_life_hold_parse(worker->store, worker->crypto,
                                     ngx_http_flashsale_lua_str(id, id_len),
                                     &command.hold, &command.epoch);
    }

    if (outcome == FS_OK) {
        outcome = ngx_http_flashsale_lua_push(r, &command, post, sem);
    }

    if (outcome == FS_OK) {
        return 0;
    }

    return ngx_http_flashsale_lua_problem(r, outcome, NULL, NULL, NULL, buf,
                                          size);
}


/* The slot that ngx_http_flashsale_ffi_slot() named becomes an operation. */

static fs_outcome_t
ngx_http_flashsale_lua_push(ngx_http_request_t *r,
    const fs_command_t *command, ngx_http_flashsale_ffi_post_pt post,
    void *sem)
{
    fs_outcome_t                  outcome;
    ngx_http_cleanup_t           *cln;
    ngx_http_flashsale_op_t      *op;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();
    op = worker->lua ? worker->lua->free : NULL;

    if (op == NULL) {
        return FS_INTERNAL;
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return FS_INTERNAL;
    }

    outcome = ngx_http_flashsale_wait_call(worker, command,
                                           ngx_http_flashsale_lua_done, op);
    if (outcome != FS_OK) {
        return outcome;
    }

    worker->lua->free = op->next;

    op->post = post;
    op->sem = sem;
    op->cleanup = cln;

    cln->handler = ngx_http_flashsale_lua_cleanup;
    cln->data = op;

    return FS_OK;
}


/* The result.  Posting only queues an event: no Lua runs in here. */

static void
ngx_http_flashsale_lua_done(void *data, const fs_result_t *result,
    int64_t wait_us)
{
    ngx_http_flashsale_op_t  *op;

    op = data;

    if (op->cleanup == NULL) {
        ngx_http_flashsale_lua_free(op);
        return;
    }

    op->result = *result;
    op->wait_us = wait_us;
    op->done = 1;

    (void) op->post(op->sem, 1);
}


/* The request ends, and with it the coroutine.  The command goes on. */

static void
ngx_http_flashsale_lua_cleanup(void *data)
{
    ngx_http_flashsale_op_t  *op;

    op = data;

    op->cleanup = NULL;
    op->sem = NULL;

    if (op->done) {
        ngx_http_flashsale_lua_free(op);
    }
}


static void
ngx_http_flashsale_lua_free(ngx_http_flashsale_op_t *op)
{
    op->done = 0;
    op->sem = NULL;
    op->next = op->lua->free;
    op->lua->free = op;
}


int
ngx_http_flashsale_ffi_take(ngx_http_request_t *r, int slot, char *buf,
    size_t size, int *problem)
{
    int                           len;
    fs_view_t                     view;
    fs_fault_t                    fault;
    fs_result_t                   result;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_op_t      *op;
    ngx_http_flashsale_ctx_t     *ctx;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();
    op = worker->lua->ops[slot];

    if (!op->done) {
        return -1;
    }

    result = op->result;

    ctx = ngx_http_flashsale_ctx(r);

    if (ctx) {
        ctx->waited = 1;
        ctx->wait_us = op->wait_us;
    }

    op->cleanup->handler = NULL;
    op->cleanup = NULL;

    ngx_http_flashsale_lua_free(op);

    (void) ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_LOG, &view);

    *problem = 1;
    outcome = result.outcome;

    switch (outcome) {

    case FS_OK:
    case FS_CREATED:
    case FS_QUEUED:
    case FS_REPLAYED:

        /* it is done; when it cannot be told, a retry with the key tells it */

        len = view.store ? ngx_http_flashsale_lua_render(worker, &view,
                                                 &result.hold, buf, size)
                         : -1;
        if (len < 0) {
            len = ngx_http_flashsale_lua_problem(r, FS_UNKNOWN, NULL, NULL,
                                                 &view, buf, size);
            break;
        }

        *problem = 0;

        if (ctx) {
            ngx_http_flashsale_note_hold(ctx, worker, &result.hold, &view);
            ngx_http_flashsale_outcome(r, ctx, outcome);
        }

        break;

    case FS_BAD_REQUEST:
        fs_decided_fault(FS_COMMAND_HOLD, &result, &fault);

        len = ngx_http_flashsale_lua_problem(r, outcome, &fault, &result,
                                             &view, buf, size);
        break;

    default:
        len = ngx_http_flashsale_lua_problem(r, outcome, NULL, &result, &view,
                                             buf, size);
    }

    if (view.store) {
        fs_view_close(&view);
    }

    return len;
}


/* The problem document's length.  The view may be open or not. */

static int
ngx_http_flashsale_lua_problem(ngx_http_request_t *r, fs_outcome_t outcome,
    const fs_fault_t *fault, const fs_result_t *result, fs_view_t *view,
    char *buf, size_t size)
{
    int                        n;
    fs_names_t                 names, *known;
    ngx_http_flashsale_ctx_t  *ctx;

    known = NULL;
    ctx = ngx_http_flashsale_ctx(r);

    if (view && view->store) {
        fs_view_names(view, ngx_http_flashsale_lua_worker()->crypto, &names);
        known = &names;

        if (ctx && result && result->sale) {
            (void) fs_view_sale_slug(view, result->sale, &ctx->sale);
        }
    }

    n = fs_answer_problem(buf, size, outcome, fault, result, known);

    if (n < 0) {

        /* a name cannot be read just now: the code is what counts */

        n = fs_answer_problem(buf, size, outcome, fault, NULL, NULL);
    }

    if (ctx) {
        ngx_http_flashsale_outcome(r, ctx, outcome);
    }

    return n;
}


const ngx_http_flashsale_part_t  ngx_http_flashsale_lua_part = {
    .exit = ngx_http_flashsale_lua_exit
};
