
/*
 * A disk for tests, below the calls by which LMDB and the core reach files.
 *
 * disk_calls.c defines open(), pwrite(), fdatasync() and their like.  The
 * executable's definitions win over libc's, for liblmdb.so too.  Calls about
 * files below the directory that is watched go to this disk, all others
 * straight to the kernel.  The files are real ones, because LMDB maps them,
 * and a call does to them what it always does; but nothing is ever synced,
 * and no space is ever taken: that is only noted.
 *
 * A record of the calls says what a power cut may leave: see cut.h.
 * Without one the disk is there for its hook, which makes calls fail.
 *
 * What is written through a map makes no call: disk_look() finds it, by
 * comparing the file with what it was.  Whether any other write escaped is
 * seen at the end: a record without a power cut gives the files that are
 * there.
 *
 * Threads: one at a time.  The record is shared with the children of fork().
 * Inode numbers are the disk's own and the same in each run.  LMDB's
 * lock.mdb is left out: it means nothing after a boot.
 */

#ifndef DISK_H
#define DISK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>


#define DISK_SECTOR    512
#define DISK_PAGE      4096
#define DISK_PATH_MAX  128
#define DISK_ROOT      1            /* number of the directory watched */

typedef enum {
    DISK_OPEN = 0,                  /* of a file that is there: the hook is
                                       asked, nothing is recorded */
    DISK_ENTRY,                     /* file created, directory made */
    DISK_REMOVE,
    DISK_RENAME,
    DISK_WRITE,                     /* into the page cache */
    DISK_SIZE,                      /* of a file */
    DISK_SYNC,                      /* of a file, or a directory's entries */
    DISK_SHUTDOWN                   /* everything is synced: disk_shutdown() */
} disk_op_t;

typedef struct {
    uint8_t        op;
    uint8_t        mapped;          /* WRITE: through a map */
    uint16_t       file;            /* number; ENTRY and the like: of the
                                       directory */
    uint16_t       child;           /* ENTRY, REMOVE, RENAME: of what */
    uint16_t       to;              /* RENAME: the other directory */
    uint32_t       len;             /* WRITE; SYNC: 0 is all of the file */
    uint64_t       offset;          /* WRITE, SYNC; SIZE: the size */
    uint64_t       data;            /* where the bytes (or the name, for
                                       RENAME the two) lie: disk_bytes() */
} disk_event_t;

/* What is about to be done; the hook changes what becomes of it. */
typedef struct {
    disk_op_t      op;
    const char    *path;            /* below the root: "log/data.mdb" */
    uint64_t       offset;          /* as above */
    size_t         len;
    int            through;         /* WRITE: through O_DSYNC, after which the
                                       hook is asked again, for the SYNC; SYNC:
                                       of such a write */

    int            error;           /* errno: the call fails.  A WRITE or SIZE
                                       has done nothing then */
    size_t         most;            /* WRITE: write so many bytes at most */
    int            lie;             /* SYNC: succeed, and sync nothing */
} disk_call_t;

typedef void (*disk_hook_t)(void *data, disk_call_t *call);

typedef struct disk_s  disk_t;


/*
 * A disk with room for so many events and bytes of a record; memory is taken
 * as it is used.  events 0: no record.  NULL: no memory.
 */
disk_t *disk_create(size_t events, size_t bytes);
void disk_destroy(disk_t *disk);        /* one that is not watched */

/*
 * From now on this process's calls about files below `root` (an absolute
 * path, a directory that exists) are the disk's.  NULL: none are.  Files are
 * watched from their opening on.
 */
void disk_watch(disk_t *disk, const char *root);

void disk_set_hook(disk_t *disk, disk_hook_t hook, void *data);

/* Who is told of each descriptor before it is closed, also of other files. */
void disk_set_closing(disk_t *disk, void (*closing)(int fd));

/* Record or not, 1 or 0; a disk made for a record begins with 1. */
void disk_record(disk_t *disk, int on);

/* Note what was written through maps since the last time. */
void disk_look(disk_t *disk);

/* An orderly shutdown: the kernel writes everything. */
void disk_shutdown(disk_t *disk);

/*
 * The files of `root`, which have got their numbers by disk_adopt(), are all
 * there was at first: the record begins with them, synced.
 */
void disk_import(disk_t *disk, const char *root);

/* A file that was put there by other means has this number. */
void disk_adopt(disk_t *disk, const char *path, uint16_t number,
    int directory);

/* The record. */
size_t disk_events(const disk_t *disk);
const disk_event_t *disk_event(const disk_t *disk, size_t i);
const uint8_t *disk_bytes(const disk_t *disk, const disk_event_t *event);

/* How many numbers there are: 1 (the root) to disk_numbers() - 1. */
uint16_t disk_numbers(const disk_t *disk);

/* 1: a directory. */
int disk_is_directory(const disk_t *disk, uint16_t number);


#endif /* DISK_H */
