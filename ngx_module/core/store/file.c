
/*
 * The log's file, and others that are open: are they still those that have
 * these names, and is the log's one that can be trusted?
 *
 * A log found damaged stays closed for all processes, over restarts too: the
 * mark has the file's inode, size and time of change, and it is looked at
 * again when one of them is another.
 *
 * One whose opening has ended three processes may be such that it ends any,
 * or they were killed: it is tried again, but seldom.
 */

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "store/file.h"


#define FS_OPENINGS_MAX     3
#define FS_OPENING_WAIT_MS  60000       /* then, doubled with each further */
#define FS_OPENING_WAITS    6           /* one, so many times: an hour */

static const char *const  fs_store_files[FS_STORE_FILES] = {
    "log/data.mdb", "log/lock.mdb", "mark"
};

static int fs_store_file_same(fs_store_t *store, const struct stat *st);
static void fs_store_file_note(fs_store_t *store, const struct stat *st);


int
fs_store_file_stat(fs_store_t *store, unsigned i, struct stat *st)
{
    char  name[PATH_MAX];

    snprintf(name, sizeof(name), "%s/%s", store->path, fs_store_files[i]);

    return stat(name, st);
}


int
fs_store_files_note(fs_store_t *store)
{
    unsigned     i;
    struct stat  st;

    for (i = 0; i < FS_STORE_FILES; i++) {
        if (fs_store_file_stat(store, i, &st) == -1) {
            return 0;
        }

        store->files[i].device = st.st_dev;
        store->files[i].inode = st.st_ino;
    }

    return 1;
}


int
fs_store_files_there(fs_store_t *store)
{
    int          missing;
    unsigned     i;
    struct stat  st;

    for (i = 0; i < FS_STORE_FILES; i++) {
        missing = fs_store_file_stat(store, i, &st) == -1;

        if (!missing && store->files[i].device == st.st_dev
            && store->files[i].inode == st.st_ino)
        {
            continue;
        }

        if (!store->absent) {
            store->absent = 1;
            fs_store_say(store, FS_SAY_ERROR, "%s %s: nothing is taken until "
                         "the file that was there is back%s",
                         fs_store_files[i],
                         missing ? "is missing" : "is another file",
                         missing ? "" : "; or reload nginx to open this one");
        }

        return missing ? 0 : -1;
    }

    if (store->absent) {
        store->absent = 0;
        fs_store_say(store, FS_SAY_INFO, "the files are back");
    }

    return 1;
}


static int
fs_store_file_same(fs_store_t *store, const struct stat *st)
{
    fs_mark_t  *mark;

    mark = store->mark;

    return atomic_load(&mark->file_inode) == st->st_ino
           && atomic_load(&mark->file_size) == (uint64_t) st->st_size
           && atomic_load(&mark->file_changed)
              == st->st_mtim.tv_sec * 1000000000LL + st->st_mtim.tv_nsec;
}


static void
fs_store_file_note(fs_store_t *store, const struct stat *st)
{
    fs_mark_t  *mark;

    mark = store->mark;

    atomic_store(&mark->file_inode, st->st_ino);
    atomic_store(&mark->file_size, (uint64_t) st->st_size);
    atomic_store(&mark->file_changed,
                 st->st_mtim.tv_sec * 1000000000LL + st->st_mtim.tv_nsec);
}


void
fs_store_damaged(fs_store_t *store, const char *why)
{
    struct stat  st;

    if (store->conf.reads) {
        fs_store_say(store, FS_SAY_ERROR, "log/data.mdb %s", why);
        return;
    }

    memset(&st, 0, sizeof(st));
    (void) fs_store_file_stat(store, 0, &st);
    fs_store_file_note(store, &st);

    if (atomic_exchange(&store->mark->damaged, 1) == 0) {
        fs_store_say(store, FS_SAY_ERROR, "log/data.mdb %s: nothing is taken "
                     "any more; put a backup in its place, and reload nginx",
                     why);
    }
}


int
fs_store_closed(fs_store_t *store)
{
    return atomic_load_explicit(&store->mark->damaged, memory_order_relaxed)
           || atomic_load_explicit(&store->log_lost, memory_order_relaxed);
}


int
fs_store_file_changed(fs_store_t *store, int *whole)
{
    struct stat  st;

    *whole = atomic_load(&store->mark->damaged) != 0
             || atomic_load(&store->mark->opening) > FS_OPENINGS_MAX;

    return atomic_load(&store->mark->damaged) == 0
           || fs_store_file_stat(store, 0, &st) == -1
           || !fs_store_file_same(store, &st);
}


int
fs_store_opening(fs_store_t *store)
{
    int64_t       wall, boot, wait;
    uint32_t      over;
    fs_mark_t    *mark;
    struct stat   st;

    mark = store->mark;

    if (fs_store_file_stat(store, 0, &st) == -1) {
        atomic_store(&mark->opening, 0);
        return 1;
    }

    if (atomic_load(&mark->damaged)) {
        return 1;
    }

    if (!fs_store_file_same(store, &st)) {
        atomic_store(&mark->opening, 0);
        fs_store_file_note(store, &st);
    }

    store->conf.clock(store->conf.data, &wall, &boot);

    if (atomic_load(&mark->opening) >= FS_OPENINGS_MAX) {
        over = atomic_load(&mark->opening) - FS_OPENINGS_MAX;
        wait = (int64_t) FS_OPENING_WAIT_MS
               << (over < FS_OPENING_WAITS ? over : FS_OPENING_WAITS);

        /* a clock that went back keeps nobody waiting */

        if (wall >= atomic_load(&mark->opening_at)
            && wall < atomic_load(&mark->opening_at) + wait)
        {
            return 0;
        }
    }

    atomic_fetch_add(&mark->opening, 1);
    atomic_store(&mark->opening_at, wall);

    return 1;
}


void
fs_store_opened(fs_store_t *store)
{
    atomic_store(&store->mark->opening, 0);
}
