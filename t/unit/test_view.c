
/*
 * Views: what they show, what they do not show yet, and that they never wait.
 */

#include "fixture.h"
#include "read/read.h"
#include "index/index.h"
#include "pair/pair.h"
#include "ledger/entry_line.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>


#define BUYER  7


static fs_view_t
view_open(fs_reader_t *reader, fs_outcome_t outcome)
{
    fs_view_t     view;
    fs_outcome_t  got;

    got = fs_view_open(reader, &view);
    assert_string_equal(fs_outcome_code(got), fs_outcome_code(outcome));

    return view;
}


static uint32_t
view_sale(fixture_t *fixture, const char *slug)
{
    fs_operator_t  op;

    fixture_operator(&op, slug);
    op.stock = 100;

    return fixture_define(fixture, &op);
}


static void
test_names(void **context)
{
    char          slug[16];
    unsigned      i;
    uint32_t      number, sale;
    fs_slug_t     name;
    fs_view_t     view;
    fixture_t    *fixture = *context;
    fs_reader_t  *reader;

    reader = fs_reader_create(fixture->store);
    view = view_open(reader, FS_OK);
    assert_false(fs_view_sale_number(&view, fixture_str("s-1"), &number));
    assert_int_equal(fs_view_outcome(&view), FS_OK);
    fs_view_close(&view);

    /* what was not found is looked for again; more names than one page */

    for (i = 1; i <= 300; i++) {
        snprintf(slug, sizeof(slug), "s-%u", i);
        sale = view_sale(fixture, slug);

        view = view_open(reader, FS_OK);
        assert_true(fs_view_sale_number(&view, fixture_str(slug), &number));
        assert_int_equal(number, sale);
        fs_view_close(&view);
    }

    view = view_open(reader, FS_OK);

    for (i = 1; i <= 300; i++) {
        snprintf(slug, sizeof(slug), "s-%u", i);
        assert_true(fs_view_sale_number(&view, fixture_str(slug), &number));
        assert_true(fs_view_sale_slug(&view, number, &name));
        assert_int_equal(name.len, strlen(slug));
        assert_memory_equal(name.data, slug, name.len);
    }

    /* known names ask nothing of the log */

    assert_null(view.log.txn);

    assert_false(fs_view_sale_slug(&view, 301, &name));
    assert_false(fs_view_sale_slug(&view, UINT32_MAX, &name));
    assert_false(fs_view_pickup_number(&view, fixture_str("s-1"), &number));
    assert_false(fs_view_sale_number(&view, fixture_str(""), &number));
    fs_view_close(&view);

    /* slugs first, by another reader */

    fs_reader_destroy(reader);
    reader = fs_reader_create(fixture->store);
    view = view_open(reader, FS_OK);
    assert_true(fs_view_sale_slug(&view, 256, &name));
    assert_int_equal(name.len, 5);
    assert_memory_equal(name.data, "s-256", 5);
    assert_non_null(view.log.txn);
    fs_view_close(&view);
    fs_reader_destroy(reader);
}


static void
test_sales(void **context)
{
    int           more;
    size_t        n;
    fs_view_t     view;
    fs_sale_t     sales[4];
    fixture_t    *fixture = *context;
    fs_reader_t  *reader;

    view_sale(fixture, "plum");
    view_sale(fixture, "apple");
    view_sale(fixture, "fig");
    view_sale(fixture, "apple-2");

    reader = fs_reader_create(fixture->store);
    view = view_open(reader, FS_OK);

    n = fs_view_sales(&view, fixture_str(""), 4, sales, &more);
    assert_int_equal(n, 4);
    assert_false(more);
    assert_memory_equal(sales[0].slug.data, "apple", 5);
    assert_int_equal(sales[0].slug.len, 5);
    assert_memory_equal(sales[1].slug.data, "apple-2", 7);
    assert_memory_equal(sales[2].slug.data, "fig", 3);
    assert_memory_equal(sales[3].slug.data, "plum", 4);
    assert_int_equal(sales[3].number, 1);

    n = fs_view_sales(&view, fixture_str(""), 3, sales, &more);
    assert_int_equal(n, 3);
    assert_true(more);

    n = fs_view_sales(&view, fixture_str("apple"), 2, sales, &more);
    assert_int_equal(n, 2);
    assert_true(more);
    assert_memory_equal(sales[0].slug.data, "apple-2", 7);

    /* after a name that is no sale */

    n = fs_view_sales(&view, fixture_str("banana"), 4, sales, &more);
    assert_int_equal(n, 2);
    assert_false(more);
    assert_memory_equal(sales[0].slug.data, "fig", 3);

    assert_int_equal(fs_view_sales(&view, fixture_str("plum"), 4, sales,
                                   &more), 0);
    fs_view_close(&view);
    fs_reader_destroy(reader);
}


static void
test_holds(void **context)
{
    int           more;
    size_t        n;
    unsigned      i;
    uint8_t       buyer[FS_BUYER_LEN];
    uint32_t      sale;
    fs_seq_t      seqs[5];
    fs_view_t     view;
    fs_hold_t     holds[5];
    fixture_t    *fixture = *context;
    fs_reader_t  *reader;

    sale = view_sale(fixture, "grape");

    for (i = 0; i < 5; i++) {
        fixture_take(fixture, BUYER, sale, 1, i + 1);
        seqs[i] = fixture->result.hold.seq;
        fixture_take(fixture, BUYER + 1, sale, 1, i + 1);
    }

    fixture_buyer(buyer, BUYER);
    reader = fs_reader_create(fixture->store);
    view = view_open(reader, FS_OK);

    n = fs_view_holds(&view, buyer, 0, 0, 5, holds, &more);
    assert_int_equal(n, 5);
    assert_false(more);

    for (i = 0; i < 5; i++) {
        assert_int_equal(holds[i].seq, seqs[4 - i]);
        assert_memory_equal(holds[i].buyer, buyer, FS_BUYER_LEN);
    }

    n = fs_view_holds(&view, buyer, 0, seqs[4], 2, holds, &more);
    assert_int_equal(n, 2);
    assert_true(more);
    assert_int_equal(holds[0].seq, seqs[3]);
    assert_int_equal(holds[1].seq, seqs[2]);

    /* somebody else's hold is no place to begin at */

    assert_int_equal(fs_view_holds(&view, buyer, 0, seqs[4] + 1, 5, holds,
                                   &more), 0);
    assert_false(more);
    assert_int_equal(fs_view_holds(&view, buyer, 0, 9999, 5, holds, &more), 0);

    fixture_buyer(buyer, BUYER + 2);
    assert_int_equal(fs_view_holds(&view, buyer, 0, 0, 5, holds, &more), 0);

    assert_true(fs_view_hold(&view, seqs[0], &holds[0]));
    assert_int_equal(holds[0].seq, seqs[0]);
    assert_false(fs_view_hold(&view, 1, &holds[0]));
    fs_view_close(&view);
    fs_reader_destroy(reader);
}


/*
 * What a buyer has not paid: live holds, however old, and those whose time was
 * over lately.  Who bought often is not looked through.
 */

static void
test_unpaid(void **context)
{
    size_t        n;
    unsigned      i;
    uint8_t       buyer[FS_BUYER_LEN];
    int64_t       since;
    uint32_t      sale;
    fs_seq_t      old, late, live;
    fs_view_t     view;
    fs_hold_t     holds[5], hold;
    fixture_t    *fixture = *context;
    fs_reader_t  *reader;
    fs_command_t  command;

    sale = view_sale(fixture, "grape");
    reader = fs_reader_create(fixture->store);
    fixture_buyer(buyer, BUYER);

    view = view_open(reader, FS_OK);
    assert_int_equal(fs_view_unpaid(&view, buyer, 0, 5, holds), 0);
    fs_view_close(&view);

    /* a long one, and one whose time is over */

    fixture_hold(&command, BUYER, sale, 1, 1);
    command.term_ms = 10 * FIXTURE_TERM;
    fixture_decide(fixture, &command, NULL);
    old = fixture->result.hold.seq;

    fixture_take(fixture, BUYER, sale, 1, 2);
    late = fixture->result.hold.seq;
    fixture_pass(fixture, FIXTURE_TERM + 1);
    assert_int_equal(fixture_timers(fixture, 10), 1);
    since = fixture->wall - 1000;

    /* what was paid, released and somebody else's is no matter */

    fixture_take(fixture, BUYER, sale, 1, 3);
    fixture_buyers(fixture, FS_COMMAND_RELEASE, BUYER,
                   fixture->result.hold.seq);
    fixture_take(fixture, BUYER + 1, sale, 1, 4);
    fixture_take(fixture, BUYER, sale, 1, 5);
    live = fixture->result.hold.seq;

    view = view_open(reader, FS_OK);
    n = fs_view_unpaid(&view, buyer, since, 5, holds);
    assert_int_equal(n, 3);
    assert_int_equal(holds[0].seq, live);
    assert_int_equal(holds[1].seq, late);
    assert_int_equal(holds[1].state, FS_HOLD_EXPIRED);
    assert_int_equal(holds[2].seq, old);

    assert_int_equal(fs_view_unpaid(&view, buyer, since, 1, holds), 1);
    assert_int_equal(holds[0].seq, live);

    n = fs_view_unpaid(&view, buyer, fixture->wall + 1, 5, holds);
    assert_int_equal(n, 2);
    assert_int_equal(holds[1].seq, old);
    fs_view_close(&view);

    /* a bound: behind so many that were bought nothing is looked for */

    for (i = 0; i < FS_VIEW_UNPAID_LOOKED; i++) {
        fixture_take(fixture, BUYER, sale, 1, 10 + i);
        hold = fixture->result.hold;
        assert_string_equal(fixture_confirm(fixture, hold.seq, i,
                                            fs_hold_amount(&hold)), "ok");
    }

    view = view_open(reader, FS_OK);
    assert_int_equal(fs_view_unpaid(&view, buyer, since, 5, holds), 0);
    fs_view_close(&view);
    fs_reader_destroy(reader);
}


/* A group is there before anybody has joined it, where a goal makes one. */

static void
test_group_at(void **context)
{
    fs_str_t       none = fs_str(""), gate = fs_str("gate"), bad = fs_str("?");
    fs_view_t      view;
    fs_sale_t      plain, whole, points;
    fixture_t     *fixture = *context;
    fs_group_t     group;
    fs_reader_t   *reader;
    fs_operator_t  op;

    fixture_point(fixture, "gate");

    plain = fixture_sale(fixture, view_sale(fixture, "plain"));

    fixture_operator(&op, "whole");
    op.goal = 5;
    op.closes_at = fixture->wall + 60000;
    whole = fixture_sale(fixture, fixture_define(fixture, &op));

    fixture_operator(&op, "points");
    op.goal = 5;
    op.goal_by = FS_GOAL_BY_PICKUP;
    op.closes_at = fixture->wall + 60000;
    points = fixture_sale(fixture, fixture_define(fixture, &op));

    fixture_take(fixture, 1, whole.number, 2, 1);
    assert_string_equal(fixture_confirm(fixture, fixture->result.hold.seq, 1,
                                        200), "ok");

    reader = fs_reader_create(fixture->store);
    view = view_open(reader, FS_OK);

    assert_int_equal(fs_view_group_at(&view, &plain, none, &group), -1);
    assert_int_equal(fs_view_group_at(&view, &points, none, &group), -1);
    assert_int_equal(fs_view_group_at(&view, &points, bad, &group), -1);

    assert_int_equal(fs_view_group_at(&view, &whole, none, &group), 1);
    assert_int_equal(group.joined, 2);

    assert_int_equal(fs_view_group_at(&view, &points, gate, &group), 0);
    assert_int_equal(group.joined, 0);
    assert_int_equal(group.state, FS_GROUP_OPEN);

    points.decided = 1;
    assert_int_equal(fs_view_group_at(&view, &points, gate, &group), 0);
    assert_int_equal(group.state, FS_GROUP_FAILED);

    fs_view_close(&view);
    fs_reader_destroy(reader);
}


/* From the moment its group failed an order reads as one to be paid back. */

static void
test_group_failed(void **context)
{
    uint32_t       sale, plain;
    fs_seq_t       one, both;
    fs_view_t      view;
    fs_hold_t      hold;
    fixture_t     *fixture = *context;
    fs_group_t     group;
    fs_reader_t   *reader;
    fs_command_t   command;
    fs_operator_t  op;

    plain = view_sale(fixture, "plain");

    fixture_operator(&op, "grape");
    op.goal = 5;
    op.closes_at = fixture->wall + 60000;
    sale = fixture_define(fixture, &op);

    fixture_take(fixture, 1, sale, 2, 1);
    one = fixture->result.hold.seq;

    fixture_hold(&command, 2, sale, 1, 1);
    command.lines_n = 2;
    command.lines[1].sale = plain;
    command.lines[1].qty = 1;
    fixture_decide(fixture, &command, NULL);
    both = fixture->result.hold.seq;

    assert_string_equal(fixture_confirm(fixture, one, 1, 200), "ok");
    assert_string_equal(fixture_confirm(fixture, both, 2, 200), "ok");

    reader = fs_reader_create(fixture->store);
    view = view_open(reader, FS_OK);
    assert_true(fs_view_group(&view, sale, 0, &group));
    assert_int_equal(group.joined, 3);
    assert_int_equal(group.state, FS_GROUP_OPEN);
    assert_true(fs_view_hold(&view, one, &hold));
    assert_int_equal(hold.state, FS_HOLD_SOLD);
    fs_view_close(&view);

    /* closed, and failed, but no order worked on yet */

    fixture_pass(fixture, 60000);

    do {
        fixture_begin(fixture);
        assert_int_equal(fs_decide_timers(&fixture->sheet, &fixture->now, 1),
                         1);
        fixture_commit(fixture);

        view = view_open(reader, FS_OK);
        assert_true(fs_view_group(&view, sale, 0, &group));

        if (group.state != FS_GROUP_FAILED) {
            fs_view_close(&view);
        }

    } while (group.state != FS_GROUP_FAILED);

    assert_string_equal(fixture_state(fixture, one), "sold");

    assert_true(fs_view_hold(&view, one, &hold));
    assert_int_equal(hold.state, FS_HOLD_REFUND_DUE);

    /* one line of this one was sold for good */

    assert_true(fs_view_hold(&view, both, &hold));
    assert_int_equal(hold.state, FS_HOLD_SOLD);
    fs_view_close(&view);
    fs_reader_destroy(reader);
}


static void
test_entries(void **context)
{
    uint32_t      sale;
    fs_seq_t      last;
    fs_view_t     view;
    fixture_t    *fixture = *context;
    fs_entry_t    entries[16];
    fs_reader_t  *reader;

    sale = view_sale(fixture, "grape");
    fixture_take(fixture, 1, sale, 1, 1);
    last = fixture_seq(fixture);

    reader = fs_reader_create(fixture->store);
    view = view_open(reader, FS_OK);
    assert_int_equal(view.seq, last);

    assert_int_equal(fs_view_entries(&view, 0, 16, entries), last);
    assert_int_equal(entries[0].type, FS_ENTRY_STORE);
    assert_int_equal(entries[last - 1].type, FS_ENTRY_HELD);
    assert_int_equal(entries[last - 1].seq, last);

    assert_int_equal(fs_view_entries(&view, 1, 2, entries), 2);
    assert_int_equal(entries[0].seq, 2);
    assert_int_equal(fs_view_entries(&view, last, 16, entries), 0);
    assert_int_equal(fs_view_entries(&view, last + 5, 16, entries), 0);

    /* none beyond the mark */

    atomic_store(&fixture->store->mark->seq, last - 1);
    assert_int_equal(fs_view_entries(&view, last - 2, 16, entries), 1);
    assert_int_equal(fs_view_entries(&view, last - 1, 16, entries), 0);
    atomic_store(&fixture->store->mark->seq, last);
    fs_view_close(&view);
    fs_reader_destroy(reader);
}


/* Fresh: nothing that was acknowledged is missing. */

static void
test_fresh(void **context)
{
    uint32_t      sale;
    fs_view_t     view;
    fs_sale_t     row;
    fixture_t    *fixture = *context;
    fs_mark_t    *mark;
    fs_reader_t  *reader;

    sale = view_sale(fixture, "grape");
    mark = fixture->store->mark;
    reader = fs_reader_create(fixture->store);

    view = view_open(reader, FS_OK);
    assert_true(view.fresh);
    fs_view_close(&view);

    /* between the log's commit and the index's */

    atomic_fetch_add(&mark->seq, 1);
    view = view_open(reader, FS_OK);
    assert_false(view.fresh);
    fs_view_close(&view);
    atomic_fetch_sub(&mark->seq, 1);

    /* while the index is made sales come from the log, unless that may show
     * what is not durable */

    atomic_store(&mark->rebuilding, 1);
    (void) view_open(reader, FS_REBUILDING);
    assert_int_equal(fs_view_open_log(reader, &view), FS_OK);
    assert_true(fs_view_sale(&view, sale, &row));
    assert_int_equal(row.stock, 100);
    assert_int_equal(row.number, sale);
    fs_view_close(&view);

    atomic_fetch_sub(&mark->txn, 1);
    view = view_open(reader, FS_NOT_READY);
    atomic_fetch_add(&mark->txn, 1);
    atomic_store(&mark->rebuilding, 0);

    view = view_open(reader, FS_OK);
    fs_view_close(&view);
    fs_reader_destroy(reader);
}


/* Garbage in the place of a row of the index, or of the log. */

static void
put_garbage(fixture_t *fixture, int log, MDB_dbi dbi, const void *key,
    size_t len)
{
    fixture_begin(fixture);
    fs_db_put(log ? &fixture->write.log : &fixture->write.index, dbi, key,
              len, "garbage", 7, 0);

    if (log) {
        fixture_commit(fixture);
        return;
    }

    assert_int_equal(mdb_txn_commit(fixture->write.index.txn), 0);
    fixture->write.index.txn = NULL;
    fixture_abort(fixture);
}


/* A row that cannot be read is not an answer, and the index is made again. */

static void
test_damaged(void **context)
{
    fs_seq_t      seq;
    fs_view_t     view;
    fs_hold_t     row;
    fixture_t    *fixture = *context;
    fs_reader_t  *reader;

    fixture_take(fixture, 1, view_sale(fixture, "grape"), 1, 0);
    seq = fixture->result.hold.seq;
    put_garbage(fixture, 0, fixture->store->index_dbi[FS_INDEX_HOLDS], &seq,
                sizeof(seq));

    reader = fs_reader_create(fixture->store);
    view = view_open(reader, FS_OK);
    assert_false(fs_view_hold(&view, seq, &row));
    assert_int_equal(fs_view_outcome(&view), FS_NOT_READY);
    fs_view_close(&view);

    assert_true(fs_store_index_wanted(fixture->store));
    assert_int_equal(fs_store_catch_up(fixture->store, 100, NULL, NULL),
                     FS_OK);

    view = view_open(reader, FS_OK);
    assert_true(fs_view_hold(&view, seq, &row));
    fs_view_close(&view);
    fs_reader_destroy(reader);
    assert_int_equal(fixture->store->index_n, 2);
}


/* Walks pass over what cannot be read, which is counted; others are there. */

static void
test_walks(void **context)
{
    int              more;
    size_t           n;
    uint8_t          key[4], buyer[FS_BUYER_LEN];
    fs_seq_t         holds[3];
    uint32_t         grape, plum;
    unsigned         i;
    fs_view_t        view;
    fs_hold_t        rows[4];
    fs_sale_t        sales[4];
    fixture_t       *fixture = *context;
    fs_reader_t     *reader;
    fs_store_stat_t  stat;

    static const fs_str_t  first = fs_null_str;

    grape = view_sale(fixture, "grape");
    plum = view_sale(fixture, "plum");

    for (i = 0; i < 3; i++) {
        fixture_take(fixture, 1, grape, 1, 0);
        holds[i] = fixture->result.hold.seq;
    }

    fs_set_be32(key, grape);
    put_garbage(fixture, 0, fixture->store->index_dbi[FS_INDEX_SALES], key,
                sizeof(key));
    put_garbage(fixture, 0, fixture->store->index_dbi[FS_INDEX_HOLDS],
                &holds[1], sizeof(fs_seq_t));

    /* the log has the sale's row as well */

    reader = fs_reader_create(fixture->store);
    view = view_open(reader, FS_OK);
    assert_true(fs_view_sale(&view, grape, &sales[0]));
    assert_int_equal(sales[0].held, 3);
    assert_int_equal(fs_view_sales(&view, first, 4, sales, &more), 2);
    assert_int_equal(fs_view_outcome(&view), FS_OK);

    fixture_buyer(buyer, 1);
    n = fs_view_holds(&view, buyer, 0, 0, 4, rows, &more);
    assert_int_equal(n, 1);
    assert_int_equal(rows[0].seq, holds[2]);
    assert_int_equal(fs_view_outcome(&view), FS_OK);
    fs_view_close(&view);

    assert_int_equal(fs_store_stat(fixture->store, &stat), 0);
    assert_int_equal(stat.unreadable, 3);
    assert_false(fs_store_index_wanted(fixture->store));

    /* and without it the others are shown */

    put_garbage(fixture, 1, fixture->store->log_dbi[FS_LOG_SALES], key,
                sizeof(key));
    view = view_open(reader, FS_OK);
    assert_int_equal(fs_view_sales(&view, first, 4, sales, &more), 1);
    assert_int_equal(sales[0].number, plum);
    assert_int_equal(fs_view_current(&view, 0, 4, sales, &more), 1);
    assert_int_equal(sales[0].number, plum);
    assert_int_equal(fs_view_outcome(&view), FS_OK);
    fs_view_close(&view);
    fs_reader_destroy(reader);
}


/* Dead processes' places in the reader table are found when it is full. */

static void
test_readers_full(void **context)
{
    int           i, n, status;
    pid_t         pid;
    fs_view_t     view;
    fixture_t    *fixture = *context;
    fs_reader_t  *readers[64];

    pid = fork();

    if (pid == 0) {
        fixture->store = fs_store_open(&fixture->conf, &(fs_outcome_t) { 0 },
                                       (char [257]) { 0 });

        for (i = 0; i < 12; i++) {
            readers[i] = fs_reader_create(fixture->store);

            if (fs_view_open(readers[i], &view) != FS_OK) {
                _exit(1);
            }

            fs_view_close(&view);
        }

        raise(SIGKILL);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, SIGKILL);

    for (n = 0; n < 64; n++) {
        readers[n] = fs_reader_create(fixture->store);

        if (fs_view_open(readers[n], &view) != FS_OK) {
            break;
        }

        fs_view_close(&view);
    }

    /* 16 places in all, see the fixture */

    assert_true(n >= 14);
    assert_true(n < 64);

    fs_reader_destroy(readers[n]);
    fs_reader_destroy(readers[n - 1]);
    readers[n - 1] = fs_reader_create(fixture->store);
    view = view_open(readers[n - 1], FS_OK);
    fs_view_close(&view);

    for (i = 0; i < n; i++) {
        fs_reader_destroy(readers[i]);
    }
}


/* A commit thread that has the guard is not waited for. */

typedef struct {
    fs_store_t          *store;
    pthread_barrier_t    turn;
} guard_t;

static void *
guard_hold(void *data)
{
    guard_t  *guard = data;

    pthread_rwlock_wrlock(&guard->store->guard);
    pthread_barrier_wait(&guard->turn);
    pthread_barrier_wait(&guard->turn);
    pthread_rwlock_unlock(&guard->store->guard);

    return NULL;
}


static void
test_guard(void **context)
{
    guard_t           guard;
    pthread_t         thread;
    fs_view_t         view;
    fixture_t        *fixture = *context;
    fs_reader_t      *reader;
    fs_store_stat_t   stat;

    reader = fs_reader_create(fixture->store);
    guard.store = fixture->store;
    pthread_barrier_init(&guard.turn, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, guard_hold, &guard), 0);
    pthread_barrier_wait(&guard.turn);

    view = view_open(reader, FS_NOT_READY);
    assert_int_equal(fs_store_stat(fixture->store, &stat), -1);

    pthread_barrier_wait(&guard.turn);
    pthread_join(thread, NULL);

    view = view_open(reader, FS_OK);
    fs_view_close(&view);
    fs_reader_destroy(reader);
}


static void
test_stat(void **context)
{
    fs_view_t         view;
    fixture_t        *fixture = *context;
    fs_reader_t      *reader;
    fs_store_stat_t   stat, later;

    reader = fs_reader_create(fixture->store);
    view = view_open(reader, FS_OK);
    assert_int_equal(fs_store_stat(fixture->store, &stat), 0);
    view_sale(fixture, "grape");
    assert_int_equal(fs_store_stat(fixture->store, &later), 0);
    fs_view_close(&view);
    fs_reader_destroy(reader);

    assert_int_equal(stat.index_seq, 2);
    assert_int_equal(stat.durable_seq, 2);
    assert_int_equal(later.index_seq, 4);
    assert_int_equal(later.durable_seq, 4);
    assert_int_equal(stat.readers, 1);
    assert_true(stat.log_used < stat.log_size);
    assert_true(stat.index_used < stat.index_size);
    assert_true(stat.disk_free > 0);
    assert_int_equal(stat.oldest_reader_lag, 0);
    assert_int_equal(later.oldest_reader_lag, 1);
}


static void
test_rendering(void **context)
{
    int           len;
    char          line[FS_ENTRY_JSON_MAX + 128], id[FS_HOLD_ID_LEN + 1];
    uint32_t      sale;
    fs_view_t     view;
    fixture_t    *fixture = *context;
    fs_entry_t    entries[16];
    fs_names_t    names;
    fs_reader_t  *reader;

    sale = view_sale(fixture, "grape");
    fixture_take(fixture, 1, sale, 1, 1);

    reader = fs_reader_create(fixture->store);
    view = view_open(reader, FS_OK);
    fs_view_names(&view, fixture->crypto, &names);
    assert_int_equal(fs_view_entries(&view, 4, 16, entries), 1);

    len = fs_entry_line(&entries[0], &names, line);
    assert_true(len > 0);
    line[len] = '\0';
    fs_crypto_hold_id(fixture->crypto, 5, 0, id);
    id[FS_HOLD_ID_LEN] = '\0';
    assert_non_null(strstr(line, "\"sale\":\"grape\""));
    assert_non_null(strstr(line, id));
    fs_view_close(&view);
    fs_reader_destroy(reader);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_names, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_sales, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_unpaid, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_holds, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_group_at, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_group_failed, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_entries, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_fresh, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_walks, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_damaged, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_readers_full, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_guard, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_stat, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_rendering, fixture_setup,
                                        fixture_teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
