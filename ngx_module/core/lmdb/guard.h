
/*
 * LMDB on pages that may be damaged.  It trusts what it reads: a damaged page
 * is an assertion, which ends the process, or an address of nowhere.  Calls
 * that look at pages go through here: they come back with an error instead.
 *
 * A call that changes pages cannot be taken back: its transaction is lost
 * (FS_DB_LOST), and so is its environment for writing in this process.
 * Neither is ended, as their memory cannot be trusted.
 */

#ifndef FS_GUARD_H
#define FS_GUARD_H

#include <lmdb.h>
#include <pthread.h>
#include <signal.h>

#include "lmdb/probe.h"

#pragma GCC visibility push(hidden)


/* beside LMDB's own numbers */
#define FS_DB_LOST  (-30700)

/*
 * Once a process, before its first environment: SIGSEGV and SIGBUS within a
 * call of these end the call.  Elsewhere they do what they did before.  But a
 * thread whose page of the mark or of a lock file cannot be written waits
 * until there is room: see shared.h.
 */
void fs_guard_install(void);

/*
 * Around the making of a thread that uses these: all signals are blocked but
 * the two, which would end the process where they are, and that of a nudge.
 * *old is put back by the caller, with pthread_sigmask().
 */
void fs_guard_block(sigset_t *old);

/*
 * Have another thread of this process, which was not joined yet, look again
 * at the lock that it waits for; to be repeated while it waits.  Without it
 * one that waits for a robust mutex may sleep for ever, beside a mutex that
 * is free, or whose owner is dead:
 *
 * - an unlock wakes one of those who sleep, and the mutex no longer says that
 *   there are others: the woken one will say so again when it has it;
 * - it is killed before it has it, and somebody else is quicker and takes the
 *   mutex.  The kernel sees a mutex with an owner, and wakes nobody;
 * - the new owner does not know of the others.  Its unlock, and the kernel
 *   when it is killed, wake nobody either.
 *
 * So it is with glibc 2.36 and Linux 6.18 (handle_futex_death()), for our own
 * mutexes and for LMDB's, whose calls cannot be given a time.  Hence a signal
 * (SIGURG, which does nothing where nobody has asked for it): the wait is
 * begun again by the kernel, and ends at once if the mutex has changed.  For
 * whoever waits in order it changes nothing.
 */
void fs_guard_nudge(pthread_t thread);

/* For each environment: its assertions end the call. */
void fs_guard_env(MDB_env *env);

/*
 * LMDB's functions of the same names; MDB_CORRUPTED: a damaged page.  Of begin
 * FS_DB_LOST: a write's lock is kept until the thread ends, a reader's slot
 * until the process does.
 */
int fs_guard_begin(MDB_env *env, unsigned flags, MDB_txn **txn);
int fs_guard_renew(MDB_txn *txn);

/* Both at once. */
int fs_guard_info(MDB_env *env, MDB_envinfo *info, MDB_stat *stat);

/* All pages of a long value are touched, but with _long, where the caller
 * reads it within fs_guard_call(). */
int fs_guard_get(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *value);
int fs_guard_get_long(MDB_txn *txn, MDB_dbi dbi, MDB_val *key,
    MDB_val *value);
int fs_guard_cursor_open(MDB_txn *txn, MDB_dbi dbi, MDB_cursor **cursor);
int fs_guard_cursor_get(MDB_cursor *cursor, MDB_val *key, MDB_val *value,
    MDB_cursor_op op);
int fs_guard_stat(MDB_txn *txn, MDB_dbi dbi, MDB_stat *stat);
int fs_guard_dbi_open(MDB_txn *txn, const char *name, unsigned flags,
    MDB_dbi *dbi);

/* A function that reads the map and has nothing to undo.  What it returns, or
 * MDB_CORRUPTED. */
int fs_guard_call(int (*call)(void *data), void *data);

/*
 * The same; FS_DB_LOST: a damaged page.  With a look (NULL: none) at what will
 * be changed: MDB_CORRUPTED, and nothing was.
 */
int fs_guard_put(fs_probe_t *probe, MDB_txn *txn, MDB_dbi dbi, MDB_val *key,
    MDB_val *value, unsigned flags);
int fs_guard_cursor_put(fs_probe_t *probe, MDB_cursor *cursor, MDB_val *key,
    MDB_val *value, unsigned flags);
int fs_guard_del(fs_probe_t *probe, MDB_txn *txn, MDB_dbi dbi, MDB_val *key,
    MDB_val *value);
int fs_guard_commit(MDB_txn *txn);


#pragma GCC visibility pop

#endif /* FS_GUARD_H */
