
#include "read/view_invited.h"

#include "sheet/sheet_referral.h"


uint32_t
fs_view_invited_by(fs_view_t *view, const uint8_t *inviter)
{
    uint8_t   key[FS_INVITED_KEY];
    fs_str_t  row;

    fs_invited_key(key, FS_INVITED_COUNT, inviter);

    return fs_db_get(&view->index, view->store->index_dbi[FS_INDEX_INVITED],
                     key, sizeof(key), &row)
           && row.len == 4 ? fs_get_le32(row.data) : 0;
}


int
fs_view_next_invited(fs_view_t *view, const uint8_t *inviter, fs_seq_t *seq,
    uint8_t *newcomer)
{
    int           found;
    uint8_t       key[FS_INVITED_LISTED];
    fs_db_walk_t  walk;

    fs_invited_key(key, FS_INVITED_LIST, inviter);
    fs_set_be64(key + FS_INVITED_KEY, *seq + 1);

    found = fs_db_walk(&walk, &view->index,
                       view->store->index_dbi[FS_INDEX_INVITED], key,
                       sizeof(key), MDB_SET_RANGE)
            && walk.key.len == FS_INVITED_LISTED
            && memcmp(walk.key.data, key, FS_INVITED_KEY) == 0
            && walk.value.len == FS_BUYER_LEN;

    if (found) {
        *seq = fs_get_be64(walk.key.data + FS_INVITED_KEY);
        memcpy(newcomer, walk.value.data, FS_BUYER_LEN);
    }

    fs_db_walk_end(&walk);

    return found;
}
