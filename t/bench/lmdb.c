
/*
 * LMDB alone: the rows of a reservation, put into the same two environments
 * with the same syncs as the engine does, by a program that decides nothing,
 * hashes nothing and answers nobody.  The ceiling of what is built on them.
 *
 *     lmdb DIRECTORY SECONDS BATCH
 *
 * One thread, BATCH reservations a commit.  Prints
 *
 *     result HOLDS SECONDS COMMITS CPU LOG INDEX
 *
 * CPU in seconds; LOG and INDEX, the bytes of the pages used by each.
 */

#define _GNU_SOURCE

#include <lmdb.h>
#include <sys/stat.h>

#include "client.h"

#include "lead/lead.h"
#include "ledger/entry.h"
#include "ledger/rows.h"

/* as ledger/rows.c lays out a hold of one line, index/index.h the position */
#define HOLD_ROW   76
#define POSITION   56

/* of a sale with a slug and a title of usual length */
#define SALE_ROW   180
#define WORKERS    2

#define LOG_MAP    (16ULL << 30)
#define INDEX_MAP  (64ULL << 30)

typedef struct {
    MDB_env     *env;
    MDB_txn     *txn;
} store_t;

static uint64_t  seed = 1;
static uint8_t   filler[256];


static void
check(int rc, const char *what)
{
    if (rc != 0) {
        fprintf(stderr, "lmdb: %s: %s\n", what, mdb_strerror(rc));
        exit(1);
    }
}


/* splitmix64: buyers and keys lie at random places */

static uint64_t
next_random(void)
{
    uint64_t  z;

    z = (seed += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;

    return z ^ (z >> 31);
}


static void
store_open(store_t *store, const char *dir, const char *name, size_t map,
    unsigned flags)
{
    char  path[4096];

    if (snprintf(path, sizeof(path), "%s/%s", dir, name)
        >= (int) sizeof(path) || mkdir(path, 0700) == -1)
    {
        die(name);
    }

    check(mdb_env_create(&store->env), "no environment");
    check(mdb_env_set_mapsize(store->env, map), "the map");
    check(mdb_env_set_maxdbs(store->env, 8), "the databases");
    check(mdb_env_open(store->env, path, flags|MDB_NOTLS, 0600), path);
    check(mdb_txn_begin(store->env, NULL, 0, &store->txn), "begin");
}


static MDB_dbi
database(store_t *store, const char *name, unsigned flags)
{
    MDB_dbi  dbi;

    check(mdb_dbi_open(store->txn, name, flags|MDB_CREATE, &dbi), name);

    return dbi;
}


static MDB_cursor *
cursor(store_t *store, MDB_dbi dbi)
{
    MDB_cursor  *made;

    check(mdb_cursor_open(store->txn, dbi, &made), "a cursor");

    return made;
}


static void
put(MDB_cursor *at, const void *key, size_t key_len, const void *value,
    size_t value_len, unsigned flags)
{
    MDB_val  k, v;

    k.mv_data = (void *) key;
    k.mv_size = key_len;
    v.mv_data = (void *) value;
    v.mv_size = value_len;

    check(mdb_cursor_put(at, &k, &v, flags), "put");
}


static unsigned long
used(store_t *store)
{
    MDB_stat     stat;
    MDB_envinfo  info;

    check(mdb_env_stat(store->env, &stat), "stat");
    check(mdb_env_info(store->env, &info), "info");

    return (info.me_last_pgno + 1) * stat.ms_psize;
}


/* The rows of one reservation: an entry, a hold, when it is due, its buyer. */

static void
reserve(uint64_t seq, MDB_cursor *ledger, MDB_cursor *holds, MDB_cursor *due,
    MDB_cursor *buyers)
{
    uint8_t   buyer[FS_BUYER_LEN], hash[FS_KEY_HASH_LEN];
    uint8_t   units[FS_UNITS_KEY_LEN], bound[FS_BOUND_KEY_LEN];
    uint8_t   sale[4], when[FS_DUE_LEN];
    uint64_t  random;

    random = next_random();
    memcpy(buyer, &random, 8);
    random = next_random();
    memcpy(buyer + 8, &random, 8);
    random = next_random();
    memcpy(hash, &random, 8);

    put(ledger, &seq, sizeof(seq), filler, FS_ENTRY_SIZE, MDB_APPEND);
    put(holds, &seq, sizeof(seq), filler, HOLD_ROW, MDB_APPEND);

    sale[0] = sale[1] = sale[2] = 0;
    sale[3] = 1;
    fs_due_value(when, (int64_t) seq, seq);
    put(due, sale, sizeof(sale), when, sizeof(when), 0);

    fs_units_key(units, buyer, 1);
    fs_bound_key(bound, buyer, hash);
    put(buyers, buyer, sizeof(buyer), filler, FS_BUYER_ROW_SIZE, 0);
    put(buyers, units, sizeof(units), filler, FS_UNITS_ROW_SIZE, 0);
    put(buyers, bound, sizeof(bound), &seq, sizeof(seq), 0);
}


int
main(int argc, char **argv)
{
    int                   i;
    long                  n, batch;
    double                took;
    int64_t               start, end, now;
    MDB_dbi               ledger, sales, rings, holds, due, buyers, sales_too,
                          meta;
    store_t               log, index;
    uint64_t              seq, commits;
    MDB_cursor           *at, *ledger_at, *holds_at, *due_at, *buyers_at;
    struct timespec       cpu;

    if (argc != 4 || atof(argv[2]) <= 0 || atol(argv[3]) < 1) {
        fprintf(stderr, "usage: lmdb DIRECTORY SECONDS BATCH\n");
        return 2;
    }

    batch = atol(argv[3]);
    memset(filler, 'x', sizeof(filler));

    store_open(&log, argv[1], "log", LOG_MAP, 0);
    ledger = database(&log, "ledger", MDB_INTEGERKEY);
    sales = database(&log, "sales", 0);
    rings = database(&log, "rings", 0);
    check(mdb_txn_commit(log.txn), "commit");

    store_open(&index, argv[1], "index", INDEX_MAP, MDB_NOSYNC|MDB_WRITEMAP);
    holds = database(&index, "holds", MDB_INTEGERKEY);
    due = database(&index, "due", MDB_DUPSORT|MDB_DUPFIXED);
    buyers = database(&index, "buyers", 0);
    sales_too = database(&index, "sales", 0);
    meta = database(&index, "meta", 0);
    check(mdb_txn_commit(index.txn), "commit");

    seq = 0;
    commits = 0;
    start = now = now_ns();
    end = start + (int64_t) (atof(argv[2]) * 1e9);

    while (now < end) {
        check(mdb_txn_begin(log.env, NULL, 0, &log.txn), "begin");
        check(mdb_txn_begin(index.env, NULL, 0, &index.txn), "begin");

        ledger_at = cursor(&log, ledger);
        holds_at = cursor(&index, holds);
        due_at = cursor(&index, due);
        buyers_at = cursor(&index, buyers);

        for (n = 0; n < batch; n++) {
            reserve(++seq, ledger_at, holds_at, due_at, buyers_at);
        }

        put(cursor(&log, sales), "sale", 4, filler, SALE_ROW, 0);
        at = cursor(&log, rings);

        for (i = 0; i < WORKERS; i++) {
            filler[0] = (uint8_t) i;
            put(at, filler, FS_INCARNATION_LEN, filler, FS_RING_ROW_SIZE, 0);
        }

        put(cursor(&index, sales_too), "sale", 4, filler, SALE_ROW, 0);
        put(cursor(&index, meta), "position", 8, filler, POSITION, 0);

        check(mdb_txn_commit(log.txn), "commit");
        check(mdb_txn_commit(index.txn), "commit");
        commits++;
        now = now_ns();
    }

    took = (double) (now - start) / 1e9;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);

    printf("result %llu %.3f %llu %.3f %lu %lu\n", (unsigned long long) seq,
           took, (unsigned long long) commits,
           (double) cpu.tv_sec + (double) cpu.tv_nsec / 1e9, used(&log),
           used(&index));

    mdb_env_close(log.env);
    mdb_env_close(index.env);

    return 0;
}
