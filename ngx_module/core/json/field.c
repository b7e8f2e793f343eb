
#include <stdarg.h>
#include <stdio.h>

#include "json/field.h"


static int fs_slugs_add(fs_slug_t *slugs, unsigned *n, unsigned max,
    fs_str_t value);
static int fs_title_valid(fs_str_t title);
static void fs_fault_choice(const fs_field_t *field, fs_fault_t *fault);
static void fs_fault_rule(fs_fault_t *fault, const char *format, ...)
    __attribute__((format(printf, 2, 3)));


unsigned
fs_field_find(const fs_schema_t *schema, fs_str_t name)
{
    unsigned           i;
    const fs_field_t  *field;

    for (i = 0; i < schema->n; i++) {
        field = &schema->fields[i];

        if (field->name.len == name.len
            && memcmp(field->name.data, name.data, name.len) == 0)
        {
            break;
        }
    }

    return i;
}


int
fs_field_set(const fs_field_t *field, void *record, fs_str_t value)
{
    char     *to;
    int64_t   number;
    uint32_t  small;

    to = (char *) record + field->at;

    switch (field->type) {

    case FS_FIELD_NUMBER:
    case FS_FIELD_INTEGER:
    case FS_FIELD_TIME:

        if ((field->type == FS_FIELD_INTEGER
             ? fs_integer_parse(value, field->min, field->max, &number)
             : fs_number_parse(value, field->min, field->max, &number))
            != 0)
        {
            return -1;
        }

        if (field->width == sizeof(number)) {
            memcpy(to, &number, sizeof(number));
            return 0;
        }

        small = (uint32_t) number;
        memcpy(to, &small, sizeof(small));
        return 0;

    case FS_FIELD_DAY:
        return fs_day_parse(value, (uint32_t *) to);

    case FS_FIELD_SLUG:

        if (!fs_slug_valid(value)) {
            return -1;
        }

        fs_slug_set((fs_slug_t *) to, value);
        return 0;

    case FS_FIELD_SLUGS:
        return fs_slugs_add((fs_slug_t *) to,
                            (unsigned *) ((char *) record + field->length_at),
                            (unsigned) field->max, value);

    case FS_FIELD_VISIBLE:

        if (!fs_key_valid(value)) {
            return -1;
        }

        break;

    case FS_FIELD_TITLE:

        if (!fs_title_valid(value)) {
            return -1;
        }

        break;

    case FS_FIELD_CHOICE:

        for (number = 0; number < field->max; number++) {

            if (field->words[number].len == value.len
                && memcmp(field->words[number].data, value.data, value.len)
                   == 0)
            {
                *(uint8_t *) to = (uint8_t) number;
                return 0;
            }
        }

        return -1;

    case FS_FIELD_WORDS:

        for (number = 0; number < field->max; number++) {

            if (field->words[number].len == value.len
                && memcmp(field->words[number].data, value.data, value.len)
                   == 0
                && (*(uint8_t *) to & 1u << number) == 0)
            {
                *(uint8_t *) to |= (uint8_t) (1u << number);
                return 0;
            }
        }

        return -1;

    case FS_FIELD_DIGITS:

        if (value.len != (size_t) field->max) {
            return -1;
        }

        for (number = 0; number < field->max; number++) {
            if (value.data[number] < '0' || value.data[number] > '9') {
                return -1;
            }
        }

        memcpy(to, value.data, value.len);
        return 0;

    case FS_FIELD_FLAG:
        *(uint8_t *) to = value.len == 4 && memcmp(value.data, "true", 4) == 0;

        return *(uint8_t *) to
               || (value.len == 5 && memcmp(value.data, "false", 5) == 0)
               ? 0 : -1;

    default:
        return -1;
    }

    if (value.len > (size_t) field->max) {
        return -1;
    }

    memcpy(to, value.data, value.len);
    *(uint16_t *) ((char *) record + field->length_at)
        = (uint16_t) value.len;

    return 0;
}


static int
fs_slugs_add(fs_slug_t *slugs, unsigned *n, unsigned max, fs_str_t value)
{
    unsigned  i;

    if (*n == max || !fs_slug_valid(value)) {
        return -1;
    }

    for (i = 0; i < *n; i++) {
        if (slugs[i].len == value.len
            && memcmp(slugs[i].data, value.data, value.len) == 0)
        {
            return -1;
        }
    }

    fs_slug_set(&slugs[(*n)++], value);

    return 0;
}


int
fs_field_fault(const fs_field_t *field, fs_str_t path, fs_fault_t *fault)
{
    (void) fs_fault(fault, FS_BAD_REQUEST, path, "");

    switch (field->type) {

    case FS_FIELD_NUMBER:
        fs_fault_rule(fault, "is a whole number from %lld to %lld",
                      (long long) field->min, (long long) field->max);
        break;

    case FS_FIELD_INTEGER:
        fs_fault_rule(fault, "is a whole number");
        break;

    case FS_FIELD_DAY:
        fs_fault_rule(fault, "is a day from 2020 to 2100, as in 2026-11-30");
        break;

    case FS_FIELD_SLUGS:
        fs_fault_rule(fault, "is a list of %lld to %lld slugs, each once",
                      (long long) field->min, (long long) field->max);
        break;

    case FS_FIELD_TIME:
        fs_fault_rule(fault, "is a time in milliseconds, from 2020 to 2100");
        break;

    case FS_FIELD_SLUG:
        fs_fault_rule(fault, "is a slug: 1 to %d of a-z, 0-9 and -",
                      FS_SLUG_MAX);
        break;

    case FS_FIELD_VISIBLE:
        fs_fault_rule(fault, "is 1 to %lld visible ASCII characters",
                      (long long) field->max);
        break;

    case FS_FIELD_TITLE:
        fs_fault_rule(fault, "is 1 to %lld bytes of UTF-8 without control "
                      "characters", (long long) field->max);
        break;

    case FS_FIELD_CHOICE:
        fs_fault_choice(field, fault);
        break;

    case FS_FIELD_FLAG:
        fs_fault_rule(fault, "is true or false");
        break;

    case FS_FIELD_WORDS:
        fs_fault_rule(fault, "is a list of \"%s\" and \"%s\", each once at "
                      "most", field->words[0].data, field->words[1].data);
        break;

    case FS_FIELD_DIGITS:
        fs_fault_rule(fault, "is %lld digits, in a string",
                      (long long) field->max);
        break;

    case FS_FIELD_DOCUMENT:
    case FS_FIELD_OBJECT:
        fs_fault_rule(fault, "is an object");
        break;

    default:
        fs_fault_rule(fault, "is a list of %lld to %lld objects",
                      (long long) field->min, (long long) field->max);
        break;
    }

    return -1;
}


void
fs_fault_clear(fs_fault_t *fault)
{
    fault->outcome = FS_OK;
    fault->field[0] = '\0';
    fault->rule[0] = '\0';
}


/*
 * A path may contain what a client called a field: it is shown to people and
 * logged, so it is cut at a character and has no control characters.
 */
int
fs_fault(fs_fault_t *fault, fs_outcome_t outcome, fs_str_t path,
    const char *rule)
{
    char        *to, *last;
    size_t       n;
    const char  *p, *end;

    to = fault->field;
    last = fault->field + sizeof(fault->field) - 1;

    p = path.data;
    end = p + path.len;

    while (p < end) {
        n = 1;

        if (*p & 0x80) {
            n = fs_utf8_length(p, end);
        }

        if (n > (size_t) (last - to) || to == last) {
            break;
        }

        if (n == 0 || (uint8_t) *p < 0x20 || *p == 0x7f) {
            *to++ = '?';
            p++;
            continue;
        }

        memcpy(to, p, n);
        to += n;
        p += n;
    }

    *to = '\0';

    fault->outcome = outcome;
    fs_fault_rule(fault, "%s", rule);

    return -1;
}


int
fs_fault_literal(fs_fault_t *fault, const char *path, const char *rule)
{
    fs_str_t  str = { strlen(path), path };

    return fs_fault(fault, FS_BAD_REQUEST, str, rule);
}


/* name "": the line itself */
int
fs_fault_line(fs_fault_t *fault, unsigned line, const char *name,
    const char *rule)
{
    char  path[sizeof(fault->field)];

    (void) snprintf(path, sizeof(path), "lines[%u]%s%s", line,
                    name[0] ? "." : "", name);

    return fs_fault_literal(fault, path, rule);
}


int
fs_fault_size(fs_fault_t *fault, const char *path, size_t len, size_t max)
{
    fs_str_t  str = { strlen(path), path };

    if (len <= max) {
        return 0;
    }

    (void) fs_fault(fault, FS_TOO_LARGE, str, "");
    fs_fault_rule(fault, "is at most %zu bytes", max);

    return -1;
}


/* is "a", "b" or "c" */

static void
fs_fault_choice(const fs_field_t *field, fs_fault_t *fault)
{
    int      n;
    int64_t  i;

    n = snprintf(fault->rule, sizeof(fault->rule), "is");

    for (i = 0; i < field->max && (size_t) n < sizeof(fault->rule); i++) {
        n += snprintf(fault->rule + n, sizeof(fault->rule) - (size_t) n,
                      "%s\"%s\"", (i == 0) ? " " : (i + 1 == field->max)
                                                 ? " or " : ", ",
                      field->words[i].data);
    }
}


static void
fs_fault_rule(fs_fault_t *fault, const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    (void) vsnprintf(fault->rule, sizeof(fault->rule), format, args);
    va_end(args);
}


size_t
fs_utf8_length(const char *p, const char *end)
{
    size_t   i, n;
    uint8_t  c, low, high;

    c = (uint8_t) *p;

    low = 0x80;
    high = 0xbf;

    if (c < 0x80) {
        return 1;
    }

    /* no overlong form, no surrogate, nothing beyond U+10FFFF */

    if (c >= 0xc2 && c <= 0xdf) {
        n = 2;

    } else if (c >= 0xe0 && c <= 0xef) {
        n = 3;
        low = (c == 0xe0) ? 0xa0 : low;
        high = (c == 0xed) ? 0x9f : high;

    } else if (c >= 0xf0 && c <= 0xf4) {
        n = 4;
        low = (c == 0xf0) ? 0x90 : low;
        high = (c == 0xf4) ? 0x8f : high;

    } else {
        return 0;
    }

    if ((size_t) (end - p) < n) {
        return 0;
    }

    for (i = 1; i < n; i++) {
        c = (uint8_t) p[i];

        if (c < low || c > high) {
            return 0;
        }

        low = 0x80;
        high = 0xbf;
    }

    return n;
}


static int
fs_title_valid(fs_str_t title)
{
    size_t       n;
    uint8_t      c;
    const char  *p, *end;

    p = title.data;
    end = p + title.len;

    while (p < end) {
        n = fs_utf8_length(p, end);
        c = (uint8_t) *p;

        if (n == 0 || c < 0x20 || c == 0x7f) {
            return 0;
        }

        /* U+0080 to U+009F */
        if (c == 0xc2 && (uint8_t) p[1] < 0xa0) {
            return 0;
        }

        p += n;
    }

    return title.len > 0;
}


/* One form for each number: no sign but a minus, no zeros in front, no -0. */
int
fs_number_parse(fs_str_t str, int64_t min, int64_t max, int64_t *value)
{
    int       negative;
    size_t    i;
    int64_t   number;
    unsigned  digit;

    negative = str.len > 0 && str.data[0] == '-';
    i = negative;

    if (i == str.len || (str.data[i] == '0' && str.len > 1)) {
        return -1;
    }

    /* downwards: INT64_MIN has no positive counterpart */

    number = 0;

    for (/* void */; i < str.len; i++) {
        digit = (unsigned) (uint8_t) str.data[i] - '0';

        if (digit > 9
            || __builtin_mul_overflow(number, 10, &number)
            || __builtin_sub_overflow(number, digit, &number))
        {
            return -1;
        }
    }

    if (!negative && __builtin_sub_overflow((int64_t) 0, number, &number)) {
        return -1;
    }

    if (number < min || number > max) {
        return -1;
    }

    *value = number;

    return 0;
}


int
fs_integer_parse(fs_str_t str, int64_t min, int64_t max, int64_t *value)
{
    size_t   i, first;
    int64_t  number;

    if (fs_number_parse(str, INT64_MIN, INT64_MAX, &number) != 0) {

        /* more digits than fit, or none at all */

        first = str.len > 0 && str.data[0] == '-';

        if (str.len == first || str.data[first] == '0') {
            return -1;
        }

        for (i = first; i < str.len; i++) {
            if (str.data[i] < '0' || str.data[i] > '9') {
                return -1;
            }
        }

        number = first ? INT64_MIN : INT64_MAX;
    }

    *value = (number < min) ? min : (number > max) ? max : number;

    return 0;
}


int
fs_day_parse(fs_str_t str, uint32_t *day)
{
    size_t    i;
    unsigned  number, year, month, last;

    static const uint8_t  days[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };

    if (str.len != sizeof("2026-11-30") - 1) {
        return -1;
    }

    number = 0;

    for (i = 0; i < str.len; i++) {

        if (i == 4 || i == 7) {
            if (str.data[i] != '-') {
                return -1;
            }

            continue;
        }

        if (str.data[i] < '0' || str.data[i] > '9') {
            return -1;
        }

        number = number * 10 + (unsigned) (str.data[i] - '0');
    }

    year = number / 10000;
    month = number / 100 % 100;

    if (year < 2020 || year > 2100 || month < 1 || month > 12) {
        return -1;
    }

    last = days[month - 1];

    if (month == 2 && year % 4 == 0 && year != 2100) {
        last = 29;
    }

    if (number % 100 < 1 || number % 100 > last) {
        return -1;
    }

    *day = number;

    return 0;
}


int
fs_key_valid(fs_str_t key)
{
    size_t  i;

    if (key.len == 0 || key.len > FS_KEY_MAX) {
        return 0;
    }

    for (i = 0; i < key.len; i++) {
        if (key.data[i] < 0x21 || key.data[i] > 0x7e) {
            return 0;
        }
    }

    return 1;
}
