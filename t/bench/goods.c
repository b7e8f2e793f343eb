
/*
 * Lists of goods: pages of the lines of one pickup point, a whole wave walked,
 * a tally read, and what has come given to the lines of a wave.
 *
 *     goods [--lines N] [--dir DIR]
 *
 * --lines  lines of the wave (default 100000); a tenth of them at one point
 * --dir    an empty directory for the store (default: a new one in TMPDIR)
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "decide/decide.h"
#include "fold/fold.h"
#include "pair/pair.h"
#include "read/view_waves.h"
#include "rules/rules.h"

#include "common/files.h"
#include "ledger/rows_after.h"


#define BATCH   512
#define PAGE    100
#define POINTS  10


typedef struct {
    char                 dir[4096];
    unsigned long        lines;
    fs_store_conf_t      conf;
    fs_store_t          *store;
    fs_crypto_t         *crypto;
    fs_sheet_cache_t    *cache;
    fs_pair_t            write;
    fs_sheet_t           sheet;
    fs_now_t             now;
    fs_result_t          result;
} bench_t;


static _Noreturn void
fail(const char *what)
{
    fprintf(stderr, "goods: %s\n", what);
    exit(1);
}


static double
seconds(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);

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

    if (level == FS_SAY_ERROR) {
        fprintf(stderr, "goods: %s\n", message);
    }
}


static void
bench_begin(bench_t *bench)
{
    if (fs_pair_begin(bench->store, &bench->write) != FS_OK) {
        fail("no write transaction");
    }

    fs_store_time(bench->store, &bench->now);
    fs_sheet_begin(&bench->sheet, &bench->write, bench->crypto,
                   bench->cache);
}


static void
bench_commit(bench_t *bench)
{
    if (fs_sheet_end(&bench->sheet) != FS_OK
        || fs_pair_commit(&bench->write, NULL) != FS_OK)
    {
        fail("no commit");
    }
}


static void
bench_decide(bench_t *bench, const fs_command_t *command,
    const fs_operator_t *op)
{
    fs_decide(&bench->sheet, command, op, &bench->now, &bench->result);

    if (fs_outcome_status(bench->result.outcome) >= 300) {
        fail(fs_outcome_code(bench->result.outcome));
    }
}


static void
bench_operate(bench_t *bench, fs_command_type_t type, fs_operator_t *op)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(command));
    command.type = (uint8_t) type;
    bench_begin(bench);
    bench_decide(bench, &command, op);
    bench_commit(bench);
}


static fs_str_t
bench_name(char *buf, unsigned point)
{
    fs_str_t  name;

    name.len = (size_t) sprintf(buf, "p%u", point);
    name.data = buf;

    return name;
}


/* One sale, its points, and its orders: every tenth of the first point. */

static void
bench_fill(bench_t *bench)
{
    char           name[16];
    double         start;
    unsigned       i;
    unsigned long  n;
    fs_command_t   hold, confirm;
    fs_operator_t  op;

    memset(&op, 0, sizeof(op));
    op.slug = (fs_str_t) fs_str("egg");
    op.stock = FS_STOCK_MAX;
    op.price_fen = 100;
    bench_operate(bench, FS_COMMAND_DEFINE, &op);

    for (i = 0; i < POINTS; i++) {
        memset(&op, 0, sizeof(op));
        op.kind = (fs_str_t) fs_str("pickup");
        op.slug = bench_name(name, i);
        op.doc = (fs_str_t) fs_str("{}");
        bench_operate(bench, FS_COMMAND_DOCUMENT, &op);
    }

    memset(&hold, 0, sizeof(hold));
    memset(&confirm, 0, sizeof(confirm));
    hold.type = FS_COMMAND_HOLD;
    hold.lines_n = 1;
    hold.lines[0].sale = 1;
    hold.lines[0].qty = 1;
    hold.term_ms = FS_HOLD_MS_MAX;
    confirm.type = FS_COMMAND_CONFIRM;
    confirm.paid_fen = 100;
    start = seconds();

    for (n = 0; n < bench->lines; /* void */) {
        bench_begin(bench);

        for (i = 0; i < BATCH && n < bench->lines; i++, n++) {
            fs_set_le64(hold.buyer, n);
            fs_slug_set(&hold.pickup,
                        bench_name(name, (unsigned) (n % POINTS)));
            bench_decide(bench, &hold, NULL);
            confirm.hold = bench->result.hold.seq;
            fs_set_le64(confirm.reference, n + 1);
            bench_decide(bench, &confirm, NULL);
        }

        bench_commit(bench);
    }

    start = seconds() - start;
    printf("held and sold:      %8.2f us of CPU an order\n",
           1e6 * start / (double) bench->lines);
}


/* Pages of the first point's lines; the slowest one. */

static void
bench_pages(bench_t *bench, fs_reader_t *reader)
{
    int           more, len;
    char         *json;
    size_t        n, lines, size;
    double        start, one, worst, all;
    uint32_t      pickup;
    fs_str_t      name = fs_str("p0");
    fs_view_t     view;
    fs_names_t    names;
    fs_listed_t   page[PAGE], after;

    size = 1024 + PAGE * FS_LISTED_JSON_MAX;
    json = malloc(size);
    lines = 0;
    worst = 0;
    all = 0;
    more = 1;

    while (more && json != NULL) {
        start = seconds();

        if (fs_view_open(reader, &view) != FS_OK
            || !fs_view_pickup_number(&view, name, &pickup))
        {
            fail("no view");
        }

        fs_view_names(&view, bench->crypto, &names);
        n = fs_view_lines(&view, pickup, FS_GOODS_AWAITED,
                          lines == 0 ? NULL : &after, PAGE, page, &more);
        len = fs_answer_listed(json, size, pickup, FS_GOODS_AWAITED, page, n,
                               more, &names);
        fs_view_close(&view);
        one = seconds() - start;

        if (n == 0 || len <= 0) {
            fail("no page");
        }

        after = page[n - 1];
        lines += n;
        all += one;
        worst = (one > worst) ? one : worst;
    }

    free(json);
    printf("pages of %u:       %8.3f ms each as JSON, %.3f ms the slowest "
           "(%zu lines of a point)\n", PAGE,
           1e3 * all * PAGE / (double) lines, 1e3 * worst, lines);
}


/* All lines of the wave, point by point, and its tallies. */

static void
bench_walk(bench_t *bench, fs_reader_t *reader)
{
    int              more;
    char             name[16];
    size_t           n, lines;
    double           start;
    unsigned         i;
    uint32_t         pickup;
    fs_seq_t         after;
    fs_view_t        view;
    fs_wave_t        wave;
    fs_listed_t     *page;
    fs_wave_line_t  *of;

    page = malloc(1000 * sizeof(fs_listed_t));
    of = malloc(FS_WAVE_LINES_SHOWN * sizeof(fs_wave_line_t));
    lines = 0;

    if (page == NULL || of == NULL) {
        fail("no memory");
    }

    start = seconds();

    for (i = 0; i < POINTS; i++) {
        after = 0;
        more = 1;

        while (more) {

            if (fs_view_open(reader, &view) != FS_OK
                || !fs_view_pickup_number(&view, bench_name(name, i),
                                          &pickup))
            {
                fail("no view");
            }

            n = fs_view_wave_listed(&view, pickup, FS_GOODS_AWAITED, 1, 0,
                                    after, 1000, page, &more);
            after = (n != 0) ? page[n - 1].sold : after;
            lines += n;
            fs_view_close(&view);
        }
    }

    start = seconds() - start;

    if (lines != bench->lines) {
        fail("not all lines");
    }

    printf("a wave walked:      %8.0f lines/s (%zu lines)\n",
           (double) lines / start, lines);

    if (fs_view_open(reader, &view) != FS_OK
        || !fs_view_wave(&view, 1, &wave))
    {
        fail("no view");
    }

    start = seconds();

    for (i = 0; i < 1000; i++) {
        n = fs_view_wave_lines(&view, &wave, FS_WAVE_LINES_SHOWN, of, &more);
    }

    start = seconds() - start;
    fs_view_close(&view);

    printf("a wave's tallies:   %8.3f ms (%zu rows)\n", start, n);
    free(page);
    free(of);
}


static void
bench_receive(bench_t *bench)
{
    char           name[16];
    double         start;
    fs_seq_t       seq;
    unsigned       i, steps;
    fs_operator_t  op;

    start = seconds();
    seq = bench->write.seq;

    for (i = 0; i < POINTS; i++) {
        memset(&op, 0, sizeof(op));
        op.slug = (fs_str_t) fs_str("sat");
        op.pickup = bench_name(name, i);
        op.lines_n = 1;
        op.lines[0].sale = (fs_str_t) fs_str("egg");
        op.lines[0].qty = (uint32_t) (bench->lines / POINTS);
        bench_operate(bench, FS_COMMAND_RECEIVE, &op);
    }

    do {
        bench_begin(bench);
        steps = fs_decide_timers(&bench->sheet, &bench->now, FS_TIMERS_PASS);
        bench_commit(bench);
    } while (steps == FS_TIMERS_PASS);

    start = seconds() - start;
    printf("a wave received:    %8.0f entries/s of CPU, %u steps a pass\n",
           (double) (bench->write.seq - seq) / start, FS_TIMERS_PASS);
}


int
main(int argc, char **argv)
{
    int            c;
    char           message[257];
    bench_t        bench;
    fs_reader_t   *reader;
    fs_outcome_t   outcome;
    fs_operator_t  op;

    static const struct option  options[] = {
        { "lines", required_argument, NULL, 'l' },
        { "dir", required_argument, NULL, 'd' },
        { NULL, 0, NULL, 0 }
    };

    memset(&bench, 0, sizeof(bench));
    bench.lines = 100000;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {

        case 'l':
            bench.lines = strtoul(optarg, NULL, 10);
            break;

        case 'd':
            snprintf(bench.dir, sizeof(bench.dir), "%s", optarg);
            break;

        default:
            return 1;
        }
    }

    if (bench.dir[0] == '\0') {
        snprintf(bench.dir, sizeof(bench.dir), "%s/goods-XXXXXX",
                 getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");

        if (mkdtemp(bench.dir) == NULL) {
            fail("no directory");
        }
    }

    bench.conf.path = bench.dir;
    bench.conf.map_size = 4ULL << 30;
    bench.conf.readers = 16;
    bench.conf.clock = bench_clock;
    bench.conf.random = bench_random;
    bench.conf.refund_ms = 7200000;
    bench.conf.given_ms = 172800000;
    bench.conf.replay = &fs_replay;
    bench.conf.log = bench_log;
    bench.conf.boot_id[0] = 1;
    bench.cache = fs_sheet_cache_create();
    bench.store = fs_store_open(&bench.conf, &outcome, message);

    if (bench.store == NULL || bench.cache == NULL) {
        fail("the store cannot be opened");
    }

    bench.crypto = fs_crypto_create(bench.store->store_key);
    reader = fs_reader_create(bench.store);

    if (bench.crypto == NULL || reader == NULL) {
        fail("no reader");
    }

    bench_fill(&bench);

    memset(&op, 0, sizeof(op));
    op.slug = (fs_str_t) fs_str("sat");
    op.cut_at = FS_AT_MIN;
    op.lines_n = 1;
    op.lines[0].sale = (fs_str_t) fs_str("egg");
    bench_operate(&bench, FS_COMMAND_WAVE, &op);

    bench_pages(&bench, reader);
    bench_walk(&bench, reader);
    bench_receive(&bench);

    fs_reader_destroy(reader);
    fs_crypto_destroy(bench.crypto);
    fs_store_close(bench.store, 1);
    fs_sheet_cache_destroy(bench.cache);
    files_remove(bench.dir);

    return 0;
}
