
/*
 * What the files of this room share: the databases, and rows as they lie in
 * them.
 */

#ifndef FS_TALK_ROWS_H
#define FS_TALK_ROWS_H

#include "talk/talk.h"

#pragma GCC visibility push(hidden)


/* databases, in the annex's order */
enum {
    FS_TALK_COMMENTS = 0,
    FS_TALK_AUTHORS,
    FS_TALK_MUTES,
    FS_TALK_KEYS,
    FS_TALK_ACTIVITIES,
    FS_TALK_LEAVING,
    FS_TALK_META,
    FS_TALK_DBS_N
};

#define FS_TALK_LAST           "last"
#define FS_TALK_LAST_ACTIVITY  "last-activity"

/* of an author's row: what it leads to */
#define FS_TALK_SAID           'c'
#define FS_TALK_DID            'a'

#define FS_TALK_AUTHOR_KEY     (FS_BUYER_LEN + 1 + 8)
#define FS_TALK_KEY_ROW        24       /* of `keys` */
#define FS_TALK_KEY_KEY        (FS_BUYER_LEN + FS_KEY_HASH_LEN)


/* The key of an author's row. */
void fs_talk_author_key(uint8_t *key, const uint8_t *buyer, int what,
    uint64_t id);

/* 1: the buyer is somebody. */
int fs_talk_somebody(const uint8_t *buyer);

/* Begin a walk at the last pair before a key.  As fs_db_walk(). */
int fs_talk_walk_back(fs_db_walk_t *walk, fs_txn_t *txn, MDB_dbi dbi,
    const void *key, size_t key_len);

/* A session's comment.  1: it is there and can be read. */
int fs_talk_get(fs_annex_t *annex, fs_txn_t *txn, const fs_slug_t *session,
    uint64_t id, fs_comment_t *comment);
void fs_talk_put(fs_annex_t *annex, fs_txn_t *txn, const fs_slug_t *session,
    const fs_comment_t *comment);


#pragma GCC visibility pop

#endif /* FS_TALK_ROWS_H */
