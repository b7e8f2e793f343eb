
/*
 * The beginning and the end of a worker process, and its clockwork.
 */

#ifndef NGX_HTTP_FLASHSALE_PROCESS_H
#define NGX_HTTP_FLASHSALE_PROCESS_H

#include "worker/ngx_http_flashsale_worker.h"

#pragma GCC visibility push(hidden)


/* For nginx's init_process and exit_process.  parts ends with NULL. */
ngx_int_t ngx_http_flashsale_process_init(ngx_cycle_t *cycle,
    const ngx_http_flashsale_part_t *const *parts);
void ngx_http_flashsale_process_exit(ngx_cycle_t *cycle);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_PROCESS_H */
