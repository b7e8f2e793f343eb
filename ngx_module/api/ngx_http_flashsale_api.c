
/*
 * The buyer's API: what is below the location's path, and sales.  Holds are
 * in ngx_http_flashsale_holds.c.
 */

#include "ngx_http_flashsale.h"
#include "core/read/view_walk.h"


#define NGX_HTTP_FLASHSALE_PAGE      20
#define NGX_HTTP_FLASHSALE_PAGE_MAX  100


static ngx_int_t ngx_http_flashsale_sale(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker, fs_str_t id);


ngx_int_t
ngx_http_flashsale_api_handler(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    fs_str_t                      path;
    ngx_http_flashsale_worker_t  *worker;

    path = ngx_http_flashsale_below(r);

    if (path.len >= 5 && ngx_memcmp(path.data, "holds", 5) == 0
        && (path.len == 5 || path.data[5] == '/'))
    {
        path.data += 5;
        path.len -= 5;

        return ngx_http_flashsale_holds_handler(r, path);
    }

    if (path.len == 6 && ngx_memcmp(path.data, "events", 6) == 0) {
        return ngx_http_flashsale_events_handler(r);
    }

    if (path.len < 5 || ngx_memcmp(path.data, "sales", 5) != 0
        || (path.len > 5 && path.data[5] != '/'))
    {
        return ngx_http_flashsale_problem(r, FS_NOT_FOUND, NULL);
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_flashsale_not_allowed(r, "GET, HEAD");
    }

    worker = ngx_http_flashsale_gate(r, ngx_http_flashsale_api_handler,
                                     NGX_HTTP_FLASHSALE_READ, &rc);
    if (worker == NULL) {
        return rc;
    }

    if (ngx_http_flashsale_ctx(r) == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (path.len == 5) {
        return ngx_http_flashsale_sales(r, worker, "no-cache");
    }

    path.data += 6;
    path.len -= 6;

    return ngx_http_flashsale_sale(r, worker, path);
}


fs_outcome_t
ngx_http_flashsale_missing(fs_view_t *view, fs_outcome_t outcome)
{
    fs_outcome_t  why;

    why = fs_view_outcome(view);

    return (why == FS_OK || why == FS_REBUILDING) ? outcome : why;
}


/* GET sales/ID */

static ngx_int_t
ngx_http_flashsale_sale(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker, fs_str_t id)
{
    uint32_t      number;
    fs_sale_t     sale;
    fs_view_t     view;
    fs_outcome_t  outcome;

    if (!fs_slug_valid(id)) {
        return ngx_http_flashsale_problem(r, FS_NO_SUCH_SALE, NULL);
    }

    outcome = fs_view_open(worker->reader, &view);

    if (outcome != FS_OK && outcome != FS_REBUILDING) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    if (fs_view_sale_number(&view, id, &number)
        && fs_view_sale(&view, number, &sale))
    {
        outcome = FS_OK;

    } else {
        outcome = ngx_http_flashsale_missing(&view, FS_NO_SUCH_SALE);
    }

    fs_view_close(&view);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    ngx_http_flashsale_answer_sale(r, FS_OK, &sale, 1);

    return ngx_http_flashsale_send(r);
}


/* GET sales?after=ID&limit=N */

ngx_int_t
ngx_http_flashsale_sales(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker, const char *cache)
{
    int           more, len;
    char          buf[FS_SLUG_MAX];
    size_t        n, size;
    int64_t       limit;
    fs_str_t      args, after;
    fs_sale_t    *sales;
    fs_view_t     view;
    ngx_buf_t    *b;
    fs_fault_t    fault;
    fs_outcome_t  outcome;

    args = ngx_http_flashsale_args(r);

    if (ngx_http_flashsale_limit(args, NGX_HTTP_FLASHSALE_PAGE,
                                 NGX_HTTP_FLASHSALE_PAGE_MAX, &limit, &fault)
        != FS_OK)
    {
        return ngx_http_flashsale_problem(r, FS_BAD_REQUEST, &fault);
    }

    len = fs_query_get(args, "after", buf, sizeof(buf));

    after.data = buf;
    after.len = (len > 0) ? len : 0;

    if (len == -2 || len == 0 || (len > 0 && !fs_slug_valid(after))) {
        ngx_http_flashsale_fault(&fault, "after", "is the id of a sale");
        return ngx_http_flashsale_problem(r, FS_BAD_REQUEST, &fault);
    }

    sales = ngx_palloc(r->pool, limit * sizeof(fs_sale_t));
    if (sales == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    outcome = fs_view_open(worker->reader, &view);

    if (outcome != FS_OK && outcome != FS_REBUILDING) {
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

    len = fs_answer_sales((char *) b->pos, size, sales, n, more);
    if (len < 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last += len;

    ngx_http_flashsale_answer_json(r, FS_OK, b, cache);

    return ngx_http_flashsale_send(r);
}
