
/*
 * The durable mark.  Written by the holder of the log's write lock, or by a
 * leader who has just let it go: so its numbers are only ever raised, but
 * for fs_mark_reset(), which has the lock and a log that disagrees.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/mark.h"
#include "lmdb/guard.h"


#define FS_MARK_VERSION  1

static const char  fs_mark_magic[8] = "fs-mark";

static int fs_mark_map(const char *path, int looks, int *fd,
    fs_mark_t **mark);
static void fs_mark_raise(_Atomic uint64_t *word, uint64_t value);

/* a sector is old or new after a power cut, never half of each */
_Static_assert(sizeof(fs_mark_t) <= 512, "the mark fits a sector");


int
fs_mark_open(const char *path, int *fd, fs_mark_t **mark)
{
    return fs_mark_map(path, 0, fd, mark);
}


int
fs_mark_look(const char *path, int *fd, fs_mark_t **mark)
{
    return fs_mark_map(path, 1, fd, mark);
}


/* looks: what is not there is not made, and nothing of it can be written. */

static int
fs_mark_map(const char *path, int looks, int *fd, fs_mark_t **mark)
{
    int          error;
    char         name[4096];
    void        *map;
    struct stat  st;

    if ((size_t) snprintf(name, sizeof(name), "%s/mark", path)
        >= sizeof(name))
    {
        return ENAMETOOLONG;
    }

    *fd = open(name, looks ? O_RDONLY|O_CLOEXEC : O_RDWR|O_CREAT|O_CLOEXEC,
               0600);

    if (*fd == -1) {
        return errno;
    }

    if (fstat(*fd, &st) == -1) {
        goto failed;
    }

    if (st.st_size < FS_MARK_SIZE) {

        /*
         * Blocks are taken now: a store into a hole of a full disk would be
         * a SIGBUS.
         */

        error = looks ? EAGAIN : posix_fallocate(*fd, 0, FS_MARK_SIZE);

        if (error) {
            errno = error;
            goto failed;
        }
    }

    fs_guard_install();

    map = mmap(NULL, FS_MARK_SIZE, looks ? PROT_READ : PROT_READ|PROT_WRITE,
               MAP_SHARED, *fd, 0);

    if (map == MAP_FAILED) {
        goto failed;
    }

    *mark = map;

    return 0;

failed:

    error = errno;
    close(*fd);
    *fd = -1;

    return error;
}


void
fs_mark_close(int fd, fs_mark_t *mark)
{
    if (mark) {
        munmap(mark, FS_MARK_SIZE);
    }

    if (fd != -1) {
        close(fd);
    }
}


int
fs_mark_lock(int fd)
{
    while (flock(fd, LOCK_EX) == -1) {
        if (errno != EINTR) {
            return errno;
        }
    }

    return 0;
}


void
fs_mark_unlock(int fd)
{
    (void) flock(fd, LOCK_UN);
}


int
fs_mark_known(const fs_mark_t *mark)
{
    return memcmp(mark->magic, fs_mark_magic, sizeof(fs_mark_magic)) == 0
           && mark->version == FS_MARK_VERSION;
}


int
fs_mark_sync(int fd)
{
    return fsync(fd) == -1 ? errno : 0;
}


/* Who finds the two numbers apart was here in between: it is not known. */

void
fs_mark_entry(fs_mark_entry_t *entry, fs_seq_t seq, const uint8_t *hash)
{
    entry->seq = 0;
    atomic_thread_fence(memory_order_seq_cst);
    memcpy(entry->hash, hash, FS_HASH_LEN);
    entry->again = seq;
    atomic_thread_fence(memory_order_seq_cst);
    entry->seq = seq;
}


int
fs_mark_valid(const fs_mark_t *mark, const uint8_t *boot_id)
{
    return fs_mark_known(mark)
           && memcmp(mark->boot, boot_id, FS_BOOT_LEN) == 0;
}


void
fs_mark_reset(fs_mark_t *mark, const uint8_t *boot_id, uint64_t txn,
    fs_seq_t seq)
{
    /* no boot id until the rest is right: a killed opener is seen */

    memset(mark->boot, 0, FS_BOOT_LEN);
    atomic_thread_fence(memory_order_seq_cst);

    memcpy(mark->magic, fs_mark_magic, sizeof(fs_mark_magic));
    mark->version = FS_MARK_VERSION;

    atomic_store(&mark->index_n, 0);
    atomic_store(&mark->clean, 1);          /* not known: looked for */
    atomic_store(&mark->rebuilding, 0);
    atomic_store(&mark->stale, 0);
    atomic_store(&mark->mono_offset, 0);
    atomic_store(&mark->txn, txn);
    atomic_store(&mark->seq, seq);
    atomic_store(&mark->commits, 0);
    atomic_store(&mark->clock_known, 0);
    atomic_store(&mark->clock_since, 0);
    atomic_store(&mark->unreadable, 0);

    memcpy(mark->boot, boot_id, FS_BOOT_LEN);
    atomic_thread_fence(memory_order_seq_cst);
}


void
fs_mark_forget(fs_mark_t *mark)
{
    memset(mark->boot, 0, FS_BOOT_LEN);
    atomic_thread_fence(memory_order_seq_cst);
}


void
fs_mark_advance(fs_mark_t *mark, uint64_t txn, fs_seq_t seq)
{
    fs_mark_raise(&mark->txn, txn);
    fs_mark_raise(&mark->seq, seq);
}


static void
fs_mark_raise(_Atomic uint64_t *word, uint64_t value)
{
    uint64_t  old;

    old = atomic_load(word);

    while (old < value) {
        if (atomic_compare_exchange_weak(word, &old, value)) {
            return;
        }
    }
}


uint64_t
fs_mark_begin_commit(fs_mark_t *mark)
{
    return atomic_fetch_add(&mark->commits, 1) + 1;
}


void
fs_mark_end_commit(fs_mark_t *mark, uint64_t commit)
{
    (void) atomic_compare_exchange_strong(&mark->commits, &commit,
                                          commit + 1);
}


int
fs_mark_in_doubt(const fs_mark_t *mark)
{
    return atomic_load(&mark->commits) & 1;
}


/* Under the write lock: nobody begins one meanwhile. */

void
fs_mark_certain(fs_mark_t *mark)
{
    uint64_t  commit;

    commit = atomic_load(&mark->commits);

    if (commit & 1) {
        fs_mark_end_commit(mark, commit);
    }
}


void
fs_mark_hold(fs_mark_t *mark)
{
    atomic_store_explicit(&mark->writer, (int32_t) getpid(),
                          memory_order_relaxed);
}


/* The next holder may have said so already. */

void
fs_mark_unhold(fs_mark_t *mark)
{
    int32_t  pid;

    pid = (int32_t) getpid();

    (void) atomic_compare_exchange_strong(&mark->writer, &pid, 0);
}
