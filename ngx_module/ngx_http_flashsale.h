
/*
 * What the files of the glue share.  The glue has no business rule: it turns
 * requests into commands of the core and results into answers, and it owns
 * the life cycle: the shared zone, the worker's ring, its commit thread.
 *
 * Everything here runs on the worker's main thread, unless it says "thread".
 */

#ifndef NGX_HTTP_FLASHSALE_H
#define NGX_HTTP_FLASHSALE_H

#include "conf/ngx_http_flashsale_compat.h"

#include <pthread.h>
#include <stdatomic.h>

#include "core/base/fs_types.h"
#include "core/text/answer.h"
#include "core/lead/commit.h"
#include "core/lead/settle.h"
#include "core/decide/decide.h"
#include "core/read/growth.h"
#include "core/log/life.h"
#include "core/state/points.h"
#include "core/read/audit.h"
#include "core/text/events.h"
#include "core/text/form.h"
#include "core/read/refuse.h"

#pragma GCC visibility push(hidden)


#define NGX_HTTP_FLASHSALE_PARKED_MAX   4096   /* requests at start */
#define NGX_HTTP_FLASHSALE_PARKED_MSEC  2000
#define NGX_HTTP_FLASHSALE_BUCKETS      16     /* of a histogram, with +Inf */


typedef struct ngx_http_flashsale_worker_s     ngx_http_flashsale_worker_t;
typedef struct ngx_http_flashsale_thread_s     ngx_http_flashsale_thread_t;
typedef struct ngx_http_flashsale_waits_s      ngx_http_flashsale_waits_t;
typedef struct ngx_http_flashsale_eventfds_s   ngx_http_flashsale_eventfds_t;
typedef struct ngx_http_flashsale_checkout_s   ngx_http_flashsale_checkout_t;

/* each stream's own, in its own file */
typedef struct ngx_http_flashsale_events_s     ngx_http_flashsale_events_t;
typedef struct ngx_http_flashsale_ledger_s     ngx_http_flashsale_ledger_t;
typedef struct ngx_http_flashsale_audit_s      ngx_http_flashsale_audit_t;
typedef struct ngx_http_flashsale_lua_s        ngx_http_flashsale_lua_t;


/*
 * Counters, in shared memory.  Each ring has its own set, so that workers do
 * not share cache lines; a set outlives the worker that wrote it.  Written by
 * the ring's main thread and its commit thread; summed when they are read.
 */

typedef _Atomic uint64_t  ngx_http_flashsale_counter_t;

typedef struct {
    ngx_http_flashsale_counter_t     buckets[NGX_HTTP_FLASHSALE_BUCKETS];
    ngx_http_flashsale_counter_t     sum;     /* microseconds or pieces */
} ngx_http_flashsale_histogram_t;

typedef struct {
    ngx_http_flashsale_counter_t     requests[FS_OUTCOMES_N];
    ngx_http_flashsale_counter_t     refused;       /* without a write */
    ngx_http_flashsale_counter_t     parked;        /* waited for the store */
    ngx_http_flashsale_counter_t     batches;       /* commits by passes */
    ngx_http_flashsale_counter_t     batches_failed;
    ngx_http_flashsale_counter_t     commands;
    ngx_http_flashsale_counter_t     timers;
    ngx_http_flashsale_counter_t     entries;
    ngx_http_flashsale_counter_t     redelivered;   /* of dead leaders */
    ngx_http_flashsale_histogram_t   batch;         /* commands a batch */
    ngx_http_flashsale_histogram_t   lock;          /* µs for the lock */
    ngx_http_flashsale_histogram_t   log;           /* µs, log's commit */
    ngx_http_flashsale_histogram_t   index;         /* µs, index's commit */
    ngx_http_flashsale_histogram_t   wait;          /* µs, of a request for
                                                       its commit */
    ngx_http_flashsale_histogram_t   turn;          /* µs of CPU, of ours in
                                                       a turn of the loop */
    ngx_http_flashsale_histogram_t   stall;         /* µs, event loop */
} ngx_http_flashsale_counters_t;

/* upper bounds of the buckets; the last bucket has none */
extern const uint64_t  ngx_http_flashsale_batch_bounds[
                                          NGX_HTTP_FLASHSALE_BUCKETS - 1];
extern const uint64_t  ngx_http_flashsale_usec_bounds[
                                          NGX_HTTP_FLASHSALE_BUCKETS - 1];

/* The zone's shared part.  Counters and rings follow, 64 bytes aligned. */
typedef struct {
    uint32_t                         rings_n;
    size_t                           rings_offset;  /* from this */
    size_t                           counters_offset;
    _Atomic uint32_t                 warned_log;    /* map is filling up, */
    _Atomic uint32_t                 warned_index;  /* and it was said */
    _Atomic uint32_t                 stuck;         /* it was said that
                                                       commits wait */
    fs_growth_t                      growth;
} ngx_http_flashsale_shared_t;


/* configuration */

typedef enum {
    NGX_HTTP_FLASHSALE_ORDERS = 0,
    NGX_HTTP_FLASHSALE_LEDGER,
    NGX_HTTP_FLASHSALE_ADMIN,
    NGX_HTTP_FLASHSALE_CHECKOUT,
    NGX_HTTP_FLASHSALE_ROLES_N
} ngx_http_flashsale_role_t;

typedef struct {
    ngx_path_t                      *path;          /* NULL: no store */
    size_t                           size;
    dev_t                            device;        /* of the path, when the
                                                       zone was made */
    ngx_file_uniq_t                  inode;
    ngx_flag_t                       sync;
    ngx_int_t                        queue;
    uint32_t                         rings_n;
    size_t                           block_size;    /* of the zone's block */
    ngx_cycle_t                     *cycle;
    ngx_array_t                     *secrets[NGX_HTTP_FLASHSALE_ROLES_N];
                                                    /* of fs_str_t */
    ngx_array_t                     *needs;         /* checked at the end */
    ngx_shm_zone_t                  *shm_zone;
    ngx_http_flashsale_shared_t     *shared;
    ngx_http_flashsale_eventfds_t   *eventfds;
    ngx_http_flashsale_worker_t     *worker;        /* in a worker only */
} ngx_http_flashsale_main_conf_t;

/* where a directive stands, and what it needs to be there in the end */
typedef struct {
    ngx_str_t                        name;      /* of the directive */
    ngx_int_t                        role;      /* -1: none */
    u_char                          *file;
    ngx_uint_t                       line;
} ngx_http_flashsale_need_conf_t;

/* flashsale_newcomer */
typedef struct {
    ngx_http_complex_value_t         since;         /* when the identity was
                                                       given, epoch ms */
    ngx_http_complex_value_t         work;          /* the token shown */
    ngx_msec_t                       wait;
    ngx_uint_t                       bits;          /* 0: no work counts */
} ngx_http_flashsale_newcomer_t;

typedef struct {
    ngx_http_complex_value_t        *user;
    ngx_http_complex_value_t        *redirect;
    ngx_http_complex_value_t        *pay;
    ngx_http_complex_value_t        *checkout_return;
    ngx_http_complex_value_t        *checkout_buyer;
    ngx_msec_t                       hold_time;
    ngx_msec_t                       pay_time;
    ngx_uint_t                       live_holds;
    ngx_http_flashsale_newcomer_t   *newcomer;      /* NULL: off */
    ngx_http_handler_pt              handler;       /* of this location */
    ngx_str_t                        prefix;        /* its path */
    ngx_http_flashsale_need_conf_t  *place;         /* of the handler and of */
    ngx_http_flashsale_need_conf_t  *paying;        /* flashsale_pay; NULL:
                                                       not here */
    ngx_array_t                     *error_pages;   /* as configured, */
    ngx_array_t                     *error_pages_kept;  /* and in force */
} ngx_http_flashsale_loc_conf_t;


/* one process's engine; made in init_process, hangs on the main conf */

struct ngx_http_flashsale_worker_s {
    ngx_http_flashsale_main_conf_t  *conf;
    ngx_cycle_t                     *cycle;
    ngx_log_t                       *log;

    fs_rings_t                      *rings;
    int                              ring;          /* -1: none yet */
    ngx_http_flashsale_counters_t   *counters;      /* the ring's; never
                                                       NULL */
    ngx_connection_t                *connection;    /* of the eventfd */
    ngx_http_flashsale_thread_t     *thread;

    /*
     * NULL until the store is open.  What follows it belongs to the main
     * thread and is there whenever store is.  Take a view with
     * fs_view_open(worker->reader, &view) and close it in the same turn,
     * before anything is sent or finalized.
     */
    fs_store_t                      *store;
    fs_reader_t                     *reader;
    fs_crypto_t                     *crypto;
    fs_state_cache_t                *cache;

    /*
     * What the last refused buyer was told, when a sale had too few units
     * free: a rush is told the same.  It says nothing but these two numbers.
     */
    struct {
        uint32_t                     sale;          /* 0: nothing yet */
        uint32_t                     free;
        int                          len;
        char                         text[FS_PROBLEM_JSON_MAX];
    }                                sold_out;

    /* of the log, for threads: see ngx_http_flashsale_thread_error() */
    pthread_mutex_t                  log_lock;
    unsigned                         muted;

    unsigned                         ready:1;       /* ring settled */
    unsigned                         exiting:1;
    unsigned                         retiring:1;    /* the thread ends */
    unsigned                         retired:1;     /* no ring, no thread,
                                                       while none is needed */
    unsigned                         complained:1;  /* no ring is free */

    ngx_http_flashsale_waits_t      *waits;
    ngx_queue_t                      parked;        /* ctx->queue */
    ngx_uint_t                       parked_n;
    ngx_event_t                      parked_timer;
    ngx_event_t                      resume;        /* posted: parked ones
                                                       may go on */
    ngx_uint_t                       resume_n;      /* so many of them */
    ngx_uint_t                       reading_n;     /* bodies on their way */
    ngx_uint_t                       quiet;         /* looks at which nothing
                                                       waited, in a row */
    ngx_event_t                      retire;        /* when it leaves: looks
                                                       if anything waits */
    int64_t                          stuck_since;   /* µs, when last looked */
    ngx_event_t                      tick;          /* each second */
    ngx_event_t                      stall;         /* each 100 ms */
    uint64_t                         stall_at;      /* µs, expected */
    long                             boot_phase;    /* ns, see the clock */

    ngx_http_flashsale_events_t     *events;
    ngx_http_flashsale_ledger_t     *ledger;
    ngx_http_flashsale_audit_t      *audit;
    ngx_http_flashsale_lua_t        *lua;
};


/* what a request has of ours */

typedef struct ngx_http_flashsale_ctx_s  ngx_http_flashsale_ctx_t;

/* Build the answer from a result; a view may be open or not (view->store
 * NULL). */
typedef void (*ngx_http_flashsale_done_pt)(ngx_http_request_t *r,
    const fs_result_t *result, fs_view_t *view);

/* The same for a caller that is no request; wait_us: how long it took. */
typedef void (*ngx_http_flashsale_call_pt)(void *data,
    const fs_result_t *result, int64_t wait_us);

/* headers of a request that the module looks at, found in one walk */
typedef struct {
    ngx_str_t                        key;           /* Idempotency-Key */
    ngx_str_t                        signature;
    ngx_str_t                        sec_fetch_site;
    ngx_str_t                        origin;
    ngx_str_t                        last_event_id;
    ngx_str_t                        content_type;
    ngx_str_t                        if_none_match;
    unsigned                         cookie:1;
    unsigned                         repeated:1;    /* key or signature
                                                       given twice */
} ngx_http_flashsale_headers_t;

typedef struct {
    ngx_uint_t                       status;
    ngx_str_t                        type;          /* Content-Type */
    ngx_str_t                        location;      /* len 0: none */
    ngx_str_t                        etag;          /* len 0: none */
    const char                      *cache;         /* NULL: none */
    const char                      *allow;         /* NULL: none */
    ngx_buf_t                       *body;          /* NULL: none */
    const char                      *challenge;     /* NULL: none */
    ngx_uint_t                       retry;         /* Retry-After, seconds;
                                                       0: none */
    unsigned                         replayed:1;
} ngx_http_flashsale_answer_t;

struct ngx_http_flashsale_ctx_s {
    ngx_http_request_t              *request;
    ngx_http_flashsale_answer_t      answer;
    ngx_http_flashsale_headers_t     headers;
    unsigned                         headers_read:1;
    unsigned                         counted:1;     /* outcome is known */
    unsigned                         form:1;        /* answer 303 */
    unsigned                         has_hold:1;
    unsigned                         has_amount:1;
    unsigned                         waited:1;
    unsigned                         queued:1;      /* in a queue below */
    unsigned                         parked:1;      /* once at least */
    unsigned                         cleanup:1;     /* registered */
    unsigned                         reading:1;     /* its body is coming */
    unsigned                         paid:1;        /* flashsale_pay: went
                                                       through */
    unsigned                         answered:1;    /* by this module */
    unsigned                         refused:1;     /* nginx's page is to be
                                                       replaced */
    ngx_uint_t                       status;        /* of a problem document,
                                                       0: its outcome's */
    ngx_http_flashsale_checkout_t   *checkout;      /* flashsale_pay's */
    fs_outcome_t                     outcome;       /* $flashsale_code */
    fs_str_t                         identity;      /* of flashsale_user, in
                                                       the request's pool */
    uint8_t                          buyer[FS_BUYER_LEN];
    char                             hold[FS_HOLD_ID_LEN];
    fs_slug_t                        sale;
    int64_t                          amount;        /* fen */
    fs_seq_t                         seq;           /* of the hold asked
                                                       about */
    uint32_t                         epoch;         /* and its id's */
    int64_t                          wait_us;

    /* parked, or about to be answered */
    ngx_queue_t                      queue;
    ngx_uint_t                      *counter;       /* of the queue */
    ngx_msec_t                       parked_at;
    void                           (*resume)(ngx_http_request_t *r);
    ngx_http_handler_pt              handler;
    ngx_http_client_body_handler_pt  body;          /* when it is there */

    /* waiting for a commit */
    uint64_t                         token;         /* 0: no */
    ngx_http_flashsale_done_pt       done;
    void                           (*finish)(ngx_http_request_t *r);
    uint8_t                          type;          /* of the command */
    void                            *data;          /* the handler's own */
};


extern ngx_module_t  ngx_http_flashsale_module;


/* ngx_http_flashsale_module.c */

/* This request's context, made when it is not there.  NULL: no memory. */
ngx_http_flashsale_ctx_t *ngx_http_flashsale_ctx(ngx_http_request_t *r);

/* Remember what the directive being read needs: a store, and a role's secret
 * (-1: none).  NULL: no memory. */
ngx_http_flashsale_need_conf_t *ngx_http_flashsale_need(ngx_conf_t *cf,
    ngx_int_t role);


/* ngx_http_flashsale_growth.c */

/*
 * By a commit thread, each second: keep what is used, and warn of a map that
 * is filling up, or that will be full soon.  usec: ngx_http_flashsale_usec().
 */
void ngx_http_flashsale_growth_look(ngx_http_flashsale_worker_t *worker,
    ngx_http_flashsale_shared_t *shared, const fs_store_stat_t *stat,
    uint64_t usec);


/* ngx_http_flashsale_newcomer.c */

/* flashsale_newcomer */
char *ngx_http_flashsale_newcomer(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * May this identity reserve here?  OK, or TOO_FAST with result->at, which is
 * when, and Retry-After in ctx->answer; or INTERNAL.
 */
fs_outcome_t ngx_http_flashsale_newcomer_check(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_http_flashsale_worker_t *worker,
    fs_str_t identity, fs_result_t *result);

/* $flashsale_newcomer_wait, $flashsale_newcomer_work */
#define NGX_HTTP_FLASHSALE_NEWCOMER_WAIT  0
#define NGX_HTTP_FLASHSALE_NEWCOMER_WORK  1

ngx_int_t ngx_http_flashsale_newcomer_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


/* ngx_http_flashsale_secret.c */

extern const char  *ngx_http_flashsale_roles[];     /* by role */

char *ngx_http_flashsale_secret(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/* ngx_http_flashsale_zone.c */

ngx_int_t ngx_http_flashsale_zone_add(ngx_conf_t *cf,
    ngx_http_flashsale_main_conf_t *mcf);
fs_rings_t *ngx_http_flashsale_rings(ngx_http_flashsale_shared_t *shared);
ngx_http_flashsale_counters_t *ngx_http_flashsale_counters(
    ngx_http_flashsale_shared_t *shared, uint32_t ring);

/* All rings' counters added up into zeroed *sum. */
void ngx_http_flashsale_counters_sum(ngx_http_flashsale_shared_t *shared,
    ngx_http_flashsale_counters_t *sum);

/* Thread-safe. */
void ngx_http_flashsale_observe(ngx_http_flashsale_histogram_t *histogram,
    const uint64_t *bounds, uint64_t value);
#define ngx_http_flashsale_add(counter, n)                                   \
    (void) atomic_fetch_add_explicit(counter, n, memory_order_relaxed)


/* ngx_http_flashsale_worker.c */

ngx_int_t ngx_http_flashsale_init_process(ngx_cycle_t *cycle);
void ngx_http_flashsale_exit_process(ngx_cycle_t *cycle);

/* The request's worker, NULL outside of one. */
ngx_http_flashsale_worker_t *ngx_http_flashsale_worker(
    ngx_http_request_t *r);

typedef enum {
    NGX_HTTP_FLASHSALE_READ = 0,    /* the store must be open */
    NGX_HTTP_FLASHSALE_COMMAND      /* and commands be taken */
} ngx_http_flashsale_need_t;

/*
 * At a content handler's beginning.  The worker, when what is needed is
 * there.  Else NULL, and *rc is what the handler returns: the request was
 * parked (the handler is called again later), or it was answered with 503.
 */
ngx_http_flashsale_worker_t *ngx_http_flashsale_gate(ngx_http_request_t *r,
    ngx_http_handler_pt handler, ngx_http_flashsale_need_t need,
    ngx_int_t *rc);

/*
 * The same for a phase handler: *rc is NGX_AGAIN when it was parked (phases
 * run again later), or the outcome has to be answered: NGX_ERROR, *outcome.
 */
ngx_http_flashsale_worker_t *ngx_http_flashsale_gate_phase(
    ngx_http_request_t *r, fs_outcome_t *outcome, ngx_int_t *rc);

/*
 * Thread-safe: make the worker's main thread look again.  It calls
 * ngx_http_flashsale_audit_changed(), among others.
 */
void ngx_http_flashsale_wake(ngx_http_flashsale_worker_t *worker);

/* Microseconds on CLOCK_MONOTONIC.  Thread-safe. */
uint64_t ngx_http_flashsale_usec(void);

/*
 * A piece of work on the event loop ends: count the CPU time since `start`,
 * which ngx_http_flashsale_cpu_usec() gave at its beginning.  CPU time, since
 * what others take of the processor is not ours to answer for.
 */
uint64_t ngx_http_flashsale_cpu_usec(void);
void ngx_http_flashsale_turned(ngx_http_flashsale_worker_t *worker,
    uint64_t start);


/* Claim a ring and start the thread; tried again each second. */
void ngx_http_flashsale_start(ngx_http_flashsale_worker_t *worker);

/* Has the store been opened, have results come, is there news for streams? */
void ngx_http_flashsale_look(ngx_http_flashsale_worker_t *worker);


/* ngx_http_flashsale_retire.c */

/* The worker has to leave; results are still waited for. */
void ngx_http_flashsale_leave(ngx_http_flashsale_worker_t *worker);

/* a timer's handler, from then on */
void ngx_http_flashsale_retire_handler(ngx_event_t *ev);

/* The thread was told to end: give up the ring when it has. */
void ngx_http_flashsale_retired(ngx_http_flashsale_worker_t *worker);

/*
 * Somebody needs the store: a worker that has given it up takes a ring and
 * opens it again.  Who asks waits as at a worker's start.
 */
void ngx_http_flashsale_revive(ngx_http_flashsale_worker_t *worker);

/* The main thread reads the store no more. */
void ngx_http_flashsale_let_go(ngx_http_flashsale_worker_t *worker);

/* Give the ring's connection back to nginx. */
void ngx_http_flashsale_disconnect(ngx_http_flashsale_worker_t *worker);

/*
 * Each 100 ms: a thread that waits for the locks longer than a second waits
 * for a process that is stopped, or whose disk is stuck.  It is said once, by
 * one worker; whoever has the lock next says that it is over.
 */
void ngx_http_flashsale_stuck(ngx_http_flashsale_worker_t *worker,
    uint64_t now);


/* ngx_http_flashsale_thread.c */

/* An operator's command on its way through the commit thread and back. */
typedef struct ngx_http_flashsale_job_s  ngx_http_flashsale_job_t;

struct ngx_http_flashsale_job_s {
    ngx_http_flashsale_job_t        *next;
    uint64_t                         token;
    fs_command_t                     command;
    fs_operator_t                    op;            /* strings in `text` */
    fs_result_t                      result;
    char                             text[];        /* malloc()ed with it */
};

/* NULL: it was logged, and may be tried again. */
ngx_http_flashsale_thread_t *ngx_http_flashsale_thread_start(
    ngx_http_flashsale_worker_t *worker);


/*
 * Let it finish what waits, close the store and end.  Nothing of the main
 * thread's may use the store from here on.
 */
void ngx_http_flashsale_thread_stop(ngx_http_flashsale_thread_t *thread);
int ngx_http_flashsale_thread_ended(ngx_http_flashsale_thread_t *thread);

/*
 * For the end of the process: wait for it.  NGX_OK: ended; NGX_AGAIN: not in
 * time (it waits for a lock), and everything it uses has to stay.
 */
ngx_int_t ngx_http_flashsale_thread_wait(
    ngx_http_flashsale_thread_t *thread);

/* Once it has ended. */
void ngx_http_flashsale_thread_free(ngx_http_flashsale_thread_t *thread);

/* Since when it waits for a commit's locks (CLOCK_MONOTONIC, µs), or 0. */
int64_t ngx_http_flashsale_thread_waiting(
    ngx_http_flashsale_thread_t *thread);

/*
 * What threads say in the error log.  A thread that outlives its worker's end
 * is not to touch the log any more, which goes with the cycle's pool.
 */
#define ngx_http_flashsale_thread_error(worker, level, ...)                  \
    do {                                                                     \
        pthread_mutex_lock(&(worker)->log_lock);                             \
                                                                             \
        if (!(worker)->muted) {                                              \
            ngx_log_error(level, (worker)->log, 0, __VA_ARGS__);             \
        }                                                                    \
                                                                             \
        pthread_mutex_unlock(&(worker)->log_lock);                           \
    } while (0)

/* A command was pushed. */
void ngx_http_flashsale_thread_kick(ngx_http_flashsale_thread_t *thread);

/* The store when it is open, and whether the ring is settled. */
fs_store_t *ngx_http_flashsale_thread_store(
    ngx_http_flashsale_thread_t *thread);
int ngx_http_flashsale_thread_ready(ngx_http_flashsale_thread_t *thread);

/* Give it a job, and take back one that is done, or NULL. */
void ngx_http_flashsale_thread_add(ngx_http_flashsale_thread_t *thread,
    ngx_http_flashsale_job_t *job);
ngx_http_flashsale_job_t *ngx_http_flashsale_thread_done(
    ngx_http_flashsale_thread_t *thread);


/* ngx_http_flashsale_system.c */

/* How this worker's store is opened.  The strings are the configuration's. */
void ngx_http_flashsale_store_conf(ngx_http_flashsale_worker_t *worker,
    fs_store_conf_t *conf);

/* Nanoseconds, less than a millisecond, that CLOCK_BOOTTIME's milliseconds
 * begin after those of the wall clock. */
long ngx_http_flashsale_boot_phase(void);


/* ngx_http_flashsale_wait.c */

ngx_http_flashsale_waits_t *ngx_http_flashsale_waits_create(
    ngx_http_flashsale_worker_t *worker);
void ngx_http_flashsale_waits_destroy(ngx_http_flashsale_waits_t *waits);

/*
 * Push a command and wait for its result: done(), then finish(), are called
 * later.  FS_OK: on its way; otherwise it was refused at once.
 */
fs_outcome_t ngx_http_flashsale_wait_command(ngx_http_request_t *r,
    const fs_command_t *command, ngx_http_flashsale_done_pt done,
    void (*finish)(ngx_http_request_t *r));

/* The same for an operator's command.  Takes the job over. */
fs_outcome_t ngx_http_flashsale_wait_job(ngx_http_request_t *r,
    ngx_http_flashsale_job_t *job, ngx_http_flashsale_done_pt done,
    void (*finish)(ngx_http_request_t *r));

/*
 * A command that no request waits for: call() gets its result, with a view
 * possibly open.  OK: it is called once, whatever happens, but for the end of
 * the process.
 */
fs_outcome_t ngx_http_flashsale_wait_call(ngx_http_flashsale_worker_t *worker,
    const fs_command_t *command, ngx_http_flashsale_call_pt call, void *data);

/* Take results that have come.  1: there are more, call again soon. */
int ngx_http_flashsale_waits_deliver(ngx_http_flashsale_worker_t *worker);

/* 1: no command is on its way. */
ngx_uint_t ngx_http_flashsale_waits_idle(ngx_http_flashsale_worker_t *worker);

/* Answer those that have waited too long. */
void ngx_http_flashsale_waits_expire(ngx_http_flashsale_worker_t *worker);

/* Register the request's cleanup once.  NGX_OK or NGX_ERROR. */
ngx_int_t ngx_http_flashsale_wait_cleanup(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx);

/* For ctx->finish: send ctx->answer and finalize. */
void ngx_http_flashsale_wait_finish(ngx_http_request_t *r);


/* ngx_http_flashsale_request.c */

/* The path below the location's prefix. */
fs_str_t ngx_http_flashsale_below(ngx_http_request_t *r);
fs_str_t ngx_http_flashsale_args(ngx_http_request_t *r);
ngx_http_flashsale_headers_t *ngx_http_flashsale_headers(
    ngx_http_request_t *r, ngx_http_flashsale_ctx_t *ctx);

/*
 * Read the body, at most `max` bytes, and then call handler, whose value is
 * finalized.  Returns what a content handler returns.
 */
ngx_int_t ngx_http_flashsale_read_body(ngx_http_request_t *r, off_t max,
    ngx_http_client_body_handler_pt handler);

/* The body in one piece.  OK, TOO_LARGE, INTERNAL. */
fs_outcome_t ngx_http_flashsale_body(ngx_http_request_t *r, off_t max,
    fs_str_t *body);

/*
 * A read_event_handler while a request waits: a client that is gone ends it,
 * one that has only closed its own side (all was sent) is still answered.
 */
void ngx_http_flashsale_reading(ngx_http_request_t *r);

/* Sets ctx->buyer.  OK or NO_BUYER, INTERNAL. */
fs_outcome_t ngx_http_flashsale_buyer(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, ngx_http_flashsale_worker_t *worker);

/* OK or CROSS_SITE: a write of a browser from another site. */
fs_outcome_t ngx_http_flashsale_same_site(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx);

/* JSON: 0, form: 1; else -1. */
int ngx_http_flashsale_media(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx);

/* For signed requests: OK, or BAD_MEDIA for a body said not to be JSON. */
fs_outcome_t ngx_http_flashsale_only_json(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_str_t body);

/*
 * What a write supposes: If-Match and If-None-Match, in the request's own
 * memory.  OK, or BAD_REQUEST and the fault.
 */
fs_outcome_t ngx_http_flashsale_condition(ngx_http_request_t *r,
    fs_condition_t *condition, fs_fault_t *fault);

/* The same of a hold, which has no entity tag: *unmet is 1 when it cannot be
 * as the request supposes. */
fs_outcome_t ngx_http_flashsale_unmet(ngx_http_request_t *r, uint8_t *unmet,
    fs_fault_t *fault);

/* Hash a key into the command.  OK, or BAD_REQUEST and the fault. */
fs_outcome_t ngx_http_flashsale_key(ngx_http_flashsale_ctx_t *ctx,
    ngx_http_flashsale_worker_t *worker, fs_str_t key, const uint8_t *buyer,
    uint8_t *hash, fs_fault_t *fault);

/* Set a BAD_REQUEST: texts within fs_fault_t's bounds. */
void ngx_http_flashsale_fault(fs_fault_t *fault, const char *field,
    const char *rule);

/* The argument `limit`: OK, or BAD_REQUEST and the fault. */
fs_outcome_t ngx_http_flashsale_limit(fs_str_t args, int64_t normal,
    int64_t max, int64_t *limit, fs_fault_t *fault);

/* OK or BAD_SIGNATURE, by the role's secrets. */
fs_outcome_t ngx_http_flashsale_signed(ngx_http_request_t *r,
    ngx_http_flashsale_role_t role, fs_str_t body);


/* ngx_http_flashsale_answer.c */

/* Count the outcome and set $flashsale_code; once a request. */
void ngx_http_flashsale_outcome(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, fs_outcome_t outcome);

/*
 * Each builds ctx->answer, to be sent when no view is open.  names and view
 * may be NULL.
 */
void ngx_http_flashsale_answer_problem(ngx_http_request_t *r,
    fs_outcome_t outcome, const fs_fault_t *fault, const fs_result_t *result,
    fs_view_t *view);
void ngx_http_flashsale_answer_hold(ngx_http_request_t *r,
    fs_outcome_t outcome, const fs_hold_t *hold, fs_view_t *view);
void ngx_http_flashsale_answer_sale(ngx_http_request_t *r,
    fs_outcome_t outcome, const fs_sale_t *sale, ngx_uint_t public);
void ngx_http_flashsale_answer_etag(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx, const fs_etag_t *etag);
void ngx_http_flashsale_answer_json(ngx_http_request_t *r,
    fs_outcome_t outcome, ngx_buf_t *body, const char *cache);

/* Put ctx->answer's status and headers into the response. */
ngx_int_t ngx_http_flashsale_answer_headers(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx);

/* Send ctx->answer.  Returns what is to be finalized. */
ngx_int_t ngx_http_flashsale_send(ngx_http_request_t *r);

/* Build and send a problem: for handlers, no view open. */
ngx_int_t ngx_http_flashsale_problem(ngx_http_request_t *r,
    fs_outcome_t outcome, const fs_fault_t *fault);

/* As above, 405 with Allow: the methods, as in "GET, HEAD". */
ngx_int_t ngx_http_flashsale_not_allowed(ngx_http_request_t *r,
    const char *allow);

/* One header of the answer.  name and value must last.  NGX_OK or ERROR. */
ngx_int_t ngx_http_flashsale_add_header(ngx_http_request_t *r,
    const char *name, size_t name_len, const char *value, size_t value_len);

/* Remember what a hold says for the variables. */
void ngx_http_flashsale_note_hold(ngx_http_flashsale_ctx_t *ctx,
    ngx_http_flashsale_worker_t *worker, const fs_hold_t *hold,
    fs_view_t *view);


/* ngx_http_flashsale_refusal.c */

/* Postconfiguration: install the filters. */
void ngx_http_flashsale_refusal_init(void);

/* content handler of "flashsale_problem" */
ngx_int_t ngx_http_flashsale_refusal_handler(ngx_http_request_t *r);


/* content handlers, each in its own file */

ngx_int_t ngx_http_flashsale_api_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_flashsale_holds_handler(ngx_http_request_t *r,
    fs_str_t path);
ngx_int_t ngx_http_flashsale_orders_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_flashsale_admin_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_flashsale_events_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_flashsale_ledger_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_flashsale_metrics_handler(ngx_http_request_t *r);

/* called by the admin handler: the signature is checked, the store open */
ngx_int_t ngx_http_flashsale_audit_handler(ngx_http_request_t *r);

/* PRECONTENT */
ngx_int_t ngx_http_flashsale_pay_handler(ngx_http_request_t *r);

ngx_int_t ngx_http_flashsale_add_variables(ngx_conf_t *cf);


/* ngx_http_flashsale_checkout.c */

/* what the order service is told, in the order in which it is signed */
typedef enum {
    NGX_HTTP_FLASHSALE_CHECKOUT_HOLD = 0,
    NGX_HTTP_FLASHSALE_CHECKOUT_LINES,
    NGX_HTTP_FLASHSALE_CHECKOUT_AMOUNT,
    NGX_HTTP_FLASHSALE_CHECKOUT_BUYER,
    NGX_HTTP_FLASHSALE_CHECKOUT_RETURN,
    NGX_HTTP_FLASHSALE_CHECKOUT_EXPIRES,
    NGX_HTTP_FLASHSALE_CHECKOUT_SIGNED_N,

    NGX_HTTP_FLASHSALE_CHECKOUT_SIGNATURE =
                                         NGX_HTTP_FLASHSALE_CHECKOUT_SIGNED_N,
    NGX_HTTP_FLASHSALE_CHECKOUT_N
} ngx_http_flashsale_checkout_e;

/*
 * Room for what follows, before anything is moved: noting cannot fail.
 * NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_flashsale_checkout_create(ngx_http_request_t *r,
    ngx_http_flashsale_ctx_t *ctx);

/* Remember the hold with the names of its sales; the view is open. */
void ngx_http_flashsale_checkout_note(ngx_http_flashsale_ctx_t *ctx,
    const fs_hold_t *hold, fs_view_t *view);

/* a variable's get handler; data is one of the above */
ngx_int_t ngx_http_flashsale_checkout_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);

char *ngx_http_flashsale_checkout_return(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_flashsale_checkout_buyer(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* When all is read: a signature that is used has to have its secret. */
ngx_int_t ngx_http_flashsale_checkout_check(ngx_conf_t *cf);


/* ngx_http_flashsale_lua.c; the functions for Lua are declared there */

/* The worker ends: free what is there. */
void ngx_http_flashsale_lua_exit(ngx_http_flashsale_worker_t *worker);


/* ngx_http_flashsale_api.c */

/* GET sales?after=ID&limit=N, for buyers and for operators. */
ngx_int_t ngx_http_flashsale_sales(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker, const char *cache);

/* What to answer when a view does not find something: `outcome`, or 503 when
 * it could not look.  Without an index sales are looked for in the log. */
fs_outcome_t ngx_http_flashsale_missing(fs_view_t *view,
    fs_outcome_t outcome);


/* ngx_http_flashsale_holds.c */

/*
 * Names to numbers, and what is surely refused; with an open view.  OK: the
 * command is to be pushed.  Otherwise what to answer: BAD_REQUEST with the
 * fault, *result when the deciding function refused it (else its outcome is
 * OK), and *sale: which is not there.
 */
fs_outcome_t ngx_http_flashsale_hold_prepare(
    ngx_http_flashsale_worker_t *worker, fs_view_t *view,
    const fs_hold_request_t *request, fs_command_t *command,
    fs_fault_t *fault, fs_result_t *result, fs_slug_t *sale);


/*
 * Streams and the audit.  init_worker: when the worker starts, the store is
 * not open yet.  changed: something may be new, look again; also each time
 * the eventfd was written.  shutdown: finish all requests (the worker is
 * asked to leave); may be called more than once.  idle: nobody waits.  exit:
 * the process ends, right before the store is closed: no reader or thread may
 * be left.
 */

ngx_int_t ngx_http_flashsale_events_init_worker(
    ngx_http_flashsale_worker_t *worker);
void ngx_http_flashsale_events_changed(ngx_http_flashsale_worker_t *worker);
void ngx_http_flashsale_events_shutdown(ngx_http_flashsale_worker_t *worker);
ngx_uint_t ngx_http_flashsale_events_idle(
    ngx_http_flashsale_worker_t *worker);
void ngx_http_flashsale_ledger_changed(ngx_http_flashsale_worker_t *worker);
void ngx_http_flashsale_ledger_shutdown(ngx_http_flashsale_worker_t *worker);
ngx_uint_t ngx_http_flashsale_ledger_idle(
    ngx_http_flashsale_worker_t *worker);
void ngx_http_flashsale_audit_changed(ngx_http_flashsale_worker_t *worker);
ngx_uint_t ngx_http_flashsale_audit_idle(ngx_http_flashsale_worker_t *worker);
void ngx_http_flashsale_audit_exit(ngx_http_flashsale_worker_t *worker);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_H */
