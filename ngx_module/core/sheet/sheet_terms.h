
/*
 * What sales give, as a batch sees it: rows of the database `names` of the
 * log, see ledger/terms.h.  Each is read once a batch.
 */

#ifndef FS_SHEET_TERMS_H
#define FS_SHEET_TERMS_H

#include "ledger/terms.h"
#include "sheet/sheet.h"

#pragma GCC visibility push(hidden)


/* Valid until terms of another sale are asked for.  NULL: it gives nothing, or
 * (sheet->failed is set then) its row is damaged. */
const fs_terms_t *fs_sheet_terms(fs_sheet_t *sheet, uint32_t sale);

void fs_sheet_put_terms(fs_sheet_t *sheet, uint32_t sale,
    const fs_terms_t *terms);

/*
 * What is in packets, in the same database: key 'A', the sale's number and
 * that of a block, u16, both big-endian; value FS_AMOUNTS_BLOCK amounts at
 * most, u64 each.  0: it cannot be read.
 */
#define FS_AMOUNTS_BLOCK    128

void fs_sheet_put_amounts(fs_sheet_t *sheet, uint32_t sale,
    const int64_t *amounts, uint32_t n);
int64_t fs_sheet_amount(fs_sheet_t *sheet, uint32_t sale, uint32_t number);


#pragma GCC visibility pop

#endif /* FS_SHEET_TERMS_H */
