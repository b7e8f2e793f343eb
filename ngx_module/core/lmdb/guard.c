
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "lmdb/guard.h"
#include "lmdb/shared.h"


/* no value is longer that lies beside its key */
#define FS_GUARD_SHORT  4096

/* until a page that could not be written is tried again */
#define FS_GUARD_PAUSE_NS  5000000

typedef struct fs_guard_s  fs_guard_t;

struct fs_guard_s {
    jmp_buf              jump;
    fs_guard_t          *previous;
};

/* the innermost call of this thread; NULL: none */
static _Thread_local fs_guard_t *volatile  fs_guard;

static pthread_once_t    fs_guard_once = PTHREAD_ONCE_INIT;
static struct sigaction  fs_guard_segv;
static struct sigaction  fs_guard_bus;

static void fs_guard_signals(void);
static void fs_guard_signal(int signo, siginfo_t *info, void *context);
static void fs_guard_nudged(int signo);
static void fs_guard_assert(MDB_env *env, const char *words);
static int fs_guard_value(MDB_txn *txn, const MDB_val *value,
    unsigned touch);
static int fs_guard_found(MDB_txn *txn, MDB_dbi dbi, MDB_val *key,
    MDB_val *value, unsigned touch);
static int fs_guard_cursor_found(MDB_cursor *cursor, MDB_val *key,
    MDB_val *value, MDB_cursor_op op);


/* The statement is made in a function of its own, which has no variables that
 * a jump could spoil. */

#define fs_guarded(call, damaged)                                            \
                                                                             \
    int         rc;                                                          \
    fs_guard_t  guard;                                                       \
                                                                             \
    guard.previous = fs_guard;                                               \
                                                                             \
    if (_setjmp(guard.jump) == 0) {                                          \
        fs_guard = &guard;                                                   \
        rc = call;                                                           \
                                                                             \
    } else {                                                                 \
        rc = damaged;                                                        \
    }                                                                        \
                                                                             \
    fs_guard = guard.previous


void
fs_guard_install(void)
{
    (void) pthread_once(&fs_guard_once, fs_guard_signals);
}


static void
fs_guard_signals(void)
{
    struct sigaction  action, old;

    memset(&action, 0, sizeof(action));
    action.sa_sigaction = fs_guard_signal;
    action.sa_flags = SA_SIGINFO|SA_NODEFER;
    sigemptyset(&action.sa_mask);

    (void) sigaction(SIGSEGV, &action, &fs_guard_segv);
    (void) sigaction(SIGBUS, &action, &fs_guard_bus);

    /* what matters is that there is a handler, so another's will do */

    action.sa_handler = fs_guard_nudged;
    action.sa_flags = SA_RESTART;

    if (sigaction(SIGURG, NULL, &old) == 0
        && (old.sa_handler == SIG_DFL || old.sa_handler == SIG_IGN))
    {
        (void) sigaction(SIGURG, &action, NULL);
    }
}


void
fs_guard_block(sigset_t *old)
{
    sigset_t  set;

    sigfillset(&set);
    sigdelset(&set, SIGSEGV);
    sigdelset(&set, SIGBUS);
    sigdelset(&set, SIGURG);

    (void) pthread_sigmask(SIG_SETMASK, &set, old);
}


void
fs_guard_nudge(pthread_t thread)
{
    (void) pthread_kill(thread, SIGURG);
}


static void
fs_guard_nudged(int signo)
{
    (void) signo;
}


/* Elsewhere: as if it had never been here; the instruction is tried again. */

static void
fs_guard_signal(int signo, siginfo_t *info, void *context)
{
    int              error;
    struct timespec  pause;

    (void) context;

    if (signo == SIGBUS && info->si_code > 0) {
        error = errno;

        if (fs_shared_page((uintptr_t) info->si_addr)) {

            /* it says nothing of the data: a lock is let go when there is
             * room again, and not before */

            pause.tv_sec = 0;
            pause.tv_nsec = FS_GUARD_PAUSE_NS;
            (void) nanosleep(&pause, NULL);
            errno = error;

            return;
        }

        errno = error;
    }

    if (fs_guard != NULL && info->si_code > 0) {
        _longjmp(fs_guard->jump, 1);
    }

    (void) sigaction(signo, signo == SIGBUS ? &fs_guard_bus : &fs_guard_segv,
                     NULL);

    if (info->si_code <= 0) {

        /* somebody's kill(): it does not come again by itself */

        (void) raise(signo);
    }
}


/* LMDB ends the process when it returns. */

static void
fs_guard_assert(MDB_env *env, const char *words)
{
    (void) env;
    (void) words;

    if (fs_guard != NULL) {
        _longjmp(fs_guard->jump, 1);
    }
}


void
fs_guard_env(MDB_env *env)
{
    (void) mdb_env_set_assert(env, fs_guard_assert);
}


/*
 * LMDB has read the page that a short value lies in.  A long one has pages of
 * its own, which the caller would read as the first, and without a guard: so
 * each is touched here, if `touch` says so.
 */

static int
fs_guard_value(MDB_txn *txn, const MDB_val *value, unsigned touch)
{
    size_t                    at, len;
    MDB_env                  *env;
    MDB_stat                  stat;
    MDB_envinfo               info;
    const uint8_t            *page;
    const volatile uint8_t   *byte;

    if (value->mv_size <= FS_GUARD_SHORT) {
        return 0;
    }

    env = mdb_txn_env(txn);
    mdb_env_stat(env, &stat);
    mdb_env_info(env, &info);

    page = (const uint8_t *) value->mv_data - FS_PAGE_HEADER;
    len = fs_get_le32(page + 12) * (size_t) stat.ms_psize;

    if (value->mv_size + FS_PAGE_HEADER > len
        || (fs_get_le16(page + 10) & ~(unsigned) FS_PAGE_DIRTY)
           != FS_PAGE_OVERFLOW
        || len > info.me_mapsize
        || fs_get_le64(page) > (info.me_mapsize - len) / stat.ms_psize)
    {
        return MDB_CORRUPTED;
    }

    if (!touch) {
        return 0;
    }

    byte = page;

    for (at = 0; at < value->mv_size + FS_PAGE_HEADER; at += stat.ms_psize) {
        (void) byte[at];
    }

    (void) byte[value->mv_size + FS_PAGE_HEADER - 1];

    return 0;
}


static int
fs_guard_found(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value,
    unsigned touch)
{
    int  rc;

    rc = mdb_get(txn, dbi, key, value);

    return rc == 0 ? fs_guard_value(txn, value, touch) : rc;
}


static int
fs_guard_cursor_found(MDB_cursor *cursor, MDB_val *key, MDB_val *value,
    MDB_cursor_op op)
{
    int  rc;

    rc = mdb_cursor_get(cursor, key, value, op);

    return rc == 0 ? fs_guard_value(mdb_cursor_txn(cursor), value, 1) : rc;
}


int
fs_guard_begin(MDB_env *env, unsigned flags, MDB_txn **txn)
{
    fs_guarded(mdb_txn_begin(env, NULL, flags, txn), FS_DB_LOST);

    if (rc) {
        *txn = NULL;
    }

    return rc;
}


int
fs_guard_renew(MDB_txn *txn)
{
    fs_guarded(mdb_txn_renew(txn), FS_DB_LOST);

    if (rc == FS_DB_LOST) {

        /* its slot was taken already */

        mdb_txn_reset(txn);
        rc = MDB_CORRUPTED;
    }

    return rc;
}


int
fs_guard_info(MDB_env *env, MDB_envinfo *info, MDB_stat *stat)
{
    fs_guarded(mdb_env_info(env, info) | mdb_env_stat(env, stat),
               MDB_CORRUPTED);

    return rc;
}


int
fs_guard_get(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value)
{
    fs_guarded(fs_guard_found(txn, dbi, key, value, 1), MDB_CORRUPTED);

    return rc;
}


int
fs_guard_get_long(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value)
{
    fs_guarded(fs_guard_found(txn, dbi, key, value, 0), MDB_CORRUPTED);

    return rc;
}


int
fs_guard_call(int (*call)(void *data), void *data)
{
    fs_guarded(call(data), MDB_CORRUPTED);

    return rc;
}


int
fs_guard_cursor_open(MDB_txn *txn, MDB_dbi dbi, MDB_cursor **cursor)
{
    fs_guarded(mdb_cursor_open(txn, dbi, cursor), MDB_CORRUPTED);

    return rc;
}


int
fs_guard_cursor_get(MDB_cursor *cursor, MDB_val *key, MDB_val *value,
    MDB_cursor_op op)
{
    fs_guarded(fs_guard_cursor_found(cursor, key, value, op), MDB_CORRUPTED);

    return rc;
}


int
fs_guard_stat(MDB_txn *txn, MDB_dbi dbi, MDB_stat *stat)
{
    fs_guarded(mdb_stat(txn, dbi, stat), MDB_CORRUPTED);

    return rc;
}


int
fs_guard_dbi_open(MDB_txn *txn, const char *name, unsigned flags,
    MDB_dbi *dbi)
{
    fs_guarded(mdb_dbi_open(txn, name, flags, dbi), MDB_CORRUPTED);

    return rc;
}


/* What is looked at is not changed yet. */

#define fs_probed(call)                                                      \
                                                                             \
    fs_guarded(probe && fs_probe(probe, txn, dbi, key, del) != 0         \
               ? MDB_CORRUPTED : call,                                       \
               probe && probe->probing ? MDB_CORRUPTED : FS_DB_LOST)


int
fs_guard_put(fs_probe_t *probe, MDB_txn *txn, MDB_dbi dbi, MDB_val *key,
    MDB_val *value, unsigned flags)
{
    enum { del = 0 };

    fs_probed(mdb_put(txn, dbi, key, value, flags));

    return rc;
}


int
fs_guard_cursor_put(fs_probe_t *probe, MDB_cursor *cursor, MDB_val *key,
    MDB_val *value, unsigned flags)
{
    enum { del = 0 };

    MDB_txn  *txn = mdb_cursor_txn(cursor);
    MDB_dbi   dbi = mdb_cursor_dbi(cursor);

    fs_probed(mdb_cursor_put(cursor, key, value, flags));

    return rc;
}


int
fs_guard_del(fs_probe_t *probe, MDB_txn *txn, MDB_dbi dbi, MDB_val *key,
    MDB_val *value)
{
    enum { del = 1 };

    fs_probed(mdb_del(txn, dbi, key, value));

    return rc;
}


int
fs_guard_commit(MDB_txn *txn)
{
    fs_guarded(mdb_txn_commit(txn), FS_DB_LOST);

    return rc;
}
