
/*
 * Claims, as everybody reads them; and what came of an order, all of it.
 */

#ifndef FS_VIEW_CLAIMS_H
#define FS_VIEW_CLAIMS_H

#include "read/read.h"
#include "read/view_debts.h"
#include "text/text.h"

#pragma GCC visibility push(hidden)


#define FS_CLAIMS_SHOWN   64            /* of a hold */

/* Room for what is shown of a hold beside it. */
typedef struct {
    fs_after_t           shown;         /* points into the others */
    fs_debt_t            debts[FS_DEBTS_SHOWN];
    fs_claim_t           claims[FS_CLAIMS_SHOWN];
    fs_shown_ticket_t    ticket;
} fs_view_after_t;


/* A claim of a hold by its id.  1: found; 0: not. */
int fs_view_claim(fs_view_t *view, fs_seq_t hold, fs_seq_t seq,
    fs_claim_t *claim);

/* Claims that wait for an answer, among the first FS_OVERDUE_SHOWN debts and
 * claims by their times. */
uint64_t fs_view_claims_open(fs_view_t *view);

/*
 * Claims that wait for an answer, by the time when it is due, with where the
 * goods were collected.  Returns how many, at most `limit`; *more: there are
 * others, or more than FS_CLAIMS_LOOKED debts and claims to look at.
 */
#define FS_CLAIMS_LOOKED  100000

size_t fs_view_open_claims(fs_view_t *view, size_t limit,
    fs_open_claim_t *claims, int *more);

/* A hold's claims, the oldest first, as far as they can be read.  Returns how
 * many, at most FS_CLAIMS_SHOWN. */
size_t fs_view_claims(fs_view_t *view, const fs_hold_t *hold,
    fs_claim_t *claims);

/* Its debts and claims; or its place among the tickets.  Returns how large
 * they may be as JSON. */
size_t fs_view_after(fs_view_t *view, const fs_hold_t *hold,
    fs_view_after_t *after);


#pragma GCC visibility pop

#endif /* FS_VIEW_CLAIMS_H */
