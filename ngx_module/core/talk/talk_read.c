
/* Reading what was said and done. */

#include "base/bytes.h"
#include "talk/talk_rows.h"


/* rows looked at for one page, beyond those that it gives */
#define FS_TALK_LOOK  256


uint64_t
fs_talk_last(fs_annex_t *annex)
{
    uint64_t  last;
    fs_str_t  found;
    fs_txn_t  txn;

    if (fs_annex_read(annex, &txn, 0) != FS_OK) {
        return 0;
    }

    last = 0;

    if (fs_db_get(&txn, fs_annex_dbi(annex, FS_TALK_META), FS_TALK_LAST,
                  sizeof(FS_TALK_LAST) - 1, &found)
        && found.len == sizeof(last))
    {
        last = fs_get_le64(found.data);
    }

    fs_annex_read_end(annex, &txn, 0);

    return last;
}


int
fs_talk_after(fs_annex_t *annex, const fs_slug_t *session, uint64_t after,
    int removals, fs_comment_t *comments, unsigned limit, uint64_t *next,
    int *more)
{
    int            found;
    size_t         len;
    uint8_t        key[FS_TALK_KEY_MAX], number[8];
    unsigned       n, looked;
    fs_txn_t       txn;
    fs_db_walk_t   walk;
    fs_comment_t  *comment;

    *more = 0;
    *next = after;

    if (after == UINT64_MAX) {
        return 0;
    }

    if (fs_annex_read(annex, &txn, 0) != FS_OK) {
        return -1;
    }

    fs_set_be64(number, after + 1);
    len = fs_talk_key(key, session, number, sizeof(number));

    n = 0;
    looked = 0;

    for (found = fs_db_walk(&walk, &txn,
                            fs_annex_dbi(annex, FS_TALK_COMMENTS), key, len,
                            MDB_SET_RANGE);
         found && walk.key.len == len
         && memcmp(walk.key.data, key, len - sizeof(number)) == 0;
         found = fs_db_walk_on(&walk, MDB_NEXT), looked++)
    {
        if (n == limit || looked == limit + FS_TALK_LOOK) {
            *more = 1;
            break;
        }

        *next = fs_get_be64(walk.key.data + len - sizeof(number));

        comment = &comments[n];

        if (fs_comment_row_decode(comment, walk.value) != 0
            || comment->removed
            || (comment->kind == FS_TALK_REMOVED && !removals))
        {
            continue;
        }

        comment->id = *next;
        n++;
    }

    fs_db_walk_end(&walk);

    found = txn.error;
    fs_annex_read_end(annex, &txn, 0);

    return found ? -1 : (int) n;
}


int
fs_talk_newest(fs_annex_t *annex, const fs_slug_t *session,
    fs_comment_t *comments, unsigned limit)
{
    int            found;
    size_t         len;
    uint8_t        key[FS_TALK_KEY_MAX], number[8];
    unsigned       n, looked;
    fs_txn_t       txn;
    fs_db_walk_t   walk;
    fs_comment_t  *comment;

    if (fs_annex_read(annex, &txn, 0) != FS_OK) {
        return -1;
    }

    memset(number, 0xff, sizeof(number));
    len = fs_talk_key(key, session, number, sizeof(number));

    n = 0;
    looked = 0;

    for (found = fs_talk_walk_back(&walk, &txn,
                                   fs_annex_dbi(annex, FS_TALK_COMMENTS), key,
                                   len);
         found && n < limit && looked < limit + FS_TALK_LOOK
         && walk.key.len == len
         && memcmp(walk.key.data, key, len - sizeof(number)) == 0;
         found = fs_db_walk_on(&walk, MDB_PREV), looked++)
    {
        comment = &comments[limit - 1 - n];

        if (fs_comment_row_decode(comment, walk.value) == 0
            && !comment->removed && comment->kind != FS_TALK_REMOVED)
        {
            comment->id = fs_get_be64(walk.key.data + len - sizeof(number));
            n++;
        }
    }

    fs_db_walk_end(&walk);

    memmove(comments, comments + limit - n, n * sizeof(*comments));

    found = txn.error;
    fs_annex_read_end(annex, &txn, 0);

    return found ? -1 : (int) n;
}


int
fs_talk_answered(fs_annex_t *annex, const fs_slug_t *session,
    fs_comment_t comments[2])
{
    int            found, n;
    size_t         len;
    uint8_t        key[FS_TALK_KEY_MAX], number[8];
    unsigned       looked;
    fs_txn_t       txn;
    fs_db_walk_t   walk;
    fs_comment_t  *answer = &comments[1];

    if (fs_annex_read(annex, &txn, 0) != FS_OK) {
        return -1;
    }

    memset(number, 0xff, sizeof(number));
    len = fs_talk_key(key, session, number, sizeof(number));

    n = 0;
    looked = 0;

    for (found = fs_talk_walk_back(&walk, &txn,
                                   fs_annex_dbi(annex, FS_TALK_COMMENTS), key,
                                   len);
         found && looked < FS_TALK_ANSWERED && walk.key.len == len
         && memcmp(walk.key.data, key, len - sizeof(number)) == 0;
         found = fs_db_walk_on(&walk, MDB_PREV), looked++)
    {
        if (fs_comment_row_decode(answer, walk.value) != 0
            || answer->kind != FS_TALK_ANSWER)
        {
            continue;
        }

        answer->id = fs_get_be64(walk.key.data + len - sizeof(number));
        n = answer->removed ? 0 : 1;
        break;
    }

    fs_db_walk_end(&walk);

    if (n) {
        if (fs_talk_get(annex, &txn, session, answer->of, &comments[0])
            && !comments[0].removed)
        {
            n = 2;

        } else {
            comments[0] = *answer;
        }
    }

    found = txn.error;
    fs_annex_read_end(annex, &txn, 0);

    return found ? -1 : n;
}


int
fs_talk_activity(fs_annex_t *annex, uint64_t after,
    fs_activity_t *activities, unsigned limit, int *more)
{
    int           found;
    uint8_t       number[8];
    unsigned      n;
    fs_txn_t      txn;
    fs_db_walk_t  walk;

    *more = 0;

    if (after == UINT64_MAX) {
        return 0;
    }

    if (fs_annex_read(annex, &txn, 0) != FS_OK) {
        return -1;
    }

    fs_set_be64(number, after + 1);
    n = 0;

    for (found = fs_db_walk(&walk, &txn,
                            fs_annex_dbi(annex, FS_TALK_ACTIVITIES), number,
                            sizeof(number), MDB_SET_RANGE);
         found;
         found = fs_db_walk_on(&walk, MDB_NEXT))
    {
        if (n == limit) {
            *more = 1;
            break;
        }

        if (walk.key.len == sizeof(number)
            && fs_activity_row_decode(&activities[n], walk.value) == 0)
        {
            activities[n++].id = fs_get_be64(walk.key.data);
        }
    }

    fs_db_walk_end(&walk);

    found = txn.error;
    fs_annex_read_end(annex, &txn, 0);

    return found ? -1 : (int) n;
}


int64_t
fs_talk_count(fs_annex_t *annex)
{
    int64_t   n;
    fs_txn_t  txn;
    MDB_stat  stat;

    if (fs_annex_read(annex, &txn, 0) != FS_OK) {
        return -1;
    }

    n = fs_guard_stat(txn.txn, fs_annex_dbi(annex, FS_TALK_COMMENTS), &stat)
        == 0 ? (int64_t) stat.ms_entries : -1;

    fs_annex_read_end(annex, &txn, 0);

    return n;
}
