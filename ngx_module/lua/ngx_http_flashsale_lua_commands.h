
/*
 * Commands from Lua.
 *
 * An operation is a slot: it is taken when a command is pushed and free again
 * when the result has come and was taken, or when the result has come and
 * nobody waits any more, because the request ended.  Lua keeps a semaphore for
 * each slot for as long as its VM lives, so the pointer here never dangles;
 * and where a VM lives as long as its request (lua_code_cache off), the
 * request's cleanup forgets the pointer first.  A coroutine that is killed
 * while its request lives on keeps its slot until the request ends.
 */

#ifndef NGX_HTTP_FLASHSALE_LUA_COMMANDS_H
#define NGX_HTTP_FLASHSALE_LUA_COMMANDS_H

#include "lua/ngx_http_flashsale_lua.h"


typedef int (*ngx_http_flashsale_ffi_post_pt)(void *sem, int n);

/* of a line that somebody may ask for: fs_stop_t */
typedef struct {
    uint32_t                         outcome;
    uint32_t                         more;
} ngx_http_flashsale_ffi_stop_t;


#pragma GCC visibility push(default)

/*
 * Commands of a request that is no timer's.
 *
 * slot: the one that the next command gets, -1: no memory.  A command says 0:
 * it is on its way, and sem will be posted; otherwise the length of the
 * problem in buf.  take: -1 when the result has not come; otherwise the
 * length of a hold (*problem 0) or a problem (1), and the slot is free again.
 * size: at least FS_HOLD_JSON_MAX and FS_PROBLEM_JSON_MAX.
 */

int ngx_http_flashsale_ffi_slot(void);
int ngx_http_flashsale_ffi_reserve(ngx_http_request_t *r,
    ngx_http_flashsale_ffi_post_pt post, void *sem, const char *body,
    size_t body_len, const char *identity, size_t identity_len,
    const char *key, size_t key_len, char *buf, size_t size);
int ngx_http_flashsale_ffi_release(ngx_http_request_t *r,
    ngx_http_flashsale_ffi_post_pt post, void *sem, const char *id,
    size_t id_len, const char *identity, size_t identity_len, char *buf,
    size_t size);

/*
 * What would become of the lines of a reservation, body as of _reserve(): one
 * stop each, FS_LINES_MAX at most, and in *amount_fen what those cost that
 * nothing stops.  identity_len 0: for somebody of whom nothing is known.  How
 * many, or minus an outcome.  A read, not a command.
 */
int ngx_http_flashsale_ffi_stops(const char *body, size_t body_len,
    const char *identity, size_t identity_len,
    ngx_http_flashsale_ffi_stop_t *stops, double *amount_fen);
int ngx_http_flashsale_ffi_take(ngx_http_request_t *r, int slot, char *buf,
    size_t size, int *problem);

#pragma GCC visibility pop


#pragma GCC visibility push(hidden)

/* frees at the end what was made of Lua's */
extern const ngx_http_flashsale_part_t  ngx_http_flashsale_lua_part;

#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_LUA_COMMANDS_H */
