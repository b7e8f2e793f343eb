
/*
 * A look at the pages of the log before LMDB is trusted with them: all that
 * a commit may change, and the ways to all others.
 */

#ifndef FS_CHECK_H
#define FS_CHECK_H

#include "lmdb/db.h"

#pragma GCC visibility push(hidden)


/* Pages read at an ordinary opening, at most: a store of 100 million entries
 * has fewer. */
#define FS_CHECK_PAGES  (1U << 16)

#define FS_CHECK_META   152             /* bytes of a meta page that count */

/* What a snapshot consists of. */
typedef struct {
    size_t               size;          /* of a page */
    uint64_t             last;          /* page */
    uint8_t              meta[FS_CHECK_META];
    uint8_t             *used;          /* a bit a page, malloc()ed: what its
                                           trees have; not the meta pages */
} fs_pages_t;

/*
 * Look at the snapshot that a reader of `env` sees now.  whole: also at the
 * pages of old entries, which are only ever read, and without bounds.
 *
 * 0: it is whole; -1: it is not, and why (FS_ENV_WHY_MAX) says which page;
 * otherwise an LMDB error or errno.  EAGAIN: the lock file is of another data
 * file, which somebody still has open.
 */
int fs_check_env(MDB_env *env, int whole, char *why);

/*
 * The same of a reader's transaction, which may move on to a later snapshot
 * first; whole, and *pages are those of it.
 */
int fs_check_pages(MDB_env *env, MDB_txn *txn, fs_pages_t *pages, char *why);


#pragma GCC visibility pop

#endif /* FS_CHECK_H */
