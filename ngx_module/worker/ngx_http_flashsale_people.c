
#include "worker/ngx_http_flashsale_people.h"
#include "core/lmdb/guard.h"
#include "worker/ngx_http_flashsale_worker.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>


#define NGX_HTTP_FLASHSALE_PEOPLE_QUEUE     1024
#define NGX_HTTP_FLASHSALE_PEOPLE_READERS   256
#define NGX_HTTP_FLASHSALE_PEOPLE_HOLDS     500    /* looked at in a turn */

/* microseconds */
#define NGX_HTTP_FLASHSALE_PEOPLE_JOIN      10000000


static ngx_int_t ngx_http_flashsale_people_start(
    ngx_http_flashsale_people_t *people);
static ngx_uint_t ngx_http_flashsale_people_look(
    ngx_http_flashsale_people_t *people);
static void ngx_http_flashsale_people_judge(
    ngx_http_flashsale_people_t *people);


static ngx_int_t
ngx_http_flashsale_people_init(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_people_t  *people;

    /* a thread that does not end in time still has it: no pool's */

    people = ngx_calloc(sizeof(ngx_http_flashsale_people_t), worker->log);
    if (people == NULL) {
        return NGX_ERROR;
    }

    people->worker = worker;
    people->log = worker->log;
    people->age = (int64_t) worker->conf->contacts;
    people->kick = -1;
    people->end = -1;
    people->jobs.last = &people->jobs.first;
    people->done.last = &people->done.first;
    people->dirty = 1;
    ngx_queue_init(&people->changes);

    worker->people = people;

    return NGX_OK;
}


static void
ngx_http_flashsale_people_opened(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_people_t  *people;

    people = worker->people;

    if (!people->running
        && ngx_http_flashsale_people_start(people) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_ALERT, worker->log, 0,
                      "flashsale: the people thread cannot be started: no "
                      "contact is read or written");
    }
}


static ngx_int_t
ngx_http_flashsale_people_start(ngx_http_flashsale_people_t *people)
{
    int                              err;
    sigset_t                         old;
    fs_annex_conf_t                  conf;
    ngx_http_flashsale_main_conf_t  *mcf;

    mcf = people->worker->conf;

    ngx_memzero(&conf, sizeof(fs_annex_conf_t));

    conf.path = (char *) mcf->path->name.data;
    conf.map_size = mcf->size;
    conf.readers = NGX_HTTP_FLASHSALE_PEOPLE_READERS;
    conf.sync = mcf->sync;
    conf.log = ngx_http_flashsale_people_say;
    conf.data = people;

    people->counters = people->worker->counters;

    if (people->annex == NULL) {
        people->annex = fs_contacts_create(&conf);
        people->kick = eventfd(0, EFD_CLOEXEC|EFD_NONBLOCK);
        people->end = eventfd(0, EFD_CLOEXEC|EFD_NONBLOCK);
        (void) pthread_mutex_init(&people->mutex, NULL);
    }

    if (people->annex == NULL || people->kick == -1 || people->end == -1) {
        return NGX_ERROR;
    }

    fs_guard_block(&old);

    err = pthread_create(&people->tid, NULL, ngx_http_flashsale_people_main,
                         people);

    (void) pthread_sigmask(SIG_SETMASK, &old, NULL);

    if (err) {
        return NGX_ERROR;
    }

    people->running = 1;

    return NGX_OK;
}


/* Main thread, as all that follows. */

ngx_int_t
ngx_http_flashsale_people_known(ngx_http_flashsale_worker_t *worker)
{
    ngx_http_flashsale_people_t  *people;

    people = worker->people;

    return !people->running || fs_annex_known(people->annex) ? NGX_OK
                                                             : NGX_AGAIN;
}


fs_outcome_t
ngx_http_flashsale_people_read(ngx_http_flashsale_worker_t *worker,
    const uint8_t *buyer, fs_contact_t *contact)
{
    ngx_queue_t                  *q;
    fs_outcome_t                  outcome;
    fs_contact_change_t          *change;
    ngx_http_flashsale_change_t  *pending;
    ngx_http_flashsale_people_t  *people;

    people = worker->people;

    if (!people->running) {
        return FS_NOT_READY;
    }

    for (q = ngx_queue_last(&people->changes);
         q != ngx_queue_sentinel(&people->changes);
         q = ngx_queue_prev(q))
    {
        pending = ngx_queue_data(q, ngx_http_flashsale_change_t, queue);
        change = &pending->change;

        if (ngx_memcmp(change->buyer, buyer, FS_BUYER_LEN) != 0) {
            continue;
        }

        if (change->op == FS_CONTACT_PUT) {
            *contact = change->contact;
            return FS_OK;
        }

        if (change->op == FS_CONTACT_ERASE) {
            return FS_NOT_FOUND;
        }

        if (change->op == FS_CONTACT_LEAVE) {
            outcome = fs_contacts_read(people->annex, buyer, contact);
            contact->leaving = 1;
            contact->consent = 0;
            return outcome;
        }
    }

    return fs_contacts_read(people->annex, buyer, contact);
}


fs_outcome_t
ngx_http_flashsale_people_push(ngx_http_flashsale_worker_t *worker,
    const fs_contact_change_t *change,
    void (*done)(ngx_http_flashsale_change_t *), void *data,
    ngx_http_flashsale_change_t **pushed)
{
    uint64_t                      one;
    fs_outcome_t                  outcome;
    ngx_http_flashsale_change_t  *c;
    ngx_http_flashsale_people_t  *people;

    people = worker->people;

    if (!people->running) {
        return FS_NOT_READY;
    }

    outcome = fs_annex_outcome(people->annex);

    if (outcome != FS_OK) {
        return outcome;
    }

    if (people->changes_n >= NGX_HTTP_FLASHSALE_PEOPLE_QUEUE) {
        return FS_QUEUE_FULL;
    }

    c = ngx_calloc(sizeof(ngx_http_flashsale_change_t), worker->log);
    if (c == NULL) {
        return FS_INTERNAL;
    }

    c->change = *change;
    c->done = done;
    c->data = data;

    ngx_queue_insert_tail(&people->changes, &c->queue);
    people->changes_n++;

    pthread_mutex_lock(&people->mutex);
    ngx_http_flashsale_people_add(&people->jobs, c);
    pthread_mutex_unlock(&people->mutex);

    one = 1;
    (void) !write(people->kick, &one, sizeof(one));

    if (pushed) {
        *pushed = c;
    }

    return FS_OK;
}


ngx_uint_t
ngx_http_flashsale_people_promise(ngx_http_flashsale_change_t *change)
{
    int  waits;

    waits = NGX_HTTP_FLASHSALE_CHANGE_WAITS;

    return atomic_compare_exchange_strong(&change->state, &waits,
                                     NGX_HTTP_FLASHSALE_CHANGE_PROMISED);
}


fs_outcome_t
ngx_http_flashsale_people_collect(ngx_http_flashsale_worker_t *worker,
    const uint8_t *buyer, fs_collect_t *collect)
{
    fs_view_t     view;
    fs_outcome_t  outcome;

    outcome = ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX, &view);

    if (outcome == FS_OK) {
        outcome = fs_collect(&view, buyer, NGX_HTTP_FLASHSALE_PEOPLE_HOLDS,
                             collect);
        fs_view_close(&view);
    }

    return outcome;
}


fs_outcome_t
ngx_http_flashsale_people_leaving(ngx_http_flashsale_worker_t *worker,
    const uint8_t *buyer, fs_contact_op_t *op)
{
    fs_collect_t  collect;
    fs_outcome_t  outcome;

    ngx_memzero(&collect, sizeof(fs_collect_t));

    outcome = ngx_http_flashsale_people_collect(worker, buyer, &collect);

    *op = collect.counts.to_collect || collect.counts.more
          ? FS_CONTACT_LEAVE : FS_CONTACT_ERASE;

    return outcome;
}


ngx_uint_t
ngx_http_flashsale_people_waiting(ngx_http_flashsale_worker_t *worker)
{
    return worker->people->changes_n;
}


int64_t
ngx_http_flashsale_people_count(ngx_http_flashsale_worker_t *worker)
{
    return worker->people->running ? fs_contacts_count(worker->people->annex)
                                   : -1;
}


static ngx_uint_t
ngx_http_flashsale_people_changed(ngx_http_flashsale_worker_t *worker)
{
    fs_now_t                      now;
    ngx_http_flashsale_change_t  *change;
    ngx_http_flashsale_people_t  *people;

    people = worker->people;

    if (!people->running) {
        return 0;
    }

    fs_store_now(worker->store, &now);
    atomic_store(&people->now, now.due);

    while ((change = ngx_http_flashsale_people_get(people, &people->done))) {

        ngx_queue_remove(&change->queue);
        people->changes_n--;

        if (change->done) {
            change->done(change);
        }

        ngx_memzero(&change->change, sizeof(fs_contact_change_t));
        ngx_free(change);
    }

    return ngx_http_flashsale_people_look(people);
}


/* A bounded part of the holds of those that the sweep has found.  1: there is
 * more to look at. */

static ngx_uint_t
ngx_http_flashsale_people_look(ngx_http_flashsale_people_t *people)
{
    fs_outcome_t  outcome;

    if (!people->looking) {

        pthread_mutex_lock(&people->mutex);

        if (people->looks_n) {
            people->look = people->looks[--people->looks_n];
            people->looking = 1;
        }

        pthread_mutex_unlock(&people->mutex);

        if (!people->looking) {
            return 0;
        }

        ngx_memzero(&people->collect, sizeof(fs_collect_t));
    }

    outcome = ngx_http_flashsale_people_collect(people->worker,
                                                people->look.buyer,
                                                &people->collect);

    if (outcome != FS_OK) {

        /* the next round finds it again */

        people->looking = 0;
        return 0;
    }

    if (people->collect.counts.to_collect == 0 && people->collect.counts.more)
    {
        return 1;
    }

    people->looking = 0;
    ngx_http_flashsale_people_judge(people);

    return 1;
}


/* What becomes of somebody whose contact may have to go. */

static void
ngx_http_flashsale_people_judge(ngx_http_flashsale_people_t *people)
{
    int64_t              before;
    fs_contact_change_t  change;

    ngx_memzero(&change, sizeof(fs_contact_change_t));
    ngx_memcpy(change.buyer, people->look.buyer, FS_BUYER_LEN);

    before = atomic_load(&people->now) - people->age;

    if (people->look.leaving) {

        if (people->collect.counts.to_collect) {
            return;
        }

        change.op = FS_CONTACT_LEFT;

    } else if (people->age && people->collect.newest_at > before) {
        change.op = FS_CONTACT_SEEN;
        change.contact.at = people->collect.newest_at;

    } else if (people->collect.counts.to_collect) {
        change.op = FS_CONTACT_LEAVE;

    } else {
        change.op = FS_CONTACT_OVER;
        change.contact.at = people->age ? before : people->look.at;
    }

    (void) ngx_http_flashsale_people_push(people->worker, &change, NULL, NULL,
                                          NULL);
}


static ngx_uint_t
ngx_http_flashsale_people_idle(ngx_http_flashsale_worker_t *worker)
{
    return worker->people->changes_n == 0
           && ngx_http_flashsale_people_known(worker) == NGX_OK;
}


/* What was accepted is written before the process ends. */

static void
ngx_http_flashsale_people_exit(ngx_http_flashsale_worker_t *worker)
{
    uint64_t                      one, now, until;
    ngx_queue_t                  *q;
    struct pollfd                 pfd;
    ngx_http_flashsale_people_t  *people;

    people = worker->people;
    worker->people = NULL;

    if (!people->running) {
        ngx_free(people);
        return;
    }

    atomic_store(&people->stop, 1);

    one = 1;
    (void) !write(people->kick, &one, sizeof(one));

    pfd.fd = people->end;
    pfd.events = POLLIN;
    until = ngx_http_flashsale_usec() + NGX_HTTP_FLASHSALE_PEOPLE_JOIN;

    while (!atomic_load(&people->ended)) {
        now = ngx_http_flashsale_usec();

        if (now >= until) {
            ngx_log_error(NGX_LOG_WARN, worker->log, 0,
                          "flashsale: the people thread did not end in time");
            ngx_http_flashsale_process_leaves_thread(worker->cycle);
            return;
        }

        (void) poll(&pfd, 1, (int) ((until - now) / 1000 + 1));
    }

    (void) pthread_join(people->tid, NULL);

    while (!ngx_queue_empty(&people->changes)) {
        q = ngx_queue_head(&people->changes);
        ngx_queue_remove(q);
        ngx_free(ngx_queue_data(q, ngx_http_flashsale_change_t, queue));
    }

    (void) close(people->kick);
    (void) close(people->end);
    (void) pthread_mutex_destroy(&people->mutex);
    ngx_free(people);
}


const ngx_http_flashsale_part_t  ngx_http_flashsale_people_part = {
    .init = ngx_http_flashsale_people_init,
    .opened = ngx_http_flashsale_people_opened,
    .changed = ngx_http_flashsale_people_changed,
    .idle = ngx_http_flashsale_people_idle,
    .exit = ngx_http_flashsale_people_exit
};
