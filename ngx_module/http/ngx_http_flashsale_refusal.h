
/*
 * What nginx itself refuses where this module answers: a body that is too
 * large, an address that is not allowed, a limit of limit_req.  Such an answer
 * comes from nginx as a page of its own; here it becomes the problem document
 * of the contract, or for a form without scripts the 303.
 *
 * In a module's location a filter does it, since nobody else answers there.
 * Elsewhere "flashsale_problem" does, as the content of an error_page: it is
 * the way for what is refused before there is a location (400, 414).
 */

#ifndef NGX_HTTP_FLASHSALE_REFUSAL_H
#define NGX_HTTP_FLASHSALE_REFUSAL_H

#include "http/ngx_http_flashsale_ctx.h"

#pragma GCC visibility push(hidden)


/* Postconfiguration: install the filters. */
void ngx_http_flashsale_refusal_init(void);

/* content handler of "flashsale_problem" */
ngx_int_t ngx_http_flashsale_refusal_handler(ngx_http_request_t *r);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_REFUSAL_H */
