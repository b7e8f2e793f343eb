
/*
 * The store: a directory with the log, the index and the durable mark.
 *
 * One fs_store_t a process, made after the fork.  Threads: one event loop
 * that only reads (views), one commit thread that writes, and helpers that
 * read (audit).  Environments are closed and opened again (a failed meta
 * write, a rebuilt index) only by the commit thread, under the guard: a view
 * takes it shared and never waits for it.
 *
 * Lock order: the log's write lock (LMDB's, across processes), then the
 * index's.  The log commits first.
 */

#ifndef FS_STORE_H
#define FS_STORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/crypto.h"
#include "lmdb/db.h"
#include "ledger/entry.h"
#include "base/fs_types.h"
#include "lmdb/look.h"

#pragma GCC visibility push(hidden)


#define FS_SCHEMA  1

#define FS_STORE_FILES 3                /* the log's, its lock's, the mark's */
#define FS_STORE_SAID  32               /* messages that are told apart */

/* databases of the log */
typedef enum {
    FS_LOG_LEDGER = 0,
    FS_LOG_SALES,
    FS_LOG_GROUPS,
    FS_LOG_NAMES,
    FS_LOG_DOCUMENTS,
    FS_LOG_RINGS,
    FS_LOG_META,
    FS_LOG_N
} fs_log_db_t;

/* databases of the index */
typedef enum {
    FS_INDEX_HOLDS = 0,
    FS_INDEX_BUYERS,
    FS_INDEX_DUE,
    FS_INDEX_TIMERS,
    FS_INDEX_MEMBERS,
    FS_INDEX_PAYMENTS,
    FS_INDEX_SALES,
    FS_INDEX_GROUPS,
    FS_INDEX_SHELF,
    FS_INDEX_ASIDE,
    FS_INDEX_META,
    FS_INDEX_FILTERS,
    FS_INDEX_N
} fs_index_db_t;

/* seq == again: an entry of the log and its hash; else it was being written */
typedef struct {
    uint64_t             seq;
    uint8_t              hash[FS_HASH_LEN];
    uint64_t             again;
} fs_mark_entry_t;

/*
 * The durable mark, mapped shared by all processes of all instances.
 * Written only by the holder of the log's write lock.  Valid in the boot
 * whose id it carries.  seq is stored after txn; readers need only seq.
 */
typedef struct {
    char                 magic[8];      /* "fs-mark" */
    uint32_t             version;
    _Atomic uint32_t     index_n;       /* N of the current index */
    uint8_t              boot[FS_BOOT_LEN];
    _Atomic uint64_t     txn;           /* last synced transaction */
    _Atomic uint64_t     seq;           /* last durable entry */
    _Atomic uint32_t     clean;         /* index-N/clean may exist */
    _Atomic uint32_t     rebuilding;    /* commands get 503 meanwhile */
    uint64_t             unused;        /* of builds before, which may have
                                           it open too */
    _Atomic uint32_t     stale;         /* the index is broken: make another */
    _Atomic int64_t      mono_offset;   /* mono = CLOCK_BOOTTIME + this */
    _Atomic uint64_t     commits;       /* of the log.  Odd: one is under way,
                                           or nobody knows how it ended */

    /* clock.h: wall = CLOCK_BOOTTIME + offset, the one that is believed, and
     * another, which was seen from `since` (0: there is none) to `seen` */
    _Atomic uint32_t     damaged;       /* the log is: nobody writes to it */
    _Atomic uint32_t     opening;       /* openings of it that have begun, but
                                           for those that have ended */
    _Atomic uint64_t     file_inode;    /* the file that they are of: */
    _Atomic uint64_t     file_size;     /* another, or a changed one, is */
    _Atomic int64_t      file_changed;  /* looked at anew */
    _Atomic uint32_t     clock_known;
    _Atomic int64_t      clock_offset;
    _Atomic int64_t      clock_other;
    _Atomic int64_t      clock_since;
    _Atomic int64_t      clock_seen;

    /* see life.h; these outlive the boot */
    uint64_t             device;        /* of log/data.mdb; inode 0: not */
    uint64_t             inode;         /* recorded */
    _Atomic uint32_t     epoch_due;     /* a life to be begun, 0: none */
    _Atomic uint32_t     lives;         /* how many were */
    fs_mark_entry_t      seen;          /* the last one at some begin */
    fs_mark_entry_t      next;          /* the last one of the last commit,
                                           which may have failed */

    _Atomic int32_t      writer;        /* pid of who has the write lock, for
                                           people; 0: nobody, or unknown */
    _Atomic uint64_t     unreadable;    /* times that a read left out a row */
} fs_mark_t;

typedef struct fs_lives_s  fs_lives_t;  /* life.h */

typedef enum {
    FS_LOG_INFO = 0,
    FS_LOG_WARN,
    FS_LOG_ERROR
} fs_log_level_t;

typedef struct {
    const char          *path;          /* absolute, NUL-terminated; copied */
    size_t               map_size;      /* of the log, bytes; the index has
                                           the same */
    int                  sync;          /* 0: MDB_NOSYNC, may lose the last */
    int                  readers;       /* LMDB's maxreaders */
    uint32_t             generation;    /* entries, see buyers.h; 0: the
                                           default.  For a new index */

    /*
     * Time: wall is CLOCK_REALTIME in ms, boot is CLOCK_BOOTTIME in ms.
     * Randomness: fills len bytes, 0 or -1.
     */
    void               (*clock)(void *data, int64_t *wall, int64_t *boot);
    int                (*random)(void *data, uint8_t *bytes, size_t len);
    void               (*log)(void *data, fs_log_level_t level,
                              const char *message);
    void                *data;
    uint8_t              boot_id[FS_BOOT_LEN];  /* zeros: not known, which is
                                           refused */
} fs_store_conf_t;

typedef struct fs_store_s  fs_store_t;

struct fs_store_s {
    fs_store_conf_t      conf;
    char                *path;
    pthread_rwlock_t     guard;
    MDB_env             *log;           /* NULL: not open */
    MDB_env             *index;         /* NULL: not open */
    uint32_t             index_n;       /* which index is open */
    MDB_dbi              log_dbi[FS_LOG_N];
    MDB_dbi              index_dbi[FS_INDEX_N];
    uint32_t             generation;    /* of the index that is open */
    fs_mark_t           *mark;
    uint8_t              store_key[FS_STORE_KEY_LEN];
    uint8_t              identity[FS_IDENTITY_LEN];  /* of this very file */
    _Atomic(fs_lives_t *)  lives;       /* NULL: the first one only */
    pthread_mutex_t      lives_lock;
    _Atomic int          clock_behind;  /* 503 `clock` until accepted */
    int                  mark_fd;

    /* store.c, write.c, index.c and view.c only */
    fs_seq_t             index_seq;     /* where it was when looked at */
    uint64_t             log_length;    /* bytes of the files */
    uint64_t             index_room;
    int                  index_mapped;  /* it is written through its map */
    fs_look_t            look;          /* at the log, by who writes */
    fs_look_t            index_look;
    void                *fold;          /* the commit thread's state cache */
    struct fs_reader_s  *readers;       /* all of this process */
    pthread_mutex_t      readers_lock;
    uint64_t             device;        /* of the directory: opened once a */
    uint64_t             inode;         /* process */
    unsigned             forks;         /* a child's copy is dead */
    struct {
        uint64_t         device;
        uint64_t         inode;
    }                    files[FS_STORE_FILES];  /* open, store_file.c */
    _Atomic int          log_lost;      /* a change of the log was cut short:
                                           its lock goes with the thread */
    int                  index_lost;    /* of the index: not closed */
    int                  absent;        /* it was said that a file is */
    int64_t              looked_at;     /* boot ms: at them; and at a log */
    int64_t              rechecked;     /* that was damaged */
    fs_seq_t             known_seq;     /* the last entry seen in the log */
    uint8_t              known_hash[FS_HASH_LEN];
    unsigned             doubtful:1;    /* a meta write of ours failed */
    unsigned             booted:1;      /* the boot's entry is written */
    unsigned             life_looked:1; /* since the log was opened */
    int64_t              told_at;       /* last word about a full map */
    _Atomic int64_t      unreadable_at; /* and about a row, by a reader */
    struct {
        const char      *format;
        int64_t          at;
    }                    said[FS_STORE_SAID];  /* warnings, errors */
    fs_store_t          *next;          /* of this process's stores */
};


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
 * 1: no other process has a slot of the index's reader table, which each
 * keeps from its first view on.  Ends this process's own readers of it.
 */
int fs_store_alone(fs_store_t *store);

/*
 * 1: nothing is written: the log is damaged, or not the file that was opened.
 * A load: looked at for each command.
 */
int fs_store_closed(fs_store_t *store);

/*
 * 1: this process cannot use the index as it is (none, damaged, or another
 * process made a new one): the commit thread calls fs_store_catch_up().
 * Costs three loads: looked at in every turn.
 */
int fs_store_index_wanted(fs_store_t *store);

/*
 * This process's current time on both clocks.  Never fails.
 */
void fs_store_now(fs_store_t *store, fs_now_t *now);

/* The same, for who has the log's write lock and decides: the wall clock is
 * looked at, see clock.h. */
void fs_store_time(fs_store_t *store, fs_now_t *now);

/* An operator says that the wall clock of *now is right. */
void fs_store_believe(fs_store_t *store, const fs_now_t *now);

/*
 * A pair of write transactions, log then index.  Blocks for the log's write
 * lock: commit threads only.  Before it returns, whatever is beyond the mark
 * is synced, a new index (another process rebuilt it) is opened, and an index
 * that is behind is caught up or, when it cannot be trusted, rebuilt: see
 * fs_store_catch_up().
 */
typedef struct {
    fs_store_t          *store;
    fs_txn_t             log;
    fs_txn_t             index;
    fs_seq_t             seq;           /* last entry at begin */
    uint8_t              hash[FS_HASH_LEN];  /* its hash */
    int64_t              at;            /* its at */

    /* called between the log's commit and the index's; NULL: not.  Tests
     * kill there.  Set after fs_write_begin(). */
    void               (*committed)(void *data);
    void                *committed_data;

    /* of the two transactions, see db.h */
    MDB_cursor          *log_cursors[FS_DB_CURSORS];
    MDB_cursor          *index_cursors[FS_DB_CURSORS];

    unsigned             lives;         /* that it begins */
} fs_write_t;

fs_outcome_t fs_write_begin(fs_store_t *store, fs_write_t *write);

/*
 * Commit: the log (synced), the mark, the index.  `seq` and `hash` in *write
 * say what the last entry is now; the index's position row and the log's
 * last entry must agree with them.
 *
 * OK: durable.  STORE_FULL, DISK_FAILED: nothing was taken.  UNKNOWN: the
 * meta page's write failed, the environment was closed and will be reopened,
 * synced and checked by the next fs_write_begin().  An index that fails after
 * the log's commit is marked stale (rebuilt by the next begin); the outcome is
 * still OK.
 *
 * timings, in microseconds, may be NULL: [0] the log's commit with its sync,
 * [1] the index's.
 */
fs_outcome_t fs_write_commit(fs_write_t *write, int64_t timings[2]);
void fs_write_abort(fs_write_t *write);

/*
 * Bring the index up to the ledger's end, under the log's write lock: catch
 * up when it is behind, or make a new directory and fold the ledger from its
 * beginning, in index transactions of at most `chunk` entries, with progress
 * in the log.  stop (may be NULL) is looked at between chunks: when it is not
 * 0, returns REBUILDING; the next call goes on where this one stopped.
 */
fs_outcome_t fs_store_catch_up(fs_store_t *store, unsigned chunk,
    const _Atomic int *stop);


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


#pragma GCC visibility pop

#endif /* FS_STORE_H */
