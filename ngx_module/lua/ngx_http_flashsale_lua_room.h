
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

/*
 * A page of what was said in the session after a comment's id, answers too, in
 * order, as JSON.  *after: where to go on.  0: that was all.
 */
int ngx_http_flashsale_ffi_said(const char *session, size_t len,
    uint64_t *after, char *buf, size_t size);

/*
 * A page of what people did after an activity's id: lines as of GET /activity.
 * *after: where to go on; 0: with the first one since a time (wall ms).
 * 0: that was all.
 */
int ngx_http_flashsale_ffi_activity(uint64_t *after, int64_t since, char *buf,
    size_t size);

/*
 * Note what a page knows of: that somebody took a link to pass on (what 0;
 * word: how), came by one (1; word: its label), or wants to be told of the
 * next one of a sale (2; no word).  of: fs_activity_of_t; about: the slug of
 * the sale or session, unused of the shop.  0, also where no activity is kept,
 * or minus an outcome.
 */
int ngx_http_flashsale_ffi_note(const char *identity, size_t identity_len,
    int what, int of, const char *about,
    size_t about_len, const char *word, size_t word_len);

/* The host's last answer, behind what it answers, as JSON: a list that is
 * empty where there is none. */
int ngx_http_flashsale_ffi_answered(const char *session, size_t len,
    char *buf, size_t size);

#pragma GCC visibility pop


#endif /* NGX_HTTP_FLASHSALE_LUA_ROOM_H */
