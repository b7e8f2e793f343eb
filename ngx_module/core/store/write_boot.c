
/*
 * The entries that come before any other: of a new store, a new life (life.h)
 * and a new boot, in a commit of their own.
 */

#include "store/clock.h"
#include "store/life.h"
#include "store/log.h"
#include "fold/emit.h"
#include "store/write.h"


fs_outcome_t
fs_write_boot(fs_write_t *write, int *again)
{
    int                rc, known;
    uint8_t            value[FS_META_BOOT_SIZE];
    int64_t            boot;
    uint32_t           due;
    fs_now_t           now;
    fs_str_t           row;
    fs_store_t        *store;
    fs_state_t         state;
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

    if (store->fold == NULL) {
        store->fold = fs_state_cache_create();
    }

    crypto = fs_crypto_create(store->store_key);

    if (store->fold == NULL || crypto == NULL) {
        fs_crypto_destroy(crypto);
        fs_write_abort(write);
        return FS_NOT_READY;
    }

    store->conf.clock(store->conf.data, &now.wall, &boot);
    now.mono = now.wall;
    now.due = now.wall;
    now.opens = now.wall;

    if (known) {
        fs_store_now(store, &now);
    }

    fs_state_begin(&state, write, crypto, store->fold);

    if (write->seq == 0) {
        memset(&entry, 0, sizeof(entry));
        entry.type = FS_ENTRY_STORE;
        fs_emit(&state, &entry, &now);
    }

    if (due) {
        memset(&entry, 0, sizeof(entry));
        fs_emit_life(&state, &entry, due, &now);
    }

    if (!known) {
        memset(&entry, 0, sizeof(entry));
        entry.type = FS_ENTRY_BOOT;
        entry.time1 = now.wall - boot;
        memcpy(entry.id1, store->conf.boot_id, FS_BOOT_LEN);
        fs_emit(&state, &entry, &now);

        memcpy(value, store->conf.boot_id, FS_BOOT_LEN);
        fs_put_le64(value + FS_BOOT_LEN, (uint64_t) entry.time1);
        fs_db_put(&write->log, store->log_dbi[FS_LOG_META], FS_META_BOOT,
                  sizeof(FS_META_BOOT) - 1, value, sizeof(value), 0);
    }

    outcome = fs_state_end(&state);

    fs_crypto_destroy(crypto);

    if (outcome != FS_OK) {
        fs_write_abort(write);
        return outcome;
    }

    outcome = fs_write_commit(write, NULL);

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
            fs_store_say(store, FS_LOG_WARN, "mark cannot be synced: %s",
                         fs_db_strerror(rc));
        }
    }

    *again = 1;

    return FS_OK;
}
