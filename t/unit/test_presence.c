
/* Who looks at what, over processes that come and go. */

#define _GNU_SOURCE                     /* F_OFD_SETLK */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/presence.h"


static char  directory[64];


static uint64_t
note(uint64_t what, uint64_t who)
{
    uint8_t  bytes[16];

    memset(bytes, 0, sizeof(bytes));
    memcpy(bytes, &who, sizeof(who));

    return fs_presence_note(what, bytes);
}


static size_t
count(fs_presence_t *presence, uint64_t what)
{
    size_t                    n;
    unsigned                  region;
    static fs_presence_set_t  set;

    fs_presence_set_begin(&set, note(what, 0));

    for (region = 0; region <= FS_PRESENCE_REGIONS; region++) {
        assert_int_equal(fs_presence_count(presence, region, &set, 1), 0);
    }

    n = set.n;
    fs_presence_set_free(&set);

    return n;
}


static fs_presence_t *
opened(void)
{
    int             err;
    fs_presence_t  *presence;

    presence = fs_presence_open(directory, &err);
    assert_non_null(presence);
    assert_int_equal(err, 0);

    return presence;
}


static void
shared_name(char *name, size_t size)
{
    struct stat  st;

    assert_int_equal(stat(directory, &st), 0);
    snprintf(name, size, "/dev/shm/tuanbo-%u-%llx-%llx",
             (unsigned) geteuid(), (unsigned long long) st.st_dev,
             (unsigned long long) st.st_ino);
}


static void
test_distinct(void **state)
{
    int32_t         a, b, c;
    fs_presence_t  *one, *two;

    (void) state;

    one = opened();
    two = opened();

    assert_int_equal(count(one, 1), 0);

    a = fs_presence_add(one, note(1, 7));
    b = fs_presence_add(one, note(1, 8));
    c = fs_presence_add(one, note(2, 7));
    (void) fs_presence_add(two, note(1, 7));
    (void) fs_presence_add(two, note(1, 9));

    assert_int_equal(count(one, 1), 3);
    assert_int_equal(count(two, 1), 3);
    assert_int_equal(count(two, 2), 1);
    assert_int_equal(count(two, 3), 0);

    /* the last one takes the place that is left */

    assert_int_equal(fs_presence_remove(one, a), c);
    assert_int_equal(count(two, 1), 3);
    assert_int_equal(count(two, 2), 1);
    assert_int_equal(fs_presence_remove(one, b), -1);
    assert_int_equal(count(two, 1), 2);
    assert_int_equal(fs_presence_remove(one, a), -1);
    assert_int_equal(count(two, 2), 0);
    assert_int_equal(fs_presence_remove(one, 0), -1);

    fs_presence_close(two);
    assert_int_equal(count(one, 1), 0);
    fs_presence_close(one);
}


static void
test_many(void **state)
{
    uint64_t        i;
    fs_presence_t  *one;

    (void) state;

    one = opened();

    for (i = 0; i < FS_PRESENCE_MAX; i++) {
        assert_int_equal(fs_presence_add(one, note(1, i % 10000)), i);
    }

    assert_int_equal(fs_presence_add(one, note(1, 1)), -1);
    assert_int_equal(count(one, 1), 10000);

    fs_presence_close(one);
}


/* What a process noted that was killed counts no more, and its region is
 * somebody's again. */

static void
test_killed(void **state)
{
    int             fds[2], i, status;
    char            byte;
    pid_t           pid;
    fs_presence_t  *one, *other;

    (void) state;

    one = opened();
    (void) fs_presence_add(one, note(1, 1));

    for (i = 0; i < 3; i++) {
        assert_int_equal(pipe(fds), 0);

        pid = fork();
        assert_true(pid != -1);

        if (pid == 0) {

            /* it goes with a test that fails */

            prctl(PR_SET_PDEATHSIG, SIGKILL);
            other = opened();
            (void) fs_presence_add(other, note(1, 2));
            (void) !write(fds[1], "", 1);
            pause();
            _exit(0);
        }

        assert_int_equal(read(fds[0], &byte, 1), 1);
        assert_int_equal(count(one, 1), 2);

        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(count(one, 1), 1);

        close(fds[0]);
        close(fds[1]);
    }

    fs_presence_close(one);
}


/* When all regions are somebody's, one's own are counted all the same. */

static void
test_full(void **state)
{
    int             err, i;
    fs_presence_t  *all[FS_PRESENCE_REGIONS], *late;

    (void) state;

    for (i = 0; i < FS_PRESENCE_REGIONS; i++) {
        all[i] = opened();
        (void) fs_presence_add(all[i], note(1, (uint64_t) i));
    }

    assert_int_equal(count(all[0], 1), FS_PRESENCE_REGIONS);

    late = fs_presence_open(directory, &err);
    assert_non_null(late);
    assert_int_not_equal(err, 0);
    assert_int_equal(fs_presence_add(late, note(1, 1000)), 0);
    assert_int_equal(fs_presence_add(late, note(1, 1000)), 1);
    assert_int_equal(count(late, 1), 1);
    fs_presence_close(late);

    for (i = 0; i < FS_PRESENCE_REGIONS; i++) {
        fs_presence_close(all[i]);
    }
}


/* Somebody comes or goes just then: it counts alone until it is let in. */

static void
test_later(void **state)
{
    int             fd, err;
    char            name[128];
    struct flock    lock;
    fs_presence_t  *one, *two;

    (void) state;

    one = opened();
    shared_name(name, sizeof(name));

    fd = open(name, O_RDWR|O_CLOEXEC);
    assert_int_not_equal(fd, -1);
    memset(&lock, 0, sizeof(lock));
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = FS_PRESENCE_REGIONS;
    lock.l_len = 1;
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);

    two = fs_presence_open(directory, &err);
    assert_non_null(two);
    assert_int_equal(err, EAGAIN);
    assert_int_equal(fs_presence_add(two, note(5, 1)), 0);
    assert_int_equal(fs_presence_add(two, note(5, 2)), 1);
    assert_int_equal(fs_presence_share(two, directory), EAGAIN);
    assert_int_equal(count(two, 5), 2);
    assert_int_equal(count(one, 5), 0);

    close(fd);
    assert_int_equal(fs_presence_share(two, directory), 0);
    assert_int_equal(fs_presence_share(two, directory), 0);
    assert_int_equal(count(two, 5), 2);
    assert_int_equal(count(one, 5), 2);
    assert_int_equal(fs_presence_remove(two, 0), 1);
    assert_int_equal(count(one, 5), 1);

    fs_presence_close(one);
    fs_presence_close(two);
}


/* Nothing is left behind in memory. */

static void
test_gone(void **state)
{
    char            name[128];
    fs_presence_t  *one, *two;

    (void) state;

    shared_name(name, sizeof(name));

    one = opened();
    two = opened();
    assert_int_equal(access(name, F_OK), 0);
    fs_presence_close(one);
    assert_int_equal(access(name, F_OK), 0);
    fs_presence_close(two);
    assert_int_not_equal(access(name, F_OK), 0);
}


static int
setup(void **state)
{
    (void) state;

    snprintf(directory, sizeof(directory), "/tmp/presence-XXXXXX");

    return mkdtemp(directory) ? 0 : -1;
}


static int
teardown(void **state)
{
    (void) state;

    return rmdir(directory);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_distinct),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_later),
        cmocka_unit_test(test_gone),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
