
#include "sheet/sheet_terms.h"


#define FS_AMOUNTS_KEY_LEN  7


static void fs_amounts_key(uint8_t *key, uint32_t sale, uint32_t block);
static fs_terms_slot_t *fs_sheet_terms_slot(fs_sheet_t *sheet,
    uint32_t sale);


const fs_terms_t *
fs_sheet_terms(fs_sheet_t *sheet, uint32_t sale)
{
    uint8_t           key[FS_TERMS_KEY_LEN];
    fs_str_t          row;
    fs_terms_slot_t  *slot;

    slot = fs_sheet_terms_slot(sheet, sale);

    if (slot->batch == sheet->cache->batch && slot->sale == sale) {
        return &slot->terms;
    }

    fs_terms_key(key, sale);

    if (!fs_db_get(sheet->log, sheet->store->log_dbi[FS_LOG_NAMES], key,
                   sizeof(key), &row))
    {
        return NULL;
    }

    if (fs_terms_row_decode(&slot->terms, row) != 0) {
        sheet->failed = 1;
        return NULL;
    }

    slot->batch = sheet->cache->batch;
    slot->sale = sale;

    return &slot->terms;
}


void
fs_sheet_put_terms(fs_sheet_t *sheet, uint32_t sale, const fs_terms_t *terms)
{
    size_t   len;
    uint8_t  key[FS_TERMS_KEY_LEN], row[FS_TERMS_ROW_MAX];

    fs_terms_key(key, sale);
    len = fs_terms_row_encode(terms, row);
    fs_db_put(sheet->log, sheet->store->log_dbi[FS_LOG_NAMES], key,
              sizeof(key), row, len, 0);

    fs_sheet_terms_slot(sheet, sale)->batch = 0;
}


static fs_terms_slot_t *
fs_sheet_terms_slot(fs_sheet_t *sheet, uint32_t sale)
{
    return &sheet->cache->terms[sale & (FS_TERMS_CACHE - 1)];
}


static void
fs_amounts_key(uint8_t *key, uint32_t sale, uint32_t block)
{
    key[0] = 'A';
    fs_set_be32(key + 1, sale);
    key[5] = (uint8_t) (block >> 8);
    key[6] = (uint8_t) block;
}


void
fs_sheet_put_amounts(fs_sheet_t *sheet, uint32_t sale, const int64_t *amounts,
    uint32_t n)
{
    uint8_t   key[FS_AMOUNTS_KEY_LEN], row[FS_AMOUNTS_BLOCK * 8];
    uint32_t  block, i, of;

    for (block = 0; block * FS_AMOUNTS_BLOCK < n; block++) {

        of = n - block * FS_AMOUNTS_BLOCK;

        if (of > FS_AMOUNTS_BLOCK) {
            of = FS_AMOUNTS_BLOCK;
        }

        for (i = 0; i < of; i++) {
            fs_set_le64(row + 8 * i,
                        (uint64_t) amounts[block * FS_AMOUNTS_BLOCK + i]);
        }

        fs_amounts_key(key, sale, block);
        fs_db_put(sheet->log, sheet->store->log_dbi[FS_LOG_NAMES], key,
                  sizeof(key), row, 8 * of, 0);
    }
}


int64_t
fs_sheet_amount(fs_sheet_t *sheet, uint32_t sale, uint32_t number)
{
    uint8_t   key[FS_AMOUNTS_KEY_LEN];
    int64_t   amount;
    fs_str_t  row;
    uint32_t  at;

    fs_amounts_key(key, sale, (number - 1) / FS_AMOUNTS_BLOCK);
    at = (number - 1) % FS_AMOUNTS_BLOCK;

    if (!fs_db_get(sheet->log, sheet->store->log_dbi[FS_LOG_NAMES], key,
                   sizeof(key), &row)
        || row.len < 8 * (at + 1))
    {
        return 0;
    }

    amount = (int64_t) fs_get_le64(row.data + 8 * at);

    return amount >= 1 && amount <= FS_PRICE_MAX ? amount : 0;
}
