
#include "read/collect.h"


#define FS_COLLECT_PAGE  16


fs_outcome_t
fs_collect(fs_view_t *view, const uint8_t *buyer, unsigned limit,
    fs_collect_t *collect)
{
    size_t        i, n, page;
    fs_hold_t     holds[FS_COLLECT_PAGE];
    fs_outcome_t  outcome;

    do {
        page = limit < FS_COLLECT_PAGE ? limit : FS_COLLECT_PAGE;

        n = fs_view_holds(view, buyer, collect->last, page, holds,
                          &collect->counts.more);

        for (i = 0; i < n; i++) {
            collect->counts.holds++;

            if (collect->newest_at == 0) {
                collect->newest_at = holds[i].created_at;
            }

            collect->last = holds[i].seq;

            switch (holds[i].state) {

            case FS_HOLD_HELD:
            case FS_HOLD_PAYING:
                collect->counts.live++;
                break;

            case FS_HOLD_SOLD:
            case FS_HOLD_READY:
                collect->counts.to_collect++;

                /* fall through */

            case FS_HOLD_PICKED_UP:
            case FS_HOLD_REFUND_DUE:
            case FS_HOLD_REFUNDED:
                collect->counts.orders++;
            }
        }

        limit -= (unsigned) n;

    } while (n == page && collect->counts.more && limit);

    outcome = fs_view_outcome(view);

    /* one that cannot be read hides those before it */

    return outcome == FS_OK && n < page && collect->counts.more ? FS_REBUILDING
                                                         : outcome;
}
