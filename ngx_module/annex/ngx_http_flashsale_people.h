
/*
 * A worker's contacts: the annex "people".  Whether somebody has goods to
 * collect is looked at here, once a second, for those that its thread found.
 */

#ifndef NGX_HTTP_FLASHSALE_PEOPLE_H
#define NGX_HTTP_FLASHSALE_PEOPLE_H

#include "annex/ngx_http_flashsale_annex.h"
#include "core/read/collect.h"

#pragma GCC visibility push(hidden)


extern const ngx_http_flashsale_part_t  ngx_http_flashsale_people_part;


/* OK and whether it is known by now, or not yet: wait for the worker's news.
 * NGX_OK, NGX_AGAIN. */
ngx_int_t ngx_http_flashsale_people_known(
    ngx_http_flashsale_worker_t *worker);

/* As fs_contacts_read(), with what is still on its way. */
fs_outcome_t ngx_http_flashsale_people_read(
    ngx_http_flashsale_worker_t *worker, const uint8_t *buyer,
    fs_contact_t *contact);

/* Give a change to the thread, with whoever waits for it, or NULL.  OK: it is
 * on its way. */
fs_outcome_t ngx_http_flashsale_people_push(
    ngx_http_flashsale_worker_t *worker, const fs_contact_change_t *contact,
    ngx_http_flashsale_writing_t *writing);

/* As fs_collect(), in a view of its own and as far as one turn may look. */
fs_outcome_t ngx_http_flashsale_people_collect(
    ngx_http_flashsale_worker_t *worker, const uint8_t *buyer,
    fs_collect_t *collect);

/*
 * What somebody's leaving means now: FS_CONTACT_ERASE, or FS_CONTACT_LEAVE
 * while goods are to be collected, or when there is too much to look at.  OK,
 * or why it is not known.
 */
fs_outcome_t ngx_http_flashsale_people_leaving(
    ngx_http_flashsale_worker_t *worker, const uint8_t *buyer,
    fs_contact_op_t *op);

/* Changes on their way; contacts there, -1: not known. */
ngx_uint_t ngx_http_flashsale_people_waiting(
    ngx_http_flashsale_worker_t *worker);
int64_t ngx_http_flashsale_people_count(ngx_http_flashsale_worker_t *worker);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_PEOPLE_H */
