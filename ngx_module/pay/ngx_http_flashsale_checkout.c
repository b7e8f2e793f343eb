
#include "pay/ngx_http_flashsale_checkout.h"
#include "core/text/text.h"


struct ngx_http_flashsale_checkout_s {
    fs_hold_t                        hold;
    fs_slug_t                        sales[FS_LINES_MAX];   /* of its lines */
    ngx_str_t                        values[NGX_HTTP_FLASHSALE_CHECKOUT_N];
                                                /* data NULL: not there */
    unsigned                         made:1;
};


static ngx_int_t ngx_http_flashsale_checkout_make(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_http_flashsale_checkout_t *checkout);
static ngx_int_t ngx_http_flashsale_checkout_hold(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_http_flashsale_checkout_t *checkout);
static ngx_int_t ngx_http_flashsale_checkout_given(ngx_http_request_t *r,
    ngx_http_complex_value_t *complex, const char *name, ngx_str_t *value);
static ngx_int_t ngx_http_flashsale_checkout_sign(ngx_http_request_t *r,
    ngx_http_flashsale_checkout_t *checkout);
static int ngx_http_flashsale_checkout_sale(void *data, char kind,
    uint32_t number, fs_slug_t *slug);
static ngx_uint_t ngx_http_flashsale_checkout_fit(ngx_str_t *value);


ngx_int_t
ngx_http_flashsale_checkout_create(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx)
{
    if (ctx->checkout == NULL) {
        ctx->checkout = ngx_palloc(r->pool,
                                   sizeof(ngx_http_flashsale_checkout_t));
        if (ctx->checkout == NULL) {
            return NGX_ERROR;
        }

        ctx->checkout->made = 0;
    }

    return NGX_OK;
}


void
ngx_http_flashsale_checkout_note(ngx_http_flashsale_ctx_t *ctx,
    const fs_hold_t *hold, fs_view_t *view)
{
    ngx_uint_t                      i;
    ngx_http_flashsale_checkout_t  *checkout;

    checkout = ctx->checkout;
    checkout->hold = *hold;

    for (i = 0; i < hold->lines_n; i++) {
        if (fs_view_sale_slug(view, hold->lines[i].sale,
                              &checkout->sales[i])
            != 1)
        {
            checkout->sales[i].len = 0;
        }
    }
}


ngx_int_t
ngx_http_flashsale_checkout_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                      *value;
    ngx_http_flashsale_ctx_t       *ctx;
    ngx_http_flashsale_checkout_t  *checkout;

    ctx = ngx_http_flashsale_get_ctx(r);

    if (ctx == NULL || !ctx->paid) {
        v->not_found = 1;
        return NGX_OK;
    }

    checkout = ctx->checkout;

    if (!checkout->made) {

        if (ngx_http_flashsale_checkout_make(r, ctx, checkout) != NGX_OK) {
            return NGX_ERROR;
        }

        checkout->made = 1;
    }

    value = &checkout->values[data];

    if (value->data == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->len = value->len;
    v->data = value->data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_flashsale_checkout_make(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_http_flashsale_checkout_t *checkout)
{
    ngx_int_t                       buyer, back;
    ngx_str_t                      *values;
    ngx_http_flashsale_loc_conf_t  *lcf;

    lcf = ngx_http_flashsale_loc_conf(r);

    values = checkout->values;
    ngx_memzero(values, sizeof(checkout->values));

    if (ngx_http_flashsale_checkout_hold(r, ctx, checkout) != NGX_OK) {
        return NGX_ERROR;
    }

    buyer = ngx_http_flashsale_checkout_given(r, lcf->checkout_buyer,
                             "flashsale_checkout_buyer",
                             &values[NGX_HTTP_FLASHSALE_CHECKOUT_BUYER]);

    back = ngx_http_flashsale_checkout_given(r, lcf->checkout_return,
                             "flashsale_checkout_return",
                             &values[NGX_HTTP_FLASHSALE_CHECKOUT_RETURN]);

    if (buyer == NGX_ERROR || back == NGX_ERROR) {
        return NGX_ERROR;
    }

    /* what cannot be sent whole is not signed either: the service refuses */

    if (buyer == NGX_DECLINED || back == NGX_DECLINED || !ctx->has_hold) {
        return NGX_OK;
    }

    return ngx_http_flashsale_checkout_sign(r, checkout);
}


/* What the hold itself says; the pseudonym stands for the buyer at first. */

static ngx_int_t
ngx_http_flashsale_checkout_hold(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_http_flashsale_checkout_t *checkout)
{
    int          len;
    u_char      *p;
    ngx_str_t   *values;
    fs_names_t   names;

    values = checkout->values;

    p = ngx_pnalloc(r->pool, FS_LINES_JSON_MAX + 2 * NGX_INT64_LEN
                             + 2 * FS_BUYER_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (ctx->has_hold) {
        values[NGX_HTTP_FLASHSALE_CHECKOUT_HOLD].data = (u_char *) ctx->hold;
        values[NGX_HTTP_FLASHSALE_CHECKOUT_HOLD].len = FS_HOLD_ID_LEN;
    }

    ngx_memzero(&names, sizeof(fs_names_t));
    names.data = checkout;
    names.slug = ngx_http_flashsale_checkout_sale;

    len = fs_answer_lines((char *) p, FS_LINES_JSON_MAX, &checkout->hold,
                          &names);
    if (len == -1) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "the name of a sale of the hold is unknown");
        return NGX_ERROR;
    }

    values[NGX_HTTP_FLASHSALE_CHECKOUT_LINES].data = p;
    values[NGX_HTTP_FLASHSALE_CHECKOUT_LINES].len = len;
    p += len;

    values[NGX_HTTP_FLASHSALE_CHECKOUT_AMOUNT].data = p;
    p = ngx_sprintf(p, "%L", ctx->amount);
    values[NGX_HTTP_FLASHSALE_CHECKOUT_AMOUNT].len =
                           p - values[NGX_HTTP_FLASHSALE_CHECKOUT_AMOUNT].data;

    values[NGX_HTTP_FLASHSALE_CHECKOUT_EXPIRES].data = p;
    p = ngx_sprintf(p, "%L", checkout->hold.expires_at);
    values[NGX_HTTP_FLASHSALE_CHECKOUT_EXPIRES].len =
                          p - values[NGX_HTTP_FLASHSALE_CHECKOUT_EXPIRES].data;

    values[NGX_HTTP_FLASHSALE_CHECKOUT_BUYER].data = p;
    values[NGX_HTTP_FLASHSALE_CHECKOUT_BUYER].len = 2 * FS_BUYER_LEN;
    fs_hex(ctx->buyer, FS_BUYER_LEN, (char *) p);

    return NGX_OK;
}


/*
 * NGX_OK: in *value, or not there when it is empty; NGX_DECLINED: not there,
 * because no header may have it.
 */

static ngx_int_t
ngx_http_flashsale_checkout_given(ngx_http_request_t *r,
    ngx_http_complex_value_t *complex, const char *name, ngx_str_t *value)
{
    if (complex == NULL) {
        return NGX_OK;
    }

    if (ngx_http_complex_value(r, complex, value) != NGX_OK) {
        return NGX_ERROR;
    }

    if (value->len == 0) {
        ngx_str_null(value);
        return NGX_OK;
    }

    if (ngx_http_flashsale_checkout_fit(value)) {
        return NGX_OK;
    }

    ngx_str_null(value);

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "the value of \"%s\" has a control character, or a blank at "
                  "its beginning or end: the checkout is not signed", name);

    return NGX_DECLINED;
}


/* May it stand in a header, as it is?  It is not empty. */

static ngx_uint_t
ngx_http_flashsale_checkout_fit(ngx_str_t *value)
{
    size_t  i;

    for (i = 0; i < value->len; i++) {
        if (value->data[i] < 0x20 || value->data[i] == 0x7f) {
            return 0;
        }
    }

    return value->data[0] != ' ' && value->data[value->len - 1] != ' ';
}


static ngx_int_t
ngx_http_flashsale_checkout_sign(ngx_http_request_t *r,
    ngx_http_flashsale_checkout_t *checkout)
{
    int                              len;
    u_char                          *p, *body;
    size_t                           size;
    ngx_str_t                       *values, *signature;
    ngx_uint_t                       i;
    ngx_array_t                     *secrets;
    fs_signed_t                      parts;
    ngx_http_flashsale_main_conf_t  *mcf;

    mcf = ngx_http_flashsale_main_conf(r);
    secrets = mcf->secrets[NGX_HTTP_FLASHSALE_CHECKOUT];

    if (secrets == NULL) {
        return NGX_OK;
    }

    values = checkout->values;
    size = FS_SIGNATURE_MAX;

    for (i = 0; i < NGX_HTTP_FLASHSALE_CHECKOUT_SIGNED_N; i++) {
        size += values[i].len + 1;
    }

    signature = &values[NGX_HTTP_FLASHSALE_CHECKOUT_SIGNATURE];

    p = ngx_pnalloc(r->pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    body = p + FS_SIGNATURE_MAX;
    signature->data = p;
    p = body;

    for (i = 0; i < NGX_HTTP_FLASHSALE_CHECKOUT_SIGNED_N; i++) {
        if (values[i].len) {
            p = ngx_cpymem(p, values[i].data, values[i].len);
        }

        *p++ = '\n';
    }

    parts.t = ngx_time();
    parts.method = ngx_http_flashsale_str(&r->method_name);
    parts.target = ngx_http_flashsale_str(&r->unparsed_uri);

    /* the hold is the key, whatever key a client sends */
    parts.key.data = "";
    parts.key.len = 0;

    parts.body.data = (const char *) body;
    parts.body.len = p - body - 1;

    len = fs_signature_make(*(fs_str_t *) secrets->elts, &parts,
                            (char *) signature->data);
    if (len == -1) {
        return NGX_ERROR;
    }

    signature->len = len;

    return NGX_OK;
}


/* fs_names_t's, of the sales that were noted. */

static int
ngx_http_flashsale_checkout_sale(void *data, char kind,
    uint32_t number, fs_slug_t *slug)
{
    ngx_http_flashsale_checkout_t  *checkout = data;

    ngx_uint_t  i;

    for (i = 0; i < checkout->hold.lines_n; i++) {
        if (checkout->hold.lines[i].sale == number) {
            *slug = checkout->sales[i];
            return slug->len ? 0 : -1;
        }
    }

    return -1;
}


char *
ngx_http_flashsale_checkout_return(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    /* what begins with a variable is the variable's */

    if (value[1].len
        && value[1].data[0] != '$'
        && (value[1].data[0] != '/' || ngx_strncmp(value[1].data, "//", 2)
                                       == 0)
        && ngx_strncmp(value[1].data, "http://", 7) != 0
        && ngx_strncmp(value[1].data, "https://", 8) != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has the invalid value \"%V\": it is a "
                           "path, or an address with \"http://\" or "
                           "\"https://\"", &cmd->name, &value[1]);
        return NGX_CONF_ERROR;
    }

    return ngx_http_flashsale_checkout_buyer(cf, cmd, conf);
}


char *
ngx_http_flashsale_checkout_buyer(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    if (ngx_http_flashsale_need(cf, NGX_HTTP_FLASHSALE_CHECKOUT) == NULL) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_set_complex_value_slot(cf, cmd, conf);
}


ngx_int_t
ngx_http_flashsale_checkout_check(ngx_conf_t *cf)
{
    ngx_str_t                        name;
    ngx_uint_t                       i;
    ngx_http_variable_t             *v;
    ngx_http_core_main_conf_t       *cmcf;
    ngx_http_flashsale_main_conf_t  *mcf;

    mcf = ngx_http_flashsale_conf_main_conf(cf);

    if (mcf->secrets[NGX_HTTP_FLASHSALE_CHECKOUT]) {
        return NGX_OK;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    ngx_str_set(&name, "flashsale_checkout_signature");

    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {

        if (v[i].name.len == name.len
            && ngx_strncmp(v[i].name.data, name.data, name.len) == 0)
        {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "the variable \"%V\" requires "
                          "\"flashsale_secret checkout\"", &name);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
