
/*
 * An order's private link: /l/ID-TAG.  Whoever has it sees the order, with its
 * code, and may claim; nothing else.
 *
 * That there is one says a document, `link` and the hold's id, with random
 * digits in it; the tag is of both, by the store's key.  So a link that is
 * taken back is dead, and the next one is another.  Operators write no such
 * document.
 */

#ifndef FS_VIEW_LINK_H
#define FS_VIEW_LINK_H

#include "read/read.h"

#pragma GCC visibility push(hidden)


#define FS_LINK_KIND      "link"
#define FS_LINK_PATH_LEN                                                     \
    (sizeof("/l/-") - 1 + FS_HOLD_ID_LEN + FS_LINK_TAG_LEN)

/* {"made":"…"}, of random bytes. */
#define FS_LINK_DOC_LEN   (sizeof("{\"made\":\"\"}") - 1 + 32)
void fs_link_document(const uint8_t random[16], char *doc);

/* The path of an order's link, FS_LINK_PATH_LEN bytes.  1; 0: there is none;
 * -1: it cannot be told now. */
int fs_view_link(fs_view_t *view, fs_crypto_t *crypto, fs_str_t id,
    char *path);

/* Whether the tag is that of the order's link now.  As fs_view_link(). */
int fs_view_link_is(fs_view_t *view, fs_crypto_t *crypto, fs_str_t id,
    fs_str_t tag);


#pragma GCC visibility pop

#endif /* FS_VIEW_LINK_H */
