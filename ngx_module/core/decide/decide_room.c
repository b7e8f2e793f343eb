
/*
 * What a host does in a room: its document follows from the one that is there
 * when this is decided, so that of two hosts at once neither undoes, nor waits
 * for, what the other does.
 */

#include "decide/decide.h"
#include "rules/room.h"


static int fs_room_look(fs_sheet_t *sheet, const fs_operator_t *op,
    fs_room_t *room, fs_str_t *doc);
static fs_outcome_t fs_room_act(fs_sheet_t *sheet, const fs_operator_t *op,
    fs_room_t *room, const fs_now_t *now);


void
fs_decide_room(fs_sheet_t *sheet, const fs_command_t *command,
    const fs_operator_t *op, const fs_now_t *now, fs_result_t *result)
{
    int         len;
    char        key[FS_DOCUMENT_KEY_MAX];
    fs_str_t    name, doc, kind = fs_str(FS_ROOM_KIND);
    fs_etag_t   etag;
    fs_room_t   room;
    fs_entry_t  entry;

    if (!fs_slug_valid(op->slug) || op->told == NULL) {
        result->outcome = FS_BAD_REQUEST;
        return;
    }

    if (!fs_room_look(sheet, op, &room, &doc)) {
        result->outcome = FS_NOT_FOUND;
        return;
    }

    if (doc.len && fs_etag_document(doc, &etag) != 0) {
        sheet->failed = 1;
        return;
    }

    if (!fs_condition_met(&op->condition, doc.len ? &etag : NULL)) {
        result->outcome = FS_PRECONDITION;
        return;
    }

    result->outcome = (uint16_t) fs_room_act(sheet, op, &room, now);

    if (result->outcome != FS_OK) {
        return;
    }

    len = fs_room_write(op->told, FS_ROOM_JSON_MAX, &room);

    if (len < 0) {
        sheet->failed = 1;
        return;
    }

    name.len = fs_document_key(key, kind, op->slug);
    name.data = key;
    doc.len = (size_t) len;
    doc.data = op->told;

    fs_db_put(sheet->log, sheet->store->log_dbi[FS_LOG_DOCUMENTS], name.data,
              name.len, doc.data, doc.len, 0);

    memset(&entry, 0, sizeof(fs_entry_t));
    entry.type = FS_ENTRY_DOCUMENT;

    if (fs_digest(&entry, name, doc) != 0) {
        sheet->failed = 1;
        return;
    }

    fs_operator_emit(sheet, command, op, &entry, now);
}


void
fs_room_told(fs_sheet_t *sheet, const fs_operator_t *op)
{
    fs_str_t   doc;
    fs_room_t  room;

    /* its session may be gone since */

    (void) fs_room_look(sheet, op, &room, &doc);

    if (fs_room_write(op->told, FS_ROOM_JSON_MAX, &room) < 0) {
        sheet->failed = 1;
    }
}


/* 1: there is such a session.  *doc: the room's document, in the map until
 * something is written; len 0: none. */

static int
fs_room_look(fs_sheet_t *sheet, const fs_operator_t *op, fs_room_t *room,
    fs_str_t *doc)
{
    char      key[FS_DOCUMENT_KEY_MAX];
    size_t    len;
    MDB_dbi   dbi;
    fs_str_t  session, kind = fs_str(FS_ROOM_KIND), of = fs_str(FS_ROOM_OF);

    dbi = sheet->store->log_dbi[FS_LOG_DOCUMENTS];

    len = fs_document_key(key, kind, op->slug);

    if (!fs_db_get(sheet->log, dbi, key, len, doc)) {
        doc->len = 0;
    }

    /* one of before the host's commands is none of theirs */

    if (doc->len == 0 || fs_room_read(*doc, room) != 0) {
        memset(room, 0, sizeof(fs_room_t));
    }

    len = fs_document_key(key, of, op->slug);

    return fs_db_get(sheet->log, dbi, key, len, &session);
}


static fs_outcome_t
fs_room_act(fs_sheet_t *sheet, const fs_operator_t *op, fs_room_t *room,
    const fs_now_t *now)
{
    switch (op->act) {

    case FS_ROOM_START:
        return fs_room_start(room, now->wall);

    case FS_ROOM_END:
        return fs_room_end(room, now->wall);

    case FS_ROOM_PIN:

        if (op->pin.len
            && fs_sheet_sale(sheet, fs_sheet_number(sheet, 's',
                                                    fs_slug_str(&op->pin)))
               == NULL)
        {
            return FS_NO_SUCH_SALE;
        }

        return fs_room_pin(room, &op->pin, now->wall);

    default:
        return FS_BAD_REQUEST;
    }
}
