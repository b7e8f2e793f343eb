
/*
 * What differs between the versions of nginx that this module builds for:
 * 1.22 (Debian) to mainline.  The only file that looks at nginx_version.
 */

#ifndef NGX_HTTP_FLASHSALE_COMPAT_H
#define NGX_HTTP_FLASHSALE_COMPAT_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>


/* from 1.23.0 a header of several lines is a linked list */
#if (nginx_version >= 1023000)
#define ngx_http_flashsale_header_last(h)  (h)->next = NULL
#else
#define ngx_http_flashsale_header_last(h)
#endif


/* Whether limit_req or limit_conn has refused the request. */
static ngx_inline ngx_uint_t
ngx_http_flashsale_limited(ngx_http_request_t *r)
{
    /* nginx has the names of these two to itself */

    return r->main->limit_req_status == 3 || r->main->limit_conn_status == 2;
}


/* Whether the request's connection carries others beside it. */
static ngx_inline ngx_uint_t
ngx_http_flashsale_multiplexed(ngx_http_request_t *r)
{
#if (NGX_HTTP_V2)
    if (r->stream) {
        return 1;
    }
#endif

#if (NGX_HTTP_V3)
    if (r->connection->quic) {
        return 1;
    }
#endif

    (void) r;

    return 0;
}


#endif /* NGX_HTTP_FLASHSALE_COMPAT_H */
