
/*
 * A worker's talk: the annex "talk", what may be said, and what is noted of
 * people's doings.
 */

#ifndef NGX_HTTP_FLASHSALE_TALK_H
#define NGX_HTTP_FLASHSALE_TALK_H

#include "annex/ngx_http_flashsale_annex.h"
#include "core/json/field.h"
#include "core/read/read.h"

#pragma GCC visibility push(hidden)


extern const ngx_http_flashsale_part_t  ngx_http_flashsale_talk_part;


/* As ngx_http_flashsale_people_known(). */
ngx_int_t ngx_http_flashsale_talk_known(ngx_http_flashsale_worker_t *worker);

/* To be read from, by the functions of core/talk/talk.h, in this thread.
 * NULL: not now. */
fs_annex_t *ngx_http_flashsale_talk_rows(ngx_http_flashsale_worker_t *worker);

/* OK, or surely not: see fs_talk_may(). */
fs_outcome_t ngx_http_flashsale_talk_may(ngx_http_flashsale_worker_t *worker,
    fs_talk_change_t *talk);

/* As ngx_http_flashsale_people_push(). */
fs_outcome_t ngx_http_flashsale_talk_push(ngx_http_flashsale_worker_t *worker,
    const fs_talk_change_t *talk, ngx_http_flashsale_writing_t *writing);

/* All of a buyer's is erased.  `lead off`, damage: as of a push. */
fs_outcome_t ngx_http_flashsale_talk_erase(
    ngx_http_flashsale_worker_t *worker, const uint8_t *buyer,
    ngx_http_flashsale_writing_t *writing);

/* OK, or NOT_ALLOWED and the fault: it has a word that the shop does not
 * take. */
fs_outcome_t ngx_http_flashsale_talk_words(
    ngx_http_flashsale_worker_t *worker, fs_view_t *view, fs_str_t text,
    fs_fault_t *fault);

/*
 * Note what a buyer did (or nobody knows who: zeros), on disk within two
 * seconds.  What cannot be kept is lost: nobody waits for it.  subject: NULL
 * when it is about the shop; code: valid, or NULL.
 */
void ngx_http_flashsale_talk_note(ngx_http_flashsale_worker_t *worker,
    fs_activity_kind_t kind, const uint8_t *buyer, fs_activity_of_t of,
    const fs_slug_t *subject, uint64_t n, const fs_str_t *code);

/* The same of a tap that was refused: one each 10 ms, which stands for those
 * since the one before. */
void ngx_http_flashsale_talk_refused(ngx_http_flashsale_worker_t *worker,
    const uint8_t *buyer, const fs_slug_t *sale, fs_outcome_t outcome);

/* Changes on their way; rows there, -1: not known. */
ngx_uint_t ngx_http_flashsale_talk_waiting(
    ngx_http_flashsale_worker_t *worker);
int64_t ngx_http_flashsale_talk_count(ngx_http_flashsale_worker_t *worker);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_TALK_H */
