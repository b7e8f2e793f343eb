
/*
 * The shared zone: rings and counters, and the eventfds that wake the rings'
 * owners.
 */

#ifndef NGX_HTTP_FLASHSALE_ZONE_H
#define NGX_HTTP_FLASHSALE_ZONE_H

#include "worker/ngx_http_flashsale_counters.h"
#include "core/lead/ring.h"
#include "core/read/growth.h"

#pragma GCC visibility push(hidden)


/* The zone's shared part.  Counters and rings follow, 64 bytes aligned. */
struct ngx_http_flashsale_shared_s {
    uint32_t                         rings_n;
    size_t                           rings_offset;  /* from this */
    size_t                           counters_offset;
    _Atomic uint32_t                 warned_log;    /* map is filling up, */
    _Atomic uint32_t                 warned_index;  /* and it was said */
    _Atomic uint32_t                 stuck;         /* it was said that
                                                       commits wait */
    fs_growth_t                      growth;
};


ngx_int_t ngx_http_flashsale_zone_add(ngx_conf_t *cf,
    ngx_http_flashsale_main_conf_t *mcf);

fs_rings_t *ngx_http_flashsale_rings(ngx_http_flashsale_shared_t *shared);
ngx_http_flashsale_counters_t *ngx_http_flashsale_counters(
    ngx_http_flashsale_shared_t *shared, uint32_t ring);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_ZONE_H */
