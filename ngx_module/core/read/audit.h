
/*
 * The audit: folds the ledger again, from its first entry, and compares the
 * result with the counters, the groups and the chain.  It reads in ranges,
 * each its own short snapshot, while selling goes on.
 */

#ifndef FS_AUDIT_H
#define FS_AUDIT_H

#include "ledger/rows_after.h"
#include "read/read.h"

#pragma GCC visibility push(hidden)


typedef struct {
    uint32_t             number;
    fs_slug_t            slug;
    int64_t              stock, held, sold;     /* folded */
    int64_t              row_stock, row_held, row_sold;  /* in the record */
    int64_t              joined, row_joined;
    uint8_t              ok;
} fs_audit_sale_t;

typedef struct {
    int                  ok;
    fs_outcome_t         outcome;       /* OK, or why it did not end */
    fs_seq_t             last_seq;
    uint8_t              hash[FS_HASH_LEN];
    fs_owed_t            owed;          /* folded */
    uint64_t             overdue;       /* as fs_view_owed() says */
    fs_audit_sale_t     *sales;         /* malloc()ed, in order of slugs */
    size_t               sales_n;
    char                 problem[256];  /* the first, in words; or empty */
} fs_audit_t;

/*
 * Run one.  By a thread of its own: it reads with a reader of its own.
 * range: entries a snapshot.  stop: looked at between ranges.
 */
void fs_audit_run(fs_store_t *store, unsigned range, const _Atomic int *stop,
    fs_audit_t *audit);
void fs_audit_free(fs_audit_t *audit);


#pragma GCC visibility pop

#endif /* FS_AUDIT_H */
