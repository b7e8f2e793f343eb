
#include "worker/ngx_http_flashsale_thread.h"
#include "core/lead/lead.h"
#include "core/lmdb/guard.h"
#include "core/pair/pair.h"
#include "worker/ngx_http_flashsale_worker.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>


#define NGX_HTTP_FLASHSALE_CATCH_UP      16384  /* entries a transaction */
#define NGX_HTTP_FLASHSALE_LOOK_MSEC     1000
#define NGX_HTTP_FLASHSALE_CLOCK_MSEC    250
#define NGX_HTTP_FLASHSALE_BACKOFF_MSEC  50
#define NGX_HTTP_FLASHSALE_RETRY_MSEC    1     /* doubled each time */
#define NGX_HTTP_FLASHSALE_JOIN_USEC     10000000
#define NGX_HTTP_FLASHSALE_NUDGE_MSEC    100


typedef struct {
    ngx_http_flashsale_job_t        *first;
    ngx_http_flashsale_job_t       **last;
} ngx_http_flashsale_jobs_t;


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
    _Atomic int                      stop;
    _Atomic int                      catching_up;
    _Atomic int                      closing;   /* the last thing it does */
    _Atomic int                      ended;
    _Atomic int64_t                  waiting;   /* for locks since, µs */
    _Atomic int                      sleeping;
    int                              end;       /* eventfd: it has ended */
    int                              kick;      /* eventfd, private */

    pthread_mutex_t                  mutex;     /* of the lists */
    ngx_http_flashsale_jobs_t        jobs;
    ngx_http_flashsale_jobs_t        done;

    /* the thread's own */
    ngx_msec_t                       backoff;
    fs_outcome_t                     failure;   /* what was logged last */
    uint64_t                         failed_at; /* and when */
    uint64_t                         looked_at;
    char                             message[256];
};


static void ngx_http_flashsale_thread_put(ngx_http_flashsale_thread_t *thread,
    ngx_http_flashsale_jobs_t *jobs, ngx_http_flashsale_job_t *job);
static ngx_http_flashsale_job_t *ngx_http_flashsale_thread_get(
    ngx_http_flashsale_thread_t *thread, ngx_http_flashsale_jobs_t *jobs);
static void *ngx_http_flashsale_thread_main(void *data);
static void ngx_http_flashsale_thread_work(
    ngx_http_flashsale_thread_t *thread);
static void ngx_http_flashsale_thread_end(
    ngx_http_flashsale_thread_t *thread);
static int ngx_http_flashsale_thread_open(
    ngx_http_flashsale_thread_t *thread);
static int ngx_http_flashsale_thread_inherit(
    ngx_http_flashsale_thread_t *thread);
static int ngx_http_flashsale_thread_turn(
    ngx_http_flashsale_thread_t *thread);
static void ngx_http_flashsale_thread_failed(
    ngx_http_flashsale_thread_t *thread, fs_outcome_t outcome,
    const char *what);
static int ngx_http_flashsale_thread_jobs(
    ngx_http_flashsale_thread_t *thread);
static int ngx_http_flashsale_thread_waits(
    ngx_http_flashsale_thread_t *thread);
static void ngx_http_flashsale_thread_watch(
    ngx_http_flashsale_thread_t *thread);
static int ngx_http_flashsale_thread_due(
    ngx_http_flashsale_thread_t *thread, int worked);
static void ngx_http_flashsale_thread_sleep(
    ngx_http_flashsale_thread_t *thread, int msec, int look);


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

    thread->jobs.last = &thread->jobs.first;
    thread->done.last = &thread->done.first;
    thread->backoff = NGX_HTTP_FLASHSALE_RETRY_MSEC;

    thread->log = log;
    ngx_http_flashsale_system_init(&thread->system, log);
    thread->path = strdup((char *) mcf->path->name.data);
    ngx_http_flashsale_store_conf(&thread->system, thread->path, mcf->size,
                                  mcf->sync, &thread->conf);
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

    err = pthread_mutex_init(&thread->mutex, NULL);

    if (err == 0) {

        /* signals are the main thread's */

        fs_guard_block(&old);

        err = pthread_create(&thread->tid, NULL,
                             ngx_http_flashsale_thread_main, thread);

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
    ngx_http_flashsale_job_t  *job;

    (void) pthread_join(thread->tid, NULL);

    while ((job = ngx_http_flashsale_thread_get(thread, &thread->jobs))
           || (job = ngx_http_flashsale_thread_get(thread, &thread->done)))
    {
        free(job);
    }

    (void) pthread_mutex_destroy(&thread->mutex);

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
    ngx_http_flashsale_thread_put(thread, &thread->jobs, job);
    ngx_http_flashsale_thread_kick(thread);
}


/* Main thread. */

ngx_http_flashsale_job_t *
ngx_http_flashsale_thread_done(ngx_http_flashsale_thread_t *thread)
{
    return ngx_http_flashsale_thread_get(thread, &thread->done);
}


static void
ngx_http_flashsale_thread_put(ngx_http_flashsale_thread_t *thread,
    ngx_http_flashsale_jobs_t *jobs, ngx_http_flashsale_job_t *job)
{
    job->next = NULL;

    pthread_mutex_lock(&thread->mutex);
    *jobs->last = job;
    jobs->last = &job->next;
    pthread_mutex_unlock(&thread->mutex);
}


static ngx_http_flashsale_job_t *
ngx_http_flashsale_thread_get(ngx_http_flashsale_thread_t *thread,
    ngx_http_flashsale_jobs_t *jobs)
{
    ngx_http_flashsale_job_t  *job;

    pthread_mutex_lock(&thread->mutex);

    job = jobs->first;

    if (job) {
        jobs->first = job->next;

        if (jobs->first == NULL) {
            jobs->last = &jobs->first;
        }
    }

    pthread_mutex_unlock(&thread->mutex);

    return job;
}


static void *
ngx_http_flashsale_thread_main(void *data)
{
    ngx_http_flashsale_thread_t *thread = data;

    uint64_t     one;
    fs_store_t  *store;

    (void) pthread_setname_np(pthread_self(), "flashsale");

    if (ngx_http_flashsale_thread_open(thread) == 0
        && ngx_http_flashsale_thread_inherit(thread) == 0)
    {
        ngx_http_flashsale_thread_work(thread);
    }

    if (thread->leader) {
        fs_leader_destroy(thread->leader);
    }

    store = atomic_load(&thread->store);

    /* one that is lost stays: the worker goes on to read in it */

    if (store && !atomic_load(&store->log_lost)) {
        atomic_store(&thread->closing, 1);
        fs_store_close(store, 1);
    }

    atomic_store(&thread->ended, 1);
    fs_ring_wake(thread->rings, thread->ring);

    one = 1;
    (void) !write(thread->end, &one, sizeof(one));

    return NULL;
}


/* Passes, until the worker leaves. */

static void
ngx_http_flashsale_thread_work(ngx_http_flashsale_thread_t *thread)
{
    int  worked;

    for ( ;; ) {
        worked = ngx_http_flashsale_thread_turn(thread);

        if (worked == -1) {

            if (atomic_load(&thread->stop)) {
                return;
            }

            if (atomic_load(&atomic_load(&thread->store)->log_lost)) {

                /*
                 * The log's lock is this thread's until it ends, and another
                 * instance may wait for it.  Commands are refused from now on.
                 */

                while (ngx_http_flashsale_thread_jobs(thread)) { /* void */ }

                break;
            }

            ngx_http_flashsale_thread_sleep(thread, (int) thread->backoff, 0);
            thread->backoff = ngx_min(thread->backoff * 2, 1000);
            continue;
        }

        thread->backoff = NGX_HTTP_FLASHSALE_RETRY_MSEC;

        if (ngx_http_flashsale_thread_waits(thread)) {
            continue;
        }

        if (atomic_load(&thread->stop)) {
            return;
        }

        ngx_http_flashsale_thread_watch(thread);

        ngx_http_flashsale_thread_sleep(thread,
                              ngx_http_flashsale_thread_due(thread, worked),
                              1);
    }
}


/* 0: open; -1: the worker leaves. */

static int
ngx_http_flashsale_thread_open(ngx_http_flashsale_thread_t *thread)
{
    char           message[256];
    fs_store_t    *store;
    fs_outcome_t   outcome;

    for ( ;; ) {
        message[0] = '\0';

        ngx_http_flashsale_boot_id(thread->conf.boot_id);

        atomic_store(&thread->waiting, (int64_t) ngx_http_flashsale_usec());
        store = fs_store_open(&thread->conf, &outcome, message);
        atomic_store(&thread->waiting, 0);

        if (store) {
            break;
        }

        if (ngx_strcmp(message, thread->message) != 0) {
            ngx_log_error(NGX_LOG_ERR, thread->log, 0,
                          "flashsale: the store \"%s\" cannot be opened: %s",
                          thread->path, message);
            ngx_memcpy(thread->message, message, sizeof(message));
        }

        ngx_http_flashsale_thread_sleep(thread, NGX_HTTP_FLASHSALE_LOOK_MSEC,
                                        0);

        if (atomic_load(&thread->stop)) {
            return -1;
        }
    }

    atomic_store_explicit(&thread->store, store, memory_order_release);
    fs_ring_wake(thread->rings, thread->ring);

    return 0;
}


/*
 * Make the index usable and the ring ready.  0, or -1: the worker leaves.
 */

static int
ngx_http_flashsale_thread_inherit(ngx_http_flashsale_thread_t *thread)
{
    int            more;
    fs_store_t    *store;
    fs_outcome_t   outcome;

    store = atomic_load(&thread->store);

    for ( ;; ) {
        more = 0;
        outcome = FS_OK;

        if (thread->leader == NULL) {
            thread->leader = fs_leader_create(store, thread->rings);

            if (thread->leader == NULL) {
                outcome = FS_INTERNAL;

            } else {
                fs_leader_set_waiting(thread->leader, &thread->waiting);
            }
        }

        if (outcome == FS_OK) {
            atomic_store(&thread->catching_up, 1);
            outcome = fs_store_catch_up(store, NGX_HTTP_FLASHSALE_CATCH_UP,
                                        &thread->stop, &more);
            atomic_store(&thread->catching_up, 0);
        }

        if (outcome == FS_OK && !more) {
            outcome = fs_leader_inherit(thread->leader, thread->ring);
        }

        if (outcome == FS_OK && !more) {
            break;
        }

        if (atomic_load(&thread->stop)) {
            return -1;
        }

        ngx_http_flashsale_thread_failed(thread, outcome,
                                         "making the store ready");

        ngx_http_flashsale_thread_sleep(thread, NGX_HTTP_FLASHSALE_LOOK_MSEC,
                                        0);
    }

    thread->failure = FS_OK;

    atomic_store_explicit(&thread->ready, 1, memory_order_release);
    fs_ring_wake(thread->rings, thread->ring);

    return 0;
}


/* 1: worked; 0: nothing to do; -1: failed, wait before the next. */

static int
ngx_http_flashsale_thread_turn(ngx_http_flashsale_thread_t *thread)
{
    int                             worked;
    fs_pass_t                       pass;
    ngx_http_flashsale_counters_t  *counters;

    counters = thread->counters;

    worked = ngx_http_flashsale_thread_jobs(thread);

    do {
        ngx_memzero(&pass, sizeof(fs_pass_t));

        fs_leader_pass(thread->leader, &thread->stop, &pass);

        if (atomic_load_explicit(&thread->shared->stuck, memory_order_relaxed)
            && atomic_exchange(&thread->shared->stuck, 0))
        {
            ngx_log_error(NGX_LOG_NOTICE, thread->log, 0,
                              "flashsale: the log's lock was given back, "
                              "commits go on");
        }

        if (pass.delivered) {
            ngx_http_flashsale_add(&counters->redelivered, pass.delivered);
        }

        if (pass.outcome != FS_OK) {
            ngx_http_flashsale_add(&counters->batches_failed, 1);
            ngx_http_flashsale_thread_failed(thread, pass.outcome,
                                             "a commit");
            return -1;
        }

        if (pass.commands || pass.timers || pass.entries) {
            worked = 1;

            ngx_http_flashsale_add(&counters->batches, 1);
            ngx_http_flashsale_add(&counters->commands, pass.commands);
            ngx_http_flashsale_add(&counters->timers, pass.timers);
            ngx_http_flashsale_add(&counters->entries, pass.entries);
            ngx_http_flashsale_add(&counters->accepted, pass.accepted);

            ngx_http_flashsale_observe(&counters->batch,
                                       ngx_http_flashsale_batch_bounds,
                                       pass.commands);
            ngx_http_flashsale_observe_usec(&counters->lock, pass.wait_us);

            if (pass.entries) {
                ngx_http_flashsale_observe_usec(&counters->log, pass.log_us);
                ngx_http_flashsale_observe_usec(&counters->index,
                                                pass.index_us);
            }

            if (pass.entries && thread->failure != FS_OK) {
                ngx_log_error(NGX_LOG_NOTICE, thread->log, 0,
                              "flashsale: commits succeed again");
                thread->failure = FS_OK;
            }
        }

    } while (pass.more && !atomic_load(&thread->stop));

    return worked;
}


/*
 * Say a failure once, not with each try; and where it comes and goes, not
 * with each change.
 */

static void
ngx_http_flashsale_thread_failed(ngx_http_flashsale_thread_t *thread,
    fs_outcome_t outcome, const char *what)
{
    uint64_t    now;
    ngx_uint_t  level;

    now = ngx_http_flashsale_usec();

    if (outcome == thread->failure
        || now - thread->failed_at < NGX_HTTP_FLASHSALE_LOOK_MSEC * 1000)
    {
        return;
    }

    thread->failure = outcome;
    thread->failed_at = now;
    level = (outcome == FS_REBUILDING) ? NGX_LOG_NOTICE : NGX_LOG_ERR;

    ngx_log_error(level, thread->log, 0,
                  "flashsale: %s failed: %s (%s)",
                  what, fs_outcome_title(outcome), fs_outcome_code(outcome));
}


/* Operator's commands, in the order of their arrival. */

static int
ngx_http_flashsale_thread_jobs(ngx_http_flashsale_thread_t *thread)
{
    int                        n;
    ngx_http_flashsale_job_t  *job;

    for (n = 0; n < 64; n++) {

        job = ngx_http_flashsale_thread_get(thread, &thread->jobs);
        if (job == NULL) {
            break;
        }

        fs_leader_one(thread->leader, &job->command, &job->op, &job->result);

        ngx_http_flashsale_thread_put(thread, &thread->done, job);
        fs_ring_wake(thread->rings, thread->ring);
    }

    return n > 0;
}


/* Whether this worker's own commands are waiting. */

static int
ngx_http_flashsale_thread_waits(ngx_http_flashsale_thread_t *thread)
{
    int         waits;
    fs_ring_t  *ring;

    ring = fs_ring(thread->rings, thread->ring);

    if (atomic_load(&ring->head) != atomic_load(&ring->delivered)) {
        return 1;
    }

    pthread_mutex_lock(&thread->mutex);
    waits = (thread->jobs.first != NULL);
    pthread_mutex_unlock(&thread->mutex);

    return waits;
}


/* Each second: has a reader died, is a map filling up? */

static void
ngx_http_flashsale_thread_watch(ngx_http_flashsale_thread_t *thread)
{
    uint64_t         now;
    fs_store_stat_t  stat;

    now = ngx_http_flashsale_usec();

    if (now - thread->looked_at < NGX_HTTP_FLASHSALE_LOOK_MSEC * 1000) {
        return;
    }

    thread->looked_at = now;

    fs_leader_forget_readers(thread->leader);

    if (fs_store_stat(atomic_load(&thread->store), &stat) != 0) {
        return;
    }

    ngx_http_flashsale_growth_watch(thread->shared, &stat, now, thread->log);
}


/* How long to sleep, in ms: a second, or until the next thing is due. */

static int
ngx_http_flashsale_thread_due(ngx_http_flashsale_thread_t *thread,
    int worked)
{
    int64_t      wait;
    fs_now_t     now;
    fs_rings_t  *rings;

    rings = thread->rings;

    fs_store_now(atomic_load(&thread->store), &now);

    wait = ngx_min(atomic_load(&rings->next_wall) - now.due,
                   atomic_load(&rings->next_mono) - now.mono);

    if (wait <= 0) {

        /* it is due, and a pass has just left it: do not spin on it */

        return worked ? 0 : NGX_HTTP_FLASHSALE_BACKOFF_MSEC;
    }

    if (now.due != now.wall) {

        /* how long a clock lasts that is not believed yet */

        wait = ngx_min(wait, NGX_HTTP_FLASHSALE_CLOCK_MSEC);
    }

    return (int) ngx_min(wait, NGX_HTTP_FLASHSALE_LOOK_MSEC);
}


/* look: not when something waits. */

static void
ngx_http_flashsale_thread_sleep(ngx_http_flashsale_thread_t *thread, int msec,
    int look)
{
    uint64_t       n;
    struct pollfd  pfd;

    pfd.fd = thread->kick;
    pfd.events = POLLIN;

    if (look) {
        atomic_store(&thread->sleeping, 1);
        atomic_thread_fence(memory_order_seq_cst);

        if (ngx_http_flashsale_thread_waits(thread)) {
            atomic_store(&thread->sleeping, 0);
            return;
        }
    }

    if (!atomic_load(&thread->stop)) {
        (void) poll(&pfd, 1, msec);
    }

    atomic_store(&thread->sleeping, 0);

    (void) !read(thread->kick, &n, sizeof(n));
}
