
/*
 * What is erased: a buyer's name and pseudonym, all of a session, what is
 * over.  In steps, so that no commit is long; what is left of the rows in the
 * file is the annex's to wipe.
 */

#include "base/bytes.h"
#include "talk/talk_erase.h"
#include "talk/talk_rows.h"


static int fs_talk_first(fs_txn_t *txn, MDB_dbi dbi, const void *prefix,
    size_t len, fs_str_t *key, fs_str_t *value);
static void fs_talk_disown(fs_annex_t *annex, fs_txn_t *txn,
    const fs_slug_t *session, uint64_t id);
static unsigned fs_talk_leave(fs_annex_t *annex, fs_txn_t *txn);
static unsigned fs_talk_old_activity(fs_annex_t *annex, fs_txn_t *txn,
    int64_t before);
static unsigned fs_talk_old_keys(fs_annex_t *annex, fs_txn_t *txn,
    fs_talk_sweep_t *sweep, int64_t before, int *end);


/* The first pair whose key begins with `prefix`.  1 or 0. */

static int
fs_talk_first(fs_txn_t *txn, MDB_dbi dbi, const void *prefix, size_t len,
    fs_str_t *key, fs_str_t *value)
{
    return fs_db_seek(txn, dbi, prefix, len, key, value) && key->len >= len
           && memcmp(key->data, prefix, len) == 0;
}


int
fs_talk_erase_buyer(fs_annex_t *annex, fs_txn_t *txn, const uint8_t *buyer,
    unsigned *rows)
{
    size_t     len;
    uint8_t    key[FS_TALK_AUTHOR_KEY], number[8];
    MDB_dbi    authors, keys;
    fs_str_t   found, value;
    fs_slug_t  session;

    authors = fs_annex_dbi(annex, FS_TALK_AUTHORS);
    keys = fs_annex_dbi(annex, FS_TALK_KEYS);

    for (*rows = 0; *rows < FS_TALK_STEP; (*rows)++) {

        if (!fs_talk_first(txn, authors, buyer, FS_BUYER_LEN, &found,
                           &value))
        {
            break;
        }

        len = found.len < sizeof(key) ? found.len : sizeof(key);
        memcpy(key, found.data, len);

        if (len == sizeof(key)) {
            memcpy(number, key + FS_BUYER_LEN + 1, sizeof(number));

            if (key[FS_BUYER_LEN] == FS_TALK_DID) {
                (void) fs_db_delete(txn, fs_annex_dbi(annex,
                                                      FS_TALK_ACTIVITIES),
                                    number, sizeof(number), NULL, 0);

            } else if (fs_slug_valid(value)) {
                fs_slug_set(&session, value);
                fs_talk_disown(annex, txn, &session, fs_get_be64(number));
            }
        }

        (void) fs_db_delete(txn, authors, key, len, NULL, 0);
    }

    for ( /* void */ ; *rows < FS_TALK_STEP; (*rows)++) {

        if (!fs_talk_first(txn, keys, buyer, FS_BUYER_LEN, &found, &value)) {
            (void) fs_db_delete(txn, fs_annex_dbi(annex, FS_TALK_LEAVING),
                                buyer, FS_BUYER_LEN, NULL, 0);
            return 1;
        }

        memcpy(key, found.data, FS_TALK_KEY_KEY);
        (void) fs_db_delete(txn, keys, key, FS_TALK_KEY_KEY, NULL, 0);
    }

    fs_db_put(txn, fs_annex_dbi(annex, FS_TALK_LEAVING), buyer, FS_BUYER_LEN,
              "", 0, 0);

    return 0;
}


/* What was said stays; who said it goes. */

static void
fs_talk_disown(fs_annex_t *annex, fs_txn_t *txn, const fs_slug_t *session,
    uint64_t id)
{
    fs_comment_t  comment;

    if (fs_talk_get(annex, txn, session, id, &comment)) {
        memset(comment.buyer, 0, FS_BUYER_LEN);
        comment.name_len = 0;
        fs_talk_put(annex, txn, session, &comment);
    }
}


int
fs_talk_erase_session(fs_annex_t *annex, fs_txn_t *txn,
    const fs_slug_t *session, unsigned *rows)
{
    size_t        len, prefix_len;
    uint8_t       prefix[FS_TALK_KEY_MAX], key[FS_TALK_KEY_MAX];
    uint8_t       author[FS_TALK_AUTHOR_KEY];
    MDB_dbi       dbi;
    unsigned      i;
    fs_str_t      found, value;
    fs_comment_t  comment;

    prefix_len = fs_talk_key(prefix, session, "", 0);
    *rows = 0;

    for (i = 0; i < 2; i++) {
        dbi = fs_annex_dbi(annex, i ? FS_TALK_MUTES : FS_TALK_COMMENTS);

        while (fs_talk_first(txn, dbi, prefix, prefix_len, &found, &value)) {

            if ((*rows)++ == FS_TALK_STEP || found.len > sizeof(key)) {
                return 0;
            }

            len = found.len;
            memcpy(key, found.data, len);

            if (i == 0 && len == prefix_len + 8
                && fs_comment_row_decode(&comment, value) == 0
                && fs_talk_somebody(comment.buyer))
            {
                fs_talk_author_key(author, comment.buyer, FS_TALK_SAID,
                                   fs_get_be64(key + prefix_len));
                (void) fs_db_delete(txn, fs_annex_dbi(annex,
                                                      FS_TALK_AUTHORS),
                                    author, sizeof(author), NULL, 0);
            }

            (void) fs_db_delete(txn, dbi, key, len, NULL, 0);
        }
    }

    return 1;
}


unsigned
fs_talk_sweep(fs_annex_t *annex, fs_talk_sweep_t *sweep, int64_t now,
    int64_t before, fs_slug_t *sessions, unsigned *erased, int *more)
{
    int        end;
    size_t     len;
    uint8_t    key[FS_TALK_KEY_MAX];
    unsigned   n;
    fs_str_t   found, value, slug;
    fs_txn_t   txn;

    *more = 0;
    *erased = 0;

    if (fs_annex_begin(annex, &txn) != FS_OK) {
        return 0;
    }

    if (!sweep->begun) {
        memset(sweep, 0, sizeof(*sweep));
        sweep->begun = 1;
    }

    *erased = fs_talk_leave(annex, &txn);
    *erased += fs_talk_old_activity(annex, &txn, before);
    *erased += fs_talk_old_keys(annex, &txn, sweep, now - FS_KEY_KEPT_MS,
                                &end);

    /* from session to session: behind one's rows is what begins with 1 */

    for (n = 0; n < FS_TALK_LOOKS; n++) {
        memcpy(key, sweep->session.data, sweep->session.len);
        key[sweep->session.len] = 1;
        len = sweep->session.len + 1u;

        if (!fs_db_seek(&txn, fs_annex_dbi(annex, FS_TALK_COMMENTS), key, len,
                        &found, &value))
        {
            break;
        }

        slug.data = found.data;
        slug.len = strnlen(found.data, found.len);

        if (!fs_slug_valid(slug)) {
            break;
        }

        fs_slug_set(&sweep->session, slug);
        sessions[n] = sweep->session;
    }

    if (*erased >= FS_TALK_STEP || n == FS_TALK_LOOKS || !end) {
        *more = 1;

    } else {
        sweep->begun = 0;
    }

    if (fs_annex_end(annex, &txn) != FS_OK) {
        sweep->begun = 0;
        *more = 0;
        return 0;
    }

    return n;
}


static unsigned
fs_talk_leave(fs_annex_t *annex, fs_txn_t *txn)
{
    uint8_t   buyer[FS_BUYER_LEN];
    unsigned  rows;
    fs_str_t  found, value;

    if (!fs_db_seek(txn, fs_annex_dbi(annex, FS_TALK_LEAVING), "\0", 1,
                    &found, &value)
        || found.len != FS_BUYER_LEN)
    {
        return 0;
    }

    memcpy(buyer, found.data, FS_BUYER_LEN);
    (void) fs_talk_erase_buyer(annex, txn, buyer, &rows);

    return rows;
}


static unsigned
fs_talk_old_activity(fs_annex_t *annex, fs_txn_t *txn, int64_t before)
{
    uint8_t        key[FS_TALK_AUTHOR_KEY], number[8];
    MDB_dbi        dbi;
    unsigned       n;
    fs_str_t       found, value;
    fs_activity_t  activity;

    dbi = fs_annex_dbi(annex, FS_TALK_ACTIVITIES);

    for (n = 0; n < FS_TALK_STEP; n++) {

        if (!fs_db_seek(txn, dbi, "\0", 1, &found, &value)
            || found.len != sizeof(number))
        {
            break;
        }

        memcpy(number, found.data, sizeof(number));

        /* one that cannot be read is of no use to anybody */

        if (fs_activity_row_decode(&activity, value) == 0) {

            if (activity.at > before) {
                break;
            }

            fs_talk_author_key(key, activity.buyer, FS_TALK_DID,
                               fs_get_be64(number));
            (void) fs_db_delete(txn, fs_annex_dbi(annex, FS_TALK_AUTHORS),
                                key, sizeof(key), NULL, 0);
        }

        (void) fs_db_delete(txn, dbi, number, sizeof(number), NULL, 0);
    }

    return n;
}


/* Round after round through all of them: they are in no order of time. */

static unsigned
fs_talk_old_keys(fs_annex_t *annex, fs_txn_t *txn, fs_talk_sweep_t *sweep,
    int64_t before, int *end)
{
    int       more;
    MDB_dbi   dbi;
    uint8_t   old[FS_TALK_LOOKS * 16][FS_TALK_KEY_KEY];
    unsigned  i, n, looked;
    fs_db_walk_t  walk;

    dbi = fs_annex_dbi(annex, FS_TALK_KEYS);
    n = 0;
    looked = 0;

    for (more = fs_db_walk(&walk, txn, dbi, sweep->key, sizeof(sweep->key),
                           MDB_SET_RANGE);
         more && n < sizeof(old) / sizeof(old[0]) && looked < FS_TALK_STEP;
         more = fs_db_walk_on(&walk, MDB_NEXT), looked++)
    {
        if (walk.key.len != FS_TALK_KEY_KEY) {
            continue;
        }

        memcpy(sweep->key, walk.key.data, FS_TALK_KEY_KEY);

        if (walk.value.len != FS_TALK_KEY_ROW
            || (int64_t) fs_get_le64(walk.value.data + 8) <= before)
        {
            memcpy(old[n++], walk.key.data, FS_TALK_KEY_KEY);
        }
    }

    *end = !more;

    fs_db_walk_end(&walk);

    for (i = 0; i < n; i++) {
        (void) fs_db_delete(txn, dbi, old[i], FS_TALK_KEY_KEY, NULL, 0);
    }

    return n;
}
