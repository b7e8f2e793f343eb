
#include "lua/ngx_http_flashsale_lua_link.h"
#include "core/read/view_link.h"


int
ngx_http_flashsale_ffi_link(const char *id, size_t id_len, char *buf,
    size_t size)
{
    int                           rc;
    fs_view_t                     view;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    if (size < FS_LINK_PATH_LEN) {
        return -FS_INTERNAL;
    }

    worker = ngx_http_flashsale_lua_worker();

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_LOG, &view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    rc = fs_view_link(&view, worker->crypto,
                      ngx_http_flashsale_lua_str(id, id_len), buf);

    fs_view_close(&view);

    return (rc == 1) ? (int) FS_LINK_PATH_LEN
                     : (rc == 0) ? 0 : -FS_NOT_READY;
}


int
ngx_http_flashsale_ffi_linked(const char *id, size_t id_len, const char *tag,
    size_t tag_len)
{
    int                           rc;
    fs_view_t                     view;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_LOG, &view);

    if (outcome != FS_OK) {
        return -(int) outcome;
    }

    rc = fs_view_link_is(&view, worker->crypto,
                         ngx_http_flashsale_lua_str(id, id_len),
                         ngx_http_flashsale_lua_str(tag, tag_len));

    fs_view_close(&view);

    return (rc == -1) ? -FS_NOT_READY : rc;
}
