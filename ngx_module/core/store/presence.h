
/*
 * Who is looking at what, over all processes of all instances on a store:
 * each process has a region of its own in shared memory, in which it notes
 * what its streams are.  A region is its process's as long as that has a lock
 * on it, which goes with the process however it dies: what it noted then
 * counts no more.  It is memory (a file below /dev/shm) and no file of the
 * store's, so that an event loop may write there while a disk is stuck.  The
 * file goes with the last process.
 */

#ifndef FS_PRESENCE_H
#define FS_PRESENCE_H

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


#define FS_PRESENCE_REGIONS  64         /* processes at once */
#define FS_PRESENCE_MAX      32768      /* streams noted of each */
#define FS_PRESENCE_TAG      24         /* bits of a note: of what; the rest:
                                           who */

typedef struct fs_presence_s  fs_presence_t;

/* Those who look at one thing, each once. */
typedef struct {
    uint64_t             tag;
    size_t               n;
    size_t               size;          /* of slots, a power of two, 0: none
                                           yet */
    uint64_t            *slots;
} fs_presence_set_t;


/*
 * For the store whose directory is `path`.  Never NULL but without memory:
 * where there is no shared memory, or no region is free, this process counts
 * its own alone, and *err is why.
 */
fs_presence_t *fs_presence_open(const char *path, int *err);

/* Try once more to share what is noted, as of the `path` that it was opened
 * for.  0: it is shared, now or already; else why not. */
int fs_presence_share(fs_presence_t *presence, const char *path);
void fs_presence_close(fs_presence_t *presence);

/* A note: who looks at `what`.  Both are hashes. */
uint64_t fs_presence_note(uint64_t what, const uint8_t *who);

/*
 * Begin to look and stop, in this process's own region.  What add() returns
 * is the place that remove() takes; -1: there is no more room, it does not
 * count.  What remove() returns is a place whose note has moved to the one
 * that was left; -1: none has.
 */
int32_t fs_presence_add(fs_presence_t *presence, uint64_t note);
int32_t fs_presence_remove(fs_presence_t *presence, int32_t place);

/*
 * Count one region's notes into the sets that are about the same; regions are
 * 0 to FS_PRESENCE_REGIONS, the last one is for what is not shared.  0; -1: no
 * memory.
 */
int fs_presence_count(fs_presence_t *presence, unsigned region,
    fs_presence_set_t *sets, size_t n);

/* Count anew, what a note is about; give a set's memory back. */
void fs_presence_set_begin(fs_presence_set_t *set, uint64_t note);
void fs_presence_set_free(fs_presence_set_t *set);


#pragma GCC visibility pop

#endif /* FS_PRESENCE_H */
