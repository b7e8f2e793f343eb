
/*
 * The durable mark.
 */

#ifndef FS_MARK_H
#define FS_MARK_H

#include <stdatomic.h>

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


#define FS_MARK_SIZE  4096

/* seq == again: an entry of the log and its hash; else it was being written */
typedef struct {
    uint64_t             seq;
    uint8_t              hash[FS_HASH_LEN];
    uint64_t             again;
} fs_mark_entry_t;

/*
 * The durable mark, mapped shared by all processes of all instances.
 * Written only by the holder of the log's write lock.  Valid in the boot
 * whose id it carries.  seq is stored after txn; readers need only seq.
 */
typedef struct {
    char                 magic[8];      /* "fs-mark" */
    uint32_t             version;
    _Atomic uint32_t     index_n;       /* N of the current index */
    uint8_t              boot[FS_BOOT_LEN];
    _Atomic uint64_t     txn;           /* last synced transaction */
    _Atomic uint64_t     seq;           /* last durable entry */
    _Atomic uint32_t     clean;         /* index-N/clean may exist */
    _Atomic uint32_t     rebuilding;    /* commands get 503 meanwhile */
    uint64_t             unused;        /* of builds before, which may have
                                           it open too */
    _Atomic uint32_t     stale;         /* the index is broken: make another */
    _Atomic int64_t      mono_offset;   /* mono = CLOCK_BOOTTIME + this */
    _Atomic uint64_t     commits;       /* of the log.  Odd: one is under way,
                                           or nobody knows how it ended */

    /* clock.c: wall = CLOCK_BOOTTIME + offset, the one that is believed, and
     * another, which was seen from `since` (0: there is none) to `seen` */
    _Atomic uint32_t     damaged;       /* the log is: nobody writes to it */
    _Atomic uint32_t     opening;       /* openings of it that have begun, but
                                           for those that have ended */
    _Atomic uint64_t     file_inode;    /* the file that they are of: */
    _Atomic uint64_t     file_size;     /* another, or a changed one, is */
    _Atomic int64_t      file_changed;  /* looked at anew */
    _Atomic uint32_t     clock_known;
    _Atomic int64_t      clock_offset;
    _Atomic int64_t      clock_other;
    _Atomic int64_t      clock_since;
    _Atomic int64_t      clock_seen;

    /* see life.h; these outlive the boot */
    uint64_t             device;        /* of log/data.mdb; inode 0: not */
    uint64_t             inode;         /* recorded */
    _Atomic uint32_t     epoch_due;     /* a life to be begun, 0: none */
    _Atomic uint32_t     lives;         /* how many were */
    fs_mark_entry_t      seen;          /* the last one at some begin */
    fs_mark_entry_t      next;          /* the last one of the last commit,
                                           which may have failed */

    _Atomic int32_t      writer;        /* pid of who has the write lock, for
                                           people; 0: nobody, or unknown */
    _Atomic uint64_t     unreadable;    /* times that a read left out a row */
    _Atomic int64_t      opening_at;    /* wall: the last one of `opening` */
} fs_mark_t;


/*
 * Open `path`/mark, make it when it is missing, and map it.  The descriptor
 * serves as the lock of opening (flock).  0, or an errno.
 */
int fs_mark_open(const char *path, int *fd, fs_mark_t **mark);

/* For who only reads: the mark that is there, mapped so that it cannot be
 * written.  0, or an errno; EAGAIN: it is being made. */
int fs_mark_look(const char *path, int *fd, fs_mark_t **mark);

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
 * for every process, until the next holder of the lock has made certain of it.
 * A leader that comes late to the end changes nothing.
 */
uint64_t fs_mark_begin_commit(fs_mark_t *mark);
void fs_mark_end_commit(fs_mark_t *mark, uint64_t commit);
int fs_mark_in_doubt(const fs_mark_t *mark);
void fs_mark_certain(fs_mark_t *mark);

/*
 * This process has the log's write lock, and has it no more.  LMDB does not
 * tell whom others wait for, so each says it here; one that is killed says
 * nothing, and the next holder does.
 */
void fs_mark_hold(fs_mark_t *mark);
void fs_mark_unhold(fs_mark_t *mark);


#pragma GCC visibility pop

#endif /* FS_MARK_H */
