
#include "http/ngx_http_flashsale_answer.h"
#include "core/log/life.h"
#include "core/read/view_claims.h"
#include "core/text/text.h"
#include "http/ngx_http_flashsale_location.h"
#include "worker/ngx_http_flashsale_worker.h"


static void ngx_http_flashsale_answer_text(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, const char *text, int len);
static ngx_uint_t ngx_http_flashsale_sold_out(
    ngx_http_flashsale_worker_t *worker, const fs_result_t *result,
    const fs_names_t *names);
static void ngx_http_flashsale_answer_redirect(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_str_t *location);


/* RFC 9110 wants a challenge with each 401; docs/api.md says what they mean */
#define NGX_HTTP_FLASHSALE_LOGIN  "Flashsale-Login realm=\"buyer\""


void
ngx_http_flashsale_outcome(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_outcome_t outcome)
{
    ngx_http_flashsale_worker_t     *worker;
    ngx_http_flashsale_counters_t   *counters;
    ngx_http_flashsale_main_conf_t  *mcf;

    ctx->outcome = outcome;

    if (ctx->counted) {
        return;
    }

    ctx->counted = 1;

    worker = ngx_http_flashsale_worker(r);

    if (worker) {
        counters = worker->counters;

    } else {
        mcf = ngx_http_flashsale_main_conf(r);
        counters = ngx_http_flashsale_counters(mcf->shared, 0);
    }

    ngx_http_flashsale_add(&counters->requests[outcome], 1);
}


void
ngx_http_flashsale_answer_problem(ngx_http_request_t *r,
    fs_outcome_t outcome, const fs_fault_t *fault, const fs_result_t *result,
    fs_view_t *view)
{
    int                             n;
    char                            text[FS_PROBLEM_JSON_MAX];
    ngx_str_t                       location;
    fs_names_t                      names, *known;
    ngx_http_flashsale_ctx_t       *ctx;
    ngx_http_flashsale_worker_t    *worker;
    ngx_http_flashsale_loc_conf_t  *lcf;

    ctx = ngx_http_flashsale_get_ctx(r);
    worker = ngx_http_flashsale_worker(r);

    known = NULL;

    if (view && view->store) {
        fs_view_names(view, worker->crypto, &names);
        known = &names;

        if (result && result->sale) {
            (void) fs_view_sale_slug(view, result->sale, &ctx->sale);
        }
    }

    ngx_http_flashsale_outcome(r, ctx, outcome);

    ctx->answer.status = ctx->status ? ctx->status
                                     : (ngx_uint_t) fs_outcome_status(outcome);
    ctx->answer.cache = "private, no-store";

    switch (ctx->answer.status) {

    case 401:
        if (outcome == FS_NO_BUYER) {
            ctx->answer.challenge = NGX_HTTP_FLASHSALE_LOGIN;
        }
        break;

    case 429:
    case 503:

        /* who knows how long it will take has said so */

        if (ctx->answer.retry == 0) {
            ctx->answer.retry = 1;
        }
        break;
    }

    if (ctx->form) {
        lcf = ngx_http_flashsale_loc_conf(r);

        if (lcf->redirect
            && ngx_http_flashsale_redirect(r, &location) == NGX_OK)
        {
            ngx_http_flashsale_add_word(r, &location, "code",
                                        fs_outcome_code(outcome));

            if (outcome == FS_GIFT_UNUSABLE && result) {
                ngx_http_flashsale_add_word(r, &location, "reason",
                                            fs_why_name(result->why));
            }

            ngx_http_flashsale_answer_redirect(r, ctx, &location);
            return;
        }
    }

    ngx_str_set(&ctx->answer.type, "application/problem+json");

    if (outcome == FS_SOLD_OUT && known
        && ngx_http_flashsale_sold_out(worker, result, known))
    {
        ngx_http_flashsale_answer_text(r, ctx, worker->sold_out.text,
                                       worker->sold_out.len);
        return;
    }

    if (ctx->status) {
        n = fs_answer_refusal(text, sizeof(text), outcome, ctx->status,
                              fault);
        ngx_http_flashsale_answer_text(r, ctx, text, n);
        return;
    }

    n = fs_answer_problem(text, sizeof(text), outcome, fault, result, known);

    if (n < 0) {

        /* a name cannot be read just now: the code is what counts */

        n = fs_answer_problem(text, sizeof(text), outcome, fault, NULL, NULL);
    }

    ngx_http_flashsale_answer_text(r, ctx, text, n);
}


/* 1: worker->sold_out says it. */

static ngx_uint_t
ngx_http_flashsale_sold_out(ngx_http_flashsale_worker_t *worker,
    const fs_result_t *result, const fs_names_t *names)
{
    int  n;

    if (worker->sold_out.sale == result->sale
        && worker->sold_out.free == result->free)
    {
        return 1;
    }

    worker->sold_out.sale = 0;

    n = fs_answer_problem(worker->sold_out.text,
                          sizeof(worker->sold_out.text), FS_SOLD_OUT, NULL,
                          result, names);
    if (n < 0) {
        return 0;
    }

    worker->sold_out.sale = result->sale;
    worker->sold_out.free = result->free;
    worker->sold_out.len = n;

    return 1;
}


void
ngx_http_flashsale_answer_hold(ngx_http_request_t *r, fs_outcome_t outcome,
    const fs_hold_t *hold, fs_view_t *view)
{
    int                           n;
    char                         *text;
    size_t                        size;
    fs_now_t                      now;
    fs_view_after_t               after;
    ngx_str_t                     location;
    fs_names_t                    names;
    ngx_http_flashsale_ctx_t     *ctx;
    ngx_http_flashsale_worker_t  *worker;

    ctx = ngx_http_flashsale_get_ctx(r);
    worker = ngx_http_flashsale_worker(r);

    if (view->store == NULL) {

        /* it is done, but cannot be told: a retry with the key tells it */

        ngx_http_flashsale_answer_problem(r, FS_UNKNOWN, NULL, NULL, NULL);
        return;
    }

    ngx_http_flashsale_note_hold(ctx, worker, hold, view);

    n = 0;
    text = NULL;

    if (!ctx->form) {
        fs_store_now(worker->store, &now);
        fs_view_names(view, worker->crypto, &names);

        /* of a new hold nothing is owed, and there are many */

        size = FS_HOLD_JSON_MAX
               + (fs_hold_is_gift(hold) ? FS_GIFT_JSON_MAX : 0);

        if (outcome != FS_CREATED) {
            size += fs_view_after(view, hold, &after);
        }

        text = ngx_pnalloc(r->pool, size);

        n = (text != NULL) ? fs_answer_hold(text, size, hold,
                                            outcome == FS_CREATED
                                            ? NULL : &after.shown,
                                            &names, now.wall)
                           : -1;
    }

    if (n < 0) {

        /* a name in it cannot be read just now */

        outcome = (r->method == NGX_HTTP_GET)
                  ? ngx_http_flashsale_missing(view, FS_INTERNAL)
                  : FS_UNKNOWN;

        ngx_http_flashsale_answer_problem(r, outcome, NULL, NULL, NULL);
        return;
    }

    ngx_http_flashsale_answer_json(r, outcome, NULL, "private, no-store");

    if (ctx->form) {

        if (ngx_http_flashsale_redirect(r, &location) == NGX_OK
            || ngx_http_flashsale_hold_location(r, ctx, &location) == NGX_OK)
        {
            ngx_http_flashsale_answer_redirect(r, ctx, &location);
        }

        return;
    }

    if (outcome == FS_CREATED || outcome == FS_QUEUED) {
        (void) ngx_http_flashsale_hold_location(r, ctx,
                                                &ctx->answer.location);
    }

    ngx_http_flashsale_answer_text(r, ctx, text, n);
}


void
ngx_http_flashsale_answer_plain(ngx_http_request_t *r, fs_outcome_t outcome,
    const char *text, int len, const char *to)
{
    ngx_str_t                  location;
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_flashsale_get_ctx(r);

    ngx_http_flashsale_answer_json(r, outcome, NULL, "private, no-store");

    if (ctx->form) {

        if (ngx_http_flashsale_redirect(r, &location) == NGX_OK
            || ngx_http_flashsale_location(r, to, "", 0, &location) == NGX_OK)
        {
            ngx_http_flashsale_answer_redirect(r, ctx, &location);
        }

        return;
    }

    ngx_http_flashsale_answer_text(r, ctx, text, len);
}


void
ngx_http_flashsale_answer_sale(ngx_http_request_t *r, fs_outcome_t outcome,
    const fs_sale_t *sale, fs_str_t terms, const fs_shown_seed_t *seed,
    ngx_uint_t public, unsigned lot)
{
    int                        n;
    char                       text[FS_SALE_JSON_MAX + FS_TERMS_JSON_MAX
                                  + FS_SEED_JSON_MAX];
    fs_etag_t                  etag;
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_flashsale_get_ctx(r);

    ctx->sale = sale->slug;

    ngx_http_flashsale_answer_json(r, outcome, NULL,
                                   public ? "no-cache" : "private, no-store");

    fs_etag_sale(sale, fs_life_now(ngx_http_flashsale_worker(r)->store),
                 &etag);
    ngx_http_flashsale_answer_etag(r, ctx, &etag);

    n = fs_answer_operators_sale(text, sizeof(text), sale, terms, seed, lot);

    ngx_http_flashsale_answer_text(r, ctx, text, n);
}


void
ngx_http_flashsale_answer_etag(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, const fs_etag_t *etag)
{
    u_char  *p;

    p = ngx_pnalloc(r->pool, etag->len);

    if (p) {
        ctx->answer.etag.data = p;
        ctx->answer.etag.len = etag->len;
        ngx_memcpy(p, etag->data, etag->len);
    }
}


void
ngx_http_flashsale_answer_json(ngx_http_request_t *r, fs_outcome_t outcome,
    ngx_buf_t *body, const char *cache)
{
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_flashsale_get_ctx(r);

    ngx_http_flashsale_outcome(r, ctx, outcome);

    ctx->answer.status = fs_outcome_status(outcome);
    ctx->answer.replayed = (outcome == FS_REPLAYED);
    ctx->answer.cache = cache;
    ctx->answer.body = body;

    ngx_str_set(&ctx->answer.type, "application/json");
}


/* A body of its exact length.  len -1: it could not be rendered. */

static void
ngx_http_flashsale_answer_text(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, const char *text, int len)
{
    ngx_buf_t  *b;

    b = (len < 0) ? NULL : ngx_create_temp_buf(r->pool, len);

    if (b == NULL) {
        ctx->answer.status = NGX_HTTP_INTERNAL_SERVER_ERROR;
        ctx->answer.body = NULL;
        return;
    }

    b->last = ngx_cpymem(b->last, text, len);
    ctx->answer.body = b;
}


static void
ngx_http_flashsale_answer_redirect(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_str_t *location)
{
    ctx->answer.status = NGX_HTTP_SEE_OTHER;
    ctx->answer.location = *location;
    ctx->answer.body = NULL;
    ctx->answer.retry = 0;
    ctx->answer.challenge = NULL;
    ngx_str_null(&ctx->answer.type);
}


ngx_int_t
ngx_http_flashsale_add_header(ngx_http_request_t *r, const char *name,
    size_t name_len, const char *value, size_t value_len)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    ngx_http_flashsale_header_last(h);
    h->key.data = (u_char *) name;
    h->key.len = name_len;
    h->value.data = (u_char *) value;
    h->value.len = value_len;

    return NGX_OK;
}


void
ngx_http_flashsale_head(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, off_t size)
{
    r->headers_out.status = status;
    r->headers_out.content_length_n = size;
    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_type_lowcase = NULL;
}


ngx_int_t
ngx_http_flashsale_answer_headers(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx)
{
    u_char                       *p;
    ngx_int_t                     rc;
    ngx_buf_t                    *b;
    ngx_table_elt_t              *h;
    ngx_http_flashsale_answer_t  *answer;

    answer = &ctx->answer;
    b = answer->body;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {

        /* what a write supposes was judged before; nginx would do it now, by
         * what has become of it, and say 412 to what was carried out */

        r->disable_not_modified = 1;
    }

    /* nothing has a date (RFC 9110, 13.1.4); nginx would say 412 to each */

    r->headers_in.if_unmodified_since = NULL;

    ngx_http_flashsale_head(r, answer->status, &answer->type,
                            b ? b->last - b->pos : 0);

    r->headers_out.status_line.len = 0;

    if (answer->status == 422) {

        /* nginx has no words for it */

        ngx_str_set(&r->headers_out.status_line, "422 Unprocessable Content");
    }

    rc = NGX_OK;

    if (answer->cache) {
        rc |= ngx_http_flashsale_header(r, "Cache-Control", answer->cache,
                                        ngx_strlen(answer->cache));
    }

    if (answer->location.len) {

        /* not headers_out.location: nginx would make it absolute */

        rc |= ngx_http_flashsale_header(r, "Location",
                                        (char *) answer->location.data,
                                        answer->location.len);
    }

    if (answer->replayed) {
        rc |= ngx_http_flashsale_header(r, "Idempotent-Replayed", "true", 4);
    }

    if (answer->retry) {
        p = ngx_pnalloc(r->pool, NGX_INT_T_LEN);

        if (p == NULL) {
            return NGX_ERROR;
        }

        rc |= ngx_http_flashsale_header(r, "Retry-After", (char *) p,
                                 ngx_sprintf(p, "%ui", answer->retry) - p);
    }

    if (answer->challenge) {
        rc |= ngx_http_flashsale_header(r, "WWW-Authenticate",
                                        answer->challenge,
                                        ngx_strlen(answer->challenge));
    }

    if (answer->allow) {
        rc |= ngx_http_flashsale_header(r, "Allow", answer->allow,
                                        ngx_strlen(answer->allow));
    }

    if (answer->etag.len) {
        h = ngx_list_push(&r->headers_out.headers);

        if (h == NULL) {
            rc = NGX_ERROR;

        } else {
            h->hash = 1;
            ngx_http_flashsale_header_last(h);
            ngx_str_set(&h->key, "ETag");
            h->value = answer->etag;
            r->headers_out.etag = h;
        }
    }

    return rc;
}


ngx_int_t
ngx_http_flashsale_send(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    ngx_buf_t                    *b;
    ngx_chain_t                   out;
    ngx_http_flashsale_ctx_t     *ctx;
    ngx_http_flashsale_answer_t  *answer;

    ctx = ngx_http_flashsale_get_ctx(r);
    answer = &ctx->answer;
    b = answer->body;

    if (r->request_body == NULL) {
        rc = ngx_http_discard_request_body(r);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (b == NULL && answer->location.len == 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_exiting) {

        /* the connection will be closed: let the client know it */

        r->keepalive = 0;
    }

    if (ngx_http_flashsale_answer_headers(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->answered = 1;

    if (b == NULL) {
        r->header_only = 1;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_http_flashsale_send_text(ngx_http_request_t *r, const char *type,
    const char *cache, ngx_chain_t *out)
{
    off_t         size;
    ngx_int_t     rc;
    ngx_str_t     content_type;
    ngx_chain_t  *cl;

    size = 0;

    for (cl = out; cl; cl = cl->next) {
        size += ngx_buf_size(cl->buf);

        if (cl->next == NULL) {
            cl->buf->last_buf = (r == r->main);
            cl->buf->last_in_chain = 1;
        }
    }

    ngx_http_flashsale_outcome(r, ngx_http_flashsale_get_ctx(r), FS_OK);

    content_type.data = (u_char *) type;
    content_type.len = ngx_strlen(type);

    ngx_http_flashsale_head(r, NGX_HTTP_OK, &content_type, size);

    if (cache && ngx_http_flashsale_header(r, "Cache-Control", cache,
                                           ngx_strlen(cache))
                 != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->header_only |= (out == NULL);

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, out);
}


ngx_int_t
ngx_http_flashsale_problem(ngx_http_request_t *r, fs_outcome_t outcome,
    const fs_fault_t *fault)
{
    if (ngx_http_flashsale_ctx(r) == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_flashsale_answer_problem(r, outcome, fault, NULL, NULL);

    return ngx_http_flashsale_send(r);
}


ngx_int_t
ngx_http_flashsale_not_allowed(ngx_http_request_t *r, const char *allow)
{
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_flashsale_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->answer.allow = allow;

    return ngx_http_flashsale_problem(r, FS_BAD_METHOD, NULL);
}


void
ngx_http_flashsale_note_hold(ngx_http_flashsale_ctx_t *ctx,
    ngx_http_flashsale_worker_t *worker, const fs_hold_t *hold,
    fs_view_t *view)
{
    if (hold->seq == 0) {
        return;
    }

    if (hold->other != 0
        ? fs_crypto_hold_id(worker->crypto, hold->other, hold->epoch,
                            ctx->hold) == 0
        : fs_life_hold_id(worker->store, worker->crypto, hold->seq, ctx->hold)
          == 0)
    {
        ctx->has_hold = 1;
    }

    ctx->amount = fs_hold_amount(hold);
    ctx->has_amount = 1;

    if (hold->lines_n) {
        (void) fs_view_sale_slug(view, hold->lines[0].sale, &ctx->sale);
    }
}
