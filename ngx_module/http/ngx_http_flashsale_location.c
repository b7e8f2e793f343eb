
#include "http/ngx_http_flashsale_location.h"


static ngx_int_t ngx_http_flashsale_escape(ngx_http_request_t *r,
    ngx_str_t *location);


#define ngx_http_flashsale_no_address(c)                                     \
    ((c) <= ' ' || (c) >= 0x7f || (c) == '"' || (c) == '<' || (c) == '>'     \
     || (c) == '\\')


ngx_int_t
ngx_http_flashsale_redirect(ngx_http_request_t *r, ngx_str_t *location)
{
    ngx_http_flashsale_loc_conf_t  *lcf;

    lcf = ngx_http_flashsale_loc_conf(r);

    if (lcf->redirect == NULL
        || ngx_http_complex_value(r, lcf->redirect, location) != NGX_OK
        || location->len == 0)
    {
        return NGX_DECLINED;
    }

    return ngx_http_flashsale_escape(r, location);
}


/*
 * What no address has in it, be it the end of a line from a variable like
 * $uri, is written as %XX.  What is so already stays.
 */

static ngx_int_t
ngx_http_flashsale_escape(ngx_http_request_t *r, ngx_str_t *location)
{
    u_char       *p;
    size_t        i, n;

    static const u_char  hex[] = "0123456789ABCDEF";

    n = 0;

    for (i = 0; i < location->len; i++) {
        n += ngx_http_flashsale_no_address(location->data[i]);
    }

    if (n == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, location->len + 2 * n);
    if (p == NULL) {
        return NGX_ERROR;
    }

    n = location->len;

    for (i = 0; i < n; i++) {

        if (ngx_http_flashsale_no_address(location->data[i])) {
            *p++ = '%';
            *p++ = hex[location->data[i] >> 4];
            *p++ = hex[location->data[i] & 0xf];
            location->len += 2;

        } else {
            *p++ = location->data[i];
        }
    }

    location->data = p - location->len;

    return NGX_OK;
}


ngx_int_t
ngx_http_flashsale_hold_location(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_str_t *location)
{
    return ngx_http_flashsale_location(r, "holds/", (const char *) ctx->hold,
                                       FS_HOLD_ID_LEN, location);
}


ngx_int_t
ngx_http_flashsale_location(ngx_http_request_t *r, const char *path,
    const char *id, size_t id_len, ngx_str_t *location)
{
    u_char                         *p;
    size_t                          len;
    ngx_http_flashsale_loc_conf_t  *lcf;

    lcf = ngx_http_flashsale_loc_conf(r);
    len = ngx_strlen(path);

    p = ngx_pnalloc(r->pool, lcf->prefix.len + 1 + len + id_len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    location->data = p;

    p = ngx_cpymem(p, lcf->prefix.data, lcf->prefix.len);

    if (p == location->data || p[-1] != '/') {
        *p++ = '/';
    }

    p = ngx_cpymem(p, path, len);
    p = ngx_cpymem(p, id, id_len);

    location->len = p - location->data;

    return ngx_http_flashsale_escape(r, location);
}


void
ngx_http_flashsale_add_word(ngx_http_request_t *r, ngx_str_t *location,
    const char *name, const char *word)
{
    u_char  *p, *data, *end, *last;
    size_t   name_len, len;

    name_len = ngx_strlen(name);
    len = ngx_strlen(word);

    data = ngx_pnalloc(r->pool, location->len + name_len + len + 2);
    if (data == NULL) {
        return;
    }

    last = location->data + location->len;

    end = ngx_strlchr(location->data, last, '#');
    if (end == NULL) {
        end = last;
    }

    p = ngx_cpymem(data, location->data, end - location->data);
    *p++ = ngx_strlchr(location->data, end, '?') ? '&' : '?';
    p = ngx_cpymem(p, name, name_len);
    *p++ = '=';
    p = ngx_cpymem(p, word, len);
    p = ngx_cpymem(p, end, last - end);

    location->data = data;
    location->len = p - data;
}
