
/*
 * Changes: what a comment, a host's word or a note does to the rows.  Each is
 * judged again within the transaction that writes it, so that rates, keys and
 * mutes hold over all workers and instances.
 */

#include "base/bytes.h"
#include "talk/talk.h"
#include "talk/talk_erase.h"
#include "talk/talk_rows.h"


static const char *const  fs_talk_dbs[] = {
    "comments", "authors", "mutes", "keys", "activity", "leaving"
};

static fs_outcome_t fs_talk_judge(fs_annex_t *annex, fs_txn_t *txn,
    fs_talk_change_t *change, const fs_talk_rates_t *rates);
static int fs_talk_known(fs_annex_t *annex, fs_txn_t *txn,
    fs_talk_change_t *change);
static int64_t fs_talk_rest(const fs_talk_rate_t *rate, int64_t then,
    int64_t now);
static int64_t fs_talk_buyer_rest(fs_annex_t *annex, fs_txn_t *txn,
    const fs_talk_change_t *change, const fs_talk_rate_t *rate);
static int64_t fs_talk_session_rest(fs_annex_t *annex, fs_txn_t *txn,
    const fs_talk_change_t *change, const fs_talk_rate_t *rate);
static void fs_talk_change(fs_annex_t *annex, fs_txn_t *txn,
    fs_talk_change_t *change, const fs_talk_rates_t *rates);
static fs_outcome_t fs_talk_apply(fs_annex_t *annex, fs_txn_t *txn,
    fs_talk_change_t *change);
static fs_outcome_t fs_talk_remove(fs_annex_t *annex, fs_txn_t *txn,
    fs_talk_change_t *change, fs_comment_t *comment);
static void fs_talk_note(fs_annex_t *annex, fs_txn_t *txn,
    fs_activity_t *activity);
static uint64_t fs_talk_next(fs_annex_t *annex, fs_txn_t *txn,
    const char *name, size_t len, int64_t now);


fs_annex_t *
fs_talk_create(fs_annex_conf_t *conf)
{
    conf->name = "talk";
    conf->format = 1;
    conf->dbs = fs_talk_dbs;
    conf->dbs_n = FS_TALK_META;

    return fs_annex_create(conf);
}


fs_outcome_t
fs_talk_may(fs_annex_t *annex, fs_talk_change_t *change,
    const fs_talk_rates_t *rates)
{
    fs_txn_t      txn;
    fs_outcome_t  outcome;

    outcome = fs_annex_read(annex, &txn, 0);

    if (outcome != FS_OK) {
        return outcome;
    }

    outcome = fs_talk_judge(annex, &txn, change, rates);

    if (txn.error) {
        outcome = FS_NOT_READY;
    }

    fs_annex_read_end(annex, &txn, 0);

    return outcome;
}


static fs_outcome_t
fs_talk_judge(fs_annex_t *annex, fs_txn_t *txn, fs_talk_change_t *change,
    const fs_talk_rates_t *rates)
{
    size_t    len;
    uint8_t   key[FS_TALK_KEY_MAX];
    fs_str_t  found;

    if (change->keyed && fs_talk_known(annex, txn, change)) {
        return change->outcome;
    }

    if (change->op != FS_TALK_SAY) {
        return FS_OK;
    }

    len = fs_talk_key(key, &change->session, change->comment.buyer,
                      FS_BUYER_LEN);

    if (fs_db_get(txn, fs_annex_dbi(annex, FS_TALK_MUTES), key, len, &found)) {
        return FS_MUTED;
    }

    change->rest_ms = fs_talk_buyer_rest(annex, txn, change, &rates->buyer);

    if (change->rest_ms == 0) {
        change->rest_ms = fs_talk_session_rest(annex, txn, change,
                                               &rates->session);
    }

    return change->rest_ms ? FS_TOO_FAST : FS_OK;
}


/* 1: its key is bound. */

static int
fs_talk_known(fs_annex_t *annex, fs_txn_t *txn, fs_talk_change_t *change)
{
    uint8_t   key[FS_TALK_KEY_KEY];
    fs_str_t  found;

    memcpy(key, change->comment.buyer, FS_BUYER_LEN);
    memcpy(key + FS_BUYER_LEN, change->key, FS_KEY_HASH_LEN);

    if (!fs_db_get(txn, fs_annex_dbi(annex, FS_TALK_KEYS), key, sizeof(key),
                   &found)
        || found.len != FS_TALK_KEY_ROW)
    {
        return 0;
    }

    change->id = fs_get_le64(found.data);
    change->outcome = memcmp(found.data + 16, change->fingerprint,
                             FS_KEY_HASH_LEN) == 0
                      ? FS_REPLAYED : FS_KEY_REUSED;
    return 1;
}


/* `then` is when the last one was that counts.  One from a time that is not
 * yet come says that a clock was wrong, and nothing else. */

static int64_t
fs_talk_rest(const fs_talk_rate_t *rate, int64_t then, int64_t now)
{
    return then + rate->ms > now && then <= now + rate->ms
           ? then + rate->ms - now : 0;
}


static int64_t
fs_talk_buyer_rest(fs_annex_t *annex, fs_txn_t *txn,
    const fs_talk_change_t *change, const fs_talk_rate_t *rate)
{
    int           found;
    int64_t       rest;
    uint8_t       key[FS_TALK_AUTHOR_KEY];
    uint64_t      id;
    unsigned      n;
    fs_slug_t     session;
    fs_comment_t  comment;
    fs_db_walk_t  walk;

    if (rate->n == 0) {
        return 0;
    }

    fs_talk_author_key(key, change->comment.buyer, FS_TALK_SAID, UINT64_MAX);

    rest = 0;
    n = 0;

    for (found = fs_talk_walk_back(&walk, txn,
                                   fs_annex_dbi(annex, FS_TALK_AUTHORS), key,
                                   sizeof(key));
         found && walk.key.len == sizeof(key)
         && memcmp(walk.key.data, key, FS_BUYER_LEN + 1) == 0;
         found = fs_db_walk_on(&walk, MDB_PREV))
    {
        if (++n < rate->n) {
            continue;
        }

        id = fs_get_be64(walk.key.data + FS_BUYER_LEN + 1);

        if (fs_slug_valid(walk.value)) {
            fs_slug_set(&session, walk.value);

            if (fs_talk_get(annex, txn, &session, id, &comment)) {
                rest = fs_talk_rest(rate, comment.at, change->comment.at);
            }
        }

        break;
    }

    fs_db_walk_end(&walk);

    return rest;
}


static int64_t
fs_talk_session_rest(fs_annex_t *annex, fs_txn_t *txn,
    const fs_talk_change_t *change, const fs_talk_rate_t *rate)
{
    int           found;
    size_t        len;
    int64_t       rest;
    uint8_t       key[FS_TALK_KEY_MAX], end[8];
    unsigned      n, looked;
    fs_comment_t  comment;
    fs_db_walk_t  walk;

    if (rate->n == 0) {
        return 0;
    }

    memset(end, 0xff, sizeof(end));
    len = fs_talk_key(key, &change->session, end, sizeof(end));

    rest = 0;
    n = 0;
    looked = 0;

    for (found = fs_talk_walk_back(&walk, txn,
                                   fs_annex_dbi(annex, FS_TALK_COMMENTS), key,
                                   len);
         found && walk.key.len == len && looked < 2 * FS_TALK_RATE_MAX
         && memcmp(walk.key.data, key, len - sizeof(end)) == 0;
         found = fs_db_walk_on(&walk, MDB_PREV), looked++)
    {
        if (fs_comment_row_decode(&comment, walk.value) != 0
            || comment.kind != FS_TALK_COMMENT || ++n < rate->n)
        {
            continue;
        }

        rest = fs_talk_rest(rate, comment.at, change->comment.at);
        break;
    }

    fs_db_walk_end(&walk);

    return rest;
}


fs_outcome_t
fs_talk_write(fs_annex_t *annex, fs_talk_change_t *const *changes, unsigned n,
    const fs_talk_rates_t *rates)
{
    unsigned      i;
    fs_txn_t      txn;
    fs_outcome_t  outcome;

    outcome = fs_annex_begin(annex, &txn);

    if (outcome != FS_OK) {
        return outcome;
    }

    for (i = 0; i < n; i++) {
        fs_talk_change(annex, &txn, changes[i], rates);
    }

    return fs_annex_end(annex, &txn);
}


static void
fs_talk_change(fs_annex_t *annex, fs_txn_t *txn, fs_talk_change_t *change,
    const fs_talk_rates_t *rates)
{
    uint8_t  key[FS_TALK_KEY_KEY], row[FS_TALK_KEY_ROW];

    change->outcome = fs_talk_judge(annex, txn, change, rates);

    if (change->outcome == FS_OK) {
        change->outcome = fs_talk_apply(annex, txn, change);
    }

    if (change->outcome != FS_OK || !change->keyed) {
        return;
    }

    memcpy(key, change->comment.buyer, FS_BUYER_LEN);
    memcpy(key + FS_BUYER_LEN, change->key, FS_KEY_HASH_LEN);

    fs_set_le64(row, change->id);
    fs_set_le64(row + 8, (uint64_t) change->comment.at);
    memcpy(row + 16, change->fingerprint, FS_KEY_HASH_LEN);

    fs_db_put(txn, fs_annex_dbi(annex, FS_TALK_KEYS), key, sizeof(key), row,
              sizeof(row), 0);
}


static fs_outcome_t
fs_talk_apply(fs_annex_t *annex, fs_txn_t *txn, fs_talk_change_t *change)
{
    size_t         len;
    uint8_t        key[FS_TALK_KEY_MAX], since[8];
    unsigned       rows;
    fs_comment_t   comment;
    fs_activity_t  activity;

    switch (change->op) {

    case FS_TALK_NOTE:
        fs_talk_note(annex, txn, &change->activity);
        return FS_OK;

    case FS_TALK_ERASE:
        return fs_talk_erase_buyer(annex, txn, change->comment.buyer, &rows)
               ? FS_OK : FS_ACCEPTED;

    case FS_TALK_FORGET:
        return fs_talk_erase_session(annex, txn, &change->session, &rows)
               ? FS_OK : FS_ACCEPTED;

    case FS_TALK_SAY:
        change->comment.kind = FS_TALK_COMMENT;
        change->comment.of = 0;
        break;

    default:

        if (!fs_talk_get(annex, txn, &change->session, change->comment.of,
                         &comment)
            || comment.kind == FS_TALK_REMOVED)
        {
            return FS_NOT_FOUND;
        }

        if (change->op == FS_TALK_REMOVE) {
            return fs_talk_remove(annex, txn, change, &comment);
        }

        if (change->op == FS_TALK_MUTE) {

            if (!fs_talk_somebody(comment.buyer)) {
                return FS_WRONG_STATE;
            }

            len = fs_talk_key(key, &change->session, comment.buyer,
                              FS_BUYER_LEN);
            fs_set_le64(since, (uint64_t) change->comment.at);
            fs_db_put(txn, fs_annex_dbi(annex, FS_TALK_MUTES), key, len,
                      since, sizeof(since), 0);

            change->id = comment.id;
            return FS_OK;
        }

        if (comment.removed) {
            return FS_WRONG_STATE;
        }

        change->comment.kind = FS_TALK_ANSWER;
    }

    change->id = fs_talk_next(annex, txn, FS_TALK_LAST,
                              sizeof(FS_TALK_LAST) - 1, change->comment.at);
    change->comment.id = change->id;

    fs_talk_put(annex, txn, &change->session, &change->comment);

    if (fs_talk_somebody(change->comment.buyer)) {
        fs_talk_author_key(key, change->comment.buyer, FS_TALK_SAID,
                           change->id);
        fs_db_put(txn, fs_annex_dbi(annex, FS_TALK_AUTHORS), key,
                  FS_TALK_AUTHOR_KEY, change->session.data,
                  change->session.len, 0);

        if (change->unnoted) {
            return FS_OK;
        }

        memset(&activity, 0, sizeof(activity));
        activity.at = change->comment.at;
        activity.n = change->id;
        activity.kind = FS_ACTIVITY_COMMENT;
        activity.of = FS_ACTIVITY_OF_SESSION;
        activity.subject = change->session;
        memcpy(activity.buyer, change->comment.buyer, FS_BUYER_LEN);

        fs_talk_note(annex, txn, &activity);
    }

    return FS_OK;
}


/* Nobody reads it any more, so nobody keeps its text; whoever has shown it is
 * told by a row of its own. */

static fs_outcome_t
fs_talk_remove(fs_annex_t *annex, fs_txn_t *txn, fs_talk_change_t *change,
    fs_comment_t *comment)
{
    fs_comment_t  said;

    change->id = comment->id;

    if (comment->removed) {
        return FS_OK;
    }

    comment->removed = 1;
    comment->text_len = 0;
    fs_talk_put(annex, txn, &change->session, comment);

    memset(&said, 0, sizeof(said));
    said.kind = FS_TALK_REMOVED;
    said.of = comment->id;
    said.at = change->comment.at;
    said.id = fs_talk_next(annex, txn, FS_TALK_LAST,
                           sizeof(FS_TALK_LAST) - 1, said.at);

    fs_talk_put(annex, txn, &change->session, &said);

    return FS_OK;
}


static void
fs_talk_note(fs_annex_t *annex, fs_txn_t *txn, fs_activity_t *activity)
{
    size_t   len;
    uint8_t  key[FS_TALK_AUTHOR_KEY], number[8], row[FS_ACTIVITY_ROW_MAX];

    activity->id = fs_talk_next(annex, txn, FS_TALK_LAST_ACTIVITY,
                                sizeof(FS_TALK_LAST_ACTIVITY) - 1,
                                activity->at);

    fs_set_be64(number, activity->id);
    len = fs_activity_row_encode(activity, row);
    fs_db_put(txn, fs_annex_dbi(annex, FS_TALK_ACTIVITIES), number,
              sizeof(number), row, len, 0);

    fs_talk_author_key(key, activity->buyer, FS_TALK_DID, activity->id);
    fs_db_put(txn, fs_annex_dbi(annex, FS_TALK_AUTHORS), key, sizeof(key), "",
              0, 0);
}


static uint64_t
fs_talk_next(fs_annex_t *annex, fs_txn_t *txn, const char *name, size_t len,
    int64_t now)
{
    uint8_t   number[8];
    uint64_t  id;
    fs_str_t  found;

    id = 1;

    if (fs_db_get(txn, fs_annex_dbi(annex, FS_TALK_META), name, len, &found)
        && found.len == sizeof(number))
    {
        id = fs_get_le64(found.data) + 1;
    }

    if (now > 0 && now <= FS_AT_MAX && id < (uint64_t) now) {
        id = (uint64_t) now;
    }

    fs_set_le64(number, id);
    fs_db_put(txn, fs_annex_dbi(annex, FS_TALK_META), name, len, number,
              sizeof(number), 0);

    return id;
}
