
#include "api/ngx_http_flashsale_api.h"
#include "core/read/view_draw.h"
#include "core/text/text.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"
#include "worker/ngx_http_flashsale_worker.h"


static unsigned ngx_http_flashsale_lot(ngx_http_request_t *r);


ngx_int_t
ngx_http_flashsale_sale(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    uint32_t         number;
    fs_str_t         id, terms;
    fs_sale_t        sale;
    fs_view_t        view;
    fs_outcome_t     outcome;
    fs_shown_seed_t  seed;

    id = ngx_http_flashsale_get_ctx(r)->names[0];

    if (!fs_slug_valid(id)) {
        return ngx_http_flashsale_problem(r, FS_NO_SUCH_SALE, NULL);
    }

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_LOG, &view);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    if (!fs_view_sale_number(&view, id, &number)
        || !fs_view_sale(&view, number, &sale))
    {
        outcome = ngx_http_flashsale_missing(&view, FS_NO_SUCH_SALE);

    } else if (!fs_view_terms_document(&view, &sale, &terms)
               || !fs_view_seed(&view, &sale, &seed))
    {
        outcome = ngx_http_flashsale_missing(&view, FS_NOT_READY);
    }

    if (outcome != FS_OK) {
        fs_view_close(&view);
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    ngx_http_flashsale_answer_sale(r, FS_OK, &sale, terms, &seed,
                                   ngx_http_flashsale_lot(r) == 0,
                                   ngx_http_flashsale_lot(r));

    fs_view_close(&view);

    return ngx_http_flashsale_send(r);
}


ngx_int_t
ngx_http_flashsale_sales(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    int           more, len;
    size_t        n, size;
    int64_t       limit;
    fs_str_t      after;
    fs_slug_t     slug;
    fs_sale_t    *sales;
    fs_view_t     view;
    ngx_buf_t    *b;
    fs_fault_t    fault;
    fs_outcome_t  outcome;

    if (ngx_http_flashsale_page(ngx_http_flashsale_args(r),
                                "is the id of a sale", &limit, &slug, &fault)
        != FS_OK)
    {
        return ngx_http_flashsale_problem(r, FS_BAD_REQUEST, &fault);
    }

    after.data = slug.data;
    after.len = slug.len;

    sales = ngx_palloc(r->pool, limit * sizeof(fs_sale_t));
    if (sales == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_LOG, &view);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    n = fs_view_sales(&view, after, limit, sales, &more);

    outcome = ngx_http_flashsale_missing(&view, FS_OK);

    fs_view_close(&view);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    size = n * FS_SALE_JSON_MAX + 256;

    b = ngx_create_temp_buf(r->pool, size);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    len = fs_answer_sales((char *) b->pos, size, sales, n, more,
                          ngx_http_flashsale_lot(r));
    if (len < 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last += len;

    ngx_http_flashsale_answer_json(r, FS_OK, b,
                                   ngx_http_flashsale_lot(r)
                                   ? "private, no-store" : "no-cache");

    return ngx_http_flashsale_send(r);
}


/* The share that makes a lot bad, which an operator is told of; 0: anybody
 * asks. */

static unsigned
ngx_http_flashsale_lot(ngx_http_request_t *r)
{
    return ngx_http_flashsale_get_ctx(r)->endpoint->who
           == NGX_HTTP_FLASHSALE_ANYBODY
           ? 0 : (unsigned) ngx_http_flashsale_main_conf(r)->claims.lot;
}
