
#include <stdio.h>

#include "text/text.h"


/* Longer than any name and any value that is taken. */
#define FS_ARGUMENT_MAX      1024

#define FS_FORM_FIELDS       8          /* of one form, at most */


enum {
    FS_FORM_SALE = 0,
    FS_FORM_QTY,
    FS_FORM_QUEUE,
    FS_FORM_GIFT,
    FS_FORM_FROM,
    FS_FORM_PICKUP,
    FS_FORM_KEY,
    FS_FORM_CSRF
};

/* What is required may be repeated: its records are the lines. */
static const fs_field_t  fs_form_fields[] = {
    fs_slug_field(fs_request_line_t, "sale", sale, 1),
    fs_number_field(fs_request_line_t, "qty", qty, 1, FS_QTY_MAX, 1),
    fs_flag_field(fs_hold_request_t, "queue", queue, 0),
    fs_visible_field(fs_hold_request_t, "gift", gift, 0),
    fs_visible_field(fs_hold_request_t, "from", from, 0),
    fs_slug_field(fs_hold_request_t, "pickup", pickup, 0),
    fs_visible_field(fs_hold_request_t, "idempotency_key", key, 0),
    fs_visible_field(fs_hold_request_t, "csrf", csrf, 0)
};

static const fs_schema_t  fs_form_schema = { fs_form_fields, 8 };

/* a form without lines */
static const fs_schema_t  fs_plain_schema = {
    fs_form_fields + FS_FORM_KEY, 2
};

/* and one with nothing but a pickup point beside */
static const fs_schema_t  fs_point_schema = {
    fs_form_fields + FS_FORM_PICKUP, 3
};


/* and one that says which gift, or none */
static const fs_field_t  fs_gift_fields[] = {
    fs_visible_field(fs_hold_request_t, "gift", gift, 0),
    fs_visible_field(fs_hold_request_t, "idempotency_key", key, 0),
    fs_visible_field(fs_hold_request_t, "csrf", csrf, 0)
};

static const fs_schema_t  fs_gift_schema = { fs_gift_fields, 3 };


/* Each is looked for when all is read: a form sends its empty inputs too. */
static const fs_field_t  fs_contact_fields[] = {
    { fs_str("name"), FS_FIELD_TITLE, 0, 0,
      offsetof(fs_contact_request_t, contact.name),
      offsetof(fs_contact_request_t, contact.name_len), 1, FS_NAME_MAX, NULL,
      NULL },
    { fs_str("digits"), FS_FIELD_DIGITS, 0, 0,
      offsetof(fs_contact_request_t, contact.digits), 0, 0, FS_DIGITS_LEN,
      NULL, NULL },
    { fs_str("consent"), FS_FIELD_WORDS, 0, 0,
      offsetof(fs_contact_request_t, contact.consent), 0, 0, FS_CONSENTS_N,
      NULL, fs_consent_words },
    fs_visible_field(fs_contact_request_t, "idempotency_key", key, 0),
    fs_visible_field(fs_contact_request_t, "csrf", csrf, 0)
};

static const fs_schema_t  fs_contact_schema = { fs_contact_fields, 5 };


/* the first ones have to be there */
#define FS_CLAIM_FIELDS      3

static const fs_field_t  fs_claim_fields[] = {
    fs_slug_field(fs_claim_request_t, "sale", sale, 0),
    fs_number_field(fs_claim_request_t, "qty", qty, 1, FS_QTY_MAX, 0),
    { fs_str("reason"), FS_FIELD_CHOICE, 0, 0,
      offsetof(fs_claim_request_t, reason), 0, 0, FS_CLAIM_REASONS, NULL,
      fs_claim_words },
    fs_visible_field(fs_claim_request_t, "idempotency_key", key, 0),
    fs_visible_field(fs_claim_request_t, "csrf", csrf, 0)
};

static const fs_schema_t  fs_claim_schema = { fs_claim_fields, 5 };


static const fs_field_t  fs_comment_fields[] = {
    { fs_str("text"), FS_FIELD_TITLE, 0, 0,
      offsetof(fs_comment_request_t, text),
      offsetof(fs_comment_request_t, text_len), 1, FS_COMMENT_MAX, NULL,
      NULL },
    fs_visible_field(fs_comment_request_t, "idempotency_key", key, 0),
    fs_visible_field(fs_comment_request_t, "csrf", csrf, 0)
};

static const fs_schema_t  fs_comment_schema = { fs_comment_fields, 3 };


static int fs_form_read(fs_str_t body, const fs_schema_t *schema,
    void *request, size_t size, unsigned *counts, fs_fault_t *fault);
static void fs_form_path(const fs_field_t *field, unsigned index,
    char *path, size_t size);
static int fs_argument_next(fs_str_t query, size_t *pos, fs_str_t *name,
    fs_str_t *value);
static int fs_percent_decode(fs_str_t raw, char *buf, size_t size);
static int fs_hex_digit(char c);


int
fs_request_hold_form(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault)
{
    unsigned  counts[FS_FORM_FIELDS], missing;
    char      path[sizeof(fault->field)];

    if (fs_form_read(body, &fs_form_schema, request, sizeof(*request),
                     counts, fault)
        != 0)
    {
        return -1;
    }

    if (counts[FS_FORM_SALE] != counts[FS_FORM_QTY]
        || counts[FS_FORM_SALE] == 0)
    {
        missing = counts[FS_FORM_SALE] <= counts[FS_FORM_QTY]
                  ? FS_FORM_SALE : FS_FORM_QTY;

        fs_form_path(&fs_form_fields[missing], counts[missing], path,
                     sizeof(path));

        return fs_fault_literal(fault, path, FS_RULE_REQUIRED);
    }

    request->lines_n = counts[FS_FORM_SALE];

    return fs_hold_merge(request, fault);
}


int
fs_request_plain_form(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault)
{
    unsigned  counts[FS_FORM_FIELDS];

    return fs_form_read(body, &fs_plain_schema, request, sizeof(*request),
                        counts, fault);
}


int
fs_request_gift_form(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault)
{
    unsigned  counts[FS_FORM_FIELDS];

    return fs_form_read(body, &fs_gift_schema, request, sizeof(*request),
                        counts, fault);
}


int
fs_request_point_form(fs_str_t body, fs_hold_request_t *request,
    fs_fault_t *fault)
{
    unsigned  counts[FS_FORM_FIELDS];

    if (fs_form_read(body, &fs_point_schema, request, sizeof(*request),
                     counts, fault)
        != 0)
    {
        return -1;
    }

    if (request->pickup.len == 0) {
        return fs_fault_literal(fault, "pickup", FS_RULE_REQUIRED);
    }

    return 0;
}


int
fs_request_contact_form(fs_str_t body, fs_contact_request_t *request,
    fs_fault_t *fault)
{
    unsigned  counts[FS_FORM_FIELDS];

    if (fs_form_read(body, &fs_contact_schema, request, sizeof(*request),
                     counts, fault)
        != 0)
    {
        return -1;
    }

    if (request->contact.name_len == 0) {
        return fs_fault_literal(fault, "name", FS_RULE_REQUIRED);
    }

    if (request->contact.digits[0] == '\0') {
        return fs_fault_literal(fault, "digits", FS_RULE_REQUIRED);
    }

    return fs_contact_finish(&request->contact, fault);
}


int
fs_request_claim_form(fs_str_t body, fs_claim_request_t *request,
    fs_fault_t *fault)
{
    unsigned  i, counts[FS_FORM_FIELDS];

    if (fs_form_read(body, &fs_claim_schema, request, sizeof(*request),
                     counts, fault)
        != 0)
    {
        return -1;
    }

    for (i = 0; i < FS_CLAIM_FIELDS; i++) {
        if (counts[i] == 0) {
            return fs_fault_literal(fault, fs_claim_fields[i].name.data,
                                    FS_RULE_REQUIRED);
        }
    }

    request->reason = fs_claim_reasons[request->reason];

    return 0;
}


int
fs_request_comment_form(fs_str_t body, fs_comment_request_t *request,
    fs_fault_t *fault)
{
    unsigned  counts[FS_FORM_FIELDS];

    if (fs_form_read(body, &fs_comment_schema, request, sizeof(*request),
                     counts, fault)
        != 0)
    {
        return -1;
    }

    if (request->text_len == 0) {
        return fs_fault_literal(fault, "text", FS_RULE_REQUIRED);
    }

    return fs_comment_finish(request, fault);
}


/*
 * counts: how often each field was there.  The n-th sale goes with the n-th
 * qty.  An optional field without a value is absent: a form sends its empty
 * inputs too.
 */
static int
fs_form_read(fs_str_t body, const fs_schema_t *schema, void *request,
    size_t size, unsigned *counts, fs_fault_t *fault)
{
    int                 len;
    char                buf[FS_ARGUMENT_MAX], path[sizeof(fault->field)];
    size_t              pos;
    unsigned            i, index, seen;
    fs_str_t            name, value;
    const fs_field_t   *field;
    fs_request_line_t  *lines;          /* of a hold, which alone has any */

    lines = ((fs_hold_request_t *) request)->lines;

    memset(request, 0, size);
    memset(counts, 0, FS_FORM_FIELDS * sizeof(unsigned));
    fs_fault_clear(fault);

    if (fs_fault_size(fault, "", body.len, FS_BODY_MAX) != 0) {
        return -1;
    }

    seen = 0;
    pos = 0;

    while (fs_argument_next(body, &pos, &name, &value)) {

        len = fs_percent_decode(name, buf, sizeof(buf));

        if (len >= 0) {
            name.data = buf;
            name.len = len;
        }

        i = fs_field_find(schema, name);

        if (i == schema->n) {
            return fs_fault(fault, FS_BAD_REQUEST, name, FS_RULE_UNKNOWN);
        }

        field = &schema->fields[i];
        index = 0;

        if (field->required) {
            index = counts[i]++;

            if (index == FS_LINES_MAX) {
                (void) snprintf(buf, sizeof(buf),
                                "is a list of 1 to %d objects",
                                FS_LINES_MAX);
                return fs_fault_literal(fault, "lines", buf);
            }

        } else if ((seen & (1u << i)) && field->type != FS_FIELD_WORDS) {
            return fs_fault(fault, FS_BAD_REQUEST, field->name,
                            FS_RULE_TWICE);
        }

        seen |= 1u << i;

        if (value.len == 0 && !field->required) {
            continue;
        }

        len = fs_percent_decode(value, buf, sizeof(buf));
        value.data = buf;
        value.len = len;

        if (len < 0
            || fs_field_set(field,
                            field->required ? (void *) &lines[index]
                                            : request,
                            value)
               != 0)
        {
            fs_form_path(field, index, path, sizeof(path));
            value.data = path;
            value.len = strlen(path);

            return fs_field_fault(field, value, fault);
        }

        counts[i] += !field->required;
    }

    return 0;
}


/* The first line's fields go by their own names. */
static void
fs_form_path(const fs_field_t *field, unsigned index, char *path,
    size_t size)
{
    if (index == 0) {
        (void) snprintf(path, size, "%s", field->name.data);

    } else {
        (void) snprintf(path, size, "lines[%u].%s", index,
                        field->name.data);
    }
}


int
fs_query_get(fs_str_t query, const char *name, char *buf, size_t size)
{
    int     len, again;
    char    second[1];
    size_t  pos;

    pos = 0;
    len = fs_query_next(query, name, &pos, buf, size);

    if (len < 0) {
        return len;
    }

    again = fs_query_next(query, name, &pos, second, sizeof(second));

    return again == -1 ? len : -2;
}


int
fs_query_next(fs_str_t query, const char *name, size_t *pos, char *buf,
    size_t size)
{
    int       len;
    char      decoded[FS_ARGUMENT_MAX];
    size_t    name_len;
    fs_str_t  argument, value;

    name_len = strlen(name);

    while (fs_argument_next(query, pos, &argument, &value)) {

        len = fs_percent_decode(argument, decoded, sizeof(decoded));

        if (len >= 0 && (size_t) len == name_len
            && memcmp(decoded, name, name_len) == 0)
        {
            len = fs_percent_decode(value, buf, size);
            return len >= 0 ? len : -2;
        }
    }

    return -1;
}


/* 1: name and value, as they are written; 0: there is no other. */
static int
fs_argument_next(fs_str_t query, size_t *pos, fs_str_t *name,
    fs_str_t *value)
{
    const char  *p, *end, *equals;

    while (*pos < query.len) {
        p = query.data + *pos;

        end = memchr(p, '&', query.len - *pos);

        if (end == NULL) {
            end = query.data + query.len;
        }

        *pos = end - query.data + 1;

        if (end == p) {
            continue;
        }

        equals = memchr(p, '=', end - p);

        if (equals == NULL) {
            equals = end;
        }

        name->data = p;
        name->len = equals - p;

        value->data = equals + (equals < end);
        value->len = end - value->data;

        return 1;
    }

    return 0;
}


/* The length, or -1: malformed or longer than size.  No NUL comes out. */
static int
fs_percent_decode(fs_str_t raw, char *buf, size_t size)
{
    int     high, low;
    char    c;
    size_t  i, n;

    n = 0;

    for (i = 0; i < raw.len; i++) {
        c = raw.data[i];

        if (c == '+') {
            c = ' ';

        } else if (c == '%') {

            if (raw.len - i < 3) {
                return -1;
            }

            high = fs_hex_digit(raw.data[i + 1]);
            low = fs_hex_digit(raw.data[i + 2]);

            if (high < 0 || low < 0) {
                return -1;
            }

            c = (char) (high * 16 + low);
            i += 2;
        }

        if (n == size || c == '\0') {
            return -1;
        }

        buf[n++] = c;
    }

    return (int) n;
}


static int
fs_hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}
