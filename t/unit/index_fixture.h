
/*
 * What the tests of the index share: a small store, a ledger with something
 * of everything in it, and the whole of an index to compare.
 */

#ifndef INDEX_FIXTURE_H
#define INDEX_FIXTURE_H

#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "index/index.h"


#define HOLDS  40

typedef struct {
    char                *data;
    size_t               len;
    size_t               room;
} dump_t;


/* A small store: its files are copied. */

static inline int
index_setup(void **context)
{
    fixture_t  *fixture;

    if (fixture_setup(context) != 0) {
        return -1;
    }

    fixture = *context;

    fixture_close(fixture, 0);
    files_remove(fixture->path);
    assert_int_equal(mkdir(fixture->path, 0700), 0);

    fixture->conf.map_size = 4 << 20;
    fixture_open(fixture);

    return 0;
}


static inline void
index_name(fixture_t *fixture, uint32_t n, const char *file, char *name,
    size_t size)
{
    assert_true((size_t) snprintf(name, size, "%s/index-%u/%s", fixture->path,
                                  n, file) < size);
}


static inline int
index_exists(fixture_t *fixture, uint32_t n, const char *file)
{
    char  name[128];

    index_name(fixture, n, file, name, sizeof(name));

    return access(name, F_OK) == 0;
}


/* A ledger with something of everything in it. */

static inline void
index_fill(fixture_t *fixture)
{
    unsigned       i;
    uint32_t       grape, egg;
    fs_seq_t       holds[HOLDS];
    fs_operator_t  op;

    fixture_operator(&op, "grape");
    op.stock = 1000;
    op.limit = 5;
    op.goal = 3;
    op.closes_at = fixture->wall + 3600000;
    grape = fixture_define(fixture, &op);

    fixture_operator(&op, "egg");
    op.stock = 100;
    egg = fixture_define(fixture, &op);

    for (i = 0; i < HOLDS; i++) {
        fixture_pass(fixture, 7);
        assert_string_equal(fixture_take(fixture, i % 20, i % 2 ? grape : egg,
                                         1, i + 1), "created");
        holds[i] = fixture->result.hold.seq;
    }

    for (i = 0; i < HOLDS; i += 3) {
        fixture_buyers(fixture, FS_COMMAND_PAY, i % 20, holds[i]);
    }

    for (i = 0; i < HOLDS; i += 6) {
        assert_string_equal(fixture_confirm(fixture, holds[i], i + 1, 100),
                            "ok");
    }

    for (i = 1; i < HOLDS; i += 7) {
        fixture_buyers(fixture, FS_COMMAND_RELEASE, i % 20, holds[i]);
    }

    fixture_confirm(fixture, holds[1], 90, 100);
    assert_string_equal(fixture_order(fixture, FS_COMMAND_REFUNDED, holds[1],
                                      91, 0), "ok");

    fixture_pass(fixture, FIXTURE_TERM);
    fixture_timers(fixture, 100);
}


static inline void
dump_add(dump_t *dump, const void *data, size_t len)
{
    if (dump->len + len > dump->room) {
        dump->room = (dump->len + len) * 2;
        dump->data = realloc(dump->data, dump->room);
        assert_non_null(dump->data);
    }

    memcpy(dump->data + dump->len, data, len);
    dump->len += len;
}


/* All of the index but who it is. */

static inline dump_t
index_dump(fixture_t *fixture)
{
    int          rc, i;
    dump_t       dump;
    MDB_txn     *txn;
    MDB_val      key, value;
    MDB_cursor  *cursor;

    memset(&dump, 0, sizeof(dump));
    assert_int_equal(mdb_txn_begin(fixture->store->index, NULL, MDB_RDONLY,
                                   &txn), 0);

    for (i = 0; i < FS_INDEX_META; i++) {
        assert_int_equal(mdb_cursor_open(txn, fixture->store->index_dbi[i],
                                         &cursor), 0);

        for (rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
             rc == 0;
             rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
        {
            dump_add(&dump, &i, sizeof(i));
            dump_add(&dump, &key.mv_size, sizeof(key.mv_size));
            dump_add(&dump, key.mv_data, key.mv_size);
            dump_add(&dump, &value.mv_size, sizeof(value.mv_size));
            dump_add(&dump, value.mv_data, value.mv_size);
        }

        assert_int_equal(rc, MDB_NOTFOUND);
        mdb_cursor_close(cursor);
    }

    mdb_txn_abort(txn);

    return dump;
}


/* The index is N, complete, and equal to the dump, which is freed. */

static inline void
index_equals(fixture_t *fixture, uint32_t n, dump_t *old)
{
    dump_t         dump;
    fs_view_t      view;
    fs_reader_t   *reader;

    assert_int_equal(fixture->store->index_n, n);
    assert_false(fs_store_index_wanted(fixture->store));

    dump = index_dump(fixture);
    assert_int_equal(dump.len, old->len);
    assert_memory_equal(dump.data, old->data, dump.len);
    free(dump.data);
    free(old->data);

    reader = fs_reader_create(fixture->store);
    assert_int_equal(fs_view_open(reader, &view), FS_OK);
    assert_true(view.fresh);
    fs_view_close(&view);
    fs_reader_destroy(reader);

    assert_true(index_exists(fixture, n, "data.mdb"));
    assert_false(index_exists(fixture, n - 1, "data.mdb"));
    assert_false(index_exists(fixture, n + 1, "data.mdb"));
}


static inline void
file_copy(const char *from, const char *to, int flags)
{
    int      in, out;
    char     buf[65536];
    ssize_t  n;

    in = open(from, O_RDONLY);
    out = open(to, O_WRONLY|flags, 0600);
    assert_int_not_equal(in, -1);
    assert_int_not_equal(out, -1);

    while ((n = read(in, buf, sizeof(buf))) > 0) {
        assert_int_equal(write(out, buf, (size_t) n), n);
    }

    close(in);
    close(out);
}


static inline void
file_patch(const char *name, off_t offset, const void *bytes, size_t len)
{
    int  fd;

    fd = open(name, O_WRONLY);
    assert_int_not_equal(fd, -1);
    assert_int_equal(pwrite(fd, bytes, len, offset), len);
    close(fd);
}


#endif /* INDEX_FIXTURE_H */
