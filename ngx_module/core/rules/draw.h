
/*
 * Packets and draws, to the byte as docs/draws.md says: pure functions of
 * what anyone can know afterwards.  Nothing else is taken into account: no
 * buyer, no time, no memory.
 */

#ifndef FS_DRAW_H
#define FS_DRAW_H

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


/* Numbers are made of so many bits, which a double has, too. */
#define FS_STREAM_BITS       53

/* Of a key, FS_HASH_LEN bytes: numbers, one after the other, as even as
 * SHA-256 is.  Begun by fs_stream_begin(); `failed` stays. */
typedef struct {
    uint8_t              key[FS_HASH_LEN];
    uint8_t              block[FS_HASH_LEN];
    uint64_t             blocks;        /* made */
    unsigned             used;          /* bytes of the last one */
    int                  failed;
} fs_stream_t;

void fs_stream_begin(fs_stream_t *stream, const uint8_t *key);

/* The next number below `bound` (1 to 2^FS_STREAM_BITS), each as likely as
 * another.  0 when libcrypto failed. */
uint64_t fs_stream_below(fs_stream_t *stream, uint64_t bound);

/*
 * The next n different numbers below `bound`, at least n, in the order in
 * which they were drawn: each order of each n as likely as another.  0; -1: no
 * memory, or libcrypto failed.
 */
int fs_stream_sample(fs_stream_t *stream, uint64_t bound, uint32_t n,
    uint64_t *numbers);

/* SHA-256 of a seed, FS_SEED_LEN bytes: what is published before.  0 or -1. */
int fs_seed_commit(const uint8_t *seed, uint8_t *commit);

/*
 * What is in each of n packets (1 to FS_PACKETS_MAX), in the order in which
 * they are given: at least 1 fen, all together total_fen (n to
 * FS_PRICE_MAX).  0; -1: not so, no memory, or libcrypto failed.
 */
int fs_packet_amounts(const uint8_t *seed, uint32_t n, int64_t total_fen,
    int64_t *amounts);

/* What a draw is made from: the seed, how many tickets there are, the hash of
 * the ledger's entry that closed it, and the beacon or NULL.  0 or -1. */
int fs_draw_seed(const uint8_t *seed, uint32_t entries,
    const uint8_t *chain, const uint8_t *beacon, uint8_t *final);

/* The numbers of tickets that win, n of them (at most FS_WINNERS_MAX) or all
 * `entries` when they are fewer, the first prize first.  How many; -1: no
 * memory, or libcrypto failed. */
int fs_draw_winners(const uint8_t *final, uint32_t entries, uint32_t n,
    uint32_t *numbers);


#pragma GCC visibility pop

#endif /* FS_DRAW_H */
