
/*
 * A tree of hashes over numbered tickets, of the shape that RFC 6962 gives
 * it: docs/draws.md has it to the byte.  Pure: where the nodes are kept is the
 * caller's.
 */

#ifndef FS_TREE_H
#define FS_TREE_H

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


#define FS_TREE_LEVELS       31         /* of a path, at most: FS_STOCK_MAX
                                           leaves */

/*
 * The nodes of whole subtrees: node `index` of level l is over the leaves
 * from index << l on, 1 << l of them.  Each returns 0 or -1; what get cannot
 * find is -1.
 */
typedef struct {
    int                (*get)(void *data, unsigned level, uint32_t index,
                             uint8_t *hash);
    int                (*put)(void *data, unsigned level, uint32_t index,
                             const uint8_t *hash);
    void                *data;
} fs_tree_t;

typedef struct {
    unsigned             len;
    uint8_t              nodes[FS_TREE_LEVELS][FS_HASH_LEN];
} fs_tree_path_t;

/* The leaf of a ticket: of its number, from 1, and its hold's id,
 * FS_HOLD_ID_LEN digits.  0 or -1. */
int fs_tree_leaf(uint32_t number, const char *id, uint8_t *hash);

/* Leaf `leaves`, after so many others, and what it completes: at most one node
 * a level.  0 or -1. */
int fs_tree_add(const fs_tree_t *tree, uint32_t leaves, const uint8_t *leaf);

/* The root over the first `leaves` of them.  0 or -1. */
int fs_tree_root(const fs_tree_t *tree, uint32_t leaves, uint8_t *root);

/* The path from leaf `index` to that root, from below.  0 or -1. */
int fs_tree_path(const fs_tree_t *tree, uint32_t leaves, uint32_t index,
    fs_tree_path_t *path);

/* To which root a path leads from a leaf.  0; -1: it has not the length of a
 * path of that leaf, or libcrypto failed. */
int fs_tree_follow(uint32_t leaves, uint32_t index, const uint8_t *leaf,
    const fs_tree_path_t *path, uint8_t *root);


#pragma GCC visibility pop

#endif /* FS_TREE_H */
