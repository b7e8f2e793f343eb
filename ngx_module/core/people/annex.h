
/*
 * An LMDB environment beside the log, of rows that may be erased.  Nothing of
 * it is needed to sell: when it is damaged, full or not to be opened it is
 * shut, which is said once, and all else goes on.
 *
 * One thread opens it, writes, wipes and closes; one other thread reads.
 * Several processes share the file: writers go one after the other by LMDB's
 * own lock, which no other thread ever waits for.
 *
 * Erased means: what LMDB leaves behind goes as well.  A page that is changed
 * is written to another place, the old one stays until it is used again, and
 * in the room between a page's nodes lies what lay there before.  So
 * fs_annex_wipe() writes zeros over both.
 */

#ifndef FS_ANNEX_H
#define FS_ANNEX_H

#include "lmdb/env.h"
#include "store/store.h"

#pragma GCC visibility push(hidden)


#define FS_ANNEX_DBS  8                 /* at most, with "meta" */

typedef struct fs_annex_s  fs_annex_t;

typedef struct {
    const char          *path;          /* of the store; copied */
    const char          *name;          /* of the directory in it */
    uint32_t             format;        /* of its rows */
    const char *const   *dbs;           /* names; "meta" is added */
    unsigned             dbs_n;
    size_t               map_size;
    int                  readers;
    int                  sync;          /* 0: MDB_NOSYNC */
    int                  reads;         /* 1: it is only read.  Nothing is
                                           made then, and no lock is taken
                                           that a writer waits for */
    void               (*log)(void *data, fs_say_level_t level,
                              const char *message);
    void                *data;
} fs_annex_conf_t;


/* Nothing is opened yet.  NULL: no memory. */
fs_annex_t *fs_annex_create(const fs_annex_conf_t *conf);
void fs_annex_destroy(fs_annex_t *annex);

/*
 * The thread, once a second: open it when it is not, and look whether the
 * file is the one that is open.  AGAIN in *again: somebody is at it, ask soon.
 */
void fs_annex_tend(fs_annex_t *annex, int *again);

/* Any thread: 1: it was opened, or it is known why not. */
int fs_annex_known(fs_annex_t *annex);

/* OK, or why it is shut. */
fs_outcome_t fs_annex_outcome(fs_annex_t *annex);

/* The thread: 1: a change was cut short by a damaged page.  The file's lock is
 * kept until this thread ends: end it, and do not destroy the annex. */
int fs_annex_lost(fs_annex_t *annex);

/* The thread: a write; waits for other processes'.  After an error of the
 * transaction, or of the commit, nothing was written. */
fs_outcome_t fs_annex_begin(fs_annex_t *annex, fs_txn_t *txn);
fs_outcome_t fs_annex_end(fs_annex_t *annex, fs_txn_t *txn);

/* The thread: a commit that changes nothing of anybody, so that pages which
 * the last ones left behind can be wiped. */
fs_outcome_t fs_annex_step(fs_annex_t *annex);

/* The reading thread (or, own: the other one): a snapshot; never waits. */
fs_outcome_t fs_annex_read(fs_annex_t *annex, fs_txn_t *txn, int own);
void fs_annex_read_end(fs_annex_t *annex, fs_txn_t *txn, int own);

/* A handle, by its place in conf->dbs. */
MDB_dbi fs_annex_dbi(fs_annex_t *annex, unsigned db);

/*
 * The thread: write zeros over what is not in use, of at most `n` pages from
 * *page on; *page is 0 when the file's end is reached.  *left counts pages
 * that somebody may still read.
 */
void fs_annex_wipe(fs_annex_t *annex, uint64_t *page, unsigned n,
    uint64_t *left);


#pragma GCC visibility pop

#endif /* FS_ANNEX_H */
