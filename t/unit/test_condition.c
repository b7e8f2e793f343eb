
/*
 * Conditional requests: entity tags, and what If-Match and If-None-Match
 * allow; by operators' commands, and by those about holds.
 */

#include "fixture.h"


static fs_etag_t
etag_of(const char *text)
{
    fs_etag_t  etag;

    etag.len = (uint8_t) strlen(text);
    memcpy(etag.data, text, etag.len);

    return etag;
}


static int
met(const char *if_match, const char *if_none_match, const char *etag)
{
    fs_etag_t       tag;
    fs_condition_t  condition;

    memset(&condition, 0, sizeof(condition));

    if (if_match != NULL) {
        condition.if_match = fixture_str(if_match);
    }

    if (if_none_match != NULL) {
        condition.if_none_match = fixture_str(if_none_match);
    }

    if (etag == NULL) {
        return fs_condition_met(&condition, NULL);
    }

    tag = etag_of(etag);

    return fs_condition_met(&condition, &tag);
}


static void
test_valid(void **context)
{
    size_t  i;

    static const struct {
        const char  *value;
        int          valid;
    } rows[] = {
        { "*", 1 }, { " * ", 1 }, { "\"a\"", 1 }, { "W/\"a\"", 1 },
        { "\"\"", 1 }, { "\"a\",\"b\"", 1 }, { "\"a\" , W/\"b\"", 1 },
        { ",\"a\",,", 1 }, { "\"a,b\"", 1 }, { "\"\xe8\x91\"", 1 },
        { "", 0 }, { " ", 0 }, { ",", 0 }, { "a", 0 }, { "\"a", 0 },
        { "\"a\"b", 0 }, { "\"a\" \"b\"", 0 }, { "*,\"a\"", 0 },
        { "**", 0 }, { "w/\"a\"", 0 }, { "W/", 0 }, { "W/a", 0 },
        { "\"a b\"", 0 }, { "\"a\"\"b\"", 0 }, { "W/W/\"a\"", 0 },
        { "12", 0 }, { "\"a\x7f\"", 0 },
    };

    (void) context;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (fs_condition_valid(fixture_str(rows[i].value)) != rows[i].valid) {
            fail_msg("%s", rows[i].value);
        }
    }
}


static void
test_met(void **context)
{
    (void) context;

    assert_true(met(NULL, NULL, NULL));
    assert_true(met(NULL, NULL, "\"5\""));

    assert_true(met("*", NULL, "\"5\""));
    assert_true(met("*", NULL, ""));
    assert_false(met("*", NULL, NULL));
    assert_true(met("\"5\"", NULL, "\"5\""));
    assert_true(met("\"4\", \"5\"", NULL, "\"5\""));
    assert_false(met("\"4\"", NULL, "\"5\""));
    assert_false(met("\"55\"", NULL, "\"5\""));
    assert_false(met("\"5\"", NULL, ""));
    assert_false(met("\"5\"", NULL, NULL));

    /* strong for the one, weak for the other */

    assert_false(met("W/\"5\"", NULL, "\"5\""));
    assert_false(met(NULL, "W/\"5\"", "\"5\""));

    assert_false(met(NULL, "*", "\"5\""));
    assert_false(met(NULL, "*", ""));
    assert_true(met(NULL, "*", NULL));
    assert_false(met(NULL, "\"5\"", "\"5\""));
    assert_true(met(NULL, "\"4\"", "\"5\""));
    assert_true(met(NULL, "\"4\"", NULL));

    assert_false(met("\"5\"", "\"5\"", "\"5\""));
    assert_true(met("\"5\"", "\"4\"", "\"5\""));
}


static void
test_etags(void **context)
{
    fs_etag_t  one, other, sale_tag;
    fs_sale_t  sale;

    (void) context;

    assert_int_equal(fs_etag_document(fixture_str("{}"), &one), 0);
    assert_int_equal(fs_etag_document(fixture_str("{ }"), &other), 0);
    assert_int_equal(one.len, 34);
    assert_true(memcmp(one.data, other.data, one.len) != 0);
    assert_memory_equal(one.data, "\"44136fa355b3678a1146ad16f7e8649e\"",
                        34);

    memset(&sale, 0, sizeof(sale));
    sale.version = UINT64_MAX;
    fs_etag_sale(&sale, 0, &sale_tag);
    assert_int_equal(sale_tag.len, 22);
    assert_memory_equal(sale_tag.data, "\"18446744073709551615\"", 22);
    fs_etag_sale(&sale, 0xbadcafe, &sale_tag);
    assert_int_equal(sale_tag.len, 31);
    assert_memory_equal(sale_tag.data, "\"18446744073709551615-0badcafe\"",
                        31);
}


static const char *
admin(fixture_t *fixture, fs_command_type_t type, fs_operator_t *op,
    const char *if_match, const char *if_none_match, unsigned key)
{
    memset(&op->condition, 0, sizeof(op->condition));

    if (if_match != NULL) {
        op->condition.if_match = fixture_str(if_match);
    }

    if (if_none_match != NULL) {
        op->condition.if_none_match = fixture_str(if_none_match);
    }

    return fixture_admin(fixture, type, op, key);
}


/* Of two operators who read the same version one has to look again. */

static void
test_sale(void **context)
{
    char            tag[32];
    size_t          i;
    fs_seq_t        seq;
    uint32_t        sale;
    fixture_t      *fixture = *context;
    fs_operator_t   op;

    static const fs_command_type_t  types[] = {
        FS_COMMAND_DEFINE, FS_COMMAND_STOCK, FS_COMMAND_PAUSE,
        FS_COMMAND_RESUME, FS_COMMAND_CLOSE
    };

    fixture_operator(&op, "grape");
    assert_string_equal(admin(fixture, FS_COMMAND_DEFINE, &op, "*", NULL, 1),
                        "precondition_failed");
    assert_string_equal(admin(fixture, FS_COMMAND_PAUSE, &op, "*", NULL, 1),
                        "no_such_sale");
    assert_string_equal(admin(fixture, FS_COMMAND_DEFINE, &op, NULL, "*", 1),
                        "created");
    sale = fixture->result.sale;

    /* the retry of what was done is no second request */

    assert_string_equal(admin(fixture, FS_COMMAND_DEFINE, &op, NULL, "*", 1),
                        "replayed");

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        snprintf(tag, sizeof(tag), "\"%llu\"",
                 (unsigned long long) fixture_sale(fixture, sale).version);
        seq = fixture_seq(fixture);

        assert_string_equal(admin(fixture, types[i], &op, "\"1\"", NULL, 2),
                            "precondition_failed");
        assert_string_equal(admin(fixture, types[i], &op, NULL, "*", 2),
                            "precondition_failed");
        assert_string_equal(admin(fixture, types[i], &op, NULL, tag, 2),
                            "precondition_failed");
        assert_int_equal(fixture_seq(fixture), seq);

        /* nor is the key bound */

        assert_string_equal(admin(fixture, types[i], &op, tag, NULL,
                                  (unsigned) (10 + i)), "ok");
        assert_string_equal(admin(fixture, types[i], &op, tag, NULL,
                                  (unsigned) (10 + i)), "replayed");
        assert_string_equal(admin(fixture, types[i], &op, tag, NULL, 2),
                            "precondition_failed");
    }
}


/* A sale whose time has come is judged as it was shown. */

static void
test_sale_opens(void **context)
{
    char            tag[32];
    uint32_t        sale;
    fixture_t      *fixture = *context;
    fs_operator_t   op;

    fixture_operator(&op, "grape");
    op.opens_at = fixture->wall + 1000;
    sale = fixture_define(fixture, &op);
    snprintf(tag, sizeof(tag), "\"%llu\"",
             (unsigned long long) fixture_sale(fixture, sale).version);

    fixture_pass(fixture, 1000);
    assert_string_equal(admin(fixture, FS_COMMAND_PAUSE, &op, tag, NULL, 0),
                        "ok");
}


static void
test_document(void **context)
{
    fs_seq_t        seq;
    fixture_t      *fixture = *context;
    fs_operator_t   op;

    static const char  empty[] = "\"44136fa355b3678a1146ad16f7e8649e\"";

    memset(&op, 0, sizeof(op));
    op.kind = fixture_str("page");
    op.slug = fixture_str("one");
    op.doc = fixture_str("{}");

    seq = fixture_seq(fixture);
    assert_string_equal(admin(fixture, FS_COMMAND_DOCUMENT, &op, "*", NULL,
                              1), "precondition_failed");
    assert_string_equal(admin(fixture, FS_COMMAND_DOCUMENT, &op, empty, NULL,
                              1), "precondition_failed");
    assert_string_equal(admin(fixture, FS_COMMAND_DELETE, &op, "*", NULL, 1),
                        "not_found");
    assert_int_equal(fixture_seq(fixture), seq);
    assert_string_equal(admin(fixture, FS_COMMAND_DOCUMENT, &op, NULL, "*",
                              1), "ok");
    assert_string_equal(admin(fixture, FS_COMMAND_DOCUMENT, &op, NULL, "*",
                              2), "precondition_failed");

    op.doc = fixture_str("{\"a\":1}");
    assert_string_equal(admin(fixture, FS_COMMAND_DOCUMENT, &op, empty, NULL,
                              3), "ok");
    assert_string_equal(admin(fixture, FS_COMMAND_DOCUMENT, &op, empty, NULL,
                              4), "precondition_failed");
    assert_string_equal(admin(fixture, FS_COMMAND_DELETE, &op, empty, NULL,
                              4), "precondition_failed");
    assert_string_equal(admin(fixture, FS_COMMAND_DELETE, &op, "*", NULL, 4),
                        "ok");
    assert_string_equal(admin(fixture, FS_COMMAND_DELETE, &op, "*", NULL, 4),
                        "replayed");
    assert_string_equal(fixture_entries(fixture, seq),
                        "document document deleted");

    /* the clock is nothing that could be read */

    assert_string_equal(admin(fixture, FS_COMMAND_CLOCK, &op, "*", NULL, 5),
                        "precondition_failed");
    assert_string_equal(admin(fixture, FS_COMMAND_CLOCK, &op, NULL, "*", 5),
                        "ok");
}


/* A hold has no tag: what cannot be met is known before, and nothing is done;
 * but not there is not there. */

static void
test_hold(void **context)
{
    unsigned       type;
    uint32_t       sale;
    fs_seq_t       seq, hold;
    fixture_t     *fixture = *context;
    fs_command_t   command;

    sale = fixture_stocked(fixture, "grape", 10, 0);
    fixture_take(fixture, 1, sale, 2, 0);
    hold = fixture->result.hold.seq;
    seq = fixture_seq(fixture);

    for (type = FS_COMMAND_RELEASE; type <= FS_COMMAND_ANSWER_CLAIM; type++) {
        memset(&command, 0, sizeof(command));
        command.type = (uint8_t) type;
        command.unmet = 1;
        command.hold = hold;
        command.paid_fen = 200;
        fixture_buyer(command.buyer, 1);
        fixture_reference(command.reference, 1);
        assert_string_equal(fixture_decide(fixture, &command, NULL),
                            "precondition_failed");

        command.hold = hold + 1;
        assert_string_equal(fixture_decide(fixture, &command, NULL),
                            "no_such_hold");

        command.hold = hold;
        fixture_buyer(command.buyer, 2);
        assert_string_equal(fixture_decide(fixture, &command, NULL),
                            type < FS_COMMAND_CONFIRM
                            ? "no_such_hold" : "precondition_failed");
    }

    assert_int_equal(fixture_seq(fixture), seq);
    fixture_units(fixture, sale, 2, 0);
}


#define test(f)  cmocka_unit_test_setup_teardown(f, fixture_setup,           \
                                                 fixture_teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_met),
        cmocka_unit_test(test_etags),
        test(test_sale),
        test(test_sale_opens),
        test(test_document),
        test(test_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
