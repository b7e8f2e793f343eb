
#include "api/ngx_http_flashsale_api.h"
#include "core/rules/newcomer.h"


#define NGX_HTTP_FLASHSALE_NEWCOMER_WAIT_MIN  1000
#define NGX_HTTP_FLASHSALE_NEWCOMER_WAIT_MAX  3600000
#define NGX_HTTP_FLASHSALE_NEWCOMER_BITS      16


struct ngx_http_flashsale_newcomer_s {
    ngx_http_complex_value_t         since;         /* when the identity was
                                                       given, epoch ms */
    ngx_http_complex_value_t         work;          /* the token shown */
    ngx_msec_t                       wait;
    ngx_uint_t                       bits;          /* 0: no work counts */
};


static ngx_int_t ngx_http_flashsale_newcomer_rest(ngx_http_request_t *r,
    ngx_http_flashsale_newcomer_t *conf, fs_str_t identity, int64_t now,
    int64_t *rest);
static ngx_int_t ngx_http_flashsale_newcomer_string(ngx_conf_t *cf,
    ngx_str_t *text, ngx_http_complex_value_t *value);


/* *rest: milliseconds, 0: may reserve */

static ngx_int_t
ngx_http_flashsale_newcomer_rest(ngx_http_request_t *r,
    ngx_http_flashsale_newcomer_t *conf, fs_str_t identity, int64_t now,
    int64_t *rest)
{
    ngx_str_t      since, work;
    fs_newcomer_t  newcomer;

    ngx_str_null(&work);

    if (ngx_http_complex_value(r, &conf->since, &since) != NGX_OK
        || (conf->bits
            && ngx_http_complex_value(r, &conf->work, &work) != NGX_OK))
    {
        return NGX_ERROR;
    }

    newcomer.since = ngx_http_flashsale_str(&since);
    newcomer.work = ngx_http_flashsale_str(&work);
    newcomer.identity = identity;
    newcomer.wait_ms = conf->wait;
    newcomer.bits = conf->bits;

    *rest = fs_newcomer_rest(&newcomer, now);

    if (*rest == -1) {

        /* rather nobody than everybody */

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "the value \"%V\" of \"flashsale_newcomer\" is no time "
                      "in milliseconds: nobody may reserve", &since);

        *rest = conf->wait;
    }

    return NGX_OK;
}


fs_outcome_t
ngx_http_flashsale_newcomer_check(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_http_flashsale_worker_t *worker,
    fs_str_t identity, fs_result_t *result)
{
    int64_t                         rest;
    fs_now_t                        now;
    ngx_http_flashsale_loc_conf_t  *lcf;

    lcf = ngx_http_flashsale_loc_conf(r);

    if (lcf->newcomer == NULL) {
        return FS_OK;
    }

    fs_store_now(worker->store, &now);

    if (ngx_http_flashsale_newcomer_rest(r, lcf->newcomer, identity, now.wall,
                                         &rest)
        != NGX_OK)
    {
        return FS_INTERNAL;
    }

    if (rest == 0) {
        return FS_OK;
    }

    ngx_memzero(result, sizeof(fs_result_t));
    result->outcome = FS_TOO_FAST;
    result->at = now.wall + rest;

    ctx->answer.retry = (ngx_uint_t) ((rest + 999) / 1000);

    return FS_TOO_FAST;
}


/*
 * For pages: how many seconds this buyer still has to wait, and what work is
 * taken instead, BITS:IDENTITY.  Not there when there is nothing to wait for.
 */

ngx_int_t
ngx_http_flashsale_newcomer_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                         *p;
    int64_t                         rest;
    fs_now_t                        now;
    fs_str_t                        identity;
    ngx_str_t                       value;
    ngx_http_flashsale_worker_t    *worker;
    ngx_http_flashsale_loc_conf_t  *lcf;

    v->not_found = 1;

    lcf = ngx_http_flashsale_loc_conf(r);
    worker = ngx_http_flashsale_worker(r);

    if (lcf->newcomer == NULL || lcf->user == NULL || worker == NULL
        || worker->store == NULL
        || (data == NGX_HTTP_FLASHSALE_NEWCOMER_WORK
            && lcf->newcomer->bits == 0))
    {
        return NGX_OK;
    }

    if (ngx_http_complex_value(r, lcf->user, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    identity = ngx_http_flashsale_str(&value);

    fs_store_now(worker->store, &now);

    if (ngx_http_flashsale_newcomer_rest(r, lcf->newcomer, identity, now.wall,
                                         &rest)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (value.len == 0 || rest == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, NGX_INT64_LEN + 1 + value.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    v->data = p;

    if (data == NGX_HTTP_FLASHSALE_NEWCOMER_WORK) {
        v->len = ngx_sprintf(p, "%ui:%V", lcf->newcomer->bits, &value) - p;

    } else {
        v->len = ngx_sprintf(p, "%L", (rest + 999) / 1000) - p;
    }

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


char *
ngx_http_flashsale_newcomer(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_flashsale_loc_conf_t *lcf = conf;

    ngx_int_t                       n;
    ngx_str_t                      *value, s;
    ngx_uint_t                      i, waits, works, sized;
    ngx_http_flashsale_newcomer_t  *newcomer;

    if (lcf->newcomer != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->newcomer = NULL;
        return NGX_CONF_OK;
    }

    newcomer = ngx_pcalloc(cf->pool, sizeof(ngx_http_flashsale_newcomer_t));
    if (newcomer == NULL
        || ngx_http_flashsale_newcomer_string(cf, &value[1],
                                              &newcomer->since)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (newcomer->since.lengths == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has the invalid value \"%V\": it is a "
                           "variable that says when the identity was given, "
                           "or \"off\" alone", &cmd->name, &value[1]);
        return NGX_CONF_ERROR;
    }

    waits = 0;
    works = 0;
    sized = 0;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "wait=", 5) == 0) {
            if (waits++) {
                goto duplicate;
            }

            s.data = value[i].data + 5;
            s.len = value[i].len - 5;

            n = ngx_parse_time(&s, 0);

            if (n == NGX_ERROR || n < NGX_HTTP_FLASHSALE_NEWCOMER_WAIT_MIN
                || n > NGX_HTTP_FLASHSALE_NEWCOMER_WAIT_MAX)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "\"%V\" has the invalid parameter \"%V\": "
                                   "it is a time from 1s to 1h",
                                   &cmd->name, &value[i]);
                return NGX_CONF_ERROR;
            }

            newcomer->wait = (ngx_msec_t) n;
            continue;
        }

        if (ngx_strncmp(value[i].data, "work=", 5) == 0) {
            if (works++) {
                goto duplicate;
            }

            s.data = value[i].data + 5;
            s.len = value[i].len - 5;

            if (s.len == 0) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "\"%V\" has the invalid parameter \"%V\": "
                                   "it is where the token is, as "
                                   "\"work=$cookie_tuanbo_work\"",
                                   &cmd->name, &value[i]);
                return NGX_CONF_ERROR;
            }

            if (ngx_http_flashsale_newcomer_string(cf, &s, &newcomer->work)
                != NGX_OK)
            {
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if (ngx_strncmp(value[i].data, "bits=", 5) == 0) {
            if (sized++) {
                goto duplicate;
            }

            n = ngx_atoi(value[i].data + 5, value[i].len - 5);

            if (n < 1 || n > FS_WORK_BITS_MAX) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "\"%V\" has the invalid parameter \"%V\": "
                                   "it is a number from 1 to %d",
                                   &cmd->name, &value[i], FS_WORK_BITS_MAX);
                return NGX_CONF_ERROR;
            }

            newcomer->bits = n;
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has the invalid parameter \"%V\": it is "
                           "\"wait=\", \"work=\" or \"bits=\"",
                           &cmd->name, &value[i]);
        return NGX_CONF_ERROR;
    }

    if (!waits || (sized && !works)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has no parameter \"%s\": %s", &cmd->name,
                           waits ? "work=" : "wait=",
                           waits ? "\"bits=\" is how much of it is asked for"
                                 : "whoever shows no work has to be able to "
                                   "wait instead");
        return NGX_CONF_ERROR;
    }

    if (works && !sized) {
        newcomer->bits = NGX_HTTP_FLASHSALE_NEWCOMER_BITS;
    }

    lcf->newcomer = newcomer;

    return NGX_CONF_OK;

duplicate:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"%V\" has the parameter \"%V\": it is duplicate, "
                       "each is there at most once", &cmd->name, &value[i]);

    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_flashsale_newcomer_string(ngx_conf_t *cf, ngx_str_t *text,
    ngx_http_complex_value_t *value)
{
    ngx_http_compile_complex_value_t  ccv;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = text;
    ccv.complex_value = value;

    return ngx_http_compile_complex_value(&ccv);
}
