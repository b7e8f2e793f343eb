
/*
 * Opens a state, as the next boot does, and looks.  See check.h.
 */

#include "check.h"

#include <dirent.h>

#include "common/files.h"
#include "unit/buyer_rows.h"
#include "read/audit.h"
#include "index/index.h"
#include "lead/lead.h"
#include "pair/pair.h"
#include "read/read.h"


#define CHECK_RANGE   1024
#define CHECK_CHUNK   256

/* of all that were acknowledged, looked at by way of the index */
#define CHECK_SAMPLE  40

typedef struct {
    int64_t        stock;
    int64_t        held;
    int64_t        sold;
} check_units_t;

static uint32_t check_schema_before(fs_store_conf_t *conf);
static int check_schema(check_t *check, fs_store_t *store, uint32_t before);
static fs_store_t *check_open(check_t *check, fs_store_conf_t *conf);
static int check_ledger(check_t *check, fs_store_t *store,
    const uint8_t *boot_id);
static int check_entry(check_t *check, check_units_t *units,
    const fs_entry_t *entry);
static int check_audit(check_t *check, fs_store_t *store);
static int check_holds(check_t *check, fs_store_t *store);
static int check_hold(check_t *check, fs_view_t *view, const run_ack_t *ack);
static int check_selling(check_t *check, fs_store_t *store);
static uint64_t check_dump(fs_store_t *store);
static void check_log(void *data, fs_say_level_t level, const char *message);
static int check_no(check_t *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* of this process, for the log */
static check_t  *check_now;


int
check_state(check_t *check)
{
    int              rc, trusted;
    int64_t          wall;
    fs_seq_t         least, most;
    uint32_t         schema;
    uint64_t         dump;
    fs_store_t      *store;
    run_world_t      world;
    fs_store_conf_t  conf;

    run_bounds(check->run, check->position, &least, &most, &wall);

    memset(&world, 0, sizeof(world));
    world.wall = wall + dice_below(check->dice, 60000);
    dice_seed(&world.dice, dice_next(check->dice));
    run_boot(&world, check->dice);

    run_conf(&world, &conf, check->path);
    conf.log = check_log;
    check_now = check;
    check->trusted = 1;

    disk_watch(check->disk, check->path);

    schema = check_schema_before(&conf);
    store = check_open(check, &conf);

    if (store == NULL) {
        return -1;
    }

    rc = check_ledger(check, store, world.boot_id);

    if (rc == 0) {
        rc = check_schema(check, store, schema);
    }

    if (rc == 0) {
        rc = check_audit(check, store);
    }

    if (rc == 0) {
        rc = check_holds(check, store);
    }

    trusted = check->trusted;

    if (rc == 0 && trusted) {

        /* it has to be what the ledger says */

        if (buyer_rows(store) == -1) {
            rc = check_no(check, "a filter of the trusted index denies a row");
        }

        dump = check_dump(store);
        fs_store_close(store, 0);

        disk_watch(check->disk, NULL);
        check_remove_indexes(check->path);
        disk_watch(check->disk, check->path);

        store = check_open(check, &conf);

        if (store == NULL) {
            return -1;
        }

        if (check_dump(store) != dump) {
            rc = check_no(check, "the index was trusted, and is not what the "
                          "ledger gives");
        }
    }

    check->trusted = trusted;

    if (rc == 0) {
        rc = check_selling(check, store);
    }

    if (rc == 0) {
        rc = check_audit(check, store);
    }

    if (rc == -1) {
        return -1;
    }

    fs_store_close(store, 1);
    disk_watch(check->disk, NULL);

    return rc;
}


/* What the cut has left; 0: nothing that can be read yet. */

static uint32_t
check_schema_before(fs_store_conf_t *conf)
{
    char               message[257];
    fs_store_schema_t  schema;

    return fs_store_schema(conf, 0, &schema, message) == FS_OK
           ? schema.store : 0;
}


/* Raised before the cut or not, and never between; now it is. */

static int
check_schema(check_t *check, fs_store_t *store, uint32_t before)
{
    uint32_t  then;

    then = run_schema_at(check->run->shared, check->position);

    if (then != 0 && before != then) {
        return check_no(check, "the schema was %u, and is %u", then, before);
    }

    if (before > FS_SCHEMA || (before == 0 && !check->remade)) {
        return check_no(check, "the schema is %u", before);
    }

    return atomic_load(&store->schema) == FS_SCHEMA
           ? 0 : check_no(check, "the schema is not raised");
}


static fs_store_t *
check_open(check_t *check, fs_store_conf_t *conf)
{
    char           message[257];
    fs_store_t    *store;
    fs_outcome_t   outcome;

    store = fs_store_open(conf, &outcome, message);

    if (store == NULL) {
        check_no(check, "it does not open: %s", message);
        return NULL;
    }

    outcome = fs_store_catch_up(store, CHECK_CHUNK, NULL, NULL);

    if (outcome != FS_OK || fs_store_index_wanted(store)) {
        check_no(check, "its index does not come back: %s",
                 fs_outcome_code(outcome));
        return NULL;
    }

    return store;
}


/* Each entry is that of the run, and none that was acknowledged is missing */

static int
check_ledger(check_t *check, fs_store_t *store, const uint8_t *boot_id)
{
    size_t               i, n;
    int64_t              wall;
    fs_seq_t             seq, last, least, most, lives;
    fs_view_t            view;
    fs_entry_t           entries[64];
    fs_reader_t         *reader;
    check_units_t        units[RUN_ALL + 1];
    const run_shared_t  *shared;

    shared = check->run->shared;
    run_bounds(check->run, check->position, &least, &most, &wall);

    memset(units, 0, sizeof(units));
    reader = fs_reader_create(store);

    if (reader == NULL || fs_view_open(reader, &view) != FS_OK) {
        return check_no(check, "it cannot be read");
    }

    seq = 0;
    last = 0;
    lives = 0;

    while ((n = fs_view_entries(&view, seq, 64, entries)) != 0) {
        for (i = 0; i < n; i++) {

            if (entries[i].seq != seq + 1) {
                return check_no(check, "entry %llu is missing",
                                (unsigned long long) seq + 1);
            }

            seq = entries[i].seq;

            if (check_entry(check, units, &entries[i]) == -1) {
                return -1;
            }

            if (entries[i].type == FS_ENTRY_BOOT
                && memcmp(entries[i].id1, boot_id, FS_BOOT_LEN) == 0)
            {
                last = seq - 1 - lives;
                continue;
            }

            if (entries[i].type == FS_ENTRY_LIFE) {
                lives++;
                continue;
            }

            if (seq <= shared->last
                && memcmp(entries[i].hash, shared->hashes[seq], FS_HASH_LEN)
                   != 0)
            {
                if (least == 0 && seq == 1) {
                    check->remade = 1;
                    continue;
                }

                return check_no(check, "entry %llu is another one",
                                (unsigned long long) seq);
            }
        }
    }

    fs_view_close(&view);
    fs_reader_destroy(reader);

    if (last != seq - 1 - lives) {
        return check_no(check, "the boot has no entry at the end");
    }

    if (check->remade) {
        last = 0;
    }

    if (last < least) {
        check->lost = 1;
        return check_no(check, "lost: somebody was told of entry %llu, the "
                        "ledger ends at %llu", (unsigned long long) least,
                        (unsigned long long) last);
    }

    if (lives != 0) {
        return check_no(check, "a new life begins, and nothing was lost");
    }

    if (last > most) {
        return check_no(check, "the ledger ends at %llu, after the batch in "
                        "flight, %llu", (unsigned long long) last,
                        (unsigned long long) most);
    }

    check->more = last > least;

    return 0;
}


/* Nothing is oversold, at no entry. */

static int
check_entry(check_t *check, check_units_t *units, const fs_entry_t *entry)
{
    fs_entry_effect_t  effect;

    if (entry->sale == 0) {
        return 0;
    }

    if (entry->sale > RUN_ALL) {
        return check_no(check, "entry %llu is of sale %u",
                        (unsigned long long) entry->seq, entry->sale);
    }

    units += entry->sale;

    if (entry->type == FS_ENTRY_SALE) {
        units->stock = entry->qty;
    }

    fs_entry_effect(entry, &effect);

    units->stock += effect.stock;
    units->held += effect.held;
    units->sold += effect.sold;

    if (units->held < 0 || units->sold < 0
        || units->held + units->sold > units->stock)
    {
        return check_no(check, "oversold: after entry %llu %lld are held, "
                        "%lld sold, of %lld",
                        (unsigned long long) entry->seq,
                        (long long) units->held, (long long) units->sold,
                        (long long) units->stock);
    }

    return 0;
}


static int
check_audit(check_t *check, fs_store_t *store)
{
    int         rc;
    fs_audit_t  audit;

    rc = 0;
    fs_audit_run(store, CHECK_RANGE, NULL, &audit);

    if (!audit.ok) {
        rc = check_no(check, "audit: %s", audit.problem);
    }

    fs_audit_free(&audit);

    return rc;
}


/* Those acknowledged last are at the greatest risk. */

static int
check_holds(check_t *check, fs_store_t *store)
{
    int                  rc;
    size_t               i, n;
    fs_view_t            view;
    fs_reader_t         *reader;
    const run_ack_t     *ack;
    const run_shared_t  *shared;

    shared = check->run->shared;
    reader = fs_reader_create(store);

    if (reader == NULL || fs_view_open(reader, &view) != FS_OK) {
        return check_no(check, "it cannot be read");
    }

    rc = 0;
    n = 0;

    for (i = shared->acks_n; rc == 0 && i-- > 0; ) {
        ack = &shared->acks[i];

        if (ack->position > check->position
            || ack->command.type != FS_COMMAND_HOLD)
        {
            continue;
        }

        if (n++ < CHECK_SAMPLE / 2
            || dice_one_in(check->dice, 1 + (unsigned) (shared->acks_n
                                                 / (CHECK_SAMPLE / 2))))
        {
            rc = check_hold(check, &view, ack);
        }
    }

    fs_view_close(&view);
    fs_reader_destroy(reader);

    return rc;
}


static int
check_hold(check_t *check, fs_view_t *view, const run_ack_t *ack)
{
    unsigned   i, j, found;
    fs_hold_t  hold;

    if (!fs_view_hold(view, ack->hold, &hold)
        || memcmp(hold.buyer, ack->command.buyer, FS_BUYER_LEN) != 0
        || hold.lines_n != ack->command.lines_n)
    {
        return check_no(check, "the hold %llu was acknowledged and is not "
                        "there", (unsigned long long) ack->hold);
    }

    for (i = 0; i < hold.lines_n; i++) {
        found = 0;

        for (j = 0; j < hold.lines_n; j++) {
            found |= hold.lines[i].sale == ack->command.lines[j].sale
                     && hold.lines[i].qty == ack->command.lines[j].qty;
        }

        if (!found) {
            return check_no(check, "the hold %llu has other lines",
                            (unsigned long long) ack->hold);
        }
    }

    return 0;
}


/* A retry gets its hold once more, and the next buyer gets his. */

static int
check_selling(check_t *check, fs_store_t *store)
{
    int                  rc;
    size_t               i;
    fs_leader_t         *leader;
    fs_result_t          result;
    fs_command_t         command;
    fs_operator_t        op;
    const run_ack_t     *ack;
    const run_shared_t  *shared;
    static const uint8_t  no_key[FS_KEY_HASH_LEN];

    shared = check->run->shared;
    leader = fs_leader_create(store, NULL);

    if (leader == NULL) {
        return check_no(check, "no memory");
    }

    rc = 0;

    for (i = shared->acks_n; rc == 0 && i-- > 0; ) {
        ack = &shared->acks[i];

        if (ack->position > check->position
            || ack->command.type != FS_COMMAND_HOLD
            || memcmp(ack->command.key, no_key, FS_KEY_HASH_LEN) == 0)
        {
            continue;
        }

        fs_leader_one(leader, &ack->command, NULL, &result);

        if (result.outcome != FS_REPLAYED || result.hold.seq != ack->hold) {
            rc = check_no(check, "the key of hold %llu is answered %s, with "
                          "hold %llu", (unsigned long long) ack->hold,
                          fs_outcome_code(result.outcome),
                          (unsigned long long) result.hold.seq);
        }

        break;
    }

    memset(&command, 0, sizeof(command));
    memset(&op, 0, sizeof(op));
    command.type = FS_COMMAND_DEFINE;
    op.slug.data = "after";
    op.slug.len = 5;
    op.price_fen = 100;
    op.stock = 1;

    fs_leader_one(leader, &command, &op, &result);

    if (rc == 0 && result.outcome != FS_CREATED) {
        rc = check_no(check, "a sale cannot be defined: %s",
                      fs_outcome_code(result.outcome));
    }

    memset(&command, 0, sizeof(command));
    command.type = FS_COMMAND_HOLD;
    command.term_ms = 1000;
    command.lines_n = 1;
    command.lines[0].sale = result.sale;
    command.lines[0].qty = 1;
    memset(command.buyer, 0xee, FS_BUYER_LEN);

    fs_leader_one(leader, &command, NULL, &result);

    if (rc == 0 && result.outcome != FS_CREATED) {
        rc = check_no(check, "nothing can be sold: %s",
                      fs_outcome_code(result.outcome));
    }

    fs_leader_destroy(leader);

    return rc;
}


/*
 * A sum over all rows of the index, by which an old one and one made anew from
 * the log are compared.  Without the row that has its N, and without those of
 * its filters: an old filter may have more bits set than are needed.
 */

static uint64_t
check_dump(fs_store_t *store)
{
    int          rc;
    size_t       i;
    MDB_txn     *txn;
    MDB_val      key, value;
    uint64_t     sum;
    unsigned     db;
    MDB_cursor  *cursor;

    sum = 14695981039346656037ULL;

    if (mdb_txn_begin(store->index, NULL, MDB_RDONLY, &txn) != 0) {
        return 0;
    }

    for (db = 0; db < FS_INDEX_FILTERS; db++) {

        if (mdb_cursor_open(txn, store->index_dbi[db], &cursor) != 0) {
            break;
        }

        for (rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
             rc == 0;
             rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
        {
            if (db == FS_INDEX_META && key.mv_size == 8
                && memcmp(key.mv_data, "identity", 8) == 0)
            {
                continue;
            }

            for (i = 0; i < key.mv_size; i++) {
                sum = (sum ^ ((uint8_t *) key.mv_data)[i]) * 1099511628211ULL;
            }

            for (i = 0; i < value.mv_size; i++) {
                sum = (sum ^ ((uint8_t *) value.mv_data)[i])
                      * 1099511628211ULL;
            }

            sum = (sum ^ db) * 1099511628211ULL;
        }

        mdb_cursor_close(cursor);
    }

    mdb_txn_abort(txn);

    return sum;
}


void
check_remove_indexes(const char *path)
{
    DIR            *dir;
    char            name[DISK_PATH_MAX * 2 + NAME_MAX];
    struct dirent  *entry;

    dir = opendir(path);

    if (dir == NULL) {
        return;
    }

    while ((entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, "index-", 6) == 0) {
            snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
            files_remove(name);
        }
    }

    closedir(dir);
}


static void
check_log(void *data, fs_say_level_t level, const char *message)
{
    (void) data;

    if (strstr(message, "folding ")) {
        check_now->trusted = 0;
    }

    if (level == FS_SAY_ERROR || getenv("POWER_LOG")) {
        fprintf(stderr, "# %s\n", message);
    }
}


static int
check_no(check_t *check, const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    vsnprintf(check->why, sizeof(check->why), format, args);
    va_end(args);

    return -1;
}
