
/*
 * Rooms, for Lua: how many are there, and what they said last.  What the host
 * does is a document.
 * Results are those of lua/ngx_http_flashsale_lua.h.
 */

#ifndef NGX_HTTP_FLASHSALE_LUA_ROOM_H
#define NGX_HTTP_FLASHSALE_LUA_ROOM_H

#include "lua/ngx_http_flashsale_lua.h"


#pragma GCC visibility push(default)

/* Identities with a stream of the session open, in all processes. */
int ngx_http_flashsale_ffi_viewers(const char *session, size_t len);

/* The newest comments of the session, at most 20, in order, as JSON. */
int ngx_http_flashsale_ffi_comments(const char *session, size_t len,
    char *buf, size_t size);

#pragma GCC visibility pop


#endif /* NGX_HTTP_FLASHSALE_LUA_ROOM_H */
