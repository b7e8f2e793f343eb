
#include "api/ngx_http_flashsale_api.h"
#include "core/base/version.h"
#include "core/log/life.h"
#include "core/read/read.h"
#include "core/read/view_claims.h"
#include "http/ngx_http_flashsale_answer.h"
#include "annex/ngx_http_flashsale_people.h"
#include "annex/ngx_http_flashsale_talk.h"
#include "worker/ngx_http_flashsale_worker.h"


#define NGX_HTTP_FLASHSALE_METRICS_BUFFER  16384
#define NGX_HTTP_FLASHSALE_METRICS_LINE    512
#define NGX_HTTP_FLASHSALE_METRICS_SALES   1000    /* shown at most */
#define NGX_HTTP_FLASHSALE_METRICS_STEP    16      /* sales read at once */


typedef struct {
    ngx_http_request_t  *request;
    ngx_chain_t         *out;
    ngx_chain_t        **last;
    ngx_buf_t           *buf;
    ngx_uint_t           failed;
} ngx_http_flashsale_metrics_t;


#define ngx_http_flashsale_gauge(name, help, value)                          \
    ngx_http_flashsale_metrics_one(metrics, "flashsale_" name, "gauge", help, \
                                   value)

#define ngx_http_flashsale_counter(name, help, value)                        \
    ngx_http_flashsale_metrics_one(metrics, "flashsale_" name, "counter",    \
                                   help, value)


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
static void ngx_http_flashsale_metrics_people(
    ngx_http_flashsale_metrics_t *metrics,
    ngx_http_flashsale_worker_t *worker);
static void ngx_http_flashsale_metrics_owed(
    ngx_http_flashsale_metrics_t *metrics,
    ngx_http_flashsale_worker_t *worker);
static void ngx_http_flashsale_metrics_sales(
    ngx_http_flashsale_metrics_t *metrics,
    ngx_http_flashsale_worker_t *worker);
static void ngx_http_flashsale_metrics_sale(
    ngx_http_flashsale_metrics_t *metrics, const fs_sale_t *s);


ngx_int_t
ngx_http_flashsale_metrics(ngx_http_request_t *r,
    ngx_http_flashsale_worker_t *worker)
{
    ngx_int_t                        rc;
    ngx_http_flashsale_ctx_t        *ctx;
    ngx_http_flashsale_metrics_t     page, *metrics;
    ngx_http_flashsale_main_conf_t  *mcf;

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    mcf = ngx_http_flashsale_main_conf(r);

    /* a scrape is no customer: who looks at `ok` would see those, too */

    ctx = ngx_http_flashsale_get_ctx(r);

    ctx->outcome = FS_OK;
    ctx->counted = 1;

    ngx_http_flashsale_add(worker ? &worker->counters->scrapes
                                  : &ngx_http_flashsale_counters(mcf->shared,
                                                                 0)->scrapes,
                           1);

    ngx_memzero(&page, sizeof(ngx_http_flashsale_metrics_t));

    page.request = r;
    page.last = &page.out;
    metrics = &page;

    ngx_http_flashsale_metrics_head(metrics, "flashsale_build_info", "gauge",
                                    "The versions; always 1.");
    ngx_http_flashsale_metrics_print(metrics,
                                     "flashsale_build_info{version=\"%s\","
                                     "nginx=\"%s\"} 1\n",
                                     FS_VERSION, NGINX_VERSION);

    ngx_http_flashsale_metrics_engine(metrics, mcf);

    /* what is wrong with a store that is not open has to be seen here too */

    ngx_http_flashsale_gauge("store_open",
                             "Whether this worker's store is open.",
                             worker != NULL && worker->store != NULL);

    if (worker && worker->store) {
        ngx_http_flashsale_metrics_store(metrics, worker->store,
                                         mcf->shared);
        ngx_http_flashsale_metrics_people(metrics, worker);
        ngx_http_flashsale_metrics_owed(metrics, worker);
        ngx_http_flashsale_metrics_sales(metrics, worker);
    }

    if (page.failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_flashsale_send_text(r,
                           "text/plain; version=0.0.4; charset=utf-8", NULL,
                           page.out);
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

    for (i = 0; i < mcf->shared->rings_n; i++) {
        ngx_http_flashsale_counters_add(sum,
                           ngx_http_flashsale_counters(mcf->shared, i));
    }

    rings = ngx_http_flashsale_rings(mcf->shared);

    ngx_http_flashsale_metrics_head(metrics, "flashsale_requests_total",
                                    "counter", "Requests by outcome.");

    for (i = 0; i < FS_OUTCOMES_N; i++) {
        ngx_http_flashsale_metrics_print(metrics,
                            "flashsale_requests_total{outcome=\"%s\"} %uL\n",
                            fs_outcome_code(i), (uint64_t) sum->requests[i]);
    }

    ngx_http_flashsale_counter("scrapes_total",
                               "Times that these figures were asked for, "
                               "which are in no outcome.", sum->scrapes);
    ngx_http_flashsale_counter("refused_total",
                               "Holds refused from a snapshot, without a "
                               "write.", sum->refused);
    ngx_http_flashsale_counter("parked_total",
                               "Requests that waited for the store to open.",
                               sum->parked);
    ngx_http_flashsale_counter("commits_total", "Batches committed.",
                               sum->batches);
    ngx_http_flashsale_counter("commits_failed_total",
                               "Batches that could not be committed.",
                               sum->batches_failed);
    ngx_http_flashsale_counter("commands_total",
                               "Commands decided in batches.", sum->commands);
    ngx_http_flashsale_counter("timers_total",
                               "Steps of timers: expiries, openings, "
                               "closings, group decisions.", sum->timers);
    ngx_http_flashsale_counter("entries_total", "Ledger entries written.",
                               sum->entries);
    ngx_http_flashsale_counter("claims_accepted_by_time_total",
                               "Claims accepted by the engine when they were "
                               "due.", sum->accepted);
    ngx_http_flashsale_counter("redelivered_total",
                               "Results of a killed leader, delivered by the "
                               "next.", sum->redelivered);

    ngx_http_flashsale_counter("contacts_written_total",
                               "Changes of contacts that were written.",
                               sum->contacts_written);
    ngx_http_flashsale_counter("contacts_erased_total",
                               "Contacts that were erased.",
                               sum->contacts_erased);
    ngx_http_flashsale_counter("contacts_failed_total",
                               "Commits of contacts that failed.",
                               sum->contacts_failed);

    ngx_http_flashsale_counter("talk_written_total",
                               "Comments, hosts' words and notes that were "
                               "written.", sum->talk_written);
    ngx_http_flashsale_counter("talk_erased_total",
                               "Rows of talk that were erased when their time "
                               "was over.", sum->talk_erased);
    ngx_http_flashsale_counter("talk_failed_total",
                               "Commits of talk that failed.",
                               sum->talk_failed);

    ngx_http_flashsale_gauge("queue_depth", "Commands that wait for a commit.",
                             atomic_load(&rings->waiting));
    ngx_http_flashsale_gauge("queue_slots", "Commands that may wait.",
                             rings->queue);

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

    ngx_http_flashsale_gauge("rebuilding",
                             "Whether the index is being rebuilt.",
                             atomic_load(&store->mark->rebuilding) != 0);
    ngx_http_flashsale_gauge("life_due",
                             "Whether a new life is still to be begun: "
                             "nothing is read until it is.",
                             fs_life_due(store) != 0);
    ngx_http_flashsale_gauge("clock_behind",
                             "Whether the clock is far behind the ledger.",
                             atomic_load(&store->clock_behind) != 0);

    if (fs_store_stat(store, &stat) != 0) {
        return;
    }

    ngx_http_flashsale_gauge("log_used_bytes", "Used of the log's map.",
                             stat.log_used);
    ngx_http_flashsale_gauge("log_size_bytes", "Size of the log's map.",
                             stat.log_size);
    ngx_http_flashsale_gauge("index_used_bytes", "Used of the index's map.",
                             stat.index_used);
    ngx_http_flashsale_gauge("index_size_bytes", "Size of the index's map.",
                             stat.index_size);

    fs_growth_rate(&shared->growth,
                   (int64_t) (ngx_http_flashsale_usec() / 1000), &stat, &rate);

    ngx_http_flashsale_gauge("log_growth_bytes_per_second",
                             "How fast the log grew in the last hour.",
                             rate.log_rate);
    ngx_http_flashsale_gauge("index_growth_bytes_per_second",
                             "How fast the index grew in the last hour.",
                             rate.index_rate);
    ngx_http_flashsale_gauge("growth_seen_seconds",
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

    ngx_http_flashsale_gauge("disk_free_bytes",
                             "Free on the store's file system.",
                             stat.disk_free);
    ngx_http_flashsale_gauge("readers", "Readers in the log's table.",
                             stat.readers);
    ngx_http_flashsale_gauge("oldest_reader_transactions",
                             "Transactions that the oldest reader is behind.",
                             stat.oldest_reader_lag);
    ngx_http_flashsale_gauge("ledger_seq",
                             "Last durable entry: the feed's position.",
                             stat.durable_seq);
    ngx_http_flashsale_gauge("rows_set_aside",
                             "Rows of the index that could not be worked on, "
                             "and wait for another index.", stat.asides);
    ngx_http_flashsale_counter("rows_unreadable_total",
                               "Times that a read passed over a row that "
                               "cannot be read.", stat.unreadable);
    ngx_http_flashsale_gauge("index_seq", "Last entry in the index.",
                             stat.index_seq);
}


static void
ngx_http_flashsale_metrics_people(ngx_http_flashsale_metrics_t *metrics,
    ngx_http_flashsale_worker_t *worker)
{
    int64_t  n;

    n = ngx_http_flashsale_people_count(worker);

    ngx_http_flashsale_gauge("contacts_open",
                             "Whether contacts can be read.", n >= 0);
    ngx_http_flashsale_gauge("contacts", "Contacts in the store.",
                             (uint64_t) ngx_max(n, 0));
    ngx_http_flashsale_gauge("contacts_queue",
                             "Changes of contacts on their way, of this "
                             "worker.",
                             ngx_http_flashsale_people_waiting(worker));

    n = ngx_http_flashsale_talk_count(worker);

    ngx_http_flashsale_gauge("talk_open",
                             "Whether comments can be read.", n >= 0);
    ngx_http_flashsale_gauge("comments", "Comments in the store.",
                             (uint64_t) ngx_max(n, 0));
    ngx_http_flashsale_gauge("talk_queue",
                             "Changes of talk on their way, of this worker.",
                             ngx_http_flashsale_talk_waiting(worker));
}


/*
 * Those that stand, as far as there is room, then those that ended last: an
 * evening's figures are still wanted the morning after.
 */

static void
ngx_http_flashsale_metrics_owed(ngx_http_flashsale_metrics_t *metrics,
    ngx_http_flashsale_worker_t *worker)
{
    fs_now_t   now;
    uint64_t   overdue;
    fs_owed_t  owed;
    fs_view_t  view;

    if (ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_INDEX, &view)
        != FS_OK)
    {
        return;
    }

    fs_store_now(worker->store, &now);

    if (fs_view_owed(&view, now.wall, &owed, &overdue)) {
        ngx_http_flashsale_gauge("owed_fen",
                                 "Due back to buyers and not back yet.",
                                 (uint64_t) owed.fen);
        ngx_http_flashsale_gauge("owed_debts",
                                 "How many debts that is.", owed.debts);
        ngx_http_flashsale_gauge("owed_overdue",
                                 "Debts and open claims whose time is over, "
                                 "at most 10000.", overdue);
        ngx_http_flashsale_gauge("claims_open",
                                 "Claims that wait for an answer, among the "
                                 "10000 debts and claims due first.",
                                 fs_view_claims_open(&view));
    }

    fs_view_close(&view);
}


static void
ngx_http_flashsale_metrics_sales(ngx_http_flashsale_metrics_t *metrics,
    ngx_http_flashsale_worker_t *worker)
{
    int            more;
    size_t         i, n, left;
    uint32_t       after;
    uint64_t       all, shown;
    fs_seq_t       before;
    fs_view_t      view;
    union {
        fs_sale_t   sales[NGX_HTTP_FLASHSALE_METRICS_STEP];
        fs_ended_t  ended[NGX_HTTP_FLASHSALE_METRICS_STEP];
    } step;

    if (ngx_http_flashsale_view(worker, NGX_HTTP_FLASHSALE_LOG, &view)
        != FS_OK)
    {
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

    all = fs_view_sales_n(&view);
    shown = NGX_HTTP_FLASHSALE_METRICS_SALES - left;

    ngx_http_flashsale_gauge("sales", "Sales in the store.", all);
    ngx_http_flashsale_gauge("sales_left_out",
                             "Sales that are not among these figures: those "
                             "that ended first, beyond 1000.",
                             all > shown ? all - shown : 0);

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
