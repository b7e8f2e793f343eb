
/*
 * Rows and keys: what goes in comes out, nothing else is read.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "lmdb/db.h"
#include "ledger/rows_after.h"


#define ROUNDS  2000


static uint64_t  random_state;


/* splitmix64: a run is repeated with SEED=… in the environment */

static uint64_t
random64(void)
{
    uint64_t  z;

    random_state += 0x9e3779b97f4a7c15;
    z = random_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;

    return z ^ (z >> 31);
}


static void
random_bytes(void *bytes, size_t len)
{
    size_t    i;
    uint8_t  *p;

    p = bytes;

    for (i = 0; i < len; i++) {
        p[i] = (uint8_t) random64();
    }
}


static fs_str_t
str(const void *data, size_t len)
{
    fs_str_t  s;

    s.len = len;
    s.data = data;

    return s;
}


/* Bytes that are not used yet are zero, each of them. */

#define refuses_used(decode, back, row, len, from, to)                       \
    do {                                                                     \
        size_t  at;                                                          \
                                                                             \
        for (at = from; at < to; at++) {                                     \
            row[at] = 1;                                                     \
            assert_int_equal(decode(back, str(row, len)), -1);               \
            row[at] = 0;                                                     \
        }                                                                    \
                                                                             \
        assert_int_equal(decode(back, str(row, len)), 0);                    \
    } while (0)


static void
random_sale(fs_sale_t *sale)
{
    unsigned  i;

    memset(sale, 0, sizeof(*sale));
    sale->slug.len = (uint8_t) (random64() % (FS_SLUG_MAX + 1));
    random_bytes(sale->slug.data, sale->slug.len);
    sale->title_len = (uint16_t) (random64() % (FS_TITLE_MAX + 1));
    random_bytes(sale->title, sale->title_len);
    sale->price_fen = (int64_t) random64();
    sale->stock = (uint32_t) random64();
    sale->limit = (uint32_t) random64();
    sale->opens_at = (int64_t) random64();
    sale->closes_at = (int64_t) random64();
    sale->goal = (uint32_t) random64();
    sale->goal_by = (uint8_t) (random64() % 2);
    sale->hold_ms = (uint32_t) random64();
    sale->version = random64();
    sale->held = (uint32_t) random64();
    sale->sold = (uint32_t) random64();
    sale->joined = (uint32_t) random64();
    sale->groups_formed = (uint32_t) random64();
    sale->groups_failed = (uint32_t) random64();
    sale->opened = (uint8_t) (random64() % 2);
    sale->paused = (uint8_t) (random64() % 2);
    sale->closed = (uint8_t) (random64() % 2);
    sale->decided = (uint8_t) (random64() % 2);
    sale->due = (int64_t) random64();

    if (random64() % 2) {
        sale->cancel_ms = (uint32_t) random64();
        sale->called_off = (uint8_t) (random64() % 2);
        sale->settling = sale->called_off & (uint8_t) random64();
        sale->waves = (uint16_t) random64();
        sale->wave_seq = random64();
        sale->handed_lines = (uint32_t) random64();
        sale->handed_units = (uint32_t) random64();
        sale->claimed_units = (uint32_t) random64();
    }

    if (random64() % 2) {
        sale->queue = (uint32_t) random64();
        sale->queue_last = 100000 + (uint32_t) (random64() % 1000000);
        sale->served_seq = random64();

        for (i = 0; i < FS_QUEUED_QTY_MAX; i++) {
            sale->waiting[i] = (uint32_t) (random64() % 10000);
            sale->queued += (i + 1) * sale->waiting[i];
        }
    }
}


static void
test_sale(void **state)
{
    size_t     len, cut;
    uint8_t    row[FS_SALE_ROW_MAX + 1];
    unsigned   round;
    fs_sale_t  sale, back;

    (void) state;

    for (round = 0; round < ROUNDS; round++) {
        random_sale(&sale);
        len = fs_sale_row_encode(&sale, row);
        assert_in_range(len, 1, FS_SALE_ROW_MAX);

        memset(&back, 0, sizeof(back));
        assert_int_equal(fs_sale_row_decode(&back, str(row, len)), 0);
        assert_memory_equal(&back, &sale, sizeof(sale));

        cut = random64() % len;
        assert_int_equal(fs_sale_row_decode(&back, str(row, cut)), -1);
        row[len] = 0;
        assert_int_equal(fs_sale_row_decode(&back, str(row, len + 1)), -1);
    }

    /* who waits is counted by their units, and was given a number */

    do {
        random_sale(&sale);
    } while (sale.queue_last == 0);

    sale.waves = 0;
    sale.cancel_ms = 0;
    sale.called_off = 0;
    sale.settling = 0;
    len = fs_sale_row_encode(&sale, row);
    assert_int_equal(row[0], 3);
    assert_int_equal(fs_sale_row_decode(&back, str(row, len)), 0);
    row[120]++;
    assert_int_equal(fs_sale_row_decode(&back, str(row, len)), -1);
    row[120]--;
    memset(row + 124, 0, 4);
    assert_int_equal(fs_sale_row_decode(&back, str(row, len)), -1);

    random_sale(&sale);
    sale.queue = 0;
    sale.queue_last = 0;
    memset(sale.waiting, 0, sizeof(sale.waiting));
    sale.queued = 0;
    sale.waves = 1;
    sale.called_off = 0;
    sale.settling = 0;
    sale.slug.len = FS_SLUG_MAX;
    sale.title_len = FS_TITLE_MAX;
    len = fs_sale_row_encode(&sale, row);
    assert_in_range(len, 1, FS_SALE_ROW_MAX);

    row[0]++;
    assert_int_equal(fs_sale_row_decode(&back, str(row, len)), -1);
    row[0]--;
    row[1] = 2;
    assert_int_equal(fs_sale_row_decode(&back, str(row, len)), -1);
    row[1] = 0;
    row[2] |= 0x10;
    assert_int_equal(fs_sale_row_decode(&back, str(row, len)), -1);
    row[2] &= 0x0f;
    row[3] = FS_SLUG_MAX + 1;
    assert_int_equal(fs_sale_row_decode(&back, str(row, len + 1)), -1);
    row[3] = FS_SLUG_MAX;
    refuses_used(fs_sale_row_decode, &back, row, len, 6, 8);
    refuses_used(fs_sale_row_decode, &back, row, len, 91, 92);
    refuses_used(fs_sale_row_decode, &back, row, len, 113, 116);
    row[112] = FS_GIVES_N;
    assert_int_equal(fs_sale_row_decode(&back, str(row, len)), -1);
    row[112] = FS_GIVES_ITEM;
    row[113] = 1;
    assert_int_equal(fs_sale_row_decode(&back, str(row, len)), 0);
    assert_int_equal(back.gives, FS_GIVES_ITEM);
    assert_int_equal(back.by_desk, 1);
    row[112] = 0;
    row[113] = 0;

    /* more that says nothing */

    memset(row + 84, 0, 32);
    assert_int_equal(fs_sale_row_decode(&back, str(row, len)), -1);
}


static void
random_hold(fs_hold_t *hold, unsigned lines)
{
    unsigned  i;

    memset(hold, 0, sizeof(*hold));
    hold->previous = random64();
    random_bytes(hold->buyer, sizeof(hold->buyer));
    hold->state = (uint8_t) (random64() % FS_HOLD_GRANTED);
    hold->lines_n = (uint8_t) lines;
    hold->pickup = (uint32_t) random64();
    hold->created_at = (int64_t) random64();
    hold->expires_at = (int64_t) random64();
    hold->due = (int64_t) random64();
    hold->length_ms = (uint32_t) random64();

    if (random64() % 2) {
        hold->number = 1 + (uint32_t) (random64() % UINT32_MAX);
    }

    for (i = 0; i < lines; i++) {
        hold->lines[i].sale = (uint32_t) random64();
        hold->lines[i].qty = (uint32_t) (1 + random64() % FS_QTY_MAX);
        hold->lines[i].price_fen = (int64_t) (random64()
                                              % (FS_PRICE_MAX + 1));
    }
}


/* A gift, or what one takes off. */

static void
random_gift(fs_hold_t *hold)
{
    unsigned    i;
    fs_line_t  *line;

    hold->gift = random64();

    if (hold->lines_n == 1) {
        hold->state = (uint8_t) (FS_HOLD_GRANTED + random64() % 3);
        hold->number = (uint32_t) (random64() | 1);
        hold->prize = (uint8_t) (random64() % (FS_PRIZES_MAX + 1));
        hold->worth_fen = (int64_t) (random64() % (FS_PRICE_MAX + 1));
        hold->valid_until = (int64_t) (random64() >> 1);
        return;
    }

    for (i = 0; i < hold->lines_n; i++) {
        line = &hold->lines[i];
        line->off_fen = (int64_t) (random64()
                                   % ((uint64_t) fs_line_paid(line) + 1));
    }
}


/* What an order has besides, once something of it was owed or has come. */

static void
random_after(fs_hold_t *hold)
{
    unsigned    i;
    fs_line_t  *line;

    hold->paid = 1;
    hold->owed_fen = (int64_t) (random64() % FS_AMOUNT_MAX);
    hold->refunded_fen = (int64_t) (random64() % FS_AMOUNT_MAX);

    for (i = 0; i < hold->lines_n; i++) {
        line = &hold->lines[i];
        line->owed_fen = (int64_t) (random64()
                                    % ((uint64_t) fs_line_paid(line) + 1));
        line->owed_qty = (uint16_t) (random64() % (line->qty + 1));
        line->restocked = (uint16_t) (random64() % (line->qty + 1));
        line->goods = (uint8_t) (random64() % FS_GOODS_N);
        line->wave = (uint16_t) random64();
        line->short_qty = (uint16_t) (random64() % (line->qty + 1));
        line->claimed = (uint16_t) (random64() % (line->qty + 1));
        line->ready_s = (uint32_t) random64();
        line->goods_at = (int64_t) random64();
    }
}


static void
test_hold(void **state)
{
    size_t     len, cut;
    uint8_t    row[FS_HOLD_ROW_MAX + 1];
    unsigned   round, lines;
    fs_hold_t  hold, back;

    (void) state;

    for (round = 0; round < ROUNDS; round++) {
        lines = 1 + random64() % FS_LINES_MAX;
        random_hold(&hold, lines);
        len = fs_hold_row_encode(&hold, row);
        assert_in_range(len, 1, FS_HOLD_ROW_MAX);

        /* half of what a live hold may cost in the index is overhead */
        if (lines == 1) {
            assert_in_range(len, 1, 88);
        }

        if (round % 3 == 1) {
            random_gift(&hold);
            len = fs_hold_row_encode(&hold, row);
            assert_in_range(len, 1, FS_HOLD_ROW_MAX);
        }

        if (round % 2) {
            random_after(&hold);
            len = fs_hold_row_encode(&hold, row);
            assert_in_range(len, 1, FS_HOLD_ROW_MAX);
        }

        memset(&back, 0, sizeof(back));
        assert_int_equal(fs_hold_row_decode(&back, str(row, len)), 0);
        assert_memory_equal(&back, &hold, sizeof(hold));

        cut = random64() % len;
        assert_int_equal(fs_hold_row_decode(&back, str(row, cut)), -1);
        row[len] = 0;
        assert_int_equal(fs_hold_row_decode(&back, str(row, len + 1)), -1);
    }

    random_hold(&hold, FS_LINES_MAX);
    len = fs_hold_row_encode(&hold, row);
    assert_in_range(len, 1, FS_HOLD_ROW_MAX);

    /* more that says nothing */

    hold.paid = 1;
    hold.owed_fen = 1;
    len = fs_hold_row_encode(&hold, row);
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), 0);
    memset(row + len - 16 - 32 * FS_LINES_MAX, 0, 16 + 32 * FS_LINES_MAX);
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), -1);
    hold.owed_fen = 0;

    /* more is taken off than it costs; a gift without a number, and what is
     * none with one */

    hold.gift = 5;
    hold.lines[0].off_fen = fs_line_paid(&hold.lines[0]);
    len = fs_hold_row_encode(&hold, row);
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), 0);
    hold.lines[0].off_fen++;
    len = fs_hold_row_encode(&hold, row);
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), -1);
    hold.lines[0].off_fen = 0;
    hold.gift = 0;
    row[1] = FS_HOLD_OVER;
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), -1);
    row[1] = FS_HOLD_GRANTED;
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), -1);

    /* more is owed than was paid, or of more units than there are */

    hold.paid = 1;
    hold.lines[7].owed_fen = fs_line_paid(&hold.lines[7]);
    hold.lines[7].owed_qty = (uint16_t) hold.lines[7].qty;
    len = fs_hold_row_encode(&hold, row);
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), 0);
    hold.lines[7].owed_fen++;
    fs_hold_row_encode(&hold, row);
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), -1);
    hold.lines[7].owed_fen = 0;
    hold.lines[7].owed_qty++;
    fs_hold_row_encode(&hold, row);
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), -1);
    hold.lines[7].owed_qty = 0;
    hold.lines[7].restocked = (uint16_t) (hold.lines[7].qty + 1);
    fs_hold_row_encode(&hold, row);
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), -1);

    random_hold(&hold, FS_LINES_MAX);
    len = fs_hold_row_encode(&hold, row);

    row[0]++;
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), -1);
    row[0]--;
    row[1] = FS_HOLD_STATES_N;
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), -1);
    row[1] = FS_HOLD_HELD;
    row[2] = 0;
    assert_int_equal(fs_hold_row_decode(&back, str(row, 60)), -1);
    row[2] = FS_LINES_MAX + 1;
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), -1);
    row[2] = FS_LINES_MAX;
    row[3] |= 8;
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), -1);

    /* a number is there where it is one */

    random_hold(&hold, 1);
    hold.number = 7;
    len = fs_hold_row_encode(&hold, row);
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), 0);
    assert_int_equal(back.number, 7);
    memset(row + len - 8, 0, 4);
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), -1);
    row[len - 8] = 7;
    row[len - 1] = 1;
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), -1);
}


/* A hold's amount is one whatever its row says: 8 * 10000 * the dearest. */

static void
test_hold_amount(void **state)
{
    size_t     len;
    uint8_t    row[FS_HOLD_ROW_MAX];
    unsigned   i;
    fs_hold_t  hold, back;

    (void) state;

    random_hold(&hold, FS_LINES_MAX);

    for (i = 0; i < FS_LINES_MAX; i++) {
        hold.lines[i].qty = FS_QTY_MAX;
        hold.lines[i].price_fen = FS_PRICE_MAX;
    }

    len = fs_hold_row_encode(&hold, row);
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), 0);
    assert_true(fs_hold_amount(&back) == FS_AMOUNT_MAX);

    hold.lines[7].qty++;
    fs_hold_row_encode(&hold, row);
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), -1);
    hold.lines[7].qty = 0;
    fs_hold_row_encode(&hold, row);
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), -1);
    hold.lines[7].qty = 1;

    hold.lines[0].price_fen++;
    fs_hold_row_encode(&hold, row);
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), -1);
    hold.lines[0].price_fen = -1;
    fs_hold_row_encode(&hold, row);
    assert_int_equal(fs_hold_row_decode(&back, str(row, len)), -1);
}


static void
test_group(void **state)
{
    size_t      len;
    uint8_t     row[FS_GROUP_ROW_SIZE];
    unsigned    round;
    fs_group_t  group, back;

    (void) state;

    for (round = 0; round < ROUNDS; round++) {
        memset(&group, 0, sizeof(group));
        group.joined = (uint32_t) random64();
        group.state = (uint8_t) (random64() % (FS_GROUP_FAILED + 1));
        group.wave = (uint16_t) random64();

        len = fs_group_row_encode(&group, row);
        assert_int_equal(len, FS_GROUP_ROW_SIZE);

        memset(&back, 0, sizeof(back));
        assert_int_equal(fs_group_row_decode(&back, str(row, len)), 0);
        assert_memory_equal(&back, &group, sizeof(group));
    }

    assert_int_equal(fs_group_row_decode(&back, str(row, len - 1)), -1);
    row[1] = FS_GROUP_FAILED + 1;
    assert_int_equal(fs_group_row_decode(&back, str(row, len)), -1);
    row[1] = FS_GROUP_OPEN;
    row[0]++;
    assert_int_equal(fs_group_row_decode(&back, str(row, len)), -1);
}


static void
test_buyer(void **state)
{
    size_t      len;
    uint8_t     row[FS_BUYER_ROW_MAX];
    unsigned    round;
    fs_buyer_t  buyer, back;

    (void) state;

    for (round = 0; round < ROUNDS; round++) {
        memset(&buyer, 0, sizeof(buyer));
        buyer.live = (uint32_t) random64() & 0xffffff;
        buyer.newest = random64();
        buyer.gift = round % 2 ? random64() | 1 : 0;

        len = fs_buyer_row_encode(&buyer, row);
        assert_int_equal(len, round % 2 ? FS_BUYER_ROW_MAX
                                        : FS_BUYER_ROW_SIZE);

        memset(&back, 0, sizeof(back));
        assert_int_equal(fs_buyer_row_decode(&back, str(row, len)), 0);
        assert_memory_equal(&back, &buyer, sizeof(buyer));
    }

    /* full, it stays full: it does not begin again at 0 */
    buyer.gift = 0;
    buyer.live = 0x1000000;
    fs_buyer_row_encode(&buyer, row);
    assert_int_equal(fs_buyer_row_decode(&back, str(row, FS_BUYER_ROW_SIZE)),
                     0);
    assert_int_equal(back.live, 0xffffff);

    assert_int_equal(fs_buyer_row_decode(&back,
                                         str(row, FS_BUYER_ROW_SIZE - 1)),
                     -1);
    row[0]++;
    assert_int_equal(fs_buyer_row_decode(&back, str(row, FS_BUYER_ROW_SIZE)),
                     -1);
}


static void
test_units(void **state)
{
    size_t      len;
    uint8_t     row[FS_UNITS_ROW_SIZE];
    unsigned    round;
    fs_units_t  units, back;

    (void) state;

    for (round = 0; round < ROUNDS; round++) {
        memset(&units, 0, sizeof(units));
        units.taken = (uint32_t) random64();
        units.lapses = (uint32_t) random64() & 0xffff;
        units.lapsed_at = (int64_t) random64();

        len = fs_units_row_encode(&units, row);
        assert_int_equal(len, FS_UNITS_ROW_SIZE);

        memset(&back, 0, sizeof(back));
        assert_int_equal(fs_units_row_decode(&back, str(row, len)), 0);
        assert_memory_equal(&back, &units, sizeof(units));
    }

    units.lapses = 0x10000;
    fs_units_row_encode(&units, row);
    assert_int_equal(fs_units_row_decode(&back, str(row, sizeof(row))), 0);
    assert_int_equal(back.lapses, 0xffff);

    assert_int_equal(fs_units_row_decode(&back, str(row, sizeof(row) - 1)),
                     -1);
    refuses_used(fs_units_row_decode, &back, row, sizeof(row), 1, 2);
    row[0]++;
    assert_int_equal(fs_units_row_decode(&back, str(row, sizeof(row))), -1);
}


static void
test_debt(void **state)
{
    size_t     i, len;
    uint8_t    row[FS_DEBT_ROW_SIZE];
    unsigned   round;
    fs_debt_t  debt, back;

    (void) state;

    for (round = 0; round < ROUNDS; round++) {
        memset(&debt, 0, sizeof(debt));
        debt.reason = (uint8_t) (random64() % FS_REASONS_N);
        debt.sale = (uint32_t) random64();
        debt.qty = (uint32_t) random64();
        debt.amount_fen = (int64_t) (random64() % FS_AMOUNT_MAX);
        debt.due_at = (int64_t) random64();
        debt.refunded = random64();
        debt.refunded_at = (int64_t) random64();

        for (i = 0; i < FS_REFERENCE_LEN; i++) {
            debt.payment[i] = (uint8_t) random64();
        }

        len = fs_debt_row_encode(&debt, row);
        assert_int_equal(len, FS_DEBT_ROW_SIZE);

        memset(&back, 0, sizeof(back));
        assert_int_equal(fs_debt_row_decode(&back, str(row, len)), 0);
        assert_memory_equal(&back, &debt, sizeof(debt));
    }

    assert_int_equal(fs_debt_row_decode(&back, str(row, len - 1)), -1);
    row[1] = FS_REASONS_N;
    assert_int_equal(fs_debt_row_decode(&back, str(row, len)), -1);
    row[1] = 0;
    refuses_used(fs_debt_row_decode, &back, row, len, 2, 4);
    refuses_used(fs_debt_row_decode, &back, row, len, 12, 16);
    fs_set_le64(row + 16, FS_AMOUNT_MAX + 1ULL);
    assert_int_equal(fs_debt_row_decode(&back, str(row, len)), -1);
    fs_set_le64(row + 16, 1);
    assert_int_equal(fs_debt_row_decode(&back, str(row, len)), 0);
    row[0]++;
    assert_int_equal(fs_debt_row_decode(&back, str(row, len)), -1);
}


static void
test_payment(void **state)
{
    size_t        len;
    uint8_t       row[FS_PAYMENT_ROW_SIZE];
    unsigned      round;
    fs_payment_t  payment, back;

    (void) state;

    for (round = 0; round < ROUNDS; round++) {
        memset(&payment, 0, sizeof(payment));
        payment.outcome = (uint8_t) random64();
        payment.reason = (uint8_t) (random64() % FS_REASONS_N);
        payment.amount_fen = (int64_t) random64();
        payment.seq = random64();

        len = fs_payment_row_encode(&payment, row);
        assert_int_equal(len, FS_PAYMENT_ROW_SIZE);

        memset(&back, 0, sizeof(back));
        assert_int_equal(fs_payment_row_decode(&back, str(row, len)), 0);
        assert_memory_equal(&back, &payment, sizeof(payment));
    }

    assert_int_equal(fs_payment_row_decode(&back, str(row, len - 1)), -1);
    row[2] = FS_REASONS_N;
    assert_int_equal(fs_payment_row_decode(&back, str(row, len)), -1);
    row[2] = 0;
    refuses_used(fs_payment_row_decode, &back, row, len, 3, 8);
    row[0]++;
    assert_int_equal(fs_payment_row_decode(&back, str(row, len)), -1);
}


/* Rows of what comes after an order: claims, tallies, lists, tasks, waves. */

#define same_again(encode, decode, back, one)                                \
    do {                                                                     \
        len = encode(&one, row);                                             \
        assert_int_equal(decode(&back, str(row, len)), 0);                   \
        assert_memory_equal(&back, &one, sizeof(one));                       \
        assert_int_equal(decode(&back, str(row, len - 1)), -1);              \
        assert_int_equal(decode(&back, str(row, len + 1)), -1);              \
    } while (0)


static void
test_claim(void **state)
{
    size_t      len;
    uint8_t     row[FS_CLAIM_ROW_SIZE + 1];
    unsigned    round;
    fs_claim_t  claim, back;

    (void) state;

    for (round = 0; round < ROUNDS; round++) {
        memset(&claim, 0, sizeof(claim));
        claim.line = (uint8_t) (random64() % FS_LINES_MAX);
        claim.reason = (uint8_t) (random64() % FS_REASONS_N);
        claim.state = (uint8_t) (random64() % FS_CLAIM_STATES_N);
        claim.by_time = (uint8_t) (random64() % 2);
        claim.qty = (uint32_t) (1 + random64() % FS_QTY_MAX);
        claim.amount_fen = (int64_t) (random64() % FS_AMOUNT_MAX);
        claim.due_at = (int64_t) random64();
        claim.answered_at = (int64_t) random64();
        claim.answered = random64();

        memset(&back, 0, sizeof(back));
        same_again(fs_claim_row_encode, fs_claim_row_decode, back, claim);
    }

    refuses_used(fs_claim_row_decode, &back, row, len, 5, 8);
    refuses_used(fs_claim_row_decode, &back, row, len, 12, 16);
    row[1] = FS_LINES_MAX;
    assert_int_equal(fs_claim_row_decode(&back, str(row, len)), -1);
    row[1] = 0;
    row[3] = FS_CLAIM_STATES_N;
    assert_int_equal(fs_claim_row_decode(&back, str(row, len)), -1);
    row[3] = 0;
    fs_set_le32(row + 8, 0);
    assert_int_equal(fs_claim_row_decode(&back, str(row, len)), -1);
}


static void
test_invited(void **state)
{
    uint8_t       row[FS_INVITED_ROW_SIZE];
    fs_invited_t  invited, back;

    (void) state;

    memset(&invited, 0, sizeof(invited));
    invited.seq = 0x1234567890;
    invited.given = 3;
    invited.handed = 1;
    memset(invited.inviter, 0xab, FS_BUYER_LEN);

    assert_int_equal(fs_invited_row_encode(&invited, row), sizeof(row));
    memset(&back, 0, sizeof(back));
    assert_int_equal(fs_invited_row_decode(&back, str(row, sizeof(row))), 0);
    assert_memory_equal(&back, &invited, sizeof(back));

    refuses_used(fs_invited_row_decode, &back, row, sizeof(row), 3, 8);
    row[1] = 4;
    assert_int_equal(fs_invited_row_decode(&back, str(row, sizeof(row))), -1);
    row[1] = 3;
    row[2] = 2;
    assert_int_equal(fs_invited_row_decode(&back, str(row, sizeof(row))), -1);
}


static void
test_tally(void **state)
{
    size_t      len;
    uint8_t     row[FS_TALLY_ROW_SIZE + 1];
    unsigned    round;
    fs_tally_t  tally, back;

    (void) state;

    for (round = 0; round < ROUNDS; round++) {
        memset(&tally, 0, sizeof(tally));
        tally.ordered = (uint32_t) random64();
        tally.awaited = (uint32_t) random64();
        tally.ready = (uint32_t) random64();
        tally.handed_over = (uint32_t) random64();
        tally.shorts = (uint32_t) random64();
        tally.received = (uint32_t) random64();
        tally.final = (uint8_t) (random64() % 2);

        memset(&back, 0, sizeof(back));
        same_again(fs_tally_row_encode, fs_tally_row_decode, back, tally);
    }

    refuses_used(fs_tally_row_decode, &back, row, len, 2, 4);
    row[1] = 2;
    assert_int_equal(fs_tally_row_decode(&back, str(row, len)), -1);
}


static void
test_listed(void **state)
{
    size_t       len;
    uint8_t      row[FS_LISTED_ROW_SIZE + 1], key[FS_LISTED_KEY_LEN];
    unsigned     round;
    fs_listed_t  listed, back;

    (void) state;

    for (round = 0; round < ROUNDS; round++) {
        memset(&listed, 0, sizeof(listed));
        listed.pickup = (uint32_t) random64();
        listed.goods = (uint8_t) (random64() % FS_GOODS_N);
        listed.sale = (uint32_t) random64();
        listed.sold = random64();
        listed.hold = random64();
        listed.qty = (uint16_t) random64();
        listed.short_qty = (uint16_t) random64();
        listed.wave = (uint16_t) random64();
        listed.line = (uint8_t) (random64() % FS_LINES_MAX);
        listed.paid_back = (uint8_t) (random64() % 2);

        memset(&back, 0, sizeof(back));
        fs_listed_key(key, &listed);
        assert_int_equal(fs_listed_key_decode(&back, str(key, sizeof(key))),
                         0);
        same_again(fs_listed_row_encode, fs_listed_row_decode, back, listed);
    }

    assert_int_equal(fs_listed_key_decode(&back, str(key, sizeof(key) - 1)),
                     -1);
    key[4] = FS_GOODS_N;
    assert_int_equal(fs_listed_key_decode(&back, str(key, sizeof(key))), -1);
    row[12] = FS_LINES_MAX;
    assert_int_equal(fs_listed_row_decode(&back, str(row, len)), -1);
}


static void
test_task(void **state)
{
    size_t     len;
    uint8_t    row[FS_TASK_ROW_SIZE + 1];
    unsigned   round;
    fs_task_t  task, back;

    (void) state;

    for (round = 0; round < ROUNDS; round++) {
        memset(&task, 0, sizeof(task));
        task.kind = (uint8_t) (random64() % (FS_TASK_COMPENSATE + 1));
        task.fen_each = (int64_t) (random64() % FS_PRICE_MAX);
        task.sold = random64();

        memset(&back, 0, sizeof(back));
        same_again(fs_task_row_encode, fs_task_row_decode, back, task);
    }

    refuses_used(fs_task_row_decode, &back, row, len, 2, 8);
    row[1] = FS_TASK_COMPENSATE + 1;
    assert_int_equal(fs_task_row_decode(&back, str(row, len)), -1);
}


static void
test_wave(void **state)
{
    size_t     len;
    uint8_t    row[FS_WAVE_ROW_MAX + 1];
    unsigned   round, i;
    fs_wave_t  wave, back;

    (void) state;

    for (round = 0; round < ROUNDS; round++) {
        memset(&wave, 0, sizeof(wave));
        wave.cut_at = (int64_t) random64();
        wave.day = (uint32_t) random64();
        wave.frozen = random64();
        wave.sales_n = (uint16_t) (1 + random64() % FS_WAVE_SALES_MAX);

        for (i = 0; i < wave.sales_n; i++) {
            wave.sales[i].sale = (uint32_t) random64();
            wave.sales[i].wave = (uint16_t) random64();
            wave.sales[i].taken = (uint8_t) (random64() % 2);
        }

        memset(&back, 0, sizeof(back));
        same_again(fs_wave_row_encode, fs_wave_row_decode, back, wave);
    }

    refuses_used(fs_wave_row_decode, &back, row, len, 1, 2);
    refuses_used(fs_wave_row_decode, &back, row, len, 24, 32);
    row[FS_WAVE_ROW_FIXED + 6] = 2;
    assert_int_equal(fs_wave_row_decode(&back, str(row, len)), -1);
}


static void
test_timer(void **state)
{
    size_t      len;
    uint8_t     key[FS_TIMER_KEY_MAX], other[FS_TIMER_KEY_MAX];
    unsigned    round;
    fs_timer_t  timer, later, back;

    (void) state;

    for (round = 0; round < ROUNDS; round++) {
        memset(&timer, 0, sizeof(timer));
        timer.clock = "mow"[random64() % 3];
        timer.kind = (uint8_t) (1 + random64() % FS_TIMER_CLAIM);
        timer.time = (int64_t) (random64() >> 1);
        timer.sale = (uint32_t) random64();
        timer.pickup = (uint32_t) random64();
        timer.seq = (timer.kind < FS_TIMER_RECEIVE) ? 0 : random64();

        len = fs_timer_key(key, &timer);
        assert_int_equal(len, (timer.kind < FS_TIMER_RECEIVE)
                              ? FS_TIMER_KEY_LEN : FS_TIMER_KEY_MAX);
        memset(&back, 0, sizeof(back));
        assert_int_equal(fs_timer_key_decode(&back, str(key, len)), 0);
        assert_memory_equal(&back, &timer, sizeof(timer));
        assert_int_equal(fs_timer_key_decode(&back, str(key, len - 1)), -1);

        /* the database's order is the clock's */
        later = timer;
        later.time = (int64_t) (random64() >> 1);
        fs_timer_key(other, &later);

        if (later.time != timer.time) {
            assert_int_equal(memcmp(key, other, FS_TIMER_KEY_LEN) < 0,
                             timer.time < later.time);
        }
    }

    len = FS_TIMER_KEY_MAX;
    key[13] = FS_TIMER_CLAIM;
    key[0] = 'x';
    assert_int_equal(fs_timer_key_decode(&back, str(key, len)), -1);
    key[0] = 'm';
    assert_int_equal(fs_timer_key_decode(&back, str(key, len)), 0);
    key[13] = 0;
    assert_int_equal(fs_timer_key_decode(&back, str(key, len)), -1);
    key[13] = FS_TIMER_CLAIM + 1;
    assert_int_equal(fs_timer_key_decode(&back, str(key, len)), -1);
    key[13] = FS_TIMER_SWEEP;
    assert_int_equal(fs_timer_key_decode(&back, str(key, len)), -1);
    len = FS_TIMER_KEY_LEN;
    assert_int_equal(fs_timer_key_decode(&back, str(key, len)), 0);
}


/* The bytes of keys: databases are in their order. */

static void
test_keys(void **state)
{
    size_t         i;
    uint8_t        key[FS_PAYMENT_KEY_LEN], buyer[FS_BUYER_LEN];
    uint8_t        reference[FS_REFERENCE_LEN], hash[FS_KEY_HASH_LEN];
    const uint8_t  sale[] = { 1, 2, 3, 4 };
    const uint8_t  pickup[] = { 5, 6, 7, 8 };
    const uint8_t  hold[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

    (void) state;

    for (i = 0; i < FS_BUYER_LEN; i++) {
        buyer[i] = (uint8_t) (0x40 + i);
        reference[i] = (uint8_t) (0x60 + i);
    }

    memset(hash, 0x7f, sizeof(hash));

    fs_units_key(key, buyer, 0x01020304);
    assert_memory_equal(key, buyer, FS_BUYER_LEN);
    assert_memory_equal(key + FS_BUYER_LEN, sale, 4);

    fs_bound_key(key, buyer, hash);
    assert_memory_equal(key, buyer, FS_BUYER_LEN);
    assert_memory_equal(key + FS_BUYER_LEN, hash, FS_KEY_HASH_LEN);

    fs_group_key(key, 0x01020304, 0x05060708);
    assert_memory_equal(key, sale, 4);
    assert_memory_equal(key + 4, pickup, 4);

    fs_member_key(key, 0x01020304, 0x05060708, 0x0102030405060708);
    assert_memory_equal(key, sale, 4);
    assert_memory_equal(key + 4, pickup, 4);
    assert_memory_equal(key + 8, hold, 8);

    fs_payment_key(key, 0x0102030405060708, reference, 0x01020304);
    assert_memory_equal(key, hold, 8);
    assert_memory_equal(key + 8, reference, FS_REFERENCE_LEN);
    assert_memory_equal(key + 24, sale, 4);

    fs_due_value(key, 0x0102030405060708, 0x0102030405060708);
    assert_memory_equal(key, hold, 8);
    assert_memory_equal(key + 8, hold, 8);
}


int
main(void)
{
    const char               *seed;
    const struct CMUnitTest   tests[] = {
        cmocka_unit_test(test_sale),
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_hold_amount),
        cmocka_unit_test(test_group),
        cmocka_unit_test(test_buyer),
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_debt),
        cmocka_unit_test(test_payment),
        cmocka_unit_test(test_timer),
        cmocka_unit_test(test_claim),
        cmocka_unit_test(test_invited),
        cmocka_unit_test(test_tally),
        cmocka_unit_test(test_listed),
        cmocka_unit_test(test_task),
        cmocka_unit_test(test_wave),
        cmocka_unit_test(test_keys)
    };

    seed = getenv("SEED");
    random_state = seed != NULL ? strtoull(seed, NULL, 10)
                                : (uint64_t) time(NULL);
    print_message("# SEED=%llu\n", (unsigned long long) random_state);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
