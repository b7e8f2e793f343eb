
/*
 * What the people thread of a worker does; ngx_http_flashsale_people.c is the
 * main thread's side of it.
 */

#ifndef NGX_HTTP_FLASHSALE_PEOPLE_THREAD_H
#define NGX_HTTP_FLASHSALE_PEOPLE_THREAD_H

#include "worker/ngx_http_flashsale_worker.h"
#include "core/people/contacts.h"
#include "core/read/collect.h"

#include <pthread.h>

#pragma GCC visibility push(hidden)


#define NGX_HTTP_FLASHSALE_PEOPLE_LOOKS     32


/* how far a change has come; a failure counts unless it was promised before */
enum {
    NGX_HTTP_FLASHSALE_CHANGE_WAITS = 0,
    NGX_HTTP_FLASHSALE_CHANGE_PROMISED,
    NGX_HTTP_FLASHSALE_CHANGE_DECIDED
};

typedef struct ngx_http_flashsale_change_s  ngx_http_flashsale_change_t;

struct ngx_http_flashsale_change_s {
    ngx_http_flashsale_change_t     *next;
    ngx_queue_t                      queue;     /* the main thread's */
    fs_contact_change_t              change;
    _Atomic int                      state;
    fs_outcome_t                     outcome;
    void                           (*done)(ngx_http_flashsale_change_t *);
                                                /* NULL: nobody waits */
    void                            *data;
};

typedef struct {
    ngx_http_flashsale_change_t     *first;
    ngx_http_flashsale_change_t    **last;
} ngx_http_flashsale_changes_t;

struct ngx_http_flashsale_people_s {
    pthread_t                        tid;
    ngx_http_flashsale_worker_t     *worker;
    ngx_http_flashsale_counters_t   *counters;
    ngx_log_t                       *log;
    fs_annex_t                      *annex;
    int                              kick;      /* eventfd, */
    int                              end;       /* and one: it has ended */
    _Atomic int                      stop;
    _Atomic int                      ended;
    _Atomic int64_t                  now;       /* believed, ms; 0: not yet */
    int64_t                          age;       /* ms, 0: off */

    pthread_mutex_t                  mutex;     /* of what follows */
    ngx_http_flashsale_changes_t     jobs;
    ngx_http_flashsale_changes_t     done;
    fs_contact_look_t                looks[NGX_HTTP_FLASHSALE_PEOPLE_LOOKS];
    ngx_uint_t                       looks_n;

    /* the main thread's */
    ngx_queue_t                      changes;   /* all on their way */
    ngx_uint_t                       changes_n;
    fs_contact_look_t                look;      /* being looked at */
    fs_collect_t                     collect;
    unsigned                         looking:1;
    unsigned                         running:1;

    /* the thread's */
    fs_contact_change_t              batch[FS_CONTACTS_BATCH];
    fs_contact_sweep_t               sweep;
    uint64_t                         committed_at;      /* µs */
    uint64_t                         tended_at;
    uint64_t                         swept_at;
    uint64_t                         wipe_at;
    uint64_t                         wipe_begun;
    uint64_t                         page;
    uint64_t                         left;
    unsigned                         dirty:1;   /* something was erased */
    unsigned                         wiping:1;
};


/* The thread; its data is the people.  It closes the annex at its end. */
void *ngx_http_flashsale_people_main(void *data);

/* For the annex: words into the error log.  Any thread. */
void ngx_http_flashsale_people_say(void *data, fs_say_level_t level,
    const char *message);

/* A list's end; the mutex is the caller's. */
void ngx_http_flashsale_people_add(
    ngx_http_flashsale_changes_t *list, ngx_http_flashsale_change_t *change);

/* The first of a list, under the mutex.  NULL: there is none. */
ngx_http_flashsale_change_t *ngx_http_flashsale_people_get(
    ngx_http_flashsale_people_t *people, ngx_http_flashsale_changes_t *list);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_PEOPLE_THREAD_H */
