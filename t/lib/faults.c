
/*
 * Preloaded into nginx by tests: makes disks fail, clocks step and event
 * loops slow.  What happens is in a small file, mapped by every process,
 * that a test writes.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>


typedef struct {
    volatile int64_t   sync;            /* a sync of the log fails */
    volatile int64_t   meta;            /* so does a write of its meta page */
    volatile int64_t   space;           /* the disk is full */
    volatile int64_t   wall_ms;         /* the wall clock is so far off */
    volatile int64_t   hits;            /* faults so far */
    volatile int64_t   slow_ms;         /* a sync of the log takes so long */
    volatile int64_t   slow_us;         /* so does an event loop that asks
                                           for the time */
} faults_t;

#define META_PAGES  (2 * 4096)


static faults_t  none;
static faults_t *faults = &none;


__attribute__((constructor))
static void
faults_init(void)
{
    int          fd;
    void        *p;
    const char  *path;

    path = getenv("TUANBO_FAULTS");
    if (path == NULL) {
        return;
    }

    fd = open(path, O_RDWR|O_CLOEXEC);
    if (fd == -1) {
        return;
    }

    p = mmap(NULL, sizeof(faults_t), PROT_READ|PROT_WRITE, MAP_SHARED, fd, 0);
    if (p != MAP_FAILED) {
        faults = p;
    }

    (void) close(fd);
}


/* Is it a data file of the store: 'l' of the log, 'i' of the index, or 0. */

static int
faults_kind(int fd)
{
    char     link[64], path[4096];
    ssize_t  n;

    (void) snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);

    n = readlink(link, path, sizeof(path) - 1);
    if (n <= 0) {
        return 0;
    }

    path[n] = '\0';

    if (strstr(path, "/data.mdb") == NULL) {
        return 0;
    }

    return strstr(path, "/log/") ? 'l' : 'i';
}


static int
faults_hit(int error)
{
    (void) __sync_fetch_and_add(&faults->hits, 1);
    errno = error;

    return -1;
}


static int
faults_write(int fd, off_t offset)
{
    if (faults->space && faults_kind(fd)) {
        return faults_hit(ENOSPC);
    }

    if (faults->meta && offset < META_PAGES && faults_kind(fd) == 'l') {
        return faults_hit(EIO);
    }

    return 0;
}


#define real(name)  ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))


int
fdatasync(int fd)
{
    struct timespec  ts;

    if (faults->sync && faults_kind(fd) == 'l') {
        return faults_hit(EIO);
    }

    if (faults->slow_ms && faults_kind(fd) == 'l') {
        ts.tv_sec = faults->slow_ms / 1000;
        ts.tv_nsec = faults->slow_ms % 1000 * 1000000;
        (void) nanosleep(&ts, NULL);
    }

    return real(fdatasync)(fd);
}


int
fsync(int fd)
{
    if (faults->sync && faults_kind(fd) == 'l') {
        return faults_hit(EIO);
    }

    return real(fsync)(fd);
}


int
msync(void *address, size_t len, int flags)
{
    if (faults->sync) {
        return faults_hit(EIO);
    }

    return real(msync)(address, len, flags);
}


ssize_t
pwrite(int fd, const void *buf, size_t len, off_t offset)
{
    if (faults_write(fd, offset)) {
        return -1;
    }

    return real(pwrite)(fd, buf, len, offset);
}


ssize_t
pwrite64(int fd, const void *buf, size_t len, off64_t offset)
{
    if (faults_write(fd, offset)) {
        return -1;
    }

    return real(pwrite64)(fd, buf, len, offset);
}


ssize_t
writev(int fd, const struct iovec *vector, int n)
{
    if (faults->space && faults_kind(fd)) {
        return faults_hit(ENOSPC);
    }

    return real(writev)(fd, vector, n);
}


ssize_t
pwritev(int fd, const struct iovec *vector, int n, off_t offset)
{
    if (faults_write(fd, offset)) {
        return -1;
    }

    return real(pwritev)(fd, vector, n, offset);
}


int
clock_gettime(clockid_t clock, struct timespec *ts)
{
    int      rc;
    int64_t  ns;

    rc = real(clock_gettime)(clock, ts);

    if (clock == CLOCK_REALTIME && faults->slow_us && gettid() == getpid()) {
        (void) usleep((useconds_t) faults->slow_us);
    }

    if (rc == 0 && clock == CLOCK_REALTIME && faults->wall_ms) {
        ns = (int64_t) ts->tv_sec * 1000000000 + ts->tv_nsec
             + faults->wall_ms * 1000000;
        ts->tv_sec = ns / 1000000000;
        ts->tv_nsec = ns % 1000000000;
    }

    return rc;
}


int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec  ts;

    (void) zone;

    if (clock_gettime(CLOCK_REALTIME, &ts) != 0) {
        return -1;
    }

    tv->tv_sec = ts.tv_sec;
    tv->tv_usec = ts.tv_nsec / 1000;

    return 0;
}


time_t
time(time_t *t)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_REALTIME, &ts);

    if (t) {
        *t = ts.tv_sec;
    }

    return ts.tv_sec;
}
