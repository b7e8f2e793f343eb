
/*
 * Names remembered: an array in pages by number, a hash table by slug.
 */

#include <stdlib.h>

#include "ledger/names.h"


#define FS_NAMES_PAGE   256
#define FS_NAMES_MAX    (FS_SALES_MAX > FS_PICKUPS_MAX ? FS_SALES_MAX        \
                                                       : FS_PICKUPS_MAX)
#define FS_NAMES_FIRST  64              /* slots of the first table */

static int fs_names_grow(fs_names_memory_t *memory);
static void fs_names_insert(fs_names_memory_t *memory, uint32_t number);
static fs_slug_t *fs_names_place(fs_names_memory_t *memory, uint32_t number);


int
fs_names_number(const fs_names_memory_t *memory, fs_str_t slug,
    uint32_t *number)
{
    uint32_t          i, mask;
    const fs_slug_t  *known;

    if (memory->table_size == 0) {
        return 0;
    }

    mask = memory->table_size - 1;

    for (i = fs_name_hash(slug) & mask;
         memory->table[i] != 0;
         i = (i + 1) & mask)
    {
        known = fs_names_slug(memory, memory->table[i]);

        if (known->len == slug.len
            && memcmp(known->data, slug.data, slug.len) == 0)
        {
            *number = memory->table[i];
            return 1;
        }
    }

    return 0;
}


const fs_slug_t *
fs_names_slug(const fs_names_memory_t *memory, uint32_t number)
{
    const fs_slug_t  *page;

    if (number / FS_NAMES_PAGE >= memory->pages_n) {
        return NULL;
    }

    page = memory->pages[number / FS_NAMES_PAGE];

    if (page == NULL || page[number % FS_NAMES_PAGE].len == 0) {
        return NULL;
    }

    return &page[number % FS_NAMES_PAGE];
}


void
fs_names_keep(fs_names_memory_t *memory, uint32_t number, fs_str_t slug)
{
    fs_slug_t  *place;

    if (number == 0 || number > FS_NAMES_MAX || slug.len == 0
        || slug.len > FS_SLUG_MAX)
    {
        return;
    }

    /* at most half full */

    if (memory->used >= memory->table_size / 2
        && fs_names_grow(memory) == -1)
    {
        return;
    }

    place = fs_names_place(memory, number);

    if (place == NULL || place->len != 0) {
        return;
    }

    fs_slug_set(place, slug);
    fs_names_insert(memory, number);
    memory->used++;
}


void
fs_names_free(fs_names_memory_t *memory)
{
    uint32_t  i;

    for (i = 0; i < memory->pages_n; i++) {
        free(memory->pages[i]);
    }

    free(memory->pages);
    free(memory->table);

    memset(memory, 0, sizeof(*memory));
}


uint32_t
fs_name_hash(fs_str_t slug)
{
    size_t    i;
    uint32_t  hash;

    hash = 2166136261u;

    for (i = 0; i < slug.len; i++) {
        hash = (hash ^ (uint8_t) slug.data[i]) * 16777619u;
    }

    return hash ^ hash >> 15;
}


static int
fs_names_grow(fs_names_memory_t *memory)
{
    uint32_t   i, size, old_size;
    uint32_t  *table, *old;

    size = memory->table_size ? memory->table_size * 2 : FS_NAMES_FIRST;
    table = calloc(size, sizeof(*table));

    if (table == NULL) {
        return -1;
    }

    old = memory->table;
    old_size = memory->table_size;

    memory->table = table;
    memory->table_size = size;

    for (i = 0; i < old_size; i++) {
        if (old[i]) {
            fs_names_insert(memory, old[i]);
        }
    }

    free(old);

    return 0;
}


static void
fs_names_insert(fs_names_memory_t *memory, uint32_t number)
{
    uint32_t          i, mask;
    fs_str_t          slug;
    const fs_slug_t  *place;

    place = fs_names_slug(memory, number);
    slug.len = place->len;
    slug.data = place->data;

    mask = memory->table_size - 1;
    i = fs_name_hash(slug) & mask;

    while (memory->table[i]) {
        i = (i + 1) & mask;
    }

    memory->table[i] = number;
}


static fs_slug_t *
fs_names_place(fs_names_memory_t *memory, uint32_t number)
{
    uint32_t     i, n;
    fs_slug_t  **pages;

    i = number / FS_NAMES_PAGE;

    if (i >= memory->pages_n) {
        n = memory->pages_n ? memory->pages_n : 1;

        while (n <= i) {
            n *= 2;
        }

        pages = realloc(memory->pages, n * sizeof(*pages));

        if (pages == NULL) {
            return NULL;
        }

        memset(pages + memory->pages_n, 0,
               (n - memory->pages_n) * sizeof(*pages));

        memory->pages = pages;
        memory->pages_n = n;
    }

    if (memory->pages[i] == NULL) {
        memory->pages[i] = calloc(FS_NAMES_PAGE, sizeof(fs_slug_t));

        if (memory->pages[i] == NULL) {
            return NULL;
        }
    }

    return &memory->pages[i][number % FS_NAMES_PAGE];
}
