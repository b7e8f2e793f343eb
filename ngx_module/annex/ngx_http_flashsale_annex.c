
#include "annex/ngx_http_flashsale_annex.h"
#include "core/lmdb/guard.h"

#include <poll.h>
#include <sys/eventfd.h>


#define NGX_HTTP_FLASHSALE_ANNEX_QUEUE     1024
#define NGX_HTTP_FLASHSALE_ANNEX_READERS   256
#define NGX_HTTP_FLASHSALE_ANNEX_MANY      128

/* microseconds */
#define NGX_HTTP_FLASHSALE_ANNEX_JOIN      10000000


static ngx_int_t ngx_http_flashsale_annex_start(
    ngx_http_flashsale_annex_t *annex);
static void ngx_http_flashsale_annex_told(
    ngx_http_flashsale_change_t *change);


ngx_http_flashsale_annex_t *
ngx_http_flashsale_annex_init(ngx_http_flashsale_worker_t *worker,
    const ngx_http_flashsale_annex_kind_t *kind)
{
    ngx_http_flashsale_annex_t  *annex;

    /* a thread that does not end in time still has it: no pool's */

    annex = ngx_calloc(kind->size, worker->log);
    if (annex == NULL) {
        return NULL;
    }

    annex->kind = kind;
    annex->worker = worker;
    annex->log = worker->log;
    annex->kick = -1;
    annex->end = -1;
    annex->dirty = 1;
    ngx_queue_init(&annex->changes);

    return annex;
}


void
ngx_http_flashsale_annex_opened(ngx_http_flashsale_annex_t *annex)
{
    if (!annex->running && ngx_http_flashsale_annex_start(annex) != NGX_OK) {
        ngx_log_error(NGX_LOG_ALERT, annex->log, 0,
                      "flashsale: the %s thread cannot be started: no %s are "
                      "read or written", annex->kind->thread,
                      annex->kind->what);
    }
}


static ngx_int_t
ngx_http_flashsale_annex_start(ngx_http_flashsale_annex_t *annex)
{
    int                              err;
    sigset_t                         old;
    fs_annex_conf_t                  conf;
    ngx_http_flashsale_main_conf_t  *mcf;

    mcf = annex->worker->conf;

    ngx_memzero(&conf, sizeof(fs_annex_conf_t));

    conf.path = (char *) mcf->path->name.data;
    conf.map_size = mcf->size;
    conf.readers = NGX_HTTP_FLASHSALE_ANNEX_READERS;
    conf.sync = mcf->sync;
    conf.reads = !mcf->lead;
    annex->reads = !mcf->lead;
    conf.log = ngx_http_flashsale_annex_say;
    conf.data = annex;

    annex->counters = annex->worker->counters;

    if (annex->rows == NULL) {
        annex->rows = annex->kind->create(&conf);
        annex->kick = eventfd(0, EFD_CLOEXEC|EFD_NONBLOCK);
        annex->end = eventfd(0, EFD_CLOEXEC|EFD_NONBLOCK);
        (void) ngx_http_flashsale_jobs_init(&annex->jobs);
        (void) ngx_http_flashsale_jobs_init(&annex->done);
    }

    if (annex->rows == NULL || annex->kick == -1 || annex->end == -1) {
        return NGX_ERROR;
    }

    fs_guard_block(&old);

    err = pthread_create(&annex->tid, NULL, ngx_http_flashsale_annex_main,
                         annex);

    (void) pthread_sigmask(SIG_SETMASK, &old, NULL);

    if (err) {
        return NGX_ERROR;
    }

    annex->running = 1;

    return NGX_OK;
}


/* Main thread, as all that follows. */

ngx_int_t
ngx_http_flashsale_annex_known(ngx_http_flashsale_annex_t *annex)
{
    return !annex->running || fs_annex_known(annex->rows) ? NGX_OK
                                                          : NGX_AGAIN;
}


ngx_http_flashsale_change_t *
ngx_http_flashsale_annex_change(ngx_http_flashsale_annex_t *annex,
    ngx_uint_t lazy, fs_outcome_t *outcome)
{
    ngx_http_flashsale_change_t  *change;

    if (!annex->running || annex->reads) {
        *outcome = FS_NOT_READY;
        return NULL;
    }

    *outcome = fs_annex_outcome(annex->rows);

    if (*outcome != FS_OK) {
        return NULL;
    }

    if (annex->changes_n >= (lazy ? NGX_HTTP_FLASHSALE_ANNEX_QUEUE / 2
                                  : NGX_HTTP_FLASHSALE_ANNEX_QUEUE))
    {
        *outcome = FS_QUEUE_FULL;
        return NULL;
    }

    change = ngx_calloc(sizeof(ngx_http_flashsale_change_t), annex->log);
    if (change == NULL) {
        *outcome = FS_INTERNAL;
        return NULL;
    }

    change->annex = annex;

    return change;
}


void
ngx_http_flashsale_annex_put(ngx_http_flashsale_change_t *change,
    ngx_uint_t lazy, ngx_http_flashsale_writing_t *writing)
{
    uint64_t                     one;
    ngx_http_flashsale_annex_t  *annex;

    annex = change->annex;
    change->writing = writing;

    if (writing) {
        writing->changes[writing->n++] = change;
    }

    ngx_queue_insert_tail(&annex->changes, &change->queue);
    annex->changes_n++;

    ngx_http_flashsale_jobs_put(&annex->jobs, change);

    /* many that can wait do not wait for each other */

    if (!lazy || annex->changes_n % NGX_HTTP_FLASHSALE_ANNEX_MANY == 0) {
        one = 1;
        (void) !write(annex->kick, &one, sizeof(one));
    }
}


ngx_uint_t
ngx_http_flashsale_annex_promise(ngx_http_flashsale_writing_t *writing)
{
    int         state;
    ngx_uint_t  i, all;

    all = 1;

    for (i = 0; i < writing->n; i++) {
        state = NGX_HTTP_FLASHSALE_CHANGE_WAITS;

        if (!atomic_compare_exchange_strong(&writing->changes[i]->state,
                                    &state,
                                    NGX_HTTP_FLASHSALE_CHANGE_PROMISED)
            && state == NGX_HTTP_FLASHSALE_CHANGE_DECIDED)
        {
            all = 0;
        }
    }

    if (all) {
        ngx_http_flashsale_annex_drop(writing);
    }

    return all;
}


void
ngx_http_flashsale_annex_drop(ngx_http_flashsale_writing_t *writing)
{
    while (writing->n) {
        writing->changes[--writing->n]->writing = NULL;
    }
}


/* An error is told before what is only promised. */

static void
ngx_http_flashsale_annex_told(ngx_http_flashsale_change_t *change)
{
    ngx_uint_t                     i;
    ngx_http_flashsale_writing_t  *writing;

    writing = change->writing;

    for (i = 0; writing->changes[i] != change; i++) { /* void */ }

    writing->changes[i] = writing->changes[--writing->n];
    writing->id = change->id;
    writing->rest_ms = change->rest_ms;

    if (writing->outcome == FS_OK
        || (writing->outcome == FS_ACCEPTED && change->outcome != FS_OK))
    {
        writing->outcome = change->outcome;
    }

    if (writing->n == 0 && writing->done) {
        writing->done(writing);
    }
}


void
ngx_http_flashsale_annex_changed(ngx_http_flashsale_annex_t *annex)
{
    fs_now_t                      now;
    ngx_http_flashsale_change_t  *change;

    if (!annex->running) {
        return;
    }

    fs_store_now(annex->worker->store, &now);
    atomic_store(&annex->now, now.due);

    while ((change = ngx_http_flashsale_jobs_get(&annex->done))) {

        ngx_queue_remove(&change->queue);
        annex->changes_n--;

        if (change->writing) {
            ngx_http_flashsale_annex_told(change);
        }

        /* names and texts stay nowhere longer than they must */

        ngx_memzero(&change->talk, sizeof(fs_talk_change_t));
        ngx_free(change);
    }
}


ngx_uint_t
ngx_http_flashsale_annex_exit(ngx_http_flashsale_annex_t *annex)
{
    uint64_t        one, now, until;
    ngx_queue_t    *q;
    struct pollfd   pfd;

    if (!annex->running) {
        return 1;
    }

    atomic_store(&annex->stop, 1);

    one = 1;
    (void) !write(annex->kick, &one, sizeof(one));

    pfd.fd = annex->end;
    pfd.events = POLLIN;
    until = ngx_http_flashsale_usec() + NGX_HTTP_FLASHSALE_ANNEX_JOIN;

    while (!atomic_load(&annex->ended)) {
        now = ngx_http_flashsale_usec();

        if (now >= until) {
            ngx_log_error(NGX_LOG_WARN, annex->log, 0,
                          "flashsale: the %s thread did not end in time",
                          annex->kind->thread);
            ngx_http_flashsale_process_leaves_thread(annex->worker->cycle);
            return 0;
        }

        (void) poll(&pfd, 1, (int) ((until - now) / 1000 + 1));
    }

    (void) pthread_join(annex->tid, NULL);

    /* each of them is in one of these lists, too, or in none */

    while (ngx_http_flashsale_jobs_get(&annex->jobs)) { /* void */ }
    while (ngx_http_flashsale_jobs_get(&annex->done)) { /* void */ }

    ngx_http_flashsale_jobs_destroy(&annex->jobs);
    ngx_http_flashsale_jobs_destroy(&annex->done);

    while (!ngx_queue_empty(&annex->changes)) {
        q = ngx_queue_head(&annex->changes);
        ngx_queue_remove(q);
        ngx_free(ngx_queue_data(q, ngx_http_flashsale_change_t, queue));
    }

    (void) close(annex->kick);
    (void) close(annex->end);

    return 1;
}
