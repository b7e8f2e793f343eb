
/*
 * Lists are not kept: of the numbers that won, and of what was in packets,
 * there is a hash that each of them goes into; at the end they are computed
 * again.  Of the tree there are the last two nodes of each level: all that
 * a next leaf, and the root, need.
 */

#include <stdlib.h>

#include "base/crypto.h"
#include "base/tree.h"
#include "index/draws.h"
#include "read/audit_draws.h"
#include "read/view_draw.h"
#include "rules/draw.h"


struct fs_audit_draw_s {
    uint8_t              kind;          /* fs_gives_kind_t, of its terms */
    uint8_t              closed;
    uint8_t              revealed;
    uint8_t              drawn;
    uint32_t             given;
    uint32_t             won;
    uint32_t             prize;         /* of the last one */
    uint8_t              chain[FS_HASH_LEN];  /* at closing */
    uint8_t              seed[FS_SEED_LEN];
    uint8_t              final[FS_HASH_LEN];
    uint8_t              told[FS_HASH_LEN];   /* amounts, or winners */
    uint8_t              nodes[FS_TREE_LEVELS][2][FS_HASH_LEN];
};


static const char *fs_audit_gift(fs_audit_draw_t *draw,
    const fs_entry_t *entry, const fs_names_t *names);
static const char *fs_audit_draw_made(fs_audit_draw_t *draw,
    const fs_entry_t *entry);
static const char *fs_audit_packets(const fs_audit_draw_t *draw,
    const fs_terms_t *terms, int64_t stock);
static const char *fs_audit_winners(const fs_audit_draw_t *draw,
    const fs_terms_t *terms);
static void fs_audit_told(uint8_t *told, uint64_t number);
static void fs_audit_tree(const fs_audit_draw_t *draw, fs_tree_t *tree);
static int fs_audit_node_get(void *data, unsigned level, uint32_t index,
    uint8_t *hash);
static int fs_audit_node_put(void *data, unsigned level, uint32_t index,
    const uint8_t *hash);


const char *
fs_audit_draw(fs_audit_draw_t **draw, const fs_entry_t *entry,
    const fs_names_t *names)
{
    if (entry->type == FS_ENTRY_TERMS && *draw == NULL) {
        *draw = calloc(1, sizeof(fs_audit_draw_t));
    }

    if (*draw == NULL) {
        return NULL;
    }

    switch (entry->type) {

    case FS_ENTRY_TERMS:
        (*draw)->kind = (uint8_t) entry->number2;

        /* of something else, that closed before it was given */

        (*draw)->closed = (*draw)->revealed;
        return NULL;

    case FS_ENTRY_CLOSED:
    case FS_ENTRY_CALLED_OFF:

        if (!(*draw)->closed) {
            (*draw)->closed = 1;
            memcpy((*draw)->chain, entry->hash, FS_HASH_LEN);
        }

        return NULL;

    case FS_ENTRY_OPENED:
    case FS_ENTRY_RESUMED:
        return (*draw)->revealed ? "opens what is over" : NULL;

    case FS_ENTRY_GRANTED:
        return fs_audit_gift(*draw, entry, names);

    case FS_ENTRY_REVEALED:

        if ((*draw)->revealed || !(*draw)->closed
            || !fs_gives_seeded((*draw)->kind))
        {
            return "reveals what is not over, or was revealed";
        }

        (*draw)->revealed = 1;
        fs_entry_ids(entry, (*draw)->seed);
        return NULL;

    case FS_ENTRY_DRAWN:
        return fs_audit_draw_made(*draw, entry);

    default:
        return NULL;
    }
}


static const char *
fs_audit_gift(fs_audit_draw_t *draw, const fs_entry_t *entry,
    const fs_names_t *names)
{
    char       id[FS_HOLD_ID_LEN];
    uint8_t    leaf[FS_HASH_LEN];
    fs_tree_t  tree;

    if (entry->number != draw->given + 1) {
        return "is another number than the next one";
    }

    draw->given++;

    if (draw->revealed) {
        return "gives what is over";
    }

    switch (draw->kind) {

    case FS_GIVES_PACKET:
        fs_audit_told(draw->told, (uint64_t) entry->amount_fen);
        return NULL;

    case FS_GIVES_TICKET:
        fs_audit_tree(draw, &tree);

        return names->hold_id(names->data, entry->hold, NULL, id) != 0
               || fs_tree_leaf(entry->number, id, leaf) != 0
               || fs_tree_add(&tree, entry->number - 1, leaf) != 0
               ? "has no place in the tree" : NULL;

    default:
        return NULL;
    }
}


static const char *
fs_audit_draw_made(fs_audit_draw_t *draw, const fs_entry_t *entry)
{
    uint8_t  beacon[FS_HASH_LEN];

    if (entry->hold != 0) {

        if (!draw->drawn || entry->number2 < draw->prize) {
            return "wins before the draw, or out of order";
        }

        draw->won++;
        draw->prize = entry->number2;
        fs_audit_told(draw->told, entry->number);

        return NULL;
    }

    if (!draw->revealed || draw->drawn || draw->kind != FS_GIVES_TICKET
        || entry->number2 != draw->given)
    {
        return "draws what is not to be drawn, or from other tickets";
    }

    draw->drawn = 1;
    fs_entry_ids(entry, beacon);

    return fs_draw_seed(draw->seed, draw->given, draw->chain,
                        fs_all_zero(beacon, FS_HASH_LEN) ? NULL : beacon,
                        draw->final)
           != 0 ? "cannot be hashed" : NULL;
}


const char *
fs_audit_drawn(const fs_audit_draw_t *draw, fs_view_t *view, uint32_t sale,
    int64_t stock, fs_seq_t last)
{
    uint8_t       root[FS_HASH_LEN];
    fs_tree_t     tree;
    fs_sale_t     row;
    const char   *wrong;
    fs_terms_t    terms;
    fs_drawing_t  drawing;

    if (draw == NULL || !fs_gives_seeded(draw->kind)) {
        return NULL;
    }

    if (!fs_view_terms(view, sale, &terms)) {
        return "has terms that cannot be read";
    }

    if (draw->revealed && memcmp(draw->seed, terms.seed, FS_SEED_LEN) != 0) {
        return "revealed another seed than its own";
    }

    wrong = (draw->kind == FS_GIVES_PACKET)
            ? fs_audit_packets(draw, &terms, stock)
            : fs_audit_winners(draw, &terms);

    if (wrong != NULL || draw->kind != FS_GIVES_TICKET
        || view->index.txn == NULL || view->seq != last
        || fs_view_look_sale(view, sale, &row) != 1)
    {
        return wrong;
    }

    fs_audit_tree(draw, &tree);

    if (!fs_view_drawing(view, &row, &drawing)
        || fs_tree_root(&tree, draw->given, root) != 0
        || memcmp(root, drawing.root, FS_HASH_LEN) != 0)
    {
        return "has another tree of tickets than the ledger";
    }

    return drawing.state != FS_DRAWING_OPEN
           && memcmp(drawing.chain, draw->chain, FS_HASH_LEN) != 0
           ? "is closed by another entry than the record says" : NULL;
}


/* In each of those that were given, in their order. */

static const char *
fs_audit_packets(const fs_audit_draw_t *draw, const fs_terms_t *terms,
    int64_t stock)
{
    uint8_t      told[FS_HASH_LEN];
    int64_t     *amounts;
    uint32_t     i;
    const char  *wrong;

    if (stock < draw->given || stock > FS_PACKETS_MAX) {
        return "has another number of packets";
    }

    amounts = malloc((size_t) (stock + 1) * sizeof(*amounts));

    if (amounts == NULL
        || fs_packet_amounts(terms->seed, (uint32_t) stock, terms->total_fen,
                             amounts)
           != 0)
    {
        free(amounts);
        return "has packets that cannot be computed";
    }

    memset(told, 0, sizeof(told));

    for (i = 0; i < draw->given; i++) {
        fs_audit_told(told, (uint64_t) amounts[i]);
    }

    wrong = memcmp(told, draw->told, FS_HASH_LEN) != 0
            ? "has other packets than its seed" : NULL;

    free(amounts);

    return wrong;
}


static const char *
fs_audit_winners(const fs_audit_draw_t *draw, const fs_terms_t *terms)
{
    int          n;
    uint8_t      told[FS_HASH_LEN];
    uint32_t     i, *numbers;

    if (!draw->drawn) {
        return NULL;
    }

    if (draw->won > fs_terms_winners(terms, draw->given)) {
        return "has more winners than prizes";
    }

    numbers = malloc((draw->won + 1) * sizeof(*numbers));
    n = (numbers != NULL)
        ? fs_draw_winners(draw->final, draw->given, draw->won, numbers) : -1;

    memset(told, 0, sizeof(told));

    for (i = 0; n >= 0 && i < (uint32_t) n; i++) {
        fs_audit_told(told, numbers[i]);
    }

    free(numbers);

    return n < 0 || memcmp(told, draw->told, FS_HASH_LEN) != 0
           ? "has other winners than its seed" : NULL;
}


static void
fs_audit_told(uint8_t *told, uint64_t number)
{
    uint8_t   bytes[8];
    fs_str_t  first = { FS_HASH_LEN, (const char *) told };
    fs_str_t  second = { sizeof(bytes), (const char *) bytes };

    fs_set_be64(bytes, number);
    (void) fs_sha256(first, second, told);
}


static void
fs_audit_tree(const fs_audit_draw_t *draw, fs_tree_t *tree)
{
    tree->get = fs_audit_node_get;
    tree->put = fs_audit_node_put;
    tree->data = (void *) (uintptr_t) draw;
}


/* The last left one of its level, or the last right one: no others are asked
 * for. */

static int
fs_audit_node_get(void *data, unsigned level, uint32_t index, uint8_t *hash)
{
    fs_audit_draw_t  *draw = data;

    memcpy(hash, draw->nodes[level][index & 1], FS_HASH_LEN);

    return 0;
}


static int
fs_audit_node_put(void *data, unsigned level, uint32_t index,
    const uint8_t *hash)
{
    fs_audit_draw_t  *draw = data;

    memcpy(draw->nodes[level][index & 1], hash, FS_HASH_LEN);

    return 0;
}
