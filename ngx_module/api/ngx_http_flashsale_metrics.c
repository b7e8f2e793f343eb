
/*
 * GET /metrics: Prometheus text.  Counters are summed over the rings' sets in
 * the shared zone; gauges come from the store at this instant.
 */

#include "ngx_http_flashsale.h"
#include "core/read/shelf.h"


#define NGX_HTTP_FLASHSALE_METRICS_BUFFER  16384
#define NGX_HTTP_FLASHSALE_METRICS_LINE    512
#define NGX_HTTP_FLASHSALE_METRICS_SALES   1000    /* shown at most */
#define NGX_HTTP_FLASHSALE_METRICS_STEP    16      /* sales read at once */


typedef struct {
    ngx_http_request_t  *request;
    ngx_chain_t         *out;
    ngx_chain_t        **last;
    ngx_buf_t           *buf;
    off_t                size;
    ngx_uint_t           failed;
} ngx_http_flashsale_metrics_t;


static void ngx_http_flashsale_metrics_print(
    ngx_http_flashsale_metrics_t *metrics, const char *format, ...);
static void ngx_http_flashsale_metrics_head(
    ngx_http_flashsale_metrics_t *metrics, const char *name,
    const char *type, const char *help);
static void ngx_http_flashsale_metrics_one(
    ngx_http_flashsale_metrics_t *metrics, const char *name,
    const char *type, const char *help, uint64_t value);
static void ngx_http_flashsale_metrics_histogram(
    ngx_http_flashsale_metrics_t *metrics, const char *name,
    const char *help, ngx_http_flashsale_histogram_t *histogram,
    const uint64_t *bounds, ngx_uint_t seconds);
static void ngx_http_flashsale_metrics_engine(
    ngx_http_flashsale_metrics_t *metrics,
    ngx_http_flashsale_main_conf_t *mcf);
static void ngx_http_flashsale_metrics_store(
    ngx_http_flashsale_metrics_t *metrics, fs_store_t *store,
    ngx_http_flashsale_shared_t *shared);
static void ngx_http_flashsale_metrics_sales(
    ngx_http_flashsale_metrics_t *metrics,
    ngx_http_flashsale_worker_t *worker);
static void ngx_http_flashsale_metrics_sale(
    ngx_http_flashsale_metrics_t *metrics, const fs_sale_t *s);


ngx_int_t
ngx_http_flashsale_metrics_handler(ngx_http_request_t *r)
{
    ngx_int_t                        rc;
    ngx_http_flashsale_ctx_t        *ctx;
    ngx_http_flashsale_worker_t     *worker;
    ngx_http_flashsale_metrics_t     metrics;
    ngx_http_flashsale_main_conf_t  *mcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_flashsale_not_allowed(r, "GET, HEAD");
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    ctx = ngx_http_flashsale_ctx(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_http_flashsale_module);
    worker = ngx_http_flashsale_worker(r);

    ngx_memzero(&metrics, sizeof(ngx_http_flashsale_metrics_t));

    metrics.request = r;
    metrics.last = &metrics.out;

    ngx_http_flashsale_metrics_engine(&metrics, mcf);

    /* what is wrong with a store that is not open has to be seen here too */

    ngx_http_flashsale_metrics_one(&metrics, "flashsale_store_open", "gauge",
                       "Whether this worker's store is open.",
                       worker != NULL && worker->store != NULL);

    if (worker && worker->store) {
        ngx_http_flashsale_metrics_store(&metrics, worker->store,
                                         mcf->shared);
        ngx_http_flashsale_metrics_sales(&metrics, worker);
    }

    if (metrics.failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    metrics.buf->last_buf = (r == r->main);
    metrics.buf->last_in_chain = 1;

    ngx_http_flashsale_outcome(r, ctx, FS_OK);

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = metrics.size;
    ngx_str_set(&r->headers_out.content_type,
                "text/plain; version=0.0.4; charset=utf-8");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, metrics.out);
}


/* One line, of at most NGX_HTTP_FLASHSALE_METRICS_LINE bytes. */

static void
ngx_http_flashsale_metrics_print(ngx_http_flashsale_metrics_t *metrics,
    const char *format, ...)
{
    u_char       *p;
    va_list       args;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (metrics->failed) {
        return;
    }

    b = metrics->buf;

    if (b == NULL || b->end - b->last < NGX_HTTP_FLASHSALE_METRICS_LINE) {

        b = ngx_create_temp_buf(metrics->request->pool,
                                NGX_HTTP_FLASHSALE_METRICS_BUFFER);
        cl = ngx_alloc_chain_link(metrics->request->pool);

        if (b == NULL || cl == NULL) {
            metrics->failed = 1;
            return;
        }

        cl->buf = b;
        cl->next = NULL;

        metrics->buf = b;
        *metrics->last = cl;
        metrics->last = &cl->next;
    }

    va_start(args, format);
    p = ngx_vslprintf(b->last, b->end, format, args);
    va_end(args);

    metrics->size += p - b->last;
    b->last = p;
}


static void
ngx_http_flashsale_metrics_head(ngx_http_flashsale_metrics_t *metrics,
    const char *name, const char *type, const char *help)
{
    ngx_http_flashsale_metrics_print(metrics,
                                     "# HELP %s %s\n# TYPE %s %s\n",
                                     name, help, name, type);
}


static void
ngx_http_flashsale_metrics_one(ngx_http_flashsale_metrics_t *metrics,
    const char *name, const char *type, const char *help, uint64_t value)
{
    ngx_http_flashsale_metrics_head(metrics, name, type, help);
    ngx_http_flashsale_metrics_print(metrics, "%s %uL\n", name, value);
}


/* seconds: bounds and sum are in microseconds and shown in seconds. */

static void
ngx_http_flashsale_metrics_histogram(ngx_http_flashsale_metrics_t *metrics,
    const char *name, const char *help,
    ngx_http_flashsale_histogram_t *histogram, const uint64_t *bounds,
    ngx_uint_t seconds)
{
    uint64_t    count, sum;
    ngx_uint_t  i;

    ngx_http_flashsale_metrics_head(metrics, name, "histogram", help);

    count = 0;

    for (i = 0; i < NGX_HTTP_FLASHSALE_BUCKETS - 1; i++) {
        count += histogram->buckets[i];

        if (seconds) {
            ngx_http_flashsale_metrics_print(metrics,
                                  "%s_bucket{le=\"%uL.%06uL\"} %uL\n", name,
                                  bounds[i] / 1000000, bounds[i] % 1000000,
                                  count);
        } else {
            ngx_http_flashsale_metrics_print(metrics,
                                  "%s_bucket{le=\"%uL\"} %uL\n", name,
                                  bounds[i], count);
        }
    }

    count += histogram->buckets[i];
    sum = histogram->sum;

    ngx_http_flashsale_metrics_print(metrics,
                                     "%s_bucket{le=\"+Inf\"} %uL\n",
                                     name, count);

    if (seconds) {
        ngx_http_flashsale_metrics_print(metrics, "%s_sum %uL.%06uL\n", name,
                                         sum / 1000000, sum % 1000000);
    } else {
        ngx_http_flashsale_metrics_print(metrics, "%s_sum %uL\n", name, sum);
    }

    ngx_http_flashsale_metrics_print(metrics, "%s_count %uL\n", name, count);
}


static void
ngx_http_flashsale_metrics_engine(ngx_http_flashsale_metrics_t *metrics,
    ngx_http_flashsale_main_conf_t *mcf)
{
    fs_rings_t                     *rings;
    ngx_uint_t                      i;
    ngx_http_flashsale_counters_t  *sum;

    sum = ngx_pcalloc(metrics->request->pool,
                      sizeof(ngx_http_flashsale_counters_t));
    if (sum == NULL) {
        metrics->failed = 1;
        return;
    }

    ngx_http_flashsale_counters_sum(mcf->shared, sum);
    rings = ngx_http_flashsale_rings(mcf->shared);

    ngx_http_flashsale_metrics_head(metrics, "flashsale_requests_total",
                                    "counter", "Requests by outcome.");

    for (i = 0; i < FS_OUTCOMES_N; i++) {
        ngx_http_flashsale_metrics_print(metrics,
                            "flashsale_requests_total{outcome=\"%s\"} %uL\n",
                            fs_outcome_code(i), (uint64_t) sum->requests[i]);
    }

    ngx_http_flashsale_metrics_one(metrics, "flashsale_refused_total",
                       "counter", "Holds refused from a snapshot, without a "
                       "write.", sum->refused);
    ngx_http_flashsale_metrics_one(metrics, "flashsale_parked_total",
                       "counter", "Requests that waited for the store to "
                       "open.", sum->parked);
    ngx_http_flashsale_metrics_one(metrics, "flashsale_commits_total",
                       "counter", "Batches committed.", sum->batches);
    ngx_http_flashsale_metrics_one(metrics, "flashsale_commits_failed_total",
                       "counter", "Batches that could not be committed.",
                       sum->batches_failed);
    ngx_http_flashsale_metrics_one(metrics, "flashsale_commands_total",
                       "counter", "Commands decided in batches.",
                       sum->commands);
    ngx_http_flashsale_metrics_one(metrics, "flashsale_timers_total",
                       "counter", "Steps of timers: expiries, openings, "
                       "closings, group decisions.", sum->timers);
    ngx_http_flashsale_metrics_one(metrics, "flashsale_entries_total",
                       "counter", "Ledger entries written.", sum->entries);
    ngx_http_flashsale_metrics_one(metrics, "flashsale_redelivered_total",
                       "counter", "Results of a killed leader, delivered by "
                       "the next.", sum->redelivered);

    ngx_http_flashsale_metrics_one(metrics, "flashsale_queue_depth", "gauge",
                       "Commands that wait for a commit.",
                       atomic_load(&rings->waiting));
    ngx_http_flashsale_metrics_one(metrics, "flashsale_queue_slots", "gauge",
                       "Commands that may wait.", rings->queue);

    ngx_http_flashsale_metrics_histogram(metrics, "flashsale_batch_commands",
                       "Commands in a batch.", &sum->batch,
                       ngx_http_flashsale_batch_bounds, 0);
    ngx_http_flashsale_metrics_histogram(metrics, "flashsale_lock_seconds",
                       "Waiting for the write lock.", &sum->lock,
                       ngx_http_flashsale_usec_bounds, 1);
    ngx_http_flashsale_metrics_histogram(metrics, "flashsale_commit_seconds",
                       "The log's commit, its sync included.", &sum->log,
                       ngx_http_flashsale_usec_bounds, 1);
    ngx_http_flashsale_metrics_histogram(metrics, "flashsale_index_seconds",
                       "The index's commit.", &sum->index,
                       ngx_http_flashsale_usec_bounds, 1);
    ngx_http_flashsale_metrics_histogram(metrics, "flashsale_wait_seconds",
                       "Requests waiting for their commit.", &sum->wait,
                       ngx_http_flashsale_usec_bounds, 1);
    ngx_http_flashsale_metrics_histogram(metrics, "flashsale_turn_seconds",
                       "CPU time that answers, events and lists took in one "
                       "turn of an event loop.",
                       &sum->turn, ngx_http_flashsale_usec_bounds, 1);
    ngx_http_flashsale_metrics_histogram(metrics, "flashsale_stall_seconds",
                       "How much too late a worker's event loop came to a "
                       "timer.",
                       &sum->stall, ngx_http_flashsale_usec_bounds, 1);
}


static void
ngx_http_flashsale_metrics_store(ngx_http_flashsale_metrics_t *metrics,
    fs_store_t *store, ngx_http_flashsale_shared_t *shared)
{
    fs_store_stat_t   stat;
    fs_growth_rate_t  rate;

    ngx_http_flashsale_metrics_one(metrics, "flashsale_rebuilding", "gauge",
                       "Whether the index is being rebuilt.",
                       atomic_load(&store->mark->rebuilding) != 0);
    ngx_http_flashsale_metrics_one(metrics, "flashsale_clock_behind",
                       "gauge", "Whether the clock is far behind the ledger.",
                       atomic_load(&store->clock_behind) != 0);

    if (fs_store_stat(store, &stat) != 0) {
        return;
    }

    ngx_http_flashsale_metrics_one(metrics, "flashsale_log_used_bytes",
                       "gauge", "Used of the log's map.", stat.log_used);
    ngx_http_flashsale_metrics_one(metrics, "flashsale_log_size_bytes",
                       "gauge", "Size of the log's map.", stat.log_size);
    ngx_http_flashsale_metrics_one(metrics, "flashsale_index_used_bytes",
                       "gauge", "Used of the index's map.", stat.index_used);
    ngx_http_flashsale_metrics_one(metrics, "flashsale_index_size_bytes",
                       "gauge", "Size of the index's map.", stat.index_size);

    fs_growth_rate(&shared->growth,
                   (int64_t) (ngx_http_flashsale_usec() / 1000), &stat, &rate);

    ngx_http_flashsale_metrics_one(metrics,
                       "flashsale_log_growth_bytes_per_second", "gauge",
                       "How fast the log grew in the last hour.",
                       rate.log_rate);
    ngx_http_flashsale_metrics_one(metrics,
                       "flashsale_index_growth_bytes_per_second", "gauge",
                       "How fast the index grew in the last hour.",
                       rate.index_rate);
    ngx_http_flashsale_metrics_one(metrics,
                       "flashsale_growth_seen_seconds", "gauge",
                       "Of how long these rates are, an hour at most.",
                       rate.seen_ms / 1000);

    ngx_http_flashsale_metrics_head(metrics, "flashsale_full_seconds",
                       "gauge", "Until a map or the disk is full at these "
                       "rates.");

    if (rate.full_s < 0) {
        ngx_http_flashsale_metrics_print(metrics,
                                         "flashsale_full_seconds +Inf\n");
    } else {
        ngx_http_flashsale_metrics_print(metrics,
                                         "flashsale_full_seconds %L\n",
                                         rate.full_s);
    }

    ngx_http_flashsale_metrics_one(metrics, "flashsale_disk_free_bytes",
                       "gauge", "Free on the store's file system.",
                       stat.disk_free);
    ngx_http_flashsale_metrics_one(metrics, "flashsale_readers", "gauge",
                       "Readers in the log's table.", stat.readers);
    ngx_http_flashsale_metrics_one(metrics,
                       "flashsale_oldest_reader_transactions", "gauge",
                       "Transactions that the oldest reader is behind.",
                       stat.oldest_reader_lag);
    ngx_http_flashsale_metrics_one(metrics, "flashsale_ledger_seq",
                       "gauge", "Last durable entry: the feed's position.",
                       stat.durable_seq);
    ngx_http_flashsale_metrics_one(metrics, "flashsale_rows_set_aside",
                       "gauge", "Rows of the index that could not be worked "
                       "on, and wait for another index.", stat.asides);
    ngx_http_flashsale_metrics_one(metrics, "flashsale_rows_unreadable_total",
                       "counter", "Times that a read passed over a row that "
                       "cannot be read.", stat.unreadable);
    ngx_http_flashsale_metrics_one(metrics, "flashsale_index_seq", "gauge",
                       "Last entry in the index.", stat.index_seq);
}


/*
 * Those that stand, as far as there is room, then those that ended last: an
 * evening's figures are still wanted the morning after.
 */

static void
ngx_http_flashsale_metrics_sales(ngx_http_flashsale_metrics_t *metrics,
    ngx_http_flashsale_worker_t *worker)
{
    int            more;
    size_t         i, n, left;
    uint32_t       after;
    fs_seq_t       before;
    fs_view_t      view;
    fs_outcome_t   outcome;
    union {
        fs_sale_t   sales[NGX_HTTP_FLASHSALE_METRICS_STEP];
        fs_ended_t  ended[NGX_HTTP_FLASHSALE_METRICS_STEP];
    } step;

    outcome = fs_view_open(worker->reader, &view);
    if (outcome != FS_OK && outcome != FS_REBUILDING) {
        return;
    }

    ngx_http_flashsale_metrics_head(metrics, "flashsale_sale_units", "gauge",
                                    "Units of a sale: free, held, sold.");

    left = NGX_HTTP_FLASHSALE_METRICS_SALES;
    after = 0;

    do {
        n = fs_view_current(&view, after,
                            ngx_min(left, NGX_HTTP_FLASHSALE_METRICS_STEP),
                            step.sales, &more);

        for (i = 0; i < n; i++) {
            ngx_http_flashsale_metrics_sale(metrics, &step.sales[i]);
            after = step.sales[i].number;
        }

        left -= n;

    } while (more && n && left);

    before = 0;
    more = 1;

    while (more && left) {
        n = fs_view_ended(&view, before,
                          ngx_min(left, NGX_HTTP_FLASHSALE_METRICS_STEP),
                          step.ended, &more);

        for (i = 0; i < n; i++) {
            ngx_http_flashsale_metrics_sale(metrics, &step.ended[i].sale);
            before = step.ended[i].seq;
        }

        left -= n;
    }

    fs_view_close(&view);
}


static void
ngx_http_flashsale_metrics_sale(ngx_http_flashsale_metrics_t *metrics,
    const fs_sale_t *s)
{
    ngx_http_flashsale_metrics_print(metrics,
        "flashsale_sale_units{sale=\"%*s\",state=\"free\"} %uD\n"
        "flashsale_sale_units{sale=\"%*s\",state=\"held\"} %uD\n"
        "flashsale_sale_units{sale=\"%*s\",state=\"sold\"} %uD\n",
        (size_t) s->slug.len, s->slug.data, fs_sale_free(s),
        (size_t) s->slug.len, s->slug.data, s->held,
        (size_t) s->slug.len, s->slug.data, s->sold);
}
