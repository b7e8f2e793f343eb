
/*
 * What the core asks of the system: clocks, randomness, the boot, a log.
 */

#ifndef NGX_HTTP_FLASHSALE_SYSTEM_H
#define NGX_HTTP_FLASHSALE_SYSTEM_H

#include "conf/ngx_http_flashsale_conf.h"
#include "core/store/store.h"

#pragma GCC visibility push(hidden)


typedef struct {
    ngx_log_t   *log;
    long         boot_phase;            /* ns, less than a millisecond, that
                                           CLOCK_BOOTTIME's milliseconds begin
                                           after those of the wall clock */
} ngx_http_flashsale_system_t;

void ngx_http_flashsale_system_init(ngx_http_flashsale_system_t *system,
    ngx_log_t *log);

/* Thread.  How the store is opened; it keeps `system`. */
void ngx_http_flashsale_store_conf(ngx_http_flashsale_system_t *system,
    const char *path, size_t size, int sync, fs_store_conf_t *conf);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_SYSTEM_H */
