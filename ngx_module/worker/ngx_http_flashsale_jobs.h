
/*
 * What is on its way from the main thread to a thread of its own, or back: a
 * list in the order of arrival.  What goes between threads has a lock, which
 * is held for some instructions.
 */

#ifndef NGX_HTTP_FLASHSALE_JOBS_H
#define NGX_HTTP_FLASHSALE_JOBS_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "core/base/command.h"

#include <pthread.h>

#pragma GCC visibility push(hidden)


/* What is in a list begins with this; it is in one list at most. */
typedef struct ngx_http_flashsale_link_s  ngx_http_flashsale_link_t;

struct ngx_http_flashsale_link_s {
    ngx_http_flashsale_link_t       *next;
};

/* One thread's. */
typedef struct {
    ngx_http_flashsale_link_t       *first;
    ngx_http_flashsale_link_t      **last;
} ngx_http_flashsale_list_t;

/* Two threads'. */
typedef struct {
    pthread_mutex_t                  mutex;
    ngx_http_flashsale_list_t        list;
} ngx_http_flashsale_jobs_t;

/* An operator's command. */
typedef struct {
    ngx_http_flashsale_link_t        link;
    uint64_t                         token;
    fs_command_t                     command;
    fs_operator_t                    op;            /* strings in `text` */
    fs_result_t                      result;
    char                             text[];        /* malloc()ed with it */
} ngx_http_flashsale_job_t;


void ngx_http_flashsale_list_init(ngx_http_flashsale_list_t *list);

/* The list has it then, and whoever gets it from there. */
void ngx_http_flashsale_list_put(ngx_http_flashsale_list_t *list,
    void *linked);

/* NULL: there is none. */
void *ngx_http_flashsale_list_get(ngx_http_flashsale_list_t *list);

/* The same under the lock.  init: 0, or an errno, then there is nothing to
 * destroy; destroy frees what is left in it. */
int ngx_http_flashsale_jobs_init(ngx_http_flashsale_jobs_t *jobs);
void ngx_http_flashsale_jobs_destroy(ngx_http_flashsale_jobs_t *jobs);
void ngx_http_flashsale_jobs_put(ngx_http_flashsale_jobs_t *jobs,
    void *linked);
void *ngx_http_flashsale_jobs_get(ngx_http_flashsale_jobs_t *jobs);
int ngx_http_flashsale_jobs_wait(ngx_http_flashsale_jobs_t *jobs);


#pragma GCC visibility pop

#endif
