
/* flashsale_comments: how fast may be talked. */

#include "conf/ngx_http_flashsale_rate.h"


static const ngx_http_flashsale_rate_bounds_t
    ngx_http_flashsale_comments_bounds = {
    100, 1000, 86400 * (ngx_int_t) 1000
};


char *
ngx_http_flashsale_comments(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_flashsale_main_conf_t *mcf = conf;

    ngx_int_t                       *n;
    ngx_str_t                       *arg, value;
    ngx_uint_t                       i, skip;
    ngx_msec_t                      *period;
    ngx_http_flashsale_comments_t   *comments;

    comments = &mcf->comments;

    if (comments->set) {
        return "is duplicate";
    }

    comments->set = 1;
    arg = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(arg[1].data, "off") == 0) {
        comments->buyer = 0;
        comments->session = 0;
        return NGX_CONF_OK;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(arg[i].data, "buyer=", 6) == 0) {
            n = &comments->buyer;
            period = &comments->buyer_period;
            skip = 6;

        } else if (ngx_strncmp(arg[i].data, "session=", 8) == 0) {
            n = &comments->session;
            period = &comments->session_period;
            skip = 8;

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" has the invalid parameter \"%V\": it "
                               "is \"buyer=\" or \"session=\", or \"off\" "
                               "alone", &cmd->name, &arg[i]);
            return NGX_CONF_ERROR;
        }

        if (*n != NGX_CONF_UNSET) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" has the parameter \"%V\": it is "
                               "duplicate, each is there at most once",
                               &cmd->name, &arg[i]);
            return NGX_CONF_ERROR;
        }

        value.data = arg[i].data + skip;
        value.len = arg[i].len - skip;

        if (ngx_http_flashsale_rate(&value,
                                    &ngx_http_flashsale_comments_bounds, n,
                                    period)
            != NGX_OK)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" has the invalid parameter \"%V\": it "
                               "is a number from 1 to 100, \"/\", and a time "
                               "from 1s to 1d, as in 6/1m", &cmd->name,
                               &arg[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}
