
/*
 * Any bytes as a form and as a query string.  Nothing breaks, no limit is
 * passed; a form that is taken means the same with every byte escaped, and as
 * JSON.
 */

#include "fuzz.h"

#include "unit/request_limits.h"
#include "text/text.h"


/* each byte of each field, three times as long, and the names */
#define ANEW_MAX  8192


static size_t
put_text(char *buf, size_t n, const char *text)
{
    size_t  len;

    len = strlen(text);
    fuzz_check(n + len < ANEW_MAX);
    memcpy(buf + n, text, len);

    return n + len;
}


static size_t
put_escaped(char *buf, size_t n, const char *data, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        fuzz_check(n + 4 < ANEW_MAX);
        n += (size_t) sprintf(buf + n, i & 1 ? "%%%02x" : "%%%02X",
                              (uint8_t) data[i]);
    }

    return n;
}


static size_t
put_field(char *buf, size_t n, const char *name, const char *data, size_t len)
{
    if (len == 0) {
        return n;
    }

    n = put_text(buf, n, n > 0 ? "&" : "");
    n = put_escaped(buf, n, name, strlen(name));
    n = put_text(buf, n, "=");

    return put_escaped(buf, n, data, len);
}


static void
check_same(const fs_hold_request_t *one, const fs_hold_request_t *other)
{
    unsigned  i;

    fuzz_check(one->lines_n == other->lines_n);

    for (i = 0; i < one->lines_n; i++) {
        fuzz_check(memcmp(&one->lines[i], &other->lines[i],
                          sizeof(fs_request_line_t))
                   == 0);
    }

    fuzz_check(memcmp(&one->pickup, &other->pickup, sizeof(fs_slug_t)) == 0);
    fuzz_check(one->from_len == other->from_len
               && memcmp(one->from, other->from, one->from_len) == 0);
}


/* Written anew, escaped wherever it can be. */

static void
check_form(const fs_hold_request_t *request)
{
    char                buf[ANEW_MAX], qty[16];
    size_t              n;
    unsigned            i;
    fs_str_t            body;
    fs_fault_t          fault;
    fs_hold_request_t   again;

    n = 0;

    for (i = 0; i < request->lines_n; i++) {
        n = put_field(buf, n, "sale", request->lines[i].sale.data,
                      request->lines[i].sale.len);
        sprintf(qty, "%u", request->lines[i].qty);
        n = put_field(buf, n, "qty", qty, strlen(qty));
    }

    n = put_field(buf, n, "pickup", request->pickup.data,
                  request->pickup.len);
    n = put_field(buf, n, "from", request->from, request->from_len);
    n = put_field(buf, n, "idempotency_key", request->key, request->key_len);
    n = put_field(buf, n, "csrf", request->csrf, request->csrf_len);

    body.len = n;
    body.data = buf;

    fuzz_check(fs_request_hold_form(body, &again, &fault) == 0);
    check_same(request, &again);
    fuzz_check(request->key_len == again.key_len
               && memcmp(request->key, again.key, again.key_len) == 0);
    fuzz_check(request->csrf_len == again.csrf_len
               && memcmp(request->csrf, again.csrf, again.csrf_len) == 0);
}


static void
check_json(const fs_hold_request_t *request)
{
    int                 n;
    char                buf[ANEW_MAX];
    unsigned            i;
    fs_str_t            body;
    fs_fault_t          fault;
    fs_hold_request_t   again;

    n = sprintf(buf, "{\"pickup\":");
    n += sprintf(buf + n, request->pickup.len ? "\"%.*s\"" : "null",
                 request->pickup.len, request->pickup.data);

    if (request->from_len != 0) {
        n += sprintf(buf + n, ",\"from\":\"%.*s\"", request->from_len,
                     request->from);
    }

    n += sprintf(buf + n, ",\"lines\":[");

    for (i = 0; i < request->lines_n; i++) {
        n += sprintf(buf + n, "%s{\"sale\":\"%.*s\",\"qty\":%u}",
                     i ? "," : "", request->lines[i].sale.len,
                     request->lines[i].sale.data, request->lines[i].qty);
    }

    n += sprintf(buf + n, "]}");

    body.len = (size_t) n;
    body.data = buf;

    fuzz_check(fs_request_hold(body, &again, &fault) == 0);
    check_same(request, &again);
}


/* One argument is what the walk finds, when it finds one. */

static void
check_query(fs_str_t query, const char *name)
{
    int     found, len, first;
    char    one[FS_SLUG_MAX], each[FS_SLUG_MAX], walked[FS_SLUG_MAX];
    size_t  pos;

    found = 0;
    first = -1;
    pos = 0;

    while ((len = fs_query_next(query, name, &pos, each, sizeof(each)))
           != -1)
    {
        if (found++ == 0) {
            first = len;
            memcpy(walked, each, sizeof(walked));
        }
    }

    len = fs_query_get(query, name, one, sizeof(one));

    fuzz_check((found == 0) == (len == -1));
    fuzz_check(found < 2 || len == -2);
    fuzz_check(found != 1 || len == first);
    fuzz_check(len < 0 || memcmp(one, walked, (size_t) len) == 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fs_str_t            body = { size, (const char *) data };
    fs_fault_t          fault;
    const char         *broken;
    fs_hold_request_t   request;

    broken = limits_form(body);

    if (broken != NULL) {
        fuzz_broken(broken, __FILE__, __LINE__);
    }

    if (fs_request_hold_form(body, &request, &fault) == 0) {
        check_form(&request);
        check_json(&request);
    }

    check_query(body, "sale");
    check_query(body, "qty");

    return 0;
}
