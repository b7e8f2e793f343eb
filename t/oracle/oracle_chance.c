
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "oracle_chance.h"


/* Where in a key's numbers one is. */
typedef struct {
    uint8_t              key[ORACLE_HASH];
    uint64_t             taken;         /* numbers, of all blocks */
} chance_t;


void
oracle_sha256(const void *data, size_t len, uint8_t *hash)
{
    if (SHA256(data, len, hash) == NULL) {
        abort();
    }
}


static void
chance_bytes(uint64_t number, uint8_t *bytes)
{
    int  i;

    for (i = 7; i >= 0; i--) {
        bytes[i] = (uint8_t) (number & 255);
        number /= 256;
    }
}


static uint64_t
chance_next(chance_t *chance)
{
    int             i;
    uint8_t         text[ORACLE_HASH + 8], block[ORACLE_HASH];
    uint64_t        number;
    const uint8_t  *piece;

    memcpy(text, chance->key, ORACLE_HASH);
    chance_bytes(chance->taken / 4, text + ORACLE_HASH);
    oracle_sha256(text, sizeof(text), block);

    piece = block + 8 * (chance->taken % 4);
    number = 0;

    for (i = 0; i < 8; i++) {
        number = number * 256 + piece[i];
    }

    chance->taken++;

    return number / 2048;
}


static uint64_t
chance_below(chance_t *chance, uint64_t b)
{
    uint64_t  all, number;

    all = (uint64_t) 1 << 53;

    do {
        number = chance_next(chance);
    } while (number >= all - all % b);

    return number % b;
}


static uint64_t *
chance_different(const uint8_t *key, uint64_t b, uint64_t n)
{
    uint64_t   i, j, took, *row;
    chance_t   chance;

    memcpy(chance.key, key, ORACLE_HASH);
    chance.taken = 0;
    row = malloc((b + 1) * sizeof(uint64_t));

    if (row == NULL) {
        abort();
    }

    for (i = 0; i < b; i++) {
        row[i] = i;
    }

    for (i = 0; i < n; i++) {
        j = i + chance_below(&chance, b - i);
        took = row[j];
        row[j] = row[i];
        row[i] = took;                  /* nobody looks there again */
    }

    return row;
}


static int
chance_order(const void *a, const void *b)
{
    uint64_t  first, second;

    first = *(const uint64_t *) a;
    second = *(const uint64_t *) b;

    return (first > second) - (first < second);
}


void
oracle_packets(const uint8_t *seed, unsigned n, int64_t t, int64_t *amounts)
{
    int64_t    before, after;
    uint64_t   places, *cuts;
    unsigned   k;

    places = (uint64_t) t + 2 * (uint64_t) n - 1;
    cuts = chance_different(seed, places, 3 * (uint64_t) n - 1);
    qsort(cuts, 3 * (size_t) n - 1, sizeof(uint64_t), chance_order);

    /* c1 is cuts[0] */

    before = -1;

    for (k = 1; k <= n; k++) {
        after = (int64_t) (k == n ? places : cuts[3 * k - 1]);
        amounts[k - 1] = after - before - 2;
        before = after;
    }

    free(cuts);
}


void
oracle_leaf(uint64_t number, const char *id, uint8_t *leaf)
{
    uint8_t  text[1 + 8 + 32];

    text[0] = 0;
    chance_bytes(number, text + 1);
    memcpy(text + 9, id, 32);
    oracle_sha256(text, sizeof(text), leaf);
}


static void
chance_node(const uint8_t *left, const uint8_t *right, uint8_t *node)
{
    uint8_t  text[1 + 2 * ORACLE_HASH];

    text[0] = 1;
    memcpy(text + 1, left, ORACLE_HASH);
    memcpy(text + 1 + ORACLE_HASH, right, ORACLE_HASH);
    oracle_sha256(text, sizeof(text), node);
}


void
oracle_tree(const uint8_t *leaves, size_t n, uint8_t *root)
{
    size_t   k;
    uint8_t  left[ORACLE_HASH], right[ORACLE_HASH];

    if (n == 0) {
        oracle_sha256("", 0, root);
        return;
    }

    if (n == 1) {
        memcpy(root, leaves, ORACLE_HASH);
        return;
    }

    for (k = 1; 2 * k < n; k *= 2) {
        /* void */
    }

    oracle_tree(leaves, k, left);
    oracle_tree(leaves + k * ORACLE_HASH, n - k, right);
    chance_node(left, right, root);
}


int
oracle_path(const uint8_t *leaf, uint64_t number, uint64_t n,
    const uint8_t *path, size_t len, const uint8_t *root)
{
    size_t    next;
    uint8_t   hash[ORACLE_HASH];
    uint64_t  at, end;

    memcpy(hash, leaf, ORACLE_HASH);
    next = 0;

    for (at = number - 1, end = n - 1; end > 0; at /= 2, end /= 2) {

        if (at % 2 == 0 && at >= end) {
            continue;                   /* alone on its level */
        }

        if (next == len) {
            return 0;
        }

        if (at % 2 == 1) {
            chance_node(path + next * ORACLE_HASH, hash, hash);

        } else {
            chance_node(hash, path + next * ORACLE_HASH, hash);
        }

        next++;
    }

    return next == len && memcmp(hash, root, ORACLE_HASH) == 0;
}


unsigned
oracle_winners(const uint8_t *seed, uint64_t entries, const uint8_t *chain,
    const uint8_t *beacon, unsigned prizes, uint32_t *winners)
{
    size_t     len;
    uint8_t    text[3 * ORACLE_HASH + 8], final[ORACLE_HASH];
    uint64_t  *numbers;
    unsigned   i, n;

    memcpy(text, seed, ORACLE_HASH);
    chance_bytes(entries, text + ORACLE_HASH);
    memcpy(text + ORACLE_HASH + 8, chain, ORACLE_HASH);
    len = 2 * ORACLE_HASH + 8;

    if (beacon != NULL) {
        memcpy(text + len, beacon, ORACLE_HASH);
        len += ORACLE_HASH;
    }

    oracle_sha256(text, len, final);

    n = prizes < entries ? prizes : (unsigned) entries;
    numbers = chance_different(final, entries, n);

    for (i = 0; i < n; i++) {
        winners[i] = (uint32_t) numbers[i] + 1;
    }

    free(numbers);

    return n;
}
