
/*
 * The one way to a view: a worker's snapshot of its store, which is opened
 * and closed within a turn of the event loop, before anything is sent or
 * finalized.
 */

#ifndef NGX_HTTP_FLASHSALE_VIEW_H
#define NGX_HTTP_FLASHSALE_VIEW_H

#include "worker/ngx_http_flashsale_worker.h"
#include "core/read/view.h"

#pragma GCC visibility push(hidden)


/* what it is to show */
typedef enum {
    NGX_HTTP_FLASHSALE_LOG = 0,         /* sales, documents, entries: also
                                           while there is no index */
    NGX_HTTP_FLASHSALE_INDEX            /* buyers and their holds, too */
} ngx_http_flashsale_shows_t;


/*
 * OK: the caller closes it, by fs_view_close().  Otherwise it is what to
 * answer, and view->store is NULL.  worker may be NULL.
 */
fs_outcome_t ngx_http_flashsale_view(ngx_http_flashsale_worker_t *worker,
    ngx_http_flashsale_shows_t shows, fs_view_t *view);

/*
 * What to answer when an open view does not find something: `outcome`, or why
 * it could not look.  Without an index sales are looked for in the log.
 */
fs_outcome_t ngx_http_flashsale_missing(fs_view_t *view,
    fs_outcome_t outcome);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_VIEW_H */
