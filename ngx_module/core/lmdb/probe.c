
#include <string.h>

#include "lmdb/probe.h"


#define FS_PROBE_FREE      16            /* pages of lists, at most */
#define FS_PROBE_TREE_FREE 40            /* in a meta page: see check.c */
#define FS_PROBE_TREE_MAIN 88

static int fs_probe_txn(fs_probe_t *probe, MDB_txn *txn);
static const uint8_t *fs_probe_tree_of(const uint8_t *leaf,
    const fs_probe_tree_t *tree, const void *key, size_t len);
static int fs_probe_map(fs_probe_t *probe, MDB_txn *txn);
static int fs_probe_record(fs_probe_t *probe, fs_probe_tree_t *tree,
    const uint8_t *record);
static int fs_probe_walk(fs_probe_t *probe, fs_probe_tree_t *tree,
    const void *key, size_t len, int del, const uint8_t **leaf);
static const uint8_t *fs_probe_page(fs_probe_t *probe, fs_probe_tree_t *tree,
    uint64_t pgno, unsigned level);
static int fs_probe_leaf(fs_probe_t *probe, const uint8_t *page);
static int fs_probe_big(fs_probe_t *probe, const uint8_t *node, size_t *room);
static int fs_probe_free(fs_probe_t *probe, fs_probe_tree_t *tree,
    uint64_t pgno, unsigned level, unsigned *pages);
static int fs_probe_list(fs_probe_t *probe, const uint8_t *node);
static unsigned fs_probe_find(const uint8_t *page, unsigned integer,
    unsigned first, const void *key, size_t len);


void
fs_probe_begin(fs_probe_t *probe)
{
    probe->txn = NULL;
    probe->probing = 0;
    probe->turn++;
}


int
fs_probe(fs_probe_t *probe, MDB_txn *txn, MDB_dbi dbi, const MDB_val *key,
    int del)
{
    int              rc;
    const char      *name;
    const uint8_t   *leaf, *record;
    fs_probe_tree_t  *tree;

    if (probe->txn != txn) {
        rc = fs_probe_txn(probe, txn);

        if (rc) {
            return rc;
        }
    }

    if (dbi >= FS_PROBE_DBS || probe->names[dbi] == NULL) {
        return 0;
    }

    tree = &probe->trees[dbi];

    if (tree->walked && tree->beside >= (unsigned) del
        && (!tree->integer || key->mv_size == sizeof(uint64_t))
        && (tree->first == NULL
            || fs_page_order(tree->first, tree->integer, key->mv_data,
                             key->mv_size) <= 0)
        && (tree->end == NULL
            || fs_page_order(tree->end, tree->integer, key->mv_data,
                             key->mv_size) > 0))
    {
        return 0;
    }

    probe->probing = 1;
    rc = 0;

    if (!tree->known) {
        name = probe->names[dbi];
        rc = fs_probe_walk(probe, &probe->main, name, strlen(name), 0, &leaf);

        if (rc == 0) {
            record = fs_probe_tree_of(leaf, &probe->main, name, strlen(name));
            rc = record ? fs_probe_record(probe, tree, record) : MDB_CORRUPTED;
        }
    }

    if (rc == 0) {
        rc = fs_probe_walk(probe, tree, key->mv_data, key->mv_size, del,
                           &leaf);
    }

    probe->probing = 0;

    return rc;
}


/* The record of a tree that a leaf has under a key; NULL: it has none. */

static const uint8_t *
fs_probe_tree_of(const uint8_t *leaf, const fs_probe_tree_t *tree,
    const void *key, size_t len)
{
    unsigned        i;
    const uint8_t  *node;

    if (leaf == NULL) {
        return NULL;
    }

    i = fs_probe_find(leaf, tree->integer, 0, key, len);

    if (i == 0) {
        return NULL;
    }

    node = fs_page_node(leaf, i - 1);

    if (fs_page_order(node, tree->integer, key, len) != 0
        || !(fs_get_le16(node + 4) & FS_NODE_SUB)
        || fs_get_le32(node) != FS_PAGE_TREE)
    {
        return NULL;
    }

    return node + FS_PAGE_NODE + fs_get_le16(node + 6);
}


/* Where all trees begin, and what is free. */

static int
fs_probe_txn(fs_probe_t *probe, MDB_txn *txn)
{
    int              rc;
    uint64_t         id;
    unsigned         pages;
    MDB_envinfo      info;
    const uint8_t   *meta;
    fs_probe_tree_t   tree;

    id = mdb_txn_id(txn);

    probe->probing = 1;

    rc = fs_probe_map(probe, txn);

    if (rc) {
        return rc;
    }

    mdb_env_info(mdb_txn_env(txn), &info);

    memset(&probe->main, 0, sizeof(probe->main));
    memset(probe->trees, 0, sizeof(probe->trees));

    meta = probe->map + ((id - 1) & 1) * probe->size;

    probe->last = fs_get_le64(meta + 136);

    if (fs_get_le64(meta + 144) != id - 1
        || probe->last >= info.me_mapsize / probe->size)
    {
        return MDB_CORRUPTED;
    }

    rc = fs_probe_record(probe, &probe->main, meta + FS_PROBE_TREE_MAIN);

    memset(&tree, 0, sizeof(tree));

    if (rc == 0) {
        rc = fs_probe_record(probe, &tree, meta + FS_PROBE_TREE_FREE);
        tree.integer = 1;
    }

    if (rc == 0 && tree.root != FS_PAGE_NONE) {

        /* what is used up, and where what is freed is noted */

        pages = 0;
        rc = fs_probe_free(probe, &tree, tree.root, 1, &pages);

        if (rc == 0) {
            rc = fs_probe_walk(probe, &tree, &id, sizeof(id), 1,
                               &meta);
        }
    }

    probe->probing = 0;

    if (rc == 0) {
        probe->txn = txn;
    }

    return rc;
}


/*
 * Where the map is LMDB does not tell: a row lies in it, in a page that says
 * which one it is.
 */

static int
fs_probe_map(fs_probe_t *probe, MDB_txn *txn)
{
    int             rc;
    MDB_dbi         dbi, first;
    MDB_val         key, value;
    MDB_stat        stat;
    const uint8_t  *page;

    for (first = 0; first < FS_PROBE_DBS && probe->names[first] == NULL;
         first++)
    {
        /* void */
    }

    if (first == FS_PROBE_DBS) {
        return MDB_CORRUPTED;
    }

    key.mv_data = (void *) probe->names[first];
    key.mv_size = strlen(key.mv_data);

    rc = mdb_dbi_open(txn, NULL, 0, &dbi);

    if (rc == 0) {
        rc = mdb_get(txn, dbi, &key, &value);
    }

    if (rc) {
        return rc == MDB_NOTFOUND ? MDB_CORRUPTED : rc;
    }

    mdb_env_stat(mdb_txn_env(txn), &stat);

    probe->size = stat.ms_psize;

    page = value.mv_data;
    page -= (uintptr_t) page % probe->size;

    probe->map = page - fs_get_le64(page) * probe->size;

    return 0;
}


static int
fs_probe_record(fs_probe_t *probe, fs_probe_tree_t *tree,
    const uint8_t *record)
{
    tree->known = 1;
    tree->integer = (fs_get_le16(record + 4) & FS_TREE_INTEGER) != 0;
    tree->depth = fs_get_le16(record + 6);
    tree->root = fs_get_le64(record + 40);

    if (tree->root == FS_PAGE_NONE) {
        return 0;
    }

    return tree->root < 2 || tree->root > probe->last || tree->depth == 0
           || tree->depth > FS_PAGE_DEPTH ? MDB_CORRUPTED : 0;
}


/* *leaf: where the key is or would be; NULL: the tree is empty. */

static int
fs_probe_walk(fs_probe_t *probe, fs_probe_tree_t *tree, const void *key,
    size_t len, int del, const uint8_t **leaf)
{
    uint64_t        pgno;
    unsigned        i, n, level;
    const uint8_t  *page;

    *leaf = NULL;

    tree->first = NULL;
    tree->end = NULL;
    tree->walked = 0;

    if (tree->root == FS_PAGE_NONE) {
        goto done;
    }

    if (tree->integer && len != sizeof(uint64_t)) {
        return 0;
    }

    pgno = tree->root;

    for (level = 1; /* void */ ; level++) {
        page = fs_probe_page(probe, tree, pgno, level);

        if (page == NULL) {
            return MDB_CORRUPTED;
        }

        if (level == tree->depth) {
            break;
        }

        i = fs_probe_find(page, tree->integer, 1, key, len) - 1;
        n = fs_page_nodes(page);

        if (i) {
            tree->first = fs_page_node(page, i);
        }

        if (i + 1 < n) {
            tree->end = fs_page_node(page, i + 1);
        }

        if (del
            && ((i && fs_probe_page(probe, tree, fs_page_child(
                                       fs_page_node(page, i - 1)), level + 1)
                      == NULL)
                || (i + 1 < n
                    && fs_probe_page(probe, tree, fs_page_child(
                                        fs_page_node(page, i + 1)), level + 1)
                       == NULL)))
        {
            return MDB_CORRUPTED;
        }

        pgno = fs_page_child(fs_page_node(page, i));
    }

    *leaf = page;

done:

    tree->walked = 1;
    tree->beside = del != 0;

    return 0;
}


/* NULL: it is damaged.  One that was right is not looked at again. */

static const uint8_t *
fs_probe_page(fs_probe_t *probe, fs_probe_tree_t *tree, uint64_t pgno,
    unsigned level)
{
    uint64_t        known, *seen;
    unsigned        kind;
    const uint8_t  *page;

    if (pgno < 2 || pgno > probe->last) {
        return NULL;
    }

    page = probe->map + pgno * probe->size;
    kind = level == tree->depth ? FS_PAGE_LEAF : FS_PAGE_BRANCH;

    /* in one word: which transaction, which page, as what */

    known = probe->turn << 40 | pgno << 2 | (kind & 3);
    seen = &probe->seen[pgno % FS_PROBE_SEEN];

    if (*seen == known) {
        return page;
    }

    if (fs_page_wrong(page, probe->size, pgno, kind, tree->integer) != NULL
        || (kind == FS_PAGE_LEAF && fs_probe_leaf(probe, page) != 0))
    {
        return NULL;
    }

    *seen = known;

    return page;
}


/* Values in pages of their own have as many as their nodes say: LMDB frees
 * those. */

static int
fs_probe_leaf(fs_probe_t *probe, const uint8_t *page)
{
    size_t          room;
    unsigned        i, n;
    const uint8_t  *node;

    n = fs_page_nodes(page);

    for (i = 0; i < n; i++) {
        node = fs_page_node(page, i);

        if ((fs_get_le16(node + 4) & FS_NODE_BIG)
            && fs_probe_big(probe, node, &room) != 0)
        {
            return MDB_CORRUPTED;
        }
    }

    return 0;
}


static int
fs_probe_big(fs_probe_t *probe, const uint8_t *node, size_t *room)
{
    uint64_t        pgno, pages;
    const uint8_t  *page;

    pgno = fs_get_le64(node + FS_PAGE_NODE + fs_get_le16(node + 6));

    if (pgno < 2 || pgno > probe->last) {
        return MDB_CORRUPTED;
    }

    page = probe->map + pgno * probe->size;
    pages = fs_get_le32(page + 12);
    *room = pages * probe->size - FS_PAGE_HEADER;

    return fs_get_le64(page) == pgno
           && (fs_get_le16(page + 10) & ~(unsigned) FS_PAGE_DIRTY)
              == FS_PAGE_OVERFLOW
           && pages != 0 && pages <= probe->last - pgno + 1
           && fs_get_le32(node) <= *room ? 0 : MDB_CORRUPTED;
}


/* From the oldest on: LMDB takes them in this order. */

static int
fs_probe_free(fs_probe_t *probe, fs_probe_tree_t *tree, uint64_t pgno,
    unsigned level, unsigned *pages)
{
    int             rc;
    unsigned        i, n;
    const uint8_t  *page, *node;

    if (*pages == FS_PROBE_FREE) {
        return 0;
    }

    ++*pages;

    page = fs_probe_page(probe, tree, pgno, level);

    if (page == NULL) {
        return MDB_CORRUPTED;
    }

    n = fs_page_nodes(page);

    for (i = 0; i < n; i++) {
        node = fs_page_node(page, i);

        rc = (level == tree->depth)
             ? fs_probe_list(probe, node)
             : fs_probe_free(probe, tree, fs_page_child(node), level + 1,
                             pages);
        if (rc) {
            return rc;
        }
    }

    return 0;
}


/* Its length, and page numbers that get less. */

static int
fs_probe_list(fs_probe_t *probe, const uint8_t *node)
{
    size_t          len, room;
    uint64_t        i, n, pgno, before;
    const uint8_t  *list;

    len = fs_get_le32(node);
    list = node + FS_PAGE_NODE + fs_get_le16(node + 6);

    if (fs_get_le16(node + 4) & FS_NODE_BIG) {

        if (fs_probe_big(probe, node, &room) != 0) {
            return MDB_CORRUPTED;
        }

        list = probe->map + fs_get_le64(list) * probe->size + FS_PAGE_HEADER;
    }

    n = len >= sizeof(n) ? fs_get_le64(list) : FS_PAGE_NONE;

    if (n > len / sizeof(n) - 1) {
        return MDB_CORRUPTED;
    }

    before = probe->last + 1;

    for (i = 1; i <= n; i++) {
        pgno = fs_get_le64(list + sizeof(n) * i);

        if (pgno < 2 || pgno >= before) {
            return MDB_CORRUPTED;
        }

        before = pgno;
    }

    return 0;
}


/* The first node, not before `first`, whose key is above the one given. */

static unsigned
fs_probe_find(const uint8_t *page, unsigned integer, unsigned first,
    const void *key, size_t len)
{
    unsigned  low, high, middle;

    low = first;
    high = fs_page_nodes(page);

    while (low < high) {
        middle = (low + high) / 2;

        if (fs_page_order(fs_page_node(page, middle), integer, key, len)
            <= 0)
        {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low;
}
