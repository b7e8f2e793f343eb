
/*
 * Lives.
 */

#include <errno.h>
#include <stdlib.h>

#include "log/life.h"
#include "store/file.h"

static uint32_t fs_life_in_row(fs_str_t row, fs_seq_t seq);
static int fs_life_file(fs_store_t *store, uint64_t *device,
    uint64_t *inode);
static int fs_life_has(fs_store_t *store, fs_txn_t *log, fs_seq_t last,
    const fs_mark_entry_t *entry);


uint32_t
fs_life_epoch(fs_store_t *store, fs_seq_t seq)
{
    size_t       low, high, middle;
    uint32_t     due;
    fs_lives_t  *lives;

    due = fs_life_due(store);

    if (due != 0
        && seq > atomic_load_explicit(&store->mark->seq,
                                      memory_order_relaxed))
    {
        return due;
    }

    lives = atomic_load_explicit(&store->lives, memory_order_acquire);

    low = 0;
    high = lives ? lives->n : 0;

    while (low < high) {
        middle = low + (high - low) / 2;

        if (lives->life[middle].seq <= seq) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low ? lives->life[low - 1].epoch : 0;
}


uint32_t
fs_life_now(fs_store_t *store)
{
    return fs_life_epoch(store, UINT64_MAX);
}


int
fs_life_hold_id(fs_store_t *store, fs_crypto_t *crypto, fs_seq_t hold,
    char *id)
{
    return fs_crypto_hold_id(crypto, hold, fs_life_epoch(store, hold), id);
}


fs_outcome_t
fs_life_hold_parse(fs_store_t *store, fs_crypto_t *crypto, fs_str_t id,
    fs_seq_t *hold, uint32_t *epoch)
{
    if (fs_crypto_hold_parse(crypto, id, hold, epoch) != 0) {
        return FS_NO_SUCH_HOLD;
    }

    if (fs_life_refresh(store) != 0) {
        return FS_NOT_READY;
    }

    return *epoch == fs_life_epoch(store, *hold) ? FS_OK : FS_OTHER_LIFE;
}


uint64_t
fs_life_count(fs_store_t *store)
{
    fs_lives_t  *lives;

    lives = atomic_load_explicit(&store->lives, memory_order_acquire);

    return lives ? lives->n : 0;
}


int
fs_life_stale(fs_store_t *store)
{
    return atomic_load(&store->mark->lives) != fs_life_count(store);
}


int
fs_life_refresh(fs_store_t *store)
{
    int       rc;
    fs_txn_t  log;

    if (!fs_life_stale(store)) {
        return 0;
    }

    if (pthread_rwlock_tryrdlock(&store->guard) != 0) {
        return -1;
    }

    rc = -1;
    memset(&log, 0, sizeof(log));

    if (store->log != NULL
        && fs_guard_begin(store->log, MDB_RDONLY, &log.txn) == 0)
    {
        rc = fs_life_load(store, &log);
        mdb_txn_abort(log.txn);
    }

    pthread_rwlock_unlock(&store->guard);

    return rc;
}


int
fs_life_load(fs_store_t *store, fs_txn_t *log)
{
    size_t       i, n;
    fs_str_t     row;
    fs_lives_t  *lives, *old;

    if (!fs_db_get(log, store->log_dbi[FS_LOG_META], FS_META_LIVES,
                   sizeof(FS_META_LIVES) - 1, &row))
    {
        if (log->error) {
            return -1;
        }

        row.len = 0;
    }

    if (row.len % FS_META_LIFE_SIZE) {
        return -1;
    }

    n = row.len / FS_META_LIFE_SIZE;

    pthread_mutex_lock(&store->lives_lock);

    old = atomic_load(&store->lives);

    if (n == (old ? old->n : 0)) {
        pthread_mutex_unlock(&store->lives_lock);
        return 0;
    }

    lives = malloc(sizeof(*lives) + n * sizeof(lives->life[0]));

    if (lives) {
        lives->n = n;
        lives->older = old;

        for (i = 0; i < n; i++) {
            lives->life[i].seq = fs_get_le64(row.data
                                             + i * FS_META_LIFE_SIZE);
            lives->life[i].epoch = fs_get_le32(row.data
                                               + i * FS_META_LIFE_SIZE + 8);
        }

        atomic_store(&store->lives, lives);
    }

    pthread_mutex_unlock(&store->lives_lock);

    return lives ? 0 : -1;
}


void
fs_life_free(fs_store_t *store)
{
    fs_lives_t  *lives, *older;

    for (lives = atomic_load(&store->lives); lives; lives = older) {
        older = lives->older;
        free(lives);
    }

    atomic_store(&store->lives, NULL);
}


static uint32_t
fs_life_in_row(fs_str_t row, fs_seq_t seq)
{
    size_t    i;
    uint32_t  epoch;

    epoch = 0;

    for (i = 0; i + FS_META_LIFE_SIZE <= row.len; i += FS_META_LIFE_SIZE) {
        if (fs_get_le64(row.data + i) > seq) {
            break;
        }

        epoch = fs_get_le32(row.data + i + 8);
    }

    return epoch;
}


uint32_t
fs_life_epoch_in(fs_store_t *store, fs_txn_t *log, fs_seq_t seq)
{
    fs_str_t  row;

    if (!fs_db_get(log, store->log_dbi[FS_LOG_META], FS_META_LIVES,
                   sizeof(FS_META_LIVES) - 1, &row))
    {
        return 0;
    }

    return fs_life_in_row(row, seq);
}


int
fs_life_known(fs_store_t *store, fs_txn_t *log, uint32_t epoch)
{
    size_t    i;
    fs_str_t  row;

    if (epoch == 0) {
        return 1;
    }

    if (!fs_db_get(log, store->log_dbi[FS_LOG_META], FS_META_LIVES,
                   sizeof(FS_META_LIVES) - 1, &row))
    {
        return 0;
    }

    for (i = 0; i + FS_META_LIFE_SIZE <= row.len; i += FS_META_LIFE_SIZE) {
        if (fs_get_le32(row.data + i + 8) == epoch) {
            return 1;
        }
    }

    return 0;
}


void
fs_life_add(fs_store_t *store, fs_txn_t *log, fs_seq_t seq, uint32_t epoch)
{
    uint8_t   *copy;
    fs_str_t   row;

    if (!fs_db_get(log, store->log_dbi[FS_LOG_META], FS_META_LIVES,
                   sizeof(FS_META_LIVES) - 1, &row))
    {
        row.len = 0;
    }

    /* the row lies in a page that the put may move */

    copy = malloc(row.len + FS_META_LIFE_SIZE);

    if (copy == NULL) {
        if (log->error == 0) {
            log->error = ENOMEM;
        }

        return;
    }

    if (row.len) {
        memcpy(copy, row.data, row.len);
    }

    fs_set_le64(copy + row.len, seq);
    fs_set_le32(copy + row.len + 8, epoch);

    fs_db_put(log, store->log_dbi[FS_LOG_META], FS_META_LIVES,
              sizeof(FS_META_LIVES) - 1, copy, row.len + FS_META_LIFE_SIZE,
              0);

    free(copy);
}


uint32_t
fs_life_due(const fs_store_t *store)
{
    /* none: what is read after this has the entry of the last one */

    return atomic_load_explicit(&store->mark->epoch_due,
                                memory_order_acquire);
}


static int
fs_life_file(fs_store_t *store, uint64_t *device, uint64_t *inode)
{
    struct stat  st;

    *device = 0;
    *inode = 0;

    if (fs_store_file_stat(store, 0, &st) == -1) {
        return errno;
    }

    *device = st.st_dev;
    *inode = st.st_ino;

    return 0;
}


/* 0: the log does not have it.  What was half written tells nothing. */

static int
fs_life_has(fs_store_t *store, fs_txn_t *log, fs_seq_t last,
    const fs_mark_entry_t *entry)
{
    fs_entry_t  found;

    if (entry->seq == 0 || entry->seq != entry->again) {
        return 1;
    }

    return entry->seq <= last
           && fs_log_entry(store, log, entry->seq, &found) == 1
           && memcmp(found.hash, entry->hash, FS_HASH_LEN) == 0;
}


int
fs_life_same(fs_store_t *store, fs_txn_t *log, fs_seq_t last)
{
    uint64_t    device, inode, seq;
    fs_mark_t  *mark;

    mark = store->mark;
    seq = atomic_load(&mark->seq);

    if (mark->inode == 0 || seq > last
        || fs_life_file(store, &device, &inode)
        || device != mark->device || inode != mark->inode)
    {
        return 0;
    }

    /* the last commit's, unless it failed or its writer died */

    if (mark->next.seq == seq && !fs_life_has(store, log, last, &mark->next))
    {
        return 0;
    }

    return fs_life_has(store, log, last, &mark->seen);
}


fs_outcome_t
fs_life_check(fs_store_t *store, fs_txn_t *log, fs_seq_t last)
{
    int          rc, first;
    uint32_t     epoch;
    fs_mark_t   *mark;

    mark = store->mark;

    if (store->life_looked
        || fs_life_same(store, log, last))
    {
        store->life_looked = 1;
        return FS_OK;
    }

    if (log->error) {
        return fs_db_outcome(log->error);
    }

    /*
     * Nothing was written yet; or it was, by the version before, which
     * recorded no file; or the life was begun by somebody who was killed
     * before the mark said so.
     */

    epoch = mark->epoch_due;

    if ((epoch == 0 && last == 0 && atomic_load(&mark->seq) == 0)
        || (epoch == 0 && fs_mark_known(mark) && mark->inode == 0
            && atomic_load(&mark->seq) <= last)
        || (epoch != 0 && fs_life_known(store, log, epoch)))
    {
        rc = fs_life_adopt(store);

        if (rc) {
            fs_store_say(store, FS_SAY_ERROR, "mark cannot be synced: %s",
                         fs_db_strerror(rc));
            return FS_DISK_FAILED;
        }

        store->life_looked = 1;

        return FS_OK;
    }

    /* said by who finds it out: the mark tells the others */

    first = epoch == 0;

    while (epoch == 0 || fs_life_known(store, log, epoch)) {
        if (store->conf.random(store->conf.data, (uint8_t *) &epoch,
                               sizeof(epoch))
            != 0)
        {
            return FS_NOT_READY;
        }
    }

    /*
     * First what is due, then (by who called) numbers that fit the log: when
     * the machine stops in between, the numbers still tell.
     */

    atomic_store(&mark->epoch_due, epoch);

    rc = fs_mark_sync(store->mark_fd);

    if (rc) {
        fs_store_say(store, FS_SAY_ERROR, "mark cannot be synced: %s",
                     fs_db_strerror(rc));
        return FS_DISK_FAILED;
    }

    store->life_looked = 1;
    store->booted = 0;

    if (first) {
        fs_store_say(store, FS_SAY_WARN, "log/data.mdb, with %llu entries, is "
                     "not the one that was here (%llu entries): a new life "
                     "begins, its epoch is %08x", (unsigned long long) last,
                     (unsigned long long) atomic_load(&mark->seq), epoch);
    }

    fs_mark_forget(mark);

    return FS_OK;
}


void
fs_life_identify(fs_store_t *store)
{
    uint8_t   file[16], hash[FS_HASH_LEN];
    fs_str_t  key, where;
    uint64_t  device, inode;

    if (fs_life_file(store, &device, &inode)) {
        device = 0;
        inode = 0;
    }

    fs_set_le64(file, device);
    fs_set_le64(file + 8, inode);

    key.data = (const char *) store->store_key;
    key.len = FS_STORE_KEY_LEN;
    where.data = (const char *) file;
    where.len = sizeof(file);

    if (fs_hmac_sha256(key, where, hash) == 0) {
        memcpy(store->identity, hash, FS_IDENTITY_LEN);
    }
}


int
fs_life_adopt(fs_store_t *store)
{
    int         rc;
    uint64_t    device, inode;
    fs_mark_t  *mark;

    mark = store->mark;

    rc = fs_life_file(store, &device, &inode);

    if (rc) {
        return rc;
    }

    memset(&mark->seen, 0, sizeof(mark->seen));
    memset(&mark->next, 0, sizeof(mark->next));
    mark->device = device;
    mark->inode = inode;
    atomic_store(&mark->epoch_due, 0);

    return fs_mark_sync(store->mark_fd);
}
