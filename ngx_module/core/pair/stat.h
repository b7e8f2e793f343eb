
/*
 * Figures of the store, for metrics; and what the readers' table tells.
 */

#ifndef FS_STAT_H
#define FS_STAT_H

#include "store/store.h"

#pragma GCC visibility push(hidden)


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

#endif /* FS_STAT_H */
