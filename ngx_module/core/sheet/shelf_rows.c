
/*
 * The shelf's rows.
 */

#include "sheet/sheet.h"


void
fs_shelf_add(fs_sheet_t *sheet, uint32_t sale)
{
    uint8_t  key[FS_SHELF_SALE_KEY];

    fs_shelf_sale_key(key, FS_SHELF_CURRENT, sale);
    fs_db_put(sheet->index, sheet->store->index_dbi[FS_INDEX_SHELF], key,
              sizeof(key), "", 0, 0);
}


void
fs_shelf_end(fs_sheet_t *sheet, uint32_t sale, fs_seq_t seq, int64_t at)
{
    uint8_t  key[FS_SHELF_SALE_KEY], ended[FS_SHELF_SEQ_KEY];
    uint8_t  row[FS_SHELF_ENDED_ROW], where[8];
    MDB_dbi  dbi;

    dbi = sheet->store->index_dbi[FS_INDEX_SHELF];

    fs_shelf_sale_key(key, FS_SHELF_CURRENT, sale);
    fs_db_delete(sheet->index, dbi, key, sizeof(key), NULL, 0);

    fs_shelf_seq_key(ended, seq);
    fs_set_le32(row, sale);
    fs_set_le64(row + 4, (uint64_t) at);
    fs_db_put(sheet->index, dbi, ended, sizeof(ended), row, sizeof(row), 0);

    fs_shelf_sale_key(key, FS_SHELF_WHERE, sale);
    fs_set_le64(where, seq);
    fs_db_put(sheet->index, dbi, key, sizeof(key), where, sizeof(where), 0);
}


void
fs_shelf_return(fs_sheet_t *sheet, uint32_t sale)
{
    uint8_t   key[FS_SHELF_SALE_KEY], ended[FS_SHELF_SEQ_KEY];
    MDB_dbi   dbi;
    fs_str_t  where;

    dbi = sheet->store->index_dbi[FS_INDEX_SHELF];

    fs_shelf_sale_key(key, FS_SHELF_WHERE, sale);

    if (!fs_db_get(sheet->index, dbi, key, sizeof(key), &where)
        || where.len != 8)
    {
        fs_sheet_damaged(sheet);
        return;
    }

    fs_shelf_seq_key(ended, fs_get_le64(where.data));
    fs_db_delete(sheet->index, dbi, ended, sizeof(ended), NULL, 0);
    fs_db_delete(sheet->index, dbi, key, sizeof(key), NULL, 0);

    fs_shelf_add(sheet, sale);
}


void
fs_shelf_sale_key(uint8_t *key, char kind, uint32_t sale)
{
    key[0] = (uint8_t) kind;
    fs_set_be32(key + 1, sale);
}


void
fs_shelf_seq_key(uint8_t *key, fs_seq_t seq)
{
    key[0] = FS_SHELF_ENDED;
    fs_set_be64(key + 1, seq);
}
