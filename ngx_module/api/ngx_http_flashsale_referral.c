
#include "api/ngx_http_flashsale_api.h"
#include "annex/ngx_http_flashsale_people.h"
#include "core/read/view_invited.h"


struct ngx_http_flashsale_referral_s {
    ngx_uint_t                       digits;
    ngx_http_complex_value_t        *condition;     /* NULL: none */
};


static ngx_uint_t ngx_http_flashsale_referral_digits(
    ngx_http_flashsale_worker_t *worker, fs_view_t *view,
    const fs_command_t *command);


void
ngx_http_flashsale_referral_check(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker, fs_view_t *view,
    fs_command_t *command)
{
    ngx_str_t                       value;
    ngx_http_flashsale_referral_t  *conf;

    conf = ngx_http_flashsale_loc_conf(r)->referral;

    if (conf == NULL || fs_all_zero(command->from, FS_BUYER_LEN)) {
        return;
    }

    if (conf->condition != NULL) {

        if (ngx_http_complex_value(r, conf->condition, &value) != NGX_OK
            || value.len == 0 || (value.len == 1 && value.data[0] == '0'))
        {
            return;
        }
    }

    command->counts = !conf->digits
                      || ngx_http_flashsale_referral_digits(worker, view,
                                                            command);
}


/* They have given four digits, which are neither those of who invites them nor
 * of anybody else who came by that code. */

static ngx_uint_t
ngx_http_flashsale_referral_digits(ngx_http_flashsale_worker_t *worker,
    fs_view_t *view, const fs_command_t *command)
{
    uint8_t       who[FS_BUYER_LEN];
    fs_seq_t      seq;
    fs_contact_t  own, other;
    fs_outcome_t  outcome;

    if (ngx_http_flashsale_people_read(worker, command->buyer, &own)
        != FS_OK)
    {
        return 0;
    }

    ngx_memcpy(who, command->from, FS_BUYER_LEN);
    seq = 0;

    do {
        outcome = ngx_http_flashsale_people_read(worker, who, &other);

        if (outcome == FS_OK
            ? ngx_memcmp(own.digits, other.digits, FS_DIGITS_LEN) == 0
            : outcome != FS_NOT_FOUND)
        {
            return 0;
        }

    } while (fs_view_next_invited(view, command->from, &seq, who));

    return fs_view_outcome(view) == FS_OK;
}


char *
ngx_http_flashsale_referral(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_flashsale_loc_conf_t *lcf = conf;

    ngx_str_t                         *value, s;
    ngx_http_flashsale_referral_t     *referral;
    ngx_http_compile_complex_value_t   ccv;

    if (lcf->referral != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        lcf->referral = NULL;
        return NGX_CONF_OK;
    }

    referral = ngx_pcalloc(cf->pool, sizeof(ngx_http_flashsale_referral_t));
    if (referral == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_strcmp(value[1].data, "digits") == 0) {
        referral->digits = 1;

    } else if (ngx_strcmp(value[1].data, "on") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" has the invalid value \"%V\": it is "
                           "\"on\", \"digits\", or \"off\" alone", &cmd->name,
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 3) {

        if (ngx_strncmp(value[2].data, "if=", 3) != 0
            || value[2].len == 3)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" has the invalid parameter \"%V\": it "
                               "is \"if=\" and a string with variables",
                               &cmd->name, &value[2]);
            return NGX_CONF_ERROR;
        }

        s.data = value[2].data + 3;
        s.len = value[2].len - 3;

        referral->condition = ngx_palloc(cf->pool,
                                         sizeof(ngx_http_complex_value_t));
        if (referral->condition == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

        ccv.cf = cf;
        ccv.value = &s;
        ccv.complex_value = referral->condition;

        if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    lcf->referral = referral;

    return NGX_CONF_OK;
}
