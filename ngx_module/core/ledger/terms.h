
/*
 * What a sale gives, as decisions need it: its row in the database `names` of
 * the log, key 'G' and the sale's number, big-endian.  People read the
 * document of kind `terms`, whose digest is in the ledger; the row has numbers
 * of sales where that has names, and the seed, which nobody else knows until
 * it is revealed.
 *
 *   offset size  field
 *        0    1  version: 1
 *        1    1  kind (fs_gives_kind_t)
 *        2    1  1: only the desk gives it
 *        3    1  zero
 *        4    2  sales
 *        6    2  prizes
 *        8    8  off_fen
 *       16    8  from_fen
 *       24    8  valid_ms
 *       32    8  total_fen
 *       40   32  seed, zeros: it has none
 *       72    8  round of the beacon that its draw waits for, 0: none
 *       80       for each sale its number u32, in this order; for each prize
 *                its count u32 and off_fen u64
 */

#ifndef FS_TERMS_H
#define FS_TERMS_H

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


#define FS_TERMS_KIND       "terms"     /* of the documents */
#define FS_TERMS_DESK_BIT   8           /* in `terms` entries, see entry.h */
#define FS_TERMS_KEY_LEN    5
#define FS_TERMS_ROW_FIXED  80
#define FS_TERMS_ROW_MAX                                                     \
    (FS_TERMS_ROW_FIXED + FS_GIFT_SALES_MAX * 4 + FS_PRIZES_MAX * 12)

struct fs_terms_s {
    uint8_t              kind;
    uint8_t              by_desk;
    int64_t              off_fen;       /* of a coupon */
    int64_t              from_fen;      /* 0: none */
    int64_t              valid_ms;      /* 0: for ever */
    int64_t              total_fen;     /* of all packets */
    int64_t              round;         /* of a draw's beacon, 0: none */
    uint8_t              seed[FS_SEED_LEN];
    unsigned             sales_n;       /* 0: any */
    uint32_t             sales[FS_GIFT_SALES_MAX];
    unsigned             prizes_n;
    struct {
        uint32_t         count;
        int64_t          off_fen;
    }                    prizes[FS_PRIZES_MAX];
};


void fs_terms_key(uint8_t *key, uint32_t sale);

/* The length; 0, or -1: it is none of ours. */
size_t fs_terms_row_encode(const fs_terms_t *terms, uint8_t *row);
int fs_terms_row_decode(fs_terms_t *terms, fs_str_t row);

/*
 * What a gift that is worth so much takes off lines by these terms, into each
 * line's off_fen: shared by what the lines cost, the fen that are left over to
 * the largest remainders, the first line of equal ones.  One fen is left to
 * pay, unless they cost nothing.  The sum; -1: it is good for none of them.
 */
int64_t fs_terms_share(const fs_terms_t *terms, int64_t worth_fen,
    fs_line_t *lines, unsigned n);

/* What the lines cost that a gift by these terms is good for; -1: none. */
int64_t fs_terms_cost(const fs_terms_t *terms, const fs_line_t *lines,
    unsigned n);

/* 1: a gift by these terms is good for this sale. */
int fs_terms_cover(const fs_terms_t *terms, uint32_t sale);

/* How many of so many tickets win; which prize that has which is drawn as
 * number `order` of them, from 0. */
uint32_t fs_terms_winners(const fs_terms_t *terms, uint32_t entries);
unsigned fs_terms_prize(const fs_terms_t *terms, uint32_t order);


#pragma GCC visibility pop

#endif /* FS_TERMS_H */
