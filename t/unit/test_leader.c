
/*
 * Passes by one process: order, results, hints, what a dead owner or a dead
 * leader left.  Failures are in test_leader_fails.c, many processes at once
 * in test_leaders.c.
 */

#include "leader_fixture.h"

#include "store/mark.h"
#include "pair/pair.h"

#include <sched.h>
#include <signal.h>


static unsigned
ring_rows(fixture_t *f)
{
    uint8_t     key[FS_INCARNATION_LEN];
    size_t      i;
    unsigned    n;
    fs_str_t    name, row;
    fs_pair_t  write;

    assert_int_equal(fs_pair_begin(f->store, &write), FS_OK);
    memset(key, 0, sizeof(key));

    for (n = 0;
         fs_db_seek(&write.log, f->store->log_dbi[FS_LOG_RINGS], key,
                    sizeof(key), &name, &row);
         n++)
    {
        assert_int_equal(name.len, FS_INCARNATION_LEN);
        memcpy(key, name.data, sizeof(key));

        /* the next one, also after a last byte of 0xff */

        for (i = FS_INCARNATION_LEN; i-- > 0 && ++key[i] == 0; ) {
            /* void */
        }
    }

    fs_pair_abort(&write);

    return n;
}


/* Kill a forked copy of this process at a point; see in_child(). */

static void
kill_at(void *data, fs_point_t point)
{
    if (point == *(fs_point_t *) data) {
        kill(getpid(), SIGKILL);
    }
}


/* What is said of a pass: that it waits, until it has the lock; who has it. */

typedef struct {
    fixture_t           *f;
    _Atomic int64_t      waiting;
    int                  locked;
    int                  wrong;
} said_t;


static void
said_at(void *data, fs_point_t point)
{
    said_t  *said = data;

    if (point == FS_POINT_LOCKED) {
        said->locked++;
    }

    /* not asserted here: another thread than the test's */

    said->wrong += atomic_load(&said->waiting) != 0
                   || atomic_load(&said->f->store->mark->writer)
                      != (point < FS_POINT_INDEX_COMMITTED ? getpid() : 0);
}


static void *
said_pass(void *data)
{
    said_t     *said = data;
    fs_pass_t   p;

    fs_leader_pass(said->f->leader, NULL, &p);

    return p.outcome == FS_OK ? said : NULL;
}


static void
test_said(void **data)
{
    void       *ended;
    said_t      said;
    fixture_t   f;
    pthread_t   tid;

    (void) data;

    fixture_open(&f, MAP, 14);
    inherit(&f, 0);

    memset(&said, 0, sizeof(said));
    said.f = &f;

    fs_leader_set_waiting(f.leader, &said.waiting);
    fs_leader_set_hook(f.leader, said_at, &said);

    push(&f, 0, 1, 100);

    /* while another leads, it waits and says so */

    assert_int_equal(fs_rings_lead(f.rings), 0);
    assert_int_equal(pthread_create(&tid, NULL, said_pass, &said), 0);

    while (atomic_load(&said.waiting) == 0) {
        sched_yield();
    }

    assert_int_equal(said.locked, 0);
    fs_rings_unlead(f.rings);

    assert_int_equal(pthread_join(tid, &ended), 0);
    assert_ptr_equal(ended, &said);
    assert_int_equal(said.locked, 1);
    assert_int_equal(said.wrong, 0);
    assert_true(atomic_load(&said.waiting) == 0);
    assert_int_equal(atomic_load(&f.store->mark->writer), 0);

    /* one that is late does not take the next holder's word back */

    atomic_store(&f.store->mark->writer, 1);
    fs_mark_unhold(f.store->mark);
    assert_int_equal(atomic_load(&f.store->mark->writer), 1);

    fixture_close(&f);
}


static void
test_order(void **data)
{
    int         i;
    uint64_t    buyers[32];
    fixture_t   f;
    fs_pass_t   p;

    (void) data;

    fixture_open(&f, MAP, 14);
    inherit(&f, 0);
    inherit(&f, 1);
    inherit(&f, 2);

    /* added to the rings crosswise; taken in the order of their times */

    for (i = 0; i < 12; i += 4) {
        push(&f, 2, i, 100 + i);
        push(&f, 2, i + 3, 100 + i + 3);
    }

    for (i = 0; i < 12; i += 4) {
        push(&f, 0, i + 1, 100 + i + 1);
        push(&f, 1, i + 2, 100 + i + 2);
    }

    for (i = 12; i < 18; i++) {
        push(&f, i % 3, i, 100 + i);
    }

    assert_int_equal(f.rings->waiting, 18);

    assert_int_equal(pass(&f, &p), FS_OK);
    assert_int_equal(p.commands, 18);
    assert_int_equal(p.entries, 14);
    assert_int_equal(p.more, 0);
    assert_true(p.log_us > 0);
    assert_int_equal(f.rings->waiting, 0);

    assert_int_equal(held(&f, buyers, 32), 14);

    for (i = 0; i < 14; i++) {
        assert_int_equal(buyers[i], i);
    }

    assert_int_equal(take(&f, 0, 1), FS_CREATED);
    assert_int_equal(take(&f, 0, 5), FS_CREATED);
    assert_int_equal(take(&f, 0, 9), FS_CREATED);
    assert_int_equal(take(&f, 0, 12), FS_CREATED);
    assert_int_equal(take(&f, 0, 15), FS_SOLD_OUT);
    assert_int_equal(take(&f, 0, 0), -1);
    assert_int_equal(take(&f, 1, 2), FS_CREATED);

    /* refusals only: no commit */

    push(&f, 1, 30, 300);
    assert_int_equal(pass(&f, &p), FS_OK);
    assert_int_equal(p.commands, 1);
    assert_int_equal(p.entries, 0);
    assert_int_equal(p.log_us, 0);

    fixture_close(&f);
}


static void
test_bounds(void **data)
{
    int        i;
    uint64_t   n;
    fixture_t  f;
    fs_pass_t  p;

    (void) data;

    fixture_open(&f, MAP, 100000);
    inherit(&f, 0);
    inherit(&f, 1);

    for (i = 0; i < FS_BATCH_MAX + 100; i++) {
        push(&f, i % 2, i, i);
    }

    assert_int_equal(pass(&f, &p), FS_OK);
    assert_int_equal(p.commands, FS_BATCH_MAX);
    assert_int_equal(p.more, 1);
    assert_int_equal(f.rings->waiting, 100);

    assert_int_equal(pass(&f, &p), FS_OK);
    assert_int_equal(p.commands, 100);
    assert_int_equal(p.more, 0);

    for (i = 0; i < FS_BATCH_MAX + 100; i++) {
        assert_int_equal(take(&f, i % 2, i), FS_CREATED);
    }

    /* woken: also the own worker, once for each pass at least */

    assert_int_equal(read(fs_ring(f.rings, 0)->eventfd, &n, 8), 8);
    assert_in_range(n, 2, 4);
    assert_int_equal(read(fs_ring(f.rings, 1)->eventfd, &n, 8), 8);

    /* a count that went wrong heals */

    f.rings->waiting = 77;
    assert_int_equal(pass(&f, &p), FS_OK);
    assert_int_equal(f.rings->waiting, 0);

    fixture_close(&f);
}


static void
test_hints(void **data)
{
    int64_t       wall, boot, plum;
    fixture_t     f;
    fs_now_t      before, now;
    fs_pass_t     p;
    fs_result_t   result;
    fs_command_t  command;

    (void) data;

    fixture_open(&f, MAP, 10);
    inherit(&f, 0);

    assert_int_equal(pass(&f, &p), FS_OK);
    assert_true(f.rings->next_wall == INT64_MAX);
    assert_true(f.rings->next_mono == INT64_MAX);

    /* one clock only */

    shop_clock(&f.shop, &wall, &boot);
    (void) shop_define(f.store, f.leader, "plum", 5, wall + 100000);
    plum = wall + 100000;
    assert_int_equal(f.rings->next_wall, plum);
    assert_true(f.rings->next_mono == INT64_MAX);

    fs_store_now(f.store, &before);
    push(&f, 0, 1, 1);
    assert_int_equal(pass(&f, &p), FS_OK);
    fs_store_now(f.store, &now);
    assert_in_range(f.rings->next_mono, before.mono + 600000,
                    now.mono + 600000);

    /* a shorter one moves it forward, a longer one does not */

    shop_hold(&f.shop, &command, 2);
    command.term_ms = 1000;
    fs_store_now(f.store, &before);
    assert_int_equal(fs_ring_push(f.rings, 0, &command, 2, 2), FS_OK);
    push(&f, 0, 3, 3);
    assert_int_equal(pass(&f, &p), FS_OK);
    fs_store_now(f.store, &now);
    assert_in_range(f.rings->next_mono, before.mono + 1000, now.mono + 1000);

    /* by an operator's command */

    shop_clock(&f.shop, &wall, &boot);
    (void) shop_define(f.store, f.leader, "pear", 5, wall + 5000);
    assert_int_equal(f.rings->next_wall, wall + 5000);

    /* both become due */

    f.shop.shift = 6000;
    assert_int_equal(pass(&f, &p), FS_OK);
    assert_true(p.timers >= 2);
    assert_int_equal(p.entries, 2);
    assert_int_equal(f.rings->next_wall, plum);
    fs_store_now(f.store, &now);
    assert_in_range(f.rings->next_mono, now.mono + 590000, now.mono + 600000);

    /* without a commit as well: a fresh block knows nothing */

    boot = f.rings->next_mono;
    f.rings->next_mono = 0;
    assert_int_equal(pass(&f, &p), FS_OK);
    assert_int_equal(f.rings->next_mono, boot);

    /* a refused operator's command says why, and changes nothing */

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_RELEASE;
    command.hold = 999;
    fs_leader_one(f.leader, &command, NULL, &result);
    assert_int_equal(result.outcome, FS_NO_SUCH_HOLD);

    fixture_close(&f);
}


static void
own_and_die(fixture_t *f, void *data)
{
    int  i;

    inherit(f, 0);

    for (i = 0; i < 3; i++) {
        push(f, 0, i, i);
    }

    if (data != NULL) {

        /* for the living one: settling would have answered them */

        push(f, 1, 10, 0);
        push(f, 1, 11, 2);

        fs_leader_set_hook(f->leader, kill_at, data);
        fs_leader_pass(f->leader, NULL, &(fs_pass_t) { 0 });
    }

    kill(getpid(), SIGKILL);
}


static void
inherit_and_die(fixture_t *f, void *data)
{
    fs_leader_set_hook(f->leader, kill_at, data);

    if (fs_ring_claim(f->rings) == 0) {
        (void) fs_leader_inherit(f->leader, 0);
    }
}


/* What an owner left is finished by the next, once. */

static void
test_settle(void **data)
{
    unsigned     i;
    uint8_t      incarnation[FS_INCARNATION_LEN];
    uint64_t     buyers[16];
    fixture_t    f;
    fs_ring_t   *ring;
    fs_pass_t    p;
    fs_point_t   points[] = { FS_POINT_LOCKED, FS_POINT_APPLIED,
                              FS_POINT_LOG_COMMITTED,
                              FS_POINT_INDEX_COMMITTED, FS_POINT_DELIVERED,
                              FS_POINT_INHERITING };

    (void) data;

    for (i = 0; i < 6; i++) {
        fixture_open(&f, MAP, 1000);
        ring = fs_ring(f.rings, 0);

        in_child(&f, own_and_die, NULL, SIGKILL);
        assert_int_equal(ring->head, 3);
        assert_int_equal(ring->delivered, 0);

        /* a claimer that dies while it settles, at each point, twice */

        in_child(&f, inherit_and_die, &points[i], SIGKILL);
        assert_int_equal(ring->ready, 0);

        if (points[i] == FS_POINT_INHERITING) {
            in_child(&f, inherit_and_die, &points[i], SIGKILL);
        }

        memcpy(incarnation, ring->incarnation, FS_INCARNATION_LEN);

        inherit(&f, 0);
        assert_memory_not_equal(incarnation, ring->incarnation,
                                FS_INCARNATION_LEN);
        assert_int_equal(held(&f, buyers, 16), 3);
        assert_int_equal(take(&f, 0, 0), -1);

        push(&f, 0, 7, 7);
        assert_int_equal(pass(&f, &p), FS_OK);
        assert_int_equal(take(&f, 0, 7), FS_CREATED);
        assert_int_equal(held(&f, buyers, 16), 4);
        assert_int_equal(buyers[3], 7);

        fixture_close(&f);
    }
}


/* A leader killed at each point: the next one neither loses nor repeats. */

static void
test_leader_dies(void **data)
{
    unsigned     i;
    uint64_t     n, buyers[16];
    fixture_t    f;
    fs_pass_t    p;
    fs_point_t   points[] = { FS_POINT_LOCKED, FS_POINT_APPLIED,
                              FS_POINT_LOG_COMMITTED,
                              FS_POINT_INDEX_COMMITTED, FS_POINT_DELIVERED };

    (void) data;

    for (i = 0; i < 5; i++) {
        fixture_open(&f, MAP, 1000);

        /* ring 0 is the leader's; ring 1, the living one's, is in its batch */

        inherit(&f, 0);
        inherit(&f, 1);
        fs_ring_release(f.rings, 0);

        in_child(&f, own_and_die, &points[i], SIGKILL);
        (void) read(fs_ring(f.rings, 1)->eventfd, &n, 8);

        assert_int_equal(pass(&f, &p), FS_OK);

        /* committed: delivered as it lies there; else decided */

        assert_int_equal(p.delivered,
                         (points[i] == FS_POINT_LOG_COMMITTED
                          || points[i] == FS_POINT_INDEX_COMMITTED) ? 5 : 0);
        assert_int_equal(p.commands,
                         (points[i] == FS_POINT_LOCKED
                          || points[i] == FS_POINT_APPLIED) ? 5 : 0);

        assert_int_equal(read(fs_ring(f.rings, 1)->eventfd, &n, 8), 8);
        assert_int_equal(take(&f, 1, 10), FS_CREATED);
        assert_int_equal(take(&f, 1, 11), FS_CREATED);
        assert_int_equal(take(&f, 1, 0), -1);

        assert_int_equal(held(&f, buyers, 16), 5);
        assert_int_equal(f.rings->orphaned, 0);
        assert_int_equal(f.rings->waiting, 0);

        fixture_close(&f);
    }
}


/* Rows of rings that are gone do not pile up. */

static void
test_old_rows(void **data)
{
    int        i;
    fixture_t  f;
    fs_pass_t  p;

    (void) data;

    fixture_open(&f, MAP, 1000);

    for (i = 0; i < 3; i++) {
        inherit(&f, 0);
        push(&f, 0, i, i);
        assert_int_equal(pass(&f, &p), FS_OK);
        fs_ring_release(f.rings, 0);
    }

    assert_int_equal(ring_rows(&f), 3);

    f.shop.shift = 8 * 24 * 3600 * 1000LL;
    inherit(&f, 0);
    assert_int_equal(ring_rows(&f), 0);
    push(&f, 0, 5, 5);
    assert_int_equal(pass(&f, &p), FS_OK);
    assert_int_equal(ring_rows(&f), 1);
    fs_ring_release(f.rings, 0);

    /* another boot */

    fs_leader_destroy(f.leader);
    fs_store_close(f.store, 1);
    memset(f.shop.conf.boot_id, 0xb1, FS_BOOT_LEN);
    f.store = shop_open(&f.shop);
    assert_non_null(f.store);
    f.leader = fs_leader_create(f.store, f.rings);

    inherit(&f, 0);
    assert_int_equal(ring_rows(&f), 0);

    fixture_close(&f);
}


/*
 * Commands in one block for two stores, as after a reload to another path: a
 * leader decides its own, and refuses the other's.
 */

static void
test_strangers(void **data)
{
    size_t         n;
    uint64_t       buyers[8];
    fixture_t      f, other;
    fs_pass_t      p;
    fs_result_t    result;
    fs_command_t   command;
    fs_operator_t  op;

    (void) data;

    fixture_open(&f, MAP, 10);
    fixture_open(&other, MAP, 10);
    fs_leader_destroy(other.leader);
    other.leader = fs_leader_create(other.store, f.rings);
    assert_non_null(other.leader);

    inherit(&f, 0);
    assert_int_equal(fs_ring_claim(f.rings), 1);
    assert_int_equal(fs_leader_inherit(other.leader, 1), FS_OK);

    push(&f, 0, 100, 1);
    push(&f, 1, 200, 2);
    push(&f, 0, 101, 3);
    assert_int_equal(pass(&f, &p), FS_OK);
    assert_int_equal(take(&f, 0, 100), FS_CREATED);
    assert_int_equal(take(&f, 0, 101), FS_CREATED);
    assert_int_equal(take(&f, 1, 200), FS_NOT_READY);

    /* its own leader decides it */

    push(&f, 1, 201, 4);
    fs_leader_pass(other.leader, NULL, &p);
    assert_int_equal(p.outcome, FS_OK);
    assert_int_equal(take(&f, 1, 201), FS_CREATED);

    n = held(&f, buyers, 8);
    assert_int_equal(n, 2);
    assert_true(buyers[0] == 100 && buyers[1] == 101);
    n = held(&other, buyers, 8);
    assert_int_equal(n, 1);
    assert_true(buyers[0] == 201);

    /* after a leader's death nobody knows what became of them */

    push(&f, 1, 202, 5);
    atomic_store(&f.rings->orphaned, 1);
    assert_int_equal(pass(&f, &p), FS_OK);
    assert_int_equal(take(&f, 1, 202), FS_UNKNOWN);

    /* of another life of the same store: told once, then of this one */

    atomic_store(&fs_ring(f.rings, 0)->epoch, 7);
    push(&f, 0, 102, 6);
    assert_int_equal(pass(&f, &p), FS_OK);
    assert_int_equal(take(&f, 0, 102), FS_NOT_READY);
    push(&f, 0, 103, 7);
    assert_int_equal(pass(&f, &p), FS_OK);
    assert_int_equal(take(&f, 0, 103), FS_CREATED);

    /* an operator's word: what waits is of this history, and is decided */

    push(&f, 0, 104, 8);
    memset(&command, 0, sizeof(command));
    memset(&op, 0, sizeof(op));
    command.type = FS_COMMAND_LIFE;
    command.epoch = 9;
    fs_leader_one(f.leader, &command, &op, &result);
    assert_int_equal(result.outcome, FS_OK);
    assert_int_equal(pass(&f, &p), FS_OK);
    assert_int_equal(take(&f, 0, 104), FS_CREATED);

    /* who claims a ring of the other store's finishes nothing of it */

    push(&f, 1, 203, 9);
    fs_ring_release(f.rings, 1);
    inherit(&f, 1);
    n = held(&f, buyers, 8);
    assert_int_equal(n, 4);

    fs_leader_destroy(other.leader);
    other.leader = fs_leader_create(other.store, other.rings);
    fixture_close(&other);
    fixture_close(&f);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_said),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_settle),
        cmocka_unit_test(test_leader_dies),
        cmocka_unit_test(test_old_rows),
        cmocka_unit_test(test_strangers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
