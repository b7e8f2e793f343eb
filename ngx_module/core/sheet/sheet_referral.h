
/*
 * Who was invited by whom, and what the shop gives for it, as a batch sees
 * them.
 *
 * Database `invited` of the index, folded like its other rows:
 *
 *   key                          value
 *   'n', newcomer (16)           a row, see fs_invited_row_encode()
 *   'i', inviter (16)            u32: how many came by their code
 *   'l', inviter (16), seq be    newcomer (16): each of them
 *
 * Database `names` of the log: key FS_REFERRAL_KEY; value the number of the
 * sale for inviters, of the one for newcomers, and how many newcomers of one
 * inviter count; u32 each.  It is what the document `shop/referral` says,
 * written with it, and gone with it.
 */

#ifndef FS_SHEET_REFERRAL_H
#define FS_SHEET_REFERRAL_H

#include "ledger/rows_after.h"
#include "sheet/sheet.h"

#pragma GCC visibility push(hidden)


#define FS_REFERRAL_KEY   "R"

#define FS_INVITED_ONE    'n'
#define FS_INVITED_COUNT  'i'
#define FS_INVITED_LIST   'l'

#define FS_INVITED_KEY    (1 + FS_BUYER_LEN)
#define FS_INVITED_LISTED (FS_INVITED_KEY + 8)

typedef struct {
    uint32_t             inviter;       /* sales that give */
    uint32_t             newcomer;
    uint32_t             per_inviter;
} fs_referral_t;


void fs_invited_key(uint8_t *key, char kind, const uint8_t *buyer);

/* Whether somebody was invited.  1: *invited; 0: not. */
int fs_sheet_invited(fs_sheet_t *sheet, const uint8_t *newcomer,
    fs_invited_t *invited);
void fs_sheet_put_invited(fs_sheet_t *sheet, const uint8_t *newcomer,
    const fs_invited_t *invited);

/* How many somebody has invited. */
uint32_t fs_sheet_invited_by(fs_sheet_t *sheet, const uint8_t *inviter);

/* One more, who was not invited before. */
void fs_sheet_add_invited(fs_sheet_t *sheet, const uint8_t *newcomer,
    const fs_invited_t *invited);

/* What the shop gives.  1: *referral; 0: nothing. */
int fs_sheet_referral(fs_sheet_t *sheet, fs_referral_t *referral);

/* NULL: nothing any more. */
void fs_sheet_put_referral(fs_sheet_t *sheet, const fs_referral_t *referral);


#pragma GCC visibility pop

#endif /* FS_SHEET_REFERRAL_H */
