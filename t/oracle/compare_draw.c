
/*
 * Packets and draws in the engine's rows and in what people read of them, by
 * what the oracle says.
 */

#include <stdio.h>
#include <stdlib.h>

#include "common/check.h"
#include "compare.h"
#include "index/draws.h"
#include "ledger/terms.h"
#include "read/view_draw.h"
#include "text/gives.h"


/* Of each ticket of a sale its leaf, one behind the other. */

static uint8_t *
draw_leaves(const oracle_t *oracle, const oracle_sale_t *sale,
    fs_crypto_t *crypto)
{
    char       id[FS_HOLD_ID_LEN];
    size_t     i;
    uint8_t   *leaves;
    fs_seq_t   seq;

    leaves = malloc((sale->draw.gifts_n + 1) * ORACLE_HASH);
    check(leaves != NULL, "no memory");

    for (i = 0; i < sale->draw.gifts_n; i++) {
        seq = oracle->holds[sale->draw.gifts[i]].seq;
        check(fs_crypto_hold_id(crypto, seq, oracle_epoch(oracle, seq), id)
              == 0, "the id of hold %llu", (unsigned long long) seq);
        oracle_leaf(i + 1, id, leaves + i * ORACLE_HASH);
    }

    return leaves;
}


void
compare_terms(oracle_t *oracle, const fs_entry_t *entry, fs_txn_t *log,
    const MDB_dbi *dbi)
{
    char                 key[FS_DOCUMENT_KEY_MAX];
    size_t               len;
    uint8_t              row_key[FS_TERMS_KEY_LEN], hash[ORACLE_HASH];
    char                 hex[2 * ORACLE_HASH + 1];
    unsigned             i;
    fs_str_t             doc, row, slug, kind = fs_str(FS_TERMS_KIND);
    fs_fault_t           fault;
    fs_terms_t           terms;
    fs_gives_request_t   shown;

    slug.data = oracle->sales[entry->sale].slug;
    slug.len = strlen(slug.data);
    len = fs_document_key(key, kind, slug);
    fs_terms_key(row_key, entry->sale);

    check(fs_db_get(log, dbi[FS_LOG_DOCUMENTS], key, len, &doc)
          && fs_read_terms_document(doc, &shown, &fault) == 0
          && fs_db_get(log, dbi[FS_LOG_NAMES], row_key, sizeof(row_key), &row)
          && fs_terms_row_decode(&terms, row) == 0,
          "the terms of sale %u", entry->sale);

    oracle_sha256(doc.data, doc.len, hash);
    check(memcmp(entry->id1, hash, 16) == 0
          && memcmp(entry->id2, hash + 16, 16) == 0,
          "sale %u: another digest of its terms", entry->sale);

    check(oracle_seeded(oracle, entry->sale, terms.seed),
          "sale %u has another seed", entry->sale);

    /* and the seed is what is announced */

    hex[0] = '\0';

    if (oracle->sales[entry->sale].draw.seeded) {
        oracle_sha256(terms.seed, ORACLE_HASH, hash);

        for (i = 0; i < ORACLE_HASH; i++) {
            sprintf(hex + 2 * i, "%02x", hash[i]);
        }
    }

    check(shown.commit_len == strlen(hex)
          && memcmp(shown.commit, hex, shown.commit_len) == 0,
          "sale %u has another commit than its seed's", entry->sale);
}


/* The nodes of whole subtrees.  How many. */

static size_t
draw_check_nodes(const oracle_t *oracle, const oracle_sale_t *sale,
    uint32_t number, fs_txn_t *index, MDB_dbi dbi, fs_crypto_t *crypto)
{
    size_t     i, n, rows;
    uint8_t    key[10], want[ORACLE_HASH], *leaves;
    unsigned   level;
    fs_str_t   row;

    leaves = draw_leaves(oracle, sale, crypto);
    rows = 0;
    key[0] = 'n';
    fs_set_be32(key + 1, number);

    for (level = 0; ((size_t) 1 << level) <= sale->draw.gifts_n; level++) {
        n = (size_t) 1 << level;

        for (i = 0; (i + 1) * n <= sale->draw.gifts_n; i++) {
            key[5] = (uint8_t) level;
            fs_set_be32(key + 6, (uint32_t) i);
            oracle_tree(leaves + i * n * ORACLE_HASH, n, want);

            check(fs_db_get(index, dbi, key, sizeof(key), &row)
                  && row.len == ORACLE_HASH + (level == 0 ? 8u : 0u)
                  && memcmp(row.data, want, ORACLE_HASH) == 0,
                  "sale %u: node %zu of level %u", number, i, level);
            check(level != 0 || fs_get_le64(row.data + ORACLE_HASH)
                                == oracle->holds[sale->draw.gifts[i]].seq,
                  "sale %u: ticket %zu is hold %llu", number, i + 1,
                  (unsigned long long)
                                    fs_get_le64(row.data + ORACLE_HASH));
            rows++;
        }
    }

    free(leaves);

    return rows;
}


/* How far it is, and who has won so far.  How many rows. */

static size_t
draw_check_row(const oracle_sale_t *sale, uint32_t number, fs_txn_t *index,
    MDB_dbi dbi)
{
    int                   found;
    uint32_t              ticket;
    unsigned              order, prize;
    fs_draw_t             draw;
    const oracle_draw_t  *want;

    want = &sale->draw;
    found = fs_draws_get(index, dbi, number, &draw);
    check(found == (want->closed != 0), "sale %u: a row of its draw: %d",
          number, found);

    if (found == 0) {
        return 0;
    }

    check(draw.closed == want->closed && draw.revealed == want->revealed
          && draw.drawn == want->drawn && draw.entries == sale->sold
          && draw.winners == want->winners_n && draw.won == want->won,
          "sale %u: closed %llu, revealed %llu, drawn %llu, %u of %u won, "
          "of %u; not %llu, %llu, %llu, %u, %u, %lld", number,
          (unsigned long long) draw.closed,
          (unsigned long long) draw.revealed,
          (unsigned long long) draw.drawn, draw.won, draw.winners,
          draw.entries, (unsigned long long) want->closed,
          (unsigned long long) want->revealed,
          (unsigned long long) want->drawn, want->won, want->winners_n,
          (long long) sale->sold);

    for (order = 0; order < want->won; order++) {
        check(fs_draws_winner(index, dbi, number, order, &ticket, &prize)
              && ticket == want->winners[order]
              && prize == oracle_prize(sale, order),
              "sale %u: winner %u", number, order);
    }

    return 1 + (size_t) want->won;
}


void
compare_draws(const oracle_t *oracle, fs_txn_t *index, const MDB_dbi *dbi,
    fs_crypto_t *crypto)
{
    int                   found;
    size_t                rows, there;
    uint32_t              number;
    fs_db_walk_t          walk;
    const oracle_sale_t  *sale;

    rows = 0;

    for (number = 1; number <= oracle->sales_n; number++) {
        sale = &oracle->sales[number];
        rows += draw_check_row(sale, number, index, dbi[FS_INDEX_DRAWS]);

        if (sale->gives == FS_GIVES_TICKET) {
            rows += draw_check_nodes(oracle, sale, number, index,
                                     dbi[FS_INDEX_DRAWS], crypto);
        }
    }

    there = 0;

    for (found = fs_db_walk(&walk, index, dbi[FS_INDEX_DRAWS], NULL, 0,
                            MDB_FIRST);
         found;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        there++;
    }

    fs_db_walk_end(&walk);
    check(there == rows, "%zu rows of draws, not %zu", there, rows);
}


/* What a ticket shows: it is in the draw, at its number. */

static void
draw_check_ticket(const oracle_t *oracle, fs_view_t *view,
    const oracle_sale_t *sale, uint32_t number, const uint8_t *leaves,
    const uint8_t *root)
{
    fs_hold_t             hold;
    fs_shown_ticket_t     ticket;
    const oracle_hold_t  *want;

    want = &oracle->holds[sale->draw.gifts[number - 1]];

    check(fs_view_hold(view, want->seq, &hold)
          && fs_view_ticket(view, &hold, &ticket) == 1
          && ticket.entries == sale->draw.gifts_n
          && memcmp(ticket.root, root, ORACLE_HASH) == 0
          && oracle_path(leaves + (number - 1) * ORACLE_HASH, number,
                         sale->draw.gifts_n, ticket.path.nodes[0],
                         ticket.path.len, root),
          "sale %u: the path of ticket %u", want->lines[0].sale, number);
    check(ticket.prize == want->prize
          && (ticket.prize == 0
              || (ticket.title_len == 5
                  && memcmp(ticket.title, "crate", 5) == 0)),
          "sale %u: ticket %u has prize %u, not %u", want->lines[0].sale,
          number, ticket.prize, want->prize);
}


static void
draw_check_drawn(const oracle_sale_t *sale, fs_view_t *view, uint32_t number,
    const fs_drawing_t *drawing)
{
    unsigned              order;
    fs_winner_t          *winners;
    const oracle_draw_t  *want;

    want = &sale->draw;
    check(drawing->winners == want->winners_n
          && drawing->beaconed == want->asked
          && memcmp(drawing->beacon, want->beacon, ORACLE_HASH) == 0,
          "sale %u: %u winners, beacon %u", number, drawing->winners,
          drawing->beaconed);

    winners = malloc((want->winners_n + 1) * sizeof(fs_winner_t));
    check(winners != NULL, "no memory");
    check(fs_view_winners(view, number, winners, want->winners_n),
          "sale %u: its winners", number);

    for (order = 0; order < want->winners_n; order++) {
        check(winners[order].number == want->winners[order]
              && winners[order].prize == oracle_prize(sale, order),
              "sale %u: winner %u is shown as %u", number, order,
              winners[order].number);
    }

    free(winners);
}


void
compare_drawing(const oracle_t *oracle, fs_view_t *view, fs_crypto_t *crypto,
    uint32_t number)
{
    int                   state;
    size_t                i;
    uint8_t               hash[ORACLE_HASH], root[ORACLE_HASH], *leaves;
    fs_sale_t             giving;
    fs_drawing_t          drawing;
    fs_shown_seed_t       seed;
    const oracle_draw_t  *want;
    const oracle_sale_t  *sale;

    sale = &oracle->sales[number];
    want = &sale->draw;

    check(fs_view_sale(view, number, &giving)
          && fs_view_seed(view, &giving, &seed)
          && seed.there == want->seeded, "sale %u: its seed", number);

    if (!want->seeded) {
        return;
    }

    oracle_sha256(want->seed, ORACLE_HASH, hash);
    check(memcmp(seed.commit, hash, ORACLE_HASH) == 0,
          "sale %u shows another commit", number);

    check(seed.revealed == (want->revealed != 0), "sale %u: revealed: %u",
          number, seed.revealed);
    memset(hash, 0, ORACLE_HASH);       /* nobody is to know it before */
    check(memcmp(seed.seed, want->revealed ? want->seed : hash, ORACLE_HASH)
          == 0, "sale %u shows another seed", number);

    if (sale->gives != FS_GIVES_TICKET) {
        return;
    }

    leaves = draw_leaves(oracle, sale, crypto);
    oracle_tree(leaves, want->gifts_n, root);

    state = want->closed == 0 ? FS_DRAWING_OPEN
            : want->drawn == 0 || want->won != want->winners_n
              ? FS_DRAWING_WAITING : FS_DRAWING_DRAWN;

    check(fs_view_drawing(view, &giving, &drawing)
          && drawing.state == state && drawing.entries == want->gifts_n
          && memcmp(drawing.root, root, ORACLE_HASH) == 0
          && memcmp(drawing.commit, seed.commit, ORACLE_HASH) == 0
          && drawing.revealed == seed.revealed
          && memcmp(drawing.seed, seed.seed, ORACLE_HASH) == 0,
          "sale %u: its draw is shown as %u of %u tickets", number,
          drawing.state, drawing.entries);
    check(drawing.closed_at == want->closed_at
          && memcmp(drawing.chain, want->chain, ORACLE_HASH) == 0,
          "sale %u shows another chain, or closed at %lld", number,
          (long long) drawing.closed_at);

    if (state == FS_DRAWING_DRAWN) {
        draw_check_drawn(sale, view, number, &drawing);
    }

    for (i = 1; i <= want->gifts_n; i += 1 + i / 4) {
        draw_check_ticket(oracle, view, sale, (uint32_t) i, leaves, root);
    }

    free(leaves);
}
