
/*
 * Contacts, for Lua.  Reads end within the call; what is written is waited
 * for by asking again, within the request.
 */

#ifndef NGX_HTTP_FLASHSALE_LUA_PEOPLE_H
#define NGX_HTTP_FLASHSALE_LUA_PEOPLE_H

#include "lua/ngx_http_flashsale_lua.h"


#pragma GCC visibility push(default)

/*
 * They lie beside the store, and are opened after it.  1: it is known whether
 * they can be read.
 */
int ngx_http_flashsale_ffi_people_known(void);

/* As GET me; and the contact alone.  The length or minus an outcome. */
int ngx_http_flashsale_ffi_me(const char *identity, size_t identity_len,
    char *buf, size_t size);
int ngx_http_flashsale_ffi_contact(const char *identity, size_t identity_len,
    char *buf, size_t size);

/*
 * What POST contact and DELETE me do, from the body on.  0: on its way, and
 * *wait is asked with _contact_wait() within the request; else the length of
 * a problem.
 */
int ngx_http_flashsale_ffi_contact_give(ngx_http_request_t *r,
    const char *body, size_t body_len, const char *identity,
    size_t identity_len, void **wait, char *buf, size_t size);
int ngx_http_flashsale_ffi_contact_leave(ngx_http_request_t *r,
    const char *identity, size_t identity_len, void **wait, int *later,
    char *buf, size_t size);

/* -1: not yet; 0: written.  Otherwise an outcome: with `enough` it is
 * `accepted` when it is still on its way. */
int ngx_http_flashsale_ffi_contact_wait(void *wait, int enough);

#pragma GCC visibility pop


#pragma GCC visibility push(hidden)

/* A buyer's contact as JSON.  The length or minus an outcome. */
int ngx_http_flashsale_lua_contact(ngx_http_flashsale_worker_t *worker,
    const uint8_t *buyer, char *buf, size_t size);

#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_LUA_PEOPLE_H */
