
#include "conf/ngx_http_flashsale_slot.h"


char *
ngx_http_flashsale_number_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_int_t                           n, *slot;
    ngx_str_t                          *value;
    const ngx_http_flashsale_bounds_t  *bounds;

    slot = (ngx_int_t *) (p + cmd->offset);
    bounds = cmd->post;

    if (*slot != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;
    n = ngx_atoi(value[1].data, value[1].len);

    if (n < bounds->min || n > bounds->max) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has the invalid value \"%V\": it is a "
                           "number %sfrom %i to %i", &cmd->name, &value[1],
                           bounds->of, bounds->min, bounds->max);
        return NGX_CONF_ERROR;
    }

    *slot = n;

    return NGX_CONF_OK;
}


char *
ngx_http_flashsale_time(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_int_t                           time;
    ngx_str_t                          *value;
    ngx_msec_t                         *slot;
    const ngx_http_flashsale_bounds_t  *bounds;

    slot = (ngx_msec_t *) (p + cmd->offset);
    bounds = cmd->post;

    if (*slot != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;
    time = ngx_parse_time(&value[1], 0);

    if (time == NGX_ERROR || time < bounds->min || time > bounds->max) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has the invalid value \"%V\": it is a "
                           "time %s", &cmd->name, &value[1], bounds->of);
        return NGX_CONF_ERROR;
    }

    *slot = (ngx_msec_t) time;

    return NGX_CONF_OK;
}


char *
ngx_http_flashsale_time_or_off(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_str_t   *value;
    ngx_msec_t  *slot;

    slot = (ngx_msec_t *) (p + cmd->offset);
    value = cf->args->elts;

    if (*slot == NGX_CONF_UNSET_MSEC
        && ngx_strcmp(value[1].data, "off") == 0)
    {
        *slot = 0;
        return NGX_CONF_OK;
    }

    return ngx_http_flashsale_time(cf, cmd, conf);
}
