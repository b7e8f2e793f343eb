
/*
 * The one way to change anything: an entry is appended to the ledger and
 * folded.
 */

#ifndef FS_EMIT_H
#define FS_EMIT_H

#include "fold/fold.h"

#pragma GCC visibility push(hidden)


/*
 * Savepoint for one command: a command whose emits fail half way (it cannot
 * by its checks) ends the batch.  Commands check everything first, then emit.
 *
 * Append an entry (seq, at, hash are set here; `at` earlier than the last
 * entry's is preceded by a `clock` entry) and fold it.
 */
void fs_emit(fs_sheet_t *sheet, fs_entry_t *entry,
    const fs_now_t *now);

/* The same for `life`, with what the entry has besides: from here on ids are
 * of this epoch, which no life before has. */
void fs_emit_life(fs_sheet_t *sheet, fs_entry_t *entry,
    uint32_t epoch, const fs_now_t *now);


#pragma GCC visibility pop

#endif /* FS_EMIT_H */
