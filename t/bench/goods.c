
/*
 * Lists of goods: pages of the lines of one pickup point, a whole wave walked,
 * a tally read, and what has come given to the lines of a wave.
 *
 *     goods [--lines N] [--dir DIR] [--keep]
 *
 * --lines  lines of the wave (default 100000); a tenth of them at one point
 * --dir    an empty directory for the store (default: a new one in TMPDIR)
 * --keep   measure nothing, and leave the store: a shop's that is down
 */

#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/down.h"
#include "common/files.h"
#include "ledger/rows_after.h"
#include "read/audit.h"
#include "read/view_waves.h"


#define BATCH   512
#define PAGE    100
#define POINTS  10

/* as the module's: NGX_HTTP_FLASHSALE_AUDIT_RANGE */
#define AUDIT_RANGE  4096


static unsigned long  orders = 100000;


static double
seconds(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);

    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
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

    for (n = 0; n < orders; /* void */) {
        bench_begin(bench);

        for (i = 0; i < BATCH && n < orders; i++, n++) {
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
           1e6 * start / (double) orders);
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
bench_walk(fs_reader_t *reader)
{
    int              more;
    char             name[16];
    size_t           n, lines;
    double           start;
    unsigned         i;
    uint32_t         pickup;
    fs_seq_t         after;
    fs_view_t        view;
    fs_listed_t     *page;
    fs_wave_page_t  *of;

    page = malloc(1000 * sizeof(fs_listed_t));
    of = malloc(sizeof(fs_wave_page_t));
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

    if (lines != orders) {
        fail("not all lines");
    }

    printf("a wave walked:      %8.0f lines/s (%zu lines)\n",
           (double) lines / start, lines);

    if (fs_view_open(reader, &view) != FS_OK
        || !fs_view_wave(&view, 1, &of->wave))
    {
        fail("no view");
    }

    start = seconds();

    for (i = 0; i < 1000; i++) {
        fs_view_wave_lines(&view, 0, FS_WAVE_LINES_SHOWN, of);
    }

    start = seconds() - start;
    fs_view_close(&view);

    printf("a wave's tallies:   %8.3f ms (%zu rows)\n", start, of->n);
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
        op.lines[0].qty = (uint32_t) (orders / POINTS);
        bench_operate(bench, FS_COMMAND_RECEIVE, &op);
    }

    bench_timers(bench, &steps);

    start = seconds() - start;
    printf("a wave received:    %8.0f entries/s of CPU, %u steps a pass\n",
           (double) (bench->write.seq - seq) / start, FS_TIMERS_PASS);
}


static void
bench_audit(bench_t *bench)
{
    double      took;
    fs_audit_t  audit;

    took = seconds();
    fs_audit_run(bench->store, AUDIT_RANGE, NULL, &audit);
    took = seconds() - took;

    if (audit.outcome != FS_OK || !audit.ok) {
        fail(audit.problem);
    }

    printf("audited:            %8.0f entries/s of CPU (%llu entries)\n",
           (double) audit.last_seq / took,
           (unsigned long long) audit.last_seq);

    fs_audit_free(&audit);
}


int
main(int argc, char **argv)
{
    int            c, keep;
    bench_t        bench;
    fs_reader_t   *reader;
    fs_operator_t  op;

    static const struct option  options[] = {
        { "lines", required_argument, NULL, 'l' },
        { "dir", required_argument, NULL, 'd' },
        { "keep", no_argument, NULL, 'k' },
        { NULL, 0, NULL, 0 }
    };

    memset(&bench, 0, sizeof(bench));
    keep = 0;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {

        case 'l':
            orders = strtoul(optarg, NULL, 10);
            break;

        case 'd':
            snprintf(bench.dir, sizeof(bench.dir), "%s", optarg);
            break;

        case 'k':
            keep = 1;
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

    bench_open(&bench);
    reader = fs_reader_create(bench.store);

    if (reader == NULL) {
        fail("no reader");
    }

    bench_fill(&bench);

    memset(&op, 0, sizeof(op));
    op.slug = (fs_str_t) fs_str("sat");
    op.cut_at = FS_AT_MIN;
    op.lines_n = 1;
    op.lines[0].sale = (fs_str_t) fs_str("egg");
    bench_operate(&bench, FS_COMMAND_WAVE, &op);

    if (!keep) {
        bench_pages(&bench, reader);
        bench_walk(reader);
    }

    bench_receive(&bench);

    if (!keep) {
        bench_audit(&bench);
    }

    fs_reader_destroy(reader);
    bench_close(&bench);

    if (!keep) {
        files_remove(bench.dir);
    }

    return 0;
}
