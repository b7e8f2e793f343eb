
/*
 * Pickup points: what a sale's document lists, which ones a hold may name,
 * and a hold that gets another one.
 */

#include "fixture.h"

#include "sheet/sheet.h"


/* A sale whose document is this; its number. */

static uint32_t
listing(fixture_t *fixture, const char *slug, const char *doc)
{
    fs_operator_t  op;

    fixture_operator(&op, slug);
    op.stock = 100;

    if (doc != NULL) {
        op.doc = fixture_str(doc);
    }

    assert_true(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0) != NULL);

    return fixture->result.sale;
}


/* A hold of one unit, to be collected at a point (NULL: none). */

static const char *
hold_at(fixture_t *fixture, unsigned buyer, uint32_t sale,
    const char *pickup, unsigned key)
{
    fs_command_t  command;

    fixture_hold(&command, buyer, sale, 1, key);

    if (pickup != NULL) {
        fs_slug_set(&command.pickup, fixture_str(pickup));
    }

    return fixture_decide(fixture, &command, NULL);
}


static const char *
move_to(fixture_t *fixture, unsigned buyer, fs_seq_t hold,
    const char *pickup, unsigned key)
{
    fs_command_t  command;

    memset(&command, 0, sizeof(fs_command_t));
    command.type = FS_COMMAND_POINT;
    command.hold = hold;
    fixture_buyer(command.buyer, buyer);
    fs_set_le32(command.key, key);
    fs_slug_set(&command.pickup, fixture_str(pickup));

    return fixture_decide(fixture, &command, NULL);
}


static const char *
delete_point(fixture_t *fixture, const char *slug, unsigned key)
{
    fs_operator_t  op;

    memset(&op, 0, sizeof(fs_operator_t));
    op.kind = fixture_str("pickup");
    op.slug = fixture_str(slug);

    return fixture_admin(fixture, FS_COMMAND_DELETE, &op, key);
}


static uint32_t
number_of(fixture_t *fixture, const char *slug)
{
    uint32_t  number;

    fixture_begin(fixture);
    number = fs_sheet_number(&fixture->sheet, 'p', fixture_str(slug));
    fixture_abort(fixture);

    return number;
}


/* What is read of a document: "a,b" for two points. */

static void
test_read(void **context)
{
    char              text[256];
    size_t            i;
    unsigned          n, len;
    fs_points_list_t  list;

    static const struct {
        const char  *doc;
        const char  *points;
    } rows[] = {
        { "{}", "" },
        { "{\"pickups\":[\"a\",\"b-1\"]}", "a,b-1" },
        { "{\"product\":\"x\",\"pickups\":[\"a\"],\"n\":[\"z\"]}", "a" },
        { " { \"pickups\" : [ \"b\" , \"a\" , \"b\" ] } ", "b,a" },
        { "{\"pickups\":[\"\\u0061\"]}", "a" },
        { "{\"pickups\":[]}", "" },
        { "{\"pickups\":null}", "" },
        { "{\"pickups\":\"a\"}", "" },
        { "{\"pickups\":{\"a\":\"b\"}}", "" },
        { "{\"pickups\":{\"pickups\":[\"b\"]}}", "" },
        { "{\"x\":{\"pickups\":[\"b\"]}}", "" },
        { "{\"x\":[[\"pickups\",\"b\"]],\"pickups\":[\"c\"]}", "c" },
        { "{\"pickups\":[7,null,true,\"A\",\"\",\"ok\",[\"no\"],{\"no\":"
          "\"no\"},\"yes\"]}", "ok,yes" },
        { "{\"pickups\":5,\"x\":[\"no\"]}", "" },
    };

    (void) context;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(fs_points_read(fixture_str(rows[i].doc), &list), 0);
        text[0] = '\0';
        len = 0;

        for (n = 0; n < list.n; n++) {
            len += (unsigned) snprintf(text + len, sizeof(text) - len,
                                       "%s%.*s", n ? "," : "",
                                       list.slugs[n].len,
                                       list.slugs[n].data);
        }

        if (strcmp(text, rows[i].points) != 0) {
            fail_msg("%s: %s", rows[i].doc, text);
        }
    }
}


static void
test_read_many(void **context)
{
    char              doc[8192];
    size_t            len;
    unsigned          i;
    fs_str_t          str;
    fs_points_list_t  list;

    (void) context;

    for (i = FS_POINTS_MAX; i <= FS_POINTS_MAX + 1; i++) {
        unsigned  n;

        len = (size_t) sprintf(doc, "{\"pickups\":[");

        for (n = 0; n < i; n++) {
            len += (size_t) sprintf(doc + len, "%s\"p%u\"", n ? "," : "", n);
        }

        len += (size_t) sprintf(doc + len, "]}");
        str.len = len;
        str.data = doc;

        assert_int_equal(fs_points_read(str, &list),
                         i == FS_POINTS_MAX ? 0 : -1);
    }

    assert_int_equal(list.n, FS_POINTS_MAX);
}


/* No buyer makes up a point; what they may name depends on the sale. */

static void
test_named(void **context)
{
    uint32_t       listed, free, both;
    fixture_t     *fixture = *context;
    fs_command_t   command;

    listed = listing(fixture, "listed", "{\"pickups\":[\"east\",\"west\"]}");
    free = listing(fixture, "free", NULL);
    both = listing(fixture, "both", "{\"pickups\":[\"west\",\"north\"]}");

    /* any point that has a document, or none */

    assert_string_equal(hold_at(fixture, 1, free, "nowhere", 0),
                        "bad_request");
    assert_int_equal(fixture->result.sale, 0);
    assert_string_equal(hold_at(fixture, 1, free, "east", 0), "bad_request");
    assert_string_equal(fixture_point(fixture, "south"), "ok");
    assert_string_equal(hold_at(fixture, 1, free, "south", 0), "created");
    assert_string_equal(hold_at(fixture, 1, free, NULL, 0), "created");

    /* one of the sale's, document or not */

    assert_string_equal(hold_at(fixture, 2, listed, "south", 0),
                        "bad_request");
    assert_int_equal(fixture->result.sale, listed);
    assert_string_equal(hold_at(fixture, 2, listed, NULL, 0), "bad_request");
    assert_string_equal(hold_at(fixture, 2, listed, "nowhere", 0),
                        "bad_request");
    assert_string_equal(hold_at(fixture, 2, listed, "east", 0), "created");

    /* a point that suits each line */

    fixture_cart(&command, 3, listed, both, 1);
    fs_slug_set(&command.pickup, fixture_str("east"));
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "bad_request");
    assert_int_equal(fixture->result.sale, both);
    fs_slug_set(&command.pickup, fixture_str("west"));
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");

    fixture_cart(&command, 3, listed, free, 1);
    fs_slug_set(&command.pickup, fixture_str("west"));
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "bad_request");
    assert_int_equal(fixture->result.sale, 0);
    fixture_point(fixture, "west");
    assert_string_equal(fixture_decide(fixture, &command, NULL), "created");

    assert_int_equal(number_of(fixture, "nowhere"), 0);
}


/* The document decides as it is now, within a batch as well. */

static void
test_documents_change(void **context)
{
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_result_t    result;
    fs_command_t   hold, command;
    fs_operator_t  op;

    sale = listing(fixture, "grape", NULL);
    fixture_point(fixture, "east");
    assert_string_equal(hold_at(fixture, 1, sale, "east", 0), "created");

    assert_string_equal(delete_point(fixture, "east", 7), "ok");
    assert_string_equal(hold_at(fixture, 1, sale, "east", 0), "bad_request");
    assert_string_equal(delete_point(fixture, "east", 7), "replayed");
    assert_string_equal(delete_point(fixture, "east", 8), "not_found");

    /* written, named, deleted and named in one batch */

    fixture_hold(&hold, 2, sale, 1, 0);
    fs_slug_set(&hold.pickup, fixture_str("east"));
    memset(&command, 0, sizeof(command));
    memset(&op, 0, sizeof(op));
    op.kind = fixture_str("pickup");
    op.slug = fixture_str("east");
    op.doc = fixture_str("{}");

    fixture_begin(fixture);

    fs_decide(&fixture->sheet, &hold, NULL, &fixture->now, &result);
    assert_int_equal(result.outcome, FS_BAD_REQUEST);

    command.type = FS_COMMAND_DOCUMENT;
    fs_decide(&fixture->sheet, &command, &op, &fixture->now, &result);
    assert_int_equal(result.outcome, FS_OK);
    fs_decide(&fixture->sheet, &hold, NULL, &fixture->now, &result);
    assert_int_equal(result.outcome, FS_CREATED);

    command.type = FS_COMMAND_DELETE;
    fs_decide(&fixture->sheet, &command, &op, &fixture->now, &result);
    assert_int_equal(result.outcome, FS_OK);
    fs_decide(&fixture->sheet, &hold, NULL, &fixture->now, &result);
    assert_int_equal(result.outcome, FS_BAD_REQUEST);

    fixture_commit(fixture);

    /* a sale's list, too */

    listing(fixture, "grape", "{\"pickups\":[\"north\"]}");
    assert_string_equal(hold_at(fixture, 1, sale, NULL, 0), "bad_request");
    assert_string_equal(hold_at(fixture, 1, sale, "north", 0), "created");
    listing(fixture, "grape", NULL);
    assert_string_equal(hold_at(fixture, 1, sale, NULL, 0), "bad_request");
    listing(fixture, "grape", "{}");
    assert_string_equal(hold_at(fixture, 1, sale, NULL, 0), "created");
}


/* A store of before: documents, and neither numbers nor rows of points. */

static void
test_from_before(void **context)
{
    uint8_t     key[5] = { 'L' };
    uint32_t    sale, other;
    fixture_t  *fixture = *context;

    sale = listing(fixture, "grape", "{\"pickups\":[\"east\"]}");
    other = listing(fixture, "egg", NULL);

    fixture_begin(fixture);

    fs_set_be32(key + 1, sale);
    fs_db_delete(&fixture->write.log,
                 fixture->store->log_dbi[FS_LOG_NAMES], key, sizeof(key),
                 NULL, 0);
    fs_set_be32(key + 1, other);
    fs_db_delete(&fixture->write.log,
                 fixture->store->log_dbi[FS_LOG_NAMES], key, sizeof(key),
                 NULL, 0);
    fs_db_put(&fixture->write.log,
              fixture->store->log_dbi[FS_LOG_DOCUMENTS], "pickup/old", 10,
              "{}", 2, 0);

    fixture_commit(fixture);

    assert_string_equal(hold_at(fixture, 1, sale, "old", 0), "bad_request");
    assert_string_equal(hold_at(fixture, 1, sale, NULL, 0), "bad_request");
    assert_string_equal(hold_at(fixture, 1, sale, "east", 0), "created");
    assert_string_equal(hold_at(fixture, 1, other, "old", 0), "created");
    assert_int_equal(fixture->result.hold.pickup, 2);
    assert_string_equal(hold_at(fixture, 1, other, NULL, 0), "created");

    /* a damaged row is made again */

    fixture_begin(fixture);
    fs_set_be32(key + 1, sale);
    fs_db_put(&fixture->write.log, fixture->store->log_dbi[FS_LOG_NAMES],
              key, sizeof(key), "bad", 3, 0);
    fixture_commit(fixture);

    assert_string_equal(hold_at(fixture, 1, sale, NULL, 0), "bad_request");
    assert_string_equal(hold_at(fixture, 1, sale, "east", 0), "created");
}


/* Held and paying; nobody else's; not to where it may not go. */

static void
test_moved(void **context)
{
    fs_seq_t    hold, seq;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = listing(fixture, "grape", "{\"pickups\":[\"east\",\"west\"]}");
    hold_at(fixture, 1, sale, "east", 7);
    hold = fixture->result.hold.seq;

    seq = fixture_seq(fixture);
    assert_string_equal(move_to(fixture, 1, hold, "west", 0), "ok");
    assert_int_equal(fixture->result.hold.pickup, 2);
    assert_string_equal(fixture_entries(fixture, seq), "pickup");
    assert_string_equal(move_to(fixture, 1, hold, "west", 0), "ok");
    assert_string_equal(fixture_entries(fixture, seq), "pickup");

    assert_string_equal(move_to(fixture, 2, hold, "east", 0),
                        "no_such_hold");
    assert_string_equal(move_to(fixture, 1, hold, "north", 0),
                        "bad_request");
    assert_string_equal(move_to(fixture, 1, hold + 1, "east", 0),
                        "no_such_hold");

    /* the hold was asked for with its first point */

    assert_string_equal(hold_at(fixture, 1, sale, "east", 7), "replayed");
    assert_int_equal(fixture->result.hold.pickup, 2);
    assert_string_equal(hold_at(fixture, 1, sale, "west", 7), "key_reused");

    fixture_buyers(fixture, FS_COMMAND_PAY, 1, hold);
    assert_string_equal(move_to(fixture, 1, hold, "east", 0), "ok");
    assert_string_equal(fixture_confirm(fixture, hold, 1, 100), "ok");
    assert_int_equal(fixture->result.hold.pickup, 1);
    assert_string_equal(move_to(fixture, 1, hold, "west", 0), "wrong_state");

    hold_at(fixture, 1, sale, "east", 0);
    hold = fixture->result.hold.seq;
    fixture_pass(fixture, FIXTURE_TERM);
    assert_string_equal(move_to(fixture, 1, hold, "west", 0), "wrong_state");
    assert_int_equal(fixture->result.state, FS_HOLD_EXPIRED);
}


static void
test_moved_keys(void **context)
{
    fs_seq_t    hold, other;
    uint32_t    sale;
    fixture_t  *fixture = *context;

    sale = listing(fixture, "grape", "{\"pickups\":[\"east\",\"west\"]}");
    hold_at(fixture, 1, sale, "east", 7);
    hold = fixture->result.hold.seq;
    hold_at(fixture, 1, sale, "east", 0);
    other = fixture->result.hold.seq;

    assert_string_equal(move_to(fixture, 1, hold, "west", 8), "ok");
    assert_string_equal(move_to(fixture, 1, hold, "east", 9), "ok");
    assert_string_equal(move_to(fixture, 1, hold, "west", 8), "replayed");
    assert_int_equal(fixture->result.hold.pickup, 1);

    assert_string_equal(move_to(fixture, 1, hold, "east", 8), "key_reused");
    assert_string_equal(move_to(fixture, 1, other, "west", 8), "key_reused");
    assert_string_equal(move_to(fixture, 1, hold, "west", 7), "key_reused");
    assert_string_equal(move_to(fixture, 1, hold, "east", 7), "key_reused");
    assert_string_equal(hold_at(fixture, 1, sale, "west", 8), "key_reused");

    /* also where nothing changes, and as long as other keys */

    assert_string_equal(move_to(fixture, 1, hold, "east", 10), "ok");
    assert_string_equal(move_to(fixture, 1, hold, "west", 10), "key_reused");

    fixture_pass(fixture, FS_KEY_KEPT_MS - 1);
    assert_string_equal(move_to(fixture, 1, hold, "west", 8), "replayed");
    assert_int_equal(fixture->result.hold.state, FS_HOLD_EXPIRED);
    fixture_pass(fixture, 1);
    assert_string_equal(move_to(fixture, 1, hold, "west", 8), "wrong_state");
    fixture_timers(fixture, 256);
    assert_string_equal(hold_at(fixture, 1, sale, "west", 8), "created");
}


/* An order counts to the group of the point that it is paid for. */

static void
test_moved_group(void **context)
{
    fs_seq_t           hold;
    uint32_t           sale;
    fixture_t         *fixture = *context;
    fs_operator_t      op;
    const fs_group_t  *group;

    fixture_operator(&op, "berry");
    op.goal = 2;
    op.goal_by = FS_GOAL_BY_PICKUP;
    op.doc = fixture_str("{\"pickups\":[\"east\",\"west\"]}");
    sale = fixture_define(fixture, &op);

    hold_at(fixture, 1, sale, "east", 0);
    hold = fixture->result.hold.seq;
    move_to(fixture, 1, hold, "west", 0);
    fixture_confirm(fixture, hold, 1, 100);

    fixture_begin(fixture);
    assert_null(fs_sheet_group(&fixture->sheet, sale, 1, 0));
    group = fs_sheet_group(&fixture->sheet, sale, 2, 0);
    assert_non_null(group);
    assert_int_equal(group->joined, 1);
    fixture_abort(fixture);
}


#define test(f)  cmocka_unit_test_setup_teardown(f, fixture_setup,           \
                                                 fixture_teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_read_many),
        test(test_named),
        test(test_documents_change),
        test(test_from_before),
        test(test_moved),
        test(test_moved_keys),
        test(test_moved_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
