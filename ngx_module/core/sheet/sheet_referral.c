
#include "sheet/sheet_referral.h"


#define FS_REFERRAL_ROW_SIZE  12


void
fs_invited_key(uint8_t *key, char kind, const uint8_t *buyer)
{
    key[0] = (uint8_t) kind;
    memcpy(key + 1, buyer, FS_BUYER_LEN);
}


int
fs_sheet_invited(fs_sheet_t *sheet, const uint8_t *newcomer,
    fs_invited_t *invited)
{
    uint8_t   key[FS_INVITED_KEY];
    fs_str_t  row;

    fs_invited_key(key, FS_INVITED_ONE, newcomer);

    if (!fs_db_get(sheet->index, sheet->store->index_dbi[FS_INDEX_INVITED],
                   key, sizeof(key), &row))
    {
        return 0;
    }

    if (fs_invited_row_decode(invited, row) != 0) {
        fs_sheet_damaged(sheet);
        return 0;
    }

    return 1;
}


void
fs_sheet_put_invited(fs_sheet_t *sheet, const uint8_t *newcomer,
    const fs_invited_t *invited)
{
    uint8_t  key[FS_INVITED_KEY], row[FS_INVITED_ROW_SIZE];

    fs_invited_key(key, FS_INVITED_ONE, newcomer);
    fs_invited_row_encode(invited, row);
    fs_db_put(sheet->index, sheet->store->index_dbi[FS_INDEX_INVITED], key,
              sizeof(key), row, sizeof(row), 0);
}


uint32_t
fs_sheet_invited_by(fs_sheet_t *sheet, const uint8_t *inviter)
{
    uint8_t   key[FS_INVITED_KEY];
    fs_str_t  row;

    fs_invited_key(key, FS_INVITED_COUNT, inviter);

    if (!fs_db_get(sheet->index, sheet->store->index_dbi[FS_INDEX_INVITED],
                   key, sizeof(key), &row))
    {
        return 0;
    }

    if (row.len != 4) {
        fs_sheet_damaged(sheet);
        return 0;
    }

    return fs_get_le32(row.data);
}


void
fs_sheet_add_invited(fs_sheet_t *sheet, const uint8_t *newcomer,
    const fs_invited_t *invited)
{
    uint8_t  key[FS_INVITED_LISTED], row[4];
    MDB_dbi  dbi;

    dbi = sheet->store->index_dbi[FS_INDEX_INVITED];

    fs_sheet_put_invited(sheet, newcomer, invited);

    fs_invited_key(key, FS_INVITED_COUNT, invited->inviter);
    fs_set_le32(row, fs_sheet_invited_by(sheet, invited->inviter) + 1);
    fs_db_put(sheet->index, dbi, key, FS_INVITED_KEY, row, sizeof(row), 0);

    key[0] = FS_INVITED_LIST;
    fs_set_be64(key + FS_INVITED_KEY, invited->seq);
    fs_db_put(sheet->index, dbi, key, sizeof(key), newcomer, FS_BUYER_LEN, 0);
}


int
fs_sheet_referral(fs_sheet_t *sheet, fs_referral_t *referral)
{
    fs_str_t  row;

    if (!fs_db_get(sheet->log, sheet->store->log_dbi[FS_LOG_NAMES],
                   FS_REFERRAL_KEY, sizeof(FS_REFERRAL_KEY) - 1, &row))
    {
        return 0;
    }

    if (row.len != FS_REFERRAL_ROW_SIZE) {
        sheet->failed = 1;
        return 0;
    }

    referral->inviter = fs_get_le32(row.data);
    referral->newcomer = fs_get_le32(row.data + 4);
    referral->per_inviter = fs_get_le32(row.data + 8);

    return 1;
}


void
fs_sheet_put_referral(fs_sheet_t *sheet, const fs_referral_t *referral)
{
    uint8_t  row[FS_REFERRAL_ROW_SIZE];
    MDB_dbi  dbi;

    dbi = sheet->store->log_dbi[FS_LOG_NAMES];

    if (referral == NULL) {
        fs_db_delete(sheet->log, dbi, FS_REFERRAL_KEY,
                     sizeof(FS_REFERRAL_KEY) - 1, NULL, 0);
        return;
    }

    fs_set_le32(row, referral->inviter);
    fs_set_le32(row + 4, referral->newcomer);
    fs_set_le32(row + 8, referral->per_inviter);
    fs_db_put(sheet->log, dbi, FS_REFERRAL_KEY, sizeof(FS_REFERRAL_KEY) - 1,
              row, sizeof(row), 0);
}
