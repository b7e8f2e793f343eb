
/*
 * What the store needs of the rules: folding the ledger into an index, and
 * the entries that come before any other (of a new store, a new life and a
 * new boot), in a commit of their own.
 */

#include "fold/fold.h"
#include "log/life.h"
#include "log/log.h"
#include "pair/pair.h"
#include "store/store.h"

static fs_outcome_t fs_replay_fold(fs_pair_t *write, fs_seq_t *seq,
    unsigned chunk, int *unfit);
static void fs_replay_range(fs_pair_t *write, fs_sheet_t *sheet,
    unsigned chunk);
static fs_outcome_t fs_replay_boot(fs_pair_t *write, int *again);
static int fs_replay_memory(fs_store_t *store);
static void fs_replay_end(void *fold);

const fs_replay_t  fs_replay = {
    .fold = fs_replay_fold,
    .boot = fs_replay_boot,
    .end = fs_replay_end
};


static fs_outcome_t
fs_replay_fold(fs_pair_t *write, fs_seq_t *seq, unsigned chunk, int *unfit)
{
    fs_sheet_t     sheet;
    fs_store_t    *store;
    fs_outcome_t   outcome;

    store = write->store;
    *unfit = 0;

    if (!fs_replay_memory(store)) {
        return FS_NOT_READY;
    }

    fs_sheet_fold_begin(&sheet, store, &write->log, &write->index, *seq,
                        store->fold);

    fs_replay_range(write, &sheet, chunk);

    if (write->log.error) {
        outcome = fs_db_outcome(write->log.error);

    } else if (sheet.failed || write->index.error) {
        outcome = FS_INTERNAL;
        *unfit = 1;

    } else {
        outcome = fs_sheet_end(&sheet);
        *unfit = write->index.error
                 ? fs_db_kind(write->index.error) == FS_DB_WRONG
                 : (int) sheet.failed;
    }

    *seq = sheet.seq;

    return outcome;
}


/* By the log's write transaction: nobody can write, so no page is kept. */

static void
fs_replay_range(fs_pair_t *write, fs_sheet_t *sheet, unsigned chunk)
{
    int           found;
    fs_seq_t      seq;
    fs_entry_t    entry;
    fs_db_walk_t  walk;

    seq = sheet->seq + 1;

    found = fs_db_walk(&walk, &write->log,
                       write->store->log_dbi[FS_LOG_LEDGER], &seq,
                       sizeof(seq), MDB_SET);

    while (!sheet->failed && write->index.error == 0) {

        if (found) {
            memcpy(&seq, walk.key.data, sizeof(seq));
        }

        if (!found || seq != sheet->seq + 1
            || fs_entry_decode(&entry, seq, walk.value.data, walk.value.len)
               == -1)
        {
            if (write->log.error == 0) {
                write->log.error = MDB_CORRUPTED;
            }

            break;
        }

        fs_fold(sheet, &entry);

        sheet->seq = seq;
        sheet->at = entry.at;
        memcpy(sheet->hash, entry.hash, FS_HASH_LEN);

        if (--chunk == 0 || seq == write->seq) {
            break;
        }

        found = fs_db_walk_on(&walk, MDB_NEXT);
    }

    fs_db_walk_end(&walk);
}


static fs_outcome_t
fs_replay_boot(fs_pair_t *write, int *again)
{
    int                rc, known;
    uint8_t            value[FS_META_BOOT_SIZE];
    int64_t            boot;
    uint32_t           due;
    fs_now_t           now;
    fs_str_t           row;
    fs_store_t        *store;
    fs_sheet_t         sheet;
    fs_entry_t         entry;
    fs_crypto_t       *crypto;
    fs_outcome_t       outcome;

    store = write->store;
    *again = 0;
    due = fs_life_due(store);
    known = 0;

    if (fs_db_get(&write->log, store->log_dbi[FS_LOG_META], FS_META_BOOT,
                  sizeof(FS_META_BOOT) - 1, &row)
        && row.len == FS_META_BOOT_SIZE
        && memcmp(row.data, store->conf.boot_id, FS_BOOT_LEN) == 0)
    {
        atomic_store(&store->mark->mono_offset,
                     (int64_t) fs_get_le64(row.data + FS_BOOT_LEN));
        fs_clock_begin(store->mark,
                       (int64_t) fs_get_le64(row.data + FS_BOOT_LEN));
        store->booted = 1;
        known = 1;

        if (due == 0) {
            return FS_OK;
        }
    }

    if (due && fs_life_known(store, &write->log, due)) {

        /* whoever wrote it could not say so in the mark */

        (void) fs_life_adopt(store);
        due = 0;

        if (known) {
            return FS_OK;
        }
    }

    if (atomic_load(&store->clock_behind)) {

        /* a wrong time must not be the store's: after it was accepted */

        return FS_OK;
    }

    crypto = fs_crypto_create(store->store_key);

    if (!fs_replay_memory(store) || crypto == NULL) {
        fs_crypto_destroy(crypto);
        fs_pair_abort(write);
        return FS_NOT_READY;
    }

    store->conf.clock(store->conf.data, &now.wall, &boot);
    now.mono = now.wall;
    now.due = now.wall;
    now.opens = now.wall;

    if (known) {
        fs_store_now(store, &now);
    }

    fs_sheet_begin(&sheet, write, crypto, store->fold);

    if (write->seq == 0) {
        memset(&entry, 0, sizeof(entry));
        entry.type = FS_ENTRY_STORE;
        fs_emit(&sheet, &entry, &now);
    }

    if (due) {
        memset(&entry, 0, sizeof(entry));
        fs_emit_life(&sheet, &entry, due, &now);
    }

    if (!known) {
        memset(&entry, 0, sizeof(entry));
        entry.type = FS_ENTRY_BOOT;
        entry.time1 = now.wall - boot;
        memcpy(entry.id1, store->conf.boot_id, FS_BOOT_LEN);
        fs_emit(&sheet, &entry, &now);

        memcpy(value, store->conf.boot_id, FS_BOOT_LEN);
        fs_set_le64(value + FS_BOOT_LEN, (uint64_t) entry.time1);
        fs_db_put(&write->log, store->log_dbi[FS_LOG_META], FS_META_BOOT,
                  sizeof(FS_META_BOOT) - 1, value, sizeof(value), 0);
    }

    outcome = fs_sheet_end(&sheet);

    fs_crypto_destroy(crypto);

    if (outcome != FS_OK) {
        fs_pair_abort(write);
        return outcome;
    }

    outcome = fs_pair_commit(write, NULL);

    if (outcome != FS_OK) {
        return outcome;
    }

    if (!known) {
        atomic_store(&store->mark->mono_offset, now.wall - boot);
        fs_clock_believe(store->mark, now.wall, boot);
        store->booted = 1;
    }

    if (due) {

        /* when it is not durable the life is found to be begun */

        rc = fs_life_adopt(store);

        if (rc) {
            fs_store_say(store, FS_SAY_WARN, "mark cannot be synced: %s",
                         fs_db_strerror(rc));
        }
    }

    *again = 1;

    return FS_OK;
}


/* The memory of the thread that writes.  1 or 0. */

static int
fs_replay_memory(fs_store_t *store)
{
    if (store->fold == NULL) {
        store->fold = fs_sheet_cache_create();
    }

    return store->fold != NULL;
}


static void
fs_replay_end(void *fold)
{
    fs_sheet_cache_destroy(fold);
}
