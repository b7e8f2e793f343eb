
#define _GNU_SOURCE                     /* F_OFD_SETLK */

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "store/presence.h"


#define FS_PRESENCE_SHARED  "/dev/shm"
#define FS_PRESENCE_WHO     (64 - FS_PRESENCE_TAG)
#define FS_PRESENCE_FIRST   256         /* slots of a set, at first */
#define FS_PRESENCE_TRIES   40          /* for the guard, with pauses */
#define FS_PRESENCE_NS      50000


/* Written by its process alone; others read it at any time. */
typedef struct {
    _Atomic uint64_t     n;
    _Atomic uint64_t     notes[FS_PRESENCE_MAX];
} fs_presence_region_t;

struct fs_presence_s {
    int                    fd;          /* -1: nothing is shared */
    fs_presence_region_t  *regions;     /* FS_PRESENCE_REGIONS of them */
    fs_presence_region_t  *own;         /* one of those; or this process's */
    unsigned               region;      /* which; one beyond: none */
    char                   name[128];   /* of the file */
};


static int fs_presence_map(fs_presence_t *presence, const char *path);
static int fs_presence_claim(fs_presence_t *presence);
static void fs_presence_unlink(fs_presence_t *presence);
static int fs_presence_guard(fs_presence_t *presence);
static int fs_presence_lock(int fd, int command, int type, unsigned region,
    unsigned n, struct flock *lock);
static int fs_presence_set_add(fs_presence_set_t *set, uint64_t note);
static int fs_presence_set_grow(fs_presence_set_t *set);


fs_presence_t *
fs_presence_open(const char *path, int *err)
{
    fs_presence_t  *presence;

    presence = calloc(1, sizeof(fs_presence_t));
    if (presence == NULL) {
        *err = ENOMEM;
        return NULL;
    }

    presence->fd = -1;
    presence->region = FS_PRESENCE_REGIONS;
    presence->own = calloc(1, sizeof(fs_presence_region_t));

    if (presence->own == NULL) {
        free(presence);
        *err = ENOMEM;
        return NULL;
    }

    *err = fs_presence_share(presence, path);

    return presence;
}


int
fs_presence_share(fs_presence_t *presence, const char *path)
{
    int                    rc;
    fs_presence_region_t  *alone;

    if (presence->fd != -1) {
        return 0;
    }

    alone = presence->own;
    rc = fs_presence_map(presence, path);

    if (rc != 0) {

        if (presence->fd != -1) {
            close(presence->fd);
            presence->fd = -1;
        }

        presence->region = FS_PRESENCE_REGIONS;

        return rc;
    }

    /* places stay what they are */

    memcpy(presence->own->notes, alone->notes,
           alone->n * sizeof(alone->notes[0]));
    atomic_store(&presence->own->n, alone->n);
    free(alone);

    return 0;
}


/* 0: own is shared, and empty; or an errno. */

static int
fs_presence_map(fs_presence_t *presence, const char *path)
{
    int          rc;
    void        *map;
    size_t       size;
    struct stat  st;

    if (stat(path, &st) == -1) {
        return errno;
    }

    snprintf(presence->name, sizeof(presence->name),
             FS_PRESENCE_SHARED "/tuanbo-%u-%llx-%llx", (unsigned) geteuid(),
             (unsigned long long) st.st_dev, (unsigned long long) st.st_ino);

    presence->fd = open(presence->name, O_RDWR|O_CREAT|O_NOFOLLOW|O_CLOEXEC,
                        0600);

    /* a file that somebody else has made there could be cut under the map */

    if (presence->fd == -1 || fstat(presence->fd, &st) == -1) {
        return errno;
    }

    if (st.st_uid != geteuid() || !S_ISREG(st.st_mode)
        || (st.st_mode & (S_IRWXG|S_IRWXO)))
    {
        return EPERM;
    }

    rc = fs_presence_guard(presence);
    if (rc != 0) {
        return rc;
    }

    size = FS_PRESENCE_REGIONS * sizeof(fs_presence_region_t);

    rc = fs_presence_claim(presence);
    if (rc != 0) {
        return rc;
    }

    map = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_SHARED, presence->fd,
               0);
    if (map == MAP_FAILED) {
        return errno;
    }

    presence->regions = map;
    presence->own = &presence->regions[presence->region];
    atomic_store(&presence->own->n, 0);

    (void) fs_presence_lock(presence->fd, F_OFD_SETLK, F_UNLCK,
                            FS_PRESENCE_REGIONS, 1, NULL);

    return 0;
}


/* A region that nobody has, of a file that is still there.  0 or an errno. */

static int
fs_presence_claim(fs_presence_t *presence)
{
    int          rc;
    size_t       size;
    unsigned     i;
    struct stat  st, there;

    /* whoever closed it last took it away before the guard was ours */

    if (fstat(presence->fd, &st) == -1 || stat(presence->name, &there) == -1
        || st.st_ino != there.st_ino)
    {
        return EAGAIN;
    }

    size = FS_PRESENCE_REGIONS * sizeof(fs_presence_region_t);

    if ((size_t) st.st_size < size && ftruncate(presence->fd, size) == -1) {
        return errno;
    }

    for (i = 0; i < FS_PRESENCE_REGIONS; i++) {

        if (fs_presence_lock(presence->fd, F_OFD_SETLK, F_WRLCK, i, 1, NULL)
            == 0)
        {
            break;
        }
    }

    if (i == FS_PRESENCE_REGIONS) {
        return EAGAIN;
    }

    /* memory that is taken now cannot be missing later, which would be a
     * SIGBUS */

    rc = posix_fallocate(presence->fd, i * sizeof(fs_presence_region_t),
                         sizeof(fs_presence_region_t));
    if (rc != 0) {
        return rc;
    }

    presence->region = i;

    return 0;
}


/* The file goes with the last process that has it. */

static void
fs_presence_unlink(fs_presence_t *presence)
{
    struct flock  lock;

    if (fs_presence_guard(presence) == 0
        && fs_presence_lock(presence->fd, F_OFD_GETLK, F_WRLCK, 0,
                            FS_PRESENCE_REGIONS, &lock)
           == 0
        && lock.l_type == F_UNLCK)
    {
        (void) unlink(presence->name);
    }
}


/* Only one process at a time comes or goes; it is a matter of microseconds,
 * so nobody waits for long.  0 or EAGAIN. */

static int
fs_presence_guard(fs_presence_t *presence)
{
    unsigned         i;
    struct timespec  pause = { 0, FS_PRESENCE_NS };

    for (i = 0; i < FS_PRESENCE_TRIES; i++) {

        if (fs_presence_lock(presence->fd, F_OFD_SETLK, F_WRLCK,
                             FS_PRESENCE_REGIONS, 1, NULL)
            == 0)
        {
            return 0;
        }

        (void) nanosleep(&pause, NULL);
    }

    return EAGAIN;
}


/* lock NULL: it is of no interest. */

static int
fs_presence_lock(int fd, int command, int type, unsigned region, unsigned n,
    struct flock *lock)
{
    struct flock  own;

    if (lock == NULL) {
        lock = &own;
    }

    memset(lock, 0, sizeof(struct flock));

    lock->l_type = (short) type;
    lock->l_whence = SEEK_SET;
    lock->l_start = region;
    lock->l_len = n;

    return fcntl(fd, command, lock);
}


void
fs_presence_close(fs_presence_t *presence)
{
    if (presence->fd == -1) {
        free(presence->own);

    } else {
        atomic_store(&presence->own->n, 0);
        fs_presence_unlink(presence);
        munmap(presence->regions,
               FS_PRESENCE_REGIONS * sizeof(fs_presence_region_t));
        close(presence->fd);
    }

    free(presence);
}


uint64_t
fs_presence_note(uint64_t what, const uint8_t *who)
{
    return (what << FS_PRESENCE_WHO)
           | (fs_get_le64(who) & (((uint64_t) 1 << FS_PRESENCE_WHO) - 1));
}


int32_t
fs_presence_add(fs_presence_t *presence, uint64_t note)
{
    uint64_t  n;

    n = atomic_load(&presence->own->n);

    if (n >= FS_PRESENCE_MAX) {
        return -1;
    }

    atomic_store(&presence->own->notes[n], note);
    atomic_store(&presence->own->n, n + 1);

    return (int32_t) n;
}


/* The last one takes its place: it is there twice for a moment, and so never
 * missing, and counts once. */

int32_t
fs_presence_remove(fs_presence_t *presence, int32_t place)
{
    uint64_t  n;

    n = atomic_load(&presence->own->n);

    if (place < 0 || (uint64_t) place >= n) {
        return -1;
    }

    n--;

    atomic_store(&presence->own->notes[place],
                 atomic_load(&presence->own->notes[n]));
    atomic_store(&presence->own->n, n);

    return ((uint64_t) place == n) ? -1 : (int32_t) n;
}


int
fs_presence_count(fs_presence_t *presence, unsigned region,
    fs_presence_set_t *sets, size_t n)
{
    size_t                 i;
    uint64_t               note, place, notes;
    struct flock           lock;
    fs_presence_region_t  *from;

    if (region == presence->region) {
        from = presence->own;

    } else if (region >= FS_PRESENCE_REGIONS || presence->fd == -1) {
        return 0;

    } else {
        from = &presence->regions[region];

        if (atomic_load(&from->n) == 0) {
            return 0;
        }

        /* nobody has it: whose it was is dead */

        if (fs_presence_lock(presence->fd, F_OFD_GETLK, F_WRLCK, region, 1,
                             &lock)
            != 0
            || lock.l_type == F_UNLCK)
        {
            return 0;
        }
    }

    notes = atomic_load(&from->n);

    if (notes > FS_PRESENCE_MAX) {
        notes = FS_PRESENCE_MAX;
    }

    for (place = 0; place < notes; place++) {
        note = atomic_load_explicit(&from->notes[place],
                                    memory_order_relaxed);

        for (i = 0; i < n; i++) {

            if (sets[i].tag != note >> FS_PRESENCE_WHO) {
                continue;
            }

            if (fs_presence_set_add(&sets[i], note) != 0) {
                return -1;
            }

            break;
        }
    }

    return 0;
}


/* The lower bits are a hash.  A note is never 0 in a slot: it has bit 63 of
 * nothing, so one that is 0 is put as 1. */

static int
fs_presence_set_add(fs_presence_set_t *set, uint64_t note)
{
    size_t  i;

    if (note == 0) {
        note = 1;
    }

    if (set->n * 2 >= set->size && fs_presence_set_grow(set) != 0) {
        return -1;
    }

    for (i = note & (set->size - 1);
         set->slots[i];
         i = (i + 1) & (set->size - 1))
    {
        if (set->slots[i] == note) {
            return 0;
        }
    }

    set->slots[i] = note;
    set->n++;

    return 0;
}


static int
fs_presence_set_grow(fs_presence_set_t *set)
{
    size_t             i;
    fs_presence_set_t  larger;

    larger = *set;
    larger.n = 0;
    larger.size = set->size ? 2 * set->size : FS_PRESENCE_FIRST;
    larger.slots = calloc(larger.size, sizeof(uint64_t));

    if (larger.slots == NULL) {
        return -1;
    }

    for (i = 0; i < set->size; i++) {

        if (set->slots[i]) {
            (void) fs_presence_set_add(&larger, set->slots[i]);
        }
    }

    free(set->slots);
    *set = larger;

    return 0;
}


void
fs_presence_set_begin(fs_presence_set_t *set, uint64_t note)
{
    set->tag = note >> FS_PRESENCE_WHO;

    if (set->slots) {
        memset(set->slots, 0, set->size * sizeof(uint64_t));
    }

    set->n = 0;
}


void
fs_presence_set_free(fs_presence_set_t *set)
{
    free(set->slots);
    set->slots = NULL;
    set->size = 0;
    set->n = 0;
}
