
/*
 * JSON out, into a caller's buffer.  Errors stick, so that whoever writes
 * reads straight and asks once, at the end.
 */

#ifndef FS_JSON_WRITER_H
#define FS_JSON_WRITER_H

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


typedef struct {
    char                *buf;
    size_t               size;
    size_t               len;
    unsigned             comma:1;       /* before the next name or value */
    unsigned             failed:1;
} fs_writer_t;


void fs_writer_begin(fs_writer_t *writer, char *buf, size_t size);

/* The answer is of no use: a name is unknown. */
void fs_writer_fail(fs_writer_t *writer);

/* The length; -1: it did not fit, or something else was wrong. */
int fs_writer_end(fs_writer_t *writer);

/* bytes as they are: what stands around the JSON */
void fs_write_raw(fs_writer_t *writer, const char *text, size_t len);

/* an object or a list begins, ends */
void fs_write_open(fs_writer_t *writer, char bracket);
void fs_write_close(fs_writer_t *writer, char bracket);

/* UTF-8, escaped where JSON wants it */
void fs_write_string(fs_writer_t *writer, const char *text, size_t len);
void fs_write_text(fs_writer_t *writer, const char *text);

void fs_write_number(fs_writer_t *writer, int64_t number);
void fs_write_boolean(fs_writer_t *writer, int value);
void fs_write_null(fs_writer_t *writer);

/* Text of a JSON value as it is; name: a field's name and its colon. */
void fs_write_plain(fs_writer_t *writer, const char *text, size_t len,
    int name);

#define fs_write_object(writer)      fs_write_open(writer, '{')
#define fs_write_object_end(writer)  fs_write_close(writer, '}')
#define fs_write_list(writer)        fs_write_open(writer, '[')
#define fs_write_list_end(writer)    fs_write_close(writer, ']')

/* A literal that needs no escaping: the name of what comes next; a value. */
#define fs_write_key(writer, literal)                                        \
    fs_write_plain(writer, "\"" literal "\":", sizeof(literal) + 2, 1)
#define fs_write_word(writer, literal)                                       \
    fs_write_plain(writer, "\"" literal "\"", sizeof(literal) + 1, 0)

/* A field: its name and its value. */
#define fs_write_number_of(writer, literal, number)                          \
    (fs_write_key(writer, literal), fs_write_number(writer, number))
#define fs_write_boolean_of(writer, literal, value)                          \
    (fs_write_key(writer, literal), fs_write_boolean(writer, value))
#define fs_write_text_of(writer, literal, text)                              \
    (fs_write_key(writer, literal), fs_write_text(writer, text))
#define fs_write_string_of(writer, literal, text, len)                       \
    (fs_write_key(writer, literal), fs_write_string(writer, text, len))


#pragma GCC visibility pop

#endif /* FS_JSON_WRITER_H */
