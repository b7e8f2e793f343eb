
/*
 * Is the store filling up, and how fast?  Commit threads look each second,
 * whichever comes first; what was seen is in the shared zone, so a reload does
 * not forget it.
 */

#ifndef NGX_HTTP_FLASHSALE_GROWTH_H
#define NGX_HTTP_FLASHSALE_GROWTH_H

#include "worker/ngx_http_flashsale_zone.h"

#pragma GCC visibility push(hidden)


/*
 * Thread.  Keep what is used, and warn of a map that is filling up, or that
 * will be full soon.  usec: ngx_http_flashsale_usec().
 */
void ngx_http_flashsale_growth_watch(ngx_http_flashsale_shared_t *shared,
    const fs_store_stat_t *stat, uint64_t usec, ngx_log_t *log);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_GROWTH_H */
