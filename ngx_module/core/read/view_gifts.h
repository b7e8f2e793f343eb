
/*
 * Gifts, as their buyers' pages show them: by the same rules as the commands,
 * asked before.
 */

#ifndef FS_VIEW_GIFTS_H
#define FS_VIEW_GIFTS_H

#include "read/read.h"

#pragma GCC visibility push(hidden)


/* gifts of one buyer that are looked through for one of a sale */
#define FS_VIEW_GIFTS_LOOKED  100

typedef struct {
    fs_seq_t             user;          /* the hold that uses it, or did; 0 */
    unsigned             thing:1;       /* it is handed over, and takes
                                           nothing off */
    unsigned             drawn:1;       /* the draw that it is of was made */

    /* for a hold that is asked about */
    uint8_t              why;           /* fs_why_t: NONE: it can be used */
    int64_t              takes_fen;     /* off that hold, when it can */
} fs_shown_gift_t;

/*
 * What there is to say of these gifts of one buyer beside their rows, and of
 * each whether it can be used by `hold`, one of the same buyer (NULL: nobody
 * asks).  For the one that the hold uses already, what it takes off.  The
 * cache is one that belongs to this thread.  1; 0: it cannot be read.
 */
int fs_view_gifts(fs_view_t *view, fs_crypto_t *crypto,
    fs_sheet_cache_t *cache, const fs_hold_t *gifts, size_t n,
    const fs_hold_t *hold, const fs_now_t *now, fs_shown_gift_t *shown);

/*
 * How many gifts of a sale this buyer has taken, and the newest of them into
 * *gift, among the FS_VIEW_GIFTS_LOOKED newest of all; seq 0: it is none of
 * these.
 */
uint32_t fs_view_taken(fs_view_t *view, fs_crypto_t *crypto,
    fs_sheet_cache_t *cache, const uint8_t *buyer, uint32_t sale,
    fs_hold_t *gift);

/*
 * The gifts that are not used among so many holds of any kind, the newest
 * first, by the seqs of their holds: `gifts` has room for all.  How many.
 */
size_t fs_view_newest_gifts(fs_view_t *view, size_t holds, fs_seq_t *gifts);


#pragma GCC visibility pop

#endif /* FS_VIEW_GIFTS_H */
