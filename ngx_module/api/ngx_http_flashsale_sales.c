
#include "api/ngx_http_flashsale_api.h"
#include "core/read/read.h"
#include "core/text/text.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"
#include "worker/ngx_http_flashsale_worker.h"


ngx_int_t
ngx_http_flashsale_sale(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    uint32_t      number;
    fs_str_t      id;
    fs_sale_t     sale;
    fs_view_t     view;
    fs_outcome_t  outcome;

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
    }

    fs_view_close(&view);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    ngx_http_flashsale_answer_sale(r, FS_OK, &sale, 1);

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
    ngx_uint_t    public;
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

    public = ngx_http_flashsale_get_ctx(r)->endpoint->who
             == NGX_HTTP_FLASHSALE_ANYBODY;

    len = fs_answer_sales((char *) b->pos, size, sales, n, more,
                          public ? 0 : (unsigned)
                          ngx_http_flashsale_main_conf(r)->claims.lot);
    if (len < 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last += len;

    ngx_http_flashsale_answer_json(r, FS_OK, b,
                                   public ? "no-cache" : "private, no-store");

    return ngx_http_flashsale_send(r);
}
