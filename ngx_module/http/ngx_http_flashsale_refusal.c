
#include "http/ngx_http_flashsale_refusal.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"


typedef struct {
    ngx_uint_t                       status;
    fs_outcome_t                     outcome;
    const char                      *field;
    const char                      *rule;
} ngx_http_flashsale_refusal_t;


static fs_outcome_t ngx_http_flashsale_refusal_outcome(
    ngx_http_request_t *r, ngx_uint_t status, fs_fault_t *fault);
static void ngx_http_flashsale_refuse(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_uint_t status);
static ngx_int_t ngx_http_flashsale_refusal_header_filter(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_flashsale_refusal_body_filter(
    ngx_http_request_t *r, ngx_chain_t *in);


/* Any other is BAD_REQUEST below 500, else INTERNAL, and keeps its status. */

static const ngx_http_flashsale_refusal_t  ngx_http_flashsale_refusals[] = {
    { 400, FS_BAD_REQUEST, "request", "is what HTTP allows" },
    { 401, FS_NO_BUYER,    NULL, NULL },
    { 403, FS_FORBIDDEN,   NULL, NULL },
    { 404, FS_NOT_FOUND,   NULL, NULL },
    { 405, FS_BAD_METHOD,  NULL, NULL },
    { 412, FS_PRECONDITION, NULL, NULL },
    { 413, FS_TOO_LARGE,   NULL, NULL },
    { 414, FS_TOO_LARGE,   NULL, NULL },
    { 415, FS_BAD_MEDIA,   NULL, NULL },
    { 429, FS_TOO_FAST,    NULL, NULL },
    { 431, FS_TOO_LARGE,   NULL, NULL },
    { 494, FS_TOO_LARGE,   NULL, NULL },
    { 501, FS_BAD_REQUEST, "request", "has no unknown Transfer-Encoding" },
    { 505, FS_BAD_REQUEST, "request", "is of HTTP/1.0, 1.1 or 2" }
};


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


void
ngx_http_flashsale_refusal_init(void)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_flashsale_refusal_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_flashsale_refusal_body_filter;
}


ngx_int_t
ngx_http_flashsale_refusal_handler(ngx_http_request_t *r)
{
    ngx_uint_t                 status;
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_flashsale_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* asked for by its own address there is nothing to tell */

    status = r->err_status ? r->err_status : NGX_HTTP_NOT_FOUND;

    /* nginx has its own status for a head that is too large */

    if (status == NGX_HTTP_REQUEST_HEADER_TOO_LARGE) {
        status = 431;
    }

    ngx_http_flashsale_refuse(r, ctx, status);

    /* it would come before the answer's */
    r->err_status = 0;

    return ngx_http_flashsale_send(r);
}


static fs_outcome_t
ngx_http_flashsale_refusal_outcome(ngx_http_request_t *r, ngx_uint_t status,
    fs_fault_t *fault)
{
    ngx_uint_t                           i;
    const ngx_http_flashsale_refusal_t  *refusal;

    fault->rule[0] = '\0';

    /* limit_req and limit_conn say 503 unless they are told otherwise */

    if (ngx_http_flashsale_limited(r)) {
        return FS_TOO_FAST;
    }

    for (i = 0; i < sizeof(ngx_http_flashsale_refusals)
                    / sizeof(ngx_http_flashsale_refusal_t);
         i++)
    {
        refusal = &ngx_http_flashsale_refusals[i];

        if (refusal->status != status) {
            continue;
        }

        if (refusal->field) {
            ngx_http_flashsale_fault(fault, refusal->field, refusal->rule);
        }

        return refusal->outcome;
    }

    return (status < 500) ? FS_BAD_REQUEST : FS_INTERNAL;
}


/* Build ctx->answer. */

static void
ngx_http_flashsale_refuse(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_uint_t status)
{
    fs_fault_t    fault;
    fs_outcome_t  outcome;

    outcome = ngx_http_flashsale_refusal_outcome(r, status, &fault);

    if (outcome != FS_TOO_FAST) {
        ctx->status = status;
    }

    ngx_http_flashsale_answer_problem(r, outcome, &fault, NULL, NULL);

    if (outcome == FS_BAD_METHOD) {

        /* nginx knew no location yet: what there is at all */

        ctx->answer.allow = "GET, HEAD, POST, PUT, DELETE";
    }

    if (r->headers_out.www_authenticate) {

        /* of who refused it: auth_basic, auth_request */

        ctx->answer.challenge = NULL;
    }
}


static ngx_int_t
ngx_http_flashsale_refusal_header_filter(ngx_http_request_t *r)
{
    ngx_http_flashsale_ctx_t       *ctx;
    ngx_http_flashsale_loc_conf_t  *lcf;

    if (r->err_status < NGX_HTTP_BAD_REQUEST || r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    lcf = ngx_http_flashsale_loc_conf(r);

    if (lcf->place == NGX_HTTP_FLASHSALE_NO_PLACE) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_flashsale_ctx(r);

    if (ctx == NULL) {
        return NGX_ERROR;
    }

    if (ctx->answered) {
        return ngx_http_next_header_filter(r);
    }

    ctx->answered = 1;
    ctx->form = (lcf->place == NGX_HTTP_FLASHSALE_API_PLACE
                 && r->method == NGX_HTTP_POST
                 && ngx_http_flashsale_media(r, ctx) == 1);

    ngx_memzero(&ctx->answer, sizeof(ngx_http_flashsale_answer_t));

    ngx_http_flashsale_refuse(r, ctx, r->err_status);

    if (ctx->answer.body == NULL && ctx->answer.location.len == 0) {

        /* no memory: let it be nginx's page */

        return ngx_http_next_header_filter(r);
    }

    r->err_status = ctx->answer.status;

    if (ngx_http_flashsale_answer_headers(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    ctx->refused = 1;

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_http_flashsale_refusal_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t                 *b;
    ngx_chain_t                out, *cl;
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_flashsale_get_ctx(r);

    if (in == NULL || ctx == NULL || !ctx->refused) {
        return ngx_http_next_body_filter(r, in);
    }

    /* nginx's page counts as sent */

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
    }

    b = ctx->answer.body;

    if (b == NULL) {
        b = ngx_calloc_buf(r->pool);

        if (b == NULL) {
            return NGX_ERROR;
        }
    }

    ctx->refused = 0;

    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_next_body_filter(r, &out);
}
