
/*
 * A commit of which nobody knows how it ended is made certain of before pages
 * are used again: by whichever process comes next, and with the meta pages
 * written again, as a sync alone may find them clean.
 *
 * The calls by which LMDB writes are defined here, so that they can fail.
 */

#include "fixture.h"
#include "lmdb/env.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>


#define META_END  8192

typedef enum {
    CALL_META = 0,                      /* written, of page 0 or 1 */
    CALL_DATA,
    CALL_SYNC
} call_t;

static ino_t     log_file;              /* 0: nothing is noted */
static int       meta_fails;            /* so many writes through O_DSYNC */
static int       meta_dies;
static int       sync_fails;
static unsigned  calls_n;
static call_t    calls[256];
static uint64_t  pages;                 /* of META, in one bit each */


static int
is_log(int fd)
{
    struct stat  st;

    return log_file != 0 && fstat(fd, &st) == 0 && st.st_ino == log_file;
}


static void
note(call_t call)
{
    assert_true(calls_n < sizeof(calls) / sizeof(calls[0]));
    calls[calls_n++] = call;
}


ssize_t
pwrite(int fd, const void *buf, size_t len, off_t offset)
{
    int      through;
    ssize_t  n;

    n = syscall(SYS_pwrite64, fd, buf, len, offset);

    if (!is_log(fd)) {
        return n;
    }

    if (offset >= META_END) {
        note(CALL_DATA);
        return n;
    }

    through = fcntl(fd, F_GETFL) & O_DSYNC;

    if (through && meta_dies) {
        _exit(0);
    }

    if (through && meta_fails != 0) {
        meta_fails--;
        errno = EIO;
        return -1;
    }

    note(CALL_META);
    pages |= 1 << offset / (META_END / 2);

    return n;
}


ssize_t
writev(int fd, const struct iovec *vector, int n)
{
    if (is_log(fd)) {
        note(CALL_DATA);
    }

    return syscall(SYS_writev, fd, vector, n);
}


int
fdatasync(int fd)
{
    if (!is_log(fd)) {
        return 0;
    }

    if (sync_fails != 0) {
        sync_fails--;
        errno = EIO;
        return -1;
    }

    note(CALL_SYNC);

    return 0;
}


static void
forget(void)
{
    calls_n = 0;
    pages = 0;
}


/* Both meta pages were written, then synced, before anything else. */

static void
assert_settled(void)
{
    assert_true(calls_n >= 3);
    assert_int_equal(calls[0], CALL_META);
    assert_int_equal(calls[1], CALL_META);
    assert_int_equal(calls[2], CALL_SYNC);
    assert_int_equal(pages & 3, 3);
}


static uint32_t
begin(fixture_t *fixture)
{
    char           name[128];
    uint32_t       sale;
    struct stat    st;
    fs_operator_t  op;

    fixture_close(fixture, 1);
    fixture->conf.sync = 1;
    fixture_open(fixture);

    fixture_operator(&op, "grape");
    op.stock = 10;
    sale = fixture_define(fixture, &op);

    snprintf(name, sizeof(name), "%s/log/data.mdb", fixture->path);
    assert_int_equal(stat(name, &st), 0);
    log_file = st.st_ino;
    meta_fails = 0;
    sync_fails = 0;
    forget();

    return sale;
}


static int
teardown(void **context)
{
    log_file = 0;

    return fixture_teardown(context);
}


/* A commit that ends well is followed by nothing but the next. */

static void
test_known(void **context)
{
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = begin(fixture);
    assert_int_equal(fixture_try(fixture, sale, 1), FS_OK);
    assert_int_equal(calls[0], CALL_DATA);
    forget();

    sync_fails = 1;
    assert_int_equal(fixture_try(fixture, sale, 2), FS_DISK_FAILED);
    forget();

    assert_int_equal(fixture_try(fixture, sale, 2), FS_OK);
    assert_int_equal(calls[0], CALL_DATA);
    assert_int_equal(fixture_sale(fixture, sale).held, 2);
}


static void
test_same_process(void **context)
{
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = begin(fixture);
    meta_fails = 1;
    assert_int_equal(fixture_try(fixture, sale, 1), FS_UNKNOWN);
    forget();

    assert_int_equal(fixture_try(fixture, sale, 1), FS_OK);
    assert_settled();
    assert_int_equal(fixture_sale(fixture, sale).held, 1);
}


/* The process that knows of the failure leaves: the next one has to know. */

static void
test_other_process(void **context)
{
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = begin(fixture);
    meta_fails = 1;
    assert_int_equal(fixture_try(fixture, sale, 1), FS_UNKNOWN);
    forget();

    fixture_close(fixture, 0);
    fixture_open(fixture);
    assert_int_equal(fixture_try(fixture, sale, 1), FS_OK);
    assert_settled();
    assert_int_equal(fixture_sale(fixture, sale).held, 1);
}


/* No page is used again before it has succeeded. */

static void
test_settling_fails(void **context)
{
    unsigned    i;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = begin(fixture);
    meta_fails = 1;
    assert_int_equal(fixture_try(fixture, sale, 1), FS_UNKNOWN);
    forget();

    sync_fails = 3;

    while (sync_fails != 0) {
        assert_int_equal(fixture_try(fixture, sale, 1), FS_DISK_FAILED);
    }

    for (i = 0; i < calls_n; i++) {
        assert_int_equal(calls[i], CALL_META);
    }

    forget();
    assert_int_equal(fixture_try(fixture, sale, 1), FS_OK);
    assert_settled();

    forget();
    assert_int_equal(fixture_try(fixture, sale, 2), FS_OK);
    assert_int_equal(calls[0], CALL_DATA);
}


/*
 * The writer dies after its meta page is to be seen, and before it is synced:
 * it counts, once it is written again.
 */

static void
test_writer_dies(void **context)
{
    int         status;
    pid_t       pid;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = begin(fixture);
    fixture_close(fixture, 0);

    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {
        fixture_open(fixture);
        meta_dies = 1;
        (void) fixture_try(fixture, sale, 1);
        _exit(1);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    forget();

    fixture_open(fixture);
    assert_settled();
    assert_int_equal(fixture_sale(fixture, sale).held, 1);
}


static uint64_t
meta_txn(fixture_t *fixture, unsigned page)
{
    int      fd;
    uint8_t  txn[8];

    assert_int_equal(mdb_env_get_fd(fixture->store->log, &fd), 0);
    assert_int_equal(pread(fd, txn, sizeof(txn), page * (META_END / 2) + 144),
                     sizeof(txn));

    return fs_get_le64(txn);
}


/* LMDB could not put a page back: it is seen, and must not count. */

static void
test_not_put_back(void **context)
{
    uint64_t      last;
    MDB_envinfo   info;
    fixture_t    *fixture = *context;

    (void) begin(fixture);
    assert_int_equal(mdb_env_info(fixture->store->log, &info), 0);
    last = info.me_last_txnid;

    assert_int_equal(meta_txn(fixture, last & 1), last);
    assert_int_equal(meta_txn(fixture, ~last & 1), last - 1);

    assert_int_equal(fs_env_secure(fixture->store->log, last), 0);
    assert_settled();
    assert_int_equal(meta_txn(fixture, last & 1), last);
    assert_int_equal(meta_txn(fixture, ~last & 1), last - 1);

    assert_int_equal(fs_env_secure(fixture->store->log, last - 1), 0);
    assert_int_equal(meta_txn(fixture, last & 1), last - 2);
    assert_int_equal(meta_txn(fixture, ~last & 1), last - 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_known, fixture_setup, teardown),
        cmocka_unit_test_setup_teardown(test_same_process, fixture_setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_other_process, fixture_setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_settling_fails, fixture_setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_writer_dies, fixture_setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_not_put_back, fixture_setup,
                                        teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
