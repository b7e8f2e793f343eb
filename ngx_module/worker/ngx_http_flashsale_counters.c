
#include "worker/ngx_http_flashsale_counters.h"


const uint64_t  ngx_http_flashsale_batch_bounds[] = {
    1, 2, 4, 8, 16, 32, 64, 128, 256, 384, 512, 768, 1024, 1536, 2048
};

const uint64_t  ngx_http_flashsale_usec_bounds[] = {
    50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
    500000, 1000000, 5000000
};


/* A set is nothing but counters, one after the other. */

void
ngx_http_flashsale_counters_add(ngx_http_flashsale_counters_t *sum,
    ngx_http_flashsale_counters_t *counters)
{
    ngx_uint_t                     i;
    ngx_http_flashsale_counter_t  *to, *from;

    to = (ngx_http_flashsale_counter_t *) sum;
    from = (ngx_http_flashsale_counter_t *) counters;

    for (i = 0; i < sizeof(*sum) / sizeof(*to); i++) {
        ngx_http_flashsale_add(&to[i], from[i]);
    }
}


void
ngx_http_flashsale_observe(ngx_http_flashsale_histogram_t *histogram,
    const uint64_t *bounds, uint64_t value)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_FLASHSALE_BUCKETS - 1; i++) {
        if (value <= bounds[i]) {
            break;
        }
    }

    ngx_http_flashsale_add(&histogram->buckets[i], 1);
    ngx_http_flashsale_add(&histogram->sum, value);
}


uint64_t
ngx_http_flashsale_usec(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


uint64_t
ngx_http_flashsale_cpu_usec(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


void
ngx_http_flashsale_turned(ngx_http_flashsale_counters_t *counters,
    uint64_t start)
{
    ngx_http_flashsale_observe_usec(&counters->turn,
                                    ngx_http_flashsale_cpu_usec() - start);
}
