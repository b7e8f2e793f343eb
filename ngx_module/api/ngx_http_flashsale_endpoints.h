
/*
 * The one way in: what each location of this module answers.
 */

#ifndef NGX_HTTP_FLASHSALE_ENDPOINTS_H
#define NGX_HTTP_FLASHSALE_ENDPOINTS_H

#include "conf/ngx_http_flashsale_conf.h"

#pragma GCC visibility push(hidden)


/* the content handler of all places but "flashsale_problem" */
ngx_int_t ngx_http_flashsale_endpoints(ngx_http_request_t *r);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_ENDPOINTS_H */
