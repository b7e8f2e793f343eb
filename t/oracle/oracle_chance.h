
/*
 * docs/draws.md once more: packets, the tree of tickets, who wins.  Each step
 * is done as the page says it, the longest way; hashes are libcrypto's.
 */

#ifndef ORACLE_CHANCE_H
#define ORACLE_CHANCE_H

#include <stddef.h>
#include <stdint.h>


#define ORACLE_HASH  32

void oracle_sha256(const void *data, size_t len, uint8_t *hash);

/* What is in each of n packets, t fen in all; of n numbers. */
void oracle_packets(const uint8_t *seed, unsigned n, int64_t t,
    int64_t *amounts);

/* A ticket's leaf: its number, and its hold's id of 32 digits. */
void oracle_leaf(uint64_t number, const char *id, uint8_t *leaf);

/* The root over n leaves, one behind the other. */
void oracle_tree(const uint8_t *leaves, size_t n, uint8_t *root);

/* 1: this path leads from a leaf (of the ticket `number` of n) to the root. */
int oracle_path(const uint8_t *leaf, uint64_t number, uint64_t n,
    const uint8_t *path, size_t len, const uint8_t *root);

/* The numbers of tickets that win, in the order of the prizes: so many, or all
 * of them.  beacon: NULL: there is none.  How many. */
unsigned oracle_winners(const uint8_t *seed, uint64_t entries,
    const uint8_t *chain, const uint8_t *beacon, unsigned prizes,
    uint32_t *winners);


#endif /* ORACLE_CHANCE_H */
