
#include <string.h>

#include "lmdb/page.h"


const char *
fs_page_wrong(const uint8_t *page, size_t size, uint64_t pgno, unsigned kind,
    unsigned integer)
{
    size_t          at, len, key;
    uint64_t        begins[FS_PAGE_MAX / 2 / 64];
    unsigned        i, n, lower, upper, offset;
    const uint8_t  *node;

    lower = fs_get_le16(page + 12);
    upper = fs_get_le16(page + 14);

    if (fs_get_le64(page) != pgno
        || (fs_get_le16(page + 10) & ~(unsigned) FS_PAGE_DIRTY) != kind
        || lower < FS_PAGE_HEADER || lower % 2 != 0 || lower > upper
        || upper > size || upper % 2 != 0)
    {
        return "no page of its tree";
    }

    n = (lower - FS_PAGE_HEADER) / 2;

    if (n == 0) {
        return "empty";
    }

    memset(begins, 0, size / 2 / 8);

    for (i = 0; i < n; i++) {
        offset = fs_get_le16(page + FS_PAGE_HEADER + 2 * i);

        if (offset < upper || offset >= size || offset % 2 != 0) {
            return "not whole";
        }

        begins[offset / 2 / 64] |= (uint64_t) 1 << offset / 2 % 64;
    }

    for (at = upper; n && at + FS_PAGE_NODE <= size; n--) {

        if (!(begins[at / 2 / 64] & (uint64_t) 1 << at / 2 % 64)) {
            return "not whole";
        }

        node = page + at;
        key = fs_get_le16(node + 6);
        len = FS_PAGE_NODE + key;

        if (key > FS_PAGE_KEY_MAX
            || (integer && key != sizeof(uint64_t)
                && !(kind == FS_PAGE_BRANCH
                     && at == fs_get_le16(page + FS_PAGE_HEADER))))
        {
            return "not whole";
        }

        if (kind == FS_PAGE_LEAF) {
            len += (fs_get_le16(node + 4) & FS_NODE_BIG) ? sizeof(uint64_t)
                                                         : fs_get_le32(node);
        }

        if (len > size - at) {
            return "not whole";
        }

        at += len + (len & 1);
    }

    return n == 0 && at == size ? NULL : "not whole";
}


unsigned
fs_page_nodes(const uint8_t *page)
{
    return (fs_get_le16(page + 12) - FS_PAGE_HEADER) / 2U;
}


const uint8_t *
fs_page_node(const uint8_t *page, unsigned i)
{
    return page + fs_get_le16(page + FS_PAGE_HEADER + 2 * i);
}


uint64_t
fs_page_child(const uint8_t *node)
{
    return fs_get_le32(node) | (uint64_t) fs_get_le16(node + 4) << 32;
}


int
fs_page_order(const uint8_t *node, unsigned integer, const void *key,
    size_t len)
{
    int       rc;
    size_t    own;
    uint64_t  a, b;

    own = fs_get_le16(node + 6);

    if (integer) {
        a = fs_get_le64(node + FS_PAGE_NODE);
        b = fs_get_le64(key);

        return a < b ? -1 : a > b;
    }

    rc = memcmp(node + FS_PAGE_NODE, key, own < len ? own : len);

    return rc ? rc : own < len ? -1 : own > len;
}
