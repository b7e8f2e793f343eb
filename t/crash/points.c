
/*
 * Preloaded into nginx by the kill campaign: kills the process at a chosen
 * instant.  Which one is in a small file, mapped by every process, that the
 * campaign writes; the module itself is the one that is built for everybody.
 *
 * An instant is told from outside of the module, by the calls that it makes:
 * LMDB's transactions, what LMDB writes and syncs, robust mutexes, eventfds.
 * The campaign reads the names from the table below.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "store/store.h"


/*
 * X(NAME, how often, part, where).  The part is a heading of the campaign's
 * report; each: also a short campaign has to get there.
 */

#define POINTS(X)                                                            \
    X(PUSHED, rare, "on the way", "a command was pushed, nobody kicked")     \
    X(LEAD, rare, "before", "leads the block, waits for the log")            \
    X(LOCKED, each, "before", "has the log's write lock")                    \
    X(DECIDING, rare, "before", "somewhere in deciding")                     \
    X(DECIDED, each, "before", "results in slots, nothing written")          \
    X(PAGE, each, "in the commit", "before a data page of the log")          \
    X(TORN, rare, "in the commit", "half of the data pages written")         \
    X(SYNC, each, "in the commit", "data pages written, not synced")         \
    X(SYNCED, each, "in the commit", "synced, no meta page")                 \
    X(META, each, "in the commit", "the meta page written, lock held")       \
    X(COMMITTED, each, "after", "the log let go, mark not moved")            \
    X(MARKED, each, "log and index", "the mark moved, no index")             \
    X(INDEXING, rare, "log and index", "somewhere in the index's commit")    \
    X(INDEXED, each, "results", "index committed, not delivered")            \
    X(WAKE, each, "wake-up", "delivered, nobody woken")                      \
    X(WOKEN, rare, "wake-up", "the first of the rings woken")                \
    X(UNLEAD, rare, "wake-up", "all woken, still leads")                     \
    X(ANSWER, rare, "answers", "before an answer is sent")                   \
    X(ANSWERED, rare, "answers", "right after one was sent")                 \
    X(VIEW, each, "answers", "a snapshot open for reading")                  \
    X(HEIR, each, "heirs", "takes over from a dead leader")                  \
    X(LOG_HEIR, each, "heirs", "takes the log's lock from a dead one")       \
    X(OPEN, rare, "claiming", "opens the store, others wait for it")         \
    X(READER, rare, "claiming", "takes a slot of the reader table")          \
    X(CLAIM, each, "claiming", "has claimed a ring")                         \
    X(CLAIM_DEAD, each, "claiming", "a dead worker's ring, not yet its own") \
    X(SETTLE, each, "claiming", "ring settled, old incarnation")             \
    X(RENEW, rare, "claiming", "incarnation made, has the log's lock")       \
    X(MAKE, each, "rebuilding", "the new index's directory made")            \
    X(REMOVE, rare, "rebuilding", "while an old index is removed")           \
    X(REPLACE, each, "rebuilding", "before the new index is recorded")       \
    X(REPLACED, rare, "rebuilding", "it is recorded, the old one there")     \
    X(FOLDING, each, "rebuilding", "somewhere in folding the ledger")        \
    X(FOLD, rare, "rebuilding", "folded, before the index's commit")         \
    X(FOLDED, each, "rebuilding", "folded and committed, lock held")         \
    X(LEAVING, rare, "clean exit", "the marker written, not synced")         \
    X(UNCLEAN, rare, "clean exit", "the marker removed, not synced")

typedef enum {
    NONE = 0,
#define X(name, often, part, where)  name,
    POINTS(X)
#undef X
    POINTS_N
} point_t;

#define NEXT    8
#define DEATHS  62

/* Offsets of these are known to Points.pm. */

typedef struct {
    int64_t              point;         /* NONE: it had left it already */
    int64_t              pid;
    int64_t              at;            /* wall clock, us */
} death_t;

typedef struct {
    _Atomic int64_t      armed;         /* die there; NONE: nowhere */
    _Atomic int64_t      nth;           /* at which time, counted from 1 */
    _Atomic int64_t      next[NEXT];    /* what is armed after a death */
    _Atomic int64_t      spin_us;       /* "somewhere": so long after it
                                           was entered */
    _Atomic int64_t      died;          /* points at which processes died */
    death_t              deaths[DEATHS];
} control_t;


static control_t  none;
static control_t *control = &none;

/* one thread of a process is somewhere at a time */
static _Atomic int  spinning;
static _Atomic int  inside;

/* what this thread has open and is doing */
static __thread MDB_txn  *log_txn;
static __thread MDB_txn  *index_txn;
static __thread int       in_lmdb;      /* a transaction begins or ends */
static __thread int       reading;      /* it is one that only reads */
static __thread int       committing;   /* of the log */
static __thread int       committed;    /* the log's, and still leads */
static __thread int       making;       /* another index */
static __thread int       settling;
static __thread int       is_main;      /* 1: the event loop; -1: not */


#define real(name)                                                           \
    (__extension__ ({                                                        \
        static __thread __typeof__(&name) found;                             \
                                                                             \
        if (found == NULL) {                                                 \
            found = (__typeof__(&name)) dlsym(RTLD_NEXT, #name);             \
        }                                                                    \
                                                                             \
        found;                                                               \
    }))

/* glibc's bit in the kind of a robust mutex */
#define ROBUST  16

static void point(point_t here);


__attribute__((constructor))
static void
points_init(void)
{
    int          fd;
    void        *p;
    const char  *path;

    path = getenv("TUANBO_POINTS");
    if (path == NULL) {
        return;
    }

    fd = open(path, O_RDWR|O_CLOEXEC);
    if (fd == -1) {
        return;
    }

    p = mmap(NULL, sizeof(control_t), PROT_READ|PROT_WRITE, MAP_SHARED, fd,
             0);
    if (p != MAP_FAILED) {
        control = p;
    }

    (void) close(fd);
}


static int
main_thread(void)
{
    if (is_main == 0) {
        is_main = (gettid() == getpid()) ? 1 : -1;
    }

    return is_main == 1;
}


static void
die(point_t here)
{
    int64_t          i, next;
    death_t         *death;
    struct timespec  ts;

    (void) clock_gettime(CLOCK_REALTIME, &ts);

    /* nobody else dies before the next point is armed */

    i = atomic_load(&control->died);
    death = &control->deaths[i % DEATHS];

    death->point = here;
    death->pid = getpid();
    death->at = (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;

    atomic_store(&control->died, i + 1);

    next = control->next[0];

    for (i = 0; i < NEXT - 1; i++) {
        control->next[i] = control->next[i + 1];
    }

    control->next[i] = NONE;

    atomic_store(&control->nth, 1);
    atomic_store(&control->armed, next);

    for ( ;; ) {
        (void) kill(getpid(), SIGKILL);
    }
}


/* 1: it is this one's turn to die.  Until it has, the point is negative. */

static int
turn(point_t here)
{
    int64_t  armed;

    armed = here;

    return atomic_load(&control->armed) == armed
           && atomic_fetch_sub(&control->nth, 1) == 1
           && atomic_compare_exchange_strong(&control->armed, &armed, -armed);
}


static void
point(point_t here)
{
    if (turn(here)) {
        die(here);
    }
}


static void *
spin(void *data)
{
    int              point;
    int64_t          end;
    struct timespec  ts;

    (void) data;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);
    end = ts.tv_sec * 1000000000LL + ts.tv_nsec
          + atomic_load(&control->spin_us) * 1000;

    point = atomic_load(&inside);
    atomic_store(&spinning, 1);

    do {
        (void) clock_gettime(CLOCK_MONOTONIC, &ts);
    } while (ts.tv_sec * 1000000000LL + ts.tv_nsec < end);

    die(atomic_load(&inside) == point ? (point_t) point : NONE);

    return NULL;
}


/* Enter a stretch of code: another thread kills the process while it runs. */

static void
enter(point_t here)
{
    pthread_t  thread;

    if (!turn(here)) {
        return;
    }

    atomic_store(&inside, here);

    if (pthread_create(&thread, NULL, spin, NULL) != 0) {
        die(NONE);
    }

    while (!atomic_load(&spinning)) { /* void */ }
}


static void
leave(void)
{
    atomic_store(&inside, NONE);
}


/* ------------------------------------------------------------------- LMDB */

/* Is the ledger being folded into a new index?  The store's mark says so. */

static int
rebuilding(MDB_env *env)
{
    int          fd;
    char         name[4096];
    uint32_t     word;
    const char  *path;

    word = 0;

    if (atomic_load(&control->armed) != FOLDING
        || mdb_env_get_path(env, &path) != 0)
    {
        return 0;
    }

    (void) snprintf(name, sizeof(name), "%s/../mark", path);

    fd = open(name, O_RDONLY|O_CLOEXEC);

    if (fd != -1) {
        (void) !pread(fd, &word, sizeof(word),
                      offsetof(fs_mark_t, rebuilding));
        (void) close(fd);
    }

    return word != 0;
}


/* 'l': of the log, 'i': of the index. */

static int
env_kind(MDB_env *env)
{
    size_t       len;
    const char  *path;

    if (mdb_env_get_path(env, &path) != 0) {
        return 0;
    }

    if (strstr(path, "/index-")) {
        return 'i';
    }

    len = strlen(path);

    return len > 4 && strcmp(path + len - 4, "/log") == 0 ? 'l' : 0;
}


int
mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned int flags,
    MDB_txn **txn)
{
    int  rc, write;

    write = (flags & MDB_RDONLY) == 0 && parent == NULL;

    in_lmdb++;
    reading = !write;
    rc = real(mdb_txn_begin)(env, parent, flags, txn);
    reading = 0;
    in_lmdb--;

    if (rc != 0 || !write) {
        return rc;
    }

    switch (env_kind(env)) {

    case 'l':
        log_txn = *txn;
        point(LOCKED);
        break;

    case 'i':
        index_txn = *txn;

        if (rebuilding(env)) {
            enter(FOLDING);

        } else if (!making) {
            enter(DECIDING);
        }
    }

    return rc;
}


int
mdb_txn_renew(MDB_txn *txn)
{
    int  rc;

    rc = real(mdb_txn_renew)(txn);

    if (main_thread()) {
        point(VIEW);
    }

    return rc;
}


int
mdb_txn_commit(MDB_txn *txn)
{
    int  rc, fold, replaced;

    if (txn == log_txn) {
        leave();
        point(making ? REPLACE : settling ? RENEW : DECIDED);

        in_lmdb++;
        committing = 1;
        rc = real(mdb_txn_commit)(txn);
        committing = 0;
        in_lmdb--;

        log_txn = NULL;
        committed = 1;
        replaced = making;
        making = 0;
        settling = 0;

        point(replaced ? REPLACED : COMMITTED);

        return rc;
    }

    if (txn != index_txn || making) {
        return real(mdb_txn_commit)(txn);
    }

    leave();

    fold = log_txn != NULL;

    if (fold) {
        point(FOLD);

    } else {
        point(MARKED);
        enter(INDEXING);
    }

    in_lmdb++;
    rc = real(mdb_txn_commit)(txn);
    in_lmdb--;

    leave();
    index_txn = NULL;
    point(fold ? FOLDED : INDEXED);

    return rc;
}


void
mdb_txn_abort(MDB_txn *txn)
{
    if (txn != NULL && txn == log_txn) {
        leave();

        if (settling) {
            point(RENEW);
        }

        log_txn = NULL;
        settling = 0;

    } else if (txn != NULL && txn == index_txn) {
        index_txn = NULL;
    }

    in_lmdb++;
    real(mdb_txn_abort)(txn);
    in_lmdb--;
}


int
fdatasync(int fd)
{
    int  rc;

    if (committing) {
        point(SYNC);
    }

    rc = real(fdatasync)(fd);

    if (committing) {
        point(SYNCED);
    }

    return rc;
}


/* The log's commit writes data pages, and at the end one of the first two. */

static ssize_t
write_page(int fd, const void *buf, size_t len, off_t offset)
{
    ssize_t  n;

    if (committing && offset < 2 * sysconf(_SC_PAGESIZE)) {
        n = real(pwrite)(fd, buf, len, offset);
        point(META);
        return n;
    }

    if (committing) {
        point(PAGE);

        if (turn(TORN)) {
            (void) !real(pwrite)(fd, buf, len / 2, offset);
            die(TORN);
        }
    }

    return real(pwrite)(fd, buf, len, offset);
}


ssize_t
pwrite(int fd, const void *buf, size_t len, off_t offset)
{
    return write_page(fd, buf, len, offset);
}


ssize_t
pwrite64(int fd, const void *buf, size_t len, off64_t offset)
{
    return write_page(fd, buf, len, offset);
}


ssize_t
writev(int fd, const struct iovec *vector, int n)
{
    ssize_t  len;

    if (committing) {
        point(PAGE);

        if (turn(TORN)) {
            (void) !real(writev)(fd, vector, (n + 1) / 2);
            die(TORN);
        }

        return real(writev)(fd, vector, n);
    }

    if (!main_thread()) {
        return real(writev)(fd, vector, n);
    }

    point(ANSWER);

    len = real(writev)(fd, vector, n);

    point(ANSWERED);

    return len;
}


/* --------------------------------------------------------------- the rings */

static int
robust(pthread_mutex_t *mutex)
{
    return (mutex->__data.__kind & ROBUST) != 0;
}


int
pthread_mutex_lock(pthread_mutex_t *mutex)
{
    int  rc;

    rc = real(pthread_mutex_lock)(mutex);

    if (rc == 0 && control != &none && robust(mutex)) {

        if (reading) {
            point(READER);

        } else if (!in_lmdb && !main_thread()) {
            point(LEAD);
        }
    }

    return rc;
}


int
pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    if (committed && !in_lmdb && robust(mutex)) {
        point(UNLEAD);
        committed = 0;
    }

    return real(pthread_mutex_unlock)(mutex);
}


int
pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    int  rc;

    rc = real(pthread_mutex_trylock)(mutex);

    if (rc == 0 && control != &none && robust(mutex) && main_thread()) {
        point(CLAIM);
    }

    return rc;
}


int
pthread_mutex_consistent(pthread_mutex_t *mutex)
{
    int  rc, claims;

    claims = !in_lmdb && main_thread();

    point(in_lmdb ? LOG_HEIR : claims ? CLAIM_DEAD : HEIR);

    rc = real(pthread_mutex_consistent)(mutex);

    if (claims) {
        point(CLAIM);
    }

    return rc;
}


static int
names(int fd, const char *what)
{
    char     link[64], path[4096];
    ssize_t  n;

    (void) snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);

    n = readlink(link, path, sizeof(path) - 1);

    if (n <= 0) {
        return 0;
    }

    path[n] = '\0';

    return strstr(path, what) != NULL;
}


ssize_t
write(int fd, const void *buf, size_t len)
{
    ssize_t  n;

    if (len != sizeof(uint64_t) || atomic_load(&control->armed) == NONE
        || !names(fd, "[eventfd]"))
    {
        return real(write)(fd, buf, len);
    }

    if (main_thread()) {
        point(PUSHED);
        return real(write)(fd, buf, len);
    }

    if (committed) {
        point(WAKE);
    }

    n = real(write)(fd, buf, len);

    if (committed) {
        point(WOKEN);
    }

    return n;
}


/* Of the commit thread: for a ring's incarnation, 16 bytes. */

ssize_t
getrandom(void *buf, size_t len, unsigned int flags)
{
    if (len == 16 && log_txn == NULL && !main_thread()) {
        settling = 1;
        point(SETTLE);
    }

    return real(getrandom)(buf, len, flags);
}


/* --------------------------------------------------------------- the store */

int
flock(int fd, int operation)
{
    int  rc;

    rc = real(flock)(fd, operation);

    if (operation == LOCK_EX && !main_thread()) {
        point(OPEN);
    }

    return rc;
}


int
mkdir(const char *path, mode_t mode)
{
    int  rc;

    rc = real(mkdir)(path, mode);

    if (rc == 0 && log_txn != NULL && strstr(path, "/index-")) {
        making = 1;
        point(MAKE);
    }

    return rc;
}


int
unlink(const char *path)
{
    int     rc;
    size_t  len;

    rc = real(unlink)(path);
    len = strlen(path);

    if (rc == 0 && strstr(path, "/index-")) {
        point(len > 6 && strcmp(path + len - 6, "/clean") == 0 ? UNCLEAN
                                                               : REMOVE);
    }

    return rc;
}


int
fsync(int fd)
{
    if (atomic_load(&control->armed) == LEAVING && names(fd, "/clean")) {
        point(LEAVING);
    }

    return real(fsync)(fd);
}
