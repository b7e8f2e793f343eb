
/*
 * Packets and draws: fixed vectors, which conf/lib/Tuanbo/Draw.pm gives, too
 * (t/012-verify.t); and that no place in the queue is better than another.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/tree.h"
#include "rules/draw.h"

#define LEAVES_MAX  70


static void
hash_of(const char *text, uint8_t *hash)
{
    fs_str_t  first = { strlen(text), text };
    fs_str_t  second = fs_null_str;

    assert_int_equal(fs_sha256(first, second, hash), 0);
}


static void
assert_hex(const uint8_t *hash, const char *digits)
{
    char  hex[2 * FS_HASH_LEN + 1];

    fs_hex(hash, FS_HASH_LEN, hex);
    hex[2 * FS_HASH_LEN] = '\0';

    assert_string_equal(hex, digits);
}


/* Numbers with a blank between, as one string. */

static char *
joined(const int64_t *numbers, int n)
{
    int     i;
    char   *text;
    size_t  at;

    text = malloc((size_t) n * 21 + 1);
    assert_non_null(text);
    text[0] = '\0';

    for (at = 0, i = 0; i < n; i++) {
        at += (size_t) sprintf(text + at, i == 0 ? "%lld" : " %lld",
                               (long long) numbers[i]);
    }

    return text;
}


static void
assert_numbers(const int64_t *numbers, int n, const char *expected)
{
    char  *text;

    text = joined(numbers, n);
    assert_string_equal(text, expected);
    free(text);
}


static void
assert_numbers_hash(const int64_t *numbers, int n, const char *digits)
{
    char     *text;
    uint8_t   hash[FS_HASH_LEN];

    text = joined(numbers, n);
    hash_of(text, hash);
    assert_hex(hash, digits);
    free(text);
}


static void
test_packets(void **state)
{
    size_t           i;
    uint8_t          seed[FS_HASH_LEN], commit[FS_HASH_LEN];
    static int64_t  amounts[FS_PACKETS_MAX];

    static const struct {
        uint32_t     n;
        int64_t      total_fen;
        const char  *amounts;
    } rows[] = {
        { 10, 1000, "13 110 109 54 139 132 111 45 98 189" },
        { 3, 4, "1 1 2" },
        { 1, 7, "7" },
        { 4, 4, "1 1 1 1" },
        { 2, 4294967295LL, "1649951721 2645015574" }
    };

    (void) state;

    hash_of("tuanbo", seed);

    assert_int_equal(fs_seed_commit(seed, commit), 0);
    assert_hex(commit, "4eb9f4d63782fff757b529164818f7176adf061dd914e71afc27"
               "5edfd1a2a78c");

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(fs_packet_amounts(seed, rows[i].n,
                                           rows[i].total_fen, amounts), 0);
        assert_numbers(amounts, (int) rows[i].n, rows[i].amounts);
    }

    assert_int_equal(fs_packet_amounts(seed, FS_PACKETS_MAX, 1234567,
                                       amounts), 0);
    assert_numbers_hash(amounts, FS_PACKETS_MAX, "a5e5d1728fdf4c25bc2dbee2fd"
                        "f8fff0cf56dfd2050869b47e8c9f44dfa756d2");

    /* what is no giving of packets */

    assert_int_equal(fs_packet_amounts(seed, 0, 10, amounts), -1);
    assert_int_equal(fs_packet_amounts(seed, 5, 4, amounts), -1);
    assert_int_equal(fs_packet_amounts(seed, FS_PACKETS_MAX + 1, 1000000,
                                       amounts), -1);
    assert_int_equal(fs_packet_amounts(seed, 1, FS_PRICE_MAX + 1,
                                       amounts), -1);
}


/*
 * Packets over many seeds, counted by place.  `best` and `worst`: how often a
 * place had the most, or the least, of all; `above`: more than the mean.
 */

#define PLACES      8
#define SEEDS       20000

typedef struct {
    unsigned  best[PLACES], worst[PLACES], above[PLACES];
    double    squares[PLACES];
} spread_t;

typedef void (*parted_t)(const uint8_t *seed, int64_t total_fen,
    int64_t *amounts);


static void
by_cuts(const uint8_t *seed, int64_t total_fen, int64_t *amounts)
{
    assert_int_equal(fs_packet_amounts(seed, PLACES, total_fen, amounts), 0);
}


/* The usual way, that favours late ones: up to twice the mean of the rest. */

static void
by_twice_the_mean(const uint8_t *seed, int64_t total_fen, int64_t *amounts)
{
    int64_t      bound;
    unsigned     i;
    fs_stream_t  stream;

    fs_stream_begin(&stream, seed);

    for (i = 0; i < PLACES - 1; i++) {
        bound = 2 * total_fen / (PLACES - i) - 1;
        amounts[i] = 1 + (int64_t) fs_stream_below(&stream,
                                                   (uint64_t) bound);
        total_fen -= amounts[i];
    }

    amounts[i] = total_fen;
}


/* Cuts that may fall together, as nearly everybody makes them: hardly a
 * difference in yuan, but a large one where there are few fen. */

static void
by_loose_cuts(const uint8_t *seed, int64_t total_fen, int64_t *amounts)
{
    int          j;
    unsigned     i, n;
    uint32_t     cuts[3 * PLACES - 1], cut, before;
    fs_stream_t  stream;

    fs_stream_begin(&stream, seed);

    for (n = 0; n < 3 * PLACES - 1; n++) {
        cut = (uint32_t) fs_stream_below(&stream,
                                (uint64_t) total_fen - PLACES + 1);

        for (j = (int) n; j > 0 && cuts[j - 1] > cut; j--) {
            cuts[j] = cuts[j - 1];
        }

        cuts[j] = cut;
    }

    before = 0;

    for (i = 1; i <= PLACES; i++) {
        cut = i < PLACES ? cuts[3 * i - 1] : (uint32_t) total_fen - PLACES;
        amounts[i - 1] = 1 + cut - before;
        before = cut;
    }
}


static void
count_places(parted_t parted, int64_t total_fen, spread_t *spread)
{
    char      name[32];
    double    mean, from;
    int64_t   sum;
    uint8_t   seed[FS_HASH_LEN];
    int64_t   amounts[PLACES], most, least;
    unsigned  i, n;

    memset(spread, 0, sizeof(*spread));
    mean = (double) total_fen / PLACES;

    for (n = 0; n < SEEDS; n++) {

        sprintf(name, "seed %u", n);
        hash_of(name, seed);
        parted(seed, total_fen, amounts);

        most = 0;
        least = INT64_MAX;
        sum = 0;

        for (i = 0; i < PLACES; i++) {
            assert_true(amounts[i] >= 1);
            sum += amounts[i];
            most = amounts[i] > most ? amounts[i] : most;
            least = amounts[i] < least ? amounts[i] : least;
        }

        assert_true(sum == total_fen);

        for (i = 0; i < PLACES; i++) {
            from = (double) amounts[i] - mean;
            spread->best[i] += amounts[i] == most;
            spread->worst[i] += amounts[i] == least;
            spread->above[i] += from > 0;
            spread->squares[i] += from * from;
        }
    }
}


/* How far counts of the places are from one another: chi square over the
 * share that each has, 7 degrees of freedom. */

static double
apart(const unsigned *counts)
{
    double    mean, sum;
    unsigned  i;

    for (mean = 0, i = 0; i < PLACES; i++) {
        mean += (double) counts[i] / PLACES;
    }

    /* nobody is, or everybody always: nothing to tell apart */

    if (mean == 0 || mean == SEEDS) {
        return 0;
    }

    for (sum = 0, i = 0; i < PLACES; i++) {
        sum += (counts[i] - mean) * (counts[i] - mean)
               / (mean * (1 - mean / SEEDS));
    }

    return sum * (PLACES - 1) / PLACES;
}


/* Of 7 degrees of freedom, above which is one of a million. */
#define APART_MAX   40.0


static double
most_apart(const spread_t *spread)
{
    double  a, b, c;

    a = apart(spread->best);
    b = apart(spread->worst);
    c = apart(spread->above);

    a = a > b ? a : b;

    return a > c ? a : c;
}


static void
test_places(void **state)
{
    double    low, high;
    size_t    i;
    unsigned  k;
    spread_t  spread;

    static const int64_t  totals[] = { PLACES, PLACES + 1, PLACES + 3,
                                       3 * PLACES, 1000, 88800 };

    (void) state;

    for (i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {

        count_places(by_cuts, totals[i], &spread);
        assert_true(most_apart(&spread) < APART_MAX);

        low = high = spread.squares[0];

        for (k = 1; k < PLACES; k++) {
            low = spread.squares[k] < low ? spread.squares[k] : low;
            high = spread.squares[k] > high ? spread.squares[k] : high;
        }

        assert_true(high <= low * 1.1);
    }

    /* this test tells what is not fair from what is */

    count_places(by_twice_the_mean, 1000, &spread);
    assert_true(most_apart(&spread) > 10 * APART_MAX);

    count_places(by_loose_cuts, PLACES + 3, &spread);
    assert_true(most_apart(&spread) > 10 * APART_MAX);
}


/* The numbers that win, in a list that is kept until the next one. */

static const int64_t *
winners(const uint8_t *final, uint32_t entries, uint32_t n, int expected)
{
    int              i;
    static int64_t   list[FS_WINNERS_MAX];
    static uint32_t  numbers[FS_WINNERS_MAX];

    assert_int_equal(fs_draw_winners(final, entries, n, numbers), expected);

    for (i = 0; i < expected; i++) {
        list[i] = numbers[i];
    }

    return list;
}


static void
test_winners(void **state)
{
    uint8_t  seed[FS_HASH_LEN], chain[FS_HASH_LEN], beacon[FS_HASH_LEN];
    uint8_t  final[FS_HASH_LEN];

    (void) state;

    hash_of("tuanbo", seed);
    hash_of("chain", chain);
    hash_of("beacon", beacon);

    assert_int_equal(fs_draw_seed(seed, 1000, chain, beacon, final), 0);
    assert_hex(final, "7374aead8eda5dd26e5f0be77501a927d538ecb489a93da1300a42"
               "387f4c526c");
    assert_numbers(winners(final, 1000, 12, 12), 12,
                   "18 26 660 773 488 799 42 547 675 422 190 712");

    assert_int_equal(fs_draw_seed(seed, FS_STOCK_MAX, chain, NULL, final), 0);
    assert_numbers(winners(final, FS_STOCK_MAX, 6, 6), 6, "249703267"
                   " 555077777 260650515 622804813 423867773 468515801");

    assert_int_equal(fs_draw_seed(seed, 1000, chain, NULL, final), 0);
    assert_hex(final, "fbfaed663d038426e31794ca73464a71000d646d02cf1210ef9dd5"
               "dd8aad62d4");
    assert_numbers(winners(final, 1000, 12, 12), 12,
                   "95 173 813 962 22 582 73 429 739 998 241 169");
    assert_numbers_hash(winners(final, 100000, FS_WINNERS_MAX,
                                FS_WINNERS_MAX), FS_WINNERS_MAX,
                        "205bcb4d89750b772994ddb17ba0109978ad1931e792a9e395b3"
                        "e5fc59707ab5");

    /* fewer tickets than prizes: each wins, one prize; none at all */

    assert_int_equal(fs_draw_seed(seed, 5, chain, NULL, final), 0);
    assert_numbers(winners(final, 5, 12, 5), 5, "1 3 2 5 4");

    assert_int_equal(fs_draw_winners(final, 0, 12, NULL), 0);
    assert_int_equal(fs_draw_winners(final, FS_STOCK_MAX, FS_WINNERS_MAX + 1,
                                     NULL), -1);
}


/* Who comes first or last has the same chance of each prize. */

static void
test_tickets(void **state)
{
    char      name[32];
    int       n, i;
    uint8_t   seed[FS_HASH_LEN], chain[FS_HASH_LEN], final[FS_HASH_LEN];
    uint32_t  numbers[3];
    unsigned  k, won[3][PLACES];

    (void) state;

    memset(won, 0, sizeof(won));
    hash_of("chain", chain);

    for (k = 0; k < SEEDS; k++) {
        sprintf(name, "seed %u", k);
        hash_of(name, seed);
        assert_int_equal(fs_draw_seed(seed, PLACES, chain, NULL, final), 0);

        n = fs_draw_winners(final, PLACES, 3, numbers);
        assert_int_equal(n, 3);

        for (i = 0; i < n; i++) {
            assert_in_range(numbers[i], 1, PLACES);
            won[i][numbers[i] - 1]++;
        }
    }

    for (i = 0; i < 3; i++) {
        assert_true(apart(won[i]) < APART_MAX);
    }
}


/* What a modulo alone would favour is passed over. */

static void
test_below(void **state)
{
    uint8_t      key[FS_HASH_LEN];
    uint64_t     bound;
    unsigned     i, low;
    fs_stream_t  stream;

    (void) state;

    hash_of("tuanbo", key);
    fs_stream_begin(&stream, key);

    /* of two thirds of all numbers a modulo has the lower half twice */

    bound = ((uint64_t) 1 << FS_STREAM_BITS) / 3 * 2;

    for (low = 0, i = 0; i < 9000; i++) {
        low += fs_stream_below(&stream, bound) < bound / 2;
    }

    assert_in_range(low, 4200, 4800);
    assert_true(stream.blocks > 9000 / 4);

    for (i = 0; i < 100; i++) {
        assert_int_equal(fs_stream_below(&stream, 1), 0);
    }
}


/* A tree kept in memory. */

typedef struct {
    uint8_t   nodes[8][LEAVES_MAX][FS_HASH_LEN];
    uint8_t   there[8][LEAVES_MAX];
    unsigned  asked;
} kept_t;


static int
kept_get(void *data, unsigned level, uint32_t index, uint8_t *hash)
{
    kept_t  *kept = data;

    kept->asked++;

    if (level >= 8 || index >= LEAVES_MAX || !kept->there[level][index]) {
        return -1;
    }

    memcpy(hash, kept->nodes[level][index], FS_HASH_LEN);

    return 0;
}


static int
kept_put(void *data, unsigned level, uint32_t index, const uint8_t *hash)
{
    kept_t  *kept = data;

    assert_true(level < 8 && index < LEAVES_MAX);

    /* a node is whole when it is written, and never changes */
    assert_false(kept->there[level][index]);

    kept->there[level][index] = 1;
    memcpy(kept->nodes[level][index], hash, FS_HASH_LEN);

    return 0;
}


static void
leaf_of(uint32_t number, uint8_t *leaf)
{
    char     name[16], id[2 * FS_HASH_LEN];
    uint8_t  hash[FS_HASH_LEN];

    sprintf(name, "%u", number);
    hash_of(name, hash);
    fs_hex(hash, FS_HASH_LEN, id);

    assert_int_equal(fs_tree_leaf(number, id, leaf), 0);
}


static void
test_tree(void **state)
{
    size_t          i;
    uint8_t         leaf[FS_HASH_LEN], root[FS_HASH_LEN];
    uint8_t         other[FS_HASH_LEN];
    uint32_t        n, k;
    fs_tree_path_t  path;
    static kept_t   kept;

    static const struct {
        uint32_t     leaves;
        const char  *root;
    } rows[] = {
        { 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8"
             "55" },
        { 1, "ae493e59851dfd755320bfd973dd54a71a71c216668ed2b23f8ccbe3005c57"
             "7d" },
        { 2, "9bd9fd4634bc1bece56a7dc1ec9b5554b968c271746a5722376fa338a090bc"
             "22" },
        { 3, "0b5bbcb44cd980e46d2c10b59118bafa18f1b8c4e9c94a9e0496899da9b765"
             "75" },
        { 7, "920db616752defa85d860377216e1c5da9bf03e51a20719805db9ce0fd4aa1"
             "f5" },
        { 8, "cbbe08e73fc07f05eb19d87e1b0ecab3c603dde124bd96d57d64508d57116c"
             "21" },
        { 13, "e6bc2807d02a24b09fdf30cacb657290dd4c6670b9f092e8a5dff1fe1f81a"
              "d15" }
    };

    fs_tree_t  tree = { kept_get, kept_put, &kept };

    (void) state;

    for (i = 0, n = 0; n <= LEAVES_MAX; n++) {

        /* here are n leaves */

        assert_int_equal(fs_tree_root(&tree, n, root), 0);

        if (i < sizeof(rows) / sizeof(rows[0]) && rows[i].leaves == n) {
            assert_hex(root, rows[i++].root);
        }

        for (k = 0; k < n; k++) {
            kept.asked = 0;
            assert_int_equal(fs_tree_path(&tree, n, k, &path), 0);
            assert_true(kept.asked <= 7 * 7);
            assert_true(path.len <= 7);

            leaf_of(k + 1, leaf);
            assert_int_equal(fs_tree_follow(n, k, leaf, &path, other), 0);
            assert_memory_equal(root, other, FS_HASH_LEN);

            /* it is the path of this place and leaf alone */

            leaf_of(k + 2, leaf);
            assert_int_equal(fs_tree_follow(n, k, leaf, &path, other), 0);
            assert_memory_not_equal(root, other, FS_HASH_LEN);
            leaf_of(k + 1, leaf);

            if (n > 1) {
                if (fs_tree_follow(n, k ^ 1, leaf, &path, other) == 0) {
                    assert_memory_not_equal(root, other, FS_HASH_LEN);
                }

                path.len--;
                assert_int_equal(fs_tree_follow(n, k, leaf, &path, other),
                                 -1);
            }
        }

        assert_int_equal(fs_tree_path(&tree, n, n, &path), -1);
        assert_int_equal(fs_tree_follow(n, n, leaf, &path, other), -1);

        if (n < LEAVES_MAX) {
            leaf_of(n + 1, leaf);
            assert_int_equal(fs_tree_add(&tree, n, leaf), 0);
        }
    }

    assert_int_equal(i, sizeof(rows) / sizeof(rows[0]));

    /* what is not kept is not made up */

    kept.there[0][0] = kept.there[6][0] = 0;
    assert_int_equal(fs_tree_root(&tree, LEAVES_MAX, root), -1);
    assert_int_equal(fs_tree_path(&tree, LEAVES_MAX, 1, &path), -1);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packets),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_below),
        cmocka_unit_test(test_winners),
        cmocka_unit_test(test_tickets),
        cmocka_unit_test(test_tree)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
