
#include <string.h>

#include "json/json_reader.h"
#include "json/json_writer.h"
#include "rules/room.h"


#define fs_schema(fields)  { fields, sizeof(fields) / sizeof(fields[0]) }


static const fs_str_t  fs_room_states[] = {
#define X(name, string)  fs_str(string),
    FS_ROOM_STATES(X)
#undef X
};

static const fs_field_t  fs_room_pin_fields[] = {
    fs_slug_field(fs_room_pin_t, "sale", sale, 0),
    fs_number_field(fs_room_pin_t, "at", at, 0, INT64_MAX, 1)
};

static const fs_schema_t  fs_room_pin_schema = fs_schema(fs_room_pin_fields);

static const fs_field_t  fs_room_fields[] = {
    { fs_str("state"), FS_FIELD_CHOICE, 1, 0, offsetof(fs_room_t, state), 0,
      0, FS_ROOM_STATES_N, NULL, fs_room_states },
    fs_slug_field(fs_room_t, "pin", pin, 0),
    fs_number_field(fs_room_t, "started_at", started_at, 0, INT64_MAX, 0),
    fs_number_field(fs_room_t, "ended_at", ended_at, 0, INT64_MAX, 0),
    { fs_str("pins"), FS_FIELD_LIST, 1, sizeof(fs_room_pin_t),
      offsetof(fs_room_t, pins), offsetof(fs_room_t, pins_n), 0,
      FS_ROOM_PINS, &fs_room_pin_schema, NULL }
};

static const fs_schema_t  fs_room_schema = fs_schema(fs_room_fields);


static void fs_room_add(fs_room_t *room, const fs_slug_t *sale, int64_t now);
static void fs_room_write_sale(fs_writer_t *writer, const fs_slug_t *sale);
static void fs_room_write_time(fs_writer_t *writer, int64_t at);


const char *
fs_room_state_name(unsigned state)
{
    return fs_room_states[state < FS_ROOM_STATES_N ? state : 0].data;
}


int
fs_room_read(fs_str_t doc, fs_room_t *room)
{
    fs_fault_t  fault;

    memset(room, 0, sizeof(fs_room_t));

    return fs_json_read(doc, FS_DOC_MAX, &fs_room_schema, room, NULL,
                        &fault);
}


int
fs_room_write(char *buf, size_t size, const fs_room_t *room)
{
    unsigned     i;
    fs_writer_t  writer;

    fs_writer_begin(&writer, buf, size);

    fs_write_object(&writer);
    fs_write_text_of(&writer, "state", fs_room_state_name(room->state));
    fs_write_key(&writer, "pin");
    fs_room_write_sale(&writer, &room->pin);
    fs_write_key(&writer, "started_at");
    fs_room_write_time(&writer, room->started_at);
    fs_write_key(&writer, "ended_at");
    fs_room_write_time(&writer, room->ended_at);

    fs_write_key(&writer, "pins");
    fs_write_list(&writer);

    for (i = 0; i < room->pins_n; i++) {
        fs_write_object(&writer);
        fs_write_key(&writer, "sale");
        fs_room_write_sale(&writer, &room->pins[i].sale);
        fs_write_number_of(&writer, "at", room->pins[i].at);
        fs_write_object_end(&writer);
    }

    fs_write_list_end(&writer);
    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}


static void
fs_room_write_sale(fs_writer_t *writer, const fs_slug_t *sale)
{
    if (sale->len) {
        fs_write_string(writer, sale->data, sale->len);

    } else {
        fs_write_null(writer);
    }
}


static void
fs_room_write_time(fs_writer_t *writer, int64_t at)
{
    if (at) {
        fs_write_number(writer, at);

    } else {
        fs_write_null(writer);
    }
}


fs_outcome_t
fs_room_start(fs_room_t *room, int64_t now)
{
    if (room->state == FS_ROOM_LIVE) {
        return FS_WRONG_STATE;
    }

    room->state = FS_ROOM_LIVE;
    room->started_at = now;
    room->ended_at = 0;
    room->pins_n = 0;

    if (room->pin.len) {
        fs_room_add(room, &room->pin, now);
    }

    return FS_OK;
}


fs_outcome_t
fs_room_end(fs_room_t *room, int64_t now)
{
    fs_slug_t  none;

    if (room->state != FS_ROOM_LIVE) {
        return FS_WRONG_STATE;
    }

    memset(&none, 0, sizeof(none));

    (void) fs_room_pin(room, &none, now);

    room->state = FS_ROOM_ENDED;
    room->ended_at = now;

    return FS_OK;
}


fs_outcome_t
fs_room_pin(fs_room_t *room, const fs_slug_t *sale, int64_t now)
{
    if (room->state == FS_ROOM_ENDED) {
        return FS_WRONG_STATE;
    }

    if (room->pin.len == sale->len
        && memcmp(room->pin.data, sale->data, sale->len) == 0)
    {
        return FS_OK;
    }

    room->pin = *sale;
    fs_room_add(room, sale, now);

    return FS_OK;
}


/* The oldest go first. */

static void
fs_room_add(fs_room_t *room, const fs_slug_t *sale, int64_t now)
{
    if (room->pins_n == FS_ROOM_PINS) {
        memmove(&room->pins[0], &room->pins[1],
                (FS_ROOM_PINS - 1) * sizeof(room->pins[0]));
        room->pins_n--;
    }

    room->pins[room->pins_n].sale = *sale;
    room->pins[room->pins_n].at = now;
    room->pins_n++;
}
