
/*
 * Opening and closing the store.
 */

#ifndef FS_OPEN_H
#define FS_OPEN_H

#include "store/store.h"

#pragma GCC visibility push(hidden)


/*
 * Open the store in `conf->path`, which exists; make what is missing in it.
 * Takes the log's write lock for a moment: makes the schema, the key and the
 * `store` entry, checks the boot (a `boot` entry at the first open in a new
 * one), syncs when the last transaction is beyond the mark, and looks whether
 * the index can be trusted.  Does not rebuild: fs_store_catch_up() does.
 *
 * Returns NULL and an outcome and a message of at most 256 bytes (which file,
 * what is wrong, what to do).  Afterwards store->index may be NULL: the index
 * cannot be used before fs_store_catch_up().
 */
fs_store_t *fs_store_open(const fs_store_conf_t *conf, fs_outcome_t *outcome,
    char *message);

/*
 * Close.  clean: when no other process reads it, sync the index and leave the
 * marker, so that it is trusted after a reboot: who goes on will write it
 * again, and do the same at its end.  No view and no transaction may be open.
 */
void fs_store_close(fs_store_t *store, int clean);


#pragma GCC visibility pop

#endif /* FS_OPEN_H */
