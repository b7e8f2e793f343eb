
/*
 * What the audit folds of a sale after its orders: what is left of what was
 * paid, and the debts that are promised to all buyers of it.
 */

#ifndef FS_AUDIT_AFTER_H
#define FS_AUDIT_AFTER_H

#include "ledger/entry.h"
#include "read/read.h"

#pragma GCC visibility push(hidden)


typedef struct {
    int64_t              left_fen;      /* paid for it, and not owed back */
    fs_seq_t             called_off;    /* the entry, 0: it is not */
    uint32_t             tasks;         /* begun, and not settled */
    uint8_t              settling;      /* that of the calling off is not */
} fs_audit_after_t;


/* An entry of the sale.  NULL, or what is wrong with it. */
const char *fs_audit_after(fs_audit_after_t *after, const fs_entry_t *entry);

/* The sale's record, at the ledger's end.  NULL, or what is wrong. */
const char *fs_audit_after_row(const fs_audit_after_t *after,
    const fs_sale_t *row);

/* How many tasks the index has, of all sales.  1; 0: it cannot be read. */
int fs_audit_tasks(fs_view_t *view, uint64_t *tasks);


#pragma GCC visibility pop

#endif /* FS_AUDIT_AFTER_H */
