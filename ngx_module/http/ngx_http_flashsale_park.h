
/*
 * Requests that came before the store was open: they are parked for a moment.
 */

#ifndef NGX_HTTP_FLASHSALE_PARK_H
#define NGX_HTTP_FLASHSALE_PARK_H

#include "http/ngx_http_flashsale_ctx.h"

#pragma GCC visibility push(hidden)


extern const ngx_http_flashsale_part_t  ngx_http_flashsale_parked_part;


typedef enum {
    NGX_HTTP_FLASHSALE_NOTHING = 0,
    NGX_HTTP_FLASHSALE_READ,        /* the store must be open */
    NGX_HTTP_FLASHSALE_ANNEXES,     /* and it be known what they are */
    NGX_HTTP_FLASHSALE_COMMAND      /* and commands be taken */
} ngx_http_flashsale_need_t;

/*
 * At a content handler's beginning.  The worker, when what is needed is
 * there.  Else NULL, and *rc is what the handler returns: the request was
 * parked (its location's handler is called again later), or it was answered
 * with 503.
 */
ngx_http_flashsale_worker_t *ngx_http_flashsale_gate(ngx_http_request_t *r,
    ngx_http_flashsale_need_t need, ngx_int_t *rc);

/*
 * The same for a phase handler: *rc is NGX_AGAIN when it was parked (phases
 * run again later), or the outcome has to be answered: NGX_ERROR, *outcome.
 */
ngx_http_flashsale_worker_t *ngx_http_flashsale_gate_phase(
    ngx_http_request_t *r, fs_outcome_t *outcome, ngx_int_t *rc);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_PARK_H */
