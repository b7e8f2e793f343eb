
/*
 * The fold: what an entry does to the rows.
 */

#ifndef FS_FOLD_H
#define FS_FOLD_H

#include "ledger/entry.h"
#include "state/state.h"

#pragma GCC visibility push(hidden)


/*
 * Fold the entry that comes after state->seq.  What fails is in state->failed
 * and in the transactions' errors.
 */
void fs_fold(fs_state_t *state, const fs_entry_t *entry);


#pragma GCC visibility pop

#endif /* FS_FOLD_H */
