
/*
 * Rows of the index that an entry leaves behind, looked at as the audit comes
 * by it, when the index is as far: see audit.c.
 */

#ifndef FS_AUDIT_ROWS_H
#define FS_AUDIT_ROWS_H

#include "read/read.h"

#pragma GCC visibility push(hidden)


/*
 * The refund by its reference, the lines of an order where their goods are.
 * NULL, or what is wrong with the entry.
 */
const char *fs_audit_rows(fs_view_t *view, const fs_entry_t *entry);


#pragma GCC visibility pop

#endif /* FS_AUDIT_ROWS_H */
