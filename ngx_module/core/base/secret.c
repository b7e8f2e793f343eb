
#include <stdio.h>

#include "base/secret.h"


#define FS_SECRET_WHY_MAX  128


static const char *fs_secret_fault(const char *line, size_t len);


int
fs_secrets_reduce(char *text, size_t len, char *why)
{
    char        *p, *last, *line, *end, *to;
    unsigned     n;
    const char  *fault;

    if ((len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        || (len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0
                         || memcmp(text, "\xfe\xff", 2) == 0)))
    {
        snprintf(why, FS_SECRET_WHY_MAX, "it begins with a byte order mark: "
                 "save it as plain text without one");
        return -1;
    }

    to = text;
    last = text + len;
    n = 0;

    for (p = text; p < last; p = end + 1) {
        n++;

        end = memchr(p, '\n', last - p);

        if (end == NULL) {
            end = last;
        }

        line = p;
        p = end;

        while (line < p && (*line == ' ' || *line == '\t')) {
            line++;
        }

        while (line < p
               && (p[-1] == ' ' || p[-1] == '\t' || p[-1] == '\r'))
        {
            p--;
        }

        if (line == p) {
            continue;
        }

        fault = fs_secret_fault(line, p - line);

        if (fault != NULL) {
            snprintf(why, FS_SECRET_WHY_MAX, "line %u %s", n, fault);
            return -1;
        }

        memmove(to, line, p - line);
        to += p - line;

        /* there is room: the text's own newline, or the byte behind it */

        *to++ = '\n';
    }

    if (to == text) {
        snprintf(why, FS_SECRET_WHY_MAX, "there is no secret in it");
        return -1;
    }

    return (int) (to - text);
}


static const char *
fs_secret_fault(const char *line, size_t len)
{
    size_t         i;
    unsigned char  c;

    if (line[0] == '#') {
        return "is a comment: there are none in this file, it would be a "
               "secret";
    }

    for (i = 0; i < len; i++) {
        c = (unsigned char) line[i];

        if (c < 0x20 || c == 0x7f) {
            return "has a control character";
        }
    }

    if (len < FS_SECRET_MIN) {
        return "is too short: a secret has 16 characters or more";
    }

    return NULL;
}
