
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "lmdb/guard.h"


/* the longest value in a page of its own is shorter; the longest of all */
#define FS_GUARD_SHORT  4096
#define FS_GUARD_LONG   (4 << 20)

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
static void fs_guard_assert(MDB_env *env, const char *words);
static int fs_guard_value(MDB_env *env, const MDB_val *value);


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
    struct sigaction  action;

    memset(&action, 0, sizeof(action));
    action.sa_sigaction = fs_guard_signal;
    action.sa_flags = SA_SIGINFO|SA_NODEFER;
    sigemptyset(&action.sa_mask);

    (void) sigaction(SIGSEGV, &action, &fs_guard_segv);
    (void) sigaction(SIGBUS, &action, &fs_guard_bus);
}


/* Elsewhere: as if it had never been here; the instruction is tried again. */

static void
fs_guard_signal(int signo, siginfo_t *info, void *context)
{
    (void) context;

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
 * A value that claims to be long may end beyond the file, where the caller
 * would read it.  A page of a transaction's own may lie outside of the map.
 */

static int
fs_guard_value(MDB_env *env, const MDB_val *value)
{
    int          fd;
    size_t       end;
    const char  *data;
    MDB_envinfo  info;
    struct stat  st;

    if (value->mv_size <= FS_GUARD_SHORT) {
        return 0;
    }

    data = value->mv_data;
    mdb_env_info(env, &info);

    if (data < (char *) info.me_mapaddr
        || data >= (char *) info.me_mapaddr + info.me_mapsize)
    {
        return value->mv_size <= FS_GUARD_LONG ? 0 : MDB_CORRUPTED;
    }

    end = (size_t) (data - (char *) info.me_mapaddr) + value->mv_size;

    return mdb_env_get_fd(env, &fd) == 0 && fstat(fd, &st) == 0
           && end <= (uint64_t) st.st_size ? 0 : MDB_CORRUPTED;
}


int
fs_guard_get(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value)
{
    fs_guarded(mdb_get(txn, dbi, key, value), MDB_CORRUPTED);

    return rc == 0 ? fs_guard_value(mdb_txn_env(txn), value) : rc;
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
    fs_guarded(mdb_cursor_get(cursor, key, value, op), MDB_CORRUPTED);

    return rc == 0
           ? fs_guard_value(mdb_txn_env(mdb_cursor_txn(cursor)), value) : rc;
}


int
fs_guard_dbi_open(MDB_txn *txn, const char *name, unsigned flags,
    MDB_dbi *dbi)
{
    fs_guarded(mdb_dbi_open(txn, name, flags, dbi), MDB_CORRUPTED);

    return rc;
}


int
fs_guard_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value,
    unsigned flags)
{
    fs_guarded(mdb_put(txn, dbi, key, value, flags), FS_DB_LOST);

    return rc;
}


int
fs_guard_cursor_put(MDB_cursor *cursor, MDB_val *key, MDB_val *value,
    unsigned flags)
{
    fs_guarded(mdb_cursor_put(cursor, key, value, flags), FS_DB_LOST);

    return rc;
}


int
fs_guard_del(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value)
{
    fs_guarded(mdb_del(txn, dbi, key, value), FS_DB_LOST);

    return rc;
}


int
fs_guard_commit(MDB_txn *txn)
{
    fs_guarded(mdb_txn_commit(txn), FS_DB_LOST);

    return rc;
}
