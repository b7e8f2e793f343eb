
#include "base/bytes.h"
#include "index/draws.h"


#define FS_DRAW_ROW_VERSION  1

#define FS_DRAW_KEY_LEN      5
#define FS_NODE_KEY_LEN      10
#define FS_WINNER_KEY_LEN    9
#define FS_LEAF_SIZE         (FS_HASH_LEN + 8)
#define FS_WINNER_SIZE       5


static void fs_draws_key(uint8_t *key, char kind, uint32_t sale);
static void fs_node_key(uint8_t *key, uint32_t sale, unsigned level,
    uint32_t index);
static int fs_node_get(void *data, unsigned level, uint32_t index,
    uint8_t *hash);
static int fs_node_put(void *data, unsigned level, uint32_t index,
    const uint8_t *hash);
static void fs_winner_key(uint8_t *key, uint32_t sale, uint32_t order);


static void
fs_draws_key(uint8_t *key, char kind, uint32_t sale)
{
    key[0] = (uint8_t) kind;
    fs_set_be32(key + 1, sale);
}


int
fs_draws_get(fs_txn_t *index, MDB_dbi dbi, uint32_t sale, fs_draw_t *draw)
{
    uint8_t         key[FS_DRAW_KEY_LEN];
    fs_str_t        row;
    const uint8_t  *p;

    fs_draws_key(key, 'd', sale);

    if (!fs_db_get(index, dbi, key, sizeof(key), &row)) {
        return 0;
    }

    p = (const uint8_t *) row.data;

    if (row.len != FS_DRAW_ROW_SIZE
        || fs_get_le32(p) != FS_DRAW_ROW_VERSION)
    {
        return -1;
    }

    draw->sale = sale;
    draw->entries = fs_get_le32(p + 4);
    draw->winners = fs_get_le32(p + 8);
    draw->won = fs_get_le32(p + 12);
    draw->closed = fs_get_le64(p + 16);
    draw->revealed = fs_get_le64(p + 24);
    draw->drawn = fs_get_le64(p + 32);

    return draw->closed != 0 && draw->winners <= draw->entries
           && draw->won <= draw->winners
           && (draw->revealed != 0 || draw->drawn == 0) ? 1 : -1;
}


void
fs_draws_put(fs_txn_t *index, MDB_dbi dbi, const fs_draw_t *draw)
{
    uint8_t  key[FS_DRAW_KEY_LEN], row[FS_DRAW_ROW_SIZE];

    fs_draws_key(key, 'd', draw->sale);

    fs_set_le32(row, FS_DRAW_ROW_VERSION);
    fs_set_le32(row + 4, draw->entries);
    fs_set_le32(row + 8, draw->winners);
    fs_set_le32(row + 12, draw->won);
    fs_set_le64(row + 16, draw->closed);
    fs_set_le64(row + 24, draw->revealed);
    fs_set_le64(row + 32, draw->drawn);

    fs_db_put(index, dbi, key, sizeof(key), row, sizeof(row), 0);
}


void
fs_draws_tree(fs_tickets_t *tickets, fs_tree_t *tree)
{
    tree->get = fs_node_get;
    tree->put = fs_node_put;
    tree->data = tickets;
}


static void
fs_node_key(uint8_t *key, uint32_t sale, unsigned level, uint32_t index)
{
    fs_draws_key(key, 'n', sale);
    key[FS_DRAW_KEY_LEN] = (uint8_t) level;
    fs_set_be32(key + FS_DRAW_KEY_LEN + 1, index);
}


static int
fs_node_get(void *data, unsigned level, uint32_t index, uint8_t *hash)
{
    uint8_t              key[FS_NODE_KEY_LEN];
    fs_str_t             row;
    const fs_tickets_t  *tickets = data;

    fs_node_key(key, tickets->sale, level, index);

    if (!fs_db_get(tickets->index, tickets->dbi, key, sizeof(key), &row)
        || row.len != (level == 0 ? FS_LEAF_SIZE : FS_HASH_LEN))
    {
        return -1;
    }

    memcpy(hash, row.data, FS_HASH_LEN);

    return 0;
}


static int
fs_node_put(void *data, unsigned level, uint32_t index, const uint8_t *hash)
{
    uint8_t              key[FS_NODE_KEY_LEN], row[FS_LEAF_SIZE];
    const fs_tickets_t  *tickets = data;

    fs_node_key(key, tickets->sale, level, index);
    memcpy(row, hash, FS_HASH_LEN);
    fs_set_le64(row + FS_HASH_LEN, tickets->hold);

    fs_db_put(tickets->index, tickets->dbi, key, sizeof(key), row,
              level == 0 ? FS_LEAF_SIZE : FS_HASH_LEN, 0);

    return 0;
}


fs_seq_t
fs_draws_ticket(fs_txn_t *index, MDB_dbi dbi, uint32_t sale, uint32_t number)
{
    uint8_t   key[FS_NODE_KEY_LEN];
    fs_str_t  row;

    fs_node_key(key, sale, 0, number - 1);

    return fs_db_get(index, dbi, key, sizeof(key), &row)
           && row.len == FS_LEAF_SIZE ? fs_get_le64(row.data + FS_HASH_LEN)
                                      : 0;
}


static void
fs_winner_key(uint8_t *key, uint32_t sale, uint32_t order)
{
    fs_draws_key(key, 'w', sale);
    fs_set_be32(key + FS_DRAW_KEY_LEN, order);
}


int
fs_draws_winner(fs_txn_t *index, MDB_dbi dbi, uint32_t sale, uint32_t order,
    uint32_t *number, unsigned *prize)
{
    uint8_t   key[FS_WINNER_KEY_LEN];
    fs_str_t  row;

    fs_winner_key(key, sale, order);

    if (!fs_db_get(index, dbi, key, sizeof(key), &row)
        || row.len != FS_WINNER_SIZE)
    {
        return 0;
    }

    *number = fs_get_le32(row.data);
    *prize = (uint8_t) row.data[4];

    return 1;
}


void
fs_draws_put_winner(fs_txn_t *index, MDB_dbi dbi, uint32_t sale,
    uint32_t order, uint32_t number, unsigned prize)
{
    uint8_t  key[FS_WINNER_KEY_LEN], row[FS_WINNER_SIZE];

    fs_winner_key(key, sale, order);
    fs_set_le32(row, number);
    row[4] = (uint8_t) prize;

    fs_db_put(index, dbi, key, sizeof(key), row, sizeof(row), 0);
}
