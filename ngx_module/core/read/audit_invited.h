
/*
 * What the audit folds of who came by whose code, and the rows of the index
 * that say so: see audit.c.  Of a newcomer it remembers some bytes, not who
 * that is: the row is known by the number of its entry.
 */

#ifndef FS_AUDIT_INVITED_H
#define FS_AUDIT_INVITED_H

#include "read/read.h"

#pragma GCC visibility push(hidden)


typedef struct {
    fs_seq_t             seq;           /* of `referred` */
    uint8_t              given;         /* bits, as in a row */
    uint8_t              handed;
    uint8_t              rows;          /* that were found of it */
} fs_audit_newcomer_t;

typedef struct {
    fs_audit_newcomer_t *list;          /* in the ledger's order */
    size_t               n;
    size_t               room;
    uint8_t              unsure;        /* a hand-over could not be placed */
} fs_audit_invited_t;


/* An entry, any.  NULL, or what is wrong with it. */
const char *fs_audit_invited(fs_audit_invited_t *invited, fs_view_t *view,
    const fs_entry_t *entry);

/* All rows, at the ledger's end.  NULL, or what is wrong with them. */
const char *fs_audit_invited_rows(fs_audit_invited_t *invited,
    fs_view_t *view);

void fs_audit_invited_free(fs_audit_invited_t *invited);


#pragma GCC visibility pop

#endif /* FS_AUDIT_INVITED_H */
