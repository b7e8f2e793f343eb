
#include <string.h>

#include "lmdb/look.h"


#define FS_LOOK_FREE      16            /* pages of lists, at most */
#define FS_LOOK_TREE_FREE 40            /* in a meta page: see check.c */
#define FS_LOOK_TREE_MAIN 88

static int fs_look_txn(fs_look_t *look, MDB_txn *txn);
static const uint8_t *fs_look_tree_of(const uint8_t *leaf,
    const fs_look_tree_t *tree, const void *key, size_t len);
static int fs_look_map(fs_look_t *look, MDB_txn *txn);
static int fs_look_record(fs_look_t *look, fs_look_tree_t *tree,
    const uint8_t *record);
static int fs_look_walk(fs_look_t *look, fs_look_tree_t *tree,
    const void *key, size_t len, int del, const uint8_t **leaf);
static const uint8_t *fs_look_page(fs_look_t *look, fs_look_tree_t *tree,
    uint64_t pgno, unsigned level);
static int fs_look_leaf(fs_look_t *look, const uint8_t *page);
static int fs_look_big(fs_look_t *look, const uint8_t *node, size_t *room);
static int fs_look_free(fs_look_t *look, fs_look_tree_t *tree,
    uint64_t pgno, unsigned level, unsigned *pages);
static int fs_look_list(fs_look_t *look, const uint8_t *node);
static unsigned fs_look_find(const uint8_t *page, unsigned integer,
    unsigned first, const void *key, size_t len);


void
fs_look_begin(fs_look_t *look)
{
    look->txn = NULL;
    look->looking = 0;
    look->turn++;
}


int
fs_look(fs_look_t *look, MDB_txn *txn, MDB_dbi dbi, const MDB_val *key,
    int del)
{
    int              rc;
    const char      *name;
    const uint8_t   *leaf, *record;
    fs_look_tree_t  *tree;

    if (look->txn != txn) {
        rc = fs_look_txn(look, txn);

        if (rc) {
            return rc;
        }
    }

    if (dbi >= FS_LOOK_DBS || look->names[dbi] == NULL) {
        return 0;
    }

    tree = &look->trees[dbi];

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

    look->looking = 1;
    rc = 0;

    if (!tree->known) {
        name = look->names[dbi];
        rc = fs_look_walk(look, &look->main, name, strlen(name), 0, &leaf);

        if (rc == 0) {
            record = fs_look_tree_of(leaf, &look->main, name, strlen(name));
            rc = record ? fs_look_record(look, tree, record) : MDB_CORRUPTED;
        }
    }

    if (rc == 0) {
        rc = fs_look_walk(look, tree, key->mv_data, key->mv_size, del, &leaf);
    }

    look->looking = 0;

    return rc;
}


/* The record of a tree that a leaf has under a key; NULL: it has none. */

static const uint8_t *
fs_look_tree_of(const uint8_t *leaf, const fs_look_tree_t *tree,
    const void *key, size_t len)
{
    unsigned        i;
    const uint8_t  *node;

    if (leaf == NULL) {
        return NULL;
    }

    i = fs_look_find(leaf, tree->integer, 0, key, len);

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
fs_look_txn(fs_look_t *look, MDB_txn *txn)
{
    int              rc;
    uint64_t         id;
    unsigned         pages;
    MDB_envinfo      info;
    const uint8_t   *meta;
    fs_look_tree_t   tree;

    id = mdb_txn_id(txn);

    look->looking = 1;

    rc = fs_look_map(look, txn);

    if (rc) {
        return rc;
    }

    mdb_env_info(mdb_txn_env(txn), &info);

    memset(&look->main, 0, sizeof(look->main));
    memset(look->trees, 0, sizeof(look->trees));

    meta = look->map + ((id - 1) & 1) * look->size;

    look->last = fs_get_le64(meta + 136);

    if (fs_get_le64(meta + 144) != id - 1
        || look->last >= info.me_mapsize / look->size)
    {
        return MDB_CORRUPTED;
    }

    rc = fs_look_record(look, &look->main, meta + FS_LOOK_TREE_MAIN);

    memset(&tree, 0, sizeof(tree));

    if (rc == 0) {
        rc = fs_look_record(look, &tree, meta + FS_LOOK_TREE_FREE);
        tree.integer = 1;
    }

    if (rc == 0 && tree.root != FS_PAGE_NONE) {

        /* what is used up, and where what is freed is noted */

        pages = 0;
        rc = fs_look_free(look, &tree, tree.root, 1, &pages);

        if (rc == 0) {
            rc = fs_look_walk(look, &tree, &id, sizeof(id), 1,
                              &meta);
        }
    }

    look->looking = 0;

    if (rc == 0) {
        look->txn = txn;
    }

    return rc;
}


/*
 * Where the map is LMDB does not tell: a row lies in it, in a page that says
 * which one it is.
 */

static int
fs_look_map(fs_look_t *look, MDB_txn *txn)
{
    int             rc;
    MDB_dbi         dbi, first;
    MDB_val         key, value;
    MDB_stat        stat;
    const uint8_t  *page;

    for (first = 0; first < FS_LOOK_DBS && look->names[first] == NULL;
         first++)
    {
        /* void */
    }

    if (first == FS_LOOK_DBS) {
        return MDB_CORRUPTED;
    }

    key.mv_data = (void *) look->names[first];
    key.mv_size = strlen(key.mv_data);

    rc = mdb_dbi_open(txn, NULL, 0, &dbi);

    if (rc == 0) {
        rc = mdb_get(txn, dbi, &key, &value);
    }

    if (rc) {
        return rc == MDB_NOTFOUND ? MDB_CORRUPTED : rc;
    }

    mdb_env_stat(mdb_txn_env(txn), &stat);

    look->size = stat.ms_psize;

    page = value.mv_data;
    page -= (uintptr_t) page % look->size;

    look->map = page - fs_get_le64(page) * look->size;

    return 0;
}


static int
fs_look_record(fs_look_t *look, fs_look_tree_t *tree, const uint8_t *record)
{
    tree->known = 1;
    tree->integer = (fs_get_le16(record + 4) & FS_TREE_INTEGER) != 0;
    tree->depth = fs_get_le16(record + 6);
    tree->root = fs_get_le64(record + 40);

    if (tree->root == FS_PAGE_NONE) {
        return 0;
    }

    return tree->root < 2 || tree->root > look->last || tree->depth == 0
           || tree->depth > FS_PAGE_DEPTH ? MDB_CORRUPTED : 0;
}


/* *leaf: where the key is or would be; NULL: the tree is empty. */

static int
fs_look_walk(fs_look_t *look, fs_look_tree_t *tree, const void *key,
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
        page = fs_look_page(look, tree, pgno, level);

        if (page == NULL) {
            return MDB_CORRUPTED;
        }

        if (level == tree->depth) {
            break;
        }

        i = fs_look_find(page, tree->integer, 1, key, len) - 1;
        n = fs_page_nodes(page);

        if (i) {
            tree->first = fs_page_node(page, i);
        }

        if (i + 1 < n) {
            tree->end = fs_page_node(page, i + 1);
        }

        if (del
            && ((i && fs_look_page(look, tree, fs_page_child(
                                       fs_page_node(page, i - 1)), level + 1)
                      == NULL)
                || (i + 1 < n
                    && fs_look_page(look, tree, fs_page_child(
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
fs_look_page(fs_look_t *look, fs_look_tree_t *tree, uint64_t pgno,
    unsigned level)
{
    uint64_t        known, *seen;
    unsigned        kind;
    const uint8_t  *page;

    if (pgno < 2 || pgno > look->last) {
        return NULL;
    }

    page = look->map + pgno * look->size;
    kind = level == tree->depth ? FS_PAGE_LEAF : FS_PAGE_BRANCH;

    /* in one word: which transaction, which page, as what */

    known = look->turn << 40 | pgno << 2 | (kind & 3);
    seen = &look->seen[pgno % FS_LOOK_SEEN];

    if (*seen == known) {
        return page;
    }

    if (fs_page_wrong(page, look->size, pgno, kind, tree->integer) != NULL
        || (kind == FS_PAGE_LEAF && fs_look_leaf(look, page) != 0))
    {
        return NULL;
    }

    *seen = known;

    return page;
}


/* Values in pages of their own have as many as their nodes say: LMDB frees
 * those. */

static int
fs_look_leaf(fs_look_t *look, const uint8_t *page)
{
    size_t          room;
    unsigned        i, n;
    const uint8_t  *node;

    n = fs_page_nodes(page);

    for (i = 0; i < n; i++) {
        node = fs_page_node(page, i);

        if ((fs_get_le16(node + 4) & FS_NODE_BIG)
            && fs_look_big(look, node, &room) != 0)
        {
            return MDB_CORRUPTED;
        }
    }

    return 0;
}


static int
fs_look_big(fs_look_t *look, const uint8_t *node, size_t *room)
{
    uint64_t        pgno, pages;
    const uint8_t  *page;

    pgno = fs_get_le64(node + FS_PAGE_NODE + fs_get_le16(node + 6));

    if (pgno < 2 || pgno > look->last) {
        return MDB_CORRUPTED;
    }

    page = look->map + pgno * look->size;
    pages = fs_get_le32(page + 12);
    *room = pages * look->size - FS_PAGE_HEADER;

    return fs_get_le64(page) == pgno
           && (fs_get_le16(page + 10) & ~(unsigned) FS_PAGE_DIRTY)
              == FS_PAGE_OVERFLOW
           && pages != 0 && pages <= look->last - pgno + 1
           && fs_get_le32(node) <= *room ? 0 : MDB_CORRUPTED;
}


/* From the oldest on: LMDB takes them in this order. */

static int
fs_look_free(fs_look_t *look, fs_look_tree_t *tree, uint64_t pgno,
    unsigned level, unsigned *pages)
{
    int             rc;
    unsigned        i, n;
    const uint8_t  *page, *node;

    if (*pages == FS_LOOK_FREE) {
        return 0;
    }

    ++*pages;

    page = fs_look_page(look, tree, pgno, level);

    if (page == NULL) {
        return MDB_CORRUPTED;
    }

    n = fs_page_nodes(page);

    for (i = 0; i < n; i++) {
        node = fs_page_node(page, i);

        rc = (level == tree->depth)
             ? fs_look_list(look, node)
             : fs_look_free(look, tree, fs_page_child(node), level + 1,
                            pages);
        if (rc) {
            return rc;
        }
    }

    return 0;
}


/* Its length, and page numbers that get less. */

static int
fs_look_list(fs_look_t *look, const uint8_t *node)
{
    size_t          len, room;
    uint64_t        i, n, pgno, before;
    const uint8_t  *list;

    len = fs_get_le32(node);
    list = node + FS_PAGE_NODE + fs_get_le16(node + 6);

    if (fs_get_le16(node + 4) & FS_NODE_BIG) {

        if (fs_look_big(look, node, &room) != 0) {
            return MDB_CORRUPTED;
        }

        list = look->map + fs_get_le64(list) * look->size + FS_PAGE_HEADER;
    }

    n = len >= sizeof(n) ? fs_get_le64(list) : FS_PAGE_NONE;

    if (n > len / sizeof(n) - 1) {
        return MDB_CORRUPTED;
    }

    before = look->last + 1;

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
fs_look_find(const uint8_t *page, unsigned integer, unsigned first,
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
