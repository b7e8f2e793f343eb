
/*
 * The pages that processes of a store share and write: the mark, and LMDB's
 * lock files.  Where a file system writes each page to another place, a store
 * into one of them is a SIGBUS while the disk is full, though it is there.
 */

#ifndef FS_SHARED_H
#define FS_SHARED_H

#include <stdint.h>

#pragma GCC visibility push(hidden)


/*
 * In a signal handler, after a SIGBUS at an address.  1: it is within one of
 * these pages, and within its file, so that it can be tried again later.
 */
int fs_shared_page(uintptr_t at);


#pragma GCC visibility pop

#endif /* FS_SHARED_H */
