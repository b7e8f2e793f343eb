
/* What is said in a room, and what a host does about it. */

#include <stdio.h>

#include "json/json_reader.h"
#include "text/text.h"


#define fs_schema(fields)  { fields, sizeof(fields) / sizeof(fields[0]) }

#define FS_COMMENT_TEXT                                                      \
    { fs_str("text"), FS_FIELD_TITLE, 1, 0,                                  \
      offsetof(fs_comment_request_t, text),                                  \
      offsetof(fs_comment_request_t, text_len), 1, FS_COMMENT_MAX, NULL,     \
      NULL }

#define FS_COMMENT_OF                                                        \
    fs_number_field(fs_comment_request_t, "comment", comment, 1, INT64_MAX,  \
                    1)

static const fs_field_t  fs_comment_fields[] = {
    FS_COMMENT_TEXT
};

static const fs_schema_t  fs_comment_schema = fs_schema(fs_comment_fields);


static const fs_field_t  fs_about_fields[] = {
    FS_COMMENT_OF
};

static const fs_schema_t  fs_about_schema = fs_schema(fs_about_fields);


static const fs_field_t  fs_reply_fields[] = {
    FS_COMMENT_OF,
    FS_COMMENT_TEXT
};

static const fs_schema_t  fs_reply_schema = fs_schema(fs_reply_fields);


int
fs_request_comment(fs_str_t body, fs_comment_request_t *request,
    fs_fault_t *fault)
{
    memset(request, 0, sizeof(fs_comment_request_t));

    if (fs_json_read(body, FS_BODY_MAX, &fs_comment_schema, request, NULL,
                     fault)
        != 0)
    {
        return -1;
    }

    return fs_comment_finish(request, fault);
}


int
fs_request_about(fs_str_t body, fs_comment_request_t *request,
    fs_fault_t *fault)
{
    memset(request, 0, sizeof(fs_comment_request_t));

    return fs_json_read(body, FS_BODY_MAX, &fs_about_schema, request, NULL,
                        fault);
}


int
fs_request_reply(fs_str_t body, fs_comment_request_t *request,
    fs_fault_t *fault)
{
    memset(request, 0, sizeof(fs_comment_request_t));

    if (fs_json_read(body, FS_BODY_MAX, &fs_reply_schema, request, NULL,
                     fault)
        != 0)
    {
        return -1;
    }

    return fs_comment_finish(request, fault);
}


int
fs_comment_finish(fs_comment_request_t *request, fs_fault_t *fault)
{
    char      rule[sizeof(fault->rule)];
    size_t    at, n;
    fs_str_t  text;

    text.data = request->text;
    text.len = request->text_len;
    text = fs_text_trim(text);

    n = 0;

    for (at = 0; at < text.len; n++) {
        at += fs_utf8_length(text.data + at, text.data + text.len);
    }

    if (n == 0 || n > FS_COMMENT_CHARS) {
        (void) snprintf(rule, sizeof(rule), "has 1 to %d characters",
                        FS_COMMENT_CHARS);
        return fs_fault_literal(fault, "text", rule);
    }

    memmove(request->text, text.data, text.len);
    request->text_len = (uint16_t) text.len;

    return 0;
}
