
/*
 * Opening LMDB files.  LMDB trusts what it finds: a page size of zero is a
 * division by zero, a file cut short a SIGBUS.  So the meta pages and the
 * root are looked at first.
 *
 * LMDB 0.9, 64 bits, little-endian.  A page begins with
 *
 *   offset size  field
 *        0    8  page number
 *       10    2  flags: branch 1, leaf 2, overflow 4, meta 8
 *       12    2  lower end of free space
 *       14    2  upper end
 *
 * and a meta page (numbers 0 and 1) goes on with
 *
 *       16    4  magic 0xbeefc0de
 *       20    4  version 1
 *       32    8  bytes of the map
 *       40    4  page size
 *      128    8  root of the main database, all ones: empty
 *      136    8  last page used
 *      144    8  transaction
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "lmdb/env.h"
#include "lmdb/probe.h"


#define FS_META_TXN      144
#define FS_META_SIZE     152
#define FS_META_MAGIC    0xbeefc0deu
#define FS_META_VERSION  1
#define FS_META_PAGES    2
#define FS_MAP_BITS      46             /* of an address, half of all */

/* tries, a millisecond apart: a writer of another process is at it */
#define FS_PROBE_TRIES    5

#define FS_LENGTH_LOW    (32ULL << 20)
#define FS_LENGTH_STEP   (64ULL << 20)

/*
 * An entry changes at most so many bytes of pages, and adds at most so many
 * bytes of rows (pages half full).  What a transaction changes it copies, so
 * it takes no more than all that is there and what it adds.
 */
#define FS_ROOM_CHANGED  16384ULL
#define FS_ROOM_ADDED    1024ULL
#define FS_ROOM_LEAST    (256ULL << 10)

/* taken beyond what is needed, so that it is not asked for each time */
#define FS_ROOM_STEP     (64ULL << 20)

typedef struct {
    uint64_t             size;          /* of a page */
    uint64_t             root;
    uint64_t             last;
    uint64_t             txn;
    uint64_t             map;           /* bytes */
} fs_meta_page_t;

static int fs_env_probe_once(int fd, char *why);
static int fs_env_meta(int fd, uint64_t offset, fs_meta_page_t *meta);
static int fs_env_root(int fd, const fs_meta_page_t *meta);
static int fs_env_unmake(const char *scratch);
static int fs_env_keeps(const char *path);
static void fs_env_longer(int fd, uint64_t size);
static int fs_env_free(int fd, uint64_t need);


int
fs_env_probe(const char *file, char *why)
{
    int              fd, rc, tries;
    struct timespec  pause;

    why[0] = '\0';

    fd = open(file, O_RDONLY|O_CLOEXEC);

    if (fd == -1) {
        if (errno == ENOENT) {
            return 0;
        }

        rc = errno;
        snprintf(why, FS_ENV_WHY_MAX, "cannot be opened: %s",
                 fs_db_strerror(rc));
        errno = rc;
        return -2;
    }

    pause.tv_sec = 0;
    pause.tv_nsec = 1000000;

    for (tries = 0; /* void */ ; tries++) {
        rc = fs_env_probe_once(fd, why);

        if (rc != -1 || tries == FS_PROBE_TRIES) {
            break;
        }

        nanosleep(&pause, NULL);
    }

    close(fd);

    return rc;
}


static int
fs_env_probe_once(int fd, char *why)
{
    struct stat     st;
    fs_meta_page_t  meta, other;

    if (fstat(fd, &st) == -1) {
        snprintf(why, FS_ENV_WHY_MAX, "cannot be read: %s",
                 fs_db_strerror(errno));
        return -1;
    }

    if (!S_ISREG(st.st_mode)) {
        snprintf(why, FS_ENV_WHY_MAX, "is not a file");
        return -1;
    }

    if (st.st_size == 0) {
        return 0;
    }

    if (fs_env_meta(fd, 0, &meta) == -1
        || fs_env_meta(fd, meta.size, &other) == -1
        || other.size != meta.size)
    {
        snprintf(why, FS_ENV_WHY_MAX, "is damaged, or no LMDB file");
        return -1;
    }

    if (other.txn > meta.txn) {
        meta = other;
    }

    /* the other one may be what a failed write left, and is not looked at */

    if (meta.last < FS_META_PAGES - 1
        || (meta.root != FS_PAGE_NONE
            && (meta.root < FS_META_PAGES || meta.root > meta.last)))
    {
        snprintf(why, FS_ENV_WHY_MAX, "is damaged: its meta page is wrong");
        return -1;
    }

    if (meta.last >= (uint64_t) st.st_size / meta.size) {
        snprintf(why, FS_ENV_WHY_MAX,
                 "is cut short: it has %llu bytes and lacks page %llu",
                 (unsigned long long) st.st_size,
                 (unsigned long long) meta.last);
        return -1;
    }

    if (fs_env_root(fd, &meta) == -1) {
        snprintf(why, FS_ENV_WHY_MAX, "is damaged: page %llu is no root",
                 (unsigned long long) meta.root);
        return -1;
    }

    return 1;
}


static int
fs_env_meta(int fd, uint64_t offset, fs_meta_page_t *meta)
{
    uint8_t  page[FS_META_SIZE];

    if (pread(fd, page, sizeof(page), (off_t) offset) != sizeof(page)
        || (fs_get_le16(page + 10) & FS_PAGE_META) == 0
        || fs_get_le32(page + 16) != FS_META_MAGIC
        || fs_get_le32(page + 20) != FS_META_VERSION)
    {
        return -1;
    }

    meta->map = fs_get_le64(page + 32);
    meta->size = fs_get_le32(page + 40);
    meta->root = fs_get_le64(page + 128);
    meta->last = fs_get_le64(page + 136);
    meta->txn = fs_get_le64(page + FS_META_TXN);

    if (meta->size < 512 || meta->size > 65536
        || (meta->size & (meta->size - 1)) != 0)
    {
        return -1;
    }

    return 0;
}


static int
fs_env_root(int fd, const fs_meta_page_t *meta)
{
    uint8_t   page[FS_PAGE_HEADER];
    unsigned  flags, lower, upper;

    if (meta->root == FS_PAGE_NONE) {
        return 0;
    }

    if (pread(fd, page, sizeof(page), (off_t) (meta->root * meta->size))
        != sizeof(page))
    {
        return -1;
    }

    flags = fs_get_le16(page + 10);
    lower = fs_get_le16(page + 12);
    upper = fs_get_le16(page + 14);

    if (fs_get_le64(page) != meta->root
        || (flags != FS_PAGE_BRANCH && flags != FS_PAGE_LEAF)
        || lower < FS_PAGE_HEADER || lower > upper || upper > meta->size)
    {
        return -1;
    }

    return 0;
}


int
fs_env_open(MDB_env **env, const char *path, size_t map_size, int readers,
    unsigned flags)
{
    int          rc;
    char         name[PATH_MAX];
    struct stat  st;

    if ((flags & MDB_WRITEMAP) && !fs_env_keeps(path)) {
        flags &= ~(unsigned) MDB_WRITEMAP;
    }

    if (flags & MDB_WRITEMAP) {

        /* LMDB cuts the file to the map's size, under the others' maps */

        rc = snprintf(name, sizeof(name), "%s/data.mdb", path);

        if (rc > 0 && (size_t) rc < sizeof(name) && stat(name, &st) == 0
            && (uint64_t) st.st_size > map_size)
        {
            map_size = (size_t) st.st_size;
        }
    }

    fs_guard_install();

    rc = mdb_env_create(env);

    if (rc) {
        *env = NULL;
        return rc;
    }

    fs_guard_env(*env);

    rc = mdb_env_set_mapsize(*env, map_size);

    if (rc == 0) {
        rc = mdb_env_set_maxreaders(*env, (unsigned) readers);
    }

    if (rc == 0) {
        rc = mdb_env_set_maxdbs(*env, 32);
    }

    if (rc == 0) {
        rc = mdb_env_open(*env, path, flags|MDB_NOTLS, 0600);
    }

    if (rc) {
        mdb_env_close(*env);
        *env = NULL;
    }

    return rc;
}


int
fs_env_make(const char *file, const char *scratch, size_t map_size)
{
    int       rc;
    char      name[PATH_MAX];
    MDB_env  *env;

    rc = fs_env_unmake(scratch);

    if (rc) {
        return rc;
    }

    if (mkdir(scratch, 0700) == -1) {
        return errno;
    }

    rc = fs_env_open(&env, scratch, map_size, 1, 0);

    if (rc == 0) {
        rc = mdb_env_sync(env, 1);
        mdb_env_close(env);
    }

    (void) snprintf(name, sizeof(name), "%s/data.mdb", scratch);

    if (rc == 0 && rename(name, file) == -1) {
        rc = errno;
    }

    /* what cannot be removed now is in nobody's way until the next time */

    (void) fs_env_unmake(scratch);

    return rc;
}


/*
 * Each process that has it open keeps the first byte of the lock file locked
 * for reading, until it closes it or dies.
 */

int
fs_env_unused(const char *path)
{
    int           fd, rc;
    char          name[PATH_MAX];
    struct flock  lock;

    if ((size_t) snprintf(name, sizeof(name), "%s/lock.mdb", path)
        >= sizeof(name))
    {
        return 0;
    }

    fd = open(name, O_RDWR|O_CLOEXEC);

    if (fd == -1) {
        return errno == ENOENT;
    }

    memset(&lock, 0, sizeof(lock));
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_len = 1;

    rc = fcntl(fd, F_GETLK, &lock);
    close(fd);

    return rc == 0 && lock.l_type == F_UNLCK;
}


static int
fs_env_unmake(const char *scratch)
{
    char      name[PATH_MAX];
    unsigned  i;

    static const char *const  files[] = { "data.mdb", "lock.mdb" };

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {

        if ((size_t) snprintf(name, sizeof(name), "%s/%s", scratch, files[i])
            >= sizeof(name))
        {
            return ENAMETOOLONG;
        }

        if (unlink(name) == -1 && errno != ENOENT) {
            return errno;
        }
    }

    return rmdir(scratch) == -1 && errno != ENOENT ? errno : 0;
}


int
fs_env_handles(MDB_txn *txn, const fs_env_db_t *dbs, unsigned n,
    unsigned create, MDB_dbi *dbi, fs_probe_t *probe)
{
    int       rc;
    unsigned  i;

    for (i = 0; i < n; i++) {
        rc = fs_guard_dbi_open(txn, dbs[i].name,
                          dbs[i].flags | (create ? MDB_CREATE : 0), &dbi[i]);
        if (rc) {
            return rc;
        }

        if (probe && dbi[i] < FS_PROBE_DBS) {
            probe->names[dbi[i]] = dbs[i].name;
        }
    }

    return 0;
}


/* LMDB believes the meta page, and has let the old map go by then. */

int
fs_env_follow(MDB_env *env)
{
    int             fd, rc;
    MDB_stat        stat;
    MDB_envinfo     info;
    struct stat     st;
    fs_meta_page_t  meta, other;

    rc = mdb_env_get_fd(env, &fd);

    if (rc) {
        return rc;
    }

    if (fstat(fd, &st) == -1 || fs_guard_info(env, &info, &stat) != 0) {
        return MDB_CORRUPTED;
    }

    if (fs_env_meta(fd, 0, &meta) == -1
        || fs_env_meta(fd, stat.ms_psize, &other) == -1)
    {
        return MDB_CORRUPTED;
    }

    if (other.txn > meta.txn) {
        meta = other;
    }

    if (meta.size != stat.ms_psize || meta.map >> FS_MAP_BITS
        || meta.last >= (uint64_t) st.st_size / meta.size)
    {
        return MDB_CORRUPTED;
    }

    return mdb_env_set_mapsize(env, 0);
}


void
fs_env_lengthen(MDB_env *env, uint64_t *length)
{
    int          fd;
    uint64_t     used, size;
    MDB_stat     stat;
    MDB_envinfo  info;
    struct stat  st;

    if (fs_guard_info(env, &info, &stat) != 0) {
        return;
    }

    used = (info.me_last_pgno + 1) * (uint64_t) stat.ms_psize;

    if (used + FS_LENGTH_LOW <= *length || *length >= info.me_mapsize) {
        return;
    }

    if (mdb_env_get_fd(env, &fd) != 0 || fstat(fd, &st) == -1) {
        return;
    }

    if ((uint64_t) st.st_size < used + FS_LENGTH_LOW) {
        size = used + FS_LENGTH_STEP;

        if (size > info.me_mapsize) {
            size = info.me_mapsize;
        }

        fs_env_longer(fd, size);
        (void) fstat(fd, &st);
    }

    *length = (uint64_t) st.st_size;
}


/*
 * It takes no space, so it fails for no full disk; where it fails for a limit
 * on file sizes the commit will say so.
 */

static void
fs_env_longer(int fd, uint64_t size)
{
    struct stat  st;

    if (fstat(fd, &st) == 0 && (uint64_t) st.st_size < size
        && ftruncate(fd, (off_t) size) == -1)
    {
        return;
    }
}


/*
 * When the write of a meta page fails its transaction may be on disk all the
 * same, and LMDB puts the old one back into the page cache.  When that is not
 * synced, and pages of the transaction are used again, a power cut brings its
 * meta page back over pages that are no longer its own.  When LMDB dies before
 * it has put the old one back, the transaction is seen and need not be on
 * disk.  A sync alone does not help: after one that failed the kernel takes
 * pages for clean that are not on disk.  So they are written again first.
 *
 * What was written of a page lies in one sector: see docs/proof.md.
 */

int
fs_env_secure(MDB_env *env, uint64_t last)
{
    int          fd, rc;
    off_t        offset;
    uint8_t      page[FS_META_SIZE];
    ssize_t      n;
    unsigned     i;
    MDB_stat     stat;
    MDB_envinfo  info;

    rc = mdb_env_get_fd(env, &fd);

    if (rc == 0) {
        rc = fs_guard_info(env, &info, &stat);
    }

    if (rc) {
        return rc;
    }

    for (i = 0; i < FS_META_PAGES; i++) {
        offset = (off_t) i * stat.ms_psize;
        n = pread(fd, page, sizeof(page), offset);

        if (n == sizeof(page)) {

            if (fs_get_le64(page + FS_META_TXN) > last) {

                /* it was not to be seen, and LMDB could not put it back */

                fs_set_le64(page + FS_META_TXN, last == 0 ? 0 : last - 1);
            }

            n = pwrite(fd, page, sizeof(page), offset);
        }

        if (n != sizeof(page)) {
            return n == -1 ? errno : EIO;
        }
    }

    return mdb_env_sync(env, 1);
}


/*
 * 1: space that is taken for a file there (posix_fallocate) is kept for
 * whatever is written over it.  Others write a page to another place each time
 * (btrfs, ZFS, bcachefs, F2FS, NILFS), or pass it on to somebody unknown
 * (overlay, FUSE): what is not known is not believed.
 */

static int
fs_env_keeps(const char *path)
{
    unsigned       i;
    struct statfs  fs;

    static const uint32_t  types[] = {
        0xef53,         /* ext2, ext3, ext4 */
        0x58465342,     /* XFS */
        0x01021994      /* tmpfs */
    };

    if (statfs(path, &fs) == -1) {
        return 0;
    }

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if ((uint32_t) fs.f_type == types[i]) {
            return 1;
        }
    }

    return 0;
}


int
fs_env_mapped(MDB_env *env)
{
    unsigned  flags;

    return mdb_env_get_flags(env, &flags) == 0 && (flags & MDB_WRITEMAP) != 0;
}


/* What is written later may fail all the same, and is an error then. */

static int
fs_env_free(int fd, uint64_t need)
{
    struct statfs  fs;

    if (fstatfs(fd, &fs) == 0
        && (uint64_t) fs.f_bavail * (uint64_t) fs.f_bsize < need)
    {
        return ENOSPC;
    }

    return 0;
}


int
fs_env_room(MDB_env *env, uint64_t entries, uint64_t more, uint64_t *room)
{
    int          fd, error;
    uint64_t     used, need, step, wanted;
    MDB_stat     stat;
    MDB_envinfo  info;

    error = fs_guard_info(env, &info, &stat);

    if (error) {
        return error;
    }

    used = (info.me_last_pgno + 1) * (uint64_t) stat.ms_psize;

    need = used + entries * FS_ROOM_ADDED;

    if (need > entries * FS_ROOM_CHANGED) {
        need = entries * FS_ROOM_CHANGED;
    }

    need += FS_ROOM_LEAST + more;

    error = mdb_env_get_fd(env, &fd);

    if (error) {
        return error;
    }

    /* what does not fit into the map LMDB refuses by itself */

    wanted = used + need;

    if (wanted > info.me_mapsize) {
        wanted = info.me_mapsize;
    }

    if (!fs_env_mapped(env)) {

        if (wanted > *room) {
            fs_env_longer(fd, wanted);
            *room = wanted;
        }

        return fs_env_free(fd, wanted - used);
    }

    if (wanted <= *room) {
        return 0;
    }

    step = (need < FS_ROOM_STEP) ? need : FS_ROOM_STEP;

    if (wanted + step <= info.me_mapsize
        && posix_fallocate(fd, 0, (off_t) (wanted + step)) == 0)
    {
        *room = wanted + step;
        return 0;
    }

    error = posix_fallocate(fd, 0, (off_t) wanted);

    if (error == 0) {
        *room = wanted;
    }

    return error;
}


int
fs_sync_directory(const char *path)
{
    int  fd, error;

    fd = open(path, O_RDONLY|O_DIRECTORY|O_CLOEXEC);

    if (fd == -1) {
        return errno;
    }

    error = 0;

    if (fsync(fd) == -1 && errno != EINVAL) {
        error = errno;
    }

    close(fd);

    return error;
}


int
fs_sync_names(const char *path, const char *directory)
{
    int   rc;
    char  name[PATH_MAX];

    snprintf(name, sizeof(name), "%s/%s", path, directory);
    rc = fs_sync_directory(name);

    if (rc == 0) {
        rc = fs_sync_directory(path);
    }

    if (rc == 0) {
        snprintf(name, sizeof(name), "%s/..", path);
        rc = fs_sync_directory(name);

        if (rc == EACCES) {
            rc = 0;
        }
    }

    return rc;
}
