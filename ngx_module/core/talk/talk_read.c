
/* Reading what was said and done. */

#include "base/bytes.h"
#include "talk/talk_rows.h"


/* rows looked at for one page, beyond those that it gives */
#define FS_TALK_LOOK  256


/* A walk over a session's rows, the newest first. */
typedef struct {
    fs_db_walk_t  walk;
    uint8_t       key[FS_TALK_KEY_MAX];     /* behind the last one */
    size_t        len;
} fs_talk_back_t;


static int fs_talk_back(fs_talk_back_t *back, fs_annex_t *annex, fs_txn_t *txn,
    const fs_slug_t *session, uint64_t *id);
static int fs_talk_back_on(fs_talk_back_t *back, uint64_t *id);
static int fs_talk_back_is_at(const fs_talk_back_t *back, int found,
    uint64_t *id);


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


/* From a session's last row back: the first step, and each one after.  1: the
 * walk stands on a row of the session, and *id is its id. */

static int
fs_talk_back(fs_talk_back_t *back, fs_annex_t *annex, fs_txn_t *txn,
    const fs_slug_t *session, uint64_t *id)
{
    uint8_t  number[8];

    memset(number, 0xff, sizeof(number));
    back->len = fs_talk_key(back->key, session, number, sizeof(number));

    return fs_talk_back_is_at(back, fs_talk_walk_back(&back->walk, txn,
                                        fs_annex_dbi(annex, FS_TALK_COMMENTS),
                                        back->key, back->len), id);
}


static int
fs_talk_back_on(fs_talk_back_t *back, uint64_t *id)
{
    return fs_talk_back_is_at(back, fs_db_walk_on(&back->walk, MDB_PREV), id);
}


static int
fs_talk_back_is_at(const fs_talk_back_t *back, int found, uint64_t *id)
{
    const fs_str_t  *key = &back->walk.key;

    if (!found || key->len != back->len
        || memcmp(key->data, back->key, back->len - sizeof(*id)) != 0)
    {
        return 0;
    }

    *id = fs_get_be64(key->data + back->len - sizeof(*id));

    return 1;
}


int
fs_talk_newest(fs_annex_t *annex, const fs_slug_t *session,
    fs_comment_t *comments, unsigned limit)
{
    int              found;
    uint64_t         id;
    unsigned         n, looked;
    fs_txn_t         txn;
    fs_comment_t    *comment;
    fs_talk_back_t   back;

    if (fs_annex_read(annex, &txn, 0) != FS_OK) {
        return -1;
    }

    n = 0;
    looked = 0;

    for (found = fs_talk_back(&back, annex, &txn, session, &id);
         found && n < limit && looked < limit + FS_TALK_LOOK;
         found = fs_talk_back_on(&back, &id), looked++)
    {
        comment = &comments[limit - 1 - n];

        if (fs_comment_row_decode(comment, back.walk.value) == 0
            && !comment->removed && comment->kind != FS_TALK_REMOVED)
        {
            comment->id = id;
            n++;
        }
    }

    fs_db_walk_end(&back.walk);

    memmove(comments, comments + limit - n, n * sizeof(*comments));

    found = txn.error;
    fs_annex_read_end(annex, &txn, 0);

    return found ? -1 : (int) n;
}


int
fs_talk_answered(fs_annex_t *annex, const fs_slug_t *session,
    fs_comment_t comments[2])
{
    int              found, n;
    uint64_t         id;
    unsigned         looked;
    fs_txn_t         txn;
    fs_comment_t    *answer = &comments[1];
    fs_talk_back_t   back;

    if (fs_annex_read(annex, &txn, 0) != FS_OK) {
        return -1;
    }

    n = 0;
    looked = 0;

    for (found = fs_talk_back(&back, annex, &txn, session, &id);
         found && looked < FS_TALK_ANSWERED;
         found = fs_talk_back_on(&back, &id), looked++)
    {
        if (fs_comment_row_decode(answer, back.walk.value) == 0
            && answer->kind == FS_TALK_ANSWER)
        {
            answer->id = id;
            n = answer->removed ? 0 : 1;
            break;
        }
    }

    fs_db_walk_end(&back.walk);

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


int
fs_talk_activity_since(fs_annex_t *annex, int64_t at, uint64_t *after)
{
    int            failed;
    MDB_dbi        dbi;
    uint8_t        number[8];
    fs_str_t       key, value;
    uint64_t       low, high, middle;
    fs_txn_t       txn;
    fs_db_walk_t   walk;
    fs_activity_t  activity;

    if (fs_annex_read(annex, &txn, 0) != FS_OK) {
        return -1;
    }

    /* ids up to `low` are of before, those behind `high` are not */

    dbi = fs_annex_dbi(annex, FS_TALK_ACTIVITIES);
    low = 0;
    high = 0;

    if (fs_db_last(&txn, dbi, &key, &value) && key.len == sizeof(number)) {
        high = fs_get_be64(key.data);
    }

    while (low < high) {
        middle = low + (high - low) / 2;
        fs_set_be64(number, middle + 1);

        if (fs_db_walk(&walk, &txn, dbi, number, sizeof(number),
                       MDB_SET_RANGE)
            && walk.key.len == sizeof(number)
            && fs_activity_row_decode(&activity, walk.value) == 0
            && activity.at < at)
        {
            low = fs_get_be64(walk.key.data);

        } else {
            high = middle;
        }

        fs_db_walk_end(&walk);
    }

    *after = low;

    failed = (txn.error != 0);
    fs_annex_read_end(annex, &txn, 0);

    return failed ? -1 : 0;
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
