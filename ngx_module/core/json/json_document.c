
#include <stdio.h>
#include <stdlib.h>

#include "json/json_document.h"


/*
 * A run of this many taken places in a table that is at most two fifths full
 * does not happen by chance, and ends the work that bad luck can cause.
 */
#define FS_PROBES_MAX        1024

#define FS_NUMBER_BYTES      32
#define FS_EXPONENT_MAX      250


static int fs_document_fault(fs_document_t *document, const char *rule);
static void fs_document_step(fs_document_t *document);
static void fs_document_path(fs_document_t *document, const char *text,
    size_t len);


int
fs_document_begin(fs_document_t *document, fs_str_t path, size_t size,
    fs_fault_t *fault)
{
    size_t  slots;

    for (slots = 16; slots < size / 2; slots *= 2) { /* void */ }

    document->depth = 0;
    document->objects = 0;
    document->fault = fault;
    document->path_len = 0;
    document->names_mask = slots - 1;
    document->names = calloc(slots, sizeof(uint64_t));

    if (document->names == NULL) {
        return fs_fault(fault, FS_INTERNAL, path, "does not fit into memory");
    }

    fs_document_path(document, path.data, path.len);

    return 0;
}


void
fs_document_end(fs_document_t *document)
{
    free(document->names);
    document->names = NULL;
}


int
fs_document_open(fs_document_t *document, int list)
{
    fs_document_level_t  *level;

    if (document->depth > 0) {
        fs_document_step(document);
    }

    if (document->depth == FS_DEPTH_MAX) {
        return fs_document_fault(document, "is nested too deep");
    }

    level = &document->levels[document->depth++];

    level->object = list ? 0 : ++document->objects;
    level->element = 0;
    level->path_len = document->path_len;

    return 0;
}


int
fs_document_name(fs_document_t *document, fs_str_t name)
{
    size_t                i, slot;
    uint64_t              hash;
    fs_document_level_t  *level;

    level = &document->levels[document->depth - 1];

    document->path_len = level->path_len;

    if (document->path_len > 0) {
        fs_document_path(document, ".", 1);
    }

    fs_document_path(document, name.data, name.len);

    /*
     * FNV-1a, stirred.  Two names of an object with one hash of 64 bits would
     * be taken for the same: this cannot let a name through twice.
     */

    hash = 14695981039346656037ULL;

    for (i = 0; i < name.len; i++) {
        hash = (hash ^ (uint8_t) name.data[i]) * 1099511628211ULL;
    }

    hash ^= level->object * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 32;

    if (hash == 0) {
        hash = 1;
    }

    for (i = 0; i < FS_PROBES_MAX; i++) {
        slot = (hash + i) & document->names_mask;

        if (document->names[slot] == 0) {
            document->names[slot] = hash;
            return 0;
        }

        if (document->names[slot] == hash) {
            return fs_document_fault(document, FS_RULE_TWICE);
        }
    }

    return fs_document_fault(document, "has too many fields");
}


/*
 * A whole number is one of 64 bits; another is one that a double can hold:
 * its digits and its exponent are few.
 */
int
fs_document_number(fs_document_t *document, fs_str_t number)
{
    size_t    i;
    int64_t   value;
    fs_str_t  exponent;

    fs_document_step(document);

    exponent.len = 0;
    exponent.data = NULL;

    for (i = 0; i < number.len; i++) {

        if (number.data[i] == 'e' || number.data[i] == 'E') {
            i++;

            if (number.data[i] == '+' || number.data[i] == '-') {
                i++;
            }

            while (i + 1 < number.len && number.data[i] == '0') {
                i++;
            }

            exponent.len = number.len - i;
            exponent.data = number.data + i;
            break;
        }
    }

    if (memchr(number.data, '.', number.len) == NULL
        && exponent.data == NULL)
    {
        if ((number.len == 2 && memcmp(number.data, "-0", 2) == 0)
            || fs_number_parse(number, INT64_MIN, INT64_MAX, &value) == 0)
        {
            return 0;
        }

    } else if (number.len <= FS_NUMBER_BYTES
               && (exponent.data == NULL
                   || fs_number_parse(exponent, 0, FS_EXPONENT_MAX, &value)
                      == 0))
    {
        return 0;
    }

    return fs_document_fault(document, "is a number that fits 64 bits");
}


void
fs_document_scalar(fs_document_t *document)
{
    fs_document_step(document);
}


void
fs_document_close(fs_document_t *document)
{
    document->path_len = document->levels[--document->depth].path_len;
}


/* A value begins: in a list, the path gets its number. */
static void
fs_document_step(fs_document_t *document)
{
    int                   len;
    char                  buf[16];
    fs_document_level_t  *level;

    level = &document->levels[document->depth - 1];

    if (level->object == 0) {
        document->path_len = level->path_len;
        len = snprintf(buf, sizeof(buf), "[%u]", level->element++);
        fs_document_path(document, buf, len);
    }
}


static void
fs_document_path(fs_document_t *document, const char *text, size_t len)
{
    size_t  room;

    room = sizeof(document->path) - document->path_len;

    if (len > room) {
        len = room;
    }

    memcpy(document->path + document->path_len, text, len);
    document->path_len += len;
}


static int
fs_document_fault(fs_document_t *document, const char *rule)
{
    fs_str_t  path = { document->path_len, document->path };

    return fs_fault(document->fault, FS_BAD_REQUEST, path, rule);
}
