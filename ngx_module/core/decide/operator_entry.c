
/*
 * What the operator's commands have in common: the entry that binds a key, and
 * where texts lie that are no part of the ledger.
 */

#include "base/crypto.h"
#include "decide/decide.h"


/* The fingerprint takes the place of a hold, which such an entry has not. */

void
fs_operator_emit(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, fs_entry_t *entry, const fs_now_t *now)
{
    memcpy(entry->id1, command->buyer, FS_BUYER_LEN);
    memcpy(entry->key, command->key, FS_KEY_HASH_LEN);
    entry->hold = fs_get_le64(op->fingerprint);

    fs_emit(sheet, entry, now);
}


size_t
fs_document_key(char *key, fs_str_t kind, fs_str_t id)
{
    memcpy(key, kind.data, kind.len);
    key[kind.len] = '/';
    memcpy(key + kind.len + 1, id.data, id.len);

    return kind.len + 1 + id.len;
}


int
fs_digest(fs_entry_t *entry, fs_str_t first, fs_str_t second)
{
    uint8_t  hash[FS_HASH_LEN];

    if (fs_sha256(first, second, hash) != 0) {
        return -1;
    }

    memcpy(entry->id2, hash, sizeof(entry->id2));

    return 0;
}


/* `drawn` says by `hold` that it is none of a ticket: there is other room. */

uint64_t
fs_operator_asked(const fs_entry_t *entry)
{
    return entry->type == FS_ENTRY_DRAWN
           ? (uint64_t) entry->number3 << 32 | entry->pickup : entry->hold;
}
