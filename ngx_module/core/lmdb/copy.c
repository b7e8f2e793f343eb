
/*
 * Copying an environment, page by page: LMDB's own copy believes the pages
 * (when it leaves out free ones) or writes them all.  A page keeps its number,
 * so lists of free pages stay true; check.c has the format.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "lmdb/check.h"
#include "lmdb/copy.h"
#include "lmdb/env.h"
#include "lmdb/page.h"


#define FS_COPY_METAS   2
#define FS_COPY_BYTES   (1U << 20)      /* read at once; many pages */

static int fs_copy_pages(int from, int to, const fs_pages_t *pages,
    char *why);
static int fs_copy_metas(int to, const fs_pages_t *pages);
static int fs_copy_write(int to, const uint8_t *bytes, size_t len,
    uint64_t offset);


int
fs_copy_env(MDB_env *env, int fd, uint64_t *bytes, char *why)
{
    int         rc, from;
    MDB_txn    *txn;
    fs_pages_t  pages;

    pages.used = NULL;

    rc = mdb_env_get_fd(env, &from);

    if (rc == 0) {
        rc = fs_guard_begin(env, MDB_RDONLY, &txn);
    }

    if (rc) {
        return rc;
    }

    rc = fs_check_pages(env, txn, &pages, why);

    if (rc > 0 && rc != EAGAIN && rc != ENOMEM) {
        snprintf(why, FS_ENV_WHY_MAX, "cannot be read: %s",
                 fs_db_strerror(rc));
        rc = -1;
    }

    if (rc == 0) {
        *bytes = (pages.last + 1) * pages.size;

        if (ftruncate(fd, (off_t) *bytes) == -1) {
            rc = errno;
        }

        if (rc == 0) {
            rc = fs_copy_pages(from, fd, &pages, why);
        }

        free(pages.used);
    }

    mdb_txn_abort(txn);

    if (rc == 0) {
        rc = fs_copy_metas(fd, &pages);
    }

    if (rc == 0 && fsync(fd) == -1) {
        rc = errno;
    }

    return rc;
}


static int
fs_copy_pages(int from, int to, const fs_pages_t *pages, char *why)
{
    int       rc;
    size_t    len;
    ssize_t   n;
    uint8_t  *buf;
    uint64_t  pgno;

    buf = malloc(FS_COPY_BYTES);

    if (buf == NULL) {
        return ENOMEM;
    }

    rc = 0;
    pgno = FS_COPY_METAS;

    while (rc == 0 && pgno <= pages->last) {

        for (len = 0;
             len < FS_COPY_BYTES && pgno <= pages->last
             && (pages->used[pgno / 8] & 1U << pgno % 8);
             len += pages->size)
        {
            pgno++;
        }

        if (len == 0) {
            pgno++;
            continue;
        }

        n = pread(from, buf, len, (off_t) (pgno * pages->size - len));

        if (n < 0 || (size_t) n != len) {
            snprintf(why, FS_ENV_WHY_MAX, "cannot be read at page %llu: %s",
                     (unsigned long long) (pgno - len / pages->size),
                     n < 0 ? fs_db_strerror(errno) : "it was cut short");
            rc = -1;

        } else {
            rc = fs_copy_write(to, buf, len, pgno * pages->size - len);
        }
    }

    free(buf);

    return rc;
}


/*
 * The meta page of the snapshot where LMDB has that of its transaction, and in
 * the other's place the same as of the transaction before.
 */

static int
fs_copy_metas(int to, const fs_pages_t *pages)
{
    int       rc;
    uint8_t   meta[FS_CHECK_META];
    uint64_t  i, txn, id;

    memcpy(meta, pages->meta, sizeof(meta));
    txn = fs_get_le64(meta + 144);
    rc = 0;

    for (i = 0; rc == 0 && i < FS_COPY_METAS; i++) {
        id = txn % FS_COPY_METAS == i ? txn : txn ? txn - 1 : 0;
        fs_set_le64(meta, i);
        fs_set_le64(meta + 144, id);
        rc = fs_copy_write(to, meta, sizeof(meta), i * pages->size);
    }

    return rc;
}


static int
fs_copy_write(int to, const uint8_t *bytes, size_t len, uint64_t offset)
{
    ssize_t  n;

    while (len) {
        n = pwrite(to, bytes, len, (off_t) offset);

        if (n == -1) {
            if (errno == EINTR) {
                continue;
            }

            return errno;
        }

        bytes += n;
        offset += (uint64_t) n;
        len -= (size_t) n;
    }

    return 0;
}
