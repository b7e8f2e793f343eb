
#include "worker/ngx_http_flashsale_thread.h"
#include "core/lmdb/guard.h"
#include "worker/ngx_http_flashsale_commit.h"

#include <poll.h>
#include <sys/eventfd.h>


#define NGX_HTTP_FLASHSALE_JOIN_USEC     10000000
#define NGX_HTTP_FLASHSALE_NUDGE_MSEC    100


static void ngx_http_flashsale_thread_end(
    ngx_http_flashsale_thread_t *thread);


/* Main thread. */

ngx_http_flashsale_thread_t *
ngx_http_flashsale_thread_start(ngx_http_flashsale_main_conf_t *mcf, int ring,
    ngx_log_t *log)
{
    int                           err;
    sigset_t                      old;
    ngx_http_flashsale_thread_t  *thread;

    thread = ngx_calloc(sizeof(ngx_http_flashsale_thread_t), log);
    if (thread == NULL) {
        return NULL;
    }

    thread->backoff = NGX_HTTP_FLASHSALE_RETRY_MSEC;

    thread->log = log;
    ngx_http_flashsale_system_init(&thread->system, log);
    thread->path = strdup((char *) mcf->path->name.data);
    ngx_http_flashsale_store_conf(&thread->system, thread->path, mcf->size,
                                  mcf->sync, &thread->conf);
    thread->conf.reads = mcf->lead ? FS_READS_NOT : FS_READS;
    thread->conf.refund_ms = (uint32_t) mcf->refund_time;
    thread->conf.given_ms = (uint32_t) mcf->hand_over_time;
    thread->conf.claim_ms = (uint32_t) mcf->claim_time;
    thread->conf.auto_fen = mcf->claims.auto_fen;
    thread->conf.auto_claims = (uint32_t) mcf->claims.per_buyer;
    thread->conf.auto_ms = (int64_t) mcf->claims.period;
    thread->shared = mcf->shared;
    thread->rings = ngx_http_flashsale_rings(mcf->shared);
    thread->ring = ring;
    thread->counters = ngx_http_flashsale_counters(mcf->shared, ring);
    thread->kick = eventfd(0, EFD_CLOEXEC|EFD_NONBLOCK);
    thread->end = eventfd(0, EFD_CLOEXEC|EFD_NONBLOCK);

    if (thread->path == NULL || thread->kick == -1 || thread->end == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      "flashsale: making the commit thread failed");
        ngx_http_flashsale_thread_end(thread);
        return NULL;
    }

    err = ngx_http_flashsale_jobs_init(&thread->jobs);

    if (err == 0) {
        err = ngx_http_flashsale_jobs_init(&thread->done);
    }

    if (err == 0) {

        /* signals are the main thread's */

        fs_guard_block(&old);

        err = pthread_create(&thread->tid, NULL,
                             ngx_http_flashsale_commit_main, thread);

        (void) pthread_sigmask(SIG_SETMASK, &old, NULL);
    }

    if (err) {
        ngx_log_error(NGX_LOG_ALERT, log, err,
                      "flashsale: starting the commit thread failed");
        ngx_http_flashsale_thread_end(thread);
        return NULL;
    }

    return thread;
}


/* Main thread. */

void
ngx_http_flashsale_thread_stop(ngx_http_flashsale_thread_t *thread)
{
    uint64_t  one;

    atomic_store(&thread->stop, 1);

    one = 1;
    (void) !write(thread->kick, &one, sizeof(one));
}


int
ngx_http_flashsale_thread_ended(ngx_http_flashsale_thread_t *thread)
{
    return atomic_load(&thread->ended);
}


int64_t
ngx_http_flashsale_thread_waiting(ngx_http_flashsale_thread_t *thread)
{
    return atomic_load_explicit(&thread->waiting, memory_order_relaxed);
}


/* Main thread.  Where it may wait for a lock: nothing else is cut short. */

void
ngx_http_flashsale_thread_nudge(ngx_http_flashsale_thread_t *thread)
{
    if (ngx_http_flashsale_thread_waiting(thread)
        || atomic_load_explicit(&thread->catching_up, memory_order_relaxed)
        || atomic_load_explicit(&thread->closing, memory_order_relaxed))
    {
        fs_guard_nudge(thread->tid);
    }
}


/*
 * Main thread.  How long is by the running time: the wall clock may step.
 * While it closes the store it is past all locks, and only the disk is slow.
 */

ngx_int_t
ngx_http_flashsale_thread_wait(ngx_http_flashsale_thread_t *thread)
{
    uint64_t       until, now;
    struct pollfd  pfd;

    until = ngx_http_flashsale_usec() + NGX_HTTP_FLASHSALE_JOIN_USEC;

    pfd.fd = thread->end;
    pfd.events = POLLIN;

    while (!atomic_load(&thread->ended)) {
        now = ngx_http_flashsale_usec();

        if (now >= until && !atomic_load(&thread->closing)) {
            return NGX_AGAIN;
        }

        if (poll(&pfd, 1, NGX_HTTP_FLASHSALE_NUDGE_MSEC) == 0) {
            ngx_http_flashsale_thread_nudge(thread);
        }
    }

    return NGX_OK;
}


/* Main thread, after its end. */

void
ngx_http_flashsale_thread_free(ngx_http_flashsale_thread_t *thread)
{
    (void) pthread_join(thread->tid, NULL);

    ngx_http_flashsale_jobs_destroy(&thread->jobs);
    ngx_http_flashsale_jobs_destroy(&thread->done);

    ngx_http_flashsale_thread_end(thread);
}


/* Free what a thread has before it runs, and after. */

static void
ngx_http_flashsale_thread_end(ngx_http_flashsale_thread_t *thread)
{
    if (thread->kick != -1) {
        (void) close(thread->kick);
    }

    if (thread->end != -1) {
        (void) close(thread->end);
    }

    free(thread->path);
    ngx_free(thread);
}


/*
 * Main thread.  The thread says that it sleeps before it looks at the ring
 * for the last time, and here the ring was written before it is asked: one
 * of the two sees the other.
 */

void
ngx_http_flashsale_thread_kick(ngx_http_flashsale_thread_t *thread)
{
    uint64_t  one;

    atomic_thread_fence(memory_order_seq_cst);

    if (!atomic_load_explicit(&thread->sleeping, memory_order_relaxed)
        || !atomic_exchange(&thread->sleeping, 0))
    {
        return;
    }

    one = 1;
    (void) !write(thread->kick, &one, sizeof(one));
}


fs_store_t *
ngx_http_flashsale_thread_store(ngx_http_flashsale_thread_t *thread)
{
    return atomic_load_explicit(&thread->store, memory_order_acquire);
}


/* Main thread. */

int
ngx_http_flashsale_thread_lost(ngx_http_flashsale_thread_t *thread)
{
    return atomic_load_explicit(&thread->lost, memory_order_acquire);
}


/* Main thread, which uses nothing of the store any more. */

void
ngx_http_flashsale_thread_give_back(ngx_http_flashsale_thread_t *thread)
{
    atomic_store(&thread->given_back, 1);
}


int
ngx_http_flashsale_thread_ready(ngx_http_flashsale_thread_t *thread)
{
    return atomic_load_explicit(&thread->ready, memory_order_acquire);
}


/* Main thread. */

void
ngx_http_flashsale_thread_add(ngx_http_flashsale_thread_t *thread,
    ngx_http_flashsale_job_t *job)
{
    ngx_http_flashsale_jobs_put(&thread->jobs, job);
    ngx_http_flashsale_thread_kick(thread);
}


/* Main thread. */

ngx_http_flashsale_job_t *
ngx_http_flashsale_thread_done(ngx_http_flashsale_thread_t *thread)
{
    return ngx_http_flashsale_jobs_get(&thread->done);
}
