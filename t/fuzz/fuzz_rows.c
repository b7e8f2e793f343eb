
/*
 * Any bytes as a row of the index, the first byte says which.  What is
 * decoded is encoded to the same bytes, and an answer made of it fits.
 */

#include "fuzz.h"

#include "unit/request_limits.h"

#include "text/text.h"
#include "json/field.h"
#include "ledger/rows_after.h"
#include "ledger/terms.h"


static int
slug(void *data, char kind, uint32_t number, fs_slug_t *slug)
{
    (void) data;
    (void) kind;

    slug->len = FS_SLUG_MAX;
    memset(slug->data, 'a' + number % 26, FS_SLUG_MAX);

    return number % 7 == 0 ? -1 : 0;
}


static int
hold_id(void *data, fs_seq_t hold, const uint32_t *epoch, char *id)
{
    (void) data;

    if (epoch != NULL) {
        hold += *epoch;
    }

    memset(id, '0' + (int) (hold % 10), FS_HOLD_ID_LEN);

    return 0;
}


static int
terms(void *data, uint32_t sale, fs_terms_t *found)
{
    (void) data;

    memset(found, 0, sizeof(fs_terms_t));
    found->kind = (uint8_t) (1 + sale % (FS_GIVES_N - 1));
    found->sales_n = FS_GIFT_SALES_MAX;
    memset(found->sales, 1, sizeof(found->sales));

    return 0;
}


static const fs_names_t  names = { NULL, slug, hold_id, terms };


static int
is_utf8(const char *p, size_t len)
{
    size_t       n;
    const char  *end;

    for (end = p + len; p < end; p += n) {
        n = fs_utf8_length(p, end);

        if (n == 0) {
            return 0;
        }
    }

    return 1;
}


static void
check_answer(const char *buf, int len, size_t size, int text)
{
    fuzz_check(len >= -1 && len <= (int) size);
    fuzz_check(len <= 0 || !text || limits_json(buf, (size_t) len));
}


static size_t
sale_row(fs_str_t row, uint8_t *again)
{
    int         len, text;
    char       *buf;
    fs_str_t    name;
    fs_sale_t   sale;

    memset(&sale, 0, sizeof(sale));

    if (fs_sale_row_decode(&sale, row) != 0) {
        return 0;
    }

    name.len = sale.slug.len;
    name.data = sale.slug.data;
    text = fs_slug_valid(name) && is_utf8(sale.title, sale.title_len);

    /* a sale that somebody made always fits */

    buf = malloc(FS_SALE_JSON_MAX);
    len = fs_answer_sale(buf, FS_SALE_JSON_MAX, &sale);
    fuzz_check(len > 0 || !text);
    check_answer(buf, len, FS_SALE_JSON_MAX, text);
    free(buf);

    buf = malloc(FS_EVENT_MAX);
    len = fs_answer_stock(buf, FS_EVENT_MAX, UINT64_MAX, UINT32_MAX,
        &sale);
    check_answer(buf, len, FS_EVENT_MAX, 0);
    len = fs_answer_goal(buf, FS_EVENT_MAX, UINT64_MAX, UINT32_MAX,
        &sale);
    check_answer(buf, len, FS_EVENT_MAX, 0);
    len = fs_answer_state(buf, FS_EVENT_MAX, UINT64_MAX, UINT32_MAX,
        &sale);
    check_answer(buf, len, FS_EVENT_MAX, 0);
    free(buf);

    return fs_sale_row_encode(&sale, again);
}


static size_t
hold_row(fs_str_t row, uint8_t *again)
{
    int         len;
    char       *buf;
    size_t      size;
    unsigned    i;
    fs_hold_t   hold;

    memset(&hold, 0, sizeof(hold));

    if (fs_hold_row_decode(&hold, row) != 0) {
        return 0;
    }

    fuzz_check(hold.lines_n >= 1 && hold.lines_n <= FS_LINES_MAX);
    fuzz_check(fs_hold_amount(&hold) >= 0);
    fuzz_check(fs_hold_amount(&hold) <= FS_AMOUNT_MAX);

    len = 0;

    for (i = 0; i < hold.lines_n; i++) {
        len |= hold.lines[i].sale % 7 == 0;
    }

    len |= hold.pickup != 0 && hold.pickup % 7 == 0;

    size = FS_HOLD_JSON_MAX + FS_GIFT_JSON_MAX;

    /* a name that is not known, or an answer that fits */

    buf = malloc(size);
    fuzz_check((fs_answer_hold(buf, size, &hold, NULL, &names,
                               1) < 0)
               == len);
    len = fs_answer_hold(buf, size, &hold, NULL, &names,
                         INT64_MIN);
    check_answer(buf, len, size, 1);
    free(buf);

    buf = malloc(FS_LINES_JSON_MAX);
    len = fs_answer_lines(buf, FS_LINES_JSON_MAX, &hold, &names);
    check_answer(buf, len, FS_LINES_JSON_MAX, 1);
    free(buf);

    return fs_hold_row_encode(&hold, again);
}


static size_t
group_row(fs_str_t row, uint8_t *again)
{
    size_t      len;
    fs_group_t  group;

    memset(&group, 0, sizeof(group));

    if (fs_group_row_decode(&group, row) != 0) {
        return 0;
    }

    len = fs_group_row_encode(&group, again);
    memcpy(again + 8, row.data + 8, 8);     /* of before, not used */

    return len;
}


static size_t
buyer_row(fs_str_t row, uint8_t *again)
{
    fs_buyer_t  buyer;

    return fs_buyer_row_decode(&buyer, row) == 0
           ? fs_buyer_row_encode(&buyer, again) : 0;
}


static size_t
units_row(fs_str_t row, uint8_t *again)
{
    fs_units_t  units;

    return fs_units_row_decode(&units, row) == 0
           ? fs_units_row_encode(&units, again) : 0;
}


static size_t
payment_row(fs_str_t row, uint8_t *again)
{
    fs_payment_t  payment;

    return fs_payment_row_decode(&payment, row) == 0
           ? fs_payment_row_encode(&payment, again) : 0;
}


/* And whatever it says, an answer has room for it. */

static size_t
debt_row(fs_str_t row, uint8_t *again)
{
    int         len;
    char       *buf;
    fs_debt_t   debt;
    fs_hold_t   hold;
    fs_after_t  after;

    memset(&debt, 0, sizeof(fs_debt_t));

    if (fs_debt_row_decode(&debt, row) != 0) {
        return 0;
    }

    fuzz_check(debt.amount_fen >= 0 && debt.amount_fen <= FS_AMOUNT_MAX);

    memset(&hold, 0, sizeof(fs_hold_t));
    hold.seq = 1;
    memset(&after, 0, sizeof(fs_after_t));
    after.debts = &debt;
    after.debts_n = 1;
    buf = malloc(FS_HOLD_JSON_MAX + FS_DEBT_JSON_MAX);
    len = fs_answer_hold(buf, FS_HOLD_JSON_MAX + FS_DEBT_JSON_MAX, &hold,
                         &after, &names, 1);
    check_answer(buf, len, FS_HOLD_JSON_MAX + FS_DEBT_JSON_MAX, 1);
    free(buf);

    return fs_debt_row_encode(&debt, again);
}


static size_t
timer_key(fs_str_t key, uint8_t *again)
{
    fs_timer_t  timer;

    if (fs_timer_key_decode(&timer, key) != 0) {
        return 0;
    }

    fs_timer_key(again, &timer);

    return FS_TIMER_KEY_LEN;
}


/* What a gift by these terms takes off is shared by the lines that it is good
 * for, none below nothing, and a fen is left of what costs something. */

static size_t
terms_row(fs_str_t row, uint8_t *again)
{
    int64_t     off, cost, all, shares;
    unsigned    i;
    fs_line_t   lines[FS_LINES_MAX];
    fs_terms_t  terms;

    if (fs_terms_row_decode(&terms, row) != 0) {
        return 0;
    }

    fuzz_check(terms.sales_n <= FS_GIFT_SALES_MAX);
    fuzz_check(terms.prizes_n <= FS_PRIZES_MAX);

    memset(lines, 0, sizeof(lines));
    all = 0;

    for (i = 0; i < FS_LINES_MAX; i++) {
        lines[i].sale = i % 2 && i / 2 < terms.sales_n ? terms.sales[i / 2]
                                                       : i + 1;
        lines[i].qty = 1 + i;
        lines[i].price_fen = (uint8_t) row.data[i + 8] * 100;
        all += lines[i].qty * lines[i].price_fen;
    }

    cost = fs_terms_cost(&terms, lines, FS_LINES_MAX);
    off = fs_terms_share(&terms, terms.off_fen, lines, FS_LINES_MAX);
    shares = 0;

    for (i = 0; i < FS_LINES_MAX; i++) {
        fuzz_check(lines[i].off_fen >= 0);
        fuzz_check(lines[i].off_fen <= lines[i].qty * lines[i].price_fen);
        fuzz_check(lines[i].off_fen == 0
                   || fs_terms_cover(&terms, lines[i].sale));
        shares += lines[i].off_fen;
    }

    fuzz_check((off == -1) == (cost == -1));
    fuzz_check(off == -1 ? shares == 0 : off == shares);
    fuzz_check(off <= cost && off <= terms.off_fen);
    fuzz_check(off <= 0 || off < all);
    fuzz_check(fs_terms_winners(&terms, 1000) <= 1000);

    return fs_terms_row_encode(&terms, again);
}


/* Rows of which nothing is made but what they say. */

#define ROW(name)                                                            \
    static size_t                                                            \
    name##_row(fs_str_t row, uint8_t *again)                                 \
    {                                                                        \
        fs_##name##_t  name;                                                 \
                                                                             \
        return fs_##name##_row_decode(&name, row) == 0                       \
               ? fs_##name##_row_encode(&name, again) : 0;                   \
    }

ROW(invited)
ROW(claim)
ROW(tally)
ROW(listed)
ROW(task)
ROW(wave)


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t    len;
    uint8_t   again[FS_SALE_ROW_MAX + FS_WAVE_ROW_MAX];
    fs_str_t  row;

    static size_t  (*const rows[])(fs_str_t row, uint8_t *again) = {
        sale_row, hold_row, group_row, buyer_row, units_row, payment_row,
        timer_key, debt_row, terms_row, invited_row, claim_row, tally_row,
        listed_row, task_row, wave_row
    };

    if (size == 0) {
        return 0;
    }

    row.len = size - 1;
    row.data = fuzz_copy(data + 1, row.len);

    len = rows[data[0] % (sizeof(rows) / sizeof(rows[0]))](row, again);

    fuzz_check(len == 0
               || (len == row.len && memcmp(again, row.data, len) == 0));

    free((char *) row.data);

    return 0;
}
