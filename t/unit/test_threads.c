
/*
 * Everything in one process, in threads: several that produce, each with a
 * ring of its own, one that commits, one that looks, one that audits.  In
 * real life these are processes, and ThreadSanitizer cannot see from one into
 * another; here it sees all of it (`make test-tsan`).
 */

#include "shop.h"

#include <poll.h>

#include "read/audit.h"
#include "read/read.h"


#define MAP          (64 * 1024 * 1024)
#define PRODUCERS    4
#define COMMANDS     2000               /* of each */
#define OUTSTANDING  48
#define STOCK        6000               /* less than all want */
#define QUEUE        128                /* less than all have outstanding */
#define PATIENCE_MS  60000


typedef struct {
    shop_t               shop;
    fs_store_t          *store;
    fs_leader_t         *leader;
    int                  wanted;        /* eventfd: a pass */
    _Atomic int          claimed;       /* producers with a ring */
    _Atomic int          inherited;
    _Atomic int          stop;
    unsigned             audits;        /* that ended well */
    unsigned             looks;
} market_t;

typedef struct {
    market_t            *market;
    pthread_t            thread;
    unsigned             number;
    int                  ring;
    unsigned             full;          /* pushes refused */
    unsigned             created;
    fs_seq_t             holds[COMMANDS];
    const char          *broken;
} producer_t;


static void
want(market_t *market)
{
    uint64_t  one;

    one = 1;
    assert_int_equal(write(market->wanted, &one, sizeof(one)), sizeof(one));
}


static void *
commit_run(void *data)
{
    int            i;
    uint64_t       n;
    market_t      *market = data;
    fs_pass_t      pass;
    struct pollfd  pfd;

    while (market->claimed < PRODUCERS) {
        usleep(100);
    }

    for (i = 0; i < PRODUCERS; i++) {
        if (fs_leader_inherit(market->leader, i) != FS_OK) {
            return "inherit";
        }
    }

    market->inherited = 1;

    while (!market->stop) {
        pfd.fd = market->wanted;
        pfd.events = POLLIN;
        (void) poll(&pfd, 1, 1000);
        (void) !read(market->wanted, &n, sizeof(n));

        do {
            fs_leader_pass(market->leader, &market->stop, &pass);

            if (pass.outcome != FS_OK) {
                return "pass";
            }

        } while (pass.more);
    }

    return NULL;
}


/* 1: added; 0: the queue is full for now. */

static int
producer_push(producer_t *producer, unsigned i)
{
    market_t         *market = producer->market;
    fs_outcome_t      outcome;
    fs_command_t      command;
    struct timespec   ts;

    shop_hold(&market->shop, &command, producer->number * COMMANDS + i);
    clock_gettime(CLOCK_MONOTONIC, &ts);

    outcome = fs_ring_push(market->shop.rings, producer->ring, &command, i,
                           ts.tv_sec * 1000000000LL + ts.tv_nsec);

    if (outcome == FS_OK) {
        want(market);
        return 1;
    }

    if (outcome != FS_QUEUE_FULL) {
        producer->broken = fs_outcome_code(outcome);
    }

    producer->full++;

    return 0;
}


/* Results come in the order of the commands. */

static unsigned
producer_take(producer_t *producer, unsigned taken)
{
    unsigned     n;
    fs_slot_t   *slot;
    fs_rings_t  *rings = producer->market->shop.rings;

    n = 0;

    while ((slot = fs_ring_pop(rings, producer->ring)) != NULL) {

        if (slot->token != taken + n) {
            producer->broken = "token";
        }

        if (slot->result.outcome == FS_CREATED) {
            producer->holds[producer->created++] = slot->result.hold.seq;

        } else if (slot->result.outcome != FS_SOLD_OUT) {
            producer->broken = fs_outcome_code(slot->result.outcome);
        }

        fs_ring_pop_done(rings, producer->ring);
        n++;
    }

    return n;
}


static void *
producer_run(void *data)
{
    uint64_t        n;
    unsigned        pushed, taken;
    market_t       *market;
    producer_t     *producer = data;
    struct pollfd   pfd;

    market = producer->market;
    producer->ring = fs_ring_claim(market->shop.rings);

    if (producer->ring == -1) {
        producer->broken = "claim";
        return NULL;
    }

    market->claimed++;

    while (!market->inherited && !market->stop) {
        usleep(100);
    }

    pfd.fd = fs_ring(market->shop.rings, producer->ring)->eventfd;
    pfd.events = POLLIN;
    pushed = 0;
    taken = 0;

    while (taken < COMMANDS && producer->broken == NULL) {

        while (pushed < COMMANDS && pushed - taken < OUTSTANDING
               && producer_push(producer, pushed))
        {
            pushed++;
        }

        /* none of its own is under way: others fill the queue */

        if (pushed == taken) {
            usleep(100);
            continue;
        }

        if (poll(&pfd, 1, PATIENCE_MS) != 1) {
            producer->broken = "nothing came back";
            break;
        }

        (void) !read(pfd.fd, &n, sizeof(n));
        taken += producer_take(producer, taken);
    }

    fs_ring_release(market->shop.rings, producer->ring);

    return NULL;
}


/* As an event loop looks: a view a turn; what it sees only goes on. */

static void *
look_run(void *data)
{
    void         *broken;
    fs_sale_t     sale;
    uint32_t      held;
    fs_view_t     view;
    fs_seq_t      seq;
    market_t     *market = data;
    fs_entry_t    entries[16];
    fs_reader_t  *reader;

    reader = fs_reader_create(market->store);
    broken = (reader != NULL) ? NULL : "reader";
    held = 0;
    seq = 0;

    while (!market->stop && broken == NULL) {

        if (fs_view_open(reader, &view) != FS_OK) {
            broken = "view";
            break;
        }

        if (!fs_view_sale(&view, market->shop.sale, &sale)
            || sale.held < held || sale.held > STOCK || view.seq < seq)
        {
            broken = "sale";
        }

        held = sale.held;
        seq = view.seq;

        if (fs_view_entries(&view, seq > 8 ? seq - 8 : 0, 16, entries) == 0) {
            broken = "entries";
        }

        fs_view_close(&view);
        market->looks++;
        usleep(200);
    }

    fs_reader_destroy(reader);

    return broken;
}


static void *
audit_run(void *data)
{
    void        *broken;
    market_t    *market = data;
    fs_audit_t   audit;

    broken = NULL;

    while (!market->stop && broken == NULL) {
        fs_audit_run(market->store, 256, &market->stop, &audit);

        if (audit.outcome == FS_OK) {
            market->audits++;

            if (!audit.ok) {
                broken = "audit";
            }
        }

        fs_audit_free(&audit);
        usleep(1000);
    }

    return broken;
}


static int
by_number(const void *one, const void *other)
{
    fs_seq_t  a = *(const fs_seq_t *) one, b = *(const fs_seq_t *) other;

    return (a > b) - (a < b);
}


static void
test_threads(void **state)
{
    void                *broken;
    size_t               i, n;
    unsigned             full;
    pthread_t            commit, look, audit;
    static fs_seq_t      holds[PRODUCERS * COMMANDS];
    static market_t      market;
    static producer_t    producers[PRODUCERS];

    (void) state;

    shop_make(&market.shop, MAP, STOCK, PRODUCERS, QUEUE);
    market.store = shop_open(&market.shop);
    assert_non_null(market.store);
    market.leader = fs_leader_create(market.store, market.shop.rings);
    assert_non_null(market.leader);
    market.wanted = eventfd(0, EFD_NONBLOCK|EFD_CLOEXEC);
    assert_int_not_equal(market.wanted, -1);

    assert_int_equal(pthread_create(&commit, NULL, commit_run, &market), 0);
    assert_int_equal(pthread_create(&look, NULL, look_run, &market), 0);
    assert_int_equal(pthread_create(&audit, NULL, audit_run, &market), 0);

    for (i = 0; i < PRODUCERS; i++) {
        producers[i].market = &market;
        producers[i].number = (unsigned) i;
        assert_int_equal(pthread_create(&producers[i].thread, NULL,
                                        producer_run, &producers[i]), 0);
    }

    n = 0;
    full = 0;

    for (i = 0; i < PRODUCERS; i++) {
        pthread_join(producers[i].thread, NULL);
        memcpy(holds + n, producers[i].holds,
               producers[i].created * sizeof(fs_seq_t));
        n += producers[i].created;
        full += producers[i].full;
    }

    market.stop = 1;
    want(&market);

    pthread_join(commit, &broken);
    assert_null(broken);
    pthread_join(look, &broken);
    assert_null(broken);
    pthread_join(audit, &broken);
    assert_null(broken);

    for (i = 0; i < PRODUCERS; i++) {
        if (producers[i].broken != NULL) {
            fail_msg("producer %zu: %s", i, producers[i].broken);
        }
    }

    /* every unit went to one hold */

    assert_int_equal(n, STOCK);
    qsort(holds, n, sizeof(holds[0]), by_number);

    for (i = 1; i < n; i++) {
        assert_true(holds[i - 1] < holds[i]);
    }

    print_message("# %u refused by a full queue, %u audits, %u looks\n",
                  full, market.audits, market.looks);
    assert_true(market.looks > 0);

    close(market.wanted);
    fs_leader_destroy(market.leader);
    fs_store_close(market.store, 1);
    shop_free(&market.shop);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
