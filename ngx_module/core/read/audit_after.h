
/*
 * What the audit folds of a sale after its orders: what is left of what was
 * paid, and the debts that are promised to all buyers of it.
 */

#ifndef FS_AUDIT_AFTER_H
#define FS_AUDIT_AFTER_H

#include "ledger/entry.h"
#include "ledger/rows_after.h"
#include "read/read.h"

#pragma GCC visibility push(hidden)


typedef struct {
    int64_t              left_fen;      /* paid for it, and not owed back */
    fs_seq_t             called_off;    /* the entry, 0: it is not */
    uint32_t             tasks;         /* begun, and not settled */
    uint32_t             claims;        /* made, and not answered */
    int64_t              claimed;       /* units of claims not denied */
    uint8_t              settling;      /* that of the calling off is not */
    int64_t              queued;        /* units that are waited for */
    uint32_t             waiting;       /* by so many holds */
    uint32_t             numbers;       /* the last one in the line */
    uint32_t             granted;       /* gifts */
    uint32_t             bound;         /* of them, by holds that use or used
                                           them */
} fs_audit_after_t;


/* The sum of what is owed, after an entry.  1; 0: it pays back what is not
 * owed. */
int fs_audit_money(fs_owed_t *owed, const fs_entry_t *entry);

/* An entry of the sale.  NULL, or what is wrong with it. */
const char *fs_audit_after(fs_audit_after_t *after, const fs_entry_t *entry);

/* The answer to a claim of the sale.  1; 0: all of them were answered. */
int fs_audit_answered(fs_audit_after_t *after, const fs_entry_t *claim,
    const fs_entry_t *entry);

/* The sale's record, at the ledger's end.  NULL, or what is wrong. */
const char *fs_audit_after_row(const fs_audit_after_t *after,
    const fs_sale_t *row);

/*
 * How many tasks there are, and debts and claims that wait, by the index:
 * those of all sales, and so many debts.  NULL, or what is wrong.
 */
const char *fs_audit_after_rows(fs_view_t *view, const fs_audit_after_t *all,
    uint64_t debts);


#pragma GCC visibility pop

#endif /* FS_AUDIT_AFTER_H */
