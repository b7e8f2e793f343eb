
#include <openssl/crypto.h>

#include "base/crypto.h"
#include "read/view_link.h"


static int fs_view_link_tag(fs_view_t *view, fs_crypto_t *crypto,
    fs_str_t id, char *tag);


void
fs_link_document(const uint8_t random[16], char *doc)
{
    static const char  begin[] = "{\"made\":\"";

    memcpy(doc, begin, sizeof(begin) - 1);
    doc += sizeof(begin) - 1;
    fs_hex(random, 16, doc);
    memcpy(doc + 32, "\"}", 2);
}


int
fs_view_link(fs_view_t *view, fs_crypto_t *crypto, fs_str_t id, char *path)
{
    memcpy(path, "/l/", 3);
    path += 3;

    if (id.len != FS_HOLD_ID_LEN) {
        return 0;
    }

    memcpy(path, id.data, FS_HOLD_ID_LEN);
    path += FS_HOLD_ID_LEN;
    *path++ = '-';

    return fs_view_link_tag(view, crypto, id, path);
}


int
fs_view_link_is(fs_view_t *view, fs_crypto_t *crypto, fs_str_t id,
    fs_str_t tag)
{
    int   rc;
    char  right[FS_LINK_TAG_LEN];

    if (tag.len != FS_LINK_TAG_LEN) {
        return 0;
    }

    rc = fs_view_link_tag(view, crypto, id, right);

    return (rc == 1) ? CRYPTO_memcmp(right, tag.data, FS_LINK_TAG_LEN) == 0
                     : rc;
}


static int
fs_view_link_tag(fs_view_t *view, fs_crypto_t *crypto, fs_str_t id,
    char *tag)
{
    int       rc;
    fs_str_t  doc, kind = fs_str(FS_LINK_KIND);

    rc = fs_view_document(view, kind, id, &doc);

    if (rc != 1) {
        return rc;
    }

    /* one of before operators were refused it is no link's */

    return doc.len == FS_LINK_DOC_LEN
           && fs_crypto_link_tag(crypto, id, doc, tag) == 0;
}
