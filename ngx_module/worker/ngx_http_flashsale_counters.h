
/*
 * Counters, in shared memory.  Each ring has its own set, so that workers do
 * not share cache lines; a set outlives the worker that wrote it.  Written by
 * the ring's main thread and its commit thread; summed when they are read.
 */

#ifndef NGX_HTTP_FLASHSALE_COUNTERS_H
#define NGX_HTTP_FLASHSALE_COUNTERS_H

#include "conf/ngx_http_flashsale_conf.h"

#include <stdatomic.h>

#pragma GCC visibility push(hidden)


#define NGX_HTTP_FLASHSALE_BUCKETS  16  /* of a histogram, with +Inf */


typedef _Atomic uint64_t  ngx_http_flashsale_counter_t;

typedef struct {
    ngx_http_flashsale_counter_t     buckets[NGX_HTTP_FLASHSALE_BUCKETS];
    ngx_http_flashsale_counter_t     sum;     /* microseconds or pieces */
} ngx_http_flashsale_histogram_t;

typedef struct {
    ngx_http_flashsale_counter_t     requests[FS_OUTCOMES_N];
    ngx_http_flashsale_counter_t     scrapes;       /* of /metrics: in no
                                                       outcome */
    ngx_http_flashsale_counter_t     refused;       /* without a write */
    ngx_http_flashsale_counter_t     parked;        /* waited for the store */
    ngx_http_flashsale_counter_t     batches;       /* commits by passes */
    ngx_http_flashsale_counter_t     batches_failed;
    ngx_http_flashsale_counter_t     commands;
    ngx_http_flashsale_counter_t     timers;
    ngx_http_flashsale_counter_t     entries;
    ngx_http_flashsale_counter_t     accepted;      /* claims, by time */
    ngx_http_flashsale_counter_t     redelivered;   /* of dead leaders */
    ngx_http_flashsale_counter_t     contacts_written;
    ngx_http_flashsale_counter_t     contacts_erased;
    ngx_http_flashsale_counter_t     contacts_failed;   /* commits */
    ngx_http_flashsale_counter_t     talk_written;      /* changes */
    ngx_http_flashsale_counter_t     talk_erased;       /* rows, by time */
    ngx_http_flashsale_counter_t     talk_failed;       /* commits */
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


/* These are for any thread. */

#define ngx_http_flashsale_add(counter, n)                                   \
    (void) atomic_fetch_add_explicit(counter, n, memory_order_relaxed)

void ngx_http_flashsale_observe(ngx_http_flashsale_histogram_t *histogram,
    const uint64_t *bounds, uint64_t value);

#define ngx_http_flashsale_observe_usec(histogram, value)                    \
    ngx_http_flashsale_observe(histogram, ngx_http_flashsale_usec_bounds,    \
                               value)

/* Add a set to *sum. */
void ngx_http_flashsale_counters_add(ngx_http_flashsale_counters_t *sum,
    ngx_http_flashsale_counters_t *counters);

/* Microseconds on CLOCK_MONOTONIC, and of this thread's CPU time. */
uint64_t ngx_http_flashsale_usec(void);
uint64_t ngx_http_flashsale_cpu_usec(void);

/*
 * A piece of work on the event loop ends: count the CPU time since `start`,
 * which ngx_http_flashsale_cpu_usec() gave at its beginning.  CPU time, since
 * what others take of the processor is not ours to answer for.
 */
void ngx_http_flashsale_turned(ngx_http_flashsale_counters_t *counters,
    uint64_t start);


#pragma GCC visibility pop

#endif /* NGX_HTTP_FLASHSALE_COUNTERS_H */
