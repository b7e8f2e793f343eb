
/*
 * A new log from what is left of another.  Entries, names, texts and the
 * store's key are taken as they are; what the records of sales and groups are
 * follows from the entries: the core folds them, as it does for an index, and
 * from there they are put into the log.  No entry is written here but as it
 * was.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fold/fold.h"
#include "ledger/rows_sale.h"
#include "lmdb/env.h"
#include "lmdb/page.h"
#include "log/life.h"
#include "salvage.h"


#define TOOL_CHUNK    32768             /* entries of a commit */
#define TOOL_MAP_MIN  (64ULL << 20)
#define TOOL_KEY_MAX  512

static int tool_rebuild_log(tool_rebuild_t *rebuild, fs_store_t *target);
static void tool_rebuild_rows(tool_rebuild_t *rebuild, fs_txn_t *from,
    fs_txn_t *to, fs_store_t *target, fs_log_db_t db);
static int tool_rebuild_row(fs_db_walk_t *walk, fs_txn_t *to, MDB_dbi dbi);
static int tool_rebuild_whole(const fs_db_walk_t *walk);
static void tool_rebuild_lives(tool_rebuild_t *rebuild, fs_txn_t *from,
    fs_txn_t *to, fs_store_t *target);
static void tool_rebuild_sale(tool_rebuild_t *rebuild, fs_txn_t *to,
    fs_store_t *target, uint32_t number);
static int tool_rebuild_fold(const char *path, size_t map_size);
static void tool_rebuild_records(fs_store_t *store, fs_pair_t *write);
static void tool_rebuild_clear(fs_store_t *store, fs_txn_t *log,
    fs_log_db_t db);
static fs_outcome_t tool_rebuild_boot(fs_pair_t *pair, int *again);

static fs_replay_t  tool_rebuild_replay;


int
tool_rebuild(tool_rebuild_t *rebuild, const char *path)
{
    int              rc;
    char             log[PATH_MAX];
    size_t           map_size;
    fs_store_t      *target;
    struct stat      st;
    fs_store_conf_t  conf;

    if (tool_name(log, path, "log") == -1) {
        return TOOL_FAILED;
    }

    if (mkdir(path, 0700) == -1 || mkdir(log, 0700) == -1) {
        return tool_says(TOOL_FAILED, "%s: %s", log, strerror(errno));
    }

    if (fstat(rebuild->scan->fd, &st) == -1) {
        return tool_says(TOOL_FAILED, "%s", strerror(errno));
    }

    map_size = ((size_t) st.st_size / TOOL_MAP_MIN + 1) * 2 * TOOL_MAP_MIN;

    tool_conf(&conf, path);
    conf.map_size = map_size;
    target = fs_store_create(&conf);

    if (target == NULL) {
        return tool_says(TOOL_FAILED, "no memory");
    }

    rc = fs_env_open(&target->log, log, map_size, 1, MDB_NOSYNC);

    if (rc == 0) {
        rc = tool_rebuild_log(rebuild, target);
    }

    fs_store_destroy(target);

    if (rc) {
        return tool_says(TOOL_FAILED, "%s cannot be written: %s", log,
                         fs_db_strerror(rc));
    }

    return tool_rebuild_fold(path, map_size);
}


/* 0 or an error of LMDB's. */

static int
tool_rebuild_log(tool_rebuild_t *rebuild, fs_store_t *target)
{
    int         rc;
    uint8_t     record[FS_ENTRY_SIZE];
    fs_txn_t    from, to;
    fs_seq_t    seq;
    fs_entry_t  entry;

    memset(&from, 0, sizeof(from));
    memset(&to, 0, sizeof(to));

    rc = fs_guard_begin(rebuild->source->log, MDB_RDONLY, &from.txn);

    if (rc == 0) {
        rc = fs_guard_begin(target->log, 0, &to.txn);
    }

    if (rc) {
        return rc;
    }

    if (fs_log_make(target, &to) != FS_OK && to.error == 0) {
        to.error = EIO;
    }

    fs_db_put(&to, target->log_dbi[FS_LOG_META], FS_META_KEY,
              sizeof(FS_META_KEY) - 1, rebuild->source->store_key,
              FS_STORE_KEY_LEN, 0);

    tool_rebuild_lives(rebuild, &from, &to, target);
    tool_rebuild_rows(rebuild, &from, &to, target, FS_LOG_NAMES);
    tool_rebuild_rows(rebuild, &from, &to, target, FS_LOG_DOCUMENTS);
    tool_rebuild_rows(rebuild, &from, &to, target, FS_LOG_SALES);
    mdb_txn_abort(from.txn);

    for (seq = 1; to.error == 0 && seq <= rebuild->last; seq++) {

        if (!tool_scan_entry(rebuild->scan, seq, &entry, record)) {
            to.error = EIO;
            break;
        }

        if (entry.type == FS_ENTRY_SALE) {
            tool_rebuild_sale(rebuild, &to, target, entry.sale);
        }

        fs_db_put(&to, target->log_dbi[FS_LOG_LEDGER], &seq, sizeof(seq),
                  record, sizeof(record), MDB_APPEND);

        if (to.error == 0 && seq % TOOL_CHUNK == 0) {
            rc = fs_db_commit(&to);

            if (rc == 0) {
                rc = fs_guard_begin(target->log, 0, &to.txn);
            }

            if (rc) {
                return rc;
            }
        }
    }

    if (to.error) {
        rc = to.error;
        fs_db_abort(&to);

        return rc;
    }

    return fs_db_commit(&to);
}


/* From both ends, where there is damage in between. */

static void
tool_rebuild_rows(tool_rebuild_t *rebuild, fs_txn_t *from, fs_txn_t *to,
    fs_store_t *target, fs_log_db_t db)
{
    int           found;
    MDB_dbi       dbi;
    fs_db_walk_t  walk;

    dbi = rebuild->source->log_dbi[db];

    for (found = fs_db_walk(&walk, from, dbi, NULL, 0, MDB_FIRST);
         found && tool_rebuild_row(&walk, to, target->log_dbi[db]);
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        /* void */
    }

    fs_db_walk_end(&walk);

    if (from->error == 0) {
        return;
    }

    rebuild->lost++;
    from->error = 0;

    for (found = fs_db_walk(&walk, from, dbi, NULL, 0, MDB_LAST);
         found && tool_rebuild_row(&walk, to, target->log_dbi[db]);
         found = fs_db_walk_on(&walk, MDB_PREV))
    {
        /* void */
    }

    fs_db_walk_end(&walk);
    from->error = 0;
}


/* 1: go on; 0: it is there already, or its page is damaged, or it cannot be
 * written. */

static int
tool_rebuild_row(fs_db_walk_t *walk, fs_txn_t *to, MDB_dbi dbi)
{
    fs_str_t  there;

    if (!tool_rebuild_whole(walk)) {
        walk->txn->error = MDB_CORRUPTED;
        return 0;
    }

    if (fs_db_get(to, dbi, walk->key.data, walk->key.len, &there)) {
        return 0;
    }

    fs_db_put(to, dbi, walk->key.data, walk->key.len, walk->value.data,
              walk->value.len, 0);

    return to->error == 0;
}


/* LMDB gives rows of any page; a key lies in the leaf that has it. */

static int
tool_rebuild_whole(const fs_db_walk_t *walk)
{
    const uint8_t  *page;

    page = (const uint8_t *) ((uintptr_t) walk->key.data
                              & ~((uintptr_t) TOOL_PAGE - 1));

    return fs_page_wrong(page, TOOL_PAGE, fs_get_le64(page), FS_PAGE_LEAF, 0)
           == NULL;
}


/* Those that have begun by then. */

static void
tool_rebuild_lives(tool_rebuild_t *rebuild, fs_txn_t *from, fs_txn_t *to,
    fs_store_t *target)
{
    size_t    len;
    fs_str_t  row;

    if (!fs_db_get(from, rebuild->source->log_dbi[FS_LOG_META],
                   FS_META_LIVES, sizeof(FS_META_LIVES) - 1, &row))
    {
        return;
    }

    for (len = 0;
         len + FS_META_LIFE_SIZE <= row.len
         && fs_get_le64(row.data + len) <= rebuild->last;
         len += FS_META_LIFE_SIZE)
    {
        /* void */
    }

    if (len) {
        fs_db_put(to, target->log_dbi[FS_LOG_META], FS_META_LIVES,
                  sizeof(FS_META_LIVES) - 1, row.data, len, 0);
    }
}


/* The fold wants a record with slug and title of each sale that is defined:
 * one that is lost has its slug for both. */

static void
tool_rebuild_sale(tool_rebuild_t *rebuild, fs_txn_t *to, fs_store_t *target,
    uint32_t number)
{
    size_t     len;
    uint8_t    key[5], row[FS_SALE_ROW_MAX];
    fs_str_t   there;
    fs_sale_t  sale;

    fs_set_be32(key + 1, number);

    if (fs_db_get(to, target->log_dbi[FS_LOG_SALES], key + 1, 4, &there)) {
        return;
    }

    key[0] = 'S';

    if (!fs_db_get(to, target->log_dbi[FS_LOG_NAMES], key, sizeof(key),
                   &there)
        || there.len > FS_SLUG_MAX)
    {
        return;
    }

    memset(&sale, 0, sizeof(sale));
    sale.number = number;
    fs_slug_set(&sale.slug, there);
    sale.title_len = (uint16_t) there.len;
    memcpy(sale.title, there.data, there.len);
    len = fs_sale_row_encode(&sale, row);

    fs_db_put(to, target->log_dbi[FS_LOG_SALES], key + 1, 4, row, len, 0);
    rebuild->titles++;
}


/* An index of it, by the core; and the records of the log from there. */

static int
tool_rebuild_fold(const char *path, size_t map_size)
{
    char             message[FS_MESSAGE_MAX + 1];
    fs_pair_t        write;
    fs_store_t      *store;
    fs_outcome_t     outcome;
    fs_store_conf_t  conf;

    tool_rebuild_replay = fs_replay;
    tool_rebuild_replay.boot = tool_rebuild_boot;

    tool_conf_quiet(&conf, path);
    conf.map_size = map_size;
    conf.sync = 0;
    conf.replay = &tool_rebuild_replay;

    store = fs_store_open(&conf, &outcome, message);

    if (store == NULL) {
        return tool_says(TOOL_FAILED, "%s", message);
    }

    outcome = fs_store_catch_up(store, FS_INDEX_CHUNK, NULL, NULL);

    if (outcome == FS_OK) {
        outcome = fs_pair_begin(store, &write);
    }

    if (outcome == FS_OK) {
        tool_rebuild_records(store, &write);
        fs_db_abort(&write.index);
        outcome = fs_log_commit(&write);

        if (outcome != FS_OK) {
            fs_log_abort(&write);
        }
    }

    fs_store_close(store, 0);

    return outcome == FS_OK
           ? TOOL_DONE
           : tool_says(TOOL_REFUSED, "the entries that are left cannot be "
                       "folded: %s", fs_outcome_title(outcome));
}


static void
tool_rebuild_records(fs_store_t *store, fs_pair_t *write)
{
    int           found;
    size_t        len;
    uint8_t       row[FS_SALE_ROW_MAX];
    fs_sale_t     sale;
    fs_db_walk_t  walk;

    tool_rebuild_clear(store, &write->log, FS_LOG_SALES);

    for (found = fs_db_walk(&walk, &write->index,
                            store->index_dbi[FS_INDEX_SALES], NULL, 0,
                            MDB_FIRST);
         found;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        if (fs_sale_row_decode(&sale, walk.value) == -1) {
            write->log.error = MDB_CORRUPTED;
            break;
        }

        len = fs_schema_sale_row(FS_SCHEMA, &sale, row);
        fs_db_put(&write->log, store->log_dbi[FS_LOG_SALES], walk.key.data,
                  walk.key.len, row, len, 0);
    }

    fs_db_walk_end(&walk);

    for (found = fs_db_walk(&walk, &write->index,
                            store->index_dbi[FS_INDEX_GROUPS], NULL, 0,
                            MDB_FIRST);
         found;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        fs_db_put(&write->log, store->log_dbi[FS_LOG_GROUPS], walk.key.data,
                  walk.key.len, walk.value.data, walk.value.len, 0);
    }

    fs_db_walk_end(&walk);

    if (write->log.error == 0) {
        write->log.error = write->index.error;
    }
}


/* A record of a sale that was not defined yet. */

static void
tool_rebuild_clear(fs_store_t *store, fs_txn_t *log, fs_log_db_t db)
{
    fs_str_t  key, value;
    uint8_t   copy[TOOL_KEY_MAX];

    while (fs_db_last(log, store->log_dbi[db], &key, &value)
           && key.len <= sizeof(copy))
    {
        memcpy(copy, key.data, key.len);
        (void) fs_db_delete(log, store->log_dbi[db], copy, key.len, NULL, 0);
    }
}


/* No boot, and no life, begins here: that is the store's that goes on. */

static fs_outcome_t
tool_rebuild_boot(fs_pair_t *pair, int *again)
{
    (void) pair;

    *again = 0;

    return FS_OK;
}
