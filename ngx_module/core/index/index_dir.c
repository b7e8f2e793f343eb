
/*
 * The directories of the index.  Under the log's write lock.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "index/buyers.h"
#include "lmdb/env.h"
#include "index/index.h"


#define FS_CLEAN_SIZE     (8 + FS_HASH_LEN)

/* N, the length of the first generations, the layout of all rows; u32 each */
#define FS_IDENTITY_KEY   "identity"
#define FS_IDENTITY_SIZE  12

/*
 * Counted up when entries are folded into other rows than before.  An index
 * of another layout (1 had no field for it) is folded again.
 */
#define FS_INDEX_LAYOUT   10

static const fs_env_db_t  fs_index_dbs[FS_INDEX_N] = {
    [FS_INDEX_HOLDS] = { "holds", MDB_INTEGERKEY },
    [FS_INDEX_BUYERS] = { "buyers", 0 },
    [FS_INDEX_DUE] = { "due", MDB_DUPSORT|MDB_DUPFIXED },
    [FS_INDEX_TIMERS] = { "timers", 0 },
    [FS_INDEX_QUEUE] = { "queue", 0 },
    [FS_INDEX_MEMBERS] = { "members", 0 },
    [FS_INDEX_PAYMENTS] = { "payments", 0 },
    [FS_INDEX_DEBTS] = { "debts", 0 },
    [FS_INDEX_OWED] = { "owed", 0 },
    [FS_INDEX_CLAIMS] = { "claims", 0 },
    [FS_INDEX_PAID] = { "paid", 0 },
    [FS_INDEX_TASKS] = { "tasks", 0 },
    [FS_INDEX_LINES] = { "lines", 0 },
    [FS_INDEX_TALLIES] = { "tallies", 0 },
    [FS_INDEX_WAVES] = { "waves", 0 },
    [FS_INDEX_SALES] = { "sales", 0 },
    [FS_INDEX_GROUPS] = { "groups", 0 },
    [FS_INDEX_SHELF] = { "shelf", 0 },
    [FS_INDEX_DRAWS] = { "draws", 0 },
    [FS_INDEX_INVITED] = { "invited", 0 },
    [FS_INDEX_ASIDE] = { "aside", 0 },
    [FS_INDEX_META] = { "meta", 0 },
    [FS_INDEX_FILTERS] = { "filters", 0 }
};

static int fs_index_fill(fs_store_t *store, MDB_env *env, uint32_t n);
static void fs_index_remove(fs_store_t *store, uint32_t n);


/* The path was checked for its length at opening. */

int
fs_index_name(fs_store_t *store, uint32_t n, const char *file, char *name,
    size_t size)
{
    int  len;

    len = snprintf(name, size, "%s/index-%u%s%s", store->path, n,
                   *file ? "/" : "", file);

    return len > 0 && (size_t) len < size;
}


int
fs_index_make(fs_store_t *store, uint32_t n, fs_index_row_t *row)
{
    int          rc;
    char         name[PATH_MAX];
    MDB_env     *env;
    uint64_t     room;
    struct stat  st;

    row->n = n;

    fs_index_remove(store, n);

    if (!fs_index_name(store, n, "", name, sizeof(name))) {
        return ENAMETOOLONG;
    }

    if (mkdir(name, 0700) == -1) {
        return errno;
    }

    rc = fs_env_open(&env, name, fs_index_map_size(store),
                     store->conf.readers, FS_INDEX_FLAGS);
    if (rc == 0) {
        room = 0;
        rc = fs_env_room(env, FS_INDEX_ENTRIES, 0, &room);

        if (rc == 0) {
            rc = fs_index_fill(store, env, n);
        }

        mdb_env_close(env);
    }

    if (rc == 0) {
        (void) fs_index_name(store, n, "data.mdb", name, sizeof(name));

        if (stat(name, &st) == -1) {
            rc = errno;
        }
    }

    if (rc) {
        fs_index_remove(store, n);
        return rc;
    }

    row->device = st.st_dev;
    row->inode = st.st_ino;

    return 0;
}


size_t
fs_index_map_size(fs_store_t *store)
{
    return store->conf.map_size < SIZE_MAX / FS_INDEX_MAPS - FS_INDEX_MORE
           ? store->conf.map_size * FS_INDEX_MAPS + FS_INDEX_MORE
           : store->conf.map_size;
}


/* The databases, who it is, and that nothing is folded yet. */

static int
fs_index_fill(fs_store_t *store, MDB_env *env, uint32_t n)
{
    int       rc;
    MDB_dbi   dbi[FS_INDEX_N];
    uint8_t   identity[FS_IDENTITY_SIZE], position[FS_POSITION_ROW_SIZE];
    fs_txn_t  txn;

    memset(&txn, 0, sizeof(txn));

    rc = mdb_txn_begin(env, NULL, 0, &txn.txn);

    if (rc) {
        return rc;
    }

    txn.error = fs_env_handles(txn.txn, fs_index_dbs, FS_INDEX_N, 1, dbi,
                               NULL);

    fs_set_le32(identity, n);
    fs_set_le32(identity + 4, store->conf.generation
                              ? store->conf.generation : FS_GENERATION);
    fs_set_le32(identity + 8, FS_INDEX_LAYOUT);
    memset(position, 0, sizeof(position));
    memcpy(position + 40, store->conf.boot_id, FS_BOOT_LEN);

    fs_db_put(&txn, dbi[FS_INDEX_META], FS_IDENTITY_KEY,
              sizeof(FS_IDENTITY_KEY) - 1, identity, sizeof(identity), 0);
    fs_db_put(&txn, dbi[FS_INDEX_META], FS_POSITION_KEY,
              sizeof(FS_POSITION_KEY) - 1, position, sizeof(position), 0);

    if (txn.error) {
        mdb_txn_abort(txn.txn);
        return txn.error;
    }

    return mdb_txn_commit(txn.txn);
}


/* MDB_NOTFOUND also when the index is another one, or of another layout. */

int
fs_index_handles(MDB_env *env, uint32_t n, MDB_dbi *dbi,
    uint32_t *generation, fs_probe_t *look)
{
    int       rc;
    fs_str_t  value;
    fs_txn_t  txn;

    memset(&txn, 0, sizeof(txn));

    rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn.txn);

    if (rc) {
        return rc;
    }

    rc = fs_env_handles(txn.txn, fs_index_dbs, FS_INDEX_N, 0, dbi, look);

    if (rc) {
        mdb_txn_abort(txn.txn);
        return rc;
    }

    if (!fs_db_get(&txn, dbi[FS_INDEX_META], FS_IDENTITY_KEY,
                   sizeof(FS_IDENTITY_KEY) - 1, &value)
        || value.len != FS_IDENTITY_SIZE || fs_get_le32(value.data) != n
        || fs_get_le32(value.data + 4) == 0
        || fs_get_le32(value.data + 8) != FS_INDEX_LAYOUT)
    {
        mdb_txn_abort(txn.txn);
        return txn.error ? txn.error : MDB_NOTFOUND;
    }

    *generation = fs_get_le32(value.data + 4);

    /* committed, so that the handles stay */

    return mdb_txn_commit(txn.txn);
}


/* A directory of index-N has plain files only. */

static void
fs_index_remove(fs_store_t *store, uint32_t n)
{
    DIR            *dir;
    char            name[PATH_MAX], file[NAME_MAX + 1];
    struct dirent  *entry;

    if (!fs_index_name(store, n, "", name, sizeof(name))) {
        return;
    }

    dir = opendir(name);

    if (dir == NULL) {
        return;
    }

    while ((entry = readdir(dir)) != NULL) {
        snprintf(file, sizeof(file), "%s", entry->d_name);

        if (fs_index_name(store, n, file, name, sizeof(name))) {
            (void) unlink(name);
        }
    }

    closedir(dir);

    (void) fs_index_name(store, n, "", name, sizeof(name));
    (void) rmdir(name);
}


void
fs_index_remove_others(fs_store_t *store, uint32_t n)
{
    DIR            *dir;
    char            tail;
    unsigned        found;
    struct dirent  *entry;

    dir = opendir(store->path);

    if (dir == NULL) {
        return;
    }

    while ((entry = readdir(dir)) != NULL) {
        if (sscanf(entry->d_name, "index-%u%c", &found, &tail) == 1
            && found != n)
        {
            fs_index_remove(store, found);
        }
    }

    closedir(dir);
}


/* 1: the marker of a clean exit says exactly this position. */

int
fs_index_marked(fs_store_t *store, const fs_position_t *position)
{
    int      fd, marked;
    char     name[PATH_MAX];
    uint8_t  clean[FS_CLEAN_SIZE + 1];

    if (!fs_index_name(store, store->index_n, "clean", name, sizeof(name))) {
        return 0;
    }

    fd = open(name, O_RDONLY|O_CLOEXEC);

    if (fd == -1) {
        return 0;
    }

    marked = read(fd, clean, sizeof(clean)) == FS_CLEAN_SIZE
             && fs_get_le64(clean) == position->seq
             && memcmp(clean + 8, position->hash, FS_HASH_LEN) == 0;

    close(fd);

    return marked;
}


/*
 * The marker goes, durably, before the first commit that it would belie: a
 * power cut after that may leave any part of the index's pages on disk.
 */

int
fs_index_unclean(fs_store_t *store)
{
    int   rc;
    char  name[PATH_MAX];

    if (!atomic_load(&store->mark->clean)) {
        return 0;
    }

    if (!fs_index_name(store, store->index_n, "clean", name, sizeof(name))) {
        return ENAMETOOLONG;
    }

    if (unlink(name) == -1 && errno != ENOENT) {
        return errno;
    }

    (void) fs_index_name(store, store->index_n, "", name, sizeof(name));

    rc = fs_sync_directory(name);

    if (rc == 0) {
        atomic_store(&store->mark->clean, 0);
    }

    return rc;
}


/* Make the marker, durably.  The caller has synced the index. */

void
fs_index_mark(fs_store_t *store, const fs_position_t *position)
{
    int      fd, failed;
    char     name[PATH_MAX];
    uint8_t  clean[FS_CLEAN_SIZE];

    if (!fs_index_name(store, store->index_n, "clean", name, sizeof(name))) {
        return;
    }

    /* said first: whoever commits next removes it */

    atomic_store(&store->mark->clean, 1);

    fs_set_le64(clean, position->seq);
    memcpy(clean + 8, position->hash, FS_HASH_LEN);

    fd = open(name, O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0600);

    if (fd == -1) {
        return;
    }

    failed = pwrite(fd, clean, sizeof(clean), 0) != sizeof(clean)
             || fsync(fd) == -1;

    close(fd);

    (void) fs_index_name(store, store->index_n, "", name, sizeof(name));

    if (!failed && fs_sync_directory(name) == 0) {
        (void) fs_sync_directory(store->path);
    }
}


int
fs_index_position(fs_store_t *store, fs_txn_t *index,
    fs_position_t *position)
{
    fs_str_t  row;

    if (!fs_db_get(index, store->index_dbi[FS_INDEX_META], FS_POSITION_KEY,
                   sizeof(FS_POSITION_KEY) - 1, &row)
        || row.len != FS_POSITION_ROW_SIZE)
    {
        return 0;
    }

    position->seq = fs_get_le64(row.data);
    memcpy(position->hash, row.data + 8, FS_HASH_LEN);
    memcpy(position->boot, row.data + 40, FS_BOOT_LEN);

    return 1;
}


void
fs_index_position_put(fs_store_t *store, fs_txn_t *index, fs_seq_t seq,
    const uint8_t *hash)
{
    uint8_t  row[FS_POSITION_ROW_SIZE];

    fs_set_le64(row, seq);
    memcpy(row + 8, hash, FS_HASH_LEN);
    memcpy(row + 8 + FS_HASH_LEN, store->conf.boot_id, FS_BOOT_LEN);

    fs_db_put(index, store->index_dbi[FS_INDEX_META], FS_POSITION_KEY,
              sizeof(FS_POSITION_KEY) - 1, row, sizeof(row), 0);
}
