
/*
 * Parts of a write that store.c and index.c share with write.c.  Only the
 * commit thread, or the opener before there is one, calls them.
 */

#ifndef FS_WRITE_H
#define FS_WRITE_H

#include "store/store.h"

#pragma GCC visibility push(hidden)


/* Entries of an index transaction when nobody says otherwise. */
#define FS_INDEX_CHUNK  16384

/*
 * Take the log's write lock: begin its transaction, check the schema, read
 * the last entry, sync when something lies beyond the mark.
 */
fs_outcome_t fs_write_lock(fs_store_t *store, fs_write_t *write);

/* Commit the log alone and raise the mark.  The index's stays as it is. */
fs_outcome_t fs_write_commit_log(fs_write_t *write);

/* Write the entry of a new boot, in a commit of its own, when it is due.
 * Afterwards `write` is ended, unless OK is returned and *again is 0. */
fs_outcome_t fs_write_boot(fs_write_t *write, int *again);

/* Says when the wall clock is far behind the ledger: it is not believed then.
 * `last` becomes the last entry's number, 0 when there is none. */
void fs_store_check_clock(fs_store_t *store, fs_txn_t *log, fs_seq_t *last);

/* Put the words, with the store's path before them, into the log. */
void fs_store_say(fs_store_t *store, fs_log_level_t level,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same, also when its like was said a moment ago, and from any thread. */
void fs_store_report(fs_store_t *store, fs_log_level_t level,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* 1: now; 0: something like it was said a moment ago. */
int fs_store_tell(fs_store_t *store);

/* Another instance made the map larger: follow it. */
int fs_store_follow_map(fs_store_t *store, MDB_env *env);

/* The log's environment.  0 or an LMDB error. */
int fs_store_open_log(fs_store_t *store);
void fs_store_close_log(fs_store_t *store);

/*
 * The files that this process has open, see store_file.c.
 */

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
 * have not come back.
 */
int fs_store_opening(fs_store_t *store);
void fs_store_opened(fs_store_t *store);

/* The stores of this process, each open once.  0; -1: it is there already. */
int fs_stores_add(fs_store_t *store);
void fs_stores_remove(fs_store_t *store);

/* 1: this is a child's copy, made by a fork. */
int fs_store_forked(const fs_store_t *store);


#pragma GCC visibility pop

#endif /* FS_WRITE_H */
