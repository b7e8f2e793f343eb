
/*
 * What the engine says, held against the oracle.
 */

#ifndef COMPARE_H
#define COMPARE_H

#include "generate.h"
#include "base/crypto.h"
#include "lmdb/db.h"


/* Units by the ledger alone: what its entries add up to. */
typedef struct {
    int64_t              stock[ORACLE_SALES + 1];
    int64_t              held[ORACLE_SALES + 1];
    int64_t              sold[ORACLE_SALES + 1];
} units_t;

/* The next entry.  No prefix of the ledger has more held and sold than there
 * is. */
void compare_units(units_t *units, const fs_entry_t *entry);

/* A sale's definition, counters and flags, in the row and by the ledger. */
void compare_sale(const fs_sale_t *sale, const oracle_sale_t *want,
    const units_t *units);

/* NULL: there is none. */
void compare_group(const fs_group_t *group, const oracle_group_t *want);

/* state: that the hold must have: as people read it, or as in its row. */
void compare_hold(const fs_hold_t *hold, const oracle_hold_t *want, int state);

/* How many come before it, where it waits: by the numbers that wait. */
void compare_ahead(const oracle_t *oracle, const fs_hold_t *hold,
    const oracle_hold_t *want);

/* A debt in its row: one that the oracle's hold has.  Returns it. */
const oracle_payment_t *compare_debt(const fs_debt_t *debt,
    const oracle_hold_t *want);

/* What the debts of a hold add up to, whatever the oracle says. */
void compare_debts(const fs_hold_t *hold, const fs_debt_t *debts, size_t n);

/* compare_after.c: a sale's counters of what was handed over and claimed; the
 * index's rows of what comes after an order. */
void compare_handed(const oracle_t *oracle, const fs_sale_t *sale);
void compare_after(const oracle_t *oracle, fs_txn_t *index,
    const MDB_dbi *dbi);

/*
 * compare_draw.c: the entry `terms` of a sale is in the log: the document that
 * says them is what its digest is of, and has the commit of the engine's seed,
 * which the oracle learns here.  The index's rows of draws, whole; what
 * everybody, and some tickets, are shown of one giving.
 */
void compare_terms(oracle_t *oracle, const fs_entry_t *entry, fs_txn_t *log,
    const MDB_dbi *dbi);
void compare_draws(const oracle_t *oracle, fs_txn_t *index,
    const MDB_dbi *dbi, fs_crypto_t *crypto);
void compare_drawing(const oracle_t *oracle, fs_view_t *view,
    fs_crypto_t *crypto, uint32_t number);

/* The oracle's hold learns the engine's number of a new one.  seq: the last
 * entry of what was decided so far. */
void compare_answer(oracle_t *oracle, const generated_t *made, fs_seq_t seq,
    const fs_result_t *got, const oracle_answer_t *want);

/* Which gift a hold uses, and what a gift is. */
void compare_gift(const oracle_t *oracle, const fs_hold_t *hold,
    const oracle_hold_t *want);

/* What a view refused, and what the decision says at the same time. */
void compare_refused(const fs_result_t *view, const fs_result_t *got);


#endif /* COMPARE_H */
