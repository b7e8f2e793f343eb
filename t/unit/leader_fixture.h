
/*
 * One process with a store, a commit thread's context and three rings, all
 * driven by hand.
 */

#ifndef COMMIT_FIXTURE_H
#define COMMIT_FIXTURE_H

#include "shop.h"
#include "pair/pair.h"
#include "read/read.h"

#include <sys/wait.h>


#define MAP  (64 * 1024 * 1024)


typedef struct {
    shop_t               shop;
    fs_store_t          *store;
    fs_leader_t         *leader;
    fs_rings_t          *rings;
} fixture_t;


static inline void
fixture_open(fixture_t *f, size_t map, uint32_t stock)
{
    shop_make(&f->shop, map, stock, 3, 4096);

    f->rings = f->shop.rings;
    f->store = shop_open(&f->shop);
    assert_non_null(f->store);
    f->leader = fs_leader_create(f->store, f->rings);
    assert_non_null(f->leader);
}


static inline void
fixture_close(fixture_t *f)
{
    fs_leader_destroy(f->leader);
    fs_store_close(f->store, 1);
    shop_free(&f->shop);
}


static inline void
inherit(fixture_t *f, int ring)
{
    assert_int_equal(fs_ring_claim(f->rings), ring);
    assert_int_equal(fs_leader_inherit(f->leader, ring), FS_OK);
    assert_int_equal(fs_ring(f->rings, ring)->ready, 1);
}


static inline void
push(fixture_t *f, int ring, uint64_t buyer, int64_t enqueued)
{
    fs_command_t  command;

    shop_hold(&f->shop, &command, buyer);
    assert_int_equal(fs_ring_push(f->rings, ring, &command, buyer, enqueued),
                     FS_OK);
}


static inline fs_outcome_t
pass(fixture_t *f, fs_pass_t *p)
{
    fs_leader_pass(f->leader, NULL, p);

    return p->outcome;
}


/* Take one result; -1: none is there. */

static inline int
take(fixture_t *f, int ring, uint64_t token)
{
    int         outcome;
    fs_slot_t  *slot;

    slot = fs_ring_pop(f->rings, ring);

    if (slot == NULL) {
        return -1;
    }

    assert_int_equal(slot->token, token);
    outcome = slot->result.outcome;
    fs_ring_pop_done(f->rings, ring);

    return outcome;
}


/* The buyers of all `held` entries, in the ledger's order. */

static inline size_t
held(fixture_t *f, uint64_t *buyers, size_t max)
{
    size_t        i, n, total;
    fs_seq_t      after;
    fs_view_t     view;
    fs_entry_t    entries[64];
    fs_reader_t  *reader;

    total = 0;
    after = 0;
    reader = fs_reader_create(f->store);
    assert_non_null(reader);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);

    while ((n = fs_view_entries(&view, after, 64, entries)) != 0) {
        for (i = 0; i < n; i++) {
            after = entries[i].seq;

            if (entries[i].type == FS_ENTRY_HELD) {
                assert_true(total < max);
                buyers[total++] = shop_buyer(&entries[i]);
            }
        }
    }

    fs_view_close(&view);
    fs_reader_destroy(reader);

    return total;
}


/* 1: what it says is up to the mark. */

static inline int
sale(fixture_t *f, fs_sale_t *row)
{
    int           fresh;
    fs_view_t     view;
    fs_reader_t  *reader;

    reader = fs_reader_create(f->store);
    assert_non_null(reader);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    assert_int_equal(fs_view_sale(&view, f->shop.sale, row), 1);
    fresh = view.fresh;
    fs_view_close(&view);
    fs_reader_destroy(reader);

    return fresh;
}


/* Run a function in another process, with a store of its own. */

static inline void
in_child(fixture_t *f, void (*run)(fixture_t *child, void *data), void *data,
    int signo)
{
    int        status;
    pid_t      pid;
    fixture_t  child;

    /* an open environment must not be seen by a child */

    fs_leader_destroy(f->leader);
    fs_store_close(f->store, 0);

    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {
        child = *f;
        child.store = shop_open(&f->shop);

        if (child.store == NULL) {
            _exit(1);
        }

        child.leader = fs_leader_create(child.store, child.rings);

        if (child.leader == NULL) {
            _exit(1);
        }

        run(&child, data);
        _exit(0);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WIFSIGNALED(status) ? WTERMSIG(status) : 0, signo);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);

    f->store = shop_open(&f->shop);
    assert_non_null(f->store);
    f->leader = fs_leader_create(f->store, f->rings);
    assert_non_null(f->leader);
}


#endif /* COMMIT_FIXTURE_H */
