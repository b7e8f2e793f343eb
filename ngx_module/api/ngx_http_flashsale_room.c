
/*
 * POST admin/sessions/ID/start, /pin, /end: what a host does in a room, as it
 * is told.  It comes with the decision, in the request's job: a view of the
 * log may show another host's, which is not durable yet.
 */

#include "api/ngx_http_flashsale_api.h"
#include "core/rules/room.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"


void
ngx_http_flashsale_room_op(ngx_http_flashsale_ctx_t *ctx,
    const ngx_http_flashsale_asked_t *asked, fs_operator_t *op)
{
    const char  *path;

    path = ctx->endpoint->path;
    op->pin = asked->pin;
    op->act = FS_ROOM_PIN;

    if (ngx_strcmp(path, "sessions/*/start") == 0) {
        op->act = FS_ROOM_START;

    } else if (ngx_strcmp(path, "sessions/*/end") == 0) {
        op->act = FS_ROOM_END;
    }
}


void
ngx_http_flashsale_room_done(ngx_http_request_t *r, const fs_result_t *result,
    fs_view_t *view)
{
    size_t       len;
    ngx_buf_t   *b;
    const char  *told;

    (void) view;

    told = ngx_http_flashsale_get_ctx(r)->told;
    len = ngx_strlen(told);

    b = ngx_create_temp_buf(r->pool, len);

    if (b) {
        b->last = ngx_cpymem(b->last, told, len);
    }

    ngx_http_flashsale_answer_json(r, result->outcome, b,
                                   "private, no-store");
}
