
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


#endif /* NGX_HTTP_FLASHSALE_COMPAT_H */
