
#include "json/json_writer.h"


static char *fs_writer_room(fs_writer_t *writer, size_t len);
static char *fs_writer_value(fs_writer_t *writer, size_t len);


void
fs_writer_begin(fs_writer_t *writer, char *buf, size_t size)
{
    memset(writer, 0, sizeof(fs_writer_t));
    writer->buf = buf;
    writer->size = size;
}


int
fs_writer_end(fs_writer_t *writer)
{
    if (writer->failed || writer->len > INT32_MAX) {
        return -1;
    }

    return (int) writer->len;
}


void
fs_writer_fail(fs_writer_t *writer)
{
    writer->failed = 1;
}


/* Where `len` bytes go; NULL: they do not fit. */

static char *
fs_writer_room(fs_writer_t *writer, size_t len)
{
    if (writer->failed || len > writer->size - writer->len) {
        writer->failed = 1;
        return NULL;
    }

    writer->len += len;

    return writer->buf + writer->len - len;
}


/* The same for a name or a value, behind the comma that is due. */

static char *
fs_writer_value(fs_writer_t *writer, size_t len)
{
    char  *to;

    to = fs_writer_room(writer, writer->comma + len);

    if (to != NULL && writer->comma) {
        *to++ = ',';
    }

    writer->comma = 1;

    return to;
}


void
fs_write_raw(fs_writer_t *writer, const char *text, size_t len)
{
    char  *to;

    to = fs_writer_room(writer, len);

    if (to != NULL) {
        memcpy(to, text, len);
    }
}


void
fs_write_plain(fs_writer_t *writer, const char *text, size_t len, int name)
{
    char  *to;

    to = fs_writer_value(writer, len);

    if (to != NULL) {
        memcpy(to, text, len);
    }

    writer->comma = !name;
}


void
fs_write_open(fs_writer_t *writer, char bracket)
{
    fs_write_plain(writer, &bracket, 1, 1);
}


void
fs_write_close(fs_writer_t *writer, char bracket)
{
    fs_write_raw(writer, &bracket, 1);
    writer->comma = 1;
}


/* Copied in runs of what needs no escape, which is nearly always all of it. */

void
fs_write_string(fs_writer_t *writer, const char *text, size_t len)
{
    char     escape[] = "\\u0000";
    size_t   i, run;
    uint8_t  c;

    static const char  digits[] = "0123456789ABCDEF";
    static const char  letters[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
        ['"'] = '"', ['\\'] = '\\'
    };

    fs_write_plain(writer, "\"", 1, 0);

    for (run = 0, i = 0; i < len; i++) {
        c = (uint8_t) text[i];

        if (c >= 0x20 && c != '"' && c != '\\') {
            continue;
        }

        fs_write_raw(writer, text + run, i - run);
        run = i + 1;

        if (letters[c] != 0) {
            escape[1] = letters[c];
            fs_write_raw(writer, escape, 2);

        } else {
            escape[1] = 'u';
            escape[4] = digits[c >> 4];
            escape[5] = digits[c & 15];
            fs_write_raw(writer, escape, 6);
        }
    }

    fs_write_raw(writer, text + run, len - run);
    fs_write_raw(writer, "\"", 1);
}


void
fs_write_text(fs_writer_t *writer, const char *text)
{
    fs_write_string(writer, text, strlen(text));
}


void
fs_write_number(fs_writer_t *writer, int64_t number)
{
    char      buf[24], *p;
    uint64_t  rest;

    rest = number < 0 ? 0 - (uint64_t) number : (uint64_t) number;
    p = buf + sizeof(buf);

    do {
        *--p = (char) ('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);

    if (number < 0) {
        *--p = '-';
    }

    fs_write_plain(writer, p, (size_t) (buf + sizeof(buf) - p), 0);
}


void
fs_write_boolean(fs_writer_t *writer, int value)
{
    if (value) {
        fs_write_plain(writer, "true", 4, 0);

    } else {
        fs_write_plain(writer, "false", 5, 0);
    }
}


void
fs_write_null(fs_writer_t *writer)
{
    fs_write_plain(writer, "null", 4, 0);
}
