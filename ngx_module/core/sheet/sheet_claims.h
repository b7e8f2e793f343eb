
/*
 * Rows of claims, in the database `claims`: the claim itself (hold, seq), and,
 * of those that are accepted when they are due, which buyer's they are (buyer,
 * seq), for a buyer has only so many of them in a time.
 */

#ifndef FS_SHEET_CLAIMS_H
#define FS_SHEET_CLAIMS_H

#include "sheet/sheet.h"

#pragma GCC visibility push(hidden)


/* Of the value of a claim among what is due, which a debt's has not: hold
 * u64, 1. */
#define FS_OWED_CLAIM_LEN  9

/* A claim of a hold by its id.  1: found, into *claim; 0: not. */
int fs_sheet_claim(fs_sheet_t *sheet, fs_seq_t hold, fs_seq_t seq,
    fs_claim_t *claim);

/* Units of a hold's line in claims that wait for an answer. */
uint32_t fs_sheet_claimed_open(fs_sheet_t *sheet, fs_seq_t hold,
    unsigned line);

/* Another one, which is open; at: wall, now.  Its row, and what follows: it is
 * due, it is the buyer's, it has a timer. */
void fs_sheet_add_claim(fs_sheet_t *sheet, const fs_claim_t *claim,
    const uint8_t *buyer, int64_t at);

/* It was open, and is answered now, as it says. */
void fs_sheet_answer_claim(fs_sheet_t *sheet, const fs_claim_t *claim);

/* How many claims by time a buyer made after `since` (wall), at most
 * `limit`. */
uint32_t fs_sheet_claims_by_time(fs_sheet_t *sheet, const uint8_t *buyer,
    int64_t since, uint32_t limit);


#pragma GCC visibility pop

#endif /* FS_SHEET_CLAIMS_H */
