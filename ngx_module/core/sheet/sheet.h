
/*
 * The sheet that commands are decided on: rows of the index, read through
 * one transaction.  Sale and group rows are kept decoded for the length of a
 * batch and written back once, at its end.
 *
 * fs_emit() (fold/fold.h) is the only way to change it: it appends an entry
 * to the ledger and folds it.
 */

#ifndef FS_SHEET_H
#define FS_SHEET_H

#include "base/command.h"
#include "sheet/cache.h"
#include "text/text.h"

#pragma GCC visibility push(hidden)


/* Begin a batch on a pair of write transactions. */
void fs_sheet_begin(fs_sheet_t *sheet, fs_pair_t *write,
    fs_crypto_t *crypto, fs_sheet_cache_t *cache);

/* Read only, on snapshots of which the index's is at `seq`: for refusals.
 * kept: the rows in the cache are of this state, and stay. */
void fs_sheet_read(fs_sheet_t *sheet, fs_store_t *store, fs_txn_t *log,
    fs_txn_t *index, fs_seq_t seq, int kept, fs_crypto_t *crypto,
    fs_sheet_cache_t *cache);

/* 1: the row of this sale lies in the cache. */
int fs_sheet_has_sale(const fs_sheet_t *sheet, uint32_t number);

/* See fs_buyers_expect(). */
void fs_sheet_expect(const fs_sheet_cache_t *cache, const uint8_t *buyer);

/* 1: this buyer has surely no rows, and so no bound key; 0: perhaps some. */
int fs_sheet_stranger(fs_sheet_t *sheet, const uint8_t *buyer);

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


/*
 * sheet_names.c: numbers and slugs, as a batch sees them: what it has given a
 * number itself is there as well.
 */

/*
 * Names, in the log: kind 's' (sales), 'p' (pickup points) or 'w' (waves).
 * The number, or 0: unknown.
 */
uint32_t fs_sheet_number(fs_sheet_t *sheet, char kind, fs_str_t slug);
int fs_sheet_slug(fs_sheet_t *sheet, char kind, uint32_t number,
    fs_slug_t *slug);

/* What is remembered of a pickup point in this batch, or NULL. */
fs_pickup_name_t *fs_sheet_pickup_name(fs_sheet_t *sheet, fs_str_t slug);

/* The highest number given so far, 0: none. */
uint32_t fs_sheet_last_number(fs_sheet_t *sheet, char kind);

/* Give a slug, which has none, the next number. */
uint32_t fs_sheet_intern(fs_sheet_t *sheet, char kind, fs_str_t slug);

/* The epoch that a hold of this ledger has. */
uint32_t fs_sheet_epoch(fs_sheet_t *sheet, fs_seq_t hold);

/* The id of a hold of this ledger, also while entries are folded again.  0 or
 * -1. */
int fs_sheet_hold_id(fs_sheet_t *sheet, fs_seq_t hold, char *id);


/*
 * sheet_rows.c: rows of the index, of buyers, holds, payments and groups'
 * members, through the transactions of a sheet.
 */

/* 1: found, into *row; 0: not. */
int fs_sheet_hold(fs_sheet_t *sheet, fs_seq_t seq, fs_hold_t *hold);
int fs_sheet_buyer(fs_sheet_t *sheet, const uint8_t *buyer, fs_buyer_t *row);
int fs_sheet_units(fs_sheet_t *sheet, const uint8_t *buyer, uint32_t sale,
    fs_units_t *row);
int fs_sheet_bound(fs_sheet_t *sheet, const uint8_t *buyer,
    const uint8_t *key, fs_seq_t *seq);
int fs_sheet_payment(fs_sheet_t *sheet, fs_seq_t hold,
    const uint8_t *reference, uint32_t sale, fs_payment_t *row);

void fs_sheet_put_hold(fs_sheet_t *sheet, const fs_hold_t *hold, int is_new);
void fs_sheet_put_buyer(fs_sheet_t *sheet, const uint8_t *buyer,
    const fs_buyer_t *row);
void fs_sheet_put_units(fs_sheet_t *sheet, const uint8_t *buyer,
    uint32_t sale, const fs_units_t *row);
void fs_sheet_bind(fs_sheet_t *sheet, const uint8_t *buyer,
    const uint8_t *key, fs_seq_t seq);

/* Unless the key was bound again since, by another entry than `seq`. */
void fs_sheet_unbind(fs_sheet_t *sheet, const uint8_t *buyer,
    const uint8_t *key, fs_seq_t seq);

void fs_sheet_put_payment(fs_sheet_t *sheet, fs_seq_t hold,
    const uint8_t *reference, uint32_t sale, const fs_payment_t *row);

/* The reference that a hold was sold for.  1 or 0. */
int fs_sheet_sold_for(fs_sheet_t *sheet, fs_seq_t hold, uint8_t *reference);

/* The first `sold` or `sold_late` entry of a hold: the order in which was
 * paid.  0: there is none. */
fs_seq_t fs_sheet_sold_by(fs_sheet_t *sheet, fs_seq_t hold);

/*
 * From when on the row of a key that begins no hold is kept, by its wall
 * clock: such a command has no life to wait for the end of.  That a hand-over
 * was put back is kept no shorter than the hand-over, which the same nonce
 * would name again, also where the clock has gone back meanwhile.
 */
int64_t fs_sheet_kept_from(fs_sheet_t *sheet, const fs_entry_t *entry);

/* An entry of the ledger.  1 or 0. */
int fs_sheet_entry(fs_sheet_t *sheet, fs_seq_t seq, fs_entry_t *entry);

/*
 * The same two without failing: 1 found, 0 not there, -1 it cannot be read.
 * For who goes on without it.
 */
int fs_sheet_look_entry(fs_sheet_t *sheet, fs_seq_t seq, fs_entry_t *entry);
int fs_sheet_look_hold(fs_sheet_t *sheet, fs_seq_t seq, fs_hold_t *hold);

/*
 * The units of an order that count to the group of a sale; 0: none.  Of a
 * group that failed: of an order that is still to be returned.
 */
uint32_t fs_sheet_member(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    fs_seq_t hold);
void fs_sheet_put_member(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    fs_seq_t hold, uint32_t units);

/* The first order of a group; 0: none. */
fs_seq_t fs_sheet_first_member(fs_sheet_t *sheet, uint32_t sale,
    uint32_t pickup);

/* The place of a hold of another life below FS_OTHER_HOLDS. */
void fs_other_reference(uint8_t *reference, fs_seq_t hold, uint32_t epoch);

/* Its number here; 0: no payment for it has come. */
fs_seq_t fs_sheet_other_hold(fs_sheet_t *sheet, fs_seq_t hold,
    uint32_t epoch);


/*
 * points.c: the pickup points of sales: which ones a sale's document lists,
 * and which have a document of their own.  A buyer may name no others, for
 * each name is given a number for good.
 *
 * What a document lists is read when it is written, into the database `names`
 * of the log: key 'L' and the sale's number, big-endian; value the numbers of
 * the points, 4 bytes each, little-endian; empty: none are listed.  A sale of
 * a store from before has no such row until the first hold asks for it.
 */

/* Whether there is room for the names of a list.  1 or 0. */
int fs_points_fit(fs_sheet_t *sheet, const fs_points_list_t *list);

/* Keep what a sale lists; its points get their numbers. */
void fs_points_write(fs_sheet_t *sheet, uint32_t sale,
    const fs_points_list_t *list);

/* The document of a pickup point was written, or is gone. */
void fs_points_documented(fs_sheet_t *sheet, fs_str_t slug);

/*
 * Whether somebody may collect all of these sales at a pickup point (len 0:
 * nowhere), and its number.  OK; BAD_REQUEST, with result->sale that does not
 * list it, or 0: there is no such point; TOO_MANY_NAMES.
 */
fs_outcome_t fs_points_check(fs_sheet_t *sheet, const uint32_t *sales,
    unsigned n, fs_str_t slug, uint32_t *number, fs_result_t *result);


/*
 * due.c: what waits for its time: rows of `due` (holds that expire, and, of
 * sale 0, keys to be swept), and the timer of a failed group's returns.
 */

typedef struct {
    uint32_t             sale;
    int64_t              due;
    fs_seq_t             hold;
} fs_due_row_t;


/* Rows of `due`, and the sale's earliest. */
void fs_due_add(fs_sheet_t *sheet, fs_sale_slot_t *slot, int64_t due,
    fs_seq_t seq);
void fs_due_remove(fs_sheet_t *sheet, fs_sale_slot_t *slot, int64_t due,
    fs_seq_t seq);

/* All rows of holds, for they move while they are walked; the caller frees
 * them.  0; -1: no memory, or a row is damaged. */
int fs_due_collect(fs_sheet_t *sheet, fs_due_row_t **rows, size_t *n);

/* A key was swept; its row goes. */
void fs_due_swept(fs_sheet_t *sheet, int64_t time, fs_seq_t seq);

/* A timer is there, or not; those of a sale's own row follow from it. */
void fs_sheet_set_timer(fs_sheet_t *sheet, const fs_timer_t *timer, int set);

/* Whether orders of a failed group wait to be returned. */
void fs_due_returns(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    int set);

/* None of them waits any more: the timer goes. */
void fs_due_returns_left(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup);


/*
 * shelf_rows.c: the shelf: which sales stand, and which have ended, newest
 * first.  It is what a home page and the metrics walk through (read/shelf.c),
 * whose cost must not grow with all the sales that ever were.
 *
 * Database `shelf` of the index, folded like its other rows:
 *
 *   key                          value
 *   'c', sale number be          nothing: not closed
 *   'e', seq of `closed` be      sale number u32, at i64: closed then
 *   'w', sale number be          that seq u64
 */

#define FS_SHELF_CURRENT   'c'
#define FS_SHELF_ENDED     'e'
#define FS_SHELF_WHERE     'w'

#define FS_SHELF_SALE_KEY  5            /* kind, sale be */
#define FS_SHELF_SEQ_KEY   9            /* kind, seq be */
#define FS_SHELF_ENDED_ROW 12           /* sale u32, at i64 */


void fs_shelf_sale_key(uint8_t *key, char kind, uint32_t sale);
void fs_shelf_seq_key(uint8_t *key, fs_seq_t seq);

/* The fold's: a sale is defined; it is closed by the entry `seq` at `at`;
 * it is opened again.  What fails is in sheet->index->error. */
void fs_shelf_add(fs_sheet_t *sheet, uint32_t sale);
void fs_shelf_end(fs_sheet_t *sheet, uint32_t sale, fs_seq_t seq,
    int64_t at);
void fs_shelf_return(fs_sheet_t *sheet, uint32_t sale);


#pragma GCC visibility pop

#endif /* FS_SHEET_H */
