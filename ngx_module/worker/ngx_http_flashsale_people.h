
/*
 * The people thread of a worker: it alone writes contacts, a batch a commit,
 * at most ten commits a second, so that its syncs are in no reservation's
 * way.  It sweeps for contacts whose time is over, and wipes what was erased.
 * It never touches the log or the index: whether somebody has goods to
 * collect it asks the main thread, once a second.
 *
 * A change is the main thread's until it is given to the thread, and again
 * when it has come back.
 */

#ifndef NGX_HTTP_FLASHSALE_PEOPLE_H
#define NGX_HTTP_FLASHSALE_PEOPLE_H

#include "worker/ngx_http_flashsale_people_thread.h"

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

/*
 * Give a change to the thread.  OK: *change is on its way, and `done` is
 * called once, with its outcome, unless it is set to NULL before.
 */
fs_outcome_t ngx_http_flashsale_people_push(
    ngx_http_flashsale_worker_t *worker, const fs_contact_change_t *change,
    void (*done)(ngx_http_flashsale_change_t *), void *data,
    ngx_http_flashsale_change_t **pushed);

/* 1: it is promised, and tried until it is written; 0: it is decided already,
 * and `done` is about to be called. */
ngx_uint_t ngx_http_flashsale_people_promise(
    ngx_http_flashsale_change_t *change);

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
