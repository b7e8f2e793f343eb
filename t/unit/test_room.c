
/* What a host does in a room, its document, and which sales are of it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rules/room.h"
#include "text/text.h"


#define NOW  1790000000000LL


static fs_slug_t
slug(const char *text)
{
    fs_str_t   str = { strlen(text), text };
    fs_slug_t  made;

    memset(&made, 0, sizeof(made));

    if (str.len) {
        fs_slug_set(&made, str);
    }

    return made;
}


static void
pin(fs_room_t *room, const char *text, int64_t now, fs_outcome_t outcome)
{
    fs_slug_t  sale = slug(text);

    assert_int_equal(fs_room_pin(room, &sale, now), outcome);
}


static void
test_states(void **state)
{
    fs_room_t  room;

    (void) state;

    memset(&room, 0, sizeof(room));
    assert_string_equal(fs_room_state_name(room.state), "scheduled");

    assert_int_equal(fs_room_end(&room, NOW), FS_WRONG_STATE);
    pin(&room, "egg", NOW, FS_OK);

    assert_int_equal(fs_room_start(&room, NOW + 1), FS_OK);
    assert_int_equal(fs_room_start(&room, NOW + 2), FS_WRONG_STATE);
    assert_int_equal(room.started_at, NOW + 1);

    /* what is pinned when it begins was shown from then on */

    assert_int_equal(room.pins_n, 1);
    assert_int_equal(room.pins[0].at, NOW + 1);

    pin(&room, "egg", NOW + 3, FS_OK);
    assert_int_equal(room.pins_n, 1);

    assert_int_equal(fs_room_end(&room, NOW + 4), FS_OK);
    assert_int_equal(room.pin.len, 0);
    assert_int_equal(room.pins_n, 2);
    assert_int_equal(room.pins[1].sale.len, 0);
    assert_int_equal(room.ended_at, NOW + 4);
    assert_int_equal(fs_room_end(&room, NOW + 5), FS_WRONG_STATE);
    pin(&room, "egg", NOW + 5, FS_WRONG_STATE);
    pin(&room, "", NOW + 5, FS_WRONG_STATE);

    assert_int_equal(fs_room_start(&room, NOW + 6), FS_OK);
    assert_int_equal(room.pins_n, 0);
    assert_int_equal(room.ended_at, 0);
}


/* Whatever has been pinned, the document fits and says the same. */

static void
test_document(void **state)
{
    int        len, i;
    char       text[FS_ROOM_JSON_MAX], name[FS_SLUG_MAX + 1];
    fs_str_t   doc;
    fs_room_t  room, read;

    (void) state;

    memset(&room, 0, sizeof(room));

    len = fs_room_write(text, sizeof(text), &room);
    doc = (fs_str_t) { (size_t) len, text };
    assert_int_equal(fs_room_read(doc, &read), 0);
    assert_memory_equal(&read, &room, sizeof(room));

    assert_int_equal(fs_room_start(&room, NOW), FS_OK);

    for (i = 0; i < FS_ROOM_PINS + 10; i++) {
        memset(name, 'x', FS_SLUG_MAX);
        name[FS_SLUG_MAX] = '\0';
        snprintf(name + FS_SLUG_MAX - 3, 4, "%03u", (unsigned) i % 1000);
        pin(&room, name, NOW + i, FS_OK);
    }

    assert_int_equal(room.pins_n, FS_ROOM_PINS);
    assert_int_equal(room.pins[0].at, NOW + 10);
    assert_int_equal(room.pins[FS_ROOM_PINS - 1].at, NOW + i - 1);

    len = fs_room_write(text, sizeof(text), &room);
    assert_true(len > 0);
    doc = (fs_str_t) { (size_t) len, text };
    assert_int_equal(fs_room_read(doc, &read), 0);
    assert_int_equal(read.pins_n, room.pins_n);
    assert_int_equal(read.started_at, NOW);
    assert_memory_equal(read.pin.data, room.pin.data, FS_SLUG_MAX);
    assert_int_equal(read.pins[7].at, room.pins[7].at);

    /* what is none is refused whole */

    doc = (fs_str_t) fs_str("{\"state\":\"on\",\"pins\":[]}");
    assert_int_equal(fs_room_read(doc, &read), -1);
    doc = (fs_str_t) fs_str("{}");
    assert_int_equal(fs_room_read(doc, &read), -1);
}


static void
test_session(void **state)
{
    size_t     i;
    fs_str_t   doc;
    fs_slug_t  found;

    static const struct {
        const char  *doc;
        const char  *session;           /* NULL: none */
    } rows[] = {
        { "{\"session\":\"evening\"}", "evening" },
        { "{\"pickups\":[\"a\"],\"session\":\"b\",\"rank\":1}", "b" },
        { "{\"en\":{\"session\":\"evening\"}}", NULL },
        { "{\"x\":[\"session\",\"evening\"]}", NULL },
        { "{\"x\":\"session\",\"y\":\"evening\"}", NULL },
        { "{\"session\":null,\"x\":\"evening\"}", NULL },
        { "{\"session\":\"No Slug\"}", NULL },
        { "{\"session\":[\"evening\"]}", NULL },
        { "{}", NULL }
    };

    (void) state;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        doc = (fs_str_t) { strlen(rows[i].doc), rows[i].doc };

        if (rows[i].session == NULL) {
            assert_int_equal(fs_document_session(doc, &found), -1);
            continue;
        }

        assert_int_equal(fs_document_session(doc, &found), 0);
        assert_int_equal(found.len, strlen(rows[i].session));
        assert_memory_equal(found.data, rows[i].session, found.len);
    }
}


static void
test_events(void **state)
{
    int        len;
    char       text[FS_EVENT_MAX];
    fs_str_t   name = fs_str("李**"), none = fs_str("");
    fs_slug_t  sale = slug("egg"), no = slug("");

    (void) state;

    len = fs_answer_room(text, sizeof(text), "live", &no, 12);
    assert_string_equal((text[len] = '\0', text), "event: room\ndata: "
                        "{\"state\":\"live\",\"pin\":null,\"viewers\":12}"
                        "\n\n");

    len = fs_answer_room(text, sizeof(text), "live", &sale, 0);
    assert_non_null(strstr((text[len] = '\0', text), "\"pin\":\"egg\""));

    len = fs_answer_bought(text, sizeof(text), name, &sale, 3);
    assert_string_equal((text[len] = '\0', text), "event: bought\ndata: "
                        "{\"name\":\"李**\",\"sale\":\"egg\",\"qty\":3}\n\n");

    len = fs_answer_bought(text, sizeof(text), none, &sale, 1);
    assert_non_null(strstr((text[len] = '\0', text), "\"一位邻居\""));

    assert_int_equal(fs_answer_bought(text, 8, none, &sale, 1), -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_document),
        cmocka_unit_test(test_session),
        cmocka_unit_test(test_events),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
