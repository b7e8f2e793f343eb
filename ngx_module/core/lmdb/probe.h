
/*
 * A look at the pages that a write transaction is about to change.  LMDB
 * believes them: from a damaged one it copies too much, over the heap of this
 * process, and no signal tells of it.  So each is looked at before it is
 * changed for the first time in its transaction: the way to a key, what lies
 * beside it (a page that gets empty is joined with its neighbour), what holds
 * the trees' roots, and the lists of free pages that are used up first.
 *
 * What is looked at is the snapshot that the transaction began with: a page
 * that it has made itself is one of those.  Writers only, under LMDB's lock.
 *
 * For the log, and for an index that is not written through its map: where it
 * is, such a copy goes over other pages of it.  Of the many values of a key
 * (MDB_DUPSORT) nothing is looked at but the node that has them, or names
 * their tree.
 */

#ifndef FS_PROBE_H
#define FS_PROBE_H

#include <lmdb.h>

#include "lmdb/page.h"

#pragma GCC visibility push(hidden)


#define FS_PROBE_DBS   18              /* handles: all, and LMDB's own two */
#define FS_PROBE_SEEN  1024              /* pages that are remembered */

/* where the last key went that was looked for in a tree */
typedef struct {
    uint64_t             root;          /* NONE: it was empty */
    const uint8_t       *first;         /* the leaf's keys begin at this one */
    const uint8_t       *end;           /* and before that; NULL: no bound */
    unsigned             known:1;       /* root is */
    unsigned             walked:1;
    unsigned             beside:1;      /* neighbours were looked at, too */
    unsigned             integer:1;
    unsigned             depth;
} fs_probe_tree_t;

typedef struct {
    const char          *names[FS_PROBE_DBS];    /* of databases, by handle */
    MDB_txn             *txn;           /* being looked at; NULL: none yet */
    const uint8_t       *map;
    size_t               size;          /* of a page */
    uint64_t             last;          /* page of the snapshot */
    uint64_t             turn;          /* counts transactions */
    unsigned             probing;       /* a fault now has changed nothing */
    fs_probe_tree_t       main;
    fs_probe_tree_t       trees[FS_PROBE_DBS];
    uint64_t             seen[FS_PROBE_SEEN];
} fs_probe_t;


/* A transaction has begun; nothing is read yet. */
void fs_probe_begin(fs_probe_t *probe);

/*
 * Before a key of a database is put or (del) deleted.  The first time, also at
 * what the commit will change.  0 or MDB_CORRUPTED.  Called within a guard, as
 * pages may be missing.
 */
int fs_probe(fs_probe_t *probe, MDB_txn *txn, MDB_dbi dbi, const MDB_val *key,
    int del);


#pragma GCC visibility pop

#endif /* FS_PROBE_H */
