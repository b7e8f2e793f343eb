
/*
 * The core alone: one hot sale, every command from another buyer with a key,
 * every commit synced.  No rings and no HTTP: what the deciding thread does.
 *
 *     core [--count N] [--holds N] [--batch N] [--dir DIR] [--keep]
 *
 * --count  commands measured for each size of batch (default 100000)
 * --holds  holds in the store when it is opened, rebuilt, audited and measured
 *          again
 *          (default 200000)
 * --batch  only this size
 * --dir    an empty directory for the store (default: a new one in TMPDIR)
 * --keep   leave the store there
 */

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "decide/decide.h"
#include "read/audit.h"
#include "read/read.h"
#include "rules/rules.h"
#include "fold/fold.h"
#include "pair/pair.h"

#include "common/files.h"


#define SYNCS     21
#define PREFILL   2048
#define MAP_SIZE  (16ULL << 30)

/* as the module's: NGX_HTTP_FLASHSALE_AUDIT_RANGE */
#define AUDIT_RANGE  4096


typedef struct {
    unsigned long        count;
    unsigned long        holds;
    unsigned             batch;
    int                  keep;
    char                 dir[4096];

    fs_store_conf_t      conf;
    fs_store_t          *store;
    fs_crypto_t         *crypto;
    fs_sheet_cache_t    *cache;
    uint32_t             sale;
    uint64_t             seed;
} bench_t;

typedef struct {
    double               seconds;
    double               cpu;           /* of them, of this thread */
    double               rate;
    double               log_seconds;   /* of the log's commits */
    double               index_seconds;
    unsigned long        commits;
} run_t;


static void bench_audit(bench_t *bench);


static _Noreturn void
fail(const char *what)
{
    fprintf(stderr, "core: %s\n", what);
    exit(1);
}


static double
seconds(clockid_t clock)
{
    struct timespec  ts;

    clock_gettime(clock, &ts);

    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}


static void
bench_clock(void *data, int64_t *wall, int64_t *boot)
{
    struct timespec  ts;

    (void) data;

    clock_gettime(CLOCK_REALTIME, &ts);
    *wall = ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;

    clock_gettime(CLOCK_BOOTTIME, &ts);
    *boot = ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}


static int
bench_random(void *data, uint8_t *bytes, size_t len)
{
    (void) data;

    return getrandom(bytes, len, 0) == (ssize_t) len ? 0 : -1;
}


static void
bench_log(void *data, fs_say_level_t level, const char *message)
{
    (void) data;

    if (level == FS_SAY_ERROR || getenv("BENCH_LOG") != NULL) {
        fprintf(stderr, "core: %s\n", message);
    }
}


/* splitmix64: buyers and keys at random places, the same in every run */

static uint64_t
bench_next(bench_t *bench)
{
    uint64_t  z;

    z = (bench->seed += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;

    return z ^ (z >> 31);
}


/* Empty the directory. */

static void
bench_clean(bench_t *bench)
{
    files_remove(bench->dir);
    (void) mkdir(bench->dir, 0700);
}


static double
bench_open(bench_t *bench)
{
    char           message[257];
    double         start;
    fs_outcome_t   outcome;

    message[0] = '\0';
    start = seconds(CLOCK_MONOTONIC);
    bench->store = fs_store_open(&bench->conf, &outcome, message);
    start = seconds(CLOCK_MONOTONIC) - start;

    if (bench->store == NULL) {
        fail(message);
    }

    bench->crypto = fs_crypto_create(bench->store->store_key);

    if (bench->crypto == NULL) {
        fail("libcrypto failed");
    }

    return start;
}


static void
bench_close(bench_t *bench)
{
    fs_crypto_destroy(bench->crypto);
    fs_store_close(bench->store, 1);
}


/* A batch of n commands; in *outcome what the last one was told. */

static void
bench_batch(bench_t *bench, fs_command_t *command, const fs_operator_t *op,
    unsigned n, int64_t *timings, fs_result_t *result)
{
    uint64_t     random;
    unsigned     i;
    fs_now_t     now;
    fs_sheet_t   sheet;
    fs_pair_t   write;

    if (fs_pair_begin(bench->store, &write) != FS_OK) {
        fail("no write transaction");
    }

    fs_store_time(bench->store, &now);
    fs_sheet_begin(&sheet, &write, bench->crypto, bench->cache);

    for (i = 0; i < n; i++) {

        if (op == NULL) {
            random = bench_next(bench);
            memcpy(command->buyer, &random, 8);
            random = bench_next(bench);
            memcpy(command->buyer + 8, &random, 8);
            random = bench_next(bench);
            memcpy(command->key, &random, 8);
        }

        fs_decide(&sheet, command, op, &now, result);

        if (result->outcome != FS_CREATED) {
            fail(fs_outcome_code(result->outcome));
        }
    }

    (void) fs_decide_timers(&sheet, &now, FS_TIMERS_PASS);

    if (fs_sheet_end(&sheet) != FS_OK
        || fs_pair_commit(&write, timings) != FS_OK)
    {
        fail("no commit");
    }
}


static void
bench_define(bench_t *bench)
{
    int64_t         timings[2];
    fs_str_t        slug = fs_str("grape");
    fs_view_t       view;
    fs_result_t     result;
    fs_reader_t    *reader;
    fs_command_t    command;
    fs_operator_t   op;

    memset(&command, 0, sizeof(command));
    memset(&op, 0, sizeof(op));

    command.type = FS_COMMAND_DEFINE;
    op.slug = slug;
    op.price_fen = 3980;
    op.stock = FS_STOCK_MAX;
    op.limit = 2;

    bench_batch(bench, &command, &op, 1, timings, &result);

    reader = fs_reader_create(bench->store);

    if (reader == NULL || fs_view_open(reader, &view) != FS_OK
        || !fs_view_sale_number(&view, slug, &bench->sale))
    {
        fail("no sale");
    }

    fs_view_close(&view);
    fs_reader_destroy(reader);
}


static void
bench_run(bench_t *bench, unsigned long count, unsigned batch, run_t *run)
{
    int64_t        timings[2];
    unsigned       n;
    unsigned long  done;
    fs_result_t    result;
    fs_command_t   command;

    memset(run, 0, sizeof(run_t));
    memset(&command, 0, sizeof(command));

    command.type = FS_COMMAND_HOLD;
    command.lines_n = 1;
    command.lines[0].sale = bench->sale;
    command.lines[0].qty = 1;
    command.term_ms = FS_HOLD_MS_MAX;
    command.live_holds = 3;

    run->seconds = seconds(CLOCK_MONOTONIC);
    run->cpu = seconds(CLOCK_THREAD_CPUTIME_ID);

    for (done = 0; done < count; done += n) {
        n = count - done < batch ? (unsigned) (count - done) : batch;

        bench_batch(bench, &command, NULL, n, timings, &result);

        run->log_seconds += (double) timings[0] / 1e6;
        run->index_seconds += (double) timings[1] / 1e6;
        run->commits++;
    }

    run->seconds = seconds(CLOCK_MONOTONIC) - run->seconds;
    run->cpu = seconds(CLOCK_THREAD_CPUTIME_ID) - run->cpu;
    run->rate = (double) count / run->seconds;
}


static void
bench_print(const char *name, unsigned batch, unsigned long count,
    const run_t *run)
{
    printf("%-6s batch %5u: %7.0f reservations/s   (%.2f us of CPU each; "
           "log's commit %4.1f %%, %.2f ms; index's %4.1f %%)\n",
           name, batch, run->rate, 1e6 * run->cpu / (double) count,
           100 * run->log_seconds / run->seconds,
           1000 * run->log_seconds / (double) run->commits,
           100 * run->index_seconds / run->seconds);
    fflush(stdout);
}


static int
compare(const void *a, const void *b)
{
    double  x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}


/* What the disk can do: the median of writing a page and fdatasync(). */

static void
bench_disk(bench_t *bench)
{
    int     fd, i;
    char    path[4200], page[4096];
    double  times[SYNCS];

    snprintf(path, sizeof(path), "%s/disk", bench->dir);
    memset(page, 'x', sizeof(page));

    fd = open(path, O_CREAT|O_RDWR|O_CLOEXEC, 0600);

    if (fd == -1) {
        fail("no file in the directory");
    }

    for (i = 0; i < SYNCS; i++) {
        times[i] = seconds(CLOCK_MONOTONIC);

        if (pwrite(fd, page, sizeof(page), i * 4096L) != sizeof(page)
            || fdatasync(fd) == -1)
        {
            fail("the disk failed");
        }

        times[i] = seconds(CLOCK_MONOTONIC) - times[i];
    }

    close(fd);
    unlink(path);

    qsort(times, SYNCS, sizeof(double), compare);
    printf("one page and fdatasync(): median %.3f ms\n",
           1000 * times[SYNCS / 2]);
}


/* Bytes of the pages that are in use, and of the file's used part. */

static void
bench_pages(MDB_env *env, double *used, double *file)
{
    size_t       free_n;
    MDB_val      key, value;
    MDB_txn     *txn;
    MDB_stat     stat;
    MDB_envinfo  info;
    MDB_cursor  *cursor;

    /* database 0 lists the free pages: a count, then their numbers */

    if (mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0
        || mdb_cursor_open(txn, 0, &cursor) != 0)
    {
        fail("the index cannot be read");
    }

    free_n = 0;

    while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
        free_n += *(size_t *) value.mv_data;
    }

    mdb_stat(txn, 0, &stat);
    mdb_env_info(env, &info);
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);

    *file = (double) stat.ms_psize * (double) (info.me_last_pgno + 1);
    *used = *file - (double) stat.ms_psize * (double) free_n;
}


static void
bench_sizes(bench_t *bench, const fs_store_stat_t *before, unsigned long n)
{
    double           used, file;
    fs_store_stat_t  now;

    if (fs_store_stat(bench->store, &now) == -1) {
        fail("no figures");
    }

    bench_pages(bench->store->index, &used, &file);

    printf("log: %.0f bytes an entry; index: %.0f bytes a live hold, "
           "%.0f with free pages\n",
           (double) (now.log_used - before->log_used)
           / (double) (now.durable_seq - before->durable_seq),
           used / (double) n, file / (double) n);
}


/* Open, read, delete the index, open again, rebuild, audit. */

static void
bench_reopen(bench_t *bench, unsigned long holds)
{
    char           path[4200];
    double         took;
    fs_sale_t      sale;
    fs_view_t      view;
    fs_reader_t   *reader;
    fs_mark_t     *mark;
    uint32_t       index_n;

    took = bench_open(bench);
    printf("opening with %lu holds, index trusted: %.1f ms\n", holds,
           1000 * took);

    mark = bench->store->mark;
    index_n = mark->index_n;
    bench_close(bench);

    snprintf(path, sizeof(path), "%s/index-%u/data.mdb", bench->dir,
             index_n);

    if (unlink(path) == -1) {
        fail("the index is not where it should be");
    }

    (void) bench_open(bench);
    took = seconds(CLOCK_MONOTONIC);

    if (fs_store_catch_up(bench->store, 65536, NULL, NULL) != FS_OK) {
        fail("no rebuild");
    }

    took = seconds(CLOCK_MONOTONIC) - took;

    reader = fs_reader_create(bench->store);

    if (reader == NULL || fs_view_open(reader, &view) != FS_OK
        || !fs_view_sale(&view, bench->sale, &sale) || sale.held != holds)
    {
        fail("the rebuilt index is wrong");
    }

    printf("rebuilding %llu entries: %.2f s, %.0f entries/s\n",
           (unsigned long long) view.seq, took, (double) view.seq / took);

    fs_view_close(&view);
    fs_reader_destroy(reader);
    bench_audit(bench);
    bench_close(bench);
}


static void
bench_audit(bench_t *bench)
{
    double      took;
    fs_audit_t  audit;

    took = seconds(CLOCK_MONOTONIC);
    fs_audit_run(bench->store, AUDIT_RANGE, NULL, &audit);
    took = seconds(CLOCK_MONOTONIC) - took;

    if (audit.outcome != FS_OK || !audit.ok) {
        fail(audit.problem);
    }

    printf("auditing %llu entries: %.2f s, %.0f entries/s\n",
           (unsigned long long) audit.last_seq, took,
           (double) audit.last_seq / took);

    fs_audit_free(&audit);
}


static void
bench_options(bench_t *bench, int argc, char **argv)
{
    int                   c;
    static struct option  options[] = {
        { "count", required_argument, NULL, 'c' },
        { "holds", required_argument, NULL, 'h' },
        { "batch", required_argument, NULL, 'b' },
        { "dir", required_argument, NULL, 'd' },
        { "keep", no_argument, NULL, 'k' },
        { NULL, 0, NULL, 0 }
    };

    bench->count = 100000;
    bench->holds = 200000;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {

        switch (c) {

        case 'c':
            bench->count = strtoul(optarg, NULL, 10);
            break;

        case 'h':
            bench->holds = strtoul(optarg, NULL, 10);
            break;

        case 'b':
            bench->batch = (unsigned) strtoul(optarg, NULL, 10);
            break;

        case 'd':
            snprintf(bench->dir, sizeof(bench->dir), "%s", optarg);
            break;

        case 'k':
            bench->keep = 1;
            break;

        default:
            fail("options: --count N --holds N --batch N --dir DIR --keep");
        }
    }

    if (bench->count == 0) {
        fail("--count: at least 1");
    }
}


int
main(int argc, char **argv)
{
    int               own;
    run_t             empty, full;
    bench_t           bench;
    unsigned          i, batch;
    const char       *tmp;
    unsigned long     holds;
    fs_store_stat_t   before;
    const unsigned    batches[] = { 64, 256, 1024 };

    memset(&bench, 0, sizeof(bench));
    bench_options(&bench, argc, argv);

    own = bench.dir[0] == '\0';

    if (own) {
        tmp = getenv("TMPDIR");
        snprintf(bench.dir, sizeof(bench.dir), "%s/core-XXXXXX",
                 tmp != NULL ? tmp : "/var/tmp");

        if (mkdtemp(bench.dir) == NULL) {
            fail("no directory");
        }
    }

    bench.conf.path = bench.dir;
    bench.conf.map_size = MAP_SIZE;
    bench.conf.sync = 1;
    bench.conf.readers = 64;
    bench.conf.clock = bench_clock;
    bench.conf.random = bench_random;
    bench.conf.replay = &fs_replay;
    bench.conf.log = bench_log;
    memset(bench.conf.boot_id, 0xb0, FS_BOOT_LEN);

    bench.cache = fs_sheet_cache_create();

    if (bench.cache == NULL) {
        fail("no memory");
    }

    bench_disk(&bench);

    /* each size on a store of its own; the last one's is gone on with */

    batch = 0;

    for (i = 0; i < 3; i++) {

        if (bench.batch != 0 && i < 2) {
            continue;
        }

        if (batch != 0) {
            bench_close(&bench);
            bench_clean(&bench);
        }

        batch = bench.batch != 0 ? bench.batch : batches[i];
        bench.seed = 1;

        (void) bench_open(&bench);
        bench_define(&bench);

        if (fs_store_stat(bench.store, &before) == -1) {
            fail("no figures");
        }

        bench_run(&bench, bench.count, batch, &empty);
        bench_print("empty,", batch, bench.count, &empty);
    }

    holds = bench.count;

    if (bench.holds > holds) {
        bench_run(&bench, bench.holds - holds, PREFILL, &full);
        bench_print("fill,", PREFILL, bench.holds - holds, &full);
        holds = bench.holds;
    }

    bench_sizes(&bench, &before, holds);

    bench_run(&bench, bench.count, batch, &full);
    bench_print("full,", batch, bench.count, &full);
    printf("full (%lu holds) / empty: %.2f\n", holds, full.rate / empty.rate);
    holds += bench.count;

    bench_close(&bench);
    bench_reopen(&bench, holds);
    fs_sheet_cache_destroy(bench.cache);

    if (!bench.keep) {
        bench_clean(&bench);

        if (own) {
            (void) rmdir(bench.dir);
        }
    }

    return 0;
}
