
/*
 * Any bytes as talk, the first byte says as what: a comment's row, an
 * activity's, JSON, a form, a document of words.  What is taken keeps its
 * limits, comes back from a row as it was, and the answer made of it fits and
 * is JSON; folding makes nothing longer.
 */

#include "fuzz.h"

#include "unit/request_limits.h"

#include "talk/talk.h"
#include "talk/words.h"
#include "text/text.h"


static void
check_comment(const fs_comment_t *comment)
{
    int           len;
    char         *buf;
    uint8_t       row[FS_COMMENT_ROW_MAX];
    fs_str_t      str = { 0, (char *) row };
    fs_writer_t   writer;
    fs_comment_t  again;

    str.len = fs_comment_row_encode(comment, row);
    fuzz_check(fs_comment_row_decode(&again, str) == 0);
    fuzz_check(memcmp(&again, comment, sizeof(again)) == 0);

    buf = malloc(FS_COMMENT_JSON_MAX);
    fs_writer_begin(&writer, buf, FS_COMMENT_JSON_MAX);
    fs_write_comment(&writer, comment);
    len = fs_writer_end(&writer);
    fuzz_check(len > 0 && limits_json(buf, (size_t) len));
    free(buf);
}


static void
check_activity(const fs_activity_t *activity)
{
    int   len;
    char  buf[FS_ACTIVITY_JSON_MAX];

    len = fs_answer_activity(buf, sizeof(buf), activity);
    fuzz_check(len > 0 && limits_json(buf, (size_t) len));
}


static void
check_request(fs_str_t body, int form)
{
    fs_fault_t             fault;
    fs_comment_t          *comment;
    fs_comment_request_t  *request;

    request = calloc(1, sizeof(*request));
    comment = calloc(1, sizeof(*comment));

    if ((form ? fs_request_comment_form : fs_request_comment)(body, request,
                                                              &fault)
        == 0)
    {
        fuzz_check(request->text_len >= 1
                   && request->text_len <= FS_COMMENT_MAX);

        comment->kind = FS_TALK_COMMENT;
        comment->text_len = request->text_len;
        memcpy(comment->text, request->text, request->text_len);
        check_comment(comment);

    } else {
        fuzz_check(fault.outcome != FS_OK);
    }

    free(comment);
    free(request);
}


static void
check_words(fs_str_t body)
{
    char        *folded;
    size_t       len;
    fs_fault_t   fault;
    fs_words_t   words;

    folded = malloc(body.len + 1);
    len = fs_words_fold(body, folded);
    fuzz_check(len <= body.len);

    /* what is folded is folded already */

    body.data = folded;
    body.len = len;
    folded = malloc(len + 1);
    fuzz_check(fs_words_fold(body, folded) == len
               && memcmp(folded, body.data, len) == 0);
    free(folded);

    memset(&words, 0, sizeof(words));
    fuzz_check(fs_words_read(&words, body) == 0);

    if (fs_words_allow(&words, body, &fault) != 0) {
        fuzz_check(fault.outcome == FS_NOT_ALLOWED && fault.rule[0]);
    }

    fs_words_free(&words);
    free((char *) body.data);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fs_str_t       body;
    fs_comment_t   comment;
    fs_activity_t  activity;

    if (size == 0) {
        return 0;
    }

    body.len = size - 1;
    body.data = fuzz_copy(data + 1, body.len);

    switch (data[0] % 5) {

    case 0:

        if (fs_comment_row_decode(&comment, body) == 0) {
            check_comment(&comment);
        }

        break;

    case 1:

        if (fs_activity_row_decode(&activity, body) == 0) {
            check_activity(&activity);
        }

        break;

    case 2:
    case 3:
        check_request(body, data[0] % 5 == 3);
        break;

    default:
        check_words(body);
    }

    free((char *) body.data);

    return 0;
}
