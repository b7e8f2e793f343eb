
/*
 * Figures of the store.
 */

#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "index/index.h"
#include "pair/pair.h"
#include "store/store.h"


typedef struct {
    uint64_t             oldest;
    unsigned             n;
} fs_reader_list_t;

static int fs_store_reader_line(const char *line, void *data);
static int fs_store_other_line(const char *line, void *data);


int
fs_store_stat(fs_store_t *store, fs_store_stat_t *stat)
{
    int               rc;
    fs_txn_t          index;
    MDB_stat          page;
    MDB_envinfo       info;
    fs_position_t     position;
    struct statvfs    vfs;
    fs_reader_list_t  list;

    memset(stat, 0, sizeof(*stat));

    if (fs_store_forked(store)
        || pthread_rwlock_tryrdlock(&store->guard) != 0)
    {
        return -1;
    }

    rc = -1;

    if (store->log == NULL || statvfs(store->path, &vfs) == -1
        || fs_guard_info(store->log, &info, &page) != 0)
    {
        goto done;
    }

    rc = 0;

    stat->disk_free = (uint64_t) vfs.f_bavail * vfs.f_frsize;
    stat->durable_seq = atomic_load(&store->mark->seq);
    stat->unreadable = atomic_load(&store->mark->unreadable);

    stat->log_used = (info.me_last_pgno + 1) * (uint64_t) page.ms_psize;
    stat->log_size = info.me_mapsize;

    list.oldest = info.me_last_txnid;
    list.n = 0;
    (void) mdb_reader_list(store->log, fs_store_reader_line, &list);

    stat->readers = list.n;
    stat->oldest_reader_lag = info.me_last_txnid - list.oldest;

    if (store->index == NULL
        || fs_guard_info(store->index, &info, &page) != 0)
    {
        goto done;
    }

    stat->index_used = (info.me_last_pgno + 1) * (uint64_t) page.ms_psize;
    stat->index_size = info.me_mapsize;

    list.oldest = info.me_last_txnid;
    list.n = 0;
    (void) mdb_reader_list(store->index, fs_store_reader_line, &list);

    if (list.n > stat->readers) {
        stat->readers = list.n;
    }

    if (info.me_last_txnid - list.oldest > stat->oldest_reader_lag) {
        stat->oldest_reader_lag = info.me_last_txnid - list.oldest;
    }

    memset(&index, 0, sizeof(index));

    if (fs_guard_begin(store->index, MDB_RDONLY, &index.txn) == 0) {
        if (fs_index_position(store, &index, &position)) {
            stat->index_seq = position.seq;
        }

        if (fs_guard_stat(index.txn, store->index_dbi[FS_INDEX_ASIDE], &page)
            == 0)
        {
            stat->asides = page.ms_entries;
        }

        mdb_txn_abort(index.txn);
    }

done:

    pthread_rwlock_unlock(&store->guard);

    return rc;
}


/* LMDB tells of its readers only in words: pid, thread, transaction or -. */

static int
fs_store_reader_line(const char *line, void *data)
{
    int                pid;
    unsigned long      thread;
    unsigned long      txn;
    fs_reader_list_t  *list = data;

    switch (sscanf(line, "%d %lx %lu", &pid, &thread, &txn)) {

    case 3:
        if (txn < list->oldest) {
            list->oldest = txn;
        }

        /* fall through */

    case 2:
        list->n++;
    }

    return 0;
}


int
fs_store_alone(fs_store_t *store)
{
    int  dead, others;

    others = 0;

    pthread_rwlock_wrlock(&store->guard);

    if (store->index) {

        /*
         * Of several that leave at once the last one to give its slot back
         * sees none, so at least one of them is alone.
         */

        fs_readers_end(store, 0);

        (void) mdb_reader_check(store->index, &dead);
        (void) mdb_reader_list(store->index, fs_store_other_line, &others);
    }

    pthread_rwlock_unlock(&store->guard);

    return others == 0;
}


static int
fs_store_other_line(const char *line, void *data)
{
    int   pid;
    int  *others = data;

    if (sscanf(line, "%d", &pid) == 1 && pid != getpid()) {
        (*others)++;
    }

    return 0;
}
