
/*
 * Rates, as several directives have them.
 */

#ifndef NGX_HTTP_FLASHSALE_RATE_H
#define NGX_HTTP_FLASHSALE_RATE_H

#include "conf/ngx_http_flashsale_conf.h"

#pragma GCC visibility push(hidden)


typedef struct {
    ngx_int_t    max;                   /* times, from 1 */
    ngx_int_t    period_min;            /* ms */
    ngx_int_t    period_max;
} ngx_http_flashsale_rate_bounds_t;


/* So many times, "/", and a time, as in 3/30d.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_flashsale_rate(ngx_str_t *value,
    const ngx_http_flashsale_rate_bounds_t *bounds, ngx_int_t *n,
    ngx_msec_t *period);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_RATE_H */
