
/*
 * Memory for one run of a yajl parser: a piece of the caller's stack, and
 * malloc() for what does not fit.  Nearly every request fits, so the hot paths
 * do not allocate.
 */

#ifndef FS_JSON_ARENA_H
#define FS_JSON_ARENA_H

#include <yajl/yajl_common.h>

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


/* A parser's tables and its two buffers of 2 KiB, made on first use. */
#define FS_ARENA_SIZE        6144

typedef struct {
    yajl_alloc_funcs     funcs;         /* what yajl is given */
    size_t               used;
    _Alignas(16) char    data[FS_ARENA_SIZE];
} fs_arena_t;

/* The arena must not move while yajl uses it. */
void fs_arena_init(fs_arena_t *arena);


#pragma GCC visibility pop

#endif /* FS_JSON_ARENA_H */
