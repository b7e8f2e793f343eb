
#include <errno.h>
#include <unistd.h>

#include "index/buyers.h"
#include "lmdb/page.h"


#define FS_FILTER_BLOCK  64             /* bytes: a cache line */
#define FS_FILTER_WORDS  8              /* of a block */
#define FS_FILTER_BITS   3              /* of a buyer */
#define FS_FILTER_TAG    0x7265796f74757366ULL

/* a value begins 16 bytes into a page: what it lacks to a whole block */
#define FS_FILTER_PAD    48

/* smaller values share a page of any size, and LMDB moves them */
#define FS_FILTER_LEAST  65536

#define FS_GENERATION_PART  16

/* the newest, of which lines are fetched ahead: as many as a processor does */
#define FS_FILTERS_EXPECTED  8

typedef struct {
    unsigned             n;
    fs_seq_t             from;
    fs_seq_t             to;
} fs_generation_t;

static void fs_generation_first(const fs_store_t *store,
    fs_generation_t *generation);
static void fs_generation_next(const fs_store_t *store,
    fs_generation_t *generation);
static uint64_t fs_filter_size(const fs_generation_t *generation);
static void fs_buyers_load(fs_buyers_t *buyers);
static int fs_buyers_known(fs_buyers_t *buyers);
static int fs_buyers_filter(fs_buyers_t *buyers, fs_filter_t *filter,
    fs_str_t value);
static void fs_buyers_make(fs_buyers_t *buyers, unsigned current);
static void fs_buyers_ask(fs_buyers_t *buyers, const uint8_t *buyer);
static int fs_buyers_find(void *data);
static size_t fs_buyers_key(uint8_t *place, unsigned generation,
    const uint8_t *key, size_t len);
static uint64_t fs_filter_tag(uint64_t block);
static void fs_filter_clear(const fs_filter_t *filter);
static uint64_t fs_filter_block(const fs_filter_t *filter,
    const uint8_t *buyer, uint64_t *bits);
static unsigned fs_filter_bit(uint64_t bits, unsigned i, uint64_t *mask);
static int fs_filter_has(const fs_filter_t *filter, const uint8_t *buyer);
static void fs_filter_add(const fs_filter_t *filter, const uint8_t *buyer);
static int fs_filter_write(const fs_filter_t *filter, const uint8_t *buyer,
    MDB_env *env);


static void
fs_generation_first(const fs_store_t *store, fs_generation_t *generation)
{
    generation->n = 0;
    generation->from = 0;
    generation->to = store->generation;
}


static void
fs_generation_next(const fs_store_t *store, fs_generation_t *generation)
{
    fs_seq_t  len;

    len = generation->to / FS_GENERATION_PART;

    if (len < store->generation) {
        len = store->generation;
    }

    generation->n++;
    generation->from = generation->to;
    generation->to = (generation->n == FS_GENERATIONS_MAX - 1)
                     ? UINT64_MAX : generation->from + len;
}


static uint64_t
fs_filter_size(const fs_generation_t *generation)
{
    uint64_t  size;

    if (generation->n == FS_GENERATIONS_MAX - 1) {
        size = generation->from / FS_GENERATION_PART;

    } else {
        size = generation->to - generation->from;
    }

    if (size < FS_FILTER_LEAST) {
        size = FS_FILTER_LEAST;
    }

    return FS_FILTER_PAD + size / FS_FILTER_BLOCK * FS_FILTER_BLOCK;
}


uint64_t
fs_buyers_filters(const fs_store_t *store, fs_seq_t seq, uint64_t entries)
{
    uint64_t         size;
    fs_generation_t  generation;

    size = 0;

    for (fs_generation_first(store, &generation);
         generation.from <= seq + entries;
         fs_generation_next(store, &generation))
    {
        if (generation.to > seq) {
            size += fs_filter_size(&generation) + FS_FILTER_LEAST;
        }

        if (generation.to == UINT64_MAX) {
            break;
        }
    }

    return size;
}


void
fs_buyers_begin(fs_buyers_t *buyers, fs_store_t *store, fs_txn_t *txn,
    int snapshot)
{
    buyers->store = store;
    buyers->txn = txn;
    buyers->snapshot = snapshot ? 1 : 0;
    buyers->loaded = 0;
    buyers->asked = 0;

    /* another index may have generations of other lengths */

    buyers->from = 0;
    buyers->to = 0;
}


void
fs_buyers_recall(fs_buyers_t *buyers, fs_txn_t *none)
{
    buyers->txn = none;
    buyers->snapshot = 1;
    buyers->asked = 0;
}


void
fs_buyers_expect(const fs_buyers_t *buyers, const uint8_t *buyer)
{
    unsigned  i, n;
    uint64_t  block, bits;

    n = (buyers->n < FS_FILTERS_EXPECTED) ? buyers->n : FS_FILTERS_EXPECTED;

    for (i = buyers->n - n; i < buyers->n; i++) {
        block = fs_filter_block(&buyers->filters[i], buyer, &bits);
        __builtin_prefetch((const void *)
                           &buyers->filters[i].words[block * FS_FILTER_WORDS]);
    }
}


int
fs_buyers_stranger(fs_buyers_t *buyers, const uint8_t *buyer)
{
    fs_buyers_ask(buyers, buyer);

    return buyers->loaded && buyers->in_n == 0 && buyers->txn->error == 0;
}


static void
fs_buyers_load(fs_buyers_t *buyers)
{
    uint8_t   n;
    fs_str_t  value;

    if (buyers->loaded || buyers->txn->error || buyers->txn->txn == NULL) {
        return;
    }

    if (buyers->snapshot && fs_buyers_known(buyers)) {
        buyers->loaded = 1;
        return;
    }

    buyers->txn_id = 0;

    for (n = 0; n < FS_GENERATIONS_MAX; n++) {

        if (!fs_db_get_long(buyers->txn,
                            buyers->store->index_dbi[FS_INDEX_FILTERS], &n,
                            sizeof(n), &value)
            || !fs_buyers_filter(buyers, &buyers->filters[n], value))
        {
            break;
        }
    }

    buyers->n = n;

    if (buyers->txn->error) {
        return;
    }

    buyers->loaded = 1;

    if (buyers->snapshot) {
        buyers->index_n = buyers->store->index_n;
        buyers->txn_id = mdb_txn_id(buyers->txn->txn);
    }
}


/*
 * The same transaction of the same index has the same filters, and when the
 * first is where it was the map has not been moved either.
 */

static int
fs_buyers_known(fs_buyers_t *buyers)
{
    uint8_t      first;
    fs_str_t     value;
    fs_filter_t  filter;

    if (buyers->txn_id == 0
        || buyers->txn_id != mdb_txn_id(buyers->txn->txn)
        || buyers->index_n != buyers->store->index_n)
    {
        return 0;
    }

    first = 0;

    return buyers->n == 0
           || (fs_db_get_long(buyers->txn,
                              buyers->store->index_dbi[FS_INDEX_FILTERS],
                              &first, sizeof(first), &value)
               && fs_buyers_filter(buyers, &filter, value)
               && filter.words == buyers->filters[0].words);
}


/* 0: damaged. */

static int
fs_buyers_filter(fs_buyers_t *buyers, fs_filter_t *filter, fs_str_t value)
{
    uintptr_t  at;

    at = (uintptr_t) value.data + FS_FILTER_PAD;

    if (value.len < FS_FILTER_PAD + FS_FILTER_LEAST
        || at % sizeof(uint64_t) != 0)
    {
        buyers->txn->error = MDB_CORRUPTED;
        return 0;
    }

    filter->made = 0;
    filter->words = (_Atomic uint64_t *) at;
    filter->blocks = (value.len - FS_FILTER_PAD) / FS_FILTER_BLOCK;

    return 1;
}


/* The filters up to the current generation's. */

static void
fs_buyers_make(fs_buyers_t *buyers, unsigned current)
{
    void             *room;
    uint8_t           n;
    uint64_t          size;
    fs_str_t          value;
    fs_generation_t   generation;

    fs_generation_first(buyers->store, &generation);

    for ( /* void */ ; generation.n <= current;
         fs_generation_next(buyers->store, &generation))
    {
        if (generation.n < buyers->n) {
            continue;
        }

        n = (uint8_t) generation.n;
        size = fs_filter_size(&generation);

        room = fs_db_reserve(buyers->txn,
                             buyers->store->index_dbi[FS_INDEX_FILTERS], &n,
                             sizeof(n), size, 0);
        if (room == NULL) {
            return;
        }

        memset(room, 0, size);

        value.data = room;
        value.len = size;

        if (!fs_buyers_filter(buyers, &buyers->filters[n], value)) {
            return;
        }

        buyers->filters[n].made = 1;
        fs_filter_clear(&buyers->filters[n]);
        buyers->n++;
    }
}


/* Where a buyer may have rows. */

static void
fs_buyers_ask(fs_buyers_t *buyers, const uint8_t *buyer)
{
    if (buyers->asked && memcmp(buyers->buyer, buyer, FS_BUYER_LEN) == 0) {
        return;
    }

    fs_buyers_load(buyers);

    memcpy(buyers->buyer, buyer, FS_BUYER_LEN);
    buyers->asked = 1;
    buyers->in_n = 0;

    if (!buyers->loaded) {
        return;
    }

    if (fs_guard_call(fs_buyers_find, buyers) != 0) {
        buyers->txn->error = MDB_CORRUPTED;
        buyers->in_n = 0;
    }
}


/* By the filters' bits, where they lie.  0; -1: one is damaged. */

static int
fs_buyers_find(void *data)
{
    fs_buyers_t  *buyers = data;

    int       has;
    unsigned  n;

    for (n = buyers->n; n-- > 0; /* void */ ) {

        has = fs_filter_has(&buyers->filters[n], buyers->buyer);

        if (has == -1) {
            return -1;
        }

        if (has) {
            buyers->in[buyers->in_n++] = (uint8_t) n;
        }
    }

    return 0;
}


int
fs_buyers_get(fs_buyers_t *buyers, const uint8_t *key, size_t len,
    fs_str_t *value)
{
    size_t    n;
    unsigned  i;
    uint8_t   place[1 + FS_BUYERS_KEY_MAX];

    fs_buyers_ask(buyers, key);

    for (i = 0; i < buyers->in_n; i++) {
        n = fs_buyers_key(place, buyers->in[i], key, len);

        if (fs_db_get(buyers->txn,
                      buyers->store->index_dbi[FS_INDEX_BUYERS], place, n,
                      value))
        {
            return 1;
        }
    }

    return 0;
}


uint8_t *
fs_buyers_reserve(fs_buyers_t *buyers, fs_seq_t seq, const uint8_t *key,
    size_t len, size_t size)
{
    size_t           n;
    uint8_t          place[1 + FS_BUYERS_KEY_MAX];
    fs_generation_t  generation;

    fs_buyers_ask(buyers, key);

    if (seq < buyers->from || seq >= buyers->to) {

        fs_generation_first(buyers->store, &generation);

        while (seq >= generation.to) {
            fs_generation_next(buyers->store, &generation);
        }

        buyers->current = generation.n;
        buyers->from = generation.from;
        buyers->to = generation.to;
    }

    if (buyers->current >= buyers->n) {
        fs_buyers_make(buyers, buyers->current);
    }

    if (buyers->txn->error) {
        return NULL;
    }

    if (buyers->in_n == 0 || buyers->in[0] != buyers->current) {

        if (buyers->store->index_mapped) {
            fs_filter_add(&buyers->filters[buyers->current], key);

        } else {
            buyers->txn->error =
                fs_filter_write(&buyers->filters[buyers->current], key,
                                mdb_txn_env(buyers->txn->txn));

            if (buyers->txn->error) {
                return NULL;
            }
        }

        memmove(buyers->in + 1, buyers->in, buyers->in_n);
        buyers->in[0] = (uint8_t) buyers->current;
        buyers->in_n++;
    }

    n = fs_buyers_key(place, buyers->current, key, len);

    return fs_db_reserve(buyers->txn,
                         buyers->store->index_dbi[FS_INDEX_BUYERS], place, n,
                         size, 0);
}


void
fs_buyers_delete(fs_buyers_t *buyers, const uint8_t *key, size_t len,
    const uint8_t *value, size_t value_len)
{
    size_t    n;
    MDB_dbi   dbi;
    unsigned  i;
    uint8_t   place[1 + FS_BUYERS_KEY_MAX];
    fs_str_t  row;

    fs_buyers_ask(buyers, key);

    dbi = buyers->store->index_dbi[FS_INDEX_BUYERS];

    for (i = 0; i < buyers->in_n; i++) {
        n = fs_buyers_key(place, buyers->in[i], key, len);

        if (fs_db_get(buyers->txn, dbi, place, n, &row)
            && row.len == value_len && memcmp(row.data, value, row.len) == 0)
        {
            (void) fs_db_delete(buyers->txn, dbi, place, n, NULL, 0);
            return;
        }
    }
}


static size_t
fs_buyers_key(uint8_t *place, unsigned generation, const uint8_t *key,
    size_t len)
{
    place[0] = (uint8_t) generation;
    memcpy(place + 1, key, len);

    return 1 + len;
}


/* A block's last word: what was written over, zeros too, is seen. */

static uint64_t
fs_filter_tag(uint64_t block)
{
    return FS_FILTER_TAG ^ block;
}


static void
fs_filter_clear(const fs_filter_t *filter)
{
    uint64_t  block;

    for (block = 0; block < filter->blocks; block++) {
        atomic_store_explicit(&filter->words[block * FS_FILTER_WORDS
                                             + FS_FILTER_WORDS - 1],
                              fs_filter_tag(block), memory_order_relaxed);
    }
}


/*
 * Returns the buyer's block; bits: the words and the bits in it, 16 bits each.
 * Pseudonyms are random, so hardly any mixing is needed; the factors are
 * splitmix64's.
 */

static uint64_t
fs_filter_block(const fs_filter_t *filter, const uint8_t *buyer,
    uint64_t *bits)
{
    uint64_t  hash;

    hash = fs_get_le64(buyer) * 0xbf58476d1ce4e5b9ULL
           + fs_get_le64(buyer + 8);
    hash = (hash ^ (hash >> 32)) * 0x94d049bb133111ebULL;

    *bits = hash ^ (hash >> 36);

    return ((hash >> 32) * filter->blocks) >> 32;
}


/* The i-th bit of a buyer: its word in the block, and its mask there. */

static unsigned
fs_filter_bit(uint64_t bits, unsigned i, uint64_t *mask)
{
    bits >>= 16 * i;
    *mask = 1ULL << (bits & 63);

    return (unsigned) ((((bits >> 6) & 1023) * (FS_FILTER_WORDS - 1)) >> 10);
}


/* 1 or 0; -1: it is damaged. */

static int
fs_filter_has(const fs_filter_t *filter, const uint8_t *buyer)
{
    unsigned           i, word;
    uint64_t           block, bits, mask;
    _Atomic uint64_t  *words;

    block = fs_filter_block(filter, buyer, &bits);
    words = &filter->words[block * FS_FILTER_WORDS];

    if (atomic_load_explicit(&words[FS_FILTER_WORDS - 1],
                             memory_order_relaxed)
        != fs_filter_tag(block))
    {
        return -1;
    }

    for (i = 0; i < FS_FILTER_BITS; i++) {
        word = fs_filter_bit(bits, i, &mask);

        if ((atomic_load_explicit(&words[word], memory_order_relaxed) & mask)
            == 0)
        {
            return 0;
        }
    }

    return 1;
}


static void
fs_filter_add(const fs_filter_t *filter, const uint8_t *buyer)
{
    unsigned           i, word;
    uint64_t           block, bits, mask;
    _Atomic uint64_t  *words;

    block = fs_filter_block(filter, buyer, &bits);
    words = &filter->words[block * FS_FILTER_WORDS];

    for (i = 0; i < FS_FILTER_BITS; i++) {
        word = fs_filter_bit(bits, i, &mask);

        (void) atomic_fetch_or_explicit(&words[word], mask,
                                        memory_order_relaxed);
    }
}


/*
 * The same where the map is read only: the file is written, and whoever looks
 * into the map sees that.  The first page of the run says where.  A filter
 * that this transaction has made lies in memory until the commit: none is so
 * large that LMDB would write pages out before (some 500 MB).  0, or an errno
 * or LMDB's error.
 */

static int
fs_filter_write(const fs_filter_t *filter, const uint8_t *buyer, MDB_env *env)
{
    int             fd, rc;
    off_t           at;
    ssize_t         n;
    unsigned        i, word;
    MDB_stat        stat;
    uint64_t        block, bits, mask, words[FS_FILTER_WORDS];
    const uint8_t  *page;

    if (filter->made) {
        fs_filter_add(filter, buyer);
        return 0;
    }

    rc = mdb_env_get_fd(env, &fd);

    if (rc) {
        return rc;
    }

    mdb_env_stat(env, &stat);

    page = (const uint8_t *) filter->words - FS_FILTER_PAD - FS_PAGE_HEADER;
    block = fs_filter_block(filter, buyer, &bits);

    at = (off_t) (fs_get_le64(page) * stat.ms_psize + FS_PAGE_HEADER
                  + FS_FILTER_PAD + block * FS_FILTER_BLOCK);

    n = pread(fd, words, sizeof(words), at);

    if (n == -1) {
        return errno;
    }

    if (n != sizeof(words)
        || words[FS_FILTER_WORDS - 1] != fs_filter_tag(block))
    {
        return MDB_CORRUPTED;
    }

    for (i = 0; i < FS_FILTER_BITS; i++) {
        word = fs_filter_bit(bits, i, &mask);
        words[word] |= mask;
    }

    n = pwrite(fd, words, sizeof(words), at);

    /* a part only is written to a full disk */

    return n == sizeof(words) ? 0 : n == -1 ? errno : ENOSPC;
}
