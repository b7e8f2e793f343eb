
/*
 * Rows of packets and draws that are over, of the tree of tickets, and of
 * those that won: database `draws` of the index, folded like its others.
 *
 *   key                            value
 *   'd', sale be                   how far it is, see fs_draw_t
 *   'n', sale be, level, index be  a node of the tree (base/tree.h), 32 bytes;
 *                                  of level 0: and the ticket's hold u64
 *   'w', sale be, order be         a winner: number u32, prize u8
 *
 * A node is kept once the tree below it is whole, and never changes.
 */

#ifndef FS_DRAWS_H
#define FS_DRAWS_H

#include "base/tree.h"
#include "lmdb/db.h"
#include "store/store.h"

#pragma GCC visibility push(hidden)


/*
 *   offset size  field
 *        0    4  version: 1
 *        4    4  entries
 *        8    4  winners
 *       12    4  won
 *       16    8  closed
 *       24    8  revealed
 *       32    8  drawn
 */
#define FS_DRAW_ROW_SIZE  40

/* There from the moment when the giving closed. */
typedef struct {
    uint32_t             sale;
    uint32_t             entries;       /* that were given */
    uint32_t             winners;       /* of them that win, once drawn */
    uint32_t             won;           /* of these that have their entry */
    fs_seq_t             closed;        /* the entry that closed it */
    fs_seq_t             revealed;      /* 0: not yet */
    fs_seq_t             drawn;         /* 0: not yet */
} fs_draw_t;

typedef struct {
    fs_txn_t            *index;
    MDB_dbi              dbi;
    uint32_t             sale;
    fs_seq_t             hold;          /* whose leaf is added */
} fs_tickets_t;


/* 1: found; 0: it is open, or no such giving; -1: it cannot be read. */
int fs_draws_get(fs_txn_t *index, MDB_dbi dbi, uint32_t sale,
    fs_draw_t *draw);
void fs_draws_put(fs_txn_t *index, MDB_dbi dbi, const fs_draw_t *draw);

/* The tree of a sale's tickets; *tickets, filled in, outlives *tree. */
void fs_draws_tree(fs_tickets_t *tickets, fs_tree_t *tree);

/* The hold of a ticket, 0: it cannot be read. */
fs_seq_t fs_draws_ticket(fs_txn_t *index, MDB_dbi dbi, uint32_t sale,
    uint32_t number);

/* Winners by their order, from 0.  1 or 0. */
int fs_draws_winner(fs_txn_t *index, MDB_dbi dbi, uint32_t sale,
    uint32_t order, uint32_t *number, unsigned *prize);
void fs_draws_put_winner(fs_txn_t *index, MDB_dbi dbi, uint32_t sale,
    uint32_t order, uint32_t number, unsigned prize);


#pragma GCC visibility pop

#endif /* FS_DRAWS_H */
