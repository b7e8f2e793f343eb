
/*
 * A reader's memory of names.  Slugs are interned once and never change, so
 * what was found stays right; what was not found is not kept.
 */

#ifndef FS_NAMES_H
#define FS_NAMES_H

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


typedef struct {
    fs_slug_t          **pages;         /* by number, FS_NAMES_PAGE in each */
    uint32_t             pages_n;
    uint32_t            *table;         /* by slug: numbers, 0: free */
    uint32_t             table_size;    /* a power of two, or 0 */
    uint32_t             used;
} fs_names_memory_t;

/* 1: known; 0: not. */
int fs_names_number(const fs_names_memory_t *memory, fs_str_t slug,
    uint32_t *number);

/* NULL: not known. */
const fs_slug_t *fs_names_slug(const fs_names_memory_t *memory,
    uint32_t number);

/* Remember one; without memory, or beyond the limits, it is not kept. */
void fs_names_keep(fs_names_memory_t *memory, uint32_t number,
    fs_str_t slug);

void fs_names_free(fs_names_memory_t *memory);

/* FNV-1a, its upper half folded in. */
uint32_t fs_name_hash(fs_str_t slug);


#pragma GCC visibility pop

#endif /* FS_NAMES_H */
