
#include "read/collect.h"


#define FS_COLLECT_PAGE  16


static unsigned fs_collect_waits(const fs_hold_t *hold);


/* 1: somebody may still come for goods of the order, whatever became of the
 * money. */

static unsigned
fs_collect_waits(const fs_hold_t *hold)
{
    unsigned          i;
    const fs_line_t  *line;

    for (i = 0; hold->paid && i < hold->lines_n; i++) {
        line = &hold->lines[i];

        if (fs_line_to_come(line) != 0
            && (line->goods == FS_GOODS_AWAITED
                || line->goods == FS_GOODS_READY))
        {
            return 1;
        }
    }

    return 0;
}


fs_outcome_t
fs_collect(fs_view_t *view, const uint8_t *buyer, unsigned limit,
    fs_collect_t *collect)
{
    size_t        i, n, page;
    fs_hold_t     holds[FS_COLLECT_PAGE];
    fs_outcome_t  outcome;

    do {
        page = limit < FS_COLLECT_PAGE ? limit : FS_COLLECT_PAGE;

        n = fs_view_holds(view, buyer, 0, collect->last, page, holds,
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
            case FS_HOLD_PICKED_UP:
            case FS_HOLD_REFUND_DUE:
            case FS_HOLD_REFUNDED:
                collect->counts.to_collect +=
                    fs_collect_waits(&holds[i]);
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
