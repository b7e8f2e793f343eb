
#define _GNU_SOURCE                     /* memmem() */

#include <string.h>

#include "read/view_room.h"
#include "text/text.h"


int
fs_view_room(fs_view_t *view, fs_str_t session, fs_room_t *room,
    fs_str_t *doc)
{
    int       rc;
    fs_str_t  kind = fs_str(FS_ROOM_KIND), of = fs_str(FS_ROOM_OF);

    memset(room, 0, sizeof(fs_room_t));

    rc = fs_view_document(view, of, session, doc);

    doc->len = 0;

    if (rc != 1) {
        return rc;
    }

    rc = fs_view_document(view, kind, session, doc);

    if (rc == 1) {

        /* one of before the host's commands is none of theirs */

        if (fs_room_read(*doc, room) != 0) {
            memset(room, 0, sizeof(fs_room_t));
        }

        return 1;
    }

    doc->len = 0;

    return (rc == 0) ? 1 : -1;
}


unsigned
fs_view_room_sales(fs_view_t *view, fs_str_t session, uint32_t *after,
    uint32_t numbers[FS_ROOM_LOOKS])
{
    int        more;
    size_t     i, n;
    unsigned   found;
    fs_str_t   doc, kind = fs_str("sale");
    fs_sale_t  sales[FS_ROOM_LOOKS];
    fs_slug_t  of;

    n = fs_view_current(view, *after, FS_ROOM_LOOKS, sales, &more);
    found = 0;

    for (i = 0; i < n; i++) {
        *after = sales[i].number;

        /* most are of another: their documents need not be read */

        if (fs_view_document(view, kind, fs_slug_str(&sales[i].slug), &doc)
            != 1
            || memmem(doc.data, doc.len, session.data, session.len) == NULL
            || fs_document_session(doc, &of) != 0)
        {
            continue;
        }

        if (of.len == session.len
            && memcmp(of.data, session.data, session.len) == 0)
        {
            numbers[found++] = sales[i].number;
        }
    }

    if (n == 0 || !more) {
        *after = 0;
    }

    return found;
}
