
/*
 * Rows of `due`, and the timer of returns.
 */

#include <stdlib.h>

#include "sheet/sheet.h"


void
fs_due_add(fs_sheet_t *sheet, fs_sale_slot_t *slot, int64_t due, fs_seq_t seq)
{
    uint8_t  key[4], value[FS_DUE_LEN];

    fs_set_be32(key, slot->sale.number);
    fs_due_value(value, due, seq);
    fs_db_put(sheet->index, sheet->store->index_dbi[FS_INDEX_DUE], key,
              sizeof(key), value, sizeof(value), 0);

    if (slot->sale.due == 0 || due < slot->sale.due) {
        slot->sale.due = due;
        fs_sheet_touch(sheet, slot);
    }
}


/* When the earliest goes, the next one is looked for when it is needed. */

void
fs_due_remove(fs_sheet_t *sheet, fs_sale_slot_t *slot, int64_t due,
    fs_seq_t seq)
{
    uint8_t  key[4], value[FS_DUE_LEN];

    fs_set_be32(key, slot->sale.number);
    fs_due_value(value, due, seq);
    fs_db_delete(sheet->index, sheet->store->index_dbi[FS_INDEX_DUE], key,
                 sizeof(key), value, sizeof(value));

    if (due == slot->sale.due) {
        slot->due_stale = 1;
        fs_sheet_touch(sheet, slot);
    }
}


/* All due rows of holds, for they move while they are walked. */

int
fs_due_collect(fs_sheet_t *sheet, fs_due_row_t **rows, size_t *n)
{
    int            found;
    size_t         size;
    fs_db_walk_t   walk;
    fs_due_row_t  *row, *grown;

    *rows = NULL;
    *n = 0;
    size = 0;

    for (found = fs_db_walk(&walk, sheet->index,
                            sheet->store->index_dbi[FS_INDEX_DUE], NULL, 0,
                            MDB_FIRST);
         found;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        if (walk.key.len != 4 || walk.value.len != FS_DUE_LEN) {
            break;
        }

        if (fs_get_be32(walk.key.data) == 0) {
            continue;
        }

        if (*n == size) {
            size = (size == 0) ? 256 : 2 * size;
            grown = realloc(*rows, size * sizeof(fs_due_row_t));
            if (grown == NULL) {
                break;
            }

            *rows = grown;
        }

        row = &(*rows)[(*n)++];
        row->sale = fs_get_be32(walk.key.data);
        row->due = (int64_t) fs_get_be64(walk.value.data);
        row->hold = fs_get_be64(walk.value.data + 8);
    }

    fs_db_walk_end(&walk);

    if (found || sheet->index->error) {
        free(*rows);
        *rows = NULL;
        return -1;
    }

    return 0;
}


void
fs_due_swept(fs_sheet_t *sheet, int64_t time, fs_seq_t seq)
{
    fs_sale_slot_t  *slot;

    slot = fs_sheet_sale_slot(sheet, 0);

    if (slot != NULL) {
        fs_due_remove(sheet, slot, time, seq);
    }
}


void
fs_sheet_set_timer(fs_sheet_t *sheet, const fs_timer_t *timer, int set)
{
    size_t   len;
    MDB_dbi  dbi;
    uint8_t  key[FS_TIMER_KEY_MAX];

    dbi = sheet->store->index_dbi[FS_INDEX_TIMERS];
    len = fs_timer_key(key, timer);

    if (set) {
        fs_db_put(sheet->index, dbi, key, len, NULL, 0, 0);

    } else {
        fs_db_delete(sheet->index, dbi, key, len, NULL, 0);
    }
}


void
fs_due_returns(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup,
    int set)
{
    fs_timer_t  timer;

    memset(&timer, 0, sizeof(fs_timer_t));
    timer.clock = 'm';
    timer.kind = FS_TIMER_RETURN;
    timer.sale = sale;
    timer.pickup = pickup;

    fs_sheet_set_timer(sheet, &timer, set);
}


void
fs_due_returns_left(fs_sheet_t *sheet, uint32_t sale, uint32_t pickup)
{
    if (fs_sheet_first_member(sheet, sale, pickup) == 0) {
        fs_due_returns(sheet, sale, pickup, 0);
    }
}
