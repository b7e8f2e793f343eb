
/*
 * What the codecs of rows share; private to ledger/.
 */

#ifndef FS_ROW_H
#define FS_ROW_H

#include "base/bytes.h"
#include "lmdb/db.h"


static inline int
fs_row_check(fs_str_t row, size_t size, uint8_t version)
{
    return row.len == size && (uint8_t) row.data[0] == version ? 0 : -1;
}


/* What no version has used yet: another row than one of ours has it. */

static inline int
fs_row_zeros(const uint8_t *p, size_t from, size_t to)
{
    return fs_all_zero(p + from, to - from);
}


#endif /* FS_ROW_H */
