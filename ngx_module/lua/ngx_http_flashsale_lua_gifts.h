
/*
 * For Lua: gifts, for their buyers' pages.  Version and rules are those of
 * ngx_http_flashsale_lua.h.
 */

#ifndef NGX_HTTP_FLASHSALE_LUA_GIFTS_H
#define NGX_HTTP_FLASHSALE_LUA_GIFTS_H

#include "lua/ngx_http_flashsale_lua.h"

#pragma GCC visibility push(default)


/* what a page says of a gift beside its JSON */
typedef struct {
    double                           takes_fen; /* off the hold that is asked
                                                   about */
    uint32_t                         why;       /* fs_why_t: it cannot be used
                                                   by that hold; 0: it can */
    uint32_t                         thing;     /* 1: it is handed over */
    uint32_t                         drawn;     /* 1: its draw was made */
    uint32_t                         prize;     /* that it has won, its index
                                                   and 1; 0: none */
    uint32_t                         user_len;  /* 0: no hold uses it */
    char                             user[FS_HOLD_ID_LEN];
} ngx_http_flashsale_ffi_gift_t;


/* By its number, from 0; NULL: there is no such one. */
const char *ngx_http_flashsale_ffi_why(int why);

/*
 * A buyer's gifts as GET gifts has them, newest first, and as many `gifts`
 * beside them.  hold: the id of one of the same buyer that would use one; len
 * 0: none.
 */
int ngx_http_flashsale_ffi_gifts(const char *identity, size_t identity_len,
    const char *before, size_t before_len, int limit, const char *hold,
    size_t hold_len, char *buf, size_t size,
    ngx_http_flashsale_ffi_gift_t *gifts);

/* One gift of a buyer; no JSON, which _hold() has. */
int ngx_http_flashsale_ffi_gift(const char *id, size_t id_len,
    const char *identity, size_t identity_len,
    ngx_http_flashsale_ffi_gift_t *gift);

/*
 * How many gifts of a sale a buyer has taken.  id, of FS_HOLD_ID_LEN bytes,
 * gets the newest of them, or a NUL at its beginning: it is long ago.
 */
int ngx_http_flashsale_ffi_taken(const char *sale, size_t sale_len,
    const char *identity, size_t identity_len, char *id);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_LUA_GIFTS_H */
