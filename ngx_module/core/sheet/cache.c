
/*
 * The memory of a batch.
 */

#include <errno.h>
#include <stdlib.h>

#include "sheet/cache.h"


#define FS_BROKEN_MS  1000              /* between two of the same words */


static int fs_slots_init(fs_slots_t *slots, size_t size);
static void fs_slots_free(fs_slots_t *slots);


fs_sheet_cache_t *
fs_sheet_cache_create(void)
{
    fs_sheet_cache_t  *cache;

    cache = calloc(1, sizeof(fs_sheet_cache_t));
    if (cache == NULL) {
        return NULL;
    }

    if (fs_slots_init(&cache->sale_slots, sizeof(fs_sale_slot_t)) != 0
        || fs_slots_init(&cache->group_slots, sizeof(fs_group_slot_t)) != 0)
    {
        fs_sheet_cache_destroy(cache);
        return NULL;
    }

    return cache;
}


void
fs_sheet_cache_destroy(fs_sheet_cache_t *cache)
{
    if (cache == NULL) {
        return;
    }

    fs_slots_free(&cache->sale_slots);
    fs_slots_free(&cache->group_slots);
    fs_crypto_destroy(cache->crypto);
    free(cache);
}


void
fs_sheet_damaged(fs_sheet_t *sheet)
{
    sheet->failed = 1;

    if (sheet->index->error == 0) {
        sheet->index->error = MDB_CORRUPTED;
        sheet->damaged = 1;
    }
}


/*
 * A row that could not be read is the reader's to say.  A batch is decided
 * again without the command that failed, and that command then alone: the
 * same words twice in a moment are one fault.
 */

int
fs_sheet_broken(fs_sheet_t *sheet, const char *condition,
    const char *function)
{
    int64_t            wall, boot;
    fs_store_t        *store;
    fs_sheet_cache_t  *cache;

    store = sheet->store;
    cache = sheet->cache;

    if (!sheet->failed && sheet->index->error == 0
        && sheet->log->error == 0)
    {
        store->conf.clock(store->conf.data, &wall, &boot);

        if (cache->broken != condition
            || boot - cache->broken_at >= FS_BROKEN_MS)
        {
            fs_store_say_now(store, FS_SAY_ERROR, "what must hold does not: "
                             "\"%s\" in %s(), after entry %llu; nothing of "
                             "the batch is taken", condition, function,
                             (unsigned long long) sheet->seq);
        }

        cache->broken = condition;
        cache->broken_at = boot;
    }

    sheet->failed = 1;

    return 0;
}


void
fs_sheet_no_memory(fs_sheet_t *sheet)
{
    sheet->failed = 1;

    if (sheet->index->error == 0) {
        sheet->index->error = ENOMEM;
    }
}


static int
fs_slots_init(fs_slots_t *slots, size_t size)
{
    slots->size = size;
    slots->chunks = malloc(sizeof(void *));
    if (slots->chunks == NULL) {
        return -1;
    }

    slots->chunks[0] = malloc(size * FS_SLOTS_CHUNK);
    if (slots->chunks[0] == NULL) {
        return -1;
    }

    slots->chunks_n = 1;

    return 0;
}


void *
fs_slots_at(const fs_slots_t *slots, size_t i)
{
    return (char *) slots->chunks[i / FS_SLOTS_CHUNK]
           + slots->size * (i % FS_SLOTS_CHUNK);
}


void *
fs_slots_add(fs_slots_t *slots)
{
    void    *slot, *chunk;
    void   **chunks;

    if (slots->used == slots->chunks_n * FS_SLOTS_CHUNK) {
        chunk = malloc(slots->size * FS_SLOTS_CHUNK);
        if (chunk == NULL) {
            return NULL;
        }

        chunks = realloc(slots->chunks,
                         (slots->chunks_n + 1) * sizeof(void *));
        if (chunks == NULL) {
            free(chunk);
            return NULL;
        }

        slots->chunks = chunks;
        slots->chunks[slots->chunks_n++] = chunk;
    }

    slot = fs_slots_at(slots, slots->used);
    slots->used++;
    memset(slot, 0, slots->size);

    return slot;
}


static void
fs_slots_free(fs_slots_t *slots)
{
    size_t  i;

    for (i = 0; i < slots->chunks_n; i++) {
        free(slots->chunks[i]);
    }

    free(slots->chunks);
}
