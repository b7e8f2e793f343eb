
/*
 * Variables, for logs, for headers to an upstream, and for
 * flashsale_redirect.
 */

#ifndef NGX_HTTP_FLASHSALE_VARIABLES_H
#define NGX_HTTP_FLASHSALE_VARIABLES_H

#include "conf/ngx_http_flashsale_conf.h"

#pragma GCC visibility push(hidden)


ngx_int_t ngx_http_flashsale_add_variables(ngx_conf_t *cf);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_VARIABLES_H */
