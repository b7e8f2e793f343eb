
/*
 * LMDB environments: opened after a look at the file, so that no file,
 * whatever is in it, crashes the process that opens it.
 */

#ifndef FS_ENV_H
#define FS_ENV_H

#include "lmdb/db.h"

#pragma GCC visibility push(hidden)


#define FS_ENV_WHY_MAX  128

typedef struct {
    const char          *name;
    unsigned             flags;         /* of mdb_dbi_open() */
} fs_env_db_t;

/*
 * Look at an LMDB file.  1: it looks right; 0: it is missing or empty, so a
 * new one may be made there; -1: it is not one, or a part of it is missing,
 * and `why` says so; -2: it cannot be opened, which says nothing of what is in
 * it: errno, and `why`.
 */
int fs_env_probe(const char *file, char *why);

/*
 * Open the environment in a directory.  MDB_WRITEMAP is left out where the
 * file system does not keep the space taken for a file: there a full disk
 * would be a SIGBUS whatever was taken.  All processes of a store see the same
 * file system.  0, or an LMDB error.
 */
int fs_env_open(MDB_env **env, const char *path, size_t map_size, int readers,
    unsigned flags);

/*
 * Make an LMDB file that is whole and synced, or not there: LMDB itself syncs
 * a new file's first pages only with its first commit, and what a power cut
 * leaves of them until then it takes for no database at all.  scratch: a
 * directory's name for the time being; whatever is there is removed.  The
 * file's name is the caller's to sync.  0, or an LMDB error.
 */
int fs_env_make(const char *file, const char *scratch, size_t map_size);

/*
 * 1: no process has the environment in a directory open; 0: one has, or that
 * cannot be told.  Not while this process has it open: what is opened here and
 * closed again would take the locks of its own with it.
 */
int fs_env_unused(const char *path);

/*
 * Open handles for n databases; the transaction has to be committed, so that
 * they stay.  create: what is missing is made, else it is MDB_NOTFOUND.
 * look: told of them, may be NULL.
 */
int fs_env_handles(MDB_txn *txn, const fs_env_db_t *dbs, unsigned n,
    unsigned create, MDB_dbi *dbi, fs_probe_t *probe);

/*
 * Keep the file longer than what is used of it.  LMDB may leave the last
 * pages unwritten (those freed in the transaction that took them), so a file
 * that ends before its last page would not be known from one cut short.
 * Under the write lock; *length is the length known so far.
 */
void fs_env_lengthen(MDB_env *env, uint64_t *length);

/*
 * Make durable what is seen, whatever became of the last commits: write both
 * meta pages again, and sync.  `last` is the last transaction.  Under the
 * write lock.  0 or an errno.
 */
int fs_env_secure(MDB_env *env, uint64_t last);

/* 1: it was opened with MDB_WRITEMAP, 0: without. */
int fs_env_mapped(MDB_env *env);

/*
 * Before a transaction that folds up to so many entries, and has values of
 * `more` bytes beyond those.  For a map that is written (MDB_WRITEMAP): take
 * disk space behind the last page used.  A full disk is an error here; later
 * it would be a SIGBUS.  Without one: look whether so much is free, so that
 * nothing is decided on a full disk, and keep the file longer than what is
 * used of it, as fs_env_lengthen().  Under the write lock; *room is how far
 * that is known to be done.  0 or errno.
 */
int fs_env_room(MDB_env *env, uint64_t entries, uint64_t more,
    uint64_t *room);

/*
 * Map as much as another process does, which has opened it with a larger size.
 * No transaction of this process is open.  MDB_CORRUPTED: the meta page is
 * damaged, and its map is as it was; otherwise, where it is not 0, there is no
 * map, and the environment is to be closed.
 */
int fs_env_follow(MDB_env *env);

/* Make a directory's entries durable.  0 or errno. */
int fs_sync_directory(const char *path);

/*
 * Make the names durable that lead to what is in a directory of the store:
 * sync it, the store's path, and the one above.  That is somebody else's, and
 * need not be one that can be read.  0 or errno.
 */
int fs_sync_names(const char *path, const char *directory);


#pragma GCC visibility pop

#endif /* FS_ENV_H */
