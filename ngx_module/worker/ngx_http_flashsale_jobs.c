
#include "worker/ngx_http_flashsale_jobs.h"

#include <stdlib.h>


void
ngx_http_flashsale_list_init(ngx_http_flashsale_list_t *list)
{
    list->first = NULL;
    list->last = &list->first;
}


void
ngx_http_flashsale_list_put(ngx_http_flashsale_list_t *list, void *linked)
{
    ngx_http_flashsale_link_t  *one;

    one = linked;
    one->next = NULL;

    *list->last = one;
    list->last = &one->next;
}


void *
ngx_http_flashsale_list_get(ngx_http_flashsale_list_t *list)
{
    ngx_http_flashsale_link_t  *one;

    one = list->first;

    if (one) {
        list->first = one->next;

        if (list->first == NULL) {
            list->last = &list->first;
        }
    }

    return one;
}


int
ngx_http_flashsale_jobs_init(ngx_http_flashsale_jobs_t *jobs)
{
    ngx_http_flashsale_list_init(&jobs->list);

    return pthread_mutex_init(&jobs->mutex, NULL);
}


void
ngx_http_flashsale_jobs_destroy(ngx_http_flashsale_jobs_t *jobs)
{
    void  *linked;

    while ((linked = ngx_http_flashsale_list_get(&jobs->list))) {
        free(linked);
    }

    (void) pthread_mutex_destroy(&jobs->mutex);
}


void
ngx_http_flashsale_jobs_put(ngx_http_flashsale_jobs_t *jobs, void *linked)
{
    pthread_mutex_lock(&jobs->mutex);
    ngx_http_flashsale_list_put(&jobs->list, linked);
    pthread_mutex_unlock(&jobs->mutex);
}


void *
ngx_http_flashsale_jobs_get(ngx_http_flashsale_jobs_t *jobs)
{
    void  *linked;

    pthread_mutex_lock(&jobs->mutex);
    linked = ngx_http_flashsale_list_get(&jobs->list);
    pthread_mutex_unlock(&jobs->mutex);

    return linked;
}


int
ngx_http_flashsale_jobs_wait(ngx_http_flashsale_jobs_t *jobs)
{
    int  wait;

    pthread_mutex_lock(&jobs->mutex);
    wait = (jobs->list.first != NULL);
    pthread_mutex_unlock(&jobs->mutex);

    return wait;
}
