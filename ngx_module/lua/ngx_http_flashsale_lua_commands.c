
/*
 * Commands from Lua.
 *
 * An operation is a slot: it is taken when a command is pushed and free again
 * when the result has come and was taken, or when the result has come and
 * nobody waits any more, because the request ended.  Lua keeps a semaphore for
 * each slot for as long as its VM lives, so the pointer here never dangles;
 * and where a VM lives as long as its request (lua_code_cache off), the
 * request's cleanup forgets the pointer first.  A coroutine that is killed
 * while its request lives on keeps its slot until the request ends.
 */

#include "lua/ngx_http_flashsale_lua.h"


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
    ngx_http_flashsale_ctx_t *ctx, fs_str_t identity, fs_str_t body,
    fs_str_t key, fs_command_t *command, fs_fault_t *fault,
    fs_result_t *result);
static fs_outcome_t ngx_http_flashsale_lua_push(ngx_http_request_t *r,
    const fs_command_t *command, ngx_http_flashsale_ffi_post_pt post,
    void *sem);
static void ngx_http_flashsale_lua_done(void *data,
    const fs_result_t *result, int64_t wait_us);
static void ngx_http_flashsale_lua_cleanup(void *data);
static void ngx_http_flashsale_lua_free(ngx_http_flashsale_op_t *op);
static int ngx_http_flashsale_lua_problem(ngx_http_request_t *r,
    fs_outcome_t outcome, const fs_fault_t *fault, const fs_result_t *result,
    char *buf, size_t size);


ngx_http_flashsale_lua_t *
ngx_http_flashsale_lua(ngx_http_flashsale_worker_t *worker)
{
    if (worker->lua == NULL) {
        worker->lua = ngx_calloc(sizeof(ngx_http_flashsale_lua_t),
                                 worker->log);
    }

    return worker->lua;
}


void
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
    fs_fault_t                    fault;
    fs_result_t                   result;
    fs_command_t                  command;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_ctx_t     *ctx;
    ngx_http_flashsale_worker_t  *worker;

    ngx_memzero(&command, sizeof(fs_command_t));
    fault.outcome = FS_OK;
    result.outcome = FS_OK;

    worker = ngx_http_flashsale_lua_worker();
    ctx = ngx_http_flashsale_ctx(r);

    if (ctx == NULL) {
        outcome = FS_INTERNAL;

    } else if (identity_len == 0) {
        outcome = FS_NO_BUYER;

    } else if (worker == NULL || worker->store == NULL) {
        outcome = FS_NOT_READY;

    } else if (fs_crypto_pseudonym(worker->crypto,
                                   ngx_http_flashsale_lua_str(identity,
                                                              identity_len),
                                   command.buyer)
               != 0)
    {
        outcome = FS_INTERNAL;

    } else {
        outcome = ngx_http_flashsale_lua_reserve(r, ctx,
                         ngx_http_flashsale_lua_str(identity, identity_len),
                         ngx_http_flashsale_lua_str(body, body_len),
                         ngx_http_flashsale_lua_str(key, key_len),
                         &command, &fault, &result);
    }

    if (outcome == FS_OK) {
        outcome = ngx_http_flashsale_lua_push(r, &command, post, sem);
    }

    if (outcome == FS_OK) {
        return 0;
    }

    return ngx_http_flashsale_lua_problem(r, outcome,
                                fault.outcome == FS_OK ? NULL : &fault,
                                result.outcome == FS_OK ? NULL : &result,
                                buf, size);
}


/* What POST holds does, from the body on. */

static fs_outcome_t
ngx_http_flashsale_lua_reserve(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t identity, fs_str_t body,
    fs_str_t key, fs_command_t *command, fs_fault_t *fault,
    fs_result_t *result)
{
    fs_view_t                       view;
    fs_outcome_t                    outcome;
    fs_hold_request_t               request;
    ngx_http_flashsale_worker_t    *worker;
    ngx_http_flashsale_loc_conf_t  *lcf;

    worker = ngx_http_flashsale_lua_worker();

    if (body.len > FS_BODY_MAX) {
        return FS_TOO_LARGE;
    }

    if (fs_request_hold(body, &request, fault) != 0) {
        return fault->outcome;
    }

    if (key.data) {
        outcome = ngx_http_flashsale_key(ctx, worker, key, command->buyer,
                                         command->key, fault);
        if (outcome != FS_OK) {
            return outcome;
        }
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_flashsale_module);

    command->type = FS_COMMAND_HOLD;
    command->pickup = request.pickup;
    command->term_ms = (uint32_t) lcf->hold_time;
    command->live_holds = (uint32_t) lcf->live_holds;

    ctx->sale = request.lines[0].sale;

    outcome = ngx_http_flashsale_newcomer_check(r, ctx, worker, identity,
                                                result);
    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = ngx_http_flashsale_lua_view(worker, &view);

    if (outcome == FS_OK) {
        outcome = ngx_http_flashsale_hold_prepare(worker, &view, &request,
                                                  command, fault, result,
                                                  &ctx->sale);
        fs_view_close(&view);

    } else if (outcome == FS_REBUILDING) {
        fs_view_close(&view);
    }

    return outcome;
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

    if (identity_len == 0) {
        outcome = FS_NO_BUYER;

    } else if (worker == NULL || worker->store == NULL) {
        outcome = FS_NOT_READY;

    } else if ((outcome = fs_life_hold_parse(worker->store, worker->crypto,
                                    ngx_http_flashsale_lua_str(id, id_len),
                                    &command.hold, &command.epoch))
               != FS_OK)
    {
        /* void */

    } else if (fs_crypto_pseudonym(worker->crypto,
                                   ngx_http_flashsale_lua_str(identity,
                                                              identity_len),
                                   command.buyer)
               != 0)
    {
        outcome = FS_INTERNAL;

    } else {
        outcome = ngx_http_flashsale_lua_push(r, &command, post, sem);
    }

    if (outcome == FS_OK) {
        return 0;
    }

    return ngx_http_flashsale_lua_problem(r, outcome, NULL, NULL, buf, size);
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

    *problem = 1;

    switch (result.outcome) {

    case FS_OK:
    case FS_CREATED:
    case FS_REPLAYED:
        break;

    case FS_BAD_REQUEST:
        fs_points_fault(&result, &fault);

        return ngx_http_flashsale_lua_problem(r, result.outcome, &fault, NULL,
                                              buf, size);

    default:
        return ngx_http_flashsale_lua_problem(r, result.outcome, NULL,
                                              &result, buf, size);
    }

    /* it is done; when it cannot be told, a retry with the key tells it */

    outcome = ngx_http_flashsale_lua_view(worker, &view);

    if (outcome != FS_OK && outcome != FS_REBUILDING) {
        return ngx_http_flashsale_lua_problem(r, FS_UNKNOWN, NULL, NULL, buf,
                                              size);
    }

    len = ngx_http_flashsale_lua_render(worker, &view, &result.hold, buf,
                                        size);

    if (len > 0 && ctx) {
        ngx_http_flashsale_note_hold(ctx, worker, &result.hold, &view);
        ngx_http_flashsale_outcome(r, ctx, result.outcome);
    }

    fs_view_close(&view);

    if (len < 0) {
        return ngx_http_flashsale_lua_problem(r, FS_UNKNOWN, NULL, NULL, buf,
                                              size);
    }

    *problem = 0;

    return len;
}


/* The problem document's length. */

static int
ngx_http_flashsale_lua_problem(ngx_http_request_t *r, fs_outcome_t outcome,
    const fs_fault_t *fault, const fs_result_t *result, char *buf,
    size_t size)
{
    int                           n;
    fs_view_t                     view;
    fs_names_t                    names;
    fs_outcome_t                  opened;
    ngx_http_flashsale_ctx_t     *ctx;
    ngx_http_flashsale_worker_t  *worker;

    n = -1;
    ctx = ngx_http_flashsale_ctx(r);

    if (result) {
        worker = ngx_http_flashsale_lua_worker();
        opened = ngx_http_flashsale_lua_view(worker, &view);

        if (opened == FS_OK || opened == FS_REBUILDING) {
            fs_view_names(&view, worker->crypto, &names);

            if (ctx && result->sale) {
                (void) fs_view_sale_slug(&view, result->sale, &ctx->sale);
            }

            n = fs_answer_problem(buf, size, outcome, fault, result, &names);

            fs_view_close(&view);
        }
    }

    if (n < 0) {

        /* a name cannot be read just now: the code is what counts */

        n = fs_answer_problem(buf, size, outcome, fault, NULL, NULL);
    }

    if (ctx) {
        ngx_http_flashsale_outcome(r, ctx, outcome);
    }

    return n;
}
