
#include <yajl/yajl_parse.h>

#include "json/json_arena.h"
#include "text/text.h"


/* where a reading of a document is */
typedef struct {
    fs_slug_t           *session;
    unsigned             depth;
    unsigned             named:1;       /* the value of `session` is next */
    unsigned             found:1;
} fs_session_reader_t;


static int fs_session_string(void *data, const unsigned char *text,
    size_t len);
static int fs_session_name(void *data, const unsigned char *text,
    size_t len);
static int fs_session_open(void *data);
static int fs_session_close(void *data);


static const yajl_callbacks  fs_session_callbacks = {
    .yajl_string = fs_session_string,
    .yajl_start_map = fs_session_open,
    .yajl_map_key = fs_session_name,
    .yajl_end_map = fs_session_close,
    .yajl_start_array = fs_session_open,
    .yajl_end_array = fs_session_close
};


int
fs_document_session(fs_str_t doc, fs_slug_t *session)
{
    fs_arena_t           arena;
    yajl_handle          yajl;
    fs_session_reader_t  reader;

    memset(&reader, 0, sizeof(reader));
    reader.session = session;

    fs_arena_init(&arena);
    yajl = yajl_alloc(&fs_session_callbacks, &arena.funcs, &reader);

    if (yajl == NULL) {
        return -1;
    }

    /* it is JSON: it was looked at when it came */

    (void) yajl_parse(yajl, (const unsigned char *) doc.data, doc.len);
    yajl_free(yajl);

    return reader.found ? 0 : -1;
}


static int
fs_session_string(void *data, const unsigned char *text, size_t len)
{
    fs_str_t              slug = { len, (const char *) text };
    fs_session_reader_t  *reader = data;

    if (!reader->named || reader->depth != 1) {
        return 1;
    }

    if (fs_slug_valid(slug)) {
        fs_slug_set(reader->session, slug);
        reader->found = 1;
    }

    return 0;
}


static int
fs_session_name(void *data, const unsigned char *text, size_t len)
{
    fs_session_reader_t  *reader = data;

    reader->named = reader->depth == 1 && len == sizeof("session") - 1
                    && memcmp(text, "session", len) == 0;

    return 1;
}


static int
fs_session_open(void *data)
{
    fs_session_reader_t  *reader = data;

    reader->depth++;

    return 1;
}


static int
fs_session_close(void *data)
{
    fs_session_reader_t  *reader = data;

    reader->depth--;

    return 1;
}
