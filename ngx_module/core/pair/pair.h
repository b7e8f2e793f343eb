
/*
 * The pair of write transactions, log then index: its commit and its end.
 */

#ifndef FS_PAIR_H
#define FS_PAIR_H

#include <sys/stat.h>

#include "log/log.h"
#include "store/store.h"

#pragma GCC visibility push(hidden)


/*
 * Commit: the log (synced), the mark, the index.  `seq` and `hash` in *write
 * say what the last entry is now; the index's position row and the log's
 * last entry must agree with them.
 *
 * OK: durable.  STORE_FULL, DISK_FAILED: nothing was taken.  UNKNOWN: the
 * meta page's write failed, the environment was closed and will be reopened,
 * synced and checked by the next fs_pair_begin().  An index that fails after
 * the log's commit is marked stale (rebuilt by the next begin); the outcome is
 * still OK.
 *
 * timings, in microseconds, may be NULL: [0] the log's commit with its sync,
 * [1] the index's.
 */
fs_outcome_t fs_pair_commit(fs_pair_t *write, int64_t timings[2]);
void fs_pair_abort(fs_pair_t *write);


/*
 * begin.c: beginning the pair: under the log's write lock, with an index that
 * is where the ledger is.
 */

/* Entries of an index transaction when nobody says otherwise. */
#define FS_INDEX_CHUNK  16384


/*
 * A pair of write transactions, log then index.  Blocks for the log's write
 * lock: commit threads only.  Before it returns, whatever is beyond the mark
 * is synced, a new index (another process rebuilt it) is opened, and an index
 * that is behind is caught up or, when it cannot be trusted, rebuilt: see
 * fs_store_catch_up().
 */
fs_outcome_t fs_pair_begin(fs_store_t *store, fs_pair_t *write);

/* Begin the index's write transaction of `write`, up to the ledger's end:
 * catches up in transactions of `chunk` entries.  See fs_store_catch_up().
 * The pair is ended after a failure, and when there is more. */
fs_outcome_t fs_pair_begin_index(fs_pair_t *write, unsigned chunk,
    const _Atomic int *stop, int *more);

/*
 * Bring the index up to the ledger's end, under the log's write lock: catch
 * up when it is behind, or make a new directory and fold the ledger from its
 * beginning, in index transactions of at most `chunk` entries, with progress
 * in the log.  stop is looked at between chunks: when it is not 0 there, *more
 * is 1, and the next call goes on where this one stopped.  Else *more is 0: OK
 * says that the index is where the ledger is.  Without `stop`, more is NULL.
 */
fs_outcome_t fs_store_catch_up(fs_store_t *store, unsigned chunk,
    const _Atomic int *stop, int *more);

/* Leave the marker of a clean exit, when the index is where the ledger is. */
void fs_pair_clean(fs_store_t *store);


/* open.c: opening and closing the store. */

#define FS_MESSAGE_MAX  256

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


/*
 * For schema.c: open a store as far as `begin` does, which runs under the lock
 * of opening; and end it.
 */
typedef fs_outcome_t (*fs_store_begin_t)(fs_store_t *store, char *message);

fs_store_t *fs_store_enter(const fs_store_conf_t *conf,
    fs_store_begin_t begin, fs_outcome_t *outcome, char *message);
fs_store_t *fs_store_create(const fs_store_conf_t *conf);

/* The same, of the directory that st is of, as one of this process's.  NULL:
 * no memory, or it is there already, as `message` says. */
fs_store_t *fs_store_claim(const fs_store_conf_t *conf,
    const struct stat *st, char *message);
void fs_store_destroy(fs_store_t *store);

/* Read the schema.  OK; NOT_READY and a message: this program
 * does not know it. */
fs_outcome_t fs_store_known_schema(fs_store_t *store, fs_txn_t *log,
    char *message);

/* Open the log's file, made when there is none; fresh: nothing is in it. */
fs_outcome_t fs_store_log_file(fs_store_t *store, int *fresh,
    char *message);


/* known.c: the schema and the key; 1: the mark is this log's; 1: it is of this
 * boot, which has its entry. */
fs_outcome_t fs_store_meta(fs_store_t *store, fs_txn_t *log, char *message);
int fs_store_same(fs_store_t *store, fs_txn_t *log);
int fs_store_of_boot(fs_store_t *store, fs_txn_t *log, uint64_t mark);


/*
 * follow.c: a store that is only read (conf.reads).  No lock is taken that a
 * writer waits for, and nothing is made or written, the mark neither.
 */

/* What fs_store_open() does then.  NOT_READY: it is not made yet, of another
 * boot, or of a life that is due; to be tried again.  OLD_SCHEMA: another
 * program is needed for it. */
fs_outcome_t fs_store_look(fs_store_t *store, char *message);

/*
 * Now and then, by one thread, with a reader of its own: maps that were made
 * larger, another index.  Sets the reader's index_txn to the last commit.
 * NOT_READY: the files are others now, or of another boot; the store is to be
 * closed and opened again.
 */
fs_outcome_t fs_store_follow(fs_store_t *store, fs_reader_t *reader);


/*
 * log_only.c: a log without what belongs to it, for tools: it is damaged, or
 * nobody has opened it since the machine was started, or it is a backup.
 * Views and the audit work, without an index.
 */
typedef enum {
    FS_LOG_OF_STORE = 0,                /* conf.path/log, others may write */
    FS_LOG_AS_IT_IS,                    /* the same, and nobody does */
    FS_LOG_OF_BACKUP                    /* in conf.path itself */
} fs_log_kind_t;

/*
 * Open it to be read; conf.reads is FS_READS_LEDGER.  Its pages are not looked
 * at, and nothing is made or written but a lock file of LMDB's where others
 * may write.  Ends as a store does (fs_store_close()).  NULL: a message, and
 * the outcome is NOT_READY: damaged, or no log; OLD_SCHEMA: of a program that
 * is newer; or why it cannot be opened.
 */
fs_store_t *fs_store_log_only(const fs_store_conf_t *conf,
    fs_log_kind_t kind, fs_outcome_t *outcome, char *message);

/* 1: it is followed while a shop sells, cut where that has synced it; 0: it is
 * all that is there. */
int fs_store_is_followed(const fs_store_t *store);


/* schema.c: which schema a store has, see ledger/schema.h. */

typedef struct {
    uint32_t             store;
    uint32_t             program;
    int                  alone;         /* no process had it open */
} fs_store_schema_t;

/*
 * Look at the store in conf->path, without its index; raise: and raise its
 * schema to that of this program.  OK; OLD_SCHEMA: not raised, as somebody
 * has it open; or why it cannot be opened.  With a message, as
 * fs_store_open().  Nothing is made where no store is.
 */
fs_outcome_t fs_store_schema(const fs_store_conf_t *conf, int raise,
    fs_store_schema_t *schema, char *message);


/*
 * stat.c: figures of the store, for metrics; and what the readers' table
 * tells.
 */

/* Figures for metrics.  0 or -1. */
typedef struct {
    uint64_t             log_used;      /* bytes */
    uint64_t             log_size;
    uint64_t             index_used;
    uint64_t             index_size;
    uint64_t             disk_free;     /* of the file system */
    uint64_t             oldest_reader_lag;  /* transactions behind */
    uint64_t             asides;        /* rows set aside */
    uint64_t             unreadable;    /* reads that passed over a row */
    unsigned             readers;
    fs_seq_t             durable_seq;
    fs_seq_t             index_seq;
} fs_store_stat_t;

int fs_store_stat(fs_store_t *store, fs_store_stat_t *stat);

/*
 * 1: no other process has a slot of the index's reader table, which each
 * keeps from its first view on.  Ends this process's own readers of it.
 */
int fs_store_alone(fs_store_t *store);


#pragma GCC visibility pop

#endif /* FS_PAIR_H */
