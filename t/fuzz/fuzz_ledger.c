
/*
 * A feed: the records that the bytes are, chained as the store does it.
 * Whoever has nothing but the lines can check the chain, and finds any byte
 * that was changed in it.
 */

#include "records.h"
#include "ledger/entry_line.h"


#define ENTRIES_MAX  16


typedef struct {
    size_t               len;
    char                 data[RECORD_LINE_MAX];
} feed_line_t;


/* As docs/ledger.md tells the world to do it; `previous` is 64 digits. */

static int
line_good(const feed_line_t *line, char *previous)
{
    char      hash[2 * FS_HASH_LEN];
    size_t    end;
    uint8_t   raw[FS_HASH_LEN];
    fs_str_t  before, body;

    end = sizeof(",\"hash\":\"") - 1 + sizeof(hash) + sizeof("\"}\n") - 1;

    if (line->len < end) {
        return 0;
    }

    body.len = line->len - end;
    body.data = line->data;
    before.len = sizeof(hash);
    before.data = previous;

    if (memcmp(line->data + body.len, ",\"hash\":\"", 9) != 0
        || memcmp(line->data + line->len - 3, "\"}\n", 3) != 0
        || fs_sha256(before, body, raw) != 0)
    {
        return 0;
    }

    fs_hex(raw, sizeof(raw), hash);

    if (memcmp(line->data + body.len + 9, hash, sizeof(hash)) != 0) {
        return 0;
    }

    memcpy(previous, hash, sizeof(hash));

    return 1;
}


/* The number of lines whose chain holds, from the first on. */

static size_t
feed_check(const feed_line_t *lines, size_t n)
{
    char    previous[2 * FS_HASH_LEN];
    size_t  i;

    memset(previous, '0', sizeof(previous));

    for (i = 0; i < n; i++) {
        if (!line_good(&lines[i], previous)) {
            break;
        }
    }

    return i;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int          len;
    size_t       n, at;
    fuzz_t       fuzz = { data, size };
    uint8_t      hash[FS_HASH_LEN], record[FS_ENTRY_SIZE];
    uint32_t     where;
    fs_entry_t   entry;

    static feed_line_t  lines[ENTRIES_MAX];

    where = (uint32_t) fuzz_number(&fuzz, 4);
    memset(hash, 0, sizeof(hash));
    n = 0;

    while (fuzz.len > 0 && n < ENTRIES_MAX) {
        fuzz_bytes(&fuzz, record, FS_ENTRY_HASH_OFFSET);
        memset(record + FS_ENTRY_HASH_OFFSET, 0, FS_HASH_LEN);
        record[0] = FS_ENTRY_VERSION;
        record[6] = 0;
        record[7] = 0;

        if (fs_entry_decode(&entry, n + 1, record, sizeof(record)) != 0) {
            continue;
        }

        len = fs_entry_render(&entry, record_names(), lines[n].data);

        if (len < 0) {
            continue;
        }

        fuzz_check(fs_entry_chain(&entry, hash, lines[n].data, (size_t) len)
                   == 0);
        memcpy(hash, entry.hash, sizeof(hash));

        len = fs_entry_line(&entry, record_names(), lines[n].data);
        fuzz_check(len > 0);
        lines[n].len = (size_t) len;
        record_line_is(&entry, lines[n].data, lines[n].len);
        n++;
    }

    fuzz_check(feed_check(lines, n) == n);

    if (n == 0) {
        return 0;
    }

    /* one bit of one line: the chain ends there */

    at = where % n;
    where /= ENTRIES_MAX;
    lines[at].data[where % lines[at].len] ^= (char) (1 << (where >> 25));
    fuzz_check(feed_check(lines, n) == at);

    /* a line left out, the last but for nobody to see */

    lines[at].len = 0;
    fuzz_check(feed_check(lines, n) == at);

    return 0;
}
