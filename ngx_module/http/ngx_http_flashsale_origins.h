
/*
 * Front ends elsewhere: the directive "flashsale_origins", and what a browser
 * is told of it (CORS, of the Fetch standard).
 */

#ifndef NGX_HTTP_FLASHSALE_ORIGINS_H
#define NGX_HTTP_FLASHSALE_ORIGINS_H

#include "http/ngx_http_flashsale_ctx.h"

#pragma GCC visibility push(hidden)


/* The directive. */
char *ngx_http_flashsale_origins(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* While the configuration is read: stand in the way of preflights and of
 * answers. */
ngx_int_t ngx_http_flashsale_origins_init(ngx_conf_t *cf);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_ORIGINS_H */
