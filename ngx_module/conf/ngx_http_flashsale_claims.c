
/*
 * flashsale_claims: which claims are accepted by themselves, and from which
 * share on a sale's goods are a bad lot.
 */

#include "conf/ngx_http_flashsale_rate.h"


#define ngx_http_flashsale_named(name, literal)                              \
    ((name)->len == sizeof(literal) - 1                                      \
     && ngx_strncmp((name)->data, literal, sizeof(literal) - 1) == 0)


static const ngx_http_flashsale_rate_bounds_t
    ngx_http_flashsale_per_buyer = {
    1000, 1000, 366 * 86400 * (ngx_int_t) 1000
};


static const char *ngx_http_flashsale_claims_part(
    ngx_http_flashsale_claims_t *claims, ngx_str_t *name, ngx_str_t *value);


char *
ngx_http_flashsale_claims(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_flashsale_main_conf_t *mcf = conf;

    u_char      *equals;
    ngx_str_t   *arg, name, value;
    ngx_uint_t   i;
    const char  *rule;

    if (mcf->claims.lot != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    mcf->claims.lot = 0;
    arg = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        equals = (u_char *) ngx_strchr(arg[i].data, '=');

        name.data = arg[i].data;
        name.len = equals ? (size_t) (equals - arg[i].data) : arg[i].len;
        value.data = arg[i].data + name.len + (equals != NULL);
        value.len = arg[i].data + arg[i].len - value.data;

        rule = ngx_http_flashsale_claims_part(&mcf->claims, &name, &value);

        if (rule) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" has the invalid parameter \"%V\": %s",
                               &cmd->name, &arg[i], rule);
            return NGX_CONF_ERROR;
        }
    }

    if ((mcf->claims.auto_fen == 0) != (mcf->claims.per_buyer == 0)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has no \"%s\": a claim is accepted by "
                           "itself within \"auto_fen=\" and \"per_buyer=\", "
                           "so both are there or none", &cmd->name,
                           mcf->claims.auto_fen ? "per_buyer=" : "auto_fen=");
        return NGX_CONF_ERROR;
    }

    if (mcf->claims.lot == 0) {
        mcf->claims.lot = NGX_CONF_UNSET;
    }

    return NGX_CONF_OK;
}


/* NULL, or its rule. */

static const char *
ngx_http_flashsale_claims_part(ngx_http_flashsale_claims_t *claims,
    ngx_str_t *name, ngx_str_t *value)
{
    ngx_int_t   n;
    const char  *twice = "it is duplicate, each is there at most once";

    if (ngx_http_flashsale_named(name, "auto_fen")) {

        if (claims->auto_fen) {
            return twice;
        }

        n = ngx_atoi(value->data, value->len);

        if (n < 1 || n > FS_PRICE_MAX) {
            return "auto_fen is a number from 1 to 10000000000";
        }

        claims->auto_fen = n;
        return NULL;
    }

    if (ngx_http_flashsale_named(name, "per_buyer")) {

        if (claims->per_buyer) {
            return twice;
        }

        if (ngx_http_flashsale_rate(value, &ngx_http_flashsale_per_buyer,
                                    &claims->per_buyer, &claims->period)
            != NGX_OK)
        {
            return "per_buyer is a number from 1 to 1000, \"/\", and a time "
                   "from 1s to 366d, as in 3/30d";
        }

        return NULL;
    }

    if (ngx_http_flashsale_named(name, "lot")) {

        if (claims->lot) {
            return twice;
        }

        n = value->len && value->data[value->len - 1] == '%'
            ? ngx_atoi(value->data, value->len - 1) : NGX_ERROR;

        if (n < 1 || n > 100) {
            return "lot is from 1% to 100%";
        }

        claims->lot = n;
        return NULL;
    }

    return "it is \"auto_fen=\", \"per_buyer=\" or \"lot=\"";
}
