
/*
 * Rows by buyer, in generations.  The lengths of the first ones are 32
 * entries here (see fixture.h).
 */

#include "fixture.h"
#include "buyer_rows.h"
#include <dlfcn.h>
#include <errno.h>
#include <sys/syscall.h>
#include <sys/vfs.h>


#define GENERATION  32

static int       disk_full;
static int       copies;                /* the file system is btrfs */
static MDB_txn  *writing;               /* one that is open, for teardown */


int
statfs(const char *path, struct statfs *fs)
{
    int  rc;

    rc = ((__typeof__(&statfs)) dlsym(RTLD_NEXT, "statfs"))(path, fs);

    if (copies) {
        fs->f_type = 0x9123683e;
    }

    return rc;
}


ssize_t
pwrite(int fd, const void *buf, size_t len, off_t offset)
{
    if (disk_full) {
        errno = ENOSPC;
        return -1;
    }

    return syscall(SYS_pwrite64, fd, buf, len, offset);
}


static void
key_of(uint8_t *key, unsigned number, unsigned what)
{
    memset(key, 0, FS_UNITS_KEY_LEN);
    fixture_buyer(key, number);
    fs_set_be32(key + FS_BUYER_LEN, what);
}


static void
put(fs_buyers_t *buyers, fs_seq_t seq, unsigned number,
    unsigned what, uint64_t value)
{
    uint8_t  key[FS_UNITS_KEY_LEN], *room;

    key_of(key, number, what);
    room = fs_buyers_reserve(buyers, seq, key, sizeof(key), 8);
    assert_non_null(room);
    fs_set_le64(room, value);
}


/* The value, 0: there is none. */

static uint64_t
get(fs_buyers_t *buyers, unsigned number, unsigned what)
{
    uint8_t   key[FS_UNITS_KEY_LEN];
    fs_str_t  value;

    key_of(key, number, what);

    if (!fs_buyers_get(buyers, key, sizeof(key), &value)) {
        assert_int_equal(buyers->txn->error, 0);
        return 0;
    }

    assert_int_equal(value.len, 8);

    return fs_get_le64(value.data);
}


static void
drop(fs_buyers_t *buyers, unsigned number, unsigned what, uint64_t value)
{
    uint8_t  key[FS_UNITS_KEY_LEN], row[8];

    key_of(key, number, what);
    fs_set_le64(row, value);
    fs_buyers_delete(buyers, key, sizeof(key), row, sizeof(row));
}


/* A transaction of the index alone. */

static void
begin(fixture_t *fixture, fs_buyers_t *buyers, fs_txn_t *txn, int snapshot)
{
    memset(txn, 0, sizeof(fs_txn_t));
    assert_int_equal(mdb_txn_begin(fixture->store->index, NULL,
                                   snapshot ? MDB_RDONLY : 0, &txn->txn), 0);
    writing = snapshot ? writing : txn->txn;
    fs_buyers_begin(buyers, fixture->store, txn, snapshot);
}


static void
commit(fs_txn_t *txn)
{
    assert_int_equal(txn->error, 0);
    writing = NULL;
    assert_int_equal(mdb_txn_commit(txn->txn), 0);
}


static void
give_up(fs_txn_t *txn)
{
    writing = NULL;
    mdb_txn_abort(txn->txn);
}


/* A test that failed within a transaction would never get its lock again. */

static int
teardown(void **context)
{
    mdb_txn_abort(writing);
    writing = NULL;

    return fixture_teardown(context);
}


/* The last that was written counts, in whichever generation it lies. */

static void
test_newest(void **context)
{
    fs_txn_t      txn;
    fixture_t    *fixture = *context;
    fs_buyers_t   buyers;

    memset(&buyers, 0, sizeof(buyers));
    begin(fixture, &buyers, &txn, 0);

    assert_int_equal(get(&buyers, 1, 7), 0);

    put(&buyers, 5, 1, 7, 50);
    put(&buyers, 6, 1, 8, 60);
    put(&buyers, 7, 2, 7, 70);
    assert_int_equal(get(&buyers, 1, 7), 50);
    assert_int_equal(buyers.n, 1);

    /* three generations on */

    put(&buyers, 5 + 3 * GENERATION, 1, 7, 51);
    assert_int_equal(buyers.n, 4);
    assert_int_equal(get(&buyers, 1, 7), 51);
    assert_int_equal(get(&buyers, 1, 8), 60);
    assert_int_equal(get(&buyers, 2, 7), 70);
    assert_int_equal(get(&buyers, 2, 8), 0);
    assert_int_equal(get(&buyers, 3, 7), 0);
    commit(&txn);

    assert_int_equal(buyer_rows(fixture->store), 4);

    begin(fixture, &buyers, &txn, 0);
    put(&buyers, 6 + 3 * GENERATION, 1, 7, 52);
    assert_int_equal(get(&buyers, 1, 7), 52);
    commit(&txn);

    begin(fixture, &buyers, &txn, 1);
    assert_int_equal(get(&buyers, 1, 7), 52);
    assert_int_equal(get(&buyers, 1, 8), 60);
    mdb_txn_abort(txn.txn);

    /* written over in place */

    assert_int_equal(buyer_rows(fixture->store), 4);
}


/* The row of this value goes, and no other. */

static void
test_delete(void **context)
{
    fs_txn_t      txn;
    fixture_t    *fixture = *context;
    fs_buyers_t   buyers;

    memset(&buyers, 0, sizeof(buyers));
    begin(fixture, &buyers, &txn, 0);

    put(&buyers, 1, 1, 7, 10);
    put(&buyers, 1 + GENERATION, 1, 7, 11);
    put(&buyers, 1 + 2 * GENERATION, 1, 9, 12);

    drop(&buyers, 1, 7, 12);
    assert_int_equal(get(&buyers, 1, 7), 11);

    drop(&buyers, 1, 7, 10);
    assert_int_equal(get(&buyers, 1, 7), 11);

    drop(&buyers, 1, 7, 11);
    assert_int_equal(get(&buyers, 1, 7), 0);
    assert_int_equal(get(&buyers, 1, 9), 12);

    commit(&txn);
    assert_int_equal(buyer_rows(fixture->store), 1);
}


/* An aborted transaction takes its generation with it. */

static void
test_aborted(void **context)
{
    fs_txn_t      txn;
    fixture_t    *fixture = *context;
    fs_buyers_t   buyers;

    memset(&buyers, 0, sizeof(buyers));
    begin(fixture, &buyers, &txn, 0);
    put(&buyers, 1, 1, 7, 10);
    commit(&txn);

    begin(fixture, &buyers, &txn, 0);
    put(&buyers, 1, 2, 7, 20);
    put(&buyers, 1 + GENERATION, 3, 7, 30);
    assert_int_equal(buyers.n, 2);
    give_up(&txn);

    begin(fixture, &buyers, &txn, 0);
    assert_int_equal(get(&buyers, 1, 7), 10);
    assert_int_equal(get(&buyers, 2, 7), 0);
    assert_int_equal(get(&buyers, 3, 7), 0);
    assert_int_equal(buyers.n, 1);
    put(&buyers, 1 + GENERATION, 2, 7, 21);
    assert_int_equal(get(&buyers, 2, 7), 21);
    commit(&txn);

    assert_int_equal(buyer_rows(fixture->store), 2);
}


/*
 * A snapshot's filters are loaded once, and again when another transaction
 * is read, or another index.
 */

static void
test_snapshots(void **context)
{
    fs_txn_t      txn, other;
    fixture_t    *fixture = *context;
    fs_buyers_t   writer, reader;

    memset(&writer, 0, sizeof(writer));
    memset(&reader, 0, sizeof(reader));

    begin(fixture, &writer, &txn, 0);
    put(&writer, 1, 1, 7, 10);
    commit(&txn);

    begin(fixture, &reader, &txn, 1);
    assert_int_equal(get(&reader, 1, 7), 10);

    /* it is committed beside the snapshot */

    begin(fixture, &writer, &other, 0);
    put(&writer, 1 + GENERATION, 2, 7, 20);
    put(&writer, 1 + GENERATION, 1, 7, 11);
    commit(&other);

    assert_int_equal(get(&reader, 1, 7), 10);
    assert_int_equal(get(&reader, 2, 7), 0);
    mdb_txn_abort(txn.txn);

    begin(fixture, &reader, &txn, 1);
    assert_int_equal(get(&reader, 1, 7), 11);
    assert_int_equal(get(&reader, 2, 7), 20);
    mdb_txn_abort(txn.txn);

    /* what is known is not loaded again */

    begin(fixture, &reader, &txn, 1);
    reader.filters[1] = reader.filters[0];
    assert_int_equal(get(&reader, 2, 7), 0);
    mdb_txn_abort(txn.txn);

    reader.index_n++;
    begin(fixture, &reader, &txn, 1);
    assert_int_equal(get(&reader, 2, 7), 20);
    mdb_txn_abort(txn.txn);
}


/* Bits are set where the filter lies, so it must never move. */

static void
test_stays(void **context)
{
    unsigned           i;
    fs_txn_t           txn;
    fixture_t         *fixture = *context;
    fs_buyers_t        buyers;
    _Atomic uint64_t  *words;

    memset(&buyers, 0, sizeof(buyers));
    words = NULL;

    for (i = 0; i < 400; i++) {
        begin(fixture, &buyers, &txn, 0);
        put(&buyers, 1 + i * 2, i + 1, 7, i + 1);
        put(&buyers, 1 + i * 2, 1, 7, i + 1);

        /* without a map that is written it is made in memory */

        if (i == 0 || (i == 1 && !fixture->store->index_mapped)) {
            words = buyers.filters[0].words;
        }

        assert_ptr_equal(buyers.filters[0].words, words);

        if (i != 0 || fixture->store->index_mapped) {
            assert_int_equal((uintptr_t) words % 64, 0);
        }

        commit(&txn);
    }

    assert_true(buyers.n > 16);
    begin(fixture, &buyers, &txn, 1);

    for (i = 1; i < 400; i++) {
        assert_int_equal(get(&buyers, i + 1, 7), i + 1);
    }

    assert_int_equal(get(&buyers, 1, 7), 400);
    mdb_txn_abort(txn.txn);
}


/* A full filter seldom says yes of who is not there. */

static void
test_filter(void **context)
{
    unsigned      i, wrong;
    fs_txn_t      txn;
    fixture_t    *fixture = *context;
    fs_buyers_t   buyers;

    const unsigned  many = 65536;

    fixture->store->generation = many;
    memset(&buyers, 0, sizeof(buyers));
    begin(fixture, &buyers, &txn, 0);

    for (i = 1; i < many; i++) {
        put(&buyers, i, i, 7, i);
    }

    wrong = 0;

    for (i = 1; i < many; i++) {
        assert_int_equal(get(&buyers, i, 7), i);
        assert_int_equal(buyers.in_n, 1);
        assert_int_equal(get(&buyers, many + i, 7), 0);
        wrong += buyers.in_n;
    }

    assert_in_range(wrong, 1, many / 20);
    give_up(&txn);
}


/* Generations become longer, so their number stays small. */

static void
test_growth(void **context)
{
    uint64_t     first, seq;
    fs_txn_t     txn;
    fixture_t   *fixture = *context;
    fs_buyers_t  buyers;

    memset(&buyers, 0, sizeof(buyers));
    begin(fixture, &buyers, &txn, 0);

    for (seq = 1; seq < 16 * GENERATION; seq += GENERATION) {
        put(&buyers, seq, 1, 7, seq);
        assert_int_equal(buyers.current, seq / GENERATION);
    }

    put(&buyers, 16 * GENERATION - 1, 1, 7, 1);
    assert_int_equal(buyers.current, 15);
    put(&buyers, 16 * GENERATION, 1, 7, 1);
    assert_int_equal(buyers.current, 16);

    put(&buyers, 1600 * GENERATION, 1, 7, 2);
    assert_in_range(buyers.current, 80, 100);
    assert_int_equal(get(&buyers, 1, 7), 2);
    give_up(&txn);

    /* and space for them is asked for before they begin */

    first = fs_buyers_filters(fixture->store, 1, 1);
    assert_true(first >= 65536);
    assert_int_equal(fs_buyers_filters(fixture->store, 1, GENERATION - 2),
                     first);
    assert_true(fs_buyers_filters(fixture->store, 1, GENERATION)
                >= 2 * 65536);
    assert_int_equal(fs_buyers_filters(fixture->store, GENERATION + 1, 1),
                     first);

    fixture->store->generation = FS_GENERATION;
    assert_true(fs_buyers_filters(fixture->store, 1000000000, 1)
                > 1000000000 / 18);
    assert_true(fs_buyers_filters(fixture->store, UINT64_MAX / 2, 1) > 0);
}


/* The lengths are those of the index that is written. */

static void
test_lengths(void **context)
{
    fs_txn_t      txn;
    fixture_t    *fixture = *context;
    fs_buyers_t   buyers;

    memset(&buyers, 0, sizeof(buyers));

    begin(fixture, &buyers, &txn, 0);
    put(&buyers, 3 * GENERATION, 1, 7, 1);
    assert_int_equal(buyers.current, 3);
    give_up(&txn);

    fixture->store->generation = 4 * GENERATION;

    begin(fixture, &buyers, &txn, 0);
    put(&buyers, 3 * GENERATION, 1, 7, 1);
    assert_int_equal(buyers.current, 0);
    give_up(&txn);
}


/*
 * Without a map that is written a bit is a write: on a full disk it is an
 * error of the transaction, and nothing was added.
 */

static void
test_full(void **context)
{
    uint8_t       key[FS_UNITS_KEY_LEN];
    fs_txn_t      txn;
    fixture_t    *fixture = *context;
    fs_buyers_t   buyers;

    fixture_close(fixture, 1);
    copies = 1;
    fixture_open(fixture);
    copies = 0;
    assert_false(fixture->store->index_mapped);

    memset(&buyers, 0, sizeof(buyers));
    begin(fixture, &buyers, &txn, 0);
    put(&buyers, 1, 1, 7, 11);
    commit(&txn);

    begin(fixture, &buyers, &txn, 0);
    key_of(key, 2, 7);
    disk_full = 1;
    assert_null(fs_buyers_reserve(&buyers, 2, key, sizeof(key), 8));
    disk_full = 0;
    assert_int_equal(txn.error, ENOSPC);
    give_up(&txn);

    begin(fixture, &buyers, &txn, 0);
    assert_int_equal(get(&buyers, 2, 7), 0);
    assert_int_equal(buyers.in_n, 0);
    put(&buyers, 2, 2, 7, 22);
    assert_int_equal(get(&buyers, 1, 7), 11);
    commit(&txn);

    begin(fixture, &buyers, &txn, 1);
    assert_int_equal(get(&buyers, 1, 7), 11);
    assert_int_equal(get(&buyers, 2, 7), 22);
    assert_int_equal(buyers.in_n, 1);
    mdb_txn_abort(txn.txn);
}


/* What is no filter, or was written over, is damage, and no answer. */

static void
test_damaged(void **context)
{
    int           fd;
    uint8_t       first, zeros[64] = { 0 };
    MDB_val       key, value;
    fs_txn_t      txn;
    uint32_t      sale;
    uint64_t      i, at;
    MDB_stat      stat;
    fixture_t    *fixture = *context;
    fs_buyers_t   buyers;
    fs_command_t  command;

    sale = fixture_stocked(fixture, "grape", 9, 0);
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 7), "created");

    memset(&buyers, 0, sizeof(buyers));
    begin(fixture, &buyers, &txn, 0);
    assert_int_equal(get(&buyers, 1, 99), 0);
    assert_int_equal(buyers.in_n, 1);

    assert_int_equal(mdb_env_get_fd(fixture->store->index, &fd), 0);
    mdb_env_stat(fixture->store->index, &stat);

    /* the number of its first page, then the header and what lacks to 64 */

    at = fs_get_le64((uint8_t *) buyers.filters[0].words - 64)
         * stat.ms_psize + 64;

    for (i = 0; i < buyers.filters[0].blocks; i++) {
        assert_int_equal(pwrite(fd, zeros, sizeof(zeros),
                                (off_t) (at + i * 64)), 64);
    }

    give_up(&txn);

    fixture_hold(&command, 1, sale, 1, 7);
    fixture_begin(fixture);
    fs_decide(&fixture->sheet, &command, NULL, &fixture->now,
              &fixture->result);
    assert_int_equal(fixture->write.index.error, MDB_CORRUPTED);
    fixture_abort(fixture);

    /* then another index is folded */

    assert_string_equal(fixture_take(fixture, 1, sale, 1, 7), "replayed");
    assert_int_equal(fixture->store->index_n, 2);

    first = 0;
    key.mv_size = 1;
    key.mv_data = &first;
    value.mv_size = 7;
    value.mv_data = "garbage";

    begin(fixture, &buyers, &txn, 0);
    assert_int_equal(mdb_put(txn.txn,
                             fixture->store->index_dbi[FS_INDEX_FILTERS],
                             &key, &value, 0), 0);
    commit(&txn);

    fixture_begin(fixture);
    fs_decide(&fixture->sheet, &command, NULL, &fixture->now,
              &fixture->result);
    assert_int_equal(fixture->write.index.error, MDB_CORRUPTED);
    fixture_abort(fixture);

    assert_string_equal(fixture_take(fixture, 1, sale, 1, 7), "replayed");
    assert_int_equal(fixture->store->index_n, 3);
}


/* An index without generations is not this program's. */

static void
test_other_layout(void **context)
{
    MDB_val     key, value;
    MDB_txn    *txn;
    uint8_t     identity[4];
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = fixture_stocked(fixture, "grape", 9, 0);
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 7), "created");
    assert_int_equal(fixture->store->index_n, 1);

    fs_set_le32(identity, 1);
    key.mv_size = 8;
    key.mv_data = "identity";
    value.mv_size = 4;
    value.mv_data = identity;

    assert_int_equal(mdb_txn_begin(fixture->store->index, NULL, 0, &txn), 0);
    assert_int_equal(mdb_put(txn, fixture->store->index_dbi[FS_INDEX_META],
                             &key, &value, 0), 0);
    assert_int_equal(mdb_txn_commit(txn), 0);

    fixture_close(fixture, 1);
    fixture_open(fixture);

    assert_int_equal(fixture->store->index_n, 2);
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 7), "replayed");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_newest, fixture_setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_delete, fixture_setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_aborted, fixture_setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_snapshots, fixture_setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_stays, fixture_setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_filter, fixture_setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_growth, fixture_setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_lengths, fixture_setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_full, fixture_setup, teardown),
        cmocka_unit_test_setup_teardown(test_damaged, fixture_setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_other_layout, fixture_setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
