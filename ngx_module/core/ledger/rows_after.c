
/*
 * Rows and keys of what comes after an order: debts, claims, where goods are,
 * whole sales, waves.  As in rows.c.
 */

#include "ledger/rows_after.h"

#include "ledger/row.h"


#define FS_DEBT_ROW_VERSION     1
#define FS_CLAIM_ROW_VERSION    1
#define FS_TALLY_ROW_VERSION    1
#define FS_TASK_ROW_VERSION     1
#define FS_WAVE_ROW_VERSION     1
#define FS_INVITED_ROW_VERSION  1


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
 * Claim; hold and seq are its key:
 *
 *   offset size  field
 *        0    1  version: 1
 *        1    1  line
 *        2    1  reason
 *        3    1  state
 *        4    1  accepted when it is due
 *        5    3  zero
 *        8    4  qty
 *       12    4  zero
 *       16    8  amount_fen
 *       24    8  due_at
 *       32    8  answered_at
 *       40    8  the entry that answered it
 */

size_t
fs_claim_row_encode(const fs_claim_t *claim, uint8_t *row)
{
    memset(row, 0, FS_CLAIM_ROW_SIZE);
    row[0] = FS_CLAIM_ROW_VERSION;
    row[1] = claim->line;
    row[2] = claim->reason;
    row[3] = claim->state;
    row[4] = claim->by_time;
    fs_set_le32(row + 8, claim->qty);
    fs_set_le64(row + 16, (uint64_t) claim->amount_fen);
    fs_set_le64(row + 24, (uint64_t) claim->due_at);
    fs_set_le64(row + 32, (uint64_t) claim->answered_at);
    fs_set_le64(row + 40, claim->answered);

    return FS_CLAIM_ROW_SIZE;
}


int
fs_claim_row_decode(fs_claim_t *claim, fs_str_t row)
{
    const uint8_t  *p;

    p = (const uint8_t *) row.data;

    if (fs_row_check(row, FS_CLAIM_ROW_SIZE, FS_CLAIM_ROW_VERSION) != 0
        || p[1] >= FS_LINES_MAX || p[2] >= FS_REASONS_N
        || p[3] >= FS_CLAIM_STATES_N || p[4] > 1 || !fs_row_zeros(p, 5, 8)
        || !fs_row_zeros(p, 12, 16))
    {
        return -1;
    }

    claim->line = p[1];
    claim->reason = p[2];
    claim->state = p[3];
    claim->by_time = p[4];
    claim->qty = fs_get_le32(p + 8);
    claim->amount_fen = (int64_t) fs_get_le64(p + 16);
    claim->due_at = (int64_t) fs_get_le64(p + 24);
    claim->answered_at = (int64_t) fs_get_le64(p + 32);
    claim->answered = fs_get_le64(p + 40);

    return claim->qty == 0 || claim->qty > FS_QTY_MAX
           || claim->amount_fen < 0 || claim->amount_fen > FS_AMOUNT_MAX ? -1
                                                                         : 0;
}


/*
 * Tally: version 1, final u8, zero u16; ordered, awaited, ready, handed over,
 * short, received: u32 each.
 */

size_t
fs_tally_row_encode(const fs_tally_t *tally, uint8_t *row)
{
    row[0] = FS_TALLY_ROW_VERSION;
    row[1] = tally->final;
    fs_set_le16(row + 2, 0);
    fs_set_le32(row + 4, tally->ordered);
    fs_set_le32(row + 8, tally->awaited);
    fs_set_le32(row + 12, tally->ready);
    fs_set_le32(row + 16, tally->handed_over);
    fs_set_le32(row + 20, tally->shorts);
    fs_set_le32(row + 24, tally->received);

    return FS_TALLY_ROW_SIZE;
}


int
fs_tally_row_decode(fs_tally_t *tally, fs_str_t row)
{
    const uint8_t  *p;

    p = (const uint8_t *) row.data;

    if (fs_row_check(row, FS_TALLY_ROW_SIZE, FS_TALLY_ROW_VERSION) != 0
        || p[1] > 1 || !fs_row_zeros(p, 2, 4))
    {
        return -1;
    }

    tally->final = p[1];
    tally->ordered = fs_get_le32(p + 4);
    tally->awaited = fs_get_le32(p + 8);
    tally->ready = fs_get_le32(p + 12);
    tally->handed_over = fs_get_le32(p + 16);
    tally->shorts = fs_get_le32(p + 20);
    tally->received = fs_get_le32(p + 24);

    return 0;
}


/*
 * Listed line; its key says the rest: hold u64, qty u16, short_qty u16, line
 * u8, paid_back u8.
 */

size_t
fs_listed_row_encode(const fs_listed_t *listed, uint8_t *row)
{
    fs_set_le64(row, listed->hold);
    fs_set_le16(row + 8, listed->qty);
    fs_set_le16(row + 10, listed->short_qty);
    row[12] = listed->line;
    row[13] = listed->paid_back;

    return FS_LISTED_ROW_SIZE;
}


int
fs_listed_row_decode(fs_listed_t *listed, fs_str_t row)
{
    const uint8_t  *p;

    p = (const uint8_t *) row.data;

    if (row.len != FS_LISTED_ROW_SIZE || p[12] >= FS_LINES_MAX || p[13] > 1) {
        return -1;
    }

    listed->hold = fs_get_le64(p);
    listed->qty = fs_get_le16(p + 8);
    listed->short_qty = fs_get_le16(p + 10);
    listed->line = p[12];
    listed->paid_back = p[13];

    return 0;
}


/* Task; sale and seq are its key: version 1, kind u8, zeros to 8; fen_each
 * u64, sold u64. */

size_t
fs_task_row_encode(const fs_task_t *task, uint8_t *row)
{
    memset(row, 0, 8);
    row[0] = FS_TASK_ROW_VERSION;
    row[1] = task->kind;
    fs_set_le64(row + 8, (uint64_t) task->fen_each);
    fs_set_le64(row + 16, task->sold);

    return FS_TASK_ROW_SIZE;
}


int
fs_task_row_decode(fs_task_t *task, fs_str_t row)
{
    const uint8_t  *p;

    p = (const uint8_t *) row.data;

    if (fs_row_check(row, FS_TASK_ROW_SIZE, FS_TASK_ROW_VERSION) != 0
        || p[1] > FS_TASK_COMPENSATE || !fs_row_zeros(p, 2, 8))
    {
        return -1;
    }

    task->kind = p[1];
    task->fen_each = (int64_t) fs_get_le64(p + 8);
    task->sold = fs_get_le64(p + 16);

    return task->fen_each < 0 || task->fen_each > FS_PRICE_MAX ? -1 : 0;
}


/*
 * Wave; its number is its key:
 *
 *   offset size  field
 *        0    1  version: 1
 *        1    1  zero
 *        2    2  sales
 *        4    4  day
 *        8    8  cut_at
 *       16    8  entry that froze it
 *       24    8  zero
 *       32       for each sale: its number u32, ordinal u16, taken u8, zero
 */

size_t
fs_wave_row_encode(const fs_wave_t *wave, uint8_t *row)
{
    unsigned  i;
    uint8_t  *p;

    memset(row, 0, FS_WAVE_ROW_FIXED);
    row[0] = FS_WAVE_ROW_VERSION;
    fs_set_le16(row + 2, wave->sales_n);
    fs_set_le32(row + 4, wave->day);
    fs_set_le64(row + 8, (uint64_t) wave->cut_at);
    fs_set_le64(row + 16, wave->frozen);

    p = row + FS_WAVE_ROW_FIXED;

    for (i = 0; i < wave->sales_n; i++, p += 8) {
        fs_set_le32(p, wave->sales[i].sale);
        fs_set_le16(p + 4, wave->sales[i].wave);
        p[6] = wave->sales[i].taken;
        p[7] = 0;
    }

    return (size_t) (p - row);
}


int
fs_wave_row_decode(fs_wave_t *wave, fs_str_t row)
{
    unsigned        i;
    const uint8_t  *p;

    p = (const uint8_t *) row.data;

    if (row.len < FS_WAVE_ROW_FIXED
        || fs_get_le16(p + 2) > FS_WAVE_SALES_MAX
        || fs_row_check(row, FS_WAVE_ROW_FIXED + 8 * fs_get_le16(p + 2),
                        FS_WAVE_ROW_VERSION) != 0
        || p[1] != 0 || !fs_row_zeros(p, 24, 32))
    {
        return -1;
    }

    wave->sales_n = fs_get_le16(p + 2);
    wave->day = fs_get_le32(p + 4);
    wave->cut_at = (int64_t) fs_get_le64(p + 8);
    wave->frozen = fs_get_le64(p + 16);

    p += FS_WAVE_ROW_FIXED;

    for (i = 0; i < wave->sales_n; i++, p += 8) {
        wave->sales[i].sale = fs_get_le32(p);
        wave->sales[i].wave = fs_get_le16(p + 4);
        wave->sales[i].taken = p[6];

        if (p[6] > 1 || p[7] != 0) {
            return -1;
        }
    }

    return 0;
}


int64_t
fs_listed_comes(const fs_listed_t *listed, int64_t left, int final)
{
    if (listed->qty <= left) {
        return listed->qty;
    }

    return !final ? -1 : left > 0 ? left : 0;
}


void
fs_debt_key(uint8_t *key, uint64_t first, fs_seq_t seq)
{
    fs_set_be64(key, first);
    fs_set_be64(key + 8, seq);
}


void
fs_listed_key(uint8_t *key, const fs_listed_t *listed)
{
    fs_set_be32(key, listed->pickup);
    key[4] = listed->goods;
    fs_set_be32(key + 5, listed->sale);
    key[9] = (uint8_t) (listed->wave >> 8);
    key[10] = (uint8_t) listed->wave;
    fs_set_be64(key + 11, listed->sold);
}


int
fs_listed_key_decode(fs_listed_t *listed, fs_str_t key)
{
    const uint8_t  *p;

    p = (const uint8_t *) key.data;

    if (key.len != FS_LISTED_KEY_LEN || p[4] >= FS_GOODS_N) {
        return -1;
    }

    listed->pickup = fs_get_be32(p);
    listed->goods = p[4];
    listed->sale = fs_get_be32(p + 5);
    listed->wave = (uint16_t) (p[9] << 8 | p[10]);
    listed->sold = fs_get_be64(p + 11);

    return 0;
}


void
fs_tally_key(uint8_t *key, uint32_t sale, uint32_t pickup, uint16_t wave)
{
    fs_set_be32(key, sale);
    fs_set_be32(key + 4, pickup);
    key[8] = (uint8_t) (wave >> 8);
    key[9] = (uint8_t) wave;
}


/*
 * Who was invited; the newcomer is in its key:
 *
 *   offset size  field
 *        0    1  version: 1
 *        1    1  who was given something: 1 the newcomer, 2 the inviter
 *        2    1  whether goods of the newcomer's were handed over, 0 or 1
 *        3    5  zero
 *        8    8  seq of `referred`
 *       16   16  the inviter
 */

size_t
fs_invited_row_encode(const fs_invited_t *invited, uint8_t *row)
{
    memset(row, 0, FS_INVITED_ROW_SIZE);
    row[0] = FS_INVITED_ROW_VERSION;
    row[1] = invited->given;
    row[2] = invited->handed;
    fs_set_le64(row + 8, invited->seq);
    memcpy(row + 16, invited->inviter, FS_BUYER_LEN);

    return FS_INVITED_ROW_SIZE;
}


int
fs_invited_row_decode(fs_invited_t *invited, fs_str_t row)
{
    const uint8_t  *p;

    p = (const uint8_t *) row.data;

    if (fs_row_check(row, FS_INVITED_ROW_SIZE, FS_INVITED_ROW_VERSION) != 0
        || p[1] > 3 || p[2] > 1 || !fs_row_zeros(p, 3, 8))
    {
        return -1;
    }

    invited->given = p[1];
    invited->handed = p[2];
    invited->seq = fs_get_le64(p + 8);
    memcpy(invited->inviter, p + 16, FS_BUYER_LEN);

    return 0;
}
