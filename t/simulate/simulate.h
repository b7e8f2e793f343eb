
/*
 * The simulation: a shop on a simulated machine.
 *
 *   simulate.c         the run: worlds, one after the other, and the summary
 *   simulate_world.c   a world: its clock, its faults, one step after another
 *   simulate_worker.c  a worker: its event loop and its commit thread
 *   simulate_check.c   what was decided, against the oracle and the ledger
 *   simulate_disk.c    the log's disk: faults, and what a power cut leaves
 *
 * A world is a fresh store with a mix of faults of its own.  Its commands are
 * given to the oracle in the order in which the log has them, once they are
 * durable, and what people are told is held against what was decided.
 */

#ifndef SIMULATE_H
#define SIMULATE_H

#include "lead/commit.h"
#include "lead/settle.h"
#include "store/clock.h"
#include "index/index_dir.h"
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
    uint32_t             generation;    /* of this place */
    int                  worker;
    int                  decided;       /* and durable, if it had an effect */
    generated_t          made;
    int                  wrote;         /* its batch's commands did */
    fs_result_t          result;        /* as decided */
} simulate_request_t;

/* One command of a batch. */
typedef struct {
    uint64_t             token;
    generated_t          made;
    fs_result_t          result;
} simulate_item_t;

/*
 * The last batch that was decided.  It is open until the log shows it, or
 * until another is decided in its place.
 */
typedef struct {
    uint64_t             number;
    int                  open;
    int                  refused;       /* its clients were told that nothing
                                           was taken */
    int                  timers;        /* all that was due was done */
    fs_seq_t             base;          /* the last entry before it */
    fs_seq_t             commanded;     /* the last of its commands */
    fs_seq_t             last;          /* its own last */
    uint8_t              hash[FS_HASH_LEN];
    fs_now_t             now;
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
    fs_commit_t         *commit;
    fs_reader_t         *reader;        /* the event loop's */
    fs_reader_t         *second;        /* the commit thread's */
    fs_state_cache_t    *cache;
    fs_crypto_t         *crypto;
    int                  ready;
    _Atomic int          stop;          /* it shall exit */
    int                  clean;
    int                  settling;
    fs_seq_t             commanded;     /* at FS_POINT_DECIDED */
    int                  left;          /* it has exited by itself, and its
                                           ring was its own */
    uint64_t             batch;         /* number of the one it commits, 0 */
    int64_t              wake_at;       /* boot ms; its thread sleeps */
    int                  kicked;
    int64_t              looked_at;
    int64_t              backoff;
    fs_pass_t            pass;
    uint16_t             jobs[SIMULATE_JOBS];   /* requests */
    unsigned             jobs_n;
    simulate_request_t  *job;           /* being decided */
    fs_result_t          result;        /* of it */
} worker_t;

/* Of one world: drawn from its seed. */
typedef struct {
    unsigned             workers;
    unsigned             blocks;
    uint32_t             queue;
    size_t               map;
    unsigned             burst;         /* commands that come at once */
    unsigned             die;           /* one in so many, 0: never */
    unsigned             die_disk;
    unsigned             fault;         /* of the disk, by calls */
    unsigned             kill;          /* by steps */
    unsigned             power;
    unsigned             crash;
    unsigned             restart;
    unsigned             reload;
} simulate_mix_t;

/* A sector of the log that is not on disk yet: what it was before. */
typedef struct {
    uint32_t             sector;
    int                  doomed;        /* a sync of it failed: the kernel
                                           takes it for clean now */
    uint8_t              old[DISK_SECTOR];
} simulate_sector_t;

struct simulate_s {
    uint64_t             seed;
    unsigned             world;
    unsigned long        quota;         /* its commands */
    uint64_t             steps;
    char                 path[128];
    dice_t               dice;
    simulate_mix_t       mix;
    fs_store_conf_t      conf;
    int64_t              wall;
    int64_t              boot;
    int64_t              mono_offset;   /* of this boot */
    int64_t              offset;        /* wall - boot, and since when */
    int64_t              offset_at;
    int64_t              offset_max;    /* the largest one that has lasted, or
                                           that somebody has accepted */
    int64_t              tick;          /* the order of commands */
    int                  calm;          /* no faults, no new clients */
    disk_t              *disk;
    int                  fd;            /* of the log, beside the disk */
    char                 log[160];      /* the log's file */
    uint32_t             index_n;       /* the index last seen */
    unsigned             index_dirty;   /* commits since it was synced */
    uint32_t             index_doomed;  /* a sync of it failed */
    uint32_t             index_synced;  /* one of it succeeded, when its meta
                                           pages were */
    uint8_t              index_metas[2 * DISK_PAGE];    /* these */
    int                  trouble;       /* simulate_fault_t, or -1 */
    unsigned             trouble_n;     /* so many times; 0: for ever */
    simulate_sector_t   *sectors;
    size_t               sectors_n;
    size_t               sectors_size;
    uint8_t             *sectors_seen;
    uint8_t             *old;           /* room for one write's */
    size_t               old_size;
    fs_rings_t          *blocks[SIMULATE_BLOCKS];
    worker_t             workers[SIMULATE_WORKERS];
    unsigned             waiting;       /* requests */
    unsigned             free_n;
    uint16_t             free[SIMULATE_REQUESTS];
    simulate_request_t  *requests;
    uint64_t             taken[SIMULATE_REQUESTS];  /* by place: the last
                                           token whose command is in the log */
    unsigned             retries_n;
    generated_t          retries[SIMULATE_RETRIES];
    simulate_batch_t     batch;
    fs_seq_t             applied;       /* end of the last one in the log */
    fs_seq_t             commanded;     /* end of its commands' entries */
    fs_seq_t             checked;       /* the oracle is as far */
    uint8_t              checked_hash[FS_HASH_LEN];
    int64_t              checked_at;
    units_t              units;
    oracle_t             oracle;

    /* over all worlds */
    unsigned long        commands;
    unsigned long        unwritten;     /* of them refused from a view */
    unsigned long        answers[FS_OUTCOMES_N];
    unsigned long        cut;           /* clients that got none */
    unsigned long        again;         /* that asked again with their key */
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
void simulate_look(worker_t *worker);
int simulate_fresh(worker_t *worker);
void simulate_audit(worker_t *worker);

/* The request of a token, or NULL: its client is gone. */
simulate_request_t *simulate_request(simulate_t *sim, uint64_t token);
uint64_t simulate_token(simulate_t *sim, simulate_request_t *request);
simulate_request_t *simulate_new(simulate_t *sim, worker_t *worker,
    const generated_t *made);
void simulate_free(simulate_t *sim, simulate_request_t *request, int again);

/* simulate_disk.c */
void simulate_disk_create(simulate_t *sim);
void simulate_disk_destroy(simulate_t *sim);
void simulate_power_cut(simulate_t *sim);

/* What has been written to the log is on disk, or this ends the run. */
void simulate_synced(simulate_t *sim);


#endif /* SIMULATE_H */
