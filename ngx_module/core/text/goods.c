
/*
 * Waves, and lines of orders by where their goods are.
 */

#include "base/crypto.h"
#include "json/json_writer.h"
#include "text/goods.h"

/* of a key of `lines`, what comes after pickup and goods */
#define FS_CURSOR_AT   5
#define FS_CURSOR_LEN  (FS_LISTED_KEY_LEN - FS_CURSOR_AT)

static void fs_write_wave(fs_writer_t *writer, const fs_wave_t *wave,
    const fs_names_t *names);
static void fs_write_wave_line(fs_writer_t *writer,
    const fs_wave_line_t *line, const fs_names_t *names);
static void fs_write_slug(fs_writer_t *writer, char kind, uint32_t number,
    const fs_names_t *names);
static void fs_write_hold_id_of(fs_writer_t *writer, fs_seq_t hold,
    const fs_names_t *names);


int
fs_answer_wave(char *buf, size_t size, const fs_wave_page_t *page,
    const fs_names_t *names)
{
    size_t                 i;
    fs_writer_t            writer;
    const fs_wave_line_t  *lines;

    lines = page->lines;

    fs_writer_begin(&writer, buf, size);
    fs_write_object(&writer);
    fs_write_wave(&writer, &page->wave, names);
    fs_write_key(&writer, "points");
    fs_write_list(&writer);

    for (i = 0; i < page->n; i++) {

        if (i == 0 || lines[i].pickup != lines[i - 1].pickup) {
            fs_write_object(&writer);
            fs_write_key(&writer, "pickup");
            fs_write_slug(&writer, 'p', lines[i].pickup, names);
            fs_write_key(&writer, "lines");
            fs_write_list(&writer);
        }

        fs_write_wave_line(&writer, &lines[i], names);

        if (i + 1 == page->n || lines[i].pickup != lines[i + 1].pickup) {
            fs_write_list_end(&writer);
            fs_write_object_end(&writer);
        }
    }

    fs_write_list_end(&writer);

    if (page->more) {
        fs_write_boolean_of(&writer, "more", 1);
    }

    fs_write_key(&writer, "next");
    fs_write_slug(&writer, 'p', page->more && page->n > 0
                                ? lines[page->n - 1].pickup : 0, names);
    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}


int
fs_answer_waves(char *buf, size_t size, const fs_wave_t *waves, size_t n,
    int more, const fs_names_t *names)
{
    size_t       i;
    fs_writer_t  writer;

    fs_writer_begin(&writer, buf, size);
    fs_write_object(&writer);
    fs_write_key(&writer, "waves");
    fs_write_list(&writer);

    for (i = 0; i < n; i++) {
        fs_write_object(&writer);
        fs_write_wave(&writer, &waves[i], names);
        fs_write_object_end(&writer);
    }

    fs_write_list_end(&writer);
    fs_write_key(&writer, "next");

    if (more && n > 0) {
        fs_write_slug(&writer, 'w', waves[n - 1].number, names);

    } else {
        fs_write_null(&writer);
    }

    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}


int
fs_answer_listed(char *buf, size_t size, uint32_t pickup, unsigned goods,
    const fs_listed_t *lines, size_t n, int more, const fs_names_t *names)
{
    char         cursor[FS_LISTED_CURSOR_LEN];
    size_t       i;
    fs_writer_t  writer;

    fs_writer_begin(&writer, buf, size);
    fs_write_object(&writer);
    fs_write_key(&writer, "pickup");
    fs_write_slug(&writer, 'p', pickup, names);
    fs_write_text_of(&writer, "goods", fs_goods_name(goods));
    fs_write_key(&writer, "lines");
    fs_write_list(&writer);

    for (i = 0; i < n; i++) {
        fs_write_object(&writer);
        fs_write_key(&writer, "hold");
        fs_write_hold_id_of(&writer, lines[i].hold, names);
        fs_write_key(&writer, "sale");
        fs_write_slug(&writer, 's', lines[i].sale, names);
        fs_write_number_of(&writer, "qty", lines[i].qty);
        fs_write_number_of(&writer, "short_qty", lines[i].short_qty);

        if (lines[i].paid_back) {
            fs_write_boolean_of(&writer, "paid_back", 1);
        }

        fs_write_object_end(&writer);
    }

    fs_write_list_end(&writer);
    fs_write_key(&writer, "next");

    if (more && n > 0) {
        fs_listed_cursor_write(&lines[n - 1], cursor);
        fs_write_string(&writer, cursor, sizeof(cursor));

    } else {
        fs_write_null(&writer);
    }

    fs_write_object_end(&writer);

    return fs_writer_end(&writer);
}


static void
fs_write_wave(fs_writer_t *writer, const fs_wave_t *wave,
    const fs_names_t *names)
{
    int       len;
    char      day[16];
    unsigned  i;

    fs_write_key(writer, "id");
    fs_write_slug(writer, 'w', wave->number, names);
    fs_write_key(writer, "seq");

    if (wave->frozen != 0) {
        fs_write_number(writer, (int64_t) wave->frozen);

    } else {
        fs_write_null(writer);
    }

    fs_write_number_of(writer, "cut_at", wave->cut_at);
    fs_write_key(writer, "day");

    if (wave->day != 0) {
        len = fs_day_write(wave->day, day);
        fs_write_string(writer, day, (size_t) len);

    } else {
        fs_write_null(writer);
    }

    fs_write_key(writer, "sales");
    fs_write_list(writer);

    for (i = 0; i < wave->sales_n; i++) {
        fs_write_slug(writer, 's', wave->sales[i].sale, names);
    }

    fs_write_list_end(writer);
}


static void
fs_write_wave_line(fs_writer_t *writer, const fs_wave_line_t *line,
    const fs_names_t *names)
{
    const fs_tally_t  *tally;

    tally = &line->tally;

    fs_write_object(writer);
    fs_write_key(writer, "sale");
    fs_write_slug(writer, 's', line->sale, names);
    fs_write_number_of(writer, "ordered", tally->ordered);
    fs_write_number_of(writer, "received", tally->received);
    fs_write_number_of(writer, "awaited", tally->awaited);
    fs_write_number_of(writer, "ready", tally->ready);
    fs_write_number_of(writer, "handed_over", tally->handed_over);
    fs_write_number_of(writer, "short", tally->shorts);
    fs_write_boolean_of(writer, "final", tally->final);
    fs_write_object_end(writer);
}


/* number 0: null */

static void
fs_write_slug(fs_writer_t *writer, char kind, uint32_t number,
    const fs_names_t *names)
{
    fs_slug_t  slug;

    if (number == 0) {
        fs_write_null(writer);

    } else if (names->slug(names->data, kind, number, &slug) != 0) {
        fs_writer_fail(writer);

    } else {
        fs_write_string(writer, slug.data, slug.len);
    }
}


static void
fs_write_hold_id_of(fs_writer_t *writer, fs_seq_t hold,
    const fs_names_t *names)
{
    char  id[FS_HOLD_ID_LEN];

    if (names->hold_id(names->data, hold, NULL, id) != 0) {
        fs_writer_fail(writer);

    } else {
        fs_write_string(writer, id, sizeof(id));
    }
}


void
fs_listed_cursor_write(const fs_listed_t *listed, char *text)
{
    uint8_t  key[FS_LISTED_KEY_LEN];

    fs_listed_key(key, listed);
    fs_hex(key + FS_CURSOR_AT, FS_CURSOR_LEN, text);
}


int
fs_listed_cursor_read(fs_str_t text, fs_listed_t *listed)
{
    size_t       i;
    uint8_t      key[FS_LISTED_KEY_LEN];
    fs_str_t     all;
    const char  *digit;

    static const char  digits[] = "0123456789abcdef";

    memset(key, 0, sizeof(key));

    if (text.len != FS_LISTED_CURSOR_LEN) {
        return -1;
    }

    for (i = 0; i < text.len; i++) {
        digit = memchr(digits, text.data[i], sizeof(digits) - 1);

        if (digit == NULL) {
            return -1;
        }

        key[FS_CURSOR_AT + i / 2] = (uint8_t) (key[FS_CURSOR_AT + i / 2] << 4
                                               | (digit - digits));
    }

    all.len = sizeof(key);
    all.data = (const char *) key;

    return fs_listed_key_decode(listed, all);
}
