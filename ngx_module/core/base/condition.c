
#include <stdio.h>

#include "base/condition.h"
#include "base/crypto.h"


#define FS_ETAG_DIGEST  16              /* bytes of it that are shown */


static int fs_condition_next(fs_str_t value, size_t *pos, fs_str_t *tag,
    int *weak);
static int fs_condition_is_any(fs_str_t value);
static int fs_condition_matches(fs_str_t value, const fs_etag_t *etag,
    int strong);


void
fs_etag_sale(const fs_sale_t *sale, uint32_t epoch, fs_etag_t *etag)
{
    unsigned long long  version = sale->version;

    etag->len = (uint8_t) (epoch != 0
                ? snprintf(etag->data, sizeof(etag->data), "\"%llu-%08x\"",
                           version, (unsigned) epoch)
                : snprintf(etag->data, sizeof(etag->data), "\"%llu\"",
                           version));
}


int
fs_etag_document(fs_str_t doc, fs_etag_t *etag)
{
    uint8_t   hash[FS_HASH_LEN];
    fs_str_t  none = fs_str("");

    if (fs_sha256(doc, none, hash) != 0) {
        return -1;
    }

    etag->data[0] = '"';
    fs_hex(hash, FS_ETAG_DIGEST, etag->data + 1);
    etag->data[1 + 2 * FS_ETAG_DIGEST] = '"';
    etag->len = 2 + 2 * FS_ETAG_DIGEST;

    return 0;
}


int
fs_condition_valid(fs_str_t value)
{
    int       rc, weak;
    size_t    pos, n;
    fs_str_t  tag;

    if (fs_condition_is_any(value)) {
        return 1;
    }

    pos = 0;
    n = 0;

    while ((rc = fs_condition_next(value, &pos, &tag, &weak)) > 0) {
        n++;
    }

    return rc == 0 && n > 0;
}


int
fs_condition_met(const fs_condition_t *condition, const fs_etag_t *etag)
{
    if (condition->if_match.data != NULL
        && !fs_condition_matches(condition->if_match, etag, 1))
    {
        return 0;
    }

    return condition->if_none_match.data == NULL
           || !fs_condition_matches(condition->if_none_match, etag, 0);
}


static int
fs_condition_matches(fs_str_t value, const fs_etag_t *etag, int strong)
{
    int       weak;
    size_t    pos;
    fs_str_t  tag;

    if (etag == NULL) {
        return 0;
    }

    if (fs_condition_is_any(value)) {
        return 1;
    }

    pos = 0;

    while (fs_condition_next(value, &pos, &tag, &weak) > 0) {

        /* ours are strong, all of them */

        if ((!weak || !strong) && tag.len == etag->len
            && memcmp(tag.data, etag->data, tag.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* `*`, with blanks around. */

static int
fs_condition_is_any(fs_str_t value)
{
    size_t  i;

    for (i = 0; i < value.len && (value.data[i] == ' '
                                  || value.data[i] == '\t'); i++)
    {
        /* void */
    }

    if (i == value.len || value.data[i] != '*') {
        return 0;
    }

    for (i++; i < value.len; i++) {
        if (value.data[i] != ' ' && value.data[i] != '\t') {
            return 0;
        }
    }

    return 1;
}


/*
 * The next tag of a list, with its quotes.  1; 0: there is no more; -1: what
 * is there is no tag.  Elements may be empty.
 */

static int
fs_condition_next(fs_str_t value, size_t *pos, fs_str_t *tag, int *weak)
{
    size_t   i;
    uint8_t  c;

    i = *pos;

    while (i < value.len && (value.data[i] == ' ' || value.data[i] == '\t'
                             || value.data[i] == ','))
    {
        i++;
    }

    if (i == value.len) {
        return 0;
    }

    *weak = value.len - i > 2 && value.data[i] == 'W'
            && value.data[i + 1] == '/';

    if (*weak) {
        i += 2;
    }

    if (value.data[i] != '"') {
        return -1;
    }

    tag->data = value.data + i;

    for (i++; i < value.len && value.data[i] != '"'; i++) {
        c = (uint8_t) value.data[i];

        if (c < 0x21 || c == 0x7f) {
            return -1;
        }
    }

    if (i == value.len) {
        return -1;
    }

    i++;
    tag->len = (size_t) (value.data + i - tag->data);

    /* to the comma, or the end */

    while (i < value.len && (value.data[i] == ' ' || value.data[i] == '\t')) {
        i++;
    }

    if (i < value.len && value.data[i] != ',') {
        return -1;
    }

    *pos = i;

    return 1;
}
