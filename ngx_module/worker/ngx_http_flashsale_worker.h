
/*
 * A worker process's engine: its ring, its commit thread, the store that it
 * reads.  While it leaves, connections of other modules may keep it for days.
 * Its ring would be missing for the workers to come, so it gives up ring,
 * thread and store as soon as nothing of this module waits.  Who comes later
 * waits for them to be there again, as at a worker's start.
 */

#ifndef NGX_HTTP_FLASHSALE_WORKER_H
#define NGX_HTTP_FLASHSALE_WORKER_H

#include "conf/ngx_http_flashsale_conf.h"
#include "core/lead/ring.h"
#include "core/read/read.h"
#include "core/sheet/sheet.h"
#include "core/store/store.h"
#include "core/text/text.h"
#include "worker/ngx_http_flashsale_thread.h"
#include "worker/ngx_http_flashsale_zone.h"

#pragma GCC visibility push(hidden)


/*
 * What stands above the worker and lives as long: requests that wait, streams,
 * the audit, Lua.  Each may be NULL.
 */
typedef struct {
    /* The worker starts; the store is not open yet.  NGX_OK or NGX_ERROR. */
    ngx_int_t   (*init)(ngx_http_flashsale_worker_t *worker);

    /* The store has been opened, or commands are taken now. */
    void        (*opened)(ngx_http_flashsale_worker_t *worker);

    /* Something may be new, look again; also each time the eventfd was
     * written.  The store is open.  1: there is more, call again soon. */
    ngx_uint_t  (*changed)(ngx_http_flashsale_worker_t *worker);

    /* The worker is asked to leave: finish all requests that could wait for
     * ever. */
    void        (*leave)(ngx_http_flashsale_worker_t *worker);

    /* 1: nobody waits. */
    ngx_uint_t  (*idle)(ngx_http_flashsale_worker_t *worker);

    /* The process ends, right before the store is closed: no reader or thread
     * may be left. */
    void        (*exit)(ngx_http_flashsale_worker_t *worker);
} ngx_http_flashsale_part_t;

/* of the parts, each in its own file */
typedef struct ngx_http_flashsale_parked_s  ngx_http_flashsale_parked_t;
typedef struct ngx_http_flashsale_waits_s   ngx_http_flashsale_waits_t;
typedef struct ngx_http_flashsale_events_s  ngx_http_flashsale_events_t;
typedef struct ngx_http_flashsale_ledger_s  ngx_http_flashsale_ledger_t;
typedef struct ngx_http_flashsale_audit_s   ngx_http_flashsale_audit_t;
typedef struct ngx_http_flashsale_people_s  ngx_http_flashsale_people_t;
typedef struct ngx_http_flashsale_talk_s    ngx_http_flashsale_talk_t;
typedef struct ngx_http_flashsale_lua_s     ngx_http_flashsale_lua_t;


/* made when the process starts; hangs on the main conf */
struct ngx_http_flashsale_worker_s {
    ngx_http_flashsale_main_conf_t  *conf;
    ngx_cycle_t                     *cycle;
    ngx_log_t                       *log;

    /* in the order in which they are told; NULL ends them */
    const ngx_http_flashsale_part_t *const  *parts;

    fs_rings_t                      *rings;
    int                              ring;          /* -1: none yet */
    ngx_http_flashsale_counters_t   *counters;      /* the ring's; never
                                                       NULL */
    ngx_connection_t                *connection;    /* of the eventfd */
    ngx_http_flashsale_thread_t     *thread;

    /*
     * NULL until the store is open.  What follows it belongs to the main
     * thread and is there whenever store is; for a view see
     * ngx_http_flashsale_view().
     */
    fs_store_t                      *store;
    fs_reader_t                     *reader;
    fs_crypto_t                     *crypto;
    fs_sheet_cache_t                *cache;

    fs_recents_t                     recents;       /* bodies of holds */

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

    unsigned                         ready:1;       /* ring inherited */
    unsigned                         exiting:1;
    unsigned                         retiring:1;    /* the thread ends */
    unsigned                         retired:1;     /* no ring, no thread,
                                                       while none is needed */
    unsigned                         complained:1;  /* no ring is free */

    ngx_uint_t                       reading_n;     /* bodies on their way */
    ngx_uint_t                       quiet;         /* looks at which nothing
                                                       waited, in a row */
    ngx_event_t                      retire;        /* when it leaves: looks
                                                       if anything waits */
    int64_t                          stuck_since;   /* µs, when last looked */
    uint64_t                         stuck_over;    /* µs, when it was last
                                                       seen to be over */
    ngx_uint_t                       stuck;         /* 1: it was said then */
    ngx_event_t                      tick;          /* each second */
    ngx_event_t                      stall;         /* each 100 ms */
    uint64_t                         stall_at;      /* µs, expected */

    ngx_http_flashsale_parked_t     *parked;
    ngx_http_flashsale_waits_t      *waits;
    ngx_http_flashsale_events_t     *events;
    ngx_http_flashsale_ledger_t     *ledger;
    ngx_http_flashsale_audit_t      *audit;
    ngx_http_flashsale_people_t     *people;
    ngx_http_flashsale_talk_t       *talk;
    ngx_http_flashsale_lua_t        *lua;
};


/* Claim a ring and start the thread; tried again each second. */
void ngx_http_flashsale_start(ngx_http_flashsale_worker_t *worker);

/* Has the store been opened, have results come, is there news for streams? */
void ngx_http_flashsale_look(ngx_http_flashsale_worker_t *worker);

/* Thread-safe: make the worker's main thread look again. */
void ngx_http_flashsale_wake(ngx_http_flashsale_worker_t *worker);

/* The worker has to leave; results are still waited for. */
void ngx_http_flashsale_leave(ngx_http_flashsale_worker_t *worker);

/* a timer's handler, from then on */
void ngx_http_flashsale_retire_handler(ngx_event_t *ev);

/*
 * Somebody needs the store: a worker that has given it up takes a ring and
 * opens it again.  Who asks waits as at a worker's start.
 */
void ngx_http_flashsale_revive(ngx_http_flashsale_worker_t *worker);

/* The process ends: nothing of the main thread's reads the store any more. */
void ngx_http_flashsale_let_go(ngx_http_flashsale_worker_t *worker);

/* Give the ring's connection back to nginx. */
void ngx_http_flashsale_disconnect(ngx_http_flashsale_worker_t *worker);

/* Make an event.  Not cancelable: the process stays for its timer. */
void ngx_http_flashsale_event(ngx_event_t *ev, ngx_event_handler_pt handler,
    void *data, ngx_log_t *log, ngx_uint_t cancelable);


/*
 * ngx_http_flashsale_view.c: the one way to a view: a worker's snapshot of
 * its store, which is opened and closed within a turn of the event loop,
 * before anything is sent or finalized.
 */

/* what it is to show */
typedef enum {
    NGX_HTTP_FLASHSALE_LOG = 0,         /* sales, documents, entries: also
                                           while there is no index */
    NGX_HTTP_FLASHSALE_INDEX            /* buyers and their holds, too */
} ngx_http_flashsale_shows_t;


/*
 * OK: the caller closes it, by fs_view_close().  Otherwise it is what to
 * answer, and view->store is NULL.  worker may be NULL.
 */
fs_outcome_t ngx_http_flashsale_view(ngx_http_flashsale_worker_t *worker,
    ngx_http_flashsale_shows_t shows, fs_view_t *view);

/*
 * What to answer when an open view does not find something: `outcome`, or why
 * it could not look.  Without an index sales are looked for in the log.
 */
fs_outcome_t ngx_http_flashsale_missing(fs_view_t *view,
    fs_outcome_t outcome);


/*
 * ngx_http_flashsale_process.c: the beginning and the end of a worker
 * process, and its clockwork.
 */

/* For nginx's init_process and exit_process.  parts ends with NULL. */
ngx_int_t ngx_http_flashsale_process_init(ngx_cycle_t *cycle,
    const ngx_http_flashsale_part_t *const *parts);
void ngx_http_flashsale_process_exit(ngx_cycle_t *cycle);

/* A thread has not ended in time: the process ends under it, and nothing that
 * it may use goes before. */
void ngx_http_flashsale_process_leaves_thread(ngx_cycle_t *cycle);


/*
 * ngx_http_flashsale_system.c: what the core asks of the system: clocks,
 * randomness, the boot, a log.
 */

typedef struct {
    ngx_log_t   *log;
    long         boot_phase;            /* ns, less than a millisecond, that
                                           CLOCK_BOOTTIME's milliseconds begin
                                           after those of the wall clock */
} ngx_http_flashsale_system_t;

/* Once a configuration is read, in the process that reads it. */
void ngx_http_flashsale_system_environment(void);

void ngx_http_flashsale_system_init(ngx_http_flashsale_system_t *system,
    ngx_log_t *log);

/* Thread.  How the store is opened, but for the boot; it keeps `system`. */
void ngx_http_flashsale_store_conf(ngx_http_flashsale_system_t *system,
    const char *path, size_t size, int sync, fs_store_conf_t *conf);

/* Thread.  Before each try to open it: the kernel's, or the environment's;
 * zeros where neither can be had yet. */
void ngx_http_flashsale_boot_id(uint8_t *id);


/*
 * ngx_http_flashsale_growth.c: is the store filling up, and how fast?  Commit
 * threads look each second, whichever comes first; what was seen is in the
 * shared zone, so a reload does not forget it.
 */

/*
 * Thread.  Keep what is used, and warn of a map that is filling up, or that
 * will be full soon.  usec: ngx_http_flashsale_usec().
 */
void ngx_http_flashsale_growth_watch(ngx_http_flashsale_shared_t *shared,
    const fs_store_stat_t *stat, uint64_t usec, ngx_log_t *log);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_WORKER_H */
