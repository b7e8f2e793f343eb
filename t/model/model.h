
/*
 * The model's run: one store, driven directly (model.c); what is checked of
 * it (model_check.c); the index folded again (model_fold.c).
 */

#ifndef MODEL_H
#define MODEL_H

#include "oracle/compare.h"
#include "rules/rules.h"


typedef struct {
    char                 path[64];
    fs_store_conf_t      conf;
    int64_t              wall;
    int64_t              boot;
    uint64_t             seed;          /* as given */
    dice_t               dice;
    unsigned long        commands;      /* done so far */
    unsigned long        count[FS_OUTCOMES_N];
    unsigned long        entries[FS_ENTRY_TYPES_N];
    unsigned long        refused;       /* by a view */
    unsigned long        recalled;      /* by what was kept of one */
    unsigned             rebuilt, reboots, aborted;
    fs_store_t          *store;
    fs_crypto_t         *crypto;
    fs_sheet_cache_t    *cache;
    fs_reader_t         *reader;
    fs_sheet_cache_t    *view_cache;
    fs_pair_t           write;
    fs_sheet_t           sheet;
    fs_seq_t             checked;       /* ledger looked at up to here */
    fs_seq_t             told;          /* and the oracle told of it */
    units_t              units;
    oracle_t             oracle;
} model_t;

void model_open(model_t *m, unsigned chunk);
void model_close(model_t *m, int clean);

/* Begin a pair of write transactions, with the state on them; commit it. */
void model_begin(model_t *m);
void model_commit(model_t *m);

/* Do all that is due, in passes that do at most a random number of things;
 * some passes share a transaction. */
void model_timers(model_t *m);

/* Compare the rows with the oracle.  all: of every sale and hold; else of the
 * sales that can have changed. */
void model_check(model_t *m, int all);

/* Make the index anew from the log, and compare it with the old one. */
void model_rebuild(model_t *m);


#endif /* MODEL_H */
