
/*
 * The ledger in files: each run adds one with what has happened since.  They
 * are lines of GET /ledger, so that whatever reads that reads them.
 *
 * FIRST-LAST.ndjson, both with leading zeros, so that names are in order.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/entry_line.h"
#include "read/read.h"
#include "tool.h"


#define TOOL_SEGMENT_NAME    "%012" PRIu64 "-%012" PRIu64 ".ndjson"
#define TOOL_SEGMENT_DIGITS  (2 * 12 + 1)
#define TOOL_SEGMENT_LINE    (FS_ENTRY_JSON_MAX + 128)
#define TOOL_SEGMENT_STEP    256        /* entries of a view */
#define TOOL_SEGMENT_TRIES   5000       /* for one, a millisecond apart */

typedef struct {
    fs_store_t          *store;
    fs_reader_t         *reader;
    fs_crypto_t         *crypto;
    FILE                *file;
    const char          *path;          /* of the store */
    fs_seq_t             seq;           /* the last one written, and */
    uint8_t              hash[FS_HASH_LEN];  /* its hash */
} tool_segment_t;

static int tool_segments_last(const char *directory, fs_seq_t *last,
    uint8_t *hash);
static int tool_segments_named(const struct dirent *entry);
static int tool_segments_hash(const char *name, fs_seq_t last,
    uint8_t *hash);
static int tool_segments_write(tool_segment_t *segment, const char *to);
static int tool_segments_step(tool_segment_t *segment, int first);
static int tool_segments_line(tool_segment_t *segment,
    const fs_entry_t *entry, const fs_names_t *names);
static int tool_segments_forked(const tool_segment_t *segment);
static int tool_segments_name(const char *directory, const char *unfinished,
    fs_seq_t after, const tool_segment_t *segment);


int
tool_segments(char **arguments, const tool_options_t *options)
{
    int              code;
    char             path[PATH_MAX], directory[PATH_MAX], to[PATH_MAX];
    fs_seq_t         after;
    tool_segment_t   segment;

    (void) options;
    memset(&segment, 0, sizeof(segment));

    if (tool_path(arguments[0], path) == -1
        || tool_become_writer(path, arguments[1], directory) == -1
        || tool_lock(directory) == -1
        || tool_name(to, directory, TOOL_UNFINISHED ".ndjson") == -1)
    {
        return TOOL_FAILED;
    }

    code = tool_segments_last(directory, &segment.seq, segment.hash);

    if (code != TOOL_DONE) {
        return code;
    }

    after = segment.seq;
    segment.path = path;
    code = tool_open_log(path, FS_LOG_OF_STORE, &segment.store);

    if (code != TOOL_DONE) {
        return code;
    }

    segment.reader = fs_reader_create(segment.store);
    segment.crypto = fs_crypto_create(segment.store->store_key);

    code = segment.reader && segment.crypto
           ? tool_segments_write(&segment, to)
           : tool_says(TOOL_FAILED, "no memory");

    if (segment.reader) {
        fs_reader_destroy(segment.reader);
    }

    fs_crypto_destroy(segment.crypto);
    fs_store_close(segment.store, 0);

    if (code == TOOL_DONE) {
        code = tool_segments_name(directory, to, after, &segment);
    }

    return code;
}


/* Where the files end: they follow each other, and the last one is whole. */

static int
tool_segments_last(const char *directory, fs_seq_t *last, uint8_t *hash)
{
    int              n, i, code;
    char             name[PATH_MAX];
    fs_seq_t         from, to;
    struct dirent  **entries;

    n = scandir(directory, &entries, tool_segments_named, alphasort);

    if (n == -1) {
        return tool_says(TOOL_FAILED, "%s: %s", directory, strerror(errno));
    }

    *last = 0;
    code = TOOL_DONE;

    for (i = 0; i < n && code == TOOL_DONE; i++) {

        if (sscanf(entries[i]->d_name, "%" SCNu64 "-%" SCNu64, &from, &to)
            != 2 || from != *last + 1 || to < from)
        {
            code = tool_says(TOOL_REFUSED, "%s/%s does not go on after entry "
                             "%" PRIu64 ": put back what was there, or begin "
                             "another directory", directory,
                             entries[i]->d_name, *last);
            break;
        }

        *last = to;
    }

    if (code == TOOL_DONE && n
        && (tool_name(name, directory, entries[n - 1]->d_name) == -1
            || tool_segments_hash(name, *last, hash) == -1))
    {
        code = TOOL_REFUSED;
    }

    for (i = 0; i < n; i++) {
        free(entries[i]);
    }

    free(entries);

    return code;
}


static int
tool_segments_named(const struct dirent *entry)
{
    return strspn(entry->d_name, "0123456789-") == TOOL_SEGMENT_DIGITS
           && strcmp(entry->d_name + TOOL_SEGMENT_DIGITS, ".ndjson") == 0;
}


/* Of the last line of a file, which is that entry. */

static int
tool_segments_hash(const char *name, fs_seq_t last, uint8_t *hash)
{
    int           fd, good;
    char          text[TOOL_SEGMENT_LINE + 1], *line, *end;
    off_t         from;
    ssize_t       n;
    fs_seq_t      seq;
    unsigned      i, value;
    struct stat   st;

    fd = open(name, O_RDONLY|O_CLOEXEC);

    if (fd == -1 || fstat(fd, &st) == -1) {
        return tool_says(-1, "%s: %s", name, strerror(errno));
    }

    from = st.st_size > TOOL_SEGMENT_LINE ? st.st_size - TOOL_SEGMENT_LINE
                                          : 0;
    n = pread(fd, text, TOOL_SEGMENT_LINE, from);
    close(fd);

    text[n > 0 ? n : 0] = '\0';
    end = strrchr(text, '\n');
    good = n > 0 && end == text + n - 1;

    if (good) {
        *end = '\0';
        line = strrchr(text, '\n');
        line = line ? line + 1 : text;
        end = strstr(line, ",\"hash\":\"");
        good = sscanf(line, "{\"seq\":%" SCNu64, &seq) == 1 && seq == last
               && end && strlen(end) == 9 + 2 * FS_HASH_LEN + 2;
    }

    for (i = 0; good && i < FS_HASH_LEN; i++) {
        good = sscanf(end + 9 + 2 * i, "%2x", &value) == 1;
        hash[i] = (uint8_t) value;
    }

    return good ? 0 : tool_says(-1, "%s does not end with entry %" PRIu64
                                ": put back what was there, or begin another "
                                "directory", name, last);
}


static int
tool_segments_write(tool_segment_t *segment, const char *to)
{
    int       code;
    fs_seq_t  before;

    segment->file = fopen(to, "we");

    if (segment->file == NULL) {
        return tool_says(TOOL_FAILED, "%s: %s", to, strerror(errno));
    }

    code = tool_segments_step(segment, 1);

    while (code == TOOL_DONE) {
        before = segment->seq;
        code = tool_segments_step(segment, 0);

        if (segment->seq == before) {
            break;
        }
    }

    if (code == TOOL_DONE
        && (fflush(segment->file) != 0 || fsync(fileno(segment->file)) == -1))
    {
        code = tool_says(TOOL_FAILED, "%s cannot be written: %s", to,
                         strerror(errno));
    }

    if (fclose(segment->file) != 0 && code == TOOL_DONE) {
        code = tool_says(TOOL_FAILED, "%s: %s", to, strerror(errno));
    }

    return code;
}


/* The entries of a view; first: none, but whether it is the same ledger. */

static int
tool_segments_step(tool_segment_t *segment, int first)
{
    int           code, knows;
    size_t        i, n;
    unsigned      tries;
    fs_view_t     view;
    fs_entry_t    entries[TOOL_SEGMENT_STEP];
    fs_names_t    names;
    fs_outcome_t  outcome;

    for (tries = 0;
         (outcome = fs_view_open_log(segment->reader, &view)) != FS_OK
         && tries < TOOL_SEGMENT_TRIES;
         tries++)
    {
        usleep(1000);
    }

    if (outcome != FS_OK) {
        return tool_says(TOOL_FAILED, "%s cannot be read just now: %s",
                         segment->path, fs_outcome_title(outcome));
    }

    code = TOOL_DONE;

    if (first) {
        knows = fs_view_knows(&view, segment->seq, segment->hash);

        if (knows != 1) {
            code = knows == 0 && fs_view_outcome(&view) == FS_OK
                   ? tool_segments_forked(segment)
                   : tool_says(TOOL_REFUSED, "%s: entry %" PRIu64 " cannot "
                               "be read", segment->path, segment->seq);
        }

    } else {
        fs_view_names(&view, segment->crypto, &names);
        n = fs_view_entries(&view, segment->seq, TOOL_SEGMENT_STEP, entries);

        for (i = 0; code == TOOL_DONE && i < n; i++) {
            code = tool_segments_line(segment, &entries[i], &names);
        }

        if (n == 0 && fs_view_outcome(&view) != FS_OK) {
            code = tool_says(TOOL_REFUSED, "%s: the entry after %" PRIu64
                             " cannot be read", segment->path, segment->seq);
        }
    }

    fs_view_close(&view);

    return code;
}


static int
tool_segments_line(tool_segment_t *segment, const fs_entry_t *entry,
    const fs_names_t *names)
{
    int         len;
    char        line[TOOL_SEGMENT_LINE];
    fs_entry_t  again;

    again = *entry;
    len = fs_entry_render(entry, names, line);

    if (entry->seq != segment->seq + 1 || len < 0
        || fs_entry_chain(&again, segment->hash, line, (size_t) len) == -1
        || memcmp(again.hash, entry->hash, FS_HASH_LEN) != 0)
    {
        return tool_says(TOOL_REFUSED, "%s: entry %" PRIu64 " does not follow "
                         "from the one before: its log is damaged",
                         segment->path, entry->seq);
    }

    len = fs_entry_line(entry, names, line);

    if (len < 0
        || fwrite(line, (size_t) len, 1, segment->file) != 1)
    {
        return tool_says(TOOL_FAILED, "a segment cannot be written: %s",
                         strerror(errno));
    }

    segment->seq = entry->seq;
    memcpy(segment->hash, entry->hash, FS_HASH_LEN);

    return TOOL_DONE;
}


static int
tool_segments_forked(const tool_segment_t *segment)
{
    return tool_says(TOOL_REFUSED, "the ledger of %s does not have entry %"
                     PRIu64 " as it is in the segments: it went on from a "
                     "backup, or is another one. Keep these, they say what "
                     "was lost, and begin another directory",
                     segment->path, segment->seq);
}


static int
tool_segments_name(const char *directory, const char *unfinished,
    fs_seq_t after, const tool_segment_t *segment)
{
    char  name[2 * 20 + sizeof("-.ndjson")], to[PATH_MAX];

    if (segment->seq == after) {
        (void) unlink(unfinished);
        printf("%s: nothing since entry %" PRIu64 "\n", directory, after);
        return TOOL_DONE;
    }

    snprintf(name, sizeof(name), TOOL_SEGMENT_NAME, after + 1, segment->seq);

    if (tool_name(to, directory, name) == -1
        || tool_rename(directory, unfinished, to) == -1)
    {
        return TOOL_FAILED;
    }

    printf("%s: %" PRIu64 " entries\n", to, segment->seq - after);

    return TOOL_DONE;
}
