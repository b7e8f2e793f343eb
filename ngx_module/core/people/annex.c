
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lmdb/check.h"
#include "lmdb/page.h"
#include "lmdb/probe.h"
#include "people/annex.h"
#include "store/store.h"


#define FS_ANNEX_META     "meta"
#define FS_ANNEX_FORMAT   "format"
#define FS_ANNEX_STEP     "step"
#define FS_ANNEX_WORDS    512
#define FS_ANNEX_BUSY     100           /* tries, some 10 ms apart */

/* the list of free pages has the first handle of LMDB's own */
#define FS_ANNEX_FREE     0

/* of a page */
enum {
    FS_ANNEX_USED = 0,
    FS_ANNEX_READ,                      /* free, but a snapshot has it */
    FS_ANNEX_UNUSED
};

struct fs_annex_s {
    fs_annex_conf_t      conf;
    char                *path;          /* of its directory */
    pthread_rwlock_t     guard;         /* the reader takes it shared, and
                                           never waits */
    MDB_env             *env;           /* NULL: shut */
    MDB_dbi              dbi[FS_ANNEX_DBS];
    MDB_txn             *reader;        /* the reading thread's, reset */
    fs_probe_t           probe;
    uint64_t             length;
    uint64_t             device;
    uint64_t             inode;
    unsigned             doubtful:1;    /* a commit failed */
    unsigned             lost:1;        /* a change was cut short: the lock is
                                           kept until the thread ends */
    unsigned             awaited:1;     /* by who only reads: not there yet */
    unsigned             busy;          /* times that somebody was at it */
    _Atomic int          known;
    _Atomic int          outcome;       /* fs_outcome_t */
    char                 said[FS_ANNEX_WORDS];  /* why it is shut */
};

/* what a wipe knows of each page */
typedef struct {
    MDB_txn             *txn;
    uint64_t             oldest;        /* transaction that is still read */
    uint64_t             last;          /* page */
    uint8_t             *pages;
} fs_annex_free_t;

static fs_outcome_t fs_annex_open(fs_annex_t *annex, int *again, char *why);
static fs_outcome_t fs_annex_open_locked(fs_annex_t *annex, char *why);
static fs_outcome_t fs_annex_made(fs_annex_t *annex, MDB_env *env,
    MDB_dbi *dbi, char *why);
static fs_outcome_t fs_annex_why(char *why, const char *what, int error);
static void fs_annex_shut(fs_annex_t *annex);
static int fs_annex_there(fs_annex_t *annex);
static void fs_annex_say(fs_annex_t *annex, fs_say_level_t level,
    const char *format, ...) __attribute__((format(printf, 3, 4)));
static int fs_annex_reader_line(const char *line, void *data);
static int fs_annex_free(void *data);
static void fs_annex_wipe_page(int fd, uint64_t pgno, size_t size,
    unsigned state, const uint8_t *page, const uint8_t *zeros);


fs_annex_t *
fs_annex_create(const fs_annex_conf_t *conf)
{
    char         path[PATH_MAX];
    fs_annex_t  *annex;

    annex = calloc(1, sizeof(*annex));

    if (annex == NULL) {
        return NULL;
    }

    (void) snprintf(path, sizeof(path), "%s/%s", conf->path, conf->name);

    annex->conf = *conf;
    annex->path = strdup(path);
    annex->outcome = FS_NOT_READY;

    if (annex->path == NULL) {
        free(annex);
        return NULL;
    }

    annex->conf.path = annex->path;
    pthread_rwlock_init(&annex->guard, NULL);

    return annex;
}


void
fs_annex_destroy(fs_annex_t *annex)
{
    fs_annex_shut(annex);
    pthread_rwlock_destroy(&annex->guard);
    free(annex->path);
    free(annex);
}


int
fs_annex_known(fs_annex_t *annex)
{
    return atomic_load(&annex->known);
}


fs_outcome_t
fs_annex_outcome(fs_annex_t *annex)
{
    return (fs_outcome_t) atomic_load(&annex->outcome);
}


int
fs_annex_lost(fs_annex_t *annex)
{
    return annex->lost;
}


MDB_dbi
fs_annex_dbi(fs_annex_t *annex, unsigned db)
{
    return annex->dbi[db];
}


static void
fs_annex_say(fs_annex_t *annex, fs_say_level_t level, const char *format, ...)
{
    char     message[FS_ANNEX_WORDS];
    va_list  args;

    va_start(args, format);
    (void) vsnprintf(message, sizeof(message), format, args);
    va_end(args);

    annex->conf.log(annex->conf.data, level, message);
}


void
fs_annex_tend(fs_annex_t *annex, int *again)
{
    char          why[FS_ANNEX_WORDS];
    fs_outcome_t  outcome;

    *again = 0;

    if (annex->lost) {
        return;
    }

    if (annex->env && !fs_annex_there(annex)) {
        fs_annex_say(annex, FS_SAY_WARN, "%s/data.mdb is not the file that "
                     "was opened: what is there now is taken", annex->path);
        fs_annex_shut(annex);
    }

    if (annex->env) {
        return;
    }

    why[0] = '\0';
    annex->awaited = 0;
    outcome = fs_annex_open(annex, again, why);

    if (*again && ++annex->busy < FS_ANNEX_BUSY) {
        return;
    }

    if (*again) {

        /* one that is stopped: nobody waits for it, and it is tried again */

        *again = 0;
        (void) snprintf(why, sizeof(why), "another process is opening it, "
                        "and does not come to an end");
    }

    annex->busy = 0;
    atomic_store(&annex->outcome, outcome);

    if (outcome == FS_OK) {
        if (annex->said[0]) {
            fs_annex_say(annex, FS_SAY_INFO, "%s is open again", annex->path);
        }

        annex->said[0] = '\0';

    } else if (strcmp(why, annex->said) != 0) {
        memcpy(annex->said, why, sizeof(why));

        /* who only reads may well be there before who writes */

        fs_annex_say(annex, annex->awaited ? FS_SAY_INFO : FS_SAY_ERROR,
                     "%s: %s; all else goes on, and it is tried again",
                     annex->path, why);
    }

    atomic_store(&annex->known, 1);
}


static int
fs_annex_there(fs_annex_t *annex)
{
    char         name[PATH_MAX];
    struct stat  st;

    (void) snprintf(name, sizeof(name), "%.*s/data.mdb", PATH_MAX - 16,
                    annex->path);

    return stat(name, &st) == 0 && annex->device == st.st_dev
           && annex->inode == st.st_ino;
}


static fs_outcome_t
fs_annex_why(char *why, const char *what, int error)
{
    (void) snprintf(why, FS_ANNEX_WORDS, "%s: %s", what,
                    fs_db_strerror(error));

    return fs_db_outcome(error) == FS_INTERNAL ? FS_NOT_READY
                                               : fs_db_outcome(error);
}


/* Openers go one after the other; a stopped one must not stop this thread. */

static fs_outcome_t
fs_annex_open(fs_annex_t *annex, int *again, char *why)
{
    int           fd;
    fs_outcome_t  outcome;

    if (annex->conf.reads) {
        return fs_annex_open_locked(annex, why);
    }

    if (mkdir(annex->path, 0700) == -1 && errno != EEXIST) {
        return fs_annex_why(why, "the directory cannot be made", errno);
    }

    fd = open(annex->path, O_RDONLY|O_DIRECTORY|O_CLOEXEC);

    if (fd == -1) {
        return fs_annex_why(why, "the directory cannot be opened", errno);
    }

    if (flock(fd, LOCK_EX|LOCK_NB) == -1) {
        *again = 1;
        outcome = FS_NOT_READY;

    } else {
        outcome = fs_annex_open_locked(annex, why);
    }

    close(fd);

    return outcome;
}


static fs_outcome_t
fs_annex_open_locked(fs_annex_t *annex, char *why)
{
    int            rc;
    char           file[PATH_MAX], scratch[PATH_MAX];
    MDB_env       *env;
    MDB_dbi        dbi[FS_ANNEX_DBS];
    MDB_stat       page;
    struct stat    st;
    MDB_envinfo    info;
    fs_outcome_t   outcome;

    (void) snprintf(file, sizeof(file), "%.*s/data.mdb", PATH_MAX - 16,
                    annex->path);
    (void) snprintf(scratch, sizeof(scratch), "%.*s/new", PATH_MAX - 16,
                    annex->path);

    rc = fs_env_probe(file, why);

    if (rc < 0) {
        (void) snprintf(why, FS_ANNEX_WORDS, "data.mdb is damaged, no LMDB "
                        "file or not to be opened by the workers' user: move "
                        "the directory away to begin a new one");
        return FS_NOT_READY;
    }

    if (rc == 0 && annex->conf.reads) {
        annex->awaited = 1;
        (void) snprintf(why, FS_ANNEX_WORDS, "there is no data.mdb yet");
        return FS_NOT_READY;
    }

    if (rc == 0) {
        rc = fs_env_make(file, scratch, annex->conf.map_size);

        if (rc == 0) {
            rc = fs_sync_directory(annex->path);
        }

        if (rc) {
            return fs_annex_why(why, "data.mdb cannot be made", rc);
        }
    }

    rc = fs_env_open(&env, annex->path, annex->conf.map_size,
                     annex->conf.readers,
                     annex->conf.reads ? MDB_RDONLY
                     : annex->conf.sync ? 0 : MDB_NOSYNC);
    if (rc) {
        return fs_annex_why(why, "data.mdb cannot be opened", rc);
    }

    rc = fs_check_env(env, 0, why);

    if (rc) {
        mdb_env_close(env);

        if (rc != -1) {
            return fs_annex_why(why, "data.mdb cannot be read", rc);
        }

        (void) snprintf(why, FS_ANNEX_WORDS, "data.mdb is damaged: move the "
                        "directory away to begin a new one");
        return FS_NOT_READY;
    }

    outcome = fs_annex_made(annex, env, dbi, why);

    if (outcome == FS_OK
        && (stat(file, &st) == -1 || fs_guard_info(env, &info, &page) != 0))
    {
        outcome = fs_annex_why(why, "data.mdb cannot be read", EIO);
    }

    if (outcome != FS_OK) {
        if (!annex->lost) {
            mdb_env_close(env);
        }

        return outcome;
    }

    annex->device = st.st_dev;
    annex->inode = st.st_ino;
    annex->length = 0;
    annex->doubtful = 0;

    pthread_rwlock_wrlock(&annex->guard);
    memcpy(annex->dbi, dbi, sizeof(dbi));
    annex->env = env;
    pthread_rwlock_unlock(&annex->guard);

    return FS_OK;
}


/* The databases, made when the file is new; and is it of this format? */

static fs_outcome_t
fs_annex_made(fs_annex_t *annex, MDB_env *env, MDB_dbi *dbi, char *why)
{
    int           rc;
    uint8_t       format[4];
    MDB_dbi       root;
    MDB_stat      stat;
    fs_str_t      found;
    fs_txn_t      txn;
    unsigned      i, n;
    fs_env_db_t   dbs[FS_ANNEX_DBS];
    MDB_envinfo   info;

    n = annex->conf.dbs_n + 1;

    for (i = 0; i < annex->conf.dbs_n; i++) {
        dbs[i].name = annex->conf.dbs[i];
        dbs[i].flags = 0;
    }

    dbs[i].name = FS_ANNEX_META;
    dbs[i].flags = 0;

    memset(&txn, 0, sizeof(txn));
    memset(&annex->probe, 0, sizeof(annex->probe));

    rc = fs_guard_begin(env, annex->conf.reads ? MDB_RDONLY : 0, &txn.txn);

    if (rc == 0 && annex->doubtful && !annex->conf.reads) {
        rc = fs_guard_info(env, &info, &stat);

        if (rc == 0) {
            rc = fs_env_secure(env, info.me_last_txnid);
        }
    }

    if (rc == 0) {
        rc = fs_env_handles(txn.txn, dbs, n, 0, dbi, &annex->probe);

        if (rc == MDB_NOTFOUND && !annex->conf.reads
            && mdb_env_stat(env, &stat) == 0 && stat.ms_entries == 0)
        {
            rc = fs_env_handles(txn.txn, dbs, n, 1, dbi, &annex->probe);

            if (rc == 0) {
                fs_set_le32(format, annex->conf.format);
                fs_db_put(&txn, dbi[n - 1], FS_ANNEX_FORMAT,
                          sizeof(FS_ANNEX_FORMAT) - 1, format,
                          sizeof(format), 0);
                rc = txn.error;
            }

        } else if (rc == MDB_NOTFOUND && annex->conf.reads
                   && mdb_dbi_open(txn.txn, NULL, 0, &root) == 0
                   && mdb_stat(txn.txn, root, &stat) == 0
                   && stat.ms_entries == 0)
        {
            annex->awaited = 1;
        }
    }

    if (rc == 0
        && (!fs_db_get(&txn, dbi[n - 1], FS_ANNEX_FORMAT,
                       sizeof(FS_ANNEX_FORMAT) - 1, &found)
            || found.len != sizeof(format)
            || fs_get_le32(found.data) != annex->conf.format))
    {
        rc = txn.error ? txn.error : MDB_VERSION_MISMATCH;
    }

    if (rc == 0) {
        rc = fs_db_commit(&txn);

    } else if (txn.txn && rc != FS_DB_LOST) {
        fs_db_abort(&txn);
    }

    if (rc == FS_DB_LOST) {
        annex->lost = 1;
    }

    if (annex->awaited) {
        (void) snprintf(why, FS_ANNEX_WORDS, "nothing is in data.mdb yet");
        return FS_NOT_READY;
    }

    if (rc == MDB_NOTFOUND || rc == MDB_VERSION_MISMATCH) {
        (void) snprintf(why, FS_ANNEX_WORDS, "data.mdb is of another version "
                        "of the program: move the directory away to begin a "
                        "new one");
        return FS_NOT_READY;
    }

    return rc ? fs_annex_why(why, "data.mdb cannot be read", rc) : FS_OK;
}


static void
fs_annex_shut(fs_annex_t *annex)
{
    pthread_rwlock_wrlock(&annex->guard);

    if (annex->env && !annex->lost) {
        mdb_txn_abort(annex->reader);
        mdb_env_close(annex->env);
    }

    annex->reader = NULL;
    annex->env = NULL;

    pthread_rwlock_unlock(&annex->guard);
}


fs_outcome_t
fs_annex_begin(fs_annex_t *annex, fs_txn_t *txn)
{
    int  rc;

    memset(txn, 0, sizeof(*txn));

    if (annex->env == NULL) {
        return fs_annex_outcome(annex) == FS_OK ? FS_NOT_READY
                                                : fs_annex_outcome(annex);
    }

    rc = fs_guard_begin(annex->env, 0, &txn->txn);

    if (rc == MDB_MAP_RESIZED) {
        pthread_rwlock_wrlock(&annex->guard);
        rc = fs_env_follow(annex->env);
        pthread_rwlock_unlock(&annex->guard);

        if (rc == 0) {
            rc = fs_guard_begin(annex->env, 0, &txn->txn);
        }
    }

    if (rc) {
        txn->error = rc;
        txn->txn = NULL;
        return fs_annex_end(annex, txn);
    }

    fs_env_lengthen(annex->env, &annex->length);
    fs_db_probe(txn, &annex->probe);

    return FS_OK;
}


/*
 * After a commit that failed LMDB's memory may say what the disk does not: it
 * is opened anew, and its meta pages are written again before.
 */

fs_outcome_t
fs_annex_end(fs_annex_t *annex, fs_txn_t *txn)
{
    int  rc, shut;

    rc = txn->error;
    shut = rc && fs_db_damaged(rc);

    if (rc == 0) {
        rc = fs_db_commit(txn);

        if (rc && rc != MDB_MAP_FULL) {
            annex->doubtful = 1;
            shut = 1;
        }

    } else {
        fs_db_abort(txn);
    }

    if (rc == FS_DB_LOST) {
        annex->lost = 1;
    }

    if (shut) {
        fs_annex_say(annex, FS_SAY_ERROR, "%s: %s", annex->path,
                     fs_db_strerror(rc));
        fs_annex_shut(annex);
        atomic_store(&annex->outcome, fs_db_outcome(rc) == FS_INTERNAL
                                      ? FS_NOT_READY : fs_db_outcome(rc));
    }

    return rc ? fs_db_outcome(rc) : FS_OK;
}


fs_outcome_t
fs_annex_step(fs_annex_t *annex)
{
    uint8_t       number[8];
    MDB_dbi       meta;
    fs_str_t      found;
    fs_txn_t      txn;
    fs_outcome_t  outcome;

    outcome = fs_annex_begin(annex, &txn);

    if (outcome != FS_OK) {
        return outcome;
    }

    meta = annex->dbi[annex->conf.dbs_n];
    memset(number, 0, sizeof(number));

    if (fs_db_get(&txn, meta, FS_ANNEX_STEP, sizeof(FS_ANNEX_STEP) - 1,
                  &found)
        && found.len == sizeof(number))
    {
        fs_set_le64(number, fs_get_le64(found.data) + 1);
    }

    fs_db_put(&txn, meta, FS_ANNEX_STEP, sizeof(FS_ANNEX_STEP) - 1, number,
              sizeof(number), 0);

    return fs_annex_end(annex, &txn);
}


fs_outcome_t
fs_annex_read(fs_annex_t *annex, fs_txn_t *txn, int own)
{
    int  rc;

    memset(txn, 0, sizeof(*txn));

    if (pthread_rwlock_tryrdlock(&annex->guard) != 0) {
        return FS_NOT_READY;
    }

    if (annex->env == NULL) {
        pthread_rwlock_unlock(&annex->guard);
        return fs_annex_outcome(annex) == FS_OK ? FS_NOT_READY
                                                : fs_annex_outcome(annex);
    }

    rc = own ? fs_guard_begin(annex->env, MDB_RDONLY, &txn->txn)
             : fs_reader_renew(annex->env, &annex->reader);

    if (rc) {
        pthread_rwlock_unlock(&annex->guard);
        return FS_NOT_READY;
    }

    if (!own) {
        txn->txn = annex->reader;
    }

    return FS_OK;
}


void
fs_annex_read_end(fs_annex_t *annex, fs_txn_t *txn, int own)
{
    if (own) {
        mdb_txn_abort(txn->txn);

    } else {
        mdb_txn_reset(annex->reader);
    }

    pthread_rwlock_unlock(&annex->guard);
}


/*
 * Under the write lock, so that no page changes its use meanwhile, and by
 * writes into the file, since nobody's map is written.  LMDB uses a free page
 * again once all snapshots, and the one that a power cut may bring back, are
 * younger than the transaction that freed it; so long it is left alone here,
 * too.  In a page that is read only what lies between its nodes is written:
 * nobody reads that, and a sector of it has the same nodes before and after.
 */

void
fs_annex_wipe(fs_annex_t *annex, uint64_t *page, unsigned n, uint64_t *left)
{
    int               fd;
    uint8_t          *bytes;
    uint64_t          pgno;
    fs_txn_t          lock, txn;
    MDB_stat          stat;
    MDB_envinfo       info;
    fs_annex_free_t   list;

    if (fs_annex_begin(annex, &lock) != FS_OK) {
        *page = 0;
        return;
    }

    bytes = NULL;
    list.pages = NULL;
    list.txn = NULL;

    (void) mdb_reader_check(annex->env, NULL);

    if (fs_guard_info(annex->env, &info, &stat) != 0
        || mdb_env_get_fd(annex->env, &fd) != 0
        || fs_annex_read(annex, &txn, 1) != FS_OK)
    {
        *page = 0;
        goto done;
    }

    list.txn = txn.txn;
    list.oldest = info.me_last_txnid;
    list.last = info.me_last_pgno;
    list.pages = calloc(1, list.last + 1);
    bytes = calloc(2, stat.ms_psize);

    (void) mdb_reader_list(annex->env, fs_annex_reader_line, &list);

    if (list.pages == NULL || bytes == NULL
        || fs_guard_call(fs_annex_free, &list) != 0)
    {
        *page = 0;
        fs_annex_read_end(annex, &txn, 1);
        goto done;
    }

    fs_annex_read_end(annex, &txn, 1);

    for (pgno = *page < 2 ? 2 : *page; pgno <= list.last && n; pgno++, n--) {

        /* what the last commit freed has nothing of before: see the steps
         * that go before a wipe */

        *left += list.pages[pgno] == FS_ANNEX_READ
                 && list.oldest < info.me_last_txnid;

        if (pread(fd, bytes, stat.ms_psize, (off_t) (pgno * stat.ms_psize))
            != (ssize_t) stat.ms_psize)
        {
            continue;
        }

        if (list.pages[pgno] != FS_ANNEX_UNUSED
            && fs_get_le64(bytes) == pgno
            && (fs_get_le16(bytes + 10) & FS_PAGE_OVERFLOW))
        {
            pgno += fs_get_le32(bytes + 12) - (uint64_t) 1;
            continue;
        }

        fs_annex_wipe_page(fd, pgno, stat.ms_psize, list.pages[pgno], bytes,
                           bytes + stat.ms_psize);
    }

    *page = pgno <= list.last ? pgno : 0;

    if (*page == 0) {
        (void) fdatasync(fd);
    }

done:

    free(list.pages);
    free(bytes);
    fs_db_abort(&lock);
}


static int
fs_annex_reader_line(const char *line, void *data)
{
    int               pid;
    unsigned long     thread, txn;
    fs_annex_free_t  *list = data;

    if (sscanf(line, "%d %lx %lu", &pid, &thread, &txn) == 3
        && txn < list->oldest)
    {
        list->oldest = txn;
    }

    return 0;
}


/* Within a guard.  A list of free pages begins with their count. */

static int
fs_annex_free(void *data)
{
    int               rc;
    size_t            i, n;
    MDB_val           key, value;
    uint64_t          id, pgno;
    MDB_cursor       *cursor;
    const uint8_t    *ids;
    fs_annex_free_t  *list = data;

    rc = mdb_cursor_open(list->txn, FS_ANNEX_FREE, &cursor);

    if (rc) {
        return rc;
    }

    for (rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
         rc == 0;
         rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
    {
        if (key.mv_size != 8 || value.mv_size < 8) {
            rc = MDB_CORRUPTED;
            break;
        }

        id = fs_get_le64(key.mv_data);
        ids = value.mv_data;
        n = fs_get_le64(ids);

        if (n > value.mv_size / 8 - 1) {
            rc = MDB_CORRUPTED;
            break;
        }

        for (i = 1; i <= n; i++) {
            pgno = fs_get_le64(ids + i * 8);

            if (pgno < 2 || pgno > list->last) {
                rc = MDB_CORRUPTED;
                break;
            }

            list->pages[pgno] = id < list->oldest ? FS_ANNEX_UNUSED
                                                  : FS_ANNEX_READ;
        }
    }

    mdb_cursor_close(cursor);

    return rc == MDB_NOTFOUND ? 0 : rc;
}


static void
fs_annex_wipe_page(int fd, uint64_t pgno, size_t size, unsigned state,
    const uint8_t *page, const uint8_t *zeros)
{
    size_t    from, to;
    unsigned  flags;

    from = 0;
    to = size;

    if (state != FS_ANNEX_UNUSED) {
        flags = fs_get_le16(page + 10) & ~(unsigned) FS_PAGE_DIRTY;
        from = fs_get_le16(page + 12);
        to = fs_get_le16(page + 14);

        if (fs_get_le64(page) != pgno
            || (flags != FS_PAGE_BRANCH && flags != FS_PAGE_LEAF)
            || from < FS_PAGE_HEADER || from > to || to > size)
        {
            return;
        }
    }

    if (memcmp(page + from, zeros, to - from) == 0) {
        return;
    }

    if (pwrite(fd, zeros, to - from,
               (off_t) (pgno * (uint64_t) size + from))
        == -1)
    {
        return;                         /* it is there the next time, too */
    }
}
