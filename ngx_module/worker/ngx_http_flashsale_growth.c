
#include "worker/ngx_http_flashsale_worker.h"


#define NGX_HTTP_FLASHSALE_FULL  80         /* per cent of a map */


static void ngx_http_flashsale_growth_map(const char *name, uint64_t used,
    uint64_t size, _Atomic uint32_t *warned, ngx_log_t *log);


void
ngx_http_flashsale_growth_watch(ngx_http_flashsale_shared_t *shared,
    const fs_store_stat_t *stat, uint64_t usec, ngx_log_t *log)
{
    int64_t           now;
    fs_growth_rate_t  rate;

    ngx_http_flashsale_growth_map("log", stat->log_used, stat->log_size,
                                  &shared->warned_log, log);
    ngx_http_flashsale_growth_map("index", stat->index_used, stat->index_size,
                                  &shared->warned_index, log);

    now = (int64_t) (usec / 1000);

    fs_growth_watch(&shared->growth, now, stat);
    fs_growth_rate(&shared->growth, now, stat, &rate);

    if (fs_growth_warn(&shared->growth, now, &rate)) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                          "flashsale: the store will be full in %L minutes if "
                          "it goes on as in the last %L seconds: its log uses "
                          "%uL of %uL bytes and grows by %uL a second, its "
                          "index by %uL; see who writes so much, or enlarge "
                          "\"size\" of \"flashsale_store\"",
                          rate.full_s / 60, rate.seen_ms / 1000,
                          stat->log_used, stat->log_size, rate.log_rate,
                          rate.index_rate);
    }
}


/* Once, until there is room again. */

static void
ngx_http_flashsale_growth_map(const char *name, uint64_t used, uint64_t size,
    _Atomic uint32_t *warned, ngx_log_t *log)
{
    if (size == 0) {
        return;
    }

    if (used / (size / 100) < NGX_HTTP_FLASHSALE_FULL) {
        atomic_store(warned, 0);
        return;
    }

    if (atomic_exchange(warned, 1) == 0) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                          "flashsale: the store's %s uses %uL of %uL bytes; "
                          "enlarge \"size\" of \"flashsale_store\" before "
                          "it is full", name, used, size);
    }
}
