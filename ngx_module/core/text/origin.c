
#include <arpa/inet.h>
#include <strings.h>

#include "text/text.h"


typedef struct {
    fs_str_t             name;
    unsigned             port;
    int                  v6;            /* address holds it */
    unsigned char        address[16];
} fs_authority_t;


static int fs_authority_parse(fs_str_t str, unsigned port,
    fs_authority_t *authority);
static int fs_authority_v6(fs_authority_t *authority);


int
fs_origin_valid(fs_str_t origin)
{
    char            c;
    size_t          i, end, start;
    unsigned        port;
    fs_authority_t  authority;

    if (origin.len > 8 && memcmp(origin.data, "https://", 8) == 0) {
        start = 8;
        port = 443;

    } else if (origin.len > 7 && memcmp(origin.data, "http://", 7) == 0) {
        start = 7;
        port = 80;

    } else {
        return 0;
    }

    origin.data += start;
    origin.len -= start;

    /* a port that need not be said is not said */

    if (fs_authority_parse(origin, 0, &authority) != 0
        || authority.port == port)
    {
        return 0;
    }

    end = authority.name.len + (authority.v6 != 0);

    for (i = 0; i < end; i++) {
        c = origin.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.'
              || (authority.v6 ? c == '[' || c == ':' || c == ']' : c == '-')))
        {
            return 0;
        }
    }

    if (end == origin.len) {
        return 1;
    }

    /* no dot at a name's end, no colon without a port, no zeros before it */

    return origin.data[end] == ':' && authority.port != 0
           && origin.data[end + 1] != '0';
}


int
fs_origin_is_host(fs_str_t origin, fs_str_t host)
{
    unsigned        port;
    fs_authority_t  from, to;

    if (origin.len > 8 && strncasecmp(origin.data, "https://", 8) == 0) {
        origin.data += 8;
        origin.len -= 8;
        port = 443;

    } else if (origin.len > 7
               && strncasecmp(origin.data, "http://", 7) == 0)
    {
        origin.data += 7;
        origin.len -= 7;
        port = 80;

    } else {
        return 0;
    }

    if (fs_authority_parse(origin, port, &from) != 0
        || fs_authority_parse(host, port, &to) != 0
        || from.port != to.port || from.v6 != to.v6)
    {
        return 0;
    }

    if (from.v6) {
        return memcmp(from.address, to.address, sizeof(from.address)) == 0;
    }

    return from.name.len == to.name.len
           && strncasecmp(from.name.data, to.name.data, from.name.len) == 0;
}


/* host[:port].  0, or -1: it is none. */

static int
fs_authority_parse(fs_str_t str, unsigned port, fs_authority_t *authority)
{
    size_t  i, end;

    authority->v6 = (str.len > 0 && str.data[0] == '[');

    for (end = 0; end < str.len; end++) {
        if (authority->v6 ? str.data[end] == ']' : str.data[end] == ':') {
            break;
        }
    }

    authority->name.data = str.data;
    authority->name.len = end;

    if (authority->v6) {

        if (end == str.len || fs_authority_v6(authority) != 0) {
            return -1;
        }

        end++;

    } else {

        for (i = 0; i < end; i++) {
            if (str.data[i] == '/' || str.data[i] == '@') {
                return -1;
            }
        }

        if (end > 0 && str.data[end - 1] == '.') {
            authority->name.len--;
        }
    }

    if (authority->name.len == 0
        || str.data[authority->name.len - 1] == '.')
    {
        return -1;
    }

    authority->port = port;

    if (end == str.len) {
        return 0;
    }

    if (str.data[end] != ':') {
        return -1;
    }

    if (end + 1 == str.len) {

        /* nothing behind the colon is the usual one */

        return 0;
    }

    authority->port = 0;

    for (i = end + 1; i < str.len; i++) {

        if (str.data[i] < '0' || str.data[i] > '9') {
            return -1;
        }

        authority->port = authority->port * 10 + (str.data[i] - '0');

        if (authority->port > 65535) {
            return -1;
        }
    }

    return 0;
}


/* [address], without the last bracket. */

static int
fs_authority_v6(fs_authority_t *authority)
{
    char    text[INET6_ADDRSTRLEN];
    size_t  len;

    len = authority->name.len - 1;

    if (len >= sizeof(text)) {
        return -1;
    }

    memcpy(text, authority->name.data + 1, len);
    text[len] = '\0';

    return inet_pton(AF_INET6, text, authority->address) == 1 ? 0 : -1;
}
