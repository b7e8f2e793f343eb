
/* The row of a sale; see rows.h. */

#ifndef FS_ROWS_SALE_H
#define FS_ROWS_SALE_H

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


#define FS_SALE_ROW_MAX      (224 + FS_SLUG_MAX + FS_TITLE_MAX)


/* The length written. */
size_t fs_sale_row_encode(const fs_sale_t *sale, uint8_t *row);

/* The number is set by the caller. */
int fs_sale_row_decode(fs_sale_t *sale, fs_str_t row);


#pragma GCC visibility pop

#endif /* FS_ROWS_SALE_H */
