
#include "json/json_writer.h"


static void fs_writer_print(void *data, const char *text, size_t len);
static void fs_writer_check(fs_writer_t *writer, yajl_gen_status status);


void
fs_writer_begin(fs_writer_t *writer, char *buf, size_t size)
{
    writer->buf = buf;
    writer->size = size;
    writer->len = 0;
    writer->failed = 0;

    fs_arena_init(&writer->arena);

    writer->yajl = yajl_gen_alloc(&writer->arena.funcs);

    if (writer->yajl == NULL) {
        writer->failed = 1;
        return;
    }

    (void) yajl_gen_config(writer->yajl, yajl_gen_print_callback,
                           fs_writer_print, writer);
}


int
fs_writer_end(fs_writer_t *writer)
{
    if (writer->yajl != NULL) {
        yajl_gen_free(writer->yajl);
        writer->yajl = NULL;
    }

    if (writer->failed || writer->len > INT32_MAX) {
        return -1;
    }

    return (int) writer->len;
}


void
fs_writer_fail(fs_writer_t *writer)
{
    writer->failed = 1;
}


void
fs_put_object(fs_writer_t *writer)
{
    if (!writer->failed) {
        fs_writer_check(writer, yajl_gen_map_open(writer->yajl));
    }
}


void
fs_put_object_end(fs_writer_t *writer)
{
    if (!writer->failed) {
        fs_writer_check(writer, yajl_gen_map_close(writer->yajl));
    }
}


void
fs_put_list(fs_writer_t *writer)
{
    if (!writer->failed) {
        fs_writer_check(writer, yajl_gen_array_open(writer->yajl));
    }
}


void
fs_put_list_end(fs_writer_t *writer)
{
    if (!writer->failed) {
        fs_writer_check(writer, yajl_gen_array_close(writer->yajl));
    }
}


void
fs_put_string(fs_writer_t *writer, const char *text, size_t len)
{
    if (!writer->failed) {
        fs_writer_check(writer, yajl_gen_string(writer->yajl,
                                                (const unsigned char *) text,
                                                len));
    }
}


void
fs_put_text(fs_writer_t *writer, const char *text)
{
    fs_put_string(writer, text, strlen(text));
}


/* yajl_gen_integer() goes through sprintf(), which costs more than the rest */
void
fs_put_number(fs_writer_t *writer, int64_t number)
{
    char      buf[24], *p;
    uint64_t  rest;

    if (writer->failed) {
        return;
    }

    rest = number < 0 ? 0 - (uint64_t) number : (uint64_t) number;
    p = buf + sizeof(buf);

    do {
        *--p = (char) ('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);

    if (number < 0) {
        *--p = '-';
    }

    fs_writer_check(writer, yajl_gen_number(writer->yajl, p,
                                            buf + sizeof(buf) - p));
}


void
fs_put_boolean(fs_writer_t *writer, int value)
{
    if (!writer->failed) {
        fs_writer_check(writer, yajl_gen_bool(writer->yajl, value));
    }
}


void
fs_put_null(fs_writer_t *writer)
{
    if (!writer->failed) {
        fs_writer_check(writer, yajl_gen_null(writer->yajl));
    }
}


void
fs_put_raw(fs_writer_t *writer, const char *text, size_t len)
{
    fs_writer_print(writer, text, len);
}


static void
fs_writer_print(void *data, const char *text, size_t len)
{
    fs_writer_t *writer = data;

    if (writer->failed || len > writer->size - writer->len) {
        writer->failed = 1;
        return;
    }

    memcpy(writer->buf + writer->len, text, len);
    writer->len += len;
}


static void
fs_writer_check(fs_writer_t *writer, yajl_gen_status status)
{
    if (status != yajl_gen_status_ok) {
        writer->failed = 1;
    }
}
