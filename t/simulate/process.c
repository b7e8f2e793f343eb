
#ifndef _GNU_SOURCE
#define _GNU_SOURCE                     /* RTLD_NEXT */
#endif

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "common/check.h"
#include "process.h"


#define PROCESS_STACK       (1024 * 1024)

/*
 * The number of the first process: above those of the kernel, of which one is
 * this program's, whose locks and readers are its own.
 */
#define PROCESS_FIRST       (4194304 + 1000)

#define PROCESS_LOCKS_MAX   256
#define PROCESS_FDS_MAX     1024
#define PROCESS_GAP         64          /* so many closed descriptors in a row
                                           are taken for the end */
#define PROCESS_FLOCK       (-1)        /* `at` of a lock by flock() */

#define PROCESS_MUTEX       0x786574756d646973ULL

struct process_s {
    int32_t              number;
    int                  alive;
    int                  waits;
    void               (*run)(void *data);
    void                *data;
    ucontext_t           context;
    void                *stack;
};

/* What a robust mutex is here; it lies where the real one would. */
typedef struct {
    uint64_t             magic;
    int32_t              owner;         /* 0: free */
    int32_t              broken;        /* its owner died, and nobody has
                                           made it consistent */
} process_mutex_t;

/* A lock of a byte of a file. */
typedef struct {
    dev_t                device;
    ino_t                inode;
    int64_t              at;
    int32_t              owner;
    short                type;
} process_lock_t;

static process_t       *processes[PROCESSES_MAX];
static int32_t          process_next = PROCESS_FIRST;
static process_t       *process_now;    /* whose number getpid() tells */
static int              process_threaded;   /* its thread runs; 0: another
                                               does something in its name */
static ucontext_t       process_scheduler;
static process_lock_t   process_locks[PROCESS_LOCKS_MAX];

static const char      *process_root;
static int              process_lowest;     /* free descriptor, last seen */
static int32_t          process_fds[PROCESS_FDS_MAX];   /* number of the owner;
                                                           0: none, -1: not
                                                           theirs */

static void process_unmap(void);
static int process_free_fd(void);
static void process_claim(int32_t owner);
static void process_reap(int32_t owner);
static void process_prepare(process_t *process);
static void process_start(unsigned high, unsigned low);
static int process_alive(int32_t number);
static void process_wait(void);
static process_lock_t *process_conflict(const struct stat *st, int64_t at,
    short type);
static int process_lock(const struct stat *st, int64_t at, short type);


process_t *
process_create(void (*run)(void *data), void *data)
{
    int         i;
    process_t  *process;

    for (i = 0; i < PROCESSES_MAX && processes[i] != NULL; i++) { /* void */ }

    process = calloc(1, sizeof(process_t));

    if (i == PROCESSES_MAX || process == NULL) {
        free(process);
        return NULL;
    }

    process->stack = mmap(NULL, PROCESS_STACK, PROT_READ|PROT_WRITE,
                          MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK, -1, 0);

    if (process->stack == MAP_FAILED) {
        free(process);
        return NULL;
    }

    process->number = process_next++;
    process->alive = 1;
    process->run = run;
    process->data = data;
    processes[i] = process;

    process_prepare(process);

    return process;
}


static void
process_prepare(process_t *process)
{
    uintptr_t  pointer;

    check(getcontext(&process->context) == 0, "getcontext");

    process->context.uc_stack.ss_sp = process->stack;
    process->context.uc_stack.ss_size = PROCESS_STACK;
    process->context.uc_link = &process_scheduler;

    pointer = (uintptr_t) process;
    makecontext(&process->context, (void (*)(void)) process_start, 2,
                (unsigned) (pointer >> 32), (unsigned) pointer);
}


/* makecontext() passes integers. */

static void
process_start(unsigned high, unsigned low)
{
    process_t  *process;

    process = (process_t *) ((uintptr_t) high << 32 | low);
    process->run(process->data);
    process->alive = 0;
}


void
process_destroy(process_t *process)
{
    int  i;

    for (i = 0; i < PROCESSES_MAX; i++) {
        if (processes[i] == process) {
            processes[i] = NULL;
        }
    }

    process_reap(process->number);

    munmap(process->stack, PROCESS_STACK);
    free(process);
}


int32_t
process_number(const process_t *process)
{
    return process->number;
}


int
process_waits(const process_t *process)
{
    return process->waits;
}


int
process_run(process_t *process)
{
    check(process->alive && process_now == NULL, "a process that cannot run");

    process_now = process;
    process_threaded = 1;
    process->waits = 0;

    check(swapcontext(&process_scheduler, &process->context) == 0,
          "swapcontext");

    process_now = NULL;
    process_threaded = 0;
    process_claim(process->number);

    return process->alive;
}


void
process_kill(process_t *process)
{
    process->alive = 0;
}


void
process_enter(process_t *process)
{
    process_now = process;
}


process_t *
process_current(void)
{
    return process_threaded ? process_now : NULL;
}


/* errno is each thread's own: LMDB looks at it after more than one call. */

void
process_yield(void)
{
    int  error;

    error = errno;

    check(process_threaded, "nobody to yield");
    check(swapcontext(&process_now->context, &process_scheduler) == 0,
          "swapcontext");

    errno = error;
}


void
process_die(void)
{
    process_now->alive = 0;

    for ( ;; ) {
        process_yield();
    }
}


/* A lock is held by another. */

static void
process_wait(void)
{
    check(process_threaded, "an event loop would wait for a lock");

    process_now->waits = 1;
    process_yield();
}


static int
process_alive(int32_t number)
{
    int  i;

    for (i = 0; i < PROCESSES_MAX; i++) {
        if (processes[i] != NULL && processes[i]->number == number) {
            return processes[i]->alive;
        }
    }

    return 0;
}


void
process_watch(const char *root)
{
    int  fd;

    if (process_root != NULL) {
        process_unmap();
    }

    memset(process_locks, 0, sizeof(process_locks));
    memset(process_fds, 0, sizeof(process_fds));
    process_root = root;
    process_lowest = process_free_fd();

    for (fd = 0; fd < PROCESS_FDS_MAX; fd++) {
        if (syscall(SYS_fcntl, fd, F_GETFD) != -1) {
            process_keep(fd);
        }
    }
}


void
process_keep(int fd)
{
    check(fd < PROCESS_FDS_MAX, "too many descriptors");
    process_fds[fd] = -1;
}


/* POSIX: who closes any descriptor of a file loses all his locks on it. */

void
process_closing(int fd)
{
    int          i;
    struct stat  st;

    if (fd < 0 || fd >= PROCESS_FDS_MAX || fstat(fd, &st) == -1) {
        return;
    }

    process_fds[fd] = 0;
    process_lowest = -1;                /* process_claim() has to look, even
                                           when the number is used again */

    for (i = 0; i < PROCESS_LOCKS_MAX; i++) {
        if (process_locks[i].owner == getpid()
            && process_locks[i].inode == st.st_ino
            && process_locks[i].device == st.st_dev)
        {
            memset(&process_locks[i], 0, sizeof(process_lock_t));
        }
    }
}


static int
process_free_fd(void)
{
    int  fd;

    fd = dup(0);
    check(fd != -1, "no descriptor is free");
    (void) syscall(SYS_close, fd);

    return fd;
}


/* The maps of all, at the end of a world.  Not at each death: which process a
 * map in /proc/self/maps belongs to is not known. */

static void
process_unmap(void)
{
    char            line[512];
    FILE           *file;
    unsigned long   from, to;

    file = fopen("/proc/self/maps", "r");
    check(file != NULL, "no /proc");

    while (fgets(line, sizeof(line), file) != NULL) {
        if (strstr(line, process_root) != NULL
            && sscanf(line, "%lx-%lx", &from, &to) == 2)
        {
            munmap((void *) from, to - from);
        }
    }

    fclose(file);
}


/*
 * After a turn of its thread: new descriptors, which have no owner yet, are
 * this process's.  As long as the lowest free number is the same as before,
 * nothing was opened, and the search is saved.
 */

static void
process_claim(int32_t owner)
{
    int  fd, closed, lowest;

    if (process_root == NULL) {
        return;
    }

    lowest = process_free_fd();

    if (lowest == process_lowest) {
        return;
    }

    process_lowest = lowest;

    for (fd = 3, closed = 0; closed < PROCESS_GAP; fd++) {
        check(fd < PROCESS_FDS_MAX, "too many descriptors");

        if (syscall(SYS_fcntl, fd, F_GETFD) == -1) {
            process_fds[fd] = 0;
            closed++;
            continue;
        }

        closed = 0;

        if (process_fds[fd] == 0) {
            process_fds[fd] = owner;
        }
    }
}


/* What the kernel does after a death. */

static void
process_reap(int32_t owner)
{
    int  fd;

    for (fd = 0; fd < PROCESS_FDS_MAX; fd++) {
        if (process_fds[fd] == owner) {
            close(fd);
            process_fds[fd] = 0;
        }
    }

    process_lowest = process_free_fd();
}


/* What libc would do. */

pid_t
getpid(void)
{
    return process_now ? process_now->number : (pid_t) syscall(SYS_getpid);
}


#define real(name)  ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))


int
pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attr)
{
    int               robust;
    process_mutex_t  *m;

    if (attr == NULL || pthread_mutexattr_getrobust(attr, &robust) != 0
        || robust != PTHREAD_MUTEX_ROBUST)
    {
        return real(pthread_mutex_init)(mutex, attr);
    }

    m = (process_mutex_t *) mutex;
    m->magic = PROCESS_MUTEX;
    m->owner = 0;
    m->broken = 0;

    return 0;
}


static int
process_take(process_mutex_t *m)
{
    int  died;

    died = m->owner != 0;
    m->owner = getpid();

    if (died) {
        m->broken = 1;
    }

    return died ? EOWNERDEAD : 0;
}


int
pthread_mutex_lock(pthread_mutex_t *mutex)
{
    process_mutex_t  *m;
    static int      (*lock)(pthread_mutex_t *mutex);

    m = (process_mutex_t *) mutex;

    if (m->magic != PROCESS_MUTEX) {
        if (lock == NULL) {
            lock = real(pthread_mutex_lock);
        }

        return lock(mutex);
    }

    while (m->owner != 0 && process_alive(m->owner)) {
        check(m->owner != getpid(), "a mutex is locked twice");
        process_wait();
    }

    if (m->owner == 0 && m->broken) {
        return ENOTRECOVERABLE;
    }

    return process_take(m);
}


int
pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    process_mutex_t  *m;

    m = (process_mutex_t *) mutex;

    if (m->magic != PROCESS_MUTEX) {
        return real(pthread_mutex_trylock)(mutex);
    }

    if (m->owner != 0 && process_alive(m->owner)) {
        return EBUSY;
    }

    if (m->owner == 0 && m->broken) {
        return ENOTRECOVERABLE;
    }

    return process_take(m);
}


int
pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    process_mutex_t  *m;
    static int      (*unlock)(pthread_mutex_t *mutex);

    m = (process_mutex_t *) mutex;

    if (m->magic != PROCESS_MUTEX) {
        if (unlock == NULL) {
            unlock = real(pthread_mutex_unlock);
        }

        return unlock(mutex);
    }

    check(m->owner == getpid(), "another's mutex is unlocked");
    m->owner = 0;

    return 0;
}


int
pthread_mutex_consistent(pthread_mutex_t *mutex)
{
    process_mutex_t  *m;

    m = (process_mutex_t *) mutex;

    if (m->magic != PROCESS_MUTEX) {
        return real(pthread_mutex_consistent)(mutex);
    }

    m->broken = 0;

    return 0;
}


static process_lock_t *
process_conflict(const struct stat *st, int64_t at, short type)
{
    int              i;
    process_lock_t  *lock;

    for (i = 0; i < PROCESS_LOCKS_MAX; i++) {
        lock = &process_locks[i];

        if (lock->owner != 0 && lock->owner != getpid()
            && process_alive(lock->owner)
            && lock->inode == st->st_ino && lock->device == st->st_dev
            && lock->at == at
            && (type == F_WRLCK || lock->type == F_WRLCK))
        {
            return lock;
        }
    }

    return NULL;
}


/* Take, change or drop the caller's.  0, or -1: there is a conflict. */

static int
process_lock(const struct stat *st, int64_t at, short type)
{
    int              i;
    process_lock_t  *lock, *mine;

    if (type != F_UNLCK && process_conflict(st, at, type) != NULL) {
        return -1;
    }

    mine = NULL;

    for (i = 0; i < PROCESS_LOCKS_MAX; i++) {
        lock = &process_locks[i];

        if (lock->owner == 0 || !process_alive(lock->owner)) {
            memset(lock, 0, sizeof(process_lock_t));
            mine = mine ? mine : lock;

        } else if (lock->owner == getpid() && lock->inode == st->st_ino
                   && lock->device == st->st_dev && lock->at == at)
        {
            mine = lock;
            break;
        }
    }

    check(mine != NULL, "too many locks");

    memset(mine, 0, sizeof(process_lock_t));

    if (type != F_UNLCK) {
        mine->device = st->st_dev;
        mine->inode = st->st_ino;
        mine->at = at;
        mine->owner = getpid();
        mine->type = type;
    }

    return 0;
}


int
fcntl(int fd, int command, ...)
{
    void            *argument;
    va_list          args;
    struct stat      st;
    struct flock    *range;
    process_lock_t  *lock;

    va_start(args, command);
    argument = va_arg(args, void *);
    va_end(args);

    if (process_now == NULL || (command != F_SETLK && command != F_SETLKW
                                && command != F_GETLK))
    {
        return (int) syscall(SYS_fcntl, fd, command, argument);
    }

    if (fstat(fd, &st) == -1) {
        return -1;
    }

    range = argument;

    if (command == F_GETLK) {
        lock = process_conflict(&st, range->l_start, range->l_type);
        range->l_type = lock ? lock->type : F_UNLCK;
        return 0;
    }

    while (process_lock(&st, range->l_start, range->l_type) == -1) {
        if (command == F_SETLK) {
            errno = EAGAIN;
            return -1;
        }

        process_wait();
    }

    return 0;
}


int
flock(int fd, int operation)
{
    struct stat  st;

    if (process_now == NULL) {
        return (int) syscall(SYS_flock, fd, operation);
    }

    if (fstat(fd, &st) == -1) {
        return -1;
    }

    while (process_lock(&st, PROCESS_FLOCK, (operation & LOCK_UN) ? F_UNLCK
                                                                  : F_WRLCK)
           == -1)
    {
        process_wait();
    }

    return 0;
}
