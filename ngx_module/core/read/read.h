
/*
 * Reading.  A view is a snapshot of the index; whatever it shows is durable,
 * because the index commits after the log's synced commit.  It lives within
 * one turn of the event loop.
 */

#ifndef FS_READ_H
#define FS_READ_H

#include "base/command.h"
#include "ledger/entry.h"
#include "ledger/rows.h"
#include "sheet/sheet.h"
#include "store/store.h"

#pragma GCC visibility push(hidden)


typedef struct {
    fs_store_t          *store;
    fs_reader_t         *reader;
    fs_txn_t             log;           /* begun on first use */
    fs_txn_t             index;         /* txn NULL: no index, sales only,
                                           or recalled */
    fs_seq_t             seq;           /* the index's position */
    unsigned             fresh:1;       /* includes all that was ever
                                           acknowledged: seq >= mark->seq */
    uint64_t             lives;         /* known before it was taken */
    unsigned             recalled:1;    /* no snapshot, but what was kept */
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

/*
 * A view without a snapshot: 1 when the rows that `cache` keeps are what one
 * would show now; the caller closes it.  A row that is not kept cannot be
 * read: that is an error of view->index, and somebody has to look again with a
 * snapshot.  0: there is no view, and nothing to close.
 */
int fs_view_recall(fs_reader_t *reader, const fs_sheet_cache_t *cache,
    fs_view_t *view);

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
int fs_view_wave_number(fs_view_t *view, fs_str_t slug, uint32_t *number);
int fs_view_wave_slug(fs_view_t *view, uint32_t number, fs_slug_t *slug);
int fs_view_taker_slug(fs_view_t *view, uint32_t number, fs_slug_t *slug);

/* 1: found; 0: not. */
int fs_view_sale(fs_view_t *view, uint32_t number, fs_sale_t *sale);
int fs_view_group(fs_view_t *view, uint32_t sale, uint32_t pickup,
    fs_group_t *group);

/*
 * The group of a sale that somebody counts to who collects at a pickup point,
 * which matters only to goals by pickup point.  1: found; 0: nobody has joined
 * it, so it has no row: it is there all the same; -1: there is none, the sale
 * has no goal or this is no point.
 */
int fs_view_group_at(fs_view_t *view, const fs_sale_t *sale, fs_str_t pickup,
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

/* The sheet that a command would find, read only.  What the cache keeps of
 * this very state is not read again. */
void fs_view_state(fs_view_t *view, fs_sheet_t *sheet, fs_crypto_t *crypto,
    fs_sheet_cache_t *cache);


/* view_names.c: how a view turns numbers to names, for rendering within it;
 * and what a sale gives: 1, or 0: it is not known now. */
void fs_view_names(fs_view_t *view, fs_crypto_t *crypto, fs_names_t *names);
int fs_view_terms(fs_view_t *view, uint32_t sale, fs_terms_t *terms);


/*
 * view_walk.c: what is read by walking.  Each walk is bounded by its caller.
 */

/* of one buyer, newest first */
#define FS_VIEW_UNPAID_LOOKED  20


/*
 * Rows of what has names of a kind, in order of the names, after `after` (len
 * 0: from the first), each of `size`; extra: room for one that is not wanted.
 * look: 1: there is one of this number; a name may be there before its row.
 * Returns how many, at most `limit`; *more: there are others.
 */
typedef int (*fs_view_row_pt)(fs_view_t *view, uint32_t number, void *row);

size_t fs_view_named(fs_view_t *view, char kind, fs_str_t after,
    size_t limit, void *rows, size_t size, void *extra, fs_view_row_pt look,
    int *more);

/* Sales in order of their slugs, after `after` (len 0: from the first).
 * Returns how many, at most `limit`; *more: there are others. */
size_t fs_view_sales(fs_view_t *view, fs_str_t after, size_t limit,
    fs_sale_t *sales, int *more);

/* A buyer's holds, or gifts, newest first, before `before` (0: from the
 * newest), as far as they can be read. */
size_t fs_view_holds(fs_view_t *view, const uint8_t *buyer, int gifts,
    fs_seq_t before, size_t limit, fs_hold_t *holds, int *more);

/*
 * A buyer's holds that are live, or whose time was over at or after `since`,
 * newest first.  It looks at FS_VIEW_UNPAID_LOOKED holds at most, and behind
 * the last live one no further than to the first whose time was before
 * `since`: who has bought for years costs no more than who is new.
 */
size_t fs_view_unpaid(fs_view_t *view, const uint8_t *buyer, int64_t since,
    size_t limit, fs_hold_t *holds);

/*
 * Ledger entries after `after`, at most `limit`, none beyond the mark.
 * Needs no index.  Returns how many.
 */
size_t fs_view_entries(fs_view_t *view, fs_seq_t after, size_t limit,
    fs_entry_t *entries);

/*
 * Is the entry `after` here, with this hash (zeros before the first one)?  1:
 * yes, who says so has this history; 0: no; -1: the entry is damaged, which
 * says nothing of theirs.
 */
int fs_view_knows(fs_view_t *view, fs_seq_t after, const uint8_t *hash);


/*
 * The numbers of those whom a sale has served by entries after `after`, the
 * last ones first, at most `limit`.  How many; what cannot be read is left
 * out.
 */
size_t fs_view_served(fs_view_t *view, const fs_sale_t *sale, fs_seq_t after,
    size_t limit, uint32_t *numbers);


/* view_documents.c: documents, as a view shows them. */

/*
 * The doc of a document; points into the map until the view is closed.
 * 1: found; 0: not; -1: not now (the log's snapshot has a document beyond the
 * mark).
 */
int fs_view_document(fs_view_t *view, fs_str_t kind, fs_str_t id,
    fs_str_t *doc);

typedef struct {
    fs_slug_t            id;
    fs_str_t             doc;           /* as above */
} fs_document_t;

/* The document of what a sale gives, empty for one that sells; as above.  1;
 * 0: not now. */
int fs_view_terms_document(fs_view_t *view, const fs_sale_t *sale,
    fs_str_t *doc);

/* A kind's documents in order of their ids, after `after` (len 0: from the
 * first).  How many, at most `limit`, or -1: not now; *more: there are
 * others. */
int fs_view_documents(fs_view_t *view, fs_str_t kind, fs_str_t after,
    size_t limit, fs_document_t *documents, int *more);


/* shelf.c: walks along the shelf, see sheet/shelf_rows.c. */

#define FS_SHELF_LOOKS    4096          /* rows looked at in a view without
                                           an index, at most */

/* A sale that has ended. */
typedef struct {
    fs_sale_t            sale;
    fs_seq_t             seq;           /* of its `closed` entry */
    int64_t              at;            /* wall ms */
} fs_ended_t;


/*
 * Sales that are not closed, in the order in which they were first defined,
 * after the number `after` (0: from the first).  Returns how many, at most
 * `limit`; *more: there may be others.  While the index is being rebuilt the
 * log's rows are looked through instead, FS_SHELF_LOOKS of them.
 */
size_t fs_view_current(fs_view_t *view, uint32_t after, size_t limit,
    fs_sale_t *sales, int *more);

/* How many sales there are, current and ended; 0 when nothing can be read. */
uint64_t fs_view_sales_n(fs_view_t *view);

/*
 * Sales that have ended, those that ended last first, before the entry
 * `before` (0: from the last).  Returns how many, at most `limit`; *more:
 * there are others.  None while there is no index.
 */
size_t fs_view_ended(fs_view_t *view, fs_seq_t before, size_t limit,
    fs_ended_t *ended, int *more);


/*
 * refuse.c: refusing without a write: a command that a view shows to be
 * refused.
 */

/*
 * 1: the view has an index, or is recalled and all that can refuse a HOLD is
 * in memory: the rows of its sales, and that its buyer has none.  To be asked
 * before any row is.
 */
int fs_view_enough(const fs_view_t *view, fs_sheet_t *sheet,
    const fs_command_t *command);

/*
 * 1: this command is surely refused, and *result says how; nothing was
 * written.  0: it has to be decided.  Sure means: the view is fresh, the
 * command's key is not bound, and no hold of its sales is due.  Only HOLD.
 */
int fs_decide_refused(fs_sheet_t *sheet, const fs_view_t *view,
    const fs_command_t *command, const fs_now_t *now, fs_result_t *result);


#pragma GCC visibility pop

#endif /* FS_READ_H */
