
#include "conf/ngx_http_flashsale_conf.h"


ngx_module_t  *ngx_http_flashsale_self;


ngx_http_flashsale_main_conf_t *
ngx_http_flashsale_cycle_conf(ngx_cycle_t *cycle)
{
    if (cycle == NULL || cycle->conf_ctx == NULL
        || ngx_http_flashsale_self == NULL)
    {
        return NULL;
    }

    return ngx_http_cycle_get_module_main_conf(cycle,
                                               (*ngx_http_flashsale_self));
}


ngx_http_flashsale_need_conf_t *
ngx_http_flashsale_need(ngx_conf_t *cf, ngx_int_t role)
{
    ngx_str_t                        *value;
    ngx_http_flashsale_need_conf_t   *need, **slot;

    need = ngx_palloc(cf->pool, sizeof(ngx_http_flashsale_need_conf_t));
    if (need == NULL) {
        return NULL;
    }

    slot = ngx_array_push(ngx_http_flashsale_conf_main_conf(cf)->needs);
    if (slot == NULL) {
        return NULL;
    }

    *slot = need;

    value = cf->args->elts;

    need->name = value[0];
    need->role = role;
    need->file = cf->conf_file->file.name.data;
    need->line = cf->conf_file->line;

    return need;
}
