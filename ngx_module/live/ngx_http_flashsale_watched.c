
#include "live/ngx_http_flashsale_watched.h"
#include "annex/ngx_http_flashsale_talk.h"
#include "core/text/text.h"
#include "http/ngx_http_flashsale_request.h"


/* In the request's pool; the session is in its arguments. */
typedef struct {
    ngx_http_request_t  *request;
    ngx_msec_t           since;
} ngx_http_flashsale_watched_t;


static void ngx_http_flashsale_watched_cleanup(void *data);


void
ngx_http_flashsale_watched(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker, const fs_slug_t *session,
    const fs_sale_t *sales, size_t n)
{
    ngx_pool_cleanup_t            *cln;
    ngx_http_flashsale_ctx_t      *ctx;
    ngx_http_flashsale_watched_t  *watched;

    ctx = ngx_http_flashsale_get_ctx(r);

    if ((session->len == 0 && n != 1)
        || ngx_http_flashsale_buyer(r, ctx, worker) != FS_OK)
    {
        return;
    }

    ngx_http_flashsale_talk_note(worker, FS_ACTIVITY_VIEW, ctx->buyer,
                                 session->len ? FS_ACTIVITY_OF_SESSION
                                              : FS_ACTIVITY_OF_SALE,
                                 session->len ? session : &sales[0].slug,
                                 0, NULL);

    if (session->len == 0) {
        return;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_flashsale_watched_t));
    if (cln == NULL) {
        return;
    }

    watched = cln->data;
    watched->request = r;
    watched->since = ngx_current_msec;

    cln->handler = ngx_http_flashsale_watched_cleanup;
}


static void
ngx_http_flashsale_watched_cleanup(void *data)
{
    ngx_http_flashsale_watched_t *watched = data;

    int                  len;
    char                 text[FS_SLUG_MAX];
    fs_str_t             str;
    fs_slug_t            session;
    ngx_msec_t           msec;
    ngx_http_request_t  *r;

    r = watched->request;
    msec = ngx_current_msec - watched->since;

    len = fs_query_get(ngx_http_flashsale_args(r), "session", text,
                       sizeof(text));

    str.data = text;
    str.len = len > 0 ? (size_t) len : 0;

    if (!fs_slug_valid(str)) {
        return;
    }

    fs_slug_set(&session, str);

    ngx_http_flashsale_talk_note(ngx_http_flashsale_worker(r),
                                 FS_ACTIVITY_WATCH,
                                 ngx_http_flashsale_get_ctx(r)->buyer,
                                 FS_ACTIVITY_OF_SESSION, &session,
                                 (msec + 500) / 1000, NULL);
}
