
#include "lua/ngx_http_flashsale_lua_room.h"
#include "annex/ngx_http_flashsale_talk.h"
#include "core/talk/talk.h"
#include "live/ngx_http_flashsale_viewers.h"


#define NGX_HTTP_FLASHSALE_COMMENTS    20
#define NGX_HTTP_FLASHSALE_ACTIVITIES  256


static fs_annex_t *ngx_http_flashsale_lua_talk(const char *session, size_t len,
    fs_slug_t *slug);
static int ngx_http_flashsale_lua_said(const fs_comment_t *comments, int n,
    char *buf, size_t size);


int
ngx_http_flashsale_ffi_viewers(const char *session, size_t len)
{
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();

    if (worker == NULL || worker->events == NULL) {
        return -FS_NOT_READY;
    }

    return (int) ngx_http_flashsale_rooms_viewers(
                            ngx_http_flashsale_viewers_rooms(worker->events),
                            ngx_http_flashsale_lua_str(session, len));
}


/* Where the session's rows are, or NULL. */

static fs_annex_t *
ngx_http_flashsale_lua_talk(const char *session, size_t len, fs_slug_t *slug)
{
    fs_str_t                      name;
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();
    name = ngx_http_flashsale_lua_str(session, len);

    if (worker == NULL || !fs_slug_valid(name)) {
        return NULL;
    }

    fs_slug_set(slug, name);

    return ngx_http_flashsale_talk_rows(worker);
}


/* So many comments as JSON; n -1: they could not be read. */

static int
ngx_http_flashsale_lua_said(const fs_comment_t *comments, int n, char *buf,
    size_t size)
{
    if (n >= 0) {
        n = fs_answer_comments(buf, size, comments, (unsigned) n);
    }

    return n < 0 ? -FS_NOT_READY : n;
}


int
ngx_http_flashsale_ffi_answered(const char *session, size_t len, char *buf,
    size_t size)
{
    int            n;
    fs_slug_t      slug;
    fs_annex_t    *annex;
    fs_comment_t   comments[2];

    annex = ngx_http_flashsale_lua_talk(session, len, &slug);
    n = annex ? fs_talk_answered(annex, &slug, comments) : -1;

    return ngx_http_flashsale_lua_said(comments, n, buf, size);
}


int
ngx_http_flashsale_ffi_comments(const char *session, size_t len, char *buf,
    size_t size)
{
    int            n;
    fs_slug_t      slug;
    fs_annex_t    *annex;
    fs_comment_t   comments[NGX_HTTP_FLASHSALE_COMMENTS];

    annex = ngx_http_flashsale_lua_talk(session, len, &slug);

    n = annex ? fs_talk_newest(annex, &slug, comments,
                               NGX_HTTP_FLASHSALE_COMMENTS)
              : -1;

    return ngx_http_flashsale_lua_said(comments, n, buf, size);
}


int
ngx_http_flashsale_ffi_said(const char *session, size_t len, uint64_t *after,
    char *buf, size_t size)
{
    int            n, more;
    fs_slug_t      slug;
    fs_annex_t    *annex;
    fs_comment_t   comments[NGX_HTTP_FLASHSALE_COMMENTS];

    annex = ngx_http_flashsale_lua_talk(session, len, &slug);

    if (annex == NULL) {
        return -FS_NOT_READY;
    }

    n = fs_talk_after(annex, &slug, *after, 0, comments,
                      NGX_HTTP_FLASHSALE_COMMENTS, after, &more);

    /* a page may be of what was taken back alone */

    if (n == 0 && !more) {
        return 0;
    }

    return ngx_http_flashsale_lua_said(comments, n, buf, size);
}


int
ngx_http_flashsale_ffi_activity(uint64_t *after, int64_t since, char *buf,
    size_t size)
{
    int                           i, len, more, n, written;
    fs_annex_t                   *annex;
    fs_activity_t                 activities[NGX_HTTP_FLASHSALE_ACTIVITIES];
    ngx_http_flashsale_worker_t  *worker;

    worker = ngx_http_flashsale_lua_worker();
    annex = worker ? ngx_http_flashsale_talk_rows(worker) : NULL;

    if (annex == NULL
        || (*after == 0 && fs_talk_activity_since(annex, since, after) != 0))
    {
        return -FS_NOT_READY;
    }

    n = fs_talk_activity(annex, *after, activities,
                         NGX_HTTP_FLASHSALE_ACTIVITIES, &more);
    if (n < 0) {
        return -FS_NOT_READY;
    }

    written = 0;

    for (i = 0; i < n; i++) {
        len = fs_answer_activity(buf + written, size - written,
                                 &activities[i]);

        /* what does not fit is of the next page */

        if (len < 0 || (size_t) (written + len) >= size) {
            break;
        }

        written += len;
        buf[written++] = LF;
        *after = activities[i].id;
    }

    return written;
}


int
ngx_http_flashsale_ffi_note(const char *identity, size_t identity_len,
    int what, int of, const char *about, size_t about_len, const char *word,
    size_t word_len)
{
    uint8_t                       buyer[FS_BUYER_LEN];
    fs_str_t                      code, name;
    fs_slug_t                     slug;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_worker_t  *worker;

    static const fs_activity_kind_t  kinds[] = {
        FS_ACTIVITY_SHARE, FS_ACTIVITY_CAME, FS_ACTIVITY_WISH
    };

    worker = ngx_http_flashsale_lua_worker();

    outcome = ngx_http_flashsale_lua_buyer(worker,
                      ngx_http_flashsale_lua_str(identity, identity_len),
                      buyer);
    if (outcome != FS_OK) {
        return -outcome;
    }

    name = ngx_http_flashsale_lua_str(about, about_len);
    code = ngx_http_flashsale_lua_str(word, word_len);

    if (!fs_activity_code_valid(code)
        || what < 0 || what >= (int) (sizeof(kinds) / sizeof(kinds[0]))
        || of < 0 || of > FS_ACTIVITY_OF_SHOP
        || (of != FS_ACTIVITY_OF_SHOP && !fs_slug_valid(name)))
    {
        return -FS_BAD_REQUEST;
    }

    if (of != FS_ACTIVITY_OF_SHOP) {
        fs_slug_set(&slug, name);
    }

    ngx_http_flashsale_talk_note(worker, kinds[what], buyer,
                                 (fs_activity_of_t) of,
                                 of == FS_ACTIVITY_OF_SHOP ? NULL : &slug, 0,
                                 &code);

    return 0;
}
