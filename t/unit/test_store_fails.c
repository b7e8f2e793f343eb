
/*
 * Commits that fail: nothing is taken, reads go on, and it heals.
 */

#include "fixture.h"
#include "log/log.h"
#include "read/read.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>


static void
store_name(fixture_t *fixture, const char *file, char *name, size_t size)
{
    assert_true((size_t) snprintf(name, size, "%s/%s", fixture->path, file)
                < size);
}


static uint32_t
store_sale(fixture_t *fixture, const char *slug, uint32_t stock)
{
    fs_operator_t  op;

    fixture_operator(&op, slug);
    op.stock = stock;

    return fixture_define(fixture, &op);
}


/* The last durable entry. */

static fs_seq_t
store_durable(fixture_t *fixture)
{
    return atomic_load(&fixture->store->mark->seq);
}


static void
test_map_full(void **context)
{
    unsigned       i;
    uint32_t       sale;
    fs_seq_t       seq;
    fs_view_t      view;
    fs_sale_t      row;
    fixture_t     *fixture = *context;
    fs_reader_t   *reader;
    fs_outcome_t   outcome;

    fixture_close(fixture, 1);
    files_remove(fixture->path);
    assert_int_equal(mkdir(fixture->path, 0700), 0);
    fixture->conf.map_size = 256 * 1024;
    fixture_open(fixture);

    sale = store_sale(fixture, "grape", 1000000);
    outcome = FS_OK;

    for (i = 1; i < 10000; i++) {
        outcome = fixture_try(fixture, sale, i);

        if (outcome != FS_OK) {
            break;
        }
    }

    assert_string_equal(fs_outcome_code(outcome), "store_full");
    assert_true(i > 20);
    seq = store_durable(fixture);
    assert_string_equal(fs_outcome_code(fixture_try(fixture, sale, i)),
                        "store_full");

    /* nothing was taken, and reads go on */

    assert_int_equal(store_durable(fixture), seq);
    reader = fs_reader_create(fixture->store);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    assert_true(fs_view_sale(&view, sale, &row));
    assert_int_equal(row.held, i - 1);
    fs_view_close(&view);
    fs_reader_destroy(reader);

    /* a larger map heals it */

    fixture_close(fixture, 1);
    fixture->conf.map_size = 64 << 20;
    fixture_open(fixture);
    assert_int_equal(fixture->store->index_n, 1);
    assert_int_equal(fixture_try(fixture, sale, i), FS_OK);
    assert_int_equal(fixture_sale(fixture, sale).held, i);
}


/* A full disk: no file may become longer than it is. */

static void
test_disk_full(void **context)
{
    unsigned       i;
    uint32_t       sale;
    fs_seq_t       seq;
    fixture_t     *fixture = *context;
    fs_outcome_t   outcome;
    struct rlimit  old, limit;

    sale = store_sale(fixture, "grape", 1000000);
    assert_int_equal(fixture_try(fixture, sale, 1), FS_OK);

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 128 * 1024;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);

    outcome = FS_OK;

    for (i = 2; i < 10000; i++) {
        outcome = fixture_try(fixture, sale, i);

        if (outcome != FS_OK) {
            break;
        }
    }

    seq = store_durable(fixture);
    assert_int_equal(fixture_try(fixture, sale, i), outcome);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);

    assert_true(outcome == FS_STORE_FULL || outcome == FS_DISK_FAILED);
    assert_int_equal(store_durable(fixture), seq);

    assert_int_equal(fixture_try(fixture, sale, 20000), FS_OK);
    assert_int_equal(store_durable(fixture), seq + 1);
    assert_int_equal(fixture_sale(fixture, sale).held,
                     fixture->write.seq - seq + i - 1);
}


/* The descriptor that LMDB writes meta pages by, or the one for data. */

static int
store_descriptor(fixture_t *fixture, const char *file, int meta)
{
    int      fd, flags;
    char     link_name[32], name[128], target[256];
    ssize_t  len;

    store_name(fixture, file, name, sizeof(name));

    for (fd = 3; fd < 256; fd++) {
        snprintf(link_name, sizeof(link_name), "/proc/self/fd/%d", fd);
        len = readlink(link_name, target, sizeof(target) - 1);

        if (len == -1) {
            continue;
        }

        target[len] = '\0';
        flags = fcntl(fd, F_GETFL);

        if (strcmp(target, name) == 0 && !(flags & O_DSYNC) == !meta) {
            return fd;
        }
    }

    fail_msg("no descriptor of %s", name);
    return -1;
}


/* Nobody knows whether it was taken; the next begin finds out. */

static void
test_meta_failed(void **context)
{
    int          full, i;
    uint32_t     sale;
    fs_seq_t     seq;
    fs_view_t    view;
    fs_sale_t    row;
    fs_entry_t   entries[2];
    fixture_t   *fixture = *context;
    fs_reader_t *reader;

    fixture_close(fixture, 1);
    fixture->conf.sync = 1;
    fixture_open(fixture);

    sale = store_sale(fixture, "grape", 10);
    seq = store_durable(fixture);

    reader = fs_reader_create(fixture->store);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    assert_true(fs_view_log(&view) != NULL);
    fs_view_close(&view);

    full = open("/dev/full", O_RDWR|O_DSYNC);
    assert_int_not_equal(full, -1);
    assert_int_not_equal(dup2(full, store_descriptor(fixture, "log/data.mdb",
                                                     1)), -1);
    close(full);

    assert_string_equal(fs_outcome_code(fixture_try(fixture, sale, 1)),
                        "outcome_unknown");
    assert_int_equal(store_durable(fixture), seq);

    /* reads go on, of the log as well */

    for (i = 0; i < 2; i++) {
        assert_int_equal(fs_view_open(reader, &view), FS_OK);
        assert_true(fs_view_sale(&view, sale, &row));
        assert_int_equal(row.held, 0);
        assert_int_equal(fs_view_entries(&view, seq - 1, 2, entries),
                         i == 0);
        assert_int_equal(fs_view_outcome(&view),
                         i == 0 ? FS_OK : FS_NOT_READY);
        fs_view_close(&view);

        if (i == 0) {

            /* of the index also without a log: where it cannot be opened */

            fs_log_close(fixture->store);
        }
    }

    /* not taken, as it turns out; and all goes on */

    assert_string_equal(fs_outcome_code(fixture_try(fixture, sale, 1)), "ok");
    assert_int_equal(store_durable(fixture), seq + 1);

    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    assert_true(view.fresh);
    assert_true(fs_view_sale(&view, sale, &row));
    assert_int_equal(row.held, 1);
    fs_view_close(&view);
    fs_reader_destroy(reader);
}


/* Data pages that cannot be written: the batch is gone, and nothing else. */

static void
test_data_failed(void **context)
{
    int         full, fd, saved;
    uint32_t    sale;
    fs_seq_t    seq;
    fixture_t  *fixture = *context;

    sale = store_sale(fixture, "grape", 10);
    seq = store_durable(fixture);

    full = open("/dev/full", O_RDWR);
    fd = store_descriptor(fixture, "log/data.mdb", 0);
    saved = dup(fd);
    assert_int_equal(dup2(full, fd), fd);

    assert_string_equal(fs_outcome_code(fixture_try(fixture, sale, 1)),
                        "store_full");
    assert_non_null(fixture->store->log);
    assert_int_equal(store_durable(fixture), seq);

    assert_int_equal(dup2(saved, fd), fd);
    close(saved);
    close(full);

    assert_string_equal(fs_outcome_code(fixture_try(fixture, sale, 1)), "ok");
    assert_int_equal(store_durable(fixture), seq + 1);
    assert_int_equal(fixture_sale(fixture, sale).held, 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_map_full, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_disk_full, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_meta_failed, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_data_failed, fixture_setup,
                                        fixture_teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
