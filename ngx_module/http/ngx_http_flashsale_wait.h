
/*
 * Requests that wait for a commit.
 *
 * A wait is not the request's: it stays until the result has come, also when
 * the client has gone.  A command carries its token, an index and a
 * generation; a result with a token that nobody knows (of a worker that died
 * and whose ring this one took over) is dropped.
 */

#ifndef NGX_HTTP_FLASHSALE_WAIT_H
#define NGX_HTTP_FLASHSALE_WAIT_H

#include "http/ngx_http_flashsale_ctx.h"

#pragma GCC visibility push(hidden)


extern const ngx_http_flashsale_part_t  ngx_http_flashsale_waits_part;


/* A result for a caller that is no request; wait_us: how long it took. */
typedef void (*ngx_http_flashsale_call_pt)(void *data,
    const fs_result_t *result, int64_t wait_us);


/*
 * Push a command and wait for its result: done(), then finish(), are called
 * later.  FS_OK: on its way; otherwise it was refused at once.
 */
fs_outcome_t ngx_http_flashsale_wait_command(ngx_http_request_t *r,
    const fs_command_t *command, ngx_http_flashsale_done_pt done,
    void (*finish)(ngx_http_request_t *r));

/* The same for an operator's command.  Takes the job over. */
fs_outcome_t ngx_http_flashsale_wait_job(ngx_http_request_t *r,
    ngx_http_flashsale_job_t *job, ngx_http_flashsale_done_pt done,
    void (*finish)(ngx_http_request_t *r));

/*
 * A command that no request waits for: call() gets its result, with a view
 * possibly open.  OK: it is called once, whatever happens, but for the end of
 * the process.
 */
fs_outcome_t ngx_http_flashsale_wait_call(ngx_http_flashsale_worker_t *worker,
    const fs_command_t *command, ngx_http_flashsale_call_pt call, void *data);

/* For finish: send ctx->answer and finalize. */
void ngx_http_flashsale_wait_finish(ngx_http_request_t *r);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_WAIT_H */
