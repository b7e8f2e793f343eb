
/*
 * The wrapper round LMDB: what it finds, the sticky error, the kept cursors,
 * the integers, and the look at files before they are opened.
 */

#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "lmdb/env.h"


#define KEYS  400
#define STEPS 20000

static unsigned   fs_type;              /* 0: as it is */
static uint64_t   fs_free;              /* and then so many bytes are free */


int
statfs(const char *path, struct statfs *fs)
{
    int  rc;

    rc = (int) syscall(SYS_statfs, path, fs);

    if (fs_type != 0) {
        fs->f_type = fs_type;
    }

    return rc;
}


int
fstatfs(int fd, struct statfs *fs)
{
    int  rc;

    rc = (int) syscall(SYS_fstatfs, fd, fs);

    if (fs_type != 0) {
        fs->f_type = fs_type;
        fs->f_bavail = fs_free / (uint64_t) fs->f_bsize;
    }

    return rc;
}


typedef struct {
    char                 path[64];
    char                 file[96];
    MDB_env             *env;
    MDB_dbi              plain;
    MDB_dbi              dup;
    fs_txn_t             txn;
    MDB_cursor          *cursors[FS_DB_CURSORS];
} base_t;

static const fs_env_db_t  base_dbs[] = {
    { "plain", 0 },
    { "dup", MDB_DUPSORT|MDB_DUPFIXED }
};


static void
base_begin(base_t *base, int cursors)
{
    memset(&base->txn, 0, sizeof(base->txn));
    assert_int_equal(mdb_txn_begin(base->env, NULL, 0, &base->txn.txn), 0);

    if (cursors) {
        fs_db_keep_cursors(&base->txn, base->cursors);
    }
}


static void
base_open(base_t *base, size_t size)
{
    MDB_dbi  dbi[2];

    assert_int_equal(fs_env_open(&base->env, base->path, size, 4, MDB_NOSYNC),
                     0);
    base_begin(base, 0);
    assert_int_equal(fs_env_handles(base->txn.txn, base_dbs, 2, 1, dbi, NULL),
        0);
    assert_int_equal(mdb_txn_commit(base->txn.txn), 0);

    base->plain = dbi[0];
    base->dup = dbi[1];
}


static int
base_setup(void **context)
{
    base_t  *base;

    base = calloc(1, sizeof(base_t));
    assert_non_null(base);

    strcpy(base->path, "/tmp/test-db-XXXXXX");
    assert_non_null(mkdtemp(base->path));
    snprintf(base->file, sizeof(base->file), "%s/data.mdb", base->path);

    base_open(base, 64 << 20);
    *context = base;

    return 0;
}


static int
base_teardown(void **context)
{
    base_t  *base = *context;

    if (base->env) {
        mdb_env_close(base->env);
    }

    files_remove(base->path);
    free(base);

    return 0;
}


static void
test_rows(void **context)
{
    char      *room;
    base_t    *base = *context;
    fs_str_t   key, value;

    base_begin(base, 0);
    assert_int_equal(base->txn.dirty, 0);

    fs_db_put(&base->txn, base->plain, "b", 1, "two", 3, 0);
    room = fs_db_reserve(&base->txn, base->plain, "d", 1, 4, 0);
    assert_non_null(room);
    memcpy(room, "four", 4);

    assert_int_equal(base->txn.dirty, 1);
    assert_int_equal(base->txn.error, 0);

    assert_true(fs_db_get(&base->txn, base->plain, "d", 1, &value));
    assert_int_equal(value.len, 4);
    assert_memory_equal(value.data, "four", 4);
    assert_false(fs_db_get(&base->txn, base->plain, "c", 1, &value));

    assert_true(fs_db_seek(&base->txn, base->plain, "c", 1, &key, &value));
    assert_int_equal(key.data[0], 'd');
    assert_false(fs_db_seek(&base->txn, base->plain, "e", 1, &key, &value));

    assert_true(fs_db_last(&base->txn, base->plain, &key, &value));
    assert_int_equal(key.data[0], 'd');

    assert_true(fs_db_delete(&base->txn, base->plain, "d", 1, NULL, 0));
    assert_false(fs_db_delete(&base->txn, base->plain, "d", 1, NULL, 0));
    assert_true(fs_db_last(&base->txn, base->plain, &key, &value));
    assert_int_equal(key.data[0], 'b');

    fs_db_put(&base->txn, base->dup, "k", 1, "0002", 4, 0);
    fs_db_put(&base->txn, base->dup, "k", 1, "0001", 4, 0);
    assert_true(fs_db_seek(&base->txn, base->dup, "k", 1, &key, &value));
    assert_memory_equal(value.data, "0001", 4);
    assert_true(fs_db_delete(&base->txn, base->dup, "k", 1, "0001", 4));
    assert_true(fs_db_seek(&base->txn, base->dup, "k", 1, &key, &value));
    assert_memory_equal(value.data, "0002", 4);

    assert_int_equal(base->txn.error, 0);
    mdb_txn_abort(base->txn.txn);
}


/* After a failure nothing is done and nothing is found. */

static void
test_sticky(void **context)
{
    char       key[600];
    base_t    *base = *context;
    fs_str_t   found, value;

    base_begin(base, 0);
    fs_db_put(&base->txn, base->plain, "a", 1, "one", 3, 0);

    memset(key, 'x', sizeof(key));
    fs_db_put(&base->txn, base->plain, key, sizeof(key), "long", 4, 0);
    assert_int_equal(base->txn.error, MDB_BAD_VALSIZE);

    fs_db_put(&base->txn, base->plain, "b", 1, "two", 3, 0);
    assert_null(fs_db_reserve(&base->txn, base->plain, "c", 1, 3, 0));
    assert_false(fs_db_get(&base->txn, base->plain, "a", 1, &value));
    assert_false(fs_db_seek(&base->txn, base->plain, "a", 1, &found, &value));
    assert_false(fs_db_last(&base->txn, base->plain, &found, &value));
    assert_false(fs_db_delete(&base->txn, base->plain, "a", 1, NULL, 0));
    assert_int_equal(base->txn.error, MDB_BAD_VALSIZE);

    base->txn.error = 0;
    assert_true(fs_db_get(&base->txn, base->plain, "a", 1, &value));
    assert_false(fs_db_get(&base->txn, base->plain, "b", 1, &value));

    mdb_txn_abort(base->txn.txn);
}


/*
 * Kept cursors find what cursors made for each call would: random puts, gets
 * and deletes against an array, through splits, merges and an empty tree.
 */

static void
test_cursors(void **context)
{
    char       value[KEYS][40];
    int        there[KEYS], found;
    base_t    *base = *context;
    uint8_t    key[8];
    unsigned   i, n, step, len;
    uint64_t   seed;
    fs_str_t   row;

    memset(there, 0, sizeof(there));
    seed = 1;

    base_begin(base, 1);

    for (step = 0; step < STEPS; step++) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        i = (unsigned) (seed >> 33) % KEYS;
        memset(key, 0, sizeof(key));
        fs_set_be32(key + 2, i * 2654435761u);

        switch ((seed >> 60) % 4) {

        case 0:
            found = fs_db_delete(&base->txn, base->plain, key, 8, NULL, 0);
            assert_int_equal(found, there[i]);
            there[i] = 0;
            break;

        case 1:
            found = fs_db_get(&base->txn, base->plain, key, 8, &row);
            assert_int_equal(found, there[i]);

            if (found) {
                assert_int_equal(row.len, strlen(value[i]));
                assert_memory_equal(row.data, value[i], row.len);
            }
            break;

        default:
            len = 1 + (unsigned) (seed >> 40) % 38;
            memset(value[i], 'a' + (int) (step % 26), len);
            value[i][len] = '\0';
            there[i] = 1;
            fs_db_put(&base->txn, base->plain, key, 8, value[i], len, 0);
        }

        if (step == STEPS / 2) {

            for (n = 0; n < KEYS; n++) {
                fs_set_be32(key + 2, n * 2654435761u);
                assert_int_equal(fs_db_delete(&base->txn, base->plain, key, 8,
                                              NULL, 0), there[n]);
                there[n] = 0;
            }

            assert_int_equal(mdb_txn_commit(base->txn.txn), 0);
            base_begin(base, 1);
        }

        assert_int_equal(base->txn.error, 0);
    }

    assert_int_equal(mdb_txn_commit(base->txn.txn), 0);
    base_begin(base, 0);

    for (i = 0; i < KEYS; i++) {
        fs_set_be32(key + 2, i * 2654435761u);
        assert_int_equal(fs_db_get(&base->txn, base->plain, key, 8, &row),
                         there[i]);
    }

    mdb_txn_abort(base->txn.txn);
}


static void
test_integers(void **context)
{
    uint8_t  b[8];

    (void) context;

    fs_set_be32(b, 0x01020384);
    assert_memory_equal(b, "\x01\x02\x03\x84", 4);
    assert_int_equal(fs_get_be32(b), 0x01020384);

    fs_set_be64(b, 0x8182838485868788);
    assert_memory_equal(b, "\x81\x82\x83\x84\x85\x86\x87\x88", 8);
    assert_true(fs_get_be64(b) == 0x8182838485868788);

    fs_set_le16(b, 0x8182);
    assert_memory_equal(b, "\x82\x81", 2);
    assert_int_equal(fs_get_le16(b), 0x8182);

    fs_set_le32(b, 0x81828384);
    assert_memory_equal(b, "\x84\x83\x82\x81", 4);
    assert_true(fs_get_le32(b) == 0x81828384);

    fs_set_le64(b, 0x8182838485868788);
    assert_memory_equal(b, "\x88\x87\x86\x85\x84\x83\x82\x81", 8);
    assert_true(fs_get_le64(b) == 0x8182838485868788);
}


static void
test_outcomes(void **context)
{
    unsigned  i;

    static const struct {
        int           error;
        fs_outcome_t  outcome;
    } map[] = {
        { 0, FS_OK },
        { MDB_MAP_FULL, FS_STORE_FULL },
        { ENOSPC, FS_STORE_FULL },
        { EDQUOT, FS_STORE_FULL },
        { EFBIG, FS_STORE_FULL },
        { EIO, FS_DISK_FAILED },
        { EROFS, FS_DISK_FAILED },
        { MDB_PANIC, FS_UNKNOWN },
        { MDB_READERS_FULL, FS_NOT_READY },
        { MDB_MAP_RESIZED, FS_NOT_READY },
        { ENOMEM, FS_NOT_READY },
        { MDB_CORRUPTED, FS_NOT_READY },
        { FS_DB_LOST, FS_NOT_READY },
        { FS_DB_ROW, FS_NOT_READY },
        { MDB_BAD_TXN, FS_NOT_READY },
        { MDB_PAGE_FULL, FS_NOT_READY },
        { MDB_INVALID, FS_NOT_READY },
        { MDB_BAD_VALSIZE, FS_INTERNAL },
        { EINVAL, FS_INTERNAL }
    };

    (void) context;

    for (i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
        assert_string_equal(fs_outcome_code(fs_db_outcome(map[i].error)),
                            fs_outcome_code(map[i].outcome));
        assert_non_null(fs_db_strerror(map[i].error));
    }

    assert_true(fs_db_damaged(MDB_CORRUPTED));
    assert_true(fs_db_damaged(MDB_PAGE_NOTFOUND));
    assert_true(fs_db_damaged(MDB_BAD_TXN));
    assert_false(fs_db_damaged(MDB_MAP_FULL));
    assert_false(fs_db_damaged(EIO));
    assert_false(fs_db_damaged(0));
}


static void
base_patch(base_t *base, long offset, const void *bytes, size_t len)
{
    int  fd;

    fd = open(base->file, O_WRONLY);
    assert_int_not_equal(fd, -1);
    assert_int_equal(pwrite(fd, bytes, len, offset), len);
    close(fd);
}


/* Files that LMDB itself would crash on, or read beyond the end of. */

static void
test_look(void **context)
{
    char       why[FS_ENV_WHY_MAX];
    base_t    *base = *context;
    uint8_t    page[8192], saved[8192];
    int        fd;
    unsigned   i;

    base_begin(base, 0);

    for (i = 0; i < 20000; i++) {
        fs_db_put(&base->txn, base->plain, &i, sizeof(i), "value", 5, 0);
    }

    assert_int_equal(mdb_txn_commit(base->txn.txn), 0);
    mdb_env_close(base->env);
    base->env = NULL;

    assert_int_equal(fs_env_probe(base->file, why), 1);
    assert_string_equal(why, "");

    fd = open(base->file, O_RDONLY);
    assert_int_equal(pread(fd, saved, sizeof(saved), 0), sizeof(saved));
    close(fd);

    /* a page size of zero, of a garbage number; no magic; a wild root */

    memset(page, 0, sizeof(page));
    base_patch(base, 40, page, 4);
    assert_int_equal(fs_env_probe(base->file, why), -1);
    assert_non_null(strstr(why, "no LMDB file"));
    base_patch(base, 0, saved, sizeof(saved));

    base_patch(base, 4096 + 40, "\x01\x10\x00\x00", 4);
    assert_int_equal(fs_env_probe(base->file, why), -1);
    base_patch(base, 0, saved, sizeof(saved));

    base_patch(base, 16, "garbage!", 8);
    assert_int_equal(fs_env_probe(base->file, why), -1);
    base_patch(base, 0, saved, sizeof(saved));

    memset(page, 0x7f, 8);
    base_patch(base, 128, page, 8);
    base_patch(base, 4096 + 128, page, 8);
    assert_int_equal(fs_env_probe(base->file, why), -1);
    base_patch(base, 0, saved, sizeof(saved));

    assert_int_equal(fs_env_probe(base->file, why), 1);

    /* the root's page is another one */

    i = (unsigned) fs_get_le64(saved + 128);

    if (fs_get_le64(saved + 4096 + 144) > fs_get_le64(saved + 144)) {
        i = (unsigned) fs_get_le64(saved + 4096 + 128);
    }

    fd = open(base->file, O_RDONLY);
    assert_int_equal(pread(fd, page, 4096, i * 4096L), 4096);
    close(fd);

    base_patch(base, i * 4096L, "\xff\xff", 2);
    assert_int_equal(fs_env_probe(base->file, why), -1);
    assert_non_null(strstr(why, "damaged"));
    base_patch(base, i * 4096L, page, 4096);
    assert_int_equal(fs_env_probe(base->file, why), 1);

    /* cut short, in the pages and in the meta pages; empty; gone */

    assert_int_equal(truncate(base->file, 40960), 0);
    assert_int_equal(fs_env_probe(base->file, why), -1);
    assert_non_null(strstr(why, "cut short"));

    assert_int_equal(truncate(base->file, 5000), 0);
    assert_int_equal(fs_env_probe(base->file, why), -1);

    assert_int_equal(truncate(base->file, 100), 0);
    assert_int_equal(fs_env_probe(base->file, why), -1);

    assert_int_equal(truncate(base->file, 0), 0);
    assert_int_equal(fs_env_probe(base->file, why), 0);

    assert_int_equal(unlink(base->file), 0);
    assert_int_equal(fs_env_probe(base->file, why), 0);

    assert_int_equal(mkdir(base->file, 0700), 0);
    assert_int_equal(fs_env_probe(base->file, why), -1);
}


/* The file is always longer than what is used of it, up to the map. */

static void
test_length(void **context)
{
    char         why[FS_ENV_WHY_MAX];
    base_t      *base = *context;
    uint64_t     length;
    struct stat  st;

    length = 0;
    fs_env_lengthen(base->env, &length);
    assert_int_equal(stat(base->file, &st), 0);
    assert_int_equal(st.st_size, length);
    assert_true(length == 64 << 20);
    assert_true(st.st_blocks * 512 < 1 << 20);

    assert_int_equal(truncate(base->file, 8 << 20), 0);
    length = 0;
    fs_env_lengthen(base->env, &length);
    assert_int_equal(stat(base->file, &st), 0);
    assert_int_equal(st.st_size, 64 << 20);

    assert_int_equal(fs_env_probe(base->file, why), 1);
}


/* Opened again, with a map that is written where the file system allows. */

static void
base_again(base_t *base, unsigned type)
{
    mdb_env_close(base->env);
    fs_type = type;
    assert_int_equal(fs_env_open(&base->env, base->path, 64 << 20, 4,
                                 MDB_NOSYNC|MDB_WRITEMAP), 0);
}


/* Space is taken before it is used, or it is an error. */

static void
test_room(void **context)
{
    base_t      *base = *context;
    uint64_t     room;
    struct stat  st;

    base_again(base, 0xef53);
    fs_free = 0;
    room = 0;
    assert_int_equal(fs_env_room(base->env, 1 << 20, 0, &room), 0);
    assert_int_equal(stat(base->file, &st), 0);
    assert_true(room >= 1 << 20);
    assert_true((uint64_t) st.st_blocks * 512 >= room);

    /* not beyond the map, which LMDB guards itself */

    assert_int_equal(fs_env_room(base->env, 1ULL << 40, 0, &room), 0);
    assert_int_equal(room, 64 << 20);
}


/* Where taken space is not kept none is taken: it has to be there. */

static void
test_not_kept(void **context)
{
    char         why[FS_ENV_WHY_MAX];
    base_t      *base = *context;
    uint64_t     room;
    struct stat  st;

    base_again(base, 0x9123683e);
    assert_int_equal(truncate(base->file, 1 << 20), 0);

    fs_free = 3 << 20;
    room = 0;
    assert_int_equal(fs_env_room(base->env, 1024, 0, &room), 0);
    assert_int_equal(fs_env_room(base->env, 1024, 4 << 20, &room), ENOSPC);

    fs_free = 1ULL << 30;
    assert_int_equal(fs_env_room(base->env, 1ULL << 40, 0, &room), 0);
    assert_int_equal(stat(base->file, &st), 0);
    assert_true(st.st_blocks * 512 < 1 << 20);

    /* and the file is longer than what is used of it */

    assert_int_equal(st.st_size, 64 << 20);
    assert_int_equal(fs_env_probe(base->file, why), 1);
}


/* A map is written where a page written over is known to have its place. */

static void
test_kinds(void **context)
{
    unsigned  i;
    base_t   *base = *context;

    static const struct {
        unsigned  type;
        int       mapped;
    } kinds[] = {
        { 0xef53, 1 }, { 0x58465342, 1 }, { 0x01021994, 1 },
        { 0x9123683e, 0 }, { 0x2fc12fc1, 0 }, { 0xca451a4e, 0 },
        { 0x794c7630, 0 }, { 0xf2f52010, 0 }, { 0x3434, 0 },
        { 0x65735546, 0 }, { 0x01021997, 0 }, { 0x12345678, 0 }
    };

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        base_again(base, kinds[i].type);
        assert_int_equal(fs_env_mapped(base->env), kinds[i].mapped);
    }
}


/* A filter has so many bytes when a ledger has a hundred million entries. */

static void
test_long(void **context)
{
    char      *bytes;
    size_t     size;
    base_t    *base = *context;
    fs_str_t   found;

    size = 6 << 20;
    bytes = calloc(1, size);
    assert_non_null(bytes);
    bytes[size - 1] = 7;

    base_begin(base, 0);
    fs_db_put(&base->txn, base->plain, "long", 4, bytes, size, 0);
    assert_true(fs_db_get(&base->txn, base->plain, "long", 4, &found));
    assert_int_equal(mdb_txn_commit(base->txn.txn), 0);

    base_begin(base, 0);
    assert_true(fs_db_get(&base->txn, base->plain, "long", 4, &found));
    assert_int_equal(found.len, size);
    assert_int_equal(found.data[size - 1], 7);

    mdb_txn_abort(base->txn.txn);

    free(bytes);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, base_setup,
                                        base_teardown),
        cmocka_unit_test_setup_teardown(test_sticky, base_setup,
                                        base_teardown),
        cmocka_unit_test_setup_teardown(test_cursors, base_setup,
                                        base_teardown),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test_setup_teardown(test_look, base_setup,
                                        base_teardown),
        cmocka_unit_test_setup_teardown(test_length, base_setup,
                                        base_teardown),
        cmocka_unit_test_setup_teardown(test_room, base_setup,
                                        base_teardown),
        cmocka_unit_test_setup_teardown(test_not_kept, base_setup,
                                        base_teardown),
        cmocka_unit_test_setup_teardown(test_kinds, base_setup,
                                        base_teardown),
        cmocka_unit_test_setup_teardown(test_long, base_setup,
                                        base_teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
