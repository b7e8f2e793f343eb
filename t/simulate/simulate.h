
/*
 * The simulation: a shop on a simulated machine.
 *
 *   simulate.c         the run: worlds, one after the other, and the summary
 *   simulate_world.c   a world: its clock, its faults, one step after another
 *   simulate_worker.c  a worker: its event loop and its commit thread
 *   simulate_check.c   what was decided, against the oracle and the ledger
 *   simulate_look.c    what people read, and the audit
 *   simulate_disk.c    the log's disk: faults, and what a power cut leaves
 *
 * A world is a fresh store with a mix of faults of its own.  Its commands are
 * given to the oracle in the order in which the log has them, once they are
 * durable, and what people are told is held against what was decided.
 */

#ifndef SIMULATE_H
#define SIMULATE_H

#include "lead/lead.h"
#include "store/store.h"
#include "index/index.h"
#include "common/check.h"
#include "oracle/compare.h"
#include "disk/disk.h"
#include "process.h"


#define SIMULATE_WORKERS   5            /* at most, at once */
#define SIMULATE_RINGS     8            /* of a block */
#define SIMULATE_BLOCKS    2            /* instances of nginx on one store */
#define SIMULATE_REQUESTS  8192         /* that wait at once */
#define SIMULATE_RETRIES   256
#define SIMULATE_JOBS      16           /* an operator's, at one worker */

/* Faults, and their names in the summary. */
#define SIMULATE_FAULTS(X)                                                   \
    X(KILLED,      "workers killed by the simulation's step")                \
    X(DIED,        "commit threads dead at a point of a pass")               \
    X(DIED_DISK,   "commit threads dead in a call for a file")               \
    X(SYNC,        "syncs failed")                                           \
    X(META,        "syncs failed, of a meta page or after one")              \
    X(WRITE,       "writes failed")                                          \
    X(SHORT,       "writes cut short")                                       \
    X(SPACE,       "calls on a full disk")                                   \
    X(POWER,       "power cuts")                                             \
    X(SECTORS,     "sectors lost by them")                                   \
    X(INDEX,       "indexes damaged by them")                                \
    X(CRASH,       "crashes of all processes")                               \
    X(RESTART,     "orderly restarts")                                       \
    X(BEHIND,      "clocks far behind after a power cut")                    \
    X(STEP,        "steps of the wall clock")                                \
    X(RELOAD,      "workers exited and replaced")

typedef enum {
#define X(name, string)  SIMULATE_##name,
    SIMULATE_FAULTS(X)
#undef X
    SIMULATE_FAULTS_N
} simulate_fault_t;

/* A client that waits for an answer, or an operator. */
typedef struct {
    int                  busy;
    uint32_t             generation;    /* how often the place was used: an
                                           answer for the one before is seen */
    int                  worker;
    int                  decided;       /* the result is there, and is durable
                                           if anything was written */
    generated_t          made;
    int                  wrote;         /* some command of its batch wrote */
    fs_result_t          result;        /* as decided; the client is told the
                                           same */
} simulate_request_t;

/* One command of a batch. */
typedef struct {
    uint64_t             token;
    generated_t          made;
    fs_result_t          result;
} simulate_item_t;

/*
 * The last batch that was decided.  It is open until its entries are seen in
 * the log, or until another is decided in its place: then it came to nothing.
 */
typedef struct {
    uint64_t             number;
    int                  open;
    int                  refused;       /* its clients were told that nothing
                                           was taken */
    int                  timers;        /* after it nothing was due */
    fs_seq_t             base;          /* the last entry before it */
    fs_seq_t             commanded;     /* the last entry of its commands;
                                           those of timers follow */
    fs_seq_t             last;          /* its last entry */
    uint8_t              hash[FS_HASH_LEN];
    fs_now_t             now;
    int64_t              boot;          /* and by the running clock */
    unsigned             n;
    simulate_item_t      items[FS_BATCH_MAX];
} simulate_batch_t;

typedef struct simulate_s  simulate_t;

typedef struct {
    simulate_t          *sim;
    int                  number;        /* place among the workers */
    process_t           *process;       /* NULL: there is none */
    fs_rings_t          *rings;
    int                  ring;

    /* its memory: gone with it */
    fs_store_t          *store;
    fs_leader_t         *leader;
    fs_reader_t         *reader;        /* the event loop's */
    fs_reader_t         *second;        /* the commit thread's */
    fs_sheet_cache_t    *cache;
    fs_crypto_t         *crypto;
    int                  ready;
    _Atomic int          stop;          /* it shall exit */
    int                  clean;         /* and leave the index in good order */
    int                  settling;      /* catches up its index, and settles
                                           what its ring's last owner left */
    fs_seq_t             commanded;     /* last entry at FS_POINT_DECIDED */
    int                  left;          /* it has exited by itself, and had
                                           settled its ring before */
    uint64_t             batch;         /* number of the one it commits; 0:
                                           none */
    int64_t              wake_at;       /* until this boot time its thread
                                           sleeps; 0: it does not */
    int                  kicked;        /* somebody has woken the thread */
    int64_t              looked_at;     /* the event loop, at its ring */
    int64_t              backoff;       /* ms to wait after a failed pass */
    fs_pass_t            pass;
    uint16_t             jobs[SIMULATE_JOBS];   /* places of operators'
                                                   requests */
    unsigned             jobs_n;
    simulate_request_t  *job;           /* the one that is being decided */
    fs_result_t          result;        /* of the job */
} worker_t;

/* What happens in a world, and how often: drawn from its seed. */
typedef struct {
    unsigned             workers;
    unsigned             blocks;
    uint32_t             queue;
    size_t               map;
    unsigned             burst;         /* commands that come at once */

    /* each: once in so many; 0: never */
    unsigned             die;           /* points of a pass */
    unsigned             die_disk;      /* calls for a file */
    unsigned             fault;         /* calls for a file */
    unsigned             kill;          /* steps; so are those below */
    unsigned             power;
    unsigned             crash;
    unsigned             restart;
    unsigned             reload;
} simulate_mix_t;

/* A sector of the log that was written, and is not on disk yet. */
typedef struct {
    uint32_t             sector;
    int                  doomed;        /* a sync of it failed: the kernel
                                           takes it for clean now, and no
                                           later sync writes it */
    uint8_t              old[DISK_SECTOR];  /* what the disk has */
} simulate_sector_t;

struct simulate_s {
    uint64_t             seed;
    unsigned             world;
    unsigned long        quota;         /* commands of the world */
    uint64_t             steps;
    char                 path[128];
    dice_t               dice;
    simulate_mix_t       mix;
    fs_store_conf_t      conf;
    int64_t              wall;
    int64_t              boot;
    int64_t              mono_offset;   /* the store's own, in this boot */
    int64_t              offset;        /* wall - boot */
    int64_t              offset_at;     /* since when it is that */
    int64_t              offset_max;    /* the largest one that has lasted, or
                                           that somebody has accepted: nothing
                                           may be decided with a later clock */
    int64_t              tick;          /* of the last command: their order */
    int                  calm;          /* the end of a world: no faults and
                                           no new clients any more */
    disk_t              *disk;
    int                  fd;            /* of the log, beside the disk */
    char                 log[160];      /* the log's file */
    uint32_t             index_n;       /* number of the index, index-N, that
                                           was used last */
    unsigned             index_dirty;   /* commits since it was synced */
    uint32_t             index_doomed;  /* N of one of which a sync failed */
    uint32_t             index_synced;  /* N of the one that was synced last */
    uint8_t              index_metas[2 * DISK_PAGE];    /* and its meta pages
                                                           at that time */
    int                  trouble;       /* what is wrong with the disk:
                                           simulate_fault_t, or -1 */
    unsigned             trouble_n;     /* for so many calls; 0: for ever */
    simulate_sector_t   *sectors;
    size_t               sectors_n;
    size_t               sectors_size;
    uint8_t             *sectors_seen;
    uint8_t             *old;           /* buffer: what a write overwrites */
    size_t               old_size;
    fs_rings_t          *blocks[SIMULATE_BLOCKS];
    worker_t             workers[SIMULATE_WORKERS];
    unsigned             waiting;       /* requests */
    unsigned             free_n;
    uint16_t             free[SIMULATE_REQUESTS];
    simulate_request_t  *requests;
    uint64_t             taken[SIMULATE_REQUESTS];  /* the last token of each
                                           place whose command is in the log:
                                           none may get there twice */
    unsigned             retries_n;
    generated_t          retries[SIMULATE_RETRIES];
    simulate_batch_t     batch;
    fs_seq_t             applied;       /* last entry of the last batch that
                                           is in the log */
    fs_seq_t             commanded;     /* last entry of its commands */
    fs_seq_t             checked;       /* last entry the oracle has had */
    uint8_t              checked_hash[FS_HASH_LEN];
    int64_t              checked_at;
    units_t              units;
    oracle_t             oracle;

    /* over all worlds */
    unsigned long        commands;
    unsigned long        unwritten;     /* commands refused from a view */
    unsigned long        recalled;      /* of them, by what was kept of one */
    unsigned long        answers[FS_OUTCOMES_N];
    unsigned long        cut;           /* clients that got no answer */
    unsigned long        again;         /* of those, who asked once more, with
                                           their key */
    unsigned long        faults[SIMULATE_FAULTS_N];
    unsigned long        entries;
    uint64_t             digest;        /* of ledgers, answers and steps */
};


/* simulate_world.c */
void simulate_world(simulate_t *sim, unsigned long commands);
void simulate_count(simulate_t *sim, simulate_fault_t fault);

/* simulate_worker.c */
void worker_start(simulate_t *sim, int number, fs_rings_t *rings);
void worker_kill(worker_t *worker);
void worker_go(worker_t *worker);
int worker_runnable(worker_t *worker);
void worker_burst(worker_t *worker, unsigned commands);
void worker_take(worker_t *worker);
void worker_operate(worker_t *worker, const generated_t *made);
void worker_kick(worker_t *worker);

/* simulate_check.c */
void simulate_locked(worker_t *worker);         /* at FS_POINT_LOCKED */
void simulate_decided(worker_t *worker);        /* FS_POINT_APPLIED */
void simulate_committed(worker_t *worker);      /* FS_POINT_LOG_COMMITTED */
void simulate_decided_job(worker_t *worker);    /* without an entry */
void simulate_ended(worker_t *worker, fs_outcome_t outcome);
void simulate_follow(simulate_t *sim, fs_reader_t *reader);
void simulate_answered(simulate_t *sim, simulate_request_t *request,
    const fs_result_t *result);
void simulate_refused(worker_t *worker, const fs_view_t *view,
    const generated_t *made, const fs_result_t *result);

/* The request of a token, or NULL: its client is gone. */
simulate_request_t *simulate_request(simulate_t *sim, uint64_t token);
uint64_t simulate_token(simulate_t *sim, simulate_request_t *request);
simulate_request_t *simulate_new(simulate_t *sim, worker_t *worker,
    const generated_t *made);
void simulate_free(simulate_t *sim, simulate_request_t *request, int again);

/* simulate_look.c */
void simulate_look(worker_t *worker);
int simulate_fresh(worker_t *worker);
void simulate_audit(worker_t *worker);

/* simulate_disk.c */
void simulate_disk_create(simulate_t *sim);
void simulate_disk_destroy(simulate_t *sim);
void simulate_power_cut(simulate_t *sim);

/* The sectors of the log's two meta pages are those before this one. */
#define SIMULATE_METAS  (2 * DISK_PAGE / DISK_SECTOR)

/* Ends the run when one of these sectors of the log, below `to`, was written
 * and is not on disk. */
void simulate_synced(simulate_t *sim, uint32_t from, uint32_t to);


#endif /* SIMULATE_H */
