
#include "sheet/sheet_draws.h"


int
fs_sheet_draw(fs_sheet_t *sheet, uint32_t sale, fs_draw_t *draw)
{
    int  found;

    found = fs_draws_get(sheet->index,
                         sheet->store->index_dbi[FS_INDEX_DRAWS], sale,
                         draw);

    if (found == -1) {
        fs_sheet_damaged(sheet);
    }

    return found == 1;
}
