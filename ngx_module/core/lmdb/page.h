
/*
 * Pages of LMDB's trees, as they lie in the file: see check.c for the format.
 * What LMDB changes it does not look at: a node that is longer than its page
 * is moved all the same, over whatever lies behind.
 */

#ifndef FS_PAGE_H
#define FS_PAGE_H

#include <stddef.h>

#include "base/bytes.h"

#pragma GCC visibility push(hidden)


#define FS_PAGE_HEADER    16
#define FS_PAGE_NODE      8             /* before its key */
#define FS_PAGE_TREE      48            /* the record of a tree */
#define FS_PAGE_DEPTH     32
#define FS_PAGE_KEY_MAX   511
#define FS_PAGE_MAX       65536         /* bytes of a page */
#define FS_PAGE_NONE      UINT64_MAX

/* flags of pages */
#define FS_PAGE_BRANCH    1
#define FS_PAGE_LEAF      2
#define FS_PAGE_OVERFLOW  4
#define FS_PAGE_META      8
#define FS_PAGE_DIRTY     0x10

/* flags of a leaf's nodes */
#define FS_NODE_BIG       1
#define FS_NODE_SUB       2

/* of the record of a tree */
#define FS_TREE_INTEGER   8

/*
 * NULL: page `pgno` is of that kind (branch or leaf), and its nodes fill it
 * from its upper end, one behind the other.  Otherwise what is wrong with it.
 * integer: all keys have eight bytes, but for a branch's first.
 */
const char *fs_page_wrong(const uint8_t *page, size_t size, uint64_t pgno,
    unsigned kind, unsigned integer);

/* How many nodes, and one of them, of a page that is right. */
unsigned fs_page_nodes(const uint8_t *page);
const uint8_t *fs_page_node(const uint8_t *page, unsigned i);

/* The page below a branch's node. */
uint64_t fs_page_child(const uint8_t *node);

/* A node's key and another, in a tree's order: below, at or above 0. */
int fs_page_order(const uint8_t *node, unsigned integer, const void *key,
    size_t len);


#pragma GCC visibility pop

#endif /* FS_PAGE_H */
