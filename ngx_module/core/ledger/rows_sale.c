
/* The row of a sale, in the log and the index. */

#include "ledger/rows_sale.h"

#include "ledger/row.h"


#define FS_SALE_ROW_VERSION     1
#define FS_SALE_ROW_LONG        2       /* with what came later */
#define FS_SALE_ROW_QUEUE       3       /* and who waits */
#define FS_SALE_ROW_FIXED       84
#define FS_SALE_ROW_LATER       32
#define FS_SALE_ROW_WAITING     (20 + 4 * FS_QUEUED_QTY_MAX)
#define FS_SALE_OPENED          0x01
#define FS_SALE_PAUSED_FLAG     0x02
#define FS_SALE_CLOSED_FLAG     0x04
#define FS_SALE_DECIDED         0x08
#define FS_SALE_FLAGS           0x0f


static size_t fs_sale_queue_encode(const fs_sale_t *sale, uint8_t *p);


/*
 * Sale:
 *
 *   offset size  field
 *        0    1  version: 1
 *        1    1  goal_by
 *        2    1  flags: opened, paused, closed, decided
 *        3    1  length of the slug
 *        4    2  length of the title
 *        6    2  zero
 *        8    8  price_fen
 *       16    4  stock
 *       20    4  limit
 *       24    8  opens_at
 *       32    8  closes_at
 *       40    4  goal
 *       44    4  hold_ms
 *       48    8  version of the sale: its last entry
 *       56    4  held
 *       60    4  sold
 *       64    4  joined
 *       68    4  groups formed
 *       72    4  groups failed
 *       76    8  due
 *       84       slug, title
 *
 * Version 2, of a sale of which one of these is not zero, has them between:
 *
 *       84    4  cancel_ms
 *       88    2  waves
 *       90    1  called off
 *       91    1  and what is owed of it is still being written
 *       92    8  entry of the last wave
 *      100    4  lines handed over
 *      104    4  units handed over
 *      108    4  units claimed
 *      112    1  what it gives
 *      113    1  and only the desk gives it
 *      114    2  zero
 *
 * Version 3, of a sale that somebody has waited for, or that says how many
 * may, has these too:
 *
 *      116    4  one more than the units that may wait, 0: it does not say
 *      120    4  units that wait
 *      124    4  the last number in the line
 *      128    8  the last `served`
 *      136   32  holds that wait for 1, 2, ... 8 units
 */

static int
fs_sale_has_queue(const fs_sale_t *sale)
{
    return sale->queue != 0 || sale->queue_last != 0;
}


static int
fs_sale_is_long(const fs_sale_t *sale)
{
    return sale->cancel_ms != 0 || sale->waves != 0 || sale->called_off
           || sale->wave_seq != 0 || sale->handed_lines != 0
           || sale->handed_units != 0 || sale->claimed_units != 0
           || sale->gives != FS_GIVES_NOTHING;
}


size_t
fs_sale_row_encode(const fs_sale_t *sale, uint8_t *row)
{
    size_t   len;
    uint8_t  flags;

    flags = 0;
    len = FS_SALE_ROW_FIXED;

    if (sale->opened) {
        flags |= FS_SALE_OPENED;
    }

    if (sale->paused) {
        flags |= FS_SALE_PAUSED_FLAG;
    }

    if (sale->closed) {
        flags |= FS_SALE_CLOSED_FLAG;
    }

    if (sale->decided) {
        flags |= FS_SALE_DECIDED;
    }

    row[0] = FS_SALE_ROW_VERSION;
    row[1] = sale->goal_by;
    row[2] = flags;
    row[3] = sale->slug.len;
    fs_set_le16(row + 4, sale->title_len);
    row[6] = 0;
    row[7] = 0;
    fs_set_le64(row + 8, (uint64_t) sale->price_fen);
    fs_set_le32(row + 16, sale->stock);
    fs_set_le32(row + 20, sale->limit);
    fs_set_le64(row + 24, (uint64_t) sale->opens_at);
    fs_set_le64(row + 32, (uint64_t) sale->closes_at);
    fs_set_le32(row + 40, sale->goal);
    fs_set_le32(row + 44, sale->hold_ms);
    fs_set_le64(row + 48, sale->version);
    fs_set_le32(row + 56, sale->held);
    fs_set_le32(row + 60, sale->sold);
    fs_set_le32(row + 64, sale->joined);
    fs_set_le32(row + 68, sale->groups_formed);
    fs_set_le32(row + 72, sale->groups_failed);
    fs_set_le64(row + 76, (uint64_t) sale->due);

    if (fs_sale_is_long(sale) || fs_sale_has_queue(sale)) {
        row[0] = FS_SALE_ROW_LONG;
        memset(row + len, 0, FS_SALE_ROW_LATER);
        fs_set_le32(row + len, sale->cancel_ms);
        fs_set_le16(row + len + 4, sale->waves);
        row[len + 6] = sale->called_off;
        row[len + 7] = sale->settling;
        fs_set_le64(row + len + 8, sale->wave_seq);
        fs_set_le32(row + len + 16, sale->handed_lines);
        fs_set_le32(row + len + 20, sale->handed_units);
        fs_set_le32(row + len + 24, sale->claimed_units);
        row[len + 28] = sale->gives;
        row[len + 29] = sale->by_desk;
        len += FS_SALE_ROW_LATER;
    }

    if (fs_sale_has_queue(sale)) {
        row[0] = FS_SALE_ROW_QUEUE;
        len += fs_sale_queue_encode(sale, row + len);
    }

    memcpy(row + len, sale->slug.data, sale->slug.len);
    memcpy(row + len + sale->slug.len, sale->title, sale->title_len);

    return len + (size_t) sale->slug.len + sale->title_len;
}


/* cancel_ms and what follows; it is there where it says something. */

static int
fs_sale_later_decode(fs_sale_t *sale, const uint8_t *p, uint8_t version)
{
    sale->cancel_ms = fs_get_le32(p);
    sale->waves = fs_get_le16(p + 4);
    sale->called_off = p[6];
    sale->settling = p[7];
    sale->wave_seq = fs_get_le64(p + 8);
    sale->handed_lines = fs_get_le32(p + 16);
    sale->handed_units = fs_get_le32(p + 20);
    sale->claimed_units = fs_get_le32(p + 24);
    sale->gives = p[28];
    sale->by_desk = p[29];

    return p[6] <= 1 && p[7] <= p[6] && p[28] < FS_GIVES_N
           && p[29] <= (p[28] != FS_GIVES_NOTHING) && fs_row_zeros(p, 30, 32)
           && (fs_sale_is_long(sale) || version == FS_SALE_ROW_QUEUE)
           ? 0 : -1;
}


static size_t
fs_sale_queue_encode(const fs_sale_t *sale, uint8_t *p)
{
    unsigned  i;

    fs_set_le32(p, sale->queue);
    fs_set_le32(p + 4, sale->queued);
    fs_set_le32(p + 8, sale->queue_last);
    fs_set_le64(p + 12, sale->served_seq);

    for (i = 0; i < FS_QUEUED_QTY_MAX; i++) {
        fs_set_le32(p + 20 + 4 * i, sale->waiting[i]);
    }

    return FS_SALE_ROW_WAITING;
}


/* The units are those of the holds, and each of these has a number. */

static int
fs_sale_queue_decode(fs_sale_t *sale, const uint8_t *p)
{
    unsigned  i;
    uint64_t  holds, units;

    sale->queue = fs_get_le32(p);
    sale->queued = fs_get_le32(p + 4);
    sale->queue_last = fs_get_le32(p + 8);
    sale->served_seq = fs_get_le64(p + 12);

    holds = 0;
    units = 0;

    for (i = 0; i < FS_QUEUED_QTY_MAX; i++) {
        sale->waiting[i] = fs_get_le32(p + 20 + 4 * i);
        holds += sale->waiting[i];
        units += (uint64_t) (i + 1) * sale->waiting[i];
    }

    return fs_sale_has_queue(sale) && holds <= sale->queue_last
           && units == sale->queued ? 0 : -1;
}


int
fs_sale_row_decode(fs_sale_t *sale, fs_str_t row)
{
    size_t          fixed;
    uint8_t         version;
    uint16_t        title_len;
    const uint8_t  *p;

    p = (const uint8_t *) row.data;
    fixed = FS_SALE_ROW_FIXED;

    if (row.len < FS_SALE_ROW_FIXED) {
        return -1;
    }

    title_len = fs_get_le16(p + 4);

    if (p[3] > FS_SLUG_MAX || title_len > FS_TITLE_MAX
        || p[1] > FS_GOAL_BY_PICKUP || (p[2] & ~FS_SALE_FLAGS) != 0
        || !fs_row_zeros(p, 6, 8))
    {
        return -1;
    }

    sale->cancel_ms = 0;
    sale->waves = 0;
    sale->called_off = 0;
    sale->settling = 0;
    sale->wave_seq = 0;
    sale->handed_lines = 0;
    sale->handed_units = 0;
    sale->claimed_units = 0;
    sale->gives = FS_GIVES_NOTHING;
    sale->by_desk = 0;
    memset(sale->waiting, 0, sizeof(sale->waiting));
    sale->queue = 0;
    sale->queued = 0;
    sale->queue_last = 0;
    sale->served_seq = 0;

    version = p[0];

    if (version == FS_SALE_ROW_LONG || version == FS_SALE_ROW_QUEUE) {
        fixed += FS_SALE_ROW_LATER;

        if (row.len < fixed
            || fs_sale_later_decode(sale, p + FS_SALE_ROW_FIXED, version)
               != 0)
        {
            return -1;
        }

    } else {
        version = FS_SALE_ROW_VERSION;
    }

    if (version == FS_SALE_ROW_QUEUE) {
        fixed += FS_SALE_ROW_WAITING;

        if (row.len < fixed
            || fs_sale_queue_decode(sale, p + fixed - FS_SALE_ROW_WAITING)
               != 0)
        {
            return -1;
        }
    }

    if (fs_row_check(row, fixed + (size_t) p[3] + title_len, version) != 0)
    {
        return -1;
    }

    sale->goal_by = p[1];
    sale->opened = (p[2] & FS_SALE_OPENED) != 0;
    sale->paused = (p[2] & FS_SALE_PAUSED_FLAG) != 0;
    sale->closed = (p[2] & FS_SALE_CLOSED_FLAG) != 0;
    sale->decided = (p[2] & FS_SALE_DECIDED) != 0;
    sale->slug.len = p[3];
    sale->title_len = title_len;
    sale->price_fen = (int64_t) fs_get_le64(p + 8);
    sale->stock = fs_get_le32(p + 16);
    sale->limit = fs_get_le32(p + 20);
    sale->opens_at = (int64_t) fs_get_le64(p + 24);
    sale->closes_at = (int64_t) fs_get_le64(p + 32);
    sale->goal = fs_get_le32(p + 40);
    sale->hold_ms = fs_get_le32(p + 44);
    sale->version = fs_get_le64(p + 48);
    sale->held = fs_get_le32(p + 56);
    sale->sold = fs_get_le32(p + 60);
    sale->joined = fs_get_le32(p + 64);
    sale->groups_formed = fs_get_le32(p + 68);
    sale->groups_failed = fs_get_le32(p + 72);
    sale->due = (int64_t) fs_get_le64(p + 76);
    memcpy(sale->slug.data, p + fixed, sale->slug.len);
    memcpy(sale->title, p + fixed + sale->slug.len, title_len);

    return 0;
}
