
/*
 * A comment's row:
 *
 *   offset size  field
 *        0    1  version, 1
 *        1    1  kind, fs_talk_kind_t
 *        2    1  removed, 0 or 1
 *        3    1  length of the name
 *        4    2  length of the text
 *        6    2  zeros
 *        8    8  at, epoch ms
 *       16    8  of
 *       24   16  buyer
 *       40   16  name, then zeros
 *       56    -  text
 *
 * The name has its place, so that it can be taken out of a row.
 *
 * An activity's row:
 *
 *        0    1  version, 1
 *        1    1  kind, fs_activity_kind_t
 *        2    1  what it is about, fs_activity_of_t
 *        3    1  length of the code
 *        4    8  at, epoch ms
 *       12    8  n
 *       20   16  buyer
 *       36    -  code, then the subject's slug
 */

#include "base/bytes.h"
#include "json/field.h"
#include "talk/talk_rows.h"


#define FS_TALK_VERSION  1


size_t
fs_comment_row_encode(const fs_comment_t *comment, uint8_t *row)
{
    memset(row, 0, FS_COMMENT_HEAD);

    row[0] = FS_TALK_VERSION;
    row[1] = comment->kind;
    row[2] = comment->removed;
    row[3] = comment->name_len;
    fs_set_le16(row + 4, comment->text_len);
    fs_set_le64(row + 8, (uint64_t) comment->at);
    fs_set_le64(row + 16, comment->of);
    memcpy(row + 24, comment->buyer, FS_BUYER_LEN);
    memcpy(row + 40, comment->name, comment->name_len);
    memcpy(row + FS_COMMENT_HEAD, comment->text, comment->text_len);

    return FS_COMMENT_HEAD + comment->text_len;
}


int
fs_comment_row_decode(fs_comment_t *comment, fs_str_t row)
{
    size_t          n, at;
    uint8_t         again[FS_COMMENT_ROW_MAX];
    const char     *text;
    const uint8_t  *p;

    p = (const uint8_t *) row.data;

    memset(comment, 0, sizeof(*comment));

    if (row.len < FS_COMMENT_HEAD || row.len > FS_COMMENT_ROW_MAX
        || p[0] != FS_TALK_VERSION
        || p[1] < FS_TALK_COMMENT || p[1] > FS_TALK_ANSWER
        || p[2] > 1 || p[3] > FS_SHOWN_MAX
        || fs_get_le16(p + 4) != row.len - FS_COMMENT_HEAD)
    {
        return -1;
    }

    /* both are sent to browsers as they are */

    text = row.data + 40;

    for (at = 0; at < p[3]; at += n) {
        n = fs_utf8_length(text + at, text + p[3]);

        if (n == 0 || (uint8_t) text[at] < 0x20) {
            return -1;
        }
    }

    text = row.data + FS_COMMENT_HEAD;

    for (at = 0; at < row.len - FS_COMMENT_HEAD; at += n) {
        n = fs_utf8_length(text + at, row.data + row.len);

        if (n == 0 || (uint8_t) text[at] < 0x20) {
            return -1;
        }
    }

    comment->kind = p[1];
    comment->removed = p[2];
    comment->name_len = p[3];
    comment->text_len = (uint16_t) (row.len - FS_COMMENT_HEAD);
    comment->at = (int64_t) fs_get_le64(p + 8);
    comment->of = fs_get_le64(p + 16);
    memcpy(comment->buyer, p + 24, FS_BUYER_LEN);
    memcpy(comment->name, p + 40, comment->name_len);
    memcpy(comment->text, text, comment->text_len);

    return fs_comment_row_encode(comment, again) == row.len
           && memcmp(again, p, row.len) == 0 ? 0 : -1;
}


size_t
fs_activity_row_encode(const fs_activity_t *activity, uint8_t *row)
{
    row[0] = FS_TALK_VERSION;
    row[1] = activity->kind;
    row[2] = activity->of;
    row[3] = activity->code_len;
    fs_set_le64(row + 4, (uint64_t) activity->at);
    fs_set_le64(row + 12, activity->n);
    memcpy(row + 20, activity->buyer, FS_BUYER_LEN);
    memcpy(row + FS_ACTIVITY_HEAD, activity->code, activity->code_len);
    memcpy(row + FS_ACTIVITY_HEAD + activity->code_len,
           activity->subject.data, activity->subject.len);

    return FS_ACTIVITY_HEAD + (size_t) activity->code_len
           + activity->subject.len;
}


int
fs_activity_code_valid(fs_str_t code)
{
    size_t  i;

    for (i = 0; i < code.len; i++) {
        if ((code.data[i] < 'a' || code.data[i] > 'z')
            && (code.data[i] < '0' || code.data[i] > '9')
            && code.data[i] != '_' && code.data[i] != '-')
        {
            return 0;
        }
    }

    return code.len <= FS_CODE_WORD_MAX;
}


int
fs_activity_row_decode(fs_activity_t *activity, fs_str_t row)
{
    fs_str_t        code, subject;
    const uint8_t  *p;

    p = (const uint8_t *) row.data;

    memset(activity, 0, sizeof(*activity));

    if (row.len < FS_ACTIVITY_HEAD || p[0] != FS_TALK_VERSION
        || p[1] == FS_ACTIVITY_NONE || p[1] >= FS_ACTIVITIES_N
        || p[2] > FS_ACTIVITY_OF_SHOP
        || row.len < (size_t) FS_ACTIVITY_HEAD + p[3])
    {
        return -1;
    }

    code.data = row.data + FS_ACTIVITY_HEAD;
    code.len = p[3];
    subject.data = code.data + code.len;
    subject.len = row.len - FS_ACTIVITY_HEAD - code.len;

    if (!fs_activity_code_valid(code)
        || (p[2] == FS_ACTIVITY_OF_SHOP ? subject.len != 0
                                        : !fs_slug_valid(subject)))
    {
        return -1;
    }

    activity->kind = p[1];
    activity->of = p[2];
    activity->code_len = p[3];
    activity->at = (int64_t) fs_get_le64(p + 4);
    activity->n = fs_get_le64(p + 12);
    memcpy(activity->buyer, p + 20, FS_BUYER_LEN);
    memcpy(activity->code, code.data, code.len);

    if (subject.len) {
        fs_slug_set(&activity->subject, subject);
    }

    return 0;
}


size_t
fs_talk_key(uint8_t *key, const fs_slug_t *session, const void *own,
    size_t own_len)
{
    memcpy(key, session->data, session->len);
    key[session->len] = 0;
    memcpy(key + session->len + 1, own, own_len);

    return session->len + 1u + own_len;
}


void
fs_talk_author_key(uint8_t *key, const uint8_t *buyer, int what, uint64_t id)
{
    memcpy(key, buyer, FS_BUYER_LEN);
    key[FS_BUYER_LEN] = (uint8_t) what;
    fs_set_be64(key + FS_BUYER_LEN + 1, id);
}


int
fs_talk_somebody(const uint8_t *buyer)
{
    static const uint8_t  nobody[FS_BUYER_LEN];

    return memcmp(buyer, nobody, FS_BUYER_LEN) != 0;
}


int
fs_talk_walk_back(fs_db_walk_t *walk, fs_txn_t *txn, MDB_dbi dbi,
    const void *key, size_t key_len)
{
    if (fs_db_walk(walk, txn, dbi, key, key_len, MDB_SET_RANGE)) {
        return fs_db_walk_on(walk, MDB_PREV);
    }

    fs_db_walk_end(walk);

    return fs_db_walk(walk, txn, dbi, NULL, 0, MDB_LAST);
}


int
fs_talk_get(fs_annex_t *annex, fs_txn_t *txn, const fs_slug_t *session,
    uint64_t id, fs_comment_t *comment)
{
    size_t    len;
    uint8_t   key[FS_TALK_KEY_MAX], number[8];
    fs_str_t  row;

    fs_set_be64(number, id);
    len = fs_talk_key(key, session, number, sizeof(number));

    if (!fs_db_get(txn, fs_annex_dbi(annex, FS_TALK_COMMENTS), key, len,
                   &row)
        || fs_comment_row_decode(comment, row) != 0)
    {
        return 0;
    }

    comment->id = id;

    return 1;
}


void
fs_talk_put(fs_annex_t *annex, fs_txn_t *txn, const fs_slug_t *session,
    const fs_comment_t *comment)
{
    size_t   len, row_len;
    uint8_t  key[FS_TALK_KEY_MAX], number[8], row[FS_COMMENT_ROW_MAX];

    fs_set_be64(number, comment->id);
    len = fs_talk_key(key, session, number, sizeof(number));
    row_len = fs_comment_row_encode(comment, row);

    fs_db_put(txn, fs_annex_dbi(annex, FS_TALK_COMMENTS), key, len, row,
              row_len, 0);
}
