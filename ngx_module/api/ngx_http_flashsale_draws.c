
#include "api/ngx_http_flashsale_api.h"
#include "core/read/view_draw.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"
#include "worker/ngx_http_flashsale_worker.h"


static ngx_buf_t *ngx_http_flashsale_draw_text(ngx_http_request_t *r,
    fs_view_t *view, const fs_sale_t *sale);


ngx_int_t
ngx_http_flashsale_draw(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    uint32_t      number;
    fs_str_t      id;
    fs_sale_t     sale;
    fs_view_t     view;
    ngx_buf_t    *b;
    fs_outcome_t  outcome;

    id = ngx_http_flashsale_get_ctx(r)->names[0];

    if (!fs_slug_valid(id)) {
        return ngx_http_flashsale_problem(r, FS_NO_SUCH_SALE, NULL);
    }

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX,
                                      &view);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    b = NULL;

    if (!fs_view_sale_number(&view, id, &number)
        || !fs_view_sale(&view, number, &sale))
    {
        outcome = ngx_http_flashsale_missing(&view, FS_NO_SUCH_SALE);

    } else if (sale.gives != FS_GIVES_TICKET) {
        outcome = FS_NOT_FOUND;

    } else {
        b = ngx_http_flashsale_draw_text(r, &view, &sale);
        outcome = (b != NULL) ? FS_OK
                  : ngx_http_flashsale_missing(&view, FS_NOT_READY);
    }

    fs_view_close(&view);

    if (outcome != FS_OK) {
        return ngx_http_flashsale_problem(r, outcome, NULL);
    }

    ngx_http_flashsale_answer_json(r, FS_OK, b, "no-cache");

    return ngx_http_flashsale_send(r);
}


void
ngx_http_flashsale_draw_done(ngx_http_request_t *r, const fs_result_t *result,
    fs_view_t *view)
{
    fs_sale_t   sale;
    ngx_buf_t  *b;

    b = (view->store != NULL && fs_view_sale(view, result->sale, &sale))
        ? ngx_http_flashsale_draw_text(r, view, &sale) : NULL;

    if (b == NULL) {

        /* it is done, but cannot be told: a retry with the key tells it */

        ngx_http_flashsale_answer_problem(r, FS_UNKNOWN, NULL, NULL, NULL);
        return;
    }

    ngx_http_flashsale_answer_json(r, result->outcome, b,
                                   "private, no-store");
}


/* NULL: it cannot be read, or there is no memory. */

static ngx_buf_t *
ngx_http_flashsale_draw_text(ngx_http_request_t *r, fs_view_t *view,
    const fs_sale_t *sale)
{
    int            len;
    size_t         size;
    ngx_buf_t     *b;
    fs_winner_t   *winners;
    fs_drawing_t   drawing;

    if (!fs_view_drawing(view, sale, &drawing)) {
        return NULL;
    }

    winners = ngx_palloc(r->pool, (drawing.winners + 1) * sizeof(fs_winner_t));

    size = FS_DRAW_JSON_MAX(drawing.winners);
    b = ngx_create_temp_buf(r->pool, size);

    if (winners == NULL || b == NULL
        || !fs_view_winners(view, sale->number, winners, drawing.winners))
    {
        return NULL;
    }

    len = fs_answer_draw((char *) b->pos, size, &drawing, winners);

    if (len < 0) {
        return NULL;
    }

    b->last += len;

    return b;
}
