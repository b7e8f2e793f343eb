
/* The operator's commands. */

#include "fixture.h"


static const char *
admin(fixture_t *fixture, fs_command_type_t type, const char *slug,
    unsigned key, unsigned fingerprint)
{
    fs_operator_t  op;

    fixture_operator(&op, slug);
    op.fingerprint[0] = (uint8_t) fingerprint;

    return fixture_admin(fixture, type, &op, key);
}


static const char *
add(fixture_t *fixture, const char *slug, int64_t units)
{
    fs_operator_t  op;

    fixture_operator(&op, slug);
    op.add = units;

    return fixture_admin(fixture, FS_COMMAND_STOCK, &op, 0);
}


static void
test_define(void **context)
{
    fs_seq_t       seq;
    uint32_t       number;
    fs_sale_t      sale, again;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    fixture_operator(&op, "grape");
    op.title = fixture_str("Grapes, 2 kg");
    op.limit = 2;
    op.closes_at = fixture->wall + 5000;
    op.goal = 4;
    op.goal_by = FS_GOAL_BY_PICKUP;
    op.hold_ms = 60000;
    number = fixture_define(fixture, &op);
    assert_int_equal(number, 1);

    sale = fixture_sale(fixture, number);
    assert_int_equal(sale.stock, 10);
    assert_int_equal(sale.price_fen, 100);
    assert_int_equal(sale.limit, 2);
    assert_int_equal(sale.opened, 1);
    assert_int_equal(sale.closes_at, op.closes_at);
    assert_int_equal(sale.goal, 4);
    assert_int_equal(sale.goal_by, FS_GOAL_BY_PICKUP);
    assert_int_equal(sale.hold_ms, 60000);
    assert_memory_equal(sale.slug.data, "grape", 5);
    assert_int_equal(sale.title_len, op.title.len);
    assert_memory_equal(sale.title, op.title.data, op.title.len);

    /* the same again changes nothing; it becomes what the body says */

    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "ok");
    again = fixture_sale(fixture, number);
    again.version = sale.version;
    assert_memory_equal(&again, &sale, sizeof(fs_sale_t));
    seq = fixture_seq(fixture);

    fixture_operator(&op, "grape");
    op.price_fen = 90;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "ok");
    assert_string_equal(fixture_entries(fixture, seq), "sale");
    sale = fixture_sale(fixture, number);
    assert_int_equal(sale.price_fen, 90);
    assert_int_equal(sale.limit, 0);
    assert_int_equal(sale.closes_at, 0);
    assert_int_equal(sale.goal, 0);
    assert_memory_equal(sale.title, "grape", 5);
    assert_int_equal(sale.title_len, 5);
    assert_int_equal(sale.opened, 1);

    /* only a title */

    op.title = fixture_str("Grapes");
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "ok");
    assert_string_equal(fixture_entries(fixture, seq), "sale sale");
    assert_int_equal(fixture_sale(fixture, number).title_len, 6);

    fixture_operator(&op, "egg");
    assert_int_equal(fixture_define(fixture, &op), 2);
}


/* A hold keeps the price that it was taken at. */

static void
test_price(void **context)
{
    fs_seq_t       hold;
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    fixture_operator(&op, "grape");
    sale = fixture_define(fixture, &op);
    fixture_take(fixture, 1, sale, 2, 0);
    hold = fixture->result.hold.seq;

    op.price_fen = 900;
    fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0);
    fixture_take(fixture, 2, sale, 1, 0);
    assert_int_equal(fixture->result.hold.lines[0].price_fen, 900);
    assert_string_equal(fixture_confirm(fixture, hold, 1, 200), "ok");
}


static void
test_invalid(void **context)
{
    unsigned       i;
    fs_seq_t       seq;
    fixture_t     *fixture = *context;
    fs_operator_t  ops[10];

    for (i = 0; i < 10; i++) {
        fixture_operator(&ops[i], "grape");
    }

    ops[0].slug = fixture_str("No");
    ops[1].slug = fixture_str("");
    ops[2].price_fen = -1;
    ops[3].price_fen = FS_PRICE_MAX + 1;
    ops[4].stock = FS_STOCK_MAX + 1;
    ops[5].closes_at = 10;
    ops[5].opens_at = 10;
    ops[6].opens_at = FS_AT_MAX + 1;
    ops[7].hold_ms = FS_HOLD_MS_MAX + 1;
    ops[8].title.len = FS_TITLE_MAX + 1;
    ops[9].goal_by = 2;

    seq = fixture_seq(fixture);

    for (i = 0; i < 10; i++) {
        assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &ops[i],
                                          0), "bad_request");
    }

    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, NULL, 0),
                        "bad_request");
    assert_int_equal(fixture_seq(fixture), seq);

    assert_string_equal(admin(fixture, FS_COMMAND_PAUSE, "grape", 0, 0),
                        "no_such_sale");
    assert_string_equal(add(fixture, "grape", 1), "no_such_sale");
}


static void
test_stock(void **context)
{
    fs_seq_t       first;
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    fixture_operator(&op, "grape");
    sale = fixture_define(fixture, &op);
    fixture_take(fixture, 1, sale, 3, 0);
    first = fixture->result.hold.seq;
    fixture_pass(fixture, 10);
    fixture_take(fixture, 2, sale, 4, 0);
    fixture_confirm(fixture, fixture->result.hold.seq, 1, 400);

    assert_string_equal(add(fixture, "grape", -4), "stock_taken");
    assert_int_equal(fixture->result.held, 3);
    assert_int_equal(fixture->result.sold, 4);
    assert_string_equal(add(fixture, "grape", -11), "stock_taken");
    assert_string_equal(add(fixture, "grape", FS_STOCK_MAX), "bad_request");
    assert_string_equal(add(fixture, "grape", INT64_MIN), "bad_request");
    assert_string_equal(add(fixture, "grape", INT64_MAX), "bad_request");
    assert_string_equal(add(fixture, "grape", -3), "ok");
    assert_int_equal(fixture_sale(fixture, sale).stock, 7);
    assert_string_equal(fixture_take(fixture, 3, sale, 1, 0), "sold_out");
    assert_string_equal(add(fixture, "grape", 5), "ok");
    assert_string_equal(fixture_take(fixture, 3, sale, 5, 0), "created");

    op.stock = 11;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "stock_taken");

    /* a hold whose time is over does not keep its units */

    fixture_pass(fixture, FIXTURE_TERM - 10);
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "ok");
    assert_string_equal(fixture_state(fixture, first), "expired");
    assert_int_equal(fixture_sale(fixture, sale).stock, 11);
}


/* A sale whose time is over is closed before anybody says so. */

static void
test_resume_over(void **context)
{
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    fixture_operator(&op, "grape");
    op.closes_at = fixture->wall + 1000;
    sale = fixture_define(fixture, &op);

    admin(fixture, FS_COMMAND_PAUSE, "grape", 1, 1);
    assert_string_equal(admin(fixture, FS_COMMAND_RESUME, "grape", 2, 2),
                        "ok");
    fixture_pass(fixture, 1000);
    assert_string_equal(admin(fixture, FS_COMMAND_RESUME, "grape", 3, 3),
                        "closed");
    assert_int_equal(fixture_sale(fixture, sale).closed, 1);

    /* what was carried out before is still answered */

    assert_string_equal(admin(fixture, FS_COMMAND_RESUME, "grape", 2, 2),
                        "replayed");
}


static void
test_switches(void **context)
{
    fs_seq_t       seq;
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    fixture_operator(&op, "grape");
    sale = fixture_define(fixture, &op);
    seq = fixture_seq(fixture);

    assert_string_equal(admin(fixture, FS_COMMAND_RESUME, "grape", 0, 0),
                        "ok");
    assert_string_equal(admin(fixture, FS_COMMAND_PAUSE, "grape", 0, 0),
                        "ok");
    assert_string_equal(admin(fixture, FS_COMMAND_PAUSE, "grape", 0, 0),
                        "ok");
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "paused");
    assert_string_equal(admin(fixture, FS_COMMAND_RESUME, "grape", 0, 0),
                        "ok");
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "created");
    assert_string_equal(admin(fixture, FS_COMMAND_CLOSE, "grape", 0, 0),
                        "ok");
    assert_string_equal(admin(fixture, FS_COMMAND_CLOSE, "grape", 0, 0),
                        "ok");
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "closed");
    assert_string_equal(admin(fixture, FS_COMMAND_RESUME, "grape", 7, 1),
                        "closed");
    assert_int_equal(fixture->result.sale, sale);
    assert_string_equal(fixture_entries(fixture, seq),
                        "resumed paused paused resumed held closed closed");
}


static void
test_reopen(void **context)
{
    fs_seq_t       seq;
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    fixture_operator(&op, "grape");
    op.closes_at = fixture->wall + 1000;
    sale = fixture_define(fixture, &op);
    fixture_pass(fixture, 1000);
    fixture_timers(fixture, 256);

    /* another title does not open it; another time to come does */

    op.title = fixture_str("Grapes");
    fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0);
    assert_int_equal(fixture_sale(fixture, sale).closed, 1);

    op.closes_at = fixture->wall - 1;
    fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0);
    assert_int_equal(fixture_sale(fixture, sale).closed, 1);

    op.closes_at = fixture->wall + 1000;
    fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0);
    assert_int_equal(fixture_sale(fixture, sale).closed, 0);
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "created");

    admin(fixture, FS_COMMAND_CLOSE, "grape", 0, 0);
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "ok");
    assert_int_equal(fixture_sale(fixture, sale).closed, 1);

    op.closes_at = 0;
    fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0);
    assert_int_equal(fixture_sale(fixture, sale).closed, 0);

    /* put off: scheduled again until its new time */

    op.opens_at = fixture->wall + 500;
    fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0);
    assert_string_equal(fixture_take(fixture, 1, sale, 1, 0), "not_open");
    fixture_pass(fixture, 500);
    seq = fixture_seq(fixture);
    assert_int_equal(fixture_timers(fixture, 256), 1);
    assert_string_equal(fixture_entries(fixture, seq), "opened");
}


static void
test_decided(void **context)
{
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    fixture_operator(&op, "berry");
    op.goal = 5;
    sale = fixture_define(fixture, &op);

    /* nobody joined: free to change */

    op.goal = 6;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "ok");
    fixture_take(fixture, 1, sale, 1, 0);
    fixture_confirm(fixture, fixture->result.hold.seq, 1, 100);

    op.goal = 5;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "decided");
    op.goal = 6;
    op.goal_by = FS_GOAL_BY_PICKUP;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "decided");
    op.goal_by = FS_GOAL_BY_SALE;
    op.stock = 20;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "ok");

    admin(fixture, FS_COMMAND_CLOSE, "berry", 0, 0);
    fixture_timers(fixture, 256);
    op.closes_at = fixture->wall + 10000;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "decided");
    assert_int_equal(fixture_sale(fixture, sale).closed, 1);
}


/* 12: one key, one effect; another request under it is refused. */

static void
test_key(void **context)
{
    fs_seq_t       seq;
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_command_t   command;
    fs_operator_t  op;

    fixture_operator(&op, "grape");
    op.fingerprint[0] = 1;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 7),
                        "created");
    sale = fixture->result.sale;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 7),
                        "replayed");
    assert_int_equal(fixture->result.sale, sale);

    op.fingerprint[0] = 2;
    op.add = 5;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_STOCK, &op, 7),
                        "key_reused");
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_STOCK, &op, 8),
                        "ok");
    seq = fixture_seq(fixture);
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_STOCK, &op, 8),
                        "replayed");
    assert_int_equal(fixture_seq(fixture), seq);
    assert_int_equal(fixture_sale(fixture, sale).stock, 15);

    /* what had no effect does not get one later */

    assert_string_equal(admin(fixture, FS_COMMAND_RESUME, "grape", 9, 1),
                        "ok");
    assert_string_equal(admin(fixture, FS_COMMAND_PAUSE, "grape", 10, 2),
                        "ok");
    assert_string_equal(admin(fixture, FS_COMMAND_RESUME, "grape", 9, 1),
                        "replayed");
    assert_int_equal(fixture_sale(fixture, sale).paused, 1);
    assert_string_equal(admin(fixture, FS_COMMAND_PAUSE, "grape", 9, 2),
                        "key_reused");

    /* under one buyer's name the two kinds of keys do not mix */

    fixture_hold(&command, 1, sale, 1, 8);
    memset(command.buyer, 0xad, FS_BUYER_LEN);
    assert_string_equal(fixture_decide(fixture, &command, NULL),
                        "key_reused");

    /* kept for a day, swept, free again */

    fixture_pass(fixture, FS_KEY_KEPT_MS - 1);
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_STOCK, &op, 8),
                        "replayed");
    fixture_pass(fixture, 1);
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_STOCK, &op, 8),
                        "ok");
    assert_true(fixture_timers(fixture, 256) >= 3);
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_STOCK, &op, 8),
                        "replayed");
    assert_int_equal(fixture_sale(fixture, sale).stock, 20);
}


static void
test_clock(void **context)
{
    fs_seq_t       seq;
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    fixture_operator(&op, "grape");
    sale = fixture_define(fixture, &op);
    fixture_take(fixture, 1, sale, 1, 0);
    seq = fixture_seq(fixture);

    /* nothing to accept: that it was said is written all the same */

    assert_string_equal(fixture_admin(fixture, FS_COMMAND_CLOCK, &op, 0),
                        "ok");
    assert_string_equal(fixture_entries(fixture, seq), "clock");
    seq = fixture_seq(fixture);

    /* a step back while it runs goes into the ledger by itself */

    fixture->wall -= 5000;
    assert_string_equal(fixture_take(fixture, 2, sale, 1, 0), "created");
    assert_string_equal(fixture_entries(fixture, seq), "clock held");
    assert_int_equal(fixture->result.hold.created_at, fixture->wall);

    /* too far back at the start: nothing, until an operator says so */

    fixture_close(fixture, 1);
    fixture->wall -= FS_CLOCK_BEHIND_MS + 1;
    fixture->boot += FIXTURE_TERM;
    fixture_open(fixture);
    seq = fixture_seq(fixture);
    assert_string_equal(fixture_take(fixture, 2, sale, 1, 0), "clock");
    assert_string_equal(admin(fixture, FS_COMMAND_PAUSE, "grape", 0, 0),
                        "clock");
    assert_int_equal(fixture_timers(fixture, 256), 0);
    assert_int_equal(fixture_seq(fixture), seq);

    assert_string_equal(fixture_admin(fixture, FS_COMMAND_CLOCK, &op, 0),
                        "ok");
    assert_string_equal(fixture_entries(fixture, seq), "clock");
    assert_string_equal(fixture_take(fixture, 2, sale, 1, 0), "created");
}


/* Put right by itself, it needs no operator. */

static void
test_clock_right_again(void **context)
{
    uint32_t       sale;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    fixture_operator(&op, "grape");
    sale = fixture_define(fixture, &op);
    fixture_close(fixture, 1);
    fixture->wall -= 2 * FS_CLOCK_BEHIND_MS;
    fixture_open(fixture);
    assert_string_equal(fixture_take(fixture, 2, sale, 1, 0), "clock");
    fixture->wall += 2 * FS_CLOCK_BEHIND_MS;
    assert_string_equal(fixture_take(fixture, 2, sale, 1, 0), "created");
}


static const char *
document(fixture_t *fixture, const char *kind, const char *id,
    const char *doc)
{
    fs_operator_t  op;

    fixture_operator(&op, id);
    op.kind = fixture_str(kind);
    op.doc = fixture_str(doc);

    return fixture_admin(fixture, FS_COMMAND_DOCUMENT, &op, 0);
}


static void
assert_document(fixture_t *fixture, const char *key, const char *doc)
{
    fs_str_t  value;

    fixture_begin(fixture);
    assert_true(fs_db_get(&fixture->write.log,
                          fixture->store->log_dbi[FS_LOG_DOCUMENTS], key,
                          strlen(key), &value));
    assert_int_equal(value.len, strlen(doc));
    assert_memory_equal(value.data, doc, value.len);
    fixture_abort(fixture);
}


static void
test_documents(void **context)
{
    fs_seq_t       seq;
    fixture_t     *fixture = *context;
    fs_operator_t  op;

    seq = fixture_seq(fixture);
    assert_string_equal(document(fixture, "session", "friday", "{\"a\":1}"),
                        "ok");
    assert_string_equal(document(fixture, "session", "friday", "{\"a\":1}"),
                        "ok");
    assert_string_equal(document(fixture, "session", "friday", "{\"a\":2}"),
                        "ok");
    assert_string_equal(fixture_entries(fixture, seq),
                        "document document document");
    assert_document(fixture, "session/friday", "{\"a\":2}");

    assert_string_equal(document(fixture, "sale", "grape", "{}"),
                        "bad_request");
    assert_string_equal(document(fixture, "a/b", "grape", "{}"),
                        "bad_request");
    assert_string_equal(document(fixture, "session", "../x", "{}"),
                        "bad_request");

    /* a sale's comes with its definition; left out, it stays */

    fixture_operator(&op, "grape");
    op.doc = fixture_str("{\"grown\":\"here\"}");
    fixture_define(fixture, &op);
    assert_document(fixture, "sale/grape", "{\"grown\":\"here\"}");

    seq = fixture_seq(fixture);
    op.doc.data = NULL;
    op.doc.len = 0;
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "ok");
    assert_document(fixture, "sale/grape", "{\"grown\":\"here\"}");
    seq = fixture_seq(fixture);

    op.doc = fixture_str("{}");
    assert_string_equal(fixture_admin(fixture, FS_COMMAND_DEFINE, &op, 0),
                        "ok");
    assert_string_equal(fixture_entries(fixture, seq), "sale");
    assert_document(fixture, "sale/grape", "{}");
}


#define test(name)                                                           \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(test_define),
        test(test_price),
        test(test_invalid),
        test(test_stock),
        test(test_switches),
        test(test_resume_over),
        test(test_reopen),
        test(test_decided),
        test(test_key),
        test(test_clock),
        test(test_clock_right_again),
        test(test_documents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
