
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/entry_line.h"
#include "pair/pair.h"
#include "read/read.h"

#include "libtuanbo.h"
#include "machine.h"


/* of a lock file that is there; it is never made here */
#define TUANBO_READERS  16

/* entries of a view: so many pages are kept for no longer than that takes */
#define TUANBO_STEP     64

_Static_assert(TUANBO_LINE_MAX == FS_ENTRY_JSON_MAX + 128, "a line fits");

struct tuanbo_store_s {
    char                *path;
    fs_store_t          *store;         /* NULL: not open */
    fs_reader_t         *reader;
    fs_crypto_t         *crypto;
    char                 message[FS_MESSAGE_MAX + 1];
    char                 said[FS_MESSAGE_MAX + 1];  /* by the core */
};

static int tuanbo_open(tuanbo_store_t *store);
static void tuanbo_close(tuanbo_store_t *store);
static int tuanbo_step(tuanbo_store_t *store, fs_seq_t *after,
    const uint8_t *hash, size_t limit, char *buf, size_t size);
static int tuanbo_render(tuanbo_store_t *store, fs_view_t *view,
    const fs_entry_t *entries, size_t n, fs_seq_t *after, char *buf,
    size_t size);
static int tuanbo_says(tuanbo_store_t *store, int code, const char *words);
static void tuanbo_log(void *data, fs_say_level_t level,
    const char *message);


int
tuanbo_version(void)
{
    return TUANBO_VERSION;
}


tuanbo_store_t *
tuanbo_create(const char *path)
{
    tuanbo_store_t  *store;

    store = calloc(1, sizeof(*store));

    if (store != NULL) {
        store->path = strdup(path);

        if (store->path == NULL) {
            free(store);
            return NULL;
        }
    }

    return store;
}


void
tuanbo_destroy(tuanbo_store_t *store)
{
    tuanbo_close(store);
    free(store->path);
    free(store);
}


const char *
tuanbo_message(const tuanbo_store_t *store)
{
    return store->message;
}


int
tuanbo_lines(tuanbo_store_t *store, double after, const uint8_t *hash,
    int limit, char *buf, size_t size)
{
    int       rc;
    size_t    len, left;
    fs_seq_t  from, seq;

    store->message[0] = '\0';
    store->said[0] = '\0';

    if (after < 0 || after > (double) FS_SEQ_MAX || limit < 1) {
        return tuanbo_says(store, TUANBO_NOT_NOW, "no such entry");
    }

    if (store->store
        && fs_store_follow(store->store, store->reader) != FS_OK)
    {
        tuanbo_close(store);
    }

    if (store->store == NULL) {
        rc = tuanbo_open(store);

        if (rc != 0) {
            return rc;
        }
    }

    seq = (fs_seq_t) after;
    len = 0;

    for (left = (size_t) limit; left; left -= seq - from) {
        from = seq;
        rc = tuanbo_step(store, &seq, len ? NULL : hash,
                         left < TUANBO_STEP ? left : TUANBO_STEP, buf + len,
                         size - len);

        if (rc <= 0) {

            /* what went wrong after some lines is said instead of the next */

            return len ? (int) len : rc;
        }

        len += (size_t) rc;
    }

    return (int) len;
}


static int
tuanbo_open(tuanbo_store_t *store)
{
    fs_outcome_t     outcome;
    fs_store_conf_t  conf;

    memset(&conf, 0, sizeof(conf));
    conf.path = store->path;
    conf.sync = 1;
    conf.readers = TUANBO_READERS;
    conf.reads = FS_READS_LEDGER;
    conf.log = tuanbo_log;
    conf.data = store;
    machine_conf(&conf);

    store->store = fs_store_open(&conf, &outcome, store->message);

    if (store->store == NULL) {
        return outcome == FS_OLD_SCHEMA ? TUANBO_SCHEMA : TUANBO_NOT_NOW;
    }

    store->reader = fs_reader_create(store->store);
    store->crypto = fs_crypto_create(store->store->store_key);

    if (store->reader == NULL || store->crypto == NULL) {
        tuanbo_close(store);
        return tuanbo_says(store, TUANBO_NOT_NOW, "no memory");
    }

    return 0;
}


static void
tuanbo_close(tuanbo_store_t *store)
{
    if (store->store == NULL) {
        return;
    }

    if (store->reader) {
        fs_reader_destroy(store->reader);
        store->reader = NULL;
    }

    if (store->crypto) {
        fs_crypto_destroy(store->crypto);
        store->crypto = NULL;
    }

    fs_store_close(store->store, 0);
    store->store = NULL;
}


/* The lines of a view: their length; *after becomes the last entry of them.
 * hash NULL: it was looked at. */

static int
tuanbo_step(tuanbo_store_t *store, fs_seq_t *after, const uint8_t *hash,
    size_t limit, char *buf, size_t size)
{
    int           rc;
    size_t        n;
    fs_view_t     view;
    fs_entry_t    entries[TUANBO_STEP];
    fs_outcome_t  outcome;

    outcome = fs_view_open_log(store->reader, &view);

    if (outcome != FS_OK) {
        return tuanbo_says(store, TUANBO_NOT_NOW, fs_outcome_title(outcome));
    }

    if (hash && fs_view_knows(&view, *after, hash) != 1) {
        rc = fs_view_outcome(&view) == FS_OK ? TUANBO_FORKED : TUANBO_NOT_NOW;

    } else {
        n = fs_view_entries(&view, *after, limit, entries);
        rc = n ? tuanbo_render(store, &view, entries, n, after, buf, size)
               : view.log.error ? TUANBO_NOT_NOW : 0;
    }

    fs_view_close(&view);

    return rc < 0 ? tuanbo_says(store, rc, rc == TUANBO_FORKED
                                ? "it is another ledger"
                                : "an entry cannot be read") : rc;
}


static int
tuanbo_render(tuanbo_store_t *store, fs_view_t *view,
    const fs_entry_t *entries, size_t n, fs_seq_t *after, char *buf,
    size_t size)
{
    int         len;
    size_t      i, used;
    fs_names_t  names;

    fs_view_names(view, store->crypto, &names);

    used = 0;

    for (i = 0; i < n && size - used >= TUANBO_LINE_MAX; i++) {
        len = fs_entry_line(&entries[i], &names, buf + used);

        if (len < 0) {
            return used ? (int) used : TUANBO_NOT_NOW;
        }

        used += (size_t) len;
        *after = entries[i].seq;
    }

    return (int) used;
}


/* The core's own words, where there are some, say more, and have the path. */

static int
tuanbo_says(tuanbo_store_t *store, int code, const char *words)
{
    if (store->said[0]) {
        memcpy(store->message, store->said, sizeof(store->message));

    } else {
        snprintf(store->message, sizeof(store->message),
                 "the store %.100s: %.100s", store->path, words);
    }

    return code;
}


static void
tuanbo_log(void *data, fs_say_level_t level, const char *message)
{
    tuanbo_store_t  *store = data;

    if (level != FS_SAY_INFO) {
        snprintf(store->said, sizeof(store->said), "%s", message);
    }
}
