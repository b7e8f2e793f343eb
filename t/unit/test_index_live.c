
/*
 * The index while it is made: stopped, its builder killed, others reading the
 * one before, and a commit of it that fails.
 */

#include "index_fixture.h"
#include "pair/pair.h"

#include <pthread.h>


static void
test_stop(void **context)
{
    int          more;
    char         name[128];
    dump_t       dump;
    uint64_t     to;
    fixture_t   *fixture = *context;
    fs_view_t    view;
    fs_sale_t    sale;
    fs_hold_t    hold;
    fs_reader_t *reader;
    _Atomic int  stop;
    fs_store_stat_t  stat;

    index_fill(fixture);
    dump = index_dump(fixture);
    fixture_close(fixture, 1);
    index_name(fixture, 1, "data.mdb", name, sizeof(name));
    assert_int_equal(unlink(name), 0);

    fixture->store = fs_store_open(&fixture->conf, &(fs_outcome_t) { 0 },
                                   (char [257]) { 0 });
    fixture->crypto = fs_crypto_create(fixture->store->store_key);
    reader = fs_reader_create(fixture->store);
    atomic_init(&stop, 1);
    to = 0;

    while (fs_store_catch_up(fixture->store, 16, &stop, &more) == FS_OK
           && more)
    {

        /* each call goes on where the last one stopped */

        assert_int_equal(atomic_load(&fixture->store->mark->rebuilding), 1);
        assert_int_equal(fs_store_stat(fixture->store, &stat), 0);
        assert_int_equal(stat.index_seq, to + 16);
        assert_int_equal(fixture->store->index_n, 2);
        to += 16;

        /* sales can be read meanwhile, and nothing else */

        assert_int_equal(fs_view_open(reader, &view), FS_REBUILDING);
        assert_int_equal(fs_view_open_log(reader, &view), FS_OK);
        assert_true(fs_view_sale(&view, 1, &sale));
        assert_int_equal(sale.stock, 1000);
        assert_false(fs_view_hold(&view, 6, &hold));
        assert_int_equal(fs_view_outcome(&view), FS_OK);
        fs_view_close(&view);
    }

    assert_true(to >= 48);
    fs_reader_destroy(reader);
    index_equals(fixture, 2, &dump);
}


/* The clock is asked once a chunk, and with the lock: so it tells when to
 * die. */

static int  builder_chunks;

static void
builder_clock(void *data, int64_t *wall, int64_t *boot)
{
    fixture_clock(data, wall, boot);

    if (builder_chunks > 0 && --builder_chunks == 0) {
        raise(SIGKILL);
    }
}


static void
test_builder_killed(void **context)
{
    int         status;
    char        name[128];
    pid_t       pid;
    dump_t      dump;
    fixture_t  *fixture = *context;

    index_fill(fixture);
    dump = index_dump(fixture);
    fixture_close(fixture, 1);
    index_name(fixture, 1, "data.mdb", name, sizeof(name));
    assert_int_equal(unlink(name), 0);

    pid = fork();

    if (pid == 0) {
        fixture->conf.clock = builder_clock;
        fixture->store = fs_store_open(&fixture->conf, &(fs_outcome_t) { 0 },
                                       (char [257]) { 0 });
        builder_chunks = 7;
        (void) fs_store_catch_up(fixture->store, 10, NULL, NULL);
        _exit(1);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, SIGKILL);

    fixture->store = fs_store_open(&fixture->conf, &(fs_outcome_t) { 0 },
                                   (char [257]) { 0 });
    assert_non_null(fixture->store);
    assert_non_null(fixture->store->index);
    assert_true(fs_store_index_wanted(fixture->store));

    /* the rest alone is folded */

    assert_true(fixture->store->index_seq >= 20);
    assert_int_equal(fs_store_catch_up(fixture->store, 10, NULL, NULL), FS_OK);
    fixture->crypto = fs_crypto_create(fixture->store->store_key);
    index_equals(fixture, 2, &dump);
}


/* Another process makes a new index while this one reads the old. */

static void
test_swap(void **context)
{
    int          status;
    pid_t        pid;
    dump_t       dump;
    fixture_t   *fixture = *context;
    fs_view_t    view;
    fs_sale_t    sale;
    fs_reader_t *reader;

    index_fill(fixture);
    dump = index_dump(fixture);

    reader = fs_reader_create(fixture->store);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);

    pid = fork();

    if (pid == 0) {
        fixture->store = fs_store_open(&fixture->conf, &(fs_outcome_t) { 0 },
                                       (char [257]) { 0 });
        atomic_store(&fixture->store->mark->stale, 1);

        if (fs_store_catch_up(fixture->store, 100, NULL, NULL) != FS_OK
            || fixture->store->index_n != 2)
        {
            _exit(1);
        }

        fs_store_close(fixture->store, 1);
        _exit(0);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);

    /* the snapshot at hand is good to its end */

    assert_true(fs_view_sale(&view, 1, &sale));
    assert_int_equal(sale.stock, 1000);
    fs_view_close(&view);

    /* the next one sees that its index is not the one any more */

    assert_true(fs_store_index_wanted(fixture->store));
    assert_int_equal(fs_view_open(reader, &view), FS_REBUILDING);
    assert_int_equal(fs_view_open_log(reader, &view), FS_OK);
    assert_true(fs_view_sale(&view, 1, &sale));
    fs_view_close(&view);

    assert_int_equal(fs_store_catch_up(fixture->store, 100, NULL, NULL),
                     FS_OK);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    assert_true(view.fresh);
    fs_view_close(&view);
    fs_reader_destroy(reader);

    index_equals(fixture, 2, &dump);
}


/* A view that is open holds the swap up, and reads what it read. */

typedef struct {
    fs_store_t          *store;
    pthread_barrier_t    opened;
    int                  ok;
} watcher_t;

static void *
watcher_run(void *data)
{
    unsigned     i;
    watcher_t   *watcher = data;
    fs_view_t    view;
    fs_sale_t    sale;
    fs_reader_t *reader;

    reader = fs_reader_create(watcher->store);
    watcher->ok = fs_view_open(reader, &view) == FS_OK;
    pthread_barrier_wait(&watcher->opened);

    for (i = 0; i < 50 && watcher->ok; i++) {
        usleep(1000);
        watcher->ok = fs_view_sale(&view, 1, &sale) && sale.stock == 1000;
    }

    fs_view_close(&view);
    fs_reader_destroy(reader);

    return NULL;
}


static void
test_view_waited_for(void **context)
{
    dump_t      dump;
    pthread_t   thread;
    watcher_t   watcher;
    fixture_t  *fixture = *context;

    index_fill(fixture);
    dump = index_dump(fixture);

    watcher.store = fixture->store;
    watcher.ok = 0;
    pthread_barrier_init(&watcher.opened, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, watcher_run, &watcher), 0);
    pthread_barrier_wait(&watcher.opened);

    atomic_store(&fixture->store->mark->stale, 1);
    assert_int_equal(fs_store_catch_up(fixture->store, 100, NULL, NULL),
                     FS_OK);

    pthread_join(thread, NULL);
    assert_true(watcher.ok);
    index_equals(fixture, 2, &dump);
}


/* Between the two commits: a put that finds no room spoils the index's. */

static void
index_fail(void *data)
{
    MDB_val     key, value;
    fixture_t  *fixture = data;

    key.mv_size = 1;
    key.mv_data = "x";
    value.mv_size = 64 << 20;

    (void) mdb_put(fixture->write.index.txn,
                   fixture->store->index_dbi[FS_INDEX_META], &key, &value,
                   MDB_RESERVE);
}


static void
test_commit_failed(void **context)
{
    fixture_t    *fixture = *context;
    fs_view_t     view;
    fs_reader_t  *reader;
    fs_command_t  command;

    index_fill(fixture);

    fixture_hold(&command, 60, 1, 1, 0);
    fixture_begin(fixture);
    fixture->write.committed = index_fail;
    fixture->write.committed_data = fixture;
    fs_decide(&fixture->sheet, &command, NULL, &fixture->now,
              &fixture->result);
    assert_int_equal(fixture->result.outcome, FS_CREATED);
    fixture_commit(fixture);

    /* acknowledged; so nobody may read an index that does not know it */

    reader = fs_reader_create(fixture->store);
    assert_int_equal(fs_view_open(reader, &view), FS_REBUILDING);

    assert_string_equal(fixture_state(fixture, fixture->result.hold.seq),
                        "held");
    assert_int_equal(fixture->store->index_n, 2);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    assert_true(view.fresh);
    fs_view_close(&view);
    fs_reader_destroy(reader);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_stop, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_builder_killed, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_swap, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_view_waited_for, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_commit_failed, index_setup,
                                        fixture_teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
