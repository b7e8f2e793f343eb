
#include "base/crypto.h"
#include "json/json_reader.h"
#include "json/json_writer.h"
#include "text/draws.h"
#include "text/text.h"


typedef struct {
    uint16_t             beacon_len;
    char                 beacon[2 * FS_HASH_LEN];
} fs_draw_request_t;


static void fs_write_hash(fs_writer_t *writer, const uint8_t *hash,
    int there);


static const fs_field_t  fs_draw_fields[] = {
    fs_visible_field(fs_draw_request_t, "beacon", beacon, 1)
};

static const fs_schema_t  fs_draw_schema = {
    fs_draw_fields, sizeof(fs_draw_fields) / sizeof(fs_draw_fields[0])
};


int
fs_request_draw(fs_str_t body, uint8_t *beacon, fs_fault_t *fault)
{
    fs_str_t           digits;
    fs_draw_request_t  request;

    static const uint8_t  none[FS_HASH_LEN];

    memset(&request, 0, sizeof(request));

    if (fs_json_read(body, FS_BODY_ADMIN_MAX, &fs_draw_schema, &request, NULL,
                     fault)
        != 0)
    {
        return -1;
    }

    digits.data = request.beacon;
    digits.len = request.beacon_len;

    return digits.len != 2 * FS_HASH_LEN
           || fs_unhex(digits, beacon) != 0
           || memcmp(beacon, none, sizeof(none)) == 0
           ? fs_fault_literal(fault, "beacon",
                              "is 64 hexadecimal digits, not all of them 0")
           : 0;
}


int
fs_answer_draw(char *buf, size_t size, const fs_drawing_t *drawing,
    const fs_winner_t *winners)
{
    uint32_t     i;
    fs_writer_t  writer;

    static const char *const  states[FS_DRAWINGS_N] = {
        "open", "waiting", "drawn"
    };

    fs_writer_begin(&writer, buf, size);

    fs_write_object(&writer);
    fs_write_text_of(&writer, "state", states[drawing->state]);
    fs_write_key(&writer, "commit");
    fs_write_hash(&writer, drawing->commit, 1);
    fs_write_key(&writer, "seed");
    fs_write_hash(&writer, drawing->seed, drawing->revealed);
    fs_write_number_of(&writer, "entries", drawing->entries);
    fs_write_key(&writer, "root");
    fs_write_hash(&writer, drawing->root, 1);
    fs_write_key(&writer, "chain");
    fs_write_hash(&writer, drawing->chain, drawing->closed_at != 0);
    fs_write_key(&writer, "beacon");
    fs_write_hash(&writer, drawing->beacon, drawing->beaconed);
    fs_write_key(&writer, "closed_at");

    if (drawing->closed_at != 0) {
        fs_write_number(&writer, drawing->closed_at);

    } else {
        fs_write_null(&writer);
    }

    fs_write_key(&writer, "winners");
    fs_write_list(&writer);

    for (i = 0; i < drawing->winners; i++) {
        fs_write_object(&writer);
        fs_write_number_of(&writer, "prize", winners[i].prize);
        fs_write_number_of(&writer, "number", winners[i].number);
        fs_write_object_end(&writer);
    }

    fs_write_list_end(&writer);
    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}


void
fs_write_seed(fs_writer_t *writer, const fs_shown_seed_t *seed)
{
    if (seed == NULL || !seed->there) {
        return;
    }

    fs_write_key(writer, "commit");
    fs_write_hash(writer, seed->commit, 1);
    fs_write_key(writer, "seed");
    fs_write_hash(writer, seed->seed, seed->revealed);
}


void
fs_write_ticket(fs_writer_t *writer, const fs_shown_ticket_t *ticket)
{
    unsigned  i;

    fs_write_number_of(writer, "entries", ticket->entries);
    fs_write_key(writer, "root");
    fs_write_hash(writer, ticket->root, 1);
    fs_write_key(writer, "path");
    fs_write_list(writer);

    for (i = 0; i < ticket->path.len; i++) {
        fs_write_hash(writer, ticket->path.nodes[i], 1);
    }

    fs_write_list_end(writer);
    fs_write_key(writer, "prize");

    if (ticket->prize == 0) {
        fs_write_null(writer);
        return;
    }

    fs_write_object(writer);
    fs_write_number_of(writer, "index", ticket->prize - 1);
    fs_write_string_of(writer, "title", ticket->title, ticket->title_len);
    fs_write_object_end(writer);
}


static void
fs_write_hash(fs_writer_t *writer, const uint8_t *hash, int there)
{
    char  hex[2 * FS_HASH_LEN];

    if (!there) {
        fs_write_null(writer);
        return;
    }

    fs_hex(hash, FS_HASH_LEN, hex);
    fs_write_string(writer, hex, sizeof(hex));
}
