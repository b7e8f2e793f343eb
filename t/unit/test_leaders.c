
/*
 * Several processes produce and lead at once on one store, and get killed:
 * at each point of a pass, and at any instant.  Each is built as a worker is:
 * one thread that adds commands and takes results when its eventfd says so,
 * one that commits.  Commands carry no key, so a command applied twice shows.
 */

#include "shop.h"
#include "lmdb/guard.h"
#include "read/read.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>


#define WORKERS      12                 /* that one test may start */
#define COMMANDS     400                /* of each */
#define OUTSTANDING  24
#define PATIENCE_MS  20000
#define NUDGE_MS     100


/* What was promised to whom: survives the worker.  By worker and command. */
typedef struct {
    _Atomic int          pushed;
    _Atomic int          answered;
    int                  outcome;
    fs_seq_t             hold;
} promise_t;

typedef struct {
    promise_t            promises[WORKERS][COMMANDS];
    _Atomic unsigned     passes;        /* with commands, by all */
    _Atomic unsigned     foreign;       /* results that others delivered */
    _Atomic int          open;          /* all may lead, not only who dies */
} board_t;

typedef struct {
    shop_t              *shop;
    fs_rings_t          *rings;
    board_t             *board;
    unsigned             number;
    int                  point;         /* die there, -1: nowhere */
    int                  nth;           /* at which time */

    fs_store_t          *store;
    fs_leader_t         *leader;
    int                  ring;
    int                  wanted;        /* eventfd: a pass */
    _Atomic int          inherited;
    _Atomic int          stop;
    int                  ended;         /* eventfd */
} worker_t;


/*
 * Who is to die leads alone until then: where the others are quick it may have
 * all its answers before it has led so often.  The others wait for the lock
 * when it dies with it.
 */

static void
die(void *data, fs_point_t point)
{
    worker_t  *worker = data;

    if (worker->nth == 0 && point == FS_POINT_LOCKED
        && worker->point != -1)
    {
        worker->board->open = 1;
        usleep(2000);
    }

    if ((int) point == worker->point && worker->nth-- == 0) {
        worker->board->open = 1;
        kill(getpid(), SIGKILL);
    }
}


static void *
commit_thread(void *data)
{
    uint64_t       n;
    worker_t      *worker = data;
    fs_pass_t      pass;
    struct pollfd  pfd;

    while (fs_leader_inherit(worker->leader, worker->ring) != FS_OK) {
        usleep(1000);
    }

    worker->inherited = 1;

    for ( ;; ) {
        pfd.fd = worker->wanted;
        pfd.events = POLLIN;
        (void) poll(&pfd, 1, 1000);
        (void) !read(worker->wanted, &n, sizeof(n));

        while (worker->point == -1 && !worker->board->open) {
            usleep(200);
        }

        if (worker->stop) {
            n = 1;
            (void) !write(worker->ended, &n, sizeof(n));
            return NULL;
        }

        do {
            fs_leader_pass(worker->leader, &worker->stop, &pass);

            if (pass.commands != 0) {
                worker->board->passes++;
            }

            worker->board->foreign += pass.delivered;

            if (pass.outcome != FS_OK) {
                usleep(1000);
            }

        } while (pass.more);
    }
}


static void
worker_push(worker_t *worker, unsigned i)
{
    uint64_t         one, buyer;
    fs_command_t     command;
    struct timespec  ts;

    buyer = worker->number * COMMANDS + i;
    one = 1;

    shop_hold(worker->shop, &command, buyer);
    clock_gettime(CLOCK_MONOTONIC, &ts);

    worker->board->promises[worker->number][i].pushed = 1;

    if (fs_ring_push(worker->rings, worker->ring, &command, i,
                     ts.tv_sec * 1000000000LL + ts.tv_nsec)
        != FS_OK)
    {
        _exit(10);
    }

    (void) !write(worker->wanted, &one, sizeof(one));
}


static unsigned
worker_take(worker_t *worker)
{
    unsigned    n;
    fs_slot_t  *slot;
    promise_t  *promise;

    n = 0;

    while ((slot = fs_ring_pop(worker->rings, worker->ring)) != NULL) {
        promise = &worker->board->promises[worker->number][slot->token];

        if (promise->answered) {
            _exit(11);
        }

        promise->outcome = slot->result.outcome;
        promise->hold = slot->result.hold.seq;
        promise->answered = 1;

        fs_ring_pop_done(worker->rings, worker->ring);
        n++;
    }

    return n;
}


/* A worker's main thread nudges the other while it waits. */

static void
worker_wait(int fd, pthread_t thread, int code)
{
    unsigned       n;
    struct pollfd  pfd;

    pfd.fd = fd;
    pfd.events = POLLIN;

    for (n = 0; n < PATIENCE_MS / NUDGE_MS; n++) {

        if (poll(&pfd, 1, NUDGE_MS) == 1) {
            return;
        }

        fs_guard_nudge(thread);
    }

    _exit(code);
}


/* In a process of its own.  Exit codes: 0, or what went wrong. */

static void
work(worker_t *worker)
{
    int        fd;
    uint64_t   n;
    unsigned   pushed, taken;
    pthread_t  thread;

    worker->store = shop_open(worker->shop);

    if (worker->store == NULL) {
        _exit(2);
    }

    worker->leader = fs_leader_create(worker->store, worker->rings);
    worker->ring = fs_ring_claim(worker->rings);
    worker->wanted = eventfd(0, EFD_NONBLOCK);
    worker->ended = eventfd(0, EFD_NONBLOCK);

    if (worker->leader == NULL || worker->ring == -1) {
        _exit(3);
    }

    fs_leader_set_hook(worker->leader, die, worker);

    if (pthread_create(&thread, NULL, commit_thread, worker) != 0) {
        _exit(4);
    }

    for (n = 1; !worker->inherited; n++) {
        usleep(200);

        if (n % (NUDGE_MS * 1000 / 200) == 0) {
            fs_guard_nudge(thread);
        }
    }

    fd = fs_ring(worker->rings, worker->ring)->eventfd;
    pushed = 0;
    taken = 0;

    while (taken < COMMANDS) {

        while (pushed < COMMANDS && pushed - taken < OUTSTANDING) {
            worker_push(worker, pushed++);
        }

        worker_wait(fd, thread, 5);

        (void) !read(fd, &n, sizeof(n));
        taken += worker_take(worker);
    }

    worker->stop = 1;
    n = 1;
    (void) !write(worker->wanted, &n, sizeof(n));
    worker_wait(worker->ended, thread, 6);
    pthread_join(thread, NULL);

    fs_ring_release(worker->rings, worker->ring);
    fs_leader_destroy(worker->leader);
    fs_store_close(worker->store, 0);

    _exit(0);
}


static pid_t
start(shop_t *shop, fs_rings_t *rings, board_t *board, unsigned number,
    int point, int nth)
{
    pid_t     pid;
    worker_t  worker;

    assert_true(number < WORKERS);

    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {
        memset(&worker, 0, sizeof(worker));
        worker.shop = shop;
        worker.rings = rings;
        worker.board = board;
        worker.number = number;
        worker.point = point;
        worker.nth = nth;
        work(&worker);
    }

    return pid;
}


/* Wait for one; its exit code, or the signal that ended it, negative. */

static int
finish(pid_t pid)
{
    int  status;

    assert_int_equal(waitpid(pid, &status, 0), pid);

    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}


static board_t *
make_board(int open)
{
    board_t  *board;

    board = mmap(NULL, sizeof(board_t), PROT_READ|PROT_WRITE,
                 MAP_SHARED|MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(board, MAP_FAILED);

    board->open = open;

    return board;
}


/* Read the ledger and hold it against every promise. */

static void
check(shop_t *shop, board_t *board, uint32_t stock)
{
    size_t        i, n, total;
    unsigned      w, c, created;
    uint64_t      buyer;
    fs_seq_t      after, *held;
    fs_sale_t     sale;
    fs_view_t     view;
    fs_store_t   *store;
    promise_t    *promise;
    fs_entry_t    entries[64];
    fs_reader_t  *reader;
    int           last[WORKERS];

    held = calloc(WORKERS * COMMANDS, sizeof(fs_seq_t));
    assert_non_null(held);

    for (w = 0; w < WORKERS; w++) {
        last[w] = -1;
    }

    store = shop_open(shop);
    assert_non_null(store);
    reader = fs_reader_create(store);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);

    after = 0;
    total = 0;

    while ((n = fs_view_entries(&view, after, 64, entries)) != 0) {
        for (i = 0; i < n; i++) {
            assert_int_equal(entries[i].seq, after + 1);
            after = entries[i].seq;

            if (entries[i].type != FS_ENTRY_HELD) {
                continue;
            }

            buyer = shop_buyer(&entries[i]);
            assert_true(buyer < WORKERS * COMMANDS);
            assert_int_equal(held[buyer], 0);
            held[buyer] = after;
            total++;

            /* a worker's own in the order in which it added them */

            w = (unsigned) (buyer / COMMANDS);
            c = (unsigned) (buyer % COMMANDS);
            assert_true((int) c > last[w]);
            last[w] = (int) c;
        }
    }

    assert_int_equal(fs_view_sale(&view, shop->sale, &sale), 1);
    assert_int_equal(sale.stock, stock);
    assert_int_equal(sale.held, total);
    assert_int_equal(sale.sold, 0);
    assert_true(total <= stock);

    fs_view_close(&view);
    fs_reader_destroy(reader);
    fs_store_close(store, 1);

    created = 0;

    for (w = 0; w < WORKERS; w++) {
        for (c = 0; c < COMMANDS; c++) {
            promise = &board->promises[w][c];
            after = held[w * COMMANDS + c];

            if (!promise->pushed) {
                assert_int_equal(after, 0);
                continue;
            }

            if (!promise->answered) {
                continue;
            }

            if (promise->outcome == FS_CREATED) {
                assert_int_not_equal(after, 0);
                assert_int_equal(promise->hold, after);
                created++;

            } else {
                assert_int_equal(promise->outcome, FS_SOLD_OUT);
                assert_int_equal(after, 0);
            }
        }
    }

    assert_true(created <= total);
    free(held);
}


static void
test_together(void **data)
{
    pid_t     pids[4];
    shop_t    shop;
    board_t  *board;
    unsigned  i;

    (void) data;

    shop_make(&shop, 64 * 1024 * 1024, 3 * COMMANDS, 8, 4096);
    board = make_board(1);

    for (i = 0; i < 4; i++) {
        pids[i] = start(&shop, shop.rings, board, i, -1, 0);
    }

    for (i = 0; i < 4; i++) {
        assert_int_equal(finish(pids[i]), 0);
    }

    /* commits were shared */

    assert_true(board->passes < 4 * COMMANDS / 4);
    assert_int_equal(board->foreign, 0);
    assert_int_equal(shop.rings->waiting, 0);
    check(&shop, board, 3 * COMMANDS);

    munmap(board, sizeof(board_t));
    shop_free(&shop);
}


/* Two instances during a binary upgrade: nothing in common but the store. */

static void
test_two_blocks(void **data)
{
    pid_t        pids[4];
    shop_t       shop;
    board_t     *board;
    unsigned     i;
    fs_rings_t  *other;

    (void) data;

    shop_make(&shop, 64 * 1024 * 1024, 3 * COMMANDS, 8, 4096);
    board = make_board(1);
    other = shop_rings(8, 4096);

    for (i = 0; i < 4; i++) {
        pids[i] = start(&shop, i % 2 ? other : shop.rings, board, i, -1, 0);
    }

    for (i = 0; i < 4; i++) {
        assert_int_equal(finish(pids[i]), 0);
    }

    check(&shop, board, 3 * COMMANDS);

    shop_rings_free(other);
    munmap(board, sizeof(board_t));
    shop_free(&shop);
}


/* Three work; one of them dies at this point, and a fourth takes its place. */

static void
kill_at_point(int point, int nth)
{
    int       ended;
    pid_t     pids[3];
    shop_t    shop;
    board_t  *board;

    shop_make(&shop, 64 * 1024 * 1024, 3 * COMMANDS, 4, 4096);
    board = make_board(0);

    pids[0] = start(&shop, shop.rings, board, 0, point, nth);
    pids[1] = start(&shop, shop.rings, board, 1, -1, 0);
    pids[2] = start(&shop, shop.rings, board, 2, -1, 0);

    ended = finish(pids[0]);
    assert_int_equal(ended, -SIGKILL);

    pids[0] = start(&shop, shop.rings, board, 3, -1, 0);

    assert_int_equal(finish(pids[0]), 0);
    assert_int_equal(finish(pids[1]), 0);
    assert_int_equal(finish(pids[2]), 0);

    check(&shop, board, 3 * COMMANDS);

    munmap(board, sizeof(board_t));
    shop_free(&shop);
}


static void
test_kill_locked(void **data)
{
    (void) data;
    kill_at_point(FS_POINT_LOCKED, 3);
}


static void
test_kill_applied(void **data)
{
    (void) data;
    kill_at_point(FS_POINT_APPLIED, 4);
}


static void
test_kill_log_committed(void **data)
{
    (void) data;
    kill_at_point(FS_POINT_LOG_COMMITTED, 3);
}


static void
test_kill_index_committed(void **data)
{
    (void) data;
    kill_at_point(FS_POINT_INDEX_COMMITTED, 3);
}


static void
test_kill_delivered(void **data)
{
    (void) data;
    kill_at_point(FS_POINT_DELIVERED, 5);
}


static void
test_kill_settling(void **data)
{
    (void) data;
    kill_at_point(FS_POINT_INHERITING, 0);
}


/*
 * Until a worker has sent some of its commands, and is therefore neither
 * opening the store nor done: on a quick machine it needs less than a sleep.
 */

static void
wait_pushed(board_t *board, unsigned number, unsigned commands)
{
    unsigned  ms;

    for (ms = 0; ms < PATIENCE_MS; ms++) {
        if (board->promises[number][commands].pushed) {
            return;
        }

        usleep(1000);
    }
}


/* At any instant, over and over; those killed leave their promises open. */

static void
test_kill_any_instant(void **data)
{
    pid_t       pids[3];
    shop_t      shop;
    board_t    *board;
    unsigned    i, next, seed, kills, numbers[3];
    const char *env;

    (void) data;

    env = getenv("SEED");
    seed = env != NULL ? (unsigned) atoi(env) : (unsigned) time(NULL);
    fprintf(stderr, "# SEED=%u\n", seed);
    srandom(seed);

    shop_make(&shop, 64 * 1024 * 1024, 6 * COMMANDS, 5, 4096);
    board = make_board(1);

    for (next = 0; next < 3; next++) {
        pids[next] = start(&shop, shop.rings, board, next, -1, 0);
        numbers[next] = next;
    }

    kills = 0;

    while (next < WORKERS) {
        i = (unsigned) random() % 3;
        wait_pushed(board, numbers[i],
                    (unsigned) random() % (COMMANDS - OUTSTANDING));
        kill(pids[i], SIGKILL);
        kills += finish(pids[i]) == -SIGKILL;
        numbers[i] = next;
        pids[i] = start(&shop, shop.rings, board, next++, -1, 0);
    }

    for (i = 0; i < 3; i++) {
        assert_int_equal(finish(pids[i]), 0);
    }

    assert_true(kills > 0);
    check(&shop, board, 6 * COMMANDS);

    munmap(board, sizeof(board_t));
    shop_free(&shop);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_together),
        cmocka_unit_test(test_two_blocks),
        cmocka_unit_test(test_kill_locked),
        cmocka_unit_test(test_kill_applied),
        cmocka_unit_test(test_kill_log_committed),
        cmocka_unit_test(test_kill_index_committed),
        cmocka_unit_test(test_kill_delivered),
        cmocka_unit_test(test_kill_settling),
        cmocka_unit_test(test_kill_any_instant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
