
/*
 * What a buyer may still do with an order, for its page: by the same rules as
 * the commands, asked before.
 */

#ifndef FS_VIEW_MAY_H
#define FS_VIEW_MAY_H

#include "read/read.h"

#pragma GCC visibility push(hidden)


typedef struct {
    int64_t              cancel_until;  /* wall; 0: it cannot be cancelled */
    uint32_t             claim_qty[FS_LINES_MAX];    /* units of the line */
    int64_t              claim_until[FS_LINES_MAX];  /* wall; 0: no time is
                                                        set for it yet */
} fs_may_t;

/*
 * The cache is one that belongs to this thread.  1; 0: it cannot be read, and
 * nothing may be done.
 */
int fs_view_may(fs_view_t *view, fs_crypto_t *crypto,
    fs_sheet_cache_t *cache, const fs_hold_t *hold, const fs_now_t *now,
    fs_may_t *may);


#pragma GCC visibility pop

#endif /* FS_VIEW_MAY_H */
