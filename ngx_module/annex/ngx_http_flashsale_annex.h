
/*
 * A worker's annex: rows beside the log that may be erased, of one kind
 * (contacts, talk), and the thread that alone writes them: a batch a commit,
 * at most ten commits a second, so that its syncs are in no reservation's way.
 * It sweeps for rows whose time is over, and wipes what was erased.  It never
 * touches the log or the index: what has to be known of them it asks the main
 * thread.
 *
 * A change is the main thread's until it is given to the thread, and again
 * when it has come back.
 */

#ifndef NGX_HTTP_FLASHSALE_ANNEX_H
#define NGX_HTTP_FLASHSALE_ANNEX_H

#include "worker/ngx_http_flashsale_jobs.h"
#include "worker/ngx_http_flashsale_worker.h"
#include "core/people/contacts.h"
#include "core/talk/talk.h"

#include <pthread.h>

#pragma GCC visibility push(hidden)


#define NGX_HTTP_FLASHSALE_ANNEX_BATCH   256    /* changes in one commit */


/* how far a change has come; a failure counts unless it was promised before */
enum {
    NGX_HTTP_FLASHSALE_CHANGE_WAITS = 0,
    NGX_HTTP_FLASHSALE_CHANGE_PROMISED,
    NGX_HTTP_FLASHSALE_CHANGE_DECIDED
};

typedef struct ngx_http_flashsale_annex_s    ngx_http_flashsale_annex_t;
typedef struct ngx_http_flashsale_change_s   ngx_http_flashsale_change_t;
typedef struct ngx_http_flashsale_writing_s  ngx_http_flashsale_writing_t;

struct ngx_http_flashsale_change_s {
    ngx_http_flashsale_link_t        link;
    ngx_queue_t                      queue;     /* the main thread's */
    ngx_http_flashsale_annex_t      *annex;
    union {                                     /* by the annex's kind */
        fs_contact_change_t          contact;
        fs_talk_change_t             talk;
    };
    _Atomic int                      state;
    fs_outcome_t                     outcome;
    uint64_t                         id;        /* that talk was given, */
    int64_t                          rest_ms;   /* or how long to wait */
    ngx_http_flashsale_writing_t    *writing;   /* NULL: nobody waits */
};

/*
 * What somebody waits for: one change, or one of each annex.  Zeros, `done`
 * and `data` before it is used.
 */
#define NGX_HTTP_FLASHSALE_WRITING_MAX  2

struct ngx_http_flashsale_writing_s {
    ngx_http_flashsale_change_t     *changes[NGX_HTTP_FLASHSALE_WRITING_MAX];
    ngx_uint_t                       n;         /* still on their way */
    fs_outcome_t                     outcome;   /* of all of them */
    uint64_t                         id;        /* as of the last change */
    int64_t                          rest_ms;
    void                           (*done)(
                                      ngx_http_flashsale_writing_t *writing);
                                                /* NULL: looked at by whoever
                                                   waits */
    void                            *data;
};

/* What one kind is. */
typedef struct {
    const char                      *thread;    /* its name */
    const char                      *what;      /* for the log */
    size_t                           size;      /* of what begins with an
                                                   annex */
    fs_annex_t                    *(*create)(fs_annex_conf_t *conf);

    /* Thread.  All of them, each with its outcome, or none: why not. */
    fs_outcome_t                   (*write)(ngx_http_flashsale_annex_t *annex,
                                  ngx_http_flashsale_change_t **changes,
                                  ngx_uint_t n);

    /* Thread, when there is nothing else: look for what is over. */
    void                           (*sweep)(ngx_http_flashsale_annex_t *annex,
                                            uint64_t now);
} ngx_http_flashsale_annex_kind_t;

struct ngx_http_flashsale_annex_s {
    const ngx_http_flashsale_annex_kind_t  *kind;
    pthread_t                        tid;
    ngx_http_flashsale_worker_t     *worker;
    ngx_http_flashsale_counters_t   *counters;
    ngx_log_t                       *log;
    fs_annex_t                      *rows;
    int                              kick;      /* eventfd, */
    int                              end;       /* and one: it has ended */
    _Atomic int                      stop;
    _Atomic int                      ended;
    _Atomic int64_t                  now;       /* believed, ms; 0: not yet */

    ngx_http_flashsale_jobs_t        jobs;
    ngx_http_flashsale_jobs_t        done;

    /* the main thread's */
    ngx_queue_t                      changes;   /* all on their way */
    ngx_uint_t                       changes_n;
    ngx_uint_t                       running;

    /* set before the thread runs */
    ngx_uint_t                       reads;     /* 1: it changes nothing */

    /* the thread's */
    ngx_http_flashsale_change_t     *batch[NGX_HTTP_FLASHSALE_ANNEX_BATCH];
    uint64_t                         committed_at;      /* µs */
    uint64_t                         tended_at;
    uint64_t                         wipe_at;
    uint64_t                         wipe_begun;
    uint64_t                         page;
    uint64_t                         left;
    ngx_uint_t                       dirty;     /* something was erased */
    ngx_uint_t                       wiping;
};


/* NULL: no memory. */
ngx_http_flashsale_annex_t *ngx_http_flashsale_annex_init(
    ngx_http_flashsale_worker_t *worker,
    const ngx_http_flashsale_annex_kind_t *kind);

/* The store is open: start the thread, if it is not. */
void ngx_http_flashsale_annex_opened(ngx_http_flashsale_annex_t *annex);

/* Whoever waited for what has come back is told. */
void ngx_http_flashsale_annex_changed(ngx_http_flashsale_annex_t *annex);

/* OK: it is known whether it can be read, or not yet: wait for the worker's
 * news.  NGX_OK, NGX_AGAIN. */
ngx_int_t ngx_http_flashsale_annex_known(ngx_http_flashsale_annex_t *annex);

/* What was accepted is written before the process ends.  1: and it is over:
 * free what the annex is part of. */
ngx_uint_t ngx_http_flashsale_annex_exit(ngx_http_flashsale_annex_t *annex);

/*
 * A change to be filled and given to the thread, with whoever waits for it,
 * or NULL.  NULL: *outcome says why it is not taken.  lazy: it goes with the
 * next ones, within a second, and there is room for others.
 */
ngx_http_flashsale_change_t *ngx_http_flashsale_annex_change(
    ngx_http_flashsale_annex_t *annex, ngx_uint_t lazy,
    fs_outcome_t *outcome);
void ngx_http_flashsale_annex_put(ngx_http_flashsale_change_t *change,
    ngx_uint_t lazy, ngx_http_flashsale_writing_t *writing);

/* 1: all is promised, and tried until it is written, and nobody waits any
 * more; 0: something is decided already, and about to be told. */
ngx_uint_t ngx_http_flashsale_annex_promise(
    ngx_http_flashsale_writing_t *writing);

/* Nobody waits any more. */
void ngx_http_flashsale_annex_drop(ngx_http_flashsale_writing_t *writing);


/* ngx_http_flashsale_annex_thread.c: the thread; its data is the annex.  It
 * closes the rows at its end. */
void *ngx_http_flashsale_annex_main(void *data);

/* For the rows: words into the error log.  Any thread. */
void ngx_http_flashsale_annex_say(void *data, fs_say_level_t level,
    const char *message);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_ANNEX_H */
