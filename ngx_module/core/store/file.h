
/*
 * The files that a process has open, by name and by what is there now.
 */

#ifndef FS_FILE_H
#define FS_FILE_H

#include <sys/stat.h>

#include "store/store.h"

#pragma GCC visibility push(hidden)


/* Of the log's file, its lock's (1) or the mark (2).  0, or -1 and errno. */
int fs_store_file_stat(fs_store_t *store, unsigned i, struct stat *st);

/* What is open now: after the log's environment was opened. */
int fs_store_files_note(fs_store_t *store);

/* 1: they are where they were; 0: one is missing; -1: one is another.  The
 * log says so, once. */
int fs_store_files_there(fs_store_t *store);

/*
 * The log is damaged, and `why` says where: nobody writes to it any more, in
 * no process, until the file is another one or was changed.  Any thread.
 */
void fs_store_damaged(fs_store_t *store, const char *why);

/*
 * Before the log is opened.  1: go on; *whole: look at each of its pages.
 * 0: it is damaged, and nothing has changed since.
 */
int fs_store_file_changed(fs_store_t *store, int *whole);

/*
 * Opening, under the lock of opening: 1: go on; 0: three that went before
 * have not come back, and the last one was not long ago.
 */
int fs_store_opening(fs_store_t *store);
void fs_store_opened(fs_store_t *store);

/*
 * 1: nothing is written: the log is damaged, or not the file that was opened.
 * A load: looked at for each command.
 */
int fs_store_closed(fs_store_t *store);


#pragma GCC visibility pop

#endif /* FS_FILE_H */
