
/*
 * Packets and draws: docs/draws.md, to the byte.
 *
 * Numbers come from SHA-256 over a key and a counter.  Those that would make
 * some results likelier than others are passed over (a modulo alone would not
 * do so).  Packets are a part of a whole by cut points that are all different,
 * so that each way to part it has the same probability, and with it each
 * place in the queue the same distribution, to the fen, also where there is
 * hardly more than a fen for each.
 */

#include "base/bytes.h"
#include "base/crypto.h"
#include "rules/draw.h"

#include <stdlib.h>


/* A place of the list 0, 1, 2, ... at which another number lies now. */
typedef struct {
    uint64_t             place;         /* + 1; 0: free */
    uint64_t             number;
} fs_moved_t;

typedef struct {
    uint64_t             mask;
    fs_moved_t          *rows;
} fs_moved_table_t;


static uint64_t fs_stream_next(fs_stream_t *stream);
static fs_moved_t *fs_moved(const fs_moved_table_t *table, uint64_t place);
static int fs_uint64_order(const void *one, const void *two);


void
fs_stream_begin(fs_stream_t *stream, const uint8_t *key)
{
    memcpy(stream->key, key, FS_HASH_LEN);
    stream->blocks = 0;
    stream->used = FS_HASH_LEN;
    stream->failed = 0;
}


/* 8 bytes of the stream, of which the first FS_STREAM_BITS bits count. */

static uint64_t
fs_stream_next(fs_stream_t *stream)
{
    uint8_t   counter[8];
    uint64_t  number;
    fs_str_t  first = { FS_HASH_LEN, (const char *) stream->key };
    fs_str_t  second = { sizeof(counter), (const char *) counter };

    if (stream->used == FS_HASH_LEN) {

        fs_set_be64(counter, stream->blocks++);
        stream->used = 0;

        if (fs_sha256(first, second, stream->block) != 0) {
            stream->failed = 1;
        }
    }

    number = fs_get_be64(stream->block + stream->used)
             >> (64 - FS_STREAM_BITS);
    stream->used += 8;

    return number;
}


uint64_t
fs_stream_below(fs_stream_t *stream, uint64_t bound)
{
    uint64_t  all, number;

    /* of all numbers, as many as `bound` divides */

    all = (uint64_t) 1 << FS_STREAM_BITS;
    all -= all % bound;

    do {
        number = fs_stream_next(stream);

        if (stream->failed) {
            return 0;
        }

    } while (number >= all);

    return number % bound;
}


/* The row of a place, or the free one where it would be. */

static fs_moved_t *
fs_moved(const fs_moved_table_t *table, uint64_t place)
{
    uint64_t  i;

    /* multiplied, so that places in a row do not lie in a row */

    i = (place + 1) * 0x9e3779b97f4a7c15ULL >> 32;

    while (table->rows[i & table->mask].place != 0
           && table->rows[i & table->mask].place != place + 1)
    {
        i++;
    }

    return &table->rows[i & table->mask];
}


/*
 * The first n steps of a shuffle of 0 to bound - 1, of which only the places
 * are kept that have changed: at most one a step.
 */

int
fs_stream_sample(fs_stream_t *stream, uint64_t bound, uint32_t n,
    uint64_t *numbers)
{
    uint64_t           size, place, own;
    uint32_t           i;
    fs_moved_t        *row;
    fs_moved_table_t   table;

    for (size = 16; size < (uint64_t) n * 2; size *= 2) { /* void */ }

    table.mask = size - 1;
    table.rows = calloc(size, sizeof(*table.rows));

    if (table.rows == NULL) {
        return -1;
    }

    for (i = 0; i < n; i++) {

        place = i + fs_stream_below(stream, bound - i);

        /* what lies at i goes where the number was that lies at `place` */

        row = fs_moved(&table, i);
        own = row->place != 0 ? row->number : i;

        row = fs_moved(&table, place);
        numbers[i] = row->place != 0 ? row->number : place;

        row->place = place + 1;
        row->number = own;
    }

    free(table.rows);

    return stream->failed ? -1 : 0;
}


int
fs_seed_commit(const uint8_t *seed, uint8_t *commit)
{
    fs_str_t  first = { FS_SEED_LEN, (const char *) seed };
    fs_str_t  second = fs_null_str;

    return fs_sha256(first, second, commit);
}


static int
fs_uint64_order(const void *one, const void *two)
{
    uint64_t  a = *(const uint64_t *) one, b = *(const uint64_t *) two;

    return a < b ? -1 : a > b;
}


int
fs_packet_amounts(const uint8_t *seed, uint32_t n, int64_t total_fen,
    int64_t *amounts)
{
    int64_t      before, cut;
    uint32_t     i, cuts_n;
    uint64_t     places;
    uint64_t    *cuts;
    fs_stream_t  stream;

    if (n == 0 || n > FS_PACKETS_MAX || total_fen < n
        || total_fen > FS_PRICE_MAX)
    {
        return -1;
    }

    /*
     * total_fen - n fen are more than one each.  They and 3n - 1 cuts lie in a
     * row of places; what lies between every third cut is one packet's.
     */

    cuts_n = 3 * n - 1;
    places = (uint64_t) total_fen - n + cuts_n;

    cuts = malloc(cuts_n * sizeof(*cuts));

    if (cuts == NULL) {
        return -1;
    }

    fs_stream_begin(&stream, seed);

    if (fs_stream_sample(&stream, places, cuts_n, cuts) != 0) {
        free(cuts);
        return -1;
    }

    qsort(cuts, cuts_n, sizeof(*cuts), fs_uint64_order);

    before = -1;

    for (i = 1; i <= n; i++) {

        cut = (int64_t) (i < n ? cuts[3 * i - 1] : places);

        /* less the third cut and the two between, and 1 fen */

        amounts[i - 1] = cut - before - 2;
        before = cut;
    }

    free(cuts);

    return 0;
}


int
fs_draw_seed(const uint8_t *seed, uint32_t entries, const uint8_t *chain,
    const uint8_t *beacon, uint8_t *final)
{
    uint8_t   head[FS_SEED_LEN + 8 + FS_HASH_LEN];
    fs_str_t  first = { sizeof(head), (const char *) head };
    fs_str_t  second = fs_null_str;

    memcpy(head, seed, FS_SEED_LEN);
    fs_set_be64(head + FS_SEED_LEN, entries);
    memcpy(head + FS_SEED_LEN + 8, chain, FS_HASH_LEN);

    if (beacon != NULL) {
        second.len = FS_HASH_LEN;
        second.data = (const char *) beacon;
    }

    return fs_sha256(first, second, final);
}


int
fs_draw_winners(const uint8_t *final, uint32_t entries, uint32_t n,
    uint32_t *numbers)
{
    int          rc;
    uint32_t     i;
    uint64_t    *drawn;
    fs_stream_t  stream;

    if (n > entries) {
        n = entries;
    }

    if (n > FS_WINNERS_MAX) {
        return -1;
    }

    if (n == 0) {
        return 0;
    }

    drawn = malloc(n * sizeof(*drawn));

    if (drawn == NULL) {
        return -1;
    }

    fs_stream_begin(&stream, final);
    rc = fs_stream_sample(&stream, entries, n, drawn);

    for (i = 0; i < n; i++) {
        numbers[i] = (uint32_t) drawn[i] + 1;
    }

    free(drawn);

    return rc == 0 ? (int) n : -1;
}
