
#include "base/crypto.h"
#include "index/draws.h"
#include "read/view_draw.h"
#include "rules/draw.h"
#include "text/gives.h"


static int fs_view_prize(fs_view_t *view, const fs_sale_t *sale,
    fs_shown_ticket_t *ticket);
static int fs_view_draw_row(fs_view_t *view, uint32_t sale, fs_draw_t *draw);
static int fs_view_entry(fs_view_t *view, fs_seq_t seq, fs_entry_t *entry);
static int fs_view_root(fs_view_t *view, uint32_t sale, uint32_t entries,
    uint8_t *root);


int
fs_view_seed(fs_view_t *view, const fs_sale_t *sale, fs_shown_seed_t *seed)
{
    int         found;
    fs_draw_t   draw;
    fs_terms_t  terms;

    memset(seed, 0, sizeof(fs_shown_seed_t));

    if (!fs_gives_seeded(sale->gives)) {
        return 1;
    }

    if (!fs_view_terms(view, sale->number, &terms)
        || fs_seed_commit(terms.seed, seed->commit) != 0)
    {
        return 0;
    }

    seed->there = 1;

    if (view->index.txn == NULL) {

        /* without an index nobody knows how far it is */

        return 1;
    }

    found = fs_view_draw_row(view, sale->number, &draw);

    if (found == 1 && draw.revealed != 0) {
        seed->revealed = 1;
        memcpy(seed->seed, terms.seed, FS_HASH_LEN);
    }

    return found != -1;
}


int
fs_view_drawing(fs_view_t *view, const fs_sale_t *sale,
    fs_drawing_t *drawing)
{
    int             found;
    fs_draw_t       draw;
    fs_entry_t      entry;
    fs_shown_seed_t  seed;

    memset(drawing, 0, sizeof(fs_drawing_t));
    found = fs_view_draw_row(view, sale->number, &draw);

    if (found == -1 || !fs_view_seed(view, sale, &seed)
        || !fs_view_root(view, sale->number, sale->sold, drawing->root))
    {
        return 0;
    }

    drawing->entries = sale->sold;
    drawing->revealed = seed.revealed;
    memcpy(drawing->commit, seed.commit, FS_HASH_LEN);
    memcpy(drawing->seed, seed.seed, FS_HASH_LEN);

    if (found == 0) {
        return 1;
    }

    if (!fs_view_entry(view, draw.closed, &entry)) {
        return 0;
    }

    drawing->state = FS_DRAWING_WAITING;
    drawing->closed_at = entry.at;
    memcpy(drawing->chain, entry.hash, FS_HASH_LEN);

    if (draw.drawn == 0 || draw.won != draw.winners) {
        return 1;
    }

    drawing->state = FS_DRAWING_DRAWN;
    drawing->winners = draw.winners;

    if (!fs_view_entry(view, draw.drawn, &entry)) {
        return 0;
    }

    fs_entry_ids(&entry, drawing->beacon);
    drawing->beaconed = !fs_all_zero(drawing->beacon, FS_HASH_LEN);

    return 1;
}


int
fs_view_winners(fs_view_t *view, uint32_t sale, fs_winner_t *winners,
    uint32_t n)
{
    uint32_t  i;
    unsigned  prize;

    for (i = 0; i < n; i++) {

        if (!fs_draws_winner(&view->index,
                             view->store->index_dbi[FS_INDEX_DRAWS], sale, i,
                             &winners[i].number, &prize))
        {
            return 0;
        }

        winners[i].prize = (uint8_t) prize;
    }

    return 1;
}


int
fs_view_ticket(fs_view_t *view, const fs_hold_t *gift,
    fs_shown_ticket_t *ticket)
{
    fs_sale_t     sale;
    fs_tree_t     tree;
    fs_tickets_t  tickets;

    if (!fs_view_sale(view, gift->lines[0].sale, &sale)
        || view->index.txn == NULL)
    {
        return -1;
    }

    if (sale.gives != FS_GIVES_TICKET) {
        return 0;
    }

    tickets.index = &view->index;
    tickets.dbi = view->store->index_dbi[FS_INDEX_DRAWS];
    tickets.sale = sale.number;
    tickets.hold = 0;
    fs_draws_tree(&tickets, &tree);

    memset(ticket, 0, sizeof(fs_shown_ticket_t));
    ticket->entries = sale.sold;
    ticket->prize = gift->prize;

    return fs_tree_path(&tree, sale.sold, gift->number - 1, &ticket->path)
           == 0
           && fs_tree_root(&tree, sale.sold, ticket->root) == 0
           && (gift->prize == 0 || fs_view_prize(view, &sale, ticket))
           ? 1 : -1;
}


/* Its title, by the document that everybody reads. */

static int
fs_view_prize(fs_view_t *view, const fs_sale_t *sale,
    fs_shown_ticket_t *ticket)
{
    fs_str_t            doc;
    fs_fault_t          fault;
    fs_gives_request_t  terms;
    fs_prize_request_t *prize;

    if (!fs_view_terms_document(view, sale, &doc)
        || fs_read_terms_document(doc, &terms, &fault) != 0
        || ticket->prize > terms.prizes_n)
    {
        return 0;
    }

    prize = &terms.prizes[ticket->prize - 1];
    ticket->title_len = prize->title_len;
    memcpy(ticket->title, prize->title, prize->title_len);

    return 1;
}


/* 1, 0: it is open; -1: it cannot be read. */

static int
fs_view_draw_row(fs_view_t *view, uint32_t sale, fs_draw_t *draw)
{
    int  found;

    if (view->index.txn == NULL) {
        return -1;
    }

    found = fs_draws_get(&view->index,
                         view->store->index_dbi[FS_INDEX_DRAWS], sale, draw);

    if (found == -1) {
        view->index.error = MDB_CORRUPTED;
    }

    return found;
}


/* One that the index knows: so it is durable. */

static int
fs_view_entry(fs_view_t *view, fs_seq_t seq, fs_entry_t *entry)
{
    fs_str_t   row;
    fs_txn_t  *log;

    log = fs_view_log(view);

    if (log == NULL
        || !fs_db_get(log, view->store->log_dbi[FS_LOG_LEDGER], &seq,
                      sizeof(seq), &row))
    {
        return 0;
    }

    if (fs_entry_decode(entry, seq, row.data, row.len) == -1) {
        fs_view_unreadable(view, "entry", seq);
        return 0;
    }

    return 1;
}


static int
fs_view_root(fs_view_t *view, uint32_t sale, uint32_t entries, uint8_t *root)
{
    fs_tree_t     tree;
    fs_tickets_t  tickets;

    tickets.index = &view->index;
    tickets.dbi = view->store->index_dbi[FS_INDEX_DRAWS];
    tickets.sale = sale;
    tickets.hold = 0;
    fs_draws_tree(&tickets, &tree);

    if (fs_tree_root(&tree, entries, root) != 0) {
        view->index.error = view->index.error ? view->index.error
                                              : MDB_CORRUPTED;
        return 0;
    }

    return 1;
}
