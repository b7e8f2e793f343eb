
/*
 * What happens before the power cut: some lives of a process that sells,
 * each a child of this one, on a simulated disk that records it.
 */

#ifndef RUN_H
#define RUN_H

#include "disk/cut.h"
#include "common/dice.h"
#include "unit/shop.h"
#include "read/read.h"


#define RUN_RINGS      3
#define RUN_QUEUE      4096
#define RUN_SALES      6
#define RUN_SCARCE     1        /* of these: there is little of it */
#define RUN_COUPON     7        /* what is given, to all, and to newcomers */
#define RUN_ALL        8        /* and to inviters */
#define RUN_MAP        (16 << 20)
#define RUN_ASKED_MAX  32768
#define RUN_ACKS_MAX   8192
#define RUN_POINTS_MAX 4096
#define RUN_SCHEMAS_MAX 64
#define RUN_SEQ_MAX    65536
#define RUN_EVENTS_MAX 400000
#define RUN_BYTES_MAX  (1024UL << 20)

/* How the disk, or the store, breaks the promise on purpose. */
typedef enum {
    RUN_HONEST = 0,
    RUN_SYNC_OFF,                   /* the directive says sync=off */
    RUN_NO_DATA_SYNC,               /* fdatasync() does nothing */
    RUN_NO_META_SYNC,               /* O_DSYNC does nothing */
    RUN_KINDS_N
} run_kind_t;

/* A success that somebody was told of. */
typedef struct {
    size_t         position;        /* in the record, at which he was told */
    fs_command_t   command;
    fs_seq_t       hold;
    fs_seq_t       seq;             /* the last entry that it wrote */
    int64_t        amount_fen;
} run_ack_t;

/* A moment at which nobody was in a commit. */
typedef struct {
    size_t         position;
    fs_seq_t       seq;             /* the last durable one, by the mark */
    int64_t        wall;
} run_point_t;

/* The schema that the log has from a position on; 0: it is being changed. */
typedef struct {
    size_t         position;
    uint32_t       schema;
} run_schema_t;

/* What a store is told of the world. */
typedef struct {
    int64_t        wall;
    int64_t        boot;
    uint8_t        boot_id[FS_BOOT_LEN];
    dice_t         dice;
} run_world_t;

/* Shared with the children. */
typedef struct {
    run_world_t    world;
    uint32_t       sales;           /* defined so far */
    uint32_t       asked_n;
    fs_command_t   asked[RUN_ASKED_MAX];    /* the commands, by token */
    size_t         acks_n;
    run_ack_t      acks[RUN_ACKS_MAX];
    size_t         points_n;
    run_point_t    points[RUN_POINTS_MAX];
    size_t         schemas_n;
    run_schema_t   schemas[RUN_SCHEMAS_MAX];
    fs_seq_t       shown[RUN_EVENTS_MAX];   /* before each event: the last
                                               durable one, by the mark */

    /* of the whole ledger, when all is over */
    fs_seq_t       last;
    uint64_t       types[FS_ENTRY_TYPES_N];     /* entries of each */
    uint8_t        hashes[RUN_SEQ_MAX][FS_HASH_LEN];

    unsigned       kills;
    unsigned       shutdowns;
} run_shared_t;

typedef struct {
    char           root[64];
    run_kind_t     kind;
    dice_t         dice;
    disk_t        *disk;
    size_t         begins;          /* position at which it begins: before it
                                       is what it inherited */
    run_shared_t  *shared;
    fs_rings_t    *rings;           /* of this boot */
} run_t;


/* In an empty directory.  The run begins with an empty disk. */
void run_create(run_t *run, const char *root, run_kind_t kind, uint64_t seed);
void run_destroy(run_t *run);

/* Begin with what a power cut has left of `old`, at this position. */
void run_inherit(run_t *run, const run_t *old, cut_t *cut,
    size_t position, cut_choice_t choice, void *data);

/* Let the process sell, die and be started again.  0, or -1: it failed, and
 * has said so. */
int run_live(run_t *run);

/* Add the entries of a record's ledger, by type; one of which there should be
 * some and is none, by name, or NULL. */
void run_count(const run_t *run, uint64_t *types);
const char *run_missing(const uint64_t *types);

/* Another boot of the machine. */
void run_boot(run_world_t *world, dice_t *dice);

/* A configuration for a store in this directory. */
void run_conf(run_world_t *world, fs_store_conf_t *conf, const char *path);

/* In a life: it goes on to this point; it failed, and ends. */
void run_point(run_t *run);
void run_failed(const char *what, const char *detail);

/* At a position: the last entry that somebody knows to be durable, and the
 * last that may be there; the time. */
void run_bounds(const run_t *run, size_t position, fs_seq_t *least,
    fs_seq_t *most, int64_t *wall);

/* From this position on the log has this schema; and what it has at one. */
void run_schema(run_shared_t *shared, size_t position, uint32_t schema);
uint32_t run_schema_at(const run_shared_t *shared, size_t position);

/* The ledger of an open store: the chain's hashes, and each reservation
 * that was acknowledged.  0, or -1 and why. */
int run_ledger(run_shared_t *shared, fs_store_t *store, char *why,
    size_t size);


#endif /* RUN_H */
