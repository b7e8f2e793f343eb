
/*
 * The fold: what an entry does to the rows.
 */

#ifndef FS_FOLD_H
#define FS_FOLD_H

#include "ledger/entry.h"
#include "sheet/sheet.h"

#pragma GCC visibility push(hidden)


/*
 * Fold the entry that comes after sheet->seq.  What fails is in sheet->failed
 * and in the transactions' errors.
 */
void fs_fold(fs_sheet_t *sheet, const fs_entry_t *entry);


#pragma GCC visibility pop

#endif /* FS_FOLD_H */
