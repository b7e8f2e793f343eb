
/*
 * The index: each way in which it can be behind, ahead, missing, foreign, cut
 * short or garbage, and across reboots.  Whatever it was, in the end it says
 * what it said before.
 */

#include "index_fixture.h"
#include "buyer_rows.h"

#include <dlfcn.h>
#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>


#define EXT4   0xef53
#define BTRFS  0x9123683e

static int       syncs_fail;            /* so many of the index */
static int       writes_short;          /* of its pages, but the meta pages */
static unsigned  fs_type;               /* 0: as it is */


int
statfs(const char *path, struct statfs *fs)
{
    int  rc;

    rc = ((__typeof__(&statfs)) dlsym(RTLD_NEXT, "statfs"))(path, fs);

    if (fs_type != 0) {
        fs->f_type = fs_type;
    }

    return rc;
}


static int
is_index(int fd)
{
    char     link[64], path[256];
    ssize_t  n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';

    return strstr(path, "/index-") != NULL;
}


ssize_t
pwrite(int fd, const void *buf, size_t len, off_t offset)
{
    if (writes_short && offset >= 8192 && len > 64 && is_index(fd)) {
        len /= 2;
    }

    return syscall(SYS_pwrite64, fd, buf, len, offset);
}


ssize_t
writev(int fd, const struct iovec *vector, int n)
{
    return syscall(SYS_writev, fd, vector,
                   writes_short && is_index(fd) ? 1 : n);
}


int
fdatasync(int fd)
{
    if (syncs_fail != 0 && is_index(fd)) {
        syncs_fail--;
        errno = EIO;
        return -1;
    }

    return (int) syscall(SYS_fdatasync, fd);
}


int
msync(void *address, size_t len, int flags)
{
    if (syncs_fail != 0) {
        syncs_fail--;
        errno = EIO;
        return -1;
    }

    return (int) syscall(SYS_msync, address, len, flags);
}


/*
 * Close, spoil the file, open: it must be seen at opening, without a crash,
 * and another be folded that equals the old one.
 */

static void
index_spoilt(fixture_t *fixture, void (*spoil)(fixture_t *, const char *))
{
    char           name[128], message[257];
    dump_t         dump;
    uint32_t       n;
    fs_outcome_t   outcome;

    dump = index_dump(fixture);
    n = fixture->store->index_n;
    index_name(fixture, n, "data.mdb", name, sizeof(name));

    fixture_close(fixture, 1);
    spoil(fixture, name);

    fixture->store = fs_store_open(&fixture->conf, &outcome, message);
    assert_non_null(fixture->store);
    assert_null(fixture->store->index);
    assert_true(fs_store_index_wanted(fixture->store));
    assert_int_equal(fs_store_catch_up(fixture->store, 16, NULL, NULL), FS_OK);
    fixture->crypto = fs_crypto_create(fixture->store->store_key);

    index_equals(fixture, n + 1, &dump);
    assert_int_equal(atomic_load(&fixture->store->mark->rebuilding), 0);
}


static void
spoil_missing(fixture_t *fixture, const char *name)
{
    (void) fixture;
    assert_int_equal(unlink(name), 0);
}


static void
spoil_directory(fixture_t *fixture, const char *name)
{
    char  path[128];

    (void) name;
    snprintf(path, sizeof(path), "%s/index-%u", fixture->path, 2);
    files_remove(path);
}


static void
spoil_empty(fixture_t *fixture, const char *name)
{
    (void) fixture;
    assert_int_equal(truncate(name, 0), 0);
}


static void
spoil_cut(fixture_t *fixture, const char *name)
{
    (void) fixture;
    assert_int_equal(truncate(name, 20480), 0);
}


static void
spoil_cut_meta(fixture_t *fixture, const char *name)
{
    (void) fixture;
    assert_int_equal(truncate(name, 4000), 0);
}


static void
spoil_garbage(fixture_t *fixture, const char *name)
{
    unsigned  i;
    uint8_t   garbage[65536];

    (void) fixture;

    for (i = 0; i < sizeof(garbage); i++) {
        garbage[i] = (uint8_t) (i * 2654435761u >> 23);
    }

    file_patch(name, 0, garbage, sizeof(garbage));
}


static void
spoil_zeros(fixture_t *fixture, const char *name)
{
    uint8_t  zeros[65536];

    (void) fixture;
    memset(zeros, 0, sizeof(zeros));
    file_patch(name, 8192, zeros, sizeof(zeros));
}


/* The same bytes in another file. */

static void
spoil_replaced(fixture_t *fixture, const char *name)
{
    char  other[160];

    (void) fixture;
    snprintf(other, sizeof(other), "%s.other", name);
    file_copy(name, other, O_CREAT|O_EXCL);
    assert_int_equal(rename(other, name), 0);
}


static void
test_spoilt(void **context)
{
    fixture_t  *fixture = *context;

    index_fill(fixture);

    index_spoilt(fixture, spoil_missing);
    index_spoilt(fixture, spoil_directory);
    index_spoilt(fixture, spoil_empty);
    index_spoilt(fixture, spoil_cut);
    index_spoilt(fixture, spoil_cut_meta);
    index_spoilt(fixture, spoil_garbage);
    index_spoilt(fixture, spoil_zeros);
    index_spoilt(fixture, spoil_replaced);
}


/* Another store's index in its place, in the very file. */

static void
test_foreign(void **context)
{
    char        name[128], other[128];
    dump_t      dump;
    void       *second;
    fixture_t  *fixture = *context, *foreign;

    index_fill(fixture);
    dump = index_dump(fixture);
    fixture_close(fixture, 1);

    assert_int_equal(index_setup(&second), 0);
    foreign = second;
    fixture_pass(foreign, 1);
    index_fill(foreign);
    fixture_close(foreign, 1);

    index_name(fixture, 1, "data.mdb", name, sizeof(name));
    index_name(foreign, 1, "data.mdb", other, sizeof(other));
    file_copy(other, name, 0);

    /* as many entries, at other times: so other hashes */

    fixture_open(fixture);
    index_equals(fixture, 2, &dump);

    foreign->store = NULL;
    files_remove(foreign->path);
    fs_sheet_cache_destroy(foreign->cache);
    free(foreign);
}


/* An older log put back: the index is ahead of it. */

static void
test_ahead(void **context)
{
    char        log[128], saved[160], index[128];
    dump_t      dump;
    fixture_t  *fixture = *context;

    index_fill(fixture);
    dump = index_dump(fixture);

    snprintf(log, sizeof(log), "%s/log/data.mdb", fixture->path);
    snprintf(saved, sizeof(saved), "%s.saved", log);

    fixture_close(fixture, 1);
    file_copy(log, saved, O_CREAT|O_EXCL);

    fixture_open(fixture);
    assert_string_equal(fixture_take(fixture, 30, 1, 1, 99), "created");
    fixture_close(fixture, 1);
    assert_int_equal(rename(saved, log), 0);

    fixture_open(fixture);
    index_equals(fixture, 2, &dump);
    assert_int_equal(atomic_load(&fixture->store->mark->seq),
                     fixture_seq(fixture));
    index_name(fixture, 1, "data.mdb", index, sizeof(index));
    assert_int_equal(access(index, F_OK), -1);
}


/* An older index put back, in the very file: behind, and caught up. */

static void
test_behind(void **context)
{
    int          chunk, more;
    char         name[128], saved[160];
    dump_t       dump;
    fixture_t   *fixture = *context;
    _Atomic int  stop;

    index_fill(fixture);
    index_name(fixture, 1, "data.mdb", name, sizeof(name));
    snprintf(saved, sizeof(saved), "%s/saved", fixture->path);
    fixture_close(fixture, 1);
    file_copy(name, saved, O_CREAT|O_EXCL);

    fixture_open(fixture);

    for (chunk = 0; chunk < 10; chunk++) {
        assert_string_equal(fixture_take(fixture, 30 + chunk, 1, 1, 0),
                            "created");
    }

    atomic_init(&stop, 1);

    for (chunk = 1; chunk < 30; chunk += 9) {
        dump = index_dump(fixture);
        fixture_close(fixture, 1);
        file_copy(saved, name, 0);

        fixture->store = fs_store_open(&fixture->conf, &(fs_outcome_t) { 0 },
                                       (char [257]) { 0 });
        assert_non_null(fixture->store);

        /* more than one chunk: others know, and answer 503 */

        if (chunk < 10) {
            assert_int_equal(fs_store_catch_up(fixture->store, chunk, &stop,
                                               &more), FS_OK);
            assert_true(more);
            assert_true(fs_store_index_wanted(fixture->store));
        }

        assert_int_equal(fs_store_catch_up(fixture->store, chunk, NULL, NULL),
                         FS_OK);
        fixture->crypto = fs_crypto_create(fixture->store->store_key);
        index_equals(fixture, 1, &dump);
    }

    /* begin does it as well */

    dump = index_dump(fixture);
    fixture_close(fixture, 1);
    file_copy(saved, name, 0);

    fixture->store = fs_store_open(&fixture->conf, &(fs_outcome_t) { 0 },
                                   (char [257]) { 0 });
    fixture->crypto = fs_crypto_create(fixture->store->store_key);
    fixture_begin(fixture);
    fs_pair_abort(&fixture->write);
    index_equals(fixture, 1, &dump);
}


/*
 * An older index in which a hold has no row: the entry that sells it cannot be
 * folded into it, and is folded into another.
 */

static void
test_unfit(void **context)
{
    char          name[128], good[160], bad[160];
    dump_t        dump;
    uint64_t      hold;
    fixture_t    *fixture = *context;

    index_fill(fixture);
    assert_string_equal(fixture_take(fixture, 40, 1, 1, 0), "created");
    hold = fixture->result.hold.seq;
    index_name(fixture, 1, "data.mdb", name, sizeof(name));
    snprintf(good, sizeof(good), "%s/good", fixture->path);
    snprintf(bad, sizeof(bad), "%s/bad", fixture->path);

    fixture_close(fixture, 1);
    file_copy(name, good, O_CREAT|O_EXCL);

    fixture_open(fixture);
    fixture_begin(fixture);
    assert_true(fs_db_delete(&fixture->write.index,
                             fixture->store->index_dbi[FS_INDEX_HOLDS], &hold,
                             sizeof(hold), NULL, 0));
    assert_int_equal(fs_pair_commit(&fixture->write, NULL), FS_OK);
    fixture->writing = 0;
    fixture_close(fixture, 1);
    file_copy(name, bad, O_CREAT|O_EXCL);

    file_copy(good, name, 0);
    fixture_open(fixture);
    assert_string_equal(fixture_confirm(fixture, hold, 1, 100), "ok");
    dump = index_dump(fixture);
    fixture_close(fixture, 1);
    file_copy(bad, name, 0);

    fixture->store = fs_store_open(&fixture->conf, &(fs_outcome_t) { 0 },
                                   (char [257]) { 0 });
    assert_non_null(fixture->store);
    assert_int_equal(fs_store_catch_up(fixture->store, 16, NULL, NULL), FS_OK);
    fixture->crypto = fs_crypto_create(fixture->store->store_key);
    index_equals(fixture, 2, &dump);
}


/* A machine that went down properly, and one that did not. */

static void
test_reboot(void **context)
{
    char        name[128];
    fixture_t  *fixture = *context;

    index_fill(fixture);

    fixture_close(fixture, 1);
    assert_true(index_exists(fixture, 1, "clean"));

    /* opened without a change in the same boot the marker stays */

    fixture_open(fixture);
    assert_true(index_exists(fixture, 1, "clean"));

    fixture_reboot(fixture, 1);
    assert_int_equal(fixture->store->index_n, 1);

    /* the boot's entry was the first change */

    assert_false(index_exists(fixture, 1, "clean"));

    fixture_reboot(fixture, 0);
    assert_int_equal(fixture->store->index_n, 2);
    assert_false(index_exists(fixture, 2, "clean"));

    /* closed cleanly, then written and not closed: an old marker is gone */

    fixture_close(fixture, 1);
    fixture_open(fixture);
    assert_true(index_exists(fixture, 2, "clean"));
    assert_string_equal(fixture_take(fixture, 50, 1, 1, 0), "created");
    assert_false(index_exists(fixture, 2, "clean"));
    fixture_reboot(fixture, 0);
    assert_int_equal(fixture->store->index_n, 3);

    /* a marker that says another position, or is torn */

    fixture_close(fixture, 1);
    index_name(fixture, 3, "clean", name, sizeof(name));
    file_patch(name, 0, "\x07", 1);
    fixture->conf.boot_id[0]++;
    fixture_open(fixture);
    assert_int_equal(fixture->store->index_n, 4);

    fixture_close(fixture, 1);
    index_name(fixture, 4, "clean", name, sizeof(name));
    file_patch(name, 39, "\x07", 1);
    fixture->conf.boot_id[0]++;
    fixture_open(fixture);
    assert_int_equal(fixture->store->index_n, 5);

    fixture_close(fixture, 1);
    index_name(fixture, 5, "clean", name, sizeof(name));
    assert_int_equal(truncate(name, 39), 0);
    fixture->conf.boot_id[0]++;
    fixture_open(fixture);
    assert_int_equal(fixture->store->index_n, 6);
}


/* A marker left by a mark that forgot it must not survive a commit. */

static void
test_marker_forgotten(void **context)
{
    char        name[128];
    fixture_t  *fixture = *context;

    index_fill(fixture);
    fixture_close(fixture, 1);
    snprintf(name, sizeof(name), "%s/mark", fixture->path);
    assert_int_equal(unlink(name), 0);

    fixture_open(fixture);
    assert_int_equal(fixture->store->index_n, 1);
    assert_string_equal(fixture_take(fixture, 50, 1, 1, 0), "created");
    assert_false(index_exists(fixture, 1, "clean"));
}


/*
 * After a sync that failed another one says nothing: what the first did not
 * write is taken for clean.
 */

static void
test_sync_failed(void **context)
{
    int         i;
    dump_t      dump;
    fixture_t  *fixture = *context;

    index_fill(fixture);

    for (i = 1; i <= 2; i++) {
        dump = index_dump(fixture);

        syncs_fail = 1;
        fixture_close(fixture, 1);
        assert_int_equal(syncs_fail, 0);
        assert_false(index_exists(fixture, (uint32_t) i, "clean"));

        fixture_open(fixture);
        index_equals(fixture, (uint32_t) i + 1, &dump);
    }

    fixture_close(fixture, 1);
    assert_true(index_exists(fixture, 3, "clean"));
    fixture_open(fixture);
}


/*
 * A boot's entry moves the due time of each live hold when the clock was
 * stepped before: space for all of that is taken before the first one, so that
 * a full disk is an answer and no SIGBUS.
 */

static void
test_boot_room(void **context)
{
    unsigned       i, n;
    uint32_t       sale;
    uint64_t       before;
    fs_seq_t       last;
    fixture_t     *fixture = *context;
    fs_hold_t      hold;
    fs_command_t   command;

    n = 20000;
    sale = fixture_stocked(fixture, "plum", n, 0);

    for (i = 0; i < n; i++) {

        if (i % 1000 == 0) {
            fixture_begin(fixture);
        }

        fixture_hold(&command, i + 1, sale, 1, 0);
        fs_decide(&fixture->sheet, &command, NULL, &fixture->now,
                  &fixture->result);
        assert_int_equal(fixture->result.outcome, FS_CREATED);

        if (i % 1000 == 999) {
            fixture_commit(fixture);
        }
    }

    last = fixture->result.hold.seq;
    fixture_reboot(fixture, 1);
    before = fixture->store->index_room;

    fixture->wall -= 300000;
    fixture_reboot(fixture, 1);
    assert_true(fixture->store->index_room >= before + n * 1024 / 2);

    fixture_begin(fixture);
    assert_true(fs_sheet_hold(&fixture->sheet, last, &hold));
    assert_true(hold.due <= fixture->now.mono + FIXTURE_TERM);
    fixture_commit(fixture);
}


/*
 * Who leaves while another process goes on need not write all of the index
 * to the disk: that one does, when it leaves last.
 */

static void
test_last_leaves(void **context)
{
    int            status, ready[2], go[2];
    char           byte, message[257];
    pid_t          pid;
    fs_view_t      view;
    fs_store_t    *store;
    fixture_t     *fixture = *context;
    fs_reader_t   *reader;
    fs_outcome_t   outcome;

    fixture_stocked(fixture, "plum", 10, 0);
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(go), 0);

    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {
        store = fs_store_open(&fixture->conf, &outcome, message);

        if (store == NULL) {
            _exit(1);
        }

        reader = fs_reader_create(store);

        if (fs_view_open(reader, &view) != FS_OK) {
            _exit(2);
        }

        fs_view_close(&view);

        if (write(ready[1], "r", 1) != 1 || read(go[0], &byte, 1) != 1) {
            _exit(3);
        }

        fs_reader_destroy(reader);
        fs_store_close(store, 1);
        _exit(0);
    }

    assert_int_equal(read(ready[0], &byte, 1), 1);

    fixture_close(fixture, 1);
    assert_false(index_exists(fixture, 1, "clean"));

    assert_int_equal(write(go[1], "g", 1), 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(index_exists(fixture, 1, "clean"));

    close(ready[0]);
    close(ready[1]);
    close(go[0]);
    close(go[1]);

    fixture_open(fixture);
}


/*
 * Without a map that is written: a full disk takes a part of what a commit of
 * the index writes.  What was sold is sold, and the same index is caught up.
 */

static void
test_short_write(void **context)
{
    fixture_t  *fixture = *context;

    fixture_close(fixture, 1);
    fs_type = BTRFS;
    fixture_open(fixture);
    assert_false(fixture->store->index_mapped);
    index_fill(fixture);

    writes_short = 1;
    assert_string_equal(fixture_take(fixture, 70, 1, 1, 0), "created");
    writes_short = 0;
    assert_int_equal(atomic_load(&fixture->store->mark->rebuilding), 1);

    assert_string_equal(fixture_take(fixture, 71, 1, 1, 0), "created");
    assert_int_equal(fixture->store->index_n, 1);
    assert_int_equal(atomic_load(&fixture->store->mark->rebuilding), 0);
    assert_true(buyer_rows(fixture->store) > 0);
}


/* A store that is moved to another file system keeps its index. */

static void
test_moved(void **context)
{
    unsigned    i;
    dump_t      dump;
    fixture_t  *fixture = *context;

    static const unsigned  types[] = { EXT4, BTRFS, EXT4, BTRFS };

    fixture_close(fixture, 1);
    fs_type = EXT4;
    fixture_open(fixture);
    index_fill(fixture);

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        dump = index_dump(fixture);
        fixture_close(fixture, 1);

        fs_type = types[i];
        fixture_open(fixture);
        assert_int_equal(fixture->store->index_mapped, types[i] == EXT4);
        index_equals(fixture, 1, &dump);
        assert_string_equal(fixture_take(fixture, 80 + i, 1, 1, 0),
                            "created");
        assert_true(buyer_rows(fixture->store) > 0);
    }
}


static int
teardown(void **context)
{
    writes_short = 0;
    fs_type = 0;

    return fixture_teardown(context);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_spoilt, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_foreign, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_ahead, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_behind, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_unfit, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_reboot, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_marker_forgotten, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_sync_failed, index_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_boot_room, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_last_leaves, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_short_write, index_setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_moved, index_setup, teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
