
/*
 * The stores that this process has open.
 */

#ifndef FS_PROCESS_H
#define FS_PROCESS_H

#include "store/store.h"

#pragma GCC visibility push(hidden)


/* The stores of this process, each open once.  0; -1: it is there already. */
int fs_stores_add(fs_store_t *store);
void fs_stores_remove(fs_store_t *store);

/* 1: this is a child's copy, made by a fork. */
int fs_store_forked(const fs_store_t *store);


#pragma GCC visibility pop

#endif /* FS_PROCESS_H */
