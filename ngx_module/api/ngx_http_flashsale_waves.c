
/*
 * Waves, and lines of orders by where their goods are: read by operators and
 * by who serves orders.
 */

#include "api/ngx_http_flashsale_api.h"
#include "core/read/view_waves.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"
#include "worker/ngx_http_flashsale_worker.h"


#define NGX_HTTP_FLASHSALE_WAVE_NEXT  "is the next of another page: a point"


static void ngx_http_flashsale_wave_show(ngx_http_request_t *r,
    fs_outcome_t outcome, fs_view_t *view, fs_str_t after);
static ngx_buf_t *ngx_http_flashsale_wave_text(ngx_http_request_t *r,
    fs_view_t *view, const fs_wave_page_t *page);
static fs_outcome_t ngx_http_flashsale_lines_asked(ngx_http_request_t *r,
    unsigned *goods, int64_t *limit, fs_listed_t *after, ngx_uint_t *behind,
    fs_fault_t *fault);
static ngx_int_t ngx_http_flashsale_listed(ngx_http_request_t *r,
    fs_view_t *view, ngx_buf_t *b, int len);


/* GET waves/ID?after=POINT */

ngx_int_t
ngx_http_flashsale_wave_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    int           len;
    char          text[FS_SLUG_MAX];
    fs_str_t      after;
    fs_view_t     view;
    fs_fault_t    fault;
    fs_outcome_t  outcome;

    len = fs_query_get(ngx_http_flashsale_args(r), "after", text,
                       sizeof(text));

    after.data = text;
    after.len = (len > 0) ? len : 0;

    if (len != -1 && !fs_slug_valid(after)) {
        ngx_http_flashsale_fault(&fault, "after",
                                 NGX_HTTP_FLASHSALE_WAVE_NEXT);
        return ngx_http_flashsale_problem(r, FS_BAD_REQUEST, &fault);
    }

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX, &view);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    ngx_http_flashsale_wave_show(r, FS_OK, &view, after);

    fs_view_close(&view);

    return ngx_http_flashsale_send(r);
}


void
ngx_http_flashsale_wave_done(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view)
{
    fs_str_t  none = fs_str("");

    ngx_http_flashsale_wave_show(r, result->outcome, view, none);
}


/* The wave that the path names. */

static void
ngx_http_flashsale_wave_show(ngx_http_request_t *r, fs_outcome_t outcome,
    fs_view_t *view, fs_str_t after)
{
    ngx_buf_t       *b;
    fs_fault_t       fault;
    ngx_uint_t       reads;
    fs_outcome_t     found;
    fs_wave_page_t  *page;

    reads = (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)) != 0;
    found = FS_INTERNAL;
    b = NULL;
    fs_fault_clear(&fault);

    page = ngx_palloc(r->pool, sizeof(fs_wave_page_t));

    if (page && view->store && view->index.txn) {
        found = fs_view_wave_page(view,
                                  ngx_http_flashsale_get_ctx(r)->names[0],
                                  after, page);
    }

    if (found == FS_OK) {
        b = ngx_http_flashsale_wave_text(r, view, page);
        found = FS_INTERNAL;
    }

    if (b) {
        ngx_http_flashsale_answer_json(r, outcome, b, "private, no-store");
        return;
    }

    if (!reads) {

        /* what was done is done: a retry with the key tells it */

        found = FS_UNKNOWN;

    } else {
        found = ngx_http_flashsale_missing(view, found);
    }

    if (found == FS_BAD_REQUEST) {
        ngx_http_flashsale_fault(&fault, "after",
                                 NGX_HTTP_FLASHSALE_WAVE_NEXT);
    }

    ngx_http_flashsale_answer_problem(r, found, &fault, NULL, NULL);
}


/* NULL: no memory, or a name cannot be read. */

static ngx_buf_t *
ngx_http_flashsale_wave_text(ngx_http_request_t *r, fs_view_t *view,
    const fs_wave_page_t *page)
{
    int          len;
    size_t       size;
    ngx_buf_t   *b;
    fs_names_t   names;

    size = FS_WAVE_JSON_MAX + page->n * FS_WAVE_LINE_JSON_MAX;

    b = ngx_create_temp_buf(r->pool, size);
    if (b == NULL) {
        return NULL;
    }

    fs_view_names(view, ngx_http_flashsale_worker(r)->crypto, &names);

    len = fs_answer_wave((char *) b->pos, size, page, &names);
    if (len < 0) {
        return NULL;
    }

    b->last += len;

    return b;
}


ngx_int_t
ngx_http_flashsale_waves_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    int            more, len;
    size_t         n, size;
    int64_t        limit;
    fs_slug_t      after;
    fs_view_t      view;
    fs_wave_t     *waves;
    ngx_buf_t     *b;
    fs_fault_t     fault;
    fs_names_t     names;
    fs_outcome_t   outcome;

    if (ngx_http_flashsale_page(ngx_http_flashsale_args(r),
                                "is the id of a wave", &limit, &after, &fault)
        != FS_OK)
    {
        return ngx_http_flashsale_problem(r, FS_BAD_REQUEST, &fault);
    }

    size = limit * FS_WAVE_JSON_MAX + 256;

    waves = ngx_palloc(r->pool, limit * sizeof(fs_wave_t));
    b = ngx_create_temp_buf(r->pool, size);

    if (waves == NULL || b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX, &view);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    n = fs_view_waves(&view, fs_slug_str(&after), limit, waves, &more);

    fs_view_names(&view, worker->crypto, &names);
    len = fs_answer_waves((char *) b->pos, size, waves, n, more, &names);

    return ngx_http_flashsale_listed(r, &view, b, len);
}


/* GET pickups/ID/lines?goods=…&after=…&limit=… */

ngx_int_t
ngx_http_flashsale_lines_read(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    int            more, len;
    size_t         n, size;
    int64_t        limit;
    uint32_t       pickup;
    unsigned       goods;
    fs_str_t       id;
    fs_view_t      view;
    ngx_buf_t     *b;
    fs_fault_t     fault;
    fs_names_t     names;
    ngx_uint_t     behind;
    fs_listed_t    after, *lines;
    fs_outcome_t   outcome;

    id = ngx_http_flashsale_get_ctx(r)->names[0];

    if (!fs_slug_valid(id)) {
        return ngx_http_flashsale_problem(r, FS_NOT_FOUND, NULL);
    }

    if (ngx_http_flashsale_lines_asked(r, &goods, &limit, &after, &behind,
                                       &fault)
        != FS_OK)
    {
        return ngx_http_flashsale_problem(r, FS_BAD_REQUEST, &fault);
    }

    size = limit * FS_LISTED_JSON_MAX + 512;

    lines = ngx_palloc(r->pool, limit * sizeof(fs_listed_t));
    b = ngx_create_temp_buf(r->pool, size);

    if (lines == NULL || b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX, &view);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    if (!fs_view_pickup_number(&view, id, &pickup)) {
        outcome = ngx_http_flashsale_missing(&view, FS_NOT_FOUND);
        fs_view_close(&view);
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    n = fs_view_lines(&view, pickup, goods, behind ? &after : NULL, limit,
                      lines, &more);

    fs_view_names(&view, worker->crypto, &names);
    len = fs_answer_listed((char *) b->pos, size, pickup, goods, lines, n,
                           more, &names);

    return ngx_http_flashsale_listed(r, &view, b, len);
}


/* Which lines, and behind which one.  OK, or BAD_REQUEST and the fault. */

static fs_outcome_t
ngx_http_flashsale_lines_asked(ngx_http_request_t *r, unsigned *goods,
    int64_t *limit, fs_listed_t *after, ngx_uint_t *behind, fs_fault_t *fault)
{
    int          len;
    char         text[FS_LISTED_CURSOR_LEN];
    fs_str_t     args, str;
    const char  *name;

    args = ngx_http_flashsale_args(r);

    if (ngx_http_flashsale_page(args, NULL, limit, NULL, fault) != FS_OK) {
        return FS_BAD_REQUEST;
    }

    len = fs_query_get(args, "goods", text, sizeof(text));

    for (*goods = 0; *goods < FS_GOODS_N; (*goods)++) {
        name = fs_goods_name(*goods);

        if (len > 0 && ngx_strlen(name) == (size_t) len
            && ngx_strncmp(name, text, len) == 0)
        {
            break;
        }
    }

    if (*goods == FS_GOODS_N) {
        ngx_http_flashsale_fault(fault, "goods", "is \"awaited\", \"ready\", "
                                 "\"handed_over\" or \"short\"");
        return FS_BAD_REQUEST;
    }

    len = fs_query_get(args, "after", text, sizeof(text));
    *behind = (len != -1);

    str.data = text;
    str.len = (len > 0) ? len : 0;

    if (*behind && fs_listed_cursor_read(str, after) != 0) {
        ngx_http_flashsale_fault(fault, "after",
                                 "is the next of another page");
        return FS_BAD_REQUEST;
    }

    return FS_OK;
}


/* A page, unless something of it cannot be read. */

static ngx_int_t
ngx_http_flashsale_listed(ngx_http_request_t *r, fs_view_t *view,
    ngx_buf_t *b, int len)
{
    fs_outcome_t  outcome;

    outcome = ngx_http_flashsale_missing(view, len < 0 ? FS_INTERNAL : FS_OK);

    fs_view_close(view);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    b->last += len;

    ngx_http_flashsale_answer_json(r, FS_OK, b, "private, no-store");

    return ngx_http_flashsale_send(r);
}
