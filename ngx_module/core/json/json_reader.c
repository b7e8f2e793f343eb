
#include <stdio.h>

#include <yajl/yajl_parse.h>

#include "json/json_arena.h"
#include "json/json_document.h"
#include "json/json_reader.h"


typedef enum {
    FS_JSON_START = 0,
    FS_JSON_OBJECT,
    FS_JSON_LIST,                       /* between its elements */
    FS_JSON_WORDS,                      /* between the words of one */
    FS_JSON_ELEMENT,
    FS_JSON_DOCUMENT,
    FS_JSON_END
} fs_json_place_t;

/* The object being read. */
/* of a value in the text, or that a field wants */
typedef enum {
    FS_JSON_IS_STRING = 0,
    FS_JSON_IS_NUMBER,
    FS_JSON_IS_BOOLEAN
} fs_json_kind_t;

typedef struct {
    const fs_schema_t   *schema;
    char                *record;
    uint32_t             seen;          /* fields named */
    uint32_t             present;       /* and not null */
} fs_json_scope_t;

typedef struct {
    fs_str_t             body;
    fs_fault_t          *fault;
    yajl_handle          yajl;
    fs_json_place_t      place;
    fs_json_scope_t      scope;
    const fs_field_t    *field;         /* whose value comes next */

    fs_json_scope_t      outer;         /* while a list is read, or an */
    const fs_field_t    *list;          /* object in the object */
    unsigned             index;

    fs_document_t        document;
    size_t               document_at;   /* its offset in the body */
    size_t               end;           /* offset after the body's value */
} fs_json_t;


static size_t fs_json_blank(fs_str_t body, size_t i);
static int fs_json_utf8(fs_str_t body);
static int fs_json_escape(const char *p, const char *end, unsigned *unit);
static int fs_json_finish(fs_json_t *json, yajl_status status);
static int fs_json_null(void *data);
static int fs_json_boolean(void *data, int value);
static int fs_json_number(void *data, const char *text, size_t len);
static int fs_json_string(void *data, const unsigned char *text, size_t len);
static int fs_json_start_map(void *data);
static int fs_json_map_key(void *data, const unsigned char *text,
    size_t len);
static int fs_json_end_map(void *data);
static int fs_json_start_array(void *data);
static int fs_json_end_array(void *data);
static fs_json_kind_t fs_json_kind(const fs_field_t *field);
static int fs_json_is_words(const fs_field_t *field);
static int fs_json_value(fs_json_t *json, fs_json_kind_t kind,
    fs_str_t value);
static void fs_json_enter(fs_json_t *json);
static int fs_json_misplaced(fs_json_t *json);
static int fs_json_refuse(fs_json_t *json, const fs_field_t *field);
static int fs_json_fault(fs_json_t *json, fs_str_t name, const char *rule);
static fs_str_t fs_json_path(fs_json_t *json, fs_str_t name, char *buf,
    size_t size);


static const yajl_callbacks  fs_json_callbacks = {
    fs_json_null,
    fs_json_boolean,
    NULL,
    NULL,
    fs_json_number,
    fs_json_string,
    fs_json_start_map,
    fs_json_map_key,
    fs_json_end_map,
    fs_json_start_array,
    fs_json_end_array
};


int
fs_json_read(fs_str_t body, size_t max, const fs_schema_t *schema,
    void *record, uint32_t *present, fs_fault_t *fault)
{
    int          rc;
    fs_json_t    json;
    fs_arena_t   arena;
    yajl_status  status;

    fs_fault_clear(fault);

    if (fs_fault_size(fault, "", body.len, max) != 0) {
        return -1;
    }

    if (body.len == 0) {
        return fs_fault_literal(fault, "", FS_RULE_OBJECT);
    }

    if (fs_json_utf8(body) != 0) {
        return fs_fault_literal(fault, "", "is UTF-8");
    }

    json.body = body;
    json.fault = fault;
    json.place = FS_JSON_START;
    json.scope.schema = schema;
    json.scope.record = record;
    json.scope.seen = 0;
    json.scope.present = 0;
    json.field = NULL;
    json.document.names = NULL;

    fs_arena_init(&arena);

    json.yajl = yajl_alloc(&fs_json_callbacks, &arena.funcs, &json);

    if (json.yajl == NULL) {
        return fs_fault(fault, FS_INTERNAL, (fs_str_t) fs_str(""),
                        "does not fit into memory");
    }

    /* fs_json_utf8() has been stricter than yajl would be */
    (void) yajl_config(json.yajl, yajl_dont_validate_strings, 1);

    status = yajl_parse(json.yajl, (const unsigned char *) body.data,
                        body.len);

    rc = fs_json_finish(&json, status);

    yajl_free(json.yajl);

    if (json.document.names != NULL) {
        fs_document_end(&json.document);
    }

    if (rc == 0 && present != NULL) {
        *present = json.scope.present;
    }

    return rc;
}


/*
 * Not by yajl_complete_parse(): it takes a token that is cut off after the
 * value (`{} tru`) for the end.
 */
static int
fs_json_finish(fs_json_t *json, yajl_status status)
{
    if (status == yajl_status_client_canceled) {
        return -1;
    }

    if (json->place == FS_JSON_END) {

        if (fs_json_blank(json->body, json->end) != json->body.len) {
            return fs_fault_literal(json->fault, "",
                                    "is JSON, and nothing after it");
        }

        return 0;
    }

    if (fs_json_blank(json->body, 0) == json->body.len) {
        (void) fs_json_misplaced(json);
        return -1;
    }

    return fs_fault_literal(json->fault, "", "is JSON");
}


/* The offset of the first byte from i on that is no white space. */
static size_t
fs_json_blank(fs_str_t body, size_t i)
{
    char  c;

    for (/* void */; i < body.len; i++) {
        c = body.data[i];

        if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
            break;
        }
    }

    return i;
}


/*
 * Strict UTF-8, and no half of a surrogate pair by an escape: yajl would make
 * bytes of it that are not UTF-8.
 */
static int
fs_json_utf8(fs_str_t body)
{
    size_t       n;
    unsigned     unit;
    const char  *p, *end;

    p = body.data;
    end = p + body.len;

    while (p < end) {

        if ((*p & 0x80) == 0 && *p != '\\') {
            p++;
            continue;
        }

        if (*p != '\\') {
            n = fs_utf8_length(p, end);

            if (n == 0) {
                return -1;
            }

            p += n;
            continue;
        }

        if (!fs_json_escape(p, end, &unit)) {
            p += 2;                     /* yajl looks at what it is */
            continue;
        }

        p += 6;

        if (unit < 0xd800 || unit > 0xdfff) {
            continue;
        }

        if (unit > 0xdbff || !fs_json_escape(p, end, &unit)
            || unit < 0xdc00 || unit > 0xdfff)
        {
            return -1;
        }

        p += 6;
    }

    return 0;
}


/* 1 when p is at a \uXXXX. */
static int
fs_json_escape(const char *p, const char *end, unsigned *unit)
{
    int       i;
    unsigned  c, value;

    if (end - p < 6 || p[0] != '\\' || p[1] != 'u') {
        return 0;
    }

    value = 0;

    for (i = 2; i < 6; i++) {
        c = (uint8_t) p[i];

        if (c >= '0' && c <= '9') {
            c -= '0';

        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            c = (c | 0x20) - 'a' + 10;

        } else {
            return 0;
        }

        value = value * 16 + c;
    }

    *unit = value;

    return 1;
}


static int
fs_json_null(void *data)
{
    fs_json_t *json = data;

    switch (json->place) {

    case FS_JSON_DOCUMENT:
        fs_document_scalar(&json->document);
        return 1;

    case FS_JSON_OBJECT:
    case FS_JSON_ELEMENT:
        return 1;                       /* as absent */

    default:
        return fs_json_misplaced(json);
    }
}


static int
fs_json_boolean(void *data, int value)
{
    fs_json_t *json = data;

    static const fs_str_t  words[] = { fs_str("false"), fs_str("true") };

    if (json->place == FS_JSON_DOCUMENT) {
        fs_document_scalar(&json->document);
        return 1;
    }

    return fs_json_value(json, FS_JSON_IS_BOOLEAN, words[value != 0]);
}


static int
fs_json_number(void *data, const char *text, size_t len)
{
    fs_str_t    value = { len, text };
    fs_json_t  *json = data;

    if (json->place == FS_JSON_DOCUMENT) {
        return fs_document_number(&json->document, value) == 0;
    }

    return fs_json_value(json, FS_JSON_IS_NUMBER, value);
}


static int
fs_json_string(void *data, const unsigned char *text, size_t len)
{
    fs_str_t    value = { len, (const char *) text };
    fs_json_t  *json = data;

    if (json->place == FS_JSON_DOCUMENT) {
        fs_document_scalar(&json->document);
        return 1;
    }

    return fs_json_value(json, FS_JSON_IS_STRING, value);
}


static fs_json_kind_t
fs_json_kind(const fs_field_t *field)
{
    switch (field->type) {

    case FS_FIELD_NUMBER:
    case FS_FIELD_INTEGER:
    case FS_FIELD_TIME:
        return FS_JSON_IS_NUMBER;

    case FS_FIELD_FLAG:
        return FS_JSON_IS_BOOLEAN;

    default:
        return FS_JSON_IS_STRING;
    }
}


/* 1: its value is a list of strings. */

static int
fs_json_is_words(const fs_field_t *field)
{
    return field->type == FS_FIELD_WORDS || field->type == FS_FIELD_SLUGS;
}


static int
fs_json_value(fs_json_t *json, fs_json_kind_t kind, fs_str_t value)
{
    const fs_field_t  *field;

    if (json->place != FS_JSON_OBJECT && json->place != FS_JSON_ELEMENT
        && json->place != FS_JSON_WORDS)
    {
        return fs_json_misplaced(json);
    }

    field = json->field;

    if ((json->place == FS_JSON_WORDS) != fs_json_is_words(field)
        || fs_json_kind(field) != kind
        || fs_field_set(field, json->scope.record, value) != 0)
    {
        return fs_json_refuse(json, field);
    }

    json->scope.present |= 1u << (field - json->scope.schema->fields);

    return 1;
}


static int
fs_json_start_map(void *data)
{
    size_t             offset;
    fs_str_t           path;
    fs_json_t         *json = data;
    const fs_field_t  *field;

    switch (json->place) {

    case FS_JSON_START:

        if (json->scope.schema != NULL) {
            json->place = FS_JSON_OBJECT;
            return 1;
        }

        path = (fs_str_t) fs_str("");
        break;

    case FS_JSON_LIST:
        field = json->list;

        if (json->index == field->max) {
            json->place = FS_JSON_OBJECT;
            return fs_json_refuse(json, field);
        }

        fs_json_enter(json);
        return 1;

    case FS_JSON_DOCUMENT:
        return fs_document_open(&json->document, 0) == 0;

    case FS_JSON_OBJECT:

        if (json->field->type == FS_FIELD_DOCUMENT) {
            path = json->field->name;
            break;
        }

        if (json->field->type == FS_FIELD_OBJECT) {
            json->list = json->field;
            json->outer = json->scope;
            json->index = 0;
            fs_json_enter(json);
            return 1;
        }

        /* fall through */

    default:
        return fs_json_refuse(json, json->field);
    }

    /* a document begins */

    offset = yajl_get_bytes_consumed(json->yajl) - 1;

    if (fs_document_begin(&json->document, path, json->body.len - offset,
                          json->fault)
        != 0)
    {
        return 0;
    }

    json->document_at = offset;
    json->place = FS_JSON_DOCUMENT;

    return fs_document_open(&json->document, 0) == 0;
}


/* An object in the outer one begins: of a list, or alone. */

static void
fs_json_enter(fs_json_t *json)
{
    json->place = FS_JSON_ELEMENT;
    json->scope.schema = json->list->of;
    json->scope.record = json->outer.record + json->list->at
                         + (size_t) json->index * json->list->width;
    json->scope.seen = 0;
    json->scope.present = 0;
}


static int
fs_json_map_key(void *data, const unsigned char *text, size_t len)
{
    fs_str_t            name = { len, (const char *) text };
    unsigned            i;
    fs_json_t          *json = data;
    const fs_schema_t  *schema;

    if (json->place == FS_JSON_DOCUMENT) {
        return fs_document_name(&json->document, name) == 0;
    }

    schema = json->scope.schema;
    i = fs_field_find(schema, name);

    if (i == schema->n) {
        return fs_json_fault(json, name, FS_RULE_UNKNOWN);
    }

    if (json->scope.seen & (1u << i)) {
        return fs_json_fault(json, name, FS_RULE_TWICE);
    }

    json->scope.seen |= 1u << i;
    json->field = &schema->fields[i];

    return 1;
}


static int
fs_json_end_map(void *data)
{
    size_t              end;
    unsigned            i;
    fs_str_t           *value;
    fs_json_t          *json = data;
    const fs_schema_t  *schema;

    end = yajl_get_bytes_consumed(json->yajl);
    schema = json->scope.schema;

    if (json->place == FS_JSON_DOCUMENT) {
        fs_document_close(&json->document);

        if (json->document.depth > 0) {
            return 1;
        }

        if (schema == NULL) {
            json->place = FS_JSON_END;
            json->end = end;
            return 1;
        }

        if (fs_fault_size(json->fault, json->field->name.data,
                          end - json->document_at, json->field->max)
            != 0)
        {
            return 0;
        }

        value = (fs_str_t *) (json->scope.record + json->field->at);
        value->data = json->body.data + json->document_at;
        value->len = end - json->document_at;

        json->scope.present |= 1u << (json->field - schema->fields);
        json->place = FS_JSON_OBJECT;

        fs_document_end(&json->document);

        return 1;
    }

    for (i = 0; i < schema->n; i++) {

        if (schema->fields[i].required
            && (json->scope.present & (1u << i)) == 0)
        {
            return fs_json_fault(json, schema->fields[i].name,
                                 FS_RULE_REQUIRED);
        }
    }

    if (json->place == FS_JSON_ELEMENT
        && json->list->type == FS_FIELD_OBJECT)
    {
        json->place = FS_JSON_OBJECT;
        json->scope = json->outer;
        json->scope.present |= 1u << (json->list
                                      - json->scope.schema->fields);
        return 1;
    }

    if (json->place == FS_JSON_ELEMENT) {
        json->index++;
        json->place = FS_JSON_LIST;
        return 1;
    }

    json->place = FS_JSON_END;
    json->end = end;

    return 1;
}


static int
fs_json_start_array(void *data)
{
    fs_json_t *json = data;

    switch (json->place) {

    case FS_JSON_DOCUMENT:
        return fs_document_open(&json->document, 1) == 0;

    case FS_JSON_OBJECT:

        if (json->field->type == FS_FIELD_LIST) {
            json->place = FS_JSON_LIST;
            json->list = json->field;
            json->outer = json->scope;
            json->index = 0;
            return 1;
        }

        if (fs_json_is_words(json->field)) {
            json->place = FS_JSON_WORDS;
            return 1;
        }

        /* fall through */

    case FS_JSON_ELEMENT:
    case FS_JSON_WORDS:
        return fs_json_refuse(json, json->field);

    default:
        return fs_json_misplaced(json);
    }
}


static int
fs_json_end_array(void *data)
{
    fs_json_t *json = data;

    if (json->place == FS_JSON_DOCUMENT) {
        fs_document_close(&json->document);
        return 1;
    }

    if (json->place == FS_JSON_WORDS) {
        json->place = FS_JSON_OBJECT;

        if (json->field->type == FS_FIELD_SLUGS
            && *(unsigned *) (json->scope.record + json->field->length_at)
               < json->field->min)
        {
            return fs_json_refuse(json, json->field);
        }

        json->scope.present |= 1u << (json->field
                                      - json->scope.schema->fields);
        return 1;
    }

    json->place = FS_JSON_OBJECT;
    json->scope = json->outer;

    if (json->index < json->list->min) {
        return fs_json_refuse(json, json->list);
    }

    *(unsigned *) (json->scope.record + json->list->length_at) = json->index;
    json->scope.present |= 1u << (json->list - json->scope.schema->fields);

    return 1;
}


/* A value where an object has to be.  Returns 0, for yajl to stop. */
static int
fs_json_misplaced(fs_json_t *json)
{
    if (json->place == FS_JSON_WORDS) {
        return fs_json_refuse(json, json->field);
    }

    if (json->place == FS_JSON_LIST) {
        fs_fault_line(json->fault, json->index, "", "is an object");

    } else {
        fs_fault_literal(json->fault, "", FS_RULE_OBJECT);
    }

    return 0;
}


static int
fs_json_refuse(fs_json_t *json, const fs_field_t *field)
{
    char  buf[sizeof(json->fault->field)];

    fs_field_fault(field, fs_json_path(json, field->name, buf, sizeof(buf)),
                   json->fault);

    return 0;
}


static int
fs_json_fault(fs_json_t *json, fs_str_t name, const char *rule)
{
    char  buf[sizeof(json->fault->field)];

    fs_fault(json->fault, FS_BAD_REQUEST,
             fs_json_path(json, name, buf, sizeof(buf)), rule);

    return 0;
}


/* The name itself, list[index].name in an element, object.name. */
static fs_str_t
fs_json_path(fs_json_t *json, fs_str_t name, char *buf, size_t size)
{
    int  len;

    if (json->place != FS_JSON_ELEMENT) {
        return name;
    }

    len = (json->list->type == FS_FIELD_OBJECT)
          ? snprintf(buf, size, "%s.", json->list->name.data)
          : snprintf(buf, size, "%s[%u].", json->list->name.data, json->index);

    if (name.len > size - len) {
        name.len = size - len;
    }

    memcpy(buf + len, name.data, name.len);

    name.data = buf;
    name.len += len;

    return name;
}
