
/*
 * What the fuzz targets share: the bytes taken piece by piece, and properties
 * that have to hold.  A target is one file, fuzz_*.c, with one function; it is
 * linked with libFuzzer, or with replay.c, which gives it files.
 */

#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs_types.h"


typedef struct {
    const uint8_t       *data;
    size_t               len;
} fuzz_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static inline void
fuzz_broken(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: broken: %s\n", file, line, what);
    abort();
}

#define fuzz_check(condition)                                                \
    do {                                                                     \
        if (!(condition)) {                                                  \
            fuzz_broken(#condition, __FILE__, __LINE__);                     \
        }                                                                    \
    } while (0)


/* A copy that ends where the allocation ends: memory checkers see beyond. */

static inline void *
fuzz_copy(const void *data, size_t len)
{
    void  *copy;

    copy = malloc(len + (len == 0));
    fuzz_check(copy != NULL);

    if (len > 0) {
        memcpy(copy, data, len);
    }

    return copy;
}


/* The next bytes; zeros when they are used up. */

static inline void
fuzz_bytes(fuzz_t *fuzz, void *to, size_t len)
{
    size_t  n;

    n = len < fuzz->len ? len : fuzz->len;

    memset(to, 0, len);

    if (n > 0) {
        memcpy(to, fuzz->data, n);
    }

    fuzz->data += n;
    fuzz->len -= n;
}


/* The next bytes as a number, little-endian. */

static inline uint64_t
fuzz_number(fuzz_t *fuzz, size_t len)
{
    size_t    i;
    uint8_t   bytes[8];
    uint64_t  number;

    fuzz_bytes(fuzz, bytes, len);
    number = 0;

    for (i = len; i > 0; i--) {
        number = number << 8 | bytes[i - 1];
    }

    return number;
}


/* The next line, without its end; what is left when there is no other. */

static inline fs_str_t
fuzz_line(fuzz_t *fuzz)
{
    fs_str_t        line;
    const uint8_t  *end;

    end = fuzz->len > 0 ? memchr(fuzz->data, '\n', fuzz->len) : NULL;

    line.data = (const char *) fuzz->data;
    line.len = end != NULL ? (size_t) (end - fuzz->data) : fuzz->len;

    fuzz->data += line.len + (end != NULL);
    fuzz->len -= line.len + (end != NULL);

    return line;
}


static inline int
fuzz_same(fs_str_t one, fs_str_t other)
{
    return one.len == other.len
           && (one.len == 0 || memcmp(one.data, other.data, one.len) == 0);
}


#endif /* FUZZ_H */
