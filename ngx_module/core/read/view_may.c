
#include "decide/decide.h"
#include "read/view_may.h"
#include "sheet/sheet.h"


int
fs_view_may(fs_view_t *view, fs_crypto_t *crypto, fs_sheet_cache_t *cache,
    const fs_hold_t *hold, const fs_now_t *now, fs_may_t *may)
{
    int64_t     until;
    uint32_t    left;
    unsigned    i;
    fs_sheet_t  sheet;

    memset(may, 0, sizeof(fs_may_t));

    if (!hold->paid) {
        return 1;
    }

    /* rules read entries, too */

    if (view->index.txn == NULL || fs_view_log(view) == NULL) {
        return 0;
    }

    fs_view_state(view, &sheet, crypto, cache);

    if (fs_check_give_back(&sheet, hold, now, &until) == FS_OK) {
        may->cancel_until = until;
    }

    for (i = 0; i < hold->lines_n; i++) {
        if (fs_check_claim(&sheet, hold, i, now, &left, &until) == FS_OK) {
            may->claim_qty[i] = left;
            may->claim_until[i] = until;
        }
    }

    if (sheet.failed || view->index.error != 0) {
        memset(may, 0, sizeof(fs_may_t));
        return 0;
    }

    return 1;
}
