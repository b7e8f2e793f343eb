
/*
 * Ledger entries in fuzz targets: names for their numbers, and their lines
 * read back by another's parser.
 */

#ifndef FUZZ_RECORDS_H
#define FUZZ_RECORDS_H

#include "fuzz.h"

#include <yajl/yajl_tree.h>

#include "base/crypto.h"
#include "ledger/entry.h"


#define RECORD_LINE_MAX  (FS_ENTRY_JSON_MAX + 128)


/* Every seventh name is not known, every fifth is as long as can be. */

static inline int
record_slug(void *data, char kind, uint32_t number, fs_slug_t *slug)
{
    (void) data;
    (void) kind;

    if (number == 0 || number % 7 == 0) {
        return -1;
    }

    memset(slug->data, 'z', sizeof(slug->data));
    slug->len = number % 5 == 0 ? FS_SLUG_MAX : (uint8_t) (number % 64 + 1);

    return 0;
}


static inline int
record_hold_id(void *data, fs_seq_t hold, const uint32_t *epoch, char *id)
{
    (void) data;

    if (epoch != NULL) {
        hold ^= (uint64_t) *epoch << 48;
    }

    fs_hex((const uint8_t *) &hold, sizeof(hold), id);
    fs_hex((const uint8_t *) &hold, sizeof(hold), id + 16);

    return 0;
}


static inline const fs_names_t *
record_names(void)
{
    static const fs_names_t  names = {
        NULL, record_slug, record_hold_id, NULL
    };

    return &names;
}


/* A number of the line, as it is written there. */

static inline void
record_number_is(yajl_val line, const char *name, int64_t number)
{
    char         text[32];
    yajl_val     value;
    const char  *path[] = { name, NULL };

    value = yajl_tree_get(line, path, yajl_t_number);
    fuzz_check(value != NULL);

    sprintf(text, "%lld", (long long) number);
    fuzz_check(strcmp(value->u.number.r, text) == 0);
}


static inline void
record_text_is(yajl_val line, const char *name, const char *text, size_t len)
{
    yajl_val     value;
    const char  *path[] = { name, NULL };

    value = yajl_tree_get(line, path, yajl_t_string);
    fuzz_check(value != NULL);
    fuzz_check(strlen(value->u.string) == len
               && memcmp(value->u.string, text, len) == 0);
}


/* All of its units, in either direction, or none. */

static inline int
record_moved(int64_t effect, int64_t qty)
{
    return effect == 0 || effect == qty || effect == -qty;
}


/* The published line says what the entry is. */

static inline void
record_line_is(const fs_entry_t *entry, const char *line, size_t len)
{
    char                copy[RECORD_LINE_MAX + 1], error[128];
    char                hash[2 * FS_HASH_LEN];
    yajl_val            tree;
    fs_entry_effect_t   effect;

    fuzz_check(len <= RECORD_LINE_MAX && line[len - 1] == '\n');
    memcpy(copy, line, len);
    copy[len] = '\0';
    fuzz_check(strlen(copy) == len);
    fuzz_check(memchr(copy, '\n', len - 1) == NULL);

    tree = yajl_tree_parse(copy, error, sizeof(error));
    fuzz_check(tree != NULL);

    fuzz_check(entry->seq > INT64_MAX
               || strncmp(copy, "{\"seq\":", 7) == 0);

    if (entry->seq <= INT64_MAX) {
        record_number_is(tree, "seq", (int64_t) entry->seq);
    }

    record_number_is(tree, "at", entry->at);
    record_text_is(tree, "type", fs_entry_type_name(entry->type),
                   strlen(fs_entry_type_name(entry->type)));

    fs_hex(entry->hash, FS_HASH_LEN, hash);
    record_text_is(tree, "hash", hash, sizeof(hash));

    /* whoever adds up a feed needs no more than a line */

    fs_entry_effect(entry, &effect);

    if (effect.stock != 0 || effect.held != 0 || effect.sold != 0) {
        record_number_is(tree, "qty", entry->qty);
        fuzz_check(record_moved(effect.stock, entry->qty));
        fuzz_check(record_moved(effect.held, entry->qty));
        fuzz_check(record_moved(effect.sold, entry->qty));
    }

    if (entry->type == FS_ENTRY_SALE) {
        record_number_is(tree, "stock", entry->qty);
        record_number_is(tree, "price_fen", entry->amount_fen);
    }

    yajl_tree_free(tree);
}


#endif /* FUZZ_RECORDS_H */
