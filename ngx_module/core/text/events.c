
#include <stdio.h>

#include "text/person.h"
#include "text/text.h"


static void fs_event_begin_room(fs_writer_t *writer, char *buf, size_t size,
    const char *head);
static void fs_event_begin(fs_writer_t *writer, char *buf, size_t size,
    fs_seq_t seq, uint32_t epoch, const char *name);
static int fs_event_end(fs_writer_t *writer);
static void fs_event_sale(fs_writer_t *writer, const fs_sale_t *sale);
static void fs_event_version(fs_writer_t *writer, const fs_sale_t *sale);


int
fs_answer_snapshot(char *buf, size_t size, fs_seq_t seq, uint32_t epoch,
    const fs_sale_t *sales, size_t n, int64_t now)
{
    fs_writer_t  writer;

    fs_event_begin(&writer, buf, size, seq, epoch, "snapshot");

    fs_write_object(&writer);
    fs_write_sales(&writer, sales, n);
    fs_write_number_of(&writer, "now", now);
    fs_write_object_end(&writer);

    return fs_event_end(&writer);
}


int
fs_answer_stock(char *buf, size_t size, fs_seq_t seq, uint32_t epoch,
    const fs_sale_t *sale)
{
    fs_writer_t  writer;

    fs_event_begin(&writer, buf, size, seq, epoch, "stock");

    fs_event_sale(&writer, sale);
    fs_write_number_of(&writer, "free", fs_sale_free(sale));
    fs_write_number_of(&writer, "held", sale->held);
    fs_write_number_of(&writer, "sold", sale->sold);
    fs_event_version(&writer, sale);

    return fs_event_end(&writer);
}


int
fs_answer_goal(char *buf, size_t size, fs_seq_t seq, uint32_t epoch,
    const fs_sale_t *sale)
{
    fs_writer_t  writer;

    fs_event_begin(&writer, buf, size, seq, epoch, "goal");

    fs_event_sale(&writer, sale);
    fs_write_number_of(&writer, "joined", sale->joined);
    fs_write_key(&writer, "formed");
    fs_write_formed(&writer, sale);
    fs_event_version(&writer, sale);

    return fs_event_end(&writer);
}


int
fs_answer_state(char *buf, size_t size, fs_seq_t seq, uint32_t epoch,
    const fs_sale_t *sale)
{
    fs_writer_t  writer;

    fs_event_begin(&writer, buf, size, seq, epoch, "state");

    fs_event_sale(&writer, sale);
    fs_write_text_of(&writer, "state",
                     fs_sale_state_name(fs_sale_state(sale)));
    fs_event_version(&writer, sale);

    return fs_event_end(&writer);
}


int
fs_answer_served(char *buf, size_t size, fs_seq_t seq, uint32_t epoch,
    const fs_sale_t *sale, uint32_t number)
{
    fs_writer_t  writer;

    fs_event_begin(&writer, buf, size, seq, epoch, "served");

    fs_event_sale(&writer, sale);
    fs_write_number_of(&writer, "number", number);
    fs_write_object_end(&writer);

    return fs_event_end(&writer);
}


int
fs_answer_room(char *buf, size_t size, const char *state,
    const fs_slug_t *pin, uint64_t viewers)
{
    fs_writer_t  writer;

    fs_event_begin_room(&writer, buf, size, "event: room\ndata: ");

    fs_write_object(&writer);
    fs_write_text_of(&writer, "state", state);
    fs_write_key(&writer, "pin");

    if (pin->len) {
        fs_write_string(&writer, pin->data, pin->len);

    } else {
        fs_write_null(&writer);
    }

    fs_write_number_of(&writer, "viewers", (int64_t) viewers);
    fs_write_object_end(&writer);

    return fs_event_end(&writer);
}


int
fs_answer_bought(char *buf, size_t size, fs_str_t name,
    const fs_slug_t *sale, uint32_t qty)
{
    fs_writer_t  writer;

    fs_event_begin_room(&writer, buf, size, "event: bought\ndata: ");

    fs_write_object(&writer);

    if (name.len) {
        fs_write_string_of(&writer, "name", name.data, name.len);

    } else {
        fs_write_text_of(&writer, "name", FS_NEIGHBOUR);
    }

    fs_write_string_of(&writer, "sale", sale->data, sale->len);
    fs_write_number_of(&writer, "qty", qty);
    fs_write_object_end(&writer);

    return fs_event_end(&writer);
}


static void
fs_event_begin_room(fs_writer_t *writer, char *buf, size_t size,
    const char *head)
{
    fs_writer_begin(writer, buf, size);
    fs_write_raw(writer, head, strlen(head));
}


static void
fs_event_begin(fs_writer_t *writer, char *buf, size_t size, fs_seq_t seq,
    uint32_t epoch, const char *name)
{
    int   len;
    char  head[80], life[16];

    fs_writer_begin(writer, buf, size);

    life[0] = '\0';

    if (epoch != 0) {
        snprintf(life, sizeof(life), "-%08x", epoch);
    }

    len = snprintf(head, sizeof(head), "id: %llu%s\nevent: %s\ndata: ",
                   (unsigned long long) seq, life, name);

    fs_write_raw(writer, head, (size_t) len);
}


/* The data is one line: in JSON a newline is always escaped. */
static int
fs_event_end(fs_writer_t *writer)
{
    fs_write_raw(writer, "\n\n", 2);

    return fs_writer_end(writer);
}


static void
fs_event_sale(fs_writer_t *writer, const fs_sale_t *sale)
{
    fs_write_object(writer);
    fs_write_string_of(writer, "sale", sale->slug.data, sale->slug.len);
}


static void
fs_event_version(fs_writer_t *writer, const fs_sale_t *sale)
{
    fs_write_number_of(writer, "version", (int64_t) sale->version);
    fs_write_object_end(writer);
}
