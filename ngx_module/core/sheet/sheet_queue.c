
#include "sheet/sheet_queue.h"


void
fs_sheet_set_waiting(fs_sheet_t *sheet, const fs_hold_t *hold, int set)
{
    uint8_t  key[FS_WAITING_KEY_LEN], value[8];
    MDB_dbi  dbi;

    dbi = sheet->store->index_dbi[FS_INDEX_QUEUE];
    fs_waiting_key(key, hold->lines[0].sale, hold->lines[0].qty,
                   hold->number);

    if (!set) {
        fs_db_delete(sheet->index, dbi, key, sizeof(key), NULL, 0);
        return;
    }

    fs_set_le64(value, hold->seq);
    fs_db_put(sheet->index, dbi, key, sizeof(key), value, sizeof(value), 0);
}


int
fs_waiting_first(fs_store_t *store, fs_txn_t *index, const fs_sale_t *sale,
    uint32_t free, fs_waiting_t *first)
{
    uint8_t   key[FS_WAITING_KEY_LEN];
    uint32_t  qty, number;
    fs_str_t  found, value;

    first->number = 0;

    for (qty = 1; qty <= FS_QUEUED_QTY_MAX && qty <= free; qty++) {

        if (sale->waiting[qty - 1] == 0) {
            continue;
        }

        fs_waiting_key(key, sale->number, qty, 0);

        if (!fs_db_seek(index, store->index_dbi[FS_INDEX_QUEUE], key,
                        sizeof(key), &found, &value)
            || found.len != FS_WAITING_KEY_LEN || value.len != 8
            || memcmp(found.data, key, 5) != 0)
        {
            return -1;
        }

        number = fs_get_be32(found.data + 5);

        if (first->number == 0 || number < first->number) {
            first->number = number;
            first->qty = qty;
            first->hold = fs_get_le64(value.data);
        }
    }

    return first->number != 0;
}


uint32_t
fs_waiting_ahead(fs_store_t *store, fs_txn_t *index, const fs_sale_t *sale,
    const fs_hold_t *hold)
{
    fs_waiting_t  first;

    return fs_waiting_first(store, index, sale, FS_QUEUED_QTY_MAX, &first) == 1
           && first.number < hold->number ? hold->number - first.number : 0;
}
