
/*
 * Preloaded into nginx by tests: makes disks fail, clocks step and event
 * loops slow.  What happens is in a small file, mapped by every process,
 * that a test writes.
 *
 * A fault happens so many times, or until it is taken back (-1).  A page of
 * the log is one of its data; the two at its beginning are the meta pages.
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
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>


typedef struct {
    /* how often it happens, -1: until it is taken back; or as said */
    volatile int64_t   sync;            /* a sync of the log gives EIO */
    volatile int64_t   meta;            /* a write of its meta page: EIO */
    volatile int64_t   space;           /* a write of log or index: ENOSPC; -1:
                                           of any file of the store */
    volatile int64_t   wall_ms;         /* added to the wall clock */
    volatile int64_t   hits;            /* faults that have happened */
    volatile int64_t   slow_ms;         /* a sync of the log takes so long */
    volatile int64_t   slow_us;         /* so does, in the event loop's thread,
                                           each look at the clock */
    volatile int64_t   data;            /* a write of a page of the log: EIO */
    volatile int64_t   short_data;      /* such a write writes half of it */
    volatile int64_t   short_meta;      /* the same of a meta page */
    volatile int64_t   index_space;     /* taking space for it: ENOSPC */
    volatile int64_t   no_boot_id;      /* opening the boot id: ENOENT */
    volatile int64_t   fs_type;         /* what statfs() says; 0: the truth */
    volatile int64_t   fs_free;         /* and how much is free then */
    volatile int64_t   stuck;           /* syncs of the log wait as long as
                                           it is not 0 */
    volatile int64_t   exit_ms;         /* how long exit() takes at its end */
    volatile int64_t   no_promise;      /* taking space for the index succeeds,
                                           and takes none */
    volatile int64_t   people_ms;       /* a sync of contacts or talk takes
                                           so long, or waits as long as
                                           people_stuck is not 0, */
    volatile int64_t   people;          /* or gives EIO */
    volatile int64_t   people_stuck;
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


/*
 * At this point of exit() modules are unloaded and the libraries have cleaned
 * up.  A thread that still runs would use what is gone: exit_ms gives it time.
 */

__attribute__((destructor))
static void
faults_exit(void)
{
    struct timespec  ts;

    ts.tv_sec = faults->exit_ms / 1000;
    ts.tv_nsec = faults->exit_ms % 1000 * 1000000;
    (void) nanosleep(&ts, NULL);
}


/* Is it a data file of the store: 'l' of the log, 'i' of the index, 'p' of
 * contacts, or 0. */

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

    return strstr(path, "/log/") ? 'l'
           : strstr(path, "/people/") || strstr(path, "/talk/") ? 'p' : 'i';
}


/* 1: it happens now. */

static int
faults_now(volatile int64_t *fault)
{
    int64_t  n;

    do {
        n = *fault;

        if (n == 0) {
            return 0;
        }

    } while (n > 0 && !__sync_bool_compare_and_swap(fault, n, n - 1));

    (void) __sync_fetch_and_add(&faults->hits, 1);

    return 1;
}


static int
faults_fail(int error)
{
    errno = error;

    return -1;
}


#define real(name)  ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))


static void
faults_wait(volatile int64_t *stuck)
{
    struct timespec  ts = { 0, 10 * 1000000 };

    while (*stuck) {
        (void) nanosleep(&ts, NULL);
    }
}


static int
faults_sync(int fd)
{
    struct timespec  ts;

    if ((faults->people_ms || faults->people || faults->people_stuck)
        && faults_kind(fd) == 'p')
    {

        if (faults_now(&faults->people)) {
            return faults_fail(EIO);
        }

        ts.tv_sec = faults->people_ms / 1000;
        ts.tv_nsec = faults->people_ms % 1000 * 1000000;
        (void) nanosleep(&ts, NULL);
        faults_wait(&faults->people_stuck);

        return 0;
    }

    if (!(faults->sync || faults->slow_ms || faults->stuck)
        || faults_kind(fd) != 'l')
    {
        return 0;
    }

    if (faults_now(&faults->sync)) {
        return faults_fail(EIO);
    }

    ts.tv_sec = faults->slow_ms / 1000;
    ts.tv_nsec = faults->slow_ms % 1000 * 1000000;
    (void) nanosleep(&ts, NULL);

    faults_wait(&faults->stuck);

    return 0;
}


int
fdatasync(int fd)
{
    return faults_sync(fd) ? -1 : real(fdatasync)(fd);
}


int
fsync(int fd)
{
    return faults_sync(fd) ? -1 : real(fsync)(fd);
}


/*
 * Before a write of len bytes.  0: nothing happens; -1: it fails; or how many
 * bytes of it are written.
 */

static ssize_t
faults_write(int fd, size_t len, int meta)
{
    int                kind;
    volatile int64_t  *fails, *shortened;

    fails = meta ? &faults->meta : &faults->data;
    shortened = meta ? &faults->short_meta : &faults->short_data;

    if (!(faults->space || *fails || *shortened)) {
        return 0;
    }

    kind = faults_kind(fd);

    if (kind && (kind != 'p' || faults->space < 0)
        && faults_now(&faults->space))
    {
        return faults_fail(ENOSPC);
    }

    if (kind == 'l' && faults_now(fails)) {
        return faults_fail(EIO);
    }

    if (kind == 'l' && len > 1 && faults_now(shortened)) {
        return (ssize_t) (len / 2);
    }

    return 0;
}


ssize_t
pwrite(int fd, const void *buf, size_t len, off_t offset)
{
    ssize_t  n;

    n = faults_write(fd, len, offset < META_PAGES);

    return n == -1 ? -1 : real(pwrite)(fd, buf, n ? (size_t) n : len, offset);
}


ssize_t
pwrite64(int fd, const void *buf, size_t len, off64_t offset)
{
    return pwrite(fd, buf, len, offset);
}


/* LMDB writes pages in a row by it, after lseek(); never a meta page. */

ssize_t
writev(int fd, const struct iovec *vector, int count)
{
    int      i;
    size_t   len;
    ssize_t  n;

    for (i = 0, len = 0; i < count; i++) {
        len += vector[i].iov_len;
    }

    n = faults_write(fd, len, 0);

    if (n > 0) {
        len = vector[0].iov_len < (size_t) n ? vector[0].iov_len : (size_t) n;
        return write(fd, vector[0].iov_base, len);
    }

    return n == -1 ? -1 : real(writev)(fd, vector, count);
}


FILE *
fopen(const char *path, const char *mode)
{
    if (faults->no_boot_id && strstr(path, "/random/boot_id") != NULL) {
        errno = ENOENT;
        return NULL;
    }

    return real(fopen)(path, mode);
}


FILE *
fopen64(const char *path, const char *mode)
{
    return fopen(path, mode);
}


int
fstatfs(int fd, struct statfs *fs)
{
    int  rc;

    rc = real(fstatfs)(fd, fs);

    if (rc == 0 && faults->fs_type) {
        fs->f_type = faults->fs_type;
        fs->f_bavail = (unsigned long) (faults->fs_free / fs->f_bsize);
    }

    return rc;
}


int
statfs(const char *path, struct statfs *fs)
{
    int  rc;

    rc = real(statfs)(path, fs);

    if (rc == 0 && faults->fs_type) {
        fs->f_type = faults->fs_type;
        fs->f_bavail = (unsigned long) (faults->fs_free / fs->f_bsize);
    }

    return rc;
}


int
fstatfs64(int fd, struct statfs64 *fs)
{
    return fstatfs(fd, (struct statfs *) fs);
}


int
statfs64(const char *path, struct statfs64 *fs)
{
    return statfs(path, (struct statfs *) fs);
}


int
posix_fallocate(int fd, off_t offset, off_t len)
{
    if ((faults->space || faults->index_space) && faults_kind(fd) == 'i'
        && (faults_now(&faults->space) || faults_now(&faults->index_space)))
    {
        return ENOSPC;
    }

    if (faults->no_promise && faults_kind(fd) == 'i') {
        return 0;
    }

    return real(posix_fallocate)(fd, offset, len);
}


int
posix_fallocate64(int fd, off64_t offset, off64_t len)
{
    return posix_fallocate(fd, offset, len);
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
