
/* What was said and done, as JSON. */

#include "base/crypto.h"
#include "talk/talk.h"
#include "text/person.h"


static const char  *fs_activity_names[] = {
    "none",
#define X(name, string)  string,
    FS_ACTIVITIES(X)
#undef X
};


void
fs_write_comment(fs_writer_t *writer, const fs_comment_t *comment)
{
    fs_write_object(writer);

    if (comment->kind == FS_TALK_REMOVED) {
        fs_write_number_of(writer, "comment", (int64_t) comment->of);
        fs_write_object_end(writer);
        return;
    }

    fs_write_number_of(writer, "comment", (int64_t) comment->id);

    if (comment->name_len) {
        fs_write_string_of(writer, "name", comment->name, comment->name_len);

    } else {
        fs_write_text_of(writer, "name", FS_NEIGHBOUR);
    }

    fs_write_string_of(writer, "text", comment->text, comment->text_len);
    fs_write_number_of(writer, "at", comment->at);

    if (comment->kind == FS_TALK_ANSWER) {
        fs_write_number_of(writer, "answers", (int64_t) comment->of);
    }

    fs_write_object_end(writer);
}


int
fs_answer_said(char *buf, size_t size, const fs_comment_t *comment)
{
    fs_writer_t  writer;

    static const fs_str_t  said = fs_str("event: comment\ndata: ");
    static const fs_str_t  removed = fs_str("event: removed\ndata: ");
    const fs_str_t        *head;

    head = (comment->kind == FS_TALK_REMOVED) ? &removed : &said;

    fs_writer_begin(&writer, buf, size);
    fs_write_raw(&writer, head->data, head->len);
    fs_write_comment(&writer, comment);
    fs_write_raw(&writer, "\n\n", 2);

    return fs_writer_end(&writer);
}


int
fs_answer_comments(char *buf, size_t size, const fs_comment_t *comments,
    unsigned n)
{
    unsigned     i;
    fs_writer_t  writer;

    fs_writer_begin(&writer, buf, size);
    fs_write_list(&writer);

    for (i = 0; i < n; i++) {
        fs_write_comment(&writer, &comments[i]);
    }

    fs_write_list_end(&writer);

    return fs_writer_end(&writer);
}


int
fs_answer_activity(char *buf, size_t size, const fs_activity_t *activity)
{
    char         buyer[2 * FS_BUYER_LEN];
    fs_writer_t  writer;

    fs_hex(activity->buyer, FS_BUYER_LEN, buyer);

    fs_writer_begin(&writer, buf, size);
    fs_write_object(&writer);
    fs_write_number_of(&writer, "id", (int64_t) activity->id);
    fs_write_number_of(&writer, "at", activity->at);
    fs_write_text_of(&writer, "kind", fs_activity_names[activity->kind]);
    fs_write_string_of(&writer, "buyer", buyer, sizeof(buyer));

    switch (activity->of) {

    case FS_ACTIVITY_OF_SESSION:
        fs_write_string_of(&writer, "session", activity->subject.data,
                           activity->subject.len);
        break;

    case FS_ACTIVITY_OF_SALE:
        fs_write_string_of(&writer, "sale", activity->subject.data,
                           activity->subject.len);
        break;

    default:
        break;
    }

    switch (activity->kind) {

    case FS_ACTIVITY_WATCH:
        fs_write_number_of(&writer, "seconds", (int64_t) activity->n);
        break;

    case FS_ACTIVITY_REFUSED:
        fs_write_string_of(&writer, "code", activity->code,
                           activity->code_len);
        fs_write_number_of(&writer, "taps", (int64_t) activity->n);
        break;

    case FS_ACTIVITY_COMMENT:
        fs_write_number_of(&writer, "comment", (int64_t) activity->n);
        break;

    case FS_ACTIVITY_SHARE:
        fs_write_string_of(&writer, "how", activity->code,
                           activity->code_len);
        break;

    case FS_ACTIVITY_CAME:
        fs_write_string_of(&writer, "via", activity->code,
                           activity->code_len);
        break;

    default:
        break;
    }

    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}
