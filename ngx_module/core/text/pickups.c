
#include <yajl/yajl_parse.h>

#include "json/json_arena.h"
#include "text/text.h"


/* where a reading of a document is */
typedef struct {
    fs_points_list_t    *list;
    unsigned             depth;
    unsigned             named:1;       /* the value of `pickups` is next */
    unsigned             inside:1;      /* the list is open, at depth 2 */
    unsigned             many:1;
} fs_points_reader_t;


static int fs_points_string(void *data, const unsigned char *text,
    size_t len);
static int fs_points_name(void *data, const unsigned char *text, size_t len);
static int fs_points_open_map(void *data);
static int fs_points_open_list(void *data);
static int fs_points_close(void *data);


static const yajl_callbacks  fs_points_callbacks = {
    .yajl_string = fs_points_string,
    .yajl_start_map = fs_points_open_map,
    .yajl_map_key = fs_points_name,
    .yajl_end_map = fs_points_close,
    .yajl_start_array = fs_points_open_list,
    .yajl_end_array = fs_points_close
};


int
fs_points_read(fs_str_t doc, fs_points_list_t *list)
{
    fs_arena_t          arena;
    yajl_handle         yajl;
    fs_points_reader_t  reader;

    list->n = 0;
    memset(&reader, 0, sizeof(reader));
    reader.list = list;

    fs_arena_init(&arena);
    yajl = yajl_alloc(&fs_points_callbacks, &arena.funcs, &reader);

    if (yajl == NULL) {
        return -1;
    }

    /* it is JSON: it was looked at when it came */

    (void) yajl_parse(yajl, (const unsigned char *) doc.data, doc.len);
    yajl_free(yajl);

    return reader.many ? -1 : 0;
}


static int
fs_points_string(void *data, const unsigned char *text, size_t len)
{
    unsigned             i;
    fs_str_t             slug = { len, (const char *) text };
    fs_slug_t           *known;
    fs_points_reader_t  *reader = data;

    if (!reader->inside || reader->depth != 2 || !fs_slug_valid(slug)) {
        return 1;
    }

    for (i = 0; i < reader->list->n; i++) {
        known = &reader->list->slugs[i];

        if (known->len == len && memcmp(known->data, text, len) == 0) {
            return 1;
        }
    }

    if (reader->list->n == FS_POINTS_MAX) {
        reader->many = 1;
        return 0;
    }

    fs_slug_set(&reader->list->slugs[reader->list->n++], slug);

    return 1;
}


static int
fs_points_name(void *data, const unsigned char *text, size_t len)
{
    fs_points_reader_t  *reader = data;

    reader->named = reader->depth == 1 && len == sizeof("pickups") - 1
                    && memcmp(text, "pickups", len) == 0;

    return 1;
}


static int
fs_points_open_map(void *data)
{
    fs_points_reader_t  *reader = data;

    reader->named = 0;
    reader->depth++;

    return 1;
}


static int
fs_points_open_list(void *data)
{
    fs_points_reader_t  *reader = data;

    if (reader->named) {
        reader->inside = 1;
    }

    return fs_points_open_map(data);
}


static int
fs_points_close(void *data)
{
    fs_points_reader_t  *reader = data;

    if (--reader->depth < 2) {
        reader->inside = 0;
    }

    return 1;
}


void
fs_points_fault(const fs_result_t *result, fs_fault_t *fault)
{
    (void) fs_fault_literal(fault, "pickup",
                            result->sale ? "is one of the sale's pickup points"
                            : "is a pickup point that there is, or none");
}
