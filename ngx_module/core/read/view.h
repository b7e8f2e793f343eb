
/*
 * Reading.  A view is a snapshot of the index; whatever it shows is durable,
 * because the index commits after the log's synced commit.  It lives within
 * one turn of the event loop.
 */

#ifndef FS_VIEW_H
#define FS_VIEW_H

#include "ledger/rows.h"
#include "sheet/sheet.h"
#include "store/reader.h"


#pragma GCC visibility push(hidden)


typedef struct {
    fs_store_t          *store;
    fs_reader_t         *reader;
    fs_txn_t             log;           /* begun on first use */
    fs_txn_t             index;         /* txn NULL: no index, sales only */
    fs_seq_t             seq;           /* the index's position */
    unsigned             fresh:1;       /* includes all that was ever
                                           acknowledged: seq >= mark->seq */
} fs_view_t;

/*
 * Take a snapshot; never waits.  OK: the caller closes it.  Otherwise it is
 * what to answer: NOT_READY: nothing can be read, as while the entry that
 * begins a new life is still to be written; REBUILDING: there is no index.
 * fs_view_open_log() is for who needs none: sales, documents and entries are
 * read from the log, cut at the mark, when there is none (index.txn is NULL).
 * READERS_FULL is answered by a check for dead readers and one more try.
 */
fs_outcome_t fs_view_open(fs_reader_t *reader, fs_view_t *view);
fs_outcome_t fs_view_open_log(fs_reader_t *reader, fs_view_t *view);
void fs_view_close(fs_view_t *view);

/* The log's snapshot, taken on first use.  NULL: not now. */
fs_txn_t *fs_view_log(fs_view_t *view);

/*
 * OK, or why something that was not found may be there all the same: looked
 * at before a `not found` is answered.  Without an index sales are looked for
 * in the log.
 */
fs_outcome_t fs_view_outcome(fs_view_t *view);

/* Numbers and slugs; interned once, so a process may keep them. */
int fs_view_sale_number(fs_view_t *view, fs_str_t slug, uint32_t *number);
int fs_view_sale_slug(fs_view_t *view, uint32_t number, fs_slug_t *slug);
int fs_view_pickup_number(fs_view_t *view, fs_str_t slug, uint32_t *number);
int fs_view_pickup_slug(fs_view_t *view, uint32_t number, fs_slug_t *slug);

/* 1: found; 0: not. */
int fs_view_sale(fs_view_t *view, uint32_t number, fs_sale_t *sale);
int fs_view_group(fs_view_t *view, uint32_t sale, uint32_t pickup,
    fs_group_t *group);

/*
 * For walks, which pass over what cannot be read: 1: found; 0: not; -1: it
 * cannot be read, which is said in the log and counted.  The functions that
 * return no -1 ask for another index then.
 */
int fs_view_look_sale(fs_view_t *view, uint32_t number, fs_sale_t *sale);
int fs_view_look_hold(fs_view_t *view, fs_seq_t seq, fs_hold_t *hold);

/* Say and count that a row (of a sale, a hold, an entry) cannot be read. */
void fs_view_unreadable(fs_view_t *view, const char *what, uint64_t number);

/* As people read it: `refund_due` from the moment its group failed. */
int fs_view_hold(fs_view_t *view, fs_seq_t seq, fs_hold_t *hold);

/* The row of a refund's reference, of the hold that it was for, or
 * FS_REFUND_ANY. */
int fs_view_refund(fs_view_t *view, fs_seq_t hold, const uint8_t *reference,
    fs_payment_t *row);

/* How a view turns numbers to names, for rendering within it. */
void fs_view_names(fs_view_t *view, fs_crypto_t *crypto, fs_names_t *names);

/* The sheet that a command would find, read only. */
void fs_view_state(fs_view_t *view, fs_sheet_t *sheet, fs_crypto_t *crypto,
    fs_sheet_cache_t *cache);


#pragma GCC visibility pop

#endif /* FS_VIEW_H */
