
/*
 * Attendance: who follows which session, over all processes: a worker's side
 * of core/store/presence.h.
 */

#ifndef NGX_HTTP_FLASHSALE_ATTENDANCE_H
#define NGX_HTTP_FLASHSALE_ATTENDANCE_H

#include "worker/ngx_http_flashsale_worker.h"

#pragma GCC visibility push(hidden)


#define NGX_HTTP_FLASHSALE_ASKED  256           /* sessions of one count */

typedef struct ngx_http_flashsale_attendance_s
    ngx_http_flashsale_attendance_t;

/* One stream's place among those that are counted. */
typedef struct {
    int32_t                          at;        /* -1: is not counted */
} ngx_http_flashsale_counted_t;


/* Nobody yet; it is shared from the first one on.  NULL: no memory. */
ngx_http_flashsale_attendance_t *ngx_http_flashsale_attendance_create(
    ngx_http_flashsale_worker_t *worker);

/* The process ends: nobody is counted any more. */
void ngx_http_flashsale_attendance_close(
    ngx_http_flashsale_attendance_t *attendance);

/* Somebody comes; *counted stays where it is until it is removed. */
void ngx_http_flashsale_attendance_add(
    ngx_http_flashsale_attendance_t *attendance, fs_str_t session,
    const uint8_t *buyer, ngx_http_flashsale_counted_t *counted);
void ngx_http_flashsale_attendance_remove(
    ngx_http_flashsale_attendance_t *attendance,
    ngx_http_flashsale_counted_t *counted);

/*
 * Count: begin, ask for some sessions, then step until it returns 1; each
 * step takes some milliseconds at most.  Then it tells how many, in the order
 * in which was asked.
 */
void ngx_http_flashsale_attendance_begin(
    ngx_http_flashsale_attendance_t *attendance);
void ngx_http_flashsale_attendance_ask(
    ngx_http_flashsale_attendance_t *attendance, fs_str_t session);
ngx_uint_t ngx_http_flashsale_attendance_step(
    ngx_http_flashsale_attendance_t *attendance);
uint64_t ngx_http_flashsale_attendance_told(
    ngx_http_flashsale_attendance_t *attendance, ngx_uint_t i);

/* Of one session, at once. */
uint64_t ngx_http_flashsale_attendance_of(
    ngx_http_flashsale_attendance_t *attendance, fs_str_t session);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_ATTENDANCE_H */
