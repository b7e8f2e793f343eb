
/*
 * What an audit found, as JSON.
 */

#ifndef FS_AUDIT_ANSWER_H
#define FS_AUDIT_ANSWER_H

#include "read/audit.h"

#pragma GCC visibility push(hidden)


/* {"ok","sales":[{"id","stock","free","held","sold","ok"}],
 * "owed":{"fen","debts","overdue"},"ledger":{"last_seq","hash"}} and
 * "problem" when there is one; the length, or -1: it did not fit */
int fs_answer_audit(char *buf, size_t size, const fs_audit_t *audit);


#pragma GCC visibility pop

#endif /* FS_AUDIT_ANSWER_H */
