
/*
 * The index is folded again and compared with the old one, row by row.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/check.h"
#include "common/files.h"
#include "model.h"


typedef struct {
    uint8_t             *data;
    size_t               len;
    size_t               size;
} model_dump_t;


static void
model_dump(model_t *m, model_dump_t *dump)
{
    int          rc;
    size_t       i, need;
    MDB_txn     *txn;
    MDB_val      key, value;
    MDB_cursor  *cursor;

    dump->len = 0;
    check(mdb_txn_begin(m->store->index, NULL, MDB_RDONLY, &txn) == 0,
          "dump");

    for (i = 0; i < FS_INDEX_META; i++) {
        check(mdb_cursor_open(txn, m->store->index_dbi[i], &cursor) == 0,
              "dump");

        for (rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
             rc == 0;
             rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
        {
            need = dump->len + 5 + key.mv_size + value.mv_size;

            if (need > dump->size) {
                dump->size = 2 * need;
                dump->data = realloc(dump->data, dump->size);
                check(dump->data != NULL, "no memory");
            }

            dump->data[dump->len++] = (uint8_t) i;
            fs_set_le16(dump->data + dump->len, (uint16_t) key.mv_size);
            fs_set_le16(dump->data + dump->len + 2, (uint16_t) value.mv_size);
            memcpy(dump->data + dump->len + 4, key.mv_data, key.mv_size);
            memcpy(dump->data + dump->len + 4 + key.mv_size, value.mv_data,
                   value.mv_size);
            dump->len = need;
        }

        mdb_cursor_close(cursor);
    }

    mdb_txn_abort(txn);
}


/* The first row that is not the same in both. */

static void
model_compare(const model_dump_t *a, const model_dump_t *b)
{
    size_t          i, at, len, rest;
    const uint8_t  *p, *q;

    for (at = 0; at < a->len && at < b->len; at += len) {
        p = a->data + at;
        q = b->data + at;
        len = 5u + fs_get_le16(p + 1) + fs_get_le16(p + 3);
        rest = b->len - at;

        if (len <= rest && memcmp(p, q, len) == 0) {
            continue;
        }

        fprintf(stderr, "database %u, old row:", p[0]);

        for (i = 0; i < len; i++) {
            fprintf(stderr, " %02x", p[i]);
        }

        fprintf(stderr, "\ndatabase %u, new row:", q[0]);

        for (i = 0; i < rest && i < len + 16; i++) {
            fprintf(stderr, " %02x", q[i]);
        }

        fprintf(stderr, "\n");
        check(0, "the index folded again differs");
    }

    check(a->len == b->len, "rows are missing");
}


static void
model_remove_indexes(model_t *m)
{
    DIR            *dir;
    char            path[512];
    struct dirent  *entry;

    dir = opendir(m->path);
    check(dir != NULL, "%s", m->path);

    while ((entry = readdir(dir)) != NULL) {
        if (strncmp(entry->d_name, "index-", 6) == 0) {
            snprintf(path, sizeof(path), "%s/%s", m->path, entry->d_name);
            files_remove(path);
        }
    }

    closedir(dir);
}


/* Make the index anew.  Old keys are deleted from it as well before it is
 * compared: there are no entries of that.  Where the clock went back with a
 * boot, the old one lacks some that are not old yet: time goes on first. */

void
model_rebuild(model_t *m)
{
    int64_t       ms;
    unsigned      chunk;
    model_dump_t  old, new;

    m->rebuilt++;
    memset(&old, 0, sizeof(old));
    memset(&new, 0, sizeof(new));

    ms = m->oracle.latest - m->oracle.now.mono;

    if (ms > 0) {
        m->wall += ms;
        m->boot += ms;
    }

    model_begin(m);
    model_timers(m);
    model_commit(m);
    model_dump(m, &old);

    model_close(m, 1);
    model_remove_indexes(m);

    chunk = (m->write.seq < 20000) ? 1 + dice_below(&m->dice, 10)
                                   : 1000 + dice_below(&m->dice, 1000);
    model_open(m, chunk);

    model_begin(m);
    model_timers(m);
    model_commit(m);
    model_dump(m, &new);

    model_compare(&old, &new);

    free(old.data);
    free(new.data);
}
