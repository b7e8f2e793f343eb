
#include "api/ngx_http_flashsale_api.h"
#include "annex/ngx_http_flashsale_talk.h"
#include "http/ngx_http_flashsale_answer.h"


int
ngx_http_flashsale_asked(ngx_http_flashsale_ctx_t *ctx, fs_str_t body,
    ngx_http_flashsale_asked_t *asked, fs_fault_t *fault)
{
    return (ctx->form ? ctx->endpoint->form : ctx->endpoint->parse)(body,
                                                               asked, fault);
}


void
ngx_http_flashsale_done(ngx_http_request_t *r, const fs_result_t *result,
    fs_view_t *view)
{
    fs_fault_t                            fault;
    ngx_http_flashsale_ctx_t             *ctx;
    const ngx_http_flashsale_endpoint_t  *endpoint;

    endpoint = ngx_http_flashsale_get_ctx(r)->endpoint;

    if (fs_outcome_status(result->outcome) < NGX_HTTP_SPECIAL_RESPONSE) {
        endpoint->done(r, result, view);
        return;
    }

    if (endpoint->command == FS_COMMAND_HOLD
        && fs_outcome_status(result->outcome) == NGX_HTTP_CONFLICT)
    {
        ctx = ngx_http_flashsale_get_ctx(r);
        ngx_http_flashsale_talk_refused(ngx_http_flashsale_worker(r),
                                        ctx->buyer, &ctx->sale,
                                        result->outcome);
    }

    if (result->outcome == FS_BAD_REQUEST) {
        fs_decided_fault(endpoint->command, result, &fault);
        ngx_http_flashsale_answer_problem(r, result->outcome, &fault, result,
                                          view);
        return;
    }

    ngx_http_flashsale_answer_problem(r, result->outcome, NULL, result, view);
}
