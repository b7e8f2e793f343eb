
/*
 * Rows and keys of the log and the index.  Each row begins with the version
 * of its layout; numbers are little-endian in rows, big-endian in keys.
 */

#include "ledger/rows.h"

#include "ledger/row.h"


#define FS_HOLD_ROW_VERSION     1
#define FS_GROUP_ROW_VERSION    1
#define FS_BUYER_ROW_VERSION    1
#define FS_BUYER_ROW_LONG       2       /* with gifts */
#define FS_UNITS_ROW_VERSION    1
#define FS_PAYMENT_ROW_VERSION  1

#define FS_HOLD_ROW_FIXED       60
#define FS_HOLD_ROW_LINE        16
#define FS_HOLD_ROW_NUMBER      8
#define FS_HOLD_ROW_AFTER       16      /* of the hold */
#define FS_HOLD_ROW_LINE_AFTER  32      /* of each line */
#define FS_HOLD_ROW_GIFT        32
#define FS_HOLD_ROW_USES(n)     (8 + 8 * (size_t) (n))  /* of n lines */

#define FS_HOLD_PAID            0x01
#define FS_HOLD_AFTER           0x02
#define FS_HOLD_NUMBER          0x04
#define FS_HOLD_USES            0x08
#define FS_HOLD_GIFT            0x10
#define FS_HOLD_FLAGS           0x1f


/* so that a count and the version share four bytes */
#define FS_LIVE_MAX             0xffffff
#define FS_LAPSES_MAX           0xffff


static uint8_t *fs_hold_gift_encode(const fs_hold_t *hold, uint8_t *row,
    uint8_t *p);
static const uint8_t *fs_hold_gift_decode(fs_hold_t *hold, unsigned flags,
    const uint8_t *p);
static int fs_hold_after_decode(fs_hold_t *hold, const uint8_t *p);


/*
 * Hold:
 *
 *   offset size  field
 *        0    1  version: 1
 *        1    1  state
 *        2    1  lines
 *        3    1  flags: paid; after, number, uses, gift: it is longer
 *        4    4  pickup number
 *        8    8  the buyer's hold before
 *       16   16  buyer
 *       32    8  created_at
 *       40    8  expires_at
 *       48    8  due
 *       56    4  length_ms
 *       60       for each line: sale u32, qty u32, price_fen u64
 *
 * One that waits, or waited, has 8 bytes more: its number in the line u32, and
 * zero u32.
 *
 * One that uses a gift has more:
 *
 *                8  gift
 *                8  for each line: off_fen
 *
 * A gift has more:
 *
 *                4  number
 *                1  prize
 *                3  zero
 *                8  worth_fen
 *                8  valid_until
 *                8  the hold that uses it
 *
 * An order of which something was owed back, or has arrived, or that waits
 * for another wave than the first, has more:
 *
 *                8  owed_fen
 *                8  refunded_fen
 *                   for each line: owed_fen u64, owed_qty u16, restocked u16,
 *                   goods u8, zero u8, wave u16, short_qty u16, claimed u16,
 *                   ready_s u32, goods_at u64
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

    if (hold->number != 0 && !fs_hold_is_gift(hold)) {
        row[3] |= FS_HOLD_NUMBER;
        fs_set_le32(p, hold->number);
        fs_set_le32(p + 4, 0);
        p += FS_HOLD_ROW_NUMBER;
    }

    p = fs_hold_gift_encode(hold, row, p);

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
        fs_set_le32(p + 20, hold->lines[i].ready_s);
        fs_set_le64(p + 24, (uint64_t) hold->lines[i].goods_at);
        p += FS_HOLD_ROW_LINE_AFTER;
    }

    return (size_t) (p - row);
}


int
fs_hold_row_decode(fs_hold_t *hold, fs_str_t row)
{
    size_t          size;
    uint8_t         flags;
    unsigned        i;
    fs_line_t      *line;
    const uint8_t  *p;

    p = (const uint8_t *) row.data;

    if (row.len < FS_HOLD_ROW_FIXED) {
        return -1;
    }

    if (p[1] >= FS_HOLD_STATES_N || p[1] == FS_HOLD_OVER
        || p[2] == 0 || p[2] > FS_LINES_MAX
        || (p[3] & ~FS_HOLD_FLAGS) != 0
        || ((p[3] & FS_HOLD_GIFT)
            && (p[3] & (FS_HOLD_USES | FS_HOLD_NUMBER))))
    {
        return -1;
    }

    size = FS_HOLD_ROW_FIXED + (size_t) p[2] * FS_HOLD_ROW_LINE;

    if (p[3] & FS_HOLD_NUMBER) {
        size += FS_HOLD_ROW_NUMBER;
    }

    if (p[3] & FS_HOLD_USES) {
        size += FS_HOLD_ROW_USES(p[2]);
    }

    if (p[3] & FS_HOLD_GIFT) {
        size += FS_HOLD_ROW_GIFT;
    }

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

    flags = p[3];
    p += FS_HOLD_ROW_FIXED + hold->lines_n * FS_HOLD_ROW_LINE;

    if (flags & FS_HOLD_NUMBER) {
        hold->number = fs_get_le32(p);

        if (hold->number == 0 || !fs_row_zeros(p, 4, 8)) {
            return -1;
        }

        p += FS_HOLD_ROW_NUMBER;
    }

    p = fs_hold_gift_decode(hold, flags, p);

    if (p == NULL || (flags & FS_HOLD_AFTER) == 0) {
        return p != NULL ? 0 : -1;
    }

    /* it is there where it says something, as whoever wrote it knew */

    return fs_hold_after_decode(hold, p) == 0 && fs_hold_has_after(hold) ? 0
                                                                         : -1;
}


static uint8_t *
fs_hold_gift_encode(const fs_hold_t *hold, uint8_t *row, uint8_t *p)
{
    unsigned  i;

    if (fs_hold_is_gift(hold)) {
        row[3] |= FS_HOLD_GIFT;
        fs_set_le32(p, hold->number);
        fs_set_le32(p + 4, hold->prize);
        fs_set_le64(p + 8, (uint64_t) hold->worth_fen);
        fs_set_le64(p + 16, (uint64_t) hold->valid_until);
        fs_set_le64(p + 24, hold->gift);
        return p + FS_HOLD_ROW_GIFT;
    }

    if (hold->gift == 0) {
        return p;
    }

    row[3] |= FS_HOLD_USES;
    fs_set_le64(p, hold->gift);
    p += 8;

    for (i = 0; i < hold->lines_n; i++, p += 8) {
        fs_set_le64(p, (uint64_t) hold->lines[i].off_fen);
    }

    return p;
}


/* What comes after it; NULL: no hold has it. */

static const uint8_t *
fs_hold_gift_decode(fs_hold_t *hold, unsigned flags, const uint8_t *p)
{
    int         gift;
    unsigned    i;
    fs_line_t  *line;

    gift = hold->state >= FS_HOLD_GRANTED && hold->state <= FS_HOLD_USED;

    if (gift != ((flags & FS_HOLD_GIFT) != 0)) {
        return NULL;
    }

    if (flags & FS_HOLD_GIFT) {
        hold->number = fs_get_le32(p);
        hold->prize = p[4];
        hold->worth_fen = (int64_t) fs_get_le64(p + 8);
        hold->valid_until = (int64_t) fs_get_le64(p + 16);
        hold->gift = fs_get_le64(p + 24);

        return hold->number != 0 && fs_row_zeros(p, 5, 8)
               && hold->prize <= FS_PRIZES_MAX
               && hold->lines_n == 1 && hold->worth_fen >= 0
               && hold->worth_fen <= FS_PRICE_MAX && hold->valid_until >= 0
               ? p + FS_HOLD_ROW_GIFT : NULL;
    }

    if ((flags & FS_HOLD_USES) == 0) {
        return p;
    }

    hold->gift = fs_get_le64(p);
    p += 8;

    for (i = 0; i < hold->lines_n; i++, p += 8) {
        line = &hold->lines[i];
        line->off_fen = (int64_t) fs_get_le64(p);

        if (line->off_fen < 0
            || line->off_fen > line->price_fen * line->qty)
        {
            return NULL;
        }
    }

    return hold->gift != 0 ? p : NULL;
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
        line->ready_s = fs_get_le32(p + 20);
        line->goods_at = (int64_t) fs_get_le64(p + 24);

        if (line->owed_fen < 0 || line->owed_fen > fs_line_paid(line)
            || line->owed_qty > line->qty || line->restocked > line->qty
            || line->short_qty > line->qty || line->claimed > line->qty
            || line->goods >= FS_GOODS_N || !fs_row_zeros(p, 13, 14))
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
 *
 * Version 2, of a buyer who has gifts:
 *
 *       12    8  newest gift
 */

size_t
fs_buyer_row_encode(const fs_buyer_t *buyer, uint8_t *row)
{
    uint32_t  live;

    live = buyer->live < FS_LIVE_MAX ? buyer->live : FS_LIVE_MAX;

    fs_set_le32(row, live << 8 | (buyer->gift == 0 ? FS_BUYER_ROW_VERSION
                                                   : FS_BUYER_ROW_LONG));
    fs_set_le64(row + 4, buyer->newest);

    if (buyer->gift != 0) {
        fs_set_le64(row + 12, buyer->gift);
    }

    return fs_buyer_row_size(buyer);
}


int
fs_buyer_row_decode(fs_buyer_t *buyer, fs_str_t row)
{
    buyer->gift = 0;

    if (fs_row_check(row, FS_BUYER_ROW_MAX, FS_BUYER_ROW_LONG) == 0) {
        buyer->gift = fs_get_le64(row.data + 12);

        if (buyer->gift == 0) {
            return -1;
        }

    } else if (fs_row_check(row, FS_BUYER_ROW_SIZE, FS_BUYER_ROW_VERSION)
               != 0)
    {
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


/* Of those who wait for so many units the first is the one with the lowest
 * number. */

void
fs_waiting_key(uint8_t *key, uint32_t sale, uint32_t qty, uint32_t number)
{
    fs_set_be32(key, sale);
    key[4] = (uint8_t) qty;
    fs_set_be32(key + 5, number);
}


void
fs_payment_key(uint8_t *key, fs_seq_t hold, const uint8_t *reference,
    uint32_t sale)
{
    fs_set_be64(key, hold);
    memcpy(key + 8, reference, FS_REFERENCE_LEN);
    fs_set_be32(key + 8 + FS_REFERENCE_LEN, sale);
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

    if (key.len < FS_TIMER_KEY_LEN
        || (p[0] != 'm' && p[0] != 'o' && p[0] != 'w')
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
