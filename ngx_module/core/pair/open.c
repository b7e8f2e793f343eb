
/*
 * Opening and closing the store.
 *
 * Openers go one after the other (flock on the mark's file).  Whoever finds
 * nothing to be written takes no other lock: a worker that starts while the
 * index is being rebuilt does not wait for that.
 */

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "index/index.h"
#include "lmdb/env.h"
#include "log/life.h"
#include "log/log.h"
#include "pair/pair.h"
#include "store/file.h"
#include "store/store.h"


/* room for names below the store's directory */
#define FS_PATH_MAX       (PATH_MAX - 64)

/* an opener catches up so many entries itself; more is the commit thread's */
#define FS_OPEN_ENTRIES   10000

static fs_outcome_t fs_store_begin_once(fs_store_t *store,
    fs_store_begin_t begin, char *message);
static fs_outcome_t fs_store_begin(fs_store_t *store, char *message);
static void fs_store_follow_schema(fs_store_t *store);
static fs_outcome_t fs_store_denied(fs_store_t *store, const char *file,
    int error, char *message);
static int fs_store_has_index(fs_store_t *store);
static fs_outcome_t fs_store_make(fs_store_t *store, char *message);
static fs_outcome_t fs_store_check(fs_store_t *store, char *message,
    fs_seq_t *behind);
static fs_outcome_t fs_store_first_of_boot(fs_store_t *store);
static void fs_store_check_clock(fs_store_t *store, fs_txn_t *log,
    fs_seq_t *last);


fs_store_t *
fs_store_open(const fs_store_conf_t *conf, fs_outcome_t *outcome,
    char *message)
{
    return fs_store_enter(conf, conf->reads ? fs_store_look : fs_store_begin,
                          outcome, message);
}


fs_store_t *
fs_store_enter(const fs_store_conf_t *conf, fs_store_begin_t begin,
    fs_outcome_t *outcome, char *message)
{
    int          rc;
    fs_store_t  *store;
    struct stat  st;

    static const uint8_t  no_boot[FS_BOOT_LEN];

    message[0] = '\0';
    *outcome = FS_NOT_READY;

    if (conf->path[0] != '/' || strlen(conf->path) > FS_PATH_MAX) {
        snprintf(message, FS_MESSAGE_MAX,
                 "the store's path must begin with / and be shorter than %d "
                 "bytes", FS_PATH_MAX);
        return NULL;
    }

    if (memcmp(conf->boot_id, no_boot, FS_BOOT_LEN) == 0) {

        /* all boots would be one, and what the last one left be trusted */

        snprintf(message, FS_MESSAGE_MAX,
                 "the kernel's boot id cannot be read: make "
                 "/proc/sys/kernel/random/boot_id readable (in a chroot, "
                 "mount /proc there)");
        return NULL;
    }

    if (stat(conf->path, &st) == -1 || !S_ISDIR(st.st_mode)) {
        snprintf(message, FS_MESSAGE_MAX,
                 "there is no directory %.128s: make one that this process "
                 "may write in", conf->path);
        return NULL;
    }

    store = fs_store_claim(conf, &st, message);

    if (store == NULL) {
        return NULL;
    }

    rc = conf->reads
         ? fs_mark_look(store->path, &store->mark_fd, &store->mark)
         : fs_mark_open(store->path, &store->mark_fd, &store->mark);

    if (rc == 0 && !conf->reads) {
        rc = fs_mark_lock(store->mark_fd);
    }

    if (conf->reads && (rc == ENOENT || rc == EAGAIN)) {
        snprintf(message, FS_MESSAGE_MAX, "there is no store in %.128s yet: "
                 "it is waited for", store->path);

    } else if (rc) {
        *outcome = fs_store_denied(store, "mark", rc, message);

    } else if (conf->reads) {

        /* the lock of opening is not taken: who is stopped would keep it */

        *outcome = begin(store, message);

    } else {
        *outcome = fs_store_begin_once(store, begin, message);
        fs_mark_unlock(store->mark_fd);
    }

    if (*outcome != FS_OK) {

        if (message[0] == '\0') {
            snprintf(message, FS_MESSAGE_MAX,
                     "the store %.128s cannot be opened: %s", conf->path,
                     fs_outcome_title(*outcome));
        }

        fs_store_destroy(store);
        return NULL;
    }

    return store;
}


fs_store_t *
fs_store_claim(const fs_store_conf_t *conf, const struct stat *st,
    char *message)
{
    fs_store_t  *store;

    store = fs_store_create(conf);

    if (store == NULL) {
        snprintf(message, FS_MESSAGE_MAX, "no memory");
        return NULL;
    }

    store->device = st->st_dev;
    store->inode = st->st_ino;

    if (fs_stores_add(store) == -1) {
        snprintf(message, FS_MESSAGE_MAX,
                 "the store %.128s is open in this process already",
                 conf->path);
        store->device = 0;
        store->inode = 0;
        fs_store_destroy(store);
        return NULL;
    }

    return store;
}


fs_store_t *
fs_store_create(const fs_store_conf_t *conf)
{
    fs_store_t            *store;
    pthread_rwlockattr_t   attr;

    store = calloc(1, sizeof(*store));

    if (store == NULL) {
        return NULL;
    }

    store->conf = *conf;
    store->mark_fd = -1;
    store->path = strdup(conf->path);

    if (store->path == NULL) {
        free(store);
        return NULL;
    }

    store->conf.path = store->path;

    /* views never wait, so a waiting writer may shut them out */

    pthread_rwlockattr_init(&attr);
    pthread_rwlockattr_setkind_np(&attr,
                               PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&store->guard, &attr);
    pthread_rwlockattr_destroy(&attr);

    pthread_mutex_init(&store->readers_lock, NULL);
    pthread_mutex_init(&store->lives_lock, NULL);

    return store;
}


void
fs_store_destroy(fs_store_t *store)
{
    fs_index_detach(store);
    fs_log_close(store);

    /* the mark goes last: the lock of opening hangs on it */

    fs_mark_close(store->mark_fd, store->mark);

    if (store->fold) {
        store->conf.replay->end(store->fold);
    }

    fs_stores_remove(store);

    fs_life_free(store);

    pthread_mutex_destroy(&store->lives_lock);
    pthread_mutex_destroy(&store->readers_lock);
    pthread_rwlock_destroy(&store->guard);

    explicit_bzero(store->store_key, FS_STORE_KEY_LEN);
    free(store->path);
    free(store);
}


/*
 * What ends the process while it opens the store is counted: nginx would
 * start another, again and again, with all its other sites.  But who was
 * killed was not ended by the store, and that cannot be told: a store is
 * tried again, now and then.
 */

static fs_outcome_t
fs_store_begin_once(fs_store_t *store, fs_store_begin_t begin, char *message)
{
    int            whole;
    fs_outcome_t   outcome;

    if (!fs_store_opening(store)) {
        snprintf(message, FS_MESSAGE_MAX,
                 "%.100s/log/data.mdb has ended three processes that opened "
                 "it, or they were killed: it is tried again after a while; "
                 "a backup in its place is tried at once", store->path);
        return FS_NOT_READY;
    }

    if (!fs_store_file_changed(store, &whole)) {
        snprintf(message, FS_MESSAGE_MAX,
                 "%.100s/log/data.mdb is damaged, and has not changed since: "
                 "put a backup in its place", store->path);
        return FS_NOT_READY;
    }

    outcome = begin(store, message);

    fs_store_opened(store);

    return outcome;
}


static fs_outcome_t
fs_store_begin(fs_store_t *store, char *message)
{
    int            fresh;
    fs_seq_t       behind;
    fs_pair_t     write;
    fs_outcome_t   outcome;

    outcome = fs_store_log_file(store, &fresh, message);

    if (outcome != FS_OK) {
        return outcome;
    }

    if (fresh) {
        outcome = fs_store_make(store, message);

        if (outcome != FS_OK) {
            return outcome;
        }
    }

    outcome = fs_store_check(store, message, &behind);

    if (outcome != FS_OK) {
        return outcome;
    }

    fs_life_identify(store);
    fs_store_follow_schema(store);

    if ((store->booted && fs_life_due(store) == 0) || store->index == NULL
        || behind > FS_OPEN_ENTRIES)
    {
        return FS_OK;
    }

    /*
     * The entry of this boot, or life, is due, and its place is at once.  A
     * store that has no room for it is readable all the same.
     */

    if (fs_pair_begin(store, &write) == FS_OK) {
        fs_pair_abort(&write);
    }

    return FS_OK;
}


/*
 * A store of an older program is raised before anything new is written, unless
 * somebody is there, who may be of that program.  When that fails it sells as
 * it is, and the next one who opens it tries.
 */

static void
fs_store_follow_schema(fs_store_t *store)
{
    if (atomic_load(&store->schema) == FS_SCHEMA
        || (store->alone && fs_log_raise(store) == FS_OK))
    {
        return;
    }

    fs_store_say_now(store, FS_SAY_WARN, "its schema is %u, and this "
                     "program's %u: what needs that is refused until somebody "
                     "opens it with nobody else there",
                     (unsigned) atomic_load(&store->schema), FS_SCHEMA);
}


/*
 * A file cannot be opened or made: that says nothing of what is in it, so
 * nobody is told to put another one there.
 */

static fs_outcome_t
fs_store_denied(fs_store_t *store, const char *file, int error,
    char *message)
{
    if (error == EACCES || error == EPERM || error == EROFS) {
        snprintf(message, FS_MESSAGE_MAX,
                 "%.100s/%s: %s: the workers' user, uid %u, must be able to "
                 "read and write it, and to search the way to it",
                 store->path, file, fs_db_strerror(error),
                 (unsigned) geteuid());
        return FS_NOT_READY;
    }

    snprintf(message, FS_MESSAGE_MAX, "%.128s/%s cannot be opened: %s",
             store->path, file, fs_db_strerror(error));

    return fs_db_outcome(error);
}


fs_outcome_t
fs_store_log_file(fs_store_t *store, int *fresh, char *message)
{
    int   rc, error;
    char  name[PATH_MAX], scratch[PATH_MAX], why[FS_ENV_WHY_MAX];

    *fresh = 0;

    snprintf(name, sizeof(name), "%s/log", store->path);

    if (mkdir(name, 0700) == -1 && errno != EEXIST) {
        error = errno;
        return fs_store_denied(store, "log", error, message);
    }

    snprintf(name, sizeof(name), "%s/log/data.mdb", store->path);

    rc = fs_env_probe(name, why);

    if (rc == -2) {
        return fs_store_denied(store, "log/data.mdb", errno, message);
    }

    if (rc == -1) {
        snprintf(message, FS_MESSAGE_MAX,
                 "%.100s/log/data.mdb %.60s: put a backup in its place",
                 store->path, why);
        return FS_NOT_READY;
    }

    if (rc == 0 && fs_store_has_index(store)) {
        snprintf(message, FS_MESSAGE_MAX,
                 "%.100s/log/data.mdb is missing but an index is there: put "
                 "a backup in its place, or remove all of the directory to "
                 "begin a new store", store->path);
        return FS_NOT_READY;
    }

    if (rc == 0) {
        snprintf(scratch, sizeof(scratch), "%s/log-new", store->path);
        rc = fs_env_make(name, scratch, store->conf.map_size);

        if (rc) {
            snprintf(message, FS_MESSAGE_MAX,
                     "%.128s/log/data.mdb cannot be made: %s", store->path,
                     fs_db_strerror(rc));
            return fs_db_outcome(rc);
        }
    }

    snprintf(name, sizeof(name), "%s/log", store->path);
    store->alone = fs_env_unused(name) != 0;

    rc = fs_log_open(store);

    if (rc == MDB_NOTFOUND) {

        /* no databases in it: made, and nothing committed yet */

        *fresh = 1;
        return FS_OK;
    }

    if (rc == MDB_CORRUPTED) {
        snprintf(message, FS_MESSAGE_MAX,
                 "%.128s/log/data.mdb is damaged: put a backup in its place",
                 store->path);
        return FS_NOT_READY;
    }

    if (rc == EACCES || rc == EPERM || rc == EROFS) {
        return fs_store_denied(store, "log", rc, message);
    }

    if (rc) {
        snprintf(message, FS_MESSAGE_MAX, "%.128s/log cannot be opened: %s",
                 store->path, fs_db_strerror(rc));
        return rc == MDB_PANIC ? FS_NOT_READY : fs_db_outcome(rc);
    }

    return FS_OK;
}


static int
fs_store_has_index(fs_store_t *store)
{
    int             found;
    DIR            *dir;
    struct dirent  *entry;

    dir = opendir(store->path);

    if (dir == NULL) {
        return 0;
    }

    found = 0;

    while (!found && (entry = readdir(dir)) != NULL) {
        found = strncmp(entry->d_name, "index-", 6) == 0;
    }

    closedir(dir);

    return found;
}


/*
 * A new store: everything in the log's first transaction.  The log's name is
 * durable before there is an index: one without a log is no store any more.
 */

static fs_outcome_t
fs_store_make(fs_store_t *store, char *message)
{
    int            rc, again;
    fs_pair_t     write;
    fs_outcome_t   outcome;

    rc = fs_sync_names(store->path, "log");

    if (rc) {
        snprintf(message, FS_MESSAGE_MAX, "%.128s cannot be synced: %s",
                 store->path, fs_db_strerror(rc));
        return FS_DISK_FAILED;
    }

    memset(&write, 0, sizeof(write));
    write.store = store;

    rc = fs_guard_begin(store->log, 0, &write.log.txn);

    if (rc) {
        return fs_db_outcome(rc);
    }

    fs_mark_reset(store->mark, store->conf.boot_id,
                  mdb_txn_id(write.log.txn) - 1, 0);

    /* before the first entry: whose mark it is is never in doubt again */

    rc = fs_life_adopt(store);

    if (rc) {
        snprintf(message, FS_MESSAGE_MAX, "%.128s/mark cannot be synced: %s",
                 store->path, fs_db_strerror(rc));
        fs_pair_abort(&write);
        return fs_db_outcome(rc);
    }

    store->life_looked = 1;

    outcome = fs_log_make(store, &write.log);

    if (outcome == FS_OK) {
        outcome = fs_index_create(&write);
    }

    if (outcome != FS_OK) {
        fs_pair_abort(&write);
        return outcome;
    }

    outcome = fs_pair_begin_index(&write, FS_INDEX_CHUNK, NULL, NULL);

    if (outcome != FS_OK) {
        return outcome;
    }

    return store->conf.replay->boot(&write, &again);
}


/*
 * What is in the log, and whether the mark and the boot's entry fit it.  In
 * the usual case all is read by one snapshot, and nobody is waited for.
 */

static fs_outcome_t
fs_store_check(fs_store_t *store, char *message, fs_seq_t *behind)
{
    int            rc;
    uint64_t       mark;
    fs_seq_t       last;
    fs_txn_t       log;
    fs_outcome_t   outcome;

    *behind = 0;

    memset(&log, 0, sizeof(log));

    mark = atomic_load(&store->mark->txn);

    rc = fs_guard_begin(store->log, MDB_RDONLY, &log.txn);

    if (rc) {
        return fs_db_outcome(rc);
    }

    outcome = fs_store_meta(store, &log, message);

    if (outcome == FS_OK
        && (!fs_store_same(store, &log)
            || !fs_store_of_boot(store, &log, mark)))
    {
        mdb_txn_reset(log.txn);

        outcome = fs_store_first_of_boot(store);

        rc = fs_guard_renew(log.txn);

        if (rc && outcome == FS_OK) {
            outcome = fs_db_outcome(rc);
        }
    }

    if (outcome == FS_OK) {
        fs_store_check_clock(store, &log, &last);

        if (fs_index_check(store, &log)) {
            *behind = last > store->index_seq ? last - store->index_seq : 0;
        }
    }

    mdb_txn_abort(log.txn);

    return outcome;
}


/*
 * The first opener of a boot: what the machine left is synced before anyone
 * is shown anything, and the mark begins.  Until the boot's entry is written
 * the store's clock is the wall clock of now.
 */

static fs_outcome_t
fs_store_first_of_boot(fs_store_t *store)
{
    int64_t        wall, boot;
    fs_pair_t     write;
    fs_outcome_t   outcome;

    outcome = fs_log_lock(store, &write);

    if (outcome != FS_OK) {
        return outcome;
    }

    if (!fs_store_of_boot(store, &write.log, 0)
        && atomic_load(&store->mark->mono_offset) == 0)
    {
        store->conf.clock(store->conf.data, &wall, &boot);
        atomic_store(&store->mark->mono_offset, wall - boot);
    }

    fs_pair_abort(&write);

    return FS_OK;
}


void
fs_store_close(fs_store_t *store, int clean)
{
    if (fs_store_forked(store)) {
        return;
    }

    if (clean && !store->conf.reads && fs_store_alone(store)) {
        fs_pair_clean(store);
    }

    fs_store_destroy(store);
}


static void
fs_store_check_clock(fs_store_t *store, fs_txn_t *log, fs_seq_t *last)
{
    int64_t     wall, boot;
    fs_entry_t  entry;

    *last = 0;

    if (fs_log_last(store, log, &entry) != 1) {
        return;
    }

    *last = entry.seq;

    store->conf.clock(store->conf.data, &wall, &boot);

    if (wall < entry.at - FS_CLOCK_BEHIND_MS) {
        atomic_store(&store->clock_behind, 1);
        fs_store_say(store, FS_SAY_ERROR, "the clock is %lld s behind the "
                     "ledger: set it, or have it accepted as it is",
                     (long long) (entry.at - wall) / 1000);
    }
}
