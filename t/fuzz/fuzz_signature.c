
/*
 * Signatures.  The input is lines: two secrets, a header, a method, a target,
 * a key, and the rest is the body.  A header is authentic only when it is, to
 * the byte, what one of the secrets makes of the parts within the time
 * allowed; and what they make is.
 */

#include "fuzz.h"

#include "base/crypto.h"


#define NOW  1790000000LL


/* 1: one of the secrets makes this header of these parts. */

static int
made_by(const fs_str_t *secrets, const fs_signed_t *parts, fs_str_t header)
{
    int       len;
    char      made[FS_SIGNATURE_MAX];
    size_t    i;
    fs_str_t  str;

    for (i = 0; i < 2; i++) {
        len = fs_signature_make(secrets[i], parts, made);
        fuzz_check(len <= (int) sizeof(made));

        str.len = (size_t) len;
        str.data = made;

        if (len > 0 && fuzz_same(str, header)) {
            return 1;
        }
    }

    return 0;
}


static void
check_given(const fs_str_t *secrets, fs_signed_t parts, fs_str_t header)
{
    parts.t = 0;

    if (fs_signature_check(secrets, 2, header, &parts, NOW) == 0) {
        fuzz_check(parts.t >= NOW - FS_SIGNATURE_SKEW_S);
        fuzz_check(parts.t <= NOW + FS_SIGNATURE_SKEW_S);
        fuzz_check(made_by(secrets, &parts, header));
    }
}


/* Signed by us, then at another time, with a byte changed, or another part. */

static void
check_made(const fs_str_t *secrets, fs_signed_t parts, uint32_t how)
{
    int          len, rc;
    char         made[FS_SIGNATURE_MAX], was;
    size_t       at;
    int64_t      age;
    fs_str_t     header, *part, more;
    fs_signed_t  read;

    age = (int64_t) (how % 1024) - 512;
    parts.t = NOW - age;

    len = fs_signature_make(secrets[1], &parts, made);

    if (secrets[1].len == 0
        || (parts.method.len > 0
            && memchr(parts.method.data, '\n', parts.method.len) != NULL))
    {
        fuzz_check(len == -1);
        return;
    }

    fuzz_check(len > 0);

    header.data = fuzz_copy(made, (size_t) len);
    header.len = (size_t) len;

    read = parts;
    read.t = 0;
    rc = fs_signature_check(secrets, 2, header, &read, NOW);
    fuzz_check(rc == (age > FS_SIGNATURE_SKEW_S || age < -FS_SIGNATURE_SKEW_S
                      ? -1 : 0));
    fuzz_check(rc != 0 || read.t == parts.t);
    fuzz_check(fs_signature_check(secrets, 0, header, &read, NOW) == -1);

    /* a byte of the header */

    at = (how >> 10) % (uint32_t) len;
    was = made[at];
    made[at] = (char) (was ^ (1 << (how >> 29)));
    more.data = made;
    more.len = (size_t) len;
    read = parts;
    fuzz_check(fs_signature_check(secrets, 2, more, &read, NOW) == -1);
    made[at] = was;

    more.len = at;
    fuzz_check(fs_signature_check(secrets, 2, more, &read, NOW) == -1);

    /* a byte more in a part: it is the same memory, one longer */

    read = parts;

    switch (how & 3) {
    case 0:
        part = &read.method;
        break;
    case 1:
        part = &read.target;
        break;
    case 2:
        part = &read.key;
        break;
    default:
        part = &read.body;
        break;
    }

    more.len = part->len + 1;
    more.data = malloc(more.len);
    fuzz_check(more.data != NULL);
    memcpy((char *) more.data, part->data, part->len);
    ((char *) more.data)[part->len] = 'x';
    *part = more;

    fuzz_check(fs_signature_check(secrets, 2, header, &read, NOW) == -1);

    free((char *) more.data);
    free((char *) header.data);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_t       fuzz = { data, size };
    size_t       i;
    fs_str_t     line, header, secrets[2];
    uint32_t     how;
    fs_signed_t  parts;

    how = (uint32_t) fuzz_number(&fuzz, 4);

    for (i = 0; i < 2; i++) {
        line = fuzz_line(&fuzz);
        secrets[i].len = line.len;
        secrets[i].data = fuzz_copy(line.data, line.len);
    }

    line = fuzz_line(&fuzz);
    header.len = line.len;
    header.data = fuzz_copy(line.data, line.len);

    parts.t = 0;
    parts.method = fuzz_line(&fuzz);
    parts.target = fuzz_line(&fuzz);
    parts.key = fuzz_line(&fuzz);
    parts.body.len = fuzz.len;
    parts.body.data = (const char *) fuzz.data;

    check_given(secrets, parts, header);

    if (fuzz_same(secrets[0], secrets[1])) {
        secrets[0].len = 0;
    }

    check_made(secrets, parts, how);

    /* a part of two lines could stand for two parts */

    if (fuzz.len > 0) {
        parts.method = parts.body;
        check_made(secrets, parts, how);
    }

    free((char *) secrets[0].data);
    free((char *) secrets[1].data);
    free((char *) header.data);

    return 0;
}
