
/*
 * Fields of requests, whatever they are written in, and their faults: what a
 * value may be, and how a request is told that it is not.
 */

#ifndef FS_FIELD_H
#define FS_FIELD_H

#include "base/fs_types.h"

#pragma GCC visibility push(hidden)


/* What is wrong with a request: `field` and `rule` of the problem document. */
typedef struct {
    fs_outcome_t         outcome;       /* OK: nothing */
    char                 field[64];     /* may be empty: the whole body */
    char                 rule[128];     /* in words, e.g. "is a whole number
                                           from 1 to 10000" */
} fs_fault_t;

typedef struct fs_field_s     fs_field_t;
typedef struct fs_schema_s    fs_schema_t;

typedef enum {
    FS_FIELD_NUMBER = 0,                /* into uint32_t or int64_t */
    FS_FIELD_INTEGER,                   /* any, however long: cut to what
                                           int64_t and the range hold */
    FS_FIELD_TIME,                      /* epoch ms, into int64_t */
    FS_FIELD_DAY,                       /* 2026-11-30, into uint32_t, as
                                           20261130 */
    FS_FIELD_SLUG,                      /* into fs_slug_t */
    FS_FIELD_VISIBLE,                   /* visible ASCII, into char[] */
    FS_FIELD_TITLE,                     /* UTF-8 without control characters,
                                           into char[] */
    FS_FIELD_CHOICE,                    /* one of words, into uint8_t */
    FS_FIELD_WORDS,                     /* a list of words, each once, into
                                           the bits of a uint8_t */
    FS_FIELD_DIGITS,                    /* so many, into char[] */
    FS_FIELD_FLAG,                      /* true or false, into uint8_t */
    FS_FIELD_DOCUMENT,                  /* any object, into fs_str_t */
    FS_FIELD_SLUGS,                     /* a list, each once, into an array
                                           of fs_slug_t */
    FS_FIELD_OBJECT,                    /* of some fields, into a struct */
    FS_FIELD_LIST                       /* of objects, into an array */
} fs_field_type_t;

struct fs_field_s {
    fs_str_t             name;
    uint8_t              type;          /* fs_field_type_t */
    uint8_t              required;
    uint16_t             width;         /* bytes of a number or an element */
    uint32_t             at;            /* offset of the value */
    uint32_t             length_at;     /* offset of its length: uint16_t;
                                           of lists: unsigned */
    int64_t              min;           /* of a number, length or count */
    int64_t              max;
    const fs_schema_t   *of;            /* LIST: its elements; OBJECT */
    const fs_str_t      *words;         /* CHOICE, WORDS: max of them */
};

struct fs_schema_s {
    const fs_field_t    *fields;
    unsigned             n;             /* at most 32 */
};

#define fs_width(type, member)  sizeof(((type *) 0)->member)

#define fs_number_field(type, name, member, min, max, required)              \
    { fs_str(name), FS_FIELD_NUMBER, required, fs_width(type, member),       \
      offsetof(type, member), 0, min, max, NULL, NULL }

#define fs_flag_field(type, name, member, required)                          \
    { fs_str(name), FS_FIELD_FLAG, required, 1, offsetof(type, member), 0,   \
      0, 0, NULL, NULL }

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


/* A field by its name; schema->n: none. */
unsigned fs_field_find(const fs_schema_t *schema, fs_str_t name);

/*
 * Check a value (of any type but DOCUMENT, OBJECT and LIST) and put it into
 * the record.  0, or -1: it breaks the field's rule.
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

/* A whole decimal number within the range.  0 or -1. */
int fs_number_parse(fs_str_t str, int64_t min, int64_t max, int64_t *value);

/* The same of any size: what is beyond the range is cut to it. */
int fs_integer_parse(fs_str_t str, int64_t min, int64_t max,
    int64_t *value);

/* A day from 2020 to 2100, 2026-11-30: as 20261130.  0 or -1. */
int fs_day_parse(fs_str_t str, uint32_t *day);

/* 1-128 visible ASCII characters.  1 or 0. */
int fs_key_valid(fs_str_t key);

#define FS_RULE_OBJECT       "is a JSON object"
#define FS_RULE_REQUIRED     "is required"
#define FS_RULE_TWICE        "is there twice"
#define FS_RULE_UNKNOWN      "is not known"


#pragma GCC visibility pop

#endif /* FS_FIELD_H */
