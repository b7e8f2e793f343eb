
#include "worker/ngx_http_flashsale_commit.h"
#include "core/pair/pair.h"

#include <poll.h>


#define NGX_HTTP_FLASHSALE_CATCH_UP      16384  /* entries a transaction */
#define NGX_HTTP_FLASHSALE_LOOK_MSEC     1000
#define NGX_HTTP_FLASHSALE_FOLLOW_MSEC   20
#define NGX_HTTP_FLASHSALE_CLOCK_MSEC    250
#define NGX_HTTP_FLASHSALE_BACKOFF_MSEC  50


static void ngx_http_flashsale_commit_work(
    ngx_http_flashsale_thread_t *thread);
static int ngx_http_flashsale_commit_open(
    ngx_http_flashsale_thread_t *thread);
static void ngx_http_flashsale_commit_follow(
    ngx_http_flashsale_thread_t *thread);
static int ngx_http_flashsale_commit_inherit(
    ngx_http_flashsale_thread_t *thread);
static int ngx_http_flashsale_commit_turn(
    ngx_http_flashsale_thread_t *thread);
static void ngx_http_flashsale_commit_failed(
    ngx_http_flashsale_thread_t *thread, fs_outcome_t outcome,
    const char *what);
static int ngx_http_flashsale_commit_jobs(
    ngx_http_flashsale_thread_t *thread);
static int ngx_http_flashsale_commit_waits(
    ngx_http_flashsale_thread_t *thread);
static void ngx_http_flashsale_commit_watch(
    ngx_http_flashsale_thread_t *thread);
static int ngx_http_flashsale_commit_due(
    ngx_http_flashsale_thread_t *thread, int worked);
static void ngx_http_flashsale_commit_sleep(
    ngx_http_flashsale_thread_t *thread, int msec, int look);


void *
ngx_http_flashsale_commit_main(void *data)
{
    ngx_http_flashsale_thread_t *thread = data;

    uint64_t     one;
    fs_store_t  *store;

    (void) pthread_setname_np(pthread_self(), "flashsale");

    if (thread->conf.reads) {
        ngx_http_flashsale_commit_follow(thread);

    } else if (ngx_http_flashsale_commit_open(thread) == 0
               && ngx_http_flashsale_commit_inherit(thread) == 0)
    {
        ngx_http_flashsale_commit_work(thread);
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
ngx_http_flashsale_commit_work(ngx_http_flashsale_thread_t *thread)
{
    int  worked;

    for ( ;; ) {
        worked = ngx_http_flashsale_commit_turn(thread);

        if (worked == -1) {

            if (atomic_load(&thread->stop)) {
                return;
            }

            if (atomic_load(&atomic_load(&thread->store)->log_lost)) {

                /*
                 * The log's lock is this thread's until it ends, and another
                 * instance may wait for it.  Commands are refused from now on.
                 */

                while (ngx_http_flashsale_commit_jobs(thread)) { /* void */ }

                break;
            }

            ngx_http_flashsale_commit_sleep(thread, (int) thread->backoff, 0);
            thread->backoff = ngx_min(thread->backoff * 2, 1000);
            continue;
        }

        thread->backoff = NGX_HTTP_FLASHSALE_RETRY_MSEC;

        if (ngx_http_flashsale_commit_waits(thread)) {
            continue;
        }

        if (atomic_load(&thread->stop)) {
            return;
        }

        ngx_http_flashsale_commit_watch(thread);

        ngx_http_flashsale_commit_sleep(thread,
                              ngx_http_flashsale_commit_due(thread, worked),
                              1);
    }
}


/* 0: open; -1: the worker leaves. */

static int
ngx_http_flashsale_commit_open(ngx_http_flashsale_thread_t *thread)
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

        ngx_http_flashsale_commit_sleep(thread, thread->conf.reads
                                        ? NGX_HTTP_FLASHSALE_CLOCK_MSEC
                                        : NGX_HTTP_FLASHSALE_LOOK_MSEC, 0);

        if (atomic_load(&thread->stop)) {
            return -1;
        }
    }

    atomic_store_explicit(&thread->store, store, memory_order_release);
    fs_ring_wake(thread->rings, thread->ring);

    return 0;
}


/*
 * Without leading: keep the store open for the main thread to read, tell it of
 * what others commit, and open it again when another is in its place.  Until
 * the worker leaves.
 */

static void
ngx_http_flashsale_commit_follow(ngx_http_flashsale_thread_t *thread)
{
    uint64_t      last;
    fs_store_t   *store;
    fs_reader_t  *reader;

    for ( ;; ) {

        if (ngx_http_flashsale_commit_open(thread) != 0) {
            return;
        }

        thread->message[0] = '\0';
        store = atomic_load(&thread->store);
        reader = fs_reader_create(store);
        last = 0;

        while (!atomic_load(&thread->stop)) {

            if (reader && fs_store_follow(store, reader) != FS_OK) {
                break;
            }

            if (reader && reader->index_txn != last) {
                last = reader->index_txn;
                fs_ring_wake(thread->rings, thread->ring);
            }

            ngx_http_flashsale_commit_sleep(thread,
                                            NGX_HTTP_FLASHSALE_FOLLOW_MSEC, 0);
        }

        atomic_store(&thread->lost, 1);
        fs_ring_wake(thread->rings, thread->ring);

        while (!atomic_load(&thread->given_back)
               && !atomic_load(&thread->stop))
        {
            ngx_http_flashsale_commit_sleep(thread,
                                            NGX_HTTP_FLASHSALE_FOLLOW_MSEC, 0);
        }

        if (reader) {
            fs_reader_destroy(reader);
        }

        if (atomic_load(&thread->stop)) {
            return;
        }

        atomic_store(&thread->store, NULL);
        fs_store_close(store, 0);
        atomic_store(&thread->given_back, 0);
        atomic_store(&thread->lost, 0);
    }
}


/*
 * Make the index usable and the ring ready.  0, or -1: the worker leaves.
 */

static int
ngx_http_flashsale_commit_inherit(ngx_http_flashsale_thread_t *thread)
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

        ngx_http_flashsale_commit_failed(thread, outcome,
                                         "making the store ready");

        ngx_http_flashsale_commit_sleep(thread, NGX_HTTP_FLASHSALE_LOOK_MSEC,
                                        0);
    }

    thread->failure = FS_OK;

    atomic_store_explicit(&thread->ready, 1, memory_order_release);
    fs_ring_wake(thread->rings, thread->ring);

    return 0;
}


/* 1: worked; 0: nothing to do; -1: failed, wait before the next. */

static int
ngx_http_flashsale_commit_turn(ngx_http_flashsale_thread_t *thread)
{
    int                             worked;
    fs_pass_t                       pass;
    ngx_http_flashsale_counters_t  *counters;

    counters = thread->counters;

    worked = ngx_http_flashsale_commit_jobs(thread);

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
            ngx_http_flashsale_commit_failed(thread, pass.outcome,
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
ngx_http_flashsale_commit_failed(ngx_http_flashsale_thread_t *thread,
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
ngx_http_flashsale_commit_jobs(ngx_http_flashsale_thread_t *thread)
{
    int                        n;
    ngx_http_flashsale_job_t  *job;

    for (n = 0; n < 64; n++) {

        job = ngx_http_flashsale_jobs_get(&thread->jobs);
        if (job == NULL) {
            break;
        }

        fs_leader_one(thread->leader, &job->command, &job->op, &job->result);

        ngx_http_flashsale_jobs_put(&thread->done, job);
        fs_ring_wake(thread->rings, thread->ring);
    }

    return n > 0;
}


/* Whether this worker's own commands are waiting. */

static int
ngx_http_flashsale_commit_waits(ngx_http_flashsale_thread_t *thread)
{
    fs_ring_t  *ring;

    ring = fs_ring(thread->rings, thread->ring);

    if (atomic_load(&ring->head) != atomic_load(&ring->delivered)) {
        return 1;
    }

    return ngx_http_flashsale_jobs_wait(&thread->jobs);
}


/* Each second: has a reader died, is a map filling up? */

static void
ngx_http_flashsale_commit_watch(ngx_http_flashsale_thread_t *thread)
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
ngx_http_flashsale_commit_due(ngx_http_flashsale_thread_t *thread,
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
ngx_http_flashsale_commit_sleep(ngx_http_flashsale_thread_t *thread, int msec,
    int look)
{
    uint64_t       n;
    struct pollfd  pfd;

    pfd.fd = thread->kick;
    pfd.events = POLLIN;

    if (look) {
        atomic_store(&thread->sleeping, 1);
        atomic_thread_fence(memory_order_seq_cst);

        if (ngx_http_flashsale_commit_waits(thread)) {
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
