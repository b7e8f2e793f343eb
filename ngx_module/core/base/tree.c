
/*
 * RFC 6962, 2.1: a tree over n leaves is a node over two trees, the left one
 * over the largest power of two below n.  So left trees are whole, and stay as
 * they are however many leaves follow: they are kept.  Those at the right edge
 * are made of whole ones when they are asked for, one a level.
 */

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/tree.h"


#define FS_TREE_LEAF         0x00       /* the first byte that is hashed */
#define FS_TREE_NODE         0x01


static int fs_tree_node(const uint8_t *left, const uint8_t *right,
    uint8_t *hash);
static int fs_tree_span(const fs_tree_t *tree, uint32_t from,
    uint32_t leaves, uint8_t *hash);
static unsigned fs_tree_left_level(uint32_t leaves);


int
fs_tree_leaf(uint32_t number, const char *id, uint8_t *hash)
{
    uint8_t   head[1 + 8];
    fs_str_t  first = { sizeof(head), (const char *) head };
    fs_str_t  second = { FS_HOLD_ID_LEN, id };

    head[0] = FS_TREE_LEAF;
    fs_set_be64(head + 1, number);

    return fs_sha256(first, second, hash);
}


static int
fs_tree_node(const uint8_t *left, const uint8_t *right, uint8_t *hash)
{
    uint8_t   head[1 + FS_HASH_LEN];
    fs_str_t  first = { sizeof(head), (const char *) head };
    fs_str_t  second = { FS_HASH_LEN, (const char *) right };

    head[0] = FS_TREE_NODE;
    memcpy(head + 1, left, FS_HASH_LEN);

    return fs_sha256(first, second, hash);
}


int
fs_tree_add(const fs_tree_t *tree, uint32_t leaves, const uint8_t *leaf)
{
    uint8_t   hash[FS_HASH_LEN], left[FS_HASH_LEN];
    uint32_t  index;
    unsigned  level;

    memcpy(hash, leaf, FS_HASH_LEN);
    index = leaves;

    for (level = 0; level < FS_TREE_LEVELS; level++) {

        if (tree->put(tree->data, level, index, hash) != 0) {
            return -1;
        }

        if ((index & 1) == 0) {
            return 0;
        }

        if (tree->get(tree->data, level, index - 1, left) != 0
            || fs_tree_node(left, hash, hash) != 0)
        {
            return -1;
        }

        index >>= 1;
    }

    return -1;
}


/* The level of the left one of the two trees that so many leaves, at least 2,
 * are parted into. */

static unsigned
fs_tree_left_level(uint32_t leaves)
{
    return 31 - (unsigned) __builtin_clz(leaves - 1);
}


/* The tree over some leaves, that begin where a whole tree of at least as many
 * would: the whole trees in it, put together from the right. */

static int
fs_tree_span(const fs_tree_t *tree, uint32_t from, uint32_t leaves,
    uint8_t *hash)
{
    uint8_t   left[FS_HASH_LEN];
    uint32_t  rest, end;
    unsigned  level;

    end = from + leaves;

    level = (unsigned) __builtin_ctz(leaves);
    end -= (uint32_t) 1 << level;

    if (tree->get(tree->data, level, end >> level, hash) != 0) {
        return -1;
    }

    for (rest = end - from; rest != 0; rest = end - from) {

        level = (unsigned) __builtin_ctz(rest);
        end -= (uint32_t) 1 << level;

        if (tree->get(tree->data, level, end >> level, left) != 0
            || fs_tree_node(left, hash, hash) != 0)
        {
            return -1;
        }
    }

    return 0;
}


int
fs_tree_root(const fs_tree_t *tree, uint32_t leaves, uint8_t *root)
{
    fs_str_t  nothing = fs_null_str;

    if (leaves == 0) {
        return fs_sha256(nothing, nothing, root);
    }

    return fs_tree_span(tree, 0, leaves, root);
}


int
fs_tree_path(const fs_tree_t *tree, uint32_t leaves, uint32_t index,
    fs_tree_path_t *path)
{
    uint32_t  from, half;
    unsigned  n, i;

    if (index >= leaves || leaves > FS_STOCK_MAX) {
        return -1;
    }

    /* from above, and then turned round */

    from = 0;
    n = 0;

    while (leaves > 1) {

        half = (uint32_t) 1 << fs_tree_left_level(leaves);

        if (index - from < half) {
            if (fs_tree_span(tree, from + half, leaves - half,
                             path->nodes[n])
                != 0)
            {
                return -1;
            }

            leaves = half;

        } else {
            if (fs_tree_span(tree, from, half, path->nodes[n]) != 0) {
                return -1;
            }

            from += half;
            leaves -= half;
        }

        n++;
    }

    for (i = 0; i < n / 2; i++) {
        uint8_t  hash[FS_HASH_LEN];

        memcpy(hash, path->nodes[i], FS_HASH_LEN);
        memcpy(path->nodes[i], path->nodes[n - 1 - i], FS_HASH_LEN);
        memcpy(path->nodes[n - 1 - i], hash, FS_HASH_LEN);
    }

    path->len = n;

    return 0;
}


int
fs_tree_follow(uint32_t leaves, uint32_t index, const uint8_t *leaf,
    const fs_tree_path_t *path, uint8_t *root)
{
    uint32_t  half;
    uint32_t  right;                    /* a bit a step from above: the leaf
                                           is in the right tree */
    unsigned  n, i;

    if (index >= leaves || leaves > FS_STOCK_MAX) {
        return -1;
    }

    right = 0;

    for (n = 0; leaves > 1; n++) {

        half = (uint32_t) 1 << fs_tree_left_level(leaves);

        if (index < half) {
            leaves = half;

        } else {
            right |= (uint32_t) 1 << n;
            index -= half;
            leaves -= half;
        }
    }

    if (path->len != n) {
        return -1;
    }

    memcpy(root, leaf, FS_HASH_LEN);

    for (i = 0; i < n; i++) {
        int             failed;
        const uint8_t  *node = path->nodes[i];

        failed = right >> (n - 1 - i) & 1
                 ? fs_tree_node(node, root, root)
                 : fs_tree_node(root, node, root);

        if (failed) {
            return -1;
        }
    }

    return 0;
}
