
#include "worker/ngx_http_flashsale_worker.h"


fs_outcome_t
ngx_http_flashsale_view(ngx_http_flashsale_worker_t *worker,
    ngx_http_flashsale_shows_t shows, fs_view_t *view)
{
    fs_outcome_t  outcome;

    view->store = NULL;

    if (worker == NULL || worker->store == NULL) {
        return FS_NOT_READY;
    }

    outcome = (shows == NGX_HTTP_FLASHSALE_LOG)
              ? fs_view_open_log(worker->reader, view)
              : fs_view_open(worker->reader, view);

    if (outcome != FS_OK) {
        view->store = NULL;
    }

    return outcome;
}


fs_outcome_t
ngx_http_flashsale_missing(fs_view_t *view, fs_outcome_t outcome)
{
    fs_outcome_t  why;

    why = fs_view_outcome(view);

    return (why == FS_OK) ? outcome : why;
}
