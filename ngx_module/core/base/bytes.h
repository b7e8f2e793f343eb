
/*
 * Integers in rows and keys: little-endian, or big-endian where order counts.
 * The compiler makes one instruction of each of these.  And bytes that are all
 * zero: nothing was said.
 */

#ifndef FS_BYTES_H
#define FS_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>


static inline void
fs_set_be32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t) (v >> 24);
    p[1] = (uint8_t) (v >> 16);
    p[2] = (uint8_t) (v >> 8);
    p[3] = (uint8_t) v;
}


static inline void
fs_set_be64(uint8_t *p, uint64_t v)
{
    fs_set_be32(p, (uint32_t) (v >> 32));
    fs_set_be32(p + 4, (uint32_t) v);
}


static inline uint32_t
fs_get_be32(const void *p)
{
    const uint8_t  *b = p;

    return (uint32_t) b[0] << 24 | (uint32_t) b[1] << 16
           | (uint32_t) b[2] << 8 | b[3];
}


static inline uint64_t
fs_get_be64(const void *p)
{
    const uint8_t  *b = p;

    return (uint64_t) fs_get_be32(b) << 32 | fs_get_be32(b + 4);
}


static inline void
fs_set_le16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t) v;
    p[1] = (uint8_t) (v >> 8);
}


static inline void
fs_set_le32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t) v;
    p[1] = (uint8_t) (v >> 8);
    p[2] = (uint8_t) (v >> 16);
    p[3] = (uint8_t) (v >> 24);
}


static inline void
fs_set_le64(uint8_t *p, uint64_t v)
{
    fs_set_le32(p, (uint32_t) v);
    fs_set_le32(p + 4, (uint32_t) (v >> 32));
}


static inline uint16_t
fs_get_le16(const void *p)
{
    const uint8_t  *b = p;

    return (uint16_t) (b[0] | b[1] << 8);
}


static inline uint32_t
fs_get_le32(const void *p)
{
    const uint8_t  *b = p;

    return b[0] | (uint32_t) b[1] << 8 | (uint32_t) b[2] << 16
           | (uint32_t) b[3] << 24;
}


static inline uint64_t
fs_get_le64(const void *p)
{
    const uint8_t  *b = p;

    return fs_get_le32(b) | (uint64_t) fs_get_le32(b + 4) << 32;
}


static inline int
fs_all_zero(const uint8_t *bytes, size_t len)
{
    /* each is as the one before it, and the first is zero */

    return len == 0
           || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}


#endif /* FS_BYTES_H */
