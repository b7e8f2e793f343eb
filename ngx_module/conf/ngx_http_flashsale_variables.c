
/*
 * Variables, for logs, for headers to an upstream, and for
 * flashsale_redirect.
 */

#include "ngx_http_flashsale.h"


typedef enum {
    NGX_HTTP_FLASHSALE_VAR_CODE = 0,
    NGX_HTTP_FLASHSALE_VAR_HOLD,
    NGX_HTTP_FLASHSALE_VAR_SALE,
    NGX_HTTP_FLASHSALE_VAR_AMOUNT,
    NGX_HTTP_FLASHSALE_VAR_WAIT
} ngx_http_flashsale_variable_e;


static ngx_int_t ngx_http_flashsale_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


static ngx_http_variable_t  ngx_http_flashsale_vars[] = {

    { ngx_string("flashsale_code"), NULL, ngx_http_flashsale_variable,
      NGX_HTTP_FLASHSALE_VAR_CODE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("flashsale_hold"), NULL, ngx_http_flashsale_variable,
      NGX_HTTP_FLASHSALE_VAR_HOLD, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("flashsale_sale"), NULL, ngx_http_flashsale_variable,
      NGX_HTTP_FLASHSALE_VAR_SALE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("flashsale_amount"), NULL, ngx_http_flashsale_variable,
      NGX_HTTP_FLASHSALE_VAR_AMOUNT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("flashsale_wait"), NULL, ngx_http_flashsale_variable,
      NGX_HTTP_FLASHSALE_VAR_WAIT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("flashsale_newcomer_wait"), NULL,
      ngx_http_flashsale_newcomer_variable,
      NGX_HTTP_FLASHSALE_NEWCOMER_WAIT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("flashsale_newcomer_work"), NULL,
      ngx_http_flashsale_newcomer_variable,
      NGX_HTTP_FLASHSALE_NEWCOMER_WORK, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("flashsale_lines"), NULL,
      ngx_http_flashsale_checkout_variable,
      NGX_HTTP_FLASHSALE_CHECKOUT_LINES, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("flashsale_expires"), NULL,
      ngx_http_flashsale_checkout_variable,
      NGX_HTTP_FLASHSALE_CHECKOUT_EXPIRES, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("flashsale_checkout_buyer"), NULL,
      ngx_http_flashsale_checkout_variable,
      NGX_HTTP_FLASHSALE_CHECKOUT_BUYER, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("flashsale_checkout_return"), NULL,
      ngx_http_flashsale_checkout_variable,
      NGX_HTTP_FLASHSALE_CHECKOUT_RETURN, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("flashsale_checkout_signature"), NULL,
      ngx_http_flashsale_checkout_variable,
      NGX_HTTP_FLASHSALE_CHECKOUT_SIGNATURE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_flashsale_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_flashsale_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_flashsale_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                    *p;
    const char                *text;
    ngx_uint_t                 known;
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_flashsale_module);

    known = 0;

    if (ctx) {
        switch (data) {

        case NGX_HTTP_FLASHSALE_VAR_CODE:
            known = ctx->counted;
            break;

        case NGX_HTTP_FLASHSALE_VAR_HOLD:
            known = ctx->has_hold;
            break;

        case NGX_HTTP_FLASHSALE_VAR_SALE:
            known = (ctx->sale.len != 0);
            break;

        case NGX_HTTP_FLASHSALE_VAR_AMOUNT:
            known = ctx->has_amount;
            break;

        case NGX_HTTP_FLASHSALE_VAR_WAIT:
            known = ctx->waited;
            break;
        }
    }

    if (!known) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    switch (data) {

    case NGX_HTTP_FLASHSALE_VAR_CODE:
        text = fs_outcome_code(ctx->outcome);
        v->data = (u_char *) text;
        v->len = ngx_strlen(text);
        return NGX_OK;

    case NGX_HTTP_FLASHSALE_VAR_HOLD:
        v->data = (u_char *) ctx->hold;
        v->len = FS_HOLD_ID_LEN;
        return NGX_OK;

    case NGX_HTTP_FLASHSALE_VAR_SALE:
        v->data = (u_char *) ctx->sale.data;
        v->len = ctx->sale.len;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, NGX_INT64_LEN + 8);
    if (p == NULL) {
        return NGX_ERROR;
    }

    v->data = p;

    if (data == NGX_HTTP_FLASHSALE_VAR_AMOUNT) {
        v->len = ngx_sprintf(p, "%L", ctx->amount) - p;

    } else {
        v->len = ngx_sprintf(p, "%L.%06L", ctx->wait_us / 1000000,
                             ctx->wait_us % 1000000)
                 - p;
    }

    return NGX_OK;
}
