
/*
 * Who came by whose code, as a view has it.
 */

#ifndef FS_VIEW_INVITED_H
#define FS_VIEW_INVITED_H

#include "read/read.h"

#pragma GCC visibility push(hidden)


/* How many somebody has invited. */
uint32_t fs_view_invited_by(fs_view_t *view, const uint8_t *inviter);

/* The next whom they have invited, after the one of `*seq` (0: the first).  1:
 * whose pseudonym, and *seq; 0: there is no other. */
int fs_view_next_invited(fs_view_t *view, const uint8_t *inviter,
    fs_seq_t *seq, uint8_t *newcomer);


#pragma GCC visibility pop

#endif /* FS_VIEW_INVITED_H */
