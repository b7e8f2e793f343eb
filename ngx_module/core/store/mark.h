
/*
 * The durable mark's file.  Its words are in store.h (fs_mark_t).
 */

#ifndef FS_MARK_H
#define FS_MARK_H

#include "store/store.h"

#pragma GCC visibility push(hidden)


#define FS_MARK_SIZE  4096

/*
 * Open `path`/mark, make it when it is missing, and map it.  The descriptor
 * serves as the lock of opening (flock).  0, or an errno.
 */
int fs_mark_open(const char *path, int *fd, fs_mark_t **mark);
void fs_mark_close(int fd, fs_mark_t *mark);

/* Held while a store is opened, so that two processes do it in turn. */
int fs_mark_lock(int fd);
void fs_mark_unlock(int fd);

/* 1: it was written, in whatever boot. */
int fs_mark_known(const fs_mark_t *mark);

/* Make it durable as it is now.  Commit threads and openers only: it waits
 * for the disk.  0 or an errno. */
int fs_mark_sync(int fd);

/* An entry that stands in the log now, or will.  Under the write lock. */
void fs_mark_entry(fs_mark_entry_t *entry, fs_seq_t seq,
    const uint8_t *hash);

/* 1: it was written in this boot, by this version. */
int fs_mark_valid(const fs_mark_t *mark, const uint8_t *boot_id);

/*
 * Begin it again for this boot, whatever it says but of which file the log
 * is.  The caller holds the log's write lock and has synced the log.
 */
void fs_mark_reset(fs_mark_t *mark, const uint8_t *boot_id, uint64_t txn,
    fs_seq_t seq);

/* Make it invalid, so that the next holder of the lock begins it again. */
void fs_mark_forget(fs_mark_t *mark);

/* Raise txn, then seq.  A leader may come late: it never lowers them. */
void fs_mark_advance(fs_mark_t *mark, uint64_t txn, fs_seq_t seq);

/*
 * A commit of the log begins, under its write lock, and ends.  When nobody
 * says that it has ended (its writer died, or does not know) it is in doubt,
 * for every process, until the next holder of the lock has settled it.  A
 * leader that comes late to the end changes nothing.
 */
uint64_t fs_mark_begin_commit(fs_mark_t *mark);
void fs_mark_end_commit(fs_mark_t *mark, uint64_t commit);
int fs_mark_in_doubt(const fs_mark_t *mark);
void fs_mark_settle(fs_mark_t *mark);

/*
 * This process has the log's write lock, and has it no more.  LMDB does not
 * tell whom others wait for, so each says it here; one that is killed says
 * nothing, and the next holder does.
 */
void fs_mark_hold(fs_mark_t *mark);
void fs_mark_unhold(fs_mark_t *mark);


#pragma GCC visibility pop

#endif /* FS_MARK_H */
