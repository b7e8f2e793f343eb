
/*
 * Newcomers: the wait, and the work instead of it.
 */

#include "base/crypto.h"
#include "json/field.h"
#include "rules/newcomer.h"


int64_t
fs_newcomer_rest(const fs_newcomer_t *newcomer, int64_t now_ms)
{
    int64_t  since, rest;

    if (newcomer->since.len == 0) {
        return 0;
    }

    if (fs_number_parse(newcomer->since, 0, INT64_MAX / 2, &since) != 0) {
        return -1;
    }

    rest = since + newcomer->wait_ms - now_ms;

    if (rest <= 0) {
        return 0;
    }

    if (newcomer->bits
        && fs_work_shown(newcomer->identity, newcomer->work, newcomer->bits))
    {
        return 0;
    }

    return rest < newcomer->wait_ms ? rest : newcomer->wait_ms;
}


int
fs_work_shown(fs_str_t identity, fs_str_t token, unsigned bits)
{
    char      rest[1 + FS_WORK_MAX];
    size_t    i;
    uint8_t   hash[FS_HASH_LEN];
    fs_str_t  str;

    if (token.len == 0 || token.len > FS_WORK_MAX) {
        return 0;
    }

    for (i = 0; i < token.len; i++) {

        /* a colon would let it be moved to an identity that ends there */

        if (token.data[i] <= ' ' || token.data[i] >= 0x7f
            || token.data[i] == ':')
        {
            return 0;
        }
    }

    rest[0] = ':';
    memcpy(rest + 1, token.data, token.len);

    str.data = rest;
    str.len = 1 + token.len;

    if (fs_sha256(identity, str, hash) != 0) {
        return 0;
    }

    for (i = 0; bits >= 8; i++, bits -= 8) {
        if (hash[i] != 0) {
            return 0;
        }
    }

    return (hash[i] >> (8 - bits)) == 0;
}
