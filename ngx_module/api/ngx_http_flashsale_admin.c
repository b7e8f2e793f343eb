
#include "api/ngx_http_flashsale_api.h"
#include "core/read/view_draw.h"
#include "core/rules/room.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"
#include "http/ngx_http_flashsale_wait.h"
#include "worker/ngx_http_flashsale_worker.h"


/* A list of documents ends where it would grow beyond this. */
#define NGX_HTTP_FLASHSALE_LIST_MAX   1048576


static ngx_buf_t *ngx_http_flashsale_documents_page(ngx_http_request_t *r,
    const fs_document_t *documents, ngx_uint_t n, int more);
static void ngx_http_flashsale_document_show(ngx_http_request_t *r,
    fs_outcome_t outcome, fs_view_t *view);
static void ngx_http_flashsale_admin_names(ngx_http_flashsale_ctx_t *ctx,
    fs_str_t *kind, fs_str_t *slug);
static void ngx_http_flashsale_admin_op(ngx_http_flashsale_ctx_t *ctx,
    ngx_http_flashsale_asked_t *asked, fs_operator_t *op, char *words);
static void ngx_http_flashsale_admin_sale(const fs_sale_request_t *request,
    fs_operator_t *op);
static void ngx_http_flashsale_admin_gives(
    const fs_gives_request_t *request, fs_operator_t *op);
static void ngx_http_flashsale_admin_words(const fs_reason_request_t *request,
    fs_operator_t *op, char *words);
static void ngx_http_flashsale_admin_wave(const fs_wave_request_t *request,
    fs_operator_t *op);
static void ngx_http_flashsale_admin_receive(
    const fs_receive_request_t *request, fs_operator_t *op);
static ngx_uint_t ngx_http_flashsale_admin_texts(fs_operator_t *op,
    fs_str_t **texts);


/* Documents are in the log: no index is needed. */

ngx_int_t
ngx_http_flashsale_documents_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    int             n, more;
    size_t          size;
    int64_t         limit;
    fs_str_t        kind, after;
    fs_slug_t       slug;
    fs_view_t       view;
    ngx_buf_t      *b;
    ngx_int_t       i;
    fs_fault_t      fault;
    fs_outcome_t    outcome;
    fs_document_t  *documents;

    kind = ngx_http_flashsale_get_ctx(r)->names[0];

    if (!fs_slug_valid(kind)) {
        return ngx_http_flashsale_problem(r, FS_NOT_FOUND, NULL);
    }

    if (ngx_http_flashsale_page(ngx_http_flashsale_args(r),
                                "is the id of a document", &limit, &slug,
                                &fault)
        != FS_OK)
    {
        return ngx_http_flashsale_problem(r, FS_BAD_REQUEST, &fault);
    }

    after.data = slug.data;
    after.len = slug.len;

    documents = ngx_palloc(r->pool, limit * sizeof(fs_document_t));
    if (documents == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_LOG, &view);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    n = fs_view_documents(&view, kind, after, limit, documents, &more);

    size = 0;

    for (i = 0; i < n; i++) {
        size += documents[i].doc.len;

        if (i > 0 && size > NGX_HTTP_FLASHSALE_LIST_MAX) {
            n = i;
            more = 1;
        }
    }

    b = (n < 0) ? NULL
                : ngx_http_flashsale_documents_page(r, documents, n, more);

    fs_view_close(&view);

    if (n < 0) {
        return ngx_http_flashsale_problem(r, FS_NOT_READY, NULL);
    }

    ngx_http_flashsale_answer_json(r, FS_OK, b, "private, no-store");

    return ngx_http_flashsale_send(r);
}


/* Ids never need escaping, and documents are JSON as they are. */

static ngx_buf_t *
ngx_http_flashsale_documents_page(ngx_http_request_t *r,
    const fs_document_t *documents, ngx_uint_t n, int more)
{
    size_t      size;
    ngx_buf_t  *b;
    ngx_uint_t  i;

    size = sizeof("{\"documents\":[],\"next\":\"\"}") + FS_SLUG_MAX;

    for (i = 0; i < n; i++) {
        size += sizeof(",{\"id\":\"\",\"doc\":}") + FS_SLUG_MAX
                + documents[i].doc.len;
    }

    b = ngx_create_temp_buf(r->pool, size);
    if (b == NULL) {
        return NULL;
    }

    b->last = ngx_sprintf(b->last, "{\"documents\":[");

    for (i = 0; i < n; i++) {
        b->last = ngx_sprintf(b->last, "%s{\"id\":\"%*s\",\"doc\":",
                              i ? "," : "", (size_t) documents[i].id.len,
                              documents[i].id.data);
        b->last = ngx_cpymem(b->last, documents[i].doc.data,
                             documents[i].doc.len);
        *b->last++ = '}';
    }

    if (more && n > 0) {
        b->last = ngx_sprintf(b->last, "],\"next\":\"%*s\"}",
                              (size_t) documents[n - 1].id.len,
                              documents[n - 1].id.data);

    } else {
        b->last = ngx_sprintf(b->last, "],\"next\":null}");
    }

    return b;
}


ngx_int_t
ngx_http_flashsale_document_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    fs_view_t                  view;
    fs_outcome_t               outcome;
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_flashsale_get_ctx(r);

    if (!fs_slug_valid(ctx->names[0]) || !fs_slug_valid(ctx->names[1])) {
        return ngx_http_flashsale_problem(r, FS_NOT_FOUND, NULL);
    }

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_LOG, &view);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    ngx_http_flashsale_document_show(r, FS_OK, &view);

    fs_view_close(&view);

    return ngx_http_flashsale_send(r);
}


fs_outcome_t
ngx_http_flashsale_admin_write(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body, fs_refusal_t *refusal,
    fs_view_t *view)
{
    char                           words[FS_WORDS_JSON_MAX];
    uint8_t                        hash[FS_KEY_HASH_LEN];
    fs_str_t                       key;
    fs_fault_t                    *fault;
    fs_outcome_t                   outcome;
    fs_operator_t                  op;
    fs_command_type_t              command;
    ngx_http_flashsale_job_t      *job;
    ngx_http_flashsale_asked_t     asked;
    ngx_http_flashsale_worker_t   *worker;
    ngx_http_flashsale_headers_t  *headers;

    (void) view;

    fault = &refusal->fault;
    worker = ngx_http_flashsale_worker(r);
    command = ctx->endpoint->command;

    headers = ngx_http_flashsale_headers(r, ctx);
    key = ngx_http_flashsale_str(&headers->key);

    outcome = ngx_http_flashsale_key(ctx, worker, key, fs_keys_of_operators,
                                     hash, fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    ngx_memzero(&op, sizeof(fs_operator_t));
    ngx_http_flashsale_admin_names(ctx, &op.kind, &op.slug);

    outcome = fs_admit_names(command, op.kind, op.slug, fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = ngx_http_flashsale_condition(r, &op.condition, fault);
    if (outcome != FS_OK) {
        return outcome;
    }

    if (command == FS_COMMAND_DOCUMENT && body.len > FS_DOC_MAX) {
        return FS_TOO_LARGE;
    }

    ngx_memzero(&asked, sizeof(ngx_http_flashsale_asked_t));

    if (ctx->endpoint->parse(body, &asked, fault) != 0) {
        return fault->outcome;
    }

    if (command == FS_COMMAND_DOCUMENT) {
        outcome = fs_admit_document(op.kind, op.slug, body, fault);

        if (outcome != FS_OK) {
            return outcome;
        }
    }

    outcome = ngx_http_flashsale_fingerprint(r, body, op.fingerprint);
    if (outcome != FS_OK) {
        return outcome;
    }

    ngx_http_flashsale_admin_op(ctx, &asked, &op, words);

    job = ngx_http_flashsale_admin_job(&op);
    if (job == NULL) {
        return FS_INTERNAL;
    }

    job->command.type = command;

    if (command == FS_COMMAND_LIFE
        && worker->store->conf.random(worker->store->conf.data,
                                      (uint8_t *) &job->command.epoch,
                                      sizeof(uint32_t))
           != 0)
    {
        free(job);
        return FS_INTERNAL;
    }

    ngx_memcpy(job->command.key, hash, FS_KEY_HASH_LEN);

    return ngx_http_flashsale_wait_job(r, job, ngx_http_flashsale_done,
                                       ngx_http_flashsale_wait_finish);
}


/* Of a path with two names the first is a kind of documents. */

static void
ngx_http_flashsale_admin_names(ngx_http_flashsale_ctx_t *ctx, fs_str_t *kind,
    fs_str_t *slug)
{
    static const fs_str_t  none = fs_str("");

    *kind = none;
    *slug = ctx->names[0].data ? ctx->names[0] : none;

    if (ctx->names[1].data) {
        *kind = ctx->names[0];
        *slug = ctx->names[1];
    }
}


/* What was asked for; its texts stay where they are, or get into `words`. */

static void
ngx_http_flashsale_admin_op(ngx_http_flashsale_ctx_t *ctx,
    ngx_http_flashsale_asked_t *asked, fs_operator_t *op, char *words)
{
    switch (ctx->endpoint->command) {

    case FS_COMMAND_CALL_OFF:
    case FS_COMMAND_COMPENSATE:
        ngx_http_flashsale_admin_words(&asked->reason, op, words);
        break;

    case FS_COMMAND_ROOM:
        ngx_http_flashsale_room_op(ctx, asked, op);
        break;

    case FS_COMMAND_DRAW:
        ngx_memcpy(op->beacon, asked->beacon, sizeof(op->beacon));
        break;

    case FS_COMMAND_WAVE:
        ngx_http_flashsale_admin_wave(&asked->wave, op);
        break;

    case FS_COMMAND_RECEIVE:
        ngx_http_flashsale_admin_receive(&asked->receive, op);
        break;

    default:
        ngx_http_flashsale_admin_sale(&asked->sale, op);
        op->add = asked->add;
    }
}


static void
ngx_http_flashsale_admin_sale(const fs_sale_request_t *request,
    fs_operator_t *op)
{
    op->title.data = request->title;
    op->title.len = request->title_len;
    op->price_fen = request->price_fen;
    op->stock = request->stock;
    op->limit = request->limit;
    op->opens_at = request->opens_at;
    op->closes_at = request->closes_at;
    op->goal = request->goal;
    op->goal_by = request->goal_by;
    op->hold_ms = request->hold_ms;
    op->cancel_ms = request->cancel_ms;
    op->queue = request->queues ? request->queue + 1 : 0;
    op->doc = request->doc;

    ngx_http_flashsale_admin_gives(&request->gives, op);
}


static void
ngx_http_flashsale_admin_gives(const fs_gives_request_t *request,
    fs_operator_t *op)
{
    ngx_uint_t   i;
    fs_gives_t  *gives;

    gives = &op->gives;
    gives->kind = request->kind;
    gives->by_desk = request->by_desk;
    gives->off_fen = request->off_fen;
    gives->from_fen = request->from_fen;
    gives->valid_ms = request->valid_ms;
    gives->total_fen = request->total_fen;
    gives->title.data = request->title;
    gives->title.len = request->title_len;
    gives->source.data = request->beacon.source;
    gives->source.len = request->beacon.source_len;
    gives->round = request->beacon.round;
    gives->prizes_n = request->prizes_n;

    for (i = 0; i < request->prizes_n; i++) {
        gives->prizes[i].title.data = request->prizes[i].title;
        gives->prizes[i].title.len = request->prizes[i].title_len;
        gives->prizes[i].count = request->prizes[i].count;
        gives->prizes[i].off_fen = request->prizes[i].off_fen;
    }

    op->lines_n = request->sales_n;

    for (i = 0; i < request->sales_n; i++) {
        op->lines[i].sale = fs_slug_str(&request->sales[i]);
    }
}


static void
ngx_http_flashsale_admin_words(const fs_reason_request_t *request,
    fs_operator_t *op, char *words)
{
    op->fen_each = request->fen_each;
    op->words.data = words;
    op->words.len = (size_t) fs_write_words(words, FS_WORDS_JSON_MAX,
                                            request);
}


static void
ngx_http_flashsale_admin_wave(const fs_wave_request_t *request,
    fs_operator_t *op)
{
    ngx_uint_t  i;

    op->cut_at = request->cut_at;
    op->day = request->day;
    op->lines_n = request->sales_n;

    for (i = 0; i < request->sales_n; i++) {
        op->lines[i].sale = fs_slug_str(&request->sales[i]);
    }
}


static void
ngx_http_flashsale_admin_receive(const fs_receive_request_t *request,
    fs_operator_t *op)
{
    ngx_uint_t  i;

    op->pickup = fs_slug_str(&request->pickup);
    op->final = request->final;
    op->lines_n = request->lines_n;

    for (i = 0; i < request->lines_n; i++) {
        op->lines[i].sale = fs_slug_str(&request->lines[i].sale);
        op->lines[i].qty = request->lines[i].qty;
    }
}


ngx_http_flashsale_job_t *
ngx_http_flashsale_admin_job(const fs_operator_t *op)
{
    char                      *p;
    size_t                     size;
    fs_str_t                  *texts[10 + FS_PRIZES_MAX + FS_WAVE_SALES_MAX];
    ngx_uint_t                 i, n;
    ngx_http_flashsale_job_t  *job;

    size = 0;
    n = ngx_http_flashsale_admin_texts((fs_operator_t *) op, texts);

    if (op->act != FS_ROOM_NOTHING) {
        size += FS_ROOM_JSON_MAX;
    }

    for (i = 0; i < n; i++) {
        size += texts[i]->len;
    }

    job = calloc(1, sizeof(ngx_http_flashsale_job_t) + size);
    if (job == NULL) {
        return NULL;
    }

    job->op = *op;
    p = job->text;
    n = ngx_http_flashsale_admin_texts(&job->op, texts);

    for (i = 0; i < n; i++) {

        /* without data: there is none, which is not the same as empty */

        if (texts[i]->data) {
            ngx_memcpy(p, texts[i]->data, texts[i]->len);
            texts[i]->data = p;
            p += texts[i]->len;
        }
    }

    if (op->act != FS_ROOM_NOTHING) {
        job->op.told = p;
    }

    return job;
}


/* Where they are.  How many. */

static ngx_uint_t
ngx_http_flashsale_admin_texts(fs_operator_t *op, fs_str_t **texts)
{
    ngx_uint_t  i, n;

    n = 0;
    texts[n++] = &op->slug;
    texts[n++] = &op->kind;
    texts[n++] = &op->title;
    texts[n++] = &op->doc;
    texts[n++] = &op->words;
    texts[n++] = &op->pickup;
    texts[n++] = &op->condition.if_match;
    texts[n++] = &op->condition.if_none_match;

    texts[n++] = &op->gives.title;
    texts[n++] = &op->gives.source;

    for (i = 0; i < op->gives.prizes_n; i++) {
        texts[n++] = &op->gives.prizes[i].title;
    }

    for (i = 0; i < op->lines_n; i++) {
        texts[n++] = &op->lines[i].sale;
    }

    return n;
}


void
ngx_http_flashsale_nothing_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view)
{
    ngx_buf_t  *b;

    (void) view;

    b = ngx_create_temp_buf(r->pool, sizeof("{}") - 1);

    if (b) {
        b->last = ngx_cpymem(b->last, "{}", sizeof("{}") - 1);
    }

    ngx_http_flashsale_answer_json(r, result->outcome, b,
                                   "private, no-store");
}


void
ngx_http_flashsale_orders_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view)
{
    ngx_buf_t  *b;

    (void) view;

    b = ngx_create_temp_buf(r->pool, sizeof("{\"orders\":}")
                                     + NGX_INT32_LEN);

    if (b) {
        b->last = ngx_sprintf(b->last, "{\"orders\":%uD}", result->orders);
    }

    ngx_http_flashsale_answer_json(r, result->outcome, b,
                                   "private, no-store");
}


void
ngx_http_flashsale_life_done(ngx_http_request_t *r, const fs_result_t *result,
    fs_view_t *view)
{
    ngx_buf_t  *b;

    (void) view;

    b = ngx_create_temp_buf(r->pool, sizeof("{\"epoch\":\"00000000\"}"));

    if (b) {
        b->last = ngx_sprintf(b->last, "{\"epoch\":\"%08xD\"}",
                              result->epoch);
    }

    ngx_http_flashsale_answer_json(r, result->outcome, b,
                                   "private, no-store");
}


void
ngx_http_flashsale_document_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view)
{
    ngx_http_flashsale_document_show(r, result->outcome, view);
}


void
ngx_http_flashsale_sale_done(ngx_http_request_t *r, const fs_result_t *result,
    fs_view_t *view)
{
    fs_str_t         terms;
    fs_sale_t        sale;
    fs_shown_seed_t  seed;

    if (view->store == NULL || !fs_view_sale(view, result->sale, &sale)
        || !fs_view_terms_document(view, &sale, &terms)
        || !fs_view_seed(view, &sale, &seed))
    {

        /* it is done, but cannot be told: a retry with the key tells it */

        ngx_http_flashsale_answer_problem(r, FS_UNKNOWN, NULL, NULL, NULL);
        return;
    }

    ngx_http_flashsale_answer_sale(r, result->outcome, &sale, terms, &seed, 0,
                                   0);
}


/* The document that the path names. */

static void
ngx_http_flashsale_document_show(ngx_http_request_t *r, fs_outcome_t outcome,
    fs_view_t *view)
{
    int                        rc;
    fs_str_t                   doc;
    ngx_buf_t                 *b;
    fs_etag_t                  etag;
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_flashsale_get_ctx(r);
    rc = -1;

    if (view->store) {
        rc = fs_view_document(view, ctx->names[0], ctx->names[1], &doc);
    }

    if (rc != 1) {

        /* what was put is there, but cannot be told: see above */

        if (r->method == NGX_HTTP_PUT) {
            outcome = FS_UNKNOWN;

        } else {
            outcome = (rc == 0) ? FS_NOT_FOUND : FS_NOT_READY;
        }

        ngx_http_flashsale_answer_problem(r, outcome, NULL, NULL, NULL);
        return;
    }

    b = ngx_create_temp_buf(r->pool, doc.len);

    if (b) {
        b->last = ngx_cpymem(b->last, doc.data, doc.len);
    }

    if (fs_etag_document(doc, &etag) == 0) {
        ngx_http_flashsale_answer_etag(r, ctx, &etag);
    }

    ngx_http_flashsale_answer_json(r, outcome, b, "private, no-store");
}
