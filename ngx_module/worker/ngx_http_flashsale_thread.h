
/*
 * The commit thread of a worker.
 *
 * It opens the store (which may wait for the log's write lock), inherits the
 * worker's ring, and then makes passes: when it is kicked, when something is
 * due, and each second.  In the end it closes the store, since that may wait
 * for the disk.  It touches no request, no pool and nothing of nginx but the
 * log; what it shares with the main thread is in the struct.
 *
 * When it does not end in time, since somebody else has the log's lock, the
 * process ends under it, and destroys nothing before: see
 * ngx_http_flashsale_exit_process().
 */

#ifndef NGX_HTTP_FLASHSALE_THREAD_H
#define NGX_HTTP_FLASHSALE_THREAD_H

#include "worker/ngx_http_flashsale_jobs.h"
#include "worker/ngx_http_flashsale_zone.h"

#pragma GCC visibility push(hidden)


typedef struct ngx_http_flashsale_thread_s  ngx_http_flashsale_thread_t;


/* For the ring, which is this process's.  NULL: it was logged, and may be
 * tried again. */
ngx_http_flashsale_thread_t *ngx_http_flashsale_thread_start(
    ngx_http_flashsale_main_conf_t *mcf, int ring, ngx_log_t *log);

/*
 * Let it finish what waits, close the store and end.  Nothing of the main
 * thread's may use the store from here on.
 */
void ngx_http_flashsale_thread_stop(ngx_http_flashsale_thread_t *thread);
int ngx_http_flashsale_thread_ended(ngx_http_flashsale_thread_t *thread);

/*
 * For the end of the process: wait for it.  NGX_OK: ended; NGX_AGAIN: not in
 * time (it waits for a lock), and everything it uses has to stay.
 */
ngx_int_t ngx_http_flashsale_thread_wait(
    ngx_http_flashsale_thread_t *thread);

/* Once it has ended. */
void ngx_http_flashsale_thread_free(ngx_http_flashsale_thread_t *thread);

/* Since when it waits for a commit's locks (CLOCK_MONOTONIC, µs), or 0. */
int64_t ngx_http_flashsale_thread_waiting(
    ngx_http_flashsale_thread_t *thread);

/*
 * While it waits for locks: see fs_guard_nudge().  Often, and for as long as
 * the process has it.
 */
void ngx_http_flashsale_thread_nudge(ngx_http_flashsale_thread_t *thread);

/* A command was pushed. */
void ngx_http_flashsale_thread_kick(ngx_http_flashsale_thread_t *thread);

/* The store when it is open, and whether the ring is inherited. */
fs_store_t *ngx_http_flashsale_thread_store(
    ngx_http_flashsale_thread_t *thread);
int ngx_http_flashsale_thread_ready(ngx_http_flashsale_thread_t *thread);

/* 1: another store is in its place.  Once the main thread has nothing of the
 * old one, it gives it back. */
int ngx_http_flashsale_thread_lost(ngx_http_flashsale_thread_t *thread);
void ngx_http_flashsale_thread_give_back(
    ngx_http_flashsale_thread_t *thread);

/* Give it a job, and take back one that is done, or NULL. */
void ngx_http_flashsale_thread_add(ngx_http_flashsale_thread_t *thread,
    ngx_http_flashsale_job_t *job);
ngx_http_flashsale_job_t *ngx_http_flashsale_thread_done(
    ngx_http_flashsale_thread_t *thread);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_THREAD_H */
