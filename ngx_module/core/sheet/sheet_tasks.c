
/*
 * Lines of a sale's orders of which something is left to owe, and what is
 * being owed of all of them.
 */

#include "sheet/sheet_tasks.h"


#define FS_PAID_KEY_LEN  12             /* of a task as well */

static void fs_paid_key(uint8_t *key, uint32_t sale, fs_seq_t seq);


static void
fs_paid_key(uint8_t *key, uint32_t sale, fs_seq_t seq)
{
    fs_set_be32(key, sale);
    fs_set_be64(key + 4, seq);
}


void
fs_sheet_set_paid(fs_sheet_t *sheet, const fs_paid_t *paid, int set)
{
    uint8_t  key[FS_PAID_KEY_LEN], row[FS_PAID_ROW_SIZE];
    MDB_dbi  dbi;

    dbi = sheet->store->index_dbi[FS_INDEX_PAID];
    fs_paid_key(key, paid->sale, paid->sold);

    if (!set) {
        fs_db_delete(sheet->index, dbi, key, sizeof(key), NULL, 0);
        return;
    }

    memset(row, 0, sizeof(row));
    fs_set_le64(row, paid->hold);
    row[8] = paid->line;
    fs_db_put(sheet->index, dbi, key, sizeof(key), row, sizeof(row), 0);
}


int
fs_sheet_next_paid(fs_sheet_t *sheet, uint32_t sale, fs_seq_t after,
    fs_paid_t *paid)
{
    uint8_t   key[FS_PAID_KEY_LEN];
    fs_str_t  found, value;

    fs_paid_key(key, sale, after + 1);

    if (!fs_db_seek(sheet->index, sheet->store->index_dbi[FS_INDEX_PAID],
                    key, sizeof(key), &found, &value)
        || found.len != FS_PAID_KEY_LEN || fs_get_be32(found.data) != sale)
    {
        return 0;
    }

    memset(paid, 0, sizeof(fs_paid_t));
    paid->sale = sale;
    paid->sold = fs_get_be64(found.data + 4);

    if (value.len != FS_PAID_ROW_SIZE
        || (uint8_t) value.data[8] >= FS_LINES_MAX)
    {
        return -1;
    }

    paid->hold = fs_get_le64(value.data);
    paid->line = (uint8_t) value.data[8];

    return 1;
}


int
fs_sheet_next_task(fs_sheet_t *sheet, uint32_t sale, fs_seq_t after,
    fs_task_t *task)
{
    uint8_t   key[FS_PAID_KEY_LEN];
    fs_str_t  found, value;

    fs_paid_key(key, sale, after + 1);

    if (!fs_db_seek(sheet->index, sheet->store->index_dbi[FS_INDEX_TASKS],
                    key, sizeof(key), &found, &value)
        || found.len != FS_PAID_KEY_LEN || fs_get_be32(found.data) != sale)
    {
        return 0;
    }

    if (fs_task_row_decode(task, value) != 0) {
        fs_sheet_damaged(sheet);
        return 0;
    }

    task->sale = sale;
    task->seq = fs_get_be64(found.data + 4);

    return 1;
}


void
fs_sheet_put_task(fs_sheet_t *sheet, const fs_task_t *task)
{
    uint8_t  key[FS_PAID_KEY_LEN], row[FS_TASK_ROW_SIZE];

    fs_paid_key(key, task->sale, task->seq);
    fs_task_row_encode(task, row);
    fs_db_put(sheet->index, sheet->store->index_dbi[FS_INDEX_TASKS], key,
              sizeof(key), row, sizeof(row), 0);
}


void
fs_sheet_delete_task(fs_sheet_t *sheet, const fs_task_t *task)
{
    uint8_t  key[FS_PAID_KEY_LEN];

    fs_paid_key(key, task->sale, task->seq);
    fs_db_delete(sheet->index, sheet->store->index_dbi[FS_INDEX_TASKS], key,
                 sizeof(key), NULL, 0);
}
