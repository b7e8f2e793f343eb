
/*
 * Erasing within a transaction that somebody else has begun.
 */

#ifndef FS_TALK_ERASE_H
#define FS_TALK_ERASE_H

#include "talk/talk.h"

#pragma GCC visibility push(hidden)


/* All of a buyer, or of a session, in a transaction, as far as a step goes.
 * *rows: those erased.  1: that is all. */
int fs_talk_erase_buyer(fs_annex_t *annex, fs_txn_t *txn,
    const uint8_t *buyer, unsigned *rows);
int fs_talk_erase_session(fs_annex_t *annex, fs_txn_t *txn,
    const fs_slug_t *session, unsigned *rows);


#pragma GCC visibility pop

#endif /* FS_TALK_ERASE_H */
