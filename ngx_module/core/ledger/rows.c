
/*
 * Rows and keys of the log and the index.  Each row begins with the version
 * of its layout; numbers are little-endian in rows, big-endian in keys.
 */

#include "ledger/rows.h"

#include "ledger/row.h"


#define FS_SALE_ROW_VERSION     1
#define FS_SALE_ROW_LONG        2       /* with what came later */
#define FS_HOLD_ROW_VERSION     1
#define FS_GROUP_ROW_VERSION    1
#define FS_BUYER_ROW_VERSION    1
#define FS_UNITS_ROW_VERSION    1
#define FS_PAYMENT_ROW_VERSION  1
#define FS_DEBT_ROW_VERSION     1

#define FS_SALE_ROW_FIXED       84
#define FS_HOLD_ROW_FIXED       60
#define FS_HOLD_ROW_LINE        16
#define FS_SALE_ROW_LATER       32
#define FS_HOLD_ROW_AFTER       16      /* of the hold */
#define FS_HOLD_ROW_LINE_AFTER  32      /* of each line */

#define FS_HOLD_PAID            0x01
#define FS_HOLD_AFTER           0x02
#define FS_HOLD_FLAGS           0x03

#define FS_SALE_OPENED          0x01
#define FS_SALE_PAUSED_FLAG     0x02
#define FS_SALE_CLOSED_FLAG     0x04
#define FS_SALE_DECIDED         0x08
#define FS_SALE_FLAGS           0x0f

/* so that a count and the version share four bytes */
#define FS_LIVE_MAX             0xffffff
#define FS_LAPSES_MAX           0xffff


static int fs_hold_after_decode(fs_hold_t *hold, const uint8_t *p);


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
 *      112    4  zero
 */

static int
fs_sale_is_long(const fs_sale_t *sale)
{
    return sale->cancel_ms != 0 || sale->waves != 0 || sale->called_off
           || sale->wave_seq != 0 || sale->handed_lines != 0
           || sale->handed_units != 0 || sale->claimed_units != 0;
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

    if (fs_sale_is_long(sale)) {
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
        len += FS_SALE_ROW_LATER;
    }

    memcpy(row + len, sale->slug.data, sale->slug.len);
    memcpy(row + len + sale->slug.len, sale->title, sale->title_len);

    return len + (size_t) sale->slug.len + sale->title_len;
}


/* cancel_ms and what follows; it is there where it says something. */

static int
fs_sale_later_decode(fs_sale_t *sale, const uint8_t *p)
{
    sale->cancel_ms = fs_get_le32(p);
    sale->waves = fs_get_le16(p + 4);
    sale->called_off = p[6];
    sale->settling = p[7];
    sale->wave_seq = fs_get_le64(p + 8);
    sale->handed_lines = fs_get_le32(p + 16);
    sale->handed_units = fs_get_le32(p + 20);
    sale->claimed_units = fs_get_le32(p + 24);

    return p[6] <= 1 && p[7] <= p[6] && fs_row_zeros(p, 28, 32)
           && fs_sale_is_long(sale) ? 0 : -1;
}


int
fs_sale_row_decode(fs_sale_t *sale, fs_str_t row)
{
    size_t          fixed;
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

    if (p[0] == FS_SALE_ROW_LONG) {
        fixed += FS_SALE_ROW_LATER;

        if (row.len < fixed
            || fs_sale_later_decode(sale, p + FS_SALE_ROW_FIXED) != 0)
        {
            return -1;
        }
    }

    if (fs_row_check(row, fixed + (size_t) p[3] + title_len,
                     p[0] == FS_SALE_ROW_LONG ? FS_SALE_ROW_LONG
                                              : FS_SALE_ROW_VERSION)
        != 0)
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


/*
 * Hold:
 *
 *   offset size  field
 *        0    1  version: 1
 *        1    1  state
 *        2    1  lines
 *        3    1  flags: paid; after: it is longer
 *        4    4  pickup number
 *        8    8  the buyer's hold before
 *       16   16  buyer
 *       32    8  created_at
 *       40    8  expires_at
 *       48    8  due
 *       56    4  length_ms
 *       60       for each line: sale u32, qty u32, price_fen u64
 *
 * An order of which something was owed back, or has arrived, or that waits
 * for another wave than the first, has more:
 *
 *                8  owed_fen
 *                8  refunded_fen
 *                   for each line: owed_fen u64, owed_qty u16, restocked u16,
 *                   goods u8, zero u8, wave u16, short_qty u16, claimed u16,
 *                   zero u32, goods_at u64
 */

static int
fs_hold_has_after(const fs_hold_t *hold)
{
    unsigned          i;
    const fs_line_t  *line;

    if (hold->owed_fen != 0 || hold->refunded_fen != 0) {
        return 1;
    }

    for (i = 0; i < hold->lines_n; i++) {
        line = &hold->lines[i];

        if (line->owed_fen != 0 || line->owed_qty != 0 || line->restocked != 0
            || line->goods != FS_GOODS_AWAITED || line->wave != 0
            || line->short_qty != 0 || line->claimed != 0
            || line->goods_at != 0)
        {
            return 1;
        }
    }

    return 0;
}


size_t
fs_hold_row_encode(const fs_hold_t *hold, uint8_t *row)
{
    unsigned  i;
    uint8_t  *p;

    row[0] = FS_HOLD_ROW_VERSION;
    row[1] = hold->state;
    row[2] = hold->lines_n;
    row[3] = hold->paid ? FS_HOLD_PAID : 0;
    fs_set_le32(row + 4, hold->pickup);
    fs_set_le64(row + 8, hold->previous);
    memcpy(row + 16, hold->buyer, FS_BUYER_LEN);
    fs_set_le64(row + 32, (uint64_t) hold->created_at);
    fs_set_le64(row + 40, (uint64_t) hold->expires_at);
    fs_set_le64(row + 48, (uint64_t) hold->due);
    fs_set_le32(row + 56, hold->length_ms);

    p = row + FS_HOLD_ROW_FIXED;

    for (i = 0; i < hold->lines_n; i++) {
        fs_set_le32(p, hold->lines[i].sale);
        fs_set_le32(p + 4, hold->lines[i].qty);
        fs_set_le64(p + 8, (uint64_t) hold->lines[i].price_fen);
        p += FS_HOLD_ROW_LINE;
    }

    if (!fs_hold_has_after(hold)) {
        return (size_t) (p - row);
    }

    row[3] |= FS_HOLD_AFTER;

    fs_set_le64(p, (uint64_t) hold->owed_fen);
    fs_set_le64(p + 8, (uint64_t) hold->refunded_fen);
    p += FS_HOLD_ROW_AFTER;

    for (i = 0; i < hold->lines_n; i++) {
        fs_set_le64(p, (uint64_t) hold->lines[i].owed_fen);
        fs_set_le16(p + 8, hold->lines[i].owed_qty);
        fs_set_le16(p + 10, hold->lines[i].restocked);
        p[12] = hold->lines[i].goods;
        p[13] = 0;
        fs_set_le16(p + 14, hold->lines[i].wave);
        fs_set_le16(p + 16, hold->lines[i].short_qty);
        fs_set_le16(p + 18, hold->lines[i].claimed);
        fs_set_le32(p + 20, 0);
        fs_set_le64(p + 24, (uint64_t) hold->lines[i].goods_at);
        p += FS_HOLD_ROW_LINE_AFTER;
    }

    return (size_t) (p - row);
}


int
fs_hold_row_decode(fs_hold_t *hold, fs_str_t row)
{
    size_t          size;
    unsigned        i;
    fs_line_t      *line;
    const uint8_t  *p;

    p = (const uint8_t *) row.data;

    if (row.len < FS_HOLD_ROW_FIXED) {
        return -1;
    }

    if (p[1] >= FS_HOLD_STATES_N || p[2] == 0 || p[2] > FS_LINES_MAX
        || (p[3] & ~FS_HOLD_FLAGS) != 0)
    {
        return -1;
    }

    size = FS_HOLD_ROW_FIXED + (size_t) p[2] * FS_HOLD_ROW_LINE;

    if (p[3] & FS_HOLD_AFTER) {
        size += FS_HOLD_ROW_AFTER + FS_HOLD_ROW_LINE_AFTER * (size_t) p[2];
    }

    if (fs_row_check(row, size, FS_HOLD_ROW_VERSION) != 0) {
        return -1;
    }

    memset(hold, 0, sizeof(fs_hold_t));  /* `other`, `epoch`: holds of this
                                            ledger have rows */
    hold->state = p[1];
    hold->lines_n = p[2];
    hold->paid = (p[3] & FS_HOLD_PAID) != 0;
    hold->pickup = fs_get_le32(p + 4);
    hold->previous = fs_get_le64(p + 8);
    memcpy(hold->buyer, p + 16, FS_BUYER_LEN);
    hold->created_at = (int64_t) fs_get_le64(p + 32);
    hold->expires_at = (int64_t) fs_get_le64(p + 40);
    hold->due = (int64_t) fs_get_le64(p + 48);
    hold->length_ms = fs_get_le32(p + 56);

    for (i = 0; i < hold->lines_n; i++) {
        line = &hold->lines[i];
        line->sale = fs_get_le32(p + FS_HOLD_ROW_FIXED + i * FS_HOLD_ROW_LINE);
        line->qty = fs_get_le32(p + FS_HOLD_ROW_FIXED + i * FS_HOLD_ROW_LINE
                                + 4);
        line->price_fen = (int64_t) fs_get_le64(p + FS_HOLD_ROW_FIXED
                                                + i * FS_HOLD_ROW_LINE + 8);

        /* so that its amount is one */

        if (line->qty == 0 || line->qty > FS_QTY_MAX
            || line->price_fen < 0 || line->price_fen > FS_PRICE_MAX)
        {
            return -1;
        }
    }

    if ((p[3] & FS_HOLD_AFTER) == 0) {
        return 0;
    }

    p += FS_HOLD_ROW_FIXED + hold->lines_n * FS_HOLD_ROW_LINE;

    /* it is there where it says something, as whoever wrote it knew */

    return fs_hold_after_decode(hold, p) == 0 && fs_hold_has_after(hold) ? 0
                                                                         : -1;
}


static int
fs_hold_after_decode(fs_hold_t *hold, const uint8_t *p)
{
    unsigned    i;
    fs_line_t  *line;

    hold->owed_fen = (int64_t) fs_get_le64(p);
    hold->refunded_fen = (int64_t) fs_get_le64(p + 8);

    if (hold->owed_fen < 0 || hold->refunded_fen < 0) {
        return -1;
    }

    p += FS_HOLD_ROW_AFTER;

    for (i = 0; i < hold->lines_n; i++, p += FS_HOLD_ROW_LINE_AFTER) {
        line = &hold->lines[i];
        line->owed_fen = (int64_t) fs_get_le64(p);
        line->owed_qty = fs_get_le16(p + 8);
        line->restocked = fs_get_le16(p + 10);
        line->goods = p[12];
        line->wave = fs_get_le16(p + 14);
        line->short_qty = fs_get_le16(p + 16);
        line->claimed = fs_get_le16(p + 18);
        line->goods_at = (int64_t) fs_get_le64(p + 24);

        if (line->owed_fen < 0 || line->owed_fen > fs_line_paid(line)
            || line->owed_qty > line->qty || line->restocked > line->qty
            || line->short_qty > line->qty || line->claimed > line->qty
            || line->goods >= FS_GOODS_N || !fs_row_zeros(p, 13, 14)
            || !fs_row_zeros(p, 20, 24))
        {
            return -1;
        }
    }

    return 0;
}


/*
 * Group:
 *
 *   offset size  field
 *        0    1  version: 1
 *        1    1  state
 *        2    2  wave
 *        4    4  joined
 *        8    8  not used: how far its orders were returned
 */

size_t
fs_group_row_encode(const fs_group_t *group, uint8_t *row)
{
    row[0] = FS_GROUP_ROW_VERSION;
    row[1] = group->state;
    fs_set_le16(row + 2, group->wave);
    fs_set_le32(row + 4, group->joined);
    fs_set_le64(row + 8, 0);

    return FS_GROUP_ROW_SIZE;
}


int
fs_group_row_decode(fs_group_t *group, fs_str_t row)
{
    const uint8_t  *p;

    p = (const uint8_t *) row.data;

    if (fs_row_check(row, FS_GROUP_ROW_SIZE, FS_GROUP_ROW_VERSION) != 0
        || p[1] > FS_GROUP_FAILED)
    {
        return -1;
    }

    group->state = p[1];
    group->wave = fs_get_le16(p + 2);
    group->joined = fs_get_le32(p + 4);

    return 0;
}


/*
 * Buyer:
 *
 *   offset size  field
 *        0    1  version: 1
 *        1    3  live holds
 *        4    8  newest hold
 */

size_t
fs_buyer_row_encode(const fs_buyer_t *buyer, uint8_t *row)
{
    uint32_t  live;

    live = buyer->live < FS_LIVE_MAX ? buyer->live : FS_LIVE_MAX;

    fs_set_le32(row, live << 8 | FS_BUYER_ROW_VERSION);
    fs_set_le64(row + 4, buyer->newest);

    return FS_BUYER_ROW_SIZE;
}


int
fs_buyer_row_decode(fs_buyer_t *buyer, fs_str_t row)
{
    if (fs_row_check(row, FS_BUYER_ROW_SIZE, FS_BUYER_ROW_VERSION) != 0) {
        return -1;
    }

    buyer->live = fs_get_le32(row.data) >> 8;
    buyer->newest = fs_get_le64(row.data + 4);

    return 0;
}


/*
 * Units of a buyer in a sale:
 *
 *   offset size  field
 *        0    1  version: 1
 *        1    1  zero
 *        2    2  lapses; the longest wait is reached long before it is full
 *        4    4  taken
 *        8    8  lapsed_at
 */

size_t
fs_units_row_encode(const fs_units_t *units, uint8_t *row)
{
    row[0] = FS_UNITS_ROW_VERSION;
    row[1] = 0;
    fs_set_le16(row + 2, units->lapses < FS_LAPSES_MAX
                         ? (uint16_t) units->lapses : FS_LAPSES_MAX);
    fs_set_le32(row + 4, units->taken);
    fs_set_le64(row + 8, (uint64_t) units->lapsed_at);

    return FS_UNITS_ROW_SIZE;
}


int
fs_units_row_decode(fs_units_t *units, fs_str_t row)
{
    if (fs_row_check(row, FS_UNITS_ROW_SIZE, FS_UNITS_ROW_VERSION) != 0
        || row.data[1] != 0)
    {
        return -1;
    }

    units->lapses = fs_get_le16(row.data + 2);
    units->taken = fs_get_le32(row.data + 4);
    units->lapsed_at = (int64_t) fs_get_le64(row.data + 8);

    return 0;
}


/*
 * Payment:
 *
 *   offset size  field
 *        0    1  version: 1
 *        1    1  outcome
 *        2    1  reason
 *        3    5  zero
 *        8    8  amount_fen
 *       16    8  entry that made it so
 */

size_t
fs_payment_row_encode(const fs_payment_t *payment, uint8_t *row)
{
    row[0] = FS_PAYMENT_ROW_VERSION;
    row[1] = payment->outcome;
    row[2] = payment->reason;
    memset(row + 3, 0, 5);
    fs_set_le64(row + 8, (uint64_t) payment->amount_fen);
    fs_set_le64(row + 16, payment->seq);

    return FS_PAYMENT_ROW_SIZE;
}


int
fs_payment_row_decode(fs_payment_t *payment, fs_str_t row)
{
    const uint8_t  *p;

    p = (const uint8_t *) row.data;

    if (fs_row_check(row, FS_PAYMENT_ROW_SIZE, FS_PAYMENT_ROW_VERSION) != 0
        || p[2] >= FS_REASONS_N || !fs_row_zeros(p, 3, 8))
    {
        return -1;
    }

    payment->outcome = p[1];
    payment->reason = p[2];
    payment->amount_fen = (int64_t) fs_get_le64(p + 8);
    payment->seq = fs_get_le64(p + 16);

    return 0;
}


/*
 * Debt; hold and seq are its key:
 *
 *   offset size  field
 *        0    1  version: 1
 *        1    1  reason
 *        2    2  zero
 *        4    4  sale
 *        8    4  qty
 *       12    4  zero
 *       16    8  amount_fen
 *       24    8  due_at
 *       32    8  the entry that settled it
 *       40    8  refunded_at
 *       48   16  payment
 */

size_t
fs_debt_row_encode(const fs_debt_t *debt, uint8_t *row)
{
    memset(row, 0, FS_DEBT_ROW_SIZE);
    row[0] = FS_DEBT_ROW_VERSION;
    row[1] = debt->reason;
    fs_set_le32(row + 4, debt->sale);
    fs_set_le32(row + 8, debt->qty);
    fs_set_le64(row + 16, (uint64_t) debt->amount_fen);
    fs_set_le64(row + 24, (uint64_t) debt->due_at);
    fs_set_le64(row + 32, debt->refunded);
    fs_set_le64(row + 40, (uint64_t) debt->refunded_at);
    memcpy(row + 48, debt->payment, FS_REFERENCE_LEN);

    return FS_DEBT_ROW_SIZE;
}


int
fs_debt_row_decode(fs_debt_t *debt, fs_str_t row)
{
    const uint8_t  *p;

    p = (const uint8_t *) row.data;

    if (fs_row_check(row, FS_DEBT_ROW_SIZE, FS_DEBT_ROW_VERSION) != 0
        || p[1] >= FS_REASONS_N || !fs_row_zeros(p, 2, 4)
        || !fs_row_zeros(p, 12, 16))
    {
        return -1;
    }

    debt->reason = p[1];
    debt->sale = fs_get_le32(p + 4);
    debt->qty = fs_get_le32(p + 8);
    debt->amount_fen = (int64_t) fs_get_le64(p + 16);
    debt->due_at = (int64_t) fs_get_le64(p + 24);
    debt->refunded = fs_get_le64(p + 32);
    debt->refunded_at = (int64_t) fs_get_le64(p + 40);
    memcpy(debt->payment, p + 48, FS_REFERENCE_LEN);

    return (debt->amount_fen < 0 || debt->amount_fen > FS_AMOUNT_MAX) ? -1
                                                                      : 0;
}


/* All that is owed: fen u64, debts u64. */

size_t
fs_owed_row_encode(const fs_owed_t *owed, uint8_t *row)
{
    fs_set_le64(row, (uint64_t) owed->fen);
    fs_set_le64(row + 8, owed->debts);

    return FS_OWED_ROW_SIZE;
}


int
fs_owed_row_decode(fs_owed_t *owed, fs_str_t row)
{
    if (row.len != FS_OWED_ROW_SIZE) {
        return -1;
    }

    owed->fen = (int64_t) fs_get_le64(row.data);
    owed->debts = fs_get_le64(row.data + 8);

    return 0;
}


/*
 * Keys.  A buyer's three kinds of rows share a database: the key's length
 * tells them apart, and whatever is the buyer's lies side by side.
 */

void
fs_units_key(uint8_t *key, const uint8_t *buyer, uint32_t sale)
{
    memcpy(key, buyer, FS_BUYER_LEN);
    fs_set_be32(key + FS_BUYER_LEN, sale);
}


void
fs_bound_key(uint8_t *key, const uint8_t *buyer, const uint8_t *hash)
{
    memcpy(key, buyer, FS_BUYER_LEN);
    memcpy(key + FS_BUYER_LEN, hash, FS_KEY_HASH_LEN);
}


void
fs_group_key(uint8_t *key, uint32_t sale, uint32_t pickup)
{
    fs_set_be32(key, sale);
    fs_set_be32(key + 4, pickup);
}


void
fs_member_key(uint8_t *key, uint32_t sale, uint32_t pickup, fs_seq_t hold)
{
    fs_set_be32(key, sale);
    fs_set_be32(key + 4, pickup);
    fs_set_be64(key + 8, hold);
}


void
fs_payment_key(uint8_t *key, fs_seq_t hold, const uint8_t *reference,
    uint32_t sale)
{
    fs_set_be64(key, hold);
    memcpy(key + 8, reference, FS_REFERENCE_LEN);
    fs_set_be32(key + 8 + FS_REFERENCE_LEN, sale);
}


void
fs_debt_key(uint8_t *key, uint64_t first, fs_seq_t seq)
{
    fs_set_be64(key, first);
    fs_set_be64(key + 8, seq);
}


/*
 * clock, time u64 be, sale u32 be, kind, pickup u32 be, and of some kinds seq
 * u64 be; times are >= 0
 */

size_t
fs_timer_key(uint8_t *key, const fs_timer_t *timer)
{
    key[0] = timer->clock;
    fs_set_be64(key + 1, (uint64_t) timer->time);
    fs_set_be32(key + 9, timer->sale);
    key[13] = timer->kind;
    fs_set_be32(key + 14, timer->pickup);

    if (timer->kind < FS_TIMER_RECEIVE) {
        return FS_TIMER_KEY_LEN;
    }

    fs_set_be64(key + FS_TIMER_KEY_LEN, timer->seq);

    return FS_TIMER_KEY_MAX;
}


int
fs_timer_key_decode(fs_timer_t *timer, fs_str_t key)
{
    const uint8_t  *p;

    p = (const uint8_t *) key.data;

    if (key.len < FS_TIMER_KEY_LEN || (p[0] != 'm' && p[0] != 'w')
        || p[13] < FS_TIMER_OPEN || p[13] > FS_TIMER_CLAIM
        || key.len != (p[13] < FS_TIMER_RECEIVE ? FS_TIMER_KEY_LEN
                                                : FS_TIMER_KEY_MAX))
    {
        return -1;
    }

    timer->clock = p[0];
    timer->time = (int64_t) fs_get_be64(p + 1);
    timer->sale = fs_get_be32(p + 9);
    timer->kind = p[13];
    timer->pickup = fs_get_be32(p + 14);
    timer->seq = (key.len == FS_TIMER_KEY_MAX)
                 ? fs_get_be64(p + FS_TIMER_KEY_LEN) : 0;

    return 0;
}


void
fs_due_value(uint8_t *value, int64_t due, fs_seq_t seq)
{
    fs_set_be64(value, (uint64_t) due);
    fs_set_be64(value + 8, seq);
}
