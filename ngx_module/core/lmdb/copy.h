
/*
 * A copy of an LMDB environment, taken while others write to it.
 */

#ifndef FS_COPY_H
#define FS_COPY_H

#include "lmdb/db.h"

#pragma GCC visibility push(hidden)


/*
 * Copy the state that a reader of `env` sees now into an empty file, and sync
 * it.  Each page is looked at on the way, as fs_check_env() does.  Pages that
 * are not in use are not read, and are holes of the copy, so what was deleted
 * is not in it.  Writers are not held up, but use no page again that was in
 * use when it began: the environment may grow until it ends.
 *
 * 0: *bytes is the file's length; -1: it is damaged, and why (FS_ENV_WHY_MAX)
 * says which page; otherwise an LMDB error, or the errno of writing.
 */
int fs_copy_env(MDB_env *env, int fd, uint64_t *bytes, char *why);


#pragma GCC visibility pop

#endif /* FS_COPY_H */
