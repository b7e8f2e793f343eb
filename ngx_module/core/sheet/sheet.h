
/*
 * The sheet that commands are decided on: rows of the index, read through
 * one transaction.  Sale and group rows are kept decoded for the length of a
 * batch and written back once, at its end.
 *
 * fs_emit() (fold/emit.h) is the only way to change it: it appends an entry
 * to the ledger and folds it.
 */

#ifndef FS_SHEET_H
#define FS_SHEET_H

#include "sheet/cache.h"

#pragma GCC visibility push(hidden)


/* Begin a batch on a pair of write transactions. */
void fs_sheet_begin(fs_sheet_t *sheet, fs_pair_t *write,
    fs_crypto_t *crypto, fs_sheet_cache_t *cache);

/* Read only, on snapshots of which the index's is at `seq`: for refusals. */
void fs_sheet_read(fs_sheet_t *sheet, fs_store_t *store, fs_txn_t *log,
    fs_txn_t *index, fs_seq_t seq, fs_crypto_t *crypto,
    fs_sheet_cache_t *cache);

/* Catching up: fold existing entries into an index transaction. */
void fs_sheet_fold_begin(fs_sheet_t *sheet, fs_store_t *store, fs_txn_t *log,
    fs_txn_t *index, fs_seq_t seq, fs_sheet_cache_t *cache);

/*
 * Write the cached sale and group rows to the index (and, in a batch, to the
 * log), the index's position row, and set write->seq, ->hash, ->at.
 * OK, or STORE_FULL, DISK_FAILED, INTERNAL (the caller aborts).
 */
fs_outcome_t fs_sheet_end(fs_sheet_t *sheet);

/* A pointer that stays valid until fs_sheet_end(), or NULL: there is none.
 * make: the group is made, and will be written. */
fs_sale_t *fs_sheet_sale(fs_sheet_t *sheet, uint32_t number);
fs_group_t *fs_sheet_group(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    int make);

/* Never NULL but when memory is gone (sheet->failed is set then); `found`
 * says whether there is such a sale. */
fs_sale_slot_t *fs_sheet_sale_slot(fs_sheet_t *sheet, uint32_t number);
fs_group_slot_t *fs_sheet_group_slot(fs_sheet_t *sheet, uint32_t sale,
    uint32_t pickup);

/* The row in the slot was changed. */
void fs_sheet_touch(fs_sheet_t *sheet, fs_sale_slot_t *slot);

/* Bring the timers in the index up to the slots. */
void fs_sheet_flush_timers(fs_sheet_t *sheet);

/* Bring the groups in the index up to the slots. */
void fs_sheet_flush_groups(fs_sheet_t *sheet);

/* The earliest row of `due` of a sale (0: keys to sweep).  1 or 0. */
int fs_sheet_first_due(fs_sheet_t *sheet, uint32_t sale, int64_t *due,
    fs_seq_t *seq);

/*
 * Whether a closed sale opens again when it gets this time of closing at
 * `at`: another one than it had, and to come.
 */
static inline int
fs_sale_reopens(const fs_sale_t *sale, int64_t closes_at, int64_t at)
{
    return sale->closed && closes_at != sale->closes_at
           && (closes_at == 0 || closes_at > at);
}


#pragma GCC visibility pop

#endif /* FS_SHEET_H */
