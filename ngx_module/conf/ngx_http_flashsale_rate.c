
/* Rates, as several directives have them: 3/30d. */

#include "conf/ngx_http_flashsale_rate.h"


ngx_int_t
ngx_http_flashsale_rate(ngx_str_t *value,
    const ngx_http_flashsale_rate_bounds_t *bounds, ngx_int_t *n,
    ngx_msec_t *period)
{
    u_char     *slash;
    ngx_int_t   times, msec;
    ngx_str_t   time;

    slash = ngx_strlchr(value->data, value->data + value->len, '/');
    if (slash == NULL) {
        return NGX_ERROR;
    }

    time.data = slash + 1;
    time.len = value->data + value->len - time.data;

    times = ngx_atoi(value->data, slash - value->data);
    msec = ngx_parse_time(&time, 0);

    if (times < 1 || times > bounds->max || msec < bounds->period_min
        || msec > bounds->period_max)
    {
        return NGX_ERROR;
    }

    *n = times;
    *period = (ngx_msec_t) msec;

    return NGX_OK;
}
