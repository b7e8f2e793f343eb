
/*
 * A request that waits for what it has changed in an annex.
 */

#ifndef NGX_HTTP_FLASHSALE_AWAIT_H
#define NGX_HTTP_FLASHSALE_AWAIT_H

#include "annex/ngx_http_flashsale_annex.h"

#pragma GCC visibility push(hidden)


typedef struct ngx_http_flashsale_await_s  ngx_http_flashsale_await_t;

struct ngx_http_flashsale_await_s {
    ngx_http_request_t            *request;
    ngx_http_flashsale_writing_t   writing;     /* for pushes */
    ngx_event_t                    timer;
    ngx_uint_t                     promises;    /* 1: when it takes long it is
                                                   ACCEPTED, else UNKNOWN */
    void                         (*answer)(ngx_http_request_t *r,
                                   ngx_http_flashsale_await_t *await,
                                   fs_outcome_t outcome);
                                                /* builds it */
    fs_contact_change_t            contact;     /* of a person's */
};


/* In the request's pool; it waits no more when the request goes.  NULL: no
 * memory. */
ngx_http_flashsale_await_t *ngx_http_flashsale_await(ngx_http_request_t *r);

/* All is pushed: wait at most so long. */
void ngx_http_flashsale_await_begin(ngx_http_flashsale_await_t *await,
    ngx_msec_t msec);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_AWAIT_H */
