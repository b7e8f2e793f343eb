
/*
 * Pages of LMDB 0.9, 64 bits, little-endian; env.c has the beginning of a page
 * and of a meta page.  That goes on with two records of trees, the free pages'
 * at 40 and the main one's at 88:
 *
 *   offset size  field
 *        4    2  flags: integer keys 8
 *        6    2  depth
 *       40    8  root, all ones: empty
 *
 * A page of a tree has offsets of its nodes, u16 each, behind its beginning:
 *
 *        0    4  branch: low half of the child; leaf: length of the value
 *        4    2  branch: high half of the child; leaf: flags
 *        6    2  length of the key
 *        8       key, then (in a leaf) the value
 *
 * Flags of a leaf's node: 1: the value is the number of its first page of its
 * own; 2: it is the record of another tree.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "lmdb/check.h"
#include "lmdb/env.h"
#include "lmdb/page.h"


#define FS_CHECK_TRIES     50           /* a millisecond apart */
#define FS_CHECK_FREE      40           /* in a meta page */
#define FS_CHECK_MAIN      88


typedef enum {
    FS_CHECK_FREE_TREE = 0,
    FS_CHECK_MAIN_TREE,
    FS_CHECK_ROWS,
    FS_CHECK_LEDGER
} fs_check_kind_t;

typedef struct {
    int                  fd;
    unsigned             whole:1;
    unsigned             marks:1;       /* `used` is wanted */
    size_t               size;          /* of a page */
    uint64_t             last;          /* page */
    unsigned             read;
    uint8_t             *seen;          /* a bit a page */
    uint8_t             *used;          /* the same without free ones */
    char                *why;
} fs_check_t;

/* a tree */
typedef struct {
    fs_check_kind_t      kind;
    unsigned             integer;
    unsigned             depth;
} fs_check_tree_t;

static int fs_check_txn(fs_check_t *check, MDB_env *env, MDB_txn *txn,
    uint8_t *meta);
static int fs_check_snapshot(MDB_env *env, MDB_txn *txn, size_t size,
    uint8_t *meta);
static int fs_check_tree(fs_check_t *check, fs_check_kind_t kind,
    const uint8_t *record);
static int fs_check_page(fs_check_t *check, const fs_check_tree_t *tree,
    uint64_t pgno, unsigned depth, int newest);
static int fs_check_leaf(fs_check_t *check, const fs_check_tree_t *tree,
    const uint8_t *page, const uint8_t *node, uint64_t pgno);
static int fs_check_free(fs_check_t *check, const uint8_t *list, size_t len,
    uint64_t pgno);
static int fs_check_big(fs_check_t *check, uint64_t pgno, uint64_t len,
    uint8_t *first);
static int fs_check_take(fs_check_t *check, uint64_t pgno, uint64_t n,
    int used);
static int fs_check_read(fs_check_t *check, uint64_t pgno, uint8_t *page,
    size_t size);
static int fs_check_bad(fs_check_t *check, uint64_t pgno, const char *what);


int
fs_check_env(MDB_env *env, int whole, char *why)
{
    int         rc;
    uint8_t     meta[FS_CHECK_META];
    MDB_txn    *txn;
    fs_check_t  check;

    memset(&check, 0, sizeof(check));
    check.why = why;
    check.whole = whole != 0;

    rc = fs_guard_begin(env, MDB_RDONLY, &txn);

    if (rc) {
        return rc;
    }

    rc = fs_check_txn(&check, env, txn, meta);

    free(check.seen);
    mdb_txn_abort(txn);

    return rc;
}


int
fs_check_pages(MDB_env *env, MDB_txn *txn, fs_pages_t *pages, char *why)
{
    int         rc;
    fs_check_t  check;

    memset(&check, 0, sizeof(check));
    check.why = why;
    check.whole = 1;
    check.marks = 1;

    rc = fs_check_txn(&check, env, txn, pages->meta);

    free(check.seen);

    if (rc) {
        free(check.used);
        return rc;
    }

    pages->size = check.size;
    pages->last = check.last;
    pages->used = check.used;

    return 0;
}


/* The caller frees seen and used. */

static int
fs_check_txn(fs_check_t *check, MDB_env *env, MDB_txn *txn, uint8_t *meta)
{
    int          rc;
    MDB_stat     stat;
    MDB_envinfo  info;

    rc = mdb_env_get_fd(env, &check->fd);

    if (rc == 0) {
        rc = fs_guard_info(env, &info, &stat);
    }

    if (rc == 0) {
        rc = fs_check_snapshot(env, txn, stat.ms_psize, meta);
    }

    if (rc) {
        return rc;
    }

    check->size = stat.ms_psize;
    check->last = fs_get_le64(meta + 136);
    check->seen = calloc(1, (size_t) (check->last / 8 + 1));

    if (check->marks) {
        check->used = calloc(1, (size_t) (check->last / 8 + 1));
    }

    if (check->seen == NULL || (check->marks && check->used == NULL)) {
        return ENOMEM;
    }

    rc = fs_check_tree(check, FS_CHECK_MAIN_TREE, meta + FS_CHECK_MAIN);

    /* last: what is free is not in use */

    if (rc == 0) {
        rc = fs_check_tree(check, FS_CHECK_FREE_TREE, meta + FS_CHECK_FREE);
    }

    return rc;
}


/* The meta page of the reader's transaction, unless it was overwritten since:
 * then the reader moves on. */

static int
fs_check_snapshot(MDB_env *env, MDB_txn *txn, size_t size, uint8_t *meta)
{
    int              fd, rc, i, tries;
    uint8_t          again[FS_CHECK_META];
    uint64_t         id;
    struct timespec  pause;

    (void) mdb_env_get_fd(env, &fd);

    pause.tv_sec = 0;
    pause.tv_nsec = 1000000;

    for (tries = 0; tries < FS_CHECK_TRIES; tries++) {
        id = mdb_txn_id(txn);

        for (i = 0; i < 2; i++) {
            if (pread(fd, meta, FS_CHECK_META, (off_t) i * (off_t) size)
                != FS_CHECK_META)
            {
                return EIO;
            }

            /* twice the same: not while it is written */

            if (fs_get_le64(meta + 144) == id
                && pread(fd, again, FS_CHECK_META,
                         (off_t) i * (off_t) size) == FS_CHECK_META
                && memcmp(meta, again, FS_CHECK_META) == 0)
            {
                return 0;
            }
        }

        nanosleep(&pause, NULL);

        mdb_txn_reset(txn);
        rc = fs_guard_renew(txn);

        if (rc) {
            return rc;
        }
    }

    return EAGAIN;
}


static int
fs_check_tree(fs_check_t *check, fs_check_kind_t kind, const uint8_t *record)
{
    uint64_t         root;
    fs_check_tree_t  tree;

    tree.kind = kind;
    tree.integer = (fs_get_le16(record + 4) & FS_TREE_INTEGER)
                   || kind == FS_CHECK_FREE_TREE;
    tree.depth = fs_get_le16(record + 6);
    root = fs_get_le64(record + 40);

    if (root == FS_PAGE_NONE) {
        return 0;
    }

    if (tree.depth == 0 || tree.depth > FS_PAGE_DEPTH) {
        return fs_check_bad(check, root, "the root of no tree");
    }

    return fs_check_page(check, &tree, root, 1, 1);
}


/* newest: on the way to the last key. */

static int
fs_check_page(fs_check_t *check, const fs_check_tree_t *tree, uint64_t pgno,
    unsigned depth, int newest)
{
    int             rc;
    uint8_t        *page;
    unsigned        i, n, kind;
    const char     *what;
    const uint8_t  *node, *before;

    if (fs_check_take(check, pgno, 1, 1) == -1) {
        return fs_check_bad(check, pgno, "not one of its own");
    }

    if (!check->whole
        && (check->read >= FS_CHECK_PAGES
            || (tree->kind == FS_CHECK_LEDGER && depth == tree->depth
                && !newest)))
    {
        return 0;
    }

    page = malloc(check->size);

    if (page == NULL) {
        return ENOMEM;
    }

    rc = fs_check_read(check, pgno, page, check->size);

    if (rc) {
        goto done;
    }

    kind = depth == tree->depth ? FS_PAGE_LEAF : FS_PAGE_BRANCH;
    what = fs_page_wrong(page, check->size, pgno, kind, tree->integer);
    n = what ? 0 : fs_page_nodes(page);

    if (what == NULL && kind == FS_PAGE_BRANCH && n < 2
        && tree->kind != FS_CHECK_FREE_TREE)
    {
        what = "empty";
    }

    if (what) {
        rc = fs_check_bad(check, pgno, what);
        goto done;
    }

    before = NULL;

    for (i = 0; i < n; i++) {
        node = fs_page_node(page, i);

        /* the first key of a branch counts for nothing */

        if (!(kind == FS_PAGE_BRANCH && i == 0)) {

            if (before
                && fs_page_order(before, tree->integer, node + FS_PAGE_NODE,
                                 fs_get_le16(node + 6)) >= 0)
            {
                rc = fs_check_bad(check, pgno, "out of order");
                goto done;
            }

            before = node;
        }

        rc = kind == FS_PAGE_BRANCH
             ? fs_check_page(check, tree, fs_page_child(node), depth + 1,
                             newest && i + 2 >= n)
             : fs_check_leaf(check, tree, page, node, pgno);

        if (rc) {
            goto done;
        }
    }

done:

    free(page);

    return rc;
}


static int
fs_check_leaf(fs_check_t *check, const fs_check_tree_t *tree,
    const uint8_t *page, const uint8_t *node, uint64_t pgno)
{
    int              rc;
    size_t           key, room;
    uint8_t         *list;
    uint32_t         len;
    unsigned         flags;
    const uint8_t   *value;
    fs_check_kind_t  kind;

    len = fs_get_le32(node);
    flags = fs_get_le16(node + 4);
    key = fs_get_le16(node + 6);
    value = node + FS_PAGE_NODE + key;
    room = check->size - (size_t) (value - page);

    if (flags & ~(unsigned) (FS_NODE_BIG|FS_NODE_SUB)
        || (flags & FS_NODE_BIG ? 8 : len) > room
        || (tree->kind == FS_CHECK_MAIN_TREE) != (flags == FS_NODE_SUB)
        || (flags == FS_NODE_SUB && len != FS_PAGE_TREE))
    {
        return fs_check_bad(check, pgno, "not whole");
    }

    if (flags == FS_NODE_SUB) {
        kind = key == 6 && memcmp(node + FS_PAGE_NODE, "ledger", 6) == 0
               ? FS_CHECK_LEDGER : FS_CHECK_ROWS;

        return fs_check_tree(check, kind, value);
    }

    if (tree->kind != FS_CHECK_FREE_TREE) {
        return flags == FS_NODE_BIG
               ? fs_check_big(check, fs_get_le64(value), len, NULL) : 0;
    }

    if (flags != FS_NODE_BIG) {
        return fs_check_free(check, value, len, pgno);
    }

    list = malloc(len ? len : 1);

    if (list == NULL) {
        return ENOMEM;
    }

    rc = fs_check_big(check, fs_get_le64(value), len, list);

    if (rc == 0) {
        rc = fs_check_free(check, list, len, pgno);
    }

    free(list);

    return rc;
}


/* A list of free pages, its length first. */

static int
fs_check_free(fs_check_t *check, const uint8_t *list, size_t len,
    uint64_t pgno)
{
    size_t    i;
    uint64_t  n;

    /* it may have room for more */

    n = len >= 8 ? fs_get_le64(list) : 0;

    if (len < 8 || len % 8 != 0 || n > len / 8 - 1) {
        return fs_check_bad(check, pgno, "no list of free pages");
    }

    for (i = 1; i <= n; i++) {
        if (fs_check_take(check, fs_get_le64(list + 8 * i), 1, 0) == -1) {
            return fs_check_bad(check, pgno, "a list of pages not all free");
        }
    }

    return 0;
}


/* A value in pages of its own; NULL: it is not wanted. */

static int
fs_check_big(fs_check_t *check, uint64_t pgno, uint64_t len, uint8_t *value)
{
    int       rc;
    ssize_t   n;
    uint8_t   page[FS_PAGE_HEADER];
    uint64_t  pages;

    pages = (len + FS_PAGE_HEADER + check->size - 1) / check->size;

    if (fs_check_take(check, pgno, pages, 1) == -1) {
        return fs_check_bad(check, pgno, "not one of its own");
    }

    rc = fs_check_read(check, pgno, page, sizeof(page));

    if (rc) {
        return rc;
    }

    if (fs_get_le64(page) != pgno
        || (fs_get_le16(page + 10) & ~FS_PAGE_DIRTY) != FS_PAGE_OVERFLOW
        || fs_get_le32(page + 12) < pages)
    {
        return fs_check_bad(check, pgno, "no page of a long value");
    }

    if (fs_get_le32(page + 12) > pages
        && fs_check_take(check, pgno + pages, fs_get_le32(page + 12) - pages,
                         1) == -1)
    {
        return fs_check_bad(check, pgno, "too long");
    }

    if (value) {
        n = pread(check->fd, value, len,
                  (off_t) (pgno * check->size + FS_PAGE_HEADER));

        if (n < 0 || (uint64_t) n != len) {
            return n < 0 ? errno : EIO;
        }
    }

    return 0;
}


/* -1: they are not there, or somebody else's.  used: not free. */

static int
fs_check_take(fs_check_t *check, uint64_t pgno, uint64_t n, int used)
{
    if (pgno < 2 || pgno > check->last || n > check->last - pgno + 1) {
        return -1;
    }

    for ( /* void */ ; n; n--, pgno++) {
        if (check->seen[pgno / 8] & 1U << pgno % 8) {
            return -1;
        }

        check->seen[pgno / 8] |= (uint8_t) (1U << pgno % 8);

        if (used && check->marks) {
            check->used[pgno / 8] |= (uint8_t) (1U << pgno % 8);
        }
    }

    return 0;
}


static int
fs_check_read(fs_check_t *check, uint64_t pgno, uint8_t *page, size_t size)
{
    ssize_t  n;

    check->read++;

    n = pread(check->fd, page, size, (off_t) (pgno * check->size));

    if (n < 0) {
        return errno;
    }

    if ((size_t) n != size) {
        return fs_check_bad(check, pgno, "beyond the end");
    }

    return 0;
}


static int
fs_check_bad(fs_check_t *check, uint64_t pgno, const char *what)
{
    snprintf(check->why, FS_ENV_WHY_MAX, "is damaged: page %llu is %s",
             (unsigned long long) pgno, what);

    return -1;
}
