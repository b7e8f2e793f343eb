
/*
 * What the audit folds of packets and tickets: what is in them, or who won,
 * computed again from what the ledger reveals.
 */

#ifndef FS_AUDIT_DRAWS_H
#define FS_AUDIT_DRAWS_H

#include "ledger/entry.h"
#include "read/read.h"

#pragma GCC visibility push(hidden)


/* Of one sale; made by its first `terms`. */
typedef struct fs_audit_draw_s  fs_audit_draw_t;

/* An entry of the sale, that is the next one.  NULL, or what is wrong. */
const char *fs_audit_draw(fs_audit_draw_t **draw, const fs_entry_t *entry,
    const fs_names_t *names);

/* At the ledger's end, its entry `last`: whether all of it follows from the
 * seed, and whether the log and the index (if it is of the same entry) have
 * the same. */
const char *fs_audit_drawn(const fs_audit_draw_t *draw, fs_view_t *view,
    uint32_t sale, int64_t stock, fs_seq_t last);


#pragma GCC visibility pop

#endif /* FS_AUDIT_DRAWS_H */
