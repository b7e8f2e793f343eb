
#include "module/ngx_http_flashsale_variables.h"
#include "api/ngx_http_flashsale_api.h"
#include "pay/ngx_http_flashsale_checkout.h"


typedef enum {
    NGX_HTTP_FLASHSALE_VAR_CODE = 0,
    NGX_HTTP_FLASHSALE_VAR_HOLD,
    NGX_HTTP_FLASHSALE_VAR_SALE,
    NGX_HTTP_FLASHSALE_VAR_AMOUNT,
    NGX_HTTP_FLASHSALE_VAR_BUYER,
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

    { ngx_string("flashsale_buyer"), NULL, ngx_http_flashsale_variable,
      NGX_HTTP_FLASHSALE_VAR_BUYER, NGX_HTTP_VAR_NOCACHEABLE, 0 },

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
    ngx_http_flashsale_ctx_t  *ctx;

    ctx = ngx_http_flashsale_get_ctx(r);

    v->data = NULL;

    if (ctx) {
        switch (data) {

        case NGX_HTTP_FLASHSALE_VAR_CODE:
            if (ctx->counted) {
                v->data = (u_char *) fs_outcome_code(ctx->outcome);
                v->len = ngx_strlen(v->data);
            }
            break;

        case NGX_HTTP_FLASHSALE_VAR_HOLD:
            if (ctx->has_hold) {
                v->data = (u_char *) ctx->hold;
                v->len = FS_HOLD_ID_LEN;
            }
            break;

        case NGX_HTTP_FLASHSALE_VAR_SALE:
            if (ctx->sale.len) {
                v->data = (u_char *) ctx->sale.data;
                v->len = ctx->sale.len;
            }
            break;

        case NGX_HTTP_FLASHSALE_VAR_AMOUNT:
            if (ctx->has_amount) {
                p = ngx_pnalloc(r->pool, NGX_INT64_LEN);
                if (p == NULL) {
                    return NGX_ERROR;
                }

                v->data = p;
                v->len = ngx_sprintf(p, "%L", ctx->amount) - p;
            }
            break;

        case NGX_HTTP_FLASHSALE_VAR_BUYER:
            if (ctx->identity.len) {
                p = ngx_pnalloc(r->pool, 2 * FS_BUYER_LEN);
                if (p == NULL) {
                    return NGX_ERROR;
                }

                fs_hex(ctx->buyer, FS_BUYER_LEN, (char *) p);

                v->data = p;
                v->len = 2 * FS_BUYER_LEN;
            }
            break;

        case NGX_HTTP_FLASHSALE_VAR_WAIT:
            if (ctx->waited) {
                p = ngx_pnalloc(r->pool, NGX_INT64_LEN + 8);
                if (p == NULL) {
                    return NGX_ERROR;
                }

                v->data = p;
                v->len = ngx_sprintf(p, "%L.%06L", ctx->wait_us / 1000000,
                                     ctx->wait_us % 1000000)
                         - p;
            }
            break;
        }
    }

    v->valid = (v->data != NULL);
    v->not_found = (v->data == NULL);
    v->no_cacheable = 0;

    return NGX_OK;
}
