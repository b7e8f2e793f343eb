
/*
 * Any bytes as a record of the ledger.  What is decoded is encoded to the
 * same bytes; its line stays within its buffer and is JSON that says the same.
 */

#include "records.h"
#include "ledger/entry_line.h"


/* NULL: a name in it is not known. */

static char *
render(const fs_entry_t *entry, size_t *len)
{
    int    rendered, whole;
    char  *line, *published;

    line = malloc(FS_ENTRY_JSON_MAX);
    published = malloc(RECORD_LINE_MAX);
    fuzz_check(line != NULL && published != NULL);

    rendered = fs_entry_render(entry, record_names(), line);
    whole = fs_entry_line(entry, record_names(), published);

    fuzz_check(rendered <= FS_ENTRY_JSON_MAX && whole <= RECORD_LINE_MAX);
    fuzz_check((rendered < 0) == (whole < 0));

    if (rendered < 0) {
        free(line);
        free(published);
        return NULL;
    }

    fuzz_check(whole > rendered);
    fuzz_check(memcmp(line, published, (size_t) rendered) == 0);
    fuzz_check(memcmp(published + rendered, ",\"hash\":\"", 9) == 0);

    free(line);
    *len = (size_t) whole;

    return published;
}


static void
check(fs_seq_t seq, const uint8_t *record, size_t size)
{
    char        *line;
    size_t       len;
    uint8_t      again[FS_ENTRY_SIZE];
    fs_entry_t   entry;

    if (fs_entry_decode(&entry, seq, record, size) != 0) {
        return;
    }

    fuzz_check(size == FS_ENTRY_SIZE && record[0] == FS_ENTRY_VERSION);
    fuzz_check(entry.seq == seq);

    fs_entry_encode(&entry, again);
    fuzz_check(memcmp(record, again, sizeof(again)) == 0);

    line = render(&entry, &len);

    if (line != NULL) {
        record_line_is(&entry, line, len);
        free(line);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_t    fuzz = { data, size };
    uint8_t   record[FS_ENTRY_SIZE];
    fs_seq_t  seq;

    /* as it is; then cut or filled up to a record of the version */

    check(1, data, size);

    seq = fuzz_number(&fuzz, 2);
    fuzz_bytes(&fuzz, record, sizeof(record));

    if (seq & 1) {
        record[0] = FS_ENTRY_VERSION;
        record[6] = 0;
        record[7] = 0;
    }

    check(seq, record, sizeof(record));
    check(UINT64_MAX - seq, record, sizeof(record));

    return 0;
}
