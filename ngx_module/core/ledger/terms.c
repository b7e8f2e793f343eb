
#include "ledger/terms.h"

#include "ledger/row.h"


#define FS_TERMS_ROW_VERSION  1
#define FS_TERMS_ROW_PRIZE    12


void
fs_terms_key(uint8_t *key, uint32_t sale)
{
    key[0] = 'G';
    fs_set_be32(key + 1, sale);
}


size_t
fs_terms_row_encode(const fs_terms_t *terms, uint8_t *row)
{
    uint8_t   *p;
    unsigned   i;

    row[0] = FS_TERMS_ROW_VERSION;
    row[1] = terms->kind;
    row[2] = terms->by_desk;
    row[3] = 0;
    fs_set_le16(row + 4, (uint16_t) terms->sales_n);
    fs_set_le16(row + 6, (uint16_t) terms->prizes_n);
    fs_set_le64(row + 8, (uint64_t) terms->off_fen);
    fs_set_le64(row + 16, (uint64_t) terms->from_fen);
    fs_set_le64(row + 24, (uint64_t) terms->valid_ms);
    fs_set_le64(row + 32, (uint64_t) terms->total_fen);
    memcpy(row + 40, terms->seed, FS_SEED_LEN);
    fs_set_le64(row + 72, (uint64_t) terms->round);

    p = row + FS_TERMS_ROW_FIXED;

    for (i = 0; i < terms->sales_n; i++, p += 4) {
        fs_set_le32(p, terms->sales[i]);
    }

    for (i = 0; i < terms->prizes_n; i++, p += FS_TERMS_ROW_PRIZE) {
        fs_set_le32(p, terms->prizes[i].count);
        fs_set_le64(p + 4, (uint64_t) terms->prizes[i].off_fen);
    }

    return (size_t) (p - row);
}


int
fs_terms_row_decode(fs_terms_t *terms, fs_str_t row)
{
    unsigned        i;
    const uint8_t  *p;

    p = (const uint8_t *) row.data;

    if (row.len < FS_TERMS_ROW_FIXED
        || p[1] == FS_GIVES_NOTHING || p[1] >= FS_GIVES_N
        || p[2] > 1 || p[3] != 0
        || fs_get_le16(p + 4) > FS_GIFT_SALES_MAX
        || fs_get_le16(p + 6) > FS_PRIZES_MAX
        || fs_row_check(row, FS_TERMS_ROW_FIXED
                             + (size_t) fs_get_le16(p + 4) * 4
                             + (size_t) fs_get_le16(p + 6)
                               * FS_TERMS_ROW_PRIZE,
                        FS_TERMS_ROW_VERSION)
           != 0)
    {
        return -1;
    }

    memset(terms, 0, sizeof(fs_terms_t));
    terms->kind = p[1];
    terms->by_desk = p[2];
    terms->sales_n = fs_get_le16(p + 4);
    terms->prizes_n = fs_get_le16(p + 6);
    terms->off_fen = (int64_t) fs_get_le64(p + 8);
    terms->from_fen = (int64_t) fs_get_le64(p + 16);
    terms->valid_ms = (int64_t) fs_get_le64(p + 24);
    terms->total_fen = (int64_t) fs_get_le64(p + 32);
    memcpy(terms->seed, p + 40, FS_SEED_LEN);
    terms->round = (int64_t) fs_get_le64(p + 72);

    /* so that no sum of them overflows */

    if (terms->off_fen < 0 || terms->off_fen > FS_PRICE_MAX
        || terms->from_fen < 0 || terms->from_fen > FS_AMOUNT_MAX
        || terms->valid_ms < 0 || terms->valid_ms > FS_VALID_MS_MAX
        || terms->total_fen < 0 || terms->total_fen > FS_PRICE_MAX
        || terms->round < 0 || terms->round > FS_ROUND_MAX)
    {
        return -1;
    }

    p += FS_TERMS_ROW_FIXED;

    for (i = 0; i < terms->sales_n; i++, p += 4) {
        terms->sales[i] = fs_get_le32(p);
    }

    for (i = 0; i < terms->prizes_n; i++, p += FS_TERMS_ROW_PRIZE) {
        terms->prizes[i].count = fs_get_le32(p);
        terms->prizes[i].off_fen = (int64_t) fs_get_le64(p + 4);

        if (terms->prizes[i].off_fen < 0
            || terms->prizes[i].off_fen > FS_PRICE_MAX)
        {
            return -1;
        }
    }

    return 0;
}


int
fs_terms_cover(const fs_terms_t *terms, uint32_t sale)
{
    unsigned  i;

    for (i = 0; i < terms->sales_n; i++) {
        if (terms->sales[i] == sale) {
            return 1;
        }
    }

    return terms->sales_n == 0;
}


uint32_t
fs_terms_winners(const fs_terms_t *terms, uint32_t entries)
{
    unsigned  i;
    uint64_t  n;

    for (n = 0, i = 0; i < terms->prizes_n; i++) {
        n += terms->prizes[i].count;
    }

    return n < entries ? (uint32_t) n : entries;
}


unsigned
fs_terms_prize(const fs_terms_t *terms, uint32_t order)
{
    unsigned  i;

    for (i = 0; i + 1 < terms->prizes_n && order >= terms->prizes[i].count;
         i++)
    {
        order -= terms->prizes[i].count;
    }

    return i;
}


int64_t
fs_terms_cost(const fs_terms_t *terms, const fs_line_t *lines, unsigned n)
{
    int64_t   cost;
    unsigned  i;

    cost = -1;

    for (i = 0; i < n; i++) {
        if (fs_terms_cover(terms, lines[i].sale)) {
            cost = (cost == -1 ? 0 : cost)
                   + lines[i].price_fen * lines[i].qty;
        }
    }

    return cost;
}


int64_t
fs_terms_share(const fs_terms_t *terms, int64_t worth_fen, fs_line_t *lines,
    unsigned n)
{
    int64_t            off, cost, all, left;
    unsigned           i, most;
    unsigned __int128  part, rest[FS_LINES_MAX];

    cost = fs_terms_cost(terms, lines, n);
    all = 0;

    for (i = 0; i < n; i++) {
        lines[i].off_fen = 0;
        rest[i] = 0;
        all += lines[i].price_fen * lines[i].qty;
    }

    if (cost <= 0) {
        return cost;
    }

    off = worth_fen < cost ? worth_fen : cost;
    off -= off == all;
    left = off;

    for (i = 0; i < n; i++) {
        if (fs_terms_cover(terms, lines[i].sale)) {
            part = (unsigned __int128) off
                   * (uint64_t) (lines[i].price_fen * lines[i].qty);
            lines[i].off_fen = (int64_t) (part / (uint64_t) cost);
            rest[i] = part % (uint64_t) cost;
            left -= lines[i].off_fen;
        }
    }

    /* fewer than there are remainders */

    for (/* void */; left > 0; left--) {
        most = 0;

        for (i = 1; i < n; i++) {
            if (rest[i] > rest[most]) {
                most = i;
            }
        }

        lines[most].off_fen++;
        rest[most] = 0;
    }

    return off;
}
