
#include <stdlib.h>

#include "json/json_arena.h"


#define FS_ARENA_ALIGN       16

/* Precedes each block; as long as the alignment. */
typedef union {
    size_t               size;
    char                 room[FS_ARENA_ALIGN];
} fs_arena_block_t;


static int
fs_arena_has(const fs_arena_t *arena, const void *block)
{
    uintptr_t  at = (uintptr_t) block, data = (uintptr_t) arena->data;

    return at >= data && at < data + FS_ARENA_SIZE;
}


static void *
fs_arena_alloc(void *data, size_t size)
{
    size_t             room;
    fs_arena_t        *arena = data;
    fs_arena_block_t  *block;

    room = FS_ARENA_SIZE - arena->used;

    if (room < sizeof(fs_arena_block_t)
        || size > room - sizeof(fs_arena_block_t))
    {
        return malloc(size);
    }

    /* the data's own size is a multiple of the alignment: this fits too */
    size = (size + FS_ARENA_ALIGN - 1) & ~(size_t) (FS_ARENA_ALIGN - 1);

    block = (fs_arena_block_t *) (arena->data + arena->used);
    block->size = size;

    arena->used += sizeof(fs_arena_block_t) + size;

    return block + 1;
}


static void
fs_arena_free(void *data, void *memory)
{
    if (!fs_arena_has(data, memory)) {
        free(memory);
    }
}


static void *
fs_arena_realloc(void *data, void *memory, size_t size)
{
    void              *grown;
    fs_arena_t        *arena = data;
    fs_arena_block_t  *block;

    if (memory == NULL) {
        return fs_arena_alloc(data, size);
    }

    if (!fs_arena_has(arena, memory)) {
        return realloc(memory, size);
    }

    block = (fs_arena_block_t *) memory - 1;

    if (size <= block->size) {
        return memory;
    }

    grown = fs_arena_alloc(data, size);

    if (grown != NULL) {
        memcpy(grown, memory, block->size);
    }

    return grown;
}


void
fs_arena_init(fs_arena_t *arena)
{
    arena->funcs.malloc = fs_arena_alloc;
    arena->funcs.realloc = fs_arena_realloc;
    arena->funcs.free = fs_arena_free;
    arena->funcs.ctx = arena;
    arena->used = 0;
}
