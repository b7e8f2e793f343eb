
/*
 * Walks along the shelf, see sheet/shelf_rows.h.
 */

#ifndef FS_SHELF_H
#define FS_SHELF_H

#include "read/view.h"

#pragma GCC visibility push(hidden)


#define FS_SHELF_LOOKS    4096          /* rows looked at in a view without
                                           an index, at most */

/* A sale that has ended. */
typedef struct {
    fs_sale_t            sale;
    fs_seq_t             seq;           /* of its `closed` entry */
    int64_t              at;            /* wall ms */
} fs_ended_t;


/*
 * Sales that are not closed, in the order in which they were first defined,
 * after the number `after` (0: from the first).  Returns how many, at most
 * `limit`; *more: there may be others.  While the index is being rebuilt the
 * log's rows are looked through instead, FS_SHELF_LOOKS of them.
 */
size_t fs_view_current(fs_view_t *view, uint32_t after, size_t limit,
    fs_sale_t *sales, int *more);

/*
 * Sales that have ended, those that ended last first, before the entry
 * `before` (0: from the last).  Returns how many, at most `limit`; *more:
 * there are others.  None while there is no index.
 */
size_t fs_view_ended(fs_view_t *view, fs_seq_t before, size_t limit,
    fs_ended_t *ended, int *more);


#pragma GCC visibility pop

#endif /* FS_SHELF_H */
