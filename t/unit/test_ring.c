
/*
 * Rings in shared memory: claiming by processes that get killed, and the way
 * of a command there and back.  What leaders do is in test_leader.c.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lead/ring.h"
#include "lmdb/guard.h"


#define PATIENCE_MS  20000


typedef struct {
    fs_rings_t      *rings;
    _Atomic pid_t    tid;
    int              led;           /* eventfd */
} waiter_t;


static fs_rings_t *make_rings(uint32_t rings_n, uint32_t queue,
    const int *eventfds);
static void free_rings(fs_rings_t *rings);
static void deliver(fs_rings_t *rings, int i, uint64_t n);
static pid_t start(void (*child)(fs_rings_t *rings, int fd),
    fs_rings_t *rings, int *fd);
static int told(int fd);
static void kill_and_wait(pid_t pid);


static fs_rings_t *
make_rings(uint32_t rings_n, uint32_t queue, const int *eventfds)
{
    void  *block;

    block = mmap(NULL, fs_rings_size(rings_n, queue), PROT_READ|PROT_WRITE,
                 MAP_SHARED|MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(block, MAP_FAILED);
    assert_int_equal(fs_rings_init(block, rings_n, queue, eventfds), 0);

    return block;
}


static void
free_rings(fs_rings_t *rings)
{
    assert_int_equal(munmap(rings, fs_rings_size(rings->rings_n,
                                                 rings->queue)), 0);
}


/* What a leader does with n commands, as far as a ring is concerned. */

static void
deliver(fs_rings_t *rings, int i, uint64_t n)
{
    uint64_t    position;
    fs_ring_t  *ring;
    fs_slot_t  *slot;

    ring = fs_ring(rings, i);

    for (position = ring->delivered; n > 0; position++, n--) {
        slot = fs_ring_slot(rings, i, position);
        slot->result.hold.seq = slot->command.hold + 1000;
    }

    ring->delivered = position;
    rings->waiting = fs_rings_count(rings);
}


static pid_t
start(void (*child)(fs_rings_t *rings, int fd), fs_rings_t *rings, int *fd)
{
    int    fds[2];
    pid_t  pid;

    assert_int_equal(pipe(fds), 0);

    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {
        close(fds[0]);
        child(rings, fds[1]);
        _exit(0);
    }

    close(fds[1]);
    *fd = fds[0];

    return pid;
}


static int
told(int fd)
{
    signed char  c;

    assert_int_equal(read(fd, &c, 1), 1);
    close(fd);

    return c;
}


static void
kill_and_wait(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}


static void
claim_and_sleep(fs_rings_t *rings, int fd)
{
    signed char  i;

    i = (signed char) fs_ring_claim(rings);

    if (write(fd, &i, 1) != 1) {
        _exit(1);
    }

    for ( ;; ) {
        pause();
    }
}


static void
lead_and_sleep(fs_rings_t *rings, int fd)
{
    signed char  c;

    c = (signed char) fs_rings_lead(rings);

    if (write(fd, &c, 1) != 1) {
        _exit(1);
    }

    for ( ;; ) {
        pause();
    }
}


static void
test_init_checks(void **data)
{
    void  *block;

    (void) data;

    block = mmap(NULL, 1048576, PROT_READ|PROT_WRITE,
                 MAP_SHARED|MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(block, MAP_FAILED);

    assert_int_equal(fs_rings_init(block, 0, 16, NULL), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(fs_rings_init(block, 2, 0, NULL), -1);
    assert_int_equal(fs_rings_init(block, FS_RINGS_MAX + 1, 16, NULL), -1);
    assert_int_equal(fs_rings_init(block, 2, FS_QUEUE_MAX + 1, NULL), -1);
    assert_int_equal(fs_rings_init((char *) block + 8, 2, 16, NULL), -1);
    assert_int_equal(fs_rings_init(block, 2, 16, NULL), 0);

    /* the last byte of the last slot is within the block */

    assert_ptr_equal((char *) (fs_ring_slot(block, 1, 15) + 1),
                     (char *) block + fs_rings_size(2, 16));

    munmap(block, 1048576);
}


static void
test_claim_all(void **data)
{
    int          i;
    fs_rings_t  *rings;

    (void) data;

    rings = make_rings(3, 8, NULL);

    for (i = 0; i < 3; i++) {
        assert_int_equal(fs_ring_claim(rings), i);
        assert_int_equal(fs_ring(rings, i)->ready, 0);
    }

    assert_int_equal(fs_ring_claim(rings), -1);

    fs_ring(rings, 1)->ready = 1;
    fs_ring_release(rings, 1);
    assert_int_equal(fs_ring(rings, 1)->ready, 0);
    assert_int_equal(fs_ring_claim(rings), 1);

    for (i = 0; i < 3; i++) {
        fs_ring_release(rings, i);
    }

    free_rings(rings);
}


static void
test_claim_after_kill(void **data)
{
    int          fd, i;
    pid_t        pid;
    fs_rings_t  *rings;

    (void) data;

    rings = make_rings(2, 8, NULL);

    /* more often than there are rings: a dead owner's is used again */

    for (i = 0; i < 5; i++) {
        pid = start(claim_and_sleep, rings, &fd);
        assert_int_equal(told(fd), 0);

        assert_int_equal(fs_ring_claim(rings), 1);
        assert_int_equal(fs_ring_claim(rings), -1);

        fs_ring(rings, 0)->ready = 1;
        kill_and_wait(pid);

        assert_int_equal(fs_ring_claim(rings), 0);
        assert_int_equal(fs_ring(rings, 0)->ready, 0);

        fs_ring_release(rings, 0);
        fs_ring_release(rings, 1);
    }

    free_rings(rings);
}


static void
test_leader_killed(void **data)
{
    int          fd;
    pid_t        pid;
    fs_rings_t  *rings;

    (void) data;

    rings = make_rings(1, 8, NULL);

    assert_int_equal(fs_rings_lead(rings), 0);
    assert_int_equal(rings->orphaned, 0);
    fs_rings_unlead(rings);

    pid = start(lead_and_sleep, rings, &fd);
    assert_int_equal(told(fd), 0);
    kill_and_wait(pid);

    assert_int_equal(fs_rings_lead(rings), 0);
    assert_int_equal(rings->orphaned, 1);
    fs_rings_unlead(rings);

    /* whole again */

    assert_int_equal(fs_rings_lead(rings), 0);
    fs_rings_unlead(rings);

    free_rings(rings);
}


static void *
wait_to_lead(void *data)
{
    waiter_t  *waiter = data;
    uint64_t   one;

    waiter->tid = gettid();

    if (fs_rings_lead(waiter->rings) == 0) {
        fs_rings_unlead(waiter->rings);

        one = 1;
        (void) !write(waiter->led, &one, sizeof(one));
    }

    return NULL;
}


/* The kernel says in which call a thread is, and with what. */

static int
sleeps(waiter_t *waiter, _Atomic uint32_t *word)
{
    char           name[64], line[256];
    long           call;
    FILE          *file;
    unsigned long  at;

    snprintf(name, sizeof(name), "/proc/self/task/%d/syscall",
             (int) waiter->tid);

    file = fopen(name, "r");

    if (file == NULL) {
        return 0;
    }

    assert_non_null(fgets(line, sizeof(line), file));
    fclose(file);

    return sscanf(line, "%ld %lx", &call, &at) == 2
           && call == SYS_futex && at == (unsigned long) word;
}


static int
leads_within(waiter_t *waiter, int ms)
{
    struct pollfd  pfd;

    pfd.fd = waiter->led;
    pfd.events = POLLIN;

    return poll(&pfd, 1, ms) == 1;
}


/* Once it sleeps: the mutex no longer says that somebody does. */

static void
forget(waiter_t *waiter, _Atomic uint32_t *word)
{
    unsigned  ms;

    for (ms = 0; ms < PATIENCE_MS; ms++) {
        if ((atomic_load(word) & FUTEX_WAITERS) && sleeps(waiter, word)) {
            atomic_fetch_and(word, ~(uint32_t) FUTEX_WAITERS);
            return;
        }

        usleep(1000);
    }

    fail_msg("it does not wait");
}


/*
 * What is left when the thread that was woken is killed before it has the
 * mutex, and another takes it: fs_guard_nudge() has the story.  It takes
 * thousands of kills to see it, so it is made here by hand; the rest is what
 * pthread and the kernel do.
 */

static void
test_lost_wake_up(void **data)
{
    int                fd;
    pid_t              pid;
    waiter_t           waiter;
    pthread_t          thread;
    unsigned           killed;
    _Atomic uint32_t  *word;

    (void) data;

    fs_guard_install();

    /* the owner lets go; the owner is killed */

    for (killed = 0; killed < 2; killed++) {
        waiter.rings = make_rings(1, 8, NULL);
        waiter.tid = 0;
        waiter.led = eventfd(0, EFD_CLOEXEC);
        assert_int_not_equal(waiter.led, -1);

        word = (_Atomic uint32_t *) &waiter.rings->leader.__data.__lock;
        pid = 0;

        if (!killed) {
            assert_int_equal(fs_rings_lead(waiter.rings), 0);

        } else {
            pid = start(lead_and_sleep, waiter.rings, &fd);
            assert_int_equal(told(fd), 0);
        }

        assert_int_equal(pthread_create(&thread, NULL, wait_to_lead, &waiter),
                         0);

        forget(&waiter, word);

        /* one that is in order is still waited for */

        fs_guard_nudge(thread);

        forget(&waiter, word);
        assert_false(leads_within(&waiter, 0));

        if (!killed) {
            fs_rings_unlead(waiter.rings);

        } else {
            kill_and_wait(pid);
        }

        /* it sleeps beside a mutex that nobody has (not always in valgrind) */

        fs_guard_nudge(thread);

        assert_true(leads_within(&waiter, PATIENCE_MS));
        assert_int_equal(waiter.rings->orphaned, killed);

        pthread_join(thread, NULL);
        close(waiter.led);
        free_rings(waiter.rings);
    }
}


static void
test_there_and_back(void **data)
{
    uint64_t       n, token;
    fs_slot_t     *slot;
    fs_rings_t    *rings;
    fs_command_t   command;

    (void) data;

    rings = make_rings(2, 5, NULL);
    assert_int_equal(rings->capacity, 8);

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_RELEASE;

    assert_int_equal(fs_ring_claim(rings), 0);
    assert_int_equal(fs_ring_push(rings, 0, &command, 1, 1), FS_NOT_READY);
    fs_ring(rings, 0)->ready = 1;

    /* three at a time, so that the eight slots are gone round often */

    token = 0;

    for (n = 0; n < 40; n++) {
        assert_null(fs_ring_pop(rings, 0));

        for (command.hold = 3 * n; command.hold < 3 * n + 3; command.hold++) {
            assert_int_equal(fs_ring_push(rings, 0, &command,
                                          command.hold + 500,
                                          (int64_t) command.hold), FS_OK);
        }

        assert_null(fs_ring_pop(rings, 0));
        assert_int_equal(rings->waiting, 3);
        deliver(rings, 0, 3);
        assert_int_equal(rings->waiting, 0);

        while ((slot = fs_ring_pop(rings, 0)) != NULL) {
            assert_int_equal(slot->token, token + 500);
            assert_int_equal(slot->enqueued, token);
            assert_int_equal(slot->command.type, FS_COMMAND_RELEASE);
            assert_int_equal(slot->result.hold.seq, token + 1000);
            fs_ring_pop_done(rings, 0);
            token++;
        }

        assert_int_equal(token, 3 * n + 3);
    }

    fs_ring_release(rings, 0);
    free_rings(rings);
}


static void
test_full(void **data)
{
    int            i;
    uint64_t       n;
    fs_slot_t     *slot;
    fs_rings_t    *rings;
    fs_command_t   command;

    (void) data;

    rings = make_rings(2, 6, NULL);

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_HOLD;

    assert_int_equal(fs_ring_claim(rings), 0);
    assert_int_equal(fs_ring_claim(rings), 1);
    fs_ring(rings, 0)->ready = 1;
    fs_ring(rings, 1)->ready = 1;

    n = 0;

    /* the bound is over all rings */

    for (i = 0; i < 3; i++) {
        assert_int_equal(fs_ring_push(rings, 0, &command, n++, 0), FS_OK);
        assert_int_equal(fs_ring_push(rings, 1, &command, 0, 0), FS_OK);
    }

    assert_int_equal(fs_ring_push(rings, 0, &command, 0, 0), FS_QUEUE_FULL);
    assert_int_equal(fs_ring_push(rings, 1, &command, 0, 0), FS_QUEUE_FULL);

    deliver(rings, 1, 1);
    assert_int_equal(fs_ring_push(rings, 0, &command, n++, 0), FS_OK);
    assert_int_equal(fs_ring_push(rings, 0, &command, 0, 0), FS_QUEUE_FULL);

    /* delivered but not taken: no slot is used twice */

    deliver(rings, 0, 4);

    for (i = 0; i < 4; i++) {
        assert_int_equal(fs_ring_push(rings, 0, &command, n++, 0), FS_OK);
    }

    deliver(rings, 0, 4);
    assert_int_equal(rings->waiting, 2);
    assert_int_equal(fs_ring_push(rings, 0, &command, 0, 0), FS_QUEUE_FULL);

    slot = fs_ring_pop(rings, 0);
    assert_non_null(slot);
    assert_int_equal(slot->token, 0);
    fs_ring_pop_done(rings, 0);
    assert_int_equal(fs_ring_push(rings, 0, &command, n++, 0), FS_OK);

    for (i = 1; i < 8; i++) {
        slot = fs_ring_pop(rings, 0);
        assert_non_null(slot);
        assert_int_equal(slot->token, i);
        fs_ring_pop_done(rings, 0);
    }

    assert_null(fs_ring_pop(rings, 0));

    fs_ring_release(rings, 0);
    fs_ring_release(rings, 1);
    free_rings(rings);
}


/* A producer killed between counting and adding must not close the queue. */

static void
test_waiting_too_high(void **data)
{
    fs_rings_t    *rings;
    fs_command_t   command;

    (void) data;

    rings = make_rings(1, 4, NULL);

    memset(&command, 0, sizeof(command));

    assert_int_equal(fs_ring_claim(rings), 0);
    fs_ring(rings, 0)->ready = 1;

    rings->waiting = 4;
    assert_int_equal(fs_ring_push(rings, 0, &command, 0, 0), FS_OK);
    assert_int_equal(fs_ring_push(rings, 0, &command, 0, 0), FS_OK);
    assert_int_equal(fs_ring_push(rings, 0, &command, 0, 0), FS_OK);
    assert_int_equal(fs_ring_push(rings, 0, &command, 0, 0), FS_OK);
    assert_int_equal(fs_ring_push(rings, 0, &command, 0, 0), FS_QUEUE_FULL);

    fs_ring_release(rings, 0);
    free_rings(rings);
}


static void
test_wake(void **data)
{
    int          fds[2];
    uint64_t     n;
    fs_rings_t  *rings;

    (void) data;

    fds[0] = eventfd(0, EFD_NONBLOCK|EFD_CLOEXEC);
    fds[1] = eventfd(0, EFD_NONBLOCK|EFD_CLOEXEC);

    rings = make_rings(2, 4, fds);

    fs_ring_wake(rings, 1);
    fs_ring_wake(rings, 1);

    assert_int_equal(read(fds[0], &n, 8), -1);
    assert_int_equal(read(fds[1], &n, 8), 8);
    assert_int_equal(n, 2);

    /* a full counter does not block */

    n = UINT64_MAX - 1;
    assert_int_equal(write(fds[0], &n, 8), 8);
    fs_ring_wake(rings, 0);

    close(fds[0]);
    close(fds[1]);
    free_rings(rings);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_init_checks),
        cmocka_unit_test(test_claim_all),
        cmocka_unit_test(test_claim_after_kill),
        cmocka_unit_test(test_leader_killed),
        cmocka_unit_test(test_lost_wake_up),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_waiting_too_high),
        cmocka_unit_test(test_wake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
