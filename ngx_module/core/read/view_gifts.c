
#include "read/view_gifts.h"
#include "rules/rules.h"
#include "sheet/sheet_draws.h"


static void fs_view_gift(fs_sheet_t *sheet, const fs_hold_t *gift,
    fs_shown_gift_t *shown);
static void fs_view_gift_for(fs_sheet_t *sheet, const fs_hold_t *gift,
    const fs_hold_t *hold, const fs_now_t *now, fs_shown_gift_t *shown);


int
fs_view_gifts(fs_view_t *view, fs_crypto_t *crypto, fs_sheet_cache_t *cache,
    const fs_hold_t *gifts, size_t n, const fs_hold_t *hold,
    const fs_now_t *now, fs_shown_gift_t *shown)
{
    size_t      i;
    fs_sheet_t  sheet;

    memset(shown, 0, n * sizeof(*shown));

    /* rules read terms, which are in the log */

    if (view->index.txn == NULL || fs_view_log(view) == NULL) {
        return 0;
    }

    fs_view_state(view, &sheet, crypto, cache);

    for (i = 0; i < n; i++) {
        fs_view_gift(&sheet, &gifts[i], &shown[i]);

        if (hold != NULL) {
            fs_view_gift_for(&sheet, &gifts[i], hold, now, &shown[i]);
        }
    }

    return !sheet.failed && view->index.error == 0;
}


static void
fs_view_gift(fs_sheet_t *sheet, const fs_hold_t *gift,
    fs_shown_gift_t *shown)
{
    fs_draw_t  draw;

    shown->user = gift->gift;
    shown->thing = fs_gift_is_thing(sheet, gift);

    if (fs_sheet_draw(sheet, gift->lines[0].sale, &draw)) {
        shown->drawn = draw.drawn != 0 && draw.won == draw.winners;
    }
}


static void
fs_view_gift_for(fs_sheet_t *sheet, const fs_hold_t *gift,
    const fs_hold_t *hold, const fs_now_t *now, fs_shown_gift_t *shown)
{
    int64_t       off;
    fs_hold_t     row;
    fs_line_t     lines[FS_LINES_MAX];
    fs_result_t   result;
    fs_command_t  command;

    if (hold->gift == gift->seq && gift->gift == hold->seq) {
        shown->takes_fen = fs_hold_off(hold);
        return;
    }

    memset(&command, 0, sizeof(fs_command_t));
    memset(&result, 0, sizeof(fs_result_t));

    command.type = FS_COMMAND_GIFT;
    command.gift = gift->seq;
    command.gift_epoch = fs_sheet_epoch(sheet, gift->seq);
    memcpy(command.buyer, hold->buyer, FS_BUYER_LEN);

    /* its share is written into the lines: not into those of the caller */

    memcpy(lines, hold->lines, sizeof(lines));

    if (fs_check_gift(sheet, &command, lines, hold->lines_n, now, &row, &off,
                      &result)
        == FS_OK)
    {
        shown->takes_fen = off;
        return;
    }

    shown->why = result.why != FS_WHY_NONE ? result.why : FS_WHY_OTHER_SALE;
}


uint32_t
fs_view_taken(fs_view_t *view, fs_crypto_t *crypto, fs_sheet_cache_t *cache,
    const uint8_t *buyer, uint32_t sale, fs_hold_t *gift)
{
    int         more;
    unsigned    looked;
    fs_sheet_t  sheet;
    fs_units_t  units;

    memset(gift, 0, sizeof(fs_hold_t));

    if (view->index.txn == NULL) {
        return 0;
    }

    fs_view_state(view, &sheet, crypto, cache);

    if (!fs_sheet_units(&sheet, buyer, sale, &units) || units.taken == 0) {
        return 0;
    }

    for (looked = 0; looked < FS_VIEW_GIFTS_LOOKED; looked++) {

        if (fs_view_holds(view, buyer, 1, gift->seq, 1, gift, &more) == 0) {
            break;
        }

        if (gift->lines[0].sale == sale) {
            return units.taken;
        }
    }

    gift->seq = 0;

    return units.taken;
}


size_t
fs_view_newest_gifts(fs_view_t *view, size_t holds, fs_seq_t *gifts)
{
    int           found;
    size_t        n;
    fs_seq_t      last, seq;
    fs_hold_t     hold;
    fs_db_walk_t  walk;

    if (view->index.txn == NULL) {
        return 0;
    }

    /* behind all, then backwards */

    n = 0;
    last = UINT64_MAX;
    found = fs_db_walk(&walk, &view->index,
                       view->store->index_dbi[FS_INDEX_HOLDS], &last,
                       sizeof(last), MDB_SET_RANGE);

    for (found = fs_db_walk_on(&walk, found ? MDB_PREV : MDB_LAST);
         found && holds != 0 && walk.key.len == sizeof(seq);
         found = fs_db_walk_on(&walk, MDB_PREV), holds--)
    {
        memcpy(&seq, walk.key.data, sizeof(seq));

        if (fs_view_look_hold(view, seq, &hold) == 1
            && hold.state == FS_HOLD_GRANTED && fs_hold_is_gift(&hold))
        {
            gifts[n++] = seq;
        }
    }

    fs_db_walk_end(&walk);

    return n;
}
