
#include "http/ngx_http_flashsale_origins.h"
#include "core/text/text.h"
#include "http/ngx_http_flashsale_answer.h"
#include "http/ngx_http_flashsale_request.h"


/* of the buyers' API, besides what every script may read */
#define NGX_HTTP_FLASHSALE_EXPOSED                                           \
    "Allow, ETag, Idempotent-Replayed, Location, Retry-After, "              \
    "WWW-Authenticate"

#define NGX_HTTP_FLASHSALE_METHODS  "GET, HEAD, POST, DELETE"

/* for how long a browser need not ask again, in seconds */
#define NGX_HTTP_FLASHSALE_PREFLIGHT  "3600"


static ngx_int_t ngx_http_flashsale_preflight_handler(ngx_http_request_t *r);
static ngx_str_t *ngx_http_flashsale_asked_header(ngx_http_request_t *r,
    const char *name, size_t len);
static ngx_int_t ngx_http_flashsale_origins_header_filter(
    ngx_http_request_t *r);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;


ngx_int_t
ngx_http_flashsale_origins_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    /* a preflight says nothing of who asks: before any login refuses it */

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PREACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_flashsale_preflight_handler;

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_flashsale_origins_header_filter;

    return NGX_OK;
}


static ngx_int_t
ngx_http_flashsale_preflight_handler(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_str_t                      *asked, none;
    ngx_http_flashsale_ctx_t       *ctx;
    ngx_http_flashsale_loc_conf_t  *lcf;

    lcf = ngx_http_flashsale_loc_conf(r);

    if (lcf->origins == NULL || r->method != NGX_HTTP_OPTIONS
        || lcf->place != NGX_HTTP_FLASHSALE_API_PLACE)
    {
        return NGX_DECLINED;
    }

    ctx = ngx_http_flashsale_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!ngx_http_flashsale_origin_named(r,
            &ngx_http_flashsale_headers(r, ctx)->origin)
        || ngx_http_flashsale_asked_header(r, "access-control-request-method",
               sizeof("access-control-request-method") - 1)
           == NULL)
    {
        return NGX_DECLINED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_flashsale_header(r, "Access-Control-Allow-Methods",
                              NGX_HTTP_FLASHSALE_METHODS,
                              sizeof(NGX_HTTP_FLASHSALE_METHODS) - 1);

    rc |= ngx_http_flashsale_header(r, "Access-Control-Max-Age",
                              NGX_HTTP_FLASHSALE_PREFLIGHT,
                              sizeof(NGX_HTTP_FLASHSALE_PREFLIGHT) - 1);

    /* what the shop's own login looks at is not known here: any that is asked
     * for, as the origin is trusted */

    asked = ngx_http_flashsale_asked_header(r,
                              "access-control-request-headers",
                              sizeof("access-control-request-headers") - 1);

    if (asked) {
        rc |= ngx_http_flashsale_header(r, "Access-Control-Allow-Headers",
                                        (char *) asked->data, asked->len);
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_str_null(&none);
    ngx_http_flashsale_head(r, NGX_HTTP_NO_CONTENT, &none, -1);
    r->header_only = 1;

    ngx_http_finalize_request(r, ngx_http_send_header(r));

    return NGX_DONE;
}


/* Of the request, by its name in lower case.  NULL: it is not there. */

static ngx_str_t *
ngx_http_flashsale_asked_header(ngx_http_request_t *r, const char *name,
    size_t len)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == len
                && ngx_memcmp(h[i].lowcase_key, name, len) == 0)
            {
                return &h[i].value;
            }
        }
    }

    return NULL;
}


/*
 * Each answer of the buyers' API, whoever makes it: a refusal of nginx or of a
 * login has to be readable, too.
 */

static ngx_int_t
ngx_http_flashsale_origins_header_filter(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_str_t                      *origin;
    ngx_http_flashsale_ctx_t       *ctx;
    ngx_http_flashsale_loc_conf_t  *lcf;

    lcf = ngx_http_flashsale_loc_conf(r);

    if (lcf->origins == NULL || r != r->main
        || (lcf->place != NGX_HTTP_FLASHSALE_API_PLACE
            && lcf->place != NGX_HTTP_FLASHSALE_PROBLEM_PLACE))
    {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_flashsale_ctx(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    /* also where there is no origin: a cache keeps that answer as well */

    rc = ngx_http_flashsale_header(r, "Vary", "Origin",
                                   sizeof("Origin") - 1);

    origin = &ngx_http_flashsale_headers(r, ctx)->origin;

    if (ngx_http_flashsale_origin_named(r, origin)) {

        rc |= ngx_http_flashsale_header(r, "Access-Control-Allow-Origin",
                                        (char *) origin->data, origin->len);

        rc |= ngx_http_flashsale_header(r,
                                        "Access-Control-Allow-Credentials",
                                        "true", sizeof("true") - 1);

        rc |= ngx_http_flashsale_header(r, "Access-Control-Expose-Headers",
                                        NGX_HTTP_FLASHSALE_EXPOSED,
                                        sizeof(NGX_HTTP_FLASHSALE_EXPOSED)
                                        - 1);
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


char *
ngx_http_flashsale_origins(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_flashsale_loc_conf_t *lcf = conf;

    ngx_str_t   *value, *named;
    ngx_uint_t   i, n;

    if (lcf->origins != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->origins = NULL;
        return NGX_CONF_OK;
    }

    lcf->origins = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                    sizeof(ngx_str_t));
    if (lcf->origins == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        /* one that no browser sends would let nobody in */

        if (!fs_origin_valid(ngx_http_flashsale_str(&value[i]))) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" has the invalid value \"%V\": an "
                               "origin is as browsers send it: http:// or "
                               "https://, a host in small letters, a port "
                               "unless it is the scheme's own, and nothing "
                               "behind it; \"off\" stands alone",
                               &cmd->name, &value[i]);
            return NGX_CONF_ERROR;
        }

        for (n = 1; n < i; n++) {
            if (ngx_strcmp(value[n].data, value[i].data) == 0) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "\"%V\" has the value \"%V\": it is "
                                   "duplicate, each is there at most once",
                                   &cmd->name, &value[i]);
                return NGX_CONF_ERROR;
            }
        }

        named = ngx_array_push(lcf->origins);
        if (named == NULL) {
            return NGX_CONF_ERROR;
        }

        *named = value[i];
    }

    return NGX_CONF_OK;
}
