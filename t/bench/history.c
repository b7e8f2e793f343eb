
/*
 * The store of a shop that has been at it for long and is down just now: days
 * of four sales each, with a wave that came, was received and handed over, but
 * for the last one, which is on the shelves; and today's sales, which are on.
 * Some holds were not paid, some boxes were bad; what is said of the last that
 * were handed over waits for an answer.
 *
 *     history --days N --orders N --dir DIR [--points N] [--neighbours N]
 *
 * --days        before today
 * --orders      of all days, today's too; each makes some four entries
 * --dir         an empty directory
 * --points      1 to 10, where they are collected; 10
 * --neighbours  who orders, one after the other; 2000
 *
 * Neighbour n has the pseudonym n, eight bytes little endian, then zeros.
 */

#include <getopt.h>

#include "bench/down.h"


#define BATCH       512
#define POINTS      10
#define SALES       4                   /* of a day */
#define PRODUCTS    8

#define HOUR_MS     (3600 * 1000LL)
#define UNPAID      20                  /* one in so many */
#define NOT_COME    33
#define BAD         200


typedef struct {
    fs_seq_t             seq;
    unsigned             n;             /* of its day */
    unsigned             neighbour;
} order_t;


static const char  *titles[PRODUCTS] = {
    "阳光玫瑰葡萄", "丹东草莓", "土鸡蛋", "富硒大米",
    "紫皮大蒜", "秋月梨", "羊角蜜甜瓜", "现磨豆浆"
};

static unsigned long  orders_n;         /* so far */
static unsigned long  neighbours_n = 2000;
static unsigned       points_n = POINTS;


static fs_str_t
name_of(char *buf, const char *kind, unsigned n)
{
    fs_str_t  name;

    name.len = (size_t) sprintf(buf, "%s%u", kind, n);
    name.data = buf;

    return name;
}


static void
later(bench_t *bench, int64_t ms)
{
    unsigned  steps;

    bench->ahead_ms += ms;
    bench_timers(bench, &steps);
}


static void
write_document(bench_t *bench, const char *kind, fs_str_t id,
    const char *doc)
{
    fs_operator_t  op;

    memset(&op, 0, sizeof(op));
    op.kind.data = kind;
    op.kind.len = strlen(kind);
    op.slug = id;
    op.doc.data = doc;
    op.doc.len = strlen(doc);
    bench_operate(bench, FS_COMMAND_DOCUMENT, &op);
}


static void
define_catalogue(bench_t *bench)
{
    char      name[32], doc[256];
    unsigned  i;

    for (i = 0; i < points_n; i++) {
        sprintf(doc, "{\"name\":\"小区 %u\",\"address\":\"幸福路 %u 号\","
                "\"phone\":\"1380000%04u\",\"region\":\"城南\","
                "\"route\":\"南 %u\",\"stop\":%u}",
                i, i, i, i % 3, i + 1);
        write_document(bench, "pickup", name_of(name, "p", i), doc);
    }

    for (i = 0; i < PRODUCTS; i++) {
        sprintf(doc, "{\"title\":\"%s\",\"unit\":\"箱\"}", titles[i]);
        write_document(bench, "product", name_of(name, "product", i), doc);
    }
}


/* A sale's number is its place among all. */

static unsigned
sale_of(unsigned day, unsigned i)
{
    return day * SALES + i;
}


static void
define_sales(bench_t *bench, unsigned day)
{
    char           name[32], doc[64];
    unsigned       i, product;
    fs_operator_t  op;

    bench_begin(bench);
    bench_commit(bench);

    for (i = 0; i < SALES; i++) {
        product = sale_of(day, i) % PRODUCTS;
        memset(&op, 0, sizeof(op));
        op.slug = name_of(name, "sale", sale_of(day, i));
        op.title.data = titles[product];
        op.title.len = strlen(titles[product]);
        op.price_fen = 1990 + 100 * product;
        op.stock = 1000000;
        op.opens_at = bench->now.wall;
        op.closes_at = bench->now.wall + 10 * HOUR_MS;
        op.doc.len = (size_t) sprintf(doc, "{\"product\":\"product%u\"}",
                                      product);
        op.doc.data = doc;
        bench_operate(bench, FS_COMMAND_DEFINE, &op);
    }
}


static void
take_orders(bench_t *bench, unsigned day, order_t *orders, unsigned wanted)
{
    char          name[32];
    unsigned      i, n;
    fs_command_t  hold, confirm;

    memset(&hold, 0, sizeof(hold));
    memset(&confirm, 0, sizeof(confirm));
    hold.type = FS_COMMAND_HOLD;
    hold.lines_n = 1;
    hold.lines[0].qty = 1;
    hold.term_ms = 300000;
    confirm.type = FS_COMMAND_CONFIRM;

    for (n = 0; n < wanted; /* void */) {
        bench_begin(bench);

        for (i = 0; i < BATCH && n < wanted; i++, n++) {
            orders[n].n = n;
            orders[n].neighbour = (unsigned) (orders_n++ % neighbours_n);
            fs_set_le64(hold.buyer, orders[n].neighbour);
            fs_slug_set(&hold.pickup, name_of(name, "p", n % points_n));
            hold.lines[0].sale = sale_of(day, n / points_n % SALES) + 1;
            bench_decide(bench, &hold, NULL);
            orders[n].seq = bench->result.hold.seq;

            if (n % UNPAID == UNPAID - 1) {
                orders[n].seq = 0;
                continue;
            }

            confirm.hold = orders[n].seq;
            confirm.paid_fen = bench->result.hold.lines[0].price_fen;
            fs_set_le64(confirm.reference, orders_n);
            bench_decide(bench, &confirm, NULL);
        }

        bench_commit(bench);
    }
}


/* A day's wave, called by the day on which it comes, as 2026-11-30. */

static void
cut_wave(bench_t *bench, unsigned day, char *id, unsigned *units,
    const order_t *orders, unsigned wanted)
{
    char           names[SALES][32];
    time_t         comes;
    unsigned       i;
    struct tm      date;
    fs_operator_t  op;

    comes = (time_t) ((bench->now.wall + 24 * HOUR_MS) / 1000);
    gmtime_r(&comes, &date);
    strftime(id, 16, "%Y-%m-%d", &date);

    memset(&op, 0, sizeof(op));
    op.slug.data = id;
    op.slug.len = strlen(id);
    op.cut_at = bench->now.wall;
    op.day = (uint32_t) ((date.tm_year + 1900) * 10000
                         + (date.tm_mon + 1) * 100 + date.tm_mday);
    op.lines_n = SALES;

    for (i = 0; i < SALES; i++) {
        op.lines[i].sale = name_of(names[i], "sale", sale_of(day, i));
    }

    bench_operate(bench, FS_COMMAND_WAVE, &op);
    later(bench, 0);

    memset(units, 0, points_n * SALES * sizeof(*units));

    for (i = 0; i < wanted; i++) {
        units[i % points_n * SALES + i / points_n % SALES]
            += orders[i].seq != 0;
    }
}


static void
receive_wave(bench_t *bench, unsigned day, const char *id,
    const unsigned *units)
{
    char           name[32], names[SALES][32];
    unsigned       i, point;
    fs_operator_t  op;

    for (point = 0; point < points_n; point++) {
        memset(&op, 0, sizeof(op));
        op.slug.data = id;
        op.slug.len = strlen(id);
        op.pickup = name_of(name, "p", point);
        op.final = 1;

        for (i = 0; i < SALES; i++) {

            if (units[point * SALES + i] != 0) {
                op.lines[op.lines_n].sale = name_of(names[i], "sale",
                                                    sale_of(day, i));
                op.lines[op.lines_n++].qty = units[point * SALES + i];
            }
        }

        if (op.lines_n != 0) {
            bench_operate(bench, FS_COMMAND_RECEIVE, &op);
            later(bench, 0);
        }
    }
}


static void
hand_over(bench_t *bench, unsigned day, const order_t *orders,
    unsigned wanted, int answered)
{
    unsigned      i, n;
    fs_command_t  handed, claim, answer;

    for (n = 0; n < wanted; /* void */) {
        bench_begin(bench);

        for (i = 0; i < BATCH && n < wanted; i++, n++) {

            if (orders[n].seq == 0 || n % NOT_COME == 1) {
                continue;
            }

            memset(&handed, 0, sizeof(handed));
            handed.type = FS_COMMAND_HAND_OVER;
            handed.hold = orders[n].seq;
            handed.via = FS_VIA_LIST;
            handed.device_at = bench->now.wall;
            fs_set_le64(handed.key, orders[n].seq);
            bench_decide(bench, &handed, NULL);

            if (n % BAD != 2) {
                continue;
            }

            memset(&claim, 0, sizeof(claim));
            claim.type = FS_COMMAND_CLAIM;
            claim.hold = orders[n].seq;
            fs_set_le64(claim.buyer, orders[n].neighbour);
            claim.reason = FS_REASON_BAD;
            claim.lines_n = 1;
            claim.lines[0].sale = sale_of(day, n / points_n % SALES) + 1;
            claim.lines[0].qty = 1;
            bench_decide(bench, &claim, NULL);

            if (!answered) {
                continue;
            }

            memset(&answer, 0, sizeof(answer));
            answer.type = FS_COMMAND_ANSWER_CLAIM;
            answer.hold = orders[n].seq;
            answer.claim = bench->result.claim;
            answer.accept = 1;
            bench_decide(bench, &answer, NULL);
        }

        bench_commit(bench);
    }
}


int
main(int argc, char **argv)
{
    int            c;
    char           wave[16];
    order_t       *orders;
    bench_t        bench;
    unsigned       day, days, of_a_day, units[POINTS * SALES];
    unsigned long  wanted;

    static const struct option  options[] = {
        { "days", required_argument, NULL, 'n' },
        { "points", required_argument, NULL, 'p' },
        { "neighbours", required_argument, NULL, 'b' },
        { "orders", required_argument, NULL, 'o' },
        { "dir", required_argument, NULL, 'd' },
        { NULL, 0, NULL, 0 }
    };

    memset(&bench, 0, sizeof(bench));
    days = 100;
    wanted = 100000;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {

        case 'n':
            days = (unsigned) strtoul(optarg, NULL, 10);
            break;

        case 'o':
            wanted = strtoul(optarg, NULL, 10);
            break;

        case 'p':
            points_n = (unsigned) strtoul(optarg, NULL, 10);
            break;

        case 'b':
            neighbours_n = strtoul(optarg, NULL, 10);
            break;

        case 'd':
            snprintf(bench.dir, sizeof(bench.dir), "%s", optarg);
            break;

        default:
            return 1;
        }
    }

    of_a_day = (unsigned) (wanted / (days + 1));
    orders = calloc(of_a_day + 1, sizeof(*orders));

    if (bench.dir[0] == '\0' || orders == NULL) {
        fail("--dir is needed, and memory");
    }

    if (points_n == 0 || points_n > POINTS || neighbours_n == 0) {
        fail("--points or --neighbours is wrong");
    }

    bench.conf.claim_ms = (uint32_t) (24 * HOUR_MS);
    bench.ahead_ms = -(24LL * days + 2) * HOUR_MS;
    bench_open(&bench);
    define_catalogue(&bench);

    for (day = 0; day <= days; day++) {
        define_sales(&bench, day);
        take_orders(&bench, day, orders, of_a_day);

        if (day == days) {
            break;
        }

        later(&bench, 11 * HOUR_MS);
        cut_wave(&bench, day, wave, units, orders, of_a_day);
        later(&bench, 9 * HOUR_MS);
        receive_wave(&bench, day, wave, units);
        later(&bench, HOUR_MS);

        if (day < days - 1) {
            hand_over(&bench, day, orders, of_a_day, day < days - 2);
        }

        later(&bench, 3 * HOUR_MS);
    }

    printf("%llu entries\n", (unsigned long long) bench.write.seq);
    bench_close(&bench);
    free(orders);

    return 0;
}
