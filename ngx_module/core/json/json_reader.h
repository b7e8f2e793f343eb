
/*
 * JSON in: a reader driven by tables, over yajl's events.  A request is a
 * list of its fields; what the list does not name is refused.  Internal to
 * the request files.
 */

#ifndef FS_JSON_READER_H
#define FS_JSON_READER_H

#include "text/request.h"

#pragma GCC visibility push(hidden)


typedef struct fs_field_s     fs_field_t;
typedef struct fs_schema_s    fs_schema_t;

typedef enum {
    FS_FIELD_NUMBER = 0,                /* into uint32_t or int64_t */
    FS_FIELD_TIME,                      /* epoch ms, into int64_t */
    FS_FIELD_SLUG,                      /* into fs_slug_t */
    FS_FIELD_VISIBLE,                   /* visible ASCII, into char[] */
    FS_FIELD_TITLE,                     /* UTF-8 without control characters,
                                           into char[] */
    FS_FIELD_CHOICE,                    /* one of words, into uint8_t */
    FS_FIELD_DOCUMENT,                  /* any object, into fs_str_t */
    FS_FIELD_LIST                       /* of objects, into an array */
} fs_field_type_t;

struct fs_field_s {
    fs_str_t             name;
    uint8_t              type;          /* fs_field_type_t */
    uint8_t              required;
    uint16_t             width;         /* bytes of a number or an element */
    uint32_t             at;            /* offset of the value */
    uint32_t             length_at;     /* offset of its length: uint16_t;
                                           of a list: unsigned */
    int64_t              min;           /* of a number, length or count */
    int64_t              max;
    const fs_schema_t   *of;            /* LIST: its elements */
    const fs_str_t      *words;         /* CHOICE: max of them */
};

struct fs_schema_s {
    const fs_field_t    *fields;
    unsigned             n;             /* at most 32 */
};

#define fs_width(type, member)  sizeof(((type *) 0)->member)

#define fs_number_field(type, name, member, min, max, required)              \
    { fs_str(name), FS_FIELD_NUMBER, required, fs_width(type, member),       \
      offsetof(type, member), 0, min, max, NULL, NULL }

#define fs_time_field(type, name, member, required)                          \
    { fs_str(name), FS_FIELD_TIME, required, fs_width(type, member),         \
      offsetof(type, member), 0, FS_AT_MIN, FS_AT_MAX, NULL, NULL }

#define fs_slug_field(type, name, member, required)                          \
    { fs_str(name), FS_FIELD_SLUG, required, 0, offsetof(type, member), 0,   \
      1, FS_SLUG_MAX, NULL, NULL }

/* `member` has a length beside it, member_len */
#define fs_visible_field(type, name, member, required)                       \
    { fs_str(name), FS_FIELD_VISIBLE, required, 0, offsetof(type, member),   \
      offsetof(type, member##_len), 1, fs_width(type, member), NULL, NULL }


/*
 * Read a body of at most `max` bytes into a record that the caller has
 * zeroed.  *present gets a bit for each field of the schema that was there
 * and not null, in order.  schema NULL: the body is a document.
 * 0, or -1 and the fault.
 */
int fs_json_read(fs_str_t body, size_t max, const fs_schema_t *schema,
    void *record, uint32_t *present, fs_fault_t *fault);

/* A field by its name; schema->n: none. */
unsigned fs_field_find(const fs_schema_t *schema, fs_str_t name);

/*
 * Check a value (of any type but DOCUMENT and LIST) and put it into the
 * record.  0, or -1: it breaks the field's rule.
 */
int fs_field_set(const fs_field_t *field, void *record, fs_str_t value);

/* Say that a field's rule is broken.  Returns -1. */
int fs_field_fault(const fs_field_t *field, fs_str_t path,
    fs_fault_t *fault);

/* Say what is wrong.  The path may hold anything.  Returns -1. */
int fs_fault(fs_fault_t *fault, fs_outcome_t outcome, fs_str_t path,
    const char *rule);
int fs_fault_literal(fs_fault_t *fault, const char *path, const char *rule);
int fs_fault_line(fs_fault_t *fault, unsigned line, const char *name,
    const char *rule);

/* 0, or -1 and the fault: a body is larger than max. */
int fs_fault_size(fs_fault_t *fault, const char *path, size_t len,
    size_t max);

void fs_fault_clear(fs_fault_t *fault);

/* Length of the UTF-8 character at p, 0: there is no valid one. */
size_t fs_utf8_length(const char *p, const char *end);

/* Finish a hold request: lines that name one sale become one. */
int fs_hold_merge(fs_hold_request_t *request, fs_fault_t *fault);

static inline int
fs_field_is_number(const fs_field_t *field)
{
    return field->type == FS_FIELD_NUMBER || field->type == FS_FIELD_TIME;
}

#define FS_RULE_OBJECT       "is a JSON object"
#define FS_RULE_REQUIRED     "is required"
#define FS_RULE_TWICE        "is there twice"
#define FS_RULE_UNKNOWN      "is not known"


#pragma GCC visibility pop

#endif /* FS_JSON_READER_H */
