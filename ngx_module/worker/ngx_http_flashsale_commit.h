
/*
 * What the commit thread does, and what it shares with the main thread, whose
 * side is ngx_http_flashsale_thread.c.
 */

#ifndef NGX_HTTP_FLASHSALE_COMMIT_H
#define NGX_HTTP_FLASHSALE_COMMIT_H

#include "worker/ngx_http_flashsale_jobs.h"
#include "worker/ngx_http_flashsale_worker.h"
#include "core/lead/lead.h"

#include <pthread.h>

#pragma GCC visibility push(hidden)


#define NGX_HTTP_FLASHSALE_RETRY_MSEC    1     /* doubled each time */


struct ngx_http_flashsale_thread_s {
    pthread_t                        tid;

    /* set before the start, then not changed */
    ngx_log_t                       *log;
    ngx_http_flashsale_system_t      system;
    char                            *path;      /* of the store; a copy, the
                                                   configuration's may go */
    fs_store_conf_t                  conf;      /* by the directives */
    ngx_http_flashsale_shared_t     *shared;
    fs_rings_t                      *rings;
    int                              ring;
    ngx_http_flashsale_counters_t   *counters;

    fs_leader_t                     *leader;
    _Atomic(fs_store_t *)            store;
    _Atomic int                      ready;
    _Atomic int                      lost;      /* another store is there */
    _Atomic int                      given_back;
    _Atomic int                      stop;
    _Atomic int                      catching_up;
    _Atomic int                      closing;   /* the last thing it does */
    _Atomic int                      ended;
    _Atomic int64_t                  waiting;   /* for locks since, µs */
    _Atomic int                      sleeping;
    int                              end;       /* eventfd: it has ended */
    int                              kick;      /* eventfd, private */

    ngx_http_flashsale_jobs_t        jobs;
    ngx_http_flashsale_jobs_t        done;

    /* the thread's own */
    ngx_msec_t                       backoff;
    fs_outcome_t                     failure;   /* what was logged last */
    uint64_t                         failed_at; /* and when */
    uint64_t                         looked_at;
    char                             message[256];
};


/* From its start to its end: data is the thread. */
void *ngx_http_flashsale_commit_main(void *data);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_COMMIT_H */
