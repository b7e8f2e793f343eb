
/*
 * For Lua: draws, as everybody may see them.  Version and rules are those of
 * ngx_http_flashsale_lua.h.
 */

#ifndef NGX_HTTP_FLASHSALE_LUA_DRAWS_H
#define NGX_HTTP_FLASHSALE_LUA_DRAWS_H

#include "lua/ngx_http_flashsale_lua.h"

#pragma GCC visibility push(default)


/*
 * {"sale":…,"draw":…}, as GET sales/ID and sales/ID/draw have them; `draw` is
 * null for what is no ticket.
 */
int ngx_http_flashsale_ffi_draw(const char *id, size_t id_len, char *buf,
    size_t size);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_LUA_DRAWS_H */
