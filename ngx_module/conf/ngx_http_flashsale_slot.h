
/*
 * Directives of one value within bounds: into where cmd->offset is, by the
 * ngx_http_flashsale_bounds_t that cmd->post is.
 */

#ifndef NGX_HTTP_FLASHSALE_SLOT_H
#define NGX_HTTP_FLASHSALE_SLOT_H

#include "conf/ngx_http_flashsale_conf.h"

#pragma GCC visibility push(hidden)


typedef struct {
    ngx_int_t                        min;
    ngx_int_t                        max;
    const char                      *of;        /* of what, with a blank; of
                                                   times: both in words */
} ngx_http_flashsale_bounds_t;


/* an ngx_int_t */
char *ngx_http_flashsale_number_slot(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* an ngx_msec_t; "off" is 0 */
char *ngx_http_flashsale_time(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_flashsale_time_or_off(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_SLOT_H */
