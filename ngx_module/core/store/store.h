
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
#include "base/fs_types.h"
#include "ledger/entry.h"
#include "ledger/names.h"
#include "ledger/schema.h"
#include "lmdb/db.h"
#include "lmdb/probe.h"
#include "store/mark.h"

#pragma GCC visibility push(hidden)


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
    FS_INDEX_QUEUE,
    FS_INDEX_MEMBERS,
    FS_INDEX_PAYMENTS,
    FS_INDEX_DEBTS,
    FS_INDEX_OWED,
    FS_INDEX_CLAIMS,
    FS_INDEX_PAID,
    FS_INDEX_TASKS,
    FS_INDEX_LINES,
    FS_INDEX_TALLIES,
    FS_INDEX_WAVES,
    FS_INDEX_SALES,
    FS_INDEX_GROUPS,
    FS_INDEX_SHELF,
    FS_INDEX_DRAWS,
    FS_INDEX_INVITED,
    FS_INDEX_ASIDE,
    FS_INDEX_META,
    FS_INDEX_FILTERS,
    FS_INDEX_N
} fs_index_db_t;

typedef struct fs_store_s   fs_store_t;
typedef struct fs_lives_s   fs_lives_t;      /* log/life.h */
typedef struct fs_reader_s  fs_reader_t;     /* below */
typedef struct fs_pair_s    fs_pair_t;       /* log/log.h */

/*
 * What the ledger's entries do to the index is not the store's to know.  Who
 * opens it hands this in.  All run in the thread that writes, under the log's
 * write lock.
 */
typedef struct {
    /*
     * Fold at most `chunk` entries after *seq into the index's transaction;
     * *seq becomes the last one folded.  OK; else the transaction can only be
     * aborted, and *unfit is 1 when another index may take them.
     */
    fs_outcome_t       (*fold)(fs_pair_t *pair, fs_seq_t *seq,
                               unsigned chunk, int *unfit);

    /*
     * Write the entries that come before any other (of a new store, boot or
     * life), in a commit of its own, when they are due.  Afterwards the pair
     * is ended, unless OK is returned and *again is 0.
     */
    fs_outcome_t       (*boot)(fs_pair_t *pair, int *again);

    /* Free store->fold. */
    void               (*end)(void *fold);
} fs_replay_t;

typedef enum {
    FS_SAY_INFO = 0,
    FS_SAY_WARN,
    FS_SAY_ERROR
} fs_say_level_t;

/* What a process does with a store: all, or it only reads, see pair/follow.c;
 * of the ledger alone it has no index open, and keeps nobody from ending it
 * cleanly. */
typedef enum {
    FS_READS_NOT = 0,
    FS_READS,
    FS_READS_LEDGER
} fs_reads_t;

typedef struct {
    const char          *path;          /* absolute, NUL-terminated; copied */
    size_t               map_size;      /* of the log, bytes; the index has
                                           the same */
    int                  sync;          /* 0: MDB_NOSYNC, may lose the last */
    int                  readers;       /* LMDB's maxreaders */
    fs_reads_t           reads;
    uint32_t             generation;    /* entries, see buyers.h; 0: the
                                           default.  For a new index */
    uint32_t             refund_ms;     /* from a debt to when it is due */
    uint32_t             given_ms;      /* from ready to when it counts as
                                           handed over; 0: never */
    uint32_t             claim_ms;      /* a claim may be made so long after
                                           the hand-over */
    int64_t              auto_fen;      /* claims up to this are accepted when
                                           they are due; 0: none */
    uint32_t             auto_claims;   /* so many of a buyer */
    int64_t              auto_ms;       /* in this time */

    /*
     * Time: wall is CLOCK_REALTIME in ms, boot is CLOCK_BOOTTIME in ms.
     * Randomness: fills len bytes, 0 or -1.
     */
    void               (*clock)(void *data, int64_t *wall, int64_t *boot);
    int                (*random)(void *data, uint8_t *bytes, size_t len);
    void               (*log)(void *data, fs_say_level_t level,
                              const char *message);
    void                *data;
    uint8_t              boot_id[FS_BOOT_LEN];  /* zeros: not known, which is
                                           refused */
    const fs_replay_t   *replay;        /* &fs_replay, of fold/fold.h */
} fs_store_conf_t;

struct fs_store_s {
    fs_store_conf_t      conf;
    char                *path;
    pthread_rwlock_t     guard;
    MDB_env             *log;           /* NULL: not open */
    MDB_env             *index;         /* NULL: not open */
    uint32_t             index_n;       /* which index is open */
    uint32_t             index_map_n;   /* counts the places where one lay */
    MDB_dbi              log_dbi[FS_LOG_N];
    MDB_dbi              index_dbi[FS_INDEX_N];
    uint32_t             generation;    /* of the index that is open */
    fs_mark_t           *mark;
    uint8_t              store_key[FS_STORE_KEY_LEN];
    uint8_t              identity[FS_IDENTITY_LEN];  /* of this very file */
    _Atomic(fs_lives_t *)  lives;       /* NULL: the first one only */
    pthread_mutex_t      lives_lock;
    _Atomic uint32_t     schema;        /* of the log, under its lock */
    _Atomic int          clock_behind;  /* 503 `clock` until accepted */
    int                  mark_fd;

    /* for the rooms store, log, index and pair only */
    fs_seq_t             index_seq;     /* where it was when looked at */
    uint64_t             log_length;    /* bytes of the files */
    uint64_t             index_room;
    int                  index_mapped;  /* it is written through its map */
    fs_probe_t            probe;          /* at the log, by who writes */
    fs_probe_t            index_look;
    void                *fold;          /* the commit thread's memory */
    fs_reader_t         *readers;       /* all of this process */
    pthread_mutex_t      readers_lock;
    uint64_t             device;        /* of the directory: opened once a */
    uint64_t             inode;         /* process */
    unsigned             forks;         /* a child's copy is dead */
    struct {
        uint64_t         device;
        uint64_t         inode;
    }                    files[FS_STORE_FILES];  /* open, file.c */
    _Atomic int          log_lost;      /* a change of the log was cut short:
                                           its lock goes with the thread */
    int                  index_lost;    /* of the index: not closed */
    int                  absent;        /* it was said that a file is */
    int64_t              looked_at;     /* boot ms: at them; and at a log */
    int64_t              rechecked;     /* that was damaged */
    fs_seq_t             known_seq;     /* the last entry seen in the log */
    uint8_t              known_hash[FS_HASH_LEN];
    unsigned             alone:1;       /* nobody had the log open when this
                                           process opened it first */
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


/* Put the words, with the store's path before them, into the log. */
void fs_store_say(fs_store_t *store, fs_say_level_t level,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same, also when its like was said a moment ago, and from any thread. */
void fs_store_say_now(fs_store_t *store, fs_say_level_t level,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* 1: now; 0: something like it was said a moment ago. */
int fs_store_say_due(fs_store_t *store);

/*
 * This process's current time on both clocks.  Never fails.
 */
void fs_store_now(fs_store_t *store, fs_now_t *now);

/* The same, for who has the log's write lock and decides: the wall clock is
 * looked at, see clock.c. */
void fs_store_time(fs_store_t *store, fs_now_t *now);

/* An operator says that the wall clock of *now is right. */
void fs_store_believe(fs_store_t *store, const fs_now_t *now);

/* Another instance made the map larger: follow it. */
int fs_store_follow_map(fs_store_t *store, MDB_env *env);


/*
 * reader.c: a pair of reset LMDB readers of one thread, and what it remembers
 * from view to view.
 */

struct fs_reader_s {
    fs_store_t          *store;
    fs_reader_t         *next;          /* of the store's */
    MDB_txn             *log;           /* reset, but within a view */
    MDB_txn             *index;
    uint32_t             index_n;       /* where the index was, and in which */
    uint64_t             index_txn;     /* transaction that was read */
    fs_seq_t             index_seq;
    fs_names_memory_t    sales;
    fs_names_memory_t    pickups;
    fs_names_memory_t    waves;
    fs_names_memory_t    takers;        /* of cash */
    void                *view;          /* for fs_view_names() */
    fs_crypto_t         *crypto;
};


/* NULL: no memory.  The readers themselves are taken on first use. */
fs_reader_t *fs_reader_create(fs_store_t *store);
void fs_reader_destroy(fs_reader_t *reader);

/* Renew a reader; the first time it takes a slot of the reader table, and
 * frees those of dead processes when there is none.  0, or an LMDB error. */
int fs_reader_renew(MDB_env *env, MDB_txn **txn);

/* End all readers' transactions: an environment is about to be closed.  The
 * caller holds the guard for writing. */
void fs_readers_end(fs_store_t *store, int log);


/* process.c: the stores that this process has open. */

/* The stores of this process, each open once.  0; -1: it is there already. */
int fs_stores_add(fs_store_t *store);
void fs_stores_remove(fs_store_t *store);

/* 1: this is a child's copy, made by a fork. */
int fs_store_forked(const fs_store_t *store);


/*
 * clock.c: which wall clock is believed.
 *
 * What cannot be taken back (a sale that opens, one that closes, the groups
 * decided then, their refunds) does not go by a wall clock that has just
 * jumped ahead: within a boot the machine's running time has to agree with
 * it.  The mark keeps the offset between the two that is believed; another
 * one is believed when it has lasted, or when an operator says so.
 */

/* A wall clock that is slewed differs by less from one look to the next. */
#define FS_CLOCK_SLACK_MS    1000

/* How long a step ahead has to last before sales open by it, and before
 * they close by it. */
#define FS_CLOCK_OPENS_MS    2500
#define FS_CLOCK_CONFIRM_MS  600000

/* Between two looks; after a longer pause it begins to last anew. */
#define FS_CLOCK_WATCH_MS     10000

/*
 * Look at both clocks: an offset that is new begins to last, one that has
 * lasted is believed.  Under the log's write lock.
 */
void fs_clock_watch(fs_mark_t *mark, int64_t wall, int64_t boot);

/* Believe the wall clock as it is.  Under the log's write lock. */
void fs_clock_believe(fs_mark_t *mark, int64_t wall, int64_t boot);

/* The boot's entry has this offset: believe it, unless another is known. */
void fs_clock_begin(fs_mark_t *mark, int64_t offset);

/* Fill due and opens of *now, whose wall is there.  Any thread. */
void fs_clock_read(const fs_mark_t *mark, int64_t boot, fs_now_t *now);


#pragma GCC visibility pop

#endif /* FS_STORE_H */
