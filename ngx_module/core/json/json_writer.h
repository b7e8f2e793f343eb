
/*
 * JSON out: yajl's generator into a caller's buffer.  Errors stick, so that
 * whoever writes reads straight and asks once, at the end.  Internal to the
 * answer files.
 */

#ifndef FS_JSON_WRITER_H
#define FS_JSON_WRITER_H

#include <yajl/yajl_gen.h>

#include "json/json_arena.h"

#pragma GCC visibility push(hidden)


typedef struct {
    char                *buf;
    size_t               size;
    size_t               len;
    int                  failed;
    yajl_gen             yajl;
    fs_arena_t           arena;
} fs_writer_t;


/* The writer must not move until its end. */
void fs_writer_begin(fs_writer_t *writer, char *buf, size_t size);

/* The answer is of no use: a name is unknown. */
void fs_writer_fail(fs_writer_t *writer);

/* The length; -1: it did not fit, or something else was wrong. */
int fs_writer_end(fs_writer_t *writer);

void fs_put_object(fs_writer_t *writer);
void fs_put_object_end(fs_writer_t *writer);
void fs_put_list(fs_writer_t *writer);
void fs_put_list_end(fs_writer_t *writer);

void fs_put_string(fs_writer_t *writer, const char *text, size_t len);
void fs_put_text(fs_writer_t *writer, const char *text);
void fs_put_number(fs_writer_t *writer, int64_t number);
void fs_put_boolean(fs_writer_t *writer, int value);
void fs_put_null(fs_writer_t *writer);

/* bytes as they are: what stands around the JSON */
void fs_put_raw(fs_writer_t *writer, const char *text, size_t len);

#define fs_put_key(writer, literal)                                          \
    fs_put_string(writer, literal, sizeof(literal) - 1)

/* a sale, as everybody sees it; and its `formed` */
void fs_put_sale(fs_writer_t *writer, const fs_sale_t *sale);
void fs_put_formed(fs_writer_t *writer, const fs_sale_t *sale);


#pragma GCC visibility pop

#endif /* FS_JSON_WRITER_H */
