
/*
 * What the audit looks at of goods, see audit.c: the lists and tallies of the
 * index, against what the entries and the holds say.
 */

#ifndef FS_AUDIT_GOODS_H
#define FS_AUDIT_GOODS_H

#include "read/read.h"

#pragma GCC visibility push(hidden)


/* of a sale, by its tallies */
typedef struct {
    int64_t              units;         /* that come, came, or never come */
    int64_t              handed_over;
} fs_audit_goods_t;


/*
 * Whether each line of an order is listed where its goods are, and only there
 * is looked; first: the entry of its first line, `sold` or `sold_late`.  1;
 * 0: it is not.
 */
int fs_audit_listed(fs_view_t *view, const fs_entry_t *first);

/* Add up the tallies, into an element for each sale number below n.  0; -1:
 * one cannot be read, or is of another sale. */
int fs_audit_tallies(fs_view_t *view, fs_audit_goods_t *sales, size_t n);


#pragma GCC visibility pop

#endif /* FS_AUDIT_GOODS_H */
