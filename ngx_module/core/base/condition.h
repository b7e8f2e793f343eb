
/*
 * Conditional requests (RFC 9110, 13): entity tags, and whether a write may
 * be carried out.  A write is judged where it is decided, under the write
 * lock, so that nothing comes between.  No resource has a date, so
 * If-Unmodified-Since is ignored, as the RFC wants it.
 */

#ifndef FS_CONDITION_H
#define FS_CONDITION_H

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


#define FS_ETAG_MAX  48

/* an entity tag as it is sent, with its quotes; len 0: there is none */
typedef struct {
    uint8_t              len;
    char                 data[FS_ETAG_MAX];
} fs_etag_t;

/* What If-Match and If-None-Match say; data NULL: nothing. */
typedef struct {
    fs_str_t             if_match;
    fs_str_t             if_none_match;
} fs_condition_t;


/*
 * A sale's: the version in quotes, and in a life after the first one its
 * epoch: what another life called by the same number is not the same.
 */
void fs_etag_sale(const fs_sale_t *sale, uint32_t epoch, fs_etag_t *etag);

/* A document's: of its bytes.  0, or -1: libcrypto failed. */
int fs_etag_document(fs_str_t doc, fs_etag_t *etag);

/* 1 when a header's value is `*` or a list of entity tags, else 0. */
int fs_condition_valid(fs_str_t value);

/*
 * 1 when the write may go on, 0: 412.  etag: of what is there now, which may
 * have none; NULL: nothing is there.
 */
int fs_condition_met(const fs_condition_t *condition, const fs_etag_t *etag);


#pragma GCC visibility pop

#endif /* FS_CONDITION_H */
