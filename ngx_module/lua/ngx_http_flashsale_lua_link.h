
/*
 * An order's private link, for Lua: whether there is one, and whether somebody
 * has it.  Results are those of lua/ngx_http_flashsale_lua.h.
 */

#ifndef NGX_HTTP_FLASHSALE_LUA_LINK_H
#define NGX_HTTP_FLASHSALE_LUA_LINK_H

#include "lua/ngx_http_flashsale_lua.h"


#pragma GCC visibility push(default)

/* Its path into buf, FS_LINK_PATH_LEN bytes: the length; 0: there is none. */
int ngx_http_flashsale_ffi_link(const char *id, size_t id_len, char *buf,
    size_t size);

/* 1: the tag is the link's of this order; 0: it is not. */
int ngx_http_flashsale_ffi_linked(const char *id, size_t id_len,
    const char *tag, size_t tag_len);

#pragma GCC visibility pop


#endif /* NGX_HTTP_FLASHSALE_LUA_LINK_H */
